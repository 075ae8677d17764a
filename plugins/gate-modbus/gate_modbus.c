/* SPDX-License-Identifier: Apache-2.0
 * Plugin gate-modbus: a lane's hardware behind a Modbus controller on a serial line (RTU). Everything but the line is
 * plugins/lib/modbus. Must never open the line: it is granted.
 */
#include <string.h>

#include "modbus/gate.h"
#include "postern/plugin.h"

static bool make(const struct postern_host *h, uint32_t timeout_ms, struct bus_line *line, uint64_t *pause_ns)
{
	const char *parity = h->option(h->ctx, "parity");
	int baud = (int)h->option_int(h->ctx, "baud");
	/* MODBUS over Serial Line V1.02, 2.5.1.1: 3.5 characters of 11 bits, and 1.75 ms above 19200 baud */
	*pause_ns = baud > 19200 ? 1750000 : UINT64_C(38500000000) / (uint64_t)baud;
	return bus_line_rtu(line, h->device(h->ctx, "line"), baud,
		strcmp(parity, "none") == 0 ? BUS_PARITY_NONE : strcmp(parity, "odd") == 0 ? BUS_PARITY_ODD : BUS_PARITY_EVEN,
		(int)h->option_int(h->ctx, "stop_bits"), timeout_ms);
}

static int gate_init(const struct postern_host *host, void **self)
{
	return modbus_gate_init(host, make, "rtu", (uint64_t)host->option_int(host->ctx, "lost_after_ms"), self);
}

POSTERN_PLUGIN(.name = "gate-modbus", .version = "0.1.0", .init = gate_init, .start = modbus_gate_start, .message = modbus_gate_message,
	.tick = modbus_gate_tick, .core_started = modbus_gate_core_started, .stop = modbus_gate_stop);
