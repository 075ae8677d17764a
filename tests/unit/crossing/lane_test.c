/* SPDX-License-Identifier: Apache-2.0
 * The lane as a whole, without any process: journal before act, defaults for what does not come, the officer's word.
 * Must never assert on the gate's inner flags: only on what leaves the lane.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crossing/record.h"
#include "lane_bench.h"

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define R(name) POSTERN__RECORD_KIND__RECORD_##name
#define EXIT POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_EXIT
#define ENTRY POSTERN__GATE_COMMAND_KIND__COMMAND_RELEASE_ENTRY

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof *b);
	*state = b;
	if (b == NULL)
		return -1;
	bench_start(b);
	return 0;
}

static int teardown(void **state)
{
	lane_wipe(&((struct bench *)*state)->lane);
	free(*state);
	return 0;
}

static void clear_traveller_passes(void **state)
{
	struct bench *b = *state;
	bench_walk_in(b);
	const struct bench_out *verdict = bench_record(b, R(VERDICT));
	assert_non_null(verdict);
	assert_int_equal(verdict->verdict, POSTERN__VERDICT__VERDICT_CLEAR);
	assert_true(verdict->personal);
	assert_false(bench_commanded(b, EXIT)); /* not before the record is durable */
	bench_commit(b, verdict, true);
	assert_true(bench_commanded(b, EXIT));
	assert_true(bench_last(b, POSTERN__ENVELOPE__BODY_GATE_COMMAND)->names_record);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 1000);
	assert_string_equal(bench_state(b), "IDLE");
	const struct bench_out *outcome = bench_record(b, R(OUTCOME));
	assert_int_equal(outcome->outcome, POSTERN__OUTCOME__OUTCOME_PASSED);
	assert_string_equal(outcome->crossing, verdict->crossing);
	assert_false(outcome->personal);
	assert_false(b->lane.crossing.active);
}

/* A match that an officer has said is not this person decides nothing, and stays in the record. */
static void what_was_dismissed_is_recorded(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_dismissed(b, "E-17");
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_REFER);
	const struct bench_out *verdict = bench_record(b, R(VERDICT));
	assert_non_null(verdict);
	assert_int_equal(verdict->matches, 0);
	assert_int_equal(verdict->dismissed, 1);
	assert_string_equal(verdict->dismissed_entry, "E-17");
}

static void personal_data_is_wiped(void **state)
{
	struct bench *b = *state;
	clear_traveller_passes(state);
	const unsigned char *lane = (const unsigned char *)&b->lane;
	for (size_t i = 0; i + 6 <= sizeof b->lane; i++)
		assert_true(memcmp(lane + i, "SECRET", 6) != 0);
}

static void failed_commit_never_opens(void **state)
{
	struct bench *b = *state;
	bench_walk_in(b);
	bench_commit(b, bench_record(b, R(VERDICT)), false);
	assert_false(bench_commanded(b, EXIT));
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	/* Coming too late it still opens nothing. */
	bench_commit(b, bench_record(b, R(VERDICT)), true);
	assert_false(bench_commanded(b, EXIT));
}

static void slow_commit_never_opens(void **state)
{
	struct bench *b = *state;
	bench_walk_in(b);
	bench_wait(b, 1500);
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	bench_commit(b, bench_record(b, R(VERDICT)), true);
	assert_false(bench_commanded(b, EXIT));
}

static void silence_of_each_plugin_refers(void **state)
{
	struct bench *b = *state;
	for (int silent = 0; silent < 3; silent++) {
		bench_start(b);
		bench_present(b);
		if (silent > 0)
			bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		if (silent > 1)
			bench_answer_lists(b, false);
		bench_wait(b, 6000);
		assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
		assert_int_equal(bench_record(b, R(VERDICT))->verdict, POSTERN__VERDICT__VERDICT_REFER);
		assert_false(bench_commanded(b, ENTRY));
	}
}

