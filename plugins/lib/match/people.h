/* SPDX-License-Identifier: Apache-2.0
 * People in CSV whose first row names the columns: the watchlist's own, and the usual names of
 * other tools' files. postern-match(5) has the list. Must never take a column for another silently:
 * of two with one meaning the first counts.
 */
#ifndef POSTERN_MATCH_PEOPLE_H
#define POSTERN_MATCH_PEOPLE_H
#include "match/csv.h"
#include "match/match.h"

enum people_column {
	PEOPLE_ID,
	PEOPLE_KIND,
	PEOPLE_NAME,
	PEOPLE_SURNAME,
	PEOPLE_GIVEN,
	PEOPLE_MIDDLE,
	PEOPLE_BIRTH,
	PEOPLE_SEX,
	PEOPLE_NATIONALITY,
	PEOPLE_ALIASES,
	PEOPLE_COLUMNS
};

struct people_columns {
	int at[PEOPLE_COLUMNS]; /* -1: none */
};

/* PN_EFORMAT: no column with a name. */
int people_head(const struct csv_row *row, struct people_columns *out) PN_MUST_CHECK;
const char *people_field(
	const struct csv_row *row, const struct people_columns *c, enum people_column what);
/* Is it a person, not a document of a list? */
bool people_is_person(const struct csv_row *row, const struct people_columns *c);
/* PN_EINVAL: no name; PN_EFORMAT: a name not in UTF-8 or in letters that are not known, or a birth
 * date that is none: then the rest is read, and of the date the year where it has one. *what names
 * the field. */
int people_read(const struct csv_row *row, const struct people_columns *c, struct match_name *name,
	struct match_person *person, const char **what) PN_MUST_CHECK;
/* The next alias of the row, those separated by ';'; *at is NULL at first. PN_ENOTFOUND: no more.
 */
int people_alias(const struct csv_row *row, const struct people_columns *c, const char **at,
	struct match_name *name) PN_MUST_CHECK;
/* The next nationality of the row, those separated by ';', as documents have it; *at is NULL at
 * first. False: no more. What is no code is passed over. */
bool people_nationality(
	const struct csv_row *row, const struct people_columns *c, const char **at, char out[4]);
/* YYYY, YYYY-MM, YYYY-MM-DD, YYYYMMDD, 00 for what is unknown; empty: unknown. Of several,
 * separated by
 * ';', the first. False: none of these; of what begins with a year the year is kept. */
bool people_birth(const char *s, struct match_birth *out);
#endif
