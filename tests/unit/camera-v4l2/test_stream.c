/* SPDX-License-Identifier: Apache-2.0
 * Modes, bytes and the stream of camera-v4l2, with a driver that is a double: what it says is what a driver may say, also wrong.
 * Must never open a device.
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

#include "stream.h"

static void chosen(void **state)
{
	static const struct mode modes[] = {{MODE_YUYV, 640, 480, 0}, {MODE_YUYV, 1280, 720, 0}, {MODE_MJPEG, 1280, 720, 0}, {MODE_MJPEG, 1920, 1080, 0},
		{0x34363248, 1280, 720, 0}, {MODE_MJPEG, 8, 8, 0}};
	(void)state;
	struct mode_wish w = {.width = 1280, .height = 720};
	assert_ptr_equal(mode_choose(modes, 6, &w), &modes[1]); /* as large: the one without a codec */
	w.format = MODE_MJPEG;
	assert_ptr_equal(mode_choose(modes, 6, &w), &modes[2]);
	w = (struct mode_wish){.width = 1920, .height = 1080};
	assert_ptr_equal(mode_choose(modes, 6, &w), &modes[3]);
	w = (struct mode_wish){.width = 320, .height = 240};
	assert_ptr_equal(mode_choose(modes, 6, &w), &modes[0]); /* none fits: the smallest */
	assert_null(mode_choose(modes + 4, 2, &w));
	assert_null(mode_choose(NULL, 0, &w));
}

/* As webcams are: the bus has no room for many frames without a codec. */
static void chosen_by_rate(void **state)
{
	static const struct mode modes[] = {{MODE_YUYV, 1280, 720, 10}, {MODE_MJPEG, 1280, 720, 30}, {MODE_MJPEG, 640, 480, 60}, {MODE_YUYV, 1920, 1080, 5},
		{MODE_MJPEG, 1920, 1080, 0}};
	(void)state;
	struct mode_wish w = {.width = 1280, .height = 720, .rate = 30};
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[1]); /* as large: the faster one */
	w.rate = 10;
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[0]); /* more than is wished is none faster */
	w.rate = 0;
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[1]);
	w = (struct mode_wish){.width = 1920, .height = 1080, .format = MODE_YUYV, .rate = 30};
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[0]); /* five frames a second are too few where there is another */
	assert_ptr_equal(mode_choose(modes + 3, 1, &w), &modes[3]);
	w.rate = 5;
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[3]); /* but not where no more are wished */
	w = (struct mode_wish){.width = 1920, .height = 1080, .rate = 30};
	assert_ptr_equal(mode_choose(modes, 5, &w), &modes[4]); /* who does not say is taken at his word */
}

/* ITU-R BT.601: black, white and the colour bars' red, green and blue (75 % amplitude, 8 bits: SMPTE EG 1). */
static void colours(void **state)
{
	static const struct {
		uint8_t yuv[3], rgb[3];
	} bars[] = {{{16, 128, 128}, {0, 0, 0}}, {{235, 128, 128}, {255, 255, 255}}, {{65, 100, 212}, {191, 0, 0}}, {{112, 72, 58}, {0, 191, 0}},
		{{35, 212, 114}, {0, 0, 191}}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(bars); i++) {
		const uint8_t pair[4] = {bars[i].yuv[0], bars[i].yuv[1], bars[i].yuv[0], bars[i].yuv[2]};
		uint8_t rgb[6];
		assert_int_equal(mode_yuyv_to_rgb(pair, sizeof pair, 2, 1, 4, rgb), PN_OK);
		for (unsigned c = 0; c < 6; c++)
			assert_true(abs(rgb[c] - bars[i].rgb[c % 3]) <= 2);
	}
}

static void rows(void **state)
{
	uint8_t from[2 * 8 + 4], to[12];
	(void)state;
	memset(from, 128, sizeof from);
	from[8] = from[10] = 235; /* the second row begins after four bytes of nothing */
	assert_int_equal(mode_yuyv_to_rgb(from, 12, 2, 2, 8, to), PN_OK);
	assert_true(to[0] < 140 && to[6] == 255);
	assert_int_equal(mode_yuyv_to_rgb(from, 11, 2, 2, 8, to), PN_EFORMAT);
	assert_int_equal(mode_yuyv_to_rgb(from, 12, 3, 1, 8, to), PN_EFORMAT);
	assert_int_equal(mode_yuyv_to_rgb(from, 12, 2, 2, 3, to), PN_EFORMAT);
	assert_int_equal(mode_yuyv_to_rgb(from, 12, 0, 2, 8, to), PN_EFORMAT);
	assert_int_equal(mode_yuyv_to_rgb(from, 12, 2, 0, 8, to), PN_EFORMAT);
}

