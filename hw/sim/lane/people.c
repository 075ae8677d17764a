/* SPDX-License-Identifier: Apache-2.0
 * Behaviour of people. Must never walk through a leaf that is not open wide enough.
 */
#include "sim/lane/people.h"

#include <string.h>

#define MM INT64_C(1000)
#define AT_READER (-1000 * MM)
#define BEFORE_ENTRY (-500 * MM)
#define ENTRY_PLANE 0
#define STANDS (1000 * MM)
#define EXIT_PLANE (2000 * MM)
#define OUTSIDE (3200 * MM)
#define NEAR_EXIT (2500 * MM)
#define FAR_OUTSIDE (-3000 * MM)
#define BODY (150 * MM)
/* A second person keeps that distance. */
#define FOLLOWS (520 * MM)
/* Where nobody speaks, so long a document is left on a reader; and by one who is slow to think of it. */
#define LIES_MS 2500
#define LIES_FORGOTTEN_MS 13000
/* Who is let go, or sent back, takes what is theirs once the reader's lamp is out for so long. */
#define LAMP_OUT_MS 1500
#define REACHES (2100 * MM)
#define OUT_OF_BEAMS (2260 * MM)
#define LINGERS_MS 8000

static void go(struct sim_person *p, enum sim_place place, const struct sim_view *v, uint32_t ms)
{
	p->place = place;
	p->since_us = v->now_us;
	p->due_us = v->now_us + (uint64_t)ms * 1000;
}

void sim_person_come(struct sim_person *p, enum sim_will will, uint32_t speed_mm_s, uint32_t react_ms, uint32_t dwell_ms,
	uint64_t now_us)
{
	memset(p, 0, sizeof *p);
	p->will = will;
	p->place = will == WILL_CRAWL || will == WILL_CLIMB ? INTRUDES : will == WILL_WRONG_WAY || will == WILL_TAILGATE ? WAITS : COMES;
	p->x_um = will == WILL_WRONG_WAY ? NEAR_EXIT : will == WILL_TAILGATE ? AT_READER - 600 * MM : FAR_OUTSIDE;
	p->speed_mm_s = speed_mm_s;
	p->react_ms = react_ms;
	p->dwell_ms = dwell_ms;
	p->has_document = true;
	p->since_us = now_us;
	p->due_us = now_us + (uint64_t)react_ms * 1000;
}

void sim_person_inside(struct sim_person *p, uint64_t now_us)
{
	sim_person_come(p, WILL_CROSS, 1200, 250, 0, now_us);
	p->place = CHAMBER;
	p->x_um = STANDS;
	p->inside = p->let_in_by_entry = true;
}

bool sim_person_upright(const struct sim_person *p)
{
	return p->place != AWAY && p->place != INTRUDES;
}

bool sim_person_at(const struct sim_person *p, int64_t x_um)
{
	return sim_person_upright(p) && p->x_um > x_um - BODY && p->x_um < x_um + BODY;
}

static int64_t walk(const struct sim_person *p, int64_t goal, uint64_t us)
{
	int64_t by = (int64_t)p->speed_mm_s * (int64_t)us / 1000;
	if (p->x_um < goal)
		return p->x_um + by > goal ? goal : p->x_um + by;
	return p->x_um - by < goal ? goal : p->x_um - by;
}

/* A leaf stops whoever is not yet in its plane. */
static bool barred(int64_t from, int64_t to, int64_t plane, bool passable)
{
	bool before = from <= plane - BODY && to > plane - BODY, behind = from >= plane + BODY && to < plane + BODY;
	return !passable && (before || behind);
}

