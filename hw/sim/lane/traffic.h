/* SPDX-License-Identifier: Apache-2.0
 * Traffic for a simulated lane: one crossing after another, each with a will, a pace and a misfortune drawn from a seed, and the
 * staff who set right what has ended: they take bags away, turn the reset key, ask the console. Pure and replayable: crossing n of
 * a seed is the same wherever it is played. Must never see more of the controller than an officer at the console and lamps show.
 */
#ifndef POSTERN_SIM_TRAFFIC_H
#define POSTERN_SIM_TRAFFIC_H
#include "sim/lane/lane.h"

enum sim_fault {
#define FAULT(name, weight, about) SIM_FAULT_##name,
#include "sim/lane/faults.def"
#undef FAULT
	SIM_FAULTS
};

struct sim_plan {
	uint32_t number;
	enum sim_will will;
	enum sim_fault fault;
	enum sim_place when;	  /* the fault begins when the traveller is there */
	uint32_t delay_ms, lasts_ms; /* after that long, and for so long */
	enum sim_lane_line line;  /* of CUT and SHORT */
	uint32_t speed_mm_s, react_ms, dwell_ms;
	uint32_t officer_ms;	  /* an officer at the console answers after so long; 0: never, the lane is left to itself */
	bool admits;		  /* and admits, else sends back */
};
void sim_plan_draw(struct sim_plan *p, uint64_t seed, uint32_t number);
const char *sim_fault_name(enum sim_fault fault);
const char *sim_will_name(enum sim_will will);

/* What an officer's console shows. */
struct sim_console {
	bool waiting;	 /* a crossing waits for a decision */
	bool wants_resume; /* out of service, or a fault that an officer must clear */
};

/* What the caller is to do now. */
enum sim_request { SIM_ASKS_NOTHING, SIM_ADMIT, SIM_SEND_BACK, SIM_RESUME };
struct sim_traffic_acts {
	bool lays_document, takes_document;
	bool lays_at_kiosk, takes_at_kiosk; /* of a segregated lane, before the traveller comes */
	enum sim_request request;
	enum sim_fault process; /* a process to kill or to stop, a disk, the clock; SIM_FAULT_NOTHING: none */
	bool process_over;	/* a stopped process goes on, the disk has room again, the clock is synchronised */
	bool crossing_over;	/* all of this crossing has gone, and the lane invites the next */
};

struct sim_traffic {
	struct sim_lane *lane;
	uint64_t seed, now_us;
	struct sim_plan plan;
	bool active, fault_pending, fault_on, waiting;
	enum { PAST_KIOSK, AT_KIOSK, LIES_AT_KIOSK, COMES_FROM_KIOSK } kiosk; /* where the traveller is on the way to the gate */
	uint64_t kiosk_us;
	uint64_t begun_us, fault_us, over_us, waiting_us, next_us;
	uint64_t staff_us, key_us; /* when staff look again; until when the key is turned */
	uint64_t lies_us; /* since when a document lies there and nobody is about */
	uint8_t staff_step;
	/* What came of it. */
	uint32_t done, passed;
	uint32_t by_fault[SIM_FAULTS], by_will[SIM_WILLS], passed_by_fault[SIM_FAULTS];
	uint64_t longest_us; /* from a traveller's coming until the lane invites again */
	uint32_t longest_number;
	uint64_t normal_us; /* sum, over travellers who crossed with nothing wrong */
	uint32_t normal;
	uint32_t recorded_passed; /* persons let through with their own document, who came out by the exit */
};

/* The next crossing is that of the number given. */
void sim_traffic_init(struct sim_traffic *t, struct sim_lane *lane, uint64_t seed, uint32_t first);
/* Begins the given plan at once instead of a drawn one. */
void sim_traffic_begin(struct sim_traffic *t, const struct sim_plan *plan);
/* After each sim_lane_outputs(). console may be a second old. auto_next: draw the next crossing when one is over. */
void sim_traffic_step(struct sim_traffic *t, const struct sim_console *console, bool auto_next, struct sim_traffic_acts *acts);
/* Do lamps invite a traveller? */
bool sim_lane_invites(const struct sim_lane *l);
#endif
