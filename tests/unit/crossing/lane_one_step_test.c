/* SPDX-License-Identifier: Apache-2.0
 * A one-step lane: who has walked in is asked for the document between two locked leaves. What is recorded of whom, and that nobody
 * is let out on a record that does not admit. Must never look into the lane but for its state's name.
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
#define X(name) POSTERN__EXCEPTION_CLASS__EXCEPTION_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define VERDICT(name) POSTERN__VERDICT__VERDICT_##name
#define LEAF(name) POSTERN__LEAF_POSITION__LEAF_##name
#define RECORD(name) POSTERN__RECORD_KIND__RECORD_##name
#define OUTCOME(name) POSTERN__OUTCOME__OUTCOME_##name

static uint8_t files[32] = "the hash of SECRET chip's files", face[32] = "the hash of a SECRET face";

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	*state = b;
	if (b == NULL)
		return -1;
	bench_start_one_step(b);
	return 0;
}

static int teardown(void **state)
{
	lane_wipe(&((struct bench *)*state)->lane);
	free(*state);
	return 0;
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

static void shows(const struct bench *b, Postern__Guidance guidance)
{
	const struct bench_out *o = bench_last(b, B(SHOW_GUIDANCE));
	assert_non_null(o);
	assert_int_equal(o->guidance, guidance);
}

static void open_up(struct bench *b)
{
	assert_true(bench_commanded(b, COMMAND(RELEASE_ENTRY)));
	bench_leaf(b, true, LEAF(OPEN));
	is(b, "INVITING");
	shows(b, POSTERN__GUIDANCE__GUIDANCE_WALK_IN);
}

static void walk_in(struct bench *b)
{
	open_up(b);
	assert_int_equal(records(b, RECORD(VERDICT)), 0);
	b->sensed.occupants = 1;
	bench_sense(b);
	assert_true(bench_commanded(b, COMMAND(CLOSE_ENTRY)));
	bench_leaf(b, true, LEAF(MOVING));
	bench_leaf(b, true, LEAF(LOCKED));
}

static void answer_chip(struct bench *b, bool with_face)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ChipRead read = POSTERN__CHIP_READ__INIT;
	Postern__ChipInspected seen = POSTERN__CHIP_INSPECTED__INIT;
	read.result = with_face ? POSTERN__CHIP_RESULT__CHIP_READ : POSTERN__CHIP_RESULT__CHIP_NONE;
	e.body_case = B(CHIP_READ);
	e.chip_read = &read;
	if (with_face) {
		e.blob_sha256 = (ProtobufCBinaryData){ sizeof files, files };
		e.blob_size = 20000;
	}
	assert_int_equal(bench_message(b, K(CHIP_READER), bench_last(b, B(READ_CHIP))->query_id, &e), PN_OK);
	if (!with_face)
		return;
	postern__envelope__init(&e);
	seen.overall = CHECK(SUCCESSFUL);
	seen.portrait_type = (char *)(uintptr_t)"image/jpeg";
	e.body_case = B(CHIP_INSPECTED);
	e.chip_inspected = &seen;
	e.blob_sha256 = (ProtobufCBinaryData){ sizeof face, face };
	e.blob_size = 15000;
	assert_int_equal(bench_message(b, K(DOCUMENT_CHECK), bench_last(b, B(INSPECT_CHIP))->query_id, &e), PN_OK);
}

static void checked(struct bench *b, Postern__Verdict rules)
{
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, false);
	answer_chip(b, true);
	bench_answer_rules(b, rules);
}

static void walk_back(struct bench *b)
{
	is(b, "RETURN_PATH");
	bench_leaf(b, true, LEAF(OPEN));
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, true, LEAF(MOVING));
	bench_leaf(b, true, LEAF(LOCKED));
	bench_wait(b, 1000);
}

static void referred(const struct bench *b, Postern__ExceptionClass exception)
{
	const struct bench_out *v = bench_record(b, RECORD(VERDICT));
	assert_int_equal(records(b, RECORD(VERDICT)), 1);
	assert_int_equal(v->verdict, VERDICT(REFER));
	assert_int_equal(v->exception, exception);
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
}

static void ended(const struct bench *b, Postern__Outcome outcome)
{
	assert_int_equal(records(b, RECORD(OUTCOME)), 1);
	assert_int_equal(bench_record(b, RECORD(OUTCOME))->outcome, outcome);
}

static void one_traveller(void **state)
{
	struct bench *b = *state;
	assert_false(lane_ready(&b->lane)); /* not yet open */
	walk_in(b);
	assert_false(lane_ready(&b->lane));
	is(b, "INSIDE_DOCUMENT");
	shows(b, POSTERN__GUIDANCE__GUIDANCE_PRESENT_DOCUMENT);
	bench_present(b);
	checked(b, VERDICT(CLEAR));
	is(b, "INSIDE_TAKE_BACK");
	shows(b, POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT);
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->then, POSTERN__GUIDANCE__GUIDANCE_UNSPECIFIED); /* who takes it stands inside */
	assert_int_equal(records(b, RECORD(VERDICT)), 0);
	bench_remove(b);
	is(b, "DECISION_COMMIT");
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	assert_int_equal(bench_last(b, B(GATE_COMMAND))->command, COMMAND(RELEASE_EXIT));
	assert_true(bench_last(b, B(GATE_COMMAND))->names_record);
	bench_leaf(b, false, LEAF(OPEN));
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, LEAF(LOCKED));
	bench_wait(b, 1000);
	assert_int_equal(records(b, RECORD(VERDICT)), 1);
	ended(b, OUTCOME(PASSED));
	is(b, "ENTRY_OPENING");
	assert_int_equal(bench_commands(b, COMMAND(RELEASE_ENTRY)), 2);
}

