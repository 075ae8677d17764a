/* SPDX-License-Identifier: Apache-2.0
 * Keyed digests against RFC 4231, and documents' digests against Python's hmac module (the values below; the holder is the
 * specimen of ICAO Doc 9303-4 appendix B). Must never use our own output as an expected value.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hex.h"
#include "kiosk/digest.h"

static void is(const uint8_t digest[KEYED_DIGEST], const char *expected)
{
	char text[2 * KEYED_DIGEST + 1];
	hex_encode(text, digest, KEYED_DIGEST);
	assert_string_equal(text, expected);
}

static void rfc_4231_case_7(void **state)
{
	uint8_t key[131], digest[KEYED_DIGEST];
	(void)state;
	memset(key, 0xaa, sizeof key);
	assert_int_equal(keyed_digest(key, sizeof key,
				 "This is a test using a larger than block-size key and a larger than block-size data. The key "
				 "needs to be hashed before being used by the HMAC algorithm.",
				 NULL, 0, digest),
		PN_OK);
	is(digest, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void bounds(void **state)
{
	uint8_t key[32] = { 1 }, digest[KEYED_DIGEST], many[KEYED_BYTES_MAX] = { 0 };
	const struct keyed_part large = { many, sizeof many }, none[KEYED_PARTS_MAX + 1] = { { NULL, 0 } };
	const struct keyed_part fits = { many, sizeof many - 4 - 2 };
	(void)state;
	assert_int_equal(keyed_digest(key, 31, "d\n", NULL, 0, digest), PN_EINVAL);
	assert_int_equal(keyed_digest(key, 32, "d\n", &large, 1, digest), PN_ELIMIT);
	assert_int_equal(keyed_digest(key, 32, "d\n", &fits, 1, digest), PN_OK);
	assert_int_equal(keyed_digest(key, 32, "d\n", none, KEYED_PARTS_MAX + 1, digest), PN_ELIMIT);
	assert_int_equal(keyed_digest(key, 32, "d\n", none, KEYED_PARTS_MAX, digest), PN_OK);
}

static void documents(void **state)
{
	uint8_t key[32], digest[KEYED_DIGEST];
	Postern__Document d = POSTERN__DOCUMENT__INIT;
	Postern__Date born = POSTERN__DATE__INIT;
	(void)state;
	for (unsigned i = 0; i < sizeof key; i++)
		key[i] = (uint8_t)i;
	d.number = (char *)(uintptr_t)"L898902C3";
	d.issuer = (char *)(uintptr_t)"UTO";
	d.birth_date = &born;
	assert_int_equal(kiosk_document_digest(key, &d, digest), PN_EINVAL);
	born.year = 1974;
	assert_int_equal(kiosk_document_digest(key, &d, digest), PN_OK);
	is(digest, "9ec1359147098197483c792145ce7875a420cb3c9f4c0fc1ad6dc2f6fdaac1ef");
	born.month = 8;
	born.day = 12;
	assert_int_equal(kiosk_document_digest(key, &d, digest), PN_OK);
	is(digest, "7412bd5b515dbb6a8576bbcd28e1217c4bca56ff346581db90b1be168a0d0960");
	d.number = (char *)(uintptr_t)"";
	assert_int_equal(kiosk_document_digest(key, &d, digest), PN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rfc_4231_case_7), cmocka_unit_test(bounds),
		cmocka_unit_test(documents) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