static void jpegs(void **state)
{
	static const uint8_t padded[] = {0xff, 0xd8, 1, 2, 0xff, 0xd9, 0, 0}, cut[] = {0xff, 0xd8, 1, 2, 3, 4}, other[] = {1, 0xd8, 0xff, 0xd9},
			     least[] = {0xff, 0xd8, 0xff, 0xd9};
	(void)state;
	assert_int_equal(mode_jpeg_size(padded, sizeof padded), 6);
	assert_int_equal(mode_jpeg_size(cut, sizeof cut), 0);
	assert_int_equal(mode_jpeg_size(other, sizeof other), 0);
	assert_int_equal(mode_jpeg_size(least, sizeof least), 4);
	assert_int_equal(mode_jpeg_size(least, 3), 0);
}

/* --- a driver ------------------------------------------------------------------------------------- */

static struct {
	uint32_t caps, formats[4], format_count, size_count, width, height, set_width, buffers, length;
	bool stepwise, other_format, refuses_on;
	uint32_t refused, format, asked; /* of that format it does not stream: ENOSPC; what is set; how often it was asked to */
	int gone; /* errno of every request from now on; 0: it is there */
	struct v4l2_buffer next;
	bool has_next, on;
	unsigned queued, mapped, requested;
	/* Rates: denominators of 1 / n, or a range; 0: none. Controls that it has, and what was set. */
	uint32_t rates[4], rate_count, slowest, fastest, rate;
	bool no_rate, aperture_only, no_exposure;
	int32_t exposure_mode, exposure, priority;
	uint8_t memory[8][64];
} d;

static void plug(void)
{
	memset(&d, 0, sizeof d);
	d.caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
	d.formats[0] = MODE_YUYV;
	d.format_count = d.size_count = 1;
	d.width = 640;
	d.height = 480;
	d.buffers = STREAM_BUFFERS;
	d.length = 64;
	d.exposure_mode = d.exposure = d.priority = -1;
}

static int no(int error)
{
	errno = error;
	return -1;
}

static int sizes_of(struct v4l2_frmsizeenum *e)
{
	if (e->index >= d.size_count)
		return no(EINVAL);
	e->type = d.stepwise ? V4L2_FRMSIZE_TYPE_STEPWISE : V4L2_FRMSIZE_TYPE_DISCRETE;
	if (d.stepwise) {
		e->stepwise.max_width = d.width;
		e->stepwise.max_height = d.height;
	} else {
		e->discrete.width = d.width;
		e->discrete.height = d.height;
	}
	return 0;
}

static int intervals_of(struct v4l2_frmivalenum *e)
{
	assert_true(e->pixel_format == MODE_YUYV || e->pixel_format == MODE_MJPEG);
	assert_true(e->width >= 16 && e->height >= 16);
	if (d.fastest != 0 && e->index == 0) {
		e->type = V4L2_FRMIVAL_TYPE_CONTINUOUS;
		e->stepwise.min = (struct v4l2_fract){1, d.fastest};
		e->stepwise.max = (struct v4l2_fract){1, d.slowest};
		return 0;
	}
	if (e->index >= d.rate_count)
		return no(EINVAL);
	e->type = V4L2_FRMIVAL_TYPE_DISCRETE;
	e->discrete = (struct v4l2_fract){1, d.rates[e->index]};
	return 0;
}

static int set_control(const struct v4l2_control *c)
{
	if (d.no_exposure)
		return no(EINVAL);
	switch (c->id) {
	case V4L2_CID_EXPOSURE_AUTO:
		if (d.aperture_only && c->value == V4L2_EXPOSURE_AUTO)
			return no(EINVAL);
		d.exposure_mode = c->value;
		return 0;
	case V4L2_CID_EXPOSURE_ABSOLUTE:
		d.exposure = c->value;
		return 0;
	case V4L2_CID_EXPOSURE_AUTO_PRIORITY:
		d.priority = c->value;
		return 0;
	default:
		return no(EINVAL);
	}
}

