/* SPDX-License-Identifier: Apache-2.0
 * Retention: only what is acknowledged and old goes, its bytes are on no page of any file
 * afterwards, and the chain and the certificate verify. Also reading: show and export.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "fixture.h"

enum { RECORDS = 30, PERSONAL = 3000, NEEDLE = 16 };

struct needles {
	uint8_t bytes[RECORDS + 1][4][NEEDLE];
	unsigned count;
};

/* Four pieces of every sealed payload, from its start (past the common ASN.1 head) to its end. */
static void take_needles(const struct fixture *f, struct needles *n)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
				 "SELECT sealed FROM journal WHERE sealed IS NOT NULL ORDER BY seq",
				 -1, &s, NULL),
		SQLITE_OK);
	for (n->count = 0; sqlite3_step(s) == SQLITE_ROW; n->count++) {
		const uint8_t *sealed = sqlite3_column_blob(s, 0);
		int size = sqlite3_column_bytes(s, 0);
		assert_true(size > PERSONAL);
		for (int i = 0; i < 4; i++)
			memcpy(n->bytes[n->count][i],
				sealed + (size - NEEDLE) - (3 - i) * (PERSONAL / 4), NEEDLE);
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static unsigned count_in(const struct fixture *f, const char *suffix, const struct needles *n,
	unsigned from, unsigned to)
{
	char name[128];
	unsigned hits = 0;
	snprintf(name, sizeof name, "%s%s", f->path, suffix);
	FILE *file = fopen(name, "rb");
	if (file == NULL)
		return 0;
	static uint8_t bytes[8 << 20];
	size_t size = fread(bytes, 1, sizeof bytes, file);
	assert_true(size < sizeof bytes);
	fclose(file);
	for (unsigned r = from; r < to; r++)
		for (int i = 0; i < 4; i++)
			hits += memmem(bytes, size, n->bytes[r][i], NEEDLE) != NULL;
	return hits;
}

static unsigned count_all(
	const struct fixture *f, const struct needles *n, unsigned from, unsigned to)
{
	return count_in(f, "", n, from, to) + count_in(f, "-wal", n, from, to);
}

static struct journal_completion purge(struct journal *j, int64_t older_than, int64_t now)
{
	assert_int_equal(journal_purge(j, 99, older_than, now), 0);
	struct journal_completion done = fixture_wait(j);
	assert_int_equal(done.operation, JOURNAL_PURGED);
	assert_int_equal(done.tag, 99);
	assert_int_equal(done.result, 0);
	return done;
}

static void expect_verifies(const struct fixture *f, uint64_t purged)
{
	struct journal_verify_summary s;
	const struct journal_verify_options o = {.checkpoint_pub_path = f->pub};
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), 0);
	assert_int_equal(s.purged, purged);
}

static void test_bytes_are_gone(void **state)
{
	const struct fixture *f = *state;
	static uint8_t personal[PERSONAL];
	static struct needles n;
	struct journal *j = fixture_open(f);
	uint8_t hash[RECORDS + 1][CHAIN_HASH];
	for (uint64_t i = 1; i <= RECORDS; i++) {
		struct journal_completion done =
			fixture_append(j, i, (int64_t)i * 10, personal, sizeof personal);
		assert_int_equal(done.result, 0);
		memcpy(hash[i], done.hash, CHAIN_HASH);
	}
	take_needles(f, &n);
	assert_int_equal(n.count, RECORDS);
	/* The search itself works: everything is found before. */
	assert_true(count_all(f, &n, 0, RECORDS) >= 4 * RECORDS);
	/* Nothing acknowledged, nothing purged, no record written. */
	struct journal_completion done = purge(j, 1000, 5000);
	assert_int_equal(done.purge.records, 0);
	assert_int_equal(done.seq, 0);
	assert_true(count_all(f, &n, 0, RECORDS) >= 4 * RECORDS);
	/* 20 acknowledged, those with wall_ms < 151 are old: 15 go. */
	assert_int_equal(fixture_ack(j, 1, 20, hash[20]).result, 0);
	done = purge(j, 151, 5000);
	assert_int_equal(done.purge.records, 15);
	assert_int_equal(done.purge.from_seq, 1);
	assert_int_equal(done.purge.to_seq, 15);
	assert_true(done.purge.bytes > 15 * PERSONAL);
	assert_true(done.purge.wal_truncated);
	assert_false(done.purge.more);
	assert_int_equal(done.seq, RECORDS + 1);
	assert_int_equal(count_all(f, &n, 0, 15), 0);
	assert_int_equal(count_all(f, &n, 15, RECORDS), 4 * (RECORDS - 15));
	/* The certificate's digest, computed here. */
	uint8_t text[15 * (16 + CHAIN_HASH)] = {0}, digest[CHAIN_HASH];
	for (unsigned i = 0; i < 15; i++) {
		text[i * 48 + 7] = 1;
		text[i * 48 + 15] = (uint8_t)(i + 1);
		memcpy(text + i * 48 + 16, hash[i + 1], CHAIN_HASH);
	}
	assert_int_equal(EVP_Digest(text, sizeof text, digest, NULL, EVP_sha256(), NULL), 1);
	assert_memory_equal(done.purge.digest, digest, CHAIN_HASH);
	journal_close(j);
	expect_verifies(f, 15);
	/* In the same millisecond again: another certificate, another time. */
	j = fixture_open(f);
	done = purge(j, 1000, 5000);
	assert_int_equal(done.purge.records, 5);
	assert_int_equal(done.purge.from_seq, 16);
	assert_int_equal(count_all(f, &n, 0, 20), 0);
	journal_close(j);
	expect_verifies(f, 20);
	assert_int_equal(fixture_integer(f, "SELECT count(DISTINCT purged_at) FROM journal"), 2);
	/* Emptied, the certificate forged: found. */
	fixture_tamper(f, "UPDATE journal SET purged_at = NULL WHERE seq = 3");
	struct journal_verify_summary s;
	const struct journal_verify_options o = {0};
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), PN_ECRYPTO);
}

