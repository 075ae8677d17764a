/* SPDX-License-Identifier: Apache-2.0
 * Password Authenticated Connection Establishment from the chip's side: ICAO Doc 9303-11
 * section 4.4, with generic, integrated and chip authentication mapping. Must never open a session
 * without the terminal's token.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "sim/chip/internal.h"

/* 0.4.0.127.0.7.2.2.4.m.c; m: DH-GM 1, ECDH-GM 2, DH-IM 3, ECDH-IM 4, ECDH-CAM 6. */
static const uint8_t arc[] = {0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04};

static unsigned mapping_number(const struct sim_chip_pace *p)
{
	if (p->mapping == SIM_CAM)
		return 6;
	return (p->mapping == SIM_IM ? 3 : 1) + (p->parameter >= 8);
}

void sc_pace_end(struct sim_chip *chip)
{
	sc_group_free(chip->pace.group);
	BN_clear_free(chip->pace.map_secret);
	OPENSSL_cleanse(&chip->pace, sizeof chip->pace);
}

static bool set_password(struct sim_chip *chip, unsigned reference)
{
	struct sc_pace_run *r = &chip->pace;
	uint8_t h[64];
	const uint8_t *secret = h;
	size_t n = 0;
	if (reference == 1 && chip->config.mrz_information != NULL) {
		const char *mrz = chip->config.mrz_information;
		if (!sc_hash("SHA1", (const uint8_t *)mrz, strlen(mrz), h, &n))
			return false;
	} else if (reference == 2 && chip->config.can != NULL) {
		secret = (const uint8_t *)chip->config.can;
		n = strlen(chip->config.can);
	} else {
		return false;
	}
	return sc_kdf(r->info->cipher, secret, n, 3, r->password);
}

unsigned sc_pace_set(struct sim_chip *chip, const struct sc_apdu *apdu)
{
	struct sc_pace_run *r = &chip->pace;
	const uint8_t *oid = NULL, *reference = NULL, *parameter = NULL;
	size_t oid_size = 0, reference_size = 0, parameter_size = 0;
	sc_pace_end(chip);
	if (chip->config.pace_count == 0)
		return 0x6A88;
	bool named = sim_der_find(apdu->data, apdu->size, 0x84, &parameter, &parameter_size) &&
		     parameter_size == 1;
	if (sc_fault(chip, SIM_FAULT_MSE_6A80))
		return 0x6A80;
	if (sc_fault(chip, SIM_FAULT_MSE_6A87) && !named)
		return 0x6A87;
	if (sc_fault(chip, SIM_FAULT_MSE_6A88))
		return 0x6A88;
	if (!sim_der_find(apdu->data, apdu->size, 0x80, &oid, &oid_size) ||
		!sim_der_find(apdu->data, apdu->size, 0x83, &reference, &reference_size) ||
		reference_size != 1 || oid_size != sizeof arc + 2 ||
		memcmp(oid, arc, sizeof arc) != 0)
		return 0x6A80;
	for (size_t i = 0; i < chip->config.pace_count && r->info == NULL; i++) {
		const struct sim_chip_pace *p = &chip->config.pace[i];
		if (oid[sizeof arc] == mapping_number(p) &&
			oid[sizeof arc + 1] == (uint8_t)p->cipher &&
			(!named || parameter[0] == p->parameter))
			r->info = p;
	}
	if (r->info == NULL)
		return 0x6A80;
	if (!set_password(chip, reference[0]))
		return 0x6A88;
	r->group = sc_group_standard(r->info->parameter);
	if (r->group == NULL)
		return 0x6F00;
	memcpy(r->oid, oid, oid_size);
	r->oid_size = oid_size;
	r->step = SC_PACE_CHOSEN;
	return 0x9000;
}

static void answer(struct sim_der *out, unsigned tag, const uint8_t *bytes, size_t size)
{
	size_t start = out->size;
	sim_der_tlv(out, tag, bytes, size);
	sim_der_wrap(out, start, 0x7c);
}

