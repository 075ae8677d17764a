/* SPDX-License-Identifier: Apache-2.0
 * Plugin uplink: the gate's line to the centre. Batches of the journal go up, signed
 * acknowledgements come back, and a traveller's history is looked up. Must never judge an
 * acknowledgement (the core has the key), keep a record, or leave a query without its one answer:
 * what cannot be asked now is unreachable or undetermined.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "centre.h"
#include "postern/plugin.h"
#include "reply.h"

enum { LOOKUP_HISTORY = 50, HISTORY_LOOKED = 51, FORWARD_JOURNAL = 80, JOURNAL_FORWARDED = 81 };

enum {
	PEM_MAX = 64 * 1024,
	FORWARDED_MAX = 2048,
	NAME_RETRY_MS = 30 * 1000,     /* the centre's name was not known: start anew then */
	NAME_STALE_MS = 5 * 60 * 1000, /* unreachable so long: it may have moved, start anew */
};

struct uplink {
	const struct postern_host *host;
	struct centre *centre; /* NULL: its name could not be resolved */
	uint32_t timeout_ms, lookup_timeout_ms;
	const char *trouble;        /* told to the core, or NULL */
	uint64_t unreachable_since; /* 0: reachable, as far as known */
	bool failed;
};

static const char *text_of(const char *s)
{
	return s != NULL ? s : "";
}

static void tell(struct uplink *u, const char *trouble)
{
	if (u->trouble == trouble)
		return;
	if (u->trouble != NULL)
		u->host->trouble(u->host->ctx, u->trouble, 0);
	if (trouble != NULL) {
		u->host->trouble(u->host->ctx, trouble, 1);
		u->host->log(u->host->ctx, POSTERN_WARNING, trouble, "");
	}
	u->trouble = trouble;
}

/* Counts, troubles, and whether the name's address has gone stale. */
static void note(struct uplink *u, const struct reply *r)
{
	uint64_t now = u->host->now_ms(u->host->ctx);
	struct centre_counts counts;

	centre_take_counts(u->centre, &counts);
	if (counts.connections > 0)
		u->host->count(u->host->ctx, "connections_total", counts.connections);
	if (counts.sent > 0)
		u->host->count(u->host->ctx, "sent_bytes_total", counts.sent);
	if (counts.received > 0)
		u->host->count(u->host->ctx, "received_bytes_total", counts.received);
	if (r->end == REPLY_COMPLETE) {
		u->unreachable_since = 0;
		tell(u, r->status >= 500 && r->status != 503 ? "uplink.centre_error" : NULL);
		return;
	}
	u->host->count(u->host->ctx, "failures_total", 1);
	tell(u, r->end == REPLY_TLS ? "uplink.tls" : "uplink.unreachable");
	if (u->unreachable_since == 0)
		u->unreachable_since = now;
	if (centre_has_name(u->centre) && now - u->unreachable_since >= NAME_STALE_MS &&
		!u->failed) {
		u->failed = true;
		u->host->fail(u->host->ctx, "uplink.address_stale");
	}
}

/* --- answers --- */

static void answer_journal(struct uplink *u, uint64_t query_id, const struct reply *r)
{
	Postern__JournalForwarded forwarded;
	Postern__SignedAck *ack;
	uint8_t bytes[FORWARDED_MAX];
	size_t size;

	reply_to_journal(r, &forwarded, &ack);
	size = postern__journal_forwarded__get_packed_size(&forwarded);
	if (size > sizeof bytes) { /* a key_id of hundreds of bytes: none of ours */
		forwarded.ack = NULL;
		forwarded.result = POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE;
		forwarded.detail = (char *)(uintptr_t) "uplink.malformed";
		size = postern__journal_forwarded__get_packed_size(&forwarded);
	}
	postern__journal_forwarded__pack(&forwarded, bytes);
	u->host->answer(u->host->ctx, query_id, JOURNAL_FORWARDED, bytes, size);
	if (ack != NULL)
		postern__signed_ack__free_unpacked(ack, NULL);
}

static void answer_lookup(struct uplink *u, uint64_t query_id, const struct reply *r)
{
	Postern__HistoryLooked none = POSTERN__HISTORY_LOOKED__INIT;
	uint8_t bytes[16];
	size_t size;
	const uint8_t *good = reply_to_lookup(r, &size);

	if (good == NULL) {
		none.result = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
		size = postern__history_looked__pack(&none, bytes);
		good = bytes;
		u->host->count(u->host->ctx, "lookups_undetermined_total", 1);
	}
	u->host->answer(u->host->ctx, query_id, HISTORY_LOOKED, good, size);
}

static void journal_done(void *self, uint64_t id, const struct reply *r)
{
	struct uplink *u = self;

	note(u, r);
	answer_journal(u, id, r);
}

static void lookup_done(void *self, uint64_t id, const struct reply *r)
{
	struct uplink *u = self;

	note(u, r);
	answer_lookup(u, id, r);
}

/* --- queries --- */

static void forward(struct uplink *u, const struct postern_message *m)
{
	static const struct reply abandoned = {.end = REPLY_ABANDONED};
	Postern__ForwardJournal *f = postern__forward_journal__unpack(NULL, m->size, m->bytes);
	const uint8_t *batch = m->blob;
	size_t size = m->blob_size;

	u->host->count(u->host->ctx, "batches_total", 1);
	if (f != NULL && f->batch.len > 0 && m->blob == NULL) {
		batch = f->batch.data;
		size = f->batch.len;
	}
	if (f == NULL || batch == NULL || u->centre == NULL ||
		centre_post(u->centre, "/v1/journal", batch, size, u->timeout_ms, journal_done, u,
			m->query_id) != 0)
		answer_journal(u, m->query_id, &abandoned);
	if (f != NULL)
		postern__forward_journal__free_unpacked(f, NULL);
}