static bool moves(struct sim_person *p, int64_t goal, const struct sim_view *v, uint64_t us)
{
	int64_t to = walk(p, goal, us);
	if (barred(p->x_um, to, ENTRY_PLANE, v->entry_passable) || barred(p->x_um, to, EXIT_PLANE, v->exit_passable))
		return false;
	if (p->x_um <= ENTRY_PLANE && to > ENTRY_PLANE)
		p->inside = p->let_in_by_entry = true;
	if (p->x_um > ENTRY_PLANE && to <= ENTRY_PLANE)
		p->inside = p->let_in_by_entry = false;
	if (p->x_um < EXIT_PLANE && to >= EXIT_PLANE) {
		p->passed = p->passed || p->let_in_by_entry;
		p->inside = false;
	}
	if (p->x_um >= EXIT_PLANE && to < EXIT_PLANE)
		p->inside = true;
	p->x_um = to;
	return true;
}

static void take(struct sim_person *p, struct sim_acts *acts)
{
	acts->takes_document = acts->takes_document || !p->has_document;
	p->has_document = true;
}

static uint64_t stayed_ms(const struct sim_person *p, const struct sim_view *v)
{
	return (v->now_us - p->since_us) / 1000;
}

static void lays(struct sim_person *p, enum sim_place place, const struct sim_view *v, struct sim_acts *acts)
{
	acts->lays_document = true;
	p->has_document = false;
	p->laid = true;
	p->times_called = 0;
	p->heard_voice = v->voice;
	go(p, place, v, p->react_ms);
}

static bool asked_for(const struct sim_person *p, const struct sim_view *v)
{
	return p->has_document && v->reader_light && (v->entry_green || ((p->tried || p->laid) && v->entry_amber));
}

static bool wants_back(struct sim_person *p, const struct sim_view *v)
{
	if (v->voiceless)
		return stayed_ms(p, v) > (p->will == WILL_FORGET ? LIES_FORGOTTEN_MS : LIES_MS);
	p->times_called = (uint8_t)(p->times_called + (v->voice && !p->heard_voice && p->times_called < 9));
	p->heard_voice = v->voice;
	return p->times_called > (p->will == WILL_FORGET ? 1 : 0);
}

static void at_reader(struct sim_person *p, const struct sim_view *v, struct sim_acts *acts)
{
	bool back = wants_back(p, v);
	if (v->now_us < p->due_us)
		return;
	if (p->will == WILL_PULL_EARLY && !p->tried) {
		p->tried = true;
		take(p, acts);
		go(p, COMES, v, p->dwell_ms);
	} else if (back || v->alarm || v->called_by_officer) {
		take(p, acts);
		go(p, v->alarm || v->called_by_officer ? AWAY : WAITS, v, p->react_ms);
	} else if (stayed_ms(p, v) > 130000 || (!v->reader_light && stayed_ms(p, v) > 20000)) {
		take(p, acts); /* nobody wants it any more */
		go(p, AWAY, v, 0);
	}
}

/* The same between the leaves: whoever is to go has the document first. */
static void at_reader_inside(struct sim_person *p, const struct sim_view *v, struct sim_acts *acts)
{
	bool back = wants_back(p, v), out = !v->reader_light && stayed_ms(p, v) > LAMP_OUT_MS;
	if (v->now_us < p->due_us)
		return;
	if (p->will == WILL_LEAVE_DOCUMENT) {
		if (out || v->alarm || v->called_by_officer)
			go(p, CHAMBER, v, 0);
	} else if (p->will == WILL_PULL_EARLY && !p->tried) {
		p->tried = true;
		take(p, acts);
		go(p, CHAMBER, v, p->dwell_ms);
	} else if (back || out || v->alarm || v->called_by_officer) {
		take(p, acts);
		go(p, CHAMBER, v, p->react_ms);
	}
}

