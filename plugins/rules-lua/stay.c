/* SPDX-License-Identifier: Apache-2.0
 * 90 days in any 180, on a set of days. Must never count a day twice.
 */
#include "stay.h"

#include <string.h>

bool stay_date_valid(struct stay_date d)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
	if (d.year < 1900 || d.year > 2999 || d.month < 1 || d.month > 12 || d.day < 1)
		return false;
	return d.day <= days[d.month - 1] + (d.month == 2 && leap ? 1 : 0);
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil, civil_from_days.
 */
int32_t stay_day(struct stay_date d)
{
	int32_t y = d.year - (d.month <= 2), era = (y >= 0 ? y : y - 399) / 400,
		yoe = y - era * 400;
	int32_t doy = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct stay_date stay_date_of(int32_t day)
{
	int32_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	struct stay_date d;
	d.day = doy - (153 * mp + 2) / 5 + 1;
	d.month = mp < 10 ? mp + 3 : mp - 9;
	d.year = yoe + era * 400 + (d.month <= 2);
	return d;
}

int32_t stay_window_start(int32_t ref)
{
	return ref - (STAY_WINDOW_DAYS - 1);
}

/* Marks the days of [from, to] that lie in [start, start + size). */
static void mark(bool *days, int32_t start, int32_t size, int32_t from, int32_t to)
{
	if (from < start)
		from = start;
	if (to > start + size - 1)
		to = start + size - 1;
	for (int32_t d = from; d <= to; d++)
		days[d - start] = true;
}

static int mark_all(const struct stay *stays, size_t count, int32_t open_until, bool *days,
	int32_t start, int32_t size)
{
	if (count > STAYS_MAX)
		return -1;
	for (size_t i = 0; i < count; i++) {
		bool open = stays[i].exit.year == 0;
		if (!stay_date_valid(stays[i].entry) || (!open && !stay_date_valid(stays[i].exit)))
			return -1;
		int32_t from = stay_day(stays[i].entry),
			to = open ? open_until : stay_day(stays[i].exit);
		if (!open && to < from)
			return -1;
		mark(days, start, size, from, to);
	}
	return 0;
}

int stay_used(const struct stay *stays, size_t count, int32_t ref)
{
	bool days[STAY_WINDOW_DAYS] = {false};
	int used = 0;
	if (mark_all(stays, count, ref, days, stay_window_start(ref), STAY_WINDOW_DAYS) != 0)
		return -1;
	for (int i = 0; i < STAY_WINDOW_DAYS; i++)
		used += days[i];
	return used;
}

int32_t stay_last_day(const struct stay *stays, size_t count, int32_t entry, int limit)
{
	/* The window before the entry and one after it: a stay without a break fills a whole window
	 * within that time, so the answer lies inside or the limit is none. */
	bool days[2 * STAY_WINDOW_DAYS + 1] = {false};
	int32_t start = stay_window_start(entry), day = entry;
	int used = 0;

	if (mark_all(stays, count, entry, days, start, 2 * STAY_WINDOW_DAYS + 1) != 0)
		return INT32_MIN;
	days[entry - start] = true;
	for (int32_t d = start; d <= entry; d++)
		used += days[d - start];
	while (used <= limit && day < entry + STAY_WINDOW_DAYS) {
		used -= days[stay_window_start(day) - start];
		day++;
		days[day - start] = true;
		used++;
	}
	return used <= limit ? day : day - 1;
}
