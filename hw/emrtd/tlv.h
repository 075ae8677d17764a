/* SPDX-License-Identifier: Apache-2.0
 * Tag-length-value data objects of ISO/IEC 7816-4 5.2.2 (BER) and X.690 (DER), as the chip's files
 * and responses hold them (Doc 9303-10 3.11.3): an iterator over a caller's bytes and a bounded
 * writer. Must never recurse, allocate, or read a byte outside the range it was given.
 *
 * Accepted: tags of one to three bytes, definite lengths of up to four bytes, also longer than
 * needed. Refused as PN_EFORMAT: indefinite lengths, a value that passes the end, a tag of zero.
 */
#ifndef POSTERN_EMRTD_TLV_H
#define POSTERN_EMRTD_TLV_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct emrtd_bytes {
	const uint8_t *bytes;
	size_t size;
};

struct emrtd_tlv {
	uint32_t tag;                  /* its bytes in order, such as 0x30, 0x5f1f or 0x7f49 */
	struct emrtd_bytes value, raw; /* raw: with tag and length */
};

/* What is left to look at; advanced by emrtd_tlv_next(). */
struct emrtd_tlv_walk {
	const uint8_t *at;
	size_t left;
};

struct emrtd_tlv_walk emrtd_tlv_walk(struct emrtd_bytes in);
/* 1: *out is the next object; 0: the end was reached exactly; PN_EFORMAT: neither, and the walk is
 * over. */
int emrtd_tlv_next(struct emrtd_tlv_walk *walk, struct emrtd_tlv *out) PN_MUST_CHECK;
/* The next object, which must have this tag. PN_EFORMAT at the end or when it has another. */
int emrtd_tlv_expect(
	struct emrtd_tlv_walk *walk, uint32_t tag, struct emrtd_tlv *out) PN_MUST_CHECK;
/* The one object that in is, to its last byte. */
int emrtd_tlv_only(struct emrtd_bytes in, uint32_t tag, struct emrtd_bytes *value) PN_MUST_CHECK;
/* The first object of in with this tag. PN_ENOTFOUND, or PN_EFORMAT when bytes before it are not
 * data objects. */
int emrtd_tlv_find(struct emrtd_bytes in, uint32_t tag, struct emrtd_bytes *value) PN_MUST_CHECK;
/* Of a file of which only the beginning was read: the tag, where its value begins and the size of
 * that. PN_EAGAIN when more bytes (never more than EMRTD_TLV_HEADER_MAX in all) are needed. */
int emrtd_tlv_header(struct emrtd_bytes start, uint32_t *tag, size_t *header_size,
	size_t *value_size) PN_MUST_CHECK;

enum { EMRTD_TLV_HEADER_MAX = 8 };

/* A writer into a caller's buffer. Once something did not fit it holds full and writes no more; the
 * caller asks once at the end. */
struct emrtd_writer {
	uint8_t *bytes;
	size_t size, max;
	bool full;
};

void emrtd_put(struct emrtd_writer *w, const void *bytes, size_t size);
void emrtd_put_byte(struct emrtd_writer *w, uint8_t byte);
/* Tag and length only: the value of that size is to follow. */
void emrtd_put_header(struct emrtd_writer *w, uint32_t tag, size_t value_size);
void emrtd_put_tlv(struct emrtd_writer *w, uint32_t tag, const void *value, size_t size);
/* How many bytes emrtd_put_tlv() writes. */
size_t emrtd_tlv_size(uint32_t tag, size_t value_size);
#endif
