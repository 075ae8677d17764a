/* SPDX-License-Identifier: Apache-2.0
 * What an onlooker remembers of words and deeds. Must never read the lane's own memory.
 */
#include <string.h>

#include "world.h"

enum {
	STOP_ASKED_BACK = 2 /* in told_to_stop, while a word to resume is being heard */
};

bool world_lawful(const struct world *w)
{
	bool by_order = w->free && !w->recorded; /* until something is recorded that an officer must answer */
	return w->open && (w->officer_admits || by_order || (w->said_eligible && w->said_inside));
}

static void withdraw(struct world *w)
{
	w->officer_admits = w->said_inside = w->durable = 0;
	if (w->free && w->asks_commit != RECORD_NONE) /* nor is anybody let out on what is on its way to the disk */
		w->asks_commit = RECORD_IDLE_WORDS;
}

bool world_may_say(const struct world *w, const struct move *m)
{
	switch (m->event) {
	case GATE_EVENT_ELIGIBLE:
	case GATE_EVENT_REFERRED:
	case GATE_EVENT_STOPPED:
		return w->asks_eligibility;
	case GATE_EVENT_INSIDE_CLEAR:
	case GATE_EVENT_INSIDE_REFERRED:
		return w->asks_inside;
	case GATE_EVENT_COMMITTED:
	case GATE_EVENT_COMMIT_FAILED:
		return w->asks_commit != RECORD_NONE;
	case GATE_EVENT_SELF_TEST_OK:
	case GATE_EVENT_SELF_TEST_FAILED:
		return w->asks_test && w->sight != SIGHT_GONE;
	default:
		return true;
	}
}

static void hear_officer(struct world *w, enum gate_event event)
{
	if (!w->open || (!w->recorded && !w->durable && event != GATE_EVENT_OFFICER_HOLD))
		return; /* a decision answers a record */
	if (event == GATE_EVENT_OFFICER_ADMIT) {
		if (w->people == 0)
			w->said_eligible = w->officer_eligible = 1;
		else
			w->officer_admits = 1;
	} else {
		withdraw(w);
		/* Nor do the checks made before say any more that this traveller may go on. */
		if (event != GATE_EVENT_OFFICER_HOLD)
			w->said_eligible = w->officer_eligible = 0;
	}
	if (event == GATE_EVENT_OFFICER_REFUSE)
		w->refused = 1;
	w->officer_knows = 0;
	if (w->shown != SHOWN_TRY_AGAIN) /* a word makes no document easier to read */
		w->tries = 0;
}

void world_hear(struct world *w, enum gate_event event)
{
	w->told_to_stop = w->told_to_stop != 0;
	switch (event) {
	case GATE_EVENT_ELIGIBLE:
		w->said_eligible = 1;
		w->asks_eligibility = 0;
		return;
	case GATE_EVENT_REFERRED:
	case GATE_EVENT_STOPPED:
		w->said_eligible = w->asks_eligibility = 0;
		return;
	case GATE_EVENT_INSIDE_CLEAR:
		w->said_inside = 1;
		w->asks_inside = 0;
		return;
	case GATE_EVENT_INSIDE_REFERRED:
		withdraw(w);
		w->asks_inside = 0;
		return;
	case GATE_EVENT_COMMITTED:
		w->durable = w->asks_commit == RECORD_ADMITS && world_lawful(w);
		w->asks_commit = RECORD_NONE;
		return;
	case GATE_EVENT_COMMIT_FAILED:
		w->asks_commit = RECORD_NONE;
		return;
	case GATE_EVENT_SELF_TEST_OK:
		w->tested = 1;
		w->asks_test = 0;
		return;
	case GATE_EVENT_SELF_TEST_FAILED:
		w->asks_test = 0;
		return;
	case GATE_EVENT_OFFICER_ADMIT:
	case GATE_EVENT_OFFICER_REFUSE:
	case GATE_EVENT_OFFICER_SEND_BACK:
	case GATE_EVENT_OFFICER_HOLD:
		hear_officer(w, event);
		return;
	case GATE_EVENT_SECOND_PERSON:
	case GATE_EVENT_CHAMBER_EMPTY:
		withdraw(w);
		w->tries = 0;
		return;
	case GATE_EVENT_PERSON_ENTERED:
		w->tries = 0;
		return;
	case GATE_EVENT_EMERGENCY:
		w->fire_seen = w->open;
		return;
	case GATE_EVENT_OCCUPANCY_LOST:
	case GATE_EVENT_SENSOR_LOST:
	case GATE_EVENT_GATE_LOST:
	case GATE_EVENT_LEAF_FORCED:
	case GATE_EVENT_TAMPER:
	case GATE_EVENT_ASSIST_BEGIN:
	case GATE_EVENT_ENTRY_UNLOCKED:
	case GATE_EVENT_EXIT_UNLOCKED:
		if ((event == GATE_EVENT_ENTRY_UNLOCKED && w->entry_drive == DRIVE_RELEASE) ||
			(event == GATE_EVENT_EXIT_UNLOCKED && w->exit_drive == DRIVE_RELEASE))
			return;
		if (w->open)
			w->blind = 1;
		if (event == GATE_EVENT_ASSIST_BEGIN)
			w->tries = 0;
		return;
	case GATE_EVENT_MAINTENANCE_ON:
		w->blind = w->open;
		return;
	case GATE_EVENT_RESUME:
		if (w->told_to_stop)
			w->told_to_stop = STOP_ASKED_BACK;
		return;
	case GATE_EVENT_OUT_OF_SERVICE:
	case GATE_EVENT_UPS_LOW:
		w->told_to_stop = 1;
		return;
	default:
		return;
	}
}

