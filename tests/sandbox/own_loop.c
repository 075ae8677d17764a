/* SPDX-License-Identifier: Apache-2.0
 * A plugin with a loop of its own, which tells through counts what it was given: the size and sum
 * of a blob, what a second answer and a forbidden report returned, silence of the core. Must never
 * be installed.
 */
#include <poll.h>
#include <stdlib.h>

#include "bus.pb-c.h"
#include "postern/plugin.h"

struct own {
	const struct postern_host *host;
};

static int init(const struct postern_host *host, void **self)
{
	struct own *o = calloc(1, sizeof *o);
	if (o == NULL || !POSTERN_HOST_HAS(host, core_heard_ms))
		return -2;
	o->host = host;
	*self = o;
	return 0;
}

static void count(struct own *o, const char *metric, uint64_t add)
{
	o->host->count(o->host->ctx, metric, add);
}

static void message(void *self, const struct postern_message *m)
{
	struct own *o = self;
	uint64_t sum = 0;
	for (size_t i = 0; i < m->blob_size; i++)
		sum += m->blob[i];
	count(o, "blob_size", m->blob_size);
	count(o, "blob_sum", sum);
	int wrong = o->host->answer(
		o->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_RULES_EVALUATED, NULL, 0);
	int first = o->host->answer(
		o->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED, NULL, 0);
	int second = o->host->answer(
		o->host->ctx, m->query_id, POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED, NULL, 0);
	int forbidden =
		o->host->report(o->host->ctx, POSTERN__ENVELOPE__BODY_GATE_COMMAND, NULL, NULL, 0);
	count(o, "wrong_answer", (uint64_t)-wrong);
	count(o, "first_answer", (uint64_t)-first);
	count(o, "second_answer", (uint64_t)-second);
	count(o, "forbidden_report", (uint64_t)-forbidden);
	count(o, "undeclared", 1);
}

static void core_silent(void *self, int lost)
{
	count(self, "silent", lost ? 1 : 2);
}

/* A core that is new asks nothing; how long ago the one before it spoke is told at once, in milliseconds and never as 0. */
static void core_started(void *self, uint64_t core_epoch)
{
	struct own *o = self;
	uint64_t spoke = o->host->core_heard_ms(o->host->ctx), now = o->host->now_ms(o->host->ctx);
	if (core_epoch > 1)
		count(o, "spoke_ago", spoke == 0 ? UINT32_MAX : now - spoke + 1);
}

static int run(void *self)
{
	struct own *o = self;
	struct pollfd p = {.fd = o->host->bus_fd(o->host->ctx), .events = POLLIN};
	for (int ms = o->host->bus_dispatch(o->host->ctx); ms >= 0;
		ms = o->host->bus_dispatch(o->host->ctx))
		if (poll(&p, 1, ms) < 0)
			return -3;
	return 0;
}

static void stop(void *self)
{
	free(self);
}

POSTERN_PLUGIN(.name = "own-loop", .version = "0", .init = init, .message = message,
	.core_started = core_started, .core_silent = core_silent, .stop = stop, .run = run);
