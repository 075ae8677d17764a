/* SPDX-License-Identifier: Apache-2.0
 * Secure messaging with every cipher against the chip's side in chip.c (the published example of
 * 3DES is in test_basics.c), and responses whose checksum is right and whose inside is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "chip.h"
#include "emrtd/sm.h"
#include <cmocka.h>

static const uint8_t secret_bytes[] = "a shared secret of some size";
static const struct emrtd_bytes secret = {secret_bytes, sizeof(secret_bytes)};

static void exchange_case(
	struct emrtd_sm *sm, struct chip_keys *chip, size_t n, size_t back, bool odd)
{
	static uint8_t data[70000], out[70000], scratch[70000];
	enum emrtd_cause cause;
	struct emrtd_command seen;
	struct emrtd_response r;
	size_t size = sizeof(out), again = sizeof(scratch);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + n);
	const struct emrtd_command c = {0, odd ? 0xb1 : 0xb0, 1, 2, {data, n}, back};
	assert_int_equal(emrtd_sm_wrap(sm, &c, true, false, out, &size), 0);
	/* A second command before the answer is the caller's mistake. */
	assert_int_equal(emrtd_sm_wrap(sm, &c, true, false, scratch, &again), PN_EINVAL);
	chip_unprotect(chip, (struct emrtd_bytes){out, size}, &seen, scratch);
	assert_int_equal(seen.ins, c.ins);
	assert_int_equal(seen.p2, 2);
	assert_int_equal(seen.le, back);
	assert_int_equal(seen.data.size, n);
	if (n > 0)
		assert_memory_equal(seen.data.bytes, data, n);
	uint16_t sw = n % 3 == 0 ? 0x9000 : 0x6282;
	size = chip_protect(chip, (struct emrtd_bytes){data, back}, odd, sw, out);
	assert_true(size <= emrtd_sm_response_size(sm->cipher, back));
	assert_int_equal(emrtd_sm_unwrap(sm, out, size, &r, &cause), 0);
	assert_int_equal(r.sw, sw);
	assert_int_equal(r.data.size, back);
	if (back > 0)
		assert_memory_equal(r.data.bytes, data, back);
}

static void test_ciphers(void **state)
{
	static const size_t sizes[] = {1, 7, 8, 15, 16, 200, 223, 224, 231, 232, 236, 239, 240, 255,
		256, 300, 4096, 65000};
	(void)state;
	for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++) {
		struct emrtd_sm sm = {0};
		struct chip_keys chip;
		assert_int_equal(emrtd_sm_start(&sm, cipher, secret, NULL), 0);
		chip_keys(&chip, cipher, secret);
		for (size_t i = 0; i < PN_COUNT(sizes); i++) {
			exchange_case(&sm, &chip, sizes[i], 0, false);
			exchange_case(&sm, &chip, 0, sizes[i], false);
			exchange_case(&sm, &chip, sizes[i], 3, true);
			exchange_case(&sm, &chip, 2, sizes[i], true);
		}
		exchange_case(&sm, &chip, 0, 0, false);
		emrtd_sm_wipe(&sm);
	}
}

/* The forms: what needs the extended one gets it, or is refused where that is not allowed. */
static void test_forms(void **state)
{
	static const uint8_t data[256];
	uint8_t out[600];
	(void)state;
	for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++) {
		/* most plain data that a short command holds with DO97 and DO8E */
		size_t most = cipher == EMRTD_3DES ? 231 : 223;
		for (size_t n = most - 1; n < most + 2; n++) {
			struct emrtd_sm sm = {0};
			const struct emrtd_command c = {0, 0xb0, 0, 0, {data, n}, 256};
			assert_int_equal(emrtd_sm_start(&sm, cipher, secret, NULL), 0);
			for (int wanted = 0; wanted < 2; wanted++) {
				size_t size = sizeof(out);
				sm.waiting = false;
				assert_int_equal(
					emrtd_sm_wrap(&sm, &c, true, wanted != 0, out, &size), 0);
				assert_int_equal(out[4] == 0, wanted != 0 || n > most);
			}
			size_t size = sizeof(out);
			sm.waiting = false;
			assert_int_equal(emrtd_sm_wrap(&sm, &c, false, true, out, &size),
				n > most ? PN_ELIMIT : 0);
			size = 10;
			sm.waiting = false;
			uint8_t before[16];
			memcpy(before, sm.ssc, sizeof(before));
			assert_int_equal(
				emrtd_sm_wrap(&sm, &c, true, false, out, &size), PN_ELIMIT);
			assert_memory_equal(sm.ssc, before, sizeof(before));
		}
	}
}

/* Right checksum, wrong inside: no data come out and the keys are gone. */
static void test_inside(void **state)
{
	static const struct emrtd_sm wiped;
	static const uint8_t data[] = {1, 2, 3, 4, 5};
	uint8_t out[70000];
	(void)state;
	for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++) {
		for (int kind = 0; kind < 4; kind++) {
			struct emrtd_sm sm = {0};
			struct chip_keys chip;
			const struct emrtd_command c = {0, 0xb0, 0, 0, {NULL, 0}, 16};
			struct emrtd_response r;
			enum emrtd_cause cause;
			size_t size = sizeof(out);
			assert_int_equal(emrtd_sm_start(&sm, cipher, secret, NULL), 0);
			chip_keys(&chip, cipher, secret);
			if (kind == 2) { /* the counter at its end */
				memset(sm.ssc, 0xff, sizeof(sm.ssc));
				assert_int_equal(emrtd_sm_wrap(&sm, &c, false, false, out, &size),
					PN_ECLOSED);
				continue;
			}
			assert_int_equal(emrtd_sm_wrap(&sm, &c, false, false, out, &size), 0);
			chip.ssc[emrtd_block_size(cipher) - 1]++;
			if (kind == 0) { /* DO85 for an even command */
				size = chip_protect(
					&chip, (struct emrtd_bytes){data, 5}, true, 0x9000, out);
			} else if (kind == 1) { /* enciphered with another key */
				chip.enc[0] ^= 2;
				size = chip_protect(
					&chip, (struct emrtd_bytes){data, 5}, false, 0x9000, out);
			} else { /* one counted too far: a response was left out */
				chip.ssc[emrtd_block_size(cipher) - 1]++;
				size = chip_protect(
					&chip, (struct emrtd_bytes){data, 5}, false, 0x9000, out);
			}
			assert_true(emrtd_sm_unwrap(&sm, out, size, &r, &cause) < 0);
			assert_int_equal(cause, kind == 0   ? EMRTD_CAUSE_SM_FORMAT
						: kind == 1 ? EMRTD_CAUSE_SM_PADDING
							    : EMRTD_CAUSE_SM_MAC);
			assert_null(r.data.bytes);
			assert_memory_equal(&sm, &wiped, sizeof(sm));
			assert_int_equal(emrtd_sm_unwrap(&sm, out, size, &r, &cause), PN_EINVAL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
