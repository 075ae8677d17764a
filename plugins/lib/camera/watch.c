/* SPDX-License-Identifier: Apache-2.0
 * See watch.h.
 */
#include "watch.h"

#include <math.h>

enum { SIDE_BY_SIDE = 4, STEP = 4, DARK_BELOW = 16, BRIGHT_ABOVE = 250 };

/* A dark hall has lamps and a bright one has shadows; a covered or blinded sensor has neither. */
static const float nearly_all = 0.98F;

uint64_t camera_digest(const uint8_t *bytes, size_t size)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < size; i++)
		h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* One byte waits for the one before it: four digests, of each fourth byte of a row, go side by side, and are digested. */
static uint64_t digest_rows(const uint8_t *pixels, uint32_t height, size_t row, uint32_t stride)
{
	const uint64_t start = camera_digest(NULL, 0);
	uint64_t h[SIDE_BY_SIDE];
	for (size_t k = 0; k < SIDE_BY_SIDE; k++)
		h[k] = start;
	for (uint32_t y = 0; y < height; y++) {
		const uint8_t *at = pixels + (size_t)y * stride;
		size_t i = 0;
		for (; i + SIDE_BY_SIDE <= row; i += SIDE_BY_SIDE)
#pragma GCC unroll 4
			for (size_t k = 0; k < SIDE_BY_SIDE; k++)
				h[k] = (h[k] ^ at[i + k]) * UINT64_C(0x100000001b3);
		for (; i < row; i++)
			h[i % SIDE_BY_SIDE] = (h[i % SIDE_BY_SIDE] ^ at[i]) * UINT64_C(0x100000001b3);
	}
	return camera_digest((const uint8_t *)h, sizeof h);
}

void camera_look_at(
	const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t stride, uint32_t each, struct camera_look *out)
{
	uint32_t dark = 0, bright = 0, count = 0;
	*out = (struct camera_look){.digest = digest_rows(pixels, height, (size_t)width * each, stride), .dark = NAN, .bright = NAN};
	for (uint32_t y = 0; y < height; y += STEP)
		for (uint32_t x = 0; x < width; x += STEP) {
			/* Of colours the green one, which is most of what is seen. */
			const uint8_t v = pixels[(size_t)y * stride + (size_t)x * each + each / 2];
			dark += v < DARK_BELOW;
			bright += v > BRIGHT_ABOVE;
			count++;
		}
	if (count == 0)
		return;
	out->dark = (float)dark / (float)count;
	out->bright = (float)bright / (float)count;
}

enum camera_fault camera_look_judge(const struct camera_look *look)
{
	if (look->dark >= nearly_all)
		return CAMERA_BLACK;
	return look->bright >= nearly_all ? CAMERA_FLOODED : CAMERA_WELL;
}

void camera_watch_begin(struct camera_watch *w, uint64_t now_ms)
{
	*w = (struct camera_watch){.well_ms = now_ms, .last = CAMERA_SILENT};
}

enum camera_fault camera_watch_frame(struct camera_watch *w, const struct camera_look *look, uint64_t now_ms)
{
	const bool again = w->has_digest && w->digest == look->digest;
	w->digest = look->digest;
	w->has_digest = true;
	w->last = camera_look_judge(look);
	if (w->last == CAMERA_WELL && again)
		w->last = CAMERA_FROZEN;
	if (w->last == CAMERA_WELL) {
		w->well_ms = now_ms;
		w->last = CAMERA_SILENT;
		return CAMERA_WELL;
	}
	return w->last;
}

enum camera_fault camera_watch_now(const struct camera_watch *w, uint64_t now_ms)
{
	return now_ms > w->well_ms && now_ms - w->well_ms >= CAMERA_FAULT_MS ? w->last : CAMERA_WELL;
}

const char *camera_fault_key(enum camera_fault fault)
{
	switch (fault) {
	case CAMERA_WELL:
		break;
	case CAMERA_SILENT:
		return "camera.silent";
	case CAMERA_FROZEN:
		return "camera.frozen";
	case CAMERA_BLACK:
		return "camera.black";
	case CAMERA_FLOODED:
		return "camera.flooded";
	}
	return "";
}
