/* SPDX-License-Identifier: Apache-2.0
 * Reading NAME.plugin with libcyaml: one schema, one table of what each key expects, one line per
 * error. Must never load code. What the values mean together is checked in manifest_rules.c.
 */
#include "host/manifest.h"

#include <cyaml/cyaml.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/manifest_rules.h"
#include "host/yaml_place.h"

enum { MANIFEST_MAX_BYTES = 64 * 1024, MANIFEST_MAX_ENTRIES = 64 };

static const cyaml_strval_t flags[] = {{"false", MANIFEST_NO}, {"true", MANIFEST_YES}};
static const cyaml_strval_t types[] = {
	{"string", MANIFEST_STRING}, {"int", MANIFEST_INT}, {"bool", MANIFEST_BOOL}};

#define NEED CYAML_FLAG_POINTER
#define MAY (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define FLAG_FIELD(key_, type_, member_)                                                           \
	CYAML_FIELD_ENUM(key_, CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, type_, member_, flags,     \
		PN_COUNT(flags))

static const cyaml_schema_field_t abi_fields[] = {
	CYAML_FIELD_UINT("major", CYAML_FLAG_DEFAULT, struct manifest_abi, major),
	CYAML_FIELD_UINT("minor", CYAML_FLAG_DEFAULT, struct manifest_abi, minor),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t grant_fields[] = {
	CYAML_FIELD_STRING_PTR("name", NEED, struct manifest_grant, name, 1, 48),
	CYAML_FIELD_STRING_PTR("about", NEED, struct manifest_grant, about, 1, 300),
	FLAG_FIELD("required", struct manifest_grant, required),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t metric_fields[] = {
	CYAML_FIELD_STRING_PTR("name", NEED, struct manifest_metric, name, 1, 48),
	CYAML_FIELD_STRING_PTR("help", NEED, struct manifest_metric, help, 1, 300),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t text_value = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, 64)};
static const cyaml_schema_field_t option_fields[] = {
	CYAML_FIELD_STRING_PTR("name", NEED, struct manifest_option, name, 1, 48),
	CYAML_FIELD_ENUM(
		"type", CYAML_FLAG_STRICT, struct manifest_option, type, types, PN_COUNT(types)),
	CYAML_FIELD_STRING_PTR("about", NEED, struct manifest_option, about, 1, 300),
	CYAML_FIELD_STRING_PTR("unit", MAY, struct manifest_option, unit, 1, 24),
	CYAML_FIELD_STRING_PTR("default", MAY, struct manifest_option, default_value, 0, 200),
	CYAML_FIELD_INT_PTR("min", MAY, struct manifest_option, min),
	CYAML_FIELD_INT_PTR("max", MAY, struct manifest_option, max),
	CYAML_FIELD_SEQUENCE("values", MAY, struct manifest_option, values, &text_value, 1,
		MANIFEST_MAX_ENTRIES),
	FLAG_FIELD("required", struct manifest_option, required),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t grant_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct manifest_grant, grant_fields)};
static const cyaml_schema_value_t metric_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct manifest_metric, metric_fields)};
static const cyaml_schema_value_t option_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct manifest_option, option_fields)};

static const cyaml_schema_field_t top_fields[] = {
	CYAML_FIELD_STRING_PTR("name", NEED, struct manifest, name, 1, 48),
	CYAML_FIELD_STRING_PTR("kind", NEED, struct manifest, kind_text, 1, 32),
	CYAML_FIELD_STRING_PTR("version", NEED, struct manifest, version, 1, 32),
	CYAML_FIELD_MAPPING("abi", CYAML_FLAG_DEFAULT, struct manifest, abi, abi_fields),
	CYAML_FIELD_STRING_PTR("summary", NEED, struct manifest, summary, 1, 300),
	FLAG_FIELD("simulated", struct manifest, simulated),
	CYAML_FIELD_SEQUENCE("devices", MAY, struct manifest, devices, &grant_value, 0, 16),
	CYAML_FIELD_SEQUENCE("folders", MAY, struct manifest, folders, &grant_value, 0, 16),
	FLAG_FIELD("state_folder", struct manifest, state_folder),
	CYAML_FIELD_STRING_PTR("sockets", MAY, struct manifest, sockets_text, 1, 64),
	CYAML_FIELD_SEQUENCE("syscalls", MAY, struct manifest, syscalls_text, &text_value, 0, 8),
	CYAML_FIELD_UINT("memory_mib", CYAML_FLAG_OPTIONAL, struct manifest, memory_mib),
	CYAML_FIELD_UINT("state_mib", CYAML_FLAG_OPTIONAL, struct manifest, state_mib),
	CYAML_FIELD_SEQUENCE(
		"metrics", MAY, struct manifest, metrics, &metric_value, 0, MANIFEST_MAX_ENTRIES),
	CYAML_FIELD_SEQUENCE(
		"options", MAY, struct manifest, options, &option_value, 0, MANIFEST_MAX_ENTRIES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t top_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct manifest, top_fields)};

/* What libcyaml said: its first message, and the first place of its backtrace. */
struct complaint {
	char what[200];
	char field[64]; /* innermost field of the backtrace */
	char outer[64]; /* outermost field of the backtrace */
	unsigned line;
};

