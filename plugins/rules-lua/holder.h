/* SPDX-License-Identifier: Apache-2.0
 * The pack in use, and its change while the gate runs, between two evaluations. Either a folder is
 * watched, and another signed pack of a higher version there replaces the one in use; or the core
 * names a pack by its digest, which is searched for, loaded and held ready before it is used. Must
 * never give up a pack that works for one that does not.
 */
#ifndef POSTERN_RULES_HOLDER_H
#define POSTERN_RULES_HOLDER_H
#include "engine.h"

enum { HOLDER_PATH = 1024 };

struct holder {
	struct pack *pack;     /* NULL: none yet */
	struct engine *engine; /* NULL: none yet */
};

enum holder_change { HOLDER_SAME, HOLDER_SWAPPED, HOLDER_REFUSED };

/* Looks at the folder. HOLDER_REFUSED: error says why the content there is not taken; what was in
 * use before, if anything, still is. */
enum holder_change holder_look(
	struct holder *h, const char *folder, const struct signed_keys *keys, struct text *error);

/* The pack of that name, version and digest (hexadecimal, of its pack.sums) in a folder of packs,
 * loaded in the place of what h holds. HOLDER_REFUSED: it is not there, or does not load, and h is
 * as it was. Folders whose names begin with a dot, and more than 64, are not looked at. */
enum holder_change holder_take(struct holder *h, const char *packs, const char *name,
	const char *version, const char *digest, const struct signed_keys *keys, struct text *error);

/* Is it that pack's content? */
bool holder_has(const struct holder *h, const char *digest);
void holder_close(struct holder *h);
#endif
