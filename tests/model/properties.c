/* SPDX-License-Identifier: Apache-2.0
 * What must be true of every step of every lane. Judged on what an onlooker sees: must never
 * include a file of core/gate. Numbers in brackets are the invariants of docs/gate.md.
 */
#include "observation.h"

#include <stddef.h>

/* Nobody's hand is on the leaves, and this is not a leaf that was released by right and only opens
 * again. */
static bool fresh_exit(const struct observation *o)
{
	return o->released_exit && !o->unlocks_asked && !o->exit_lawful && o->exit_shut;
}

static bool fresh_entry(const struct observation *o)
{
	return o->released_entry && !o->unlocks_asked && !o->entry_lawful && o->entry_shut;
}

static bool for_a_newcomer(const struct observation *o)
{
	return fresh_entry(o) && o->occupants_known && o->occupants == 0;
}

/* [1] */
static bool exit_only_after_durable_record(const struct observation *o)
{
	return IF(fresh_exit(o)) o->durable;
}

/* A second try at a leaf, shut or open, must still be covered; what stands in its way is freed. */
static bool exit_again_only_while_covered(const struct observation *o)
{
	return IF(o->released_exit && !o->unlocks_asked && !o->exit_obstructed) o->durable;
}

static bool exit_only_for_one_person(const struct observation *o)
{
	return IF(o->released_exit && !o->unlocks_asked && (fresh_exit(o) || o->exit_locked))(
		o->occupants_known && o->occupants == 1);
}

/* [2] */
static bool machine_admits_only_the_checked(const struct observation *o)
{
	return IF(o->asked_commit) o->admissible;
}

static bool no_automated_admission_without_clock(const struct observation *o)
{
	return IF(o->asked_commit && !o->free && o->happened != HAPPENED_OFFICER_ADMITS && !o->officer_admitted)
		o->policy_clock;
}

/* [3] */
static bool never_both_leaves(const struct observation *o)
{
	return (IF(o->released_exit && !o->unlocks_asked && o->exit_locked) o->entry_locked) &&
	       (IF(o->released_exit && !o->unlocks_asked) !o->entry_stands_open) &&
	       (IF(o->released_entry && !o->unlocks_asked) o->exit_locked);
}

static bool close_only_when_free(const struct observation *o)
{
	return (IF(o->closed_entry) !o->entry_obstructed) &&
	       (IF(o->closed_exit) !o->exit_obstructed);
}

static bool document_taken_back_before_entry(const struct observation *o)
{
	return IF(for_a_newcomer(o) ||
		  (o->released_entry && !o->unlocks_asked && o->entry_locked &&
			  o->occupants_known && o->occupants == 0)) !o->document_in;
}

static bool entry_only_for_the_eligible(const struct observation *o)
{
	return IF(for_a_newcomer(o) && !o->stands_open)(
		o->open_before && o->eligible && o->entry_locked && !o->object_in);
}

static bool open_to_anybody_only_when_it_serves(const struct observation *o)
{
	return IF(for_a_newcomer(o) && o->stands_open)(o->serves && !o->open && !o->document_in);
}

/* Whatever ends the service of a lane that stands open. */
static bool stands_open_only_while_it_serves(const struct observation *o)
{
	return IF(o->inviting && o->quiet)(
		!o->told_to_stop && !o->fire && (o->happened != HAPPENED_FAULT || o->unneeded_lost) &&
		o->happened != HAPPENED_OBJECT_LEFT && (o->happened != HAPPENED_POLICY || o->policy) &&
		(o->happened != HAPPENED_NOTICE || !o->maintenance));
}

static bool document_taken_back_before_exit(const struct observation *o)
{
	return IF(o->reader_inside && (o->asked_commit || fresh_exit(o))) !o->document_in;
}

static bool entry_only_under_supervision(const struct observation *o)
{
	return IF(for_a_newcomer(o))(o->policy_officer && o->policy_journal &&
				     (o->free || (o->policy_lists && o->policy_clock)) && !o->fire && !o->tamper && o->battery);
}

static bool begin_only_when_all_is_well(const struct observation *o)
{
	return IF(o->begun)(o->policy && o->mains && o->battery &&
			    !o->tamper && !o->maintenance && o->hardware_well && !o->fire &&
			    o->occupants_known && o->exit_locked && !o->machine_withdrawn &&
			    (o->stands_open ? o->occupants == 1
					      : o->occupants == 0 && o->entry_locked &&
							!o->object_in));
}

static bool restart_moves_nothing_untested(const struct observation *o)
{
	return IF(o->released_entry || o->released_exit || o->closed_entry || o->closed_exit)
		o->hardware_tested;
}

/* [I6] */
static bool no_state_without_a_way_on(const struct observation *o)
{
	return o->has_timer || o->officer_knows || o->in_maintenance || o->in_emergency ||
	       (!o->open && (o->idle || o->out_of_service));
}

