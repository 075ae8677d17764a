/* SPDX-License-Identifier: Apache-2.0
 * camera-v4l2 whole, with a driver that is a double behind its system calls: MJPEG as webcams send it, without Huffman tables and with
 * something behind its end; YUYV; frames that are broken, the same again, or no more. Must never open a camera.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../sdk/fake_host.h"
#include "base/clock.h"
#include "bus.pb-c.h"
#include "face/picture.h"
#include "stream.h"

enum { WIDE = 160, HIGH = 120, ROOM = WIDE * HIGH * 2, FRAME_MS = 20, INTERVAL_MS = 40 };

/* --- the driver: a frame each 20 ms, which makes its descriptor readable ------------------------------ */

struct driver {
	uint32_t format, number, at;
	uint64_t taken_ns; /* of the last frame, by the timer: a busy machine changes nothing of it */
	bool frozen, half_broken, gone, silent;
	uint8_t level; /* above 0: YUYV of this luminance alone, but for a sensor's noise */
	uint8_t memory[STREAM_BUFFERS][ROOM];
	bool queued[STREAM_BUFFERS];
};
static struct driver d, nir;
static int nir_fd = -1;

static struct driver *driver_of(int fd)
{
	return fd == nir_fd ? &nir : &d;
}

static int no(int error)
{
	errno = error;
	return -1;
}

static void scene(uint32_t number, struct face_picture *p)
{
	assert_int_equal(face_picture_new(WIDE, HIGH, p), PN_OK);
	for (size_t i = 0; i < (size_t)WIDE * HIGH * 3; i++)
		p->pixels[i] = (uint8_t)(60 + (i / 3 % WIDE + number * 5) % 128);
}

/* As a camera sends it: a JPEG by the tables that everybody has (ISO/IEC 10918-1 annex K.3), which are left out. */
static size_t without_tables(const uint8_t *from, size_t size, uint8_t *to)
{
	size_t at = 2, used = 2;
	unsigned left_out = 0;
	memcpy(to, from, 2);
	while (from[at + 1] != 0xda) {
		const size_t segment = 2 + (size_t)(from[at + 2] << 8 | from[at + 3]);
		assert_true(from[at] == 0xff && at + segment < size);
		if (from[at + 1] == 0xc4) {
			left_out++;
		} else {
			memcpy(to + used, from + at, segment);
			used += segment;
		}
		at += segment;
	}
	assert_true(left_out > 0);
	memcpy(to + used, from + at, size - at);
	return used + size - at;
}

static uint32_t fill(const struct driver *v, uint8_t *to)
{
	struct face_picture p;
	uint8_t *jpeg;
	size_t size;
	memset(to, 0, ROOM);
	if (v->format == MODE_GREY) {
		memset(to, (int)(v->number % 200 + 1), (size_t)WIDE * HIGH);
		return WIDE * HIGH;
	}
	if (v->format == MODE_YUYV && v->level > 0) {
		for (size_t i = 0; i < ROOM; i++)
			to[i] = i % 2 != 0 ? 128 : (uint8_t)(v->level + (i / 2 == v->number));
		return ROOM;
	}
	if (v->format == MODE_YUYV) {
		for (size_t i = 0; i < ROOM; i++)
			to[i] = i % 2 != 0 ? 128 : (uint8_t)(60 + (i / 2 % WIDE + v->number * 5) % 128);
		return ROOM;
	}
	scene(v->number, &p);
	assert_int_equal(face_picture_to_jpeg(&p, 85, &jpeg, &size), PN_OK);
	face_picture_free(&p);
	size = without_tables(jpeg, size, to);
	free(jpeg);
	if (v->half_broken && v->number % 2 != 0)
		memset(to + size / 2, 0, size - size / 2);
	return (uint32_t)size + 100; /* up to a multiple of something */
}

