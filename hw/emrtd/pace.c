/* SPDX-License-Identifier: Apache-2.0
 * Password authenticated connection establishment, Doc 9303-11 section 4.4. Must never use a
 * generator, key or session key that a step before did not establish, nor go on after one failed.
 */
#include "emrtd/session.h"

#include <string.h>

#include "emrtd/pace_map_im.h"

enum { DO_DYNAMIC = 0x7c, NONCE_MAX = 32, ANSWER_MAX = EMRTD_PUBLIC_MAX };

/* Everything of one run, wiped together. */
struct pace {
	const struct emrtd_pace_info *info;
	struct emrtd_domain domain;
	BIGNUM *secret;
	uint8_t nonce[NONCE_MAX];
	size_t nonce_size;
	uint8_t own[EMRTD_PUBLIC_MAX], chip[EMRTD_PUBLIC_MAX]; /* public keys of the agreement */
	size_t own_size, chip_size;
	uint8_t map_chip[EMRTD_PUBLIC_MAX]; /* the chip's of the mapping */
	size_t map_chip_size;
	uint8_t shared[EMRTD_FIELD_MAX];
	uint8_t enc[EMRTD_KEY_MAX], mac[EMRTD_KEY_MAX];
};

/* MSE:Set AT (4.4.4.1). */
static int set_at(struct emrtd_session *s, const struct emrtd_pace_info *info,
	enum emrtd_password_kind password, bool name_parameters)
{
	uint8_t data[64];
	const uint8_t reference = (uint8_t)password;
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	struct emrtd_bytes none;
	emrtd_put_tlv(&w, 0x80, info->oid.bytes, info->oid.size);
	emrtd_put_tlv(&w, 0x83, &reference, 1);
	if (name_parameters)
		emrtd_put_tlv(&w, 0x84, info->parameter.bytes, info->parameter.size);
	const struct emrtd_command c = {0, 0x22, 0xc1, 0xa4, {data, w.size}, 0};
	int err = emrtd_send(s, EMRTD_STEP_PACE_SELECT, &c, &none);
	/* 63CX warns how many tries are left for the password; it is selected. */
	if (err == PN_EDENIED && s->failure.sw >> 4 == 0x63c)
		err = 0;
	return err;
}

/* Refusals that say that the choice of protocol or parameters was not understood. */
static bool refused(uint16_t sw)
{
	return sw == 0x6a80 || sw == 0x6a81 || sw == 0x6a86 || sw == 0x6a87 || sw == 0x6a88 ||
	       sw == 0x6700 || sw == 0x6d00 || sw == 0x6e00;
}

static int select_protocol(struct emrtd_session *s, const struct emrtd_pace_info *info,
	enum emrtd_password_kind password, bool several)
{
	bool named = several && info->parameter.size > 0;
	int err = set_at(s, info, password, named);
	if (err == PN_EDENIED && refused(s->failure.sw) && info->parameter.size > 0)
		err = set_at(s, info, password, !named);
	if (err == PN_EDENIED && refused(s->failure.sw))
		emrtd_fail(s, EMRTD_STEP_PACE_SELECT, EMRTD_CAUSE_PACE_REFUSED, err);
	return err;
}

