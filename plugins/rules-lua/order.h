/* SPDX-License-Identifier: Apache-2.0
 * The order in which a pack's rules are heard, and what a risk indicator may not look at. Stages
 * come one after the other; within a stage `before` and `after` decide, and else the manifest.
 * Must never guess: an unknown word, a rule that does not exist and a cycle are errors.
 */
#ifndef POSTERN_RULES_ORDER_H
#define POSTERN_RULES_ORDER_H
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"

enum { ORDER_NAMES_MAX = 16 };

/* One entry of pack.yaml's `order`, as libcyaml fills it. */
struct order_entry {
	char *rule, *stage; /* stage NULL: eligibility */
	char **before, **after;
	unsigned before_count, after_count;
};

/* place[i] becomes the index, in rules, of the rule heard i-th. rules are count different names, at
 * most PACK_RULES_MAX. Without entries the order is that of rules. PN_EFORMAT with a sentence. */
int order_rules(char *const *rules, size_t count, const struct order_entry *entries, size_t entry_count,
	size_t *place, struct text *error) PN_MUST_CHECK;

/* A pack with a rule in the stage `risk` may declare no protected characteristic (Charter of
 * Fundamental Rights of the European Union, Article 21) nor nationality or issuer; no pack at all may declare
 * one that is no matter of a border check. PN_EDENIED with a sentence. */
int order_protected(const struct order_entry *entries, size_t entry_count, char *const *fields,
	size_t field_count, struct text *error) PN_MUST_CHECK;
#endif
