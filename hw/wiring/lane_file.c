/* SPDX-License-Identifier: Apache-2.0
 * The lane file. Must never fill in a line that the file does not name.
 */
#include "wiring/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cyaml_strval_t wiring_lines[LANE_HW_LINES] = {
#define IN(name, contact, filter, debounce_ms, about) {#name, LANE_HW_##name},
#define OUT(name, contact, safe, about) {#name, LANE_HW_##name},
#include "lane/lines.def"
};

struct line_row {
	enum lane_hw_line line;
	enum lane_hw_contact *contact;
	uint32_t *debounce_ms;
};

struct times {
#define X(name, default_ms, min_ms, max_ms, about) uint32_t *name##_ms;
	LANE_HW_TIMES(X)
#undef X
};

struct lane_file {
	uint32_t schema;
	char *name, *about;
	enum lane_hw_topology topology;
	enum lane_hw_occupancy occupancy;
	enum lane_hw_drive drive;
	struct times times;
	struct line_row *lines;
	unsigned lines_count;
};

static const cyaml_strval_t topologies[] = {{"two-step", LANE_HW_TWO_STEP}, {"one-step", LANE_HW_ONE_STEP},
	{"segregated", LANE_HW_SEGREGATED}};
static const cyaml_strval_t occupancies[] = {{"beams", LANE_HW_BEAMS}, {"overhead", LANE_HW_OVERHEAD}, {"both", LANE_HW_BOTH}};
static const cyaml_strval_t drives[] = {{"pulse", LANE_HW_PULSE}, {"hold", LANE_HW_HOLD}};
static const cyaml_strval_t contacts[] = {{"closes", LANE_HW_CLOSES}, {"opens", LANE_HW_OPENS}};

static const cyaml_schema_field_t line_fields[] = {
	CYAML_FIELD_ENUM("line", CYAML_FLAG_STRICT, struct line_row, line, wiring_lines, LANE_HW_LINES),
	CYAML_FIELD_ENUM_PTR("contact", CYAML_FLAG_STRICT | CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct line_row, contact, contacts, 2),
	CYAML_FIELD_UINT_PTR("debounce_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct line_row, debounce_ms),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t line_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct line_row, line_fields)};

static const cyaml_schema_field_t time_fields[] = {
#define X(name, default_ms, min_ms, max_ms, about)                                                                       \
	CYAML_FIELD_UINT_PTR(#name "_ms", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct times, name##_ms),
	LANE_HW_TIMES(X)
#undef X
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_UINT("schema", CYAML_FLAG_DEFAULT, struct lane_file, schema),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct lane_file, name, 1, 39),
	CYAML_FIELD_STRING_PTR("about", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct lane_file, about, 0, 400),
	CYAML_FIELD_ENUM("topology", CYAML_FLAG_STRICT, struct lane_file, topology, topologies, 3),
	CYAML_FIELD_ENUM("occupancy", CYAML_FLAG_STRICT, struct lane_file, occupancy, occupancies, 3),
	CYAML_FIELD_ENUM("drive", CYAML_FLAG_STRICT, struct lane_file, drive, drives, 2),
	CYAML_FIELD_MAPPING("times", CYAML_FLAG_OPTIONAL, struct lane_file, times, time_fields),
	CYAML_FIELD_SEQUENCE("lines", CYAML_FLAG_POINTER, struct lane_file, lines, &line_value, 1, LANE_HW_LINES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct lane_file, fields)};

static const struct wiring_expected expects[] = {
	{"schema", "1"},
	{"name", "a name of 1 to 39 characters"},
	{"topology", "one of two-step, one-step, segregated"},
	{"occupancy", "one of beams, overhead, both"},
	{"drive", "one of pulse, hold"},
	{"contact", "closes or opens"},
	{"line", "the name of a line, such as entry_closed (hw/lane/lines.def)"},
	{"lines", "a list of {line: NAME}"},
	{"debounce_ms", "a whole number of milliseconds"},
	{NULL, "keys schema, name, about, topology, occupancy, drive, times (NAME_ms), lines (line, contact, debounce_ms)"},
};

static int fill(const char *path, const uint8_t *bytes, size_t count, const struct lane_file *f, struct lane_hw_description *out,
	char *error, size_t size)
{
	enum lane_hw_line about = LANE_HW_LINES;
	lane_hw_description_default(out);
	if (f->schema != 1)
		return wiring_wrong(error, size, path, wiring_line_of(bytes, count, "schema", 0), "schema is %u, expected 1", f->schema);
	snprintf(out->name, sizeof out->name, "%s", f->name);
	out->topology = f->topology;
	out->occupancy = f->occupancy;
	out->drive = f->drive;
#define X(name, default_ms, min_ms, max_ms, about)                                                                       \
	if (f->times.name##_ms != NULL)                                                                                  \
		out->name##_ms = *f->times.name##_ms;
	LANE_HW_TIMES(X)
#undef X
	for (unsigned i = 0; i < f->lines_count; i++) {
		const struct line_row *row = &f->lines[i];
		struct lane_hw_wiring *w = &out->line[row->line];
		if (w->present)
			return wiring_wrong(error, size, path, wiring_line_of(bytes, count, "lines", i),
				"line %s is given twice, expected once", wiring_lines[row->line].str);
		w->present = true;
		if (row->contact != NULL)
			w->contact = *row->contact;
		if (row->debounce_ms != NULL)
			w->debounce_ms = *row->debounce_ms;
	}
	const char *why = lane_hw_description_check(out, &about);
	unsigned at = wiring_line_of(bytes, count, about == LANE_HW_LINES ? "times" : "lines", 0);
	for (unsigned i = 0; i < f->lines_count; i++)
		if (f->lines[i].line == about)
			at = wiring_line_of(bytes, count, "lines", i);
	return why == NULL ? 0 : wiring_wrong(error, size, path, at, "%s", why);
}

int wiring_lane_parse(const char *path, const uint8_t *bytes, size_t count, struct lane_hw_description *out, char *error, size_t size)
{
	void *data;
	int rc = wiring_cyaml(path, bytes, count, &schema, expects, &data, error, size);
	if (rc == 0)
		rc = fill(path, bytes, count, data, out, error, size);
	wiring_free(&schema, data);
	return rc;
}

int wiring_lane_load(const char *path, struct lane_hw_description *out, char *error, size_t size)
{
	uint8_t *bytes;
	size_t count;
	int rc = wiring_read(path, &bytes, &count, error, size);
	if (rc == 0)
		rc = wiring_lane_parse(path, bytes, count, out, error, size);
	free(bytes);
	return rc;
}
