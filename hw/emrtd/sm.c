/* SPDX-License-Identifier: Apache-2.0
 * See sm.h. Must never decipher before the checksum is verified.
 */
#include "emrtd/sm.h"

#include <string.h>

enum {
	DO_CIPHERED = 0x87, /* padding indicator 01, then the cryptogram */
	DO_CIPHERED_ODD = 0x85,
	DO_LE = 0x97,
	DO_STATUS = 0x99,
	DO_MAC = 0x8e,
	STATUS_SIZE = 4,               /* DO99 in bytes */
	MAC_SIZE = 2 + EMRTD_MAC_SIZE, /* DO8E in bytes */
};

int emrtd_sm_start(struct emrtd_sm *sm, enum emrtd_cipher cipher, struct emrtd_bytes secret,
	const uint8_t *ssc)
{
	emrtd_sm_wipe(sm);
	int err = emrtd_kdf(cipher, secret, EMRTD_KDF_ENC, sm->enc);
	if (err == 0)
		err = emrtd_kdf(cipher, secret, EMRTD_KDF_MAC, sm->mac);
	if (err != 0) {
		emrtd_sm_wipe(sm);
		return err;
	}
	if (ssc != NULL)
		memcpy(sm->ssc, ssc, emrtd_block_size(cipher));
	sm->cipher = cipher;
	sm->live = true;
	return 0;
}

void emrtd_sm_wipe(struct emrtd_sm *sm)
{
	emrtd_wipe(sm, sizeof(*sm));
}

/* PN_ELIMIT when the counter would begin anew: a checksum would repeat. */
static int count(struct emrtd_sm *sm)
{
	for (size_t i = emrtd_block_size(sm->cipher); i > 0; i--) {
		if (++sm->ssc[i - 1] != 0)
			return 0;
	}
	return PN_ELIMIT;
}

/* The initial vector of this message (9.8.6.1, 9.8.7.1). */
static int vector(const struct emrtd_sm *sm, uint8_t iv[EMRTD_BLOCK_MAX])
{
	memset(iv, 0, EMRTD_BLOCK_MAX);
	if (sm->cipher == EMRTD_3DES)
		return 0;
	return emrtd_encrypt(sm->cipher, sm->enc, NULL, sm->ssc, EMRTD_BLOCK_MAX, iv);
}

/* Over counter, padded header (command only) and data objects, padded together to the block. */
static int checksum(const struct emrtd_sm *sm, struct emrtd_bytes header,
	struct emrtd_bytes objects, uint8_t mac[EMRTD_MAC_SIZE])
{
	size_t block = emrtd_block_size(sm->cipher);
	uint8_t padding[EMRTD_BLOCK_MAX] = {0x80};
	const struct emrtd_bytes parts[] = {{sm->ssc, block}, header, objects,
		/* The retail MAC pads by itself. */
		{padding, sm->cipher == EMRTD_3DES ? 0 : block - objects.size % block}};
	return emrtd_mac(sm->cipher, sm->mac, parts, PN_COUNT(parts), mac);
}

/* DO87 or DO85 at the writer: the data, padded and enciphered where they stand. */
static int put_data(const struct emrtd_sm *sm, struct emrtd_writer *w, struct emrtd_bytes data)
{
	size_t block = emrtd_block_size(sm->cipher), padded = emrtd_padded_size(data.size, block);
	uint8_t iv[EMRTD_BLOCK_MAX];
	emrtd_put_header(w, sm->odd ? DO_CIPHERED_ODD : DO_CIPHERED, padded + (sm->odd ? 0 : 1));
	if (!sm->odd)
		emrtd_put_byte(w, 1);
	if (w->full || padded > w->max - w->size)
		return PN_ELIMIT;
	uint8_t *at = w->bytes + w->size;
	memcpy(at, data.bytes, data.size);
	emrtd_pad(at, data.size, block);
	w->size += padded;
	int err = vector(sm, iv);
	if (err == 0)
		err = emrtd_encrypt(sm->cipher, sm->enc, iv, at, padded, at);
	emrtd_wipe(iv, sizeof(iv));
	return err;
}

