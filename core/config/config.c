/* SPDX-License-Identifier: Apache-2.0
 * The configuration's schema, its defaults and its life. Must never leave a half-loaded
 * configuration behind.
 */
#include "config/config.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "config/internal.h"

static const cyaml_strval_t profiles[] = {{"demo", CONFIG_DEMO}, {"production", CONFIG_PRODUCTION}};
static const cyaml_strval_t clocks[] = {
	{"system", CONFIG_CLOCK_SYSTEM}, {"operator-asserted", CONFIG_CLOCK_OPERATOR_ASSERTED}};
static const cyaml_strval_t levels[] = {{"debug", LOG_LEVEL_DEBUG}, {"info", LOG_LEVEL_INFO},
	{"warning", LOG_LEVEL_WARNING}, {"error", LOG_LEVEL_ERROR}};
static const cyaml_strval_t roles[] = {
	{"gate", CONFIG_GATE}, {"post", CONFIG_POST}, {"central", CONFIG_CENTRAL}};
static const cyaml_strval_t directions[] = {{"entry", CONFIG_ENTRY}, {"exit", CONFIG_EXIT}};
static const cyaml_strval_t modes[] = {{"locked", CONFIG_LOCKED}, {"controlled", CONFIG_CONTROLLED}};
static const cyaml_strval_t faces[] = {{"unattended", CONFIG_FACE_UNATTENDED}, {"assisted", CONFIG_FACE_ASSISTED}};
static const cyaml_strval_t sides[] = {{"master", CONFIG_MASTER}, {"slave", CONFIG_SLAVE}};
static const cyaml_strval_t sockets[] = {{"inet-client", CONFIG_INET_CLIENT},
	{"inet-server", CONFIG_INET_SERVER}, {"unix-client", CONFIG_UNIX_CLIENT}};

#define MUST CYAML_FLAG_DEFAULT
#define MAY CYAML_FLAG_OPTIONAL
#define TEXT(key, flag, type, member)                                                              \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | (flag), type, member, 1, 1024)
#define WORD(key, flag, type, member, list)                                                        \
	CYAML_FIELD_ENUM(key, CYAML_FLAG_STRICT | (flag), type, member, list, PN_COUNT(list))

static const cyaml_schema_value_t port_entry = {
	CYAML_VALUE_UINT(CYAML_FLAG_DEFAULT, uint16_t),
};

static const cyaml_schema_field_t plugin_fields[] = {
	TEXT("instance", MUST, struct config_plugin, instance),
	TEXT("plugin", MUST, struct config_plugin, plugin),
	TEXT("kiosk", MAY, struct config_plugin, kiosk),
	CYAML_FIELD_FLAGS("sockets", CYAML_FLAG_STRICT | MAY, struct config_plugin, sockets,
		sockets, PN_COUNT(sockets)),
	CYAML_FIELD_UINT("memory_mib", MAY, struct config_plugin, memory_mib),
	CYAML_FIELD_SEQUENCE("connect_ports", CYAML_FLAG_POINTER | MAY, struct config_plugin,
		connect_ports, &port_entry, 0, CONFIG_PORTS_MAX),
	CYAML_FIELD_SEQUENCE("bind_ports", CYAML_FLAG_POINTER | MAY, struct config_plugin,
		bind_ports, &port_entry, 0, CONFIG_PORTS_MAX),
	CYAML_FIELD_IGNORE("devices", MAY),
	CYAML_FIELD_IGNORE("folders", MAY),
	CYAML_FIELD_IGNORE("options", MAY),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t plugin_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_plugin, plugin_fields),
};

