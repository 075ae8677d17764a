/* SPDX-License-Identifier: Apache-2.0
 * A watchlist in memory: parsed from a signed CSV file, looked up by hash, persons also by
 * likeness. docs/watchlist.md describes the file. Pure but for malloc. Must never keep an entry
 * whose line it could not read whole.
 */
#ifndef POSTERN_WATCHLIST_LIST_H
#define POSTERN_WATCHLIST_LIST_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "match/match.h"

enum {
	LIST_NAME_MAX = 64,
	LIST_FIELD_MAX = 96, /* a name, an id, with the terminator */
	LIST_LINE_MAX = 4096,
	LIST_NAMES_MAX = 33, /* of one line */
	LIST_BIRTHS_MAX = 8,
	LIST_STATES_MAX = 4,
	LIST_HASH_DIGITS = 64
};

enum list_kind {
	LIST_DOCUMENT,
	LIST_PERSON,
	LIST_NOT_THIS_PERSON, /* number: the hash of the traveller's document, list_pair_hash */
	LIST_REMOVED          /* only in a list of changes: the base's entry of that id is gone */
};

enum list_status { LIST_LISTED, LIST_LOST, LIST_STOLEN, LIST_REVOKED };

/* An entry as list_entry_at() puts it together. The strings lie in the list's text; "" where the
 * line has none. */
struct list_entry {
	const char *id, *handling_code, *number, *authority, *purpose;
	const char *surname, *given_names; /* folded, see list_fold */
	const char *aliases;               /* surname, NUL, given names, NUL and so on */
	const char *more_births;           /* YYYY-MM-DD;... */
	uint32_t from, until;              /* YYYYMMDD, both inclusive; 0: no limit */
	uint16_t year;                     /* 0: unknown */
	uint8_t month, day;                /* 0: unknown */
	uint8_t kind, status, alias_count;
	char sex;                                        /* 'M', 'F', else '\0' */
	char issuer[4], nationality[LIST_STATES_MAX][4]; /* after the last "" */
};

struct list {
	char id[LIST_NAME_MAX];
	uint64_t version, base;      /* base: of what version it is the changes; 0: a whole list */
	int64_t issued_s, expires_s; /* since 1970-01-01 UTC; expires_s 0: never */
	char *text; /* the file's; each line that was read cut into strings, where it stood */
	size_t text_size;
	bool narrow;         /* a file of before, with fewer columns */
	uint32_t *lines;     /* of each entry the place of its line in the text */
	size_t count, names; /* names: of persons, all of them */
	/* Open addressing over entries, keyed by document number or by a name; values are index +
	 * 1, 0 is free. */
	uint32_t *slots;
	size_t slot_count; /* a power of two */
	uint32_t *ids;     /* the same by id; only of changes */
	size_t id_count;
	/* Persons' entries once for each name, by the first letters of the surname: those of bucket
	 * b are at begins[b] up to begins[b + 1]. For names that a zone has cut. */
	uint32_t *begins, *beginners;
	struct match_index *persons; /* by name; ids are indexes of entries */
};

enum { LIST_BYTES_MAX = 1024 * 1024 * 1024 }; /* of a list's file */

/* PN_EFORMAT with *line set to the first line that is wrong (1-based). On success *out is the
 * caller's to free. */
int list_parse(const char *bytes, size_t size, struct list **out, unsigned *line) PN_MUST_CHECK;
/* The same without a copy: bytes has room for one more, and becomes the list's or is wiped and
 * freed, whatever is returned. */
int list_take(char *bytes, size_t size, struct list **out, unsigned *line) PN_MUST_CHECK;
void list_free(struct list *list);
/* i < count. Valid as long as the list. */
void list_entry_at(const struct list *list, size_t i, struct list_entry *out);

/* One line's columns, in the order of the file with all of them; cuts and folds them in place.
 * False: one is wrong. */
enum { LIST_COLUMNS = 16, LIST_ALIASES = 7 };
bool list_entry_read(char *columns[LIST_COLUMNS], bool changes, struct list_entry *out);
/* The same of columns that were read before, without looking for what is wrong; the aliases end
 * with an empty string. */
void list_entry_again(char *columns[LIST_COLUMNS], struct list_entry *out);
/* Is it valid on that day (YYYYMMDD)? 0: whenever. */
bool list_entry_is_valid(const struct list_entry *e, uint32_t day);
/* The names one after the other, *at 0 at first. False: no more. */
struct list_name {
	const char *surname, *given_names, *next;
};
bool list_entry_name(const struct list_entry *e, unsigned *at, struct list_name *name);
/* The same of birth dates; one without a year stands for none. */
bool list_entry_birth(const struct list_entry *e, unsigned *at, struct match_birth *birth);

/* The form in which names are compared: A-Z and single spaces; hyphens become spaces, apostrophes
 * and other marks go (Doc 9303-3 4.6). Returns false when s holds a byte that has no place there.
 */
bool list_fold(const char *s, char *out, size_t size);
/* SHA-256 of "postern-pair 1 ISSUER NUMBER\n", in small hexadecimal digits: names a traveller's
 * document beside an entry without saying it in clear. */
int list_pair_hash(
	const char *issuer, const char *number, char out[LIST_HASH_DIGITS + 1]) PN_MUST_CHECK;
#endif