static size_t protected_size(
	const struct emrtd_sm *sm, const struct emrtd_command *c, bool extended)
{
	size_t size = MAC_SIZE, data = c->data.size;
	if (data > 0)
		size += emrtd_tlv_size(
			DO_CIPHERED, emrtd_padded_size(data, emrtd_block_size(sm->cipher)) +
					     ((c->ins & 1) != 0 ? 0 : 1));
	return size + (c->le > 0 ? extended ? 4 : 3 : 0);
}

size_t emrtd_sm_data_max(const struct emrtd_sm *sm, uint8_t ins)
{
	struct emrtd_command c = {.ins = ins, .data = {NULL, EMRTD_SHORT_DATA_MAX}, .le = EMRTD_SHORT_LE_MAX};
	while (protected_size(sm, &c, false) > EMRTD_SHORT_DATA_MAX)
		c.data.size--;
	return c.data.size;
}

int emrtd_sm_wrap(struct emrtd_sm *sm, const struct emrtd_command *c, bool extended_allowed,
	bool extended_wanted, uint8_t *out, size_t *size)
{
	uint8_t header[EMRTD_BLOCK_MAX] = {c->cla | 0x0c, c->ins, c->p1, c->p2};
	uint8_t mac[EMRTD_MAC_SIZE] = {0};
	if (!sm->live || sm->waiting || c->data.size > 65535 || c->le > EMRTD_LE_MAX)
		return PN_EINVAL;
	bool extended = emrtd_command_needs_extended(c) ||
			protected_size(sm, c, false) > EMRTD_SHORT_DATA_MAX;
	if (extended && !extended_allowed)
		return PN_ELIMIT;
	extended = extended || (extended_wanted && extended_allowed);
	size_t lc = protected_size(sm, c, extended), head = extended ? 7 : 5;
	if (lc > 65535 || head + lc + (extended ? 2 : 1) > *size)
		return PN_ELIMIT;
	if (count(sm) != 0)
		return PN_ECLOSED;

	sm->odd = (c->ins & 1) != 0;
	struct emrtd_writer w = {out, 0, *size, false};
	emrtd_put(&w, header, 4);
	if (extended)
		emrtd_put(&w, (const uint8_t[]){0, (uint8_t)(lc >> 8)}, 2);
	emrtd_put_byte(&w, (uint8_t)lc);
	int err = c->data.size > 0 ? put_data(sm, &w, c->data) : 0;
	if (c->le > 0) {
		const uint8_t le[] = {(uint8_t)(c->le >> 8), (uint8_t)c->le};
		emrtd_put_tlv(&w, DO_LE, extended ? le : le + 1, extended ? 2 : 1);
	}
	size_t block = emrtd_block_size(sm->cipher);
	emrtd_pad(header, 4, block);
	if (err == 0)
		err = checksum(sm, (struct emrtd_bytes){header, block},
			(struct emrtd_bytes){out + head, w.size - head}, mac);
	emrtd_put_tlv(&w, DO_MAC, mac, sizeof(mac));
	emrtd_put(&w, (const uint8_t[]){0, 0}, extended ? 2 : 1);
	if (err == 0 && w.full)
		err = PN_ELIMIT;
	if (err != 0) {
		emrtd_wipe(out, *size);
		return err;
	}
	sm->waiting = true;
	*size = w.size;
	return 0;
}

struct parts {
	struct emrtd_bytes data, status, mac; /* values */
	struct emrtd_bytes covered;           /* all that the checksum covers */
	uint32_t data_tag;
};

/* [DO87 or DO85] DO99 DO8E, each once, in this order, and nothing else (9.8.4). */
static int take_apart(struct emrtd_bytes in, struct parts *p)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(in);
	struct emrtd_tlv tlv;
	if (emrtd_tlv_next(&walk, &tlv) != 1)
		return PN_EFORMAT;
	if (tlv.tag == DO_CIPHERED || tlv.tag == DO_CIPHERED_ODD) {
		p->data_tag = tlv.tag;
		p->data = tlv.value;
		if (emrtd_tlv_next(&walk, &tlv) != 1)
			return PN_EFORMAT;
	}
	if (tlv.tag != DO_STATUS || tlv.value.size != 2)
		return PN_EFORMAT;
	p->status = tlv.value;
	p->covered = (struct emrtd_bytes){in.bytes, in.size - walk.left};
	if (emrtd_tlv_expect(&walk, DO_MAC, &tlv) != 0 || tlv.value.size != EMRTD_MAC_SIZE ||
		walk.left != 0)
		return PN_EFORMAT;
	p->mac = tlv.value;
	return 0;
}

