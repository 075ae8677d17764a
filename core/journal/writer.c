/* SPDX-License-Identifier: Apache-2.0
 * The writer thread: takes one operation at a time, makes it durable, reports it. Real-time
 * priority because a commit is one fsync and several wake-ups; beside busy cores its 99th
 * percentile is 4 ms without. Must never report success before COMMIT returned, and never let one
 * failed append stop the next.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "journal/internal.h"

static enum journal_priority take_priority(int priority)
{
	const struct sched_param param = {.sched_priority = priority};
	if (priority == 0)
		return JOURNAL_PRIORITY_NORMAL;
	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) == 0)
		return JOURNAL_PRIORITY_REALTIME;
	return setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), -15) == 0
		       ? JOURNAL_PRIORITY_NICE
		       : JOURNAL_PRIORITY_NORMAL;
}

static void publish(struct journal *j, uint64_t free_bytes)
{
	pthread_mutex_lock(&j->lock);
	j->status.head_epoch = j->head.epoch;
	j->status.head_seq = j->head.seq;
	memcpy(j->status.head_hash, j->head.hash, CHAIN_HASH);
	if (free_bytes != 0)
		j->status.free_bytes = free_bytes;
	pthread_mutex_unlock(&j->lock);
}

int journal_fail(struct journal *j, int code)
{
	store_rollback(&j->writer);
	if (store_sync_failed(code)) {
		pthread_mutex_lock(&j->lock);
		j->status.broken = true;
		pthread_mutex_unlock(&j->lock);
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.sync_failed", LN("code", code));
		return PN_EIO;
	}
	pn_log(LOG_LEVEL_ERROR, "journal", "journal.write_failed", LN("code", code));
	int err = store_error(code);
	return err != 0 ? err : PN_EIO;
}

int journal_commit(struct journal *j, const struct head *next, unsigned records, bool signed_too)
{
	int code = store_run(&j->writer, STORE_COMMIT);
	if (code != SQLITE_DONE)
		return journal_fail(j, code);
	j->head = *next;
	if (signed_too) {
		j->unsigned_records = 0;
	} else if (records > 0) {
		if (j->unsigned_records == 0)
			j->unsigned_since_ms = clock_mono_ms();
		j->unsigned_records += records;
	}
	return 0;
}

static int insert_checkpoint(struct journal *j, const struct head *head)
{
	char note[CHECKPOINT_TEXT_MAX];
	struct checkpoint c = {.epoch = head->epoch, .seq = head->seq, .wall_ms = clock_wall_ms()};
	memcpy(c.head, head->hash, CHAIN_HASH);
	if (checkpoint_sign(j->signer, &c, note) != 0)
		return SQLITE_ERROR;
	store_bind_key(&j->writer, STORE_INSERT_CHECKPOINT, c.epoch, c.seq);
	sqlite3_bind_text(
		j->writer.statement[STORE_INSERT_CHECKPOINT], 3, note, -1, SQLITE_TRANSIENT);
	return store_run(&j->writer, STORE_INSERT_CHECKPOINT);
}

int journal_append_row(
	struct journal *j, struct store_record *r, struct head *next, bool *signed_too, int *err)
{
	r->epoch = j->epoch;
	r->seq = j->head.epoch == j->epoch ? j->head.seq + 1 : 1;
	memcpy(r->previous, j->head.hash,
		CHAIN_HASH); /* zeros before the first record of the file */
	*err = chain_sealed_hash(r->sealed, r->sealed_size, r->sealed_hash);
	if (*err == 0)
		*err = chain_hash(j->tenant, j->gate, r->epoch, r->seq, r->previous, r->clear,
			r->clear_size, r->sealed_hash, r->hash);
	if (*err != 0)
		return SQLITE_DONE;
	*next = (struct head){.epoch = r->epoch, .seq = r->seq};
	memcpy(next->hash, r->hash, CHAIN_HASH);
	int code = store_insert(&j->writer, r);
	*signed_too = code == SQLITE_DONE && j->unsigned_records + 1 >= JOURNAL_CHECKPOINT_RECORDS;
	return *signed_too ? insert_checkpoint(j, next) : code;
}

int journal_free_bytes(const struct journal *j, uint64_t *free_bytes)
{
	struct statvfs disk;
	*free_bytes = 0;
	if (fstatvfs(j->folder_fd, &disk) != 0)
		return PN_EIO;
	*free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	return *free_bytes < j->free_floor ? PN_ELIMIT : 0;
}

