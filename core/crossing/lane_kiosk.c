/* SPDX-License-Identifier: Apache-2.0
 * Results of kiosks: a kiosk issues one for the crossing in hand, a gate redeems the one of the document that it has read. Journal
 * before act: the gate's machine hears COMMITTED, ELIGIBLE, REFERRED or STOPPED when the mark is durable. Must never act on a mark
 * that is not, and never lose sight of one that is on its way, whatever has become of the crossing meanwhile.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"
#include "kiosk/digest.h"
#include "kiosk/mark.h"

#define VERDICT(name) POSTERN__VERDICT__VERDICT_##name
#define CLASS(name) POSTERN__EXCEPTION_CLASS__EXCEPTION_##name

static struct kiosk_now now_of(const struct lane_run *run)
{
	return (struct kiosk_now){ run->in->mono_ms, run->in->wall_ms, run->lane->clock_trusted };
}

/* A jump of a clock is recorded before anything else is asked of the results. */
static void look(struct lane_run *run, const struct kiosk_now *now)
{
	struct kiosk_store *store = run->lane->config.kiosk;
	struct kiosk_mark mark;
	if (!kiosk_store_look(store, now))
		return;
	kiosk_mark_void(&mark, store->results.era);
	record_kiosk(run, &mark.mark);
	face_drop(run, NULL);
}

static struct lane_mark *slot_of(struct lane *lane, uint64_t tag)
{
	for (size_t i = 0; i < PN_COUNT(lane->marks); i++)
		if (lane->marks[i].tag == tag)
			return &lane->marks[i];
	return NULL;
}

static void wait_for(struct lane_run *run, struct lane_mark *slot, Postern__KioskPhase phase, const struct kiosk_result *result)
{
	struct kiosk_mark mark;
	kiosk_mark_of(&mark, phase, result);
	slot->phase = phase;
	slot->awaited = true;
	memcpy(slot->id, result->id, sizeof slot->id);
	slot->has_token = result->has_token;
	memcpy(slot->token, result->token, sizeof slot->token);
	slot->tag = record_kiosk(run, &mark.mark);
}

void kiosk_cancel(struct lane *lane)
{
	for (size_t i = 0; i < PN_COUNT(lane->marks); i++)
		lane->marks[i].awaited = false;
}

void kiosk_heard(struct lane_run *run)
{
	struct kiosk_store *store = run->lane->config.kiosk;
	const struct crossing *c = &run->lane->crossing;
	if (store != NULL)
		kiosk_basis_hear(&store->basis, c->rules != NULL ? c->rules->pack_version : NULL,
			c->watchlist != NULL ? c->watchlist->list_version : NULL,
			c->inspected != NULL ? c->inspected->trust_version : NULL);
}

/* --- a kiosk ------------------------------------------------------------------------------------------------------- */

static void add_reason(struct kiosk_result *r, const char *reason)
{
	const char *key = record_key(reason);
	if (key[0] != '\0' && r->reason_count < KIOSK_REASONS && text_copy(r->reasons[r->reason_count], KIOSK_TEXT, key))
		r->reason_count++;
}

static void add_checks(struct kiosk_result *r, Postern__Check *const *checks, size_t count)
{
	for (size_t i = 0; i < count && r->check_count < KIOSK_CHECKS; i++)
		if (text_copy(r->checks[r->check_count].name, KIOSK_TEXT, checks[i]->name))
			r->checks[r->check_count++].result = checks[i]->result;
}

static int describe(const struct lane *lane, struct kiosk_result *r)
{
	const struct kiosk_store *store = lane->config.kiosk;
	const struct crossing *c = &lane->crossing;
	struct crossing_chip chip;
	int result;
	memset(r, 0, sizeof *r);
	if (c->document == NULL || c->document->document == NULL || !text_copy(r->id, sizeof r->id, c->id) ||
		!text_copy(r->kiosk, sizeof r->kiosk, lane->config.record.lane))
		return PN_EINVAL;
	r->verdict = verdict_careful(c->verdict.value);
	if (r->verdict != VERDICT(CLEAR)) {
		add_reason(r, c->verdict.reason);
		add_reason(r, c->verdict.argument);
	}
	add_checks(r, c->document->checks, c->document->n_checks);
	crossing_chip(c, &chip);
	add_checks(r, chip.checks, chip.n_checks);
	if (c->face != NULL)
		add_checks(r, c->face->checks, c->face->n_checks);
	result = kiosk_document_digest(store->key, c->document->document, r->document);
	return result == PN_OK ? kiosk_basis_digest(store, r->basis) : result;
}

/* A face is kept for whom it lets in; nobody can guess its name. */
static void name_face(const struct lane_run *run, struct kiosk_result *r)
{
	_Static_assert(sizeof run->in->random == sizeof r->token, "all of this input's randomness, which nothing else has used");
	r->has_token = r->verdict == VERDICT(CLEAR) && face_has_reference(run->lane);
	if (r->has_token)
		memcpy(r->token, run->in->random, sizeof r->token);
}

static int issue(struct lane_run *run, struct kiosk_result *result)
{
	struct kiosk_results *results = &run->lane->config.kiosk->results;
	struct kiosk_now now = now_of(run);
	uint8_t before[KIOSK_TOKEN];
	bool had;
	int r = describe(run->lane, result);
	if (r != PN_OK)
		return r;
	name_face(run, result);
	had = kiosk_token_of(results, result->document, before);
	r = kiosk_issue(results, result, &now);
	if (r == PN_OK && had)
		face_drop(run, before);
	return r;
}

