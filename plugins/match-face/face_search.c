/* SPDX-License-Identifier: Apache-2.0
 * See face_search.h.
 */
#include "face_search.h"

#include <math.h>
#include <string.h>

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

static void conclude(Postern__FaceFound *out, Postern__CheckResult result, const char *cause)
{
	out->result = result;
	out->cause = (char *)(uintptr_t)cause;
}

void face_search_end(struct face_search *s)
{
	face_stage_forget(&s->stage);
	explicit_bzero(s->name, sizeof s->name);
	s->decided = false;
}

bool face_search_begin(struct face_search *s, const uint8_t *blob, size_t frames, Postern__FaceFound *out)
{
	postern__face_found__init(out);
	conclude(out, RESULT(ABORTED), "face.picture");
	memset(&s->stage.looked, 0, sizeof s->stage.looked);
	if (blob == NULL || frames == 0)
		return false;
	face_stage_open(&s->stage);
	return true;
}

/* The same person is not compared twice, whatever is said: only an empty place begins anew. */
static void decide(struct face_search *s, Postern__FaceFound *out, Postern__CheckResult result, const char *cause)
{
	face_stage_forget(&s->stage);
	s->decided = true;
	conclude(out, result, cause);
}

static void compare(struct face_search *s, const struct face_gallery *g, uint64_t now_ms, Postern__FaceFound *out)
{
	const struct face_capture *probes[FACE_KEPT];
	const size_t count = face_session_probes(&s->stage.session, probes);
	const uint32_t kept = face_gallery_count(g, now_ms);
	const struct face_threshold *t = NULL;
	struct face_candidates found;
	if (kept == 0) {
		decide(s, out, RESULT(FAILED), "face.no_match");
		return;
	}
	/* An impostor may be mistaken for any of them: together as often as is allowed. */
	if (face_model_threshold(s->stage.folder->model, s->fmr / kept, &t) != PN_OK) {
		decide(s, out, RESULT(UNDETERMINED), "face.no_threshold");
		return;
	}
	if (face_gallery_find(g, s->stage.matcher, probes, count, t->score, now_ms, &found) != PN_OK) {
		decide(s, out, RESULT(ABORTED), "face.engine");
		return;
	}
	out->compared = found.compared;
	out->candidates = found.reached;
	out->score_permille = (int32_t)lroundf(fmaxf(-1000, fminf(1000, found.highest)) * 1000);
	out->threshold_permille = (int32_t)lround(t->score * 1000);
	out->fmr_millionths = (uint32_t)lround(t->fmr * 1e6) * found.compared;
	if (found.name == NULL) {
		decide(s, out, found.reached == 0 ? RESULT(FAILED) : RESULT(UNDETERMINED), found.reached == 0 ? "face.no_match" : "face.several_matches");
		return;
	}
	decide(s, out, RESULT(SUCCESSFUL), "");
	memcpy(s->name, found.name, sizeof s->name);
	out->face_token = (ProtobufCBinaryData){sizeof s->name, s->name};
}

static void go_on(struct face_search *s, const struct face_gallery *g, uint64_t now_ms, Postern__FaceFound *out)
{
	switch (face_session_next(&s->stage.session, 0, UINT32_MAX)) {
	case FACE_MORE:
		conclude(out, RESULT(UNDETERMINED), "face.too_few_frames");
		break;
	case FACE_COMPARE:
		compare(s, g, now_ms, out);
		break;
	case FACE_SWAPPED: /* whoever has come instead */
		face_stage_forget(&s->stage);
		conclude(out, RESULT(FAILED), "face.swapped");
		break;
	case FACE_CROWD:
		face_stage_forget(&s->stage);
		conclude(out, RESULT(UNDETERMINED), "face.several_faces");
		break;
	case FACE_LATE:
		decide(s, out, RESULT(UNDETERMINED), "face.too_few_frames");
		break;
	}
}

void face_search_decide(struct face_search *s, const Postern__MatchFace *q, const uint8_t *blob, size_t size, const struct face_gallery *g,
	uint64_t now_ms, Postern__FaceFound *out)
{
	postern__face_found__init(out);
	out->somebody = s->stage.looked.faces > 0;
	if (s->stage.looked.engine_failed) {
		conclude(out, RESULT(ABORTED), "face.engine");
	} else if (s->stage.looked.well == 0 && s->stage.looked.fault != CAMERA_WELL) {
		conclude(out, RESULT(ABORTED), camera_fault_key(s->stage.looked.fault));
	} else if (!out->somebody) {
		face_search_end(s);
		conclude(out, RESULT(UNDETERMINED), "face.no_face");
	} else if (s->decided) {
		face_stage_forget(&s->stage);
		conclude(out, RESULT(UNDETERMINED), "face.asked_again");
	} else if (face_stage_attacked(&s->stage, q, blob, size)) {
		decide(s, out, RESULT(FAILED), "face.attack");
	} else {
		go_on(s, g, now_ms, out);
	}
}
