/* SPDX-License-Identifier: Apache-2.0
 * The store on PostgreSQL through libpq: binary parameters and results, prepared statements, a
 * batch as one statement over arrays (PostgreSQL manual, 34.3 and 9.19; wire form of
 * arrays: src/backend/utils/adt/arrayfuncs.c, array_recv). Must never run with synchronous_commit
 * off.
 */
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/postgresql.h"

/* pg_type.oid of the built-in types, fixed by PostgreSQL's catalogue. */
enum {
	OID_BOOL = 16,
	OID_BYTEA = 17,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_TEXT = 25,
	OID_BYTEA_ARRAY = 1001,
	OID_TEXT_ARRAY = 1009,
	OID_INT8_ARRAY = 1016,
	OID_VARCHAR = 1043,
};

static int script(struct db *db, const char *sql)
{
	return pg_simple(db, sql, NULL);
}

static int setting(struct db *db, const char *sql, const char *expected)
{
	PGresult *r = NULL;
	int err = pg_simple(db, sql, &r);
	if (err == 0 && (PQntuples(r) != 1 || strcmp(PQgetvalue(r, 0, 0), expected) != 0))
		err = db_fail(db, PN_EIO, sql, "the store does not hold the setting");
	PQclear(r);
	return err;
}

static void quiet(void *self, const PGresult *r)
{
	(void)self;
	(void)r;
}

static int prepare_session(struct db *db)
{
	char sql[128];
	memset(db->prepared, 0, sizeof db->prepared);
	memset(db->row_oid, 0, sizeof db->row_oid);
	PQsetNoticeReceiver(db->connection, quiet, NULL);
	snprintf(sql, sizeof sql,
		"SET synchronous_commit=on; SET statement_timeout=%d; SET lock_timeout=%d",
		DB_STATEMENT_MS, DB_STATEMENT_MS / 2);
	int err = script(db, sql);
	if (err == 0)
		err = script(db, "SET client_encoding='UTF8'");
	if (err == 0)
		err = setting(db, "SHOW fsync", "on");
	if (err == 0)
		err = setting(db, "SHOW full_page_writes", "on");
	return err;
}

static int open_server(struct db *db, const char *conninfo)
{
	db->connection = PQconnectStart(conninfo);
	if (db->connection == NULL)
		return PN_ENOMEM;
	int err = pg_connect(db, PQconnectPoll);
	return err != 0 ? err : prepare_session(db);
}

static void close_server(struct db *db)
{
	PQfinish(db->connection);
}

static int revive(struct db *db)
{
	if (!db->lost && PQstatus(db->connection) == CONNECTION_OK)
		return 0;
	if (PQresetStart(db->connection) == 0)
		return pg_lost(db, "connect");
	int err = pg_connect(db, PQresetPoll);
	return err != 0 ? err : prepare_session(db);
}

static int begin(struct db *db)
{
	return pg_queue(db, "BEGIN");
}

static int commit(struct db *db)
{
	int err = pg_queue(db, "COMMIT");
	return err != 0 ? err : pg_settle(db, NULL);
}

static int rollback(struct db *db)
{
	int err = pg_queue(db, "ROLLBACK");
	return err != 0 ? err : pg_settle(db, NULL);
}

static int prepare(struct db *db, unsigned statement, const Oid *types, size_t count, char name[16])
{
	char sql[DB_SQL_MAX];
	const struct db_sql *text = db_sql_of(db, statement);
	snprintf(name, 16, "s%u", statement);
	if (db->prepared[statement] != NULL)
		return 0;
	int err = db_rewrite(
		text->postgresql != NULL ? text->postgresql : text->sql, sql, sizeof sql);
	if (err != 0)
		return err;
	err = pg_prepare(db, name, sql, (int)count, types);
	if (err == 0)
		db->prepared[statement] = db;
	return err;
}

static int read_column(const PGresult *r, int row, int i, struct db_value *out)
{
	const char *bytes = PQgetvalue(r, row, i);
	size_t size = (size_t)PQgetlength(r, row, i);
	*out = (struct db_value){.type = DB_NULL};
	if (PQgetisnull(r, row, i))
		return 0;
	switch (PQftype(r, i)) {
	case OID_INT8: {
		uint64_t n;
		memcpy(&n, bytes, sizeof n);
		*out = db_int((int64_t)be64toh(n));
		return 0;
	}
	case OID_INT4: {
		uint32_t n;
		memcpy(&n, bytes, sizeof n);
		*out = db_int((int32_t)be32toh(n));
		return 0;
	}
	case OID_INT2: {
		uint16_t n;
		memcpy(&n, bytes, sizeof n);
		*out = db_int((int16_t)be16toh(n));
		return 0;
	}
	case OID_BOOL:
		*out = db_int(bytes[0] != 0);
		return 0;
	case OID_BYTEA:
		*out = db_blob(bytes, size);
		return 0;
	case OID_TEXT:
	case OID_VARCHAR:
		*out = (struct db_value){.type = DB_TEXT, .bytes = bytes, .size = size};
		return 0;
	default:
		return PN_EUNSUPPORTED;
	}
}

