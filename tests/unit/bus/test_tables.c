/* SPDX-License-Identifier: Apache-2.0
 * What decides without I/O: the schema's own promises, who may say what, open queries, back-off and
 * staleness. Must never compute an expected value with the function under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h needs those above it */
#include <cmocka.h>

#include "bus/backoff.h"
#include "bus/permission.h"
#include "bus/query.h"
#include "control.pb-c.h"
#include "journal.pb-c.h"

/* --- schema ------------------------------------------------------------------------------------
 */

static unsigned depth_of(
	const ProtobufCMessageDescriptor *d, const ProtobufCMessageDescriptor **above, unsigned at)
{
	unsigned deepest = 1;
	assert_in_range(at, 0, 15);
	for (unsigned i = 0; i < at; i++)
		if (above[i] == d)
			fail_msg("%s contains itself", d->name);
	above[at] = d;
	assert_true(d->n_fields <= 64); /* wire_check counts them in an array of that size */
	for (unsigned i = 0; i < d->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &d->fields[i];
		if (f->type == PROTOBUF_C_TYPE_ENUM) {
			const ProtobufCEnumValue *zero =
				protobuf_c_enum_descriptor_get_value(f->descriptor, 0);
			assert_non_null(zero);
			assert_non_null(strstr(zero->name, "UNSPECIFIED"));
		}
		if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
			unsigned below = 1 + depth_of(f->descriptor, above, at + 1);
			if (below > deepest)
				deepest = below;
		}
	}
	return deepest;
}

static void no_message_contains_itself(void **state)
{
	const ProtobufCMessageDescriptor *above[16];
	(void)state;
	assert_in_range(depth_of(&postern__envelope__descriptor, above, 0), 2, BUS_DEPTH_MAX);
	depth_of(&postern__control_request__descriptor, above, 0);
	depth_of(&postern__control_reply__descriptor, above, 0);
	depth_of(&postern__trace_input__descriptor, above, 0);
	depth_of(&postern__crossing_record__descriptor, above, 0);
	depth_of(&postern__journal_batch__descriptor, above, 0);
}

static void schema_table(void **state)
{
	(void)state;
	size_t members = 0;
	for (unsigned i = 0; i < postern__envelope__descriptor.n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &postern__envelope__descriptor.fields[i];
		if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0)
			continue;
		const struct schema_body *b = schema_body_find(f->id);
		assert_non_null(b);
		assert_string_equal(b->name, f->name);
		members++;
		if (b->verb == SCHEMA_QUERY) {
			assert_true(b->deadline_ms > 0);
			assert_true(b->default_verdict >= POSTERN__VERDICT__VERDICT_REFER);
			assert_false(b->droppable);
		}
		if (b->droppable)
			assert_int_equal(b->verb, SCHEMA_REPORT);
	}
	assert_int_equal(members, schema_body_count);
	assert_null(schema_body_find(1));
	assert_null(schema_body_find(9999));
}

/* --- permission --------------------------------------------------------------------------------
 */

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name

/* Typed in from the schema's comments: what each kind is for. All others: heartbeat, count, trouble
 * only. */
static const struct {
	Postern__PluginKind kind;
	Postern__Envelope__BodyCase body;
	bool idle; /* also between crossings */
} said[] = {
	{K(READER), B(READER_STATUS), true},
	{K(READER), B(DOCUMENT_PRESENTED), true},
	{K(READER), B(DOCUMENT_REMOVED), true},
	{K(READER), B(DOCUMENT_UNREADABLE), true},
	{K(READER), B(PORTRAIT_CUT), false},
	{K(CHIP_READER), B(READER_STATUS), true},
	{K(CHIP_READER), B(CHIP_READ), false},
	{K(CHIP_READER), B(CHIP_PROGRESS), false},
	{K(DOCUMENT_CHECK), B(DOCUMENT_CHECKED), false},
	{K(DOCUMENT_CHECK), B(CHIP_INSPECTED), false},
	{K(CAMERA), B(READER_STATUS), true},
	{K(CAMERA), B(FACE_CAPTURED), true},
	{K(FACE_MATCH), B(REFERENCE_TAKEN), false},
	{K(FACE_MATCH), B(FACE_MATCHED), false},
	{K(FACE_MATCH), B(FACE_FOUND), true},
	{K(GATE), B(GATE_SENSED), true},
	{K(WATCHLIST), B(WATCHLIST_SEARCHED), false},
	{K(RULES), B(RULES_EVALUATED), false},
	{K(RULES), B(RULE_PACK_STATE), true},
	{K(UPLINK), B(HISTORY_LOOKED), false},
	{K(UPLINK), B(JOURNAL_FORWARDED), true},
	{K(POST_LINK), B(POST_STATE), true},
	{K(POST_LINK), B(POST_REQUEST), true},
	{K(CONSOLE), B(AUDIT_REQUEST), true},
};

