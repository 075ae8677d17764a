/* SPDX-License-Identifier: Apache-2.0
 * The core's side of a plugin process, for tests.
 * Must never be linked into a shipped program.
 */
#include "core_side.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

int core_side_start(struct core_side *c, const struct plugin_request *request, struct text *error)
{
	return core_side_start_changed(c, request, NULL, NULL, error);
}

int core_side_start_changed(struct core_side *c, const struct plugin_request *request,
	void (*change)(struct plugin_spec *spec, void *ctx), void *ctx, struct text *error)
{
	struct plugin_spec spec;
	memset(c, 0, sizeof *c);
	c->child = (struct spawned){-1, -1, -1};
	c->message.blob_fd = -1;
	arena_init(&c->arena, c->arena_memory, sizeof c->arena_memory);
	arena_init(&c->spec_arena, c->spec_memory, sizeof c->spec_memory);
	int rc = plugin_spec_make(request, &c->spec_arena, &spec, error);
	if (rc == PN_OK && change != NULL)
		change(&spec, ctx);
	return rc == PN_OK ? host_spawn_plugin(&spec, getenv("HOST_CHILD"), &c->child, error) : rc;
}

int core_side_next(struct core_side *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->child.bus_fd, .events = POLLIN};
	size_t size;
	int fd = -1;
	if (c->message.blob_fd >= 0)
		close(c->message.blob_fd);
	c->message.blob_fd = -1;
	if (poll(&p, 1, timeout_ms) <= 0)
		return PN_ETIMEOUT;
	int rc = bus_receive(c->child.bus_fd, c->packet, sizeof c->packet, &size, &fd);
	if (rc != PN_OK)
		return rc;
	arena_wipe(&c->arena);
	rc = bus_decode(c->packet, size, &c->arena, &c->message);
	if (rc == PN_OK)
		return bus_take_blob(&c->message, fd);
	c->message.blob_fd = -1;
	c->dropped++;
	if (fd >= 0)
		close(fd);
	return rc;
}

int core_side_await(struct core_side *c, uint32_t body, int timeout_ms)
{
	uint64_t end = clock_mono_ms() + (uint64_t)timeout_ms;
	for (;;) {
		uint64_t now = clock_mono_ms();
		int rc = core_side_next(c, now < end ? (int)(end - now) : 0);
		if (rc != PN_OK || c->message.info->body == body)
			return rc;
	}
}

int core_side_tell(
	struct core_side *c, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size)
{
	uint8_t out[BUS_MESSAGE_MAX];
	size_t used;
	int rc = bus_encode_raw(id, NULL, NULL, body, bytes, size, out, sizeof out, &used);
	return rc == PN_OK ? bus_send(c->child.bus_fd, out, used, -1) : rc;
}

int core_side_hello(
	struct core_side *c, uint64_t epoch, uint32_t heartbeat_ms, uint32_t stale_after_ms)
{
	char lane[] = "lane-1";
	Postern__CoreHello h = POSTERN__CORE_HELLO__INIT;
	uint8_t bytes[64];
	h.core_epoch = epoch;
	h.heartbeat_ms = heartbeat_ms;
	h.stale_after_ms = stale_after_ms;
	h.lane = lane;
	return core_side_tell(c, 0, POSTERN__ENVELOPE__BODY_CORE_HELLO, bytes,
		postern__core_hello__pack(&h, bytes));
}

int core_side_greet(
	struct core_side *c, uint64_t epoch, uint32_t heartbeat_ms, uint32_t stale_after_ms)
{
	int rc = core_side_hello(c, epoch, heartbeat_ms, stale_after_ms);
	do {
		if (rc == PN_OK)
			rc = core_side_await(c, POSTERN__ENVELOPE__BODY_HELLO, 5000);
	} while (rc == PN_OK && c->message.envelope->hello->core_epoch != epoch);
	return rc;
}

int core_side_status(struct core_side *c, int timeout_ms)
{
	struct pollfd p = {.fd = c->child.pidfd, .events = POLLIN};
	int status = -1;
	if (poll(&p, 1, timeout_ms) != 1 || host_reap(&c->child, &status) != PN_OK)
		return -1;
	close(c->child.pidfd);
	c->child.pidfd = -1;
	return status;
}

int core_side_end(struct core_side *c)
{
	int status = -1;
	if (c->child.pidfd >= 0) {
		int rc = host_kill(&c->child, 5000, &status);
		if (rc != PN_OK)
			status = -1;
		close(c->child.pidfd);
	}
	if (c->child.bus_fd >= 0)
		close(c->child.bus_fd);
	if (c->message.blob_fd >= 0)
		close(c->message.blob_fd);
	c->child = (struct spawned){-1, -1, -1};
	return status;
}
