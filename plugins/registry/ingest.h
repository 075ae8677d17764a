/* SPDX-License-Identifier: Apache-2.0
 * From a posted JournalBatch to durable rows: first what the bytes alone can show, then, under the
 * lock on each gate's head, order and forks. Must never advance a head over a record whose hash or
 * link does not verify, nor report a body as stored before the commit returned.
 */
#ifndef POSTERN_REGISTRY_INGEST_H
#define POSTERN_REGISTRY_INGEST_H
#include "base/arena.h"
#include "base/chain.h"
#include "crossing.pb-c.h"
#include "db/db.h"
#include "journal.pb-c.h"

enum { INGEST_RECORDS_MAX = 64 };  /* of one body; journal.proto */
enum { INGEST_BODY_MAX = 220000 }; /* bytes of one body, framing included */
enum { INGEST_BODIES_MAX = 64 };   /* of one transaction */
enum { INGEST_MONTHS_MAX = 32 };

/* One body. status is an HTTP status (RFC 9110): 0 undecided, 200 stored, 400, 409. */
struct ingest_body {
	struct arena arena; /* of all that is decoded; its memory serves one body after another */
	Postern__JournalBatch *batch;
	Postern__RecordClear *clear[INGEST_RECORDS_MAX];
	int status;
	bool fork; /* the reason of a 409, else a gap */
	char detail[48];
	size_t fresh;        /* index of the first record not stored before */
	uint64_t epoch, seq; /* the gate's head as locked; epoch 0: first known now */
	uint8_t head[CHAIN_HASH];
	bool found;
};

/* Months whose partition is known to stand. Zeroed before its first use; ends with ingest_free().
 */
struct ingest {
	int64_t months[INGEST_MONTHS_MAX];
	size_t count;
	struct db_value *rows; /* of the statement, kept for the next */
	size_t rows_size;      /* bytes */
};

/* Decodes and verifies all that needs no store. Not 0: status and detail say why. out is zeroed
 * before its first use, may be used again, and ends with ingest_body_free(). */
int ingest_body_read(struct ingest_body *out, const uint8_t *bytes, size_t size) PN_MUST_CHECK;
void ingest_body_free(struct ingest_body *b);
/* All bodies with status 0, each of another gate, in one transaction. 0: every one of them has its
 * status, and those with 200 are durable. Else none is, and none has a status. */
void ingest_free(struct ingest *in);
int ingest_commit(struct ingest *in, struct db *db, struct ingest_body *const *bodies, size_t count,
	int64_t now_ms) PN_MUST_CHECK;
#endif
