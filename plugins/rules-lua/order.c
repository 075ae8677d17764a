/* SPDX-License-Identifier: Apache-2.0
 * Stages and constraints sorted, cycles found. Must never put a rule ahead of one that it is to
 * follow.
 */
#include "order.h"

#include <stdbool.h>
#include <string.h>

#include "pack.h"

static const char *const stages[] = {"document", "identity", "eligibility", "watchlist", "risk"};
enum { STAGE_ELIGIBILITY = 2, STAGE_RISK = 4, NONE = -1 };

struct graph {
	size_t count;
	int stage[PACK_RULES_MAX];
	bool named[PACK_RULES_MAX];
	bool follows[PACK_RULES_MAX][PACK_RULES_MAX]; /* [b][a]: b is heard after a */
};

static int stage_of(const char *word)
{
	for (int i = 0; i < (int)PN_COUNT(stages); i++)
		if (strcmp(stages[i], word) == 0)
			return i;
	return NONE;
}

static int rule_of(char *const *rules, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rules[i], name) == 0)
			return (int)i;
	return NONE;
}

static int constrain(struct graph *g, char *const *rules, int rule, char *const *names,
	unsigned name_count, bool before, struct text *error)
{
	for (unsigned i = 0; i < name_count; i++) {
		int other = rule_of(rules, g->count, names[i]);

		if (other == NONE) {
			text_add(error, "pack.yaml: order of '%s' names '%s', which is no rule of the pack",
				rules[rule], names[i]);
			return PN_EFORMAT;
		}
		if (before)
			g->follows[other][rule] = true;
		else
			g->follows[rule][other] = true;
	}
	return PN_OK;
}

static int take_entry(
	struct graph *g, char *const *rules, const struct order_entry *e, struct text *error)
{
	int rule = rule_of(rules, g->count, e->rule);
	int stage = e->stage != NULL ? stage_of(e->stage) : STAGE_ELIGIBILITY;
	int r;

	if (rule == NONE || g->named[rule]) {
		text_add(error, "pack.yaml: order names '%s', %s", e->rule,
			rule == NONE ? "which is no rule of the pack" : "twice");
		return PN_EFORMAT;
	}
	if (stage == NONE) {
		text_add(error,
			"pack.yaml: stage '%s' of '%s', expected document, identity, eligibility, "
			"watchlist or risk",
			e->stage, e->rule);
		return PN_EFORMAT;
	}
	g->named[rule] = true;
	g->stage[rule] = stage;
	r = constrain(g, rules, rule, e->before, e->before_count, true, error);
	if (r == PN_OK)
		r = constrain(g, rules, rule, e->after, e->after_count, false, error);
	return r;
}

static bool is_ready(const struct graph *g, const bool *placed, size_t rule)
{
	for (size_t i = 0; i < g->count; i++)
		if (!placed[i] && (g->follows[rule][i] || g->stage[i] < g->stage[rule]))
			return false;
	return true;
}

/* The first rule, in the manifest's order, that waits for none; count: they wait for each other. */
static size_t next_rule(const struct graph *g, const bool *placed)
{
	size_t i = 0;

	while (i < g->count && (placed[i] || !is_ready(g, placed, i)))
		i++;
	return i;
}

static int sort(const struct graph *g, char *const *rules, size_t *place, struct text *error)
{
	bool placed[PACK_RULES_MAX] = {false};

	for (size_t at = 0; at < g->count; at++) {
		size_t next = next_rule(g, placed);

		if (next == g->count) {
			text_add(error, "pack.yaml: stages, before and after make a cycle of:");
			for (size_t i = 0; i < g->count; i++)
				if (!placed[i])
					text_add(error, " %s", rules[i]);
			return PN_EFORMAT;
		}
		placed[next] = true;
		place[at] = next;
	}
	return PN_OK;
}

int order_rules(char *const *rules, size_t count, const struct order_entry *entries, size_t entry_count,
	size_t *place, struct text *error)
{
	struct graph g;
	int r = PN_OK;

	memset(&g, 0, sizeof g);
	g.count = count;
	for (size_t i = 0; i < count; i++)
		g.stage[i] = STAGE_ELIGIBILITY;
	for (size_t i = 0; r == PN_OK && i < entry_count; i++)
		r = take_entry(&g, rules, &entries[i], error);
	return r == PN_OK ? sort(&g, rules, place, error) : r;
}

/* Is the word a part of the path, between dots and underlines? "document.sex", not "sextant". */
static bool has_word(const char *path, const char *word)
{
	size_t n = strlen(word);

	for (const char *at = path; *at != '\0'; at += strspn(at, "._")) {
		size_t size = strcspn(at, "._");

		if (size == n && memcmp(at, word, n) == 0)
			return true;
		at += size;
	}
	return false;
}

int order_protected(const struct order_entry *entries, size_t entry_count, char *const *fields,
	size_t field_count, struct text *error)
{
	static const char *const never[] = {"race", "colour", "color", "ethnic", "ethnicity", "religion",
		"belief", "health", "genetic", "disability", "political", "opinion", "union",
		"orientation", "sex", "gender", "language", "property", "minority"};
	static const char *const not_risk[] = {"nationality", "issuer", "birth", "age", "surname",
		"given"};
	bool risk = false;

	for (size_t i = 0; i < entry_count; i++)
		risk = risk || (entries[i].stage != NULL && strcmp(entries[i].stage, stages[STAGE_RISK]) == 0);
	for (size_t i = 0; i < field_count; i++) {
		for (size_t k = 0; k < PN_COUNT(never); k++)
			if (has_word(fields[i], never[k])) {
				text_add(error,
					"pack.yaml: field '%s' is a protected characteristic: no rule may "
					"read it",
					fields[i]);
				return PN_EDENIED;
			}
		for (size_t k = 0; risk && k < PN_COUNT(not_risk); k++)
			if (has_word(fields[i], not_risk[k])) {
				text_add(error,
					"pack.yaml: field '%s' is no input of a risk indicator: a pack "
					"with the stage risk may not declare it",
					fields[i]);
				return PN_EDENIED;
			}
	}
	return PN_OK;
}
