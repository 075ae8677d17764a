/* SPDX-License-Identifier: Apache-2.0
 * Exact look-up by hash. Must never compare a name that was not folded.
 */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits; Fowler, Noll, Vo. The list is signed by the State: no adversary chooses its keys. */
static uint64_t hash_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return h;
}

static const char *key_of(const struct list_entry *e)
{
	return e->kind == LIST_DOCUMENT ? e->number : e->surname;
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
		size_t at = hash_of(key_of(&list->entries[i])) & (slots - 1);
		while (list->slots[at] != 0)
			at = (at + 1) & (slots - 1);
		list->slots[at] = (uint32_t)i + 1;
	}
	return PN_OK;
}

/* The next entry of that kind and key at or after *at. */
static const struct list_entry *probe(const struct list *list, enum list_kind kind, const char *key, size_t *at, bool first)
{
	if (first)
		*at = hash_of(key) & (list->slot_count - 1);
	for (; list->slots[*at] != 0; *at = (*at + 1) & (list->slot_count - 1)) {
		const struct list_entry *e = &list->entries[list->slots[*at] - 1];
		if (e->kind == kind && strcmp(key_of(e), key) == 0) {
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

static size_t find_documents(const struct list *list, const struct matcher_query *q, struct matcher_match *out, size_t room)
{
	size_t n = 0, at = 0;
	for (size_t i = 0; i < q->number_count; i++) {
		const struct list_entry *e = probe(list, LIST_DOCUMENT, q->numbers[i], &at, true);
		for (; e != NULL && n < room; e = probe(list, LIST_DOCUMENT, q->numbers[i], &at, false)) {
			bool named = e->issuer[0] != '\0';
			if (named && strcmp(e->issuer, q->issuer) != 0)
				continue;
			out[n++] = (struct matcher_match){ e, "document_number", { "match.document_number", "match.issuer" },
				named ? 2 : 1 };
		}
	}
	return n;
}

size_t matcher_find(const struct list *list, const struct matcher_query *query, struct matcher_match out[MATCHES_MAX])
{
	char surname[LIST_FIELD_MAX], given_names[LIST_FIELD_MAX];
	size_t n, at = 0;
	if (list->slot_count == 0)
		return 0;
	n = find_documents(list, query, out, MATCHES_MAX);
	if (!list_fold(query->surname, surname, sizeof surname) ||
		!list_fold(query->given_names, given_names, sizeof given_names) || surname[0] == '\0')
		return n;
	for (const struct list_entry *e = probe(list, LIST_PERSON, surname, &at, true); e != NULL && n < MATCHES_MAX;
		e = probe(list, LIST_PERSON, surname, &at, false))
		if (strcmp(e->given_names, given_names) == 0 && birth_agrees(e, query))
			out[n++] = (struct matcher_match){ e, "name_birth_date",
				{ "match.surname", "match.given_names", "match.birth_date" }, 3 };
	explicit_bzero(surname, sizeof surname);
	explicit_bzero(given_names, sizeof given_names);
	return n;
}
