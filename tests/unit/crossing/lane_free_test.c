/* SPDX-License-Identifier: Apache-2.0
 * A lane that an officer has ordered free: who may order it and when, what is recorded of those who pass, that nobody is let out before
 * it is recorded, and what ends it. Expected values are those of docs/adr/0025 and docs/names.md. Must never look into the lane but for
 * its state's name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lane_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define LEAF(name) POSTERN__LEAF_POSITION__LEAF_##name
#define MODE(name) POSTERN__LANE_MODE__MODE_##name
#define RECORD(name) POSTERN__RECORD_KIND__RECORD_##name
#define REASON "hall.evacuated"

static int setup_of(void **state, void (*start)(struct bench *b))
{
	struct bench *b = calloc(1, sizeof *b);
	*state = b;
	if (b == NULL)
		return -1;
	start(b);
	return 0;
}

static int setup(void **state)
{
	return setup_of(state, bench_start);
}

static int setup_one_step(void **state)
{
	return setup_of(state, bench_start_one_step);
}

static int teardown(void **state)
{
	lane_wipe(&((struct bench *)*state)->lane);
	free(*state);
	return 0;
}

static int command_for(struct bench *b, enum lane_command command, const char *reason)
{
	struct lane_input in = { .kind = LANE_COMMAND, .command = command, .officer = "officer-1", .reason_code = reason };
	return bench_input(b, &in);
}

static int command(struct bench *b, enum lane_command what)
{
	return command_for(b, what, REASON);
}

static void is(const struct bench *b, const char *state)
{
	assert_string_equal(gate_state_name(b->lane.gate.state), state);
}

static size_t records(const struct bench *b, Postern__RecordKind kind)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_APPEND && b->out[i].record == kind;
	return n;
}

static bool told(const struct bench *b, Postern__RecordKind kind, const char *event, const char *detail)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->out[i].what == OUT_APPEND && b->out[i].record == kind && strcmp(b->out[i].event, event) == 0 &&
			strcmp(b->out[i].detail, detail) == 0)
			return true;
	return false;
}

static bool asked_anybody(const struct bench *b)
{
	return bench_last(b, B(CHECK_DOCUMENT)) != NULL || bench_last(b, B(SEARCH_WATCHLIST)) != NULL ||
	       bench_last(b, B(EVALUATE_RULES)) != NULL || bench_last(b, B(READ_CHIP)) != NULL;
}

static void make_free(struct bench *b)
{
	assert_int_equal(command(b, LANE_CMD_DUTY_ON), PN_OK);
	assert_int_equal(command(b, LANE_CMD_FREE), PN_OK);
	is(b, "ENTRY_OPENING");
	bench_leaf(b, true, LEAF(OPEN));
	is(b, "INVITING");
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->guidance, POSTERN__GUIDANCE__GUIDANCE_WALK_IN);
}

static void walk_in(struct bench *b, uint32_t people)
{
	for (uint32_t i = 1; i <= people; i++) {
		b->sensed.occupants = i;
		bench_sense(b);
	}
	bench_leaf(b, true, LEAF(MOVING));
	bench_leaf(b, true, LEAF(LOCKED));
}

static void walk_out(struct bench *b)
{
	bench_leaf(b, false, LEAF(OPEN));
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, LEAF(LOCKED));
	bench_wait(b, 1000);
}

static void people_pass_and_nobody_is_asked(void **state)
{
	struct bench *b = *state;
	make_free(b);
	assert_true(told(b, RECORD(AUDIT), "officer.mode", "mode.free"));
	assert_string_equal(bench_record(b, RECORD(AUDIT))->officer, "officer-1");
	assert_string_equal(bench_record(b, RECORD(AUDIT))->reason_code, REASON);
	assert_true(lane_is_free(&b->lane) && lane_ready(&b->lane));
	walk_in(b, 1);
	is(b, "DECISION_COMMIT");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	const struct bench_out *v = bench_record(b, RECORD(VERDICT));
	assert_non_null(v);
	/* The machine has not cleared anybody: an officer admits, by that order. */
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_equal(v->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE);
	assert_int_equal(v->mode, MODE(FREE));
	assert_int_equal(v->decision, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	assert_string_equal(v->officer, "officer-1");
	assert_string_equal(v->reason_code, REASON);
	assert_string_equal(v->reason, "mode.free");
	bench_commit(b, v, true);
	assert_int_equal(bench_commands(b, COMMAND(RELEASE_EXIT)), 1);
	assert_true(bench_last(b, B(GATE_COMMAND))->names_record);
	walk_out(b);
	assert_int_equal(bench_record(b, RECORD(OUTCOME))->outcome, POSTERN__OUTCOME__OUTCOME_PASSED);
	assert_int_equal(bench_record(b, RECORD(OUTCOME))->mode, MODE(FREE));
	assert_false(asked_anybody(b));
	is(b, "ENTRY_OPENING"); /* for the next */
	assert_int_equal(b->metric[METRIC_FREE], 1);
	assert_int_equal(b->metric[METRIC_PASSED], 1);
	assert_int_equal(b->metric[METRIC_REFERRALS], 0); /* nobody was sent to an officer */
	assert_int_equal(b->lane.referrals, 0);
}

