/* SPDX-License-Identifier: Apache-2.0
 * Showing a referred crossing to an officer: first the record of who looks and why, then what there is to see, built by the same code
 * as the verdict's record. Must never show anything before that record is durable, nor of a crossing that is over.
 */
#include <string.h>

#include "base/text.h"
#include "crossing/lane_run.h"

enum { VIEW_LEFT_OUT_MAX = BUS_REPEAT_MAX, FACES_MAX = 3 };

static bool waits(const struct crossing *c)
{
	return c->active && c->waiting_officer && c->verdict_durable;
}

int referral_open(struct lane_run *run, const Postern__LaneOrder *order)
{
	const Postern__OpenReferral *o = order->open;
	struct lane *lane = run->lane;
	const struct crossing *c = &lane->crossing;
	if (o == NULL || o->purpose == POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED) {
		lane->refusal = "order.incomplete";
		return PN_EDENIED;
	}
	if (!waits(c) || strcmp(o->crossing_id, c->id) != 0 || o->verdict_hash.len != sizeof c->verdict_hash ||
		memcmp(o->verdict_hash.data, c->verdict_hash, sizeof c->verdict_hash) != 0) {
		lane->refusal = "order.stale";
		return PN_ECONFLICT;
	}
	for (unsigned i = 0; i < LANE_LOOKS; i++) {
		struct lane_look *look = &lane->looks[i];
		if (look->tag != 0)
			continue;
		look->request = run->in->request;
		look->purpose = o->purpose;
		text_copy(look->crossing_id, sizeof look->crossing_id, c->id);
		look->tag = record_look(run, order->officer, o->purpose);
		return PN_OK;
	}
	lane->refusal = "order.busy";
	return PN_ELIMIT;
}

static void send(struct lane_run *run, Postern__PostReply *reply)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	e.body_case = POSTERN__ENVELOPE__BODY_POST_REPLY;
	e.post_reply = reply;
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_POST_LINK, &e);
}

/* Takes the last successful check out of a list; false when there is none. */
static bool leave_one_out(Postern__Check **checks, size_t *count)
{
	for (size_t i = *count; i-- > 0;) {
		if (checks[i]->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
			continue;
		--*count;
		for (; i < *count; i++)
			checks[i] = checks[i + 1];
		return true;
	}
	return false;
}

/* Only what is irregular must be seen: when all does not fit into a message, successful checks stay out. */
static void fit(Postern__PostReply *reply, Postern__ReferralView *v, Postern__Check **chip, Postern__Check **document)
{
	Postern__CrossingRecord *r = v->record;
	if (r->n_chip_checks > VIEW_LEFT_OUT_MAX || r->n_checks > VIEW_LEFT_OUT_MAX)
		return; /* none such has passed the bus */
	for (size_t i = 0; i < r->n_chip_checks; i++)
		chip[i] = r->chip_checks[i];
	for (size_t i = 0; i < r->n_checks; i++)
		document[i] = r->checks[i];
	r->chip_checks = chip;
	r->checks = document;
	while (postern__post_reply__get_packed_size(reply) > BUS_BODY_MAX &&
		(leave_one_out(chip, &r->n_chip_checks) || leave_one_out(document, &r->n_checks)))
		v->checks_left_out++;
}

/* The portrait's bytes, which the core has never opened, go beside a message of their own. */
static void send_portrait(struct lane_run *run, uint64_t request, Postern__Portrait *p)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__PortraitImage image = POSTERN__PORTRAIT_IMAGE__INIT;
	image.request = request;
	image.portrait = p;
	e.blob_sha256 = p->sha256;
	e.blob_size = p->size;
	e.body_case = POSTERN__ENVELOPE__BODY_PORTRAIT_IMAGE;
	e.portrait_image = &image;
	run->sink->send(run->sink->ctx, POSTERN__PLUGIN_KIND__KIND_POST_LINK, &e);
}

