/* SPDX-License-Identifier: Apache-2.0
 * camera-v4l2 with a driver of the kernel's, vivid: frames are new and at the rate asked for; a picture that stands still, is black or
 * white is a fault and never a frame; a camera that is pulled out is told as that. hil_camera /dev/videoN. Its host is the unit tests'.
 * Must never be pointed at a camera with people before it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../unit/sdk/fake_host.h"
#include "base/clock.h"
#include "base/err.h"
#include "bus.pb-c.h"

static int failures;

static void judge(bool good, const char *what)
{
	printf("@@camera: %s: %s\n", what, good ? "ok" : "NOT OK");
	fflush(stdout);
	failures += !good;
}

/* By their names, as vivid has them (Documentation/admin-guide/media/vivid.rst). */
static uint32_t control_of(int fd, const char *name)
{
	struct v4l2_queryctrl q = {.id = V4L2_CTRL_FLAG_NEXT_CTRL};
	while (ioctl(fd, VIDIOC_QUERYCTRL, &q) == 0) {
		if (strcmp((const char *)q.name, name) == 0)
			return q.id;
		q.id |= V4L2_CTRL_FLAG_NEXT_CTRL;
	}
	return 0;
}

static int value_of(int fd, uint32_t id, const char *name)
{
	for (uint32_t i = 0; i < 64; i++) {
		struct v4l2_querymenu m = {.id = id, .index = i};
		if (ioctl(fd, VIDIOC_QUERYMENU, &m) == 0 && strcmp((const char *)m.name, name) == 0)
			return (int)i;
	}
	return -1;
}

static bool set(int fd, const char *control, const char *value)
{
	struct v4l2_control c = {.id = control_of(fd, control)};
	c.value = value == NULL ? 1 : value_of(fd, c.id, value);
	if (c.id == 0 || c.value < 0 || ioctl(fd, VIDIOC_S_CTRL, &c) != 0) {
		printf("@@camera: cannot set %s: %s\n", control, strerror(errno));
		return false;
	}
	return true;
}

/* NULL: nothing came. */
static Postern__FaceCaptured *capture(struct fake_host *h, uint64_t id, const struct fake_message **message)
{
	Postern__CaptureFace q = POSTERN__CAPTURE_FACE__INIT;
	uint8_t bytes[32];
	q.frames = 3;
	q.interval_ms = 100;
	fake_host_send(h, POSTERN__ENVELOPE__BODY_CAPTURE_FACE, id, bytes, postern__capture_face__pack(&q, bytes));
	do
		*message = fake_host_next(h, 8000);
	while (*message != NULL && (*message)->body != POSTERN__ENVELOPE__BODY_FACE_CAPTURED);
	return *message != NULL ? postern__face_captured__unpack(NULL, (*message)->size, (*message)->bytes) : NULL;
}

static void frames(struct fake_host *h, uint64_t id, const char *what)
{
	const struct fake_message *m;
	const uint64_t asked_ns = clock_mono_ns();
	Postern__FaceCaptured *a = capture(h, id, &m);
	bool good = a != NULL && a->result == POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL && a->n_frames == 3 && m->blob != NULL;
	for (size_t i = 0; good && i < 3; i++) {
		const Postern__FaceFrame *f = a->frames[i];
		good = f->format == POSTERN__FRAME_FORMAT__FRAME_RGB24 && f->size == f->width * f->height * 3 && f->offset + f->size <= m->blob_size &&
		       f->mono_ns >= (i == 0 ? asked_ns : a->frames[i - 1]->mono_ns + 100000000U) &&
		       (i == 0 || memcmp(m->blob + f->offset, m->blob + a->frames[i - 1]->offset, f->size) != 0);
	}
	if (a != NULL)
		printf("@@camera: %zu frames, %ux%u, \"%s\"\n", a->n_frames, a->n_frames > 0 ? a->frames[0]->width : 0,
			a->n_frames > 0 ? a->frames[0]->height : 0, a->cause);
	judge(good, what);
	if (a != NULL)
		postern__face_captured__free_unpacked(a, NULL);
}

static void fault(struct fake_host *h, uint64_t id, const char *cause)
{
	const struct fake_message *m;
	const uint64_t asked_ms = clock_mono_ms();
	Postern__FaceCaptured *a = capture(h, id, &m);
	printf("@@camera: \"%s\" after %llu ms\n", a != NULL ? a->cause : "nothing", (unsigned long long)(clock_mono_ms() - asked_ms));
	judge(a != NULL && a->result == POSTERN__CHECK_RESULT__CHECK_ABORTED && a->n_frames == 0 && m->blob == NULL && strcmp(a->cause, cause) == 0, cause);
	if (a != NULL)
		postern__face_captured__free_unpacked(a, NULL);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	const int fd = open(argv[1], O_RDWR | O_NONBLOCK | O_CLOEXEC), other = open(argv[1], O_RDWR | O_CLOEXEC);
	if (fd < 0 || other < 0) {
		printf("@@camera: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	struct fake_host *h = fake_host_new(&postern_plugin);
	fake_host_option(h, "width", NULL, 640);
	fake_host_option(h, "height", NULL, 480);
	fake_host_option(h, "format", "any", 0);
	fake_host_device(h, "camera", fd);
	h->crossing_id = "01J00000000000000000000001";
	judge(fake_host_start(h) == 0, "streams");
	if (failures > 0)
		return 1;
	frames(h, 1, "three new frames, 100 ms apart");
	judge(set(other, "OSD Text Mode", "None"), "the picture stands still");
	fault(h, 2, "camera.frozen");
	judge(set(other, "OSD Text Mode", "All"), "it moves");
	fake_host_run(h, 1000);
	frames(h, 3, "and is taken again");
	judge(set(other, "Test Pattern", "100% Black") && set(other, "OSD Text Mode", "None"), "black");
	fake_host_run(h, 1500);
	judge(h->trouble != NULL, "known before anybody asks");
	judge(set(other, "Test Pattern", "75% Colorbar") && set(other, "OSD Text Mode", "All"), "colours");
	fake_host_run(h, 1000);
	frames(h, 4, "and is taken again");
	judge(set(other, "Disconnect", NULL), "pulled out");
	fault(h, 5, "camera.unplugged");
	fake_host_run(h, 1000);
	judge(h->failed != NULL && strcmp(h->failed, "camera.unplugged") == 0, "a new start is asked for");
	fake_host_stop(h);
	fake_host_free(h);
	printf("@@camera: %s\n", failures == 0 ? "good" : "NOT GOOD");
	return failures != 0;
}
