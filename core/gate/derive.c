/* SPDX-License-Identifier: Apache-2.0
 * From two snapshots to the events between them. Must never depend on anything but the two.
 */
#include "gate/gate.h"

struct list {
	enum gate_event *events;
	size_t count, max;
};

static void put(struct list *l, bool happened, enum gate_event event)
{
	if (happened && l->count < l->max)
		l->events[l->count++] = event;
}

static bool alarm(const struct gate_sensed *s)
{
	return s->fire || s->estop;
}

static bool reset(const struct gate_sensed *s)
{
	return s->key_reset && !alarm(s);
}

static bool blind(const struct gate_sensed *s)
{
	return s->entry_leaf == GATE_LEAF_UNKNOWN || s->entry_leaf >= GATE_LEAF_FAULT ||
	       s->exit_leaf == GATE_LEAF_UNKNOWN || s->exit_leaf >= GATE_LEAF_FAULT ||
	       !s->self_test_ok;
}

static bool forced(const struct gate_sensed *s)
{
	return s->entry_leaf == GATE_LEAF_FORCED || s->exit_leaf == GATE_LEAF_FORCED;
}

static void leaf(struct list *l, uint8_t before, uint8_t now, const enum gate_event events[4])
{
	put(l, before == GATE_LEAF_LOCKED && now != before, events[3]);
	put(l, now == GATE_LEAF_LOCKED && before != now, events[0]);
	put(l, now == GATE_LEAF_OPEN && before != now, events[1]);
	put(l, now == GATE_LEAF_OBSTRUCTED && before != now, events[2]);
}

/* Somebody who was not known to be there counts as having come in. */
static void occupancy(
	struct list *l, const struct gate_sensed *before, const struct gate_sensed *now)
{
	if (!now->occupants_known) {
		put(l, before->occupants_known, GATE_EVENT_OCCUPANCY_LOST);
		return;
	}
	unsigned was = before->occupants_known ? before->occupants : 0;
	put(l, now->occupants >= 1 && was == 0, GATE_EVENT_PERSON_ENTERED);
	put(l, now->occupants >= 2 && was < 2, GATE_EVENT_SECOND_PERSON);
	put(l, now->occupants == 1 && was >= 2, GATE_EVENT_BACK_TO_ONE);
	put(l, now->occupants == 0 && (was > 0 || !before->occupants_known),
		GATE_EVENT_CHAMBER_EMPTY);
}

size_t gate_derive(const struct gate_sensed *before, const struct gate_sensed *now,
	enum gate_event *events, size_t max)
{
	static const enum gate_event entry[4] = {GATE_EVENT_ENTRY_LOCKED, GATE_EVENT_ENTRY_OPENED,
		GATE_EVENT_ENTRY_OBSTRUCTED, GATE_EVENT_ENTRY_UNLOCKED};
	static const enum gate_event exit[4] = {GATE_EVENT_EXIT_LOCKED, GATE_EVENT_EXIT_OPENED,
		GATE_EVENT_EXIT_OBSTRUCTED, GATE_EVENT_EXIT_UNLOCKED};
	struct list l = {events, 0, max};
	put(&l, alarm(now) && !alarm(before), GATE_EVENT_EMERGENCY);
	put(&l, now->tamper && !before->tamper, GATE_EVENT_TAMPER);
	put(&l, blind(now) && !blind(before), GATE_EVENT_SENSOR_LOST);
	put(&l, forced(now) && !forced(before), GATE_EVENT_LEAF_FORCED);
	occupancy(&l, before, now);
	leaf(&l, before->entry_leaf, now->entry_leaf, entry);
	leaf(&l, before->exit_leaf, now->exit_leaf, exit);
	put(&l, now->object_left && !before->object_left, GATE_EVENT_OBJECT_LEFT);
	put(&l, !now->object_left && before->object_left, GATE_EVENT_OBJECT_CLEARED);
	put(&l, !now->mains_ok && before->mains_ok, GATE_EVENT_MAINS_LOST);
	put(&l, now->mains_ok && !before->mains_ok, GATE_EVENT_MAINS_BACK);
	put(&l, now->ups_low && !before->ups_low, GATE_EVENT_UPS_LOW);
	put(&l, now->maintenance && !before->maintenance, GATE_EVENT_MAINTENANCE_ON);
	put(&l, !now->maintenance && before->maintenance, GATE_EVENT_MAINTENANCE_OFF);
	put(&l, reset(now) && !reset(before), GATE_EVENT_EMERGENCY_CLEARED);
	return l.count;
}

struct gate_sensed gate_sensed_unknown(void)
{
	return (struct gate_sensed){.entry_leaf = GATE_LEAF_UNKNOWN,
		.exit_leaf = GATE_LEAF_UNKNOWN,
		.mains_ok = true,
		.self_test_ok = true};
}
