/* SPDX-License-Identifier: Apache-2.0
 * The board file, and the two files together. Must never let two lines share a pin.
 */
#include "wiring/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chip_row {
	char *device, *label;
};

struct pin_row {
	enum lane_hw_line line;
	char *chip, *name;
	uint32_t *offset, *closed_level;
	enum wiring_bias *bias;
	enum wiring_drive *drive;
};

struct board_file {
	uint32_t schema;
	char *name, *about;
	struct chip_row *chips;
	unsigned chips_count;
	uint32_t closed_level;
	enum wiring_bias bias;
	struct pin_row *lines;
	unsigned lines_count;
};

static const cyaml_strval_t biases[] = {{"as-is", WIRING_AS_IS}, {"disabled", WIRING_NO_BIAS}, {"pull-up", WIRING_PULL_UP},
	{"pull-down", WIRING_PULL_DOWN}};
static const cyaml_strval_t drives[] = {{"push-pull", WIRING_PUSH_PULL}, {"open-drain", WIRING_OPEN_DRAIN},
	{"open-source", WIRING_OPEN_SOURCE}};

#define MAY (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t chip_fields[] = {
	CYAML_FIELD_STRING_PTR("device", CYAML_FLAG_POINTER, struct chip_row, device, 1, WIRING_NAME_MAX - 1),
	CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER, struct chip_row, label, 1, WIRING_NAME_MAX - 1),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t chip_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct chip_row, chip_fields)};

static const cyaml_schema_field_t pin_fields[] = {
	CYAML_FIELD_ENUM("line", CYAML_FLAG_STRICT, struct pin_row, line, wiring_lines, LANE_HW_LINES),
	CYAML_FIELD_STRING_PTR("chip", MAY, struct pin_row, chip, 1, WIRING_NAME_MAX - 1),
	CYAML_FIELD_STRING_PTR("name", MAY, struct pin_row, name, 1, WIRING_NAME_MAX - 1),
	CYAML_FIELD_UINT_PTR("offset", MAY, struct pin_row, offset),
	CYAML_FIELD_UINT_PTR("closed_level", MAY, struct pin_row, closed_level),
	CYAML_FIELD_ENUM_PTR("bias", CYAML_FLAG_STRICT | MAY, struct pin_row, bias, biases, 4),
	CYAML_FIELD_ENUM_PTR("drive", CYAML_FLAG_STRICT | MAY, struct pin_row, drive, drives, 3),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t pin_value = {CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct pin_row, pin_fields)};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_UINT("schema", CYAML_FLAG_DEFAULT, struct board_file, schema),
	CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct board_file, name, 1, 39),
	CYAML_FIELD_STRING_PTR("about", MAY, struct board_file, about, 0, 400),
	CYAML_FIELD_SEQUENCE("chips", CYAML_FLAG_POINTER, struct board_file, chips, &chip_value, 1, WIRING_CHIPS_MAX),
	CYAML_FIELD_UINT("closed_level", CYAML_FLAG_DEFAULT, struct board_file, closed_level),
	CYAML_FIELD_ENUM("bias", CYAML_FLAG_STRICT, struct board_file, bias, biases, 4),
	CYAML_FIELD_SEQUENCE("lines", CYAML_FLAG_POINTER, struct board_file, lines, &pin_value, 1, LANE_HW_LINES),
	CYAML_FIELD_END,
};
static const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct board_file, fields)};

static const struct wiring_expected expects[] = {
	{"schema", "1"},
	{"name", "a name of 1 to 31 characters (39 for the board's own)"},
	{"device", "chip0, chip1, chip2 or chip3"},
	{"label", "the chip's label as gpiodetect shows it in brackets"},
	{"chips", "a list of one to four {device: chip0, label: LABEL}"},
	{"chip", "a device of chips"},
	{"offset", "the line's number on its chip"},
	{"closed_level", "0 or 1: what is read when the circuit is closed"},
	{"bias", "one of as-is, disabled, pull-up, pull-down"},
	{"drive", "one of push-pull, open-drain, open-source"},
	{"line", "the name of a line, such as entry_closed (hw/lane/lines.def)"},
	{"lines", "a list of {line: NAME, offset: N} or {line: NAME, name: KERNEL_NAME}"},
	{NULL, "keys schema, name, about, chips (device, label), closed_level, bias, lines (line, chip, offset or name, closed_level, "
	       "bias, drive)"},
};

