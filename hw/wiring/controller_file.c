/* SPDX-License-Identifier: Apache-2.0
 * The controller file. Must never give two lines one place, or an output a table that cannot be written.
 */
#include "wiring/controller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wiring/internal.h"

struct point_row {
	enum lane_hw_line line;
	enum wiring_table table;
	uint32_t address;
	uint32_t *bit, *closed_level;
};

struct controller_file {
	uint32_t schema, unit, poll_ms, timeout_ms, lost_after;
	char *name, *about;
	struct point_row *lines;
	unsigned lines_count;
};

static const cyaml_strval_t tables[] = {{"discrete-input", WIRING_DISCRETE_INPUT}, {"coil", WIRING_COIL},
	{"input-register", WIRING_INPUT_REGISTER}, {"holding-register", WIRING_HOLDING_REGISTER}};

static const cyaml_schema_field_t point_fields[] = {
	CYAML_FIELD_ENUM("line", CYAML_FLAG_STRICT, struct point_row, line, wiring_lines, LANE_HW_LINES),
	CYAML_FIELD_ENUM("table", CYAML_FLAG_STRICT, struct point_row, table, tables, 4),
	CYAML_FIELD_UINT("address", CYAML_FLAG_DEFAULT, struct point_row, address),
	CYAML_FIELD_UINT_PTR("bit", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct point_row, bit),
	CYAML_FIELD_UINT_PTR("closed_level", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct point_row, closed_level),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t point_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct point_row, point_fields)};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_UINT("schema", CYAML_FLAG_DEFAULT, struct controller_file, schema),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct controller_file, name, 1, 39),
	CYAML_FIELD_STRING_PTR("about", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct controller_file, about, 0, 400),
	CYAML_FIELD_UINT("unit", CYAML_FLAG_DEFAULT, struct controller_file, unit),
	CYAML_FIELD_UINT("poll_ms", CYAML_FLAG_DEFAULT, struct controller_file, poll_ms),
	CYAML_FIELD_UINT("timeout_ms", CYAML_FLAG_DEFAULT, struct controller_file, timeout_ms),
	CYAML_FIELD_UINT("lost_after", CYAML_FLAG_DEFAULT, struct controller_file, lost_after),
	CYAML_FIELD_SEQUENCE("lines", CYAML_FLAG_POINTER, struct controller_file, lines, &point_value, 1, LANE_HW_LINES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct controller_file, fields)};

static const struct wiring_expected expects[] = {
	{"schema", "1"},
	{"name", "a name of 1 to 39 characters"},
	{"unit", "1 to 247, or 255"},
	{"poll_ms", "5 to 100"},
	{"timeout_ms", "5 to 200"},
	{"lost_after", "1 to 10"},
	{"line", "the name of a line, such as entry_closed (hw/lane/lines.def)"},
	{"table", "one of discrete-input, coil, input-register, holding-register"},
	{"address", "0 to 65535"},
	{"bit", "0 to 15"},
	{"closed_level", "0 or 1"},
	{"lines", "a list of {line: NAME, table: TABLE, address: N}"},
	{NULL, "keys schema, name, about, unit, poll_ms, timeout_ms, lost_after, lines (line, table, address, bit, closed_level)"},
};

static int number(const struct wiring_where *w, const char *key, uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max ? 0 : WIRING_WRONG(w, key, 0, "%s is %u, expected %u to %u", key, value, min, max);
}

static int head(const struct wiring_where *w, const struct controller_file *f, struct wiring_controller *out)
{
	if (f->schema != 1)
		return WIRING_WRONG(w, "schema", 0, "schema is %u, expected 1", f->schema);
	if ((f->unit < 1 || f->unit > 247) && f->unit != 255)
		return WIRING_WRONG(w, "unit", 0, "unit is %u, expected 1 to 247, or 255", f->unit);
	if (number(w, "poll_ms", f->poll_ms, 5, 100) != 0 || number(w, "timeout_ms", f->timeout_ms, 5, 200) != 0 ||
		number(w, "lost_after", f->lost_after, 1, 10) != 0)
		return -1;
	uint32_t lost_ms = (f->poll_ms + f->timeout_ms) * f->lost_after;
	if (lost_ms > WIRING_BUS_LOST_MS_MAX)
		return WIRING_WRONG(w, "lost_after", 0, "a lost bus is noticed after %u ms, expected at most %d: (poll_ms + timeout_ms) * lost_after",
			lost_ms, WIRING_BUS_LOST_MS_MAX);
	snprintf(out->name, sizeof out->name, "%s", f->name);
	out->unit = (uint8_t)f->unit;
	out->poll_ms = f->poll_ms;
	out->timeout_ms = f->timeout_ms;
	out->lost_after = f->lost_after;
	return 0;
}

