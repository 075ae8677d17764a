/* SPDX-License-Identifier: Apache-2.0
 * See both_bench.h. Must never begin a test with what another left.
 */
#include "both_bench.h"

#include <stdlib.h>
#include <string.h>

int both_setup(void **state, enum both_faces faces)
{
	const struct kiosk_policy policy = { .valid_ms = VALID_MS, .drift_ms = 2000 };
	struct both *b = calloc(1, sizeof *b);
	*state = b;
	if (b == NULL)
		return -1;
	memset(b->store.key, 0x42, sizeof b->store.key);
	kiosk_store_init(&b->store, &policy);
	if (faces == BOTH_NO_FACES) {
		bench_start_kiosk(&b->kiosk, &b->store);
		bench_start_segregated(&b->gate, &b->store);
	} else {
		bench_start_kiosk_with_face(&b->kiosk, &b->store, faces == BOTH_COMPARE);
		bench_start_segregated_with_face(&b->gate, &b->store);
	}
	return 0;
}

int both_teardown(void **state)
{
	struct both *b = *state;
	lane_wipe(&b->kiosk.lane);
	lane_wipe(&b->gate.lane);
	kiosk_store_wipe(&b->store);
	free(b);
	return 0;
}

void both_together(struct both *b)
{
	uint64_t now = b->kiosk.now_ms > b->gate.now_ms ? b->kiosk.now_ms : b->gate.now_ms;
	b->kiosk.now_ms = b->gate.now_ms = now;
}

size_t both_sent(const struct bench *b, Postern__Envelope__BodyCase body)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->out[i].what == OUT_SEND && b->out[i].body == body;
	return n;
}
