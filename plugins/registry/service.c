/* SPDX-License-Identifier: Apache-2.0
 * The registry's three resources. Journal bodies wait until the loop's turn ends and are committed
 * together: what comes while a commit runs shares the next one, and is answered while that runs.
 * Only service_work() uses the store; requests that come meanwhile are put aside. Must never answer
 * 200 before the commit, nor accept a batch from another gate than the certificate names, nor anything
 * under a certificate that names nobody.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry.h"

enum { BUSY_S = 1, STORE_S = 5 };
enum { REVIVE_MS = 1000, TELL_MS = 250 };
enum { ANSWERS_AT_ONCE = 4 };
/* Of one transaction on a server: while it works at these the next ones are received and the last
 * ones signed. With all there are, both sides would wait for each other in turn. */
enum { GROUP_RECORDS = 128 };

static const char protobuf[] = "application/x-protobuf", plain[] = "text/plain";

void registry_log(const struct postern_host *host, const char *event, const char *why)
{
	char text[64];
	size_t n = strnlen(why, sizeof text - 1);
	for (size_t i = 0; i < n; i++)
		text[i] = isalnum((unsigned char)why[i]) || why[i] == '.' || why[i] == ':' ? why[i]
											   : '-';
	text[n] = '\0';
	host->log(host->ctx, POSTERN_ERROR, event, text);
}

static void count(struct registry *r, enum metric metric, uint64_t add)
{
	r->counted[metric] += add;
}

static void tell(struct registry *r)
{
	static const char *const names[METRICS_] = {[RECORDS] = "records_total",
		[REPLAYED] = "replayed_total",
		[COMMITS] = "commits_total",
		[CONFLICTS] = "conflicts_total",
		[REFUSED] = "refused_total",
		[LOOKUPS] = "lookups_total",
		[ENTRIES] = "register_entries_total"};
	for (size_t i = 0; i < METRICS_; i++) {
		if (r->counted[i] > 0)
			r->host->count(r->host->ctx, names[i], r->counted[i]);
		r->counted[i] = 0;
	}
}

void service_tell(struct registry *r)
{
	uint64_t now = clock_mono_ms();
	if (now < r->tell_ms)
		return;
	tell(r);
	r->tell_ms = now + TELL_MS;
}

static void respond(struct web_request *q, int status, const char *type, const void *body,
	size_t size, unsigned retry_after_s)
{
	struct web_answer a = {.status = status, .type = type, .body = body, .size = size, .retry_after_s = retry_after_s};
	web_answer(q, &a);
}

static void refuse(struct registry *r, struct web_request *q, int status, const char *why,
	unsigned retry_after_s)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%s\n", why);
	count(r, status == 409 ? CONFLICTS : REFUSED, 1);
	respond(q, status, plain, text, (size_t)n, retry_after_s);
}

void service_refused(void *self, int status)
{
	struct registry *r = self;
	(void)status;
	count(r, REFUSED, 1);
}

static void store_failed(struct registry *r)
{
	if (!r->store_lost) {
		registry_log(r->host, "registry.store", db_why(r->db));
		r->host->trouble(r->host->ctx, "registry.store", 1);
	}
	r->store_lost = true;
	r->revive_ms = clock_mono_ms() + REVIVE_MS;
}

bool service_store_ready(struct registry *r)
{
	if (!r->store_lost)
		return true;
	if (clock_mono_ms() < r->revive_ms)
		return false;
	if (db_revive(r->db) != 0) {
		r->revive_ms = clock_mono_ms() + REVIVE_MS;
		return false;
	}
	r->store_lost = false;
	r->host->trouble(r->host->ctx, "registry.store", 0);
	return true;
}

static struct waiting *waiting_new(struct registry *r)
{
	struct waiting *w = r->spare_count > 0 ? r->spare[--r->spare_count] : calloc(1, sizeof *w);
	if (w != NULL)
		r->held++;
	return w;
}

static void waiting_end(struct registry *r, struct waiting *w)
{
	r->held--;
	if (r->spare_count < SPARE_MAX) {
		r->spare[r->spare_count++] = w;
		return;
	}
	ingest_body_free(&w->body);
	free(w);
}

static void journal(struct registry *r, struct web_request *q)
{
	if (r->held == WAITING_MAX) {
		refuse(r, q, 429, "busy", BUSY_S);
		return;
	}
	struct waiting *w = waiting_new(r);
	if (w == NULL) {
		refuse(r, q, 503, "memory", BUSY_S);
		return;
	}
	w->request = q;
	if (ingest_body_read(&w->body, q->body, q->size) != 0) {
		refuse(r, q, w->body.status, w->body.detail, 0);
		waiting_end(r, w);
		return;
	}
	if (strcmp(w->body.batch->tenant, q->peer.organization) != 0 ||
		strcmp(w->body.batch->gate, q->peer.common_name) != 0) {
		r->host->log(r->host->ctx, POSTERN_WARNING, "registry.wrong_gate", q->peer.common_name);
		refuse(r, q, 403, "not this certificate's gate", 0);
		waiting_end(r, w);
		return;
	}
	r->waiting[r->waiting_count++] = w;
}

