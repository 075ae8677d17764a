/* SPDX-License-Identifier: Apache-2.0
 * The table of `postern document`, and `inspect`: passive authentication of files, by hand, with the same code as the gate. Prints what the
 * documents' files say to the one who gave them. Must never judge by itself: hw/emrtd/inspect does.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands.h"
#include "document.h"
#include "document_reader.h"

int document_load(struct cli *cli, const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
	int r = cli_read_file(path, limit, bytes, size);
	if (r == PN_ELIMIT)
		return cli_fail(cli, CLI_USAGE, "%s: larger than %zu KiB", path, limit / 1024);
	return r != 0 ? cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r)) : CLI_OK;
}

int document_load_groups(struct cli *cli, struct document_groups *g)
{
	size_t at = 0;
	for (const char *v; (v = cli_each(cli, "dg", &at)) != NULL;) {
		char *end;
		unsigned long n = strtoul(v, &end, 10);
		if (end == v || *end != '=' || n < 1 || n >= SOD_GROUPS)
			return cli_fail(cli, CLI_USAGE, "--dg %s: expected N=FILE, N from 1 to 16", v);
		if (g->bytes[n] != NULL)
			return cli_fail(cli, CLI_USAGE, "--dg %s: DG%lu is given twice", v, n);
		int r = document_load(cli, end + 1, DOCUMENT_FILE_MAX, &g->bytes[n], &g->size[n]);
		if (r != CLI_OK)
			return r;
	}
	return CLI_OK;
}

void document_free_groups(struct document_groups *g)
{
	for (size_t n = 0; n < SOD_GROUPS; n++) {
		if (g->bytes[n] != NULL)
			explicit_bzero(g->bytes[n], g->size[n]);
		free(g->bytes[n]);
	}
}

static int tell_use(struct cli *cli, const char *path, enum trust_use use)
{
	if (use == TRUST_USABLE || use == TRUST_DUPLICATE)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "%s: not usable as a trusted certificate: %s", path, trust_use_name(use));
}

/* --root, then --trust, --crl, --deviations, --defects: each rests on those before. */
int document_trust(struct cli *cli, struct trust *t)
{
	static const char *const options[] = {"root", "trust", "crl", "deviations", "defects"};
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
				err = trust_add_deviations(t, bytes, size, NULL);
			else if (r == CLI_OK && o == 4)
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
	if (n != 90 && n != 88 && n != 72) { /* no zone: one line, which fails as that */
		mrz_parse(&zone, 1, at, out);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(lines[i], zone + i * each, each);
		lines[i][each] = '\0';
		p[i] = lines[i];
	}
	mrz_parse(p, count, at, out);
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
	struct document_groups g = {.bytes = {NULL}};
	uint8_t *sod = NULL;
	size_t sod_size = 0;
	uint8_t *card_security = NULL;
	size_t card_security_size = 0;
	struct trust trust;
	struct report result;
	struct mrz_date at;
	struct tm tm = {0};
	char seen[96];
	const char *date = cli_value(cli, "at");
	long days = 0;
	int r;
	trust_init(&trust);
	cli_today(&at.year, &at.month, &at.day);
	if (date != NULL && cli_date(date, &at.year, &at.month, &at.day) != 0)
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	if (cli_number(cli, "max-age", 0, 36500, 0, &days) != 0)
		return CLI_USAGE;
	r = document_load(cli, cli_value(cli, "sod"), DOCUMENT_FILE_MAX, &sod, &sod_size);
	if (r == CLI_OK)
		r = document_load_groups(cli, &g);
	if (r == CLI_OK && cli_value(cli, "card-security") != NULL)
		r = document_load(cli, cli_value(cli, "card-security"), DOCUMENT_FILE_MAX, &card_security, &card_security_size);
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
	struct emrtd_bundle files = {.sod = {EMRTD_BUNDLE_WHOLE, sod, sod_size}};
	for (unsigned n = 1; n < EMRTD_BUNDLE_GROUPS; n++)
		if (g.bytes[n] != NULL && g.size[n] > 0)
			files.group[n] = (struct emrtd_bundle_file){EMRTD_BUNDLE_WHOLE, g.bytes[n], g.size[n]};
	if (card_security != NULL && card_security_size > 0)
		files.card_security = (struct emrtd_bundle_file){EMRTD_BUNDLE_WHOLE, card_security, card_security_size};
	const struct report_input in = {.files = &files,
		.zone = seen,
		.at_s = (int64_t)timegm(&tm),
		.trust = &trust,
		.trust_age_max_days = (uint32_t)days,
		.refuse_sha1 = cli_flag(cli, "refuse-sha1")};
	report_make(&in, &result);
	struct report_xml log = {.report = &result, .access = ""};
	r = document_report(cli, &log, &in, &at);
	if (r == CLI_OK && result.overall != INSPECT_SUCCESSFUL)
		r = CLI_FINDING;
	explicit_bzero(seen, sizeof seen);
out:
	document_free_groups(&g);
	free(sod);
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
			{"deviations", "FILE...", "a State's own deviation list", false},
			{"defects", "FILE...", "list of known defects and deviations", false},
			{"mrz", "FILE", "the optical zone, to compare with DG1", false},
			{"at", "DATE", "date of the check, YYYY-MM-DD (default: today, UTC)", false},
			{"max-age", "DAYS", "age of the newest master list that is too old (default: no limit)", false},
			{"refuse-sha1", NULL, "a signature or hash with SHA-1 fails", false},
			{"xml", "FILE", "write the log of the check there, without personal data", false}},
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
			{"deviations", "FILE...", "a State's own deviation list", false},
			{"defects", "FILE...", "list of known defects and deviations", false},
			{"at", "DATE", "date of the check, YYYY-MM-DD (default: today, UTC)", false},
			{"xml", "FILE", "write the log of the check there, without personal data", false}},
		document_read_command},
	{"document", "readers", "", 0, 0, "List the readers of PC/SC", "One name a line, as --reader of `postern document read` takes it.",
		{{0}}, document_readers_command},
	{"document", "show", "", 0, 0, "Tell what a chip's files say",
		"Data groups as files, each as it was read with its tag. Nothing is proven: `postern document inspect` does\n"
		"that. Lines that begin with ! say what is odd, with X why a file could not be read to its end, and at\n"
		"which byte. Exit status 1 when a file lacks what ICAO Doc 9303 part 10 requires.",
		{{"dg", "N=FILE...", "data group N, again for each", false}, {"com", "FILE", "EF.COM", false},
			{"atr-info", "FILE", "EF.ATR/INFO", false},
			{"image", "FILE", "write the image of DG2 there, as the document has it", false}},
		document_show_command},
	{0},
};
