/* SPDX-License-Identifier: Apache-2.0
 * Days of stay in a sliding window: Regulation (EU) 2016/399 (Schengen Borders Code), Article 6(1)
 * and (2): the day of entry is the first day, the day of exit the last; 90 days in any 180-day
 * period, looking back from each day of the stay. Calendar dates at the border post, proleptic
 * Gregorian. Pure; must never read a clock.
 */
#ifndef POSTERN_RULES_STAY_H
#define POSTERN_RULES_STAY_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAY_WINDOW_DAYS = 180, STAY_LIMIT_DAYS = 90, STAYS_MAX = 256 };

struct stay_date {
	int year, month, day;
};

/* exit.year 0: still open, closes at the reference day. */
struct stay {
	struct stay_date entry, exit;
};

bool stay_date_valid(struct stay_date d);
/* Days since 1970-01-01 and back. */
int32_t stay_day(struct stay_date d);
struct stay_date stay_date_of(int32_t day);

/* First day of the window that ends on ref. */
int32_t stay_window_start(int32_t ref);
/* Days of the window that ends on ref which lie in any stay; each day counts once. -1: a date is
 * not valid, an exit lies before its entry, or there are more than STAYS_MAX stays. */
int stay_used(const struct stay *stays, size_t count, int32_t ref);
/* For somebody who enters on day entry and stays: the last day on which used <= limit. entry - 1:
 * not even the first. INT32_MIN: as -1 above. A limit of STAY_WINDOW_DAYS or more is none: the
 * answer is then entry + STAY_WINDOW_DAYS. */
int32_t stay_last_day(const struct stay *stays, size_t count, int32_t entry, int limit);
#endif