static bool one_crossing_at_a_time(const struct observation *o)
{
	return (IF(o->begun) !o->open_before) &&
	       (IF(o->endings > 0)(o->open_before && o->endings == 1)) &&
	       (IF(o->quiet && (o->idle || o->out_of_service || o->fault_shut)) !o->open) &&
	       (IF(o->asked_eligibility || o->asked_inside || o->asked_commit ||
		       o->recorded_referral)(o->open_before || o->begun));
}

static bool questions_end_with_what_asked_them(const struct observation *o)
{
	return IF(o->quiet && (o->idle || o->out_of_service || o->fault_shut || o->in_emergency ||
				      o->holding_after || o->broken_after)) !o->open_questions;
}

static bool endings_tell_the_truth(const struct observation *o)
{
	switch (o->ending) {
	case ENDING_PASSED:
		return o->left_by_exit;
	case ENDING_RETURNED:
		return (o->left_by_entry && !o->refused) || o->blind;
	case ENDING_ABANDONED:
		return !o->came_in && !o->recorded && !o->refused;
	case ENDING_REFERRED:
		return (!o->came_in || o->blind) && (o->recorded || o->recorded_referral) &&
		       !o->refused;
	case ENDING_REFUSED:
		return o->refused;
	case ENDING_EMERGENCY:
		return o->fire_seen && o->occupants_known && o->occupants == 0;
	case ENDING_UNKNOWN:
		return o->blind || !o->exit_locked || !o->entry_told;
	case ENDING_NONE:
	case ENDING_COUNT:
		break;
	}
	return true;
}

static bool unseen_endings_are_unknown(const struct observation *o)
{
	return IF(o->restarting && o->open_before) o->ending == ENDING_UNKNOWN;
}

static bool one_referral(const struct observation *o)
{
	return IF(o->recorded_referral)(!o->recorded && o->ending != ENDING_PASSED);
}

static bool officer_has_a_record_to_answer(const struct observation *o)
{
	return IF(o->guided && o->shown == SHOWN_WAIT_OFFICER && o->open && !o->unlocks_asked &&
		  !o->by_hand &&
		  !o->restarting)(o->recorded || o->recorded_referral || o->left_by_exit);
}

static bool alarm_wins(const struct observation *o)
{
	return (IF(o->fire && o->quiet) o->in_emergency) &&
	       (IF(o->in_emergency) o->shown == SHOWN_EMERGENCY) &&
	       (IF(o->in_emergency)(!o->closed_entry && !o->closed_exit && !o->begun &&
				    !o->released_entry && !o->released_exit));
}

static bool alarm_is_latched(const struct observation *o)
{
	return IF(o->emergency_before && !o->in_emergency && !o->restarting)(
		o->happened == HAPPENED_ALARM_RESET && !o->fire && o->occupants_known &&
		o->occupants == 0 && o->tested_hardware);
}

static bool alarm_ends_the_crossing(const struct observation *o)
{
	return IF(o->in_emergency && o->quiet && o->occupants_known && o->occupants == 0) !o->open;
}

static bool faults_are_told(const struct observation *o)
{
	bool told = o->recorded_event && (o->called || o->escalated);
	switch (o->happened) {
	case HAPPENED_FAULT:
	case HAPPENED_OBJECT_LEFT:
		return told;
	case HAPPENED_SENSOR_FAULT:
		return told || o->looking_on;
	case HAPPENED_SECOND_PERSON:
	case HAPPENED_INTRUSION:
		return told || o->looking_on || o->by_hand || o->already_broken;
	case HAPPENED_TAKES_BACK:
		return o->recorded_event && o->tested_hardware;
	case HAPPENED_NOTICE:
	case HAPPENED_ALARM_RESET:
		return o->recorded_event || o->looking_on;
	default:
		return true;
	}
}

static bool shows_what_it_does(const struct observation *o)
{
	enum shown s = o->shown;
	return (IF(o->released_exit && !o->unlocks_asked && fresh_exit(o)) s == SHOWN_WALK_OUT) &&
	       (IF(for_a_newcomer(o)) s == SHOWN_WALK_IN) &&
	       (IF(o->sends_back) s == SHOWN_GO_BACK) &&
	       (IF(o->asked_eligibility) s == (o->happened == HAPPENED_FACE_FOUND ? SHOWN_LOOK_HERE : SHOWN_KEEP_DOCUMENT)) &&
	       (IF(o->asked_inside) s == SHOWN_LOOK_HERE) &&
	       (IF(o->holding_after && o->quiet)(
		       s == (o->occupants >= 2 ? SHOWN_ONE_PERSON : SHOWN_WAIT_OFFICER))) &&
	       (IF(o->idle && o->quiet)(s == SHOWN_PRESENT_DOCUMENT || s == SHOWN_CLOSED ||
					s == SHOWN_OTHER_LANE)) &&
	       (IF(o->out_of_service || o->fault_shut) s == SHOWN_CLOSED) &&
	       (IF(o->broken_after)(s == SHOWN_WAIT_OFFICER || s == SHOWN_ONE_PERSON));
}

