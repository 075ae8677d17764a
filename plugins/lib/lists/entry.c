/* SPDX-License-Identifier: Apache-2.0
 * Putting one entry together. Must never keep a part that it has not told of, or tell of one by its content.
 */
#include <string.h>

#include "lists/internal.h"

enum { NUMBER_ALONE_MIN = 6, NAME_TEXT_MAX = 512, WORDS_MAX = 24 };

void tell(struct import *im, uint64_t line, enum lists_reason reason)
{
	im->counts->told[reason]++;
	im->sink->told(im->sink->ctx, im->file, line, reason);
}

/* Not memset: most of it is not looked at before it is written. */
void entry_begin(struct entry *e, uint64_t line)
{
	e->reference[0] = e->authority[0] = e->purpose[0] = e->handling[0] = '\0';
	e->valid_from[0] = e->valid_until[0] = e->sex = '\0';
	e->line = line;
	e->names = e->births = e->documents = e->nationalities = 0;
	e->name_seen = e->nationalities_told = false;
	e->status = "";
}

static void add_name(struct import *im, struct entry *e, struct entry_name *name)
{
	name->weak = name->weak && im->options->weak != LISTS_WEAK_KEEP;
	for (size_t i = 0; i < e->names; i++)
		if (strcmp(e->name[i].surname, name->surname) == 0 && strcmp(e->name[i].given, name->given) == 0) {
			e->name[i].weak = e->name[i].weak && name->weak;
			return;
		}
	if (e->names == ENTRY_NAMES_MAX)
		tell(im, e->line, LISTS_NAMES_MANY);
	else
		e->name[e->names++] = *name;
}

static bool is_dropped(struct import *im, struct entry *e, bool weak)
{
	if (weak && im->options->weak == LISTS_WEAK_DROP)
		tell(im, e->line, LISTS_NAME_WEAK);
	return weak && im->options->weak == LISTS_WEAK_DROP;
}

static void not_taken(struct import *im, struct entry *e, int r)
{
	tell(im, e->line, r == PN_ELIMIT ? LISTS_NAME_LONG : LISTS_NAME_LETTERS);
}

void entry_name_parts(struct import *im, struct entry *e, const char *surname, const char *given, bool weak)
{
	struct entry_name name = {.weak = weak};
	int r;
	if (surname[0] == '\0' && given[0] == '\0')
		return;
	e->name_seen = true;
	if (is_dropped(im, e, weak))
		return;
	r = match_transliterate(surname, name.surname, sizeof name.surname);
	if (r == PN_OK)
		r = match_transliterate(given, name.given, sizeof name.given);
	if (r == PN_OK && name.surname[0] == '\0') {
		memcpy(name.surname, name.given, sizeof name.surname);
		name.given[0] = '\0';
	}
	if (r == PN_OK && name.surname[0] != '\0')
		add_name(im, e, &name);
	else
		not_taken(im, e, r);
}

/* Where the surname begins in A-Z and single spaces: its last word, and the particles before it; never at
 * the first word while there is another that is none. */
static size_t surname_at(const char *plain)
{
	size_t word[WORDS_MAX], count = 0, at;
	for (const char *s = plain; *s != '\0' && count < WORDS_MAX;) {
		word[count++] = (size_t)(s - plain);
		s += strcspn(s, " ");
		s += *s == ' ';
	}
	if (count == 0)
		return 0;
	for (at = count - 1; at > 1; at--) {
		char before[MATCH_WORD_SIZE];
		size_t n = word[at] - 1 - word[at - 1];
		if (n >= sizeof before)
			break;
		memcpy(before, plain + word[at - 1], n);
		before[n] = '\0';
		if (!match_is_particle(before))
			break;
	}
	return word[at];
}

/* Titles in front, as long as words are left behind them. */
static const char *behind_titles(const char *plain)
{
	for (;;) {
		char first[MATCH_WORD_SIZE];
		size_t n = strcspn(plain, " ");
		if (plain[n] == '\0' || n >= sizeof first)
			return plain;
		memcpy(first, plain, n);
		first[n] = '\0';
		if (!match_is_title(first))
			return plain;
		plain += n + 1;
	}
}

