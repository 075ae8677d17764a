/* SPDX-License-Identifier: Apache-2.0
 * The list of lines as data, and what a description must have. Must never judge a level: conversion is in filter.c.
 */
#include <string.h>

#include "lane/lane.h"

static const struct lane_hw_line_info lines[LANE_HW_LINES] = {
#define IN(name, contact, filter, debounce_ms, about) {#name, about, false, LANE_HW_##contact, LANE_HW_##filter, debounce_ms, false},
#define OUT(name, contact, safe, about) {#name, about, true, LANE_HW_##contact, LANE_HW_STEADY, 0, safe},
#include "lane/lines.def"
};

const struct lane_hw_line_info *lane_hw_line_info(enum lane_hw_line line)
{
	return &lines[line];
}

enum lane_hw_line lane_hw_line_find(const char *name)
{
	unsigned i = 0;
	while (i < LANE_HW_LINES && strcmp(lines[i].name, name) != 0)
		i++;
	return (enum lane_hw_line)i;
}

void lane_hw_description_default(struct lane_hw_description *out)
{
	memset(out, 0, sizeof *out);
#define X(name, default_ms, min_ms, max_ms, about) out->name##_ms = (default_ms);
	LANE_HW_TIMES(X)
#undef X
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		out->line[i] = (struct lane_hw_wiring){.contact = lines[i].contact, .closed_level = true,
			.debounce_ms = lines[i].debounce_ms};
}

struct need {
	enum lane_hw_line line;
	const char *sentence;
};

#define NEED(name, why) {LANE_HW_##name, #name " is missing, expected a line: " why}

/* Without these there is no lane. */
static const struct need always[] = {
	NEED(fire_alarm, "an alarm that is not heard is no alarm"),
	NEED(estop, "an emergency stop must be seen"),
	NEED(mains_ok, "no new traveller without mains"),
	NEED(tamper, "an open cabinet ends the service"),
	NEED(key_reset, "an emergency ends with the reset key"),
	NEED(key_maint, "maintenance begins with the key"),
	NEED(entry_closed, "a leaf's position is sensed, never assumed"),
	NEED(entry_open, "a leaf's position is sensed, never assumed"),
	NEED(entry_locked, "a lock is sensed, never assumed"),
	NEED(entry_safety_beam, "a leaf closes only while its plane is seen to be clear"),
	NEED(exit_closed, "a leaf's position is sensed, never assumed"),
	NEED(exit_open, "a leaf's position is sensed, never assumed"),
	NEED(exit_locked, "a lock is sensed, never assumed"),
	NEED(exit_safety_beam, "a leaf closes only while its plane is seen to be clear"),
	NEED(watchdog_kick, "the external relay must see that somebody is in charge"),
	NEED(entry_unlock, "the entry is to be released"),
	NEED(exit_unlock, "the exit is to be released"),
	NEED(entry_open_drive, "the entry is to be opened"),
	NEED(entry_close_drive, "the entry is to be shut"),
	NEED(exit_open_drive, "the exit is to be opened"),
	NEED(exit_close_drive, "the exit is to be shut"),
};
static const struct need by_beams[] = {
	NEED(entry_outer_beam, "people are counted by two beams at each leaf"),
	NEED(entry_inner_beam, "people are counted by two beams at each leaf"),
	NEED(exit_inner_beam, "people are counted by two beams at each leaf"),
	NEED(exit_outer_beam, "people are counted by two beams at each leaf"),
};
static const struct need by_overhead[] = {
	NEED(occupied, "the overhead sensor says whether somebody is inside"),
	NEED(second_person, "the overhead sensor says whether it is more than one"),
};

static const char *missing(const struct lane_hw_description *d, const struct need *needs, size_t count, enum lane_hw_line *line)
{
	for (size_t i = 0; i < count; i++) {
		if (!d->line[needs[i].line].present) {
			*line = needs[i].line;
			return needs[i].sentence;
		}
	}
	return NULL;
}

#define MISSING(d, list, line) missing((d), (list), sizeof(list) / sizeof(list)[0], (line))

static const char *wrong_time(const struct lane_hw_description *d)
{
#define X(name, default_ms, min_ms, max_ms, about)                                                                       \
	if (d->name##_ms < (min_ms) || d->name##_ms > (max_ms))                                                          \
		return #name "_ms is out of range, expected " #min_ms " to " #max_ms ": " about;
	LANE_HW_TIMES(X)
#undef X
	if (d->kick_ms * 2 > d->kick_after_ms)
		return "kick_ms is too long, expected a whole period of the kick within kick_after_ms";
	return NULL;
}

/* A camera's drive is there whole or not at all. */
static const char *half_a_drive(const struct lane_hw_description *d, enum lane_hw_line *line)
{
	static const struct need drive[] = {
		NEED(camera_up, "a camera that is driven down must come up again"),
		NEED(camera_down, "a camera that is driven up must come down again"),
	};
	bool any = d->line[LANE_HW_camera_up].present || d->line[LANE_HW_camera_down].present ||
		   d->line[LANE_HW_camera_top].present || d->line[LANE_HW_camera_bottom].present;
	return any ? MISSING(d, drive, line) : NULL;
}

const char *lane_hw_description_check(const struct lane_hw_description *d, enum lane_hw_line *line)
{
	const char *why = MISSING(d, always, line);
	if (why == NULL && d->occupancy != LANE_HW_OVERHEAD)
		why = MISSING(d, by_beams, line);
	if (why == NULL && d->occupancy != LANE_HW_BEAMS)
		why = MISSING(d, by_overhead, line);
	if (why == NULL)
		why = half_a_drive(d, line);
	for (unsigned i = 0; i < LANE_HW_LINES && why == NULL; i++) {
		*line = (enum lane_hw_line)i;
		if (lines[i].output == false && d->line[i].debounce_ms > 1000)
			why = "debounce_ms is out of range, expected 0 to 1000";
		else if (lines[i].filter == LANE_HW_AT_ONCE && lines[i].debounce_ms <= 10 && d->line[i].debounce_ms > 10)
			why = "debounce_ms is out of range, expected 0 to 10: an alarm is never filtered away";
	}
	if (why != NULL)
		return why;
	*line = LANE_HW_LINES;
	return wrong_time(d);
}
