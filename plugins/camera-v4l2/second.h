/* SPDX-License-Identifier: Apache-2.0
 * A second camera beside the first, for near infrared: grey frames, of which the last is kept until the next, so that one that was taken at
 * the moment of a frame can go with it. Must never give a frame of another moment, nor keep one that is past its own when it is asked to forget.
 */
#ifndef POSTERN_CAMERA_V4L2_SECOND_H
#define POSTERN_CAMERA_V4L2_SECOND_H
#include "stream.h"

enum { SECOND_AGE_MS = 100, SECOND_WIDTH_MAX = 640, SECOND_HEIGHT_MAX = 480 };

struct second {
	struct stream stream; /* fd -1: there is none */
	bool open;
	uint8_t *pixels; /* of the last frame; rows without gaps */
	size_t size;
	uint64_t taken_ns; /* 0: no frame is kept */
};

/* fd: open already, or -1. As stream_open(); PN_ENOMEM. On an error there is nothing to close. */
int second_open(struct second *s, const struct stream_calls *calls, int fd, uint32_t rate) PN_MUST_CHECK;
/* Takes what the driver has. PN_OK also when there is nothing or nothing good; PN_ECLOSED, PN_EIO: it is gone. */
int second_take(struct second *s, uint64_t now_ns) PN_MUST_CHECK;
/* NULL: no frame was taken within SECOND_AGE_MS of that moment. */
const uint8_t *second_at(const struct second *s, uint64_t taken_ns);
/* Wipes a frame that is older than SECOND_AGE_MS. */
void second_forget_old(struct second *s, uint64_t now_ns);
void second_close(struct second *s);
#endif
