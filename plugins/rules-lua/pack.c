/* SPDX-License-Identifier: Apache-2.0
 * Reading a rule pack. Must never read outside its folder.
 */
#include "pack.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crossing.pb-c.h"
#include "schema/table.h"

enum { PURPOSE_BORDER = 1 };

static const cyaml_schema_value_t word = { CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 96) };
static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct pack, name, 1, 63),
	CYAML_FIELD_STRING_PTR("version", CYAML_FLAG_POINTER, struct pack, version, 1, 31),
	CYAML_FIELD_STRING_PTR("purpose", CYAML_FLAG_POINTER, struct pack, purpose, 1, 31),
	CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct pack, fields, &word, 0, PACK_FIELDS_MAX),
	CYAML_FIELD_SEQUENCE("rules", CYAML_FLAG_POINTER, struct pack, rule_names, &word, 1, PACK_RULES_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t top = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pack, fields) };

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	char line[200];
	(void)level;
	vsnprintf(line, sizeof line, fmt, args);
	line[strcspn(line, "\n")] = '\0';
	text_add(ctx, "%s ", line);
}

static cyaml_config_t config_for(struct text *error)
{
	return (cyaml_config_t){ .log_fn = on_log, .log_ctx = error, .mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR };
}

static int read_source(const char *folder, const char *name, struct pack_source *s, struct text *error)
{
	char path[1024];
	uint8_t *bytes = NULL;
	int r;
	if (strchr(name, '/') != NULL) {
		text_add(error, "pack.yaml: rule '%s', expected a file name without folder", name);
		return PN_EFORMAT;
	}
	snprintf(path, sizeof path, "%s/%s.lua", folder, name);
	r = signed_read(path, PACK_SOURCE_MAX, &bytes, &s->size);
	if (r != PN_OK) {
		text_add(error, "%s.lua: %s, expected a text of at most %d bytes", name, pn_err_name(r), PACK_SOURCE_MAX);
		return r == PN_EIO ? PN_EFORMAT : r;
	}
	s->text = (char *)bytes;
	s->name = strdup(name);
	if (s->size > 0 && s->text[0] == 0x1b) {
		text_add(error, "%s.lua: compiled code, expected text", name);
		return PN_EFORMAT;
	}
	return s->name != NULL ? PN_OK : PN_ENOMEM;
}

int pack_load(const char *folder, const struct signed_keys *keys, struct pack **out, struct text *error)
{
	char path[1024];
	struct pack *pack = NULL;
	cyaml_config_t config = config_for(error);
	int r = PN_OK;
	*out = NULL;
	if (keys != NULL) {
		r = signed_folder_verify(keys, folder);
		if (r != PN_OK) {
			text_add(error, "%s: not signed by a trusted key, or altered since (%s)", folder, pn_err_name(r));
			return PN_ECRYPTO;
		}
	}
	snprintf(path, sizeof path, "%s/pack.yaml", folder);
	if (cyaml_load_file(path, &config, &top, (cyaml_data_t **)&pack, NULL) != CYAML_OK)
		return PN_EFORMAT;
	snprintf(path, sizeof path, "%s/constants.lua", folder);
	FILE *f = fopen(path, "re");
	if (f != NULL) {
		fclose(f);
		r = read_source(folder, "constants", &pack->constants, error);
	}
	for (unsigned i = 0; r == PN_OK && i < pack->rule_names_count; i++)
		r = read_source(folder, pack->rule_names[i], &pack->rules[pack->rule_count++], error);
	if (r == PN_OK)
		r = pack_lint(pack, error);
	if (r != PN_OK) {
		pack_free(pack);
		return r;
	}
	*out = pack;
	return PN_OK;
}

void pack_free(struct pack *pack)
{
	struct text none;
	char nothing[1];
	if (pack == NULL)
		return;
	text_init(&none, nothing, sizeof nothing);
	free(pack->constants.name);
	free(pack->constants.text);
	for (size_t i = 0; i < pack->rule_count; i++) {
		free(pack->rules[i].name);
		free(pack->rules[i].text);
	}
	cyaml_config_t config = config_for(&none);
	cyaml_free(&config, &top, pack, 0);
}

/* "Postern.Document" in the descriptor is "Document" in the schema table. */
static const char *short_name(const ProtobufCMessageDescriptor *d)
{
	const char *dot = strrchr(d->name, '.');
	return dot != NULL ? dot + 1 : d->name;
}

static int lint_field(const char *path, struct text *error)
{
	const ProtobufCMessageDescriptor *d = &postern__crossing_facts__descriptor;
	char copy[128], *save = NULL;
	text_copy(copy, sizeof copy, path);
	for (char *part = strtok_r(copy, ".", &save); part != NULL; part = strtok_r(NULL, ".", &save)) {
		const ProtobufCFieldDescriptor *f = d != NULL ? protobuf_c_message_descriptor_get_field_by_name(d, part) : NULL;
		const struct schema_field *s = f != NULL ? schema_field_find(short_name(d), part) : NULL;
		if (f == NULL || s == NULL) {
			text_add(error, "pack.yaml: field '%s', expected one of CrossingFacts", path);
			return PN_EDENIED;
		}
		if (s->purpose != PURPOSE_BORDER) {
			text_add(error, "pack.yaml: field '%s' is not open to the purpose 'border'", path);
			return PN_EDENIED;
		}
		d = f->type == PROTOBUF_C_TYPE_MESSAGE ? f->descriptor : NULL;
	}
	return PN_OK;
}

int pack_lint(const struct pack *pack, struct text *error)
{
	int r = PN_OK;
	if (strcmp(pack->purpose, "border") != 0) {
		text_add(error, "pack.yaml: purpose '%s', expected 'border'", pack->purpose);
		return PN_EDENIED;
	}
	for (unsigned i = 0; r == PN_OK && i < pack->fields_count; i++)
		r = lint_field(pack->fields[i], error);
	return r;
}
