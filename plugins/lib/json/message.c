/* SPDX-License-Identifier: Apache-2.0
 * A schema message as JSON by its protobuf-c descriptor. See json/json.h. Must never name a field of
 * the schema.
 */
#include <string.h>

#include "json/json.h"

static size_t size_of(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_ENUM:
		return 4;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	}
	return 0;
}

static void enumerated(
	struct json *j, const char *name, const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);

	if (v != NULL)
		json_string(j, name, v->name);
	else
		json_number(j, name, value); /* of a newer release */
}

static void real(struct json *j, const char *name, double value)
{
	char text[32];

	/* no field of the schema is one today; JSON has no infinity */
	snprintf(text, sizeof text, "%.17g", value);
	json_string(j, name, text);
}

static void value(
	struct json *j, const char *name, const ProtobufCFieldDescriptor *f, const void *at)
{
	union {
		int32_t i32;
		uint32_t u32;
		int64_t i64;
		uint64_t u64;
		float f32;
		double f64;
		protobuf_c_boolean boolean;
		const char *string;
		const ProtobufCMessage *message;
		ProtobufCBinaryData bytes;
	} v;

	memset(&v, 0, sizeof v);
	memcpy(&v, at, size_of(f->type));
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		json_number(j, name, v.i32);
		break;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		json_unsigned(j, name, v.u32);
		break;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		json_number(j, name, v.i64);
		break;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		json_unsigned(j, name, v.u64);
		break;
	case PROTOBUF_C_TYPE_FLOAT:
		real(j, name, (double)v.f32);
		break;
	case PROTOBUF_C_TYPE_DOUBLE:
		real(j, name, v.f64);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		json_bool(j, name, v.boolean != 0);
		break;
	case PROTOBUF_C_TYPE_ENUM:
		enumerated(j, name, f->descriptor, v.i32);
		break;
	case PROTOBUF_C_TYPE_STRING:
		json_string(j, name, v.string != NULL ? v.string : "");
		break;
	case PROTOBUF_C_TYPE_BYTES:
		json_hex(j, name, v.bytes.data, v.bytes.len);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		if (v.message == NULL)
			json_null(j, name);
		else
			json_message(j, name, v.message);
		break;
	}
}

static void field(struct json *j, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *base = (const char *)m;
	const char *at = base + f->offset;
	size_t count;
	uint32_t which;
	const char *items;

	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		memcpy(&count, base + f->quantifier_offset, sizeof count);
		memcpy(&items, at, sizeof items);
		json_array(j, f->name);
		for (size_t i = 0; i < count; i++)
			value(j, NULL, f, items + i * size_of(f->type));
		json_end_array(j);
		return;
	}
	if (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
		memcpy(&which, base + f->quantifier_offset, sizeof which);
		if (which != f->id)
			return;
	}
	value(j, f->name, f, at);
}

void json_fields(struct json *j, const ProtobufCMessage *message)
{
	for (unsigned i = 0; i < message->descriptor->n_fields; i++)
		field(j, message, &message->descriptor->fields[i]);
}

void json_message(struct json *j, const char *name, const ProtobufCMessage *message)
{
	json_object(j, name);
	json_fields(j, message);
	json_end_object(j);
}
