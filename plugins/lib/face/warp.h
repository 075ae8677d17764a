/* SPDX-License-Identifier: Apache-2.0
 * Turned, scaled and shifted squares out of frames. Pure. Must never read outside of the frame:
 * beyond it all is black.
 */
#ifndef POSTERN_FACE_WARP_H
#define POSTERN_FACE_WARP_H
#include <stdbool.h>

#include "face.h"

/* From a pixel (u, v) of the square to the frame: x = a u - b v + x0, y = b u + a v + y0. Pixels'
 * middles are whole numbers. */
struct face_map {
	float a, b, x, y;
};

static inline void face_map_point(const struct face_map *m, float u, float v, float *x, float *y)
{
	*x = m->a * u - m->b * v + m->x;
	*y = m->b * u + m->a * v + m->y;
}

/* A frame of RGB24 or GREY8 whose sizes fit together; at most 8192 pixels a side. */
bool face_frame_usable(const struct face_frame *frame);
/* The square of side pixels around (x, y) that is wide pixels of the frame wide and turned by angle
 * (radians). */
struct face_map face_map_square(float x, float y, float wide, float angle, unsigned side);
/* The similarity that takes the points from to the points to with the least sum of squares. false:
 * the points from are one point. */
bool face_map_fit(
	const float (*from)[2], const float (*to)[2], unsigned count, struct face_map *out);
/* out: [side][side][3], 0 to 255; where the frame is shrunk, the mean of what lies below a pixel.
 */
void face_warp(
	const struct face_frame *frame, const struct face_map *map, unsigned side, float *out);
#endif
