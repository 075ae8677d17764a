/* SPDX-License-Identifier: Apache-2.0
 * Face Mesh's points (Kartynnik et al. 2019): the square of the detector's box, upright and half as
 * wide again as google/mediapipe cuts it, five of its 468 points, and the head's angles. Must never
 * give a point that is no number.
 */
#include <math.h>

#include "engine_internal.h"

enum { SIDE = 192, POINTS = 468 };

static const float around = 1.5F, least_presence = 0.5F, degrees = 57.29578F;

/* Left eye's outer and inner corner, right eye's outer and inner corner, base of the nose: the
 * order of dlib's five points. */
static const unsigned five[5] = {263, 362, 33, 133, 2};
enum { RIGHT_CORNER = 33, LEFT_CORNER = 263, FOREHEAD = 10, CHIN = 152 };

/* What the mesh says of a head that is held straight; measured on frontal portraits (docs/face.md).
 */
static const float pitch_offset = 9;

bool face_landmarks_fit(const struct face_net *n)
{
	const struct face_shape in = face_net_input(n);
	if (face_net_outputs(n) != 2 || in.height != SIDE || in.width != SIDE || in.channels != 3)
		return false;
	const struct face_shape mesh = face_net_output(n, 0), flag = face_net_output(n, 1);
	return (size_t)mesh.height * mesh.width * mesh.channels == (size_t)3 * POINTS &&
	       (size_t)flag.height * flag.width * flag.channels == 1;
}

static void angles(const float *mesh, float turned, float out[3])
{
	const float *l = mesh + (size_t)3 * LEFT_CORNER, *r = mesh + (size_t)3 * RIGHT_CORNER;
	const float *top = mesh + (size_t)3 * FOREHEAD, *chin = mesh + (size_t)3 * CHIN;
	out[0] = atan2f(l[2] - r[2], l[0] - r[0]) * degrees;
	out[1] = atan2f(chin[2] - top[2], chin[1] - top[1]) * degrees - pitch_offset;
	out[2] = (turned + atan2f(l[1] - r[1], l[0] - r[0])) * degrees;
}

bool face_find_points(struct face_net *n, const struct face_frame *frame,
	const struct face_box *box, struct face_found *out)
{
	const float w = box->box[2] - box->box[0], h = box->box[3] - box->box[1];
	const float turned =
		atan2f(box->eyes[1][1] - box->eyes[0][1], box->eyes[1][0] - box->eyes[0][0]);
	const struct face_map map = face_map_square((box->box[0] + box->box[2]) / 2,
		(box->box[1] + box->box[3]) / 2, around * fmaxf(w, h), turned, SIDE);
	float *in = face_net_place(n);
	bool good;
	face_warp(frame, &map, SIDE, in);
	for (unsigned i = 0; i < SIDE * SIDE * 3; i++)
		in[i] /= 255;
	face_net_run(n);
	const float *mesh = face_net_value(n, 0),
		    presence = 1 / (1 + expf(-face_net_value(n, 1)[0]));
	good = presence >= least_presence;
	for (unsigned i = 0; i < 5; i++) {
		const float *p = mesh + (size_t)3 * five[i];
		face_map_point(
			&map, p[0] - 0.5F, p[1] - 0.5F, &out->points[i][0], &out->points[i][1]);
		good = good && isfinite(out->points[i][0]) && isfinite(out->points[i][1]);
	}
	for (unsigned i = 0; i < 4; i++)
		out->box[i] = box->box[i];
	out->score = fminf(box->score, presence);
	angles(mesh, turned, out->angles);
	face_net_wipe(n);
	return good;
}
