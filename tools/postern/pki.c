/* SPDX-License-Identifier: Apache-2.0
 * `postern pki`: a small test authority for the demonstration, a gate's own key and request for
 * production. docs/man/postern.1 tells the layout of the folder. Must never be asked to make a
 * production authority: a State has one, and `pki request` writes what it signs.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "json/json.h"
#include "pki_make.h"

enum { NAMES_MAX = 4096, PATH_SIZE = 900, MADE_MAX = 512 };

/* One run of `pki demo`: where it writes, who signs, what was made. */
struct maker {
	struct cli *cli;
	const char *out, *tenant, *crossing_point;
	long days;
	EVP_PKEY *ca_key;
	X509 *ca;
	unsigned made;
};

static bool name_is_good(const char *s, size_t max, const char *also)
{
	size_t n = strlen(s);

	if (n == 0 || n > max)
		return false;
	for (; *s != '\0'; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') &&
			strchr(also, *s) == NULL)
			return false;
	return true;
}

static bool tenant_is_good(const char *s)
{
	return strlen(s) == 3 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int check_subject(struct cli *cli, const char *tenant, const char *crossing_point)
{
	if (!tenant_is_good(tenant))
		return cli_fail(cli, CLI_USAGE,
			"--tenant %s: expected three capital letters, e.g. NOR", tenant);
	if (crossing_point != NULL && !name_is_good(crossing_point, 64, CAPITALS "._- "))
		return cli_fail(cli, CLI_USAGE,
			"--crossing-point %s: expected at most 64 letters, digits, blanks and ._-",
			crossing_point);
	return CLI_OK;
}

static int folder(struct maker *m, const char *name, char path[PATH_SIZE], mode_t mode)
{
	int n = snprintf(path, PATH_SIZE, "%s%s%s", m->out, name[0] ? "/" : "", name);

	if (n < 0 || n >= PATH_SIZE)
		return cli_fail(m->cli, CLI_USAGE, "--out %s: the path is too long", m->out);
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return cli_fail(m->cli, CLI_UNAVAILABLE, "cannot make the folder %s: %s", path,
			strerror(errno));
	return CLI_OK;
}

static int told(struct maker *m, int err, const char *dir, const char *name)
{
	if (err == PN_ECONFLICT)
		return cli_fail(m->cli, CLI_UNAVAILABLE,
			"%s/%s exists already: remove it or give another --out", dir, name);
	if (err != 0)
		return cli_fail(m->cli, CLI_UNAVAILABLE, "cannot write %s/%s: %s", dir, name,
			err == PN_EIO && errno != 0 ? strerror(errno) : pn_err_name(err));
	m->made++;
	return CLI_OK;
}

/* STEM.key and STEM.pem in dir, signed by the authority. */
static int certified(struct maker *m, const char *dir, const char *stem, enum pki_use use,
	const char *cn, const char *alternative_names)
{
	const struct pki_request request = {
		use, {m->tenant, m->crossing_point, cn}, alternative_names, m->days};
	EVP_PKEY *key = pki_key_p256();
	X509 *cert = NULL;
	char name[80];
	int r;

	if (key == NULL || pki_certificate(&cert, &request, key, m->ca, m->ca_key) != 0) {
		r = cli_fail(
			m->cli, CLI_UNAVAILABLE, "OpenSSL could not make a certificate for %s", cn);
		goto out;
	}
	snprintf(name, sizeof name, "%s.key", stem);
	r = told(m, pki_write_private(dir, name, key), dir, name);
	if (r != CLI_OK)
		goto out;
	snprintf(name, sizeof name, "%s.pem", stem);
	r = told(m, pki_write_certificate(dir, name, cert), dir, name);
	if (r == CLI_OK && use == PKI_SEAL) {
		/* the trust folder of every unit needs it too */
		char trust[PATH_SIZE];
		snprintf(trust, sizeof trust, "%s/trust", m->out);
		r = told(m, pki_write_certificate(trust, name, cert), trust, name);
	}
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	return r;
}

/* An Ed25519 pair: STEM.key and STEM.pub in dir, and the public half in trust too. */
static int signing(struct maker *m, const char *dir, const char *stem, const char *trust)
{
	EVP_PKEY *key = pki_key_ed25519();
	char name[80];
	int r;

	if (key == NULL)
		return cli_fail(m->cli, CLI_UNAVAILABLE, "OpenSSL could not make an Ed25519 key");
	snprintf(name, sizeof name, "%s.key", stem);
	r = told(m, pki_write_private(dir, name, key), dir, name);
	snprintf(name, sizeof name, "%s.pub", stem);
	if (r == CLI_OK)
		r = told(m, pki_write_public(dir, name, key), dir, name);
	if (r == CLI_OK)
		r = told(m, pki_write_public(trust, name, key), trust, name);
	EVP_PKEY_free(key);
	return r;
}

/* STEM.pem and STEM.key in dir. */
static int authority(struct maker *m, const char *name, const char *dir, const char *stem)
{
	const struct pki_request request = {PKI_CA, {m->tenant, NULL, name}, NULL, m->days};
	char file[80];
	int r;

	m->ca_key = pki_key_p256();
	if (m->ca_key == NULL || pki_certificate(&m->ca, &request, m->ca_key, NULL, NULL) != 0)
		return cli_fail(m->cli, CLI_UNAVAILABLE, "OpenSSL could not make the authority");
	snprintf(file, sizeof file, "%s.pem", stem);
	r = told(m, pki_write_certificate(dir, file, m->ca), dir, file);
	snprintf(file, sizeof file, "%s.key", stem);
	if (r == CLI_OK)
		r = told(m, pki_write_private(dir, file, m->ca_key), dir, file);
	return r;
}

static void forget_authority(struct maker *m)
{
	X509_free(m->ca);
	EVP_PKEY_free(m->ca_key);
	m->ca = NULL;
	m->ca_key = NULL;
}

/* The next name of a comma-separated list, or NULL. */
static char *next_name(char **rest)
{
	char *name = *rest, *comma;

	if (name == NULL || *name == '\0')
		return NULL;
	comma = strchr(name, ',');
	if (comma != NULL)
		*comma++ = '\0';
	*rest = comma;
	return name;
}

static int copy_list(struct cli *cli, const char *option, const char *list, char out[NAMES_MAX])
{
	char check[NAMES_MAX], *rest = check, *name;
	unsigned count = 0;

	if (strlen(list) >= NAMES_MAX)
		return cli_fail(cli, CLI_USAGE, "--%s: the list is too long", option);
	memcpy(check, list, strlen(list) + 1);
	memcpy(out, list, strlen(list) + 1);
	while ((name = next_name(&rest)) != NULL) {
		if (!name_is_good(name, 32, "-") || count++ > 128)
			return cli_fail(cli, CLI_USAGE,
				"--%s %s: expected names of small letters, digits and - (at most "
				"32)",
				option, list);
	}
	if (count == 0 || list[strlen(list) - 1] == ',')
		return cli_fail(cli, CLI_USAGE, "--%s: expected names separated by commas", option);
	return CLI_OK;
}

static int gates(struct maker *m, char *list)
{
	char *rest = list, *gate, name[64], dir[PATH_SIZE];
	int r = folder(m, "gates", dir, 0755);

	while (r == CLI_OK && (gate = next_name(&rest)) != NULL) {
		snprintf(name, sizeof name, "gates/%.32s", gate);
		r = folder(m, name, dir, 0755);
		if (r == CLI_OK)
			r = told(m, pki_write_certificate(dir, "ca.pem", m->ca), dir, "ca.pem");
		if (r == CLI_OK)
			r = certified(m, dir, "gate", PKI_CLIENT, gate, NULL);
	}
	return r;
}

static int centre(struct maker *m)
{
	char dir[PATH_SIZE], trust[PATH_SIZE];
	int r = folder(m, "trust", trust, 0755);

	if (r == CLI_OK)
		r = told(m, pki_write_certificate(trust, "ca.pem", m->ca), trust, "ca.pem");
	if (r == CLI_OK)
		r = folder(m, "registry", dir, 0755);
	if (r == CLI_OK)
		r = told(m, pki_write_certificate(dir, "ca.pem", m->ca), dir, "ca.pem");
	if (r == CLI_OK)
		r = certified(m, dir, "registry", PKI_SERVER, "registry",
			"IP:127.0.0.1,IP:::1,DNS:localhost");
	if (r == CLI_OK)
		r = signing(m, dir, "ack", trust);
	if (r == CLI_OK)
		r = folder(m, "post", dir, 0755);
	if (r == CLI_OK)
		r = told(m, pki_write_certificate(dir, "ca.pem", m->ca), dir, "ca.pem");
	if (r == CLI_OK)
		r = certified(m, dir, "post", PKI_SERVER, "post", "IP:127.0.0.1,IP:::1,DNS:localhost");
	if (r == CLI_OK)
		r = folder(m, "vault", dir, 0755);
	if (r == CLI_OK)
		r = certified(m, dir, "centre-seal", PKI_SEAL, "centre-seal", NULL);
	if (r == CLI_OK)
		r = folder(m, "escrow", dir, 0755);
	if (r == CLI_OK)
		r = certified(m, dir, "escrow-seal", PKI_SEAL, "escrow-seal", NULL);
	if (r == CLI_OK)
		r = folder(m, "signing", dir, 0755);
	if (r == CLI_OK)
		r = signing(m, dir, "lists", trust);
	if (r == CLI_OK)
		r = signing(m, dir, "rules", trust);
	return r;
}

/* The cards' authority is another than the gates': no gate must pass as an officer. */
static int cards_authority(struct maker *m, char dir[PATH_SIZE])
{
	char post[PATH_SIZE];
	int r = folder(m, "cards", dir, 0755);

	forget_authority(m);
	if (r == CLI_OK)
		r = authority(m, "Postern test authority for cards", dir, "officers-ca");
	if (r == CLI_OK)
		r = folder(m, "post", post, 0755);
	if (r == CLI_OK)
		r = told(m, pki_write_certificate(post, "officers-ca.pem", m->ca), post,
			"officers-ca.pem");
	return r;
}

static int officers(struct maker *m, char *list)
{
	char *rest = list, *officer, dir[PATH_SIZE], trust[PATH_SIZE], cards[PATH_SIZE];
	int r = folder(m, "officers", dir, 0755);

	if (r == CLI_OK)
		r = folder(m, "trust/officers", trust, 0755);
	if (r == CLI_OK)
		r = cards_authority(m, cards);
	while (r == CLI_OK && (officer = next_name(&rest)) != NULL) {
		r = signing(m, dir, officer, trust);
		if (r == CLI_OK)
			r = certified(m, cards, officer, PKI_CLIENT, officer, NULL);
	}
	return r;
}

static void tell_made(struct maker *m)
{
	struct json j;

	if (!m->cli->json) {
		fprintf(m->cli->out,
			"%u files below %s: a test authority for %s, good for %ld days.\n"
			"Not for production: there, `postern pki request` makes each gate's key "
			"and request.\n",
			m->made, m->out, m->tenant, m->days);
		return;
	}
	json_begin(&j, m->cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "folder", m->out);
	json_string(&j, "tenant", m->tenant);
	json_number(&j, "days", m->days);
	json_number(&j, "files", m->made);
	json_end_object(&j);
	json_finish(&j);
}

static int pki_demo(struct cli *cli)
{
	struct maker m = {.cli = cli,
		.out = cli_value(cli, "out"),
		.tenant = cli_value(cli, "tenant"),
		.crossing_point = cli_value(cli, "crossing-point")};
	const char *people = cli_value(cli, "officers");
	char gate_names[NAMES_MAX], officer_names[NAMES_MAX], path[PATH_SIZE];
	int r;

	if (m.crossing_point == NULL)
		m.crossing_point = "Demo";
	if (cli_number(cli, "days", 1, 3650, 90, &m.days) != 0)
		return CLI_USAGE;
	r = check_subject(cli, m.tenant, m.crossing_point);
	if (r == CLI_OK)
		r = copy_list(cli, "gates", cli_value(cli, "gates"), gate_names);
	if (r == CLI_OK)
		r = copy_list(
			cli, "officers", people ? people : "officer-1,officer-2", officer_names);
	if (r == CLI_OK)
		r = folder(&m, "", path, 0755);
	if (r == CLI_OK)
		r = authority(&m, "Postern test authority", m.out, "ca");
	if (r == CLI_OK)
		r = centre(&m);
	if (r == CLI_OK)
		r = gates(&m, gate_names);
	if (r == CLI_OK)
		r = officers(&m, officer_names);
	if (r == CLI_OK)
		tell_made(&m);
	forget_authority(&m);
	return r;
}

static int pki_request(struct cli *cli)
{
	struct maker m = {.cli = cli,
		.out = cli_value(cli, "out"),
		.tenant = cli_value(cli, "tenant"),
		.crossing_point = cli_value(cli, "crossing-point")};
	const char *gate = cli_value(cli, "gate");
	const struct pki_subject subject = {m.tenant, m.crossing_point, gate};
	char path[PATH_SIZE];
	EVP_PKEY *key = NULL;
	X509_REQ *req = NULL;
	struct json j;
	int r = check_subject(cli, m.tenant, m.crossing_point);

	if (r == CLI_OK && !name_is_good(gate, 32, "-"))
		r = cli_fail(cli, CLI_USAGE,
			"--gate %s: expected small letters, digits and - (at most 32)", gate);
	if (r != CLI_OK)
		return r;
	r = folder(&m, "", path, 0700);
	if (r != CLI_OK)
		return r;
	key = pki_key_p256();
	if (key == NULL || pki_signing_request(&req, &subject, key) != 0) {
		r = cli_fail(
			cli, CLI_UNAVAILABLE, "OpenSSL could not make the key and its request");
		goto out;
	}
	r = told(&m, pki_write_private(m.out, "gate.key", key), m.out, "gate.key");
	if (r == CLI_OK)
		r = told(&m, pki_write_request(m.out, "gate.csr", req), m.out, "gate.csr");
	if (r != CLI_OK)
		goto out;
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_string(&j, "folder", m.out);
		json_string(&j, "key", "gate.key");
		json_string(&j, "request", "gate.csr");
		json_end_object(&j);
		json_finish(&j);
	} else {
		fprintf(cli->out,
			"%s/gate.key  the gate's private key: it stays on this machine\n"
			"%s/gate.csr  the request: have your authority sign it with extended key "
			"usage\n"
			"%*s  clientAuth, and put the result beside the key as gate.pem,\n"
			"%*s  with the authority's own certificate as ca.pem\n",
			m.out, m.out, (int)strlen(m.out) + 9, "", (int)strlen(m.out) + 9, "");
	}
out:
	X509_REQ_free(req);
	EVP_PKEY_free(key);
	return r;
}