void kiosk_issue_result(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct kiosk_now now = now_of(run);
	struct lane_mark *slot = slot_of(lane, 0);
	struct kiosk_result result;
	int r = PN_ENOTFOUND;
	if (lane->config.kiosk != NULL) {
		look(run, &now);
		r = slot == NULL ? PN_ELIMIT : issue(run, &result);
	}
	if (r == PN_OK) {
		wait_for(run, slot, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &result);
	} else {
		record_event(run, "kiosk.not_issued", pn_err_name(r));
		run_event(run, GATE_EVENT_COMMIT_FAILED);
	}
	explicit_bzero(&result, sizeof result);
}

/* --- its gate ------------------------------------------------------------------------------------------------------ */

static struct verdict verdict_of_answer(enum kiosk_answer answer, const char *why)
{
	struct verdict v = { VERDICT(REFER), CLASS(INELIGIBLE), kiosk_answer_code(answer), why };
	if (answer == KIOSK_CLEAR)
		v = (struct verdict){ VERDICT(CLEAR), CLASS(NONE), NULL, NULL };
	if (answer == KIOSK_STOP)
		v.value = VERDICT(STOP);
	if (answer == KIOSK_CLOCK)
		v.exception = CLASS(CLOCK);
	return v;
}

/* The redemption has an end: what the gate's own checks said, and what the kiosk did. */
static void settle(struct lane_run *run, enum kiosk_answer answer, const char *why)
{
	struct crossing *c = &run->lane->crossing;
	c->verdict = verdict_combine(c->verdict, verdict_of_answer(answer, why));
	if (c->verdict.value == VERDICT(CLEAR))
		run_event(run, GATE_EVENT_ELIGIBLE);
	else
		run_event(run, c->verdict.value == VERDICT(REFER) ? GATE_EVENT_REFERRED : GATE_EVENT_STOPPED);
}

static enum kiosk_answer claim(struct lane_run *run, struct kiosk_result *result)
{
	struct lane *lane = run->lane;
	struct kiosk_store *store = lane->config.kiosk;
	struct kiosk_now now = now_of(run);
	uint8_t document[KEYED_DIGEST];
	const struct crossing *c = &lane->crossing;
	struct kiosk_claim shown = { .document = document, .token = c->by_face ? c->token : NULL };
	if (store == NULL || lane->crossing.document == NULL || lane->crossing.document->document == NULL ||
		kiosk_document_digest(store->key, lane->crossing.document->document, document) != PN_OK ||
		kiosk_basis_digest(store, shown.basis) != PN_OK)
		return KIOSK_UNKNOWN;
	look(run, &now);
	return kiosk_redeem(&store->results, &shown, &now, result);
}

void kiosk_redeem_result(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct lane_mark *slot = slot_of(lane, 0);
	struct kiosk_result result = { .reason_count = 0 };
	enum kiosk_answer answer = slot == NULL ? KIOSK_NOT_YET : claim(run, &result);
	if (slot == NULL || !kiosk_answer_spends(answer)) {
		settle(run, answer, NULL);
	} else {
		slot->answer = answer;
		/* As long as the crossing: its record names it. */
		slot->why = result.reason_count > 0 ? arena_strdup(&lane->crossing.arena, result.reasons[0]) : NULL;
		wait_for(run, slot, POSTERN__KIOSK_PHASE__KIOSK_REDEEMED, &result);
	}
	explicit_bzero(&result, sizeof result);
}

/* --- both ---------------------------------------------------------------------------------------------------------- */

/* Who is not remembered shows the document. */
static void remember(struct lane_run *run, const uint8_t token[KIOSK_TOKEN])
{
	struct kiosk_store *store = run->lane->config.kiosk;
	const Postern__DocumentChecked *document = run->lane->crossing.document;
	if (document == NULL || kiosk_remember(store->remembered, PN_COUNT(store->remembered), &store->results, token, document) != PN_OK)
		record_event(run, "kiosk.not_remembered", "");
}

/* Before the crossing ends, and with it what the matcher knows of it. */
static void keep_face(struct lane_run *run, const struct lane_mark *m)
{
	const struct kiosk_now now = now_of(run);
	uint32_t left = kiosk_left_ms(&run->lane->config.kiosk->results, m->id, &now);
	if (m->has_token && m->awaited && left > 0) {
		face_keep_named(run, m->token, left);
		remember(run, m->token);
	}
}

static void issue_recorded(struct lane_run *run, const struct lane_mark *m, bool durable)
{
	kiosk_issued(&run->lane->config.kiosk->results, m->id, durable);
	keep_face(run, m);
	if (m->awaited)
		run_event(run, durable ? GATE_EVENT_COMMITTED : GATE_EVENT_COMMIT_FAILED);
}

/* Whose result it is: the face goes to whoever looks inside, else it has served. */
static void use_face(struct lane_run *run, const struct lane_mark *m, bool may_act)
{
	if (!m->has_token)
		return;
	if (may_act && m->awaited && m->answer == KIOSK_CLEAR && face_expected(run->lane))
		face_recall(run, m->token);
	else
		face_drop(run, m->token);
}

static void redemption_recorded(struct lane_run *run, const struct lane_mark *m, bool durable)
{
	bool may_act = kiosk_redeemed(&run->lane->config.kiosk->results, m->id, durable);
	use_face(run, m, may_act);
	if (m->awaited)
		settle(run, may_act ? m->answer : durable ? KIOSK_CLOCK : KIOSK_NOT_YET, may_act ? m->why : NULL);
}

void kiosk_recorded(struct lane_run *run, uint64_t tag, bool durable)
{
	struct lane_mark *slot = tag != 0 ? slot_of(run->lane, tag) : NULL, m;
	if (slot == NULL)
		return;
	m = *slot;
	memset(slot, 0, sizeof *slot);
	if (m.phase == POSTERN__KIOSK_PHASE__KIOSK_ISSUED)
		issue_recorded(run, &m, durable);
	else
		redemption_recorded(run, &m, durable);
}
