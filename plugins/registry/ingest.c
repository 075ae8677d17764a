/* SPDX-License-Identifier: Apache-2.0
 * One transaction: lock the heads, judge each body against its gate's head, insert what is new,
 * advance the heads, commit. Must never read a head outside the lock, nor keep one between
 * transactions: another registry may share the store.
 */
#include "ingest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"

static const int64_t day_ms = INT64_C(86400000);

static int fork_of(struct ingest_body *b)
{
	b->status = 409;
	b->fork = true;
	snprintf(b->detail, sizeof b->detail, "fork");
	return 0;
}

static int gap(struct ingest_body *b, uint64_t expected)
{
	b->status = 409;
	snprintf(b->detail, sizeof b->detail, "gap expected %" PRIu64, expected);
	return 0;
}

struct heads {
	struct ingest_body *const *bodies;
	size_t count;
};

static bool is(const struct db_value *v, const char *s)
{
	return v->type == DB_TEXT && v->size == strlen(s) && memcmp(v->bytes, s, v->size) == 0;
}

static int head_row(void *self, const struct db_value *c, size_t count)
{
	struct heads *h = self;
	if (count != 5 || c[4].size != CHAIN_HASH)
		return PN_EFORMAT;
	for (size_t i = 0; i < h->count; i++) {
		struct ingest_body *b = h->bodies[i];
		if (!is(&c[0], b->batch->tenant) || !is(&c[1], b->batch->gate))
			continue;
		b->found = true;
		b->epoch = (uint64_t)c[2].number;
		b->seq = (uint64_t)c[3].number;
		memcpy(b->head, c[4].bytes, CHAIN_HASH);
	}
	return 0;
}

/* Locks the head rows of all bodies in the order of their names, making those that miss. */
static int lock_heads(struct db *db, struct ingest_body *const *bodies, size_t count)
{
	static const enum db_type types[] = {DB_TEXT, DB_TEXT};
	struct db_value names[INGEST_BODIES_MAX * 2];
	struct heads h = {bodies, count};
	for (int attempt = 0; attempt < 2; attempt++) {
		size_t n = 0;
		for (size_t i = 0; i < count; i++) {
			if (bodies[i]->found)
				continue;
			names[2 * n] = db_text(bodies[i]->batch->tenant);
			names[2 * n + 1] = db_text(bodies[i]->batch->gate);
			n++;
		}
		int err = 0;
		if (attempt > 0)
			err = db_batch(db, HEAD_CREATE, types, 2, names, n, NULL, NULL);
		if (err == 0)
			err = db_batch(db, HEAD_LOCK, types, 2, names, n, head_row, &h);
		if (err != 0)
			return err;
	}
	for (size_t i = 0; i < count; i++)
		if (!bodies[i]->found)
			return PN_EIO;
	return 0;
}

struct replay {
	const Postern__JournalBatch *batch;
	size_t equal; /* records found stored with the same hash, from the first on */
	bool differs;
};

static int replay_row(void *self, const struct db_value *c, size_t count)
{
	struct replay *r = self;
	if (count != 2 || r->equal >= r->batch->n_records)
		return PN_EFORMAT;
	const Postern__JournalRecord *sent = r->batch->records[r->equal];
	if ((uint64_t)c[0].number != sent->seq || c[1].size != CHAIN_HASH ||
		memcmp(c[1].bytes, sent->hash.data, CHAIN_HASH) != 0)
		r->differs = true;
	else if (!r->differs)
		r->equal++;
	return 0;
}

/* Records at or below the head must be the stored ones. */
static int judge_replay(struct db *db, struct ingest_body *b, size_t known)
{
	const Postern__JournalBatch *batch = b->batch;
	struct replay r = {.batch = batch};
	struct db_value binds[] = {db_text(batch->tenant), db_text(batch->gate),
		db_int((int64_t)batch->epoch), db_int((int64_t)batch->records[0]->seq),
		db_int((int64_t)batch->records[known - 1]->seq)};
	int err = db_exec(db, RECORD_HASHES, binds, PN_COUNT(binds), replay_row, &r);
	if (err == 0 && (r.differs || r.equal != known))
		return fork_of(b);
	return err;
}

static int judge(struct db *db, struct ingest_body *b)
{
	const Postern__JournalBatch *batch = b->batch;
	uint64_t first = batch->records[0]->seq;
	size_t known = 0;
	int err = 0;
	b->fresh = 0;
	if (batch->epoch < b->epoch) {
		known = batch->n_records;
	} else if (batch->epoch > b->epoch) {
		if (first != 1)
			return gap(b, 1);
		if (b->epoch > 0 &&
			memcmp(batch->records[0]->previous.data, b->head, CHAIN_HASH) != 0)
			return fork_of(b);
	} else if (first > b->seq + 1) {
		return gap(b, b->seq + 1);
	} else {
		uint64_t below = b->seq + 1 - first;
		known = below < batch->n_records ? (size_t)below : batch->n_records;
	}
	if (known > 0)
		err = judge_replay(db, b, known);
	if (err != 0 || b->status != 0)
		return err;
	if (batch->epoch == b->epoch && known < batch->n_records &&
		memcmp(batch->records[known]->previous.data, b->head, CHAIN_HASH) != 0)
		return fork_of(b);
	b->fresh = known;
	return 0;
}

static struct db_value bytes_of(ProtobufCBinaryData b)
{
	return db_blob(b.data, b.len);
}

