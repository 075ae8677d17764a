/* SPDX-License-Identifier: Apache-2.0
 * See rig.h.
 */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_MS = 1, STROKE_MS = 800, BOLT_MS = 80 };

static const bool is_output[LANE_HW_LINES] = {
#define IN(name, contact, filter, debounce_ms, about) [LANE_HW_##name] = false,
#define OUT(name, contact, safe, about) [LANE_HW_##name] = true,
#include "lane/lines.def"
};
enum { CLOSES, OPENS };
static const int contact_of[LANE_HW_LINES] = {
#define IN(name, contact, filter, debounce_ms, about) [LANE_HW_##name] = contact,
#define OUT(name, contact, safe, about) [LANE_HW_##name] = contact,
#include "lane/lines.def"
};

static bool inverted(unsigned line)
{
	return line % 2 != 0;
}

/* A closed circuit reads 1, or 0 where the line is inverted. */
static bool level_of(unsigned line, bool asserted)
{
	bool closed = contact_of[line] == CLOSES ? asserted : !asserted;
	return closed != inverted(line);
}

void rig_say(struct rig *r, enum lane_hw_line line, bool asserted)
{
	r->asserted[line] = asserted;
	lane_hw_input(r->l, line, level_of(line, asserted), r->now);
}

bool rig_drives(const struct rig *r, enum lane_hw_line line)
{
	bool level = (lane_hw_outputs(r->l) >> line & 1) != 0;
	return level == level_of(line, true);
}

static void contact(struct rig *r, enum lane_hw_line line, bool asserted)
{
	if (r->asserted[line] != asserted)
		rig_say(r, line, asserted);
}

static void move(struct rig *r, unsigned id)
{
	static const enum lane_hw_line lines[2][6] = {
		{AT(entry_closed), AT(entry_open), AT(entry_locked), AT(entry_unlock), AT(entry_open_drive), AT(entry_close_drive)},
		{AT(exit_closed), AT(exit_open), AT(exit_locked), AT(exit_unlock), AT(exit_open_drive), AT(exit_close_drive)}};
	struct rig_leaf *f = &r->leaf[id];
	const enum lane_hw_line *n = lines[id];
	bool unlock = r->last >> n[3] & 1, open = r->last >> n[4] & 1, close = r->last >> n[5] & 1;
	if (r->d.drive == LANE_HW_HOLD)
		f->moving = open ? 1 : close ? -1 : 0;
	else if (open || close)
		f->moving = open ? 1 : -1;
	if (unlock == f->bolted || (f->opening > 0 && f->bolted)) {
		if (f->bolt_from == 0)
			f->bolt_from = r->now;
		if (!f->bolt_stuck && r->now - f->bolt_from >= BOLT_MS * MS)
			f->bolted = !unlock && f->opening == 0;
	} else {
		f->bolt_from = 0;
	}
	if (!f->jammed && !(f->bolted && f->moving > 0)) {
		f->opening += f->moving * 1000 * STEP_MS / STROKE_MS;
		f->opening = f->opening < 0 ? 0 : f->opening > 1000 ? 1000 : f->opening;
	}
	if (r->hold_contacts)
		return;
	contact(r, n[0], f->opening < 20);
	contact(r, n[1], f->opening > 980);
	contact(r, n[2], f->bolted);
}

static void watch(struct rig *r)
{
	uint64_t now = 0, raw = lane_hw_outputs(r->l);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (is_output[i] && (raw >> i & 1) == level_of(i, true))
			now |= LANE_HW_BIT(i);
	r->releases[0] += (now & ~r->last & LANE_HW_BIT(AT(entry_unlock))) != 0;
	r->releases[1] += (now & ~r->last & LANE_HW_BIT(AT(exit_unlock))) != 0;
	r->both |= (now & LANE_HW_BIT(AT(entry_unlock))) != 0 && (now & LANE_HW_BIT(AT(exit_unlock))) != 0;
	r->closed_on_somebody |= (now & LANE_HW_BIT(AT(entry_close_drive)) && r->asserted[AT(entry_safety_beam)]) ||
				 (now & LANE_HW_BIT(AT(exit_close_drive)) && r->asserted[AT(exit_safety_beam)]);
	r->last = now;
}

