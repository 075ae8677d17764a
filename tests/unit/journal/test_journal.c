/* SPDX-License-Identifier: Apache-2.0
 * Appending, going on after a restart, acknowledging, batches, epochs, bounds and refusals. Record
 * contents are checked through SQLite directly and through protobuf decoding, not through the
 * functions under test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"
#include "journal.pb-c.h"

static const uint8_t zeros[CHAIN_HASH];

static int setup(void **state)
{
	*state = fixture_new(NULL);
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void test_append_and_reopen(void **state)
{
	const struct fixture *f = *state;
	struct journal_completion done;
	struct journal_status st;
	struct journal *j = fixture_open(f);
	for (uint64_t i = 1; i <= 5; i++) {
		done = fixture_append(j, i, 1000 + (int64_t)i, "name", i == 3 ? 4 : 0);
		assert_int_equal(done.result, 0);
		assert_int_equal(done.epoch, 1);
		assert_int_equal(done.seq, i);
	}
	journal_status(j, &st);
	assert_int_equal(st.head_seq, 5);
	assert_memory_equal(st.head_hash, done.hash, CHAIN_HASH);
	assert_int_equal(st.outbox, 5);
	assert_int_equal(st.acked_seq, 0);
	assert_false(st.broken);
	journal_close(j);
	j = fixture_open(f);
	done = fixture_append(j, 6, 1006, NULL, 0);
	assert_int_equal(done.result, 0);
	assert_int_equal(done.epoch, 1);
	assert_int_equal(done.seq, 6);
	journal_close(j);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM journal"), 6);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM outbox"), 6);
	assert_int_equal(
		fixture_integer(f, "SELECT count(*) FROM journal WHERE sealed IS NOT NULL"), 1);
	assert_int_equal(
		fixture_integer(f, "SELECT seq FROM journal WHERE crossing_id = 'CROSSING0003'"),
		3);
	assert_int_equal(fixture_integer(f, "SELECT max(seq) FROM checkpoint"), 6);
	assert_int_equal(
		fixture_integer(f,
			"SELECT count(*) FROM journal a JOIN journal b ON b.seq = a.seq + 1 WHERE"
			" b.previous = a.hash"),
		5);
}

static void test_files_are_private(void **state)
{
	const struct fixture *f = *state;
	static const char *const suffix[] = {"", "-wal", "-shm", ".lock", ".epoch"};
	struct journal *j = fixture_open(f);
	struct stat st;
	fixture_append(j, 1, 1, NULL, 0);
	for (size_t i = 0; i < PN_COUNT(suffix); i++) {
		char name[128];
		snprintf(name, sizeof name, "%s%s", f->path, suffix[i]);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	assert_int_equal(stat(f->key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	journal_close(j);
	/* A key that others may read is no key. */
	struct journal_config c;
	fixture_config(f, &c);
	assert_int_equal(chmod(f->key, 0640), 0);
	assert_int_equal(journal_open(&j, &c), PN_ECRYPTO);
	assert_null(j);
}

static void test_one_opener(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *second, *j = fixture_open(f);
	fixture_config(f, &c);
	assert_int_equal(journal_open(&second, &c), PN_ECONFLICT);
	journal_close(j);
	j = fixture_open(f);
	journal_close(j);
}