static void not_before_its_record(void **state)
{
	struct bench *b = *state;
	make_free(b);
	walk_in(b, 1);
	bench_commit(b, bench_record(b, RECORD(VERDICT)), false);
	is(b, "HOLD_OFFICER");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	/* Should it become durable late, that changes nothing. */
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	is(b, "HOLD_OFFICER");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	assert_int_equal(records(b, RECORD(VERDICT)), 1);
}

static void too_slow_a_record(void **state)
{
	struct bench *b = *state;
	make_free(b);
	walk_in(b, 1);
	bench_wait(b, 1200);
	is(b, "HOLD_OFFICER");
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	is(b, "HOLD_OFFICER");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
}

static void two_are_held(void **state)
{
	struct bench *b = *state;
	make_free(b);
	walk_in(b, 2);
	is(b, "HOLD_OFFICER");
	const struct bench_out *v = bench_record(b, RECORD(VERDICT));
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_not_equal(v->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE);
	assert_int_equal(v->decision, POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED);
	assert_string_equal(v->officer, "");
	bench_commit(b, v, true);
	bench_wait(b, 181000);
	is(b, "RETURN_PATH");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	assert_int_equal(b->metric[METRIC_FREE], 0);
}

/* The second has gone back before the entry locked: what was sensed meanwhile is on record, and one passes. */
static void one_of_two_goes_back(void **state)
{
	struct bench *b = *state;
	make_free(b);
	b->sensed.occupants = 1;
	bench_sense(b);
	b->sensed.occupants = 2;
	bench_sense(b);
	b->sensed.occupants = 1;
	bench_sense(b);
	bench_leaf(b, true, LEAF(LOCKED));
	is(b, "DECISION_COMMIT");
	assert_true(told(b, RECORD(GATE_EVENT), "SECOND_PERSON", "ENTRY_CLOSING"));
	assert_int_equal(bench_record(b, RECORD(VERDICT))->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE);
}

/* It needs neither reader nor checks nor lists nor rules, and its gate. */
static void needs_its_hardware_only(void **state)
{
	struct bench *b = *state;
	make_free(b);
	bench_lost(b, K(READER));
	bench_lost(b, K(DOCUMENT_CHECK));
	bench_lost(b, K(WATCHLIST));
	bench_lost(b, K(RULES));
	is(b, "INVITING");
	walk_in(b, 1);
	is(b, "DECISION_COMMIT");
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	walk_out(b);
	is(b, "ENTRY_OPENING");
	bench_leaf(b, true, LEAF(OPEN));
	bench_lost(b, K(GATE));
	is(b, "GATE_MISSING");
}

static void ordered_only_when_nobody_is_there(void **state)
{
	struct bench *b = *state;
	assert_int_equal(command(b, LANE_CMD_FREE), PN_EAGAIN); /* nobody is on duty */
	assert_string_equal(b->lane.refusal, "order.nobody_on_duty");
	assert_int_equal(command(b, LANE_CMD_DUTY_ON), PN_OK);
	assert_int_equal(command_for(b, LANE_CMD_FREE, NULL), PN_EDENIED);
	assert_int_equal(command_for(b, LANE_CMD_FREE, "because John said so"), PN_EDENIED);
	assert_string_equal(b->lane.refusal, "order.incomplete");
	bench_present(b); /* a crossing is in hand */
	assert_int_equal(command(b, LANE_CMD_FREE), PN_EAGAIN);
	assert_string_equal(b->lane.refusal, "order.not_now");
	assert_false(lane_is_free(&b->lane));
	assert_false(told(b, RECORD(AUDIT), "officer.mode", "mode.free"));
	assert_non_null(lane_refusal(LANE_CMD_FREE, PN_EAGAIN));
}

/* Back while the entry stands open: it shuts first, and the next one needs a document. */
static void back_to_controlled(void **state)
{
	struct bench *b = *state;
	make_free(b);
	b->sensed.occupants = 1;
	bench_sense(b);
	assert_int_equal(command(b, LANE_CMD_CONTROLLED), PN_EAGAIN); /* somebody is inside */
	bench_leaf(b, true, LEAF(LOCKED));
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	walk_out(b);
	bench_leaf(b, true, LEAF(OPEN));
	is(b, "INVITING");
	assert_int_equal(command(b, LANE_CMD_CONTROLLED), PN_OK);
	is(b, "ENTRY_CLOSING");
	assert_false(lane_ready(&b->lane));
	bench_leaf(b, true, LEAF(LOCKED));
	bench_wait(b, 1000);
	is(b, "IDLE");
	assert_true(lane_ready(&b->lane));
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->guidance, POSTERN__GUIDANCE__GUIDANCE_PRESENT_DOCUMENT);
	bench_present(b);
	is(b, "ELIGIBILITY");
	assert_true(asked_anybody(b));
}

