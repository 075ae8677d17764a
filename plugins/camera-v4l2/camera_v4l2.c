/* SPDX-License-Identifier: Apache-2.0
 * Plugin camera-v4l2: answers capture_face with frames of a camera that streams all the time, so that it is known at once when it
 * is frozen, blind or gone. A frame that nobody asked for is looked at and given back. Must never keep a frame beyond its answer, give one
 * that is older than the question, nor one that shows nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "camera/tell.h"
#include "camera/watch.h"
#include "face/picture.h"
#include "postern/plugin.h"
#include "stream.h"

enum {
	BLOB_BYTES_MAX = 8 << 20,
	LOOK_EVERY_MS = 200, /* while nobody asks */
	GONE_MS = 500,	     /* what was said of it has left by then */
};

struct camera {
	const struct postern_host *host;
	struct stream stream;
	bool open, gone;
	uint64_t gone_ms, looked_ms;
	struct camera_watch watch;
	struct camera_tell tell;
	/* The capture under way; query 0: none. */
	uint64_t query, due_ms;
	uint32_t wanted, interval_ms, taken;
	size_t used;
	Postern__FaceFrame frame[CAMERA_FRAMES_MAX];
	uint8_t *blob;			 /* of BLOB_BYTES_MAX; wiped with the answer */
	struct face_picture pixels;	 /* of a frame that has no room of its own yet */
};

static void answer(struct camera *c, const char *cause)
{
	camera_tell_captured(&c->tell, c->query, cause, c->frame, c->taken, c->blob, c->used);
	c->query = 0;
	c->used = 0;
	c->taken = 0;
}

/* The camera cannot come back on this descriptor: the supervisor opens it anew. */
static void lose(struct camera *c, const char *cause)
{
	if (c->gone)
		return;
	c->gone = true;
	c->gone_ms = c->host->now_ms(c->host->ctx);
	c->host->watch(c->host->ctx, c->stream.fd, 0, NULL, c);
	camera_tell_trouble(&c->tell, cause);
	camera_tell_ready(&c->tell, cause);
	if (c->query != 0)
		answer(c, cause);
}

/* RGB into c->pixels, for judging and, of YUYV, for giving. */
static int decode(struct camera *c, const uint8_t *bytes, size_t size)
{
	const struct mode *m = &c->stream.mode;
	face_picture_free(&c->pixels);
	if (m->format == MODE_MJPEG)
		return face_picture_jpeg(bytes, size, &c->pixels);
	int r = face_picture_new(m->width, m->height, &c->pixels);
	return r == PN_OK ? mode_yuyv_to_rgb(bytes, size, m->width, m->height, c->stream.stride, c->pixels.pixels) : r;
}

/* PN_ELIMIT: no room for one more. */
static int keep(struct camera *c, const uint8_t *jpeg, size_t jpeg_size, uint64_t taken_ns)
{
	Postern__FaceFrame *f = &c->frame[c->taken];
	const bool compressed = c->stream.mode.format == MODE_MJPEG;
	const size_t size = compressed ? jpeg_size : (size_t)c->pixels.width * c->pixels.height * 3;
	if (size > BLOB_BYTES_MAX - c->used)
		return PN_ELIMIT;
	memcpy(c->blob + c->used, compressed ? jpeg : c->pixels.pixels, size);
	postern__face_frame__init(f);
	f->format = compressed ? POSTERN__FRAME_FORMAT__FRAME_JPEG : POSTERN__FRAME_FORMAT__FRAME_RGB24;
	f->offset = (uint32_t)c->used;
	f->size = (uint32_t)size;
	f->width = compressed ? 0 : c->pixels.width;
	f->height = compressed ? 0 : c->pixels.height;
	f->mono_ns = taken_ns;
	c->used += size;
	c->taken++;
	return PN_OK;
}

/* One frame, still the driver's. */
static void see(struct camera *c, const struct stream_frame *frame, uint64_t now)
{
	const uint64_t taken_ns = frame->taken_ns != 0 ? frame->taken_ns : clock_mono_ns();
	const bool due = c->query != 0 && taken_ns / 1000000U >= c->due_ms;
	const uint8_t *bytes = frame->bytes;
	size_t size = frame->size;
	struct camera_look look;
	if (!due && now - c->looked_ms < LOOK_EVERY_MS)
		return;
	if (c->stream.mode.format == MODE_MJPEG)
		size = mode_jpeg_size(bytes, size);
	if (size == 0 || decode(c, bytes, size) != PN_OK) {
		c->host->count(c->host->ctx, "broken_frames_total", 1);
	} else {
		c->looked_ms = now;
		camera_look_at(c->pixels.pixels, c->pixels.width, c->pixels.height, c->pixels.width * 3, 3, &look);
		if (camera_watch_frame(&c->watch, &look, now) == CAMERA_WELL && due) {
			c->due_ms = taken_ns / 1000000U + c->interval_ms;
			if (keep(c, bytes, size, taken_ns) == PN_ELIMIT)
				c->wanted = c->taken;
		}
	}
	face_picture_free(&c->pixels);
}

static void judge(struct camera *c, uint64_t now)
{
	const enum camera_fault fault = camera_watch_now(&c->watch, now);
	if (c->gone)
		return;
	camera_tell_trouble(&c->tell, camera_fault_key(fault));
	camera_tell_ready(&c->tell, camera_fault_key(fault));
	if (c->query == 0)
		return;
	if (fault != CAMERA_WELL)
		answer(c, camera_fault_key(fault));
	else if (c->taken == c->wanted)
		answer(c, c->taken > 0 ? "" : "camera.no_frames");
}

