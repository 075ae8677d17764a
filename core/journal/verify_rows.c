/* SPDX-License-Identifier: Apache-2.0
 * Verifying the rows: each against its hash, its sealed payload, its columns and the row before it,
 * naming the column that was changed where an independent witness tells. Must never trust a stored
 * hash that nothing else confirms.
 */
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"
#include "crossing.pb-c.h"
#include "journal/verify.h"

enum { REORDER_WINDOW = 4096 };

struct row {
	uint64_t epoch, seq;
	int kind;
	const char *crossing_id;
	int64_t wall_ms;
	const uint8_t *clear, *sealed;
	size_t clear_size, sealed_size;
	bool sealed_null, purged, in_outbox, shaped;
	uint8_t sealed_hash[CHAIN_HASH], previous[CHAIN_HASH], hash[CHAIN_HASH];
};

static void altered(struct verify *v, const struct row *r, const char *column)
{
	verify_report(v, JOURNAL_ALTERED, r->epoch, r->seq, r->seq, column);
}

static bool hashes_to(const struct verify *v, const struct row *r, uint64_t seq,
	const uint8_t previous[CHAIN_HASH], const uint8_t sealed_hash[CHAIN_HASH],
	const uint8_t hash[CHAIN_HASH])
{
	uint8_t computed[CHAIN_HASH];
	return chain_hash(v->tenant, v->gate, r->epoch, seq, previous, r->clear, r->clear_size,
		       sealed_hash, computed) == 0 &&
	       memcmp(computed, hash, CHAIN_HASH) == 0;
}

/* Does the record after R, whose previous is the witness of R's hash, know another hash than R's?
 */
static bool next_previous(struct verify *v, const struct row *r, uint8_t previous[CHAIN_HASH])
{
	sqlite3_stmt *s = NULL;
	bool found = false;
	if (sqlite3_prepare_v2(v->db, "SELECT previous FROM journal WHERE epoch = ?1 AND seq = ?2",
		    -1, &s, NULL) == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, (sqlite3_int64)r->epoch);
		sqlite3_bind_int64(s, 2, (sqlite3_int64)r->seq + 1);
		found = sqlite3_step(s) == SQLITE_ROW && store_hash_column(s, 0, previous);
	}
	sqlite3_finalize(s);
	return found;
}

/* The place this content was recorded at, when its hash says another than where it stands; 0: none
 * found. */
static uint64_t true_place(const struct verify *v, const struct row *r)
{
	for (uint64_t d = 1; d <= REORDER_WINDOW; d++) {
		if (hashes_to(v, r, r->seq + d, r->previous, r->sealed_hash, r->hash))
			return r->seq + d;
		if (d < r->seq && hashes_to(v, r, r->seq - d, r->previous, r->sealed_hash, r->hash))
			return r->seq - d;
	}
	return 0;
}

/* The row does not have its hash: which column is it? One substitution at a time, each with an
 * independent witness. */
static void name_column(
	struct verify *v, const struct row *r, const uint8_t actual_sealed_hash[CHAIN_HASH])
{
	uint8_t next[CHAIN_HASH];
	bool has_next = next_previous(v, r, next);
	bool confirmed = has_next && memcmp(next, r->hash, CHAIN_HASH) == 0;
	bool follows = !v->last_missing && (v->last.epoch == r->epoch || r->seq == 1);
	if (has_next && !confirmed && hashes_to(v, r, r->seq, r->previous, r->sealed_hash, next)) {
		altered(v, r, "hash");
	} else if (follows && hashes_to(v, r, r->seq, v->last.hash, r->sealed_hash, r->hash)) {
		altered(v, r, "previous");
	} else if (!r->sealed_null &&
		   hashes_to(v, r, r->seq, r->previous, actual_sealed_hash, r->hash)) {
		altered(v, r, "sealed_hash");
	} else {
		uint64_t place = true_place(v, r);
		if (place != 0)
			verify_report(v, JOURNAL_REORDERED, r->epoch, r->seq, place, "row");
		else
			altered(v, r, confirmed ? "clear" : "row");
	}
}

