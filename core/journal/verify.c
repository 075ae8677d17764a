/* SPDX-License-Identifier: Apache-2.0
 * Verifying a whole journal without trusting it: its rows (verify_rows.c), then its checkpoints,
 * the last acknowledgement and a head that somebody else knows. The chain alone cannot show a
 * removed tail; those three can. Must never stop at the first finding, and never write.
 */
#include "journal/verify.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char *const finding_names[] = {[JOURNAL_ALTERED] = "altered",
	[JOURNAL_MISSING] = "missing",
	[JOURNAL_REORDERED] = "reordered",
	[JOURNAL_FORKED] = "forked",
	[JOURNAL_TRUNCATED] = "truncated",
	[JOURNAL_CHECKPOINT] = "checkpoint",
	[JOURNAL_PURGE] = "purge",
	[JOURNAL_UNSENT] = "unsent",
	[JOURNAL_UNREADABLE] = "unreadable",
	[JOURNAL_SCHEMA] = "schema"};

const char *journal_finding_name(enum journal_finding_kind kind)
{
	return (size_t)kind < PN_COUNT(finding_names) ? finding_names[kind] : "unknown";
}

void verify_report(struct verify *v, enum journal_finding_kind kind, uint64_t epoch, uint64_t seq,
	uint64_t to_seq, const char *column)
{
	const struct journal_finding f = {
		.kind = kind, .epoch = epoch, .seq = seq, .to_seq = to_seq, .column = column};
	v->summary->findings++;
	if (v->finding != NULL)
		v->finding(v->context, &f);
}

bool verify_before(uint64_t epoch, uint64_t seq, uint64_t than_epoch, uint64_t than_seq)
{
	return epoch < than_epoch || (epoch == than_epoch && seq < than_seq);
}

/* Page structure, and indexes against their tables; what it finds would also make the later queries
 * unreliable, so it comes first. */
static int check_pages(struct verify *v)
{
	sqlite3_stmt *s = NULL;
	if (sqlite3_prepare_v2(v->db, "PRAGMA integrity_check(10)", -1, &s, NULL) != SQLITE_OK)
		return PN_EFORMAT;
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *message = (const char *)sqlite3_column_text(s, 0);
		if (message == NULL || strcmp(message, "ok") != 0)
			verify_report(v, JOURNAL_UNREADABLE, 0, 0, 0,
				message != NULL ? message : "no answer");
	}
	sqlite3_finalize(s);
	if (store_check_schema(v->db) != 0)
		verify_report(v, JOURNAL_SCHEMA, 0, 0, 0, "schema");
	return 0;
}

/* 0: the row is there with HASH. PN_ECONFLICT: with another. PN_ENOTFOUND: not there. */
static int compare_row(
	struct verify *v, uint64_t epoch, uint64_t seq, const uint8_t hash[CHAIN_HASH])
{
	sqlite3_stmt *s = NULL;
	uint8_t stored[CHAIN_HASH];
	int err = PN_ENOTFOUND;
	if (sqlite3_prepare_v2(v->db, "SELECT hash FROM journal WHERE epoch = ?1 AND seq = ?2", -1,
		    &s, NULL) != SQLITE_OK)
		return PN_EIO;
	sqlite3_bind_int64(s, 1, (sqlite3_int64)epoch);
	sqlite3_bind_int64(s, 2, (sqlite3_int64)seq);
	if (sqlite3_step(s) == SQLITE_ROW)
		err = store_hash_column(s, 0, stored) && memcmp(stored, hash, CHAIN_HASH) == 0
			      ? 0
			      : PN_ECONFLICT;
	sqlite3_finalize(s);
	return err;
}

/* A head that WHO vouches for. A record missing before the last row has been reported with the
 * rows. */
static void check_head(struct verify *v, uint64_t epoch, uint64_t seq,
	const uint8_t hash[CHAIN_HASH], const char *who)
{
	int err = compare_row(v, epoch, seq, hash);
	if (err == PN_ECONFLICT)
		verify_report(v, JOURNAL_ALTERED, epoch, seq, seq, who);
	else if (err != 0 && verify_before(v->last.epoch, v->last.seq, epoch, seq))
		verify_report(v, JOURNAL_TRUNCATED, epoch, epoch == v->last.epoch ? v->last.seq : 0,
			seq, who);
}

static void check_checkpoint(
	struct verify *v, sqlite3_stmt *s, const uint8_t *key, struct checkpoint *highest)
{
	struct checkpoint c;
	uint64_t epoch = (uint64_t)sqlite3_column_int64(s, 0),
		 seq = (uint64_t)sqlite3_column_int64(s, 1);
	const char *note = (const char *)sqlite3_column_text(s, 2);
	int err = note == NULL ? PN_EFORMAT
			       : checkpoint_parse(note, (size_t)sqlite3_column_bytes(s, 2),
					 v->origin, key, &c);
	v->summary->checkpoints++;
	if (err == PN_ECRYPTO) {
		verify_report(v, JOURNAL_CHECKPOINT, epoch, seq, seq, "signature");
	} else if (err != 0 || c.epoch != epoch || c.seq != seq) {
		verify_report(v, JOURNAL_CHECKPOINT, epoch, seq, seq, "form");
	} else {
		*highest = c;
		if (compare_row(v, epoch, seq, c.head) == PN_ECONFLICT)
			verify_report(v, JOURNAL_CHECKPOINT, epoch, seq, seq, "head");
	}
}