static unsigned give_nonce(struct sim_chip *chip, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	uint8_t z[32];
	/* l is the smallest multiple of the block size not below the key size (4.4.3.3.2). */
	size_t size = r->info->mapping == SIM_IM && r->info->cipher >= SIM_AES_192 ? 32 : 16;
	r->nonce_size = sc_draw(chip, SIM_DRAW_NONCE, r->nonce, size, sizeof r->nonce);
	if (r->nonce_size == 0 || r->nonce_size % sc_block(r->info->cipher) != 0 ||
		!sc_cbc(r->info->cipher, true, r->password, NULL, r->nonce, r->nonce_size, z))
		return 0x6F00;
	r->step = SC_PACE_NONCE;
	answer(out, 0x80, z, r->nonce_size - (sc_fault(chip, SIM_FAULT_PACE_NONCE) ? 1 : 0));
	return 0x9000;
}

/* An element that is not one: a point beside the curve, or zero. */
static void spoil(const struct sc_group *g, struct sc_element *e)
{
	if (g->curve != NULL)
		e->bytes[e->size - 1] ^= 1;
	else
		memset(e->bytes, 0, e->size);
}

static bool take_element(const uint8_t *value, size_t size, struct sc_element *e)
{
	if (size > sizeof e->bytes)
		return false;
	memcpy(e->bytes, value, size);
	e->size = size;
	return true;
}

static unsigned map_generic(
	struct sim_chip *chip, const uint8_t *value, size_t size, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	struct sc_element peer, h, base;
	r->map_secret = sc_draw_secret(chip, SIM_DRAW_MAP, r->group);
	BIGNUM *s = BN_bin2bn(r->nonce, (int)r->nonce_size, NULL);
	if (!take_element(value, size, &peer) || s == NULL || r->map_secret == NULL ||
		!sc_multiply(r->group, NULL, r->map_secret, &r->map) ||
		!sc_multiply(r->group, &peer, r->map_secret, &h) ||
		!sc_multiply(r->group, NULL, s, &base) ||
		!sc_add(r->group, &base, &h, &r->generator)) {
		BN_free(s);
		return 0x6300;
	}
	BN_free(s);
	struct sc_element sent = sc_fault(chip, SIM_FAULT_PACE_SAME_MAP) ? peer : r->map;
	if (sc_fault(chip, SIM_FAULT_PACE_OFF_CURVE))
		spoil(r->group, &sent);
	answer(out, 0x82, sent.bytes, sent.size);
	return 0x9000;
}

/* The pseudo-random function of 4.4.3.3.2. */
static BIGNUM *random_of(
	enum sim_cipher cipher, const uint8_t *s, const uint8_t *t, const struct sc_group *g)
{
	static const uint8_t c128[2][16] = {{0xa6, 0x68, 0x89, 0x2a, 0x7c, 0x41, 0xe3, 0xca, 0x73,
						    0x9f, 0x40, 0xb0, 0x57, 0xd8, 0x59, 0x04},
		{0xa4, 0xe1, 0x36, 0xac, 0x72, 0x5f, 0x73, 0x8b, 0x01, 0xc1, 0xf6, 0x02, 0x17, 0xc1,
			0x88, 0xad}};
	static const uint8_t c256[2][32] = {
		{0xd4, 0x63, 0xd6, 0x52, 0x34, 0x12, 0x4e, 0xf7, 0x89, 0x70, 0x54, 0x98, 0x6d, 0xca,
			0x0a, 0x17, 0x4e, 0x28, 0xdf, 0x75, 0x8c, 0xba, 0xa0, 0x3f, 0x24, 0x06,
			0x16, 0x41, 0x4d, 0x5a, 0x16, 0x76},
		{0x54, 0xbd, 0x72, 0x55, 0xf0, 0xaa, 0xf8, 0x31, 0xbe, 0xc3, 0x42, 0x3f, 0xcf, 0x39,
			0xd6, 0x9b, 0x6c, 0xbf, 0x06, 0x66, 0x77, 0xd0, 0xfa, 0xae, 0x5a, 0xad,
			0xd9, 0x9d, 0xf8, 0xe5, 0x35, 0x17}};
	size_t l = cipher >= SIM_AES_192 ? 32 : 16;
	const uint8_t *c0 = l == 32 ? c256[0] : c128[0], *c1 = l == 32 ? c256[1] : c128[1];
	uint8_t key[32], x[32], all[SC_ELEMENT_MAX];
	size_t n = 0, bits = (size_t)BN_num_bits(g->p) + 64;
	bool ok = sc_cbc(cipher, true, t, NULL, s, l, key);
	while (ok && n * 8 < bits && n + l <= sizeof all) {
		ok = sc_cbc(cipher, true, key, NULL, c1, l, x) &&
		     sc_cbc(cipher, true, key, NULL, c0, l, key);
		memcpy(all + n, x, l);
		n += l;
	}
	OPENSSL_cleanse(key, sizeof key);
	return ok && n * 8 >= bits ? BN_bin2bn(all, (int)n, NULL) : NULL;
}