void rig_run(struct rig *r, uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i += STEP_MS) {
		r->now += STEP_MS * MS;
		if (r->core && r->now / MS % 100 == 0)
			lane_hw_core(r->l, r->now, r->now);
		if (lane_hw_next_ns(r->l) <= r->now)
			lane_hw_tick(r->l, r->now);
		watch(r);
		move(r, 0);
		move(r, 1);
	}
}

void rig_command(struct rig *r, uint32_t command, bool without_record)
{
	lane_hw_command(r->l, command, ++r->id, without_record, r->now);
	watch(r);
}

struct lane_hw_sensed rig_sense(const struct rig *r)
{
	struct lane_hw_sensed s;
	lane_hw_sense(r->l, &s);
	return s;
}

bool rig_trouble(struct rig *r, const char *key)
{
	/* Told once when it comes and once when it goes; remembered here by a second library call is not possible, so the
	 * last word about each key is kept. */
	static const char *keys[32];
	static bool state[32];
	static struct rig *of;
	const char *k;
	bool active;
	if (of != r)
		memset(state, 0, sizeof state);
	of = r;
	while (lane_hw_trouble(r->l, &k, &active)) {
		unsigned i = 0;
		while (keys[i] != NULL && strcmp(keys[i], k) != 0)
			i++;
		keys[i] = k;
		state[i] = active;
	}
	for (unsigned i = 0; keys[i] != NULL; i++)
		if (strcmp(keys[i], key) == 0)
			return state[i];
	return false;
}

void rig_reset(struct rig *r)
{
	rig_say(r, AT(key_reset), true);
	rig_run(r, 300);
	rig_say(r, AT(key_reset), false);
	rig_run(r, 300);
}

static void init(struct rig *r, enum lane_hw_occupancy occupancy, enum lane_hw_drive drive, uint64_t without)
{
	static const enum lane_hw_line at_rest[] = {AT(mains_ok), AT(entry_closed), AT(entry_locked), AT(exit_closed), AT(exit_locked)};
	memset(r, 0, sizeof *r);
	lane_hw_description_default(&r->d);
	r->d.occupancy = occupancy;
	r->d.drive = drive;
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		r->d.line[i].present = (without >> i & 1) == 0;
		r->d.line[i].closed_level = !inverted(i);
	}
	r->l = malloc(lane_hw_size());
	r->now = 1000000 * MS;
	r->core = true;
	r->leaf[0].bolted = r->leaf[1].bolted = true;
	lane_hw_init(r->l, &r->d, r->now);
	for (size_t i = 0; i < sizeof at_rest / sizeof at_rest[0]; i++)
		r->asserted[at_rest[i]] = true;
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (!is_output[i])
			rig_say(r, (enum lane_hw_line)i, r->asserted[i]);
	lane_hw_core(r->l, r->now, r->now);
	rig_reset(r); /* nobody is inside: whoever turns the key has looked */
	r->both = r->closed_on_somebody = false;
}

void rig_init(struct rig *r, enum lane_hw_occupancy occupancy, enum lane_hw_drive drive)
{
	init(r, occupancy, drive, 0);
}

void rig_init_without(struct rig *r, uint64_t lines)
{
	init(r, LANE_HW_BEAMS, LANE_HW_PULSE, lines);
}

void rig_free(struct rig *r)
{
	free(r->l);
}

void rig_pass(struct rig *r, bool exit, bool out)
{
	enum lane_hw_line beam[3] = {exit ? AT(exit_outer_beam) : AT(entry_outer_beam),
		exit ? AT(exit_safety_beam) : AT(entry_safety_beam), exit ? AT(exit_inner_beam) : AT(entry_inner_beam)};
	for (unsigned i = 0; i < 3; i++) {
		rig_say(r, beam[out ? 2 - i : i], true);
		rig_run(r, 100);
	}
	for (unsigned i = 0; i < 3; i++) {
		rig_say(r, beam[out ? 2 - i : i], false);
		rig_run(r, 100);
	}
}

uint32_t rig_draw(uint64_t *state, uint32_t below)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ z >> 31) % below);
}
