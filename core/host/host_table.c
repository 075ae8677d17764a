/* SPDX-License-Identifier: Apache-2.0
 * The host table of plugin.h: what a plugin may ask of its own process.
 * Must never let a plugin answer a query twice, speak as the host, or log free text.
 */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/jpeg.h"
#include "base/log.h"
#include "bus/permission.h"
#include "host/plugin_process.h"

static int report(
	void *ctx, uint32_t body, const char *crossing_id, const uint8_t *bytes, size_t size)
{
	struct plugin_process *p = ctx;
	const struct schema_body *info = schema_body_find(body);
	if (info == NULL)
		return PN_ENOTFOUND;
	/* hello, heartbeat, stop, count and trouble are the host's own words */
	if (info->verb != SCHEMA_REPORT || body <= POSTERN__ENVELOPE__BODY_TROUBLE ||
		!bus_may_send(p->spec.kind, BUS_CROSSING, (Postern__Envelope__BodyCase)body))
		return PN_EDENIED;
	int rc = bus_check_body(body, bytes, size);
	return rc == PN_OK ? process_send(p, 0, crossing_id, body, bytes, size) : rc;
}

/* What the core would kill for, and what nobody would show. */
static int check_blob(Postern__Envelope__BodyCase body, const uint8_t *blob, size_t size)
{
	const uint64_t most = bus_carries(body);
	if (most == 0)
		return PN_EDENIED;
	if (size > most)
		return PN_ELIMIT;
	return body == POSTERN__ENVELOPE__BODY_PORTRAIT_CUT ? jpeg_check(blob, size) : PN_OK;
}

static int answer_blob(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes,
	size_t size, const uint8_t *blob, size_t blob_size)
{
	struct plugin_process *p = ctx;
	struct process_query *q = NULL;
	for (size_t i = 0; i < PROCESS_MAX_QUERIES && query_id != 0; i++)
		if (p->queries[i].id == query_id)
			q = &p->queries[i];
	if (q == NULL)
		return PN_ENOTFOUND;
	if (q->answer != body)
		return PN_EINVAL;
	int rc = bus_check_body(body, bytes, size);
	if (rc == PN_OK && blob != NULL)
		rc = check_blob((Postern__Envelope__BodyCase)body, blob, blob_size);
	if (rc != PN_OK)
		return rc;
	if (clock_mono_ms() > q->deadline_ms)
		rc = PN_ETIMEOUT; /* the core has taken the default */
	else if (blob == NULL)
		rc = process_send(p, query_id, q->crossing_id, body, bytes, size);
	else
		rc = process_send_blob(
			p, query_id, q->crossing_id, body, bytes, size, blob, blob_size);
	if (rc == PN_OK || rc == PN_ETIMEOUT)
		*q = (struct process_query){.id = 0};
	return rc;
}

static int answer(void *ctx, uint64_t query_id, uint32_t body, const uint8_t *bytes, size_t size)
{
	return answer_blob(ctx, query_id, body, bytes, size, NULL, 0);
}

static const char *named(const struct named_value *values, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].value;
	return NULL;
}

static const char *option(void *ctx, const char *name)
{
	const struct plugin_process *p = ctx;
	return named(p->spec.options, p->spec.option_count, name);
}

static int64_t option_int(void *ctx, const char *name)
{
	const char *s = option(ctx, name);
	int64_t n = 0;
	return s != NULL && manifest_int(s, &n) == PN_OK ? n : 0;
}

static int option_bool(void *ctx, const char *name)
{
	const char *s = option(ctx, name);
	bool b = false;
	return s != NULL && manifest_bool(s, &b) == PN_OK && b;
}

static int device(void *ctx, const char *name)
{
	const struct plugin_process *p = ctx;
	for (size_t i = 0; i < p->spec.device_count; i++)
		if (strcmp(p->spec.devices[i].name, name) == 0)
			return p->spec.devices[i].fd;
	return -1;
}

static const char *folder(void *ctx, const char *name)
{
	const struct plugin_process *p = ctx;
	return named(p->spec.folders, p->spec.folder_count, name);
}

static const char *state_folder(void *ctx)
{
	return ((const struct plugin_process *)ctx)->spec.state_folder;
}

/* A catalogue key, identifier or number: no spaces, no '<', not long enough for a sentence or a
 * document. */
static const char *identifier(const char *s)
{
	size_t n = s ? strnlen(s, 65) : 0;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && strchr("._:/@+-", s[i]) == NULL)
			return "withheld";
	return n == 0 ? "-" : n > 64 ? "withheld" : s;
}

