/* SPDX-License-Identifier: Apache-2.0
 * Travellers, misfortunes and staff, one crossing after another. Must never mend what the lane should mend itself.
 */
#include "sim/lane/traffic.h"

#include <string.h>

#define LIT(l, name) (((l)->outputs & SIM_LANE_BIT(name)) != 0)
#define MS UINT64_C(1000)
#define SECOND UINT64_C(1000000)
#define KEY_TURN (700 * MS)
#define KEY_HELD (4 * SECOND)
#define STAFF_EVERY (3 * SECOND)
/* Staff come to somebody who is shut in when an alarm or a broken lane keeps them so long. */
#define STAFF_COME (20 * SECOND)
#define STAFF_LOOK (40 * SECOND)
#define LIES_ALONE (8 * SECOND)

/* At the kiosk: the document lies there for so long; then the way to the gate. */
#define KIOSK_LIES (1500 * MS)
#define KIOSK_WALK (1000 * MS)

bool sim_lane_invites(const struct sim_lane *l)
{
	const struct steel *entry = &l->leaf[SIM_ENTRY];
	if (!LIT(l, entry_green) || !l->relay)
		return false;
	if (sim_lane_stands_open(l))
		return !LIT(l, reader_light) && steel_passable(entry) && sim_lane_inside(l) == 0;
	if (sim_lane_has(l, SIM_LANE_reader_light))
		return LIT(l, reader_light);
	return steel_locked(entry) && !sim_lane_released(l, SIM_ENTRY) && sim_lane_inside(l) == 0;
}

void sim_traffic_init(struct sim_traffic *t, struct sim_lane *lane, uint64_t seed, uint32_t first)
{
	memset(t, 0, sizeof *t);
	t->lane = lane;
	t->seed = seed;
	t->plan.number = first - 1;
	t->now_us = lane->now_us;
}

static void comes(struct sim_traffic *t, enum sim_will will, uint32_t dwell_ms)
{
	struct sim_person *p = sim_lane_somebody(t->lane);
	if (p != NULL)
		sim_person_come(p, will, t->plan.speed_mm_s, t->plan.react_ms, dwell_ms, t->now_us);
}

/* The line without which a fault cannot be in a lane; SIM_LANE_LINES: none. */
static enum sim_lane_line line_of(const struct sim_plan *p)
{
	switch (p->fault) {
	case SIM_FAULT_CUT:
	case SIM_FAULT_SHORT:
		return p->line;
	case SIM_FAULT_MOTOR_ENTRY:
		return SIM_LANE_entry_motor_fault;
	case SIM_FAULT_MOTOR_EXIT:
		return SIM_LANE_exit_motor_fault;
	case SIM_FAULT_GLASS:
		return SIM_LANE_breakglass;
	default:
		return SIM_LANE_LINES;
	}
}

void sim_traffic_begin(struct sim_traffic *t, const struct sim_plan *plan)
{
	enum sim_lane_line line = line_of(plan);
	t->plan = *plan;
	if (line != SIM_LANE_LINES && !sim_lane_has(t->lane, line))
		t->plan.fault = SIM_FAULT_NOTHING;
	t->kiosk = t->lane->setup.topology == SIM_SEGREGATED && !t->lane->free && plan->fault != SIM_FAULT_NO_RESULT
			   ? AT_KIOSK : PAST_KIOSK;
	t->active = t->fault_pending = true;
	t->fault_on = t->waiting = false;
	t->begun_us = t->now_us = t->lane->now_us;
	t->fault_us = t->over_us = 0;
	t->kiosk_us = t->now_us;
	if (t->kiosk == PAST_KIOSK)
		comes(t, plan->will, plan->dwell_ms);
}

static void kiosk(struct sim_traffic *t, struct sim_traffic_acts *acts)
{
	uint64_t since = t->now_us - t->kiosk_us;
	if (t->kiosk == AT_KIOSK) {
		acts->lays_at_kiosk = true;
		t->kiosk = LIES_AT_KIOSK;
	} else if (t->kiosk == LIES_AT_KIOSK && since >= KIOSK_LIES) {
		acts->takes_at_kiosk = true;
		t->kiosk = COMES_FROM_KIOSK;
	} else if (t->kiosk == COMES_FROM_KIOSK && since >= KIOSK_LIES + KIOSK_WALK) {
		t->kiosk = PAST_KIOSK;
		comes(t, t->plan.will, t->plan.dwell_ms);
	}
}

