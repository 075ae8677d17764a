/* SPDX-License-Identifier: Apache-2.0
 * What simulated travellers do in a mantrap, whose entry stands open and whose reader is inside, and that before a two-step
 * lane they go on as they did. Must never let one do what a person who sees lamps and leaves would not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent.h"
#include "types.pb-c.h"

#define G(name) POSTERN__GUIDANCE__GUIDANCE_##name
#define TICK 10u

static const struct agent_pace pace = { .react_ms = 50, .walk_ms = 100, .hold_ms = 300, .patience_ms = 60000 };

struct scene {
	struct agent agent;
	struct agent_view view;
	struct agent_acts seen; /* everything done in the last stretch */
	int in_at_once;		/* the most who walked in at one look */
};

static void come(struct scene *s, enum traveller_kind kind, bool reader_inside)
{
	struct traveller who = { .kind = kind };
	memset(s, 0, sizeof *s);
	s->view = (struct agent_view){ .now_ms = 1000, .guidance = G(CLOSED) };
	agent_arrive(&s->agent, &who, reader_inside, s->view.now_ms, &pace);
}

/* Everything that is done in the next ms; outcome is the last. */
static void for_ms(struct scene *s, uint64_t ms)
{
	const uint64_t end = s->view.now_ms + ms;
	struct agent_acts a;
	memset(&s->seen, 0, sizeof s->seen);
	s->in_at_once = 0;
	while (s->view.now_ms < end) {
		s->view.now_ms += TICK;
		agent_step(&s->agent, &s->view, &pace, &a);
		s->seen.present_document |= a.present_document;
		s->seen.remove_document |= a.remove_document;
		s->seen.show_face |= a.show_face;
		s->seen.persons_in += a.persons_in;
		s->seen.persons_out += a.persons_out;
		s->seen.by_exit |= a.by_exit;
		if (a.turn_head) {
			s->seen.turn_head = true;
			s->seen.turn_degrees = a.turn_degrees;
		}
		s->seen.leave_object |= a.leave_object;
		s->in_at_once = a.persons_in > s->in_at_once ? a.persons_in : s->in_at_once;
		if (a.done) {
			s->seen.done = true;
			s->seen.outcome = a.outcome;
		}
	}
}

static void shown(struct scene *s, uint32_t guidance, bool entry, bool exit)
{
	s->view.guidance = guidance;
	s->view.entry_passable = entry;
	s->view.exit_passable = exit;
	for_ms(s, 1000);
}

static void a_citizen_walks_in_first_and_is_asked_inside(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_CITIZEN, true);
	shown(&s, G(PRESENT_DOCUMENT), false, false); /* not to whoever stands before a shut entry */
	assert_false(s.seen.present_document);
	shown(&s, G(CLOSED), true, false);
	assert_int_equal(s.seen.persons_in, 0);
	shown(&s, G(WALK_IN), true, false);
	assert_int_equal(s.seen.persons_in, 1);
	assert_false(s.seen.present_document);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_true(s.seen.present_document);
	assert_false(s.seen.remove_document);
	shown(&s, G(KEEP_DOCUMENT), false, false);
	assert_false(s.seen.remove_document || s.seen.present_document);
	shown(&s, G(TAKE_DOCUMENT), false, false);
	assert_true(s.seen.remove_document);
	shown(&s, G(LOOK_HERE), false, false);
	assert_false(s.seen.present_document || s.seen.done);
	shown(&s, G(WALK_OUT), false, true);
	assert_true(s.seen.by_exit);
	assert_int_equal(s.seen.persons_out, 1);
	assert_string_equal(s.seen.outcome, "passed");
}

static void asked_again_lays_it_down_again(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_CITIZEN, true);
	shown(&s, G(WALK_IN), true, false);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	shown(&s, G(TRY_AGAIN), false, false);
	assert_true(s.seen.remove_document && s.seen.present_document);
	shown(&s, G(TRY_AGAIN), false, false); /* and again, though nothing else was shown between */
	assert_true(s.seen.remove_document && s.seen.present_document);
	shown(&s, G(WAIT_OFFICER), false, false);
	assert_true(s.seen.remove_document);
	assert_false(s.seen.present_document);
	shown(&s, G(GO_BACK), true, false);
	assert_int_equal(s.seen.persons_out, 1);
	assert_false(s.seen.by_exit);
	assert_string_equal(s.seen.outcome, "returned");
}

static void pulls_it_away_once(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_PULLS_EARLY, true);
	shown(&s, G(WALK_IN), true, false);
	s.view = (struct agent_view){ .now_ms = s.view.now_ms, .guidance = G(PRESENT_DOCUMENT) };
	for_ms(&s, 2 * TICK);
	assert_true(s.seen.present_document);
	s.view.guidance = G(KEEP_DOCUMENT);
	for_ms(&s, 1000);
	assert_true(s.seen.remove_document);
	assert_false(s.seen.present_document);
	shown(&s, G(TRY_AGAIN), false, false);
	assert_true(s.seen.present_document);
	shown(&s, G(KEEP_DOCUMENT), false, false);
	assert_false(s.seen.remove_document);
}

