/* SPDX-License-Identifier: Apache-2.0
 * Plugin sim-camera: answers capture_face with frames of a drawn scene, at the rate that is asked for, each made when it is due.
 * Must never be loaded by a production profile, which its manifest sees to, keep a frame beyond its answer, nor give one that shows
 * nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "camera/tell.h"
#include "camera/watch.h"
#include "face.pb-c.h"
#include "postern/plugin.h"
#include "scene.h"

enum {
	PORTRAITS_MAX = 32,
	FRAMES_HELD = 8, /* as many as an answer's 8 MiB take, with near infrared beside them */
	BLOB_BYTES = FRAMES_HELD * (SCENE_BYTES + SCENE_INFRARED_BYTES),
	FILE_BYTES_MAX = 4 << 20,
	PATH_BYTES = 4096,
	LINE_MAX_BYTES = 64,
	INTERVAL_MIN_MS = 20,
	TURN_DEGREES_A_SECOND = 60,
};

struct camera {
	const struct postern_host *host;
	struct face_picture portraits[PORTRAITS_MAX];
	size_t count;
	int line; /* -1: none */
	char heard[LINE_MAX_BYTES];
	size_t heard_size;
	bool skipping; /* to the end of a line that was too long */
	struct scene scene;
	uint32_t number; /* of frames since the scene began */
	int32_t turned_degrees; /* so far, on the way to the scene's */
	uint64_t turned_ms;
	struct camera_watch watch;
	struct camera_tell tell;
	/* The capture under way; query 0: none. */
	uint64_t query;
	uint32_t wanted, interval_ms, seen, taken; /* seen: moments; taken: frames of both cameras */
	size_t used;
	uint64_t due_ms;
	uint32_t rate; /* frames of a second that it could give, whether asked or not */
	Postern__FaceFrame frame[CAMERA_FRAMES_MAX];
	bool infrared;
	uint8_t *blob; /* of BLOB_BYTES; wiped with the answer */
};

static void answer(struct camera *c, const char *cause)
{
	camera_tell_captured(&c->tell, c->query, cause, c->frame, c->taken, c->blob, c->used);
	c->query = 0;
	c->used = 0;
	c->seen = c->taken = 0;
}

/* The first frame of its own that is not before ms. */
static uint64_t frame_from(const struct camera *c, uint64_t ms)
{
	const uint64_t number = (ms * c->rate + 999) / 1000;
	return (number * 1000 + c->rate - 1) / c->rate;
}

static void add(struct camera *c, Postern__FrameFormat format, uint32_t width, uint32_t height, size_t size, uint64_t taken_ns)
{
	Postern__FaceFrame *f = &c->frame[c->taken++];
	postern__face_frame__init(f);
	f->format = format;
	f->width = width;
	f->height = height;
	f->offset = (uint32_t)c->used;
	f->size = (uint32_t)size;
	f->mono_ns = taken_ns;
	c->used += size;
}

/* Nobody's head is somewhere else at once. */
static struct scene moment(struct camera *c, uint64_t now)
{
	struct scene s = c->scene;
	const int32_t left = s.turn_degrees - c->turned_degrees;
	const uint64_t passed = now - c->turned_ms, far = passed * TURN_DEGREES_A_SECOND / 1000;
	if (far >= (uint64_t)abs(left))
		c->turned_degrees = s.turn_degrees;
	else
		c->turned_degrees += left > 0 ? (int32_t)far : -(int32_t)far;
	if (far > 0 || left == 0)
		c->turned_ms = now;
	s.turn_degrees = c->turned_degrees;
	return s;
}

