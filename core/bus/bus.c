/* SPDX-License-Identifier: Apache-2.0
 * Decoding and encoding of envelopes. Must never touch a socket (socket.c) or read a memfd
 * (blob.c).
 */
#include "bus/bus.h"

#include <string.h>
#include <unistd.h>

#include "bus/blob.h"
#include "bus/wire.h"

struct bounded {
	struct arena *arena;
	bool full;
};

static void *bounded_alloc(void *data, size_t size)
{
	struct bounded *b = data;
	void *p = arena_alloc(b->arena, size);
	if (p == NULL)
		b->full = true;
	return p;
}

static void bounded_free(void *data, void *pointer)
{
	/* The arena gives everything back at once. */
	(void)data;
	(void)pointer;
}

/* ULID: Crockford base 32 without I, L, O, U; the first digit holds three bits. */
static bool is_crossing_id(const char *s)
{
	size_t n = strlen(s);
	if (n == 0)
		return true;
	if (n != BUS_CROSSING_ID_LENGTH || s[0] > '7')
		return false;
	return strspn(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == n;
}

/* The body as it lies in bytes, which have passed the wire check. */
static void find_body(const uint8_t *bytes, size_t size, struct bus_message *out)
{
	struct wire w = {bytes, bytes + size};
	struct wire_item item;
	while (wire_next(&w, &item) == PN_OK) {
		const struct schema_body *info = schema_body_find(item.tag);
		if (info != NULL) {
			out->info = info;
			out->body_bytes = item.bytes;
			out->body_size = item.size;
			return;
		}
	}
}

int bus_decode(const uint8_t *bytes, size_t size, struct arena *arena, struct bus_message *out)
{
	struct bounded bounded = {arena, false};
	ProtobufCAllocator allocator = {bounded_alloc, bounded_free, &bounded};
	*out = (struct bus_message){.blob_fd = -1};
	if (size > BUS_MESSAGE_MAX)
		return PN_ELIMIT;
	int r = wire_check(&postern__envelope__descriptor, bytes, size, BUS_DEPTH_MAX);
	if (r != PN_OK)
		return r;
	find_body(bytes, size, out);
	if (out->info == NULL)
		return PN_EFORMAT;
	out->envelope = postern__envelope__unpack(&allocator, size, bytes);
	if (out->envelope == NULL)
		return bounded.full ? PN_ENOMEM : PN_EFORMAT;
	const Postern__Envelope *e = out->envelope;
	if ((uint32_t)e->body_case != out->info->body || !is_crossing_id(e->crossing_id))
		return PN_EFORMAT;
	/* A question and its answer carry the question's id; a report has none. */
	if ((e->id == 0) != (out->info->verb == SCHEMA_REPORT))
		return PN_EFORMAT;
	out->has_blob = e->blob_sha256.len != 0;
	if (out->has_blob && (e->blob_sha256.len != BUS_HASH_SIZE || e->blob_size == 0))
		return PN_EFORMAT;
	if (!out->has_blob && e->blob_size != 0)
		return PN_EFORMAT;
	return PN_OK;
}

int bus_take_blob(struct bus_message *m, int fd)
{
	int r = PN_OK;
	if (m->has_blob != (fd >= 0))
		r = PN_EFORMAT;
	else if (fd >= 0)
		r = blob_check_seals(fd, m->envelope->blob_size);
	if (r != PN_OK) {
		if (fd >= 0)
			close(fd);
		return PN_EFORMAT;
	}
	m->blob_fd = fd;
	return PN_OK;
}

int bus_check_body(uint32_t body, const uint8_t *bytes, size_t size)
{
	if (schema_body_find(body) == NULL)
		return PN_ENOTFOUND;
	if (size > BUS_BODY_MAX)
		return PN_ELIMIT;
	const ProtobufCFieldDescriptor *f =
		protobuf_c_message_descriptor_get_field(&postern__envelope__descriptor, body);
	return wire_check(f->descriptor, bytes, size, BUS_DEPTH_MAX - 1);
}

int bus_encode(const Postern__Envelope *e, uint8_t *out, size_t size, size_t *len)
{
	size_t need = postern__envelope__get_packed_size(e);
	*len = 0;
	if (need > BUS_MESSAGE_MAX || need > size)
		return PN_ELIMIT;
	*len = postern__envelope__pack(e, out);
	return PN_OK;
}

static uint8_t *put_key(uint8_t *at, uint32_t tag, enum wire_type type)
{
	return at + wire_put_varint(at, (uint64_t)tag << 3 | type);
}

static uint8_t *put_bytes(uint8_t *at, uint32_t tag, const void *bytes, size_t size)
{
	at = put_key(at, tag, WIRE_BYTES);
	at += wire_put_varint(at, size);
	if (size > 0)
		memcpy(at, bytes, size);
	return at + size;
}

/* Field numbers of Envelope, from the descriptor so that the schema stays their only home. */
static uint32_t tag_of(const char *name)
{
	return protobuf_c_message_descriptor_get_field_by_name(&postern__envelope__descriptor, name)
		->id;
}

int bus_encode_raw(uint64_t id, const char *crossing_id, const struct bus_blob *blob, uint32_t body,
	const uint8_t *bytes, size_t bytes_size, uint8_t *out, size_t size, size_t *len)
{
	uint8_t head[BUS_ENVELOPE_MAX];
	uint8_t *at = head;
	*len = 0;
	if (schema_body_find(body) == NULL || (crossing_id != NULL && !is_crossing_id(crossing_id)))
		return PN_EINVAL;
	if (bytes_size > BUS_BODY_MAX)
		return PN_ELIMIT;
	if (id != 0) {
		at = put_key(at, tag_of("id"), WIRE_VARINT);
		at += wire_put_varint(at, id);
	}
	if (crossing_id != NULL && crossing_id[0] != '\0')
		at = put_bytes(at, tag_of("crossing_id"), crossing_id, strlen(crossing_id));
	if (blob != NULL) {
		at = put_bytes(at, tag_of("blob_sha256"), blob->sha256, sizeof blob->sha256);
		at = put_key(at, tag_of("blob_size"), WIRE_VARINT);
		at += wire_put_varint(at, blob->size);
	}
	at = put_key(at, body, WIRE_BYTES);
	at += wire_put_varint(at, bytes_size);
	size_t head_size = (size_t)(at - head);
	if (head_size + bytes_size > BUS_MESSAGE_MAX || head_size + bytes_size > size)
		return PN_ELIMIT;
	memcpy(out, head, head_size);
	if (bytes_size > 0)
		memcpy(out + head_size, bytes, bytes_size);
	*len = head_size + bytes_size;
	return PN_OK;
}
