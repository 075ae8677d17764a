/* SPDX-License-Identifier: Apache-2.0
 * The bench as a whole: the modelled lane on one side of the kernel's lines, posternd on the other, and time. What is seen on the
 * output lines is remembered for whoever judges. Must never look into posternd but by what an officer's tool shows.
 */
#ifndef POSTERN_HIL_RIG_H
#define POSTERN_HIL_RIG_H
#include "bench.h"
#include "sim/lane/traffic.h"

/* What was seen since rig_watch(), on the lines and behind the relay. */
struct rig_seen {
	bool alarm, out_of_service, buzzer, voice, emergency_lamps, exit_green, amber_inside;
	bool entry_released; /* while the fault lasted: whoever waited goes in afterwards */
	bool exit_released, both_released;
	bool entry_reopened; /* driven open after it had been driven shut */
	bool entry_closed_drive, relay_lost;
	bool entry_shut; /* while the fault lasted: an entry that stands open for whoever comes is shut and locked */
	bool in_state;	 /* the console has shown the state that was asked for */
	uint64_t fault_us, response_us; /* the fault's edge; first change of an output other than the kick after it, and which */
	const char *response;
};

struct rig {
	struct gpio_bench gpio;
	struct daemon daemon;
	struct sim_lane lane;
	struct sim_traffic traffic;
	struct rig_seen seen;
	struct daemon_status status;
	uint64_t status_us, outputs, stopped_us;
	uint64_t levels; /* of the lines, as the last step read them */
	pid_t stopped;
	bool listed, judged; /* of the document in hand; judged: the console is asked */
	bool officer_needed, nobody_on_duty; /* the lane serves only with an officer on duty; and just now there is to be none */
	uint64_t ordered_us, assist_us; /* when orders were last given; until when an assist may be at work */
	const char *state; /* that the console is to be asked for, or NULL */
	uint32_t step_us;
};

/* What stands on the bench. */
struct rig_lane {
	struct sim_lane_setup setup;
	bool free;	     /* an officer keeps it ordered free */
	bool officer_needed; /* it serves only with one on duty */
	bool somebody_inside; /* since before the machine's start: the power was away */
	long opening[SIM_LEAVES]; /* the same: how far each leaf stood open then, of 1000 */
};
void rig_start(struct rig *r, const struct rig_paths *paths, const struct rig_lane *lane, uint64_t seed, uint32_t first);
/* One step: outputs, physics, people, inputs, processes; next: a new traveller comes when one has gone. True when a crossing ended. */
bool rig_step(struct rig *r, bool next);
void rig_watch(struct rig *r);
/* Steps until lamps invite a traveller; false after limit_s. */
bool rig_until_invites(struct rig *r, unsigned limit_s);

/* Rows of faults, each with the response that must be seen; returns the number of those that were not. */
unsigned rows_run(struct rig *r, const char *only);
/* Times from edge to edge. */
unsigned latency_run(struct rig *r, unsigned samples);
/* Drawn crossings; *done is how many: fewer when a line on standard input has said that it is enough. */
unsigned soak_run(struct rig *r, uint32_t crossings, uint32_t *done);
#endif
