/* SPDX-License-Identifier: Apache-2.0
 * One document's chip on one slot: from waiting for it to its last file, with its tears, its deadlines and its progress. Blocks
 * for as long as its limits say; called on a thread of its own in a plugin, on the only one in a tool.
 * Must never give bytes of two chips in one outcome, nor go on after its deadline.
 */
#ifndef POSTERN_CHIP_READING_H
#define POSTERN_CHIP_READING_H
#include "chip/outcome.h"
#include "chip/slot.h"

struct chip_exchange {
	const uint8_t *command; /* personal, once protected it is not readable; never kept */
	size_t command_size, response_size;
	uint16_t sw;
	int err;
	double ms;
};

struct chip_reading {
	const struct emrtd_password *password;
	const char *issuer, *document_code; /* of the optical zone; NULL: not known */
	struct emrtd_families *families;    /* the slot's; may be NULL */
	struct emrtd_policy policy;
	uint32_t groups;        /* as in emrtd_wish */
	uint32_t apdu_limit_ms; /* for one command */
	uint32_t wait_ms;       /* for a chip to appear */
	uint32_t resume_ms;     /* for one that left to come back */
	uint64_t deadline_ms;   /* monotonic: the end of it all */
	void *self;             /* of the calls below; each may be NULL */
	/* A chip answers. False: somebody else has one, end without a result. */
	bool (*found)(void *self);
	/* Asked before each exchange. True: end without a result. */
	bool (*stopped)(void *self);
	/* A call to the slot begins that should be over at deadline_ms; 0: it is over. */
	void (*within)(void *self, uint64_t deadline_ms);
	void (*progress)(void *self, const struct chip_progress *progress);
	void (*exchanged)(void *self, const struct chip_exchange *exchange);
};

struct chip_outcome {
	Postern__ChipResult result; /* UNSPECIFIED: ended by found() or stopped() */
	int err;
	struct emrtd_failure failure;
	struct emrtd_document document; /* also what came before an end that was none */
	uint64_t chip_ms; /* monotonic, when a chip was found; 0: none was */
	uint32_t read_ms; /* from then on */
	unsigned tears;
};

void chip_read(const struct chip_slot *slot, const struct chip_reading *reading, struct chip_outcome *out);
/* Wipes. */
void chip_outcome_free(struct chip_outcome *out);
#endif
