/* SPDX-License-Identifier: Apache-2.0
 * Look-up by hash, from end to end for a name that may be cut, and by likeness in the index. Must
 * never compare a name that was not folded.
 */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

/* A document's number, or a person's two names: many share a surname. */
struct key {
	enum list_kind kind;
	const char *first, *second;
};

/* FNV-1a, 64 bits; Fowler, Noll, Vo. The list is signed by the State: no adversary chooses its
 * keys. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t hash_of(const struct key *k)
{
	uint64_t h = hash_text(UINT64_C(0xcbf29ce484222325), k->first) * UINT64_C(0x100000001b3);
	return hash_text(h, k->second);
}

static struct key key_of(const struct list_entry *e)
{
	if (e->kind == LIST_DOCUMENT)
		return (struct key){LIST_DOCUMENT, e->number, ""};
	return (struct key){LIST_PERSON, e->surname, e->given_names};
}

static int index_persons(struct list *list)
{
	struct match_name name;
	struct match_person person = {0};
	int r = match_index_new(&list->persons);
	for (size_t i = 0; r == PN_OK && i < list->count; i++) {
		const struct list_entry *e = &list->entries[i];
		if (e->kind != LIST_PERSON)
			continue;
		r = match_name_read(e->surname, e->given_names, &name);
		person.birth = (struct match_birth){e->year, e->month, e->day};
		if (r == PN_OK)
			r = match_index_add(list->persons, &name, &person, (uint32_t)i);
	}
	if (r == PN_OK)
		r = match_index_build(list->persons);
	match_name_wipe(&name);
	return r;
}

int matcher_index(struct list *list)
{
	size_t slots = 16;
	while (slots < list->count * 2)
		slots *= 2;
	list->slots = calloc(slots, sizeof *list->slots);
	if (list->slots == NULL)
		return PN_ENOMEM;
	list->slot_count = slots;
	for (size_t i = 0; i < list->count; i++) {
		struct key k = key_of(&list->entries[i]);
		size_t at = hash_of(&k) & (slots - 1);
		while (list->slots[at] != 0)
			at = (at + 1) & (slots - 1);
		list->slots[at] = (uint32_t)i + 1;
	}
	return index_persons(list);
}

/* The next entry of that key at or after *at. */
static const struct list_entry *probe(
	const struct list *list, const struct key *key, size_t *at, bool first)
{
	if (first)
		*at = hash_of(key) & (list->slot_count - 1);
	for (; list->slots[*at] != 0; *at = (*at + 1) & (list->slot_count - 1)) {
		const struct list_entry *e = &list->entries[list->slots[*at] - 1];
		struct key k = key_of(e);
		if (k.kind == key->kind && strcmp(k.first, key->first) == 0 &&
			strcmp(k.second, key->second) == 0) {
			*at = (*at + 1) & (list->slot_count - 1);
			return e;
		}
	}
	return NULL;
}

