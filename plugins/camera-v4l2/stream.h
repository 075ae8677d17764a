/* SPDX-License-Identifier: Apache-2.0
 * A stream of frames from a Video4Linux device that is already open: modes, buffers, one frame at a time. System calls go through a table,
 * so that tests can play the driver. Must never wait, keep a frame, nor believe a driver's lengths beyond what is mapped.
 */
#ifndef POSTERN_CAMERA_V4L2_STREAM_H
#define POSTERN_CAMERA_V4L2_STREAM_H
#include <stddef.h>
#include <stdint.h>

#include "mode.h"

enum {
	STREAM_BUFFERS = 4,
	STREAM_MODES_MAX = 128,
	STREAM_TRIES = 4, /* modes that a driver has offered, and may refuse */
	STREAM_EXPOSURE_OWN = -1, /* as the driver has it: it does not let itself be asked */
	STREAM_EXPOSURE_AUTO = 0,
};

/* As the calls of the same names; request() is ioctl(). */
struct stream_calls {
	int (*request)(int fd, unsigned long request, void *argument);
	void *(*map)(size_t size, int fd, int64_t offset);
	void (*unmap)(void *place, size_t size);
};
extern const struct stream_calls stream_kernel;

struct stream {
	const struct stream_calls *calls;
	int fd;
	struct mode mode; /* as the driver has set it */
	uint32_t stride;
	uint32_t rate;	  /* frames a second as the driver has set it, rounded down; 0: it does not say */
	int32_t exposure; /* above 0: in 100 us */
	size_t count;
	struct {
		uint8_t *bytes;
		size_t size;
	} buffer[STREAM_BUFFERS];
	bool running;
};

/* PN_EUNSUPPORTED: no camera, or none that streams in one of the formats wished for. PN_ECLOSED: it is gone. PN_EIO: it refuses, as the best STREAM_TRIES modes
 * that it offers. On an error there
 * is nothing to close. */
int stream_open(struct stream *s, const struct stream_calls *calls, int fd, const struct mode_wish *wish) PN_MUST_CHECK;
/* A frame, the driver's until stream_give_back(index). taken_ns: on the monotonic clock; 0: the driver does not say. */
struct stream_frame {
	const uint8_t *bytes;
	size_t size;
	uint32_t index;
	uint64_t taken_ns;
};

/* The next one. PN_EAGAIN: none has come. PN_EFORMAT: a broken one, already given
 * back. PN_ECLOSED: the camera is gone. PN_EIO. */
int stream_take(struct stream *s, struct stream_frame *out) PN_MUST_CHECK;
/* PN_ECLOSED, PN_EIO. */
int stream_give_back(struct stream *s, uint32_t index) PN_MUST_CHECK;
/* Wipes nothing of the driver's: its pages go with the last mapping. */
void stream_close(struct stream *s);
#endif
