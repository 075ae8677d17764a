/* SPDX-License-Identifier: Apache-2.0
 * Networks of a few numbers, whose results are worked out by hand; and files that are not such
 * networks. Must never need a model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "face/net.h"
#include "net_file.h"

enum { CONV = 1, DEPTHWISE, ADD, MAX_POOL, AVERAGE_POOL, GLOBAL_AVERAGE };

static void gives(const int32_t shape[3], const int32_t (*operations)[12], int32_t count,
	const float *floats, int32_t float_count, const float *input, const float *expected,
	size_t expected_count)
{
	struct net_file f;
	struct face_net *n;
	put_net(&f, shape, operations, count, floats, float_count);
	assert_int_equal(face_net_new(f.bytes, f.size, &n), PN_OK);
	for (unsigned plain = 0; plain < 2; plain++) {
		struct face_shape out = face_net_output(n, 0);
		memcpy(face_net_place(n), input,
			sizeof *input * (size_t)(shape[0] * shape[1] * shape[2]));
		face_net_run(n);
		assert_int_equal((size_t)out.height * out.width * out.channels, expected_count);
		for (size_t i = 0; i < expected_count; i++)
			if (fabsf(face_net_value(n, 0)[i] - expected[i]) > 1e-5F)
				fail_msg("value %zu is %f, not %f", i,
					(double)face_net_value(n, 0)[i], (double)expected[i]);
		face_net_use_plain(n);
	}
	face_net_wipe(n);
	assert_true(face_net_value(n, 0)[0] == 0.0F);
	face_net_free(n);
}

static const float nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static void convolution(void **state)
{
	(void)state;
	/* 1 2 / 3 4 over 3 x 3, and 0.5: 1 + 4 + 12 + 20 + 0.5 first */
	gives((int32_t[]){3, 3, 1},
		(const int32_t[][12]){{CONV, 0, -1, 2, 1, 0, 0, 1, 0, 0, 4, -1}}, 1,
		(float[]){1, 2, 3, 4, 0.5F}, 5, nine, (float[]){37.5F, 47.5F, 67.5F, 77.5F}, 4);
	/* every second pixel, padded after: SAME of TensorFlow at 3 x 3, window 2, stride 2 */
	gives((int32_t[]){3, 3, 1},
		(const int32_t[][12]){{CONV, 0, -1, 2, 2, 0, 1, 1, 0, 0, -1, -1}}, 1,
		(float[]){1, 2, 3, 4}, 4, nine, (float[]){37, 3 + 3 * 6, 7 + 2 * 8, 9}, 4);
	/* padded before too: the corner sees one pixel, with the last weight of a window of 3 */
	gives((int32_t[]){1, 1, 1},
		(const int32_t[][12]){{CONV, 0, -1, 3, 1, 1, 1, 1, 0, 0, -1, -1}}, 1,
		(float[]){1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, (float[]){2}, (float[]){10}, 1);
	/* two channels to three, PReLU with a slope for each */
	gives((int32_t[]){1, 1, 2}, (const int32_t[][12]){{CONV, 0, -1, 1, 1, 0, 0, 3, 2, 0, 6, 9}},
		1, (float[]){1, -1, 2, 1, 1, -3, 0, 0, 1, 0.1F, 0.2F, 0.3F}, 12, (float[]){3, 4},
		(float[]){7, 1, -1.5F}, 3);
}

/* 17 channels are more than one panel, 50 x 1 pixels more than one block. */
static void beyond_one_panel(void **state)
{
	float floats[17], input[50 * 50], expected[50 * 50 * 17];
	(void)state;
	for (unsigned i = 0; i < 17; i++)
		floats[i] = (float)i - 8;
	for (unsigned i = 0; i < 50 * 50; i++)
		input[i] = (float)(i % 101);
	for (unsigned i = 0; i < 50 * 50 * 17; i++)
		expected[i] =
			input[i / 17] * floats[i % 17] > 0 ? input[i / 17] * floats[i % 17] : 0;
	gives((int32_t[]){50, 50, 1},
		(const int32_t[][12]){{CONV, 0, -1, 1, 1, 0, 0, 17, 1, 0, -1, -1}}, 1, floats, 17,
		input, expected, 50UL * 50 * 17);
}

