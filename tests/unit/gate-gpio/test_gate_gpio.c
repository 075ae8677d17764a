/* SPDX-License-Identifier: Apache-2.0
 * gate-gpio between a host and a chip that are both the test's: what it requests, what it reports, what it drives, what happens
 * when edges or the chip are lost, and what is left at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "fake_chip.h"
#include "postern/plugin.h"

#define AT(name) LANE_HW_##name

struct watch {
	int fd;
	void (*handler)(void *self, int fd, uint32_t events);
	void *self;
};

static struct {
	int device;
	bool core;
	struct watch watch;
	Postern__GateSensed *sensed;
	unsigned reports;
	char trouble[64], log[64], failed[64];
	uint64_t missed;
	void *self;
	struct postern_host host;
} t;

static uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int report(void *ctx, uint32_t body, const char *crossing, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	(void)crossing;
	assert_int_equal(body, POSTERN__ENVELOPE__BODY_GATE_SENSED);
	if (t.sensed != NULL)
		postern__gate_sensed__free_unpacked(t.sensed, NULL);
	t.sensed = postern__gate_sensed__unpack(NULL, size, bytes);
	assert_non_null(t.sensed);
	t.reports++;
	return 0;
}

static const char *option(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "lane") == 0 ? "two-step.yaml" : strcmp(name, "board") == 0 ? "gpio-sim.yaml" : NULL;
}

static int64_t option_int(void *ctx, const char *name)
{
	(void)ctx;
	assert_string_equal(name, "lost_after_ms");
	return 0;
}

static int device(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "chip0") == 0 ? t.device : -1;
}

static const char *folder(void *ctx, const char *name)
{
	(void)ctx;
	assert_string_equal(name, "wiring");
	return getenv("WIRING");
}

static void keep(char out[64], const char *text)
{
	snprintf(out, 64, "%s", text);
}

static void plugin_log(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	snprintf(t.log, sizeof t.log, "%.30s %.30s", event, detail);
}

static void count(void *ctx, const char *metric, uint64_t add)
{
	(void)ctx;
	if (strcmp(metric, "missed_total") == 0)
		t.missed += add;
}

static void trouble(void *ctx, const char *code, int active)
{
	(void)ctx;
	if (active)
		keep(t.trouble, code);
}

static int watch(void *ctx, int fd, uint32_t events, void (*handler)(void *, int, uint32_t), void *self)
{
	(void)ctx;
	t.watch = events != 0 ? (struct watch){fd, handler, self} : (struct watch){.fd = -1};
	return 0;
}

static int wake_after(void *ctx, uint32_t ms)
{
	(void)ctx;
	assert_in_range(ms, 1, 200);
	return 0;
}

static uint64_t now_ms(void *ctx)
{
	(void)ctx;
	return now_ns() / 1000000;
}

static uint64_t core_heard_ms(void *ctx)
{
	return t.core ? now_ms(ctx) : 0;
}

static void fail_host(void *ctx, const char *reason)
{
	(void)ctx;
	keep(t.failed, reason);
}

static int start(const char *label)
{
	memset(&t, 0, sizeof t);
	fake_chip_reset(label);
	t.core = true;
	t.device = open("/dev/null", O_RDWR | O_CLOEXEC);
	t.host = (struct postern_host){.struct_size = sizeof t.host, .report = report, .option = option, .option_int = option_int,
		.device = device, .folder = folder, .log = plugin_log, .count = count, .trouble = trouble, .watch = watch,
		.wake_after = wake_after, .now_ms = now_ms, .fail = fail_host, .core_heard_ms = core_heard_ms};
	int rc = postern_plugin.init(&t.host, &t.self);
	return rc != 0 ? rc : postern_plugin.start(t.self);
}

static void end(bool started)
{
	if (started)
		postern_plugin.stop(t.self);
	if (t.sensed != NULL)
		postern__gate_sensed__free_unpacked(t.sensed, NULL);
	close(t.device);
	fake_chip_end();
}

static void edges(void)
{
	t.watch.handler(t.watch.self, t.watch.fd, POSTERN_READABLE);
}

static void run(unsigned ms)
{
	for (unsigned i = 0; i < ms; i += 5) {
		usleep(5000);
		postern_plugin.tick(t.self, now_ms(NULL));
	}
}

static void command(uint32_t what, uint32_t id)
{
	Postern__GateCommand c = POSTERN__GATE_COMMAND__INIT;
	uint8_t bytes[64];
	c.command = (Postern__GateCommandKind)what;
	c.command_id = id;
	const struct postern_message m = {.struct_size = sizeof m, .body = POSTERN__ENVELOPE__BODY_GATE_COMMAND, .crossing_id = "",
		.bytes = bytes, .size = postern__gate_command__pack(&c, bytes)};
	postern_plugin.message(t.self, &m);
}

static void test_request(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	const struct fake_line *l = fake_chip()->line;
	const uint64_t in = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING;
	assert_int_equal(l[AT(fire_alarm)].flags & in, in);
	assert_int_equal(l[AT(fire_alarm)].flags & GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME, 0);
	/* never filtered away, not even by the kernel */
	assert_int_equal(l[AT(fire_alarm)].debounce_us, 0);
	assert_int_equal(l[AT(estop)].debounce_us, 0);
	assert_int_equal(l[AT(breakglass)].debounce_us, 0);
	assert_int_equal(l[AT(entry_safety_beam)].debounce_us, 0);
	assert_int_equal(l[AT(entry_outer_beam)].debounce_us, 10000);
	assert_int_equal(l[AT(key_maint)].debounce_us, 100000);
	assert_true(l[AT(entry_unlock)].output && l[AT(watchdog_kick)].output);
	assert_false(fake_chip_drives(AT(entry_unlock)) || fake_chip_drives(AT(exit_unlock)));
	assert_int_equal(t.sensed->entry_leaf, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	assert_true(t.sensed->mains_ok && t.sensed->self_test_ok);
	assert_false(t.sensed->fire_alarm || t.sensed->emergency_stop || t.sensed->tamper);
	end(true);
}

