/* SPDX-License-Identifier: Apache-2.0
 * Plugin of kind watchlist: answers search_watchlist from a signed list file, which it reloads when
 * it changes and never for an older version. Without a good list the answer is undetermined and
 * stale, so the traveller is referred. Must never answer from a list whose signature it has not
 * checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/err.h"
#include "bus.pb-c.h"
#include "matcher.h"
#include "postern/plugin.h"
#include "signed/signed.h"

enum {
	RELOAD_MS = 2000,
	LIST_BYTES_MAX = 200 * 1024 * 1024,
	ANSWER_MAX = 8192,
	CLOCK_SLACK_S = 300
};

struct watchlist_seen {
	ino_t inode;
	struct timespec changed;
};

struct watchlist {
	const struct postern_host *host;
	struct signed_keys keys;
	char path[512], signature_path[520], version_path[512], version_text[32];
	struct list *list;
	struct watchlist_seen seen[2]; /* the list and its signature as last looked at */
	uint64_t highest_version;
	int64_t max_age_s;
};

static void log_event(
	struct watchlist *w, enum postern_log_level level, const char *event, const char *detail)
{
	w->host->log(w->host->ctx, level, event, detail);
}

static uint64_t read_version(const char *path)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	uint64_t v = 0;
	if (signed_read(path, 64, &bytes, &size) == PN_OK)
		v = strtoull((const char *)bytes, NULL, 10);
	free(bytes);
	return v;
}

static void write_version(struct watchlist *w)
{
	char path[528];
	snprintf(path, sizeof path, "%s.new", w->version_path);
	FILE *f = fopen(path, "we");
	if (f == NULL) {
		log_event(w, POSTERN_WARNING, "watchlist.version_not_kept", "");
		return;
	}
	int good =
		fprintf(f, "%llu\n", (unsigned long long)w->highest_version) > 0 && fflush(f) == 0;
	fclose(f);
	if (!good || rename(path, w->version_path) != 0)
		log_event(w, POSTERN_WARNING, "watchlist.version_not_kept", "");
}

/* The list in use stays when a new one is bad. */
static void load(struct watchlist *w)
{
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct list *list = NULL;
	unsigned line = 0;
	char detail[32];
	int r = signed_file_verify(&w->keys, w->path, LIST_BYTES_MAX, &bytes, &size);
	if (r == PN_OK) {
		r = list_parse((const char *)bytes, size, &list, &line);
		snprintf(detail, sizeof detail, "line %u", line);
		if (r != PN_OK)
			log_event(w, POSTERN_ERROR, "watchlist.bad_line", detail);
	} else {
		log_event(w, POSTERN_ERROR, "watchlist.not_verified", pn_err_name(r));
	}
	if (r == PN_OK && list->version < w->highest_version) {
		log_event(w, POSTERN_ERROR, "watchlist.older_version", "");
		list_free(list);
		r = PN_EDENIED;
	}
	free(bytes);
	w->host->trouble(w->host->ctx, "watchlist.bad_list", r != PN_OK);
	if (r != PN_OK)
		return;
	list_free(w->list);
	w->list = list;
	snprintf(
		w->version_text, sizeof w->version_text, "%llu", (unsigned long long)list->version);
	if (list->version > w->highest_version) {
		w->highest_version = list->version;
		write_version(w);
	}
	log_event(w, POSTERN_INFO, "watchlist.loaded", w->version_text);
}

static struct watchlist_seen look(const char *path)
{
	struct watchlist_seen seen;
	struct stat st;
	memset(&seen, 0, sizeof seen);
	if (stat(path, &st) == 0) {
		seen.inode = st.st_ino;
		seen.changed = st.st_ctim;
	}
	return seen;
}

static bool same(const struct watchlist_seen *a, const struct watchlist_seen *b)
{
	return a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* A list and its signature arrive one after the other: either is a reason to look again. */
static void load_if_changed(struct watchlist *w)
{
	struct watchlist_seen seen[2] = {look(w->path), look(w->signature_path)};
	if (same(&seen[0], &w->seen[0]) && same(&seen[1], &w->seen[1]))
		return;
	memcpy(w->seen, seen, sizeof seen);
	load(w);
}

static int64_t age_s(const struct watchlist *w)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return w->list != NULL ? (int64_t)now.tv_sec - w->list->issued_s : 0;
}

/* Older than allowed, or from the future, as seen by this machine's clock. */
static bool is_stale(const struct watchlist *w)
{
	int64_t age = age_s(w);
	return w->list == NULL || age < -CLOCK_SLACK_S || age > w->max_age_s;
}