/* Somebody slips in while the order's end shuts the entry: nobody's order admits them any more. */
static void slips_in_as_it_ends(void **state)
{
	struct bench *b = *state;
	make_free(b);
	assert_int_equal(command(b, LANE_CMD_LOCK), PN_OK);
	is(b, "ENTRY_CLOSING");
	walk_in(b, 1);
	is(b, "HOLD_OFFICER");
	assert_int_equal(records(b, RECORD(VERDICT)), 0);
	bench_wait(b, 181000);
	is(b, "RETURN_PATH");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
}

static void ends_with_the_duty(void **state)
{
	struct bench *b = *state;
	make_free(b);
	assert_int_equal(command(b, LANE_CMD_DUTY_OFF), PN_OK);
	is(b, "ENTRY_CLOSING");
	bench_leaf(b, true, LEAF(LOCKED));
	bench_wait(b, 1000);
	is(b, "IDLE");
	assert_int_equal(b->lane.config.record.mode, MODE(CONTROLLED));
	assert_true(told(b, RECORD(GATE_EVENT), "lane.free_over", "mode.controlled"));
	/* Another officer's coming does not bring it back. */
	assert_int_equal(command(b, LANE_CMD_DUTY_ON), PN_OK);
	bench_present(b);
	is(b, "ELIGIBILITY");
}

static void ends_in_the_mode_before(void **state)
{
	struct bench *b = *state;
	assert_int_equal(command(b, LANE_CMD_LOCK), PN_OK);
	make_free(b);
	assert_int_equal(command(b, LANE_CMD_FREE), PN_OK); /* again, which changes nothing */
	assert_int_equal(command(b, LANE_CMD_DUTY_OFF), PN_OK);
	bench_leaf(b, true, LEAF(LOCKED));
	bench_wait(b, 1000);
	assert_int_equal(b->lane.config.record.mode, MODE(LOCKED));
}

static void whoever_is_inside_as_the_duty_ends_passes(void **state)
{
	struct bench *b = *state;
	make_free(b);
	walk_in(b, 1);
	assert_int_equal(command(b, LANE_CMD_DUTY_OFF), PN_OK);
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	assert_true(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	walk_out(b);
	assert_int_equal(bench_record(b, RECORD(OUTCOME))->mode, MODE(FREE));
	is(b, "IDLE");
	assert_int_equal(b->lane.config.record.mode, MODE(CONTROLLED));
}

/* The hardware that is built as a mantrap: its entry shuts, and opens again by the other table. */
static void a_mantrap_ordered_free(void **state)
{
	struct bench *b = *state;
	bench_leaf(b, true, LEAF(OPEN));
	is(b, "INVITING");
	assert_int_equal(command(b, LANE_CMD_DUTY_ON), PN_OK);
	assert_int_equal(command(b, LANE_CMD_FREE), PN_OK);
	assert_false(lane_is_free(&b->lane));
	is(b, "ENTRY_CLOSING");
	bench_leaf(b, true, LEAF(LOCKED));
	bench_wait(b, 1000);
	assert_true(lane_is_free(&b->lane));
	is(b, "ENTRY_OPENING");
	bench_leaf(b, true, LEAF(OPEN));
	walk_in(b, 1);
	is(b, "DECISION_COMMIT");
	assert_int_equal(bench_record(b, RECORD(VERDICT))->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE);
}

/* Out of service is at rest too; it opens when it is resumed and has tested itself. */
static void ordered_out_of_service(void **state)
{
	struct bench *b = *state;
	assert_int_equal(command(b, LANE_CMD_DUTY_ON), PN_OK);
	assert_int_equal(command(b, LANE_CMD_OUT_OF_SERVICE), PN_OK);
	is(b, "OUT_OF_SERVICE");
	assert_int_equal(command(b, LANE_CMD_FREE), PN_OK);
	is(b, "OUT_OF_SERVICE");
	assert_false(bench_commanded(b, COMMAND(RELEASE_ENTRY)));
	assert_int_equal(command(b, LANE_CMD_RESUME), PN_OK);
	bench_sense(b);
	is(b, "ENTRY_OPENING");
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(people_pass_and_nobody_is_asked),
		T(not_before_its_record),
		T(too_slow_a_record),
		T(two_are_held),
		T(one_of_two_goes_back),
		T(needs_its_hardware_only),
		T(ordered_only_when_nobody_is_there),
		T(back_to_controlled),
		T(slips_in_as_it_ends),
		T(ends_with_the_duty),
		T(ends_in_the_mode_before),
		T(whoever_is_inside_as_the_duty_ends_passes),
		cmocka_unit_test_setup_teardown(a_mantrap_ordered_free, setup_one_step, teardown),
		T(ordered_out_of_service),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
