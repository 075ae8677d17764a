/* SPDX-License-Identifier: Apache-2.0
 * Tokens of a Lua source (Lua 5.4 manual, 3.1), and the names in it that stand for the crossing or
 * a part of it. Bounded by the size of the source. Must never judge anything but names and nesting.
 */
#include "lint.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { ALIASES_MAX = 64, NOTHING = -1 };

enum kind { END, NAME, PUNCTUATION, OTHER };

struct token {
	enum kind kind;
	const char *at;
	size_t size;
	unsigned line;
};

struct alias {
	const char *name;
	size_t size;
	int field;
	bool element; /* of the list that field is, or a message */
};

struct lint {
	const struct fields *tree;
	const char *name;
	const char *at, *end;
	unsigned line;
	struct token now, next;
	struct alias alias[ALIASES_MAX];
	size_t aliases;
	int depth;
	struct text *error;
};

static bool is(const struct token *t, const char *word)
{
	return t->kind != OTHER && t->size == strlen(word) && memcmp(t->at, word, t->size) == 0;
}

/* Length of a long bracket's opening "[==[" at at, or 0. */
static size_t long_open(const char *at, const char *end)
{
	const char *p = at + 1;

	if (at >= end || *at != '[')
		return 0;
	while (p < end && *p == '=')
		p++;
	return p < end && *p == '[' ? (size_t)(p - at) + 1 : 0;
}

static void skip_long(struct lint *l, size_t open)
{
	l->at += open;
	for (; l->at < l->end; l->at++) {
		if (*l->at == '\n')
			l->line++;
		if (*l->at != ']' || (size_t)(l->end - l->at) < open || l->at[open - 1] != ']')
			continue;
		if (strspn(l->at + 1, "=") == open - 2) {
			l->at += open;
			return;
		}
	}
}

static void skip_string(struct lint *l)
{
	char quote = *l->at++;

	while (l->at < l->end && *l->at != quote) {
		if (*l->at == '\\' && l->at + 1 < l->end)
			l->at++;
		if (*l->at == '\n')
			l->line++;
		l->at++;
	}
	if (l->at < l->end)
		l->at++;
}

