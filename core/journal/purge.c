/* SPDX-License-Identifier: Apache-2.0
 * Retention: empties the sealed payload of old, acknowledged records and appends the certificate
 * that names them, in one transaction; then the WAL, which still holds the pages as they were
 * written, is truncated. Must never empty a record that the centre has not acknowledged (the
 * trigger journal_no_update refuses it too), and never touch a hash.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "crossing.pb-c.h"
#include "journal/internal.h"

enum { DETAIL_MAX = 320 };

static int digest_key(
	EVP_MD_CTX *digest, uint64_t epoch, uint64_t seq, const uint8_t hash[CHAIN_HASH])
{
	uint8_t bytes[16 + CHAIN_HASH];
	for (unsigned i = 0; i < 8; i++) {
		bytes[i] = (uint8_t)(epoch >> (8 * (7 - i)));
		bytes[8 + i] = (uint8_t)(seq >> (8 * (7 - i)));
	}
	memcpy(bytes + 16, hash, CHAIN_HASH);
	return EVP_DigestUpdate(digest, bytes, sizeof bytes) == 1 ? 0 : PN_ECRYPTO;
}

/* Collects what this slice empties, and where the next one begins. */
struct slice {
	struct head key[JOURNAL_PURGE_SLICE];
	struct head at;  /* last row looked at */
	struct head low; /* up to here nothing is left to empty */
};

static int collect(struct journal *j, const struct operation *op, struct slice *slice,
	EVP_MD_CTX *digest, struct journal_purge_certificate *c)
{
	sqlite3_stmt *s = j->writer.statement[STORE_SELECT_PURGEABLE];
	unsigned rows = 0;
	int code = SQLITE_DONE, err = 0;
	slice->at = j->purge_at;
	slice->low = j->purge_low;
	bool contiguous =
		j->purge_at.epoch == j->purge_low.epoch && j->purge_at.seq == j->purge_low.seq;
	store_bind_key(&j->writer, STORE_SELECT_PURGEABLE, j->purge_at.epoch, j->purge_at.seq);
	sqlite3_bind_int(s, 3, PURGE_SCAN);
	while (err == 0 && c->records < JOURNAL_PURGE_SLICE &&
		(code = sqlite3_step(s)) == SQLITE_ROW) {
		struct head *row = &slice->key[c->records];
		*row = (struct head){.epoch = (uint64_t)sqlite3_column_int64(s, 0),
			.seq = (uint64_t)sqlite3_column_int64(s, 1)};
		if (row->epoch > j->status.acked_epoch ||
			(row->epoch == j->status.acked_epoch && row->seq > j->status.acked_seq)) {
			code = SQLITE_DONE; /* the centre has nothing from here on */
			break;
		}
		bool sealed = sqlite3_column_type(s, 3) != SQLITE_NULL;
		bool old = sqlite3_column_int64(s, 2) < op->older_than_wall_ms;
		slice->at = *row;
		rows++;
		if (sealed && !old)
			contiguous = false;
		if (contiguous)
			slice->low = *row;
		if (!sealed || !old)
			continue;
		if (!store_hash_column(s, 4, row->hash))
			err = PN_EFORMAT;
		if (err == 0)
			err = digest_key(digest, row->epoch, row->seq, row->hash);
		c->bytes += (uint64_t)sqlite3_column_int64(s, 3);
		c->records++;
	}
	sqlite3_reset(s);
	if (err == 0 && c->records < JOURNAL_PURGE_SLICE && code != SQLITE_ROW &&
		code != SQLITE_DONE)
		return PN_EIO;
	c->more = c->records == JOURNAL_PURGE_SLICE || rows == PURGE_SCAN;
	return err;
}

static size_t pack_record(uint8_t clear[JOURNAL_CLEAR_MAX],
	const struct journal_purge_certificate *c, int64_t wall_ms)
{
	char detail[DETAIL_MAX], hex[2 * CHAIN_HASH + 1];
	char event[] = "journal.purged";
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	hex_encode(hex, c->digest, CHAIN_HASH);
	snprintf(detail, sizeof detail,
		"records=%" PRIu32 " bytes=%" PRIu64 " from=%" PRIu64 "/%" PRIu64 " to=%" PRIu64
		"/%" PRIu64 " sha256=%s",
		c->records, c->bytes, c->from_epoch, c->from_seq, c->to_epoch, c->to_seq, hex);
	r.kind = POSTERN__RECORD_KIND__RECORD_PURGE;
	r.wall_ms = wall_ms;
	r.event = event;
	r.detail = detail;
	return postern__record_clear__pack(&r, clear);
}

