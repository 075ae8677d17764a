/* SPDX-License-Identifier: Apache-2.0
 * The bench's program in the guest: hil-rig [--lane FILE] [--free] [--duty] [--inside ENTRY EXIT] PATHS... MODE ARGUMENT; run by tests/hil/run. The last line is "rig: good" or
 * "rig: NOT GOOD". Must never run outside a guest: it makes chips and sets the clock's state.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#define SOAK_TELLS 50u
#define ENDED_EARLY 3 /* all that was run is good, and was less than asked for */

/* A line on standard input, which is the guest's console; a closed or empty one says nothing. */
static bool told_enough(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
	char line[64];
	return poll(&in, 1, 0) == 1 && (in.revents & POLLIN) != 0 && read(STDIN_FILENO, line, sizeof line) > 0;
}

static void tell(const struct rig *r, uint32_t done, double seconds, const struct daemon_memory *m)
{
	const struct sim_lane_oracle *o = &r->lane.oracle;
	printf("soak  %u crossings, %.0f s of the guest's time; in %u, out %u, back %u; %ld KiB resident, %ld KiB anonymous\n", done, seconds,
		o->came_in, o->went_out, o->went_back, m->resident_kib, m->anonymous_kib);
	fflush(stdout);
}

static void judge_soak(const struct rig *r, uint32_t done, double seconds)
{
	const struct sim_traffic *t = &r->traffic;
	const struct sim_lane_oracle *o = &r->lane.oracle;
	printf("soak  %u crossings in %.0f s of the guest's time, seed %llu: in %u, out %u, back %u; with nothing wrong %.1f s each\n", done,
		seconds, (unsigned long long)t->seed, o->came_in, o->went_out, o->went_back,
		t->normal > 0 ? (double)t->normal_us / t->normal / 1e6 : 0.0);
	printf("soak  both leaves released %.3f s, both passable %u times; longest shut in %.1f s; longest crossing %.1f s (number %u)\n",
		(double)o->both_released_us / 1e6, o->both_open, (double)o->longest_shut_in_us / 1e6, (double)t->longest_us / 1e6,
		t->longest_number);
}

unsigned soak_run(struct rig *r, uint32_t crossings, uint32_t *done)
{
	struct sim_traffic *t = &r->traffic;
	struct sim_lane_oracle *o = &r->lane.oracle;
	uint32_t before = t->done;
	memset(o, 0, sizeof *o);
	uint64_t progress = mono_us(), begun = progress;
	struct daemon_memory first = daemon_memory(&r->daemon), now = first;
	bool stuck = false, enough = false;
	while (t->done - before < crossings && !stuck && !enough) {
		if (rig_step(r, true)) {
			progress = mono_us();
			*done = t->done - before;
			enough = told_enough();
			if (*done % SOAK_TELLS == 0) {
				now = daemon_memory(&r->daemon);
				first = *done == SOAK_TELLS ? now : first;
				tell(r, *done, (double)(progress - begun) / 1e6, &now);
				machine_clock(true); /* its error grows by itself */
			}
		}
		stuck = mono_us() - progress > UINT64_C(1200) * 1000000;
	}
	if (stuck) {
		daemon_status(&r->daemon, &r->status);
		printf("soak  stuck at crossing %u (%s, %s, line %s) in %s\n", t->plan.number, sim_will_name(t->plan.will),
			sim_fault_name(t->plan.fault), sim_lane_line_name(t->plan.line), r->status.state);
	}
	now = daemon_memory(&r->daemon);
	judge_soak(r, t->done - before, (double)(mono_us() - begun) / 1e6);
	printf("soak  memory of all processes, resident %ld KiB at first, %ld KiB at the end; anonymous %ld KiB, %ld KiB\n", first.resident_kib,
		now.resident_kib, first.anonymous_kib, now.anonymous_kib);
	return (unsigned)stuck + !sim_lane_good(o, SIM_SHUT_IN_DRAWN_LIMIT_US);
}

/* Nobody comes, until the file is there: somebody else does something to the daemon meanwhile. */
static unsigned wait_run(struct rig *r, const char *file)
{
	uint64_t end = mono_us() + UINT64_C(120) * 1000000;
	rig_watch(r);
	while (access(file, F_OK) != 0) {
		if (mono_us() > end) {
			printf("wait  %s does not come\n", file);
			return 1;
		}
		rig_step(r, false);
	}
	printf("wait  %s: the relay %s\n", file, r->seen.relay_lost ? "dropped" : "held");
	return 0;
}

/* A traveller crosses; so long after they stand inside, the line that whoever has the plug waits for. Nothing follows it. */
static unsigned cut_run(struct rig *r, unsigned after_ms)
{
	const struct sim_plan plan = {.number = 1, .will = WILL_CROSS, .fault = SIM_FAULT_NOTHING, .speed_mm_s = 1200, .react_ms = 250,
		.officer_ms = 2000};
	uint64_t end = mono_us() + UINT64_C(120) * 1000000;
	sim_traffic_begin(&r->traffic, &plan);
	r->listed = false;
	while (r->lane.person[0].place != CHAMBER && mono_us() < end)
		rig_step(r, false);
	for (uint64_t at = mono_us() + (uint64_t)after_ms * 1000; mono_us() < at;)
		rig_step(r, false);
	if (r->lane.person[0].place != CHAMBER) {
		puts("cut   nobody stands inside: too late, or never");
		return 1;
	}
	daemon_status(&r->daemon, &r->status);
	printf("cut   now, in %s, leaves open by %lld and %lld of 1000\n", r->status.state,
		(long long)(r->lane.leaf[SIM_ENTRY].opening * 1000 / STEEL_OPEN), (long long)(r->lane.leaf[SIM_EXIT].opening * 1000 / STEEL_OPEN));
	fflush(stdout);
	for (;;)
		rig_step(r, false);
}

