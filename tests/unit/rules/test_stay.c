/* SPDX-License-Identifier: Apache-2.0
 * 90 days in any 180: published and worked vectors, then properties against a naive set of days
 * whose calendar walks day by day. Must never take an expected value from the code under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stay.h"

#define D(y, m, d) ((struct stay_date){y, m, d})
#define OPEN D(0, 0, 0)

static void same(struct stay_date a, int y, int m, int d)
{
	assert_int_equal(a.year, y);
	assert_int_equal(a.month, m);
	assert_int_equal(a.day, d);
}

static struct stay_date last(
	const struct stay *stays, size_t count, struct stay_date entry, int limit)
{
	int32_t day = stay_last_day(stays, count, stay_day(entry), limit);

	assert_true(day != INT32_MIN);
	return stay_date_of(day);
}

static void worked_vectors(void **state)
{
	(void)state;
	const struct stay d89[] = {{D(2026, 1, 1), D(2026, 3, 30)}},
			  d90[] = {{D(2026, 1, 1), D(2026, 3, 31)}};
	const struct stay d45[] = {{D(2026, 1, 1), D(2026, 2, 14)}};
	const struct stay two[] = {
		{D(2024, 1, 1), D(2024, 1, 10)}, {D(2024, 3, 1), D(2024, 3, 20)}};
	const struct stay same_day[] = {
		{D(2026, 5, 5), D(2026, 5, 5)}, {D(2026, 5, 5), D(2026, 5, 6)}};
	const struct stay leap[] = {{D(2024, 2, 28), D(2024, 3, 1)}};

	same(last(NULL, 0, D(2026, 1, 1), 90), 2026, 3, 31);
	same(last(d89, 1, D(2026, 4, 10), 90), 2026, 4, 10);
	/* not even the first day: refused, so the last lawful day is the one before */
	same(last(d90, 1, D(2026, 6, 29), 90), 2026, 6, 28);
	same(last(d90, 1, D(2026, 6, 30), 90), 2026, 9, 27);
	same(last(d45, 1, D(2026, 6, 1), 90), 2026, 8, 29);
	assert_int_equal(stay_used(two, 2, stay_day(D(2024, 6, 1))), 30);
	assert_int_equal(STAY_LIMIT_DAYS - stay_used(two, 2, stay_day(D(2024, 6, 1))), 60);
	same(stay_date_of(stay_window_start(stay_day(D(2024, 6, 1)))), 2023, 12, 5);
	assert_int_equal(stay_used(same_day, 2, stay_day(D(2026, 5, 6))), 2);
	assert_int_equal(stay_used(leap, 1, stay_day(D(2024, 3, 1))), 3);
}

static void open_and_incomplete(void **state)
{
	(void)state;
	const struct stay open[] = {{D(2026, 6, 1), OPEN}},
			  backwards[] = {{D(2026, 6, 2), D(2026, 6, 1)}};
	const struct stay later[] = {{D(2026, 7, 1), OPEN}},
			  none[] = {{D(2026, 2, 29), D(2026, 3, 1)}};
	const struct stay unknown[] = {{D(2026, 6, 0), D(2026, 6, 3)}};
	int32_t ref = stay_day(D(2026, 6, 10));

	assert_int_equal(stay_used(open, 1, ref), 10);
	assert_int_equal(stay_used(backwards, 1, ref), -1);
	assert_int_equal(stay_used(none, 1, ref), -1);
	assert_int_equal(stay_used(unknown, 1, ref), -1);
	assert_int_equal(stay_used(later, 1, ref), 0); /* closes at ref, before it began: no day */
	assert_true(stay_last_day(backwards, 1, ref, 90) == INT32_MIN);
	static struct stay many[STAYS_MAX + 1];
	for (size_t i = 0; i < STAYS_MAX + 1; i++)
		many[i] = (struct stay){D(2026, 6, 1), D(2026, 6, 1)};
	assert_int_equal(stay_used(many, STAYS_MAX, ref), 1);
	assert_int_equal(stay_used(many, STAYS_MAX + 1, ref), -1);
}

/* --- an independent calendar: one day after another from 1970-01-01 --- */

enum { DAYS = 60000 };
static struct stay_date calendar[DAYS];

static int month_days(int y, int m)
{
	if (m == 2)
		return (y % 400 == 0 || (y % 4 == 0 && y % 100 != 0)) ? 29 : 28;
	return m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
}

