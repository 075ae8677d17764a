/* SPDX-License-Identifier: Apache-2.0
 * The journal: the legal record of what a gate or a post did. One SQLite file (WAL,
 * synchronous=FULL), append-only, hash-chained (base/chain.h), personal payloads sealed as they are
 * written, checkpoints signed, one outbox row per record in the record's own transaction. A writer
 * thread owns the file; callers submit and are told of completions through an eventfd.
 * docs/journal.md describes the file. Must never say "durable" before COMMIT returned under
 * synchronous=FULL, never change or delete a row (except that a purge empties `sealed`), and never
 * keep a personal payload once it is sealed.
 *
 * Threads: all functions of one journal are called from one thread (the core's loop); only the
 * completion descriptor may be polled elsewhere. Times are milliseconds since 1970-01-01 UTC.
 */
#ifndef POSTERN_JOURNAL_H
#define POSTERN_JOURNAL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/err.h"

enum {
	JOURNAL_CLEAR_MAX = 16 * 1024,     /* bytes of one encoded RecordClear */
	JOURNAL_PERSONAL_MAX = 128 * 1024, /* bytes of one encoded CrossingRecord */
	JOURNAL_QUEUE_MAX = 64, /* operations submitted whose completion has not been fetched */
	JOURNAL_BATCH_RECORDS_MAX = 64,
	JOURNAL_BATCH_BYTES_MAX = 200 * 1000,
	JOURNAL_CHECKPOINT_RECORDS = 64, /* a checkpoint at the latest after so many records ... */
	JOURNAL_CHECKPOINT_MS = 60000,   /* ... or so long after the first record without one */
	JOURNAL_PURGE_SLICE = 256,       /* records emptied by one purge operation */
	JOURNAL_FACES_BYTES_MAX = 768 * 1024, /* of one encoded KeptFaces */
	JOURNAL_FACES_MAX = 128, /* crossings whose faces are kept; beyond, the oldest go */
	JOURNAL_ID_MAX = 64,
};

struct journal;

/* PEM text from a file or from memory: path when not NULL, else bytes. Read only during
 * journal_open. */
struct journal_pem {
	const char *path;
	const uint8_t *bytes;
	size_t size;
};

enum journal_epoch_policy {
	JOURNAL_EPOCH_CONTINUE, /* go on where the file ends */
	JOURNAL_EPOCH_NEXT,     /* begin a new epoch now: an operator's step after a damaged tail */
};

struct journal_config {
	const char *path;   /* of the SQLite file; PATH.epoch beside it remembers the highest epoch
			       ever begun */
	const char *tenant; /* [A-Za-z0-9._:/-]{1,64}; must be the ones the file was made with */
	const char *gate;
	enum journal_epoch_policy epoch_policy;
	/* Epoch of a new file whose PATH.epoch is gone too (a replaced disk); 0 means 1. The centre
	 * answers 409 when it knows that epoch already: set one above its highest then. A file or
	 * PATH.epoch that exists decides otherwise. */
	uint64_t first_epoch;
	/* P-256 certificates a personal payload is sealed to. Both or neither; without them no
	 * payload is accepted. */
	struct journal_pem seal_centre, seal_escrow;
	/* Ed25519 private key (PKCS #8 PEM), made with mode 0600 when absent; PATH.pub beside it is
	 * the verifier's key. */
	const char *checkpoint_key_path;
	uint64_t free_floor; /* bytes: an append that finds less free space on the file's disk fails
			      */
	int realtime_priority; /* SCHED_FIFO priority asked for the writer thread, 1..99; 0: do not
				  ask */
};

/* Opens or makes the journal, checks its settings and its tail (from the last checkpoint on),
 * starts the writer. PN_EINVAL: configuration. PN_ECONFLICT: the file belongs to another tenant or
 * gate, or its tail does not match its checkpoints. PN_EFORMAT: a foreign database, schema or
 * setting. PN_ECRYPTO: key or certificate. PN_EIO, PN_ENOMEM. */
