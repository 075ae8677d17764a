/* SPDX-License-Identifier: Apache-2.0
 * The chip on a socket: vpcd's framing in both directions, orders, tears, and that an answer comes
 * at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "sim/chip/chip.h"
#include "sim/chip/vpcd.h"

struct served {
	struct sim_chip *chip;
	int listener, reader, result;
	int stop[2];
	bool in_time;
	uint16_t port;
	pthread_t thread;
};

static void *serve(void *self)
{
	struct served *s = self;
	int fd = -1;
	s->result = sim_vpcd_accept(s->listener, s->stop[0], &fd);
	if (s->result == PN_OK) {
		s->result = sim_vpcd_serve(s->chip, fd, s->stop[0], s->in_time, NULL);
		close(fd);
	}
	return NULL;
}

static const uint8_t com[] = {0x60, 0x02, 0x5c, 0x00};
static uint8_t big[60000];
static const struct sim_chip_file files[] = {{0x011e, com, sizeof com}, {0x0102, big, sizeof big}};

static void begin(struct served *s, const char *fault, const struct sim_chip_timing *timing)
{
	struct sim_chip_config c = {.files = files, .file_count = 2, .open = true};
	memset(s, 0, sizeof *s);
	if (timing != NULL)
		c.timing = *timing;
	s->in_time = timing != NULL;
	if (fault != NULL)
		assert_int_equal(sim_chip_fault_parse(fault, c.faults), PN_OK);
	assert_int_equal(sim_chip_new(&c, &s->chip), PN_OK);
	assert_int_equal(pipe(s->stop), 0);
	assert_int_equal(sim_vpcd_listen(0, &s->listener, &s->port), PN_OK);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	assert_int_equal(sim_vpcd_connect("127.0.0.1", s->port, &s->reader), PN_OK);
}

/* The reader goes; what the chip's side made of it all. */
static int end(struct served *s)
{
	close(s->reader);
	pthread_join(s->thread, NULL);
	close(s->listener);
	close(s->stop[0]);
	close(s->stop[1]);
	sim_chip_free(s->chip);
	return s->result;
}

/* As vpcd of Debian 12 does: length and bytes in two pieces. */
static void put(int fd, const uint8_t *bytes, size_t size)
{
	const uint8_t length[] = {(uint8_t)(size >> 8), (uint8_t)size};
	assert_int_equal(send(fd, length, 2, MSG_NOSIGNAL), 2);
	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), (ssize_t)size);
}

/* Announced size; *size what came before the end. -1: nothing came at all. */
static int get(int fd, uint8_t *out, size_t room, size_t *size)
{
	uint8_t length[2];
	*size = 0;
	if (recv(fd, length, 2, MSG_WAITALL) != 2)
		return -1;
	size_t n = (size_t)length[0] << 8 | length[1];
	assert_true(n <= room);
	while (*size < n) {
		ssize_t got = recv(fd, out + *size, n - *size, 0);
		if (got <= 0)
			break;
		*size += (size_t)got;
	}
	return (int)n;
}

static const uint8_t aid[] = {0, 0xa4, 4, 0x0c, 7, 0xa0, 0, 0, 2, 0x47, 0x10, 1};
static const uint8_t read_com[] = {0, 0xb0, 0x9e, 0, 4},
		     read_big[] = {0, 0xb0, 0x82, 0, 0, 0xea, 0x60};
static uint8_t out[65535];

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void framing(void **state)
{
	(void)state;
	struct served s;
	size_t n = 0;
	begin(&s, NULL, NULL);
	put(s.reader, (const uint8_t *)"\1", 1);
	put(s.reader, (const uint8_t *)"\4", 1);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 13);
	assert_int_equal(out[0], 0x3b);
	put(s.reader, aid, sizeof aid);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 2);
	assert_memory_equal(out, "\x90\0", 2);
	put(s.reader, read_com, sizeof read_com);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 6);
	assert_memory_equal(out, "\x60\x02\x5c\0\x90\0", 6);
	put(s.reader, read_big, sizeof read_big);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 60002);
	assert_int_equal(n, 60002);
	/* a reset forgets the application; the ATR is answered without power too */
	put(s.reader, (const uint8_t *)"\2", 1);
	put(s.reader, read_com, sizeof read_com);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 2);
	assert_memory_equal(out, "\x6a\x82", 2);
	put(s.reader, (const uint8_t *)"\0", 1);
	put(s.reader, (const uint8_t *)"\4", 1);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 13);
	assert_int_equal(end(&s), PN_OK);
}

