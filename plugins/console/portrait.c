/* SPDX-License-Identifier: Apache-2.0
 * Portraits of a referral that an officer has been shown: kept for that session alone, until the lane has moved on, the session is over
 * or so much time has passed, then wiped. Must never be given to a session other than the one whose look was recorded.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jpeg.h"
#include "base/text.h"
#include "state.h"

static void forget(struct portrait *p)
{
	if (p->bytes != NULL)
		explicit_bzero(p->bytes, p->size);
	free(p->bytes);
	explicit_bzero(p, sizeof *p);
}

/* The oldest gives way. */
static struct portrait *place(struct console *c)
{
	struct portrait *oldest = &c->portraits[0];
	for (size_t i = 0; i < PORTRAITS_MAX; i++) {
		struct portrait *p = &c->portraits[i];
		if (p->bytes == NULL)
			return p;
		if (p->since_ms < oldest->since_ms)
			oldest = p;
	}
	forget(oldest);
	return oldest;
}

static const char *source_name(Postern__PortraitSource source)
{
	switch (source) {
	case POSTERN__PORTRAIT_SOURCE__PORTRAIT_CHIP:
		return "chip";
	case POSTERN__PORTRAIT_SOURCE__PORTRAIT_LIVE:
		return "live";
	case POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED:
		return "printed";
	case POSTERN__PORTRAIT_SOURCE__PORTRAIT_UNSPECIFIED:
	case _POSTERN__PORTRAIT_SOURCE_IS_INT_SIZE:
		break;
	}
	return NULL;
}

/* A gate names the type: only these are passed on. */
static const char *type_of(const Postern__Portrait *p)
{
	static const char *const types[] = {"image/jpeg", "image/jp2", "image/png"};
	for (size_t i = 0; i < PN_COUNT(types); i++)
		if (strcmp(p->media_type, types[i]) == 0)
			return types[i];
	return NULL;
}

/* e->asker is the look that the gate has answered: it still names session and crossing (words.c keeps its place so long). */
void portrait_take(struct console *c, const struct post_event *e)
{
	const struct ask *a = e->asker;
	const char *source = source_name(e->portrait->source), *type = type_of(e->portrait);
	if (a == NULL || !a->used || a->kind != ASK_PORTRAIT || source == NULL || type == NULL || e->size > WEB_BODY_MAX)
		return;
	/* Of a reader's picture no gate's word is taken for it. */
	if (e->portrait->source == POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED && jpeg_check(e->bytes, e->size) != PN_OK)
		return;
	struct portrait *p = place(c);
	p->bytes = malloc(e->size);
	if (p->bytes == NULL)
		return;
	memcpy(p->bytes, e->bytes, e->size);
	p->size = e->size;
	p->session = a->session;
	p->type = type;
	p->since_ms = clock_mono_ms();
	text_copy(p->source, sizeof p->source, source);
	text_copy(p->gate, sizeof p->gate, a->gate);
	text_copy(p->crossing, sizeof p->crossing, a->crossing);
}

/* "crossing=ID&source=chip" */
void portrait_answer(struct console *c, struct web_request *r, const struct session *s)
{
	char wanted[WEB_QUERY_MAX];
	for (size_t i = 0; i < PORTRAITS_MAX; i++) {
		const struct portrait *p = &c->portraits[i];
		if (p->bytes == NULL || p->session != s->id)
			continue;
		snprintf(wanted, sizeof wanted, "crossing=%s&source=%s", p->crossing, p->source);
		if (strcmp(wanted, r->query) == 0) {
			const struct web_answer a = {.status = 200, .type = p->type, .body = p->bytes, .size = p->size};
			web_answer(r, &a);
			return;
		}
	}
	answer_code(r, 404, "console.nothing");
}

void portrait_tick(struct console *c, uint64_t now)
{
	struct post_gate g;
	for (size_t i = 0; i < PORTRAITS_MAX; i++) {
		struct portrait *p = &c->portraits[i];
		if (p->bytes == NULL)
			continue;
		bool here = post_gates_find(c->table, p->gate, now, &g) == PN_OK && g.connected && g.view != NULL &&
			    strcmp(g.view->crossing_id, p->crossing) == 0;
		if (!here || session_by_id(&c->sessions, p->session) == NULL || now - p->since_ms > PORTRAIT_MS)
			forget(p);
	}
}

void portrait_free(struct console *c)
{
	for (size_t i = 0; i < PORTRAITS_MAX; i++)
		forget(&c->portraits[i]);
}
