/* SPDX-License-Identifier: Apache-2.0
 * The core's side of a plugin process, for tests: starts it through the real loader and speaks the
 * bus to it. Must never be linked into a shipped program.
 */
#ifndef POSTERN_TESTS_CORE_SIDE_H
#define POSTERN_TESTS_CORE_SIDE_H
#include "bus/bus.h"
#include "host/manifest.h"
#include "host/spawn.h"

struct core_side {
	struct spawned child;
	struct arena arena, spec_arena;
	struct bus_message message; /* the last one */
	uint8_t packet[BUS_MESSAGE_MAX + 1];
	char spec_memory[2 * SPEC_MAX_BYTES];
	unsigned char arena_memory[BUS_ARENA_SIZE];
	uint64_t dropped; /* packets that bus_decode() refused */
};

/* Starts the instance of a request; 0 or a PN_E*, with a sentence in error. The child is this
 * program's host_child. */
int core_side_start(struct core_side *c, const struct plugin_request *request, struct text *error);
/* The same after change() has had the spec: another object and name, say, under the same grants. */
int core_side_start_changed(struct core_side *c, const struct plugin_request *request,
	void (*change)(struct plugin_spec *spec, void *ctx), void *ctx, struct text *error);
/* The next message within timeout_ms: PN_OK, PN_ETIMEOUT, PN_ECLOSED, PN_EFORMAT. */
int core_side_next(struct core_side *c, int timeout_ms);
/* Waits for a message with this body, skipping others. */
int core_side_await(struct core_side *c, uint32_t body, int timeout_ms);
int core_side_tell(
	struct core_side *c, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size);
/* CoreHello alone. */
int core_side_hello(
	struct core_side *c, uint64_t epoch, uint32_t heartbeat_ms, uint32_t stale_after_ms);
/* CoreHello, and the Hello that answers it. */
int core_side_greet(
	struct core_side *c, uint64_t epoch, uint32_t heartbeat_ms, uint32_t stale_after_ms);
/* Waits for the end of the process: its waitpid() status, or -1 when it lives on. */
int core_side_status(struct core_side *c, int timeout_ms);
/* Kills what still lives and closes. Returns the status. */
int core_side_end(struct core_side *c);
#endif
