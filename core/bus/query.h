/* SPDX-License-Identifier: Apache-2.0
 * The questions a core has open: who was asked what, until when. A question ends exactly once: by
 * its answer, at its deadline, or with the plugin or the crossing it belongs to; all but the first
 * give its declared default. Pure: time comes in as an argument, deadlines and defaults from the
 * schema table. Must never call back, send or decide what an answer means.
 */
#ifndef POSTERN_BUS_QUERY_H
#define POSTERN_BUS_QUERY_H
#include "bus/bus.h"
#include "bus/permission.h"

enum { BUS_QUERIES_MAX = 64 };

struct bus_query {
	uint64_t id;
	Postern__Envelope__BodyCase body;
	uint32_t instance; /* the core's number for the plugin instance asked */
	char crossing_id[BUS_CROSSING_ID_LENGTH + 1];
	uint64_t asked_ms, deadline_ms;   /* monotonic */
	Postern__Verdict default_verdict; /* refer or stop */
};

/* Zeroed: empty. In the order in which they were asked. */
struct bus_queries {
	struct bus_query open[BUS_QUERIES_MAX];
	size_t count;
};

/* PN_EINVAL: id 0, or body is no query. PN_ECONFLICT: id is open. PN_ELIMIT: full; the caller takes
 * the default at once. crossing_id: NULL or "" outside a crossing. opened may be NULL. */
int bus_query_open(struct bus_queries *q, uint64_t id, Postern__Envelope__BodyCase body,
	uint32_t instance, const char *crossing_id, uint64_t now_ms,
	struct bus_query *opened) PN_MUST_CHECK;

/* Ends the query that this answer belongs to and copies it out. An answer at its deadline is too
 * late. PN_ENOTFOUND: no such query is open (it was late; ignore it). PN_EDENIED: the query was put
 * to another instance, asks for another answer, or is of another crossing; it stays open and the
 * sender is killed. */
int bus_query_answer(struct bus_queries *q, uint64_t id, Postern__Envelope__BodyCase answer,
	uint32_t instance, const char *crossing_id, uint64_t now_ms,
	struct bus_query *answered) PN_MUST_CHECK;

/* Each of these removes and copies out one query that takes its default, the oldest first; false
 * when there is none left. Call until false. */
bool bus_query_expire(struct bus_queries *q, uint64_t now_ms, struct bus_query *expired);
bool bus_query_drop_instance(struct bus_queries *q, uint32_t instance, struct bus_query *dropped);
bool bus_query_drop_crossing(
	struct bus_queries *q, const char *crossing_id, struct bus_query *dropped);

/* UINT64_MAX when none is open. */
uint64_t bus_query_next_deadline(const struct bus_queries *q);
#endif
