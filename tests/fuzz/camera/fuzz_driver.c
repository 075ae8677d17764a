/* SPDX-License-Identifier: Apache-2.0
 * A camera's driver that answers anything: what it says of modes, rates, buffers and frames comes from the input, byte by byte in the order in
 * which it is asked. Must never let what it says reach beyond the bytes that are mapped: each buffer is of just its size.
 */
#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

#include "second.h"
#include "stream.h"

enum { MAPPED_MAX = 1 << 16, PIXELS_MAX = 1 << 16, FRAMES_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
	const uint8_t *at;
	size_t left;
	int mapped;
} in;

static uint32_t word(unsigned bytes)
{
	uint32_t v = 0;
	for (unsigned i = 0; i < bytes; i++) {
		v = v << 8 | (in.left > 0 ? *in.at : 0);
		in.at += in.left > 0;
		in.left -= in.left > 0;
	}
	return v;
}

static uint32_t format(void)
{
	static const uint32_t known[] = {MODE_YUYV, MODE_MJPEG, MODE_GREY};
	const uint32_t i = word(1);
	return i < PN_COUNT(known) ? known[i] : i;
}

static void say_modes(unsigned long r, void *a)
{
	if (r == VIDIOC_ENUM_FMT) {
		((struct v4l2_fmtdesc *)a)->pixelformat = format();
	} else if (r == VIDIOC_ENUM_FRAMESIZES) {
		struct v4l2_frmsizeenum *e = a;
		e->type = 1 + word(1) % 3;
		e->stepwise.min_width = word(2); /* of a discrete one these two are its width and height */
		e->stepwise.max_width = word(2);
		e->stepwise.max_height = word(2);
	} else {
		struct v4l2_frmivalenum *e = a;
		e->type = 1 + word(1) % 3;
		e->stepwise.min = (struct v4l2_fract){word(1), word(2)};
		e->stepwise.max = (struct v4l2_fract){word(1), word(2)};
	}
}

static void say_format(struct v4l2_format *f)
{
	const uint32_t same = word(1);
	if (same != 0)
		f->fmt.pix.pixelformat = format();
	f->fmt.pix.width = word(2);
	f->fmt.pix.height = word(2);
	f->fmt.pix.bytesperline = word(4);
}

static int request(int fd, unsigned long r, void *a)
{
	(void)fd;
	if (in.left == 0 || word(1) > 0xf0) {
		const uint32_t why = word(1) % 4;
		errno = why == 0 ? EINVAL : why == 1 ? ENODEV : why == 2 ? EAGAIN : EIO;
		return -1;
	}
	switch (r) {
	case VIDIOC_QUERYCAP:
		((struct v4l2_capability *)a)->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | word(4);
		((struct v4l2_capability *)a)->device_caps = word(4);
		break;
	case VIDIOC_ENUM_FMT:
	case VIDIOC_ENUM_FRAMESIZES:
	case VIDIOC_ENUM_FRAMEINTERVALS:
		say_modes(r, a);
		break;
	case VIDIOC_S_FMT:
		say_format(a);
		break;
	case VIDIOC_G_PARM:
	case VIDIOC_S_PARM:
		((struct v4l2_streamparm *)a)->parm.capture.capability = word(4);
		((struct v4l2_streamparm *)a)->parm.capture.timeperframe = (struct v4l2_fract){word(1), word(2)};
		break;
	case VIDIOC_QUERYCTRL:
		((struct v4l2_queryctrl *)a)->minimum = (int32_t)word(4);
		((struct v4l2_queryctrl *)a)->maximum = (int32_t)word(4);
		break;
	case VIDIOC_REQBUFS:
		((struct v4l2_requestbuffers *)a)->count = word(1);
		break;
	case VIDIOC_QUERYBUF:
		((struct v4l2_buffer *)a)->length = word(4);
		break;
	case VIDIOC_DQBUF: {
		struct v4l2_buffer *b = a;
		b->index = word(1);
		b->bytesused = word(4);
		b->flags = word(4);
		b->timestamp.tv_sec = (int32_t)word(4);
		b->timestamp.tv_usec = (int32_t)word(4);
		break;
	}
	default:
		break;
	}
	return 0;
}

static void *map(size_t size, int fd, int64_t offset)
{
	(void)fd;
	(void)offset;
	uint8_t *place = size > 0 && size <= MAPPED_MAX ? malloc(size) : NULL;
	for (size_t i = 0; place != NULL && i < size; i++)
		place[i] = (uint8_t)(i % 7 == 0 ? 0xff : i % 7 == 1 ? 0xd9 : i);
	in.mapped += place != NULL;
	return place;
}

static void unmap(void *place, size_t size)
{
	(void)size;
	free(place);
	in.mapped--;
}

static const struct stream_calls calls = {request, map, unmap};

/* As camera_v4l2.c looks at a frame. */
static unsigned look(const struct stream *s, const struct stream_frame *f)
{
	unsigned sum = 0;
	for (size_t i = 0; i < f->size; i++)
		sum += f->bytes[i];
	if (s->mode.format == MODE_MJPEG) {
		const size_t n = mode_jpeg_size(f->bytes, f->size);
		if (n > f->size)
			abort();
		return sum;
	}
	if (s->mode.width * s->mode.height > PIXELS_MAX)
		return sum;
	uint8_t *rgb = malloc((size_t)s->mode.width * s->mode.height * 3);
	if (rgb == NULL)
		abort();
	if (mode_yuyv_to_rgb(f->bytes, f->size, s->mode.width, s->mode.height, s->stride, rgb) == PN_OK)
		for (size_t i = 0; i < (size_t)s->mode.width * s->mode.height * 3; i++)
			sum += rgb[i];
	free(rgb);
	return sum;
}

static unsigned first(void)
{
	const struct mode_wish wish = {.width = 1280, .height = 720, .rate = 30, .exposure_us = word(1) * 100};
	struct stream s;
	struct stream_frame f;
	unsigned sum = 0;
	int r = stream_open(&s, &calls, 3, &wish);
	if (r != PN_OK)
		return 0;
	for (unsigned i = 0; i < FRAMES_MAX && r != PN_ECLOSED; i++) {
		r = stream_take(&s, &f);
		if (r != PN_OK)
			continue;
		sum += look(&s, &f);
		r = stream_give_back(&s, f.index);
	}
	stream_close(&s);
	return sum;
}

static unsigned with_second(void)
{
	struct second s;
	unsigned sum = 0;
	if (second_open(&s, &calls, 3, 30) != PN_OK)
		return 0;
	for (unsigned i = 0; i < FRAMES_MAX && second_take(&s, i) == PN_OK; i++) {
		const uint8_t *pixels = second_at(&s, i);
		for (size_t k = 0; pixels != NULL && k < s.size; k++)
			sum += pixels[k];
		second_forget_old(&s, i);
	}
	second_close(&s);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile unsigned seen; /* what was read cannot be left out */
	in.at = data;
	in.left = size;
	seen = word(1) % 2 == 0 ? first() : with_second();
	(void)seen;
	if (in.mapped != 0)
		abort();
	return 0;
}
