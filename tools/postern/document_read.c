/* SPDX-License-Identifier: Apache-2.0
 * `postern document read`: one chip from the command line, on a reader of PC/SC or a virtual one. Prints what the document says to the one
 * who holds it. Must never print a password or a key, nor wait without a bound.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "chip/groups.h"
#include "chip/reading.h"
#include "document.h"
#include "document_reader.h"

enum { APDU_LIMIT_MS = 5000, READ_LIMIT_MS = 60000, RESUME_MS = 5000 };

static void trace(void *self, const struct chip_exchange *e)
{
	struct cli *cli = self;
	if (cli_flag(cli, "trace") && e->command_size >= 4)
		fprintf(cli->err, "CLA %02X INS %02X  %4zu bytes there, %5zu back, status %04X, %.1f ms\n", e->command[0], e->command[1],
			e->command_size, e->response_size, e->sw, e->ms);
}

static int password(struct cli *cli, const char *zone, struct emrtd_password *out)
{
	const char *can = cli_value(cli, "can");
	uint8_t *bytes = NULL;
	size_t size = 0;
	int rc;
	if ((can != NULL) == (zone[0] != '\0'))
		return cli_fail(cli, CLI_USAGE, "expected --mrz FILE or --can FILE");
	if (can == NULL) {
		rc = emrtd_password_from_zone(out, zone);
		return rc == 0 ? CLI_OK : cli_fail(cli, CLI_USAGE, "--mrz %s: not the zone of a TD1, TD2 or TD3", cli_value(cli, "mrz"));
	}
	int r = document_load(cli, can, 64, &bytes, &size);
	if (r != CLI_OK)
		return r;
	bytes[strcspn((char *)bytes, "\r\n \t")] = '\0';
	rc = emrtd_password_from_can(out, (char *)bytes);
	explicit_bzero(bytes, size);
	free(bytes);
	return rc == 0 ? CLI_OK : cli_fail(cli, CLI_USAGE, "--can %s: expected six digits", can);
}

static int groups(struct cli *cli, uint32_t *out)
{
	const char *text = cli_value(cli, "groups");
	*out = 1u << 2 | 1u << 11 | 1u << 12;
	if (text == NULL || chip_groups(text, out) == 0)
		return CLI_OK;
	return cli_fail(cli, CLI_USAGE, "--groups: expected numbers from 1 to 16 with commas between");
}

static int keep(struct cli *cli, const char *folder, const char *name, const struct emrtd_read_file *f)
{
	char path[1024];
	if (!f->whole)
		return CLI_OK;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *out = fopen(path, "wxe");
	bool ok = out != NULL && fchmod(fileno(out), 0600) == 0 && fwrite(f->bytes, 1, f->size, out) == f->size;
	if (out != NULL)
		ok = fclose(out) == 0 && ok;
	return ok ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

static int keep_all(struct cli *cli, const struct emrtd_document *d)
{
	const char *folder = cli_value(cli, "out");
	char name[16];
	if (folder == NULL)
		return CLI_OK;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", folder, strerror(errno));
	int r = keep(cli, folder, "EF.SOD", &d->sod);
	if (r == CLI_OK)
		r = keep(cli, folder, "EF.CardSecurity", &d->card_security);
	for (unsigned n = 1; n < EMRTD_GROUPS && r == CLI_OK; n++) {
		snprintf(name, sizeof name, "DG%u", n);
		r = keep(cli, folder, name, &d->group[n]);
	}
	return r;
}

static const char *proof(enum emrtd_proof p, bool covered)
{
	if (p == EMRTD_PROVEN && inspect_proof(p, covered) != EMRTD_PROVEN)
		return "done, by a key that the State has not been shown to sign";
	return p == EMRTD_PROVEN ? "proven" : p == EMRTD_REFUTED ? "failed" : "not performed";
}

static void tell(FILE *out, const struct inspection *i, const struct chip_outcome *o)
{
	const struct emrtd_document *d = &o->document;
	static const char *const ways[] = {"none", "BAC", "PACE"};
	fprintf(out, "access              %s%s\n", ways[d->access.access], d->access.fell_back ? ", although the chip offers PACE" : "");
	fprintf(out, "mapping             %s\n", proof(d->mapping, i->card_security_proven));
	fprintf(out, "chip authentication %s\n", proof(d->chip, i->proven & 1u << 14));
	fprintf(out, "active authentic.   %s\n", proof(d->active, i->proven & 1u << 15));
	fprintf(out, "read in             %.2f s, %u exchanges\n", (double)o->read_ms / 1000, d->exchanges);
	if (o->tears > 0)
		fprintf(out, "gone on with        %u times, after the chip had left\n", o->tears);
}

static int judge(struct cli *cli, const struct chip_outcome *read, const struct trust *trust, const struct mrz_date *at,
	const char *seen, struct report *out)
{
	static const char *const ways[] = {"open", "BAC", "PACE"};
	const struct emrtd_document *d = &read->document;
	struct tm tm = {.tm_year = at->year - 1900, .tm_mon = at->month - 1, .tm_mday = at->day, .tm_hour = 12};
	struct emrtd_bundle files;
	struct report_chip chip;
	report_of_document(d, true, &files, &chip);
	const struct report_input in = {
		.files = &files, .chip = &chip, .zone = seen, .at_s = (int64_t)timegm(&tm), .trust = trust};
	report_make(&in, out);
	if (!cli->json)
		tell(cli->out, &out->inspection, read);
	struct report_xml log = {
		.report = out, .access = ways[d->access.access], .exchanges = d->exchanges, .read_ms = read->read_ms};
	return document_report(cli, &log, &in, at);
}

/* Reads the chip that comes; what cannot be is told. */
static int read_chip(struct cli *cli, const struct emrtd_password *secret, uint32_t wanted, long wait_s, struct chip_outcome *out)
{
	struct document_reader reader;
	int r = document_reader_open(cli, cli_value(cli, "reader"), &reader);
	if (r != CLI_OK)
		return r;
	const struct chip_reading reading = {.password = secret,
		.groups = wanted,
		.apdu_limit_ms = APDU_LIMIT_MS,
		.wait_ms = (uint32_t)wait_s * 1000,
		.resume_ms = RESUME_MS,
		.deadline_ms = clock_mono_ms() + (uint64_t)wait_s * 1000 + READ_LIMIT_MS,
		.self = cli,
		.exchanged = trace};
	chip_read(&reader.slot, &reading, out);
	document_reader_close(&reader);
	if (out->chip_ms == 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "no chip came within %ld seconds", wait_s);
	if (out->err == 0)
		return CLI_OK;
	return cli_fail(cli, CLI_FINDING, "the chip could not be read: %s at %s, status %04X", emrtd_cause_key(out->failure.cause),
		emrtd_step_key(out->failure.step), out->failure.sw);
}

