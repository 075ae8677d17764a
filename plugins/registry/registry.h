/* SPDX-License-Identifier: Apache-2.0
 * The registry's own state, shared by its plugin and its service. Must never be included elsewhere.
 */
#ifndef POSTERN_REGISTRY_REGISTRY_H
#define POSTERN_REGISTRY_REGISTRY_H
#include <stdbool.h>

#include "ack.h"
#include "history.h"
#include "http/server.h"
#include "ingest.h"
#include "postern/plugin.h"

enum { WAITING_MAX = 4 * INGEST_BODIES_MAX };

/* A posted body between its arrival and its commit. */
struct waiting {
	struct http_request *request;
	struct ingest_body body;
};

struct registry {
	const struct postern_host *host;
	struct http_server *server;
	struct db *db;
	struct ack_key *ack_key;
	uint8_t history_key[HISTORY_KEY];
	bool history_complete;
	struct ingest ingest;
	struct waiting waiting[WAITING_MAX]; /* in the order of arrival */
	size_t waiting_count;
	bool store_lost;
	uint64_t revive_ms; /* no new connection to the store before */
	int bus_wants_ms;
};

/* Writes to the log with the reason in the form the host lets through: an identifier. */
void registry_log(const struct postern_host *host, const char *event, const char *why);

/* http_config.handle and .refused. */
void service_handle(void *self, struct http_request *request);
void service_refused(void *self, int status);
/* Commits what is waiting and answers it. */
void service_commit(struct registry *r);
/* The store's connection, after a back-off; false: there is none now. */
bool service_store_ready(struct registry *r);
/* Ends every request that is still waiting, without an answer of success. */
void service_drop(struct registry *r);
#endif
