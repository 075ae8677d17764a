/* SPDX-License-Identifier: Apache-2.0
 * Active authentication, Doc 9303-11 section 6.1: the challenge, and verifying RSA signatures with
 * message recovery (ISO/IEC 9796-2 scheme 1, appendix F) or ECDSA (TR-03111). Must never accept a
 * signature whose hash does not cover the challenge of this session.
 */
#include "emrtd/session.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <string.h>

enum {
	DG15 = 0x6f,
	RSA_BITS_MIN = 512,
	RSA_BITS_MAX = 8192,
	RSA_MAX = RSA_BITS_MAX / 8,
	EC_MAX = 83
};

/* Trailer of the recovered message: one byte BC, or two that name the hash (6.1.2.2). */
static enum emrtd_hash trailer(const uint8_t *f, size_t size, size_t *trailer_size)
{
	static const struct {
		uint8_t byte;
		enum emrtd_hash hash;
	} named[] = {{0x33, EMRTD_SHA1}, {0x34, EMRTD_SHA256}, {0x35, EMRTD_SHA512},
		{0x36, EMRTD_SHA384}, {0x38, EMRTD_SHA224}};
	*trailer_size = f[size - 1] == 0xbc ? 1 : 2;
	if (f[size - 1] == 0xbc)
		return EMRTD_SHA1;
	for (size_t i = 0; f[size - 1] == 0xcc && i < PN_COUNT(named); i++) {
		if (named[i].byte == f[size - 2])
			return named[i].hash;
	}
	return EMRTD_HASH_UNKNOWN;
}

/* f: header, padding, M1, H(M1 || challenge), trailer. */
static enum emrtd_cause recovered(struct emrtd_bytes f, const uint8_t *challenge)
{
	uint8_t digest[EMRTD_HASH_MAX];
	size_t end, start = 0;
	/* A modulus of 8n + 1 bits leaves a zero byte in front. */
	if (f.size > 1 && f.bytes[0] == 0) {
		f.bytes++;
		f.size--;
	}
	if (f.size < 4)
		return EMRTD_CAUSE_AA_SIGNATURE;
	/* 01 (scheme), 1 (partial recovery), 0, then nibbles B up to the first A. */
	if (f.bytes[0] >> 4 != 6)
		return EMRTD_CAUSE_AA_SIGNATURE;
	while ((f.bytes[start] & 0x0f) != 0x0a) {
		if ((f.bytes[start] & 0x0f) != 0x0b || (start > 0 && f.bytes[start] >> 4 != 0xb) ||
			start + 1 == f.size)
			return EMRTD_CAUSE_AA_SIGNATURE;
		start++;
	}
	if (start > 0 && f.bytes[start] != 0xba)
		return EMRTD_CAUSE_AA_SIGNATURE;
	start++;
	/* A trailer that is not known counts as such only in a message that has the form: a wrong
	 * key would come by it too often. */
	enum emrtd_hash hash = trailer(f.bytes, f.size, &end);
	if (hash == 0)
		return f.bytes[f.size - 1] == 0xcc ? EMRTD_CAUSE_AA_UNSUPPORTED
						   : EMRTD_CAUSE_AA_SIGNATURE;
	size_t hash_size = emrtd_hash_size(hash);
	if (f.size - start < hash_size + end)
		return EMRTD_CAUSE_AA_SIGNATURE;
	const struct emrtd_bytes parts[] = {{f.bytes + start, f.size - start - hash_size - end},
		{challenge, EMRTD_AA_CHALLENGE}};
	if (emrtd_hash(hash, parts, PN_COUNT(parts), digest) != 0)
		return EMRTD_CAUSE_CRYPTO;
	return emrtd_equal(digest, f.bytes + f.size - end - hash_size, hash_size)
		       ? EMRTD_CAUSE_NONE
		       : EMRTD_CAUSE_AA_SIGNATURE;
}

