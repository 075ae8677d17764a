/* SPDX-License-Identifier: Apache-2.0
 * The table of open queries. Must never lose a query without handing it out.
 */
#include "bus/query.h"

#include <string.h>

#define BODY(name) POSTERN__ENVELOPE__BODY_##name
#define KIND(name) POSTERN__PLUGIN_KIND__KIND_##name

static const struct {
	Postern__Envelope__BodyCase query, answer;
	Postern__PluginKind kind;
} asked[] = {
	{BODY(READ_CHIP), BODY(CHIP_READ), KIND(CHIP_READER)},
	{BODY(CUT_PORTRAIT), BODY(PORTRAIT_CUT), KIND(READER)},
	{BODY(CHECK_DOCUMENT), BODY(DOCUMENT_CHECKED), KIND(DOCUMENT_CHECK)},
	{BODY(INSPECT_CHIP), BODY(CHIP_INSPECTED), KIND(DOCUMENT_CHECK)},
	{BODY(CAPTURE_FACE), BODY(FACE_CAPTURED), KIND(CAMERA)},
	{BODY(TAKE_REFERENCE), BODY(REFERENCE_TAKEN), KIND(FACE_MATCH)},
	{BODY(MATCH_FACE), BODY(FACE_MATCHED), KIND(FACE_MATCH)},
	{BODY(FIND_FACE), BODY(FACE_FOUND), KIND(FACE_MATCH)},
	{BODY(SEARCH_WATCHLIST), BODY(WATCHLIST_SEARCHED), KIND(WATCHLIST)},
	{BODY(LOOKUP_HISTORY), BODY(HISTORY_LOOKED), KIND(UPLINK)},
	{BODY(EVALUATE_RULES), BODY(RULES_EVALUATED), KIND(RULES)},
	{BODY(FORWARD_JOURNAL), BODY(JOURNAL_FORWARDED), KIND(UPLINK)},
};

Postern__PluginKind bus_kind_for_query(Postern__Envelope__BodyCase body)
{
	for (size_t i = 0; i < PN_COUNT(asked); i++)
		if (asked[i].query == body)
			return asked[i].kind;
	return KIND(UNSPECIFIED);
}

Postern__Envelope__BodyCase bus_answer_for_query(Postern__Envelope__BodyCase body)
{
	for (size_t i = 0; i < PN_COUNT(asked); i++)
		if (asked[i].query == body)
			return asked[i].answer;
	return BODY(_NOT_SET);
}

static struct bus_query *find(struct bus_queries *q, uint64_t id)
{
	for (size_t i = 0; i < q->count; i++)
		if (q->open[i].id == id)
			return &q->open[i];
	return NULL;
}

/* Keeps the order of the others, so that what follows from an event does not depend on memory
 * layout. */
static void take(struct bus_queries *q, struct bus_query *at, struct bus_query *out)
{
	size_t after = (size_t)(&q->open[q->count] - (at + 1));
	*out = *at;
	memmove(at, at + 1, after * sizeof *at);
	q->count--;
}

int bus_query_open(struct bus_queries *q, uint64_t id, Postern__Envelope__BodyCase body,
	uint32_t instance, const char *crossing_id, uint64_t now_ms, struct bus_query *opened)
{
	const struct schema_body *info = schema_body_find(body);
	size_t length = crossing_id == NULL ? 0 : strlen(crossing_id);
	if (id == 0 || info == NULL || info->verb != SCHEMA_QUERY ||
		length > BUS_CROSSING_ID_LENGTH)
		return PN_EINVAL;
	if (find(q, id) != NULL)
		return PN_ECONFLICT;
	if (q->count == BUS_QUERIES_MAX)
		return PN_ELIMIT;
	struct bus_query *at = &q->open[q->count++];
	*at = (struct bus_query){.id = id,
		.body = body,
		.instance = instance,
		.asked_ms = now_ms,
		.deadline_ms = now_ms + info->deadline_ms,
		.default_verdict = info->default_verdict};
	if (length > 0)
		memcpy(at->crossing_id, crossing_id, length);
	if (opened != NULL)
		*opened = *at;
	return PN_OK;
}

int bus_query_answer(struct bus_queries *q, uint64_t id, Postern__Envelope__BodyCase answer,
	uint32_t instance, const char *crossing_id, uint64_t now_ms, struct bus_query *answered)
{
	struct bus_query *at = find(q, id);
	if (at == NULL)
		return PN_ENOTFOUND;
	if (at->instance != instance || bus_answer_for_query(at->body) != answer)
		return PN_EDENIED;
	if (strcmp(at->crossing_id, crossing_id == NULL ? "" : crossing_id) != 0)
		return PN_EDENIED;
	if (now_ms >= at->deadline_ms)
		return PN_ENOTFOUND; /* bus_query_expire hands it out */
	take(q, at, answered);
	return PN_OK;
}

bool bus_query_expire(struct bus_queries *q, uint64_t now_ms, struct bus_query *expired)
{
	for (size_t i = 0; i < q->count; i++)
		if (now_ms >= q->open[i].deadline_ms) {
			take(q, &q->open[i], expired);
			return true;
		}
	return false;
}

bool bus_query_drop_instance(struct bus_queries *q, uint32_t instance, struct bus_query *dropped)
{
	for (size_t i = 0; i < q->count; i++)
		if (q->open[i].instance == instance) {
			take(q, &q->open[i], dropped);
			return true;
		}
	return false;
}

bool bus_query_drop_crossing(
	struct bus_queries *q, const char *crossing_id, struct bus_query *dropped)
{
	for (size_t i = 0; i < q->count; i++)
		if (crossing_id[0] != '\0' && strcmp(q->open[i].crossing_id, crossing_id) == 0) {
			take(q, &q->open[i], dropped);
			return true;
		}
	return false;
}

uint64_t bus_query_next_deadline(const struct bus_queries *q)
{
	uint64_t next = UINT64_MAX;
	for (size_t i = 0; i < q->count; i++)
		if (q->open[i].deadline_ms < next)
			next = q->open[i].deadline_ms;
	return next;
}