static void test_alarm_edge_in_one_batch(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	uint64_t at = now_ns();
	fake_chip_say(AT(fire_alarm), true, at);
	fake_chip_say(AT(fire_alarm), false, at + 1000);
	edges();
	assert_true(t.sensed->fire_alarm);
	assert_true(fake_chip_drives(AT(entry_unlock)) && fake_chip_drives(AT(exit_unlock)));
	end(true);
	/* left safe */
	assert_false(fake_chip_drives(AT(entry_unlock)) || fake_chip_drives(AT(exit_unlock)) || fake_chip_drives(AT(watchdog_kick)));
	assert_true(fake_chip_drives(AT(out_of_service)) && fake_chip_drives(AT(entry_red)));
}

static void test_command_and_report(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	command(POSTERN__GATE_COMMAND_KIND__COMMAND_SELF_TEST, 7);
	assert_int_equal(t.sensed->last_command_id, 7);
	assert_int_equal(t.sensed->topology, POSTERN__LANE_TOPOLOGY__TOPOLOGY_TWO_STEP);
	unsigned before = t.reports;
	run(650);
	assert_true(t.reports >= before + 3); /* every 200 ms */
	command(POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY, 8);
	assert_true(fake_chip_drives(AT(entry_unlock)) && fake_chip_drives(AT(entry_open_drive)));
	assert_int_equal(t.sensed->entry_leaf, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	uint64_t at = now_ns();
	fake_chip_say(AT(entry_locked), false, at);
	fake_chip_say(AT(entry_closed), false, at);
	edges();
	run(100);
	assert_int_equal(t.sensed->entry_leaf, POSTERN__LEAF_POSITION__LEAF_MOVING);
	end(true);
}

static void test_camera(void **state)
{
	Postern__MoveCamera c = POSTERN__MOVE_CAMERA__INIT;
	uint8_t bytes[32];
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	assert_int_equal(t.sensed->camera, POSTERN__CAMERA_DRIVE__CAMERA_STANDS);
	c.direction = POSTERN__CAMERA_DIRECTION__CAMERA_UP;
	c.ms = 1000;
	c.move_id = 5;
	struct postern_message m = {.struct_size = sizeof m, .body = POSTERN__ENVELOPE__BODY_MOVE_CAMERA, .crossing_id = "", .bytes = bytes,
		.size = postern__move_camera__pack(&c, bytes)};
	postern_plugin.message(t.self, &m);
	assert_true(fake_chip_drives(AT(camera_up)) && !fake_chip_drives(AT(camera_down)));
	assert_int_equal(t.sensed->camera, POSTERN__CAMERA_DRIVE__CAMERA_MOVES);
	assert_int_equal(t.sensed->last_move_id, 5);
	fake_chip_say(AT(camera_top), true, now_ns());
	edges();
	assert_false(fake_chip_drives(AT(camera_up)));
	run(300);
	assert_int_equal(t.sensed->camera, POSTERN__CAMERA_DRIVE__CAMERA_AT_TOP);
	/* An edge that the kernel has stamped before counts before. */
	fake_chip_say(AT(estop), true, now_ns());
	c.direction = POSTERN__CAMERA_DIRECTION__CAMERA_DOWN;
	c.move_id = 6;
	m.size = postern__move_camera__pack(&c, bytes);
	unsigned set = fake_chip()->line[AT(camera_down)].set;
	postern_plugin.message(t.self, &m);
	assert_int_equal(fake_chip()->line[AT(camera_down)].set, set);
	assert_int_equal(t.sensed->last_move_id, 6);
	m.size = 1; /* no message */
	postern_plugin.message(t.self, &m);
	end(true);
	assert_false(fake_chip_drives(AT(camera_up)) || fake_chip_drives(AT(camera_down)));
}

static void test_kick_follows_the_core(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	run(300);
	unsigned set = fake_chip()->line[AT(watchdog_kick)].set;
	assert_true(set >= 3);
	end(true);
	assert_int_equal(start("postern-bench"), 0);
	t.core = false; /* heard at the start and never again */
	run(600);
	set = fake_chip()->line[AT(watchdog_kick)].set;
	run(300);
	assert_int_equal(fake_chip()->line[AT(watchdog_kick)].set, set);
	assert_false(fake_chip_drives(AT(watchdog_kick)));
	end(true);
}

static void test_missed_edges(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	run(700); /* the overhead sensor is believed */
	assert_true(t.sensed->occupants_known);
	uint64_t at = now_ns();
	fake_chip_say(AT(key_maint), true, at);
	fake_chip_edge(AT(tamper), false, at, true); /* the kernel drops it: asserted is open */
	fake_chip_say(AT(key_maint), false, at + 2000);
	edges();
	assert_int_equal(t.missed, 1);
	assert_false(t.sensed->occupants_known);
	fake_chip_say(AT(key_maint), true, now_ns());
	edges();
	assert_int_equal(t.missed, 1);
	/* the level that nobody told was read again */
	assert_int_equal(t.sensed->tamper, !fake_chip()->line[AT(tamper)].level);
	end(true);
}

static void test_chip_gone(void **state)
{
	(void)state;
	assert_int_equal(start("postern-bench"), 0);
	run(100);
	fake_chip()->gone = true;
	run(150); /* the kick cannot be driven any more */
	assert_true(t.sensed->fire_alarm && t.sensed->emergency_stop && !t.sensed->self_test_ok);
	assert_int_equal(t.sensed->entry_leaf, POSTERN__LEAF_POSITION__LEAF_UNSPECIFIED);
	assert_string_equal(t.failed, "gate.chip_lost");
	assert_int_equal(t.watch.fd, -1);
	end(true);
}

static void test_wrong_chip(void **state)
{
	(void)state;
	assert_int_not_equal(start("another"), 0);
	assert_string_equal(t.log, "gate.no_lines chip0");
	end(false);
}

static void test_held_line(void **state)
{
	(void)state;
	fake_chip_reset("postern-bench");
	fake_chip_end();
	/* somebody holds the estop: known by name before anything is driven */
	assert_int_equal(start("postern-bench"), 0);
	struct postern_host host = t.host;
	void *second = NULL;
	assert_int_not_equal(postern_plugin.init(&host, &second), 0);
	assert_string_equal(t.log, "gate.no_lines fire_alarm");
	end(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request), cmocka_unit_test(test_alarm_edge_in_one_batch), cmocka_unit_test(test_command_and_report), cmocka_unit_test(test_camera),
		cmocka_unit_test(test_kick_follows_the_core), cmocka_unit_test(test_missed_edges), cmocka_unit_test(test_chip_gone),
		cmocka_unit_test(test_wrong_chip), cmocka_unit_test(test_held_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
