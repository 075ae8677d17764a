/* SPDX-License-Identifier: Apache-2.0
 * One WebSocket message between a gate and its post, read strictly: nothing that the schema does not know, no number that an
 * enumeration does not name, no text that is not UTF-8 without control characters. Shared by both sides. Pure.
 * Must never accept what the bus would refuse for its form.
 */
#ifndef POSTERN_POST_FRAME_H
#define POSTERN_POST_FRAME_H
#include <stddef.h>
#include <stdint.h>

#include "post.pb-c.h"

/* NULL: no frame, too large (POST_FRAME_MAX), or out of memory. The caller's, to be ended with post_frame_free(). */
Postern__PostFrame *post_frame_read(const uint8_t *bytes, size_t size);
/* May be NULL. Wipes the texts and bytes that it held. */
void post_frame_free(Postern__PostFrame *frame);
/* Wipes the texts and bytes of any message, which stays allocated. */
void post_message_wipe(ProtobufCMessage *message);
#endif
