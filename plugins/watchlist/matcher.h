/* SPDX-License-Identifier: Apache-2.0
 * Finding a traveller on a list: document number, and name with birth date. Names that are equal,
 * or that their zone has cut (Doc 9303-3 4.6), and names that plugins/lib/match finds alike. Several documents are OR-ed,
 * never AND-ed. Must never change the list, nor count a name it could not compare as one it has not
 * found.
 */
#ifndef POSTERN_WATCHLIST_MATCHER_H
#define POSTERN_WATCHLIST_MATCHER_H
#include "list.h"

enum { MATCHES_MAX = 16, MATCHER_REASONS_MAX = 6 };

struct matcher_query {
	const char *const *numbers;
	size_t number_count;
	const char *issuer, *surname, *given_names;
	bool name_truncated;
	unsigned year, month, day; /* 0: unknown */
	const char *sex, *nationality; /* "M", "F", else unknown; ICAO code or empty */
};

struct matcher_match {
	const struct list_entry *entry;
	const char *basis; /* "document_number", "name_birth_date" */
	const char *reasons[MATCHER_REASONS_MAX]; /* catalogue keys */
	size_t reason_count;
	unsigned score_permille; /* 1000: equal */
};

/* Builds the index; called once by list_parse. */
int matcher_index(struct list *list) PN_MUST_CHECK;
/* At most MATCHES_MAX; those by document first; each entry once. A document matches by number, and
 * issuer where the entry names one. A birth date matches when every part that both know agrees; the
 * year must be known to both. A name that may be cut matches when each of its parts begins one of
 * the entry's parts, in order, the first the first. *complete is false when persons could not be
 * searched: no surname, a character that names do not have, or no year of birth. */
size_t matcher_find(const struct list *list, const struct matcher_query *query,
	struct matcher_match out[MATCHES_MAX], bool *complete);
#endif
