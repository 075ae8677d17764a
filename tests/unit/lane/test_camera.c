/* SPDX-License-Identifier: Apache-2.0
 * The drive of the camera's height: each reason for which it must stand, and seeded noise against what must never be: both ways at
 * once, a run without an end, a run beside a moving leaf, in an alarm or without a core. Must never take from the library whether it
 * may run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

#define CAM(name) POSTERN__CAMERA_DRIVE__CAMERA_##name
#define UP POSTERN__CAMERA_DIRECTION__CAMERA_UP
#define DOWN POSTERN__CAMERA_DIRECTION__CAMERA_DOWN

static struct rig rig;
static uint32_t move_id;

static void begin(bool contacts)
{
	move_id = 0;
	rig_init_without(&rig, contacts ? 0 : LANE_HW_BIT(AT(camera_top)) | LANE_HW_BIT(AT(camera_bottom)));
}

static int end(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static bool move(uint32_t direction, uint32_t ms)
{
	return lane_hw_move_camera(rig.l, direction, ms, ++move_id, rig.now);
}

static bool drives_up(void)
{
	return rig_drives(&rig, AT(camera_up));
}

static bool drives_down(void)
{
	return rig_drives(&rig, AT(camera_down));
}

static uint8_t sensed(void)
{
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_int_equal(s.last_move_id, move_id);
	return s.camera;
}

static void test_none(void **state)
{
	(void)state;
	rig_init_without(&rig, LANE_HW_BIT(AT(camera_up)) | LANE_HW_BIT(AT(camera_down)) | LANE_HW_BIT(AT(camera_top)) |
				       LANE_HW_BIT(AT(camera_bottom)));
	move_id = 0;
	assert_int_equal(sensed(), CAM(DRIVE_UNSPECIFIED));
	assert_false(move(UP, 500));
	assert_int_equal(sensed(), CAM(DRIVE_UNSPECIFIED));
}

static void test_runs_as_long_as_told(void **state)
{
	(void)state;
	begin(true);
	assert_int_equal(sensed(), CAM(STANDS));
	assert_true(move(UP, 300));
	assert_true(drives_up() && !drives_down());
	rig_run(&rig, 299);
	assert_true(drives_up());
	rig_run(&rig, 1);
	assert_false(drives_up() || drives_down());
	assert_int_equal(sensed(), CAM(MOVES)); /* it still swings */
	rig_run(&rig, 199);
	assert_int_equal(sensed(), CAM(MOVES));
	rig_run(&rig, 2);
	assert_int_equal(sensed(), CAM(STANDS));
	assert_true(move(DOWN, 300));
	assert_true(drives_down() && !drives_up());
}

static void test_no_move_is_long(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(DOWN, UINT32_MAX));
	rig_run(&rig, LANE_HW_CAMERA_RUN_MS - 1);
	assert_true(drives_down());
	rig_run(&rig, 1);
	assert_false(drives_down());
}

static void test_a_move_while_it_moves_stops_it(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 1000));
	rig_run(&rig, 100);
	assert_false(move(DOWN, 1000));
	assert_false(drives_up() || drives_down());
	rig_run(&rig, 199);
	assert_false(move(DOWN, 1000)); /* it has not settled */
	rig_run(&rig, 2);
	assert_true(move(DOWN, 1000));
	assert_false(move(POSTERN__CAMERA_DIRECTION__CAMERA_DIRECTION_UNSPECIFIED, 1000));
	rig_run(&rig, 300);
	assert_false(move(UP, 0));
	assert_false(drives_up() || drives_down());
}

static void test_stops_at_its_contact(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 1000));
	rig_run(&rig, 200);
	rig_say(&rig, AT(camera_top), true);
	assert_false(drives_up());
	rig_run(&rig, 300);
	assert_int_equal(sensed(), CAM(AT_TOP));
	assert_false(move(UP, 1000));
	assert_true(move(DOWN, 500));
	rig_run(&rig, 100);
	rig_say(&rig, AT(camera_top), false);
	rig_run(&rig, 700);
	assert_int_equal(sensed(), CAM(STANDS));
	rig_say(&rig, AT(camera_bottom), true);
	assert_int_equal(sensed(), CAM(AT_BOTTOM));
	assert_false(move(DOWN, 500));
}

/* A lost contact is an end, too: nothing is driven towards it. */
static void test_lost_contact(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 1000));
	lane_hw_lost(rig.l, AT(camera_top), rig.now);
	assert_false(drives_up());
	rig_run(&rig, 300);
	assert_false(move(UP, 100));
	assert_true(move(DOWN, 100));
}

