/* SPDX-License-Identifier: Apache-2.0
 * Filling and building the index. Must never leave names behind in memory it gives back.
 */
#include "index.h"

#include <stdlib.h>
#include <string.h>

static unsigned letter(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 1) : 0;
}

static size_t add_key(struct match_seen *seen, uint16_t *keys, size_t n, unsigned key)
{
	uint64_t bit = UINT64_C(1) << key % 64;
	if ((seen->bits[key / 64] & bit) != 0)
		return n;
	seen->bits[key / 64] |= bit;
	keys[n] = (uint16_t)key;
	return n + 1;
}

size_t match_keys(
	const struct match_name *name, struct match_seen *seen, uint16_t keys[MATCH_KEYS_OF_NAME])
{
	size_t n = 0;
	for (size_t i = 0; i < name->count; i++) {
		const struct match_word *w = &name->word[i];
		unsigned before = 0, at = letter(w->folded[0]);
		for (size_t k = 1; k <= w->length; k++) {
			unsigned next = letter(w->folded[k]);
			n = add_key(seen, keys, n, (before * 27 + at) * 27 + next);
			before = at;
			at = next;
		}
		if (w->bones_length >= 2 && !w->particle)
			n = add_key(seen, keys, n,
				MATCH_TRIGRAMS +
					(unsigned)(match_rarity_hash(w->bones) % MATCH_BONE_KEYS));
	}
	for (size_t i = 0; i < n; i++)
		seen->bits[keys[i] / 64] = 0;
	return n;
}

int match_index_new(struct match_index **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? PN_OK : PN_ENOMEM;
}

/* Not realloc: what it leaves behind would not be wiped. */
static int grow(void **p, size_t used, size_t room)
{
	void *more = calloc(1, room);
	if (more == NULL)
		return PN_ENOMEM;
	if (used > 0) {
		memcpy(more, *p, used);
		explicit_bzero(*p, used);
	}
	free(*p);
	*p = more;
	return PN_OK;
}

static int make_room(struct match_index *x, size_t text)
{
	int r = PN_OK;
	if (x->count == x->room) {
		size_t room = x->room == 0 ? 64 : x->room + x->room / 2;
		r = grow((void **)&x->records, x->count * sizeof *x->records,
			room * sizeof *x->records);
		if (r == PN_OK)
			x->room = room;
	}
	if (r == PN_OK && x->text_size + text > x->text_room) {
		size_t room = x->text_room == 0 ? 4096 : x->text_room + x->text_room / 2;
		r = grow((void **)&x->texts, x->text_size, room);
		if (r == PN_OK)
			x->text_room = room;
	}
	return r;
}

static uint16_t state_number(const char code[4])
{
	return (uint16_t)(code[0] == '\0' ? 0
					  : letter(code[0]) * 729 + letter(code[1]) * 27 +
						    (code[1] != '\0' ? letter(code[2]) : 0));
}

int match_index_add(struct match_index *x, const struct match_name *name,
	const struct match_person *person, uint32_t id)
{
	char text[MATCH_TEXT_SIZE];
	unsigned sex = person->sex == 'M' ? 1 : person->sex == 'F' ? 2 : 0;
	size_t n;
	int r;
	if (x->built || name->count == 0)
		return PN_EINVAL;
	match_name_write(name, text, sizeof text);
	n = strlen(text) + 1;
	if (x->text_size + n > UINT32_MAX || x->count >= UINT32_MAX - 1)
		return PN_ELIMIT;
	r = make_room(x, n);
	if (r == PN_OK) {
		bool another = x->count > 0 && x->last_id == id;
		x->people += !another;
		x->last_id = id;
		if (another)
			x->records[x->count - 1].nationality |= MATCH_SEVERAL;
		memcpy(x->texts + x->text_size, text, n);
		x->records[x->count++] = (struct match_record){.text = (uint32_t)x->text_size,
			.id = id,
			.birth = (uint32_t)person->birth.year << 11 |
				 (uint32_t)person->birth.month << 7 |
				 (uint32_t)person->birth.day << 2 | sex,
			.nationality = (uint16_t)(state_number(person->nationality) |
						  (another ? MATCH_SEVERAL : 0))};
		x->text_size += n;
	}
	explicit_bzero(text, sizeof text);
	return r;
}

