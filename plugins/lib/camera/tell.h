/* SPDX-License-Identifier: Apache-2.0
 * What every camera says to the core: troubles, whether it is ready, and the answer to a capture. Must never keep a frame.
 */
#ifndef POSTERN_CAMERA_TELL_H
#define POSTERN_CAMERA_TELL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "face.pb-c.h"
#include "postern/plugin.h"

enum { CAMERA_FRAMES_MAX = 16 }; /* of one answer */

/* What has been said last. trouble starts as "", told as false; host lives longer. */
struct camera_tell {
	const struct postern_host *host;
	const char *trouble; /* key of the one that stands; "": none */
	bool told, told_ready;
};

/* key: a constant; "": nothing is wrong any more. Says nothing twice. */
void camera_tell_trouble(struct camera_tell *t, const char *key);
/* reason: a constant; "": ready. Tried again at the next call when the core reads nothing. */
void camera_tell_ready(struct camera_tell *t, const char *reason);
/* Ends a capture: with frames that lie in blob, or with a cause, a constant, that is not "". blob's first used bytes are
 * wiped. */
void camera_tell_captured(struct camera_tell *t, uint64_t query, const char *cause, Postern__FaceFrame *frames, uint32_t count,
	uint8_t *blob, size_t used);
#endif
