/* SPDX-License-Identifier: Apache-2.0
 * Movement of a leaf and its bolt. Must never move a bolted leaf, but by force.
 */
#include "sim/lane/steel.h"

#include <string.h>

/* A body in the plane keeps a leaf from closing further than this; through it one can walk. */
#define BODY (STEEL_OPEN * 6 / 10)
#define PASSABLE (STEEL_OPEN * 65 / 100)
#define PUSHED_TO (STEEL_OPEN * 3 / 10)
/* Where the contacts change over. */
#define CLOSED_AT (STEEL_OPEN / 200)
#define OPEN_AT (STEEL_OPEN - STEEL_OPEN / 100)
#define BOLTED_AT (STEEL_OPEN - STEEL_OPEN / 20)

void steel_init(struct steel *s, uint32_t stroke_ms, uint32_t bolt_ms, bool latches)
{
	memset(s, 0, sizeof *s);
	s->stroke_ms = stroke_ms;
	s->bolt_ms = bolt_ms;
	s->latches = latches;
	s->bolt = STEEL_OPEN;
}

bool steel_closed(const struct steel *s)
{
	return s->opening <= CLOSED_AT;
}

bool steel_open(const struct steel *s)
{
	return s->opening >= OPEN_AT;
}

bool steel_locked(const struct steel *s)
{
	return s->bolt >= BOLTED_AT;
}

bool steel_passable(const struct steel *s)
{
	return s->opening >= PASSABLE;
}

static int64_t step(uint32_t whole_ms, uint64_t us)
{
	return STEEL_OPEN / (int64_t)whole_ms * (int64_t)us / 1000;
}

static int64_t towards(int64_t value, int64_t goal, int64_t by)
{
	if (value < goal)
		return value + by > goal ? goal : value + by;
	return value - by < goal ? goal : value - by;
}

static void steer(struct steel *s, const struct steel_power *p)
{
	if (p->motion_stopped)
		s->motion = STEEL_STILL;
	else if (p->emergency)
		s->motion = STEEL_OPENS;
	else if (p->open_drive && p->close_drive)
		s->motion = STEEL_STILL;
	else if (!s->latches)
		s->motion = p->open_drive ? STEEL_OPENS : p->close_drive ? STEEL_CLOSES : STEEL_STILL;
	else if (p->open_drive && !s->was_open_drive)
		s->motion = STEEL_OPENS;
	else if (p->close_drive && !s->was_close_drive)
		s->motion = STEEL_CLOSES;
	s->was_open_drive = p->open_drive;
	s->was_close_drive = p->close_drive;
}

static void move_bolt(struct steel *s, const struct steel_power *p, uint64_t us)
{
	bool withdrawn = p->unlock || p->emergency || p->motion_stopped;
	if (s->bolt_stuck)
		return;
	if (withdrawn)
		s->bolt = towards(s->bolt, 0, step(s->bolt_ms, us));
	else if (s->opening == 0)
		s->bolt = towards(s->bolt, STEEL_OPEN, step(s->bolt_ms, us));
	else
		s->bolt = 0;
}

static void move_leaf(struct steel *s, const struct steel_power *p, uint64_t us)
{
	int64_t by = step(s->stroke_ms, us);
	s->pressed = false;
	if (s->forced) {
		s->bolt = 0;
		if (s->opening < PUSHED_TO)
			s->opening = towards(s->opening, PUSHED_TO, by);
		return;
	}
	if (s->jammed || s->bolt > 0)
		return;
	if (s->motion == STEEL_OPENS || (p->pushed && s->motion == STEEL_STILL)) {
		s->opening = towards(s->opening, STEEL_OPEN, by);
	} else if (s->motion == STEEL_CLOSES && p->blocked && s->opening - by < BODY) {
		s->pressed = true;
		if (s->opening > BODY)
			s->opening = BODY;
	} else if (s->motion == STEEL_CLOSES) {
		s->opening = towards(s->opening, 0, by);
	}
	/* At its end the controller rests: what is not bolted then yields to a hand. */
	if (s->opening == 0 && s->motion == STEEL_CLOSES)
		s->motion = STEEL_STILL;
}

void steel_advance(struct steel *s, const struct steel_power *p, uint64_t us)
{
	steer(s, p);
	move_bolt(s, p, us);
	move_leaf(s, p, us);
}
