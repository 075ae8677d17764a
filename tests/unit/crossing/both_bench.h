/* SPDX-License-Identifier: Apache-2.0
 * A kiosk and its gate, with a matcher or without: two lanes over one store. Must never look into a lane but for its state's name.
 */
#ifndef POSTERN_TEST_BOTH_BENCH_H
#define POSTERN_TEST_BOTH_BENCH_H
#include "face_bench.h"

#define VALID_MS 600000u

struct both {
	struct kiosk_store store;
	struct bench kiosk, gate;
	uint8_t token[KIOSK_TOKEN]; /* a test's own, of the face that was kept */
};

/* Which of the two compare faces. */
enum both_faces { BOTH_NO_FACES, BOTH_GATE_COMPARES, BOTH_COMPARE };
int both_setup(void **state, enum both_faces faces);
int both_teardown(void **state);
/* The later of the two clocks is both's. */
void both_together(struct both *b);
/* How many of these the lane has sent. */
size_t both_sent(const struct bench *b, Postern__Envelope__BodyCase body);
#endif
