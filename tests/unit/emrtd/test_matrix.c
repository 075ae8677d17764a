/* SPDX-License-Identifier: Apache-2.0
 * PACE from end to end against a chip of its own making: every standardized domain, mapping and
 * cipher, then protected exchanges, so that the sizes that no published example has (3DES, AES-192,
 * AES-256, large primes in extended APDUs) are walked too. The values themselves are proven by the
 * examples in test_pace.c; the chip here shares the arithmetic of domain.h, not pace.c or sm.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include "chip.h"
#include "emrtd/pace_map_im.h"
#include "emrtd/session.h"
#include <cmocka.h>

struct card {
	enum emrtd_mapping mapping;
	enum emrtd_cipher cipher;
	unsigned id;
	struct emrtd_domain domain;
	struct chip_keys keys;
	uint8_t card_access[64], nonce[32], oid[10];
	size_t card_access_size, nonce_size;
	BIGNUM *static_secret, *secret;
	uint8_t static_key[EMRTD_PUBLIC_MAX], own[EMRTD_PUBLIC_MAX], terminal[EMRTD_PUBLIC_MAX];
	size_t static_size, own_size, terminal_size;
	uint8_t cam[EMRTD_PUBLIC_MAX];
	size_t cam_size;
	uint8_t enc[32], mac[32];
	uint8_t shared[EMRTD_FIELD_MAX];
	unsigned random;
	struct emrtd_password password;
	bool short_only;
};

static struct emrtd_bytes chip_random(struct card *c, size_t size)
{
	static uint8_t bytes[EMRTD_PUBLIC_MAX + 16];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(c->random = c->random * 1103515245U + 12345U);
	return (struct emrtd_bytes){bytes, size};
}

static void new_key(struct card *c)
{
	BN_clear_free(c->secret);
	assert_int_equal(
		emrtd_domain_key(&c->domain, chip_random(c, emrtd_domain_random(&c->domain)),
			&c->secret, c->own, &c->own_size),
		0);
}

static void put_token(struct card *c, const uint8_t *key, size_t size, uint8_t token[8])
{
	uint8_t data[EMRTD_PUBLIC_MAX + 32];
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	uint8_t tag = c->id > 2 ? 0x86 : 0x84;
	emrtd_put_header(&w, 0x7f49, 12 + emrtd_tlv_size(tag, size));
	emrtd_put_tlv(&w, 0x06, c->oid, 10);
	emrtd_put_tlv(&w, tag, key, size);
	const struct emrtd_bytes whole = {data, w.size};
	assert_int_equal(emrtd_mac(c->cipher, c->mac, &whole, 1, token), 0);
}

/* The chip's part of chip authentication mapping: secret of the mapping divided by the static one.
 */
static void make_cam(struct card *c)
{
	BIGNUM *inverse = BN_mod_inverse(NULL, c->static_secret, c->domain.q, c->domain.bn);
	assert_int_equal(BN_mod_mul(inverse, inverse, c->secret, c->domain.q, c->domain.bn), 1);
	size_t n = (size_t)BN_num_bytes(c->domain.q);
	assert_int_equal(BN_bn2binpad(inverse, c->cam, (int)n), (int)n);
	c->cam_size = n;
	BN_free(inverse);
}

static void seal_cam(struct card *c, struct emrtd_writer *w)
{
	uint8_t ones[16], iv[16], data[EMRTD_PUBLIC_MAX];
	memset(ones, 0xff, 16);
	assert_int_equal(emrtd_encrypt(c->cipher, c->enc, NULL, ones, 16, iv), 0);
	memcpy(data, c->cam, c->cam_size);
	emrtd_pad(data, c->cam_size, 16);
	size_t n = emrtd_padded_size(c->cam_size, 16);
	assert_int_equal(emrtd_encrypt(c->cipher, c->enc, iv, data, n, data), 0);
	emrtd_put_tlv(w, 0x8a, data, n);
}