static void leaving(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		int announced;
		size_t size;
	} cases[] = {{"tear@2", -1, 0}, {"tear-late@2", -1, 0}, {"tear-half@2", 10, 2}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct served s;
		size_t n = 0;
		begin(&s, cases[i].fault, NULL);
		put(s.reader, aid, sizeof aid);
		assert_int_equal(get(s.reader, out, sizeof out, &n), 2);
		put(s.reader, read_com, sizeof read_com);
		assert_int_equal(get(s.reader, out, sizeof out, &n), cases[i].announced);
		assert_int_equal(n, cases[i].size);
		assert_int_equal(end(&s), PN_ECLOSED);
	}
}

static void short_replies(void **state)
{
	(void)state;
	struct served s;
	size_t n = 0;
	begin(&s, "reply-0", NULL);
	put(s.reader, aid, sizeof aid);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 0);
	assert_int_equal(end(&s), PN_OK);
	begin(&s, "reply-1", NULL);
	put(s.reader, aid, sizeof aid);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 1);
	assert_int_equal(end(&s), PN_OK);
}

static void broken_frames(void **state)
{
	(void)state;
	struct served s;
	begin(&s, NULL, NULL);
	assert_int_equal(send(s.reader, "\0\5\0\xb0", 4, MSG_NOSIGNAL), 4);
	assert_int_equal(end(&s), PN_EFORMAT);
	begin(&s, NULL, NULL);
	assert_int_equal(send(s.reader, "\0", 1, MSG_NOSIGNAL), 1);
	assert_int_equal(end(&s), PN_EFORMAT);
	begin(&s, NULL, NULL);
	assert_int_equal(send(s.reader, "\0\0\0\0", 4, MSG_NOSIGNAL), 4);
	assert_int_equal(end(&s), PN_OK);
}

static void stopping(void **state)
{
	(void)state;
	struct served s;
	struct sim_chip_timing slow = {.ms[0xa4] = 60000};
	begin(&s, NULL, &slow);
	put(s.reader, aid, sizeof aid);
	usleep(20000);
	assert_int_equal(write(s.stop[1], "x", 1), 1);
	assert_int_equal(end(&s), PN_ETIMEOUT);
}

static void in_time(void **state)
{
	(void)state;
	struct served s;
	size_t n = 0;
	struct sim_chip_timing timing = {.ms[0xa4] = 30};
	begin(&s, NULL, &timing);
	double from = now_ms();
	put(s.reader, aid, sizeof aid);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 2);
	assert_true(now_ms() - from >= 30);
	assert_int_equal(end(&s), PN_OK);
}

/* Delayed acknowledgements would make each of these 40 ms. */
static void at_once(void **state)
{
	(void)state;
	struct served s;
	size_t n = 0;
	double least = 1e9;
	begin(&s, NULL, NULL);
	put(s.reader, aid, sizeof aid);
	assert_int_equal(get(s.reader, out, sizeof out, &n), 2);
	for (int i = 0; i < 50; i++) {
		double from = now_ms();
		put(s.reader, read_com, sizeof read_com);
		assert_int_equal(get(s.reader, out, sizeof out, &n), 6);
		double took = now_ms() - from;
		least = took < least ? took : least;
	}
	print_message("fastest exchange %.3f ms\n", least);
	assert_true(least < 20);
	assert_int_equal(end(&s), PN_OK);
}

static void nobody_there(void **state)
{
	(void)state;
	int fd = -1, listener = -1;
	uint16_t port = 0;
	assert_int_equal(sim_vpcd_listen(0, &listener, &port), PN_OK);
	assert_int_not_equal(port, 0);
	close(listener);
	assert_int_equal(sim_vpcd_connect("127.0.0.1", port, &fd), PN_EIO);
	assert_int_equal(sim_vpcd_connect("somewhere", port, &fd), PN_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing),
		cmocka_unit_test(leaving),
		cmocka_unit_test(short_replies),
		cmocka_unit_test(broken_frames),
		cmocka_unit_test(stopping),
		cmocka_unit_test(in_time),
		cmocka_unit_test(at_once),
		cmocka_unit_test(nobody_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
