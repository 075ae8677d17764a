/* SPDX-License-Identifier: Apache-2.0
 * Growing and opening the tree of fields. Must never be fed a recursive schema: the bound on fields
 * refuses one.
 */
#include "fields.h"

#include <string.h>

#include "crossing.pb-c.h"
#include "schema/table.h"

static const char *const purposes[] = {"", "border", "statistics", "passenger"};

/* "postern.Document" in the descriptor is "Document" in the schema's table. */
static const char *short_name(const ProtobufCMessageDescriptor *d)
{
	const char *dot = strrchr(d->name, '.');

	return dot != NULL ? dot + 1 : d->name;
}

static unsigned purpose_of(const ProtobufCMessageDescriptor *d, const char *field)
{
	const struct schema_field *s = schema_field_find(short_name(d), field);

	return s != NULL ? s->purpose : 0;
}

static bool is_value(const ProtobufCMessageDescriptor *d)
{
	for (unsigned i = 0; i < d->n_fields; i++)
		if (purpose_of(d, d->fields[i].name) != 0)
			return false;
	return true;
}

bool field_is_list(const struct field *field)
{
	return field->descriptor != NULL && field->descriptor->label == PROTOBUF_C_LABEL_REPEATED;
}

bool field_is_message(const struct field *field)
{
	return field->descriptor == NULL || field->descriptor->type == PROTOBUF_C_TYPE_MESSAGE;
}

/* Adds the fields of the message at index at, then theirs. inside: within a value. */
static int grow(struct fields *f, int at, const ProtobufCMessageDescriptor *d, unsigned purpose,
	bool inside, bool permitted)
{
	bool value = inside || (at != FIELDS_ROOT && is_value(d));
	int r = PN_OK;

	f->field[at].first = f->count;
	f->field[at].count = (int)d->n_fields;
	if (f->count + (int)d->n_fields > FIELDS_MAX)
		return PN_ELIMIT;
	for (unsigned i = 0; i < d->n_fields; i++) {
		struct field *one = &f->field[f->count];
		struct text path;

		memset(one, 0, sizeof *one);
		text_init(&path, one->path, sizeof one->path);
		text_add(&path, "%s%s%s", f->field[at].path, at != FIELDS_ROOT ? "." : "",
			d->fields[i].name);
		if (path.truncated)
			return PN_ELIMIT;
		one->descriptor = &d->fields[i];
		one->name_size = strlen(d->fields[i].name);
		one->permitted = value ? permitted : purpose_of(d, d->fields[i].name) == purpose;
		one->noted = value ? f->field[at].noted : f->count;
		f->count++;
	}
	for (unsigned i = 0; r == PN_OK && i < d->n_fields; i++) {
		int below = f->field[at].first + (int)i;

		if (d->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			r = grow(f, below, d->fields[i].descriptor, purpose, value,
				f->field[below].permitted);
	}
	return r;
}

int fields_find(const struct fields *f, int parent, const char *name, size_t size)
{
	const struct field *p = &f->field[parent];

	for (int i = p->first; i < p->first + p->count; i++) {
		if (f->field[i].name_size == size &&
			memcmp(f->field[i].descriptor->name, name, size) == 0)
			return i;
	}
	return -1;
}

static void open_value(struct fields *f, int at)
{
	f->field[at].declared = f->field[at].open = true;
	for (int i = 0; i < f->field[at].count; i++)
		open_value(f, f->field[at].first + i);
}

static int declare(struct fields *f, const char *path, struct text *error)
{
	int at = FIELDS_ROOT;

	for (const char *part = path; at >= 0 && part != NULL;) {
		size_t n = strcspn(part, ".");

		at = n > 0 ? fields_find(f, at, part, n) : -1;
		if (at < 0)
			break;
		if (!f->field[at].permitted) {
			text_add(error, "pack.yaml: field '%s' is not open to the pack's purpose",
				f->field[at].path);
			return PN_EDENIED;
		}
		f->field[at].open = true;
		part = part[n] == '.' ? part + n + 1 : NULL;
	}
	if (at < 0) {
		text_add(error, "pack.yaml: field '%s', expected one of CrossingFacts", path);
		return PN_EDENIED;
	}
	f->field[at].declared = true;
	if (!field_is_message(&f->field[at]))
		return PN_OK;
	if (is_value(f->field[at].descriptor->descriptor))
		open_value(f, at);
	else if (!field_is_list(&f->field[at])) {
		text_add(error, "pack.yaml: field '%s' is a message, expected its fields by name",
			path);
		return PN_EDENIED;
	}
	return PN_OK;
}

int fields_open(struct fields *f, const char *purpose, char *const *declared, size_t count,
	struct text *error)
{
	unsigned number = 0;
	int r;

	for (unsigned i = 1; i < PN_COUNT(purposes); i++)
		if (strcmp(purposes[i], purpose) == 0)
			number = i;
	if (number == 0) {
		text_add(error, "pack.yaml: purpose '%s', expected border, statistics or passenger",
			purpose);
		return PN_EDENIED;
	}
	memset(f, 0, sizeof *f);
	f->count = 1;
	f->field[FIELDS_ROOT].open = f->field[FIELDS_ROOT].permitted = true;
	r = grow(f, FIELDS_ROOT, &postern__crossing_facts__descriptor, number, false, true);
	if (r != PN_OK)
		text_add(error, "the schema has more fields than %d", FIELDS_MAX);
	for (size_t i = 0; r == PN_OK && i < count; i++)
		r = declare(f, declared[i], error);
	return r;
}
