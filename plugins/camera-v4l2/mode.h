/* SPDX-License-Identifier: Apache-2.0
 * Which of a camera's modes is asked for, and what its bytes are. Pure. Must never read beyond the bytes that a frame has.
 */
#ifndef POSTERN_CAMERA_V4L2_MODE_H
#define POSTERN_CAMERA_V4L2_MODE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* V4L2's four letters, least significant first. */
#define MODE_YUYV ((uint32_t)'Y' | (uint32_t)'U' << 8 | (uint32_t)'Y' << 16 | (uint32_t)'V' << 24)
#define MODE_MJPEG ((uint32_t)'M' | (uint32_t)'J' << 8 | (uint32_t)'P' << 16 | (uint32_t)'G' << 24)
#define MODE_GREY ((uint32_t)'G' | (uint32_t)'R' << 8 | (uint32_t)'E' << 16 | (uint32_t)'Y' << 24)

struct mode {
	uint32_t format, width, height;
	uint32_t rate; /* frames a second, as many as are wished for where it has them; 0: the driver does not say */
};

/* Fewer are too few for three frames of somebody who stands there, 100 ms apart. */
enum { MODE_RATE_LEAST = 10 };

struct mode_wish {
	uint32_t width, height; /* at most */
	uint32_t format;	/* 0: YUYV or MJPEG */
	uint32_t rate;		/* frames a second, at most; 0: as the driver has it */
	uint32_t exposure_us;	/* 0: the camera's own measure of the light */
};

bool mode_wanted(uint32_t format, const struct mode_wish *wish);
/* The largest that fits the wish; of two as large the one with more frames, up to the rate that is wished for, then YUYV, which no codec has touched;
 * one with fewer than MODE_RATE_LEAST, if more are wished for, where there is no other; where none fits, the smallest. NULL: none of these two formats. */
const struct mode *mode_choose(const struct mode *modes, size_t count, const struct mode_wish *wish);

/* YUYV (4:2:2, ITU-R BT.601, 16 to 235) as RGB24; rows are stride bytes apart. PN_EFORMAT: an odd width, or fewer bytes than rows take. */
int mode_yuyv_to_rgb(const uint8_t *from, size_t size, uint32_t width, uint32_t height, uint32_t stride, uint8_t *to) PN_MUST_CHECK;
/* The bytes up to the end of the JPEG, without what a driver leaves behind it; 0: it does not begin or end as one. */
size_t mode_jpeg_size(const uint8_t *bytes, size_t size);
#endif
