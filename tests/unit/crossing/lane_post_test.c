/* SPDX-License-Identifier: Apache-2.0
 * A lane and its control post: orders and what they come to by what is sensed, turns of duty, alarms, looking at a referral, two
 * officers where a watchlist is overridden. Expected values are those of core/schema/post.proto and docs/names.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "crossing/lane_view.h"
#include "lane_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define ORDER(name) POSTERN__LANE_ORDER_KIND__ORDER_##name
#define WALL INT64_C(1700000000000)
#define EPOCH 77

static Postern__LaneOrder order_of(struct bench *b, Postern__LaneOrderKind kind)
{
	Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
	o.gate = (char *)(uintptr_t) "lane-1";
	o.epoch = EPOCH;
	o.officer = (char *)(uintptr_t) "officer-1";
	o.sequence = b->now_ms;
	o.issued_wall_ms = WALL + (int64_t)b->now_ms;
	o.expires_wall_ms = o.issued_wall_ms + 5000;
	o.kind = kind;
	o.reason_code = (char *)(uintptr_t) "test.reason";
	o.mode = POSTERN__LANE_MODE__MODE_LOCKED;
	o.hold_ms = 2000;
	return o;
}

static int give(struct bench *b, const Postern__LaneOrder *o)
{
	struct lane_input in = { .kind = LANE_ORDER, .order = o, .epoch = EPOCH, .request = 9 };
	return bench_input(b, &in);
}

static int order(struct bench *b, Postern__LaneOrderKind kind)
{
	Postern__LaneOrder o = order_of(b, kind);
	return give(b, &o);
}

static void refused(struct bench *b, const Postern__LaneOrder *o, const char *code)
{
	assert_int_not_equal(give(b, o), PN_OK);
	assert_string_equal(b->lane.refusal, code);
}

static void post(struct bench *b, bool connected)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__PostState s = POSTERN__POST_STATE__INIT;
	s.connected = connected;
	e.body_case = POSTERN__ENVELOPE__BODY_POST_STATE;
	e.post_state = &s;
	assert_int_equal(bench_message(b, K(POST_LINK), 0, &e), PN_OK);
}

static const Postern__LaneView *view(struct bench *b)
{
	static struct lane_view v;
	lane_view_build(&v, &b->lane, b->now_ms);
	return &v.view;
}

static void tick(struct bench *b, uint64_t ms)
{
	struct lane_input in = { .kind = LANE_TICK };
	b->now_ms += ms;
	bench_sense(b);
	bench_input(b, &in);
}

/* What is sensed already says so; it counts when the order's record is durable, which it is in the end. */
static void confirmed_when_recorded(struct bench *b)
{
	assert_int_equal(view(b)->last_order->progress, POSTERN__ORDER_PROGRESS__ORDER_TAKEN);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT), true);
	assert_int_equal(view(b)->last_order->progress, POSTERN__ORDER_PROGRESS__ORDER_CONFIRMED);
}

static int setup(void **state)
{
	static struct bench b;
	bench_start(&b);
	*state = &b;
	return 0;
}

static void orders_that_do_not_count(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.gate = (char *)(uintptr_t) "lane-2";
	refused(b, &o, "order.other_gate");
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.epoch = EPOCH - 1;
	refused(b, &o, "order.other_core");
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.reason_code = (char *)(uintptr_t) "because John said so";
	refused(b, &o, "order.incomplete");
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.expires_wall_ms = o.issued_wall_ms + 10001;
	refused(b, &o, "order.expired");
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.issued_wall_ms -= 6000;
	o.expires_wall_ms = o.issued_wall_ms + 5000;
	refused(b, &o, "order.expired");
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	o.issued_wall_ms += 10000;
	o.expires_wall_ms += 10000;
	refused(b, &o, "order.expired");
	o = order_of(b, ORDER(UNSPECIFIED));
	refused(b, &o, "order.incomplete");
	assert_string_equal(gate_state_name(b->lane.gate.state), "IDLE");
	/* once; and not with a number that is not above the last, whatever it orders */
	o = order_of(b, ORDER(OUT_OF_SERVICE));
	assert_int_equal(give(b, &o), PN_OK);
	refused(b, &o, "order.replayed");
	o.kind = ORDER(RESUME);
	refused(b, &o, "order.replayed");
	o.officer = (char *)(uintptr_t) "officer-2"; /* another's numbers are their own */
	assert_int_equal(give(b, &o), PN_OK);
}