static void serves_while_it_invites(void **state)
{
	struct bench *b = *state;
	open_up(b);
	assert_true(lane_ready(&b->lane));
	bench_lost(b, K(RULES));
	assert_false(lane_ready(&b->lane));
	assert_true(bench_commanded(b, COMMAND(CLOSE_ENTRY)));
	assert_int_equal(records(b, RECORD(VERDICT)), 0); /* nobody was there */
}

static void tailgater(void **state)
{
	struct bench *b = *state;
	open_up(b);
	b->sensed.occupants = 1;
	bench_sense(b);
	b->sensed.occupants = 2;
	bench_sense(b);
	bench_leaf(b, true, LEAF(LOCKED));
	is(b, "HOLD_OFFICER");
	shows(b, POSTERN__GUIDANCE__GUIDANCE_ONE_PERSON);
	referred(b, X(TAILGATING));
}

static void nobody_shows_a_document(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_wait(b, 21000);
	referred(b, X(NON_COOPERATION));
	assert_false(bench_record(b, RECORD(VERDICT))->matches > 0);
	walk_back(b);
	ended(b, OUTCOME(RETURNED));
	assert_int_equal(records(b, RECORD(VERDICT)), 1);
}

static void forgotten_document(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_present(b);
	checked(b, VERDICT(CLEAR));
	bench_wait(b, 21000);
	is(b, "HOLD_OFFICER");
	referred(b, X(NON_COOPERATION));
	bench_remove(b);
	is(b, "HOLD_OFFICER"); /* too late: an officer has been called */
}

static void refused_by_rules(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_present(b);
	checked(b, VERDICT(STOP));
	is(b, "HOLD_OFFICER");
	assert_int_equal(records(b, RECORD(VERDICT)), 1);
	assert_int_equal(bench_record(b, RECORD(VERDICT))->verdict, VERDICT(STOP));
	assert_false(bench_commanded(b, COMMAND(RELEASE_EXIT)));
}

