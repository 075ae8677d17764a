/* SPDX-License-Identifier: Apache-2.0
 * Leaves, locks, alarms, the interlock and life without a core: each fault that a lane's hardware can sense, brought about by
 * its lines alone, and what must follow.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <string.h>

#include "rig.h"

static struct rig rig;

static void begin(enum lane_hw_drive drive)
{
	rig_init(&rig, LANE_HW_BEAMS, drive);
}

static int end(void **state)
{
	(void)state;
	bool both = rig.both, crushed = rig.closed_on_somebody;
	rig_free(&rig);
	assert_false(crushed);
	return both ? -1 : 0;
}

static void open_entry(void)
{
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
}

static void test_at_rest(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_int_equal(s.entry_leaf, POS(LOCKED));
	assert_int_equal(s.exit_leaf, POS(LOCKED));
	assert_true(s.occupants_known && s.occupants == 0 && s.mains_ok && s.self_test_ok);
	assert_false(s.fire_alarm || s.emergency_stop || s.ups_low || s.tamper || s.key_reset || s.in_maintenance || s.object_left);
	assert_false(rig_drives(&rig, AT(entry_unlock)) || rig_drives(&rig, AT(exit_unlock)));
	assert_false(rig_trouble(&rig, "lane.line_lost"));
}

/* Each line with its wire cut, by the note in lines.def: an open circuit. */
static void test_cut_wires_are_careful(void **state)
{
	(void)state;
	struct lane_hw_description d;
	lane_hw_description_default(&d);
	static const struct {
		enum lane_hw_line line;
		bool says;
	} cut[] = {{AT(fire_alarm), true}, {AT(estop), true}, {AT(breakglass), true}, {AT(mains_ok), false}, {AT(ups_low), true},
		{AT(tamper), true}, {AT(key_reset), false}, {AT(key_maint), false}, {AT(entry_closed), false},
		{AT(entry_locked), false}, {AT(entry_safety_beam), true}, {AT(exit_safety_beam), true}, {AT(occupied), true},
		{AT(second_person), true}, {AT(entry_outer_beam), true}, {AT(exit_motor_fault), true}};
	for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++) {
		d.line[cut[i].line].closed_level = true;
		assert_int_equal(lane_hw_meaning(&d, cut[i].line, false), cut[i].says);
		d.line[cut[i].line].closed_level = false;
		assert_int_equal(lane_hw_meaning(&d, cut[i].line, true), cut[i].says);
	}
	begin(LANE_HW_PULSE);
}

static void test_there_and_back(void **state)
{
	begin(*(enum lane_hw_drive *)*state);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED)); /* commanded is not sensed */
	rig_run(&rig, 300);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(MOVING));
	rig_run(&rig, 1200);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
	assert_false(rig_drives(&rig, AT(entry_open_drive)));
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	assert_true(rig_drives(&rig, AT(entry_close_drive)));
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	assert_false(rig_drives(&rig, AT(entry_close_drive)) || rig_drives(&rig, AT(entry_unlock)));
	assert_int_equal(rig_sense(&rig).last_command_id, 2);
}

static void test_pulse_length(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 199);
	assert_true(rig_drives(&rig, AT(entry_open_drive)));
	rig_run(&rig, 2);
	assert_false(rig_drives(&rig, AT(entry_open_drive)));
}

static void test_reopens_on_a_broken_beam(void **state)
{
	begin(*(enum lane_hw_drive *)*state);
	open_entry();
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 300);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(MOVING));
	rig_say(&rig, AT(entry_safety_beam), true);
	assert_false(rig_drives(&rig, AT(entry_close_drive)));
	assert_true(rig_drives(&rig, AT(entry_open_drive)));
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	rig_run(&rig, 1500);
	assert_int_equal(rig.leaf[0].opening, 1000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	assert_true(rig_trouble(&rig, "lane.leaf_obstructed"));
	/* with somebody there it is not even tried */
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig.leaf[0].opening, 1000);
	rig_say(&rig, AT(entry_safety_beam), false);
	rig_run(&rig, 100);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	assert_false(rig_trouble(&rig, "lane.leaf_obstructed"));
}

