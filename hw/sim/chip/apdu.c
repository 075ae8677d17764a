/* SPDX-License-Identifier: Apache-2.0
 * Command APDUs, cases 1 to 4 of ISO 7816-3 section 12.1, short and extended. Must never read
 * beyond the command.
 */
#include <string.h>

#include "sim/chip/internal.h"

static int parse_extended(const uint8_t *b, size_t size, struct sc_apdu *out)
{
	size_t n = (size_t)b[1] << 8 | b[2];
	out->extended = true;
	if (size == 3) { /* 2E */
		out->expected = n != 0 ? n : 65536;
		return PN_OK;
	}
	if (n == 0 || (size != 3 + n && size != 5 + n))
		return PN_EFORMAT;
	out->data = b + 3;
	out->size = n;
	if (size == 5 + n) {
		size_t e = (size_t)b[3 + n] << 8 | b[4 + n];
		out->expected = e != 0 ? e : 65536;
	}
	return PN_OK;
}

int sc_apdu_parse(const uint8_t *bytes, size_t size, struct sc_apdu *out)
{
	memset(out, 0, sizeof *out);
	if (size < 4)
		return PN_EFORMAT;
	out->cla = bytes[0];
	out->ins = bytes[1];
	out->p1 = bytes[2];
	out->p2 = bytes[3];
	out->data = bytes + 4;
	const uint8_t *b = bytes + 4;
	size -= 4;
	if (size == 0)
		return PN_OK;
	size_t n = b[0];
	if (size == 1) { /* 2S */
		out->expected = n != 0 ? n : 256;
		return PN_OK;
	}
	if (n == 0)
		return size >= 3 ? parse_extended(b, size, out) : PN_EFORMAT;
	if (size != 1 + n && size != 2 + n)
		return PN_EFORMAT;
	out->data = b + 1;
	out->size = n;
	if (size == 2 + n)
		out->expected = b[1 + n] != 0 ? b[1 + n] : 256;
	return PN_OK;
}