static int check_checkpoints(struct verify *v, const uint8_t *key)
{
	sqlite3_stmt *s = NULL;
	struct checkpoint highest = {0};
	int code;
	if (sqlite3_prepare_v2(v->db, "SELECT epoch, seq, note FROM checkpoint ORDER BY epoch, seq",
		    -1, &s, NULL) != SQLITE_OK)
		return PN_EFORMAT;
	while ((code = sqlite3_step(s)) == SQLITE_ROW)
		check_checkpoint(v, s, key, &highest);
	sqlite3_finalize(s);
	/* Only the highest can show a removed tail. */
	if (verify_before(v->last.epoch, v->last.seq, highest.epoch, highest.seq))
		check_head(v, highest.epoch, highest.seq, highest.head, "checkpoint");
	return code == SQLITE_DONE ? 0 : PN_EIO;
}

/* The last acknowledgement, before the rows (they need it) and once more after them. */
static int read_ack(struct verify *v, uint8_t hash[CHAIN_HASH])
{
	sqlite3_stmt *s = NULL;
	int err = 0;
	if (sqlite3_prepare_v2(v->db, "SELECT epoch, seq, head_hash FROM ack", -1, &s, NULL) !=
		SQLITE_OK)
		return PN_EFORMAT;
	if (sqlite3_step(s) == SQLITE_ROW) {
		v->acked_epoch = (uint64_t)sqlite3_column_int64(s, 0);
		v->acked_seq = (uint64_t)sqlite3_column_int64(s, 1);
		err = store_hash_column(s, 2, hash) ? 0 : PN_EFORMAT;
	}
	sqlite3_finalize(s);
	return err;
}

/* Outbox rows past the last record prove records that are gone. */
static int check_outbox(struct verify *v)
{
	sqlite3_stmt *s = NULL;
	uint64_t epoch = 0, seq = 0;
	if (sqlite3_prepare_v2(v->db,
		    "SELECT epoch, seq FROM outbox ORDER BY epoch DESC, seq DESC LIMIT 1", -1, &s,
		    NULL) != SQLITE_OK)
		return PN_EFORMAT;
	if (sqlite3_step(s) == SQLITE_ROW) {
		epoch = (uint64_t)sqlite3_column_int64(s, 0);
		seq = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_finalize(s);
	if (verify_before(v->last.epoch, v->last.seq, epoch, seq))
		verify_report(v, JOURNAL_TRUNCATED, epoch, epoch == v->last.epoch ? v->last.seq : 0,
			seq, "outbox");
	return 0;
}

static int read_names(struct verify *v, const struct journal_verify_options *o)
{
	int err = 0;
	if (o->tenant == NULL)
		err = store_meta_text(v->db, "tenant", v->tenant, sizeof v->tenant);
	else if (!text_copy(v->tenant, sizeof v->tenant, o->tenant))
		err = PN_EINVAL;
	if (err == 0 && o->gate == NULL)
		err = store_meta_text(v->db, "gate", v->gate, sizeof v->gate);
	else if (err == 0 && !text_copy(v->gate, sizeof v->gate, o->gate))
		err = PN_EINVAL;
	snprintf(v->origin, sizeof v->origin, "postern/%s/%s", v->tenant, v->gate);
	return err;
}

static int verify_all(struct verify *v, const struct journal_verify_options *o)
{
	uint8_t key[CHECKPOINT_KEY], acked[CHAIN_HASH];
	int err = read_names(v, o);
	if (err == 0 && o->checkpoint_pub_path != NULL)
		err = checkpoint_read_public(o->checkpoint_pub_path, v->origin, key);
	v->summary->signatures_checked = o->checkpoint_pub_path != NULL;
	if (err == 0)
		err = check_pages(v);
	if (err == 0)
		err = read_ack(v, acked);
	if (err == 0)
		err = verify_rows(v);
	if (err == 0)
		err = check_checkpoints(v, o->checkpoint_pub_path != NULL ? key : NULL);
	if (err == 0 && v->acked_seq != 0)
		check_head(v, v->acked_epoch, v->acked_seq, acked, "acknowledgement");
	if (err == 0)
		err = check_outbox(v);
	if (err == 0 && o->witness != NULL)
		check_head(v, o->witness->epoch, o->witness->seq, o->witness->hash, "witness");
	return err;
}

int journal_verify(const char *path, const struct journal_verify_options *options,
	void (*finding)(void *context, const struct journal_finding *finding), void *context,
	struct journal_verify_summary *summary)
{
	struct verify v = {.finding = finding, .context = context, .summary = summary};
	memset(summary, 0, sizeof *summary);
	int err = store_open_offline(&v.db, path);
	if (err != 0)
		return err;
	/* One snapshot: a writer may go on meanwhile. */
	if (sqlite3_exec(v.db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		err = PN_EIO;
	if (err == 0)
		err = verify_all(&v, options);
	sqlite3_close_v2(v.db);
	summary->head_epoch = v.last.epoch;
	summary->head_seq = v.last.seq;
	memcpy(summary->head_hash, v.last.hash, CHAIN_HASH);
	return err != 0 ? err : summary->findings > 0 ? PN_ECRYPTO : 0;
}
