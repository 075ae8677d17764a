/* SPDX-License-Identifier: Apache-2.0
 * See vendor.h.
 */
#include "vendor.h"

#include <string.h>

enum { CELLS = 8, CERTIFICATE = 64 };

struct vendor vendor;

static int open_engine(const struct face_opening *opening, void **self)
{
	if (opening->struct_size < sizeof *opening || opening->folder == NULL || opening->file_count == 0)
		return -1;
	*self = &vendor;
	vendor.opened++;
	return 0;
}

static void close_engine(void *self)
{
	((struct vendor *)self)->closed++;
}

/* One face, wherever somebody is expected to be. */
static int detect(void *self, const struct face_frame *frame, struct face_found *faces, uint32_t room, uint32_t *count)
{
	const float w = (float)frame->width, h = (float)frame->height;
	const struct face_found middle = {.box = {w * 0.3F, h * 0.3F, w * 0.7F, h * 0.7F},
		.points = {{w * 0.60F, h * 0.45F}, {w * 0.53F, h * 0.45F}, {w * 0.40F, h * 0.45F}, {w * 0.47F, h * 0.45F}, {w * 0.5F, h * 0.6F}},
		.score = 1};
	((struct vendor *)self)->calls++;
	*count = room > 0;
	if (room > 0)
		faces[0] = middle;
	return vendor.fails;
}

static int quality(void *self, const struct face_frame *frame, const struct face_found *face, struct face_quality *out)
{
	(void)frame;
	(void)face;
	((struct vendor *)self)->calls++;
	out->eye_distance = 90;
	out->yaw = out->pitch = out->roll = 0;
	out->sharpness = 100;
	out->brightness = 0.5F;
	out->clipped = 0;
	return vendor.fails;
}

/* The mean of each of some columns of the frame. */
static int extract(void *self, const struct face_frame *frame, const struct face_found *face, uint8_t *templ, uint32_t *size)
{
	(void)face;
	((struct vendor *)self)->calls++;
	if (*size < CELLS)
		return -1;
	for (uint32_t c = 0; c < CELLS; c++) {
		uint64_t sum = 0, count = 0;
		for (uint32_t y = 0; y < frame->height; y += 4)
			for (uint32_t x = frame->width * c / CELLS; x < frame->width * (c + 1) / CELLS; x += 4, count++)
				sum += frame->pixels[(size_t)y * frame->stride + (size_t)x * (frame->format == FACE_RGB24 ? 3 : 1)];
		templ[c] = (uint8_t)(sum / (count > 0 ? count : 1));
	}
	*size = CELLS;
	return vendor.fails;
}

static int compare(void *self, const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size, float *score)
{
	int apart = 0;
	((struct vendor *)self)->calls++;
	if (a_size != CELLS || b_size != CELLS)
		return -1;
	for (uint32_t i = 0; i < CELLS; i++)
		apart += a[i] > b[i] ? a[i] - b[i] : b[i] - a[i];
	*score = 1 - (float)apart / 64;
	return vendor.fails;
}

static int pad(void *self, const struct face_frame *const *frames, uint32_t count, struct face_pad *out)
{
	((struct vendor *)self)->calls++;
	if (count == 0 || frames[0]->pixels == NULL || out->struct_size < sizeof *out)
		return -1;
	out->decision = vendor.decision;
	out->level = vendor.level;
	out->score = 0.75F;
	memset(out->mechanism, 'm', sizeof out->mechanism); /* without an end: the host's to bound */
	memset(out->certificate, 'c', CERTIFICATE);
	return vendor.fails;
}

const struct face_engine *vendor_engine(void)
{
	static struct face_engine e;
	const uint32_t s = vendor.slot;
	e = (struct face_engine){.struct_size = sizeof e, .abi = FACE_ABI, .vendor = "vendor", .name = "one", .version = "7", .template_format = "columns",
		.slots = s, .template_max = s == FACE_MATCHER ? CELLS : 0, .open = open_engine, .close = close_engine,
		.detect = s == FACE_DETECTOR ? detect : NULL, .quality = s == FACE_QUALITY ? quality : NULL,
		.extract = s == FACE_MATCHER ? extract : NULL, .compare = s == FACE_MATCHER ? compare : NULL, .pad = s == FACE_PAD ? pad : NULL};
	return &e;
}