static void outside(struct sim_person *p, const struct sim_view *v, uint64_t us, struct sim_acts *acts)
{
	switch (p->place) {
	case COMES:
		moves(p, AT_READER, v, us);
		if (v->now_us < p->due_us || p->x_um != AT_READER)
			return;
		if (v->stands_open && v->entry_passable && v->entry_green && !v->reader_light)
			go(p, WAITS, v, p->react_ms);
		else if (!v->stands_open && asked_for(p, v))
			lays(p, READER, v, acts);
		else if (stayed_ms(p, v) > 60000 || v->alarm)
			go(p, AWAY, v, 0);
		return;
	case READER:
		at_reader(p, v, acts);
		return;
	case WAITS:
		if (p->will == WILL_NO_SHOW)
			go(p, AWAY, v, 0);
		else if (v->entry_passable && v->entry_green && !v->reader_light && !v->alarm && v->now_us >= p->due_us)
			go(p, ENTERS, v, 0);
		else if (stayed_ms(p, v) > 15000 || v->alarm)
			go(p, AWAY, v, 0);
		return;
	default:
		return;
	}
}

static void in_chamber(struct sim_person *p, const struct sim_view *v, struct sim_acts *acts)
{
	bool stays = p->will == WILL_STAY && stayed_ms(p, v) < p->dwell_ms && !v->called_by_officer;
	if (v->now_us < p->due_us || stays)
		return;
	bool has_one = p->will != WILL_TAILGATE && p->will != WILL_WRONG_WAY && p->will != WILL_SHOW_NOTHING;
	if (v->reader_inside && has_one && asked_for(p, v))
		lays(p, SHOWS, v, acts);
	else if (v->exit_passable && (v->exit_green || v->alarm || v->called_by_officer))
		go(p, LEAVES, v, 0);
	else if (v->entry_passable && (v->alarm || v->called_by_officer || (v->buzzer && v->exit_red)))
		go(p, RETURNS, v, 0);
}

static void within(struct sim_person *p, const struct sim_view *v, uint64_t us, struct sim_acts *acts)
{
	switch (p->place) {
	case ENTERS:
		if ((p->will == WILL_HOLD_ENTRY || p->will == WILL_TURN_BACK) && !p->tried && p->x_um >= 50 * MM) {
			p->tried = true;
			go(p, p->will == WILL_TURN_BACK ? RETURNS : IN_ENTRY, v, p->dwell_ms);
			return;
		}
		if (p->will == WILL_STEP_BACK && !p->tried && p->x_um >= 260 * MM && v->entry_closing) {
			p->tried = true;
			go(p, IN_ENTRY, v, p->dwell_ms);
			return;
		}
		if (!moves(p, STANDS, v, us))
			go(p, WAITS, v, p->react_ms); /* it shut before them */
		else if (p->x_um == STANDS)
			go(p, CHAMBER, v, p->react_ms);
		return;
	case IN_ENTRY:
		if (p->will == WILL_STEP_BACK)
			moves(p, 100 * MM, v, us);
		if (v->now_us >= p->due_us)
			go(p, ENTERS, v, 0);
		return;
	case CHAMBER:
		in_chamber(p, v, acts);
		return;
	case SHOWS:
		at_reader_inside(p, v, acts);
		return;
	case LEAVES:
		if (p->will == WILL_HOLD_EXIT && !p->tried && p->x_um >= 1950 * MM) {
			p->tried = true;
			go(p, IN_EXIT, v, p->dwell_ms);
			return;
		}
		if (p->will == WILL_REACH_BACK && !p->tried && p->x_um >= OUT_OF_BEAMS) {
			p->tried = v->exit_closing || stayed_ms(p, v) > LINGERS_MS;
			if (v->exit_closing)
				go(p, IN_EXIT, v, p->dwell_ms);
			return;
		}
		if (!moves(p, OUTSIDE, v, us))
			go(p, CHAMBER, v, p->react_ms);
		if (p->x_um == OUTSIDE) {
			acts->leaves_bag = p->will == WILL_LEAVE_BAG;
			go(p, AWAY, v, 0);
		}
		return;
	case IN_EXIT:
		if (p->will == WILL_REACH_BACK)
			moves(p, REACHES, v, us);
		if (v->now_us >= p->due_us)
			go(p, LEAVES, v, 0);
		return;
	case RETURNS:
		if (!moves(p, FAR_OUTSIDE, v, us))
			go(p, CHAMBER, v, p->react_ms);
		if (p->x_um <= BEFORE_ENTRY - 300 * MM)
			go(p, AWAY, v, 0);
		return;
	default:
		return;
	}
}