static void an_assist_lasts_while_it_is_held(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o = order_of(b, ORDER(ASSIST));
	o.hold_ms = 499;
	refused(b, &o, "order.incomplete");
	o = order_of(b, ORDER(ASSIST));
	o.hold_ms = 5001;
	refused(b, &o, "order.incomplete");
	assert_int_equal(order(b, ORDER(ASSIST)), PN_OK);
	assert_string_equal(gate_state_name(b->lane.gate.state), "ASSIST_OPEN");
	assert_int_equal(view(b)->last_order->progress, POSTERN__ORDER_PROGRESS__ORDER_TAKEN);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	assert_int_equal(view(b)->last_order->progress, POSTERN__ORDER_PROGRESS__ORDER_TAKEN);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
	confirmed_when_recorded(b);
	tick(b, 1900);
	assert_int_equal(order(b, ORDER(ASSIST)), PN_OK); /* held */
	assert_true(lane_next_wake(&b->lane) <= b->now_ms + 2000);
	tick(b, 1900);
	assert_string_equal(gate_state_name(b->lane.gate.state), "ASSIST_OPEN");
	tick(b, 200);
	assert_string_not_equal(gate_state_name(b->lane.gate.state), "ASSIST_OPEN");
	assert_true(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_ENTRY));
}

/* Who opens at the lane itself is there: no hold of the post's ends it, and the post does not take it over. */
static void an_assist_at_the_lane_is_not_the_posts(void **state)
{
	struct bench *b = *state;
	struct lane_input in = { .kind = LANE_COMMAND, .command = LANE_CMD_ASSIST, .officer = "officer-2" };
	Postern__LaneOrder o;
	assert_int_equal(bench_input(b, &in), PN_OK);
	o = order_of(b, ORDER(ASSIST));
	refused(b, &o, "order.not_now");
	tick(b, 3000);
	assert_string_equal(gate_state_name(b->lane.gate.state), "ASSIST_OPEN");
	assert_int_equal(order(b, ORDER(CLOSE)), PN_OK);
	assert_string_not_equal(gate_state_name(b->lane.gate.state), "ASSIST_OPEN");
}

static void duty_needs_officer_line_and_time(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o;
	b->lane.config.officer_required = true;
	tick(b, 1);
	assert_false(view(b)->serving);
	o = order_of(b, ORDER(DUTY_ON));
	o.hold_ms = 3900001;
	refused(b, &o, "order.incomplete");
	o = order_of(b, ORDER(DUTY_ON));
	o.hold_ms = 60000;
	assert_int_equal(give(b, &o), PN_OK);
	assert_false(view(b)->serving); /* the line is down */
	assert_string_equal(view(b)->on_duty, "officer-1");
	post(b, true);
	assert_true(view(b)->serving);
	post(b, false);
	assert_false(view(b)->serving);
	post(b, true);
	bench_lost(b, K(POST_LINK));
	assert_false(view(b)->serving);
	post(b, true);
	o = order_of(b, ORDER(DUTY_OFF));
	o.officer = (char *)(uintptr_t) "officer-2";
	refused(b, &o, "order.not_on_duty");
	bench_wait(b, 60000);
	assert_false(view(b)->serving);
	assert_string_equal(view(b)->on_duty, "");
	/* at the lane itself, without a line */
	post(b, false);
	struct lane_input in = { .kind = LANE_COMMAND, .command = LANE_CMD_DUTY_ON, .officer = "officer-2" };
	assert_int_equal(bench_input(b, &in), PN_OK);
	assert_true(view(b)->serving);
}

