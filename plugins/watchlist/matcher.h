/* SPDX-License-Identifier: Apache-2.0
 * Finding a traveller on a list. Exact today: document number, and name with birth date; approximate name matching takes
 * its place behind this interface. Several documents are OR-ed, never AND-ed. Must never change the list.
 */
#ifndef POSTERN_WATCHLIST_MATCHER_H
#define POSTERN_WATCHLIST_MATCHER_H
#include "list.h"

enum { MATCHES_MAX = 16 };

struct matcher_query {
	const char *const *numbers;
	size_t number_count;
	const char *issuer, *surname, *given_names;
	unsigned year, month, day; /* 0: unknown */
};

struct matcher_match {
	const struct list_entry *entry;
	const char *basis;   /* "document_number", "name_birth_date" */
	const char *reasons[3];
	size_t reason_count;
};

/* Builds the index; called once by list_parse. */
int matcher_index(struct list *list) PN_MUST_CHECK;
/* At most MATCHES_MAX; the first by document. A birth date matches when every part that both know agrees and the year
 * is known to both. */
size_t matcher_find(const struct list *list, const struct matcher_query *query, struct matcher_match out[MATCHES_MAX]);
#endif
