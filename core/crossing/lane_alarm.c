/* SPDX-License-Identifier: Apache-2.0
 * Alarms: what is wrong in a lane, from the moment it is sensed until it is over and an officer has said to have seen it. Nothing
 * sensed changes no alarm of the sensors. Must never end an alarm that nobody has acknowledged, unless there is no room for a newer.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"

enum cause { CAUSE_ABSENT, CAUSE_PRESENT, CAUSE_UNKNOWN };

static enum cause when(bool present)
{
	return present ? CAUSE_PRESENT : CAUSE_ABSENT;
}

static bool in_state(const struct lane *lane, unsigned a, unsigned b)
{
	return lane->gate.state == a || lane->gate.state == b;
}

static enum cause fire(const struct lane *lane)
{
	return when(lane->sensed.fire);
}

static enum cause stop(const struct lane *lane)
{
	return when(lane->sensed.estop);
}

static enum cause tamper(const struct lane *lane)
{
	return when(lane->sensed.tamper);
}

static enum cause forced(const struct lane *lane)
{
	return when(lane->sensed.entry_leaf == GATE_LEAF_FORCED || lane->sensed.exit_leaf == GATE_LEAF_FORCED);
}

static enum cause obstructed(const struct lane *lane)
{
	return when(in_state(lane, GATE_STATE_ENTRY_BLOCKED, GATE_STATE_EXIT_BLOCKED) ||
		    lane->gate.state == GATE_STATE_SHUT_BLOCKED);
}

static enum cause crowd(const struct lane *lane)
{
	return lane->sensed.occupants_known ? when(lane->sensed.occupants >= 2) : CAUSE_UNKNOWN;
}

static enum cause object(const struct lane *lane)
{
	return when(lane->sensed.object_left);
}

static enum cause mains(const struct lane *lane)
{
	return when(!lane->sensed.mains_ok);
}

static enum cause battery(const struct lane *lane)
{
	return when(lane->sensed.ups_low);
}

static enum cause faulty(const struct lane *lane)
{
	return when(in_state(lane, GATE_STATE_FAULT_LOCKED, GATE_STATE_FAULT_OCCUPIED) ||
		    lane->gate.state == GATE_STATE_GATE_MISSING);
}

static enum cause journal(const struct lane *lane)
{
	return when(!lane->journal_ok);
}

static enum cause waiting(const struct lane *lane)
{
	return when(lane->gate.state == GATE_STATE_HOLD_ALERTED);
}

static enum cause escalated(const struct lane *lane)
{
	return when(in_state(lane, GATE_STATE_HOLD_ESCALATED, GATE_STATE_RETURN_HELD));
}

static const struct {
	const char *code;
	bool sensed; /* by the lane's hardware */
	enum cause (*cause)(const struct lane *lane);
} alarms[] = {
	{ "alarm.fire", true, fire },
	{ "alarm.emergency_stop", true, stop },
	{ "alarm.forced", true, forced },
	{ "alarm.tamper", true, tamper },
	{ "alarm.two_persons", true, crowd },
	{ "alarm.object_left", true, object },
	{ "alarm.mains", true, mains },
	{ "alarm.battery", true, battery },
	{ "alarm.blocked", false, obstructed },
	{ "alarm.fault", false, faulty },
	{ "alarm.journal", false, journal },
	{ "alarm.waiting", false, waiting },
	{ ALARM_ESCALATED, false, escalated },
};

/* A free place, else that of the oldest, acknowledged ones first. */
static struct lane_alarm *place(struct lane *lane)
{
	struct lane_alarm *best = &lane->alarms[0];
	for (unsigned i = 0; i < LANE_ALARMS; i++) {
		struct lane_alarm *a = &lane->alarms[i];
		if (a->id == 0)
			return a;
		if (a->acknowledged != best->acknowledged ? a->acknowledged : a->id < best->id)
			best = a;
	}
	return best;
}

static struct lane_alarm *standing(struct lane *lane, const char *code)
{
	for (unsigned i = 0; i < LANE_ALARMS; i++)
		if (lane->alarms[i].id != 0 && lane->alarms[i].active && lane->alarms[i].code == code)
			return &lane->alarms[i];
	return NULL;
}

static void over(struct lane_alarm *a)
{
	a->active = false;
	if (a->acknowledged)
		memset(a, 0, sizeof *a);
}

void alarm_update(struct lane_run *run)
{
	struct lane *lane = run->lane;
	for (size_t i = 0; i < PN_COUNT(alarms); i++) {
		bool blind = alarms[i].sensed && (!lane->has_sensed || lane->sensed_stale);
		enum cause now = blind ? CAUSE_UNKNOWN : alarms[i].cause(lane);
		struct lane_alarm *a = standing(lane, alarms[i].code);
		if (now == CAUSE_ABSENT && a != NULL)
			over(a);
		if (now == CAUSE_PRESENT && a == NULL)
			*place(lane) = (struct lane_alarm){ .id = lane->next_alarm_id++,
				.code = alarms[i].code,
				.raised_wall_ms = run->in->wall_ms,
				.active = true };
	}
}

int alarm_acknowledge(struct lane_run *run, uint64_t id, const char *officer)
{
	for (unsigned i = 0; i < LANE_ALARMS; i++) {
		struct lane_alarm *a = &run->lane->alarms[i];
		if (a->id != id || id == 0)
			continue;
		a->acknowledged = true;
		text_copy(a->by, sizeof a->by, officer);
		if (!a->active)
			over(a);
		return PN_OK;
	}
	return PN_ENOTFOUND;
}
