/* SPDX-License-Identifier: Apache-2.0
 * The process that reads foreign bytes: what it must be able to do it can, and every other thing ends it. Each attempt is made
 * without the confinement too, where it must succeed: a check that cannot fail is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "confine.h"

#if defined(__SANITIZE_ADDRESS__)
#define COMPLETE 0
#else
#define COMPLETE 1
#endif

typedef bool attempt(void);

/* Exit status, or minus the signal; 77: the confinement did not hold. */
static int in_child(attempt *what, bool confined)
{
	static const struct confine_limits limits = {512, 60};
	int status = 0;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (confined && confine(&limits) != PN_OK)
			_exit(77);
		_exit(what() ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static bool work(void)
{
	char *p = malloc(8 * 1024 * 1024);
	if (p == NULL)
		return false;
	memset(p, 1, 8 * 1024 * 1024);
	free(p);
	return write(STDOUT_FILENO, "", 0) == 0;
}

static bool open_file(void)
{
	return open("/etc/hostname", O_RDONLY | O_CLOEXEC) >= 0 || open("/", O_RDONLY | O_CLOEXEC) >= 0;
}

static bool make_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0) >= 0;
}

static bool make_process(void)
{
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static bool run_program(void)
{
	char *const none[] = {NULL};
	execve("/bin/true", none, none);
	return false;
}

static bool executable_page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static bool signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool much_memory(void)
{
	return mmap(NULL, (size_t)1 << 30, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

static void test_confined(void **state)
{
	static attempt *const killed[] = {open_file, make_socket, make_process, run_program, executable_page, signal_parent};
	(void)state;
	assert_int_equal(in_child(work, true), 0);
	for (size_t i = 0; i < PN_COUNT(killed); i++) {
		assert_int_equal(in_child(killed[i], false), 0);
		if (COMPLETE)
			assert_int_equal(in_child(killed[i], true), -SIGSYS);
	}
	assert_int_equal(in_child(much_memory, false), 0);
	if (COMPLETE)
		assert_int_equal(in_child(much_memory, true), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_confined)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
