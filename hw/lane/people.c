/* SPDX-License-Identifier: Apache-2.0
 * Who is in the chamber. A person who passes a leaf breaks its outer beam, its plane and its inner beam in this order, or in the
 * other, and leaves them in the same order. Anything else cannot be told from two people: then nobody knows who is inside,
 * until an overhead sensor or the officer's key says so. Must never guess a number.
 *
 * What beams cannot see: two people who touch all the way are one body. A lane that must see them has an overhead sensor.
 */
#include "lane/internal.h"

void people_init(struct lane_hw *l)
{
	l->people = (struct people){.differ_ns = NEVER, .vouched_ns = NEVER};
	for (unsigned i = 0; i < LEAVES; i++)
		l->people.passage[i] = (struct passage){.deep_ns = NEVER};
}

void people_lost(struct lane_hw *l)
{
	l->people.known = false;
	l->people.vouched_ns = NEVER;
	l->people.count = 0;
}

static void count(struct lane_hw *l, enum leaf_id id, bool inwards)
{
	struct people *p = &l->people;
	if (inwards && id == EXIT)
		p->wrong_way = true;
	if (!p->known)
		return;
	if (inwards && p->count < PEOPLE_MAX)
		p->count++;
	else if (!inwards && p->count > 0)
		p->count--;
	else
		people_lost(l); /* somebody came out of an empty chamber */
}

static unsigned beams(const struct lane_hw *l, enum leaf_id id)
{
	static const unsigned place[4] = {0, 1, 3, 2}; /* by outer, inner: none, outer, inner, both, in the order of a passage */
	return place[(unsigned)line_is(l, leaf_lines[id].outer) | (unsigned)line_is(l, leaf_lines[id].inner) << 1];
}

/* What the beams say while nobody is between them. */
static void rest(struct lane_hw *l, enum leaf_id id)
{
	static const int16_t at[4] = {0, 1, 2, -1};
	struct passage *g = &l->people.passage[id];
	unsigned place = beams(l, id);
	g->at = at[place];
	g->doubt = place == 2; /* one on each side */
	g->plane = line_is(l, leaf_lines[id].safety);
	g->deep_ns = place == 2 ? l->now : NEVER;
}

/* Beams alone, and one of them is blind: somebody who comes to a beam, or leaves it, is in the plane besides, or comes out of a chamber
 * where nobody was. */
static bool blind(const struct lane_hw *l, enum leaf_id id, int before)
{
	bool in_plane = line_is(l, leaf_lines[id].safety), from_inside = before == -1;
	return l->d.occupancy == LANE_HW_BEAMS && (in_plane || (from_inside && l->people.known && l->people.count == 0));
}

/* Somebody passes a leaf that its contact says is shut. */
static bool through(const struct lane_hw *l, enum leaf_id id)
{
	return l->d.occupancy == LANE_HW_BEAMS && line_is(l, leaf_lines[id].safety) && beams(l, id) != 0;
}

static void finish(struct lane_hw *l, enum leaf_id id, bool passed, bool inwards)
{
	struct passage *g = &l->people.passage[id];
	if (g->doubt || (passed && (!g->plane || later(l, g->deep_ns, l->d.passage_ms))))
		people_lost(l);
	else if (passed)
		count(l, id, inwards);
	rest(l, id);
}

static bool beams_known(const struct lane_hw *l, enum leaf_id id)
{
	return l->line[leaf_lines[id].outer].known && l->line[leaf_lines[id].inner].known && l->line[leaf_lines[id].safety].known;
}

