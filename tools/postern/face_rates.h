/* SPDX-License-Identifier: Apache-2.0
 * What many scores say: false match rate, false non-match rate, DET (ISO/IEC 19795-1), and the accuracy over folds of LFW's pairs (Huang et
 * al. 2007, view 2). Pure. Must never leave out a pair because its pictures are hard.
 */
#ifndef POSTERN_TOOL_FACE_RATES_H
#define POSTERN_TOOL_FACE_RATES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { FACE_RATES_BINS = 40000, FACE_RATES_PER_UNIT = 10000, FACE_RATES_LOWEST = -3 };

/* Scores are counted in bins of a ten-thousandth, so that millions of pairs need no memory. */
struct face_rates {
	uint64_t genuine[FACE_RATES_BINS], impostor[FACE_RATES_BINS]; /* by score, from LOWEST on */
	uint64_t genuine_count, impostor_count;
};

/* score -INFINITY: one of the pictures has no face, and matches nothing. */
void face_rates_add(struct face_rates *r, float score, bool genuine);

struct face_rates_point {
	double fmr, fnmr, threshold; /* of the pairs: rates at this threshold */
	bool there;		     /* false: too few pairs for one false match */
};
/* The lowest threshold whose false match rate is at most fmr. */
struct face_rates_point face_rates_at(const struct face_rates *r, double fmr);

/* A pair of a list that is in folds. */
struct face_rates_pair {
	float score;
	bool genuine;
	uint32_t fold;
};

struct face_rates_accuracy {
	double mean, error; /* over the folds, and its standard error: their standard deviation by the root of their number */
};
/* For each fold the share of its pairs that are told right by the threshold that tells most right of all other folds', of several the lowest.
 * Sorts pairs. PN_EINVAL: fewer than two folds, or one without pairs. PN_ENOMEM. */
int face_rates_folds(struct face_rates_pair *pairs, size_t count, uint32_t folds, struct face_rates_accuracy *out) PN_MUST_CHECK;
#endif