int journal_open(struct journal **out, const struct journal_config *config) PN_MUST_CHECK;
/* Finishes what was submitted, signs a last checkpoint, frees. Completions not fetched are lost;
 * the records are not. */
void journal_close(struct journal *j);

/* "centre:KEYID,escrow:KEYID", for RecordClear.seal_recipients of records with a personal payload;
 * "" without sealing. KEYID: first 16 bytes of SHA-256 over the certificate's SubjectPublicKeyInfo,
 * in hexadecimal. Lives with j. */
const char *journal_seal_recipients(const struct journal *j);

struct journal_append {
	uint64_t tag;         /* comes back in the completion */
	const uint8_t *clear; /* encoded RecordClear; copied */
	size_t clear_size;
	const uint8_t *personal; /* encoded CrossingRecord, or NULL; copied, and the copy wiped
				    after sealing */
	size_t personal_size;    /* the caller wipes its own */
};

/* PN_ELIMIT: JOURNAL_QUEUE_MAX operations are open, or a size is over its bound. PN_EFORMAT: clear
 * is no RecordClear, or its kind is UNSPECIFIED or PURGE. PN_ECRYPTO: a payload, but no sealing
 * certificates. PN_ENOMEM. Nothing is queued then. */
int journal_submit(struct journal *j, const struct journal_append *append) PN_MUST_CHECK;

/* The centre acknowledged everything up to (epoch, seq), whose hash it says is head_hash. The
 * caller has verified the signature (outbox/ack.h). signed_ack is kept as the witness of that head;
 * may be NULL. */
struct journal_ack {
	uint64_t tag;
	uint64_t epoch, seq;
	uint8_t head_hash[CHAIN_HASH];
	const uint8_t *signed_ack; /* encoded SignedAck, at most 1,024 bytes; copied */
	size_t signed_ack_size;
};

/* Completion result PN_ECONFLICT: the journal's hash of that record is another one: a clone or
 * tampering, an alarm. PN_ENOTFOUND: no such record. An acknowledgement already counted gives 0. */
int journal_acknowledge(struct journal *j, const struct journal_ack *ack) PN_MUST_CHECK;

/* Empties the sealed payload of at most JOURNAL_PURGE_SLICE acknowledged records with wall_ms <
 * older_than_wall_ms, and appends one RECORD_PURGE naming them, in one transaction. now_wall_ms is
 * the purge record's time. */
int journal_purge(struct journal *j, uint64_t tag, int64_t older_than_wall_ms,
	int64_t now_wall_ms) PN_MUST_CHECK;

/* Pictures of a crossing, sealed as payloads are, in a table of their own: no part of the chain, sent to nobody, gone with their time
 * whether or not the centre has answered. bytes: an encoded KeptFaces; copied, and the copy wiped after sealing. PN_ELIMIT: too large, or
 * the queue is full. PN_ECRYPTO: no sealing certificates. PN_EINVAL: no crossing. PN_ENOMEM. */
int journal_keep_faces(struct journal *j, uint64_t tag, const char *crossing_id, int64_t wall_ms,
	const uint8_t *bytes, size_t size) PN_MUST_CHECK;
/* Deletes what was kept before from_wall_ms, and what claims a time after to_wall_ms, when no clock can have been. */
int journal_purge_faces(
	struct journal *j, uint64_t tag, int64_t from_wall_ms, int64_t to_wall_ms) PN_MUST_CHECK;

struct journal_purge_certificate {
	uint32_t records;   /* emptied now; 0: nothing to do, and no record was appended */
	bool more;          /* the slice was full: purge again */
	bool wal_truncated; /* false: another process was reading; the next purge truncates */
	uint64_t bytes;     /* of sealed payload removed */
	uint64_t from_epoch, from_seq, to_epoch, to_seq;
	/* SHA-256 over be64(epoch) || be64(seq) || hash of each emptied record in key order. */
	uint8_t digest[CHAIN_HASH];
};