/* Makes the frame that is due; whether it shows anything decides whether it counts. */
static void take(struct camera *c, uint64_t now, uint64_t taken_ns)
{
	uint8_t *pixels = c->blob + c->used;
	struct camera_look look;
	if (c->scene.condition == SCENE_STALLED)
		return;
	const struct scene scene = moment(c, now);
	scene_draw(c->portraits, c->count, &scene, c->number, pixels);
	const uint32_t number = c->number++;
	camera_look_at(pixels, SCENE_WIDTH, SCENE_HEIGHT, SCENE_WIDTH * 3, 3, &look);
	if (camera_watch_frame(&c->watch, &look, now) != CAMERA_WELL) {
		explicit_bzero(pixels, SCENE_BYTES);
		return;
	}
	add(c, POSTERN__FRAME_FORMAT__FRAME_RGB24, SCENE_WIDTH, SCENE_HEIGHT, SCENE_BYTES, taken_ns);
	c->seen++;
	if (!c->infrared || !scene_draw_infrared(c->portraits, c->count, &scene, number, c->blob + c->used))
		return;
	add(c, POSTERN__FRAME_FORMAT__FRAME_NIR8, SCENE_INFRARED_WIDTH, SCENE_INFRARED_HEIGHT, SCENE_INFRARED_BYTES, taken_ns);
	c->frame[c->taken - 1].sensor = 1;
}

static void go_on(struct camera *c, uint64_t now)
{
	if (c->scene.condition == SCENE_UNPLUGGED) {
		answer(c, "camera.unplugged");
		return;
	}
	if (now >= c->due_ms) {
		const uint64_t taken_ns = clock_mono_ns();
		take(c, now, taken_ns);
		c->due_ms = frame_from(c, taken_ns / 1000000U + c->interval_ms); /* one that is late is not made up for */
	}
	const enum camera_fault fault = camera_watch_now(&c->watch, now);
	camera_tell_trouble(&c->tell, camera_fault_key(fault));
	if (fault != CAMERA_WELL)
		answer(c, camera_fault_key(fault));
	else if (c->seen == c->wanted)
		answer(c, "");
}

static void capture(struct camera *c, uint64_t query_id, const Postern__CaptureFace *q)
{
	const uint64_t now = c->host->now_ms(c->host->ctx);
	if (c->query != 0)
		answer(c, "camera.asked_again");
	c->host->count(c->host->ctx, "captures_total", 1);
	c->query = query_id;
	c->wanted = q->frames < 1 ? 1 : q->frames > FRAMES_HELD ? FRAMES_HELD : q->frames;
	c->interval_ms = q->interval_ms < INTERVAL_MIN_MS ? INTERVAL_MIN_MS : q->interval_ms;
	c->due_ms = frame_from(c, now);
	camera_watch_begin(&c->watch, now);
	go_on(c, now);
}

/* A line that is no scene is passed over: it is only a simulation's. */
static void hear(struct camera *c, char byte)
{
	struct scene s;
	if (byte != '\n') {
		c->skipping = c->skipping || c->heard_size + 1 == sizeof c->heard;
		if (!c->skipping)
			c->heard[c->heard_size++] = byte;
		return;
	}
	c->heard[c->heard_size] = '\0';
	if (!c->skipping && scene_parse(c->heard, c->count, &s)) {
		if (!scene_goes_on(&c->scene, &s)) {
			c->number = 0;
			c->turned_degrees = 0;
		}
		c->scene = s;
		c->turned_ms = c->host->now_ms(c->host->ctx);
	}
	c->heard_size = 0;
	c->skipping = false;
}

static void listen_to_scene(struct camera *c)
{
	char bytes[256];
	if (c->line < 0)
		return;
	const ssize_t n = read(c->line, bytes, sizeof bytes);
	for (ssize_t i = 0; i < n; i++)
		hear(c, bytes[i]);
}

static void on_tick(void *self, uint64_t now)
{
	struct camera *c = self;
	listen_to_scene(c);
	camera_tell_ready(&c->tell, c->scene.condition != SCENE_UNPLUGGED ? "" : "camera.unplugged");
	if (c->query != 0)
		go_on(c, now);
	else if (c->tell.trouble[0] != '\0' && c->scene.condition < SCENE_BLACK)
		camera_tell_trouble(&c->tell, "");
	const uint64_t wait = c->query != 0 && c->due_ms > now ? c->due_ms - now : CAMERA_LOOK_MS;
	if (c->host->wake_after(c->host->ctx, wait < CAMERA_LOOK_MS ? (uint32_t)wait : CAMERA_LOOK_MS) != 0)
		c->host->fail(c->host->ctx, "sim_camera.no_timer");
}

