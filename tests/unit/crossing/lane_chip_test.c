/* SPDX-License-Identifier: Apache-2.0
 * A lane that reads chips: what is asked when, what each way of not reading one comes to, and that none of them is ever
 * clear. The rules say clear throughout: what refers here is the core's own demand. Must never look into the lane.
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
#define CR(name) POSTERN__CHIP_RESULT__CHIP_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	*state = b;
	if (b == NULL)
		return -1;
	bench_start_with_chips(b, true);
	return 0;
}

static int teardown(void **state)
{
	lane_wipe(&((struct bench *)*state)->lane);
	free(*state);
	return 0;
}

static uint8_t files[32] = "the hash of SECRET chip's files";

/* with_files: a blob travels beside it. */
static void answer_read(struct bench *b, Postern__ChipResult result, bool with_files)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ChipRead a = POSTERN__CHIP_READ__INIT;
	a.result = result;
	a.access = POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE;
	e.body_case = B(CHIP_READ);
	e.chip_read = &a;
	if (with_files) {
		e.blob_sha256.data = files;
		e.blob_sha256.len = sizeof files;
		e.blob_size = 20000;
	}
	assert_int_equal(bench_message(b, K(CHIP_READER), bench_last(b, B(READ_CHIP))->query_id, &e), PN_OK);
}

static void answer_inspection(struct bench *b, Postern__CheckResult overall)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ChipInspected a = POSTERN__CHIP_INSPECTED__INIT;
	Postern__Check good = POSTERN__CHECK__INIT, bad = POSTERN__CHECK__INIT, *list[] = { &good, &bad };
	good.name = (char *)(uintptr_t)"pa.sod";
	good.result = CHECK(SUCCESSFUL);
	bad.name = (char *)(uintptr_t)"pa.signer.revocation";
	bad.result = overall;
	bad.reason = (char *)(uintptr_t)"pa.revoked";
	a.checks = list;
	a.n_checks = 2;
	a.overall = overall;
	e.body_case = B(CHIP_INSPECTED);
	e.chip_inspected = &a;
	assert_int_equal(bench_message(b, K(DOCUMENT_CHECK), bench_last(b, B(INSPECT_CHIP))->query_id, &e), PN_OK);
}

/* Everything but the chip is well. */
static void rest_is_well(struct bench *b)
{
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, false);
}

static void refers(struct bench *b, Postern__ExceptionClass exception, const char *reason, const char *argument)
{
	assert_true(bench_asked(b, B(EVALUATE_RULES)));
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	const struct bench_out *v = bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT);
	assert_non_null(v);
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_equal(v->exception, exception);
	assert_string_equal(v->reason, reason);
	assert_string_equal(v->argument, argument);
	assert_true(v->personal);
	assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY));
}

static void asked_at_once_and_joined_at_the_end(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	assert_true(bench_asked(b, B(READ_CHIP)));
	assert_true(bench_asked(b, B(CHECK_DOCUMENT)));
	assert_int_equal(bench_last(b, B(READ_CHIP))->to, K(CHIP_READER));
	rest_is_well(b); /* lists do not wait for the chip */
	assert_false(bench_asked(b, B(EVALUATE_RULES)));
	answer_read(b, CR(READ), true);
	const struct bench_out *q = bench_last(b, B(INSPECT_CHIP));
	assert_non_null(q);
	assert_int_equal(q->to, K(DOCUMENT_CHECK));
	assert_memory_equal(q->blob, files, sizeof files);
	assert_int_equal(q->blob_size, 20000);
	assert_false(bench_asked(b, B(EVALUATE_RULES)));
	answer_inspection(b, CHECK(SUCCESSFUL));
	assert_true(bench_asked(b, B(EVALUATE_RULES)));
	assert_int_equal(bench_last(b, B(EVALUATE_RULES))->chip_result, CHECK(SUCCESSFUL));
	assert_string_equal(bench_last(b, B(EVALUATE_RULES))->chip_check, "pa.sod");
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	assert_string_equal(bench_state(b), "DOC_TAKE_BACK");
}

static void the_chip_may_come_first(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	answer_read(b, CR(READ), true);
	answer_inspection(b, CHECK(SUCCESSFUL));
	assert_false(bench_asked(b, B(EVALUATE_RULES)));
	rest_is_well(b);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	assert_string_equal(bench_state(b), "DOC_TAKE_BACK");
}

