/* SPDX-License-Identifier: Apache-2.0
 * How two birth dates agree. Lists and documents know them in part, exchange day and month, put
 * 1 January for what they do not know, and mistype. Must never say that dates agree of which one
 * has no year.
 */
#include <stdlib.h>

#include "match/match.h"

static bool is_dummy(struct match_birth b)
{
	return b.month == 1 && b.day == 1;
}

static bool digit_apart(int a, int b, int digits)
{
	int different = 0;
	for (int i = 0; i < digits; i++, a /= 10, b /= 10)
		different += a % 10 != b % 10;
	return different == 1;
}

static bool exchanged(int a, int b)
{
	return a != b && a / 10 == b % 10 && a % 10 == b / 10;
}

static bool is_slip_of_day(int a, int b)
{
	return abs(a - b) == 1 || digit_apart(a, b, 2) || exchanged(a, b);
}

static enum match_birth_agreement of_same_year(struct match_birth a, struct match_birth b)
{
	if (a.month == 0 || b.month == 0)
		return MATCH_BIRTH_PARTIAL;
	if (a.month == b.month) {
		if (a.day == b.day && a.day != 0)
			return is_dummy(a) ? MATCH_BIRTH_DUMMY : MATCH_BIRTH_EXACT;
		if (a.day == 0 || b.day == 0)
			return MATCH_BIRTH_PARTIAL;
		if (is_dummy(a) || is_dummy(b))
			return MATCH_BIRTH_DUMMY;
		return is_slip_of_day(a.day, b.day) ? MATCH_BIRTH_SLIP : MATCH_BIRTH_YEAR;
	}
	if (is_dummy(a) || is_dummy(b))
		return MATCH_BIRTH_DUMMY;
	if (a.day == b.month && a.month == b.day)
		return MATCH_BIRTH_FLIPPED;
	if (a.day == b.day && a.day != 0)
		return MATCH_BIRTH_SLIP;
	return MATCH_BIRTH_YEAR;
}

enum match_birth_agreement match_birth_compare(struct match_birth a, struct match_birth b)
{
	if (a.year == 0 || b.year == 0)
		return MATCH_BIRTH_UNKNOWN;
	if (a.year == b.year)
		return of_same_year(a, b);
	bool known = a.month != 0 && b.month != 0 && a.day != 0 && b.day != 0;
	bool near = abs(a.year - b.year) == 1;
	if (known && a.month == b.month && a.day == b.day &&
		(near || digit_apart(a.year, b.year, 4)))
		return is_dummy(a) ? MATCH_BIRTH_NEAR : MATCH_BIRTH_SLIP;
	if (near && (!known || is_dummy(a) || is_dummy(b)))
		return MATCH_BIRTH_NEAR;
	return MATCH_BIRTH_OTHER;
}

const char *match_birth_name(enum match_birth_agreement a)
{
	static const char *const names[] = {
		"exact", "partial", "dummy", "flipped", "slip", "year", "near", "unknown", "other"};
	return names[a];
}

/* An error of one: the next number, the next decade, two digits exchanged. A clerk's, and likelier
 * than any other digit. */
static bool is_usual_slip(struct match_birth a, struct match_birth b)
{
	int years = abs(a.year - b.year), months = abs(a.month - b.month);
	int days = abs(a.day - b.day);
	if (years != 0)
		return years == 1 || years == 10;
	if (days == 0)
		return months == 1;
	return days == 1 || days == 10 || exchanged(a.day, b.day);
}

/* log2 of (share of true pairs) over (share of chance pairs), births spread over some 60 years:
 * exact 1 in 21,900; a usual slip can fall on some 8 days, any slip on 60; a year is 1 in 60, a
 * month of it 1 in 720; the year beside one that is known in part only, which often is a guess, 1
 * in 30. */
double match_birth_bits(struct match_birth a, struct match_birth b)
{
	static const double bits[] = {14.0, 5.8, 5.0, 9.5, 3.0, 0.0, 1.0, 0.0, -7.0};
	enum match_birth_agreement how = match_birth_compare(a, b);
	if (how == MATCH_BIRTH_PARTIAL && a.month != 0 && b.month != 0)
		return 9.0;
	if (how == MATCH_BIRTH_SLIP && is_usual_slip(a, b))
		return 8.0;
	return bits[how];
}
