/* SPDX-License-Identifier: Apache-2.0
 * See terminal.h.
 */
#include "terminal.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

static void des3(const char *mode, bool encrypt, const uint8_t *key24, const uint8_t *iv,
	const uint8_t *in, size_t n, uint8_t *out)
{
	EVP_CIPHER *c = EVP_CIPHER_fetch(NULL, mode, NULL);
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	int m = 0;
	EVP_CipherInit_ex2(x, c, key24, iv, encrypt, NULL);
	EVP_CIPHER_CTX_set_padding(x, 0);
	EVP_CipherUpdate(x, out, &m, in, (int)n);
	EVP_CIPHER_CTX_free(x);
	EVP_CIPHER_free(c);
}

static void cbc(bool encrypt, const uint8_t *key, const uint8_t *in, size_t n, uint8_t *out)
{
	static const uint8_t zero[8];
	uint8_t k[24];
	memcpy(k, key, 16);
	memcpy(k + 16, key, 8);
	des3("DES-EDE3-CBC", encrypt, k, zero, in, n, out);
}

/* One block of single DES: three times the same key. */
static void des(bool encrypt, const uint8_t *key, const uint8_t in[8], uint8_t out[8])
{
	uint8_t k[24];
	for (size_t i = 0; i < 24; i += 8)
		memcpy(k + i, key, 8);
	des3("DES-EDE3-ECB", encrypt, k, NULL, in, 8, out);
}

static void mac(const uint8_t *key, const uint8_t *in, size_t n, uint8_t out[8])
{
	uint8_t text[4096 + 8] = {0}, h[8] = {0};
	memcpy(text, in, n);
	text[n++] = 0x80;
	n = (n + 7) / 8 * 8;
	for (size_t i = 0; i < n; i += 8) {
		for (size_t k = 0; k < 8; k++)
			h[k] ^= text[i + k];
		des(true, key, h, h);
	}
	des(false, key + 8, h, h);
	des(true, key, h, out);
}

static void derive(const uint8_t *seed, uint8_t counter, uint8_t key[16])
{
	uint8_t text[20] = {0}, h[20];
	memcpy(text, seed, 16);
	text[19] = counter;
	SHA1(text, sizeof text, h);
	memcpy(key, h, 16);
}

int terminal_plain(struct terminal *t, const uint8_t *command, size_t size)
{
	t->reply_size = sizeof t->reply;
	t->link = sim_chip_apdu(t->chip, command, size, t->reply, &t->reply_size);
	if (t->reply_size < 2)
		return T_LINK;
	return t->reply[t->reply_size - 2] << 8 | t->reply[t->reply_size - 1];
}

int terminal_bac(struct terminal *t, const char *mrz_information)
{
	static const uint8_t aid[] = {0, 0xa4, 4, 0x0c, 7, 0xa0, 0, 0, 2, 0x47, 0x10, 1},
			     challenge[] = {0, 0x84, 0, 0, 8};
	uint8_t seed[20], enc[16], mac_key[16], s[32], command[46] = {0, 0x82, 0, 0, 40}, right[8],
						       r[32];
	int sw = terminal_plain(t, aid, sizeof aid);
	if (sw != 0x9000 || (sw = terminal_plain(t, challenge, sizeof challenge)) != 0x9000)
		return sw;
	SHA1((const uint8_t *)mrz_information, strlen(mrz_information), seed);
	derive(seed, 1, enc);
	derive(seed, 2, mac_key);
	for (size_t i = 0; i < 8; i++)
		s[i] = (uint8_t)(0x30 + i);
	memcpy(s + 8, t->reply, 8);
	for (size_t i = 16; i < 32; i++)
		s[i] = (uint8_t)(0xa0 + i);
	cbc(true, enc, s, 32, command + 5);
	mac(mac_key, command + 5, 32, command + 37);
	command[45] = 40;
	if ((sw = terminal_plain(t, command, sizeof command)) != 0x9000)
		return sw;
	if (t->reply_size != 42)
		return -9;
	mac(mac_key, t->reply, 32, right);
	cbc(false, enc, t->reply, 32, r);
	if (memcmp(right, t->reply + 32, 8) != 0 || memcmp(r, s + 8, 8) != 0 ||
		memcmp(r + 8, s, 8) != 0)
		return -9;
	for (size_t i = 0; i < 16; i++)
		seed[i] = s[16 + i] ^ r[16 + i];
	derive(seed, 1, t->enc);
	derive(seed, 2, t->mac);
	memcpy(t->ssc, s + 12, 4);
	memcpy(t->ssc + 4, s + 4, 4);
	return 0x9000;
}

static void count_up(struct terminal *t)
{
	for (size_t i = 8; i-- > 0 && ++t->ssc[i] == 0;)
		continue;
}

