/* SPDX-License-Identifier: Apache-2.0
 * Whole files of the chip, in as few exchanges as reader and chip accept (ICAO Doc 9303-10, 3.6.3 and 4.2; ISO/IEC 7816-4,
 * 11.2). The first read takes a full chunk by short file identifier and the file's length from its own tag; a chunk that is
 * refused is halved, and the size that went is kept for the next file and the next document of its family (family.h). A
 * refusal that comes in clear ends secure messaging: the next session of the document then reads in short length. Bytes go to the
 * caller as they come; a file that was torn off is gone on with where it ended.
 *
 * Pure like emrtd.h. Must never hand out a byte twice or in another order, nor more than the file's own length says.
 */
#ifndef POSTERN_EMRTD_FILE_H
#define POSTERN_EMRTD_FILE_H
#include "emrtd/emrtd.h"

struct emrtd_file {
	uint16_t id;
	uint8_t sfi;  /* 1 to 30 */
	uint32_t tag; /* of the file's one data object */
};

extern const struct emrtd_file emrtd_file_com, emrtd_file_sod, emrtd_file_card_access, emrtd_file_card_security;
/* DG1 to DG16; false for another number. */
bool emrtd_file_group(unsigned number, struct emrtd_file *out);

/* What was learned of a chip, and of documents like it. Zeroed: nothing yet. */
struct emrtd_limits {
	size_t chunk;     /* largest that went after a larger was refused; 0: none was refused */
	bool without_sfi; /* short file identifiers were refused: SELECT first */
	bool exact;       /* reading beyond a file's end was refused: its length first */
	unsigned refused; /* chunks that were refused, for the report */
};

/* One file on its way. Zeroed at the beginning; kept over a tear to go on. */
struct emrtd_progress {
	size_t done, total; /* bytes handed out; total 0: not yet known */
	size_t head_size;
	uint8_t head[EMRTD_TLV_HEADER_MAX]; /* the first bytes, to know it again */
};

enum { EMRTD_FILE_MAX = 512 * 1024, EMRTD_CHUNK_MIN = 32 };

/* take: gets the bytes in their order; anything but 0 ends the reading with that code. On PN_EIO or PN_ECLOSED *progress may
 * be kept: after a reset and a new access, the same call goes on. PN_ENOTFOUND: the chip has no such file. PN_EFORMAT: it is
 * not the data object that it should be, or not the one that was begun. PN_ELIMIT: over max, or the chip gives no bytes. */
int emrtd_file_read(struct emrtd_session *s, const struct emrtd_file *file, struct emrtd_limits *limits,
	struct emrtd_progress *progress, size_t max, int (*take)(void *self, const uint8_t *bytes, size_t size),
	void *self) PN_MUST_CHECK;
#endif