static void death_of_each_plugin_refers(void **state)
{
	static const Postern__PluginKind dies[] = { K(DOCUMENT_CHECK), K(WATCHLIST), K(RULES) };
	struct bench *b = *state;
	for (int i = 0; i < 3; i++) {
		bench_start(b);
		bench_present(b);
		if (i > 0)
			bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
		if (i > 1)
			bench_answer_lists(b, false);
		bench_lost(b, dies[i]);
		assert_false(bench_commanded(b, ENTRY));
		assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
		assert_int_equal(bench_record(b, R(VERDICT))->verdict, POSTERN__VERDICT__VERDICT_REFER);
	}
}

static void hit_stops(void **state)
{
	struct bench *b = *state;
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, true);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR); /* a rule cannot talk a hit away */
	assert_int_equal(bench_record(b, R(VERDICT))->verdict, POSTERN__VERDICT__VERDICT_STOP);
	assert_int_equal(bench_record(b, R(VERDICT))->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_DATABASE_HIT);
	assert_false(bench_commanded(b, ENTRY));
}

/* Doc 9303 gives States and documents up to three letters; a name, a number of a document or a day of birth is none of what may stand in clear. */
static void a_reason_s_argument(void **state)
{
	static const char *const told[] = {"18", "0", "1234", "NOR", "D<<", "P", "pa.signer.revocation"};
	static const char *const kept_back[] = {"", "12345", "-1", "1.5", "1998-04-01", "OLSEN", "Olsen", "olsen", "N0R", "18 years", "L898902C3", " 18"};
	struct bench *b = *state;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__RulesEvaluated a = POSTERN__RULES_EVALUATED__INIT;
	Postern__Finding f = POSTERN__FINDING__INIT, *findings = &f;
	char *args[] = {(char *)(uintptr_t) "18"};
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		assert_string_equal(record_argument(told[i]), told[i]);
	for (size_t i = 0; i < sizeof kept_back / sizeof kept_back[0]; i++)
		assert_string_equal(record_argument(kept_back[i]), "");
	assert_string_equal(record_argument(NULL), "");
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	f.verdict = a.verdict = POSTERN__VERDICT__VERDICT_REFER;
	f.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR;
	f.code = (char *)(uintptr_t) "eligibility.minor";
	f.args = args;
	f.n_args = 1;
	a.findings = &findings;
	a.n_findings = 1;
	a.pack_version = (char *)(uintptr_t) "r@1";
	e.body_case = POSTERN__ENVELOPE__BODY_RULES_EVALUATED;
	e.rules_evaluated = &a;
	assert_int_equal(
		bench_message(b, K(RULES), bench_last(b, POSTERN__ENVELOPE__BODY_EVALUATE_RULES)->query_id, &e), PN_OK);
	const struct bench_out *v = bench_record(b, R(VERDICT));
	assert_int_equal(v->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR);
	assert_string_equal(v->reason, "eligibility.minor");
	assert_string_equal(v->argument, "18");
}

static void answer_of_another_kind_is_denied(void **state)
{
	struct bench *b = *state;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__RulesEvaluated a = POSTERN__RULES_EVALUATED__INIT;
	bench_present(b);
	a.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	e.body_case = POSTERN__ENVELOPE__BODY_RULES_EVALUATED;
	e.rules_evaluated = &a;
	assert_int_equal(
		bench_message(b, K(RULES), bench_last(b, POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT)->query_id, &e), PN_EDENIED);
	assert_false(bench_commanded(b, ENTRY));
}