static unsigned map_integrated(
	struct sim_chip *chip, const uint8_t *value, size_t size, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	if (size != sc_key_size(r->info->cipher))
		return 0x6A80;
	BIGNUM *random = random_of(r->info->cipher, r->nonce, value, r->group);
	bool ok = random != NULL && sc_integrated_map(r->group, random, &r->generator);
	BN_clear_free(random);
	if (!ok)
		return 0x6300;
	answer(out, 0x82, NULL, 0);
	return 0x9000;
}

static unsigned agree(struct sim_chip *chip, const uint8_t *value, size_t size, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	struct sc_element shared;
	const uint8_t *secret = NULL;
	size_t n = 0;
	BIGNUM *own = sc_draw_secret(chip, SIM_DRAW_EPHEMERAL, r->group);
	bool ok = own != NULL && take_element(value, size, &r->peer) &&
		  sc_multiply(r->group, &r->generator, own, &r->own) &&
		  sc_multiply(r->group, &r->peer, own, &shared);
	BN_clear_free(own);
	if (!ok)
		return 0x6300;
	sc_secret_of(r->group, &shared, &secret, &n);
	ok = sc_kdf(r->info->cipher, secret, n, 1, r->enc) &&
	     sc_kdf(r->info->cipher, secret, n, 2, r->mac);
	OPENSSL_cleanse(&shared, sizeof shared);
	if (!ok)
		return 0x6F00;
	struct sc_element sent = sc_fault(chip, SIM_FAULT_PACE_SAME_KEY) ? r->peer : r->own;
	if (sc_fault(chip, SIM_FAULT_PACE_OFF_CURVE_2))
		spoil(r->group, &sent);
	answer(out, 0x84, sent.bytes, sent.size);
	return 0x9000;
}

/* Over the other side's key. */
static bool token(const struct sc_pace_run *r, const struct sc_element *key, uint8_t out[8])
{
	struct sim_der text = {0};
	sim_der_tlv(&text, 0x06, r->oid, r->oid_size);
	sim_der_tlv(&text, r->group->curve != NULL ? 0x86 : 0x84, key->bytes, key->size);
	sim_der_wrap(&text, 0, 0x7f49);
	bool ok = !text.failed && sc_mac(r->info->cipher, r->mac, text.bytes, text.size, out);
	sim_der_free(&text);
	return ok;
}

