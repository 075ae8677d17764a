/* SPDX-License-Identifier: Apache-2.0
 * A pack is changed under a running holder: taken when it is signed and higher, and in every other
 * case the old one goes on answering. Must never sign with a key of the tree's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holder.h"
#include "pack_text.h"

struct world {
	char dir[64], folder[128], key[128], stranger[128];
	struct signed_keys keys;
	struct holder holder;
	char message[512];
};

static void write_text(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void make_key(const char *path, const char *public_path)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *f = fopen(path, "w"), *p = public_path != NULL ? fopen(public_path, "w") : NULL;

	assert_non_null(key);
	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	if (p != NULL) {
		assert_int_equal(PEM_write_PUBKEY(p, key), 1);
		fclose(p);
	}
	EVP_PKEY_free(key);
}

/* A pack of one rule that refers with the code; the version as it is given. */
static void put(struct world *w, const char *name, const char *version, const char *body, const char *key)
{
	char text[512];

	snprintf(text, sizeof text, "name: %s\nversion: %s\npurpose: border\nfields: [lane]\nrules: [one]\n",
		name, version);
	write_text(w->folder, "pack.yaml", text);
	write_text(w->folder, "one.lua", body);
	if (key != NULL)
		assert_int_equal(signed_folder_sign(w->folder, key), PN_OK);
}

static enum holder_change look(struct world *w)
{
	struct text t;

	text_init(&t, w->message, sizeof w->message);
	return holder_look(&w->holder, w->folder, &w->keys, &t);
}

static void says(struct world *w, const char *code)
{
	static struct engine_result result;

	engine_evaluate(w->holder.engine, ordinary_facts(), &result);
	assert_int_equal(result.finding_count, 1);
	assert_string_equal(result.finding[0].code, code);
}

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	char path[160];

	assert_non_null(w);
	strcpy(w->dir, "/tmp/postern-holder-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->folder, sizeof w->folder, "%s/pack", w->dir);
	snprintf(w->key, sizeof w->key, "%s/rules.key", w->dir);
	snprintf(w->stranger, sizeof w->stranger, "%s/stranger.key", w->dir);
	snprintf(path, sizeof path, "%s/rules.pub", w->dir);
	assert_int_equal(mkdir(w->folder, 0700), 0);
	make_key(w->key, path);
	make_key(w->stranger, NULL);
	assert_int_equal(signed_keys_load(&w->keys, w->dir, "rules"), PN_OK);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[] = {"pack/pack.yaml", "pack/one.lua", "pack/pack.sums",
		"pack/pack.sig", "pack", "rules.key", "rules.pub", "stranger.key", "."};
	struct world *w = *state;
	char path[160];

	holder_close(&w->holder);
	for (size_t i = 0; i < PN_COUNT(files); i++) {
		snprintf(path, sizeof path, "%s/%s", w->dir, files[i]);
		(void)(unlink(path) == 0 || rmdir(path) == 0);
	}
	rmdir(w->dir);
	free(w);
	return 0;
}

static const char first[] = "return function() return 'refer', 'first', 'minor' end";
static const char second[] = "return function() return 'refer', 'second', 'minor' end";

static void swaps(void **state)
{
	struct world *w = *state;

	put(w, "p", "1.9.0", first, w->key);
	assert_int_equal(look(w), HOLDER_SWAPPED);
	says(w, "first");
	assert_int_equal(look(w), HOLDER_SAME);
	put(w, "p", "1.10.0", second, w->key); /* higher by number, not by letters */
	assert_int_equal(look(w), HOLDER_SWAPPED);
	says(w, "second");
}

static void keeps(void **state)
{
	static const struct {
		const char *name, *version, *body;
		bool stranger, unsigned_;
		const char *what;
	} bad[] = {
		{"p", "2.0.0", second, false, false, "higher"}, /* the same version, other content */
		{"p", "1.99", second, false, false, "higher"},
		{"p", "2.0.x", second, false, false, "higher"},
		{"q", "3.0.0", second, false, false, "pack 'q'"},
		{"p", "3.0.0", second, true, false, "not signed"},
		{"p", "3.0.0", second, false, true, "not signed"},
		{"p", "3.0.0", "return fuction", false, false, "one.lua"},
		{"p", "3.0.0", "return function(c) return c.direction end", false, false, "not declared"},
	};
	struct world *w = *state;

	put(w, "p", "2.0.0", first, w->key);
	assert_int_equal(look(w), HOLDER_SWAPPED);
	for (size_t i = 0; i < PN_COUNT(bad); i++) {
		put(w, bad[i].name, bad[i].version, bad[i].body,
			bad[i].unsigned_ ? NULL : (bad[i].stranger ? w->stranger : w->key));
		if (bad[i].unsigned_)
			write_text(w->folder, "pack.sums", "");
		for (int twice = 0; twice < 2; twice++) {
			assert_int_equal(look(w), HOLDER_REFUSED);
			if (strstr(w->message, bad[i].what) == NULL)
				fail_msg("%zu: '%s' lacks '%s'", i, w->message, bad[i].what);
			says(w, "first");
		}
	}
	put(w, "p", "2.0.1", second, w->key); /* and a good one is taken after them */
	assert_int_equal(look(w), HOLDER_SWAPPED);
	says(w, "second");
}

static void lifts_quarantine(void **state)
{
	struct world *w = *state;

	put(w, "p", "1", "return function() error('x') end", w->key);
	assert_int_equal(look(w), HOLDER_SWAPPED);
	for (int i = 0; i < ENGINE_ERRORS_MAX; i++)
		says(w, "rules.error");
	says(w, "rules.quarantined");
	assert_int_equal(look(w), HOLDER_SAME);
	says(w, "rules.quarantined");
	put(w, "p", "2", first, w->key);
	assert_int_equal(look(w), HOLDER_SWAPPED);
	says(w, "first");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(swaps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lifts_quarantine, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
