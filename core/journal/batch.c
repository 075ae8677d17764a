/* SPDX-License-Identifier: Apache-2.0
 * Records on their way to the centre, read through a connection that cannot write. JournalBatch is
 * written piece by piece: its three header fields, then each record as field 4 (protobuf encoding,
 * length-delimited), so that no second copy of 200 kB is needed. Must never skip a record: a batch
 * ends where the sequence has a gap.
 */
#include <string.h>

#include "journal.pb-c.h"
#include "journal/internal.h"

#define RECORDS_TAG 0x22 /* field 4, wire type 2 */

static size_t put_varint(uint8_t *at, uint64_t value)
{
	size_t n = 0;
	while (value >= 0x80) {
		at[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	at[n++] = (uint8_t)value;
	return n;
}

static ProtobufCBinaryData column(sqlite3_stmt *s, int i)
{
	/* protobuf-c has no const; the record is only packed. */
	return (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)sqlite3_column_blob(s, i),
		.len = (size_t)sqlite3_column_bytes(s, i)};
}

static int put_header(
	const struct journal *j, uint64_t epoch, uint8_t *buffer, size_t capacity, size_t *size)
{
	Postern__JournalBatch header = POSTERN__JOURNAL_BATCH__INIT;
	header.tenant = (char *)(uintptr_t)j->tenant;
	header.gate = (char *)(uintptr_t)j->gate;
	header.epoch = epoch;
	*size = postern__journal_batch__get_packed_size(&header);
	if (*size > capacity)
		return PN_ELIMIT;
	postern__journal_batch__pack(&header, buffer);
	return 0;
}

static int put_record(sqlite3_stmt *s, uint8_t *buffer, size_t capacity, struct journal_batch *out)
{
	Postern__JournalRecord r = POSTERN__JOURNAL_RECORD__INIT;
	uint8_t length[10];
	r.seq = (uint64_t)sqlite3_column_int64(s, 1);
	r.clear = column(s, 2);
	r.sealed = column(s, 3);
	r.sealed_hash = column(s, 4);
	r.previous = column(s, 5);
	r.hash = column(s, 6);
	size_t size = postern__journal_record__get_packed_size(&r), n = put_varint(length, size);
	if (capacity - out->size < 1 + n + size)
		return PN_ELIMIT;
	if (!store_hash_column(s, 6, out->last_hash))
		return PN_EFORMAT;
	buffer[out->size++] = RECORDS_TAG;
	memcpy(buffer + out->size, length, n);
	out->size += n;
	postern__journal_record__pack(&r, buffer + out->size);
	out->size += size;
	out->last_seq = r.seq;
	out->records++;
	return 0;
}

static int read_batch(
	struct journal *j, uint8_t *buffer, size_t capacity, struct journal_batch *out)
{
	sqlite3_stmt *s = j->reader.statement[STORE_SELECT_BATCH];
	int code, err = 0;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		uint64_t epoch = (uint64_t)sqlite3_column_int64(s, 0),
			 seq = (uint64_t)sqlite3_column_int64(s, 1);
		if (out->records > 0 && (epoch != out->epoch || seq != out->last_seq + 1))
			return 0;
		if (out->records == 0) {
			out->epoch = epoch;
			out->first_seq = seq;
			out->oldest_wall_ms = sqlite3_column_int64(s, 7);
			err = put_header(j, epoch, buffer, capacity, &out->size);
		}
		if (err == 0)
			err = put_record(s, buffer, capacity, out);
		if (err == PN_ELIMIT && out->records > 0)
			return 0;
		if (err != 0)
			return err;
	}
	if (code != SQLITE_DONE)
		return PN_EIO;
	return out->records > 0 ? 0 : PN_ENOTFOUND;
}

int journal_next_batch(struct journal *j, uint64_t after_epoch, uint64_t after_seq,
	uint32_t max_records, uint8_t *buffer, size_t capacity, struct journal_batch *out)
{
	memset(out, 0, sizeof *out);
	if (max_records == 0 || max_records > JOURNAL_BATCH_RECORDS_MAX)
		return PN_EINVAL;
	if (pthread_mutex_trylock(&j->read_lock) != 0)
		return PN_EAGAIN;
	store_bind_key(&j->reader, STORE_SELECT_BATCH, after_epoch, after_seq);
	sqlite3_bind_int(j->reader.statement[STORE_SELECT_BATCH], 3, (int)max_records);
	int err = read_batch(j, buffer, capacity, out);
	sqlite3_reset(j->reader.statement[STORE_SELECT_BATCH]);
	pthread_mutex_unlock(&j->read_lock);
	if (err != 0)
		memset(out, 0, sizeof *out);
	return err;
}
