/* SPDX-License-Identifier: Apache-2.0
 * The wire check. One value has one form: padded varints, repeated singular fields and unknown
 * fields are refused, so that what was hashed and what was decoded cannot differ. Must never decode
 * into structs.
 */
#include "bus/wire.h"

#include "bus/bus.h"

static int varint(struct wire *w, uint64_t *value)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (w->at == w->end)
			return PN_EFORMAT;
		uint8_t b = *w->at++;
		if (shift == 63 && b > 1)
			return PN_EFORMAT;
		v |= (uint64_t)(b & 0x7f) << shift;
		if ((b & 0x80) == 0) {
			if (b == 0 && shift > 0)
				return PN_EFORMAT; /* padded */
			*value = v;
			return PN_OK;
		}
	}
	return PN_EFORMAT;
}

static int fixed(struct wire *w, size_t size, uint64_t *value)
{
	if ((size_t)(w->end - w->at) < size)
		return PN_EFORMAT;
	uint64_t v = 0;
	for (size_t i = 0; i < size; i++)
		v |= (uint64_t)w->at[i] << (8 * i);
	w->at += size;
	*value = v;
	return PN_OK;
}

int wire_next(struct wire *w, struct wire_item *item)
{
	uint64_t key, size;
	*item = (struct wire_item){0};
	if (w->at == w->end)
		return PN_EAGAIN;
	if (varint(w, &key) != PN_OK || key > UINT32_MAX || key >> 3 == 0)
		return PN_EFORMAT;
	item->tag = (uint32_t)(key >> 3);
	switch (key & 7) {
	case WIRE_VARINT:
		item->type = WIRE_VARINT;
		return varint(w, &item->number);
	case WIRE_64:
		item->type = WIRE_64;
		return fixed(w, 8, &item->number);
	case WIRE_32:
		item->type = WIRE_32;
		return fixed(w, 4, &item->number);
	case WIRE_BYTES:
		item->type = WIRE_BYTES;
		if (varint(w, &size) != PN_OK || size > (uint64_t)(w->end - w->at))
			return PN_EFORMAT;
		item->bytes = w->at;
		item->size = (size_t)size;
		w->at += size;
		return PN_OK;
	default: /* groups, and the two numbers that mean nothing */
		return PN_EFORMAT;
	}
}

bool wire_text(const uint8_t *s, size_t size)
{
	size_t i = 0;
	while (i < size) {
		uint8_t b = s[i];
		size_t more;
		uint8_t low = 0x80, high = 0xbf; /* bounds of the second byte */
		if (b == 0)
			return false;
		if (b < 0x80) {
			i++;
			continue;
		}
		if (b >= 0xc2 && b <= 0xdf)
			more = 1;
		else if (b >= 0xe0 && b <= 0xef)
			more = 2;
		else if (b >= 0xf0 && b <= 0xf4)
			more = 3;
		else
			return false;
		if (b == 0xe0)
			low = 0xa0; /* overlong */
		else if (b == 0xed)
			high = 0x9f; /* surrogates */
		else if (b == 0xf0)
			low = 0x90; /* overlong */
		else if (b == 0xf4)
			high = 0x8f; /* beyond U+10FFFF */
		if (size - i <= more || s[i + 1] < low || s[i + 1] > high)
			return false;
		for (size_t k = 2; k <= more; k++)
			if (s[i + k] < 0x80 || s[i + k] > 0xbf)
				return false;
		i += more + 1;
	}
	return true;
}

/* The wire type that a field's type has when it is not packed. */
static enum wire_type type_on_wire(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		return WIRE_VARINT;
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
		return WIRE_32;
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return WIRE_64;
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return WIRE_BYTES;
	}
	return WIRE_BYTES;
}

