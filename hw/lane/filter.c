/* SPDX-License-Identifier: Apache-2.0
 * From levels to meanings, and debouncing. The only place where a level is turned into what it says. Must never delay or
 * lose an edge of a line that is taken at once.
 */
#include "lane/internal.h"

static bool meaning(const struct lane_hw_wiring *w, bool level)
{
	bool closed = level == w->closed_level;
	return closed == (w->contact == LANE_HW_CLOSES);
}

bool lane_hw_meaning(const struct lane_hw_description *d, enum lane_hw_line line, bool level)
{
	return meaning(&d->line[line], level);
}

bool line_is(const struct lane_hw *l, enum lane_hw_line line)
{
	return l->line[line].known && l->line[line].asserted;
}

bool line_is_not(const struct lane_hw *l, enum lane_hw_line line)
{
	return l->line[line].known && !l->line[line].asserted;
}

bool line_lost(const struct lane_hw *l, enum lane_hw_line line)
{
	return l->d.line[line].present && !l->line[line].known;
}

bool line_alarm(const struct lane_hw *l, enum lane_hw_line line)
{
	return line_lost(l, line) || line_is(l, line);
}

bool line_rings(const struct lane_hw *l, enum lane_hw_line line)
{
	return l->line[line].heard && line_alarm(l, line);
}

bool lane_hw_asserted(const struct lane_hw *l, enum lane_hw_line line, bool *known)
{
	*known = l->line[line].known;
	return l->line[line].known && l->line[line].asserted;
}

static bool is_alarm(enum lane_hw_line line)
{
	return line == LANE_HW_fire_alarm || line == LANE_HW_estop || line == LANE_HW_breakglass;
}

/* How long a new level must stand before it counts. */
static uint64_t hold_ns(const struct lane_hw *l, enum lane_hw_line line)
{
	uint64_t ns = l->d.line[line].debounce_ms * NS_PER_MS;
	bool at_once = lane_hw_line_info(line)->filter == LANE_HW_AT_ONCE;
	if (at_once && l->line[line].candidate)
		return 0;
	return is_alarm(line) && ns < ALARM_HOLD_NS ? ALARM_HOLD_NS : ns;
}

static bool pending(const struct lane_hw *l, unsigned i)
{
	return l->line[i].known && l->line[i].candidate != l->line[i].asserted;
}

static void take(struct lane_hw *l, enum lane_hw_line line)
{
	struct line_state *s = &l->line[line];
	s->asserted = s->candidate;
	s->since_ns = s->edge_ns;
	line_changed(l, line, s->edge_ns);
}

/* The line whose new level counts next, and when. */
static unsigned first_due(const struct lane_hw *l, uint64_t *due)
{
	unsigned first = LANE_HW_LINES;
	*due = NEVER;
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!pending(l, i))
			continue;
		uint64_t at = l->line[i].edge_ns + hold_ns(l, (enum lane_hw_line)i);
		if (at < *due) {
			*due = at;
			first = i;
		}
	}
	return first;
}

void filter_advance(struct lane_hw *l)
{
	uint64_t due, until = l->now;
	for (unsigned i = first_due(l, &due); due <= until; i = first_due(l, &due))
		take(l, (enum lane_hw_line)i);
}

uint64_t filter_next(const struct lane_hw *l)
{
	uint64_t due;
	first_due(l, &due);
	return due;
}

void lane_hw_input(struct lane_hw *l, enum lane_hw_line line, bool level, uint64_t at_ns)
{
	if ((unsigned)line >= LANE_HW_LINES || lane_hw_line_info(line)->output || !l->d.line[line].present)
		return;
	struct line_state *s = &l->line[line];
	bool asserted = meaning(&l->d.line[line], level);
	lane_hw_tick(l, at_ns);
	if (!s->known) {
		*s = (struct line_state){.known = true, .heard = true, .asserted = asserted, .candidate = asserted, .edge_ns = l->now,
			.since_ns = l->now};
		line_changed(l, line, l->now);
	} else if (asserted != s->candidate) {
		/* the edge's own time, which may be a little before the newest */
		s->candidate = asserted;
		s->edge_ns = at_ns > l->now ? l->now : at_ns > s->edge_ns ? at_ns : s->edge_ns;
	}
	lane_hw_tick(l, at_ns);
}

static void lose(struct lane_hw *l, unsigned i)
{
	if (!l->d.line[i].present || lane_hw_line_info((enum lane_hw_line)i)->output)
		return;
	l->line[i].known = false;
	line_changed(l, (enum lane_hw_line)i, l->now);
}

void lane_hw_lost(struct lane_hw *l, enum lane_hw_line line, uint64_t now_ns)
{
	lane_hw_tick(l, now_ns);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (line == LANE_HW_LINES || i == (unsigned)line)
			lose(l, i);
	lane_hw_tick(l, now_ns);
}

bool filter_any_known(const struct lane_hw *l)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (l->d.line[i].present && l->line[i].known)
			return true;
	return false;
}

bool filter_any_lost(const struct lane_hw *l)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (!lane_hw_line_info((enum lane_hw_line)i)->output && line_lost(l, (enum lane_hw_line)i))
			return true;
	return false;
}

/* Nobody stands in a beam or turns a key for a day. */
bool filter_any_stuck(const struct lane_hw *l)
{
	static const enum lane_hw_line moving[] = {LANE_HW_entry_safety_beam, LANE_HW_entry_outer_beam,
		LANE_HW_entry_inner_beam, LANE_HW_exit_safety_beam, LANE_HW_exit_inner_beam, LANE_HW_exit_outer_beam,
		LANE_HW_low_beam, LANE_HW_high_beam, LANE_HW_occupied, LANE_HW_second_person, LANE_HW_key_reset,
		LANE_HW_officer_button};
	for (size_t i = 0; i < sizeof moving / sizeof moving[0]; i++)
		if (line_is(l, moving[i]) && later(l, l->line[moving[i]].since_ns, l->d.stuck_ms))
			return true;
	return false;
}
