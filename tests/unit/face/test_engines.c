/* SPDX-License-Identifier: Apache-2.0
 * Which engines a folder gets: the reference engine, and that of ONNX files where the folder has them and this build can. Must never
 * open one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "face/engines.h"

static int engines_of(const char *slot, const struct face_engine *out[FACE_ENGINES_MAX], size_t *count)
{
	char first[] = "detector", name[16];
	struct face_model_file files[] = {{.slot = first}, {.slot = name}};
	struct face_model model = {.files = files, .files_count = 2};
	const struct face_folder folder = {.model = &model};
	strcpy(name, slot);
	return face_engines_of(&folder, out, count);
}

static void chosen(void **state)
{
	const struct face_engine *out[FACE_ENGINES_MAX];
	size_t count;
	(void)state;
	assert_int_equal(engines_of("embedding", out, &count), PN_OK);
	assert_int_equal(count, 1);
	assert_string_equal(out[0]->name, "reference");
#ifdef FACE_HAS_ONNX
	assert_int_equal(engines_of("sface", out, &count), PN_OK);
	assert_int_equal(count, 2);
	assert_string_equal(out[0]->name, "onnx");
	assert_string_equal(out[1]->name, "reference");
#else
	/* never by the reference engine, to whose scores the folder's thresholds do not belong */
	assert_int_equal(engines_of("sface", out, &count), PN_EUNSUPPORTED);
	assert_int_equal(count, 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(chosen)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
