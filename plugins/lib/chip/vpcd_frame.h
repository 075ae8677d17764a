/* SPDX-License-Identifier: Apache-2.0
 * Frames of the protocol of vsmartcard's vpcd: two bytes of length, big endian, then so many bytes; one byte alone is an order to
 * the card. Here the reader's side, which believes nothing that a card announces. Pure: the caller moves the bytes.
 * Must never write beyond the room that it was given, nor ask for a byte of the next frame.
 */
#ifndef POSTERN_CHIP_VPCD_FRAME_H
#define POSTERN_CHIP_VPCD_FRAME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum vpcd_order { VPCD_POWER_OFF = 0, VPCD_POWER_ON = 1, VPCD_RESET = 2, VPCD_ATR = 4 };
enum { VPCD_HEAD = 2, VPCD_PAYLOAD_MAX = 65535 };

struct vpcd_frame {
	uint8_t head[VPCD_HEAD];
	uint8_t *out;
	size_t room, head_got, size, got; /* size: as announced, once the head is there */
};

/* A frame whose payload goes to out. */
void vpcd_frame_begin(struct vpcd_frame *f, uint8_t *out, size_t room);
/* Where the next bytes go and how many at most; 0: the frame is whole (or longer than room). */
size_t vpcd_frame_next(struct vpcd_frame *f, uint8_t **at);
/* So many bytes of what vpcd_frame_next() said have come. PN_ELIMIT: the frame announces more than room; PN_EINVAL: more than
 * was asked for. */
int vpcd_frame_took(struct vpcd_frame *f, size_t count) PN_MUST_CHECK;
bool vpcd_frame_whole(const struct vpcd_frame *f);

/* The head before a payload of size bytes (at most VPCD_PAYLOAD_MAX). */
void vpcd_frame_head(uint8_t head[VPCD_HEAD], size_t size);
#endif