static void fill_row(struct db_value *v, const struct ingest_body *b, size_t i, int64_t now_ms)
{
	const Postern__JournalRecord *r = b->batch->records[i];
	const Postern__RecordClear *c = b->clear[i];
	bool plausible = c->wall_ms > now_ms - 730 * day_ms && c->wall_ms < now_ms + 31 * day_ms;
	const struct db_value row[JOURNAL_COLUMNS] = {db_text(b->batch->tenant),
		db_text(b->batch->gate), db_int((int64_t)b->batch->epoch), db_int((int64_t)r->seq),
		db_int(plausible ? c->wall_ms : now_ms), db_int(c->wall_ms), db_int(c->kind),
		db_text(c->crossing_id), db_int(c->verdict), db_int(c->exception),
		db_int(c->outcome), db_int(c->decision), db_text(c->nationality),
		db_text(c->issuer), db_int(c->direction), db_text(c->lane), bytes_of(r->clear),
		r->sealed.len > 0 ? bytes_of(r->sealed) : (struct db_value){.type = DB_NULL},
		bytes_of(r->sealed_hash), bytes_of(r->previous), bytes_of(r->hash)};
	memcpy(v, row, sizeof row);
}

static bool month_known(const struct ingest *in, int64_t month)
{
	for (size_t i = 0; i < in->count; i++)
		if (in->months[i] == month)
			return true;
	return false;
}

static int make_partition(struct ingest *in, struct db *db, int64_t filed_ms)
{
	int64_t month = registry_month(filed_ms);
	if (month_known(in, month))
		return 0;
	int err = registry_partition(db, filed_ms);
	if (err != 0)
		return err;
	if (in->count == INGEST_MONTHS_MAX)
		in->count = 0;
	in->months[in->count++] = month;
	return 0;
}

/* Those of the rows, and the one that will be needed a week from now. */
static int make_partitions(
	struct ingest *in, struct db *db, const struct db_value *rows, size_t count, int64_t now_ms)
{
	int err = make_partition(in, db, now_ms + 7 * day_ms);
	for (size_t i = 0; i < count && err == 0; i++)
		err = make_partition(in, db, rows[i * JOURNAL_COLUMNS + 4].number);
	return err;
}

static int reserve(struct ingest *in, size_t size)
{
	if (size <= in->rows_size)
		return 0;
	struct db_value *bigger = realloc(in->rows, size);
	if (bigger == NULL)
		return PN_ENOMEM;
	in->rows = bigger;
	in->rows_size = size;
	return 0;
}

static int insert(struct ingest *in, struct db *db, struct ingest_body *const *bodies, size_t count,
	int64_t now_ms)
{
	size_t total = 0, at = 0;
	for (size_t i = 0; i < count; i++)
		if (bodies[i]->status == 0)
			total += bodies[i]->batch->n_records - bodies[i]->fresh;
	if (total == 0)
		return 0;
	int err = reserve(in, total * JOURNAL_COLUMNS * sizeof *in->rows);
	if (err != 0)
		return err;
	struct db_value *rows = in->rows;
	for (size_t i = 0; i < count; i++)
		if (bodies[i]->status == 0)
			for (size_t r = bodies[i]->fresh; r < bodies[i]->batch->n_records; r++)
				fill_row(&rows[JOURNAL_COLUMNS * at++], bodies[i], r, now_ms);
	err = make_partitions(in, db, rows, total, now_ms);
	if (err == 0)
		err = db_batch_later(
			db, RECORD_INSERT, registry_journal_types, JOURNAL_COLUMNS, rows, total);
	return err;
}

static int advance(struct db *db, struct ingest_body *const *bodies, size_t count)
{
	static const enum db_type types[] = {DB_TEXT, DB_TEXT, DB_INT, DB_INT, DB_BLOB};
	struct db_value rows[INGEST_BODIES_MAX * 5];
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		const Postern__JournalBatch *b = bodies[i]->batch;
		if (bodies[i]->status != 0 || bodies[i]->fresh == b->n_records)
			continue;
		const Postern__JournalRecord *last = b->records[b->n_records - 1];
		rows[n++] = db_text(b->tenant);
		rows[n++] = db_text(b->gate);
		rows[n++] = db_int((int64_t)b->epoch);
		rows[n++] = db_int((int64_t)last->seq);
		rows[n++] = bytes_of(last->hash);
	}
	return db_batch_later(db, HEAD_SET, types, 5, rows, n / 5);
}

int ingest_commit(struct ingest *in, struct db *db, struct ingest_body *const *bodies, size_t count,
	int64_t now_ms)
{
	if (count == 0 || count > INGEST_BODIES_MAX)
		return PN_EINVAL;
	for (size_t i = 0; i < count; i++)
		bodies[i]->found = false;
	int err = db_begin(db);
	if (err == 0)
		err = lock_heads(db, bodies, count);
	for (size_t i = 0; i < count && err == 0; i++)
		err = judge(db, bodies[i]);
	if (err == 0)
		err = insert(in, db, bodies, count, now_ms);
	if (err == 0)
		err = advance(db, bodies, count);
	if (err == 0)
		err = db_commit(db);
	if (err != 0) {
		db_rollback(db);
		in->count = 0; /* an administrator may have taken a month away */
	}
	for (size_t i = 0; i < count; i++) {
		if (err != 0) {
			bodies[i]->status = 0;
			bodies[i]->fork = false;
		} else if (bodies[i]->status == 0) {
			bodies[i]->status = 200;
		}
	}
	return err;
}

void ingest_free(struct ingest *in)
{
	free(in->rows);
	memset(in, 0, sizeof *in);
}
