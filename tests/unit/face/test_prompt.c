/* SPDX-License-Identifier: Apache-2.0
 * What is asked and what counts as doing it: examples, then every short sequence of frames and lots, judged by properties that know
 * nothing of the states. Must never need a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "face/prompt.h"

enum { ROUND_MS = 500 };
static const float held = -7; /* nobody's portrait is quite straight */

static void frames(struct face_prompt *p, float yaw, bool same, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		face_prompt_see(p, yaw, same);
}

static void expect(const struct face_prompt *p, enum face_pad_decision decision, float score)
{
	struct face_pad pad;
	memset(&pad, 0x5a, sizeof pad);
	face_prompt_decide(p, &pad);
	assert_int_equal(pad.decision, decision);
	assert_true(fabsf(pad.score - score) < 1e-6F);
	assert_int_equal(pad.level, FACE_PAD_HEURISTIC);
	assert_string_equal(pad.mechanism, "prompt/1");
	assert_string_equal(pad.certificate, "");
	assert_int_equal(pad.struct_size, sizeof pad);
}

static void as_asked(void **state)
{
	struct face_prompt p = {0};
	(void)state;
	expect(&p, FACE_PAD_UNDETERMINED, 0);
	assert_int_equal(face_prompt_next(&p, 0, true), FACE_PROMPT_REST);
	face_prompt_begin(&p, 2, held, 1000, true);
	assert_int_equal(p.side, FACE_LEFT);
	frames(&p, held + FACE_PROMPT_TURN_DEGREES, true, 2);
	assert_int_equal(face_prompt_next(&p, 2000, true), FACE_PROMPT_ASKS);
	assert_int_equal(p.side, FACE_AHEAD);
	expect(&p, FACE_PAD_UNDETERMINED, 0.5F);
	frames(&p, held + FACE_PROMPT_AHEAD_DEGREES, true, 1);
	assert_int_equal(face_prompt_next(&p, 2500, false), FACE_PROMPT_ASKS);
	assert_int_equal(p.side, FACE_RIGHT);
	frames(&p, held - 25, true, 2);
	assert_int_equal(face_prompt_next(&p, 3000, false), FACE_PROMPT_ASKS);
	expect(&p, FACE_PAD_UNDETERMINED, 1); /* and not yet back */
	frames(&p, held, true, 1);
	assert_int_equal(face_prompt_next(&p, 3500, false), FACE_PROMPT_DONE);
	expect(&p, FACE_PAD_BONA_FIDE, 1);
	frames(&p, held - 40, false, 9);
	assert_int_equal(face_prompt_next(&p, 90000, false), FACE_PROMPT_DONE);
}

/* Each of them for as long as there is time, with frames enough to notice it if it counted. */
static void what_does_not_count(void **state)
{
	static const struct {
		float yaw;
		bool same;
		unsigned count;
	} cases[] = {
		{0, true, 5},						  /* held still */
		{FACE_PROMPT_TURN_DEGREES - 0.5F, true, 5},		  /* not far enough */
		{30, false, 5},						  /* another's turn */
		{30, true, 1},						  /* one frame */
		{-FACE_PROMPT_TURN_DEGREES + 0.5F, true, 5},		  /* a little the other way */
		{NAN, true, 5}, {INFINITY, true, 5}, {-INFINITY, true, 5}, /* not measured */
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct face_prompt p;
		face_prompt_begin(&p, 1, held, 0, true);
		frames(&p, held + cases[i].yaw, cases[i].same, cases[i].count);
		assert_int_equal(face_prompt_next(&p, FACE_PROMPT_MS - 1, true), FACE_PROMPT_ASKS);
		assert_int_equal(p.side, FACE_LEFT);
		assert_int_equal(face_prompt_next(&p, FACE_PROMPT_MS, true), FACE_PROMPT_FAILED);
		expect(&p, FACE_PAD_UNDETERMINED, 0);
	}
}

