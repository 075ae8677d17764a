/* SPDX-License-Identifier: Apache-2.0
 * The chip's symmetric cryptography: ICAO Doc 9303-11 section 9.7 and 9.8. Must never log a key.
 */
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <string.h>

#include "sim/chip/internal.h"

size_t sc_block(enum sim_cipher cipher)
{
	return cipher == SIM_3DES ? 8 : 16;
}

size_t sc_key_size(enum sim_cipher cipher)
{
	return cipher == SIM_AES_192 ? 24 : cipher == SIM_AES_256 ? 32 : 16;
}

static bool run(const char *name, bool encrypt, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out)
{
	static const uint8_t zero[SC_BLOCK_MAX];
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	bool ok = cipher != NULL && context != NULL && size <= INT32_MAX &&
		  EVP_CipherInit_ex2(context, cipher, key, iv != NULL ? iv : zero, encrypt, NULL) ==
			  1 &&
		  EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
		  EVP_CipherUpdate(context, out, &n, in, (int)size) == 1 &&
		  EVP_CipherFinal_ex(context, out + n, &last) == 1 &&
		  (size_t)n + (size_t)last == size;
	EVP_CIPHER_CTX_free(context);
	EVP_CIPHER_free(cipher);
	return ok;
}

bool sc_cbc(enum sim_cipher cipher, bool encrypt, const uint8_t *key, const uint8_t *iv,
	const uint8_t *in, size_t size, uint8_t *out)
{
	static const char *const names[] = {
		"", "DES-EDE-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC"};
	return size == 0 || run(names[cipher], encrypt, key, iv, in, size, out);
}

/* All blocks but the last under the first half alone, the last under both: E_a(D_b(E_a(x))). */
static bool retail_mac(const uint8_t *key, const uint8_t *in, size_t size, uint8_t out[8])
{
	uint8_t single[24], chain[8] = {0};
	struct sim_der text = {0};
	static const uint8_t pad[8] = {0x80};
	sim_der_put(&text, in, size);
	sim_der_put(&text, pad, 8 - size % 8);
	bool ok = !text.failed;
	for (size_t i = 0; i < 3; i++)
		memcpy(single + 8 * i, key, 8);
	if (ok && text.size > 8) {
		size_t n = text.size - 8;
		ok = run("DES-EDE3-CBC", true, single, NULL, text.bytes, n, text.bytes);
		memcpy(chain, text.bytes + n - 8, 8);
	}
	ok = ok && run("DES-EDE-CBC", true, key, chain, text.bytes + text.size - 8, 8, out);
	OPENSSL_cleanse(single, sizeof single);
	sim_der_free(&text);
	return ok;
}

bool sc_mac(
	enum sim_cipher cipher, const uint8_t *key, const uint8_t *in, size_t size, uint8_t out[8])
{
	if (cipher == SIM_3DES)
		return retail_mac(key, in, size, out);
	char name[] = "AES-128-CBC";
	name[4] = cipher == SIM_AES_256 ? '2' : '1';
	name[5] = cipher == SIM_AES_128 ? '2' : cipher == SIM_AES_192 ? '9' : '5';
	name[6] = cipher == SIM_AES_128 ? '8' : cipher == SIM_AES_192 ? '2' : '6';
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, name, 0),
		OSSL_PARAM_construct_end()};
	uint8_t whole[16];
	size_t n = 0;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	bool ok = context != NULL &&
		  EVP_MAC_init(context, key, sc_key_size(cipher), parameters) == 1 &&
		  EVP_MAC_update(context, in, size) == 1 &&
		  EVP_MAC_final(context, whole, &n, sizeof whole) == 1 && n == sizeof whole;
	if (ok)
		memcpy(out, whole, 8);
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return ok;
}

bool sc_hash(const char *digest, const uint8_t *in, size_t size, uint8_t out[64], size_t *out_size)
{
	return EVP_Q_digest(NULL, digest, NULL, in, size, out, out_size) == 1;
}

bool sc_kdf(enum sim_cipher cipher, const uint8_t *secret, size_t size, uint32_t counter,
	uint8_t key[SC_KEY_MAX])
{
	const uint8_t c[4] = {0, 0, 0, (uint8_t)counter};
	uint8_t h[64];
	size_t n = 0;
	struct sim_der text = {0};
	sim_der_put(&text, secret, size);
	sim_der_put(&text, c, sizeof c);
	bool small = cipher == SIM_3DES || cipher == SIM_AES_128;
	bool ok = !text.failed && sc_hash(small ? "SHA1" : "SHA256", text.bytes, text.size, h, &n);
	if (ok) {
		memset(key, 0, SC_KEY_MAX);
		memcpy(key, h, sc_key_size(cipher));
	}
	for (size_t i = 0; ok && cipher == SIM_3DES && i < 16; i++) {
		/* odd parity of each byte, which DES ignores and the worked examples show */
		unsigned b = key[i] >> 1, bits = 0;
		for (unsigned rest = b; rest != 0; rest >>= 1)
			bits += rest & 1;
		key[i] = (uint8_t)(b << 1 | (bits % 2 == 0));
	}
	OPENSSL_cleanse(h, sizeof h);
	sim_der_free(&text);
	return ok;
}

size_t sc_pad(uint8_t *bytes, size_t size, size_t block)
{
	bytes[size++] = 0x80;
	while (size % block != 0)
		bytes[size++] = 0;
	return size;
}

size_t sc_unpad(const uint8_t *bytes, size_t size)
{
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	return size > 0 && bytes[size - 1] == 0x80 ? size - 1 : SIZE_MAX;
}
