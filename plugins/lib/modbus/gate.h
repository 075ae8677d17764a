/* SPDX-License-Identifier: Apache-2.0
 * What gate-modbus and gate-modbus-tcp have in common: everything but how the line to the controller is made. Two plugins, because
 * one with a serial line needs no socket, and one with a socket no device (docs/adr/0014-modbus.md).
 */
#ifndef POSTERN_MODBUS_GATE_H
#define POSTERN_MODBUS_GATE_H
#include "modbus/bus_line.h"
#include "postern/plugin.h"

/* Makes the line as the plugin's options and grants say; *pause_ns: between two frames. false: it cannot be made. */
typedef bool (*modbus_gate_line_fn)(const struct postern_host *host, uint32_t timeout_ms, struct bus_line *line, uint64_t *pause_ns);

/* The members of struct postern_plugin; kind is told in the log when the line cannot be made ("rtu", "tcp"). */
int modbus_gate_init(const struct postern_host *host, modbus_gate_line_fn make, const char *kind, uint64_t lost_after_ms, void **self);
int modbus_gate_start(void *self);
void modbus_gate_message(void *self, const struct postern_message *m);
void modbus_gate_tick(void *self, uint64_t now_ms);
void modbus_gate_core_started(void *self, uint64_t core_epoch);
void modbus_gate_stop(void *self);
#endif