/* CA_IC = SK_map / SK_IC modulo the order, padded and encrypted (4.4.3.5.2). */
static bool put_authentication_data(struct sim_chip *chip, struct sim_der *out)
{
	static const uint8_t ones[16] = {
		255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
	struct sc_pace_run *r = &chip->pace;
	BIGNUM *key = NULL, *data = BN_new();
	uint8_t text[SC_ELEMENT_MAX], iv[16];
	size_t n = (size_t)BN_num_bytes(r->group->q);
	bool ok = data != NULL && EVP_PKEY_get_bn_param(chip->config.cam, "priv", &key) == 1;
	if (ok && (sc_fault(chip, SIM_FAULT_CAM_WRONG) || sc_fault(chip, SIM_FAULT_CLONE)))
		ok = BN_add_word(key, 1) == 1;
	ok = ok && BN_mod_inverse(data, key, r->group->q, r->group->scratch) != NULL &&
	     BN_mod_mul(data, data, r->map_secret, r->group->q, r->group->scratch) == 1 &&
	     BN_bn2binpad(data, text, (int)n) == (int)n &&
	     sc_cbc(r->info->cipher, true, r->enc, NULL, ones, 16, iv);
	n = sc_pad(text, n, 16);
	ok = ok && sc_cbc(r->info->cipher, true, r->enc, iv, text, n, text);
	if (ok)
		sim_der_tlv(out, 0x8a, text, n);
	BN_clear_free(key);
	BN_clear_free(data);
	OPENSSL_cleanse(text, sizeof text);
	return ok;
}

static unsigned confirm(
	struct sim_chip *chip, const uint8_t *value, size_t size, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	uint8_t expected[8], own[8];
	if (!token(r, &r->own, expected) || !token(r, &r->peer, own))
		return 0x6F00;
	if (size != 8 || CRYPTO_memcmp(expected, value, 8) != 0 ||
		sc_fault(chip, SIM_FAULT_PACE_6300))
		return 0x6300;
	if (sc_fault(chip, SIM_FAULT_PACE_63C))
		return 0x63C0 | ((unsigned)sc_fault_value(chip, SIM_FAULT_PACE_63C, 1) & 15);
	if (sc_fault(chip, SIM_FAULT_PACE_TOKEN))
		own[0] ^= 1;
	if (!sc_fault(chip, SIM_FAULT_PACE_NO_TOKEN))
		sim_der_tlv(out, 0x86, own, 8);
	if (r->info->mapping == SIM_CAM && !sc_fault(chip, SIM_FAULT_CAM_ABSENT) &&
		!put_authentication_data(chip, out))
		return 0x6F00;
	sim_der_wrap(out, 0, 0x7c);
	struct sc_session *n = &chip->next_session;
	memset(n, 0, sizeof *n);
	n->cipher = r->info->cipher;
	memcpy(n->enc, r->enc, sizeof n->enc);
	memcpy(n->mac, r->mac, sizeof n->mac);
	n->on = chip->access = chip->by_pace = true;
	return 0x9000;
}

static unsigned step(
	struct sim_chip *chip, const uint8_t *data, size_t data_size, struct sim_der *out)
{
	struct sc_pace_run *r = &chip->pace;
	unsigned tag = 0, sw = 0x6A80;
	const uint8_t *value = NULL;
	size_t size = 0;
	bool any = sim_der_next(&data, &data_size, &tag, &value, &size);
	switch (r->step) {
	case SC_PACE_CHOSEN:
		return any ? 0x6A80 : give_nonce(chip, out);
	case SC_PACE_NONCE:
		if (any && tag == 0x81)
			sw = r->info->mapping == SIM_IM ? map_integrated(chip, value, size, out)
							: map_generic(chip, value, size, out);
		r->step = SC_PACE_MAPPED;
		return sw;
	case SC_PACE_MAPPED:
		if (any && tag == 0x83)
			sw = agree(chip, value, size, out);
		r->step = SC_PACE_AGREED;
		return sw;
	case SC_PACE_AGREED:
		if (any && tag == 0x85)
			sw = confirm(chip, value, size, out);
		sc_pace_end(chip);
		return sw;
	case SC_PACE_IDLE:
		break;
	}
	return 0x6985;
}

unsigned sc_pace_step(struct sim_chip *chip, const struct sc_apdu *apdu, struct sim_der *out)
{
	const uint8_t *data = NULL;
	size_t size = 0;
	bool last = chip->pace.step == SC_PACE_AGREED;
	if (!sim_der_find(apdu->data, apdu->size, 0x7c, &data, &size))
		return 0x6A80;
	if (chip->pace.step != SC_PACE_IDLE && ((apdu->cla & 0x10) == 0) != last) {
		sc_pace_end(chip);
		return last ? 0x6883 : 0x6A80;
	}
	unsigned sw = step(chip, data, size, out);
	if (sw != 0x9000) {
		sc_pace_end(chip);
		out->size = 0;
	}
	return sw;
}
