/* SPDX-License-Identifier: Apache-2.0
 * `postern account`: the accounts of a control post. A password comes from standard input and is never shown; a one-time secret is
 * shown once, when it is made. Must never print a secret that it did not just make, nor a code of an account that is not the
 * demonstration's.
 */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "account/account.h"
#include "base/hex.h"
#include "base/text.h"
#include "commands.h"
#include "json/json.h"

enum { SECRET_SIZE = 20 }; /* RFC 4226 section 4, R6 recommends 160 bits */

static int load(struct cli *cli, struct accounts *all, bool may_be_new)
{
	char error[512];
	const char *path = cli_value(cli, "file");
	memset(all, 0, sizeof *all);
	if (may_be_new && access(path, F_OK) != 0 && errno == ENOENT)
		return CLI_OK;
	int r = accounts_load(path, all, error, sizeof error);
	return r == PN_OK ? CLI_OK : cli_fail(cli, r == PN_EIO ? CLI_UNAVAILABLE : CLI_USAGE, "%s", error);
}

static int save(struct cli *cli, struct accounts *all)
{
	int r = accounts_save(cli_value(cli, "file"), all);
	return r == PN_OK ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", cli_value(cli, "file"), pn_err_name(r));
}

static struct account *named(struct cli *cli, struct accounts *all)
{
	struct account *a = account_find(all, cli->arguments[0]);
	if (a == NULL)
		cli_fail(cli, CLI_USAGE, "no account '%s' in %s", cli->arguments[0], cli_value(cli, "file"));
	return a;
}

static int read_password(struct cli *cli, char out[PASSWORD_HASH_MAX])
{
	char line[PASSWORD_MAX + 2] = "";
	if (fgets(line, sizeof line, stdin) == NULL)
		line[0] = '\0';
	line[strcspn(line, "\n")] = '\0';
	int r = password_hash(line, out);
	OPENSSL_cleanse(line, sizeof line);
	if (r == PN_EINVAL)
		return cli_fail(cli, CLI_USAGE, "expected a password of %d to %d bytes on standard input", PASSWORD_MIN, PASSWORD_MAX);
	return r == PN_OK ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "argon2id: %s", pn_err_name(r));
}

static int make_secret(struct cli *cli, struct account *a)
{
	const char *given = cli_value(cli, "secret");
	if (given != NULL) {
		if (base32_decode(given, a->totp, sizeof a->totp, &a->totp_size) != PN_OK || a->totp_size < TOTP_SECRET_MIN)
			return cli_fail(cli, CLI_USAGE, "--secret: expected 16 to 64 bytes in base32");
		return CLI_OK;
	}
	a->totp_size = SECRET_SIZE;
	return RAND_bytes(a->totp, SECRET_SIZE) == 1 ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "no random numbers");
}

/* A certificate that no browser may show, or that is another officer's, would be found out only at the first login. */
static int take_certificate(struct cli *cli, struct accounts *all, struct account *a)
{
	const char *path = cli_value(cli, "certificate");
	FILE *f = fopen(path, "re");
	X509 *x = f != NULL ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;
	uint8_t sha256[32];
	unsigned size = sizeof sha256;
	if (f != NULL)
		fclose(f);
	bool read = x != NULL && X509_digest(x, EVP_sha256(), sha256, &size) == 1;
	bool client = read && X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0) == 1;
	X509_free(x);
	if (!read)
		return cli_fail(cli, CLI_USAGE, "--certificate %s: expected a certificate in PEM form", path);
	if (!client)
		return cli_fail(cli, CLI_USAGE, "--certificate %s: expected a certificate of a TLS client", path);
	for (size_t i = 0; i < all->count; i++)
		if (&all->at[i] != a && all->at[i].has_certificate && memcmp(all->at[i].certificate, sha256, sizeof sha256) == 0)
			return cli_fail(cli, CLI_USAGE, "--certificate %s: it is the card of %s", path, all->at[i].name);
	memcpy(a->certificate, sha256, sizeof sha256);
	a->has_certificate = true;
	return CLI_OK;
}

