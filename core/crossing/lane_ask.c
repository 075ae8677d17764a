/* SPDX-License-Identifier: Apache-2.0
 * Queries of a crossing: document check, then watchlist and history together, beside them the chip (lane_chip.c), then the
 * rules, then a verdict.
 * Must never wait without a deadline, and must never let an answer that did not come count as a good one.
 */
#include <string.h>

#include "crossing/facts.h"
#include "crossing/lane_run.h"

static void advance(struct lane_run *run, uint64_t id, Postern__Envelope__BodyCase query_body, const struct bus_message *m);
static void document_done(struct lane_run *run);

/* A query that cannot be put, because nobody is there or too many are open, takes its default at once. */
void ask_send(struct lane_run *run, Postern__Envelope *e)
{
	struct lane *lane = run->lane;
	Postern__PluginKind kind = bus_kind_for_query(e->body_case);
	e->id = lane->next_query_id++;
	e->crossing_id = lane->crossing.id;
	if (!lane->ready[kind] || bus_query_open(&lane->queries, e->id, e->body_case, (uint32_t)kind, e->crossing_id,
					  run->in->mono_ms, NULL) != PN_OK) {
		advance(run, e->id, e->body_case, NULL);
		return;
	}
	run->sink->count(run->sink->ctx, METRIC_QUERIES, 1);
	run->sink->send(run->sink->ctx, kind, e);
}

void ask_date(Postern__Date *date, const struct lane_input *in)
{
	postern__date__init(date);
	date->year = in->year;
	date->month = in->month;
	date->day = in->day;
}

/* Here the zone says which result is meant; history, chip and rules were the kiosk's to ask. */
static bool redeems(const struct lane *lane)
{
	return lane->config.topology == GATE_SEGREGATED;
}

void ask_eligibility(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__CheckDocument q = POSTERN__CHECK_DOCUMENT__INIT;
	Postern__Date today;
	const struct bus_message *m = run->in->message;
	if (m != NULL && m->envelope->body_case == POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED) {
		/* Laid down instead of the one before, which was taken away while it was being checked. */
		if (c->presented != NULL && !c->has_verdict)
			crossing_forget(c);
		c->presented = crossing_keep(c, &postern__document_presented__descriptor, m->body_bytes, m->body_size);
	}
	c->document = NULL;
	c->watchlist = NULL;
	c->history = NULL;
	c->rules = NULL;
	c->watchlist_asked = c->history_asked = c->watchlist_done = c->history_done = false;
	c->document_done = c->concluded = false;
	memset(&c->today, 0, sizeof c->today);
	c->chip_done = redeems(lane); /* the kiosk has read it */
	if (redeems(lane) && find_take(run)) {
		document_done(run);
		return;
	}
	if (c->presented == NULL) {
		run_event(run, GATE_EVENT_REFERRED);
		return;
	}
	if (!redeems(lane))
		chip_ask(run);
	printed_ask(run);
	crossing_step_start(c, STEP_DOCUMENT, run->in->mono_ms);
	ask_date(&today, run->in);
	q.mrz_lines = c->presented->mrz_lines;
	q.n_mrz_lines = c->presented->n_mrz_lines;
	q.reference_date = &today;
	e.body_case = POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT;
	e.check_document = &q;
	ask_send(run, &e);
}

static void ask_watchlist(struct lane_run *run, Postern__Document *d)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__SearchWatchlist q = POSTERN__SEARCH_WATCHLIST__INIT;
	char *numbers[1] = { d->number };
	q.document_numbers = numbers;
	q.n_document_numbers = 1;
	q.issuer = d->issuer;
	q.surname = d->surname;
	q.given_names = d->given_names;
	q.name_truncated = d->name_truncated;
	q.birth_date = d->birth_date;
	q.sex = d->sex;
	q.nationality = d->nationality;
	e.body_case = POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST;
	e.search_watchlist = &q;
	run->lane->crossing.watchlist_asked = true;
	ask_send(run, &e);
}

