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
	SHUTS = 2048,	      /* an entry that stands open is shut and locked while it lasts */
};

/* Lanes in which a row is run. */
enum lanes {
	TWO = 1, /* two-step */
	ONE = 2, /* one-step */
	SEG = 4, /* segregated: the gate and its kiosk */
	FREE = 8, /* ordered free */
};

struct row {
	const char *name;
	enum sim_will will;
	enum sim_fault fault;
	enum sim_place when;
	uint32_t delay_ms, lasts_ms;
	enum sim_lane_line line;
	uint32_t dwell_ms;
	unsigned wanted, lanes;
	const char *state; /* that the console must show meanwhile, or NULL */
};

#define NO_LINE SIM_LANE_fire_alarm

static const struct row rows[] = {
	{"normal crossing", WILL_CROSS, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES, TWO | ONE | SEG | FREE, NULL},
	{"obstruction while closing", WILL_STEP_BACK, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 1500, REOPENS | PASSES, TWO | ONE | SEG | FREE, NULL},
	{"door held open", WILL_HOLD_ENTRY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 14000, EXIT_NEVER | STAYS_OUT, TWO, NULL},
	{"held open at the exit", WILL_HOLD_EXIT, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 6000, PASSES, TWO | ONE | SEG | FREE, NULL},
	{"stays in the exit", WILL_HOLD_EXIT, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 27000, PASSES, TWO, NULL},
	{"entry does not open", WILL_CROSS, SIM_FAULT_JAM_ENTRY, READER, 0, 6000, NO_LINE, 0, 0, TWO | SEG, NULL},
	{"exit does not open", WILL_CROSS, SIM_FAULT_JAM_EXIT, ENTERS, 0, 20000, NO_LINE, 0, WAITS_INSIDE, TWO | ONE | SEG | FREE, NULL},
	{"entry's lock does not follow", WILL_CROSS, SIM_FAULT_BOLT_ENTRY, READER, 0, 9000, NO_LINE, 0, NO_SERVICE, TWO, NULL},
	{"exit's lock does not follow", WILL_CROSS, SIM_FAULT_BOLT_EXIT, ENTERS, 0, 15000, NO_LINE, 0, WAITS_INSIDE, TWO | ONE | SEG | FREE, NULL},
	{"entry's motor reports a fault", WILL_CROSS, SIM_FAULT_MOTOR_ENTRY, COMES, 500, 3000, NO_LINE, 0, 0, TWO, NULL},
	{"exit's motor reports a fault", WILL_CROSS, SIM_FAULT_MOTOR_EXIT, CHAMBER, 900, 3000, NO_LINE, 0, 0, TWO, NULL},
	{"tailgating", WILL_CROSS, SIM_FAULT_TAILGATER, WAITS, 0, 1, NO_LINE, 0, EXIT_NEVER | STAYS_OUT | BACK | WAITS_INSIDE, TWO | ONE | SEG | FREE, NULL},
	{"wrong way", WILL_CROSS, SIM_FAULT_WRONG_WAY, LEAVES, 900, 1, NO_LINE, 0, ALARM, TWO, NULL},
	{"crawling under the entry", WILL_NO_SHOW, SIM_FAULT_CRAWLS, COMES, 0, 4000, NO_LINE, 0, ALARM | EXIT_NEVER, TWO | SEG, NULL},
	{"climbing over the entry", WILL_NO_SHOW, SIM_FAULT_CLIMBS, COMES, 0, 4000, NO_LINE, 0, ALARM | EXIT_NEVER, TWO | SEG, NULL},
	{"person remains", WILL_STAY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 12000, 0, TWO, NULL},
	{"person remains for long", WILL_STAY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 27000, 0, TWO, NULL},
	{"left object", WILL_LEAVE_BAG, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES | NO_SERVICE, TWO | ONE | FREE, NULL},
	{"forced entry", WILL_NO_SHOW, SIM_FAULT_FORCE_ENTRY, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | EXIT_NEVER, TWO | SEG, NULL},
	{"forced exit", WILL_NO_SHOW, SIM_FAULT_FORCE_EXIT, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | STAYS_OUT, TWO | ONE | SEG | FREE, NULL},
	{"open and closed at once", WILL_NO_SHOW, SIM_FAULT_SHORT, COMES, 0, 3000, SIM_LANE_entry_open, 0, NO_SERVICE | EXIT_NEVER, TWO, NULL},
	{"a position's wire is cut", WILL_NO_SHOW, SIM_FAULT_CUT, COMES, 0, 3000, SIM_LANE_exit_closed, 0, NO_SERVICE | EXIT_NEVER, TWO, NULL},
	{"a lock's wire is cut, somebody inside", WILL_CROSS, SIM_FAULT_CUT, CHAMBER, 0, 4000, SIM_LANE_entry_locked, 0, 0, TWO | ONE | SEG, NULL},
	{"a safety beam's wire is cut", WILL_CROSS, SIM_FAULT_CUT, ENTERS, 200, 4000, SIM_LANE_entry_safety_beam, 0, 0, TWO | ONE | SEG, NULL},
	{"fire alarm, nobody inside", WILL_NO_SHOW, SIM_FAULT_FIRE, COMES, 0, 4000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH, TWO | ONE | SEG | FREE, NULL},
	{"fire alarm, somebody inside", WILL_CROSS, SIM_FAULT_FIRE, CHAMBER, 400, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH, TWO | ONE | SEG | FREE, NULL},
	{"fire alarm's wire is cut", WILL_NO_SHOW, SIM_FAULT_CUT, COMES, 0, 4000, SIM_LANE_fire_alarm, 0, ALARM | NO_SERVICE | BOTH, TWO, NULL},
	{"fire alarm of 3 ms", WILL_NO_SHOW, SIM_FAULT_FIRE, COMES, 0, 3, NO_LINE, 0, ALARM | NO_SERVICE | BOTH, TWO, NULL},
	{"break-glass", WILL_CROSS, SIM_FAULT_GLASS, CHAMBER, 400, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH, TWO, NULL},
	{"emergency stop", WILL_CROSS, SIM_FAULT_ESTOP, ENTERS, 300, 3000, NO_LINE, 0, ALARM | NO_SERVICE | BOTH, TWO | ONE | SEG | FREE, NULL},
	{"mains loss, somebody inside", WILL_CROSS, SIM_FAULT_MAINS, CHAMBER, 0, 6000, NO_LINE, 0, PASSES, TWO | ONE | SEG | FREE, NULL},
	{"mains loss, nobody inside", WILL_NO_SHOW, SIM_FAULT_MAINS, COMES, 0, 6000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER, TWO, NULL},
	{"battery low", WILL_NO_SHOW, SIM_FAULT_BATTERY, COMES, 0, 5000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER, TWO, NULL},
	{"cabinet open", WILL_NO_SHOW, SIM_FAULT_CABINET, COMES, 0, 3000, NO_LINE, 0, ALARM | NO_SERVICE | EXIT_NEVER, TWO, NULL},
	{"officer's button", WILL_CROSS, SIM_FAULT_BUTTON, READER, 0, 2000, NO_LINE, 0, ALARM | PASSES, TWO, NULL},
	{"maintenance key", WILL_NO_SHOW, SIM_FAULT_MAINTENANCE, COMES, 0, 3000, NO_LINE, 0, NO_SERVICE | EXIT_NEVER, TWO, NULL},
	{"plugin killed, nobody inside", WILL_NO_SHOW, SIM_FAULT_PLUGIN_DIES, COMES, 0, 1, NO_LINE, 0, 0, TWO | ONE | SEG | FREE, NULL},
	{"plugin killed, somebody inside", WILL_CROSS, SIM_FAULT_PLUGIN_DIES, CHAMBER, 300, 1, NO_LINE, 0, 0, TWO | ONE | SEG | FREE, NULL},
	{"plugin stopped", WILL_CROSS, SIM_FAULT_PLUGIN_STOPS, CHAMBER, 100, 4000, NO_LINE, 0, RELAY_LOST, TWO | ONE | SEG | FREE, NULL},
	{"core killed, nobody inside", WILL_NO_SHOW, SIM_FAULT_CORE_DIES, COMES, 0, 1, NO_LINE, 0, 0, TWO | ONE | SEG | FREE, NULL},
	{"core killed, somebody inside", WILL_CROSS, SIM_FAULT_CORE_DIES, CHAMBER, 300, 1, NO_LINE, 0, STAYS_OUT | BACK, TWO | ONE | SEG | FREE, NULL},
	{"core stopped", WILL_CROSS, SIM_FAULT_CORE_STOPS, CHAMBER, 100, 4000, NO_LINE, 0, RELAY_LOST, TWO | ONE | SEG | FREE, NULL},
	{"reader killed", WILL_CROSS, SIM_FAULT_READER_DIES, READER, 0, 3000, NO_LINE, 0, NO_SERVICE | EXIT_NEVER, TWO, NULL},
	{"document check killed", WILL_CROSS, SIM_FAULT_CHECK_DIES, READER, 0, 3000, NO_LINE, 0, 0, TWO, NULL},
	{"rules killed", WILL_CROSS, SIM_FAULT_RULES_DIE, READER, 0, 3000, NO_LINE, 0, 0, TWO, NULL},
	{"journal's disk full", WILL_CROSS, SIM_FAULT_DISK_FULL, ENTERS, 0, 9000, NO_LINE, 0, WAITS_INSIDE, TWO | ONE | SEG | FREE, NULL},
	{"clock not synchronised, nobody inside", WILL_NO_SHOW, SIM_FAULT_CLOCK_LOST, COMES, 0, 6000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER, TWO, NULL},
	{"clock not synchronised, somebody inside", WILL_CROSS, SIM_FAULT_CLOCK_LOST, ENTERS, 0, 6000, NO_LINE, 0, WAITS_INSIDE, TWO | SEG, NULL},
	{"clock set an hour ahead, somebody inside", WILL_CROSS, SIM_FAULT_CLOCK_STEPS, ENTERS, 0, 1, NO_LINE, 0, WAITS_INSIDE | NO_SERVICE, TWO, NULL},
	/* What only some lanes can suffer. */
	{"exit is left blocked", WILL_REACH_BACK, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 26000, PASSES, TWO | ONE | SEG | FREE, "EXIT_BLOCKED"},
	{"assist, nobody inside", WILL_NO_SHOW, SIM_FAULT_ASSIST, COMES, 0, 5000, NO_LINE, 0, BOTH, TWO | ONE | SEG | FREE, "ASSIST_OPEN"},
	{"assist, somebody inside", WILL_STAY, SIM_FAULT_ASSIST, CHAMBER, 300, 8000, NO_LINE, 20000, BOTH, TWO | ONE | SEG | FREE, "ASSIST_OPEN"},
	{"nobody on duty any more", WILL_NO_SHOW, SIM_FAULT_DUTY_ENDS, COMES, 0, 8000, NO_LINE, 0, NO_SERVICE | ENTRY_NEVER, SEG, NULL},
	{"nobody on duty any more, the entry stands open", WILL_NO_SHOW, SIM_FAULT_DUTY_ENDS, COMES, 0, 8000, NO_LINE, 0, NO_SERVICE | SHUTS, ONE | FREE, NULL},
	{"nobody on duty any more, somebody inside", WILL_CROSS, SIM_FAULT_DUTY_ENDS, CHAMBER, 100, 8000, NO_LINE, 0, PASSES, ONE | SEG | FREE, NULL},
	{"mains loss, the entry stands open", WILL_NO_SHOW, SIM_FAULT_MAINS, COMES, 0, 6000, NO_LINE, 0, NO_SERVICE | SHUTS, ONE | FREE, NULL},
	{"reader killed, the entry stands open", WILL_NO_SHOW, SIM_FAULT_READER_DIES, COMES, 0, 4000, NO_LINE, 0, NO_SERVICE | SHUTS, ONE, NULL},
	{"reader killed, somebody inside", WILL_CROSS, SIM_FAULT_READER_DIES, SHOWS, 0, 4000, NO_LINE, 0, EXIT_NEVER | WAITS_INSIDE | BACK, ONE, NULL},
	{"shows no document", WILL_SHOW_NOTHING, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, EXIT_NEVER | STAYS_OUT | BACK, ONE, NULL},
	{"takes the document too soon", WILL_PULL_EARLY, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 1500, PASSES, ONE, NULL},
	{"leaves the document on the reader", WILL_LEAVE_DOCUMENT, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, EXIT_NEVER | STAYS_OUT | BACK, ONE, "DOC_LEFT"},
	{"clock not synchronised, document on the reader", WILL_CROSS, SIM_FAULT_CLOCK_LOST, SHOWS, 0, 6000, NO_LINE, 0, WAITS_INSIDE | EXIT_NEVER | BACK, ONE, NULL},
	{"another climbs in", WILL_CROSS, SIM_FAULT_CLIMBS, SHOWS, 0, 9000, NO_LINE, 0, EXIT_NEVER | BACK | WAITS_INSIDE, ONE, NULL},
	{"no result of the kiosk", WILL_CROSS, SIM_FAULT_NO_RESULT, COMES, 0, 20000, NO_LINE, 0, EXIT_NEVER | STAYS_OUT | ENTRY_NEVER, SEG, "REFERRED_OUTSIDE"},
	{"core killed between kiosk and gate", WILL_CROSS, SIM_FAULT_CORE_DIES, COMES, 0, 1, NO_LINE, 0, PASSES, SEG, NULL},
	{"a beam is blind", WILL_CROSS, SIM_FAULT_SHORT, COMES, 0, 40000, SIM_LANE_entry_inner_beam, 0, EXIT_NEVER | STAYS_OUT | BACK, SEG, "FAULT_OCCUPIED"},
	{"bag in the low beam", WILL_LEAVE_BAG, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES | ALARM, SEG, NULL},
	{"reader killed, nobody is checked", WILL_CROSS, SIM_FAULT_READER_DIES, COMES, 0, 3000, NO_LINE, 0, PASSES, FREE, NULL},
	{"clock not synchronised, nobody is checked", WILL_CROSS, SIM_FAULT_CLOCK_LOST, COMES, 0, 6000, NO_LINE, 0, PASSES, FREE, NULL},
	{"normal again", WILL_CROSS, SIM_FAULT_NOTHING, COMES, 0, 0, NO_LINE, 0, PASSES, TWO | ONE | SEG | FREE, NULL},
};

