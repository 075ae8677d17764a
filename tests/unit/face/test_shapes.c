/* SPDX-License-Identifier: Apache-2.0
 * Operations of every shape that falls differently into registers, panels, blocks and edges, with
 * either kernel, against sums taken one by one in double precision from the definition
 * (TensorFlow's conv2d and depthwise_conv2d, explicit padding). Must never share a loop with
 * net_run.c or kernel.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "face/net.h"
#include "net_file.h"

enum { CONV = 1, DEPTHWISE, ADD, SIDE_MAX = 16, CHANNELS_MAX = 40, WINDOW_MAX = 5 };
enum {
	VALUES_MAX = SIDE_MAX * SIDE_MAX * CHANNELS_MAX,
	FLOATS_MAX = WINDOW_MAX * WINDOW_MAX * CHANNELS_MAX * CHANNELS_MAX + 2 * CHANNELS_MAX
};

struct shape {
	int32_t height, width, channels, size, step, before, after, out, activation;
};

static float input[VALUES_MAX], floats[FLOATS_MAX];
static double expected[VALUES_MAX];

/* From -1 to 1; the same in every run. */
static float drawn(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return (float)(*seed >> 8) / 8388608.0F - 1;
}

static double activated(double v, int32_t activation, double slope)
{
	return activation == 0 || v > 0 ? v : activation == 1 ? 0 : v * slope;
}

static double at(const struct shape *s, int64_t y, int64_t x, int32_t c)
{
	if (y < 0 || x < 0 || y >= s->height || x >= s->width)
		return 0;
	return (double)input[(y * s->width + x) * s->channels + c];
}

static size_t work_out(const struct shape *s, bool each, const float *bias, const float *slopes)
{
	const int32_t height = (s->height + s->before + s->after - s->size) / s->step + 1,
		      width = (s->width + s->before + s->after - s->size) / s->step + 1;
	size_t n = 0;
	for (int32_t y = 0; y < height; y++)
		for (int32_t x = 0; x < width; x++)
			for (int32_t o = 0; o < s->out; o++) {
				double sum = bias != NULL ? (double)bias[o] : 0;
				for (int32_t k = 0; k < s->size * s->size; k++)
					for (int32_t c = each ? o : 0;
						c < (each ? o + 1 : s->channels); c++)
						sum += at(s, y * s->step - s->before + k / s->size,
							       x * s->step - s->before +
								       k % s->size,
							       c) *
						       (double)floats[each ? k * s->channels + c
									   : (k * s->channels +
										     c) * s->out +
										      o];
				expected[n++] = activated(sum, s->activation, (double)slopes[o]);
			}
	return n;
}

static void same(const int32_t shape[3], const int32_t (*operations)[12], int32_t count,
	int32_t float_count, size_t values)
{
	struct net_file *f = malloc(sizeof *f);
	struct face_net *n;
	assert_non_null(f);
	put_net(f, shape, operations, count, floats, float_count);
	assert_int_equal(face_net_new(f->bytes, f->size, &n), PN_OK);
	for (unsigned plain = 0; plain < 2; plain++) {
		memcpy(face_net_place(n), input,
			sizeof *input * (size_t)(shape[0] * shape[1] * shape[2]));
		face_net_run(n);
		for (size_t i = 0; i < values; i++)
			if (!(fabs((double)face_net_value(n, 0)[i] - expected[i]) <= 1e-3))
				fail_msg("%s: %dx%dx%d, operation %d: value %zu is %f, not %f",
					face_net_kernel(n), shape[0], shape[1], shape[2],
					operations[0][0], i, (double)face_net_value(n, 0)[i],
					expected[i]);
		face_net_use_plain(n);
	}
	face_net_free(n);
	free(f);
}

static void draw(const struct shape *s, int32_t float_count, uint32_t *seed)
{
	for (int32_t i = 0; i < s->height * s->width * s->channels; i++)
		input[i] = drawn(seed);
	for (int32_t i = 0; i < float_count; i++)
		floats[i] = drawn(seed);
}

static void one(const struct shape *s, bool each, uint32_t *seed)
{
	const int32_t weights = s->size * s->size * s->channels * (each ? 1 : s->out),
		      slopes = weights + (each ? 0 : s->out), all = slopes + s->out;
	const int32_t operation[1][12] = {
		{each ? DEPTHWISE : CONV, 0, -1, s->size, s->step, s->before, s->after, s->out,
			s->activation, 0, each ? -1 : weights, s->activation == 2 ? slopes : -1}};
	draw(s, all, seed);
	same((const int32_t[]){s->height, s->width, s->channels}, operation, 1, all,
		work_out(s, each, each ? NULL : floats + weights, floats + slopes));
}

static void convolutions(void **state)
{
	uint32_t seed = 1;
	(void)state;
	/* As many pixels as there are rows of a step and a block, one less and one more; columns
	 * likewise. */
	for (int32_t out = 1; out <= CHANNELS_MAX; out++)
		for (int32_t width = 1; width <= 13; width += 2)
			one(&(struct shape){width % 4 + 1, width, 5, 1, 1, 0, 0, out, out % 3},
				false, &seed);
	for (int32_t channels = 1; channels <= 9; channels++)
		for (int32_t size = 1; size <= WINDOW_MAX; size++)
			one(&(struct shape){9, 7, channels, size, channels % 3 + 1, size / 2,
				    (size - 1) / 2, 17 + size, size % 3},
				false, &seed);
}

static void depthwise(void **state)
{
	uint32_t seed = 2;
	(void)state;
	for (int32_t channels = 1; channels <= CHANNELS_MAX; channels++)
		for (int32_t size = 1; size <= WINDOW_MAX; size++)
			one(&(struct shape){6 + channels % 5, 11, channels, size,
				    (channels + size) % 3 + 1, size / 2, (size - 1) / 2, channels,
				    channels % 3},
				true, &seed);
	/* whole registers: windows within the map, at each of its edges, and a map that is all edge
	 */
	for (int32_t side = 1; side <= SIDE_MAX; side++)
		for (int32_t step = 1; step <= 2; step++)
			for (int32_t before = 0; before <= 2; before++)
				one(&(struct shape){side, SIDE_MAX + 1 - side, 24, 3, step, before,
					    2, 24, side % 3},
					true, &seed);
}

/* A map plus itself. */
static void sums(void **state)
{
	uint32_t seed = 3;
	(void)state;
	for (int32_t channels = 1; channels <= CHANNELS_MAX; channels++) {
		const struct shape s = {3, 5, channels, 0, 0, 0, 0, channels, channels % 3};
		const int32_t operation[1][12] = {{ADD, 0, 0, 0, 0, 0, 0, channels, s.activation,
			-1, -1, s.activation == 2 ? 0 : -1}};
		draw(&s, channels, &seed);
		for (int32_t i = 0; i < 15 * channels; i++)
			expected[i] = activated(
				2 * (double)input[i], s.activation, (double)floats[i % channels]);
		same((const int32_t[]){3, 5, channels}, operation, 1, channels,
			(size_t)(15 * channels));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(convolutions),
		cmocka_unit_test(depthwise), cmocka_unit_test(sums)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
