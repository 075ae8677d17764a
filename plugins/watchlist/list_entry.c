/* SPDX-License-Identifier: Apache-2.0
 * The columns of one line. Must never guess a field, nor write beyond the column that it folds.
 */
#include <ctype.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"
#include "list.h"

enum column {
	ENTRY_ID,
	KIND,
	DOCUMENT_NUMBER,
	ISSUER,
	DOCUMENT_STATUS,
	SURNAME,
	GIVEN_NAMES,
	ALIASES = LIST_ALIASES,
	BIRTH_DATE,
	SEX,
	NATIONALITY,
	AUTHORITY,
	PURPOSE,
	HANDLING_CODE,
	VALID_FROM,
	VALID_UNTIL
};

enum { NUMBER_MAX = 23, ID_MAX = 63, CODE_MAX = 39, BIRTH_SIZE = 10 };

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
static const char word[] = CAPITALS "abcdefghijklmnopqrstuvwxyz" DIGITS "._:/-";

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

/* In place: a folded name is never longer. */
static bool fold_here(char *s)
{
	char folded[LIST_FIELD_MAX];
	if (!list_fold(s, folded, sizeof folded))
		return false;
	memcpy(s, folded, strlen(folded) + 1);
	return true;
}

static bool exists(uint64_t y, uint64_t m, uint64_t d)
{
	static const uint8_t days[] = {31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return y >= 1850 && y <= 2999 && m <= 12 && d <= days[m] && (m != 2 || d < 29 || leap);
}

/* YYYY-MM-DD at the beginning of s; month and day may be 00. */
static bool date_at(const char *s, struct match_birth *out)
{
	uint64_t y, m, d;
	const char *at = s;
	if (!text_number(&at, &y) || at != s + 4 || !text_word(&at, "-") || !text_number(&at, &m) ||
		at != s + 7 || !text_word(&at, "-") || !text_number(&at, &d) ||
		at != s + BIRTH_SIZE || !exists(y, m, d))
		return false;
	*out = (struct match_birth){(uint16_t)y, (uint8_t)m, (uint8_t)d};
	return true;
}

static bool births_of(const char *s, struct list_entry *e)
{
	struct match_birth birth;
	size_t n = 0;
	e->more_births = "";
	if (s[0] == '\0')
		return true;
	for (;; s++) {
		if (n == LIST_BIRTHS_MAX || !date_at(s, &birth))
			return false;
		if (n++ == 0) {
			e->year = birth.year;
			e->month = birth.month;
			e->day = birth.day;
		}
		s += BIRTH_SIZE;
		if (*s == '\0')
			return true;
		if (*s != ';')
			return false;
		if (n == 1)
			e->more_births = s + 1;
	}
}

static bool day_of(const char *s, uint32_t *out)
{
	struct match_birth day;
	*out = 0;
	if (s[0] == '\0')
		return true;
	if (!date_at(s, &day) || s[BIRTH_SIZE] != '\0' || day.month == 0 || day.day == 0)
		return false;
	*out = day.year * UINT32_C(10000) + day.month * UINT32_C(100) + day.day;
	return true;
}

static bool consists_of(const char *s, const char *letters)
{
	return s[strspn(s, letters)] == '\0';
}

static bool is_word(const char *s, size_t most)
{
	return strlen(s) <= most && consists_of(s, word);
}

static bool code_of(const char *s, char out[4])
{
	return text_copy(out, 4, s) && consists_of(out, CAPITALS);
}

static bool states_of(const char *s, struct list_entry *e)
{
	for (size_t i = 0; *s != '\0'; i++) {
		char one[4];
		size_t n = strcspn(s, ";");
		if (i == LIST_STATES_MAX || n == 0 || n >= sizeof one ||
			(s[n] == ';' && s[n + 1] == '\0'))
			return false;
		memcpy(one, s, n);
		one[n] = '\0';
		if (!code_of(one, e->nationality[i]))
			return false;
		s += n + (s[n] == ';');
	}
	return true;
}

/* Which of these it is; -1: none. */
static int one_of(const char *s, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(s, names[i]) == 0)
			return (int)i;
	return -1;
}

/* "SURNAME<<GIVEN NAMES;..."; the two fillers always, so that what is kept is never longer. */
static bool aliases_of(char *s, struct list_entry *e)
{
	char *to = s;
	e->aliases = s;
	while (*s != '\0') {
		size_t n = strcspn(s, ";");
		char *next = s + n + (s[n] == ';'), *given;
		s[n] = '\0';
		given = strstr(s, "<<");
		if (given == NULL || e->alias_count + 1 == LIST_NAMES_MAX)
			return false;
		*given = '\0';
		given += 2;
		if (!fold_here(s) || s[0] == '\0' || !fold_here(given))
			return false;
		n = strlen(s) + 1;
		memmove(to, s, n);
		to += n;
		n = strlen(given) + 1;
		memmove(to, given, n);
		to += n;
		e->alias_count++;
		s = next;
	}
	return true;
}

