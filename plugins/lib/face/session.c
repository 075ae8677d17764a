/* SPDX-License-Identifier: Apache-2.0
 * See session.h.
 */
#include "session.h"

#include <math.h>
#include <string.h>

void face_session_begin(struct face_session *s, const struct face_session_settings *settings)
{
	face_session_end(s);
	s->settings = *settings;
	if (s->settings.frames_min < FACE_FUSE_MIN)
		s->settings.frames_min = FACE_FUSE_MIN;
	if (s->settings.frames_min > FACE_KEPT)
		s->settings.frames_min = FACE_KEPT;
	if (s->settings.attempts < 1)
		s->settings.attempts = 1;
	s->attempt = 1;
	s->open = true;
}

void face_session_end(struct face_session *s)
{
	explicit_bzero(s, sizeof *s);
}

bool face_session_seen(struct face_session *s, uint64_t digest)
{
	for (uint32_t i = 0; i < s->seen; i++)
		if (s->digest[i] == digest)
			return true;
	if (s->seen == FACE_SEEN_MAX)
		return true;
	s->digest[s->seen++] = digest;
	return false;
}

/* 1 at good, 0 at bad, and in between in proportion; NAN is 0. */
static float part(float value, float bad, float good)
{
	const float v = (value - bad) / (good - bad);
	return isfinite(v) ? fminf(1, fmaxf(0, v)) : 0;
}

float face_session_quality(const struct face_capture *c)
{
	const struct face_quality *q = &c->quality;
	if (c->faults != 0 || c->size == 0)
		return 0;
	/* From what the default limits still let pass to what portraits of documents have. */
	float worst = part(q->eye_distance, 30, 120);
	worst = fminf(worst, part(fabsf(q->yaw), 30, 0));
	worst = fminf(worst, part(fabsf(q->pitch), 30, 0));
	worst = fminf(worst, part(fabsf(q->roll), 30, 0));
	worst = fminf(worst, part(q->sharpness, 0, 100));
	worst = fminf(worst, part(fabsf(q->brightness - 0.5F), 0.5F, 0));
	return fminf(worst, part(q->clipped, 0.5F, 0));
}

static void keep(struct face_session *s, const struct face_capture *c)
{
	uint32_t at = 0;
	const float quality = face_session_quality(c);
	while (at < s->count && face_session_quality(&s->kept[at]) >= quality)
		at++;
	if (at == FACE_KEPT)
		return;
	if (s->count < FACE_KEPT)
		s->count++;
	memmove(&s->kept[at + 1], &s->kept[at], (s->count - 1 - at) * sizeof *s->kept);
	s->kept[at] = *c;
}

int face_session_offer(struct face_session *s, struct face_matcher *m, const struct face_capture *c)
{
	s->faults = c->faults;
	s->ever |= c->faults;
	s->several += (c->faults & FACE_SEVERAL) != 0;
	if (c->faults != 0 || c->size == 0)
		return PN_OK;
	if (s->first.size == 0) {
		s->first = *c;
	} else if (isfinite(s->settings.same_person)) {
		float alike;
		int r = face_matcher_score(m, &s->first, &c, 1, &alike);
		if (r != PN_OK)
			return r;
		s->swapped = s->swapped || !(alike >= s->settings.same_person);
	}
	keep(s, c);
	return PN_OK;
}

size_t face_session_probes(const struct face_session *s, const struct face_capture **probes)
{
	for (uint32_t i = 0; i < s->count; i++)
		probes[i] = &s->kept[i];
	return s->count;
}

enum face_next face_session_next(const struct face_session *s, uint32_t elapsed_ms, uint32_t limit_ms)
{
	if (s->swapped)
		return FACE_SWAPPED;
	if (s->several >= FACE_SEVERAL_MAX)
		return FACE_CROWD;
	if (s->count >= s->settings.frames_min)
		return FACE_COMPARE;
	return elapsed_ms >= limit_ms || s->seen == FACE_SEEN_MAX ? FACE_LATE : FACE_MORE;
}

bool face_session_again(struct face_session *s, uint32_t elapsed_ms, uint32_t limit_ms)
{
	if (s->attempt >= s->settings.attempts || elapsed_ms >= limit_ms || s->seen == FACE_SEEN_MAX)
		return false;
	s->attempt++;
	explicit_bzero(s->kept, sizeof s->kept);
	s->count = 0;
	return true;
}

enum face_advice face_session_advice(const struct face_session *s, uint32_t elapsed_ms)
{
	if ((s->faults & FACE_SEVERAL) != 0)
		return FACE_ADVICE_ALONE;
	if (s->count == 0 && elapsed_ms >= FACE_UNCOVER_MS)
		return FACE_ADVICE_UNCOVER;
	if ((s->faults & FACE_SMALL) != 0)
		return FACE_ADVICE_CLOSER;
	if ((s->faults & (FACE_NO_FACE | FACE_TURNED)) != 0)
		return FACE_ADVICE_LOOK_HERE;
	if ((s->faults & FACE_BLURRED) != 0)
		return FACE_ADVICE_STAND_STILL;
	/* A comparison that failed; for lamps that are out nothing can be done here. */
	return s->attempt > 1 ? FACE_ADVICE_UNCOVER : FACE_ADVICE_NONE;
}
