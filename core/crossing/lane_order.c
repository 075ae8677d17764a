/* SPDX-License-Identifier: Apache-2.0
 * Orders from the control post: duty, assist with a dead man's hold, mode, service, alarms, looking at a referral. An order names
 * gate, core, officer and number; it is valid once and not long. Signatures are verified before it gets here. What it comes to is
 * judged by what is sensed, never by what was commanded, and not before its record is durable.
 * Must never let an order's loss, or the line's, do anything to a person inside: an assist that nobody renews shuts as any other.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"

#define KIND(name) POSTERN__LANE_ORDER_KIND__ORDER_##name

enum {
	ORDER_LIFE_MS = 10000,
	ORDER_SKEW_MS = 5000,
	HOLD_MIN_MS = 500,
	HOLD_MAX_MS = 5000,
	TURN_MAX_MS = 3900000, /* an hour, and five minutes to hand over */
};

static bool wants_reason(Postern__LaneOrderKind kind)
{
	return kind == KIND(ASSIST) || kind == KIND(LOCK) || kind == KIND(MODE) || kind == KIND(OUT_OF_SERVICE);
}

/* Where this officer's last number stands; a new one takes a free place. NULL: more officers than there can be keys. */
static uint64_t *heard(struct lane *lane, const char *officer)
{
	for (unsigned i = 0; i < LANE_OFFICERS; i++) {
		if (lane->heard[i].officer[0] == '\0')
			text_copy(lane->heard[i].officer, sizeof lane->heard[i].officer, officer);
		if (strcmp(lane->heard[i].officer, officer) == 0)
			return &lane->heard[i].sequence;
	}
	return NULL;
}

static int check(struct lane_run *run)
{
	const Postern__LaneOrder *o = run->in->order;
	struct lane *lane = run->lane;
	int64_t now = run->in->wall_ms;
	uint64_t *last;
	lane->refusal = NULL;
	if (strcmp(o->gate, lane->config.record.lane) != 0)
		return refuse(lane, "order.other_gate", PN_EDENIED);
	if (o->epoch != run->in->epoch)
		return refuse(lane, "order.other_core", PN_ECONFLICT);
	if (o->officer[0] == '\0' || strlen(o->officer) >= sizeof lane->ordered.officer ||
		(wants_reason(o->kind) && record_key(o->reason_code)[0] == '\0'))
		return refuse(lane, "order.incomplete", PN_EDENIED);
	if (o->issued_wall_ms > now + ORDER_SKEW_MS || o->expires_wall_ms < now ||
		o->expires_wall_ms - o->issued_wall_ms > ORDER_LIFE_MS)
		return refuse(lane, "order.expired", PN_EDENIED);
	last = heard(lane, o->officer);
	if (last == NULL || o->sequence <= *last)
		return refuse(lane, "order.replayed", PN_EDENIED);
	*last = o->sequence; /* whatever comes of it, it has been given */
	return PN_OK;
}

static int by_event(struct lane_run *run, enum gate_event event, const char *audit)
{
	const Postern__LaneOrder *o = run->in->order;
	if (!run_would_take(run->lane, event))
		return refuse(run->lane, "order.not_now", PN_EAGAIN);
	run_event(run, event);
	record_audit_detail(run, audit, o->officer, record_key(o->reason_code));
	return PN_OK;
}

/* The first opens; each further one holds it open for as long again. */
static int assist(struct lane_run *run)
{
	const Postern__LaneOrder *o = run->in->order;
	struct lane *lane = run->lane;
	int r = PN_OK;
	if (o->hold_ms < HOLD_MIN_MS || o->hold_ms > HOLD_MAX_MS)
		return refuse(lane, "order.incomplete", PN_EDENIED);
	if (lane->gate.state != GATE_STATE_ASSIST_OPEN)
		r = by_event(run, GATE_EVENT_ASSIST_BEGIN, "officer.assist");
	else if (lane->assist_until_ms == 0)
		return refuse(lane, "order.not_now", PN_EAGAIN); /* opened at the lane itself: who did shuts it */
	if (r == PN_OK)
		lane->assist_until_ms = run->in->mono_ms + o->hold_ms;
	return r;
}