static void test_contacts_contradict(void **state)
{
	(void)state;
	begin(true);
	rig_say(&rig, AT(camera_top), true);
	rig_say(&rig, AT(camera_bottom), true);
	rig_run(&rig, 50);
	assert_int_equal(sensed(), CAM(DRIVE_FAULT));
	assert_true(rig_trouble(&rig, "lane.camera_drive"));
	assert_false(move(UP, 100) || move(DOWN, 100));
	rig_say(&rig, AT(camera_top), false);
	rig_run(&rig, 50);
	assert_int_equal(sensed(), CAM(AT_BOTTOM));
	assert_false(rig_trouble(&rig, "lane.camera_drive"));
}

/* Driven for as long as the whole way takes, and not there: something is broken, until somebody has looked. */
static void test_never_arrives(void **state)
{
	(void)state;
	begin(true);
	for (int i = 0; i < 2; i++) {
		assert_true(move(UP, 2000));
		rig_run(&rig, 2300);
	}
	assert_int_equal(sensed(), CAM(DRIVE_FAULT));
	assert_true(rig_trouble(&rig, "lane.camera_drive"));
	assert_false(move(UP, 100));
	rig_run(&rig, 100);
	rig_say(&rig, AT(key_maint), true);
	rig_run(&rig, 300);
	rig_say(&rig, AT(key_maint), false);
	rig_run(&rig, 300);
	assert_int_equal(sensed(), CAM(STANDS));
	assert_false(rig_trouble(&rig, "lane.camera_drive"));
	assert_true(move(UP, 100));
}

static void test_without_contacts_its_time_is_the_end(void **state)
{
	(void)state;
	begin(false);
	assert_true(move(DOWN, 2000));
	rig_run(&rig, 2300);
	assert_int_equal(sensed(), CAM(STANDS));
	assert_true(move(UP, 1000));
	rig_run(&rig, 1300);
	uint32_t ran = 0;
	while (move(DOWN, 2000)) /* 4 s less 2 s and more 1 s */
		for (int i = 0; i < 2300; i++) {
			ran += drives_down();
			rig_run(&rig, 1);
		}
	assert_int_equal(ran, 3000);
	assert_int_equal(sensed(), CAM(AT_BOTTOM));
	assert_false(rig_trouble(&rig, "lane.camera_drive"));
	assert_true(move(UP, 100));
}

static void test_stands_while_a_leaf_moves(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 2000));
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	assert_false(drives_up());
	rig_run(&rig, 500);
	assert_false(move(UP, 2000));
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN));
	assert_false(move(UP, 2000)); /* a leaf that stands open may shut at any time */
	rig_command(&rig, CMD(CLOSE_EXIT), false);
	rig_run(&rig, 400);
	rig_say(&rig, AT(exit_safety_beam), true);
	rig_run(&rig, 100);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OBSTRUCTED));
	assert_false(move(UP, 2000));
	rig_say(&rig, AT(exit_safety_beam), false);
	rig_run(&rig, 2000);
	rig_command(&rig, CMD(CLOSE_EXIT), false);
	rig_run(&rig, 2000);
	assert_true(move(UP, 2000));
}

static void test_stands_when_a_leaf_is_forced(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 2000));
	rig.leaf[0].opening = 500;
	rig_run(&rig, 60);
	assert_false(drives_up());
}

static void test_alarm_stops_it(void **state)
{
	enum lane_hw_line line = *(enum lane_hw_line *)*state;
	begin(true);
	assert_true(move(DOWN, 2000));
	rig_run(&rig, 100);
	rig_say(&rig, line, true);
	assert_false(drives_up() || drives_down());
	rig_say(&rig, line, false);
	rig_run(&rig, 2000);
	assert_false(move(DOWN, 2000)); /* until the key is turned */
	rig_reset(&rig);
	rig_run(&rig, 3000);
	rig_command(&rig, CMD(CLOSE_ENTRY), false);
	rig_command(&rig, CMD(CLOSE_EXIT), false);
	rig_run(&rig, 2500);
	assert_true(move(DOWN, 2000));
}

static void test_cabinet_open(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(DOWN, 2000));
	rig_say(&rig, AT(tamper), true);
	assert_false(drives_down());
	rig_run(&rig, 300);
	assert_false(move(DOWN, 2000));
	rig_say(&rig, AT(tamper), false);
	rig_run(&rig, 100);
	assert_true(move(DOWN, 2000));
}