static int empty_records(
	struct journal *j, const struct slice *slice, uint32_t records, int64_t wall_ms)
{
	int code = SQLITE_DONE;
	for (uint32_t i = 0; i < records && code == SQLITE_DONE; i++) {
		store_bind_key(
			&j->writer, STORE_PURGE_RECORD, slice->key[i].epoch, slice->key[i].seq);
		sqlite3_bind_int64(j->writer.statement[STORE_PURGE_RECORD], 3, wall_ms);
		code = store_run(&j->writer, STORE_PURGE_RECORD);
	}
	return code;
}

static int write_slice(struct journal *j, const struct slice *slice,
	const struct journal_purge_certificate *c, int64_t wall_ms, struct journal_completion *done)
{
	uint8_t clear[JOURNAL_CLEAR_MAX];
	struct store_record r = {.kind = POSTERN__RECORD_KIND__RECORD_PURGE,
		.crossing_id = "",
		.wall_ms = wall_ms,
		.clear = clear,
		.clear_size = pack_record(clear, c, wall_ms)};
	struct head next = j->head;
	bool signed_too = false;
	int err = 0;
	int code = store_run(&j->writer, STORE_BEGIN);
	if (code == SQLITE_DONE)
		code = empty_records(j, slice, c->records, wall_ms);
	if (code == SQLITE_DONE)
		code = journal_append_row(j, &r, &next, &signed_too, &err);
	if (code == SQLITE_DONE && err == 0)
		err = store_set_meta_u64(j->writer.db, "last_purge_ms", (uint64_t)wall_ms);
	if (code != SQLITE_DONE)
		return journal_fail(j, code);
	if (err != 0) {
		store_rollback(&j->writer);
		return err;
	}
	err = journal_commit(j, &next, 1, signed_too);
	if (err != 0)
		return err;
	done->epoch = r.epoch;
	done->seq = r.seq;
	memcpy(done->hash, r.hash, CHAIN_HASH);
	j->last_purge_ms = wall_ms;
	return 0;
}

bool journal_truncate_wal(struct journal *j)
{
	pthread_mutex_lock(&j->read_lock);
	int code = sqlite3_wal_checkpoint_v2(
		j->writer.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	pthread_mutex_unlock(&j->read_lock);
	if (store_sync_failed(code))
		journal_fail(j, code);
	if (code == SQLITE_OK)
		j->wal_pages = 0;
	return code == SQLITE_OK;
}

int journal_run_purge(
	struct journal *j, const struct operation *op, struct journal_completion *done)
{
	struct slice slice = { 0 };
	struct journal_purge_certificate *c = &done->purge;
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	int err = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 ? 0
										       : PN_ECRYPTO;
	if (err == 0)
		err = collect(j, op, &slice, digest, c);
	if (err == 0 && EVP_DigestFinal_ex(digest, c->digest, NULL) != 1)
		err = PN_ECRYPTO;
	EVP_MD_CTX_free(digest);
	if (err != 0)
		return err;
	if (c->records > 0) {
		int64_t wall_ms =
			op->now_wall_ms > j->last_purge_ms ? op->now_wall_ms : j->last_purge_ms + 1;
		c->from_epoch = slice.key[0].epoch;
		c->from_seq = slice.key[0].seq;
		c->to_epoch = slice.key[c->records - 1].epoch;
		c->to_seq = slice.key[c->records - 1].seq;
		err = write_slice(j, &slice, c, wall_ms, done);
		if (err != 0)
			return err;
		pthread_mutex_lock(&j->lock);
		j->status.outbox++;
		j->status.head_epoch = j->head.epoch;
		j->status.head_seq = j->head.seq;
		memcpy(j->status.head_hash, j->head.hash, CHAIN_HASH);
		pthread_mutex_unlock(&j->lock);
	}
	j->purge_low = slice.low;
	j->purge_at = c->more ? slice.at : slice.low;
	if (!c->more)
		c->wal_truncated = journal_truncate_wal(j);
	return 0;
}