static bool idle_shows_whether_it_serves(const struct observation *o)
{
	return (IF(o->idle && o->guided && o->shown == SHOWN_PRESENT_DOCUMENT) o->serves) &&
	       (IF(o->idle && o->guided && o->shown == SHOWN_CLOSED) !o->serves) &&
	       (IF(o->idle && o->happened == HAPPENED_POLICY) o->guided);
}

static bool idle_is_clear(const struct observation *o)
{
	return IF(o->idle && o->quiet)(o->occupants_known && o->occupants == 0 && !o->object_in &&
				       o->entry_locked && o->exit_locked);
}

static bool broken_hardware_does_not_serve(const struct observation *o)
{
	return IF(o->happened == HAPPENED_SENSOR_FAULT && !o->looking_on && o->quiet)(
		o->fault_shut || o->broken_after || o->in_emergency);
}

static bool officer_is_obeyed(const struct observation *o)
{
	bool able = o->holding && o->occupants_known && o->occupants == 1 && o->exit_locked &&
		    o->entry_locked;
	bool takes_it_back = o->reader_inside && o->document_in; /* first [I5] */
	return (IF(o->happened == HAPPENED_OFFICER_ADMITS && able && o->open_before &&
		   !takes_it_back) o->asked_commit) &&
	       (IF(o->happened == HAPPENED_OFFICER_SENDS_BACK && (o->holding) && o->exit_locked &&
		       o->entry_told && o->hardware_tested) o->released_entry);
}

static bool tries_are_few(const struct observation *o)
{
	return o->tries <= 6; /* three to open and three to close */
}

static bool withdrawn_stays_withdrawn(const struct observation *o)
{
	return IF(o->told_to_stop) !((o->idle || o->inviting) && o->quiet);
}

static const struct property properties[] = {
	{"exit released only after a durable record that admits [1, I4]",
		exit_only_after_durable_record},
	{"exit released again only while that record covers it [1, I10]",
		exit_again_only_while_covered},
	{"exit released only for exactly one person [1]", exit_only_for_one_person},
	{"only the checked or the officer's are admitted [2]", machine_admits_only_the_checked},
	{"no automated admission without a trusted clock [I11]",
		no_automated_admission_without_clock},
	{"never both leaves [3, I1]", never_both_leaves},
	{"closing only what is free [I3]", close_only_when_free},
	{"document taken back before the entry opens [I5]", document_taken_back_before_entry},
	{"entry only for the eligible", entry_only_for_the_eligible},
	{"an entry opens to anybody only when the lane serves", open_to_anybody_only_when_it_serves},
	{"and stands open only so long", stands_open_only_while_it_serves},
	{"document taken back inside before the exit opens [I5]", document_taken_back_before_exit},
	{"entry only under supervision", entry_only_under_supervision},
	{"a crossing begins only when all is well [I11]", begin_only_when_all_is_well},
	{"a restart moves nothing untested [I8]", restart_moves_nothing_untested},
	{"no state without a timer or an officer who knows [I6]", no_state_without_a_way_on},
	{"one crossing at a time, ended once", one_crossing_at_a_time},
	{"no question outlives its purpose", questions_end_with_what_asked_them},
	{"endings tell the truth", endings_tell_the_truth},
	{"an unseen ending is unknown", unseen_endings_are_unknown},
	{"one referral a crossing", one_referral},
	{"an officer has a record to answer", officer_has_a_record_to_answer},
	{"an alarm wins [I2]", alarm_wins},
	{"an alarm is latched [I2]", alarm_is_latched},
	{"an alarm ends the crossing", alarm_ends_the_crossing},
	{"faults are recorded and told", faults_are_told},
	{"guidance fits what happens", shows_what_it_does},
	{"an idle lane shows whether it serves", idle_shows_whether_it_serves},
	{"an idle lane is shut, empty and clear", idle_is_clear},
	{"broken hardware does not serve [I7]", broken_hardware_does_not_serve},
	{"an officer is obeyed", officer_is_obeyed},
	{"no endless tries", tries_are_few},
	{"a lane told to stop does not serve", withdrawn_stays_withdrawn},
};

const char *property_broken(const struct observation *o)
{
	for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++)
		if (!properties[i].holds(o))
			return properties[i].name;
	for (size_t i = 0; redemptions[i].name != NULL; i++)
		if (!redemptions[i].holds(o))
			return redemptions[i].name;
	for (size_t i = 0; freedoms[i].name != NULL; i++)
		if (!freedoms[i].holds(o))
			return freedoms[i].name;
	for (size_t i = 0; duties[i].name != NULL; i++)
		if (!duties[i].holds(o))
			return duties[i].name;
	return NULL;
}
