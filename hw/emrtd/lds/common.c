/* SPDX-License-Identifier: Apache-2.0
 * See lds.h: EF.COM, EF.ATR/INFO, DG1, DG13, DG15. Must never take EF.COM's word for what the chip holds.
 */
#include <string.h>

#include "emrtd/lds/internal.h"

/* Doc 9303-10 table 38. */
static const uint8_t group_tags[] = {0, 0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
	0x6e, 0x6f, 0x70};

static bool decimal(struct emrtd_bytes v)
{
	for (size_t i = 0; i < v.size; i++)
		if (v.bytes[i] < '0' || v.bytes[i] > '9')
			return false;
	return true;
}

static struct emrtd_bytes version(const struct lds_scan *s, const struct emrtd_tlv *tlv, size_t size)
{
	if (tlv->value.size != size)
		lds_say(s, LDS_LENGTH, tlv->value.bytes, tlv->tag);
	else if (!decimal(tlv->value))
		lds_say(s, LDS_CHARACTERS, tlv->value.bytes, tlv->tag);
	else
		return tlv->value;
	return (struct emrtd_bytes){NULL, 0};
}

static void group_list(const struct lds_scan *s, struct emrtd_bytes list, struct lds_com *out)
{
	for (size_t i = 0; i < list.size; i++) {
		unsigned n = 16;
		while (n > 0 && group_tags[n] != list.bytes[i])
			n--;
		if (n == 0)
			out->unknown_tags++;
		else if ((out->groups >> n & 1) != 0)
			lds_say(s, LDS_TWICE, list.bytes + i, list.bytes[i]);
		else
			out->groups |= UINT32_C(1) << n;
	}
}

int lds_com(struct emrtd_bytes file, struct lds_com *out, struct lds_notes *notes)
{
	struct lds_scan s;
	struct emrtd_bytes value;
	struct emrtd_tlv tlv;
	struct lds_tags seen = {.count = 0};
	static const uint32_t required[] = {0x5f01, 0x5f36, 0x5c};
	int got, rc = 0;
	memset(out, 0, sizeof *out);
	if (lds_open(&s, file, 0x60, &value, notes) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	while ((got = lds_next(&s, &walk, &tlv)) == 1) {
		if (lds_tags_hold(&seen, tlv.tag)) {
			lds_say(&s, LDS_TWICE, tlv.raw.bytes, tlv.tag);
			continue;
		}
		if (tlv.tag == 0x5f01)
			out->version = version(&s, &tlv, 4);
		else if (tlv.tag == 0x5f36)
			out->unicode = version(&s, &tlv, 6);
		else if (tlv.tag == 0x5c)
			group_list(&s, tlv.value, out);
		else {
			notes->unknown++;
			continue;
		}
		lds_tags_add(&seen, tlv.tag);
	}
	for (size_t i = 0; i < PN_COUNT(required) && got == 0; i++)
		if (!lds_tags_hold(&seen, required[i]))
			rc = lds_fail(&s, LDS_MISSING, value.bytes, required[i]);
	return got < 0 ? got : rc;
}

static void capabilities(const struct lds_scan *s, const struct emrtd_tlv *tlv, struct lds_atr_info *out)
{
	const uint8_t *b = tlv->value.bytes;
	if (tlv->value.size < 1 || tlv->value.size > 3) {
		lds_say(s, LDS_LENGTH, tlv->raw.bytes, tlv->tag);
		return;
	}
	out->capabilities_size = tlv->value.size;
	out->select_by_name = (b[0] & 0x80) != 0;
	out->short_identifiers = (b[0] & 0x04) != 0;
	out->record_numbers = (b[0] & 0x02) != 0;
	if (tlv->value.size < 3)
		return;
	out->command_chaining = (b[2] & 0x80) != 0;
	out->extended_length = (b[2] & 0x40) != 0;
	out->extended_length_information = (b[2] & 0x20) != 0;
}

/* An INTEGER without sign of up to four bytes; 0 when it is none. */
static uint32_t number(struct emrtd_bytes v)
{
	uint32_t n = 0;
	if (v.size > 1 && v.bytes[0] == 0) {
		v.bytes++;
		v.size--;
	} else if (v.size > 0 && (v.bytes[0] & 0x80) != 0) {
		return 0;
	}
	if (v.size > 4)
		return 0;
	for (size_t i = 0; i < v.size; i++)
		n = n << 8 | v.bytes[i];
	return n;
}

static void extended(const struct lds_scan *s, const struct emrtd_tlv *tlv, struct lds_atr_info *out)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(tlv->value);
	uint32_t *const to[] = {&out->command_max, &out->response_max};
	struct emrtd_tlv inner;
	size_t count = 0;
	int got;
	while ((got = lds_next(s, &walk, &inner)) == 1) {
		if (inner.tag != 0x02 || count == 2) {
			s->notes->unknown++;
			continue;
		}
		*to[count] = number(inner.value);
		if (*to[count] == 0)
			lds_say(s, LDS_LENGTH, inner.raw.bytes, 0x02);
		count++;
	}
	if (got == 0 && count != 2)
		lds_say(s, LDS_MISSING, tlv->raw.bytes, 0x02);
}