/* The plugin of a check is lost while the document is asked for, and comes back: an officer has been called, and that stands. */
static void a_recorded_referral_stands(void **state)
{
	struct bench *b = *state;
	struct lane_input back = { .kind = LANE_PLUGIN_READY, .source = K(RULES), .instance = "test" };
	walk_in(b);
	bench_lost(b, K(RULES));
	referred(b, X(SYSTEM_MALFUNCTION));
	bench_commit(b, bench_record(b, RECORD(VERDICT)), true);
	bench_input(b, &back);
	bench_present(b);
	checked(b, VERDICT(CLEAR));
	if (bench_last(b, B(SHOW_GUIDANCE))->guidance == POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT)
		bench_remove(b);
	referred(b, X(SYSTEM_MALFUNCTION));
	is(b, "HOLD_OFFICER");
}

/* Taken away while it is read, and another laid down that has no chip: nothing of the first is kept, its holder's face least. */
static void another_document(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_present(b);
	answer_chip(b, true);
	assert_true(b->lane.crossing.portrait_size > 0);
	bench_remove(b);
	is(b, "INSIDE_DOCUMENT");
	shows(b, POSTERN__GUIDANCE__GUIDANCE_TRY_AGAIN);
	bench_present(b);
	assert_int_equal(b->lane.crossing.portrait_size, 0);
	answer_chip(b, false);
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, false);
	bench_answer_rules(b, VERDICT(CLEAR));
	is(b, "HOLD_OFFICER");
	referred(b, X(NON_EMRTD));
	assert_int_equal(b->lane.crossing.portrait_size, 0);
}

/* Four documents, one after the other: each try has as much room as the first. */
static void many_documents(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_present(b);
	answer_chip(b, true);
	size_t used = b->lane.crossing.arena.used;
	for (int i = 0; i < 3; i++) {
		bench_remove(b);
		bench_present(b);
		answer_chip(b, true);
		assert_int_equal(b->lane.crossing.arena.used, used);
	}
	bench_remove(b);
	is(b, "HOLD_OFFICER");
	referred(b, X(DOCUMENT_MISPLACED));
}

static void reader_lost(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_lost(b, K(READER));
	is(b, "HOLD_OFFICER");
	referred(b, X(SYSTEM_MALFUNCTION));
}

static void gate_lost(void **state)
{
	struct bench *b = *state;
	walk_in(b);
	bench_lost(b, K(GATE));
	is(b, "GATE_MISSING");
	referred(b, X(SYSTEM_MALFUNCTION));
	ended(b, OUTCOME(UNKNOWN));
}

/* Hardware that was described for another lane: told once, and nobody is let in. */
static void other_hardware(void **state)
{
	struct bench *b = *state;
	size_t events = records(b, RECORD(GATE_EVENT));
	b->sensed.topology = POSTERN__LANE_TOPOLOGY__TOPOLOGY_ONE_STEP;
	open_up(b);
	assert_int_equal(records(b, RECORD(GATE_EVENT)), events);
	b->sensed.topology = POSTERN__LANE_TOPOLOGY__TOPOLOGY_TWO_STEP;
	bench_sense(b);
	is(b, "FAULT_LOCKED");
	events = records(b, RECORD(GATE_EVENT));
	bench_sense(b);
	assert_int_equal(records(b, RECORD(GATE_EVENT)), events);
	assert_false(lane_ready(&b->lane));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_traveller, setup, teardown),
		cmocka_unit_test_setup_teardown(serves_while_it_invites, setup, teardown),
		cmocka_unit_test_setup_teardown(tailgater, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_shows_a_document, setup, teardown),
		cmocka_unit_test_setup_teardown(forgotten_document, setup, teardown),
		cmocka_unit_test_setup_teardown(refused_by_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(a_recorded_referral_stands, setup, teardown),
		cmocka_unit_test_setup_teardown(another_document, setup, teardown),
		cmocka_unit_test_setup_teardown(many_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(reader_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(gate_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(other_hardware, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
