/* SPDX-License-Identifier: Apache-2.0
 * Who watches which lane, as the lanes' own views say: turns and hand-overs for the shift's report, and the end of a duty whose officer
 * has no page open any more. Must never believe that somebody watches because they once said so.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "state.h"

static bool watches_any(struct console *c, const char *officer, uint64_t now)
{
	struct post_gate g;
	for (size_t i = 0; post_gates_get(c->table, i, now, &g) == PN_OK; i++)
		if (g.connected && g.view != NULL && strcmp(g.view->on_duty, officer) == 0)
			return true;
	return false;
}

static void turn_ended(struct console *c, struct watch *w, const char *gate)
{
	struct turn *t = &c->turns[c->turn_count++ % TURNS_KEPT];
	text_copy(t->officer, sizeof t->officer, w->officer);
	text_copy(t->gate, sizeof t->gate, gate);
	t->from_wall_ms = w->since_wall_ms;
	t->until_wall_ms = clock_wall_ms();
}

static struct watch *watch_of(struct console *c, const char *gate, struct post_gate *g)
{
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), g) == PN_OK; i++)
		if (strcmp(g->name, gate) == 0)
			return &c->watches[i];
	return NULL;
}

void watch_lane(struct console *c, const char *gate)
{
	struct post_gate g;
	uint64_t now = clock_mono_ms();
	struct watch *w = watch_of(c, gate, &g);
	if (w == NULL)
		return;
	const char *officer = g.connected && g.view != NULL ? g.view->on_duty : "";
	char before[sizeof w->officer];
	if (g.view != NULL && g.view->crossing_id[0] != '\0' && strcmp(w->crossing, g.view->crossing_id) != 0) {
		memcpy(w->crossing_before, w->crossing, sizeof w->crossing);
		text_copy(w->crossing, sizeof w->crossing, g.view->crossing_id);
	}
	if (strcmp(w->officer, officer) == 0)
		return;
	if (w->officer[0] != '\0')
		turn_ended(c, w, gate);
	memcpy(before, w->officer, sizeof before);
	w->promised[0] = '\0';
	w->since_wall_ms = clock_wall_ms();
	w->absent_since_ms = 0;
	if (!text_copy(w->officer, sizeof w->officer, officer) || account_find(&c->accounts, officer) == NULL)
		w->officer[0] = '\0'; /* nobody of this post's */
	if (w->officer[0] != '\0')
		duty_seen(&c->duty, w->officer, true, now);
	if (before[0] != '\0')
		duty_seen(&c->duty, before, watches_any(c, before, now), now);
}

void watch_promised(struct console *c, const char *gate, const char *officer)
{
	struct post_gate g;
	struct watch *w = watch_of(c, gate, &g);
	if (w == NULL || strcmp(w->officer, officer) == 0 || !text_copy(w->promised, sizeof w->promised, officer))
		return;
	w->promised_until_ms = clock_mono_ms() + PROMISED_MS;
}

static bool has_page(struct console *c, const char *officer)
{
	for (size_t i = 0; i < PAGES_MAX; i++) {
		const struct session *s = c->pages[i].socket != NULL ? session_by_id(&c->sessions, c->pages[i].session) : NULL;
		if (s != NULL && strcmp(s->account, officer) == 0)
			return true;
	}
	return false;
}

/* Only a duty that was taken over this line has an end. */
void watch_tick(struct console *c, uint64_t now)
{
	struct post_gate g;
	for (size_t i = 0; post_gates_get(c->table, i, now, &g) == PN_OK; i++) {
		struct watch *w = &c->watches[i];
		bool theirs = g.connected && g.view != NULL && w->officer[0] != '\0' && g.view->duty_until_wall_ms != 0;
		if (!theirs || has_page(c, w->officer)) {
			w->absent_since_ms = 0;
		} else if (w->absent_since_ms == 0) {
			w->absent_since_ms = now;
		} else if (now - w->absent_since_ms >= ABSENT_MS) {
			w->absent_since_ms = 0;
			audit_ask(c, "console.absent", w->officer, g.name, "", NULL, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, "");
			words_off_duty(c, w->officer);
		}
	}
}

bool watch_crossing(struct console *c, const char *gate, const char *crossing)
{
	struct post_gate g;
	const struct watch *w = watch_of(c, gate, &g);
	return w != NULL && crossing[0] != '\0' && (strcmp(w->crossing, crossing) == 0 || strcmp(w->crossing_before, crossing) == 0);
}

static void turn_json(struct json *j, const char *officer, const char *gate, int64_t from, int64_t until)
{
	json_object(j, NULL);
	json_string(j, "officer", officer);
	json_string(j, "gate", gate);
	json_number(j, "from_wall_ms", from);
	json_number(j, "until_wall_ms", until);
	json_end_object(j);
}

void watch_json(struct console *c, struct json *j)
{
	struct post_gate g;
	json_array(j, "turns");
	for (uint64_t i = c->turn_count > TURNS_KEPT ? c->turn_count - TURNS_KEPT : 0; i < c->turn_count; i++) {
		const struct turn *t = &c->turns[i % TURNS_KEPT];
		turn_json(j, t->officer, t->gate, t->from_wall_ms, t->until_wall_ms);
	}
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++)
		if (c->watches[i].officer[0] != '\0')
			turn_json(j, c->watches[i].officer, g.name, c->watches[i].since_wall_ms, 0);
	json_end_array(j);
}