enum { YEARS = 4096, MOST_KEYS = 96 };

/* By birth year; counting sort. */
static int sort_by_year(struct match_index *x)
{
	uint32_t *at = calloc(YEARS + 1, sizeof *at);
	struct match_record *records = malloc((x->count + 1) * sizeof *records);
	char *texts = malloc(x->text_size + 1);
	size_t n = 0;
	int r = PN_ENOMEM;
	if (at == NULL || records == NULL || texts == NULL)
		goto out;
	for (size_t i = 0; i < x->count; i++)
		at[(x->records[i].birth >> 11) % YEARS + 1]++;
	for (size_t y = 0; y < YEARS; y++)
		at[y + 1] += at[y];
	for (size_t i = 0; i < x->count; i++)
		records[at[(x->records[i].birth >> 11) % YEARS]++] = x->records[i];
	for (size_t i = 0; i < x->count; i++) {
		const char *s = x->texts + records[i].text;
		size_t length = strlen(s) + 1;
		memcpy(texts + n, s, length);
		records[i].text = (uint32_t)n;
		n += length;
	}
	if (x->texts != NULL)
		explicit_bzero(x->texts, x->text_size);
	free(x->texts);
	free(x->records);
	x->texts = texts;
	x->records = records;
	x->room = x->count;
	x->text_room = x->text_size + 1;
	texts = NULL;
	records = NULL;
	r = PN_OK;
out:
	free(at);
	free(records);
	free(texts);
	return r;
}

/* keys and counts: of the block's entries, one after the other. */
static int fill(struct match_index *x, struct match_block *b, const uint16_t *keys,
	const uint8_t *counts, size_t entries)
{
	size_t total = 0;
	const uint16_t *k = keys;
	b->from = calloc(MATCH_KEYS + 1, sizeof *b->from);
	for (size_t i = 0; i < entries; i++)
		total += counts[i];
	b->postings = malloc((total + 1) * sizeof *b->postings);
	if (b->from == NULL || b->postings == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; i < total; i++)
		b->from[keys[i]]++;
	for (size_t i = 0, sum = 0; i <= MATCH_KEYS; i++) {
		uint32_t n = b->from[i];
		if (i < MATCH_KEYS)
			x->key_counts[i] += n;
		b->from[i] = (uint32_t)sum;
		sum += n;
	}
	for (size_t i = 0; i < entries; i++)
		for (uint8_t n = counts[i]; n > 0; n--)
			b->postings[b->from[*k++]++] = (uint16_t)i;
	/* each place has moved to the next key's */
	memmove(b->from + 1, b->from, MATCH_KEYS * sizeof *b->from);
	b->from[0] = 0;
	x->postings += total;
	return PN_OK;
}

/* What building needs beside the index. */
struct building {
	uint16_t *keys;   /* of a block's entries, one after the other */
	uint8_t *counts;  /* how many of each entry */
	uint64_t *people; /* bits by the hash of a word and of who has it */
	size_t people_mask;
	struct match_seen seen;
};

/* Once for each person, whatever the number of names. That two hashes meet now and then makes a
 * count smaller by one in some sixteen of those that have several. */
static void count_words(struct match_index *x, struct building *b, const struct match_record *r,
	const struct match_name *name)
{
	for (size_t w = 0; w < name->count; w++) {
		uint64_t h = match_rarity_hash(name->word[w].folded);
		uint32_t *count = &x->word_counts[h & x->word_mask];
		if ((r->nationality & MATCH_SEVERAL) != 0) {
			uint64_t who = (h ^ r->id * UINT64_C(0x9e3779b97f4a7c15)) *
				       UINT64_C(0xbf58476d1ce4e5b9);
			uint64_t *bits = &b->people[who >> 38 & b->people_mask];
			uint64_t bit = UINT64_C(1) << (who >> 32 & 63);
			if ((*bits & bit) != 0)
				continue;
			*bits |= bit;
		}
		(*count)++;
	}
}

