/* SPDX-License-Identifier: Apache-2.0
 * See apdu.h. Must never guess a form: the caller says short or extended.
 */
#include "emrtd/apdu.h"

bool emrtd_command_needs_extended(const struct emrtd_command *c)
{
	return c->data.size > EMRTD_SHORT_DATA_MAX || c->le > EMRTD_SHORT_LE_MAX;
}

int emrtd_command_encode(const struct emrtd_command *c, bool extended, uint8_t *out, size_t *size)
{
	struct emrtd_writer w = {out, 0, *size, false};
	if (c->data.size > 65535 || c->le > EMRTD_LE_MAX ||
		(!extended && emrtd_command_needs_extended(c)))
		return PN_EINVAL;
	emrtd_put(&w, (const uint8_t[]){c->cla, c->ins, c->p1, c->p2}, 4);
	if (extended && (c->data.size > 0 || c->le > 0))
		emrtd_put_byte(&w, 0);
	if (c->data.size > 0) {
		if (extended)
			emrtd_put_byte(&w, (uint8_t)(c->data.size >> 8));
		emrtd_put_byte(&w, (uint8_t)c->data.size);
		emrtd_put(&w, c->data.bytes, c->data.size);
	}
	if (c->le > 0) {
		/* The largest Le is written as zero in both forms. */
		if (extended)
			emrtd_put_byte(&w, (uint8_t)(c->le >> 8));
		emrtd_put_byte(&w, (uint8_t)c->le);
	}
	if (w.full)
		return PN_ELIMIT;
	*size = w.size;
	return 0;
}

static size_t le_value(size_t field, size_t max)
{
	return field == 0 ? max : field;
}

int emrtd_command_decode(struct emrtd_bytes in, struct emrtd_command *out)
{
	const uint8_t *b = in.bytes;
	if (in.size < 4)
		return PN_EFORMAT;
	*out = (struct emrtd_command){b[0], b[1], b[2], b[3], {NULL, 0}, 0};
	if (in.size == 4)
		return 0;
	if (in.size == 5) {
		out->le = le_value(b[4], EMRTD_SHORT_LE_MAX);
		return 0;
	}
	bool extended = b[4] == 0;
	if (extended && in.size < 7)
		return PN_EFORMAT;
	if (extended && in.size == 7) {
		out->le = le_value((size_t)b[5] << 8 | b[6], EMRTD_LE_MAX);
		return 0;
	}
	size_t head = extended ? 7 : 5, le_bytes = extended ? 2 : 1;
	size_t lc = extended ? (size_t)b[5] << 8 | b[6] : b[4];
	if (lc == 0 || (in.size != head + lc && in.size != head + lc + le_bytes))
		return PN_EFORMAT;
	out->data = (struct emrtd_bytes){b + head, lc};
	if (in.size > head + lc)
		out->le = extended ? le_value((size_t)b[head + lc] << 8 | b[head + lc + 1],
					     EMRTD_LE_MAX)
				   : le_value(b[head + lc], EMRTD_SHORT_LE_MAX);
	return 0;
}

int emrtd_response_decode(struct emrtd_bytes in, struct emrtd_response *out)
{
	if (in.size < 2 || in.size > EMRTD_RESPONSE_MAX)
		return PN_EFORMAT;
	const uint8_t *sw = in.bytes + in.size - 2;
	out->data = (struct emrtd_bytes){in.bytes, in.size - 2};
	out->sw = (uint16_t)(sw[0] << 8 | sw[1]);
	return 0;
}