/* Over or under the leaf, a while inside, and back the same way. */
static void intrudes(struct sim_person *p, const struct sim_view *v)
{
	if (v->now_us < p->due_us)
		return;
	if (!p->tried && v->stands_open && v->entry_passable) {
		go(p, AWAY, v, 0); /* nothing to climb over */
	} else if (!p->tried) {
		p->tried = true;
		p->x_um = STANDS;
		go(p, INTRUDES, v, p->dwell_ms);
	} else {
		p->x_um = FAR_OUTSIDE;
		go(p, AWAY, v, 0);
	}
}

static void tailgates(struct sim_person *p, const struct sim_person *leader, const struct sim_view *v, uint64_t us)
{
	if (p->inside && p->place == WAITS)
		go(p, CHAMBER, v, p->react_ms);
	else if ((leader == NULL || leader->place == AWAY) && p->place == WAITS)
		go(p, AWAY, v, 0);
	else if (leader == NULL || leader->place == AWAY)
		go(p, RETURNS, v, 0); /* nobody to follow any more */
	if (p->place != WAITS && p->place != ENTERS)
		return;
	if (p->place == WAITS && (leader->place == ENTERS || leader->place == CHAMBER) && v->entry_passable)
		go(p, ENTERS, v, 0);
	if (p->place == ENTERS && leader->x_um - p->x_um < FOLLOWS && leader->place == ENTERS)
		return;
	if (p->place == ENTERS && !moves(p, STANDS - FOLLOWS, v, us))
		go(p, WAITS, v, p->react_ms);
	if (p->place == ENTERS && p->x_um == STANDS - FOLLOWS)
		go(p, CHAMBER, v, p->react_ms);
}

static void wrong_way(struct sim_person *p, const struct sim_view *v, uint64_t us)
{
	if (p->place == WAITS && v->exit_passable)
		go(p, ENTERS, v, 0);
	if (p->place == WAITS && stayed_ms(p, v) > 60000)
		go(p, AWAY, v, 0);
	if (p->place != ENTERS)
		return;
	if (!moves(p, STANDS, v, us))
		go(p, AWAY, v, 0);
	else if (p->x_um == STANDS)
		go(p, CHAMBER, v, p->react_ms);
}

static bool lets_go_first(const struct sim_person *p, const struct sim_person *leader)
{
	int64_t apart = leader != NULL ? leader->x_um - p->x_um : FOLLOWS;
	bool same_way = leader != NULL && leader->place == p->place && (p->place == RETURNS || p->place == LEAVES);
	bool against = leader != NULL && p->will == WILL_WRONG_WAY && p->place == WAITS && leader->place != AWAY;
	return against || (same_way && apart < FOLLOWS && apart > -FOLLOWS);
}

void sim_person_step(struct sim_person *p, const struct sim_person *leader, const struct sim_view *v, uint64_t us,
	struct sim_acts *acts)
{
	memset(acts, 0, sizeof *acts);
	if (v->beams_alone && lets_go_first(p, leader))
		return;
	if (p->place == INTRUDES)
		intrudes(p, v);
	else if (p->will == WILL_TAILGATE && (p->place == WAITS || p->place == ENTERS))
		tailgates(p, leader, v, us);
	else if (p->will == WILL_WRONG_WAY && (p->place == WAITS || p->place == ENTERS))
		wrong_way(p, v, us);
	else if (p->place >= ENTERS)
		within(p, v, us, acts);
	else if (p->place != AWAY)
		outside(p, v, us, acts);
}
