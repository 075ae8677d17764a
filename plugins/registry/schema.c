/* SPDX-License-Identifier: Apache-2.0
 * The registry's tables and statements for both stores. A released migration must never change.
 *
 * gate_head alone says how far each gate has come: it is locked by every ingest before anything is
 * compared, so journal needs no unique key across partitions. filed_ms is the partition key: the
 * record's wall_ms, or the time of arrival where the gate's clock was far off, so that a wrong
 * clock makes no partitions.
 */
#include "schema.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define ENTRY_NAMES                                                                                                      \
	"tenant, kind, generation, person, line, issuer, what, valid_from, valid_until, entries_allowed, entries_used,"  \
	" stay_days"

const struct db_sql registry_catalogue[STATEMENTS_] = {
	[HEAD_LOCK] = {.sql = "SELECT tenant, gate, epoch, seq, head_hash FROM gate_head"
			      " WHERE tenant = ?1 AND gate = ?2",
		.postgresql =
			"SELECT h.tenant, h.gate, h.epoch, h.seq, h.head_hash FROM gate_head h"
			" JOIN unnest(?1::text[], ?2::text[]) AS w(tenant, gate)"
			" ON h.tenant = w.tenant AND h.gate = w.gate"
			" ORDER BY h.tenant, h.gate FOR UPDATE OF h"},
	[HEAD_CREATE] = {.sql = "INSERT INTO gate_head(tenant, gate, epoch, seq, head_hash)"
				" VALUES (?1, ?2, 0, 0, zeroblob(32)) ON CONFLICT DO NOTHING",
		.postgresql = "INSERT INTO gate_head(tenant, gate, epoch, seq, head_hash)"
			      " SELECT w.tenant, w.gate, 0, 0, decode(repeat('00', 32), 'hex')"
			      " FROM unnest(?1::text[], ?2::text[]) AS w(tenant, gate)"
			      " ORDER BY w.tenant, w.gate ON CONFLICT DO NOTHING"},
	[HEAD_SET] = {.sql = "UPDATE gate_head SET epoch = ?3, seq = ?4, head_hash = ?5"
			     " WHERE tenant = ?1 AND gate = ?2",
		.postgresql = "UPDATE gate_head h SET epoch = w.epoch, seq = w.seq, head_hash = "
			      "w.head_hash"
			      " FROM unnest(?1::text[], ?2::text[], ?3::bigint[], ?4::bigint[], "
			      "?5::bytea[])"
			      " AS w(tenant, gate, epoch, seq, head_hash)"
			      " WHERE h.tenant = w.tenant AND h.gate = w.gate"},
	[RECORD_INSERT] = {.sql = "INSERT INTO journal(tenant, gate, epoch, seq, filed_ms, "
				  "wall_ms, kind,"
				  " crossing_id, verdict, exception, outcome, decision, "
				  "nationality, issuer,"
				  " direction, lane, clear, sealed, sealed_hash, previous, hash)"
				  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
				  "?13, ?14, ?15, ?16,"
				  " ?17, ?18, ?19, ?20, ?21)",
		.postgresql =
			"INSERT INTO journal(tenant, gate, epoch, seq, filed_ms, wall_ms, kind,"
			" crossing_id, verdict, exception, outcome, decision, nationality, issuer,"
			" direction, lane, clear, sealed, sealed_hash, previous, hash)"
			" SELECT * FROM unnest(?1::journal_row[])",
		.row_type = "journal_row"},
	[RECORD_HASHES] = {.sql = "SELECT seq, hash FROM journal WHERE tenant = ?1 AND gate = ?2"
				  " AND epoch = ?3 AND seq BETWEEN ?4 AND ?5 ORDER BY seq"},
	[STAY_SET] = {.sql = "INSERT INTO stay(tenant, person, entry_date, exit_date)"
			     " VALUES (?1, ?2, ?3, ?4)"
			     " ON CONFLICT (tenant, person, entry_date)"
			     " DO UPDATE SET exit_date = excluded.exit_date"},
	[STAY_LIST] =
		{.sql = "SELECT entry_date, exit_date FROM stay WHERE tenant = ?1 AND person = ?2"
			" ORDER BY entry_date"},
	[REGISTER_GET] = {.sql = "SELECT generation, loading FROM register WHERE tenant = ?1 AND kind = ?2",
		.postgresql = "SELECT generation, loading FROM register WHERE tenant = ?1 AND kind = ?2 FOR UPDATE"},
	[REGISTER_START] = {.sql = "INSERT INTO register(tenant, kind, generation, loading, as_of_s) VALUES (?1, ?2, 0, ?3, 0)"
				   " ON CONFLICT (tenant, kind) DO UPDATE SET loading = excluded.loading"},
	[REGISTER_SWITCH] = {.sql = "UPDATE register SET generation = ?3, as_of_s = ?4,"
				    " loading = CASE WHEN loading = ?3 THEN 0 ELSE loading END WHERE tenant = ?1 AND kind = ?2"},
	[ENTRY_ADD] = {.sql = "INSERT INTO register_entry(" ENTRY_NAMES ")"
			      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
		.postgresql = "INSERT INTO register_entry(" ENTRY_NAMES ")"
			      " SELECT * FROM unnest(?1::text[], ?2::bigint[], ?3::bigint[], ?4::bytea[], ?5::bigint[], ?6::text[],"
			      " ?7::bigint[], ?8::bigint[], ?9::bigint[], ?10::bigint[], ?11::bigint[], ?12::bigint[])"
			      " ON CONFLICT DO NOTHING"},
	[ENTRY_LIST] = {.sql = "SELECT r.kind, r.as_of_s, e.what, e.issuer, e.valid_from, e.valid_until, e.entries_allowed,"
			       " e.entries_used, e.stay_days FROM register r LEFT JOIN register_entry e ON e.tenant = r.tenant"
			       " AND e.kind = r.kind AND e.generation = r.generation AND e.person = ?2"
			       " WHERE r.tenant = ?1 AND r.generation <> 0 ORDER BY r.kind, e.line"},
	[ENTRY_NEXT] = {.sql = "SELECT MIN(generation) FROM register_entry WHERE tenant = ?1 AND kind = ?2 AND generation > ?3"},
	[ENTRY_DROP] = {.sql = "DELETE FROM register_entry WHERE (tenant, person, kind, generation, line) IN"
			       " (SELECT tenant, person, kind, generation, line FROM register_entry"
			       " WHERE tenant = ?1 AND kind = ?2 AND generation = ?3 LIMIT 512) RETURNING line"},
};