static size_t add_face(Postern__Portrait *at, Postern__PortraitSource source, const char *type, uint64_t size, uint8_t *sha256)
{
	if (size == 0)
		return 0;
	postern__portrait__init(at);
	at->source = source;
	at->media_type = (char *)(uintptr_t)type;
	at->size = (uint32_t)size;
	at->sha256 = (ProtobufCBinaryData){ BUS_HASH_SIZE, sha256 };
	return 1;
}

/* What there is of the crossing's person, in pictures; the reader's last, which gives way where the line has no room for all. */
static size_t find_faces(struct crossing *c, Postern__Portrait face[FACES_MAX], Postern__Portrait *faces[FACES_MAX])
{
	size_t n = 0;
	n += add_face(&face[n], POSTERN__PORTRAIT_SOURCE__PORTRAIT_CHIP, c->inspected != NULL ? c->inspected->portrait_type : "", c->portrait_size,
		c->portrait_sha256);
	n += add_face(&face[n], POSTERN__PORTRAIT_SOURCE__PORTRAIT_LIVE, c->face != NULL ? c->face->live_type : "", c->live_size, c->live_sha256);
	n += add_face(&face[n], POSTERN__PORTRAIT_SOURCE__PORTRAIT_PRINTED, "image/jpeg", c->printed_size, c->printed_sha256);
	for (size_t i = 0; i < n; i++)
		faces[i] = &face[i];
	return n;
}

static void show(struct lane_run *run, const struct lane_look *look, const uint8_t *hash)
{
	struct lane *lane = run->lane;
	struct crossing *c = &lane->crossing;
	Postern__PostReply reply = POSTERN__POST_REPLY__INIT;
	Postern__ReferralView v = POSTERN__REFERRAL_VIEW__INIT;
	Postern__Check *chip[VIEW_LEFT_OUT_MAX], *document[VIEW_LEFT_OUT_MAX];
	Postern__Portrait face[FACES_MAX], *faces[FACES_MAX];
	struct record r;
	record_build(&r, POSTERN__RECORD_KIND__RECORD_AUDIT, &lane->config.record, c, run->in->wall_ms, run->in->clock_quality);
	record_personal(&r, c);
	v.gate = (char *)(uintptr_t)lane->config.record.lane;
	v.crossing_id = c->id;
	v.verdict_hash = (ProtobufCBinaryData){ sizeof c->verdict_hash, c->verdict_hash };
	v.verdict = c->verdict.value;
	v.exception = c->verdict.exception;
	v.reason = r.clear.reason;
	v.reason_argument = r.clear.reason_argument;
	v.record = &r.personal;
	v.second_officer_needed = lane_needs_second(lane);
	v.audit_hash = (ProtobufCBinaryData){ 32, (uint8_t *)(uintptr_t)hash };
	v.purpose = look->purpose;
	v.printed_by_reader = lane->reader_portraits;
	v.portraits = faces;
	v.n_portraits = find_faces(c, face, faces);
	reply.request = look->request;
	reply.gate = v.gate;
	reply.accepted = true;
	reply.referral = &v;
	fit(&reply, &v, chip, document);
	send(run, &reply);
	for (size_t i = 0; i < v.n_portraits; i++)
		send_portrait(run, look->request, faces[i]);
}

void referral_recorded(struct lane_run *run, uint64_t tag, const uint8_t *hash)
{
	struct lane *lane = run->lane;
	for (unsigned i = 0; i < LANE_LOOKS; i++) {
		struct lane_look look = lane->looks[i];
		Postern__PostReply no = POSTERN__POST_REPLY__INIT;
		if (look.tag == 0 || look.tag != tag)
			continue;
		lane->looks[i].tag = 0;
		if (hash != NULL && waits(&lane->crossing) && strcmp(look.crossing_id, lane->crossing.id) == 0) {
			show(run, &look, hash);
			return;
		}
		no.request = look.request;
		no.gate = (char *)(uintptr_t)lane->config.record.lane;
		no.code = (char *)(uintptr_t)(hash == NULL ? "order.not_recorded" : "order.stale");
		send(run, &no);
		return;
	}
}