/* A person inside goes on although the post is gone. */
static void a_lost_post_keeps_nobody_inside(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o;
	b->lane.config.officer_required = true;
	post(b, true);
	o = order_of(b, ORDER(DUTY_ON));
	o.hold_ms = 0;
	assert_int_equal(give(b, &o), PN_OK);
	bench_walk_in(b);
	post(b, false);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT), true);
	assert_true(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT));
}

static void the_mode_changes_when_nobody_is_there(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o = order_of(b, ORDER(MODE));
	o.mode = POSTERN__LANE_MODE__MODE_UNSPECIFIED;
	refused(b, &o, "order.no_such_mode");
	o = order_of(b, ORDER(MODE)); /* nobody on duty stands for it */
	o.mode = POSTERN__LANE_MODE__MODE_FREE;
	refused(b, &o, "order.nobody_on_duty");
	bench_present(b);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	b->sensed.occupants = 1;
	bench_sense(b);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	assert_int_equal(order(b, ORDER(LOCK)), PN_OK);
	assert_int_equal(view(b)->mode, POSTERN__LANE_MODE__MODE_LOCKED);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT), false); /* a full disk; it is tried again */
	confirmed_when_recorded(b);
	assert_false(view(b)->serving);
	o = order_of(b, ORDER(MODE));
	o.mode = POSTERN__LANE_MODE__MODE_CONTROLLED;
	assert_int_equal(give(b, &o), PN_OK);
	assert_true(view(b)->serving);
}

/* Not while an alarm is latched although it rings no more, nor while anything else keeps the lane from its rest. */
static void the_mode_changes_in_an_idle_lane_only(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o;
	b->sensed.fire_alarm = true;
	bench_sense(b);
	b->sensed.fire_alarm = false;
	bench_sense(b);
	assert_int_equal(b->lane.gate.state, GATE_STATE_EMERGENCY_OPEN);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	b->sensed.tamper = true;
	bench_sense(b);
	b->sensed.tamper = false;
	bench_sense(b);
	assert_int_equal(b->lane.gate.state, GATE_STATE_FAULT_LOCKED);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	b->sensed.object_left = true;
	bench_sense(b);
	assert_int_equal(b->lane.gate.state, GATE_STATE_LEFT_OBJECT);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	b->sensed.occupants_known = false;
	bench_sense(b);
	o = order_of(b, ORDER(LOCK));
	refused(b, &o, "order.not_now");
	setup(state);
	assert_int_equal(order(b, ORDER(OUT_OF_SERVICE)), PN_OK);
	b->now_ms += 10;
	assert_int_equal(order(b, ORDER(LOCK)), PN_OK);
	assert_int_equal(view(b)->mode, POSTERN__LANE_MODE__MODE_LOCKED);
}

/* A locked lane begins no crossing with a document that would be clear, and releases nothing. */
static void a_locked_lane_lets_nobody_in(void **state)
{
	struct bench *b = *state;
	assert_int_equal(order(b, ORDER(LOCK)), PN_OK);
	bench_present(b);
	assert_int_equal(b->lane.gate.state, GATE_STATE_IDLE);
	assert_false(b->lane.crossing.active);
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY));
	assert_false(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT));
}

/* Ordered from the post: as long as an officer is on duty there, and its line is up, people may come in. */
static void a_post_orders_free_passage(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o = order_of(b, ORDER(DUTY_ON));
	o.hold_ms = 60000;
	assert_int_equal(give(b, &o), PN_OK);
	o = order_of(b, ORDER(MODE));
	o.mode = POSTERN__LANE_MODE__MODE_FREE;
	refused(b, &o, "order.nobody_on_duty"); /* the line is down */
	post(b, true);
	o = order_of(b, ORDER(MODE));
	o.mode = POSTERN__LANE_MODE__MODE_FREE;
	o.reason_code = (char *)(uintptr_t) "";
	refused(b, &o, "order.incomplete");
	o = order_of(b, ORDER(MODE));
	o.mode = POSTERN__LANE_MODE__MODE_FREE;
	assert_int_equal(give(b, &o), PN_OK);
	assert_int_equal(view(b)->mode, POSTERN__LANE_MODE__MODE_FREE);
	confirmed_when_recorded(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	assert_true(view(b)->serving);
	post(b, false);
	assert_false(view(b)->serving);
	assert_true(bench_commanded(b, POSTERN__GATE_COMMAND_KIND__COMMAND_CLOSE_ENTRY));
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 1000);
	/* A line that was lost for a moment ends nobody's duty. */
	assert_int_equal(view(b)->mode, POSTERN__LANE_MODE__MODE_FREE);
	post(b, true);
	assert_int_equal(bench_commands(b, POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY), 2);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	/* The turn is over, and with it the order: by what is sensed it is so no more. */
	bench_wait(b, 60000);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 1000);
	assert_int_equal(view(b)->mode, POSTERN__LANE_MODE__MODE_CONTROLLED);
	assert_int_equal(view(b)->last_order->progress, POSTERN__ORDER_PROGRESS__ORDER_LOST);
}

