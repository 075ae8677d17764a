/* SPDX-License-Identifier: Apache-2.0
 * Which packs the plugin uses: what the core's order names, by its digest, or, where the core says
 * that any signed pack will do, what lies in the folders that the options name. Must never use a
 * pack before the core has said which, nor let go of one for an order that it cannot follow.
 */
#ifndef POSTERN_RULES_PLACES_H
#define POSTERN_RULES_PLACES_H
#include "crossing.pb-c.h"
#include "holder.h"
#include "postern/plugin.h"

enum { PLACES_RULE_PACK_ORDER = 62, PLACES_RULE_PACK_STATE = 63 };

/* A pack as an order names it. */
struct choice {
	char name[PACK_NAME_MAX], version[32], digest[2 * SIGNED_DIGEST + 1];
};

/* One of the two packs, and what its troubles are called. */
struct place {
	const char *option, *refused, *absent;
	char folder[HOLDER_PATH]; /* "": the option names none */
	struct holder holder;
	struct choice wanted;
	bool has_wanted;
	bool troubled; /* refused is told */
	bool missing;  /* absent is told */
};

struct places {
	const struct postern_host *host;
	const char *packs; /* the folder of packs; NULL: not given */
	struct signed_keys keys;
	bool has_keys;
	struct place main, shadow;
	struct holder candidate;
	bool candidate_ready;
	char refusal[400];
	uint64_t order; /* of the newest one; 0: none yet, and nothing is used */
	bool any_signed;
};

/* Reads keys and options; loads nothing. */
void places_init(struct places *p, const struct postern_host *host);
/* What the core has said. A state is reported in every case. */
void places_order(struct places *p, const Postern__RulePackOrder *order);
/* Once in a while: has what is wanted come, or changed? */
void places_look(struct places *p);
void places_close(struct places *p);
#endif
