/* SPDX-License-Identifier: Apache-2.0
 * Checkpoints against the openssl program (signature), a published signed note (key id) and
 * typed-in bytes (form).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "journal/checkpoint.h"
#include "journal/file.h"

static const char origin[] = "postern/utopia/north-1";

/* 32 bytes 00 01 02 ... 1f; their base64 typed in. */
static const char text[] =
	"postern/utopia/north-1\n3 128\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
	"wall 1790000000123\n";

static struct checkpoint example(void)
{
	struct checkpoint c = {.epoch = 3, .seq = 128, .wall_ms = 1790000000123};
	for (int i = 0; i < CHAIN_HASH; i++)
		c.head[i] = (uint8_t)i;
	return c;
}

static void sign(const struct fixture *f, char note[CHECKPOINT_TEXT_MAX])
{
	struct checkpoint_signer *s;
	const struct checkpoint c = example();
	assert_int_equal(checkpoint_signer_open(&s, f->key, origin), 0);
	assert_int_equal(checkpoint_sign(s, &c, note), 0);
	checkpoint_signer_free(s);
}

static void test_form_and_signature(void **state)
{
	const struct fixture *f = *state;
	char note[CHECKPOINT_TEXT_MAX], path[160];
	sign(f, note);
	assert_memory_equal(note, text, sizeof text - 1);
	assert_memory_equal(note + sizeof text - 1, "\n\xe2\x80\x94 postern/utopia/north-1 ", 28);
	snprintf(path, sizeof path, "%s/text", f->folder);
	assert_int_equal(file_write_synced(path, text, sizeof text - 1, 0600), 0);
	snprintf(path, sizeof path, "%s/note", f->folder);
	assert_int_equal(file_write_synced(path, note, strlen(note), 0600), 0);
	/* Bytes 5 to 68 of the base64 after the name are the signature, bytes 1 to 4 the key id,
	 * which is computed from the public key as the signed-note text says: SHA-256(name || 0x0a
	 * || 0x01 || key), first four bytes. */
	fixture_shell(
		"cd %s && tail -1 note | cut -d' ' -f3 | base64 -d >id_signature &&"
		" tail -c 64 id_signature >signature && openssl pkey -in %s -pubout -out pub.pem &&"
		" openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in text -sigfile signature "
		">/dev/null &&"
		" { printf 'postern/utopia/north-1\\n\\001'; openssl pkey -pubin -in pub.pem "
		"-outform DER |"
		" tail -c 32; } | openssl dgst -sha256 -binary | head -c 4 >id &&"
		" head -c 4 id_signature | cmp - id",
		f->folder, f->key);
}

static void test_parse(void **state)
{
	const struct fixture *f = *state;
	char note[CHECKPOINT_TEXT_MAX];
	uint8_t key[CHECKPOINT_KEY];
	struct checkpoint c;
	const struct checkpoint want = example();
	sign(f, note);
	size_t size = strlen(note);
	assert_int_equal(checkpoint_read_public(f->pub, origin, key), 0);
	assert_int_equal(checkpoint_parse(note, size, origin, key, &c), 0);
	assert_int_equal(c.epoch, want.epoch);
	assert_int_equal(c.seq, want.seq);
	assert_int_equal(c.wall_ms, want.wall_ms);
	assert_memory_equal(c.head, want.head, CHAIN_HASH);
	/* No byte of a note may be another one. */
	for (size_t i = 0; i < size; i++) {
		note[i] ^= 1;
		assert_int_not_equal(checkpoint_parse(note, size, origin, key, &c), 0);
		note[i] ^= 1;
	}
	for (size_t i = 0; i < size; i++)
		assert_int_not_equal(checkpoint_parse(note, i, origin, key, &c), 0);
	assert_int_equal(
		checkpoint_parse(note, size, "postern/utopia/north-2", key, &c), PN_EFORMAT);
	key[0] ^= 1;
	assert_int_equal(checkpoint_parse(note, size, origin, key, &c), PN_ECRYPTO);
	assert_int_equal(checkpoint_parse(note, size, origin, NULL, &c), 0);
	note[size - 1] = ' ';
	assert_int_equal(checkpoint_parse(note, size, origin, NULL, &c), PN_EFORMAT);
}

static void test_published_key(void **state)
{
	const struct fixture *f = *state;
	/* The example of the Go package golang.org/x/mod/sumdb/note, on which the C2SP form is
	 * based. */
	static const char published[] =
		"PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n";
	char path[160], wrong[sizeof published];
	uint8_t key[CHECKPOINT_KEY];
	snprintf(path, sizeof path, "%s/published.pub", f->folder);
	assert_int_equal(file_write_synced(path, published, sizeof published - 1, 0600), 0);
	assert_int_equal(checkpoint_read_public(path, "PeterNeumann", key), 0);
	assert_int_equal(key[0], 0x1a); /* base64 "ARpc": 01 1a 5c */
	assert_int_equal(key[1], 0x5c);
	memcpy(wrong, published, sizeof published);
	wrong[13] = 'd'; /* another key id */
	assert_int_equal(file_write_synced(path, wrong, sizeof wrong - 1, 0600), 0);
	assert_int_equal(checkpoint_read_public(path, "PeterNeumann", key), PN_EFORMAT);
}

static void test_key_stays(void **state)
{
	const struct fixture *f = *state;
	char first[CHECKPOINT_TEXT_MAX], second[CHECKPOINT_TEXT_MAX];
	sign(f, first);
	sign(f, second); /* Ed25519 is deterministic: the same key gives the same note */
	assert_string_equal(first, second);
}

static int setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_and_signature),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_published_key),
		cmocka_unit_test(test_key_stays),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
