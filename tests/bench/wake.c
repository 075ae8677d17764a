/* SPDX-License-Identifier: Apache-2.0
 * What a crossing would wait for on this machine if Postern's processes did nothing: the same wake-ups between the same
 * number of processes that have slept since, over bare socket pairs, and the same one synced write. A lane is
 * asleep nearly all the time, so this, and not a loop that never sleeps, is what the lane's own time has to be read
 * against. Must never do anything in a process but read and write one byte.
 *
 *   bench-wake FOLDER [ROUNDS]
 *
 * The wake-ups of a crossing (docs/architecture.md, "One crossing, file by file"): from the zone on the line to "take your document": reader, core,
 * check and back, watchlist and back, rules and back, gate: 9. From the document taken to the entry's release: reader, core, gate: 3.
 * From the entry sensed locked to the exit's release: core, journal's writer, core, gate: 4, with the commit in the writer.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { DEFAULT_ROUNDS = 300, ROUNDS_MAX = 100000, HOPS_MAX = 9, REST_MS = 40, RECORD_BYTES = 2020 };

static const int stages[] = {9, 3, 4};

struct ring {
	int in[HOPS_MAX], out[HOPS_MAX]; /* process i reads in[i] and writes out[i] */
	int first, last;                 /* ours */
};

/* Passes what comes on; the second process of the last stage has a file to sync. */
static void pass_on(int in, int out, int file)
{
	static const char record[RECORD_BYTES];
	char byte;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(in, &byte, 1) == 1) {
		if (byte == 's' && file >= 0 &&
			(pwrite(file, record, sizeof record, 0) != (ssize_t)sizeof record || fdatasync(file) != 0))
			_exit(1);
		if (write(out, &byte, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static bool make(struct ring *r, int hops, int file)
{
	int previous[2], next[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, previous) != 0)
		return false;
	r->first = previous[0];
	for (int i = 0; i < hops; i++) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, next) != 0)
			return false;
		pid_t pid = fork();
		if (pid == 0)
			pass_on(previous[1], next[0], i == 1 ? file : -1);
		if (pid < 0)
			return false;
		close(previous[1]);
		close(next[0]);
		previous[1] = next[1];
	}
	r->last = previous[1];
	return true;
}

static bool turn(const struct ring *r, char byte, uint64_t *ns)
{
	struct timespec rest = {0, REST_MS * 1000000L};
	nanosleep(&rest, NULL);
	uint64_t begun = clock_mono_ns();
	struct pollfd p = {.fd = r->last, .events = POLLIN};
	if (write(r->first, &byte, 1) != 1 || poll(&p, 1, 5000) != 1 || read(r->last, &byte, 1) != 1)
		return false;
	*ns += clock_mono_ns() - begun;
	return true;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : DEFAULT_ROUNDS;
	struct ring rings[sizeof stages / sizeof stages[0]];
	char path[512];
	if (argc < 2 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench-wake FOLDER [ROUNDS]\n");
		return 2;
	}
	snprintf(path, sizeof path, "%s/bench-wake.tmp", argv[1]);
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t *took = calloc((size_t)rounds, sizeof *took);
	bool ok = file >= 0 && took != NULL;
	if (file >= 0)
		unlink(path);
	for (size_t i = 0; ok && i < sizeof stages / sizeof stages[0]; i++)
		ok = make(&rings[i], stages[i], file);
	for (long n = 0; ok && n < rounds; n++)
		for (size_t i = 0; ok && i < sizeof stages / sizeof stages[0]; i++)
			ok = turn(&rings[i], i == 2 ? 's' : 'p', &took[n]);
	if (ok) {
		qsort(took, (size_t)rounds, sizeof *took, by_size);
		printf("%ld rounds of 16 wake-ups and one synced write, nothing else: p50 %.2f ms  p99 %.2f ms\n", rounds,
			(double)took[rounds / 2] / 1e6, (double)took[rounds * 99 / 100] / 1e6);
	} else {
		perror("bench-wake");
	}
	free(took);
	if (file >= 0)
		close(file);
	return ok ? 0 : 1;
}
