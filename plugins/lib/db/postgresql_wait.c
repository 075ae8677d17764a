/* SPDX-License-Identifier: Apache-2.0
 * The waiting side of the PostgreSQL driver; see postgresql.h. Must never wait without a deadline,
 * nor take a transaction for committed that the server has rolled back.
 */
#include "db/postgresql.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { TURN_US = 200, CONNECT_MS = 5000 };

static int error_of(struct db *db, const PGresult *r, const char *what)
{
	const char *state = r != NULL ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
	int err = PN_EFORMAT;
	/* Manual, appendix A: classes 08 connection, 53 resources, 57 operator, 58 system, XX
	 * internal; 40 rollback, 55P03 lock, 57014 timeout; 23 constraint. */
	if (PQstatus(db->connection) != CONNECTION_OK || state == NULL ||
		strncmp(state, "08", 2) == 0 || strncmp(state, "53", 2) == 0 ||
		strncmp(state, "57P", 3) == 0 || strncmp(state, "58", 2) == 0 ||
		strncmp(state, "XX", 2) == 0 || strcmp(state, "25006") == 0)
		err = PN_EIO;
	else if (strncmp(state, "40", 2) == 0 || strncmp(state, "55", 2) == 0 ||
		 strcmp(state, "57014") == 0)
		err = PN_EAGAIN;
	else if (strncmp(state, "23", 2) == 0)
		err = PN_ECONFLICT;
	/* The primary message names tables and constraints; DETAIL, which may hold values, is left
	 * out. */
	const char *message = r != NULL ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	if (message == NULL || message[0] == '\0')
		message = PQerrorMessage(db->connection);
	/* PQstatus() may still say OK after a statement has told that the server is gone. */
	db->lost = db->lost || err == PN_EIO;
	return db_fail(db, err, state != NULL ? state : what, message);
}

int pg_lost(struct db *db, const char *what)
{
	db->lost = true;
	db->queued = 0;
	return db_fail(db, PN_EIO, what, PQerrorMessage(db->connection));
}

/* 0: the connection's descriptor is ready. */
static int wait_ready(struct db *db, short events, uint64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = {.fd = PQsocket(db->connection), .events = events};
		uint64_t now = clock_mono_ms();
		int ms = now < deadline_ms ? (int)(deadline_ms - now) : 0;
		int n = poll(&p, 1, db->turn != NULL ? 0 : ms);
		if (n == 0 && db->turn != NULL && ms > 0) {
			const struct timespec pause = {
				.tv_nsec = db->turn(db->turn_self) ? 0 : TURN_US * 1000L};
			n = ppoll(&p, 1, &pause, NULL);
		}
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return pg_lost(db, "poll");
		if (n == 0 && ms == 0) {
			db->lost = true;
			return db_fail(db, PN_EIO, "wait", "the server does not answer");
		}
	}
}

int pg_connect(struct db *db, PostgresPollingStatusType (*step)(PGconn *connection))
{
	uint64_t deadline_ms = clock_mono_ms() + CONNECT_MS;
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;
	db->queued = 0;
	if (PQstatus(db->connection) == CONNECTION_BAD)
		return pg_lost(db, "connect");
	while (s != PGRES_POLLING_OK && s != PGRES_POLLING_FAILED) {
		short events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		int err = wait_ready(db, events, deadline_ms);
		if (err != 0)
			return err;
		s = step(db->connection);
	}
	if (s == PGRES_POLLING_FAILED || PQsetnonblocking(db->connection, 1) != 0 ||
		PQenterPipelineMode(db->connection) != 1)
		return pg_lost(db, "connect");
	db->lost = false;
	return 0;
}

/* The next of what PQgetResult() gives, waited for. */
static int next_result(struct db *db, uint64_t deadline_ms, PGresult **out)
{
	while (PQisBusy(db->connection)) {
		int unsent = PQflush(db->connection);
		if (unsent < 0)
			return pg_lost(db, "send");
		short events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
		int err = wait_ready(db, events, deadline_ms);
		if (err != 0)
			return err;
		if (PQconsumeInput(db->connection) != 1)
			return pg_lost(db, "receive");
	}
	*out = PQgetResult(db->connection);
	return 0;
}

