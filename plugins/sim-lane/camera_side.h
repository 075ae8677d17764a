/* SPDX-License-Identifier: Apache-2.0
 * The simulated lane's end of its camera: the drive of its height, and the line on which a simulated camera is told whom it sees, again
 * and again while it is moved. Must never wait for the camera.
 */
#ifndef POSTERN_SIM_CAMERA_SIDE_H
#define POSTERN_SIM_CAMERA_SIDE_H
#include "lift.h"
#include "seen.h"

struct camera_side {
	int line; /* borrowed; -1: nobody listens */
	struct lift lift;
	struct traveller who; /* as the line was last told */
	struct seen seen;     /* the same; how high the camera stands is the lift's */
	uint32_t sensed; /* of the drive, at the last turn */
	bool news;	 /* it says something else than before, or has been told to move; the caller's to take back */
};

/* False: the camera does not listen. */
bool camera_side_show(struct camera_side *c, const struct traveller *who, const struct seen *seen);
/* A MoveCamera. Its drive goes "up", "down" or, when it is refused, "not". */
const char *camera_side_hear(struct camera_side *c, const uint8_t *bytes, size_t size, bool may, uint64_t now_ms);
/* may: nothing else moves or rings. False: the camera does not listen. */
bool camera_side_turn(struct camera_side *c, bool may, uint64_t now_ms);
#endif
