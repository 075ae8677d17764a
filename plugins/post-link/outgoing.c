/* SPDX-License-Identifier: Apache-2.0
 * The queue to the post: see outgoing.h. Must never let one kind of message take the room of another.
 */
#include "outgoing.h"

#include <stdlib.h>
#include <string.h>

enum { PAUSE_FIRST_MS = 250, PAUSE_LONGEST_MS = 10000, PAUSE_LEAST_MS = 50 };

static void drop(struct outgoing_frame *f)
{
	if (f->bytes != NULL)
		explicit_bzero(f->bytes, f->size);
	free(f->bytes);
	*f = (struct outgoing_frame){ NULL, 0 };
}

/* Protocol Buffers, "Encoding": the field's key, the length, the bytes. */
static int frame(struct outgoing_frame *out, unsigned field, const uint8_t *body, size_t size)
{
	size_t n = 0, rest = size;
	if (size > POST_FRAME_MAX - OUTGOING_HEAD)
		return PN_ELIMIT;
	out->bytes = malloc(OUTGOING_HEAD + size);
	if (out->bytes == NULL)
		return PN_ENOMEM;
	out->bytes[n++] = (uint8_t)(field << 3 | 2);
	for (; rest >= 0x80; rest >>= 7)
		out->bytes[n++] = (uint8_t)(rest | 0x80);
	out->bytes[n++] = (uint8_t)rest;
	if (size > 0)
		memcpy(out->bytes + n, body, size);
	out->size = n + size;
	return PN_OK;
}

static void put_record(struct outgoing *o, const struct outgoing_frame *f)
{
	if (o->records_count == OUTGOING_RECORDS) {
		drop(&o->records[o->first_record]);
		o->first_record = (o->first_record + 1) % OUTGOING_RECORDS;
		o->records_count--;
		o->dropped++;
	}
	o->records[(o->first_record + o->records_count++) % OUTGOING_RECORDS] = *f;
}

int outgoing_put(struct outgoing *o, unsigned field, const uint8_t *body, size_t size)
{
	struct outgoing_frame f;
	int r;
	if (field != POSTERN__POST_FRAME__BODY_VIEW && field != POSTERN__POST_FRAME__BODY_RECORD &&
		field != POSTERN__POST_FRAME__BODY_REPLY)
		return PN_EINVAL;
	if (field == POSTERN__POST_FRAME__BODY_REPLY && o->replies_count == OUTGOING_REPLIES)
		return PN_ELIMIT;
	r = frame(&f, field, body, size);
	if (r != PN_OK)
		return r;
	if (field == POSTERN__POST_FRAME__BODY_REPLY) {
		o->replies[(o->first_reply + o->replies_count++) % OUTGOING_REPLIES] = f;
	} else if (field == POSTERN__POST_FRAME__BODY_RECORD) {
		put_record(o, &f);
	} else {
		drop(&o->view);
		o->view = f;
	}
	return PN_OK;
}

static int put_part(struct outgoing *o, uint64_t request, const Postern__Portrait *p, size_t offset, const uint8_t *bytes, size_t size)
{
	Postern__PortraitPart part = POSTERN__PORTRAIT_PART__INIT;
	uint8_t body[POST_FRAME_MAX];
	struct outgoing_frame f;
	size_t n;
	int r;
	part.request = request;
	part.portrait = (Postern__Portrait *)(uintptr_t)p;
	part.offset = (uint32_t)offset;
	part.bytes = (ProtobufCBinaryData){ size, (uint8_t *)(uintptr_t)bytes };
	n = postern__portrait_part__get_packed_size(&part);
	if (n > sizeof body)
		return PN_ELIMIT;
	postern__portrait_part__pack(&part, body);
	r = frame(&f, POSTERN__POST_FRAME__BODY_PORTRAIT, body, n);
	explicit_bzero(body, n);
	if (r == PN_OK)
		o->replies[(o->first_reply + o->replies_count++) % OUTGOING_REPLIES] = f;
	return r;
}

int outgoing_put_portrait(struct outgoing *o, uint64_t request, const Postern__Portrait *p, const uint8_t *bytes, size_t size)
{
	size_t parts = (size + POST_PART_MAX - 1) / POST_PART_MAX;
	int r = PN_OK;
	if (size == 0 || parts > OUTGOING_REPLIES - o->replies_count)
		return PN_ELIMIT;
	for (size_t at = 0; r == PN_OK && at < size; at += POST_PART_MAX)
		r = put_part(o, request, p, at, bytes + at, size - at < POST_PART_MAX ? size - at : POST_PART_MAX);
	return r;
}

static bool take(struct outgoing_frame *from, struct outgoing_frame *frame)
{
	*frame = *from;
	*from = (struct outgoing_frame){ NULL, 0 };
	return true;
}

bool outgoing_take(struct outgoing *o, struct outgoing_frame *frame)
{
	size_t at;
	if (o->replies_count > 0) {
		at = o->first_reply;
		o->first_reply = (at + 1) % OUTGOING_REPLIES;
		o->replies_count--;
		return take(&o->replies[at], frame);
	}
	if (o->view.bytes != NULL)
		return take(&o->view, frame);
	if (o->records_count == 0)
		return false;
	at = o->first_record;
	o->first_record = (at + 1) % OUTGOING_RECORDS;
	o->records_count--;
	return take(&o->records[at], frame);
}

bool outgoing_waits(const struct outgoing *o)
{
	return o->replies_count > 0 || o->view.bytes != NULL || o->records_count > 0;
}

void outgoing_clear(struct outgoing *o)
{
	struct outgoing_frame f;
	while (outgoing_take(o, &f))
		drop(&f);
}

uint32_t outgoing_pause_ms(unsigned failed, uint32_t chance)
{
	uint32_t longest = PAUSE_FIRST_MS;
	for (unsigned i = 0; i < failed && longest < PAUSE_LONGEST_MS; i++)
		longest *= 2;
	if (longest > PAUSE_LONGEST_MS)
		longest = PAUSE_LONGEST_MS;
	return PAUSE_LEAST_MS + chance % (longest - PAUSE_LEAST_MS + 1);
}
