/* SPDX-License-Identifier: Apache-2.0
 * The plugin host of unit tests. See fake_host.h. Must never swallow a breach of plugin.h.
 */
#undef NDEBUG
#include "fake_host.h"
#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NOT_FOUND = -7, LIMIT = -5, INVALID = -1 };

static uint64_t mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static struct fake_entry *entry(struct fake_entry *entries, const char *name, bool make)
{
	for (size_t i = 0; i < FAKE_ENTRIES; i++) {
		if (entries[i].name != NULL && strcmp(entries[i].name, name) == 0)
			return &entries[i];
		if (entries[i].name == NULL) {
			if (make)
				entries[i].name = name;
			return make ? &entries[i] : NULL;
		}
	}
	abort();
}

static struct fake_message *keep(
	struct fake_host *h, uint32_t body, const uint8_t *bytes, size_t size)
{
	struct fake_message *m;

	if (h->count == FAKE_MESSAGES || size > FAKE_BYTES)
		return NULL;
	m = &h->messages[h->count++];
	m->body = body;
	m->size = size;
	if (size > 0)
		memcpy(m->bytes, bytes, size);
	return m;
}

static int on_report(
	void *ctx, uint32_t body, const char *crossing_id, const uint8_t *bytes, size_t size)
{
	(void)crossing_id;
	return keep(ctx, body, bytes, size) ? 0 : LIMIT;
}

static int on_answer_blob(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes,
	size_t size, const uint8_t *blob, size_t blob_size)
{
	struct fake_host *h = ctx;
	struct fake_message *m;

	for (size_t i = 0; i < FAKE_ENTRIES; i++) {
		if (h->open_queries[i] != query_id)
			continue;
		h->open_queries[i] = 0;
		m = keep(h, body, bytes, size);
		if (m == NULL)
			return LIMIT;
		m->query_id = query_id;
		if (blob == NULL)
			return 0;
		assert(blob_size > 0);
		m->blob = malloc(blob_size);
		if (m->blob == NULL)
			abort();
		memcpy(m->blob, blob, blob_size);
		m->blob_size = blob_size;
		return 0;
	}
	abort(); /* answered twice, or what nobody asked */
}

static int on_answer(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size)
{
	return on_answer_blob(ctx, query_id, body, bytes, size, NULL, 0);
}

static const char *on_option(void *ctx, const char *name)
{
	struct fake_entry *e = entry(((struct fake_host *)ctx)->options, name, false);

	return e ? e->text : NULL;
}

static int64_t on_option_int(void *ctx, const char *name)
{
	struct fake_entry *e = entry(((struct fake_host *)ctx)->options, name, false);

	assert(e != NULL); /* the manifest gives every number a default: the test must, too */
	return e->number;
}

static int on_option_bool(void *ctx, const char *name)
{
	return on_option_int(ctx, name) != 0;
}

static int on_device(void *ctx, const char *name)
{
	struct fake_entry *e = entry(((struct fake_host *)ctx)->devices, name, false);

	return e ? (int)e->number : -1;
}

static const char *on_folder(void *ctx, const char *name)
{
	struct fake_entry *e = entry(((struct fake_host *)ctx)->folders, name, false);

	return e ? e->text : NULL;
}

static const char *on_state_folder(void *ctx)
{
	return ((struct fake_host *)ctx)->state_folder;
}

static void on_log(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	assert(event != NULL && detail != NULL);
}

static void on_count(void *ctx, const char *metric, uint64_t add)
{
	entry(((struct fake_host *)ctx)->counts, metric, true)->number += (int64_t)add;
}

static void on_trouble(void *ctx, const char *code, int active)
{
	struct fake_host *h = ctx;

	if (active)
		h->trouble = code;
	else if (h->trouble != NULL && strcmp(h->trouble, code) == 0)
		h->trouble = NULL;
}

static int on_watch(void *ctx, int fd, uint32_t events,
	void (*handler)(void *self, int fd, uint32_t events), void *self)
{
	struct fake_host *h = ctx;
	struct fake_watch *place = NULL;

	for (size_t i = 0; i < FAKE_WATCHES; i++)
		if (h->watches[i].events != 0 && h->watches[i].fd == fd)
			place = &h->watches[i];
	if (events == 0) {
		if (place == NULL)
			return NOT_FOUND;
		memset(place, 0, sizeof(*place));
		return 0;
	}
	for (size_t i = 0; i < FAKE_WATCHES && place == NULL; i++)
		if (h->watches[i].events == 0)
			place = &h->watches[i];
	if (place == NULL || handler == NULL)
		return INVALID;
	*place = (struct fake_watch){fd, events, handler, self};
	return 0;
}

static int on_wake_after(void *ctx, uint32_t delay_ms)
{
	((struct fake_host *)ctx)->wake_ms = mono_ms() + delay_ms;
	return 0;
}

static uint64_t on_now_ms(void *ctx)
{
	(void)ctx;
	return mono_ms();
}

static void on_fail(void *ctx, const char *reason_key)
{
	((struct fake_host *)ctx)->failed = reason_key;
}

