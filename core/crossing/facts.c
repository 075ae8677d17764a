/* SPDX-License-Identifier: Apache-2.0
 * Facts of a crossing. Must never turn an absence into a good answer.
 */
#include "crossing/facts.h"

Postern__CheckResult facts_history_result(const struct crossing *c)
{
	if (c->history != NULL)
		return c->history->complete ? c->history->result : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	return c->history_asked ? POSTERN__CHECK_RESULT__CHECK_UNDETERMINED : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
}

/* Of an answer that may not have come, or says nothing of this. */
static Postern__CheckResult looked(const struct crossing *c, Postern__CheckResult said)
{
	if (c->history != NULL && said != POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED)
		return said;
	return c->history_asked ? POSTERN__CHECK_RESULT__CHECK_UNDETERMINED : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
}

void facts_lookups(const struct crossing *c, struct facts_lookups *out)
{
	const Postern__HistoryLooked *h = c->history;
	out->permits = looked(c, h != NULL ? h->permits_result : POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED);
	out->authorisation = looked(c, h != NULL ? h->authorisation_result : POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED);
	out->bans = looked(c, h != NULL ? h->bans_result : POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED);
	out->expected = POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
}

Postern__CheckResult facts_watchlist_result(const struct crossing *c)
{
	return c->watchlist != NULL ? c->watchlist->result : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
}

bool facts_list_stale(const struct crossing *c)
{
	return c->watchlist == NULL || c->watchlist->list_stale;
}

void facts_of_crossing(const struct crossing *c, struct crossing_facts *out)
{
	Postern__CrossingFacts *f = &out->facts;
	struct facts_lookups lookups;
	postern__crossing_facts__init(f);
	postern__date__init(&out->today);
	f->crossing_id = (char *)(uintptr_t)c->id;
	f->document = c->document->document;
	f->checks = c->document->checks;
	f->n_checks = c->document->n_checks;
	f->watchlist_result = facts_watchlist_result(c);
	f->list_stale = facts_list_stale(c);
	if (c->watchlist != NULL) {
		f->matches = c->watchlist->matches;
		f->n_matches = c->watchlist->n_matches;
	}
	f->history_result = facts_history_result(c);
	facts_lookups(c, &lookups);
	f->permits_result = lookups.permits;
	f->authorisation_result = lookups.authorisation;
	f->bans_result = lookups.bans;
	f->expected_result = lookups.expected;
	if (c->history != NULL) {
		f->stays = c->history->stays;
		f->n_stays = c->history->n_stays;
		f->permits = c->history->permits;
		f->n_permits = c->history->n_permits;
		f->bans = c->history->bans;
		f->n_bans = c->history->n_bans;
	}
	out->today.year = c->today.year;
	out->today.month = c->today.month;
	out->today.day = c->today.day;
	f->reference_date = &out->today;
	crossing_chip(c, &out->chip);
	f->chip_result = out->chip.result;
	f->chip_checks = out->chip.checks;
	f->n_chip_checks = out->chip.n_checks;
}

bool facts_of_record(const Postern__RecordClear *clear, const Postern__CrossingRecord *sealed, Postern__CrossingFacts *out)
{
	postern__crossing_facts__init(out);
	if (clear->kind != POSTERN__RECORD_KIND__RECORD_VERDICT || sealed->document == NULL || sealed->reference_date == NULL)
		return false;
	out->crossing_id = clear->crossing_id;
	out->direction = clear->direction;
	out->lane = clear->lane;
	out->clock_quality = clear->clock_quality;
	out->document = sealed->document;
	out->checks = sealed->checks;
	out->n_checks = sealed->n_checks;
	out->matches = sealed->matches;
	out->n_matches = sealed->n_matches;
	out->watchlist_result = sealed->watchlist_result;
	out->list_stale = sealed->list_stale;
	out->history_result = sealed->history_result;
	out->stays = sealed->stays;
	out->n_stays = sealed->n_stays;
	out->reference_date = sealed->reference_date;
	out->chip_result = sealed->chip_result;
	out->chip_checks = sealed->chip_checks;
	out->n_chip_checks = sealed->n_chip_checks;
	out->permits_result = sealed->permits_result;
	out->permits = sealed->permits;
	out->n_permits = sealed->n_permits;
	out->authorisation_result = sealed->authorisation_result;
	out->bans_result = sealed->bans_result;
	out->bans = sealed->bans;
	out->n_bans = sealed->n_bans;
	out->expected_result = sealed->expected_result;
	return true;
}
