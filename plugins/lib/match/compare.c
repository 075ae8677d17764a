/* SPDX-License-Identifier: Apache-2.0
 * Two names, word against word whatever their order, and the evidence of it. Must never count one
 * word twice.
 */
#include <math.h>
#include <string.h>

#include "likeness.h"

/* A list says how common a name is once it is longer than this many people. */
static const double prior_people = 10000;
/* Below this two words are two words. */
static const double least_likeness = 0.80;
/* Names of one people go together: the second and third word say less than they would alone. */
static const double share_of_next[] = {1, 0.8, 0.5, 0.3};
static const double missing_bits = -1.5, conflict_bits = -6, order_bits = -1.5, surname_bits = -3;
/* Names tell sex and people already: of two whose names agree seven in ten have one nationality,
 * and nearly all one sex. */
static const double sex_same_bits = 0.3, sex_differs_bits = -3, nationality_same_bits = 0.5,
		    nationality_differs_bits = -2.7;

uint64_t match_rarity_hash(const char *folded)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	for (; *folded != '\0'; folded++)
		h = (h ^ (unsigned char)*folded) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

/* Among the others: the entry itself is one of those who bear its word. */
static double share_of(
	struct match_word *w, const struct match_word *of_entry, const struct match_rarity *r)
{
	if (w->prior == 0)
		match_word_look_up(w);
	if (r == NULL)
		return (double)w->prior;
	double count = (double)r->counts[match_rarity_hash(w->folded) & r->mask];
	bool own = of_entry != NULL && w->length == of_entry->length &&
		   memcmp(w->folded, of_entry->folded, w->length) == 0;
	count -= own && count > 0 ? 1 : 0;
	return (count + (double)w->prior * prior_people) / ((double)r->people + prior_people);
}

/* The more common of the two: a slip of the pen makes any name rare. of_entry: NULL for a word that
 * only the query has, w itself for one that only the entry has. */
static double rarity_bits(
	struct match_word *w, struct match_word *of_entry, const struct match_rarity *r)
{
	double x = share_of(w, of_entry, r);
	double y = of_entry != NULL && of_entry != w ? share_of(of_entry, of_entry, r) : 0;
	double bits = -log2(x > y ? x : y);
	if (w->particle)
		bits = bits < 1 ? bits : 1;
	return bits > 17 ? 17 : bits;
}

struct side {
	struct match_name *name;
	bool used[MATCH_WORDS_MAX];
};

struct compared {
	struct side query, entry;
	const struct match_rarity *rarity;
	struct match_result *out;
	double weight, agreed; /* of the name score */
};

static void pair_up(
	struct compared *c, size_t q, size_t q_words, size_t e, size_t e_words, double like)
{
	struct match_word *a = &c->query.name->word[q], *b = &c->entry.name->word[e];
	struct match_pair *p = &c->out->pair[c->out->pair_count++];
	double bits = 0, weight, value;
	for (size_t i = 0; i < q_words; i++)
		c->query.used[q + i] = true;
	for (size_t i = 0; i < e_words; i++)
		c->entry.used[e + i] = true;
	if (q_words == 1 && e_words == 1)
		bits = rarity_bits(a, b, c->rarity);
	else /* the joined form is rarer than the two words that it is */
		for (size_t i = 0; i < (q_words > 1 ? q_words : e_words); i++)
			bits += q_words > 1 ? rarity_bits(a + i, NULL, c->rarity)
					    : rarity_bits(b + i, b + i, c->rarity);
	bits = bits > 17 ? 17 : bits;
	weight = bits < 4 && !a->particle ? 4 : bits;
	value = 1 - 2.5 * (1 - like);
	c->weight += 2 * weight;
	c->agreed += 2 * weight * (value > 0 ? value : 0);
	bits -= q_words > 1 || e_words > 1 || like == 0.97 ? 2 : match_unlike_bits(a, b, like);
	bits = bits < 0.5 ? 0.5 : bits;
	if (a->role != b->role && c->query.name->split && c->entry.name->split && !a->particle)
		c->out->order_differs = true;
	*p = (struct match_pair){.of_query = (uint8_t)q,
		.of_entry = (uint8_t)e,
		.query_words = (uint8_t)q_words,
		.entry_words = (uint8_t)e_words,
		.likeness = (float)like,
		.bits = (float)bits};
}

static void pair_joined(struct compared *c, bool query_has_two)
{
	struct side *one = query_has_two ? &c->entry : &c->query;
	struct side *two = query_has_two ? &c->query : &c->entry;
	for (size_t i = 0; i < one->name->count; i++)
		for (size_t k = 0; k + 1 < two->name->count && !one->used[i]; k++) {
			double like;
			if (two->used[k] || two->used[k + 1])
				continue;
			like = match_joined_likeness(&one->name->word[i], &two->name->word[k]);
			if (like == 0)
				continue;
			if (query_has_two)
				pair_up(c, k, 2, i, 1, like);
			else
				pair_up(c, i, 1, k, 2, like);
		}
}

static bool begins(const struct match_word *cut, const struct match_word *whole)
{
	size_t n = strlen(cut->plain);
	return strncmp(cut->plain, whole->plain, n) == 0;
}

