/* SPDX-License-Identifier: Apache-2.0
 * A rule pack: a signed folder with pack.yaml and Lua text files. Must never give out a file that the signature does not
 * cover, nor a field that the pack's purpose does not allow.
 */
#ifndef POSTERN_RULES_PACK_H
#define POSTERN_RULES_PACK_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"
#include "signed/signed.h"

enum { PACK_RULES_MAX = 100, PACK_FIELDS_MAX = 64, PACK_SOURCE_MAX = 16 * 1024 };

struct pack_source {
	char *name; /* file name without .lua */
	char *text;
	size_t size;
};

struct pack {
	char *name, *version, *purpose;
	char **fields; /* dotted paths below CrossingFacts, e.g. "document.age_years" */
	unsigned fields_count;
	char **rule_names;
	unsigned rule_names_count;
	struct pack_source constants; /* constants.lua; text NULL: none */
	struct pack_source rules[PACK_RULES_MAX];
	size_t rule_count;
};

/* keys NULL: the signature is not asked for (tests of the pack's author). error: a sentence. PN_ECRYPTO: not signed by a
 * trusted key, or altered. PN_EFORMAT: pack.yaml or a source is not as it must be. */
int pack_load(const char *folder, const struct signed_keys *keys, struct pack **out, struct text *error) PN_MUST_CHECK;
void pack_free(struct pack *pack);
/* PN_EDENIED unless every declared field exists and the schema opens it to the pack's purpose. */
int pack_lint(const struct pack *pack, struct text *error) PN_MUST_CHECK;
#endif
