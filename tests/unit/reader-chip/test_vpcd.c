/* SPDX-License-Identifier: Apache-2.0
 * The plugin reader-vpcd before the core: virtual passports come to its port, its answers, its files and its progress are looked
 * at. Must never depend on how fast the machine is but by limits that are far apart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "gate.h"

static void a_whole_document(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c)};
	gate_new(&g);
	gate_start(&g);
	assert_true(g.ready);
	l.port = g.port;
	lay_down(&l, NULL);
	gate_ask(&g, 7, lay_zone);
	gate_expect(&g, 7, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->access, POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE);
	assert_string_equal(g.read->cause, "");
	assert_int_equal(g.read->resumed, 0);
	assert_true(g.read->exchanges > 10);
	gate_expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
		POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	gate_expect_files(&g, l.passport);
	/* the same document, without being lifted, asked for again */
	gate_ask(&g, 8, lay_zone);
	gate_expect(&g, 8, POSTERN__CHIP_RESULT__CHIP_READ);
	gate_expect_files(&g, l.passport);
	assert_int_equal(fake_host_count(g.host, "read_total"), 2);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void mapping_with_chip_authentication(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	c.pace[0].mapping = SIM_CAM;
	struct lay l = {.passport = lay_issue(&c)};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, NULL);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->mapping->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	gate_expect_file(&g.files.card_security, l.passport, SIM_MF | 0x011d);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void opened_by_bac(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	c.pace_count = 0;
	c.bac = true;
	c.ca_count = 0;
	c.aa = SIM_AA_NONE;
	struct lay l = {.passport = lay_issue(&c)};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, NULL);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_int_equal(g.read->access, POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC);
	gate_expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED,
		POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	gate_expect_files(&g, l.passport);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

/* PACE on offer and refused: BAC only where the option says so, and then it is told. */
static void bac_instead_of_pace(void **state)
{
	(void)state;
	for (int allowed = 0; allowed < 2; allowed++) {
		struct gate g;
		struct sim_passport_config c = lay_usual();
		c.bac = true;
		struct lay l = {.passport = lay_issue(&c)};
		gate_new(&g);
		fake_host_option(g.host, "bac_after_pace", NULL, allowed);
		gate_start(&g);
		l.port = g.port;
		lay_down(&l, "mse-6a88");
		gate_ask(&g, 1, lay_zone);
		gate_expect(&g, 1, allowed ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_ERROR);
		assert_int_equal(g.read->access, allowed ? POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE
							 : POSTERN__CHIP_ACCESS__CHIP_ACCESS_UNSPECIFIED);
		assert_string_equal(g.read->cause, allowed ? "" : "pace-refused");
		lay_up(&l);
		gate_stop(&g);
		sim_passport_free(l.passport);
	}
}

static void the_wrong_zone(void **state)
{
	(void)state;
	for (int bac = 0; bac < 2; bac++) {
		struct gate g;
		struct sim_passport_config c = lay_usual();
		c.bac = bac;
		c.pace_count = bac ? 0 : 1;
		struct lay l = {.passport = lay_issue(&c)};
		gate_new(&g);
		gate_start(&g);
		l.port = g.port;
		lay_down(&l, NULL);
		gate_ask(&g, 1, lay_other_zone);
		gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_REFUSED);
		assert_string_equal(g.read->cause, "password");
		gate_ask(&g, 2, "P<UTO");
		gate_expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_REFUSED);
		assert_string_equal(g.read->cause, "argument");
		/* and the right one after it */
		gate_ask(&g, 3, lay_zone);
		gate_expect(&g, 3, POSTERN__CHIP_RESULT__CHIP_READ);
		lay_up(&l);
		gate_stop(&g);
		sim_passport_free(l.passport);
	}
}

static void no_chip(void **state)
{
	(void)state;
	struct gate g;
	gate_new(&g);
	fake_host_option(g.host, "wait_chip_ms", NULL, 200);
	gate_start(&g);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_NONE);
	assert_int_equal(fake_host_count(g.host, "none_total"), 1);
	gate_stop(&g);
}

static void torn(const char *fault, const struct sim_passport_config *c, unsigned away_ms, bool back)
{
	struct gate g;
	struct lay l = {.passport = lay_issue(c), .again = back ? 1 : 0, .away_ms = away_ms};
	gate_new(&g);
	fake_host_option(g.host, "resume_ms", NULL, back ? 5000 : 150);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, fault);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, back ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_TORN);
	if (g.read->resumed != 1)
		fail_msg("%s: gone on with %u times, %u exchanges", fault, g.read->resumed, g.read->exchanges);
	if (back) {
		gate_expect_proofs(&g, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
			POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
		gate_expect_files(&g, l.passport);
	}
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void taken_away(void **state)
{
	(void)state;
	static const char *const ways[] = {"tear", "tear-late", "tear-half"};
	const struct sim_passport_config c = lay_usual();
	for (unsigned n = 1; n < 20; n += 3)
		for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
			char fault[32];
			snprintf(fault, sizeof fault, "%s@%u", ways[i], n);
			torn(fault, &c, 10, true);
		}
	torn("tear@1", &c, 0, false);
	torn("tear@12", &c, 0, false);
}

