/* SPDX-License-Identifier: Apache-2.0
 * See matcher.h.
 */
#include "matcher.h"

#include <math.h>
#include <string.h>

#define FACES 8

enum { DETECTOR, QUALITY, MATCHER, PAD };

const struct face_limits face_limits_default = {.eye_distance_min = 60,
	.yaw_max = 20,
	.pitch_max = 20,
	.roll_max = 15,
	.sharpness_min = 10,
	.brightness_min = 0.2F,
	.brightness_max = 0.85F,
	.clipped_max = 0.25F};

/* Whose functions can be called for each slot that it says it has. */
static bool usable(const struct face_engine *e)
{
	if (e->abi != FACE_ABI || e->struct_size < FACE_ENGINE_LEAST || e->open == NULL || e->close == NULL)
		return false;
	if ((e->slots & FACE_MATCHER) != 0 && (e->extract == NULL || e->compare == NULL || e->template_max > FACE_TEMPLATE_MAX))
		return false;
	return ((e->slots & FACE_DETECTOR) == 0 || e->detect != NULL) && ((e->slots & FACE_QUALITY) == 0 || e->quality != NULL) &&
	       ((e->slots & FACE_PAD) == 0 || e->pad != NULL);
}

static int open_one(
	const struct face_engine *e, const struct face_opening *opening, struct face_matcher *m)
{
	void *self = NULL;
	uint32_t wanted = 0;
	if (!usable(e))
		return PN_EUNSUPPORTED;
	for (unsigned s = 0; s < FACE_SLOTS; s++)
		if (m->engine[s] == NULL && (e->slots & (1U << s)) != 0)
			wanted |= 1U << s;
	if (wanted == 0)
		return PN_OK;
	int r = e->open(opening, &self);
	for (unsigned s = 0; s < FACE_SLOTS && r == PN_OK; s++)
		if ((wanted & (1U << s)) != 0) {
			m->engine[s] = e;
			m->self[s] = self;
		}
	return r;
}

int face_matcher_open(const struct face_engine *const *engines, size_t count,
	const struct face_opening *opening, struct face_matcher *m)
{
	int r = PN_OK;
	*m = (struct face_matcher){0};
	for (size_t i = 0; i < count && r == PN_OK; i++)
		r = open_one(engines[i], opening, m);
	if (r == PN_OK && (m->engine[DETECTOR] == NULL || m->engine[MATCHER] == NULL))
		r = PN_EUNSUPPORTED;
	if (r != PN_OK)
		face_matcher_close(m);
	return r;
}

void face_matcher_close(struct face_matcher *m)
{
	for (unsigned s = 0; s < FACE_SLOTS; s++) {
		bool again = false;
		for (unsigned k = 0; k < s; k++)
			again = again || (m->engine[k] == m->engine[s] && m->self[k] == m->self[s]);
		if (m->engine[s] != NULL && !again)
			m->engine[s]->close(m->self[s]);
	}
	*m = (struct face_matcher){0};
}

static uint32_t beyond(float value, float least, float most, uint32_t fault)
{
	if (!isfinite(value))
		return FACE_NOT_ASSESSED;
	return value < least || value > most ? fault : 0;
}

uint32_t face_limits_check(const struct face_limits *l, const struct face_quality *q)
{
	uint32_t f = q->faces == 0 ? FACE_NO_FACE : q->faces > 1 ? FACE_SEVERAL : 0;
	if (l->eye_distance_min > 0)
		f |= beyond(q->eye_distance, l->eye_distance_min, INFINITY, FACE_SMALL);
	if (l->yaw_max > 0)
		f |= beyond(q->yaw, -l->yaw_max, l->yaw_max, FACE_TURNED);
	if (l->pitch_max > 0)
		f |= beyond(q->pitch, -l->pitch_max, l->pitch_max, FACE_TURNED);
	if (l->roll_max > 0)
		f |= beyond(q->roll, -l->roll_max, l->roll_max, FACE_TURNED);
	if (l->sharpness_min > 0)
		f |= beyond(q->sharpness, l->sharpness_min, INFINITY, FACE_BLURRED);
	if (l->brightness_min > 0)
		f |= beyond(q->brightness, l->brightness_min, INFINITY, FACE_DARK);
	if (l->brightness_max > 0)
		f |= beyond(q->brightness, 0, l->brightness_max, FACE_BRIGHT);
	if (l->clipped_max > 0)
		f |= beyond(q->clipped, 0, l->clipped_max, FACE_CLIPPED);
	return f;
}

