/* SPDX-License-Identifier: Apache-2.0
 * The poll cycle against a modelled controller in a time of its own: what is asked when, what is lost when, and that nothing stale is
 * taken. The model is told by a script what becomes of each request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modbus/cycle.h"

#define MS UINT64_C(1000000)
#define KICK LANE_HW_BIT(LANE_HW_watchdog_kick)
#define UNLOCK LANE_HW_BIT(LANE_HW_entry_unlock)
#define NEVER UINT64_MAX

struct bench {
	struct bus_plan plan;
	struct bus_poll poll;
	uint64_t now, wanted, coils, inputs, took;
	uint64_t seen;	   /* levels of the newest good reading */
	uint64_t seen_at;  /* NEVER: none */
	uint64_t unlocked; /* times that an unlock went out */
	unsigned readings, writings, tests, anews;
	struct bus_request last;
	enum bus_result last_result;
};

typedef enum bus_result (*fate_fn)(struct bench *b, const struct bus_request *r);

static void start(struct bench *b)
{
	char lane_path[512], path[512], error[WIRING_ERROR_MAX];
	struct lane_hw_description lane;
	struct wiring_controller c;
	memset(b, 0, sizeof *b);
	snprintf(lane_path, sizeof lane_path, "%s/lanes/two-step.yaml", getenv("HW"));
	snprintf(path, sizeof path, "%s/controllers/generic-io.yaml", getenv("HW"));
	if (wiring_lane_load(lane_path, &lane, error, sizeof error) != 0 || wiring_controller_load(path, &c, error, sizeof error) != 0 ||
		wiring_controller_join(&lane, &c, path, error, sizeof error) != 0 || bus_plan_make(&lane, &c, &b->plan, error, sizeof error) != 0)
		fail_msg("%s", error);
	b->now = 1000 * MS;
	b->took = 4 * MS;
	b->inputs = 0x1234567;
	b->wanted = b->plan.safe;
	b->seen_at = NEVER;
	bus_poll_init(&b->poll, &b->plan, 2 * MS, b->now);
}

static enum bus_result well(struct bench *b, const struct bus_request *r)
{
	(void)b;
	(void)r;
	return BUS_GOOD;
}

static enum bus_result silent(struct bench *b, const struct bus_request *r)
{
	(void)b;
	(void)r;
	return BUS_SILENT;
}

/* One step of the cycle. */
static void step(struct bench *b, fate_fn fate)
{
	bool served = bus_poll_in_service(&b->poll, b->now);
	struct bus_step s = bus_poll_next(&b->poll, b->wanted, b->now);
	if (s.what == BUS_DO_WAIT) {
		assert_true(s.until_ns > b->now);
		b->now = s.until_ns < b->now + MS ? s.until_ns : b->now + MS;
		return;
	}
	if (s.what == BUS_DO_ANEW) {
		b->anews++;
		b->now += MS / 10;
		bus_poll_anew(&b->poll, true, b->now);
		return;
	}
	uint64_t asked = b->now, levels = 0;
	enum bus_result result = fate(b, &s.request);
	b->now += result == BUS_SILENT ? 50 * MS : b->took;
	if (s.request.kind == BUS_WRITE && result == BUS_GOOD)
		b->coils = s.request.levels & b->plan.outputs;
	if (s.request.kind == BUS_WRITE) {
		b->unlocked += (s.request.levels & UNLOCK) != 0;
		/* before the test is over nothing but what is safe goes out */
		if (!served)
			assert_int_equal(s.request.levels & ~KICK, b->plan.safe);
	}
	if (result == BUS_GOOD)
		levels = s.request.kind == BUS_READ ? b->inputs : s.request.kind == BUS_READ_BACK ? b->coils : 0;
	b->readings += s.request.kind == BUS_READ && result == BUS_GOOD;
	b->writings += s.request.kind == BUS_WRITE && result == BUS_GOOD;
	b->tests += s.request.kind == BUS_READ_BACK && result == BUS_GOOD;
	/* an answer to a request that failed can never be one to the next */
	if (b->last_result != BUS_GOOD && served)
		assert_int_not_equal(s.request.kind, b->last.kind);
	b->last = s.request;
	b->last_result = result;
	if (bus_poll_answered(&b->poll, result, levels, asked, b->now)) {
		assert_true(result == BUS_GOOD && s.request.kind == BUS_READ && served);
		b->seen = levels;
		b->seen_at = asked;
	}
}

