/* SPDX-License-Identifier: Apache-2.0
 * One place where a chip may lie, as the reading sees it: a reader of PC/SC, or a socket that a virtual chip comes to. A slot is
 * used by one thread at a time; cancel() alone may come from another. Must never say that a chip is there which has not
 * answered to power.
 */
#ifndef POSTERN_CHIP_SLOT_H
#define POSTERN_CHIP_SLOT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { CHIP_SLOTS_MAX = 4, CHIP_ATR_MAX = 33 };

struct chip_card {
	uint8_t atr[CHIP_ATR_MAX];
	size_t atr_size;
	size_t command_max, response_max; /* of the reader; the chip's own bounds are in its ATR and EF.ATR/INFO */
};

struct chip_slot {
	void *self;
	/* Waits at most wait_ms for a chip and powers it anew: it has forgotten what was before. PN_ENOTFOUND: none came; PN_EIO:
	 * there is no reader; PN_ECLOSED: cancelled. */
	int (*power)(void *self, uint32_t wait_ms, struct chip_card *card);
	/* As emrtd_channel.transmit. PN_ETIMEOUT: no whole answer in limit_ms; the chip must be powered anew. A slot that cannot
	 * keep the limit itself takes longer: its thread is watched (worker.h). */
	int (*transmit)(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size,
		uint32_t limit_ms);
	/* The reading is over: no power. */
	void (*release)(void *self);
	/* on: end a call that is under way as soon as it can be, and those that follow at once; off: no longer. */
	void (*cancel)(void *self, bool on);
};
#endif