static int take(int fd, struct v4l2_buffer *b)
{
	struct driver *v = driver_of(fd);
	uint64_t times;
	if (read(fd, &times, sizeof times) != sizeof times || v->silent)
		return no(EAGAIN); /* the timer is read in any case */
	while (!v->queued[v->at])
		v->at = (v->at + 1) % STREAM_BUFFERS;
	v->number += !v->frozen;
	v->taken_ns += times * FRAME_MS * 1000000;
	*b = (struct v4l2_buffer){.index = v->at, .bytesused = fill(v, v->memory[v->at]), .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC,
		.timestamp = {(time_t)(v->taken_ns / 1000000000), (suseconds_t)(v->taken_ns / 1000 % 1000000)}};
	v->queued[v->at] = false;
	return 0;
}

static int request(int fd, unsigned long r, void *a)
{
	struct driver *v = driver_of(fd);
	if (v->gone)
		return no(ENODEV);
	switch (r) {
	case VIDIOC_QUERYCAP:
		((struct v4l2_capability *)a)->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
		return 0;
	case VIDIOC_ENUM_FMT:
		((struct v4l2_fmtdesc *)a)->pixelformat = v->format;
		return ((struct v4l2_fmtdesc *)a)->index == 0 ? 0 : no(EINVAL);
	case VIDIOC_ENUM_FRAMESIZES: {
		struct v4l2_frmsizeenum *e = a;
		e->type = V4L2_FRMSIZE_TYPE_DISCRETE;
		e->discrete.width = WIDE;
		e->discrete.height = HIGH;
		return e->index == 0 ? 0 : no(EINVAL);
	}
	case VIDIOC_S_FMT:
	case VIDIOC_REQBUFS:
	case VIDIOC_STREAMON:
	case VIDIOC_STREAMOFF:
		return 0;
	case VIDIOC_QUERYBUF:
		((struct v4l2_buffer *)a)->length = ROOM;
		((struct v4l2_buffer *)a)->m.offset = ((struct v4l2_buffer *)a)->index;
		return 0;
	case VIDIOC_QBUF:
		v->queued[((struct v4l2_buffer *)a)->index] = true;
		return 0;
	case VIDIOC_DQBUF:
		return take(fd, a);
	default:
		return no(ENOTTY);
	}
}

static void *map(size_t size, int fd, int64_t offset)
{
	assert_int_equal(size, ROOM);
	return driver_of(fd)->memory[offset];
}

static void unmap(void *place, size_t size)
{
	(void)place;
	assert_int_equal(size, ROOM);
}

const struct stream_calls stream_kernel = {request, map, unmap};

/* --- the plugin ---------------------------------------------------------------------------------------- */

static int frames_fd(void)
{
	const struct itimerspec each = {{0, FRAME_MS * 1000000}, {0, FRAME_MS * 1000000}};
	const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	assert_true(fd >= 0 && timerfd_settime(fd, 0, &each, NULL) == 0);
	return fd;
}

/* Not started yet. second: the format of the camera for near infrared; 0: there is none. */
static struct fake_host *beside(uint32_t format, uint32_t second)
{
	struct fake_host *h = fake_host_new(&postern_plugin);
	const int fd = frames_fd();
	memset(&d, 0, sizeof d);
	memset(&nir, 0, sizeof nir);
	d.format = format;
	nir.format = second;
	nir_fd = second != 0 ? frames_fd() : -1;
	d.taken_ns = nir.taken_ns = clock_mono_ns();
	fake_host_option(h, "width", NULL, 1280);
	fake_host_option(h, "height", NULL, 720);
	fake_host_option(h, "format", "any", 0);
	fake_host_option(h, "frames_per_second", NULL, 30);
	fake_host_option(h, "exposure_us", NULL, 0);
	fake_host_device(h, "camera", fd);
	fake_host_device(h, "nir", nir_fd);
	h->crossing_id = "01J00000000000000000000001";
	return h;
}

static struct fake_host *plug_both(uint32_t format, uint32_t second)
{
	struct fake_host *h = beside(format, second);
	assert_int_equal(fake_host_start(h), 0);
	return h;
}

