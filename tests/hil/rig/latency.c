/* SPDX-License-Identifier: Apache-2.0
 * Times from an edge on an input line to an edge on an output line, and from the end of a process to safe outputs at the relay.
 * The clock is the guest's; outputs are looked at every 0.1 ms. Must never count a sample that was not seen.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define LOOK_US 100
#define SAMPLES_MAX 2000

struct times {
	const char *name;
	double limit_ms;
	uint32_t us[SAMPLES_MAX];
	unsigned count, missed;
};

static void add(struct times *t, uint64_t us)
{
	if (t->count < SAMPLES_MAX)
		t->us[t->count++] = (uint32_t)us;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

static double percentile(struct times *t, unsigned p)
{
	qsort(t->us, t->count, sizeof t->us[0], by_value);
	return t->count == 0 ? 0 : t->us[(size_t)(t->count - 1) * p / 100] / 1e3;
}

static void print(struct times *t)
{
	double p50 = percentile(t, 50), p99 = percentile(t, 99);
	printf("time  %-46s n %4u  p50 %8.2f ms  p99 %8.2f ms  max %8.2f ms  (goal %.0f ms: %s)%s\n", t->name, t->count, p50, p99,
		percentile(t, 100), t->limit_ms, t->count > 0 && p99 < t->limit_ms ? "met" : "NOT MET", t->missed > 0 ? " some never came" : "");
	fflush(stdout);
}

/* Waits until one of the lines differs from before; 0: it did not within limit_us. */
static uint64_t until_changed(const struct rig *r, const enum sim_lane_line *lines, unsigned n, bool level, uint64_t from, uint64_t limit_us)
{
	for (;;) {
		uint64_t now = mono_us();
		for (unsigned i = 0; i < n; i++)
			if (gpio_bench_level(&r->gpio, lines[i]) == level)
				return now - from;
		if (now - from > limit_us)
			return 0;
		usleep(LOOK_US);
	}
}

static void settle(struct rig *r, unsigned ms)
{
	for (uint64_t end = mono_us() + (uint64_t)ms * 1000; mono_us() < end;)
		rig_step(r, false);
}

static void alarm_once(struct rig *r, struct times *t, bool *alarm)
{
	static const enum sim_lane_line follows[] = {SIM_LANE_exit_unlock};
	if (!rig_until_invites(r, 120))
		return;
	settle(r, 250 + (unsigned)(t->count * 7 % 53)); /* not in step with any timer */
	*alarm = true;
	uint64_t levels = sim_lane_inputs(&r->lane), from = mono_us();
	gpio_bench_write(&r->gpio, levels);
	uint64_t took = until_changed(r, follows, 1, true, from, 500000);
	if (took > 0)
		add(t, took);
	else
		t->missed++;
	settle(r, 100);
	*alarm = false;
}

/* Through a crossing until the entry is being driven shut; then somebody reaches into its plane. */
static void beam_once(struct rig *r, struct times *t)
{
	static const enum sim_lane_line reopens[] = {SIM_LANE_entry_open_drive};
	struct sim_plan plan = {.number = 1, .will = WILL_CROSS, .fault = SIM_FAULT_NOTHING, .speed_mm_s = 1700, .react_ms = 60, .officer_ms = 2000};
	if (!rig_until_invites(r, 120))
		return;
	sim_traffic_begin(&r->traffic, &plan);
	r->listed = false;
	bool done = false, over = false;
	uint64_t limit = mono_us() + UINT64_C(90) * 1000000;
	while (!over && mono_us() < limit) {
		over = rig_step(r, false);
		const struct sim_person *p = &r->lane.person[0];
		if (done || r->lane.leaf[SIM_ENTRY].motion != STEEL_CLOSES || !p->inside || sim_person_at(p, 0))
			continue;
		done = true;
		settle(r, t->count * 5 % 60);
		if (steel_closed(&r->lane.leaf[SIM_ENTRY]) || r->lane.leaf[SIM_ENTRY].motion != STEEL_CLOSES)
			continue;
		r->lane.trouble.cut = SIM_LANE_BIT(entry_safety_beam);
		uint64_t from = mono_us();
		gpio_bench_write(&r->gpio, sim_lane_inputs(&r->lane));
		uint64_t took = until_changed(r, reopens, 1, true, from, 500000);
		if (took > 0)
			add(t, took);
		else
			t->missed++;
		settle(r, 60);
		r->lane.trouble.cut = 0;
	}
}

/* Until the relay has dropped; physics goes on meanwhile. */
static void process_once(struct rig *r, struct times *t, const char *child, int signal)
{
	if (!rig_until_invites(r, 180))
		return;
	settle(r, 500 + (unsigned)(t->count * 13 % 97));
	pid_t pid = daemon_child(&r->daemon, child);
	if (pid <= 0 || kill(pid, signal) != 0)
		return;
	uint64_t from = mono_us();
	while (r->lane.relay && mono_us() - from < 3000000)
		rig_step(r, false);
	uint64_t took = mono_us() - from;
	/* A core that is back before the relay drops has not left the outputs without anybody in charge. */
	if (!r->lane.relay)
		add(t, took);
	else
		t->missed++;
	settle(r, 300);
	if (signal == SIGSTOP && daemon_child(&r->daemon, child) == pid)
		kill(pid, SIGCONT);
	settle(r, 1500);
}

unsigned latency_run(struct rig *r, unsigned samples)
{
	static struct times fire = {.name = "fire alarm to the exit's lock released", .limit_ms = 10};
	static struct times stop = {.name = "emergency stop to the exit's lock released", .limit_ms = 10};
	static struct times beam = {.name = "safety beam to the closing leaf driven open", .limit_ms = 20};
	static struct times plugin_killed = {.name = "plugin SIGKILL to the relay open", .limit_ms = 1000};
	static struct times plugin_stopped = {.name = "plugin SIGSTOP to the relay open", .limit_ms = 1000};
	static struct times core_stopped = {.name = "core SIGSTOP to the relay open", .limit_ms = 1000};
	static struct times core_killed = {.name = "core SIGKILL to the relay open, where it opens", .limit_ms = 1000};
	unsigned few = samples / 4 < 2 ? 2 : samples / 4;
	for (unsigned i = 0; i < samples; i++)
		alarm_once(r, &fire, &r->lane.trouble.fire);
	print(&fire);
	for (unsigned i = 0; i < samples; i++)
		alarm_once(r, &stop, &r->lane.trouble.estop);
	print(&stop);
	for (unsigned i = 0; i < samples; i++)
		beam_once(r, &beam);
	print(&beam);
	for (unsigned i = 0; i < few; i++) {
		process_once(r, &plugin_killed, "gate", SIGKILL);
		process_once(r, &plugin_stopped, "gate", SIGSTOP);
		process_once(r, &core_stopped, "core", SIGSTOP);
		process_once(r, &core_killed, "core", SIGKILL);
	}
	print(&plugin_killed);
	print(&plugin_stopped);
	print(&core_stopped);
	print(&core_killed);
	/* Times are a bench; that each is answered at all is not. */
	return fire.missed + stop.missed + beam.missed + plugin_stopped.missed + core_stopped.missed +
	       (fire.count == 0 || stop.count == 0 || beam.count == 0);
}
