/* SPDX-License-Identifier: Apache-2.0
 * Every way to tamper with a journal by SQL, and the finding that names it. The untouched journal
 * must give none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"

enum { RECORDS = 10, FINDINGS_MAX = 16 };

struct found {
	struct journal_finding finding[FINDINGS_MAX];
	char column[FINDINGS_MAX][64];
	size_t count;
	struct journal_verify_summary summary;
	int result;
};

static void collect(void *context, const struct journal_finding *f)
{
	struct found *all = context;
	assert_true(all->count < FINDINGS_MAX);
	all->finding[all->count] = *f;
	snprintf(all->column[all->count], sizeof all->column[0], "%s", f->column);
	all->count++;
}

static struct found verify_with(const struct fixture *f, const struct journal_witness *witness)
{
	struct found all = {0};
	const struct journal_verify_options o = {.tenant = "utopia",
		.gate = "north-1",
		.checkpoint_pub_path = f->pub,
		.witness = witness};
	all.result = journal_verify(f->path, &o, collect, &all, &all.summary);
	assert_int_equal(all.summary.findings, all.count);
	return all;
}

/* Exactly these findings, in any order. */
#define EXPECT(all, ...)                                                                           \
	expect(&(all), (const struct journal_finding[]){__VA_ARGS__},                              \
		sizeof((const struct journal_finding[]){__VA_ARGS__}) /                            \
			sizeof(struct journal_finding))

static void expect(const struct found *all, const struct journal_finding *want, size_t count)
{
	for (size_t i = 0; i < all->count; i++)
		print_message("           %s %llu/%llu..%llu %s\n",
			journal_finding_name(all->finding[i].kind),
			(unsigned long long)all->finding[i].epoch,
			(unsigned long long)all->finding[i].seq,
			(unsigned long long)all->finding[i].to_seq, all->column[i]);
	assert_int_equal(all->count, count);
	assert_int_equal(all->result, count == 0 ? 0 : PN_ECRYPTO);
	for (size_t w = 0; w < count; w++) {
		size_t hits = 0;
		for (size_t i = 0; i < all->count; i++)
			hits += all->finding[i].kind == want[w].kind &&
				all->finding[i].epoch == want[w].epoch &&
				all->finding[i].seq == want[w].seq &&
				all->finding[i].to_seq == want[w].to_seq &&
				strcmp(all->column[i], want[w].column) == 0;
		assert_int_equal(hits, 1);
	}
}

static int setup(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct journal *j = fixture_open(f);
	for (uint64_t i = 1; i <= RECORDS; i++) {
		struct journal_completion done =
			fixture_append(j, i, 1000 + (int64_t)i, "personal", i % 2 == 0 ? 8 : 0);
		assert_int_equal(done.result, 0);
		if (i == 4)
			assert_int_equal(fixture_ack(j, 1, 4, done.hash).result, 0);
	}
	journal_close(j);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

static void test_untouched(void **state)
{
	struct found all = verify_with(*state, NULL);
	assert_int_equal(all.count, 0);
	assert_int_equal(all.result, 0);
	assert_int_equal(all.summary.records, RECORDS);
	assert_int_equal(all.summary.sealed, 5);
	assert_int_equal(all.summary.epochs, 1);
	assert_int_equal(all.summary.checkpoints, 1);
	assert_int_equal(all.summary.head_seq, RECORDS);
	assert_true(all.summary.signatures_checked);
}

/* One changed column of record 6, and its name. */
static void altered(const struct fixture *f, const char *set, const char *column)
{
	char sql[256];
	snprintf(sql, sizeof sql, "UPDATE journal SET %s WHERE seq = 6", set);
	fixture_tamper(f, sql);
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_ALTERED, 1, 6, 6, column});
}

static void test_clear(void **state)
{
	altered(*state, "clear = CAST(substr(clear, 1, length(clear) - 1) || x'03' AS BLOB)",
		"clear");
}

static void test_kind(void **state)
{
	altered(*state, "kind = 2", "kind");
}

static void test_crossing_id(void **state)
{
	altered(*state, "crossing_id = 'CROSSING0007'", "crossing_id");
}

static void test_wall_ms(void **state)
{
	altered(*state, "wall_ms = wall_ms + 1", "wall_ms");
}

static void test_sealed(void **state)
{
	altered(*state, "sealed = (SELECT sealed FROM journal WHERE seq = 8)", "sealed");
}

static void test_sealed_removed(void **state)
{
	altered(*state, "sealed = NULL", "sealed");
}

