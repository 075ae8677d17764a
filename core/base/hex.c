/* SPDX-License-Identifier: Apache-2.0
 * Hexadecimal. Must never accept anything but exact input.
 */
#include "base/hex.h"

void hex_encode(char *out, const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < size; i++) {
		*out++ = digits[bytes[i] >> 4];
		*out++ = digits[bytes[i] & 15];
	}
	*out = '\0';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(uint8_t *out, size_t size, const char *s)
{
	for (size_t i = 0; i < size; i++) {
		int high = digit(s[2 * i]);
		int low = high < 0 ? -1 : digit(s[2 * i + 1]);
		if (low < 0)
			return PN_EFORMAT;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return s[2 * size] == '\0' ? PN_OK : PN_EFORMAT;
}
