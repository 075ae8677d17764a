/* SPDX-License-Identifier: Apache-2.0
 * See stream.h. Interface: Linux, Documentation/userspace-api/media/v4l (memory-mapped streaming).
 */
#include "stream.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

static int kernel_request(int fd, unsigned long request, void *argument)
{
	int r;
	do
		r = ioctl(fd, request, argument);
	while (r < 0 && errno == EINTR);
	return r;
}

static void *kernel_map(size_t size, int fd, int64_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	return p == MAP_FAILED ? NULL : p;
}

static void kernel_unmap(void *place, size_t size)
{
	munmap(place, size);
}

const struct stream_calls stream_kernel = {kernel_request, kernel_map, kernel_unmap};

static int ask(const struct stream *s, unsigned long request, void *argument)
{
	if (s->calls->request(s->fd, request, argument) >= 0)
		return PN_OK;
	return errno == ENODEV || errno == ENXIO ? PN_ECLOSED : errno == EAGAIN ? PN_EAGAIN : PN_EIO;
}

static void add(struct mode *modes, size_t *count, uint32_t format, uint32_t width, uint32_t height)
{
	if (*count < STREAM_MODES_MAX)
		modes[(*count)++] = (struct mode){format, width, height};
}

/* Sizes of one format: each of them, or of a range the largest that is wished for. */
static void sizes(const struct stream *s, uint32_t format, const struct mode_wish *wish, struct mode *modes, size_t *count)
{
	for (uint32_t i = 0; i < STREAM_MODES_MAX; i++) {
		struct v4l2_frmsizeenum e = {.index = i, .pixel_format = format};
		if (ask(s, VIDIOC_ENUM_FRAMESIZES, &e) != PN_OK)
			return;
		if (e.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
			add(modes, count, format, e.discrete.width, e.discrete.height);
			continue;
		}
		const uint32_t w = wish->width < e.stepwise.max_width ? wish->width : e.stepwise.max_width;
		const uint32_t h = wish->height < e.stepwise.max_height ? wish->height : e.stepwise.max_height;
		add(modes, count, format, w, h);
		return;
	}
}

static int choose(struct stream *s, const struct mode_wish *wish, struct mode *out)
{
	struct mode modes[STREAM_MODES_MAX];
	size_t count = 0;
	for (uint32_t i = 0; i < STREAM_MODES_MAX; i++) {
		struct v4l2_fmtdesc d = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
		int r = ask(s, VIDIOC_ENUM_FMT, &d);
		if (r == PN_ECLOSED)
			return r;
		if (r != PN_OK)
			break;
		sizes(s, d.pixelformat, wish, modes, &count);
	}
	const struct mode *m = mode_choose(modes, count, wish);
	if (m == NULL)
		return PN_EUNSUPPORTED;
	*out = *m;
	return PN_OK;
}

/* The driver has the last word on the size, not on the format. */
static int set(struct stream *s, const struct mode *m)
{
	struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	f.fmt.pix.width = m->width;
	f.fmt.pix.height = m->height;
	f.fmt.pix.pixelformat = m->format;
	f.fmt.pix.field = V4L2_FIELD_NONE;
	int r = ask(s, VIDIOC_S_FMT, &f);
	if (r != PN_OK)
		return r == PN_EAGAIN ? PN_EIO : r;
	if (f.fmt.pix.pixelformat != m->format || f.fmt.pix.width < 16 || f.fmt.pix.height < 16 || f.fmt.pix.width > 8192 || f.fmt.pix.height > 8192)
		return PN_EUNSUPPORTED;
	s->mode = (struct mode){m->format, f.fmt.pix.width, f.fmt.pix.height};
	s->stride = f.fmt.pix.bytesperline != 0 ? f.fmt.pix.bytesperline : f.fmt.pix.width * 2;
	return PN_OK;
}

static int map_buffers(struct stream *s)
{
	struct v4l2_requestbuffers want = {.count = STREAM_BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int r = ask(s, VIDIOC_REQBUFS, &want);
	if (r != PN_OK)
		return r == PN_EAGAIN ? PN_EIO : r;
	for (uint32_t i = 0; i < want.count && i < STREAM_BUFFERS; i++) {
		struct v4l2_buffer b = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
		r = ask(s, VIDIOC_QUERYBUF, &b);
		if (r == PN_OK && b.length == 0)
			r = PN_EIO;
		if (r != PN_OK)
			return r;
		s->buffer[i].bytes = s->calls->map(b.length, s->fd, b.m.offset);
		if (s->buffer[i].bytes == NULL)
			return PN_EIO;
		s->buffer[i].size = b.length;
		s->count++;
		r = stream_give_back(s, i);
		if (r != PN_OK)
			return r;
	}
	return s->count >= 2 ? PN_OK : PN_EIO;
}

static int start(struct stream *s)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	int r = ask(s, VIDIOC_STREAMON, &type);
	s->running = r == PN_OK;
	return r == PN_EAGAIN ? PN_EIO : r;
}

int stream_open(struct stream *s, const struct stream_calls *calls, int fd, const struct mode_wish *wish)
{
	struct v4l2_capability cap = {0};
	struct mode mode;
	*s = (struct stream){.calls = calls, .fd = fd};
	int r = ask(s, VIDIOC_QUERYCAP, &cap);
	if (r != PN_OK)
		return r == PN_ECLOSED ? r : PN_EUNSUPPORTED;
	const uint32_t can = (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps : cap.capabilities;
	if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0 || (can & V4L2_CAP_STREAMING) == 0)
		return PN_EUNSUPPORTED;
	r = choose(s, wish, &mode);
	if (r == PN_OK)
		r = set(s, &mode);
	if (r == PN_OK)
		r = map_buffers(s);
	if (r == PN_OK)
		r = start(s);
	if (r != PN_OK)
		stream_close(s);
	return r;
}

int stream_take(struct stream *s, struct stream_frame *out)
{
	struct v4l2_buffer b = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int r = ask(s, VIDIOC_DQBUF, &b);
	if (r != PN_OK)
		return r;
	if (b.index >= s->count)
		return PN_EIO;
	if ((b.flags & V4L2_BUF_FLAG_ERROR) != 0 || b.bytesused == 0 || b.bytesused > s->buffer[b.index].size) {
		r = stream_give_back(s, b.index);
		return r == PN_OK ? PN_EFORMAT : r;
	}
	*out = (struct stream_frame){.bytes = s->buffer[b.index].bytes, .size = b.bytesused, .index = b.index};
	if ((b.flags & V4L2_BUF_FLAG_TIMESTAMP_MASK) == V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC && b.timestamp.tv_sec >= 0 && b.timestamp.tv_usec >= 0)
		out->taken_ns = (uint64_t)b.timestamp.tv_sec * 1000000000U + (uint64_t)b.timestamp.tv_usec * 1000U;
	return PN_OK;
}

int stream_give_back(struct stream *s, uint32_t index)
{
	struct v4l2_buffer b = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int r = ask(s, VIDIOC_QBUF, &b);
	return r == PN_EAGAIN ? PN_EIO : r;
}

void stream_close(struct stream *s)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	if (s->running)
		(void)ask(s, VIDIOC_STREAMOFF, &type);
	s->running = false;
	for (size_t i = 0; i < s->count; i++)
		s->calls->unmap(s->buffer[i].bytes, s->buffer[i].size);
	s->count = 0;
}