/* A number that decoding would cut or wrap is refused. */
static bool number_fits(const ProtobufCFieldDescriptor *f, uint64_t number)
{
	int64_t negative = (int64_t)number;
	if (f->type == PROTOBUF_C_TYPE_BOOL)
		return number <= 1;
	if (f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_SINT32)
		return number <= UINT32_MAX;
	if (f->type == PROTOBUF_C_TYPE_INT32)
		return negative >= INT32_MIN && negative <= INT32_MAX;
	if (f->type == PROTOBUF_C_TYPE_ENUM) {
		if (negative < INT32_MIN || negative > INT32_MAX)
			return false;
		return protobuf_c_enum_descriptor_get_value(f->descriptor, (int)negative) != NULL;
	}
	return true;
}

/* A packed repeated field: the elements one after the other. *count grows by their number. */
static int check_packed(
	const ProtobufCFieldDescriptor *f, const struct wire_item *item, size_t *count)
{
	struct wire w = {item->bytes, item->bytes + item->size};
	enum wire_type type = type_on_wire(f->type);
	while (w.at != w.end) {
		uint64_t number;
		int r;
		if (type == WIRE_VARINT)
			r = varint(&w, &number);
		else
			r = fixed(&w, type == WIRE_64 ? 8 : 4, &number);
		if (r != PN_OK || !number_fits(f, number) || ++*count > BUS_REPEAT_MAX)
			return PN_EFORMAT;
	}
	return PN_OK;
}

static int check_item(
	const ProtobufCFieldDescriptor *f, const struct wire_item *item, unsigned depth)
{
	if (type_on_wire(f->type) != item->type)
		return PN_EFORMAT;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return wire_check(f->descriptor, item->bytes, item->size, depth - 1);
	if (f->type == PROTOBUF_C_TYPE_STRING)
		return wire_text(item->bytes, item->size) ? PN_OK : PN_EFORMAT;
	if (item->type == WIRE_VARINT && !number_fits(f, item->number))
		return PN_EFORMAT;
	return PN_OK;
}

/* Has another member of f's oneof been seen? seen: how often each field of d came. */
static bool oneof_taken(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f,
	const uint16_t *seen)
{
	for (unsigned i = 0; i < d->n_fields; i++)
		if (seen[i] != 0 && (d->fields[i].flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
			d->fields[i].quantifier_offset == f->quantifier_offset)
			return true;
	return false;
}

int wire_check(
	const ProtobufCMessageDescriptor *d, const uint8_t *bytes, size_t size, unsigned depth)
{
	uint16_t seen[64] = {0};
	struct wire w = {bytes, bytes + size};
	struct wire_item item;
	int r;
	if (depth == 0 || d->n_fields > PN_COUNT(seen))
		return PN_EFORMAT;
	while ((r = wire_next(&w, &item)) == PN_OK) {
		const ProtobufCFieldDescriptor *f =
			protobuf_c_message_descriptor_get_field(d, item.tag);
		if (f == NULL)
			return PN_EFORMAT;
		uint16_t *times = &seen[f - d->fields];
		if (f->label != PROTOBUF_C_LABEL_REPEATED) {
			bool one = (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
			if (*times != 0 || (one && oneof_taken(d, f, seen)))
				return PN_EFORMAT;
			*times = 1;
			r = check_item(f, &item, depth);
		} else if (item.type == WIRE_BYTES && type_on_wire(f->type) != WIRE_BYTES) {
			size_t count = *times;
			r = check_packed(f, &item, &count);
			*times = (uint16_t)count;
		} else {
			if (*times >= BUS_REPEAT_MAX)
				return PN_EFORMAT;
			++*times;
			r = check_item(f, &item, depth);
		}
		if (r != PN_OK)
			return r;
	}
	return r == PN_EAGAIN ? PN_OK : r;
}

size_t wire_varint_size(uint64_t value)
{
	size_t n = 1;
	while (value >= 0x80) {
		value >>= 7;
		n++;
	}
	return n;
}

size_t wire_put_varint(uint8_t *out, uint64_t value)
{
	size_t n = 0;
	while (value >= 0x80) {
		out[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	out[n++] = (uint8_t)value;
	return n;
}
