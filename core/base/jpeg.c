/* SPDX-License-Identifier: Apache-2.0
 * See jpeg.h. Must never read beyond the bytes it was given, whatever a length in them says.
 */
#include "base/jpeg.h"

#include <stdbool.h>

/* Markers of ITU-T T.81, table B.1. */
enum { SOF0 = 0xc0, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc, SOF15 = 0xcf, RST0 = 0xd0, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, TEM = 0x01 };
enum { FRAME_HEAD = 8, COMPONENT = 3 };

static uint32_t get16(const uint8_t *b)
{
	return (uint32_t)b[0] << 8 | b[1];
}

/* b: from the length on, which is size. */
static int frame(const uint8_t *b, size_t size)
{
	if (size < FRAME_HEAD || b[2] != 8 || (b[7] != 1 && b[7] != 3) || size != FRAME_HEAD + (size_t)COMPONENT * b[7])
		return PN_EFORMAT;
	const uint32_t height = get16(b + 3), width = get16(b + 5);
	if (height == 0 || width == 0)
		return PN_EFORMAT;
	return height > JPEG_SIDE_MAX || width > JPEG_SIDE_MAX ? PN_ELIMIT : PN_OK;
}

/* Has no length, or is of another process than is read here. */
static bool strange(uint8_t marker)
{
	const bool frame_of_another = marker > SOF2 && marker <= SOF15 && marker != DHT;
	return marker == 0 || marker == TEM || (marker >= RST0 && marker <= EOI) || frame_of_another || marker == JPG || marker == DAC;
}

int jpeg_check(const uint8_t *bytes, size_t size)
{
	bool framed = false;
	size_t at = 2;
	if (size < 4 || bytes[0] != 0xff || bytes[1] != SOI || bytes[size - 2] != 0xff || bytes[size - 1] != EOI)
		return PN_EFORMAT;
	while (size - at > 4) {
		if (bytes[at++] != 0xff)
			return PN_EFORMAT;
		const uint8_t marker = bytes[at];
		if (marker == 0xff)
			continue; /* a fill byte */
		at++;
		if (strange(marker))
			return PN_EFORMAT;
		const size_t length = get16(bytes + at);
		if (length < 2 || length > size - at)
			return PN_EFORMAT;
		if (marker == SOS)
			return framed ? PN_OK : PN_EFORMAT;
		if (marker >= SOF0 && marker <= SOF2) {
			const int r = framed ? PN_EFORMAT : frame(bytes + at, length);
			if (r != PN_OK)
				return r;
			framed = true;
		}
		at += length;
	}
	return PN_EFORMAT;
}