/* Stays are asked only for those whom a limit of stay can concern: data minimisation. */
static void ask_history(struct lane_run *run, Postern__Document *d)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__LookupHistory q = POSTERN__LOOKUP_HISTORY__INIT;
	struct crossing *c = &run->lane->crossing;
	Postern__Date today;
	if (redeems(run->lane) || strcmp(d->nationality, run->lane->config.tenant) == 0) {
		c->history_done = true;
		return;
	}
	ask_date(&today, run->in);
	q.document_number = d->number;
	q.issuer = d->issuer;
	q.nationality = d->nationality;
	q.birth_date = d->birth_date;
	q.reference_date = &today;
	e.body_case = POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY;
	e.lookup_history = &q;
	c->history_asked = true;
	ask_send(run, &e);
}

static void conclude(struct lane_run *run);

static void ask_rules(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__EvaluateRules q = POSTERN__EVALUATE_RULES__INIT;
	struct crossing_facts told;
	c->today.year = run->in->year;
	c->today.month = run->in->month;
	c->today.day = run->in->day;
	facts_of_crossing(c, &told);
	told.facts.direction = lane->config.record.direction;
	told.facts.clock_quality = run->in->clock_quality;
	told.facts.lane = (char *)(uintptr_t)lane->config.record.lane;
	q.facts = &told.facts;
	e.body_case = POSTERN__ENVELOPE__BODY_EVALUATE_RULES;
	e.evaluate_rules = &q;
	crossing_step_start(c, STEP_RULES, run->in->mono_ms);
	ask_send(run, &e);
}

static void conclude(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	struct verdict_evidence evidence = { .document = c->document, .watchlist = c->watchlist, .rules = c->rules,
		.clock_trusted = lane->clock_trusted };
	Postern__RulesEvaluated silent = POSTERN__RULES_EVALUATED__INIT;
	struct crossing_chip chip;
	crossing_chip(c, &chip);
	silent.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	if (redeems(lane))
		evidence.rules = &silent;
	evidence.chip.expected = !redeems(lane) && lane->config.has[POSTERN__PLUGIN_KIND__KIND_CHIP_READER];
	evidence.chip.result = chip.result;
	evidence.chip.exception = chip.exception;
	evidence.chip.reason = chip.reason;
	evidence.chip.argument = chip.argument;
	c->concluded = true;
	crossing_step_end(c, STEP_DOCUMENT, run->in->mono_ms);
	crossing_step_end(c, STEP_CHIP, run->in->mono_ms);
	crossing_step_end(c, STEP_LISTS, run->in->mono_ms);
	crossing_step_end(c, STEP_RULES, run->in->mono_ms);
	/* A referral that has been recorded stands: what is recorded last must admit, or nobody is let out on it. */
	c->verdict = c->has_verdict ? verdict_combine(c->verdict, verdict_of(&evidence)) : verdict_of(&evidence);
	c->has_verdict = true;
	kiosk_heard(run);
	evidence.rules = &silent;
	c->without_rules = verdict_of(&evidence).value;
	switch (c->verdict.value) {
	case POSTERN__VERDICT__VERDICT_CLEAR:
		if (redeems(lane))
			kiosk_redeem_result(run);
		else
			run_event(run, GATE_EVENT_ELIGIBLE);
		return;
	case POSTERN__VERDICT__VERDICT_REFER:
		run_event(run, GATE_EVENT_REFERRED);
		return;
	case POSTERN__VERDICT__VERDICT_UNSPECIFIED:
	case POSTERN__VERDICT__VERDICT_STOP:
	case _POSTERN__VERDICT_IS_INT_SIZE:
		run_event(run, GATE_EVENT_STOPPED);
		return;
	}
}

static void document_done(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	crossing_step_end(c, STEP_DOCUMENT, run->in->mono_ms);
	c->document_done = true;
	if (c->document == NULL || c->document->document == NULL) {
		conclude(run);
		return;
	}
	crossing_step_start(c, STEP_LISTS, run->in->mono_ms);
	ask_watchlist(run, c->document->document);
	ask_history(run, c->document->document);
}

void ask_joined(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	if (!c->document_done || !c->watchlist_done || !c->history_done)
		return;
	crossing_step_end(c, STEP_LISTS, run->in->mono_ms);
	if (redeems(run->lane))
		conclude(run);
	else if (c->chip_done)
		ask_rules(run);
}

