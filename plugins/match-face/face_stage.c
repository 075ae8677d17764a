/* SPDX-License-Identifier: Apache-2.0
 * See face_stage.h.
 */
#include "face_stage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face_attack.h"
#include "face_frames.h"
#include "face_prompted.h"

enum { LIVE_QUALITY = 80 };

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

bool face_stage_alike(const struct face_stage *s, float score)
{
	return s->settings.threshold != NULL && (double)score >= s->settings.threshold->score;
}

static char *text(const char *s)
{
	return (char *)(uintptr_t)s;
}

const char *face_stage_missing(const struct face_stage *s)
{
	if (!s->settings.unattended)
		return NULL;
	if (s->settings.threshold == NULL)
		return "face.no_threshold";
	return s->matcher->engine[FACE_DETECTS_ATTACKS] == NULL ? "face.no_pad" : NULL;
}

void face_stage_shown(struct face_stage *s)
{
	if (s->live.jpeg != NULL)
		explicit_bzero(s->live.jpeg, s->live.size);
	free(s->live.jpeg);
	s->live.jpeg = NULL;
	s->live.size = 0;
}

static void end_session(struct face_stage *s)
{
	face_session_end(&s->session);
	face_picture_free(&s->live.picture);
	s->live.worth = 0;
	s->attacked = false;
	explicit_bzero(&s->attack, sizeof s->attack);
	explicit_bzero(&s->prompt, sizeof s->prompt);
	explicit_bzero(&s->turning, sizeof s->turning);
	explicit_bzero(&s->probe, sizeof s->probe);
}

void face_stage_forget(struct face_stage *s)
{
	end_session(s);
	face_stage_shown(s);
	explicit_bzero(s->crossing, sizeof s->crossing);
	explicit_bzero(&s->reference, sizeof s->reference);
}

void face_stage_take(struct face_stage *s, const char *crossing, const uint8_t *blob, size_t size,
	Postern__ReferenceTaken *out)
{
	static const struct face_limits one_face = {0};
	struct face_picture p;
	postern__reference_taken__init(out);
	face_stage_forget(s);
	out->result = RESULT(ABORTED);
	out->cause = text("face.picture");
	if (crossing[0] == '\0' || strlen(crossing) >= sizeof s->crossing || blob == NULL ||
		face_picture_decode(blob, size, &p) != PN_OK)
		return;
	const struct face_frame frame = {.struct_size = sizeof frame,
		.width = p.width,
		.height = p.height,
		.stride = p.width * 3,
		.format = FACE_RGB24,
		.pixels = p.pixels};
	int r = face_matcher_capture(s->matcher, &frame, &one_face, &s->reference);
	face_picture_free(&p);
	if (r != PN_OK) {
		out->cause = text("face.engine");
	} else if (s->reference.faults != 0) {
		out->result = RESULT(UNDETERMINED);
		out->cause = text((s->reference.faults & FACE_NO_FACE) != 0 ? "face.no_face"
									    : "face.several_faces");
	} else {
		memcpy(s->crossing, crossing, strlen(crossing) + 1);
		out->result = RESULT(SUCCESSFUL);
		out->cause = text("");
		return;
	}
	face_stage_forget(s);
}

void face_stage_recall(struct face_stage *s, const char *crossing, const struct face_capture *face, Postern__ReferenceTaken *out)
{
	postern__reference_taken__init(out);
	face_stage_forget(s);
	out->result = RESULT(UNDETERMINED);
	out->cause = text("face.no_reference");
	if (crossing[0] == '\0' || strlen(crossing) >= sizeof s->crossing || face == NULL || face->size == 0)
		return;
	memcpy(s->crossing, crossing, strlen(crossing) + 1);
	s->reference = *face;
	out->result = RESULT(SUCCESSFUL);
	out->cause = text("");
}

static void describe(struct face_stage *s, Postern__FaceMatched *out)
{
	const struct face_engine *e = s->matcher->engine[FACE_MATCHES];
	postern__face_matched__init(out);
	snprintf(s->engine, sizeof s->engine, "%s %s %s", e->vendor, e->name, e->version);
	out->engine = s->engine;
	out->model = s->folder->model->name;
	out->model_sha256 = text(s->folder->digest);
	out->pad = RESULT(NOT_PERFORMED);
	out->pad_level = POSTERN__PAD_LEVEL__PAD_NONE;
	out->result = RESULT(UNDETERMINED);
	if (s->settings.threshold != NULL) {
		out->threshold_permille = (int32_t)lround(s->settings.threshold->score * 1000);
		out->fmr_millionths = (uint32_t)lround(s->settings.threshold->fmr * 1e6) * s->settings.attempts;
	}
}

