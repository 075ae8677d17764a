/* SPDX-License-Identifier: Apache-2.0
 * What face_rates.h says of the scores on standard input: count_rates FOLDS; lines FOLD GENUINE SCORE, a score "none" where a picture has no
 * face. Must never count anything itself.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face_rates.h"

enum { PAIRS_MAX = 100000 };

static struct face_rates rates;
static struct face_rates_pair pairs[PAIRS_MAX];

int main(int argc, char **argv)
{
	static const double wanted[] = {0.01, 0.001, 0.0001};
	struct face_rates_accuracy a;
	unsigned fold;
	int genuine;
	char text[32];
	size_t count = 0;
	while (count < PAIRS_MAX && scanf("%u %d %31s", &fold, &genuine, text) == 3) {
		const float score = strcmp(text, "none") == 0 ? -INFINITY : strtof(text, NULL);
		face_rates_add(&rates, score, genuine != 0);
		pairs[count++] = (struct face_rates_pair){score, genuine != 0, fold};
	}
	for (size_t i = 0; i < PN_COUNT(wanted); i++) {
		const struct face_rates_point p = face_rates_at(&rates, wanted[i]);
		printf("%d %.12f %.12f %.4f\n", p.there, p.fmr, p.fnmr, p.threshold);
	}
	if (argc != 2 || face_rates_folds(pairs, count, (uint32_t)strtoul(argv[1], NULL, 10), &a) != PN_OK)
		printf("none\n");
	else
		printf("%.12f %.12f\n", a.mean, a.error);
	return 0;
}
