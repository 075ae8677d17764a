/* SPDX-License-Identifier: Apache-2.0
 * Plugin match-face: answers take_reference with whether the chip's face can be compared, and
 * match_face with how alike the faces of some frames are to it; for a gate and its kiosks at once.
 * Must never hold a reference longer than its crossing is asked about or the core has named a time
 * for, start unattended without a measured threshold and attack detection, nor be deaf for longer
 * than one frame takes.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "face/engines.h"
#include "face_gallery.h"
#include "face_search.h"
#include "face_stage.h"
#include "postern/plugin.h"

#define ARENA_SIZE 16384u
#define SCRATCH_SIZE 1024u
#define ANSWER_MAX 4096u

enum { SEATS = 5 }; /* a gate and its four kiosks */

/* Frames that are being looked at, one per turn of the loop; query NULL: none. In the arena and in memory of our own. */
struct work {
	const Postern__MatchFace *query;
	uint64_t id;
	size_t frame, size;
	uint8_t *blob;
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
};

/* A crossing that is asked about: a gate's, or one of its kiosks'. */
struct seat {
	struct face_stage stage;
	uint64_t forget_ms; /* when the reference goes; 0: nobody sits here */
	struct work work;
};

struct plugin {
	const struct postern_host *host;
	struct arena scratch; /* of whatever is done with at once */
	uint8_t memory[SCRATCH_SIZE];
	uint8_t answer[ANSWER_MAX];
	struct face_folder *folder;
	struct face_matcher matcher;
	struct seat seats[SEATS];
	size_t turn;		  /* whose frame was looked at last */
	struct face_stage nobody; /* answers about crossings that have no seat */
	struct face_gallery gallery;
	struct {
		struct face_search search;
		struct work work;
	} door; /* whoever comes */
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

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a == 0 || (b != 0 && b < a) ? b : a;
}

static void forget_all(struct plugin *p)
{
	for (size_t i = 0; i < SEATS; i++) {
		face_stage_forget(&p->seats[i].stage);
		p->seats[i].forget_ms = 0;
	}
	face_search_end(&p->door.search);
	face_gallery_drop(&p->gallery, NULL, 0);
}

/* The next frame at once; or the end of a face's time. */
static void arm(struct plugin *p)
{
	const uint64_t now = p->host->now_ms(p->host->ctx);
	uint64_t next = face_gallery_tick(&p->gallery, now);
	for (size_t i = 0; i < SEATS; i++)
		next = sooner(next, p->seats[i].work.query != NULL ? now : p->seats[i].forget_ms);
	if (p->door.work.query != NULL)
		next = sooner(next, now);
	if (next == 0)
		return;
	const uint64_t wait = next > now ? next - now : 0;
	if (p->host->wake_after(p->host->ctx, wait < UINT32_MAX ? (uint32_t)wait : UINT32_MAX) != 0) {
		forget_all(p);
		p->host->fail(p->host->ctx, "match_face.no_timer");
	}
}

static void end_work(struct work *w)
{
	if (w->blob != NULL)
		explicit_bzero(w->blob, w->size);
	free(w->blob);
	w->query = NULL;
	w->blob = NULL;
	w->frame = w->size = 0;
	arena_wipe(&w->arena);
}

static void forget(struct seat *s)
{
	face_stage_forget(&s->stage);
	s->forget_ms = 0;
}

static void give(struct plugin *p, struct face_stage *stage, uint64_t id, const Postern__FaceMatched *m)
{
	p->host->count(p->host->ctx, "matches_total", 1);
	if (!m->more && m->result != POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL)
		p->host->count(p->host->ctx, "matches_not_successful_total", 1);
	answer(p, id, POSTERN__ENVELOPE__BODY_FACE_MATCHED, &m->base, stage->live.jpeg, stage->live.size);
	face_stage_shown(stage);
}

/* Something else is asked of this crossing before this is done: its traveller is gone. */
static void abandon(struct plugin *p, struct seat *s)
{
	Postern__FaceMatched m = POSTERN__FACE_MATCHED__INIT;
	if (s->work.query == NULL)
		return;
	m.result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
	m.cause = (char *)(uintptr_t)"face.asked_again";
	give(p, &s->stage, s->work.id, &m);
	end_work(&s->work);
}

