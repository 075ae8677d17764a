/* SPDX-License-Identifier: Apache-2.0
 * What a name says is estimated word by word, as if words were drawn one by one. Names are not:
 * some words go together, and some are the slip of many others. The search has looked at the
 * entries of some years, and most of them are somebody else by their birth date; how many of these
 * have a name as alike corrects the estimate. Must never count an entry whose birth date may be the
 * traveller's: lists name one person several times.
 */
#include <math.h>
#include <stdlib.h>

#include "index.h"

/* Shape of a gamma distribution about the estimate: below 1, so that few namesakes move it. */
static const double shape = 0.5;
/* Two names whose evidence differs by less are as alike as each other. */
static const float slack = 0.3F;
/* An empty neighbourhood is worth less than a full one costs: a name nobody bears may be a slip. */
static const double gain_most = 4, loss_most = 12;

static bool is_somebody_else(const struct match_result *r)
{
	return r->birth == MATCH_BIRTH_OTHER || r->birth == MATCH_BIRTH_YEAR ||
	       r->birth == MATCH_BIRTH_NEAR;
}

void match_chance_add(struct match_chance *c, const struct match_result *r)
{
	if (is_somebody_else(r) && c->count < MATCH_NULLS_MAX)
		c->bits[c->count++] = (float)r->name_bits;
}

static int most_first(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;
	return (x < y) - (x > y);
}

void match_chance_sort(struct match_chance *c)
{
	qsort(c->bits, c->count, sizeof *c->bits, most_first);
}

/* The mean of the gamma distribution after `found` were seen where `expected` were. */
void match_chance_weigh(const struct match_chance *c, struct match_result *r)
{
	double expected = c->looked_at * exp2(-r->name_bits), likely, bits;
	size_t found = 0;
	while (found < c->count && c->bits[found] >= (float)r->name_bits - slack)
		found++;
	found -= found > 0 && is_somebody_else(r); /* itself */
	if (expected <= 0)
		return;
	likely = ((double)found + shape) / (1 + shape / expected);
	bits = log2(expected / likely);
	r->chance_bits = bits > gain_most ? gain_most : bits < -loss_most ? -loss_most : bits;
	r->bits += r->chance_bits;
}
