/* SPDX-License-Identifier: Apache-2.0
 * What the bus costs: a query to another process and its answer back, encoded, checked and decoded
 * on both sides, beside the same packets over a bare SOCK_SEQPACKET pair, turn by turn in the same
 * run. Must never be read across machines.
 *
 *   bench-bus [ROUNDS]
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "bus/bus.h"

enum { DEFAULT_ROUNDS = 20000, ROUNDS_MAX = 1000000 };

struct side {
	int fd;
	struct arena arena;
	void *memory;
	uint8_t packet[BUS_MESSAGE_MAX];
};

static bool side_init(struct side *s, int fd)
{
	s->fd = fd;
	s->memory = malloc(BUS_ARENA_SIZE);
	if (s->memory != NULL)
		arena_init(&s->arena, s->memory, BUS_ARENA_SIZE);
	return s->memory != NULL;
}

static bool wait_for(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 5000) == 1 && (p.revents & POLLIN);
}

/* The next message, decoded; its id. */
static bool take(struct side *s, uint64_t *id)
{
	size_t size = 0;
	int blob = -1;
	struct bus_message m;
	if (!wait_for(s->fd) ||
		bus_receive(s->fd, s->packet, sizeof s->packet, &size, &blob) != PN_OK ||
		bus_decode(s->packet, size, &s->arena, &m) != PN_OK)
		return false;
	*id = m.envelope->id;
	arena_wipe(&s->arena);
	return true;
}

static bool give(struct side *s, const Postern__Envelope *e)
{
	size_t size = 0;
	return bus_encode(e, s->packet, sizeof s->packet, &size) == PN_OK &&
	       bus_send(s->fd, s->packet, size, -1) == PN_OK;
}

static Postern__Envelope query(Postern__CheckDocument *q, char **lines, uint64_t id)
{
	static char crossing[] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	*q = (Postern__CheckDocument)POSTERN__CHECK_DOCUMENT__INIT;
	q->mrz_lines = lines;
	q->n_mrz_lines = 2;
	e.id = id;
	e.crossing_id = crossing;
	e.body_case = POSTERN__ENVELOPE__BODY_CHECK_DOCUMENT;
	e.check_document = q;
	return e;
}

static void serve(int fd, bool bare)
{
	struct side s;
	uint64_t id;
	if (!side_init(&s, fd))
		_exit(1);
	for (;;) {
		if (bare) {
			ssize_t n = !wait_for(fd) ? -1 : recv(fd, s.packet, sizeof s.packet, 0);
			if (n <= 0 || send(fd, s.packet, (size_t)n, 0) != n)
				_exit(n == 0 ? 0 : 1);
			continue;
		}
		if (!take(&s, &id))
			_exit(0);
		Postern__DocumentChecked a = POSTERN__DOCUMENT_CHECKED__INIT;
		Postern__Document d = POSTERN__DOCUMENT__INIT;
		Postern__Envelope e = POSTERN__ENVELOPE__INIT;
		a.overall = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		a.document = &d;
		e.id = id;
		e.body_case = POSTERN__ENVELOPE__BODY_DOCUMENT_CHECKED;
		e.document_checked = &a;
		if (!give(&s, &e))
			_exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static pid_t other_side(int fds[2], bool bare)
{
	if (bus_pair(fds) != PN_OK)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		close(fds[0]);
		serve(fds[1], bare);
	}
	close(fds[1]);
	return pid;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
	char first[] = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
	     second[] = "L898902C36UTO7408122F1204159ZE184226B<<<<<10";
	char *lines[] = {first, second};
	int bus[2], bare[2];
	struct side s;
	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-bus [ROUNDS], 1 to %d\n", ROUNDS_MAX);
		return 2;
	}
	uint64_t *trip[2] = {
		calloc((size_t)rounds, sizeof(uint64_t)), calloc((size_t)rounds, sizeof(uint64_t))};
	pid_t peer = other_side(bus, false), bare_peer = other_side(bare, true);
	if (trip[0] == NULL || trip[1] == NULL || peer < 0 || bare_peer < 0 ||
		!side_init(&s, bus[0]))
		return 1;
	for (long i = 0; i < rounds; i++) {
		Postern__CheckDocument q;
		Postern__Envelope e = query(&q, lines, (uint64_t)i + 1);
		uint64_t id = 0, begin = clock_mono_ns();
		if (!give(&s, &e) || !take(&s, &id) || id != (uint64_t)i + 1)
			return 1;
		trip[0][i] = clock_mono_ns() - begin;
		size_t size = 0;
		if (bus_encode(&e, s.packet, sizeof s.packet, &size) != PN_OK)
			return 1;
		begin = clock_mono_ns();
		if (send(bare[0], s.packet, size, 0) != (ssize_t)size || !wait_for(bare[0]) ||
			recv(bare[0], s.packet, sizeof s.packet, 0) != (ssize_t)size)
			return 1;
		trip[1][i] = clock_mono_ns() - begin;
	}
	close(bus[0]);
	close(bare[0]);
	waitpid(peer, NULL, 0);
	waitpid(bare_peer, NULL, 0);
	printf("%ld round trips of check_document and its answer between two processes; "
	       "microseconds\n",
		rounds);
	for (int k = 0; k < 2; k++) {
		qsort(trip[k], (size_t)rounds, sizeof *trip[k], by_value);
		printf("%-24s p50 %7.1f  p99 %7.1f\n", k == 0 ? "bus" : "the same bytes, bare",
			(double)trip[k][rounds / 2] / 1000,
			(double)trip[k][rounds * 99 / 100] / 1000);
	}
	printf("ratio                    p50 %7.2f\n",
		(double)trip[0][rounds / 2] / (double)trip[1][rounds / 2]);
	free(trip[0]);
	free(trip[1]);
	free(s.memory);
	return 0;
}
