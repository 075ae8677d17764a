/* SPDX-License-Identifier: Apache-2.0
 * The explorer alone against every changed guard. Must never ask the walks, nor call a mutant
 * killed without a way that it goes.
 */
#ifndef POSTERN_MODEL_GUARDS_H
#define POSTERN_MODEL_GUARDS_H
#include "judge.h"

/* Judges the mutants of j that are marked (a byte each): by single steps in world after world,
 * then, those still alive, by all of each world that the change can be felt in. told is called with
 * each verdict. whole: false leaves the second part out; what it would have judged is EXPLORED_NOT.
 */
bool guards_judge(struct judge *j, uint8_t *wanted, bool whole,
	void (*told)(void *context, const struct verdict *v), void *context);
#endif