static int chips(const struct wiring_where *w, const struct board_file *f, struct wiring_board *out)
{
	out->chips = f->chips_count;
	for (unsigned i = 0; i < f->chips_count; i++) {
		const char *device = f->chips[i].device;
		if (strlen(device) != 5 || strncmp(device, "chip", 4) != 0 || device[4] < '0' || device[4] > '3')
			return WIRING_WRONG(w, "chips", i, "device is \"%s\", expected %s", device, expects[2].text);
		for (unsigned k = 0; k < i; k++)
			if (strcmp(out->chip[k].device, device) == 0)
				return WIRING_WRONG(w, "chips", i, "device %s is given twice, expected once", device);
		snprintf(out->chip[i].device, sizeof out->chip[i].device, "%s", device);
		snprintf(out->chip[i].label, sizeof out->chip[i].label, "%s", f->chips[i].label);
	}
	return 0;
}

static bool same_pin(const struct wiring_pin *a, const struct wiring_pin *b)
{
	if (a->chip != b->chip || (a->name[0] == '\0') != (b->name[0] == '\0'))
		return false;
	return a->name[0] != '\0' ? strcmp(a->name, b->name) == 0 : a->offset == b->offset;
}

static int pin(const struct wiring_where *w, const struct board_file *f, unsigned i, struct wiring_board *out)
{
	const struct pin_row *row = &f->lines[i];
	struct wiring_pin *p = &out->pin[row->line];
	const char *line = wiring_lines[row->line].str;
	uint32_t level = row->closed_level != NULL ? *row->closed_level : f->closed_level;
	if (p->present)
		return WIRING_WRONG(w, "lines", i, "line %s is given twice, expected once", line);
	if ((row->offset == NULL) == (row->name == NULL))
		return WIRING_WRONG(w, "lines", i, "line %s has %s, expected one of offset and name", line,
			row->offset == NULL ? "no place" : "two places");
	if (row->chip == NULL && f->chips_count > 1)
		return WIRING_WRONG(w, "lines", i, "line %s names no chip, expected one since there are several", line);
	if (level > 1)
		return WIRING_WRONG(w, "lines", i, "closed_level is %u, expected 0 or 1", level);
	if (row->offset != NULL && *row->offset > 1023)
		return WIRING_WRONG(w, "lines", i, "offset is %u, expected 0 to 1023", *row->offset);
	while (row->chip != NULL && p->chip < out->chips && strcmp(out->chip[p->chip].device, row->chip) != 0)
		p->chip++;
	if (p->chip == out->chips)
		return WIRING_WRONG(w, "lines", i, "chip is \"%s\", expected a device of chips", row->chip);
	p->closed_level = level == 1;
	p->offset = row->offset != NULL ? *row->offset : 0;
	p->bias = row->bias != NULL ? *row->bias : f->bias;
	p->drive = row->drive != NULL ? *row->drive : WIRING_PUSH_PULL;
	if (row->name != NULL)
		snprintf(p->name, sizeof p->name, "%s", row->name);
	for (unsigned k = 0; k < LANE_HW_LINES; k++)
		if (out->pin[k].present && same_pin(&out->pin[k], p))
			return WIRING_WRONG(w, "lines", i, "line %s has the place of %s, expected a place of its own", line, wiring_lines[k].str);
	p->present = true;
	return 0;
}

static int fill(const struct wiring_where *w, const struct board_file *f, struct wiring_board *out)
{
	memset(out, 0, sizeof *out);
	if (f->schema != 1)
		return WIRING_WRONG(w, "schema", 0, "schema is %u, expected 1", f->schema);
	snprintf(out->name, sizeof out->name, "%s", f->name);
	int rc = chips(w, f, out);
	for (unsigned i = 0; i < f->lines_count && rc == 0; i++)
		rc = pin(w, f, i, out);
	return rc;
}

int wiring_board_parse(const char *path, const uint8_t *bytes, size_t count, struct wiring_board *out, char *error, size_t size)
{
	const struct wiring_where w = {path, bytes, count, error, size};
	void *data;
	int rc = wiring_cyaml(path, bytes, count, &schema, expects, &data, error, size);
	if (rc == 0)
		rc = fill(&w, data, out);
	wiring_free(&schema, data);
	return rc;
}

int wiring_board_load(const char *path, struct wiring_board *out, char *error, size_t size)
{
	uint8_t *bytes;
	size_t count;
	int rc = wiring_read(path, &bytes, &count, error, size);
	if (rc == 0)
		rc = wiring_board_parse(path, bytes, count, out, error, size);
	free(bytes);
	return rc;
}

int wiring_join(struct lane_hw_description *lane, const struct wiring_board *board, const char *board_path, char *error, size_t size)
{
	for (unsigned i = 0; i < LANE_HW_LINES; i++) {
		if (!lane->line[i].present)
			continue;
		if (!board->pin[i].present)
			return wiring_wrong(error, size, board_path, 1, "lane \"%s\" has the line %s, expected its place among lines",
				lane->name, wiring_lines[i].str);
		lane->line[i].closed_level = board->pin[i].closed_level;
	}
	return 0;
}
