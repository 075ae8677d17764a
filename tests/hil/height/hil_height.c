/* SPDX-License-Identifier: Apache-2.0
 * The drive of the camera's height on real lines: gate-gpio as a production profile runs it, started by posternd's own loader in its
 * sandbox, before gpio-sim and the model of a lane. A move is one pulse and no longer; the contact, an emergency stop, an open cabinet
 * and a silent core end it; when the process is killed in the midst of it the relay does. hil-height POSTERND MANIFEST WIRING. Must never be run
 * beside another that has the bench.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../rig/bench.h"
#include "base/clock.h"
#include "core_side.h"
#include "sim/lane/lane.h"

enum { UID = 64101, PATIENCE_MS = 8000, HEARTBEAT_MS = 100, SLACK_US = 20000, LOOK_US = 200 };

#define BODY(name) POSTERN__ENVELOPE__BODY_##name
#define DRIVE(name) POSTERN__CAMERA_DRIVE__CAMERA_##name
#define UP POSTERN__CAMERA_DIRECTION__CAMERA_UP
#define DOWN POSTERN__CAMERA_DIRECTION__CAMERA_DOWN
#define LOCKED POSTERN__LEAF_POSITION__LEAF_LOCKED

struct world {
	struct core_side core;
	struct gpio_bench gpio;
	struct sim_lane lane;
	Postern__GateSensed sensed;
	bool silent; /* the core */
	uint64_t beat_ms;
	uint32_t id, command_id;
	/* Of the line that is driven, since the last move: when it came and went. */
	uint64_t on_us, off_us;
	bool both;
};

static int failures;

static void judge(bool good, const char *what)
{
	printf("@@height: %s: %s\n", what, good ? "ok" : "NOT OK");
	fflush(stdout);
	failures += !good;
}

static void take(struct world *w)
{
	while (core_side_next(&w->core, 0) == PN_OK)
		if (w->core.message.envelope->body_case == BODY(GATE_SENSED))
			w->sensed = *w->core.message.envelope->gate_sensed;
}

static void beat(struct world *w)
{
	Postern__Heartbeat h = POSTERN__HEARTBEAT__INIT;
	uint8_t bytes[16];
	uint64_t now = clock_mono_ms();
	if (w->silent || now - w->beat_ms < HEARTBEAT_MS)
		return;
	w->beat_ms = h.mono_ms = now;
	(void)core_side_tell(&w->core, 0, BODY(HEARTBEAT), bytes, postern__heartbeat__pack(&h, bytes));
}

/* One look at the lines, one step of the model. */
static void turn(struct world *w)
{
	bool up = gpio_bench_level(&w->gpio, SIM_LANE_camera_up), down = gpio_bench_level(&w->gpio, SIM_LANE_camera_down);
	uint64_t outputs = gpio_bench_read(&w->gpio) & ~(SIM_LANE_BIT(camera_up) | SIM_LANE_BIT(camera_down)), now = mono_us();
	outputs |= (up ? SIM_LANE_BIT(camera_up) : 0) | (down ? SIM_LANE_BIT(camera_down) : 0);
	if ((up || down) && w->on_us == 0)
		w->on_us = now;
	if (!up && !down && w->on_us != 0 && w->off_us == 0)
		w->off_us = now;
	w->both = w->both || (up && down);
	sim_lane_outputs(&w->lane, outputs, now);
	gpio_bench_write(&w->gpio, sim_lane_inputs(&w->lane));
	beat(w);
	take(w);
	usleep(LOOK_US);
}

static void for_ms(struct world *w, uint32_t ms)
{
	for (uint64_t end = clock_mono_ms() + ms; clock_mono_ms() < end;)
		turn(w);
}

static void drive(struct world *w, Postern__CameraDirection direction, uint32_t ms)
{
	Postern__MoveCamera m = POSTERN__MOVE_CAMERA__INIT;
	uint8_t bytes[32];
	w->on_us = w->off_us = 0;
	m.direction = direction;
	m.ms = ms;
	m.move_id = ++w->id;
	if (core_side_tell(&w->core, 0, BODY(MOVE_CAMERA), bytes, postern__move_camera__pack(&m, bytes)) != PN_OK)
		judge(false, "the plugin hears");
}