void people_beam(struct lane_hw *l, enum leaf_id id, uint64_t edge_ns)
{
	static const uint8_t place_of[7] = {1, 2, 3, 0, 1, 2, 3}; /* of at -3 .. +3 */
	struct passage *g = &l->people.passage[id];
	if (l->d.occupancy == LANE_HW_OVERHEAD)
		return;
	if (!beams_known(l, id)) {
		people_lost(l);
		rest(l, id);
		return;
	}
	if (g->shut) {
		rest(l, id);
		return;
	}
	unsigned from = place_of[g->at + 3], to = beams(l, id);
	int step = to == (from + 1) % 4 ? 1 : from == (to + 1) % 4 ? -1 : 0;
	if (step == 0) {
		g->doubt = g->doubt || from != to;
		if (to == 0 && from != 0)
			finish(l, id, false, false); /* nobody stands there any more: it begins anew, in doubt */
		return;
	}
	int before = g->at, magnitude = before < 0 ? -before : before;
	bool back = before != 0 && (before > 0) != (step > 0);
	/* A step back behind the first beam may be the first person going on and a second one coming. */
	if (magnitude >= 2 && back)
		g->doubt = true;
	uint64_t gap = edge_ns > g->step_ns ? edge_ns - g->step_ns : g->step_ns - edge_ns;
	if (gap < l->d.order_ms * NS_PER_MS)
		g->doubt = true;
	g->step_ns = edge_ns;
	g->at = (int16_t)(before + step);
	if (g->deep_ns == NEVER && (g->at >= 2 || g->at <= -2))
		g->deep_ns = l->now;
	if (line_is(l, leaf_lines[id].safety))
		g->plane = true;
	if (before == 0 || g->at == 0)
		g->doubt = g->doubt || blind(l, id, before);
	if (g->at == 4 || g->at == -4)
		finish(l, id, true, g->at > 0);
	else if (g->at == 0)
		finish(l, id, false, false);
}

void people_plane(struct lane_hw *l, enum leaf_id id)
{
	struct passage *g = &l->people.passage[id];
	if (!beams_known(l, id) && l->d.occupancy != LANE_HW_OVERHEAD)
		people_lost(l);
	if (g->at != 0 && line_is(l, leaf_lines[id].safety))
		g->plane = true;
}

/* The leaf came between: who is behind the plane has passed it. */
static void shut(struct lane_hw *l, enum leaf_id id)
{
	struct passage *g = &l->people.passage[id];
	g->doubt = g->doubt || g->at == 2 || g->at == -2;
	finish(l, id, g->at == 3 || g->at == -3, g->at > 0);
	g->shut = true;
}

/* What the overhead sensor sees; false: it is lost or contradicts itself. */
static bool overhead(const struct lane_hw *l, uint8_t *inside)
{
	bool one = line_is(l, LANE_HW_occupied), two = line_is(l, LANE_HW_second_person);
	*inside = two ? 2 : one ? 1 : 0;
	return l->line[LANE_HW_occupied].known && l->line[LANE_HW_second_person].known && (one || !two);
}

static bool nobody_in_a_leaf(const struct lane_hw *l)
{
	for (unsigned i = 0; i < LEAVES; i++)
		if (!beams_known(l, (enum leaf_id)i) || beams(l, (enum leaf_id)i) != 0 || l->people.passage[i].at != 0)
			return false;
	return true;
}

static bool both_locked(const struct lane_hw *l)
{
	return leaf_position(l, ENTRY) == POSTERN__LEAF_POSITION__LEAF_LOCKED &&
	       leaf_position(l, EXIT) == POSTERN__LEAF_POSITION__LEAF_LOCKED;
}

static void empty(struct lane_hw *l)
{
	l->people.known = true;
	l->people.count = 0;
	l->people.differ = l->people.wrong_way = l->people.intrusion = false;
	l->people.differ_ns = NEVER;
}

/* What is known no key overrules; nor is there anything to say to an overhead sensor alone. */
static bool asks(const struct lane_hw *l)
{
	return (!l->people.known || l->people.differ) && l->d.occupancy != LANE_HW_OVERHEAD && nobody_in_a_leaf(l);
}

/* Whoever turned the key has looked; a sensor that sees nobody has looked too, so that a leaf may stand open. With beams alone there whoever
 * looks holds the key meanwhile, and lets go of it: a line that is stuck says nothing. */
void people_key(struct lane_hw *l)
{
	struct people *p = &l->people;
	uint8_t seen = 0;
	bool turned = line_is(l, LANE_HW_key_reset), sees = l->d.occupancy == LANE_HW_BOTH && overhead(l, &seen);
	bool held = p->vouched_ns != NEVER && l->now - p->vouched_ns >= VOUCH_NS && l->now - p->vouched_ns <= VOUCH_MOST_NS;
	p->vouched_ns = turned && l->d.occupancy == LANE_HW_BEAMS ? l->now : NEVER;
	if (turned && !l->emergency && asks(l) && (sees ? seen == 0 : both_locked(l)))
		empty(l);
	else if (!turned && held && l->line[LANE_HW_key_reset].known && asks(l))
		empty(l);
}

