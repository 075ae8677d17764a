/* SPDX-License-Identifier: Apache-2.0
 * A kiosk and its gate, two lanes over one store: a result is issued when its record is durable, redeemed once, and lets nobody in
 * but the one whose document it names, on the same ground and in its time. Must never look into a lane but for its state's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "both_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define VERDICT(name) POSTERN__VERDICT__VERDICT_##name
#define LEAF(name) POSTERN__LEAF_POSITION__LEAF_##name
#define RECORD(name) POSTERN__RECORD_KIND__RECORD_##name
#define OUTCOME(name) POSTERN__OUTCOME__OUTCOME_##name
#define SHOWS(name) POSTERN__GUIDANCE__GUIDANCE_##name

static int setup(void **state)
{
	return both_setup(state, BOTH_NO_FACES);
}

static void is(const struct bench *b, const char *state)
{
	assert_string_equal(gate_state_name(b->lane.gate.state), state);
}

static void shown(const struct bench *b, Postern__Guidance guidance)
{
	const struct bench_out *o = NULL;
	for (size_t i = 0; i < b->count; i++)
		if (b->out[i].what == OUT_SEND && b->out[i].body == B(SHOW_GUIDANCE))
			o = &b->out[i];
	assert_non_null(o);
	assert_int_equal(o->guidance, guidance);
}

static size_t records(const struct bench *b, Postern__RecordKind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_APPEND && b->out[i].record == kind;
	return n;
}

/* At the kiosk, up to the record of the verdict. */
static void check(struct both *b, Postern__Verdict rules)
{
	both_together(b);
	bench_present(&b->kiosk);
	is(&b->kiosk, "ELIGIBILITY");
	bench_answer_document(&b->kiosk, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->kiosk, false);
	bench_answer_rules(&b->kiosk, rules);
	is(&b->kiosk, "DECISION_COMMIT");
	assert_int_equal(records(&b->kiosk, RECORD(KIOSK)), 0);
}

static void issue(struct both *b, Postern__Verdict rules)
{
	check(b, rules);
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	is(&b->kiosk, "ISSUING");
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(KIOSK)), true);
	is(&b->kiosk, "DOC_TAKE_BACK");
	shown(&b->kiosk, SHOWS(TAKE_DOCUMENT));
	assert_int_equal(bench_last(&b->kiosk, POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE)->then, SHOWS(UNSPECIFIED)); /* nobody walks in here */
	bench_remove(&b->kiosk);
	is(&b->kiosk, "RESULT_SHOWN");
	assert_int_equal(bench_record(&b->kiosk, RECORD(OUTCOME))->outcome, OUTCOME(ISSUED));
}

/* At the gate, until its own checks are clear. */
static void show(struct both *b)
{
	both_together(b);
	bench_present(&b->gate);
	is(&b->gate, "REDEMPTION");
	bench_answer_document(&b->gate, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->gate, false);
}

static void refused(struct both *b, const char *reason)
{
	const struct bench_out *v = bench_record(&b->gate, RECORD(VERDICT));
	is(&b->gate, "REFERRED_OUTSIDE");
	assert_non_null(v);
	assert_string_equal(v->reason, reason);
	assert_int_not_equal(v->verdict, VERDICT(CLEAR));
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
}

static void redeemed_and_passes(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	shown(&b->kiosk, SHOWS(TO_GATE));
	show(b);
	is(&b->gate, "REDEMPTION"); /* not before the redemption is durable */
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "DOC_TAKE_BACK");
	bench_remove(&b->gate);
	is(&b->gate, "ENTRY_OPENING");
	assert_true(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
	bench_leaf(&b->gate, true, LEAF(OPEN));
	b->gate.sensed.occupants = 1;
	bench_sense(&b->gate);
	bench_leaf(&b->gate, true, LEAF(LOCKED));
	is(&b->gate, "DECISION_COMMIT");
	assert_int_equal(bench_record(&b->gate, RECORD(VERDICT))->verdict, VERDICT(CLEAR));
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(VERDICT)), true);
	assert_true(bench_commanded(&b->gate, COMMAND(RELEASE_EXIT)));
}

