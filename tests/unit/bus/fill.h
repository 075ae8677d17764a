/* SPDX-License-Identifier: Apache-2.0
 * Makes an example of every message by walking its descriptor. Shared by the bus tests and the seed
 * generator. Must never know a message or a field by name, Envelope's own head excepted.
 */
#ifndef POSTERN_TESTS_FILL_H
#define POSTERN_TESTS_FILL_H
#include <string.h>
#include <unistd.h>

#include "bus/bus.h"

#define FILL_CROSSING "01J9ZZZZZZZZZZZZZZZZZZZZZZ"

/* repeat: elements of repeated fields; 0 leaves every field at its default. NULL: the arena is
 * full. */
static inline ProtobufCMessage *fill_message(
	struct arena *a, const ProtobufCMessageDescriptor *d, unsigned repeat);

static inline int fill_value(
	struct arena *a, const ProtobufCFieldDescriptor *f, void *at, unsigned repeat)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_BOOL:
		*(protobuf_c_boolean *)at = 1;
		return 0;
	case PROTOBUF_C_TYPE_ENUM: {
		const ProtobufCEnumDescriptor *e = f->descriptor;
		*(int *)at = e->values[e->n_values - 1].value;
		return 0;
	}
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		*(int32_t *)at = -1;
		return 0;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		*(uint32_t *)at = UINT32_MAX;
		return 0;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		*(int64_t *)at = INT64_MIN;
		return 0;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		*(uint64_t *)at = UINT64_MAX;
		return 0;
	case PROTOBUF_C_TYPE_FLOAT:
		*(float *)at = 0.5f;
		return 0;
	case PROTOBUF_C_TYPE_DOUBLE:
		*(double *)at = 0.5;
		return 0;
	case PROTOBUF_C_TYPE_STRING:
		*(char **)at = arena_strdup(a, "text \xc3\xa9\xe2\x82\xac");
		return *(char **)at == NULL;
	case PROTOBUF_C_TYPE_BYTES: {
		ProtobufCBinaryData *b = at;
		b->len = 3;
		b->data = arena_alloc(a, 3);
		if (b->data != NULL)
			memcpy(b->data, "\x00\xff\x80", 3);
		return b->data == NULL;
	}
	case PROTOBUF_C_TYPE_MESSAGE:
		*(ProtobufCMessage **)at = fill_message(a, f->descriptor, repeat);
		return *(ProtobufCMessage **)at == NULL;
	}
	return 1;
}

static inline size_t fill_size(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_BOOL:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	}
	return 8;
}

static inline ProtobufCMessage *fill_message(
	struct arena *a, const ProtobufCMessageDescriptor *d, unsigned repeat)
{
	char *m = arena_alloc(a, d->sizeof_message);
	if (m == NULL)
		return NULL;
	protobuf_c_message_init(d, m);
	for (unsigned i = 0; repeat > 0 && i < d->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &d->fields[i];
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			char *list = arena_alloc(a, fill_size(f) * repeat);
			if (list == NULL)
				return NULL;
			for (unsigned k = 0; k < repeat; k++)
				if (fill_value(a, f, list + k * fill_size(f), repeat) != 0)
					return NULL;
			*(void **)(void *)(m + f->offset) = list;
			*(size_t *)(void *)(m + f->quantifier_offset) = repeat;
		} else if (fill_value(a, f, m + f->offset, repeat) != 0) {
			return NULL;
		}
	}
	return (ProtobufCMessage *)(void *)m;
}

static inline Postern__Envelope *fill_envelope(
	struct arena *a, const struct schema_body *b, unsigned repeat)
{
	const ProtobufCFieldDescriptor *f =
		protobuf_c_message_descriptor_get_field(&postern__envelope__descriptor, b->body);
	Postern__Envelope *e = arena_alloc(a, sizeof *e);
	if (e == NULL)
		return NULL;
	postern__envelope__init(e);
	e->id = b->verb == SCHEMA_REPORT ? 0 : 7;
	e->body_case = (Postern__Envelope__BodyCase)b->body;
	ProtobufCMessage *body = fill_message(a, f->descriptor, repeat);
	memcpy((char *)e + f->offset, &body, sizeof body);
	if (repeat > 0)
		e->crossing_id = arena_strdup(a, FILL_CROSSING);
	if (repeat > 1) {
		e->blob_size = 70000;
		e->blob_sha256.len = BUS_HASH_SIZE;
		e->blob_sha256.data = arena_alloc(a, BUS_HASH_SIZE);
	}
	return body == NULL || e->crossing_id == NULL ? NULL : e;
}
#endif