static void test_lost_beam_is_broken(void **state)
{
	(void)state;
	begin(LANE_HW_HOLD);
	open_entry();
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 200);
	lane_hw_lost(rig.l, AT(entry_safety_beam), rig.now);
	assert_false(rig_drives(&rig, AT(entry_close_drive)));
	assert_true(rig_drives(&rig, AT(entry_open_drive)));
	assert_false(rig_sense(&rig).self_test_ok);
}

static void test_jammed(void **state)
{
	begin(*(enum lane_hw_drive *)*state);
	rig.leaf[0].jammed = true;
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 2900);
	assert_int_not_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	rig_run(&rig, 200);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	assert_false(rig_drives(&rig, AT(entry_open_drive)));
	rig.leaf[0].jammed = false;
	open_entry();
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 300);
	rig.leaf[0].jammed = true; /* closing meets something that no beam sees */
	rig_run(&rig, 2800);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	assert_false(rig_drives(&rig, AT(entry_close_drive)));
}

static void test_lock_not_confirmed(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	open_entry();
	rig.leaf[0].bolt_stuck = true;
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1200);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(CLOSED)); /* not proceeded on */
	rig_run(&rig, 2000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(FAULT));
	assert_true(rig_trouble(&rig, "lane.lock_unconfirmed"));
	rig.leaf[0].bolt_stuck = false;
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	/* and the other way round */
	rig.leaf[0].bolt_stuck = true;
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 2500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED)); /* so the other leaf may open */
	assert_false(rig_sense(&rig).self_test_ok);
	assert_true(rig_trouble(&rig, "lane.lock_unconfirmed"));
	assert_int_equal(rig.releases[0], 1 + 3); /* the lock was tried twice more */
	assert_false(rig_drives(&rig, AT(entry_unlock)));
}

/* A door controller that has just been told to open must be told to close, though the leaf has not yet stirred. */
static void test_close_at_once(void **state)
{
	(void)state;
	for (uint32_t after_ms = 10; after_ms < 260; after_ms += 10) {
		begin(LANE_HW_PULSE);
		rig_command(&rig, CMD(RELEASE_ENTRY), true);
		rig_run(&rig, after_ms);
		rig_command(&rig, CMD(CLOSE_ENTRY), true);
		assert_true(rig_drives(&rig, AT(entry_close_drive)));
		rig_run(&rig, 3000);
		assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
		assert_int_equal(rig.leaf[0].opening, 0);
		rig_free(&rig);
	}
	begin(LANE_HW_PULSE);
}

/* Half open when the stop is pressed, held there for long, then the key: it may be closed. */
static void test_stopped_half_way(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 400);
	rig.leaf[0].jammed = true;
	rig_say(&rig, AT(estop), true);
	rig_run(&rig, 5000);
	rig_say(&rig, AT(estop), false);
	rig_run(&rig, 2000);
	rig.leaf[0].jammed = false;
	rig_reset(&rig);
	rig_run(&rig, 100);
	assert_int_not_equal(rig_sense(&rig).entry_leaf, POS(OBSTRUCTED));
	rig.both = false; /* an emergency releases both */
}

static void test_contradiction(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig.hold_contacts = true;
	rig_say(&rig, AT(exit_open), true);
	rig_run(&rig, 100);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(MOVING)); /* might be passing */
	rig_run(&rig, 200);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(FAULT));
	assert_true(rig_trouble(&rig, "lane.contacts_contradict"));
	rig_say(&rig, AT(exit_open), false);
	rig_run(&rig, 200);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(LOCKED));
}

static void test_forced(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig.hold_contacts = true;
	rig_say(&rig, AT(exit_closed), false);
	rig_run(&rig, 300);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(FORCED)); /* the lock says locked, the leaf is not there */
	rig_say(&rig, AT(exit_locked), false);
	rig_run(&rig, 300);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(FORCED));
	assert_true(rig_trouble(&rig, "lane.leaf_forced"));
	assert_true(rig_drives(&rig, AT(alarm)));
	/* the other leaf stays locked */
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 1000);
	assert_false(rig_drives(&rig, AT(entry_unlock)));
	assert_true(rig_trouble(&rig, "lane.interlock"));
}