static void pair_words(struct compared *c)
{
	float like[MATCH_WORDS_MAX][MATCH_WORDS_MAX] = {{0}};
	struct match_name *q = c->query.name, *e = c->entry.name;
	for (size_t i = 0; i < q->count; i++)
		for (size_t k = 0; k < e->count; k++) {
			like[i][k] = c->query.used[i] || c->entry.used[k]
					     ? 0
					     : (float)match_word_likeness(&q->word[i], &e->word[k]);
			if (q->truncated && i + 1 == q->count && begins(&q->word[i], &e->word[k]) &&
				like[i][k] < 0.97F)
				like[i][k] = 0.97F;
		}
	for (;;) {
		double best = least_likeness;
		size_t bi = 0, bk = 0;
		bool found = false;
		for (size_t i = 0; i < q->count; i++)
			for (size_t k = 0; k < e->count; k++) {
				/* the same part of the name first, then the same place */
				double l = (double)like[i][k] +
					   (q->word[i].role == e->word[k].role ? 2e-4 : 0) +
					   (i == k ? 1e-4 : 0);
				if (!c->query.used[i] && !c->entry.used[k] &&
					(double)like[i][k] >= least_likeness && l > best) {
					best = l;
					bi = i;
					bk = k;
					found = true;
				}
			}
		if (!found)
			return;
		pair_up(c, bi, 1, bk, 1, (double)like[bi][bk]);
	}
}

/* The strongest in full. */
static double sum_bits(const struct match_result *r)
{
	double sum = 0, sorted[MATCH_WORDS_MAX] = {0};
	for (size_t i = 0; i < r->pair_count; i++) {
		size_t at = i;
		for (; at > 0 && sorted[at - 1] < (double)r->pair[i].bits; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = (double)r->pair[i].bits;
	}
	for (size_t i = 0; i < r->pair_count; i++)
		sum += sorted[i] *
		       share_of_next[i < PN_COUNT(share_of_next) ? i : PN_COUNT(share_of_next) - 1];
	return sum;
}

static size_t left_over(struct compared *c, const struct side *s, double *weight)
{
	size_t n = 0;
	*weight = 0;
	for (size_t i = 0; i < s->name->count; i++) {
		if (s->used[i] || s->name->word[i].particle)
			continue;
		struct match_word *w = &s->name->word[i];
		double bits = s == &c->query ? rarity_bits(w, NULL, c->rarity)
					     : rarity_bits(w, w, c->rarity);
		*weight += bits < 4 ? 4 : bits > 12 ? 12 : bits;
		n++;
	}
	return n;
}

/* Have both a surname that the other has not? */
static bool surname_left(const struct side *s)
{
	for (size_t i = 0; i < s->name->count; i++)
		if (s->name->word[i].role == MATCH_SURNAME && !s->name->word[i].particle &&
			s->used[i])
			return false;
	return s->name->split;
}

static void weigh_left_over(struct compared *c)
{
	struct match_result *r = c->out;
	double of_query, of_entry;
	r->query_missing = left_over(c, &c->query, &of_query);
	r->entry_missing = left_over(c, &c->entry, &of_entry);
	size_t both = r->query_missing < r->entry_missing ? r->query_missing : r->entry_missing;
	size_t one = r->query_missing + r->entry_missing - 2 * both;
	if (c->query.name->truncated)
		of_entry = both > 0 ? of_entry : 0;
	if (c->query.name->truncated && r->entry_missing > r->query_missing)
		one = 0;
	r->name_bits = sum_bits(r) + (double)both * conflict_bits + (double)one * missing_bits;
	/* a name that only one side has may have been left out; two that differ were not */
	c->weight += both > 0 ? of_query + of_entry : 0.35 * (of_query + of_entry);
	if (r->order_differs)
		r->name_bits += order_bits;
	if (both > 0 && surname_left(&c->query) && surname_left(&c->entry))
		r->name_bits += surname_bits;
}

static void compare_persons(
	const struct match_person *a, const struct match_person *b, struct match_result *r)
{
	bool sexes = (a->sex == 'M' || a->sex == 'F') && (b->sex == 'M' || b->sex == 'F');
	/* codes of two and of three letters say nothing about each other */
	bool states = a->nationality[0] != '\0' && strlen(a->nationality) == strlen(b->nationality);
	r->birth = match_birth_compare(a->birth, b->birth);
	r->birth_bits = match_birth_bits(a->birth, b->birth);
	r->sex_differs = sexes && a->sex != b->sex;
	r->nationality_same = states && strcmp(a->nationality, b->nationality) == 0;
	r->nationality_differs = states && !r->nationality_same;
	r->other_bits = sexes ? (r->sex_differs ? sex_differs_bits : sex_same_bits) : 0;
	if (states)
		r->other_bits +=
			r->nationality_same ? nationality_same_bits : nationality_differs_bits;
}

void match_compare(struct match_name *query, const struct match_person *query_person,
	struct match_name *entry, const struct match_person *entry_person,
	const struct match_rarity *rarity, struct match_result *out)
{
	struct compared c = {
		.query = {.name = query}, .entry = {.name = entry}, .rarity = rarity, .out = out};
	memset(out, 0, sizeof *out);
	if (query->count != entry->count || query->count > 2) {
		pair_joined(&c, false);
		pair_joined(&c, true);
	}
	pair_words(&c);
	weigh_left_over(&c);
	out->name_score = c.weight > 0 ? c.agreed / c.weight : 0;
	compare_persons(query_person, entry_person, out);
	out->bits = out->name_bits + out->birth_bits + out->other_bits;
}