/* A transparent file may be longer than what was written into it. */
static bool unused(const struct emrtd_tlv_walk *walk)
{
	size_t i = 0;
	while (i < walk->left && walk->at[i] == walk->at[0])
		i++;
	return i == walk->left && i > 0 && (walk->at[0] == 0x00 || walk->at[0] == 0xff);
}

int lds_atr_info(struct emrtd_bytes file, struct lds_atr_info *out, struct lds_notes *notes)
{
	struct lds_scan s = {file, notes};
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(file);
	struct emrtd_tlv tlv;
	bool has_capabilities = false, has_extended = false;
	int got = 0;
	memset(out, 0, sizeof *out);
	memset(notes, 0, sizeof *notes);
	while (!unused(&walk) && (got = lds_next(&s, &walk, &tlv)) == 1) {
		bool *seen = tlv.tag == 0x47 ? &has_capabilities : tlv.tag == 0x7f66 ? &has_extended : NULL;
		if (seen == NULL) {
			notes->unknown++;
		} else if (*seen) {
			lds_say(&s, LDS_TWICE, tlv.raw.bytes, tlv.tag);
		} else {
			*seen = true;
			if (tlv.tag == 0x47)
				capabilities(&s, &tlv, out);
			else
				extended(&s, &tlv, out);
		}
	}
	return got < 0 ? got : 0;
}

static bool zone_character(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '<';
}

int lds_dg1(struct emrtd_bytes file, struct emrtd_bytes *zone, struct lds_notes *notes)
{
	struct lds_scan s;
	struct emrtd_bytes value, found = {NULL, 0};
	struct emrtd_tlv tlv;
	int got;
	*zone = found;
	if (lds_open(&s, file, 0x61, &value, notes) != 0)
		return PN_EFORMAT;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	while ((got = lds_next(&s, &walk, &tlv)) == 1) {
		if (tlv.tag != 0x5f1f)
			notes->unknown++;
		else if (found.bytes != NULL)
			lds_say(&s, LDS_TWICE, tlv.raw.bytes, tlv.tag);
		else
			found = tlv.value;
	}
	if (got < 0)
		return got;
	if (found.bytes == NULL)
		return lds_fail(&s, LDS_MISSING, value.bytes, 0x5f1f);
	if (found.size != 72 && found.size != 88 && found.size != 90)
		return lds_fail(&s, LDS_LENGTH, found.bytes, 0x5f1f);
	*zone = found;
	for (size_t i = 0; i < found.size; i++)
		if (!zone_character(found.bytes[i]))
			return lds_fail(&s, LDS_CHARACTERS, found.bytes + i, 0x5f1f);
	return 0;
}