static bool is_whole(const struct list_entry *e, bool changes)
{
	switch ((enum list_kind)e->kind) {
	case LIST_DOCUMENT:
		return e->number[0] != '\0';
	case LIST_PERSON:
		return e->surname[0] != '\0';
	case LIST_NOT_THIS_PERSON:
		return strlen(e->number) == LIST_HASH_DIGITS && e->from != 0 && e->until != 0 &&
		       e->authority[0] != '\0';
	case LIST_REMOVED:
		return changes;
	}
	return false;
}

/* What the columns say, but for the aliases. False: one of them says nothing that could be. */
static bool fill(char *columns[LIST_COLUMNS], struct list_entry *e)
{
	static const char *const kinds[] = {"document", "person", "not_this_person", "removed"};
	static const char *const states[] = {"", "lost", "stolen", "revoked"};
	int kind = one_of(columns[KIND], kinds, PN_COUNT(kinds));
	int status = one_of(columns[DOCUMENT_STATUS], states, PN_COUNT(states));
	const char *sex = columns[SEX];
	memset(e, 0, sizeof *e);
	if (kind < 0 || status < 0 || !code_of(columns[ISSUER], e->issuer) ||
		!states_of(columns[NATIONALITY], e) || !births_of(columns[BIRTH_DATE], e) ||
		!day_of(columns[VALID_FROM], &e->from) || !day_of(columns[VALID_UNTIL], &e->until))
		return false;
	if (sex[0] != '\0' && strcmp(sex, "M") != 0 && strcmp(sex, "F") != 0)
		return false;
	e->sex = sex[0];
	e->kind = (uint8_t)kind;
	e->status = (uint8_t)status;
	e->id = columns[ENTRY_ID];
	e->number = columns[DOCUMENT_NUMBER];
	e->surname = columns[SURNAME];
	e->given_names = columns[GIVEN_NAMES];
	e->authority = columns[AUTHORITY];
	e->purpose = columns[PURPOSE];
	e->handling_code = columns[HANDLING_CODE];
	return true;
}

bool list_entry_read(char *columns[LIST_COLUMNS], bool changes, struct list_entry *e)
{
	if (!fill(columns, e) || e->id[0] == '\0' || (e->until != 0 && e->until < e->from))
		return false;
	if (e->kind == LIST_NOT_THIS_PERSON ? !consists_of(e->number, DIGITS "abcdef")
					    : strlen(e->number) > NUMBER_MAX ||
						      !consists_of(e->number, CAPITALS DIGITS))
		return false;
	return is_word(e->id, ID_MAX) && fold_here(columns[SURNAME]) &&
	       fold_here(columns[GIVEN_NAMES]) && aliases_of(columns[LIST_ALIASES], e) &&
	       is_word(e->authority, CODE_MAX) && is_word(e->purpose, CODE_MAX) &&
	       is_word(e->handling_code, CODE_MAX) && is_whole(e, changes);
}

void list_entry_again(char *columns[LIST_COLUMNS], struct list_entry *e)
{
	(void)fill(columns, e);
	e->aliases = columns[LIST_ALIASES];
	for (const char *s = e->aliases; *s != '\0'; e->alias_count++) {
		s += strlen(s) + 1;
		s += strlen(s) + 1;
	}
}

bool list_entry_is_valid(const struct list_entry *e, uint32_t day)
{
	return day == 0 || (day >= e->from && (e->until == 0 || day <= e->until));
}

bool list_entry_name(const struct list_entry *e, unsigned *at, struct list_name *name)
{
	if (*at > e->alias_count)
		return false;
	if (*at == 0) {
		*name = (struct list_name){e->surname, e->given_names, e->aliases};
	} else {
		const char *given = name->next + strlen(name->next) + 1;
		*name = (struct list_name){name->next, given, given + strlen(given) + 1};
	}
	++*at;
	return true;
}

bool list_entry_birth(const struct list_entry *e, unsigned *at, struct match_birth *birth)
{
	size_t more = (strlen(e->more_births) + 1) / (BIRTH_SIZE + 1);
	if (*at > more)
		return false;
	if (*at == 0)
		*birth = (struct match_birth){e->year, e->month, e->day};
	else if (!date_at(e->more_births + (size_t)(*at - 1) * (BIRTH_SIZE + 1), birth))
		return false;
	++*at;
	return true;
}

int list_pair_hash(const char *issuer, const char *number, char out[LIST_HASH_DIGITS + 1])
{
	char statement[128];
	uint8_t digest[SHA256_DIGEST_LENGTH];
	int n = snprintf(statement, sizeof statement, "postern-pair 1 %s %s\n", issuer, number);
	out[0] = '\0';
	if (n < 0 || (size_t)n >= sizeof statement)
		return PN_ELIMIT;
	SHA256((const uint8_t *)statement, (size_t)n, digest);
	hex_encode(out, digest, sizeof digest);
	explicit_bzero(statement, sizeof statement);
	return PN_OK;
}
