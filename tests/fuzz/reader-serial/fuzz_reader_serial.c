/* SPDX-License-Identifier: Apache-2.0
 * Any bytes, in any pieces and with any silences, through the framing of reader-serial. Input: one
 * byte that selects framing (modulo 3) and removal frame (bit 2), then pieces: delay in units of 10
 * ms, length, bytes. Must not crash, and every event must keep the promises of framing.h.
 */
#include "framing.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	bool removal_told; /* the reader tells removal */
	bool lies;         /* a zone was presented and not yet removed */
	unsigned long events;
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void on_event(void *self, const struct framing_event *event)
{
	struct seen *seen = self;
	size_t width;

	seen->events++;
	switch (event->kind) {
	case FRAMING_PRESENTED:
		require(!seen->lies);
		width = strlen(event->lines[0]);
		require(event->count == (width == 30 ? 3u : 2u) &&
			(width == 30 || width == 36 || width == 44));
		for (size_t i = 0; i < event->count; i++) {
			require(strlen(event->lines[i]) == width);
			for (const char *c = event->lines[i]; *c; c++)
				require(*c >= ' ' && *c <= '~');
		}
		seen->lies = true;
		break;
	case FRAMING_REMOVED:
		require(!(event->early && seen->lies));
		require(seen->lies || seen->removal_told);
		seen->lies = false;
		break;
	case FRAMING_UNREADABLE:
		require(strncmp(event->reason, "reader.", 7) == 0);
		break;
	}
	require(seen->removal_told || event->kind != FRAMING_REMOVED || !seen->lies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct framing_config config = {.timeout_ms = 500};
	struct seen seen = {0};
	struct framing f;
	uint64_t now = 1;
	size_t at = 1;

	if (size == 0)
		return 0;
	config.kind = (enum framing_kind)((data[0] & 3) % 3);
	if (data[0] & 4)
		strcpy(config.removed_frame, "@GONE");
	seen.removal_told = data[0] & 4;
	require(framing_init(&f, &config, on_event, &seen));
	while (at + 2 <= size) {
		size_t n = data[at + 1];
		now += 10u * data[at];
		at += 2;
		if (n > size - at)
			n = size - at;
		if (data[at - 2] & 1)
			framing_tick(&f, now);
		framing_feed(&f, data + at, n, now);
		require(framing_tick(&f, now) <= config.timeout_ms);
		at += n;
	}
	require(seen.events <= size);
	require(framing_tick(&f, now + 1000) == 0); /* silence always ends what was begun */
	framing_reset(&f);
	return 0;
}
