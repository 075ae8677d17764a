/* SPDX-License-Identifier: Apache-2.0
 * A watchlist in memory: parsed from a signed CSV file, looked up by hash, persons
 * also by likeness. docs/watchlist.md
 * describes the file. Pure but for malloc. Must never keep an entry whose line it could not read
 * whole.
 */
#ifndef POSTERN_WATCHLIST_LIST_H
#define POSTERN_WATCHLIST_LIST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "match/match.h"

enum { LIST_NAME_MAX = 64, LIST_FIELD_MAX = 96 };

enum list_kind { LIST_DOCUMENT, LIST_PERSON };

struct list_entry {
	enum list_kind kind;
	char id[40], handling_code[40];
	char number[24], issuer[4];
	char surname[LIST_FIELD_MAX], given_names[LIST_FIELD_MAX]; /* folded, see list_fold */
	uint16_t year;
	uint8_t month, day; /* 0: unknown */
};

struct list {
	char id[LIST_NAME_MAX];
	uint64_t version;
	int64_t issued_s; /* since 1970-01-01 UTC */
	struct list_entry *entries;
	size_t count;
	/* Open addressing over entries, keyed by document number or by surname; values are index +
	 * 1, 0 is free. */
	uint32_t *slots;
	size_t slot_count; /* a power of two */
	struct match_index *persons; /* by name; ids are indexes of entries */
};

/* PN_EFORMAT with *line set to the first line that is wrong (1-based). On success *out is the
 * caller's to free. */
int list_parse(const char *bytes, size_t size, struct list **out, unsigned *line) PN_MUST_CHECK;
void list_free(struct list *list);

/* The form in which names are compared: A-Z and single spaces; hyphens become spaces, apostrophes
 * and other marks go (Doc 9303-3 4.6). Returns false when s holds a byte that has no place there.
 */
bool list_fold(const char *s, char *out, size_t size);
#endif
