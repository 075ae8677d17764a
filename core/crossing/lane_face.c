/* SPDX-License-Identifier: Apache-2.0
 * The face of who stands inside, or before a kiosk: the reference (the chip's portrait as soon as it is known, or the face that a
 * kiosk's result names) goes to the matcher, and when the table asks who is there the camera is asked for frames and the matcher
 * about them, again and again until it has decided or the time is over. Must never open a picture, keep one of a check that succeeded, wait without a deadline, nor
 * take an answer for a match that lacks what this lane demands of one.
 */
#include <string.h>

#include "crossing/lane_run.h"

enum { FACE_FRAMES = 3, FACE_INTERVAL_MS = 100, FACE_LIMIT_MS = 15000 };

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

static bool sees(const struct lane *lane)
{
	return lane->config.has[POSTERN__PLUGIN_KIND__KIND_CAMERA];
}

/* A gate's matcher may be there for its kiosks' cameras. A kiosk without a camera makes the reference ready for its gate's. */
bool face_expected(const struct lane *lane)
{
	if (lane->config.topology == GATE_SEGREGATED)
		return sees(lane);
	return sees(lane) || lane->config.has[POSTERN__PLUGIN_KIND__KIND_FACE_MATCH];
}

/* Below the time of the state, with room for the last question. */
static uint32_t limit_ms(const struct lane *lane)
{
	uint32_t most = lane->config.timing.inside_ms / 5 * 3;
	return most < FACE_LIMIT_MS ? most : FACE_LIMIT_MS;
}

uint32_t face_left_ms(const struct lane_run *run)
{
	uint64_t gone = run->in->mono_ms - run->lane->crossing.face_begun_ms;
	return gone < limit_ms(run->lane) ? limit_ms(run->lane) - (uint32_t)gone : 0;
}

/* As often as a camera can answer that takes the time it was asked to take: another would keep core and matcher busy without a pause. */
static uint32_t rounds_max(const struct lane *lane)
{
	return limit_ms(lane) / ((FACE_FRAMES - 1) * FACE_INTERVAL_MS);
}

static bool verifying(const struct lane *lane)
{
	return lane->gate.state == GATE_STATE_OCCUPIED_VERIFY || lane->gate.state == GATE_STATE_KIOSK_VERIFY;
}

/* Nobody else has an answer to give: the core's own, with one check that says why. */
static void own(struct crossing *c, Postern__CheckResult result, const char *cause)
{
	postern__face_matched__init(&c->own_face);
	postern__check__init(&c->own_face_check);
	c->own_face_check.name = text_of("face.capture");
	c->own_face_check.result = result;
	c->own_face_check.field = text_of("face");
	c->own_face_check.reason = text_of(cause);
	c->own_face_list[0] = &c->own_face_check;
	c->own_face.result = result;
	c->own_face.cause = text_of(cause);
	c->own_face.pad = RESULT(NOT_PERFORMED);
	c->own_face.pad_level = POSTERN__PAD_LEVEL__PAD_NONE;
	c->own_face.checks = c->own_face_list;
	c->own_face.n_checks = 1;
	c->face = &c->own_face;
}

/* What this lane demands beyond the matcher's word; NULL: nothing is missing. */
static const char *objection(const struct lane *lane, const Postern__FaceMatched *f)
{
	if (f->result != RESULT(SUCCESSFUL))
		return f->cause[0] != '\0' ? f->cause : "face.no_match";
	if (f->fmr_millionths == 0 || !f->scored || f->score_permille < f->threshold_permille)
		return "face.no_threshold";
	if (f->pad == RESULT(FAILED))
		return f->pad_level == POSTERN__PAD_LEVEL__PAD_HEURISTIC ? "face.suspicious" : "face.attack";
	/* An officer was there when this traveller was taken; one who has gone since keeps nobody inside. */
	if (lane->config.face_assisted && (lane->config.officer_required || lane->config.topology == GATE_KIOSK))
		return NULL;
	return f->pad == RESULT(SUCCESSFUL) && f->pad_level == POSTERN__PAD_LEVEL__PAD_VENDOR_CERTIFIED ? NULL : "face.no_pad";
}

static void conclude(struct lane_run *run)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	struct verdict v = { POSTERN__VERDICT__VERDICT_REFER, POSTERN__EXCEPTION_CLASS__EXCEPTION_BIOMETRIC_FAILURE,
		"face.verification", NULL };
	c->face_query = 0;
	c->face_done = true;
	if (!verifying(lane))
		return; /* something else has ended it: an officer sees what there is */
	v.argument = objection(lane, c->face);
	if (v.argument == NULL) {
		run_event(run, GATE_EVENT_INSIDE_CLEAR);
		return;
	}
	if (c->face->result == RESULT(ABORTED))
		v.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
	c->verdict = verdict_combine(c->verdict, v);
	run_event(run, GATE_EVENT_INSIDE_REFERRED);
}

