/* SPDX-License-Identifier: Apache-2.0
 * What waits to go to the control post, as whole frames of core/schema/post.proto: replies in their order, then the newest view, then
 * records. Bounded: an older view gives way to a newer, the oldest record to the newest; a reply for which there is no room is
 * PN_ELIMIT, and the line is to be ended, since the post must not wait for what never comes. Pure.
 * Must never decode what it frames, nor keep it longer than the connection.
 */
#ifndef POSTERN_POST_LINK_OUTGOING_H
#define POSTERN_POST_LINK_OUTGOING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "post/gates.h"

enum { OUTGOING_REPLIES = 64, OUTGOING_RECORDS = 64, OUTGOING_HEAD = 4 };

struct outgoing_frame {
	uint8_t *bytes; /* NULL: none */
	size_t size;
};

/* Zeroed: empty. */
struct outgoing {
	struct outgoing_frame replies[OUTGOING_REPLIES], records[OUTGOING_RECORDS], view;
	size_t first_reply, replies_count, first_record, records_count;
	uint64_t dropped; /* records */
};

/* body: an encoded message of the PostFrame field with that number. PN_EINVAL: none of view, record, reply; PN_ELIMIT: too large for a
 * frame, or no room for a reply; PN_ENOMEM. */
int outgoing_put(struct outgoing *o, unsigned field, const uint8_t *body, size_t size) PN_MUST_CHECK;
/* A portrait behind the reply that has announced it, in parts of POST_PART_MAX bytes at most; p says what it is. PN_ELIMIT: not all of
 * them have room, and none is put. */
int outgoing_put_portrait(struct outgoing *o, uint64_t request, const Postern__Portrait *p, const uint8_t *bytes,
	size_t size) PN_MUST_CHECK;
/* The next frame, which is the caller's to wipe and free(); false: nothing waits. */
bool outgoing_take(struct outgoing *o, struct outgoing_frame *frame);
bool outgoing_waits(const struct outgoing *o);
/* Wipes and forgets everything. */
void outgoing_clear(struct outgoing *o);

/* Milliseconds to wait before the next attempt: a random part (chance) of 250 ms, doubled with each attempt that failed, at most 10 s;
 * never less than 50 ms. */
uint32_t outgoing_pause_ms(unsigned failed, uint32_t chance);
#endif