int document_read_command(struct cli *cli)
{
	struct chip_outcome read = {.err = 0};
	struct emrtd_password secret = {.kind = EMRTD_PASSWORD_NONE};
	struct trust trust;
	struct report result;
	struct mrz_date at;
	char seen[96] = "";
	const char *date = cli_value(cli, "at");
	uint32_t wanted;
	long wait_s;
	if (strcmp(cli_value(cli, "reader"), "list") == 0)
		return document_readers_command(cli);
	cli_today(&at.year, &at.month, &at.day);
	if (date != NULL && cli_date(date, &at.year, &at.month, &at.day) != 0)
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	if (cli_number(cli, "wait", 1, 3600, 30, &wait_s) != 0)
		return CLI_USAGE;
	trust_init(&trust);
	int r = groups(cli, &wanted);
	if (r == CLI_OK)
		r = document_trust(cli, &trust);
	if (r == CLI_OK)
		r = document_optical(cli, seen);
	if (r == CLI_OK)
		r = password(cli, seen, &secret);
	if (r == CLI_OK)
		r = read_chip(cli, &secret, wanted, wait_s, &read);
	if (r == CLI_OK) {
		r = judge(cli, &read, &trust, &at, seen, &result);
		if (r == CLI_OK)
			r = keep_all(cli, &read.document);
		if (r == CLI_OK && result.overall != INSPECT_SUCCESSFUL)
			r = CLI_FINDING;
	}
	explicit_bzero(&secret, sizeof secret);
	explicit_bzero(seen, sizeof seen);
	chip_outcome_free(&read);
	trust_free(&trust);
	return r;
}