static int run_append(
	struct journal *j, const struct operation *op, struct journal_completion *done)
{
	uint8_t *sealed = NULL;
	struct head next;
	bool signed_too = false;
	struct store_record r = {.kind = op->record_kind,
		.crossing_id = op->crossing_id,
		.wall_ms = op->wall_ms,
		.clear = op->clear,
		.clear_size = op->clear_size};
	uint64_t free_bytes;
	int err = journal_free_bytes(j, &free_bytes);
	if (err == 0 && op->personal_size > 0)
		err = sealer_seal(
			j->sealer, op->personal, op->personal_size, &sealed, &r.sealed_size);
	r.sealed = sealed;
	if (err == 0) {
		int code = store_run(&j->writer, STORE_BEGIN);
		if (code == SQLITE_DONE)
			code = journal_append_row(j, &r, &next, &signed_too, &err);
		if (err != 0)
			store_rollback(&j->writer);
		else if (code != SQLITE_DONE)
			err = journal_fail(j, code);
		else
			err = journal_commit(j, &next, 1, signed_too);
	}
	if (err == 0) {
		done->epoch = r.epoch;
		done->seq = r.seq;
		memcpy(done->hash, r.hash, CHAIN_HASH);
		pthread_mutex_lock(&j->lock);
		j->status.outbox++;
		pthread_mutex_unlock(&j->lock);
	}
	seal_free(sealed, r.sealed_size);
	publish(j, free_bytes);
	return err;
}

static int stored_hash(struct journal *j, const struct operation *op, uint8_t hash[CHAIN_HASH])
{
	sqlite3_stmt *s = j->writer.statement[STORE_SELECT_HASH];
	store_bind_key(&j->writer, STORE_SELECT_HASH, op->epoch, op->seq);
	int code = sqlite3_step(s);
	int err = code == SQLITE_ROW ? 0 : code == SQLITE_DONE ? PN_ENOTFOUND : PN_EIO;
	if (err == 0 && !store_hash_column(s, 0, hash))
		err = PN_ECONFLICT;
	sqlite3_reset(s);
	return err;
}

static int commit_ack(struct journal *j, const struct operation *op, int *removed)
{
	struct store *w = &j->writer;
	int code = store_run(w, STORE_BEGIN);
	if (code == SQLITE_DONE) {
		sqlite3_stmt *s = w->statement[STORE_UPSERT_ACK];
		store_bind_key(w, STORE_UPSERT_ACK, op->epoch, op->seq);
		sqlite3_bind_blob(s, 3, op->head_hash, CHAIN_HASH, SQLITE_STATIC);
		if (op->signed_ack_size > 0)
			sqlite3_bind_blob(
				s, 4, op->signed_ack, (int)op->signed_ack_size, SQLITE_STATIC);
		code = store_run(w, STORE_UPSERT_ACK);
	}
	if (code == SQLITE_DONE) {
		store_bind_key(w, STORE_DELETE_OUTBOX, op->epoch, op->seq);
		code = store_run(w, STORE_DELETE_OUTBOX);
		*removed = sqlite3_changes(w->db);
	}
	return code == SQLITE_DONE ? journal_commit(j, &j->head, 0, false) : journal_fail(j, code);
}

static int run_ack(struct journal *j, const struct operation *op, struct journal_completion *done)
{
	int removed = 0;
	done->epoch = op->epoch;
	done->seq = op->seq;
	memcpy(done->hash, op->head_hash, CHAIN_HASH);
	uint8_t hash[CHAIN_HASH];
	int err = stored_hash(j, op, hash);
	if (err == 0 && memcmp(hash, op->head_hash, CHAIN_HASH) != 0)
		err = PN_ECONFLICT;
	if (err != 0) {
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.ack_refused", LN("epoch", op->epoch),
			LN("seq", op->seq), LE(err));
		return err;
	}
	const struct journal_status *st = &j->status; /* acked_* is written by this thread only */
	if (op->epoch < st->acked_epoch ||
		(op->epoch == st->acked_epoch && op->seq <= st->acked_seq))
		return 0;
	err = commit_ack(j, op, &removed);
	if (err == 0) {
		pthread_mutex_lock(&j->lock);
		j->status.acked_epoch = op->epoch;
		j->status.acked_seq = op->seq;
		j->status.outbox -= (uint64_t)removed;
		pthread_mutex_unlock(&j->lock);
	}
	return err;
}

static void wipe(struct operation *op)
{
	if (op->personal != NULL)
		explicit_bzero(op->personal, op->personal_size);
	free(op->personal);
	free(op->clear);
	explicit_bzero(op, sizeof *op);
}

