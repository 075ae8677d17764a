/* SPDX-License-Identifier: Apache-2.0
 * Reading CSV. Must never look at a byte beyond its end.
 */
#include "match/csv.h"

#include <stdbool.h>
#include <string.h>

void csv_open(struct csv_reader *r, const char *bytes, size_t size)
{
	const char *stop;
	*r = (struct csv_reader){bytes, bytes + size, 0, 1, ','};
	if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
		r->at += 3;
	stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
	size_t n = (size_t)((stop != NULL ? stop : r->end) - r->at);
	if (n > 0 && memchr(r->at, ',', n) == NULL && r->at[0] != '#')
		r->separator = memchr(r->at, '\t', n) != NULL  ? '\t'
			       : memchr(r->at, ';', n) != NULL ? ';'
							       : ',';
}

static bool at_end_of_line(const struct csv_reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	       (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static void end_line(struct csv_reader *r)
{
	if (r->at < r->end && *r->at == '\r')
		r->at++;
	if (r->at < r->end)
		r->at++;
	r->next_line++;
}

static void skip_line(struct csv_reader *r)
{
	while (!at_end_of_line(r))
		r->at++;
	end_line(r);
}

static int put(struct csv_row *row, size_t *n, char c)
{
	if (c == '\0')
		return PN_EFORMAT;
	if (*n + 1 >= sizeof row->text)
		return PN_ELIMIT;
	row->text[(*n)++] = c;
	return PN_OK;
}

/* Behind the opening quote, to behind the closing one. */
static int quoted(struct csv_reader *r, struct csv_row *row, size_t *n)
{
	for (int e = PN_OK; r->at < r->end; r->at++) {
		if (*r->at == '"') {
			if (r->at + 1 == r->end || r->at[1] != '"') {
				r->at++;
				return at_end_of_line(r) || *r->at == r->separator ? PN_OK
										   : PN_EFORMAT;
			}
			r->at++;
		}
		r->next_line += *r->at == '\n';
		if ((e = put(row, n, *r->at)) != PN_OK)
			return e;
	}
	return PN_EFORMAT;
}

static int field(struct csv_reader *r, struct csv_row *row, size_t *n)
{
	int e = PN_OK;
	if (row->count == CSV_FIELDS_MAX)
		return PN_ELIMIT;
	row->field[row->count++] = row->text + *n;
	if (r->at < r->end && *r->at == '"') {
		r->at++;
		e = quoted(r, row, n);
	} else {
		for (; e == PN_OK && !at_end_of_line(r) && *r->at != r->separator; r->at++)
			e = *r->at == '"' ? PN_EFORMAT : put(row, n, *r->at);
	}
	if (e == PN_OK && *n + 1 >= sizeof row->text)
		e = PN_ELIMIT;
	if (e == PN_OK)
		row->text[(*n)++] = '\0';
	return e;
}

int csv_next(struct csv_reader *r, struct csv_row *row)
{
	size_t n = 0;
	int e;
	bool first = r->line == 0;
	while (r->at < r->end && (at_end_of_line(r) || (first && *r->at == '#')))
		skip_line(r);
	row->count = 0;
	if (r->at == r->end)
		return PN_ENOTFOUND;
	r->line = r->next_line;
	for (;;) {
		e = field(r, row, &n);
		if (e != PN_OK)
			return e;
		if (at_end_of_line(r))
			break;
		r->at++; /* the separator */
	}
	end_line(r);
	return PN_OK;
}
