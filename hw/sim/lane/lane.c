/* SPDX-License-Identifier: Apache-2.0
 * Steel, relay, people and contacts as one lane. Must never read a level in any other way than a wire would have it.
 */
#include "sim/lane/lane.h"

#include <string.h>

#define BIT(name) SIM_LANE_BIT(name)
#define MM INT64_C(1000)
#define BEAM (100 * MM)
#define EXIT_AT (2000 * MM)
/* By then contacts, plugin and core have had every chance to know of a forced leaf. */
#define FORCE_SEEN_US UINT64_C(1000000)

const char *sim_lane_line_name(enum sim_lane_line line)
{
	static const char *const names[SIM_LANE_LINES] = {
#define IN(name, contact, filter, debounce_ms, about) #name,
#define OUT(name, contact, safe, about) #name,
#include "lane/lines.def"
	};
	return names[line];
}

void sim_lane_init(struct sim_lane *l, const struct sim_lane_setup *setup, uint64_t now_us)
{
	memset(l, 0, sizeof *l);
	l->setup = *setup;
	l->now_us = now_us;
	l->camera_us = SIM_CAMERA_US / 2;
	for (unsigned i = 0; i < SIM_LEAVES; i++)
		steel_init(&l->leaf[i], setup->stroke_ms, setup->bolt_ms, setup->drive_latches);
}

bool sim_lane_has(const struct sim_lane *l, enum sim_lane_line line)
{
	return (l->setup.absent >> line & 1) == 0;
}

bool sim_lane_stands_open(const struct sim_lane *l)
{
	return l->setup.topology == SIM_ONE_STEP || l->free;
}

void sim_lane_take_document(struct sim_lane *l)
{
	l->takes_document = l->document_lies;
	l->document_lies = false;
}

static bool lit(const struct sim_lane *l, uint64_t line)
{
	return (l->outputs & line) != 0;
}

static bool alarm(const struct sim_lane *l)
{
	return l->trouble.fire || l->trouble.breakglass || l->trouble.estop;
}

bool sim_lane_released(const struct sim_lane *l, unsigned leaf)
{
	return l->relay && lit(l, leaf == SIM_ENTRY ? BIT(entry_unlock) : BIT(exit_unlock));
}

bool sim_lane_drives(const struct sim_lane *l, unsigned leaf, bool open)
{
	if (leaf == SIM_ENTRY)
		return l->relay && lit(l, open ? BIT(entry_open_drive) : BIT(entry_close_drive));
	return l->relay && lit(l, open ? BIT(exit_open_drive) : BIT(exit_close_drive));
}

bool sim_lane_lifts(const struct sim_lane *l, bool up)
{
	return l->relay && lit(l, up ? BIT(camera_up) : BIT(camera_down));
}

struct sim_person *sim_lane_somebody(struct sim_lane *l)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		if (l->person[i].place == AWAY)
			return &l->person[i];
	return NULL;
}

static bool anybody_at(const struct sim_lane *l, int64_t x_um)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		if (sim_person_at(&l->person[i], x_um))
			return true;
	return false;
}

static bool intruder(const struct sim_lane *l, enum sim_will will)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		if (l->person[i].place == INTRUDES && l->person[i].will == will && l->person[i].x_um > 0)
			return true;
	return false;
}

unsigned sim_lane_inside(const struct sim_lane *l)
{
	unsigned n = 0;
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		n += l->person[i].place != AWAY && l->person[i].place != INTRUDES && l->person[i].inside;
	return n;
}

/* As an overhead sensor counts: whoever stands between the leaves. */
static unsigned overhead(const struct sim_lane *l)
{
	unsigned n = 0;
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		n += l->person[i].place != AWAY && l->person[i].x_um > 0 && l->person[i].x_um < EXIT_AT;
	return n;
}

