/* SPDX-License-Identifier: Apache-2.0
 * Combining evidence into one verdict. Must never turn an absence into clear.
 */
#include "verdict/verdict.h"

static const struct verdict clear = { POSTERN__VERDICT__VERDICT_CLEAR,
	POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE, NULL, NULL };

static struct verdict refer(Postern__ExceptionClass exception, const char *reason)
{
	return (struct verdict){ POSTERN__VERDICT__VERDICT_REFER, exception, reason, NULL };
}

Postern__Verdict verdict_careful(Postern__Verdict v)
{
	if (v == POSTERN__VERDICT__VERDICT_CLEAR || v == POSTERN__VERDICT__VERDICT_REFER)
		return v;
	return POSTERN__VERDICT__VERDICT_STOP;
}

struct verdict verdict_combine(struct verdict a, struct verdict b)
{
	return verdict_careful(b.value) > verdict_careful(a.value) ? b : a;
}

static struct verdict of_document(const Postern__DocumentChecked *d)
{
	if (d == NULL || d->document == NULL)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_DOCUMENT_CHECK_FAILURE, "document.not_checked");
	if (d->overall != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_DOCUMENT_CHECK_FAILURE, "document.not_successful");
	return clear;
}

static struct verdict of_watchlist(const Postern__WatchlistSearched *w)
{
	if (w == NULL || w->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL || w->list_stale)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_LIST_STALE, "list.not_searched");
	if (w->n_matches > 0)
		return (struct verdict){ POSTERN__VERDICT__VERDICT_STOP,
			POSTERN__EXCEPTION_CLASS__EXCEPTION_DATABASE_HIT, "list.match", NULL };
	return clear;
}

static struct verdict of_rules(const Postern__RulesEvaluated *r)
{
	struct verdict v;
	if (r == NULL)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION, "rules.not_evaluated");
	v = (struct verdict){ verdict_careful(r->verdict), POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE, NULL, NULL };
	if (v.value == POSTERN__VERDICT__VERDICT_CLEAR)
		return v;
	v.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
	for (size_t i = 0; i < r->n_findings; i++)
		if (verdict_careful(r->findings[i]->verdict) == v.value) {
			v.exception = r->findings[i]->exception;
			v.reason = r->findings[i]->code;
			v.argument = r->findings[i]->n_args > 0 ? r->findings[i]->args[0] : NULL;
			break;
		}
	return v;
}

static struct verdict of_chip(const struct verdict_evidence *e)
{
	struct verdict v = refer(e->chip.exception, e->chip.reason);
	v.argument = e->chip.argument;
	return !e->chip.expected || e->chip.result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL ? clear : v;
}

struct verdict verdict_of(const struct verdict_evidence *evidence)
{
	struct verdict v = of_rules(evidence->rules);
	/* A rule names the reason better than the bare evidence does: it goes first, so it wins a tie. */
	v = verdict_combine(v, of_watchlist(evidence->watchlist));
	v = verdict_combine(v, of_document(evidence->document));
	v = verdict_combine(v, of_chip(evidence));
	if (!evidence->clock_trusted)
		v = verdict_combine(v, refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_CLOCK, "clock.not_trusted"));
	return v;
}
