/* SPDX-License-Identifier: Apache-2.0
 * `postern trust import|show`: master lists, CSCA certificates, CRLs and deviation lists into a trust folder, and what stands in it. Must
 * never put a file there that did not verify, and never overwrite a newer list by an older one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/hex.h"
#include "commands.h"
#include "emrtd/inspect/trust.h"
#include "json/json.h"
#include "signed/signed.h"
#include "trust/folder.h"

static void date_of(char out[16], int64_t s, bool dashes)
{
	time_t t = (time_t)s;
	struct tm tm;
	gmtime_r(&t, &tm);
	if (s == 0 || strftime(out, 16, dashes ? "%Y-%m-%d" : "%Y%m%d", &tm) == 0)
		snprintf(out, 16, "undated");
}

static void table(FILE *out, const struct trust_report *r)
{
	char date[16];
	date_of(date, r->signed_s, true);
	fprintf(out, "signed              %s by %s\n", date, r->signer);
	fprintf(out, "certificates        %zu, of %zu States\n", r->total, r->countries);
	for (unsigned u = 0; u < TRUST_USE_COUNT_; u++)
		if (r->used[u] > 0)
			fprintf(out, "  %-18s%zu\n", trust_use_name((enum trust_use)u), r->used[u]);
	fprintf(out, "usable, by form     self-signed %zu, link of the same name %zu, link %zu\n", r->self_signed,
		r->same_name, r->link);
	fprintf(out, "keys                RSA %zu, EC %zu (%zu with explicit parameters)\n", r->rsa, r->ec,
		r->explicit_parameters);
	fprintf(out, "signatures          RSA-PSS %zu, with SHA-1 %zu, wrong by their own key %zu\n", r->pss, r->sha1,
		r->self_signature_wrong);
	fprintf(out, "oddities            expired when the list was signed %zu, negative serial number %zu\n", r->expired,
		r->negative_serial);
}

static void json(struct cli *cli, const struct trust_report *r, const char *path)
{
	struct json j;
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "file", path);
	json_number(&j, "signed_s", r->signed_s);
	json_string(&j, "signer", r->signer);
	json_unsigned(&j, "certificates", r->total);
	json_unsigned(&j, "countries", r->countries);
	json_object(&j, "use");
	for (unsigned u = 0; u < TRUST_USE_COUNT_; u++)
		json_unsigned(&j, trust_use_name((enum trust_use)u), r->used[u]);
	json_end_object(&j);
	json_unsigned(&j, "self_signed", r->self_signed);
	json_unsigned(&j, "same_name", r->same_name);
	json_unsigned(&j, "link", r->link);
	json_unsigned(&j, "rsa", r->rsa);
	json_unsigned(&j, "ec", r->ec);
	json_unsigned(&j, "explicit_parameters", r->explicit_parameters);
	json_unsigned(&j, "pss", r->pss);
	json_unsigned(&j, "sha1", r->sha1);
	json_unsigned(&j, "self_signature_wrong", r->self_signature_wrong);
	json_unsigned(&j, "expired", r->expired);
	json_unsigned(&j, "negative_serial", r->negative_serial);
	json_end_object(&j);
	json_finish(&j);
}

static void deviations_table(FILE *out, const struct trust_deviation_report *r)
{
	char date[16];
	date_of(date, r->signed_s, true);
	fprintf(out, "signed              %s by %s\n", date, r->signer);
	fprintf(out, "deviations          %zu of documents of %s, %zu descriptions\n", r->deviations, r->country, r->descriptions);
	fprintf(out, "  taken             %zu\n", r->entries);
	fprintf(out, "  of some documents %zu (by type, day of issue or number: no effect here)\n", r->narrowed);
	fprintf(out, "  of no signer      %zu (no effect here)\n", r->without_signer);
	fprintf(out, "  of no check       %zu (nothing here looks at what deviates)\n", r->without_check);
}

static void deviations_json(struct cli *cli, const struct trust_deviation_report *r, const char *path)
{
	struct json j;
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "file", path);
	json_number(&j, "signed_s", r->signed_s);
	json_string(&j, "signer", r->signer);
	json_string(&j, "country", r->country);
	json_unsigned(&j, "deviations", r->deviations);
	json_unsigned(&j, "descriptions", r->descriptions);
	json_unsigned(&j, "taken", r->entries);
	json_unsigned(&j, "narrowed", r->narrowed);
	json_unsigned(&j, "without_signer", r->without_signer);
	json_unsigned(&j, "without_check", r->without_check);
	json_end_object(&j);
	json_finish(&j);
}

static int keep(struct cli *cli, const char *folder, const char *name, const uint8_t *bytes, size_t size)
{
	char path[1024], temporary[1040];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return cli_fail(cli, CLI_USAGE, "%s: the path is too long", folder);
	snprintf(temporary, sizeof temporary, "%s.new", path);
	FILE *f = fopen(temporary, "we");
	bool ok = f != NULL && fwrite(bytes, 1, size, f) == size;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	if (!ok || rename(temporary, path) != 0) {
		int why = errno;
		remove(temporary);
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, strerror(why));
	}
	return CLI_OK;
}

struct import {
	struct trust trust; /* as the folder has it, then with what is imported */
	uint8_t *root, *bytes;
	size_t root_size, size;
	struct trust_report report;
	struct trust_deviation_report deviations; /* country "": it was none */
};