/* Not of steel, wires or people: the caller does it. */
static bool process(enum sim_fault fault)
{
	return fault >= SIM_FAULT_CORE_DIES;
}

/* Contacts and steel; on: breaks, else is mended. */
static void strike(struct sim_traffic *t, bool on)
{
	struct sim_lane *l = t->lane;
	struct sim_lane_trouble *w = &l->trouble;
	uint64_t line = UINT64_C(1) << t->plan.line;
	switch (t->plan.fault) {
	case SIM_FAULT_JAM_ENTRY:
		l->leaf[SIM_ENTRY].jammed = on;
		break;
	case SIM_FAULT_JAM_EXIT:
		l->leaf[SIM_EXIT].jammed = on;
		break;
	case SIM_FAULT_BOLT_ENTRY:
		l->leaf[SIM_ENTRY].bolt_stuck = on;
		break;
	case SIM_FAULT_BOLT_EXIT:
		l->leaf[SIM_EXIT].bolt_stuck = on;
		break;
	case SIM_FAULT_MOTOR_ENTRY:
		w->motor_fault[SIM_ENTRY] = on;
		break;
	case SIM_FAULT_MOTOR_EXIT:
		w->motor_fault[SIM_EXIT] = on;
		break;
	case SIM_FAULT_FORCE_ENTRY:
		l->leaf[SIM_ENTRY].forced = on;
		break;
	case SIM_FAULT_FORCE_EXIT:
		l->leaf[SIM_EXIT].forced = on;
		break;
	case SIM_FAULT_CUT:
		w->cut = on ? line : 0;
		break;
	case SIM_FAULT_SHORT:
		w->bridged = on ? line : 0;
		break;
	case SIM_FAULT_FIRE:
		w->fire = on;
		break;
	case SIM_FAULT_ESTOP:
		w->estop = on;
		break;
	case SIM_FAULT_GLASS:
		w->breakglass = on;
		break;
	case SIM_FAULT_BATTERY:
		w->battery_low = w->mains_lost = on;
		break;
	case SIM_FAULT_MAINS:
		w->mains_lost = on;
		break;
	case SIM_FAULT_CABINET:
		w->cabinet_open = on;
		break;
	case SIM_FAULT_BUTTON:
		w->button = on;
		break;
	case SIM_FAULT_MAINTENANCE:
		w->key_maint = on;
		break;
	default:
		break;
	}
}

static void companion(struct sim_traffic *t)
{
	switch (t->plan.fault) {
	case SIM_FAULT_TAILGATER:
		comes(t, WILL_TAILGATE, 0);
		break;
	case SIM_FAULT_WRONG_WAY:
		comes(t, WILL_WRONG_WAY, 0);
		break;
	case SIM_FAULT_CRAWLS:
		comes(t, WILL_CRAWL, t->plan.lasts_ms);
		break;
	case SIM_FAULT_CLIMBS:
		comes(t, WILL_CLIMB, t->plan.lasts_ms);
		break;
	default:
		break;
	}
}

static void misfortune(struct sim_traffic *t, struct sim_traffic_acts *acts)
{
	enum sim_place place = t->lane->person[0].place;
	bool there = place == t->plan.when || (place == SHOWS && t->plan.when == READER);
	if (t->fault_pending && t->fault_us == 0 && there)
		t->fault_us = t->now_us + t->plan.delay_ms * MS;
	if (t->fault_pending && t->fault_us != 0 && t->now_us >= t->fault_us) {
		t->fault_pending = false;
		t->fault_on = true;
		t->over_us = t->now_us + t->plan.lasts_ms * MS;
		strike(t, true);
		companion(t);
		acts->process = process(t->plan.fault) ? t->plan.fault : SIM_FAULT_NOTHING;
	}
	if (t->fault_on && t->now_us >= t->over_us) {
		t->fault_on = false;
		strike(t, false);
		acts->process_over = process(t->plan.fault);
	}
}

static bool anybody(const struct sim_lane *l)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++)
		if (l->person[i].place != AWAY)
			return true;
	return false;
}