static void look_up(struct uplink *u, const struct postern_message *m)
{
	static const struct reply abandoned = {.end = REPLY_ABANDONED};

	u->host->count(u->host->ctx, "lookups_total", 1);
	if (u->centre == NULL || centre_post(u->centre, "/v1/lookup", m->bytes, m->size,
					 u->lookup_timeout_ms, lookup_done, u, m->query_id) != 0)
		answer_lookup(u, m->query_id, &abandoned);
}

static void uplink_message(void *self, const struct postern_message *m)
{
	struct uplink *u = self;

	if (m->body == FORWARD_JOURNAL && m->query_id != 0)
		forward(u, m);
	else if (m->body == LOOKUP_HISTORY && m->query_id != 0)
		look_up(u, m);
}

/* --- life --- */

static int read_fd(int fd, struct pem *out)
{
	struct stat st;
	ssize_t n = 0;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > PEM_MAX)
		return PN_EFORMAT;
	out->bytes = malloc((size_t)st.st_size);
	if (out->bytes == NULL)
		return PN_ENOMEM;
	while (out->size < (size_t)st.st_size &&
		(n = pread(fd, out->bytes + out->size, (size_t)st.st_size - out->size,
			 (off_t)out->size)) > 0)
		out->size += (size_t)n;
	return out->size == (size_t)st.st_size ? 0 : PN_EIO;
}

static void drop(struct pem *p)
{
	if (p->bytes != NULL)
		explicit_bzero(p->bytes, p->size);
	free(p->bytes);
}

static int read_pem(struct uplink *u, const char *folder, const char *name, struct pem *out)
{
	char path[1024];
	int n = snprintf(path, sizeof path, "%s/%s", folder, name), fd, err;

	if (n < 0 || (size_t)n >= sizeof path)
		return PN_EINVAL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		u->host->log(u->host->ctx, POSTERN_ERROR, "uplink.not_readable", name);
		return PN_EIO;
	}
	err = read_fd(fd, out);
	close(fd);
	return err;
}

static int connect_centre(struct uplink *u)
{
	const struct postern_host *h = u->host;
	const char *folder = h->folder(h->ctx, "pki");
	struct centre_config config = {.url = text_of(h->option(h->ctx, "url")),
		.connect_timeout_ms = (uint32_t)h->option_int(h->ctx, "connect_timeout_ms")};
	char crl[1024];
	int key_fd = h->device(h->ctx, "key"), err;

	if (folder == NULL)
		return PN_EINVAL;
	snprintf(crl, sizeof crl, "%s/crl.pem", folder);
	if (access(crl, R_OK) == 0)
		config.crl_path = crl;
	err = read_pem(u, folder, "ca.pem", &config.ca);
	if (err == 0)
		err = read_pem(u, folder, "gate.pem", &config.certificate);
	if (err == 0)
		err = key_fd >= 0 ? read_fd(key_fd, &config.key)
				  : read_pem(u, folder, "gate.key", &config.key);
	if (err == 0)
		err = centre_new(&u->centre, h, &config);
	drop(&config.ca);
	drop(&config.certificate);
	drop(&config.key);
	if (err == PN_EINVAL)
		h->log(h->ctx, POSTERN_ERROR, "uplink.bad_url", "");
	else if (err == PN_ECRYPTO)
		h->log(h->ctx, POSTERN_ERROR, "uplink.bad_credentials", "");
	return err;
}

static int uplink_init(const struct postern_host *host, void **self)
{
	struct uplink *u;
	int err;

	if (!POSTERN_HOST_HAS(host, fail))
		return PN_EUNSUPPORTED;
	if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
		return PN_ENOMEM;
	u = calloc(1, sizeof *u);
	if (u == NULL) {
		curl_global_cleanup();
		return PN_ENOMEM;
	}
	u->host = host;
	u->timeout_ms = (uint32_t)host->option_int(host->ctx, "timeout_ms");
	u->lookup_timeout_ms = (uint32_t)host->option_int(host->ctx, "lookup_timeout_ms");
	err = connect_centre(u);
	if (err != 0 && err != PN_ENOTFOUND) { /* without the name start() asks for another try */
		free(u);
		curl_global_cleanup();
		return err;
	}
	*self = u;
	return 0;
}

static int uplink_start(void *self)
{
	struct uplink *u = self;

	if (u->centre != NULL)
		return 0;
	tell(u, "uplink.name_unknown");
	return u->host->wake_after(u->host->ctx, NAME_RETRY_MS);
}

static void uplink_tick(void *self, uint64_t now_ms)
{
	struct uplink *u = self;

	if (u->centre != NULL) {
		centre_tick(u->centre, now_ms);
	} else if (!u->failed) {
		u->failed = true;
		u->host->fail(u->host->ctx, "uplink.name_unknown");
	}
}

/* The core that asked is gone: what is on its way is sent again by the new one, and the centre
 * knows a record by its key. */
static void uplink_core_started(void *self, uint64_t core_epoch)
{
	struct uplink *u = self;

	(void)core_epoch;
	if (u->centre != NULL)
		centre_abandon_all(u->centre);
	if (u->trouble != NULL)
		u->host->trouble(u->host->ctx, u->trouble, 1);
}

static void uplink_stop(void *self)
{
	struct uplink *u = self;

	centre_free(u->centre);
	free(u);
	curl_global_cleanup();
}

POSTERN_PLUGIN(.name = "uplink", .version = "0.1.0", .init = uplink_init, .start = uplink_start,
	.message = uplink_message, .tick = uplink_tick, .core_started = uplink_core_started,
	.stop = uplink_stop);
