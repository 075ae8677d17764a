/* SPDX-License-Identifier: Apache-2.0
 * Who runs on is killed, who ends in time is not. The time is printed, never judged. Must never arm
 * the timer in the test's own process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "last_resort.h"

static void spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

/* Nothing that a process may do to its signals keeps it alive. */
static void deaf(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGKILL, SIG_IGN);
	spin();
}

static void in_time(void)
{
}

/* The child's wait status; its processor time in *us. */
static int run(void (*work)(void), bool disarm, long *us)
{
	struct rusage used;
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct last_resort l;
		if (last_resort_open(&l) != PN_OK || last_resort_arm(&l) != PN_OK)
			_exit(3);
		work();
		if (disarm && last_resort_disarm(&l) != PN_OK)
			_exit(4);
		for (clock_t end = clock() + 3 * LAST_RESORT_MS * (CLOCKS_PER_SEC / 1000); clock() < end;)
			;
		_exit(0);
	}
	assert_int_equal(wait4(child, &status, 0, &used), child);
	*us = used.ru_utime.tv_sec * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_sec * 1000000L +
	      used.ru_stime.tv_usec;
	return status;
}

static void kills(void **state)
{
	static void (*const works[])(void) = {spin, deaf};
	long us, worst = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		int status = run(works[i % 2], true, &us);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGKILL);
		worst = us > worst ? us : worst;
	}
	print_message("longest run until the kill: %ld us of processor time\n", worst);
}

static void spares(void **state)
{
	long us;
	int status = run(in_time, true, &us);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	/* and the same work without the disarming is killed: the timer was armed */
	status = run(in_time, false, &us);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(kills), cmocka_unit_test(spares)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
