/* SPDX-License-Identifier: Apache-2.0
 * A gate in one process: the core's lane and the hardware's library, joined as plugin and bus join them, with delays; the other
 * plugins and the journal are played. What is on the other side of the lines is hw/sim/lane. Must never decide anything for the
 * lane, nor read a clock.
 */
#ifndef POSTERN_SOAK_MACHINE_H
#define POSTERN_SOAK_MACHINE_H
#include "crossing/lane.h"
#include "kiosk/store.h"
#include "lane/lane.h"

#define MACHINE_QUEUE 256
#define LEDGER 32768

/* What the journal holds of one crossing. */
struct entry {
	char id[ULID_SIZE];
	uint8_t verdicts, outcomes;
	Postern__Outcome outcome;
};

struct pending {
	uint64_t due_us;
	enum { TO_HARDWARE_COMMAND, TO_HARDWARE_GUIDANCE, ANSWER, COMMIT } what;
	Postern__Envelope__BodyCase body;
	uint64_t id; /* query or tag */
	uint32_t command, command_id, guidance;
	bool without_record;
	char crossing[ULID_SIZE];
	Postern__RecordClear record;
};

struct machine {
	uint64_t now_us, random;
	struct lane lane;
	struct lane_sink sink;
	struct lane_config config;
	struct lane_hw_description description;
	struct lane_hw *hw;
	uint64_t levels;	/* inputs as last fed */
	struct lane_hw_sensed sensed;
	uint64_t sensed_us;
	bool has_sensed;
	bool listed; /* the document in hand is on the watchlist */
	bool core_runs, plugin_runs, plugin_frozen, core_frozen;
	uint64_t core_from_us, plugin_from_us; /* when a dead one is back */
	struct pending queue[MACHINE_QUEUE];
	unsigned queued;
	struct entry *ledger;
	unsigned entries;
	uint64_t exits_without_record, exits, lost_entries;
	struct kiosk_store kiosk; /* of a segregated lane; it outlives a core as the journal does */
	uint32_t issued;
};

/* description: a lane as wired. Exits the process when memory is out. */
void machine_start(struct machine *m, const struct lane_hw_description *description, uint64_t seed, uint64_t now_us);
void machine_stop(struct machine *m);
/* Levels of the inputs at now_us; everything due until then is done. */
void machine_run(struct machine *m, uint64_t levels, uint64_t now_us);
/* Levels of the outputs now. */
uint64_t machine_outputs(const struct machine *m);
void machine_document(struct machine *m, bool laid);
bool machine_waiting(const struct machine *m);
bool machine_wants_resume(const struct machine *m);
void machine_decide(struct machine *m, bool admit);
void machine_resume(struct machine *m);
/* An officer takes the duty and orders the lane free; nothing when the lane cannot now. */
void machine_order_free(struct machine *m);
bool machine_is_free(const struct machine *m);
/* A result of a kiosk for the one document there is; the kiosk itself is played. */
void machine_issue(struct machine *m);
void machine_kill_core(struct machine *m);
void machine_kill_plugin(struct machine *m);
void machine_freeze(struct machine *m, bool core, bool frozen);
#endif
