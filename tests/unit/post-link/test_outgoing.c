/* SPDX-License-Identifier: Apache-2.0
 * The queue to the control post: what gives way, what does not, in which order, and the pauses between attempts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "outgoing.h"

enum { VIEW = 3, RECORD = 4, REPLY = 5 }; /* PostFrame's fields in core/schema/post.proto */

static void put(struct outgoing *o, unsigned field, uint8_t mark)
{
	assert_int_equal(outgoing_put(o, field, &mark, 1), PN_OK);
}

/* Expects one frame: the field's key, a length of one, the mark. */
static void expect(struct outgoing *o, unsigned field, uint8_t mark)
{
	struct outgoing_frame f;
	assert_true(outgoing_take(o, &f));
	assert_int_equal(f.size, 3);
	assert_int_equal(f.bytes[0], field << 3 | 2);
	assert_int_equal(f.bytes[1], 1);
	assert_int_equal(f.bytes[2], mark);
	free(f.bytes);
}

static void replies_then_the_view_then_records(void **state)
{
	struct outgoing o = { 0 };
	struct outgoing_frame f;
	(void)state;
	assert_false(outgoing_waits(&o));
	put(&o, RECORD, 1);
	put(&o, VIEW, 2);
	put(&o, REPLY, 3);
	put(&o, REPLY, 4);
	put(&o, VIEW, 5);
	put(&o, RECORD, 6);
	expect(&o, REPLY, 3);
	expect(&o, REPLY, 4);
	expect(&o, VIEW, 5); /* the older one has given way */
	expect(&o, RECORD, 1);
	assert_true(outgoing_waits(&o));
	expect(&o, RECORD, 6);
	assert_false(outgoing_take(&o, &f));
}

static void bounds(void **state)
{
	static const uint8_t large[POST_FRAME_MAX];
	struct outgoing o = { 0 };
	uint8_t mark = 0;
	(void)state;
	for (int i = 0; i < OUTGOING_REPLIES; i++)
		put(&o, REPLY, (uint8_t)i);
	assert_int_equal(outgoing_put(&o, REPLY, &mark, 1), PN_ELIMIT);
	for (int i = 0; i < OUTGOING_RECORDS + 10; i++)
		put(&o, RECORD, (uint8_t)i);
	assert_int_equal(o.dropped, 10);
	put(&o, VIEW, 9); /* has a place of its own */
	for (int i = 0; i < OUTGOING_REPLIES; i++)
		expect(&o, REPLY, (uint8_t)i);
	expect(&o, VIEW, 9);
	expect(&o, RECORD, 10); /* the ten oldest have gone */
	put(&o, REPLY, 1);      /* there is room again, at the ring's beginning */
	expect(&o, REPLY, 1);
	assert_int_equal(outgoing_put(&o, VIEW, large, sizeof large), PN_ELIMIT);
	assert_int_equal(outgoing_put(&o, 7, large, 1), PN_EINVAL); /* a gate asks for nothing */
	outgoing_clear(&o);
	assert_false(outgoing_waits(&o));
}

static void a_frame_is_what_the_schema_reads(void **state)
{
	Postern__LaneView v = POSTERN__LANE_VIEW__INIT;
	Postern__PostFrame *read;
	struct outgoing o = { 0 };
	struct outgoing_frame f;
	static uint8_t bytes[512];
	char state_name[301];
	(void)state;
	memset(state_name, 'A', 300); /* a length of two bytes */
	state_name[300] = '\0';
	v.gate = (char *)(uintptr_t) "lane-1";
	v.state = state_name;
	assert_int_equal(outgoing_put(&o, VIEW, bytes, postern__lane_view__pack(&v, bytes)), PN_OK);
	assert_true(outgoing_take(&o, &f));
	read = postern__post_frame__unpack(NULL, f.size, f.bytes);
	assert_non_null(read);
	assert_int_equal(read->body_case, POSTERN__POST_FRAME__BODY_VIEW);
	assert_string_equal(read->view->state, state_name);
	postern__post_frame__free_unpacked(read, NULL);
	free(f.bytes);
}

static void pauses(void **state)
{
	(void)state;
	/* the longest: 250, 500, 1000 ... 10000, and never more; the shortest 50 */
	static const uint32_t longest[] = { 250, 500, 1000, 2000, 4000, 8000, 10000, 10000 };
	for (unsigned n = 0; n < sizeof longest / sizeof longest[0]; n++) {
		assert_int_equal(outgoing_pause_ms(n, longest[n] - 50), longest[n]);
		assert_int_equal(outgoing_pause_ms(n, longest[n] - 49), 50);
		assert_int_equal(outgoing_pause_ms(n, 0), 50);
		assert_true(outgoing_pause_ms(n, UINT32_MAX) <= longest[n]);
	}
	assert_true(outgoing_pause_ms(1000000, UINT32_MAX) <= 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies_then_the_view_then_records),
		cmocka_unit_test(bounds),
		cmocka_unit_test(a_frame_is_what_the_schema_reads),
		cmocka_unit_test(pauses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
