/* SPDX-License-Identifier: Apache-2.0
 * Every fault that a lane's hardware can have, brought about by an edge or a signal, and the response that must be seen on the
 * output lines, behind the relay. Must never be satisfied by a lane that does not serve again afterwards.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

enum wanted {
	PASSES = 1,
	STAYS_OUT = 2,	      /* nobody comes out by the exit */
	EXIT_NEVER = 4,	      /* the exit is never released */
	ALARM = 8,	      /* the contact that calls somebody */
	NO_SERVICE = 16,      /* the contact "out of service" */
	BOTH = 32,	      /* both locks released: an emergency */
	REOPENS = 64,	      /* the entry is driven open again while it closes */
	RELAY_LOST = 128,     /* the kick stands still and the relay drops */
	WAITS_INSIDE = 256,   /* amber inside: an officer is waited for */
	ENTRY_NEVER = 512,    /* the entry is not released while it lasts */
	BACK = 1024,	      /* by the entry */
};

struct row {
	const char *name;
	enum sim_will will;
	enum sim_fault fault;
	enum sim_place when;
	uint32_t delay_ms, lasts_ms;
	enum sim_lane_line line;
	uint32_t dwell_ms;
	unsigned wanted;
};

#define NO_LINE SIM_LANE_fire_alarm