static void make_calendar(void)
{
	struct stay_date d = D(1970, 1, 1);

	for (int i = 0; i < DAYS; i++) {
		calendar[i] = d;
		if (++d.day > month_days(d.year, d.month)) {
			d.day = 1;
			if (++d.month > 12) {
				d.month = 1;
				d.year++;
			}
		}
	}
}

static void calendar_agrees(void **state)
{
	(void)state;
	for (int i = 0; i < DAYS; i++) {
		assert_int_equal(stay_day(calendar[i]), i);
		same(stay_date_of(i), calendar[i].year, calendar[i].month, calendar[i].day);
		assert_true(stay_date_valid(calendar[i]));
	}
	assert_false(stay_date_valid(D(2100, 2, 29)));
	assert_true(stay_date_valid(D(2000, 2, 29)));
	assert_false(stay_date_valid(D(2026, 13, 1)));
	assert_false(stay_date_valid(D(2026, 4, 31)));
	assert_false(stay_date_valid(D(0, 1, 1)));
}

static uint64_t seed = 20260630;

static int below(int bound)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int)((seed >> 33) % (uint64_t)bound);
}

/* Stays as a set of days: a row of marks from FROM on; what is counted is the row itself. */
enum { FROM = 20000, ROW = 2048, HISTORIES = 120000, STAYS = 24 };

static int naive_used(const uint8_t *row, int ref)
{
	int used = 0;

	for (int d = ref - 179; d <= ref; d++)
		used += row[d - FROM];
	return used;
}

/* One stay, now and then at an edge of the window that ends on ref, in any order, overlapping. */
static struct stay random_stay(int ref, uint8_t *row)
{
	static const int edges[] = {-181, -180, -179, -178, -90, -89, -1, 0, 1};
	int in = below(3) == 0 ? ref + edges[below(9)] : FROM + below(1200),
	    out = in + (below(4) == 0 ? 0 : below(100));
	bool open = below(12) == 0;

	if (open && in > ref)
		in = ref;
	for (int d = in; d <= (open ? ref : out); d++)
		row[d - FROM] = 1;
	return (struct stay){calendar[in], open ? OPEN : calendar[out]};
}

static void histories_agree(void **state)
{
	static uint8_t row[ROW];
	int spent = 0, exhausted = 0;

	(void)state;
	for (int round = 0; round < HISTORIES; round++) {
		struct stay stays[STAYS];
		int count = below(4) == 0 ? below(STAYS) : below(6), ref = FROM + 400 + below(500),
		    limit = below(4) > 0 ? 90 : below(180);

		memset(row, 0, sizeof row);
		for (int i = 0; i < count; i++)
			stays[i] = random_stay(ref, row);
		int used = stay_used(stays, (size_t)count, ref);
		assert_int_equal(used, naive_used(row, ref));
		assert_in_range(used, 0, 180);
		spent += used > 0;
		/* From ref on the traveller stays; the last day on which the count holds. */
		int day = ref - 1;
		for (int x = ref; x < ref + 200; x++) {
			row[x - FROM] = 1;
			if (naive_used(row, x) > limit)
				break;
			day = x;
		}
		assert_int_equal(stay_last_day(stays, (size_t)count, ref, limit), day);
		exhausted += day < ref;
		/* The order of the records is nothing. */
		for (int i = count - 1; i > 0; i--) {
			int k = below(i + 1);
			struct stay swap = stays[i];
			stays[i] = stays[k];
			stays[k] = swap;
		}
		assert_int_equal(stay_used(stays, (size_t)count, ref), used);
	}
	print_message("%d histories, %d with days in the window, %d with none left\n", HISTORIES,
		spent, exhausted);
	assert_true(spent > HISTORIES / 2 && exhausted > HISTORIES / 10);
}

static void no_limit(void **state)
{
	(void)state;
	int32_t entry = stay_day(D(2026, 1, 1));

	assert_int_equal(stay_last_day(NULL, 0, entry, 180), entry + STAY_WINDOW_DAYS);
	assert_int_equal(stay_last_day(NULL, 0, entry, 0), entry - 1);
	assert_int_equal(stay_last_day(NULL, 0, entry, 179), entry + 178);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(worked_vectors),
		cmocka_unit_test(open_and_incomplete),
		cmocka_unit_test(calendar_agrees),
		cmocka_unit_test(histories_agree),
		cmocka_unit_test(no_limit),
	};

	make_calendar();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
