/* SPDX-License-Identifier: Apache-2.0
 * The officer's word. A decision names crossing, officer, reason, expiry and the verdict record it answers; it is valid
 * once and refused when the crossing has moved on. Signatures are verified before it gets here.
 * Must never admit without a durable verdict record.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"

/* Longest life of a decision, and how far the console's clock may run ahead. */
#define DECISION_LIFE_MS 120000
#define DECISION_SKEW_MS 5000

static bool replayed(struct lane *lane, const ProtobufCBinaryData *nonce)
{
	for (unsigned i = 0; i < lane->nonce_count && i < LANE_NONCES; i++)
		if (memcmp(lane->nonces[i], nonce->data, sizeof lane->nonces[i]) == 0)
			return true;
	return false;
}

/* Who overrides a watchlist needs another officer's agreement; one who was not asked for changes nothing. */
static bool agreed(const struct lane *lane, const Postern__Decision *d)
{
	if (d->decision != POSTERN__OFFICER_DECISION__DECISION_ADMIT || !lane_needs_second(lane))
		return true;
	return d->second_officer[0] != '\0' && strcmp(d->second_officer, d->officer) != 0;
}

static int check(struct lane_run *run)
{
	const Postern__Decision *d = run->in->decision;
	struct lane *lane = run->lane;
	const struct crossing *c = &lane->crossing;
	int64_t now = run->in->wall_ms;
	lane->refusal = NULL;
	if (d->reason_code[0] == '\0' || strlen(d->reason_code) >= sizeof c->reason_code || d->officer[0] == '\0' ||
		strlen(d->officer) >= sizeof c->officer || strlen(d->second_officer) >= sizeof c->second_officer ||
		d->nonce.len != sizeof lane->nonces[0])
		return refuse(lane, "decision.incomplete", PN_EDENIED);
	if (d->issued_wall_ms > now + DECISION_SKEW_MS || d->expires_wall_ms < now ||
		d->expires_wall_ms - d->issued_wall_ms > DECISION_LIFE_MS)
		return refuse(lane, "decision.expired", PN_EDENIED);
	/* Before it is asked what it answers: the first time has moved the crossing on. */
	if (replayed(lane, &d->nonce))
		return refuse(lane, "decision.replayed", PN_EDENIED);
	if (!c->active || strcmp(d->crossing_id, c->id) != 0 || !c->waiting_officer || !c->verdict_durable ||
		d->verdict_hash.len != sizeof c->verdict_hash ||
		memcmp(d->verdict_hash.data, c->verdict_hash, sizeof c->verdict_hash) != 0)
		return refuse(lane, "decision.stale", PN_ECONFLICT);
	return agreed(lane, d) ? PN_OK : refuse(lane, "decision.second_officer", PN_EDENIED);
}

int officer_decide(struct lane_run *run)
{
	const Postern__Decision *d = run->in->decision;
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	size_t size;
	uint8_t *copy;
	enum gate_event event;
	int r = check(run);
	if (r != PN_OK) {
		run->sink->count(run->sink->ctx, METRIC_DECISIONS_REFUSED, 1);
		return r;
	}
	switch (d->decision) {
	case POSTERN__OFFICER_DECISION__DECISION_ADMIT:
		event = GATE_EVENT_OFFICER_ADMIT;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_REFUSE:
		event = GATE_EVENT_OFFICER_REFUSE;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_SEND_BACK:
	case POSTERN__OFFICER_DECISION__DECISION_SECOND_LINE:
		event = GATE_EVENT_OFFICER_SEND_BACK;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_HOLD:
		event = GATE_EVENT_OFFICER_HOLD;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED:
	case _POSTERN__OFFICER_DECISION_IS_INT_SIZE:
	default:
		return refuse(lane, "decision.incomplete", PN_EDENIED);
	}
	/* An order that the lane cannot carry out now is refused, not taken down and lost: the officer may give another. */
	if (event != GATE_EVENT_OFFICER_HOLD && !run_would_take(lane, event)) {
		run->sink->count(run->sink->ctx, METRIC_DECISIONS_REFUSED, 1);
		return refuse(lane, "decision.not_now", PN_EAGAIN);
	}
	memcpy(lane->nonces[lane->nonce_count++ % LANE_NONCES], d->nonce.data, sizeof lane->nonces[0]);
	size = postern__signed_decision__get_packed_size(run->in->signed_decision);
	copy = arena_alloc(&c->arena, size);
	if (copy == NULL)
		return PN_ENOMEM;
	postern__signed_decision__pack(run->in->signed_decision, copy);
	c->signed_decision = crossing_keep(c, &postern__signed_decision__descriptor, copy, size);
	c->decision = d->decision;
	text_copy(c->officer, sizeof c->officer, d->officer);
	text_copy(c->second_officer, sizeof c->second_officer, d->second_officer);
	text_copy(c->reason_code, sizeof c->reason_code, d->reason_code);
	if (d->decision != POSTERN__OFFICER_DECISION__DECISION_HOLD) {
		c->waiting_officer = false;
		crossing_step_end(c, STEP_OFFICER, run->in->mono_ms);
	}
	record_decision(run);
	run->sink->count(run->sink->ctx, METRIC_DECISIONS, 1);
	run_event(run, event);
	return PN_OK;
}

