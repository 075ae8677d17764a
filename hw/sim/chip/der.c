/* SPDX-License-Identifier: Apache-2.0
 * See der.h.
 */
#include "sim/chip/der.h"

#include <openssl/crypto.h>
#include <openssl/objects.h>
#include <stdlib.h>
#include <string.h>

void sim_der_put(struct sim_der *d, const void *bytes, size_t size)
{
	if (size == 0 || d->failed)
		return;
	if (size > d->room - d->size) {
		size_t room = (d->size + size) * 2 + 256;
		uint8_t *more = OPENSSL_clear_realloc(d->bytes, d->room, room);
		if (more == NULL) {
			d->failed = true;
			return;
		}
		d->bytes = more;
		d->room = room;
	}
	memcpy(d->bytes + d->size, bytes, size);
	d->size += size;
}

void sim_der_byte(struct sim_der *d, unsigned byte)
{
	uint8_t b = (uint8_t)byte;
	sim_der_put(d, &b, 1);
}

void sim_der_header(struct sim_der *d, unsigned tag, size_t size)
{
	uint8_t head[8];
	size_t n = 0;
	if (tag > 0xff)
		head[n++] = (uint8_t)(tag >> 8);
	head[n++] = (uint8_t)tag;
	if (size < 0x80) {
		head[n++] = (uint8_t)size;
	} else {
		size_t digits = size > 0xffffff ? 4 : size > 0xffff ? 3 : size > 0xff ? 2 : 1;
		head[n++] = (uint8_t)(0x80 | digits);
		for (size_t i = digits; i-- > 0;)
			head[n++] = (uint8_t)(size >> (8 * i));
	}
	sim_der_put(d, head, n);
}

void sim_der_tlv(struct sim_der *d, unsigned tag, const void *bytes, size_t size)
{
	sim_der_header(d, tag, size);
	sim_der_put(d, bytes, size);
}

void sim_der_wrap(struct sim_der *d, size_t start, unsigned tag)
{
	struct sim_der inner = {0};
	if (d->size > start) /* bytes is NULL as long as nothing was written */
		sim_der_put(&inner, d->bytes + start, d->size - start);
	d->failed = d->failed || inner.failed;
	d->size = start;
	sim_der_tlv(d, tag, inner.bytes, inner.size);
	sim_der_free(&inner);
}

void sim_der_oid(struct sim_der *d, const char *dotted)
{
	ASN1_OBJECT *o = OBJ_txt2obj(dotted, 1);
	if (o == NULL) {
		d->failed = true;
		return;
	}
	sim_der_tlv(d, 0x06, OBJ_get0_data(o), OBJ_length(o));
	ASN1_OBJECT_free(o);
}

void sim_der_free(struct sim_der *d)
{
	OPENSSL_clear_free(d->bytes, d->room);
	memset(d, 0, sizeof *d);
}

bool sim_der_next(const uint8_t **bytes, size_t *size, unsigned *tag, const uint8_t **value,
	size_t *value_size)
{
	if (*size == 0) /* bytes may be NULL then */
		return false;
	const uint8_t *p = *bytes, *end = p + *size;
	unsigned t = *p++;
	if ((t & 0x1f) == 0x1f) {
		if (p == end || (*p & 0x80) != 0)
			return false;
		t = t << 8 | *p++;
	}
	if (p == end)
		return false;
	size_t n = *p++;
	if (n >= 0x80) {
		size_t digits = n & 0x7f;
		if (digits == 0 || digits > 3 || digits > (size_t)(end - p))
			return false;
		for (n = 0; digits > 0; digits--)
			n = n << 8 | *p++;
	}
	if (n > (size_t)(end - p))
		return false;
	*tag = t;
	*value = p;
	*value_size = n;
	*bytes = p + n;
	*size = (size_t)(end - (p + n));
	return true;
}

bool sim_der_find(
	const uint8_t *bytes, size_t size, unsigned tag, const uint8_t **value, size_t *value_size)
{
	unsigned t = 0;
	while (sim_der_next(&bytes, &size, &t, value, value_size)) {
		if (t == tag)
			return true;
	}
	return false;
}