static void test_maintenance(void **state)
{
	(void)state;
	begin(true);
	assert_true(move(UP, 2000));
	rig_say(&rig, AT(key_maint), true);
	rig_run(&rig, 201);
	assert_false(drives_up());
	rig_run(&rig, 300);
	assert_false(move(UP, 2000));
}

static void test_silent_core(void **state)
{
	(void)state;
	begin(true);
	rig_run(&rig, 100);
	assert_true(move(UP, 2000));
	rig.core = false;
	rig_run(&rig, 452);
	assert_false(drives_up());
	rig_run(&rig, 300);
	assert_false(move(UP, 2000));
}

static void test_descriptions(void **state)
{
	(void)state;
	struct lane_hw_description d;
	enum lane_hw_line line;
	begin(true);
	assert_null(lane_hw_description_check(&rig.d, &line));
	d = rig.d;
	d.line[AT(camera_down)].present = false;
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_int_equal(line, AT(camera_down));
	d.line[AT(camera_up)].present = false; /* contacts of nothing */
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_int_equal(line, AT(camera_up));
	d.line[AT(camera_top)].present = d.line[AT(camera_bottom)].present = false;
	assert_null(lane_hw_description_check(&d, &line));
	d = rig.d;
	d.camera_travel_ms = 30001;
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_false((lane_hw_safe_outputs(&rig.d) ^ lane_hw_outputs(rig.l)) & (LANE_HW_BIT(AT(camera_up)) | LANE_HW_BIT(AT(camera_down))));
}

/* --- noise -------------------------------------------------------------------------------------------------------- */

static uint64_t noise_state;

static uint32_t draw(uint32_t below)
{
	return rig_draw(&noise_state, below);
}

/* Sees lines, outputs and what is sensed of the leaves; counts how long it is driven. Times in milliseconds. */
struct onlooker {
	uint64_t move_ms, run, way[2]; /* of the last move, of this run, of a way without one back */
	uint64_t core_ms;
	bool lost[LANE_HW_LINES], latched, was[2];
	unsigned runs;
};

static bool has_edge(const struct onlooker *o, enum lane_hw_line line)
{
	return rig.asserted[line] || o->lost[line];
}

static const char *forbidden(const struct onlooker *o, bool up)
{
	struct lane_hw_sensed s = rig_sense(&rig);
	if (s.entry_leaf != POS(LOCKED) || s.exit_leaf != POS(LOCKED))
		return "beside a leaf that is not locked";
	if (s.fire_alarm || s.emergency_stop || o->latched)
		return "in an emergency";
	if (s.in_maintenance || s.tamper)
		return "while somebody works at the lane";
	if (rig.now / MS - o->core_ms > 460)
		return "without a core";
	if (rig.d.line[up ? AT(camera_top) : AT(camera_bottom)].present && has_edge(o, up ? AT(camera_top) : AT(camera_bottom)))
		return "beyond its contact";
	if (o->run > o->move_ms || o->run > LANE_HW_CAMERA_RUN_MS)
		return "for longer than told";
	return o->way[up] > rig.d.camera_travel_ms ? "for longer than its way" : NULL;
}

static const char *watch(struct onlooker *o, uint32_t ms)
{
	bool up = drives_up(), down = drives_down();
	if (up && down)
		return "both ways at once";
	o->latched = (o->latched || rig_sense(&rig).emergency_stop || rig_sense(&rig).fire_alarm) && !rig_sense(&rig).key_reset;
	bool contacts = rig.d.line[AT(camera_top)].present;
	for (int i = 0; i < 2; i++) {
		bool on = i ? up : down;
		o->runs += on && !o->was[i];
		o->way[i] += o->was[i] ? ms : 0;
		if (o->was[i] && ms > 0)
			o->way[1 - i] = contacts || o->way[1 - i] < ms ? 0 : o->way[1 - i] - ms;
		o->was[i] = on;
		/* Who turns the key looks; what leaves its contact by itself was moved by hand. */
		if (contacts && (rig_sense(&rig).in_maintenance || rig.asserted[i ? AT(camera_top) : AT(camera_bottom)]))
			o->way[i] = 0;
	}
	o->run = up || down ? o->run + ms : 0;
	return up || down ? forbidden(o, up) : NULL;
}

static void touch(struct onlooker *o, unsigned line, bool asserted)
{
	o->lost[line] = false;
	rig_say(&rig, (enum lane_hw_line)line, asserted);
}

