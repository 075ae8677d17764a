/* SPDX-License-Identifier: Apache-2.0
 * See face_bench.h.
 */
#include "face_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define K(name) POSTERN__PLUGIN_KIND__KIND_##name
#define B(name) POSTERN__ENVELOPE__BODY_##name
#define CHECK(name) POSTERN__CHECK_RESULT__CHECK_##name
#define T(text) ((char *)(uintptr_t)(text))

uint8_t face_hash_files[32] = "hash of the files of SECRET chip", face_hash_portrait[32] = "hash of the face of SECRET chip", face_hash_frames[32] = "hash of the frames of a SECRET",
	face_hash_live[32] = "hash of the SECRET face shown", face_hash_page[32] = "hash of the print of a SECRET   ";

static void with_blob(Postern__Envelope *e, uint8_t hash[32], uint64_t size)
{
	e->blob_sha256 = (ProtobufCBinaryData){32, hash};
	e->blob_size = size;
}

void face_read_chip(struct bench *b, bool with_portrait)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT, i = POSTERN__ENVELOPE__INIT;
	Postern__ChipRead read = POSTERN__CHIP_READ__INIT;
	Postern__ChipInspected inspected = POSTERN__CHIP_INSPECTED__INIT;
	read.result = POSTERN__CHIP_RESULT__CHIP_READ;
	e.body_case = B(CHIP_READ);
	e.chip_read = &read;
	with_blob(&e, face_hash_files, 20000);
	assert_int_equal(bench_message(b, K(CHIP_READER), bench_last(b, B(READ_CHIP))->query_id, &e), PN_OK);
	inspected.overall = CHECK(SUCCESSFUL);
	if (with_portrait) {
		inspected.portrait_type = T("image/jp2");
		with_blob(&i, face_hash_portrait, 15000);
	}
	i.body_case = B(CHIP_INSPECTED);
	i.chip_inspected = &inspected;
	assert_int_equal(bench_message(b, K(DOCUMENT_CHECK), bench_last(b, B(INSPECT_CHIP))->query_id, &i), PN_OK);
}

void face_reference(struct bench *b, Postern__CheckResult result, const char *cause)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ReferenceTaken a = POSTERN__REFERENCE_TAKEN__INIT;
	a.result = result;
	a.cause = T(cause);
	e.body_case = B(REFERENCE_TAKEN);
	e.reference_taken = &a;
	assert_int_equal(bench_message(b, K(FACE_MATCH), bench_last(b, B(TAKE_REFERENCE))->query_id, &e), PN_OK);
}

void face_captured(struct bench *b, Postern__CheckResult result, const char *cause)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__FaceCaptured a = POSTERN__FACE_CAPTURED__INIT;
	Postern__FaceFrame f = POSTERN__FACE_FRAME__INIT, *list[3] = {&f, &f, &f};
	f.format = POSTERN__FRAME_FORMAT__FRAME_JPEG;
	f.size = 10;
	a.result = result;
	a.cause = T(cause);
	if (result == CHECK(SUCCESSFUL)) {
		a.frames = list;
		a.n_frames = 3;
		with_blob(&e, face_hash_frames, 2000000);
	}
	e.body_case = B(FACE_CAPTURED);
	e.face_captured = &a;
	assert_int_equal(bench_message(b, K(CAMERA), bench_last(b, B(CAPTURE_FACE))->query_id, &e), PN_OK);
}

int face_cut(struct bench *b, Postern__PluginKind from, uint64_t query, Postern__CheckResult result, uint8_t *hash)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__PortraitCut a = POSTERN__PORTRAIT_CUT__INIT;
	a.result = result;
	a.cause = T(result == CHECK(SUCCESSFUL) ? "" : "page.no_picture");
	if (hash != NULL)
		with_blob(&e, hash, FACE_PAGE_BYTES);
	e.body_case = B(PORTRAIT_CUT);
	e.portrait_cut = &a;
	return bench_message(b, from, query, &e);
}

uint64_t face_page_query(const struct bench *b)
{
	const struct bench_out *q = bench_last(b, B(CUT_PORTRAIT));
	assert_non_null(q);
	return q->query_id;
}

void face_look(struct bench *b, bool durable)
{
	Postern__LaneOrder o = POSTERN__LANE_ORDER__INIT;
	Postern__OpenReferral r = POSTERN__OPEN_REFERRAL__INIT;
	uint8_t hash[32];
	memset(hash, 0x5a, sizeof hash); /* as bench_commit() has it */
	r.crossing_id = b->lane.crossing.id;
	r.verdict_hash = (ProtobufCBinaryData){sizeof hash, hash};
	r.purpose = POSTERN__VIEW_PURPOSE__VIEW_DECISION;
	o.gate = T("lane-1");
	o.epoch = 1;
	o.officer = T("officer-1");
	o.sequence = b->now_ms;
	o.issued_wall_ms = INT64_C(1700000000000) + (int64_t)b->now_ms;
	o.expires_wall_ms = o.issued_wall_ms + 5000;
	o.kind = POSTERN__LANE_ORDER_KIND__ORDER_OPEN_REFERRAL;
	o.open = &r;
	struct lane_input in = {.kind = LANE_ORDER, .order = &o, .epoch = 1, .request = 9};
	assert_int_equal(bench_input(b, &in), PN_OK);
	assert_int_equal(bench_asked(b, B(PORTRAIT_IMAGE)), 0);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_AUDIT), durable);
}

void face_send_back(struct bench *b)
{
	Postern__Decision d = POSTERN__DECISION__INIT;
	Postern__SignedDecision word = POSTERN__SIGNED_DECISION__INIT;
	uint8_t hash[32], nonce[16] = {0};
	memset(hash, 0x5a, sizeof hash);
	memcpy(nonce, &b->now_ms, sizeof b->now_ms); /* another one each time */
	d.crossing_id = b->lane.crossing.id;
	d.verdict_hash = (ProtobufCBinaryData){sizeof hash, hash};
	d.decision = POSTERN__OFFICER_DECISION__DECISION_SEND_BACK;
	d.officer = T("officer-1");
	d.reason_code = T("identity.doubted");
	d.issued_wall_ms = INT64_C(1700000000000) + (int64_t)b->now_ms;
	d.expires_wall_ms = d.issued_wall_ms + 5000;
	d.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
	struct lane_input in = {.kind = LANE_DECISION, .decision = &d, .signed_decision = &word};
	assert_int_equal(bench_input(b, &in), PN_OK);
	bench_commit(b, bench_record(b, POSTERN__RECORD_KIND__RECORD_DECISION), true);
}

Postern__FaceMatched face_match(void)
{
	Postern__FaceMatched a = POSTERN__FACE_MATCHED__INIT;
	a.result = CHECK(SUCCESSFUL);
	a.scored = true;
	a.score_permille = 700;
	a.threshold_permille = 496;
	a.fmr_millionths = 1000;
	a.frames_used = 3;
	a.pad = CHECK(NOT_PERFORMED);
	a.pad_level = POSTERN__PAD_LEVEL__PAD_NONE;
	a.live_type = T("image/jpeg");
	return a;
}

void face_say(struct bench *b, Postern__FaceMatched *a)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	e.body_case = B(FACE_MATCHED);
	e.face_matched = a;
	if (a->live_type[0] != '\0')
		with_blob(&e, face_hash_live, 40000);
	assert_int_equal(bench_message(b, K(FACE_MATCH), bench_last(b, B(MATCH_FACE))->query_id, &e), PN_OK);
}
