/* SPDX-License-Identifier: Apache-2.0
 * Names of states, events and actions, from the same files as the table. Must never be given to a
 * traveller.
 */
#include "base/err.h"
#include "gate/table.h"

static const char *const states[] = {
#define X(name, timer, about) #name,
#include "gate/states.def"
#undef X
};

static const char *const events[] = {
#define X(name, about) #name,
#include "gate/events.def"
#undef X
};

static const char *const actions[] = {
#define X(name, about) #name,
#define E(name, about)
#define C(name, about)
#include "gate/actions.def"
#undef X
#undef E
#undef C
};

const char *gate_state_name(unsigned state)
{
	return state < PN_COUNT(states) ? states[state] : "?";
}

const char *gate_event_name(unsigned event)
{
	return event < PN_COUNT(events) ? events[event] : "?";
}

const char *gate_action_name(unsigned action)
{
	return action < PN_COUNT(actions) ? actions[action] : "?";
}

static const char *const guards[][2] = {
#define A(name, about, condition)
#define G(name, about, facts) {#name, about},
#include "gate/guards.def"
#undef A
#undef G
};

static const char *const atoms[] = {
#define A(name, about, condition) #name,
#define G(name, about, facts)
#include "gate/guards.def"
#undef A
#undef G
};

static const char *const dos[] = {
	"NOTHING",
#define X(name, about) #name,
#define E(name, about) #name,
#define C(name, about) #name,
#include "gate/actions.def"
#undef X
#undef E
#undef C
};

const char *gate_guard_name(unsigned guard)
{
	return guard < PN_COUNT(guards) ? guards[guard][0] : "?";
}

const char *gate_guard_about(unsigned guard)
{
	return guard < PN_COUNT(guards) ? guards[guard][1] : "?";
}

const char *gate_atom_name(unsigned atom)
{
	return atom < PN_COUNT(atoms) ? atoms[atom] : "?";
}

const char *gate_do_name(unsigned what)
{
	return what < PN_COUNT(dos) ? dos[what] : "?";
}

const char *gate_next_name(unsigned next)
{
	switch (next) {
	case GATE_NEXT_SAME:
		return "SAME";
	case GATE_NEXT_REST:
		return "REST";
	case GATE_STATE_ANY:
		return "ANY";
	default:
		return gate_state_name(next);
	}
}
