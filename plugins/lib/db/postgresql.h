/* SPDX-License-Identifier: Apache-2.0
 * Talking to a PostgreSQL server without ever blocking in libpq: sending, waiting, reading results
 * (PostgreSQL manual, 34.1, 34.4, 34.5). Must never be included outside plugins/lib/db.
 *
 * Between calls the connection is in pipeline mode with db->queued statements sent and unanswered.
 * After an error everything that was queued has been answered or the connection is lost.
 */
#ifndef POSTERN_DB_POSTGRESQL_H
#define POSTERN_DB_POSTGRESQL_H
#include <libpq-fe.h>

#include "db/internal.h"

/* Turns PQconnectPoll or PQresetPoll until the connection stands. */
int pg_connect(struct db *db, PostgresPollingStatusType (*step)(PGconn *connection));
/* Marks the connection as of no use; PN_EIO. */
int pg_lost(struct db *db, const char *what);

/* Outside pipeline mode, several statements allowed; the last one's result goes to *last (may be
 * NULL), to be cleared by the caller also after an error. */
int pg_simple(struct db *db, const char *sql, PGresult **last);
int pg_prepare(struct db *db, const char *name, const char *sql, int count, const Oid *types);
int pg_queue(struct db *db, const char *sql);
int pg_queue_prepared(struct db *db, const char *name, int count, const char *const *bytes,
	const int *sizes, const int *formats);
/* Waits for the answers to all that is queued; the first error of them. *last as above. */
int pg_settle(struct db *db, PGresult **last);
#endif