/* NULL: it has no reference here. */
static struct seat *seat_of(struct plugin *p, const char *crossing)
{
	for (size_t i = 0; i < SEATS; i++)
		if (crossing[0] != '\0' && strcmp(p->seats[i].stage.crossing, crossing) == 0)
			return &p->seats[i];
	return NULL;
}

/* Its own, a free one, or that of the crossing whose time ends first: the core has forgotten to say that it is over. */
static struct seat *seat_for(struct plugin *p, const char *crossing)
{
	struct seat *s = seat_of(p, crossing);
	for (size_t i = 0; i < SEATS && s == NULL; i++)
		if (p->seats[i].forget_ms == 0)
			s = &p->seats[i];
	if (s != NULL)
		return s;
	s = &p->seats[0];
	for (size_t i = 1; i < SEATS; i++)
		if (p->seats[i].forget_ms < s->forget_ms)
			s = &p->seats[i];
	return s;
}

static void take_reference(struct plugin *p, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &p->scratch};
	const Postern__TakeReference *q = postern__take_reference__unpack(&allocator, m->size, m->bytes);
	struct seat *s = seat_for(p, m->crossing_id);
	struct face_capture kept = {.size = 0};
	Postern__ReferenceTaken taken;
	abandon(p, s);
	if (q == NULL) {
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
		forget(s);
	} else if (q->face_token.len == 0) {
		face_stage_take(&s->stage, m->crossing_id, m->blob, m->blob_size, &taken);
	} else {
		const uint64_t now = p->host->now_ms(p->host->ctx);
		int r = face_gallery_take(&p->gallery, q->face_token.data, q->face_token.len, now, &kept);
		face_stage_recall(&s->stage, m->crossing_id, r == PN_OK ? &kept : NULL, &taken);
		p->host->count(p->host->ctx, "faces_recalled_total", r == PN_OK);
		face_search_end(&p->door.search); /* whoever stood there goes in: the next one is another */
	}
	explicit_bzero(&kept, sizeof kept);
	s->forget_ms = s->stage.crossing[0] != '\0' ? p->host->now_ms(p->host->ctx) + p->hold_ms : 0;
	arena_wipe(&p->scratch);
	if (q == NULL)
		return;
	p->host->count(p->host->ctx, "references_total", 1);
	answer(p, m->query_id, POSTERN__ENVELOPE__BODY_REFERENCE_TAKEN, &taken.base, NULL, 0);
}

static void keep_face(struct plugin *p, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &p->scratch};
	const Postern__KeepFace *k = postern__keep_face__unpack(&allocator, m->size, m->bytes);
	const struct seat *s = seat_of(p, m->crossing_id);
	int r = PN_ENOTFOUND;
	if (k == NULL)
		r = PN_EFORMAT;
	else if (s != NULL && k->valid_ms > 0)
		r = face_gallery_keep(&p->gallery, k->face_token.data, k->face_token.len, &s->stage.reference,
			p->host->now_ms(p->host->ctx) + k->valid_ms);
	if (r != PN_OK)
		log_event(p, POSTERN_WARNING, "match_face.not_kept", pn_err_name(r));
	p->host->count(p->host->ctx, "faces_kept_total", r == PN_OK);
	arena_wipe(&p->scratch);
}

static void drop_face(struct plugin *p, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &p->scratch};
	const Postern__DropFace *d = postern__drop_face__unpack(&allocator, m->size, m->bytes);
	if (d == NULL)
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
	face_gallery_drop(&p->gallery, d != NULL ? d->face_token.data : NULL, d != NULL ? d->face_token.len : 0);
	arena_wipe(&p->scratch);
}

/* Of the crossing, or of all. */
static void forget_face(struct plugin *p, const struct postern_message *m)
{
	for (size_t i = 0; i < SEATS; i++) {
		if (m->crossing_id[0] != '\0' && &p->seats[i] != seat_of(p, m->crossing_id))
			continue;
		abandon(p, &p->seats[i]);
		forget(&p->seats[i]);
	}
}