static void test_motor_fault(void **state)
{
	(void)state;
	begin(LANE_HW_HOLD);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 200);
	rig_say(&rig, AT(entry_motor_fault), true);
	rig_run(&rig, 100);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(FAULT));
	assert_false(rig_drives(&rig, AT(entry_open_drive)));
	assert_true(rig_trouble(&rig, "lane.motor_fault"));
}

static void test_stuck(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig.d.stuck_ms = 60000;
	lane_hw_init(rig.l, &rig.d, rig.now);
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (!lane_hw_line_info((enum lane_hw_line)i)->output)
			rig_say(&rig, (enum lane_hw_line)i, rig.asserted[i]);
	rig_say(&rig, AT(entry_outer_beam), true);
	rig_run(&rig, 59000);
	assert_true(rig_sense(&rig).self_test_ok);
	rig_run(&rig, 2000);
	assert_false(rig_sense(&rig).self_test_ok);
	assert_true(rig_trouble(&rig, "lane.line_stuck"));
}

static void test_interlock(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	open_entry();
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1000);
	assert_int_equal(rig.releases[1], 0);
	assert_true(rig_trouble(&rig, "lane.interlock"));
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN));
	assert_false(rig_trouble(&rig, "lane.interlock"));
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 1000);
	assert_int_equal(rig.releases[0], 1);
}

/* The entry is told to open and at once to close: its contacts still say locked, and the exit must wait for more than that. */
static void test_interlock_waits_for_rest(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 5);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(CLOSED)); /* what is said to be locked must be enough for the exit */
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	assert_false(rig_drives(&rig, AT(exit_unlock)));
	rig_run(&rig, 3000);
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN));
}

static void test_assist(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_command(&rig, CMD(RELEASE_EXIT), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN));
	assert_true(rig.both);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_command(&rig, CMD(CLOSE_EXIT), true);
	rig_run(&rig, 2000);
	rig.both = false; /* from here on it may not be again */
	open_entry();
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 500);
}

/* From an open exit the two halves of an assist come in the order entry, exit. */
static void test_assist_from_open_exit(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1500);
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	assert_false(rig_drives(&rig, AT(entry_unlock)));
	rig_command(&rig, CMD(RELEASE_EXIT), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
	assert_false(rig_trouble(&rig, "lane.interlock"));
	rig.both = false;
}

static void test_alarm(void **state)
{
	enum lane_hw_line line = *(enum lane_hw_line *)*state;
	begin(LANE_HW_HOLD);
	open_entry();
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 200);
	/* a millisecond is enough, and both edges may be read before anybody looks */
	rig_say(&rig, line, true);
	rig.now += MS;
	rig_say(&rig, line, false);
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_int_equal(s.fire_alarm, line == AT(fire_alarm));
	assert_int_equal(s.emergency_stop, line != AT(fire_alarm));
	assert_false(rig_drives(&rig, AT(entry_close_drive)));
	assert_true(rig_drives(&rig, AT(entry_unlock)) && rig_drives(&rig, AT(exit_unlock)) && rig_drives(&rig, AT(alarm)));
	assert_int_equal(rig_drives(&rig, AT(exit_open_drive)), line == AT(fire_alarm));
	rig_run(&rig, 500);
	s = rig_sense(&rig);
	assert_true(s.fire_alarm || s.emergency_stop); /* for a second at least */
	rig_run(&rig, 1000);
	s = rig_sense(&rig);
	assert_false(s.fire_alarm || s.emergency_stop);
	assert_true(rig_drives(&rig, AT(exit_unlock))); /* latched until the key */
	rig_command(&rig, CMD(CLOSE_EXIT), true);
	rig_run(&rig, 500);
	assert_true(rig_drives(&rig, AT(exit_unlock)));
	assert_false(rig_drives(&rig, AT(exit_close_drive)));
	rig_say(&rig, AT(key_reset), true);
	rig_run(&rig, 300);
	rig_command(&rig, CMD(CLOSE_EXIT), true);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 2000);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(LOCKED));
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	rig.both = false;
	open_entry();
}

