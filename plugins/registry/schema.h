/* SPDX-License-Identifier: Apache-2.0
 * The registry's tables and every statement it runs. Must never be bypassed: no other file of the
 * registry holds SQL, but for the month's partition.
 */
#ifndef POSTERN_REGISTRY_SCHEMA_H
#define POSTERN_REGISTRY_SCHEMA_H
#include "db/db.h"

enum registry_statement {
	HEAD_LOCK,     /* tenant, gate -> tenant, gate, epoch, seq, head_hash; batch, sorted */
	HEAD_CREATE,   /* tenant, gate; batch */
	HEAD_SET,      /* tenant, gate, epoch, seq, head_hash; batch */
	RECORD_INSERT, /* JOURNAL_COLUMNS; batch */
	RECORD_HASHES, /* tenant, gate, epoch, first seq, last seq -> seq, hash */
	STAY_SET,      /* tenant, person, entry_date, exit_date */
	STAY_LIST,     /* tenant, person -> entry_date, exit_date */
	REGISTER_GET,    /* tenant, kind -> generation, loading; locked to the transaction's end */
	REGISTER_START,  /* tenant, kind, generation */
	REGISTER_SWITCH, /* tenant, kind, generation, as_of_s */
	ENTRY_ADD,       /* a row of register_entry; batch */
	ENTRY_LIST,      /* tenant, person -> kind, as_of_s, what, issuer, valid_from, valid_until, entries_allowed, entries_used,
			    stay_days; a row for each register in force, nulls from `what` on where it has nothing */
	ENTRY_NEXT,      /* tenant, kind, generation -> the lowest one above it that has entries, or null */
	ENTRY_DROP,      /* tenant, kind, generation -> a row for each one dropped, some hundred at most */
	STATEMENTS_
};

enum { JOURNAL_COLUMNS = 21 };

extern const struct db_sql registry_catalogue[STATEMENTS_];
/* Of RECORD_INSERT. */
extern const enum db_type registry_journal_types[JOURNAL_COLUMNS];
/* Opens the store and brings its tables up to date. */
int registry_store_open(const char *url, struct db **out, char *why, size_t why_size) PN_MUST_CHECK;
/* PostgreSQL: the partition that holds wall_ms; SQLite: nothing. Inside a transaction. */
int registry_partition(struct db *db, int64_t wall_ms) PN_MUST_CHECK;
/* Months since January of year 0, of a Unix time in milliseconds, UTC. */
int64_t registry_month(int64_t wall_ms);
#endif
