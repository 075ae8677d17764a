/* SPDX-License-Identifier: Apache-2.0
 * See face_prompted.h.
 */
#include "face_prompted.h"

bool face_prompted(const struct face_stage *s)
{
	return s->settings.head_turns > 0 && s->matcher->engine[FACE_DETECTS_ATTACKS] == NULL;
}

/* One bit of what was drawn for this query. */
static bool lot(struct face_stage *s)
{
	const bool bit = (s->lots & 1) != 0;
	s->lots >>= 1;
	return bit;
}

static bool alike(struct face_stage *s, const struct face_capture *known)
{
	const struct face_capture *probe = &s->probe;
	float score;
	if (known->size == 0 || probe->size == 0)
		return false;
	if (face_matcher_score(s->matcher, known, &probe, 1, &score) != PN_OK) {
		s->looked.engine_failed = true;
		return false;
	}
	return face_stage_alike(s, score);
}

/* The one who stood there ahead, or who was that one a frame ago: the further a head is turned, the less it is like itself ahead. One
 * who cannot be told to be the same has not turned. */
static bool same_person(struct face_stage *s)
{
	const bool same = alike(s, &s->session.first) || alike(s, &s->turning);
	if (same)
		s->turning = s->probe;
	return same;
}

bool face_prompted_look(struct face_stage *s)
{
	if (s->prompt.state != FACE_PROMPT_ASKS || (s->probe.faults & ~(uint32_t)FACE_TURNED) != 0)
		return false;
	face_prompt_see(&s->prompt, s->probe.quality.yaw, same_person(s));
	return !face_prompt_is_ahead(&s->prompt, s->probe.quality.yaw);
}

void face_prompted_go_on(struct face_stage *s, const Postern__MatchFace *q)
{
	if (s->prompt.state == FACE_PROMPT_ASKS)
		face_prompt_next(&s->prompt, q->elapsed_ms, lot(s));
}

static float ahead(const struct face_session *s)
{
	float sum = 0;
	for (uint32_t i = 0; i < s->count; i++)
		sum += s->kept[i].quality.yaw;
	return sum / (float)s->count;
}

bool face_prompted_waits(struct face_stage *s, const Postern__MatchFace *q, Postern__FaceAdvice *advice)
{
	static const Postern__FaceAdvice asks[] = {[FACE_AHEAD] = POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED,
		[FACE_LEFT] = POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT,
		[FACE_RIGHT] = POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT};
	if (!face_prompted(s) || q->elapsed_ms >= q->limit_ms || s->session.seen == FACE_SEEN_MAX || s->session.count == 0)
		return false;
	if (s->prompt.state == FACE_PROMPT_REST)
		face_prompt_begin(&s->prompt, s->settings.head_turns, ahead(&s->session), q->elapsed_ms, lot(s));
	*advice = asks[s->prompt.side];
	return s->prompt.state == FACE_PROMPT_ASKS;
}
