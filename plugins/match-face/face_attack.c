/* SPDX-License-Identifier: Apache-2.0
 * See face_attack.h.
 */
#include "face_attack.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "face_frames.h"
#include "face_prompted.h"

enum { FACES_MAX = 4, MORE_MAX = 2 };

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

bool face_attack_by_infrared(const struct face_stage *s)
{
	return s->settings.infrared && s->matcher->engine[FACE_DETECTS_ATTACKS] == NULL;
}

bool face_attack_by_heuristic(const struct face_stage *s)
{
	return face_attack_by_infrared(s) || face_prompted(s);
}

void face_attack_seen(struct face_stage *s, const struct face_frame *frame)
{
	const struct face_capture *c = &s->probe;
	s->attack.pairable = c->faults == 0 && c->size > 0;
	s->attack.time_ns = frame->time_ns;
	s->attack.eye = (struct face_place){.width = frame->width, .height = frame->height};
	memcpy(s->attack.eye.box, c->face.box, sizeof s->attack.eye.box);
}

static bool of_one_moment(uint64_t a_ns, uint64_t b_ns)
{
	return (a_ns > b_ns ? a_ns - b_ns : b_ns - a_ns) <= FACE_PRESENCE_APART_MS * UINT64_C(1000000);
}

/* The detector knows no near infrared: it is given a grey picture. */
static int find(struct face_stage *s, const struct face_frame *infrared, bool *there)
{
	struct face_frame grey = *infrared;
	struct face_found faces[FACES_MAX];
	uint32_t count = 0;
	grey.format = FACE_GREY8;
	*there = false;
	int r = s->matcher->engine[FACE_DETECTS]->detect(s->matcher->self[FACE_DETECTS], &grey, faces, FACES_MAX, &count);
	for (uint32_t i = 0; r == PN_OK && i < count && i < FACES_MAX; i++) {
		struct face_place p = {.width = grey.width, .height = grey.height};
		memcpy(p.box, faces[i].box, sizeof p.box);
		*there = *there || face_presence_same(&s->attack.eye, &p);
	}
	explicit_bzero(faces, sizeof faces);
	return r;
}

void face_attack_look(struct face_stage *s, const Postern__FaceFrame *frame, const uint8_t *blob, size_t size)
{
	struct face_frame infrared;
	struct camera_look look;
	bool there;
	if (!face_attack_by_infrared(s) || face_frames_infrared(frame, blob, size, &infrared) != PN_OK)
		return;
	if (!s->attack.pairable || !of_one_moment(s->attack.time_ns, infrared.time_ns))
		return;
	s->attack.pairable = false; /* one frame is of one pair */
	camera_look_at(infrared.pixels, infrared.width, infrared.height, infrared.stride, 1, &look);
	const bool again = s->attack.digest == look.digest;
	s->attack.digest = look.digest;
	if (again || camera_look_judge(&look) != CAMERA_WELL)
		return;
	if (find(s, &infrared, &there) != PN_OK)
		s->looked.engine_failed = true;
	else if (there)
		s->attack.presence.with++;
	else
		s->attack.presence.without++;
}

bool face_attack_waits(struct face_stage *s, const Postern__MatchFace *q)
{
	struct face_pad pad;
	if (!face_attack_by_infrared(s) || q->elapsed_ms >= q->limit_ms || s->attack.more == MORE_MAX)
		return false;
	face_presence_decide(&s->attack.presence, &pad);
	s->attack.more += pad.decision == FACE_PAD_UNDETERMINED;
	return pad.decision == FACE_PAD_UNDETERMINED;
}

/* Raw frames only: attack detection sees what the cameras saw, not what a codec left. */
static bool ask_engine(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size, struct face_pad *pad)
{
	struct face_frame frames[FACE_STAGE_FRAMES_MAX];
	const struct face_frame *list[FACE_STAGE_FRAMES_MAX];
	const struct face_engine *e = s->matcher->engine[FACE_DETECTS_ATTACKS];
	const uint32_t count = face_frames_raw(q, blob, size, frames, FACE_STAGE_FRAMES_MAX);
	for (uint32_t i = 0; i < count; i++)
		list[i] = &frames[i];
	*pad = (struct face_pad){.struct_size = sizeof *pad};
	return count > 0 && e->pad(s->matcher->self[FACE_DETECTS_ATTACKS], list, count, pad) == PN_OK;
}

