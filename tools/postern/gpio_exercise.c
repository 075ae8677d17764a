/* SPDX-License-Identifier: Apache-2.0
 * Driving outputs for a technician. Leaves go through hw/lane, so that beams, interlock and times hold here as in service; lamps and
 * contacts are driven one after the other, to be seen, and so is the camera, not beyond its contacts; the kick relay is judged by what it
 * cuts. Must never go on when the maintenance key is turned back.
 */
#include "gpio.h"

#include <stdlib.h>

#include "types.pb-c.h"

#define COMMAND(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define POSITION(name) POSTERN__LEAF_POSITION__LEAF_##name
#define NS_PER_MS UINT64_C(1000000)

enum { TURN_MS = 5, LAMP_MS = 700, RELAY_MS = 1500, MARGIN_MS = 500 };

struct exercise {
	struct gpio_check *c;
	struct lane_hw *hw;
	uint64_t on;     /* lines asserted besides what hw says */
	bool still;      /* the kick stands still */
	uint32_t id;
};

/* The level of one output when it is asserted. */
static uint64_t level(const struct gpio_check *c, unsigned line, bool asserted)
{
	return lane_hw_meaning(&c->lane, (enum lane_hw_line)line, true) == asserted ? LANE_HW_BIT(line) : 0;
}

static void drive(struct exercise *x)
{
	uint64_t now = gpio_now_ns(), levels;
	lane_hw_core(x->hw, x->still ? 0 : now, now);
	levels = lane_hw_outputs(x->hw);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (x->on & LANE_HW_BIT(i))
			levels = (levels & ~LANE_HW_BIT(i)) | level(x->c, i, true);
	if (gpio_lines_drive(x->c->lines, levels) != 0)
		x->c->lost = x->c->ended = true;
}

/* One turn of a few milliseconds; false: it is over. */
static bool turn(struct exercise *x)
{
	struct gpio_check *c = x->c;
	bool on = gpio_wait(c, TURN_MS);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (c->line[i].known)
			lane_hw_input(x->hw, (enum lane_hw_line)i, c->line[i].level, gpio_now_ns());
	if (!gpio_line_asserted(c, LANE_HW_key_maint)) {
		if (c->live)
			fprintf(c->cli->out, "the maintenance key was turned back: no output is driven any more\n");
		return false;
	}
	drive(x);
	return on && !c->ended;
}

static bool pause_for(struct exercise *x, uint32_t ms)
{
	uint64_t until = gpio_now_ns() + ms * NS_PER_MS;
	while (gpio_now_ns() < until)
		if (!turn(x))
			return false;
	return true;
}

static void say(const struct exercise *x, const char *text, enum gpio_test result)
{
	static const char *const words[] = {"not tested", "good", "BAD", "to be seen"};
	if (x->c->live)
		fprintf(x->c->cli->out, "exercise: %s: %s\n", text, words[result]);
}

/* A command to a leaf and the position that must follow within its time. */
static bool leaf(struct exercise *x, uint32_t command, bool exit, uint8_t position, uint32_t within_ms, const enum lane_hw_line lines[2],
	const char *what)
{
	struct lane_hw_sensed s;
	uint64_t began = gpio_now_ns();
	bool there = false, on = true;
	lane_hw_sense(x->hw, &s);
	/* A leaf that did not come from the other end shows nothing of the lines that should have brought it here. */
	bool already = (exit ? s.exit_leaf : s.entry_leaf) != (position == POSITION(OPEN) ? POSITION(LOCKED) : POSITION(OPEN));
	lane_hw_command(x->hw, command, ++x->id, false, began);
	while (on && !there && gpio_now_ns() - began < (within_ms + MARGIN_MS) * NS_PER_MS) {
		on = turn(x);
		lane_hw_sense(x->hw, &s);
		there = (exit ? s.exit_leaf : s.entry_leaf) == position;
	}
	for (unsigned i = 0; i < 2 && !already; i++) {
		struct gpio_line_test *t = &x->c->line[lines[i]];
		if (there || on) { /* not when it was broken off */
			t->driven = t->driven == GPIO_BAD || !there ? GPIO_BAD : GPIO_GOOD;
			t->answer_ms = (uint32_t)((gpio_now_ns() - began) / NS_PER_MS);
			t->what = what;
		}
	}
	say(x, what, already || (!there && !on) ? GPIO_UNTESTED : there ? GPIO_GOOD : GPIO_BAD);
	return on;
}

