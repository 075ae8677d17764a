/* SPDX-License-Identifier: Apache-2.0
 * Parsing and indexing a list. Must never guess a field.
 */
#include "list.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "matcher.h"

enum { COLUMNS = 8, LINE_MAX_BYTES = 512 };
static const char header[] =
	"entry_id,kind,document_number,issuer,surname,given_names,birth_date,handling_code";

bool list_fold(const char *s, char *out, size_t size)
{
	size_t n = 0;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		if (isalpha(c) && c < 0x80) {
			c = (unsigned char)toupper(c);
		} else if (c == ' ' || c == '-' || c == '<' || c == ',') {
			if (n == 0 || out[n - 1] == ' ')
				continue;
			c = ' ';
		} else if (c == '\'' || c == '.') {
			continue;
		} else {
			return false;
		}
		if (n + 1 >= size)
			return false;
		out[n++] = (char)c;
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return true;
}

static bool exists(uint64_t y, uint64_t m, uint64_t d)
{
	static const uint8_t days[] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return y >= 1850 && y <= 2999 && m <= 12 && d <= days[m] && (m != 2 || d < 29 || leap);
}

/* YYYY-MM-DD; month and day may be 00. A person without a year of birth would never match. */
static bool date_of(const char *s, struct list_entry *e)
{
	uint64_t y, m, d;
	const char *at = s;
	if (s[0] == '\0')
		return e->kind == LIST_DOCUMENT;
	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-' || !text_number(&at, &y) ||
		!text_word(&at, "-") || !text_number(&at, &m) || !text_word(&at, "-") ||
		!text_number(&at, &d) || *at != '\0' || !exists(y, m, d))
		return false;
	e->year = (uint16_t)y;
	e->month = (uint8_t)m;
	e->day = (uint8_t)d;
	return true;
}

static bool consists_of(const char *s, const char *letters)
{
	return s[strspn(s, letters)] == '\0';
}

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
static const char word[] = CAPITALS "abcdefghijklmnopqrstuvwxyz" DIGITS "._:/-";

static bool entry_of(char *columns[COLUMNS], struct list_entry *e)
{
	memset(e, 0, sizeof *e);
	if (strcmp(columns[1], "person") == 0)
		e->kind = LIST_PERSON;
	else if (strcmp(columns[1], "document") != 0)
		return false;
	if (columns[0][0] == '\0' || !consists_of(columns[0], word) ||
		!text_copy(e->id, sizeof e->id, columns[0]) ||
		!text_copy(e->number, sizeof e->number, columns[2]) ||
		!consists_of(e->number, CAPITALS DIGITS) ||
		!text_copy(e->issuer, sizeof e->issuer, columns[3]) ||
		!consists_of(e->issuer, CAPITALS) ||
		!list_fold(columns[4], e->surname, sizeof e->surname) ||
		!list_fold(columns[5], e->given_names, sizeof e->given_names) ||
		!date_of(columns[6], e) || !consists_of(columns[7], word) ||
		!text_copy(e->handling_code, sizeof e->handling_code, columns[7]))
		return false;
	return e->kind == LIST_DOCUMENT ? e->number[0] != '\0' : e->surname[0] != '\0';
}

/* Splits at commas; a quote has no meaning and is refused, so that no field can hide another. */
static bool split(char *line, char *columns[COLUMNS])
{
	size_t n = 0;
	if (strchr(line, '"') != NULL)
		return false;
	columns[n++] = line;
	for (char *p = line; *p != '\0'; p++)
		if (*p == ',') {
			*p = '\0';
			if (n == COLUMNS)
				return false;
			columns[n++] = p + 1;
		}
	return n == COLUMNS;
}

static bool head_of(const char *line, struct list *list)
{
	struct tm t = {0};
	if (!text_word(&line, "# list="))
		return false;
	size_t n = strcspn(line, " ");
	if (n == 0 || n >= sizeof list->id)
		return false;
	memcpy(list->id, line, n);
	list->id[n] = '\0';
	if (!consists_of(list->id, word))
		return false;
	line += n;
	if (!text_word(&line, " version=") || !text_number(&line, &list->version) ||
		!text_word(&line, " issued="))
		return false;
	const char *end = strptime(line, "%Y-%m-%dT%H:%M:%SZ", &t);
	if (end == NULL || *end != '\0')
		return false;
	list->issued_s = (int64_t)timegm(&t);
	return true;
}

/* Not realloc: what it leaves behind would not be wiped. */
static int add(struct list *list, size_t *room, const struct list_entry *e)
{
	if (list->count == *room) {
		size_t more = *room == 0 ? 64 : *room * 2;
		struct list_entry *p = calloc(more, sizeof *p);
		if (p == NULL)
			return PN_ENOMEM;
		if (list->count > 0) {
			memcpy(p, list->entries, list->count * sizeof *p);
			explicit_bzero(list->entries, list->count * sizeof *p);
		}
		free(list->entries);
		list->entries = p;
		*room = more;
	}
	list->entries[list->count++] = *e;
	return PN_OK;
}

/* One line without its end; false at the end of the bytes. */
static bool next_line(const char **at, const char *end, char line[LINE_MAX_BYTES], bool *good)
{
	const char *stop;
	size_t n;
	if (*at == end)
		return false;
	stop = memchr(*at, '\n', (size_t)(end - *at));
	n = (size_t)((stop != NULL ? stop : end) - *at);
	*good = n < LINE_MAX_BYTES && memchr(*at, '\0', n) == NULL;
	if (*good) {
		memcpy(line, *at, n);
		line[n > 0 && line[n - 1] == '\r' ? n - 1 : n] = '\0';
	}
	*at = stop != NULL ? stop + 1 : end;
	return true;
}

int list_parse(const char *bytes, size_t size, struct list **out, unsigned *line_number)
{
	const char *at = bytes, *end = bytes + size;
	char line[LINE_MAX_BYTES], *columns[COLUMNS];
	struct list *list = calloc(1, sizeof *list);
	struct list_entry e;
	size_t room = 0;
	bool good;
	int r = PN_EFORMAT;
	*out = NULL;
	*line_number = 0;
	if (list == NULL)
		return PN_ENOMEM;
	while (next_line(&at, end, line, &good)) {
		++*line_number;
		if (!good)
			goto out;
		if (*line_number == 1 ? !head_of(line, list)
				      : *line_number == 2 && strcmp(line, header) != 0)
			goto out;
		if (*line_number <= 2 || line[0] == '\0')
			continue;
		if (!split(line, columns) || !entry_of(columns, &e))
			goto out;
		r = add(list, &room, &e);
		if (r != PN_OK)
			goto out;
		r = PN_EFORMAT;
	}
	if (*line_number < 2)
		goto out;
	r = matcher_index(list);
	if (r == PN_OK) {
		*out = list;
		list = NULL;
	}
out:
	list_free(list);
	return r;
}

void list_free(struct list *list)
{
	if (list == NULL)
		return;
	if (list->entries != NULL)
		explicit_bzero(list->entries, list->count * sizeof *list->entries);
	free(list->entries);
	free(list->slots);
	match_index_free(list->persons);
	free(list);
}
