/* SPDX-License-Identifier: Apache-2.0
 * The control post's side of the line to its gates: who is connected, the newest view of each lane with its age, and the
 * requests that wait for a gate's reply. Bytes of one WebSocket message go in, at most one event comes out; what is to be sent
 * is handed to the caller. Pure: no clock, no descriptor; one thread.
 * Must never take a message for another gate than the one that the sender's certificate names, let in a gate that was not named
 * before, keep a view that is older than the one it has, or hold more than the bounds below.
 *
 * A connection is accepted by the caller: its client certificate is signed by the gates' authority, is not in the revocation
 * list, and its common name is what post_gates_connect() is given. Wire: PostFrame of core/schema/post.proto, one in each binary
 * message (RFC 6455), subprotocol POST_SUBPROTOCOL.
 */
#ifndef POSTERN_POST_GATES_H
#define POSTERN_POST_GATES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "post.pb-c.h"

#define POST_SUBPROTOCOL "postern-post-1"

enum {
	POST_FRAME_MAX = 16384,	  /* bytes of one WebSocket message */
	POST_GATE_NAME = 33,	  /* a unit's name and NUL */
	POST_GATES_MAX = 64,	  /* gates that are expected; known from the start, as not connected */
	POST_REQUESTS_MAX = 64,	  /* requests without a reply, of all gates together */
	POST_STALE_MS = 1000,	  /* a view older than that is stale */
	POST_SILENCE_MS = 3000,	  /* a connection without a frame for so long is to be closed */
	POST_REPLY_MS = 5000,	  /* a request without a reply for so long is given up */
	POST_PORTRAIT_MAX = 1 << 20, /* bytes of a portrait */
	POST_PORTRAITS_MAX = 24,  /* portraits that are coming in, of all gates together: three of each of eight looks */
	POST_PART_MAX = 8192,	  /* bytes of a portrait in one frame */
};

struct post_gates;

/* A lane as the post knows it. view is NULL before the first one; borrowed until the next call on the table. */
struct post_gate {
	const char *name;
	bool connected;
	bool stale;	 /* not connected, or no view within POST_STALE_MS */
	uint64_t age_ms; /* of the view; UINT64_MAX without one */
	const Postern__LaneView *view;
};

enum post_event_kind {
	POST_NOTHING,	 /* heard, nothing to do */
	POST_GATE_READY, /* its hello has come: it may be asked, answer it with post_gates_hello() */
	POST_VIEW,	 /* a newer view of this lane */
	POST_RECORD,	 /* a record has become durable */
	POST_REPLY,	 /* to a request of ours; reply is NULL when it did not come in time, or its gate has left */
	POST_PORTRAIT,	 /* a portrait is complete and its hash is as announced */
};

/* Everything in it is borrowed until the next call on the table. */
struct post_event {
	enum post_event_kind kind;
	const char *gate;
	const Postern__LaneView *view;
	const Postern__LaneRecord *record;
	uint64_t request; /* POST_REPLY, POST_PORTRAIT */
	void *asker;	  /* of the request, as given to post_gates_ask() */
	const Postern__PostReply *reply;
	const Postern__Portrait *portrait;
	const uint8_t *bytes; /* of the portrait */
	size_t size;
};

int post_gates_new(struct post_gates **out) PN_MUST_CHECK;
/* Wipes what is personal. */
void post_gates_free(struct post_gates *t);

/* Names the gates that may connect, separated by commas or spaces; the table keeps their order. Before the first connection.
 * PN_EINVAL: no name of a unit, or one that is there twice; PN_ELIMIT: over POST_GATES_MAX. After an error the table is to be freed. */
int post_gates_expect(struct post_gates *t, const char *names) PN_MUST_CHECK;

/* A connection by the holder of a certificate with this common name. *connection identifies it from now on. An older connection
 * of the same gate is displaced: *displaced is its number, for the caller to close, or 0. It is the newer that stays: a gate whose line
 * was lost must not wait for the silence of the old one, and whoever can come as this gate holds its key. PN_EDENIED: no gate of this
 * name is expected. */
int post_gates_connect(struct post_gates *t, const char *certificate_name, uint64_t now_ms, uint64_t *connection,
	uint64_t *displaced) PN_MUST_CHECK;
/* Also for a connection that is unknown or displaced, which changes nothing. Its requests then come as POST_REPLY without a
 * reply from post_gates_due(). */
void post_gates_disconnect(struct post_gates *t, uint64_t connection);

/* One whole binary message. PN_EFORMAT: it is none of the schema's, or too large; PN_EDENIED: it speaks for another gate than its
 * certificate does, or before its hello; PN_ENOTFOUND: no such connection. After any of these the caller closes the connection. */
int post_gates_heard(struct post_gates *t, uint64_t connection, const uint8_t *bytes, size_t size, uint64_t now_ms,
	struct post_event *event) PN_MUST_CHECK;

/* The post's own hello, due when a gate's has come, and its beat, due every second. frame: POST_FRAME_MAX bytes. */
int post_gates_hello(const char *post, const char *software, uint8_t *frame, size_t *size) PN_MUST_CHECK;
int post_gates_beat(uint64_t now_ms, uint8_t *frame, size_t *size) PN_MUST_CHECK;

/* Makes the frame of a request to a gate: body is a signed decision or a signed order (post/word.h), the other NULL. asker comes
 * back with the reply. *connection: where to send it. PN_ENOTFOUND: no such gate, or not connected; PN_ELIMIT: too many wait. */
int post_gates_ask(struct post_gates *t, const char *gate, const Postern__SignedDecision *decision,
	const Postern__SignedOrder *order, void *asker, uint64_t now_ms, uint64_t *request, uint64_t *connection, uint8_t *frame,
	size_t *size) PN_MUST_CHECK;
/* The asker has left: no event will name it any more. */
void post_gates_forget(struct post_gates *t, const void *asker);

/* What time brings: true and one event (POST_REPLY without a reply); ask again until false. */
bool post_gates_due(struct post_gates *t, uint64_t now_ms, struct post_event *event);
/* A connection that has been silent for POST_SILENCE_MS, for the caller to close and disconnect; 0: none. */
uint64_t post_gates_silent(const struct post_gates *t, uint64_t now_ms);

size_t post_gates_count(const struct post_gates *t);
/* In the order in which they were named. PN_ENOTFOUND: index is not below the count. */
int post_gates_get(const struct post_gates *t, size_t index, uint64_t now_ms, struct post_gate *out) PN_MUST_CHECK;
int post_gates_find(const struct post_gates *t, const char *name, uint64_t now_ms, struct post_gate *out) PN_MUST_CHECK;
#endif