/* The other side is forgiven once, and asked for anew by another lot; a clock that runs backwards is no more time. */
static void mistakes(void **state)
{
	struct face_prompt p;
	(void)state;
	face_prompt_begin(&p, 1, held, 0, false);
	frames(&p, held + 20, false, 2);
	assert_int_equal(face_prompt_next(&p, 500, true), FACE_PROMPT_ASKS);
	assert_int_equal(p.side, FACE_AHEAD);
	frames(&p, held, false, 3);
	assert_int_equal(face_prompt_next(&p, 1000, true), FACE_PROMPT_ASKS);
	assert_int_equal(p.side, FACE_AHEAD); /* who came back is another */
	frames(&p, held, true, 1);
	assert_int_equal(face_prompt_next(&p, 1500, true), FACE_PROMPT_ASKS);
	assert_int_equal(p.side, FACE_LEFT);
	frames(&p, held - 20, true, 2);
	assert_int_equal(face_prompt_next(&p, 2000, true), FACE_PROMPT_FAILED);
	face_prompt_begin(&p, 1, held, 5000, false);
	assert_int_equal(face_prompt_next(&p, 4999, false), FACE_PROMPT_FAILED);
}

/* Of a sequence, what a bystander with a notebook would write down. */
struct notes {
	unsigned turned_as_asked, asked; /* same person's frames to the side asked for, rounds in which something was asked */
	bool last_ahead;		 /* the last round with a frame: the same person, ahead */
};

enum { KINDS = 7, LOTS = 2, ROUNDS = 6 };

static void round_of(struct face_prompt *p, unsigned kind, struct notes *n)
{
	static const struct {
		float turn;
		bool same;
	} kinds[KINDS] = {{0, true}, {20, true}, {-20, true}, {0, false}, {20, false}, {-20, false}, {NAN, true}};
	const float to_the_side = p->side == FACE_LEFT ? kinds[kind].turn : -kinds[kind].turn;
	if (p->state == FACE_PROMPT_ASKS && p->side != FACE_AHEAD && kinds[kind].same && to_the_side > 0)
		n->turned_as_asked += 2;
	n->asked += p->state == FACE_PROMPT_ASKS;
	if (p->state == FACE_PROMPT_ASKS)
		n->last_ahead = kinds[kind].same && kinds[kind].turn == 0;
	frames(p, held + kinds[kind].turn, kinds[kind].same, 2);
}

static void all_short_sequences(void **state)
{
	unsigned long long total = 1, done = 0, failed = 0;
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++)
		total *= (unsigned long long)KINDS * LOTS;
	for (unsigned wanted = 1; wanted <= 2; wanted++)
		for (unsigned long long code = 0; code < total; code++) {
			struct face_prompt p;
			struct notes n = {0};
			unsigned long long rest = code;
			face_prompt_begin(&p, wanted, held, 0, (code & 1) != 0);
			for (unsigned r = 1; r <= ROUNDS && p.state == FACE_PROMPT_ASKS; r++) {
				round_of(&p, (unsigned)(rest % KINDS), &n);
				rest /= KINDS;
				face_prompt_next(&p, r * ROUND_MS, rest % LOTS != 0);
				rest /= LOTS;
			}
			if (p.state == FACE_PROMPT_DONE && (n.turned_as_asked < 2 * wanted || !n.last_ahead || n.asked < 2 * wanted))
				fail_msg("sequence %llu passes", code);
			assert_true(p.done <= wanted && p.mistakes <= FACE_PROMPT_MISTAKES + 1);
			done += p.state == FACE_PROMPT_DONE;
			failed += p.state == FACE_PROMPT_FAILED;
		}
	print_message("%llu sequences, %llu done, %llu failed\n", 2 * total, done, failed);
	assert_true(done > 0 && failed > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(as_asked), cmocka_unit_test(what_does_not_count), cmocka_unit_test(mistakes),
		cmocka_unit_test(all_short_sequences)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
