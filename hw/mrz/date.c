/* SPDX-License-Identifier: Apache-2.0
 * Calendar arithmetic on the proleptic Gregorian calendar. Must never ask a clock what day it is.
 */
#include "date.h"

static bool leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int mrz_month_days(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if (month < 1 || month > 12)
		return 31;
	if (month == 2)
		return year == 0 || leap(year) ? 29 : 28;
	return days[month - 1];
}

bool mrz_date_valid(const struct mrz_date *date)
{
	return date->year >= 1 && date->year <= 9999 && date->month >= 1 && date->month <= 12 &&
	       date->day >= 1 && date->day <= mrz_month_days(date->year, date->month);
}

long mrz_date_days(const struct mrz_date *date)
{
	long days = 0;
	int year = date->year - 1;

	days = 365L * year + year / 4 - year / 100 + year / 400;
	for (int month = 1; month < date->month; month++)
		days += mrz_month_days(date->year, month);
	return days + date->day - 719163L; /* 0001-01-01 is day 1; 1970-01-01 is day 719163 */
}

int mrz_date_compare(const struct mrz_date *a, const struct mrz_date *b)
{
	if (a->year != b->year)
		return a->year < b->year ? -1 : 1;
	if (a->month != b->month)
		return a->month < b->month ? -1 : 1;
	return a->day < b->day ? -1 : a->day > b->day;
}

int mrz_birth_year(int yy, int month, int day, const struct mrz_date *reference)
{
	struct mrz_date earliest = {0, month ? month : 1, day ? day : 1};

	earliest.year = reference->year - reference->year % 100 + yy;
	if (mrz_date_compare(&earliest, reference) > 0)
		earliest.year -= 100;
	return earliest.year;
}

int mrz_expiry_year(int yy, const struct mrz_date *reference)
{
	int first = reference->year - 50;

	return first + (yy - first % 100 + 100) % 100;
}

int mrz_lowest_age(const struct mrz_date *birth, const struct mrz_date *reference)
{
	struct mrz_date latest = *birth;
	int age;

	if (latest.year == 0)
		return -1;
	if (latest.month == 0)
		latest.month = 12;
	if (latest.day == 0)
		latest.day = mrz_month_days(latest.year, latest.month);
	age = reference->year - latest.year;
	latest.year = reference->year;
	if (mrz_date_compare(reference, &latest) < 0)
		age--;
	return age < 0 ? 0 : age;
}
