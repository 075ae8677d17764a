/* SPDX-License-Identifier: Apache-2.0
 * Searching the index: spans of birth years, keys counted per block by their weight, the best
 * compared word by word. Must never leave a counter set.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "index.h"

enum {
	WEIGHT_SUM = 250, /* of all keys of a query: a counter never overflows */
	BIRTH_BONUS = 70,
	SCORES = WEIGHT_SUM + BIRTH_BONUS + 1,
	CANDIDATES = 400,
	CANDIDATES_WITHOUT_BIRTH = 800,
	CANDIDATES_MOST = MATCH_NULLS_MAX / 2,
	POOL = 8192,
	SPANS = 5
};

struct weighed_key {
	uint16_t key;
	uint8_t weight;
};

struct span {
	size_t from, to;
};

struct candidate {
	uint32_t at;
	uint16_t score;
};

struct search {
	struct match_index *index;
	const struct match_person *person;
	struct weighed_key key[MATCH_KEYS_OF_NAME];
	size_t keys, wanted, pooled;
	uint32_t having[SCORES]; /* candidates seen with each score */
	unsigned least;          /* at least `wanted` have reached it */
	struct match_seen seen;
	struct match_chance chance;
	struct match_found best[MATCH_FOUND_MAX];
	struct candidate pool[POOL];
};

struct match_birth match_record_birth(const struct match_record *r)
{
	return (struct match_birth){(uint16_t)(r->birth >> 11), (uint8_t)(r->birth >> 7 & 15),
		(uint8_t)(r->birth >> 2 & 31)};
}

/* Rare keys say more; those that no entry has say nothing. */
static void weigh(struct search *s, const struct match_name *name)
{
	uint16_t keys[MATCH_KEYS_OF_NAME];
	double weight[MATCH_KEYS_OF_NAME], sum = 0;
	size_t n = match_keys(name, &s->seen, keys);
	for (size_t i = 0; i < n; i++) {
		double have = (double)s->index->key_counts[keys[i]];
		weight[i] = have > 0 ? log2(((double)s->index->count + 1) / have) + 0.5 : 0;
		sum += weight[i];
	}
	for (size_t i = 0; i < n; i++) {
		unsigned w = (unsigned)(weight[i] * WEIGHT_SUM / (sum > 0 ? sum : 1));
		if (w > 0)
			s->key[s->keys++] = (struct weighed_key){keys[i], (uint8_t)w};
	}
}

