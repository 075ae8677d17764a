/* SPDX-License-Identifier: Apache-2.0
 * The plugin with a vendor's engine linked in for one slot, before the reference engine, which fills the others: each slot in turn; and what
 * attack detection must say before an unattended lane gets a match. test_vendor FOLDER. Must never let the vendor see more than face.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "face/engines.h"
#include "match_rig.h"
#include "vendor.h"

#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name

/* In the place of plugins/lib/face/engines.c. */
int face_engines_of(const struct face_folder *folder, const struct face_engine *out[FACE_ENGINES_MAX], size_t *count)
{
	(void)folder;
	out[0] = vendor_engine();
	out[1] = face_reference_engine();
	*count = 2;
	return PN_OK;
}

static struct rig *begin(uint32_t slot, const char *mode)
{
	vendor = (struct vendor){.slot = slot};
	struct rig *r = rig_begin(mode, 1000, 120);
	assert_int_equal(vendor.opened, 1);
	return r;
}

static void take(struct rig *r)
{
	char cause[40];
	assert_int_equal(rig_take(r->h, 1, r->file[0], r->size[0], cause), CHECK(SUCCESSFUL));
}

static Postern__FaceMatched *match(struct rig *r, uint64_t id)
{
	return rig_match(r->h, id, r->same, 3, r->films, sizeof r->films);
}

/* Whichever it is, the plugin works, it is asked, and the other slots are the reference engine's. */
static void one_slot(void **state)
{
	static const uint32_t slots[] = {FACE_QUALITY, FACE_MATCHER, FACE_PAD};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(slots); i++) {
		struct rig *r = begin(slots[i], "assisted");
		vendor.decision = FACE_PAD_BONA_FIDE;
		take(r);
		Postern__FaceMatched *a = match(r, 2);
		assert_int_equal(a->result, CHECK(SUCCESSFUL));
		assert_string_equal(a->engine, slots[i] == FACE_MATCHER ? "vendor one 7" : "postern reference 1");
		/* three frames, once before the comparison; or the reference, the frames, and comparisons between them */
		assert_true(vendor.calls >= (slots[i] == FACE_PAD ? 1 : 3));
		postern__face_matched__free_unpacked(a, NULL);
		rig_end(r);
		assert_int_equal(vendor.closed, 1);
	}
}

/* A detector that always sees one face: who looks away is found, and it is the reference engine that says no. */
static void a_detector(void **state)
{
	struct rig *r = begin(FACE_DETECTOR, "assisted");
	(void)state;
	take(r);
	rig_wall(r->films + RIG_FILM);
	Postern__FaceMatched *a = rig_match(r->h, 2, r->other, 3, r->films, sizeof r->films);
	assert_int_not_equal(a->result, CHECK(SUCCESSFUL));
	assert_string_not_equal(a->cause, "face.no_face");
	assert_int_equal(vendor.calls, 4);
	postern__face_matched__free_unpacked(a, NULL);
	rig_end(r);
}

/* An engine that fails is no match. */
static void failing(void **state)
{
	static const uint32_t slots[] = {FACE_DETECTOR, FACE_QUALITY, FACE_MATCHER};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(slots); i++) {
		struct rig *r = begin(slots[i], "assisted");
		take(r);
		vendor.fails = PN_EIO;
		Postern__FaceMatched *a = match(r, 2);
		assert_int_equal(a->result, CHECK(ABORTED));
		assert_string_equal(a->cause, "face.engine");
		postern__face_matched__free_unpacked(a, NULL);
		rig_end(r);
	}
}

/* Unattended the plugin starts with a slot for attack detection, and a match is one when that says bona fide and is certified. */
static void unattended(void **state)
{
	static const struct {
		uint32_t decision, level;
		int fails;
		Postern__CheckResult result, pad;
		const char *cause;
	} cases[] = {
		{FACE_PAD_BONA_FIDE, FACE_PAD_CERTIFIED, 0, CHECK(SUCCESSFUL), CHECK(SUCCESSFUL), ""},
		{FACE_PAD_BONA_FIDE, FACE_PAD_HEURISTIC, 0, CHECK(UNDETERMINED), CHECK(SUCCESSFUL), "face.no_pad"},
		{FACE_PAD_BONA_FIDE, FACE_PAD_NONE, 0, CHECK(UNDETERMINED), CHECK(SUCCESSFUL), "face.no_pad"},
		{FACE_PAD_BONA_FIDE, 77, 0, CHECK(UNDETERMINED), CHECK(SUCCESSFUL), "face.no_pad"},
		{FACE_PAD_UNDETERMINED, FACE_PAD_CERTIFIED, 0, CHECK(UNDETERMINED), CHECK(UNDETERMINED), "face.no_pad"},
		{77, FACE_PAD_CERTIFIED, 0, CHECK(UNDETERMINED), CHECK(UNDETERMINED), "face.no_pad"},
		{FACE_PAD_BONA_FIDE, FACE_PAD_CERTIFIED, PN_EIO, CHECK(UNDETERMINED), CHECK(UNDETERMINED), "face.no_pad"},
		{FACE_PAD_ATTACK, FACE_PAD_CERTIFIED, 0, CHECK(FAILED), CHECK(FAILED), "face.attack"},
		{FACE_PAD_ATTACK, FACE_PAD_NONE, 0, CHECK(FAILED), CHECK(FAILED), "face.attack"},
	};
	struct rig *r = begin(FACE_PAD, "unattended");
	(void)state;
	take(r);
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		vendor.decision = cases[i].decision;
		vendor.level = cases[i].level;
		vendor.fails = cases[i].fails;
		Postern__FaceMatched *a = match(r, 2 + i);
		assert_string_equal(a->cause, cases[i].cause);
		assert_int_equal(a->result, cases[i].result);
		assert_int_equal(a->pad, cases[i].pad);
		if (cases[i].fails == 0) {
			assert_int_equal(strlen(a->pad_mechanism), sizeof ((struct face_pad *)0)->mechanism - 1);
			assert_int_equal(strlen(a->pad_certificate), sizeof ((struct face_pad *)0)->certificate - 1);
			assert_int_equal(a->pad_score_permille, 750);
		}
		postern__face_matched__free_unpacked(a, NULL);
	}
	rig_end(r);
}

static int all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_slot),
		cmocka_unit_test(a_detector),
		cmocka_unit_test(failing),
		cmocka_unit_test(unattended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
	return rig_main(argc, argv, all);
}
