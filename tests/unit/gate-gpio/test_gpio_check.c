/* SPDX-License-Identifier: Apache-2.0
 * `postern gpio check` before a lane that answers: what its report says of lines that were seen and not, of leaves that follow and
 * one that does not, of a kick relay that drops and one that does not; and that it drives nothing without the key. Must never wait
 * for a person.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../tools/postern/commands.h"
#include "../../../tools/postern/gpio.h"
#include "fake_chip.h"

#define AT(name) LANE_HW_##name

static struct {
	pthread_mutex_t lock;
	bool unlock[2], relay_works, jammed, ending, lifted;
	uint64_t kicked_ns;
	unsigned drives;
} world = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void say(enum lane_hw_line line, bool asserted)
{
	fake_chip_say(line, asserted, gpio_now_ns());
}

/* A leaf that is where it is told to be at once. */
static void on_drive(enum lane_hw_line line, bool asserted)
{
	static const enum lane_hw_line contacts[2][3] = {{AT(entry_closed), AT(entry_open), AT(entry_locked)},
		{AT(exit_closed), AT(exit_open), AT(exit_locked)}};
	pthread_mutex_lock(&world.lock);
	world.drives++;
	if (line == AT(camera_up) || line == AT(camera_down)) {
		world.lifted |= asserted && line == AT(camera_up);
		say(AT(camera_top), world.lifted && line == AT(camera_up)); /* it is always just below it */
	}
	if (line == AT(watchdog_kick))
		world.kicked_ns = gpio_now_ns();
	for (unsigned i = 0; i < 2; i++) {
		const enum lane_hw_line *n = contacts[i];
		if (line == (i == 0 ? AT(entry_unlock) : AT(exit_unlock))) {
			world.unlock[i] = asserted;
			say(n[2], !asserted);
		} else if (asserted && line == (i == 0 ? AT(entry_open_drive) : AT(exit_open_drive)) && !(i == 1 && world.jammed)) {
			say(n[0], false);
			say(n[1], true);
		} else if (asserted && line == (i == 0 ? AT(entry_close_drive) : AT(exit_close_drive)) && !(i == 1 && world.jammed)) {
			say(n[1], false);
			say(n[0], true);
		}
	}
	pthread_mutex_unlock(&world.lock);
}

/* The relay: 200 ms after the last edge of the kick the releases are cut. */
static void *relay(void *unused)
{
	(void)unused;
	for (bool cut = false;; usleep(5000)) {
		pthread_mutex_lock(&world.lock);
		bool ending = world.ending, still = gpio_now_ns() - world.kicked_ns > 200000000;
		if (still && !cut && world.relay_works && world.unlock[0] && world.kicked_ns != 0)
			say(AT(entry_locked), true);
		cut = still;
		pthread_mutex_unlock(&world.lock);
		if (ending)
			return NULL;
	}
}

static void path_of(char out[512], const char *name)
{
	snprintf(out, 512, "%s/%s", getenv("WIRING"), name);
}

/* The shipped lane with one lamp only and short times, since a person sees none of it. */
static void make_lane(char path[512])
{
	char from[512], line[256];
	path_of(from, "two-step.yaml");
	path_of(path, "check-lane.yaml");
	FILE *in = fopen(from, "r"), *lane = fopen(path, "w");
	assert_true(in != NULL && lane != NULL);
	while (fgets(line, sizeof line, in) != NULL) {
		bool lamp = strstr(line, "_red") != NULL || strstr(line, "_amber") != NULL || strstr(line, "_green") != NULL ||
			    strstr(line, "_arrow") != NULL || strstr(line, "_cross") != NULL || strstr(line, "buzzer") != NULL ||
			    strstr(line, "voice") != NULL || strstr(line, "alarm}") != NULL;
		if (strncmp(line, "times:", 6) == 0)
			fputs("times: {open_ms: 300, close_ms: 300, lock_ms: 100}\n", lane);
		else if (!lamp || strstr(line, "entry_red") != NULL || strstr(line, "fire_alarm") != NULL)
			fputs(line, lane);
	}
	fclose(in);
	fclose(lane);
}

/* Runs the command; what it printed is in out. */
static int check(bool exercise, bool json, const char *seconds, char *out, size_t size, char *err, size_t err_size)
{
	static char lane[512], board[512];
	const struct cli_command *command = &gpio_commands[0];
	struct cli cli = {.command = command, .json = json, .out = fmemopen(out, size, "w"), .err = fmemopen(err, err_size, "w")};
	make_lane(lane);
	path_of(board, "gpio-sim.yaml");
	for (size_t i = 0; command->options[i].name != NULL; i++) {
		const char *name = command->options[i].name;
		if (strcmp(name, "chip") == 0) {
			cli.repeated[0].option = i;
			cli.repeated[0].value = "chip0=/dev/null";
			cli.repeated_count = 1;
		}
		cli.values[i] = strcmp(name, "lane") == 0	   ? lane
				: strcmp(name, "board") == 0	   ? board
				: strcmp(name, "chip") == 0	   ? "chip0=/dev/null"
				: strcmp(name, "seconds") == 0	   ? seconds
				: strcmp(name, "exercise") == 0 && exercise ? ""
								   : NULL;
	}
	int rc = command->run(&cli);
	fclose(cli.out);
	fclose(cli.err);
	return rc;
}

static char out[65536], err[4096];

static void begin(void)
{
	fake_chip_reset("postern-bench");
	fake_chip()->on_drive = on_drive;
	world.unlock[0] = world.unlock[1] = world.jammed = world.ending = world.lifted = false;
	world.relay_works = true;
	world.kicked_ns = 0;
	world.drives = 0;
	memset(out, 0, sizeof out);
	memset(err, 0, sizeof err);
}

