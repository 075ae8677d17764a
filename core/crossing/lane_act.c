/* SPDX-License-Identifier: Apache-2.0
 * Carrying out the gate's actions: commands to the gate plugin, guidance, questions, records. An action never changes
 * the gate's state; it may only raise a further event. Must never release a leaf that core/gate did not ask for.
 */
#include <string.h>

#include "crossing/lane_run.h"

static void command(struct lane_run *run, Postern__GateCommandKind kind)
{
	struct lane *lane = run->lane;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__GateCommand c = POSTERN__GATE_COMMAND__INIT;
	c.command = kind;
	c.command_id = (uint32_t)lane->next_command_id++;
	if (kind == POSTERN__GATE_COMMAND_KIND__COMMAND_SELF_TEST)
		lane->self_test_id = c.command_id;
	if (kind == POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT && lane->crossing.verdict_durable) {
		c.record_hash.data = lane->crossing.verdict_hash;
		c.record_hash.len = sizeof lane->crossing.verdict_hash;
	}
	e.crossing_id = lane->crossing.active ? lane->crossing.id : (char *)(uintptr_t)"";
	e.body_case = POSTERN__ENVELOPE__BODY_GATE_COMMAND;
	e.gate_command = &c;
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_GATE, &e);
}

/* At a kiosk nobody walks in, between the leaves somebody has, and whoever was sent back only takes the document. */
static Postern__Guidance after_taking(const struct lane *lane)
{
	bool let_in = lane->gate.state == GATE_STATE_DOC_TAKE_BACK || lane->gate.state == GATE_STATE_DOC_FORGOTTEN;
	return let_in && lane->config.topology != GATE_KIOSK ? POSTERN__GUIDANCE__GUIDANCE_WALK_IN : POSTERN__GUIDANCE__GUIDANCE_UNSPECIFIED;
}

void act_show(struct lane_run *run)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ShowGuidance g = POSTERN__SHOW_GUIDANCE__INIT;
	g.guidance = run->lane->guidance;
	if (g.guidance == POSTERN__GUIDANCE__GUIDANCE_KEEP_DOCUMENT) {
		g.permille = run->lane->chip_permille;
		g.remaining_ms = run->lane->chip_remaining_ms;
	}
	if (g.guidance == POSTERN__GUIDANCE__GUIDANCE_LOOK_HERE)
		g.advice = run->lane->face_advice;
	if (g.guidance == POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT)
		g.then = after_taking(run->lane);
	e.body_case = POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE;
	e.show_guidance = &g;
	/* Lamps and display follow the same value, so they cannot disagree. */
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_GATE, &e);
	if (run->lane->config.has[POSTERN__PLUGIN_KIND__KIND_DISPLAY])
		run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_DISPLAY, &e);
}

static void guide(struct lane_run *run, Postern__Guidance guidance)
{
	run->lane->guidance = guidance;
	run->lane->chip_permille = run->lane->chip_remaining_ms = 0;
	run->lane->face_advice = POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED;
	act_show(run);
}

Postern__ExceptionClass act_exception(enum gate_event event)
{
	switch (event) {
	case GATE_EVENT_SECOND_PERSON:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_TAILGATING;
	case GATE_EVENT_TIMEOUT:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_NON_COOPERATION;
	case GATE_EVENT_DOCUMENT_UNREADABLE:
	case GATE_EVENT_DOCUMENT_REMOVED:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_DOCUMENT_MISPLACED;
	case GATE_EVENT_ENTRY_OBSTRUCTED:
	case GATE_EVENT_EXIT_OBSTRUCTED:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_OBSTRUCTION;
	case GATE_EVENT_OBJECT_LEFT:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_LEFT_OBJECT;
	case GATE_EVENT_LEAF_FORCED:
	case GATE_EVENT_TAMPER:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_TRESPASS;
	case GATE_EVENT_COMMIT_FAILED:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_JOURNAL_FAILURE;
	default:
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
	}
}

/* The verdict cannot stay clear when something in the lane needs an officer. */
static void refer(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	struct verdict asked = { POSTERN__VERDICT__VERDICT_REFER, act_exception(run->now), NULL, NULL };
	if (!c->active || c->verdict_submitted)
		return;
	c->verdict = c->has_verdict ? verdict_combine(c->verdict, asked) : asked;
	c->has_verdict = true;
	record_verdict(run);
}

/* What an officer must know of and no traveller is to blame for: the one in hand goes on. */
static bool concerns_the_lane_alone(enum gate_event event)
{
	return event == GATE_EVENT_MAINS_LOST || event == GATE_EVENT_UPS_LOW;
}

/* An officer is asked about a crossing: there must be a verdict record for the answer to name. */
static void call_officer(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	if (!c->active || concerns_the_lane_alone(run->now))
		return;
	/* Whom nobody checks is referred when the lane holds them, not for what else goes wrong meanwhile. */
	if (lane_is_free(run->lane) && !c->verdict_submitted)
		return;
	refer(run);
	c->waiting_officer = true;
	c->decision = POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED;
	crossing_step_end(c, STEP_OFFICER, run->in->mono_ms);
	crossing_step_start(c, STEP_OFFICER, run->in->mono_ms);
}

static void begin(struct lane_run *run)
{
	struct lane *lane = run->lane;
	if (lane->crossing.active)
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_UNKNOWN);
	crossing_begin(&lane->crossing, lane->memory, run->in->wall_ms, run->in->mono_ms, run->in->random);
	/* Who is inside already has come in by an open entry, which closes now. */
	if (lane->sensed.occupants_known && lane->sensed.occupants > 0)
		crossing_step_start(&lane->crossing, STEP_ENTRY, run->in->mono_ms);
	lane->crossings++;
	run->sink->count(run->sink->ctx, METRIC_CROSSINGS, 1);
}

