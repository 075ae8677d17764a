/* SPDX-License-Identifier: Apache-2.0
 * lane-soak: thousands of crossings with random misfortunes, on steel and with people that are modelled, through the shipped
 * library of the hardware and the shipped lane, in one process and without real time:
 *   lane-soak [--crossings N] [--seed S] [--first N] [--lane FILE] [--free] [--verbose] [--plant]
 * --lane: a lane file (hw/lanes), else a two-step lane with every line. --free: an officer has ordered the lane free. --plant: a wire between the two locks, for the test that the onlooker sees it.
 * Judged by the onlooker on the other side of the lines. Must never pass because nothing happened: what was met is printed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "machine.h"
#include "sim/lane/traffic.h"
#include "wiring/wiring.h"

#define TICK_US 5000
#define STUCK_US (UINT64_C(1200) * 1000000)
#define ORDER_EVERY_US (UINT64_C(2500) * 1000)
#define LANE_FILE_MAX 8192

struct soak {
	struct machine machine;
	struct sim_lane lane;
	struct sim_traffic traffic;
	bool verbose, plant, free;
	uint64_t ordered_us;
	uint8_t state;
};

static void describe(struct lane_hw_description *d)
{
	lane_hw_description_default(d);
	snprintf(d->name, sizeof d->name, "soak");
	d->occupancy = LANE_HW_BOTH;
	d->drive = LANE_HW_PULSE;
	for (unsigned i = 0; i < LANE_HW_LINES; i++)
		d->line[i].present = true;
}

static void process(struct soak *s, const struct sim_traffic_acts *acts)
{
	struct machine *m = &s->machine;
	switch (acts->process) {
	case SIM_FAULT_CORE_DIES:
		machine_kill_core(m);
		break;
	case SIM_FAULT_PLUGIN_DIES:
		machine_kill_plugin(m);
		break;
	case SIM_FAULT_CORE_STOPS:
		machine_freeze(m, true, true);
		break;
	case SIM_FAULT_PLUGIN_STOPS:
		machine_freeze(m, false, true);
		break;
	default:
		break;
	}
	if (!acts->process_over)
		return;
	/* The supervisor has ended what was silent for long. */
	if (m->core_frozen)
		machine_kill_core(m);
	if (m->plugin_frozen)
		machine_kill_plugin(m);
}

static void tell(struct soak *s)
{
	if (!s->verbose || s->machine.lane.gate.state == s->state)
		return;
	s->state = s->machine.lane.gate.state;
	printf("%10.3f  %-18s in %u (sensed %u%s) entry %u exit %u\n", (double)s->lane.now_us / 1e6, gate_state_name(s->state),
		sim_lane_inside(&s->lane), s->machine.sensed.occupants, s->machine.sensed.occupants_known ? "" : "?",
		s->machine.sensed.entry_leaf, s->machine.sensed.exit_leaf);

}

static void act(struct soak *s, const struct sim_traffic_acts *acts)
{
	struct machine *m = &s->machine;
	if (acts->takes_document)
		machine_document(m, false);
	if (acts->lays_document)
		machine_document(m, true);
	if (acts->lays_at_kiosk)
		machine_issue(m);
	if (acts->request == SIM_RESUME)
		machine_resume(m);
	else if (acts->request != SIM_ASKS_NOTHING && machine_waiting(m))
		machine_decide(m, acts->request == SIM_ADMIT);
	process(s, acts);
	if (s->verbose && acts->crossing_over)
		printf("crossing %u over: %s, %s at %u, %u ms, %s: %s\n", s->traffic.plan.number, sim_will_name(s->traffic.plan.will),
			sim_fault_name(s->traffic.plan.fault), s->traffic.plan.when, s->traffic.plan.lasts_ms,
			sim_lane_line_name(s->traffic.plan.line), s->lane.person[0].passed ? "passed" : "did not pass");
}

/* An officer stands by who has the lane free whenever it can be. */
static void keep_free(struct soak *s)
{
	struct machine *m = &s->machine;
	if (machine_is_free(m) || s->traffic.fault_on || s->lane.now_us - s->ordered_us < ORDER_EVERY_US)
		return;
	machine_order_free(m);
	s->ordered_us = s->lane.now_us;
}

static void tick(struct soak *s)
{
	struct machine *m = &s->machine;
	struct sim_traffic_acts acts;
	uint64_t now = s->lane.now_us + TICK_US;
	uint64_t levels = machine_outputs(m);
	if (s->plant && (levels & SIM_LANE_BIT(exit_unlock)) != 0)
		levels |= SIM_LANE_BIT(entry_unlock);
	sim_lane_outputs(&s->lane, levels, now);
	if (s->free)
		keep_free(s);
	struct sim_console console = {machine_waiting(m), machine_wants_resume(m)};
	bool idle = !s->traffic.active;
	sim_traffic_step(&s->traffic, &console, true, &acts);
	if (idle && s->traffic.active)
		m->listed = s->traffic.plan.number % 10 == 9;
	act(s, &acts);
	machine_run(m, sim_lane_inputs(&s->lane), now);
	tell(s);
}

static unsigned ledger_faults(const struct machine *m, unsigned *passed)
{
	unsigned bad = 0;
	*passed = 0;
	for (unsigned i = 0; i < m->entries; i++) {
		const struct entry *e = &m->ledger[i];
		bool last = i + 1 == m->entries && e->outcomes == 0;
		*passed += e->outcome == POSTERN__OUTCOME__OUTCOME_PASSED;
		if (!last && (e->outcomes != 1 || e->verdicts > 1))
			bad++;
	}
	return bad;
}