static bool expected_to_send(
	Postern__PluginKind kind, enum bus_phase phase, Postern__Envelope__BodyCase body)
{
	if (kind == K(UNSPECIFIED))
		return false;
	if (phase == BUS_STARTING)
		return body == B(HELLO);
	if (body == B(HEARTBEAT) || body == B(COUNT) || body == B(TROUBLE))
		return true;
	for (size_t i = 0; i < PN_COUNT(said); i++)
		if (said[i].kind == kind && said[i].body == body)
			return phase == BUS_CROSSING || said[i].idle;
	return false;
}

static void who_may_say_what(void **state)
{
	(void)state;
	for (int kind = 0; kind <= K(CHIP_READER) + 1; kind++)
		for (int phase = BUS_STARTING; phase <= BUS_CROSSING; phase++)
			for (int body = 0; body <= 200; body++) {
				bool may = bus_may_send((Postern__PluginKind)kind,
					(enum bus_phase)phase, (Postern__Envelope__BodyCase)body);
				bool expected = expected_to_send((Postern__PluginKind)kind,
					(enum bus_phase)phase, (Postern__Envelope__BodyCase)body);
				if (may != expected)
					fail_msg("kind %d, phase %d, body %d: %d", kind, phase,
						body, may);
			}
}

static void late_is_not_forbidden(void **state)
{
	(void)state;
	assert_int_equal(bus_judge(K(READER), BUS_STARTING, B(DOCUMENT_PRESENTED)), BUS_IGNORE);
	assert_int_equal(bus_judge(K(RULES), BUS_IDLE, B(RULES_EVALUATED)), BUS_IGNORE);
	assert_int_equal(bus_judge(K(RULES), BUS_CROSSING, B(RULES_EVALUATED)), BUS_ALLOW);
	assert_int_equal(bus_judge(K(READER), BUS_STARTING, B(GATE_SENSED)), BUS_REFUSE);
	assert_int_equal(bus_judge(K(READER), BUS_CROSSING, B(RULES_EVALUATED)), BUS_REFUSE);
	assert_int_equal(bus_judge(K(READER), BUS_IDLE, B(HELLO)), BUS_REFUSE);
	for (int kind = 0; kind <= K(CHIP_READER); kind++)
		for (int phase = BUS_STARTING; phase <= BUS_CROSSING; phase++) {
			/* no plugin ever moves a door, asks a question or stops another */
			Postern__PluginKind k = (Postern__PluginKind)kind;
			enum bus_phase p = (enum bus_phase)phase;
			assert_int_equal(bus_judge(k, p, B(GATE_COMMAND)), BUS_REFUSE);
			assert_int_equal(bus_judge(k, p, B(EVALUATE_RULES)), BUS_REFUSE);
			assert_int_equal(bus_judge(k, p, B(FORWARD_JOURNAL)), BUS_REFUSE);
			assert_int_equal(bus_judge(k, p, B(CORE_HELLO)), BUS_REFUSE);
			assert_int_equal(bus_judge(k, p, B(STOP)), BUS_REFUSE);
			assert_int_equal(bus_judge(k, p, B(_NOT_SET)), BUS_REFUSE);
		}
}

/* The chip's files, the portrait that was found in them, a camera's frames, the best of these, and the portrait of the data page alone travel
 * from a plugin to the core; the last within a bound of its own. */
