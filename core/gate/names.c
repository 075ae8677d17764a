/* SPDX-License-Identifier: Apache-2.0
 * Names of states, events and actions, from the same files as the table. Must never be given to a
 * traveller.
 */
#include "base/err.h"
#include "gate/gate.h"

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