static const struct row rows[] = {
	{"normal crossing", WILL_CROSS, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES},
	{"obstruction while closing", WILL_STEP_BACK, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 1500, REOPENS | PASSES},
	{"door held open", WILL_HOLD_ENTRY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 14000, EXIT_NEVER | STAYS_OUT},
	{"held open at the exit", WILL_HOLD_EXIT, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 6000, PASSES},
	{"stays in the exit", WILL_HOLD_EXIT, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 27000, PASSES},
	{"entry does not open", WILL_CROSS, SIM_FAULT_JAM_ENTRY, READER, 0, 6000, NO_LINE, 0, 0},
	{"exit does not open", WILL_CROSS, SIM_FAULT_JAM_EXIT, ENTERS, 0, 20000, NO_LINE, 0, WAITS_INSIDE},
	{"entry's lock does not follow", WILL_CROSS, SIM_FAULT_BOLT_ENTRY, READER, 0, 9000, NO_LINE, 0, NO_SERVICE},
	{"exit's lock does not follow", WILL_CROSS, SIM_FAULT_BOLT_EXIT, ENTERS, 0, 15000, NO_LINE, 0, WAITS_INSIDE},
	{"entry's motor reports a fault", WILL_CROSS, SIM_FAULT_MOTOR_ENTRY, COMES, 500, 3000, NO_LINE, 0, 0},
	{"exit's motor reports a fault", WILL_CROSS, SIM_FAULT_MOTOR_EXIT, CHAMBER, 900, 3000, NO_LINE, 0, 0},
	{"tailgating", WILL_CROSS, SIM_FAULT_TAILGATER, WAITS, 0, 1, NO_LINE, 0, EXIT_NEVER | STAYS_OUT | BACK | WAITS_INSIDE},
	{"wrong way", WILL_CROSS, SIM_FAULT_WRONG_WAY, LEAVES, 900, 1, NO_LINE, 0, ALARM},
	{"crawling under the entry", WILL_NO_SHOW, SIM_FAULT_CRAWLS, COMES, 0, 4000, NO_LINE, 0, ALARM | EXIT_NEVER},
	{"climbing over the entry", WILL_NO_SHOW, SIM_FAULT_CLIMBS, COMES, 0, 4000, NO_LINE, 0, ALARM | EXIT_NEVER},
	{"person remains", WILL_STAY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 12000, 0},
	{"person remains for long", WILL_STAY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 27000, 0},
	{"left object", WILL_LEAVE_BAG, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES | NO_SERVICE},
	{"forced entry", WILL_NO_SHOW, SIM_FAULT_FORCE_ENTRY, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | EXIT_NEVER},
	{"forced exit", WILL_NO_SHOW, SIM_FAULT_FORCE_EXIT, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | STAYS_OUT},
	{"open and closed at once", WILL_NO_SHOW, SIM_FAULT_SHORT, COMES, 0, 3000, SIM_LANE_entry_open, 0, NO_SERVICE | EXIT_NEVER},
	{"a position's wire is cut", WILL_NO_SHOW, SIM_FAULT_CUT, COMES, 0, 3000, SIM_LANE_exit_closed, 0, NO_SERVICE | EXIT_NEVER},
	{"a lock's wire is cut, somebody inside", WILL_CROSS, SIM_FAULT_CUT, CHAMBER, 0, 4000, SIM_LANE_entry_locked, 0, 0},
	{"a safety beam's wire is cut", WILL_CROSS, SIM_FAULT_CUT, ENTERS, 200, 4000, SIM_LANE_entry_safety_beam, 0, 0},
	{"fire alarm, nobody inside", WILL_NO_SHOW, SIM_FAULT_FIRE, COMES, 0, 4000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH},
	{"fire alarm, somebody inside", WILL_CROSS, SIM_FAULT_FIRE, CHAMBER, 400, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH},
	{"fire alarm's wire is cut", WILL_NO_SHOW, SIM_FAULT_CUT, COMES, 0, 4000, SIM_LANE_fire_alarm, 0, ALARM | NO_SERVICE | BOTH},
	{"fire alarm of 3 ms", WILL_NO_SHOW, SIM_FAULT_FIRE, COMES, 0, 3, NO_LINE, 0, ALARM | NO_SERVICE | BOTH},
	{"break-glass", WILL_CROSS, SIM_FAULT_GLASS, CHAMBER, 400, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH},
	{"emergency stop", WILL_CROSS, SIM_FAULT_ESTOP, ENTERS, 300, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH},
	{"mains loss, somebody inside", WILL_CROSS, SIM_FAULT_MAINS, CHAMBER, 0, 6000, NO_LINE, 0, PASSES},
	{"mains loss, nobody inside", WILL_NO_SHOW, SIM_FAULT_MAINS, COMES, 0, 6000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER},
	{"battery low", WILL_NO_SHOW, SIM_FAULT_BATTERY, COMES, 0, 5000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER},
	{"cabinet open", WILL_NO_SHOW, SIM_FAULT_CABINET, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | EXIT_NEVER},
	{"officer's button", WILL_CROSS, SIM_FAULT_BUTTON, READER, 0, 2000, NO_LINE, 0, ALARM | PASSES},
	{"maintenance key", WILL_NO_SHOW, SIM_FAULT_MAINTENANCE, COMES, 0, 3000, NO_LINE, 0, NO_SERVICE | EXIT_NEVER},
	{"plugin killed, nobody inside", WILL_NO_SHOW, SIM_FAULT_PLUGIN_DIES, COMES, 0, 1, NO_LINE, 0, 0},
	{"plugin killed, somebody inside", WILL_CROSS, SIM_FAULT_PLUGIN_DIES, CHAMBER, 300, 1, NO_LINE, 0, 0},
	{"plugin stopped", WILL_CROSS, SIM_FAULT_PLUGIN_STOPS, CHAMBER, 100, 4000, NO_LINE, 0, RELAY_LOST},
	{"core killed, nobody inside", WILL_NO_SHOW, SIM_FAULT_CORE_DIES, COMES, 0, 1, NO_LINE, 0, 0},
	{"core killed, somebody inside", WILL_CROSS, SIM_FAULT_CORE_DIES, CHAMBER, 300, 1, NO_LINE, 0, STAYS_OUT | BACK},
	{"core stopped", WILL_CROSS, SIM_FAULT_CORE_STOPS, CHAMBER, 100, 4000, NO_LINE, 0, RELAY_LOST},
	{"reader killed", WILL_CROSS, SIM_FAULT_READER_DIES, READER, 0, 3000, NO_LINE, 0, NO_SERVICE | EXIT_NEVER},
	{"document check killed", WILL_CROSS, SIM_FAULT_CHECK_DIES, READER, 0, 3000, NO_LINE, 0, 0},
	{"rules killed", WILL_CROSS, SIM_FAULT_RULES_DIE, READER, 0, 3000, NO_LINE, 0, 0},
	{"journal's disk full", WILL_CROSS, SIM_FAULT_DISK_FULL, ENTERS, 0, 9000, NO_LINE, 0, WAITS_INSIDE},
	{"clock not synchronised, nobody inside", WILL_NO_SHOW, SIM_FAULT_CLOCK_LOST, COMES, 0, 6000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER},
	{"clock not synchronised, somebody inside", WILL_CROSS, SIM_FAULT_CLOCK_LOST, ENTERS, 0, 6000, NO_LINE, 0, WAITS_INSIDE},
	{"clock set an hour ahead, somebody inside", WILL_CROSS, SIM_FAULT_CLOCK_STEPS, ENTERS, 0, 1, NO_LINE, 0, WAITS_INSIDE | NO_SERVICE},
	{"normal again", WILL_CROSS, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES},
};

