/* SPDX-License-Identifier: Apache-2.0
 * Inside of the post's table of gates, shared by its files only.
 */
#ifndef POSTERN_POST_INTERNAL_H
#define POSTERN_POST_INTERNAL_H
#include "post/gates.h"

struct gate {
	char name[POST_GATE_NAME];
	uint64_t connection; /* 0: none */
	bool hello;	     /* its first word has come on this connection */
	uint64_t heard_ms, view_ms;
	Postern__LaneView *view;
};

struct waiting {
	uint64_t request; /* 0: free */
	uint64_t connection;
	size_t gate;
	void *asker;
	uint64_t due_ms;
};

/* A portrait that a reply has announced. */
struct incoming {
	uint64_t request; /* 0: free */
	uint64_t connection;
	size_t gate;
	void *asker;
	uint64_t due_ms;
	Postern__PortraitSource source;
	uint8_t sha256[32];
	uint8_t *bytes;
	size_t size, have;
};

struct post_gates {
	struct gate gates[POST_GATES_MAX];
	size_t count;
	struct waiting waiting[POST_REQUESTS_MAX];
	struct incoming incoming[POST_PORTRAITS_MAX];
	uint64_t next_connection, next_request;
	/* What the last event borrows from. */
	Postern__PostFrame *frame;
	uint8_t *portrait;
	size_t portrait_size;
};

/* requests.c */
int post_reply_heard(struct post_gates *t, size_t gate, Postern__PostReply *reply, uint64_t now_ms, struct post_event *event);
int post_part_heard(struct post_gates *t, size_t gate, const Postern__PortraitPart *part, struct post_event *event);
/* Ends what the last event borrowed. */
void post_release(struct post_gates *t);
void post_incoming_end(struct incoming *in);
#endif