/* GENERAL AUTHENTICATE with one object (tag 0: none); answer is the content of its 7C. */
static int general(struct emrtd_session *s, enum emrtd_step step, uint8_t tag,
	struct emrtd_bytes value, struct emrtd_bytes *answer)
{
	uint8_t data[EMRTD_PUBLIC_MAX + 16];
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	bool last = step == EMRTD_STEP_PACE_TOKEN;
	emrtd_put_header(&w, DO_DYNAMIC, tag == 0 ? 0 : emrtd_tlv_size(tag, value.size));
	if (tag != 0)
		emrtd_put_tlv(&w, tag, value.bytes, value.size);
	/* What does not fit a short command is a key, and is answered by one of the same size. */
	const struct emrtd_command c = {last ? 0 : 0x10, 0x86, 0, 0, {data, w.size},
		w.size > EMRTD_SHORT_DATA_MAX ? EMRTD_LE_MAX : EMRTD_SHORT_LE_MAX};
	if (w.full)
		return emrtd_fail(s, step, EMRTD_CAUSE_CHANNEL_SMALL, PN_ELIMIT);
	int err = emrtd_send(s, step, &c, answer);
	if (err != 0)
		return err;
	/* Nothing at all is one way to send no object. */
	if (answer->size > 0 && emrtd_tlv_only(*answer, DO_DYNAMIC, answer) != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	return 0;
}

/* The one object that the answer of this step must hold. */
static int general_one(struct emrtd_session *s, enum emrtd_step step, uint8_t tag,
	struct emrtd_bytes value, uint8_t wanted, struct emrtd_bytes *answer)
{
	int err = general(s, step, tag, value, answer);
	if (err != 0)
		return err;
	if (emrtd_tlv_only(*answer, wanted, answer) != 0 || answer->size == 0 ||
		answer->size > ANSWER_MAX)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	return 0;
}

static int get_nonce(struct emrtd_session *s, struct pace *p, const struct emrtd_password *password)
{
	enum emrtd_step step = EMRTD_STEP_PACE_NONCE;
	enum emrtd_cipher cipher = p->info->cipher;
	uint8_t key[EMRTD_KEY_MAX];
	struct emrtd_bytes z = {NULL, 0};
	int err = general_one(s, step, 0, (struct emrtd_bytes){NULL, 0}, 0x80, &z);
	if (err != 0)
		return err;
	/* Whole blocks, as many as the chip likes (4.4.3.3); integrated mapping fixes how many. */
	bool fits = z.size <= NONCE_MAX && z.size % emrtd_block_size(cipher) == 0;
	if (!fits ||
		(p->info->mapping == EMRTD_INTEGRATED && z.size != emrtd_integrated_nonce(cipher)))
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	err = emrtd_kdf(cipher, (struct emrtd_bytes){password->secret, password->size},
		EMRTD_KDF_PASSWORD, key);
	if (err == 0)
		err = emrtd_decrypt(cipher, key, NULL, z.bytes, z.size, p->nonce);
	p->nonce_size = z.size;
	emrtd_wipe(key, sizeof(key));
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
}

/* Sends our public key, takes the chip's, which must be one and not ours (4.4.1, 9.4.5). */
static int swap_keys(struct emrtd_session *s, struct pace *p, enum emrtd_step step, uint8_t tag,
	uint8_t *chip, size_t *chip_size)
{
	struct emrtd_bytes answer = {NULL, 0};
	int err = emrtd_own_key(s, step, &p->domain, &p->secret, p->own, &p->own_size);
	if (err == 0)
		err = general_one(s, step, tag, (struct emrtd_bytes){p->own, p->own_size},
			(uint8_t)(tag + 1), &answer);
	if (err != 0)
		return err;
	if (answer.size == p->own_size && memcmp(answer.bytes, p->own, p->own_size) == 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_PACE_OWN_KEY, PN_EFORMAT);
	if (emrtd_domain_check(&p->domain, answer) != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT);
	memcpy(chip, answer.bytes, answer.size);
	*chip_size = answer.size;
	return 0;
}

static int map(struct emrtd_session *s, struct pace *p)
{
	enum emrtd_step step = EMRTD_STEP_PACE_MAP;
	const struct emrtd_bytes nonce = {p->nonce, p->nonce_size};
	int err;
	if (p->info->mapping == EMRTD_INTEGRATED) {
		uint8_t t[EMRTD_KEY_MAX];
		const struct emrtd_bytes own = {t, emrtd_key_size(p->info->cipher)};
		struct emrtd_bytes answer = {NULL, 0}, value;
		err = emrtd_random(s, step, t, own.size);
		if (err == 0)
			err = general(s, step, 0x81, own, &answer);
		if (err != 0)
			return err;
		/* DO82 comes empty, or not at all. */
		if (answer.size > 0 &&
			(emrtd_tlv_only(answer, 0x82, &value) != 0 || value.size > 0))
			return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
		err = emrtd_map_integrated(&p->domain, p->info->cipher, nonce, own);
	} else {
		err = swap_keys(s, p, step, 0x81, p->map_chip, &p->map_chip_size);
		if (err != 0)
			return err;
		err = emrtd_map_generic(&p->domain, p->secret,
			(struct emrtd_bytes){p->map_chip, p->map_chip_size}, nonce);
	}
	emrtd_wipe(p->nonce, sizeof(p->nonce));
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, PN_ECRYPTO);
}

static int agree(struct emrtd_session *s, struct pace *p)
{
	enum emrtd_step step = EMRTD_STEP_PACE_AGREE;
	enum emrtd_cipher cipher = p->info->cipher;
	int err = swap_keys(s, p, step, 0x83, p->chip, &p->chip_size);
	if (err != 0)
		return err;
	/* The same key twice would be another way to send one of no use. */
	if (p->chip_size == p->map_chip_size && memcmp(p->chip, p->map_chip, p->chip_size) == 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_PACE_KEY, PN_EFORMAT);
	err = emrtd_domain_agree(
		&p->domain, p->secret, (struct emrtd_bytes){p->chip, p->chip_size}, p->shared);
	const struct emrtd_bytes k = {p->shared, p->domain.size};
	if (err == 0)
		err = emrtd_kdf(cipher, k, EMRTD_KDF_ENC, p->enc);
	if (err == 0)
		err = emrtd_kdf(cipher, k, EMRTD_KDF_MAC, p->mac);
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, PN_ECRYPTO);
}