static enum emrtd_cause verify_rsa(
	const EVP_PKEY *key, const uint8_t *challenge, struct emrtd_bytes signature)
{
	uint8_t f[RSA_MAX];
	BIGNUM *n = NULL, *e = NULL, *s = BN_new(), *m = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	enum emrtd_cause cause = EMRTD_CAUSE_AA_KEY;
	if (s != NULL && m != NULL && ctx != NULL &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
		BN_num_bits(n) >= RSA_BITS_MIN && BN_num_bits(n) <= RSA_BITS_MAX && BN_is_odd(n) &&
		BN_is_odd(e) && !BN_is_one(e) && BN_num_bits(e) <= 64) {
		int size = BN_num_bytes(n);
		cause = EMRTD_CAUSE_AA_SIGNATURE;
		/* Chips leave leading zeros out, so shorter is right; longer is not. */
		bool opened = signature.size > 0 && signature.size <= (size_t)size &&
			      BN_bin2bn(signature.bytes, (int)signature.size, s) != NULL &&
			      BN_cmp(s, n) < 0 && BN_mod_exp(m, s, e, n, ctx) == 1;
		if (opened && BN_bn2binpad(m, f, size) == size)
			cause = recovered((struct emrtd_bytes){f, (size_t)size}, challenge);
		/* ISO/IEC 9796-2 B.4: the chip may have sent n - signature, where that is smaller.
		 */
		if (opened && cause == EMRTD_CAUSE_AA_SIGNATURE && BN_sub(m, n, m) == 1 &&
			BN_bn2binpad(m, f, size) == size)
			cause = recovered((struct emrtd_bytes){f, (size_t)size}, challenge);
	}
	BN_free(n);
	BN_free(e);
	BN_free(s);
	BN_free(m);
	BN_CTX_free(ctx);
	return cause;
}

/* r || s as the DER that OpenSSL takes; 0 when it does not fit. */
static size_t plain_to_der(struct emrtd_bytes plain, uint8_t *out, size_t max)
{
	size_t half = plain.size / 2;
	uint8_t *at = out;
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(plain.bytes, (int)half, NULL);
	BIGNUM *s = BN_bin2bn(plain.bytes + half, (int)half, NULL);
	int size = 0;
	if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s) == 1) {
		r = NULL;
		s = NULL;
		size = i2d_ECDSA_SIG(sig, NULL);
		size = size > 0 && (size_t)size <= max ? i2d_ECDSA_SIG(sig, &at) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return size > 0 ? (size_t)size : 0;
}