const enum db_type registry_journal_types[JOURNAL_COLUMNS] = {DB_TEXT, DB_TEXT, DB_INT, DB_INT,
	DB_INT, DB_INT, DB_INT, DB_TEXT, DB_INT, DB_INT, DB_INT, DB_INT, DB_TEXT, DB_TEXT, DB_INT,
	DB_TEXT, DB_BLOB, DB_BLOB, DB_BLOB, DB_BLOB, DB_BLOB};

#define HEAD_COLUMNS(text, blob, number)                                                           \
	"CREATE TABLE gate_head(tenant " text " NOT NULL, gate " text " NOT NULL,"                 \
	" epoch " number " NOT NULL, seq " number " NOT NULL, head_hash " blob " NOT NULL,"        \
	" PRIMARY KEY (tenant, gate))"
#define JOURNAL_TABLE(text, blob, number, key)                                                     \
	"CREATE TABLE journal(tenant " text " NOT NULL, gate " text " NOT NULL,"                   \
	" epoch " number " NOT NULL, seq " number " NOT NULL, filed_ms " number " NOT NULL,"       \
	" wall_ms " number " NOT NULL, kind " number " NOT NULL, crossing_id " text " NOT NULL,"   \
	" verdict " number " NOT NULL, exception " number " NOT NULL, outcome " number             \
	" NOT NULL,"                                                                               \
	" decision " number " NOT NULL, nationality " text " NOT NULL, issuer " text " NOT NULL,"  \
	" direction " number " NOT NULL, lane " text " NOT NULL, clear " blob " NOT NULL,"         \
	" sealed " blob ", sealed_hash " blob " NOT NULL, previous " blob " NOT NULL,"             \
	" hash " blob " NOT NULL, PRIMARY KEY (" key "))"
#define STAY_TABLE(text, blob, number)                                                             \
	"CREATE TABLE stay(tenant " text " NOT NULL, person " blob " NOT NULL,"                    \
	" entry_date " number " NOT NULL, exit_date " number " NOT NULL,"                          \
	" PRIMARY KEY (tenant, person, entry_date))"

