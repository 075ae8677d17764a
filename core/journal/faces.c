/* SPDX-License-Identifier: Apache-2.0
 * Pictures of crossings whose face check did not succeed, where the policy keeps them: sealed as payloads are, deleted with their time.
 * They stand in the journal's file for its writer, its disk and its settings, and in no record: what went to the centre could not be
 * taken back. Must never hold one in clear once it is sealed, nor more than JOURNAL_FACES_MAX.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "journal/internal.h"

int journal_keep_faces(struct journal *j, uint64_t tag, const char *crossing_id, int64_t wall_ms,
	const uint8_t *bytes, size_t size)
{
	struct operation op = {.kind = JOURNAL_FACES_KEPT, .tag = tag, .wall_ms = wall_ms, .personal_size = size};
	if (size > JOURNAL_FACES_BYTES_MAX)
		return PN_ELIMIT;
	if (size == 0 || crossing_id[0] == '\0' || !text_copy(op.crossing_id, sizeof op.crossing_id, crossing_id))
		return PN_EINVAL;
	if (j->sealer == NULL)
		return PN_ECRYPTO;
	op.personal = malloc(size);
	if (op.personal == NULL)
		return PN_ENOMEM;
	memcpy(op.personal, bytes, size);
	int err = journal_enqueue(j, &op);
	if (err != 0) {
		explicit_bzero(op.personal, size);
		free(op.personal);
	}
	return err;
}

int journal_purge_faces(struct journal *j, uint64_t tag, int64_t from_wall_ms, int64_t to_wall_ms)
{
	const struct operation op = {.kind = JOURNAL_FACES_PURGED, .tag = tag, .older_than_wall_ms = from_wall_ms, .now_wall_ms = to_wall_ms};
	return journal_enqueue(j, &op);
}

/* With the oldest of those that are too many gone in the same transaction. */
static int insert(struct journal *j, const struct operation *op, const uint8_t *sealed, size_t size)
{
	struct store *w = &j->writer;
	int code = store_run(w, STORE_BEGIN);
	if (code == SQLITE_DONE) {
		sqlite3_stmt *s = w->statement[STORE_INSERT_FACES];
		sqlite3_bind_text(s, 1, op->crossing_id, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, op->wall_ms);
		sqlite3_bind_blob(s, 3, sealed, (int)size, SQLITE_STATIC);
		code = store_run(w, STORE_INSERT_FACES);
	}
	if (code == SQLITE_DONE) {
		sqlite3_bind_int(w->statement[STORE_LIMIT_FACES], 1, JOURNAL_FACES_MAX);
		code = store_run(w, STORE_LIMIT_FACES);
	}
	return code == SQLITE_DONE ? journal_commit(j, &j->head, 0, false) : journal_fail(j, code);
}

int journal_run_keep_faces(struct journal *j, const struct operation *op)
{
	uint8_t *sealed = NULL;
	size_t size = 0;
	uint64_t free_bytes;
	int err = journal_free_bytes(j, &free_bytes);
	if (err == 0)
		err = sealer_seal(j->sealer, op->personal, op->personal_size, &sealed, &size);
	if (err == 0)
		err = insert(j, op, sealed, size);
	seal_free(sealed, size);
	return err;
}

int journal_run_purge_faces(struct journal *j, const struct operation *op, struct journal_completion *done)
{
	sqlite3_stmt *s = j->writer.statement[STORE_PURGE_FACES];
	sqlite3_bind_int64(s, 1, op->older_than_wall_ms);
	sqlite3_bind_int64(s, 2, op->now_wall_ms);
	int code = store_run(&j->writer, STORE_PURGE_FACES);
	if (code != SQLITE_DONE)
		return journal_fail(j, code);
	done->faces = (uint32_t)sqlite3_changes(j->writer.db);
	if (done->faces > 0)
		journal_truncate_wal(j); /* it holds the pages as they were written */
	return 0;
}

struct showing {
	const uint8_t *key_pem;
	size_t key_size;
	int (*row)(void *context, const char *crossing_id, int64_t wall_ms, int result,
		const uint8_t *kept, size_t kept_size);
	void *context;
};

static int show_one(const struct showing *w, sqlite3_stmt *s)
{
	const char *crossing_id = (const char *)sqlite3_column_text(s, 0);
	const int64_t wall_ms = sqlite3_column_int64(s, 1);
	uint8_t *plain = NULL;
	size_t size = 0;
	int r = PN_EAGAIN;
	if (w->key_pem != NULL)
		r = seal_open(sqlite3_column_blob(s, 2), (size_t)sqlite3_column_bytes(s, 2), NULL, 0, w->key_pem, w->key_size, &plain, &size);
	r = w->row(w->context, crossing_id != NULL ? crossing_id : "", wall_ms, r, plain, size);
	seal_free(plain, size);
	return r;
}

int journal_show_faces(const char *path, const uint8_t *key_pem, size_t key_size,
	int (*row)(void *context, const char *crossing_id, int64_t wall_ms, int result,
		const uint8_t *kept, size_t kept_size),
	void *context)
{
	const struct showing w = {key_pem, key_size, row, context};
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int code = SQLITE_DONE, err = store_open_offline(&db, path);
	if (err != 0)
		return err;
	if (sqlite3_prepare_v2(db, "SELECT crossing_id, wall_ms, sealed FROM face ORDER BY id", -1, &s, NULL) != SQLITE_OK)
		err = PN_EFORMAT;
	while (err == 0 && (code = sqlite3_step(s)) == SQLITE_ROW)
		err = show_one(&w, s);
	if (err == 0 && code != SQLITE_DONE)
		err = PN_EIO;
	sqlite3_finalize(s);
	sqlite3_close_v2(db);
	return err;
}