/* Over the other side's public key as a data object 7F49 (4.4.3.4, 9.4). */
static int make_token(const struct pace *p, const uint8_t *key, size_t size, uint8_t *token)
{
	uint8_t data[EMRTD_PUBLIC_MAX + 32];
	const struct emrtd_bytes oid = p->info->oid;
	uint8_t tag = p->info->ecdh ? 0x86 : 0x84;
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	emrtd_put_header(&w, 0x7f49, emrtd_tlv_size(0x06, oid.size) + emrtd_tlv_size(tag, size));
	emrtd_put_tlv(&w, 0x06, oid.bytes, oid.size);
	emrtd_put_tlv(&w, tag, key, size);
	const struct emrtd_bytes whole = {data, w.size};
	return w.full ? PN_ELIMIT : emrtd_mac(p->info->cipher, p->mac, &whole, 1, token);
}

/* What the last answer may hold: DO86, then DO8A with chip authentication mapping. */
static int take_answer(
	struct emrtd_bytes answer, struct emrtd_bytes *token, struct emrtd_bytes *sealed)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(answer);
	struct emrtd_tlv tlv;
	*sealed = (struct emrtd_bytes){NULL, 0};
	if (emrtd_tlv_expect(&walk, 0x86, &tlv) != 0 || tlv.value.size != EMRTD_MAC_SIZE)
		return PN_EFORMAT;
	*token = tlv.value;
	int got;
	while ((got = emrtd_tlv_next(&walk, &tlv)) == 1) {
		if (tlv.tag == 0x8a)
			*sealed = tlv.value;
	}
	return got;
}

static int authenticate(struct emrtd_session *s, struct pace *p)
{
	enum emrtd_step step = EMRTD_STEP_PACE_TOKEN;
	uint8_t own[EMRTD_MAC_SIZE], wanted[EMRTD_MAC_SIZE];
	struct emrtd_bytes answer = {NULL, 0}, token, sealed;
	int err = make_token(p, p->chip, p->chip_size, own);
	if (err == 0)
		err = make_token(p, p->own, p->own_size, wanted);
	if (err != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
	err = general(s, step, 0x85, (struct emrtd_bytes){own, sizeof(own)}, &answer);
	/* 6300, 63CX and the like: our token is wrong, because the password is. */
	if (err == PN_EDENIED && (s->failure.sw >> 8 == 0x63 || s->failure.sw >> 8 == 0x69))
		return emrtd_fail(s, step, EMRTD_CAUSE_PASSWORD, err);
	if (err != 0)
		return err;
	if (take_answer(answer, &token, &sealed) != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	if (!emrtd_equal(token.bytes, wanted, sizeof(wanted)))
		return emrtd_fail(s, step, EMRTD_CAUSE_PACE_TOKEN, PN_ECRYPTO);
	if (p->info->mapping == EMRTD_CHIP_AUTHENTICATION)
		emrtd_cam_take(s, p->info->cipher, p->enc, sealed,
			(struct emrtd_bytes){p->map_chip, p->map_chip_size},
			(unsigned)p->info->domain);
	return emrtd_secure(
		s, step, p->info->cipher, (struct emrtd_bytes){p->shared, p->domain.size}, NULL);
}

int emrtd_pace(struct emrtd_session *s, const struct emrtd_pace_info *info,
	const struct emrtd_password *password, bool several)
{
	struct pace p = {.info = info};
	enum emrtd_step step = EMRTD_STEP_PACE_SELECT;
	if (s->sm.live || password->size > sizeof(password->secret) ||
		(password->kind != EMRTD_PASSWORD_MRZ && password->kind != EMRTD_PASSWORD_CAN))
		return emrtd_fail(s, step, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	if (info->domain < 0 || emrtd_domain_standard(&p.domain, (unsigned)info->domain) != 0 ||
		p.domain.ec != info->ecdh) {
		emrtd_domain_free(&p.domain);
		return emrtd_fail(s, step, EMRTD_CAUSE_PACE_UNSUPPORTED, PN_EUNSUPPORTED);
	}
	emrtd_wipe(&s->cam, sizeof(s->cam));
	int err = select_protocol(s, info, password->kind, several);
	if (err == 0)
		err = get_nonce(s, &p, password);
	if (err == 0)
		err = map(s, &p);
	if (err == 0)
		err = agree(s, &p);
	if (err == 0)
		err = authenticate(s, &p);
	if (err == 0)
		s->access = EMRTD_ACCESS_PACE;
	emrtd_domain_free(&p.domain);
	BN_clear_free(p.secret);
	emrtd_wipe(&p, sizeof(p));
	return err;
}
