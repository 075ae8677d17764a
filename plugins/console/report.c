/* SPDX-License-Identifier: Apache-2.0
 * The shift's report: figures of the post and of each lane, who watched when, what was noted of people who may need protection. A supervisor
 * begins a shift. Must never hold anything of a person: notes are counted by their code.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "reason.h"
#include "state.h"

static struct shift *lane_shift(struct console *c, const char *gate)
{
	struct post_gate g;
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++) {
		if (strcmp(g.name, gate) != 0)
			continue;
		if (c->lane_shifts[i] == NULL && (c->lane_shifts[i] = malloc(sizeof *c->lane_shifts[i])) != NULL)
			shift_begin(c->lane_shifts[i], c->shift.since_wall_ms);
		return c->lane_shifts[i];
	}
	return NULL;
}

void report_record(struct console *c, const char *gate, const Postern__RecordClear *r)
{
	struct shift *lane = lane_shift(c, gate);
	shift_take(&c->shift, r);
	if (lane != NULL)
		shift_take(lane, r);
}

static void lanes_json(struct console *c, struct json *j)
{
	struct post_gate g;
	json_array(j, "lanes");
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++) {
		if (c->lane_shifts[i] == NULL)
			continue;
		json_object(j, NULL);
		json_string(j, "gate", g.name);
		shift_counts_json(c->lane_shifts[i], j);
		json_end_object(j);
	}
	json_end_array(j);
}

static void notes_json(const struct console *c, struct json *j)
{
	const char *reason;
	json_array(j, "safeguarding");
	for (unsigned i = 0; i < NOTES_MAX && (reason = safeguarding_reason(i)) != NULL; i++) {
		if (c->notes[i] == 0)
			continue;
		json_object(j, NULL);
		json_string(j, "reason", reason);
		json_unsigned(j, "count", c->notes[i]);
		json_end_object(j);
	}
	json_end_array(j);
}

/* "lane=NAME" asks for one lane's reasons and steps; without it the post's. */
void report_answer(struct console *c, struct web_request *r)
{
	struct reply p;
	struct shift *of = &c->shift;
	struct post_gate g;
	if (strncmp(r->query, "lane=", 5) == 0)
		of = post_gates_find(c->table, r->query + 5, clock_mono_ms(), &g) == PN_OK ? lane_shift(c, g.name) : NULL;
	else if (r->query[0] != '\0')
		of = NULL;
	if (of == NULL) {
		answer_code(r, 404, "console.nothing");
		return;
	}
	if (!reply_begin(&p)) {
		answer_code(r, 503, "console.busy");
		return;
	}
	json_string(&p.json, "post", c->post);
	json_number(&p.json, "until_wall_ms", clock_wall_ms());
	shift_json(of, &p.json);
	if (of == &c->shift) {
		lanes_json(c, &p.json);
		notes_json(c, &p.json);
		watch_json(c, &p.json);
	}
	reply_end(&p, r, NULL);
}

void report_begin(struct console *c, struct web_request *r, const struct session *s)
{
	int64_t now = clock_wall_ms();
	if (audit_ask(c, "console.shift_begin", s->account, "", "", NULL, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, "") == 0) {
		answer_code(r, 503, "console.not_recorded");
		return;
	}
	shift_begin(&c->shift, now);
	for (size_t i = 0; i < POST_GATES_MAX; i++)
		if (c->lane_shifts[i] != NULL)
			shift_begin(c->lane_shifts[i], now);
	memset(c->notes, 0, sizeof c->notes);
	c->turn_count = 0;
	answer_code(r, 200, "shift.begun");
}

void report_noted(struct console *c, const char *reason)
{
	const char *known;
	for (unsigned i = 0; i < NOTES_MAX && (known = safeguarding_reason(i)) != NULL; i++)
		c->notes[i] += strcmp(known, reason) == 0;
}

/* A code and who saw it, about the lane's present crossing or the one before; answered when it is durable. */
void report_note(struct console *c, struct web_request *r, const struct session *s, const struct form *f)
{
	const char *reason = form_text(f, "reason"), *role = form_text(f, "role"), *gate = form_text(f, "gate"),
		   *crossing = form_text(f, "crossing");
	char detail[AUDIT_DETAIL];
	if (!safeguarding_reason_valid(reason) || !safeguarding_role_valid(role)) {
		answer_code(r, 400, "note.incomplete");
		return;
	}
	if (!watch_crossing(c, gate, crossing)) {
		answer_code(r, 409, "decision.stale");
		return;
	}
	struct ask *a = words_place(c, r, s, ASK_NOTE);
	if (a == NULL)
		return;
	snprintf(detail, sizeof detail, "%s.%s", reason, role);
	text_copy(a->reason, sizeof a->reason, reason);
	a->audit = audit_ask(c, "console.safeguarding", s->account, gate, crossing, NULL, POSTERN__VIEW_PURPOSE__VIEW_SAFEGUARDING, detail);
	if (a->audit == 0)
		words_end(c, a, 503, "console.not_recorded");
}

void report_free(struct console *c)
{
	for (size_t i = 0; i < POST_GATES_MAX; i++)
		free(c->lane_shifts[i]);
}
