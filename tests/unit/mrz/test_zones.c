/* SPDX-License-Identifier: Apache-2.0
 * Runs zones.txt: every check of every zone against what was typed in for it. Must never skip a
 * line it does not know, and fails when a reason of hw/mrz is expected nowhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the three above first */
#include "mrz/mrz.h"
#include <cmocka.h>

#define LINES_KEPT 8
#define TEXT_KEPT 512

struct expected {
	char name[64], at[16];
	char lines[LINES_KEPT][TEXT_KEPT];
	size_t count;
	char format[16], overall[16], checks[MRZ_CHECKS + 1], fields[TEXT_KEPT];
	char why[MRZ_CHECKS][TEXT_KEPT];
	size_t whys;
};

static bool reason_seen[MRZ_REASONS];

static void copy(char *to, size_t size, const char *from)
{
	assert_true(strlen(from) < size);
	strcpy(to, from);
}

static void read_checks(struct expected *e, const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		if (*text != ' ') {
			assert_true(n < MRZ_CHECKS && strchr("SFUNA", *text) != NULL);
			e->checks[n++] = *text;
		}
	assert_int_equal(n, MRZ_CHECKS);
}

/* One line of the table into e; false at the blank line that ends a zone. */
static bool read_row(struct expected *e, char *row)
{
	row[strcspn(row, "\n")] = '\0';
	if (row[0] == '#')
		return true;
	if (row[0] == '\0')
		return e->name[0] == '\0';
	if (strncmp(row, "zone ", 5) == 0)
		copy(e->name, sizeof(e->name), row + 5);
	else if (strncmp(row, "from ", 5) == 0)
		assert_true(strlen(row) > 10); /* every zone names its source */
	else if (strncmp(row, "at ", 3) == 0)
		copy(e->at, sizeof(e->at), row + 3);
	else if (strncmp(row, "| ", 2) == 0)
		copy(e->lines[e->count++], TEXT_KEPT, row + 2);
	else if (strncmp(row, "format ", 7) == 0)
		copy(e->format, sizeof(e->format), row + 7);
	else if (strncmp(row, "overall ", 8) == 0)
		copy(e->overall, sizeof(e->overall), row + 8);
	else if (strncmp(row, "checks ", 7) == 0)
		read_checks(e, row + 7);
	else if (strncmp(row, "why ", 4) == 0)
		copy(e->why[e->whys++], TEXT_KEPT, row + 4);
	else if (strncmp(row, "fields ", 7) == 0)
		copy(e->fields, sizeof(e->fields), row + 7);
	else
		fail_msg("%s: what is \"%s\"?", e->name, row);
	return true;
}

static char letter_of(enum mrz_result result)
{
	static const char letters[] = "?SFUNA";
	return letters[result];
}

/* "check reason | expected | found | line:column" as the library would have it said. */
static void say(const struct mrz *m, int id, char out[TEXT_KEPT])
{
	const struct mrz_check *c = &m->checks[id];
	bool digit = strncmp(mrz_check_name((enum mrz_check_id)id), "mrz.check_digit.", 16) == 0;

	/* A matching digit carries its expected value too; the table says it only for those that do
	 * not match. */
	snprintf(out, TEXT_KEPT, "%s %s |%s%s |%s%s | %d:%d", mrz_check_name((enum mrz_check_id)id),
		mrz_reason_key(c->reason), c->expected[0] ? " " : "",
		digit && c->result == MRZ_SUCCESSFUL ? "" : c->expected, c->found[0] ? " " : "",
		c->found, c->line, c->column);
}

static void check_whys(const struct expected *e, const struct mrz *m)
{
	bool used[MRZ_CHECKS] = {false};
	char said[TEXT_KEPT];

	for (int id = 0; id < MRZ_CHECKS; id++) {
		const struct mrz_check *c = &m->checks[id];
		bool found = false;

		reason_seen[c->reason] = true;
		if (c->result == MRZ_SUCCESSFUL && c->reason == MRZ_REASON_NONE)
			continue;
		if (c->result == MRZ_NOT_PERFORMED &&
			(c->reason == MRZ_REASON_NOT_IN_FORMAT ||
				(m->format == MRZ_UNKNOWN && c->reason == MRZ_REASON_STRUCTURE)))
			continue;
		say(m, id, said);
		for (size_t i = 0; i < e->whys; i++)
			if (strcmp(said, e->why[i]) == 0)
				found = used[i] = true;
		if (!found)
			fail_msg("%s: not expected: %s", e->name, said);
	}
	for (size_t i = 0; i < e->whys; i++)
		if (!used[i])
			fail_msg("%s: did not come: %s", e->name, e->why[i]);
}

