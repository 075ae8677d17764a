/* SPDX-License-Identifier: Apache-2.0
 * The explorer alone against changed guards, and whatever else is a matter of rows. Must never ask
 * the walks, nor call a mutant killed without a way that it goes.
 */
#ifndef POSTERN_MODEL_GUARDS_H
#define POSTERN_MODEL_GUARDS_H
#include "judge.h"

enum guards_wanted { GUARDS_LEAVE, GUARDS_BY_STEPS, GUARDS_BY_ALL };

/* Judges mutants of j, as wanted says of each (enum guards_wanted): by single steps in world after
 * world, until the first that is broken; then, those to be judged by all and still alive, by the
 * whole of each world that the change can be felt in. told is called with each verdict:
 * EXPLORED_NOT says that nothing was found and not everything tried. */
bool guards_judge(struct judge *j, const uint8_t *wanted,
	void (*told)(void *context, const struct verdict *v), void *context);
/* The way to what one mutant breaks, on out; false when no single step breaks anything. */
bool guards_show(struct judge *j, size_t mutant, FILE *out);
#endif