static const char *line_of(const char *name)
{
	static char found[300];
	char start[64];
	snprintf(start, sizeof start, "\n%-18s ", name);
	const char *at = strstr(out, start);
	for (const char *next = at; next != NULL; next = strstr(next + 1, start))
		at = next; /* the report comes last */
	if (at == NULL)
		return "";
	snprintf(found, sizeof found, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	return found;
}

static void test_look_only(void **state)
{
	(void)state;
	begin();
	say(AT(key_maint), true);
	say(AT(key_maint), false);
	assert_int_equal(check(false, false, "1", out, sizeof out, err, sizeof err), CLI_FINDING);
	assert_int_equal(world.drives, 0);
	assert_false(fake_chip()->line[AT(entry_unlock)].used); /* not even requested */
	assert_non_null(strstr(line_of("key_maint"), "good       seen in both states"));
	assert_non_null(strstr(line_of("tamper"), "untested   only seen not asserted"));
	assert_non_null(strstr(line_of("entry_unlock"), "untested   not driven"));
	assert_non_null(strstr(out, "NOT COMPLETE"));
	assert_non_null(strstr(out, "kick relay: untested"));
	fake_chip_end();
}

static void test_no_key(void **state)
{
	(void)state;
	begin();
	assert_int_equal(check(true, false, "1", out, sizeof out, err, sizeof err), CLI_USAGE);
	assert_int_equal(world.drives, 0);
	assert_false(fake_chip()->line[AT(entry_unlock)].used);
	assert_non_null(strstr(err, "the maintenance key is not turned"));
	fake_chip_end();
}

static void test_alarm_is_on(void **state)
{
	(void)state;
	begin();
	fake_chip_edge(AT(key_maint), true, gpio_now_ns(), true);
	fake_chip_edge(AT(breakglass), false, gpio_now_ns(), true); /* open */
	assert_int_equal(check(true, false, "1", out, sizeof out, err, sizeof err), CLI_USAGE);
	assert_int_equal(world.drives, 0);
	assert_non_null(strstr(err, "breakglass is asserted, expected no alarm"));
	fake_chip_end();
}

static void test_held(void **state)
{
	(void)state;
	begin();
	fake_chip()->line[AT(exit_open)].used = true;
	assert_int_equal(check(false, false, "1", out, sizeof out, err, sizeof err), CLI_UNAVAILABLE);
	assert_non_null(strstr(err, "exit_open: line"));
	assert_non_null(strstr(err, "is held by posternd, expected it free"));
	fake_chip_end();
}

static void exercise(bool json, const char *seconds)
{
	pthread_t thread;
	fake_chip_edge(AT(key_maint), true, gpio_now_ns(), true); /* turned since long */
	assert_int_equal(pthread_create(&thread, NULL, relay, NULL), 0);
	assert_int_equal(check(true, json, seconds, out, sizeof out, err, sizeof err), CLI_FINDING); /* inputs that nobody touched */
	pthread_mutex_lock(&world.lock);
	world.ending = true;
	pthread_mutex_unlock(&world.lock);
	pthread_join(thread, NULL);
	fake_chip_end();
}

static void test_exercise(void **state)
{
	(void)state;
	begin();
	exercise(false, "1");
	assert_non_null(strstr(line_of("entry_open_drive"), "good       entry leaf released, open, after"));
	assert_non_null(strstr(line_of("exit_close_drive"), "good       exit leaf shut, locked, after"));
	assert_non_null(strstr(line_of("entry_red"), "to be seen driven for 0.7 s"));
	assert_non_null(strstr(line_of("camera_up"), "to be seen driven until its contact"));
	assert_non_null(strstr(line_of("camera_down"), "to be seen driven for 0.7 s"));
	assert_non_null(strstr(line_of("camera_top"), "good       seen in both states"));
	assert_non_null(strstr(line_of("entry_locked"), "good       seen in both states"));
	assert_non_null(strstr(out, "kick relay: good"));
	assert_false(fake_chip_drives(AT(entry_unlock)) || fake_chip_drives(AT(watchdog_kick)));
	assert_false(fake_chip_drives(AT(camera_up)) || fake_chip_drives(AT(camera_down)));
	assert_true(fake_chip_drives(AT(out_of_service)));
}

static void test_exercise_finds_faults(void **state)
{
	(void)state;
	begin();
	world.relay_works = false;
	world.jammed = true;
	exercise(true, "1");
	assert_non_null(strstr(out, "\"complete\": false"));
	const char *drive = strstr(out, "\"exit_open_drive\"");
	assert_non_null(drive);
	assert_non_null(strstr(drive, "\"bad\""));
	/* it never opened, so that it is shut says nothing of the drive that shuts it */
	drive = strstr(out, "\"exit_close_drive\"");
	assert_non_null(drive);
	assert_true(strstr(drive, "\"untested\"") != NULL && strstr(drive, "\"untested\"") < strstr(drive, "}"));
	const char *kick = strstr(out, "\"kick_relay\"");
	assert_non_null(kick);
	assert_non_null(strstr(kick, "\"bad\""));
	assert_false(fake_chip_drives(AT(entry_unlock)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_look_only), cmocka_unit_test(test_no_key), cmocka_unit_test(test_alarm_is_on), cmocka_unit_test(test_held),
		cmocka_unit_test(test_exercise), cmocka_unit_test(test_exercise_finds_faults)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