int face_matcher_capture(struct face_matcher *m, const struct face_frame *frame,
	const struct face_limits *limits, struct face_capture *out)
{
	const struct face_quality unknown = {.struct_size = sizeof unknown,
		.eye_distance = NAN,
		.yaw = NAN,
		.pitch = NAN,
		.roll = NAN,
		.sharpness = NAN,
		.brightness = NAN,
		.clipped = NAN,
		.eyes_open = NAN,
		.mouth_closed = NAN};
	struct face_found faces[FACES];
	uint32_t count = 0;
	memset(out, 0, sizeof *out);
	out->quality = unknown;
	int r = m->engine[DETECTOR]->detect(m->self[DETECTOR], frame, faces, FACES, &count);
	if (r != PN_OK)
		return r;
	if (count == 0 || count > FACES) {
		out->faults = FACE_NO_FACE;
		return count == 0 ? PN_OK : PN_EFORMAT;
	}
	out->face = faces[0];
	explicit_bzero(faces, sizeof faces);
	if (m->engine[QUALITY] != NULL)
		r = m->engine[QUALITY]->quality(m->self[QUALITY], frame, &out->face, &out->quality);
	out->quality.faces = count;
	if (r == PN_OK && limits != NULL)
		out->faults = face_limits_check(limits, &out->quality);
	out->size = FACE_TEMPLATE_MAX;
	if (r == PN_OK)
		r = m->engine[MATCHER]->extract(
			m->self[MATCHER], frame, &out->face, out->templ, &out->size);
	if (r == PN_ENOTFOUND) {
		/* an engine of its own for this slot sees no face where the detector did */
		memset(out, 0, sizeof *out);
		out->quality = unknown;
		out->faults = FACE_NO_FACE;
		return PN_OK;
	}
	if (r == PN_OK && (out->size == 0 || out->size > m->engine[MATCHER]->template_max))
		r = PN_EFORMAT;
	if (r != PN_OK)
		explicit_bzero(out, sizeof *out);
	return r;
}

/* Without a slot of its own for it: the middle one of the scores, of two the lower. */
static int middle_score(struct face_matcher *m, const struct face_capture *reference,
	const struct face_capture *const *probes, size_t count, float *score)
{
	float s[FACE_PROBES_MAX] = {0};
	for (size_t i = 0; i < count; i++) {
		float v;
		int r = m->engine[MATCHER]->compare(m->self[MATCHER], reference->templ,
			reference->size, probes[i]->templ, probes[i]->size, &v);
		if (r != PN_OK)
			return r;
		size_t at = i;
		for (; at > 0 && s[at - 1] > v; at--)
			s[at] = s[at - 1];
		s[at] = v;
	}
	*score = s[(count - 1) / 2];
	return PN_OK;
}

int face_matcher_score(struct face_matcher *m, const struct face_capture *reference,
	const struct face_capture *const *probes, size_t count, float *score)
{
	const uint8_t *templates[FACE_PROBES_MAX];
	uint8_t fused[FACE_TEMPLATE_MAX];
	if (count == 0 || count > FACE_PROBES_MAX || reference->size == 0)
		return PN_EINVAL;
	bool same = m->engine[MATCHER]->fuse != NULL;
	for (size_t i = 0; i < count; i++) {
		if (probes[i]->size == 0)
			return PN_EINVAL;
		templates[i] = probes[i]->templ;
		same = same && probes[i]->size == probes[0]->size;
	}
	int r = PN_OK;
	if (same) {
		r = m->engine[MATCHER]->fuse(
			m->self[MATCHER], templates, (uint32_t)count, probes[0]->size, fused);
		if (r == PN_OK)
			r = m->engine[MATCHER]->compare(m->self[MATCHER], reference->templ,
				reference->size, fused, probes[0]->size, score);
		explicit_bzero(fused, sizeof fused);
	} else {
		r = middle_score(m, reference, probes, count, score);
	}
	return r == PN_OK && !isfinite(*score) ? PN_EFORMAT : r;
}

const char *face_fault_name(enum face_fault fault)
{
	switch (fault) {
	case FACE_NO_FACE:
		return "no_face";
	case FACE_SEVERAL:
		return "several_faces";
	case FACE_SMALL:
		return "small";
	case FACE_TURNED:
		return "turned";
	case FACE_BLURRED:
		return "blurred";
	case FACE_DARK:
		return "dark";
	case FACE_BRIGHT:
		return "bright";
	case FACE_CLIPPED:
		return "clipped";
	case FACE_NOT_ASSESSED:
		return "not_assessed";
	}
	return NULL;
}