enum journal_operation {
	JOURNAL_APPENDED,
	JOURNAL_ACKNOWLEDGED,
	JOURNAL_PURGED,
	JOURNAL_FACES_KEPT,
	JOURNAL_FACES_PURGED
};

struct journal_completion {
	enum journal_operation operation;
	uint64_t tag;
	/* 0, or for an append: PN_ELIMIT: the disk is full or below free_floor. PN_ECRYPTO: sealing
	 * failed. PN_EIO: the commit failed. Nothing was written then, and a later append may
	 * succeed; after a failed sync none will until the journal is opened anew
	 * (journal_status.broken), because the kernel may have dropped the dirty pages. */
	int result;
	uint64_t epoch, seq;      /* of the record appended, of the purge record, or acknowledged */
	uint8_t hash[CHAIN_HASH]; /* of that record */
	uint32_t commit_us;       /* from taken off the queue to durable */
	struct journal_purge_certificate purge; /* JOURNAL_PURGED */
	uint32_t faces;                         /* JOURNAL_FACES_PURGED: deleted */
};

/* Readable while a completion waits; poll only. */
int journal_completion_fd(const struct journal *j);
/* The oldest completion. PN_EAGAIN: none. */
int journal_next_completion(struct journal *j, struct journal_completion *out) PN_MUST_CHECK;

enum journal_priority { JOURNAL_PRIORITY_NORMAL, JOURNAL_PRIORITY_NICE, JOURNAL_PRIORITY_REALTIME };

struct journal_status {
	uint64_t epoch;                /* the epoch records are appended to */
	uint64_t head_epoch, head_seq; /* last durable record; 0/0 before the first */
	uint8_t head_hash[CHAIN_HASH];
	uint64_t acked_epoch, acked_seq; /* 0/0: none */
	uint64_t outbox;                 /* records not acknowledged */
	uint64_t free_bytes;             /* on the file's disk, as of the last append */
	enum journal_priority priority;  /* what the writer thread got */
	bool broken;
};
void journal_status(struct journal *j, struct journal_status *out);

/* The oldest unacknowledged records after (after_epoch, after_seq), of one epoch, encoded as
 * JournalBatch. */
struct journal_batch {
	size_t size; /* bytes written */
	uint32_t records;
	uint64_t epoch, first_seq, last_seq;
	uint8_t last_hash[CHAIN_HASH];
	int64_t oldest_wall_ms; /* of the first record */
};

/* At most max_records (1..JOURNAL_BATCH_RECORDS_MAX) and capacity bytes; the registry takes
 * JOURNAL_BATCH_BYTES_MAX. PN_ENOTFOUND: nothing to send. PN_EAGAIN: a purge is under way.
 * PN_ELIMIT: not even one record fits. PN_EIO. */
int journal_next_batch(struct journal *j, uint64_t after_epoch, uint64_t after_seq,
	uint32_t max_records, uint8_t *buffer, size_t capacity,
	struct journal_batch *out) PN_MUST_CHECK;

/* --- Reading a journal by its path: no writer thread, nothing written, also while another process
 * appends. --- */

/* Pointers are valid during the callback only. */
struct journal_row {
	uint64_t epoch, seq;
	int kind; /* Postern__RecordKind */
	const char *crossing_id;
	int64_t wall_ms;
	const uint8_t *clear; /* encoded RecordClear */
	size_t clear_size;
	size_t sealed_size;
	const uint8_t *sealed_hash, *previous, *hash; /* CHAIN_HASH bytes each */
	int64_t purged_at;                            /* 0: not purged */
	bool in_outbox;                               /* not acknowledged yet */
};

struct journal_query {
	uint64_t from_epoch, from_seq; /* first key wanted; 0/0: from the start */
	uint64_t to_epoch, to_seq;     /* last key wanted; 0/0: to the end */
	int kind;                      /* Postern__RecordKind; 0: every kind */
	const char *crossing_id;       /* NULL: every crossing */
	uint64_t limit;                /* 0: no limit */
	bool newest_first;
};