/* Shut, a leaf would lock over whoever is still there. */
static void test_alarm_over_somebody(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	open_entry();
	rig_pass(&rig, false, false);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 2000);
	rig_say(&rig, AT(estop), true);
	rig_run(&rig, 300);
	rig_say(&rig, AT(estop), false);
	rig_run(&rig, 2000);
	rig_reset(&rig);
	assert_int_equal(rig_sense(&rig).occupants, 1);
	assert_true(rig_drives(&rig, AT(entry_unlock)) && rig_drives(&rig, AT(exit_unlock)));
	rig_pass(&rig, true, true);
	rig_reset(&rig);
	assert_int_equal(rig_sense(&rig).occupants, 0);
	assert_false(rig_drives(&rig, AT(exit_unlock)));
	rig.both = false;
}

static void test_chip_lost(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	lane_hw_lost(rig.l, LANE_HW_LINES, rig.now);
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_int_equal(s.entry_leaf, POS(UNSPECIFIED));
	assert_int_equal(s.exit_leaf, POS(UNSPECIFIED));
	assert_true(s.fire_alarm && s.emergency_stop && s.tamper && s.ups_low);
	assert_false(s.mains_ok || s.self_test_ok || s.occupants_known || s.key_reset || s.in_maintenance);
	assert_true(rig_trouble(&rig, "lane.line_lost"));
	bool level = rig_drives(&rig, AT(watchdog_kick));
	rig.hold_contacts = true;
	for (int i = 0; i < 20; i++) {
		rig_run(&rig, 20);
		assert_false(level && i > 0);
		level = rig_drives(&rig, AT(watchdog_kick)); /* stands still although the core speaks */
	}
	rig.both = false;
}

/* The longest time between two edges of the kick, from after_ms on. */
static unsigned kick_edges(uint32_t ms)
{
	unsigned edges = 0;
	bool was = rig_drives(&rig, AT(watchdog_kick));
	for (uint32_t i = 0; i < ms; i++) {
		rig_run(&rig, 1);
		bool is = rig_drives(&rig, AT(watchdog_kick));
		edges += is != was;
		was = is;
	}
	return edges;
}

static void test_kick(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	unsigned edges = kick_edges(1000);
	assert_in_range(edges, 19, 21);
	rig.core = false;
	kick_edges(499);
	assert_int_equal(kick_edges(2000), 0);
	assert_true(rig_trouble(&rig, "lane.no_core"));
	rig.core = true;
	assert_true(kick_edges(500) > 5);
}

static void test_without_core_nobody_enters(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	lane_hw_guidance(rig.l, SHOW(WALK_IN), rig.now);
	open_entry();
	assert_true(rig_drives(&rig, AT(entry_green)));
	rig.core = false;
	rig_run(&rig, 4000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	assert_false(rig_drives(&rig, AT(entry_green)));
	assert_true(rig_drives(&rig, AT(entry_red)) && rig_drives(&rig, AT(out_of_service)));
	rig_run(&rig, 30000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED)); /* nobody is inside */
}

static void test_return_path(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	open_entry();
	rig_pass(&rig, false, false);
	assert_int_equal(rig_sense(&rig).occupants, 1);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	rig.core = false;
	rig_run(&rig, 1000);
	assert_int_equal(kick_edges(8500), 0);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	rig_run(&rig, 4000);
	assert_true(kick_edges(1000) > 5); /* else the relay would keep the entry locked */
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
	assert_true(rig_trouble(&rig, "lane.return_path_without_core"));
	rig_pass(&rig, false, true);
	rig_run(&rig, 5000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
	assert_int_equal(rig_sense(&rig).occupants, 0);
}

/* The exit stands open when the core dies: it is shut before the way back opens. */
static void test_return_path_past_open_exit(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	open_entry();
	rig_pass(&rig, false, false);
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1500);
	rig.core = false;
	rig_run(&rig, 9000);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN)); /* who has been let out may still go */
	rig_run(&rig, 8000);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(LOCKED));
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
}

/* Nothing moves after a start before a core has asked for it. */
static void test_start_moves_nothing(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	rig.core = false;
	rig.leaf[0] = (struct rig_leaf){.opening = 1000};
	rig.asserted[AT(entry_closed)] = rig.asserted[AT(entry_locked)] = false;
	rig.asserted[AT(entry_open)] = true;
	lane_hw_init(rig.l, &rig.d, rig.now);
	assert_int_equal(lane_hw_outputs(rig.l), lane_hw_safe_outputs(&rig.d));
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		if (!lane_hw_line_info((enum lane_hw_line)i)->output)
			rig_say(&rig, (enum lane_hw_line)i, rig.asserted[i]);
	assert_false(rig_drives(&rig, AT(alarm)));
	rig_run(&rig, 30000);
	assert_int_equal(rig.leaf[0].opening, 1000);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN)); /* found so, not forced */
	rig.core = true;
	rig_run(&rig, 1000);
	rig_command(&rig, CMD(ALL_SAFE), true);
	rig_run(&rig, 2000);
	assert_int_equal(rig.leaf[0].opening, 1000);
}