static void test_sealed_hash(void **state)
{
	altered(*state, "sealed_hash = zeroblob(32)", "sealed_hash");
}

static void test_previous(void **state)
{
	altered(*state, "previous = zeroblob(32)", "previous");
}

static void test_hash(void **state)
{
	altered(*state, "hash = zeroblob(32)", "hash");
}

static void test_shape(void **state)
{
	altered(*state, "hash = x'00'", "row");
}

static void test_purge_without_certificate(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE journal SET sealed = NULL, purged_at = 5 WHERE seq = 6");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_PURGE, 1, 10, 10, "count"});
}

static void test_removed(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "DELETE FROM journal WHERE seq IN (5, 6)");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_MISSING, 1, 5, 6, "row"});
}

static void test_first_removed(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "DELETE FROM journal WHERE seq <= 2");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_MISSING, 1, 1, 2, "row"});
}

static void test_swapped(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE journal SET seq = 100 WHERE seq = 6; UPDATE journal SET seq = 6 "
			  "WHERE seq = 8;"
			  "UPDATE journal SET seq = 8 WHERE seq = 100");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_REORDERED, 1, 6, 8, "row"}, {JOURNAL_REORDERED, 1, 8, 6, "row"});
}

static void test_swapped_neighbours(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE journal SET seq = 100 WHERE seq = 6; UPDATE journal SET seq = 6 "
			  "WHERE seq = 7;"
			  "UPDATE journal SET seq = 7 WHERE seq = 100");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_REORDERED, 1, 6, 7, "row"}, {JOURNAL_REORDERED, 1, 7, 6, "row"});
}

static void test_closed_gap(void **state)
{
	const struct fixture *f = *state;
	/* Removed, and the later ones renumbered so that no gap shows. */
	fixture_tamper(f,
		"DELETE FROM journal WHERE seq = 8; UPDATE journal SET seq = 8 WHERE seq = 9;"
		"UPDATE journal SET seq = 9 WHERE seq = 10; DELETE FROM outbox WHERE seq = 10");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_REORDERED, 1, 8, 9, "row"}, {JOURNAL_REORDERED, 1, 9, 10, "row"},
		{JOURNAL_TRUNCATED, 1, 9, 10, "checkpoint"});
}

static void test_truncated_by_checkpoint(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "DELETE FROM journal WHERE seq > 7; DELETE FROM outbox WHERE seq > 7");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_TRUNCATED, 1, 7, 10, "checkpoint"});
}

static void test_truncated_by_outbox(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "DELETE FROM journal WHERE seq > 7; DELETE FROM checkpoint");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_TRUNCATED, 1, 7, 10, "outbox"});
}

static void test_truncated_by_acknowledgement(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(
		f, "DELETE FROM journal WHERE seq > 2; DELETE FROM checkpoint; DELETE FROM outbox");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_TRUNCATED, 1, 2, 4, "acknowledgement"});
}

static void test_truncated_by_witness(void **state)
{
	const struct fixture *f = *state;
	struct journal_witness w = {.epoch = 1, .seq = RECORDS};
	struct found all = verify_with(f, NULL);
	memcpy(w.hash, all.summary.head_hash, CHAIN_HASH);
	all = verify_with(f, &w);
	assert_int_equal(all.count, 0);
	/* Whoever removes every trace in the file cannot remove what the centre knows. */
	fixture_tamper(f, "DELETE FROM journal WHERE seq > 7; DELETE FROM checkpoint; DELETE FROM "
			  "outbox WHERE seq > 7");
	all = verify_with(f, NULL);
	assert_int_equal(all.count, 0);
	all = verify_with(f, &w);
	EXPECT(all, {JOURNAL_TRUNCATED, 1, 7, 10, "witness"});
	w.seq = 7;
	all = verify_with(f, &w);
	EXPECT(all, {JOURNAL_ALTERED, 1, 7, 7, "witness"});
}

static void test_unsent(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "DELETE FROM outbox WHERE seq IN (6, 9)");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_UNSENT, 1, 6, 6, "outbox"}, {JOURNAL_UNSENT, 1, 9, 9, "outbox"});
}

static void test_acknowledgement_forged(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE ack SET head_hash = zeroblob(32)");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_ALTERED, 1, 4, 4, "acknowledgement"});
}

static void test_checkpoint_forged(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE checkpoint SET note = replace(note, 'wall 1', 'wall 2')");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_CHECKPOINT, 1, 10, 10, "signature"});
}