/* Time enough away for the display to say so. */
static void told_that_it_left(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .again = 1, .away_ms = 400};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "tear@12");
	fake_host_run(g.host, 100);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_true(g.waiting > 0);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

/* Another passport with the same zone laid down instead. */
static void another_document(void **state)
{
	(void)state;
	struct gate g;
	struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .again = 1, .away_ms = 10};
	c.face_size = 2000;
	l.then = lay_issue(&c);
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "tear@16");
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_TORN);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.then);
	sim_passport_free(l.passport);
}

/* Answers that no chip may give, again and again: an end, and soon. */
static void malformed(void **state)
{
	(void)state;
	static const struct {
		const char *fault, *cause;
		Postern__ChipResult result;
	} cases[] = {{"reply-0@12+", "torn", POSTERN__CHIP_RESULT__CHIP_TORN}, {"reply-1", "torn", POSTERN__CHIP_RESULT__CHIP_TORN},
		{"sm-plain-9000@12+", "sm-bare", POSTERN__CHIP_RESULT__CHIP_ERROR},
		{"sm-mac@12+", "sm-mac", POSTERN__CHIP_RESULT__CHIP_ERROR}};
	const struct sim_passport_config c = lay_usual();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gate g;
		struct lay l = {.passport = lay_issue(&c)};
		gate_new(&g);
		gate_start(&g);
		l.port = g.port;
		lay_down(&l, cases[i].fault);
		gate_ask(&g, 1, lay_zone);
		gate_expect(&g, 1, cases[i].result);
		assert_string_equal(g.read->cause, cases[i].cause);
		lay_up(&l);
		gate_stop(&g);
		sim_passport_free(l.passport);
	}
}

static void a_clone(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c)};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "clone");
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_ERROR);
	assert_string_equal(g.read->cause, "ca-wrong");
	assert_int_equal(g.read->chip_authentication->result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_string_equal(g.read->chip_authentication->cause, "ca-wrong");
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void slow(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		int64_t apdu_ms, read_ms;
	} cases[] = {{"slow=60000@9", 300, 10000}, {"slow=150", 3000, 700}};
	const struct sim_passport_config c = lay_usual();
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct gate g;
		struct lay l = {.passport = lay_issue(&c), .in_time = true};
		gate_new(&g);
		fake_host_option(g.host, "apdu_limit_ms", NULL, cases[i].apdu_ms);
		fake_host_option(g.host, "read_limit_ms", NULL, cases[i].read_ms);
		gate_start(&g);
		l.port = g.port;
		lay_down(&l, cases[i].fault);
		gate_ask(&g, 1, lay_zone);
		gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_LATE);
		assert_int_equal(fake_host_count(g.host, "late_total"), 1);
		lay_up(&l);
		gate_stop(&g);
		sim_passport_free(l.passport);
	}
}

/* Told on the way, with time left that comes down to nothing. */
static void progress(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "slow=60");
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_true(g.progress >= 3);
	assert_true(g.progress <= g.read->read_ms / 100 + 2);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void a_newer_question(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "slow=100@1+");
	gate_ask(&g, 1, lay_other_zone);
	fake_host_run(g.host, 250);
	gate_ask(&g, 2, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_TORN);
	gate_expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_READ);
	gate_expect_files(&g, l.passport);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

/* A core that starts anew has forgotten its questions: nothing is answered, and the next is. */
static void a_new_core(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .in_time = true};
	gate_new(&g);
	gate_start(&g);
	l.port = g.port;
	lay_down(&l, "slow=50");
	gate_ask(&g, 1, lay_zone);
	fake_host_run(g.host, 200);
	postern_plugin.core_started(g.host->self, 2);
	gate_ask(&g, 2, lay_zone);
	gate_expect(&g, 2, POSTERN__CHIP_RESULT__CHIP_READ);
	lay_up(&l);
	gate_stop(&g);
	sim_passport_free(l.passport);
}

static void refused_options(void **state)
{
	(void)state;
	static const char *const lists[] = {"0", "17", "2,", ",2", "2 11", "x"};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct gate g;
		gate_new(&g);
		fake_host_option(g.host, "groups", lists[i], 0);
		assert_int_equal(fake_host_start(g.host), PN_EFORMAT);
		fake_host_free(g.host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_document),
		cmocka_unit_test(mapping_with_chip_authentication),
		cmocka_unit_test(opened_by_bac),
		cmocka_unit_test(bac_instead_of_pace),
		cmocka_unit_test(the_wrong_zone),
		cmocka_unit_test(no_chip),
		cmocka_unit_test(taken_away),
		cmocka_unit_test(told_that_it_left),
		cmocka_unit_test(another_document),
		cmocka_unit_test(malformed),
		cmocka_unit_test(a_clone),
		cmocka_unit_test(slow),
		cmocka_unit_test(progress),
		cmocka_unit_test(a_newer_question),
		cmocka_unit_test(a_new_core),
		cmocka_unit_test(refused_options),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
