/* SPDX-License-Identifier: Apache-2.0
 * Opening and closing a journal: names, lock, database, epoch, keys, tail check, writer thread.
 * Must never let two processes append to one file, nor reuse an epoch that it can know of.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "journal/file.h"
#include "journal/internal.h"

enum { PATH_BYTES = 4096, PEM_MAX = 16384 };

static bool name_ok(const char *name)
{
	size_t n = name != NULL ? strlen(name) : 0;
	return n > 0 && n <= CHAIN_NAME_MAX &&
	       strspn(name,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:/-") == n;
}

static int beside(char out[PATH_BYTES], const char *path, const char *suffix)
{
	return snprintf(out, PATH_BYTES, "%s%s", path, suffix) < PATH_BYTES ? 0 : PN_EINVAL;
}

static int take_lock(struct journal *j, const char *path)
{
	char name[PATH_BYTES];
	int err = beside(name, path, ".lock");
	if (err != 0)
		return err;
	j->lock_fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (j->lock_fd < 0)
		return PN_EIO;
	return flock(j->lock_fd, LOCK_EX | LOCK_NB) == 0 ? 0 : PN_ECONFLICT;
}

static int open_folder(struct journal *j, const char *path)
{
	char copy[PATH_BYTES];
	int err = beside(copy, path, "");
	if (err != 0)
		return err;
	j->folder_fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return j->folder_fd >= 0 ? 0 : PN_EIO;
}

/* PATH.epoch: the highest epoch ever begun beside PATH, which outlives the database file. 0: no
 * such file. */
static int read_epoch(const char *path, uint64_t *epoch)
{
	char name[PATH_BYTES], text[32], again[32];
	const char *at = text;
	size_t size;
	*epoch = 0;
	int err = beside(name, path, ".epoch");
	if (err == 0)
		err = file_read(name, text, sizeof text - 1, &size);
	if (err == PN_ENOTFOUND)
		return 0;
	if (err != 0)
		return err;
	text[size] = '\0';
	if (!text_number(&at, epoch) || *epoch > INT64_MAX)
		return PN_EFORMAT;
	snprintf(again, sizeof again, "%" PRIu64 "\n", *epoch);
	return strcmp(again, text) == 0 ? 0 : PN_EFORMAT;
}

static int write_epoch(const char *path, uint64_t epoch)
{
	char name[PATH_BYTES], text[32];
	int err = beside(name, path, ".epoch");
	int n = snprintf(text, sizeof text, "%" PRIu64 "\n", epoch);
	return err != 0 ? err : file_write_synced(name, text, (size_t)n, 0600);
}

/* The database is durable about its epoch first, the file beside it second, the first record of the
 * epoch last. */
static int settle_epoch(struct journal *j, const struct journal_config *config, uint64_t remembered)
{
	uint64_t epoch;
	int err = store_meta_u64(j->writer.db, "epoch", &epoch);
	if (err != 0)
		return err;
	if (epoch < j->head.epoch || epoch == 0)
		return PN_ECONFLICT;
	if (config->epoch_policy == JOURNAL_EPOCH_NEXT) {
		epoch = (epoch > remembered ? epoch : remembered) + 1;
		err = store_set_meta_u64(j->writer.db, "epoch", epoch);
	}
	j->epoch = epoch;
	if (err == 0 && remembered < epoch)
		err = write_epoch(config->path, epoch);
	return err;
}

static int read_pem(const struct journal_pem *pem, const char *name, uint8_t *buffer,
	struct seal_recipient *out)
{
	*out = (struct seal_recipient){.name = name, .pem = pem->bytes, .size = pem->size};
	if (pem->path == NULL)
		return 0;
	out->pem = buffer;
	return file_read(pem->path, buffer, PEM_MAX, &out->size);
}

static int open_sealer(struct journal *j, const struct journal_config *config)
{
	uint8_t centre[PEM_MAX], escrow[PEM_MAX];
	struct seal_recipient to[2];
	bool has_centre = config->seal_centre.path != NULL || config->seal_centre.bytes != NULL;
	bool has_escrow = config->seal_escrow.path != NULL || config->seal_escrow.bytes != NULL;
	if (!has_centre && !has_escrow)
		return 0;
	if (!has_centre || !has_escrow)
		return PN_EINVAL;
	int err = read_pem(&config->seal_centre, "centre", centre, &to[0]);
	if (err == 0)
		err = read_pem(&config->seal_escrow, "escrow", escrow, &to[1]);
	return err != 0 ? err : sealer_new(&j->sealer, to, PN_COUNT(to));
}