static bool leaves(struct exercise *x)
{
	static const enum lane_hw_line open[2][2] = {{LANE_HW_entry_unlock, LANE_HW_entry_open_drive},
		{LANE_HW_exit_unlock, LANE_HW_exit_open_drive}};
	static const enum lane_hw_line shut[2][2] = {{LANE_HW_entry_unlock, LANE_HW_entry_close_drive},
		{LANE_HW_exit_unlock, LANE_HW_exit_close_drive}};
	const struct lane_hw_description *d = &x->c->lane;
	return leaf(x, COMMAND(RELEASE_ENTRY), false, POSITION(OPEN), d->open_ms, open[0], "entry leaf released, open") &&
	       leaf(x, COMMAND(CLOSE_ENTRY), false, POSITION(LOCKED), d->close_ms + d->lock_ms, shut[0], "entry leaf shut, locked") &&
	       leaf(x, COMMAND(RELEASE_EXIT), true, POSITION(OPEN), d->open_ms, open[1], "exit leaf released, open") &&
	       leaf(x, COMMAND(CLOSE_EXIT), true, POSITION(LOCKED), d->close_ms + d->lock_ms, shut[1], "exit leaf shut, locked");
}

/* Nothing senses a lamp: it is driven alone, for a person to see. */
static bool lamps(struct exercise *x)
{
	const struct gpio_check *c = x->c;
	for (unsigned i = LANE_HW_entry_red; i < LANE_HW_camera_up; i++) {
		struct gpio_line_test *t = &x->c->line[i];
		if (!c->lane.line[i].present)
			continue;
		x->on = LANE_HW_BIT(i);
		if (!pause_for(x, LAMP_MS))
			return false;
		t->driven = GPIO_TO_BE_SEEN;
		t->what = "driven for 0.7 s";
		say(x, lane_hw_line_info((enum lane_hw_line)i)->name, GPIO_TO_BE_SEEN);
	}
	x->on = 0;
	return true;
}

/* One way, to its contact where there is one; nothing else senses that it moves. False: it is over. */
static bool lift(struct exercise *x, enum lane_hw_line drive, enum lane_hw_line contact)
{
	struct gpio_line_test *t = &x->c->line[drive];
	uint64_t until = gpio_now_ns() + LAMP_MS * NS_PER_MS;
	struct lane_hw_sensed s;
	bool on = true, end = false;
	while (on && !end && gpio_now_ns() < until) {
		end = x->c->lane.line[contact].present && gpio_line_asserted(x->c, contact);
		x->on = end ? 0 : LANE_HW_BIT(drive);
		on = turn(x);
		lane_hw_sense(x->hw, &s);
		on = on && !s.emergency_stop && !s.fire_alarm;
	}
	x->on = 0;
	if (!on || !pause_for(x, MARGIN_MS))
		return false;
	t->driven = GPIO_TO_BE_SEEN;
	t->what = end ? "driven until its contact" : "driven for 0.7 s";
	say(x, lane_hw_line_info(drive)->name, GPIO_TO_BE_SEEN);
	return true;
}

static bool camera(struct exercise *x)
{
	if (!x->c->lane.line[LANE_HW_camera_up].present)
		return true;
	return lift(x, LANE_HW_camera_up, LANE_HW_camera_top) && lift(x, LANE_HW_camera_down, LANE_HW_camera_bottom);
}

/* The lock is released while the kick goes on; then the kick stands still, the lock's line stays driven, and the relay must take
 * the release away. */
static void relay(struct exercise *x)
{
	struct gpio_check *c = x->c;
	bool opened = false, dropped = false, on = true;
	x->on = LANE_HW_BIT(LANE_HW_entry_unlock);
	uint64_t began = gpio_now_ns();
	while (on && !opened && gpio_now_ns() - began < RELAY_MS * NS_PER_MS) {
		on = turn(x);
		opened = !gpio_line_asserted(c, LANE_HW_entry_locked);
	}
	x->still = true;
	began = gpio_now_ns();
	while (on && opened && !dropped && gpio_now_ns() - began < (c->lane.kick_after_ms + RELAY_MS) * NS_PER_MS) {
		on = turn(x);
		dropped = gpio_line_asserted(c, LANE_HW_entry_locked);
	}
	x->on = 0;
	x->still = false;
	if (!on)
		return;
	c->relay = !opened ? GPIO_UNTESTED : dropped ? GPIO_GOOD : GPIO_BAD;
	c->relay_what = !opened ? "the entry's lock did not open to a release, so nothing could be seen to drop"
			: dropped ? "the entry locked again although its release was still driven"
				  : "the entry stayed released although the kick stood still";
	c->line[LANE_HW_watchdog_kick].driven = c->relay;
	c->line[LANE_HW_watchdog_kick].answer_ms = dropped ? (uint32_t)((gpio_now_ns() - began) / NS_PER_MS) : 0;
	c->line[LANE_HW_watchdog_kick].what = c->relay_what;
	say(x, c->relay_what, c->relay);
}

void gpio_exercise(struct gpio_check *c)
{
	struct exercise x = {.c = c, .hw = malloc(lane_hw_size())};
	if (x.hw == NULL)
		return;
	lane_hw_init(x.hw, &c->lane, gpio_now_ns());
	if (pause_for(&x, MARGIN_MS) && leaves(&x) && lamps(&x) && camera(&x))
		relay(&x);
	int rc = gpio_lines_drive(c->lines, lane_hw_safe_outputs(&c->lane));
	if (rc != 0)
		c->lost = c->ended = true;
	free(x.hw);
}
