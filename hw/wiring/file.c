/* SPDX-License-Identifier: Apache-2.0
 * Reading a file of bounded size, asking libcyaml, and turning its complaint into one sentence with the place. Must never
 * accept a file of which a part was not understood.
 */
#include "wiring/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

int wiring_wrong(char *error, size_t size, const char *path, unsigned line, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(error, size, "%s:%u: ", path, line);
	if (n < 0 || (size_t)n >= size)
		return -1;
	va_start(args, fmt);
	vsnprintf(error + n, size - (size_t)n, fmt, args);
	va_end(args);
	return -1;
}

int wiring_read(const char *path, uint8_t **bytes, size_t *count, char *error, size_t size)
{
	FILE *f = fopen(path, "rbe");
	*bytes = NULL;
	*count = 0;
	if (f == NULL) {
		snprintf(error, size, "%s: cannot be read (%s), expected a file", path, strerror(errno));
		return -1;
	}
	*bytes = malloc(WIRING_FILE_MAX + 1);
	if (*bytes != NULL)
		*count = fread(*bytes, 1, WIRING_FILE_MAX + 1, f);
	bool failed = ferror(f) != 0;
	fclose(f);
	if (*bytes != NULL && !failed && *count <= WIRING_FILE_MAX)
		return 0;
	snprintf(error, size, "%s: cannot be read, expected a file of at most %d bytes", path, WIRING_FILE_MAX);
	free(*bytes);
	*bytes = NULL;
	return -1;
}

/* What libcyaml said first, and the innermost field and place of its backtrace. */
struct complaint {
	char what[160], field[48];
	unsigned line;
};

static void __attribute__((format(printf, 3, 0))) on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	char said[256];
	(void)level;
	vsnprintf(said, sizeof said, fmt, args);
	said[strcspn(said, "\n")] = '\0';
	const char *at = strstr(said, "(line: ");
	if (at != NULL) {
		if (c->line == 0)
			c->line = (unsigned)strtoul(at + strlen("(line: "), NULL, 10);
		if (c->field[0] == '\0' && sscanf(said, " in mapping field '%47[^']'", c->field) != 1)
			c->field[0] = '\0';
	} else if (c->what[0] == '\0') {
		const char *text = strncmp(said, "Load: ", 6) == 0 ? said + 6 : said;
		snprintf(c->what, sizeof c->what, "%.*s", (int)sizeof c->what - 1, text);
	}
}

static const char *expected(const struct wiring_expected *list, const char *field)
{
	for (; list->field != NULL; list++)
		if (strcmp(list->field, field) == 0)
			return list->text;
	return list->text;
}

static cyaml_config_t config_for(struct complaint *c)
{
	return (cyaml_config_t){.log_fn = c != NULL ? on_log : NULL, .log_ctx = c, .log_level = CYAML_LOG_ERROR, .mem_fn = cyaml_mem};
}

int wiring_cyaml(const char *path, const uint8_t *bytes, size_t count, const cyaml_schema_value_t *schema,
	const struct wiring_expected *fields, void **out, char *error, size_t size)
{
	struct complaint c = {.line = 0};
	cyaml_config_t config = config_for(&c);
	*out = NULL;
	cyaml_err_t err = cyaml_load_data(bytes, count, &config, schema, (cyaml_data_t **)out, NULL);
	if (err == CYAML_OK && *out != NULL)
		return 0;
	if (err == CYAML_OK)
		return wiring_wrong(error, size, path, 1, "the file is empty, expected %s", expected(fields, ""));
	/* a key that is missing or unknown is named in the complaint itself */
	const char *name = strrchr(c.what, ':'), *field = c.field;
	if ((err == CYAML_ERR_MAPPING_FIELD_MISSING || err == CYAML_ERR_INVALID_KEY) && name != NULL)
		field = err == CYAML_ERR_INVALID_KEY ? "" : name + 2;
	return wiring_wrong(error, size, path, c.line > 0 ? c.line : 1, "%s%s%s%s, expected %s", c.field[0] != '\0' ? "'" : "",
		c.field, c.field[0] != '\0' ? "': " : "", c.what[0] != '\0' ? c.what : cyaml_strerror(err), expected(fields, field));
}

void wiring_free(const cyaml_schema_value_t *schema, void *data)
{
	cyaml_config_t config = config_for(NULL);
	cyaml_free(&config, schema, data, 0);
}

static yaml_node_t *member(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start; p < map->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(doc, p->key);
		if (k != NULL && k->type == YAML_SCALAR_NODE && k->data.scalar.length == strlen(key) &&
			memcmp(k->data.scalar.value, key, k->data.scalar.length) == 0)
			return yaml_document_get_node(doc, p->value);
	}
	return NULL;
}

unsigned wiring_line_of(const uint8_t *bytes, size_t count, const char *key, unsigned index)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	unsigned line = 1;
	if (!yaml_parser_initialize(&parser))
		return line;
	yaml_parser_set_input_string(&parser, bytes, count);
	if (yaml_parser_load(&parser, &doc)) {
		yaml_node_t *node = member(&doc, yaml_document_get_root_node(&doc), key);
		if (node != NULL)
			line = (unsigned)node->start_mark.line + 1;
		if (node != NULL && node->type == YAML_SEQUENCE_NODE &&
			node->data.sequence.items.start + index < node->data.sequence.items.top)
			line = (unsigned)yaml_document_get_node(&doc, node->data.sequence.items.start[index])->start_mark.line + 1;
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return line;
}