static void fail(struct lane_run *run, Postern__CheckResult result, const char *cause)
{
	own(&run->lane->crossing, result, cause);
	conclude(run);
}

static void capture(struct lane_run *run)
{
	struct lane *lane = run->lane;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	q.frames = height_searches(lane) ? 1 : FACE_FRAMES;
	q.interval_ms = FACE_INTERVAL_MS;
	e.body_case = POSTERN__ENVELOPE__BODY_CAPTURE_FACE;
	e.capture_face = &q;
	lane->crossing.face_query = lane->next_query_id;
	ask_send(run, &e);
}

void face_look_again(struct lane_run *run)
{
	if (verifying(run->lane))
		capture(run);
	else
		fail(run, RESULT(UNDETERMINED), "face.too_few_frames");
}

static void take_reference(struct lane_run *run, Postern__Envelope *e, Postern__TakeReference *q)
{
	struct crossing *c = &run->lane->crossing;
	e->body_case = POSTERN__ENVELOPE__BODY_TAKE_REFERENCE;
	e->take_reference = q;
	c->reference_asked = true;
	c->reference_done = false;
	c->reference = NULL;
	c->reference_query = run->lane->next_query_id;
	ask_send(run, e);
}

void face_take_reference(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__TakeReference q = POSTERN__TAKE_REFERENCE__INIT;
	if (!face_expected(run->lane) || c->portrait_size == 0)
		return;
	q.media_type = c->inspected->portrait_type;
	e.blob_sha256 = (ProtobufCBinaryData){ sizeof c->portrait_sha256, c->portrait_sha256 };
	e.blob_size = c->portrait_size;
	take_reference(run, &e, &q);
}

static ProtobufCBinaryData name_of(const uint8_t *token)
{
	return (ProtobufCBinaryData){ token != NULL ? KIOSK_TOKEN : 0, (uint8_t *)(uintptr_t)token };
}

void face_recall(struct lane_run *run, const uint8_t token[KIOSK_TOKEN])
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__TakeReference q = POSTERN__TAKE_REFERENCE__INIT;
	q.face_token = name_of(token);
	take_reference(run, &e, &q);
}

bool face_has_reference(const struct lane *lane)
{
	const struct crossing *c = &lane->crossing;
	return c->reference_asked && c->reference_done && c->reference != NULL && c->reference->result == RESULT(SUCCESSFUL);
}

/* At a kiosk without a camera: the gate's will look. */
static void ready(struct lane_run *run)
{
	run->lane->crossing.face_done = true;
	if (verifying(run->lane))
		run_event(run, GATE_EVENT_INSIDE_CLEAR);
}

static void begin(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	if (!c->reference_asked)
		fail(run, RESULT(UNDETERMINED), "face.no_reference");
	else if (!c->reference_done)
		return; /* it is being looked at: the answer, or its default, comes back here */
	else if (c->reference == NULL)
		fail(run, RESULT(ABORTED), "face.no_answer");
	else if (c->reference->result != RESULT(SUCCESSFUL))
		fail(run, RESULT(UNDETERMINED), c->reference->cause);
	else if (sees(run->lane) || run->lane->config.topology != GATE_KIOSK)
		capture(run);
	else
		ready(run);
}

void face_ask(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	c->face = NULL;
	c->face_asked = true;
	c->face_done = false;
	c->face_query = 0;
	c->face_rounds = 0;
	c->live_size = 0;
	c->height = (struct camera_height){ 0 };
	c->move_id = 0;
	c->face_begun_ms = run->in->mono_ms;
	begin(run);
}

static void captured(struct lane_run *run, const struct bus_message *m)
{
	struct lane *lane = run->lane;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__MatchFace q = POSTERN__MATCH_FACE__INIT;
	const Postern__FaceCaptured *a = m != NULL ? m->envelope->face_captured : NULL;
	if (a == NULL) {
		fail(run, RESULT(ABORTED), "camera.no_answer");
		return;
	}
	if (a->result != RESULT(SUCCESSFUL) || a->n_frames == 0 || !m->has_blob) {
		const Postern__FaceCaptured *kept = crossing_keep(&lane->crossing, &postern__face_captured__descriptor, m->body_bytes, m->body_size);
		fail(run, RESULT(ABORTED), kept != NULL && kept->cause[0] != '\0' ? kept->cause : "camera.no_frames");
		return;
	}
	q.frames = a->frames;
	q.n_frames = a->n_frames;
	q.elapsed_ms = (uint32_t)(run->in->mono_ms - lane->crossing.face_begun_ms);
	q.limit_ms = limit_ms(lane);
	lane->crossing.face_last = q.elapsed_ms >= q.limit_ms || ++lane->crossing.face_rounds >= rounds_max(lane);
	if (lane->crossing.face_last && q.elapsed_ms < q.limit_ms)
		q.elapsed_ms = q.limit_ms;
	e.blob_sha256 = m->envelope->blob_sha256;
	e.blob_size = m->envelope->blob_size;
	e.body_case = POSTERN__ENVELOPE__BODY_MATCH_FACE;
	e.match_face = &q;
	lane->crossing.face_query = lane->next_query_id;
	ask_send(run, &e);
}

