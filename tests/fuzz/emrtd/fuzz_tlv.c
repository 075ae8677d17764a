/* SPDX-License-Identifier: Apache-2.0
 * Walks hostile data objects three levels deep, and decodes APDUs: every range that comes out must
 * lie inside what went in, and what is written again must be read alike.
 */
#include <stdlib.h>
#include <string.h>

#include "emrtd/apdu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct emrtd_bytes outer, struct emrtd_bytes inner)
{
	if (inner.bytes < outer.bytes || inner.size > outer.size ||
		(size_t)(inner.bytes - outer.bytes) > outer.size - inner.size)
		abort();
}

static void walk(struct emrtd_bytes in, int depth)
{
	struct emrtd_tlv_walk w = emrtd_tlv_walk(in);
	struct emrtd_tlv tlv;
	size_t seen = 0;
	int got;
	while ((got = emrtd_tlv_next(&w, &tlv)) == 1) {
		uint8_t head[EMRTD_TLV_HEADER_MAX];
		struct emrtd_writer out = {head, 0, sizeof(head), false};
		struct emrtd_bytes found;
		inside(in, tlv.raw);
		inside(tlv.raw, tlv.value);
		seen += tlv.raw.size;
		emrtd_put_header(&out, tlv.tag, tlv.value.size);
		uint32_t tag;
		size_t header, value;
		if (out.full ||
			emrtd_tlv_header(
				(struct emrtd_bytes){head, out.size}, &tag, &header, &value) != 0 ||
			tag != tlv.tag || value != tlv.value.size || header != out.size ||
			emrtd_tlv_size(tag, value) != header + value)
			abort();
		if (emrtd_tlv_find(in, tlv.tag, &found) != 0 || seen > in.size)
			abort();
		if (depth > 0)
			walk(tlv.value, depth - 1);
	}
	if (got == 0 && seen != in.size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct emrtd_bytes in = {data, size > 4096 ? 4096 : size};
	struct emrtd_command c;
	struct emrtd_response r;
	walk(in, 2);
	if (emrtd_command_decode(in, &c) == 0) {
		/* An extended command may hold what a short one could, never the reverse. */
		uint8_t again[8192];
		size_t n = sizeof(again);
		struct emrtd_command back;
		if (c.data.size > 0)
			inside(in, c.data);
		if (emrtd_command_encode(&c, true, again, &n) != 0 ||
			emrtd_command_decode((struct emrtd_bytes){again, n}, &back) != 0 ||
			back.le != c.le || back.data.size != c.data.size)
			abort();
	}
	if (emrtd_response_decode(in, &r) == 0)
		inside(in, r.data);
	return 0;
}
