/* SPDX-License-Identifier: Apache-2.0
 * The journal's inside, shared by its files. Must never be included outside core/journal.
 */
#ifndef POSTERN_JOURNAL_INTERNAL_H
#define POSTERN_JOURNAL_INTERNAL_H
#include <pthread.h>

#include "journal/checkpoint.h"
#include "journal/journal.h"
#include "journal/seal.h"
#include "journal/store.h"

enum {
	SIGNED_ACK_MAX = 1024,
	PURGE_SCAN = 4096,       /* rows looked at by one purge operation */
	WAL_PAGES_IDLE = 1000,   /* checkpoint the WAL from here on when nothing waits */
	WAL_PAGES_FORCED = 4000, /* and from here on in any case */
};

/* What waits for the writer. The buffers are the operation's own. */
struct operation {
	enum journal_operation kind;
	uint64_t tag;
	/* append */
	uint8_t *clear, *personal;
	size_t clear_size, personal_size;
	int record_kind;
	char crossing_id[JOURNAL_ID_MAX + 1];
	int64_t wall_ms;
	/* acknowledge */
	uint64_t epoch, seq;
	uint8_t head_hash[CHAIN_HASH];
	uint8_t signed_ack[SIGNED_ACK_MAX];
	size_t signed_ack_size;
	/* purge; of faces: before the one and after the other */
	int64_t older_than_wall_ms, now_wall_ms;
};

struct head {
	uint64_t epoch, seq; /* 0/0: no record yet */
	uint8_t hash[CHAIN_HASH];
};

struct journal {
	/* Set at opening, then only read. */
	char tenant[CHAIN_NAME_MAX + 1], gate[CHAIN_NAME_MAX + 1];
	char origin[CHECKPOINT_ORIGIN_MAX];
	uint64_t epoch;
	uint64_t free_floor;
	int folder_fd, lock_fd, event_fd;
	int realtime_priority;
	struct sealer *sealer; /* NULL: no payloads */
	struct checkpoint_signer *signer;
	pthread_t thread;
	bool thread_runs;

	/* The writer's alone. */
	struct store writer;
	struct head head;
	unsigned unsigned_records;  /* since the last checkpoint */
	uint64_t unsigned_since_ms; /* monotonic; of the first of them */
	int wal_pages;              /* as of the last commit */
	struct head purge_low;      /* everything up to here has no payload left */
	struct head purge_at;       /* where a purge in slices goes on */
	int64_t last_purge_ms;      /* purge times name their records, so they never repeat */

	/* The caller's thread, and the writer while it truncates the WAL. */
	struct store reader;
	pthread_mutex_t read_lock;

	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t wake;
	struct operation queue[JOURNAL_QUEUE_MAX];
	unsigned queue_first, queue_count;
	struct journal_completion done[JOURNAL_QUEUE_MAX];
	unsigned done_first, done_count;
	unsigned open; /* submitted, completion not fetched: bounds both rings */
	bool stop;
	struct journal_status status;
};

/* open.c: reads the file's end and checks it from its last checkpoint on. */
int journal_load_tail(struct journal *j, bool check);

/* writer.c */
void *journal_writer(void *journal);
/* One record and its outbox row, and a checkpoint when due, in the transaction that the caller has
 * begun and will commit. *next is the head once that commit succeeds. SQLite's code; *err is set
 * when it was no matter of SQLite. */
int journal_append_row(
	struct journal *j, struct store_record *r, struct head *next, bool *signed_too, int *err);
/* COMMIT; on success the head moves on. 0 or PN_E*; nothing stays of a failed one. */
int journal_commit(struct journal *j, const struct head *next, unsigned records, bool signed_too);
/* Rolls back and says what SQLite's code means; a failed sync marks the journal broken. */
int journal_fail(struct journal *j, int code);

/* faces.c */
int journal_run_keep_faces(struct journal *j, const struct operation *op);
int journal_run_purge_faces(
	struct journal *j, const struct operation *op, struct journal_completion *done);

/* writer.c: PN_ELIMIT below the floor, PN_EIO. */
int journal_free_bytes(const struct journal *j, uint64_t *free_bytes);

/* queue.c */
int journal_enqueue(struct journal *j, const struct operation *op);

/* purge.c */
bool journal_truncate_wal(struct journal *j);
int journal_run_purge(
	struct journal *j, const struct operation *op, struct journal_completion *done);
#endif
