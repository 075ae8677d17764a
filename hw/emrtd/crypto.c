/* SPDX-License-Identifier: Apache-2.0
 * See crypto.h. Single DES is had from the default provider as triple DES with one key three times,
 * so no legacy provider is loaded. Must never leave derived keys on its own stack.
 */
#include "emrtd/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

enum { DES_KEY = 8, DES_TWO_KEYS = 16, DES_BLOCK = 8 };

static bool cipher_known(enum emrtd_cipher cipher)
{
	return cipher >= EMRTD_3DES && cipher <= EMRTD_AES_256;
}

const char *emrtd_cipher_name(enum emrtd_cipher cipher)
{
	static const char *const names[] = {"unknown", "3DES", "AES-128", "AES-192", "AES-256"};
	return names[cipher_known(cipher) ? cipher : 0];
}

size_t emrtd_key_size(enum emrtd_cipher cipher)
{
	return cipher == EMRTD_AES_256 ? 32 : cipher == EMRTD_AES_192 ? 24 : 16;
}

size_t emrtd_block_size(enum emrtd_cipher cipher)
{
	return cipher == EMRTD_3DES ? DES_BLOCK : 16;
}

size_t emrtd_hash_size(enum emrtd_hash hash)
{
	static const uint8_t sizes[] = {0, 20, 28, 32, 48, 64};
	return sizes[hash >= EMRTD_SHA1 && hash <= EMRTD_SHA512 ? hash : 0];
}

int emrtd_hash(enum emrtd_hash hash, const struct emrtd_bytes *parts, size_t count,
	uint8_t out[EMRTD_HASH_MAX])
{
	static const EVP_MD *(*const kinds[])(void) = {
		NULL, EVP_sha1, EVP_sha224, EVP_sha256, EVP_sha384, EVP_sha512};
	if (emrtd_hash_size(hash) == 0)
		return PN_EINVAL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, kinds[hash](), NULL) == 1;
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].bytes, parts[i].size) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : PN_ECRYPTO;
}

/* Object identifiers as content octets; the byte after the common part names the hash. */
static const struct {
	uint8_t size, prefix[9], last[5]; /* last: of SHA-1, -224, -256, -384, -512; 0: none */
} oids[] = {
	{4, {0x2b, 0x0e, 0x03, 0x02}, {0x1a}},                                      /* SHA-1 */
	{8, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02}, {0, 4, 1, 2, 3}},     /* NIST SHA-2 */
	{8, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01}, {5, 14, 11, 12, 13}}, /* PKCS#1 */
	{6, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04}, {1}},                   /* ECDSA with SHA-1 */
	{7, {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03}, {0, 1, 2, 3, 4}}, /* ECDSA with SHA-2 */
	{9, {0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01}, {1, 2, 3, 4, 5}}, /* plain */
};

enum emrtd_hash emrtd_hash_by_oid(struct emrtd_bytes oid)
{
	for (size_t i = 0; i < PN_COUNT(oids); i++) {
		if (oid.size != oids[i].size + 1U ||
			memcmp(oid.bytes, oids[i].prefix, oids[i].size) != 0)
			continue;
		for (size_t h = 0; h < PN_COUNT(oids[i].last); h++) {
			if (oids[i].last[h] != 0 && oids[i].last[h] == oid.bytes[oids[i].size])
				return (enum emrtd_hash)(h + 1);
		}
	}
	return 0;
}

int emrtd_kdf(enum emrtd_cipher cipher, struct emrtd_bytes secret, enum emrtd_kdf_use use,
	uint8_t key[EMRTD_KEY_MAX])
{
	uint8_t digest[EMRTD_HASH_MAX];
	const uint8_t counter[4] = {0, 0, 0, (uint8_t)use};
	const struct emrtd_bytes parts[] = {secret, {counter, sizeof(counter)}};
	if (!cipher_known(cipher))
		return PN_EINVAL;
	enum emrtd_hash hash = cipher >= EMRTD_AES_192 ? EMRTD_SHA256 : EMRTD_SHA1;
	int err = emrtd_hash(hash, parts, PN_COUNT(parts), digest);
	if (err == 0) {
		memcpy(key, digest, emrtd_key_size(cipher));
		/* Odd parity in every byte of a DES key, as the worked examples show them. */
		for (size_t i = 0; cipher == EMRTD_3DES && i < DES_TWO_KEYS; i++) {
			unsigned bits = key[i] >> 1;
			bits ^= bits >> 4;
			bits ^= bits >> 2;
			bits ^= bits >> 1;
			key[i] = (uint8_t)((key[i] & 0xfe) | (~bits & 1));
		}
	}
	emrtd_wipe(digest, sizeof(digest));
	return err;
}

static int cbc(enum emrtd_cipher cipher, const uint8_t *key, const uint8_t *iv, const uint8_t *in,
	size_t size, uint8_t *out, int encrypt)
{
	static const EVP_CIPHER *(*const kinds[])(void) = {
		NULL, EVP_des_ede3_cbc, EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc};
	static const uint8_t zero[EMRTD_BLOCK_MAX];
	uint8_t three[3 * DES_KEY];
	int done = 0;
	if (!cipher_known(cipher) || size == 0 || size > 1 << 20 ||
		size % emrtd_block_size(cipher) != 0)
		return PN_EINVAL;
	if (cipher == EMRTD_3DES) {
		memcpy(three, key, sizeof(three) - DES_KEY);
		memcpy(three + sizeof(three) - DES_KEY, key, DES_KEY);
		key = three;
	}
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok = ctx != NULL &&
		  EVP_CipherInit_ex(
			  ctx, kinds[cipher](), NULL, key, iv == NULL ? zero : iv, encrypt) == 1 &&
		  EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
		  EVP_CipherUpdate(ctx, out, &done, in, (int)size) == 1 && done == (int)size;
	EVP_CIPHER_CTX_free(ctx);
	emrtd_wipe(three, sizeof(three));
	return ok ? 0 : PN_ECRYPTO;
}

