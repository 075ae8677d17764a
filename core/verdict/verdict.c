/* SPDX-License-Identifier: Apache-2.0
 * Combining evidence into one verdict. Must never turn an absence into clear.
 */
#include "verdict/verdict.h"

static const struct verdict clear = { POSTERN__VERDICT__VERDICT_CLEAR,
	POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE };

static struct verdict refer(Postern__ExceptionClass exception)
{
	return (struct verdict){ POSTERN__VERDICT__VERDICT_REFER, exception };
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
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_DOCUMENT_CHECK_FAILURE);
	if (d->overall != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_DOCUMENT_CHECK_FAILURE);
	return clear;
}

static struct verdict of_watchlist(const Postern__WatchlistSearched *w)
{
	if (w == NULL || w->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL || w->list_stale)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_LIST_STALE);
	if (w->n_matches > 0)
		return (struct verdict){ POSTERN__VERDICT__VERDICT_STOP,
			POSTERN__EXCEPTION_CLASS__EXCEPTION_DATABASE_HIT };
	return clear;
}

static struct verdict of_rules(const Postern__RulesEvaluated *r)
{
	struct verdict v;
	if (r == NULL)
		return refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
	v = (struct verdict){ verdict_careful(r->verdict), POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE };
	if (v.value == POSTERN__VERDICT__VERDICT_CLEAR)
		return v;
	v.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
	for (size_t i = 0; i < r->n_findings; i++)
		if (verdict_careful(r->findings[i]->verdict) == v.value) {
			v.exception = r->findings[i]->exception;
			break;
		}
	return v;
}

struct verdict verdict_of(const struct verdict_evidence *evidence)
{
	struct verdict v = of_rules(evidence->rules);
	/* A rule names the reason better than the bare evidence does: it goes first, so it wins a tie. */
	v = verdict_combine(v, of_watchlist(evidence->watchlist));
	v = verdict_combine(v, of_document(evidence->document));
	if (!evidence->clock_trusted)
		v = verdict_combine(v, refer(POSTERN__EXCEPTION_CLASS__EXCEPTION_CLOCK));
	return v;
}