static const cyaml_schema_field_t journal_fields[] = {
	CYAML_FIELD_UINT("free_space_floor_mib", MAY, struct config_journal, free_space_floor_mib),
	CYAML_FIELD_UINT("retention_hours", MAY, struct config_journal, retention_hours),
	CYAML_FIELD_UINT("failed_faces_hours", MAY, struct config_journal, failed_faces_hours),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t results_fields[] = {
	CYAML_FIELD_UINT("valid_s", MAY, struct config_results, valid_s),
	CYAML_FIELD_BOOL("same_basis", MAY, struct config_results, same_basis),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t unit_fields[] = {
	TEXT("name", MUST, struct config_unit, name),
	WORD("role", MUST, struct config_unit, role, roles),
	TEXT("crossing_point", MAY, struct config_unit, crossing_point),
	TEXT("time_zone", MAY, struct config_unit, time_zone),
	WORD("direction", MAY, struct config_unit, direction, directions),
	WORD("mode", MAY, struct config_unit, mode, modes),
	TEXT("lane", MAY, struct config_unit, lane),
	TEXT("trust", MAY, struct config_unit, trust),
	CYAML_FIELD_MAPPING("journal", MAY, struct config_unit, journal, journal_fields),
	CYAML_FIELD_MAPPING("kiosk_results", MAY, struct config_unit, kiosk_results, results_fields),
	CYAML_FIELD_UINT("heartbeat_ms", MAY, struct config_unit, heartbeat_ms),
	CYAML_FIELD_UINT("stale_after_ms", MAY, struct config_unit, stale_after_ms),
	CYAML_FIELD_UINT("start_limit_ms", MAY, struct config_unit, start_limit_ms),
	CYAML_FIELD_BOOL("officer_required", MAY, struct config_unit, officer_required),
	WORD("face", MAY, struct config_unit, face, faces),
	CYAML_FIELD_SEQUENCE("plugins", CYAML_FLAG_POINTER | MAY, struct config_unit, plugins,
		&plugin_entry, 0, CONFIG_PLUGINS_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t unit_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_unit, unit_fields),
};

static const cyaml_schema_field_t device_fields[] = {
	TEXT("name", MUST, struct config_device, name),
	TEXT("path", MAY, struct config_device, path),
	TEXT("pty", MAY, struct config_device, pty),
	WORD("side", MAY, struct config_device, side, sides),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t device_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct config_device, device_fields),
};

static const cyaml_schema_field_t user_fields[] = {
	CYAML_FIELD_UINT("first_uid", MAY, struct config_user, first_uid),
	CYAML_FIELD_UINT("core_uid", MAY, struct config_user, core_uid),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t path_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, 1024),
};

static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_UINT("schema", MUST, struct config, schema),
	WORD("profile", MUST, struct config, profile, profiles),
	TEXT("tenant", MUST, struct config, tenant),
	TEXT("state_folder", MUST, struct config, state_folder),
	TEXT("run_folder", MUST, struct config, run_folder),
	CYAML_FIELD_SEQUENCE("plugin_folders", CYAML_FLAG_POINTER, struct config, plugin_folders,
		&path_entry, 1, 64),
	WORD("clock", MAY, struct config, clock, clocks),
	CYAML_FIELD_MAPPING("user", MAY, struct config, user, user_fields),
	WORD("log_level", MAY, struct config, log_level, levels),
	CYAML_FIELD_SEQUENCE("units", CYAML_FLAG_POINTER, struct config, units, &unit_entry, 1,
		CONFIG_UNITS_MAX),
	CYAML_FIELD_SEQUENCE(
		"devices", CYAML_FLAG_POINTER | MAY, struct config, devices, &device_entry, 0, 256),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct config, config_fields),
};

/* Absolute form of *path relative to folder, in place of it; NULL stays. */
static int resolve(const char *folder, char **path)
{
	if (*path == NULL || (*path)[0] == '/')
		return PN_OK;
	size_t n = strlen(folder) + strlen(*path) + 2;
	char *whole = malloc(n);
	if (whole == NULL)
		return PN_ENOMEM;
	struct text t;
	text_init(&t, whole, n);
	text_add(&t, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, *path);
	free(*path);
	*path = whole;
	return PN_OK;
}

static int load_pairs(struct yaml_file *f, const yaml_node_t *map, struct config_pairs *out)
{
	size_t at = 0, count = yaml_map_size(map);
	yaml_node_t *key, *value;
	if (count == 0)
		return PN_OK;
	out->at = calloc(count, sizeof *out->at);
	if (out->at == NULL)
		return PN_ENOMEM;
	while (yaml_map_next(f, map, &at, &key, &value)) {
		struct config_pair *p = &out->at[out->count++];
		p->line = yaml_line(key);
		p->key = strdup(yaml_scalar(key));
		p->value = strdup(yaml_scalar(value));
		if (p->key == NULL || p->value == NULL)
			return PN_ENOMEM;
	}
	return PN_OK;
}

