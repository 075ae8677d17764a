/* SPDX-License-Identifier: Apache-2.0
 * Plugin post-link: the lane's line to its control post. The core's views, records and replies go out, what an officer has signed
 * comes in and is passed on to the core, which verifies it. The core is told whether the line stands.
 * Must never judge a decision or an order, answer one itself, or keep a person's data past the frame that carries them.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"
#include "base/jpeg.h"
#include "line.h"
#include "outgoing.h"
#include "post/frame.h"
#include "post/gates.h"
#include "postern/plugin.h"

enum { LANE_VIEW = 90, LANE_RECORD = 91, POST_STATE = 92, POST_REQUEST = 93, POST_REPLY_ = 94, PORTRAIT_IMAGE = 95 };
enum {
	TURN_MS = 250,
	BEAT_MS = 1000,
	REQUESTS_PER_S = 100, /* more is no console; the core would end this process for it */
	SCHEMA_VERSION = 1,
};

struct post_link {
	const struct postern_host *host;
	struct line *line;
	struct outgoing out;
	bool greeted;	 /* our hello has gone */
	bool accepted;	 /* and the post's has come */
	bool told;	 /* what the core was last told of it */
	uint64_t heard_ms, beat_ms, next_ms, second_ms;
	unsigned failed, requests;
	int wants_ms; /* of the bus */
	int failure;
};

static uint64_t now(const struct post_link *p)
{
	return p->host->now_ms(p->host->ctx);
}

static void tell(struct post_link *p, bool connected)
{
	Postern__PostState s = POSTERN__POST_STATE__INIT;
	uint8_t bytes[8];
	s.connected = connected;
	p->told = connected;
	p->host->report(p->host->ctx, POST_STATE, NULL, bytes, postern__post_state__pack(&s, bytes));
	p->host->trouble(p->host->ctx, "post.unreachable", !connected);
}

static void drop_frame(struct outgoing_frame *f)
{
	explicit_bzero(f->bytes, f->size);
	free(f->bytes);
}

/* --- the line --- */

static void line_up(void *self)
{
	struct post_link *p = self;
	p->greeted = p->accepted = false;
	p->heard_ms = now(p);
	p->host->count(p->host->ctx, "connections_total", 1);
	line_want(p->line);
}

static void line_down(void *self)
{
	struct post_link *p = self;
	uint32_t chance = 0;
	if (getrandom(&chance, sizeof chance, 0) != sizeof chance)
		chance = (uint32_t)now(p);
	outgoing_clear(&p->out);
	p->next_ms = now(p) + outgoing_pause_ms(p->accepted ? 0 : p->failed, chance);
	p->failed = p->accepted ? 1 : p->failed + 1;
	p->greeted = p->accepted = false;
	p->host->count(p->host->ctx, "failures_total", 1);
	if (p->told)
		tell(p, false);
}

static bool greet(struct post_link *p)
{
	uint8_t frame[POST_FRAME_MAX];
	size_t size;
	p->greeted = true;
	return post_gates_hello(line_name(p->line), POSTERN_VERSION, frame, &size) == PN_OK &&
	       line_send(p->line, frame, size) == PN_OK;
}

/* One frame at a time: our hello, then what waits, then a beat when nothing else has gone for a second. */
static void line_writable(void *self)
{
	struct post_link *p = self;
	struct outgoing_frame f;
	uint8_t frame[POST_FRAME_MAX];
	size_t size;
	bool good = true;
	if (!p->greeted) {
		good = greet(p);
	} else if (p->accepted && outgoing_take(&p->out, &f)) {
		good = line_send(p->line, f.bytes, f.size) == PN_OK;
		drop_frame(&f);
		p->beat_ms = now(p);
	} else if (now(p) >= p->beat_ms + BEAT_MS) {
		good = post_gates_beat(now(p), frame, &size) == PN_OK && line_send(p->line, frame, size) == PN_OK;
		p->beat_ms = now(p);
	}
	if (!good)
		line_drop(p->line);
	else if (p->accepted && outgoing_waits(&p->out))
		line_want(p->line);
}

