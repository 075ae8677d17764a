/* SPDX-License-Identifier: Apache-2.0
 * `postern document inspect`: passive authentication of files, by hand, with the same code as the gate. Prints what the
 * documents' files say to the one who gave them. Must never judge by itself: hw/emrtd/inspect does.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "document.h"
#include "document_reader.h"
#include "emrtd/lds/lds.h"
#include "json_out.h"

enum { FILE_MAX = 1024 * 1024 };

struct files {
	uint8_t *bytes[SOD_GROUPS + 1]; /* the SOD at 0 */
	size_t size[SOD_GROUPS + 1];
};

int document_load(struct cli *cli, const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
	int r = cli_read_file(path, limit, bytes, size);
	if (r == PN_ELIMIT)
		return cli_fail(cli, CLI_USAGE, "%s: larger than %zu KiB", path, limit / 1024);
	return r != 0 ? cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r)) : CLI_OK;
}

/* "N=FILE" of each --dg. */
static int load_groups(struct cli *cli, struct files *f)
{
	size_t at = 0;
	for (const char *v; (v = cli_each(cli, "dg", &at)) != NULL;) {
		char *end;
		unsigned long n = strtoul(v, &end, 10);
		if (end == v || *end != '=' || n < 1 || n >= SOD_GROUPS)
			return cli_fail(cli, CLI_USAGE, "--dg %s: expected N=FILE, N from 1 to 16", v);
		if (f->bytes[n] != NULL)
			return cli_fail(cli, CLI_USAGE, "--dg %s: DG%lu is given twice", v, n);
		int r = document_load(cli, end + 1, FILE_MAX, &f->bytes[n], &f->size[n]);
		if (r != CLI_OK)
			return r;
	}
	return CLI_OK;
}

static int tell_use(struct cli *cli, const char *path, enum trust_use use)
{
	if (use == TRUST_USABLE || use == TRUST_DUPLICATE)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "%s: not usable as a trusted certificate: %s", path, trust_use_name(use));
}

/* --root, then --trust, then --crl, then --defects: each rests on those before. */
int document_trust(struct cli *cli, struct trust *t)
{
	static const char *const options[] = {"root", "trust", "crl", "defects"};
	for (size_t o = 0; o < PN_COUNT(options); o++) {
		size_t at = 0;
		for (const char *path; (path = cli_each(cli, options[o], &at)) != NULL;) {
			uint8_t *bytes = NULL;
			size_t size = 0, line = 0;
			enum trust_error err = TRUST_OK;
			int r = document_load(cli, path, TRUST_LIST_MAX, &bytes, &size);
			if (r == CLI_OK && o == 0)
				r = tell_use(cli, path, trust_add_certificate(t, bytes, size, true));
			else if (r == CLI_OK && o == 1 && (err = trust_add_master_list(t, bytes, size, false, NULL)) ==
								  TRUST_ENCODING) {
				err = TRUST_OK; /* a single certificate is a list of one */
				r = tell_use(cli, path, trust_add_certificate(t, bytes, size, false));
			} else if (r == CLI_OK && o == 2)
				err = trust_add_crl(t, bytes, size);
			else if (r == CLI_OK && o == 3)
				err = trust_add_defects(t, (const char *)bytes, &line);
			free(bytes);
			if (r == CLI_OK && err != TRUST_OK && line > 0)
				r = cli_fail(cli, CLI_USAGE, "%s:%zu: %s", path, line, trust_error_text(err));
			else if (r == CLI_OK && err != TRUST_OK)
				r = cli_fail(cli, CLI_USAGE, "%s: %s", path, trust_error_text(err));
			if (r != CLI_OK)
				return r;
		}
	}
	return CLI_OK;
}

void document_parse_zone(const char *zone, const struct mrz_date *at, struct mrz *out)
{
	char lines[3][45];
	const char *p[3];
	size_t n = strlen(zone), count = n == 90 ? 3 : 2, each = n / count;
	memset(out, 0, sizeof *out);
	if (n == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		memcpy(lines[i], zone + i * each, each);
		lines[i][each] = '\0';
		p[i] = lines[i];
	}
	mrz_parse(p, count, at, out);
}

