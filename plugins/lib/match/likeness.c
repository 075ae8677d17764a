/* SPDX-License-Identifier: Apache-2.0
 * Two words: slips, other transliterations, forms of one name, words joined and split. Must never
 * find words alike that have few letters in common.
 */
#include "likeness.h"

#include <string.h>

double match_jaro_winkler(const char *a, size_t a_length, const char *b, size_t b_length)
{
	uint64_t used = 0, taken = 0;
	size_t longest = a_length > b_length ? a_length : b_length;
	size_t window = longest / 2 > 0 ? longest / 2 - 1 : 0, common = 0, moved = 0, prefix = 0;
	if (a_length == 0 || b_length == 0 || longest > 63)
		return 0;
	for (size_t i = 0; i < a_length; i++) {
		size_t from = i > window ? i - window : 0;
		size_t to = i + window + 1 < b_length ? i + window + 1 : b_length;
		for (size_t k = from; k < to; k++)
			if (a[i] == b[k] && !(taken >> k & 1)) {
				taken |= UINT64_C(1) << k;
				used |= UINT64_C(1) << i;
				common++;
				break;
			}
	}
	if (common == 0)
		return 0;
	for (size_t i = 0, k = 0; i < a_length; i++) {
		if (!(used >> i & 1))
			continue;
		while (!(taken >> k & 1))
			k++;
		moved += a[i] != b[k++];
	}
	while (prefix < 4 && prefix < a_length && prefix < b_length && a[prefix] == b[prefix])
		prefix++;
	double m = (double)common;
	size_t exchanged = moved / 2;
	double half = (double)exchanged;
	double jaro = (m / (double)a_length + m / (double)b_length + (m - half) / m) / 3;
	return jaro + (double)prefix * 0.1 * (1 - jaro);
}

/* Optimal string alignment: insert, delete, replace cost one, neighbours exchanged less: of a word
 * of n letters there are n - 1 such slips, and 25 n letters to put for another. */
enum { EDIT = 5, EXCHANGE = 3 };

static unsigned least_of(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static double edits_of(const char *a, unsigned a_length, const char *b, unsigned b_length)
{
	uint8_t row[3][MATCH_WORD_SIZE];
	for (unsigned k = 0; k <= b_length; k++)
		row[0][k] = (uint8_t)(k * EDIT);
	for (unsigned i = 1; i <= a_length; i++) {
		uint8_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
		now[0] = (uint8_t)(i * EDIT);
		for (unsigned k = 1; k <= b_length; k++) {
			unsigned least = last[k - 1] + (a[i - 1] == b[k - 1] ? 0U : EDIT);
			least = least_of(least, last[k] + (unsigned)EDIT);
			least = least_of(least, now[k - 1] + (unsigned)EDIT);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				least = least_of(least, before[k - 2] + (unsigned)EXCHANGE);
			now[k] = (uint8_t)least;
		}
	}
	return (double)row[a_length % 3][b_length] / EDIT;
}

/* A slip of the pen may fall on letters that a fold takes together, or make some. */
static double edits(const struct match_word *a, const struct match_word *b)
{
	double folded = edits_of(a->folded, a->length, b->folded, b->length), plain;
	if (folded < 1)
		return folded;
	plain = edits_of(a->plain, a->plain_length, b->plain, b->plain_length);
	return plain < folded ? plain : folded;
}

/* What a difference takes from the evidence: a slip is rare, and in a short word it makes another
 * name. Other letters of one sound, or a form of one name, are a known way to differ. */
double match_unlike_bits(const struct match_word *a, const struct match_word *b, double like)
{
	double length = a->length > b->length ? a->length : b->length, bits;
	if (like >= 0.99)
		return like < 1 ? 0.5 : 0;
	if (a->length == 1 || b->length == 1)
		return 8;
	bits = edits(a, b) * (2.5 + 12 / length);
	if (like == 0.93 && bits > 4)
		return 4;
	return a->bones_length >= 3 && bits > 4.5 && strcmp(a->bones, b->bones) == 0 ? 4.5 : bits;
}

/* Few letters in common: not worth aligning. */
static bool unlike(const struct match_word *a, const struct match_word *b)
{
	int common = __builtin_popcount(a->letters & b->letters);
	int most = __builtin_popcount(a->letters | b->letters);
	return common * 5 < most * 2;
}

static bool same_nickname(struct match_word *a, struct match_word *b)
{
	if (a->nickname == UINT16_MAX)
		match_word_look_up(a);
	if (a->nickname == 0)
		return false;
	if (b->nickname == UINT16_MAX)
		match_word_look_up(b);
	return a->nickname == b->nickname;
}

static double of_bones(const struct match_word *a, const struct match_word *b, double jw)
{
	if (a->bones_length != b->bones_length || memcmp(a->bones, b->bones, a->bones_length) != 0)
		return jw;
	if (a->bones_length >= 3)
		return jw > 0.94 ? jw : 0.94;
	if (a->bones_length == 2 && jw > 0.70)
		return jw > 0.88 ? jw : 0.88;
	return jw;
}

/* Of the spellings, where the folded forms say less; never as good as a word that is known. */
static double of_plain(const struct match_word *a, const struct match_word *b, double jw)
{
	double plain;
	if (jw >= 0.94)
		return jw;
	plain = match_jaro_winkler(a->plain, a->plain_length, b->plain, b->plain_length);
	plain = plain > 0.98 ? 0.98 : plain;
	return plain > jw ? plain : jw;
}

double match_word_likeness(struct match_word *a, struct match_word *b)
{
	double jw;
	if (a->length == b->length && memcmp(a->folded, b->folded, a->length) == 0)
		return strcmp(a->plain, b->plain) == 0 ? 1 : 0.99;
	if (a->particle || b->particle)
		return 0;
	if (a->length == 1 || b->length == 1)
		return a->plain[0] == b->plain[0] ? 0.82 : 0;
	if (same_nickname(a, b))
		return 0.93;
	if (unlike(a, b))
		return 0;
	jw = match_jaro_winkler(a->folded, a->length, b->folded, b->length);
	return of_plain(a, b, of_bones(a, b, jw));
}

double match_joined_likeness(const struct match_word *one, const struct match_word *two)
{
	char both[2 * MATCH_WORD_SIZE];
	size_t n = (size_t)two[0].length + two[1].length;
	if (one->length < 5 || one->length + 1U < n || one->length > n + 1U || n > 63)
		return 0;
	memcpy(both, two[0].folded, two[0].length);
	memcpy(both + two[0].length, two[1].folded, two[1].length);
	double jw = match_jaro_winkler(one->folded, one->length, both, n);
	return jw >= 0.94 ? (jw > 0.97 ? 0.97 : jw) : 0;
}
