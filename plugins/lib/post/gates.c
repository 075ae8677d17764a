/* SPDX-License-Identifier: Apache-2.0
 * The table of gates: see gates.h. Must never believe a message's name over its certificate's.
 */
#include "post/gates.h"

#include <stdlib.h>
#include <string.h>

#include "post/frame.h"
#include "post/internal.h"

enum { SCHEMA_VERSION = 1 };

int post_gates_new(struct post_gates **out)
{
	struct post_gates *t = calloc(1, sizeof *t);
	if (t == NULL)
		return PN_ENOMEM;
	t->next_connection = t->next_request = 1;
	*out = t;
	return PN_OK;
}

void post_gates_free(struct post_gates *t)
{
	if (t == NULL)
		return;
	post_release(t);
	for (size_t i = 0; i < POST_PORTRAITS_MAX; i++)
		post_incoming_end(&t->incoming[i]);
	for (size_t i = 0; i < t->count; i++)
		if (t->gates[i].view != NULL)
			postern__lane_view__free_unpacked(t->gates[i].view, NULL);
	free(t);
}

static bool is_name(const char *s)
{
	size_t n = strlen(s);
	return n > 0 && n < POST_GATE_NAME && s[0] >= 'a' && s[0] <= 'z' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static struct gate *of_connection(struct post_gates *t, uint64_t connection)
{
	for (size_t i = 0; connection != 0 && i < t->count; i++)
		if (t->gates[i].connection == connection)
			return &t->gates[i];
	return NULL;
}

static struct gate *of_name(struct post_gates *t, const char *name)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->gates[i].name, name) == 0)
			return &t->gates[i];
	return NULL;
}

static int expect_one(struct post_gates *t, const char *name, size_t size)
{
	struct gate *g = &t->gates[t->count];
	if (size >= POST_GATE_NAME)
		return PN_EINVAL;
	if (t->count == POST_GATES_MAX)
		return PN_ELIMIT;
	memcpy(g->name, name, size);
	g->name[size] = '\0';
	if (!is_name(g->name) || of_name(t, g->name) != NULL)
		return PN_EINVAL;
	t->count++;
	return PN_OK;
}

int post_gates_expect(struct post_gates *t, const char *names)
{
	static const char between[] = ", ";
	for (const char *at = names + strspn(names, between); *at != '\0'; at += strspn(at, between)) {
		size_t size = strcspn(at, between);
		int r = expect_one(t, at, size);
		if (r != PN_OK)
			return r;
		at += size;
	}
	return PN_OK;
}

int post_gates_connect(
	struct post_gates *t, const char *certificate_name, uint64_t now_ms, uint64_t *connection, uint64_t *displaced)
{
	struct gate *g;
	*displaced = 0;
	g = of_name(t, certificate_name);
	if (g == NULL)
		return PN_EDENIED;
	*displaced = g->connection;
	g->connection = *connection = t->next_connection++;
	g->hello = false;
	g->heard_ms = now_ms;
	return PN_OK;
}

void post_gates_disconnect(struct post_gates *t, uint64_t connection)
{
	struct gate *g = of_connection(t, connection);
	if (g == NULL)
		return;
	g->connection = 0;
	g->hello = false;
}

/* Within an epoch the sequence grows; another epoch is another core, whichever way its clock was set. */
static bool is_newer(const struct gate *g, const Postern__LaneView *v)
{
	return g->view == NULL || g->view->epoch != v->epoch || v->sequence > g->view->sequence;
}

static int view_heard(struct gate *g, Postern__PostFrame *f, uint64_t now_ms, struct post_event *event)
{
	if (strcmp(f->view->gate, g->name) != 0)
		return PN_EDENIED;
	if (!is_newer(g, f->view))
		return PN_OK;
	if (g->view != NULL)
		postern__lane_view__free_unpacked(g->view, NULL);
	g->view = f->view;
	f->view = NULL;
	f->body_case = POSTERN__POST_FRAME__BODY__NOT_SET;
	g->view_ms = now_ms;
	event->kind = POST_VIEW;
	event->view = g->view;
	return PN_OK;
}

static int hello_heard(struct gate *g, const Postern__PostHello *h, struct post_event *event)
{
	if (g->hello || strcmp(h->name, g->name) != 0)
		return PN_EDENIED;
	if (h->schema_version != SCHEMA_VERSION)
		return PN_EFORMAT;
	g->hello = true;
	event->kind = POST_GATE_READY;
	return PN_OK;
}

static int record_heard(const struct gate *g, const Postern__LaneRecord *r, struct post_event *event)
{
	if (strcmp(r->gate, g->name) != 0)
		return PN_EDENIED;
	if (r->record == NULL)
		return PN_EFORMAT;
	if (strcmp(r->record->lane, g->name) != 0)
		return PN_EDENIED;
	event->kind = POST_RECORD;
	event->record = r;
	return PN_OK;
}