/* The columns beside the hashed bytes that only repeat what these say. */
static void check_columns(struct verify *v, const struct row *r)
{
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, r->clear_size, r->clear);
	if (clear == NULL) {
		altered(v, r, "clear");
		return;
	}
	if ((int)clear->kind != r->kind)
		altered(v, r, "kind");
	if (strcmp(clear->crossing_id, r->crossing_id) != 0)
		altered(v, r, "crossing_id");
	if (clear->wall_ms != r->wall_ms)
		altered(v, r, "wall_ms");
	postern__record_clear__free_unpacked(clear, NULL);
}

static void check_sealed(
	struct verify *v, const struct row *r, const uint8_t actual[CHAIN_HASH], bool hash_holds)
{
	static const uint8_t zeros[CHAIN_HASH];
	bool had = memcmp(r->sealed_hash, zeros, CHAIN_HASH) != 0;
	if (!r->sealed_null) {
		v->summary->sealed++;
		if (hash_holds && memcmp(actual, r->sealed_hash, CHAIN_HASH) != 0)
			altered(v, r, "sealed");
		if (r->purged)
			altered(v, r, "purged_at");
	} else if (had && !r->purged) {
		altered(v, r, "sealed");
	} else if (r->purged) {
		v->summary->purged++;
		if (!had)
			altered(v, r, "purged_at");
	}
}

/* Where the row stands relative to the one before it. */
static void check_place(struct verify *v, const struct row *r, bool hash_holds)
{
	uint64_t expected = r->epoch == v->last.epoch ? v->last.seq + 1 : 1;
	v->last_missing = r->seq != expected;
	if (r->epoch != v->last.epoch)
		v->summary->epochs++;
	if (r->seq > expected)
		verify_report(v, JOURNAL_MISSING, r->epoch, expected, r->seq - 1, "row");
	if (v->last_missing || v->last_bad || !hash_holds ||
		memcmp(r->previous, v->last.hash, CHAIN_HASH) == 0)
		return;
	if (r->epoch != v->last.epoch)
		verify_report(v, JOURNAL_FORKED, r->epoch, r->seq, r->seq, "previous");
	else
		/* Both rows hash, but they are not neighbours: the one before was made anew with
		 * its hash. */
		verify_report(v, JOURNAL_ALTERED, r->epoch, v->last.seq, v->last.seq, "row");
}

/* SHA-256 over the emptied records in a range that carry this purge's time; their number in *found.
 */
static bool purged_digest(struct verify *v, int64_t wall_ms, const uint64_t range[4],
	uint8_t out[CHAIN_HASH], unsigned long *found)
{
	uint8_t bytes[16 + CHAIN_HASH];
	sqlite3_stmt *s = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1 &&
		  sqlite3_prepare_v2(v->db,
			  "SELECT epoch, seq, hash FROM journal WHERE (epoch, seq) >= (?1, ?2)"
			  " AND (epoch, seq) <= (?3, ?4) AND purged_at = ?5 ORDER BY epoch, seq",
			  -1, &s, NULL) == SQLITE_OK;
	for (int i = 0; ok && i < 4; i++)
		ok = sqlite3_bind_int64(s, i + 1, (sqlite3_int64)range[i]) == SQLITE_OK;
	ok = ok && sqlite3_bind_int64(s, 5, wall_ms) == SQLITE_OK;
	for (*found = 0; ok && sqlite3_step(s) == SQLITE_ROW; ++*found) {
		for (unsigned i = 0; i < 8; i++) {
			bytes[i] = (uint8_t)((uint64_t)sqlite3_column_int64(s, 0) >> (8 * (7 - i)));
			bytes[8 + i] =
				(uint8_t)((uint64_t)sqlite3_column_int64(s, 1) >> (8 * (7 - i)));
		}
		ok = store_hash_column(s, 2, bytes + 16) &&
		     EVP_DigestUpdate(ctx, bytes, sizeof bytes) == 1;
	}
	ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
	sqlite3_finalize(s);
	EVP_MD_CTX_free(ctx);
	return ok;
}

/* The numbers of a purge record's detail in their order: records, bytes, from, to. */
static bool parse_purge(const char *at, uint64_t number[6])
{
	static const char *const before[6] = {"records=", " bytes=", " from=", "/", " to=", "/"};
	for (size_t i = 0; i < PN_COUNT(before); i++)
		if (!text_word(&at, before[i]) || !text_number(&at, &number[i]))
			return false;
	return true;
}

/* "records=N bytes=B from=E/S to=E/S sha256=HEX" of a purge record, against the records it emptied.
 */
