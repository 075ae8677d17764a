/* SPDX-License-Identifier: Apache-2.0
 * The lane as a whole: commands and the interlock, alarms, what happens without a core. Must never release a second leaf but in
 * an emergency or an assist, nor let anybody in without a core.
 */
#include <string.h>

#include "lane/internal.h"

#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define POSITION(name) POSTERN__LEAF_POSITION__LEAF_##name

size_t lane_hw_size(void)
{
	return sizeof(struct lane_hw);
}

void lane_hw_init(struct lane_hw *l, const struct lane_hw_description *d, uint64_t now_ns)
{
	memset(l, 0, sizeof *l);
	l->d = *d;
	l->now = now_ns;
	l->guidance = POSTERN__GUIDANCE__GUIDANCE_CLOSED;
	l->core_gone = true;
	l->gone_ns = l->guidance_ns = l->kick_ns = l->retry_ns = now_ns;
	l->entry_asked_ns = NEVER;
	for (unsigned i = 0; i < LEAVES; i++)
		l->leaf[i] = (struct leaf){.authorised = true, .drive_to_ns = NEVER, .lock_wait_ns = NEVER, .odd_ns = NEVER,
			.adrift_ns = NEVER};
	people_init(l);
	camera_init(l);
}

static bool fire(const struct lane_hw *l)
{
	return line_alarm(l, LANE_HW_fire_alarm);
}

static bool stop_pressed(const struct lane_hw *l)
{
	return line_alarm(l, LANE_HW_estop) || line_alarm(l, LANE_HW_breakglass);
}

void line_changed(struct lane_hw *l, enum lane_hw_line line, uint64_t edge_ns)
{
	if (line_rings(l, LANE_HW_fire_alarm) || line_rings(l, LANE_HW_estop) || line_rings(l, LANE_HW_breakglass))
		l->emergency = true;
	if (line == LANE_HW_key_reset)
		people_key(l);
	for (unsigned i = 0; i < LEAVES; i++) {
		const struct leaf_lines *n = &leaf_lines[i];
		if (line == n->outer || line == n->inner)
			people_beam(l, (enum leaf_id)i, edge_ns);
		else if (line == n->safety)
			people_plane(l, (enum leaf_id)i);
	}
}

static bool locked(const struct lane_hw *l, enum leaf_id id)
{
	/* a command that has not come to rest may still change what the contacts say */
	return !l->leaf[id].unlock && l->leaf[id].want == LEAF_RESTS && leaf_position(l, id) == POSITION(LOCKED);
}

/* The way back may be given although the exit's contacts are broken: its lock is not released, and somebody is inside. */
static bool entry_may_open(const struct lane_hw *l)
{
	uint8_t exit = leaf_position(l, EXIT);
	return l->both_released || locked(l, EXIT) ||
	       (!l->leaf[EXIT].unlock && (exit == POSITION(FAULT) || exit == POSITION(UNSPECIFIED)));
}

static bool exit_may_open(const struct lane_hw *l)
{
	return l->both_released || locked(l, ENTRY);
}

static void release_entry(struct lane_hw *l)
{
	l->refused = !entry_may_open(l);
	if (l->refused)
		l->entry_asked_ns = l->now;
	else
		leaf_open(l, ENTRY);
}

static void release_exit(struct lane_hw *l, bool without_record)
{
	if (without_record)
		l->assist = l->both_released = true;
	if (l->assist && l->entry_asked_ns != NEVER && l->now - l->entry_asked_ns < ASSIST_PAIR_NS)
		leaf_open(l, ENTRY);
	l->entry_asked_ns = NEVER;
	l->refused = !exit_may_open(l);
	if (!l->refused)
		leaf_open(l, EXIT);
}

static void self_test(struct lane_hw *l)
{
	for (unsigned i = 0; i < LEAVES; i++)
		l->leaf[i].lock_failed = false;
	l->refused = false;
}

