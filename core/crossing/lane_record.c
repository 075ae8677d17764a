/* SPDX-License-Identifier: Apache-2.0
 * Records of a lane and what waits for them. Journal before act: the gate is told COMMITTED only when the record that
 * lets this traveller out is durable. Must never report a commit that the journal has not confirmed.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"

static uint64_t append(struct lane_run *run, struct record *r)
{
	uint64_t tag = run->lane->next_tag++;
	run->sink->append(run->sink->ctx, tag, &r->clear, r->has_personal ? &r->personal : NULL);
	return tag;
}

static void build(struct lane_run *run, struct record *r, Postern__RecordKind kind)
{
	record_build(r, kind, &run->lane->config.record, &run->lane->crossing, run->in->wall_ms, run->in->clock_quality);
}

void record_verdict(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	struct record r;
	if (!c->active || c->verdict_submitted)
		return;
	if (!c->has_verdict) { /* it ended before there was anything to judge */
		c->verdict = (struct verdict){ POSTERN__VERDICT__VERDICT_REFER,
			POSTERN__EXCEPTION_CLASS__EXCEPTION_NON_COOPERATION, NULL, NULL };
		c->has_verdict = true;
	}
	build(run, &r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	c->verdict_tag = append(run, &r);
	c->verdict_submitted = true;
	if (c->by_order) {
		run->sink->count(run->sink->ctx, METRIC_FREE, 1);
	} else if (c->verdict.value != POSTERN__VERDICT__VERDICT_CLEAR) {
		run->lane->referrals++;
		run->sink->count(run->sink->ctx, METRIC_REFERRALS, 1);
	}
}

void record_decision(struct lane_run *run)
{
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_DECISION);
	r.personal.decision = (Postern__SignedDecision *)(uintptr_t)run->lane->crossing.signed_decision;
	r.has_personal = true;
	run->lane->decision_durable = false;
	run->lane->decision_tag = append(run, &r);
}

void record_outcome(struct lane_run *run, Postern__Outcome outcome)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	char id[ULID_SIZE];
	struct record r;
	if (!c->active)
		return;
	record_verdict(run); /* every crossing has one verdict record, before its outcome */
	face_keep(run);
	if (!c->outcome_written) {
		build(run, &r, POSTERN__RECORD_KIND__RECORD_OUTCOME);
		r.clear.outcome = outcome;
		append(run, &r);
		if (outcome == POSTERN__OUTCOME__OUTCOME_PASSED)
			run->sink->count(run->sink->ctx, METRIC_PASSED, 1);
	}
	ask_cancel(run);
	lane->commit_wait_tag = 0;
	lane->decision_tag = 0;
	lane->decision_durable = false;
	memcpy(id, c->id, sizeof id);
	crossing_end(c);
	face_forget(run, id);
}

void record_event(struct lane_run *run, const char *event, const char *detail)
{
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_GATE_EVENT);
	r.clear.event = (char *)(uintptr_t)event;
	r.clear.detail = (char *)(uintptr_t)detail;
	append(run, &r);
}

void record_audit_detail(struct lane_run *run, const char *event, const char *officer, const char *detail)
{
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_AUDIT);
	r.clear.event = (char *)(uintptr_t)event;
	r.clear.officer = (char *)(uintptr_t)officer;
	r.clear.detail = (char *)(uintptr_t)detail;
	append(run, &r);
}

void record_mode(struct lane_run *run, const char *officer, const char *mode, const char *reason)
{
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_AUDIT);
	r.clear.event = (char *)(uintptr_t)"officer.mode";
	r.clear.officer = (char *)(uintptr_t)officer;
	r.clear.detail = (char *)(uintptr_t)mode;
	r.clear.reason_code = (char *)(uintptr_t)reason;
	append(run, &r);
}

void record_audit(struct lane_run *run, const char *event, const char *officer)
{
	record_audit_detail(run, event, officer, "");
}

uint64_t record_look(struct lane_run *run, const char *officer, Postern__ViewPurpose purpose)
{
	struct crossing *c = &run->lane->crossing;
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_AUDIT);
	r.clear.event = (char *)(uintptr_t)"officer.look";
	r.clear.officer = (char *)(uintptr_t)officer;
	r.clear.purpose = purpose;
	r.clear.answers_hash.data = c->verdict_hash;
	r.clear.answers_hash.len = sizeof c->verdict_hash;
	return append(run, &r);
}

uint64_t record_kiosk(struct lane_run *run, const Postern__KioskMark *mark)
{
	struct record r;
	build(run, &r, POSTERN__RECORD_KIND__RECORD_KIOSK);
	r.clear.kiosk = (Postern__KioskMark *)(uintptr_t)mark;
	return append(run, &r);
}

/* Whom a free lane lets out nobody has checked: the record says so, and on whose order. Not over a record that says otherwise. */
static bool admit_by_order(struct lane_run *run)
{
	const struct lane_free *order = &run->lane->free_order;
	struct crossing *c = &run->lane->crossing;
	if (c->verdict_submitted)
		return c->by_order;
	c->verdict = (struct verdict){ POSTERN__VERDICT__VERDICT_REFER, POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE, "mode.free", NULL };
	c->has_verdict = c->by_order = true;
	text_copy(c->order_officer, sizeof c->order_officer, order->officer);
	text_copy(c->order_reason, sizeof c->order_reason, order->reason_code);
	return true;
}

void record_commit(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	bool decided = c->active && c->decision == POSTERN__OFFICER_DECISION__DECISION_ADMIT;
	if (!c->active || (!decided && lane_is_free(lane) && !admit_by_order(run))) {
		run_event(run, GATE_EVENT_COMMIT_FAILED);
		return;
	}
	crossing_step_start(c, STEP_COMMIT, run->in->mono_ms);
	if (decided) {
		if (lane->decision_durable)
			run_event(run, GATE_EVENT_COMMITTED);
		else
			lane->commit_wait_tag = lane->decision_tag;
		return;
	}
	record_verdict(run);
	if (c->verdict_durable)
		run_event(run, GATE_EVENT_COMMITTED);
	else
		lane->commit_wait_tag = c->verdict_tag;
}

void record_committed(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	const struct lane_input *in = run->in;
	lane->journal_ok = true;
	run->sink->count(run->sink->ctx, METRIC_RECORDS, 1);
	if (c->active && c->verdict_submitted && in->tag == c->verdict_tag) {
		c->verdict_durable = true;
		memcpy(c->verdict_hash, in->hash, sizeof c->verdict_hash);
	}
	if (in->tag == lane->decision_tag)
		lane->decision_durable = true;
	referral_recorded(run, in->tag, in->hash);
	order_recorded(run, in->tag);
	kiosk_recorded(run, in->tag, true);
	if (lane->commit_wait_tag != 0 && in->tag == lane->commit_wait_tag) {
		lane->commit_wait_tag = 0;
		crossing_step_end(c, STEP_COMMIT, in->mono_ms);
		run_event(run, GATE_EVENT_COMMITTED);
	}
}

/* The core keeps every other record and submits it again; only the one that a passage waits for is given up. */
void record_failed(struct lane_run *run)
{
	struct lane *lane = run->lane;
	lane->journal_ok = false;
	run->sink->count(run->sink->ctx, METRIC_JOURNAL_ERRORS, 1);
	referral_recorded(run, run->in->tag, NULL);
	kiosk_recorded(run, run->in->tag, false);
	if (lane->commit_wait_tag != 0 && run->in->tag == lane->commit_wait_tag) {
		lane->commit_wait_tag = 0;
		run_event(run, GATE_EVENT_COMMIT_FAILED);
	}
}