/* Only after the checksum: deciphers the value of the data object in place. */
static int decipher(const struct emrtd_sm *sm, uint8_t *response, const struct parts *p,
	struct emrtd_bytes *out, enum emrtd_cause *cause)
{
	size_t block = emrtd_block_size(sm->cipher), size = p->data.size;
	uint8_t *at = response + (p->data.bytes - response), iv[EMRTD_BLOCK_MAX];
	*cause = EMRTD_CAUSE_SM_FORMAT;
	if (p->data_tag != (sm->odd ? DO_CIPHERED_ODD : DO_CIPHERED))
		return PN_EFORMAT;
	if (!sm->odd) {
		if (size == 0 || *at != 1)
			return PN_EFORMAT;
		at++;
		size--;
	}
	if (size == 0 || size % block != 0)
		return PN_EFORMAT;
	*cause = EMRTD_CAUSE_CRYPTO;
	int err = vector(sm, iv);
	if (err == 0)
		err = emrtd_decrypt(sm->cipher, sm->enc, iv, at, size, at);
	emrtd_wipe(iv, sizeof(iv));
	if (err != 0)
		return err;
	*cause = EMRTD_CAUSE_SM_PADDING;
	if (emrtd_unpad(at, &size, block) != 0)
		return PN_EFORMAT;
	*out = (struct emrtd_bytes){at, size};
	return 0;
}

static int unwrap(struct emrtd_sm *sm, uint8_t *response, size_t size, struct emrtd_response *out,
	enum emrtd_cause *cause)
{
	uint8_t mac[EMRTD_MAC_SIZE];
	struct parts p = {0};
	struct emrtd_response bare;
	*cause = EMRTD_CAUSE_TORN;
	if (emrtd_response_decode((struct emrtd_bytes){response, size}, &bare) != 0)
		return PN_EFORMAT;
	out->sw = bare.sw;
	*cause = EMRTD_CAUSE_SM_BARE;
	if (bare.data.size == 0)
		return PN_EFORMAT;
	*cause = EMRTD_CAUSE_SM_COUNTER;
	if (count(sm) != 0)
		return PN_ELIMIT;
	*cause = EMRTD_CAUSE_SM_FORMAT;
	if (take_apart(bare.data, &p) != 0)
		return PN_EFORMAT;
	*cause = EMRTD_CAUSE_CRYPTO;
	int err = checksum(sm, (struct emrtd_bytes){NULL, 0}, p.covered, mac);
	if (err != 0)
		return err;
	*cause = EMRTD_CAUSE_SM_MAC;
	if (!emrtd_equal(mac, p.mac.bytes, sizeof(mac)))
		return PN_ECRYPTO;
	*cause = EMRTD_CAUSE_SM_STATUS;
	if (memcmp(p.status.bytes, response + size - 2, 2) != 0)
		return PN_ECRYPTO;
	if (p.data_tag != 0)
		err = decipher(sm, response, &p, &out->data, cause);
	if (err == 0)
		*cause = EMRTD_CAUSE_NONE;
	return err;
}

int emrtd_sm_unwrap(struct emrtd_sm *sm, uint8_t *response, size_t size, struct emrtd_response *out,
	enum emrtd_cause *cause)
{
	*out = (struct emrtd_response){{NULL, 0}, 0};
	*cause = EMRTD_CAUSE_ARGUMENT;
	if (!sm->live || !sm->waiting)
		return PN_EINVAL;
	sm->waiting = false;
	int err = unwrap(sm, response, size, out, cause);
	if (err != 0) {
		out->data = (struct emrtd_bytes){NULL, 0};
		emrtd_sm_wipe(sm);
	}
	return err;
}

size_t emrtd_sm_response_size(enum emrtd_cipher cipher, size_t size)
{
	size_t data = size == 0 ? 0
				: emrtd_tlv_size(DO_CIPHERED,
					  emrtd_padded_size(size, emrtd_block_size(cipher)) + 1);
	return data + STATUS_SIZE + MAC_SIZE + 2;
}
