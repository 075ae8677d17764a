/* SPDX-License-Identifier: Apache-2.0
 * WebSockets: messages in, and a bounded queue of messages out. Must never hand out a part of a message, nor let a slow reader's
 * queue grow.
 */
#include <stdlib.h>
#include <string.h>

#include "web/internal.h"

static void message_free(struct web_message *m)
{
	if (m->bytes != NULL)
		explicit_bzero(m->bytes, LWS_PRE + m->size);
	free(m->bytes);
	*m = (struct web_message){.bytes = NULL};
}

static void partial_free(struct web_socket *w)
{
	if (w->partial != NULL)
		explicit_bzero(w->partial, w->partial_size);
	free(w->partial);
	w->partial = NULL;
	w->partial_size = 0;
}

static int opened(struct web_server *s, struct lws *wsi, struct web_socket *w)
{
	struct web_place *p = web_place_of(wsi);
	if (p == NULL)
		return -1;
	w->wsi = wsi;
	w->place = p;
	w->self = p->socket_self;
	w->open = true;
	p->admitted = false;
	p->is_socket = true;
	web_due(p, 0);
	if (s->config.opened != NULL)
		s->config.opened(s->config.self, w, w->self);
	return 0;
}

static void closed(struct web_server *s, struct web_socket *w)
{
	if (!w->open)
		return;
	w->open = false;
	for (unsigned i = 0; i < w->queued; i++)
		message_free(&w->queue[i]);
	w->queued = 0;
	w->queued_bytes = 0;
	partial_free(w);
	if (s->config.closed != NULL)
		s->config.closed(s->config.self, w, w->self);
}

static int too_large(struct web_server *s, struct lws *wsi)
{
	web_refused(s, 413);
	/* so long may the other side take to say that it has understood */
	web_due(web_place_of(wsi), s->config.request_s);
	lws_close_reason(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, NULL, 0);
	return -1;
}

static void received(struct web_server *s, struct web_socket *w, const void *bytes, size_t size)
{
	enum web_kind kind = lws_frame_is_binary(w->wsi) ? WEB_BINARY : WEB_TEXT;
	if (s->config.received != NULL)
		s->config.received(s->config.self, w, w->self, kind, bytes, size);
}

static int receive(struct web_server *s, struct web_socket *w, const void *bytes, size_t size)
{
	bool whole = lws_is_final_fragment(w->wsi) && lws_remaining_packet_payload(w->wsi) == 0;
	if (w->dropped)
		return -1;
	if (size > s->config.message_max - w->partial_size)
		return too_large(s, w->wsi);
	if (whole && w->partial == NULL) {
		received(s, w, bytes, size);
		return 0;
	}
	if (w->partial == NULL)
		w->partial = malloc(s->config.message_max + 1);
	if (w->partial == NULL)
		return -1;
	/* a message must come to its end as a request must: fragments keep no connection alive */
	if (w->partial_size == 0)
		web_due(w->place, s->config.request_s);
	if (size > 0)
		memcpy(w->partial + w->partial_size, bytes, size);
	w->partial_size += size;
	if (!whole)
		return 0;
	if (w->queued == 0 && !w->draining)
		web_due(w->place, 0);
	received(s, w, w->partial, w->partial_size);
	partial_free(w);
	return 0;
}

/* Called when all that was written before has gone. */
static int writable(struct web_socket *w)
{
	if (w->dropped)
		return -1;
	if (w->queued == 0) {
		w->draining = false;
		if (w->partial == NULL)
			web_due(w->place, 0);
		return 0;
	}
	struct web_message m = w->queue[0];
	w->queued--;
	w->queued_bytes -= m.size;
	memmove(w->queue, w->queue + 1, w->queued * sizeof w->queue[0]);
	int n = lws_write(w->wsi, m.bytes + LWS_PRE, m.size, m.kind == WEB_BINARY ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
	bool good = n >= (int)m.size;
	message_free(&m);
	w->draining = true;
	web_due(w->place, w->place->server->config.request_s);
	lws_callback_on_writable(w->wsi);
	return good ? 0 : -1;
}

void web_drop(struct web_socket *w)
{
	if (!w->open || w->dropped)
		return;
	w->dropped = true;
	web_kill(w->wsi);
}

static int overflow(struct web_socket *w)
{
	web_refused(w->place->server, 503);
	web_drop(w);
	return PN_ELIMIT;
}

static struct web_message *same_topic(struct web_socket *w, unsigned topic)
{
	for (unsigned i = 0; topic != 0 && i < w->queued; i++)
		if (w->queue[i].topic == topic)
			return &w->queue[i];
	return NULL;
}

int web_send(struct web_socket *w, unsigned topic, enum web_kind kind, const void *bytes, size_t size)
{
	if (!w->open || w->dropped)
		return PN_ELIMIT;
	const struct web_config *c = &w->place->server->config;
	struct web_message *old = same_topic(w, topic);
	size_t waiting = w->queued_bytes - (old != NULL ? old->size : 0);
	if ((old == NULL && w->queued >= c->queue_max) || size > c->queue_bytes || waiting > c->queue_bytes - size)
		return overflow(w);
	struct web_message m = {.topic = topic, .kind = kind, .bytes = malloc(LWS_PRE + size + 1), .size = size};
	if (m.bytes == NULL)
		return overflow(w);
	if (size > 0)
		memcpy(m.bytes + LWS_PRE, bytes, size);
	if (w->queued == 0 && !w->draining)
		web_due(w->place, c->request_s);
	if (old != NULL)
		message_free(old);
	else
		old = &w->queue[w->queued++];
	*old = m;
	w->queued_bytes = waiting + size;
	lws_callback_on_writable(w->wsi);
	return 0;
}

int web_socket_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct web_server *s = lws_context_user(lws_get_context(wsi));
	struct web_socket *w = user;
	if (s == NULL)
		return 0;
	switch (why) {
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* judged at the upgrade */
		return 0;
	case LWS_CALLBACK_ESTABLISHED:
		return w != NULL ? opened(s, wsi, w) : -1;
	case LWS_CALLBACK_RECEIVE:
		return w != NULL && w->open ? receive(s, w, in, len) : -1;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return w != NULL && w->open ? writable(w) : -1;
	case LWS_CALLBACK_CLOSED:
		if (w != NULL)
			closed(s, w);
		return 0;
	default:
		return 0;
	}
}
