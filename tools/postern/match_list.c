/* SPDX-License-Identifier: Apache-2.0
 * Reading a list for `postern match`. Must never go on behind a wrong line.
 */
#include "match_list.h"

#include <stdlib.h>
#include <string.h>

static const size_t file_max = (size_t)4 << 30;

int match_file_fail(struct cli *cli, const char *path, unsigned line, int r, const char *what)
{
	return cli_fail(cli, r == PN_ENOMEM ? CLI_UNAVAILABLE : CLI_USAGE, "%s line %u: %s: %s",
		path, line, what, pn_err_name(r));
}

static int room_for(void **p, size_t *room, size_t need, size_t unit)
{
	size_t more = *room == 0 ? 1024 : *room * 2;
	void *n;
	if (need <= *room)
		return PN_OK;
	more = more < need ? need : more;
	n = realloc(*p, more * unit);
	if (n == NULL)
		return PN_ENOMEM;
	*p = n;
	*room = more;
	return PN_OK;
}

static int keep_id(struct match_list *l, const char *id, unsigned line)
{
	char own[24];
	if (id[0] == '\0') {
		snprintf(own, sizeof own, "line-%u", line);
		id = own;
	}
	size_t n = strlen(id) + 1;
	if (room_for((void **)&l->id_at, &l->room, l->count + 1, sizeof *l->id_at) != PN_OK ||
		room_for((void **)&l->ids, &l->ids_room, l->size + n, 1) != PN_OK)
		return PN_ENOMEM;
	l->id_at[l->count++] = (uint32_t)l->size;
	memcpy(l->ids + l->size, id, n);
	l->size += n;
	return PN_OK;
}

/* A name in letters that no table has is told and left out; what else is wrong ends it. */
static bool is_of_letters(int r)
{
	return r == PN_EFORMAT || r == PN_EINVAL || r == PN_ELIMIT;
}

static int left_out(struct cli *cli, struct match_list *l, unsigned line, const char *what)
{
	l->left_out++;
	fprintf(cli->err, "postern match: %s line %u: %s in letters that are not known, left out\n",
		l->path, line, what);
	return PN_OK;
}

/* With each of the row's nationalities: one that is the traveller's is enough. */
static int add_dated(struct match_list *l, const struct csv_row *row,
	const struct people_columns *c, const struct match_name *name,
	const struct match_person *dated)
{
	struct match_person person = *dated;
	uint32_t id = (uint32_t)l->count - 1;
	const char *at = NULL;
	bool more = people_nationality(row, c, &at, person.nationality);
	int r;
	do
		r = match_index_add(l->index, name, &person, id);
	while (r == PN_OK && more && (more = people_nationality(row, c, &at, person.nationality)));
	return r;
}

/* The same of birth dates. */
static int add_name(struct match_list *l, const struct csv_row *row, const struct people_columns *c,
	const struct match_name *name, const struct match_person *first)
{
	struct match_person person = *first;
	const char *dates = people_field(row, c, PEOPLE_BIRTH);
	int r = add_dated(l, row, c, name, &person);
	while (r == PN_OK && (dates = strchr(dates, ';')) != NULL) {
		dates += 1 + strspn(dates + 1, " ");
		if (*dates == '\0')
			break;
		if (!people_birth(dates, &person.birth))
			return PN_EFORMAT;
		r = add_dated(l, row, c, name, &person);
	}
	return r;
}

/* Several lines with one id, one after the other, are the names of one person. */
static int add_row(struct cli *cli, struct match_list *l, const struct csv_row *row,
	const struct people_columns *c, unsigned line, const char **what)
{
	struct match_name name;
	struct match_person person;
	const char *id = people_field(row, c, PEOPLE_ID), *at = NULL;
	int r = people_read(row, c, &name, &person, what);
	if (is_of_letters(r) && strcmp(*what, "name") == 0)
		return left_out(cli, l, line, "name");
	if (r == PN_OK && (l->count == 0 || id[0] == '\0' ||
				  strcmp(match_list_id(l, (uint32_t)l->count - 1), id) != 0))
		r = keep_id(l, id, line);
	if (r == PN_OK)
		r = add_name(l, row, c, &name, &person);
	while (r == PN_OK) {
		*what = "alias";
		r = people_alias(row, c, &at, &name);
		if (r == PN_ENOTFOUND)
			return PN_OK;
		if (r == PN_OK)
			r = add_name(l, row, c, &name, &person);
		else if (is_of_letters(r))
			r = left_out(cli, l, line, "alias");
	}
	return r;
}

static int add_rows(struct cli *cli, const char *path, struct csv_reader *reader,
	struct csv_row *row, struct match_list *l)
{
	struct people_columns columns;
	const char *what = "row";
	int r = csv_next(reader, row);
	if (r == PN_ENOTFOUND)
		return cli_fail(
			cli, CLI_USAGE, "%s: empty; expected a row that names the columns", path);
	if (r == PN_OK && people_head(row, &columns) != PN_OK)
		return cli_fail(cli, CLI_USAGE, "%s line %u: no column is called name or surname",
			path, reader->line);
	while (r == PN_OK && (r = csv_next(reader, row)) == PN_OK) {
		if (people_is_person(row, &columns))
			r = add_row(cli, l, row, &columns, reader->line, &what);
	}
	if (r != PN_ENOTFOUND)
		return match_file_fail(cli, path, reader->line, r, what);
	return match_index_build(l->index) == PN_OK
		       ? CLI_OK
		       : cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(PN_ENOMEM));
}

int match_list_read(struct cli *cli, const char *path, struct match_list *out)
{
	struct csv_reader reader;
	struct csv_row *row = malloc(sizeof *row);
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r;
	memset(out, 0, sizeof *out);
	out->path = path;
	if (row == NULL || match_index_new(&out->index) != PN_OK) {
		free(row);
		return cli_fail(cli, CLI_UNAVAILABLE, "%s", pn_err_name(PN_ENOMEM));
	}
	r = cli_read_file(path, file_max, &bytes, &size);
	if (r != PN_OK) {
		r = cli_fail(cli, CLI_UNAVAILABLE, "%s: %s", path, pn_err_name(r));
	} else {
		csv_open(&reader, (const char *)bytes, size);
		r = add_rows(cli, path, &reader, row, out);
	}
	free(bytes);
	free(row);
	if (r != CLI_OK)
		match_list_free(out);
	return r;
}

const char *match_list_id(const struct match_list *list, uint32_t id)
{
	return list->ids + list->id_at[id];
}

void match_list_free(struct match_list *list)
{
	match_index_free(list->index);
	free(list->ids);
	free(list->id_at);
	memset(list, 0, sizeof *list);
}
