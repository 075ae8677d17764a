/* SPDX-License-Identifier: Apache-2.0
 * The registers that a State keeps elsewhere and the gates ask about: permits (visas, residence permits), travel
 * authorisations, entry bans. Each is one CSV file, a register whole; the store holds it under the keyed pseudonyms of
 * history.h. A file that has changed is taken over in slices between requests: it is in force with its last line, or
 * not at all, and what was in force before answers until then. Must never answer from half of a file.
 *
 * A file is replaced by renaming. Its first line says what it is:
 *   document_number,issuer,birth_date,kind,permit_issuer,valid_from,valid_until,entries_allowed,entries_used,stay_days
 *   document_number,issuer,birth_date,status,valid_from,valid_until           status: granted, refused, revoked
 *   document_number,issuer,birth_date,ban_issuer,valid_until                  valid_until may be empty: without end
 * Dates are YYYY-MM-DD, valid_until is the last day; kind is short_stay_visa, long_stay_visa, residence or
 * local_border_traffic; entries_allowed 0: any number; stay_days 0: not limited by it.
 */
#ifndef POSTERN_REGISTRY_REGISTERS_H
#define POSTERN_REGISTRY_REGISTERS_H
#include "history.h"

enum register_kind { REGISTER_PERMITS = 1, REGISTER_AUTHORISATIONS, REGISTER_BANS, REGISTER_KINDS_ };
enum { REGISTER_ENTRIES_MAX = 32 }; /* of one person and kind in an answer; with more the result is undetermined */
enum { REGISTER_PATH_MAX = 4096 };

enum register_status { REGISTER_GRANTED = 1, REGISTER_REFUSED, REGISTER_REVOKED };

/* One line of a file. */
struct register_row {
	uint8_t person[32];
	char issuer[4];     /* permits and bans */
	uint32_t what;      /* PermitKind, or enum register_status; 0 of a ban */
	uint32_t valid_from, valid_until; /* YYYYMMDD; 0: none */
	uint32_t entries_allowed, entries_used, stay_days;
};

const char *register_name(enum register_kind kind);
const char *register_header(enum register_kind kind);
/* Pure but for the key. PN_EFORMAT: the line is wrong. The line is cut up. */
int register_read(enum register_kind kind, const uint8_t key[HISTORY_KEY], char *line, struct register_row *out) PN_MUST_CHECK;

struct registers_config {
	const char *tenant;                /* whose they are */
	const char *path[REGISTER_KINDS_]; /* NULL: not kept here */
	const uint8_t *history_key;        /* HISTORY_KEY bytes, borrowed for life */
	uint32_t stale_hours;              /* a file older than that vouches for nothing; 0: never */
	/* where: "permits.line.17", "permits.no.file" and the like. wrong: from now on something is, or nothing is any more. */
	void (*tell)(void *self, bool wrong, const char *where);
	void *self;
};

struct registers;
int registers_new(const struct registers_config *c, struct registers **out) PN_MUST_CHECK;
void registers_free(struct registers *r);
/* A slice of work, not within a transaction. *more: there is work to be done at once. Errors are the store's: try again when
 * it is back. */
int registers_turn(struct registers *r, struct db *db, uint64_t mono_ms, bool *more) PN_MUST_CHECK;
/* Entries that came into force since the last call. */
uint64_t registers_loaded(struct registers *r);

/* What is known of a person on a day (YYYYMMDD; 0: not known, which vouches for no authorisation). */
struct registers_answer {
	Postern__CheckResult result[REGISTER_KINDS_];
	size_t permits, bans;
	Postern__Permit permit[REGISTER_ENTRIES_MAX], *permit_list[REGISTER_ENTRIES_MAX];
	Postern__EntryBan ban[REGISTER_ENTRIES_MAX], *ban_list[REGISTER_ENTRIES_MAX];
	Postern__Date date[REGISTER_ENTRIES_MAX][3];
	char issuer[2 * REGISTER_ENTRIES_MAX][4];
};
/* r NULL: none are kept. *out is wiped by the caller. */
int registers_look(const struct registers *r, struct db *db, const char *tenant, const uint8_t person[32], uint32_t day,
	int64_t wall_s, struct registers_answer *out) PN_MUST_CHECK;
#endif
