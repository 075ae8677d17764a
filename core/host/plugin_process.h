/* SPDX-License-Identifier: Apache-2.0
 * The running half of plugin_main: the host table of plugin.h over the bus. Private to core/host.
 * Must never deliver a message before the narrow layer holds, nor two answers to one query.
 */
#ifndef POSTERN_HOST_PLUGIN_PROCESS_H
#define POSTERN_HOST_PLUGIN_PROCESS_H
#include "base/arena.h"
#include "bus/bus.h"
#include "bus/queue.h"
#include "host/plugin_main.h"
#include "host/spec.h"
#include "postern/plugin.h"
#include <poll.h>

enum {
	PROCESS_MAX_WATCHES = 64,
	PROCESS_MAX_QUERIES = 64,
	PROCESS_QUEUE_BYTES = 256 * 1024,
	PROCESS_HELLO_BYTES = 512,
	PROCESS_LOG_BURST = 100, /* lines at once; */
	PROCESS_LOG_PER_SECOND = 20,
};

struct process_watch {
	int fd;
	uint32_t events; /* POSTERN_READABLE ... ; 0: the slot is free */
	void (*handler)(void *self, int fd, uint32_t events);
	void *self;
};

struct process_query {
	uint64_t id;     /* 0: the slot is free */
	uint32_t answer; /* the body that answers it */
	uint64_t deadline_ms;
	char crossing_id[BUS_CROSSING_ID_LENGTH + 1]; /* the answer names it again */
};

struct plugin_process {
	struct plugin_spec spec;
	struct postern_plugin plugin;
	struct postern_host host;
	void *self;
	int bus, signals; /* signals: a signalfd of SIGTERM */
	bool no_landlock;
	/* the core */
	uint64_t core_epoch; /* 0: none has said hello */
	uint32_t heartbeat_ms, stale_after_ms;
	uint64_t heard_ms, heartbeat_at_ms;
	uint64_t spoke_ms; /* when the core sent its newest heartbeat; 0: none yet */
	bool silent;
	/* the plugin */
	uint64_t wake_at_ms; /* 0: not wanted */
	struct process_watch watches[PROCESS_MAX_WATCHES];
	struct process_query queries[PROCESS_MAX_QUERIES];
	double log_tokens;
	uint64_t log_at_ms;
	/* the end */
	bool ended;
	int status; /* enum host_exit */
	/* memory */
	struct bus_queue queue;
	uint8_t hello[PROCESS_HELLO_BYTES]; /* goes before everything that waits */
	size_t hello_size;
	struct arena spec_arena, arena;
	uint8_t packet[BUS_MESSAGE_MAX + 1];
	uint8_t queue_memory[PROCESS_QUEUE_BYTES];
	uint8_t spec_memory[2 * SPEC_MAX_BYTES];
	uint8_t arena_memory[BUS_ARENA_SIZE];
};

/* p is zeroed but for spec. Fills host, queue and clocks. */
void process_init(struct plugin_process *p, int bus, int signals);
/* The first hello, with core_epoch 0. */
void process_greet(struct plugin_process *p);
/* The host's loop, or the plugin's own. Returns an enum host_exit. */
int process_run(struct plugin_process *p);
/* Receives what is pending, calls the plugin, sends heartbeats and what waits. Milliseconds until
 * it wants to be called again, or PN_ECLOSED when the process has ended. */
int process_dispatch(struct plugin_process *p);
void process_end(struct plugin_process *p, int status);
/* Puts an envelope on the queue. body's form has been checked. */
int process_send(struct plugin_process *p, uint64_t id, const char *crossing_id, uint32_t body,
	const uint8_t *bytes, size_t size) PN_MUST_CHECK;
/* The same with a sealed copy of blob beside it. PN_EINVAL: no bytes in it; PN_ELIMIT: over BLOB_MAX; PN_EIO: the sandbox
 * grants no blobs. */
int process_send_blob(struct plugin_process *p, uint64_t id, const char *crossing_id, uint32_t body,
	const uint8_t *bytes, size_t size, const uint8_t *blob, size_t blob_size) PN_MUST_CHECK;
/* Fills p->host. host_table.c. */
void process_host_table(struct plugin_process *p);
#endif
