/* SPDX-License-Identifier: Apache-2.0
 * Protocol Buffers as they lie on the wire, held against the schema's descriptors. Decodes nothing.
 * Source: protobuf.dev/programming-guides/encoding; UTF-8 well-formedness: RFC 3629 section 4.
 * Must never read past the bytes it was given, recurse deeper than it was told, or allocate.
 */
#ifndef POSTERN_BUS_WIRE_H
#define POSTERN_BUS_WIRE_H
#include "base/err.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire {
	const uint8_t *at, *end;
};

/* One field. number holds a varint or a fixed value; bytes and size a length-delimited one. */
struct wire_item {
	uint32_t tag;
	enum wire_type type;
	uint64_t number;
	const uint8_t *bytes;
	size_t size;
};

/* Steps to the next field: PN_OK, PN_EAGAIN at the end, PN_EFORMAT. */
int wire_next(struct wire *w, struct wire_item *item) PN_MUST_CHECK;

/* Holds bytes against d; depth: messages within messages still allowed, this one counted. */
int wire_check(const ProtobufCMessageDescriptor *d, const uint8_t *bytes, size_t size,
	unsigned depth) PN_MUST_CHECK;

/* Well-formed UTF-8 without NUL. */
bool wire_text(const uint8_t *bytes, size_t size);

/* Bytes that value needs as a varint (1 to 10), and the same written. */
size_t wire_varint_size(uint64_t value);
size_t wire_put_varint(uint8_t *out, uint64_t value);
#endif
