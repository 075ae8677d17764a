/* SPDX-License-Identifier: Apache-2.0
 * What the two drivers share behind db.h. Must never be included outside plugins/lib/db.
 */
#ifndef POSTERN_DB_INTERNAL_H
#define POSTERN_DB_INTERNAL_H
#include "db/db.h"

enum { DB_SQL_MAX = 4096 };
enum { DB_WHY_MAX = 256 };

struct db_operations {
	int (*open)(struct db *db, const char *place);
	void (*close)(struct db *db);
	int (*revive)(struct db *db);
	int (*script)(struct db *db, const char *sql);
	int (*exec)(struct db *db, unsigned statement, const struct db_value *binds, size_t count,
		db_row row, void *self);
	int (*batch)(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
		const struct db_value *values, size_t rows, bool later, db_row row, void *self);
	int (*begin)(struct db *db);
	int (*commit)(struct db *db);
	int (*rollback)(struct db *db);
};

struct db {
	enum db_driver driver;
	const struct db_operations *operations;
	const struct db_sql *catalogue;
	size_t statements;
	void *connection; /* sqlite3 or PGconn */
	void *prepared[DB_STATEMENTS_MAX +
		       1]; /* sqlite3_stmt; PostgreSQL: non-NULL once prepared */
	unsigned row_oid[DB_STATEMENTS_MAX + 1]; /* PostgreSQL: of a statement's row_type */
	char *buffer; /* PostgreSQL: arrays of a batch; kept for the next */
	size_t buffer_size;
	bool (*turn)(void *self); /* PostgreSQL: while it is waited for; NULL none */
	void *turn_self;
	unsigned queued; /* PostgreSQL: statements sent whose answer has not been read */
	bool lost;       /* PostgreSQL: of no use until revived */
	bool committing; /* PostgreSQL: the last one queued is COMMIT */
	bool in_transaction;
	char why[DB_WHY_MAX];
};

extern const struct db_operations db_sqlite, db_postgresql;

/* The text of a statement for the driver; the last one, at db->statements, is db.c's own. */
const struct db_sql *db_sql_of(const struct db *db, unsigned statement);
int db_fail(struct db *db, int err, const char *what, const char *why);
/* Rewrites ?N to $N outside of quotes. PN_ELIMIT when out is too small. */
int db_rewrite(const char *sql, char *out, size_t size);
#endif
