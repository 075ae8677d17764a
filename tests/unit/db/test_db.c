/* SPDX-License-Identifier: Apache-2.0
 * What every store must do, run on SQLite and on PostgreSQL. Must never test one driver for
 * something the other is not held to, but for the loss of a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "db/db.h"
#include "pg_server.h"

enum { PUT, GET, PUT_MANY, PUT_ROWS, COUNT, WRONG, QUOTED, BACKEND, STATEMENTS };

static const struct db_sql catalogue[STATEMENTS] = {
	[PUT] = {.sql = "INSERT INTO t(id, word, bytes) VALUES (?1, ?2, ?3)"},
	[GET] = {.sql = "SELECT id, word, bytes FROM t WHERE id = ?1"},
	[PUT_MANY] = {.sql = "INSERT INTO t(id, word, bytes) VALUES (?1, ?2, ?3)",
		.postgresql = "INSERT INTO t(id, word, bytes)"
			      " SELECT * FROM unnest(?1::bigint[], ?2::text[], ?3::bytea[])"},
	[PUT_ROWS] = {.sql = "INSERT INTO t(id, word, bytes) VALUES (?1, ?2, ?3)",
		.postgresql = "INSERT INTO t(id, word, bytes) SELECT * FROM unnest(?1::t_row[])",
		.row_type = "t_row"},
	[COUNT] = {.sql = "SELECT COUNT(*) FROM t"},
	[WRONG] = {.sql = "SELECT nothing FROM nowhere"},
	[QUOTED] = {.sql = "SELECT 'a?1b', ?1 FROM t LIMIT 1",
		.postgresql = "SELECT 'a?1b'::text, ?1::bigint FROM t LIMIT 1"},
	[BACKEND] = {.sql = "SELECT 0", .postgresql = "SELECT pg_backend_pid()"},
};

static const struct db_migration migrations[] = {
	{"CREATE TABLE t(id INTEGER PRIMARY KEY, word TEXT, bytes BLOB)",
		"CREATE TABLE t(id bigint PRIMARY KEY, word text, bytes bytea);"
		"CREATE TYPE t_row AS (id bigint, word text, bytes bytea)"},
	{"CREATE INDEX t_word ON t(word)", "CREATE INDEX t_word ON t(word)"},
};

struct place {
	char folder[32], url[300];
	struct pg_server *server;
	struct db *db;
};

static int setup_sqlite(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	assert_non_null(p);
	strcpy(p->folder, "/tmp/postern-db-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->url, sizeof p->url, "sqlite:%s/t.db", p->folder);
	*state = p;
	return 0;
}

static int setup_postgresql(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	assert_non_null(p);
	p->server = pg_server_start(NULL);
	snprintf(p->url, sizeof p->url, "postgresql:%s", pg_server_conninfo(p->server));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[64];
	if (p->server != NULL)
		pg_server_stop(p->server);
	if (p->folder[0] != '\0') {
		snprintf(command, sizeof command, "rm -rf %s", p->folder);
		assert_int_equal(system(command), 0);
	}
	free(p);
	return 0;
}

static struct db *store(const struct place *p)
{
	struct db *db = NULL;
	char why[200] = "";
	int err = db_open(p->url, catalogue, STATEMENTS, &db, why, sizeof why);
	if (err != 0)
		fail_msg("%s: %s", p->url, why);
	return db;
}

/* Each test starts with an empty table. */
static int open_empty(void **state)
{
	struct place *p = *state;
	p->db = store(p);
	assert_int_equal(db_migrate(p->db, migrations, PN_COUNT(migrations)), 0);
	assert_int_equal(db_script(p->db, "DELETE FROM t"), 0);
	return 0;
}

static int close_store(void **state)
{
	struct place *p = *state;
	db_close(p->db);
	p->db = NULL;
	return 0;
}

struct row {
	int64_t id;
	bool word_null, bytes_null;
	char word[64];
	uint8_t bytes[200000];
	size_t size, rows;
};