const char *lane_refusal(enum lane_command command, int err)
{
	if (err == PN_OK)
		return NULL;
	if (err != PN_EAGAIN)
		return "refused";
	if (command == LANE_CMD_LOCK || command == LANE_CMD_CONTROLLED || command == LANE_CMD_FREE)
		return "a lane changes its mode only when nobody is in it or in hand and nothing is alarmed; free also only with an officer on "
		       "duty";
	if (command == LANE_CMD_RESUME)
		return "nothing to resume now: say it when `postern lanes` shows OUT_OF_SERVICE, FAULT_LOCKED or FAULT_OCCUPIED; a crossing "
		       "in hand ends first";
	return "the lane cannot do that in the state it is in; look at `postern lanes`";
}

int officer_command(struct lane_run *run)
{
	static const struct {
		enum gate_event event;
		const char *audit;
	} commands[] = {
		[LANE_CMD_ASSIST] = { GATE_EVENT_ASSIST_BEGIN, "officer.assist" },
		[LANE_CMD_END_ASSIST] = { GATE_EVENT_ASSIST_END, "officer.end_assist" },
		[LANE_CMD_OUT_OF_SERVICE] = { GATE_EVENT_OUT_OF_SERVICE, "officer.out_of_service" },
		[LANE_CMD_RESUME] = { GATE_EVENT_RESUME, "officer.resume" },
	};
	static const Postern__LaneMode modes[] = { POSTERN__LANE_MODE__MODE_LOCKED, POSTERN__LANE_MODE__MODE_CONTROLLED,
		POSTERN__LANE_MODE__MODE_FREE };
	const char *officer = run->in->officer;
	if (officer == NULL || officer[0] == '\0')
		return PN_EDENIED;
	switch (run->in->command) {
	case LANE_CMD_NONE:
		return PN_EINVAL;
	case LANE_CMD_DUTY_ON:
	case LANE_CMD_DUTY_OFF:
		run->lane->on_duty = run->in->command == LANE_CMD_DUTY_ON;
		run->lane->duty_by_post = false;
		run->lane->duty_until_ms = 0;
		run->lane->duty_until_wall_ms = 0;
		text_copy(run->lane->duty_officer, sizeof run->lane->duty_officer, run->lane->on_duty ? officer : "");
		record_audit(run, run->lane->on_duty ? "officer.duty_on" : "officer.duty_off", officer);
		return PN_OK;
	case LANE_CMD_LOCK:
	case LANE_CMD_CONTROLLED:
	case LANE_CMD_FREE:
		return mode_order(run, modes[run->in->command - LANE_CMD_LOCK], officer,
			run->in->reason_code != NULL ? run->in->reason_code : "");
	case LANE_CMD_ASSIST:
	case LANE_CMD_END_ASSIST:
	case LANE_CMD_OUT_OF_SERVICE:
	case LANE_CMD_RESUME:
		break;
	}
	if (!run_would_take(run->lane, commands[run->in->command].event))
		return PN_EAGAIN;
	run->lane->assist_until_ms = 0; /* by hand, here: nobody has to renew it */
	run_event(run, commands[run->in->command].event);
	record_audit(run, commands[run->in->command].audit, officer);
	return PN_OK;
}
