/* SPDX-License-Identifier: Apache-2.0
 * Steps of the wall clock. Must never ask a clock.
 */
#include "loop/clock_watch.h"

int64_t clock_watch_step(struct clock_watch *w, uint64_t mono_before_ms, int64_t wall_ms, uint64_t mono_after_ms)
{
	int64_t distance = wall_ms - (int64_t)mono_before_ms, step = distance - w->distance_ms;
	if (mono_after_ms - mono_before_ms > CLOCK_WATCH_APART_MS)
		return 0; /* this process did not run: the next readings will tell */
	if (!w->begun)
		step = 0;
	w->begun = true;
	w->distance_ms = distance;
	if (step < CLOCK_WATCH_STEP_MS && step > -CLOCK_WATCH_STEP_MS)
		return 0;
	w->doubted_until_ms = mono_after_ms + CLOCK_WATCH_HOLD_MS;
	return step;
}

bool clock_watch_doubts(const struct clock_watch *w, uint64_t mono_ms)
{
	return mono_ms < w->doubted_until_ms;
}
