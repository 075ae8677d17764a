/* SPDX-License-Identifier: Apache-2.0
 * The journal's database: schema, settings and prepared statements. Inside core/journal only;
 * nothing else in the core may see SQLite. Must never run with synchronous other than FULL, nor
 * with a schema it did not make.
 */
#ifndef POSTERN_JOURNAL_STORE_H
#define POSTERN_JOURNAL_STORE_H
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"

enum store_statement {
	STORE_BEGIN,
	STORE_COMMIT,
	STORE_ROLLBACK,
	STORE_INSERT_RECORD, /* epoch seq kind crossing_id wall_ms clear sealed sealed_hash previous
				hash */
	STORE_INSERT_OUTBOX, /* epoch seq */
	STORE_INSERT_CHECKPOINT, /* epoch seq note */
	STORE_SELECT_HASH,       /* epoch seq -> hash */
	STORE_UPSERT_ACK,        /* epoch seq head_hash signed */
	STORE_DELETE_OUTBOX,     /* epoch seq */
	STORE_SELECT_PURGEABLE,  /* epoch seq limit -> epoch seq wall_ms length(sealed) hash */
	STORE_PURGE_RECORD,      /* epoch seq purged_at */
	STORE_INSERT_FACES,      /* crossing_id wall_ms sealed */
	STORE_LIMIT_FACES,       /* how many stay */
	STORE_PURGE_FACES,       /* from_wall_ms to_wall_ms */
	STORE_SELECT_BATCH, /* epoch seq limit -> epoch seq clear sealed sealed_hash previous hash
			       wall_ms */
	STORE_STATEMENTS_
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *statement[STORE_STATEMENTS_];
};

/* One record as a row; borrowed pointers. */
struct store_record {
	uint64_t epoch, seq;
	int kind;
	const char *crossing_id;
	int64_t wall_ms;
	const uint8_t *clear, *sealed;
	size_t clear_size, sealed_size;
	uint8_t sealed_hash[CHAIN_HASH], previous[CHAIN_HASH], hash[CHAIN_HASH];
};

/* Opens or makes the file (0600), refuses foreign settings and another tenant's or gate's journal.
 * *fresh: it was made now, and its meta epoch is first_epoch. PN_EFORMAT, PN_ECONFLICT, PN_EIO. */
int store_open(struct store *s, const char *path, const char *tenant, const char *gate,
	uint64_t first_epoch, bool *fresh) PN_MUST_CHECK;
/* A second connection that can only read. */
int store_open_reader(struct store *s, const char *path) PN_MUST_CHECK;
/* For the offline functions: read-only, schema not judged. PN_ENOTFOUND, PN_EFORMAT: no journal of
 * ours, PN_EIO. */
int store_open_offline(sqlite3 **db, const char *path) PN_MUST_CHECK;
/* Is every table, index and trigger the journal's own, and nothing else there? PN_EFORMAT: no. */
int store_check_schema(sqlite3 *db) PN_MUST_CHECK;
void store_close(struct store *s);

/* Steps a statement that returns no row, and resets it. Returns SQLite's extended code; SQLITE_DONE
 * is success. */
int store_run(struct store *s, enum store_statement which);
void store_bind_key(struct store *s, enum store_statement which, uint64_t epoch, uint64_t seq);
/* The transaction is ended and nothing of it stays. */
void store_rollback(struct store *s);
/* 0 for SQLITE_OK and SQLITE_DONE, PN_ELIMIT for a full disk, PN_ECONFLICT for a refused change,
 * else PN_EIO. */
int store_error(int code);
/* The sync itself failed: what the kernel held may be gone although a later sync succeeds. */
bool store_sync_failed(int code);

/* Within a transaction. SQLite's code. */
int store_insert(struct store *s, const struct store_record *r);

/* meta values. PN_ENOTFOUND. */
int store_meta_u64(sqlite3 *db, const char *key, uint64_t *value) PN_MUST_CHECK;
int store_meta_text(sqlite3 *db, const char *key, char *text, size_t size) PN_MUST_CHECK;
int store_set_meta_u64(sqlite3 *db, const char *key, uint64_t value) PN_MUST_CHECK;
/* The first column of a query that returns one integer. */
int store_integer(sqlite3 *db, const char *sql, int64_t *value) PN_MUST_CHECK;
/* A BLOB column of exactly CHAIN_HASH bytes, else false. */
bool store_hash_column(sqlite3_stmt *s, int column, uint8_t out[CHAIN_HASH]);
#endif
