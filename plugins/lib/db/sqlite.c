/* SPDX-License-Identifier: Apache-2.0
 * The store on SQLite: write-ahead log, synchronous=FULL, asserted by reading both back. Must never
 * run with a weaker setting: a commit is what the registry acknowledges.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "db/internal.h"

#ifndef DB_SYNCHRONOUS
#define DB_SYNCHRONOUS "2" /* FULL: the log is synced at every commit */
#endif

static int error_of(struct db *db, int rc, const char *what)
{
	int err;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		err = PN_EAGAIN;
		break;
	case SQLITE_CONSTRAINT:
		err = PN_ECONFLICT;
		break;
	case SQLITE_NOMEM:
		err = PN_ENOMEM;
		break;
	case SQLITE_ERROR:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		err = PN_EFORMAT;
		break;
	default:
		err = PN_EIO;
	}
	/* Names tables and columns, never values. */
	return db_fail(db, err, what, sqlite3_errmsg(db->connection));
}

static int script(struct db *db, const char *sql)
{
	int rc = sqlite3_exec(db->connection, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : error_of(db, rc, "script");
}

static int pragma(struct db *db, const char *sql, const char *expected)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->connection, sql, -1, &s, NULL);
	bool ok = rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW &&
		  sqlite3_column_text(s, 0) != NULL &&
		  strcmp((const char *)sqlite3_column_text(s, 0), expected) == 0;
	sqlite3_finalize(s);
	return ok ? 0 : db_fail(db, PN_EIO, sql, "the store does not hold the setting");
}

static int open_file(struct db *db, const char *path)
{
	/* Made by us so that it, and the log that takes its mode, are the owner's alone. */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return db_fail(db, PN_EIO, "store", "the file cannot be opened");
	close(fd);
	sqlite3 *c = NULL;
	int rc = sqlite3_open_v2(path, &c, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	db->connection = c;
	if (rc != SQLITE_OK)
		return error_of(db, rc, "open");
	sqlite3_busy_timeout(c, 2000);
	int err = pragma(db, "PRAGMA journal_mode=WAL", "wal");
	if (err == 0)
		err = script(db, "PRAGMA synchronous=" DB_SYNCHRONOUS ";PRAGMA temp_store=MEMORY;"
				 "PRAGMA trusted_schema=OFF");
	if (err == 0)
		err = pragma(db, "PRAGMA synchronous", DB_SYNCHRONOUS);
	return err;
}

static void close_file(struct db *db)
{
	for (size_t i = 0; i <= db->statements; i++)
		sqlite3_finalize(db->prepared[i]);
	sqlite3_close(db->connection);
}

static int revive(struct db *db)
{
	return db->connection != NULL ? 0 : PN_EIO;
}

static int begin(struct db *db)
{
	return script(db, "BEGIN IMMEDIATE");
}

static int commit(struct db *db)
{
	return script(db, "COMMIT");
}

static int rollback(struct db *db)
{
	return script(db, "ROLLBACK");
}

static int prepared(struct db *db, unsigned statement, sqlite3_stmt **out)
{
	sqlite3_stmt *s = db->prepared[statement];
	if (s == NULL) {
		int rc = sqlite3_prepare_v3(db->connection, db_sql_of(db, statement)->sql, -1,
			SQLITE_PREPARE_PERSISTENT, &s, NULL);
		if (rc != SQLITE_OK)
			return error_of(db, rc, "prepare");
		db->prepared[statement] = s;
	}
	*out = s;
	return 0;
}

static int bind(sqlite3_stmt *s, const struct db_value *binds, size_t count)
{
	int rc = SQLITE_OK;
	for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
		const struct db_value *v = &binds[i];
		const void *bytes = v->bytes != NULL ? v->bytes : "";
		int at = (int)i + 1;
		switch (v->type) {
		case DB_NULL:
			rc = sqlite3_bind_null(s, at);
			break;
		case DB_INT:
			rc = sqlite3_bind_int64(s, at, v->number);
			break;
		case DB_TEXT:
			rc = sqlite3_bind_text64(s, at, bytes, v->size, SQLITE_STATIC, SQLITE_UTF8);
			break;
		case DB_BLOB:
			rc = sqlite3_bind_blob64(s, at, bytes, v->size, SQLITE_STATIC);
			break;
		}
	}
	return rc;
}

static struct db_value column(sqlite3_stmt *s, int i)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		return db_int(sqlite3_column_int64(s, i));
	case SQLITE_NULL:
		return (struct db_value){.type = DB_NULL};
	case SQLITE_BLOB: {
		const void *b = sqlite3_column_blob(s, i);
		return db_blob(b, (size_t)sqlite3_column_bytes(s, i));
	}
	default: {
		const void *t = sqlite3_column_text(s, i);
		return (struct db_value){
			.type = DB_TEXT, .bytes = t, .size = (size_t)sqlite3_column_bytes(s, i)};
	}
	}
}

static int exec(struct db *db, unsigned statement, const struct db_value *binds, size_t count,
	db_row row, void *self)
{
	struct db_value values[DB_COLUMNS_MAX];
	sqlite3_stmt *s = NULL;
	int err = prepared(db, statement, &s);
	if (err != 0)
		return err;
	int rc = bind(s, binds, count);
	if (rc == SQLITE_OK)
		rc = SQLITE_ROW;
	int columns = sqlite3_column_count(s);
	if (columns > DB_COLUMNS_MAX)
		err = PN_ELIMIT;
	while (err == 0 && rc == SQLITE_ROW) {
		rc = sqlite3_step(s);
		if (rc != SQLITE_ROW || row == NULL)
			continue;
		for (int i = 0; i < columns; i++)
			values[i] = column(s, i);
		err = row(self, values, (size_t)columns);
	}
	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	if (err == 0 && rc != SQLITE_DONE)
		err = error_of(db, rc, "exec");
	return err;
}

static int batch(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, bool later, db_row row, void *self)
{
	int err = 0;
	(void)types;
	(void)later;
	for (size_t r = 0; r < rows && err == 0; r++)
		err = exec(db, statement, values + r * columns, columns, row, self);
	return err;
}

const struct db_operations db_sqlite = {.open = open_file,
	.close = close_file,
	.revive = revive,
	.script = script,
	.exec = exec,
	.batch = batch,
	.begin = begin,
	.commit = commit,
	.rollback = rollback};
