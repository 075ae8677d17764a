/* SPDX-License-Identifier: Apache-2.0
 * What the journal's tests share: a folder of their own, sealing certificates made by the openssl
 * program, records. Must never be linked into anything but tests.
 */
#ifndef TESTS_UNIT_JOURNAL_FIXTURE_H
#define TESTS_UNIT_JOURNAL_FIXTURE_H
#include <sqlite3.h>

#include "crossing.pb-c.h"
#include "journal/journal.h"

struct fixture {
	char folder[64];
	char path[96], key[96], pub[104];
	char centre[96], centre_key[96], escrow[96], escrow_key[96];
};

/* mkdtemp below $TMPDIR or /tmp, or below BASE; certificates on P-256. */
struct fixture *fixture_new(const char *base);
void fixture_free(struct fixture *f); /* removes the folder */
void fixture_config(const struct fixture *f, struct journal_config *c);
struct journal *fixture_open(const struct fixture *f);

/* Runs a shell command, asserts that it exits with 0. */
void fixture_shell(const char *fmt, ...) PN_PRINTF(1, 2);

/* An encoded RecordClear; its size. */
size_t fixture_clear(
	uint8_t *out, Postern__RecordKind kind, const char *crossing_id, int64_t wall_ms);
/* Submits and waits for its completion. personal may be NULL. */
struct journal_completion fixture_append(struct journal *j, uint64_t tag, int64_t wall_ms,
	const void *personal, size_t personal_size);
/* Waits for the next completion, at most ten seconds. */
struct journal_completion fixture_wait(struct journal *j);
struct journal_completion fixture_ack(
	struct journal *j, uint64_t epoch, uint64_t seq, const uint8_t hash[CHAIN_HASH]);

/* Statements on the file by a connection of the test's own, triggers and all. SQLite's code. */
int fixture_sql(const struct fixture *f, const char *sql);
/* The same past the triggers, which are back afterwards, as somebody with the disk in hand and some
 * care would do it. */
void fixture_tamper(const struct fixture *f, const char *sql);
int64_t fixture_integer(const struct fixture *f, const char *sql);
#endif
