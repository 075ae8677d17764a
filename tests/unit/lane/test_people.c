/* SPDX-License-Identifier: Apache-2.0
 * Counting by the order of beams, the overhead sensor, and the two together. What the beams cannot tell must be "not known",
 * never a number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "rig.h"

static struct rig rig;

static int end(void **state)
{
	(void)state;
	rig_free(&rig);
	return 0;
}

static void entry_open(void)
{
	rig_command(&rig, CMD(RELEASE_ENTRY), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(OPEN));
}

static void exit_open(void)
{
	rig_command(&rig, CMD(RELEASE_EXIT), false);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).exit_leaf, POS(OPEN));
}

static void entry_shut(void)
{
	rig_command(&rig, CMD(CLOSE_ENTRY), true);
	rig_run(&rig, 1500);
	assert_int_equal(rig_sense(&rig).entry_leaf, POS(LOCKED));
}

static void inside(int persons)
{
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_true(s.occupants_known);
	assert_int_equal(s.occupants, persons);
}

static void not_known(void)
{
	struct lane_hw_sensed s = rig_sense(&rig);
	assert_false(s.occupants_known);
	assert_int_equal(s.occupants, 0);
	assert_true(rig_trouble(&rig, "lane.count_lost"));
}

/* One letter a beam of the entry: o outer, p plane, i inner; large: broken, small: clear. 60 ms each. */
static void beams(const char *steps)
{
	for (; *steps != '\0'; steps++) {
		enum lane_hw_line line = *steps == 'o' || *steps == 'O'	? AT(entry_outer_beam)
					 : *steps == 'p' || *steps == 'P' ? AT(entry_safety_beam)
									  : AT(entry_inner_beam);
		rig_say(&rig, line, *steps < 'a');
		rig_run(&rig, 60);
	}
}

static void test_in_and_out(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	inside(0);
	rig_pass(&rig, false, false);
	inside(1);
	entry_shut();
	exit_open();
	rig_pass(&rig, true, true);
	inside(0);
	assert_false(rig_trouble(&rig, "lane.count_lost"));
}

static void test_one_after_another(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OPIopiOPIopiOPIopi");
	inside(2); /* or more */
	rig_pass(&rig, false, true);
	inside(2);
	rig_pass(&rig, false, true);
	inside(1);
	rig_pass(&rig, false, true);
	inside(0);
}

static void test_turns_back_at_the_first_beam(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OoOPpoOo");
	inside(0);
}

/* Each of these may be one person who hesitates or two who follow each other. */
static void test_cannot_be_told(void **state)
{
	static const char *const steps[] = {
		"OPIoOpPopi",   /* outer again while the first stands at the inner beam */
		"OPIipo",       /* to the inner beam and back, or in and another one back */
		"OPIiIopi",     /* inner, clear, inner */
		"OIoi",         /* nobody passed the plane */
	};
	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (i > 0)
			rig_free(&rig);
		rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
		entry_open();
		beams(steps[i]);
		not_known();
		/* it stays so, whoever passes now */
		rig_pass(&rig, false, false);
		not_known();
	}
	entry_shut();
	rig_reset(&rig);
	inside(0); /* the officer has looked */
}

static void test_both_beams_at_once(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	rig_say(&rig, AT(entry_inner_beam), true);
	rig_say(&rig, AT(entry_outer_beam), true);
	rig_say(&rig, AT(entry_safety_beam), true);
	rig_run(&rig, 100);
	beams("opi");
	not_known();
}

static void test_too_slow_for_one(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OPI");
	rig_run(&rig, 4100);
	beams("opi");
	not_known();
}

static void test_out_of_an_empty_chamber(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	rig_pass(&rig, false, true);
	not_known();
}

static void test_wrong_way(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	exit_open();
	rig_pass(&rig, true, false);
	inside(1);
	assert_true(rig_trouble(&rig, "lane.wrong_way"));
	assert_true(rig_drives(&rig, AT(alarm)));
	rig_pass(&rig, true, true);
	inside(0);
	assert_false(rig_trouble(&rig, "lane.wrong_way"));
}

