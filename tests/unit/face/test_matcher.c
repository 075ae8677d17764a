/* SPDX-License-Identifier: Apache-2.0
 * The host's side: slots of several engines, limits, fusion, and engines that misbehave. The
 * engines are doubles. Must never need a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "face/matcher.h"

/* One byte is a template, and also what the frame's first pixel says. */
struct state {
	unsigned opened, closed, faces, room;
	uint32_t size;
	bool no_number;
};
static struct state at;

static int d_open(const struct face_opening *o, void **self)
{
	(void)o;
	at.opened++;
	*self = &at;
	return PN_OK;
}

static int d_refuses(const struct face_opening *o, void **self)
{
	(void)o;
	*self = NULL;
	return PN_ENOTFOUND;
}

static void d_close(void *self)
{
	((struct state *)self)->closed++;
}

static int d_detect(void *self, const struct face_frame *f, struct face_found *faces, uint32_t room,
	uint32_t *count)
{
	(void)f;
	memset(faces, 0, room * sizeof *faces);
	*count = ((struct state *)self)->faces;
	return PN_OK;
}

static int d_extract(void *self, const struct face_frame *f, const struct face_found *face,
	uint8_t *templ, uint32_t *size)
{
	(void)face;
	assert_true(*size >= 1);
	templ[0] = f->pixels[0];
	*size = ((struct state *)self)->size;
	return PN_OK;
}

static int d_compare(void *self, const uint8_t *a, uint32_t a_size, const uint8_t *b,
	uint32_t b_size, float *score)
{
	assert_int_equal(a_size + b_size, 2);
	*score = ((struct state *)self)->no_number ? NAN : (float)(a[0] - b[0]);
	return PN_OK;
}

/* the largest */
static int d_fuse(
	void *self, const uint8_t *const *templates, uint32_t count, uint32_t size, uint8_t *out)
{
	(void)self;
	assert_int_equal(size, 1);
	out[0] = 0;
	for (uint32_t i = 0; i < count; i++)
		out[0] = templates[i][0] > out[0] ? templates[i][0] : out[0];
	return PN_OK;
}

static struct face_engine double_of(uint32_t slots)
{
	return (struct face_engine){.struct_size = sizeof(struct face_engine),
		.abi = FACE_ABI,
		.slots = slots,
		.template_max = 1,
		.open = d_open,
		.close = d_close,
		.detect = d_detect,
		.extract = d_extract,
		.compare = d_compare};
}

static int begin(void **state)
{
	(void)state;
	at = (struct state){.faces = 1, .size = 1};
	return 0;
}

static void slots(void **state)
{
	const struct face_engine one = double_of(FACE_DETECTOR),
				 two = double_of(FACE_DETECTOR | FACE_MATCHER),
				 third = double_of(FACE_DETECTOR);
	const struct face_engine *both[] = {&one, &two, &third};
	const struct face_opening o = {.struct_size = sizeof o};
	struct face_matcher m;
	(void)state;
	assert_int_equal(face_matcher_open(both, 3, &o, &m), PN_OK);
	assert_ptr_equal(m.engine[0], &one);
	assert_ptr_equal(m.engine[2], &two);
	assert_null(m.engine[1]);
	assert_int_equal(at.opened, 2); /* the third fills nothing */
	face_matcher_close(&m);
	assert_int_equal(at.closed, 2);
	assert_int_equal(face_matcher_open(both, 1, &o, &m), PN_EUNSUPPORTED); /* nobody matches */
	assert_int_equal(at.closed, 3);
}

static void engines_that_do_not_fit(void **state)
{
	struct face_engine e[5];
	const struct face_opening o = {.struct_size = sizeof o};
	struct face_matcher m;
	(void)state;
	for (unsigned i = 0; i < 5; i++)
		e[i] = double_of(FACE_DETECTOR | FACE_MATCHER);
	e[0].abi = FACE_ABI + 1;
	e[1].struct_size = FACE_ENGINE_LEAST - 1;
	e[2].template_max = FACE_TEMPLATE_MAX + 1;
	e[3].open = d_refuses;
	for (unsigned i = 0; i < 4; i++) {
		const struct face_engine *one = &e[i];
		assert_int_equal(face_matcher_open(&one, 1, &o, &m),
			i == 3 ? PN_ENOTFOUND : PN_EUNSUPPORTED);
		assert_null(m.engine[0]);
	}
	assert_int_equal(at.opened, 0);
}

