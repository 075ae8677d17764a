/* SPDX-License-Identifier: Apache-2.0
 * A hostile plugin: makes the attempt its options name, in init() or in start(), misbehaves on
 * the bus, or never comes to its end. Must never be installed.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"
#include "postern/plugin.h"

enum { BUS = 3 };

struct hostile {
	const struct postern_host *host;
	const char *phase, *does;
	unsigned messages, die_at;
};

static const char *argument(void *ctx, const char *name)
{
	const struct postern_host *host = ctx;
	const char *value = host->option(host->ctx, name);
	return value ? value : "";
}

static void attempt(const struct hostile *h, const char *phase)
{
	const struct attempt *a = attempt_find(h->does);
	if (a == NULL || strcmp(h->phase, phase) != 0)
		return;
	int rc = a->run(argument, (void *)h->host);
	syscall(SYS_exit_group, rc == 0 ? ATTEMPT_SUCCEEDED : ATTEMPT_REFUSED);
}

static void say(const void *bytes, size_t size)
{
	ssize_t n = write(BUS, bytes, size);
	(void)n;
}

static void *idle(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static int init(const struct postern_host *host, void **self)
{
	struct hostile *h = calloc(1, sizeof *h);
	if (h == NULL)
		return -2;
	h->host = host;
	h->phase = argument((void *)host, "phase");
	h->does = argument((void *)host, "attempt");
	h->die_at = (unsigned)strtoul(argument((void *)host, "die_at"), NULL, 10);
	*self = h;
	attempt(h, "init");
	pthread_t thread;
	return strcmp(h->does, "thread-in-init") == 0 ? -pthread_create(&thread, NULL, idle, NULL)
						      : 0;
}

static int start(void *self)
{
	struct hostile *h = self;
	attempt(h, "start");
	return 0;
}

static void misbehave(const struct hostile *h)
{
	/* Envelope.gate_command (70) of zero bytes; Envelope.reader_status (20) of zero bytes */
	static const unsigned char command[] = {0xb2, 0x04, 0x00}, status[] = {0xa2, 0x01, 0x00};
	static unsigned char large[60000];
	if (strcmp(h->does, "spin") == 0)
		for (;;)
			__asm__ volatile("" ::: "memory");
	if (strcmp(h->does, "hang") == 0)
		for (;;)
			sleep(1000);
	if (strcmp(h->does, "garbage") == 0)
		say("\xff\xfe\xfd garbage", 11);
	if (strcmp(h->does, "oversized") == 0)
		say(large, sizeof large);
	if (strcmp(h->does, "forbidden") == 0)
		say(command, sizeof command);
	if (strcmp(h->does, "empty") == 0)
		say("", 0);
	while (strcmp(h->does, "flood") == 0)
		say(status, sizeof status);
}

static void message(void *self, const struct postern_message *m)
{
	struct hostile *h = self;
	(void)m;
	if (strcmp(h->does, "die") == 0 && ++h->messages >= h->die_at)
		abort();
}

static void core_started(void *self, uint64_t epoch)
{
	struct hostile *h = self;
	(void)epoch;
	if (strcmp(h->does, "die") == 0 && h->die_at == 0)
		abort();
	misbehave(h);
}

/* Called when it is told to end. */
static void stop(void *self)
{
	struct hostile *h = self;
	if (strcmp(h->does, "never-ends") == 0)
		h->host->log(h->host->ctx, POSTERN_WARNING, "hostile.told_to_end", "");
	while (strcmp(h->does, "never-ends") == 0)
		sleep(1000);
	free(h);
}

POSTERN_PLUGIN(.name = "hostile", .version = "0", .init = init, .start = start, .message = message,
	.core_started = core_started, .stop = stop);