void lds_zone(struct emrtd_bytes file, char out[96])
{
	struct lds_notes notes;
	struct emrtd_bytes zone = {NULL, 0};
	size_t n = 0;
	/* A zone of other characters is one all the same, and no printed one equals it. */
	bool any = file.bytes != NULL && (lds_dg1(file, &zone, &notes) == 0 || zone.bytes != NULL);
	for (; any && n < zone.size; n++)
		out[n] = zone_character(zone.bytes[n]) ? (char)zone.bytes[n] : '?';
	out[n] = '\0';
}

int lds_dg13(struct emrtd_bytes file, struct emrtd_bytes *content, struct lds_notes *notes)
{
	struct lds_scan s;
	return lds_open(&s, file, 0x6d, content, notes);
}

static size_t bits_of(struct emrtd_bytes v)
{
	while (v.size > 0 && v.bytes[0] == 0) {
		v.bytes++;
		v.size--;
	}
	size_t bits = v.size * 8;
	for (uint8_t mask = 0x80; v.size > 0 && mask != 0 && (v.bytes[0] & mask) == 0; mask >>= 1)
		bits--;
	return bits;
}

/* BIT STRING around RSAPublicKey (RFC 8017 A.1.1). */
static size_t rsa_bits(struct emrtd_bytes key)
{
	struct emrtd_bytes sequence;
	struct emrtd_tlv_walk walk;
	struct emrtd_tlv modulus;
	if (emrtd_tlv_only(key, 0x30, &sequence) != 0)
		return 0;
	walk = emrtd_tlv_walk(sequence);
	return emrtd_tlv_expect(&walk, 0x02, &modulus) == 0 ? bits_of(modulus.value) : 0;
}

int lds_dg15(struct emrtd_bytes file, struct lds_dg15 *out, struct lds_notes *notes)
{
	static const uint8_t rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
	static const uint8_t ec[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
	struct lds_scan s;
	struct emrtd_bytes value, info;
	struct emrtd_tlv algorithm, key, oid, parameters;
	memset(out, 0, sizeof *out);
	if (lds_open(&s, file, 0x6f, &value, notes) != 0)
		return PN_EFORMAT;
	/* SubjectPublicKeyInfo (RFC 5280, 4.1). */
	if (emrtd_tlv_only(value, 0x30, &info) != 0)
		return lds_fail(&s, LDS_ENCODING, value.bytes, 0x6f);
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(info), inner;
	if (emrtd_tlv_expect(&walk, 0x30, &algorithm) != 0 || emrtd_tlv_expect(&walk, 0x03, &key) != 0 ||
		key.value.size < 2)
		return lds_fail(&s, LDS_ENCODING, info.bytes, 0x30);
	inner = emrtd_tlv_walk(algorithm.value);
	if (emrtd_tlv_expect(&inner, 0x06, &oid) != 0)
		return lds_fail(&s, LDS_ENCODING, algorithm.raw.bytes, 0x30);
	struct emrtd_bytes bits = {key.value.bytes + 1, key.value.size - 1};
	if (oid.value.size == sizeof rsa && memcmp(oid.value.bytes, rsa, sizeof rsa) == 0) {
		out->kind = LDS_KEY_RSA;
		out->bits = rsa_bits(bits);
	} else if (oid.value.size == sizeof ec && memcmp(oid.value.bytes, ec, sizeof ec) == 0) {
		out->kind = LDS_KEY_EC;
		if (emrtd_tlv_next(&inner, &parameters) == 1 && parameters.tag == 0x06)
			out->curve = parameters.value;
		/* A point without compression (SEC 1, 2.3.3). */
		if (bits.bytes[0] == 0x04 && bits.size % 2 == 1)
			out->bits = (bits.size - 1) / 2 * 8;
	}
	return 0;
}
