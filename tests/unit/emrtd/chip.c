/* SPDX-License-Identifier: Apache-2.0
 * See chip.h.
 */
#include "chip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

enum { MESSAGE_MAX = 70000 };

void chip_keys(struct chip_keys *k, enum emrtd_cipher cipher, struct emrtd_bytes secret)
{
	memset(k, 0, sizeof(*k));
	k->cipher = cipher;
	assert_int_equal(emrtd_kdf(cipher, secret, EMRTD_KDF_ENC, k->enc), 0);
	assert_int_equal(emrtd_kdf(cipher, secret, EMRTD_KDF_MAC, k->mac), 0);
}

static void count_up(struct chip_keys *k)
{
	for (size_t i = emrtd_block_size(k->cipher); i > 0 && ++k->ssc[i - 1] == 0; i--)
		continue;
}

static void vector(const struct chip_keys *k, uint8_t iv[16])
{
	memset(iv, 0, 16);
	if (k->cipher != EMRTD_3DES)
		assert_int_equal(emrtd_encrypt(k->cipher, k->enc, NULL, k->ssc, 16, iv), 0);
}

/* n: counter and message; padded here, since the retail MAC of the library pads by itself. */
static void mac_of(const struct chip_keys *k, uint8_t *n, size_t size, uint8_t mac[8])
{
	if (k->cipher != EMRTD_3DES) {
		emrtd_pad(n, size, 16);
		size = emrtd_padded_size(size, 16);
	}
	const struct emrtd_bytes whole = {n, size};
	assert_int_equal(emrtd_mac(k->cipher, k->mac, &whole, 1, mac), 0);
}

void chip_unprotect(
	struct chip_keys *k, struct emrtd_bytes in, struct emrtd_command *out, uint8_t *scratch)
{
	static uint8_t n[MESSAGE_MAX];
	struct emrtd_command c;
	struct emrtd_tlv tlv;
	uint8_t iv[16], mac[8];
	size_t block = emrtd_block_size(k->cipher), size = block;
	assert_int_equal(emrtd_command_decode(in, &c), 0);
	assert_int_equal(c.cla & 0x0c, 0x0c);
	bool extended = in.size > 5 && in.bytes[4] == 0;
	assert_int_equal(c.le, extended ? 65536 : 256);
	count_up(k);
	memcpy(n, k->ssc, block);
	memcpy(n + size, in.bytes, 4);
	emrtd_pad(n + size, 4, block);
	size += block;
	*out = (struct emrtd_command){c.cla & 0xf3, c.ins, c.p1, c.p2, {NULL, 0}, 0};
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(c.data);
	assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	if (tlv.tag == ((c.ins & 1) != 0 ? 0x85 : 0x87)) {
		size_t skip = tlv.tag == 0x87 ? 1 : 0, plain = tlv.value.size - skip;
		if (skip == 1)
			assert_int_equal(tlv.value.bytes[0], 1);
		vector(k, iv);
		assert_int_equal(emrtd_decrypt(k->cipher, k->enc, iv, tlv.value.bytes + skip, plain,
					 scratch),
			0);
		assert_int_equal(emrtd_unpad(scratch, &plain, block), 0);
		out->data = (struct emrtd_bytes){scratch, plain};
		memcpy(n + size, tlv.raw.bytes, tlv.raw.size);
		size += tlv.raw.size;
		assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	}
	if (tlv.tag == 0x97) {
		assert_int_equal(tlv.value.size, extended ? 2 : 1);
		size_t le = 0;
		for (size_t i = 0; i < tlv.value.size; i++)
			le = le << 8 | tlv.value.bytes[i];
		out->le = le != 0 ? le : extended ? 65536 : 256;
		memcpy(n + size, tlv.raw.bytes, tlv.raw.size);
		size += tlv.raw.size;
		assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	}
	assert_int_equal(tlv.tag, 0x8e);
	assert_int_equal(walk.left, 0);
	mac_of(k, n, size, mac);
	assert_int_equal(tlv.value.size, 8);
	assert_memory_equal(tlv.value.bytes, mac, 8);
}

size_t chip_protect(
	struct chip_keys *k, struct emrtd_bytes data, bool odd, uint16_t sw, uint8_t *out)
{
	static uint8_t n[MESSAGE_MAX], plain[MESSAGE_MAX];
	uint8_t iv[16], mac[8];
	size_t block = emrtd_block_size(k->cipher), size = data.size;
	struct emrtd_writer w = {out, 0, MESSAGE_MAX, false};
	count_up(k);
	if (size > 0) {
		memcpy(plain, data.bytes, size);
		emrtd_pad(plain, size, block);
		size = emrtd_padded_size(size, block);
		vector(k, iv);
		assert_int_equal(emrtd_encrypt(k->cipher, k->enc, iv, plain, size, plain), 0);
		emrtd_put_header(&w, odd ? 0x85 : 0x87, size + (odd ? 0 : 1));
		if (!odd)
			emrtd_put_byte(&w, 1);
		emrtd_put(&w, plain, size);
	}
	emrtd_put(&w, (const uint8_t[]){0x99, 2, (uint8_t)(sw >> 8), (uint8_t)sw}, 4);
	memcpy(n, k->ssc, block);
	memcpy(n + block, out, w.size);
	mac_of(k, n, block + w.size, mac);
	emrtd_put_tlv(&w, 0x8e, mac, 8);
	emrtd_put(&w, (const uint8_t[]){(uint8_t)(sw >> 8), (uint8_t)sw}, 2);
	return w.size;
}
