/* SPDX-License-Identifier: Apache-2.0
 * What to do about a comparison. Must never alert on what says no more than chance would among so
 * many people.
 */
#include <math.h>

#include "match/match.h"

/* A birth date that disagrees asks for more than a name can give: such a match is possible at best.
 */
const struct match_policy match_policy_default = {.alert_bits = 5,
	.possible_bits = -2,
	.least_score = {0.55, 0.70, 0.72, 0.65, 0.70, 0.80, 0.80, 0.85, 1.01}};

enum match_decision match_decide(
	const struct match_policy *policy, const struct match_result *r, uint32_t people)
{
	double left = r->bits - (people > 1 ? log2((double)people) : 0);
	if (r->pair_count == 0 || left < policy->possible_bits)
		return MATCH_NONE;
	if (left >= policy->alert_bits && r->name_score >= policy->least_score[r->birth])
		return MATCH_ALERT;
	return r->name_score >= 0.5 ? MATCH_POSSIBLE : MATCH_NONE;
}

double match_score(const struct match_result *r)
{
	static const double less[MATCH_BIRTH_AGREEMENTS] = {
		0, 0, 0.02, 0.04, 0.05, 0.15, 0.12, 0, 0.35};
	double score = r->name_score - less[r->birth] - (r->sex_differs ? 0.1 : 0) -
		       (r->nationality_differs ? 0.05 : 0);
	return score > 0 ? score : 0;
}

enum match_decision match_decide_pair(const struct match_result *r)
{
	double score = match_score(r);
	return r->pair_count == 0 || score < 0.6 ? MATCH_NONE
	       : score < 0.8                     ? MATCH_POSSIBLE
						 : MATCH_ALERT;
}

const char *match_decision_name(enum match_decision d)
{
	static const char *const names[] = {"none", "possible", "alert"};
	return names[d];
}
