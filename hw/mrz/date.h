/* SPDX-License-Identifier: Apache-2.0
 * Calendar helpers inside hw/mrz. Must never be included from outside the folder.
 */
#ifndef POSTERN_MRZ_DATE_H
#define POSTERN_MRZ_DATE_H
#include "mrz.h"

/* Days of a month; a year or month of 0 (unknown) gives the longest that is possible. */
int mrz_month_days(int year, int month);
int mrz_date_compare(const struct mrz_date *a, const struct mrz_date *b);
/* The latest year ending in yy in which a date with these parts (0 = unknown) is not after the
 * reference. */
int mrz_birth_year(int yy, int month, int day, const struct mrz_date *reference);
/* The year ending in yy from 50 before to 49 after the reference year. */
int mrz_expiry_year(int yy, const struct mrz_date *reference);
/* Full years of age at the reference date on the latest birth date that the known parts allow; -1
 * without a year. A person born on 29 February comes of age on 1 March in a common year. */
int mrz_lowest_age(const struct mrz_date *birth, const struct mrz_date *reference);
#endif
