/* SPDX-License-Identifier: Apache-2.0
 * Plugin gate-modbus-tcp: a lane's hardware behind a Modbus controller over TCP. Everything but the line is plugins/lib/modbus.
 * Must never resolve a name: a lane that waits for a resolver is a lane that stands.
 */
#include "modbus/gate.h"
#include "postern/plugin.h"

static bool make(const struct postern_host *h, uint32_t timeout_ms, struct bus_line *line, uint64_t *pause_ns)
{
	*pause_ns = 0;
	return bus_line_tcp(line, h->option(h->ctx, "address"), (int)h->option_int(h->ctx, "port"), timeout_ms);
}

static int gate_init(const struct postern_host *host, void **self)
{
	return modbus_gate_init(host, make, "tcp", 0, self);
}

POSTERN_PLUGIN(.name = "gate-modbus-tcp", .version = "0.1.0", .init = gate_init, .start = modbus_gate_start, .message = modbus_gate_message,
	.tick = modbus_gate_tick, .core_started = modbus_gate_core_started, .stop = modbus_gate_stop);
