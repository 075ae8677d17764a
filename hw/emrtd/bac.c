/* SPDX-License-Identifier: Apache-2.0
 * Basic access control, Doc 9303-11 section 4.3 with appendix D.3. Must never decipher the chip's
 * cryptogram before its checksum is verified, nor go on when it does not hold both challenges.
 */
#include "emrtd/session.h"

#include <string.h>

enum {
	NONCE = 8,
	KEYING = 16,
	KEYING_AT = 2 * NONCE,
	MESSAGE = KEYING_AT + KEYING,
	CRYPTOGRAM = MESSAGE + EMRTD_MAC_SIZE
};

/* Everything secret of one run, wiped together. */
struct bac {
	uint8_t enc[EMRTD_KEY_MAX], mac[EMRTD_KEY_MAX];
	uint8_t chip_nonce[NONCE];
	uint8_t own[MESSAGE];  /* RND.IFD || RND.IC || K.IFD */
	uint8_t chip[MESSAGE]; /* RND.IC || RND.IFD || K.IC */
	uint8_t cryptogram[CRYPTOGRAM];
};

static int challenge(struct emrtd_session *s, struct bac *b)
{
	const struct emrtd_command c = {0, 0x84, 0, 0, {NULL, 0}, NONCE};
	struct emrtd_bytes nonce;
	int err = emrtd_send(s, EMRTD_STEP_BAC_CHALLENGE, &c, &nonce);
	if (err != 0)
		return err;
	if (nonce.size != NONCE)
		return emrtd_fail(s, EMRTD_STEP_BAC_CHALLENGE, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	memcpy(b->chip_nonce, nonce.bytes, NONCE);
	return 0;
}

static int seal(struct emrtd_session *s, struct bac *b)
{
	enum emrtd_step step = EMRTD_STEP_BAC_AUTHENTICATE;
	int err = emrtd_random(s, step, b->own, NONCE);
	if (err == 0)
		err = emrtd_random(s, step, b->own + KEYING_AT, KEYING);
	if (err != 0)
		return err;
	memcpy(b->own + NONCE, b->chip_nonce, NONCE);
	err = emrtd_encrypt(EMRTD_3DES, b->enc, NULL, b->own, MESSAGE, b->cryptogram);
	const struct emrtd_bytes covered = {b->cryptogram, MESSAGE};
	if (err == 0)
		err = emrtd_mac(EMRTD_3DES, b->mac, &covered, 1, b->cryptogram + MESSAGE);
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
}

static int authenticate(struct emrtd_session *s, struct bac *b)
{
	enum emrtd_step step = EMRTD_STEP_BAC_AUTHENTICATE;
	const struct emrtd_command c = {0, 0x82, 0, 0, {b->cryptogram, CRYPTOGRAM}, CRYPTOGRAM};
	struct emrtd_bytes answer;
	uint8_t mac[EMRTD_MAC_SIZE];
	int err = emrtd_send(s, step, &c, &answer);
	if (err == PN_EDENIED)
		return emrtd_fail(s, step, EMRTD_CAUSE_PASSWORD, err);
	if (err != 0)
		return err;
	if (answer.size != CRYPTOGRAM)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	const struct emrtd_bytes covered = {answer.bytes, MESSAGE};
	err = emrtd_mac(EMRTD_3DES, b->mac, &covered, 1, mac);
	if (err != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
	if (!emrtd_equal(mac, answer.bytes + MESSAGE, sizeof(mac)))
		return emrtd_fail(s, step, EMRTD_CAUSE_BAC_MAC, PN_ECRYPTO);
	err = emrtd_decrypt(EMRTD_3DES, b->enc, NULL, answer.bytes, MESSAGE, b->chip);
	if (err != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
	if (!emrtd_equal(b->chip, b->chip_nonce, NONCE) ||
		!emrtd_equal(b->chip + NONCE, b->own, NONCE))
		return emrtd_fail(s, step, EMRTD_CAUSE_BAC_NONCE, PN_ECRYPTO);
	return 0;
}

static int agree(struct emrtd_session *s, struct bac *b)
{
	uint8_t seed[KEYING], ssc[NONCE];
	for (size_t i = 0; i < KEYING; i++)
		seed[i] = b->own[KEYING_AT + i] ^ b->chip[KEYING_AT + i];
	/* The last four bytes of each challenge, the chip's first (9.8.6.3). */
	memcpy(ssc, b->chip_nonce + 4, 4);
	memcpy(ssc + 4, b->own + 4, 4);
	int err = emrtd_secure(s, EMRTD_STEP_BAC_AUTHENTICATE, EMRTD_3DES,
		(struct emrtd_bytes){seed, sizeof(seed)}, ssc);
	emrtd_wipe(seed, sizeof(seed));
	return err;
}

int emrtd_bac(struct emrtd_session *s, const struct emrtd_password *password)
{
	struct bac b;
	enum emrtd_step step = EMRTD_STEP_BAC_CHALLENGE;
	if (password->kind != EMRTD_PASSWORD_MRZ || password->size < KEYING || s->sm.live)
		return emrtd_fail(s, step, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	const struct emrtd_bytes seed = {password->secret, KEYING};
	int err = emrtd_kdf(EMRTD_3DES, seed, EMRTD_KDF_ENC, b.enc);
	if (err == 0)
		err = emrtd_kdf(EMRTD_3DES, seed, EMRTD_KDF_MAC, b.mac);
	if (err != 0)
		emrtd_fail(s, step, EMRTD_CAUSE_CRYPTO, err);
	if (err == 0)
		err = challenge(s, &b);
	if (err == 0)
		err = seal(s, &b);
	if (err == 0)
		err = authenticate(s, &b);
	if (err == 0)
		err = agree(s, &b);
	if (err == 0)
		s->access = EMRTD_ACCESS_BAC;
	emrtd_wipe(&b, sizeof(b));
	return err;
}