static bool is_of_the_face(Postern__Envelope__BodyCase query)
{
	return query == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE || query == POSTERN__ENVELOPE__BODY_CAPTURE_FACE ||
	       query == POSTERN__ENVELOPE__BODY_MATCH_FACE || query == POSTERN__ENVELOPE__BODY_FIND_FACE;
}

/* m NULL: the query took its default. */
static void advance(struct lane_run *run, uint64_t id, Postern__Envelope__BodyCase query_body, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	const uint8_t *bytes = m != NULL ? m->body_bytes : NULL;
	size_t size = m != NULL ? m->body_size : 0;
	if (id == run->lane->search.query) {
		find_answered(run, query_body, m);
		return;
	}
	if (!c->active)
		return;
	if (is_of_the_face(query_body)) {
		face_answered(run, id, query_body, m);
		return;
	}
	if (query_body == POSTERN__ENVELOPE__BODY_CUT_PORTRAIT) {
		printed_answered(run, id, m);
		return;
	}
	if (c->concluded)
		return;
	switch (query_body) {
	case POSTERN__ENVELOPE__BODY_READ_CHIP:
		chip_read(run, m);
		break;
	case POSTERN__ENVELOPE__BODY_INSPECT_CHIP:
		chip_inspected(run, m);
		break;
	case POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT:
		if (m != NULL)
			c->document = crossing_keep(c, &postern__document_checked__descriptor, bytes, size);
		document_done(run);
		break;
	case POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST:
		if (m != NULL)
			c->watchlist = crossing_keep(c, &postern__watchlist_searched__descriptor, bytes, size);
		c->watchlist_done = true;
		ask_joined(run);
		break;
	case POSTERN__ENVELOPE__BODY_LOOKUP_HISTORY:
		if (m != NULL)
			c->history = crossing_keep(c, &postern__history_looked__descriptor, bytes, size);
		c->history_done = true;
		ask_joined(run);
		break;
	case POSTERN__ENVELOPE__BODY_EVALUATE_RULES:
		if (m != NULL)
			c->rules = crossing_keep(c, &postern__rules_evaluated__descriptor, bytes, size);
		conclude(run);
		break;
	default:
		break;
	}
}

int ask_answered(struct lane_run *run, const struct bus_message *m)
{
	struct bus_query q;
	int r = bus_query_answer(&run->lane->queries, m->envelope->id, m->envelope->body_case, (uint32_t)run->in->source,
		m->envelope->crossing_id, run->in->mono_ms, &q);
	if (r == PN_ENOTFOUND)
		return PN_OK; /* late, or of a crossing that is over: its default has been taken */
	if (r == PN_OK)
		advance(run, q.id, q.body, m);
	return r;
}

void ask_expired(struct lane_run *run)
{
	struct bus_query q;
	while (bus_query_expire(&run->lane->queries, run->in->mono_ms, &q)) {
		run->sink->count(run->sink->ctx, METRIC_QUERY_TIMEOUTS, 1);
		advance(run, q.id, q.body, NULL);
	}
}

void ask_plugin_lost(struct lane_run *run, Postern__PluginKind kind)
{
	struct bus_query q;
	while (bus_query_drop_instance(&run->lane->queries, (uint32_t)kind, &q))
		advance(run, q.id, q.body, NULL);
}

void ask_cancel(struct lane_run *run)
{
	struct bus_query q;
	while (bus_query_drop_crossing(&run->lane->queries, run->lane->crossing.id, &q))
		;
	run->lane->crossing.move_id = 0;
	kiosk_cancel(run->lane);
}

/* What is asked of a person inside: that the verdict still stands and, where the lane has a camera, that the face is the chip's. One
 * person alone is the gate's own guard. An officer who has admitted has looked. */
void ask_inside(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	bool admitted = c->decision == POSTERN__OFFICER_DECISION__DECISION_ADMIT;
	bool clear = c->has_verdict && c->verdict.value == POSTERN__VERDICT__VERDICT_CLEAR && lane->clock_trusted;
	if (clear && !admitted && face_expected(lane))
		face_ask(run);
	else
		run_event(run, clear || admitted ? GATE_EVENT_INSIDE_CLEAR : GATE_EVENT_INSIDE_REFERRED);
}
