/* SPDX-License-Identifier: Apache-2.0
 * What a lane owes travellers and officers: who is in order passes, who is inside is seen to, who
 * has gone does not keep the lane, what is asked for again is bounded and is asked for. Judged on
 * what an onlooker sees: must never include a file of core/gate.
 */
#include <stddef.h>

#include "observation.h"

enum {
	READINGS = 4, /* of one document: the first, and three more */
	READINGS_INSIDE = 3 /* who is inside has been asked for it before the first */
};

static bool one_between_locked_leaves(const struct observation *o)
{
	return o->occupants_known && o->occupants == 1 && o->entry_locked && o->exit_locked;
}

static bool known_empty(const struct observation *o)
{
	return o->occupants_known && o->occupants == 0;
}

static bool known_inside(const struct observation *o)
{
	return o->occupants_known && o->occupants > 0;
}

/* The traveller stands at the reader: nothing has been opened for them. */
static bool at_the_reader(const struct observation *o)
{
	return !o->stands_open && o->open_before && !o->came_in && !o->left_by_entry && !o->left_by_exit &&
	       !o->blind && known_empty(o) && o->entry_locked && o->exit_locked &&
	       (o->shown_before == SHOWN_TRY_AGAIN || o->shown_before == SHOWN_WAIT_OFFICER ||
		       o->shown_before == SHOWN_TAKE_DOCUMENT);
}

static bool waits_or_goes_back(enum shown s)
{
	return s == SHOWN_WAIT_OFFICER || s == SHOWN_ONE_PERSON || s == SHOWN_GO_BACK;
}

/* --- before the entry --- */

/* Somebody is there, and it is whoever was asked. */
static bool still_inside(const struct observation *o)
{
	return known_inside(o) && !o->left_by_entry && !o->left_by_exit && !o->blind;
}

static bool asked_for_again_three_times(const struct observation *o)
{
	unsigned most = o->reader_inside ? READINGS_INSIDE : READINGS;
	return (IF(o->shown == SHOWN_TRY_AGAIN && o->guided) o->tries <= most) &&
	       (IF(o->happened == HAPPENED_UNREADABLE && o->open_before &&
		       (!o->reader_inside || still_inside(o)) &&
		       o->shown_before == SHOWN_TRY_AGAIN)(
		       o->tries_before < most ? o->guided && o->shown == SHOWN_TRY_AGAIN
						  : o->recorded_referral && o->called));
}

static bool who_has_gone_does_not_keep_the_lane(const struct observation *o)
{
	return IF(o->happened == HAPPENED_TIMEOUT && at_the_reader(o) && !o->document_in &&
		  !o->asking_before)(o->endings > 0);
}

static bool take_back_what_lies_there(const struct observation *o)
{
	return IF(o->guided && o->shown == SHOWN_TAKE_DOCUMENT) o->document_in;
}

static bool no_document_is_left_in_silence(const struct observation *o)
{
	/* What lies there in the moment of the taking is another's. */
	return IF(o->endings > 0 && at_the_reader(o) && o->document_in &&
		  o->happened != HAPPENED_DOCUMENT_TAKEN)(
		o->called || o->in_maintenance || o->shown == SHOWN_TAKE_DOCUMENT);
}

static bool walk_in_only_where_nobody_is(const struct observation *o)
{
	return (IF(o->released_entry && o->shown == SHOWN_WALK_IN && !o->entry_obstructed)
			       known_empty(o)) &&
	       (IF(o->guided && o->shown == SHOWN_WALK_IN)(
		       o->entry_locked && o->exit_locked && !o->fire && !o->object_in));
}

/* An officer admits somebody who has the document back and stands before a lane that serves. */
static bool officer_admits_before_the_entry(const struct observation *o)
{
	return IF(o->happened == HAPPENED_OFFICER_ADMITS && o->open_before && o->recorded &&
		  at_the_reader(o) && !o->document_in && o->serves) o->released_entry;
}

static bool the_eligible_are_let_in(const struct observation *o)
{
	return IF(!o->reader_inside && o->happened == HAPPENED_DOCUMENT_TAKEN && o->open_before &&
		  o->eligible && !o->officer_admitted && o->shown_before == SHOWN_TAKE_DOCUMENT &&
		  !o->document_in && o->serves) o->released_entry;
}

/* --- inside --- */

/* Who has walked in through an entry that stood open is asked for the document that is not there, or to lay down again the one that is. */
static bool who_has_walked_in_is_asked(const struct observation *o)
{
	bool alone = o->closing_entry && o->happened == HAPPENED_LEAF_LOCKS && o->quiet &&
		     one_between_locked_leaves(o);
	bool asks = o->guided &&
		    o->shown == (o->document_in ? SHOWN_TRY_AGAIN : SHOWN_PRESENT_DOCUMENT);
	return (IF(o->reader_inside && alone && o->open_before && !o->recorded) asks) &&
	       (IF(o->reader_inside && o->guided && o->shown == SHOWN_PRESENT_DOCUMENT)(
		       one_between_locked_leaves(o) && o->open && !o->recorded && !o->document_in)) &&
	       (IF(o->reader_inside && o->guided && o->closing_entry && o->shown == SHOWN_TRY_AGAIN)(
		       one_between_locked_leaves(o) && o->open && !o->recorded && o->document_in));
}

