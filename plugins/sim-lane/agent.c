/* SPDX-License-Identifier: Apache-2.0
 * Behaviour of simulated travellers. Must never do what its kind would not.
 */
#include "agent.h"

#include <string.h>

#include "types.pb-c.h"

#define G(name) POSTERN__GUIDANCE__GUIDANCE_##name
/* Who is asked again without having been told anything else between looks so many reactions long before believing it. */
#define LOOKS_AGAIN 10u

enum { HEAD_DEGREES = 30 };

static void go(struct agent *a, enum agent_state state, uint64_t now, uint32_t delay_ms)
{
	a->state = state;
	a->since_ms = now;
	a->due_ms = now + delay_ms;
}

void agent_arrive(struct agent *a, const struct traveller *who, bool reader_inside, uint64_t now_ms,
	const struct agent_pace *pace)
{
	memset(a, 0, sizeof *a);
	a->who = *who;
	a->reader_inside = reader_inside;
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

static void lay(struct agent *a, const struct agent_view *v, const struct agent_pace *p, enum agent_state then,
	struct agent_acts *acts)
{
	acts->present_document = true;
	a->has_document = false;
	a->laid_under = v->guidance;
	go(a, then, v->now_ms, p->react_ms);
}

static bool told_to_leave(uint32_t guidance)
{
	return guidance == G(OTHER_LANE) || guidance == G(GO_BACK) || guidance == G(CLOSED) || guidance == G(EMERGENCY);
}

/* Before an entry that stands open for whoever comes. */
static void approach(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	if (v->guidance != G(WALK_IN) || !v->entry_passable)
		a->due_ms = v->now_ms + p->react_ms; /* waits in the queue */
	else if (a->who.kind == TRAVELLER_NO_SHOW)
		finish(a, acts, "no-show", v->now_ms);
	else
		go(a, AGENT_ENTERING, v->now_ms, p->walk_ms);
}

/* For whom the gate asks for a document that is not shown. */
static bool waits_to_be_known(const struct agent *a)
{
	return a->who.kind == TRAVELLER_FACE_ALONE;
}

static void outside(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	switch (a->state) {
	case AGENT_ARRIVING:
		if (a->reader_inside) {
			approach(a, v, p, acts);
			return;
		}
		if (v->guidance != G(PRESENT_DOCUMENT) && v->guidance != G(TRY_AGAIN)) {
			a->due_ms = v->now_ms + p->react_ms; /* waits in the queue */
			return;
		}
		if (waits_to_be_known(a)) {
			acts->show_face = true;
			go(a, AGENT_WAITING, v->now_ms, p->react_ms);
			return;
		}
		lay(a, v, p, AGENT_PRESENTED, acts);
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
		} else if (told_to_leave(v->guidance) || (v->guidance == G(PRESENT_DOCUMENT) && !waits_to_be_known(a)) ||
			   v->now_ms - a->since_ms > p->patience_ms) {
			finish(a, acts, "sent-away", v->now_ms); /* the lane has turned to the next */
		}
		return;
	default:
		return;
	}
}

/* Nobody walks into a mantrap that says no more that one may; whoever slips in behind somebody does not ask. Those who come
 * one behind the other do so in two looks of the sensor. */
static bool walks_in(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	if (!v->entry_passable || (a->reader_inside && a->in == 0 && v->guidance != G(WALK_IN))) {
		if (a->in > 0)
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms); /* the other has stayed outside */
		else
			go(a, a->reader_inside ? AGENT_ARRIVING : AGENT_WAITING, v->now_ms, p->react_ms);
		return false;
	}
	acts->persons_in = a->reader_inside ? 1 : (int)a->persons;
	a->in += (uint32_t)acts->persons_in;
	return a->in == a->persons;
}

static void walks_out(struct agent *a, struct agent_acts *acts, const char *outcome, uint64_t now)
{
	acts->persons_out = (int)a->in;
	a->in = 0;
	finish(a, acts, outcome, now);
}

static bool is_asked_for_document(const struct agent *a, const struct agent_view *v)
{
	return a->reader_inside && a->who.kind != TRAVELLER_WALKS_BACK &&
	       (v->guidance == G(PRESENT_DOCUMENT) || v->guidance == G(TRY_AGAIN));
}

/* The document lies on the reader between the leaves, until something else is shown than to leave it there. */
static void laid_inside(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	bool early = a->who.kind == TRAVELLER_PULLS_EARLY && !a->tried_early;
	bool unchanged = v->guidance == a->laid_under && v->now_ms - a->since_ms < (uint64_t)LOOKS_AGAIN * p->react_ms;
	if (v->guidance == G(KEEP_DOCUMENT))
		a->laid_under = v->guidance; /* what is shown after it is news */
	if (!early && (unchanged || v->guidance == G(KEEP_DOCUMENT) || v->guidance == G(PRESENT_DOCUMENT)))
		return;
	a->tried_early = a->tried_early || early;
	take(a, acts);
	go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
}

/* Whoever looks into the camera does what the display says, holding up whatever they hold up. */
static bool turns_head(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	int to = 0;
	if (v->guidance == G(LOOK_HERE) && v->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT)
		to = HEAD_DEGREES;
	if (v->guidance == G(LOOK_HERE) && v->advice == POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT)
		to = -HEAD_DEGREES;
	if (a->who.kind == TRAVELLER_HEAD_STILL || to == a->turn_degrees)
		return false;
	a->turn_degrees = to;
	acts->turn_head = true;
	acts->turn_degrees = to;
	a->due_ms = v->now_ms + p->react_ms;
	return true;
}

static void inside(struct agent *a, const struct agent_view *v, const struct agent_pace *p, struct agent_acts *acts)
{
	switch (a->state) {
	case AGENT_ENTERING:
		if (!walks_in(a, v, p, acts))
			return;
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
		if (turns_head(a, v, p, acts))
			return;
		if (v->exit_passable)
			go(a, AGENT_LEAVING, v->now_ms, p->walk_ms);
		else if (v->entry_passable && (v->guidance == G(GO_BACK) || v->emergency))
			go(a, AGENT_RETURNING, v->now_ms, p->walk_ms);
		else if (is_asked_for_document(a, v))
			lay(a, v, p, AGENT_LAID_INSIDE, acts);
		return;
	case AGENT_LAID_INSIDE:
		laid_inside(a, v, p, acts);
		return;
	case AGENT_LEAVING:
		if (!v->exit_passable) {
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
			return;
		}
		acts->by_exit = true;
		acts->leave_object = a->who.kind == TRAVELLER_LEFT_BAG;
		walks_out(a, acts, "passed", v->now_ms);
		return;
	case AGENT_RETURNING:
		if (!v->entry_passable) {
			go(a, AGENT_INSIDE, v->now_ms, p->react_ms);
			return;
		}
		walks_out(a, acts, "returned", v->now_ms);
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
