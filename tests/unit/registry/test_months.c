/* SPDX-License-Identifier: Apache-2.0
 * Months on PostgreSQL: each makes its partition in the transaction that first needs it, whoever
 * reads or writes meanwhile. Must never look at anything but the store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ingest.h"
#include "pg_server.h"
#include "schema.h"
#include "sender.h"

/* date -u -d 2026-03-20T12:00 +%s and so on */
static const int64_t march_20 = INT64_C(1774008000000), march_28 = INT64_C(1774699200000),
		     april_1 = INT64_C(1775001600000), may_2 = INT64_C(1777680000000),
		     may_15 = INT64_C(1778846400000), year_1999 = INT64_C(915148800000),
		     month_ms = INT64_C(2629800000);

enum { PARTITIONS, ROWS_OF, DURABLE, QUERIES };

static const struct db_sql queries[QUERIES] = {
	[PARTITIONS] = {.sql = "SELECT COUNT(*) FROM pg_inherits"
			       " WHERE inhparent = 'journal'::regclass"},
	[ROWS_OF] = {.sql = "SELECT COUNT(*) FROM journal WHERE gate = ?1"
			    " AND tableoid::regclass::text = ?2"},
	[DURABLE] = {.sql = "SELECT (current_setting('synchronous_commit') = 'on')::int::bigint"},
};

struct place {
	struct pg_server *server;
	char url[300];
	struct db *store, *query;
};

static int setup(void **state)
{
	char why[200] = "";
	static struct place p;
	/* A server whose administrator chose speed: the registry's sessions must not follow. */
	p.server = pg_server_start("synchronous_commit=off");
	snprintf(p.url, sizeof p.url, "postgresql:%s", pg_server_conninfo(p.server));
	if (registry_store_open(p.url, &p.store, why, sizeof why) != 0)
		fail_msg("%s", why);
	assert_int_equal(db_open(p.url, queries, QUERIES, &p.query, NULL, 0), 0);
	*state = &p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	db_close(p->store);
	db_close(p->query);
	pg_server_stop(p->server);
	return 0;
}

static int number_row(void *self, const struct db_value *c, size_t count)
{
	assert_int_equal(count, 1);
	*(int64_t *)self = c[0].number;
	return 0;
}

static int64_t rows_of(struct place *p, const char *gate, const char *partition)
{
	int64_t n = -1;
	const struct db_value binds[] = {db_text(gate), db_text(partition)};
	assert_int_equal(db_exec(p->query, ROWS_OF, binds, 2, number_row, &n), 0);
	return n;
}

static int64_t partitions(struct place *p)
{
	int64_t n = -1;
	assert_int_equal(db_exec(p->query, PARTITIONS, NULL, 0, number_row, &n), 0);
	return n;
}

/* One batch of a gate whose clock says clock_ms, at now_ms. */
static int put(struct ingest *in, struct db *db, struct sender *s, int64_t clock_ms, int64_t now_ms)
{
	struct ingest_body body = {0}, *bodies[] = {&body};
	s->wall_ms = clock_ms;
	struct bytes b = sender_batch(s, 3, 100);
	int err = ingest_body_read(&body, b.data, b.size);
	if (err == 0)
		err = ingest_commit(in, db, bodies, 1, now_ms);
	if (err == 0 && body.status != 200)
		err = PN_ECONFLICT;
	ingest_body_free(&body);
	free(b.data);
	return err;
}

static void a_new_month_makes_its_partition(void **state)
{
	struct place *p = *state;
	struct ingest in = {0};
	struct sender s;
	sender_init(&s, "NOR", "months");
	int64_t before = partitions(p);
	assert_int_equal(put(&in, p->store, &s, march_20, march_20), 0);
	assert_int_equal(partitions(p), before + 1);
	/* The next one stands a week before it is needed. */
	assert_int_equal(put(&in, p->store, &s, march_28, march_28), 0);
	assert_int_equal(partitions(p), before + 2);
	assert_int_equal(put(&in, p->store, &s, april_1, april_1), 0);
	assert_int_equal(partitions(p), before + 2);
	assert_int_equal(rows_of(p, "months", "journal_2026_03"), 6);
	assert_int_equal(rows_of(p, "months", "journal_2026_04"), 3);
	/* The last millisecond of a month and the first of the next; another registry, which knows
	 * of no month yet. */
	struct ingest other = {0};
	assert_int_equal(put(&other, p->store, &s, april_1 - 1, april_1), 0);
	assert_int_equal(put(&other, p->store, &s, april_1, april_1), 0);
	assert_int_equal(rows_of(p, "months", "journal_2026_03"), 9);
	assert_int_equal(rows_of(p, "months", "journal_2026_04"), 6);
	ingest_free(&other);
	ingest_free(&in);
}

