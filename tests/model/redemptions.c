/* SPDX-License-Identifier: Apache-2.0
 * What must be true of a gate that redeems results of a kiosk, and of any other lane that it does not. Judged on what an onlooker
 * sees: must never include a file of core/gate.
 */
#include <stddef.h>

#include "observation.h"

static bool each_asks_its_own(const struct observation *o)
{
	return o->redeems ? !o->asked_checks : !o->asked_redemption;
}

static bool once_in_a_crossing(const struct observation *o)
{
	return IF(o->asked_redemption && !o->begun) !o->redemption_asked_before;
}

static bool only_while_it_serves(const struct observation *o)
{
	return IF(o->asked_redemption) o->serves;
}

static bool not_lost_over_a_document_taken_back(const struct observation *o)
{
	return IF(o->redeeming_before && o->happened == HAPPENED_DOCUMENT_TAKEN)(
		o->endings == 0 && !o->cancelled && o->open_questions);
}

/* It has been spent, or may have been: an officer decides. */
static bool in_doubt_an_officer_is_called(const struct observation *o)
{
	return IF(o->redeeming_before && o->happened == HAPPENED_TIMEOUT)(
		o->called && o->recorded_referral && o->cancelled);
}

static bool whose_result_is_redeemed_is_let_in(const struct observation *o)
{
	return IF(o->redeems && o->redeeming_before && o->happened == HAPPENED_ELIGIBLE && o->serves)(
		o->document_in ? o->guided && o->shown == SHOWN_TAKE_DOCUMENT : o->released_entry);
}

/* Nothing lies on the reader: it is asked whose result it is, and shown that the face is. */
static bool whose_face_is_known_needs_no_document(const struct observation *o)
{
	return IF(o->redeems && o->happened == HAPPENED_FACE_FOUND && o->idle_before && o->serves && !o->document_in)(
		o->begun && o->asked_redemption && o->guided && o->shown == SHOWN_LOOK_HERE);
}

/* Whoever is in hand is another one. */
static bool a_face_begins_only_at_an_idle_gate(const struct observation *o)
{
	return IF(o->happened == HAPPENED_FACE_FOUND && !o->idle_before)(!o->begun && !o->asked_redemption);
}

const struct property redemptions[] = {
	{"a gate redeems, every other lane checks", each_asks_its_own},
	{"a result is redeemed once in a crossing", once_in_a_crossing},
	{"a result is redeemed only while the gate serves", only_while_it_serves},
	{"a result is not lost over a document taken back too soon", not_lost_over_a_document_taken_back},
	{"when a redemption stays open an officer is called", in_doubt_an_officer_is_called},
	{"whose result is redeemed is let in", whose_result_is_redeemed_is_let_in},
	{"whose face is known needs no document", whose_face_is_known_needs_no_document},
	{"a face begins a crossing only at an idle gate", a_face_begins_only_at_an_idle_gate},
	{NULL, NULL},
};