static void test_refusals(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *j;
	uint8_t clear[256];
	static uint8_t big[JOURNAL_PERSONAL_MAX + 1];
	fixture_config(f, &c);
	c.tenant = "a tenant";
	assert_int_equal(journal_open(&j, &c), PN_EINVAL);
	fixture_config(f, &c);
	c.gate = "";
	assert_int_equal(journal_open(&j, &c), PN_EINVAL);
	fixture_config(f, &c);
	c.path = "file:/tmp/x?mode=memory";
	assert_int_equal(journal_open(&j, &c), PN_EINVAL);
	fixture_config(f, &c);
	c.seal_escrow.path = NULL;
	assert_int_equal(journal_open(&j, &c), PN_EINVAL);
	fixture_config(f, &c);
	c.seal_centre.path = c.seal_escrow.path = NULL;
	assert_int_equal(journal_open(&j, &c), 0);
	assert_string_equal(journal_seal_recipients(j), "");
	struct journal_append a = {.clear = clear};
	a.clear_size = fixture_clear(clear, POSTERN__RECORD_KIND__RECORD_VERDICT, "X", 1);
	a.personal = big;
	a.personal_size = 1;
	assert_int_equal(journal_submit(j, &a), PN_ECRYPTO);
	journal_close(j);
	j = fixture_open(f);
	a.personal_size = sizeof big;
	assert_int_equal(journal_submit(j, &a), PN_ELIMIT);
	a.personal_size = 0;
	a.clear_size = 1; /* a tag without its value */
	assert_int_equal(journal_submit(j, &a), PN_EFORMAT);
	a.clear_size = fixture_clear(clear, POSTERN__RECORD_KIND__RECORD_PURGE, "X", 1);
	assert_int_equal(journal_submit(j, &a), PN_EFORMAT);
	a.clear_size = fixture_clear(clear, POSTERN__RECORD_KIND__RECORD_UNSPECIFIED, "X", 1);
	assert_int_equal(journal_submit(j, &a), PN_EFORMAT);
	a.clear_size = fixture_clear(clear, (Postern__RecordKind)99, "X", 1);
	assert_int_equal(journal_submit(j, &a), PN_EFORMAT);
	assert_int_equal(journal_next_completion(j, &(struct journal_completion){0}), PN_EAGAIN);
	journal_close(j);
	fixture_config(f, &c);
	c.gate = "north-2";
	assert_int_equal(journal_open(&j, &c), PN_ECONFLICT);
}

static void test_queue_bound(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	uint8_t clear[256];
	struct journal_append a = {.clear = clear};
	a.clear_size = fixture_clear(clear, POSTERN__RECORD_KIND__RECORD_GATE_EVENT, "", 7);
	for (a.tag = 0; a.tag < JOURNAL_QUEUE_MAX; a.tag++)
		assert_int_equal(journal_submit(j, &a), 0);
	/* Completions not fetched count: the writer can never be ahead of a full ring. */
	assert_int_equal(journal_submit(j, &a), PN_ELIMIT);
	assert_int_equal(journal_purge(j, 1, 0, 0), PN_ELIMIT);
	for (uint64_t i = 0; i < JOURNAL_QUEUE_MAX; i++) {
		struct journal_completion done = fixture_wait(j);
		assert_int_equal(done.result, 0);
		assert_int_equal(done.tag, i);
		assert_int_equal(done.seq, i + 1);
	}
	assert_int_equal(journal_submit(j, &a), 0);
	assert_int_equal(fixture_wait(j).seq, JOURNAL_QUEUE_MAX + 1);
	/* The 64th record carried a checkpoint in its own transaction. */
	assert_int_equal(fixture_integer(f, "SELECT seq FROM checkpoint"), 64);
	journal_close(j);
}

static void test_append_only(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	struct journal_completion one = fixture_append(j, 1, 10, "secret", 6);
	fixture_append(j, 2, 20, NULL, 0);
	static const char *const refused[] = {"DELETE FROM journal",
		"UPDATE journal SET clear = x'00'", "UPDATE journal SET hash = zeroblob(32)",
		"UPDATE journal SET seq = seq + 10",
		"UPDATE journal SET sealed = NULL, purged_at = 5 WHERE seq = 1", /* not acknowledged
										  */
		"INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1",
		"INSERT INTO journal(epoch, seq, kind, crossing_id, wall_ms, clear, sealed_hash, "
		"previous, hash)"
		" VALUES(1, 0, 1, '', 0, x'', zeroblob(32), zeroblob(32), zeroblob(32))",
		"DELETE FROM outbox", "DELETE FROM outbox WHERE seq = 2"};
	for (size_t i = 0; i < PN_COUNT(refused); i++)
		assert_int_equal(fixture_sql(f, refused[i]), SQLITE_CONSTRAINT);
	assert_int_equal(fixture_ack(j, 1, 1, one.hash).result, 0);
	static const char *const still[] = {
		"UPDATE journal SET sealed = x'00', purged_at = 5 WHERE seq = 1",
		"UPDATE journal SET sealed = NULL WHERE seq = 1",
		"UPDATE journal SET sealed = NULL, purged_at = 5, kind = 2 WHERE seq = 1",
		"UPDATE journal SET sealed = NULL, purged_at = 5 WHERE seq = 2",
		"DELETE FROM outbox WHERE seq = 2", "DELETE FROM ack", "UPDATE ack SET seq = 0"};
	for (size_t i = 0; i < PN_COUNT(still); i++)
		assert_int_equal(fixture_sql(f, still[i]), SQLITE_CONSTRAINT);
	journal_close(j);
	assert_int_equal(fixture_sql(f, "DELETE FROM checkpoint"), SQLITE_CONSTRAINT);
	assert_int_equal(fixture_sql(f, "UPDATE checkpoint SET note = ''"), SQLITE_CONSTRAINT);
}

