/* SPDX-License-Identifier: Apache-2.0
 * Seeded noise and seeded people. Noise: any line at any level at any time, any command, lost lines, a silent core; whatever
 * happens, what must never be is not. People: bodies that walk through beams as geometry has it, tailgate, turn back and stand;
 * the number that the library gives is theirs, or none. Must never take its truth from the library.
 * Usage: test-lane-hw-random [SEEDS [FIRST]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

static uint64_t state;

static uint32_t draw(uint32_t below)
{
	return rig_draw(&state, below);
}

static int wrong(const char *what, uint64_t seed, const struct rig *r)
{
	fprintf(stderr, "seed %llu at %.3f s: %s\n", (unsigned long long)seed, (double)r->now / 1e9 - 1000, what);
	return 1;
}

/* An onlooker's view of what may be: it sees the alarm lines, commands and outputs only. */
struct onlooker {
	bool may_both;      /* as below, until not both are released any more */
	bool assist;        /* until a leaf is commanded otherwise */
	bool latched;       /* an alarm, until the key */
	bool lost[LANE_HW_LINES];
	bool alarm_due;     /* an edge of an alarm line that must be seen at the next look */
};

static bool is_alarm(unsigned i)
{
	return i == AT(fire_alarm) || i == AT(estop) || i == AT(breakglass);
}

static int look(const struct rig *r, struct onlooker *o, uint64_t seed)
{
	bool entry = rig_drives(r, AT(entry_unlock)), exit = rig_drives(r, AT(exit_unlock));
	struct lane_hw_sensed s = rig_sense(r);
	bool ringing = s.fire_alarm || s.emergency_stop;
	if (entry && exit && !o->may_both && !o->latched && !o->assist)
		return wrong("both locks are released", seed, r);
	if (!(entry && exit))
		o->may_both = o->latched || o->assist;
	for (unsigned id = 0; id < 2; id++) {
		enum lane_hw_line beam = id == 0 ? AT(entry_safety_beam) : AT(exit_safety_beam);
		if (rig_drives(r, id == 0 ? AT(entry_close_drive) : AT(exit_close_drive)) && (r->asserted[beam] || o->lost[beam]))
			return wrong("a leaf is driven shut with its beam broken", seed, r);
	}
	if (o->alarm_due && !ringing)
		return wrong("an alarm was missed", seed, r);
	o->alarm_due = false;
	if (s.occupants > 2 || (!s.occupants_known && s.occupants != 0))
		return wrong("a number of people that cannot be", seed, r);
	if (s.key_reset && !ringing)
		o->latched = false;
	if (o->latched && !(entry && exit))
		return wrong("an emergency was forgotten", seed, r);
	return 0;
}

static void touch(struct rig *r, struct onlooker *o, unsigned line)
{
	bool asserted = draw(2) != 0;
	if (is_alarm(line) && draw(20) != 0)
		asserted = false;
	if (is_alarm(line) && asserted)
		o->alarm_due = o->latched = o->may_both = true;
	o->lost[line] = false;
	rig_say(r, (enum lane_hw_line)line, asserted);
}

static void lose(struct rig *r, struct onlooker *o, unsigned line)
{
	lane_hw_lost(r->l, (enum lane_hw_line)line, r->now);
	o->lost[line] = true;
	if (is_alarm(line))
		o->latched = o->may_both = o->alarm_due = true;
}

static int noise(uint64_t seed)
{
	struct rig r;
	struct onlooker o = {0};
	int bad = 0;
	state = seed;
	rig_init(&r, (enum lane_hw_occupancy)draw(3), (enum lane_hw_drive)draw(2));
	for (int i = 0; i < 200 && bad == 0; i++) {
		uint32_t command = draw(8);
		switch (draw(12)) {
		case 0:
		case 1:
			r.hold_contacts = draw(4) == 0;
			r.leaf[draw(2)].jammed = draw(4) == 0;
			r.leaf[draw(2)].bolt_stuck = draw(8) == 0;
			break;
		case 2:
			r.core = draw(5) != 0;
			break;
		case 3:
			if (draw(6) == 0)
				lose(&r, &o, AT(fire_alarm) + draw(AT(watchdog_kick)));
			break;
		case 4:
			rig_say(&r, AT(key_reset), draw(2) != 0);
			o.lost[AT(key_reset)] = false;
			break;
		case 5:
			/* all comes back at once */
			for (unsigned k = 0; k < AT(watchdog_kick); k++)
				if (o.lost[k])
					touch(&r, &o, k);
			break;
		case 6:
		case 7:
		case 8:
			touch(&r, &o, draw(AT(watchdog_kick)));
			if (draw(3) == 0) { /* shorter than anything */
				r.now += 1 + draw(1000);
				touch(&r, &o, draw(AT(watchdog_kick)));
			}
			break;
		default: {
			bool without = draw(4) != 0;
			if (command == CMD(RELEASE_EXIT) && without)
				o.assist = o.may_both = true;
			if (command == CMD(CLOSE_ENTRY) || command == CMD(CLOSE_EXIT) || command == CMD(ALL_SAFE))
				o.assist = false;
			rig_command(&r, command, without);
			break;
		}
		}
		bad = look(&r, &o, seed);
		for (uint32_t n = draw(30); n > 0 && bad == 0; n--) {
			rig_run(&r, 1 + draw(40));
			bad = look(&r, &o, seed);
		}
	}
	rig_free(&r);
	return bad;
}