static void a_gate_from_another_time_is_filed_as_it_arrives(void **state)
{
	struct place *p = *state;
	struct ingest in = {0};
	struct sender s;
	sender_init(&s, "NOR", "clock");
	int64_t before = partitions(p);
	assert_int_equal(put(&in, p->store, &s, year_1999, march_20), 0);
	assert_int_equal(put(&in, p->store, &s, march_20 + 60 * month_ms, march_20), 0);
	assert_int_equal(rows_of(p, "clock", "journal_2026_03"), 6);
	assert_int_equal(partitions(p), before);
	ingest_free(&in);
}

static void a_reader_does_not_hold_up_a_new_month(void **state)
{
	struct place *p = *state;
	struct ingest in = {0};
	struct sender s;
	sender_init(&s, "NOR", "read");
	assert_int_equal(put(&in, p->store, &s, april_1, april_1), 0);
	int64_t before = partitions(p);
	assert_int_equal(db_begin(p->query), 0);
	assert_int_equal(rows_of(p, "read", "journal_2026_04"), 3);
	uint64_t begin_ms = clock_mono_ms();
	assert_int_equal(put(&in, p->store, &s, may_2, may_2), 0);
	assert_true(clock_mono_ms() - begin_ms < DB_STATEMENT_MS / 4);
	assert_int_equal(db_commit(p->query), 0);
	assert_int_equal(partitions(p), before + 1);
	assert_int_equal(rows_of(p, "read", "journal_2026_05"), 3);
	ingest_free(&in);
}

static void a_month_taken_away_is_made_again(void **state)
{
	struct place *p = *state;
	struct ingest in = {0};
	struct sender s, sent;
	sender_init(&s, "NOR", "again");
	assert_int_equal(put(&in, p->store, &s, may_2, may_2), 0);
	assert_int_equal(db_script(p->query, "DROP TABLE journal_2026_05"), 0);
	sent = s;
	assert_int_equal(put(&in, p->store, &sent, may_2, may_2), PN_ECONFLICT);
	assert_int_equal(put(&in, p->store, &s, may_2, may_2), 0);
	assert_int_equal(rows_of(p, "again", "journal_2026_05"), 3);
	ingest_free(&in);
}

static int many_months(const struct place *p, const char *gate)
{
	enum { MONTHS = 20 };
	struct db *db = NULL;
	struct ingest in = {0};
	struct sender s;
	char why[200] = "";
	sender_init(&s, "NOR", gate);
	int err = registry_store_open(p->url, &db, why, sizeof why);
	for (int64_t i = 0; i < MONTHS && err == 0; i++) {
		int64_t at = may_15 + (i + 2) * month_ms;
		err = put(&in, db, &s, at, at);
	}
	db_close(db);
	ingest_free(&in);
	return err;
}

static void registries_make_the_same_months_at_once(void **state)
{
	struct place *p = *state;
	int status;
	int64_t before = partitions(p);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(many_months(p, "left") == 0 ? 0 : 1);
	int err = many_months(p, "right");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(err, 0);
	assert_int_equal(status, 0);
	assert_int_equal(partitions(p), before + 20);
}

static void a_commit_is_synchronous_whatever_the_server_says(void **state)
{
	struct place *p = *state;
	int64_t on = -1;
	assert_int_equal(db_exec(p->query, DURABLE, NULL, 0, number_row, &on), 0);
	assert_int_equal(on, 1);
}

static void a_store_of_the_first_migration_is_brought_up(void **state)
{
	struct place *p = *state;
	struct ingest in = {0};
	struct sender s;
	char why[200] = "";
	sender_init(&s, "NOR", "older");
	db_close(p->store);
	p->store = NULL;
	assert_int_equal(db_script(p->query, "DROP TYPE journal_row; DROP TABLE register, register_entry;"
					     "DELETE FROM migration WHERE number > 1"),
		0);
	if (registry_store_open(p->url, &p->store, why, sizeof why) != 0)
		fail_msg("%s", why);
	assert_int_equal(put(&in, p->store, &s, march_20, march_20), 0);
	assert_int_equal(rows_of(p, "older", "journal_2026_03"), 3);
	ingest_free(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_new_month_makes_its_partition),
		cmocka_unit_test(a_gate_from_another_time_is_filed_as_it_arrives),
		cmocka_unit_test(a_reader_does_not_hold_up_a_new_month),
		cmocka_unit_test(a_month_taken_away_is_made_again),
		cmocka_unit_test(registries_make_the_same_months_at_once),
		cmocka_unit_test(a_commit_is_synchronous_whatever_the_server_says),
		cmocka_unit_test(a_store_of_the_first_migration_is_brought_up)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