static int keep_row(void *self, const struct db_value *c, size_t count)
{
	struct row *r = self;
	assert_int_equal(count, 3);
	assert_int_equal(c[0].type, DB_INT);
	r->id = c[0].number;
	r->word_null = c[1].type == DB_NULL;
	r->bytes_null = c[2].type == DB_NULL;
	if (!r->word_null) {
		assert_int_equal(c[1].type, DB_TEXT);
		assert_true(c[1].size < sizeof r->word);
		memcpy(r->word, c[1].bytes, c[1].size);
		r->word[c[1].size] = '\0';
	}
	if (!r->bytes_null) {
		assert_int_equal(c[2].type, DB_BLOB);
		assert_true(c[2].size <= sizeof r->bytes);
		if (c[2].size > 0)
			memcpy(r->bytes, c[2].bytes, c[2].size);
		r->size = c[2].size;
	}
	r->rows++;
	return 0;
}

static void get(struct db *db, int64_t id, struct row *out)
{
	struct db_value bind = db_int(id);
	memset(out, 0, sizeof *out);
	assert_int_equal(db_exec(db, GET, &bind, 1, keep_row, out), 0);
}

static int number_row(void *self, const struct db_value *c, size_t count)
{
	assert_int_equal(count, 1);
	assert_int_equal(c[0].type, DB_INT);
	*(int64_t *)self = c[0].number;
	return 0;
}

static int64_t rows_in(struct db *db)
{
	int64_t n = -1;
	assert_int_equal(db_exec(db, COUNT, NULL, 0, number_row, &n), 0);
	return n;
}

static int put(struct db *db, int64_t id, const char *word)
{
	struct db_value binds[] = {db_int(id), db_text(word), db_blob("\0\1\2", 3)};
	return db_exec(db, PUT, binds, 3, NULL, NULL);
}

static void values_come_back(void **state)
{
	struct place *p = *state;
	static uint8_t large[200000];
	static struct row r;
	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (uint8_t)(i * 7);
	struct db_value a[] = {
		db_int(INT64_MAX), db_text("Åse ?1 $1 'x'"), db_blob(large, sizeof large)};
	struct db_value b[] = {db_int(INT64_MIN), {.type = DB_NULL}, {.type = DB_NULL}};
	struct db_value c[] = {db_int(0), db_text(""), db_blob("", 0)};
	assert_int_equal(db_exec(p->db, PUT, a, 3, NULL, NULL), 0);
	assert_int_equal(db_exec(p->db, PUT, c, 3, NULL, NULL), 0);
	assert_int_equal(db_exec(p->db, PUT, b, 3, NULL, NULL), 0);
	get(p->db, INT64_MAX, &r);
	assert_int_equal(r.rows, 1);
	assert_true(r.id == INT64_MAX);
	assert_string_equal(r.word, "Åse ?1 $1 'x'");
	assert_int_equal(r.size, sizeof large);
	assert_memory_equal(r.bytes, large, sizeof large);
	get(p->db, INT64_MIN, &r);
	assert_true(r.id == INT64_MIN && r.word_null && r.bytes_null);
	get(p->db, 0, &r);
	assert_false(r.word_null || r.bytes_null);
	assert_int_equal(r.size, 0);
	assert_string_equal(r.word, "");
	get(p->db, 5, &r);
	assert_int_equal(r.rows, 0);
}

static int quoted_row(void *self, const struct db_value *c, size_t count)
{
	assert_int_equal(count, 2);
	assert_int_equal(c[0].size, 4);
	assert_memory_equal(c[0].bytes, "a?1b", 4);
	*(int64_t *)self = c[1].number;
	return 0;
}

static void a_quoted_mark_is_no_parameter(void **state)
{
	struct place *p = *state;
	struct db_value bind = db_int(77);
	int64_t n = 0;
	assert_int_equal(put(p->db, 1, "x"), 0);
	assert_int_equal(db_exec(p->db, QUOTED, &bind, 1, quoted_row, &n), 0);
	assert_int_equal(n, 77);
}

