/* SPDX-License-Identifier: Apache-2.0
 * Turns one step of the shipped machine into what an onlooker can tell. Must never judge.
 */
#include <string.h>

#include "internal.h"

static bool looks_on(uint8_t state)
{
	return state == GATE_STATE_BOOT_SELFTEST || state == GATE_STATE_EMERGENCY_OPEN ||
	       state == GATE_STATE_MAINTENANCE || state == GATE_STATE_GATE_MISSING;
}

static bool by_hand(uint8_t state)
{
	return state == GATE_STATE_ASSIST_OPEN || state == GATE_STATE_SHUTTING ||
	       state == GATE_STATE_SHUT_BLOCKED;
}

static bool holds(uint8_t state)
{
	return state == GATE_STATE_HOLD_OFFICER || state == GATE_STATE_HOLD_ALERTED ||
	       state == GATE_STATE_HOLD_ESCALATED;
}

static bool broken(uint8_t state)
{
	return state == GATE_STATE_FAULT_LOCKED || state == GATE_STATE_FAULT_OCCUPIED;
}

static bool before_entry(uint8_t state)
{
	return state >= GATE_STATE_IDLE && state <= GATE_STATE_DOC_FORGOTTEN;
}

/* Open for whoever comes, and nobody has. */
static bool invites(const struct node *n)
{
	return world_invites(&n->world) &&
	       (n->gate.state == GATE_STATE_ENTRY_OPENING || n->gate.state == GATE_STATE_INVITING);
}

static bool uses_entry(uint8_t state)
{
	return state >= GATE_STATE_ENTRY_OPENING && state <= GATE_STATE_ENTRY_BLOCKED;
}

static bool uses_exit(uint8_t state)
{
	return state >= GATE_STATE_EXIT_OPENING && state <= GATE_STATE_EXIT_BLOCKED;
}

static enum occurrence of_sensor(const struct node *before, enum gate_event event)
{
	const struct world *w = &before->world;
	if (event == GATE_EVENT_ENTRY_UNLOCKED &&
		(w->entry_lawful || w->entry_drive == DRIVE_RELEASE ||
			by_hand(before->gate.state) || uses_entry(before->gate.state)))
		return HAPPENED_OTHER;
	if (event == GATE_EVENT_EXIT_UNLOCKED &&
		(w->exit_lawful || w->exit_drive == DRIVE_RELEASE || by_hand(before->gate.state) ||
			uses_exit(before->gate.state)))
		return HAPPENED_OTHER;
	return HAPPENED_SENSOR_FAULT;
}

static enum occurrence plain_occurrence(enum gate_event event)
{
	switch (event) {
	case GATE_EVENT_OFFICER_HOLD:
		return HAPPENED_OFFICER_HOLDS;
	case GATE_EVENT_ASSIST_END:
		return HAPPENED_LETS_GO;
	case GATE_EVENT_SELF_TEST_OK:
		return HAPPENED_TESTED;
	case GATE_EVENT_DOCUMENT_UNREADABLE:
		return HAPPENED_UNREADABLE;
	case GATE_EVENT_INSIDE_CLEAR:
		return HAPPENED_INSIDE_CLEAR;
	case GATE_EVENT_COMMITTED:
		return HAPPENED_RECORD_DURABLE;
	case GATE_EVENT_DOCUMENT_REMOVED:
		return HAPPENED_DOCUMENT_TAKEN;
	case GATE_EVENT_ENTRY_LOCKED:
	case GATE_EVENT_EXIT_LOCKED:
		return HAPPENED_LEAF_LOCKS;
	case GATE_EVENT_ELIGIBLE:
		return HAPPENED_ELIGIBLE;
	case GATE_EVENT_FACE_FOUND:
		return HAPPENED_FACE_FOUND;
	case GATE_EVENT_OBJECT_CLEARED:
		return HAPPENED_OBJECT_GONE;
	default:
		return HAPPENED_OTHER;
	}
}