/* A contact that is closed lets the line read 1; a cut wire is an open contact. */
uint64_t sim_lane_inputs(const struct sim_lane *l)
{
	const struct sim_lane_trouble *t = &l->trouble;
	const struct steel *entry = &l->leaf[SIM_ENTRY], *leaf_out = &l->leaf[SIM_EXIT];
	unsigned above = overhead(l);
	uint64_t closed = 0;
#define CONTACT(name, condition) closed |= (condition) ? BIT(name) : 0
	CONTACT(fire_alarm, !t->fire);
	CONTACT(estop, !t->estop);
	CONTACT(breakglass, !t->breakglass);
	CONTACT(mains_ok, !t->mains_lost);
	CONTACT(ups_low, !t->battery_low);
	CONTACT(tamper, !t->cabinet_open);
	CONTACT(key_reset, t->key_reset);
	CONTACT(key_maint, t->key_maint);
	CONTACT(officer_button, t->button);
	CONTACT(entry_closed, steel_closed(entry));
	CONTACT(entry_open, steel_open(entry));
	CONTACT(entry_locked, steel_locked(entry));
	CONTACT(entry_motor_fault, !t->motor_fault[SIM_ENTRY]);
	CONTACT(entry_safety_beam, !anybody_at(l, 0));
	CONTACT(entry_outer_beam, !anybody_at(l, -BEAM));
	CONTACT(entry_inner_beam, !anybody_at(l, BEAM));
	CONTACT(exit_closed, steel_closed(leaf_out));
	CONTACT(exit_open, steel_open(leaf_out));
	CONTACT(exit_locked, steel_locked(leaf_out));
	CONTACT(exit_motor_fault, !t->motor_fault[SIM_EXIT]);
	CONTACT(exit_safety_beam, !anybody_at(l, EXIT_AT));
	CONTACT(exit_inner_beam, !anybody_at(l, EXIT_AT - BEAM));
	CONTACT(exit_outer_beam, !anybody_at(l, EXIT_AT + BEAM));
	/* A bag lies where the overhead sensor sees it, or, where there is none, in the low beam. */
	CONTACT(low_beam, !intruder(l, WILL_CRAWL) && !(t->object && !sim_lane_has(l, SIM_LANE_object)));
	CONTACT(high_beam, !intruder(l, WILL_CLIMB));
	CONTACT(occupied, above == 0);
	CONTACT(second_person, above < 2);
	CONTACT(object, !t->object);
	CONTACT(camera_top, l->camera_us < SIM_CAMERA_US);
	CONTACT(camera_bottom, l->camera_us > 0);
#undef CONTACT
	closed = (closed & ~t->cut) | (t->bridged & ((UINT64_C(1) << SIM_LANE_FIRST_OUTPUT) - 1));
	return closed & ~l->setup.absent;
}

/* After an alarm somebody inside does not wait for a motor: the exit, or the entry when that is stuck. */
static bool pushed(const struct sim_lane *l, unsigned leaf)
{
	bool wants_out = l->latched && sim_lane_inside(l) > 0;
	return wants_out && leaf == (l->leaf[SIM_EXIT].jammed ? SIM_ENTRY : SIM_EXIT);
}

static struct steel_power power(const struct sim_lane *l, unsigned i)
{
	const struct sim_lane_trouble *t = &l->trouble;
	return (struct steel_power){.unlock = sim_lane_released(l, i), .open_drive = sim_lane_drives(l, i, true),
		.close_drive = sim_lane_drives(l, i, false), .emergency = (t->fire || t->breakglass) && l->setup.escape[i],
		.motion_stopped = t->estop, .blocked = anybody_at(l, i == SIM_ENTRY ? 0 : EXIT_AT),
		.pushed = pushed(l, i)};
}

/* Where no lamp says so, one lays a document down where the entry is shut and green, and leaves it there while it is amber. */
static bool reader_lit(const struct sim_lane *l)
{
	if (sim_lane_has(l, SIM_LANE_reader_light))
		return lit(l, BIT(reader_light));
	return lit(l, BIT(entry_amber)) || (lit(l, BIT(entry_green)) && steel_closed(&l->leaf[SIM_ENTRY]));
}

