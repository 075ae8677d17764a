/* SPDX-License-Identifier: Apache-2.0
 * BlazeFace's boxes (Bazarevsky et al. 2019; anchors and decoding as google/mediapipe,
 * face_detection back model). Must never give a box with a number that is none.
 */
#include <math.h>
#include <string.h>

#include "engine_internal.h"

enum { SIDE = 256, VALUES = 16, CANDIDATES_MAX = 64 };

static const float least_score = 0.5F, overlap_max = 0.3F;

/* Two maps of anchors: cells of 16 pixels with two each, cells of 32 with six. */
static const struct {
	unsigned cells, each, scores, boxes; /* scores, boxes: which outputs */
} maps[] = {{16, 2, 0, 2}, {8, 6, 1, 3}};

static bool is(struct face_shape s, unsigned height, unsigned width, unsigned channels)
{
	return s.height == height && s.width == width && s.channels == channels;
}

bool face_detector_fits(const struct face_net *n)
{
	if (face_net_outputs(n) != 4 || !is(face_net_input(n), SIDE, SIDE, 3))
		return false;
	for (unsigned i = 0; i < 2; i++)
		if (!is(face_net_output(n, maps[i].scores), maps[i].cells, maps[i].cells,
			    maps[i].each) ||
			!is(face_net_output(n, maps[i].boxes), maps[i].cells, maps[i].cells,
				maps[i].each * VALUES))
			return false;
	return true;
}

static float sigmoid(float v)
{
	return 1 / (1 + expf(-v));
}

static float overlap(const float a[4], const float b[4])
{
	const float w = fminf(a[2], b[2]) - fmaxf(a[0], b[0]),
		    h = fminf(a[3], b[3]) - fmaxf(a[1], b[1]);
	if (!(w > 0 && h > 0))
		return 0;
	return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
}

/* Sorted by score; the least sure falls out when there is no room. */
static unsigned insert(
	struct face_box *list, unsigned count, unsigned room, const struct face_box *b)
{
	unsigned at = count;
	while (at > 0 && list[at - 1].score < b->score)
		at--;
	if (at == room)
		return count;
	count += count < room;
	memmove(list + at + 1, list + at, (count - at - 1) * sizeof *list);
	list[at] = *b;
	return count;
}

/* Offsets are pixels of the network's input, from the anchor's middle. */
static bool decode(
	const float *v, float x, float y, const struct face_map *map, struct face_box *out)
{
	const float w = v[2] / 2, h = v[3] / 2, scale = map->a;
	float cx, cy;
	face_map_point(map, x + v[0] - 0.5F, y + v[1] - 0.5F, &cx, &cy);
	out->box[0] = cx - w * scale;
	out->box[1] = cy - h * scale;
	out->box[2] = cx + w * scale;
	out->box[3] = cy + h * scale;
	for (unsigned i = 0; i < 2; i++)
		face_map_point(map, x + v[4 + 2 * i] - 0.5F, y + v[5 + 2 * i] - 0.5F,
			&out->eyes[i][0], &out->eyes[i][1]);
	for (unsigned i = 0; i < 4; i++)
		if (!isfinite(out->box[i]) || !isfinite(out->eyes[i / 2][i % 2]))
			return false;
	return w > 1 && h > 1;
}

unsigned face_detect_boxes(
	struct face_net *n, const struct face_frame *frame, struct face_box *boxes, unsigned room)
{
	const float wide = (float)(frame->width > frame->height ? frame->width : frame->height);
	const struct face_map map = face_map_square(
		((float)frame->width - 1) / 2, ((float)frame->height - 1) / 2, wide, 0, SIDE);
	struct face_box found[CANDIDATES_MAX], b;
	unsigned count = 0, kept = 0;
	float *in = face_net_place(n);
	face_warp(frame, &map, SIDE, in);
	for (unsigned i = 0; i < SIDE * SIDE * 3; i++)
		in[i] = in[i] / 127.5F - 1;
	face_net_run(n);
	for (unsigned m = 0; m < 2; m++) {
		const float cell = (float)SIDE / (float)maps[m].cells;
		const float *scores = face_net_value(n, maps[m].scores),
			    *values = face_net_value(n, maps[m].boxes);
		for (unsigned i = 0; i < maps[m].cells * maps[m].cells * maps[m].each; i++) {
			const unsigned at = i / maps[m].each, column = at % maps[m].cells,
				       row = at / maps[m].cells;
			b.score = sigmoid(scores[i]);
			if (b.score >= least_score &&
				decode(values + (size_t)i * VALUES, ((float)column + 0.5F) * cell,
					((float)row + 0.5F) * cell, &map, &b))
				count = insert(found, count, CANDIDATES_MAX, &b);
		}
	}
	face_net_wipe(n);
	for (unsigned i = 0; i < count && kept < room; i++) {
		bool again = false;
		for (unsigned k = 0; k < kept; k++)
			again = again || overlap(boxes[k].box, found[i].box) > overlap_max;
		if (!again)
			boxes[kept++] = found[i];
	}
	return kept;
}