static void lookup(struct registry *r, struct web_request *q)
{
	uint8_t *answer = NULL;
	size_t size = 0;
	const struct history h = {.db = r->db,
		.key = r->history_key,
		.complete = r->history_complete,
		.registers = r->registers,
		.wall_s = clock_wall_ms() / 1000};
	if (!service_store_ready(r)) {
		refuse(r, q, 503, "store", STORE_S);
		return;
	}
	int err = q->peer.organization[0] == '\0'
			  ? PN_EDENIED
			  : history_look(&h, q->peer.organization, q->body, q->size, &answer, &size);
	if (err == 0) {
		count(r, LOOKUPS, 1);
		respond(q, 200, protobuf, answer, size, 0);
		explicit_bzero(answer, size);
	} else if (err == PN_EFORMAT) {
		refuse(r, q, 400, "not a look-up", 0);
	} else if (err == PN_EDENIED) {
		refuse(r, q, 403, "no tenant", 0);
	} else {
		store_failed(r);
		refuse(r, q, 503, "store", STORE_S);
	}
	free(answer);
}

void service_handle(void *self, struct web_request *q)
{
	struct registry *r = self;
	bool post = q->method == WEB_POST, look = post && strcmp(q->path, "/v1/lookup") == 0;
	/* A certificate of the authority's that names nobody opens no resource. */
	if (!q->peer.verified || q->peer.common_name[0] == '\0')
		refuse(r, q, 403, "no certificate", 0);
	else if (post && strcmp(q->path, "/v1/journal") == 0)
		journal(r, q);
	else if (look && r->looking_count < LOOKING_MAX)
		r->looking[r->looking_count++] = q;
	else if (look)
		refuse(r, q, 429, "busy", BUSY_S);
	else if (!post && strcmp(q->path, "/v1/health") == 0)
		respond(q, r->store_lost ? 503 : 200, plain,
			r->store_lost ? "store\n" : "ok\n", r->store_lost ? 6 : 3, 0);
	else
		refuse(r, q, 404, "no such resource", 0);
}

/* A fork is an alarm until somebody has looked into it: it ends with the process. */
static void forked(struct registry *r, const char *gate)
{
	r->host->log(r->host->ctx, POSTERN_ERROR, "registry.fork", gate);
	if (!r->forked)
		r->host->trouble(r->host->ctx, "registry.fork", 1);
	r->forked = true;
}

static void answer(struct registry *r, struct waiting *w, int64_t now_ms)
{
	uint8_t ack[ACK_MESSAGE_MAX];
	size_t size;
	const Postern__JournalBatch *b = w->body.batch;
	if (w->body.status == 0) {
		refuse(r, w->request, 503, "store", STORE_S);
	} else if (w->body.status != 200) {
		refuse(r, w->request, w->body.status, w->body.detail, 0);
	} else if (ack_make(r->ack_key, b, now_ms, ack, &size) != 0) {
		refuse(r, w->request, 503, "acknowledgement", STORE_S);
	} else {
		count(r, RECORDS, b->n_records - w->body.fresh);
		count(r, REPLAYED, w->body.fresh);
		respond(w->request, 200, protobuf, ack, size, 0);
	}
}

static void answer_some(struct registry *r, size_t most)
{
	int64_t now_ms = clock_wall_ms();
	size_t n = most < r->decided_count ? most : r->decided_count;
	for (size_t i = 0; i < n; i++) {
		answer(r, r->decided[i], now_ms);
		waiting_end(r, r->decided[i]);
	}
	r->decided_count -= n;
	for (size_t i = 0; i < r->decided_count; i++)
		r->decided[i] = r->decided[i + n];
}

void service_turn(struct registry *r, int ms)
{
	int err = web_turn(r->server, ms);
	if (r->failed == 0)
		r->failed = err;
	if (r->bus_wants_ms >= 0)
		r->bus_wants_ms = r->host->bus_dispatch(r->host->ctx);
}

/* While the store works: first the answers, which clients wait for, a few at a time so that the
 * store is not kept waiting in its turn. */
static bool meanwhile(void *self)
{
	struct registry *r = self;
	if (r->decided_count > 0) {
		answer_some(r, ANSWERS_AT_ONCE);
		return true;
	}
	service_turn(r, 0);
	return false;
}

void service_start(struct registry *r)
{
	db_while_waiting(r->db, meanwhile, r);
}