static void forget_crossing(struct world *w)
{
	w->open = w->said_eligible = w->said_inside = w->officer_admits = w->officer_eligible =
		w->durable = 0;
	w->recorded = w->came_in = w->left_by_entry = w->left_by_exit = w->refused = w->blind =
		w->fire_seen = 0;
	w->asks_eligibility = w->asks_inside = w->asks_commit = 0;
	w->result_asked = 0;
}

/* Once it has been released by right, another release before it is locked again is another try. */
static void released(struct world *w, uint8_t *drive, uint8_t *by_right)
{
	*drive = DRIVE_RELEASE;
	if (*by_right && w->tries < 7)
		w->tries++;
	*by_right = 1;
}

/* A leaf that is locked needs no closing, and what was released by right is over. */
static void closed(struct world *w, const uint8_t *leaf, uint8_t *drive, uint8_t *by_right)
{
	if (*drive == DRIVE_CLOSE && *leaf != LEAF_LOCKED && w->tries < 7)
		w->tries++;
	*drive = *leaf == LEAF_LOCKED ? DRIVE_NONE : DRIVE_CLOSE;
	if (*leaf == LEAF_LOCKED)
		*by_right = 0;
}

static void obey(struct world *w, enum gate_action action)
{
	switch (action) {
	case GATE_ACTION_SELF_TEST:
		w->asks_test = 1;
		w->tries = 0;
		if (w->told_to_stop == STOP_ASKED_BACK) /* the lane has taken the word */
			w->told_to_stop = 0;
		return;
	case GATE_ACTION_BEGIN_CROSSING:
		w->open = 1;
		w->officer_knows = w->tries = 0;
		return;
	case GATE_ACTION_CHECK_ELIGIBILITY:
		w->asks_eligibility = 1;
		if (!w->reader_inside) /* there another traveller may try */
			w->tries = 0;
		return;
	case GATE_ACTION_REDEEM_RESULT:
		w->asks_eligibility = w->result_asked = 1;
		w->tries = 0;
		return;
	case GATE_ACTION_VERIFY_INSIDE:
		w->asks_inside = 1;
		if (w->reader_inside) /* the document is done with */
			w->tries = 0;
		return;
	case GATE_ACTION_COMMIT_VERDICT:
		w->asks_commit = world_lawful(w) ? RECORD_ADMITS : RECORD_IDLE_WORDS;
		return;
	case GATE_ACTION_RECORD_REFERRAL:
		w->recorded = 1;
		return;
	case GATE_ACTION_CANCEL_QUERIES:
		w->asks_eligibility = w->asks_inside = 0;
		return;
	case GATE_ACTION_RELEASE_ENTRY:
		released(w, &w->entry_drive, &w->entry_lawful);
		return;
	case GATE_ACTION_RELEASE_EXIT:
		released(w, &w->exit_drive, &w->exit_lawful);
		return;
	case GATE_ACTION_CLOSE_ENTRY:
		closed(w, &w->entry, &w->entry_drive, &w->entry_lawful);
		return;
	case GATE_ACTION_CLOSE_EXIT:
		closed(w, &w->exit, &w->exit_drive, &w->exit_lawful);
		return;
	case GATE_ACTION_ALL_SAFE:
		closed(w, &w->entry, &w->entry_drive, &w->entry_lawful);
		closed(w, &w->exit, &w->exit_drive, &w->exit_lawful);
		w->entry_drive = w->exit_drive = DRIVE_NONE;
		w->tries = 0;
		return;
	case GATE_ACTION_CALL_OFFICER:
	case GATE_ACTION_ESCALATE:
		w->officer_knows = 1;
		if (action == GATE_ACTION_ESCALATE)
			w->tries = 0;
		return;
	case GATE_ACTION_RECORD_EVENT:
	case GATE_ACTION_COUNT_:
		return;
	case GATE_ACTION_END_PASSED:
	case GATE_ACTION_END_RETURNED:
	case GATE_ACTION_END_ABANDONED:
	case GATE_ACTION_END_REFERRED:
	case GATE_ACTION_END_REFUSED:
	case GATE_ACTION_END_EMERGENCY:
	case GATE_ACTION_END_UNKNOWN:
		forget_crossing(w);
		return;
	case GATE_ACTION_GUIDE_PRESENT_DOCUMENT: /* it serves: nothing is left to see to */
		w->officer_knows = w->tries = 0;
		w->shown = SHOWN_PRESENT_DOCUMENT;
		return;
	case GATE_ACTION_GUIDE_WALK_IN:
		if (world_invites(w)) /* the same, in a lane that stands open */
			w->officer_knows = w->tries = 0;
		w->shown = SHOWN_WALK_IN;
		return;
	case GATE_ACTION_GUIDE_TRY_AGAIN:
		w->tries++;
		w->shown = SHOWN_TRY_AGAIN;
		return;
	default: /* guidance stands in one row */
		w->shown = (uint8_t)(action - GATE_ACTION_GUIDE_CLOSED + SHOWN_CLOSED);
		return;
	}
}

void world_obey(struct world *w, const struct gate_actions *actions)
{
	for (uint8_t i = 0; i < actions->count; i++)
		obey(w, (enum gate_action)actions->list[i]);
}

void world_restart(struct world *w)
{
	w->asks_eligibility = w->asks_inside = w->asks_test = w->asks_commit = 0;
	w->officer_knows = w->tested = w->tries = w->told_to_stop = 0;
	w->shown = SHOWN_CLOSED;
	if (w->open)
		w->blind = 1;
}
