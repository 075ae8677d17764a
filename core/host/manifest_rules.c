/* SPDX-License-Identifier: Apache-2.0
 * What a manifest's values must be together, and the check of an instance's options against it.
 * Pure. Must never read a file.
 */
#include "host/manifest_rules.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/yaml_place.h"

static const struct {
	const char *outer, *field, *expects;
} expectations[] = {
	{"", "name", "the plugin's name: lower-case letters, digits and '-'"},
	{"", "kind", "a plugin kind of the schema such as reader, document-check or gate"},
	{"", "version", "a version such as 0.1.0"},
	{"", "abi", "a mapping such as {major: 1, minor: 0}"},
	{"abi", "major", "a whole number, the ABI major it was built against"},
	{"abi", "minor", "a whole number, the lowest ABI minor it needs"},
	{"", "summary", "one line of at most 300 characters"},
	{"", "simulated", "true or false"},
	{"", "devices", "a sequence of {name: ..., about: ..., required: true}"},
	{"", "folders", "a sequence of {name: ..., about: ..., required: true}"},
	{"", "state_folder", "true or false"},
	{"", "sockets", "none, or a comma-separated list of inet-client, inet-server, unix-client"},
	{"", "syscalls", "a sequence of base, files, net, threads, blobs"},
	{"", "memory_mib", "a whole number of MiB from 8 to 65536"},
	{"", "state_mib", "a whole number of MiB from 1 to 16777216"},
	{"", "metrics", "a sequence of {name: ..., help: ...}"},
	{"", "options", "a sequence of {name: ..., type: ..., about: ...}"},
	{"options", "type", "one of string, int, bool"},
	{"options", "min", "a whole number"},
	{"options", "max", "a whole number"},
	{"options", "values", "a sequence of allowed strings"},
	{"options", "default", "a value of the option's own type, in its range, among its values"},
	{NULL, "name", "a name of lower-case letters, digits, '-' and '_'"},
	{NULL, "about", "one line of at most 300 characters"},
	{NULL, "help", "one line of at most 300 characters"},
	{NULL, "required", "true or false"},
};

const char *manifest_expects(const char *outer, const char *field)
{
	for (size_t i = 0; i < PN_COUNT(expectations); i++)
		if (strcmp(expectations[i].field, field) == 0 &&
			(expectations[i].outer == NULL ||
				strcmp(expectations[i].outer, outer) == 0))
			return expectations[i].expects;
	return "what docs/integrators/plugin.md says";
}

void manifest_kind_name(Postern__PluginKind kind, char *out, size_t size)
{
	const ProtobufCEnumValue *v =
		protobuf_c_enum_descriptor_get_value(&postern__plugin_kind__descriptor, (int)kind);
	text_copy(out, size, v ? v->name + strlen("KIND_") : "unspecified");
	for (char *p = out; *p != '\0'; p++)
		*p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
}

Postern__PluginKind manifest_kind(const char *name)
{
	const ProtobufCEnumDescriptor *d = &postern__plugin_kind__descriptor;
	char own[64];
	for (unsigned i = 0; i < d->n_values; i++) {
		manifest_kind_name((Postern__PluginKind)d->values[i].value, own, sizeof own);
		if (strcmp(own, name) == 0)
			return (Postern__PluginKind)d->values[i].value;
	}
	return POSTERN__PLUGIN_KIND__KIND_UNSPECIFIED;
}

int manifest_int(const char *s, int64_t *out)
{
	char *end;
	if (!isdigit((unsigned char)s[0]) && !(s[0] == '-' && isdigit((unsigned char)s[1])))
		return PN_EFORMAT;
	errno = 0;
	long long n = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0')
		return PN_EFORMAT;
	*out = n;
	return PN_OK;
}

int manifest_bool(const char *s, bool *out)
{
	*out = strcmp(s, "true") == 0;
	return *out || strcmp(s, "false") == 0 ? PN_OK : PN_EFORMAT;
}

static bool is_name(const char *s, const char *extra)
{
	if (!islower((unsigned char)s[0]))
		return false;
	for (; *s != '\0'; s++)
		if (!islower((unsigned char)*s) && !isdigit((unsigned char)*s) &&
			strchr(extra, *s) == NULL)
			return false;
	return true;
}