static void expect_open(const struct fixture *f, int wanted)
{
	struct journal_config c;
	struct journal *j;
	fixture_config(f, &c);
	assert_int_equal(journal_open(&j, &c), wanted);
	journal_close(j);
}

/* Its maker died between the first page, which WAL mode writes, and the schema. */
static void test_died_while_made(void **state)
{
	const struct fixture *f = *state;
	fixture_shell("umask 077 && : >%s", f->path);
	assert_int_equal(fixture_sql(f, "PRAGMA journal_mode = WAL"), SQLITE_OK);
	assert_int_equal(fixture_integer(f, "PRAGMA page_count"), 1);
	struct journal *j = fixture_open(f);
	assert_int_equal(fixture_append(j, 1, 1000, NULL, 0).result, 0);
	journal_close(j);
}

static void test_foreign_files(void **state)
{
	const struct fixture *f = *state;
	journal_close(fixture_open(f));
	assert_int_equal(fixture_sql(f, "CREATE VIEW v AS SELECT 1"), SQLITE_OK);
	expect_open(f, PN_EFORMAT);
	assert_int_equal(fixture_sql(f, "DROP VIEW v"), SQLITE_OK);
	expect_open(f, 0);
	assert_int_equal(fixture_sql(f, "PRAGMA user_version = 4"), SQLITE_OK);
	expect_open(f, PN_EFORMAT);
	assert_int_equal(fixture_sql(f, "PRAGMA user_version = 3; DROP TRIGGER journal_no_delete"),
		SQLITE_OK);
	expect_open(f, PN_EFORMAT);
	fixture_shell("rm %s && head -c 5000 /dev/zero >%s", f->path, f->path);
	struct journal_config c;
	struct journal *j;
	fixture_config(f, &c);
	assert_int_equal(journal_open(&j, &c), PN_EFORMAT);
	/* WAL, whatever it was left in. */
	fixture_shell("rm %s", f->path);
	expect_open(f, 0);
	assert_int_equal(fixture_sql(f, "PRAGMA journal_mode = DELETE"), SQLITE_OK);
	expect_open(f, 0);
	/* SQLite's file format, section 1.3.3: read and write version 2 at offset 18 mean WAL. */
	fixture_shell("test \"$(od -An -tu1 -j18 -N2 %s | tr -d ' ')\" = 22", f->path);
}

/* A file of version 1, which knew no index of activations, or of version 2, which kept no faces, is brought up, and keeps its
 * records. */
static void test_former_version(void **state)
{
	const struct fixture *f = *state;
	struct journal *j = fixture_open(f);
	assert_int_equal(fixture_append(j, 1, 1000, NULL, 0).result, 0);
	journal_close(j);
	assert_int_equal(fixture_sql(f, "DROP TABLE face; DROP INDEX journal_activation; PRAGMA user_version = 1"), SQLITE_OK);
	j = fixture_open(f);
	assert_int_equal(fixture_append(j, 2, 2000, NULL, 0).seq, 2);
	journal_close(j);
	assert_int_equal(fixture_integer(f, "PRAGMA user_version"), 3);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM sqlite_schema WHERE name = 'journal_activation'"), 1);
	assert_int_equal(fixture_sql(f, "DROP TABLE face; PRAGMA user_version = 2"), SQLITE_OK);
	expect_open(f, 0);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM sqlite_schema WHERE name IN ('journal_activation', 'face')"), 2);
	/* Whatever else it lacks is still found. */
	assert_int_equal(fixture_sql(f, "DROP TABLE face; DROP INDEX journal_activation; DROP TRIGGER journal_no_delete; PRAGMA user_version = 1"),
		SQLITE_OK);
	expect_open(f, PN_EFORMAT);
}

