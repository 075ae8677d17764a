/* SPDX-License-Identifier: Apache-2.0
 * See stream.h. Interface: Linux, Documentation/userspace-api/media/v4l (memory-mapped streaming).
 */
#include "stream.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

static int ask(const struct stream *s, unsigned long request, void *argument)
{
	if (s->calls->request(s->fd, request, argument) >= 0)
		return PN_OK;
	return errno == ENODEV || errno == ENXIO ? PN_ECLOSED : errno == EAGAIN ? PN_EAGAIN : PN_EIO;
}

/* Numerator and denominator of seconds: is a shorter than b? */
static bool shorter(struct v4l2_fract a, struct v4l2_fract b)
{
	return (uint64_t)a.numerator * b.denominator < (uint64_t)b.numerator * a.denominator;
}

/* Of what the driver offers in that mode the shortest time between two frames that is not below the wish; the longest, where all are below. Zero
 * seconds: it does not say. */
static struct v4l2_fract interval_of(const struct stream *s, const struct mode *m, uint32_t rate)
{
	const struct v4l2_fract wish = {1, rate};
	struct v4l2_fract best = {0, 0};
	for (uint32_t i = 0; i < STREAM_MODES_MAX; i++) {
		struct v4l2_frmivalenum e = {.index = i, .pixel_format = m->format, .width = m->width, .height = m->height};
		if (ask(s, VIDIOC_ENUM_FRAMEINTERVALS, &e) != PN_OK)
			break;
		if (e.type != V4L2_FRMIVAL_TYPE_DISCRETE)
			return shorter(wish, e.stepwise.min) ? e.stepwise.min : shorter(e.stepwise.max, wish) ? e.stepwise.max : wish;
		const struct v4l2_fract f = e.discrete;
		const bool fits = !shorter(f, wish), best_fits = best.denominator != 0 && !shorter(best, wish);
		if (best.denominator == 0 || (fits ? !best_fits || shorter(f, best) : !best_fits && shorter(best, f)))
			best = f;
	}
	return best;
}

static uint32_t rate_of(struct v4l2_fract interval)
{
	return interval.numerator != 0 ? interval.denominator / interval.numerator : 0;
}

static void add(const struct stream *s, struct mode *modes, size_t *count, struct mode m, uint32_t rate)
{
	if (*count == STREAM_MODES_MAX)
		return;
	m.rate = rate != 0 ? rate_of(interval_of(s, &m, rate)) : 0;
	modes[(*count)++] = m;
}

/* Sizes of one format: each of them, or of a range the largest that is wished for. */
static void sizes(const struct stream *s, uint32_t format, const struct mode_wish *wish, struct mode *modes, size_t *count)
{
	for (uint32_t i = 0; i < STREAM_MODES_MAX; i++) {
		struct v4l2_frmsizeenum e = {.index = i, .pixel_format = format};
		if (ask(s, VIDIOC_ENUM_FRAMESIZES, &e) != PN_OK)
			return;
		if (e.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
			add(s, modes, count, (struct mode){.format = format, .width = e.discrete.width, .height = e.discrete.height}, wish->rate);
			continue;
		}
		const uint32_t w = wish->width < e.stepwise.max_width ? wish->width : e.stepwise.max_width;
		const uint32_t h = wish->height < e.stepwise.max_height ? wish->height : e.stepwise.max_height;
		add(s, modes, count, (struct mode){.format = format, .width = w, .height = h}, wish->rate);
		return;
	}
}

/* PN_EUNSUPPORTED: none in a format that is wished for. */
static int offered(const struct stream *s, const struct mode_wish *wish, struct mode *modes, size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < STREAM_MODES_MAX; i++) {
		struct v4l2_fmtdesc d = {.index = i, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
		int r = ask(s, VIDIOC_ENUM_FMT, &d);
		if (r == PN_ECLOSED)
			return r;
		if (r != PN_OK)
			break;
		if (mode_wanted(d.pixelformat, wish)) /* others would only fill the list */
			sizes(s, d.pixelformat, wish, modes, count);
	}
	return mode_choose(modes, *count, wish) != NULL ? PN_OK : PN_EUNSUPPORTED;
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
	s->mode = (struct mode){.format = m->format, .width = f.fmt.pix.width, .height = f.fmt.pix.height};
	s->stride = f.fmt.pix.bytesperline != 0 ? f.fmt.pix.bytesperline : f.fmt.pix.width * (m->format == MODE_GREY ? 1 : 2);
	return PN_OK;
}