static void command(struct world *w, Postern__GateCommandKind kind)
{
	Postern__GateCommand c = POSTERN__GATE_COMMAND__INIT;
	uint8_t bytes[32];
	c.command = kind;
	c.command_id = ++w->command_id;
	if (core_side_tell(&w->core, 0, BODY(GATE_COMMAND), bytes, postern__gate_command__pack(&c, bytes)) != PN_OK)
		judge(false, "the plugin hears");
}

/* The drive has taken the last move and stands, or it never does. */
static bool stands(struct world *w, Postern__CameraDrive as)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	while (clock_mono_ms() < end) {
		turn(w);
		if (w->sensed.last_move_id == w->id && w->sensed.camera == as)
			return true;
	}
	printf("@@height: move %u of %u, drive %d\n", w->sensed.last_move_id, w->id, (int)w->sensed.camera);
	return false;
}

static uint64_t pulse_us(const struct world *w)
{
	return w->off_us - w->on_us;
}

static void one_pulse(struct world *w, Postern__CameraDirection direction, uint32_t ms, uint32_t least_ms, uint32_t most_ms, Postern__CameraDrive then,
	const char *what)
{
	int64_t before = w->lane.camera_us;
	drive(w, direction, ms);
	bool good = stands(w, then);
	int64_t moved = (w->lane.camera_us - before) * (direction == UP ? 1 : -1);
	printf("@@height: told %u ms, driven %.2f ms, moved %.2f ms of its way\n", ms, (double)pulse_us(w) / 1e3, (double)moved / 1e3);
	judge(good && w->on_us != 0 && w->off_us != 0 && pulse_us(w) + SLACK_US >= least_ms * UINT64_C(1000) &&
			      pulse_us(w) <= most_ms * UINT64_C(1000) + SLACK_US && moved > 0,
		what);
}

static void refused(struct world *w, Postern__CameraDirection direction, const char *what)
{
	drive(w, direction, 500);
	for_ms(w, 800);
	judge(w->on_us == 0 && w->sensed.last_move_id == w->id, what);
}

/* It is driven down, and then what() happens; how long after that the line fell. */
static void ended_by(struct world *w, void (*happens)(struct world *w), uint32_t within_ms, const char *what)
{
	drive(w, DOWN, 2000);
	for_ms(w, 300);
	bool drove = w->on_us != 0 && w->off_us == 0;
	happens(w);
	uint64_t begun = mono_us(), end = begun + within_ms * UINT64_C(1000) + 500000;
	while (w->off_us == 0 && mono_us() < end)
		turn(w);
	printf("@@height: driven until %.2f ms after it\n", w->off_us != 0 ? (double)(w->off_us - begun) / 1e3 : -1.0);
	judge(drove && w->off_us != 0 && w->off_us - begun <= within_ms * UINT64_C(1000), what);
}

static void press(struct world *w)
{
	w->lane.trouble.estop = true;
}

static void falls_silent(struct world *w)
{
	w->silent = true;
}

static void opens_cabinet(struct world *w)
{
	w->lane.trouble.cabinet_open = true;
}

static bool locked(struct world *w)
{
	uint64_t end = clock_mono_ms() + PATIENCE_MS;
	while (clock_mono_ms() < end) {
		turn(w);
		if (w->sensed.entry_leaf == LOCKED && w->sensed.exit_leaf == LOCKED && !w->sensed.emergency_stop)
			return true;
	}
	return false;
}

/* The key is turned, and both leaves, which the stop has released, are shut. */
static void made_well(struct world *w)
{
	w->lane.trouble.estop = w->lane.trouble.cabinet_open = w->silent = false;
	for_ms(w, 1200); /* an alarm is held for a second */
	w->lane.trouble.key_reset = true;
	for_ms(w, 500);
	w->lane.trouble.key_reset = false;
	for_ms(w, 300);
	command(w, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_ENTRY);
	command(w, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_EXIT);
	judge(locked(w), "both leaves are locked again");
}

