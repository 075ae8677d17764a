/* SPDX-License-Identifier: Apache-2.0
 * A search: documents and names by hash, from end to end for a name that may be cut, and by
 * likeness in the index; first the list, then its changes. Must never tell an entry that does not
 * count today.
 */
#include <stdio.h>
#include <string.h>

#include "matcher.h"

struct search {
	const struct list *list, *changes;
	const struct matcher_query *query;
	char surname[LIST_FIELD_MAX], given_names[LIST_FIELD_MAX]; /* folded */
	char hash[MATCHER_HASHES_MAX][LIST_HASH_DIGITS + 1];       /* of the documents */
	size_t hashes;
	struct matcher_found *out;
};

/* Since 1970-01-01; Hinnant, chrono-Compatible Low-Level Date Algorithms, days_from_civil. */
static int64_t day_number(uint32_t day)
{
	int64_t y = day / 10000, m = day / 100 % 100, d = day % 100;
	y -= m <= 2;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_for(const char *purposes, const char *purpose)
{
	size_t n = strlen(purpose);
	if (purposes == NULL || purposes[0] == '\0' || n == 0)
		return true;
	for (const char *at = purposes; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, purpose, n) == 0 && (at[n] == ',' || at[n] == '\0'))
			return true;
	}
	return false;
}

static bool counts(const struct search *s, const struct list *list, const struct list_entry *e)
{
	return list_entry_is_valid(e, s->query->today) && is_for(s->query->purposes, e->purpose) &&
	       (list == s->changes || !matcher_replaces(s->changes, e->id));
}

static bool dismisses(
	const struct search *s, const struct list *list, const char *id, const char *hash)
{
	struct matcher_place place = {0};
	const struct list_entry *e = &place.entry;
	if (list != s->changes && matcher_replaces(s->changes, id))
		return false;
	while (matcher_next(list, LIST_NOT_THIS_PERSON, id, hash, &place))
		if (list_entry_is_valid(e, s->query->today) &&
			day_number(e->until) - day_number(e->from) <=
				(int64_t)s->query->dismissal_days)
			return true;
	return false;
}

static bool is_dismissed(const struct search *s, const struct list_entry *e)
{
	for (size_t i = 0; i < s->hashes && s->query->dismissal_days > 0; i++)
		if (dismisses(s, s->list, e->id, s->hash[i]) ||
			(s->changes != NULL && dismisses(s, s->changes, e->id, s->hash[i])))
			return true;
	return false;
}

static bool is_among(const struct matcher_match *m, size_t n, const struct matcher_match *one)
{
	for (size_t i = 0; i < n; i++)
		if (m[i].list == one->list && m[i].index == one->index)
			return true;
	return false;
}

static void tell(struct search *s, const struct matcher_match *m)
{
	struct matcher_found *out = s->out;
	if (!counts(s, m->list, &m->entry) || is_among(out->match, out->count, m) ||
		is_among(out->dismissed, out->dismissed_count, m))
		return;
	if (m->entry.kind == LIST_PERSON && is_dismissed(s, &m->entry) &&
		out->dismissed_count < DISMISSED_MAX)
		out->dismissed[out->dismissed_count++] = *m;
	else if (out->count < MATCHES_MAX)
		out->match[out->count++] = *m;
}

static bool is_full(const struct search *s)
{
	return s->out->count == MATCHES_MAX;
}

static void add_reason(struct matcher_match *m, bool holds, const char *key)
{
	if (holds && m->reason_count < MATCHER_REASONS_MAX)
		m->reasons[m->reason_count++] = key;
}

static void find_documents(struct search *s, const struct list *list)
{
	static const char *const states[] = {
		"", "match.document_lost", "match.document_stolen", "match.document_revoked"};
	for (size_t i = 0; i < s->query->number_count; i++) {
		struct matcher_place place = {0};
		const struct list_entry *e = &place.entry;
		while (!is_full(s) &&
			matcher_next(list, LIST_DOCUMENT, s->query->numbers[i], "", &place)) {
			bool named = e->issuer[0] != '\0';
			struct matcher_match m = {.entry = *e,
				.index = place.index,
				.list = list,
				.basis = "document_number",
				.score_permille = 1000};
			if (named && strcmp(e->issuer, s->query->issuer) != 0)
				continue;
			add_reason(&m, true, "match.document_number");
			add_reason(&m, named, "match.issuer");
			add_reason(&m, e->status != LIST_LISTED, states[e->status]);
			tell(s, &m);
		}
	}
}

/* One of the entry's dates, as far as both know it. */
static bool birth_agrees(const struct list_entry *e, const struct matcher_query *q)
{
	struct match_birth b;
	for (unsigned i = 0; list_entry_birth(e, &i, &b);)
		if (b.year != 0 && b.year == q->year &&
			(b.month == 0 || q->month == 0 || b.month == q->month) &&
			(b.day == 0 || q->day == 0 || b.day == q->day))
			return true;
	return false;
}

/* Is each word of cut the beginning of a word of whole, in order, the first of the first? */
static bool cut_agrees(const char *whole, const char *cut)
{
	for (bool first = true; *cut != '\0'; first = false) {
		size_t n = strcspn(cut, " ");
		while (strncmp(whole, cut, n) != 0) {
			whole += strcspn(whole, " ");
			if (first || *whole++ == '\0')
				return false;
		}
		whole += strcspn(whole, " ");
		whole += *whole == ' ';
		cut += n;
		cut += *cut == ' ';
	}
	return true;
}