/* Appends a sentence and returns PN_EINVAL when value does not suit the option. */
static int check_value(const struct manifest_option *o, const char *value, struct text *error)
{
	int64_t n;
	bool b;
	switch (o->type) {
	case MANIFEST_INT:
		if (manifest_int(value, &n) != PN_OK) {
			text_add(error,
				"option '%s': '%s' is not a number, expected a whole number",
				o->name, value);
			return PN_EINVAL;
		}
		if ((o->min != NULL && n < *o->min) || (o->max != NULL && n > *o->max)) {
			text_add(
				error, "option '%s': %s is out of range, expected", o->name, value);
			if (o->min != NULL)
				text_add(error, " at least %lld", (long long)*o->min);
			if (o->max != NULL)
				text_add(error, "%s at most %lld", o->min ? " and" : "",
					(long long)*o->max);
			if (o->unit != NULL)
				text_add(error, " (%s)", o->unit);
			return PN_EINVAL;
		}
		return PN_OK;
	case MANIFEST_BOOL:
		if (manifest_bool(value, &b) == PN_OK)
			return PN_OK;
		text_add(error, "option '%s': '%s' is neither, expected true or false", o->name,
			value);
		return PN_EINVAL;
	case MANIFEST_STRING:
		for (unsigned i = 0; i < o->values_count; i++)
			if (strcmp(o->values[i], value) == 0)
				return PN_OK;
		if (o->values_count == 0)
			return PN_OK;
		text_add(error, "option '%s': '%s' is not allowed, expected one of: ", o->name,
			value);
		for (unsigned i = 0; i < o->values_count; i++)
			text_add(error, "%s%s", i ? ", " : "", o->values[i]);
		return PN_EINVAL;
	}
	return PN_EINVAL;
}

const struct manifest_option *manifest_option_find(const struct manifest *m, const char *name)
{
	for (unsigned i = 0; i < m->options_count; i++)
		if (strcmp(m->options[i].name, name) == 0)
			return &m->options[i];
	return NULL;
}

const char *manifest_option_value(
	const struct manifest_option *option, const struct named_value *given, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(given[i].name, option->name) == 0)
			return given[i].value;
	return option->default_value;
}

int manifest_check_options(const struct manifest *m, const struct named_value *given, size_t count,
	size_t *bad, struct text *error)
{
	for (*bad = 0; *bad < count; (*bad)++) {
		const struct named_value *g = &given[*bad];
		const struct manifest_option *o = manifest_option_find(m, g->name);
		if (o == NULL) {
			text_add(error, "unknown option '%s', expected %s", g->name,
				m->options_count ? "one of: " : "none: this plugin has no options");
			for (unsigned i = 0; i < m->options_count; i++)
				text_add(error, "%s%s", i ? ", " : "", m->options[i].name);
			return PN_EINVAL;
		}
		for (size_t i = 0; i < *bad; i++) {
			if (strcmp(given[i].name, g->name) == 0) {
				text_add(error, "option '%s' is given twice, expected once",
					g->name);
				return PN_EINVAL;
			}
		}
		if (check_value(o, g->value, error) != PN_OK)
			return PN_EINVAL;
	}
	for (unsigned i = 0; i < m->options_count; i++) {
		const struct manifest_option *o = &m->options[i];
		if (o->required == MANIFEST_YES && manifest_option_value(o, given, count) == NULL) {
			text_add(error, "option '%s' is missing, expected %s", o->name, o->about);
			return PN_EINVAL;
		}
	}
	return PN_OK;
}

struct rules {
	const char *path, *bytes;
	size_t size;
	struct text *error;
};

static int wrong(
	const struct rules *r, const char *key, int index, const char *subkey, const char *what)
{
	text_add(r->error, "%s:%u: %s%s", r->path,
		yaml_place(r->bytes, r->size, key, index, subkey), what, "");
	text_add(r->error, ", expected %s",
		manifest_expects(subkey ? key : "", subkey ? subkey : key));
	return PN_EFORMAT;
}

static int check_sockets(const struct rules *r, struct manifest *m)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} known[] = {{"inet-client", SOCKETS_INET_CLIENT}, {"inet-server", SOCKETS_INET_SERVER},
		{"unix-client", SOCKETS_UNIX_CLIENT}};
	char copy[80], *save = NULL;
	if (m->sockets_text == NULL || strcmp(m->sockets_text, "none") == 0)
		return PN_OK;
	text_copy(copy, sizeof copy, m->sockets_text);
	for (char *word = strtok_r(copy, ", ", &save); word != NULL;
		word = strtok_r(NULL, ", ", &save)) {
		uint32_t bit = 0;
		for (size_t i = 0; i < PN_COUNT(known); i++)
			if (strcmp(known[i].name, word) == 0)
				bit = known[i].bit;
		if (bit == 0)
			return wrong(r, "sockets", -1, NULL, "unknown word in 'sockets'");
		m->sockets |= bit;
	}
	return m->sockets ? PN_OK : wrong(r, "sockets", -1, NULL, "'sockets' names nothing");
}

