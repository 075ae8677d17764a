/* SPDX-License-Identifier: Apache-2.0
 * The lattice clear < refer < stop, and what the core itself demands of the evidence before any rule is heard:
 * a failed, missing or late check is never clear. Pure; must never know a plugin, a clock or a rule pack.
 */
#ifndef POSTERN_VERDICT_H
#define POSTERN_VERDICT_H
#include <stdbool.h>
#include "crossing.pb-c.h"

/* A verdict with the class of the referral (EXCEPTION_NONE when clear), and what decided: a rule's code with its first
 * argument, or a check's name. Both texts belong to the evidence; NULL: nothing to say. */
struct verdict {
	Postern__Verdict value;
	Postern__ExceptionClass exception;
	const char *reason, *argument;
};

/* UNSPECIFIED and anything out of range count as stop. */
Postern__Verdict verdict_careful(Postern__Verdict v);

/* The most restrictive of the two; when both restrict equally the first one's exception stays. */
struct verdict verdict_combine(struct verdict a, struct verdict b);

/* What is known when the eligibility stage ends. A NULL answer means that it never came. */
struct verdict_evidence {
	const Postern__DocumentChecked *document;
	const Postern__WatchlistSearched *watchlist;
	const Postern__RulesEvaluated *rules;
	bool clock_trusted;
	/* The chip. expected: the lane reads chips; anything but successful then refers with this class. */
	struct {
		bool expected;
		Postern__CheckResult result;
		Postern__ExceptionClass exception;
		const char *reason, *argument;
	} chip;
};

/* Combines rules, watchlist, document and chip evidence. */
struct verdict verdict_of(const struct verdict_evidence *evidence);
#endif