static void listen_to(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char said[300], field[64];
	uint64_t line, column;
	(void)level;
	vsnprintf(said, sizeof said, fmt, args);
	said[strcspn(said, "\n")] = '\0';
	const char *at = strstr(said, "(line: ");
	if (at != NULL && text_word(&at, "(line: ") && text_number(&at, &line) &&
		text_word(&at, ", column: ") && text_number(&at, &column) && line <= UINT32_MAX) {
		if (c->line == 0)
			c->line = (unsigned)line;
		if (sscanf(said, " in mapping field '%63[^']'", field) == 1) {
			if (c->field[0] == '\0')
				text_copy(c->field, sizeof c->field, field);
			text_copy(c->outer, sizeof c->outer, field);
		}
	} else if (c->what[0] == '\0' && strncmp(said, "Load: ", 6) == 0) {
		text_copy(c->what, sizeof c->what, said + 6);
	}
}

static void list_keys(struct text *error, const cyaml_schema_field_t *fields)
{
	for (const cyaml_schema_field_t *f = fields; f->key != NULL; f++)
		text_add(error, "%s%s", f == fields ? "" : ", ", f->key);
}

static const cyaml_schema_field_t *fields_of(const char *outer)
{
	if (strcmp(outer, "abi") == 0)
		return abi_fields;
	if (strcmp(outer, "devices") == 0 || strcmp(outer, "folders") == 0)
		return grant_fields;
	if (strcmp(outer, "metrics") == 0)
		return metric_fields;
	return strcmp(outer, "options") == 0 ? option_fields : top_fields;
}

static void explain(const char *path, const char *bytes, size_t size, const struct complaint *c,
	cyaml_err_t err, struct text *error)
{
	unsigned line = c->line ? c->line : 1;
	const char *colon = strrchr(c->what, ':');
	const char *subject = colon ? colon + 2 : "";
	const cyaml_schema_field_t *fields = fields_of(c->outer);
	if (err == CYAML_ERR_INVALID_KEY) {
		unsigned exact = yaml_place_key(bytes, size, subject, line);
		text_add(error, "%s:%u: unknown key '%s', expected one of: ", path,
			exact ? exact : line, subject);
		list_keys(error, fields);
	} else if (err == CYAML_ERR_MAPPING_FIELD_MISSING) {
		/* the backtrace names the last field that was read, so only an enclosing one tells
		 * the mapping */
		bool nested = strcmp(c->field, c->outer) != 0 || fields != top_fields;
		text_add(error, "%s:%u: key '%s' is missing, expected %s", path, line, subject,
			manifest_expects(nested ? c->outer : "", subject));
	} else if (c->what[0] != '\0') {
		text_add(error, "%s:%u: %s%s%s%s, expected %s", path, line, c->field[0] ? "'" : "",
			c->field, c->field[0] ? "': " : "", c->what,
			manifest_expects(strcmp(c->outer, c->field) ? c->outer : "", c->field));
	} else {
		text_add(error,
			"%s:%u: not readable as YAML (%s), expected a mapping of keys such as "
			"'name: ...'",
			path, line, cyaml_strerror(err));
	}
}

static cyaml_config_t config_for(struct complaint *c)
{
	return (cyaml_config_t){.log_fn = c ? listen_to : NULL,
		.log_ctx = c,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem};
}

int manifest_parse(
	const char *path, const char *bytes, size_t size, struct manifest **out, struct text *error)
{
	struct complaint c = {.line = 0};
	cyaml_config_t config = config_for(&c);
	struct manifest *m = NULL;
	*out = NULL;
	cyaml_err_t err = cyaml_load_data(
		(const uint8_t *)bytes, size, &config, &top_value, (cyaml_data_t **)&m, NULL);
	if (err != CYAML_OK) {
		explain(path, bytes, size, &c, err, error);
		return err == CYAML_ERR_OOM ? PN_ENOMEM : PN_EFORMAT;
	}
	if (m == NULL) {
		text_add(error,
			"%s:1: the file is empty, expected a mapping of keys such as 'name: ...'",
			path);
		return PN_EFORMAT;
	}
	int rc = manifest_rules(path, bytes, size, m, error);
	if (rc != PN_OK) {
		manifest_free(m);
		return rc;
	}
	*out = m;
	return PN_OK;
}

int manifest_load(const char *path, struct manifest **out, struct text *error)
{
	int rc = PN_EIO;
	char *bytes = NULL;
	struct stat st;
	*out = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		text_add(error, "%s:0: cannot be read (%s), expected a plugin's manifest", path,
			strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > MANIFEST_MAX_BYTES) {
		text_add(error, "%s:0: not a manifest, expected a regular file of at most %d bytes",
			path, MANIFEST_MAX_BYTES);
		rc = PN_EFORMAT;
		goto out;
	}
	bytes = malloc(MANIFEST_MAX_BYTES);
	if (bytes == NULL) {
		rc = PN_ENOMEM;
		goto out;
	}
	ssize_t n = read(fd, bytes, MANIFEST_MAX_BYTES);
	if (n < 0) {
		text_add(error, "%s:0: cannot be read (%s), expected a plugin's manifest", path,
			strerror(errno));
		goto out;
	}
	rc = manifest_parse(path, bytes, (size_t)n, out, error);
out:
	free(bytes);
	if (fd >= 0)
		close(fd);
	return rc;
}

void manifest_free(struct manifest *m)
{
	cyaml_config_t config = config_for(NULL);
	if (m != NULL)
		cyaml_free(&config, &top_value, m, 0);
}
