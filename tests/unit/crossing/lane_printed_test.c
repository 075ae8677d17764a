/* SPDX-License-Identifier: Apache-2.0
 * A lane whose reader gives the portrait of the data page: it is asked while the document lies there, nothing waits for the answer, and an officer
 * is shown it beside the chip's after the record of that; never another document's, never a crossing later. Must never look into the lane.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "face_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define T(text) ((char *)(uintptr_t)(text))

static uint8_t another[32] = "hash of another page of a SECRET";

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct bench));
	return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;
	lane_wipe(&b->lane);
	free(b);
	return 0;
}

static struct bench *fresh(void **state, bool post, bool portraits)
{
	struct bench *b = *state;
	lane_wipe(&b->lane);
	bench_start_with_page(b, post, portraits, GATE_TWO_STEP);
	return b;
}

/* The chip cannot be read, so an officer is called. */
static void refer(struct bench *b)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ChipRead read = POSTERN__CHIP_READ__INIT;
	read.result = POSTERN__CHIP_RESULT__CHIP_NONE;
	read.step = T("chip.none");
	e.body_case = B(CHIP_READ);
	e.chip_read = &read;
	bench_answer_document(b, CHECK(SUCCESSFUL));
	bench_answer_lists(b, true);
	assert_int_equal(bench_message(b, K(CHIP_READER), bench_last(b, B(READ_CHIP))->query_id, &e), PN_OK);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_REFER);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT), true);
}

/* What the officer is shown of the page: hash NULL: nothing. */
static void shown(struct bench *b, const uint8_t *hash, bool by_reader)
{
	face_look(b, true);
	const struct bench_out *reply = bench_last(b, B(POST_REPLY)), *image = bench_last(b, B(PORTRAIT_IMAGE));
	assert_int_equal(reply->portraits, hash != NULL);
	assert_int_equal(reply->printed_by_reader, by_reader);
	assert_int_equal(bench_asked(b, B(PORTRAIT_IMAGE)), hash != NULL);
	if (hash == NULL)
		return;
	assert_int_equal(image->to, K(POST_LINK));
	assert_int_equal(image->source, POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED);
	assert_memory_equal(image->blob, hash, 32);
	assert_int_equal(image->blob_size, FACE_PAGE_BYTES);
}

static void an_officer_is_shown_it(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	const struct bench_out *q = bench_last(b, B(CUT_PORTRAIT));
	assert_non_null(q);
	assert_int_equal(q->to, K(READER));
	assert_string_equal(q->crossing, b->lane.crossing.id);
	assert_int_equal(face_cut(b, K(READER), q->query_id, CHECK(SUCCESSFUL), face_hash_page), PN_OK);
	refer(b);
	shown(b, face_hash_page, true);
}

/* Nobody has it shown whose look is not on record. */
static void not_without_the_record(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	assert_int_equal(face_cut(b, K(READER), face_page_query(b), CHECK(SUCCESSFUL), face_hash_page), PN_OK);
	refer(b);
	face_look(b, false);
	assert_int_equal(bench_asked(b, B(PORTRAIT_IMAGE)), 0);
	assert_int_equal(bench_last(b, B(POST_REPLY))->portraits, 0);
}

/* It comes late, after the officer has been called; the lane has not waited. */
static void nothing_waits_for_it(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	refer(b);
	assert_int_equal(face_cut(b, K(READER), face_page_query(b), CHECK(SUCCESSFUL), face_hash_page), PN_OK);
	shown(b, face_hash_page, true);
}

static void a_reader_without(void **state)
{
	struct bench *b = fresh(state, true, false);
	bench_present(b);
	assert_int_equal(bench_asked(b, B(CUT_PORTRAIT)), 0);
	refer(b);
	shown(b, NULL, false);
}

/* Who could be shown it is not there: it is not asked for. */
static void nobody_to_show_it_to(void **state)
{
	struct bench *b = fresh(state, false, true);
	bench_present(b);
	assert_int_equal(bench_asked(b, B(CUT_PORTRAIT)), 0);
}

static void none_came(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct bench *b = fresh(state, true, true);
		bench_present(b);
		const uint64_t q = face_page_query(b);
		if (i == 0) /* it says why not */
			assert_int_equal(face_cut(b, K(READER), q, CHECK(UNDETERMINED), NULL), PN_OK);
		else if (i == 1) /* a picture that it does not stand for is none */
			assert_int_equal(face_cut(b, K(READER), q, CHECK(UNDETERMINED), face_hash_page), PN_OK);
		else if (i == 2)
			assert_int_equal(face_cut(b, K(READER), q, CHECK(SUCCESSFUL), NULL), PN_OK);
		refer(b);
		if (i == 3) /* by its deadline */
			bench_wait(b, 6000);
		shown(b, NULL, true);
		assert_int_equal(face_cut(b, K(READER), q, CHECK(SUCCESSFUL), face_hash_page), PN_OK); /* too late: passed over */
		assert_int_equal(b->lane.crossing.printed_size, 0);
	}
}