static bool within_pace(struct post_link *p)
{
	if (now(p) - p->second_ms >= 1000) {
		p->second_ms = now(p);
		p->requests = 0;
	}
	return ++p->requests <= REQUESTS_PER_S;
}

/* What is signed within it stays byte for byte as it came. */
static bool pass_on(struct post_link *p, const Postern__PostRequest *q)
{
	uint8_t *bytes;
	size_t size = postern__post_request__get_packed_size(q);
	int r;
	if (!p->accepted || !within_pace(p))
		return false;
	bytes = malloc(size > 0 ? size : 1);
	if (bytes == NULL)
		return false;
	postern__post_request__pack(q, bytes);
	r = p->host->report(p->host->ctx, POST_REQUEST, NULL, bytes, size);
	free(bytes);
	p->host->count(p->host->ctx, "requests_total", 1);
	return r == 0;
}

static bool accept_post(struct post_link *p, const Postern__PostHello *h)
{
	if (p->accepted || h->schema_version != SCHEMA_VERSION)
		return false;
	p->accepted = true;
	p->failed = 0;
	p->host->log(p->host->ctx, POSTERN_INFO, "post.connected", "");
	tell(p, true);
	line_want(p->line);
	return true;
}

static void line_received(void *self, const uint8_t *bytes, size_t size)
{
	struct post_link *p = self;
	Postern__PostFrame *f = post_frame_read(bytes, size);
	bool good = false;
	p->heard_ms = now(p);
	if (f != NULL && f->body_case == POSTERN__POST_FRAME__BODY_HELLO)
		good = accept_post(p, f->hello);
	else if (f != NULL && f->body_case == POSTERN__POST_FRAME__BODY_BEAT)
		good = p->accepted;
	else if (f != NULL && f->body_case == POSTERN__POST_FRAME__BODY_REQUEST)
		good = pass_on(p, f->request);
	post_frame_free(f);
	if (good)
		return;
	p->host->count(p->host->ctx, "refused_total", 1);
	p->host->log(p->host->ctx, POSTERN_WARNING, "post.bad_frame", "");
	line_drop(p->line);
}

/* The bus is dispatched after every turn; this only ends the wait. */
static void bus_ready(void *self)
{
	(void)self;
}

/* --- the core --- */

/* The core has opened none: a reader's picture is held against its form here, where it first can be. */
static bool may_leave(const Postern__PortraitImage *i, const struct postern_message *m)
{
	if (i == NULL || i->portrait == NULL || m->blob == NULL || i->portrait->size != m->blob_size)
		return false;
	return i->portrait->source != POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED || jpeg_check(m->blob, m->blob_size) == PN_OK;
}

/* Without room for it the officer sees none; the rest of the line goes on. */
static void portrait(struct post_link *p, const struct postern_message *m)
{
	Postern__PortraitImage *i = postern__portrait_image__unpack(NULL, m->size, m->bytes);
	if (!may_leave(i, m) ||
		outgoing_put_portrait(&p->out, i->request, i->portrait, m->blob, m->blob_size) != PN_OK)
		p->host->log(p->host->ctx, POSTERN_WARNING, "post.portrait_left_out", "");
	if (i != NULL)
		postern__portrait_image__free_unpacked(i, NULL);
	line_want(p->line);
}

