/* SPDX-License-Identifier: Apache-2.0
 * See tlv.h. Must never trust a length before comparing it with what is left.
 */
#include "emrtd/tlv.h"

#include <string.h>

enum { TAG_BYTES_MAX = 3, LENGTH_BYTES_MAX = 4 };

int emrtd_tlv_header(
	struct emrtd_bytes start, uint32_t *tag, size_t *header_size, size_t *value_size)
{
	const uint8_t *b = start.bytes;
	size_t at = 1;
	if (start.size == 0)
		return PN_EAGAIN;
	uint32_t t = b[0];
	if (t == 0)
		return PN_EFORMAT;
	if ((t & 0x1f) == 0x1f) {
		do {
			if (at == TAG_BYTES_MAX)
				return PN_EFORMAT;
			if (at == start.size)
				return PN_EAGAIN;
			if (at == 1 && b[at] == 0x80)
				return PN_EFORMAT;
			t = t << 8 | b[at];
		} while ((b[at++] & 0x80) != 0);
	}
	if (at == start.size)
		return PN_EAGAIN;
	size_t value = b[at++];
	if (value >= 0x80) {
		size_t count = value & 0x7f;
		if (count == 0 || count > LENGTH_BYTES_MAX)
			return PN_EFORMAT;
		if (start.size - at < count)
			return PN_EAGAIN;
		value = 0;
		while (count-- > 0)
			value = value << 8 | b[at++];
	}
	*tag = t;
	*header_size = at;
	*value_size = value;
	return 0;
}

struct emrtd_tlv_walk emrtd_tlv_walk(struct emrtd_bytes in)
{
	return (struct emrtd_tlv_walk){in.bytes, in.size};
}

int emrtd_tlv_next(struct emrtd_tlv_walk *walk, struct emrtd_tlv *out)
{
	struct emrtd_bytes rest = {walk->at, walk->left};
	size_t header, value;
	if (rest.size == 0)
		return 0;
	walk->left = 0;
	if (emrtd_tlv_header(rest, &out->tag, &header, &value) != 0 || value > rest.size - header)
		return PN_EFORMAT;
	out->raw = (struct emrtd_bytes){rest.bytes, header + value};
	out->value = (struct emrtd_bytes){rest.bytes + header, value};
	walk->at = rest.bytes + header + value;
	walk->left = rest.size - header - value;
	return 1;
}

int emrtd_tlv_expect(struct emrtd_tlv_walk *walk, uint32_t tag, struct emrtd_tlv *out)
{
	return emrtd_tlv_next(walk, out) == 1 && out->tag == tag ? 0 : PN_EFORMAT;
}

int emrtd_tlv_only(struct emrtd_bytes in, uint32_t tag, struct emrtd_bytes *value)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(in);
	struct emrtd_tlv tlv;
	if (emrtd_tlv_expect(&walk, tag, &tlv) != 0 || walk.left != 0)
		return PN_EFORMAT;
	*value = tlv.value;
	return 0;
}

int emrtd_tlv_find(struct emrtd_bytes in, uint32_t tag, struct emrtd_bytes *value)
{
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(in);
	struct emrtd_tlv tlv;
	int got;
	while ((got = emrtd_tlv_next(&walk, &tlv)) == 1) {
		if (tlv.tag == tag) {
			*value = tlv.value;
			return 0;
		}
	}
	return got == 0 ? PN_ENOTFOUND : got;
}

void emrtd_put(struct emrtd_writer *w, const void *bytes, size_t size)
{
	if (w->full || size > w->max - w->size) {
		w->full = true;
		return;
	}
	if (size > 0)
		memcpy(w->bytes + w->size, bytes, size);
	w->size += size;
}

void emrtd_put_byte(struct emrtd_writer *w, uint8_t byte)
{
	emrtd_put(w, &byte, 1);
}

static size_t tag_size(uint32_t tag)
{
	return tag > 0xffff ? 3 : tag > 0xff ? 2 : 1;
}

/* Bytes of the shortest length field, its first byte included. */
static size_t length_size(size_t value_size)
{
	return value_size < 0x80 ? 1 : value_size <= 0xff ? 2 : value_size <= 0xffff ? 3 : 5;
}

void emrtd_put_header(struct emrtd_writer *w, uint32_t tag, size_t value_size)
{
	for (size_t n = tag_size(tag); n > 0; n--)
		emrtd_put_byte(w, (uint8_t)(tag >> (8 * (n - 1))));
	size_t bytes = length_size(value_size) - 1;
	if (bytes > 0)
		emrtd_put_byte(w, (uint8_t)(0x80 | bytes));
	for (size_t n = bytes > 0 ? bytes : 1; n > 0; n--)
		emrtd_put_byte(w, (uint8_t)(value_size >> (8 * (n - 1))));
}

void emrtd_put_tlv(struct emrtd_writer *w, uint32_t tag, const void *value, size_t size)
{
	emrtd_put_header(w, tag, size);
	emrtd_put(w, value, size);
}

size_t emrtd_tlv_size(uint32_t tag, size_t value_size)
{
	return tag_size(tag) + length_size(value_size) + value_size;
}
