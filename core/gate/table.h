/* SPDX-License-Identifier: Apache-2.0
 * The shape of a lane's table and the step() that applies any table. A further topology is a
 * further .def file and a further struct gate_table over this same step. Callers of a lane use
 * gate.h; this header is for the tables, the tests that mutate them and the diagram. Must never
 * hold a function that picks a state: rows do.
 */
#ifndef POSTERN_GATE_TABLE_H
#define POSTERN_GATE_TABLE_H
#include "gate/gate.h"

enum gate_atom {
#define A(name, about, condition) GATE_ATOM_##name,
#define G(name, about, facts)
#include "gate/guards.def"
#undef A
#undef G
	GATE_ATOM_COUNT_
};

enum gate_guard {
#define A(name, about, condition)
#define G(name, about, facts) GATE_GUARD_##name,
#include "gate/guards.def"
#undef A
#undef G
	GATE_GUARD_COUNT_
};

/* Everything that a row may do; 0 ends the list. Outputs come first, as GATE_ACTION_x + 1. */
enum gate_do {
	GATE_DO_NOTHING,
#define X(name, about) GATE_DO_##name,
#define E(name, about) GATE_DO_##name,
#define C(name, about) GATE_DO_##name,
#include "gate/actions.def"
#undef X
#undef E
#undef C
	GATE_DO_COUNT_
};

/* Where a row may lead besides a state. */
enum gate_next {
	GATE_NEXT_SAME = GATE_STATE_COUNT_, /* stays, and its timer goes on */
	GATE_NEXT_REST,                     /* idle or out of service */
	GATE_NEXT_COUNT_
};
#define GATE_STATE_ANY                                                                             \
	GATE_NEXT_COUNT_ /* of a row: every state that has no row of its own that applies */

#define GATE_TIMER(name, default_ms, about) GATE_TIMER_##name,
enum gate_timer {
#include "gate/timers.def"
	GATE_TIMER_COUNT_
};
#undef GATE_TIMER

#define GATE_ROW_ACTIONS 11u

struct gate_row {
	uint8_t state, event;
	uint8_t guard; /* enum gate_guard */
	bool negate;   /* applies when the guard does not hold; no shipped row does: the mutation
			  test's */
	bool ignored;  /* written down as IGNORED */
	uint8_t next;  /* enum gate_state or enum gate_next */
	uint8_t list[GATE_ROW_ACTIONS]; /* enum gate_do, ended by NOTHING */
};

/* The first row of a choice whose guard holds says what it means. */
struct gate_choice {
	uint8_t choice; /* enum gate_do */
	uint8_t guard;
	bool negate;
	uint8_t what; /* enum gate_do: an output, or NOTHING */
};

struct gate_go {
	uint8_t next; /* enum gate_next */
	uint8_t guard;
	bool negate;
	uint8_t state;
};

struct gate_table {
	uint8_t topology; /* enum gate_topology */
	const struct gate_row *rows; /* of one state together; those of GATE_STATE_ANY last */
	const uint8_t
		*row_events; /* event of every row again, side by side: what a search runs over */
	uint16_t row_count;
	const struct gate_choice *choices;
	uint8_t choice_count;
	const struct gate_go *goes;
	uint8_t go_count;
	uint64_t guards[GATE_GUARD_COUNT_]; /* bits of enum gate_atom that must all hold */
	uint8_t timers[GATE_STATE_COUNT_];  /* enum gate_timer */
};

extern const struct gate_table gate_two_step, gate_one_step, gate_redeem, gate_kiosk, gate_free;

/* Bits of enum gate_atom that hold now. */
uint64_t gate_facts(const struct gate *gate, const struct gate_env *env);

const char *gate_guard_name(unsigned guard);
const char *gate_guard_about(unsigned guard);
const char *gate_atom_name(unsigned atom);
const char *gate_do_name(unsigned what);
const char *gate_next_name(unsigned next);
#endif
