/* SPDX-License-Identifier: Apache-2.0
 * The bench's program in the guest: hil-rig PATHS... MODE ARGUMENT; run by tests/hil/guest-run. The last line is "rig: good" or
 * "rig: NOT GOOD". Must never run outside a guest: it makes chips and sets the clock's state.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>

#include "rig.h"

/* The guest's clock is the host's; nobody synchronises it here, and a production profile admits nobody without. */
static void assert_clock(void)
{
	struct timex t = {.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR, .status = STA_PLL, .maxerror = 1000, .esterror = 1000};
	if (adjtimex(&t) < 0)
		fail("the clock cannot be set");
}

unsigned soak_run(struct rig *r, uint32_t crossings)
{
	struct sim_traffic *t = &r->traffic;
	struct sim_lane_oracle *o = &r->lane.oracle;
	uint32_t before = t->done, told = 0;
	memset(o, 0, sizeof *o);
	uint64_t progress = mono_us(), begun = progress;
	long at_first = daemon_resident_kib(&r->daemon), most = at_first;
	bool stuck = false;
	while (t->done - before < crossings && !stuck) {
		if (rig_step(r, true)) {
			progress = mono_us();
			if ((t->done - before) % 100 == 0) {
				long now = daemon_resident_kib(&r->daemon);
				most = now > most ? now : most;
				if (t->done - before == 100)
					at_first = now;
				assert_clock(); /* its error grows by itself */
			}
			if ((t->done - before) % 500 == 0 && told != t->done) {
				told = t->done;
				printf("soak  %u crossings, %.0f s, %ld KiB\n", t->done - before, (double)(mono_us() - begun) / 1e6, most);
				fflush(stdout);
			}
		}
		stuck = mono_us() - progress > UINT64_C(1200) * 1000000;
	}
	if (stuck) {
		daemon_status(&r->daemon, &r->status);
		printf("soak  stuck at crossing %u (%s, %s, line %s) in %s\n", t->plan.number, sim_will_name(t->plan.will),
			sim_fault_name(t->plan.fault), sim_lane_line_name(t->plan.line), r->status.state);
	}
	long at_end = daemon_resident_kib(&r->daemon);
	bool lawful = sim_lane_good(o, SIM_SHUT_IN_DRAWN_LIMIT_US);
	printf("soak  %u crossings in %.0f s of the guest's time, seed %llu: in %u, out %u, back %u; with nothing wrong %.1f s each\n",
		t->done - before, (double)(mono_us() - begun) / 1e6, (unsigned long long)t->seed, o->came_in, o->went_out, o->went_back,
		t->normal > 0 ? (double)t->normal_us / t->normal / 1e6 : 0.0);
	printf("soak  both leaves released %.3f s, both passable %u times; longest shut in %.1f s; longest crossing %.1f s (number %u)\n",
		(double)o->both_released_us / 1e6, o->both_open, (double)o->longest_shut_in_us / 1e6, (double)t->longest_us / 1e6,
		t->longest_number);
	printf("soak  anonymous memory of all processes %ld KiB at first, %ld KiB at the end\n", at_first, at_end);
	return (unsigned)stuck + !lawful;
}

int main(int argc, char **argv)
{
	static struct rig r;
	const struct sim_lane_setup setup = {.stroke_ms = 900, .bolt_ms = 120, .drive_latches = true, .relay_hold_ms = 300,
		.escape = {true, true}};
	unsigned bad = 0;
	if (argc < 10)
		fail("usage: hil-rig POSTERND CONFIG TOOL RUN KEY LOG DOCUMENTS SEED {rows NAME|times N|soak N}...");
	const struct rig_paths paths = {argv[1], argv[2], argv[3], argv[4], argv[5], argv[6], argv[7]};
	assert_clock();
	uint64_t begun = mono_us();
	rig_start(&r, &paths, &setup, strtoull(argv[8], NULL, 10), 1);
	if (!rig_until_invites(&r, 120)) {
		daemon_status(&r.daemon, &r.status);
		fail("the lane invites nobody after %.0f s, state %s, inputs %llx, outputs %llx", (double)(mono_us() - begun) / 1e6,
			r.status.state, (unsigned long long)sim_lane_inputs(&r.lane), (unsigned long long)r.lane.outputs);
	}
	printf("rig: the lane invites the first traveller after %.2f s\n", (double)(mono_us() - begun) / 1e6);
	if (!daemon_activate(&r.daemon))
		fail("two officers could not put the rules into use");
	for (int i = 9; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "rows") == 0)
			bad += rows_run(&r, strcmp(argv[i + 1], "all") == 0 ? NULL : argv[i + 1]);
		else if (strcmp(argv[i], "times") == 0)
			bad += latency_run(&r, (unsigned)strtoul(argv[i + 1], NULL, 10));
		else if (strcmp(argv[i], "soak") == 0)
			bad += soak_run(&r, (uint32_t)strtoul(argv[i + 1], NULL, 10));
		else
			fail("%s: expected rows, times or soak", argv[i]);
	}
	bad += !rig_until_invites(&r, 120);
	int status = daemon_stop(&r.daemon);
	if (status != 0)
		printf("rig: posternd ended with %d\n", status);
	bad += status != 0;
	puts(bad == 0 ? "rig: good" : "rig: NOT GOOD");
	fflush(stdout);
	return bad != 0;
}
