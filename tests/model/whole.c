/* SPDX-License-Identifier: Apache-2.0
 * What must be true of the whole graph and of no single step: ways on, ways out and ends. Must
 * never look into the lane further than "idle" and "who is locked in".
 */
#include <string.h>

#include "internal.h"

enum {
	PATIENCE = 40
}; /* timeouts until somebody must have been called, and the way back be open */

static bool idle(const struct node *n)
{
	if (world_invites(&n->world))
		return n->gate.state == GATE_STATE_INVITING && n->world.shown == SHOWN_WALK_IN &&
		       n->world.entry == LEAF_OPEN && !n->world.open;
	return n->gate.state == GATE_STATE_IDLE && n->world.shown == SHOWN_PRESENT_DOCUMENT &&
	       !n->world.open;
}

/* Where a world without officers may end. */
static bool waits_for_somebody(const struct node *n)
{
	return n->world.officer_knows || n->gate.state == GATE_STATE_OUT_OF_SERVICE ||
	       n->gate.state == GATE_STATE_MAINTENANCE;
}

/* Marks every state from which a marked one can be reached by fair moves. */
static void spread_back(struct explorer *x)
{
	uint32_t head = 0, tail = 0, *queue = x->queue;
	memset(x->first, 0, (x->count + 1) * sizeof *x->first);
	for (uint32_t i = 0; i < x->edge_count; i++)
		x->first[x->edges[i].to + 1]++;
	for (uint32_t i = 0; i < x->count; i++)
		x->first[i + 1] += x->first[i];
	for (uint32_t i = x->edge_count; i-- > 0;)
		x->list[--x->first[x->edges[i].to + 1]] = x->edges[i].from;
	/* first[to + 1] is now where the list of to begins; it ends where that of the next begins
	 */
	for (uint32_t i = 0; i < x->count; i++)
		if (x->mark[i])
			queue[tail++] = i;
	while (head < tail) {
		uint32_t to = queue[head++];
		uint32_t end = to + 1 < x->count ? x->first[to + 2] : x->edge_count;
		for (uint32_t k = x->first[to + 1]; k < end; k++)
			if (!x->mark[x->list[k]]) {
				x->mark[x->list[k]] = 1;
				queue[tail++] = x->list[k];
			}
	}
}

/* Nothing but time: is somebody called, or is there nothing to wait for? */
static bool silence_is_heard(const struct explorer *x, uint32_t i)
{
	for (int k = 0; k < PATIENCE; k++) {
		if (x->nodes[i].world.officer_knows || x->timeout[i] == NONE)
			return true;
		i = x->timeout[i];
	}
	return false;
}

/* Someone between two locked leaves, seen by sensors that work, and nobody comes. */
static bool locked_in(const struct node *n)
{
	const struct world *w = &n->world;
	return w->people > 0 && w->entry == LEAF_LOCKED && w->exit == LEAF_LOCKED &&
	       w->sight == SIGHT_GOOD && !w->fire && n->gate.state != GATE_STATE_MAINTENANCE &&
	       n->gate.state != GATE_STATE_EMERGENCY_OPEN;
}

/* The self-test may have to be answered first; that is not silence, once it is asked for. */
static bool let_out(const struct explorer *x, uint32_t i)
{
	for (int k = 0; k < PATIENCE; k++) {
		const struct world *w = &x->nodes[i].world;
		if (w->entry_drive == DRIVE_RELEASE || w->exit_drive == DRIVE_RELEASE ||
			(!w->tested && w->asks_test))
			return true;
		if (x->timeout[i] == NONE)
			return false;
		i = x->timeout[i];
	}
	return false;
}

/* Something is in the exit, the entry is locked, all sensors work, and the lane has not given up.
 */
static bool stuck_in_exit(const struct node *n)
{
	const struct world *w = &n->world;
	return w->exit == LEAF_OBSTRUCTED && w->entry == LEAF_LOCKED && w->sight == SIGHT_GOOD &&
	       !w->fire && w->tested;
}

/* Broken hardware drives nothing any more. */
static bool gave_up(const struct node *n)
{
	return n->gate.state == GATE_STATE_FAULT_OCCUPIED || !n->world.tested;
}

static bool freed(const struct explorer *x, uint32_t i)
{
	for (int k = 0; k < PATIENCE; k++) {
		if (x->nodes[i].world.exit_drive == DRIVE_RELEASE || gave_up(&x->nodes[i]) ||
			x->timeout[i] == NONE)
			return true;
		i = x->timeout[i];
	}
	return false;
}

const char *whole_broken(struct explorer *x, unsigned groups, uint8_t endings, uint32_t *where)
{
	for (uint32_t i = 0; i < x->count; i++)
		x->mark[i] = idle(&x->nodes[i]) ||
			     (!(groups & MOVES_OFFICER) && waits_for_somebody(&x->nodes[i]));
	spread_back(x);
	for (uint32_t i = 0; i < x->count; i++) {
		*where = i;
		if (!x->mark[i])
			return "from everywhere a fair world leads back to an idle lane that "
			       "serves";
		if (!silence_is_heard(x, i))
			return "silence ends in a call";
		if (locked_in(&x->nodes[i]) && !let_out(x, i))
			return "nobody is locked in [3, I9]";
		if (stuck_in_exit(&x->nodes[i]) && !freed(x, i))
			return "what is stuck in the exit is freed";
	}
	*where = 0;
	bool outside = !world_invites(&x->nodes[0].world); /* somebody can be sent away before the entry */
	if (!(endings & 1u << ENDING_PASSED))
		return "the eligible pass";
	if (outside && !(endings & 1u << ENDING_ABANDONED))
		return "a no-show is abandoned";
	if (!(endings & 1u << ENDING_RETURNED))
		return "who goes back has returned";
	if (outside && groups & MOVES_PEOPLE && !(endings & 1u << ENDING_REFERRED))
		return "who is referred outside ends so";
	if (groups & MOVES_PEOPLE && groups & MOVES_OFFICER && !(endings & 1u << ENDING_REFUSED))
		return "who is refused ends so";
	if (groups & MOVES_HARDWARE && !(endings & 1u << ENDING_EMERGENCY))
		return "an emergency ends a crossing";
	if (groups & MOVES_POWER && !(endings & 1u << ENDING_UNKNOWN))
		return "a restart ends a crossing as unknown";
	return NULL;
}