static void puts_every_row(struct place *p, unsigned statement)
{
	enum { ROWS = 300 };
	static const enum db_type types[] = {DB_INT, DB_TEXT, DB_BLOB};
	static struct db_value v[ROWS * 3];
	static char words[ROWS][16];
	static struct row r;
	for (int i = 0; i < ROWS; i++) {
		snprintf(words[i], sizeof words[i], "w%d", i);
		v[3 * i] = db_int(i);
		v[3 * i + 1] = i == 7 ? (struct db_value){.type = DB_NULL} : db_text(words[i]);
		v[3 * i + 2] = i % 3 == 0 ? (struct db_value){.type = DB_NULL}
					  : db_blob(words[i], (size_t)(i % 3));
	}
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(db_batch(p->db, statement, types, 3, v, ROWS, NULL, NULL), 0);
	assert_int_equal(db_commit(p->db), 0);
	assert_int_equal(rows_in(p->db), ROWS);
	get(p->db, 7, &r);
	assert_true(r.word_null);
	get(p->db, 150, &r);
	assert_string_equal(r.word, "w150");
	assert_true(r.bytes_null);
	get(p->db, 299, &r);
	assert_string_equal(r.word, "w299");
	assert_int_equal(r.size, 2);
	assert_memory_equal(r.bytes, "w2", 2);
	assert_int_equal(db_batch(p->db, statement, types, 3, v, 0, NULL, NULL), 0);
}

static void a_batch_puts_every_row(void **state)
{
	puts_every_row(*state, PUT_MANY);
}

static void a_batch_of_rows_puts_every_row(void **state)
{
	struct place *p = *state;
	puts_every_row(p, PUT_ROWS);
	assert_int_equal(db_script(p->db, "DELETE FROM t"), 0);
	puts_every_row(p, PUT_ROWS);
	/* A new connection knows nothing of the type. */
	assert_int_equal(db_script(p->db, "DELETE FROM t"), 0);
	db_close(p->db);
	p->db = store(p);
	puts_every_row(p, PUT_ROWS);
}

static void a_value_of_another_type_is_refused(void **state)
{
	static const enum db_type types[] = {DB_INT, DB_TEXT, DB_BLOB};
	struct place *p = *state;
	struct db_value v[] = {db_int(8), db_int(9), db_blob("", 0)};
	assert_true(db_batch(p->db, PUT_ROWS, types, 3, v, 1, NULL, NULL) != 0);
	assert_true(db_batch(p->db, PUT_MANY, types, 3, v, 1, NULL, NULL) != 0);
}

static void a_commit_is_seen_by_others_a_rollback_is_not(void **state)
{
	struct place *p = *state;
	struct db *other = store(p);
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(put(p->db, 1, "x"), 0);
	assert_int_equal(rows_in(other), 0);
	assert_int_equal(db_commit(p->db), 0);
	assert_int_equal(rows_in(other), 1);
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(put(p->db, 2, "y"), 0);
	db_rollback(p->db);
	assert_int_equal(rows_in(other), 1);
	db_close(other);
}

static void a_conflict_is_told_and_recovered_from(void **state)
{
	struct place *p = *state;
	assert_int_equal(put(p->db, 1, "x"), 0);
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(put(p->db, 2, "y"), 0);
	assert_int_equal(put(p->db, 1, "secret"), PN_ECONFLICT);
	assert_null(strstr(db_why(p->db), "secret"));
	db_rollback(p->db);
	assert_int_equal(rows_in(p->db), 1);
	assert_int_equal(put(p->db, 3, "z"), 0);
}

static void a_failed_transaction_does_not_commit(void **state)
{
	static const enum db_type types[] = {DB_INT, DB_TEXT, DB_BLOB};
	struct place *p = *state;
	struct db_value v[] = {
		db_int(8), db_text("a"), db_blob("", 0), db_int(8), db_text("b"), db_blob("", 0)};
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(db_batch(p->db, PUT_MANY, types, 3, v, 2, NULL, NULL), PN_ECONFLICT);
	db_rollback(p->db);
	assert_int_equal(rows_in(p->db), 0);
}