static struct fake_host *plug(uint32_t format)
{
	return plug_both(format, 0);
}

static void unplug(struct fake_host *h)
{
	const int fd = (int)h->devices[0].number;
	fake_host_stop(h);
	fake_host_free(h);
	close(fd);
	if (nir_fd >= 0)
		close(nir_fd);
	nir_fd = -1;
}

static void send(struct fake_host *h, uint64_t id)
{
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	uint8_t bytes[32];
	q.frames = 3;
	q.interval_ms = INTERVAL_MS;
	fake_host_send(h, POSTERN__ENVELOPE__BODY_CAPTURE_FACE, id, bytes, postern__capture_face__pack(&q, bytes));
}

/* The caller frees it. */
static Postern__FaceCaptured *answered(struct fake_host *h, uint64_t id, const struct fake_message **m)
{
	do {
		*m = fake_host_next(h, 5000);
		assert_non_null(*m);
	} while ((*m)->body != POSTERN__ENVELOPE__BODY_FACE_CAPTURED);
	assert_int_equal((*m)->query_id, id);
	Postern__FaceCaptured *a = postern__face_captured__unpack(NULL, (*m)->size, (*m)->bytes);
	assert_non_null(a);
	return a;
}

static Postern__FaceCaptured *ask(struct fake_host *h, uint64_t id, const struct fake_message **m)
{
	send(h, id);
	return answered(h, id, m);
}

static void three_of(const Postern__FaceCaptured *a, const struct fake_message *m, Postern__FrameFormat format, uint64_t asked_ns)
{
	assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(a->n_frames, 3);
	for (size_t i = 0; i < 3; i++) {
		const Postern__FaceFrame *f = a->frames[i];
		assert_int_equal(f->format, format);
		assert_true(f->offset + f->size <= m->blob_size);
		/* in whole milliseconds */
		assert_true(f->mono_ns >= (i == 0 ? asked_ns : a->frames[i - 1]->mono_ns + (INTERVAL_MS - 1) * UINT64_C(1000000)));
	}
}

static void mjpeg(void **state)
{
	struct fake_host *h = plug(MODE_MJPEG);
	const struct fake_message *m;
	const uint64_t asked_ns = clock_mono_ns();
	Postern__FaceCaptured *a = ask(h, 1, &m);
	(void)state;
	three_of(a, m, POSTERN__FRAME_FORMAT__FRAME_JPEG, asked_ns);
	for (size_t i = 0; i < 3; i++) {
		const uint8_t *bytes = m->blob + a->frames[i]->offset;
		const size_t size = a->frames[i]->size;
		struct face_picture seen, drawn;
		assert_true(bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[size - 2] == 0xff && bytes[size - 1] == 0xd9);
		assert_int_equal(face_picture_jpeg(bytes, size, &seen), PN_OK);
		assert_int_equal(seen.width, WIDE);
		assert_int_equal(seen.height, HIGH);
		/* one of the scenes that were there, but for what a JPEG loses */
		uint32_t number = 1;
		for (bool same = false; !same; number++) {
			assert_true(number <= d.number);
			scene(number, &drawn);
			same = true;
			for (size_t k = 0; k < (size_t)WIDE * HIGH * 3 && same; k += 37)
				same = abs(seen.pixels[k] - drawn.pixels[k]) <= 24;
			face_picture_free(&drawn);
		}
		face_picture_free(&seen);
	}
	postern__face_captured__free_unpacked(a, NULL);
	assert_int_equal(fake_host_count(h, "broken_frames_total"), 0);
	unplug(h);
}

static void broken(void **state)
{
	struct fake_host *h = plug(MODE_MJPEG);
	const struct fake_message *m;
	(void)state;
	d.half_broken = true;
	const uint64_t asked_ns = clock_mono_ns();
	Postern__FaceCaptured *a = ask(h, 1, &m);
	three_of(a, m, POSTERN__FRAME_FORMAT__FRAME_JPEG, asked_ns);
	postern__face_captured__free_unpacked(a, NULL);
	assert_true(fake_host_count(h, "broken_frames_total") > 0);
	unplug(h);
}