static void step_times(struct lane_run *run, enum crossing_step end, enum crossing_step start)
{
	struct crossing *c = &run->lane->crossing;
	if (!c->active)
		return;
	crossing_step_end(c, end, run->in->mono_ms);
	if (start != STEP_COUNT_)
		crossing_step_start(c, start, run->in->mono_ms);
}

void act(struct lane_run *run, enum gate_action action)
{
	switch (action) {
	case GATE_ACTION_SELF_TEST:
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_SELF_TEST);
		break;
	case GATE_ACTION_BEGIN_CROSSING:
		begin(run);
		break;
	case GATE_ACTION_CHECK_ELIGIBILITY:
	case GATE_ACTION_REDEEM_RESULT: /* its questions end in kiosk_redeem_result() */
		ask_eligibility(run);
		break;
	case GATE_ACTION_ISSUE_RESULT:
		kiosk_issue_result(run);
		break;
	case GATE_ACTION_VERIFY_INSIDE:
		step_times(run, STEP_TAKE_BACK, STEP_COUNT_);
		step_times(run, STEP_ENTRY, STEP_INSIDE);
		ask_inside(run);
		break;
	case GATE_ACTION_COMMIT_VERDICT:
		step_times(run, STEP_ENTRY, STEP_COUNT_); /* where nobody is verified in between */
		step_times(run, STEP_INSIDE, STEP_COUNT_);
		record_commit(run);
		break;
	case GATE_ACTION_RECORD_REFERRAL:
		refer(run);
		break;
	case GATE_ACTION_RELEASE_ENTRY:
		step_times(run, STEP_TAKE_BACK, STEP_ENTRY);
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY);
		break;
	case GATE_ACTION_CLOSE_ENTRY:
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_ENTRY);
		break;
	case GATE_ACTION_RELEASE_EXIT:
		step_times(run, STEP_COMMIT, STEP_EXIT);
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT);
		break;
	case GATE_ACTION_CLOSE_EXIT:
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_EXIT);
		break;
	case GATE_ACTION_ALL_SAFE:
		command(run, POSTERN__GATE_COMMAND_KIND__COMMAND_ALL_SAFE);
		break;
	case GATE_ACTION_CALL_OFFICER:
		call_officer(run);
		break;
	case GATE_ACTION_ESCALATE:
		record_event(run, "lane.escalated", gate_state_name(run->lane->gate.state));
		break;
	case GATE_ACTION_RECORD_EVENT:
		record_event(run, gate_event_name(run->now), gate_state_name(run->lane->gate.state));
		break;
	case GATE_ACTION_CANCEL_QUERIES:
		ask_cancel(run);
		break;
	case GATE_ACTION_END_PASSED:
		step_times(run, STEP_EXIT, STEP_COUNT_);
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_PASSED);
		break;
	case GATE_ACTION_END_RETURNED:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_RETURNED);
		break;
	case GATE_ACTION_END_ABANDONED:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_ABANDONED);
		break;
	case GATE_ACTION_END_REFERRED:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_REFERRED);
		break;
	case GATE_ACTION_END_REFUSED:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_REFUSED);
		break;
	case GATE_ACTION_END_EMERGENCY:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_EMERGENCY);
		break;
	case GATE_ACTION_END_UNKNOWN:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_UNKNOWN);
		break;
	case GATE_ACTION_END_ISSUED:
		record_outcome(run, POSTERN__OUTCOME__OUTCOME_ISSUED);
		break;
	case GATE_ACTION_GUIDE_CLOSED:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_CLOSED);
		break;
	case GATE_ACTION_GUIDE_PRESENT_DOCUMENT:
		step_times(run, STEP_ENTRY, STEP_COUNT_);
		guide(run, POSTERN__GUIDANCE__GUIDANCE_PRESENT_DOCUMENT);
		break;
	case GATE_ACTION_GUIDE_KEEP_DOCUMENT:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_KEEP_DOCUMENT);
		break;
	case GATE_ACTION_GUIDE_TRY_AGAIN:
		step_times(run, STEP_ENTRY, STEP_COUNT_);
		guide(run, POSTERN__GUIDANCE__GUIDANCE_TRY_AGAIN);
		break;
	case GATE_ACTION_GUIDE_TAKE_DOCUMENT:
		step_times(run, STEP_RULES, STEP_TAKE_BACK);
		guide(run, POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT);
		break;
	case GATE_ACTION_GUIDE_WALK_IN:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_WALK_IN);
		break;
	case GATE_ACTION_GUIDE_LOOK_HERE:
		if (run->lane->config.topology == GATE_KIOSK && !run->lane->config.has[POSTERN__PLUGIN_KIND__KIND_CAMERA])
			break; /* nothing looks */
		guide(run, POSTERN__GUIDANCE__GUIDANCE_LOOK_HERE);
		break;
	case GATE_ACTION_GUIDE_WALK_OUT:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_WALK_OUT);
		break;
	case GATE_ACTION_GUIDE_WAIT_OFFICER:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_WAIT_OFFICER);
		break;
	case GATE_ACTION_GUIDE_GO_BACK:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_GO_BACK);
		break;
	case GATE_ACTION_GUIDE_ONE_PERSON:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_ONE_PERSON);
		break;
	case GATE_ACTION_GUIDE_EMERGENCY:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_EMERGENCY);
		break;
	case GATE_ACTION_GUIDE_OTHER_LANE:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_OTHER_LANE);
		break;
	case GATE_ACTION_GUIDE_TO_GATE:
		guide(run, POSTERN__GUIDANCE__GUIDANCE_TO_GATE);
		break;
	case GATE_ACTION_COUNT_:
		break;
	}
}
