/* SPDX-License-Identifier: Apache-2.0
 * How alike two words are. Must never be included outside this folder.
 */
#ifndef POSTERN_MATCH_LIKENESS_H
#define POSTERN_MATCH_LIKENESS_H
#include "match/match.h"

/* 0 to 1; the spelling and the folded form are both looked at, the likelier way to err counts. What
 * is looked up on the way is kept in the words. */
double match_word_likeness(struct match_word *a, struct match_word *b);
/* One word against two neighbours of the other name; 0: not the same. */
double match_joined_likeness(const struct match_word *one, const struct match_word *two);
/* Bits that the difference takes from the evidence, of a pair whose likeness is `like`. */
double match_unlike_bits(const struct match_word *a, const struct match_word *b, double like);
#endif