static void yuyv(void **state)
{
	struct fake_host *h = plug(MODE_YUYV);
	const struct fake_message *m;
	const uint64_t asked_ns = clock_mono_ns();
	Postern__FaceCaptured *a = ask(h, 1, &m);
	(void)state;
	three_of(a, m, POSTERN__FRAME_FORMAT__FRAME_RGB24, asked_ns);
	for (size_t i = 0; i < 3; i++) {
		const uint8_t *p = m->blob + a->frames[i]->offset;
		assert_int_equal(a->frames[i]->size, WIDE * HIGH * 3);
		assert_true(p[0] == p[1] && p[1] == p[2]); /* no colour */
	}
	postern__face_captured__free_unpacked(a, NULL);
	unplug(h);
}

static void the_same_again(void **state)
{
	struct fake_host *h = plug(MODE_MJPEG);
	const struct fake_message *m;
	(void)state;
	fake_host_run(h, 100);
	d.frozen = true;
	fake_host_run(h, 60); /* the first of them is a good one */
	Postern__FaceCaptured *a = ask(h, 1, &m);
	if (a->n_frames == 0)
		assert_string_equal(a->cause, "camera.frozen");
	else
		fail_msg("%zu frames of a picture that stands still", a->n_frames);
	assert_null(m->blob);
	postern__face_captured__free_unpacked(a, NULL);
	unplug(h);
}

/* The question before ends, and has no frame; nor has the next one any that is older than itself. */
static void newest_wins(void **state)
{
	struct fake_host *h = plug(MODE_YUYV);
	const struct fake_message *m;
	(void)state;
	send(h, 1);
	fake_host_run(h, INTERVAL_MS + FRAME_MS); /* it has one or two of its three */
	const uint64_t asked_ns = clock_mono_ns();
	send(h, 2);
	Postern__FaceCaptured *a = answered(h, 1, &m);
	assert_string_equal(a->cause, "camera.asked_again");
	assert_int_equal(a->n_frames, 0);
	assert_null(m->blob);
	postern__face_captured__free_unpacked(a, NULL);
	a = answered(h, 2, &m);
	three_of(a, m, POSTERN__FRAME_FORMAT__FRAME_RGB24, asked_ns);
	assert_int_equal(m->blob_size, 3 * WIDE * HIGH * 3);
	postern__face_captured__free_unpacked(a, NULL);
	/* A new core has asked nothing yet. */
	send(h, 3);
	fake_host_run(h, INTERVAL_MS + FRAME_MS);
	h->open_queries[0] = 0;
	h->plugin->core_started(h->self, 2);
	a = ask(h, 4, &m);
	assert_int_equal(a->n_frames, 3);
	assert_int_equal(m->blob_size, 3 * WIDE * HIGH * 3);
	postern__face_captured__free_unpacked(a, NULL);
	unplug(h);
}

/* A covered lens, a blinded sensor, a camera that says nothing any more: told before anybody asks, no frame, and over when it is over. */
static void sees_nothing(void **state)
{
	static const struct {
		uint8_t level;
		bool silent;
		const char *cause;
	} cases[] = {{16, false, "camera.black"}, {235, false, "camera.flooded"}, {0, true, "camera.silent"}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct fake_host *h = plug(MODE_YUYV);
		const struct fake_message *m;
		fake_host_run(h, 100);
		assert_null(h->trouble);
		d.level = cases[i].level;
		d.silent = cases[i].silent;
		const uint64_t begun_ms = clock_mono_ms();
		while (h->trouble == NULL && clock_mono_ms() - begun_ms < 10000)
			fake_host_run(h, 10);
		assert_non_null(h->trouble);
		assert_string_equal(h->trouble, cases[i].cause);
		print_message("%s after %u ms\n", h->trouble, (unsigned)(clock_mono_ms() - begun_ms));
		Postern__FaceCaptured *a = ask(h, 1, &m);
		assert_int_equal(a->result, POSTERN__CHECK_RESULT__CHECK_ABORTED);
		assert_string_equal(a->cause, cases[i].cause);
		assert_int_equal(a->n_frames, 0);
		assert_null(m->blob);
		postern__face_captured__free_unpacked(a, NULL);
		d.level = 0;
		d.silent = false;
		fake_host_run(h, 300);
		assert_null(h->trouble);
		a = ask(h, 2, &m);
		assert_int_equal(a->n_frames, 3);
		postern__face_captured__free_unpacked(a, NULL);
		unplug(h);
	}
}

