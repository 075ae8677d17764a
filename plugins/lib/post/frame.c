/* SPDX-License-Identifier: Apache-2.0
 * Reading frames: see frame.h. The walk follows the schema's descriptors, which hold no message within itself, so its depth is
 * bounded. Must never name a field.
 */
#include "post/frame.h"

#include <stdbool.h>
#include <string.h>

#include "post/gates.h"

/* Bytes that follow a leading byte of UTF-8 (RFC 3629), or -1. */
static int following(uint8_t b)
{
	if (b < 0x80)
		return 0;
	if (b >= 0xc2 && b <= 0xdf)
		return 1;
	if (b >= 0xe0 && b <= 0xef)
		return 2;
	return b >= 0xf0 && b <= 0xf4 ? 3 : -1;
}

/* Neither longer than needed, nor a surrogate, nor beyond U+10FFFF: the second byte tells. */
static bool second_is_good(uint8_t first, uint8_t second)
{
	uint8_t low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	uint8_t high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	return second >= low && second <= high;
}

static bool text_is_good(const char *s)
{
	const uint8_t *at = (const uint8_t *)s;
	while (*at != 0) {
		int more = following(*at);
		if (more < 0 || *at < 0x20 || *at == 0x7f)
			return false;
		if (more > 0 && !second_is_good(at[0], at[1]))
			return false;
		for (int i = 2; i <= more; i++)
			if ((at[i] & 0xc0) != 0x80)
				return false;
		at += more + 1;
	}
	return true;
}

static bool message_is_good(const ProtobufCMessage *m);

static bool value_is_good(const ProtobufCFieldDescriptor *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_STRING)
		return text_is_good(*(char *const *)at);
	if (f->type == PROTOBUF_C_TYPE_ENUM)
		return protobuf_c_enum_descriptor_get_value(f->descriptor, *(const int *)at) != NULL;
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		const ProtobufCMessage *sub = *(ProtobufCMessage *const *)at;
		return sub == NULL || message_is_good(sub);
	}
	return true;
}

static size_t value_size(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		return sizeof(char *);
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(ProtobufCMessage *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	case PROTOBUF_C_TYPE_ENUM:
		return sizeof(int);
	default: /* numbers: nothing of them is looked at or wiped one by one */
		return 0;
	}
}

/* Calls each for every value of texts, bytes, enumerations and messages that is there; false as soon as one does. */
static bool walk(const ProtobufCMessage *m, bool (*each)(const ProtobufCFieldDescriptor *f, const void *at))
{
	const uint8_t *base = (const uint8_t *)m;
	for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
		size_t size = value_size(f), count = 1;
		const uint8_t *at = base + f->offset;
		if (size == 0)
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			count = *(const size_t *)(const void *)(base + f->quantifier_offset);
			at = *(uint8_t *const *)(const void *)at;
		} else if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
			   *(const uint32_t *)(const void *)(base + f->quantifier_offset) != f->id) {
			continue;
		}
		for (size_t k = 0; k < count; k++)
			if (!each(f, at + k * size))
				return false;
	}
	return true;
}

static bool message_is_good(const ProtobufCMessage *m)
{
	return m->n_unknown_fields == 0 && walk(m, value_is_good);
}

static bool wipe_value(const ProtobufCFieldDescriptor *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_STRING) {
		char *s = *(char *const *)at;
		if (s != NULL && s != protobuf_c_empty_string)
			explicit_bzero(s, strlen(s));
	} else if (f->type == PROTOBUF_C_TYPE_BYTES) {
		const ProtobufCBinaryData *b = at;
		if (b->data != NULL)
			explicit_bzero(b->data, b->len);
	} else if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		ProtobufCMessage *sub = *(ProtobufCMessage *const *)at;
		if (sub != NULL)
			post_message_wipe(sub);
	}
	return true;
}

void post_message_wipe(ProtobufCMessage *message)
{
	walk(message, wipe_value);
}

Postern__PostFrame *post_frame_read(const uint8_t *bytes, size_t size)
{
	Postern__PostFrame *f;
	if (size == 0 || size > POST_FRAME_MAX)
		return NULL;
	f = postern__post_frame__unpack(NULL, size, bytes);
	if (f != NULL && (f->body_case == POSTERN__POST_FRAME__BODY__NOT_SET || !message_is_good(&f->base))) {
		post_frame_free(f);
		return NULL;
	}
	return f;
}

void post_frame_free(Postern__PostFrame *frame)
{
	if (frame == NULL)
		return;
	post_message_wipe(&frame->base);
	postern__post_frame__free_unpacked(frame, NULL);
}
