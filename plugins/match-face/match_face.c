/* SPDX-License-Identifier: Apache-2.0
 * Plugin match-face: answers take_reference with whether the chip's face can be compared, and
 * match_face with how alike the faces of some frames are to it. Must never hold a reference longer
 * than its crossing is asked about, start unattended without a measured threshold and attack
 * detection, nor be deaf for longer than one frame takes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "face/engines.h"
#include "face_stage.h"
#include "postern/plugin.h"

#define ARENA_SIZE 16384u
#define ANSWER_MAX 4096u

struct plugin {
	const struct postern_host *host;
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
	uint8_t answer[ANSWER_MAX];
	struct face_folder *folder;
	struct face_matcher matcher;
	struct face_stage stage;
	uint32_t hold_ms;
	uint64_t forget_ms; /* when the reference goes; 0: there is none */
	/* The match_face under way, a frame per turn of the loop; query NULL: none. In the arena and in memory of our own. */
	struct {
		const Postern__MatchFace *query;
		uint64_t id;
		size_t frame, size;
		uint8_t *blob;
	} work;
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

/* blob NULL: there is none. */
static void answer(struct plugin *p, uint64_t query_id, uint32_t body, const ProtobufCMessage *message, const uint8_t *blob, size_t blob_size)
{
	const struct postern_host *h = p->host;
	const size_t size = protobuf_c_message_get_packed_size(message);
	if (size > sizeof p->answer) {
		log_event(p, POSTERN_ERROR, "match_face.answer_too_large", "");
		return; /* the declared default, refer, answers for us */
	}
	protobuf_c_message_pack(message, p->answer);
	int r = blob != NULL ? h->answer_blob(h->ctx, query_id, body, p->answer, size, blob, blob_size)
			     : h->answer(h->ctx, query_id, body, p->answer, size);
	if (r != 0)
		log_event(p, POSTERN_WARNING, "match_face.answer_refused", "");
	explicit_bzero(p->answer, size);
}

/* The next frame at once; or the end of the reference's time. */
static void arm(struct plugin *p)
{
	const uint64_t now = p->host->now_ms(p->host->ctx);
	uint64_t wait = p->forget_ms > now ? p->forget_ms - now : 0;
	if (p->work.query == NULL && p->forget_ms == 0)
		return;
	if (p->work.query != NULL)
		wait = 0;
	if (p->host->wake_after(p->host->ctx, (uint32_t)wait) != 0) {
		face_stage_forget(&p->stage);
		p->host->fail(p->host->ctx, "match_face.no_timer");
	}
}

static void end_work(struct plugin *p)
{
	if (p->work.blob != NULL)
		explicit_bzero(p->work.blob, p->work.size);
	free(p->work.blob);
	memset(&p->work, 0, sizeof p->work);
	arena_wipe(&p->arena);
}

static void forget(struct plugin *p)
{
	face_stage_forget(&p->stage);
	p->forget_ms = 0;
}

static void give(struct plugin *p, uint64_t id, const Postern__FaceMatched *m)
{
	p->host->count(p->host->ctx, "matches_total", 1);
	if (!m->more && m->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		p->host->count(p->host->ctx, "matches_not_successful_total", 1);
	answer(p, id, POSTERN__ENVELOPE__BODY_FACE_MATCHED, &m->base, p->stage.live.jpeg, p->stage.live.size);
	face_stage_shown(&p->stage);
}

/* Something else is asked before this is done: its traveller is gone. */
static void abandon(struct plugin *p)
{
	Postern__FaceMatched m = POSTERN__FACE_MATCHED__INIT;
	if (p->work.query == NULL)
		return;
	m.result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
	m.cause = (char *)(uintptr_t)"face.asked_again";
	give(p, p->work.id, &m);
	end_work(p);
}

static void take_reference(struct plugin *p, const struct postern_message *m)
{
	Postern__ReferenceTaken taken;
	face_stage_take(&p->stage, m->crossing_id, m->blob, m->blob_size, &taken);
	p->host->count(p->host->ctx, "references_total", 1);
	p->forget_ms = p->stage.crossing[0] != '\0' ? p->host->now_ms(p->host->ctx) + p->hold_ms : 0;
	answer(p, m->query_id, POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN, &taken.base, NULL, 0);
}

static void match_face(struct plugin *p, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &p->arena};
	const Postern__MatchFace *q = postern__match_face__unpack(&allocator, m->size, m->bytes);
	Postern__FaceMatched matched;
	if (q == NULL) {
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
		arena_wipe(&p->arena);
		return;
	}
	if (!face_stage_begin(&p->stage, m->crossing_id, q, m->blob, &matched)) {
		give(p, m->query_id, &matched);
		arena_wipe(&p->arena);
		return;
	}
	p->work.query = q;
	p->work.id = m->query_id;
	p->work.size = m->blob_size;
	p->work.blob = malloc(m->blob_size);
	if (p->work.blob == NULL) {
		abandon(p);
		return;
	}
	memcpy(p->work.blob, m->blob, m->blob_size);
}

static void on_message(void *self, const struct postern_message *m)
{
	struct plugin *p = self;
	if (m->body == POSTERN__ENVELOPE__BODY_TAKE_REFERENCE) {
		abandon(p);
		take_reference(p, m);
	} else if (m->body == POSTERN__ENVELOPE__BODY_FORGET_FACE) {
		abandon(p);
		forget(p);
	} else if (m->body == POSTERN__ENVELOPE__BODY_MATCH_FACE) {
		abandon(p);
		match_face(p, m);
	}
	arm(p);
}

static void go_on(struct plugin *p)
{
	Postern__FaceMatched matched;
	if (p->work.frame < p->work.query->n_frames && p->work.frame < FACE_STAGE_FRAMES_MAX) {
		face_stage_look(&p->stage, p->work.query, p->work.frame++, p->work.blob, p->work.size);
		return;
	}
	face_stage_decide(&p->stage, p->work.query, p->work.blob, p->work.size, &matched);
	give(p, p->work.id, &matched);
	end_work(p);
}

static void on_tick(void *self, uint64_t now_ms)
{
	struct plugin *p = self;
	if (p->work.query != NULL)
		go_on(p);
	else if (p->forget_ms != 0 && now_ms >= p->forget_ms)
		forget(p);
	arm(p);
}

static void on_core(void *self, uint64_t epoch)
{
	struct plugin *p = self;
	(void)epoch;
	end_work(p); /* nobody waits for it */
	forget(p);
}

static void on_stop(void *self)
{
	struct plugin *p = self;
	end_work(p);
	face_stage_forget(&p->stage);
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
	const struct face_engine *engines[FACE_ENGINES_MAX];
	size_t engine_count;
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
	r = face_engines_of(p->folder, engines, &engine_count);
	if (r == PN_OK)
		r = face_matcher_open(engines, engine_count, &opening, &p->matcher);
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
	s->infrared = h->option_bool(h->ctx, "nir_presence") != 0;
	s->attempts = (uint32_t)h->option_int(h->ctx, "attempts");
	/* An impostor has as many tries: together they may be mistaken as often as is allowed. */
	if (face_model_threshold(p->folder->model, (double)h->option_int(h->ctx, "fmr_millionths") / 1e6 / s->attempts, &s->threshold) != PN_OK)
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
	if (!POSTERN_HOST_HAS(host, answer_blob)) {
		free(p);
		return PN_EUNSUPPORTED;
	}
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