static Postern__JournalBatch *decode(const uint8_t *bytes, const struct journal_batch *b)
{
	Postern__JournalBatch *batch = postern__journal_batch__unpack(NULL, b->size, bytes);
	assert_non_null(batch);
	assert_string_equal(batch->tenant, "utopia");
	assert_string_equal(batch->gate, "north-1");
	assert_int_equal(batch->epoch, b->epoch);
	assert_int_equal(batch->n_records, b->records);
	return batch;
}

static void test_batches(void **state)
{
	const struct fixture *f = *state;
	static uint8_t buffer[JOURNAL_BATCH_BYTES_MAX], personal[60000];
	struct journal *j = fixture_open(f);
	struct journal_batch b;
	uint8_t hash[71][CHAIN_HASH];
	assert_int_equal(journal_next_batch(j, 0, 0, 64, buffer, sizeof buffer, &b), PN_ENOTFOUND);
	for (uint64_t i = 1; i <= 70; i++) {
		struct journal_completion done = fixture_append(j, i, (int64_t)i, "p", 1);
		memcpy(hash[i], done.hash, CHAIN_HASH);
	}
	assert_int_equal(journal_next_batch(j, 0, 0, 65, buffer, sizeof buffer, &b), PN_EINVAL);
	assert_int_equal(journal_next_batch(j, 0, 0, 64, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.records, 64);
	assert_int_equal(b.first_seq, 1);
	assert_int_equal(b.last_seq, 64);
	assert_int_equal(b.oldest_wall_ms, 1);
	assert_memory_equal(b.last_hash, hash[64], CHAIN_HASH);
	Postern__JournalBatch *batch = decode(buffer, &b);
	for (uint64_t i = 0; i < 64; i++) {
		const Postern__JournalRecord *r = batch->records[i];
		uint8_t sealed_hash[CHAIN_HASH], computed[CHAIN_HASH];
		assert_int_equal(r->seq, i + 1);
		assert_memory_equal(r->hash.data, hash[i + 1], CHAIN_HASH);
		assert_memory_equal(r->previous.data, i == 0 ? zeros : hash[i], CHAIN_HASH);
		assert_int_equal(chain_sealed_hash(r->sealed.data, r->sealed.len, sealed_hash), 0);
		assert_memory_equal(r->sealed_hash.data, sealed_hash, CHAIN_HASH);
		assert_int_equal(chain_hash("utopia", "north-1", 1, r->seq, r->previous.data,
					 r->clear.data, r->clear.len, sealed_hash, computed),
			0);
		assert_memory_equal(computed, hash[i + 1], CHAIN_HASH);
	}
	postern__journal_batch__free_unpacked(batch, NULL);
	assert_int_equal(journal_next_batch(j, 1, 64, 64, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.first_seq, 65);
	assert_int_equal(b.last_seq, 70);
	/* An acknowledgement in the middle, a wrong hash, a record that does not exist, an old one.
	 */
	assert_int_equal(fixture_ack(j, 1, 10, hash[10]).result, 0);
	assert_int_equal(fixture_ack(j, 1, 20, hash[21]).result, PN_ECONFLICT);
	assert_int_equal(fixture_ack(j, 1, 71, hash[70]).result, PN_ENOTFOUND);
	assert_int_equal(fixture_ack(j, 1, 5, hash[5]).result, 0);
	assert_int_equal(journal_next_batch(j, 0, 0, 3, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.first_seq, 11);
	assert_int_equal(b.last_seq, 13);
	struct journal_status st;
	journal_status(j, &st);
	assert_int_equal(st.acked_seq, 10);
	assert_int_equal(st.outbox, 60);
	/* Bytes bound: 60 kB payloads, so three fit into 200 kB and none into 50 kB. */
	for (uint64_t i = 71; i <= 76; i++)
		assert_int_equal(
			fixture_append(j, i, (int64_t)i, personal, sizeof personal).result, 0);
	assert_int_equal(journal_next_batch(j, 1, 70, 64, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.records, 3);
	assert_true(b.size <= sizeof buffer);
	postern__journal_batch__free_unpacked(decode(buffer, &b), NULL);
	assert_int_equal(journal_next_batch(j, 1, 70, 64, buffer, 50000, &b), PN_ELIMIT);
	journal_close(j);
	j = fixture_open(f);
	journal_status(j, &st);
	assert_int_equal(st.acked_seq, 10);
	assert_int_equal(st.outbox, 66);
	journal_close(j);
}

static void test_epochs(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *j;
	static uint8_t buffer[JOURNAL_BATCH_BYTES_MAX];
	struct journal_batch b;
	fixture_config(f, &c);
	c.first_epoch = 7; /* a new disk, told by the operator */
	assert_int_equal(journal_open(&j, &c), 0);
	struct journal_completion last = fixture_append(j, 1, 1, NULL, 0);
	assert_int_equal(last.epoch, 7);
	journal_close(j);
	c.first_epoch = 3; /* the file decides now */
	c.epoch_policy = JOURNAL_EPOCH_NEXT;
	assert_int_equal(journal_open(&j, &c), 0);
	struct journal_completion first = fixture_append(j, 2, 2, NULL, 0);
	assert_int_equal(first.epoch, 8);
	assert_int_equal(first.seq, 1);
	/* A batch is of one epoch. */
	assert_int_equal(journal_next_batch(j, 0, 0, 64, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.epoch, 7);
	assert_int_equal(b.records, 1);
	assert_int_equal(journal_next_batch(j, 7, 1, 64, buffer, sizeof buffer, &b), 0);
	assert_int_equal(b.epoch, 8);
	Postern__JournalBatch *batch = decode(buffer, &b);
	assert_memory_equal(batch->records[0]->previous.data, last.hash, CHAIN_HASH);
	postern__journal_batch__free_unpacked(batch, NULL);
	assert_int_equal(fixture_ack(j, 8, 1, first.hash).result, 0);
	assert_int_equal(journal_next_batch(j, 0, 0, 64, buffer, sizeof buffer, &b), PN_ENOTFOUND);
	journal_close(j);
	/* The database is lost, the small file beside it is not. */
	fixture_shell("rm %s", f->path);
	c.epoch_policy = JOURNAL_EPOCH_CONTINUE;
	assert_int_equal(journal_open(&j, &c), 0);
	first = fixture_append(j, 3, 3, NULL, 0);
	assert_int_equal(first.epoch, 9);
	assert_int_equal(first.seq, 1);
	journal_close(j);
	assert_int_equal(fixture_integer(f, "SELECT previous = zeroblob(32) FROM journal"), 1);
	/* Begun, nothing written, begun again: the same epoch goes on. */
	fixture_shell("rm %s", f->path);
	assert_int_equal(journal_open(&j, &c), 0);
	journal_close(j);
	assert_int_equal(journal_open(&j, &c), 0);
	assert_int_equal(fixture_append(j, 4, 4, NULL, 0).epoch, 10);
	journal_close(j);
}

static void test_free_floor(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *j;
	fixture_config(f, &c);
	c.free_floor = UINT64_MAX;
	assert_int_equal(journal_open(&j, &c), 0);
	assert_int_equal(fixture_append(j, 1, 1, NULL, 0).result, PN_ELIMIT);
	journal_close(j);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM journal"), 0);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM outbox"), 0);
}

static void test_damaged_tail(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *j = fixture_open(f);
	for (uint64_t i = 1; i <= 3; i++)
		fixture_append(j, i, (int64_t)i, NULL, 0);
	journal_close(j); /* signs seq 3 */
	static const char trigger[] =
		"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
		" BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END";
	/* The last record goes and the trigger comes back: the signed checkpoint knows better. */
	assert_int_equal(
		fixture_sql(f, "DROP TRIGGER journal_no_delete; DELETE FROM journal WHERE seq = 3"),
		SQLITE_OK);
	assert_int_equal(fixture_sql(f, trigger), SQLITE_OK);
	expect_open(f, PN_ECONFLICT);
	fixture_config(f, &c);
	c.epoch_policy = JOURNAL_EPOCH_NEXT;
	assert_int_equal(journal_open(&j, &c), 0);
	struct journal_completion done = fixture_append(j, 9, 9, NULL, 0);
	assert_int_equal(done.epoch, 2);
	assert_int_equal(done.seq, 1);
	journal_close(j);
	expect_open(f, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_append_and_reopen),
		TEST(test_files_are_private), TEST(test_one_opener), TEST(test_refusals),
		TEST(test_queue_bound), TEST(test_append_only), TEST(test_former_version), TEST(test_foreign_files),
		TEST(test_died_while_made),
		TEST(test_batches), TEST(test_epochs), TEST(test_free_floor),
		TEST(test_damaged_tail)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