static void plugin_log(
	void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	static const enum log_level levels[] = {
		LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR};
	struct plugin_process *p = ctx;
	uint64_t now = clock_mono_ms();
	p->log_tokens += (double)(now - p->log_at_ms) / 1000.0 * PROCESS_LOG_PER_SECOND;
	p->log_at_ms = now;
	if (p->log_tokens > PROCESS_LOG_BURST)
		p->log_tokens = PROCESS_LOG_BURST;
	if (p->log_tokens < 1)
		return; /* a flood costs the plugin its lines, not the machine its disk */
	p->log_tokens -= 1;
	pn_log((unsigned)level < PN_COUNT(levels) ? levels[level] : LOG_LEVEL_ERROR, p->spec.name,
		identifier(event), LK("detail", identifier(detail)));
}

static void count(void *ctx, const char *metric, uint64_t add)
{
	struct plugin_process *p = ctx;
	Postern__Count c = POSTERN__COUNT__INIT;
	uint8_t bytes[128] = {0};
	char name[64];
	size_t i = 0;
	while (i < p->spec.metric_count && strcmp(p->spec.metrics[i], metric) != 0)
		i++;
	if (i == p->spec.metric_count || !text_copy(name, sizeof name, metric))
		return;
	c.metric = name;
	c.add = add;
	int rc = process_send(
		p, 0, NULL, POSTERN__ENVELOPE__BODY_COUNT, bytes, postern__count__pack(&c, bytes));
	(void)rc; /* droppable */
}

static void trouble(void *ctx, const char *code, int active)
{
	struct plugin_process *p = ctx;
	Postern__Trouble t = POSTERN__TROUBLE__INIT;
	uint8_t bytes[128] = {0};
	char key[80];
	if (!text_copy(key, sizeof key, identifier(code)))
		return;
	t.code = key;
	t.active = active != 0;
	if (process_send(p, 0, NULL, POSTERN__ENVELOPE__BODY_TROUBLE, bytes,
		    postern__trouble__pack(&t, bytes)) != PN_OK)
		pn_log(LOG_LEVEL_WARNING, "host", "host.trouble_lost", LK("code", key));
}

static int watch(void *ctx, int fd, uint32_t events,
	void (*handler)(void *self, int fd, uint32_t events), void *self)
{
	struct plugin_process *p = ctx;
	struct process_watch *slot = NULL;
	for (size_t i = 0; i < PROCESS_MAX_WATCHES; i++) {
		struct process_watch *w = &p->watches[i];
		if (w->events != 0 && w->fd == fd) {
			slot = w;
			break;
		}
		if (w->events == 0 && slot == NULL)
			slot = w;
	}
	if (fd < 0 || (events != 0 && handler == NULL))
		return PN_EINVAL;
	if (slot == NULL)
		return events ? PN_ELIMIT : PN_ENOTFOUND;
	if (events == 0 && (slot->events == 0 || slot->fd != fd))
		return PN_ENOTFOUND;
	*slot = (struct process_watch){fd, events, handler, self};
	return PN_OK;
}

static int wake_after(void *ctx, uint32_t delay_ms)
{
	struct plugin_process *p = ctx;
	if (p->plugin.tick == NULL)
		return PN_EINVAL;
	p->wake_at_ms = clock_mono_ms() + delay_ms;
	return PN_OK;
}

static uint64_t now_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static void fail(void *ctx, const char *reason_key)
{
	struct plugin_process *p = ctx;
	pn_log(LOG_LEVEL_ERROR, p->spec.name, "plugin.failed",
		LK("reason", identifier(reason_key)));
	process_end(p, HOST_EXIT_FAILED);
}

static uint64_t core_heard_ms(void *ctx)
{
	return ((const struct plugin_process *)ctx)->spoke_ms;
}

static int bus_fd(void *ctx)
{
	return ((const struct plugin_process *)ctx)->bus;
}

static int bus_dispatch(void *ctx)
{
	return process_dispatch(ctx);
}

void process_host_table(struct plugin_process *p)
{
	p->host = (struct postern_host){
		.struct_size = sizeof p->host,
		.abi_major = POSTERN_ABI_MAJOR,
		.abi_minor = POSTERN_ABI_MINOR,
		.ctx = p,
		.report = report,
		.answer = answer,
		.option = option,
		.option_int = option_int,
		.option_bool = option_bool,
		.device = device,
		.folder = folder,
		.state_folder = state_folder,
		.log = plugin_log,
		.count = count,
		.trouble = trouble,
		.watch = watch,
		.wake_after = wake_after,
		.now_ms = now_ms,
		.fail = fail,
		.bus_fd = bus_fd,
		.bus_dispatch = bus_dispatch,
		.answer_blob = answer_blob,
		.core_heard_ms = core_heard_ms,
	};
}
