/* SPDX-License-Identifier: Apache-2.0
 * The simulator's own log of what it did and saw, a line of JSON each: the oracle of crash tests, independent of the core's word.
 * Must never say as done what a power cut could still take back.
 */
#ifndef POSTERN_SIM_TRUTH_H
#define POSTERN_SIM_TRUTH_H
#include <stdbool.h>

#include "postern/plugin.h"

struct truth {
	const struct postern_host *host; /* borrowed */
	int fd;
	bool unsynced; /* what was seen is written, not yet durable */
};

/* truth.jsonl in the plugin's state folder. PN_EIO, and why in the host's log. */
int truth_open(struct truth *t, const struct postern_host *host);
void truth_close(struct truth *t);
/* What is done: durable when this returns. */
void truth_done(struct truth *t, const char *crossing, const char *event, const char *detail);
/* What is seen: the core is told first, as by sensors that keep no log, and truth_sync() follows in the same turn. */
void truth_seen(struct truth *t, const char *crossing, const char *event, const char *detail);
/* Does nothing when all is durable. */
void truth_sync(struct truth *t);
#endif
