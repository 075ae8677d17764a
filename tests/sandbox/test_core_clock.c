/* SPDX-License-Identifier: Apache-2.0
 * The clock as the core's own sandbox has it, entered as a core of the production profile enters it: it may be read, and whether the
 * kernel holds it synchronised may be asked (adjtimex(2)), which a core does at its first input; nobody may set it, and a plugin
 * may not even ask. Each attempt runs in a process of its own by a direct system call; setting is tried with a value that changes
 * nothing or that the kernel refuses, so that this machine's clock stays as it is. Must never call a refusal shown whose control
 * run, outside the sandbox, was refused too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "host/manifest.h"
#include "host/sandbox.h"
#include "host/spec.h"
#include "loop/core_sandbox.h"

enum { UID = 64110, NO_SANDBOX = 90, DONE = 0 };

static char root[64], state[80], lane_state[96], run_folder[80];

/* --- attempts: 0, or a positive errno ----------------------------------------------------------- */
static int direct(long rc)
{
	return rc < 0 ? errno : 0;
}

static int read_clocks(void)
{
	struct timespec t;
	struct timeval v;
	int rc = direct(syscall(SYS_clock_gettime, CLOCK_REALTIME, &t));
	rc = rc != 0 ? rc : direct(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t));
	rc = rc != 0 ? rc : direct(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &t));
	return rc != 0 ? rc : direct(syscall(SYS_gettimeofday, &v, NULL));
}

static int ask_adjtimex(void)
{
	struct timex t = {0};
	return direct(syscall(SYS_adjtimex, &t));
}

static int ask_clock_adjtime(void)
{
	struct timex t = {0};
	return direct(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
}

/* Whichever of the two this libc takes. */
static int ask_libc(void)
{
	struct timex t = {0};
	return direct(adjtimex(&t));
}

static int set_adjtimex(void)
{
	struct timex t = {0};
	int rc = direct(syscall(SYS_adjtimex, &t));
	t.modes = ADJ_FREQUENCY;
	return rc != 0 ? rc : direct(syscall(SYS_adjtimex, &t));
}

static int set_clock_adjtime(void)
{
	struct timex t = {0};
	int rc = direct(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
	t.modes = ADJ_FREQUENCY;
	return rc != 0 ? rc : direct(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
}

static int set_clock(void)
{
	const struct timespec never = {0, -1};
	return direct(syscall(SYS_clock_settime, CLOCK_REALTIME, &never));
}

static int set_time_of_day(void)
{
	const struct timeval never = {0, -1};
	return direct(syscall(SYS_settimeofday, &never, NULL));
}

/* --- in which surroundings ---------------------------------------------------------------------- */
static int32_t user(void)
{
	return geteuid() == 0 ? UID : SPEC_KEEP_UID;
}

static int enter_nothing(void)
{
	return PN_OK;
}

static int enter_core(void)
{
	struct config_unit unit = {.name = (char[]){"lane-1"}, .role = CONFIG_GATE};
	struct config config = {.profile = CONFIG_PRODUCTION, .state_folder = state, .run_folder = run_folder, .units = &unit,
		.units_count = 1};
	int landlock = 0;
	int rc = core_sandbox_enter(&config, &unit, user(), user(), &landlock);
	return rc == PN_OK && landlock == 0 ? PN_EDENIED : rc;
}

static int enter_plugin(void)
{
	struct sandbox s = {.uid = user(), .gid = user(), .syscalls = SYSCALLS_BASE | SYSCALLS_FILES | SYSCALLS_THREADS,
		.memory_mib = 64, .file_mib = 1, .open_files = 64, .threads = 2, .landlock_required = true, .object = -1};
	int rc = sandbox_widen(&s);
	return rc == PN_OK ? sandbox_narrow(&s) : rc;
}

/* What the process ended with, as waitpid(2) has it. */
static int in_child(int (*enter)(void), int (*attempt)(void))
{
	int status = -1;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (enter() != PN_OK)
			syscall(SYS_exit_group, NO_SANDBOX);
		syscall(SYS_exit_group, attempt());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_SANDBOX)
		fail_msg("the sandbox cannot be entered");
	return status;
}

static void expect_exit(int status, int code)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		fail_msg("status %#x, expected exit %d", (unsigned)status, code);
}

static void expect_killed(int status)
{
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		fail_msg("status %#x, expected SIGSYS", (unsigned)status);
}

static void test_core_reads(void **unused)
{
	int (*const reads[])(void) = {read_clocks, ask_adjtimex, ask_clock_adjtime, ask_libc};
	(void)unused;
	for (size_t i = 0; i < PN_COUNT(reads); i++) {
		expect_exit(in_child(enter_nothing, reads[i]), DONE);
		expect_exit(in_child(enter_core, reads[i]), DONE);
	}
}

/* The filter cannot look behind the pointer: what stands in the way is that no child has the capability. */
static void test_core_cannot_adjust(void **unused)
{
	int (*const sets[])(void) = {set_adjtimex, set_clock_adjtime};
	(void)unused;
	for (size_t i = 0; i < PN_COUNT(sets); i++) {
		int control = in_child(enter_nothing, sets[i]);
		if (WIFEXITED(control) && WEXITSTATUS(control) == EPERM) {
			print_message("nothing shown: this user may not adjust the clock outside the sandbox either\n");
			skip();
		}
		expect_exit(control, DONE);
		expect_exit(in_child(enter_core, sets[i]), EPERM);
	}
}

/* Outside the kernel looks at the value and refuses that. */
static void test_core_cannot_set(void **unused)
{
	int (*const sets[])(void) = {set_clock, set_time_of_day};
	(void)unused;
	for (size_t i = 0; i < PN_COUNT(sets); i++) {
		expect_exit(in_child(enter_nothing, sets[i]), EINVAL);
		expect_killed(in_child(enter_core, sets[i]));
	}
}

static void test_plugin_cannot_ask(void **unused)
{
	int (*const calls[])(void) = {ask_adjtimex, ask_clock_adjtime, set_clock, set_time_of_day};
	(void)unused;
	expect_exit(in_child(enter_plugin, read_clocks), DONE);
	for (size_t i = 0; i < PN_COUNT(calls); i++)
		expect_killed(in_child(enter_plugin, calls[i]));
}

static int set_up(void **unused)
{
	(void)unused;
	snprintf(root, sizeof root, "/tmp/postern-clock-XXXXXX");
	if (mkdtemp(root) == NULL)
		return -1;
	snprintf(state, sizeof state, "%s/state", root);
	snprintf(lane_state, sizeof lane_state, "%s/lane-1", state);
	snprintf(run_folder, sizeof run_folder, "%s/run", root);
	if (chmod(root, 0755) != 0 || mkdir(state, 0755) != 0 || mkdir(lane_state, 0755) != 0 || mkdir(run_folder, 0755) != 0)
		return -1;
	return geteuid() != 0 ? 0 : chown(lane_state, UID, UID) | chown(run_folder, UID, UID);
}

static int tear_down(void **unused)
{
	(void)unused;
	return rmdir(run_folder) | rmdir(lane_state) | rmdir(state) | rmdir(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_core_reads),
		cmocka_unit_test(test_core_cannot_adjust),
		cmocka_unit_test(test_core_cannot_set),
		cmocka_unit_test(test_plugin_cannot_ask),
	};
	if (!sandbox_complete() || sandbox_landlock_abi() == 0) {
		printf("skipped: %s\n", sandbox_complete() ? "this kernel has no Landlock, and the production profile asks for it"
							   : "a sanitizer build has no seccomp");
		return 77;
	}
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