static void once(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	show(b);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	shown(&b->gate, SHOWS(TAKE_DOCUMENT));
	assert_int_equal(bench_last(&b->gate, POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE)->then, SHOWS(WALK_IN));
	bench_remove(&b->gate);
	bench_wait(&b->gate, 3001); /* the entry does not open, and nobody comes */
	bench_wait(&b->gate, 3001);
	bench_wait(&b->gate, 3001);
	bench_wait(&b->gate, 3001);
	lane_wipe(&b->gate.lane);
	bench_start_segregated(&b->gate, &b->store);
	show(b);
	refused(b, "kiosk.redeemed_before");
	assert_int_equal(records(&b->gate, RECORD(KIOSK)), 0);
}

static void nobody_was_checked(void **state)
{
	struct both *b = *state;
	show(b);
	refused(b, "kiosk.unknown");
}

/* A result of another document: another number, or the key of another machine. */
static void of_another_document(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	b->store.key[0] ^= 1;
	show(b);
	refused(b, "kiosk.unknown");
}

static void too_late(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	both_together(b);
	b->gate.now_ms += VALID_MS;
	bench_sense(&b->gate);
	show(b);
	refused(b, "kiosk.expired");
}

static void on_the_same_ground(void **state)
{
	struct both *b = *state;
	b->store.results.policy.same_basis = true;
	kiosk_basis_hear(&b->store.basis, "7", "41", "2026-1");
	issue(b, VERDICT(CLEAR));
	kiosk_basis_hear(&b->store.basis, NULL, "42", "");
	show(b);
	refused(b, "kiosk.basis_changed");
	lane_wipe(&b->gate.lane);
	bench_start_segregated(&b->gate, &b->store);
	kiosk_basis_hear(&b->store.basis, "7", "41", NULL);
	show(b);
	is(&b->gate, "REDEMPTION"); /* it has not been spent: its record is on its way now */
	assert_int_equal(records(&b->gate, RECORD(KIOSK)), 1);
}

/* A clock that jumps is recorded before the redemption is refused. */
static void a_clock_that_jumps(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	b->store.results.seen.wall_ms -= 5000;
	show(b);
	refused(b, "kiosk.clock");
	assert_int_equal(records(&b->gate, RECORD(KIOSK)), 1);
}

static void what_the_kiosk_said_stands(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(REFER));
	shown(&b->kiosk, SHOWS(OTHER_LANE));
	show(b);
	is(&b->gate, "REDEMPTION");
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	refused(b, "kiosk.referred");
}

/* The list may have changed since. A match here spends nothing. */
static void the_gate_searches_the_list_itself(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	both_together(b);
	bench_present(&b->gate);
	bench_answer_document(&b->gate, CHECK(SUCCESSFUL));
	bench_answer_lists(&b->gate, true);
	refused(b, "list.match");
	assert_int_equal(records(&b->gate, RECORD(KIOSK)), 0);
}

static void a_redemption_that_is_not_recorded(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	show(b);
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), false);
	refused(b, "kiosk.not_recorded");
}

/* Taken back too soon: the answer still comes. */
static void document_taken_back_too_soon(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(CLEAR));
	show(b);
	bench_remove(&b->gate);
	is(&b->gate, "REDEMPTION");
	bench_commit(&b->gate, bench_record(&b->gate, RECORD(KIOSK)), true);
	is(&b->gate, "ENTRY_OPENING");
}

/* The crossing is over when the record becomes durable: it stays spent. */
static void given_up_while_it_is_recorded(void **state)
{
	struct both *b = *state;
	struct bench_out mark;
	issue(b, VERDICT(CLEAR));
	show(b);
	mark = *bench_record(&b->gate, RECORD(KIOSK));
	bench_lost(&b->gate, K(READER));
	is(&b->gate, "IDLE");
	bench_commit(&b->gate, &mark, true);
	is(&b->gate, "IDLE");
	assert_false(bench_commanded(&b->gate, COMMAND(RELEASE_ENTRY)));
	lane_wipe(&b->gate.lane);
	bench_start_segregated(&b->gate, &b->store);
	show(b);
	refused(b, "kiosk.redeemed_before");
}

