/* SPDX-License-Identifier: Apache-2.0
 * `postern mrz`: machine readable zones in, every field and every check out. Prints personal data,
 * which is its purpose, to the one who gave them. Must never judge by itself: hw/mrz does, with the
 * same code as the gate.
 */
#include "mrz/mrz.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "json/json.h"

enum { INPUT_MAX = 16 * 1024 * 1024 };

static void date_text(char out[16], const struct mrz_date *d)
{
	char year[8] = "????", month[4] = "??", day[4] = "??";

	if (d->year > 0)
		snprintf(year, sizeof year, "%04d", d->year % 10000);
	if (d->month > 0)
		snprintf(month, sizeof month, "%02d", d->month % 100);
	if (d->day > 0)
		snprintf(day, sizeof day, "%02d", d->day % 100);
	snprintf(out, 16, "%s-%s-%s", year, month, day);
}

static void field(FILE *out, const char *name, const char *value)
{
	if (value[0] != '\0')
		fprintf(out, "  %-18s %s\n", name, value);
}

static void table_fields(FILE *out, const struct mrz *m)
{
	char text[16], sex[2] = {m->sex, '\0'};

	field(out, "document code", m->document_code);
	field(out, "issuer", m->issuer);
	field(out, "number", m->number);
	field(out, "surname", m->surname);
	field(out, "given names", m->given_names);
	field(out, "nationality", m->nationality);
	date_text(text, &m->birth);
	field(out, "birth date", text);
	if (m->age_years >= 0)
		fprintf(out, "  %-18s %d years\n", "age at least", m->age_years);
	field(out, "sex", m->sex != '\0' ? sex : "unspecified");
	date_text(text, &m->expiry);
	field(out, "expiry date", text);
	if (m->days_known)
		fprintf(out, "  %-18s %d days\n", "days to expiry", m->days_to_expiry);
	field(out, "optional data", m->optional);
	field(out, "optional data 2", m->optional_2);
}

/* Where it looked, what stood there, what should have, and why. */
static void table_check(FILE *out, enum mrz_check_id id, const struct mrz_check *c)
{
	const char *reason = mrz_reason_key(c->reason);
	char where[16] = "";

	if (c->line != 0)
		snprintf(where, sizeof where, "%u:%u", c->line, c->column);
	fprintf(out, "  %-31s %s", mrz_check_name(id), mrz_result_name(c->result));
	if (where[0] != '\0' || reason[0] != '\0')
		fprintf(out, "%*s%-5s", (int)(14 - strlen(mrz_result_name(c->result))), "", where);
	if (c->found[0] != '\0')
		fprintf(out, " %s", c->found);
	if (c->expected[0] != '\0' && strcmp(c->expected, c->found) != 0)
		fprintf(out, ", expected %s", c->expected);
	if (reason[0] != '\0')
		fprintf(out, " (%s)", reason);
	fputc('\n', out);
}

static void table(FILE *out, const struct mrz *m, unsigned number, size_t line)
{
	fprintf(out, "%sdocument %u, line %zu: %s, %s\n", number > 1 ? "\n" : "", number, line,
		mrz_format_name(m->format), mrz_result_name(m->overall));
	if (m->format != MRZ_UNKNOWN)
		table_fields(out, m);
	for (unsigned i = 0; i < MRZ_CHECKS; i++)
		table_check(out, (enum mrz_check_id)i, &m->checks[i]);
}

static void json_date(struct json *j, const char *name, const struct mrz_date *d)
{
	json_object(j, name);
	json_number(j, "year", d->year);
	json_number(j, "month", d->month);
	json_number(j, "day", d->day);
	json_end_object(j);
}

static void json_mrz_fields(struct json *j, const struct mrz *m)
{
	char sex[2] = {m->sex, '\0'};

	json_object(j, "fields");
	json_string(j, "document_code", m->document_code);
	json_string(j, "issuer", m->issuer);
	json_string(j, "number", m->number);
	json_string(j, "surname", m->surname);
	json_string(j, "given_names", m->given_names);
	json_bool(j, "name_truncated", m->name_truncated);
	json_string(j, "nationality", m->nationality);
	json_date(j, "birth_date", &m->birth);
	json_string(j, "sex", sex);
	json_date(j, "expiry_date", &m->expiry);
	json_string(j, "optional", m->optional);
	json_string(j, "optional_2", m->optional_2);
	if (m->age_years >= 0)
		json_number(j, "age_years", m->age_years);
	else
		json_null(j, "age_years");
	if (m->days_known)
		json_number(j, "days_to_expiry", m->days_to_expiry);
	else
		json_null(j, "days_to_expiry");
	json_end_object(j);
}