static void test_slices(void **state)
{
	const struct fixture *f = *state;
	enum { MANY = JOURNAL_PURGE_SLICE + 44 };
	struct journal *j = fixture_open(f);
	struct journal_completion done = {0};
	for (uint64_t i = 1; i <= MANY; i++) /* every tenth stays young, between old ones */
		done = fixture_append(j, i, i % 10 == 0 ? 900 : 100, "x", 1);
	assert_int_equal(fixture_ack(j, 1, MANY, done.hash).result, 0);
	/* Appends go on between the slices. */
	unsigned emptied = 0, rounds = 0;
	do {
		done = purge(j, 500, 1000);
		emptied += done.purge.records;
		rounds++;
		assert_int_equal(fixture_append(j, 1000 + rounds, 2000, NULL, 0).result, 0);
	} while (done.purge.more && rounds < 10);
	assert_int_equal(emptied, MANY - MANY / 10);
	assert_int_equal(rounds, 2);
	assert_true(done.purge.wal_truncated);
	/* The young ones, aged. */
	done = purge(j, 1000, 3000);
	assert_int_equal(done.purge.records, MANY / 10);
	assert_int_equal(purge(j, 1000, 3001).purge.records, 0);
	journal_close(j);
	expect_verifies(f, MANY);
}

static int count_rows(void *context, const struct journal_row *r)
{
	unsigned *n = context;
	assert_int_equal(r->seq, 7 - *n);
	++*n;
	return 0;
}

static int first_line(void *context, const char *json, size_t size)
{
	char *out = context;
	assert_true(size < 2048);
	memcpy(out, json, size + 1);
	return 1; /* stop */
}

static void test_show_and_export(void **state)
{
	const struct fixture *f = *state;
	char json[2048], want[2048], hex[2 * CHAIN_HASH + 1];
	struct journal *j = fixture_open(f);
	uint8_t clear[512];
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	Postern__StepTime step = POSTERN__STEP_TIME__INIT, *steps[] = {&step};
	char id[] = "A\"B\\\n\xc3\xa9\xff", name[] = "rules";
	r.kind = POSTERN__RECORD_KIND__RECORD_OUTCOME;
	r.outcome = POSTERN__OUTCOME__OUTCOME_PASSED;
	r.crossing_id = id;
	r.wall_ms = 1790000000000;
	step.step = name;
	step.duration_ms = 4;
	r.steps = steps;
	r.n_steps = 1;
	struct journal_append a = {
		.clear = clear, .clear_size = postern__record_clear__pack(&r, clear)};
	assert_int_equal(journal_submit(j, &a), 0);
	struct journal_completion done = fixture_wait(j);
	hex_encode(hex, done.hash, CHAIN_HASH);
	/* Read while the writer has it open. */
	const struct journal_query all = {0};
	assert_int_equal(journal_export(f->path, &all, first_line, json), 1);
	static const char zero[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	snprintf(want, sizeof want,
		"{\"epoch\":1,\"seq\":1,\"kind\":\"RECORD_OUTCOME\",\"crossing_id\":"
		"\"A\\\"B\\\\\\u000a\xc3\xa9\\ufffd\","
		"\"wall_ms\":1790000000000,\"outcome\":\"OUTCOME_PASSED\","
		"\"steps\":[{\"step\":\"rules\",\"duration_ms\":4}],\"previous\":\"%s\",\"sealed_"
		"hash\":\"%s\","
		"\"hash\":\"%s\",\"sealed_bytes\":0,\"purged_at_ms\":0,\"acknowledged\":false}",
		zero, zero, hex);
	assert_string_equal(json, want);
	for (uint64_t i = 2; i <= 9; i++)
		fixture_append(j, i, 5, NULL, 0);
	unsigned n = 0;
	const struct journal_query some = {.from_epoch = 1,
		.from_seq = 3,
		.to_epoch = 1,
		.to_seq = 7,
		.newest_first = true,
		.limit = 4};
	assert_int_equal(journal_show(f->path, &some, count_rows, &n), 0);
	assert_int_equal(n, 4);
	n = 0;
	const struct journal_query one = {
		.crossing_id = "CROSSING0007", .kind = POSTERN__RECORD_KIND__RECORD_VERDICT};
	assert_int_equal(journal_show(f->path, &one, count_rows, &n), 0);
	assert_int_equal(n, 1);
	const struct journal_query none = {.crossing_id = "CROSSING0007", .kind = 2};
	assert_int_equal(journal_show(f->path, &none, count_rows, &n), 0);
	assert_int_equal(n, 1);
	journal_close(j);
}

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_bytes_are_gone), TEST(test_slices), TEST(test_show_and_export)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
