/* SPDX-License-Identifier: Apache-2.0
 * Where the camera is to go next: from where eyes were seen in its frames, or that nobody was, from what was tried for this traveller
 * and what the drive says. A face near the edge is followed in proportion; where nobody is seen the camera is led down first, to who
 * sits or is a child, and then up. Pure. Must never ask for a move without an end, go on for ever, nor take time that the last look
 * of the face check needs.
 */
#ifndef POSTERN_CROSSING_CAMERA_HEIGHT_H
#define POSTERN_CROSSING_CAMERA_HEIGHT_H
#include <stdbool.h>
#include <stdint.h>

#include "types.pb-c.h"

enum {
	CAMERA_HEIGHT_BAND = 200,     /* thousandths of the frame from its middle, within which a face is left where it is */
	CAMERA_HEIGHT_MOVE_MIN_MS = 100,
	CAMERA_HEIGHT_MOVE_MAX_MS = 1000,
	CAMERA_HEIGHT_SEARCH_MS = 1000, /* one move of the search */
	CAMERA_HEIGHT_LOOKS = 2,      /* without a face, before it is searched for */
	CAMERA_HEIGHT_MOVES_MAX = 16, /* for one traveller */
	CAMERA_HEIGHT_ALL_MAX_MS = 12000,
	CAMERA_HEIGHT_AFTER_MS = 1200, /* to settle, and one more look */
};

/* Of one traveller; all zero at the begin. */
struct camera_height {
	uint8_t moves;
	uint8_t looks; /* in a row that showed no face, before the search */
	uint8_t halved; /* how often a move went too far, each making the next ones half as long */
	int8_t followed; /* +1 down, -1 up: where the last face was followed to; 0: none was */
	bool searching, upwards;
	bool gave_up; /* the drive does not answer, or everything was tried */
	uint32_t all_ms;
};

/* One answer of the matcher, and what the gate senses with it. */
struct camera_look {
	Postern__CameraDrive drive;
	bool seen;	       /* a face was in the frames */
	int32_t down_permille; /* with seen: its eyes, of the frame's height below its middle */
	bool usable;	       /* a frame counts */
	uint32_t left_ms;      /* of the face check */
};

struct camera_move {
	Postern__CameraDirection direction;
	uint32_t ms; /* 0: none */
};

struct camera_move camera_height_next(struct camera_height *h, const struct camera_look *look);
#endif