static void run(struct journal *j, struct operation *op)
{
	struct journal_completion done = {.operation = op->kind, .tag = op->tag};
	uint64_t begun = clock_mono_ns();
	if (j->status.broken) /* written by this thread only */
		done.result = PN_EIO;
	else if (op->kind == JOURNAL_APPENDED)
		done.result = run_append(j, op, &done);
	else if (op->kind == JOURNAL_ACKNOWLEDGED)
		done.result = run_ack(j, op, &done);
	else if (op->kind == JOURNAL_FACES_KEPT)
		done.result = journal_run_keep_faces(j, op);
	else if (op->kind == JOURNAL_FACES_PURGED)
		done.result = journal_run_purge_faces(j, op, &done);
	else
		done.result = journal_run_purge(j, op, &done);
	done.commit_us = (uint32_t)((clock_mono_ns() - begun) / 1000);
	wipe(op);
	const uint64_t one = 1;
	pthread_mutex_lock(&j->lock);
	j->done[(j->done_first + j->done_count++) % JOURNAL_QUEUE_MAX] = done;
	/* The counter cannot overflow: at most JOURNAL_QUEUE_MAX completions wait. */
	ssize_t n = write(j->event_fd, &one, sizeof one);
	(void)n;
	pthread_mutex_unlock(&j->lock);
}

static void sign_head(struct journal *j)
{
	int code = store_run(&j->writer, STORE_BEGIN);
	if (code == SQLITE_DONE)
		code = insert_checkpoint(j, &j->head);
	int err =
		code == SQLITE_DONE ? journal_commit(j, &j->head, 0, true) : journal_fail(j, code);
	if (err != 0)
		j->unsigned_since_ms = clock_mono_ms(); /* again after a whole interval */
}

static int count_wal(void *context, sqlite3 *db, const char *name, int pages)
{
	struct journal *j = context;
	(void)db;
	(void)name;
	j->wal_pages = pages;
	return SQLITE_OK;
}

/* Moves the WAL into the database between commits. A failed sync here is as bad as one in a commit.
 */
static void checkpoint_wal(struct journal *j)
{
	int code = sqlite3_wal_checkpoint_v2(
		j->writer.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (store_sync_failed(code))
		journal_fail(j, code);
	j->wal_pages =
		0; /* counted anew at the next commit; a reader in the way is no reason to spin */
}

static void idle(struct journal *j, bool waiting)
{
	if (j->status.broken)
		return;
	if (j->unsigned_records > 0 &&
		clock_mono_ms() - j->unsigned_since_ms >= JOURNAL_CHECKPOINT_MS)
		sign_head(j);
	if (j->wal_pages >= (waiting ? WAL_PAGES_FORCED : WAL_PAGES_IDLE))
		checkpoint_wal(j);
}

/* With the lock held: until something waits, the journal stops, or a checkpoint's time has come. */
static void wait_for_work(struct journal *j)
{
	while (j->queue_count == 0 && !j->stop) {
		struct timespec until;
		if (j->unsigned_records == 0 || j->status.broken) {
			pthread_cond_wait(&j->wake, &j->lock);
			continue;
		}
		uint64_t at = j->unsigned_since_ms + JOURNAL_CHECKPOINT_MS;
		until.tv_sec = (time_t)(at / 1000);
		until.tv_nsec = (long)(at % 1000) * 1000000;
		if (pthread_cond_timedwait(&j->wake, &j->lock, &until) == ETIMEDOUT)
			return;
	}
}

void *journal_writer(void *journal)
{
	struct journal *j = journal;
	enum journal_priority priority = take_priority(j->realtime_priority);
	if (j->realtime_priority != 0 && priority != JOURNAL_PRIORITY_REALTIME)
		pn_log(LOG_LEVEL_WARNING, "journal", "journal.no_realtime", LN("got", priority));
	sqlite3_wal_hook(j->writer.db, count_wal, j);
	pthread_mutex_lock(&j->lock);
	j->status.priority = priority;
	while (!j->stop || j->queue_count > 0) {
		wait_for_work(j);
		bool work = j->queue_count > 0;
		struct operation op;
		if (work) {
			op = j->queue[j->queue_first];
			explicit_bzero(&j->queue[j->queue_first], sizeof op);
			j->queue_first = (j->queue_first + 1) % JOURNAL_QUEUE_MAX;
			j->queue_count--;
		}
		pthread_mutex_unlock(&j->lock);
		if (work)
			run(j, &op);
		pthread_mutex_lock(&j->lock);
		bool waiting = j->queue_count > 0;
		pthread_mutex_unlock(&j->lock);
		idle(j, waiting);
		pthread_mutex_lock(&j->lock);
	}
	pthread_mutex_unlock(&j->lock);
	if (j->unsigned_records > 0 && !j->status.broken)
		sign_head(j);
	return NULL;
}