static bool who_may_not_begin_goes_back(const struct observation *o)
{
	return IF(o->inviting_before && o->happened == HAPPENED_WALKS_IN && !o->begun &&
		  o->exit_locked)(o->released_entry && o->guided && o->shown == SHOWN_GO_BACK);
}

/* Shut for a document is an empty lane on whose reader one lies, and it calls as long as that
 * lies there. */
static bool shut_for_a_document_that_is_there(const struct observation *o)
{
	return (IF(o->stands_open && o->for_document && !o->for_document_before &&
		   o->happened == HAPPENED_TIMEOUT)(known_empty(o) && o->entry_locked &&
						    o->exit_locked && o->document_in)) &&
	       (IF(o->for_document_before && o->for_document && o->happened == HAPPENED_TIMEOUT)
			       o->called);
}

static bool the_eligible_inside_are_verified(const struct observation *o)
{
	return IF(o->reader_inside && o->happened == HAPPENED_DOCUMENT_TAKEN && o->open_before &&
		  o->eligible && !o->officer_admitted && o->shown_before == SHOWN_TAKE_DOCUMENT &&
		  !o->document_in && !o->officer_knew && one_between_locked_leaves(o)) o->asked_inside;
}

static bool no_document_stays_inside_in_silence(const struct observation *o)
{
	return IF(o->stands_open && o->endings > 0 && o->quiet && o->document_in &&
		  known_empty(o) && o->entry_locked && o->exit_locked && !o->restarting)(
		o->called || o->in_maintenance || o->in_emergency);
}

/* A lane that no longer stands open is shut, if it can be. */
static bool who_no_longer_invites_shuts(const struct observation *o)
{
	return IF(o->inviting_before && !o->inviting && o->guided && o->shown == SHOWN_CLOSED &&
		  o->entry_told && !o->entry_obstructed &&
		  !o->restarting)(o->closed_entry || o->made_safe);
}

static bool leaves_a_document(const struct observation *o)
{
	return o->reader_inside && o->document_in;
}

static bool verifies_one_person_alone(const struct observation *o)
{
	return IF(o->asked_inside)(one_between_locked_leaves(o) && o->eligible);
}

static bool records_what_may_leave(const struct observation *o)
{
	return (IF(o->asked_commit) one_between_locked_leaves(o)) &&
	       (IF(o->asked_commit && o->happened != HAPPENED_OFFICER_ADMITS)(
		       !o->fire && !o->tamper));
}

static bool the_checked_are_recorded(const struct observation *o)
{
	return IF(o->happened == HAPPENED_INSIDE_CLEAR && o->open_before && o->admissible &&
		  !o->officer_admitted && one_between_locked_leaves(o) && o->policy_clock &&
		  !o->fire && !o->tamper && !leaves_a_document(o)) o->asked_commit;
}

/* Unless the record came so late that an officer has been called instead. */
static bool the_admitted_are_let_out(const struct observation *o)
{
	return IF(o->happened == HAPPENED_RECORD_DURABLE && o->open_before && o->durable &&
		  !o->officer_admitted && !o->officer_knew && one_between_locked_leaves(o) &&
		  !o->tamper && !o->fire && !leaves_a_document(o)) o->released_exit;
}

static bool exit_opens_from_a_shut_lane(const struct observation *o)
{
	return IF(o->happened == HAPPENED_RECORD_DURABLE && o->released_exit)(
		o->entry_locked && o->exit_locked && !o->tamper);
}

/* In the moment in which the leaf that the lane was closing locks behind or before them. */
static bool who_is_shut_in_is_seen_to(const struct observation *o)
{
	bool shut_in = o->closing && o->happened == HAPPENED_LEAF_LOCKS && o->quiet &&
		       known_inside(o) && o->entry_locked && o->exit_locked;
	bool asked = o->reader_inside && o->guided &&
		     (o->shown == SHOWN_PRESENT_DOCUMENT || o->shown == SHOWN_TRY_AGAIN);
	asked |= o->free && o->asked_commit;
	return (IF(shut_in)(o->asked_inside || asked || o->holding_after || o->released_entry)) &&
	       (IF(shut_in && o->shutting) o->released_entry);
}

static bool who_is_held_waits_behind_a_locked_exit(const struct observation *o)
{
	return IF(o->holding_after && !o->holding && o->happened == HAPPENED_LEAF_LOCKS)(
		o->exit_locked && o->entry_locked);
}

static bool way_back_is_for_somebody(const struct observation *o)
{
	return IF(o->sends_back && o->quiet) !known_empty(o);
}

