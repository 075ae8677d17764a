/* SPDX-License-Identifier: Apache-2.0
 * JSON by descriptor. Must never recurse deeper than the schema's own nesting, which is finite: no
 * message of the schema contains itself.
 */
#include "journal/json.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at s (RFC 3629 section 4), 0 when it is none. */
static unsigned utf8_length(const unsigned char *s)
{
	unsigned n = s[0] < 0x80                   ? 1
		     : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
		     : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
						   : 0;
	if (s[0] >= 0xf0 && s[0] < 0xf5)
		n = 4;
	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void json_add_string(struct text *t, const char *s)
{
	const unsigned char *at = (const unsigned char *)s;
	text_add(t, "\"");
	while (*at != '\0') {
		unsigned n = utf8_length(at);
		if (n == 0)
			text_add(t, "\\ufffd");
		else if (*at == '"' || *at == '\\')
			text_add(t, "\\%c", *at);
		else if (*at < 0x20)
			text_add(t, "\\u%04x", *at);
		else
			text_add(t, "%.*s", (int)n, (const char *)at);
		at += n > 0 ? n : 1;
	}
	text_add(t, "\"");
}

static void add_bytes(struct text *t, const ProtobufCBinaryData *b)
{
	text_add(t, "\"");
	for (size_t i = 0; i < b->len; i++)
		text_add(t, "%02x", b->data[i]);
	text_add(t, "\"");
}

static void add_enum(struct text *t, const ProtobufCFieldDescriptor *f, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, value);
	if (v != NULL)
		text_add(t, "\"%s\"", v->name);
	else
		text_add(t, "%d", value);
}

static void add_message(struct text *t, const ProtobufCMessage *m)
{
	struct text inner;
	size_t from = t->len;
	text_add(t, "{");
	inner = *t;
	json_add_fields(&inner, m);
	*t = inner;
	/* The pairs are each led by a comma; the first one has nothing before it. */
	if (!t->truncated && t->len > from + 1) {
		memmove(t->at + from + 1, t->at + from + 2, t->len - from - 2 + 1);
		t->len--;
	}
	text_add(t, "}");
}

static void add_value(struct text *t, const ProtobufCFieldDescriptor *f, const void *value)
{
	/* Exhaustive over protobuf-c's types: a new one must be decided here. */
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		text_add(t, "%" PRId32, *(const int32_t *)value);
		return;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		text_add(t, "%" PRId64, *(const int64_t *)value);
		return;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		text_add(t, "%" PRIu32, *(const uint32_t *)value);
		return;
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		text_add(t, "%" PRIu64, *(const uint64_t *)value);
		return;
	case PROTOBUF_C_TYPE_FLOAT:
		text_add(t, "%.9g", (double)*(const float *)value);
		return;
	case PROTOBUF_C_TYPE_DOUBLE:
		text_add(t, "%.17g", *(const double *)value);
		return;
	case PROTOBUF_C_TYPE_BOOL:
		text_add(t, *(const protobuf_c_boolean *)value ? "true" : "false");
		return;
	case PROTOBUF_C_TYPE_ENUM:
		add_enum(t, f, *(const int *)value);
		return;
	case PROTOBUF_C_TYPE_STRING:
		json_add_string(t, *(char *const *)value);
		return;
	case PROTOBUF_C_TYPE_BYTES:
		add_bytes(t, value);
		return;
	case PROTOBUF_C_TYPE_MESSAGE:
		add_message(t, *(ProtobufCMessage *const *)value);
		return;
	}
}

static size_t value_size(ProtobufCType type)
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

/* proto3: a scalar at zero, an empty string and an absent message say nothing. */
static bool at_default(const ProtobufCFieldDescriptor *f, const void *value)
{
	static const uint8_t zeros[16];
	if (f->type == PROTOBUF_C_TYPE_STRING) {
		const char *s = *(char *const *)value;
		return s == NULL || *s == '\0';
	}
	if (f->type == PROTOBUF_C_TYPE_BYTES)
		return ((const ProtobufCBinaryData *)value)->len == 0;
	return memcmp(value, zeros, value_size(f->type)) == 0;
}

static void add_field(struct text *t, const ProtobufCMessage *m, const ProtobufCFieldDescriptor *f)
{
	const char *base = (const char *)m;
	const void *value = base + f->offset;
	if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
		const uint32_t which =
			*(const uint32_t *)(const void *)(base + f->quantifier_offset);
		if (which != f->id)
			return;
	} else if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		size_t n = *(const size_t *)(const void *)(base + f->quantifier_offset);
		const char *values = *(char *const *)value;
		if (n == 0)
			return;
		text_add(t, ",\"%s\":[", f->name);
		for (size_t i = 0; i < n; i++) {
			text_add(t, i > 0 ? "," : "");
			add_value(t, f, values + i * value_size(f->type));
		}
		text_add(t, "]");
		return;
	} else if (at_default(f, value)) {
		return;
	}
	text_add(t, ",\"%s\":", f->name);
	add_value(t, f, value);
}

void json_add_fields(struct text *t, const ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *d = message->descriptor;
	for (unsigned i = 0; i < d->n_fields; i++)
		add_field(t, message, &d->fields[i]);
}
