/* SPDX-License-Identifier: Apache-2.0
 * A chip's files in one run of bytes, as they travel from the process that reads the chip to the one that checks it: for each
 * file its identifier (ICAO Doc 9303-10, 3.9: 011C EF.CardAccess, 011D EF.SOD, 0101 to 0110 DG1 to DG16; EF.CardSecurity,
 * which has 011D too but stands in the master file, as 3F1D), one octet of what is known of it, its length, and its bytes as
 * read. Numbers are big endian.
 *
 *   file  := id(2) state(1) length(4) bytes(length)      bundle := file*
 *
 * The writer is whoever reads the chip and is not believed: the reader checks every length against what is left and takes no
 * file twice. Pure. Must never copy a file when it is read, nor say that one is there which is not whole.
 */
#ifndef POSTERN_EMRTD_BUNDLE_H
#define POSTERN_EMRTD_BUNDLE_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum emrtd_bundle_id {
	EMRTD_BUNDLE_CARD_ACCESS = 0x011C,
	EMRTD_BUNDLE_SOD = 0x011D,
	EMRTD_BUNDLE_CARD_SECURITY = 0x3F1D,
	EMRTD_BUNDLE_GROUP = 0x0100, /* plus the group's number, 1 to 16 */
};

enum emrtd_bundle_state {
	EMRTD_BUNDLE_NOT_READ, /* nobody asked the chip for it: the value of a file that a bundle does not name */
	EMRTD_BUNDLE_WHOLE,
	EMRTD_BUNDLE_ABSENT, /* the chip said that it has no such file; no bytes */
};

enum { EMRTD_BUNDLE_GROUPS = 17, EMRTD_BUNDLE_HEAD = 7, EMRTD_BUNDLE_MAX = 8 * 1024 * 1024 };

struct emrtd_bundle_file {
	enum emrtd_bundle_state state;
	const uint8_t *bytes; /* within the bundle; NULL unless whole */
	size_t size;
};

struct emrtd_bundle {
	struct emrtd_bundle_file card_access, card_security, sod;
	struct emrtd_bundle_file group[EMRTD_BUNDLE_GROUPS]; /* DGn at n */
};

/* Appends one file at *used of out. PN_EINVAL: no such identifier, or a state with the wrong bytes; PN_ELIMIT: room is too
 * small. Files are not remembered: writing one twice makes a bundle that nobody reads. */
int emrtd_bundle_add(uint8_t *out, size_t room, size_t *used, unsigned id, enum emrtd_bundle_state state,
	const uint8_t *bytes, size_t size) PN_MUST_CHECK;

/* PN_EFORMAT: a length beyond the end, an unknown identifier or state, a file twice, one that is absent and has bytes, or one that is whole
 * and has none. *out points into bytes. */
int emrtd_bundle_read(const uint8_t *bytes, size_t size, struct emrtd_bundle *out) PN_MUST_CHECK;
#endif