/* --- what a kiosk does not issue --- */

static void not_before_its_record(void **state)
{
	struct both *b = *state;
	check(b, VERDICT(CLEAR));
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(KIOSK)), false);
	is(&b->kiosk, "DOC_TAKE_BACK");
	bench_remove(&b->kiosk);
	shown(&b->kiosk, SHOWS(OTHER_LANE));
	assert_int_equal(bench_record(&b->kiosk, RECORD(OUTCOME))->outcome, OUTCOME(REFERRED));
	show(b);
	refused(b, "kiosk.unknown");
}

static void not_without_the_verdict_s(void **state)
{
	struct both *b = *state;
	check(b, VERDICT(CLEAR));
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), false);
	bench_remove(&b->kiosk);
	assert_int_equal(records(&b->kiosk, RECORD(KIOSK)), 0);
	show(b);
	refused(b, "kiosk.unknown");
}

static void not_over_a_referral_that_waits(void **state)
{
	struct both *b = *state;
	issue(b, VERDICT(REFER));
	bench_wait(&b->kiosk, 4001);
	is(&b->kiosk, "IDLE");
	b->kiosk.count = 0;
	check(b, VERDICT(CLEAR));
	bench_commit(&b->kiosk, bench_record(&b->kiosk, RECORD(VERDICT)), true);
	is(&b->kiosk, "DOC_TAKE_BACK");
	assert_int_equal(records(&b->kiosk, RECORD(KIOSK)), 0);
	bench_remove(&b->kiosk);
	shown(&b->kiosk, SHOWS(OTHER_LANE));
}

static void needs_no_gate_but_its_checks(void **state)
{
	struct both *b = *state;
	shown(&b->kiosk, SHOWS(PRESENT_DOCUMENT));
	bench_lost(&b->kiosk, K(RULES));
	shown(&b->kiosk, SHOWS(CLOSED));
	bench_present(&b->kiosk);
	is(&b->kiosk, "IDLE");
	shown(&b->kiosk, SHOWS(OTHER_LANE));
}

/* While people pass its gate unchecked nobody needs a result; a gate that is behind kiosks may be ordered free like any other. */
static void a_gate_that_is_free(void **state)
{
	struct both *b = *state;
	struct lane_input duty = { .kind = LANE_COMMAND, .command = LANE_CMD_DUTY_ON, .officer = "officer-1" };
	struct lane_input free = { .kind = LANE_COMMAND, .command = LANE_CMD_FREE, .officer = "officer-1", .reason_code = "hall.evacuated" };
	assert_int_equal(bench_input(&b->gate, &duty), PN_OK);
	assert_int_equal(bench_input(&b->gate, &free), PN_OK);
	assert_true(lane_is_free(&b->gate.lane));
	assert_string_equal(gate_state_name(b->gate.lane.gate.state), "ENTRY_OPENING");
	/* The core gives a kiosk its gate's mode. */
	assert_true(lane_may_serve(&b->kiosk.lane));
	b->kiosk.lane.config.record.mode = POSTERN__LANE_MODE__MODE_FREE;
	assert_false(lane_may_serve(&b->kiosk.lane));
	bench_wait(&b->kiosk, 1000); /* nobody is on duty there, and it ends nothing */
	assert_int_equal(b->kiosk.lane.config.record.mode, POSTERN__LANE_MODE__MODE_FREE);
	assert_false(lane_is_free(&b->kiosk.lane));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, both_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(redeemed_and_passes), TEST(once), TEST(nobody_was_checked), TEST(of_another_document),
		TEST(too_late), TEST(on_the_same_ground), TEST(a_clock_that_jumps), TEST(what_the_kiosk_said_stands), TEST(the_gate_searches_the_list_itself),
		TEST(a_redemption_that_is_not_recorded), TEST(document_taken_back_too_soon), TEST(given_up_while_it_is_recorded),
		TEST(not_before_its_record), TEST(not_without_the_verdict_s), TEST(not_over_a_referral_that_waits),
		TEST(needs_no_gate_but_its_checks), TEST(a_gate_that_is_free) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