static const Postern__LaneAlarm *alarm(struct bench *b, const char *code)
{
	const Postern__LaneView *v = view(b);
	for (size_t i = 0; i < v->n_alarms; i++)
		if (strcmp(v->alarms[i]->code, code) == 0)
			return v->alarms[i];
	return NULL;
}

static void alarms_stand_until_over_and_seen(void **state)
{
	struct bench *b = *state;
	Postern__LaneOrder o;
	assert_int_equal(view(b)->n_alarms, 0);
	b->sensed.tamper = true;
	bench_sense(b);
	const Postern__LaneAlarm *a = alarm(b, "alarm.tamper");
	assert_non_null(a);
	uint64_t id = a->id;
	assert_true(a->active && !a->acknowledged);
	b->sensed.tamper = false;
	bench_sense(b);
	assert_non_null(alarm(b, "alarm.tamper")); /* over, and not yet seen */
	assert_false(alarm(b, "alarm.tamper")->active);
	o = order_of(b, ORDER(ACKNOWLEDGE));
	o.alarm_id = id + 100;
	refused(b, &o, "order.no_such_alarm");
	o = order_of(b, ORDER(ACKNOWLEDGE));
	o.alarm_id = 0;
	refused(b, &o, "order.no_such_alarm");
	o = order_of(b, ORDER(ACKNOWLEDGE));
	o.alarm_id = id;
	assert_int_equal(give(b, &o), PN_OK);
	assert_null(alarm(b, "alarm.tamper"));
	/* seen first, over later; the next time it is another */
	b->sensed.mains_ok = false;
	bench_sense(b);
	o = order_of(b, ORDER(ACKNOWLEDGE));
	o.alarm_id = alarm(b, "alarm.mains")->id;
	assert_true(o.alarm_id > id);
	assert_int_equal(give(b, &o), PN_OK);
	assert_true(alarm(b, "alarm.mains")->acknowledged);
	assert_string_equal(alarm(b, "alarm.mains")->acknowledged_by, "officer-1");
	b->sensed.mains_ok = true;
	bench_sense(b);
	assert_null(alarm(b, "alarm.mains"));
}

static void alarms_are_bounded(void **state)
{
	struct bench *b = *state;
	for (int i = 0; i < 40; i++) {
		b->sensed.ups_low = i % 2 == 0;
		bench_sense(b);
	}
	assert_int_equal(view(b)->n_alarms, LANE_ALARMS);
	uint64_t newest = 0;
	for (size_t i = 0; i < LANE_ALARMS; i++)
		newest = view(b)->alarms[i]->id > newest ? view(b)->alarms[i]->id : newest;
	assert_true(newest >= 20); /* twenty were raised; the oldest have given way */
}

/* Nothing is sensed any more: what was raised stays as it was. */
static void blindness_ends_no_alarm(void **state)
{
	struct bench *b = *state;
	struct lane_input in = { .kind = LANE_TICK };
	b->sensed.tamper = true;
	bench_sense(b);
	b->now_ms += 5000;
	bench_input(b, &in);
	assert_null(view(b)->sensed);
	assert_true(alarm(b, "alarm.tamper")->active);
}

static void refer(struct bench *b, bool match)
{
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, match);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_REFER);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_VERDICT), true);
}