static void run(struct bench *b, fate_fn fate, uint64_t ms)
{
	uint64_t end = b->now + ms * MS;
	while (b->now < end)
		step(b, fate);
}

static void serve(struct bench *b)
{
	for (unsigned i = 0; i < 5000 && !bus_poll_in_service(&b->poll, b->now); i++)
		step(b, well);
	assert_true(bus_poll_in_service(&b->poll, b->now));
}

static void test_test_comes_first(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	b.wanted = b.plan.safe | UNLOCK | KICK;
	serve(&b);
	assert_int_equal(b.unlocked, 0);
	assert_int_equal(b.tests, BUS_TEST_ROUNDS);
	assert_int_equal(b.seen_at, NEVER); /* what the test read is not told */
	step(&b, well);
	while (b.seen_at == NEVER)
		step(&b, well);
	assert_int_equal(b.seen, b.inputs);
	assert_int_equal(b.unlocked, 0); /* inputs before outputs */
	run(&b, well, 20);
	assert_int_equal(b.coils & UNLOCK, UNLOCK);
}

static void test_cycle(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	serve(&b);
	b.readings = b.writings = 0;
	run(&b, well, 1000);
	assert_in_range(b.readings, 45, 51); /* poll_ms: 20 */
	assert_in_range(b.writings, 9, 11);  /* only the refresh: nothing changes */
	/* a change does not wait for the cycle, and readings do not wait for changes */
	uint64_t from = b.now;
	b.wanted ^= UNLOCK;
	while ((b.coils & UNLOCK) == 0)
		step(&b, well);
	assert_true(b.now - from <= 14 * MS);
	b.readings = 0;
	from = b.now;
	while (b.now - from < 1000 * MS) {
		b.wanted ^= KICK;
		step(&b, well);
	}
	assert_in_range(b.readings, 38, 51); /* late by no more than the writing that is under way */
}

static void test_one_failure_is_no_loss(void **state)
{
	static const enum bus_result results[] = {BUS_EXCEPTION, BUS_SILENT, BUS_GARBLED, BUS_OTHER_UNIT, BUS_NO_LINE};
	struct bench b;
	(void)state;
	for (unsigned i = 0; i < sizeof results / sizeof results[0]; i++) {
		start(&b);
		serve(&b);
		run(&b, well, 100);
		struct bus_step s;
		while ((s = bus_poll_next(&b.poll, b.wanted, b.now)).what != BUS_DO_EXCHANGE)
			b.now = s.until_ns;
		bus_poll_answered(&b.poll, results[i], 0, b.now, b.now + MS);
		b.last = s.request;
		b.last_result = results[i];
		b.now += MS;
		unsigned anews = b.anews;
		run(&b, well, 200);
		assert_true(bus_poll_in_service(&b.poll, b.now));
		/* an exception came in time and whole: nothing is under way */
		assert_int_equal(b.anews - anews, results[i] == BUS_EXCEPTION ? 0 : 1);
	}
}

static void test_silence_is_loss(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	serve(&b);
	b.wanted |= UNLOCK;
	run(&b, well, 100);
	uint64_t from = b.now;
	while (bus_poll_in_service(&b.poll, b.now))
		step(&b, silent);
	/* (20 + 50) * 3, and the request that was under way */
	assert_true(b.now - from <= 260 * MS);
	b.unlocked = 0;
	unsigned asked = b.anews;
	run(&b, silent, 20000);
	assert_in_range(b.anews - asked, 5, 20); /* backs off to 1.6 s, and goes on trying */
	assert_int_equal(b.unlocked, 0);
	/* back: the whole test again, then service */
	b.tests = 0;
	b.seen_at = NEVER;
	for (unsigned i = 0; i < 5000 && !bus_poll_in_service(&b.poll, b.now); i++)
		step(&b, well);
	assert_int_equal(b.tests, BUS_TEST_ROUNDS);
	assert_int_equal(b.unlocked, 0);
}

static enum bus_result only_reads(struct bench *b, const struct bus_request *r)
{
	(void)b;
	return r->kind == BUS_WRITE ? BUS_EXCEPTION : BUS_GOOD;
}

static enum bus_result only_writes(struct bench *b, const struct bus_request *r)
{
	(void)b;
	return r->kind == BUS_WRITE ? BUS_GOOD : BUS_EXCEPTION;
}

