/* SPDX-License-Identifier: Apache-2.0
 * The registry's own state, shared by its plugin and its service. Must never be included elsewhere.
 */
#ifndef POSTERN_REGISTRY_REGISTRY_H
#define POSTERN_REGISTRY_REGISTRY_H
#include <stdbool.h>

#include "ack.h"
#include "history.h"
#include "ingest.h"
#include "postern/plugin.h"
#include "registers.h"
#include "web/web.h"

enum { WAITING_MAX = 4 * INGEST_BODIES_MAX };
enum { LOOKING_MAX = 256 };
enum { SPARE_MAX = INGEST_BODIES_MAX };

enum metric { RECORDS, REPLAYED, COMMITS, CONFLICTS, REFUSED, LOOKUPS, ENTRIES, METRICS_ };

/* A posted body between its arrival and its answer. */
struct waiting {
	struct web_request *request;
	struct ingest_body body;
};

struct registry {
	const struct postern_host *host;
	struct web_server *server;
	struct db *db;
	struct ack_key *ack_key;
	uint8_t history_key[HISTORY_KEY];
	bool history_complete;
	struct registers *registers; /* NULL: none */
	bool registers_busy;
	struct ingest ingest;
	/* waiting: not committed, in the order of arrival; decided: to be answered, likewise. held:
	 * both, and those being committed; never above WAITING_MAX. */
	struct waiting *waiting[WAITING_MAX], *decided[WAITING_MAX];
	size_t waiting_count, decided_count, held;
	struct waiting *spare[SPARE_MAX]; /* their memory is used again */
	size_t spare_count;
	struct web_request *looking[LOOKING_MAX];
	size_t looking_count;
	uint64_t counted[METRICS_]; /* not told yet: one message to the core costs as much as a
				       record */
	uint64_t tell_ms;
	bool forked; /* the trouble has been told */
	bool store_lost;
	uint64_t revive_ms; /* no new connection to the store before */
	int bus_wants_ms;
	int failed; /* the server's, from a turn */
};

/* Writes to the log with the reason in the form the host lets through: an identifier. */
void registry_log(const struct postern_host *host, const char *event, const char *why);

/* Once, when all parts are there: while the store is waited for, the server goes on. */
void service_start(struct registry *r);
/* web_config.handle and .refused. */
void service_handle(void *self, struct web_request *request);
void service_refused(void *self, int status);
/* Nothing is left to be done before the next request. */
bool service_idle(const struct registry *r);
/* Looks up, commits one group of what is waiting, answers. Not from within the server's turn. */
void service_work(struct registry *r);
/* Tells the core what was counted, a few times a second. */
void service_tell(struct registry *r);
/* One turn of the server and the bus, waiting for at most ms. */
void service_turn(struct registry *r, int ms);
/* The store's connection, after a back-off; false: there is none now. */
bool service_store_ready(struct registry *r);
/* Whether something is wrong with a register's file, and where. */
void service_register_told(void *self, bool wrong, const char *where);
/* Ends every request that is still waiting, without an answer of success, and frees what is spare.
 */
void service_drop(struct registry *r);
#endif