int emrtd_encrypt(enum emrtd_cipher cipher, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out)
{
	return cbc(cipher, key, iv, in, size, out, 1);
}

int emrtd_decrypt(enum emrtd_cipher cipher, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out)
{
	return cbc(cipher, key, iv, in, size, out, 0);
}

/* Feeds a part to single DES in CBC (the key three times) and keeps the last block that came out.
 */
static bool des_feed(EVP_CIPHER_CTX *ctx, struct emrtd_bytes part, uint8_t last[DES_BLOCK])
{
	uint8_t out[512 + DES_BLOCK];
	while (part.size > 0) {
		int done = 0, chunk = part.size > 512 ? 512 : (int)part.size;
		if (EVP_EncryptUpdate(ctx, out, &done, part.bytes, chunk) != 1)
			return false;
		if (done >= DES_BLOCK)
			memcpy(last, out + done - DES_BLOCK, DES_BLOCK);
		part.bytes += chunk;
		part.size -= (size_t)chunk;
	}
	return true;
}

static bool des_block(const uint8_t *key, const uint8_t *in, uint8_t *out, bool encrypt)
{
	uint8_t twice[2 * DES_KEY];
	memcpy(twice, key, DES_KEY);
	memcpy(twice + DES_KEY, key, DES_KEY);
	int err = cbc(EMRTD_3DES, twice, NULL, in, DES_BLOCK, out, encrypt ? 1 : 0);
	emrtd_wipe(twice, sizeof(twice));
	return err == 0;
}

static int retail_mac(const uint8_t *key, const struct emrtd_bytes *parts, size_t count,
	uint8_t mac[EMRTD_MAC_SIZE])
{
	static const uint8_t padding[DES_BLOCK] = {0x80}, zero[DES_BLOCK];
	uint8_t three[3 * DES_KEY], last[DES_BLOCK], t[DES_BLOCK];
	size_t total = 0;
	for (size_t i = 0; i < 3; i++)
		memcpy(three + i * DES_KEY, key, DES_KEY);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ok = ctx != NULL &&
		  EVP_EncryptInit_ex(ctx, EVP_des_ede3_cbc(), NULL, three, zero) == 1 &&
		  EVP_CIPHER_CTX_set_padding(ctx, 0) == 1;
	for (size_t i = 0; ok && i < count; i++) {
		ok = des_feed(ctx, parts[i], last);
		total += parts[i].size;
	}
	struct emrtd_bytes end = {padding, DES_BLOCK - total % DES_BLOCK};
	ok = ok && des_feed(ctx, end, last) && des_block(key + DES_KEY, last, t, false) &&
	     des_block(key, t, mac, true);
	EVP_CIPHER_CTX_free(ctx);
	emrtd_wipe(three, sizeof(three));
	return ok ? 0 : PN_ECRYPTO;
}

static int aes_cmac(enum emrtd_cipher cipher, const uint8_t *key, const struct emrtd_bytes *parts,
	size_t count, uint8_t mac[EMRTD_MAC_SIZE])
{
	static const char *const names[] = {"", "", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC"};
	char name[12];
	uint8_t whole[EMRTD_BLOCK_MAX];
	size_t size = 0;
	memcpy(name, names[cipher], sizeof(name));
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end()};
	EVP_MAC *kind = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_CMAC, NULL);
	EVP_MAC_CTX *ctx = kind == NULL ? NULL : EVP_MAC_CTX_new(kind);
	bool ok = ctx != NULL && EVP_MAC_init(ctx, key, emrtd_key_size(cipher), params) == 1;
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_MAC_update(ctx, parts[i].bytes, parts[i].size) == 1;
	ok = ok && EVP_MAC_final(ctx, whole, &size, sizeof(whole)) == 1 && size == sizeof(whole);
	if (ok)
		memcpy(mac, whole, EMRTD_MAC_SIZE);
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(kind);
	return ok ? 0 : PN_ECRYPTO;
}

int emrtd_mac(enum emrtd_cipher cipher, const uint8_t *key, const struct emrtd_bytes *parts,
	size_t count, uint8_t mac[EMRTD_MAC_SIZE])
{
	if (!cipher_known(cipher))
		return PN_EINVAL;
	return cipher == EMRTD_3DES ? retail_mac(key, parts, count, mac)
				    : aes_cmac(cipher, key, parts, count, mac);
}

size_t emrtd_padded_size(size_t size, size_t block)
{
	return size + block - size % block;
}

void emrtd_pad(uint8_t *bytes, size_t size, size_t block)
{
	memset(bytes + size, 0, block - size % block);
	bytes[size] = 0x80;
}

int emrtd_unpad(const uint8_t *bytes, size_t *size, size_t block)
{
	size_t n = *size;
	if (n == 0 || n % block != 0)
		return PN_EFORMAT;
	size_t floor = n - block;
	while (n > floor && bytes[n - 1] == 0)
		n--;
	if (n == floor || bytes[n - 1] != 0x80)
		return PN_EFORMAT;
	*size = n - 1;
	return 0;
}

bool emrtd_equal(const void *a, const void *b, size_t size)
{
	return CRYPTO_memcmp(a, b, size) == 0;
}

void emrtd_wipe(void *bytes, size_t size)
{
	OPENSSL_cleanse(bytes, size);
}