/* Mostly a lane at rest, or nothing would ever run. */
static void disturb(struct onlooker *o)
{
	static const enum lane_hw_line some[] = {AT(fire_alarm), AT(estop), AT(tamper), AT(key_maint), AT(key_reset), AT(camera_top),
		AT(camera_bottom), AT(entry_safety_beam), AT(exit_motor_fault), AT(entry_outer_beam)};
	unsigned line = some[draw(sizeof some / sizeof some[0])];
	switch (draw(6)) {
	case 0:
		rig_command(&rig, draw(8), draw(4) == 0);
		return;
	case 1:
		rig.core = draw(3) != 0;
		return;
	case 2:
		if (!rig.d.line[line].present)
			return;
		lane_hw_lost(rig.l, (enum lane_hw_line)line, rig.now);
		o->lost[line] = true;
		return;
	default:
		touch(o, line, draw(3) == 0);
	}
}

/* Everything stands, and is well again. */
static void settle(struct onlooker *o)
{
	move(UP, 0);
	(void)watch(o, 0);
	for (unsigned i = 0; i < AT(watchdog_kick); i++)
		if ((o->lost[i] || rig.asserted[i]) && i != AT(mains_ok) && (i < AT(entry_closed) || i > AT(entry_locked)) &&
			(i < AT(exit_closed) || i > AT(exit_locked)))
			touch(o, i, false);
	rig.core = true;
	rig_command(&rig, CMD(CLOSE_ENTRY), false);
	rig_command(&rig, CMD(CLOSE_EXIT), false);
	rig_reset(&rig);
	rig_command(&rig, CMD(CLOSE_ENTRY), false);
	rig_command(&rig, CMD(CLOSE_EXIT), false);
	rig_run(&rig, 2500);
	o->latched = false;
	o->core_ms = rig.now / MS;
}

/* The rig is left to the caller. */
static const char *one_seed(uint64_t seed, unsigned *runs)
{
	struct onlooker o = {.move_ms = 0};
	const char *bad = NULL;
	noise_state = seed;
	begin(draw(2) != 0);
	o.core_ms = rig.now / MS;
	for (int i = 0; i < 250 && bad == NULL; i++) {
		if (draw(12) == 0)
			settle(&o);
		if (draw(3) != 0) {
			uint32_t ms = draw(4) == 0 ? UINT32_MAX : draw(1500);
			if (move(draw(3), ms)) {
				o.move_ms = ms;
				o.run = 0;
			}
		} else {
			disturb(&o);
		}
		bad = watch(&o, 0);
		for (uint32_t n = draw(400); n > 0 && bad == NULL; n--) {
			rig_run(&rig, 1);
			if (rig.core && rig.now / MS % 100 == 0)
				o.core_ms = rig.now / MS;
			bad = watch(&o, 1);
		}
	}
	*runs += o.runs;
	return bad;
}

static void test_noise(void **state)
{
	(void)state;
	unsigned runs = 0;
	const char *bad = NULL;
	for (uint64_t seed = 1; seed <= 60 && bad == NULL; seed++) {
		bad = one_seed(seed, &runs);
		if (bad != NULL)
			print_error("seed %llu at %.3f s: driven %s\n", (unsigned long long)seed, (double)rig.now / 1e9 - 1000, bad);
		rig_free(&rig);
	}
	assert_null(bad);
	print_message("60 seeds: %u runs\n", runs);
	assert_true(runs > 600); /* else this says nothing */
}

int main(void)
{
	static enum lane_hw_line alarms[] = {AT(fire_alarm), AT(estop), AT(breakglass)};
#define T(f) cmocka_unit_test_teardown(f, end)
#define D(f, s) {#f, f, NULL, end, s}
	const struct CMUnitTest tests[] = {
		T(test_none), T(test_runs_as_long_as_told), T(test_no_move_is_long), T(test_a_move_while_it_moves_stops_it),
		T(test_stops_at_its_contact), T(test_lost_contact), T(test_contacts_contradict), T(test_never_arrives),
		T(test_without_contacts_its_time_is_the_end), T(test_stands_while_a_leaf_moves), T(test_stands_when_a_leaf_is_forced),
		D(test_alarm_stops_it, &alarms[0]), D(test_alarm_stops_it, &alarms[1]), D(test_alarm_stops_it, &alarms[2]),
		T(test_cabinet_open), T(test_maintenance), T(test_silent_core), T(test_descriptions), cmocka_unit_test(test_noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