/* One row of the tail against the row before it. */
static int check_row(const struct journal *j, sqlite3_stmt *s, struct head *at)
{
	uint8_t hash[CHAIN_HASH], previous[CHAIN_HASH], sealed_hash[CHAIN_HASH],
		computed[CHAIN_HASH];
	uint64_t epoch = (uint64_t)sqlite3_column_int64(s, 0),
		 seq = (uint64_t)sqlite3_column_int64(s, 1);
	if (!store_hash_column(s, 3, sealed_hash) || !store_hash_column(s, 4, previous) ||
		!store_hash_column(s, 5, hash))
		return PN_ECONFLICT;
	int err = chain_hash(j->tenant, j->gate, epoch, seq, previous, sqlite3_column_blob(s, 2),
		(size_t)sqlite3_column_bytes(s, 2), sealed_hash, computed);
	if (err != 0 || memcmp(computed, hash, CHAIN_HASH) != 0)
		return PN_ECONFLICT;
	bool follows = epoch == at->epoch ? seq == at->seq + 1 : epoch > at->epoch && seq == 1;
	if (at->seq != 0 && (!follows || memcmp(previous, at->hash, CHAIN_HASH) != 0))
		return PN_ECONFLICT;
	*at = (struct head){.epoch = epoch, .seq = seq};
	memcpy(at->hash, hash, CHAIN_HASH);
	return 0;
}

/* Every row from the checkpoint's own on; all rows when there is none. */
static int check_tail(struct journal *j, const struct checkpoint *c, struct head *last)
{
	sqlite3_stmt *s = NULL;
	int code = SQLITE_DONE, err = 0;
	unsigned rows = 0;
	if (sqlite3_prepare_v2(j->writer.db,
		    "SELECT epoch, seq, clear, sealed_hash, previous, hash FROM journal"
		    " WHERE (epoch, seq) >= (?1, ?2) ORDER BY epoch, seq",
		    -1, &s, NULL) != SQLITE_OK)
		return PN_EIO;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)c->epoch);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)c->seq);
	while (err == 0 && (code = sqlite3_step(s)) == SQLITE_ROW) {
		err = check_row(j, s, last);
		if (err == 0 && rows++ == 0 && c->seq != 0 &&
			(last->epoch != c->epoch || last->seq != c->seq ||
				memcmp(last->hash, c->head, CHAIN_HASH) != 0))
			err = PN_ECONFLICT;
	}
	if (err == 0 && code != SQLITE_DONE)
		err = PN_EIO;
	if (err == 0 && rows == 0 && c->seq != 0)
		err = PN_ECONFLICT;
	sqlite3_finalize(s);
	j->unsigned_records = rows - (c->seq != 0 && rows > 0);
	return err;
}

/* The last checkpoint; 0/0 without one. A note of another key is taken by its form: the key may
 * have been replaced. */
static int last_checkpoint(struct journal *j, struct checkpoint *c)
{
	sqlite3_stmt *s = NULL;
	int err = PN_EIO;
	memset(c, 0, sizeof *c);
	if (sqlite3_prepare_v2(j->writer.db,
		    "SELECT epoch, seq, note FROM checkpoint ORDER BY epoch DESC, seq DESC LIMIT 1",
		    -1, &s, NULL) != SQLITE_OK)
		return PN_EIO;
	int code = sqlite3_step(s);
	if (code == SQLITE_DONE) {
		err = 0;
	} else if (code == SQLITE_ROW) {
		const char *note = (const char *)sqlite3_column_text(s, 2);
		size_t size = (size_t)sqlite3_column_bytes(s, 2);
		err = note == NULL ? PN_EFORMAT
				   : checkpoint_parse(note, size, j->origin,
					     checkpoint_public(j->signer), c);
		if (err == PN_ECRYPTO) {
			pn_log(LOG_LEVEL_WARNING, "journal", "checkpoint.other_key",
				LN("seq", c->seq));
			err = 0;
		}
		if (err == 0 && (c->epoch != (uint64_t)sqlite3_column_int64(s, 0) ||
					c->seq != (uint64_t)sqlite3_column_int64(s, 1)))
			err = PN_ECONFLICT;
	}
	sqlite3_finalize(s);
	return err == PN_EFORMAT ? PN_ECONFLICT : err;
}

/* The stored head without judging it. */
static int read_head(struct journal *j, struct head *head)
{
	sqlite3_stmt *s = NULL;
	int err = PN_EIO;
	memset(head, 0, sizeof *head);
	if (sqlite3_prepare_v2(j->writer.db,
		    "SELECT epoch, seq, hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1",
		    -1, &s, NULL) != SQLITE_OK)
		return PN_EIO;
	int code = sqlite3_step(s);
	if (code == SQLITE_DONE) {
		err = 0;
	} else if (code == SQLITE_ROW) {
		head->epoch = (uint64_t)sqlite3_column_int64(s, 0);
		head->seq = (uint64_t)sqlite3_column_int64(s, 1);
		err = store_hash_column(s, 2, head->hash) ? 0 : PN_ECONFLICT;
	}
	sqlite3_finalize(s);
	return err;
}

