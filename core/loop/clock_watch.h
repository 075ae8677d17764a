/* SPDX-License-Identifier: Apache-2.0
 * Has the wall clock been stepped? Its distance from CLOCK_MONOTONIC changes by slewing alone, 0.5 ms in a second at most (adjtimex(2)).
 * Pure: the clocks' readings come in. Must never forget a step before CLOCK_WATCH_HOLD_MS are over.
 */
#ifndef POSTERN_LOOP_CLOCK_WATCH_H
#define POSTERN_LOOP_CLOCK_WATCH_H
#include <stdbool.h>
#include <stdint.h>

enum {
	CLOCK_WATCH_STEP_MS = 1000,  /* what counts as one */
	CLOCK_WATCH_APART_MS = 100,  /* readings that are further apart say nothing of each other */
	CLOCK_WATCH_HOLD_MS = 60000, /* so long after a step the clock is not trusted, whatever the kernel says */
};

/* Begins as zeros. */
struct clock_watch {
	bool begun;
	int64_t distance_ms;
	uint64_t doubted_until_ms; /* of CLOCK_MONOTONIC */
};

/* Readings of CLOCK_MONOTONIC before and after one of the wall clock; any time may lie between two calls. Returns by how many
 * milliseconds the wall clock has been stepped since the last call; 0: not. */
int64_t clock_watch_step(struct clock_watch *w, uint64_t mono_before_ms, int64_t wall_ms, uint64_t mono_after_ms);
bool clock_watch_doubts(const struct clock_watch *w, uint64_t mono_ms);
#endif
