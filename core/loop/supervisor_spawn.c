/* SPDX-License-Identifier: Apache-2.0
 * What each child is given: uid, folders, devices, options. Folders are made and owned here, before anything runs.
 * Must never give a child a path or device that the configuration does not name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "host/spec.h"
#include "loop/core.h"
#include "loop/supervisor_run.h"

#define SPEC_ARENA_BYTES ((size_t)64 * 1024)

/* One uid per child, cores too: a limit on processes counts by uid. */
int64_t spawn_uid(const struct supervisor *s, const struct child *c)
{
	int64_t unit = (c->unit - s->units) * (CONFIG_PLUGINS_MAX + 1);
	if (geteuid() != 0)
		return SPEC_KEEP_UID;
	if (c->config == NULL)
		return (int64_t)s->config->user.core_uid + unit;
	return (int64_t)s->config->user.first_uid + unit + 1 + (c - c->unit->plugin);
}

int spawn_prepare(struct supervisor *s)
{
	s->unit_count = s->config->units_count;
	s->units = calloc(s->unit_count, sizeof *s->units);
	if (s->units == NULL)
		return PN_ENOMEM;
	for (size_t i = 0; i < s->unit_count; i++) {
		struct unit *u = &s->units[i];
		u->supervisor = s;
		u->config = &s->config->units[i];
		u->core.unit = u;
		uv_timer_init(&s->loop, &u->core.retry);
		u->core.retry.data = &u->core;
		if (u->config->plugins_count > SUPERVISOR_PLUGINS)
			return PN_ELIMIT;
		for (size_t k = 0; k < u->config->plugins_count; k++) {
			struct child *c = &u->plugin[u->plugin_count++];
			c->unit = u;
			c->config = &u->config->plugins[k];
			uv_timer_init(&s->loop, &c->retry);
			c->retry.data = c;
		}
	}
	return PN_OK;
}

static int make_folder(const char *path, int64_t uid, int64_t gid, mode_t mode)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST) {
		pn_log(LOG_LEVEL_ERROR, "supervisor", "folder.cannot_be_made", LK("path", path), LN("errno", errno));
		return PN_EIO;
	}
	if (uid != SPEC_KEEP_UID && (chown(path, (uid_t)uid, (gid_t)gid) != 0 || chmod(path, mode) != 0))
		return PN_EIO;
	return PN_OK;
}

static void state_path(const struct child *c, char *out, size_t size)
{
	const struct supervisor *s = c->unit->supervisor;
	if (c->config == NULL)
		snprintf(out, size, "%s/%s", s->config->state_folder, c->unit->config->name);
	else
		snprintf(out, size, "%s/%s.%s", s->config->state_folder, c->unit->config->name, c->config->instance);
}

int spawn_folders(struct supervisor *s)
{
	char path[512];
	bool root = geteuid() == 0;
	int r = make_folder(s->config->state_folder, SPEC_KEEP_UID, SPEC_KEEP_UID, 0755);
	if (r == PN_OK)
		/* The cores' group makes sockets here; sticky, so that none can take another's away. */
		r = make_folder(s->config->run_folder, root ? 0 : SPEC_KEEP_UID, (int64_t)s->config->user.core_uid,
			root ? 01770 : 0700);
	for (size_t i = 0; r == PN_OK && i < s->unit_count; i++) {
		struct unit *u = &s->units[i];
		state_path(&u->core, path, sizeof path);
		r = make_folder(path, spawn_uid(s, &u->core), spawn_uid(s, &u->core), 0700);
		for (size_t k = 0; r == PN_OK && k < u->plugin_count; k++) {
			state_path(&u->plugin[k], path, sizeof path);
			r = make_folder(path, spawn_uid(s, &u->plugin[k]), spawn_uid(s, &u->plugin[k]), 0700);
		}
	}
	return r;
}

static struct pty *pty_find(struct supervisor *s, const char *name)
{
	for (size_t i = 0; i < s->pty_count; i++)
		if (strcmp(s->ptys[i].name, name) == 0)
			return &s->ptys[i];
	return NULL;
}

