/* SPDX-License-Identifier: Apache-2.0
 * The lane as a pure state machine. A table (such as two_step.def) says for every state and event what
 * comes next and what is to be done; step() applies it. Must never touch a clock, a descriptor, a
 * message or memory it does not own, and must never advance on what was commanded: only events and
 * what is sensed count. docs/gate.md explains the lane.
 *
 * The runner:
 *   - calls gate_boot() once, then steps BOOT and every later event one at a time, carrying out the
 * actions of each in their order before the next;
 *   - keeps one struct gate_sensed. On a new snapshot it calls gate_derive(old, new), puts new into
 * env, steps what came out;
 *   - delivers an answer (ELIGIBLE.., INSIDE_.., COMMIT..) only to the newest question of its sort,
 * of the crossing in hand, and none after CANCEL_QUERIES (that leaves COMMIT_VERDICT alone) or
 * END_*. A late answer is delivered: a state that does not want it ignores it;
 *   - runs one timer of gate_timeout_table(), started anew whenever actions.restart_timer is set,
 * stopped at 0;
 *   - answers SELF_TEST with SELF_TEST_OK or _FAILED from the first snapshot whose last_command_id
 * is that command's;
 *   - steps READER_LOST with document_present already false, GATE_LOST with gate_sensed_unknown()
 * already in env, and GATE_BACK after the first snapshot of the new plugin has been put into env
 * and its derived events stepped;
 *   - steps POLICY_CHANGED when a policy bit changes.
 */
#ifndef POSTERN_GATE_H
#define POSTERN_GATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gate_state {
#define X(name, timer, about) GATE_STATE_##name,
#include "gate/states.def"
#undef X
	GATE_STATE_COUNT_
};

enum gate_event {
#define X(name, about) GATE_EVENT_##name,
#include "gate/events.def"
#undef X
	GATE_EVENT_COUNT_
};

/* Outputs only; effects and choices of actions.def never leave step(). */
enum gate_action {
#define X(name, about) GATE_ACTION_##name,
#define E(name, about)
#define C(name, about)
#include "gate/actions.def"
#undef X
#undef E
#undef C
	GATE_ACTION_COUNT_
};

/* Same order and values as LeafPosition of core/schema/types.proto. */
enum gate_leaf {
	GATE_LEAF_UNKNOWN,
	GATE_LEAF_LOCKED,
	GATE_LEAF_CLOSED,
	GATE_LEAF_MOVING,
	GATE_LEAF_OPEN,
	GATE_LEAF_OBSTRUCTED,
	GATE_LEAF_FORCED,
	GATE_LEAF_FAULT,
};

/* One snapshot of what is sensed. */
struct gate_sensed {
	uint8_t entry_leaf, exit_leaf; /* enum gate_leaf */
	uint8_t occupants; /* 0, 1, 2 = two or more; means nothing unless occupants_known */
	bool occupants_known;
	bool object_left;
	bool fire, estop;
	bool mains_ok, ups_low;
	bool tamper;
	bool key_reset;
	bool maintenance;
	bool self_test_ok;
};

/* What step() may look at besides the lane's own state. */
struct gate_env {
	struct gate_sensed sensed;
	bool document_present; /* by the reader's reports; false when the reader is gone */
	/* Policy: all true, or no new traveller. */
	bool officer_present;
	bool lists_ok;
	bool clock_trusted;
	bool journal_ok;
	bool may_serve; /* every plugin needed is there, mode is the table's (controlled, or free), not draining */
};

enum gate_admission {
	GATE_ADMISSION_NONE,
	GATE_ADMISSION_MACHINE, /* the verdict is clear */
	GATE_ADMISSION_OFFICER, /* an officer's decision, or order that made the lane free */
};

/* The whole memory of a lane; plain bytes without padding, so that two can be compared and hashed.
 */
struct gate {
	uint8_t state;     /* enum gate_state */
	uint8_t admission; /* enum gate_admission, of the crossing in hand */
	uint8_t retries;
	bool crossing;  /* begun and not ended */
	bool recorded;  /* its verdict record has been asked for */
	bool committed; /* the record that admits is durable */
	bool refused;   /* by an officer */
	bool entered;
	bool passed;
	bool lost;      /* how it ends cannot be sensed any more */
	bool opened;    /* somebody may have come in since the chamber was known shut and empty: a
			   leaf released or not seen shut, or somebody seen inside */
	bool tested;    /* self-test passed since the core or the plugin started */
	bool withdrawn; /* out of service as soon as the crossing in hand is over */
};

#define GATE_ACTIONS_MAX 16u
#define GATE_EVENTS_MAX 24u

struct gate_actions {
	uint8_t count;
	uint8_t list[GATE_ACTIONS_MAX]; /* enum gate_action, in order */
	bool restart_timer;
	uint16_t row; /* of the table, for coverage; GATE_ROW_NONE when no row matched */
};
#define GATE_ROW_NONE UINT16_MAX

/* Milliseconds; 0 is forbidden in every field but none. */
struct gate_timing {
#define GATE_TIMER(name, default_ms, about) uint32_t name##_ms;
#include "gate/timers.def"
#undef GATE_TIMER
};
extern const struct gate_timing gate_timing_default;

/* A lane as a starting core finds it. unfinished: the journal knows a crossing without outcome:
 * BOOT ends it as unknown. */
void gate_boot(struct gate *gate, bool unfinished);

/* Nothing is known; neither an alarm nor all well. */
struct gate_sensed gate_sensed_unknown(void);

/* The events that lie between two snapshots, in a fixed order, emergency first. Returns their
 * number, at most max (GATE_EVENTS_MAX is enough).
 */
size_t gate_derive(const struct gate_sensed *before, const struct gate_sensed *now,
	enum gate_event *events, size_t max);

/* What may be configured as lane.topology, and the parts it is made of; and the tables that no lane is configured as. */
enum gate_topology {
	GATE_TWO_STEP, /* document before the entry, person between two leaves */
	GATE_ONE_STEP, /* both between two leaves */
	GATE_SEGREGATED, /* a kiosk's result is redeemed before the entry, person between two leaves */
	GATE_KIOSK, /* no leaves: what issues the results */
	GATE_FREE, /* any of the first three while an officer's order lets people pass unchecked */
	GATE_TOPOLOGY_COUNT_
};

struct gate_table; /* table.h */
const struct gate_table *gate_table_of(enum gate_topology topology);
/* "two-step", "one-step", "segregated", "kiosk", "free"; "?" when out of range. */
const char *gate_topology_name(unsigned topology);
/* false, and nothing written, when there is no such name. */
bool gate_topology_find(const char *name, enum gate_topology *topology);

/* One step of a lane of that table. before and after may be the same. */
void gate_step_table(const struct gate_table *table, const struct gate *before,
	enum gate_event event, const struct gate_env *env, struct gate *after,
	struct gate_actions *out);

/* How long the lane may stay in its state without an event; 0: until one comes. */
uint32_t gate_timeout_table(
	const struct gate_table *table, const struct gate *gate, const struct gate_timing *timing);

/* May a traveller begin a crossing now? What an idle lane shows depends on it. */
bool gate_ready(const struct gate_table *table, const struct gate *gate, const struct gate_env *env);

/* "IDLE", "DOCUMENT_PRESENTED", "RELEASE_ENTRY"; "?" when out of range. */
const char *gate_state_name(unsigned state);
const char *gate_event_name(unsigned event);
const char *gate_action_name(unsigned action);
#endif
