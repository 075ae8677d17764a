/* SPDX-License-Identifier: Apache-2.0
 * Reading a scenario file with libcyaml. Must never guess at a key it does not know.
 */
#include "scenario.h"

#include <cyaml/cyaml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct mix_row {
	char *kind;
	uint32_t weight;
};

struct devices_t {
	uint32_t leaf_stroke_ms, lock_ms, bag_ms;
};

static const cyaml_schema_field_t devices_fields[] = {
	CYAML_FIELD_UINT("leaf_stroke_ms", CYAML_FLAG_DEFAULT, struct devices_t, leaf_stroke_ms),
	CYAML_FIELD_UINT("lock_ms", CYAML_FLAG_DEFAULT, struct devices_t, lock_ms),
	CYAML_FIELD_UINT("bag_ms", CYAML_FLAG_DEFAULT, struct devices_t, bag_ms),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t people_fields[] = {
	CYAML_FIELD_UINT("react_ms", CYAML_FLAG_DEFAULT, struct agent_pace, react_ms),
	CYAML_FIELD_UINT("walk_ms", CYAML_FLAG_DEFAULT, struct agent_pace, walk_ms),
	CYAML_FIELD_UINT("hold_ms", CYAML_FLAG_DEFAULT, struct agent_pace, hold_ms),
	CYAML_FIELD_UINT("patience_ms", CYAML_FLAG_DEFAULT, struct agent_pace, patience_ms),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t chip_fields[] = {
	CYAML_FIELD_UINT("air_kbit", CYAML_FLAG_DEFAULT, struct chip_pace, air_kbit),
	CYAML_FIELD_UINT("frame_us", CYAML_FLAG_DEFAULT, struct chip_pace, frame_us),
	CYAML_FIELD_UINT("command_us", CYAML_FLAG_DEFAULT, struct chip_pace, command_us),
	CYAML_FIELD_UINT("key_ms", CYAML_FLAG_DEFAULT, struct chip_pace, key_ms),
	CYAML_FIELD_END,
};
static const cyaml_schema_field_t mix_fields[] = {
	CYAML_FIELD_STRING_PTR("kind", CYAML_FLAG_POINTER, struct mix_row, kind, 1, 32),
	CYAML_FIELD_UINT("weight", CYAML_FLAG_DEFAULT, struct mix_row, weight),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t mix_value = { CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct mix_row, mix_fields) };

struct file {
	uint64_t seed;
	uint32_t travellers, gap_ms;
	char *own_state;
	struct devices_t devices;
	struct agent_pace people;
	struct chip_pace *chip;
	struct mix_row *mix;
	uint32_t mix_count;
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_UINT("seed", CYAML_FLAG_DEFAULT, struct file, seed),
	CYAML_FIELD_UINT("travellers", CYAML_FLAG_DEFAULT, struct file, travellers),
	CYAML_FIELD_UINT("gap_ms", CYAML_FLAG_DEFAULT, struct file, gap_ms),
	CYAML_FIELD_STRING_PTR("own_state", CYAML_FLAG_POINTER, struct file, own_state, 3, 3),
	CYAML_FIELD_MAPPING("devices", CYAML_FLAG_DEFAULT, struct file, devices, devices_fields),
	CYAML_FIELD_MAPPING("people", CYAML_FLAG_DEFAULT, struct file, people, people_fields),
	CYAML_FIELD_MAPPING_PTR("chip", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct file, chip, chip_fields),
	CYAML_FIELD_SEQUENCE("mix", CYAML_FLAG_POINTER, struct file, mix, &mix_value, 1, TRAVELLER_KINDS),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_value = { CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields) };

struct complaint {
	char *text;
	size_t size;
};

static void on_log(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	struct complaint *c = ctx;
	size_t used = strlen(c->text);
	(void)level;
	if (used + 1 < c->size)
		vsnprintf(c->text + used, c->size - used, fmt, args);
	for (char *p = c->text + used; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
}

static int fill(const struct file *f, struct scenario *out, const char *path, char *error, size_t size)
{
	memset(out, 0, sizeof *out);
	out->seed = f->seed;
	out->travellers = f->travellers;
	out->gap_ms = f->gap_ms;
	out->leaf_stroke_ms = f->devices.leaf_stroke_ms;
	out->lock_ms = f->devices.lock_ms;
	out->bag_ms = f->devices.bag_ms;
	out->pace = f->people;
	out->chip = f->chip != NULL ? *f->chip : (struct chip_pace){424, 300, 1000, 50};
	snprintf(out->own_state, sizeof out->own_state, "%s", f->own_state);
	for (uint32_t i = 0; i < f->mix_count; i++) {
		int kind = traveller_kind_find(f->mix[i].kind);
		if (kind < 0) {
			snprintf(error, size, "%s: mix: no such kind of traveller '%s'", path, f->mix[i].kind);
			return -1;
		}
		out->mix.weight[kind] += f->mix[i].weight;
	}
	return 0;
}

int scenario_load(const char *path, struct scenario *out, char *error, size_t error_size)
{
	struct complaint complaint = { error, error_size };
	struct file *f = NULL;
	int n = snprintf(error, error_size, "%s: ", path), result;
	cyaml_config_t config = { .log_fn = on_log, .log_ctx = &complaint, .mem_fn = cyaml_mem,
		.log_level = CYAML_LOG_ERROR };
	cyaml_err_t err = cyaml_load_file(path, &config, &file_value, (cyaml_data_t **)&f, NULL);
	if (err != CYAML_OK) {
		if ((int)strlen(error) == n)
			snprintf(error, error_size, "%s: %s", path, cyaml_strerror(err));
		return -1;
	}
	result = fill(f, out, path, error, error_size);
	cyaml_free(&config, &file_value, f, 0);
	return result;
}
