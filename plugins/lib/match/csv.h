/* SPDX-License-Identifier: Apache-2.0
 * CSV by RFC 4180, UTF-8: commas, quotes, lines that end in LF or CRLF. Pure. Must never read
 * beyond its bytes, nor guess where a quote ends.
 */
#ifndef POSTERN_MATCH_CSV_H
#define POSTERN_MATCH_CSV_H
#include <stddef.h>

#include "base/err.h"

enum { CSV_FIELDS_MAX = 48, CSV_ROW_MAX = 32768 };

struct csv_reader {
	const char *at, *end;
	unsigned line; /* of the row last read, from 1; of the one that is wrong */
	unsigned next_line;
	char separator;
};

struct csv_row {
	const char *field[CSV_FIELDS_MAX]; /* in text */
	size_t count;
	char text[CSV_ROW_MAX];
};

/* A byte order mark is skipped; the separator is a comma, or a semicolon or tab where the first
 * line has no comma but one of these. */
void csv_open(struct csv_reader *r, const char *bytes, size_t size);
/* Skips empty lines and, before the first row, lines that begin with '#'. PN_ENOTFOUND: no more;
 * PN_EFORMAT: a quote out of place or not closed, a NUL; PN_ELIMIT: too many fields, too long. */
int csv_next(struct csv_reader *r, struct csv_row *row) PN_MUST_CHECK;
#endif