static struct sim_view view(const struct sim_lane *l)
{
	const struct steel *entry = &l->leaf[SIM_ENTRY], *leaf_out = &l->leaf[SIM_EXIT];
	return (struct sim_view){.now_us = l->now_us, .entry_passable = steel_passable(entry),
		.exit_passable = steel_passable(&l->leaf[SIM_EXIT]), .entry_open = steel_open(entry),
		
		.entry_closing = entry->motion == STEEL_CLOSES && !steel_closed(entry),
		.exit_closing = leaf_out->motion == STEEL_CLOSES && !steel_closed(leaf_out), .reader_light = reader_lit(l),
		.entry_green = lit(l, BIT(entry_green)), .entry_amber = lit(l, BIT(entry_amber)), .exit_green = lit(l, BIT(exit_green)),
		.exit_red = lit(l, BIT(exit_red)), .voice = lit(l, BIT(voice)), .buzzer = lit(l, BIT(buzzer)), .alarm = alarm(l),
		.called_by_officer = l->officer_there, .voiceless = !sim_lane_has(l, SIM_LANE_voice),
		.beams_alone = !sim_lane_has(l, SIM_LANE_occupied), .stands_open = sim_lane_stands_open(l), .reader_inside = l->setup.topology == SIM_ONE_STEP && !l->free};
}

static void people(struct sim_lane *l, uint64_t us)
{
	struct sim_view v = view(l);
	for (unsigned i = 0; i < SIM_PEOPLE; i++) {
		struct sim_person *p = &l->person[i];
		struct sim_acts acts;
		bool was_inside = p->inside;
		int64_t from = p->x_um;
		sim_person_step(p, i > 0 ? &l->person[0] : NULL, &v, us, &acts);
		l->lays_document = l->lays_document || acts.lays_document;
		l->takes_document = l->takes_document || acts.takes_document;
		l->document_lies = (l->document_lies || acts.lays_document) && !acts.takes_document;
		l->trouble.object = l->trouble.object || acts.leaves_bag;
		l->leaves_bag = l->leaves_bag || acts.leaves_bag;
		l->oracle.came_in += !was_inside && p->inside;
		l->oracle.went_out += was_inside && !p->inside && p->x_um >= from;
		l->oracle.went_back += was_inside && !p->inside && p->x_um < from;
	}
}

/* Also a cut wire is an alarm to the controller, which cannot know better; what it latches, the key ends
 * when nobody is inside. */
static void judge_law(struct sim_lane *l)
{
	const uint64_t alarms = BIT(fire_alarm) | BIT(estop) | BIT(breakglass);
	bool now = alarm(l) || (l->trouble.cut & alarms & ~l->setup.absent) != 0;
	if (now)
		l->latched = true;
	else if (l->trouble.key_reset && sim_lane_inside(l) == 0)
		l->latched = false;
	if (l->latched || l->assist)
		l->lawful = true;
	else if (steel_locked(&l->leaf[SIM_ENTRY]) || steel_locked(&l->leaf[SIM_EXIT]))
		l->lawful = false;
}

/* What violence has opened; whether anybody is let out against it. */
static void judge_force(struct sim_lane *l)
{
	for (unsigned i = 0; i < SIM_LEAVES; i++) {
		const struct steel *leaf = &l->leaf[i];
		if (leaf->forced && !steel_closed(leaf) && !l->torn[i]) {
			l->torn[i] = true;
			l->torn_us[i] = l->now_us;
		} else if (steel_locked(leaf)) {
			l->torn[i] = false;
		}
	}
	for (unsigned i = 0; i < SIM_LEAVES; i++) {
		unsigned other = SIM_LEAVES - 1 - i;
		bool released = sim_lane_released(l, i);
		l->oracle.opened_to_forced += released && !l->was_released[i] && steel_closed(&l->leaf[i]) && !l->lawful &&
					      l->torn[other] &&
					      l->now_us - l->torn_us[other] > FORCE_SEEN_US;
		l->was_released[i] = released;
	}
}

