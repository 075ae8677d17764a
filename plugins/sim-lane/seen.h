/* SPDX-License-Identifier: Apache-2.0
 * What a simulated camera is told of who stands before it: one line in sim-camera's words (plugins/sim-camera/scene.h). Pure. Must
 * never say what no camera could see.
 */
#ifndef POSTERN_SIM_SEEN_H
#define POSTERN_SIM_SEEN_H
#include "traveller.h"

enum {
	SEEN_LINE_MAX = 64,
	/* Where the faces of who sits and of who is very tall are, in thousandths of what the camera's frame shows from top to bottom,
	 * above where a camera that is not moved looks: outside of its frame. */
	SEEN_SEATED = -900,
	SEEN_TALL = 900,
};

struct seen {
	bool somebody;
	int turn_degrees; /* of the head, to its own left */
	int camera_at;	  /* how much higher the camera stands than at first, in the same thousandths */
};

/* The line with its end; its length. */
size_t seen_line(const struct traveller *who, const struct seen *seen, char out[SEEN_LINE_MAX]);
#endif
