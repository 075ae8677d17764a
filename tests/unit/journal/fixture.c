/* SPDX-License-Identifier: Apache-2.0
 * Shared by the journal's tests.
 */
#include "fixture.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void fixture_shell(const char *fmt, ...)
{
	char command[1024];
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(command, sizeof command, fmt, ap);
	va_end(ap);
	assert_true(n > 0 && (size_t)n < sizeof command);
	int status =
		system(command); /* NOLINT: a test's own literal with its own temporary paths */
	if (status != 0)
		fail_msg("exit status %d: %s", status, command);
}

static void make_certificate(const char *name, const char *certificate, const char *key)
{
	fixture_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "
		      "30 -subj /CN=%s"
		      " -keyout %s -out %s 2>/dev/null",
		name, key, certificate);
}

struct fixture *fixture_new(const char *base)
{
	struct fixture *f = calloc(1, sizeof *f);
	assert_non_null(f);
	const char *tmp = base != NULL ? base : getenv("TMPDIR");
	snprintf(f->folder, sizeof f->folder, "%s/postern-journal-XXXXXX",
		tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof f->path, "%s/journal.db", f->folder);
	snprintf(f->key, sizeof f->key, "%s/checkpoint.key", f->folder);
	snprintf(f->pub, sizeof f->pub, "%s.pub", f->key);
	snprintf(f->centre, sizeof f->centre, "%s/centre.pem", f->folder);
	snprintf(f->centre_key, sizeof f->centre_key, "%s/centre.key", f->folder);
	snprintf(f->escrow, sizeof f->escrow, "%s/escrow.pem", f->folder);
	snprintf(f->escrow_key, sizeof f->escrow_key, "%s/escrow.key", f->folder);
	make_certificate("centre", f->centre, f->centre_key);
	make_certificate("escrow", f->escrow, f->escrow_key);
	return f;
}

void fixture_free(struct fixture *f)
{
	fixture_shell("rm -rf %s", f->folder);
	free(f);
}

void fixture_config(const struct fixture *f, struct journal_config *c)
{
	*c = (struct journal_config){.path = f->path,
		.tenant = "utopia",
		.gate = "north-1",
		.checkpoint_key_path = f->key,
		.seal_centre = {.path = f->centre},
		.seal_escrow = {.path = f->escrow}};
}

struct journal *fixture_open(const struct fixture *f)
{
	struct journal_config c;
	struct journal *j = NULL;
	fixture_config(f, &c);
	assert_int_equal(journal_open(&j, &c), 0);
	return j;
}

size_t fixture_clear(
	uint8_t *out, Postern__RecordKind kind, const char *crossing_id, int64_t wall_ms)
{
	char id[JOURNAL_ID_MAX + 1];
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	snprintf(id, sizeof id, "%s", crossing_id);
	r.kind = kind;
	r.crossing_id = id;
	r.wall_ms = wall_ms;
	r.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	return postern__record_clear__pack(&r, out);
}

struct journal_completion fixture_wait(struct journal *j)
{
	struct journal_completion done;
	struct pollfd p = {.fd = journal_completion_fd(j), .events = POLLIN};
	int err = journal_next_completion(j, &done);
	if (err == PN_EAGAIN) {
		assert_int_equal(poll(&p, 1, 10000), 1);
		err = journal_next_completion(j, &done);
	}
	assert_int_equal(err, 0);
	return done;
}

struct journal_completion fixture_append(struct journal *j, uint64_t tag, int64_t wall_ms,
	const void *personal, size_t personal_size)
{
	uint8_t clear[256];
	char id[32];
	snprintf(id, sizeof id, "CROSSING%04llu", (unsigned long long)tag);
	const struct journal_append a = {.tag = tag,
		.clear = clear,
		.clear_size =
			fixture_clear(clear, POSTERN__RECORD_KIND__RECORD_VERDICT, id, wall_ms),
		.personal = personal,
		.personal_size = personal_size};
	assert_int_equal(journal_submit(j, &a), 0);
	struct journal_completion done = fixture_wait(j);
	assert_int_equal(done.operation, JOURNAL_APPENDED);
	assert_int_equal(done.tag, tag);
	return done;
}

struct journal_completion fixture_ack(
	struct journal *j, uint64_t epoch, uint64_t seq, const uint8_t hash[CHAIN_HASH])
{
	struct journal_ack a = {.tag = 4711, .epoch = epoch, .seq = seq};
	memcpy(a.head_hash, hash, CHAIN_HASH);
	assert_int_equal(journal_acknowledge(j, &a), 0);
	struct journal_completion done = fixture_wait(j);
	assert_int_equal(done.operation, JOURNAL_ACKNOWLEDGED);
	assert_int_equal(done.tag, 4711);
	return done;
}

int fixture_sql(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
	return code;
}

/* Appends "DROP TRIGGER name;" or the trigger's own text, in argv order of the query below. */
static int add_text(void *context, int columns, char **value, char **name)
{
	char *text = context;
	size_t n = strlen(text);
	(void)columns;
	(void)name;
	assert_true(n + strlen(value[0]) + 2 < 8192);
	snprintf(text + n, 8192 - n, "%s;", value[0]);
	return 0;
}

void fixture_tamper(const struct fixture *f, const char *sql)
{
	static char drop[8192], again[8192];
	sqlite3 *db;
	drop[0] = again[0] = '\0';
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_exec(db, "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger'",
		add_text, drop, NULL);
	sqlite3_exec(
		db, "SELECT sql FROM sqlite_schema WHERE type = 'trigger'", add_text, again, NULL);
	assert_true(strlen(again) > 1000);
	assert_int_equal(sqlite3_exec(db, drop, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, again, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

int64_t fixture_integer(const struct fixture *f, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}
