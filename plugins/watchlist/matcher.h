/* SPDX-License-Identifier: Apache-2.0
 * Finding a traveller on a list and its changes: document number, and name with birth date. Names
 * that are equal, or that their zone has cut (Doc 9303-3 4.6), and names that plugins/lib/match
 * finds alike. Several documents are OR-ed, never AND-ed. Must never change the list, nor count a
 * name it could not compare as one it has not found, nor drop a match without saying that it did.
 */
#ifndef POSTERN_WATCHLIST_MATCHER_H
#define POSTERN_WATCHLIST_MATCHER_H
#include "list.h"

enum { MATCHES_MAX = 16, DISMISSED_MAX = 4, MATCHER_REASONS_MAX = 6, MATCHER_HASHES_MAX = 8 };

struct matcher_query {
	const char *const *numbers;
	size_t number_count;
	const char *issuer, *surname, *given_names;
	bool name_truncated;
	unsigned year, month, day;     /* 0: unknown */
	const char *sex, *nationality; /* "M", "F", else unknown; ICAO code or empty */
	uint32_t today;                /* YYYYMMDD; 0: entries count whatever their validity */
	unsigned dismissal_days; /* a "not this person" counts when given for at most so many; 0:
				    none counts */
	const char *purposes;    /* "border,asylum": entries of these and of none; NULL: of any */
};

struct matcher_match {
	struct list_entry entry;
	size_t index; /* of the entry in its list */
	const struct list *list;
	const char *basis;                        /* "document_number", "name_birth_date" */
	const char *reasons[MATCHER_REASONS_MAX]; /* catalogue keys */
	size_t reason_count;
	unsigned score_permille; /* 1000: equal */
};

struct matcher_found {
	struct matcher_match match[MATCHES_MAX], dismissed[DISMISSED_MAX];
	size_t count, dismissed_count;
	/* False when persons could not be searched: no surname, a character that names do not have,
	 * or no year of birth. */
	bool complete;
};

/* Builds the index; called once by list_parse. */
int matcher_index(struct list *list) PN_MUST_CHECK;

/* The next entry with that key after the place, all zero at first. False: no more. */
struct matcher_place {
	size_t at, index; /* index: of the entry */
	bool begun;
	struct list_entry entry;
};
bool matcher_next(const struct list *list, enum list_kind kind, const char *first,
	const char *second, struct matcher_place *place);
/* Whose names may begin as this surname does, which a zone may have cut: list->beginners from
 * *begin up to *end. */
void matcher_beginners(const struct list *list, const char *surname, size_t *begin, size_t *end);
/* Do these changes say what becomes of the base's entry of that id? */
bool matcher_replaces(const struct list *changes, const char *id);

/* Those by document first; each entry once. A document matches by number, and issuer where the
 * entry names one. A birth date matches when every part that both know agrees; the year must be
 * known to both. A name that may be cut matches when each of its parts begins one of the entry's
 * parts, in order, the first the first. An entry that the changes replace (NULL: none), that is not
 * valid today, or of another purpose is no match. A person of whom an officer has said "not this
 * person" of the traveller's document is dismissed. */
void matcher_find(const struct list *list, const struct list *changes,
	const struct matcher_query *query, struct matcher_found *out);
#endif