static void look_on(struct sim_lane *l, uint64_t us)
{
	struct sim_lane_oracle *o = &l->oracle;
	judge_law(l);
	bool lawful = l->lawful;
	bool passable[SIM_LEAVES] = {steel_passable(&l->leaf[SIM_ENTRY]), steel_passable(&l->leaf[SIM_EXIT])};
	judge_force(l);
	bool both = passable[SIM_ENTRY] && passable[SIM_EXIT] && !lawful, by_force = l->torn[SIM_ENTRY] || l->torn[SIM_EXIT];
	unsigned inside = sim_lane_inside(l);
	if (sim_lane_released(l, SIM_ENTRY) && sim_lane_released(l, SIM_EXIT) && !lawful)
		o->both_released_us += us;
	o->both_open += both && !by_force && !l->were_both_open;
	o->both_forced += both && by_force && !l->were_both_forced;
	l->were_both_open = both && !by_force;
	l->were_both_forced = both && by_force;
	o->shut_in_us = inside > 0 && !passable[SIM_ENTRY] && !passable[SIM_EXIT] ? o->shut_in_us + us : 0;
	if (o->shut_in_us > o->longest_shut_in_us)
		o->longest_shut_in_us = o->shut_in_us;
	o->pressed_us = l->leaf[SIM_ENTRY].pressed || l->leaf[SIM_EXIT].pressed ? o->pressed_us + us : 0;
	if (o->pressed_us > o->longest_pressed_us)
		o->longest_pressed_us = o->pressed_us;
	if (!l->relay)
		o->kick_lost_us += us;
	if (inside > o->most_inside)
		o->most_inside = inside;
}

static void camera(struct sim_lane *l, uint64_t us)
{
	l->camera_us += ((int64_t)sim_lane_lifts(l, true) - (int64_t)sim_lane_lifts(l, false)) * (int64_t)us;
	l->camera_us = l->camera_us < 0 ? 0 : l->camera_us > SIM_CAMERA_US ? SIM_CAMERA_US : l->camera_us;
}

static void step(struct sim_lane *l, uint64_t us)
{
	l->now_us += us;
	if (l->kick_seen && l->now_us - l->kick_us > (uint64_t)l->setup.relay_hold_ms * 1000)
		l->relay = l->kick_seen = false;
	for (unsigned i = 0; i < SIM_LEAVES; i++) {
		struct steel_power p = power(l, i);
		steel_advance(&l->leaf[i], &p, us);
	}
	camera(l, us);
	people(l, us);
	look_on(l, us);
}

void sim_lane_outputs(struct sim_lane *l, uint64_t levels, uint64_t now_us)
{
	bool kick = (levels & BIT(watchdog_kick)) != 0;
	l->lays_document = l->takes_document = l->leaves_bag = false;
	while (l->now_us < now_us) {
		uint64_t left = now_us - l->now_us;
		step(l, left > SIM_STEP_US ? SIM_STEP_US : left);
	}
	l->outputs = levels & ~l->setup.absent;
	if (kick != l->kick_level) {
		/* Two edges within the time close the relay. */
		l->relay = l->relay || (l->kick_seen && now_us - l->kick_us <= (uint64_t)l->setup.relay_hold_ms * 1000);
		l->kick_seen = true;
		l->kick_us = now_us;
		l->kick_level = kick;
	}
}

bool sim_lane_quiet(const struct sim_lane *l)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		if (l->person[i].place != AWAY)
			return false;
	for (unsigned i = 0; i < SIM_LEAVES; i++)
		if (!steel_locked(&l->leaf[i]) || sim_lane_released(l, i))
			return false;
	return true;
}

bool sim_lane_good(const struct sim_lane_oracle *o, uint64_t shut_in_limit_us)
{
	return o->both_released_us == 0 && o->both_open == 0 && o->opened_to_forced == 0 && o->longest_shut_in_us <= shut_in_limit_us;
}
