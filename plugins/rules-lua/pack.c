/* SPDX-License-Identifier: Apache-2.0
 * Reading a rule pack. Must never open a file of the pack a second time: what was verified is what
 * runs.
 */
#include "pack.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"
#include "vm.h"

enum { MANIFEST_BYTES_MAX = 64 * 1024 };

static const cyaml_schema_value_t word = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 63)};
static const cyaml_schema_field_t order_fields[] = {
	CYAML_FIELD_STRING_PTR("rule", CYAML_FLAG_POINTER, struct order_entry, rule, 1, 63),
	CYAML_FIELD_STRING_PTR(
		"stage", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct order_entry, stage, 1, 31),
	CYAML_FIELD_SEQUENCE("before", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct order_entry,
		before, &word, 1, ORDER_NAMES_MAX),
	CYAML_FIELD_SEQUENCE("after", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct order_entry,
		after, &word, 1, ORDER_NAMES_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t order_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct order_entry, order_fields)};
static const cyaml_schema_field_t manifest_fields[] = {
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct pack_manifest, name, 1, 63),
	CYAML_FIELD_STRING_PTR("version", CYAML_FLAG_POINTER, struct pack_manifest, version, 1, 31),
	CYAML_FIELD_STRING_PTR("purpose", CYAML_FLAG_POINTER, struct pack_manifest, purpose, 1, 31),
	CYAML_FIELD_SEQUENCE("fields", CYAML_FLAG_POINTER, struct pack_manifest, fields, &word, 0,
		PACK_FIELDS_MAX),
	CYAML_FIELD_SEQUENCE(
		"rules", CYAML_FLAG_POINTER, struct pack_manifest, rules, &word, 1, PACK_RULES_MAX),
	CYAML_FIELD_SEQUENCE("order", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct pack_manifest,
		order, &order_value, 1, PACK_RULES_MAX),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t top = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct pack_manifest, manifest_fields)};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args) PN_PRINTF(3, 0);

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
	return (cyaml_config_t){.log_fn = on_log,
		.log_ctx = error,
		.mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR,
		.flags = CYAML_CFG_NO_ALIAS};
}

const char *pack_file(const struct pack *pack, const char *name, size_t *size)
{
	for (size_t i = 0; i < pack->files->count; i++)
		if (strcmp(pack->files->file[i].name, name) == 0) {
			*size = pack->files->file[i].size;
			return (const char *)pack->files->file[i].bytes;
		}
	return NULL;
}

static int source(
	const struct pack *pack, const char *name, struct pack_source *s, struct text *error)
{
	char file[PACK_NAME_MAX + 8];

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name)) {
		text_add(error, "pack.yaml: rule '%s', expected small letters, digits and _", name);
		return PN_EFORMAT;
	}
	snprintf(file, sizeof file, "%s.lua", name);
	text_copy(s->name, sizeof s->name, name);
	s->text = pack_file(pack, file, &s->size);
	if (s->text == NULL) {
		text_add(error, "pack.yaml: there is no file %s", file);
		return PN_EFORMAT;
	}
	if (s->size > VM_SOURCE_BYTES) {
		text_add(error, "%s: %zu bytes, expected at most %d", file, s->size,
			VM_SOURCE_BYTES);
		return PN_EFORMAT;
	}
	return PN_OK;
}

static int sources(struct pack *pack, struct text *error)
{
	const struct pack_manifest *m = pack->manifest;
	size_t size, place[PACK_RULES_MAX];
	int r = PN_OK;

	if (pack_file(pack, "constants.lua", &size) != NULL)
		r = source(pack, "constants", &pack->constants, error);
	for (unsigned i = 0; i < m->rules_count; i++)
		for (unsigned k = 0; k < i; k++)
			if (strcmp(m->rules[i], m->rules[k]) == 0) {
				text_add(error, "pack.yaml: rule '%s' is named twice", m->rules[i]);
				return PN_EFORMAT;
			}
	if (r == PN_OK)
		r = order_rules(m->rules, m->rules_count, m->order, m->order_count, place, error);
	for (unsigned i = 0; r == PN_OK && i < m->rules_count; i++) {
		r = source(pack, m->rules[place[i]], &pack->rules[i], error);
		if (r == PN_OK)
			r = lint_source(&pack->tree, pack->rules[i].name, pack->rules[i].text,
				pack->rules[i].size, error);
		pack->rule_count++;
	}
	return r;
}

static int manifest(struct pack *pack, struct text *error)
{
	cyaml_config_t config = config_for(error);
	size_t size = 0;
	const char *bytes = pack_file(pack, "pack.yaml", &size);

	if (bytes == NULL || size > MANIFEST_BYTES_MAX) {
		text_add(error, "pack.yaml: %s",
			bytes == NULL ? "there is no such file" : "too large");
		return PN_EFORMAT;
	}
	if (cyaml_load_data((const uint8_t *)bytes, size, &config, &top,
		    (cyaml_data_t **)&pack->manifest, NULL) != CYAML_OK)
		return PN_EFORMAT;
	if (pack->manifest == NULL) {
		text_add(error, "pack.yaml: empty"); /* no document at all is no error to libcyaml */
		return PN_EFORMAT;
	}
	int r = order_protected(pack->manifest->order, pack->manifest->order_count,
		pack->manifest->fields, pack->manifest->fields_count, error);
	if (r != PN_OK)
		return r;
	return fields_open(&pack->tree, pack->manifest->purpose, pack->manifest->fields,
		pack->manifest->fields_count, error);
}

int pack_read(struct signed_folder *files, struct pack **out, struct text *error)
{
	struct pack *pack = calloc(1, sizeof *pack);
	int r;

	*out = NULL;
	if (pack == NULL) {
		signed_folder_free(files);
		return PN_ENOMEM;
	}
	pack->files = files;
	r = manifest(pack, error);
	if (r == PN_OK)
		r = sources(pack, error);
	if (r == PN_OK)
		*out = pack;
	else
		pack_free(pack);
	return r;
}

int pack_load(
	const char *folder, const struct signed_keys *keys, struct pack **out, struct text *error)
{
	struct signed_folder *files = NULL;
	int r = signed_folder_load(keys, folder, &files);

	*out = NULL;
	if (r != PN_OK) {
		text_add(error, "%s: not signed by a trusted key, or altered since (%s)", folder,
			pn_err_name(r));
		return keys != NULL ? PN_ECRYPTO : r;
	}
	return pack_read(files, out, error);
}

void pack_free(struct pack *pack)
{
	struct text none;
	char nothing[1];
	cyaml_config_t config;

	if (pack == NULL)
		return;
	text_init(&none, nothing, sizeof nothing);
	config = config_for(&none);
	cyaml_free(&config, &top, pack->manifest, 0);
	signed_folder_free(pack->files);
	free(pack);
}