/* Stops at the first callback result that is not 0 and returns it. PN_ENOTFOUND: no file.
 * PN_EFORMAT: no journal. */
int journal_show(const char *path, const struct journal_query *query,
	int (*row)(void *context, const struct journal_row *row), void *context) PN_MUST_CHECK;

/* Payloads opened with a recipient's private key (PEM), for those who hold one; the gate that wrote
 * them does not. As journal_show, but result: 0 with the payload, which is wiped after the callback;
 * PN_ENOTFOUND: the record has none, or it was purged; PN_ECRYPTO, PN_EFORMAT: it does not open. */
int journal_unseal(const char *path, const struct journal_query *query, const uint8_t *key_pem,
	size_t key_size,
	int (*row)(void *context, const struct journal_row *row, int result, const uint8_t *personal,
		size_t personal_size),
	void *context) PN_MUST_CHECK;

/* Faces that are kept, the oldest first. With a recipient's key: result 0 and the encoded KeptFaces, wiped after the callback, or
 * PN_ECRYPTO, PN_EFORMAT: it does not open. key_pem NULL: result PN_EAGAIN, nothing is opened. */
int journal_show_faces(const char *path, const uint8_t *key_pem, size_t key_size,
	int (*row)(void *context, const char *crossing_id, int64_t wall_ms, int result,
		const uint8_t *kept, size_t kept_size),
	void *context) PN_MUST_CHECK;

/* As journal_show, as one JSON object per record, without newline: key, hashes and every clear field by its
 * schema name. */
int journal_export(const char *path, const struct journal_query *query,
	int (*line)(void *context, const char *json, size_t size), void *context) PN_MUST_CHECK;

enum journal_finding_kind {
	JOURNAL_ALTERED,    /* column names what does not match; "row" when several or the clear
			       content and its hash do not */
	JOURNAL_MISSING,    /* (epoch, seq) to (epoch, to_seq) are not there */
	JOURNAL_REORDERED,  /* the content at (epoch, seq) was recorded as (epoch, to_seq) */
	JOURNAL_FORKED,     /* previous of seq 1 is not the head of the epoch before it */
	JOURNAL_TRUNCATED,  /* column ("checkpoint", "acknowledgement", "witness") proves records up
			       to to_seq; seq is the last there */
	JOURNAL_CHECKPOINT, /* the checkpoint at (epoch, seq): column is "signature", "form" or
			       "head" */
	JOURNAL_PURGE,  /* the purge record at (epoch, seq) and the emptied records do not agree */
	JOURNAL_UNSENT, /* (epoch, seq) is neither acknowledged nor in the outbox */
	JOURNAL_UNREADABLE, /* the database itself: column is its message */
	JOURNAL_SCHEMA, /* a table, index or trigger is not the journal's own: somebody had it open
			 */
};

struct journal_finding {
	enum journal_finding_kind kind;
	uint64_t epoch, seq, to_seq;
	const char *column; /* never NULL; valid during the callback */
};

struct journal_witness { /* a head that somebody else knows: the centre */
	uint64_t epoch, seq;
	uint8_t hash[CHAIN_HASH];
};

struct journal_verify_options {
	const char *tenant, *gate; /* NULL: as the file says */
	const char *
		checkpoint_pub_path; /* NULL: signatures are not checked, and the summary says so */
	const struct journal_witness *witness; /* NULL: none */
};

struct journal_verify_summary {
	uint64_t records, sealed, purged, epochs, checkpoints, findings;
	bool signatures_checked;
	uint64_t head_epoch, head_seq;
	uint8_t head_hash[CHAIN_HASH];
};

/* Reads every row. 0: nothing found. PN_ECRYPTO: findings were reported. Else it could not be read
 * at all. */
int journal_verify(const char *path, const struct journal_verify_options *options,
	void (*finding)(void *context, const struct journal_finding *finding), void *context,
	struct journal_verify_summary *summary) PN_MUST_CHECK;

/* "altered", "missing" ...; never NULL. */
const char *journal_finding_name(enum journal_finding_kind kind);
#endif
