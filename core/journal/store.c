/* SPDX-License-Identifier: Apache-2.0
 * The journal's database connections. Durability settings are read back after they are set, because
 * SQLite answers a refused PRAGMA with the old value and no error. Must never be linked with
 * another JOURNAL_SYNCHRONOUS into a shipped program: only the control run of the power-cut harness
 * compiles these files with one, to show that it loses.
 */
#include "journal/store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#ifndef JOURNAL_SYNCHRONOUS
#define JOURNAL_SYNCHRONOUS 2 /* FULL: the WAL is synced at every commit */
#endif
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

#define APPLICATION_ID 1347308081 /* "PNJ1" */
#define USER_VERSION 3
#define OLDEST_VERSION 1 /* without the index journal_activation; 2 has it, and no table face */

#define ACTIVATION_INDEX \
	"CREATE INDEX journal_activation ON journal(epoch, seq) WHERE kind = 6"

#define FACE_TABLE \
	"CREATE TABLE face(id INTEGER PRIMARY KEY, crossing_id TEXT NOT NULL, wall_ms INTEGER NOT NULL," \
	" sealed BLOB NOT NULL) STRICT"

/* Compared with sqlite_schema text by text: whoever drops a trigger or adds a view is found at the
 * next start. */
static const struct {
	const char *name, *place, *sql; /* place: type and table */
} schema[] = {
	{"meta", "table meta",
		"CREATE TABLE meta(key TEXT PRIMARY KEY NOT NULL, value ANY NOT NULL) STRICT, "
		"WITHOUT ROWID"},
	{"journal", "table journal",
		"CREATE TABLE journal(epoch INTEGER NOT NULL, seq INTEGER NOT NULL, kind "
		"INTEGER NOT NULL,"
		" crossing_id TEXT NOT NULL, wall_ms INTEGER NOT NULL, clear BLOB NOT NULL, "
		"sealed BLOB,"
		" sealed_hash BLOB NOT NULL, previous BLOB NOT NULL, hash BLOB NOT NULL, "
		"purged_at INTEGER,"
		" PRIMARY KEY(epoch, seq)) STRICT"},
	{"journal_crossing", "index journal",
		"CREATE INDEX journal_crossing ON journal(crossing_id) WHERE crossing_id <> ''"},
	{"journal_activation", "index journal", /* read at every start of a core */
		ACTIVATION_INDEX},
	{"outbox", "table outbox",
		"CREATE TABLE outbox(epoch INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY "
		"KEY(epoch, seq))"
		" STRICT, WITHOUT ROWID"},
	{"checkpoint", "table checkpoint",
		"CREATE TABLE checkpoint(epoch INTEGER NOT NULL, seq INTEGER NOT NULL, note "
		"TEXT NOT NULL,"
		" PRIMARY KEY(epoch, seq)) STRICT, WITHOUT ROWID"},
	{"ack", "table ack",
		"CREATE TABLE ack(id INTEGER PRIMARY KEY CHECK(id = 1), epoch INTEGER NOT NULL,"
		" seq INTEGER NOT NULL, head_hash BLOB NOT NULL, signed BLOB) STRICT"},
	{"face", "table face", FACE_TABLE},
	{"journal_no_delete", "trigger journal",
		"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
		" BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"},
	{"journal_no_update", "trigger journal",
		"CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal WHEN NOT ("
		"NEW.rowid IS OLD.rowid AND NEW.epoch IS OLD.epoch AND NEW.seq IS OLD.seq AND "
		"NEW.kind IS OLD.kind"
		" AND NEW.crossing_id IS OLD.crossing_id AND NEW.wall_ms IS OLD.wall_ms AND "
		"NEW.clear IS OLD.clear"
		" AND NEW.sealed_hash IS OLD.sealed_hash AND NEW.previous IS OLD.previous AND "
		"NEW.hash IS OLD.hash"
		" AND OLD.sealed IS NOT NULL AND NEW.sealed IS NULL"
		" AND OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL"
		" AND NOT EXISTS (SELECT 1 FROM outbox WHERE epoch = OLD.epoch AND seq = OLD.seq))"
		" BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"},
	{"journal_only_append", "trigger journal",
		"CREATE TRIGGER journal_only_append BEFORE INSERT ON journal WHEN EXISTS ("
		"SELECT 1 FROM journal WHERE (epoch, seq) >= (NEW.epoch, NEW.seq))"
		" BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END"},
	{"checkpoint_no_delete", "trigger checkpoint",
		"CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint"
		" BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END"},
	{"checkpoint_no_update", "trigger checkpoint",
		"CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint"
		" BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END"},
	{"ack_forward", "trigger ack",
		"CREATE TRIGGER ack_forward BEFORE UPDATE ON ack"
		" WHEN (NEW.epoch, NEW.seq) < (OLD.epoch, OLD.seq)"
		" BEGIN SELECT RAISE(ABORT, 'an acknowledgement is not taken back'); END"},
	{"ack_no_delete", "trigger ack",
		"CREATE TRIGGER ack_no_delete BEFORE DELETE ON ack"
		" BEGIN SELECT RAISE(ABORT, 'an acknowledgement is not taken back'); END"},
	{"outbox_only_acked", "trigger outbox",
		"CREATE TRIGGER outbox_only_acked BEFORE DELETE ON outbox WHEN NOT EXISTS ("
		"SELECT 1 FROM ack WHERE (epoch, seq) >= (OLD.epoch, OLD.seq))"
		" BEGIN SELECT RAISE(ABORT, 'not acknowledged'); END"},
};