void lane_hw_command(struct lane_hw *l, uint32_t command, uint32_t id, bool without_record, uint64_t now_ns)
{
	lane_hw_tick(l, now_ns);
	l->last_command_id = id;
	switch (command) {
	case COMMAND(RELEASE_ENTRY):
		release_entry(l);
		break;
	case COMMAND(RELEASE_EXIT):
		release_exit(l, without_record);
		break;
	case COMMAND(CLOSE_ENTRY):
		l->assist = false;
		leaf_close(l, ENTRY);
		break;
	case COMMAND(CLOSE_EXIT):
		l->assist = false;
		leaf_close(l, EXIT);
		break;
	case COMMAND(ALL_SAFE):
		l->assist = false;
		leaf_stop(l, ENTRY);
		leaf_stop(l, EXIT);
		break;
	case COMMAND(SELF_TEST):
		self_test(l);
		break;
	default:
		break;
	}
	lane_hw_tick(l, now_ns);
}

void lane_hw_guidance(struct lane_hw *l, uint32_t guidance, uint64_t now_ns)
{
	lane_hw_tick(l, now_ns);
	if (l->guidance != guidance)
		l->guidance_ns = l->now;
	l->guidance = guidance;
}

void lane_hw_missed(struct lane_hw *l, uint64_t now_ns)
{
	lane_hw_tick(l, now_ns);
	people_lost(l);
	for (unsigned i = 0; i < LEAVES; i++)
		l->people.passage[i].doubt = true;
	lane_hw_tick(l, now_ns);
}

void lane_hw_core(struct lane_hw *l, uint64_t heard_ns, uint64_t now_ns)
{
	uint64_t now = now_ns > l->now ? now_ns : l->now;
	l->heard = true;
	if (heard_ns > now)
		heard_ns = now;
	if (heard_ns > l->heard_ns)
		l->heard_ns = heard_ns;
	lane_hw_tick(l, now_ns);
}

static void emergency(struct lane_hw *l)
{
	if (!l->emergency)
		return;
	l->both_released = true;
	leaf_release(l, ENTRY, !stop_pressed(l));
	leaf_release(l, EXIT, !stop_pressed(l));
}

/* The key does not end it over somebody who is seen to be inside: what is shut would lock, and the core waits for them to go. */
static void emergency_over(struct lane_hw *l)
{
	uint8_t inside;
	if (people_inside(l, &inside) && inside > 0)
		return;
	if (!l->emergency || !line_is(l, LANE_HW_key_reset) || fire(l) || stop_pressed(l))
		return;
	l->emergency = false;
	leaf_stop(l, ENTRY);
	leaf_stop(l, EXIT);
	/* A leaf that an alarm stopped half way has met nothing. */
	l->leaf[ENTRY].obstructed = l->leaf[EXIT].obstructed = false;
}

/* Whoever is inside cannot leave by the exit any more, and must not stay. */
static void way_back(struct lane_hw *l)
{
	if (locked(l, EXIT) || leaf_position(l, EXIT) == POSITION(FAULT) || leaf_position(l, EXIT) == POSITION(UNSPECIFIED)) {
		l->leaf[EXIT].unlock = false;
		if (l->leaf[ENTRY].want != LEAF_TO_OPEN || leaf_position(l, ENTRY) == POSITION(OBSTRUCTED))
			leaf_open(l, ENTRY);
	} else if (l->leaf[EXIT].want != LEAF_TO_CLOSE) {
		leaf_close(l, EXIT);
	}
}

static void close_alone(struct lane_hw *l, enum leaf_id id)
{
	if (l->leaf[id].want != LEAF_TO_CLOSE && (!leaf_is_shut(l, id) || l->leaf[id].unlock))
		leaf_close(l, id);
}

static void alone(struct lane_hw *l)
{
	uint8_t inside;
	bool empty = people_inside(l, &inside) && inside == 0;
	if (l->emergency || l->now < l->retry_ns)
		return;
	l->retry_ns = l->now + RETRY_NS;
	/* Before any core has spoken nothing moves, but for somebody who is seen to be there. */
	l->returning = (l->heard ? !empty : inside > 0) && later(l, l->gone_ns, l->d.return_path_ms);
	if (l->returning) {
		way_back(l);
		return;
	}
	/* Nobody new; who leaves by the exit may. */
	if (l->heard)
		close_alone(l, ENTRY);
	if (l->heard && empty)
		close_alone(l, EXIT);
}

