/* SPDX-License-Identifier: Apache-2.0
 * Lists of one's own: CSV in UTF-8, with quotes, whose first row names the columns, in any order
 * (postern-lists(5)). A row may be a person, a document, or a person with his document. Lists of this program's own
 * form are read too. Must never take a dismissal.
 */
#include <stdlib.h>
#include <string.h>

#include "lists/internal.h"

enum column {
	ENTRY_ID, KIND, NAME, SURNAME, GIVEN_NAMES, ALIASES, WEAK_ALIASES, BIRTH_DATE, SEX, NATIONALITY, DOCUMENT_NUMBER,
	ISSUER, DOCUMENT_STATUS, AUTHORITY, PURPOSE, HANDLING_CODE, VALID_FROM, VALID_UNTIL, COLUMNS
};

static const char *const names[COLUMNS] = {"entry_id", "kind", "name", "surname", "given_names", "aliases", "weak_aliases",
	"birth_date", "sex", "nationality", "document_number", "issuer", "document_status", "authority", "purpose",
	"handling_code", "valid_from", "valid_until"};

struct csv {
	struct import *im;
	int at[COLUMNS]; /* -1: none */
	struct csv_row row;
	struct entry entry;
};

static const char *field(const struct csv *c, enum column what)
{
	return c->at[what] >= 0 && (size_t)c->at[what] < c->row.count ? c->row.field[c->at[what]] : "";
}

static int head(struct csv *c, struct reader *r)
{
	for (size_t i = 0; i < COLUMNS; i++)
		c->at[i] = -1;
	for (size_t f = 0; f < c->row.count; f++) {
		size_t i = 0;
		while (i < COLUMNS && !is_text(c->row.field[f], names[i]))
			i++;
		if (i == COLUMNS || c->at[i] >= 0)
			tell(c->im, r->line, LISTS_COLUMN);
		else
			c->at[i] = (int)f;
	}
	if (c->at[ENTRY_ID] >= 0 && (c->at[NAME] >= 0 || c->at[SURNAME] >= 0 || c->at[DOCUMENT_NUMBER] >= 0))
		return PN_OK;
	tell(c->im, r->line, LISTS_NO_HEAD);
	return PN_EFORMAT;
}

/* "A;B;C", each by itself; what is longer than a name can be is told by who takes it. */
static void each(const char *s, void (*take)(struct csv *c, const char *one), struct csv *c)
{
	char one[512];
	while (*s != '\0') {
		size_t n = strcspn(s, ";"), m = n < sizeof one ? n : sizeof one - 1;
		memcpy(one, s, m);
		one[m] = '\0';
		if (n == m)
			take(c, trim(one));
		else
			tell(c->im, c->entry.line, LISTS_TEXT_LONG);
		s += n + (s[n] == ';');
	}
}

/* "SURNAME<<GIVEN", or as entry_name_line has it */
static void name_of(struct csv *c, const char *one, bool weak)
{
	char surname[512];
	const char *given = strstr(one, "<<");
	if (given == NULL) {
		entry_name_line(c->im, &c->entry, one, weak);
		return;
	}
	memcpy(surname, one, (size_t)(given - one));
	surname[given - one] = '\0';
	entry_name_parts(c->im, &c->entry, surname, given + 2, weak);
}

static void alias(struct csv *c, const char *one)
{
	name_of(c, one, false);
}

static void weak_alias(struct csv *c, const char *one)
{
	name_of(c, one, true);
}

static void birth(struct csv *c, const char *one)
{
	entry_birth_text(c->im, &c->entry, one, false);
}

static void nationality(struct csv *c, const char *one)
{
	entry_nationality(c->im, &c->entry, one);
}