static void on_frame(void *self, int fd, uint32_t events)
{
	struct camera *c = self;
	struct stream_frame frame;
	(void)fd;
	(void)events;
	int r = stream_take(&c->stream, &frame);
	if (r == PN_OK) {
		const uint64_t now = c->host->now_ms(c->host->ctx);
		see(c, &frame, now);
		r = stream_give_back(&c->stream, frame.index);
		judge(c, now);
	} else if (r == PN_EFORMAT) {
		c->host->count(c->host->ctx, "broken_frames_total", 1);
	}
	if (r == PN_ECLOSED || r == PN_EIO)
		lose(c, r == PN_ECLOSED ? "camera.unplugged" : "camera.silent");
}

static void on_tick(void *self, uint64_t now)
{
	struct camera *c = self;
	judge(c, now);
	if (c->gone && now - c->gone_ms >= GONE_MS)
		c->host->fail(c->host->ctx, c->tell.trouble);
	if (c->host->wake_after(c->host->ctx, CAMERA_LOOK_MS) != 0)
		c->host->fail(c->host->ctx, "camera.no_timer");
}

static void capture(struct camera *c, uint64_t query_id, const Postern__CaptureFace *q)
{
	if (c->query != 0)
		answer(c, "camera.asked_again");
	c->host->count(c->host->ctx, "captures_total", 1);
	c->query = query_id;
	c->wanted = q->frames < 1 ? 1 : q->frames > CAMERA_FRAMES_MAX ? CAMERA_FRAMES_MAX : q->frames;
	c->interval_ms = q->interval_ms;
	c->due_ms = c->host->now_ms(c->host->ctx) + 1; /* what the driver holds was seen before the question */
	if (c->gone)
		answer(c, c->tell.trouble);
}

static void on_message(void *self, const struct postern_message *m)
{
	struct camera *c = self;
	if (m->body != POSTERN__ENVELOPE__BODY_CAPTURE_FACE)
		return;
	Postern__CaptureFace *q = postern__capture_face__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return;
	capture(c, m->query_id, q);
	postern__capture_face__free_unpacked(q, NULL);
}

static void on_core(void *self, uint64_t epoch)
{
	struct camera *c = self;
	(void)epoch;
	explicit_bzero(c->blob, c->used);
	c->query = 0;
	c->used = 0;
	c->taken = 0;
	c->tell.told = false;
	camera_tell_ready(&c->tell, c->gone ? c->tell.trouble : "");
}

static void on_stop(void *self)
{
	struct camera *c = self;
	if (c->open && !c->gone)
		c->host->watch(c->host->ctx, c->stream.fd, 0, NULL, c);
	if (c->open)
		stream_close(&c->stream);
	face_picture_free(&c->pixels);
	if (c->blob != NULL)
		explicit_bzero(c->blob, BLOB_BYTES_MAX);
	free(c->blob);
	free(c);
}

static int on_init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, answer_blob))
		return PN_EUNSUPPORTED;
	struct camera *c = calloc(1, sizeof *c);
	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	c->tell = (struct camera_tell){.host = c->host, .trouble = ""};
	c->stream.fd = host->device(host->ctx, "camera");
	c->blob = malloc(BLOB_BYTES_MAX);
	if (c->blob == NULL || c->stream.fd < 0) {
		int r = c->blob == NULL ? PN_ENOMEM : PN_ENOTFOUND;
		on_stop(c);
		return r;
	}
	*self = c;
	return PN_OK;
}

/* What came of the wishes, for who sets the camera up, in the letters that a log takes: width, height, format, frames a second, exposure in
 * microseconds. */
static void tell_mode(const struct camera *c)
{
	const struct stream *s = &c->stream;
	char text[64], exposure[16] = "own";
	if (s->exposure == STREAM_EXPOSURE_AUTO)
		snprintf(exposure, sizeof exposure, "auto");
	else if (s->exposure > 0)
		snprintf(exposure, sizeof exposure, "%d", s->exposure * 100);
	snprintf(text, sizeof text, "%ux%u-%s-%u-%s", s->mode.width, s->mode.height, s->mode.format == MODE_MJPEG ? "mjpeg" : "yuyv", s->rate, exposure);
	c->host->log(c->host->ctx, POSTERN_INFO, "camera.mode", text);
}

static int on_start(void *self)
{
	struct camera *c = self;
	const struct postern_host *h = c->host;
	const char *format = h->option(h->ctx, "format");
	const struct mode_wish wish = {.width = (uint32_t)h->option_int(h->ctx, "width"),
		.height = (uint32_t)h->option_int(h->ctx, "height"),
		.format = format == NULL || strcmp(format, "any") == 0 ? 0 : strcmp(format, "yuyv") == 0 ? MODE_YUYV : MODE_MJPEG,
		.rate = (uint32_t)h->option_int(h->ctx, "frames_per_second"),
		.exposure_us = (uint32_t)h->option_int(h->ctx, "exposure_us")};
	int r = stream_open(&c->stream, &stream_kernel, c->stream.fd, &wish);
	if (r != PN_OK) {
		h->log(h->ctx, POSTERN_ERROR, "camera.cannot_stream", pn_err_name(r));
		return r;
	}
	c->open = true;
	tell_mode(c);
	camera_watch_begin(&c->watch, h->now_ms(h->ctx));
	r = h->watch(h->ctx, c->stream.fd, POSTERN_READABLE, on_frame, c);
	return r == 0 ? h->wake_after(h->ctx, CAMERA_LOOK_MS) : r;
}

POSTERN_PLUGIN(.name = "camera-v4l2", .version = "0.1.0", .init = on_init, .start = on_start, .message = on_message, .tick = on_tick,
	.core_started = on_core, .stop = on_stop);