static void test_keys_and_power(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	static const enum lane_hw_line lines[] = {AT(ups_low), AT(tamper), AT(key_reset), AT(key_maint), AT(officer_button)};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		rig_say(&rig, lines[i], true);
	rig_say(&rig, AT(mains_ok), false);
	rig_run(&rig, 30);
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_true(s.tamper && s.mains_ok); /* tamper at once, the others debounced */
	assert_false(s.ups_low || s.key_reset || s.in_maintenance);
	rig_run(&rig, 180);
	s = rig_sense(&rig);
	assert_true(s.ups_low && s.key_reset && s.in_maintenance && !s.mains_ok);
	assert_true(rig_trouble(&rig, "lane.officer_called"));
}

static void test_debounce(void **state)
{
	(void)state;
	begin(LANE_HW_PULSE);
	for (int i = 0; i < 50; i++) {
		rig_say(&rig, AT(key_maint), i % 2 == 0);
		rig_run(&rig, 30);
		assert_false(rig_sense(&rig).in_maintenance);
	}
	rig_say(&rig, AT(key_maint), true);
	rig_run(&rig, 199);
	assert_false(rig_sense(&rig).in_maintenance);
	rig_run(&rig, 2);
	assert_true(rig_sense(&rig).in_maintenance);
}

static void test_descriptions(void **state)
{
	(void)state;
	struct lane_hw_description d;
	enum lane_hw_line line;
	begin(LANE_HW_PULSE);
	assert_null(lane_hw_description_check(&rig.d, &line));
	d = rig.d;
	d.line[AT(exit_locked)].present = false;
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_int_equal(line, AT(exit_locked));
	d = rig.d;
	d.line[AT(fire_alarm)].debounce_ms = 50;
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_int_equal(line, AT(fire_alarm));
	d = rig.d;
	d.kick_after_ms = 600;
	assert_non_null(lane_hw_description_check(&d, &line));
	assert_int_equal(line, LANE_HW_LINES);
	assert_int_equal(lane_hw_line_find("entry_open_drive"), AT(entry_open_drive));
	assert_int_equal(lane_hw_line_find("entry"), LANE_HW_LINES);
}

int main(void)
{
	static enum lane_hw_drive drives[] = {LANE_HW_PULSE, LANE_HW_HOLD};
	static enum lane_hw_line alarms[] = {AT(fire_alarm), AT(estop), AT(breakglass)};
#define T(f) cmocka_unit_test_teardown(f, end)
#define D(f, s) {#f, f, NULL, end, s}
	const struct CMUnitTest tests[] = {
		T(test_at_rest), T(test_cut_wires_are_careful), D(test_there_and_back, &drives[0]), D(test_there_and_back, &drives[1]),
		T(test_pulse_length), D(test_reopens_on_a_broken_beam, &drives[0]), D(test_reopens_on_a_broken_beam, &drives[1]),
		T(test_lost_beam_is_broken), D(test_jammed, &drives[0]), D(test_jammed, &drives[1]), T(test_lock_not_confirmed), T(test_close_at_once), T(test_stopped_half_way),
		T(test_contradiction), T(test_forced), T(test_motor_fault), T(test_stuck), T(test_interlock), T(test_interlock_waits_for_rest), T(test_assist),
		T(test_assist_from_open_exit), D(test_alarm, &alarms[0]), D(test_alarm, &alarms[1]), D(test_alarm, &alarms[2]),
		T(test_alarm_over_somebody), T(test_chip_lost), T(test_kick), T(test_without_core_nobody_enters), T(test_return_path),
		T(test_return_path_past_open_exit), T(test_start_moves_nothing), T(test_keys_and_power), T(test_debounce),
		T(test_descriptions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