static int rows_of(const PGresult *r, db_row row, void *self)
{
	struct db_value values[DB_COLUMNS_MAX];
	int columns = PQnfields(r), err = 0;
	if (columns > DB_COLUMNS_MAX)
		return PN_ELIMIT;
	for (int at = 0; at < PQntuples(r) && err == 0; at++) {
		for (int i = 0; i < columns && err == 0; i++)
			err = read_column(r, at, i, &values[i]);
		if (err == 0)
			err = row(self, values, (size_t)columns);
	}
	return err;
}

/* Later: it stays queued, its error comes with the next answer waited for. */
static int run(struct db *db, const char *name, size_t count, const char *const *bytes,
	const int *sizes, bool later, db_row row, void *self)
{
	int formats[DB_COLUMNS_MAX];
	for (size_t i = 0; i < count; i++)
		formats[i] = 1;
	int err = pg_queue_prepared(db, name, (int)count, bytes, sizes, formats);
	if (err != 0 || (later && db->in_transaction))
		return err;
	PGresult *r = NULL;
	err = pg_settle(db, &r);
	if (err == 0 && row != NULL && PQresultStatus(r) == PGRES_TUPLES_OK)
		err = rows_of(r, row, self);
	PQclear(r);
	return err;
}

static Oid oid_of(enum db_type type, bool array)
{
	switch (type) {
	case DB_INT:
		return array ? OID_INT8_ARRAY : OID_INT8;
	case DB_TEXT:
		return array ? OID_TEXT_ARRAY : OID_TEXT;
	case DB_BLOB:
		return array ? OID_BYTEA_ARRAY : OID_BYTEA;
	case DB_NULL:
		break;
	}
	return 0;
}

static int exec(struct db *db, unsigned statement, const struct db_value *binds, size_t count,
	db_row row, void *self)
{
	Oid types[DB_COLUMNS_MAX] = {0};
	const char *bytes[DB_COLUMNS_MAX] = {0};
	int sizes[DB_COLUMNS_MAX] = {0};
	uint64_t numbers[DB_COLUMNS_MAX];
	char name[16];
	for (size_t i = 0; i < count; i++) {
		const struct db_value *v = &binds[i];
		types[i] = oid_of(v->type, false);
		if (v->size > INT32_MAX)
			return PN_ELIMIT;
		if (v->type == DB_INT) {
			numbers[i] = htobe64((uint64_t)v->number);
			bytes[i] = (const char *)&numbers[i];
			sizes[i] = sizeof numbers[i];
		} else {
			bytes[i] = v->type == DB_NULL ? NULL : v->bytes != NULL ? v->bytes : "";
			sizes[i] = (int)v->size;
		}
	}
	int err = prepare(db, statement, types, count, name);
	return err != 0 ? err : run(db, name, count, bytes, sizes, false, row, self);
}

static char *put32(char *at, size_t n)
{
	uint32_t be = htobe32((uint32_t)n);
	memcpy(at, &be, sizeof be);
	return at + sizeof be;
}

static size_t array_size(const struct db_value *values, size_t columns, size_t column, size_t rows)
{
	size_t size = 20;
	for (size_t r = 0; r < rows; r++) {
		const struct db_value *v = &values[r * columns + column];
		size += 4 + (v->type == DB_INT ? 8 : v->type == DB_NULL ? 0 : v->size);
	}
	return size;
}

static char *put_value(char *at, const struct db_value *v)
{
	if (v->type == DB_NULL)
		return put32(at, UINT32_MAX);
	if (v->type == DB_INT) {
		uint64_t be = htobe64((uint64_t)v->number);
		at = put32(at, sizeof be);
		memcpy(at, &be, sizeof be);
		return at + sizeof be;
	}
	at = put32(at, v->size);
	if (v->size > 0)
		memcpy(at, v->bytes, v->size);
	return at + v->size;
}

static char *put_array_head(char *at, Oid element, size_t rows)
{
	at = put32(at, 1); /* dimensions */
	at = put32(at, 1); /* may hold NULL */
	at = put32(at, element);
	at = put32(at, rows);
	return put32(at, 1); /* lower bound */
}