static enum occurrence occurrence(const struct node *before, enum gate_event event)
{
	const struct world *w = &before->world;
	switch (event) {
	case GATE_EVENT_COMMIT_FAILED:
		return w->officer_knows || before->gate.state != GATE_STATE_DECISION_COMMIT
			       ? HAPPENED_OTHER
			       : HAPPENED_FAULT;
	case GATE_EVENT_GATE_LOST:
	case GATE_EVENT_READER_LOST:
	case GATE_EVENT_MAINS_LOST:
	case GATE_EVENT_UPS_LOW:
	case GATE_EVENT_EMERGENCY:
	case GATE_EVENT_CHECKS_LOST:
		return HAPPENED_FAULT;
	case GATE_EVENT_SENSOR_LOST:
	case GATE_EVENT_OCCUPANCY_LOST:
	case GATE_EVENT_LEAF_FORCED:
	case GATE_EVENT_TAMPER:
	case GATE_EVENT_ENTRY_UNLOCKED:
	case GATE_EVENT_EXIT_UNLOCKED:
		return of_sensor(before, event);
	case GATE_EVENT_SECOND_PERSON:
		return HAPPENED_SECOND_PERSON;
	case GATE_EVENT_PERSON_ENTERED:
		return w->entry_lawful || w->entry_drive == DRIVE_RELEASE ||
				       uses_entry(before->gate.state)
			       ? HAPPENED_WALKS_IN
			       : HAPPENED_INTRUSION;
	case GATE_EVENT_OBJECT_LEFT:
		return before_entry(before->gate.state) || invites(before)
			       ? HAPPENED_OBJECT_LEFT : HAPPENED_OTHER;
	case GATE_EVENT_MAINS_BACK:
	case GATE_EVENT_OUT_OF_SERVICE:
	case GATE_EVENT_MAINTENANCE_ON:
		return HAPPENED_NOTICE;
	case GATE_EVENT_MAINTENANCE_OFF:
		return before->gate.state == GATE_STATE_MAINTENANCE ? HAPPENED_TAKES_BACK
								    : HAPPENED_OTHER;
	case GATE_EVENT_RESUME:
		return before->gate.state == GATE_STATE_OUT_OF_SERVICE || broken(before->gate.state)
			       ? HAPPENED_TAKES_BACK
			       : HAPPENED_OTHER;
	case GATE_EVENT_GATE_BACK:
		return before->gate.state == GATE_STATE_GATE_MISSING ? HAPPENED_TAKES_BACK
								     : HAPPENED_OTHER;
	case GATE_EVENT_ASSIST_BEGIN:
		return HAPPENED_ASSIST;
	case GATE_EVENT_EMERGENCY_CLEARED:
		return before->gate.state == GATE_STATE_EMERGENCY_OPEN ? HAPPENED_ALARM_RESET
								       : HAPPENED_OTHER;
	case GATE_EVENT_OFFICER_ADMIT:
		return HAPPENED_OFFICER_ADMITS;
	case GATE_EVENT_OFFICER_REFUSE:
	case GATE_EVENT_OFFICER_SEND_BACK:
		return HAPPENED_OFFICER_SENDS_BACK;
	case GATE_EVENT_POLICY_CHANGED:
		return HAPPENED_POLICY;
	case GATE_EVENT_TIMEOUT:
		return HAPPENED_TIMEOUT;
	default:
		return plain_occurrence(event);
	}
}

