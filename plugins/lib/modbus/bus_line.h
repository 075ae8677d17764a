/* SPDX-License-Identifier: Apache-2.0
 * One Modbus master's line through libmodbus: RTU on a serial device that was granted, or TCP to one address. Frames, checksums and
 * waiting are the library's; what an answer means is plan.h's. Every call ends within the time for one answer and a little.
 * Must never open a device, resolve a name, wait for longer than that, or repeat a request by itself.
 */
#ifndef POSTERN_MODBUS_BUS_LINE_H
#define POSTERN_MODBUS_BUS_LINE_H
#include <modbus.h>

#include "modbus/plan.h"

enum { BUS_PARITY_NONE = 'N', BUS_PARITY_EVEN = 'E', BUS_PARITY_ODD = 'O' };

struct bus_line {
	modbus_t *modbus;
	bool tcp, connected;
	int device; /* RTU: borrowed */
};

/* device: of a serial line or a pseudo terminal; it is set to these parameters. false: it cannot be. */
bool bus_line_rtu(struct bus_line *l, int device, int baud, int parity, int stop_bits, uint32_t timeout_ms);
/* address: of IPv4, in figures. Nothing is connected yet. */
bool bus_line_tcp(struct bus_line *l, const char *address, int port, uint32_t timeout_ms);
void bus_line_close(struct bus_line *l);
/* TCP: a new connection. RTU: what has come is thrown away. */
bool bus_line_anew(struct bus_line *l);
/* levels: as bus_answer(). */
enum bus_result bus_line_exchange(struct bus_line *l, const struct bus_plan *plan, const struct bus_request *r, uint64_t *levels);
/* Is the device still there? RTU only; a connection comes back by itself. */
bool bus_line_gone(const struct bus_line *l);
#endif