static int end_assist(struct lane_run *run)
{
	int r = by_event(run, GATE_EVENT_ASSIST_END, "officer.end_assist");
	if (r == PN_OK)
		run->lane->assist_until_ms = 0;
	return r;
}

static int duty(struct lane_run *run, bool on)
{
	const Postern__LaneOrder *o = run->in->order;
	struct lane *lane = run->lane;
	if (on && o->hold_ms > TURN_MAX_MS)
		return refuse(lane, "order.incomplete", PN_EDENIED);
	if (!on && strcmp(lane->duty_officer, o->officer) != 0)
		return refuse(lane, "order.not_on_duty", PN_EDENIED);
	lane->on_duty = lane->duty_by_post = on;
	lane->duty_until_ms = on && o->hold_ms > 0 ? run->in->mono_ms + o->hold_ms : 0;
	lane->duty_until_wall_ms = on && o->hold_ms > 0 ? run->in->wall_ms + o->hold_ms : 0;
	text_copy(lane->duty_officer, sizeof lane->duty_officer, on ? o->officer : "");
	record_audit(run, on ? "officer.duty_on" : "officer.duty_off", o->officer);
	return PN_OK;
}

static int carry_out(struct lane_run *run)
{
	const Postern__LaneOrder *o = run->in->order;
	switch (o->kind) {
	case KIND(ASSIST):
		return assist(run);
	case KIND(END_ASSIST):
	case KIND(CLOSE):
		return end_assist(run);
	case KIND(LOCK):
		return mode_order(run, POSTERN__LANE_MODE__MODE_LOCKED, o->officer, o->reason_code);
	case KIND(MODE):
		return mode_order(run, o->mode, o->officer, o->reason_code);
	case KIND(OUT_OF_SERVICE):
		return by_event(run, GATE_EVENT_OUT_OF_SERVICE, "officer.out_of_service");
	case KIND(RESUME):
		return by_event(run, GATE_EVENT_RESUME, "officer.resume");
	case KIND(DUTY_ON):
		return duty(run, true);
	case KIND(DUTY_OFF):
		return duty(run, false);
	case KIND(ACKNOWLEDGE):
		if (alarm_acknowledge(run, o->alarm_id, o->officer) != PN_OK)
			return refuse(run->lane, "order.no_such_alarm", PN_ENOTFOUND);
		record_audit(run, "officer.acknowledge", o->officer);
		return PN_OK;
	case KIND(OPEN_REFERRAL):
		return referral_open(run, o);
	case KIND(UNSPECIFIED):
	case _POSTERN__LANE_ORDER_KIND_IS_INT_SIZE:
		break;
	}
	return refuse(run->lane, "order.incomplete", PN_EDENIED);
}

int order_take(struct lane_run *run)
{
	const Postern__LaneOrder *o = run->in->order;
	struct lane_ordered *last = &run->lane->ordered;
	uint64_t before = run->lane->next_tag;
	int r = check(run);
	if (r == PN_OK)
		r = carry_out(run);
	if (r != PN_OK) {
		run->sink->count(run->sink->ctx, METRIC_DECISIONS_REFUSED, 1);
		return r;
	}
	/* Its record is the last that it makes. What makes none goes on with the one before: an assist that is held. */
	if (run->lane->next_tag != before)
		last->record = run->lane->next_tag - 1;
	text_copy(last->officer, sizeof last->officer, o->officer);
	last->sequence = o->sequence;
	last->kind = o->kind;
	last->mode = o->kind == KIND(LOCK) ? POSTERN__LANE_MODE__MODE_LOCKED : o->mode;
	last->progress = POSTERN__ORDER_PROGRESS__ORDER_TAKEN;
	return PN_OK;
}