/* Whoever was inside as the power came back has gone by the entry, and the exit was never released. */
static unsigned judge_return(const struct rig *r, double seconds)
{
	const struct sim_lane_oracle *o = &r->lane.oracle;
	bool good = o->went_back == 1 && o->went_out == 0 && !r->seen.exit_released && sim_lane_good(o, SIM_SHUT_IN_LIMIT_US);
	printf("cut   %s %.1f s after the start, shut in for %.1f s of them; the exit was %s\n",
		good ? "the person inside has gone back by" : "NOT OK after", seconds, (double)o->longest_shut_in_us / 1e6,
		r->seen.exit_released ? "released" : "never released");
	return good ? 0 : 1;
}

static void take_lane(const char *path, struct sim_lane_setup *setup)
{
	static char text[8192];
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	if (!sim_lane_built(text, setup))
		fail("%s: expected topology, drive and lines", path);
}

/* How many words were options. */
static int options(int argc, char **argv, struct rig_lane *lane)
{
	int i = 1;
	lane->setup = (struct sim_lane_setup){.stroke_ms = 900, .bolt_ms = 120, .drive_latches = true, .relay_hold_ms = 300,
		.escape = {true, true}};
	for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
		if (strcmp(argv[i], "--lane") == 0 && i + 1 < argc)
			take_lane(argv[++i], &lane->setup);
		else if (strcmp(argv[i], "--free") == 0)
			lane->free = true;
		else if (strcmp(argv[i], "--duty") == 0)
			lane->officer_needed = true;
		else if (strcmp(argv[i], "--inside") == 0 && i + 2 < argc) {
			lane->somebody_inside = true;
			lane->opening[SIM_ENTRY] = strtol(argv[++i], NULL, 10);
			lane->opening[SIM_EXIT] = strtol(argv[++i], NULL, 10);
		} else
			fail("%s: expected --lane FILE, --free, --duty or --inside ENTRY EXIT", argv[i]);
	}
	return i - 1;
}

int main(int argc, char **argv)
{
	static struct rig r;
	struct rig_lane lane = {.free = false};
	unsigned bad = 0;
	bool early = false;
	int taken = options(argc, argv, &lane);
	argc -= taken;
	argv += taken;
	if (argc < 11)
		fail("usage: hil-rig [--lane FILE] [--free] [--duty] [--inside ENTRY EXIT] POSTERND CONFIG TOOL RUN KEY LOG DOCUMENTS SEED FIRST "
		     "{rows NAME|times N|soak N|wait FILE|cut MS}...");
	const struct rig_paths paths = {argv[1], argv[2], argv[3], argv[4], argv[5], argv[6], argv[7]};
	machine_clock(true);
	uint64_t begun = mono_us();
	rig_start(&r, &paths, &lane, strtoull(argv[8], NULL, 10),
		(uint32_t)strtoul(argv[9], NULL, 10));
	if (!rig_until_invites(&r, 120)) {
		daemon_status(&r.daemon, &r.status);
		fail("the lane invites nobody after %.0f s, state %s, inputs %llx, outputs %llx", (double)(mono_us() - begun) / 1e6,
			r.status.state, (unsigned long long)sim_lane_inputs(&r.lane), (unsigned long long)r.lane.outputs);
	}
	printf("rig: the lane invites the first traveller after %.2f s\n", (double)(mono_us() - begun) / 1e6);
	/* What two officers put into use is in use again when the power is back. */
	if (lane.somebody_inside)
		bad += judge_return(&r, (double)(mono_us() - begun) / 1e6);
	else if (!daemon_activate(&r.daemon))
		fail("two officers could not put the rules into use");
	for (int i = 10; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "rows") == 0)
			bad += rows_run(&r, strcmp(argv[i + 1], "all") == 0 ? NULL : argv[i + 1]);
		else if (strcmp(argv[i], "times") == 0)
			bad += latency_run(&r, (unsigned)strtoul(argv[i + 1], NULL, 10));
		else if (strcmp(argv[i], "soak") == 0) {
			uint32_t wanted = (uint32_t)strtoul(argv[i + 1], NULL, 10), done = 0;
			bad += soak_run(&r, wanted, &done);
			early = early || done < wanted;
		}
		else if (strcmp(argv[i], "wait") == 0)
			bad += wait_run(&r, argv[i + 1]);
		else if (strcmp(argv[i], "cut") == 0)
			bad += cut_run(&r, (unsigned)strtoul(argv[i + 1], NULL, 10));
		else
			fail("%s: expected rows, times, soak, wait or cut", argv[i]);
	}
	bad += !rig_until_invites(&r, 120);
	int status = daemon_stop(&r.daemon);
	if (status != 0)
		printf("rig: posternd ended with %d\n", status);
	bad += status != 0;
	if (early)
		puts("rig: ended before all crossings that were asked for");
	puts(bad == 0 ? "rig: good" : "rig: NOT GOOD");
	fflush(stdout);
	return bad != 0 ? 1 : early ? ENDED_EARLY : 0;
}
