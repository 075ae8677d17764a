/* SPDX-License-Identifier: Apache-2.0
 * The converted models give what TensorFlow.js gives with the packages' own files (reference.mjs),
 * with both kernels. Exit status 77 where the build could not have the models: test_reference
 * FOLDER. Must never take a value of this tree's for expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "face/net.h"
#include "models_missing.h"
#include "reference.inc"

static const char *folder;

static struct face_net *load(const char *name)
{
	char path[4096];
	struct face_net *n;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	uint8_t *bytes = malloc(FACE_NET_FILE_MAX);
	assert_non_null(bytes);
	size_t size = fread(bytes, 1, FACE_NET_FILE_MAX, f);
	fclose(f);
	assert_int_equal(face_net_new(bytes, size, &n), PN_OK);
	free(bytes);
	return n;
}

static void pattern(struct face_net *n)
{
	struct face_shape s = face_net_input(n);
	for (size_t i = 0; i < (size_t)s.height * s.width * s.channels; i++)
		face_net_place(n)[i] = (float)(i * 7919 % 256) / 255.0F - 0.5F;
}

/* Sums of floats in another order differ in their last digits: tolerance is of the output's own
 * unit. */
static void output_is(struct face_net *n, size_t output, const float *expected, size_t count,
	size_t every, float tolerance)
{
	const struct face_shape s = face_net_output(n, output);
	assert_int_equal(((size_t)s.height * s.width * s.channels + every - 1) / every, count);
	for (size_t i = 0; i < count; i++) {
		const float found = face_net_value(n, output)[every * i];
		if (fabsf(found - expected[i]) > tolerance + 1e-5F * fabsf(expected[i]))
			fail_msg("output %zu, value %zu: %f, not %f", output, every * i,
				(double)found, (double)expected[i]);
	}
}

static void detector(void **state)
{
	struct face_net *n = load("blazeface.net");
	(void)state;
	assert_int_equal(face_net_outputs(n), 4);
	for (unsigned plain = 0; plain < 2; plain++) {
		pattern(n);
		face_net_run(n);
		output_is(n, 0, blazeface_0, PN_COUNT(blazeface_0), 61, 1e-4F);
		output_is(n, 1, blazeface_1, PN_COUNT(blazeface_1), 61, 1e-4F);
		output_is(n, 2, blazeface_2, PN_COUNT(blazeface_2), 61, 1e-4F);
		output_is(n, 3, blazeface_3, PN_COUNT(blazeface_3), 61, 1e-4F);
		face_net_use_plain(n);
	}
	face_net_free(n);
}

static void landmarks(void **state)
{
	struct face_net *n = load("facemesh.net");
	(void)state;
	for (unsigned plain = 0; plain < 2; plain++) {
		pattern(n);
		face_net_run(n);
		output_is(n, 0, facemesh_0, PN_COUNT(facemesh_0), 61, 1e-4F);
		/* the file's last operation is the sigmoid, which is the reader's */
		assert_true(
			fabsf(1 / (1 + expf(-face_net_value(n, 1)[0])) - facemesh_1[0]) < 1e-7F);
		face_net_use_plain(n);
	}
	face_net_free(n);
}

static void embedding(void **state)
{
	struct face_net *n = load("dlib29.net");
	(void)state;
	for (unsigned plain = 0; plain < 2; plain++) {
		pattern(n);
		face_net_run(n);
		output_is(n, 0, dlib29_0, PN_COUNT(dlib29_0), 1, 1e-5F);
		face_net_use_plain(n);
	}
	face_net_free(n);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detector),
		cmocka_unit_test(landmarks),
		cmocka_unit_test(embedding),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	if (models_missing(folder))
		return MODELS_MISSING;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