static void two_come_in_one_behind_the_other_and_leave_together(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_TAILGATER, true);
	shown(&s, G(WALK_IN), true, false);
	assert_int_equal(s.seen.persons_in, 2);
	assert_int_equal(s.in_at_once, 1);
	shown(&s, G(ONE_PERSON), false, false);
	shown(&s, G(GO_BACK), true, false);
	assert_int_equal(s.seen.persons_out, 2);
}

static void who_is_too_late_to_slip_in_stays_outside(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_TAILGATER, true);
	s.view = (struct agent_view){ .now_ms = s.view.now_ms, .guidance = G(WALK_IN), .entry_passable = true };
	while (s.seen.persons_in == 0)
		for_ms(&s, TICK);
	shown(&s, G(WALK_IN), false, false);
	assert_int_equal(s.seen.persons_in, 0);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_true(s.seen.present_document);
	shown(&s, G(TAKE_DOCUMENT), false, false);
	shown(&s, G(WALK_OUT), false, true);
	assert_int_equal(s.seen.persons_out, 1);
}

static void who_never_walks_in_goes_away(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_NO_SHOW, true);
	shown(&s, G(WALK_IN), true, false);
	assert_int_equal(s.seen.persons_in, 0);
	assert_string_equal(s.seen.outcome, "no-show");
}

static void who_turns_round_lays_nothing_down(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_WALKS_BACK, true);
	shown(&s, G(WALK_IN), true, false);
	assert_string_equal(s.seen.outcome, "returned");
	come(&s, TRAVELLER_WALKS_BACK, true); /* the entry shuts before that */
	s.view = (struct agent_view){ .now_ms = s.view.now_ms, .guidance = G(WALK_IN), .entry_passable = true };
	while (s.seen.persons_in == 0)
		for_ms(&s, TICK);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_false(s.seen.present_document || s.seen.done);
	shown(&s, G(GO_BACK), true, false);
	assert_string_equal(s.seen.outcome, "returned");
}

static void before_a_two_step_lane_the_document_comes_first(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_TAILGATER, false);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_true(s.seen.present_document);
	shown(&s, G(TAKE_DOCUMENT), false, false);
	assert_true(s.seen.remove_document);
	shown(&s, G(WALK_IN), true, false);
	assert_int_equal(s.in_at_once, 2);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_false(s.seen.present_document);
}

/* Asked for a document, whoever shows the face alone waits to be known, and goes when nobody knows it. */
static void a_face_alone(void **state)
{
	struct scene s;
	(void)state;
	come(&s, TRAVELLER_FACE_ALONE, false);
	shown(&s, G(CLOSED), false, false);
	assert_false(s.seen.show_face);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_true(s.seen.show_face);
	shown(&s, G(LOOK_HERE), false, false);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	assert_false(s.seen.done || s.seen.present_document || s.seen.show_face);
	shown(&s, G(WALK_IN), true, false);
	assert_int_equal(s.seen.persons_in, 1);
	shown(&s, G(WALK_OUT), false, true);
	assert_string_equal(s.seen.outcome, "passed");
	come(&s, TRAVELLER_FACE_ALONE, false);
	shown(&s, G(PRESENT_DOCUMENT), false, false);
	for_ms(&s, pace.patience_ms + 100);
	assert_true(s.seen.done);
	assert_false(s.seen.present_document);
	assert_string_equal(s.seen.outcome, "sent-away");
}

/* The head follows the display, and comes back when it asks for something else; not that of who does not want to, and not outside. */
static void turns_the_head(void **state)
{
	static const enum traveller_kind kinds[] = {TRAVELLER_CITIZEN, TRAVELLER_PRINTED_FACE, TRAVELLER_HEAD_STILL};
	struct scene s;
	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const bool follows = kinds[i] != TRAVELLER_HEAD_STILL;
		come(&s, kinds[i], false);
		s.view.advice = POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT;
		shown(&s, G(PRESENT_DOCUMENT), false, false);
		shown(&s, G(WALK_IN), true, false);
		assert_int_equal(s.seen.persons_in, 1);
		assert_false(s.seen.turn_head);
		shown(&s, G(LOOK_HERE), false, false);
		assert_int_equal(s.seen.turn_head, follows);
		assert_true(!follows || s.seen.turn_degrees > 0);
		shown(&s, G(LOOK_HERE), false, false);
		assert_false(s.seen.turn_head); /* it is turned */
		s.view.advice = POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT;
		shown(&s, G(LOOK_HERE), false, false);
		assert_true(!follows || (s.seen.turn_head && s.seen.turn_degrees < 0));
		shown(&s, G(WAIT_OFFICER), false, false);
		assert_true(!follows || (s.seen.turn_head && s.seen.turn_degrees == 0));
		shown(&s, G(WALK_OUT), false, true);
		assert_string_equal(s.seen.outcome, "passed");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_citizen_walks_in_first_and_is_asked_inside),
		cmocka_unit_test(asked_again_lays_it_down_again),
		cmocka_unit_test(a_face_alone),
		cmocka_unit_test(turns_the_head),
		cmocka_unit_test(pulls_it_away_once),
		cmocka_unit_test(two_come_in_one_behind_the_other_and_leave_together),
		cmocka_unit_test(who_is_too_late_to_slip_in_stays_outside),
		cmocka_unit_test(who_never_walks_in_goes_away),
		cmocka_unit_test(who_turns_round_lays_nothing_down),
		cmocka_unit_test(before_a_two_step_lane_the_document_comes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
