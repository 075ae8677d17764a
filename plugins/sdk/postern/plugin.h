/* SPDX-License-Identifier: Apache-2.0
 * The plugin ABI: the one header a device or service plugin needs. C11, fixed-width types, opaque handles.
 *
 * Promise: a plugin built against this header keeps loading in every later Postern of the same ABI major.
 * Both structs below are sized and versioned and only ever grow at the end; the host copies the smaller of the
 * two sizes, the plugin tests host->struct_size (POSTERN_HOST_HAS) before it calls a newer member.
 *
 * Life of a plugin (one process per instance, one .so per process):
 *
 *   manifest NAME.plugin read, no code loaded -> process: own uid, no_new_privs, rlimits, namespaces
 *     -> Landlock layer 1 -> dlopen -> init()       may open its granted folders, warm its libraries
 *     -> Landlock layer 2, narrow seccomp -> start() no new file, device, thread or socket beyond the grant
 *     -> message() ... tick() ...                    until stop() or the process is killed
 *
 * Messages are Protocol Buffers bodies of postern.Envelope (schema: <postern/bus.pb-c.h>). Bytes cross this border,
 * never protobuf-c structs: their size may change. A query must be answered exactly once with host->answer(); a
 * second answer, or none by the deadline, counts as the declared default.
 *
 * Must never: allocate on one side and free on the other; block longer than the heartbeat; keep personal
 * data after the crossing ends.
 */
#ifndef POSTERN_PLUGIN_H
#define POSTERN_PLUGIN_H
#include <stddef.h>
#include <stdint.h>

#define POSTERN_ABI_MAJOR 1u
#define POSTERN_ABI_MINOR 2u

#ifdef __cplusplus
extern "C" {
#endif

/* A message as received. Valid only during the call. */
struct postern_message {
	uint32_t struct_size;
	uint32_t body;		 /* field number in postern.Envelope.body, e.g. 30 = check_document */
	uint64_t query_id;	 /* 0 for a report; else pass to host->answer() */
	const char *crossing_id; /* "" outside a crossing */
	const uint8_t *bytes;	 /* the encoded body message */
	size_t size;
	const uint8_t *blob;	 /* a sealed memfd mapped read-only, or NULL */
	size_t blob_size;
};

enum postern_log_level { POSTERN_DEBUG, POSTERN_INFO, POSTERN_WARNING, POSTERN_ERROR };

/* Bits of watch events. */
#define POSTERN_READABLE 1u
#define POSTERN_WRITABLE 2u
#define POSTERN_HANGUP 4u

/* What the host gives. Every function returns 0 or a negative PN_E* number (docs/integrators/plugin.md) unless
 * stated. ctx is host->ctx. All functions may be called only from the plugin's main thread, except wake(). */
struct postern_host {
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;
	void *ctx;

	/* One way to the core. body is the Envelope field number; bytes the encoded message. crossing_id may be NULL. */
	int (*report)(void *ctx, uint32_t body, const char *crossing_id, const uint8_t *bytes, size_t size);
	/* Ends a query. Exactly once per query_id. */
	int (*answer)(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size);

	/* Options: declared in the manifest, checked before the process started. String: NULL when unset and without
	 * default; owned by the host, valid until stop(). Integers and booleans: their default when unset. */
	const char *(*option)(void *ctx, const char *name);
	int64_t (*option_int)(void *ctx, const char *name);
	int (*option_bool)(void *ctx, const char *name);

	/* Grants. fd of a device opened for this plugin by the supervisor (name from the manifest), or -1.
	 * Folders: a path below which this plugin may read (read-only grant), or write (its one state folder). */
	int (*device)(void *ctx, const char *name);
	const char *(*folder)(void *ctx, const char *name);
	const char *(*state_folder)(void *ctx);

	/* Diagnostics. event is a catalogue key, detail an identifier or number as text; never personal data. */
	void (*log)(void *ctx, enum postern_log_level level, const char *event, const char *detail);
	/* Metric declared in the manifest. */
	void (*count)(void *ctx, const char *metric, uint64_t add);
	/* An operational condition shown to officers, by catalogue key. */
	void (*trouble)(void *ctx, const char *code, int active);

	/* The host's loop. One watch per fd; events 0 removes it. The handler may add and remove watches. */
	int (*watch)(void *ctx, int fd, uint32_t events, void (*handler)(void *self, int fd, uint32_t events), void *self);
	/* Calls plugin->tick(self, now) no later than in delay_ms; a newer call replaces the older one. */
	int (*wake_after)(void *ctx, uint32_t delay_ms);
	/* Monotonic milliseconds. */
	uint64_t (*now_ms)(void *ctx);
	/* Asks the host to end this process; the supervisor restarts it with back-off. */
	void (*fail)(void *ctx, const char *reason_key);

	/* For a plugin with a loop of its own (run != NULL below): the fd to poll and what to call when it is readable.
	 * bus_dispatch handles everything pending, sends heartbeats, and returns the milliseconds until it wants
	 * to be called again, or a negative number when the plugin must return from run(). */
	int (*bus_fd)(void *ctx);
	int (*bus_dispatch)(void *ctx);

	/* Since 1.1. Ends a query as answer() does, with bytes too many for a message beside it (at most 8 MiB; copied,
	 * so the caller's may be wiped at once). The manifest must ask for the set of system calls "blobs". */
	int (*answer_blob)(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size,
		const uint8_t *blob, size_t blob_size);

	/* Since 1.2. Monotonic milliseconds at which the core sent its newest heartbeat, never later than now; 0: none yet. A
	 * heartbeat that waited while this process stood still is as old as it is. core_silent() comes after stale_after_ms,
	 * which is too late for hardware that must fall back sooner. */
	uint64_t (*core_heard_ms)(void *ctx);
};

#define POSTERN_HOST_HAS(host, member) \
	((host)->struct_size >= offsetof(struct postern_host, member) + sizeof((host)->member))

/* What the plugin gives: one object, exported as postern_plugin by POSTERN_PLUGIN(). */
struct postern_plugin {
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;
	const char *name;    /* must equal the manifest's name */
	const char *version;
	/* Wide layer: read configuration, open folders, warm libraries. *self is handed to every later call. */
	int (*init)(const struct postern_host *host, void **self);
	/* Narrow layer: first reports may be sent. May be NULL. */
	int (*start)(void *self);
	/* A message of the core's. Required. */
	void (*message)(void *self, const struct postern_message *message);
	/* Wanted by wake_after(). May be NULL. */
	void (*tick)(void *self, uint64_t now_ms);
	/* A core has (re)started and forgot everything: forget open queries, report the present state again. May be NULL. */
	void (*core_started)(void *self, uint64_t core_epoch);
	/* No heartbeat of the core's for stale_after_ms (lost = 1), or again one (lost = 0). A gate plugin goes to
	 * its safe state. May be NULL. */
	void (*core_silent)(void *self, int lost);
	/* Orderly end: wipe, close. May be NULL. */
	void (*stop)(void *self);
	/* A loop of its own instead of the host's; see bus_fd. May be NULL. Returns when bus_dispatch says so. */
	int (*run)(void *self);
};

#define POSTERN_EXPORT __attribute__((visibility("default")))
#define POSTERN_PLUGIN(...) \
	POSTERN_EXPORT const struct postern_plugin postern_plugin = { \
		.struct_size = sizeof(struct postern_plugin), .abi_major = POSTERN_ABI_MAJOR, \
		.abi_minor = POSTERN_ABI_MINOR, __VA_ARGS__ }
extern POSTERN_EXPORT const struct postern_plugin postern_plugin;

#ifdef __cplusplus
}
#endif
#endif