static unsigned seen_of(const struct rig *r, uint32_t back)
{
	const struct rig_seen *s = &r->seen;
	bool passed = r->lane.person[0].passed;
	return (passed ? PASSES : STAYS_OUT) | (s->exit_released ? 0 : EXIT_NEVER) | (s->alarm ? ALARM : 0) |
	       (s->out_of_service ? NO_SERVICE : 0) | (s->both_released ? BOTH : 0) | (s->entry_reopened ? REOPENS : 0) |
	       (s->relay_lost ? RELAY_LOST : 0) | (s->amber_inside ? WAITS_INSIDE : 0) | (s->entry_released ? 0 : ENTRY_NEVER) |
	       (r->lane.oracle.went_back > back ? BACK : 0) | (s->entry_shut ? SHUTS : 0);
}

static const char *word(unsigned bit)
{
	static const char *const words[] = {"passes", "does not pass", "exit never released", "alarm", "out of service",
		"both locks released", "reopens", "relay drops", "officer waited for", "entry not released while it lasts", "goes back",
		"entry shuts"};
	return words[bit];
}

static void print_wants(unsigned bits)
{
	for (unsigned i = 0; i <= 11; i++)
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
	r->state = w->state;
	sim_traffic_begin(&r->traffic, &plan);
	r->listed = false;
	uint64_t begun = mono_us(), limit = begun + UINT64_C(400) * 1000000;
	while (!over && mono_us() < limit)
		over = rig_step(r, false);
	r->state = NULL;
	bool shown = w->state == NULL || r->seen.in_state;
	unsigned missing = w->wanted & ~seen_of(r, back);
	bool lawful = sim_lane_good(&r->lane.oracle, SIM_SHUT_IN_LIMIT_US);
	double after = r->seen.response_us != 0 ? (double)(r->seen.response_us - r->seen.fault_us) / 1e3 : 0;
	printf("row   %-38s %-7s %5.1f s, first output %8.2f ms after (%s),", w->name, over && shown && missing == 0 && lawful ? "ok" : "NOT OK",
		(double)(mono_us() - begun) / 1e6, after, r->seen.response != NULL ? r->seen.response : "none");
	print_wants(w->wanted);
	if (missing != 0) {
		printf(" NOT SEEN:");
		print_wants(missing);
	}
	if (w->state != NULL)
		printf(shown ? " [%s]" : " NOT SEEN: [%s]", w->state);
	printf("%s%s\n", over ? "" : " NEVER SERVES AGAIN", lawful ? "" : " UNLAWFUL");
	fflush(stdout);
	return over && shown && missing == 0 && lawful;
}

static unsigned lane_of(const struct rig *r)
{
	static const unsigned built[] = {[SIM_TWO_STEP] = TWO, [SIM_ONE_STEP] = ONE, [SIM_SEGREGATED] = SEG};
	return r->lane.free ? FREE : built[r->lane.setup.topology];
}

unsigned rows_run(struct rig *r, const char *only)
{
	unsigned bad = 0, met = 0;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if ((only != NULL && strstr(rows[i].name, only) == NULL) || (rows[i].lanes & lane_of(r)) == 0)
			continue;
		met++;
		bad += !row_run(r, &rows[i]);
	}
	if (met == 0)
		printf("row   no row of this lane has \"%s\" in its name\n", only);
	return bad + (met == 0);
}