static bool who_is_found_inside_is_spoken_to(const struct observation *o)
{
	return IF(o->happened == HAPPENED_TESTED && o->looking_on && !o->emergency_before &&
		  !o->maintenance_before && known_inside(o) && o->quiet)
		waits_or_goes_back(o->shown);
}

/* --- officers and keys --- */

static bool officer_stops_a_passage(const struct observation *o)
{
	bool stops =
		o->happened == HAPPENED_OFFICER_SENDS_BACK || o->happened == HAPPENED_OFFICER_HOLDS;
	return IF(stops && o->open_before && o->driven_exit && !o->left_by_exit &&
		  o->shown_before == SHOWN_WALK_OUT && o->exit_told && !o->exit_obstructed &&
		  known_inside(o)) o->closed_exit;
}

static bool hands_off_shuts_what_is_free(const struct observation *o)
{
	bool let_go =
		o->hands_on && (o->happened == HAPPENED_LETS_GO || o->happened == HAPPENED_TIMEOUT);
	return IF(let_go && o->entry_told && o->exit_told && !o->entry_obstructed &&
		  !o->exit_obstructed)(o->closed_entry && o->closed_exit);
}

static bool key_takes_no_lane_from_a_traveller(const struct observation *o)
{
	return IF(o->in_maintenance && !o->maintenance_before)(
		(known_empty(o) && o->entry_locked && o->exit_locked) || o->officer_knew ||
		waits_or_goes_back(o->shown_before));
}

/* --- what is broken, and what is only left behind --- */

static bool never_shut_as_empty_over_somebody(const struct observation *o)
{
	return IF(o->fault_shut && !o->fault_shut_before && !o->already_broken) !o->somebody_inside;
}

static bool broken_is_what_is_broken(const struct observation *o)
{
	return IF(o->fault_shut && !o->fault_shut_before && !o->already_broken)(
		o->happened == HAPPENED_SENSOR_FAULT || !known_empty(o) || !o->entry_locked ||
		!o->exit_locked);
}

static bool shut_for_an_object_that_is_there(const struct observation *o)
{
	return IF(o->for_object && !o->for_object_before)(
		o->object_in && known_empty(o) && o->entry_locked && o->exit_locked);
}

static bool serves_when_the_object_is_gone(const struct observation *o)
{
	return IF(o->for_object_before && o->happened == HAPPENED_OBJECT_GONE && known_empty(o) &&
		  o->entry_locked && o->exit_locked)(
		o->idle || o->inviting || o->out_of_service || leaves_a_document(o) ||
		(o->free && o->document_in));
}

const struct property duties[] = {
	{"an unreadable document is asked for again, three times", asked_for_again_three_times},
	{"who has gone does not keep the lane", who_has_gone_does_not_keep_the_lane},
	{"taken back is what lies there [I5]", take_back_what_lies_there},
	{"no crossing leaves a document behind in silence [I5]", no_document_is_left_in_silence},
	{"walked in is only where nobody is and all is shut", walk_in_only_where_nobody_is},
	{"whom an officer admits before the entry is let in", officer_admits_before_the_entry},
	{"the eligible are let in", the_eligible_are_let_in},
	{"who has walked in is asked for the document", who_has_walked_in_is_asked},
	{"who walks in and may not begin goes back", who_may_not_begin_goes_back},
	{"shut for a document is who has one, and calls", shut_for_a_document_that_is_there},
	{"the eligible inside are verified", the_eligible_inside_are_verified},
	{"no document stays inside in silence [I5]", no_document_stays_inside_in_silence},
	{"who no longer invites shuts", who_no_longer_invites_shuts},
	{"one admitted person between locked leaves is verified", verifies_one_person_alone},
	{"recorded is who may leave, one person between locked leaves [1]", records_what_may_leave},
	{"the checked are recorded", the_checked_are_recorded},
	{"the admitted are let out", the_admitted_are_let_out},
	{"the exit opens from a shut lane", exit_opens_from_a_shut_lane},
	{"who is shut in is seen to [I9]", who_is_shut_in_is_seen_to},
	{"who is held waits between locked leaves", who_is_held_waits_behind_a_locked_exit},
	{"the way back is for somebody", way_back_is_for_somebody},
	{"who is found inside is spoken to", who_is_found_inside_is_spoken_to},
	{"an officer stops a passage", officer_stops_a_passage},
	{"hands off, and what is free shuts", hands_off_shuts_what_is_free},
	{"the key takes no lane from a traveller", key_takes_no_lane_from_a_traveller},
	{"never shut as empty over somebody [I9]", never_shut_as_empty_over_somebody},
	{"broken is only what is broken", broken_is_what_is_broken},
	{"shut for an object is where one is", shut_for_an_object_that_is_there},
	{"when the object is gone the lane serves", serves_when_the_object_is_gone},
	{NULL, NULL},
};