static void five_bodies_carry(void **state)
{
	(void)state;
	for (int body = 0; body <= 200; body++) {
		const uint64_t most = body == 28 ? 131072 : body == 25 || body == 33 || body == 35 || body == 39 ? 8388608 : 0;
		assert_true(bus_carries((Postern__Envelope__BodyCase)body) == most);
	}
}

/* Each message has exactly one direction, the heartbeat both. */
static void one_direction(void **state)
{
	(void)state;
	for (size_t i = 0; i < schema_body_count; i++) {
		Postern__Envelope__BodyCase body =
			(Postern__Envelope__BodyCase)schema_bodies[i].body;
		bool sent = false, told = false;
		for (int kind = 0; kind <= K(CHIP_READER); kind++) {
			told |= bus_may_tell((Postern__PluginKind)kind, body);
			for (int phase = BUS_STARTING; phase <= BUS_CROSSING; phase++)
				sent |= bus_may_send(
					(Postern__PluginKind)kind, (enum bus_phase)phase, body);
		}
		if (body == B(HEARTBEAT))
			assert_true(sent && told);
		else
			assert_true(sent != told);
		if (schema_bodies[i].verb == SCHEMA_QUERY)
			assert_true(told);
		if (schema_bodies[i].verb == SCHEMA_ANSWER)
			assert_true(sent);
	}
	assert_true(bus_may_tell(K(GATE), B(GATE_COMMAND)));
	assert_false(bus_may_tell(K(READER), B(GATE_COMMAND)));
	assert_true(bus_may_tell(K(GATE), B(MOVE_CAMERA))); /* the drive is one of the gate's lines */
	assert_false(bus_may_tell(K(CAMERA), B(MOVE_CAMERA)));
	assert_false(bus_may_tell(K(UPLINK), B(CHECK_DOCUMENT))); /* it carries an MRZ */
	assert_false(bus_may_tell(K(UNSPECIFIED), B(STOP)));
}

static void queries_and_answers_pair(void **state)
{
	unsigned answers = 0, queries = 0;
	(void)state;
	for (size_t i = 0; i < schema_body_count; i++) {
		Postern__Envelope__BodyCase body =
			(Postern__Envelope__BodyCase)schema_bodies[i].body;
		bool query = schema_bodies[i].verb == SCHEMA_QUERY;
		assert_int_equal(bus_kind_for_query(body) != K(UNSPECIFIED), query);
		assert_int_equal(bus_answer_for_query(body) != B(_NOT_SET), query);
		answers += schema_bodies[i].verb == SCHEMA_ANSWER;
		if (!query)
			continue;
		queries++;
		Postern__Envelope__BodyCase answer = bus_answer_for_query(body);
		assert_int_equal(schema_body_find(answer)->verb, SCHEMA_ANSWER);
		assert_true(bus_may_send(bus_kind_for_query(body), BUS_CROSSING, answer));
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(
				bus_answer_for_query(
					(Postern__Envelope__BodyCase)schema_bodies[j].body),
				answer);
	}
	assert_int_equal(answers, queries);
}

/* --- queries -----------------------------------------------------------------------------------
 */

#define CROSSING_A "01ARP3NDEKTSV4RRFFQ69G5FAV"
#define CROSSING_B "01ARP3NDEKTSV4RRFFQ69G5FAW"