void order_tick(struct lane_run *run)
{
	struct lane *lane = run->lane;
	uint64_t now = run->in->mono_ms;
	if (lane->duty_until_ms != 0 && now >= lane->duty_until_ms) {
		lane->on_duty = false;
		lane->duty_until_ms = 0;
		record_audit(run, "officer.turn_over", lane->duty_officer);
		lane->duty_officer[0] = '\0';
	}
	if (lane->assist_until_ms != 0 && now >= lane->assist_until_ms) {
		lane->assist_until_ms = 0;
		if (run_would_take(lane, GATE_EVENT_ASSIST_END))
			run_event(run, GATE_EVENT_ASSIST_END);
	}
}

uint64_t order_next_wake(const struct lane *lane)
{
	uint64_t at = lane->duty_until_ms != 0 ? lane->duty_until_ms : UINT64_MAX;
	return lane->assist_until_ms != 0 && lane->assist_until_ms < at ? lane->assist_until_ms : at;
}

static bool shut(const struct lane *lane)
{
	return lane->sensed.entry_leaf == GATE_LEAF_LOCKED && lane->sensed.exit_leaf == GATE_LEAF_LOCKED;
}

/* Is it so, by what is sensed and by the state that follows from it? */
static bool is_so(const struct lane *lane)
{
	const struct lane_ordered *o = &lane->ordered;
	switch (o->kind) {
	case KIND(ASSIST):
		return lane->gate.state == GATE_STATE_ASSIST_OPEN && lane->sensed.entry_leaf == GATE_LEAF_OPEN &&
		       lane->sensed.exit_leaf == GATE_LEAF_OPEN;
	case KIND(END_ASSIST):
	case KIND(CLOSE):
		return shut(lane);
	case KIND(LOCK):
	case KIND(MODE):
		return lane->config.record.mode == o->mode && mode_in_effect(lane) && (o->mode != POSTERN__LANE_MODE__MODE_LOCKED || shut(lane));
	case KIND(OUT_OF_SERVICE):
		return lane->gate.state == GATE_STATE_OUT_OF_SERVICE && shut(lane);
	case KIND(RESUME):
		/* A lane whose entry invites stands open by then. */
		return (lane->gate.state == GATE_STATE_IDLE && shut(lane)) ||
		       (lane->gate.state == GATE_STATE_INVITING && lane->sensed.exit_leaf == GATE_LEAF_LOCKED);
	case KIND(DUTY_ON):
		return lane_supervised(lane);
	case KIND(DUTY_OFF):
		return !lane->on_duty;
	case KIND(ACKNOWLEDGE):
	case KIND(OPEN_REFERRAL):
		return true;
	case KIND(UNSPECIFIED):
	case _POSTERN__LANE_ORDER_KIND_IS_INT_SIZE:
		break;
	}
	return false;
}

void order_recorded(struct lane_run *run, uint64_t tag)
{
	if (run->lane->ordered.record == tag)
		run->lane->ordered.record = 0;
}

void order_progress(struct lane_run *run)
{
	struct lane_ordered *o = &run->lane->ordered;
	bool so;
	if (o->progress == POSTERN__ORDER_PROGRESS__ORDER_PROGRESS_UNSPECIFIED)
		return;
	so = is_so(run->lane) && o->record == 0;
	if (o->progress == POSTERN__ORDER_PROGRESS__ORDER_TAKEN && so)
		o->progress = POSTERN__ORDER_PROGRESS__ORDER_CONFIRMED;
	else if (o->progress == POSTERN__ORDER_PROGRESS__ORDER_CONFIRMED && !so)
		o->progress = POSTERN__ORDER_PROGRESS__ORDER_LOST;
	/* An assist that ended before both leaves were seen open never came to be. */
	else if (o->progress == POSTERN__ORDER_PROGRESS__ORDER_TAKEN && o->kind == KIND(ASSIST) &&
		 run->lane->gate.state != GATE_STATE_ASSIST_OPEN)
		o->progress = POSTERN__ORDER_PROGRESS__ORDER_LOST;
}
