/* SPDX-License-Identifier: Apache-2.0
 * What EF.SOD may cost: objects whose verification would take work and stack without bound are refused before anything is
 * verified, in definite and in indefinite lengths. Must never measure time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "emrtd/inspect/sod.h"

/* AlgorithmIdentifier of SHA-1 without parameters (RFC 5754, 2.1). */
static const uint8_t sha1[] = {0x30, 0x07, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a};
static const uint8_t signed_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};
static const uint8_t version[] = {0x02, 0x01, 0x03};

struct der {
	uint8_t bytes[40000];
	size_t size;
};

static void add(struct der *d, const void *bytes, size_t size)
{
	assert_true(d->size + size <= sizeof d->bytes);
	memcpy(d->bytes + d->size, bytes, size);
	d->size += size;
}

/* Tag and length in front of what is there; indefinite: and end-of-contents behind it. */
static void wrap(struct der *d, uint8_t tag, bool indefinite)
{
	uint8_t head[4] = {tag, 0x82, (uint8_t)(d->size >> 8), (uint8_t)d->size};
	size_t n = indefinite ? 2 : 4;
	if (indefinite) {
		head[1] = 0x80;
		add(d, "\0\0", 2);
	}
	assert_true(d->size + n <= sizeof d->bytes);
	memmove(d->bytes + n, d->bytes, d->size);
	memcpy(d->bytes, head, n);
	d->size += n;
}

static void prepend(struct der *d, const void *bytes, size_t size)
{
	assert_true(d->size + size <= sizeof d->bytes);
	memmove(d->bytes + size, d->bytes, d->size);
	memcpy(d->bytes, bytes, size);
	d->size += size;
}

/* EF.SOD up to its digest algorithms; what follows is not there. */
static enum sod_problem with(size_t digests, bool indefinite)
{
	struct der *d = calloc(1, sizeof *d);
	struct sod s;
	assert_non_null(d);
	for (size_t i = 0; i < digests; i++)
		add(d, sha1, sizeof sha1);
	wrap(d, 0x31, indefinite);
	prepend(d, version, sizeof version);
	wrap(d, 0x30, indefinite);
	wrap(d, 0xa0, indefinite);
	prepend(d, signed_data, sizeof signed_data);
	wrap(d, 0x30, indefinite);
	wrap(d, 0x77, indefinite);
	enum sod_problem rc = sod_read(d->bytes, d->size, &s);
	free(d);
	return rc;
}

static void many_digests_are_too_many(void **state)
{
	(void)state;
	for (int indefinite = 0; indefinite < 2; indefinite++) {
		assert_int_equal(with(1, indefinite), SOD_ENCODING); /* nothing follows */
		assert_int_equal(with(SOD_DIGESTS_MAX / sizeof sha1, indefinite), SOD_ENCODING);
		assert_int_equal(with(SOD_DIGESTS_MAX / sizeof sha1 + 1, indefinite), SOD_TOO_LARGE);
		assert_int_equal(with(3000, indefinite), SOD_TOO_LARGE);
	}
}

static void cut_anywhere_is_no_object(void **state)
{
	(void)state;
	static const uint8_t whole[] = {0x77, 0x80, 0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
		0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x03, 0x31, 0x80, 0x30, 0x80, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x00,
		0x00, 0x00, 0x00};
	struct sod s;
	for (size_t n = 0; n <= sizeof whole; n++) {
		uint8_t *cut = malloc(n + 1); /* a byte read beyond is found by the sanitizer */
		assert_non_null(cut);
		memcpy(cut + 1, whole, n);
		assert_true(sod_read(cut + 1, n, &s) != SOD_OK);
		free(cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_digests_are_too_many), cmocka_unit_test(cut_anywhere_is_no_object)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
