/* SPDX-License-Identifier: Apache-2.0
 * Who may say what, and when: one switch over the message kind without a default, so that a new
 * message does not build until someone has decided who may send it. Pure. Must never be answered
 * from what a plugin says of itself: kind comes from the manifest.
 */
#ifndef POSTERN_BUS_PERMISSION_H
#define POSTERN_BUS_PERMISSION_H
#include <stdbool.h>

#include "bus.pb-c.h"

/* What the core knows of the sender at the moment of dequeuing its message. */
enum bus_phase {
	BUS_STARTING, /* it has not yet answered this core's CoreHello */
	BUS_IDLE,     /* no crossing in hand */
	BUS_CROSSING, /* a crossing is in hand */
};

enum bus_ruling {
	BUS_ALLOW,
	BUS_IGNORE, /* its kind may say this, but not now: it was on its way when the phase changed
		     */
	BUS_REFUSE, /* its kind may never say this: the sender is killed */
};

/* May a plugin of this kind send this body to the core in this phase? */
bool bus_may_send(Postern__PluginKind kind, enum bus_phase phase, Postern__Envelope__BodyCase body);

/* The same, telling a message that came too late from one that costs the sender its life. */
enum bus_ruling bus_judge(
	Postern__PluginKind kind, enum bus_phase phase, Postern__Envelope__BodyCase body);

/* A portrait of 35 by 45 mm at 300 dpi is under half of it; a look at a referral has room for three pictures (plugins/post-link). */
enum { BUS_PORTRAIT_MAX = 128 * 1024 };

/* Bytes that a plugin may put beside this body at most; 0: it may put none. */
uint64_t bus_carries(Postern__Envelope__BodyCase body);

/* May the core send this body to a plugin of this kind? */
bool bus_may_tell(Postern__PluginKind kind, Postern__Envelope__BodyCase body);

/* The kind that answers a query; KIND_UNSPECIFIED when body is no query. */
Postern__PluginKind bus_kind_for_query(Postern__Envelope__BodyCase body);

/* The body that answers a query; BODY__NOT_SET when body is no query. */
Postern__Envelope__BodyCase bus_answer_for_query(Postern__Envelope__BodyCase body);
#endif