static bool begin_work(struct work *w, const struct postern_message *m)
{
	w->id = m->query_id;
	w->size = m->blob_size;
	w->blob = malloc(m->blob_size);
	if (w->blob != NULL)
		memcpy(w->blob, m->blob, m->blob_size);
	return w->blob != NULL;
}

static void look_at(struct plugin *p, struct seat *s, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &s->work.arena};
	const Postern__MatchFace *q = postern__match_face__unpack(&allocator, m->size, m->bytes);
	Postern__FaceMatched matched;
	if (q == NULL) {
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
		arena_wipe(&s->work.arena);
		return;
	}
	if (!face_stage_begin(&s->stage, m->crossing_id, q, m->blob, &matched)) {
		give(p, &s->stage, m->query_id, &matched);
		arena_wipe(&s->work.arena);
		return;
	}
	s->work.query = q;
	if (!begin_work(&s->work, m))
		abandon(p, s);
}

static void match_face(struct plugin *p, const struct postern_message *m)
{
	static const Postern__MatchFace nothing = POSTERN__MATCH_FACE__INIT;
	struct seat *s = seat_of(p, m->crossing_id);
	Postern__FaceMatched matched;
	if (s != NULL) {
		abandon(p, s);
		look_at(p, s, m);
	} else if (!face_stage_begin(&p->nobody, m->crossing_id, &nothing, NULL, &matched)) {
		give(p, &p->nobody, m->query_id, &matched);
	}
}

/* --- whoever comes ------------------------------------------------------------------------------------------------- */

static void give_found(struct plugin *p, uint64_t id, const Postern__FaceFound *f)
{
	p->host->count(p->host->ctx, "searches_total", f->compared > 0);
	p->host->count(p->host->ctx, "searches_successful_total", f->result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	answer(p, id, POSTERN__ENVELOPE__BODY_FACE_FOUND, &f->base, NULL, 0);
}

static void leave_door(struct plugin *p)
{
	Postern__FaceFound f = POSTERN__FACE_FOUND__INIT;
	if (p->door.work.query == NULL)
		return;
	f.result = POSTERN__CHECK_RESULT__CHECK_ABORTED;
	f.cause = (char *)(uintptr_t)"face.asked_again";
	give_found(p, p->door.work.id, &f);
	end_work(&p->door.work);
}

/* Frames are frames: they are decoded as those of a match_face, whose field they share. */
static void find_face(struct plugin *p, const struct postern_message *m)
{
	struct work *w = &p->door.work;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &w->arena};
	Postern__FaceFound found;
	leave_door(p);
	const Postern__MatchFace *q = postern__match_face__unpack(&allocator, m->size, m->bytes);
	if (q == NULL) {
		log_event(p, POSTERN_WARNING, "match_face.query_undecodable", "");
		arena_wipe(&w->arena);
		return;
	}
	if (!face_search_begin(&p->door.search, m->blob, q->n_frames, &found)) {
		give_found(p, m->query_id, &found);
		arena_wipe(&w->arena);
		return;
	}
	w->query = q;
	if (!begin_work(w, m))
		leave_door(p);
}

static void at_the_door(struct plugin *p)
{
	struct work *w = &p->door.work;
	Postern__FaceFound found;
	if (w->frame < w->query->n_frames && w->frame < FACE_STAGE_FRAMES_MAX) {
		face_stage_look(&p->door.search.stage, w->query, w->frame++, w->blob, w->size);
		return;
	}
	face_search_decide(&p->door.search, w->query, w->blob, w->size, &p->gallery, p->host->now_ms(p->host->ctx), &found);
	give_found(p, w->id, &found);
	end_work(w);
}

static void on_message(void *self, const struct postern_message *m)
{
	struct plugin *p = self;
	switch (m->body) {
	case POSTERN__ENVELOPE__BODY_TAKE_REFERENCE:
		take_reference(p, m);
		break;
	case POSTERN__ENVELOPE__BODY_MATCH_FACE:
		match_face(p, m);
		break;
	case POSTERN__ENVELOPE__BODY_FIND_FACE:
		find_face(p, m);
		break;
	case POSTERN__ENVELOPE__BODY_FORGET_FACE:
		forget_face(p, m);
		break;
	case POSTERN__ENVELOPE__BODY_KEEP_FACE:
		keep_face(p, m);
		break;
	case POSTERN__ENVELOPE__BODY_DROP_FACE:
		drop_face(p, m);
		break;
	default:
		break;
	}
	arm(p);
}