/* Judges one result; an error that only follows from an earlier one is none of its own. */
static int judge(struct db *db, const PGresult *r)
{
	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_PIPELINE_ABORTED:
		return 0;
	default:
		return error_of(db, r, "statement");
	}
}

static uint64_t statement_deadline(void)
{
	return clock_mono_ms() + DB_STATEMENT_MS + DB_GRACE_MS;
}

int pg_settle(struct db *db, PGresult **last)
{
	uint64_t deadline_ms = statement_deadline();
	PGresult *kept = NULL, *r = NULL;
	bool in_sync = false;
	int err = 0, waited = 0;
	if (PQpipelineSync(db->connection) != 1)
		waited = pg_lost(db, "send");
	while (waited == 0 && !in_sync) {
		waited = next_result(db, deadline_ms, &r);
		if (waited != 0)
			break;
		if (r == NULL && PQstatus(db->connection) != CONNECTION_OK)
			waited = pg_lost(db, "receive");
		if (r == NULL)
			continue;
		in_sync = PQresultStatus(r) == PGRES_PIPELINE_SYNC;
		if (in_sync) {
			PQclear(r);
			continue;
		}
		int judged = judge(db, r);
		if (err == 0)
			err = judged;
		PQclear(kept);
		kept = r;
	}
	db->queued = 0;
	/* COMMIT of a transaction that failed answers ROLLBACK, without an error. */
	if (waited == 0 && err == 0 && db->committing &&
		(kept == NULL || strcmp(PQcmdStatus(kept), "COMMIT") != 0))
		err = db_fail(db, PN_EAGAIN, "commit", "rolled back");
	db->committing = false;
	if (last != NULL)
		*last = kept;
	else
		PQclear(kept);
	return waited != 0 ? waited : err;
}

int pg_queue(struct db *db, const char *sql)
{
	if (db->lost)
		return PN_EIO;
	if (PQsendQueryParams(db->connection, sql, 0, NULL, NULL, NULL, NULL, 1) != 1)
		return pg_lost(db, "send");
	db->committing = strcmp(sql, "COMMIT") == 0;
	db->queued++;
	return 0;
}

int pg_queue_prepared(struct db *db, const char *name, int count, const char *const *bytes,
	const int *sizes, const int *formats)
{
	if (db->lost)
		return PN_EIO;
	if (PQsendQueryPrepared(db->connection, name, count, bytes, sizes, formats, 1) != 1)
		return pg_lost(db, "send");
	db->queued++;
	return 0;
}

int pg_prepare(struct db *db, const char *name, const char *sql, int count, const Oid *types)
{
	/* Alone, so that it is known whether the name exists. */
	int err = db->queued > 0 ? pg_settle(db, NULL) : 0;
	if (err != 0 || db->lost)
		return err != 0 ? err : PN_EIO;
	if (PQsendPrepare(db->connection, name, sql, count, types) != 1)
		return pg_lost(db, "send");
	return pg_settle(db, NULL);
}

int pg_simple(struct db *db, const char *sql, PGresult **last)
{
	uint64_t deadline_ms = statement_deadline();
	PGresult *kept = NULL, *r = NULL;
	int err = db->queued > 0 ? pg_settle(db, NULL) : 0, waited = 0;
	if (err != 0 || db->lost)
		return err != 0 ? err : PN_EIO;
	if (PQexitPipelineMode(db->connection) != 1 || PQsendQuery(db->connection, sql) != 1)
		return pg_lost(db, "send");
	do {
		waited = next_result(db, deadline_ms, &r);
		if (waited != 0 || r == NULL)
			break;
		int judged = judge(db, r);
		if (err == 0)
			err = judged;
		PQclear(kept);
		kept = r;
	} while (true);
	if (waited == 0 && PQenterPipelineMode(db->connection) != 1)
		waited = pg_lost(db, "pipeline");
	if (last != NULL)
		*last = kept;
	else
		PQclear(kept);
	return waited != 0 ? waited : err;
}