static size_t first_of_year(const struct match_index *x, unsigned year)
{
	size_t low = 0, high = x->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (x->records[middle].birth >> 11 < year)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t spans_of(const struct match_index *x, unsigned year, struct span out[SPANS])
{
	size_t n = 0;
	if (year == 0) {
		out[n++] = (struct span){0, x->count};
		return n;
	}
	out[n++] = (struct span){0, first_of_year(x, 1)};
	out[n++] = (struct span){first_of_year(x, year - 10), first_of_year(x, year - 9)};
	out[n++] = (struct span){first_of_year(x, year - 2), first_of_year(x, year + 3)};
	out[n++] = (struct span){first_of_year(x, year + 10), first_of_year(x, year + 11)};
	return n;
}

static const uint16_t *not_below(const uint16_t *from, const uint16_t *to, size_t number)
{
	while (from < to) {
		const uint16_t *middle = from + (to - from) / 2;
		if (*middle < number)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static void count(struct search *s, const struct match_block *b, size_t from, size_t to)
{
	uint8_t *counters = s->index->counters;
	for (size_t i = 0; i < s->keys; i++) {
		const uint16_t *p = b->postings + b->from[s->key[i].key];
		const uint16_t *end = b->postings + b->from[s->key[i].key + 1];
		uint8_t w = s->key[i].weight;
		if (from > 0)
			p = not_below(p, end, from);
		if (to < MATCH_BLOCK)
			end = not_below(p, end, to);
		for (; p < end; p++)
			counters[*p] = (uint8_t)(counters[*p] + w);
	}
}

/* So that among many of one name the one with the birth date is compared. */
static unsigned birth_bonus(const struct search *s, uint32_t at)
{
	static const uint8_t bonus[MATCH_BIRTH_AGREEMENTS] = {
		BIRTH_BONUS, 40, 35, 50, 45, 10, 15, 20, 0};
	if (s->person->birth.year == 0)
		return 0;
	return bonus[match_birth_compare(
		s->person->birth, match_record_birth(&s->index->records[at]))];
}

static void raise_least(struct search *s, size_t most)
{
	size_t sum = 0, kept = 0;
	unsigned least = SCORES - 1;
	while (least > s->least && (sum += s->having[least]) < s->wanted)
		least--;
	s->least = least;
	for (size_t i = 0; i < s->pooled; i++)
		if (s->pool[i].score >= least && kept < most)
			s->pool[kept++] = s->pool[i];
	s->pooled = kept;
}

static void take(struct search *s, uint32_t at, unsigned counter)
{
	unsigned score = counter + birth_bonus(s, at);
	if (score < s->least)
		return;
	s->having[score]++;
	s->pool[s->pooled++] = (struct candidate){at, (uint16_t)score};
	if (s->pooled == POOL)
		raise_least(s, POOL / 2);
}

/* Collects and clears. */
static void collect(struct search *s, size_t block, size_t from, size_t to)
{
	uint8_t *counters = s->index->counters;
	unsigned most = s->person->birth.year != 0 ? BIRTH_BONUS : 0;
	for (size_t i = from; i < to; i += 64) {
		size_t end = i + 64 < to ? i + 64 : to;
		unsigned least = s->least > most ? s->least - most : 1;
		uint8_t any = 0;
		for (size_t k = i; k < end; k++)
			any |= counters[k] >= least;
		if (any == 0)
			continue;
		for (size_t k = i; k < end; k++)
			if (counters[k] >= least)
				take(s, (uint32_t)(block * MATCH_BLOCK + k), counters[k]);
	}
	memset(counters + from, 0, to - from);
}

static void search_span(struct search *s, struct span span)
{
	for (size_t at = span.from; at < span.to;) {
		size_t block = at / MATCH_BLOCK, end = (block + 1) * MATCH_BLOCK;
		end = end < span.to ? end : span.to;
		count(s, &s->index->blocks[block], at % MATCH_BLOCK, end - block * MATCH_BLOCK);
		collect(s, block, at % MATCH_BLOCK, end - block * MATCH_BLOCK);
		at = end;
	}
}

static bool better(const struct match_found *a, const struct match_found *b)
{
	if (a->result.bits != b->result.bits)
		return a->result.bits > b->result.bits;
	return a->result.name_score > b->result.name_score ||
	       (a->result.name_score == b->result.name_score && a->id < b->id);
}

/* Into its place; the worse of two names of one person goes. */
static size_t insert(struct match_found *out, size_t n, size_t room, const struct match_found *f)
{
	size_t at = 0;
	for (size_t i = 0; i < n; i++)
		if (out[i].id == f->id) {
			if (!better(f, &out[i]))
				return n;
			memmove(&out[i], &out[i + 1], (n - i - 1) * sizeof *out);
			n--;
			break;
		}
	while (at < n && better(&out[at], f))
		at++;
	if (at == room)
		return n;
	if (n == room)
		n--;
	memmove(&out[at + 1], &out[at], (n - at) * sizeof *out);
	out[at] = *f;
	return n + 1;
}

/* By the estimate of their words alone. */
static size_t compare_all(struct search *s, struct match_name *name)
{
	struct match_index *x = s->index;
	struct match_rarity rarity = {x->word_counts, x->word_mask, x->people};
	struct match_name entry;
	size_t n = 0;
	for (size_t i = 0; i < s->pooled; i++) {
		struct match_found f = {.id = x->records[s->pool[i].at].id, .at = s->pool[i].at};
		struct match_person person;
		match_index_entry(x, f.at, &entry, &person);
		match_compare(name, s->person, &entry, &person, &rarity, &f.result);
		if (f.result.pair_count == 0)
			continue;
		match_chance_add(&s->chance, &f.result);
		n = insert(s->best, n, MATCH_FOUND_MAX, &f);
	}
	match_name_wipe(&entry);
	return n;
}

/* Without a birth date nobody is known to be somebody else. */
static size_t weigh_chance(struct search *s, size_t n, struct match_found *out, size_t room)
{
	size_t kept = 0;
	match_chance_sort(&s->chance);
	for (size_t i = 0; i < n; i++) {
		if (s->person->birth.year != 0)
			match_chance_weigh(&s->chance, &s->best[i].result);
		kept = insert(out, kept, room, &s->best[i]);
	}
	return kept;
}

/* More of a longer list, by the root of its length: more names that are alike stand before. Without
 * a birth date more candidates are only more of them. */
static size_t candidates(size_t count, bool birth)
{
	double n = CANDIDATES;
	if (!birth)
		return CANDIDATES_WITHOUT_BIRTH;
	if (count > 1000000)
		n *= sqrt((double)count / 1e6);
	return n < CANDIDATES_MOST ? (size_t)n : CANDIDATES_MOST;
}

size_t match_index_find(struct match_index *x, struct match_name *name,
	const struct match_person *person, struct match_found *out, size_t room)
{
	struct search *s;
	struct span spans[SPANS];
	size_t n = 0;
	if (!x->built || x->count == 0 || name->count == 0)
		return 0;
	s = malloc(sizeof *s);
	if (s == NULL)
		return 0;
	memset(s, 0, offsetof(struct search, pool));
	s->index = x;
	s->person = person;
	s->wanted = candidates(x->count, person->birth.year != 0);
	s->least = 40;
	weigh(s, name);
	n = spans_of(x, person->birth.year, spans);
	for (size_t i = 0; i < n; i++) {
		search_span(s, spans[i]);
		s->chance.looked_at += (double)(spans[i].to - spans[i].from);
	}
	raise_least(s, 2 * s->wanted);
	n = weigh_chance(
		s, compare_all(s, name), out, room < MATCH_FOUND_MAX ? room : MATCH_FOUND_MAX);
	explicit_bzero(s, sizeof *s);
	free(s);
	return n;
}

void match_index_entry(const struct match_index *x, uint32_t at, struct match_name *name,
	struct match_person *person)
{
	const struct match_record *r = &x->records[at];
	unsigned sex = r->birth & 3, code = r->nationality & ~(unsigned)MATCH_SEVERAL;
	memset(person, 0, sizeof *person);
	match_name_of_text(x->texts + r->text, name);
	person->birth = match_record_birth(r);
	person->sex = sex == 1 ? 'M' : sex == 2 ? 'F' : '\0';
	for (size_t i = 0, unit = 729; i < 3 && code / unit > 0;
		i++, code %= (unsigned)unit, unit /= 27)
		person->nationality[i] = (char)('A' + code / unit - 1);
}