static void print_date(char *out, const struct mrz_date *d)
{
	if (d->year == 0 && d->month == 0 && d->day == 0)
		strcpy(out, "unknown");
	else
		snprintf(out, TEXT_KEPT, "%04d-%02d-%02d", d->year, d->month, d->day);
}

static void value_of(const struct expected *e, const struct mrz *m, const char *key, char *out)
{
	const char *text = NULL;

	if (strcmp(key, "document_code") == 0)
		text = m->document_code;
	else if (strcmp(key, "issuer") == 0)
		text = m->issuer;
	else if (strcmp(key, "nationality") == 0)
		text = m->nationality;
	else if (strcmp(key, "number") == 0)
		text = m->number;
	else if (strcmp(key, "surname") == 0)
		text = m->surname;
	else if (strcmp(key, "given_names") == 0)
		text = m->given_names;
	else if (strcmp(key, "optional") == 0)
		text = m->optional;
	else if (strcmp(key, "optional_2") == 0)
		text = m->optional_2;
	else if (strcmp(key, "truncated") == 0)
		text = m->name_truncated ? "yes" : "no";
	if (text != NULL)
		strcpy(out, text);
	else if (strcmp(key, "sex") == 0)
		snprintf(out, TEXT_KEPT, "%s", (char[]){m->sex, 0});
	else if (strcmp(key, "birth") == 0)
		print_date(out, &m->birth);
	else if (strcmp(key, "expiry") == 0)
		print_date(out, &m->expiry);
	else if (strcmp(key, "age") == 0)
		snprintf(out, TEXT_KEPT, "%d", m->age_years);
	else if (strcmp(key, "days") == 0 && m->days_known)
		snprintf(out, TEXT_KEPT, "%d", m->days_to_expiry);
	else if (strcmp(key, "days") == 0)
		strcpy(out, "unknown");
	else
		fail_msg("%s: what is field \"%s\"?", e->name, key);
}

static void check_fields(const struct expected *e, const struct mrz *m)
{
	char fields[TEXT_KEPT], value[TEXT_KEPT], *state = NULL;

	strcpy(fields, e->fields);
	for (char *part = strtok_r(fields, ";", &state); part; part = strtok_r(NULL, ";", &state)) {
		char *equals;

		part += strspn(part, " ");
		equals = strchr(part, '=');
		assert_non_null(equals);
		*equals = '\0';
		value_of(e, m, part, value);
		if (strcmp(value, equals + 1) != 0)
			fail_msg("%s: %s is \"%s\", expected \"%s\"", e->name, part, value,
				equals + 1);
	}
}

static void check_zone(const struct expected *e)
{
	const char *lines[LINES_KEPT];
	struct mrz_date at = {0};
	struct mrz m;
	bool dated = strcmp(e->at, "none") != 0;

	if (dated)
		assert_int_equal(sscanf(e->at, "%d-%d-%d", &at.year, &at.month, &at.day), 3);
	for (size_t i = 0; i < e->count; i++)
		lines[i] = e->lines[i];
	memset(&m, 0x5a, sizeof(m)); /* nothing may depend on what was there */
	mrz_parse(lines, e->count, dated ? &at : NULL, &m);
	for (int id = 0; id < MRZ_CHECKS; id++)
		if (letter_of(m.checks[id].result) != e->checks[id])
			fail_msg("%s: %s is %s, expected %c", e->name,
				mrz_check_name((enum mrz_check_id)id),
				mrz_result_name(m.checks[id].result), e->checks[id]);
	assert_string_equal(mrz_format_name(m.format), e->format);
	if (strcmp(mrz_result_name(m.overall), e->overall) != 0)
		fail_msg("%s: overall %s, expected %s", e->name, mrz_result_name(m.overall),
			e->overall);
	check_whys(e, &m);
	check_fields(e, &m);
}

static void test_every_zone(void **state)
{
	FILE *file = fopen(*state, "r");
	struct expected e = {0};
	char row[TEXT_KEPT];
	size_t zones = 0;

	assert_non_null(file);
	while (fgets(row, sizeof(row), file) != NULL)
		if (!read_row(&e, row)) {
			check_zone(&e);
			zones++;
			memset(&e, 0, sizeof(e));
		}
	if (e.name[0]) {
		check_zone(&e);
		zones++;
	}
	fclose(file);
	print_message("%zu zones\n", zones);
	assert_true(zones >= 130);
	for (int reason = 0; reason < MRZ_REASONS; reason++)
		if (!reason_seen[reason])
			fail_msg("no zone gives %s", mrz_reason_key((enum mrz_reason)reason));
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[] = {cmocka_unit_test(test_every_zone)};

	if (argc != 2)
		return 2;
	tests[0].initial_state = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