static int look(struct bench *b, Postern__ViewPurpose purpose, const char *crossing, uint8_t hash_of)
{
	Postern__LaneOrder o = order_of(b, ORDER(OPEN_REFERRAL));
	Postern__OpenReferral r = POSTERN__OPEN_REFERRAL__INIT;
	uint8_t hash[32];
	memset(hash, hash_of, sizeof hash);
	r.crossing_id = (char *)(uintptr_t)crossing;
	r.verdict_hash = (ProtobufCBinaryData){ sizeof hash, hash };
	r.purpose = purpose;
	o.open = &r;
	return give(b, &o);
}

static void nobody_looks_without_a_record(void **state)
{
	struct bench *b = *state;
	const Postern__ViewPurpose why = POSTERN__VIEW_PURPOSE__VIEW_DECISION;
	assert_int_equal(look(b, why, "01J9ZZZZZZZZZZZZZZZZZZZZZZ", 0x5a), PN_ECONFLICT); /* nobody waits */
	refer(b, false);
	assert_int_equal(look(b, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, b->lane.crossing.id, 0x5a), PN_EDENIED);
	assert_int_equal(look(b, why, b->lane.crossing.id, 0x5b), PN_ECONFLICT);
	assert_string_equal(b->lane.refusal, "order.stale");
	size_t before = b->count;
	assert_int_equal(look(b, why, b->lane.crossing.id, 0x5a), PN_OK);
	const struct bench_out *audit = bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT);
	assert_true(audit >= &b->out[before]);
	assert_null(bench_last(b, POSTERN__ENVELOPE__BODY_POST_REPLY)); /* not yet durable */
	bench_commit(b, audit, true);
	const struct bench_out *reply = bench_last(b, POSTERN__ENVELOPE__BODY_POST_REPLY);
	assert_non_null(reply);
	assert_int_equal(reply->to, K(POST_LINK));
	/* the journal fails: refused, and nothing of the person is in the refusal */
	assert_int_equal(look(b, why, b->lane.crossing.id, 0x5a), PN_OK);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT), false);
	assert_ptr_not_equal(bench_last(b, POSTERN__ENVELOPE__BODY_POST_REPLY), reply);
	assert_false(bench_last(b, POSTERN__ENVELOPE__BODY_POST_REPLY)->personal);
	assert_true(reply->personal);
	/* bounded */
	for (int i = 0; i < LANE_LOOKS; i++)
		assert_int_equal(look(b, why, b->lane.crossing.id, 0x5a), PN_OK);
	assert_int_equal(look(b, why, b->lane.crossing.id, 0x5a), PN_ELIMIT);
}

/* The record becomes durable when the crossing is over. */
static void a_crossing_that_is_over_is_not_shown(void **state)
{
	struct bench *b = *state;
	refer(b, false);
	assert_int_equal(look(b, POSTERN__VIEW_PURPOSE__VIEW_DECISION, b->lane.crossing.id, 0x5a), PN_OK);
	const struct bench_out *audit = bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT);
	bench_remove(b);
	for (int i = 0; i < 20 && b->lane.crossing.active; i++)
		bench_wait(b, 60000);
	assert_false(b->lane.crossing.active);
	bench_commit(b, audit, true);
	assert_false(bench_last(b, POSTERN__ENVELOPE__BODY_POST_REPLY)->personal);
}

static int decide(struct bench *b, Postern__OfficerDecision what, const char *second)
{
	static uint8_t nonce;
	Postern__Decision d = POSTERN__DECISION__INIT;
	Postern__SignedDecision s = POSTERN__SIGNED_DECISION__INIT;
	uint8_t hash[32], bytes[16];
	struct lane_input in = { .kind = LANE_DECISION, .decision = &d, .signed_decision = &s };
	memset(hash, 0x5a, sizeof hash);
	memset(bytes, ++nonce, sizeof bytes);
	d.crossing_id = b->lane.crossing.id;
	d.verdict_hash = (ProtobufCBinaryData){ sizeof hash, hash };
	d.officer = (char *)(uintptr_t) "officer-1";
	d.second_officer = (char *)(uintptr_t)second;
	d.reason_code = (char *)(uintptr_t) "list.false_alarm";
	d.decision = what;
	d.issued_wall_ms = WALL + (int64_t)b->now_ms;
	d.expires_wall_ms = d.issued_wall_ms + 30000;
	d.nonce = (ProtobufCBinaryData){ sizeof bytes, bytes };
	return bench_input(b, &in);
}

