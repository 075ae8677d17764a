/* SPDX-License-Identifier: Apache-2.0
 * A turn of the head that is asked for at random, on scenes that sim-camera draws: who follows is matched, and whoever does not, or
 * holds up something flat, is doubted. test_head_turns MODELS SIM_FACES [all]; exit status 77 where the build could not have the models.
 * Must never take a score of its own for expected.
 */
#include "scene_bench.h"

static struct scene_bench bench;

static int begin(void **state)
{
	*state = &bench;
	return scene_bench_begin(&bench);
}

static void expect_prompt(const Postern__FaceMatched *m, Postern__CheckResult pad, int32_t permille)
{
	assert_int_equal(m->pad, pad);
	assert_int_equal(scene_bench_check(m, "face.pad"), pad);
	assert_int_equal(m->pad_level, POSTERN__PAD_LEVEL__PAD_HEURISTIC);
	assert_string_equal(m->pad_mechanism, "prompt/1");
	assert_int_equal(m->pad_score_permille, permille);
}

/* Holders who turn as they are asked are matched, whichever sides are drawn; an impostor is not asked. */
static void head_turned(void **state)
{
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	unsigned passed = 0, tried = 0;
	struct scene_bench *b = *state;
	b->reacts = TURNS;
	for (b->stage.settings.head_turns = 1; b->stage.settings.head_turns <= 2; b->stage.settings.head_turns++)
		for (uint32_t i = 0; i < PEOPLE; i++)
			for (unsigned k = 0; k < 2; k++) {
				if (!b->all && (k != i % 2 || i != 2 - b->stage.settings.head_turns))
					continue;
				const struct scene own = {.condition = SCENE_WELL, .who = i, .other = i};
				b->lots = k == 0 ? 0 : UINT64_MAX;
				const unsigned times = scene_bench_ask(b, i, own, &m, &advice);
				print_message("%u, %s, %u turns: %s after %u questions\n", i, k == 0 ? "right" : "left", b->stage.settings.head_turns, m.cause, times);
				tried++;
				passed += m.result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
				if (m.result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL) {
					expect_prompt(&m, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL, 1000);
					assert_int_equal(b->turns_asked, b->stage.settings.head_turns);
				} else {
					assert_string_equal(m.cause, "face.not_turned");
				}
			}
	print_message("%u of %u\n", passed, tried);
	assert_int_equal(passed, tried);
	const struct scene other = {.condition = SCENE_WELL, .who = 0, .other = 1};
	scene_bench_ask(b, 1, other, &m, &advice);
	assert_string_equal(m.cause, "face.no_match");
	assert_int_equal(b->turns_asked, 0);
	assert_int_equal(m.pad, POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	b->stage.settings.head_turns = 0;
	b->reacts = STANDS_STILL;
}

/* What is no turn of the holder's head as it was asked for: doubted, and never called an attack. */
static void head_not_turned(void **state)
{
	static const struct {
		enum scene_condition condition;
		enum reaction reaction;
	} cases[] = {{SCENE_WELL, STANDS_STILL}, {SCENE_WELL, TURNS_ASTRAY}, {SCENE_WELL, IS_RELIEVED}, {SCENE_PRINT, STANDS_STILL}, {SCENE_PRINT, TURNS},
		{SCENE_SCREEN, TURNS}};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	b->stage.settings.head_turns = 1;
	b->step_ms = b->all ? STEP_MS : 3 * STEP_MS;
	for (size_t i = 0; i < PN_COUNT(cases); i++)
		for (uint32_t who = 0; who < PEOPLE; who++) {
			if (!b->all && (who != i || i % 2 != 0))
				continue;
			const struct scene scene = {.condition = cases[i].condition, .who = who, .other = (who + 1) % PEOPLE};
			b->lots = who % 2 == 0 ? 0 : UINT64_MAX;
			b->reacts = cases[i].reaction;
			scene_bench_ask(b, who, scene, &m, &advice);
			print_message("%zu, %u: %s, score %d, prompt %d\n", i, who, m.cause, m.score_permille, m.pad_score_permille);
			assert_int_not_equal(m.result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
			assert_true(b->turns_asked >= 1);
			if (cases[i].reaction == IS_RELIEVED)
				continue; /* or seen to be another */
			assert_string_equal(m.cause, "face.not_turned");
			assert_int_equal(m.result, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
			assert_true(m.scored && m.score_permille >= m.threshold_permille);
			expect_prompt(&m, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED, 0);
		}
	b->step_ms = 0;
	b->stage.settings.head_turns = 0;
	b->reacts = STANDS_STILL;
}

/* Whoever turns to one side whatever is asked passes when the lot has it so, and not when it has the other twice. */
static void always_the_same_side(void **state)
{
	static const struct {
		uint64_t lots;
		const char *cause;
	} cases[] = {{UINT64_MAX, ""}, {0, "face.not_turned"}};
	const struct scene own = {.condition = SCENE_WELL, .who = 4, .other = 4};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	b->stage.settings.head_turns = 1;
	b->reacts = TURNS_LEFT;
	for (size_t i = 0; i < (b->all ? PN_COUNT(cases) : 1); i++) {
		b->lots = cases[i].lots;
		scene_bench_ask(b, 4, own, &m, &advice);
		assert_string_equal(m.cause, cases[i].cause);
	}
	b->stage.settings.head_turns = 0;
	b->reacts = STANDS_STILL;
}

/* With near infrared as well both must be content; each says why not. */
static void both_heuristics(void **state)
{
	static const struct {
		enum scene_condition condition;
		enum reaction reaction;
		const char *cause;
		Postern__CheckResult pad;
	} cases[] = {{SCENE_WELL, TURNS, "", POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL},
		{SCENE_WELL, STANDS_STILL, "face.not_turned", POSTERN__CHECK_RESULT__CHECK_UNDETERMINED},
		{SCENE_NO_INFRARED, TURNS, "face.no_infrared", POSTERN__CHECK_RESULT__CHECK_UNDETERMINED},
		{SCENE_PRINT, TURNS, "face.suspicious", POSTERN__CHECK_RESULT__CHECK_FAILED}};
	Postern__FaceMatched m;
	Postern__FaceAdvice advice;
	struct scene_bench *b = *state;
	scene_bench_infrared(b, true, false, 0);
	b->stage.settings.head_turns = 1;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct scene scene = {.condition = cases[i].condition, .who = 3, .other = 3};
		b->reacts = cases[i].reaction;
		b->step_ms = b->reacts == STANDS_STILL ? 3 * STEP_MS : STEP_MS;
		scene_bench_ask(b, 3, scene, &m, &advice);
		assert_string_equal(m.cause, cases[i].cause);
		assert_int_equal(m.pad, cases[i].pad);
		/* who is doubted already is not asked */
		assert_string_equal(m.pad_mechanism, m.pad == POSTERN__CHECK_RESULT__CHECK_FAILED ? "nir-presence/1" : "nir-presence/1+prompt/1");
	}
	b->stage.settings.head_turns = 0;
	b->stage.settings.infrared = b->second_camera = false;
	b->reacts = STANDS_STILL;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(head_turned),
		cmocka_unit_test(head_not_turned),
		cmocka_unit_test(always_the_same_side),
		cmocka_unit_test(both_heuristics)};
	const int status = scene_bench_arguments(&bench, argc, argv);
	return status != 0 ? status : cmocka_run_group_tests(tests, begin, scene_bench_end);
}
