/* SPDX-License-Identifier: Apache-2.0
 * The bus side of a plugin process: hello, heartbeats, delivery, open queries, the poll loop.
 * Must never deliver a message of a core that has not said hello, nor block on the bus.
 */
#include "host/plugin_process.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/blob.h"
#include "bus/permission.h"
#include "host/build_id.h"

enum { PACKETS_PER_DISPATCH = 64, BACKLOG_RETRY_MS = 10 };

void process_init(struct plugin_process *p, int bus, int signals)
{
	p->bus = bus;
	p->signals = signals;
	p->heartbeat_ms = p->spec.heartbeat_ms;
	p->stale_after_ms = p->spec.stale_after_ms;
	p->heard_ms = p->heartbeat_at_ms = p->log_at_ms = clock_mono_ms();
	p->log_tokens = PROCESS_LOG_BURST;
	arena_init(&p->arena, p->arena_memory, sizeof p->arena_memory);
	bus_queue_init(&p->queue, p->queue_memory, sizeof p->queue_memory);
	process_host_table(p);
}

void process_end(struct plugin_process *p, int status)
{
	if (!p->ended)
		p->status = status;
	p->ended = true;
}

/* Takes blob_fd in every case. */
static int send_beside(struct plugin_process *p, uint64_t id, const char *crossing_id, uint32_t body,
	const uint8_t *bytes, size_t size, const struct bus_blob *blob, int blob_fd)
{
	uint8_t out[BUS_MESSAGE_MAX];
	size_t used;
	const struct schema_body *info = schema_body_find(body);
	int rc = info == NULL ? PN_ENOTFOUND
			      : bus_encode_raw(id, crossing_id, blob, body, bytes, size, out,
					sizeof out, &used);
	if (rc == PN_OK)
		rc = bus_queue_push(&p->queue, out, used, blob_fd, info->droppable);
	else if (blob_fd >= 0)
		close(blob_fd);
	explicit_bzero(out, sizeof out);
	return rc == PN_EAGAIN ? PN_OK : rc; /* dropped, as its kind of report may be */
}

int process_send(struct plugin_process *p, uint64_t id, const char *crossing_id, uint32_t body,
	const uint8_t *bytes, size_t size)
{
	return send_beside(p, id, crossing_id, body, bytes, size, NULL, -1);
}

int process_send_blob(struct plugin_process *p, uint64_t id, const char *crossing_id, uint32_t body,
	const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size)
{
	struct bus_blob stated;
	int fd = -1;
	int rc = blob_create(blob, blob_size, &fd, &stated);
	return rc == PN_OK ? send_beside(p, id, crossing_id, body, bytes, size, &stated, fd) : rc;
}

/* The hello of this epoch; it overtakes whatever waits. */
static void greet(struct plugin_process *p, uint64_t epoch)
{
	Postern__Hello h = POSTERN__HELLO__INIT;
	uint8_t body[PROCESS_HELLO_BYTES - 32] = {0};
	char build[BUILD_ID_SIZE], text[4][64];
	build_id(build);
	text_copy(text[0], sizeof text[0], p->spec.name);
	text_copy(text[1], sizeof text[1], p->spec.instance);
	text_copy(text[2], sizeof text[2], p->plugin.version ? p->plugin.version : p->spec.version);
	h.build_id = build;
	h.schema_version = HOST_SCHEMA_VERSION;
	h.kind = p->spec.kind;
	h.name = text[0];
	h.instance = text[1];
	h.version = text[2];
	h.core_epoch = epoch;
	if (postern__hello__get_packed_size(&h) > sizeof body ||
		bus_encode_raw(0, NULL, NULL, POSTERN__ENVELOPE__BODY_HELLO, body,
			postern__hello__pack(&h, body), p->hello, sizeof p->hello,
			&p->hello_size) != PN_OK)
		process_end(p, HOST_EXIT_SPEC);
}

static void flush(struct plugin_process *p)
{
	int rc = PN_OK;
	if (p->hello_size > 0 && (rc = bus_send(p->bus, p->hello, p->hello_size, -1)) == PN_OK)
		p->hello_size = 0;
	/* until a core has said hello, it would ignore everything else */
	if (rc == PN_OK && p->core_epoch != 0)
		rc = bus_queue_flush(&p->queue, p->bus);
	if (rc != PN_OK && rc != PN_EAGAIN)
		process_end(p, HOST_EXIT_CORE_GONE);
}

static bool backlog(const struct plugin_process *p)
{
	return p->hello_size > 0 || (p->core_epoch != 0 && p->queue.count > 0);
}

void process_greet(struct plugin_process *p)
{
	greet(p, 0);
	flush(p);
}