static void what_was_to_come_later_comes_with_the_commit(void **state)
{
	static const enum db_type types[] = {DB_INT, DB_TEXT, DB_BLOB};
	struct place *p = *state;
	struct db_value v[] = {db_int(7), db_text("a"), db_blob("", 0), db_int(8), db_text("b"),
		db_blob("", 0), db_int(7), db_text("c"), db_blob("", 0)};
	static struct row r;
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(db_batch_later(p->db, PUT_MANY, types, 3, v, 1), 0);
	get(p->db, 7, &r);
	assert_string_equal(r.word, "a");
	assert_int_equal(db_batch_later(p->db, PUT_MANY, types, 3, v + 3, 1), 0);
	assert_int_equal(db_commit(p->db), 0);
	assert_int_equal(rows_in(p->db), 2);
	/* The first error is the one that is told, wherever it shows. */
	assert_int_equal(db_begin(p->db), 0);
	int err = db_batch_later(p->db, PUT_MANY, types, 3, v + 6, 1);
	if (err == 0)
		err = db_commit(p->db);
	assert_int_equal(err, PN_ECONFLICT);
	db_rollback(p->db);
	assert_int_equal(rows_in(p->db), 2);
	assert_int_equal(put(p->db, 9, "z"), 0);
}

static void a_wrong_statement_is_told(void **state)
{
	struct place *p = *state;
	struct db_value bind = db_int(1);
	assert_int_equal(db_exec(p->db, WRONG, NULL, 0, NULL, NULL), PN_EFORMAT);
	assert_int_equal(db_exec(p->db, STATEMENTS + 1, &bind, 1, NULL, NULL), PN_EINVAL);
	assert_int_equal(put(p->db, 1, "x"), 0);
}

static int stop_row(void *self, const struct db_value *c, size_t count)
{
	(void)c;
	(void)count;
	++*(int *)self;
	return PN_ELIMIT;
}

static void a_reader_may_stop(void **state)
{
	struct place *p = *state;
	int seen = 0;
	struct db_value bind = db_int(1);
	assert_int_equal(put(p->db, 1, "x"), 0);
	assert_int_equal(db_exec(p->db, GET, &bind, 1, stop_row, &seen), PN_ELIMIT);
	assert_int_equal(seen, 1);
	assert_int_equal(rows_in(p->db), 1);
}

static void a_lock_held_elsewhere_is_told_as_busy(void **state)
{
	struct place *p = *state;
	struct db *other = store(p);
	assert_int_equal(db_begin(other), 0);
	assert_int_equal(put(other, 1, "x"), 0);
	int err = db_begin(p->db);
	if (err == 0) /* PostgreSQL waits for the row alone */
		err = put(p->db, 1, "y");
	assert_int_equal(err, PN_EAGAIN);
	db_rollback(p->db);
	assert_int_equal(db_commit(other), 0);
	assert_int_equal(rows_in(p->db), 1);
	db_close(other);
}

static void migrations_run_once_and_whole(void **state)
{
	struct place *p = *state;
	static const struct db_migration more[] = {
		{"CREATE TABLE t(id INTEGER)", "CREATE TABLE t(id bigint)"},
		{"CREATE INDEX t_word ON t(word)", "CREATE INDEX t_word ON t(word)"},
		{"CREATE TABLE half(id INTEGER); CREATE TABLE t(id INTEGER)",
			"CREATE TABLE half(id bigint); CREATE TABLE t(id bigint)"}};
	assert_int_equal(db_migrate(p->db, migrations, PN_COUNT(migrations)), 0);
	assert_int_equal(db_migrate(p->db, more, PN_COUNT(more)), PN_EFORMAT);
	assert_int_equal(db_script(p->db, "CREATE TABLE half(id INTEGER)"), 0);
	assert_int_equal(db_script(p->db, "DROP TABLE half"), 0);
	assert_int_equal(db_migrate(p->db, migrations, PN_COUNT(migrations)), 0);
	assert_int_equal(db_migrate(p->db, migrations, 1), PN_EUNSUPPORTED);
}

static void what_cannot_be_opened_is_told(void **state)
{
	struct db *db = NULL;
	char why[100];
	(void)state;
	assert_int_equal(
		db_open("mysql:x", catalogue, STATEMENTS, &db, why, sizeof why), PN_EINVAL);
	assert_int_equal(
		db_open("sqlite:/nonexistent/x.db", catalogue, STATEMENTS, &db, why, sizeof why),
		PN_EIO);
	assert_int_equal(db_open("postgresql:host=/nonexistent", catalogue, STATEMENTS, &db, why,
				 sizeof why),
		PN_EIO);
	assert_null(db);
}