static int finish_plugin(
	struct yaml_file *f, const char *folder, const yaml_node_t *node, struct config_plugin *p)
{
	int r = load_pairs(f, yaml_get(f, node, "devices"), &p->devices);
	if (r == PN_OK)
		r = load_pairs(f, yaml_get(f, node, "folders"), &p->folders);
	if (r == PN_OK)
		r = load_pairs(f, yaml_get(f, node, "options"), &p->options);
	for (size_t i = 0; r == PN_OK && i < p->folders.count; i++)
		r = resolve(folder, &p->folders.at[i].value);
	p->line = yaml_line(node);
	return r;
}

static void set_default(uint32_t *value, uint32_t otherwise)
{
	if (*value == 0)
		*value = otherwise;
}

static int finish_unit(
	struct yaml_file *f, const char *folder, const yaml_node_t *node, struct config_unit *u)
{
	const yaml_node_t *plugins = yaml_get(f, node, "plugins");
	int r = resolve(folder, &u->lane);
	if (r == PN_OK)
		r = resolve(folder, &u->trust);
	u->line = yaml_line(node);
	set_default(&u->journal.free_space_floor_mib, 64);
	set_default(&u->journal.retention_hours, 72);
	if (yaml_get(f, yaml_get(f, node, "kiosk_results"), "valid_s") == NULL)
		u->kiosk_results.valid_s = 600;
	set_default(&u->heartbeat_ms, 100);
	set_default(&u->stale_after_ms, 1000);
	set_default(&u->start_limit_ms, 60000);
	if (u->role == CONFIG_GATE && u->mode == CONFIG_MODE_NONE)
		u->mode = CONFIG_LOCKED;
	if (u->role == CONFIG_CENTRAL && u->time_zone == NULL) {
		u->time_zone = strdup("UTC");
		if (u->time_zone == NULL)
			r = PN_ENOMEM;
	}
	for (unsigned i = 0; r == PN_OK && i < u->plugins_count; i++)
		r = finish_plugin(f, folder, yaml_item(f, plugins, i), &u->plugins[i]);
	return r;
}

/* What libcyaml cannot load: free maps, lines, defaults, absolute paths. */
static int finish(struct yaml_file *f, struct config *c)
{
	char folder[PATH_MAX];
	text_copy(folder, sizeof folder, c->path);
	char *slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	int r = resolve(folder, &c->state_folder);
	if (r == PN_OK)
		r = resolve(folder, &c->run_folder);
	for (unsigned i = 0; r == PN_OK && i < c->plugin_folders_count; i++)
		r = resolve(folder, &c->plugin_folders[i]);
	for (unsigned i = 0; r == PN_OK && i < c->units_count; i++)
		r = finish_unit(
			f, folder, yaml_item(f, yaml_get(f, f->root, "units"), i), &c->units[i]);
	for (unsigned i = 0; i < c->devices_count; i++)
		c->devices[i].line = yaml_line(yaml_item(f, yaml_get(f, f->root, "devices"), i));
	if (yaml_get(f, f->root, "log_level") == NULL)
		c->log_level = LOG_LEVEL_INFO;
	set_default(&c->user.first_uid, 64000);
	set_default(&c->user.core_uid, c->user.first_uid);
	return r;
}

static char *absolute(const char *path)
{
	char here[PATH_MAX];
	char *whole = strdup(path);
	if (whole == NULL || path[0] == '/')
		return whole;
	if (getcwd(here, sizeof here) == NULL || resolve(here, &whole) != PN_OK) {
		free(whole);
		return NULL;
	}
	return whole;
}

/* Who writes it means something that there is, but not here. */
static void tell_of_free(struct yaml_file *f, struct yaml_problems *p)
{
	const yaml_node_t *units = yaml_get(f, f->root, "units"), *unit;
	for (unsigned i = 0; (unit = yaml_item(f, units, i)) != NULL; i++) {
		const yaml_node_t *mode = yaml_get(f, unit, "mode");
		const char *word = mode != NULL ? yaml_scalar(mode) : NULL;
		if (word != NULL && strcmp(word, "free") == 0)
			yaml_problem(p, mode, "no lane starts free, expected an officer on duty who orders it (postern lane free)");
	}
}