/* The one time that the secret is shown. */
static void tell_secret(struct cli *cli, const struct account *a)
{
	char text[TOTP_TEXT_MAX], uri[256];
	struct json j;
	base32_encode(text, a->totp, a->totp_size);
	snprintf(uri, sizeof uri, "otpauth://totp/Postern:%s?secret=%s&issuer=Postern", a->name, text);
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_string(&j, "name", a->name);
		json_string(&j, "secret", text);
		json_string(&j, "uri", uri);
		json_end_object(&j);
		json_finish(&j);
	} else {
		fprintf(cli->out, "%s: one-time secret %s\n%s\n", a->name, text, uri);
	}
	OPENSSL_cleanse(text, sizeof text);
	OPENSSL_cleanse(uri, sizeof uri);
}

static int add(struct cli *cli)
{
	struct accounts all;
	const char *name = cli->arguments[0];
	int r = load(cli, &all, true);
	if (r != CLI_OK)
		return r;
	if (!account_name_valid(name) || account_find(&all, name) != NULL || all.count == ACCOUNTS_MAX)
		return cli_fail(cli, CLI_USAGE, "%s: expected a new name of a-z, 0-9, '.', '_', '-'; at most %d accounts", name, ACCOUNTS_MAX);
	struct account *a = &all.at[all.count++];
	text_copy(a->name, sizeof a->name, name);
	a->role = role_find(cli_value(cli, "role"));
	a->demo = cli_flag(cli, "demo");
	if (a->role == ROLE_NONE)
		return cli_fail(cli, CLI_USAGE, "--role: expected officer, supervisor, administrator or auditor");
	bool by_certificate = cli_value(cli, "certificate") != NULL;
	if (by_certificate)
		r = take_certificate(cli, &all, a);
	if (r == CLI_OK && !by_certificate)
		r = read_password(cli, a->password);
	if (r == CLI_OK && !by_certificate)
		r = make_secret(cli, a);
	if (r == CLI_OK)
		r = save(cli, &all);
	if (r == CLI_OK && !by_certificate)
		tell_secret(cli, a);
	accounts_wipe(&all);
	return r;
}

static int list(struct cli *cli)
{
	struct accounts all;
	struct json j;
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	json_begin(&j, cli->out, true);
	if (cli->json)
		json_array(&j, NULL);
	for (size_t i = 0; i < all.count; i++) {
		const struct account *a = &all.at[i];
		if (!cli->json) {
			fprintf(cli->out, "%-33s %-14s %-15s%s%s\n", a->name, role_name(a->role),
				a->has_certificate && a->password[0] != '\0' ? "both" : a->has_certificate ? "certificate" : "password+code",
				a->locked ? " locked" : "", a->demo ? " demo" : "");
			continue;
		}
		json_object(&j, NULL);
		json_string(&j, "name", a->name);
		json_string(&j, "role", role_name(a->role));
		json_bool(&j, "password", a->password[0] != '\0');
		json_bool(&j, "certificate", a->has_certificate);
		json_bool(&j, "locked", a->locked);
		json_bool(&j, "demo", a->demo);
		json_end_object(&j);
	}
	if (cli->json) {
		json_end_array(&j);
		json_finish(&j);
	}
	accounts_wipe(&all);
	return CLI_OK;
}

static int set_locked(struct cli *cli, bool locked)
{
	struct accounts all;
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	struct account *a = named(cli, &all);
	if (a != NULL)
		a->locked = locked;
	r = a != NULL ? save(cli, &all) : CLI_USAGE;
	if (r == CLI_OK && !cli->json)
		fprintf(cli->out, "%s: %s\n", a->name, locked ? "locked" : "unlocked");
	accounts_wipe(&all);
	return r;
}

static int lock(struct cli *cli)
{
	return set_locked(cli, true);
}

static int unlock(struct cli *cli)
{
	return set_locked(cli, false);
}

static int totp(struct cli *cli)
{
	struct accounts all;
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	struct account *a = named(cli, &all);
	r = a != NULL ? make_secret(cli, a) : CLI_USAGE;
	if (r == CLI_OK)
		r = save(cli, &all);
	if (r == CLI_OK)
		tell_secret(cli, a);
	accounts_wipe(&all);
	return r;
}