static bool birth_agrees(const struct list_entry *e, const struct matcher_query *q)
{
	if (e->year == 0 || q->year == 0 || e->year != q->year)
		return false;
	if (e->month != 0 && q->month != 0 && e->month != q->month)
		return false;
	return e->day == 0 || q->day == 0 || e->day == q->day;
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

static bool is_among(const struct matcher_match *out, size_t n, const struct list_entry *e)
{
	for (size_t i = 0; i < n; i++)
		if (out[i].entry == e)
			return true;
	return false;
}

static size_t find_documents(
	const struct list *list, const struct matcher_query *q, struct matcher_match *out)
{
	size_t n = 0, at = 0;
	for (size_t i = 0; i < q->number_count; i++) {
		struct key key = {LIST_DOCUMENT, q->numbers[i], ""};
		const struct list_entry *e = probe(list, &key, &at, true);
		for (; e != NULL && n < MATCHES_MAX; e = probe(list, &key, &at, false)) {
			bool named = e->issuer[0] != '\0';
			if ((named && strcmp(e->issuer, q->issuer) != 0) || is_among(out, n, e))
				continue;
			out[n++] = (struct matcher_match){e, "document_number",
				{"match.document_number", "match.issuer"}, named ? 2 : 1, 1000};
		}
	}
	return n;
}

static size_t add_person(struct matcher_match *out, size_t n, const struct list_entry *e)
{
	out[n] = (struct matcher_match){e, "name_birth_date",
		{"match.surname", "match.given_names", "match.birth_date"}, 3, 1000};
	return n + 1;
}

/* Names are folded. */
static size_t find_persons(const struct list *list, const struct matcher_query *q,
	const char *surname, const char *given_names, struct matcher_match *out, size_t n)
{
	struct key key = {LIST_PERSON, surname, given_names};
	size_t at = 0;
	if (q->name_truncated) {
		for (size_t i = 0; i < list->count && n < MATCHES_MAX; i++) {
			const struct list_entry *e = &list->entries[i];
			if (e->kind == LIST_PERSON && birth_agrees(e, q) &&
				cut_agrees(e->surname, surname) &&
				cut_agrees(e->given_names, given_names))
				n = add_person(out, n, e);
		}
		return n;
	}
	for (const struct list_entry *e = probe(list, &key, &at, true);
		e != NULL && n < MATCHES_MAX; e = probe(list, &key, &at, false))
		if (birth_agrees(e, q))
			n = add_person(out, n, e);
	return n;
}

static void add_reason(struct matcher_match *m, bool holds, const char *key)
{
	if (holds && m->reason_count < MATCHER_REASONS_MAX)
		m->reasons[m->reason_count++] = key;
}

/* Which parts are alike, and how the birth dates agree. */
static struct matcher_match of_found(
	const struct list *list, const struct match_name *name, const struct match_found *f)
{
	static const char *const births[MATCH_BIRTH_AGREEMENTS] = {"match.birth_date",
		"match.birth_date_partial", "match.birth_date_dummy", "match.birth_date_flipped",
		"match.birth_date_slip", "match.birth_year", "match.birth_year_near",
		"match.birth_date_unknown", "match.birth_date_other"};
	struct matcher_match m = {.entry = &list->entries[f->id],
		.basis = "name_birth_date",
		.score_permille = (unsigned)(match_score(&f->result) * 1000 + 0.5)};
	bool surname = false, given = false;
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

/* Those not found as equal. False: the name cannot be read. */
static bool find_alike(const struct list *list, const struct matcher_query *q,
	struct matcher_match *out, size_t *n)
{
	struct match_found found[MATCHES_MAX];
	struct match_name name;
	struct match_person person = {
		.birth = {(uint16_t)q->year, (uint8_t)q->month, (uint8_t)q->day}};
	uint32_t people = match_index_stats(list->persons).people;
	bool readable = match_name_read(q->surname, q->given_names, &name) == PN_OK;
	size_t count = 0;
	name.truncated = name.truncated || q->name_truncated;
	if (q->sex != NULL && (strcmp(q->sex, "M") == 0 || strcmp(q->sex, "F") == 0))
		person.sex = q->sex[0];
	if (q->nationality != NULL && strlen(q->nationality) < sizeof person.nationality)
		memcpy(person.nationality, q->nationality, strlen(q->nationality));
	if (readable)
		count = match_index_find(list->persons, &name, &person, found, MATCHES_MAX);
	for (size_t i = 0; i < count && *n < MATCHES_MAX; i++)
		if (match_decide(&match_policy_default, &found[i].result, people) == MATCH_ALERT &&
			!is_among(out, *n, &list->entries[found[i].id]))
			out[(*n)++] = of_found(list, &name, &found[i]);
	explicit_bzero(found, sizeof found);
	match_name_wipe(&name);
	return readable;
}

size_t matcher_find(const struct list *list, const struct matcher_query *query,
	struct matcher_match out[MATCHES_MAX], bool *complete)
{
	char surname[LIST_FIELD_MAX], given_names[LIST_FIELD_MAX];
	size_t n = find_documents(list, query, out);
	*complete = list_fold(query->surname, surname, sizeof surname) &&
		    list_fold(query->given_names, given_names, sizeof given_names) &&
		    surname[0] != '\0' && query->year != 0;
	if (*complete) {
		n = find_persons(list, query, surname, given_names, out, n);
		*complete = find_alike(list, query, out, &n);
	}
	explicit_bzero(surname, sizeof surname);
	explicit_bzero(given_names, sizeof given_names);
	return n;
}