static int frame_heard(struct post_gates *t, struct gate *g, Postern__PostFrame *f, uint64_t now_ms, struct post_event *event)
{
	size_t index = (size_t)(g - t->gates);
	if (!g->hello && f->body_case != POSTERN__POST_FRAME__BODY_HELLO)
		return PN_EDENIED;
	switch (f->body_case) {
	case POSTERN__POST_FRAME__BODY_HELLO:
		return hello_heard(g, f->hello, event);
	case POSTERN__POST_FRAME__BODY_BEAT:
		return PN_OK;
	case POSTERN__POST_FRAME__BODY_VIEW:
		return view_heard(g, f, now_ms, event);
	case POSTERN__POST_FRAME__BODY_RECORD:
		return record_heard(g, f->record, event);
	case POSTERN__POST_FRAME__BODY_REPLY:
		return post_reply_heard(t, index, f->reply, now_ms, event);
	case POSTERN__POST_FRAME__BODY_PORTRAIT:
		return post_part_heard(t, index, f->portrait, event);
	case POSTERN__POST_FRAME__BODY_REQUEST: /* a gate asks for nothing */
		return PN_EDENIED;
	case POSTERN__POST_FRAME__BODY__NOT_SET:
	case _POSTERN__POST_FRAME__BODY__CASE_IS_INT_SIZE:
		break;
	}
	return PN_EFORMAT;
}

int post_gates_heard(struct post_gates *t, uint64_t connection, const uint8_t *bytes, size_t size, uint64_t now_ms,
	struct post_event *event)
{
	struct gate *g = of_connection(t, connection);
	post_release(t);
	*event = (struct post_event){ .kind = POST_NOTHING };
	if (g == NULL)
		return PN_ENOTFOUND;
	event->gate = g->name;
	t->frame = post_frame_read(bytes, size);
	if (t->frame == NULL)
		return PN_EFORMAT;
	g->heard_ms = now_ms;
	return frame_heard(t, g, t->frame, now_ms, event);
}

static int pack(const Postern__PostFrame *f, uint8_t *frame, size_t *size)
{
	size_t n = postern__post_frame__get_packed_size(f);
	if (n > POST_FRAME_MAX)
		return PN_ELIMIT;
	*size = postern__post_frame__pack(f, frame);
	return PN_OK;
}

int post_gates_hello(const char *post, const char *software, uint8_t *frame, size_t *size)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PostHello h = POSTERN__POST_HELLO__INIT;
	h.name = (char *)(uintptr_t)post;
	h.software = (char *)(uintptr_t)software;
	h.schema_version = SCHEMA_VERSION;
	f.body_case = POSTERN__POST_FRAME__BODY_HELLO;
	f.hello = &h;
	return pack(&f, frame, size);
}

int post_gates_beat(uint64_t now_ms, uint8_t *frame, size_t *size)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PostBeat b = POSTERN__POST_BEAT__INIT;
	b.mono_ms = now_ms;
	f.body_case = POSTERN__POST_FRAME__BODY_BEAT;
	f.beat = &b;
	return pack(&f, frame, size);
}

static struct waiting *free_place(struct post_gates *t)
{
	for (size_t i = 0; i < POST_REQUESTS_MAX; i++)
		if (t->waiting[i].request == 0)
			return &t->waiting[i];
	return NULL;
}

int post_gates_ask(struct post_gates *t, const char *gate, const Postern__SignedDecision *decision,
	const Postern__SignedOrder *order, void *asker, uint64_t now_ms, uint64_t *request, uint64_t *connection, uint8_t *frame,
	size_t *size)
{
	Postern__PostFrame f = POSTERN__POST_FRAME__INIT;
	Postern__PostRequest q = POSTERN__POST_REQUEST__INIT;
	struct gate *g = of_name(t, gate);
	struct waiting *w = free_place(t);
	int r;
	if ((decision == NULL) == (order == NULL))
		return PN_EINVAL;
	if (g == NULL || g->connection == 0 || !g->hello)
		return PN_ENOTFOUND;
	if (w == NULL)
		return PN_ELIMIT;
	q.request = t->next_request;
	q.gate = g->name;
	q.body_case = decision != NULL ? POSTERN__POST_REQUEST__BODY_DECIDE : POSTERN__POST_REQUEST__BODY_ORDER;
	if (decision != NULL)
		q.decide = (Postern__SignedDecision *)(uintptr_t)decision;
	else
		q.order = (Postern__SignedOrder *)(uintptr_t)order;
	f.body_case = POSTERN__POST_FRAME__BODY_REQUEST;
	f.request = &q;
	r = pack(&f, frame, size);
	if (r != PN_OK)
		return r;
	t->next_request++;
	*w = (struct waiting){ q.request, g->connection, (size_t)(g - t->gates), asker, now_ms + POST_REPLY_MS };
	*request = q.request;
	*connection = g->connection;
	return PN_OK;
}

uint64_t post_gates_silent(const struct post_gates *t, uint64_t now_ms)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->gates[i].connection != 0 && now_ms >= t->gates[i].heard_ms + POST_SILENCE_MS)
			return t->gates[i].connection;
	return 0;
}

size_t post_gates_count(const struct post_gates *t)
{
	return t->count;
}

int post_gates_get(const struct post_gates *t, size_t index, uint64_t now_ms, struct post_gate *out)
{
	const struct gate *g;
	if (index >= t->count)
		return PN_ENOTFOUND;
	g = &t->gates[index];
	out->name = g->name;
	out->connected = g->connection != 0 && g->hello;
	out->view = g->view;
	out->age_ms = g->view == NULL ? UINT64_MAX : now_ms > g->view_ms ? now_ms - g->view_ms : 0;
	out->stale = !out->connected || out->age_ms > POST_STALE_MS;
	return PN_OK;
}

int post_gates_find(const struct post_gates *t, const char *name, uint64_t now_ms, struct post_gate *out)
{
	for (size_t i = 0; i < t->count; i++)
		if (strcmp(t->gates[i].name, name) == 0)
			return post_gates_get(t, i, now_ms, out);
	return PN_ENOTFOUND;
}