static void date_text(char out[24], int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static const char *mark(enum inspect_result r)
{
	switch (r) {
	case INSPECT_SUCCESSFUL:
		return "+";
	case INSPECT_FAILED:
		return "X";
	case INSPECT_UNDETERMINED:
		return "?";
	case INSPECT_NOT_PERFORMED:
		return "-";
	case INSPECT_ABORTED:
		return "!";
	}
	return " ";
}

static void table(FILE *out, const struct inspection *i, const struct mrz *m)
{
	char field[8], date[24];
	fprintf(out, "result              %s\n", mrz_result_name((enum mrz_result)i->overall));
	if (m->format != MRZ_UNKNOWN)
		fprintf(out, "document            %s %s, issued by %s\n", mrz_format_name(m->format), m->document_code,
			m->issuer);
	if (i->signer_country[0] != '\0')
		fprintf(out, "document signer     %s, serial number %s\n", i->signer_country, i->signer_serial);
	if (i->signer_until_s != 0) {
		date_text(date, i->signer_from_s);
		fprintf(out, "  valid             %s", date);
		date_text(date, i->signer_until_s);
		fprintf(out, " to %s\n", date);
	}
	if (i->signed_s != 0) {
		date_text(date, i->signed_s);
		fprintf(out, "  signed            %s\n", date);
	}
	if (i->csca_subject[0] != '\0')
		fprintf(out, "signed by           %s\n", i->csca_subject);
	for (size_t n = 0; n < i->count; n++) {
		const struct inspect_check *c = &i->check[n];
		const char *why = inspect_reason_key(c->reason);
		fprintf(out, "%s %-22s %-13s %-14s %s\n", mark(c->result), inspect_check_name(c->id),
			inspect_check_field(c, field), mrz_result_name((enum mrz_result)c->result), why);
	}
}

static void json(struct cli *cli, const struct inspection *i)
{
	struct json j;
	char field[8], date[24];
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "overall", mrz_result_name((enum mrz_result)i->overall));
	json_string(&j, "signer_country", i->signer_country);
	json_string(&j, "signer_serial", i->signer_serial);
	json_string(&j, "csca", i->csca_subject);
	if (i->signed_s != 0)
		date_text(date, i->signed_s);
	json_string(&j, "signed", i->signed_s != 0 ? date : NULL);
	json_array(&j, "proven_groups");
	for (unsigned n = 1; n < SOD_GROUPS; n++)
		if (i->proven & 1u << n)
			json_unsigned(&j, NULL, n);
	json_end_array(&j);
	json_array(&j, "checks");
	for (size_t n = 0; n < i->count; n++) {
		const struct inspect_check *c = &i->check[n];
		json_object(&j, NULL);
		json_string(&j, "check", inspect_check_name(c->id));
		json_string(&j, "field", inspect_check_field(c, field));
		json_string(&j, "result", mrz_result_name((enum mrz_result)c->result));
		json_string(&j, "reason", inspect_reason_key(c->reason));
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	json_finish(&j);
}

void document_report(struct cli *cli, const struct inspection *result, const struct mrz *mrz)
{
	if (cli->json)
		json(cli, result);
	else
		table(cli->out, result, mrz);
}

/* The zone as one text: line ends and spaces at the ends of lines taken out. */
static void join(const char *text, char out[96])
{
	size_t n = 0;
	for (; *text != '\0' && n < 95; text++)
		if (*text > ' ')
			out[n++] = *text;
	out[n] = '\0';
}

int document_optical(struct cli *cli, char out[96])
{
	const char *path = cli_value(cli, "mrz");
	uint8_t *bytes = NULL;
	size_t size = 0;
	out[0] = '\0';
	if (path == NULL)
		return CLI_OK;
	int r = document_load(cli, path, 4096, &bytes, &size);
	if (r == CLI_OK)
		join((const char *)bytes, out);
	free(bytes);
	return r;
}

static int inspect_command(struct cli *cli)
{
	struct files f = {0};
	uint8_t *card_security = NULL;
	size_t card_security_size = 0;
	struct trust trust;
	struct inspection result;
	struct mrz mrz;
	struct mrz_date at;
	struct tm tm = {0};
	char zone[96], seen[96];
	const char *date = cli_value(cli, "at");
	long days = 0;
	int r;
	trust_init(&trust);
	cli_today(&at.year, &at.month, &at.day);
	if (date != NULL && cli_date(date, &at.year, &at.month, &at.day) != 0)
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	if (cli_number(cli, "max-age", 0, 36500, 0, &days) != 0)
		return CLI_USAGE;
	r = document_load(cli, cli_value(cli, "sod"), FILE_MAX, &f.bytes[0], &f.size[0]);
	if (r == CLI_OK)
		r = load_groups(cli, &f);
	if (r == CLI_OK && cli_value(cli, "card-security") != NULL)
		r = document_load(cli, cli_value(cli, "card-security"), FILE_MAX, &card_security, &card_security_size);
	if (r == CLI_OK)
		r = document_trust(cli, &trust);
	if (r == CLI_OK)
		r = document_optical(cli, seen);
	if (r != CLI_OK)
		goto out;
	tm.tm_year = at.year - 1900;
	tm.tm_mon = at.month - 1;
	tm.tm_mday = at.day;
	tm.tm_hour = 12;
	lds_zone((struct emrtd_bytes){f.bytes[1], f.size[1]}, zone);
	document_parse_zone(zone, &at, &mrz);
	struct inspect_input in = {.sod = {f.bytes[0], f.size[0]},
		.card_security = {card_security, card_security_size},
		.issuer = mrz.issuer,
		.document_code = mrz.document_code,
		.dg1_mrz = zone,
		.optical_mrz = seen,
		.at_s = (int64_t)timegm(&tm),
		.trust = &trust,
		.trust_age_max_days = (uint32_t)days,
		.refuse_sha1 = cli_flag(cli, "refuse-sha1")};
	for (unsigned n = 1; n < SOD_GROUPS; n++)
		in.group[n] = (struct inspect_file){f.bytes[n], f.size[n]};
	inspect(&in, &result);
	document_report(cli, &result, &mrz);
	r = result.overall == INSPECT_SUCCESSFUL ? CLI_OK : CLI_FINDING;
	explicit_bzero(&mrz, sizeof mrz);
	explicit_bzero(zone, sizeof zone);
out:
	for (size_t n = 0; n < SOD_GROUPS; n++) {
		if (f.bytes[n] != NULL)
			explicit_bzero(f.bytes[n], f.size[n]);
		free(f.bytes[n]);
	}
	free(card_security);
	trust_free(&trust);
	return r;
}

const struct cli_command document_commands[] = {
	{"document", "inspect", "", 0, 0, "Check a chip's files: passive authentication",
		"EF.SOD and data groups as files, each as it was read with its tag. Checks are those of ICAO Doc 9303\n"
		"parts 11 and 12, results the words of BSI TR-03135: + successful, X failed, ? undetermined,\n"
		"- not performed, ! aborted. Exit status 1 when the whole is not successful.",
		{{"sod", "FILE", "EF.SOD", true}, {"dg", "N=FILE...", "data group N, again for each", false},
			{"card-security", "FILE", "EF.CardSecurity", false},
			{"root", "FILE...", "certificate that vouches for master lists, and is trusted itself", false},
			{"trust", "FILE...", "master list, or one CSCA certificate", false},
			{"crl", "FILE...", "revocation list of a CSCA", false},
			{"defects", "FILE...", "list of known defects and deviations", false},
			{"mrz", "FILE", "the optical zone, to compare with DG1", false},
			{"at", "DATE", "date of the check, YYYY-MM-DD (default: today, UTC)", false},
			{"max-age", "DAYS", "age of the newest master list that is too old (default: no limit)", false},
			{"refuse-sha1", NULL, "a signature or hash with SHA-1 fails", false}},
		inspect_command},
	{"document", "read", "", 0, 0, "Read a chip by hand, and inspect what it says",
		"The reader is one of PC/SC, by its name or a part that no other name has, or a virtual one:\n"
		"vpcd:HOST:PORT waits on a loopback address for a chip that speaks the vpcd protocol. The password is the\n"
		"zone's or the six digits printed on the document; both are read from a file, since others can see a\n"
		"command line. Results as with `postern document inspect`. Exit status 1 when the whole is not successful.",
		{{"reader", "NAME", "where the chip is laid: a reader's name, vpcd:HOST:PORT, or list", true},
			{"mrz", "FILE", "the optical zone; - for standard input", false},
			{"can", "FILE", "the card access number instead", false},
			{"groups", "N,N,...", "data groups besides 1, 14 and 15 (default: 2,11,12)", false},
			{"out", "DIR", "keep the files there", false}, {"wait", "SECONDS", "for the chip (default: 30)", false},
			{"trace", NULL, "print every exchange without its data", false},
			{"root", "FILE...", "certificate that vouches for master lists, and is trusted itself", false},
			{"trust", "FILE...", "master list, or one CSCA certificate", false},
			{"crl", "FILE...", "revocation list of a CSCA", false},
			{"defects", "FILE...", "list of known defects and deviations", false},
			{"at", "DATE", "date of the check, YYYY-MM-DD (default: today, UTC)", false}},
		document_read_command},
	{"document", "readers", "", 0, 0, "List the readers of PC/SC", "One name a line, as --reader of `postern document read` takes it.",
		{{0}}, document_readers_command},
	{0},
};
