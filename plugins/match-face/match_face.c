/* SPDX-License-Identifier: Apache-2.0
 * Plugin match-face: answers take_reference with whether the chip's face can be compared, and
 * match_face with how alike the faces of some frames are to it. Must never hold a reference longer
 * than its crossing is asked about, nor start unattended without a measured threshold and attack
 * detection.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "face_stage.h"
#include "postern/plugin.h"

#define ARENA_SIZE 16384u
#define ANSWER_MAX 2048u

struct plugin {
	const struct postern_host *host;
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
	uint8_t answer[ANSWER_MAX];
	struct face_folder *folder;
	struct face_matcher matcher;
	struct face_stage stage;
	uint32_t hold_ms;
};

static void *arena_take(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void arena_leave(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

static void log_event(
	const struct plugin *p, enum postern_log_level level, const char *event, const char *detail)
{
	p->host->log(p->host->ctx, level, event, detail);
}

static void answer(
	struct plugin *p, uint64_t query_id, uint32_t body, const ProtobufCMessage *message)
{
	const size_t size = protobuf_c_message_get_packed_size(message);
	if (size > sizeof p->answer) {
		log_event(p, POSTERN_ERROR, "match_face.answer_too_large", "");
		return; /* the declared default, refer, answers for us */
	}
	protobuf_c_message_pack(message, p->answer);
	if (p->host->answer(p->host->ctx, query_id, body, p->answer, size) != 0)
		log_event(p, POSTERN_WARNING, "match_face.answer_refused", "");
	explicit_bzero(p->answer, size);
}

static void take_reference(struct plugin *p, const struct postern_message *m)
{
	Postern__ReferenceTaken taken;
	face_stage_take(&p->stage, m->crossing_id, m->blob, m->blob_size, &taken);
	p->host->count(p->host->ctx, "references_total", 1);
	if (p->stage.crossing[0] != '\0' && p->host->wake_after(p->host->ctx, p->hold_ms) != 0) {
		face_stage_forget(&p->stage);
		p->host->fail(p->host->ctx, "match_face.no_timer");
	}
	answer(p, m->query_id, POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN, &taken.base);
}

static void match_face(
	struct plugin *p, const struct postern_message *m, const Postern__MatchFace *q)
{
	Postern__FaceMatched matched;
	face_stage_match(&p->stage, m->crossing_id, q, m->blob, m->blob_size, &matched);
	p->host->count(p->host->ctx, "matches_total", 1);
	if (matched.result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		p->host->count(p->host->ctx, "matches_not_successful_total", 1);
	answer(p, m->query_id, POSTERN__ENVELOPE__BODY_FACE_MATCHED, &matched.base);
}

static void on_message(void *self, const struct postern_message *m)
{
	struct plugin *p = self;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &p->arena};
	bool decoded = true;
	if (m->body == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE) {
		take_reference(p, m);
	} else if (m->body == POSTERN__ENVELOPE__BODY_MATCH_FACE) {
		const Postern__MatchFace *q =
			postern__match_face__unpack(&allocator, m->size, m->bytes);
		decoded = q != NULL;
		if (decoded)
			match_face(p, m, q);
	}
	if (!decoded)
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
	arena_wipe(&p->arena);
}

/* The time of a reference is over. */
static void on_tick(void *self, uint64_t now_ms)
{
	struct plugin *p = self;
	(void)now_ms;
	face_stage_forget(&p->stage);
}

static void on_core(void *self, uint64_t epoch)
{
	struct plugin *p = self;
	(void)epoch;
	face_stage_forget(&p->stage);
}

static void on_stop(void *self)
{
	struct plugin *p = self;
	face_matcher_close(&p->matcher);
	face_folder_free(p->folder);
	explicit_bzero(p, sizeof *p);
	free(p);
}

static int load(struct plugin *p)
{
	char why_text[200] = "";
	struct text why;
	const char *folder = p->host->folder(p->host->ctx, "models");
	const struct face_engine *engines[] = {face_reference_engine()};
	text_init(&why, why_text, sizeof why_text);
	if (folder == NULL)
		return PN_ENOTFOUND;
	int r = face_folder_load(folder, &p->folder, &why);
	if (r != PN_OK) {
		log_event(p, POSTERN_ERROR, "match_face.models", pn_err_name(r));
		return r;
	}
	const struct face_opening opening = {.struct_size = sizeof opening,
		.file_count = p->folder->model->files_count,
		.files = p->folder->files,
		.folder = folder};
	r = face_matcher_open(engines, 1, &opening, &p->matcher);
	face_folder_drop_files(p->folder);
	if (r != PN_OK)
		log_event(p, POSTERN_ERROR, "match_face.engine", pn_err_name(r));
	return r;
}

static int settings(struct plugin *p)
{
	const struct postern_host *h = p->host;
	const char *mode = h->option(h->ctx, "mode");
	struct face_settings *s = &p->stage.settings;
	p->stage.matcher = &p->matcher;
	p->stage.folder = p->folder;
	s->limits = face_limits_default;
	s->limits.eye_distance_min = (float)h->option_int(h->ctx, "eye_distance_min");
	s->frames_min = (uint32_t)h->option_int(h->ctx, "frames_min");
	s->unattended = mode == NULL || strcmp(mode, "assisted") != 0;
	if (face_model_threshold(p->folder->model,
		    (double)h->option_int(h->ctx, "fmr_millionths") / 1e6, &s->threshold) != PN_OK)
		s->threshold = NULL;
	p->hold_ms = (uint32_t)h->option_int(h->ctx, "hold_s") * 1000;
	const char *missing = face_stage_missing(&p->stage);
	if (missing != NULL)
		log_event(p, POSTERN_ERROR, missing, "unattended");
	else if (s->threshold == NULL)
		log_event(p, POSTERN_WARNING, "face.no_threshold", "assisted");
	return missing == NULL ? PN_OK : PN_EUNSUPPORTED;
}

static int on_init(const struct postern_host *host, void **self)
{
	struct plugin *p = calloc(1, sizeof *p);
	if (p == NULL)
		return PN_ENOMEM;
	p->host = host;
	arena_init(&p->arena, p->memory, sizeof p->memory);
	int r = load(p);
	if (r == PN_OK)
		r = settings(p);
	if (r == PN_OK) {
		log_event(p, POSTERN_INFO, "match_face.model", p->folder->digest);
		*self = p;
	} else {
		on_stop(p);
	}
	return r;
}

POSTERN_PLUGIN(.name = "match-face", .version = "0.1.0", .init = on_init, .message = on_message,
	.tick = on_tick, .core_started = on_core, .stop = on_stop);
