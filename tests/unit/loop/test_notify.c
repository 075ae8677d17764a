/* SPDX-License-Identifier: Apache-2.0
 * The word to the service manager over a real datagram socket, in the file system and in the abstract name space; what of the
 * environment is believed; and that the watchdog's word stops with the loop. Words and variables are those of sd_notify(3) and
 * sd_watchdog_enabled(3). Nobody's speed is judged: what is asserted is that a word came, or that none could.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/notify.h"

static int manager = -1;

/* A manager's socket at this address as NOTIFY_SOCKET has it; the other variables are taken away. */
static void listen_at(const char *address)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	memcpy(a.sun_path, address, strlen(address));
	if (address[0] == '@')
		a.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(manager >= 0);
	assert_int_equal(bind(manager, (struct sockaddr *)&a,
				 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(address))), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", address, 1), 0);
	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	assert_int_equal(unsetenv("WATCHDOG_PID"), 0);
}

static char *in_abstract(void)
{
	static char address[64];
	snprintf(address, sizeof address, "@postern-test-notify-%d", getpid());
	return address;
}

static int end(void **state)
{
	(void)state;
	close(manager);
	manager = -1;
	return 0;
}

/* The next word, or "" when there is none within ms. */
static const char *heard(int ms)
{
	static char word[256];
	struct pollfd p = { .fd = manager, .events = POLLIN };
	word[0] = '\0';
	if (poll(&p, 1, ms) == 1) {
		ssize_t n = recv(manager, word, sizeof word - 1, 0);
		assert_true(n >= 0);
		word[n] = '\0';
	}
	return word;
}

static int waiting(void)
{
	int n = 0;
	while (heard(0)[0] != '\0')
		n++;
	return n;
}

static void test_words(void **state)
{
	struct notify n;
	char folder[] = "/tmp/postern-notify-XXXXXX", path[64];
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	listen_at(path);
	notify_open(&n);
	notify_tell(&n, "READY=1");
	assert_string_equal(heard(1000), "READY=1");
	notify_status(&n, "cores 1/1");
	assert_string_equal(heard(1000), "STATUS=cores 1/1");
	notify_status(&n, "cores 1/1");
	notify_status(&n, "cores 0/1");
	assert_string_equal(heard(1000), "STATUS=cores 0/1");
	assert_int_equal(waiting(), 0);
	notify_close(&n);
	notify_tell(&n, "READY=1"); /* says nothing */
	assert_int_equal(waiting(), 0);
	unlink(path);
	rmdir(folder);
}

static void test_abstract(void **state)
{
	struct notify n;
	(void)state;
	listen_at(in_abstract());
	notify_open(&n);
	notify_tell(&n, "STOPPING=1");
	assert_string_equal(heard(1000), "STOPPING=1");
	notify_close(&n);
}

static void expect_watchdog(const char *usec, const char *pid, uint64_t ms)
{
	struct notify n;
	assert_int_equal(usec != NULL ? setenv("WATCHDOG_USEC", usec, 1) : unsetenv("WATCHDOG_USEC"), 0);
	assert_int_equal(pid != NULL ? setenv("WATCHDOG_PID", pid, 1) : unsetenv("WATCHDOG_PID"), 0);
	notify_open(&n);
	assert_int_equal(n.watchdog_ms, ms);
	notify_close(&n);
}

static void test_environment(void **state)
{
	struct notify n;
	char me[16], parent[16];
	const char *const nowhere[] = { "", "@", "socket", "vsock:2:1",
		"/a-name-too-long-for-a-socket/0123456789012345678901234567890123456789012345678901234567890123456789012345678" };
	(void)state;
	listen_at(in_abstract());
	snprintf(me, sizeof me, "%d", getpid());
	snprintf(parent, sizeof parent, "%d", getppid());
	expect_watchdog("10000000", NULL, 10000);
	expect_watchdog("10000000", me, 10000);
	expect_watchdog("10000000", parent, 0);
	expect_watchdog("10000000", "", 0);
	expect_watchdog(NULL, NULL, 0);
	expect_watchdog("", NULL, 0);
	expect_watchdog("-1", NULL, 0);
	expect_watchdog("10s", NULL, 0);
	expect_watchdog("99999999999999999999999", NULL, 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
	for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
		assert_int_equal(setenv("NOTIFY_SOCKET", nowhere[i], 1), 0);
		notify_open(&n);
		assert_int_equal(n.fd, -1);
		assert_int_equal(n.watchdog_ms, 0);
		notify_tell(&n, "READY=1");
		notify_close(&n);
	}
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	notify_open(&n);
	assert_int_equal(n.fd, -1);
	assert_int_equal(waiting(), 0);
}

struct turning {
	uv_loop_t loop;
	struct notify notify;
	uv_timer_t timer;
	int after_ms, heard_while_stuck;
};

static void stop(uv_timer_t *t)
{
	uv_stop(t->loop);
}

static void turn_for(struct turning *t, int ms)
{
	uv_timer_start(&t->timer, stop, (uint64_t)ms, 0);
	assert_int_equal(uv_run(&t->loop, UV_RUN_DEFAULT), 1);
}

/* A handler that does not come back for a second. */
static void stuck(uv_timer_t *timer)
{
	struct turning *t = timer->data;
	waiting();
	uint64_t until = clock_mono_ms() + 1000;
	while (clock_mono_ms() < until)
		t->heard_while_stuck += waiting();
	uv_stop(timer->loop);
}

static void end_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	uv_close(handle, NULL);
}

/* The loop turns: words come. It does not: none, whatever time passes. It turns again: words come again. */
static void test_only_while_the_loop_turns(void **state)
{
	struct turning t = { .heard_while_stuck = 0 };
	(void)state;
	listen_at(in_abstract());
	assert_int_equal(setenv("WATCHDOG_USEC", "400000", 1), 0);
	notify_open(&t.notify);
	assert_int_equal(uv_loop_init(&t.loop), 0);
	uv_timer_init(&t.loop, &t.timer);
	t.timer.data = &t;
	notify_watchdog(&t.notify, &t.loop);
	assert_int_equal(waiting(), 0); /* it has not turned yet */
	turn_for(&t, 450);
	assert_string_equal(heard(0), "WATCHDOG=1");
	assert_true(waiting() >= 1);
	uv_timer_start(&t.timer, stuck, 0, 0);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	assert_int_equal(t.heard_while_stuck, 0);
	waiting();
	usleep(300000); /* nobody runs the loop */
	assert_int_equal(waiting(), 0);
	turn_for(&t, 450);
	assert_string_equal(heard(0), "WATCHDOG=1");
	notify_close(&t.notify);
	uv_walk(&t.loop, end_handle, NULL);
	uv_run(&t.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&t.loop), 0);
}

/* A manager that does not read must not stop the supervisor: this test ends. */
static void test_full(void **state)
{
	struct notify n;
	(void)state;
	listen_at(in_abstract());
	notify_open(&n);
	log_threshold(LOG_LEVEL_ERROR); /* each lost word has a line */
	for (int i = 0; i < 3000; i++)
		notify_tell(&n, "WATCHDOG=1");
	assert_in_range(waiting(), 1, 2999);
	notify_close(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_words, end),
		cmocka_unit_test_teardown(test_abstract, end),
		cmocka_unit_test_teardown(test_environment, end),
		cmocka_unit_test_teardown(test_only_while_the_loop_turns, end),
		cmocka_unit_test_teardown(test_full, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
