/* SPDX-License-Identifier: Apache-2.0
 * Behaviour of simulated travellers. Must never do what its kind would not.
 */
#include "agent.h"

#include <string.h>

#include "types.pb-c.h"

#define G(name) POSTERN__GUIDANCE__GUIDANCE_##name

static void go(struct agent *a, enum agent_state state, uint64_t now, uint32_t delay_ms)
{
	a->state = state;
	a->since_ms = now;
	a->due_ms = now + delay_ms;
}

void agent_arrive(struct agent *a, const struct traveller *who, uint64_t now_ms, const struct agent_pace *pace)
{
	memset(a, 0, sizeof *a);
	a->who = *who;
	a->persons = who->kind == TRAVELLER_TAILGATER ? 2 : 1;
	a->has_document = true;
	go(a, AGENT_ARRIVING, now_ms, pace->react_ms);
}

static void finish(struct agent *a, struct agent_acts *acts, const char *outcome, uint64_t now)
{
	acts->done = true;
	acts->outcome = outcome;
	go(a, AGENT_GONE, now, 0);
}

static void take(struct agent *a, struct agent_acts *acts)
{
	if (!a->has_document) {
		acts->remove_document = true;
		a->has_document = true;
	}
}

static bool told_to_leave(uint32_t guidance)
{
	return guidance == G(OTHER_LANE) || guidance == G(GO_BACK) || guidance == G(CLOSED) || guidance == G(EMERGENCY);
}

static void outside(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	switch (a->state) {
	case AGENT_ARRIVING:
		if (v->guidance != G(PRESENT_DOCUMENT) && v->guidance != G(TRY_AGAIN)) {
			a->due_ms = v->now_ms + p->react_ms; /* waits in the queue */
			return;
		}
		acts->present_document = true;
		a->has_document = false;
		go(a, AGENT_PRESENTED, v->now_ms, p->react_ms);
		return;
	case AGENT_PRESENTED:
		if (a->who.kind == TRAVELLER_PULLS_EARLY && !a->tried_early) {
			a->tried_early = true;
			take(a, acts);
			go(a, AGENT_ARRIVING, v->now_ms, p->walk_ms);
			return;
		}
		if (v->guidance == G(TAKE_DOCUMENT) || v->guidance == G(WALK_IN)) {
			take(a, acts);
			go(a, AGENT_WAITING, v->now_ms, p->react_ms);
		} else if (told_to_leave(v->guidance)) {
			take(a, acts);
			finish(a, acts, "sent-away", v->now_ms);
		} else if (v->guidance == G(TRY_AGAIN)) {
			take(a, acts);
			go(a, AGENT_ARRIVING, v->now_ms, p->walk_ms);
		} else if (v->now_ms - a->since_ms > p->patience_ms) {
			take(a, acts);
			finish(a, acts, "gave-up", v->now_ms);
		}
		return;
	case AGENT_WAITING:
		if (a->who.kind == TRAVELLER_NO_SHOW) {
			finish(a, acts, "no-show", v->now_ms);
		} else if (v->entry_passable && v->guidance == G(WALK_IN)) {
			go(a, AGENT_ENTERING, v->now_ms, p->walk_ms);
		} else if (told_to_leave(v->guidance) || v->guidance == G(PRESENT_DOCUMENT) ||
			   v->now_ms - a->since_ms > p->patience_ms) {
			finish(a, acts, "sent-away", v->now_ms); /* the lane has turned to the next */
		}
		return;
	default:
		return;
	}
}

static void inside(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	switch (a->state) {
	case AGENT_ENTERING:
		if (!v->entry_passable) {
			go(a, AGENT_WAITING, v->now_ms, p->react_ms);
			return;
		}
		acts->persons_in = (int)a->persons;
		if (a->who.kind == TRAVELLER_HOLDS_DOOR && !a->held) {
			a->held = true;
			acts->block_entry = true;
			go(a, AGENT_IN_DOORWAY, v->now_ms, p->hold_ms);
		} else if (a->who.kind == TRAVELLER_WALKS_BACK) {
			go(a, AGENT_RETURNING, v->now_ms, p->walk_ms);
		} else {
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
		}
		return;
	case AGENT_IN_DOORWAY:
		acts->unblock_entry = true;
		go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
		return;
	case AGENT_INSIDE:
		if (v->exit_passable)
			go(a, AGENT_LEAVING, v->now_ms, p->walk_ms);
		else if (v->entry_passable && (v->guidance == G(GO_BACK) || v->emergency))
			go(a, AGENT_RETURNING, v->now_ms, p->walk_ms);
		return;
	case AGENT_LEAVING:
		if (!v->exit_passable) {
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
			return;
		}
		acts->persons_out = (int)a->persons;
		acts->by_exit = true;
		acts->leave_object = a->who.kind == TRAVELLER_LEFT_BAG;
		finish(a, acts, "passed", v->now_ms);
		return;
	case AGENT_RETURNING:
		if (!v->entry_passable) {
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
			return;
		}
		acts->persons_out = (int)a->persons;
		finish(a, acts, "returned", v->now_ms);
		return;
	default:
		return;
	}
}

void agent_step(struct agent *a, const struct agent_view *view, const struct agent_pace *pace, struct agent_acts *acts)
{
	memset(acts, 0, sizeof *acts);
	if (a->state == AGENT_GONE || view->now_ms < a->due_ms)
		return;
	if (a->state <= AGENT_WAITING)
		outside(a, view, pace, acts);
	else
		inside(a, view, pace, acts);
}
