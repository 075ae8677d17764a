/* SPDX-License-Identifier: Apache-2.0
 * The figures of a shift, from lanes' records as they became durable: crossings, outcomes, referrals by reason, officers' decisions, times of
 * steps. Pure. Must never hold anything of a person, nor more than the bounds below.
 */
#ifndef POSTERN_CONSOLE_SHIFT_H
#define POSTERN_CONSOLE_SHIFT_H
#include <stddef.h>
#include <stdint.h>

#include "json/json.h"
#include "post.pb-c.h"

enum {
	SHIFT_ROWS = 32,   /* different reasons, and different steps; further ones are counted as "other" */
	SHIFT_KEY = 64,
	SHIFT_BINS = 96,   /* of a step's durations, each 1.15 times the one before, from 10 ms: to 110 minutes */
};

struct shift {
	int64_t since_wall_ms;
	uint64_t verdicts, clear, referred, unchecked, passed, returned, other_outcomes;
	uint64_t admitted, refused, sent_back, second_line, held;
	uint64_t decided, false_alarms; /* referrals that an officer has decided, and those of them that were admitted */
	uint64_t lost; /* records that were of no use */
	size_t reason_count, step_count;
	struct {
		char key[SHIFT_KEY];
		uint64_t count, decided, admitted; /* admitted after all by an officer: a false alarm of the machine */
	} reasons[SHIFT_ROWS];
	struct {
		char key[SHIFT_KEY];
		uint64_t count;
		uint32_t bins[SHIFT_BINS];
	} steps[SHIFT_ROWS];
	/* Which reason a crossing that waits was referred for, to count what an officer made of it. */
	struct {
		char crossing[32];
		size_t reason;
	} waiting[64];
	size_t next_waiting;
};

void shift_begin(struct shift *s, int64_t wall_ms);
/* Those per thousand that were admitted, of the referrals that an officer has decided; 0: none was. */
unsigned shift_false_alarms(const struct shift *s);
void shift_take(struct shift *s, const Postern__RecordClear *r);
/* Upper bound in ms of the bin below which permille of a step's durations lie; 0: none. */
uint32_t shift_quantile(const struct shift *s, size_t step, unsigned permille);
/* Add to an object that is open: the counts alone, and reasons and steps as well. */
void shift_counts_json(const struct shift *s, struct json *j);
void shift_json(const struct shift *s, struct json *j);
#endif
