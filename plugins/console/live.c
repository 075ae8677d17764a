/* SPDX-License-Identifier: Apache-2.0
 * What open pages are told as it happens: each lane's newest view, and a beat by which a page knows that it still hears. Must never tell
 * a page whose session is over, nor anything personal: a view holds nothing of that kind.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "state.h"

enum { TOPIC_BEAT = 1, TOPIC_LANES = 2 };

bool live_admit(struct console *c, const struct web_request *handshake, void **socket_self)
{
	struct session *s = login_session(c, handshake);
	*socket_self = NULL;
	if (s == NULL || !role_may(s->role, ACT_SEE_LANES) || strcmp(handshake->path, "/live") != 0)
		return false;
	for (size_t i = 0; i < PAGES_MAX; i++) {
		if (c->pages[i].used)
			continue;
		c->pages[i] = (struct page){.used = true, .session = s->id};
		*socket_self = &c->pages[i];
		return true;
	}
	return false;
}

static char *lane_text(const struct post_gate *g, size_t *size)
{
	char *text = NULL;
	struct json j;
	FILE *f = open_memstream(&text, size);
	if (f == NULL)
		return NULL;
	json_begin(&j, f, false);
	json_object(&j, NULL);
	json_string(&j, "type", "lane");
	json_string(&j, "name", g->name);
	json_bool(&j, "connected", g->connected);
	json_unsigned(&j, "age_ms", g->view != NULL ? g->age_ms : 0);
	if (g->view != NULL)
		json_message(&j, "view", &g->view->base);
	json_end_object(&j);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

static void tell(struct console *c, struct page *only, size_t index)
{
	struct post_gate g;
	size_t size = 0;
	if (post_gates_get(c->table, index, clock_mono_ms(), &g) != PN_OK)
		return;
	char *text = lane_text(&g, &size);
	for (size_t i = 0; text != NULL && i < PAGES_MAX; i++) {
		struct page *p = &c->pages[i];
		if (p->socket != NULL && (only == NULL || p == only) &&
			web_send(p->socket, (unsigned)(TOPIC_LANES + index), WEB_TEXT, text, size) != 0)
			c->host->count(c->host->ctx, "pages_dropped_total", 1);
	}
	free(text);
}

void live_lane(struct console *c, const char *gate)
{
	struct post_gate g;
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++)
		if (strcmp(g.name, gate) == 0)
			tell(c, NULL, i);
}

void live_opened(struct console *c, struct web_socket *w, struct page *page)
{
	if (session_by_id(&c->sessions, page->session) == NULL) {
		web_drop(w);
		return;
	}
	page->socket = w;
	for (size_t i = 0; i < post_gates_count(c->table); i++)
		tell(c, page, i);
	live_beat(c);
}

void live_closed(struct console *c, struct page *page)
{
	(void)c;
	memset(page, 0, sizeof *page);
}

void live_beat(struct console *c)
{
	char text[96];
	int n = snprintf(text, sizeof text, "{\"type\":\"beat\",\"wall_ms\":%lld,\"lanes\":%zu}", (long long)clock_wall_ms(),
		post_gates_count(c->table));
	for (size_t i = 0; i < PAGES_MAX; i++)
		if (c->pages[i].socket != NULL && web_send(c->pages[i].socket, TOPIC_BEAT, WEB_TEXT, text, (size_t)n) != 0)
			c->host->count(c->host->ctx, "pages_dropped_total", 1);
}

void live_end(struct console *c, uint64_t session)
{
	for (size_t i = 0; i < PAGES_MAX; i++)
		if (c->pages[i].socket != NULL && c->pages[i].session == session)
			web_drop(c->pages[i].socket);
}