static bool cut_name_agrees(const struct search *s, const struct list_entry *e)
{
	struct list_name name;
	for (unsigned i = 0; list_entry_name(e, &i, &name);)
		if (cut_agrees(name.surname, s->surname) &&
			cut_agrees(name.given_names, s->given_names))
			return true;
	return false;
}

static void tell_equal(
	struct search *s, const struct list *list, const struct list_entry *e, size_t index)
{
	struct matcher_match m = {.entry = *e,
		.index = index,
		.list = list,
		.basis = "name_birth_date",
		.reasons = {"match.surname", "match.given_names", "match.birth_date"},
		.reason_count = 3,
		.score_permille = 1000};
	if (birth_agrees(e, s->query))
		tell(s, &m);
}

static void find_cut(struct search *s, const struct list *list)
{
	struct list_entry e;
	size_t at, end;
	for (matcher_beginners(list, s->surname, &at, &end); at < end && !is_full(s); at++) {
		list_entry_at(list, list->beginners[at], &e);
		if (cut_name_agrees(s, &e))
			tell_equal(s, list, &e, list->beginners[at]);
	}
}

static void find_equal(struct search *s, const struct list *list)
{
	struct matcher_place place = {0};
	if (s->query->name_truncated) {
		find_cut(s, list);
		return;
	}
	while (!is_full(s) && matcher_next(list, LIST_PERSON, s->surname, s->given_names, &place))
		tell_equal(s, list, &place.entry, place.index);
}

/* Which parts are alike, and how the birth dates agree. */
static struct matcher_match of_found(
	const struct list *list, const struct match_name *name, const struct match_found *f)
{
	static const char *const births[MATCH_BIRTH_AGREEMENTS] = {"match.birth_date",
		"match.birth_date_partial", "match.birth_date_dummy", "match.birth_date_flipped",
		"match.birth_date_slip", "match.birth_year", "match.birth_year_near",
		"match.birth_date_unknown", "match.birth_date_other"};
	struct matcher_match m = {.index = f->id,
		.list = list,
		.basis = "name_birth_date",
		.score_permille = (unsigned)(match_score(&f->result) * 1000 + 0.5)};
	bool surname = false, given = false;
	list_entry_at(list, f->id, &m.entry);
	for (size_t i = 0; i < f->result.pair_count; i++)
		*(name->word[f->result.pair[i].of_query].role == MATCH_SURNAME ? &surname
									       : &given) = true;
	add_reason(&m, surname, "match.surname_alike");
	add_reason(&m, given, "match.given_names_alike");
	add_reason(&m, f->result.order_differs, "match.name_order_differs");
	add_reason(
		&m, f->result.query_missing + f->result.entry_missing > 0, "match.name_incomplete");
	add_reason(&m, true, births[f->result.birth]);
	return m;
}

static uint32_t people(const struct search *s)
{
	return match_index_stats(s->list->persons).people +
	       (s->changes != NULL ? match_index_stats(s->changes->persons).people : 0);
}

static void find_alike(struct search *s, const struct list *list, struct match_name *name,
	const struct match_person *person)
{
	/* more than are told: some of them may not count today */
	struct match_found found[MATCH_FOUND_MAX];
	size_t n = match_index_find(list->persons, name, person, found, MATCH_FOUND_MAX);
	for (size_t i = 0; i < n && !is_full(s); i++) {
		struct matcher_match m;
		if (match_decide(&match_policy_default, &found[i].result, people(s)) != MATCH_ALERT)
			continue;
		m = of_found(list, name, &found[i]);
		tell(s, &m);
	}
	explicit_bzero(found, sizeof found);
}

/* False: the name cannot be read. */
static bool find_all_alike(struct search *s)
{
	const struct matcher_query *q = s->query;
	struct match_name name;
	struct match_person person = {
		.birth = {(uint16_t)q->year, (uint8_t)q->month, (uint8_t)q->day}};
	bool readable = match_name_read(q->surname, q->given_names, &name) == PN_OK;
	name.truncated = name.truncated || q->name_truncated;
	if (q->sex != NULL && (strcmp(q->sex, "M") == 0 || strcmp(q->sex, "F") == 0))
		person.sex = q->sex[0];
	if (q->nationality != NULL && strlen(q->nationality) < sizeof person.nationality)
		memcpy(person.nationality, q->nationality, strlen(q->nationality));
	if (readable)
		find_alike(s, s->list, &name, &person);
	if (readable && s->changes != NULL)
		find_alike(s, s->changes, &name, &person);
	match_name_wipe(&name);
	return readable;
}

static void hash_documents(struct search *s)
{
	const struct matcher_query *q = s->query;
	for (size_t i = 0; i < q->number_count && s->hashes < MATCHER_HASHES_MAX; i++)
		if (list_pair_hash(q->issuer, q->numbers[i], s->hash[s->hashes]) == PN_OK)
			s->hashes++;
}

void matcher_find(const struct list *list, const struct list *changes,
	const struct matcher_query *query, struct matcher_found *out)
{
	struct search s = {.list = list, .changes = changes, .query = query, .out = out};
	memset(out, 0, sizeof *out);
	if (query->dismissal_days > 0)
		hash_documents(&s);
	find_documents(&s, list);
	if (changes != NULL)
		find_documents(&s, changes);
	out->complete = list_fold(query->surname, s.surname, sizeof s.surname) &&
			list_fold(query->given_names, s.given_names, sizeof s.given_names) &&
			s.surname[0] != '\0' && query->year != 0;
	if (out->complete) {
		find_equal(&s, list);
		if (changes != NULL)
			find_equal(&s, changes);
		out->complete = find_all_alike(&s);
	}
	explicit_bzero(&s, sizeof s);
}
