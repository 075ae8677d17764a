/* SPDX-License-Identifier: Apache-2.0
 * What OFAC writes into an SDN's remarks: items separated by semicolons, the last ended by a full stop: "DOB 01 Jan
 * 1962", "alt. DOB 1963", "nationality Iran", "citizen Cuba", "Gender Male", "Passport A1234 (Iran) expires ...",
 * and weak aliases in quotes, "a.k.a. 'NAME'". Items of other kinds say nothing that a list compares. Must never
 * take an item for one that its first words do not name.
 */
#include <string.h>

#include "lists/internal.h"

enum { STATE_MAX = 96 };

/* Behind the word, or NULL. */
static const char *behind(const char *s, const char *word)
{
	return begins_with(s, word) ? s + strlen(word) : NULL;
}

static void weak_name(struct import *im, struct entry *e, const char *s)
{
	char name[256];
	const char *from = strchr(s, '\''), *to = from != NULL ? strrchr(from + 1, '\'') : NULL;
	if (to == NULL)
		return;
	if ((size_t)(to - from) > sizeof name) {
		tell(im, e->line, LISTS_NAME_LONG);
		return;
	}
	memcpy(name, from + 1, (size_t)(to - from - 1));
	name[to - from - 1] = '\0';
	entry_name_line(im, e, name, true);
}

/* "Passport A1234 (Iran) expires 12 Mar 2015": number and State of it. */
static void document(struct import *im, struct entry *e, const char *number, bool by_number)
{
	char state[STATE_MAX] = "", plain[160];
	const char *open = strchr(number, '('), *close = open != NULL ? strchr(open, ')') : NULL;
	size_t n = strcspn(number, "(");
	const char *more[] = {" expires", " issued", " issue", " Expires", " Issued"};
	if (close != NULL && (size_t)(close - open) <= sizeof state) {
		memcpy(state, open + 1, (size_t)(close - open - 1));
		state[close - open - 1] = '\0';
	}
	if (n >= sizeof plain) {
		tell(im, e->line, LISTS_DOCUMENT_NUMBER);
		return;
	}
	memcpy(plain, number, n);
	plain[n] = '\0';
	for (size_t i = 0; i < PN_COUNT(more); i++) {
		char *at = strstr(plain, more[i]);
		if (at != NULL)
			*at = '\0';
	}
	entry_document_add(im, e, trim(plain), state, by_number);
}

static void item(struct import *im, struct entry *e, const char *s)
{
	static const struct {
		const char *word;
		bool by_number;
	} documents[] = {{"Passport ", false}, {"Diplomatic Passport ", false}, {"Service Passport ", false},
		{"Stateless Person Passport ", false}, {"Travel Document Number ", false},
		{"Refugee ID Card ", true}, {"National ID No. ", true}, {"Identification Number ", true},
		{"Identity Card ", true}, {"Cedula No. ", true}, {"Residency Number ", true}};
	const char *rest = behind(s, "alt. ");
	s = rest != NULL ? rest : s;
	if ((rest = behind(s, "DOB ")) != NULL)
		entry_birth_text(im, e, rest, false);
	else if ((rest = behind(s, "nationality ")) != NULL || (rest = behind(s, "citizen ")) != NULL)
		entry_nationality(im, e, rest);
	else if ((rest = behind(s, "Gender ")) != NULL)
		entry_sex(im, e, rest);
	else if (begins_with(s, "a.k.a. '") || begins_with(s, "f.k.a. '") || begins_with(s, "n.k.a. '"))
		weak_name(im, e, s);
	for (size_t i = 0; i < PN_COUNT(documents); i++)
		if ((rest = behind(s, documents[i].word)) != NULL)
			document(im, e, rest, documents[i].by_number);
}

void ofac_remarks(struct import *im, struct entry *e, char *remarks)
{
	for (char *s = remarks; *s != '\0';) {
		size_t n = strcspn(s, ";");
		bool last = s[n] == '\0';
		s[n] = '\0';
		trim(s);
		size_t m = strlen(s);
		if (last && m > 0 && s[m - 1] == '.')
			s[m - 1] = '\0';
		item(im, e, s);
		s += n + !last;
	}
}