static void test_checkpoint_moved(void **state)
{
	const struct fixture *f = *state;
	fixture_tamper(f, "UPDATE checkpoint SET seq = 9");
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_CHECKPOINT, 1, 9, 9, "form"});
}

static void test_wrong_gate(void **state)
{
	const struct fixture *f = *state;
	/* Somebody hands over another gate's file: not one record may pass. */
	struct found all = {0};
	const struct journal_verify_options o = {.tenant = "utopia", .gate = "north-2"};
	all.result = journal_verify(f->path, &o, NULL, NULL, &all.summary);
	assert_int_equal(all.result, PN_ECRYPTO);
	assert_true(all.summary.findings >= RECORDS);
	assert_false(all.summary.signatures_checked);
}

static void test_epoch_forked(void **state)
{
	const struct fixture *f = *state;
	struct journal_config c;
	struct journal *j;
	fixture_config(f, &c);
	c.epoch_policy = JOURNAL_EPOCH_NEXT;
	assert_int_equal(journal_open(&j, &c), 0);
	fixture_append(j, 11, 11, NULL, 0);
	fixture_append(j, 12, 12, NULL, 0);
	journal_close(j);
	struct found all = verify_with(f, NULL);
	assert_int_equal(all.count, 0);
	assert_int_equal(all.summary.epochs, 2);
	/* The last of the old epoch goes with its traces; the new epoch's first record still names
	 * it. */
	fixture_tamper(f, "DELETE FROM journal WHERE epoch = 1 AND seq = 10; DELETE FROM "
			  "checkpoint WHERE epoch = 1;"
			  "DELETE FROM outbox WHERE epoch = 1 AND seq = 10");
	all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_FORKED, 2, 1, 1, "previous"});
}

static void test_not_a_journal(void **state)
{
	const struct fixture *f = *state;
	struct journal_verify_summary s;
	const struct journal_verify_options o = {0};
	assert_int_equal(journal_verify("/nonexistent", &o, NULL, NULL, &s), PN_ENOTFOUND);
	assert_int_equal(journal_verify(f->centre, &o, NULL, NULL, &s), PN_EFORMAT);
}

static void test_schema(void **state)
{
	const struct fixture *f = *state;
	assert_int_equal(fixture_sql(f, "DROP TRIGGER journal_no_delete"), SQLITE_OK);
	struct found all = verify_with(f, NULL);
	EXPECT(all, {JOURNAL_SCHEMA, 0, 0, 0, "schema"});
}

static void flip(const char *path, long at)
{
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	int c = fgetc(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	fputc(c ^ 0x20, file);
	assert_int_equal(fclose(file), 0);
}

static void test_any_byte_of_the_file(void **state)
{
	const struct fixture *f = *state;
	static uint8_t bytes[1 << 20];
	struct journal_verify_summary s;
	const struct journal_verify_options o = {.checkpoint_pub_path = f->pub};
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), 0);
	FILE *file = fopen(f->path, "rb");
	assert_non_null(file);
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	assert_true(size > 8192 && size < sizeof bytes);
	/* Space that was never used is zero; whatever is not zero means something. The first 100
	 * bytes are SQLite's header, with counters that nobody reads (file format, section 1.3). */
	unsigned used = 0, found = 0;
	for (size_t at = 100; at < size; at += 37) {
		if (bytes[at] == 0)
			continue;
		flip(f->path, (long)at);
		found += journal_verify(f->path, &o, NULL, NULL, &s) != 0;
		flip(f->path, (long)at);
		used++;
	}
	print_message("           %u of %u changed bytes found\n", found, used);
	assert_true(used > 100);
	assert_int_equal(found, used);
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {TEST(test_untouched), TEST(test_clear), TEST(test_kind),
		TEST(test_crossing_id), TEST(test_wall_ms), TEST(test_sealed),
		TEST(test_sealed_removed), TEST(test_sealed_hash), TEST(test_previous),
		TEST(test_hash), TEST(test_shape), TEST(test_purge_without_certificate),
		TEST(test_removed), TEST(test_first_removed), TEST(test_swapped),
		TEST(test_swapped_neighbours), TEST(test_closed_gap),
		TEST(test_truncated_by_checkpoint), TEST(test_truncated_by_outbox),
		TEST(test_truncated_by_acknowledgement), TEST(test_truncated_by_witness),
		TEST(test_unsent), TEST(test_acknowledgement_forged), TEST(test_checkpoint_forged),
		TEST(test_checkpoint_moved), TEST(test_wrong_gate), TEST(test_epoch_forked),
		TEST(test_not_a_journal), TEST(test_schema), TEST(test_any_byte_of_the_file)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