/* A leaf that is shut lets nobody through: one on each side is not a passage. */
static void test_shut_leaf(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	beams("OIoi");
	inside(0);
	/* who waits before it when it opens and then walks in is one person */
	beams("O");
	entry_open();
	beams("PIopi");
	inside(1);
}

/* The leaf closes behind somebody who still stands in the inner beam. */
static void test_leaf_closes_behind(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OPIop");
	inside(0);
	entry_shut();
	inside(1);
	beams("i");
	inside(1);
}

/* It closes while both beams are broken: somebody is on each side, or one in neither. */
static void test_leaf_closes_between(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OPIp");
	entry_shut();
	not_known();
}

static void test_lost_lines(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	lane_hw_lost(rig.l, AT(exit_inner_beam), rig.now);
	not_known();
	rig_say(&rig, AT(exit_inner_beam), false);
	rig_run(&rig, 100);
	not_known();
	rig_reset(&rig);
	inside(0);
	lane_hw_missed(rig.l, rig.now);
	not_known();
}

static void test_key_does_not_empty_a_chamber(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	rig_pass(&rig, false, false);
	entry_shut();
	rig_reset(&rig);
	inside(1);
}

/* One that says nothing any more must not hide somebody who comes in. */
static void test_blind_beam(void **state)
{
	static const char *const passages[] = {"OPop", "PIpi", "POpo"};
	(void)state;
	for (unsigned i = 0; i < sizeof passages / sizeof passages[0]; i++) {
		rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
		entry_open();
		inside(0);
		beams(passages[i]);
		not_known();
		rig_free(&rig);
	}
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	beams("OPpo"); /* turns back in the plane */
	inside(0);
}

/* The contact that says that the leaf is shut may be the one that is broken. */
static void test_passes_a_shut_leaf(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	beams("OoPp"); /* near it, and a hand before the safety beam */
	inside(0);
	beams("OPIopi");
	not_known();
}

static void lost(void)
{
	lane_hw_lost(rig.l, AT(exit_outer_beam), rig.now);
	rig_run(&rig, 100);
	rig_say(&rig, AT(exit_outer_beam), false);
	rig_run(&rig, 100);
	not_known();
}

/* A lane that does not know who is inside stands open: whoever looks holds the key. */
static void test_key_held(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	entry_open();
	lost();
	rig_reset(&rig); /* too short */
	not_known();
	rig_say(&rig, AT(key_reset), true);
	rig_run(&rig, 3500);
	not_known();
	rig_say(&rig, AT(key_reset), false);
	rig_run(&rig, 300);
	inside(0);
	lost();
	rig_say(&rig, AT(key_reset), true);
	rig_run(&rig, 20000);
	rig_say(&rig, AT(key_reset), false); /* nobody's hand */
	rig_run(&rig, 300);
	not_known();
}

static void test_key_held_after_an_alarm(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	lost();
	rig_say(&rig, AT(fire_alarm), true);
	rig_run(&rig, 3000);
	rig_say(&rig, AT(key_reset), true);
	rig_run(&rig, 4000);
	not_known(); /* it still burns */
	rig_say(&rig, AT(fire_alarm), false);
	rig_run(&rig, 2000);
	not_known();
	rig_run(&rig, 3000);
	rig_say(&rig, AT(key_reset), false);
	rig_run(&rig, 300);
	inside(0);
}

static void test_key_held_in_vain(void **state)
{
	static const enum lane_hw_line near[] = {AT(entry_outer_beam), AT(entry_safety_beam), AT(entry_inner_beam), AT(exit_inner_beam),
		AT(low_beam), AT(high_beam)};
	(void)state;
	for (unsigned i = 0; i <= sizeof near / sizeof near[0]; i++) {
		rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
		entry_open();
		lost();
		rig_say(&rig, AT(key_reset), true);
		rig_run(&rig, 300);
		if (i < sizeof near / sizeof near[0]) { /* somebody came after they looked */
			rig_say(&rig, near[i], true);
			rig_run(&rig, 100);
			rig_say(&rig, near[i], false);
		} else { /* or they let go of it */
			rig_say(&rig, AT(key_reset), false);
		}
		rig_run(&rig, 6000);
		rig_say(&rig, AT(key_reset), false);
		rig_run(&rig, 300);
		not_known();
		rig_free(&rig);
	}
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
}

