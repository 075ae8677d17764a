/* SPDX-License-Identifier: Apache-2.0
 * The tables of a list: by document number, by name, by pair, by id, and the index of names alike.
 * Must never compare a name that was not folded.
 */
#include "matcher.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits; Fowler, Noll, Vo. The list is signed by the State: no adversary chooses its
 * keys. */
static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

/* A document's number, a person's two names (many share a surname), an entry and a document. */
static uint64_t hash_of(enum list_kind kind, const char *first, const char *second)
{
	uint64_t h = (UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind) * UINT64_C(0x100000001b3);
	h = hash_text(h, first) * UINT64_C(0x100000001b3);
	h = hash_text(h, second);
	return h ^ h >> 32;
}

static bool has_name(const struct list_entry *e, const char *surname, const char *given_names)
{
	struct list_name name;
	for (unsigned i = 0; list_entry_name(e, &i, &name);)
		if (strcmp(name.surname, surname) == 0 &&
			strcmp(name.given_names, given_names) == 0)
			return true;
	return false;
}

static bool has_key(
	const struct list_entry *e, enum list_kind kind, const char *first, const char *second)
{
	if (e->kind != kind)
		return false;
	if (kind == LIST_PERSON)
		return has_name(e, first, second);
	if (kind == LIST_DOCUMENT)
		return strcmp(e->number, first) == 0;
	return strcmp(e->id, first) == 0 && strcmp(e->number, second) == 0;
}

static void put(uint32_t *slots, size_t count, uint64_t hash, size_t entry)
{
	size_t at = hash & (count - 1);
	while (slots[at] != 0)
		at = (at + 1) & (count - 1);
	slots[at] = (uint32_t)entry + 1;
}

static void put_entry(struct list *list, size_t i, const struct list_entry *e)
{
	struct list_name name;
	if (e->kind == LIST_DOCUMENT)
		put(list->slots, list->slot_count, hash_of(LIST_DOCUMENT, e->number, ""), i);
	if (e->kind == LIST_NOT_THIS_PERSON)
		put(list->slots, list->slot_count, hash_of(LIST_NOT_THIS_PERSON, e->id, e->number),
			i);
	for (unsigned n = 0; e->kind == LIST_PERSON && list_entry_name(e, &n, &name);)
		put(list->slots, list->slot_count,
			hash_of(LIST_PERSON, name.surname, name.given_names), i);
	if (list->ids != NULL && e->kind != LIST_NOT_THIS_PERSON)
		put(list->ids, list->id_count, hash_of(LIST_REMOVED, e->id, ""), i);
}

static size_t room_for(size_t keys)
{
	size_t slots = 16;
	while (slots < keys * 2)
		slots *= 2;
	return slots;
}

/* A name with every birth date and every nationality: one that agrees is enough. */
static int index_name(struct list *list, size_t i, const struct list_entry *e,
	const struct match_name *name, struct match_person *person)
{
	int r = PN_OK;
	for (unsigned b = 0; r == PN_OK && list_entry_birth(e, &b, &person->birth);)
		for (unsigned s = 0; r == PN_OK && s < LIST_STATES_MAX; s++) {
			if (s > 0 && e->nationality[s][0] == '\0')
				break;
			memcpy(person->nationality, e->nationality[s], sizeof person->nationality);
			r = match_index_add(list->persons, name, person, (uint32_t)i);
		}
	return r;
}

static int index_person(
	struct list *list, size_t i, const struct list_entry *e, struct match_name *read)
{
	struct match_person person = {.sex = e->sex};
	struct list_name name;
	int r = PN_OK;
	for (unsigned n = 0; r == PN_OK && list_entry_name(e, &n, &name);) {
		r = match_name_read_plain(name.surname, name.given_names, read);
		if (r == PN_OK)
			r = index_name(list, i, e, read, &person);
	}
	return r;
}

