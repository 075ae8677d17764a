/* SPDX-License-Identifier: Apache-2.0
 * The symmetric primitives of Doc 9303-11 section 9.7 (key derivation) and 9.8 (secure messaging),
 * on OpenSSL's EVP. Pure functions over a caller's keys: they keep none. Must never compare secrets
 * in a time that tells where they differ.
 *
 * Every function gives PN_ECRYPTO when OpenSSL refuses, PN_EINVAL for sizes that cannot be.
 */
#ifndef POSTERN_EMRTD_CRYPTO_H
#define POSTERN_EMRTD_CRYPTO_H
#include "emrtd/tlv.h"

enum { EMRTD_KEY_MAX = 32, EMRTD_BLOCK_MAX = 16, EMRTD_MAC_SIZE = 8, EMRTD_HASH_MAX = 64 };

/* In the order of the last arc of the protocols' object identifiers (Doc 9303-11 9.2.3, 9.2.7). */
enum emrtd_cipher {
	EMRTD_3DES = 1, /* two-key triple DES in CBC, retail MAC */
	EMRTD_AES_128,
	EMRTD_AES_192,
	EMRTD_AES_256
};

enum emrtd_hash { EMRTD_HASH_UNKNOWN, EMRTD_SHA1, EMRTD_SHA224, EMRTD_SHA256, EMRTD_SHA384, EMRTD_SHA512 };

/* The counter c of Doc 9303-11 9.7.1. */
enum emrtd_kdf_use { EMRTD_KDF_ENC = 1, EMRTD_KDF_MAC = 2, EMRTD_KDF_PASSWORD = 3 };

const char *emrtd_cipher_name(enum emrtd_cipher cipher); /* "3DES", "AES-128" ... */
size_t emrtd_key_size(enum emrtd_cipher cipher);         /* bytes: 16, 16, 24, 32 */
size_t emrtd_block_size(enum emrtd_cipher cipher);       /* bytes: 8 or 16 */

size_t emrtd_hash_size(enum emrtd_hash hash);
int emrtd_hash(enum emrtd_hash hash, const struct emrtd_bytes *parts, size_t count,
	uint8_t out[EMRTD_HASH_MAX]) PN_MUST_CHECK;
/* oid: the content octets of the object identifier of a hash function (SHA-1, SHA-2), or of a
 * signature algorithm that names one: RSA PKCS#1, ECDSA of X9.62, plain ECDSA of TR-03111. 0 when
 * none of these. */
enum emrtd_hash emrtd_hash_by_oid(struct emrtd_bytes oid);

/* Doc 9303-11 9.7.1 (KDF) with 9.7.1.1 and 9.7.1.2: SHA-1 for 3DES (parity adjusted) and AES-128,
 * SHA-256 above. key gets emrtd_key_size() bytes. */
int emrtd_kdf(enum emrtd_cipher cipher, struct emrtd_bytes secret, enum emrtd_kdf_use use,
	uint8_t key[EMRTD_KEY_MAX]) PN_MUST_CHECK;

/* CBC without padding; size is a multiple of the block; iv NULL is all zero; out may be in. */
int emrtd_encrypt(enum emrtd_cipher cipher, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out) PN_MUST_CHECK;
int emrtd_decrypt(enum emrtd_cipher cipher, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out) PN_MUST_CHECK;

/* Eight bytes over the parts in a row. 3DES: MAC algorithm 3 of ISO/IEC 9797-1 with padding method
 * 2, which it adds. AES: CMAC (NIST SP 800-38B), cut; no padding is added. Doc 9303-11
 * 4.4.3.4, 9.8.6.2, 9.8.7.2. */
int emrtd_mac(enum emrtd_cipher cipher, const uint8_t *key, const struct emrtd_bytes *parts,
	size_t count, uint8_t mac[EMRTD_MAC_SIZE]) PN_MUST_CHECK;

/* Padding method 2 of ISO/IEC 9797-1: 80, then zeros. Size with padding: */
size_t emrtd_padded_size(size_t size, size_t block);
/* Fills bytes[size] up to emrtd_padded_size(). */
void emrtd_pad(uint8_t *bytes, size_t size, size_t block);
/* *size: with padding in, without out. PN_EFORMAT when the last block holds none. */
int emrtd_unpad(const uint8_t *bytes, size_t *size, size_t block) PN_MUST_CHECK;

bool emrtd_equal(const void *a, const void *b, size_t size); /* in constant time */
void emrtd_wipe(void *bytes, size_t size);
#endif
