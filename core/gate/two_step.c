/* SPDX-License-Identifier: Apache-2.0
 * The integrated two-step lane as data, and the lane that gate.h promises over it. Must never hold
 * logic: that is step.c.
 */
#include <string.h>

#include "base/err.h"
#include "gate/table.h"

#define X(name, about) name = GATE_DO_##name,
#define E(name, about) X(name, about)
#define C(name, about) X(name, about)
enum {
	NOTHING = GATE_DO_NOTHING,
#include "gate/actions.def"
};
#undef X
#undef E
#undef C

/* Names of two_step.def that are no states. */
enum {
	GATE_STATE_SAME = GATE_NEXT_SAME,
	GATE_STATE_REST = GATE_NEXT_REST,
};

static const struct gate_row rows[] = {
#define T(at, on, if_, to, ...)                                                                    \
	{.state = GATE_STATE_##at,                                                                 \
		.event = GATE_EVENT_##on,                                                          \
		.guard = GATE_GUARD_##if_,                                                         \
		.next = GATE_STATE_##to,                                                           \
		.list = {__VA_ARGS__}},
#define IGNORED(at, on)                                                                            \
	{.state = GATE_STATE_##at,                                                                 \
		.event = GATE_EVENT_##on,                                                          \
		.guard = GATE_GUARD_ALWAYS,                                                        \
		.ignored = true,                                                                   \
		.next = GATE_NEXT_SAME},
#define CHOOSE(choice, if_, what)
#define GO(from, if_, to)
#include "gate/two_step.def"
#undef T
#undef IGNORED
#undef CHOOSE
#undef GO
};

static const uint8_t row_events[] = {
#define T(at, on, if_, to, ...) GATE_EVENT_##on,
#define IGNORED(at, on) GATE_EVENT_##on,
#define CHOOSE(choice, if_, what)
#define GO(from, if_, to)
#include "gate/two_step.def"
#undef T
#undef IGNORED
#undef CHOOSE
#undef GO
};

static const struct gate_choice choices[] = {
#define T(at, on, if_, to, ...)
#define IGNORED(at, on)
#define CHOOSE(choice_, if_, what_)                                                                \
	{.choice = GATE_DO_##choice_, .guard = GATE_GUARD_##if_, .what = GATE_DO_##what_},
#define GO(from, if_, to)
#include "gate/two_step.def"
#undef CHOOSE
#undef GO
};

static const struct gate_go goes[] = {
#define CHOOSE(choice, if_, what)
#define GO(from, if_, to)                                                                          \
	{.next = GATE_NEXT_##from, .guard = GATE_GUARD_##if_, .state = GATE_STATE_##to},
#include "gate/two_step.def"
#undef CHOOSE
#undef GO
#undef T
#undef IGNORED
};

const struct gate_table gate_two_step = {
	.rows = rows,
	.row_events = row_events,
	.row_count = PN_COUNT(rows),
	.choices = choices,
	.choice_count = PN_COUNT(choices),
	.goes = goes,
	.go_count = PN_COUNT(goes),
	.guards =
		{
#define A(name, about, condition)
#define F(name) (UINT64_C(1) << GATE_ATOM_##name)
#define G(name, about, facts) [GATE_GUARD_##name] = (facts),
#include "gate/guards.def"
#undef A
#undef F
#undef G
		},
	.timers =
		{
#define X(name, timer, about) [GATE_STATE_##name] = GATE_TIMER_##timer,
#include "gate/states.def"
#undef X
		},
};

const struct gate_timing gate_timing_default = {
#define GATE_TIMER(name, default_ms, about) .name##_ms = (default_ms),
#include "gate/timers.def"
#undef GATE_TIMER
};

void gate_boot(struct gate *gate, bool unfinished)
{
	memset(gate, 0, sizeof *gate);
	gate->state = GATE_STATE_BOOT_SELFTEST;
	gate->crossing = gate->entered = gate->lost = unfinished;
	gate->opened = true; /* nobody knows */
}

void gate_step(const struct gate *before, enum gate_event event, const struct gate_env *env,
	struct gate *after, struct gate_actions *out)
{
	gate_step_table(&gate_two_step, before, event, env, after, out);
}

uint32_t gate_timeout_ms(const struct gate *gate, const struct gate_timing *timing)
{
	return gate_timeout_table(&gate_two_step, gate, timing);
}

bool gate_ready(const struct gate *gate, const struct gate_env *env)
{
	uint64_t ready = gate_two_step.guards[GATE_GUARD_READY];
	return (gate_facts(gate, env) & ready) == ready;
}
