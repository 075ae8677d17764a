/* SPDX-License-Identifier: Apache-2.0
 * Command and response APDUs of ISO/IEC 7816-4 5.1, short and extended. Must never write past the
 * buffer it was given, nor cut a command to make it fit.
 */
#ifndef POSTERN_EMRTD_APDU_H
#define POSTERN_EMRTD_APDU_H
#include "emrtd/tlv.h"

enum {
	EMRTD_SHORT_DATA_MAX = 255,
	EMRTD_SHORT_LE_MAX = 256,
	EMRTD_LE_MAX = 65536,
	EMRTD_SHORT_COMMAND_MAX = 5 + 255 + 1,
	EMRTD_SHORT_RESPONSE_MAX = 256 + 2,
	EMRTD_COMMAND_MAX = 7 + 65535 + 2,
	EMRTD_RESPONSE_MAX = 65536 + 2
};

struct emrtd_command {
	uint8_t cla, ins, p1, p2;
	struct emrtd_bytes data;
	size_t le; /* most bytes wanted back, 1 to 65536; 0: no Le field at all */
};

struct emrtd_response {
	struct emrtd_bytes data;
	uint16_t sw;
};

/* Whether data or le need the extended form. */
bool emrtd_command_needs_extended(const struct emrtd_command *command);
/* *size: room in, bytes written out. PN_ELIMIT when it does not fit; PN_EINVAL when extended is
 * false and emrtd_command_needs_extended(). */
int emrtd_command_encode(const struct emrtd_command *command, bool extended, uint8_t *out,
	size_t *size) PN_MUST_CHECK;
/* The reverse, for whoever plays a chip. */
int emrtd_command_decode(struct emrtd_bytes in, struct emrtd_command *out) PN_MUST_CHECK;
/* PN_EFORMAT under two bytes: a torn field can look like that. out points into in. */
int emrtd_response_decode(struct emrtd_bytes in, struct emrtd_response *out) PN_MUST_CHECK;
#endif