/* A traveller in order, and whoever follows: the entry still stands open. */
static void clear_ones_walk_in(struct bench *b, uint32_t persons)
{
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	bench_remove(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = persons;
	bench_sense(b);
}

static void tailgater_is_held(void **state)
{
	struct bench *b = *state;
	clear_ones_walk_in(b, 2);
	bench_wait(b, 10500);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 4000);
	assert_false(bench_commanded(b, EXIT));
	const struct bench_out *v = bench_record(b, R(VERDICT));
	assert_non_null(v);
	assert_int_equal(v->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_true(b->lane.crossing.waiting_officer);
}

/* Power is the lane's trouble, not the traveller's: whoever is in the lane goes on, and nobody new comes (docs/gate.md). */
static void power_loss_refers_nobody(void **state)
{
	for (int low = 0; low < 2; low++) {
		struct bench *b = *state;
		bench_start(b);
		clear_ones_walk_in(b, 1);
		b->sensed.mains_ok = false;
		b->sensed.ups_low = low == 1;
		bench_sense(b);
		bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
		const struct bench_out *verdict = bench_record(b, R(VERDICT));
		assert_non_null(verdict);
		assert_int_equal(verdict->verdict, POSTERN__VERDICT__VERDICT_CLEAR);
		bench_commit(b, verdict, true);
		assert_true(bench_commanded(b, EXIT));
		bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
		b->sensed.occupants = 0;
		bench_sense(b);
		bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_LOCKED);
		bench_wait(b, 1000);
		assert_int_equal(bench_record(b, R(OUTCOME))->outcome, POSTERN__OUTCOME__OUTCOME_PASSED);
		bench_present(b);
		assert_false(b->lane.crossing.active);
	}
}

static void stale_sensors_are_unknown(void **state)
{
	struct bench *b = *state;
	struct lane_input in = { .kind = LANE_TICK };
	bench_walk_in(b);
	b->now_ms += 1500;
	bench_input(b, &in);
	bench_commit(b, bench_record(b, R(VERDICT)), true);
	assert_false(bench_commanded(b, EXIT));
}

/* --- the officer's word ---------------------------------------------------------------------- */

struct word {
	Postern__Decision d;
	Postern__SignedDecision s;
	uint8_t hash[32], nonce[16];
};

static void say(struct bench *b, struct word *w, Postern__OfficerDecision decision)
{
	postern__decision__init(&w->d);
	postern__signed_decision__init(&w->s);
	memset(w->hash, 0x5a, sizeof w->hash);
	memset(w->nonce, (int)b->now_ms, sizeof w->nonce);
	w->d.crossing_id = b->lane.crossing.id;
	w->d.verdict_hash.data = w->hash;
	w->d.verdict_hash.len = sizeof w->hash;
	w->d.nonce.data = w->nonce;
	w->d.nonce.len = sizeof w->nonce;
	w->d.officer = (char *)(uintptr_t)"officer-1";
	w->d.reason_code = (char *)(uintptr_t)"identity.confirmed";
	w->d.decision = decision;
	w->d.issued_wall_ms = INT64_C(1700000000000) + (int64_t)b->now_ms;
	w->d.expires_wall_ms = w->d.issued_wall_ms + 60000;
}

static int tell(struct bench *b, struct word *w)
{
	struct lane_input in = { .kind = LANE_DECISION, .decision = &w->d, .signed_decision = &w->s };
	return bench_input(b, &in);
}

static void refer_outside(struct bench *b)
{
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_REFER);
	assert_string_equal(bench_state(b), "REFERRED_OUTSIDE");
	bench_commit(b, bench_record(b, R(VERDICT)), true);
}

/* What the lane cannot do now is refused and may be asked for again; it is not taken down and lost. */
static void officer_is_told_what_cannot_be(void **state)
{
	struct bench *b = *state;
	struct word w;
	struct lane_input in = { .kind = LANE_COMMAND, .command = LANE_CMD_RESUME, .officer = "officer-1" };
	bench_walk_in(b);
	assert_int_equal(bench_input(b, &in), PN_EAGAIN);
	b->sensed.occupants = 2;
	bench_sense(b);
	assert_string_equal(bench_state(b), "HOLD_OFFICER");
	for (size_t i = 0; i < b->count; i++)
		if (b->out[i].what == OUT_APPEND && b->out[i].record == R(VERDICT))
			bench_commit(b, &b->out[i], true);
	assert_true(b->lane.crossing.waiting_officer);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	memcpy(w.hash, b->lane.crossing.verdict_hash, sizeof w.hash);
	size_t before = b->count;
	assert_int_equal(tell(b, &w), PN_EAGAIN);
	assert_int_equal(b->count, before); /* nothing was recorded, nothing moved */
	assert_true(b->lane.crossing.waiting_officer);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_SEND_BACK);
	memcpy(w.hash, b->lane.crossing.verdict_hash, sizeof w.hash);
	assert_int_equal(tell(b, &w), PN_OK);
	assert_string_equal(bench_state(b), "RETURN_PATH");
}