static void finish(struct sim_traffic *t, struct sim_traffic_acts *acts)
{
	const struct sim_person *p = &t->lane->person[0];
	uint64_t took = t->now_us - t->begun_us;
	t->active = false;
	t->lane->officer_there = false;
	t->done++;
	t->by_fault[t->plan.fault]++;
	t->by_will[t->plan.will]++;
	if (p->passed) {
		t->passed++;
		t->passed_by_fault[t->plan.fault]++;
	}
	if (p->passed && t->plan.fault == SIM_FAULT_NOTHING && t->plan.will == WILL_CROSS) {
		t->normal++;
		t->normal_us += took;
	}
	if (took > t->longest_us) {
		t->longest_us = took;
		t->longest_number = t->plan.number;
	}
	t->next_us = t->now_us + 200 * MS;
	acts->crossing_over = true;
}

/* The officer at the console, and whoever is sent to the lane. */
static void officer(struct sim_traffic *t, const struct sim_console *console, struct sim_traffic_acts *acts)
{
	if (console->waiting && !t->waiting)
		t->waiting_us = t->now_us;
	t->waiting = console->waiting;
	if (t->waiting && t->plan.officer_ms != 0 && t->now_us - t->waiting_us >= t->plan.officer_ms * MS) {
		acts->request = t->plan.admits ? SIM_ADMIT : SIM_SEND_BACK;
		t->waiting_us = t->now_us + 5 * SECOND; /* and once more, the other way, when that was not possible */
		t->plan.admits = false;
	}
}

/* Somebody stands in the chamber, and nothing goes on. */
static bool lingers(const struct sim_traffic *t)
{
	for (unsigned i = 0; i < SIM_PEOPLE; i++) {
		const struct sim_person *p = &t->lane->person[i];
		if (p->place == CHAMBER && t->now_us - p->since_us > STAFF_LOOK)
			return true;
	}
	return false;
}

/* What keeps the lane from inviting the next, when nothing is wrong any more. */
static void staff(struct sim_traffic *t, const struct sim_console *console, struct sim_traffic_acts *acts)
{
	struct sim_lane *l = t->lane;
	l->trouble.key_reset = t->now_us < t->key_us;
	if (anybody(l) || !l->document_lies)
		t->lies_us = t->now_us;
	if (t->fault_on || sim_lane_invites(l)) {
		t->staff_us = t->now_us + STAFF_EVERY;
		return;
	}
	if (!console->waiting && (l->oracle.shut_in_us > STAFF_COME || lingers(t)))
		l->officer_there = true;
	if (t->now_us < t->staff_us)
		return;
	t->staff_us = t->now_us + STAFF_EVERY;
	if (sim_lane_inside(l) == 0)
		l->trouble.object = false;
	if (l->document_lies && t->now_us - t->lies_us > LIES_ALONE) {
		sim_lane_take_document(l);
		acts->takes_document = true;
	}
	/* The key says that nobody is inside. Where no sensor sees that too it is held while they look. */
	if (t->staff_step++ % 2 == 0 && sim_lane_inside(l) == 0)
		t->key_us = t->now_us + (sim_lane_has(l, SIM_LANE_occupied) ? KEY_TURN : KEY_HELD);
	else if (console->wants_resume)
		acts->request = SIM_RESUME;
}

void sim_traffic_step(struct sim_traffic *t, const struct sim_console *console, bool auto_next, struct sim_traffic_acts *acts)
{
	struct sim_lane *l = t->lane;
	memset(acts, 0, sizeof *acts);
	t->now_us = l->now_us;
	acts->lays_document = l->lays_document;
	acts->takes_document = l->takes_document;
	if (t->active)
		kiosk(t, acts);
	if (t->active)
		misfortune(t, acts);
	officer(t, console, acts);
	if (l->leaves_bag)
		t->staff_us = t->now_us + STAFF_EVERY;
	staff(t, console, acts);
	if (t->active && t->kiosk == PAST_KIOSK && !t->fault_on && !anybody(l) && sim_lane_invites(l))
		finish(t, acts);
	if (!t->active && auto_next && t->now_us >= t->next_us && sim_lane_invites(l)) {
		struct sim_plan plan;
		sim_plan_draw(&plan, t->seed, t->plan.number + 1);
		sim_traffic_begin(t, &plan);
	}
}