struct fake_host *fake_host_new(const struct postern_plugin *plugin)
{
	struct fake_host *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->plugin = plugin;
	h->table = (struct postern_host){.struct_size = sizeof(h->table),
		.abi_major = POSTERN_ABI_MAJOR,
		.abi_minor = POSTERN_ABI_MINOR,
		.ctx = h,
		.report = on_report,
		.answer = on_answer,
		.option = on_option,
		.option_int = on_option_int,
		.option_bool = on_option_bool,
		.device = on_device,
		.folder = on_folder,
		.state_folder = on_state_folder,
		.log = on_log,
		.count = on_count,
		.trouble = on_trouble,
		.watch = on_watch,
		.wake_after = on_wake_after,
		.now_ms = on_now_ms,
		.fail = on_fail,
		.answer_blob = on_answer_blob};
	return h;
}

void fake_host_free(struct fake_host *h)
{
	for (size_t i = 0; h != NULL && i < h->count; i++)
		free(h->messages[i].blob);
	free(h);
}

void fake_host_option(struct fake_host *h, const char *name, const char *text, int64_t number)
{
	struct fake_entry *e = entry(h->options, name, true);

	e->text = text;
	e->number = number;
}

void fake_host_device(struct fake_host *h, const char *name, int fd)
{
	entry(h->devices, name, true)->number = fd;
}

void fake_host_folder(struct fake_host *h, const char *name, const char *path)
{
	entry(h->folders, name, true)->text = path;
}

int fake_host_start(struct fake_host *h)
{
	int err = h->plugin->init(&h->table, &h->self);

	if (err == 0 && h->plugin->start != NULL)
		err = h->plugin->start(h->self);
	return err;
}

void fake_host_stop(struct fake_host *h)
{
	if (h->plugin->stop != NULL)
		h->plugin->stop(h->self);
	h->self = NULL;
	for (size_t i = 0; i < FAKE_WATCHES; i++)
		assert(h->watches[i].events == 0); /* a plugin that stops leaves no watch behind */
}

void fake_host_send(
	struct fake_host *h, uint32_t body, uint64_t query_id, const uint8_t *bytes, size_t size)
{
	fake_host_send_blob(h, body, query_id, bytes, size, NULL, 0);
}

void fake_host_send_blob(struct fake_host *h, uint32_t body, uint64_t query_id, const uint8_t *bytes,
	size_t size, const uint8_t *blob, size_t blob_size)
{
	struct postern_message m = {.struct_size = sizeof(m),
		.body = body,
		.query_id = query_id,
		.crossing_id = h->crossing_id != NULL ? h->crossing_id : "",
		.bytes = bytes,
		.size = size,
		.blob = blob,
		.blob_size = blob_size};

	for (size_t i = 0; query_id != 0 && i < FAKE_ENTRIES; i++)
		if (h->open_queries[i] == 0) {
			h->open_queries[i] = query_id;
			break;
		}
	h->plugin->message(h->self, &m);
}

static uint32_t events_of(short revents)
{
	uint32_t events = 0;

	if (revents & POLLIN)
		events |= POSTERN_READABLE;
	if (revents & POLLOUT)
		events |= POSTERN_WRITABLE;
	if (revents & (POLLHUP | POLLERR))
		events |= POSTERN_HANGUP;
	return events;
}

/* One turn: waits at most ms. */
static void turn(struct fake_host *h, int ms)
{
	struct pollfd fds[FAKE_WATCHES];
	struct fake_watch seen[FAKE_WATCHES];
	nfds_t n = 0;
	uint64_t now = mono_ms();

	for (size_t i = 0; i < FAKE_WATCHES; i++)
		if (h->watches[i].events != 0) {
			short wanted = (h->watches[i].events & POSTERN_READABLE) ? POLLIN : 0;
			if (h->watches[i].events & POSTERN_WRITABLE)
				wanted |= POLLOUT;
			seen[n] = h->watches[i];
			fds[n++] = (struct pollfd){.fd = h->watches[i].fd, .events = wanted};
		}
	if (h->wake_ms != 0 && h->wake_ms < now + (uint64_t)ms)
		ms = h->wake_ms > now ? (int)(h->wake_ms - now) : 0;
	if (poll(fds, n, ms) > 0)
		for (nfds_t i = 0; i < n; i++)
			if (fds[i].revents != 0)
				seen[i].handler(
					seen[i].self, seen[i].fd, events_of(fds[i].revents));
	now = mono_ms();
	if (h->wake_ms != 0 && now >= h->wake_ms) {
		h->wake_ms = 0;
		if (h->plugin->tick != NULL)
			h->plugin->tick(h->self, now);
	}
}

const struct fake_message *fake_host_next(struct fake_host *h, int ms)
{
	uint64_t end = mono_ms() + (uint64_t)ms, now;

	while (h->taken == h->count && (now = mono_ms()) < end)
		turn(h, (int)(end - now));
	return h->taken < h->count ? &h->messages[h->taken++] : NULL;
}

void fake_host_run(struct fake_host *h, int ms)
{
	uint64_t end = mono_ms() + (uint64_t)ms, now;

	while ((now = mono_ms()) < end)
		turn(h, (int)(end - now));
}

uint64_t fake_host_count(const struct fake_host *h, const char *metric)
{
	for (size_t i = 0; i < FAKE_ENTRIES && h->counts[i].name != NULL; i++)
		if (strcmp(h->counts[i].name, metric) == 0)
			return (uint64_t)h->counts[i].number;
	return 0;
}