static void answer(struct watchlist *w, uint64_t id, const Postern__SearchWatchlist *q)
{
	Postern__WatchlistSearched a = POSTERN__WATCHLIST_SEARCHED__INIT;
	struct matcher_match found[MATCHES_MAX] = {0};
	Postern__WatchlistMatch match[MATCHES_MAX], *matches[MATCHES_MAX];
	uint8_t bytes[ANSWER_MAX];
	int64_t age = age_s(w);
	bool complete = false;
	size_t n;
	a.list_stale = is_stale(w);
	a.list_age_s = age > 0 ? (uint64_t)age : 0;
	a.list_version = w->version_text;
	if (w->list != NULL) {
		struct matcher_query mq = {(const char *const *)q->document_numbers,
			q->n_document_numbers, q->issuer, q->surname, q->given_names,
			q->name_truncated, 0, 0, 0, q->sex, q->nationality};
		if (q->birth_date != NULL) {
			mq.year = q->birth_date->year;
			mq.month = q->birth_date->month;
			mq.day = q->birth_date->day;
		}
		a.n_matches = matcher_find(w->list, &mq, found, &complete);
	}
	a.result = complete ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL
			    : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	for (size_t i = 0; i < a.n_matches; i++) {
		postern__watchlist_match__init(&match[i]);
		match[i].entry_id = (char *)(uintptr_t)found[i].entry->id;
		match[i].list_id = w->list->id;
		match[i].handling_code = (char *)(uintptr_t)found[i].entry->handling_code;
		match[i].basis = (char *)(uintptr_t)found[i].basis;
		match[i].score_permille = found[i].score_permille;
		match[i].reasons = (char **)(uintptr_t)found[i].reasons;
		match[i].n_reasons = found[i].reason_count;
		matches[i] = &match[i];
	}
	a.matches = matches;
	n = postern__watchlist_searched__get_packed_size(&a);
	if (n > sizeof bytes)
		return; /* the declared default follows */
	postern__watchlist_searched__pack(&a, bytes);
	if (w->host->answer(
		    w->host->ctx, id, POSTERN__ENVELOPE__BODY_WATCHLIST_SEARCHED, bytes, n) != 0)
		log_event(w, POSTERN_WARNING, "watchlist.not_answered", "");
}

static void watchlist_message(void *self, const struct postern_message *m)
{
	struct watchlist *w = self;
	if (m->body != POSTERN__ENVELOPE__BODY_SEARCH_WATCHLIST)
		return;
	Postern__SearchWatchlist *q = postern__search_watchlist__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return;
	answer(w, m->query_id, q);
	explicit_bzero(q->surname, strlen(q->surname));
	explicit_bzero(q->given_names, strlen(q->given_names));
	for (size_t i = 0; i < q->n_document_numbers; i++)
		explicit_bzero(q->document_numbers[i], strlen(q->document_numbers[i]));
	postern__search_watchlist__free_unpacked(q, NULL);
}

static void watchlist_tick(void *self, uint64_t now_ms)
{
	struct watchlist *w = self;
	(void)now_ms;
	load_if_changed(w);
	w->host->trouble(w->host->ctx, "watchlist.stale", is_stale(w));
	if (w->host->wake_after(w->host->ctx, RELOAD_MS) != 0)
		w->host->fail(w->host->ctx, "watchlist.no_timer");
}

static int watchlist_init(const struct postern_host *host, void **self)
{
	struct watchlist *w = calloc(1, sizeof *w);
	int r;
	if (w == NULL)
		return PN_ENOMEM;
	w->host = host;
	w->max_age_s = host->option_int(host->ctx, "max_age_s");
	snprintf(w->path, sizeof w->path, "%s/%s", host->folder(host->ctx, "lists"),
		host->option(host->ctx, "file"));
	snprintf(w->signature_path, sizeof w->signature_path, "%s.sig", w->path);
	snprintf(w->version_path, sizeof w->version_path, "%s/version",
		host->state_folder(host->ctx));
	r = signed_keys_load(&w->keys, host->folder(host->ctx, "trust"), "lists");
	if (r != PN_OK)
		log_event(w, POSTERN_ERROR, "watchlist.no_keys", pn_err_name(r));
	w->highest_version = read_version(w->version_path);
	load_if_changed(w);
	*self = w;
	return PN_OK;
}

static int watchlist_start(void *self)
{
	struct watchlist *w = self;
	return w->host->wake_after(w->host->ctx, RELOAD_MS);
}

static void watchlist_stop(void *self)
{
	struct watchlist *w = self;
	list_free(w->list);
	free(w);
}

POSTERN_PLUGIN(.name = "watchlist", .version = "0.1.0", .init = watchlist_init,
	.start = watchlist_start, .message = watchlist_message, .tick = watchlist_tick,
	.stop = watchlist_stop);
