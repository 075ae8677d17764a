/* SPDX-License-Identifier: Apache-2.0
 * `postern rules new`: the pack of rules/example, written into a new folder. Must never write over a
 * file, nor differ from that pack (a test compares them).
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"

static const struct {
	const char *name, *text;
} files[] = {
	{"pack.yaml",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# A pack to begin with: one rule, its cases, and what a State sets. docs/integrators/rules.md goes on from here.\n"
		"name: example\n"
		"version: 1.0.0\n"
		"purpose: border\n"
		"fields:\n"
		"  - document.days_to_expiry\n"
		"rules: [validity]\n"
		"order:\n"
		"  - {rule: validity, stage: document}\n"},
	{"constants.lua",
		"-- SPDX-License-Identifier: Apache-2.0\n"
		"-- What a State sets; rules read it as `pack`.\n"
		"return {\n"
		"  days = 90,\n"
		"}\n"},
	{"validity.lua",
		"-- SPDX-License-Identifier: Apache-2.0\n"
		"-- A document must be valid for some days more. An unknown expiry date counts as long expired.\n"
		"return function(crossing)\n"
		"  if crossing.document.days_to_expiry < pack.days then\n"
		"    return \"refer\", \"example.expires_soon\", \"expired_document\", pack.days\n"
		"  end\n"
		"end\n"},
	{"validity_test.lua",
		"-- SPDX-License-Identifier: Apache-2.0\n"
		"local function days(n)\n"
		"  return { document = { days_to_expiry = n } }\n"
		"end\n"
		"local soon = { \"refer\", \"example.expires_soon\", \"expired_document\", 90 }\n"
		"return {\n"
		"  { name = \"90 days left\", facts = days(90), expect = \"clear\" },\n"
		"  { name = \"89 days left\", facts = days(89), expect = soon },\n"
		"  { name = \"expiry unknown\", facts = days(-2147483648), expect = soon },\n"
		"}\n"},
	{"pack_test.lua",
		"-- SPDX-License-Identifier: Apache-2.0\n"
		"-- The whole pack: which finding leads.\n"
		"return {\n"
		"  { name = \"nothing found\", facts = {}, expect = \"clear\" },\n"
		"}\n"},
	{"clear_test.lua",
		"-- SPDX-License-Identifier: Apache-2.0\n"
		"-- A crossing that every rule lets pass. The cases of every rule change what they test.\n"
		"return {\n"
		"  direction = \"entry\",\n"
		"  document = { document_code = \"P\", issuer = \"NOR\", days_to_expiry = 1000 },\n"
		"}\n"},
	{"texts_en.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = The document is valid for less than {1} days more.\n"},
	{"texts_fr.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = Le document est valable moins de {1} jours encore.\n"},
	{"texts_es.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = Al documento le quedan menos de {1} días de validez.\n"},
	{"texts_ar.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = صلاحية الوثيقة المتبقية أقل من {1} يومًا.\n"},
	{"texts_ru.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = Документ действителен менее {1} дн.\n"},
	{"texts_zh.txt",
		"# SPDX-License-Identifier: Apache-2.0\n"
		"# What the example says to officers. {1} to {4}: arguments of the finding.\n"
		"example.expires_soon = 证件剩余有效期不足{1}天。\n"},
};

static int write_file(const char *folder, const char *name, const char *text)
{
	char path[1100];
	FILE *f;
	int r;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path)
		return PN_ELIMIT;
	f = fopen(path, "wxe");
	if (f == NULL)
		return PN_EIO;
	r = fputs(text, f) >= 0 ? PN_OK : PN_EIO;
	return fclose(f) == 0 ? r : PN_EIO;
}

int rules_new(struct cli *cli)
{
	const char *folder = cli->arguments[0];

	if (mkdir(folder, 0755) != 0)
		return cli_fail(cli, CLI_USAGE, "%s: %s", folder, strerror(errno));
	for (size_t i = 0; i < PN_COUNT(files); i++)
		if (write_file(folder, files[i].name, files[i].text) != PN_OK)
			return cli_fail(cli, CLI_UNAVAILABLE, "%s/%s cannot be written", folder, files[i].name);
	fprintf(cli->out, "%s: written; next: postern rules test %s\n", folder, folder);
	return CLI_OK;
}
