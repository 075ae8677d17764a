/* SPDX-License-Identifier: Apache-2.0
 * Restart back-off and staleness. Must never read a clock.
 */
#include "bus/backoff.h"

void backoff_started(struct backoff *b, uint64_t now_ms)
{
	if (b->deaths > 0)
		b->restarts++;
	b->started_ms = now_ms;
}

uint32_t backoff_died(struct backoff *b, uint64_t now_ms, uint32_t random)
{
	if (now_ms >= b->started_ms && now_ms - b->started_ms >= BACKOFF_STABLE_MS)
		b->deaths = 0;
	return backoff_failed(b, random);
}

uint32_t backoff_failed(struct backoff *b, uint32_t random)
{
	if (b->deaths < UINT32_MAX)
		b->deaths++;
	if (b->deaths == 1)
		return BACKOFF_FIRST_MS;
	uint32_t delay = BACKOFF_BASE_MS;
	for (uint32_t i = 2; i < b->deaths && delay < BACKOFF_MAX_MS; i++)
		delay *= 2;
	if (delay > BACKOFF_MAX_MS)
		delay = BACKOFF_MAX_MS;
	return delay / 2 + random % (delay / 2 + 1);
}

bool backoff_stale(uint64_t last_heard_ms, uint64_t now_ms, uint32_t stale_after_ms)
{
	if (last_heard_ms == 0)
		return true;
	return now_ms > last_heard_ms && now_ms - last_heard_ms > stale_after_ms;
}