void entry_name_line(struct import *im, struct entry *e, const char *text, bool weak)
{
	char plain[NAME_TEXT_MAX], bare[NAME_TEXT_MAX];
	const char *comma, *name;
	struct entry_name n = {.weak = weak};
	size_t at;
	int r;
	if (text[strspn(text, " ")] == '\0')
		return;
	if (without_remarks(text, bare, sizeof bare) && bare[strspn(bare, " ")] != '\0')
		text = bare;
	comma = strchr(text, ',');
	if (comma != NULL && comma > text && (size_t)(comma - text) < sizeof plain) {
		memcpy(plain, text, (size_t)(comma - text));
		plain[comma - text] = '\0';
		entry_name_parts(im, e, plain, comma + 1, weak);
		return;
	}
	e->name_seen = true;
	if (is_dropped(im, e, weak))
		return;
	r = match_transliterate(text, plain, sizeof plain);
	name = behind_titles(plain);
	at = surname_at(name);
	if (r != PN_OK || name[0] == '\0') {
		not_taken(im, e, r);
	} else if (at > sizeof n.given || strlen(name + at) >= sizeof n.surname) {
		tell(im, e->line, LISTS_NAME_LONG);
	} else {
		memcpy(n.surname, name + at, strlen(name + at) + 1);
		if (at > 0)
			memcpy(n.given, name, at - 1);
		add_name(im, e, &n);
	}
}

static bool has_birth(const struct entry *e, struct match_birth b)
{
	for (size_t i = 0; i < e->births; i++)
		if (e->birth[i].year == b.year && e->birth[i].month == b.month && e->birth[i].day == b.day)
			return true;
	return false;
}

void entry_birth_text(struct import *im, struct entry *e, const char *text, bool approximate)
{
	struct match_birth birth[YEARS_MAX];
	size_t count = 0;
	int r;
	if (text[strspn(text, " \t\n\r")] == '\0')
		return;
	r = birth_read(text, approximate, birth, &count);
	if (r != PN_OK)
		tell(im, e->line, r == PN_ELIMIT ? LISTS_BIRTH_RANGE : LISTS_BIRTH_FORM);
	for (size_t i = 0; i < count; i++) {
		if (has_birth(e, birth[i]))
			continue;
		if (e->births == ENTRY_BIRTHS_MAX) {
			tell(im, e->line, LISTS_BIRTHS_MANY);
			return;
		}
		im->counts->partial_births += birth[i].day == 0;
		im->counts->dummy_births += birth[i].day == 1 && birth[i].month == 1;
		e->birth[e->births++] = birth[i];
	}
}

void entry_sex(struct import *im, struct entry *e, const char *text)
{
	if (text[0] == '\0')
		return;
	if (is_text(text, "male") || is_text(text, "m"))
		e->sex = 'M';
	else if (is_text(text, "female") || is_text(text, "f"))
		e->sex = 'F';
	else
		tell(im, e->line, LISTS_SEX);
}

void entry_nationality(struct import *im, struct entry *e, const char *text)
{
	const char *code;
	if (text[0] == '\0' || is_text(text, "na"))
		return;
	code = lists_country(text);
	if (code == NULL) {
		tell(im, e->line, LISTS_COUNTRY);
		return;
	}
	for (size_t i = 0; i < e->nationalities; i++)
		if (strcmp(e->nationality[i], code) == 0)
			return;
	if (e->nationalities < ENTRY_STATES_MAX) {
		memcpy(e->nationality[e->nationalities++], code, strlen(code) + 1);
	} else if (!e->nationalities_told) {
		e->nationalities_told = true;
		tell(im, e->line, LISTS_NATIONALITIES);
	}
}

void entry_document_add(
	struct import *im, struct entry *e, const char *number, const char *country, bool by_number)
{
	struct entry_document d = {.issuer = ""};
	const char *code = country != NULL && country[0] != '\0' ? lists_country(country) : NULL;
	if (number[strspn(number, " \t\n\r")] == '\0')
		return;
	if (code != NULL)
		memcpy(d.issuer, code, strlen(code) + 1);
	if (!document_number(number, d.number))
		tell(im, e->line, LISTS_DOCUMENT_NUMBER);
	else if (code == NULL && (by_number || strlen(d.number) < NUMBER_ALONE_MIN))
		tell(im, e->line, LISTS_DOCUMENT_ISSUER);
	else if (e->documents == ENTRY_DOCUMENTS_MAX)
		tell(im, e->line, LISTS_DOCUMENTS_MANY);
	else {
		for (size_t i = 0; i < e->documents; i++)
			if (memcmp(&e->document[i], &d, sizeof d) == 0)
				return;
		e->document[e->documents++] = d;
	}
}

bool entry_end(struct import *im, struct entry *e)
{
	char id[LISTS_ID_MAX + 1];
	enum lists_reason why = LISTS_REASONS;
	if (lists_entry_id(im->options->issuer, e->reference, id) != PN_OK)
		why = LISTS_NO_REFERENCE;
	else if (e->names == 0 && (e->name_seen || e->documents == 0))
		why = e->name_seen ? LISTS_NO_NAME_IN_LETTERS : LISTS_NO_NAME;
	if (why != LISTS_REASONS) {
		tell(im, e->line, why);
		return false;
	}
	im->counts->entries++;
	write_entry(im, id, e);
	return true;
}
