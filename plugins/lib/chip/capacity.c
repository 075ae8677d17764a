/* SPDX-License-Identifier: Apache-2.0
 * See capacity.h. Must never read beyond the bytes given.
 */
#include "chip/capacity.h"

enum { FOUR = 4, MAX_APDU_DATA_SIZE = 0x0a, CAPABILITIES = 7, EXTENDED_BIT = 0x40, CHAINING_BIT = 0x80, INFO_CAPABILITIES = 0x47, INFO_SIZES = 0x7f66, INTEGER = 2 };

/* Where the historical bytes begin, and how many they are (ISO/IEC 7816-3, 8.2): after T0 and the interface bytes that each TDi
 * announces. */
static bool historical(const uint8_t *atr, size_t size, size_t *at, size_t *count)
{
	if (size < 2)
		return false;
	*count = atr[1] & 0x0f;
	size_t i = 2;
	for (unsigned follows = atr[1] >> 4; follows != 0;) {
		i += (follows & 1) + (follows >> 1 & 1) + (follows >> 2 & 1);
		if ((follows & 8) == 0)
			break;
		if (i >= size)
			return false;
		follows = atr[i++] >> 4;
	}
	*at = i;
	return i <= size && *count <= size - i;
}

/* The third byte of the card capabilities, or -1. */
static int capabilities(const uint8_t *atr, size_t size)
{
	size_t at = 0, count = 0;
	if (!historical(atr, size, &at, &count) || count < 1)
		return -1;
	size_t end = at + count;
	/* 80: data objects to the end; 00: with three bytes of status behind them */
	if (atr[at] != 0x80 && (atr[at] != 0x00 || count < 4))
		return -1;
	if (atr[at] == 0x00)
		end -= 3;
	for (at++; at < end;) {
		size_t tag = atr[at] >> 4, length = atr[at] & 0x0f;
		at++;
		if (length > end - at)
			return -1;
		if (tag == CAPABILITIES && length >= 3)
			return atr[at + 2];
		at += length;
	}
	return -1;
}

enum chip_extended chip_extended(const uint8_t *atr, size_t size)
{
	int said = capabilities(atr, size);
	return said < 0 ? CHIP_EXTENDED_UNSAID : said & EXTENDED_BIT ? CHIP_EXTENDED_YES : CHIP_EXTENDED_NO;
}

bool chip_chaining(const uint8_t *atr, size_t size)
{
	int said = capabilities(atr, size);
	return said >= 0 && (said & CHAINING_BIT) != 0;
}

bool chip_info_chaining(struct emrtd_bytes file)
{
	struct emrtd_bytes value;
	return emrtd_tlv_find(file, INFO_CAPABILITIES, &value) == 0 && value.size >= 3 && (value.bytes[2] & CHAINING_BIT) != 0;
}

static bool number(struct emrtd_tlv_walk *walk, size_t *out)
{
	struct emrtd_tlv t;
	if (emrtd_tlv_expect(walk, INTEGER, &t) != 0 || t.value.size < 1 || t.value.size > 4)
		return false;
	*out = 0;
	for (size_t i = 0; i < t.value.size; i++)
		*out = *out << 8 | t.value.bytes[i];
	return true;
}

bool chip_info_sizes(struct emrtd_bytes file, size_t *command_max, size_t *response_max)
{
	struct emrtd_bytes value;
	if (emrtd_tlv_find(file, INFO_SIZES, &value) != 0)
		return false;
	struct emrtd_tlv_walk walk = emrtd_tlv_walk(value);
	return number(&walk, command_max) && number(&walk, response_max);
}

/* One byte of tag, one of length, so many bytes; the value of the first of that tag that has four bytes. */
static const uint8_t *four_of(const uint8_t *list, size_t size, uint8_t tag)
{
	for (size_t at = 0; size - at >= 2;) {
		size_t length = list[at + 1];
		if (length > size - at - 2)
			return NULL;
		if (list[at] == tag && length == FOUR)
			return list + at + 2;
		at += 2 + length;
	}
	return NULL;
}

uint32_t chip_feature(const uint8_t *list, size_t size, uint8_t feature)
{
	const uint8_t *v = four_of(list, size, feature);
	return v == NULL ? 0 : (uint32_t)v[0] << 24 | (uint32_t)v[1] << 16 | (uint32_t)v[2] << 8 | v[3];
}

/* Little endian, other than the control code (part 10, 2.6.14). */
uint32_t chip_reader_size(const uint8_t *properties, size_t size)
{
	const uint8_t *v = four_of(properties, size, MAX_APDU_DATA_SIZE);
	return v == NULL ? 0 : (uint32_t)v[3] << 24 | (uint32_t)v[2] << 16 | (uint32_t)v[1] << 8 | v[0];
}