static void watch_core(struct lane_hw *l)
{
	bool gone = !l->heard || l->now - l->heard_ns >= l->d.core_lost_ms * NS_PER_MS;
	if (gone && !l->core_gone) {
		l->gone_ns = l->retry_ns = l->now;
		l->assist = false;
		l->entry_asked_ns = NEVER;
	}
	if (!gone)
		l->returning = false;
	l->core_gone = gone;
	if (gone)
		alone(l);
}

static bool core_speaks(const struct lane_hw *l)
{
	return l->heard && l->now - l->heard_ns < l->d.kick_after_ms * NS_PER_MS;
}

bool lane_is_quiet(const struct lane_hw *l)
{
	return locked(l, ENTRY) && locked(l, EXIT) && !l->emergency && !fire(l) && !stop_pressed(l) && core_speaks(l) &&
	       !line_alarm(l, LANE_HW_key_maint) && !line_alarm(l, LANE_HW_tamper);
}

/* Somebody is in charge: the core, or this library alone when it gives the way back, which the relay must let through. */
static bool may_kick(const struct lane_hw *l)
{
	return (core_speaks(l) || l->returning) && filter_any_known(l);
}

static void kick(struct lane_hw *l)
{
	if (!may_kick(l)) {
		l->kick = false;
		l->kick_ns = l->now;
	} else if (l->now >= l->kick_ns) {
		l->kick = !l->kick;
		l->kick_ns = l->now + l->d.kick_ms * NS_PER_MS;
	}
}

static bool released(const struct lane_hw *l, enum leaf_id id)
{
	return l->leaf[id].unlock && l->now >= l->leaf[id].unlock_from_ns;
}

/* Both leaves were released together with good reason; that ends when one of them is locked again. */
static void interlock(struct lane_hw *l)
{
	if (!l->emergency && !l->assist && !(released(l, ENTRY) && released(l, EXIT)))
		l->both_released = false;
	if (!l->both_released && l->leaf[ENTRY].unlock && l->leaf[EXIT].unlock)
		l->leaf[EXIT].unlock = l->leaf[EXIT].open_drive = false;
	if (l->emergency)
		l->leaf[ENTRY].close_drive = l->leaf[EXIT].close_drive = false;
	if (l->emergency && stop_pressed(l))
		l->leaf[ENTRY].open_drive = l->leaf[EXIT].open_drive = false;
}

static void set(struct lane_hw *l, enum lane_hw_trouble trouble, bool active)
{
	uint32_t bit = UINT32_C(1) << trouble;
	l->troubles = active ? l->troubles | bit : l->troubles & ~bit;
}

static bool any(const struct lane_hw *l, uint8_t position)
{
	return leaf_position(l, ENTRY) == position || leaf_position(l, EXIT) == position;
}

static void judge(struct lane_hw *l)
{
	bool counted = l->d.occupancy == LANE_HW_OVERHEAD || l->people.known;
	set(l, LANE_HW_TROUBLE_LINE_LOST, filter_any_lost(l));
	set(l, LANE_HW_TROUBLE_CONTACTS, later(l, l->leaf[ENTRY].odd_ns, l->d.plausible_ms) ||
						 later(l, l->leaf[EXIT].odd_ns, l->d.plausible_ms));
	set(l, LANE_HW_TROUBLE_LOCK, l->leaf[ENTRY].lock_failed || l->leaf[EXIT].lock_failed);
	set(l, LANE_HW_TROUBLE_MOTOR, line_is(l, LANE_HW_entry_motor_fault) || line_is(l, LANE_HW_exit_motor_fault));
	set(l, LANE_HW_TROUBLE_STUCK, filter_any_stuck(l));
	set(l, LANE_HW_TROUBLE_FORCED, any(l, POSITION(FORCED)));
	set(l, LANE_HW_TROUBLE_OBSTRUCTED, any(l, POSITION(OBSTRUCTED)));
	set(l, LANE_HW_TROUBLE_INTERLOCK, l->refused && l->entry_asked_ns == NEVER);
	set(l, LANE_HW_TROUBLE_COUNT, !counted || l->people.differ);
	set(l, LANE_HW_TROUBLE_WRONG_WAY, l->people.wrong_way);
	set(l, LANE_HW_TROUBLE_INTRUSION, l->people.intrusion);
	set(l, LANE_HW_TROUBLE_CAMERA, camera_ails(l));
	set(l, LANE_HW_TROUBLE_BUTTON, line_is(l, LANE_HW_officer_button));
	set(l, LANE_HW_TROUBLE_NO_CORE, !core_speaks(l));
	set(l, LANE_HW_TROUBLE_RETURN_PATH, l->returning);
}

