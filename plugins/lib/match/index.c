/* SPDX-License-Identifier: Apache-2.0
 * Filling and building the index. Must never leave names behind in memory it gives back.
 */
#include "index.h"

#include <stdlib.h>
#include <string.h>

static int by_number(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

static void sort_keys(uint16_t *keys, size_t n)
{
	if (n > 64) {
		qsort(keys, n, sizeof *keys, by_number);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint16_t k = keys[i];
		size_t at = i;
		for (; at > 0 && keys[at - 1] > k; at--)
			keys[at] = keys[at - 1];
		keys[at] = k;
	}
}

static unsigned letter(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 1) : 0;
}

size_t match_keys(const struct match_name *name, uint16_t keys[MATCH_KEYS_OF_NAME])
{
	size_t n = 0, kept = 0;
	for (size_t i = 0; i < name->count; i++) {
		const struct match_word *w = &name->word[i];
		unsigned before = 0, at = letter(w->folded[0]);
		for (size_t k = 1; k <= w->length; k++) {
			unsigned next = letter(w->folded[k]);
			keys[n++] = (uint16_t)((before * 27 + at) * 27 + next);
			before = at;
			at = next;
		}
		if (w->bones_length >= 2 && !w->particle)
			keys[n++] = (uint16_t)(MATCH_TRIGRAMS +
					       match_rarity_hash(w->bones) % MATCH_BONE_KEYS);
	}
	sort_keys(keys, n);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || keys[i] != keys[i - 1])
			keys[kept++] = keys[i];
	return kept;
}

int match_index_new(struct match_index **out)
{
	*out = calloc(1, sizeof **out);
	return *out != NULL ? PN_OK : PN_ENOMEM;
}

/* Not realloc: what it leaves behind would not be wiped. */
static int grow(void **p, size_t used, size_t room)
{
	void *more = malloc(room);
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
		x->people += x->count == 0 || x->last_id != id;
		x->last_id = id;
		memcpy(x->texts + x->text_size, text, n);
		x->records[x->count++] = (struct match_record){.text = (uint32_t)x->text_size,
			.id = id,
			.birth = (uint32_t)person->birth.year << 11 |
				 (uint32_t)person->birth.month << 7 |
				 (uint32_t)person->birth.day << 2 | sex,
			.nationality = state_number(person->nationality)};
		x->text_size += n;
	}
	explicit_bzero(text, sizeof text);
	return r;
}

enum { YEARS = 4096 };

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

static int build_block(
	struct match_index *x, struct match_block *b, size_t first, uint16_t *keys, uint8_t *counts)
{
	size_t entries = x->count - first < MATCH_BLOCK ? x->count - first : MATCH_BLOCK, n = 0;
	struct match_name name;
	for (size_t i = 0; i < entries; i++) {
		uint16_t own[MATCH_KEYS_OF_NAME];
		match_name_of_text(x->texts + x->records[first + i].text, &name);
		size_t k = match_keys(&name, own);
		k = k < 96 ? k : 96;
		memcpy(keys + n, own, k * sizeof *own);
		n += k;
		counts[i] = (uint8_t)k;
		for (size_t w = 0; w < name.count; w++)
			x->word_counts[match_rarity_hash(name.word[w].folded) & x->word_mask]++;
	}
	match_name_wipe(&name);
	return fill(x, b, keys, counts, entries);
}

int match_index_build(struct match_index *x)
{
	uint16_t *keys = malloc((size_t)MATCH_BLOCK * 96 * sizeof *keys);
	uint8_t *counts = malloc(MATCH_BLOCK);
	size_t words = 4096;
	int r = x->built ? PN_EINVAL : PN_ENOMEM;
	if (x->built || keys == NULL || counts == NULL)
		goto out;
	while (words < x->count)
		words *= 2;
	x->block_count = (x->count + MATCH_BLOCK - 1) / MATCH_BLOCK;
	x->blocks = calloc(x->block_count + 1, sizeof *x->blocks);
	x->key_counts = calloc(MATCH_KEYS, sizeof *x->key_counts);
	x->word_counts = calloc(words, sizeof *x->word_counts);
	x->counters = calloc(MATCH_BLOCK, 1);
	x->word_mask = (uint32_t)(words - 1);
	if (x->blocks == NULL || x->key_counts == NULL || x->word_counts == NULL ||
		x->counters == NULL)
		goto out;
	r = sort_by_year(x);
	for (size_t i = 0; r == PN_OK && i < x->block_count; i++)
		r = build_block(x, &x->blocks[i], i * MATCH_BLOCK, keys, counts);
	x->built = r == PN_OK;
out:
	free(keys);
	free(counts);
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