/* An officer sees the best frame there was; with no good one, whatever shows somebody; else the last. */
static void keep_for_officer(struct face_stage *s, const struct face_seen *seen)
{
	const struct face_capture *c = &s->probe;
	const float worth = c->size == 0 ? 0.1F : c->faults != 0 ? 0.2F : 1 + face_session_quality(c);
	struct face_picture p;
	if (worth < s->live.worth || face_frames_copy(&seen->frame, &p) != PN_OK)
		return;
	face_picture_free(&s->live.picture);
	s->live.picture = p;
	s->live.worth = worth;
}

/* Where the camera has the face, whether it counts or not: a drive of its height follows it. */
static void note_place(struct face_stage *s, const struct face_frame *frame)
{
	const struct face_found *f = &s->probe.face;
	const float eyes = (f->points[0][1] + f->points[1][1] + f->points[2][1] + f->points[3][1]) / 4;
	if ((s->probe.faults & FACE_NO_FACE) != 0)
		return;
	s->looked.faces++;
	s->looked.good += s->probe.faults == 0;
	s->looked.down_permille = (int32_t)lroundf(fmaxf(-1, fminf(1, eyes / (float)frame->height - 0.5F)) * 1000);
}

void face_stage_look(struct face_stage *s, const Postern__MatchFace *q, size_t frame, const uint8_t *blob, size_t size)
{
	struct face_seen seen;
	if (frame >= FACE_STAGE_FRAMES_MAX)
		return;
	if (q->frames[frame]->format == POSTERN__FRAME_FORMAT__FRAME_NIR8) {
		face_attack_look(s, q->frames[frame], blob, size);
		return;
	}
	s->attack.pairable = false;
	if (face_frames_see(q->frames[frame], blob, size, &seen) != PN_OK)
		return;
	if (face_session_seen(&s->session, seen.digest) && seen.fault == CAMERA_WELL)
		seen.fault = CAMERA_FROZEN;
	if (seen.fault != CAMERA_WELL) {
		s->looked.fault = seen.fault;
	} else if (face_matcher_capture(s->matcher, &seen.frame, &s->settings.limits, &s->probe) != PN_OK) {
		s->looked.engine_failed = true;
	} else {
		s->looked.well++;
		note_place(s, &seen.frame);
		keep_for_officer(s, &seen);
		if (!face_prompted_look(s) && face_session_offer(&s->session, s->matcher, &s->probe) != PN_OK)
			s->looked.engine_failed = true;
		face_attack_seen(s, &seen.frame);
	}
	explicit_bzero(&s->probe, sizeof s->probe);
	face_frames_free(&seen);
}

bool face_stage_attacked(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size)
{
	Postern__FaceMatched told = POSTERN__FACE_MATCHED__INIT;
	told.pad = RESULT(NOT_PERFORMED);
	face_attack_tell(s, q, blob, size, &told);
	return told.pad == RESULT(FAILED);
}

static void conclude(Postern__FaceMatched *out, Postern__CheckResult result, const char *cause)
{
	out->result = result;
	out->cause = text(cause);
}

static void decide(const struct face_stage *s, float score, Postern__FaceMatched *out)
{
	const bool certified = out->pad == RESULT(SUCCESSFUL) && out->pad_level == POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED;
	const char *objection = face_attack_objection(s, out);
	out->scored = true;
	out->score_permille = (int32_t)lroundf(fmaxf(-1000, fminf(1000, score)) * 1000);
	if (s->settings.threshold == NULL)
		conclude(out, RESULT(UNDETERMINED), "face.no_threshold");
	else if (!face_stage_alike(s, score))
		conclude(out, RESULT(FAILED), "face.no_match");
	else if (objection != NULL) /* a heuristic only doubts */
		conclude(out, face_attack_by_heuristic(s) ? RESULT(UNDETERMINED) : RESULT(FAILED), objection);
	else if (s->settings.unattended && !certified)
		conclude(out, RESULT(UNDETERMINED), "face.no_pad");
	else
		conclude(out, RESULT(SUCCESSFUL), "");
}

