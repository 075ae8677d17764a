/* SPDX-License-Identifier: Apache-2.0
 * Building records. Must never copy a name, a number, a full birth date or MRZ text into the clear part.
 */
#include "crossing/record.h"

#include <string.h>

#include "crossing/facts.h"

/* protobuf-c wants char *; the records are only ever packed, never written through. */
static char *text_of(const char *s)
{
	return (char *)(uintptr_t)(s != NULL ? s : "");
}

const char *record_key(const char *s)
{
	size_t n = s != NULL ? strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.") : 0;
	bool key = n > 0 && n < 64 && s[n] == '\0' && s[0] >= 'a' && s[0] <= 'z' && strchr(s, '.') != NULL;
	return key ? s : "";
}

static bool all_of(const char *s, size_t max, const char *letters)
{
	size_t n = strspn(s, letters);
	return n > 0 && n <= max && s[n] == '\0';
}

/* A rule's argument may be anything. */
const char *record_argument(const char *s)
{
	if (s == NULL)
		return "";
	return all_of(s, 4, "0123456789") || all_of(s, 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ<") ? s : record_key(s);
}

static void add_steps(struct record *r, const struct crossing *c)
{
	for (int i = 0; i < STEP_COUNT_; i++) {
		if (c->step_ms[i] == 0)
			continue;
		Postern__StepTime *s = &r->step[r->clear.n_steps];
		postern__step_time__init(s);
		s->step = text_of(crossing_step_name((enum crossing_step)i));
		s->duration_ms = c->step_ms[i];
		r->steps[r->clear.n_steps++] = s;
	}
	r->clear.steps = r->steps;
}

static void add_traveller(Postern__RecordClear *clear, const Postern__Document *d)
{
	clear->nationality = d->nationality;
	clear->issuer = d->issuer;
	clear->document_code = d->document_code;
	clear->sex = d->sex;
	if (d->birth_date != NULL)
		clear->birth_year = d->birth_date->year;
}

void record_personal(struct record *r, const struct crossing *c)
{
	Postern__CrossingRecord *p = &r->personal;
	struct facts_lookups lookups;
	if (c->document != NULL) {
		p->document = c->document->document;
		p->checks = c->document->checks;
		p->n_checks = c->document->n_checks;
	}
	p->watchlist_result = facts_watchlist_result(c);
	p->list_stale = facts_list_stale(c);
	p->history_result = facts_history_result(c);
	facts_lookups(c, &lookups);
	p->permits_result = lookups.permits;
	p->authorisation_result = lookups.authorisation;
	p->bans_result = lookups.bans;
	p->expected_result = lookups.expected;
	p->without_rules = c->without_rules;
	if (c->today.year != 0) {
		postern__date__init(&r->today);
		r->today.year = c->today.year;
		r->today.month = c->today.month;
		r->today.day = c->today.day;
		p->reference_date = &r->today;
	}
	if (c->watchlist != NULL) {
		p->matches = c->watchlist->matches;
		p->n_matches = c->watchlist->n_matches;
		p->dismissed = c->watchlist->dismissed;
		p->n_dismissed = c->watchlist->n_dismissed;
	}
	if (c->history != NULL) {
		p->stays = c->history->stays;
		p->n_stays = c->history->n_stays;
		p->permits = c->history->permits;
		p->n_permits = c->history->n_permits;
		p->bans = c->history->bans;
		p->n_bans = c->history->n_bans;
	}
	crossing_chip(c, &r->chip);
	p->chip = (Postern__ChipRead *)(uintptr_t)c->chip;
	p->chip_result = r->chip.result;
	p->chip_checks = r->chip.checks;
	p->n_chip_checks = r->chip.n_checks;
	p->face = (Postern__FaceMatched *)(uintptr_t)c->face;
	p->rules = (Postern__RulesEvaluated *)(uintptr_t)c->rules;
	p->versions = &r->versions;
	if (c->presented != NULL) {
		p->mrz_lines = c->presented->mrz_lines;
		p->n_mrz_lines = c->presented->n_mrz_lines;
	}
	r->has_personal = true;
}

void record_build(struct record *r, Postern__RecordKind kind, const struct record_lane *lane, const struct crossing *c,
	int64_t wall_ms, Postern__ClockQuality clock_quality)
{
	Postern__RecordClear *clear = &r->clear;
	memset(r, 0, sizeof *r);
	postern__record_clear__init(clear);
	postern__crossing_record__init(&r->personal);
	postern__versions__init(&r->versions);
	r->versions.software = text_of(lane->software);
	r->versions.schema = text_of(lane->schema);
	r->versions.config_hash = text_of(lane->config_hash);
	clear->kind = kind;
	clear->wall_ms = wall_ms;
	clear->clock_quality = clock_quality;
	clear->lane = text_of(lane->lane);
	clear->direction = lane->direction;
	clear->mode = lane->mode;
	clear->versions = &r->versions;
	if (c == NULL || !c->active)
		return;
	clear->crossing_id = text_of(c->id);
	clear->verdict = c->verdict.value;
	clear->exception = c->verdict.exception;
	clear->reason = text_of(record_key(c->verdict.reason));
	clear->reason_argument = text_of(record_argument(c->verdict.argument));
	if (c->rules != NULL)
		r->versions.rule_pack = c->rules->pack_version;
	if (c->watchlist != NULL)
		r->versions.watchlist = c->watchlist->list_version;
	if (c->inspected != NULL)
		r->versions.trust = c->inspected->trust_version;
	if (c->document != NULL && c->document->document != NULL)
		add_traveller(clear, c->document->document);
	if (kind == POSTERN__RECORD_KIND__RECORD_VERDICT) {
		clear->seal_recipients = text_of(lane->seal_recipients);
		record_personal(r, c);
	}
	if (kind == POSTERN__RECORD_KIND__RECORD_VERDICT && c->by_order) {
		clear->decision = POSTERN__OFFICER_DECISION__DECISION_ADMIT;
		clear->officer = text_of(c->order_officer);
		clear->reason_code = text_of(c->order_reason);
	}
	if (kind == POSTERN__RECORD_KIND__RECORD_VERDICT || kind == POSTERN__RECORD_KIND__RECORD_OUTCOME)
		add_steps(r, c);
	if (kind == POSTERN__RECORD_KIND__RECORD_DECISION || kind == POSTERN__RECORD_KIND__RECORD_OUTCOME) {
		clear->decision = c->decision;
		clear->officer = text_of(c->officer);
		clear->reason_code = text_of(c->reason_code);
		clear->second_officer = text_of(c->second_officer);
		if (c->verdict_durable) {
			clear->answers_hash.data = (uint8_t *)(uintptr_t)c->verdict_hash;
			clear->answers_hash.len = sizeof c->verdict_hash;
		}
	}
}