static void on_message(void *self, const struct postern_message *m)
{
	struct camera *c = self;
	if (m->body != POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		return;
	Postern__CaptureFace *q = postern__capture_face__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return;
	listen_to_scene(c);
	capture(c, m->query_id, q);
	postern__capture_face__free_unpacked(q, NULL);
	on_tick(c, c->host->now_ms(c->host->ctx));
}

static void on_core(void *self, uint64_t epoch)
{
	struct camera *c = self;
	(void)epoch;
	explicit_bzero(c->blob, c->used);
	c->query = 0;
	c->used = 0;
	c->seen = c->taken = 0;
	c->tell.told = false;
	on_tick(c, c->host->now_ms(c->host->ctx));
}

static int is_jpeg(const struct dirent *d)
{
	const size_t n = strlen(d->d_name);
	return n > 4 && d->d_name[0] != '.' && strcmp(d->d_name + n - 4, ".jpg") == 0;
}

static int load(struct camera *c, const char *folder, const char *name)
{
	char path[PATH_BYTES];
	if (c->count == PORTRAITS_MAX || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return PN_ELIMIT;
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		return PN_EIO;
	const size_t size = fread(c->blob, 1, FILE_BYTES_MAX + 1, f);
	fclose(f);
	if (size == 0 || size > FILE_BYTES_MAX)
		return size == 0 ? PN_EIO : PN_ELIMIT;
	int r = face_picture_jpeg(c->blob, size, &c->portraits[c->count]);
	if (r == PN_OK)
		c->count++;
	return r;
}

static int load_all(struct camera *c)
{
	struct dirent **names = NULL;
	const char *folder = c->host->folder(c->host->ctx, "portraits");
	if (folder == NULL)
		return PN_EUNSUPPORTED;
	const int found = scandir(folder, &names, is_jpeg, alphasort);
	int r = found < 0 ? PN_EIO : found == 0 ? PN_ENOTFOUND : PN_OK;
	for (int i = 0; i < found; i++) {
		if (r == PN_OK)
			r = load(c, folder, names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return r;
}

static void on_stop(void *self)
{
	struct camera *c = self;
	for (size_t i = 0; i < c->count; i++)
		face_picture_free(&c->portraits[i]);
	if (c->blob != NULL)
		explicit_bzero(c->blob, BLOB_BYTES);
	free(c->blob);
	free(c);
}

static int set_up(struct camera *c)
{
	const struct postern_host *h = c->host;
	const char *condition = h->option(h->ctx, "condition");
	c->tell = (struct camera_tell){.host = c->host, .trouble = ""};
	c->blob = malloc(BLOB_BYTES);
	if (c->blob == NULL)
		return PN_ENOMEM;
	int r = load_all(c);
	if (r != PN_OK)
		return r;
	const uint32_t who = (uint32_t)h->option_int(h->ctx, "who");
	c->scene = (struct scene){.condition = scene_condition_find(condition != NULL ? condition : ""), .who = (uint32_t)(who % c->count),
		.other = (uint32_t)((who + 1) % c->count)};
	c->rate = (uint32_t)h->option_int(h->ctx, "frames_per_second");
	c->infrared = h->option_bool(h->ctx, "infrared") != 0;
	c->line = h->device(h->ctx, "scene");
	if (c->line >= 0 && fcntl(c->line, F_SETFL, O_NONBLOCK) != 0)
		return PN_EIO;
	return c->scene.condition == SCENE_CONDITIONS ? PN_EINVAL : PN_OK;
}

static int on_init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, answer_blob))
		return PN_EUNSUPPORTED;
	struct camera *c = calloc(1, sizeof *c);
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	int r = set_up(c);
	if (r == PN_OK)
		*self = c;
	else
		on_stop(c);
	return r;
}

static int on_start(void *self)
{
	struct camera *c = self;
	return c->host->wake_after(c->host->ctx, CAMERA_LOOK_MS);
}

POSTERN_PLUGIN(.name = "sim-camera", .version = "0.2.0", .init = on_init, .start = on_start, .message = on_message, .tick = on_tick,
	.core_started = on_core, .stop = on_stop);
