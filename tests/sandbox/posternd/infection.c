/* SPDX-License-Identifier: Apache-2.0
 * The infected plugin: takes over the descriptor when the object is loaded, and does its harm in
 * the loader, in init(), in start(), when a core begins, or at a message. Must never be installed.
 */
#include "infection.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../attempts.h"
#include "bus.pb-c.h"

/* Written by the test into the file. The mark stays in front. */
__attribute__((used)) static volatile char table[INFECTION_TABLE] = "POSTERN-INFECTION-TABLE\n";
static char values[4096];
static size_t values_used;
static struct infection me = {.does = "honest"};
static struct postern_plugin real;
static struct postern_host host;

static char aim[2][32]; /* target, address */

/* The first line that begins with start, without it; "" when there is none. */
static const char *line_of(const char *start)
{
	const char *at = (const char *)(uintptr_t)table;
	size_t n = strlen(start);
	char *out = values + values_used;
	__asm__("" : "+r"(at)); /* its bytes are not what the compiler saw */
	while ((at = strchr(at, '\n')) != NULL && strncmp(++at, start, n) != 0)
		;
	if (at == NULL)
		return "";
	at += n;
	size_t size = strcspn(at, "\n");
	if (values_used + size + 1 > sizeof values)
		return "";
	memcpy(out, at, size);
	values_used += size + 1;
	return out;
}

const char *infection_argument(void *ctx, const char *name)
{
	char start[64];
	const char *value;
	(void)ctx;
	if (aim[0][0] != '\0' && strcmp(name, "target") == 0)
		return aim[0];
	if (aim[0][0] != '\0' && strcmp(name, "address") == 0)
		return aim[1];
	/* what differs from process to process first */
	snprintf(start, sizeof start, "%u.%s=", (unsigned)getuid(), name);
	value = line_of(start);
	if (*value != '\0')
		return value;
	snprintf(start, sizeof start, "%s=", name);
	return line_of(start);
}

/* The core that is to be the victim may start after this process: the test names it when it is
 * there, by a signal that carries its pid and the page that is to be read. */
static void await_aim(void)
{
	sigset_t set;
	siginfo_t word;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	prctl(PR_SET_NAME, "awaiting");
	while (sigwaitinfo(&set, &word) < 0)
		;
	uint64_t value = (uint64_t)(uintptr_t)word.si_value.sival_ptr;
	snprintf(aim[0], sizeof aim[0], "%u", (unsigned)(value & 0x3fffff));
	snprintf(aim[1], sizeof aim[1], "%llu", (unsigned long long)(value >> 22) << 12);
}

static bool due(const char *at)
{
	return strcmp(me.at, at) == 0;
}

static void attempt(const char *at)
{
	const struct attempt *a = attempt_find(me.does);
	if (a == NULL || !due(at))
		return;
	if (strcmp(infection_argument(NULL, "await"), "yes") == 0)
		await_aim();
	int rc = a->run(infection_argument, NULL);
	syscall(SYS_exit_group, rc == 0 ? ATTEMPT_SUCCEEDED : ATTEMPT_REFUSED);
}

static void harm(const char *at)
{
	attempt(at);
	if (due(at))
		infection_misbehave(&me);
}

static int own_answer(void *ctx, uint64_t id, uint32_t body, const uint8_t *bytes, size_t size)
{
	(void)ctx;
	if (!due("answer"))
		return me.host->answer(me.host->ctx, id, body, bytes, size);
	return infection_answer(&me, id, body, bytes, size);
}

static int own_init(const struct postern_host *given, void **self)
{
	me.host = given;
	harm("init");
	if (attempt_find(me.does) != NULL)
		return 0; /* start() makes it */
	host = *given;
	host.answer = own_answer;
	int rc = real.init(&host, self);
	me.self = *self;
	return rc;
}

static int own_start(void *self)
{
	harm("start");
	return real.start != NULL ? real.start(self) : 0;
}

static void own_core_started(void *self, uint64_t epoch)
{
	me.epoch = epoch;
	if (real.core_started != NULL)
		real.core_started(self, epoch);
	harm("core");
}

/* The number that tells commands and guidances apart; 0 for every other message. */
static uint32_t which_of(const struct postern_message *m)
{
	uint32_t which = 0;
	if (m->body == POSTERN__ENVELOPE__BODY_GATE_COMMAND) {
		Postern__GateCommand *c = postern__gate_command__unpack(NULL, m->size, m->bytes);
		which = c != NULL ? (uint32_t)c->command : 0;
		if (c != NULL)
			postern__gate_command__free_unpacked(c, NULL);
	} else if (m->body == POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE) {
		Postern__ShowGuidance *g = postern__show_guidance__unpack(NULL, m->size, m->bytes);
		which = g != NULL ? (uint32_t)g->guidance : 0;
		if (g != NULL)
			postern__show_guidance__free_unpacked(g, NULL);
	}
	return which;
}

static void own_message(void *self, const struct postern_message *m)
{
	char at[16];
	snprintf(at, sizeof at, "%u", m->body);
	if (due(at) && (me.which == 0 || me.which == which_of(m)) && ++me.seen >= me.nth)
		infection_misbehave(&me);
	real.message(self, m);
}

static void read_table(void)
{
	char start[32], copy[128], *save = NULL, *word[4];
	snprintf(start, sizeof start, "uid %u ", (unsigned)getuid());
	snprintf(copy, sizeof copy, "%s", line_of(start));
	for (int i = 0; i < 4; i++)
		word[i] = strtok_r(i == 0 ? copy : NULL, " ", &save);
	if (word[0] == NULL || word[1] == NULL)
		return;
	snprintf(me.does, sizeof me.does, "%s", word[0]);
	snprintf(me.at, sizeof me.at, "%s", word[1]);
	me.which = word[2] != NULL ? (uint32_t)strtoul(word[2], NULL, 10) : 0;
	me.nth = word[3] != NULL ? (uint32_t)strtoul(word[3], NULL, 10) : 1;
}

/* Runs inside dlopen(), before the host has seen the descriptor. It is made writable for the
 * moment. */
__attribute__((constructor)) static void infect(void)
{
	struct postern_plugin *p = (struct postern_plugin *)(uintptr_t)&postern_plugin;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)p & ~(page - 1), to = (uintptr_t)(p + 1);
	read_table();
	attempt("load");
	if (strcmp(me.does, "honest") == 0 ||
		mprotect((void *)from, to - from, PROT_READ | PROT_WRITE) != 0)
		return;
	real = *p;
	me.real = &real;
	p->init = own_init;
	p->start = own_start;
	p->message = own_message;
	p->core_started = own_core_started;
}