static void gone(void **state)
{
	struct fake_host *h = plug(MODE_MJPEG);
	const struct fake_message *m;
	(void)state;
	fake_host_run(h, 50);
	d.gone = true;
	Postern__FaceCaptured *a = ask(h, 1, &m);
	assert_int_equal(a->n_frames, 0);
	assert_string_equal(a->cause, "camera.unplugged");
	postern__face_captured__free_unpacked(a, NULL);
	fake_host_run(h, 800);
	assert_non_null(h->failed);
	assert_string_equal(h->failed, "camera.unplugged");
	unplug(h);
}

/* Each frame has one of the second camera beside it, of the same moment; one that gives none any more is no reason to give none. */
static void near_infrared(void **state)
{
	struct fake_host *h = plug_both(MODE_MJPEG, MODE_GREY);
	const struct fake_message *m;
	(void)state;
	fake_host_run(h, 50);
	Postern__FaceCaptured *a = ask(h, 1, &m);
	assert_int_equal(a->n_frames, 6);
	for (size_t i = 0; i < 6; i++) {
		const Postern__FaceFrame *f = a->frames[i];
		assert_int_equal(f->sensor, i % 2);
		assert_int_equal(f->mono_ns, a->frames[i - i % 2]->mono_ns);
		assert_int_equal(f->format, i % 2 == 0 ? POSTERN__FRAME_FORMAT__FRAME_JPEG : POSTERN__FRAME_FORMAT__FRAME_NIR8);
		if (i % 2 == 0)
			continue;
		const uint8_t *grey = m->blob + f->offset;
		assert_int_equal(f->size, WIDE * HIGH);
		assert_int_equal(f->width, WIDE);
		assert_int_equal(f->height, HIGH);
		assert_true(grey[0] > 0 && memcmp(grey, grey + 1, f->size - 1) == 0);
		if (i > 1)
			assert_true(grey[0] > m->blob[a->frames[i - 2]->offset]);
	}
	postern__face_captured__free_unpacked(a, NULL);
	nir.silent = true;
	fake_host_run(h, 300);
	a = ask(h, 2, &m);
	assert_int_equal(a->n_frames, 3);
	assert_int_equal(a->frames[2]->sensor, 0);
	postern__face_captured__free_unpacked(a, NULL);
	nir.gone = true;
	nir.silent = false;
	a = ask(h, 3, &m);
	assert_string_equal(a->cause, "camera.unplugged");
	postern__face_captured__free_unpacked(a, NULL);
	unplug(h);
}

/* Where the second is no camera for grey frames the plugin does not start: attack detection was counted on. */
static void second_of_another_kind(void **state)
{
	struct fake_host *h = beside(MODE_MJPEG, MODE_YUYV);
	(void)state;
	assert_int_equal(fake_host_start(h), PN_EUNSUPPORTED);
	unplug(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(newest_wins), cmocka_unit_test(sees_nothing), cmocka_unit_test(mjpeg), cmocka_unit_test(broken), cmocka_unit_test(yuyv), cmocka_unit_test(the_same_again),
		cmocka_unit_test(gone), cmocka_unit_test(near_infrared), cmocka_unit_test(second_of_another_kind)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