static void a_lost_server_is_told_and_found_again(void **state)
{
	struct place *p = *state;
	assert_int_equal(put(p->db, 1, "x"), 0);
	assert_int_equal(db_begin(p->db), 0);
	assert_int_equal(put(p->db, 2, "y"), 0);
	pg_server_kill(p->server);
	assert_int_equal(db_commit(p->db), PN_EIO);
	db_rollback(p->db);
	assert_int_equal(db_revive(p->db), PN_EIO);
	pg_server_again(p->server);
	assert_int_equal(db_revive(p->db), 0);
	assert_int_equal(rows_in(p->db), 1);
	assert_int_equal(put(p->db, 2, "y"), 0);
}

static bool count_turn(void *self)
{
	++*(unsigned *)self;
	return false;
}

/* A server that accepts and says nothing more must not hold its client for ever. */
static void a_frozen_server_is_given_up(void **state)
{
	struct place *p = *state;
	int64_t backend = 0;
	unsigned turns = 0;
	assert_int_equal(db_exec(p->db, BACKEND, NULL, 0, number_row, &backend), 0);
	assert_int_equal(put(p->db, 1, "x"), 0);
	db_while_waiting(p->db, count_turn, &turns);
	assert_int_equal(kill((pid_t)backend, SIGSTOP), 0);
	time_t began = time(NULL);
	assert_int_equal(put(p->db, 2, "y"), PN_EIO);
	assert_in_range(time(NULL) - began, (DB_STATEMENT_MS + DB_GRACE_MS) / 1000 - 1,
		(DB_STATEMENT_MS + DB_GRACE_MS) / 1000 + 5);
	assert_true(turns > 1000);
	assert_int_equal(put(p->db, 3, "y"), PN_EIO);
	assert_int_equal(db_begin(p->db), PN_EIO);
	assert_int_equal(db_revive(p->db), 0);
	assert_int_equal(rows_in(p->db), 1);
	assert_int_equal(kill((pid_t)backend, SIGCONT), 0);
	assert_int_equal(kill((pid_t)backend, SIGTERM), 0);
}

static void a_server_that_may_lose_commits_is_refused(void **state)
{
	struct db *db = NULL;
	char url[300], why[100] = "";
	struct pg_server *s = pg_server_start("fsync=off");
	(void)state;
	snprintf(url, sizeof url, "postgresql:%s", pg_server_conninfo(s));
	assert_int_equal(db_open(url, catalogue, STATEMENTS, &db, why, sizeof why), PN_EIO);
	assert_non_null(strstr(why, "fsync"));
	pg_server_stop(s);
}

#define ON(test) cmocka_unit_test_setup_teardown(test, open_empty, close_store)
#define EVERY_STORE                                                                                \
	ON(values_come_back), ON(a_quoted_mark_is_no_parameter), ON(a_batch_puts_every_row),       \
		ON(a_batch_of_rows_puts_every_row),                                                \
		ON(a_commit_is_seen_by_others_a_rollback_is_not),                                  \
		ON(a_conflict_is_told_and_recovered_from),                                         \
		ON(a_failed_transaction_does_not_commit),                                          \
		ON(what_was_to_come_later_comes_with_the_commit), ON(a_wrong_statement_is_told),   \
		ON(a_reader_may_stop), ON(a_lock_held_elsewhere_is_told_as_busy),                  \
		ON(migrations_run_once_and_whole)

int main(void)
{
	const struct CMUnitTest on_sqlite[] = {
		EVERY_STORE, cmocka_unit_test(what_cannot_be_opened_is_told)};
	const struct CMUnitTest on_postgresql[] = {EVERY_STORE,
		ON(a_value_of_another_type_is_refused), ON(a_lost_server_is_told_and_found_again),
		ON(a_frozen_server_is_given_up),
		cmocka_unit_test(a_server_that_may_lose_commits_is_refused)};
	int failed = cmocka_run_group_tests(on_sqlite, setup_sqlite, teardown);
	failed += cmocka_run_group_tests(on_postgresql, setup_postgresql, teardown);
	return failed;
}