static int report(const struct soak *s, uint32_t wanted)
{
	const struct sim_traffic *t = &s->traffic;
	const struct sim_lane_oracle *o = &s->lane.oracle;
	unsigned passed, bad = ledger_faults(&s->machine, &passed);
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("lane-soak: seed %" PRIu64 ", %u crossings of %u in %.1f simulated hours; resident at most %ld MiB\n", t->seed, t->done,
		wanted, (double)s->lane.now_us / 3.6e9, usage.ru_maxrss / 1024);
	for (unsigned i = 0; i < SIM_FAULTS; i++)
		printf("  %-16s %5u, of whom passed %5u\n", sim_fault_name((enum sim_fault)i), t->by_fault[i], t->passed_by_fault[i]);
	printf("persons in %u, out %u, back %u; at most %u inside; a crossing with nothing wrong takes %.1f s\n", o->came_in, o->went_out,
		o->went_back, o->most_inside, t->normal > 0 ? (double)t->normal_us / t->normal / 1e6 : 0);
	printf("journal: %u crossings, %u passed; not exactly once: %u\n", s->machine.entries, passed, bad);
	printf("both leaves released: %.3f s; both passable: %u times, and %u times by violence; a leaf released to a forced one: %u\n",
		(double)o->both_released_us / 1e6, o->both_open, o->both_forced, o->opened_to_forced);
	printf("longest shut in %.1f s; longest crossing %.1f s (number %u); leaf against a body at most %.0f ms\n",
		(double)o->longest_shut_in_us / 1e6, (double)t->longest_us / 1e6, t->longest_number, (double)o->longest_pressed_us / 1e3);
	printf("exit released %" PRIu64 " times, without a record %" PRIu64 "\n", s->machine.exits, s->machine.exits_without_record);
	bool good = t->done >= wanted && bad == 0 && sim_lane_good(o, SIM_SHUT_IN_DRAWN_LIMIT_US) &&
		    s->machine.exits_without_record == 0 && s->machine.lost_entries == 0;
	puts(good ? "lane-soak: good" : "lane-soak: NOT GOOD");
	return good ? 0 : 1;
}

/* The file as each side reads it. */
static bool take_lane(const char *path, struct lane_hw_description *d, struct sim_lane_setup *setup)
{
	static char text[LANE_FILE_MAX];
	char why[WIRING_ERROR_MAX];
	FILE *f = fopen(path, "re");
	size_t n = f != NULL ? fread(text, 1, sizeof text - 1, f) : 0;
	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	if (wiring_lane_load(path, d, why, sizeof why) != 0) {
		fprintf(stderr, "lane-soak: %s\n", why);
		return false;
	}
	if (!sim_lane_built(text, setup)) {
		fprintf(stderr, "lane-soak: %s: expected topology, drive and lines\n", path);
		return false;
	}
	return true;
}

static bool number(const char *text, uint64_t *out)
{
	char *end;
	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

int main(int argc, char **argv)
{
	static struct soak s;
	uint64_t crossings = 200, seed = 1, first = 1, last_done = 0;
	const char *file = NULL;
	struct lane_hw_description d;
	struct sim_lane_setup setup = {.stroke_ms = 900, .bolt_ms = 120, .drive_latches = true, .relay_hold_ms = 300,
		.escape = {true, true}};
	for (int i = 1; i < argc; i++) {
		uint64_t *to = strcmp(argv[i], "--crossings") == 0 ? &crossings : strcmp(argv[i], "--seed") == 0 ? &seed :
			strcmp(argv[i], "--first") == 0 ? &first : NULL;
		if (strcmp(argv[i], "--verbose") == 0)
			s.verbose = true;
		else if (strcmp(argv[i], "--free") == 0)
			s.free = true;
		else if (strcmp(argv[i], "--lane") == 0 && i + 1 < argc)
			file = argv[++i];
		else if (strcmp(argv[i], "--plant") == 0)
			s.plant = true;
		else if (to == NULL || i + 1 == argc || !number(argv[++i], to)) {
			fprintf(stderr, "usage: lane-soak [--crossings N] [--seed S] [--first N] [--lane FILE] [--free] [--verbose] [--plant]\n");
			return 2;
		}
	}
	describe(&d);
	if (file != NULL && !take_lane(file, &d, &setup))
		return 2;
	sim_lane_init(&s.lane, &setup, 1000000);
	s.lane.free = s.free;
	machine_start(&s.machine, &d, seed, 1000000);
	sim_traffic_init(&s.traffic, &s.lane, seed, (uint32_t)first);
	uint64_t progress_us = s.lane.now_us;
	while (s.traffic.done < crossings) {
		tick(&s);
		if (s.traffic.done != last_done)
			progress_us = s.lane.now_us;
		last_done = s.traffic.done;
		if (s.lane.now_us - progress_us > STUCK_US) {
			printf("lane-soak: stuck at crossing %u (%s, %s, line %s) in state %s\n", s.traffic.plan.number,
				sim_will_name(s.traffic.plan.will), sim_fault_name(s.traffic.plan.fault),
				sim_lane_line_name(s.traffic.plan.line), gate_state_name(s.machine.lane.gate.state));
			break;
		}
	}
	int rc = report(&s, (uint32_t)crossings);
	machine_stop(&s.machine);
	return rc;
}