static void check_purge(struct verify *v, const struct row *r)
{
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, r->clear_size, r->clear);
	uint8_t digest[CHAIN_HASH], stated[CHAIN_HASH];
	uint64_t number[6] = {0};
	unsigned long found = 0;
	const char *hex = clear != NULL ? strstr(clear->detail, " sha256=") : NULL;
	bool ok = hex != NULL && hex_decode(stated, CHAIN_HASH, hex + 8) == 0 &&
		  parse_purge(clear->detail, number) &&
		  purged_digest(v, r->wall_ms, number + 2, digest, &found) && found == number[0] &&
		  memcmp(digest, stated, CHAIN_HASH) == 0;
	if (!ok)
		verify_report(v, JOURNAL_PURGE, r->epoch, r->seq, r->seq, "detail");
	v->purge_records += number[0];
	if (clear != NULL)
		postern__record_clear__free_unpacked(clear, NULL);
}

static void check_row(struct verify *v, const struct row *r)
{
	uint8_t actual[CHAIN_HASH] = {0};
	bool holds = r->shaped && hashes_to(v, r, r->seq, r->previous, r->sealed_hash, r->hash);
	if (!r->sealed_null && chain_sealed_hash(r->sealed, r->sealed_size, actual) != 0)
		holds = false;
	check_place(v, r, holds);
	v->summary->records++;
	if (!r->shaped)
		altered(v, r, "row");
	else if (!holds)
		name_column(v, r, actual);
	check_sealed(v, r, actual, holds);
	if (holds) {
		check_columns(v, r);
		if (r->kind == POSTERN__RECORD_KIND__RECORD_PURGE)
			check_purge(v, r);
	}
	if (!r->in_outbox && verify_before(v->acked_epoch, v->acked_seq, r->epoch, r->seq))
		verify_report(v, JOURNAL_UNSENT, r->epoch, r->seq, r->seq, "outbox");
	v->last = (struct head){.epoch = r->epoch, .seq = r->seq};
	memcpy(v->last.hash, r->hash, CHAIN_HASH);
	v->last_bad = !holds;
}

static void read_row(sqlite3_stmt *s, struct row *r)
{
	const char *id = (const char *)sqlite3_column_text(s, 3);
	*r = (struct row){.epoch = (uint64_t)sqlite3_column_int64(s, 0),
		.seq = (uint64_t)sqlite3_column_int64(s, 1),
		.kind = sqlite3_column_int(s, 2),
		.crossing_id = id != NULL ? id : "",
		.wall_ms = sqlite3_column_int64(s, 4),
		.clear = sqlite3_column_blob(s, 5),
		.clear_size = (size_t)sqlite3_column_bytes(s, 5),
		.sealed_null = sqlite3_column_type(s, 6) == SQLITE_NULL,
		.sealed = sqlite3_column_blob(s, 6),
		.sealed_size = (size_t)sqlite3_column_bytes(s, 6),
		.purged = sqlite3_column_type(s, 10) != SQLITE_NULL,
		.in_outbox = sqlite3_column_int(s, 11) != 0};
	bool sealed_hash = store_hash_column(s, 7, r->sealed_hash);
	bool previous = store_hash_column(s, 8, r->previous);
	r->shaped = store_hash_column(s, 9, r->hash) && sealed_hash && previous;
}

int verify_rows(struct verify *v)
{
	sqlite3_stmt *s = NULL;
	struct row r;
	int code;
	if (sqlite3_prepare_v2(v->db,
		    "SELECT j.epoch, j.seq, j.kind, j.crossing_id, j.wall_ms, j.clear, j.sealed, "
		    "j.sealed_hash,"
		    " j.previous, j.hash, j.purged_at,"
		    " EXISTS (SELECT 1 FROM outbox o WHERE o.epoch = j.epoch AND o.seq = j.seq)"
		    " FROM journal j ORDER BY j.epoch, j.seq",
		    -1, &s, NULL) != SQLITE_OK)
		return PN_EFORMAT;
	while ((code = sqlite3_step(s)) == SQLITE_ROW) {
		read_row(s, &r);
		check_row(v, &r);
	}
	sqlite3_finalize(s);
	if (v->purge_records != v->summary->purged)
		verify_report(v, JOURNAL_PURGE, v->last.epoch, v->last.seq, v->last.seq, "count");
	return code == SQLITE_DONE ? 0 : PN_EIO;
}