static bool code(const char *s, char out[LISTS_CODE_MAX + 1])
{
	if (!is_code(s))
		return false;
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static bool day(const char *s, char out[11])
{
	struct match_birth b[YEARS_MAX];
	size_t count;
	if (s[0] == '\0')
		return true;
	if (strlen(s) != 10 || s[4] != '-' || birth_read(s, false, b, &count) != PN_OK || count != 1 || b[0].day == 0)
		return false;
	memcpy(out, s, 11);
	return true;
}

static bool codes(struct csv *c)
{
	static const char *const states[] = {"", "lost", "stolen", "revoked"};
	struct entry *e = &c->entry;
	size_t i = 0;
	while (i < PN_COUNT(states) && strcmp(states[i], field(c, DOCUMENT_STATUS)) != 0)
		i++;
	if (i == PN_COUNT(states))
		return false;
	e->status = states[i];
	return code(field(c, AUTHORITY), e->authority) && code(field(c, PURPOSE), e->purpose) &&
	       code(field(c, HANDLING_CODE), e->handling) && day(field(c, VALID_FROM), e->valid_from) &&
	       day(field(c, VALID_UNTIL), e->valid_until) &&
	       (e->valid_from[0] == '\0' || e->valid_until[0] == '\0' || strcmp(e->valid_from, e->valid_until) <= 0);
}

static void person(struct csv *c)
{
	entry_name_parts(c->im, &c->entry, field(c, SURNAME), field(c, GIVEN_NAMES), false);
	entry_name_line(c->im, &c->entry, field(c, NAME), false);
	each(field(c, ALIASES), alias, c);
	each(field(c, WEAK_ALIASES), weak_alias, c);
	each(field(c, BIRTH_DATE), birth, c);
	each(field(c, NATIONALITY), nationality, c);
	entry_sex(c->im, &c->entry, field(c, SEX));
}

/* LISTS_REASONS: taken, or told by entry_end. */
static enum lists_reason row(struct csv *c)
{
	struct entry *e = &c->entry;
	const char *kind = field(c, KIND), *number = field(c, DOCUMENT_NUMBER), *reference = field(c, ENTRY_ID);
	bool only_document = is_text(kind, "document");
	for (size_t i = 0; i < c->row.count; i++)
		if (!is_utf8(c->row.field[i]))
			return LISTS_BAD_TEXT;
	if (is_text(kind, "not_this_person") || is_text(kind, "removed"))
		return LISTS_DISMISSAL;
	if (kind[0] != '\0' && !only_document && !is_text(kind, "person"))
		return LISTS_BAD_KIND;
	if (strlen(reference) < sizeof e->reference)
		memcpy(e->reference, reference, strlen(reference) + 1);
	if (!codes(c))
		return LISTS_BAD_CODE;
	if (!only_document)
		person(c);
	entry_document_add(c->im, e, number, field(c, ISSUER), false);
	if (only_document && e->documents == 0)
		return LISTS_NO_NUMBER;
	(void)entry_end(c->im, e);
	return LISTS_REASONS;
}

static int rows(struct csv *c, struct reader *r)
{
	size_t columns;
	char separator = ',';
	int e;
	/* what begins with # before the columns is the head of a list of our own */
	do {
		e = reader_row(r, &c->row, separator);
	} while ((e == PN_OK && c->row.field[0][0] == '#') || (e == PN_EFORMAT && r->line == 1));
	if (e == PN_OK && c->row.count == 1 && strchr(c->row.field[0], ';') != NULL) {
		struct csv_reader again;
		char text[CSV_ROW_MAX];
		separator = ';';
		memcpy(text, c->row.field[0], strlen(c->row.field[0]) + 1);
		csv_open(&again, text, strlen(text));
		e = csv_next(&again, &c->row);
	}
	if (e != PN_OK && e != PN_EIO)
		tell(c->im, r->line > 0 ? r->line : 1, LISTS_NO_HEAD);
	if (e != PN_OK)
		return e == PN_EIO ? e : PN_EFORMAT;
	if (head(c, r) != PN_OK)
		return PN_EFORMAT;
	columns = c->row.count;
	while (c->im->ended == PN_OK) {
		enum lists_reason why = LISTS_REASONS;
		e = reader_row(r, &c->row, separator);
		if (e == PN_ENOTFOUND)
			return PN_OK;
		if (e == PN_EIO)
			return e;
		c->im->counts->rows++;
		entry_begin(&c->entry, r->line);
		if (e != PN_OK)
			why = LISTS_BAD_ROW;
		else
			why = c->row.count == columns ? row(c) : LISTS_BAD_COLUMNS;
		if (why != LISTS_REASONS)
			tell(c->im, r->line, why);
	}
	return c->im->ended;
}

int import_csv(struct import *im, const struct lists_source *source)
{
	struct csv *c = calloc(1, sizeof *c);
	struct reader r = {0};
	int e = PN_ENOMEM;
	if (c != NULL && reader_open(&r, im, source, CSV_ROW_MAX) == PN_OK) {
		c->im = im;
		e = rows(c, &r);
	}
	reader_close(&r);
	if (c != NULL)
		explicit_bzero(c, sizeof *c);
	free(c);
	return e;
}
