/* SPDX-License-Identifier: Apache-2.0
 * See face_stage.h.
 */
#include "face_stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "face/picture.h"

enum { PAD_SLOT = 3, MATCHER_SLOT = 2 };

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
	return s->matcher->engine[PAD_SLOT] == NULL ? "face.no_pad" : NULL;
}

void face_stage_forget(struct face_stage *s)
{
	explicit_bzero(s->crossing, sizeof s->crossing);
	explicit_bzero(&s->reference, sizeof s->reference);
	explicit_bzero(s->probe, sizeof s->probe);
}

static struct face_frame frame_of(const struct face_picture *p)
{
	return (struct face_frame){.struct_size = sizeof(struct face_frame),
		.width = p->width,
		.height = p->height,
		.stride = p->width * 3,
		.format = FACE_RGB24,
		.pixels = p->pixels};
}

void face_stage_take(struct face_stage *s, const char *crossing, const uint8_t *blob, size_t size,
	Postern__ReferenceTaken *out)
{
	static const struct face_limits one_face = {0};
	struct face_picture p;
	postern__reference_taken__init(out);
	face_stage_forget(s);
	out->result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
	out->cause = text("face.picture");
	if (crossing[0] == '\0' || strlen(crossing) >= sizeof s->crossing || blob == NULL ||
		face_picture_decode(blob, size, &p) != PN_OK)
		return;
	const struct face_frame frame = frame_of(&p);
	int r = face_matcher_capture(s->matcher, &frame, &one_face, &s->reference);
	face_picture_free(&p);
	if (r != PN_OK) {
		out->cause = text("face.engine");
	} else if (s->reference.faults != 0) {
		out->result = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
		out->cause = text((s->reference.faults & FACE_NO_FACE) != 0 ? "face.no_face"
									    : "face.several_faces");
	} else {
		memcpy(s->crossing, crossing, strlen(crossing) + 1);
		out->result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		out->cause = text("");
		return;
	}
	face_stage_forget(s);
}

/* One frame of the blob captured; a frame for another sensor than the eye's is passed over
 * (PN_EUNSUPPORTED). */
static int capture(struct face_stage *s, const Postern__FaceFrame *f, const uint8_t *blob,
	size_t size, struct face_capture *out)
{
	const uint8_t *bytes = blob + f->offset;
	struct face_picture p = {0};
	struct face_frame frame = {.struct_size = sizeof frame,
		.width = f->width,
		.height = f->height,
		.sensor = f->sensor,
		.time_ns = f->mono_ns};
	if (f->offset > size || f->size > size - f->offset || f->size == 0)
		return PN_EFORMAT;
	if (f->format == POSTERN__FRAME_FORMAT__FRAME_JPEG) {
		int r = face_picture_jpeg(bytes, f->size, &p);
		if (r != PN_OK)
			return r;
		frame = frame_of(&p);
	} else if (f->format == POSTERN__FRAME_FORMAT__FRAME_RGB24 ||
		   f->format == POSTERN__FRAME_FORMAT__FRAME_GREY8) {
		const uint32_t each = f->format == POSTERN__FRAME_FORMAT__FRAME_RGB24 ? 3 : 1;
		if (f->width < 1 || f->height < 1 || f->width > FACE_PICTURE_SIDE_MAX ||
			f->height > FACE_PICTURE_SIDE_MAX || f->size != f->width * f->height * each)
			return PN_EFORMAT;
		frame.stride = f->width * each;
		frame.format = each == 3 ? FACE_RGB24 : FACE_GREY8;
		frame.pixels = bytes;
	} else {
		return PN_EUNSUPPORTED;
	}
	int r = face_matcher_capture(s->matcher, &frame, &s->settings.limits, out);
	face_picture_free(&p);
	return r;
}

static void describe(struct face_stage *s, Postern__FaceMatched *out)
{
	const struct face_engine *e = s->matcher->engine[MATCHER_SLOT];
	postern__face_matched__init(out);
	snprintf(s->engine, sizeof s->engine, "%s %s %s", e->vendor, e->name, e->version);
	out->engine = s->engine;
	out->model = s->folder->model->name;
	out->model_sha256 = text(s->folder->digest);
	out->pad = POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
	out->pad_level = POSTERN__PAD_LEVEL__PAD_NONE;
	out->result = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	if (s->settings.threshold != NULL) {
		out->threshold_permille = (int32_t)lround(s->settings.threshold->score * 1000);
		out->fmr_millionths = (uint32_t)lround(s->settings.threshold->fmr * 1e6);
	}
}

/* Frames that are good enough, and what was wrong with the others. */
static unsigned good_frames(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob,
	size_t size, Postern__FaceMatched *out)
{
	unsigned good = 0;
	for (size_t i = 0; i < q->n_frames && i < FACE_STAGE_FRAMES_MAX; i++) {
		struct face_capture *c = &s->probe[good];
		if (capture(s, q->frames[i], blob, size, c) != PN_OK)
			continue;
		if (c->faults == 0 && c->size > 0)
			good++;
		else
			out->faults |= c->faults;
	}
	out->frames_used = good;
	return good;
}