/* A released line stays as it is: the relay must take the current away. */
static void killed(struct world *w)
{
	drive(w, UP, 2000);
	for_ms(w, 300);
	judge(sim_lane_lifts(&w->lane, true), "is lifted");
	kill(w->core.child.pid, SIGKILL);
	for_ms(w, 500);
	int64_t at = w->lane.camera_us;
	for_ms(w, 500);
	judge(!w->lane.relay && w->lane.camera_us == at, "the process is killed, and the relay stops the camera");
}

static void all(struct world *w)
{
	for_ms(w, 1000); /* until the core is heard, and the relay has seen the kick */
	judge(locked(w) && stands(w, DRIVE(STANDS)), "a drive is there, and stands");
	one_pulse(w, UP, 400, 400, 400, DRIVE(STANDS), "one pulse up, as long as told");
	one_pulse(w, DOWN, 400, 400, 400, DRIVE(STANDS), "one pulse down");
	one_pulse(w, DOWN, 600000, 1400, 1700, DRIVE(AT_BOTTOM), "stops at camera_bottom");
	one_pulse(w, UP, 600000, 2000, 2000, DRIVE(STANDS), "no move is longer than 2 s");
	one_pulse(w, UP, 2000, 1000, 1300, DRIVE(AT_TOP), "stops at camera_top");
	judge(w->lane.camera_us == SIM_CAMERA_US, "which is the end of its way");
	refused(w, UP, "is not driven beyond it");
	ended_by(w, press, 10, "stops at an emergency stop");
	refused(w, DOWN, "is not driven in an emergency");
	made_well(w);
	ended_by(w, opens_cabinet, 10, "stops when the cabinet is opened");
	made_well(w);
	ended_by(w, falls_silent, 560, "stops when the core is silent");
	made_well(w);
	killed(w);
	judge(!w->both, "never both lines at once");
}

static bool begin(struct world *w, const struct manifest *m, const char *manifest_path, const char *wiring)
{
	char why[500] = "";
	struct text error;
	const struct sim_lane_setup setup = {.stroke_ms = 900, .bolt_ms = 120, .drive_latches = true, .relay_hold_ms = 300, .escape = {true, true}};
	const struct named_value devices[] = {{"chip0", "/dev/gpiochip0"}}, folders[] = {{"wiring", wiring}}, options[] = {{"board", "gpio-sim.yaml"}};
	const struct plugin_request r = {.unit = "lane-1", .instance = "lane-1/gate", .manifest_path = manifest_path, .manifest = m, .uid = UID, .gid = UID,
		.devices = devices, .device_count = 1, .folders = folders, .folder_count = 1, .options = options, .option_count = 1};
	gpio_bench_make(&w->gpio);
	sim_lane_init(&w->lane, &setup, mono_us());
	gpio_bench_write(&w->gpio, sim_lane_inputs(&w->lane));
	text_init(&error, why, sizeof why);
	const bool good = core_side_start(&w->core, &r, &error) == PN_OK && core_side_greet(&w->core, 1, HEARTBEAT_MS, 60000) == PN_OK;
	if (!good)
		printf("@@height: %s\n", why);
	judge(good, "gate-gpio has its lines");
	return good;
}

int main(int argc, char **argv)
{
	static struct world w;
	char why[500] = "";
	struct text error;
	struct manifest *m;
	if (argc != 4 || setenv("HOST_CHILD", argv[1], 1) != 0)
		return 2;
	text_init(&error, why, sizeof why);
	if (manifest_load(argv[2], &m, &error) != PN_OK) {
		printf("@@height: %s\n", why);
		return 1;
	}
	if (begin(&w, m, argv[2], argv[3]))
		all(&w);
	core_side_end(&w.core);
	gpio_bench_end(&w.gpio);
	manifest_free(m);
	printf("@@height: %s\n", failures == 0 ? "good" : "NOT GOOD");
	return failures != 0;
}