static void go_on(struct plugin *p, struct seat *s)
{
	Postern__FaceMatched matched;
	if (s->work.frame < s->work.query->n_frames && s->work.frame < FACE_STAGE_FRAMES_MAX) {
		face_stage_look(&s->stage, s->work.query, s->work.frame++, s->work.blob, s->work.size);
		return;
	}
	if (getrandom(&s->stage.lots, sizeof s->stage.lots, 0) != sizeof s->stage.lots) {
		p->host->fail(p->host->ctx, "match_face.no_random"); /* what can be foreseen is not asked */
		return;
	}
	face_stage_decide(&s->stage, s->work.query, s->work.blob, s->work.size, &matched);
	give(p, &s->stage, s->work.id, &matched);
	end_work(&s->work);
}

/* One frame of one crossing, each in its turn; whoever only comes waits for those who are there. */
static void work(struct plugin *p)
{
	for (size_t i = 1; i <= SEATS; i++) {
		const size_t at = (p->turn + i) % SEATS;
		if (p->seats[at].work.query == NULL)
			continue;
		p->turn = at;
		go_on(p, &p->seats[at]);
		return;
	}
	if (p->door.work.query != NULL)
		at_the_door(p);
}

static void on_tick(void *self, uint64_t now_ms)
{
	struct plugin *p = self;
	work(p);
	for (size_t i = 0; i < SEATS; i++) {
		struct seat *s = &p->seats[i];
		if (s->work.query == NULL && s->forget_ms != 0 && now_ms >= s->forget_ms)
			forget(s);
	}
	arm(p);
}

/* Nobody waits for an answer, and no result is known any more whose face this would be. */
static void on_core(void *self, uint64_t epoch)
{
	struct plugin *p = self;
	(void)epoch;
	for (size_t i = 0; i < SEATS; i++)
		end_work(&p->seats[i].work);
	end_work(&p->door.work);
	forget_all(p);
}

static void on_stop(void *self)
{
	struct plugin *p = self;
	for (size_t i = 0; i < SEATS; i++)
		end_work(&p->seats[i].work);
	end_work(&p->door.work);
	forget_all(p);
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
	struct face_settings *s = &p->nobody.settings;
	p->nobody.matcher = &p->matcher;
	p->nobody.folder = p->folder;
	s->limits = face_limits_default;
	s->limits.eye_distance_min = (float)h->option_int(h->ctx, "eye_distance_min");
	s->frames_min = (uint32_t)h->option_int(h->ctx, "frames_min");
	s->unattended = mode == NULL || strcmp(mode, "assisted") != 0;
	s->infrared = h->option_bool(h->ctx, "nir_presence") != 0;
	s->head_turns = (uint32_t)h->option_int(h->ctx, "head_turns");
	s->attempts = (uint32_t)h->option_int(h->ctx, "attempts");
	/* An impostor has as many tries: together they may be mistaken as often as is allowed. */
	if (face_model_threshold(p->folder->model, (double)h->option_int(h->ctx, "fmr_millionths") / 1e6 / s->attempts, &s->threshold) != PN_OK)
		s->threshold = NULL;
	p->hold_ms = (uint32_t)h->option_int(h->ctx, "hold_s") * 1000;
	for (size_t i = 0; i <= SEATS; i++) {
		struct face_stage *stage = i < SEATS ? &p->seats[i].stage : &p->door.search.stage;
		stage->matcher = &p->matcher;
		stage->folder = p->folder;
		stage->settings = *s;
	}
	p->door.search.fmr = (double)h->option_int(h->ctx, "find_fmr_millionths") / 1e6;
	const char *missing = face_stage_missing(&p->nobody);
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
	arena_init(&p->scratch, p->memory, sizeof p->memory);
	for (size_t i = 0; i < SEATS; i++)
		arena_init(&p->seats[i].work.arena, p->seats[i].work.memory, sizeof p->seats[i].work.memory);
	arena_init(&p->door.work.arena, p->door.work.memory, sizeof p->door.work.memory);
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
