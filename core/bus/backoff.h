/* SPDX-License-Identifier: Apache-2.0
 * When a child that died is started again, and when silence makes what it said unknown. Pure: time
 * and randomness come in as arguments. Must never give up: a lane without its plugin waits, it does
 * not forget it.
 */
#ifndef POSTERN_BUS_BACKOFF_H
#define POSTERN_BUS_BACKOFF_H
#include <stdbool.h>
#include <stdint.h>

enum {
	BACKOFF_FIRST_MS = 100, /* a single crash costs the lane as little as it can */
	BACKOFF_BASE_MS = 1000, /* the second; it doubles from there */
	BACKOFF_MAX_MS = 60 * 1000,
	BACKOFF_STABLE_MS = 60 * 1000, /* a child that lived this long starts with a clean sheet */
};

/* Zeroed: never started. */
struct backoff {
	uint64_t started_ms; /* monotonic */
	uint32_t deaths;     /* since it was last stable */
	uint32_t restarts;   /* ever; for the status table */
};

void backoff_started(struct backoff *b, uint64_t now_ms);

/* Milliseconds to wait before starting it again: 100, then 1 s doubling to 60 s, each from the
 * second on spread over the upper half of that (random: any 32 bits), so that children that died
 * together do not come back together. */
uint32_t backoff_died(struct backoff *b, uint64_t now_ms, uint32_t random);
/* The same of one that could not be started: it has not lived since it last died. */
uint32_t backoff_failed(struct backoff *b, uint32_t random);

/* Nothing heard for stale_after_ms: what was last heard is unknown. last_heard_ms 0: never heard. A
 * clock that is before last_heard_ms is not stale. */
bool backoff_stale(uint64_t last_heard_ms, uint64_t now_ms, uint32_t stale_after_ms);
#endif