static void json_mrz(struct json *j, const struct mrz *m, size_t line)
{
	json_object(j, NULL);
	json_unsigned(j, "line", line);
	json_string(j, "format", mrz_format_name(m->format));
	json_string(j, "overall", mrz_result_name(m->overall));
	json_mrz_fields(j, m);
	json_array(j, "checks");
	for (unsigned i = 0; i < MRZ_CHECKS; i++) {
		const struct mrz_check *c = &m->checks[i];
		json_object(j, NULL);
		json_string(j, "check", mrz_check_name((enum mrz_check_id)i));
		json_string(j, "field", mrz_check_field((enum mrz_check_id)i));
		json_string(j, "result", mrz_result_name(c->result));
		json_string(j, "reason", mrz_reason_key(c->reason));
		json_unsigned(j, "line", c->line);
		json_unsigned(j, "column", c->column);
		json_string(j, "expected", c->expected);
		json_string(j, "found", c->found);
		json_end_object(j);
	}
	json_end_array(j);
	json_end_object(j);
}

/* The number of zones; *finding when a check of one failed or was aborted. */
static unsigned each_zone(struct cli *cli, struct json *j, const uint8_t *bytes, size_t size,
	const struct mrz_date *at, bool *finding)
{
	struct mrz_splitter splitter;
	struct mrz_group group;
	struct mrz mrz;
	unsigned count = 0;

	mrz_split_begin(&splitter, (const char *)bytes, size);
	while (mrz_split(&splitter, &group)) {
		enum mrz_result r = mrz_parse(group.pointers, group.count, at, &mrz);
		count++;
		if (cli->json)
			json_mrz(j, &mrz, group.first_line);
		else
			table(cli->out, &mrz, count, group.first_line);
		if (r == MRZ_FAILED || r == MRZ_ABORTED)
			*finding = true;
	}
	explicit_bzero(&group, sizeof group);
	explicit_bzero(&mrz, sizeof mrz);
	return count;
}

static int mrz_command(struct cli *cli)
{
	struct mrz_date at;
	const char *date = cli_value(cli, "at"), *path = cli->arguments[0];
	struct json j;
	uint8_t *bytes = NULL;
	size_t size = 0;
	bool finding = false;
	unsigned count;
	int r;

	cli_today(&at.year, &at.month, &at.day);
	if (date != NULL && cli_date(date, &at.year, &at.month, &at.day) != 0)
		return cli_fail(cli, CLI_USAGE, "--at %s: expected a date as YYYY-MM-DD", date);
	r = cli_read_file(path, INPUT_MAX, &bytes, &size);
	if (r == PN_ELIMIT)
		return cli_fail(
			cli, CLI_USAGE, "%s: more than %d MiB", path, INPUT_MAX / 1024 / 1024);
	if (r != 0)
		return cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	if (cli->json) {
		json_begin(&j, cli->out, true);
		json_array(&j, NULL);
	}
	count = each_zone(cli, &j, bytes, size, &at, &finding);
	if (cli->json) {
		json_end_array(&j);
		json_finish(&j);
	}
	explicit_bzero(bytes, size);
	free(bytes);
	if (count == 0)
		return cli_fail(cli, CLI_USAGE, "%s: no machine readable zone in it", path);
	return finding ? CLI_FINDING : CLI_OK;
}

const struct cli_command mrz_commands[] = {
	{"mrz", NULL, "FILE|-", 1, 1, "Check machine readable zones: every field, every check",
		"Zones are separated by blank lines. Checks are those of ICAO Doc 9303 parts 3 to "
		"7, results the\n"
		"words of BSI TR-03135. Exit status 1 when a check of any zone failed or was "
		"aborted.",
		{{"at", "DATE", "date of the check, YYYY-MM-DD (default: today, UTC)", false}},
		mrz_command},
	{0},
};