static int build_block(
	struct match_index *x, struct match_block *b, size_t first, struct building *with)
{
	size_t entries = x->count - first < MATCH_BLOCK ? x->count - first : MATCH_BLOCK, n = 0;
	struct match_name name;
	for (size_t i = 0; i < entries; i++) {
		const struct match_record *r = &x->records[first + i];
		uint16_t own[MATCH_KEYS_OF_NAME];
		match_name_of_text(x->texts + r->text, &name);
		size_t k = match_keys(&name, &with->seen, own);
		k = k < MOST_KEYS ? k : MOST_KEYS;
		memcpy(with->keys + n, own, k * sizeof *own);
		n += k;
		with->counts[i] = (uint8_t)k;
		count_words(x, with, r, &name);
	}
	match_name_wipe(&name);
	return fill(x, b, with->keys, with->counts, entries);
}

static size_t power_of_two(size_t least, size_t from)
{
	while (from < least)
		from *= 2;
	return from;
}

static int make_tables(struct match_index *x, struct building *with)
{
	size_t several = 0, words = power_of_two(x->count, 4096);
	for (size_t i = 0; i < x->count; i++)
		several += (x->records[i].nationality & MATCH_SEVERAL) != 0;
	with->people_mask = power_of_two(several, 1) - 1;
	with->people = calloc(with->people_mask + 1, sizeof *with->people);
	with->keys = malloc((size_t)MATCH_BLOCK * MOST_KEYS * sizeof *with->keys);
	with->counts = malloc(MATCH_BLOCK);
	x->block_count = (x->count + MATCH_BLOCK - 1) / MATCH_BLOCK;
	x->blocks = calloc(x->block_count + 1, sizeof *x->blocks);
	x->key_counts = calloc(MATCH_KEYS, sizeof *x->key_counts);
	x->word_counts = calloc(words, sizeof *x->word_counts);
	x->counters = calloc(MATCH_BLOCK, 1);
	x->word_mask = (uint32_t)(words - 1);
	return with->people == NULL || with->keys == NULL || with->counts == NULL ||
			       x->blocks == NULL || x->key_counts == NULL ||
			       x->word_counts == NULL || x->counters == NULL
		       ? PN_ENOMEM
		       : PN_OK;
}

int match_index_build(struct match_index *x)
{
	struct building *with;
	int r;
	if (x->built)
		return PN_EINVAL;
	with = calloc(1, sizeof *with);
	if (with == NULL)
		return PN_ENOMEM;
	r = make_tables(x, with);
	if (r == PN_OK)
		r = sort_by_year(x);
	for (size_t i = 0; r == PN_OK && i < x->block_count; i++)
		r = build_block(x, &x->blocks[i], i * MATCH_BLOCK, with);
	x->built = r == PN_OK;
	free(with->keys);
	free(with->counts);
	free(with->people);
	free(with);
	return r;
}

struct match_index_stats match_index_stats(const struct match_index *x)
{
	size_t bytes = sizeof *x + x->room * sizeof *x->records + x->text_room;
	if (x->built)
		bytes +=
			x->block_count * (sizeof *x->blocks + (MATCH_KEYS + 1) * sizeof(uint32_t)) +
			x->postings * sizeof(uint16_t) + MATCH_KEYS * sizeof(uint32_t) +
			((size_t)x->word_mask + 1) * sizeof(uint32_t) + MATCH_BLOCK;
	return (struct match_index_stats){x->people, (uint32_t)x->count, bytes};
}

void match_index_free(struct match_index *x)
{
	if (x == NULL)
		return;
	if (x->texts != NULL)
		explicit_bzero(x->texts, x->text_size);
	if (x->records != NULL)
		explicit_bzero(x->records, x->count * sizeof *x->records);
	for (size_t i = 0; x->blocks != NULL && i < x->block_count; i++) {
		free(x->blocks[i].from);
		free(x->blocks[i].postings);
	}
	free(x->blocks);
	free(x->texts);
	free(x->records);
	free(x->key_counts);
	free(x->word_counts);
	free(x->counters);
	free(x);
}