static int check_syscalls(const struct rules *r, struct manifest *m)
{
	static const char *const known[] = {"base", "files", "net", "threads", "blobs"};
	m->syscalls = SYSCALLS_BASE;
	for (unsigned i = 0; i < m->syscalls_text_count; i++) {
		size_t k = 0;
		while (k < PN_COUNT(known) && strcmp(known[k], m->syscalls_text[i]) != 0)
			k++;
		if (k == PN_COUNT(known))
			return wrong(r, "syscalls", -1, NULL, "unknown set in 'syscalls'");
		m->syscalls |= 1u << k;
	}
	if (((m->syscalls & SYSCALLS_NET) != 0) != (m->sockets != 0))
		return wrong(r, "syscalls", -1, NULL,
			"'sockets' and the set 'net' must be asked for together");
	return PN_OK;
}

static int check_options(const struct rules *r, const struct manifest *m)
{
	for (unsigned i = 0; i < m->options_count; i++) {
		const struct manifest_option *o = &m->options[i];
		char what[200];
		struct text sentence;
		text_init(&sentence, what, sizeof what);
		if (!is_name(o->name, "-_"))
			return wrong(r, "options", (int)i, "name", "not a name");
		if (manifest_option_find(m, o->name) != o)
			return wrong(r, "options", (int)i, "name", "the same option twice");
		if (o->type != MANIFEST_INT && (o->min != NULL || o->max != NULL))
			return wrong(
				r, "options", (int)i, "type", "'min' and 'max' belong to an int");
		if (o->min != NULL && o->max != NULL && *o->min > *o->max)
			return wrong(r, "options", (int)i, "min", "'min' is above 'max'");
		if (o->type != MANIFEST_STRING && o->values_count != 0)
			return wrong(r, "options", (int)i, "type", "'values' belongs to a string");
		if (o->default_value != NULL &&
			check_value(o, o->default_value, &sentence) != PN_OK)
			return wrong(r, "options", (int)i, "default",
				"the default does not suit its own option");
	}
	return PN_OK;
}

static int check_grants(
	const struct rules *r, const char *key, const struct manifest_grant *grants, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (!is_name(grants[i].name, "-_"))
			return wrong(r, key, (int)i, "name", "not a name");
		for (unsigned j = 0; j < i; j++)
			if (strcmp(grants[i].name, grants[j].name) == 0)
				return wrong(r, key, (int)i, "name", "the same name twice");
	}
	return PN_OK;
}

int manifest_rules(
	const char *path, const char *bytes, size_t size, struct manifest *m, struct text *error)
{
	const struct rules r = {path, bytes, size, error};
	int rc;
	if (!is_name(m->name, "-"))
		return wrong(&r, "name", -1, NULL, "not a plugin's name");
	m->kind = manifest_kind(m->kind_text);
	if (m->kind == POSTERN__PLUGIN_KIND__KIND_UNSPECIFIED)
		return wrong(&r, "kind", -1, NULL, "unknown kind");
	if (m->abi.major == 0)
		return wrong(&r, "abi", -1, NULL, "ABI major 0 does not exist");
	if (m->memory_mib == 0)
		m->memory_mib = 64;
	if (m->memory_mib < 8 || m->memory_mib > 65536)
		return wrong(&r, "memory_mib", -1, NULL, "'memory_mib' is out of range");
	if (m->state_mib == 0)
		m->state_mib = 4096;
	if (m->state_mib > 16777216)
		return wrong(&r, "state_mib", -1, NULL, "'state_mib' is out of range");
	if ((rc = check_grants(&r, "devices", m->devices, m->devices_count)) != PN_OK ||
		(rc = check_grants(&r, "folders", m->folders, m->folders_count)) != PN_OK ||
		(rc = check_sockets(&r, m)) != PN_OK || (rc = check_syscalls(&r, m)) != PN_OK)
		return rc;
	for (unsigned i = 0; i < m->metrics_count; i++)
		if (!is_name(m->metrics[i].name, "_"))
			return wrong(&r, "metrics", (int)i, "name", "not a metric's name");
	return check_options(&r, m);
}