static int command(struct bench *b, enum lane_command command)
{
	struct lane_input in = { .kind = LANE_COMMAND, .command = command, .officer = "officer-1" };
	return bench_input(b, &in);
}

/* Out of service lets the crossing in hand go on. Resuming meanwhile is refused with what to do, is not recorded as done, and
 * does not take the withdrawal back; at rest it is taken. */
static void resume_waits_for_the_crossing(void **state)
{
	struct bench *b = *state;
	bench_walk_in(b);
	const char *in_crossing = bench_state(b);
	assert_int_equal(command(b, LANE_CMD_OUT_OF_SERVICE), PN_OK);
	assert_string_equal(bench_state(b), in_crossing);
	size_t before = b->count;
	int err = command(b, LANE_CMD_RESUME);
	assert_int_equal(err, PN_EAGAIN);
	assert_int_equal(b->count, before);
	assert_string_equal(lane_refusal(LANE_CMD_RESUME, err),
		"nothing to resume now: say it when `postern lanes` shows OUT_OF_SERVICE, FAULT_LOCKED or FAULT_OCCUPIED; a crossing in "
		"hand ends first");
	bench_commit(b, bench_record(b, R(VERDICT)), true);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 0;
	bench_sense(b);
	bench_leaf(b, false, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	bench_wait(b, 1000);
	assert_int_equal(bench_record(b, R(OUTCOME))->outcome, POSTERN__OUTCOME__OUTCOME_PASSED);
	assert_string_equal(bench_state(b), "OUT_OF_SERVICE");
	assert_int_equal(command(b, LANE_CMD_RESUME), PN_OK);
	assert_string_equal(bench_state(b), "BOOT_SELFTEST");
}

/* Each command's refusal says something of that command; what was taken has none. */
static void refusals_are_named(void **state)
{
	(void)state;
	for (enum lane_command c = LANE_CMD_ASSIST; c <= LANE_CMD_DUTY_OFF; c++) {
		assert_null(lane_refusal(c, PN_OK));
		assert_non_null(lane_refusal(c, PN_EAGAIN));
		assert_string_equal(lane_refusal(c, PN_EDENIED), "refused");
	}
}

static void officer_admits(void **state)
{
	struct bench *b = *state;
	struct word w;
	refer_outside(b);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	assert_int_equal(tell(b, &w), PN_OK);
	bench_remove(b);
	assert_true(bench_commanded(b, ENTRY));
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_OPEN);
	b->sensed.occupants = 1;
	bench_sense(b);
	bench_leaf(b, true, POSTERN__LEAF_POSITION__LEAF_LOCKED);
	assert_false(bench_commanded(b, EXIT)); /* the decision record is not durable yet */
	bench_commit(b, bench_record(b, R(DECISION)), true);
	assert_true(bench_commanded(b, EXIT));
}

static void decisions_that_do_not_count(void **state)
{
	struct bench *b = *state;
	struct word w;
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	assert_int_equal(tell(b, &w), PN_ECONFLICT); /* no crossing */
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_REFER);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	assert_int_equal(tell(b, &w), PN_ECONFLICT); /* its verdict record is not durable */
	bench_commit(b, bench_record(b, R(VERDICT)), true);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	w.d.expires_wall_ms = w.d.issued_wall_ms - 1;
	assert_int_equal(tell(b, &w), PN_EDENIED); /* expired */
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	w.d.expires_wall_ms = w.d.issued_wall_ms + 86400000;
	assert_int_equal(tell(b, &w), PN_EDENIED); /* lives too long */
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	w.d.reason_code = (char *)(uintptr_t)"";
	assert_int_equal(tell(b, &w), PN_EDENIED); /* no reason */
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	w.hash[0] ^= 1;
	assert_int_equal(tell(b, &w), PN_ECONFLICT); /* answers another record */
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	w.d.crossing_id = (char *)(uintptr_t)"01ARYZ6S410000000000000000";
	assert_int_equal(tell(b, &w), PN_ECONFLICT); /* another crossing */
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED);
	assert_int_equal(tell(b, &w), PN_EDENIED);
	assert_false(bench_commanded(b, ENTRY));
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_HOLD);
	assert_int_equal(tell(b, &w), PN_OK);
	assert_int_equal(tell(b, &w), PN_EDENIED); /* replayed */
}