static void each_way_not_to_read(void **state)
{
	static const struct {
		Postern__ChipResult result;
		Postern__ExceptionClass exception;
		const char *reason;
	} ways[] = {
		{ CR(NONE), X(NON_EMRTD), "chip.none" },       { CR(REFUSED), X(CHIP_FAILURE), "chip.refused" },
		{ CR(TORN), X(CHIP_FAILURE), "chip.torn" },    { CR(LATE), X(CHIP_FAILURE), "chip.late" },
		{ CR(ERROR), X(CHIP_FAILURE), "chip.error" },  { POSTERN__CHIP_RESULT__CHIP_RESULT_UNSPECIFIED, X(CHIP_FAILURE), "chip.error" },
		{ CR(READ), X(CHIP_FAILURE), "chip.error" }, /* it says so, and brings no files */
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(ways); i++) {
		struct bench *b = calloc(1, sizeof *b);
		assert_non_null(b);
		bench_start_with_chips(b, true);
		bench_present(b);
		rest_is_well(b);
		answer_read(b, ways[i].result, false);
		assert_false(bench_asked(b, B(INSPECT_CHIP)));
		assert_int_equal(bench_last(b, B(EVALUATE_RULES))->chip_result, CHECK(UNDETERMINED));
		assert_string_equal(bench_last(b, B(EVALUATE_RULES))->chip_check, "chip.read");
		refers(b, ways[i].exception, "chip.read", ways[i].reason);
		assert_string_equal(bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT)->chip_check, "chip.read");
		lane_wipe(&b->lane);
		free(b);
	}
}

/* A copy of a chip ends the reading by its failed proof: that is what the officer must be told. */
static void a_proof_that_failed(void **state)
{
	static const char *const names[] = { "chip.cam", "chip.ca", "chip.aa" };
	(void)state;
	for (size_t i = 0; i < PN_COUNT(names); i++) {
		struct bench *b = NULL;
		assert_int_equal(setup((void **)&b), 0);
		Postern__Envelope e = POSTERN__ENVELOPE__INIT;
		Postern__ChipRead a = POSTERN__CHIP_READ__INIT;
		Postern__ChipProof failed = POSTERN__CHIP_PROOF__INIT, open = POSTERN__CHIP_PROOF__INIT;
		failed.result = CHECK(FAILED);
		open.result = CHECK(UNDETERMINED);
		a.result = CR(ERROR);
		a.mapping = i == 0 ? &failed : &open;
		a.chip_authentication = i == 1 ? &failed : &open;
		a.active_authentication = i == 2 ? &failed : &open;
		e.body_case = B(CHIP_READ);
		e.chip_read = &a;
		bench_present(b);
		rest_is_well(b);
		assert_int_equal(bench_message(b, K(CHIP_READER), bench_last(b, B(READ_CHIP))->query_id, &e), PN_OK);
		assert_int_equal(bench_last(b, B(EVALUATE_RULES))->chip_result, CHECK(FAILED));
		assert_string_equal(bench_last(b, B(EVALUATE_RULES))->chip_check, names[i]);
		refers(b, X(DOCUMENT_CHECK_FAILURE), names[i], "chip.proof_refuted");
		assert_int_equal(teardown((void **)&b), 0);
	}
}

static void each_result_of_inspection(void **state)
{
	static const Postern__CheckResult results[] = { CHECK(FAILED), CHECK(UNDETERMINED), CHECK(ABORTED) };
	(void)state;
	for (size_t i = 0; i < PN_COUNT(results); i++) {
		struct bench *b = calloc(1, sizeof *b);
		assert_non_null(b);
		bench_start_with_chips(b, true);
		bench_present(b);
		rest_is_well(b);
		answer_read(b, CR(READ), true);
		answer_inspection(b, results[i]);
		refers(b, X(DOCUMENT_CHECK_FAILURE), "pa.signer.revocation", "pa.revoked");
		lane_wipe(&b->lane);
		free(b);
	}
}

static void a_result_without_a_bad_check_is_no_good_one(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	rest_is_well(b);
	answer_read(b, CR(READ), true);
	answer_inspection(b, CHECK(NOT_PERFORMED));
	refers(b, X(DOCUMENT_CHECK_FAILURE), "chip.inspection", "");
}

static void a_reader_that_dies(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	rest_is_well(b);
	bench_lost(b, K(CHIP_READER));
	assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
	assert_int_equal(bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT)->verdict, POSTERN__VERDICT__VERDICT_REFER);
}