/* Why there is no comparison. */
static const char *lacking(const struct face_session *s)
{
	return s->ever == FACE_NO_FACE && s->count == 0 ? "face.no_face" : "face.too_few_frames";
}

static void ask_for_more(const struct face_stage *s, const Postern__MatchFace *q, Postern__FaceMatched *out)
{
	static const Postern__FaceAdvice advice[] = {[FACE_ADVICE_NONE] = POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED,
		[FACE_ADVICE_LOOK_HERE] = POSTERN__FACE_ADVICE__FACE_ADVICE_LOOK_HERE,
		[FACE_ADVICE_CLOSER] = POSTERN__FACE_ADVICE__FACE_ADVICE_CLOSER,
		[FACE_ADVICE_STAND_STILL] = POSTERN__FACE_ADVICE__FACE_ADVICE_STAND_STILL,
		[FACE_ADVICE_ALONE] = POSTERN__FACE_ADVICE__FACE_ADVICE_ALONE,
		[FACE_ADVICE_UNCOVER] = POSTERN__FACE_ADVICE__FACE_ADVICE_UNCOVER};
	conclude(out, RESULT(UNDETERMINED), lacking(&s->session));
	out->more = true;
	out->sight = s->looked.faces > 0 ? POSTERN__FACE_SIGHT__FACE_SIGHT_SOMEBODY : POSTERN__FACE_SIGHT__FACE_SIGHT_NOBODY;
	out->down_permille = s->looked.down_permille;
	out->frames_good = s->looked.good;
	out->advice = advice[face_session_advice(&s->session, q->elapsed_ms)];
}

static void compare(struct face_stage *s, const Postern__MatchFace *q, Postern__FaceMatched *out)
{
	const struct face_capture *probes[FACE_KEPT];
	const size_t count = face_session_probes(&s->session, probes);
	Postern__FaceAdvice advice;
	float score;
	if (face_attack_waits(s, q)) {
		ask_for_more(s, q, out);
		return;
	}
	out->frames_used = (uint32_t)count;
	if (face_matcher_score(s->matcher, &s->reference, probes, count, &score) != PN_OK) {
		conclude(out, RESULT(ABORTED), "face.engine");
		return;
	}
	if (face_stage_alike(s, score) && out->pad != RESULT(FAILED) && face_prompted_waits(s, q, &advice)) {
		ask_for_more(s, q, out);
		out->frames_used = 0;
		out->advice = advice;
		return;
	}
	decide(s, score, out);
	if (strcmp(out->cause, "face.no_match") == 0 && face_session_again(&s->session, q->elapsed_ms, q->limit_ms)) {
		ask_for_more(s, q, out);
		out->scored = false;
		out->score_permille = 0;
	}
}

static void go_on(struct face_stage *s, const Postern__MatchFace *q, Postern__FaceMatched *out)
{
	switch (face_session_next(&s->session, q->elapsed_ms, q->limit_ms)) {
	case FACE_MORE:
		ask_for_more(s, q, out);
		break;
	case FACE_COMPARE:
		compare(s, q, out);
		break;
	case FACE_SWAPPED:
		conclude(out, RESULT(FAILED), "face.swapped");
		break;
	case FACE_CROWD:
		conclude(out, RESULT(UNDETERMINED), "face.several_faces");
		break;
	case FACE_LATE:
		if (s->session.attempt > 1) /* the comparison before stands */
			conclude(out, RESULT(FAILED), "face.no_match");
		else
			conclude(out, RESULT(UNDETERMINED), lacking(&s->session));
		break;
	}
}

static void add(struct face_stage *s, Postern__FaceMatched *out, const char *name, Postern__CheckResult result, const char *reason)
{
	Postern__Check *c = &s->check[out->n_checks];
	if (out->n_checks == FACE_STAGE_CHECKS)
		return;
	postern__check__init(c);
	c->name = text(name);
	c->result = result;
	c->field = text("face");
	c->reason = text(reason);
	s->checks[out->n_checks++] = c;
	out->checks = s->checks;
}