static char *put_array(char *at, enum db_type type, const struct db_value *values, size_t columns,
	size_t column, size_t rows)
{
	at = put_array_head(at, oid_of(type, false), rows);
	for (size_t r = 0; r < rows; r++)
		at = put_value(at, &values[r * columns + column]);
	return at;
}

static int check_types(
	const enum db_type *types, size_t columns, const struct db_value *values, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < columns; c++) {
			const struct db_value *v = &values[r * columns + c];
			if ((v->type != DB_NULL && v->type != types[c]) || v->size > INT32_MAX / 2)
				return PN_EINVAL;
		}
	return 0;
}

static int reserve(struct db *db, size_t size)
{
	if (size > INT32_MAX / 2)
		return PN_ELIMIT;
	if (size <= db->buffer_size)
		return 0;
	char *bigger = realloc(db->buffer, size);
	if (bigger == NULL)
		return PN_ENOMEM;
	db->buffer = bigger;
	db->buffer_size = size;
	return 0;
}

/* One array per column. */
static int batch_columns(struct db *db, unsigned statement, const enum db_type *types,
	size_t columns, const struct db_value *values, size_t rows, bool later, db_row row,
	void *self)
{
	Oid oids[DB_COLUMNS_MAX] = {0};
	const char *bytes[DB_COLUMNS_MAX] = {0};
	int sizes[DB_COLUMNS_MAX] = {0};
	char name[16];
	size_t total = 0;
	for (size_t c = 0; c < columns; c++)
		total += array_size(values, columns, c, rows);
	int err = reserve(db, total);
	if (err != 0)
		return err;
	char *at = db->buffer;
	for (size_t c = 0; c < columns; c++) {
		bytes[c] = at;
		at = put_array(at, types[c], values, columns, c, rows);
		sizes[c] = (int)(at - bytes[c]);
		oids[c] = oid_of(types[c], true);
	}
	err = prepare(db, statement, oids, columns, name);
	return err != 0 ? err : run(db, name, columns, bytes, sizes, later, row, self);
}

/* The element's type goes with the array's bytes, and is not one of the fixed ones. */
static int find_row_type(struct db *db, unsigned statement)
{
	char sql[128];
	PGresult *r = NULL;
	if (db->row_oid[statement] != 0)
		return 0;
	snprintf(sql, sizeof sql, "SELECT '%s'::regtype::oid", db_sql_of(db, statement)->row_type);
	int err = pg_simple(db, sql, &r);
	if (err == 0)
		db->row_oid[statement] = (unsigned)strtoul(PQgetvalue(r, 0, 0), NULL, 10);
	PQclear(r);
	return err;
}

/* One array of rows: record_recv in src/backend/utils/adt/rowtypes.c. */
static int batch_rows(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, bool later, db_row row, void *self)
{
	const Oid none = 0; /* the statement's cast says it */
	char name[16];
	size_t total = 20 + rows * (8 + 8 * columns);
	for (size_t i = 0; i < rows * columns; i++)
		total += values[i].type == DB_INT ? sizeof(uint64_t) : values[i].size;
	int err = reserve(db, total);
	if (err == 0)
		err = find_row_type(db, statement);
	if (err != 0)
		return err;
	char *at = put_array_head(db->buffer, db->row_oid[statement], rows);
	for (size_t r = 0; r < rows; r++) {
		char *size = at;
		at = put32(at + 4, columns);
		for (size_t c = 0; c < columns; c++) {
			at = put32(at, oid_of(types[c], false));
			at = put_value(at, &values[r * columns + c]);
		}
		put32(size, (size_t)(at - size) - 4);
	}
	err = prepare(db, statement, &none, 1, name);
	if (err != 0)
		return err;
	const char *const bytes[] = {db->buffer};
	const int sizes[] = {(int)(at - db->buffer)};
	return run(db, name, 1, bytes, sizes, later, row, self);
}

static int batch(struct db *db, unsigned statement, const enum db_type *types, size_t columns,
	const struct db_value *values, size_t rows, bool later, db_row row, void *self)
{
	int err = check_types(types, columns, values, rows);
	if (err != 0)
		return err;
	return (db_sql_of(db, statement)->row_type != NULL ? batch_rows : batch_columns)(
		db, statement, types, columns, values, rows, later, row, self);
}

const struct db_operations db_postgresql = {.open = open_server,
	.close = close_server,
	.revive = revive,
	.script = script,
	.exec = exec,
	.batch = batch,
	.begin = begin,
	.commit = commit,
	.rollback = rollback};
