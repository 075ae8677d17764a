/* SPDX-License-Identifier: Apache-2.0
 * A reading of a rule's source before it runs: every field of the crossing that it names must exist
 * and be declared, so that a slip is found when the pack is loaded and not when the one traveller
 * comes whom the rule is about. It follows the rule's parameter and the names that a field is given
 * to; what it cannot follow is still refused when it runs. Must never be the only guard.
 */
#ifndef POSTERN_RULES_LINT_H
#define POSTERN_RULES_LINT_H
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "fields.h"

enum { LINT_DEPTH_MAX = 40 };

/* name: the rule's, for the error "NAME.lua:LINE: what". PN_EDENIED: a field that does not exist or
 * is not open. PN_EFORMAT: nested too deep, or one name for two fields. */
int lint_source(const struct fields *tree, const char *name, const char *text, size_t size,
	struct text *error) PN_MUST_CHECK;
/* How many functions a source writes down: the word, outside of strings and comments. */
unsigned lint_functions(const char *text, size_t size);
#endif
