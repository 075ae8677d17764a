/* SPDX-License-Identifier: Apache-2.0
 * How high the camera of a simulated lane stands, and the drive that lifts and lowers it where there is one. Pure: time comes in. Must
 * never move without being told to, nor beyond the ends of its way.
 *
 * Heights in thousandths of what the camera's frame shows from top to bottom, above where it stands at first.
 */
#ifndef POSTERN_SIM_LIFT_H
#define POSTERN_SIM_LIFT_H
#include <stdbool.h>
#include <stdint.h>

enum {
	LIFT_TOP = 800,
	LIFT_BOTTOM = -800,
	LIFT_A_SECOND = 500,
	LIFT_MOVE_MAX_MS = 2000,
	LIFT_SETTLES_MS = 150,
};

struct lift {
	bool there;
	int32_t at;
	int8_t runs; /* +1 up, -1 down */
	int32_t from;
	uint64_t since_ms, to_ms, still_ms;
	uint32_t id; /* of the last move */
};

/* direction: a value of postern.CameraDirection. may: nothing else moves or rings. Replaces nothing: what moves only stops. */
void lift_move(struct lift *l, uint32_t direction, uint32_t ms, uint32_t id, bool may, uint64_t now_ms);
void lift_advance(struct lift *l, bool may, uint64_t now_ms);
/* A value of postern.CameraDrive. */
uint32_t lift_sense(const struct lift *l, uint64_t now_ms);
#endif