static void skip_blank(struct lint *l)
{
	for (;;) {
		while (l->at < l->end && isspace((unsigned char)*l->at))
			l->line += *l->at++ == '\n';
		if (l->end - l->at < 2 || l->at[0] != '-' || l->at[1] != '-')
			return;
		l->at += 2;
		size_t open = long_open(l->at, l->end);
		if (open > 0)
			skip_long(l, open);
		else
			while (l->at < l->end && *l->at != '\n')
				l->at++;
	}
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static struct token scan(struct lint *l)
{
	struct token t = {END, NULL, 0, 0};

	skip_blank(l);
	t.at = l->at;
	t.line = l->line;
	if (l->at == l->end)
		return t;
	size_t open = long_open(l->at, l->end);
	if (open > 0) {
		t.kind = OTHER;
		skip_long(l, open);
	} else if (*l->at == '"' || *l->at == '\'') {
		t.kind = OTHER;
		skip_string(l);
	} else if (is_word(*l->at)) {
		t.kind = isdigit((unsigned char)*l->at) ? OTHER : NAME;
		while (l->at < l->end && is_word(*l->at))
			l->at++;
	} else {
		static const char *const pairs[] = {
			"...", "==", "~=", "<=", ">=", "//", "::", "<<", ">>", ".."};
		size_t size = 1;
		for (size_t i = 0; i < PN_COUNT(pairs) && size == 1; i++)
			if ((size_t)(l->end - l->at) >= strlen(pairs[i]) &&
				memcmp(l->at, pairs[i], strlen(pairs[i])) == 0)
				size = strlen(pairs[i]);
		t.kind = PUNCTUATION;
		l->at += size;
	}
	t.size = (size_t)(l->at - t.at);
	return t;
}

static int fail(struct lint *l, const struct token *t, int r, const char *what, const char *detail)
{
	text_add(l->error, "%s.lua:%u: %s%s", l->name, t->line, what, detail);
	return r;
}

static int step(struct lint *l)
{
	static const char *const opens[] = {"(", "[", "{", "function", "if", "do", "repeat"};
	static const char *const closes[] = {")", "]", "}", "end", "until"};

	l->now = l->next;
	l->next = scan(l);
	for (size_t i = 0; i < PN_COUNT(opens); i++)
		l->depth += is(&l->now, opens[i]);
	for (size_t i = 0; i < PN_COUNT(closes); i++)
		l->depth -= is(&l->now, closes[i]);
	if (l->depth > LINT_DEPTH_MAX)
		return fail(l, &l->now, PN_EFORMAT, "nested too deep", "");
	return PN_OK;
}

static struct alias *alias_of(struct lint *l, const struct token *t)
{
	for (size_t i = 0; t->kind == NAME && i < l->aliases; i++)
		if (l->alias[i].size == t->size && memcmp(l->alias[i].name, t->at, t->size) == 0)
			return &l->alias[i];
	return NULL;
}

static int give_name(struct lint *l, const struct token *t, int field, bool element)
{
	struct alias *known = alias_of(l, t);

	if (known != NULL && (known->field != field || known->element != element))
		return fail(l, t, PN_EFORMAT,
			"one name for two parts of the crossing, expected another name", "");
	if (known != NULL)
		return PN_OK;
	if (l->aliases == ALIASES_MAX)
		return fail(l, t, PN_EFORMAT, "too many names for parts of the crossing", "");
	l->alias[l->aliases++] = (struct alias){t->at, t->size, field, element};
	return PN_OK;
}

/* One ".NAME" after a part; l->now is the dot. */
static int member(struct lint *l, int *field, bool *element)
{
	const struct field *f = &l->tree->field[*field];
	char name[FIELD_PATH_MAX + 8];
	int below, r = step(l);

	if (r != PN_OK || l->now.kind != NAME)
		return r;
	snprintf(
		name, sizeof name, "'%.*s'", (int)(l->now.size < 48 ? l->now.size : 48), l->now.at);
	if (!field_is_message(f) || (field_is_list(f) && !*element))
		return fail(l, &l->now, PN_EDENIED, "no field of a list or a value: ", name);
	below = fields_find(l->tree, *field, l->now.at, l->now.size);
	if (below < 0)
		return fail(l, &l->now, PN_EDENIED, "the crossing has no such field: ", name);
	if (!l->tree->field[below].open)
		return fail(l, &l->now, PN_EDENIED,
			"field is not declared in pack.yaml: ", l->tree->field[below].path);
	*field = below;
	*element = false;
	return PN_OK;
}

/* "[...]" after a part; l->next is the bracket. Only a list has elements. What stands inside is
 * read as any other tokens by the caller, so only the part's place is moved here. */
static int subscript(struct lint *l, const int *field, bool *element)
{
	const struct field *f = &l->tree->field[*field];

	if (!field_is_list(f) || *element)
		return fail(
			l, &l->next, PN_EDENIED, "a field of the crossing is named with a dot", "");
	*element = true;
	return PN_OK;
}

static int walk(struct lint *l, struct alias part, int *field, bool *element);

/* Reads a bracket to its end, parts of the crossing inside included. */
static int bracket(struct lint *l)
{
	int depth = 0, r = PN_OK, field;
	bool element;

	while (r == PN_OK && l->next.kind != END) {
		r = step(l);
		depth += is(&l->now, "[");
		depth -= is(&l->now, "]");
		if (depth == 0)
			break;
		if (r == PN_OK && alias_of(l, &l->now) != NULL)
			r = walk(l, *alias_of(l, &l->now), &field, &element);
	}
	return r;
}

/* From a name that stands for a part (l->now) to the end of its chain. */
static int walk(struct lint *l, struct alias part, int *field, bool *element)
{
	int r = PN_OK;

	*field = part.field;
	*element = part.element;
	while (r == PN_OK) {
		if (is(&l->next, ".")) {
			r = step(l);
			if (r == PN_OK)
				r = member(l, field, element);
		} else if (is(&l->next, "[") && field_is_message(&l->tree->field[*field])) {
			r = subscript(l, field, element);
			if (r == PN_OK)
				r = bracket(l);
		} else {
			break;
		}
	}
	return r;
}

/* Does the expression end here, so that the name before "=" stands for the part alone? */
static bool ends(const struct token *t)
{
	static const char *const goes_on[] = {"+", "-", "*", "/", "//", "%", "^", "..",
		"==", "~=", "<", ">", "<=", ">=", "and", "or", "&", "|", "~", "<<", ">>", ",", ")"};

	for (size_t i = 0; i < PN_COUNT(goes_on); i++)
		if (is(t, goes_on[i]))
			return false;
	return true;
}

static int scan_all(struct lint *l)
{
	struct token before[6] = {{END, NULL, 0, 0}}; /* the last tokens, newest first */
	bool has_parameter = false;
	int r = step(l);

	while (r == PN_OK && l->now.kind != END) {
		const struct alias *part = alias_of(l, &l->now);
		struct token first = l->now;

		if (part != NULL && !is(&before[0], ".") && !is(&before[0], ":")) {
			int field;
			bool element;

			r = walk(l, *part, &field, &element);
			bool message = r == PN_OK && field_is_message(&l->tree->field[field]);
			if (message && is(&before[0], "=") && before[1].kind == NAME &&
				ends(&l->next))
				r = give_name(l, &before[1], field, element);
			/* for _, x in ipairs(part) */
			if (message && field_is_list(&l->tree->field[field]) && !element &&
				is(&before[0], "(") && is(&before[1], "ipairs") &&
				is(&before[2], "in") && before[3].kind == NAME)
				r = give_name(l, &before[3], field, true);
		} else if (!has_parameter && first.kind == NAME && is(&before[0], "(") &&
			   is(&before[1], "function")) {
			has_parameter = true;
			r = give_name(l, &first, FIELDS_ROOT, false);
		}
		memmove(before + 1, before, sizeof before - sizeof before[0]);
		before[0] = first;
		if (r == PN_OK)
			r = step(l);
	}
	return r;
}

int lint_source(const struct fields *tree, const char *name, const char *text, size_t size,
	struct text *error)
{
	struct lint l = {.tree = tree,
		.name = name,
		.at = text,
		.end = text + size,
		.line = 1,
		.error = error};

	l.next = scan(&l);
	return scan_all(&l);
}

unsigned lint_functions(const char *text, size_t size)
{
	struct lint l = {.at = text, .end = text + size, .line = 1};
	unsigned count = 0;

	for (struct token t = scan(&l); t.kind != END; t = scan(&l))
		count += is(&t, "function");
	return count;
}