static uint16_t general(struct card *c, struct emrtd_bytes in, struct emrtd_writer *out)
{
	static uint8_t inner_bytes[2048];
	struct emrtd_writer inner = {inner_bytes, 0, sizeof(inner_bytes), false};
	struct emrtd_tlv tlv = {0};
	struct emrtd_bytes content;
	uint8_t key[32], z[32], token[8];
	const struct emrtd_bytes nonce = {c->nonce, c->nonce_size};
	assert_int_equal(emrtd_tlv_only(in, 0x7c, &content), 0);
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(content);
	if (content.size > 0)
		assert_int_equal(emrtd_tlv_next(&walk, &tlv), 1);
	assert_int_equal(walk.left, 0);
	switch (tlv.tag) {
	case 0:
		assert_int_equal(emrtd_kdf(c->cipher,
					 (struct emrtd_bytes){c->password.secret, c->password.size},
					 EMRTD_KDF_PASSWORD, key),
			0);
		assert_int_equal(
			emrtd_encrypt(c->cipher, key, NULL, c->nonce, c->nonce_size, z), 0);
		emrtd_put_tlv(&inner, 0x80, z, c->nonce_size);
		break;
	case 0x81:
		if (c->mapping == EMRTD_INTEGRATED) {
			assert_int_equal(
				emrtd_map_integrated(&c->domain, c->cipher, nonce, tlv.value), 0);
			emrtd_put_tlv(&inner, 0x82, NULL, 0);
			break;
		}
		new_key(c);
		emrtd_put_tlv(&inner, 0x82, c->own, c->own_size);
		if (c->mapping == EMRTD_CHIP_AUTHENTICATION)
			make_cam(c);
		assert_int_equal(emrtd_map_generic(&c->domain, c->secret, tlv.value, nonce), 0);
		break;
	case 0x83:
		new_key(c);
		memcpy(c->terminal, tlv.value.bytes, tlv.value.size);
		c->terminal_size = tlv.value.size;
		emrtd_put_tlv(&inner, 0x84, c->own, c->own_size);
		assert_int_equal(
			emrtd_domain_agree(&c->domain, c->secret, tlv.value, c->shared), 0);
		const struct emrtd_bytes k = {c->shared, c->domain.size};
		assert_int_equal(emrtd_kdf(c->cipher, k, EMRTD_KDF_ENC, c->enc), 0);
		assert_int_equal(emrtd_kdf(c->cipher, k, EMRTD_KDF_MAC, c->mac), 0);
		break;
	case 0x85:
		put_token(c, c->own, c->own_size, token);
		if (tlv.value.size != 8 || memcmp(token, tlv.value.bytes, 8) != 0)
			return 0x6300;
		put_token(c, c->terminal, c->terminal_size, token);
		emrtd_put_tlv(&inner, 0x86, token, 8);
		if (c->mapping == EMRTD_CHIP_AUTHENTICATION)
			seal_cam(c, &inner);
		chip_keys(&c->keys, c->cipher, (struct emrtd_bytes){c->shared, c->domain.size});
		break;
	default:
		fail_msg("object %02x", tlv.tag);
	}
	assert_false(inner.full);
	emrtd_put_tlv(out, 0x7c, inner_bytes, inner.size);
	return 0x9000;
}

static int transmit(
	void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	static uint8_t scratch[70000], protected[70000];
	struct card *card = self;
	struct emrtd_command c;
	struct emrtd_writer w = {response, 0, *response_size, false};
	uint16_t sw = 0x9000;
	if (card->short_only)
		assert_true(size <= EMRTD_SHORT_COMMAND_MAX);
	if (card->keys.cipher != 0) {
		chip_unprotect(&card->keys, (struct emrtd_bytes){command, size}, &c, scratch);
		size_t n = chip_protect(&card->keys, c.data, false, 0x9000, protected);
		assert_true(n <= *response_size);
		memcpy(response, protected, n);
		*response_size = n;
		return 0;
	}
	assert_int_equal(emrtd_command_decode((struct emrtd_bytes){command, size}, &c), 0);
	if (c.ins == 0xb0)
		emrtd_put(&w, card->card_access, card->card_access_size);
	else if (c.ins == 0x86)
		sw = general(card, c.data, &w);
	else
		assert_int_equal(c.ins, 0x22);
	emrtd_put(&w, (const uint8_t[]){(uint8_t)(sw >> 8), (uint8_t)sw}, 2);
	assert_false(w.full);
	*response_size = w.size;
	return 0;
}

static void prepare(
	struct card *c, enum emrtd_mapping mapping, enum emrtd_cipher cipher, unsigned id)
{
	static const uint8_t arcs[2][4] = {{0, 1, 3, 0}, {0, 2, 4, 6}};
	memset(c, 0, sizeof(*c));
	c->mapping = mapping;
	c->cipher = cipher;
	c->id = id;
	c->random = 1000 * (unsigned)mapping + 100 * (unsigned)cipher + id;
	const uint8_t oid[] = {
		4, 0, 0x7f, 0, 7, 2, 2, 4, arcs[id > 2 ? 1 : 0][mapping], (uint8_t)cipher};
	memcpy(c->oid, oid, 10);
	struct emrtd_writer w = {c->card_access, 0, sizeof(c->card_access), false};
	emrtd_put(&w, (const uint8_t[]){0x31, 20, 0x30, 18, 0x06, 10}, 6);
	emrtd_put(&w, oid, 10);
	emrtd_put(&w, (const uint8_t[]){2, 1, 2, 2, 1, (uint8_t)id}, 6);
	c->card_access_size = w.size;
	c->nonce_size = emrtd_integrated_nonce(cipher);
	memcpy(c->nonce, chip_random(c, c->nonce_size).bytes, c->nonce_size);
	assert_int_equal(emrtd_domain_standard(&c->domain, id), 0);
	assert_int_equal(emrtd_password_from_can(&c->password, "123456"), 0);
	if (mapping == EMRTD_CHIP_AUTHENTICATION) {
		assert_int_equal(emrtd_domain_key(&c->domain,
					 chip_random(c, emrtd_domain_random(&c->domain)),
					 &c->static_secret, c->static_key, &c->static_size),
			0);
	}
}

