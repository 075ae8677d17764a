/* SPDX-License-Identifier: Apache-2.0
 * Writes and reads the text form of a plugin's spec. One table of the scalar keys serves both ways.
 * Pure. Must never accept a record it does not know, nor a value beyond a bound.
 */
#include "host/spec.h"

#include <stdlib.h>
#include <string.h>

enum scalar_kind { SCALAR_TEXT, SCALAR_U32, SCALAR_I64, SCALAR_BOOL, SCALAR_KIND };

static const struct {
	const char *key;
	enum scalar_kind kind;
	size_t at;
} scalars[] = {
	{"instance", SCALAR_TEXT, offsetof(struct plugin_spec, instance)},
	{"unit", SCALAR_TEXT, offsetof(struct plugin_spec, unit)},
	{"name", SCALAR_TEXT, offsetof(struct plugin_spec, name)},
	{"version", SCALAR_TEXT, offsetof(struct plugin_spec, version)},
	{"kind", SCALAR_KIND, offsetof(struct plugin_spec, kind)},
	{"manifest", SCALAR_TEXT, offsetof(struct plugin_spec, manifest)},
	{"object", SCALAR_TEXT, offsetof(struct plugin_spec, object)},
	{"uid", SCALAR_I64, offsetof(struct plugin_spec, uid)},
	{"gid", SCALAR_I64, offsetof(struct plugin_spec, gid)},
	{"sockets", SCALAR_U32, offsetof(struct plugin_spec, sockets)},
	{"syscalls", SCALAR_U32, offsetof(struct plugin_spec, syscalls)},
	{"memory_mib", SCALAR_U32, offsetof(struct plugin_spec, memory_mib)},
	{"state_mib", SCALAR_U32, offsetof(struct plugin_spec, state_mib)},
	{"heartbeat_ms", SCALAR_U32, offsetof(struct plugin_spec, heartbeat_ms)},
	{"stale_after_ms", SCALAR_U32, offsetof(struct plugin_spec, stale_after_ms)},
	{"landlock", SCALAR_BOOL, offsetof(struct plugin_spec, landlock_required)},
	{"state_folder", SCALAR_TEXT, offsetof(struct plugin_spec, state_folder)},
};

static void record(struct text *t, const char *prefix, const char *name, const char *value)
{
	text_add(t, "%s%s %zu %s\n", prefix, name, strlen(value), value);
}

static void number(struct text *t, const char *prefix, const char *name, int64_t value)
{
	char digits[24];
	struct text d;
	text_init(&d, digits, sizeof digits);
	text_add(&d, "%lld", (long long)value);
	record(t, prefix, name, digits);
}

int spec_encode(const struct plugin_spec *spec, char *bytes, size_t size, size_t *used)
{
	struct text t;
	text_init(&t, bytes, size);
	for (size_t i = 0; i < PN_COUNT(scalars); i++) {
		const char *at = (const char *)spec + scalars[i].at;
		switch (scalars[i].kind) {
		case SCALAR_TEXT: {
			const char *s;
			memcpy(&s, at, sizeof s);
			if (s != NULL)
				record(&t, "", scalars[i].key, s);
			break;
		}
		case SCALAR_U32:
		case SCALAR_KIND: {
			uint32_t n;
			memcpy(&n, at, sizeof n);
			number(&t, "", scalars[i].key, n);
			break;
		}
		case SCALAR_I64: {
			int64_t n;
			memcpy(&n, at, sizeof n);
			number(&t, "", scalars[i].key, n);
			break;
		}
		case SCALAR_BOOL: {
			bool b;
			memcpy(&b, at, sizeof b);
			record(&t, "", scalars[i].key, b ? "required" : "best-effort");
			break;
		}
		}
	}
	for (size_t i = 0; i < spec->device_count; i++)
		number(&t, "device.", spec->devices[i].name, spec->devices[i].fd);
	for (size_t i = 0; i < spec->folder_count; i++)
		record(&t, "folder.", spec->folders[i].name, spec->folders[i].value);
	for (size_t i = 0; i < spec->option_count; i++)
		record(&t, "option.", spec->options[i].name, spec->options[i].value);
	for (size_t i = 0; i < spec->metric_count; i++)
		record(&t, "metric.", spec->metrics[i], "");
	for (size_t i = 0; i < spec->connect_port_count; i++)
		number(&t, "port.", "connect", spec->connect_ports[i]);
	for (size_t i = 0; i < spec->bind_port_count; i++)
		number(&t, "port.", "bind", spec->bind_ports[i]);
	*used = t.len;
	return t.truncated ? PN_ELIMIT : PN_OK;
}

static int read_number(const char *value, int64_t min, int64_t max, int64_t *out)
{
	int rc = manifest_int(value, out);
	return rc == PN_OK && (*out < min || *out > max) ? PN_EFORMAT : rc;
}

