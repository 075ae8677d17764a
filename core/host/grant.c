/* SPDX-License-Identifier: Apache-2.0
 * Grant = requested by the manifest and allowed by etc/. Pure.
 * Must never grant what only one of the two names.
 */
#include <stdio.h>
#include <string.h>

#include "host/spec.h"
#include "postern/plugin.h"

static const char *find(const struct named_value *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].value;
	return NULL;
}

static int check_asked(const struct manifest *m, const char *what,
	const struct manifest_grant *asked, unsigned asked_count, const struct named_value *given,
	size_t given_count, struct text *error)
{
	for (size_t i = 0; i < given_count; i++) {
		unsigned k = 0;
		while (k < asked_count && strcmp(asked[k].name, given[i].name) != 0)
			k++;
		if (k == asked_count) {
			text_add(error, "%s '%s' is given, expected only what plugin '%s' asks for",
				what, given[i].name, m->name);
			return PN_EINVAL;
		}
		if (given[i].value[0] != '/') {
			text_add(error, "%s '%s' is '%s', expected an absolute path", what,
				given[i].name, given[i].value);
			return PN_EINVAL;
		}
	}
	for (unsigned k = 0; k < asked_count; k++) {
		if (asked[k].required == MANIFEST_YES &&
			find(given, given_count, asked[k].name) == NULL) {
			text_add(error, "%s '%s' is missing, expected a path: %s", what,
				asked[k].name, asked[k].about);
			return PN_EDENIED;
		}
	}
	return PN_OK;
}

/* An option whose name begins with "demo_" lets something in that production must not know. */
static int check_demo_options(const struct plugin_request *r, struct text *error)
{
	for (size_t i = 0; !r->demo && i < r->option_count; i++) {
		if (strncmp(r->options[i].name, "demo_", 5) != 0)
			continue;
		text_add(error, "option '%s' of plugin '%s' is given, expected it in the demo profile only",
			r->options[i].name, r->manifest->name);
		return PN_EDENIED;
	}
	return PN_OK;
}

static int check_request(const struct plugin_request *r, struct text *error)
{
	const struct manifest *m = r->manifest;
	size_t bad;
	int rc;
	if (m->simulated == MANIFEST_YES && !r->demo) {
		text_add(error,
			"plugin '%s' is a simulated device, expected a real one outside the demo "
			"profile",
			m->name);
		return PN_EDENIED;
	}
	if (m->abi.major != POSTERN_ABI_MAJOR) {
		text_add(error, "plugin '%s' wants ABI %u, expected %u: build it for this release",
			m->name, m->abi.major, POSTERN_ABI_MAJOR);
		return PN_EDENIED;
	}
	if (m->abi.minor > POSTERN_ABI_MINOR) {
		text_add(error,
			"plugin '%s' needs ABI %u.%u, expected at most %u.%u: it is newer than "
			"this release",
			m->name, m->abi.major, m->abi.minor, POSTERN_ABI_MAJOR, POSTERN_ABI_MINOR);
		return PN_EDENIED;
	}
	if ((rc = check_asked(m, "device", m->devices, m->devices_count, r->devices,
		     r->device_count, error)) != PN_OK ||
		(rc = check_asked(m, "folder", m->folders, m->folders_count, r->folders,
			 r->folder_count, error)) != PN_OK)
		return rc;
	if ((m->state_folder == MANIFEST_YES) != (r->state_folder != NULL)) {
		text_add(error, "a state folder is %s, expected %s",
			r->state_folder ? "given" : "missing",
			r->state_folder ? "none: the plugin asks for none" : "one");
		return PN_EDENIED;
	}
	if ((m->sockets & ~r->sockets_allowed) != 0) {
		text_add(error, "plugin '%s' asks for sockets '%s', expected etc/ to allow them",
			m->name, m->sockets_text);
		return PN_EDENIED;
	}
	if ((rc = check_demo_options(r, error)) != PN_OK)
		return rc;
	return manifest_check_options(m, r->options, r->option_count, &bad, error);
}

/* Copies into the arena; remembers that one copy failed. */
struct copier {
	struct arena *arena;
	bool failed;
};

static const char *copy(struct copier *c, const char *s)
{
	const char *own = arena_strdup(c->arena, s);
	c->failed |= own == NULL;
	return own;
}

static int copy_values(const struct plugin_request *r, struct copier *a, struct plugin_spec *s)
{
	const struct manifest *m = r->manifest;
	for (size_t i = 0; i < r->device_count; i++)
		s->devices[s->device_count++] = (struct spec_device){
			copy(a, r->devices[i].name), copy(a, r->devices[i].value), -1};
	for (size_t i = 0; i < r->folder_count; i++)
		s->folders[s->folder_count++] = (struct named_value){
			copy(a, r->folders[i].name), copy(a, r->folders[i].value)};
	for (unsigned i = 0; i < m->options_count; i++) {
		const char *value =
			manifest_option_value(&m->options[i], r->options, r->option_count);
		if (value != NULL)
			s->options[s->option_count++] =
				(struct named_value){copy(a, m->options[i].name), copy(a, value)};
	}
	for (unsigned i = 0; i < m->metrics_count; i++)
		s->metrics[s->metric_count++] = copy(a, m->metrics[i].name);
	if (r->connect_port_count > SPEC_MAX_PORTS || r->bind_port_count > SPEC_MAX_PORTS)
		return PN_ELIMIT;
	for (size_t i = 0; i < r->connect_port_count; i++)
		s->connect_ports[s->connect_port_count++] = r->connect_ports[i];
	for (size_t i = 0; i < r->bind_port_count; i++)
		s->bind_ports[s->bind_port_count++] = r->bind_ports[i];
	return PN_OK;
}

int plugin_spec_make(const struct plugin_request *r, struct arena *arena, struct plugin_spec *out,
	struct text *error)
{
	const struct manifest *m = r->manifest;
	struct copier copier = {arena, false}, *a = &copier;
	char object[512];
	int rc = check_request(r, error);
	if (rc != PN_OK)
		return rc;
	/* NAME.so stands beside NAME.plugin */
	const char *slash = strrchr(r->manifest_path, '/');
	int n = snprintf(object, sizeof object, "%.*s%s.so",
		slash ? (int)(slash + 1 - r->manifest_path) : 0, r->manifest_path, m->name);
	if (n < 0 || (size_t)n >= sizeof object) {
		text_add(error, "the path of plugin '%s' is too long, expected at most %zu bytes",
			m->name, sizeof object);
		return PN_ELIMIT;
	}
	*out = (struct plugin_spec){
		.instance = copy(a, r->instance),
		.unit = copy(a, r->unit),
		.name = copy(a, m->name),
		.version = copy(a, m->version),
		.manifest = copy(a, r->manifest_path),
		.object = copy(a, object),
		.kind = m->kind,
		.uid = r->uid,
		.gid = r->gid,
		.sockets = m->sockets & r->sockets_allowed,
		.syscalls = m->syscalls,
		.memory_mib = m->memory_mib,
		.state_mib = m->state_mib,
		.heartbeat_ms = 500,
		.stale_after_ms = 2000,
		.landlock_required = !r->demo,
		.state_folder = r->state_folder ? copy(a, r->state_folder) : NULL,
	};
	rc = copy_values(r, a, out);
	if (rc == PN_OK && copier.failed)
		rc = PN_ENOMEM;
	if (rc != PN_OK)
		text_add(error,
			"plugin '%s' has more values than a process is given, expected fewer",
			m->name);
	return rc;
}