static int adjust(unsigned long r, void *a)
{
	struct v4l2_streamparm *p = a;
	struct v4l2_queryctrl *q = a;
	switch (r) {
	case VIDIOC_ENUM_FRAMEINTERVALS:
		return intervals_of(a);
	case VIDIOC_G_PARM:
		p->parm.capture.capability = d.no_rate ? 0 : V4L2_CAP_TIMEPERFRAME;
		return 0;
	case VIDIOC_S_PARM:
		d.rate = p->parm.capture.timeperframe.denominator / p->parm.capture.timeperframe.numerator;
		return 0;
	case VIDIOC_S_CTRL:
		return set_control(a);
	case VIDIOC_QUERYCTRL:
		if (d.no_exposure || q->id != V4L2_CID_EXPOSURE_ABSOLUTE)
			return no(EINVAL);
		q->minimum = 3;
		q->maximum = 500;
		return 0;
	default:
		return no(ENOTTY);
	}
}

static int request(int fd, unsigned long r, void *a)
{
	assert_int_equal(fd, 5);
	if (d.gone != 0)
		return no(d.gone);
	switch (r) {
	case VIDIOC_QUERYCAP:
		((struct v4l2_capability *)a)->capabilities = V4L2_CAP_DEVICE_CAPS;
		((struct v4l2_capability *)a)->device_caps = d.caps;
		return 0;
	case VIDIOC_ENUM_FMT: {
		struct v4l2_fmtdesc *f = a;
		if (f->index >= d.format_count)
			return no(EINVAL);
		f->pixelformat = d.formats[f->index];
		return 0;
	}
	case VIDIOC_ENUM_FRAMESIZES:
		return sizes_of(a);
	case VIDIOC_S_FMT: {
		struct v4l2_format *f = a;
		if (d.set_width != 0)
			f->fmt.pix.width = d.set_width;
		if (d.other_format)
			f->fmt.pix.pixelformat = MODE_MJPEG;
		if (d.mapped > 0 || d.requested > 0)
			return no(EBUSY);
		d.format = f->fmt.pix.pixelformat;
		f->fmt.pix.bytesperline = f->fmt.pix.width * 2 + 16;
		return 0;
	}
	case VIDIOC_REQBUFS:
		if (((struct v4l2_requestbuffers *)a)->count > 0)
			((struct v4l2_requestbuffers *)a)->count = d.buffers;
		d.requested = ((struct v4l2_requestbuffers *)a)->count;
		return d.requested == 0 && d.mapped > 0 ? no(EBUSY) : 0;
	case VIDIOC_QUERYBUF:
		((struct v4l2_buffer *)a)->length = d.length;
		((struct v4l2_buffer *)a)->m.offset = ((struct v4l2_buffer *)a)->index;
		return 0;
	case VIDIOC_QBUF:
		d.queued++;
		return 0;
	case VIDIOC_STREAMON:
		d.asked++;
		d.on = !d.refuses_on && d.format != d.refused;
		return d.on ? 0 : no(ENOSPC);
	case VIDIOC_STREAMOFF:
		d.on = false;
		return 0;
	case VIDIOC_DQBUF:
		if (!d.has_next)
			return no(EAGAIN);
		*(struct v4l2_buffer *)a = d.next;
		d.has_next = false;
		return 0;
	default:
		return adjust(r, a);
	}
}

static void *map(size_t size, int fd, int64_t offset)
{
	assert_int_equal(fd, 5);
	assert_int_equal(size, d.length);
	d.mapped++;
	return d.memory[offset];
}

static void unmap(void *place, size_t size)
{
	assert_non_null(place);
	assert_int_equal(size, d.length);
	d.mapped--;
}

static const struct stream_calls calls = {request, map, unmap};
static const struct mode_wish wish = {1280, 720, 0, 30, 0};