static bool ecdsa_fits(EVP_PKEY *key, enum emrtd_hash hash, const uint8_t *challenge,
	const uint8_t *der, size_t size)
{
	uint8_t digest[EMRTD_HASH_MAX];
	const struct emrtd_bytes part = {challenge, EMRTD_AA_CHALLENGE};
	if (emrtd_hash(hash, &part, 1, digest) != 0)
		return false;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
		  EVP_PKEY_verify(ctx, der, size, digest, emrtd_hash_size(hash)) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

static enum emrtd_cause verify_ecdsa(
	EVP_PKEY *key, enum emrtd_hash hash, const uint8_t *challenge, struct emrtd_bytes signature)
{
	uint8_t der[2 * EC_MAX + 16];
	struct emrtd_bytes inner;
	size_t field = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;
	if (field > EC_MAX)
		return EMRTD_CAUSE_AA_KEY;
	if (signature.size < 8 || signature.size > sizeof(der))
		return EMRTD_CAUSE_AA_SIGNATURE;
	/* Plain has the size that the curve says; a DER signature is tried as such as well, since
	 * the two sizes can meet. */
	for (int kind = 0; kind < 2; kind++) {
		size_t size = 0;
		if (kind == 0 && signature.size == 2 * field)
			size = plain_to_der(signature, der, sizeof(der));
		if (kind == 1 && emrtd_tlv_only(signature, 0x30, &inner) == 0) {
			memcpy(der, signature.bytes, signature.size);
			size = signature.size;
		}
		for (enum emrtd_hash h = EMRTD_SHA1; size > 0 && h <= EMRTD_SHA512; h++) {
			if ((hash == 0 || hash == h) && ecdsa_fits(key, h, challenge, der, size))
				return EMRTD_CAUSE_NONE;
		}
	}
	return EMRTD_CAUSE_AA_SIGNATURE;
}

/* The SubjectPublicKeyInfo of DG15; NULL when it is none. */
static EVP_PKEY *public_key(struct emrtd_bytes dg15)
{
	struct emrtd_bytes info;
	if (emrtd_tlv_only(dg15, DG15, &info) != 0 || info.size == 0 || info.size > 4096)
		return NULL;
	const uint8_t *at = info.bytes;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)info.size);
	if (key != NULL && at != info.bytes + info.size) {
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

int emrtd_active_verify(struct emrtd_bytes dg15, enum emrtd_hash hash,
	const uint8_t challenge[EMRTD_AA_CHALLENGE], struct emrtd_bytes signature,
	enum emrtd_cause *cause)
{
	EVP_PKEY *key = public_key(dg15);
	*cause = EMRTD_CAUSE_AA_KEY;
	if (key != NULL && EVP_PKEY_is_a(key, "RSA") == 1)
		*cause = verify_rsa(key, challenge, signature);
	else if (key != NULL && EVP_PKEY_is_a(key, "EC") == 1)
		*cause = verify_ecdsa(key, hash, challenge, signature);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return *cause == EMRTD_CAUSE_NONE ? 0
	       : *cause == EMRTD_CAUSE_AA_UNSUPPORTED || *cause == EMRTD_CAUSE_AA_KEY
		       ? PN_EUNSUPPORTED
		       : PN_ECRYPTO;
}

int emrtd_active_authenticate(
	struct emrtd_session *s, struct emrtd_bytes dg15, enum emrtd_hash hash)
{
	uint8_t challenge[EMRTD_AA_CHALLENGE];
	enum emrtd_step step = EMRTD_STEP_AA_SIGN;
	enum emrtd_cause cause;
	struct emrtd_bytes signature;
	EVP_PKEY *key = public_key(dg15);
	if (key == NULL)
		return emrtd_fail(s, step, EMRTD_CAUSE_AA_KEY, PN_EUNSUPPORTED);
	/* The extended form where a signature of this key does not fit a short response: some chips
	 * cut it there without saying so. */
	size_t bits = (size_t)EVP_PKEY_get_bits(key), size = (bits + 7) / 8;
	bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
	EVP_PKEY_free(key);
	size_t in_response = s->sm.live ? emrtd_sm_response_size(s->sm.cipher, size) : size + 2;
	bool extended = rsa && in_response > EMRTD_SHORT_RESPONSE_MAX;
	if (bits > RSA_BITS_MAX)
		return emrtd_fail(s, step, EMRTD_CAUSE_AA_KEY, PN_EUNSUPPORTED);
	size_t room = s->channel.command_max > EMRTD_SHORT_COMMAND_MAX ? s->channel.response_max
								       : EMRTD_SHORT_RESPONSE_MAX;
	if (rsa && s->sm.live && in_response > room)
		return emrtd_fail(s, step, EMRTD_CAUSE_CHANNEL_SMALL, PN_ELIMIT);
	int err = emrtd_random(s, step, challenge, sizeof(challenge));
	if (err != 0)
		return err;
	const struct emrtd_command c = {0, 0x88, 0, 0, {challenge, sizeof(challenge)},
		extended && size > EMRTD_SHORT_LE_MAX ? size : EMRTD_SHORT_LE_MAX};
	err = emrtd_send_extended(s, step, &c, extended, &signature);
	if (err != 0)
		return err;
	/* Cut, rather than with its leading zeros left out: that says nothing about the key. */
	if (rsa && signature.size + 8 <= size)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
	err = emrtd_active_verify(dg15, hash, challenge, signature, &cause);
	return err == 0 ? 0 : emrtd_fail(s, EMRTD_STEP_AA_VERIFY, cause, err);
}
