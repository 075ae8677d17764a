/* SPDX-License-Identifier: Apache-2.0
 * Parsing a list: its head, its lines. Must never take a column for another.
 */
#include "list.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "matcher.h"

/* The files of before have fewer columns; what they lack is empty. -1: none. */
struct format {
	const char *header;
	size_t count;
	int8_t at[LIST_COLUMNS];
};

static const struct format formats[] = {
	{"entry_id,kind,document_number,issuer,document_status,surname,given_names,aliases,birth_"
	 "date,sex,nationality,authority,purpose,handling_code,valid_from,valid_until",
		LIST_COLUMNS, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
	{"entry_id,kind,document_number,issuer,surname,given_names,birth_date,handling_code", 8,
		{0, 1, 2, 3, -1, 4, 5, -1, 6, -1, -1, -1, -1, 7, -1, -1}},
};

/* Splits at commas; a quote has no meaning and is refused, so that no field can hide another. */
static bool split(char *line, const struct format *f, char *columns[LIST_COLUMNS])
{
	char *field[LIST_COLUMNS];
	size_t n = 0;
	field[n++] = line;
	for (char *p = line; *p != '\0'; p++) {
		if (*p == '"')
			return false;
		if (*p == ',') {
			*p = '\0';
			if (n == f->count)
				return false;
			field[n++] = p + 1;
		}
	}
	for (size_t i = 0; i < LIST_COLUMNS && n == f->count; i++)
		columns[i] = f->at[i] >= 0 ? field[f->at[i]] : field[n - 1] + strlen(field[n - 1]);
	return n == f->count;
}

static bool moment(const char **at, int64_t *out)
{
	struct tm t = {0};
	const char *end = strptime(*at, "%Y-%m-%dT%H:%M:%SZ", &t);
	if (end == NULL || end != *at + 20)
		return false;
	*out = (int64_t)timegm(&t);
	*at = end;
	return true;
}

static bool is_id(const char *s, size_t n)
{
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-") >=
	       n;
}

static bool head_of(const char *line, struct list *list)
{
	if (!text_word(&line, "# list="))
		return false;
	size_t n = strcspn(line, " ");
	if (n == 0 || n >= sizeof list->id || !is_id(line, n))
		return false;
	memcpy(list->id, line, n);
	list->id[n] = '\0';
	line += n;
	if (!text_word(&line, " version=") || !text_number(&line, &list->version) ||
		!text_word(&line, " issued=") || !moment(&line, &list->issued_s))
		return false;
	if (text_word(&line, " expires=") &&
		(!moment(&line, &list->expires_s) || list->expires_s <= list->issued_s))
		return false;
	if (text_word(&line, " base=") && (!text_number(&line, &list->base) || list->base == 0 ||
						  list->base >= list->version))
		return false;
	return *line == '\0';
}

/* What reading needs beside the list. */
struct reading {
	const struct format *format;
	size_t room;
	char kept[LIST_LINE_MAX];
};

static int add(struct list *list, struct reading *with, size_t line, const struct list_entry *e)
{
	if (list->count == with->room) {
		size_t more = with->room == 0 ? 64 : with->room + with->room / 2;
		uint32_t *p = realloc(list->lines, more * sizeof *p);
		if (p == NULL)
			return PN_ENOMEM;
		list->lines = p;
		with->room = more;
	}
	list->lines[list->count++] = (uint32_t)line;
	if (e->kind == LIST_PERSON)
		list->names += e->alias_count + 1U;
	return PN_OK;
}

/* The line as list_entry_at finds it: the columns' strings one after the other, the aliases last,
 * since they are several. Never longer than the line was: each column is at most what it was, and
 * its end takes the comma's place. */
static void keep(
	char *line, char *columns[LIST_COLUMNS], const struct list_entry *e, struct reading *with)
{
	const struct format *f = with->format;
	const char *end = e->aliases;
	size_t n = 0, length;
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		if (f->at[i] < 0 || i == LIST_ALIASES)
			continue;
		length = strlen(columns[i]) + 1;
		memcpy(with->kept + n, columns[i], length);
		n += length;
	}
	for (unsigned k = 0; k < 2U * e->alias_count; k++)
		end += strlen(end) + 1;
	length = (size_t)(end - e->aliases);
	memcpy(with->kept + n, e->aliases, length);
	n += length;
	if (f->at[LIST_ALIASES] >= 0)
		with->kept[n++] = '\0';
	memcpy(line, with->kept, n);
}