static void frames(void **state)
{
	struct stream s;
	struct stream_frame f;
	(void)state;
	plug();
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.width, 640);
	assert_int_equal(s.stride, 640 * 2 + 16);
	assert_true(d.on && d.queued == STREAM_BUFFERS && d.mapped == STREAM_BUFFERS);
	assert_int_equal(stream_take(&s, &f), PN_EAGAIN);
	d.next = (struct v4l2_buffer){.index = 2, .bytesused = 60, .flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC, .timestamp = {3, 5}};
	d.has_next = true;
	assert_int_equal(stream_take(&s, &f), PN_OK);
	assert_ptr_equal(f.bytes, d.memory[2]);
	assert_int_equal(f.size, 60);
	assert_int_equal(f.taken_ns, UINT64_C(3000005000));
	assert_int_equal(stream_give_back(&s, f.index), PN_OK);
	assert_int_equal(d.queued, STREAM_BUFFERS + 1);
	/* Another clock's time is none. */
	d.next.flags = V4L2_BUF_FLAG_TIMESTAMP_UNKNOWN;
	d.has_next = true;
	assert_int_equal(stream_take(&s, &f), PN_OK);
	assert_int_equal(f.taken_ns, 0);
	/* Broken, empty, or longer than what is mapped: given back at once. */
	for (unsigned i = 0; i < 3; i++) {
		const unsigned queued = d.queued;
		d.next = (struct v4l2_buffer){.index = 1, .bytesused = i == 1 ? 0 : i == 2 ? 65 : 10, .flags = i == 0 ? V4L2_BUF_FLAG_ERROR : 0};
		d.has_next = true;
		assert_int_equal(stream_take(&s, &f), PN_EFORMAT);
		assert_int_equal(d.queued, queued + 1);
	}
	d.next = (struct v4l2_buffer){.index = STREAM_BUFFERS, .bytesused = 10};
	d.has_next = true;
	assert_int_equal(stream_take(&s, &f), PN_EIO);
	/* Unplugged. */
	d.gone = ENODEV;
	assert_int_equal(stream_take(&s, &f), PN_ECLOSED);
	assert_int_equal(stream_give_back(&s, 0), PN_ECLOSED);
	d.gone = EIO;
	assert_int_equal(stream_take(&s, &f), PN_EIO);
	stream_close(&s);
	assert_int_equal(d.mapped, 0);
}

static void ranges(void **state)
{
	struct stream s;
	(void)state;
	plug();
	d.stepwise = true;
	d.width = 4000;
	d.height = 600;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.width, 1280);
	assert_int_equal(s.mode.height, 600);
	stream_close(&s);
	plug();
	/* A camera with more modes in other formats than a list has room for. */
	for (unsigned i = 0; i < 4; i++)
		d.formats[i] = i < 3 ? 0x34363248 + i : MODE_YUYV;
	d.format_count = 4;
	d.size_count = STREAM_MODES_MAX;
	d.fastest = 60;
	d.slowest = 1;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.format, MODE_YUYV);
	stream_close(&s);
	plug();
	d.set_width = 320; /* the driver's word */
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.width, 320);
	stream_close(&s);
	assert_false(d.on);
}

/* A driver that refuses to stream what it has offered is asked for the next best, with nothing left of the attempt before. */
static void refused(void **state)
{
	struct stream s;
	(void)state;
	plug();
	d.formats[1] = MODE_MJPEG;
	d.format_count = 2;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.format, MODE_YUYV);
	stream_close(&s);
	plug();
	d.formats[1] = MODE_MJPEG;
	d.format_count = 2;
	d.refused = MODE_YUYV;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(s.mode.format, MODE_MJPEG);
	assert_int_equal(d.asked, 2);
	assert_true(d.on && d.mapped == STREAM_BUFFERS && s.count == STREAM_BUFFERS);
	stream_close(&s);
	assert_int_equal(d.mapped, 0);
	/* One that refuses everything is not asked for ever. */
	plug();
	d.size_count = STREAM_MODES_MAX;
	d.refuses_on = true;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_EIO);
	assert_int_equal(d.asked, STREAM_TRIES);
	assert_true(d.mapped == 0 && d.requested == 0);
}

