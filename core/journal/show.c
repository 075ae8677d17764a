/* SPDX-License-Identifier: Apache-2.0
 * Reading a journal by its path, for people and tools. Must never write, and never hand out a
 * sealed payload.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "crossing.pb-c.h"
#include "journal/internal.h"
#include "journal/json.h"

enum { JSON_MAX = 128 * 1024 };

#define COLUMNS                                                                                    \
	"SELECT j.epoch, j.seq, j.kind, j.crossing_id, j.wall_ms, j.clear, "                       \
	"coalesce(length(j.sealed), 0),"                                                           \
	" j.sealed_hash, j.previous, j.hash, coalesce(j.purged_at, 0),"                            \
	" EXISTS (SELECT 1 FROM outbox o WHERE o.epoch = j.epoch AND o.seq = j.seq) FROM journal " \
	"j"                                                                                        \
	" WHERE (j.epoch, j.seq) >= (?1, ?2) AND (j.epoch, j.seq) <= (?3, ?4) AND (?5 = 0 OR "     \
	"j.kind = ?5)"
#define OLDEST " ORDER BY j.epoch, j.seq LIMIT ?7"
#define NEWEST " ORDER BY j.epoch DESC, j.seq DESC LIMIT ?7"

enum place { ANYWHERE, OF_CROSSING, ACTIVATIONS, PLACES_ };

/* Texts rather than one built at run time, so that the indexes on crossing_id and on activations are
 * used when they are of use. */
static const char *const queries[PLACES_][2] = {
	[ANYWHERE] = {COLUMNS " AND ?6 IS NULL" OLDEST, COLUMNS " AND ?6 IS NULL" NEWEST},
	[OF_CROSSING] = {COLUMNS " AND j.crossing_id = ?6 AND j.crossing_id <> ''" OLDEST,
		COLUMNS " AND j.crossing_id = ?6 AND j.crossing_id <> ''" NEWEST},
	[ACTIVATIONS] = {COLUMNS " AND j.kind = 6 AND ?6 IS NULL" OLDEST,
		COLUMNS " AND j.kind = 6 AND ?6 IS NULL" NEWEST},
};

static enum place place_of(const struct journal_query *q)
{
	if (q->crossing_id != NULL)
		return OF_CROSSING;
	return q->kind == POSTERN__RECORD_KIND__RECORD_ACTIVATION ? ACTIVATIONS : ANYWHERE;
}

static int bind(sqlite3_stmt *s, const struct journal_query *q)
{
	bool to_end = q->to_epoch == 0 && q->to_seq == 0;
	const int64_t key[] = {(int64_t)q->from_epoch, (int64_t)q->from_seq,
		to_end ? INT64_MAX : (int64_t)q->to_epoch, to_end ? INT64_MAX : (int64_t)q->to_seq,
		q->kind};
	for (int i = 0; i < (int)PN_COUNT(key); i++)
		if (sqlite3_bind_int64(s, i + 1, key[i]) != SQLITE_OK)
			return PN_EIO;
	int code = q->crossing_id != NULL
			   ? sqlite3_bind_text(s, 6, q->crossing_id, -1, SQLITE_STATIC)
			   : sqlite3_bind_null(s, 6);
	if (code != SQLITE_OK)
		return PN_EIO;
	int64_t limit = q->limit > 0 && q->limit < INT64_MAX ? (int64_t)q->limit : -1;
	return sqlite3_bind_int64(s, 7, limit) == SQLITE_OK ? 0 : PN_EIO;
}

static bool read_row(sqlite3_stmt *s, struct journal_row *r)
{
	*r = (struct journal_row){.epoch = (uint64_t)sqlite3_column_int64(s, 0),
		.seq = (uint64_t)sqlite3_column_int64(s, 1),
		.kind = sqlite3_column_int(s, 2),
		.crossing_id = (const char *)sqlite3_column_text(s, 3),
		.wall_ms = sqlite3_column_int64(s, 4),
		.clear = sqlite3_column_blob(s, 5),
		.clear_size = (size_t)sqlite3_column_bytes(s, 5),
		.sealed_size = (size_t)sqlite3_column_int64(s, 6),
		.sealed_hash = sqlite3_column_blob(s, 7),
		.previous = sqlite3_column_blob(s, 8),
		.hash = sqlite3_column_blob(s, 9),
		.purged_at = sqlite3_column_int64(s, 10),
		.in_outbox = sqlite3_column_int(s, 11) != 0};
	return r->crossing_id != NULL && sqlite3_column_bytes(s, 7) == CHAIN_HASH &&
	       sqlite3_column_bytes(s, 8) == CHAIN_HASH && sqlite3_column_bytes(s, 9) == CHAIN_HASH;
}

int journal_show(const char *path, const struct journal_query *query,
	int (*row)(void *context, const struct journal_row *row), void *context)
{
	sqlite3 *db;
	sqlite3_stmt *s = NULL;
	struct journal_row r;
	int code = SQLITE_ERROR;
	int err = store_open_offline(&db, path);
	if (err != 0)
		return err;
	const char *sql = queries[place_of(query)][query->newest_first];
	err = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK ? bind(s, query) : PN_EFORMAT;
	while (err == 0 && (code = sqlite3_step(s)) == SQLITE_ROW)
		err = read_row(s, &r) ? row(context, &r) : PN_EFORMAT;
	if (err == 0 && code != SQLITE_DONE)
		err = PN_EIO;
	sqlite3_finalize(s);
	sqlite3_close_v2(db);
	return err;
}

struct export
{
	int (*line)(void *context, const char *json, size_t size);
	void *context;
	char *buffer;
};

static void add_hash(struct text *t, const char *name, const uint8_t hash[CHAIN_HASH])
{
	char hex[2 * CHAIN_HASH + 1];
	hex_encode(hex, hash, CHAIN_HASH);
	text_add(t, ",\"%s\":\"%s\"", name, hex);
}

static int export_row(void *context, const struct journal_row *r)
{
	const struct export *e = context;
	struct text t;
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, r->clear_size, r->clear);
	if (clear == NULL)
		return PN_EFORMAT;
	text_init(&t, e->buffer, JSON_MAX);
	text_add(&t, "{\"epoch\":%" PRIu64 ",\"seq\":%" PRIu64, r->epoch, r->seq);
	json_add_fields(&t, &clear->base);
	add_hash(&t, "previous", r->previous);
	add_hash(&t, "sealed_hash", r->sealed_hash);
	add_hash(&t, "hash", r->hash);
	text_add(&t, ",\"sealed_bytes\":%zu,\"purged_at_ms\":%" PRId64 ",\"acknowledged\":%s}",
		r->sealed_size, r->purged_at, r->in_outbox ? "false" : "true");
	postern__record_clear__free_unpacked(clear, NULL);
	return t.truncated ? PN_ELIMIT : e->line(e->context, t.at, t.len);
}

int journal_export(const char *path, const struct journal_query *query,
	int (*line)(void *context, const char *json, size_t size), void *context)
{
	struct export e = {.line = line, .context = context, .buffer = malloc(JSON_MAX)};
	if (e.buffer == NULL)
		return PN_ENOMEM;
	int err = journal_show(path, query, export_row, &e);
	free(e.buffer);
	return err;
}