static void test_intrusion(void **state)
{
	enum lane_hw_line line = *(enum lane_hw_line *)*state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	rig_say(&rig, line, true);
	rig_run(&rig, 100);
	not_known();
	assert_true(rig_trouble(&rig, "lane.intrusion"));
	rig_say(&rig, line, false);
	rig_run(&rig, 300);
	not_known();
	rig_reset(&rig);
	inside(0);
	assert_false(rig_trouble(&rig, "lane.intrusion"));
}

static void overhead(bool one, bool two)
{
	rig_say(&rig, AT(occupied), one);
	rig_say(&rig, AT(second_person), two);
	rig_run(&rig, 60);
}

static void test_overhead(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_OVERHEAD, LANE_HW_PULSE);
	inside(0);
	overhead(true, false);
	inside(1);
	overhead(true, true);
	inside(2);
	overhead(false, true);
	assert_false(rig_sense(&rig).occupants_known);
	overhead(false, false);
	inside(0);
	lane_hw_lost(rig.l, AT(occupied), rig.now);
	assert_false(rig_sense(&rig).occupants_known);
}

static void test_both_agree(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BOTH, LANE_HW_PULSE);
	inside(0);
	entry_open();
	beams("OPI");
	overhead(true, false);
	beams("opi");
	inside(1);
	rig_run(&rig, 2000);
	inside(1);
	/* the sensor alone sees a second one: said at once, and then not believed as a number */
	overhead(true, true);
	inside(2);
	rig_run(&rig, 1000);
	not_known();
	overhead(true, false);
	inside(1);
}

static void test_both_differ(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BOTH, LANE_HW_PULSE);
	entry_open();
	rig_pass(&rig, false, false); /* and the sensor sees nobody */
	rig_run(&rig, 1000);
	not_known();
}

/* What the beams lost the sensor restores. */
static void test_both_recover(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BOTH, LANE_HW_PULSE);
	entry_open();
	overhead(true, false);
	beams("OPIiIopi");
	not_known();
	rig_run(&rig, 1000);
	inside(1);
}

static void test_object(void **state)
{
	(void)state;
	rig_init(&rig, LANE_HW_BEAMS, LANE_HW_PULSE);
	rig_say(&rig, AT(object), true);
	rig_run(&rig, 300);
	assert_true(rig_sense(&rig).object_left);
	entry_open();
	rig_pass(&rig, false, false);
	assert_false(rig_sense(&rig).object_left); /* a person is not an object */
}

int main(void)
{
	static enum lane_hw_line climbers[] = {AT(low_beam), AT(high_beam)};
#define T(f) cmocka_unit_test_teardown(f, end)
#define D(f, s) {#f, f, NULL, end, s}
	const struct CMUnitTest tests[] = {
		T(test_in_and_out), T(test_one_after_another), T(test_turns_back_at_the_first_beam), T(test_cannot_be_told),
		T(test_both_beams_at_once), T(test_too_slow_for_one), T(test_out_of_an_empty_chamber), T(test_wrong_way),
		T(test_blind_beam), T(test_passes_a_shut_leaf), T(test_key_held), T(test_key_held_after_an_alarm), T(test_key_held_in_vain),
		T(test_shut_leaf), T(test_leaf_closes_behind), T(test_leaf_closes_between), T(test_lost_lines), T(test_key_does_not_empty_a_chamber),
		D(test_intrusion, &climbers[0]), D(test_intrusion, &climbers[1]), T(test_overhead), T(test_both_agree),
		T(test_both_differ), T(test_both_recover), T(test_object),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
