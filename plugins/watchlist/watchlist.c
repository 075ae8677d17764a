/* SPDX-License-Identifier: Apache-2.0
 * Plugin of kind watchlist: answers search_watchlist from a signed list file, which it reloads when
 * it changes and never for an older version. Without a good list the answer is undetermined and
 * stale, so the traveller is referred. Must never answer from a list whose signature it has not
 * checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "bus.pb-c.h"
#include "matcher.h"
#include "postern/plugin.h"
#include "store.h"

enum { RELOAD_MS = 2000, LOADING_MS = 100, ANSWER_MAX = 14336, CLOCK_SLACK_S = 300 };

struct watchlist {
	const struct postern_host *host;
	struct store *store;
	int64_t max_age_s;
	unsigned dismissal_days;
	const char *purposes;
};

static void log_event(
	struct watchlist *w, enum postern_log_level level, const char *event, const char *detail)
{
	w->host->log(w->host->ctx, level, event, detail);
}

static int64_t now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec;
}

static int64_t age_s(const struct watchlist *w)
{
	return store_list(w->store) != NULL ? now_s() - store_issued_s(w->store) : 0;
}

/* Older than allowed, expired, or from the future, as seen by this machine's clock. */
static bool is_stale(const struct watchlist *w)
{
	int64_t age = age_s(w), expires = store_expires_s(w->store);
	return store_list(w->store) == NULL || age < -CLOCK_SLACK_S || age > w->max_age_s ||
	       (expires != 0 && now_s() > expires);
}

/* In UTC, as the list's dates are. */
static uint32_t today(void)
{
	time_t now = (time_t)now_s();
	struct tm t = {0};
	gmtime_r(&now, &t);
	return (uint32_t)(t.tm_year + 1900) * 10000 + (uint32_t)(t.tm_mon + 1) * 100 +
	       (uint32_t)t.tm_mday;
}

static void search(
	const struct watchlist *w, const Postern__SearchWatchlist *q, struct matcher_found *found)
{
	struct matcher_query mq = {.numbers = (const char *const *)q->document_numbers,
		.number_count = q->n_document_numbers,
		.issuer = q->issuer,
		.surname = q->surname,
		.given_names = q->given_names,
		.name_truncated = q->name_truncated,
		.sex = q->sex,
		.nationality = q->nationality,
		.today = today(),
		.dismissal_days = w->dismissal_days,
		.purposes = w->purposes};
	if (q->birth_date != NULL) {
		mq.year = q->birth_date->year;
		mq.month = q->birth_date->month;
		mq.day = q->birth_date->day;
	}
	matcher_find(store_list(w->store), store_changes(w->store), &mq, found);
}

static void fill(const struct matcher_match *from, size_t count, Postern__WatchlistMatch *match,
	Postern__WatchlistMatch **matches)
{
	for (size_t i = 0; i < count; i++) {
		postern__watchlist_match__init(&match[i]);
		match[i].entry_id = (char *)(uintptr_t)from[i].entry.id;
		match[i].list_id = (char *)(uintptr_t)from[i].list->id;
		match[i].handling_code = (char *)(uintptr_t)from[i].entry.handling_code;
		match[i].basis = (char *)(uintptr_t)from[i].basis;
		match[i].score_permille = from[i].score_permille;
		match[i].reasons = (char **)(uintptr_t)from[i].reasons;
		match[i].n_reasons = from[i].reason_count;
		matches[i] = &match[i];
	}
}

static void answer(struct watchlist *w, uint64_t id, const Postern__SearchWatchlist *q)
{
	Postern__WatchlistSearched a = POSTERN__WATCHLIST_SEARCHED__INIT;
	struct matcher_found found = {.complete = false};
	Postern__WatchlistMatch match[MATCHES_MAX + DISMISSED_MAX],
		*matches[MATCHES_MAX + DISMISSED_MAX];
	uint8_t bytes[ANSWER_MAX];
	int64_t age = age_s(w);
	size_t n;
	a.list_stale = is_stale(w);
	a.list_age_s = age > 0 ? (uint64_t)age : 0;
	a.list_version = (char *)(uintptr_t)store_version(w->store);
	if (store_list(w->store) != NULL)
		search(w, q, &found);
	a.result = found.complete ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL
				  : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	fill(found.match, found.count, match, matches);
	fill(found.dismissed, found.dismissed_count, match + found.count, matches + found.count);
	a.matches = matches;
	a.n_matches = found.count;
	a.dismissed = matches + found.count;
	a.n_dismissed = found.dismissed_count;
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
	store_look(w->store);
	w->host->trouble(w->host->ctx, "watchlist.stale", is_stale(w));
	if (w->host->wake_after(
		    w->host->ctx, store_is_loading(w->store) ? LOADING_MS : RELOAD_MS) != 0)
		w->host->fail(w->host->ctx, "watchlist.no_timer");
}

static int watchlist_init(const struct postern_host *host, void **self)
{
	struct watchlist *w = calloc(1, sizeof *w);
	struct signed_keys keys;
	int r;
	if (w == NULL)
		return PN_ENOMEM;
	w->host = host;
	w->max_age_s = host->option_int(host->ctx, "max_age_s");
	w->dismissal_days = (unsigned)host->option_int(host->ctx, "dismissal_days");
	w->purposes = host->option(host->ctx, "purposes");
	r = signed_keys_load(&keys, host->folder(host->ctx, "trust"), "lists");
	if (r != PN_OK)
		log_event(w, POSTERN_ERROR, "watchlist.no_keys", pn_err_name(r));
	struct store_options options = {host, host->folder(host->ctx, "lists"),
		host->option(host->ctx, "file"), host->option(host->ctx, "changes"),
		host->state_folder(host->ctx)};
	r = store_new(&options, &keys, &w->store);
	if (r != PN_OK) {
		free(w);
		return r;
	}
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
	store_free(w->store);
	free(w);
}

POSTERN_PLUGIN(.name = "watchlist", .version = "0.1.0", .init = watchlist_init,
	.start = watchlist_start, .message = watchlist_message, .tick = watchlist_tick,
	.stop = watchlist_stop);