static void test_half_a_controller_is_lost(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	serve(&b);
	run(&b, only_reads, 400);
	assert_false(bus_poll_in_service(&b.poll, b.now));
	run(&b, only_reads, 10000); /* never comes back, either */
	assert_false(bus_poll_in_service(&b.poll, b.now));
	start(&b);
	serve(&b);
	run(&b, only_writes, 400);
	assert_false(bus_poll_in_service(&b.poll, b.now));
	/* an output that changed and is not taken is lost sooner than a refresh */
	start(&b);
	serve(&b);
	run(&b, well, 95);
	b.wanted |= UNLOCK;
	run(&b, only_reads, 300);
	assert_false(bus_poll_in_service(&b.poll, b.now));
}

static void test_time_alone(void **state)
{
	struct bench b;
	(void)state;
	start(&b);
	serve(&b);
	run(&b, well, 100);
	/* the process stood still: what was read before is not what is */
	b.now += 500 * MS;
	assert_false(bus_poll_in_service(&b.poll, b.now));
	start(&b);
	serve(&b);
	run(&b, well, 50);
	struct bus_step s;
	while ((s = bus_poll_next(&b.poll, b.wanted, b.now)).what != BUS_DO_EXCHANGE || s.request.kind != BUS_READ)
		if (s.what == BUS_DO_WAIT)
			b.now = s.until_ns;
		else
			bus_poll_answered(&b.poll, BUS_GOOD, 0, b.now, b.now);
	/* an answer that took longer than any is waited for is none */
	assert_false(bus_poll_answered(&b.poll, BUS_GOOD, 1, b.now, b.now + 150 * MS));
}

/* A line that is one round behind for good: readings back are those of the round before. */
static void test_one_round_behind(void **state)
{
	struct bench b;
	uint64_t before = 0;
	(void)state;
	start(&b);
	before = b.plan.safe;
	for (unsigned i = 0; i < 3000; i++) {
		struct bus_step s = bus_poll_next(&b.poll, b.wanted, b.now);
		assert_false(bus_poll_in_service(&b.poll, b.now));
		if (s.what == BUS_DO_WAIT) {
			b.now = s.until_ns;
			continue;
		}
		if (s.what == BUS_DO_ANEW) {
			bus_poll_anew(&b.poll, true, b.now);
			continue;
		}
		uint64_t levels = s.request.kind == BUS_READ_BACK ? before : 0;
		if (s.request.kind == BUS_READ_BACK)
			before = b.coils;
		if (s.request.kind == BUS_WRITE)
			b.coils = s.request.levels & b.plan.outputs;
		b.now += MS;
		bus_poll_answered(&b.poll, BUS_GOOD, levels, b.now - MS, b.now);
	}
}

static enum bus_result random_fate(struct bench *b, const struct bus_request *r)
{
	(void)r;
	b->took = 1 * MS + (unsigned)rand() % 40 * MS;
	unsigned n = (unsigned)rand() % 12;
	return n < 6 ? BUS_GOOD : n == 6 ? BUS_EXCEPTION : n == 7 ? BUS_GARBLED : n == 8 ? BUS_OTHER_UNIT : n == 9 ? BUS_NO_LINE
	       : n == 10 ? BUS_SILENT : BUS_GOOD;
}

/* Whatever comes: in service means that every input was asked for within the time, and nothing unlocks out of it (step() looks). */
static void test_random(void **state)
{
	struct bench b;
	unsigned in_service = 0, lost = 0;
	bool was = false;
	(void)state;
	srand(7);
	start(&b);
	for (unsigned i = 0; i < 200000; i++) {
		if (rand() % 10 == 0)
			b.wanted ^= rand() % 2 ? KICK : UNLOCK;
		step(&b, i / 3000 % 2 ? random_fate : well);
		bool is = bus_poll_in_service(&b.poll, b.now);
		if (is && b.seen_at != NEVER && was)
			assert_true(b.now - b.seen_at <= 210 * MS);
		if (!is)
			b.seen_at = NEVER;
		in_service += is;
		lost += was && !is;
		was = is;
	}
	assert_true(in_service > 10000 && lost > 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_test_comes_first), cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_one_failure_is_no_loss), cmocka_unit_test(test_silence_is_loss),
		cmocka_unit_test(test_half_a_controller_is_lost), cmocka_unit_test(test_time_alone), cmocka_unit_test(test_one_round_behind),
		cmocka_unit_test(test_random)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
