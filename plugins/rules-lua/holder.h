/* SPDX-License-Identifier: Apache-2.0
 * The pack in use, and its change while the gate runs. A folder that holds another signed pack of a
 * higher version replaces it between two evaluations; anything else leaves the old one in use. Must
 * never give up a pack that works for one that does not.
 */
#ifndef POSTERN_RULES_HOLDER_H
#define POSTERN_RULES_HOLDER_H
#include "engine.h"

struct holder {
	struct pack *pack;     /* NULL: none yet */
	struct engine *engine; /* NULL: none yet */
};

enum holder_change { HOLDER_SAME, HOLDER_SWAPPED, HOLDER_REFUSED };

/* Looks at the folder. HOLDER_REFUSED: error says why the content there is not taken; what was in
 * use before, if anything, still is. */
enum holder_change holder_look(
	struct holder *h, const char *folder, const struct signed_keys *keys, struct text *error);
void holder_close(struct holder *h);

/* Versions are numbers between dots, compared number by number: negative, 0 or positive as a is
 * lower, equal or higher. False: one of them is no version. */
bool holder_compare(const char *a, const char *b, int *out);
#endif
