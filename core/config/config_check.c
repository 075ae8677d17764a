/* SPDX-License-Identifier: Apache-2.0
 * What a configuration must be beyond its schema: names, ranges, references, files, and what a
 * production profile refuses; and what a lane file adds. Must never change what was written, and
 * never stop at the first problem.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/internal.h"

/* The kick line of a lane's hardware stops within 500 ms of the core's last word, and two may be late. */
enum { GATE_HEARTBEAT_MAX_MS = 200 };

static yaml_node_t *at(struct loading *l, const yaml_node_t *map, const char *key)
{
	return yaml_get(l->file, map, key);
}

bool config_is_name(const char *s)
{
	size_t n = strlen(s);
	return n >= 1 && n <= CONFIG_NAME_MAX && s[0] >= 'a' && s[0] <= 'z' &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static void check_name(struct loading *l, const yaml_node_t *map, const char *key, const char *what)
{
	const yaml_node_t *node = at(l, map, key);
	const char *value = yaml_scalar(node);
	if (value != NULL && !config_is_name(value))
		yaml_problem(l->problems, node, "%s \"%s\" is not a name, expected " CONFIG_NAME_FORM,
			what, value);
}

/* Ranges are told of what is written; a default is within its range. */
static void check_range(
	struct loading *l, const yaml_node_t *map, const char *key, int64_t min, int64_t max)
{
	const yaml_node_t *node = at(l, map, key);
	int64_t value;
	if (node != NULL && yaml_integer(yaml_scalar(node), &value) && (value < min || value > max))
		yaml_problem(l->problems, node, "%s is %lld, expected %lld to %lld", key,
			(long long)value, (long long)min, (long long)max);
}

/* The path is as resolved; mode_bits: S_IFDIR or S_IFREG. */
static void check_file(struct loading *l, const yaml_node_t *node, const char *what,
	const char *path, mode_t mode_bits)
{
	struct stat st;
	const char *expected = mode_bits == S_IFDIR ? "a folder" : "a file";
	if (!l->look || path == NULL)
		return;
	if (stat(path, &st) != 0 || access(path, R_OK) != 0)
		yaml_problem(l->problems, node, "%s \"%s\" cannot be read: %s, expected %s", what,
			path, strerror(errno), expected);
	else if ((st.st_mode & S_IFMT) != mode_bits)
		yaml_problem(l->problems, node, "%s \"%s\" is something else, expected %s", what,
			path, expected);
}

static void check_zone(struct loading *l, const yaml_node_t *node, const char *zone)
{
	char path[160];
	struct text t;
	struct stat st;
	size_t n = strlen(zone);
	if (n > 64 || zone[0] == '/' || strstr(zone, "..") != NULL ||
		strspn(zone,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") !=
			n) {
		yaml_problem(l->problems, node,
			"time_zone \"%s\" is no time zone, expected an IANA name like "
			"Europe/Lisbon",
			zone);
		return;
	}
	if (!l->look || strcmp(zone, "UTC") == 0)
		return;
	text_init(&t, path, sizeof path);
	text_add(&t, "/usr/share/zoneinfo/%s", zone);
	if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		yaml_problem(l->problems, node,
			"time_zone \"%s\" is not known to this machine, expected an IANA name of "
			"its package tzdata",
			zone);
}

/* A key that has no meaning for this role is more likely a slip than a wish. */
static void check_only_gate(
	struct loading *l, const yaml_node_t *map, const struct config_unit *u, const char *key)
{
	const yaml_node_t *node = at(l, map, key);
	if (node != NULL && u->role != CONFIG_GATE)
		yaml_problem(l->problems, node,
			"%s is given for a unit with role %s, expected only with role gate", key,
			config_role_name(u->role));
}

static void check_devices_of(
	struct loading *l, const yaml_node_t *map, const struct config_plugin *p)
{
	size_t i = 0;
	yaml_node_t *key, *value;
	(void)p;
	while (yaml_map_next(l->file, at(l, map, "devices"), &i, &key, &value)) {
		const char *name = yaml_scalar(value);
		if (config_device_find(l->config, name) == NULL)
			yaml_problem(l->problems, value,
				"device \"%s\" is not there, expected a name from devices", name);
	}
}

/* Without its ports an internet socket reaches every service of the network it is in. */
static void check_ports(struct loading *l, const yaml_node_t *map, const struct config_plugin *p,
	const char *key, uint32_t socket, unsigned count)
{
	const char *word = socket == CONFIG_INET_CLIENT ? "inet-client" : "inet-server";
	if (count > 0 && (p->sockets & socket) == 0)
		yaml_problem(l->problems, at(l, map, key),
			"%s are given, expected none without %s in sockets", key, word);
	if (count == 0 && (p->sockets & socket) != 0 && l->config->profile == CONFIG_PRODUCTION)
		yaml_problem(l->problems, at(l, map, "sockets"),
			"%s is given without ports, expected %s in a production profile", word,
			key);
}

static void check_plugin(
	struct loading *l, const yaml_node_t *map, const struct config_unit *u, unsigned index)
{
	const struct config_plugin *p = &u->plugins[index];
	size_t i = 0;
	yaml_node_t *key, *value;
	check_name(l, map, "instance", "instance");
	check_name(l, map, "plugin", "plugin");
	for (unsigned j = 0; j < index; j++)
		if (strcmp(u->plugins[j].instance, p->instance) == 0)
			yaml_problem(l->problems, at(l, map, "instance"),
				"instance \"%s\" is already in line %u, expected another name",
				p->instance, u->plugins[j].line);
	check_range(l, map, "memory_mib", 8, 8192);
	check_ports(l, map, p, "connect_ports", CONFIG_INET_CLIENT, p->connect_ports_count);
	check_ports(l, map, p, "bind_ports", CONFIG_INET_SERVER, p->bind_ports_count);
	check_devices_of(l, map, p);
	for (size_t n = 0; yaml_map_next(l->file, at(l, map, "folders"), &i, &key, &value); n++)
		check_file(l, value, "folder", p->folders.at[n].value, S_IFDIR);
}

static bool is_crossing_point(const char *s)
{
	size_t n = strlen(s);
	return n <= 32 &&
	       strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") == n;
}

static void check_place(struct loading *l, const yaml_node_t *map, const struct config_unit *u)
{
	const char *role = config_role_name(u->role);
	if (u->role != CONFIG_CENTRAL && u->crossing_point == NULL)
		yaml_problem(l->problems, map,
			"unit \"%s\" has no crossing_point, expected one with role %s", u->name,
			role);
	if (u->role != CONFIG_CENTRAL && u->time_zone == NULL)
		yaml_problem(l->problems, map,
			"unit \"%s\" has no time_zone, expected one with role %s", u->name, role);
	if (u->role == CONFIG_GATE && u->direction == CONFIG_DIRECTION_NONE)
		yaml_problem(l->problems, map,
			"unit \"%s\" has no direction, expected entry or exit with role gate",
			u->name);
	if (u->crossing_point != NULL && !is_crossing_point(u->crossing_point))
		yaml_problem(l->problems, at(l, map, "crossing_point"),
			"crossing_point \"%s\" has not the right form, expected 1 to 32 letters, "
			"digits, . and -",
			u->crossing_point);
	if (u->time_zone != NULL)
		check_zone(l, at(l, map, "time_zone"), u->time_zone);
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;
	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* A plugin that reads a lane file reads the unit's: two descriptions of one lane could contradict each other unseen. */
static void check_same_lane(struct loading *l, const yaml_node_t *map, const struct config_unit *u)
{
	char path[PATH_MAX];
	for (unsigned j = 0; j < u->plugins_count; j++) {
		const char *folder = config_pair_find(&u->plugins[j].folders, "wiring");
		const char *file = config_pair_find(&u->plugins[j].options, "lane");
		const yaml_node_t *plugin = yaml_item(l->file, at(l, map, "plugins"), j);
		if (folder == NULL || file == NULL)
			continue;
		int n = snprintf(path, sizeof path, "%s/%s", folder, file);
		if (n < 0 || (size_t)n >= sizeof path || !same_file(path, u->lane))
			yaml_problem(l->problems, at(l, at(l, plugin, "options"), "lane"),
				"lane is \"%s\", expected the unit's lane file %s", file, u->lane);
	}
}

static void check_lane(struct loading *l, const yaml_node_t *map, struct config_unit *u)
{
	unsigned before = l->problems->count;
	check_file(l, at(l, map, "lane"), "lane", u->lane, S_IFREG);
	if (l->look && u->lane != NULL && l->problems->count == before)
		config_lane_file(l, u->lane, &u->topology);
	if (l->look && u->lane != NULL)
		check_same_lane(l, map, u);
}

static void check_unit(struct loading *l, const yaml_node_t *map, unsigned index)
{
	static const char *const gate_keys[] = {"direction", "mode", "lane", "officer_required", "face"};
	struct config_unit *u = &l->config->units[index];
	const yaml_node_t *journal = at(l, map, "journal"), *plugins = at(l, map, "plugins");
	check_name(l, map, "name", "unit");
	for (unsigned j = 0; j < index; j++)
		if (strcmp(l->config->units[j].name, u->name) == 0)
			yaml_problem(l->problems, at(l, map, "name"),
				"unit \"%s\" is already in line %u, expected another name", u->name,
				l->config->units[j].line);
	check_place(l, map, u);
	for (size_t i = 0; i < PN_COUNT(gate_keys); i++)
		check_only_gate(l, map, u, gate_keys[i]);
	check_lane(l, map, u);
	config_kiosks(l, map, u);
	if (u->face == CONFIG_FACE_ASSISTED && !u->officer_required)
		yaml_problem(l->problems, at(l, map, "face"),
			"face is assisted without officer_required: true, expected an officer where attack detection is not certified");
	check_file(l, at(l, map, "trust"), "trust", u->trust, S_IFDIR);
	check_range(l, journal, "free_space_floor_mib", 1, 1048576);
	check_range(l, journal, "retention_hours", 1, 8784); /* a leap year */
	check_range(l, journal, "failed_faces_hours", 0, 168); /* a week */
	check_only_gate(l, journal, u, "failed_faces_hours");
	check_range(l, map, "heartbeat_ms", 50, u->role == CONFIG_GATE ? GATE_HEARTBEAT_MAX_MS : 10000);
	check_range(l, map, "stale_after_ms", 100, 60000);
	check_range(l, map, "start_limit_ms", 1000, 600000);
	if (u->stale_after_ms < 2 * u->heartbeat_ms) {
		const yaml_node_t *node = at(l, map, "stale_after_ms");
		yaml_problem(l->problems, node != NULL ? node : at(l, map, "heartbeat_ms"),
			"stale_after_ms is %u with heartbeat_ms %u, expected at least twice as "
			"much",
			u->stale_after_ms, u->heartbeat_ms);
	}
	for (unsigned j = 0; j < u->plugins_count; j++)
		check_plugin(l, yaml_item(l->file, plugins, j), u, j);
}

static void check_device(struct loading *l, const yaml_node_t *map, unsigned index)
{
	const struct config *c = l->config;
	const struct config_device *d = &c->devices[index];
	unsigned others = 0;
	check_name(l, map, "name", "device");
	check_name(l, map, "pty", "pty");
	for (unsigned j = 0; j < index; j++)
		if (strcmp(c->devices[j].name, d->name) == 0)
			yaml_problem(l->problems, at(l, map, "name"),
				"device \"%s\" is already in line %u, expected another name",
				d->name, c->devices[j].line);
	if ((d->path == NULL) == (d->pty == NULL)) {
		yaml_problem(l->problems, map, "device \"%s\" has %s, expected either path or pty",
			d->name, d->path == NULL ? "neither path nor pty" : "both path and pty");
		return;
	}
	if (d->path != NULL &&
		(strncmp(d->path, "/dev/", 5) != 0 || strstr(d->path, "/..") != NULL))
		yaml_problem(l->problems, at(l, map, "path"),
			"path \"%s\" is no device, expected a path below /dev/", d->path);
	if (d->path != NULL && d->side != CONFIG_SIDE_NONE)
		yaml_problem(l->problems, at(l, map, "side"),
			"side is given for a device with a path, expected only with pty");
	if (d->pty == NULL)
		return;
	if (c->profile == CONFIG_PRODUCTION)
		yaml_problem(l->problems, at(l, map, "pty"),
			"pty \"%s\" is a simulated device, expected a path in a production profile",
			d->pty);
	if (d->side == CONFIG_SIDE_NONE)
		yaml_problem(l->problems, map,
			"device \"%s\" has no side, expected side: master or slave with pty",
			d->name);
	for (unsigned j = 0; j < c->devices_count; j++)
		if (j != index && c->devices[j].pty != NULL &&
			strcmp(c->devices[j].pty, d->pty) == 0) {
			others++;
			if (j < index && c->devices[j].side == d->side &&
				d->side != CONFIG_SIDE_NONE)
				yaml_problem(l->problems, at(l, map, "side"),
					"this side of pty \"%s\" is already in line %u, expected "
					"the other side",
					d->pty, c->devices[j].line);
		}
	if (others == 0)
		yaml_problem(l->problems, at(l, map, "pty"),
			"pty \"%s\" has one side only, expected a second device with the other "
			"side",
			d->pty);
}

/* A device is one process's: two readers of one line would each see half of it. */
static void check_shared_devices(struct loading *l)
{
	const struct config *c = l->config;
	const yaml_node_t *units = at(l, l->file->root, "units");
	for (unsigned d = 0; d < c->devices_count; d++) {
		unsigned first = 0;
		for (unsigned i = 0; i < c->units_count; i++)
			for (unsigned j = 0; j < c->units[i].plugins_count; j++) {
				const yaml_node_t *map = yaml_item(
					l->file, at(l, yaml_item(l->file, units, i), "plugins"), j);
				size_t k = 0;
				yaml_node_t *key, *value;
				while (yaml_map_next(
					l->file, at(l, map, "devices"), &k, &key, &value)) {
					if (strcmp(yaml_scalar(value), c->devices[d].name) != 0)
						continue;
					if (first != 0)
						yaml_problem(l->problems, value,
							"device \"%s\" is already given in line "
							"%u, expected one user of a device",
							c->devices[d].name, first);
					else
						first = yaml_line(value);
				}
			}
	}
}

static void check_profile(struct loading *l)
{
	const struct config *c = l->config;
	struct stat st;
	if (c->profile != CONFIG_PRODUCTION)
		return;
	if (c->clock == CONFIG_CLOCK_OPERATOR_ASSERTED)
		yaml_problem(l->problems, at(l, l->file->root, "clock"),
			"clock is operator-asserted, expected system in a production profile");
	if (l->look && stat(c->path, &st) == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		yaml_problem(l->problems, NULL,
			"can be written by others (mode %03o), expected only its owner in a "
			"production profile",
			(unsigned)(st.st_mode & 0777));
}

static bool is_tenant(const char *s)
{
	return strlen(s) == 3 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3;
}

void config_check(struct loading *l)
{
	const struct config *c = l->config;
	const yaml_node_t *root = l->file->root, *user = at(l, root, "user");
	if (c->schema != CONFIG_SCHEMA)
		yaml_problem(l->problems, at(l, root, "schema"), "schema is %u, expected %d",
			c->schema, CONFIG_SCHEMA);
	if (!is_tenant(c->tenant))
		yaml_problem(l->problems, at(l, root, "tenant"),
			"tenant is \"%s\", expected three capital letters", c->tenant);
	/* A control socket's path must fit sockaddr_un: 108 with NUL, a unit's name and ".control"
	 * below it. */
	if (strlen(c->run_folder) > 60)
		yaml_problem(l->problems, at(l, root, "run_folder"),
			"run_folder has %zu characters as an absolute path, expected at most 60",
			strlen(c->run_folder));
	for (unsigned i = 0; i < c->plugin_folders_count; i++)
		check_file(l, yaml_item(l->file, at(l, root, "plugin_folders"), i), "plugin folder",
			c->plugin_folders[i], S_IFDIR);
	check_range(l, user, "first_uid", 1000, 4294901760);
	check_range(l, user, "core_uid", 1000, 4294901760);
	check_profile(l);
	for (unsigned i = 0; i < c->units_count; i++)
		check_unit(l, yaml_item(l->file, at(l, root, "units"), i), i);
	for (unsigned i = 0; i < c->devices_count; i++)
		check_device(l, yaml_item(l->file, at(l, root, "devices"), i), i);
	check_shared_devices(l);
}

int config_allows_simulated(
	const struct config *c, const struct config_plugin *p, struct text *errors)
{
	if (c->profile != CONFIG_PRODUCTION)
		return PN_OK;
	text_add(errors,
		"%s:%u: plugin \"%s\" is simulated, expected a real device in a production "
		"profile\n",
		c->path, p->line, p->plugin);
	return PN_EDENIED;
}