static void others(void **state)
{
	const float eight[] = {1, 10, 2, 20, 3, 30, 4, 40};
	(void)state;
	/* each channel by itself: 1..4 by 1 and 10..40 by 2, summed */
	gives((int32_t[]){2, 2, 2},
		(const int32_t[][12]){{DEPTHWISE, 0, -1, 2, 1, 0, 0, 2, 0, 0, -1, -1}}, 1,
		(float[]){1, 2, 1, 2, 1, 2, 1, 2}, 8, eight, (float[]){10, 200}, 2);
	gives((int32_t[]){3, 3, 1},
		(const int32_t[][12]){{MAX_POOL, 0, -1, 2, 1, 0, 0, 1, 0, -1, -1, -1}}, 1, nine, 1,
		nine, (float[]){5, 6, 8, 9}, 4);
	/* outside of the map nothing counts, neither as a maximum nor in an average */
	gives((int32_t[]){3, 3, 1},
		(const int32_t[][12]){{MAX_POOL, 0, -1, 2, 2, 0, 1, 1, 0, -1, -1, -1}}, 1, nine, 1,
		(float[]){-1, -2, -3, -4, -5, -6, -7, -8, -9}, (float[]){-1, -3, -7, -9}, 4);
	gives((int32_t[]){3, 3, 1},
		(const int32_t[][12]){{AVERAGE_POOL, 0, -1, 2, 2, 0, 1, 1, 0, -1, -1, -1}}, 1, nine,
		1, nine, (float[]){3, 4.5F, 7.5F, 9}, 4);
	gives((int32_t[]){2, 2, 2},
		(const int32_t[][12]){{GLOBAL_AVERAGE, 0, -1, 0, 0, 0, 0, 2, 0, -1, -1, -1}}, 1,
		nine, 1, eight, (float[]){2.5F, 25}, 2);
	/* the mean of the map, added to the map: only its first pixel has a partner */
	gives((int32_t[]){2, 2, 2},
		(const int32_t[][12]){{GLOBAL_AVERAGE, 0, -1, 0, 0, 0, 0, 2, 0, -1, -1, -1},
			{ADD, 0, 1, 0, 0, 0, 0, 2, 0, -1, -1, -1}},
		2, nine, 1, eight, (float[]){3.5F, 35, 2, 20, 3, 30, 4, 40}, 8);
	/* a channel that one of the two lacks */
	gives((int32_t[]){1, 1, 1},
		(const int32_t[][12]){{CONV, 0, -1, 1, 1, 0, 0, 2, 0, 0, -1, -1},
			{ADD, 1, 0, 0, 0, 0, 0, 2, 1, -1, -1, -1}},
		2, (float[]){2, -3}, 2, (float[]){5}, (float[]){15, 0}, 2);
}

static void refused(const struct net_file *f, size_t size)
{
	struct face_net *n = NULL;
	assert_true(face_net_new(f->bytes, size, &n) < 0);
	assert_null(n);
}

static void not_a_network(void **state)
{
	static const int32_t good[12] = {CONV, 0, -1, 2, 1, 0, 0, 1, 2, 0, 4, 5};
	static const struct {
		unsigned field;
		int32_t value;
	} bad[] = {{0, 0}, {0, 7}, {0, -1}, {1, 1}, {1, -1}, {2, 0}, {3, 0}, {3, 17}, {3, 4},
		{3, -1}, {4, 0}, {4, 17}, {5, 2}, {6, 2}, {5, -1}, {7, 2}, {7, 0}, {7, INT32_MAX},
		{8, 3}, {8, -1}, {9, -1}, {9, 3}, {9, INT32_MAX}, {9, INT32_MIN}, {10, 6}, {10, -2},
		{11, 6}, {11, -1}};
	const float floats[6] = {1, 2, 3, 4, 5, 6};
	struct net_file f;
	struct face_net *n;
	(void)state;
	put_net(&f, (int32_t[]){3, 3, 1}, &good, 1, floats, 6);
	assert_int_equal(face_net_new(f.bytes, f.size, &n), PN_OK);
	face_net_free(n);
	for (size_t size = 0; size < f.size; size++)
		refused(&f, size);
	for (size_t i = 0; i < PN_COUNT(bad); i++) {
		int32_t broken[12];
		memcpy(broken, good, sizeof broken);
		broken[bad[i].field] = bad[i].value;
		put_net(&f, (int32_t[]){3, 3, 1}, (const int32_t(*)[12]) & broken, 1, floats, 6);
		refused(&f, f.size);
	}
	for (size_t head = 8; head < 36; head += 4)
		for (unsigned k = 0; k < 3; k++) {
			const int32_t value = (const int32_t[]){0, -1, INT32_MAX}[k];
			put_net(&f, (int32_t[]){3, 3, 1}, &good, 1, floats, 6);
			f.size = head;
			put_int(&f, value);
			put_net(&f, (int32_t[]){3, 3, 1}, &good, 1, floats, 6);
			const size_t size = f.size;
			f.size = head;
			put_int(&f, value);
			refused(&f, size);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(convolution),
		cmocka_unit_test(beyond_one_panel),
		cmocka_unit_test(others),
		cmocka_unit_test(not_a_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
