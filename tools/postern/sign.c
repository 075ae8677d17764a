/* SPDX-License-Identifier: Apache-2.0
 * `postern lists sign|verify` and `postern rules sign|verify`. Must never sign what it has not read
 * whole.
 */
#include <stdlib.h>

#include "commands.h"
#include "json/json.h"
#include "signed/signed.h"

static int told(struct cli *cli, int r, const char *what)
{
	struct json j;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_bool(&j, "ok", r == PN_OK);
		json_string(&j, "path", cli->arguments[0]);
		json_string(&j, "result", r == PN_OK ? what : pn_err_name(r));
		json_end_object(&j);
		json_finish(&j);
	} else if (r == PN_OK) {
		fprintf(cli->out, "%s: %s\n", cli->arguments[0], what);
	}
	if (r == PN_OK)
		return CLI_OK;
	return cli_fail(cli, r == PN_ECRYPTO ? CLI_FINDING : CLI_USAGE, "%s: %s", cli->arguments[0],
		pn_err_name(r));
}

/* To sign, a key that does not fit is the caller's mistake; to verify, it is the finding. */
static int signed_told(struct cli *cli, int r)
{
	if (r == PN_ECRYPTO)
		return cli_fail(cli, CLI_USAGE, "%s: expected an Ed25519 private key in PEM form",
			cli_value(cli, "key"));
	return told(cli, r, "signed");
}

static int lists_sign(struct cli *cli)
{
	return signed_told(cli, signed_file_sign(cli->arguments[0], cli_value(cli, "key")));
}

static int rules_sign(struct cli *cli)
{
	return signed_told(cli, signed_folder_sign(cli->arguments[0], cli_value(cli, "key")));
}

static int lists_verify(struct cli *cli)
{
	struct signed_keys keys;
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = signed_keys_load(&keys, cli_value(cli, "trust"), "lists");
	if (r == PN_OK)
		r = signed_file_verify(&keys, cli->arguments[0], SIGNED_FILE_MAX, &bytes, &size);
	free(bytes);
	return told(cli, r, "verifies");
}

static int rules_verify(struct cli *cli)
{
	struct signed_keys keys;
	int r = signed_keys_load(&keys, cli_value(cli, "trust"), "rules");
	if (r == PN_OK)
		r = signed_folder_verify(&keys, cli->arguments[0]);
	return told(cli, r, "verifies");
}

#define KEY                                                                                        \
	{                                                                                          \
		"key", "FILE", "Ed25519 private key (PEM)", true                                   \
	}
#define TRUST                                                                                      \
	{                                                                                          \
		"trust", "DIR", "folder with the public keys that may sign", true                  \
	}

const struct cli_command sign_commands[] = {
	{"lists", "sign", "FILE", 1, 1, "Sign a watchlist file", "Writes FILE.sig.", {KEY},
		lists_sign},
	{"lists", "verify", "FILE", 1, 1, "Verify a watchlist file's signature", NULL, {TRUST},
		lists_verify},
	{"rules", "sign", "DIR", 1, 1, "Sign a rule pack", "Writes DIR/pack.sums and DIR/pack.sig.",
		{KEY}, rules_sign},
	{"rules", "verify", "DIR", 1, 1, "Verify a rule pack's signature", NULL, {TRUST},
		rules_verify},
	{0},
};
