/* SPDX-License-Identifier: Apache-2.0
 * See face_rates.h.
 */
#include "face_rates.h"

#include <math.h>
#include <stdlib.h>

void face_rates_add(struct face_rates *r, float score, bool genuine)
{
	const float from = fmaxf(score, FACE_RATES_LOWEST) - FACE_RATES_LOWEST;
	long bin = (long)floorf(fminf(from, 4) * FACE_RATES_PER_UNIT);
	bin = bin >= FACE_RATES_BINS ? FACE_RATES_BINS - 1 : bin;
	if (genuine) {
		r->genuine[bin]++;
		r->genuine_count++;
	} else {
		r->impostor[bin]++;
		r->impostor_count++;
	}
}

/* The lowest bin is no threshold: what has no face lies there. */
struct face_rates_point face_rates_at(const struct face_rates *r, double fmr)
{
	uint64_t above = 0, below = 0;
	long bin = FACE_RATES_BINS;
	struct face_rates_point p = {.there = r->impostor_count > 0 && r->genuine_count > 0 && fmr * (double)r->impostor_count >= 1};
	while (bin > 1 && (double)(above + r->impostor[bin - 1]) <= fmr * (double)r->impostor_count)
		above += r->impostor[--bin];
	for (long i = 0; i < bin; i++)
		below += r->genuine[i];
	if (p.there) {
		p.fmr = (double)above / (double)r->impostor_count;
		p.fnmr = (double)below / (double)r->genuine_count;
		p.threshold = FACE_RATES_LOWEST + (double)bin / FACE_RATES_PER_UNIT;
	}
	return p;
}

static int by_score(const void *a, const void *b)
{
	const float x = ((const struct face_rates_pair *)a)->score, y = ((const struct face_rates_pair *)b)->score;
	return (x > y) - (x < y);
}

/* Pairs are sorted. From the highest score down, each of the other folds' is tried as the threshold, with all that are equal to it. */
static float threshold_without(const struct face_rates_pair *pairs, size_t count, uint32_t fold)
{
	int64_t right = 0, best = 0; /* more than with a threshold that nothing reaches */
	float tried = INFINITY, threshold = INFINITY;
	for (size_t i = count; i > 0 && isfinite(pairs[i - 1].score); i--) {
		const struct face_rates_pair *p = &pairs[i - 1];
		if (p->fold == fold)
			continue;
		if (p->score < tried && right >= best) {
			best = right;
			threshold = tried;
		}
		tried = p->score;
		right += p->genuine ? 1 : -1;
	}
	return right >= best ? tried : threshold;
}

int face_rates_folds(struct face_rates_pair *pairs, size_t count, uint32_t folds, struct face_rates_accuracy *out)
{
	*out = (struct face_rates_accuracy){0};
	double *share = folds >= 2 && folds <= count ? calloc(folds, sizeof *share) : NULL;
	if (share == NULL)
		return folds < 2 || folds > count ? PN_EINVAL : PN_ENOMEM;
	int r = PN_OK;
	double squares = 0;
	qsort(pairs, count, sizeof *pairs, by_score);
	for (uint32_t f = 0; f < folds && r == PN_OK; f++) {
		const float threshold = threshold_without(pairs, count, f);
		uint64_t right = 0, all = 0;
		for (size_t i = 0; i < count; i++)
			if (pairs[i].fold == f) {
				all++;
				right += (pairs[i].score >= threshold) == pairs[i].genuine;
			}
		r = all == 0 ? PN_EINVAL : PN_OK;
		share[f] = all == 0 ? 0 : (double)right / (double)all;
		out->mean += share[f] / folds;
	}
	for (uint32_t f = 0; f < folds; f++)
		squares += (share[f] - out->mean) * (share[f] - out->mean);
	out->error = sqrt(squares / (folds - 1) / folds);
	free(share);
	return r;
}