static int open_reply(struct terminal *t)
{
	uint8_t text[SIM_CHIP_RESPONSE_MAX + 16], right[8];
	const uint8_t *p = t->reply, *cryptogram = NULL;
	size_t n = t->reply_size - 2, covered = 0, cryptogram_size = 0, at = 0;
	int inner = -1;
	bool sealed = false;
	while (at + 2 <= n && !sealed) {
		unsigned tag = p[at];
		size_t size = p[at + 1], head = 2;
		if (size > 0x80) {
			size_t digits = size & 0x7f;
			head += digits;
			size = 0;
			for (size_t i = 0; i < digits && at + 2 + i < n; i++)
				size = size << 8 | p[at + 2 + i];
		}
		if (at + head + size > n)
			return T_BARE;
		if (tag == 0x87) {
			cryptogram = p + at + head;
			cryptogram_size = size;
		} else if (tag == 0x99 && size == 2) {
			inner = p[at + 2] << 8 | p[at + 3];
		} else if (tag == 0x8e && size == 8) {
			covered = at;
			sealed = true;
		} else {
			return T_BARE;
		}
		at += head + size;
	}
	if (!sealed)
		return T_BARE;
	memcpy(text, t->ssc, 8);
	memcpy(text + 8, p, covered);
	if (covered > 4000)
		return T_BARE;
	mac(t->mac, text, covered + 8, right);
	if (memcmp(right, p + covered + 2, 8) != 0)
		return T_CHECKSUM;
	if (inner != (p[n] << 8 | p[n + 1]))
		return T_STATUS;
	t->data_size = 0;
	if (cryptogram != NULL) {
		if (cryptogram_size < 9 || cryptogram_size % 8 != 1 || cryptogram[0] != 1)
			return T_CRYPTOGRAM;
		cbc(false, t->enc, cryptogram + 1, cryptogram_size - 1, t->data);
		n = cryptogram_size - 1;
		while (n > 0 && t->data[n - 1] == 0)
			n--;
		if (n == 0 || t->data[n - 1] != 0x80)
			return T_CRYPTOGRAM;
		t->data_size = n - 1;
	}
	return inner;
}

int terminal_send(struct terminal *t, uint8_t ins, uint8_t p1, uint8_t p2, const uint8_t *data,
	size_t size, size_t le)
{
	uint8_t c[300] = {0x0c, ins, p1, p2}, body[280], text[320];
	size_t n = 0, m = 0;
	count_up(t);
	if (size > 0) {
		uint8_t padded[264] = {0};
		memcpy(padded, data, size);
		padded[size] = 0x80;
		size_t whole = (size + 8) / 8 * 8;
		body[n++] = ins % 2 == 0 ? 0x87 : 0x85;
		body[n++] = (uint8_t)(whole + (ins % 2 == 0));
		if (ins % 2 == 0)
			body[n++] = 1;
		cbc(true, t->enc, padded, whole, body + n);
		n += whole;
	}
	if (le > 0) {
		body[n++] = 0x97;
		body[n++] = 1;
		body[n++] = (uint8_t)le;
	}
	memcpy(text, t->ssc, 8);
	memcpy(text + 8, c, 4);
	memcpy(text + 12, "\x80\0\0\0", 4);
	memcpy(text + 16, body, n);
	m = 16 + n;
	body[n++] = 0x8e;
	body[n++] = 8;
	mac(t->mac, text, m, body + n);
	n += 8;
	c[4] = (uint8_t)n;
	memcpy(c + 5, body, n);
	int sw = terminal_plain(t, c, 5 + n + 1);
	count_up(t);
	return sw == T_LINK ? sw : open_reply(t);
}

int terminal_read(struct terminal *t, unsigned id, uint8_t *out, size_t room, size_t chunk)
{
	const uint8_t name[] = {(uint8_t)(id >> 8), (uint8_t)id};
	int sw = terminal_send(t, 0xa4, 2, 0x0c, name, 2, 0);
	size_t have = 0, size = 4;
	if (sw != 0x9000)
		return sw < 0 ? sw : -sw;
	while (have < size) {
		size_t n = size - have < chunk ? size - have : chunk;
		sw = terminal_send(t, 0xb0, (uint8_t)(have >> 8), (uint8_t)have, NULL, 0, n);
		if (sw != 0x9000)
			return sw < 0 ? sw : -sw;
		if (t->data_size == 0 || t->data_size > room - have)
			return -1000;
		memcpy(out + have, t->data, t->data_size);
		have += t->data_size;
		if (size == 4)
			size = out[1] < 0x80    ? 2U + out[1]
			       : out[1] == 0x81 ? 3U + out[2]
						: 4U + ((unsigned)out[2] << 8 | out[3]);
	}
	return (int)have;
}
