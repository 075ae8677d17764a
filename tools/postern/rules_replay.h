/* SPDX-License-Identifier: Apache-2.0
 * What a replay found: how a candidate pack would have treated travellers whose verdicts are in a
 * journal. Must never hold anything of a traveller but the key of the record.
 */
#ifndef POSTERN_TOOL_RULES_REPLAY_H
#define POSTERN_TOOL_RULES_REPLAY_H
#include "cli.h"
#include "crossing.pb-c.h"

enum { REPLAY_CODE = 64, REPLAY_CHANGES = 64, REPLAY_SHOWN_MAX = 1000, REPLAY_TIMES = 1 << 20 };

struct replay_treatment {
	Postern__Verdict verdict;
	char code[REPLAY_CODE]; /* of the rule that leads, or what else decided; "" when clear */
};

struct replay_change {
	struct replay_treatment before, after;
	uint64_t count;
};

struct replay_shown {
	uint64_t epoch, seq;
	char crossing_id[32];
	struct replay_treatment before, after;
};

struct replay {
	uint64_t verdicts;      /* verdict records in the range */
	uint64_t purged;        /* without a payload any more */
	uint64_t not_opened;    /* the key does not open it */
	uint64_t not_evaluated; /* the rules were not asked then */
	uint64_t evaluated;
	uint64_t alerts_before, alerts_after; /* whom the machine did not clear */
	uint64_t stricter, milder, other_reason;
	uint64_t rule_errors;
	struct replay_change change[REPLAY_CHANGES];
	size_t change_count;
	uint64_t changes_beyond; /* in changes that found no room */
	struct replay_shown shown[REPLAY_SHOWN_MAX];
	size_t shown_count, show;
	uint32_t *ns; /* REPLAY_TIMES; what the last ones took */
	size_t time_count;
};

/* Adds one traveller's two treatments. */
void replay_add(struct replay *r, uint64_t epoch, uint64_t seq, const char *crossing_id,
	const struct replay_treatment *before, const struct replay_treatment *after);
void replay_time(struct replay *r, uint64_t ns);
void replay_print(
	struct cli *cli, struct replay *r, const char *pack, const char *version, double seconds);
#endif