static void deeds(struct observation *o, const struct gate_actions *actions)
{
	for (uint8_t i = 0; i < actions->count; i++) {
		unsigned a = actions->list[i];
		o->begun |= a == GATE_ACTION_BEGIN_CROSSING;
		o->released_entry |= a == GATE_ACTION_RELEASE_ENTRY;
		o->closed_entry |= a == GATE_ACTION_CLOSE_ENTRY;
		o->released_exit |= a == GATE_ACTION_RELEASE_EXIT;
		o->closed_exit |= a == GATE_ACTION_CLOSE_EXIT;
		o->made_safe |= a == GATE_ACTION_ALL_SAFE;
		o->asked_checks |= a == GATE_ACTION_CHECK_ELIGIBILITY;
		o->asked_redemption |= a == GATE_ACTION_REDEEM_RESULT;
		o->asked_inside |= a == GATE_ACTION_VERIFY_INSIDE;
		o->asked_commit |= a == GATE_ACTION_COMMIT_VERDICT;
		o->recorded_referral |= a == GATE_ACTION_RECORD_REFERRAL;
		o->recorded_event |= a == GATE_ACTION_RECORD_EVENT;
		o->recorded_late |= a == GATE_ACTION_RECORD_EVENT && o->endings > 0;
		o->called |= a == GATE_ACTION_CALL_OFFICER;
		o->escalated |= a == GATE_ACTION_ESCALATE;
		o->tested_hardware |= a == GATE_ACTION_SELF_TEST;
		o->cancelled |= a == GATE_ACTION_CANCEL_QUERIES;
		o->guided |= a >= GATE_ACTION_GUIDE_CLOSED && a <= GATE_ACTION_GUIDE_OTHER_LANE;
		if (a >= GATE_ACTION_END_PASSED && a <= GATE_ACTION_END_UNKNOWN) {
			o->endings++;
			o->ending = (enum ending)(ENDING_PASSED + a - GATE_ACTION_END_PASSED);
		}
	}
}

static void senses(struct observation *o, const struct gate_env *env)
{
	const struct gate_sensed *s = &env->sensed;
	o->entry_locked = s->entry_leaf == GATE_LEAF_LOCKED;
	o->exit_locked = s->exit_leaf == GATE_LEAF_LOCKED;
	o->entry_obstructed = s->entry_leaf == GATE_LEAF_OBSTRUCTED;
	o->exit_obstructed = s->exit_leaf == GATE_LEAF_OBSTRUCTED;
	o->entry_shut = o->entry_locked || s->entry_leaf == GATE_LEAF_UNKNOWN ||
			s->entry_leaf == GATE_LEAF_FAULT;
	o->exit_shut = o->exit_locked || s->exit_leaf == GATE_LEAF_CLOSED ||
		       s->exit_leaf == GATE_LEAF_UNKNOWN || s->exit_leaf == GATE_LEAF_FAULT;
	o->entry_stands_open = s->entry_leaf == GATE_LEAF_OPEN ||
			       s->entry_leaf == GATE_LEAF_MOVING ||
			       s->entry_leaf == GATE_LEAF_OBSTRUCTED;
	o->entry_told = s->entry_leaf != GATE_LEAF_UNKNOWN && s->entry_leaf != GATE_LEAF_FAULT;
	o->exit_told = s->exit_leaf != GATE_LEAF_UNKNOWN && s->exit_leaf != GATE_LEAF_FAULT;
	o->occupants_known = s->occupants_known;
	o->occupants = s->occupants;
	o->fire = s->fire;
	o->object_in = s->object_left;
	o->document_in = env->document_present;
	o->policy_officer = env->officer_present;
	o->policy_lists = env->lists_ok;
	o->policy_clock = env->clock_trusted;
	o->policy_journal = env->journal_ok;
	o->policy_serving = env->may_serve;
	o->mains = s->mains_ok;
	o->battery = !s->ups_low;
	o->tamper = s->tamper;
	o->maintenance = s->maintenance;
	o->hardware_well = s->self_test_ok;
}

static void remembers(struct observation *o, const struct world *w, const struct world *after)
{
	o->eligible = w->said_eligible;
	o->admissible = world_lawful(w);
	o->officer_admitted = w->officer_admits || w->officer_eligible;
	o->durable = w->durable;
	o->entry_lawful = w->entry_lawful;
	o->exit_lawful = w->exit_lawful;
	o->recorded = w->recorded;
	o->came_in = w->came_in;
	o->left_by_entry = w->left_by_entry;
	o->left_by_exit = w->left_by_exit;
	o->refused = w->refused;
	o->blind = w->blind;
	o->fire_seen = w->fire_seen;
	o->hardware_tested = w->tested;
	o->open = after->open;
	o->officer_knows = after->officer_knows;
	o->open_questions = after->asks_eligibility || after->asks_inside;
	o->shown = (enum shown)after->shown;
	o->tries = after->tries;
	o->told_to_stop = after->told_to_stop;
	o->somebody_inside = after->people > 0;
}