static bool undisturbed(const struct lane_hw *l)
{
	return !l->emergency && nobody_in_a_leaf(l) && !line_is(l, LANE_HW_entry_safety_beam) && !line_is(l, LANE_HW_exit_safety_beam) &&
	       !line_is(l, LANE_HW_low_beam) && !line_is(l, LANE_HW_high_beam);
}

/* Nobody may have come near a leaf; an alarm is waited out. */
void people_vouched(struct lane_hw *l)
{
	struct people *p = &l->people;
	if (p->vouched_ns != NEVER && !undisturbed(l))
		p->vouched_ns = l->emergency ? l->now : NEVER;
}

static bool agree(const struct lane_hw *l)
{
	uint8_t seen;
	bool sees = overhead(l, &seen);
	if (l->d.occupancy == LANE_HW_BEAMS)
		return true;
	if (l->d.occupancy == LANE_HW_OVERHEAD)
		return sees;
	return sees && l->people.known && seen == (l->people.count > 2 ? 2 : l->people.count);
}

static bool somebody_between(const struct lane_hw *l)
{
	for (unsigned i = 0; i < LEAVES; i++)
		if (l->people.passage[i].at > 1 || l->people.passage[i].at < -1)
			return true;
	return false;
}

/* The beams have lost count and the sensor has seen the same for a while: it is believed. */
static void believe_overhead(struct lane_hw *l)
{
	uint8_t seen;
	if (l->people.known || !overhead(l, &seen) || somebody_between(l) || !beams_known(l, ENTRY) || !beams_known(l, EXIT))
		return;
	l->people.known = true;
	l->people.count = seen;
	l->people.differ = false;
	l->people.differ_ns = NEVER;
}

static void compare(struct lane_hw *l)
{
	struct people *p = &l->people;
	if (agree(l)) {
		p->differ_ns = NEVER;
		p->differ = false;
		return;
	}
	if (p->differ_ns == NEVER || somebody_between(l))
		p->differ_ns = l->now;
	if (!later(l, p->differ_ns, l->d.settle_ms))
		return;
	p->differ = true;
	if (l->d.occupancy == LANE_HW_BOTH)
		believe_overhead(l);
}

/* Somebody in a chamber that is shut and was empty came over, under or through. */
static void look_for_intruders(struct lane_hw *l)
{
	uint8_t inside;
	bool seen = line_is(l, LANE_HW_low_beam) || line_is(l, LANE_HW_high_beam);
	bool knows = l->d.occupancy == LANE_HW_OVERHEAD ? overhead(l, &inside) : people_inside(l, &inside);
	bool empty = knows && inside == 0;
	if (seen && empty && l->people.passage[ENTRY].shut && l->people.passage[EXIT].shut) {
		l->people.intrusion = true;
		people_lost(l);
	} else if (empty && !seen) {
		l->people.intrusion = l->people.wrong_way = false;
	}
}

void people_advance(struct lane_hw *l)
{
	for (unsigned i = 0; i < LEAVES; i++) {
		struct passage *g = &l->people.passage[i];
		bool closed = leaf_is_shut(l, (enum leaf_id)i);
		if (closed && !g->shut)
			shut(l, (enum leaf_id)i);
		else if (closed && through(l, (enum leaf_id)i))
			people_lost(l);
		else if (!closed && g->shut) {
			rest(l, (enum leaf_id)i);
			g->shut = false;
		}
	}
	compare(l);
	look_for_intruders(l);
}

bool people_inside(const struct lane_hw *l, uint8_t *inside)
{
	uint8_t seen, counted = l->people.count > 2 ? 2 : l->people.count;
	bool sees = overhead(l, &seen);
	*inside = l->d.occupancy == LANE_HW_OVERHEAD || (l->d.occupancy == LANE_HW_BOTH && seen == 2) ? seen : counted;
	switch (l->d.occupancy) {
	case LANE_HW_OVERHEAD:
		return sees && !l->people.intrusion;
	case LANE_HW_BOTH:
		return sees && l->people.known && !l->people.differ;
	case LANE_HW_BEAMS:
		break;
	}
	return l->people.known;
}
