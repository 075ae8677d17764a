/* SPDX-License-Identifier: Apache-2.0
 * What a posted batch shows by itself: form, bounds, hashes and inner links. Pure. Must never
 * accept what protobuf would silently skip: an unknown field is a refusal.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest.h"

/* What the decoded form of a body needs beside its bytes: 64 records of one clear part each. A body
 * that would take more is not one. */
enum { DECODED_MAX = INGEST_BODY_MAX + INGEST_RECORDS_MAX * 4096 };

static void *take(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

static void leave(void *arena, void *bytes)
{
	(void)arena;
	(void)bytes;
}

static int refuse(struct ingest_body *b, const char *why)
{
	b->status = 400;
	snprintf(b->detail, sizeof b->detail, "%s", why);
	return PN_EFORMAT;
}

static bool is_name(const char *s)
{
	size_t n = strnlen(s, CHAIN_NAME_MAX + 1);
	if (n == 0 || n > CHAIN_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && strchr("._-", s[i]) == NULL)
			return false;
	return true;
}

/* What goes into a text column: printable ASCII, short. */
static bool is_word(const char *s)
{
	size_t n = strnlen(s, CHAIN_NAME_MAX + 1);
	for (size_t i = 0; i < n; i++)
		if (s[i] < 0x20 || s[i] > 0x7e)
			return false;
	return n <= CHAIN_NAME_MAX;
}

static int read_record(struct ingest_body *b, ProtobufCAllocator *memory, size_t i)
{
	static const uint8_t zeros[CHAIN_HASH];
	const Postern__JournalBatch *batch = b->batch;
	const Postern__JournalRecord *r = batch->records[i];
	uint8_t hash[CHAIN_HASH];
	if (r->base.n_unknown_fields > 0)
		return refuse(b, "unknown field in record");
	if (r->seq == 0 || r->seq > INT64_MAX ||
		(i > 0 && r->seq != batch->records[i - 1]->seq + 1))
		return refuse(b, "records not consecutive");
	if (r->previous.len != CHAIN_HASH || r->hash.len != CHAIN_HASH ||
		r->sealed_hash.len != CHAIN_HASH || r->clear.len == 0)
		return refuse(b, "record incomplete");
	/* An empty payload may have been purged: its hash stays in the chain. */
	if (r->sealed.len > 0 && (chain_sealed_hash(r->sealed.data, r->sealed.len, hash) != 0 ||
					 memcmp(hash, r->sealed_hash.data, CHAIN_HASH) != 0))
		return refuse(b, "sealed hash");
	if (chain_hash(batch->tenant, batch->gate, batch->epoch, r->seq, r->previous.data,
		    r->clear.data, r->clear.len, r->sealed_hash.data, hash) != 0 ||
		memcmp(hash, r->hash.data, CHAIN_HASH) != 0)
		return refuse(b, "record hash");
	if (i > 0 && memcmp(r->previous.data, batch->records[i - 1]->hash.data, CHAIN_HASH) != 0)
		return refuse(b, "record link");
	if (r->seq > 1 && memcmp(r->previous.data, zeros, CHAIN_HASH) == 0)
		return refuse(b, "record link");
	b->clear[i] = postern__record_clear__unpack(memory, r->clear.len, r->clear.data);
	if (b->clear[i] == NULL)
		return refuse(b, "clear part");
	const Postern__RecordClear *c = b->clear[i];
	if (!is_word(c->crossing_id) || !is_word(c->nationality) || !is_word(c->issuer) ||
		!is_word(c->lane) || c->wall_ms < 0)
		return refuse(b, "clear part");
	return 0;
}

int ingest_body_read(struct ingest_body *b, const uint8_t *bytes, size_t size)
{
	int err = 0;
	uint8_t *kept = b->arena.base != NULL ? b->arena.base : malloc(DECODED_MAX);
	memset(b, 0, sizeof *b);
	if (kept == NULL)
		return refuse(b, "memory");
	arena_init(&b->arena, kept, DECODED_MAX);
	if (size == 0 || size > INGEST_BODY_MAX)
		return refuse(b, "size");
	ProtobufCAllocator memory = {.alloc = take, .free = leave, .allocator_data = &b->arena};
	b->batch = postern__journal_batch__unpack(&memory, size, bytes);
	if (b->batch == NULL)
		return refuse(b, "not a journal batch");
	const Postern__JournalBatch *batch = b->batch;
	if (batch->base.n_unknown_fields > 0)
		return refuse(b, "unknown field");
	if (!is_name(batch->tenant) || !is_name(batch->gate))
		return refuse(b, "name");
	if (batch->epoch == 0 || batch->epoch > INT64_MAX)
		return refuse(b, "epoch");
	if (batch->n_records == 0 || batch->n_records > INGEST_RECORDS_MAX)
		return refuse(b, "number of records");
	for (size_t i = 0; i < batch->n_records && err == 0; i++)
		err = read_record(b, &memory, i);
	return err;
}

void ingest_body_free(struct ingest_body *b)
{
	free(b->arena.base);
	memset(b, 0, sizeof *b);
}
