/* SPDX-License-Identifier: Apache-2.0
 * kill -9 of a writing process at seeded, uniform moments, start-up included: no record whose
 * completion was reported is lost, and the chain verifies after every round. argv[1] is
 * journal-writer.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

enum { ROUNDS = 50, WINDOW_US = 80000 };

static const char *program;

/* xorshift64: the sequence of a seed is the same everywhere. */
static uint64_t draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void kill_after(const struct fixture *f, const char *log, useconds_t us)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		execl(program, program, "write", f->folder, log, "0", (char *)NULL);
		_exit(127);
	}
	usleep(us);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* It never ends by itself: anything else is a failure of the writer. */
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_kill(void **state)
{
	struct fixture *f = fixture_new(NULL);
	char log[128];
	struct stat st = {0};
	uint64_t random = 0x9e3779b97f4a7c15;
	off_t before = 0;
	unsigned wrote = 0;
	(void)state;
	snprintf(log, sizeof log, "%s/log", f->folder);
	fixture_shell(
		"cd %s && : >log && cp centre.pem log.centre.pem && cp escrow.pem log.escrow.pem",
		f->folder);
	/* On a busy machine a window may end before the writer begins: it grows until enough has been written. */
	uint64_t window_us = WINDOW_US;
	int rounds = 0;
	for (; rounds < ROUNDS || (wrote < ROUNDS / 4 && rounds < 4 * ROUNDS); rounds++) {
		if (rounds % 10 == 9 && wrote < (unsigned)rounds / 4)
			window_us *= 2;
		kill_after(f, log, (useconds_t)(draw(&random) % window_us));
		assert_int_equal(stat(log, &st), 0);
		wrote += st.st_size > before;
		before = st.st_size;
		/* The first kills may come before there is a journal. */
		if (st.st_size > 0)
			fixture_shell(
				"%s verify %s %s >%s/result", program, f->folder, log, f->folder);
	}
	/* The kills landed while records were being written, most of the time. */
	print_message("           %u of %d rounds wrote, %lld bytes of log\n", wrote, rounds,
		(long long)st.st_size);
	assert_true(wrote >= ROUNDS / 4);
	fixture_free(f);
}

static void test_the_judge_finds_a_loss(void **state)
{
	struct fixture *f = fixture_new(NULL);
	char log[128];
	(void)state;
	snprintf(log, sizeof log, "%s/log", f->folder);
	kill_after(f, log, 400000);
	fixture_shell("%s verify %s %s >/dev/null", program, f->folder, log);
	/* A line more than the journal has, then a line with another hash. */
	fixture_shell("cd %s && cp log more && echo \"1 $(($(wc -l <log) + 100)) $(printf %%064d "
		      "0)\" >>more &&"
		      " { %s verify . more 2>/dev/null; test $? = 3; } >result && grep -q ' lost=1 "
		      "' result",
		f->folder, program);
	fixture_shell("cd %s && sed '2s/.\\{8\\}$/00000000/' log >more && { %s verify . more "
		      "2>/dev/null; test $? = 3; }"
		      " >result && grep -q ' lost=1 ' result",
		f->folder, program);
	fixture_free(f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill),
		cmocka_unit_test(test_the_judge_finds_a_loss),
	};
	if (argc != 2)
		return 64;
	program = realpath(argv[1], NULL); /* kept for the process's life */
	if (program == NULL)
		return 64;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