static int index_entries(struct list *list)
{
	struct match_name name;
	struct list_entry e;
	int r = match_index_new(&list->persons);
	for (size_t i = 0; r == PN_OK && i < list->count; i++) {
		list_entry_at(list, i, &e);
		put_entry(list, i, &e);
		if (e.kind == LIST_PERSON)
			r = index_person(list, i, &e, &name);
	}
	if (r == PN_OK)
		r = match_index_build(list->persons);
	match_name_wipe(&name);
	return r;
}

/* --- names that a zone has cut --- */

enum { LETTERS = 27, BUCKETS = LETTERS * LETTERS * LETTERS };

/* The first three letters of the first word; *width: how many buckets a shorter word stands for. */
static size_t bucket_of(const char *surname, size_t *width)
{
	size_t bucket = 0;
	bool over = false;
	*width = 1;
	for (size_t i = 0; i < 3; i++) {
		over = over || surname[i] < 'A' || surname[i] > 'Z';
		bucket = bucket * LETTERS + (over ? 0 : (size_t)(surname[i] - 'A' + 1));
		*width *= over ? LETTERS : 1;
	}
	return bucket;
}

/* Twice over the persons: how many a bucket has, then who they are. */
static int index_beginners(struct list *list)
{
	struct list_entry e;
	struct list_name name;
	size_t width;
	list->begins = calloc(BUCKETS + 2, sizeof *list->begins);
	list->beginners = calloc(list->names + 1, sizeof *list->beginners);
	if (list->begins == NULL || list->beginners == NULL)
		return PN_ENOMEM;
	for (int pass = 0; pass < 2 && list->names > 0; pass++) {
		for (size_t i = 0; i < list->count; i++) {
			list_entry_at(list, i, &e);
			for (unsigned n = 0;
				e.kind == LIST_PERSON && list_entry_name(&e, &n, &name);) {
				uint32_t *at = &list->begins[bucket_of(name.surname, &width) + 1];
				if (pass == 0)
					at[1]++;
				else
					list->beginners[(*at)++] = (uint32_t)i;
			}
		}
		/* each is where its bucket begins, then, when all have moved on, where it ends */
		for (size_t b = 1; pass == 0 && b < BUCKETS + 2; b++)
			list->begins[b] += list->begins[b - 1];
	}
	return PN_OK;
}

void matcher_beginners(const struct list *list, const char *surname, size_t *begin, size_t *end)
{
	size_t width, bucket = bucket_of(surname, &width);
	*begin = list->begins[bucket];
	*end = list->begins[bucket + width];
}

int matcher_index(struct list *list)
{
	int r;
	list->slot_count = room_for(list->count + list->names);
	list->slots = calloc(list->slot_count, sizeof *list->slots);
	if (list->slots == NULL)
		return PN_ENOMEM;
	if (list->base != 0) {
		list->id_count = room_for(list->count);
		list->ids = calloc(list->id_count, sizeof *list->ids);
		if (list->ids == NULL)
			return PN_ENOMEM;
	}
	r = index_beginners(list);
	return r == PN_OK ? index_entries(list) : r;
}

bool matcher_next(const struct list *list, enum list_kind kind, const char *first,
	const char *second, struct matcher_place *place)
{
	if (!place->begun)
		place->at = hash_of(kind, first, second) & (list->slot_count - 1);
	place->begun = true;
	while (list->slots[place->at] != 0) {
		place->index = list->slots[place->at] - 1;
		list_entry_at(list, place->index, &place->entry);
		place->at = (place->at + 1) & (list->slot_count - 1);
		if (has_key(&place->entry, kind, first, second))
			return true;
	}
	return false;
}

bool matcher_replaces(const struct list *changes, const char *id)
{
	struct list_entry e;
	size_t at;
	if (changes == NULL || changes->ids == NULL)
		return false;
	at = hash_of(LIST_REMOVED, id, "") & (changes->id_count - 1);
	for (; changes->ids[at] != 0; at = (at + 1) & (changes->id_count - 1)) {
		list_entry_at(changes, changes->ids[at] - 1, &e);
		if (strcmp(e.id, id) == 0)
			return true;
	}
	return false;
}