/* A slot without its functions is none that could be called. */
static void slots_without_functions(void **state)
{
	const struct face_opening o = {.struct_size = sizeof o};
	struct face_matcher m;
	(void)state;
	for (unsigned i = 0; i < 7; i++) {
		struct face_engine e = double_of(FACE_DETECTOR | FACE_MATCHER);
		const struct face_engine *one = &e;
		if (i == 0)
			e.detect = NULL;
		else if (i == 1)
			e.extract = NULL;
		else if (i == 2)
			e.compare = NULL;
		else if (i == 3)
			e.open = NULL;
		else if (i == 4)
			e.close = NULL;
		else
			e.slots |= i == 5 ? FACE_QUALITY : FACE_PAD;
		assert_int_equal(face_matcher_open(&one, 1, &o, &m), PN_EUNSUPPORTED);
	}
	assert_int_equal(at.opened, 0);
}

/* What engines were built against: within FACE_ABI 1 members come at the end alone. Of processors with pointers of 64 bits. */
static void layout(void **state)
{
	(void)state;
	assert_int_equal(FACE_ABI, 1);
	if (sizeof(void *) != 8)
		skip();
	assert_int_equal(offsetof(struct face_frame, stride), 12);
	assert_int_equal(offsetof(struct face_frame, time_ns), 24);
	assert_int_equal(offsetof(struct face_frame, pixels), 32);
	assert_int_equal(offsetof(struct face_found, points), 16);
	assert_int_equal(offsetof(struct face_found, angles), 56);
	assert_int_equal(offsetof(struct face_found, score), 68);
	assert_int_equal(sizeof(struct face_found), 72);
	assert_int_equal(offsetof(struct face_quality, faces), 4);
	assert_int_equal(offsetof(struct face_quality, mouth_closed), 40);
	assert_int_equal(offsetof(struct face_pad, score), 12);
	assert_int_equal(offsetof(struct face_pad, mechanism), 16);
	assert_int_equal(offsetof(struct face_pad, certificate), 48);
	assert_int_equal(sizeof(struct face_file), 24);
	assert_int_equal(offsetof(struct face_opening, files), 8);
	assert_int_equal(offsetof(struct face_opening, folder), 16);
	assert_int_equal(offsetof(struct face_engine, vendor), 8);
	assert_int_equal(offsetof(struct face_engine, template_format), 32);
	assert_int_equal(offsetof(struct face_engine, slots), 40);
	assert_int_equal(offsetof(struct face_engine, template_max), 44);
	assert_int_equal(offsetof(struct face_engine, open), 48);
	assert_int_equal(offsetof(struct face_engine, close), 56);
	assert_int_equal(offsetof(struct face_engine, detect), 64);
	assert_int_equal(offsetof(struct face_engine, quality), 72);
	assert_int_equal(offsetof(struct face_engine, extract), 80);
	assert_int_equal(offsetof(struct face_engine, fuse), 88);
	assert_int_equal(offsetof(struct face_engine, compare), 96);
	assert_int_equal(offsetof(struct face_engine, pad), 104);
	assert_int_equal(FACE_ENGINE_LEAST, 112);
	assert_true(FACE_DETECTOR == 1 && FACE_QUALITY == 2 && FACE_MATCHER == 4 && FACE_PAD == 8);
	assert_true(FACE_RGB24 == 1 && FACE_GREY8 == 2 && FACE_NIR8 == 3 && FACE_DEPTH16 == 4);
	assert_true(FACE_PAD_BONA_FIDE == 1 && FACE_PAD_ATTACK == 2 && FACE_PAD_HEURISTIC == 1 && FACE_PAD_CERTIFIED == 2);
}

static struct face_capture take(struct face_matcher *m, uint8_t value)
{
	const struct face_frame f = {.struct_size = sizeof f,
		.width = 1,
		.height = 1,
		.stride = 1,
		.format = FACE_GREY8,
		.pixels = &value};
	struct face_capture c;
	assert_int_equal(face_matcher_capture(m, &f, &face_limits_default, &c), PN_OK);
	return c;
}

static void scores(void **state)
{
	struct face_engine e = double_of(FACE_DETECTOR | FACE_MATCHER);
	const struct face_engine *one = &e;
	const struct face_opening o = {.struct_size = sizeof o};
	struct face_matcher m;
	float score;
	(void)state;
	assert_int_equal(face_matcher_open(&one, 1, &o, &m), PN_OK);
	const struct face_capture reference = take(&m, 100), a = take(&m, 1), b = take(&m, 9),
				  c = take(&m, 4), none = {0};
	const struct face_capture *probes[] = {&a, &b, &c, &none};
	/* Nothing is measured: nothing is good enough. */
	assert_int_equal(a.faults, FACE_NOT_ASSESSED);
	assert_int_equal(face_matcher_score(&m, &reference, probes, 3, &score), PN_OK);
	assert_true(score == 96.0F); /* of 91, 96 and 99 */
	assert_int_equal(face_matcher_score(&m, &reference, probes, 2, &score), PN_OK);
	assert_true(score == 91.0F); /* of two the lower */
	e.fuse = d_fuse;
	assert_int_equal(face_matcher_score(&m, &reference, probes, 3, &score), PN_OK);
	assert_true(score == 91.0F);
	assert_int_equal(face_matcher_score(&m, &reference, probes, 4, &score), PN_EINVAL);
	assert_int_equal(face_matcher_score(&m, &reference, probes, 0, &score), PN_EINVAL);
	assert_int_equal(
		face_matcher_score(&m, &reference, probes, FACE_PROBES_MAX + 1, &score), PN_EINVAL);
	assert_int_equal(face_matcher_score(&m, &none, probes, 1, &score), PN_EINVAL);
	at.no_number = true;
	assert_int_equal(face_matcher_score(&m, &reference, probes, 1, &score), PN_EFORMAT);
	face_matcher_close(&m);
}