int spawn_ptys(struct supervisor *s)
{
	struct termios t;
	for (unsigned i = 0; i < s->config->devices_count; i++) {
		const struct config_device *d = &s->config->devices[i];
		struct pty *p;
		if (d->pty == NULL || pty_find(s, d->pty) != NULL)
			continue;
		if (s->pty_count == PN_COUNT(s->ptys))
			return PN_ELIMIT;
		p = &s->ptys[s->pty_count];
		p->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
		if (p->master < 0 || grantpt(p->master) != 0 || unlockpt(p->master) != 0 ||
			ptsname_r(p->master, p->slave, sizeof p->slave) != 0)
			return PN_EIO;
		text_copy(p->name, sizeof p->name, d->pty);
		s->pty_count++;
		/* The slave stays open here, so that the line is never hung up by a restart of either side. */
		int slave = open(p->slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
		if (slave < 0 || tcgetattr(slave, &t) != 0)
			return PN_EIO;
		cfmakeraw(&t);
		if (tcsetattr(slave, TCSANOW, &t) != 0)
			return PN_EIO;
	}
	return PN_OK;
}

/* Path by which host_spawn_plugin finds the device. */
static int device_path(struct child *c, const char *device, char *out, size_t size)
{
	struct supervisor *s = c->unit->supervisor;
	const struct config_device *d = config_device_find(s->config, device);
	struct pty *p = d != NULL && d->pty != NULL ? pty_find(s, d->pty) : NULL;
	if (d != NULL && d->pty != NULL && s->checking) {
		text_copy(out, size, "/dev/null");
		return PN_OK;
	}
	if (d == NULL || (d->pty != NULL && p == NULL))
		return PN_EINVAL;
	if (p != NULL && d->side == CONFIG_MASTER)
		snprintf(out, size, "/proc/self/fd/%d", p->master);
	else
		snprintf(out, size, "%s", p != NULL ? p->slave : d->path);
	return PN_OK;
}

static int load_manifest(struct child *c, char *path, size_t size, struct text *error)
{
	const struct config *config = c->unit->supervisor->config;
	for (unsigned i = 0; i < config->plugin_folders_count; i++) {
		snprintf(path, size, "%s/%s.plugin", config->plugin_folders[i], c->config->plugin);
		if (access(path, R_OK) != 0) /* a build folder has one folder per plugin */
			snprintf(path, size, "%s/%s/%s.plugin", config->plugin_folders[i], c->config->plugin,
				c->config->plugin);
		if (access(path, R_OK) != 0)
			continue;
		manifest_free(c->manifest);
		c->manifest = NULL;
		return manifest_load(path, &c->manifest, error);
	}
	text_add(error, "no %s.plugin, expected one in a folder of plugin_folders", c->config->plugin);
	return PN_EINVAL;
}

/* Everything of a request that lives only while it is turned into a spec. */
struct request_memory {
	struct named_value devices[SPEC_MAX_DEVICES], folders[SPEC_MAX_FOLDERS], options[SPEC_MAX_OPTIONS];
	char device_paths[SPEC_MAX_DEVICES][64], manifest_path[512], state[512], instance[96];
};

static int fill_request(struct child *c, struct request_memory *m, struct plugin_request *q, struct text *error)
{
	const struct supervisor *s = c->unit->supervisor;
	const struct config_plugin *p = c->config;
	if (p->devices.count > SPEC_MAX_DEVICES || p->folders.count > SPEC_MAX_FOLDERS || p->options.count > SPEC_MAX_OPTIONS) {
		text_add(error, "too many devices, folders or options");
		return PN_EINVAL;
	}
	for (size_t i = 0; i < p->devices.count; i++) {
		if (device_path(c, p->devices.at[i].value, m->device_paths[i], sizeof m->device_paths[i]) != PN_OK) {
			text_add(error, "no device '%s', expected a name from devices", p->devices.at[i].value);
			return PN_EINVAL;
		}
		m->devices[i] = (struct named_value){ p->devices.at[i].key, m->device_paths[i] };
	}
	for (size_t i = 0; i < p->folders.count; i++)
		m->folders[i] = (struct named_value){ p->folders.at[i].key, p->folders.at[i].value };
	for (size_t i = 0; i < p->options.count; i++)
		m->options[i] = (struct named_value){ p->options.at[i].key, p->options.at[i].value };
	state_path(c, m->state, sizeof m->state);
	snprintf(m->instance, sizeof m->instance, "%s/%s", c->unit->config->name, p->instance);
	*q = (struct plugin_request){ .unit = c->unit->config->name, .instance = m->instance,
		.manifest_path = m->manifest_path, .manifest = c->manifest, .uid = spawn_uid(s, c), .gid = spawn_uid(s, c),
		.devices = m->devices, .device_count = p->devices.count, .folders = m->folders,
		.folder_count = p->folders.count, .options = m->options, .option_count = p->options.count,
		.state_folder = c->manifest->state_folder == MANIFEST_YES ? m->state : NULL,
		.sockets_allowed = p->sockets, .connect_ports = p->connect_ports, .connect_port_count = p->connect_ports_count,
		.bind_ports = p->bind_ports, .bind_port_count = p->bind_ports_count, .demo = s->config->profile == CONFIG_DEMO };
	return PN_OK;
}

/* What else a kiosk needs its gate has. */
static bool stands_at_a_kiosk(uint32_t kind)
{
	return kind == POSTERN__PLUGIN_KIND__KIND_READER || kind == POSTERN__PLUGIN_KIND__KIND_CHIP_READER ||
	       kind == POSTERN__PLUGIN_KIND__KIND_CAMERA || kind == POSTERN__PLUGIN_KIND__KIND_DISPLAY;
}

int spawn_spec(struct child *c, struct arena *arena, struct plugin_spec *spec, struct text *error)
{
	struct request_memory *m = calloc(1, sizeof *m);
	struct plugin_request q;
	int r;
	if (m == NULL)
		return PN_ENOMEM;
	r = load_manifest(c, m->manifest_path, sizeof m->manifest_path, error);
	if (r == PN_OK && c->config->kiosk != NULL && !stands_at_a_kiosk(c->manifest->kind)) {
		text_add(error, "it stands at kiosk %s, expected there a reader, a chip reader, a camera or a display", c->config->kiosk);
		r = PN_EINVAL;
	}
	if (r == PN_OK)
		r = fill_request(c, m, &q, error);
	if (r == PN_OK)
		r = plugin_spec_make(&q, arena, spec, error);
	if (r == PN_OK) {
		spec->heartbeat_ms = c->unit->config->heartbeat_ms;
		spec->stale_after_ms = c->unit->config->stale_after_ms;
		if (c->config->memory_mib != 0)
			spec->memory_mib = c->config->memory_mib;
	}
	free(m);
	return r;
}

int spawn_plugin(struct child *c)
{
	char message[512];
	struct plugin_spec spec;
	struct arena arena;
	struct text error;
	void *memory = malloc(SPEC_ARENA_BYTES);
	bool absent = false;
	int r;
	if (memory == NULL)
		return PN_ENOMEM;
	text_init(&error, message, sizeof message);
	arena_init(&arena, memory, SPEC_ARENA_BYTES);
	r = spawn_spec(c, &arena, &spec, &error);
	if (r == PN_OK) {
		r = host_spawn_plugin(&spec, NULL, &c->spawned, &error);
		absent = r == PN_ENOTFOUND;
	}
	if (r != PN_OK && !(absent && c->absent)) /* it is said once that it is not there */
		pn_log(LOG_LEVEL_ERROR, "supervisor", "plugin.refused", LK("unit", c->unit->config->name),
			LK("child", c->config->instance), LK("why", message));
	c->absent = absent;
	free(memory);
	return r;
}

/* A lane must know what it is to wait for before any of it has come up: a chip reader that does not start must not turn it
 * into a lane that reads no chips. */
static uint32_t kinds_of(struct unit *u, const char *kiosk)
{
	uint32_t kinds = 0;
	for (size_t i = 0; i < u->plugin_count; i++) {
		const char *at = u->plugin[i].config->kiosk;
		char path[512], message[512];
		struct text error;
		if (at == NULL || kiosk == NULL ? at != kiosk : strcmp(at, kiosk) != 0)
			continue;
		text_init(&error, message, sizeof message);
		if (u->plugin[i].manifest == NULL &&
			load_manifest(&u->plugin[i], path, sizeof path, &error) != PN_OK)
			pn_log(LOG_LEVEL_ERROR, "supervisor", "plugin.refused", LK("unit", u->config->name),
				LK("child", u->plugin[i].config->instance), LK("why", message));
		kinds |= UINT32_C(1) << (u->plugin[i].manifest != NULL ? u->plugin[i].manifest->kind : 0);
	}
	return kinds;
}

int spawn_core(struct unit *u)
{
	struct supervisor *s = u->supervisor;
	struct core_spec spec = { 0 };
	struct spawn_spec spawn = { .role = "core", .spec = &spec, .spec_size = sizeof spec };
	int64_t uid = spawn_uid(s, &u->core);
	spec.uid = uid == SPEC_KEEP_UID ? -1 : (int32_t)uid;
	spec.gid = uid == SPEC_KEEP_UID ? -1 : (int32_t)s->config->user.core_uid;
	spec.kinds = kinds_of(u, NULL);
	for (unsigned i = 0; i < u->config->kiosks_count; i++)
		spec.kiosk_kinds[i] = kinds_of(u, u->config->kiosks[i]);
	text_copy(spec.unit, sizeof spec.unit, u->config->name);
	if (!text_copy(spec.config_path, sizeof spec.config_path, s->config_path))
		return PN_EINVAL;
	return host_spawn(&spawn, &u->core.spawned);
}