/* At most as many frames as wished; the fewest, where there are only more; what a driver does not offer is its own. */
static void rates(void **state)
{
	static const struct {
		uint32_t rates[4], count, slowest, fastest, wished, set;
	} cases[] = {{{60, 30, 15, 5}, 4, 0, 0, 30, 30}, {{60, 25, 15, 5}, 4, 0, 0, 30, 25}, {{5, 15, 25, 60}, 4, 0, 0, 30, 25},
		{{120, 60, 90, 0}, 3, 0, 0, 30, 60}, {{0}, 0, 1, 60, 30, 30}, {{0}, 0, 1, 20, 30, 20}, {{0}, 0, 50, 60, 30, 50}, {{0}, 0, 0, 0, 30, 30}};
	struct stream s;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		plug();
		memcpy(d.rates, cases[i].rates, sizeof d.rates);
		d.rate_count = cases[i].count;
		d.slowest = cases[i].slowest;
		d.fastest = cases[i].fastest;
		assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
		assert_int_equal(d.rate, cases[i].set);
		assert_int_equal(s.rate, cases[i].set);
		stream_close(&s);
	}
	plug();
	d.no_rate = true;
	assert_int_equal(stream_open(&s, &calls, 5, &wish), PN_OK);
	assert_int_equal(d.rate, 0);
	assert_int_equal(s.rate, 0);
	stream_close(&s);
}

/* V4L2's values: 0 auto, 1 manual, 3 aperture priority; the time in 100 us, 0.3 to 50 ms with this driver. */
static void exposures(void **state)
{
	static const struct {
		uint32_t wished_us;
		bool aperture_only, none;
		int32_t mode, set, priority, told;
	} cases[] = {{0, false, false, 0, -1, 0, STREAM_EXPOSURE_AUTO}, {0, true, false, 3, -1, 0, STREAM_EXPOSURE_AUTO},
		{0, false, true, -1, -1, -1, STREAM_EXPOSURE_OWN}, {8000, true, false, 1, 80, -1, 80}, {100000, false, false, 1, 500, -1, 500},
		{100, false, false, 1, 3, -1, 3}, {8000, false, true, -1, -1, -1, STREAM_EXPOSURE_OWN}};
	struct stream s;
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		const struct mode_wish w = {.width = 640, .height = 480, .rate = 30, .exposure_us = cases[i].wished_us};
		plug();
		d.aperture_only = cases[i].aperture_only;
		d.no_exposure = cases[i].none;
		assert_int_equal(stream_open(&s, &calls, 5, &w), PN_OK);
		assert_int_equal(d.exposure_mode, cases[i].mode);
		assert_int_equal(d.exposure, cases[i].set);
		assert_int_equal(d.priority, cases[i].priority);
		assert_int_equal(s.exposure, cases[i].told);
		stream_close(&s);
	}
}

static void cannot(void **state)
{
	static const int expected[] = {PN_EUNSUPPORTED, PN_EUNSUPPORTED, PN_EUNSUPPORTED, PN_EUNSUPPORTED, PN_EIO, PN_EIO, PN_EIO, PN_ECLOSED,
		PN_EUNSUPPORTED, PN_EUNSUPPORTED};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(expected); i++) {
		struct stream s;
		plug();
		if (i == 0)
			d.caps = V4L2_CAP_VIDEO_CAPTURE;
		else if (i == 1)
			d.caps = V4L2_CAP_STREAMING;
		else if (i == 2)
			d.formats[0] = 0x34363248; /* H264 */
		else if (i == 3)
			d.other_format = true;
		else if (i == 4)
			d.buffers = 1;
		else if (i == 5)
			d.length = 0;
		else if (i == 6)
			d.refuses_on = true;
		else if (i == 7)
			d.gone = ENODEV;
		else if (i == 8)
			d.set_width = 100000;
		else
			d.gone = ENOTTY; /* no camera at all */
		assert_int_equal(stream_open(&s, &calls, 5, &wish), expected[i]);
		assert_int_equal(d.mapped, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(chosen), cmocka_unit_test(chosen_by_rate), cmocka_unit_test(refused), cmocka_unit_test(colours), cmocka_unit_test(rows), cmocka_unit_test(jpegs),
		cmocka_unit_test(frames), cmocka_unit_test(ranges), cmocka_unit_test(rates), cmocka_unit_test(exposures),
		cmocka_unit_test(cannot)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