static void captures(void **state)
{
	const struct face_engine e = double_of(FACE_DETECTOR | FACE_MATCHER);
	const struct face_engine *one = &e;
	const struct face_opening o = {.struct_size = sizeof o};
	const uint8_t pixel = 7;
	const struct face_frame f = {.struct_size = sizeof f,
		.width = 1,
		.height = 1,
		.stride = 1,
		.format = FACE_GREY8,
		.pixels = &pixel};
	struct face_capture c;
	struct face_matcher m;
	(void)state;
	assert_int_equal(face_matcher_open(&one, 1, &o, &m), PN_OK);
	at.faces = 0;
	c = take(&m, 3);
	assert_int_equal(c.faults, FACE_NO_FACE);
	assert_int_equal(c.size, 0);
	at.faces = 2;
	assert_int_equal(take(&m, 3).faults, FACE_SEVERAL | FACE_NOT_ASSESSED);
	at.faces = 1000; /* more than it was given room for */
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &c), PN_EFORMAT);
	at.faces = 1;
	at.size = 2; /* more than it said it would give */
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &c), PN_EFORMAT);
	assert_int_equal(c.templ[0], 0);
	at.size = 0;
	assert_int_equal(face_matcher_capture(&m, &f, NULL, &c), PN_EFORMAT);
	face_matcher_close(&m);
}

static void limits(void **state)
{
	static const struct {
		float yaw, pitch, roll, eyes, sharp, bright, clipped;
		uint32_t faces, faults;
	} cases[] = {
		{0, 0, 0, 90, 50, 0.5F, 0, 1, 0},
		{-21, 0, 0, 90, 50, 0.5F, 0, 1, FACE_TURNED},
		{0, 21, 0, 90, 50, 0.5F, 0, 1, FACE_TURNED},
		{0, 0, -16, 90, 50, 0.5F, 0, 1, FACE_TURNED},
		{0, 0, 0, 59, 50, 0.5F, 0, 1, FACE_SMALL},
		{0, 0, 0, 90, 9, 0.5F, 0, 1, FACE_BLURRED},
		{0, 0, 0, 90, 50, 0.1F, 0, 1, FACE_DARK},
		{0, 0, 0, 90, 50, 0.9F, 0.5F, 1, FACE_BRIGHT | FACE_CLIPPED},
		{0, 0, 0, 90, 50, 0.5F, 0, 2, FACE_SEVERAL},
		{0, 0, 0, 90, 50, 0.5F, 0, 0, FACE_NO_FACE},
		{NAN, 0, 0, 90, 50, 0.5F, 0, 1, FACE_NOT_ASSESSED},
		{0, 0, 0, INFINITY, NAN, 0.5F, NAN, 1, FACE_NOT_ASSESSED},
	};
	const struct face_limits nothing = {0};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct face_quality q = {.faces = cases[i].faces,
			.yaw = cases[i].yaw,
			.pitch = cases[i].pitch,
			.roll = cases[i].roll,
			.eye_distance = cases[i].eyes,
			.sharpness = cases[i].sharp,
			.brightness = cases[i].bright,
			.clipped = cases[i].clipped};
		assert_int_equal(face_limits_check(&face_limits_default, &q), cases[i].faults);
		assert_int_equal(face_limits_check(&nothing, &q),
			cases[i].faults & (FACE_SEVERAL | FACE_NO_FACE));
	}
	for (uint32_t bit = 1; bit <= FACE_NOT_ASSESSED; bit <<= 1)
		assert_non_null(face_fault_name((enum face_fault)bit));
	assert_null(face_fault_name((enum face_fault)(FACE_NOT_ASSESSED << 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slots, begin),
		cmocka_unit_test_setup(engines_that_do_not_fit, begin),
		cmocka_unit_test_setup(slots_without_functions, begin),
		cmocka_unit_test(layout),
		cmocka_unit_test_setup(scores, begin),
		cmocka_unit_test_setup(captures, begin),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