static void who_takes_the_document_is_told_what_follows(void **state)
{
	struct bench *b = *state;
	struct word w;
	bench_present(b);
	bench_answer_document(b, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	bench_answer_lists(b, false);
	bench_answer_rules(b, POSTERN__VERDICT__VERDICT_CLEAR);
	const struct bench_out *shown = bench_last(b, POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE);
	assert_int_equal(shown->guidance, POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT);
	assert_int_equal(shown->then, POSTERN__GUIDANCE__GUIDANCE_WALK_IN);
	bench_remove(b);
	assert_int_equal(bench_last(b, POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE)->then, POSTERN__GUIDANCE__GUIDANCE_UNSPECIFIED);
	/* refused, and the document still lies there */
	lane_wipe(&b->lane);
	bench_start(b);
	refer_outside(b);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_REFUSE);
	assert_int_equal(tell(b, &w), PN_OK);
	shown = bench_last(b, POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE);
	assert_int_equal(shown->guidance, POSTERN__GUIDANCE__GUIDANCE_TAKE_DOCUMENT);
	assert_int_equal(shown->then, POSTERN__GUIDANCE__GUIDANCE_UNSPECIFIED);
}

static void officer_refuses(void **state)
{
	struct bench *b = *state;
	struct word w;
	refer_outside(b);
	say(b, &w, POSTERN__OFFICER_DECISION__DECISION_REFUSE);
	assert_int_equal(tell(b, &w), PN_OK);
	assert_int_equal(bench_record(b, R(OUTCOME))->outcome, POSTERN__OUTCOME__OUTCOME_REFUSED);
	assert_false(bench_commanded(b, ENTRY));
}

static void held_person_finds_the_way_back(void **state)
{
	struct bench *b = *state;
	bench_walk_in(b);
	bench_commit(b, bench_record(b, R(VERDICT)), false);
	size_t before = bench_commands(b, ENTRY);
	bench_wait(b, 181000);
	assert_true(bench_commands(b, ENTRY) > before);
	assert_false(bench_commanded(b, EXIT));
}

static void same_inputs_same_outputs(void **state)
{
	struct bench *a = *state, *b = calloc(1, sizeof *b);
	void *other = b;
	assert_non_null(b);
	bench_start(b);
	clear_traveller_passes(state);
	clear_traveller_passes(&other);
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->out, b->out, sizeof a->out[0] * a->count);
	lane_wipe(&b->lane);
	free(b);
}

static void crossings_without_trust_do_not_begin(void **state)
{
	struct bench *b = *state;
	bench_lost(b, K(WATCHLIST));
	bench_present(b);
	assert_false(b->lane.crossing.active);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		T(clear_traveller_passes),
		T(what_was_dismissed_is_recorded),
		T(personal_data_is_wiped),
		T(failed_commit_never_opens),
		T(slow_commit_never_opens),
		T(silence_of_each_plugin_refers),
		T(death_of_each_plugin_refers),
		T(hit_stops),
		T(a_reason_s_argument),
		T(answer_of_another_kind_is_denied),
		T(tailgater_is_held),
		T(power_loss_refers_nobody),
		T(stale_sensors_are_unknown),
		T(officer_admits),
		T(officer_is_told_what_cannot_be),
		T(resume_waits_for_the_crossing),
		T(refusals_are_named),
		T(decisions_that_do_not_count),
		T(officer_refuses),
		T(who_takes_the_document_is_told_what_follows),
		T(held_person_finds_the_way_back),
		T(same_inputs_same_outputs),
		T(crossings_without_trust_do_not_begin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
