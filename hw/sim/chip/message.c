/* SPDX-License-Identifier: Apache-2.0
 * Secure messaging from the chip's side: ICAO Doc 9303-11 section 9.8, and every way to get it
 * wrong.
 */
#include <openssl/crypto.h>
#include <string.h>

#include "sim/chip/internal.h"

static void count_up(struct sc_session *s)
{
	for (size_t i = sc_block(s->cipher); i-- > 0;) {
		if (++s->ssc[i] != 0)
			break;
	}
}

/* The cryptogram's initial vector: 0 for 3DES, the encrypted counter for AES. */
static bool start_vector(const struct sc_session *s, uint8_t iv[SC_BLOCK_MAX])
{
	memset(iv, 0, SC_BLOCK_MAX);
	return s->cipher == SIM_3DES || sc_cbc(s->cipher, true, s->enc, NULL, s->ssc, 16, iv);
}

/* Over counter, padded header (NULL: none) and objects. */
static bool checksum(const struct sc_session *s, const uint8_t *header, const uint8_t *objects,
	size_t size, uint8_t out[8])
{
	size_t block = sc_block(s->cipher);
	struct sim_der text = {0};
	uint8_t pad[SC_BLOCK_MAX] = {0x80};
	sim_der_put(&text, s->ssc, block);
	if (header != NULL) {
		sim_der_put(&text, header, 4);
		sim_der_put(&text, pad, block - 4);
	}
	sim_der_put(&text, objects, size);
	if (s->cipher != SIM_3DES)
		sim_der_put(&text, pad, block - text.size % block);
	bool ok = !text.failed && sc_mac(s->cipher, s->mac, text.bytes, text.size, out);
	sim_der_free(&text);
	return ok;
}

static unsigned decrypt(
	const struct sc_session *s, const uint8_t *in, size_t size, struct sim_der *plain)
{
	uint8_t iv[SC_BLOCK_MAX];
	if (size == 0 || size % sc_block(s->cipher) != 0)
		return 0x6988;
	sim_der_put(plain, in, size);
	if (plain->failed || !start_vector(s, iv) ||
		!sc_cbc(s->cipher, false, s->enc, iv, in, size, plain->bytes))
		return 0x6F00;
	size_t n = sc_unpad(plain->bytes, size);
	if (n == SIZE_MAX)
		return 0x6988;
	plain->size = n;
	return 0;
}

unsigned sc_unprotect(struct sim_chip *chip, const struct sc_apdu *in, struct sc_apdu *apdu,
	struct sim_der *plain)
{
	struct sc_session *s = &chip->session;
	const uint8_t *p = in->data, *value = NULL, *cryptogram = NULL, *mac = NULL,
		      *covered_end = p;
	size_t left = in->size, n = 0, cryptogram_size = 0;
	unsigned tag = 0;
	const uint8_t header[4] = {in->cla, in->ins, in->p1, in->p2};
	uint8_t right[8];
	*apdu = *in;
	apdu->cla &= 0xf3;
	apdu->data = NULL;
	apdu->size = apdu->expected = 0;
	count_up(s);
	while (mac == NULL && sim_der_next(&p, &left, &tag, &value, &n)) {
		switch (tag) {
		case 0x87:
			if (n < 1 || value[0] != 1)
				return 0x6988;
			cryptogram = value + 1;
			cryptogram_size = n - 1;
			break;
		case 0x85:
			cryptogram = value;
			cryptogram_size = n;
			break;
		case 0x97:
			if (n < 1 || n > 2)
				return 0x6988;
			apdu->expected = n == 1 ? value[0] : (size_t)value[0] << 8 | value[1];
			if (apdu->expected == 0)
				apdu->expected = n == 1 ? 256 : 65536;
			break;
		case 0x8e:
			if (n != 8)
				return 0x6988;
			mac = value;
			break;
		default:
			return 0x6988;
		}
		if (mac == NULL)
			covered_end = p;
	}
	if (mac == NULL || left != 0)
		return 0x6987;
	if (!checksum(s, header, in->data, (size_t)(covered_end - in->data), right))
		return 0x6F00;
	if (CRYPTO_memcmp(right, mac, 8) != 0)
		return 0x6988;
	if (cryptogram != NULL) {
		unsigned sw = decrypt(s, cryptogram, cryptogram_size, plain);
		if (sw != 0)
			return sw;
		apdu->data = plain->bytes;
		apdu->size = plain->size;
	}
	return 0;
}

size_t sc_protected_room(const struct sim_chip *chip, size_t room)
{
	size_t block = sc_block(chip->session.cipher);
	size_t c = room / block * block;
	for (; c > 0; c -= block) {
		size_t header = c + 1 < 0x80 ? 2 : c + 1 < 0x100 ? 3 : c + 1 < 0x10000 ? 4 : 5;
		if (c + 1 + header + 14 <= room)
			return c - 1;
	}
	return 0;
}

static bool put_cryptogram(
	struct sim_chip *chip, const struct sim_der *plain, bool odd, struct sim_der *out)
{
	struct sc_session *s = &chip->session;
	size_t block = sc_block(s->cipher);
	uint8_t iv[SC_BLOCK_MAX], pad[SC_BLOCK_MAX] = {0x80};
	struct sim_der text = {0};
	if (sc_fault(chip, SIM_FAULT_SM_PADDING))
		pad[0] = 0;
	if (!odd)
		sim_der_byte(&text, sc_fault(chip, SIM_FAULT_SM_INDICATOR) ? 2 : 1);
	size_t start = text.size;
	sim_der_put(&text, plain->bytes, plain->size);
	sim_der_put(&text, pad, block - plain->size % block);
	bool ok = !text.failed && start_vector(s, iv) &&
		  sc_cbc(s->cipher, true, s->enc, iv, text.bytes + start, text.size - start,
			  text.bytes + start);
	if (sc_fault(chip, SIM_FAULT_SM_CRYPTOGRAM))
		text.size--;
	if (ok)
		sim_der_tlv(out, odd ? 0x85 : 0x87, text.bytes, text.size);
	sim_der_free(&text);
	return ok;
}

bool sc_protect(struct sim_chip *chip, const struct sim_der *plain, unsigned status, bool odd,
	struct sim_der *out)
{
	struct sc_session *s = &chip->session;
	uint8_t sw[2] = {(uint8_t)(status >> 8), (uint8_t)status}, mac[8];
	count_up(s);
	if (sc_fault(chip, SIM_FAULT_SM_SSC))
		count_up(s);
	if (plain->size > 0 && !put_cryptogram(chip, plain, odd, out))
		return false;
	if (sc_fault(chip, SIM_FAULT_SM_STATUS))
		sw[1] ^= 0x82;
	if (!sc_fault(chip, SIM_FAULT_SM_NO_STATUS))
		sim_der_tlv(out, 0x99, sw, sizeof sw);
	if (!checksum(s, NULL, out->bytes, out->size, mac))
		return false;
	if (sc_fault(chip, SIM_FAULT_SM_MAC))
		mac[7] ^= 1;
	if (!sc_fault(chip, SIM_FAULT_SM_NO_MAC))
		sim_der_tlv(out, 0x8e, mac, sizeof mac);
	return !out->failed;
}
