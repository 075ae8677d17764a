/* SPDX-License-Identifier: Apache-2.0
 * The plugin reader-pcsc with a real pcscd and two virtual readers: reading, tears, which reader has the card, readers and pcscd
 * that come and go, and a call that never ends. Must never use a reader of the machine. Exit status 77: not possible here, and
 * why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "chip/pcsc.h"
#include "gate.h"
#include "pcscd.h"

static pid_t daemon_pid;

static void start(struct gate *g)
{
	gate_new(g);
	fake_host_option(g->host, "readers", "Virtual PCD", 0);
}

static void go(struct gate *g)
{
	gate_start(g);
	gate_expect_ready(g, true);
}

static void stop(struct gate *g, struct lay *l)
{
	if (l != NULL) {
		lay_up(l);
		sim_passport_free(l->passport);
	}
	assert_null(g->host->failed);
	gate_stop(g);
}

static void expect_sound(const struct gate *g, const struct lay *l)
{
	assert_int_equal(g->read->access, POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE);
	gate_expect_proofs(g, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL,
		POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	gate_expect_files(g, l->passport);
}

/* Twice: the second time it lies there already. */
static void either_reader(void **state)
{
	(void)state;
	for (uint16_t port = PCSCD_PORT_0; port <= PCSCD_PORT_1; port++) {
		struct gate g;
		const struct sim_passport_config c = lay_usual();
		struct lay l = {.passport = lay_issue(&c), .port = port};
		start(&g);
		go(&g);
		lay_down(&l, NULL);
		for (uint64_t id = 1; id <= 2; id++) {
			gate_ask(&g, id, lay_zone);
			gate_expect(&g, id, POSTERN__CHIP_RESULT__CHIP_READ);
			expect_sound(&g, &l);
		}
		stop(&g, &l);
	}
}

/* A card in each: one of them is read, and wholly. */
static void both_readers(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0}, m = {.passport = l.passport, .port = PCSCD_PORT_1};
	start(&g);
	go(&g);
	lay_down(&l, NULL);
	lay_down(&m, NULL);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	expect_sound(&g, &l);
	lay_up(&m);
	stop(&g, &l);
}

static void only_the_reader_named(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0};
	gate_new(&g);
	fake_host_option(g.host, "readers", "no such,00 01", 0);
	fake_host_option(g.host, "wait_chip_ms", NULL, 1500);
	go(&g);
	lay_down(&l, NULL);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_NONE);
	stop(&g, &l);
}

static void no_reader_named_so(void **state)
{
	(void)state;
	struct gate g;
	gate_new(&g);
	fake_host_option(g.host, "readers", "no such", 0);
	fake_host_option(g.host, "wait_chip_ms", NULL, 300);
	gate_start(&g);
	assert_false(g.ready);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_ERROR);
	assert_string_equal(g.read->cause, "channel");
	stop(&g, NULL);
}

static void taken_away(void **state)
{
	(void)state;
	static const char *const faults[] = {"tear@3", "tear-late@9", "tear-half@14", "tear@18"};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct gate g;
		const struct sim_passport_config c = lay_usual();
		struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0, .again = 1, .away_ms = 600};
		start(&g);
		go(&g);
		lay_down(&l, faults[i]);
		gate_ask(&g, 1, lay_zone);
		gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
		expect_sound(&g, &l);
		assert_true(g.read->resumed >= 1);
		stop(&g, &l);
	}
}

static void not_put_back(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0};
	start(&g);
	fake_host_option(g.host, "resume_ms", NULL, 1000);
	go(&g);
	lay_down(&l, "tear@12");
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_TORN);
	stop(&g, &l);
}

static void no_chip(void **state)
{
	(void)state;
	struct gate g;
	start(&g);
	fake_host_option(g.host, "wait_chip_ms", NULL, 300);
	go(&g);
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_NONE);
	stop(&g, NULL);
}

/* pcscd ends and starts anew, while nothing is read and while something is. */
static void pcscd_goes_and_comes(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0, .again = 1000, .away_ms = 100, .in_time = true};
	start(&g);
	fake_host_option(g.host, "resume_ms", NULL, 9000);
	go(&g);
	pcscd_end(daemon_pid);
	gate_expect_ready(&g, false);
	assert_string_equal(g.host->trouble, "reader.chip_unavailable");
	daemon_pid = pcscd_start();
	gate_expect_ready(&g, true);
	assert_null(g.host->trouble);
	lay_down(&l, "slow=150");
	gate_ask(&g, 1, lay_zone);
	fake_host_run(g.host, 1500);
	pcscd_end(daemon_pid);
	daemon_pid = pcscd_start();
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_READ);
	assert_true(g.read->resumed >= 1);
	expect_sound(&g, &l);
	stop(&g, &l);
}

/* An answer that never comes: SCardTransmit() does not return. The question is answered all the same, and the process asks for
 * its end. */
static void a_call_that_hangs(void **state)
{
	(void)state;
	struct gate g;
	const struct sim_passport_config c = lay_usual();
	struct lay l = {.passport = lay_issue(&c), .port = PCSCD_PORT_0, .in_time = true};
	start(&g);
	fake_host_option(g.host, "apdu_limit_ms", NULL, 500);
	go(&g);
	lay_down(&l, "slow=60000@9");
	gate_ask(&g, 1, lay_zone);
	gate_expect(&g, 1, POSTERN__CHIP_RESULT__CHIP_LATE);
	assert_string_equal(g.host->failed, "reader.chip_hangs");
	/* After fail() a host does not call stop(); here the call ends with the card, so that threads can. */
	lay_up(&l);
	sim_passport_free(l.passport);
	gate_stop(&g);
}

static void the_list(void **state)
{
	(void)state;
	static struct pcsc_list l;
	assert_int_equal(pcsc_list(&l), PN_OK);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.names[0], "Virtual PCD 00 00");
	assert_string_equal(l.names[1], "Virtual PCD 00 01");
	assert_true(pcsc_wanted("", "any"));
	assert_true(pcsc_wanted(",", "any"));
	assert_true(pcsc_wanted("x,an", "any"));
	assert_false(pcsc_wanted("x,any more", "any"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_list),
		cmocka_unit_test(either_reader),
		cmocka_unit_test(both_readers),
		cmocka_unit_test(only_the_reader_named),
		cmocka_unit_test(no_reader_named_so),
		cmocka_unit_test(taken_away),
		cmocka_unit_test(not_put_back),
		cmocka_unit_test(no_chip),
		cmocka_unit_test(pcscd_goes_and_comes),
		cmocka_unit_test(a_call_that_hangs),
	};
	const char *why = pcscd_apart();
	if (why != NULL) {
		printf("reader-pcsc: skipped: %s\n", why);
		return 77;
	}
	daemon_pid = pcscd_start();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	pcscd_end(daemon_pid);
	return failed;
}
