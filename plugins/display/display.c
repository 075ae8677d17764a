/* SPDX-License-Identifier: Apache-2.0
 * Plugin display: the page that stands before the traveller. A thin shell: ShowGuidance comes in, its name goes to every page that
 * is open, on change and every half second. Must never show what the core has not said, nor go on showing what it said when it
 * is no longer heard, nor take anything from a page: what a page sends ends its connection.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus.pb-c.h"
#include "postern/plugin.h"
#include "shown.h"
#include "web/web.h"

enum { PAGES_MAX = 8, SAY_EVERY_MS = 500, WAIT_MS = 100 };
enum { TOPIC_STATE = 1 };

struct display {
	const struct postern_host *host;
	struct web_files *files;
	struct web_server *server;
	struct shown shown;
	uint32_t stale_ms;
	char lane[SHOWN_TEXT_MAX], said[SHOWN_TEXT_MAX];
	uint64_t said_ms;
	struct web_socket *pages[PAGES_MAX];
	int bus_wants_ms;
};

static void say_to(struct display *d, struct web_socket *w, const char *text, unsigned topic)
{
	if (web_send(w, topic, WEB_TEXT, text, strlen(text)) != 0)
		d->host->count(d->host->ctx, "dropped_total", 1);
}

static void current(const struct display *d, uint64_t now, char out[SHOWN_TEXT_MAX])
{
	shown_text(&d->shown, d->host->core_heard_ms(d->host->ctx), now, d->stale_ms, out);
}

static void say(struct display *d)
{
	char text[SHOWN_TEXT_MAX];
	uint64_t now = clock_mono_ms();
	current(d, now, text);
	if (strcmp(text, d->said) == 0 && now - d->said_ms < SAY_EVERY_MS)
		return;
	memcpy(d->said, text, sizeof text);
	d->said_ms = now;
	for (unsigned i = 0; i < PAGES_MAX; i++)
		if (d->pages[i] != NULL)
			say_to(d, d->pages[i], text, TOPIC_STATE);
}

static bool admit(void *self, const struct web_request *r, void **socket_self)
{
	struct display *d = self;
	bool room = false;
	*socket_self = NULL;
	for (unsigned i = 0; i < PAGES_MAX; i++)
		room = room || d->pages[i] == NULL;
	return room && strcmp(r->path, "/live") == 0;
}

static void opened(void *self, struct web_socket *w, void *socket_self)
{
	struct display *d = self;
	char text[SHOWN_TEXT_MAX];
	(void)socket_self;
	for (unsigned i = 0; i < PAGES_MAX; i++) {
		if (d->pages[i] != NULL)
			continue;
		d->pages[i] = w;
		current(d, clock_mono_ms(), text);
		say_to(d, w, d->lane, 0);
		say_to(d, w, text, TOPIC_STATE);
		d->host->count(d->host->ctx, "pages_total", 1);
		return;
	}
	web_drop(w);
}

static void received(void *self, struct web_socket *w, void *socket_self, enum web_kind kind, const void *bytes, size_t size)
{
	(void)self;
	(void)socket_self;
	(void)kind;
	(void)bytes;
	(void)size;
	web_drop(w);
}

static void closed(void *self, struct web_socket *w, void *socket_self)
{
	struct display *d = self;
	(void)socket_self;
	for (unsigned i = 0; i < PAGES_MAX; i++)
		if (d->pages[i] == w)
			d->pages[i] = NULL;
}

static void refused(void *self, int status)
{
	struct display *d = self;
	(void)status;
	d->host->count(d->host->ctx, "refused_total", 1);
}

static int failed(struct display *d, const char *event, int err)
{
	d->host->log(d->host->ctx, POSTERN_ERROR, event, pn_err_name(err));
	return err;
}

static int open_server(struct display *d)
{
	const struct postern_host *h = d->host;
	char port[8];
	struct web_config c = {.listen = h->option(h->ctx, "listen"),
		.port = (uint16_t)h->option_int(h->ctx, "port"),
		.hosts = {h->option(h->ctx, "listen"), "localhost"},
		.files = d->files,
		.message_max = 16,
		.queue_max = 4,
		.queue_bytes = (size_t)4 * SHOWN_TEXT_MAX,
		.connections_max = 32,
		.connections_per_address = 32,
		.idle_s = 30,
		.request_s = 10,
		.ping_s = 10,
		.subprotocol = "postern-display.1",
		.admit = admit,
		.opened = opened,
		.received = received,
		.closed = closed,
		.refused = refused,
		.self = d};
	int err = web_open(&c, &d->server);
	if (err != 0)
		return failed(d, "display.server", err);
	snprintf(port, sizeof port, "%u", web_port(d->server));
	h->log(h->ctx, POSTERN_INFO, "display.listening", port);
	return 0;
}

static void stop(void *self)
{
	struct display *d = self;
	web_close(d->server);
	web_files_free(d->files);
	free(d);
}

static int init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, core_heard_ms))
		return PN_EUNSUPPORTED;
	struct display *d = calloc(1, sizeof *d);
	if (d == NULL)
		return PN_ENOMEM;
	d->host = host;
	d->stale_ms = (uint32_t)host->option_int(host->ctx, "stale_ms");
	const char *page = host->folder(host->ctx, "page");
	struct shown_lane lane = {host->option(host->ctx, "lane"), host->option(host->ctx, "exit"),
		host->option(host->ctx, "languages")};
	int err = shown_lane_text(&lane, d->lane);
	if (err != 0)
		failed(d, "display.options", err);
	if (err == 0) {
		err = page != NULL ? web_files_load(page, &d->files) : PN_ENOTFOUND;
		if (err != 0)
			failed(d, "display.page", err);
	}
	if (err == 0)
		err = open_server(d);
	if (err != 0) {
		stop(d);
		return err;
	}
	*self = d;
	return 0;
}

static void message(void *self, const struct postern_message *m)
{
	struct display *d = self;
	if (m->body != POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE)
		return;
	if (shown_take(&d->shown, m->bytes, m->size, clock_mono_ms()) != 0)
		d->host->count(d->host->ctx, "undecodable_total", 1);
	say(d);
}

/* The new core knows nothing of what the old one showed. */
static void core_started(void *self, uint64_t core_epoch)
{
	struct display *d = self;
	(void)core_epoch;
	d->shown.told = false;
	say(d);
}

static void core_silent(void *self, int lost)
{
	struct display *d = self;
	d->shown.silent = lost != 0;
	say(d);
}

/* The bus is dispatched after every turn; this only ends the wait. */
static void bus_ready(void *self)
{
	(void)self;
}

static int run(void *self)
{
	struct display *d = self;
	int err = web_watch(d->server, d->host->bus_fd(d->host->ctx), bus_ready, d);
	d->bus_wants_ms = d->host->bus_dispatch(d->host->ctx);
	while (err == 0 && d->bus_wants_ms >= 0) {
		err = web_turn(d->server, d->bus_wants_ms < WAIT_MS ? d->bus_wants_ms : WAIT_MS);
		d->bus_wants_ms = d->host->bus_dispatch(d->host->ctx);
		say(d);
	}
	return err;
}

POSTERN_PLUGIN(.name = "display", .version = POSTERN_VERSION, .init = init, .message = message, .core_started = core_started,
	.core_silent = core_silent, .stop = stop, .run = run);
