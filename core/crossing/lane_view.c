/* SPDX-License-Identifier: Apache-2.0
 * Building views: see lane_view.h. Must never show a check as made that was not, or a value that is not sensed now.
 */
#include "crossing/lane_view.h"

#include <string.h>

#include "crossing/lane_run.h"

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)(s != NULL ? s : "");
}

/* The worst of two: failed, aborted, undetermined, successful, not performed. */
static Postern__CheckResult worse(Postern__CheckResult a, Postern__CheckResult b)
{
	static const Postern__CheckResult order[] = { RESULT(FAILED), RESULT(ABORTED), RESULT(UNDETERMINED), RESULT(SUCCESSFUL) };
	for (size_t i = 0; i < PN_COUNT(order); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return RESULT(NOT_PERFORMED);
}

static Postern__CheckResult of_verdict(Postern__Verdict v)
{
	if (v == POSTERN__VERDICT__VERDICT_CLEAR)
		return RESULT(SUCCESSFUL);
	return v == POSTERN__VERDICT__VERDICT_REFER ? RESULT(UNDETERMINED) : RESULT(FAILED);
}

/* A list that was searched well and had a match is nothing to pass over. */
static Postern__CheckResult background(const struct crossing *c)
{
	Postern__CheckResult r = RESULT(NOT_PERFORMED);
	if (c->watchlist != NULL)
		r = worse(r, c->watchlist->n_matches > 0 ? RESULT(FAILED) : c->watchlist->result);
	if (c->history != NULL)
		r = worse(r, c->history->result);
	if (c->rules != NULL)
		r = worse(r, of_verdict(c->rules->verdict));
	return r;
}

static void add_light(struct lane_view *out, Postern__CheckBlock block, Postern__CheckResult result, bool running)
{
	Postern__BlockLight *l = &out->light[out->view.n_lights];
	postern__block_light__init(l);
	l->block = block;
	l->result = result;
	l->running = running;
	out->lights[out->view.n_lights++] = l;
}

static void add_lights(struct lane_view *out, const struct crossing *c)
{
	struct crossing_chip chip;
	bool chip_runs = c->chip_asked && !c->chip_done && !c->concluded;
	crossing_chip(c, &chip);
	add_light(out, POSTERN__CHECK_BLOCK__BLOCK_OPTICAL, c->document != NULL ? c->document->overall : RESULT(NOT_PERFORMED),
		c->presented != NULL && !c->document_done && !c->concluded);
	add_light(out, POSTERN__CHECK_BLOCK__BLOCK_ELECTRONIC, chip_runs ? RESULT(NOT_PERFORMED) : chip.result, chip_runs);
	add_light(out, POSTERN__CHECK_BLOCK__BLOCK_BIOMETRIC, c->face != NULL ? c->face->result : RESULT(NOT_PERFORMED),
		c->face_asked && !c->face_done);
	add_light(out, POSTERN__CHECK_BLOCK__BLOCK_BACKGROUND, background(c),
		c->step_running[STEP_LISTS] || c->step_running[STEP_RULES]);
	out->view.lights = out->lights;
}

static void add_alarms(struct lane_view *out, const struct lane *lane)
{
	for (unsigned i = 0; i < LANE_ALARMS; i++) {
		const struct lane_alarm *from = &lane->alarms[i];
		Postern__LaneAlarm *a = &out->alarm[out->view.n_alarms];
		if (from->id == 0)
			continue;
		postern__lane_alarm__init(a);
		a->id = from->id;
		a->code = text_of(from->code);
		a->raised_wall_ms = from->raised_wall_ms;
		a->active = from->active;
		a->acknowledged = from->acknowledged;
		a->acknowledged_by = text_of(from->by);
		a->escalated = strcmp(from->code, ALARM_ESCALATED) == 0;
		out->alarms[out->view.n_alarms++] = a;
	}
	out->view.alarms = out->alarms;
}

static void add_sensed(struct lane_view *out, const struct lane *lane)
{
	const struct gate_sensed *s = &lane->sensed;
	if (!lane->has_sensed || lane->sensed_stale)
		return;
	postern__gate_sensed__init(&out->sensed);
	out->sensed.entry_leaf = (Postern__LeafPosition)s->entry_leaf;
	out->sensed.exit_leaf = (Postern__LeafPosition)s->exit_leaf;
	out->sensed.occupants = s->occupants;
	out->sensed.occupants_known = s->occupants_known;
	out->sensed.object_left = s->object_left;
	out->sensed.fire_alarm = s->fire;
	out->sensed.emergency_stop = s->estop;
	out->sensed.mains_ok = s->mains_ok;
	out->sensed.ups_low = s->ups_low;
	out->sensed.tamper = s->tamper;
	out->sensed.self_test_ok = s->self_test_ok;
	out->sensed.key_reset = s->key_reset;
	out->sensed.in_maintenance = s->maintenance;
	out->view.sensed = &out->sensed;
}

static void add_crossing(struct lane_view *out, const struct lane *lane, uint64_t now_ms)
{
	const struct crossing *c = &lane->crossing;
	Postern__LaneView *v = &out->view;
	if (!c->active)
		return;
	v->crossing_id = text_of(c->id);
	for (int i = 0; i < STEP_COUNT_; i++)
		if (c->step_running[i])
			out->steps[v->n_steps++] = text_of(crossing_step_name((enum crossing_step)i));
	v->steps = out->steps;
	add_lights(out, c);
	if (!c->waiting_officer || !c->verdict_durable)
		return;
	v->waiting_verdict_hash.data = (uint8_t *)(uintptr_t)c->verdict_hash;
	v->waiting_verdict_hash.len = sizeof c->verdict_hash;
	v->waiting_exception = c->verdict.exception;
	v->waiting_reason = text_of(record_key(c->verdict.reason));
	v->waiting_reason_argument = text_of(record_argument(c->verdict.argument));
	v->second_officer_needed = lane_needs_second(lane);
	if (c->step_running[STEP_OFFICER])
		v->hold_ms = (uint32_t)(now_ms - c->step_begun_mono_ms[STEP_OFFICER]);
}

static void add_order(struct lane_view *out, const struct lane *lane)
{
	const struct lane_ordered *o = &lane->ordered;
	if (o->progress == POSTERN__ORDER_PROGRESS__ORDER_PROGRESS_UNSPECIFIED)
		return;
	postern__order_status__init(&out->order);
	out->order.officer = text_of(o->officer);
	out->order.sequence = o->sequence;
	out->order.kind = o->kind;
	out->order.progress = o->progress;
	out->view.last_order = &out->order;
}

void lane_view_build(struct lane_view *out, const struct lane *lane, uint64_t now_ms)
{
	Postern__LaneView *v = &out->view;
	memset(out, 0, sizeof *out);
	postern__lane_view__init(v);
	v->gate = text_of(lane->config.record.lane);
	v->state = text_of(gate_state_name(lane->gate.state));
	v->state_ms = (uint32_t)(now_ms - lane->state_since_ms);
	v->direction = lane->config.record.direction;
	v->mode = lane->config.record.mode;
	v->guidance = lane->guidance;
	v->serving = lane_ready(lane);
	v->officer_required = lane->config.officer_required;
	v->on_duty = text_of(lane->on_duty ? lane->duty_officer : "");
	v->duty_until_wall_ms = lane->on_duty ? lane->duty_until_wall_ms : 0;
	v->crossings = lane->crossings;
	v->referrals = lane->referrals;
	add_crossing(out, lane, now_ms);
	add_alarms(out, lane);
	add_sensed(out, lane);
	add_order(out, lane);
}
