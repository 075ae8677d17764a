/* SPDX-License-Identifier: Apache-2.0
 * Reading what publishers of lists give out, and writing it as lines of a watchlist
 * (postern-watchlist(5)). Pure: memory only, no file, no clock; bytes come through a function. What is
 * kept is bounded by one row, but for OFAC's persons, and for the ids and documents of a
 * FollowTheMoney file. Must never leave out a row, or a part of one, without telling so.
 *
 * Sources: UN Security Council, consolidated list, XML schema of un.org/sc/resources/sc-sanctions.xsd;
 * US Treasury, OFAC, SDN data specification (dat_spec.txt) of 25 September 2023; FollowTheMoney,
 * schemata Thing, LegalEntity, Person, Identification and Passport, as OpenSanctions' entities.ftm.json
 * has them.
 */
#ifndef POSTERN_LIB_LISTS_H
#define POSTERN_LIB_LISTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum lists_format { LISTS_UN, LISTS_OFAC, LISTS_FTM, LISTS_CSV };

/* Names that their publisher calls weak, of low quality. */
enum lists_weak {
	LISTS_WEAK_MARK, /* on lines of their own, with a handling code of their own */
	LISTS_WEAK_KEEP, /* as good as the others */
	LISTS_WEAK_DROP  /* left out and counted */
};

enum { LISTS_LINE_MAX = 4096, LISTS_FILES_MAX = 64, LISTS_CODE_MAX = 39, LISTS_ID_MAX = 63 };

struct lists_options {
	const char *issuer;  /* stands before each reference, and is the authority; of LISTS_CSV it may be
				NULL: ids and authorities are then the rows' own */
	const char *purpose; /* where a row has none of its own; may be NULL */
	const char *handling, *weak_handling; /* likewise */
	enum lists_weak weak;
	const char *topics; /* LISTS_FTM: "sanction,wanted": only who has one of these; NULL: everybody */
};

/* read: as read(2), without EINTR: 0 at the end, negative: cannot be read. */
struct lists_source {
	ssize_t (*read)(void *ctx, char *to, size_t size);
	void *ctx;
};

/* What becomes of what cannot be taken. */
enum lists_fate {
	LISTS_REFUSED,	   /* a row that should have been an entry */
	LISTS_PASSED_OVER, /* a row that is none: an organisation, an address */
	LISTS_LEFT_OUT,	   /* a part of a row; the rest is taken */
	LISTS_FATAL,	   /* the file is not what it should be, from here on */
	LISTS_FATES
};

enum lists_reason {
#define REASON(code, fate, text) LISTS_##code,
#include "lists/reasons.def"
#undef REASON
	LISTS_REASONS
};

enum lists_fate lists_reason_fate(enum lists_reason r);
const char *lists_reason_text(enum lists_reason r);
/* "NO_NAME", for programs. */
const char *lists_reason_name(enum lists_reason r);

struct lists_counts {
	uint64_t rows; /* read, of any kind */
	uint64_t entries, lines, names, weak_names, documents;
	uint64_t partial_births, dummy_births; /* without month or day; 1 January */
	uint64_t told[LISTS_REASONS];
};

/* What comes out. line: one line of a watchlist, without its end, 16 columns, of letters that the
 * reader takes; anything but PN_OK ends the import with it. row: of that file, from 1. */
struct lists_sink {
	void *ctx;
	int (*line)(void *ctx, const char *line);
	void (*told)(void *ctx, unsigned file, uint64_t line, enum lists_reason reason);
	void (*progress)(void *ctx, unsigned file, uint64_t bytes); /* some times in a megabyte */
};

/* Opens what a library opens once: before the sandbox of the reading process is closed. */
void lists_prepare(void);

/* Files in any order. PN_EFORMAT: told as LISTS_FATAL; PN_EIO, PN_ENOMEM, PN_EINVAL (options). counts
 * hold what was done so far in every case. */
int lists_import(enum lists_format format, const struct lists_options *options,
	const struct lists_source *sources, size_t count, const struct lists_sink *sink,
	struct lists_counts *counts) PN_MUST_CHECK;

/* The code of a State or nationality as Doc 9303-3 section 5 has it ("D", "GBR"), from such a code, one of
 * ISO 3166-1 with two letters, or an English name. NULL: not known. */
const char *lists_country(const char *name);

/* ISSUER:REFERENCE; where that has letters that an id may not have, or is too long, ISSUER:h- and 32
 * digits of the reference's SHA-256. issuer NULL: the reference, PN_EFORMAT where it is none. */
int lists_entry_id(
	const char *issuer, const char *reference, char out[LISTS_ID_MAX + 1]) PN_MUST_CHECK;
#endif