/* The list of EF.CardSecurity with the chip's key as standardized domain parameters. */
static void verify_cam(struct emrtd_session *s, const struct card *c)
{
	uint8_t file[1024];
	struct emrtd_writer w = {file, 0, sizeof(file), false};
	struct emrtd_security_infos infos;
	size_t bits = emrtd_tlv_size(0x03, c->static_size + 1),
	       spki = emrtd_tlv_size(0x30, 14 + bits);
	emrtd_put_header(&w, 0x31, emrtd_tlv_size(0x30, 11 + spki));
	emrtd_put_header(&w, 0x30, 11 + spki);
	emrtd_put(&w, "\x06\x09\x04\x00\x7f\x00\x07\x02\x02\x01\x02", 11);
	emrtd_put_header(&w, 0x30, 14 + bits);
	emrtd_put(&w, "\x30\x0c\x06\x07\x04\x00\x7f\x00\x07\x01\x02\x02\x01", 13);
	emrtd_put_byte(&w, (uint8_t)c->id);
	emrtd_put_header(&w, 0x03, c->static_size + 1);
	emrtd_put_byte(&w, 0);
	emrtd_put(&w, c->static_key, c->static_size);
	assert_int_equal(emrtd_security_infos(&infos, (struct emrtd_bytes){file, w.size}), 0);
	assert_int_equal(infos.key_count, 1);
	assert_int_equal(emrtd_cam_verify(s, &infos), 0);
	file[w.size - 1] ^= 1;
	assert_int_equal(emrtd_cam_verify(s, &infos), PN_ECRYPTO);
}

static void run(enum emrtd_mapping mapping, enum emrtd_cipher cipher, unsigned id, bool short_only)
{
	static struct card card;
	static struct emrtd_access_report report;
	const struct emrtd_policy policy = {0};
	prepare(&card, mapping, cipher, id);
	card.short_only = short_only;
	struct emrtd_channel channel = {&card, transmit, 2000, 2000, NULL, false};
	if (short_only)
		channel.command_max = channel.response_max = 0;
	struct emrtd_session *s = emrtd_open(&channel);
	int err = emrtd_access(s, &card.password, &policy, &report);
	if (id == 1 || id == 2) {
		/* 256 bytes of public key do not fit a short command. */
		assert_int_equal(err, short_only ? PN_ELIMIT : 0);
		if (short_only)
			assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_CHANNEL_SMALL);
	} else if (id == 10 && mapping == EMRTD_INTEGRATED) {
		assert_int_equal(err, PN_EUNSUPPORTED);
		assert_int_equal(emrtd_failure(s).cause, EMRTD_CAUSE_PACE_UNSUPPORTED);
	} else {
		assert_int_equal(err, 0);
	}
	if (err == 0) {
		struct emrtd_response r;
		const struct emrtd_command echo = {0, 0xb0, 0, 0, {(const uint8_t *)"echo", 4}, 64};
		assert_int_equal(report.access, EMRTD_ACCESS_PACE);
		assert_int_equal(report.mapping, mapping);
		assert_int_equal(report.cipher, cipher);
		assert_int_equal(report.domain, id);
		assert_int_equal(emrtd_exchange(s, &echo, false, &r), 0);
		assert_int_equal(r.data.size, 4);
		assert_memory_equal(r.data.bytes, "echo", 4);
		if (mapping == EMRTD_CHIP_AUTHENTICATION)
			verify_cam(s, &card);
		else
			assert_int_equal(emrtd_cam_verify(s, NULL), PN_EINVAL);
	}
	emrtd_close(s);
	emrtd_domain_free(&card.domain);
	BN_clear_free(card.secret);
	BN_clear_free(card.static_secret);
}

static void test_matrix(void **state)
{
	static const unsigned ids[] = {0, 1, 2, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
	unsigned runs = 0;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(ids); i++) {
		for (enum emrtd_cipher cipher = EMRTD_3DES; cipher <= EMRTD_AES_256; cipher++) {
			for (enum emrtd_mapping m = EMRTD_GENERIC; m <= EMRTD_CHIP_AUTHENTICATION;
				m++) {
				if (m == EMRTD_CHIP_AUTHENTICATION &&
					(ids[i] <= 2 || cipher == EMRTD_3DES))
					continue;
				run(m, cipher, ids[i], false);
				runs++;
			}
		}
	}
	assert_int_equal(runs, 14 * 4 * 2 + 11 * 3);
}

static void test_short_only(void **state)
{
	(void)state;
	run(EMRTD_GENERIC, EMRTD_AES_256, 18, true);
	run(EMRTD_CHIP_AUTHENTICATION, EMRTD_AES_256, 18, true);
	run(EMRTD_INTEGRATED, EMRTD_AES_256, 17, true);
	run(EMRTD_GENERIC, EMRTD_AES_128, 0, true);
	run(EMRTD_GENERIC, EMRTD_AES_128, 2, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_short_only),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
