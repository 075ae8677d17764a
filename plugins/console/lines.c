/* SPDX-License-Identifier: Apache-2.0
 * The gates' server: a WebSocket for each gate, with a certificate on both sides. What is said is plugins/lib/post's; here it is carried.
 * Must never take a connection without a verified certificate, of a gate that the configuration does not name, or for another gate than
 * its certificate's.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "state.h"

static struct line *line_of(struct console *c, uint64_t connection)
{
	for (size_t i = 0; connection != 0 && i < POST_GATES_MAX; i++)
		if (c->lines[i].used && c->lines[i].connection == connection)
			return &c->lines[i];
	return NULL;
}

/* Its core or its line began anew, or somebody else has its key: whoever reads the log can tell. */
static void displaced(struct console *c, struct line *old, const char *gate)
{
	c->host->log(c->host->ctx, POSTERN_WARNING, "console.gate_displaced", gate);
	c->host->count(c->host->ctx, "gates_displaced_total", 1);
	if (old->socket != NULL)
		web_drop(old->socket);
}

static bool admit(void *self, const struct web_request *r, void **socket_self)
{
	struct console *c = self;
	uint64_t before = 0;
	*socket_self = NULL;
	if (!r->peer.verified || strcmp(r->path, "/gates") != 0)
		return false;
	for (size_t i = 0; i < POST_GATES_MAX; i++) {
		struct line *l = &c->lines[i];
		if (l->used)
			continue;
		if (post_gates_connect(c->table, r->peer.common_name, clock_mono_ms(), &l->connection, &before) != PN_OK) {
			c->host->log(c->host->ctx, POSTERN_WARNING, "console.gate_not_named", r->peer.common_name);
			c->host->count(c->host->ctx, "refused_total", 1);
			return false;
		}
		l->used = true;
		struct line *old = line_of(c, before);
		if (old != NULL)
			displaced(c, old, r->peer.common_name);
		*socket_self = l;
		return true;
	}
	return false;
}

static void opened(void *self, struct web_socket *w, void *socket_self)
{
	struct console *c = self;
	struct line *l = socket_self;
	l->socket = w;
	c->host->count(c->host->ctx, "gates_total", 1);
}

int lines_send(struct console *c, uint64_t connection, const uint8_t *frame, size_t size)
{
	struct line *l = line_of(c, connection);
	if (l == NULL || l->socket == NULL)
		return PN_ECLOSED;
	return web_send(l->socket, 0, WEB_BINARY, frame, size);
}

static void hello(struct console *c, struct line *l)
{
	uint8_t frame[POST_FRAME_MAX];
	size_t size = 0;
	if (post_gates_hello(c->post, POSTERN_VERSION, frame, &size) != PN_OK || web_send(l->socket, 0, WEB_BINARY, frame, size) != PN_OK)
		web_drop(l->socket);
}

static void event(struct console *c, struct line *l, const struct post_event *e)
{
	switch (e->kind) {
	case POST_GATE_READY:
		hello(c, l);
		live_lane(c, e->gate);
		break;
	case POST_VIEW:
		watch_lane(c, e->gate);
		live_lane(c, e->gate);
		break;
	case POST_RECORD:
		if (e->record->record != NULL)
			report_record(c, e->gate, e->record->record);
		break;
	case POST_REPLY:
		words_replied(c, e);
		break;
	case POST_PORTRAIT:
		portrait_take(c, e);
		break;
	case POST_NOTHING:
		break;
	}
}

static void received(void *self, struct web_socket *w, void *socket_self, enum web_kind kind, const void *bytes, size_t size)
{
	struct console *c = self;
	struct line *l = socket_self;
	struct post_event e;
	memset(&e, 0, sizeof e);
	if (kind != WEB_BINARY || post_gates_heard(c->table, l->connection, bytes, size, clock_mono_ms(), &e) != PN_OK) {
		c->host->count(c->host->ctx, "refused_total", 1);
		web_drop(w);
		return;
	}
	event(c, l, &e);
}

static void closed(void *self, struct web_socket *w, void *socket_self)
{
	struct console *c = self;
	struct line *l = socket_self;
	struct post_gate g;
	(void)w;
	post_gates_disconnect(c->table, l->connection);
	memset(l, 0, sizeof *l);
	/* Which one it was is told by all: only those that are gone look different. */
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++)
		if (!g.connected) {
			watch_lane(c, g.name);
			live_lane(c, g.name);
		}
}

static void refused(void *self, int status)
{
	struct console *c = self;
	(void)status;
	c->host->count(c->host->ctx, "refused_total", 1);
}

void lines_tick(struct console *c, uint64_t now_ms)
{
	uint8_t frame[POST_FRAME_MAX];
	size_t size = 0;
	struct post_event e;
	struct line *silent = line_of(c, post_gates_silent(c->table, now_ms));
	if (silent != NULL && silent->socket != NULL)
		web_drop(silent->socket);
	while (post_gates_due(c->table, now_ms, &e))
		words_replied(c, &e);
	if (now_ms - c->beat_ms < BEAT_MS)
		return;
	c->beat_ms = now_ms;
	live_beat(c);
	watch_tick(c, now_ms);
	portrait_tick(c, now_ms);
	if (post_gates_beat(now_ms, frame, &size) != PN_OK)
		return;
	for (size_t i = 0; i < POST_GATES_MAX; i++)
		if (c->lines[i].socket != NULL && web_send(c->lines[i].socket, 0, WEB_BINARY, frame, size) != PN_OK)
			c->host->count(c->host->ctx, "gates_dropped_total", 1);
}

int lines_open(struct console *c)
{
	const struct postern_host *h = c->host;
	const char *pki = h->folder(h->ctx, "pki");
	char certificate[512], key[512], authority[512], revoked[512], port[8];
	snprintf(certificate, sizeof certificate, "%s/post.pem", pki);
	snprintf(key, sizeof key, "%s/post.key", pki);
	snprintf(authority, sizeof authority, "%s/ca.pem", pki);
	snprintf(revoked, sizeof revoked, "%s/crl.pem", pki);
	struct web_config config = {.listen = h->option(h->ctx, "gates_listen"),
		.port = (uint16_t)h->option_int(h->ctx, "gates_port"),
		.certificate = certificate,
		.key = key,
		.client_authority = authority,
		.client_revocations = revoked,
		.client_required = true,
		.hosts = {h->option(h->ctx, "gates_listen"), "localhost", h->option(h->ctx, "name")},
		.message_max = POST_FRAME_MAX,
		.queue_max = 16,
		.queue_bytes = (size_t)16 * POST_FRAME_MAX,
		.connections_max = 2 * POST_GATES_MAX,
		.connections_per_address = 2 * POST_GATES_MAX,
		.idle_s = 30,
		.request_s = 10,
		.ping_s = 10,
		.subprotocol = POST_SUBPROTOCOL,
		.admit = admit,
		.opened = opened,
		.received = received,
		.closed = closed,
		.refused = refused,
		.self = c};
	int err = web_open(&config, &c->gates);
	if (err == 0) {
		snprintf(port, sizeof port, "%u", web_port(c->gates));
		h->log(h->ctx, POSTERN_INFO, "console.gates_listening", port);
	}
	return err;
}
