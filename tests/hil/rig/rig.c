/* SPDX-License-Identifier: Apache-2.0
 * One step of the bench, and what is seen in it. Must never skip a step's outputs.
 */
#include "rig.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIT(levels, name) (((levels) & SIM_LANE_BIT(name)) != 0)
#define STATUS_EVERY_US 2500000
/* By then what an assist has released is released. */
#define ASSIST_US 1000000
#define REASON "hall.evacuated"
/* So long after a fault's edge outputs are looked at this often, that its answer has a time; then once each step. */
#define CLOSE_LOOK_US 100000
#define LOOK_US 100

static void sleep_until(uint64_t at_us)
{
	struct timespec t = {.tv_sec = (time_t)(at_us / 1000000), .tv_nsec = (long)(at_us % 1000000) * 1000};
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

void rig_watch(struct rig *r)
{
	memset(&r->seen, 0, sizeof r->seen);
}

static void answered(struct rig *r, uint64_t changed, uint64_t now)
{
	unsigned line = SIM_LANE_FIRST_OUTPUT;
	while ((changed >> line & 1) == 0)
		line++;
	r->seen.response_us = now;
	r->seen.response = sim_lane_line_name((enum sim_lane_line)line);
}

static void remember(struct rig *r, uint64_t now)
{
	struct rig_seen *s = &r->seen;
	uint64_t o = r->lane.outputs, changed = (o ^ r->outputs) & ~SIM_LANE_BIT(watchdog_kick);
	r->outputs = o;
	/* The contacts for the site open to say something; lamps do not pass the relay. */
	s->alarm = s->alarm || !LIT(o, alarm);
	s->out_of_service = s->out_of_service || !LIT(o, out_of_service);
	s->buzzer = s->buzzer || LIT(o, buzzer);
	s->voice = s->voice || LIT(o, voice);
	s->emergency_lamps = s->emergency_lamps || (LIT(o, entry_red) && LIT(o, exit_green) && LIT(o, buzzer));
	s->exit_green = s->exit_green || LIT(o, exit_green);
	s->amber_inside = s->amber_inside || LIT(o, exit_amber);
	s->entry_released = s->entry_released || (r->traffic.fault_on && sim_lane_released(&r->lane, SIM_ENTRY));
	s->exit_released = s->exit_released || sim_lane_released(&r->lane, SIM_EXIT);
	s->both_released = s->both_released || (sim_lane_released(&r->lane, SIM_ENTRY) && sim_lane_released(&r->lane, SIM_EXIT));
	s->entry_closed_drive = s->entry_closed_drive || sim_lane_drives(&r->lane, SIM_ENTRY, false);
	s->entry_reopened = s->entry_reopened || (s->entry_closed_drive && sim_lane_drives(&r->lane, SIM_ENTRY, true));
	s->relay_lost = s->relay_lost || !r->lane.relay;
	s->entry_shut = s->entry_shut || (r->traffic.fault_on && steel_locked(&r->lane.leaf[SIM_ENTRY]));
	if (s->fault_us != 0 && s->response_us == 0 && changed != 0)
		answered(r, changed, now);
}

/* Waits for the next step. Physics does not move meanwhile, so an output that changes here answers the last input. */
static void await_step(struct rig *r, uint64_t at_us)
{
	struct rig_seen *s = &r->seen;
	uint64_t now = mono_us();
	while (s->fault_us != 0 && s->response_us == 0 && now < at_us && now - s->fault_us < CLOSE_LOOK_US) {
		uint64_t changed = (gpio_bench_read(&r->gpio) ^ r->levels) & ~SIM_LANE_BIT(watchdog_kick);
		now = mono_us();
		if (changed != 0)
			answered(r, changed, now);
		else
			usleep(LOOK_US);
	}
	sleep_until(at_us);
}

/* Which child a fault is about, and what is done to it. */
static const struct {
	const char *child;
	int signal;
} struck[SIM_FAULTS] = {
	[SIM_FAULT_CORE_DIES] = {"core", SIGKILL},
	[SIM_FAULT_CORE_STOPS] = {"core", SIGSTOP},
	[SIM_FAULT_PLUGIN_DIES] = {"gate", SIGKILL},
	[SIM_FAULT_PLUGIN_STOPS] = {"gate", SIGSTOP},
	[SIM_FAULT_READER_DIES] = {"reader", SIGKILL},
	[SIM_FAULT_CHECK_DIES] = {"check", SIGKILL},
	[SIM_FAULT_RULES_DIE] = {"rules", SIGKILL},
};

static void strike(struct rig *r, enum sim_fault fault, uint64_t now)
{
	pid_t pid = struck[fault].child != NULL ? daemon_child(&r->daemon, struck[fault].child) : 0;
	if (pid > 0)
		kill(pid, struck[fault].signal);
	r->stopped = struck[fault].signal == SIGSTOP ? pid : 0;
	r->stopped_us = now;
	if (fault == SIM_FAULT_DISK_FULL)
		machine_disk_full(true);
	if (fault == SIM_FAULT_CLOCK_LOST)
		machine_clock(false);
	if (fault == SIM_FAULT_CLOCK_STEPS)
		machine_clock_step(3600);
	r->nobody_on_duty = fault == SIM_FAULT_DUTY_ENDS;
	if (r->nobody_on_duty)
		daemon_lane(&r->daemon, "duty-off", NULL);
	if (fault == SIM_FAULT_ASSIST) {
		r->lane.assist = r->lane.officer_there = true;
		r->assist_us = UINT64_MAX;
		daemon_lane(&r->daemon, "assist", NULL);
	}
}

static void process(struct rig *r, const struct sim_traffic_acts *acts, uint64_t now)
{
	if (acts->process != SIM_FAULT_NOTHING)
		strike(r, acts->process, now);
	if (!acts->process_over)
		return;
	/* Only if it is still that child: a supervisor may have ended it. */
	if (r->stopped > 0 && (daemon_child(&r->daemon, "core") == r->stopped || daemon_child(&r->daemon, "gate") == r->stopped))
		kill(r->stopped, SIGCONT);
	r->stopped = 0;
	r->nobody_on_duty = false;
	if (r->traffic.plan.fault == SIM_FAULT_ASSIST) {
		daemon_lane(&r->daemon, "end-assist", NULL);
		r->lane.officer_there = false;
		r->assist_us = mono_us() + ASSIST_US;
	}
	if (r->traffic.plan.fault == SIM_FAULT_DISK_FULL)
		machine_disk_full(false);
	if (r->traffic.plan.fault == SIM_FAULT_CLOCK_LOST)
		machine_clock(true);
}

static void console(struct rig *r, uint64_t now, struct sim_console *out)
{
	bool wanted = !sim_lane_invites(&r->lane) && now - r->status_us >= STATUS_EVERY_US;
	/* Nobody asks about what the lamps show to be in order. */
	bool walking = r->state == NULL && (LIT(r->outputs, entry_green) || LIT(r->outputs, exit_green));
	if (sim_lane_invites(&r->lane) || walking)
		r->status.known = r->status.waiting = false;
	if (wanted && !walking) {
		daemon_status(&r->daemon, &r->status);
		r->status_us = mono_us();
		r->seen.in_state = r->seen.in_state || (r->state != NULL && strcmp(r->status.state, r->state) == 0);
	}
	out->waiting = r->status.waiting;
	out->wants_resume = r->status.known && (strcmp(r->status.state, "OUT_OF_SERVICE") == 0 ||
		strcmp(r->status.state, "FAULT_LOCKED") == 0 || strcmp(r->status.state, "FAULT_OCCUPIED") == 0);
}

static void request(struct rig *r, enum sim_request request)
{
	if (request == SIM_RESUME)
		daemon_lane(&r->daemon, "resume", NULL);
	else if (request != SIM_ASKS_NOTHING && r->status.waiting)
		daemon_decide(&r->daemon, r->status.crossing, request == SIM_ADMIT);
	if (request != SIM_ASKS_NOTHING)
		r->status.waiting = r->status.known = false;
}

/* An officer on duty, where one is needed, and the lane ordered free, where it is to be: whenever lamps or console show that it is not
 * so. A two-step lane that is free lights no reader. */
static void keep_orders(struct rig *r, uint64_t now)
{
	bool checks = r->lane.free && LIT(r->outputs, entry_green) && LIT(r->outputs, reader_light);
	bool idle = r->officer_needed && !sim_lane_invites(&r->lane) && r->status.known && strcmp(r->status.state, "IDLE") == 0;
	if (r->nobody_on_duty || !(checks || idle) || now - r->ordered_us < STATUS_EVERY_US)
		return;
	daemon_lane(&r->daemon, "duty-on", NULL);
	if (r->lane.free)
		daemon_lane(&r->daemon, "free", REASON);
	r->ordered_us = mono_us();
	r->status.known = false;
}

static void documents(struct rig *r, const struct sim_traffic_acts *acts)
{
	if (acts->takes_document)
		daemon_document(&r->daemon, false, false, false);
	if (acts->lays_document)
		daemon_document(&r->daemon, false, true, r->listed);
	if (acts->takes_at_kiosk)
		daemon_document(&r->daemon, true, false, false);
	if (acts->lays_at_kiosk)
		daemon_document(&r->daemon, true, true, r->listed);
}

bool rig_step(struct rig *r, bool next)
{
	struct sim_traffic_acts acts;
	struct sim_console seen;
	bool was_active = r->traffic.active;
	await_step(r, r->lane.now_us + (sim_lane_quiet(&r->lane) ? 2 : 1) * (uint64_t)r->step_us);
	uint64_t now = mono_us();
	r->levels = gpio_bench_read(&r->gpio);
	r->lane.assist = now < r->assist_us;
	sim_lane_outputs(&r->lane, r->levels, now);
	console(r, now, &seen);
	sim_traffic_step(&r->traffic, &seen, next, &acts);
	remember(r, now);
	if (!was_active && r->traffic.active)
		r->listed = r->traffic.plan.number % 10 == 9;
	if (r->traffic.active && !r->traffic.fault_pending && r->seen.fault_us == 0)
		r->seen.fault_us = mono_us();
	gpio_bench_write(&r->gpio, sim_lane_inputs(&r->lane));
	documents(r, &acts);
	process(r, &acts, now);
	request(r, acts.request);
	keep_orders(r, now);
	return acts.crossing_over;
}

bool rig_until_invites(struct rig *r, unsigned limit_s)
{
	uint64_t end = mono_us() + (uint64_t)limit_s * 1000000;
	while (mono_us() < end) {
		rig_step(r, false);
		if (sim_lane_invites(&r->lane) && !r->traffic.active)
			return true;
	}
	return false;
}

void rig_start(struct rig *r, const struct rig_paths *paths, const struct rig_lane *lane, uint64_t seed, uint32_t first)
{
	memset(r, 0, sizeof *r);
	r->step_us = 10000;
	r->daemon.paths = *paths;
	gpio_bench_make(&r->gpio);
	r->officer_needed = lane->officer_needed;
	sim_lane_init(&r->lane, &lane->setup, mono_us());
	r->lane.free = lane->free;
	if (lane->somebody_inside)
		sim_person_inside(&r->lane.person[0], mono_us());
	for (unsigned i = 0; i < SIM_LEAVES; i++)
		if (lane->opening[i] > 0) {
			r->lane.leaf[i].opening = STEEL_OPEN / 1000 * lane->opening[i];
			r->lane.leaf[i].bolt = 0;
		}
	sim_traffic_init(&r->traffic, &r->lane, seed, first);
	gpio_bench_write(&r->gpio, sim_lane_inputs(&r->lane));
	daemon_start(&r->daemon);
}
