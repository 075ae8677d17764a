/* SPDX-License-Identifier: Apache-2.0
 * Inside of plugins/lib/lists. Must never be included from outside the folder but by its own tests.
 */
#ifndef POSTERN_LIB_LISTS_INTERNAL_H
#define POSTERN_LIB_LISTS_INTERNAL_H
#include "lists/lists.h"
#include "match/csv.h"
#include "match/match.h"

enum {
	ENTRY_NAMES_MAX = 256,
	ENTRY_BIRTHS_MAX = 32,
	ENTRY_DOCUMENTS_MAX = 64,
	ENTRY_STATES_MAX = 4, /* as the watchlist takes it */
	ENTRY_NAME_SIZE = 96, /* as the watchlist's reader takes it */
	NUMBER_SIZE = 24,
	REFERENCE_SIZE = 512,
	YEARS_MAX = 24, /* the longest range of birth years */
	BIRTHS_A_LINE = 8,
	ALIASES_A_LINE = 32
};

struct entry_name {
	char surname[ENTRY_NAME_SIZE], given[ENTRY_NAME_SIZE]; /* A-Z and single spaces */
	bool weak;
};

struct entry_document {
	char number[NUMBER_SIZE], issuer[4];
};

/* One person, or one document alone, as it is put together. */
struct entry {
	char reference[REFERENCE_SIZE];
	uint64_t line;
	struct entry_name name[ENTRY_NAMES_MAX];
	size_t names;
	bool name_seen; /* some name, taken or not */
	struct match_birth birth[ENTRY_BIRTHS_MAX];
	size_t births;
	struct entry_document document[ENTRY_DOCUMENTS_MAX];
	size_t documents;
	char sex, nationality[ENTRY_STATES_MAX][4];
	size_t nationalities;
	bool nationalities_told; /* more than can be kept */
	/* of LISTS_CSV; "": as the options say */
	const char *status;
	char authority[LISTS_CODE_MAX + 1], purpose[LISTS_CODE_MAX + 1], handling[LISTS_CODE_MAX + 1];
	char valid_from[11], valid_until[11];
};

/* What an import carries along. */
struct import {
	const struct lists_options *options;
	const struct lists_sink *sink;
	struct lists_counts *counts;
	unsigned file;
	int ended; /* not PN_OK: by the sink */
};

void tell(struct import *im, uint64_t line, enum lists_reason reason);

/* --- an entry's parts: what cannot be taken is told --- */
void entry_begin(struct entry *e, uint64_t line);
void entry_name_parts(struct import *im, struct entry *e, const char *surname, const char *given, bool weak);
/* "Surname, Given", else the last word, with the particles before it, is the surname. What stands in parentheses is a
 * remark on the name. */
void entry_name_line(struct import *im, struct entry *e, const char *name, bool weak);
void entry_birth_text(struct import *im, struct entry *e, const char *text, bool approximate);
void entry_sex(struct import *im, struct entry *e, const char *text);
void entry_nationality(struct import *im, struct entry *e, const char *text);
/* country may be NULL or empty. by_number: the number says nothing without its State. */
void entry_document_add(
	struct import *im, struct entry *e, const char *number, const char *country, bool by_number);
/* Tells why it cannot be, or writes its lines. True: taken. */
bool entry_end(struct import *im, struct entry *e);
/* Is it what somebody travels with? *by_number as above. False: no. */
bool document_kind(const char *text, bool *by_number);
/* A-Z and digits of what a publisher wrote; false: cannot be told. */
bool document_number(const char *text, char out[NUMBER_SIZE]);

/* Dates in words. PN_EFORMAT; PN_ELIMIT: too long a range. */
int birth_read(const char *text, bool approximate, struct match_birth out[YEARS_MAX], size_t *count)
	PN_MUST_CHECK;

/* One line of a document of that entry. */
void write_document(struct import *im, const char *id, const struct entry *e, const struct entry_document *d);
/* All lines of the entry; returns false when ended. */
void write_entry(struct import *im, const char *id, const struct entry *e);

/* --- bytes --- */
enum { READER_CHUNK = 65536 };

struct reader {
	struct import *im;
	const struct lists_source *source;
	char *bytes; /* room of limit + READER_CHUNK */
	size_t limit, at, have, most; /* most: that was ever used, and is wiped */
	uint64_t read, told, line; /* line: of what came last, from 1 */
	uint64_t next_line;
	bool end, failed;
};

int reader_open(struct reader *r, struct import *im, const struct lists_source *source, size_t limit)
	PN_MUST_CHECK;
/* Up to READER_CHUNK bytes as they are; 0 at the end. For the parsers that split by themselves. */
ssize_t reader_chunk(struct reader *r, char *to, size_t size);
/* The next line without its end, NUL-terminated in place. PN_ENOTFOUND: no more; PN_ELIMIT: too long, and
 * passed; PN_EIO. */
int reader_line(struct reader *r, char **line, size_t *size) PN_MUST_CHECK;
/* The next row of CSV (RFC 4180; also lines that end in CR alone, as OFAC's specification has them).
 * PN_EFORMAT: a wrong row, of which one line is passed. */
int reader_row(struct reader *r, struct csv_row *row, char separator) PN_MUST_CHECK;
void reader_close(struct reader *r);

/* --- formats: one file each, but OFAC's, whose files belong together --- */
int import_un(struct import *im, const struct lists_source *source) PN_MUST_CHECK;
int import_csv(struct import *im, const struct lists_source *source) PN_MUST_CHECK;
int import_ofac(struct import *im, const struct lists_source *sources, size_t count) PN_MUST_CHECK;
int import_ftm(struct import *im, const struct lists_source *sources, size_t count) PN_MUST_CHECK;
void ofac_remarks(struct import *im, struct entry *e, char *remarks);

/* --- small words --- */
/* In place: without white space at both ends, runs of it made one space. */
char *trim(char *s);
/* s without what stands in parentheses, also in one that is not closed; false: does not fit. */
bool without_remarks(const char *s, char *out, size_t size);
/* Is it that word, capitals or not? */
bool is_text(const char *a, const char *b);
bool begins_with(const char *s, const char *word);
bool is_code(const char *s);
bool is_utf8(const char *s);

/* 64 bits of a text's SHA-256, and a set or table of them. */
uint64_t text_key(const char *s);
struct keys {
	struct {
		uint64_t key;
		size_t value;
	} *slot;
	size_t count, room; /* a power of two */
};
/* PN_ECONFLICT: it is there already. */
int keys_add(struct keys *k, uint64_t key, size_t value) PN_MUST_CHECK;
bool keys_find(const struct keys *k, uint64_t key, size_t *value);
void keys_free(struct keys *k);
#endif