#define REGISTER_TABLES(text, blob, number, strict)                                                                      \
	"CREATE TABLE register(tenant " text " NOT NULL, kind " number " NOT NULL, generation " number " NOT NULL,"      \
	" loading " number " NOT NULL, as_of_s " number " NOT NULL, PRIMARY KEY (tenant, kind))" strict ";"                \
	"CREATE TABLE register_entry(tenant " text " NOT NULL, kind " number " NOT NULL, generation " number " NOT NULL," \
	" person " blob " NOT NULL, line " number " NOT NULL, issuer " text " NOT NULL, what " number " NOT NULL,"         \
	" valid_from " number " NOT NULL, valid_until " number " NOT NULL, entries_allowed " number " NOT NULL,"           \
	" entries_used " number " NOT NULL, stay_days " number " NOT NULL,"                                              \
	" PRIMARY KEY (tenant, person, kind, generation, line))" strict ";"                                              \
	"CREATE INDEX register_entry_generation ON register_entry(tenant, kind, generation)"

static const struct db_migration migrations[] = {
	{HEAD_COLUMNS("TEXT", "BLOB", "INTEGER") " STRICT;" JOURNAL_TABLE("TEXT", "BLOB", "INTEGER",
		 "tenant, gate, epoch, seq") " STRICT;" STAY_TABLE("TEXT", "BLOB",
		 "INTEGER") " STRICT",
		HEAD_COLUMNS("text", "bytea", "bigint") ";" JOURNAL_TABLE("text", "bytea", "bigint",
			"tenant, gate, epoch, seq, filed_ms") " PARTITION BY RANGE (filed_ms);"
							      /* Already compressed or sealed: TOAST
								 need not try. */
							      "ALTER TABLE journal ALTER sealed "
							      "SET STORAGE EXTERNAL;" STAY_TABLE(
								      "text", "bytea", "bigint")},
	/* What RECORD_INSERT sends, of its own so that a column more in journal does not stop the
	 * registries that do not know it yet. */
	{"", "CREATE TYPE journal_row AS (tenant text, gate text, epoch bigint, seq bigint,"
	     " filed_ms bigint, wall_ms bigint, kind bigint, crossing_id text, verdict bigint,"
	     " exception bigint, outcome bigint, decision bigint, nationality text, issuer text,"
	     " direction bigint, lane text, clear bytea, sealed bytea, sealed_hash bytea,"
	     " previous bytea, hash bytea)"},
	{REGISTER_TABLES("TEXT", "BLOB", "INTEGER", " STRICT"), REGISTER_TABLES("text", "bytea", "bigint", "")},
};

int registry_store_open(const char *url, struct db **out, char *why, size_t why_size)
{
	int err = db_open(url, registry_catalogue, STATEMENTS_, out, why, why_size);
	if (err != 0)
		return err;
	err = db_migrate(*out, migrations, PN_COUNT(migrations));
	if (err != 0) {
		text_copy(why, why_size, db_why(*out));
		db_close(*out);
		*out = NULL;
	}
	return err;
}

int64_t registry_month(int64_t wall_ms)
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm tm = {0};
	gmtime_r(&at, &tm);
	return (tm.tm_year + 1900) * INT64_C(12) + tm.tm_mon;
}

static int64_t month_start(int64_t month)
{
	struct tm tm = {
		.tm_year = (int)(month / 12) - 1900, .tm_mon = (int)(month % 12), .tm_mday = 1};
	return (int64_t)timegm(&tm) * 1000;
}

/* Not CREATE TABLE ... PARTITION OF, nor a default partition: both make the new month wait until
 * nobody reads journal, and everybody else wait behind it (manual, 5.11.2.2 and ALTER TABLE, ATTACH
 * PARTITION). The advisory lock, of a number that only has to be ours, is for the other registries.
 */
int registry_partition(struct db *db, int64_t wall_ms)
{
	char sql[700], name[40];
	int64_t month = registry_month(wall_ms);
	if (db_driver_of(db) == DB_SQLITE)
		return 0;
	snprintf(name, sizeof name, "journal_%04lld_%02lld", (long long)(month / 12),
		(long long)(month % 12 + 1));
	snprintf(sql, sizeof sql,
		"DO $$ BEGIN"
		" PERFORM pg_advisory_xact_lock(7306085893296906);"
		" IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'journal'::regclass"
		" AND inhrelid = to_regclass('%s')) THEN"
		" CREATE TABLE %s (LIKE journal INCLUDING DEFAULTS INCLUDING STORAGE);"
		" ALTER TABLE journal ATTACH PARTITION %s FOR VALUES FROM (%lld) TO (%lld);"
		" END IF; END $$",
		name, name, name, (long long)month_start(month), (long long)month_start(month + 1));
	return db_script(db, sql);
}