/* --fingerprint: the root stands beside the list, and its State has published its SHA-256. */
static int add_fingerprint(struct cli *cli, struct import *m)
{
	const char *hex = cli_value(cli, "fingerprint"), *path = cli->arguments[0];
	uint8_t digest[32], *list = NULL;
	char plain[65];
	size_t size = 0, n = 0;
	for (const char *p = hex; *p != '\0' && n < 64; p++)
		if (*p != ':' && *p != ' ')
			plain[n++] = *p;
	plain[n] = '\0';
	if (hex_decode(digest, sizeof digest, plain) != 0)
		return cli_fail(cli, CLI_USAGE, "--fingerprint %s: expected 64 hexadecimal digits", hex);
	if (path == NULL || cli_read_file(path, TRUST_LIST_MAX, &list, &size) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be read", path != NULL ? path : "FILE");
	enum trust_error err = trust_pin_of_list(&m->trust, list, size, digest, &m->root, &m->root_size);
	free(list);
	if (err != TRUST_OK)
		return cli_fail(cli, CLI_FINDING, "%s: no usable certificate of that fingerprint stands beside the list",
			path);
	return CLI_OK;
}

static int add_root(struct cli *cli, struct import *m)
{
	const char *path = cli_value(cli, "root");
	if (cli_value(cli, "fingerprint") != NULL)
		return add_fingerprint(cli, m);
	if (path == NULL)
		return CLI_OK;
	if (cli_read_file(path, TRUST_LIST_MAX, &m->root, &m->root_size) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be read", path);
	enum trust_use use = trust_add_certificate(&m->trust, m->root, m->root_size, true);
	if (use == TRUST_USABLE || use == TRUST_DUPLICATE)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "%s: not usable as a root: %s", path, trust_use_name(use));
}

/* The name under which it is kept says what it is; the newest list of a signer's State replaces its older one. */
static int add_file(struct cli *cli, struct import *m, char name[64])
{
	const char *path = cli_value(cli, "crl") != NULL ? cli_value(cli, "crl") : cli->arguments[0];
	char date[16], country[3] = "XX";
	enum trust_error err;
	if (path == NULL)
		return cli_fail(cli, CLI_USAGE, "expected a FILE or --crl FILE (try --help)");
	if (cli_read_file(path, TRUST_LIST_MAX, &m->bytes, &m->size) != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: cannot be read", path);
	if (cli_value(cli, "crl") != NULL) {
		err = trust_add_crl(&m->trust, m->bytes, m->size);
		if (err != TRUST_OK)
			return cli_fail(cli, CLI_FINDING, "%s: %s", path, trust_error_text(err));
		const struct trust_crl *c = &m->trust.crls[m->trust.crl_count - 1];
		snprintf(name, 64, "crl-%s-%08lx.crl", c->country, X509_NAME_hash_ex(X509_CRL_get_issuer(c->x), NULL, NULL, NULL));
		return CLI_OK;
	}
	err = trust_add_master_list(&m->trust, m->bytes, m->size, true, &m->report);
	if (err == TRUST_ENCODING) {
		err = trust_add_deviations(&m->trust, m->bytes, m->size, &m->deviations);
		if (err == TRUST_OK)
			snprintf(name, 64, "deviations-%s.dl", m->deviations.country);
		if (err == TRUST_OK)
			return CLI_OK;
	}
	if (err == TRUST_ENCODING) {
		enum trust_use use = trust_add_certificate(&m->trust, m->bytes, m->size, false);
		if (use != TRUST_USABLE)
			return cli_fail(cli, CLI_FINDING, "%s: neither a master list, a deviation list nor a usable certificate: %s", path,
				trust_use_name(use));
		const struct trust_certificate *c = &m->trust.certificates[m->trust.certificate_count - 1];
		snprintf(name, 64, "csca-%s-%08lx.cer", c->country, X509_subject_name_hash(c->x));
		return CLI_OK;
	}
	if (err != TRUST_OK)
		return cli_fail(cli, CLI_FINDING, "%s: %s", path, trust_error_text(err));
	const char *c = strstr(m->report.signer, "/C=");
	if (c != NULL && strlen(c) >= 5)
		memcpy(country, c + 3, 2);
	date_of(date, m->report.signed_s, false);
	snprintf(name, 64, "list-%c%c-%s.ml", country[0], country[1], date);
	return CLI_OK;
}

static int import_command(struct cli *cli)
{
	struct import m = {0};
	const char *folder = cli_value(cli, "folder");
	char name[64] = "", why[200];
	struct text sentence;
	text_init(&sentence, why, sizeof why);
	trust_init(&m.trust);
	int r = CLI_OK;
	if (folder != NULL && mkdir(folder, 0755) != 0 && errno != EEXIST)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", folder, strerror(errno));
	if (folder != NULL && trust_folder_read(folder, &m.trust, &sentence) != PN_OK)
		r = cli_fail(cli, CLI_USAGE, "%s", why);
	if (r == CLI_OK)
		r = add_root(cli, &m);
	if (r == CLI_OK)
		r = add_file(cli, &m, name);
	if (r == CLI_OK && folder != NULL && m.root != NULL)
		r = keep(cli, folder, "root.cer", m.root, m.root_size);
	if (r == CLI_OK && folder != NULL)
		r = keep(cli, folder, name, m.bytes, m.size);
	if (r == CLI_OK && folder != NULL && cli_value(cli, "key") != NULL &&
		signed_folder_sign(folder, cli_value(cli, "key")) != PN_OK)
		r = cli_fail(cli, CLI_USAGE, "%s: cannot sign %s", cli_value(cli, "key"), folder);
	if (r == CLI_OK && m.deviations.country[0] != '\0') {
		if (cli->json)
			deviations_json(cli, &m.deviations, name);
		else
			deviations_table(cli->out, &m.deviations);
	} else if (r == CLI_OK && cli->json)
		json(cli, &m.report, name);
	else if (r == CLI_OK && m.report.total > 0)
		table(cli->out, &m.report);
	if (r == CLI_OK && !cli->json && folder != NULL)
		fprintf(cli->out, "kept as             %s/%s%s\n", folder, name,
			cli_value(cli, "key") != NULL ? ", folder signed" : "; sign the folder before gates take it");
	free(m.root);
	free(m.bytes);
	trust_free(&m.trust);
	return r;
}

static int show_command(struct cli *cli)
{
	struct trust t;
	struct json j;
	char why[200], date[16];
	struct text sentence;
	size_t of[3] = {0}, countries = 0;
	text_init(&sentence, why, sizeof why);
	trust_init(&t);
	if (trust_folder_read(cli->arguments[0], &t, &sentence) != PN_OK) {
		trust_free(&t);
		return cli_fail(cli, CLI_FINDING, "%s", why);
	}
	for (size_t i = 0; i < t.certificate_count; i++) {
		bool again = false;
		of[t.certificates[i].form]++;
		for (size_t k = 0; k < i && !again; k++)
			again = strcmp(t.certificates[k].country, t.certificates[i].country) == 0;
		countries += !again;
	}
	date_of(date, t.newest_s, true);
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_object(&j, NULL);
		json_unsigned(&j, "certificates", t.certificate_count);
		json_unsigned(&j, "countries", countries);
		json_unsigned(&j, "self_signed", of[TRUST_SELF_SIGNED]);
		json_unsigned(&j, "same_name", of[TRUST_SAME_NAME]);
		json_unsigned(&j, "link", of[TRUST_LINK]);
		json_unsigned(&j, "crls", t.crl_count);
		json_unsigned(&j, "deviation_lists", t.deviation_list_count);
		json_unsigned(&j, "defects", t.defect_count);
		json_number(&j, "newest_list_s", t.newest_s);
		json_end_object(&j);
		json_finish(&j);
	} else {
		fprintf(cli->out,
			"certificates        %zu of %zu States: self-signed %zu, link of the same name %zu, link %zu\n"
			"revocation lists    %zu\ndeviation lists     %zu\nknown defects       %zu\nnewest master list  %s\n",
			t.certificate_count, countries, of[TRUST_SELF_SIGNED], of[TRUST_SAME_NAME], of[TRUST_LINK],
			t.crl_count, t.deviation_list_count, t.defect_count, date);
	}
	trust_free(&t);
	return CLI_OK;
}

const struct cli_command trust_commands[] = {
	{"trust", "import", "[FILE]", 0, 1, "Verify a master list, a CSCA certificate or a deviation list and keep it",
		"FILE is a CSCA master list (CMS, Doc 9303-12), one CSCA certificate, or a State's deviation list.\n"
		"Without --folder it is only checked. A master list counts only when a root vouches for it: the CSCA\n"
		"certificate of the State that signed it, which you have from that State itself. A deviation list counts\n"
		"when a CSCA certificate in the folder vouches for it, and replaces the State's older one.",
		{{"root", "FILE", "certificate that vouches for the list", false},
			{"fingerprint", "HEX", "SHA-256 of a root that stands beside the list itself", false},
			{"crl", "FILE", "a revocation list instead of FILE", false},
			{"folder", "DIR", "trust folder to keep it in", false},
			{"key", "FILE", "Ed25519 private key (PEM) to sign the folder with", false}},
		import_command},
	{"trust", "show", "DIR", 1, 1, "What a trust folder holds", NULL, {{0}}, show_command},
	{0},
};