static void a_reader_that_never_answers(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	rest_is_well(b);
	bench_wait(b, 11500);
	assert_string_equal(bench_state(b), "ELIGIBILITY"); /* it has the time that the schema gives it */
	for (int i = 0; i < 10 && !bench_asked(b, B(EVALUATE_RULES)); i++)
		bench_wait(b, 100);
	refers(b, X(SYSTEM_MALFUNCTION), "chip.read", "chip.no_answer");
}

static void an_inspection_that_never_comes(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	rest_is_well(b);
	answer_read(b, CR(READ), true);
	for (int i = 0; i < 30 && !bench_asked(b, B(EVALUATE_RULES)); i++)
		bench_wait(b, 100);
	refers(b, X(SYSTEM_MALFUNCTION), "chip.inspection", "chip.no_answer");
}

static void nobody_is_served_before_it_is_there(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	(void)state;
	assert_non_null(b);
	bench_start_with_chips(b, false);
	bench_present(b);
	assert_false(b->lane.crossing.active);
	assert_false(bench_asked(b, B(CHECK_DOCUMENT)));
	free(b);
}

/* The plugin is there, its device is not. */
static void nobody_is_served_without_its_device(void **state)
{
	struct bench *b = *state;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ReaderStatus s = POSTERN__READER_STATUS__INIT;
	e.body_case = B(READER_STATUS);
	e.reader_status = &s;
	assert_int_equal(bench_message(b, K(CHIP_READER), 0, &e), PN_OK);
	bench_present(b);
	assert_false(b->lane.crossing.active);
	bench_remove(b);
	s.ready = true;
	assert_int_equal(bench_message(b, K(CHIP_READER), 0, &e), PN_OK);
	bench_present(b);
	assert_true(b->lane.crossing.active);
}

static void what_comes_late_changes_nothing(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DocumentChecked nothing = POSTERN__DOCUMENT_CHECKED__INIT;
	e.body_case = B(DOCUMENT_CHECKED);
	e.document_checked = &nothing; /* no document: nothing to ask lists or rules about */
	assert_int_equal(bench_message(b, K(DOCUMENT_CHECK), bench_last(b, B(CHECK_DOCUMENT))->query_id, &e), PN_OK);
	assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
	answer_read(b, CR(READ), true);
	assert_false(bench_asked(b, B(INSPECT_CHIP)));
	assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
}

static void progress_is_shown_while_the_document_lies_there(void **state)
{
	struct bench *b = *state;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ChipProgress p = POSTERN__CHIP_PROGRESS__INIT;
	p.permille = 700;
	e.body_case = B(CHIP_PROGRESS);
	e.chip_progress = &p;
	bench_present(b);
	assert_int_equal(bench_message(b, K(CHIP_READER), 0, &e), PN_OK);
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->guidance, POSTERN__GUIDANCE__GUIDANCE_KEEP_DOCUMENT);
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->permille, 700);
	p.permille = UINT32_MAX;
	assert_int_equal(bench_message(b, K(CHIP_READER), 0, &e), PN_OK);
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->permille, 1000);
	rest_is_well(b);
	answer_read(b, CR(READ), true);
	answer_inspection(b, CHECK(SUCCESSFUL));
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	size_t before = b->count;
	assert_int_equal(bench_message(b, K(CHIP_READER), 0, &e), PN_OK);
	assert_int_equal(b->count, before);
	assert_int_equal(bench_last(b, B(SHOW_GUIDANCE))->permille, 0);
}

static void taken_away_while_it_is_read(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	rest_is_well(b);
	bench_remove(b);
	assert_false(b->lane.crossing.active);
	const unsigned char *lane = (const unsigned char *)&b->lane;
	for (size_t i = 0; i + 6 <= sizeof b->lane; i++)
		assert_true(memcmp(lane + i, "SECRET", 6) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(asked_at_once_and_joined_at_the_end),
		T(the_chip_may_come_first),
		cmocka_unit_test(each_way_not_to_read),
		cmocka_unit_test(a_proof_that_failed),
		cmocka_unit_test(each_result_of_inspection),
		T(a_result_without_a_bad_check_is_no_good_one),
		T(a_reader_that_dies),
		T(a_reader_that_never_answers),
		T(an_inspection_that_never_comes),
		cmocka_unit_test(nobody_is_served_before_it_is_there),
		T(nobody_is_served_without_its_device),
		T(what_comes_late_changes_nothing),
		T(progress_is_shown_while_the_document_lies_there),
		T(taken_away_while_it_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
