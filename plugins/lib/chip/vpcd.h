/* SPDX-License-Identifier: Apache-2.0
 * The reader's end of vpcd's protocol: a socket on loopback that a virtual chip connects to for as long as its document lies
 * there. There is no authentication in it, whoever can connect is a document: for demonstrations and tests only (docs/adr/0010).
 * Must never listen beyond loopback, nor wait without a bound.
 */
#ifndef POSTERN_CHIP_VPCD_H
#define POSTERN_CHIP_VPCD_H
#include "chip/slot.h"

struct vpcd;

/* host: an IPv4 address of 127.0.0.0/8; port 0: any. PN_EINVAL, PN_ENOMEM, PN_EIO (in use). */
int vpcd_open(const char *host, uint16_t port, struct vpcd **out) PN_MUST_CHECK;
void vpcd_close(struct vpcd *v);
uint16_t vpcd_port(const struct vpcd *v);
struct chip_slot vpcd_slot(struct vpcd *v);
#endif
