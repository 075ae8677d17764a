/* SPDX-License-Identifier: Apache-2.0
 * The part of the store that is the same for both drivers: opening by url, transactions and
 * migrations. Must never know which tables its users have.
 */
#include "db/db.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "db/internal.h"

static const struct db_sql migrations_done = {
	.sql = "SELECT COALESCE(MAX(number), 0) FROM migration",
	.postgresql = "SELECT COALESCE(MAX(number), 0)::bigint FROM migration"};

struct db_value db_text(const char *s)
{
	return (struct db_value){.type = DB_TEXT, .bytes = s, .size = strlen(s)};
}

const struct db_sql *db_sql_of(const struct db *db, unsigned statement)
{
	return statement < db->statements ? &db->catalogue[statement] : &migrations_done;
}

int db_fail(struct db *db, int err, const char *what, const char *why)
{
	int n = snprintf(db->why, sizeof db->why, "%s: %s", what, why != NULL ? why : "");
	for (int i = 0; i < n && i < (int)sizeof db->why - 1; i++)
		if (!isprint((unsigned char)db->why[i]))
			db->why[i] = ' ';
	return err;
}

int db_rewrite(const char *sql, char *out, size_t size)
{
	size_t n = 0;
	bool quoted = false;
	for (; *sql != '\0'; sql++) {
		if (n + 1 >= size)
			return PN_ELIMIT;
		if (*sql == '\'')
			quoted = !quoted;
		out[n++] = *sql == '?' && !quoted ? '$' : *sql;
	}
	out[n] = '\0';
	return 0;
}

int db_open(const char *url, const struct db_sql *catalogue, size_t statements, struct db **out,
	char *why, size_t why_size)
{
	static const char sqlite[] = "sqlite:", postgresql[] = "postgresql:";
	int err = PN_EINVAL;
	struct db *db = calloc(1, sizeof *db);
	if (db == NULL || statements > DB_STATEMENTS_MAX) {
		free(db);
		return db == NULL ? PN_ENOMEM : PN_ELIMIT;
	}
	db->catalogue = catalogue;
	db->statements = statements;
	if (strncmp(url, sqlite, sizeof sqlite - 1) == 0) {
		db->driver = DB_SQLITE;
		db->operations = &db_sqlite;
		err = db->operations->open(db, url + sizeof sqlite - 1);
	} else if (strncmp(url, postgresql, sizeof postgresql - 1) == 0) {
		db->driver = DB_POSTGRESQL;
		db->operations = &db_postgresql;
		err = db->operations->open(db, url + sizeof postgresql - 1);
	} else {
		db_fail(db, err, "store", "the url starts neither with sqlite: nor postgresql:");
	}
	if (err != 0) {
		if (why != NULL)
			text_copy(why, why_size, db->why);
		db_close(db);
		return err;
	}
	*out = db;
	return 0;
}

void db_close(struct db *db)
{
	if (db == NULL)
		return;
	if (db->operations != NULL)
		db->operations->close(db);
	free(db->buffer);
	free(db);
}

enum db_driver db_driver_of(const struct db *db)
{
	return db->driver;
}

const char *db_why(const struct db *db)
{
	return db->why;
}

int db_revive(struct db *db)
{
	return db->operations->revive(db);
}

void db_while_waiting(struct db *db, bool (*turn)(void *self), void *self)
{
	db->turn = turn;
	db->turn_self = self;
}

int db_script(struct db *db, const char *sql)
{
	return db->operations->script(db, sql);
}

int db_begin(struct db *db)
{
	int err = db->operations->begin(db);
	db->in_transaction = err == 0;
	return err;
}

int db_commit(struct db *db)
{
	int err = db->operations->commit(db);
	if (err == 0)
		db->in_transaction = false;
	return err;
}

void db_rollback(struct db *db)
{
	char why[DB_WHY_MAX];
	if (!db->in_transaction)
		return;
	/* The reason that led here is worth more than how the rollback went: a connection that
	 * cannot roll back has lost its transaction anyway. */
	memcpy(why, db->why, sizeof why);
	if (db->operations->rollback(db) != 0 || why[0] != '\0')
		memcpy(db->why, why, sizeof why);
	db->in_transaction = false;
}

int db_exec(struct db *db, unsigned statement, const struct db_value *binds, size_t count,
	db_row row, void *self)
{
	if (statement > db->statements || count > DB_COLUMNS_MAX)
		return PN_EINVAL;
	return db->operations->exec(db, statement, binds, count, row, self);
}

static int run_batch(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, bool later, db_row row, void *self)
{
	if (statement >= db->statements || columns == 0 || columns > DB_COLUMNS_MAX)
		return PN_EINVAL;
	if (rows == 0)
		return 0;
	return db->operations->batch(db, statement, types, columns, values, rows, later, row, self);
}

int db_batch(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, db_row row, void *self)
{
	return run_batch(db, statement, types, columns, values, rows, false, row, self);
}

int db_batch_later(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows)
{
	return run_batch(db, statement, types, columns, values, rows, true, NULL, NULL);
}

static int first_number(void *self, const struct db_value *columns, size_t count)
{
	int64_t *number = self;
	if (count < 1 || columns[0].type != DB_INT)
		return PN_EFORMAT;
	*number = columns[0].number;
	return 0;
}

static int migrate_one(struct db *db, const struct db_migration *m, size_t number)
{
	char mark[80];
	int64_t done = 0;
	int err = db_begin(db);
	/* Read again under the lock: another process may have been quicker. */
	if (err == 0 && db->driver == DB_POSTGRESQL)
		err = db_script(db, "LOCK TABLE migration IN ACCESS EXCLUSIVE MODE");
	if (err == 0)
		err = db_exec(db, (unsigned)db->statements, NULL, 0, first_number, &done);
	if (err == 0 && done < (int64_t)number) {
		snprintf(mark, sizeof mark, "INSERT INTO migration(number) VALUES (%zu)", number);
		err = db_script(db, db->driver == DB_SQLITE ? m->sqlite : m->postgresql);
		if (err == 0)
			err = db_script(db, mark);
	}
	if (err == 0)
		err = db_commit(db);
	if (err != 0)
		db_rollback(db);
	return err;
}

int db_migrate(struct db *db, const struct db_migration *list, size_t count)
{
	int64_t done = 0;
	int err = db_script(
		db, "CREATE TABLE IF NOT EXISTS migration(number BIGINT NOT NULL PRIMARY KEY)");
	if (err == 0)
		err = db_exec(db, (unsigned)db->statements, NULL, 0, first_number, &done);
	if (err == 0 && done > (int64_t)count)
		return db_fail(db, PN_EUNSUPPORTED, "store", "written by a newer version");
	for (size_t i = (size_t)done; err == 0 && i < count; i++)
		err = migrate_one(db, &list[i], i + 1);
	return err;
}