static void advise(struct lane_run *run, Postern__FaceAdvice advice)
{
	struct lane *lane = run->lane;
	if (lane->guidance != POSTERN__GUIDANCE__GUIDANCE_LOOK_HERE || lane->face_advice == advice)
		return;
	lane->face_advice = advice;
	act_show(run);
}

static void matched(struct lane_run *run, const struct bus_message *m)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	if (m == NULL) {
		fail(run, RESULT(ABORTED), "face.no_answer");
		return;
	}
	const Postern__FaceMatched *a = m->envelope->face_matched;
	/* When the time is over it is asked once more, and told so, for its last word. */
	if (a->more && verifying(lane) && !c->face_last) {
		advise(run, a->advice);
		if (!height_follow(run, a))
			capture(run);
		return;
	}
	c->face = crossing_keep(c, &postern__face_matched__descriptor, m->body_bytes, m->body_size);
	if (c->face == NULL) {
		fail(run, RESULT(ABORTED), "face.no_answer");
		return;
	}
	if (m->has_blob && c->face->live_type[0] != '\0') {
		memcpy(c->live_sha256, m->envelope->blob_sha256.data, sizeof c->live_sha256);
		c->live_size = m->envelope->blob_size;
	}
	conclude(run);
}

static void reference_taken(struct lane_run *run, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	if (m != NULL)
		c->reference = crossing_keep(c, &postern__reference_taken__descriptor, m->body_bytes, m->body_size);
	c->reference_done = true;
	if (c->face_asked && !c->face_done && c->face_query == 0)
		begin(run);
}

void face_answered(struct lane_run *run, uint64_t id, Postern__Envelope__BodyCase query, const struct bus_message *m)
{
	struct crossing *c = &run->lane->crossing;
	if (query == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE) {
		if (id == c->reference_query)
			reference_taken(run, m);
		return;
	}
	if (id != c->face_query)
		return; /* asked before the table asked anew */
	if (query == POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		captured(run, m);
	else
		matched(run, m);
}

void face_keep(struct lane_run *run)
{
	const struct crossing *c = &run->lane->crossing;
	struct lane_picture p[3] = { { "live", NULL, c->live_sha256, c->live_size } };
	size_t n = 1;
	if (!run->lane->config.keep_faces || c->face == NULL || c->live_size == 0)
		return;
	if (c->face->result != RESULT(FAILED) && c->face->result != RESULT(UNDETERMINED))
		return;
	p[0].media_type = c->face->live_type;
	if (c->portrait_size > 0)
		p[n++] = (struct lane_picture){ "chip", c->inspected != NULL ? c->inspected->portrait_type : "", c->portrait_sha256, c->portrait_size };
	if (c->printed_size > 0)
		p[n++] = (struct lane_picture){ "printed", "image/jpeg", c->printed_sha256, c->printed_size };
	if (run->sink->keep_faces(run->sink->ctx, c->id, run->in->wall_ms, p, n))
		record_audit(run, "pictures.kept", "");
}

static void tell(struct lane_run *run, Postern__Envelope *e, const char *crossing_id)
{
	if (!run->lane->config.has[POSTERN__PLUGIN_KIND__KIND_FACE_MATCH])
		return;
	e->crossing_id = text_of(crossing_id);
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_FACE_MATCH, e);
}

void face_forget(struct lane_run *run, const char *crossing_id)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ForgetFace f = POSTERN__FORGET_FACE__INIT;
	e.body_case = POSTERN__ENVELOPE__BODY_FORGET_FACE;
	e.forget_face = &f;
	tell(run, &e, crossing_id);
}

void face_keep_named(struct lane_run *run, const uint8_t token[KIOSK_TOKEN], uint32_t valid_ms)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__KeepFace k = POSTERN__KEEP_FACE__INIT;
	k.face_token = name_of(token);
	k.valid_ms = valid_ms;
	e.body_case = POSTERN__ENVELOPE__BODY_KEEP_FACE;
	e.keep_face = &k;
	tell(run, &e, run->lane->crossing.id);
}

void face_drop(struct lane_run *run, const uint8_t *token)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__DropFace d = POSTERN__DROP_FACE__INIT;
	d.face_token = name_of(token);
	e.body_case = POSTERN__ENVELOPE__BODY_DROP_FACE;
	e.drop_face = &d;
	tell(run, &e, "");
}
