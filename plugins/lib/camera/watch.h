/* SPDX-License-Identifier: Apache-2.0
 * Does a camera still see? One that is frozen, black, flooded with light or silent is found out within a second,
 * from its frames and the time alone. Pure. Must never let a frame pass that shows one of these.
 */
#ifndef POSTERN_CAMERA_WATCH_H
#define POSTERN_CAMERA_WATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	/* So long without a frame that shows something. A plugin looks at a frame every 200 ms at least, the first one of a frozen picture is
	 * a good one, and the time is looked at every 100 ms, so a fault is told within 1000 ms of its begin. */
	CAMERA_FAULT_MS = 600,
	CAMERA_LOOK_MS = 100,
};

/* FROZEN: the same bytes again; a sensor's noise never gives two equal frames. BLACK and FLOODED are told first: one that is saturated has no noise. */
enum camera_fault { CAMERA_WELL, CAMERA_SILENT, CAMERA_FROZEN, CAMERA_BLACK, CAMERA_FLOODED };

/* What there is to see of one frame. Shares are of the samples looked at, 0 to 1; NAN: not looked at. */
struct camera_look {
	uint64_t digest; /* of all its bytes; four FNV-1a, digested by one */
	float dark, bright;
};

/* Rows of width pixels, each of `each` bytes (1: grey, 3: RGB), stride bytes apart. */
void camera_look_at(
	const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t stride, uint32_t each, struct camera_look *out);
/* Of a frame whose pixels are compressed: its bytes alone. */
uint64_t camera_digest(const uint8_t *bytes, size_t size);
/* WELL, BLACK or FLOODED. */
enum camera_fault camera_look_judge(const struct camera_look *look);

struct camera_watch {
	uint64_t well_ms; /* the last good frame, or the begin */
	uint64_t digest;
	bool has_digest;
	enum camera_fault last; /* of the last frame; SILENT: none since the last good one */
};

void camera_watch_begin(struct camera_watch *w, uint64_t now_ms);
/* WELL: the frame shows something. Anything else: it is no frame of a person's. */
enum camera_fault camera_watch_frame(struct camera_watch *w, const struct camera_look *look, uint64_t now_ms);
/* WELL until no good frame has come for CAMERA_FAULT_MS; then why. */
enum camera_fault camera_watch_now(const struct camera_watch *w, uint64_t now_ms);
/* Catalogue key: "camera.silent", ...; "" for WELL. */
const char *camera_fault_key(enum camera_fault fault);
#endif
