/* SPDX-License-Identifier: Apache-2.0
 * A small store: one connection to SQLite or PostgreSQL behind one catalogue of statements. Must
 * never build SQL from values, nor report a commit that is not on the disk: SQLite runs with WAL
 * and synchronous=FULL, PostgreSQL with synchronous_commit=on, both read back at opening.
 *
 * One connection, one thread. Every function returns when the store has answered; PostgreSQL's
 * statements end after DB_STATEMENT_MS, and a server that does not even say so is given up
 * (PN_EIO) DB_GRACE_MS later. db_while_waiting() tells what else can be done meanwhile.
 *
 * Errors of all functions: PN_EIO the store is unreachable or its disk refuses; PN_EAGAIN it is
 * busy (a lock, a serialisation failure): try the transaction again; PN_ECONFLICT a constraint;
 * PN_EFORMAT the store refused the statement or a value; PN_ENOMEM. After any of them inside a
 * transaction, db_rollback(). db_why() tells more, without values.
 */
#ifndef POSTERN_DB_H
#define POSTERN_DB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DB_STATEMENT_MS = 8000 };
enum { DB_GRACE_MS = 2000 };
enum { DB_COLUMNS_MAX = 32 };
enum { DB_STATEMENTS_MAX = 64 };

enum db_driver { DB_SQLITE, DB_POSTGRESQL };
enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

/* bytes are borrowed: from the caller for binds, from the store, for the call, in rows. */
struct db_value {
	enum db_type type;
	int64_t number;
	const void *bytes;
	size_t size;
};

/* Parameters are written ?1, ?2 ... in either text. postgresql NULL: as the other. row_type: see
 * db_batch(); a composite type that no migration changes once the statement uses it. */
struct db_sql {
	const char *sql;
	const char *postgresql;
	const char *row_type;
};

/* Applied once each, in order, each in a transaction with its number in the table migration. A
 * text may hold several statements. Must never be changed once released. */
struct db_migration {
	const char *sqlite;
	const char *postgresql;
};

/* 0 to go on; anything else ends the reading and is returned by db_exec(). */
typedef int (*db_row)(void *self, const struct db_value *columns, size_t count);

struct db;

/* url: "sqlite:PATH" or "postgresql:CONNINFO" (PostgreSQL manual, 34.1.1.1: "host=/run/x user=y").
 * The catalogue is borrowed for the life of the store. why (may be NULL) gets a sentence. */
int db_open(const char *url, const struct db_sql *catalogue, size_t statements, struct db **out,
	char *why, size_t why_size) PN_MUST_CHECK;
void db_close(struct db *db);
enum db_driver db_driver_of(const struct db *db);
const char *db_why(const struct db *db);
/* Connects again where the connection has been lost. 0 when there is one. */
int db_revive(struct db *db) PN_MUST_CHECK;

/* PostgreSQL: turn(self) is called again and again while a function of this header waits for the
 * server; at once when it returned true, else after a fifth of a millisecond. It must return soon
 * and must not use the store. */
void db_while_waiting(struct db *db, bool (*turn)(void *self), void *self);

int db_migrate(struct db *db, const struct db_migration *list, size_t count) PN_MUST_CHECK;
/* Text without parameters, several statements allowed; for schema work only. */
int db_script(struct db *db, const char *sql) PN_MUST_CHECK;

/* Takes the write lock at once on SQLite; on PostgreSQL it goes with the first statement. */
int db_begin(struct db *db) PN_MUST_CHECK;
/* 0: durable. */
int db_commit(struct db *db) PN_MUST_CHECK;
void db_rollback(struct db *db);

/* row may be NULL. Integers come as DB_INT whatever their width. */
int db_exec(struct db *db, unsigned statement, const struct db_value *binds, size_t count,
	db_row row, void *self) PN_MUST_CHECK;
/* The statement once per row of values (row after row, `columns` wide). SQLite runs the text with
 * one row's values; PostgreSQL runs its own text once, each parameter an array of a column's
 * values, as in INSERT ... SELECT * FROM unnest(?1, ?2); with a row_type its one parameter is an
 * array of that, as in SELECT * FROM unnest(?1::row_type[]), which the server unpacks at less than
 * three quarters of the cost when rows are wide. types gives each column's type.
 * row (may be NULL) gets what it returns, in no order that can be relied on. */
int db_batch(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, db_row row, void *self) PN_MUST_CHECK;

/* As db_batch() without rows, inside a transaction. PostgreSQL gets it together with the next
 * statement that is waited for (libpq pipeline mode), from which its error comes: at the latest
 * from db_commit(). values are not needed after the call. */
int db_batch_later(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows) PN_MUST_CHECK;

static inline struct db_value db_int(int64_t n)
{
	return (struct db_value){.type = DB_INT, .number = n};
}

static inline struct db_value db_blob(const void *bytes, size_t size)
{
	return (struct db_value){.type = DB_BLOB, .bytes = bytes, .size = size};
}

struct db_value db_text(const char *s);
#endif
