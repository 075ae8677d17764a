/* SPDX-License-Identifier: Apache-2.0
 * A lane's mode, and the table that goes with it: that of the lane as it is built, or core/gate/free.def while an officer's order lets
 * people pass unchecked. The word changes only when nobody is in hand or inside and nothing is alarmed; the table when the leaves are
 * shut besides. Must never leave a lane free when nobody is on duty, nor change the table over somebody or an open leaf.
 */
#include "base/text.h"
#include "crossing/lane_run.h"

#define MODE(name) POSTERN__LANE_MODE__MODE_##name

static const char *mode_name(Postern__LaneMode mode)
{
	if (mode == MODE(FREE))
		return "mode.free";
	return mode == MODE(LOCKED) ? "mode.locked" : "mode.controlled";
}

static bool undisturbed(const struct lane *lane)
{
	const struct gate_sensed *s = &lane->sensed;
	bool alarmed = s->fire || s->estop || s->tamper || s->entry_leaf == GATE_LEAF_FORCED || s->exit_leaf == GATE_LEAF_FORCED;
	return !alarmed && !lane->crossing.active && !lane->gate.crossing && s->occupants_known && s->occupants == 0;
}

static bool shut_at_rest(const struct lane *lane)
{
	return lane->gate.state == GATE_STATE_IDLE || lane->gate.state == GATE_STATE_OUT_OF_SERVICE;
}

/* Idle, invited by an open entry, or out of service: nobody is in hand, nobody is inside, nothing is alarmed or latched. */
static bool idle(const struct lane *lane)
{
	return (shut_at_rest(lane) || lane->gate.state == GATE_STATE_INVITING) && undisturbed(lane);
}

static enum gate_topology table_of_mode(const struct lane *lane)
{
	return lane->config.record.mode == MODE(FREE) ? GATE_FREE : lane->config.topology;
}

bool mode_in_effect(const struct lane *lane)
{
	return lane->table == table_of_mode(lane);
}

bool lane_is_free(const struct lane *lane)
{
	return lane->table == GATE_FREE && lane->config.record.mode == MODE(FREE);
}

static void take_free_order(struct lane *lane, const char *officer, const char *reason)
{
	struct lane_free *f = &lane->free_order;
	if (lane->config.record.mode != MODE(FREE))
		f->before = lane->config.record.mode;
	text_copy(f->officer, sizeof f->officer, officer);
	text_copy(f->reason_code, sizeof f->reason_code, reason);
}

int mode_order(struct lane_run *run, Postern__LaneMode wanted, const char *officer, const char *reason)
{
	struct lane *lane = run->lane;
	if (wanted != MODE(LOCKED) && wanted != MODE(CONTROLLED) && wanted != MODE(FREE))
		return refuse(lane, "order.no_such_mode", PN_EDENIED);
	if (record_key(reason)[0] == '\0')
		return refuse(lane, "order.incomplete", PN_EDENIED);
	if (wanted == MODE(FREE) && !lane_supervised(lane))
		return refuse(lane, "order.nobody_on_duty", PN_EAGAIN);
	if (!idle(lane))
		return refuse(lane, "order.not_now", PN_EAGAIN);
	if (wanted == MODE(FREE))
		take_free_order(lane, officer, reason);
	lane->config.record.mode = wanted;
	record_mode(run, officer, mode_name(wanted), reason);
	return PN_OK;
}

/* Whose order it was, or who has taken over from them, is gone. */
static void end_free(struct lane_run *run)
{
	struct lane *lane = run->lane;
	lane->config.record.mode = lane->free_order.before;
	record_event(run, "lane.free_over", mode_name(lane->free_order.before));
}

bool mode_settle(struct lane_run *run)
{
	struct lane *lane = run->lane;
	if (lane->config.topology == GATE_KIOSK) /* its gate's mode says whether it serves, and nothing else */
		return false;
	if (lane->config.record.mode == MODE(FREE) && !lane->on_duty && idle(lane))
		end_free(run);
	if (mode_in_effect(lane) || !shut_at_rest(lane) || !undisturbed(lane))
		return false;
	lane->table = table_of_mode(lane);
	lane->policy = 0; /* whatever the policy is, this table has not been told */
	return true;
}