static void post_link_message(void *self, const struct postern_message *m)
{
	struct post_link *p = self;
	unsigned field = m->body == LANE_VIEW     ? POSTERN__POST_FRAME__BODY_VIEW
			 : m->body == LANE_RECORD ? POSTERN__POST_FRAME__BODY_RECORD
			 : m->body == POST_REPLY_ ? POSTERN__POST_FRAME__BODY_REPLY
						  : 0;
	uint64_t dropped = p->out.dropped;
	if (m->body == PORTRAIT_IMAGE && p->accepted)
		portrait(p, m);
	if (field == 0 || !p->accepted)
		return; /* nobody to tell */
	if (outgoing_put(&p->out, field, m->bytes, m->size) != PN_OK) {
		p->host->log(p->host->ctx, POSTERN_WARNING, "post.does_not_read", "");
		line_drop(p->line);
		return;
	}
	if (p->out.dropped != dropped)
		p->host->count(p->host->ctx, "dropped_total", p->out.dropped - dropped);
	line_want(p->line);
}

static void post_link_core_started(void *self, uint64_t core_epoch)
{
	struct post_link *p = self;
	(void)core_epoch;
	outgoing_clear(&p->out); /* of the core before */
	tell(p, p->accepted);
}

static int failed(const struct postern_host *host, const char *event, const char *detail, int err)
{
	host->log(host->ctx, POSTERN_ERROR, event, detail);
	return err;
}

static int post_link_init(const struct postern_host *host, void **self)
{
	struct post_link *p;
	struct line_config c = { .up = line_up,
		.down = line_down,
		.received = line_received,
		.writable = line_writable,
		.bus_ready = bus_ready };
	int r;
	if (!POSTERN_HOST_HAS(host, bus_dispatch))
		return PN_EUNSUPPORTED;
	p = calloc(1, sizeof *p);
	if (p == NULL)
		return PN_ENOMEM;
	p->host = host;
	c.host = host->option(host->ctx, "host");
	c.port = (uint16_t)host->option_int(host->ctx, "port");
	c.path = host->option(host->ctx, "path");
	c.folder = host->folder(host->ctx, "pki");
	c.key_fd = host->device(host->ctx, "key");
	c.self = p;
	r = c.folder != NULL && c.host != NULL && c.path != NULL ? line_open(&p->line, &c) : PN_EINVAL;
	if (r != PN_OK) {
		free(p);
		return failed(host,
			r == PN_ENOTFOUND ? "post.name_unknown"
			: r == PN_EIO	  ? "post.not_readable"
					  : "post.bad_credentials",
			"", r);
	}
	*self = p;
	return 0;
}

/* What time brings; how long may be waited for what comes. */
static int look_around(struct post_link *p)
{
	uint64_t t = now(p);
	int ms = p->wants_ms < TURN_MS ? p->wants_ms : TURN_MS;
	if (line_is_down(p->line)) {
		if (t >= p->next_ms) {
			p->next_ms = t + TURN_MS;
			line_connect(p->line);
		} else if (p->next_ms - t < (uint64_t)ms) {
			ms = (int)(p->next_ms - t);
		}
		return ms;
	}
	/* It counts from the beginning of a connection; one that is still being made has libwebsockets' own limit. */
	if (p->greeted && t >= p->heard_ms + POST_SILENCE_MS)
		line_drop(p->line);
	if (p->accepted && t >= p->beat_ms + BEAT_MS)
		line_want(p->line);
	return ms;
}

static int post_link_run(void *self)
{
	struct post_link *p = self;
	p->failure = line_watch(p->line, p->host->bus_fd(p->host->ctx));
	p->wants_ms = p->host->bus_dispatch(p->host->ctx);
	while (p->failure == 0 && p->wants_ms >= 0) {
		p->failure = line_turn(p->line, look_around(p));
		p->wants_ms = p->host->bus_dispatch(p->host->ctx);
	}
	return p->failure;
}

static void post_link_stop(void *self)
{
	struct post_link *p = self;
	line_close(p->line);
	outgoing_clear(&p->out);
	free(p);
}

POSTERN_PLUGIN(.name = "post-link", .version = POSTERN_VERSION, .init = post_link_init, .message = post_link_message,
	.core_started = post_link_core_started, .stop = post_link_stop, .run = post_link_run);
