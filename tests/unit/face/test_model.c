/* SPDX-License-Identifier: Apache-2.0
 * model.json: what is taken and what is not, and which threshold a rate gets. Must never need a
 * model.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face/model.h"

static char folder[] = "/tmp/postern-face-XXXXXX";
/* of "abc": FIPS 180-2, B.1 */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define FILES                                                                                      \
	"\"files\": [{\"slot\": \"detector\", \"file\": \"a.net\", \"sha256\": \"" ABC             \
	"\", \"licence\": \"l\", \"source\": \"s\"}]"
#define HEAD "{\"name\": \"n\", \"version\": \"1\", "

static void write_file(const char *name, const char *text)
{
	char path[100];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int load(const char *json, struct face_folder **out)
{
	char text[256] = "";
	struct text why;
	text_init(&why, text, sizeof text);
	write_file("model.json", json);
	int r = face_folder_load(folder, out, &why);
	assert_true((r == PN_OK) == (text[0] == '\0'));
	return r;
}

static void thresholds(void **state)
{
	const struct face_threshold *t;
	struct face_folder *f;
	(void)state;
	write_file("a.net", "abc");
	assert_int_equal(load(HEAD FILES ", \"thresholds\": [{\"fmr\": 0.001, \"score\": 0.4, "
					 "\"about\": \"one\"}, {\"fmr\": 0.001, \"score\": 0.5, "
					 "\"about\": \"two\"}, {\"fmr\": 0.0001, \"score\": 0.7, "
					 "\"about\": \"three\"}]}",
				 &f),
		PN_OK);
	assert_memory_equal(f->files[0].bytes, "abc", 3);
	assert_string_equal(f->files[0].slot, "detector");
	assert_int_equal(face_model_threshold(f->model, 0.001, &t), PN_OK);
	assert_string_equal(t->about, "two"); /* the stricter of two that were measured */
	assert_int_equal(face_model_threshold(f->model, 0.01, &t), PN_OK);
	assert_string_equal(t->about, "two");
	assert_int_equal(face_model_threshold(f->model, 0.0005, &t), PN_OK);
	assert_string_equal(t->about, "three");
	assert_int_equal(face_model_threshold(f->model, 0.00001, &t), PN_ENOTFOUND);
	assert_null(t);
	face_folder_drop_files(f);
	assert_null(f->files[0].bytes);
	face_folder_free(f);
	/* No table: a model, but no threshold for anything. */
	assert_int_equal(load(HEAD FILES "}", &f), PN_OK);
	assert_int_equal(face_model_threshold(f->model, 0.5, &t), PN_ENOTFOUND);
	face_folder_free(f);
}

static void refused(void **state)
{
	static const char *const bad[] = {"", "{}", "[", HEAD "\"files\": []}",
		HEAD FILES ", \"more\": 1}",
		HEAD FILES ", \"thresholds\": [{\"fmr\": 0, \"score\": 0.4, \"about\": \"x\"}]}",
		HEAD FILES ", \"thresholds\": [{\"fmr\": 1, \"score\": 0.4, \"about\": \"x\"}]}",
		HEAD FILES ", \"thresholds\": [{\"fmr\": nan, \"score\": 0.4, \"about\": \"x\"}]}",
		HEAD FILES ", \"thresholds\": [{\"fmr\": 0.1, \"score\": nan, \"about\": \"x\"}]}",
		HEAD FILES ", \"thresholds\": [{\"fmr\": 0.1, \"score\": 0.4}]}",
		HEAD "\"files\": [{\"slot\": \"d\", \"file\": \"../a.net\", \"sha256\": \"" ABC
		     "\", \"licence\": \"l\", \"source\": \"s\"}]}"};
	struct face_folder *f;
	(void)state;
	write_file("a.net", "abc");
	for (size_t i = 0; i < PN_COUNT(bad); i++) {
		assert_int_equal(load(bad[i], &f), PN_EFORMAT);
		assert_null(f);
	}
	write_file("a.net", "abd");
	assert_int_equal(load(HEAD FILES "}", &f), PN_ECRYPTO);
	char path[100];
	snprintf(path, sizeof path, "%s/a.net", folder);
	unlink(path);
	assert_int_equal(load(HEAD FILES "}", &f), PN_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds),
		cmocka_unit_test(refused),
	};
	if (mkdtemp(folder) == NULL)
		return 2;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	char path[100];
	snprintf(path, sizeof path, "%s/model.json", folder);
	unlink(path);
	rmdir(folder);
	return failed;
}
