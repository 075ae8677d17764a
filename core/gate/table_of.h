/* SPDX-License-Identifier: Apache-2.0
 * Makes one table of a .def file: included once by a file that defines TABLE_DEF (the file), TABLE_NAME (of the struct gate_table)
 * and TABLE_TOPOLOGY. Must never hold logic: that is step.c.
 */
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

/* Names of a table that are no states. */
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
#include TABLE_DEF
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
#include TABLE_DEF
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
#include TABLE_DEF
#undef CHOOSE
#undef GO
};

static const struct gate_go goes[] = {
#define CHOOSE(choice, if_, what)
#define GO(from, if_, to)                                                                          \
	{.next = GATE_NEXT_##from, .guard = GATE_GUARD_##if_, .state = GATE_STATE_##to},
#include TABLE_DEF
#undef CHOOSE
#undef GO
#undef T
#undef IGNORED
};

const struct gate_table TABLE_NAME = {
	.topology = TABLE_TOPOLOGY,
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