static void core_hello(struct plugin_process *p, const Postern__CoreHello *h)
{
	if (h->core_epoch == 0 || h->core_epoch < p->core_epoch) {
		process_end(p, HOST_EXIT_BUS);
		return;
	}
	if (p->core_epoch != 0)
		bus_queue_clear(&p->queue); /* meant for a core that is gone */
	memset(p->queries, 0, sizeof p->queries);
	p->core_epoch = h->core_epoch;
	if (h->heartbeat_ms != 0)
		p->heartbeat_ms = h->heartbeat_ms;
	if (h->stale_after_ms != 0)
		p->stale_after_ms = h->stale_after_ms;
	p->heartbeat_at_ms = p->heard_ms;
	greet(p, h->core_epoch);
	if (p->no_landlock)
		p->host.trouble(p->host.ctx, "sandbox.no_landlock", 1);
	flush(p); /* the hello is out before the plugin can hang */
	if (p->plugin.core_started != NULL && !p->ended)
		p->plugin.core_started(p->self, h->core_epoch);
}

/* Remembers a query until it is answered; false when too many are open, and then its default is
 * taken. */
static bool open_query(struct plugin_process *p, const struct bus_message *m)
{
	uint64_t now = clock_mono_ms();
	for (size_t i = 0; i < PROCESS_MAX_QUERIES; i++) {
		struct process_query *q = &p->queries[i];
		if (q->id == 0 || q->deadline_ms < now) {
			*q = (struct process_query){m->envelope->id,
				(uint32_t)bus_answer_for_query(
					(Postern__Envelope__BodyCase)m->info->body),
				now + m->info->deadline_ms, ""};
			text_copy(q->crossing_id, sizeof q->crossing_id, m->envelope->crossing_id);
			return true;
		}
	}
	pn_log(LOG_LEVEL_WARNING, "host", "host.too_many_queries");
	return false;
}

static void deliver(struct plugin_process *p, struct bus_message *m)
{
	struct postern_message message = {
		.struct_size = sizeof message,
		.body = m->info->body,
		.query_id = m->envelope->id,
		.crossing_id = m->envelope->crossing_id,
		.bytes = m->body_bytes,
		.size = m->body_size,
	};
	struct bus_blob blob = {.size = m->envelope->blob_size};
	if (m->info->verb == SCHEMA_QUERY && !open_query(p, m))
		return;
	if (m->has_blob) {
		memcpy(blob.sha256, m->envelope->blob_sha256.data, sizeof blob.sha256);
		int rc = blob_map(m->blob_fd, &blob, &message.blob);
		if (rc != PN_OK) {
			pn_log(LOG_LEVEL_WARNING, "host", "host.blob_refused",
				LK("body", m->info->name), LE(rc));
			return;
		}
		message.blob_size = (size_t)blob.size;
	}
	p->plugin.message(p->self, &message);
	if (message.blob != NULL)
		blob_unmap(message.blob, blob.size);
}

/* By the core's own word: what waited while this process stood still was said back then. */
static void core_spoke(struct plugin_process *p, const Postern__Heartbeat *h)
{
	uint64_t at = h->mono_ms < p->heard_ms ? h->mono_ms : p->heard_ms;
	if (at > p->spoke_ms)
		p->spoke_ms = at;
}

static void handle(struct plugin_process *p, struct bus_message *m)
{
	p->heard_ms = clock_mono_ms();
	if (m->info->body == POSTERN__ENVELOPE__BODY_HEARTBEAT && p->core_epoch != 0)
		core_spoke(p, m->envelope->heartbeat);
	if (p->silent) {
		p->silent = false;
		if (p->plugin.core_silent != NULL)
			p->plugin.core_silent(p->self, 0);
	}
	if (m->info->body == POSTERN__ENVELOPE__BODY_CORE_HELLO)
		core_hello(p, m->envelope->core_hello);
	else if (m->info->body == POSTERN__ENVELOPE__BODY_STOP)
		process_end(p, HOST_EXIT_STOPPED);
	else if (m->info->body != POSTERN__ENVELOPE__BODY_HEARTBEAT && p->core_epoch != 0 &&
		 bus_may_tell(p->spec.kind, (Postern__Envelope__BodyCase)m->info->body))
		deliver(p, m);
}

/* One packet; false when there is none. */
static bool receive(struct plugin_process *p)
{
	struct bus_message m = {.blob_fd = -1};
	size_t size = 0;
	int fd = -1;
	int rc = bus_receive(p->bus, p->packet, sizeof p->packet, &size, &fd);
	if (rc == PN_EAGAIN)
		return false;
	if (rc == PN_OK) {
		rc = bus_decode(p->packet, size, &p->arena, &m);
		if (rc == PN_OK)
			rc = bus_take_blob(&m, fd);
		else if (fd >= 0)
			close(fd);
	}
	if (rc == PN_OK) {
		handle(p, &m);
		if (m.blob_fd >= 0)
			close(m.blob_fd);
	} else if (rc == PN_ECLOSED || rc == PN_EIO) {
		process_end(p, HOST_EXIT_CORE_GONE);
	} else {
		pn_log(LOG_LEVEL_ERROR, "host", "host.core_not_understood", LE(rc));
		process_end(p, HOST_EXIT_BUS);
	}
	arena_wipe(&p->arena);
	explicit_bzero(p->packet, size);
	return !p->ended;
}

