/* SPDX-License-Identifier: Apache-2.0
 * The virtual passport on a socket: the card's side of the protocol of vsmartcard's vpcd. Both ways
 * a length of two bytes, big endian, then so many bytes. From the reader one byte is an order (0
 * off, 1 on, 2 reset, 4 ATR: only ATR is answered), more are a command APDU. Must never hold what a
 * chip knows.
 */
#ifndef POSTERN_SIM_CHIP_VPCD_H
#define POSTERN_SIM_CHIP_VPCD_H
#include "sim/chip/chip.h"

/* A socket to a reader that waits (vpcd's own way: "127.0.0.1", 35963). PN_EIO, PN_EINVAL. */
int sim_vpcd_connect(const char *host, uint16_t port, int *fd);
/* A socket that waits on loopback for readers; port 0: any, bound says which. */
int sim_vpcd_listen(uint16_t port, int *fd, uint16_t *bound);
/* The next reader. PN_ECLOSED: stop has become readable. */
int sim_vpcd_accept(int listener, int stop, int *fd);

struct sim_vpcd_trace {
	void (*line)(void *context, bool from_reader, const uint8_t *bytes, size_t size, double ms);
	void *context;
};

/* Serves one presence of the document until the reader or the document goes, or stop (-1: none)
 * becomes readable; does not close fd. in_time: takes the time that the model says. trace may be
 * NULL. PN_OK: the reader went; PN_ECLOSED: the document went, so that fd must be closed;
 * PN_ETIMEOUT: stopped; PN_EFORMAT, PN_EIO, PN_ENOMEM. */
int sim_vpcd_serve(
	struct sim_chip *chip, int fd, int stop, bool in_time, const struct sim_vpcd_trace *trace);
#endif
