/* SPDX-License-Identifier: Apache-2.0
 * What a simulated camera is told of who stands before it: one line in sim-camera's words (plugins/sim-camera/scene.h). Pure. Must
 * never say what no camera could see.
 */
#ifndef POSTERN_SIM_SEEN_H
#define POSTERN_SIM_SEEN_H
#include "traveller.h"

enum { SEEN_LINE_MAX = 64 };

struct seen {
	bool somebody;
	int turn_degrees; /* of the head, to its own left */
};

/* The line with its end; its length. */
size_t seen_line(const struct traveller *who, const struct seen *seen, char out[SEEN_LINE_MAX]);
#endif
