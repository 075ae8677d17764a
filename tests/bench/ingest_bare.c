/* SPDX-License-Identifier: Apache-2.0
 * See ingest_bare.h. Must never be linked into the product.
 */
#undef NDEBUG
#include "ingest_bare.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "schema.h"
#include "sender.h"

struct ingest_bare {
	struct db *db;
	char folder[40]; /* "" none */
	size_t rows;
	int64_t seq;
	Postern__JournalBatch *like; /* one record, of which all rows are copies */
	struct db_value *values;
};

struct ingest_bare *ingest_bare_open(const char *store, size_t rows, size_t sealed)
{
	char url[80], why[200] = "";
	struct sender s;
	struct ingest_bare *b = calloc(1, sizeof *b);
	assert(b != NULL);
	b->rows = rows;
	if (store[0] == '\0') {
		strcpy(b->folder, "/tmp/postern-bare-XXXXXX");
		assert(mkdtemp(b->folder) != NULL);
		snprintf(url, sizeof url, "sqlite:%s/bare.db", b->folder);
		store = url;
	}
	if (registry_store_open(store, &b->db, why, sizeof why) != 0) {
		fprintf(stderr, "%s\n", why);
		exit(1);
	}
	sender_init(&s, "NOR", "bare");
	b->like = sender_decoded(&s, 1, sealed);
	b->values = calloc(rows, JOURNAL_COLUMNS * sizeof *b->values);
	assert(b->values != NULL);
	return b;
}

static void fill(struct ingest_bare *b, int64_t now_ms)
{
	const Postern__JournalRecord *r = b->like->records[0];
	for (size_t i = 0; i < b->rows; i++) {
		struct db_value row[JOURNAL_COLUMNS] = {db_text("NOR"), db_text("bare"), db_int(1),
			db_int(++b->seq), db_int(now_ms), db_int(now_ms), db_int(1),
			db_text("01HZX000000000000000000001"), db_int(1), db_int(0), db_int(0),
			db_int(0), db_text("NOR"), db_text("NOR"), db_int(1), db_text("lane-1"),
			db_blob(r->clear.data, r->clear.len),
			db_blob(r->sealed.data, r->sealed.len), db_blob(r->sealed_hash.data, 32),
			db_blob(r->previous.data, 32), db_blob(r->hash.data, 32)};
		memcpy(b->values + i * JOURNAL_COLUMNS, row, sizeof row);
	}
}

double ingest_bare_rate(struct ingest_bare *b, unsigned seconds)
{
	int64_t before = b->seq, now_ms = clock_wall_ms();
	uint64_t begin = clock_mono_ns(), end = begin + seconds * UINT64_C(1000000000);
	while (clock_mono_ns() < end) {
		fill(b, now_ms);
		assert(db_begin(b->db) == 0);
		if (b->seq == (int64_t)b->rows)
			assert(registry_partition(b->db, now_ms) == 0);
		assert(db_batch(b->db, RECORD_INSERT, registry_journal_types, JOURNAL_COLUMNS,
			       b->values, b->rows, NULL, NULL) == 0);
		assert(db_commit(b->db) == 0);
	}
	return (double)(b->seq - before) / ((double)(clock_mono_ns() - begin) / 1e9);
}

void ingest_bare_close(struct ingest_bare *b)
{
	char path[80];
	static const char *const names[] = {"bare.db", "bare.db-wal", "bare.db-shm"};
	db_close(b->db);
	for (size_t i = 0; b->folder[0] != '\0' && i < PN_COUNT(names); i++) {
		snprintf(path, sizeof path, "%s/%s", b->folder, names[i]);
		(void)unlink(path);
	}
	if (b->folder[0] != '\0')
		(void)rmdir(b->folder);
	postern__journal_batch__free_unpacked(b->like, NULL);
	free(b->values);
	free(b);
}