const struct cli_command pki_commands[] = {
	{"pki", "demo", "", 0, 0, "Make a test authority and every key the demonstration needs",
		"Writes below DIR: ca.{pem,key}, gates/GATE/{ca.pem,gate.pem,gate.key}, registry/, "
		"vault/,\n"
		"escrow/, signing/, officers/, cards/ (what a smart card would hold), and trust/, "
		"the\nfolder of public halves for each unit.",
		{{"out", "DIR", "folder to make; nothing in it is overwritten", true},
			{"tenant", "CODE", "three letters of the State, e.g. NOR", true},
			{"gates", "NAME,...", "gates, posts and centres that keep a journal", true},
			{"crossing-point", "NAME", "border crossing point (default: Demo)", false},
			{"officers", "NAME,...",
				"officers with a key and a card (default: officer-1,officer-2)", false},
			{"days", "N", "validity (default: 90)", false}},
		pki_demo},
	{"pki", "request", "", 0, 0, "Make a gate's private key and its certificate request",
		"Writes DIR/gate.key (mode 0600) and DIR/gate.csr, P-256.",
		{{"out", "DIR", "folder for both; nothing in it is overwritten", true},
			{"tenant", "CODE", "three letters of the State, e.g. NOR", true},
			{"crossing-point", "NAME", "border crossing point", true},
			{"gate", "NAME", "name of the gate: its unit in postern.yaml", true}},
		pki_request},
	{"pki", "show", "FILE", 1, 1, "Tell what a PEM file holds",
		"Certificates, requests, public and private keys; of a private key its kind "
		"alone.\n"
		"Exit status 1 when a certificate is not valid now.",
		{{0}}, pki_show},
	{0},
};