static const char *why_pad(const struct face_stage *s, const Postern__FaceMatched *out)
{
	const char *objection = out->pad == RESULT(NOT_PERFORMED) ? NULL : face_attack_objection(s, out);
	return objection != NULL ? objection : "";
}

/* Others in a frame or two, which were compared with nobody, are no reason to end it; but who they were nobody can say. */
static void add_one_person(struct face_stage *s, Postern__FaceMatched *out)
{
	const struct face_session *e = &s->session;
	const bool several = (e->ever & FACE_SEVERAL) != 0;
	Postern__CheckResult result = RESULT(UNDETERMINED);
	if (e->swapped || e->several >= FACE_SEVERAL_MAX)
		result = RESULT(FAILED);
	else if (!several && e->first.size > 0)
		result = RESULT(SUCCESSFUL);
	add(s, out, "face.one_person", result, e->swapped ? "face.swapped" : several ? "face.several_faces" : "");
}

/* Each part in BSI TR-03135's words, and what nobody looks at by its name. */
static void add_checks(struct face_stage *s, Postern__FaceMatched *out)
{
	const uint32_t quality = s->session.ever & ~(uint32_t)(FACE_SEVERAL | FACE_NO_FACE);
	const bool enough = out->frames_used >= FACE_FUSE_MIN, aborted = out->result == RESULT(ABORTED);
	add(s, out, "face.capture", enough ? RESULT(SUCCESSFUL) : aborted ? RESULT(ABORTED) : RESULT(UNDETERMINED), enough ? "" : out->cause);
	add(s, out, "face.quality", enough ? RESULT(SUCCESSFUL) : quality != 0 ? RESULT(FAILED) : RESULT(UNDETERMINED),
		enough || quality == 0 ? "" : "face.too_few_frames");
	add_one_person(s, out);
	add(s, out, "face.match", out->scored || aborted ? out->result : RESULT(NOT_PERFORMED), out->scored || aborted ? out->cause : "");
	add(s, out, "face.pad", out->pad, why_pad(s, out));
	add(s, out, "face.eyes_open", RESULT(NOT_PERFORMED), "face.not_assessed");
	add(s, out, "face.mouth_closed", RESULT(NOT_PERFORMED), "face.not_assessed");
	add(s, out, "face.uncovered", RESULT(NOT_PERFORMED), "face.not_assessed");
}

/* It is decided, one way or the other. */
static void finish(struct face_stage *s, Postern__FaceMatched *out)
{
	out->faults = s->session.ever;
	out->attempts = out->scored ? s->session.attempt : s->session.attempt - (s->session.attempt > 0);
	add_checks(s, out);
	if (s->live.picture.pixels != NULL &&
		face_picture_to_jpeg(&s->live.picture, LIVE_QUALITY, &s->live.jpeg, &s->live.size) == PN_OK)
		out->live_type = text("image/jpeg");
	end_session(s);
}

void face_stage_open(struct face_stage *s)
{
	const struct face_session_settings settings = {.frames_min = s->settings.frames_min,
		.attempts = s->settings.attempts,
		.same_person = s->settings.threshold != NULL ? (float)s->settings.threshold->score : NAN};
	if (!s->session.open)
		face_session_begin(&s->session, &settings);
}

bool face_stage_begin(struct face_stage *s, const char *crossing, const Postern__MatchFace *q, const uint8_t *blob,
	Postern__FaceMatched *out)
{
	face_stage_shown(s);
	describe(s, out);
	memset(&s->looked, 0, sizeof s->looked);
	if (s->crossing[0] == '\0' || strcmp(s->crossing, crossing) != 0) {
		out->cause = text("face.no_reference");
		return false;
	}
	face_stage_open(s);
	if (blob != NULL && q->n_frames > 0)
		return true;
	conclude(out, RESULT(ABORTED), "face.picture");
	finish(s, out);
	return false;
}

void face_stage_decide(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size,
	Postern__FaceMatched *out)
{
	describe(s, out);
	face_prompted_go_on(s, q);
	face_attack_tell(s, q, blob, size, out);
	if (s->looked.engine_failed)
		conclude(out, RESULT(ABORTED), "face.engine");
	else if (s->looked.well == 0 && s->looked.fault != CAMERA_WELL)
		conclude(out, RESULT(ABORTED), camera_fault_key(s->looked.fault));
	else
		go_on(s, q, out);
	if (!out->more)
		finish(s, out);
}
