/* SPDX-License-Identifier: Apache-2.0
 * What pairs of frames say, and which faces are of one place. Must never need a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/err.h"
#include "face/presence.h"

static void decides(void **state)
{
	static const struct {
		uint32_t with, without, decision;
		float score;
	} cases[] = {
		{0, 0, FACE_PAD_UNDETERMINED, 0},
		{1, 0, FACE_PAD_UNDETERMINED, 1}, /* one pair says nothing, whatever it shows */
		{0, 1, FACE_PAD_UNDETERMINED, 0},
		{2, 0, FACE_PAD_BONA_FIDE, 1},
		{1, 1, FACE_PAD_UNDETERMINED, 0.5F},
		{0, 2, FACE_PAD_ATTACK, 0},
		{2, 1, FACE_PAD_BONA_FIDE, 2.0F / 3},
		{1, 2, FACE_PAD_ATTACK, 1.0F / 3},
		{5, 3, FACE_PAD_UNDETERMINED, 0.625F},
		{6, 3, FACE_PAD_BONA_FIDE, 2.0F / 3},
		{3, 5, FACE_PAD_UNDETERMINED, 0.375F},
		{UINT32_MAX, UINT32_MAX, FACE_PAD_UNDETERMINED, 0.5F},
		{UINT32_MAX, 0, FACE_PAD_BONA_FIDE, 1},
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct face_presence p = {cases[i].with, cases[i].without};
		struct face_pad pad;
		memset(&pad, 0x5a, sizeof pad);
		face_presence_decide(&p, &pad);
		assert_int_equal(pad.decision, cases[i].decision);
		assert_true(fabsf(pad.score - cases[i].score) < 1e-6F);
		assert_int_equal(pad.level, FACE_PAD_HEURISTIC);
		assert_string_equal(pad.mechanism, "nir-presence/1");
		assert_string_equal(pad.certificate, "");
		assert_int_equal(pad.struct_size, sizeof pad);
	}
}

static void places(void **state)
{
	const struct face_place eye = {{240, 160, 400, 320}, 640, 480};
	/* Half the size of the picture, the same place; a quarter to the side is the most. */
	struct face_place i = {{120, 80, 200, 160}, 320, 240};
	(void)state;
	assert_true(face_presence_same(&eye, &i));
	i.box[0] += 79;
	i.box[2] += 79;
	assert_true(face_presence_same(&eye, &i));
	i.box[0] += 2;
	i.box[2] += 2;
	assert_false(face_presence_same(&eye, &i));
	/* Two and a half times as wide, or as narrow, is the most. */
	const struct face_place wide = {{60, 40, 260, 200}, 320, 240}, wider = {{59, 40, 261, 200}, 320, 240};
	assert_true(face_presence_same(&eye, &wide));
	assert_false(face_presence_same(&eye, &wider));
	assert_true(face_presence_same(&wide, &eye));
	assert_false(face_presence_same(&wider, &eye));
	/* What is no box is no face's place. */
	const struct face_place none = {{200, 80, 120, 160}, 320, 240}, nan = {{NAN, 80, 120, 160}, 320, 240}, flat = {{120, 80, 200, 160}, 0, 0};
	assert_false(face_presence_same(&eye, &none));
	assert_false(face_presence_same(&nan, &eye));
	assert_false(face_presence_same(&eye, &flat));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(decides), cmocka_unit_test(places)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
