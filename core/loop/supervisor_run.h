/* SPDX-License-Identifier: Apache-2.0
 * Inside of the supervisor, shared by its files only. Must never be included from outside core/loop.
 */
#ifndef POSTERN_LOOP_SUPERVISOR_RUN_H
#define POSTERN_LOOP_SUPERVISOR_RUN_H
#include <uv.h>

#include "base/arena.h"
#include "bus/backoff.h"
#include "config/config.h"
#include "host/manifest.h"
#include "host/spawn.h"
#include "host/spec.h"
#include "loop/channel.h"
#include "loop/notify.h"
#include "loop/watch.h"

#define SUPERVISOR_PLUGINS CONFIG_PLUGINS_MAX
#define CORE_SILENT_MS 5000u
/* How long cores, then plugins, have for an orderly end. */
#define CORES_END_MS 3000u
#define PLUGINS_END_MS 1000u
/* How often it is looked whether a device that was not there has been plugged in. */
#define DEVICE_LOOK_MS 1000u

struct supervisor;
struct unit;

struct child {
	struct unit *unit;
	const struct config_plugin *config; /* NULL: the core */
	struct manifest *manifest;
	struct spawned spawned;
	struct backoff backoff;
	bool running, unavailable;
	bool absent; /* a device of it is not plugged in */
	struct watch *exited; /* on the pidfd */
	uv_timer_t retry;
};

struct unit {
	struct supervisor *supervisor;
	const struct config_unit *config;
	struct child core;
	struct child plugin[SUPERVISOR_PLUGINS];
	size_t plugin_count;
	struct watch *channel; /* the core's */
	uint64_t heard_ms;
};

/* One pseudo terminal of the configuration: both ends stay open here, so that either side may restart. */
struct pty {
	char name[64];
	int master;
	char slave[64];
};

struct supervisor {
	uv_loop_t loop;
	uv_signal_t terminate, interrupt;
	uv_timer_t beat;
	struct notify notify;
	const struct config *config;
	const char *config_path;
	struct unit *units;
	size_t unit_count;
	struct pty ptys[32];
	size_t pty_count;
	int first_uid;
	bool stopping;
	bool checking; /* posternd --check: nothing is opened */
};

/* supervisor_spawn.c */
int spawn_core(struct unit *u);
int spawn_plugin(struct child *c);
/* Grants and options of one instance; error: a sentence. Reads its manifest into c->manifest. */
int spawn_spec(struct child *c, struct arena *arena, struct plugin_spec *spec, struct text *error);
/* Gives every unit and child its place. */
int spawn_prepare(struct supervisor *s);
int spawn_ptys(struct supervisor *s);
int spawn_folders(struct supervisor *s);
int64_t spawn_uid(const struct supervisor *s, const struct child *c);
#endif
