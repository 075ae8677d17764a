/* SPDX-License-Identifier: Apache-2.0
 * Any text through mrz_split() and mrz_parse(): must not crash, and must keep the promises of mrz.h
 * that hold for every input. Must never depend on the input being a zone.
 */
#include "mrz/mrz.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void ascii(const char *text, size_t room)
{
	size_t size = strnlen(text, room);

	require(size < room);
	for (size_t i = 0; i < size; i++)
		require(text[i] >= ' ' && text[i] <= '~');
}

static void inspect(const struct mrz *m, enum mrz_result overall)
{
	bool all = true;

	require(m->overall == overall && overall != MRZ_UNSPECIFIED &&
		overall != MRZ_NOT_PERFORMED);
	for (int i = 0; i < MRZ_CHECKS; i++) {
		const struct mrz_check *c = &m->checks[i];
		require(c->result != MRZ_UNSPECIFIED && (unsigned)c->reason < MRZ_REASONS);
		require(c->result == MRZ_SUCCESSFUL || c->reason != MRZ_REASON_NONE);
		require(c->line <= MRZ_LINES_MAX && c->column <= MRZ_WIDTH_MAX);
		ascii(c->expected, sizeof(c->expected));
		ascii(c->found, sizeof(c->found));
		if (c->result != MRZ_SUCCESSFUL && c->reason != MRZ_REASON_NOT_IN_FORMAT)
			all = false;
	}
	require(all == (overall == MRZ_SUCCESSFUL));
	ascii(m->document_code, sizeof(m->document_code));
	ascii(m->issuer, sizeof(m->issuer));
	ascii(m->number, sizeof(m->number));
	ascii(m->surname, sizeof(m->surname));
	ascii(m->given_names, sizeof(m->given_names));
	ascii(m->nationality, sizeof(m->nationality));
	ascii(m->optional, sizeof(m->optional));
	ascii(m->optional_2, sizeof(m->optional_2));
	require(m->age_years >= -1 && m->age_years <= 101);
	require(m->days_known || m->days_to_expiry == 0);
}

/* What is read without a fault can be written again, letter by letter, unless the issuer padded in
 * its own way. */
static void write_again(const struct mrz *m, const struct mrz_group *g)
{
	struct mrz_fields f = {m->format, m->document_code, m->issuer, m->number, m->surname,
		m->given_names, m->nationality, m->birth, m->sex == 'X' ? '<' : m->sex, m->expiry,
		m->optional, m->optional_2};
	struct mrz_text text;

	if (mrz_compose(&f, &text) != 0)
		return;
	require(text.count == g->count);
	for (size_t i = 0; i < text.count; i++)
		require(strlen(text.lines[i]) == strlen(g->pointers[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mrz_date dates[] = {
		{2026, 1, 15}, {2000, 2, 29}, {9999, 12, 31}, {1, 1, 1}, {0, 0, 0}};
	struct mrz_splitter s;
	struct mrz_group g;
	struct mrz m;
	size_t groups = 0;

	mrz_split_begin(&s, (const char *)data, size);
	while (mrz_split(&s, &g)) {
		const struct mrz_date *date = &dates[groups++ % (sizeof(dates) / sizeof(dates[0]))];
		enum mrz_result overall = mrz_parse(g.pointers, g.count, date, &m);
		require(g.count > 0 && g.first_line > 0);
		inspect(&m, overall);
		if (overall == MRZ_SUCCESSFUL)
			write_again(&m, &g);
	}
	require(groups <= size);
	return 0;
}
