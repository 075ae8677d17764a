/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a list (a head is put before what does not begin with '#'). Must never see an entry
 * kept that its own particulars do not find, nor a match that is none.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "matcher.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

enum { ENTRIES_TRIED = 64 };

static const char head[] = "# list=fuzz version=1 issued=2026-01-01T00:00:00Z\n"
			   "entry_id,kind,document_number,issuer,surname,given_names,birth_date,"
			   "handling_code\n";

static bool has_name(const struct list_entry *e, const char *surname, const char *given_names)
{
	struct list_name name;
	bool found = false;

	for (unsigned i = 0; list_entry_name(e, &i, &name);)
		found = found || (strcmp(name.surname, surname) == 0 &&
					 strcmp(name.given_names, given_names) == 0);
	return found;
}

static bool has_year(const struct list_entry *e, unsigned year)
{
	struct match_birth birth;
	bool found = false;

	for (unsigned i = 0; list_entry_birth(e, &i, &birth);)
		found = found || birth.year == year;
	return found;
}

static void matches(const struct matcher_match *m, const struct matcher_query *q)
{
	const struct list_entry *e = &m->entry;
	MUST(m->reason_count > 0 && m->score_permille <= 1000);
	if (strcmp(m->basis, "document_number") == 0) {
		MUST(e->kind == LIST_DOCUMENT && strcmp(e->number, q->numbers[0]) == 0);
		MUST(e->issuer[0] == '\0' || strcmp(e->issuer, q->issuer) == 0);
	} else if (strstr(m->reasons[0], "_alike") != NULL) {
		MUST(e->kind == LIST_PERSON);
	} else {
		MUST(e->kind == LIST_PERSON && has_year(e, q->year));
		MUST(q->name_truncated || has_name(e, q->surname, q->given_names));
	}
}

static void finds_itself(
	const struct list *list, size_t index, const struct list_entry *e, bool cut)
{
	struct matcher_found out;
	const char *numbers[] = {e->number};
	struct matcher_query q = {numbers, e->kind == LIST_DOCUMENT, e->issuer, e->surname,
		e->given_names, cut, e->year, e->month, e->day, NULL, NULL, 0, 0, NULL};
	bool found = false;

	matcher_find(list, NULL, &q, &out);
	MUST(out.count <= MATCHES_MAX && out.dismissed_count == 0);
	MUST(e->kind != LIST_PERSON || e->year == 0 || out.complete);
	for (size_t i = 0; i < out.count; i++) {
		matches(&out.match[i], &q);
		found = found || out.match[i].index == index;
		for (size_t k = 0; k < i; k++)
			MUST(out.match[k].index != out.match[i].index);
	}
	/* a person without a date is found by evidence only */
	MUST(found || (e->kind == LIST_PERSON && e->year == 0) || out.count == MATCHES_MAX);
}

static void is_folded(const char *name)
{
	char again[LIST_FIELD_MAX];

	MUST(list_fold(name, again, sizeof again) && strcmp(name, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool bare = size == 0 || data[0] != '#';
	size_t before = bare ? sizeof head - 1 : 0;
	char *text = malloc(before + size + 1);
	struct list *list;
	unsigned line;
	int r;

	if (text == NULL)
		return 0;
	memcpy(text, head, before);
	if (size > 0)
		memcpy(text + before, data, size);
	r = list_parse(text, before + size, &list, &line);
	MUST((r == PN_OK) == (list != NULL));
	for (size_t i = 0; r == PN_OK && i < list->count && i < ENTRIES_TRIED; i++) {
		struct list_entry entry;
		const struct list_entry *e = &entry;
		struct list_name name;

		list_entry_at(list, i, &entry);

		MUST(e->id[0] != '\0' && (e->kind != LIST_REMOVED || list->base != 0));
		MUST(e->kind != LIST_NOT_THIS_PERSON || (e->from != 0 && e->until >= e->from));
		for (unsigned n = 0; list_entry_name(e, &n, &name);) {
			is_folded(name.surname);
			is_folded(name.given_names);
		}
		if (e->kind > LIST_PERSON)
			continue;
		finds_itself(list, i, e, false);
		finds_itself(list, i, e, true);
	}
	list_free(list);
	free(text);
	return 0;
}