static unsigned seen_of(const struct rig *r, uint32_t back)
{
	const struct rig_seen *s = &r->seen;
	bool passed = r->lane.person[0].passed;
	return (passed ? PASSES : STAYS_OUT) | (s->exit_released ? 0 : EXIT_NEVER) | (s->alarm ? ALARM : 0) |
	       (s->out_of_service ? NO_SERVICE : 0) | (s->both_released ? BOTH : 0) | (s->entry_reopened ? REOPENS : 0) |
	       (s->relay_lost ? RELAY_LOST : 0) | (s->amber_inside ? WAITS_INSIDE : 0) | (s->entry_released ? 0 : ENTRY_NEVER) |
	       (r->lane.oracle.went_back > back ? BACK : 0);
}

static const char *word(unsigned bit)
{
	static const char *const words[] = {"passes", "does not pass", "exit never released", "alarm", "out of service",
		"both locks released", "reopens", "relay drops", "officer waited for", "entry not released while it lasts", "goes back"};
	return words[bit];
}

static void print_wants(unsigned bits)
{
	for (unsigned i = 0; i <= 10; i++)
		if ((bits >> i & 1) != 0)
			printf(" [%s]", word(i));
}

static bool row_run(struct rig *r, const struct row *w)
{
	struct sim_plan plan = {.number = 1, .will = w->will, .fault = w->fault, .when = w->when, .delay_ms = w->delay_ms,
		.lasts_ms = w->lasts_ms, .line = w->line, .speed_mm_s = 1200, .react_ms = 250, .dwell_ms = w->dwell_ms,
		.officer_ms = 2000, .admits = false};
	uint32_t back = r->lane.oracle.went_back;
	bool over = false;
	if (!rig_until_invites(r, 120)) {
		printf("row   %-38s NOT RUN: the lane invites nobody\n", w->name);
		return false;
	}
	r->lane.oracle.longest_shut_in_us = r->lane.oracle.both_released_us = 0;
	r->lane.oracle.both_open = 0;
	rig_watch(r);
	sim_traffic_begin(&r->traffic, &plan);
	r->listed = false;
	uint64_t begun = mono_us(), limit = begun + UINT64_C(400) * 1000000;
	while (!over && mono_us() < limit)
		over = rig_step(r, false);
	unsigned missing = w->wanted & ~seen_of(r, back);
	bool lawful = sim_lane_good(&r->lane.oracle, SIM_SHUT_IN_LIMIT_US);
	double after = r->seen.response_us != 0 ? (double)(r->seen.response_us - r->seen.fault_us) / 1e3 : 0;
	printf("row   %-38s %-7s %5.1f s, first output %8.2f ms after (%s),", w->name, over && missing == 0 && lawful ? "ok" : "NOT OK",
		(double)(mono_us() - begun) / 1e6, after, r->seen.response != NULL ? r->seen.response : "none");
	print_wants(w->wanted);
	if (missing != 0) {
		printf(" NOT SEEN:");
		print_wants(missing);
	}
	printf("%s%s\n", over ? "" : " NEVER SERVES AGAIN", lawful ? "" : " UNLAWFUL");
	fflush(stdout);
	return over && missing == 0 && lawful;
}

unsigned rows_run(struct rig *r, const char *only)
{
	unsigned bad = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (only == NULL || strstr(rows[i].name, only) != NULL)
			bad += !row_run(r, &rows[i]);
	return bad;
}