static void tell(struct face_stage *s, const struct face_pad *pad, Postern__FaceMatched *out)
{
	if (s->attacked || pad->decision == FACE_PAD_ATTACK)
		out->pad = RESULT(FAILED);
	else if (pad->decision == FACE_PAD_BONA_FIDE)
		out->pad = RESULT(SUCCESSFUL);
	out->pad_level = pad->level == FACE_PAD_CERTIFIED   ? POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED
			 : pad->level == FACE_PAD_HEURISTIC ? POSTERN__PAD_LEVEL__PAD_HEURISTIC
							    : POSTERN__PAD_LEVEL__PAD_NONE;
	out->pad_score_permille = isfinite(pad->score) ? (int32_t)lroundf(fmaxf(-1000, fminf(1000, pad->score)) * 1000) : 0;
	memcpy(s->pad_mechanism, pad->mechanism, sizeof s->pad_mechanism);
	s->pad_mechanism[sizeof s->pad_mechanism - 1] = '\0';
	memcpy(s->pad_certificate, pad->certificate, sizeof s->pad_certificate);
	s->pad_certificate[sizeof s->pad_certificate - 1] = '\0';
	out->pad_mechanism = s->pad_mechanism;
	out->pad_certificate = s->pad_certificate;
}

/* Both must be content: what either doubts is doubted, and the lower share is told. */
static void join(struct face_pad *pad, const struct face_pad *other)
{
	const size_t n = strlen(pad->mechanism);
	if (pad->decision != FACE_PAD_ATTACK && other->decision != FACE_PAD_BONA_FIDE)
		pad->decision = other->decision;
	pad->score = fminf(pad->score, other->score);
	snprintf(pad->mechanism + n, sizeof pad->mechanism - n, "+%s", other->mechanism);
}

/* False: nothing has been looked at yet. */
static bool heuristics(const struct face_stage *s, struct face_pad *pad)
{
	const bool asked = s->prompt.state != FACE_PROMPT_REST;
	struct face_pad prompted;
	face_prompt_decide(&s->prompt, &prompted);
	face_presence_decide(&s->attack.presence, pad);
	if (face_attack_by_infrared(s) && asked)
		join(pad, &prompted);
	else if (asked)
		*pad = prompted;
	return asked || face_attack_by_infrared(s);
}

/* An attack that an engine saw in any of a session's queries is one; a heuristic counts over all of them. */
void face_attack_tell(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size, Postern__FaceMatched *out)
{
	struct face_pad pad;
	if (face_attack_by_heuristic(s)) {
		if (!heuristics(s, &pad))
			return;
		out->pad = RESULT(UNDETERMINED);
		tell(s, &pad, out);
		return;
	}
	if (s->matcher->engine[FACE_DETECTS_ATTACKS] == NULL)
		return;
	out->pad = s->attacked ? RESULT(FAILED) : RESULT(UNDETERMINED);
	if (!ask_engine(s, q, blob, size, &pad))
		return;
	s->attacked = s->attacked || pad.decision == FACE_PAD_ATTACK;
	tell(s, &pad, out);
}

/* Of two that doubt, what was not seen at all before what was not done. */
static const char *doubt(const struct face_stage *s)
{
	struct face_pad pad;
	face_presence_decide(&s->attack.presence, &pad);
	return face_attack_by_infrared(s) && pad.decision != FACE_PAD_BONA_FIDE ? "face.no_infrared" : "face.not_turned";
}

const char *face_attack_objection(const struct face_stage *s, const Postern__FaceMatched *out)
{
	if (out->pad == RESULT(FAILED))
		return face_attack_by_heuristic(s) ? "face.suspicious" : "face.attack";
	return face_attack_by_heuristic(s) && out->pad != RESULT(SUCCESSFUL) ? doubt(s) : NULL;
}
