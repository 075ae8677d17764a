/* SPDX-License-Identifier: Apache-2.0
 * The chip in a traveller's document. It lies on the lane's chip reader from laying down to taking back: the card's end of a
 * vpcd connection, served by a thread of its own so that leaves and people never wait for it. One passport is in memory at
 * a time. Must never touch the host, the truth log or the lane's state: what happened is fetched by the lane.
 */
#ifndef POSTERN_SIM_CHIP_SIDE_H
#define POSTERN_SIM_CHIP_SIDE_H
#include "scenario.h"

struct chip_side;

struct chip_side_config {
	uint16_t port;      /* of the reader that waits on 127.0.0.1 */
	const char *folder; /* passports, by the names of carried.h; outlives the chip side */
	struct chip_pace pace;
};

enum chip_side_what {
	CHIP_SIDE_PRESENTED, /* the reader has taken the connection */
	CHIP_SIDE_TORN,      /* the document has left the reader by itself */
	CHIP_SIDE_DONE,      /* the document was taken back, after ms from the first command to the last answer */
	CHIP_SIDE_MISSING,   /* there is no such passport, or it cannot be a chip */
};

struct chip_side_event {
	enum chip_side_what what;
	uint32_t index;
	enum traveller_kind kind;
	uint32_t ms, exchanges;
};

/* PN_EIO: no thread or descriptor; PN_ENOMEM. */
int chip_side_start(const struct chip_side_config *config, struct chip_side **out);
/* Ends the thread. */
void chip_side_stop(struct chip_side *c);
/* Never wait. Laying a document down takes the one before away. */
void chip_side_lay(struct chip_side *c, uint32_t index, enum traveller_kind kind);
void chip_side_take(struct chip_side *c);
/* The oldest event that was not fetched; false: none. Events beyond 64 are lost and counted. */
bool chip_side_fetch(struct chip_side *c, struct chip_side_event *out);
unsigned chip_side_lost(struct chip_side *c);
#endif
