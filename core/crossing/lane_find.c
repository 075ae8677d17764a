/* SPDX-License-Identifier: Apache-2.0
 * Whoever stands before an idle gate behind kiosks and shows no document: while there is a result whose face is kept, the camera is asked for
 * frames and the matcher whose face it is. One face and no other makes an event; everything else leaves the gate waiting for a document. Must
 * never begin a crossing, nor take the matcher's word for a result that this core does not know as open.
 */
#include <string.h>

#include "crossing/lane_run.h"

enum { FIND_FRAMES = 3, FIND_INTERVAL_MS = 100, NOBODY_MS = 500, FAILED_MS = 2000 };

#define RESULT(name) POSTERN__CHECK_RESULT__CHECK_##name

static bool looks(const struct lane *lane)
{
	const struct kiosk_store *store = lane->config.kiosk;
	return lane->config.topology == GATE_SEGREGATED && lane->table == GATE_SEGREGATED && store != NULL && face_expected(lane) &&
	       lane->config.has[POSTERN__PLUGIN_KIND__KIND_FACE_MATCH] && lane_ready(lane) &&
	       kiosk_awaits_face(store->remembered, PN_COUNT(store->remembered), &store->results);
}

static void ask(struct lane_run *run, Postern__Envelope *e)
{
	run->lane->search.query = run->lane->next_query_id;
	ask_send(run, e);
}

static void again(struct lane_run *run, uint32_t ms)
{
	run->lane->search.query = 0;
	run->lane->search.next_ms = run->in->mono_ms + ms;
}

static void captured(struct lane_run *run, const struct bus_message *m)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__FindFace q = POSTERN__FIND_FACE__INIT;
	const Postern__FaceCaptured *a = m != NULL ? m->envelope->face_captured : NULL;
	if (a == NULL || a->result != RESULT(SUCCESSFUL) || a->n_frames == 0 || !m->has_blob) {
		again(run, FAILED_MS); /* the camera says itself what is wrong with it */
		return;
	}
	q.frames = a->frames;
	q.n_frames = a->n_frames;
	e.blob_sha256 = m->envelope->blob_sha256;
	e.blob_size = m->envelope->blob_size;
	e.body_case = POSTERN__ENVELOPE__BODY_FIND_FACE;
	e.find_face = &q;
	ask(run, &e);
}

/* By the numbers, not by the matcher's word alone. */
static bool is_one(const Postern__FaceFound *a)
{
	return a->result == RESULT(SUCCESSFUL) && a->candidates == 1 && a->compared > 0 && a->fmr_millionths > 0 &&
	       a->score_permille >= a->threshold_permille;
}

static const struct kiosk_remembered *whose(const struct lane *lane, const uint8_t *token, size_t size)
{
	const struct kiosk_store *store = lane->config.kiosk;
	return kiosk_whose(store->remembered, PN_COUNT(store->remembered), &store->results, token, size);
}

static void answered(struct lane_run *run, const struct bus_message *m)
{
	struct lane_search *s = &run->lane->search;
	const Postern__FaceFound *a = m != NULL ? m->envelope->face_found : NULL;
	again(run, a == NULL ? FAILED_MS : a->somebody ? 0 : NOBODY_MS);
	if (a == NULL || !is_one(a) || whose(run->lane, a->face_token.data, a->face_token.len) == NULL)
		return;
	s->found = true;
	memcpy(s->token, a->face_token.data, sizeof s->token);
	run_event(run, GATE_EVENT_FACE_FOUND);
}

void find_answered(struct lane_run *run, Postern__Envelope__BodyCase query, const struct bus_message *m)
{
	if (!looks(run->lane))
		again(run, 0); /* somebody has laid down a document, or nobody is served any more */
	else if (query == POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		captured(run, m);
	else
		answered(run, m);
}

bool find_take(struct lane_run *run)
{
	struct crossing *c = &run->lane->crossing;
	const struct lane_search *s = &run->lane->search;
	const struct kiosk_remembered *r = s->found ? whose(run->lane, s->token, sizeof s->token) : NULL;
	if (r == NULL || run->now != GATE_EVENT_FACE_FOUND)
		return false;
	c->by_face = true;
	memcpy(c->token, s->token, sizeof c->token);
	c->document = crossing_keep(c, &postern__document_checked__descriptor, r->bytes, r->size);
	return true;
}

void find_settle(struct lane_run *run)
{
	struct lane *lane = run->lane;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	lane->search.found = false;
	if (lane->search.query != 0 || run->in->mono_ms < lane->search.next_ms || !looks(lane))
		return;
	q.frames = FIND_FRAMES;
	q.interval_ms = FIND_INTERVAL_MS;
	e.body_case = POSTERN__ENVELOPE__BODY_CAPTURE_FACE;
	e.capture_face = &q;
	ask(run, &e);
}

uint64_t find_next_wake(const struct lane *lane)
{
	return lane->search.query == 0 && looks(lane) ? lane->search.next_ms : UINT64_MAX;
}
