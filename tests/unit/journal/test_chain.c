/* SPDX-License-Identifier: Apache-2.0
 * The chain's hashes against chain_vectors.py, an independent computation. Expected values must
 * never come from chain.c's own output.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/chain.h"
#include "base/hex.h"

static const uint8_t zeros[CHAIN_HASH];

static void expect(const uint8_t hash[CHAIN_HASH], const char *hex)
{
	char text[2 * CHAIN_HASH + 1];
	hex_encode(text, hash, CHAIN_HASH);
	assert_string_equal(text, hex);
}

static void test_vectors(void **state)
{
	static const uint8_t one[] = {0x08, 0x01}, two[] = {0x08, 0x02, 0x18, 0x05};
	static const char name[] =
		"tttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttttt";
	uint8_t first[CHAIN_HASH], second[CHAIN_HASH], sealed[CHAIN_HASH], big[CHAIN_HASH];
	(void)state;
	assert_int_equal(
		chain_hash("utopia", "north-1", 1, 1, zeros, one, sizeof one, zeros, first), 0);
	expect(first, "e07d09efe93671fe99d7094d6a13717e77c34294a986f92e382068a4be337313");
	assert_int_equal(chain_sealed_hash((const uint8_t *)"sealed bytes", 12, sealed), 0);
	expect(sealed, "f35cf5b361b0eaf7b0c02e75808e260e3f379c4745abe45552ba768e85687749");
	assert_int_equal(
		chain_hash("utopia", "north-1", 1, 2, first, two, sizeof two, sealed, second), 0);
	expect(second, "28b348dbb82c6cc16508b4835747189873990a7b6ec45efd09609472b3c5a69f");
	assert_int_equal(chain_hash(name, "g", 0x0102030405060708, 0xf1f2f3f4f5f6f7f8, second, NULL,
				 0, sealed, big),
		0);
	expect(big, "7318a3bc6dc5326abca9f7420d382770e929d7ab66c6cae8890f64bc16b0fefc");
}

static void test_no_payload_is_zeros(void **state)
{
	uint8_t hash[CHAIN_HASH];
	(void)state;
	memset(hash, 0xff, sizeof hash);
	assert_int_equal(chain_sealed_hash(NULL, 0, hash), 0);
	assert_memory_equal(hash, zeros, sizeof hash);
}

static void test_bounds(void **state)
{
	char name[CHAIN_NAME_MAX + 2];
	uint8_t hash[CHAIN_HASH];
	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(chain_hash(name, "g", 1, 1, zeros, NULL, 0, zeros, hash), PN_EINVAL);
	assert_int_equal(chain_hash("t", name, 1, 1, zeros, NULL, 0, zeros, hash), PN_EINVAL);
	assert_int_equal(chain_hash("", "g", 1, 1, zeros, NULL, 0, zeros, hash), PN_EINVAL);
	assert_int_equal(chain_hash("t", "", 1, 1, zeros, NULL, 0, zeros, hash), PN_EINVAL);
	assert_int_equal(chain_hash("t", "g", 0, 1, zeros, NULL, 0, zeros, hash), PN_EINVAL);
	assert_int_equal(chain_hash("t", "g", 1, 0, zeros, NULL, 0, zeros, hash), PN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_no_payload_is_zeros),
		cmocka_unit_test(test_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