static int read_counts(struct journal *j)
{
	int64_t n = 0, epoch = 0, seq = 0;
	uint64_t purged = 0;
	struct journal_status *st = &j->status;
	int err = store_integer(j->writer.db, "SELECT count(*) FROM outbox", &n);
	st->outbox = (uint64_t)n;
	if (err == 0)
		err = store_integer(
			j->writer.db, "SELECT coalesce(max(epoch), 0) FROM ack", &epoch);
	if (err == 0)
		err = store_integer(j->writer.db, "SELECT coalesce(max(seq), 0) FROM ack", &seq);
	if (err == 0)
		err = store_meta_u64(j->writer.db, "last_purge_ms", &purged);
	if (err == PN_ENOTFOUND)
		err = 0;
	if (err != 0)
		return err;
	j->last_purge_ms = (int64_t)purged;
	st->acked_epoch = (uint64_t)epoch;
	st->acked_seq = (uint64_t)seq;
	return 0;
}

int journal_load_tail(struct journal *j, bool check)
{
	struct checkpoint c;
	struct head last = {0};
	int err = read_head(j, &j->head);
	if (err == 0)
		err = read_counts(j);
	if (err != 0 || !check)
		return err;
	err = last_checkpoint(j, &c);
	if (err == 0)
		err = check_tail(j, &c, &last);
	if (err != 0)
		return err;
	/* What an acknowledgement saw must still be there. */
	const struct journal_status *st = &j->status;
	if (last.epoch < st->acked_epoch ||
		(last.epoch == st->acked_epoch && last.seq < st->acked_seq))
		return PN_ECONFLICT;
	return 0;
}

/* Everything that needs no thread. What was reached is undone by journal_close. */
static int open_parts(struct journal *j, const struct journal_config *config)
{
	uint64_t remembered = 0;
	bool fresh = false;
	int err = open_folder(j, config->path);
	if (err == 0)
		err = take_lock(j, config->path);
	if (err == 0)
		err = read_epoch(config->path, &remembered);
	if (err != 0)
		return err;
	uint64_t first =
		config->first_epoch > remembered + 1 ? config->first_epoch : remembered + 1;
	err = store_open(&j->writer, config->path, j->tenant, j->gate, first, &fresh);
	if (err == 0)
		err = checkpoint_signer_open(&j->signer, config->checkpoint_key_path, j->origin);
	if (err == 0)
		err = open_sealer(j, config);
	if (err == 0)
		err = journal_load_tail(j, config->epoch_policy != JOURNAL_EPOCH_NEXT);
	if (err == 0)
		err = settle_epoch(j, config, remembered);
	if (err == 0)
		err = store_open_reader(&j->reader, config->path);
	if (err == 0 && (j->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		err = PN_EIO;
	return err;
}

static bool config_ok(const struct journal_config *c)
{
	return c->path != NULL && c->path[0] == '/' && c->checkpoint_key_path != NULL &&
	       name_ok(c->tenant) && name_ok(c->gate) && c->first_epoch < INT64_MAX &&
	       c->realtime_priority >= 0 && c->realtime_priority <= 99;
}

static int start_writer(struct journal *j)
{
	pthread_condattr_t monotonic;
	if (pthread_condattr_init(&monotonic) != 0)
		return PN_ENOMEM;
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&j->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	j->thread_runs = pthread_create(&j->thread, NULL, journal_writer, j) == 0;
	return j->thread_runs ? 0 : PN_ENOMEM;
}

int journal_open(struct journal **out, const struct journal_config *config)
{
	*out = NULL;
	if (!config_ok(config))
		return PN_EINVAL;
	struct journal *j = calloc(1, sizeof *j);
	if (j == NULL)
		return PN_ENOMEM;
	j->folder_fd = j->lock_fd = j->event_fd = -1;
	j->free_floor = config->free_floor;
	j->realtime_priority = config->realtime_priority;
	text_copy(j->tenant, sizeof j->tenant, config->tenant);
	text_copy(j->gate, sizeof j->gate, config->gate);
	snprintf(j->origin, sizeof j->origin, "postern/%s/%s", j->tenant, j->gate);
	pthread_mutex_init(&j->lock, NULL);
	pthread_mutex_init(&j->read_lock, NULL);
	int err = open_parts(j, config);
	if (err == 0) {
		j->status.epoch = j->epoch;
		j->status.head_epoch = j->head.epoch;
		j->status.head_seq = j->head.seq;
		memcpy(j->status.head_hash, j->head.hash, CHAIN_HASH);
		j->unsigned_since_ms = clock_mono_ms();
		err = start_writer(j);
	}
	if (err != 0) {
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.not_opened", LE(err));
		journal_close(j);
		return err;
	}
	*out = j;
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	if (j->thread_runs) {
		pthread_mutex_lock(&j->lock);
		j->stop = true;
		pthread_cond_signal(&j->wake);
		pthread_mutex_unlock(&j->lock);
		pthread_join(j->thread, NULL);
		pthread_cond_destroy(&j->wake);
	}
	store_close(&j->reader);
	store_close(&j->writer);
	sealer_free(j->sealer);
	checkpoint_signer_free(j->signer);
	close_fd(j->event_fd);
	close_fd(j->folder_fd);
	close_fd(j->lock_fd);
	pthread_mutex_destroy(&j->lock);
	pthread_mutex_destroy(&j->read_lock);
	free(j);
}

const char *journal_seal_recipients(const struct journal *j)
{
	return j->sealer != NULL ? sealer_recipients(j->sealer) : "";
}