static void a_watchlist_is_overridden_by_two(void **state)
{
	struct bench *b = *state;
	refer(b, true);
	assert_true(view(b)->second_officer_needed);
	assert_int_equal(decide(b, POSTERN__OFFICER_DECISION__DECISION_ADMIT, ""), PN_EDENIED);
	assert_string_equal(b->lane.refusal, "decision.second_officer");
	assert_int_equal(decide(b, POSTERN__OFFICER_DECISION__DECISION_ADMIT, "officer-1"), PN_EDENIED);
	assert_int_equal(decide(b, POSTERN__OFFICER_DECISION__DECISION_ADMIT, "officer-2"), PN_OK);
	assert_null(b->lane.refusal);
	setup(state); /* one is enough for anything else */
	refer(b, true);
	assert_int_equal(decide(b, POSTERN__OFFICER_DECISION__DECISION_SECOND_LINE, ""), PN_OK);
	setup(state);
	refer(b, false);
	assert_false(view(b)->second_officer_needed);
	assert_int_equal(decide(b, POSTERN__OFFICER_DECISION__DECISION_ADMIT, ""), PN_OK);
}

static Postern__CheckResult light(struct bench *b, Postern__CheckBlock block, bool *running)
{
	const Postern__LaneView *v = view(b);
	for (size_t i = 0; i < v->n_lights; i++)
		if (v->lights[i]->block == block) {
			*running = v->lights[i]->running;
			return v->lights[i]->result;
		}
	fail_msg("no light for block %d", block);
	return 0;
}

static void lights_follow_the_checks(void **state)
{
	struct bench *b = *state;
	bool running;
	assert_int_equal(view(b)->n_lights, 0);
	bench_present(b);
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_OPTICAL, &running), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_true(running);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_OPTICAL, &running), POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_false(running);
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_BACKGROUND, &running), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_true(running);
	bench_answer_lists(b, true);
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_BACKGROUND, &running), POSTERN__CHECK_RESULT__CHECK_FAILED);
	/* this lane reads neither chips nor faces */
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_ELECTRONIC, &running), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
	assert_false(running);
	assert_int_equal(light(b, POSTERN__CHECK_BLOCK__BLOCK_BIOMETRIC, &running), POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED);
}

/* Encoded, a view holds no name, number or line of the traveller's. */
static void a_view_is_not_personal(void **state)
{
	struct bench *b = *state;
	static uint8_t bytes[BUS_MESSAGE_MAX];
	refer(b, true);
	const Postern__LaneView *v = view(b);
	assert_int_equal(v->waiting_verdict_hash.len, 32);
	size_t size = postern__lane_view__pack(v, bytes);
	assert_null(memmem(bytes, size, "SECRET", 6));
	assert_null(memmem(bytes, size, "LINE ONE", 8));
}

#define T(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(orders_that_do_not_count),
		T(an_assist_lasts_while_it_is_held),
		T(an_assist_at_the_lane_is_not_the_posts),
		T(duty_needs_officer_line_and_time),
		T(a_lost_post_keeps_nobody_inside),
		T(the_mode_changes_when_nobody_is_there),
		T(the_mode_changes_in_an_idle_lane_only),
		T(a_locked_lane_lets_nobody_in),
		T(a_post_orders_free_passage),
		T(alarms_stand_until_over_and_seen),
		T(alarms_are_bounded),
		T(blindness_ends_no_alarm),
		T(nobody_looks_without_a_record),
		T(a_crossing_that_is_over_is_not_shown),
		T(a_watchlist_is_overridden_by_two),
		T(lights_follow_the_checks),
		T(a_view_is_not_personal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