static bool same_place(const struct wiring_point *a, const struct wiring_point *b)
{
	return a->present && a->table == b->table && a->address == b->address && a->bit == b->bit;
}

static int point(const struct wiring_where *w, const struct controller_file *f, unsigned i, struct wiring_controller *out)
{
	const struct point_row *row = &f->lines[i];
	struct wiring_point *p = &out->point[row->line];
	const char *line = wiring_lines[row->line].str;
	bool of_register = row->table == WIRING_INPUT_REGISTER || row->table == WIRING_HOLDING_REGISTER;
	if (p->present)
		return WIRING_WRONG(w, "lines", i, "line %s is given twice, expected once", line);
	if (lane_hw_line_info(row->line)->output && row->table != WIRING_COIL && row->table != WIRING_HOLDING_REGISTER)
		return WIRING_WRONG(w, "lines", i, "output %s is in a table that is only read, expected coil or holding-register", line);
	if (of_register != (row->bit != NULL))
		return WIRING_WRONG(w, "lines", i, "line %s has %s bit, expected one for a register only", line, row->bit != NULL ? "a" : "no");
	if (row->address > UINT16_MAX)
		return WIRING_WRONG(w, "lines", i, "address is %u, expected 0 to 65535", row->address);
	if (row->bit != NULL && *row->bit > 15)
		return WIRING_WRONG(w, "lines", i, "bit is %u, expected 0 to 15", *row->bit);
	if (row->closed_level != NULL && *row->closed_level > 1)
		return WIRING_WRONG(w, "lines", i, "closed_level is %u, expected 0 or 1", *row->closed_level);
	*p = (struct wiring_point){.table = row->table, .address = (uint16_t)row->address,
		.bit = row->bit != NULL ? (uint8_t)*row->bit : 0, .closed_level = row->closed_level == NULL || *row->closed_level == 1};
	for (unsigned k = 0; k < LANE_HW_LINES; k++)
		if (same_place(&out->point[k], p))
			return WIRING_WRONG(w, "lines", i, "line %s has the place of %s, expected a place of its own", line, wiring_lines[k].str);
	p->present = true;
	return 0;
}

int wiring_controller_parse(const char *path, const uint8_t *bytes, size_t count, struct wiring_controller *out, char *error, size_t size)
{
	const struct wiring_where w = {path, bytes, count, error, size};
	void *data;
	memset(out, 0, sizeof *out);
	int rc = wiring_cyaml(path, bytes, count, &schema, expects, &data, error, size);
	const struct controller_file *f = data;
	if (rc == 0)
		rc = head(&w, f, out);
	for (unsigned i = 0; rc == 0 && i < f->lines_count; i++)
		rc = point(&w, f, i, out);
	wiring_free(&schema, data);
	return rc;
}

int wiring_controller_load(const char *path, struct wiring_controller *out, char *error, size_t size)
{
	uint8_t *bytes;
	size_t count;
	int rc = wiring_read(path, &bytes, &count, error, size);
	if (rc == 0)
		rc = wiring_controller_parse(path, bytes, count, out, error, size);
	free(bytes);
	return rc;
}

int wiring_controller_join(struct lane_hw_description *lane, const struct wiring_controller *controller, const char *path, char *error,
	size_t size)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!lane->line[i].present)
			continue;
		if (!controller->point[i].present)
			return wiring_wrong(error, size, path, 1, "lane \"%s\" has the line %s, expected its place among lines", lane->name,
				wiring_lines[i].str);
		lane->line[i].closed_level = controller->point[i].closed_level;
	}
	return 0;
}