static int certificate(struct cli *cli)
{
	struct accounts all;
	bool remove = cli_flag(cli, "remove");
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	struct account *a = named(cli, &all);
	if (a == NULL)
		r = CLI_USAGE;
	else if (remove == (cli_value(cli, "certificate") != NULL))
		r = cli_fail(cli, CLI_USAGE, "expected --certificate or --remove");
	else if (!remove)
		r = take_certificate(cli, &all, a);
	else if (a->password[0] == '\0')
		r = cli_fail(cli, CLI_USAGE, "%s has no password: nobody could log in", a->name);
	else
		a->has_certificate = false;
	if (r == CLI_OK)
		r = save(cli, &all);
	if (r == CLI_OK && !cli->json)
		fprintf(cli->out, "%s: %s\n", a->name, remove ? "no card" : "logs in by this card");
	accounts_wipe(&all);
	return r;
}

/* With a new one-time secret where there is none yet. */
static int password(struct cli *cli)
{
	struct accounts all;
	bool first = false;
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	struct account *a = named(cli, &all);
	r = a != NULL ? read_password(cli, a->password) : CLI_USAGE;
	if (r == CLI_OK && a->totp_size == 0) {
		first = true;
		r = make_secret(cli, a);
	}
	if (r == CLI_OK)
		r = save(cli, &all);
	if (r == CLI_OK && first)
		tell_secret(cli, a);
	accounts_wipe(&all);
	return r;
}

static int code(struct cli *cli)
{
	struct accounts all;
	char text[9] = "";
	int r = load(cli, &all, false);
	if (r != CLI_OK)
		return r;
	struct account *a = named(cli, &all);
	if (a == NULL)
		r = CLI_USAGE;
	else if (!a->demo)
		r = cli_fail(cli, CLI_FINDING, "%s is no account of the demonstration", a->name);
	else if (totp_code(TOTP_SHA1, a->totp, a->totp_size, (uint64_t)time(NULL) / TOTP_STEP_S, TOTP_DIGITS, text) != PN_OK)
		r = cli_fail(cli, CLI_FINDING, "%s has no one-time secret", a->name);
	if (r == CLI_OK)
		fprintf(cli->out, "%s\n", text);
	accounts_wipe(&all);
	return r;
}

#define FILE_OPTION {"file", "FILE", "the post's accounts, accounts.yaml", true}
#define SECRET_OPTION {"secret", "BASE32", "one-time secret to use instead of a new one", false}

const struct cli_command account_commands[] = {
	{"account", "add", "NAME", 1, 1, "Add an account to a control post",
		"The password is read from standard input. The one-time secret is shown once; give it to the officer's authenticator.",
		{FILE_OPTION, {"role", "ROLE", "officer, supervisor, administrator or auditor", true},
			{"certificate", "PEM", "log in by this client certificate, without password", false}, SECRET_OPTION,
			{"demo", NULL, "an account of the demonstration, refused in production", false}},
		add},
	{"account", "list", "", 0, 0, "List the accounts of a control post", NULL, {FILE_OPTION}, list},
	{"account", "lock", "NAME", 1, 1, "Lock an account", "It counts when the console starts next.", {FILE_OPTION}, lock},
	{"account", "unlock", "NAME", 1, 1, "Unlock an account", NULL, {FILE_OPTION}, unlock},
	{"account", "totp", "NAME", 1, 1, "Give an account a new one-time secret", NULL, {FILE_OPTION, SECRET_OPTION}, totp},
	{"account", "certificate", "NAME", 1, 1, "Enrol an officer's smart card, or take it out",
		"The card's certificate logs in in place of password and code, which go on working where there are any.",
		{FILE_OPTION, {"certificate", "PEM", "the certificate that the card shows", false},
			{"remove", NULL, "the account has no card any more", false}},
		certificate},
	{"account", "password", "NAME", 1, 1, "Give an account a new password",
		"The password is read from standard input. An account that had none gets a one-time secret too.", {FILE_OPTION, SECRET_OPTION},
		password},
	{"account", "code", "NAME", 1, 1, "Show the present code of an account of the demonstration", NULL, {FILE_OPTION}, code},
	{0},
};
