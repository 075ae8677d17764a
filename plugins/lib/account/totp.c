/* SPDX-License-Identifier: Apache-2.0
 * One-time passwords: see totp.h.
 */
#include "account/totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const EVP_MD *digest_of(enum totp_hash hash)
{
	switch (hash) {
	case TOTP_SHA1:
		return EVP_sha1();
	case TOTP_SHA256:
		return EVP_sha256();
	case TOTP_SHA512:
		return EVP_sha512();
	}
	return NULL;
}

int totp_code(enum totp_hash hash, const uint8_t *secret, size_t size, uint64_t step, unsigned digits, char out[9])
{
	static const uint32_t tens[] = {1000000, 10000000, 100000000};
	const EVP_MD *md = digest_of(hash);
	uint8_t counter[8], mac[EVP_MAX_MD_SIZE];
	unsigned mac_size = 0;
	if (md == NULL || digits < 6 || digits > 8 || size == 0 || size > TOTP_SECRET_MAX)
		return PN_EINVAL;
	for (unsigned i = 0; i < 8; i++)
		counter[i] = (uint8_t)(step >> (56 - 8 * i));
	if (HMAC(md, secret, (int)size, counter, sizeof counter, mac, &mac_size) == NULL || mac_size < 20)
		return PN_ECRYPTO;
	const uint8_t *at = mac + (mac[mac_size - 1] & 0x0f);
	uint32_t n = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	n %= tens[digits - 6];
	out[digits] = '\0';
	for (unsigned i = digits; i-- > 0; n /= 10)
		out[i] = (char)('0' + n % 10);
	OPENSSL_cleanse(mac, sizeof mac);
	return PN_OK;
}

bool totp_accept(const uint8_t *secret, size_t size, int64_t unix_s, const char *code, uint64_t *last_step)
{
	uint64_t now = unix_s < TOTP_STEP_S ? 0 : (uint64_t)unix_s / TOTP_STEP_S, found = 0;
	char expected[9], given[TOTP_DIGITS] = {0};
	size_t given_size = strlen(code);
	if (now == 0)
		return false;
	memcpy(given, code, given_size < sizeof given ? given_size : sizeof given);
	for (uint64_t step = now - 1; step <= now + 1; step++) {
		if (totp_code(TOTP_SHA1, secret, size, step, TOTP_DIGITS, expected) != PN_OK)
			return false;
		if (CRYPTO_memcmp(expected, given, TOTP_DIGITS) == 0 && step > *last_step)
			found = step;
	}
	OPENSSL_cleanse(expected, sizeof expected);
	if (given_size != TOTP_DIGITS || found == 0)
		return false;
	*last_step = found;
	return true;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(char *out, const uint8_t *bytes, size_t size)
{
	uint32_t held = 0;
	unsigned bits = 0;
	for (size_t i = 0; i < size; i++) {
		held = held << 8 | bytes[i];
		for (bits += 8; bits >= 5; bits -= 5)
			*out++ = alphabet[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		*out++ = alphabet[held << (5 - bits) & 31];
	*out = '\0';
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

int base32_decode(const char *text, uint8_t *out, size_t max, size_t *size)
{
	uint32_t held = 0;
	unsigned bits = 0;
	size_t n = 0, length = strlen(text), rest = length % 8;
	if (rest == 1 || rest == 3 || rest == 6)
		return PN_EFORMAT;
	for (size_t i = 0; i < length; i++) {
		int d = digit_of(text[i]);
		if (d < 0)
			return PN_EFORMAT;
		held = held << 5 | (uint32_t)d;
		bits += 5;
		if (bits < 8)
			continue;
		if (n == max)
			return PN_ELIMIT;
		bits -= 8;
		out[n++] = (uint8_t)(held >> bits);
	}
	if ((held & ((1u << bits) - 1)) != 0)
		return PN_EFORMAT;
	*size = n;
	return PN_OK;
}
