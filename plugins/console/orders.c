/* SPDX-License-Identifier: Apache-2.0
 * Orders to a lane and the duty of officers. Must never give an order that the officer's role does not, nor let anybody watch more lanes,
 * or longer, than the post allows.
 */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "reason.h"
#include "state.h"

#define KIND(name) POSTERN__LANE_ORDER_KIND__ORDER_##name

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static Postern__LaneOrderKind kind_find(const char *name)
{
	static const struct {
		const char *name;
		Postern__LaneOrderKind kind;
	} kinds[] = {{"assist", KIND(ASSIST)}, {"end-assist", KIND(END_ASSIST)}, {"close", KIND(CLOSE)}, {"lock", KIND(LOCK)}, {"controlled", KIND(MODE)}, {"free", KIND(MODE)},
		{"out-of-service", KIND(OUT_OF_SERVICE)}, {"resume", KIND(RESUME)}, {"duty-on", KIND(DUTY_ON)}, {"duty-off", KIND(DUTY_OFF)},
		{"acknowledge", KIND(ACKNOWLEDGE)}};
	for (size_t i = 0; i < PN_COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return KIND(UNSPECIFIED);
}

static Postern__LaneMode mode_of(const char *name)
{
	if (strcmp(name, "free") == 0)
		return POSTERN__LANE_MODE__MODE_FREE;
	return strcmp(name, "controlled") == 0 ? POSTERN__LANE_MODE__MODE_CONTROLLED : POSTERN__LANE_MODE__MODE_UNSPECIFIED;
}

static enum act act_of(Postern__LaneOrderKind kind)
{
	switch (kind) {
	case KIND(ASSIST):
	case KIND(END_ASSIST):
	case KIND(CLOSE):
		return ACT_ASSIST;
	case KIND(LOCK):
		return ACT_LOCK;
	case KIND(MODE):
	case KIND(OUT_OF_SERVICE):
	case KIND(RESUME):
		return ACT_SERVICE;
	case KIND(DUTY_ON):
	case KIND(DUTY_OFF):
		return ACT_DUTY;
	case KIND(ACKNOWLEDGE):
		return ACT_ACKNOWLEDGE;
	case KIND(OPEN_REFERRAL):
		return ACT_SEE_PERSON;
	case KIND(UNSPECIFIED):
	case _POSTERN__LANE_ORDER_KIND_IS_INT_SIZE:
		break;
	}
	return ACT_COUNT;
}

static bool wants_reason(Postern__LaneOrderKind kind)
{
	return kind == KIND(ASSIST) || kind == KIND(LOCK) || kind == KIND(MODE) || kind == KIND(OUT_OF_SERVICE);
}

/* How many lanes this officer watches or is about to, besides this one. */
static unsigned watched(struct console *c, const char *officer, const char *but)
{
	struct post_gate g;
	uint64_t now = clock_mono_ms();
	unsigned n = 0;
	for (size_t i = 0; post_gates_get(c->table, i, now, &g) == PN_OK; i++) {
		const struct watch *w = &c->watches[i];
		bool promised = strcmp(w->promised, officer) == 0 && now < w->promised_until_ms;
		if (g.view != NULL && strcmp(g.name, but) != 0 && (promised || strcmp(g.view->on_duty, officer) == 0))
			n++;
	}
	for (size_t i = 0; i < ASKS_MAX; i++)
		if (c->asks[i].used && c->asks[i].duty && strcmp(c->asks[i].gate, but) != 0 && strcmp(c->asks[i].reason, officer) == 0)
			n++;
	return n;
}

/* Which refusal a wish to watch meets, or NULL; *left is for how long then. */
static const char *duty_refusal(struct console *c, const struct session *s, const char *gate, uint32_t *left)
{
	*left = (uint32_t)duty_left_ms(&c->duty, s->account, clock_mono_ms());
	if (watched(c, s->account, gate) >= c->gates_per_officer)
		return "duty.too_many";
	return *left == 0 ? "duty.rest" : NULL;
}

static bool complete(const struct form *f, Postern__LaneOrder *o)
{
	uint64_t hold = 0;
	if (wants_reason(o->kind) && !order_reason_valid(form_text(f, "reason")))
		return false;
	if (o->kind == KIND(ASSIST) && (form_number(f, "hold_ms", &hold) != PN_OK || hold > 5000))
		return false;
	o->hold_ms = (uint32_t)hold;
	return o->kind != KIND(ACKNOWLEDGE) || form_number(f, "alarm", &o->alarm_id) == PN_OK;
}

void words_order(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
	struct post_gate g;
	const char *gate = form_text(f, "gate"), *refusal;
	o.kind = kind_find(form_text(f, "kind"));
	if (!role_may(s->role, act_of(o.kind))) {
		answer_code(r, 403, "console.denied");
		return;
	}
	if (!complete(f, &o)) {
		answer_code(r, 400, "order.incomplete");
		return;
	}
	refusal = o.kind == KIND(DUTY_ON) ? duty_refusal(c, s, gate, &o.hold_ms) : NULL;
	if (post_gates_find(c->table, gate, clock_mono_ms(), &g) != PN_OK || !g.connected || g.view == NULL)
		refusal = "console.gate_away";
	if (refusal != NULL) {
		answer_code(r, 409, refusal);
		return;
	}
	o.gate = text_of(g.name);
	o.epoch = g.view->epoch;
	o.reason_code = text_of(wants_reason(o.kind) ? form_text(f, "reason") : "");
	o.mode = mode_of(form_text(f, "kind"));
	if (o.kind == KIND(DUTY_ON) && g.view->on_duty[0] != '\0' && strcmp(g.view->on_duty, s->account) != 0)
		audit_ask(c, "console.hand_over", s->account, g.name, "", NULL, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, "");
	struct ask *a = words_place(c, r, s, ASK_WORD);
	if (a == NULL)
		return;
	a->duty = o.kind == KIND(DUTY_ON);
	text_copy(a->gate, sizeof a->gate, g.name);
	text_copy(a->reason, sizeof a->reason, s->account);
	int err = words_send_order(c, a, s->account, &o);
	if (err != PN_OK)
		words_failed(c, a, err);
}

void words_off_duty(struct console *c, const char *officer)
{
	struct post_gate g;
	for (size_t i = 0; post_gates_get(c->table, i, clock_mono_ms(), &g) == PN_OK; i++) {
		Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
		if (!g.connected || g.view == NULL || strcmp(g.view->on_duty, officer) != 0)
			continue;
		o.kind = KIND(DUTY_OFF);
		o.gate = text_of(g.name);
		o.epoch = g.view->epoch;
		if (words_send_order(c, NULL, officer, &o) != PN_OK) /* its turn ends by itself */
			c->host->log(c->host->ctx, POSTERN_WARNING, "console.off_duty_not_sent", g.name);
	}
}