void lane_hw_tick(struct lane_hw *l, uint64_t now_ns)
{
	if (now_ns > l->now)
		l->now = now_ns;
	filter_advance(l);
	emergency_over(l);
	emergency(l);
	if (l->entry_asked_ns != NEVER && l->now - l->entry_asked_ns >= ASSIST_PAIR_NS)
		l->entry_asked_ns = NEVER;
	people_advance(l);
	watch_core(l);
	leaf_advance(l, ENTRY);
	leaf_advance(l, EXIT);
	people_vouched(l);
	interlock(l);
	camera_advance(l);
	kick(l);
	judge(l);
}

uint64_t lane_hw_next_ns(const struct lane_hw *l)
{
	uint64_t next = l->now + TICK_NS, due = filter_next(l);
	if (due < next)
		next = due;
	if (camera_next(l) < next)
		next = camera_next(l);
	if (may_kick(l) && l->kick_ns < next)
		next = l->kick_ns;
	for (unsigned i = 0; i < LEAVES; i++) {
		const struct leaf *f = &l->leaf[i];
		if ((f->open_drive || f->close_drive) && f->drive_to_ns < next)
			next = f->drive_to_ns;
		if (f->unlock && f->unlock_from_ns > l->now && f->unlock_from_ns < next)
			next = f->unlock_from_ns;
	}
	return next;
}

void lane_hw_sense(const struct lane_hw *l, struct lane_hw_sensed *out)
{
	uint8_t inside;
	memset(out, 0, sizeof *out);
	out->entry_leaf = leaf_position(l, ENTRY);
	out->exit_leaf = leaf_position(l, EXIT);
	out->occupants_known = people_inside(l, &inside);
	out->occupants = out->occupants_known ? inside : 0;
	out->object_left = line_alarm(l, LANE_HW_object) && out->occupants_known && inside == 0;
	out->fire_alarm = fire(l);
	out->emergency_stop = stop_pressed(l);
	out->mains_ok = line_is(l, LANE_HW_mains_ok);
	out->ups_low = line_alarm(l, LANE_HW_ups_low);
	out->tamper = line_alarm(l, LANE_HW_tamper);
	out->self_test_ok = !filter_any_lost(l) && !filter_any_stuck(l) && !leaf_ails(l, ENTRY) && !leaf_ails(l, EXIT);
	out->key_reset = line_is(l, LANE_HW_key_reset);
	out->in_maintenance = line_is(l, LANE_HW_key_maint);
	out->last_command_id = l->last_command_id;
	out->topology = l->d.topology;
	out->camera = camera_sense(l);
	out->last_move_id = l->camera.id;
}

bool lane_hw_sensed_same(const struct lane_hw_sensed *a, const struct lane_hw_sensed *b)
{
	return a->entry_leaf == b->entry_leaf && a->exit_leaf == b->exit_leaf && a->occupants == b->occupants &&
	       a->occupants_known == b->occupants_known && a->object_left == b->object_left && a->fire_alarm == b->fire_alarm &&
	       a->emergency_stop == b->emergency_stop && a->mains_ok == b->mains_ok && a->ups_low == b->ups_low &&
	       a->tamper == b->tamper && a->self_test_ok == b->self_test_ok && a->key_reset == b->key_reset &&
	       a->in_maintenance == b->in_maintenance && a->last_command_id == b->last_command_id &&
	       a->camera == b->camera && a->last_move_id == b->last_move_id;
}

bool lane_hw_trouble(struct lane_hw *l, const char **key, bool *active)
{
	static const char *const keys[] = {
#define X(name, key, about) key,
#include "lane/troubles.def"
#undef X
	};
	uint32_t changed = l->troubles ^ l->told;
	for (unsigned i = 0; i < LANE_HW_TROUBLES; i++) {
		uint32_t bit = UINT32_C(1) << i;
		if ((changed & bit) == 0)
			continue;
		l->told ^= bit;
		*key = keys[i];
		*active = (l->troubles & bit) != 0;
		return true;
	}
	return false;
}