static const char *const statements[STORE_STATEMENTS_] = {
	[STORE_BEGIN] = "BEGIN IMMEDIATE",
	[STORE_COMMIT] = "COMMIT",
	[STORE_ROLLBACK] = "ROLLBACK",
	[STORE_INSERT_RECORD] = "INSERT INTO journal(epoch, seq, kind, crossing_id, wall_ms, "
				"clear, sealed, sealed_hash,"
				" previous, hash) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	[STORE_INSERT_OUTBOX] = "INSERT INTO outbox(epoch, seq) VALUES(?1, ?2)",
	[STORE_INSERT_CHECKPOINT] = "INSERT INTO checkpoint(epoch, seq, note) VALUES(?1, ?2, ?3)",
	[STORE_SELECT_HASH] = "SELECT hash FROM journal WHERE epoch = ?1 AND seq = ?2",
	[STORE_UPSERT_ACK] = "INSERT INTO ack(id, epoch, seq, head_hash, signed) VALUES(1, ?1, ?2, "
			     "?3, ?4) ON CONFLICT(id)"
			     " DO UPDATE SET epoch = ?1, seq = ?2, head_hash = ?3, signed = ?4",
	[STORE_DELETE_OUTBOX] = "DELETE FROM outbox WHERE (epoch, seq) <= (?1, ?2)",
	[STORE_SELECT_PURGEABLE] = "SELECT epoch, seq, wall_ms, length(sealed), hash FROM journal "
				   "WHERE (epoch, seq) > (?1, ?2)"
				   " ORDER BY epoch, seq LIMIT ?3",
	[STORE_PURGE_RECORD] =
		"UPDATE journal SET sealed = NULL, purged_at = ?3 WHERE epoch = ?1 AND seq = ?2",
	[STORE_INSERT_FACES] = "INSERT INTO face(crossing_id, wall_ms, sealed) VALUES(?1, ?2, ?3)",
	[STORE_LIMIT_FACES] = "DELETE FROM face WHERE id <= (SELECT max(id) FROM face) - ?1",
	[STORE_PURGE_FACES] = "DELETE FROM face WHERE wall_ms < ?1 OR wall_ms > ?2",
	[STORE_SELECT_BATCH] =
		"SELECT j.epoch, j.seq, j.clear, j.sealed, j.sealed_hash, j.previous, j.hash, "
		"j.wall_ms"
		" FROM outbox o CROSS JOIN journal j ON j.epoch = o.epoch AND j.seq = o.seq"
		" WHERE (o.epoch, o.seq) > (?1, ?2) ORDER BY o.epoch, o.seq LIMIT ?3",
};

int store_error(int code)
{
	int primary = code & 0xff;
	if (primary == SQLITE_OK || primary == SQLITE_DONE)
		return 0;
	if (primary == SQLITE_FULL)
		return PN_ELIMIT;
	if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT)
		return PN_EFORMAT;
	return primary == SQLITE_CONSTRAINT ? PN_ECONFLICT : PN_EIO;
}

