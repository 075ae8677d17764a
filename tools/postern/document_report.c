/* SPDX-License-Identifier: Apache-2.0
 * What `postern document inspect` and `postern document read` have found, for the one who asked, and as a log without personal
 * data. Must never judge by itself: hw/emrtd/report does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "document.h"
#include "emrtd/lds/lds.h"
#include "json/json.h"

static void date_text(char out[24], int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;
	gmtime_r(&t, &tm);
	strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void table(FILE *out, const struct report *r, const struct mrz *m)
{
	const struct inspection *i = &r->inspection;
	char date[24];
	fprintf(out, "result              %s\n", mrz_result_name((enum mrz_result)r->overall));
	const struct report_check *by = report_decisive(r);
	if (by != NULL)
		fprintf(out, "decided by          %s (%s): %s %s\n", by->name, by->field, mrz_result_name((enum mrz_result)by->result),
			by->reason);
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
	for (size_t n = 0; n < r->count; n++) {
		const struct report_check *c = &r->check[n];
		fprintf(out, "%s %-6s %-22s %-13s %-14s %s\n", report_symbol(c->result), report_colour(c->result), c->name,
			c->field, mrz_result_name((enum mrz_result)c->result), c->reason);
	}
}

static void json_result(struct json *j, const char *name, enum inspect_result r)
{
	json_string(j, name, mrz_result_name((enum mrz_result)r));
	json_string(j, "symbol", report_symbol(r));
	json_string(j, "colour", report_colour(r));
}

static void json(struct cli *cli, const struct report *r)
{
	const struct inspection *i = &r->inspection;
	struct json j;
	char date[24];
	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_result(&j, "overall", r->overall);
	const struct report_check *by = report_decisive(r);
	json_string(&j, "decided_by", by != NULL ? by->name : NULL);
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
	for (size_t n = 0; n < r->count; n++) {
		const struct report_check *c = &r->check[n];
		json_object(&j, NULL);
		json_string(&j, "check", c->name);
		json_string(&j, "field", c->field);
		json_result(&j, "result", c->result);
		json_string(&j, "reason", c->reason);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	json_finish(&j);
}

static int write_xml(struct cli *cli, const struct report_xml *log)
{
	const char *path = cli_value(cli, "xml");
	char *text = malloc(REPORT_XML_MAX);
	size_t size = 0;
	int r = text != NULL ? report_xml(log, text, REPORT_XML_MAX, &size) : PN_ENOMEM;
	FILE *f = r == PN_OK ? fopen(path, "we") : NULL;
	bool ok = f != NULL && text != NULL && fwrite(text, 1, size, f) == size;
	if (f != NULL)
		ok = fclose(f) == 0 && ok;
	free(text);
	return ok ? CLI_OK : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, r != PN_OK ? pn_err_name(r) : strerror(errno));
}

int document_report(struct cli *cli, struct report_xml *log, const struct report_input *in, const struct mrz_date *at)
{
	const struct emrtd_bundle_file *dg1 = &in->files->group[1];
	struct mrz chip, optical;
	char zone[96];
	int r = CLI_OK;
	lds_zone((struct emrtd_bytes){dg1->bytes, dg1->size}, zone);
	document_parse_zone(zone, at, &chip);
	document_parse_zone(in->zone, at, &optical);
	if (cli->json)
		json(cli, log->report);
	else
		table(cli->out, log->report, &chip);
	if (cli_value(cli, "xml") != NULL) {
		const struct mrz *kind = chip.format != MRZ_UNKNOWN ? &chip : &optical;
		log->software = "postern";
		log->version = POSTERN_VERSION;
		log->year = at->year;
		log->month = at->month;
		log->day = at->day;
		log->format = kind->format != MRZ_UNKNOWN ? mrz_format_name(kind->format) : "";
		log->code = kind->document_code;
		log->issuer = kind->issuer;
		log->optical = in->zone[0] != '\0' ? &optical : NULL;
		log->trust_version = "";
		r = write_xml(cli, log);
	}
	explicit_bzero(&chip, sizeof chip);
	explicit_bzero(&optical, sizeof optical);
	explicit_bzero(zone, sizeof zone);
	return r;
}
