/* SPDX-License-Identifier: Apache-2.0
 * See presence.h.
 */
#include "presence.h"

#include <math.h>
#include <string.h>

static const float apart_max = 0.25F, ratio_max = 2.5F;

/* From the middle of the frame, in its longer sides: x, y and width. */
static bool relative(const struct face_place *p, float out[3])
{
	const float side = (float)(p->width > p->height ? p->width : p->height);
	if (!(side > 0))
		return false;
	out[0] = ((p->box[0] + p->box[2]) - (float)p->width) / 2 / side;
	out[1] = ((p->box[1] + p->box[3]) - (float)p->height) / 2 / side;
	out[2] = (p->box[2] - p->box[0]) / side;
	return isfinite(out[0]) && isfinite(out[1]) && isfinite(out[2]) && out[2] > 0;
}

bool face_presence_same(const struct face_place *eye, const struct face_place *infrared)
{
	float e[3], i[3];
	if (!relative(eye, e) || !relative(infrared, i))
		return false;
	return hypotf(e[0] - i[0], e[1] - i[1]) <= apart_max && e[2] <= i[2] * ratio_max && i[2] <= e[2] * ratio_max;
}

void face_presence_decide(const struct face_presence *p, struct face_pad *out)
{
	const uint64_t pairs = (uint64_t)p->with + p->without;
	*out = (struct face_pad){.struct_size = sizeof *out, .decision = FACE_PAD_UNDETERMINED, .level = FACE_PAD_HEURISTIC};
	memcpy(out->mechanism, FACE_PRESENCE_MECHANISM, sizeof FACE_PRESENCE_MECHANISM);
	if (pairs > 0)
		out->score = (float)p->with / (float)pairs;
	if (pairs < FACE_PRESENCE_PAIRS_MIN)
		return;
	if (3 * (uint64_t)p->with >= 2 * pairs)
		out->decision = FACE_PAD_BONA_FIDE;
	else if (3 * (uint64_t)p->with <= pairs)
		out->decision = FACE_PAD_ATTACK;
}
