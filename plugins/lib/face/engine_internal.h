/* SPDX-License-Identifier: Apache-2.0
 * The parts of the reference engine. Must never be included outside plugins/lib/face.
 */
#ifndef POSTERN_FACE_ENGINE_INTERNAL_H
#define POSTERN_FACE_ENGINE_INTERNAL_H
#include "face.h"
#include "net.h"
#include "warp.h"

enum {
	FACE_FACES_MAX = 16,
	FACE_CHIP = 150,      /* pixels a side of the aligned face */
	FACE_EMBEDDING = 128, /* floats of a template */
};

struct face_reference {
	struct face_net *detector, *landmarks, *embedding;
	float chip[FACE_CHIP * FACE_CHIP * 3]; /* wiped after each call */
};

/* What the detector says: box and the eyes' middles, right and left. */
struct face_box {
	float box[4], eyes[2][2], score;
};

/* Both nets' shapes are checked when they are opened. */
bool face_detector_fits(const struct face_net *net);
bool face_landmarks_fit(const struct face_net *net);
bool face_embedding_fits(const struct face_net *net);
/* At most room boxes, the surest first. */
unsigned face_detect_boxes(struct face_net *net, const struct face_frame *frame,
	struct face_box *boxes, unsigned room);
/* false: there is no face in that box after all. */
bool face_find_points(struct face_net *net, const struct face_frame *frame,
	const struct face_box *box, struct face_found *out);
/* The aligned face: [FACE_CHIP][FACE_CHIP][3]. */
bool face_align(const struct face_frame *frame, const struct face_found *face, float *chip);
/* chip: its colours are gone afterwards. */
void face_measure(float *chip, const struct face_found *face, struct face_quality *out);
void face_embed(struct face_net *net, const float *chip, float out[FACE_EMBEDDING]);
#endif