void report(struct observation *o, const struct node *before, const struct world *heard,
	const struct node *after, enum gate_event event, const struct gate_env *env,
	const struct gate_actions *actions, bool quiet, bool has_timer)
{
	uint8_t was = before->gate.state, is = after->gate.state;
	memset(o, 0, sizeof *o);
	o->happened = occurrence(before, event);
	o->quiet = quiet;
	o->reader_inside = before->world.reader_inside;
	o->stands_open = world_invites(&before->world);
	o->free = before->world.free;
	o->unneeded_lost = o->free && (event == GATE_EVENT_READER_LOST || event == GATE_EVENT_CHECKS_LOST);
	o->inviting_before = invites(before);
	o->inviting = invites(after);
	o->closing_entry = was == GATE_STATE_ENTRY_CLOSING;
	o->looking_on = looks_on(was);
	o->by_hand = by_hand(was);
	o->holding = holds(was);
	o->already_broken = broken(was);
	o->emergency_before = was == GATE_STATE_EMERGENCY_OPEN;
	deeds(o, actions);
	o->asked_eligibility = o->asked_checks || o->asked_redemption;
	o->redeems = before->world.redeems;
	o->redeeming_before = before->world.redeems && before->world.asks_eligibility;
	o->redemption_asked_before = before->world.result_asked;
	senses(o, env);
	remembers(o, heard, &after->world);
	o->open_before = before->world.open;
	o->asking_before = before->world.asks_eligibility || before->world.asks_inside;
	o->driven_exit = before->world.exit_drive == DRIVE_RELEASE;
	o->tries_before = before->world.tries;
	o->fault_shut_before = was == GATE_STATE_FAULT_LOCKED;
	o->maintenance_before = was == GATE_STATE_MAINTENANCE;
	o->for_object_before = was == GATE_STATE_LEFT_OBJECT;
	o->closing = was == GATE_STATE_ENTRY_CLOSING || was == GATE_STATE_EXIT_CLOSING ||
		     was == GATE_STATE_SHUTTING;
	o->shutting = was == GATE_STATE_SHUTTING;
	o->hands_on = was == GATE_STATE_ASSIST_OPEN;
	o->for_object = is == GATE_STATE_LEFT_OBJECT;
	o->for_document_before = was == GATE_STATE_DOC_LEFT;
	o->for_document = is == GATE_STATE_DOC_LEFT;
	o->officer_knew = before->world.officer_knows;
	o->shown_before = (enum shown)before->world.shown;
	o->sends_back = is == GATE_STATE_RETURN_PATH && was != GATE_STATE_RETURN_PATH;
	o->unlocks_asked = event == GATE_EVENT_ASSIST_BEGIN;
	o->restarting = event == GATE_EVENT_BOOT;
	o->has_timer = has_timer;
	o->idle = is == GATE_STATE_IDLE;
	o->idle_before = was == GATE_STATE_IDLE;
	o->in_maintenance = is == GATE_STATE_MAINTENANCE;
	o->out_of_service = is == GATE_STATE_OUT_OF_SERVICE;
	o->fault_shut = is == GATE_STATE_FAULT_LOCKED;
	o->in_emergency = is == GATE_STATE_EMERGENCY_OPEN;
	o->holding_after = holds(is);
	o->broken_after = is == GATE_STATE_FAULT_OCCUPIED;
	o->waits_inside = is == GATE_STATE_OCCUPIED_VERIFY || is == GATE_STATE_DECISION_COMMIT;
	o->policy = o->policy_officer && (o->free || (o->policy_lists && o->policy_clock)) &&
		    o->policy_journal && o->policy_serving;
	o->serves = o->policy && o->mains && o->battery && !o->tamper && !o->maintenance &&
		    o->hardware_well && !o->fire && o->occupants_known && o->occupants == 0 &&
		    o->entry_locked && o->exit_locked && !o->object_in &&
		    !after->world.told_to_stop;
}