static void query_answered(void **state)
{
	struct bus_queries q = {0};
	struct bus_query one, got;
	(void)state;
	assert_true(bus_query_next_deadline(&q) == UINT64_MAX);
	assert_int_equal(
		bus_query_open(&q, 5, B(EVALUATE_RULES), 3, CROSSING_A, 1000, &one), PN_OK);
	assert_int_equal(one.deadline_ms, 1500); /* bus.proto: 500 ms, refer */
	assert_int_equal(one.default_verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_equal(bus_query_next_deadline(&q), 1500);
	assert_int_equal(
		bus_query_open(&q, 5, B(CHECK_DOCUMENT), 3, CROSSING_A, 1000, NULL), PN_ECONFLICT);
	assert_int_equal(
		bus_query_open(&q, 0, B(CHECK_DOCUMENT), 3, CROSSING_A, 1000, NULL), PN_EINVAL);
	assert_int_equal(
		bus_query_open(&q, 6, B(GATE_COMMAND), 3, CROSSING_A, 1000, NULL), PN_EINVAL);
	assert_int_equal(
		bus_query_open(&q, 6, B(RULES_EVALUATED), 3, CROSSING_A, 1000, NULL), PN_EINVAL);
	assert_int_equal(bus_query_answer(&q, 6, B(RULES_EVALUATED), 3, CROSSING_A, 1100, &got),
		PN_ENOTFOUND);
	assert_int_equal(
		bus_query_answer(&q, 5, B(RULES_EVALUATED), 4, CROSSING_A, 1100, &got), PN_EDENIED);
	assert_int_equal(bus_query_answer(&q, 5, B(DOCUMENT_CHECKED), 3, CROSSING_A, 1100, &got),
		PN_EDENIED);
	assert_int_equal(
		bus_query_answer(&q, 5, B(RULES_EVALUATED), 3, CROSSING_B, 1100, &got), PN_EDENIED);
	assert_int_equal(
		bus_query_answer(&q, 5, B(RULES_EVALUATED), 3, NULL, 1100, &got), PN_EDENIED);
	assert_int_equal(q.count, 1); /* none of these ended it */
	assert_int_equal(
		bus_query_answer(&q, 5, B(RULES_EVALUATED), 3, CROSSING_A, 1499, &got), PN_OK);
	assert_int_equal(got.id, 5);
	assert_int_equal(got.asked_ms, 1000);
	assert_string_equal(got.crossing_id, CROSSING_A);
	assert_int_equal(bus_query_answer(&q, 5, B(RULES_EVALUATED), 3, CROSSING_A, 1499, &got),
		PN_ENOTFOUND);
	assert_int_equal(q.count, 0);
}

static void query_expires(void **state)
{
	struct bus_queries q = {0};
	struct bus_query got;
	(void)state;
	assert_int_equal(
		bus_query_open(&q, 1, B(CHECK_DOCUMENT), 1, CROSSING_A, 0, NULL), PN_OK); /* 3000 */
	assert_int_equal(bus_query_open(&q, 2, B(SEARCH_WATCHLIST), 2, CROSSING_A, 0, NULL),
		PN_OK); /* 1000 */
	assert_int_equal(
		bus_query_open(&q, 3, B(LOOKUP_HISTORY), 3, CROSSING_A, 0, NULL), PN_OK); /* 2000 */
	assert_int_equal(
		bus_query_open(&q, 4, B(FORWARD_JOURNAL), 3, NULL, 0, NULL), PN_OK); /* 30000 */
	assert_int_equal(bus_query_next_deadline(&q), 1000);
	assert_false(bus_query_expire(&q, 999, &got));
	/* at the deadline an answer is too late and does not end it */
	assert_int_equal(bus_query_answer(&q, 2, B(WATCHLIST_SEARCHED), 2, CROSSING_A, 1000, &got),
		PN_ENOTFOUND);
	assert_int_equal(q.count, 4);
	assert_true(bus_query_expire(&q, 1000, &got));
	assert_int_equal(got.id, 2);
	assert_false(bus_query_expire(&q, 1000, &got));
	/* a jump of the clock gives each once, the oldest first */
	assert_true(bus_query_expire(&q, 5000, &got));
	assert_int_equal(got.id, 1);
	assert_true(bus_query_expire(&q, 5000, &got));
	assert_int_equal(got.id, 3);
	assert_false(bus_query_expire(&q, 5000, &got));
	assert_int_equal(q.count, 1);
}

static void query_dropped(void **state)
{
	struct bus_queries q = {0};
	struct bus_query got;
	(void)state;
	for (uint64_t id = 1; id <= BUS_QUERIES_MAX; id++)
		assert_int_equal(bus_query_open(&q, id, B(CHECK_DOCUMENT), id % 2,
					 id % 4 < 2 ? CROSSING_A : CROSSING_B, 0, NULL),
			PN_OK);
	assert_int_equal(
		bus_query_open(&q, 100, B(CHECK_DOCUMENT), 1, CROSSING_A, 0, NULL), PN_ELIMIT);
	for (uint64_t id = 1; id <= BUS_QUERIES_MAX; id += 2) {
		assert_true(bus_query_drop_instance(&q, 1, &got));
		assert_int_equal(got.id, id);
		assert_int_equal(got.default_verdict, POSTERN__VERDICT__VERDICT_REFER);
	}
	assert_false(bus_query_drop_instance(&q, 1, &got));
	assert_int_equal(q.count, BUS_QUERIES_MAX / 2);
	for (uint64_t id = 4; id <= BUS_QUERIES_MAX; id += 4) {
		assert_true(bus_query_drop_crossing(&q, CROSSING_A, &got));
		assert_int_equal(got.id, id);
	}
	assert_false(bus_query_drop_crossing(&q, CROSSING_A, &got));
	assert_false(bus_query_drop_crossing(
		&q, "", &got)); /* forwarding has no crossing and ends with none */
	assert_int_equal(q.count, BUS_QUERIES_MAX / 4);
}

/* --- back-off, staleness ------------------------------------------------------------------------
 */

static void backoff_doubles(void **state)
{
	static const uint32_t most[] = {
		100, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000};
	struct backoff low = {0}, high = {0};
	uint64_t now = 5000;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(most); i++) {
		backoff_started(&low, now);
		backoff_started(&high, now);
		now += 50;
		uint32_t least = i == 0 ? 100 : most[i] / 2;
		assert_int_equal(backoff_died(&low, now, 0), least);
		uint32_t delay = backoff_died(&high, now, most[i] / 2);
		assert_int_equal(delay, most[i]);
		for (uint32_t random = 1; random != 0; random <<= 1) {
			struct backoff b = {.started_ms = now, .deaths = (uint32_t)i};
			assert_in_range(backoff_died(&b, now, random), least, most[i]);
		}
	}
	assert_int_equal(low.restarts, PN_COUNT(most) - 1);
	/* a minute of life forgives; a moment less does not */
	backoff_started(&low, now);
	struct backoff same = low;
	assert_true(backoff_died(&same, now + 59999, 0) == 30000);
	assert_int_equal(backoff_died(&low, now + 60000, 0), 100);
	/* What cannot even be started has not lived, however long ago it last did. */
	struct backoff never = {0};
	assert_int_equal(backoff_failed(&never, 0), 100);
	assert_in_range(backoff_failed(&never, 7), 500, 1000);
	assert_in_range(backoff_failed(&never, 7), 1000, 2000);
	backoff_started(&never, now);
	assert_int_equal(backoff_died(&never, now + 3600000, 0), 100);
	assert_in_range(backoff_failed(&never, 7), 500, 1000);
	for (unsigned i = 0; i < 20; i++)
		(void)backoff_failed(&never, 7);
	assert_in_range(backoff_failed(&never, 7), 30000, 60000);
	low.deaths = UINT32_MAX;
	assert_in_range(backoff_died(&low, now, 1), 30000, 60000);
}

static void silence_is_unknown(void **state)
{
	(void)state;
	assert_true(backoff_stale(0, 0, 1000)); /* never heard */
	assert_true(backoff_stale(0, 500, 1000));
	assert_false(backoff_stale(500, 500, 1000));
	assert_false(backoff_stale(500, 1500, 1000));
	assert_true(backoff_stale(500, 1501, 1000));
	assert_false(backoff_stale(500, 400, 1000));
	assert_true(backoff_stale(1, UINT64_MAX, UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_message_contains_itself),
		cmocka_unit_test(schema_table),
		cmocka_unit_test(who_may_say_what),
		cmocka_unit_test(late_is_not_forbidden),
		cmocka_unit_test(five_bodies_carry),
		cmocka_unit_test(one_direction),
		cmocka_unit_test(queries_and_answers_pair),
		cmocka_unit_test(query_answered),
		cmocka_unit_test(query_expires),
		cmocka_unit_test(query_dropped),
		cmocka_unit_test(backoff_doubles),
		cmocka_unit_test(silence_is_unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