static int load(struct yaml_file *f, struct yaml_problems *p, bool look, struct config **out)
{
	void *data;
	unsigned len = 0;
	int r = yaml_file_load(f, &schema, &data, NULL, p);
	if (r != PN_OK) {
		tell_of_free(f, p);
		return r;
	}
	struct config *c = data;
	struct loading l = {c, f, p, look};
	c->path = absolute(p->file);
	if (c->path == NULL || strlen(c->path) >= PATH_MAX)
		r = PN_ENOMEM;
	if (r == PN_OK && EVP_Digest(f->bytes, f->size, c->hash, &len, EVP_sha256(), NULL) != 1)
		r = PN_ECRYPTO;
	if (r == PN_OK)
		r = finish(f, c);
	if (r == PN_OK) {
		config_check(&l);
		r = p->count == 0 ? PN_OK : PN_EFORMAT;
	}
	if (r != PN_OK) {
		config_free(c);
		return r;
	}
	*out = c;
	return PN_OK;
}

/* Out of memory and the like: told too, so that a refusal is never silent. */
static int told(struct yaml_problems *p, int r)
{
	if (r != PN_OK && p->count == 0)
		yaml_problem(p, NULL, "cannot be loaded: %s, expected a machine that can",
			pn_err_name(r));
	return r;
}

int config_load(const char *path, struct config **out, struct text *errors)
{
	struct yaml_problems p = {path, errors, 0};
	struct yaml_file f;
	*out = NULL;
	int r = yaml_file_open(&f, &p);
	if (r == PN_OK)
		r = load(&f, &p, true, out);
	yaml_file_close(&f);
	return told(&p, r);
}

int config_parse(const char *path, const uint8_t *bytes, size_t size, struct config **out,
	struct text *errors)
{
	struct yaml_problems p = {path, errors, 0};
	struct yaml_file f;
	*out = NULL;
	int r = yaml_file_parse(&f, bytes, size, &p);
	if (r == PN_OK)
		r = load(&f, &p, false, out);
	yaml_file_close(&f);
	return told(&p, r);
}

static void free_pairs(struct config_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->at[i].key);
		free(pairs->at[i].value);
	}
	free(pairs->at);
}

void config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (unsigned i = 0; i < c->units_count; i++)
		for (unsigned j = 0; j < c->units[i].plugins_count; j++) {
			free_pairs(&c->units[i].plugins[j].devices);
			free_pairs(&c->units[i].plugins[j].folders);
			free_pairs(&c->units[i].plugins[j].options);
		}
	free(c->path);
	yaml_data_free(&schema, c, 0);
}

void config_hash(const struct config *c, char out[2 * CONFIG_HASH_SIZE + 1])
{
	hex_encode(out, c->hash, CONFIG_HASH_SIZE);
}

const struct config_unit *config_unit_find(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->units_count; i++)
		if (strcmp(c->units[i].name, name) == 0)
			return &c->units[i];
	return NULL;
}

const struct config_plugin *config_plugin_find(const struct config_unit *u, const char *instance)
{
	for (unsigned i = 0; i < u->plugins_count; i++)
		if (strcmp(u->plugins[i].instance, instance) == 0)
			return &u->plugins[i];
	return NULL;
}

const struct config_device *config_device_find(const struct config *c, const char *name)
{
	for (unsigned i = 0; i < c->devices_count; i++)
		if (strcmp(c->devices[i].name, name) == 0)
			return &c->devices[i];
	return NULL;
}

const char *config_pair_find(const struct config_pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (strcmp(pairs->at[i].key, key) == 0)
			return pairs->at[i].value;
	return NULL;
}

const char *config_profile_name(enum config_profile profile)
{
	return profile == CONFIG_DEMO ? "demo" : "production";
}

const char *config_role_name(enum config_role role)
{
	for (size_t i = 0; i < PN_COUNT(roles); i++)
		if (roles[i].val == (int64_t)role)
			return roles[i].str;
	return "unknown";
}