/* A driver that does not let itself be asked keeps its own rate. */
static void set_rate(struct stream *s, uint32_t rate)
{
	struct v4l2_streamparm p = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	if (rate == 0 || ask(s, VIDIOC_G_PARM, &p) != PN_OK || (p.parm.capture.capability & V4L2_CAP_TIMEPERFRAME) == 0)
		return;
	p = (struct v4l2_streamparm){.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	p.parm.capture.timeperframe = interval_of(s, &s->mode, rate);
	if (p.parm.capture.timeperframe.denominator == 0)
		p.parm.capture.timeperframe = (struct v4l2_fract){1, rate};
	if (ask(s, VIDIOC_S_PARM, &p) != PN_OK)
		return;
	s->rate = rate_of(p.parm.capture.timeperframe);
}

static bool set_control(const struct stream *s, uint32_t id, int32_t value)
{
	struct v4l2_control c = {.id = id, .value = value};
	return ask(s, VIDIOC_S_CTRL, &c) == PN_OK;
}

/* The nearest that the driver has; 0: it has no such control. */
static int32_t within(const struct stream *s, uint32_t id, int32_t value)
{
	struct v4l2_queryctrl q = {.id = id};
	if (ask(s, VIDIOC_QUERYCTRL, &q) != PN_OK || (q.flags & V4L2_CTRL_FLAG_DISABLED) != 0)
		return 0;
	return value < q.minimum ? q.minimum : value > q.maximum ? q.maximum : value;
}

/* Controls of the camera class. By itself a camera may expose longer than a frame takes, in the dark, and gives fewer of them then: it is told not
 * to, where it has that control. */
static void set_exposure(struct stream *s, uint32_t exposure_us)
{
	if (exposure_us == 0) {
		s->exposure = set_control(s, V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_AUTO) ||
					      set_control(s, V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_APERTURE_PRIORITY)
				      ? STREAM_EXPOSURE_AUTO
				      : STREAM_EXPOSURE_OWN;
		(void)set_control(s, V4L2_CID_EXPOSURE_AUTO_PRIORITY, 0);
		return;
	}
	s->exposure = STREAM_EXPOSURE_OWN;
	const int32_t value = within(s, V4L2_CID_EXPOSURE_ABSOLUTE, (int32_t)(exposure_us / 100)); /* in 100 us */
	if (value == 0)
		return;
	const bool manual = set_control(s, V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_MANUAL) ||
			    set_control(s, V4L2_CID_EXPOSURE_AUTO, V4L2_EXPOSURE_SHUTTER_PRIORITY);
	if (set_control(s, V4L2_CID_EXPOSURE_ABSOLUTE, value) && manual)
		s->exposure = value;
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

/* With nothing left where it does not work. */
static int begin(struct stream *s, const struct mode *mode, const struct mode_wish *wish)
{
	struct v4l2_requestbuffers none = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int r = set(s, mode);
	s->rate = 0;
	s->exposure = STREAM_EXPOSURE_OWN;
	if (r == PN_OK) {
		set_rate(s, wish->rate);
		set_exposure(s, wish->exposure_us);
		r = map_buffers(s);
	}
	if (r == PN_OK)
		r = start(s);
	if (r == PN_OK)
		return r;
	stream_close(s);
	(void)ask(s, VIDIOC_REQBUFS, &none);
	return r;
}

/* From the best on; what a driver lists it may refuse all the same, as for want of room on its bus. */
static int begin_any(struct stream *s, struct mode *modes, size_t count, const struct mode_wish *wish)
{
	int r = PN_EUNSUPPORTED;
	for (unsigned i = 0; i < STREAM_TRIES; i++) {
		const struct mode *best = mode_choose(modes, count, wish);
		if (best == NULL)
			break;
		r = begin(s, best, wish);
		if (r == PN_OK || r == PN_ECLOSED)
			break;
		modes[best - modes] = modes[--count];
	}
	return r;
}

int stream_open(struct stream *s, const struct stream_calls *calls, int fd, const struct mode_wish *wish)
{
	struct v4l2_capability cap = {0};
	struct mode modes[STREAM_MODES_MAX];
	size_t count;
	*s = (struct stream){.calls = calls, .fd = fd};
	int r = ask(s, VIDIOC_QUERYCAP, &cap);
	if (r != PN_OK)
		return r == PN_ECLOSED ? r : PN_EUNSUPPORTED;
	const uint32_t can = (cap.capabilities & V4L2_CAP_DEVICE_CAPS) != 0 ? cap.device_caps : cap.capabilities;
	if ((can & V4L2_CAP_VIDEO_CAPTURE) == 0 || (can & V4L2_CAP_STREAMING) == 0)
		return PN_EUNSUPPORTED;
	r = offered(s, wish, modes, &count);
	return r == PN_OK ? begin_any(s, modes, count, wish) : r;
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
