/* SPDX-License-Identifier: Apache-2.0
 * The kernel's SIGKILL for an evaluation that neither its budget nor its deadline has stopped, as
 * when a fault of the interpreter runs on. The timer counts this process's processor time, so that
 * a busy machine kills nobody. Must never be caught: SIGKILL cannot.
 */
#ifndef POSTERN_RULES_LAST_RESORT_H
#define POSTERN_RULES_LAST_RESORT_H
#include <time.h>

#include "base/err.h"

/* One beyond the engine's own limit, so that it has stopped by itself before. The kernel looks at its
 * ticks only: the kill comes one or two of them later. */
enum { LAST_RESORT_MS = 16 };

struct last_resort {
	timer_t timer;
};

/* In the wide layer: making a timer is not open to the narrow one. PN_EIO. */
int last_resort_open(struct last_resort *l) PN_MUST_CHECK;
/* From now on the process has LAST_RESORT_MS. PN_EIO: nothing is armed. */
int last_resort_arm(struct last_resort *l) PN_MUST_CHECK;
/* PN_EIO: it still is. */
int last_resort_disarm(struct last_resort *l) PN_MUST_CHECK;
#endif