static void beat(struct plugin_process *p, uint64_t now)
{
	Postern__Heartbeat h = POSTERN__HEARTBEAT__INIT;
	uint8_t body[16] = {0};
	h.mono_ms = now;
	p->heartbeat_at_ms = now + p->heartbeat_ms;
	if (p->core_epoch != 0 && p->queue.count == 0) { /* what waits is sign enough of life */
		int rc = process_send(p, 0, NULL, POSTERN__ENVELOPE__BODY_HEARTBEAT, body,
			postern__heartbeat__pack(&h, body));
		(void)rc; /* droppable */
	}
}

/* Everything that time alone brings about. */
static void clocks(struct plugin_process *p)
{
	uint64_t now = clock_mono_ms();
	if (now >= p->heartbeat_at_ms)
		beat(p, now);
	if (!p->silent && now - p->heard_ms >= p->stale_after_ms) {
		p->silent = true;
		pn_log(LOG_LEVEL_WARNING, "host", "host.core_silent");
		if (p->plugin.core_silent != NULL)
			p->plugin.core_silent(p->self, 1);
	}
	if (p->wake_at_ms != 0 && now >= p->wake_at_ms && !p->ended) {
		p->wake_at_ms = 0;
		p->plugin.tick(p->self, now);
	}
}

static int wait_ms(const struct plugin_process *p)
{
	uint64_t now = clock_mono_ms(), at = p->heartbeat_at_ms;
	if (!p->silent && p->heard_ms + p->stale_after_ms < at)
		at = p->heard_ms + p->stale_after_ms;
	if (p->wake_at_ms != 0 && p->wake_at_ms < at)
		at = p->wake_at_ms;
	return at <= now ? 0 : (int)(at - now);
}

int process_dispatch(struct plugin_process *p)
{
	uint8_t sign[128]; /* struct signalfd_siginfo */
	if (read(p->signals, sign, sizeof sign) > 0)
		process_end(p, HOST_EXIT_STOPPED);
	for (int i = 0; i < PACKETS_PER_DISPATCH && !p->ended && receive(p); i++)
		;
	if (!p->ended)
		clocks(p);
	flush(p);
	if (p->ended)
		return PN_ECLOSED;
	int ms = wait_ms(p);
	return backlog(p) && ms > BACKLOG_RETRY_MS ? BACKLOG_RETRY_MS : ms;
}

/* Calls the handlers of what poll() found; a handler may have removed or replaced those after it.
 */
static void call_watches(
	struct plugin_process *p, const struct pollfd *polled, const size_t *slots, size_t count)
{
	for (size_t i = 0; i < count && !p->ended; i++) {
		const struct process_watch w = p->watches[slots[i]];
		short r = polled[i].revents;
		uint32_t events = (r & POLLIN ? POSTERN_READABLE : 0u) |
				  (r & POLLOUT ? POSTERN_WRITABLE : 0u) |
				  (r & (POLLHUP | POLLERR | POLLNVAL) ? POSTERN_HANGUP : 0u);
		events &= w.events | POSTERN_HANGUP;
		if (events != 0 && w.events != 0 && w.fd == polled[i].fd)
			w.handler(w.self, w.fd, events);
	}
}

static void turn(struct plugin_process *p, int timeout_ms)
{
	struct pollfd polled[PROCESS_MAX_WATCHES + 2];
	size_t slots[PROCESS_MAX_WATCHES], count = 0;
	for (size_t i = 0; i < PROCESS_MAX_WATCHES; i++) {
		const struct process_watch *w = &p->watches[i];
		if (w->events == 0)
			continue;
		slots[count] = i;
		polled[count++] = (struct pollfd){.fd = w->fd,
			.events = (short)((w->events & POSTERN_READABLE ? POLLIN : 0) |
					  (w->events & POSTERN_WRITABLE ? POLLOUT : 0))};
	}
	polled[count] = (struct pollfd){
		.fd = p->bus, .events = (short)(POLLIN | (backlog(p) ? POLLOUT : 0))};
	polled[count + 1] = (struct pollfd){.fd = p->signals, .events = POLLIN};
	int rc = poll(polled, count + 2, timeout_ms);
	if (rc > 0)
		call_watches(p, polled, slots, count);
	else if (rc < 0 && errno != EINTR)
		process_end(p, HOST_EXIT_FAILED);
}

int process_run(struct plugin_process *p)
{
	if (p->plugin.run != NULL) {
		int rc = p->plugin.run(p->self);
		if (rc != PN_OK)
			pn_log(LOG_LEVEL_ERROR, p->spec.name, "plugin.run_failed", LE(rc));
		process_end(p, HOST_EXIT_FAILED); /* unless it ended before, as it should */
	} else {
		for (int ms = process_dispatch(p); ms >= 0; ms = process_dispatch(p))
			turn(p, ms);
	}
	bus_queue_clear(&p->queue);
	if (p->plugin.stop != NULL && p->status != HOST_EXIT_FAILED)
		p->plugin.stop(p->self);
	return p->status;
}