static int read_scalar(size_t which, const char *value, struct plugin_spec *out)
{
	char *at = (char *)out + scalars[which].at;
	int64_t n;
	int rc;
	switch (scalars[which].kind) {
	case SCALAR_TEXT:
		memcpy(at, &value, sizeof value);
		return PN_OK;
	case SCALAR_U32:
	case SCALAR_KIND: {
		if ((rc = read_number(value, 0, UINT32_MAX, &n)) != PN_OK)
			return rc;
		uint32_t u = (uint32_t)n;
		memcpy(at, &u, sizeof u);
		return PN_OK;
	}
	case SCALAR_I64:
		if ((rc = read_number(value, SPEC_KEEP_UID, UINT32_MAX - 1, &n)) == PN_OK)
			memcpy(at, &n, sizeof n);
		return rc;
	case SCALAR_BOOL: {
		bool b = strcmp(value, "required") == 0;
		memcpy(at, &b, sizeof b);
		return b || strcmp(value, "best-effort") == 0 ? PN_OK : PN_EFORMAT;
	}
	}
	return PN_EFORMAT;
}

static int read_named(const char *key, const char *value, struct plugin_spec *out)
{
	int64_t n;
	if (strncmp(key, "device.", 7) == 0) {
		if (out->device_count == SPEC_MAX_DEVICES ||
			read_number(value, 0, 1023, &n) != PN_OK)
			return PN_ELIMIT;
		out->devices[out->device_count++] =
			(struct spec_device){.name = key + 7, .fd = (int)n};
	} else if (strncmp(key, "folder.", 7) == 0) {
		if (out->folder_count == SPEC_MAX_FOLDERS)
			return PN_ELIMIT;
		out->folders[out->folder_count++] = (struct named_value){key + 7, value};
	} else if (strncmp(key, "option.", 7) == 0) {
		if (out->option_count == SPEC_MAX_OPTIONS)
			return PN_ELIMIT;
		out->options[out->option_count++] = (struct named_value){key + 7, value};
	} else if (strncmp(key, "metric.", 7) == 0) {
		if (out->metric_count == SPEC_MAX_METRICS)
			return PN_ELIMIT;
		out->metrics[out->metric_count++] = key + 7;
	} else if (strcmp(key, "port.connect") == 0 || strcmp(key, "port.bind") == 0) {
		bool bind = key[5] == 'b';
		size_t *count = bind ? &out->bind_port_count : &out->connect_port_count;
		if (*count == SPEC_MAX_PORTS || read_number(value, 0, 65535, &n) != PN_OK)
			return PN_ELIMIT;
		(bind ? out->bind_ports : out->connect_ports)[(*count)++] = (uint16_t)n;
	} else {
		return PN_EFORMAT;
	}
	return PN_OK;
}

/* A NUL-terminated copy of size bytes; NULL when the arena is full or the bytes hold a NUL. */
static const char *keep(struct arena *arena, const char *bytes, size_t size)
{
	char *copy = memchr(bytes, '\0', size) ? NULL : arena_alloc(arena, size + 1);
	if (copy != NULL)
		memcpy(copy, bytes, size);
	return copy;
}

int spec_decode(const char *bytes, size_t size, struct arena *arena, struct plugin_spec *out)
{
	*out = (struct plugin_spec){
		.uid = SPEC_KEEP_UID, .gid = SPEC_KEEP_UID, .landlock_required = true};
	while (size > 0) {
		const char *space = memchr(bytes, ' ', size < 80 ? size : 80);
		if (space == NULL || space == bytes)
			return PN_EFORMAT;
		const char *key = keep(arena, bytes, (size_t)(space - bytes));
		size -= (size_t)(space + 1 - bytes);
		bytes = space + 1;
		size_t length = 0, digits = 0;
		while (digits < size && digits < 6 && bytes[digits] >= '0' && bytes[digits] <= '9')
			length = length * 10 + (size_t)(bytes[digits++] - '0');
		if (digits == 0 || digits == size || bytes[digits] != ' ')
			return PN_EFORMAT;
		bytes += digits + 1;
		size -= digits + 1;
		if (length >= size || bytes[length] != '\n')
			return PN_EFORMAT;
		const char *value = keep(arena, bytes, length);
		if (key == NULL || value == NULL)
			return PN_ENOMEM;
		bytes += length + 1;
		size -= length + 1;
		size_t i = 0;
		while (i < PN_COUNT(scalars) && strcmp(scalars[i].key, key) != 0)
			i++;
		int rc = i < PN_COUNT(scalars) ? read_scalar(i, value, out)
					       : read_named(key, value, out);
		if (rc != PN_OK)
			return rc;
	}
	return out->instance && out->name && out->object && out->unit ? PN_OK : PN_EFORMAT;
}