/* Each of these costs the sender its life (PN_EDENIED), or changes nothing. */
static void hostile(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	const uint64_t q = face_page_query(b);
	assert_int_equal(face_cut(b, K(CAMERA), q, CHECK(SUCCESSFUL), another), PN_EDENIED);
	assert_int_equal(face_cut(b, K(DOCUMENT_CHECK), q, CHECK(SUCCESSFUL), another), PN_EDENIED);
	/* the answer to another question of the same crossing's */
	assert_int_equal(face_cut(b, K(READER), bench_last(b, B(CHECK_DOCUMENT))->query_id, CHECK(SUCCESSFUL), another), PN_EDENIED);
	assert_int_equal(face_cut(b, K(READER), q + 1000, CHECK(SUCCESSFUL), another), PN_OK); /* nobody asked */
	assert_int_equal(face_cut(b, K(READER), q, CHECK(SUCCESSFUL), face_hash_page), PN_OK);
	assert_int_equal(face_cut(b, K(READER), q, CHECK(SUCCESSFUL), another), PN_OK); /* twice */
	refer(b);
	shown(b, face_hash_page, true);
}

static void of_another_crossing(void **state)
{
	struct bench *b = fresh(state, true, true);
	uint8_t bytes[BUS_MESSAGE_MAX];
	size_t size = 0;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__PortraitCut a = POSTERN__PORTRAIT_CUT__INIT;
	struct arena arena;
	struct bus_message m;
	bench_present(b);
	a.result = CHECK(SUCCESSFUL);
	e.id = face_page_query(b);
	e.crossing_id = T("01ARZ3NDEKTSV4RRFFQ69G5FAV");
	e.blob_sha256 = (ProtobufCBinaryData){32, another};
	e.blob_size = FACE_PAGE_BYTES;
	e.body_case = B(PORTRAIT_CUT);
	e.portrait_cut = &a;
	assert_int_equal(bus_encode(&e, bytes, sizeof bytes, &size), PN_OK);
	void *memory = test_malloc(BUS_ARENA_SIZE);
	arena_init(&arena, memory, BUS_ARENA_SIZE);
	assert_int_equal(bus_decode(bytes, size, &arena, &m), PN_OK);
	struct lane_input in = {.kind = LANE_MESSAGE, .source = K(READER), .instance = "test", .message = &m};
	assert_int_equal(bench_input(b, &in), PN_EDENIED);
	test_free(memory);
	refer(b);
	shown(b, NULL, true);
}

/* Laid down instead of the one before: what comes of the first is not the second's. */
static void another_document(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	const uint64_t first = face_page_query(b);
	bench_remove(b);
	bench_present(b);
	assert_int_not_equal(face_page_query(b), first);
	assert_int_equal(face_cut(b, K(READER), first, CHECK(SUCCESSFUL), another), PN_OK);
	refer(b);
	shown(b, NULL, true);
}

/* The reader's process is gone, and comes back as one that gives none. */
static void a_reader_lost(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	bench_lost(b, K(READER));
	assert_int_equal(b->lane.crossing.printed_query, 0);
	b = fresh(state, true, true);
	bench_reader(b, true, false);
	bench_present(b);
	assert_int_equal(bench_asked(b, B(CUT_PORTRAIT)), 0);
}

static void gone_with_the_crossing(void **state)
{
	struct bench *b = fresh(state, true, true);
	bench_present(b);
	assert_int_equal(face_cut(b, K(READER), face_page_query(b), CHECK(SUCCESSFUL), face_hash_page), PN_OK);
	refer(b);
	face_send_back(b);
	bench_remove(b);
	bench_wait(b, 3000);
	assert_string_equal(bench_state(b), "IDLE");
	for (size_t i = 0; i + 6 < sizeof b->lane; i++)
		assert_memory_not_equal((const uint8_t *)&b->lane + i, "SECRET", 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_officer_is_shown_it),
		cmocka_unit_test(not_without_the_record),
		cmocka_unit_test(nothing_waits_for_it),
		cmocka_unit_test(a_reader_without),
		cmocka_unit_test(nobody_to_show_it_to),
		cmocka_unit_test(none_came),
		cmocka_unit_test(hostile),
		cmocka_unit_test(of_another_crossing),
		cmocka_unit_test(another_document),
		cmocka_unit_test(a_reader_lost),
		cmocka_unit_test(gone_with_the_crossing),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