bool store_sync_failed(int code)
{
	return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

static int exec(sqlite3 *db, const char *sql)
{
	return store_error(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* The first column of the first row as text, or as number when text is NULL. */
static int first_value(
	sqlite3 *db, const char *sql, const char *key, char *text, size_t size, int64_t *number)
{
	sqlite3_stmt *s = NULL;
	int err = PN_ENOTFOUND;
	int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
	if (code == SQLITE_OK && key != NULL)
		code = sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	if (code == SQLITE_ROW && text != NULL) {
		const char *value = (const char *)sqlite3_column_text(s, 0);
		err = value != NULL && text_copy(text, size, value) ? 0 : PN_EFORMAT;
	} else if (code == SQLITE_ROW) {
		*number = sqlite3_column_int64(s, 0);
		err = 0;
	} else if (code != SQLITE_DONE) {
		err = store_error(code);
	}
	sqlite3_finalize(s);
	return err;
}

int store_integer(sqlite3 *db, const char *sql, int64_t *value)
{
	return first_value(db, sql, NULL, NULL, 0, value);
}

int store_meta_u64(sqlite3 *db, const char *key, uint64_t *value)
{
	int64_t n = 0;
	int err = first_value(db, "SELECT value FROM meta WHERE key = ?1", key, NULL, 0, &n);
	*value = (uint64_t)n;
	return err != 0 ? err : n < 0 ? PN_EFORMAT : 0;
}

int store_meta_text(sqlite3 *db, const char *key, char *text, size_t size)
{
	return first_value(db, "SELECT value FROM meta WHERE key = ?1", key, text, size, NULL);
}

static int set_meta(sqlite3 *db, const char *key, const char *text, uint64_t number)
{
	sqlite3_stmt *s = NULL;
	int code = sqlite3_prepare_v2(
		db, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)", -1, &s, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = text != NULL ? sqlite3_bind_text(s, 2, text, -1, SQLITE_STATIC)
				    : sqlite3_bind_int64(s, 2, (sqlite3_int64)number);
	if (code == SQLITE_OK)
		code = sqlite3_step(s);
	sqlite3_finalize(s);
	return store_error(code);
}

int store_set_meta_u64(sqlite3 *db, const char *key, uint64_t value)
{
	return set_meta(db, key, NULL, value);
}

bool store_hash_column(sqlite3_stmt *s, int column, uint8_t out[CHAIN_HASH])
{
	const void *bytes = sqlite3_column_blob(s, column);
	if (bytes == NULL || sqlite3_column_bytes(s, column) != CHAIN_HASH)
		return false;
	memcpy(out, bytes, CHAIN_HASH);
	return true;
}

static int expect(sqlite3 *db, const char *pragma, int64_t wanted)
{
	int64_t value = 0;
	int err = store_integer(db, pragma, &value);
	return err != 0 ? err : value == wanted ? 0 : PN_EFORMAT;
}

static int set_connection(sqlite3 *db)
{
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, 2000);
	if (sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
		sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
		sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL) != SQLITE_OK)
		return PN_EIO;
	return 0;
}

static int set_durability(sqlite3 *db)
{
	char mode[16];
	int err = first_value(db, "PRAGMA journal_mode = WAL", NULL, mode, sizeof mode, NULL);
	if (err != 0)
		return err;
	if (strcmp(mode, "wal") != 0)
		return PN_EFORMAT;
	/* Checkpoints are the writer's own, between commits, not at the end of one that somebody
	 * waits for. */
	err = exec(db, "PRAGMA synchronous = " TEXT_OF(JOURNAL_SYNCHRONOUS));
	if (err == 0)
		err = exec(db, "PRAGMA secure_delete = ON");
	if (err == 0)
		err = exec(db, "PRAGMA wal_autocheckpoint = 0");
	if (err == 0)
		err = expect(db, "PRAGMA synchronous", JOURNAL_SYNCHRONOUS);
	if (err == 0)
		err = expect(db, "PRAGMA secure_delete", 1);
	return err;
}

static int make_schema(sqlite3 *db, const char *tenant, const char *gate, uint64_t first_epoch)
{
	char sql[96];
	int err = exec(db, "BEGIN IMMEDIATE");
	for (size_t i = 0; err == 0 && i < PN_COUNT(schema); i++)
		err = exec(db, schema[i].sql);
	if (err == 0)
		err = set_meta(db, "tenant", tenant, 0);
	if (err == 0)
		err = set_meta(db, "gate", gate, 0);
	if (err == 0)
		err = set_meta(db, "epoch", NULL, first_epoch);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d",
		APPLICATION_ID, USER_VERSION);
	if (err == 0)
		err = exec(db, sql);
	if (err == 0)
		err = exec(db, "COMMIT");
	if (err != 0 && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

/* A file of a former version gets what it lacks; whatever else it has is looked at after. */
static int bring_up(sqlite3 *db)
{
	int64_t version = 0;
	int err = store_integer(db, "PRAGMA user_version", &version);
	if (err != 0 || version < OLDEST_VERSION || version >= USER_VERSION)
		return err;
	err = expect(db, "PRAGMA application_id", APPLICATION_ID);
	if (err == 0)
		err = exec(db, "BEGIN IMMEDIATE");
	if (err == 0 && version < 2)
		err = exec(db, ACTIVATION_INDEX);
	if (err == 0)
		err = exec(db, FACE_TABLE);
	if (err == 0)
		err = exec(db, "PRAGMA user_version = " TEXT_OF(USER_VERSION));
	if (err == 0)
		err = exec(db, "COMMIT");
	if (err != 0 && !sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return err;
}

int store_check_schema(sqlite3 *db)
{
	char text[1024];
	int err = expect(db, "PRAGMA application_id", APPLICATION_ID);
	if (err == 0)
		err = expect(db, "PRAGMA user_version", USER_VERSION);
	/* One more: the index that SQLite makes by itself for journal's primary key. */
	if (err == 0)
		err = expect(db, "SELECT count(*) FROM sqlite_schema", PN_COUNT(schema) + 1);
	if (err == 0)
		err = expect(db,
			"SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = "
			"'journal'"
			" AND name = 'sqlite_autoindex_journal_1' AND sql IS NULL",
			1);
	for (size_t i = 0; err == 0 && i < PN_COUNT(schema); i++) {
		size_t n = strlen(schema[i].place);
		err = first_value(db,
			"SELECT type || ' ' || tbl_name || ' ' || sql FROM sqlite_schema WHERE "
			"name = ?1",
			schema[i].name, text, sizeof text, NULL);
		if (err == PN_ENOTFOUND ||
			(err == 0 && (strncmp(text, schema[i].place, n) != 0 || text[n] != ' ' ||
					     strcmp(text + n + 1, schema[i].sql) != 0)))
			err = PN_EFORMAT;
	}
	return err;
}

static int check_names(sqlite3 *db, const char *tenant, const char *gate)
{
	char text[CHAIN_NAME_MAX + 1];
	int err = store_meta_text(db, "tenant", text, sizeof text);
	if (err == 0 && strcmp(text, tenant) != 0)
		err = PN_ECONFLICT;
	if (err == 0)
		err = store_meta_text(db, "gate", text, sizeof text);
	if (err == 0 && strcmp(text, gate) != 0)
		err = PN_ECONFLICT;
	return err;
}

static int prepare(struct store *s, enum store_statement from, enum store_statement to)
{
	for (int i = (int)from; i <= (int)to; i++)
		if (sqlite3_prepare_v3(s->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			    &s->statement[i], NULL) != SQLITE_OK)
			return PN_EIO;
	return 0;
}

/* The file's mode must be 0600 from its first moment; SQLite gives -wal and -shm the mode of the
 * database. */
static int touch(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return PN_EIO;
	close(fd);
	return 0;
}

/* No file before, or one whose maker died after WAL mode was set, which writes the first page, and before the
 * schema, which comes whole: both hold nothing. */
static int is_new(sqlite3 *db, bool *out)
{
	int64_t pages = 0, tables = 0, id = 0, version = 0;
	int err = store_integer(db, "PRAGMA page_count", &pages);
	if (err == 0)
		err = store_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
	if (err == 0)
		err = store_integer(db, "PRAGMA application_id", &id);
	if (err == 0)
		err = store_integer(db, "PRAGMA user_version", &version);
	*out = pages <= 1 && tables == 0 && id == 0 && version == 0;
	return err;
}

int store_open(struct store *s, const char *path, const char *tenant, const char *gate,
	uint64_t first_epoch, bool *fresh)
{
	memset(s, 0, sizeof *s);
	int err = touch(path);
	if (err != 0)
		return err;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		err = PN_EIO;
	if (err == 0)
		err = set_connection(s->db);
	if (err == 0)
		err = is_new(s->db, fresh);
	if (err == 0 && !*fresh)
		err = bring_up(s->db);
	if (err == 0 && !*fresh)
		err = store_check_schema(s->db);
	if (err == 0)
		err = set_durability(s->db);
	if (err == 0 && *fresh)
		err = make_schema(s->db, tenant, gate, first_epoch);
	if (err == 0)
		err = check_names(s->db, tenant, gate);
	if (err == 0)
		err = prepare(s, STORE_BEGIN, STORE_PURGE_FACES);
	if (err != 0)
		store_close(s);
	return err;
}

int store_open_reader(struct store *s, const char *path)
{
	memset(s, 0, sizeof *s);
	int err = 0;
	if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
		SQLITE_OK)
		err = PN_EIO;
	if (err == 0)
		err = set_connection(s->db);
	if (err == 0)
		err = exec(s->db, "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0");
	if (err == 0)
		err = expect(s->db, "PRAGMA query_only", 1);
	if (err == 0)
		err = prepare(s, STORE_SELECT_BATCH, STORE_SELECT_BATCH);
	if (err != 0)
		store_close(s);
	return err;
}

int store_open_offline(sqlite3 **db, const char *path)
{
	*db = NULL;
	int err = access(path, F_OK) == 0 ? 0 : errno == ENOENT ? PN_ENOTFOUND : PN_EIO;
	if (err == 0 && sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
				NULL) != SQLITE_OK)
		err = PN_EIO;
	if (err == 0)
		err = set_connection(*db);
	if (err == 0)
		err = expect(*db, "PRAGMA application_id", APPLICATION_ID);
	if (err == 0)
		err = expect(*db, "PRAGMA user_version", USER_VERSION);
	if (err != 0) {
		sqlite3_close_v2(*db);
		*db = NULL;
	}
	return err;
}

void store_close(struct store *s)
{
	for (int i = 0; i < STORE_STATEMENTS_; i++)
		sqlite3_finalize(s->statement[i]);
	sqlite3_close_v2(s->db);
	memset(s, 0, sizeof *s);
}

int store_run(struct store *s, enum store_statement which)
{
	int code = sqlite3_step(s->statement[which]);
	/* reset repeats the error of the step; the code wanted is the step's. */
	sqlite3_reset(s->statement[which]);
	sqlite3_clear_bindings(s->statement[which]);
	return code;
}

void store_bind_key(struct store *s, enum store_statement which, uint64_t epoch, uint64_t seq)
{
	sqlite3_bind_int64(s->statement[which], 1, (sqlite3_int64)epoch);
	sqlite3_bind_int64(s->statement[which], 2, (sqlite3_int64)seq);
}

void store_rollback(struct store *s)
{
	if (!sqlite3_get_autocommit(s->db))
		store_run(s, STORE_ROLLBACK);
}

int store_insert(struct store *s, const struct store_record *r)
{
	sqlite3_stmt *i = s->statement[STORE_INSERT_RECORD];
	store_bind_key(s, STORE_INSERT_RECORD, r->epoch, r->seq);
	sqlite3_bind_int(i, 3, r->kind);
	sqlite3_bind_text(i, 4, r->crossing_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(i, 5, r->wall_ms);
	sqlite3_bind_blob(i, 6, r->clear, (int)r->clear_size, SQLITE_STATIC);
	if (r->sealed_size > 0)
		sqlite3_bind_blob(i, 7, r->sealed, (int)r->sealed_size, SQLITE_STATIC);
	sqlite3_bind_blob(i, 8, r->sealed_hash, CHAIN_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(i, 9, r->previous, CHAIN_HASH, SQLITE_STATIC);
	sqlite3_bind_blob(i, 10, r->hash, CHAIN_HASH, SQLITE_STATIC);
	int code = store_run(s, STORE_INSERT_RECORD);
	if (code != SQLITE_DONE)
		return code;
	store_bind_key(s, STORE_INSERT_OUTBOX, r->epoch, r->seq);
	return store_run(s, STORE_INSERT_OUTBOX);
}
