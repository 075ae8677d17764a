/* SPDX-License-Identifier: Apache-2.0
 * Lines of the CSV files that the registry loads (RFC 4180 without quoting). Pure. Must never take a
 * line for good that has a field too many or too few.
 */
#ifndef POSTERN_REGISTRY_CSV_H
#define POSTERN_REGISTRY_CSV_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSV_LINE_MAX = 512 }; /* bytes, with the end and a NUL */

/* Ends the line at its CR or LF and cuts it into exactly count fields, which lie within it. */
bool csv_split(char *line, char **fields, size_t count);
/* YYYY-MM-DD as YYYYMMDD; month and day may be 00, as a birth date that is partly unknown has them. */
bool csv_date(const char *s, uint32_t *out);
/* A day that exists (Gregorian), years 1 to 9999. */
bool csv_day(const char *s, uint32_t *out);
/* A decimal number without sign, at most max. */
bool csv_number(const char *s, uint32_t max, uint32_t *out);
/* One to three capital letters: a State's or organisation's code (Doc 9303-3, section 5) without fillers. */
bool csv_state(const char *s);
#endif