static int by_name(const struct waiting *a, const struct waiting *b)
{
	const Postern__JournalBatch *p = a->body.batch, *q = b->body.batch;
	int tenant = strcmp(p->tenant, q->tenant);
	return tenant != 0 ? tenant : strcmp(p->gate, q->gate);
}

/* Takes out the first bodies that are each of another gate, in the order of gates, in which every
 * registry locks them. */
static size_t gather(struct registry *r, struct waiting *group[INGEST_BODIES_MAX])
{
	size_t n = 0, kept = 0, records = 0,
	       most = db_driver_of(r->db) == DB_SQLITE ? SIZE_MAX : GROUP_RECORDS;
	for (size_t i = 0; i < r->waiting_count; i++) {
		struct waiting *w = r->waiting[i];
		size_t k = n;
		while (k > 0 && by_name(w, group[k - 1]) < 0)
			k--;
		if (n == INGEST_BODIES_MAX || records >= most ||
			(k > 0 && by_name(w, group[k - 1]) == 0)) {
			r->waiting[kept++] = w;
			continue;
		}
		for (size_t j = n; j > k; j--)
			group[j] = group[j - 1];
		group[k] = w;
		records += w->body.batch->n_records;
		n++;
	}
	r->waiting_count = kept;
	return n;
}

/* A body that the store itself refuses must not hold up the others. */
static int commit_each(
	struct registry *r, struct ingest_body *const *group, size_t n, int64_t now_ms)
{
	for (size_t i = 0; i < n; i++) {
		int err = ingest_commit(&r->ingest, r->db, &group[i], 1, now_ms);
		if (err == PN_EIO)
			return err;
		if (err != 0)
			registry_log(r->host, "registry.store", db_why(r->db));
	}
	return 0;
}

static void commit_group(struct registry *r, struct ingest_body *const *group, size_t n)
{
	int64_t now_ms = clock_wall_ms();
	if (!service_store_ready(r))
		return;
	int err = ingest_commit(&r->ingest, r->db, group, n, now_ms);
	if (err != 0 && err != PN_EIO)
		err = commit_each(r, group, n, now_ms);
	if (err != 0)
		store_failed(r);
	count(r, COMMITS, 1);
}

static void commit_waiting(struct registry *r)
{
	struct waiting *group[INGEST_BODIES_MAX];
	struct ingest_body *bodies[INGEST_BODIES_MAX];
	size_t n = gather(r, group);
	for (size_t i = 0; i < n; i++)
		bodies[i] = &group[i]->body;
	if (n > 0)
		commit_group(r, bodies, n);
	for (size_t i = 0; i < n; i++) {
		if (bodies[i]->fork)
			forked(r, bodies[i]->batch->gate);
		r->decided[r->decided_count++] = group[i];
	}
}

bool service_idle(const struct registry *r)
{
	return r->held == 0 && r->looking_count == 0 && !r->registers_busy;
}

void service_register_told(void *self, bool wrong, const char *where)
{
	struct registry *r = self;
	if (wrong)
		registry_log(r->host, "registry.register", where);
	r->host->trouble(r->host->ctx, "registry.register", wrong);
}

/* A slice, so that gates wait for no more than that. */
static void take_over_registers(struct registry *r)
{
	r->registers_busy = false;
	if (r->registers == NULL || !service_store_ready(r))
		return;
	if (registers_turn(r->registers, r->db, clock_mono_ms(), &r->registers_busy) == PN_EIO)
		store_failed(r);
	count(r, ENTRIES, registers_loaded(r->registers));
}

void service_work(struct registry *r)
{
	/* More may come while these are looked up. */
	size_t looks = r->looking_count;
	for (size_t i = 0; i < looks; i++)
		lookup(r, r->looking[i]);
	r->looking_count -= looks;
	for (size_t i = 0; i < r->looking_count; i++)
		r->looking[i] = r->looking[i + looks];
	commit_waiting(r);
	/* Else they are answered while the server is at the next ones; SQLite leaves no time. */
	if (r->waiting_count == 0 || db_driver_of(r->db) == DB_SQLITE)
		answer_some(r, WAITING_MAX);
	take_over_registers(r);
}

void service_drop(struct registry *r)
{
	answer_some(r, WAITING_MAX);
	for (size_t i = 0; i < r->waiting_count; i++) {
		refuse(r, r->waiting[i]->request, 503, "stopping", BUSY_S);
		waiting_end(r, r->waiting[i]);
	}
	for (size_t i = 0; i < r->looking_count; i++)
		refuse(r, r->looking[i], 503, "stopping", BUSY_S);
	r->waiting_count = r->looking_count = 0;
	tell(r);
	while (r->spare_count > 0) {
		struct waiting *w = r->spare[--r->spare_count];
		ingest_body_free(&w->body);
		free(w);
	}
}
