/* SPDX-License-Identifier: Apache-2.0
 * What must be true of a lane that an officer has ordered free, and of any other lane that it is not. Judged on what an onlooker
 * sees: must never include a file of core/gate.
 */
#include <stddef.h>

#include "observation.h"

static bool asks_nobody_for_anything(const struct observation *o)
{
	bool asks = o->shown == SHOWN_PRESENT_DOCUMENT || o->shown == SHOWN_KEEP_DOCUMENT || o->shown == SHOWN_TRY_AGAIN ||
		    o->shown == SHOWN_TAKE_DOCUMENT || o->shown == SHOWN_LOOK_HERE;
	return IF(o->free)(!o->asked_checks && !o->asked_redemption && !o->asked_inside && !(o->guided && asks));
}

static bool one_between_locked_leaves(const struct observation *o)
{
	return o->occupants_known && o->occupants == 1 && o->entry_locked && o->exit_locked;
}

static bool who_has_walked_in_is_recorded(const struct observation *o)
{
	return IF(o->free && o->closing_entry && o->happened == HAPPENED_LEAF_LOCKS && o->quiet && one_between_locked_leaves(o) &&
		  o->open_before && !o->recorded && !o->fire && !o->tamper) o->asked_commit;
}

/* What has been recorded of them an officer answers, and nobody else. */
static bool the_order_admits_once(const struct observation *o)
{
	return IF(o->free && o->asked_commit && o->happened != HAPPENED_OFFICER_ADMITS)(
		!o->recorded && !o->durable && one_between_locked_leaves(o));
}

static bool what_is_not_needed_ends_no_invitation(const struct observation *o)
{
	bool untouched = o->unneeded_lost || (o->happened == HAPPENED_POLICY && o->policy);
	return IF(o->free && o->inviting_before && untouched && o->quiet) o->inviting;
}

static bool checked_elsewhere(const struct observation *o)
{
	return IF(!o->free && o->asked_commit && o->happened != HAPPENED_OFFICER_ADMITS)(o->eligible);
}

const struct property freedoms[] = {
	{"a lane ordered free asks nobody for anything", asks_nobody_for_anything},
	{"who has walked in free is recorded", who_has_walked_in_is_recorded},
	{"the order admits one person once, of whom nothing is recorded", the_order_admits_once},
	{"what a free lane does not need ends no invitation", what_is_not_needed_ends_no_invitation},
	{"in every other lane only the eligible are recorded as admitted [2]", checked_elsewhere},
	{NULL, NULL},
};