/* Raw frames only: attack detection sees what the cameras saw, not what a codec left. */
static void detect_attack(struct face_stage *s, const Postern__MatchFace *q, const uint8_t *blob,
	size_t size, Postern__FaceMatched *out)
{
	static const uint32_t formats[] = {[POSTERN__FRAME_FORMAT__FRAME_RGB24] = FACE_RGB24,
		[POSTERN__FRAME_FORMAT__FRAME_GREY8] = FACE_GREY8,
		[POSTERN__FRAME_FORMAT__FRAME_NIR8] = FACE_NIR8,
		[POSTERN__FRAME_FORMAT__FRAME_DEPTH16] = FACE_DEPTH16};
	static const uint32_t widths[] = {
		[FACE_RGB24] = 3, [FACE_GREY8] = 1, [FACE_NIR8] = 1, [FACE_DEPTH16] = 2};
	struct face_frame frames[FACE_STAGE_FRAMES_MAX];
	const struct face_frame *list[FACE_STAGE_FRAMES_MAX];
	const struct face_engine *e = s->matcher->engine[PAD_SLOT];
	struct face_pad pad = {.struct_size = sizeof pad};
	uint32_t count = 0;
	if (e == NULL)
		return;
	for (size_t i = 0; i < q->n_frames && count < FACE_STAGE_FRAMES_MAX; i++) {
		const Postern__FaceFrame *f = q->frames[i];
		const uint32_t format =
			(unsigned)f->format < PN_COUNT(formats) ? formats[f->format] : 0;
		if (format == 0 || f->width < 1 || f->height < 1 ||
			f->width > FACE_PICTURE_SIDE_MAX || f->height > FACE_PICTURE_SIDE_MAX ||
			f->size != f->width * f->height * widths[format] || f->offset > size ||
			f->size > size - f->offset)
			continue;
		frames[count] = (struct face_frame){.struct_size = sizeof *frames,
			.width = f->width,
			.height = f->height,
			.stride = f->width * widths[format],
			.format = format,
			.sensor = f->sensor,
			.time_ns = f->mono_ns,
			.pixels = blob + f->offset};
		list[count] = &frames[count];
		count++;
	}
	out->pad = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	if (count == 0 || e->pad(s->matcher->self[PAD_SLOT], list, count, &pad) != PN_OK)
		return;
	if (pad.decision == FACE_PAD_BONA_FIDE)
		out->pad = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	else if (pad.decision == FACE_PAD_ATTACK)
		out->pad = POSTERN__CHECK_RESULT__CHECK_FAILED;
	out->pad_level = pad.level == FACE_PAD_CERTIFIED   ? POSTERN__PAD_LEVEL__PAD_CERTIFIED
			 : pad.level == FACE_PAD_HEURISTIC ? POSTERN__PAD_LEVEL__PAD_HEURISTIC
							   : POSTERN__PAD_LEVEL__PAD_NONE;
	memcpy(s->pad_mechanism, pad.mechanism, sizeof s->pad_mechanism);
	s->pad_mechanism[sizeof s->pad_mechanism - 1] = '\0';
	out->pad_mechanism = s->pad_mechanism;
}

static void decide(const struct face_stage *s, float score, Postern__FaceMatched *out)
{
	const bool certified = out->pad == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL &&
			       out->pad_level == POSTERN__PAD_LEVEL__PAD_CERTIFIED;
	out->scored = true;
	out->score_permille = (int32_t)lroundf(fmaxf(-1000, fminf(1000, score)) * 1000);
	if (s->settings.threshold == NULL) {
		out->cause = text("face.no_threshold");
	} else if (!((double)score >= s->settings.threshold->score)) {
		out->result = POSTERN__CHECK_RESULT__CHECK_FAILED;
		out->cause = text("face.no_match");
	} else if (out->pad == POSTERN__CHECK_RESULT__CHECK_FAILED) {
		out->result = POSTERN__CHECK_RESULT__CHECK_FAILED;
		out->cause = text("face.attack");
	} else if (s->settings.unattended && !certified) {
		out->cause = text("face.no_pad");
	} else {
		out->result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	}
}

void face_stage_match(struct face_stage *s, const char *crossing, const Postern__MatchFace *q,
	const uint8_t *blob, size_t size, Postern__FaceMatched *out)
{
	const struct face_capture *probes[FACE_STAGE_FRAMES_MAX];
	float score;
	describe(s, out);
	if (s->crossing[0] == '\0' || strcmp(s->crossing, crossing) != 0) {
		out->cause = text("face.no_reference");
		return;
	}
	if (blob == NULL || q->n_frames == 0) {
		out->result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
		out->cause = text("face.picture");
		return;
	}
	const unsigned good = good_frames(s, q, blob, size, out);
	for (unsigned i = 0; i < good; i++)
		probes[i] = &s->probe[i];
	if (good < s->settings.frames_min || good == 0) {
		out->cause = text("face.too_few_frames");
	} else if (face_matcher_score(s->matcher, &s->reference, probes, good, &score) != PN_OK) {
		out->result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
		out->cause = text("face.engine");
	} else {
		detect_attack(s, q, blob, size, out);
		decide(s, score, out);
	}
	explicit_bzero(s->probe, sizeof s->probe);
}