void list_entry_at(const struct list *list, size_t i, struct list_entry *out)
{
	static char none[1];
	const struct format *f = &formats[list->narrow];
	char *columns[LIST_COLUMNS], *at = list->text + list->lines[i];
	for (size_t k = 0; k < LIST_COLUMNS; k++) {
		columns[k] = none;
		if (f->at[k] < 0 || k == LIST_ALIASES)
			continue;
		columns[k] = at;
		at += strlen(at) + 1;
	}
	if (f->at[LIST_ALIASES] >= 0)
		columns[LIST_ALIASES] = at;
	list_entry_again(columns, out);
}

/* One line, which is ended where it stands; NULL at the end of the text. */
static char *next_line(char **at, const char *end, bool *good)
{
	char *line = *at, *stop;
	size_t n;
	if (line == end)
		return NULL;
	stop = memchr(line, '\n', (size_t)(end - line));
	n = (size_t)((stop != NULL ? stop : end) - line);
	*good = n < LIST_LINE_MAX && memchr(line, '\0', n) == NULL;
	*at = line + n + (stop != NULL);
	line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
	return line;
}

static const struct format *format_of(const char *line)
{
	for (size_t i = 0; i < PN_COUNT(formats); i++)
		if (strcmp(line, formats[i].header) == 0)
			return &formats[i];
	return NULL;
}

/* Of a person the old files always know a year. */
static bool is_old_enough(const struct format *f, const struct list_entry *e)
{
	return f == &formats[0] ||
	       (e->kind <= LIST_PERSON && (e->kind != LIST_PERSON || e->year != 0));
}

static int read_line(struct list *list, struct reading *with, char *line)
{
	char *columns[LIST_COLUMNS];
	struct list_entry e;
	if (!split(line, with->format, columns) || !list_entry_read(columns, list->base != 0, &e) ||
		!is_old_enough(with->format, &e))
		return PN_EFORMAT;
	keep(line, columns, &e, with);
	return add(list, with, (size_t)(line - list->text), &e);
}

static int read_lines(struct list *list, struct reading *with, unsigned *number)
{
	char *at = list->text, *end = list->text + list->text_size, *line;
	bool good;
	int r = PN_OK;
	while (r == PN_OK && (line = next_line(&at, end, &good)) != NULL) {
		++*number;
		if (!good || (*number == 1 && !head_of(line, list)))
			return PN_EFORMAT;
		if (*number == 2)
			with->format = format_of(line);
		if (*number == 2 && with->format == NULL)
			return PN_EFORMAT;
		if (*number > 2 && line[0] != '\0')
			r = read_line(list, with, line);
	}
	list->narrow = with->format == &formats[1];
	return r != PN_OK || with->format != NULL ? r : PN_EFORMAT;
}

int list_take(char *bytes, size_t size, struct list **out, unsigned *line_number)
{
	struct list *list = calloc(1, sizeof *list);
	struct reading *with = calloc(1, sizeof *with);
	int r = PN_ENOMEM;
	*out = NULL;
	*line_number = 0;
	if (list == NULL || with == NULL) {
		explicit_bzero(bytes, size);
		free(bytes);
		goto out;
	}
	list->text = bytes;
	list->text[size] = '\0';
	list->text_size = size;
	r = size <= LIST_BYTES_MAX ? read_lines(list, with, line_number) : PN_ELIMIT;
	if (r == PN_OK)
		r = matcher_index(list);
	if (r == PN_OK) {
		*out = list;
		list = NULL;
	}
out:
	list_free(list);
	if (with != NULL)
		explicit_bzero(with, sizeof *with);
	free(with);
	return r;
}

int list_parse(const char *bytes, size_t size, struct list **out, unsigned *line_number)
{
	char *copy = malloc(size + 1);
	*out = NULL;
	*line_number = 0;
	if (copy == NULL)
		return PN_ENOMEM;
	memcpy(copy, bytes, size);
	return list_take(copy, size, out, line_number);
}

void list_free(struct list *list)
{
	if (list == NULL)
		return;
	if (list->text != NULL)
		explicit_bzero(list->text, list->text_size);
	free(list->lines);
	free(list->text);
	free(list->slots);
	free(list->ids);
	free(list->begins);
	free(list->beginners);
	match_index_free(list->persons);
	free(list);
}