/* Bodies on a line. 0 is the plane of the leaf; the outer beam is at -120 mm, the inner at +120 mm. A body covers 300 mm. */
enum { OUTER = -120, PLANE = 0, INNER = 120, HALF = 150, BODIES = 6 };

struct body {
	int32_t at, speed; /* mm, mm per 10 ms */
	bool there;
};

static bool breaks(const struct body *bodies, int32_t beam)
{
	for (int i = 0; i < BODIES; i++)
		if (bodies[i].there && abs(bodies[i].at - beam) <= HALF)
			return true;
	return false;
}

static unsigned truly_inside(const struct body *bodies)
{
	unsigned n = 0;
	for (int i = 0; i < BODIES; i++)
		n += bodies[i].there && bodies[i].at > 0;
	return n;
}

/* Nobody walks through anybody: a body stops 40 mm before the next. */
static void walk(struct body *bodies)
{
	for (int i = 0; i < BODIES; i++) {
		struct body *b = &bodies[i];
		if (!b->there)
			continue;
		int32_t to = b->at + b->speed;
		for (int k = 0; k < BODIES; k++)
			if (k != i && bodies[k].there && abs(bodies[k].at - to) < 2 * HALF + 40 &&
				abs(bodies[k].at - to) < abs(bodies[k].at - b->at))
				to = b->at;
		b->at = to;
		if (b->at > 900)
			b->at = 900 + 400 * i, b->speed = 0; /* well inside, apart from the others */
		if (b->at < -900)
			b->there = false;
	}
}

static void decide(struct body *bodies)
{
	int i = (int)draw(BODIES);
	struct body *b = &bodies[i];
	if (!b->there) {
		for (int k = 0; k < BODIES; k++)
			if (bodies[k].there && bodies[k].at < -400)
				return;
		*b = (struct body){-890, 5 + (int32_t)draw(15), true};
		return;
	}
	switch (draw(4)) {
	case 0:
		b->speed = -b->speed;
		break;
	case 1:
		b->speed = 0;
		break;
	case 2:
		b->speed = 5 + (int32_t)draw(15);
		break;
	default:
		b->speed = -5 - (int32_t)draw(15);
		if (b->at >= 900)
			b->at = 899;
		break;
	}
}

static void show(struct rig *r, const struct body *bodies)
{
	static const enum lane_hw_line lines[3] = {AT(entry_outer_beam), AT(entry_safety_beam), AT(entry_inner_beam)};
	static const int32_t places[3] = {OUTER, PLANE, INNER};
	for (int i = 0; i < 3; i++) {
		bool broken = breaks(bodies, places[i]);
		if (r->asserted[lines[i]] != broken)
			rig_say(r, lines[i], broken);
	}
}

/* With nobody at the leaf and a known number, the number is the truth. */
static int people(uint64_t seed, unsigned *known, unsigned *passed)
{
	struct rig r;
	struct body bodies[BODIES] = {{0, 0, false}};
	int bad = 0, quiet = 0;
	unsigned before = 0;
	state = seed ^ UINT64_C(0x5eed);
	rig_init(&r, LANE_HW_BEAMS, LANE_HW_PULSE);
	rig_command(&r, CMD(RELEASE_ENTRY), true);
	rig_run(&r, 1500);
	uint32_t hesitation = 20 + draw(400);
	for (int i = 0; i < 6000 && bad == 0; i++) {
		if (draw(hesitation) == 0)
			decide(bodies);
		walk(bodies);
		show(&r, bodies);
		rig_run(&r, 10);
		bool clear = !breaks(bodies, OUTER) && !breaks(bodies, PLANE) && !breaks(bodies, INNER);
		quiet = clear ? quiet + 1 : 0;
		unsigned truth = truly_inside(bodies);
		*passed += truth != before;
		before = truth;
		struct lane_hw_sensed s = rig_sense(&r);
		if (quiet < 4 || !s.occupants_known)
			continue;
		++*known;
		if (s.occupants != (truth > 2 ? 2 : truth))
			bad = wrong("a wrong number of people", seed, &r);
	}
	rig_free(&r);
	return bad;
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 60, first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	unsigned known = 0, passed = 0;
	int bad = 0;
	for (uint64_t seed = first; seed < first + seeds; seed++) {
		bad += noise(seed);
		bad += people(seed, &known, &passed);
	}
	printf("%llu seeds: %u passages of the plane, the number known and right %u times\n", (unsigned long long)seeds, passed, known);
	if (known < seeds * 100 || passed < seeds) {
		fprintf(stderr, "the people of this run say nothing: known %u times, %u passages\n", known, passed);
		return 1;
	}
	return bad != 0;
}
