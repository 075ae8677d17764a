/* SPDX-License-Identifier: Apache-2.0
 * Reading sealed payloads with a recipient's key. Must never keep a payload, nor be called where a
 * gate writes.
 */
#include <stdlib.h>

#include "journal/internal.h"
#include "journal/seal.h"

struct unsealing {
	sqlite3 *db;
	sqlite3_stmt *sealed;
	const uint8_t *key_pem;
	size_t key_size;
	int (*row)(void *context, const struct journal_row *row, int result, const uint8_t *personal,
		size_t personal_size);
	void *context;
};

static int on_row(void *context, const struct journal_row *row)
{
	struct unsealing *u = context;
	uint8_t *plain = NULL;
	size_t size = 0;
	int r = PN_ENOTFOUND;

	sqlite3_reset(u->sealed);
	sqlite3_bind_int64(u->sealed, 1, (sqlite3_int64)row->epoch);
	sqlite3_bind_int64(u->sealed, 2, (sqlite3_int64)row->seq);
	if (sqlite3_step(u->sealed) != SQLITE_ROW)
		return PN_EIO;
	if (sqlite3_column_bytes(u->sealed, 0) > 0)
		r = seal_open(sqlite3_column_blob(u->sealed, 0),
			(size_t)sqlite3_column_bytes(u->sealed, 0), NULL, 0, u->key_pem, u->key_size,
			&plain, &size);
	r = u->row(u->context, row, r, plain, size);
	seal_free(plain, size);
	return r;
}

int journal_unseal(const char *path, const struct journal_query *query, const uint8_t *key_pem,
	size_t key_size,
	int (*row)(void *context, const struct journal_row *row, int result, const uint8_t *personal,
		size_t personal_size),
	void *context)
{
	struct unsealing u = {.key_pem = key_pem, .key_size = key_size, .row = row, .context = context};
	int err = store_open_offline(&u.db, path);

	if (err != 0)
		return err;
	if (sqlite3_prepare_v2(u.db, "SELECT sealed FROM journal WHERE epoch = ?1 AND seq = ?2", -1,
		    &u.sealed, NULL) != SQLITE_OK)
		err = PN_EFORMAT;
	if (err == 0)
		err = journal_show(path, query, on_row, &u);
	sqlite3_finalize(u.sealed);
	sqlite3_close_v2(u.db);
	return err;
}
