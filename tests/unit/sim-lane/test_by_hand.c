/* SPDX-License-Identifier: Apache-2.0
 * A person at the keyboard does what a person could, and is told why not; the lane's port takes lines, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "hand_socket.h"

static const struct hand_world world = {7, "NOR", {2026, 11, 29}};
static const struct agent_view shut = {0}, entry_open = {.entry_passable = true}, exit_open = {.exit_passable = true};

static enum hand_answer done(struct hand *h, const char *line, const struct agent_view *v, struct agent_acts *acts)
{
	struct hand before = *h;
	struct agent_acts none;
	enum hand_answer a = hand_do(h, line, &world, v, acts);
	memset(&none, 0, sizeof none);
	if (a != HAND_OK) {
		assert_memory_equal(&before, h, sizeof before);
		assert_memory_equal(&none, acts, sizeof none);
	}
	return a;
}

static void test_a_crossing(void **state)
{
	struct hand h;
	struct agent_acts a;
	(void)state;
	hand_arrive(&h, &world);
	assert_int_equal(h.who.kind, TRAVELLER_CITIZEN);
	assert_string_equal(h.who.issuer, "NOR");
	assert_int_equal(done(&h, "take", &shut, &a), HAND_NO_IN_HAND);
	assert_int_equal(done(&h, "in", &shut, &a), HAND_NO_ENTRY);
	assert_int_equal(done(&h, "out", &exit_open, &a), HAND_NO_INSIDE);
	assert_int_equal(done(&h, "bag", &shut, &a), HAND_NO_INSIDE);
	assert_int_equal(done(&h, "put", &shut, &a), HAND_OK);
	assert_true(a.present_document);
	assert_int_equal(done(&h, "put", &shut, &a), HAND_NO_LAID);
	assert_int_equal(done(&h, "be minor", &shut, &a), HAND_NO_LAID);
	assert_int_equal(done(&h, "take", &shut, &a), HAND_OK);
	assert_true(a.remove_document);
	assert_int_equal(done(&h, "in", &entry_open, &a), HAND_OK);
	assert_int_equal(a.persons_in, 1);
	assert_int_equal(done(&h, "in", &entry_open, &a), HAND_NO_OUTSIDE);
	assert_int_equal(done(&h, "put", &entry_open, &a), HAND_NO_OUTSIDE);
	assert_int_equal(done(&h, "be minor", &entry_open, &a), HAND_NO_OUTSIDE);
	assert_int_equal(done(&h, "out", &entry_open, &a), HAND_NO_EXIT);
	assert_int_equal(done(&h, "out", &exit_open, &a), HAND_OK);
	assert_int_equal(a.persons_out, 1);
	assert_true(a.by_exit && a.done && !a.leave_object);
	assert_string_equal(a.outcome, "passed");
	assert_int_equal(h.place, HAND_OUTSIDE);
}

static void test_door_and_bag(void **state)
{
	struct hand h;
	struct agent_acts a;
	(void)state;
	hand_arrive(&h, &world);
	assert_int_equal(done(&h, "be tailgater", &shut, &a), HAND_OK);
	assert_int_equal(done(&h, "hold", &shut, &a), HAND_NO_ENTRY);
	assert_int_equal(done(&h, "left", &shut, &a), HAND_NO_INSIDE);
	assert_int_equal(done(&h, "hold", &entry_open, &a), HAND_OK);
	assert_int_equal(a.persons_in, 2);
	assert_true(a.block_entry);
	assert_int_equal(done(&h, "out", &exit_open, &a), HAND_NO_INSIDE);
	assert_int_equal(done(&h, "stand", &entry_open, &a), HAND_OK);
	assert_true(a.unblock_entry);
	assert_int_equal(done(&h, "left", &shut, &a), HAND_OK);
	assert_true(a.turn_head && a.turn_degrees > 0);
	assert_int_equal(done(&h, "right", &shut, &a), HAND_OK);
	assert_true(a.turn_head && a.turn_degrees < 0);
	assert_int_equal(done(&h, "ahead", &shut, &a), HAND_OK);
	assert_true(a.turn_head && a.turn_degrees == 0);
	assert_int_equal(done(&h, "bag", &shut, &a), HAND_OK);
	assert_false(a.leave_object); /* while its owner stands beside it, nothing was left */
	assert_int_equal(done(&h, "bag", &shut, &a), HAND_NO_BAG);
	assert_int_equal(done(&h, "back", &shut, &a), HAND_NO_ENTRY);
	assert_int_equal(done(&h, "back", &entry_open, &a), HAND_OK);
	assert_int_equal(a.persons_out, 2);
	assert_true(a.leave_object && a.done && !a.by_exit);
	assert_string_equal(a.outcome, "returned");
	assert_int_equal(done(&h, "hold", &entry_open, &a), HAND_OK);
	assert_int_equal(done(&h, "back", &shut, &a), HAND_OK); /* out of the doorway one stands in */
	assert_true(a.unblock_entry && !a.leave_object);
	assert_int_equal(done(&h, "in", &entry_open, &a), HAND_OK);
	assert_int_equal(done(&h, "press", &shut, &a), HAND_OK);
	assert_true(a.press_emergency);
	assert_int_equal(done(&h, "reset", &shut, &a), HAND_NO_OUTSIDE);
	assert_int_equal(done(&h, "out", &exit_open, &a), HAND_OK);
	assert_int_equal(done(&h, "reset", &shut, &a), HAND_OK);
	assert_true(a.reset_emergency && !a.press_emergency);
}

static void test_words(void **state)
{
	static const char *const none[] = {"", "pu", "put ", " put", "PUT", "put\ttake", "be", "mrz", "kinds", "GET / HTTP/1.1", "quit"};
	static const char *const lines[] = {"mrz ", "mrz P<UTO", "mrz L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		"mrz L898902C36UTO7408122F1204159ZE184226B<<<<<10 L898902C36UTO7408122F120415",
		"mrz L898902c36UTO7408122F1204159ZE184226B<<<<<10 L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		"mrz L898902C36UTO7408122F1204159ZE184226B<<<<<10  L898902C36UTO7408122F1204159ZE184226B<<<<<10",
		"mrz L898902C36UTO7408122F1204159ZE184226B<<<<<10 L898902C36UTO7408122F1204159ZE184226B<<<<<10 ",
		"mrz L898902C36UTO7408122F1204159ZE184226B<<<<<100 L898902C36UTO7408122F1204159ZE184226B<<<<<100",
		"mrz AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAA"};
	struct hand h;
	struct agent_acts a;
	char line[64];
	(void)state;
	hand_arrive(&h, &world);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		assert_int_equal(done(&h, none[i], &shut, &a), HAND_NO_WORD);
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_int_equal(done(&h, lines[i], &shut, &a), HAND_NO_LINES);
	assert_int_equal(done(&h, "be nobody", &shut, &a), HAND_NO_KIND);
	for (int kind = 0; kind < TRAVELLER_KINDS; kind++) {
		snprintf(line, sizeof line, "be %s", traveller_kind_name((enum traveller_kind)kind));
		assert_int_equal(done(&h, line, &shut, &a), HAND_OK);
		assert_int_equal(h.who.kind, kind);
		assert_int_equal(h.who.index, TRAVELLER_BY_HAND + kind);
	}
	/* Doc 9303-4, Appendix B */
	assert_int_equal(done(&h,
				 "mrz P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<< L898902C36UTO7408122F1204159ZE184226B<<<<<10",
				 &shut, &a),
		HAND_OK);
	assert_int_equal(h.who.lines, 2);
	assert_string_equal(h.who.mrz[0], "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<");
	assert_string_equal(h.who.mrz[1], "L898902C36UTO7408122F1204159ZE184226B<<<<<10");
}

/* --- the port --- */

struct bench {
	struct hand_socket *s;
	struct sockaddr_in at;
	uint64_t now;
	unsigned acts;
	const char *values[HAND_VALUES];
};

static enum hand_answer on_act(void *self, const char *line)
{
	struct bench *b = self;
	b->acts++;
	return strcmp(line, "put") == 0 ? HAND_OK : strcmp(line, "in") == 0 ? HAND_NO_ENTRY : HAND_NO_WORD;
}

static void begin(struct bench *b)
{
	memset(b, 0, sizeof *b);
	b->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	for (size_t i = 0; i < HAND_VALUES; i++)
		b->values[i] = "first";
	/* a port that is free now: the system's choice for somebody else */
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t size = sizeof b->at;
	assert_int_equal(bind(fd, (struct sockaddr *)&b->at, sizeof b->at), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&b->at, &size), 0);
	close(fd);
	assert_int_equal(hand_socket_open(ntohs(b->at.sin_port), &b->s), PN_OK);
	b->now = 1000;
}

static void turn(struct bench *b, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		b->now += 10;
		hand_socket_turn(b->s, b->now, b->values, on_act, b);
	}
}

static int come(struct bench *b)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (connect(fd, (struct sockaddr *)&b->at, sizeof b->at) != 0) {
		struct pollfd p = {.fd = fd, .events = POLLOUT};
		assert_int_equal(poll(&p, 1, 5000), 1);
	}
	turn(b, 2);
	return fd;
}

/* All that has come; "!" at the end: the lane has closed. */
static const char *all(int fd)
{
	static char text[8192];
	size_t have = 0;
	ssize_t n;
	while ((n = recv(fd, text + have, sizeof text - 2 - have, MSG_DONTWAIT)) > 0)
		have += (size_t)n;
	strcpy(text + have, n == 0 || (n < 0 && (errno == ECONNRESET || errno == EPIPE)) ? "!" : "");
	return text;
}

static void test_port_acts(void **state)
{
	struct bench b;
	(void)state;
	begin(&b);
	int one = come(&b), two = come(&b), third = come(&b);
	assert_string_equal(all(one), "");
	assert_int_equal(send(one, "look\n", 5, 0), 5);
	assert_int_equal(send(two, "look\n", 5, 0), 5);
	turn(&b, 20);
	assert_string_equal(all(one),
		"who first\nshown first\nentry first\nexit first\nplace first\ndocument first\nbag first\nok\n");
	all(two);
	assert_int_equal(send(one, "put\nin\nput\n", 11, 0), 11);
	turn(&b, 1);
	assert_int_equal(b.acts, 1); /* the rest waits its time */
	turn(&b, 40);
	assert_int_equal(b.acts, 3);
	assert_string_equal(all(one), "ok\nno entry\nok\n");
	b.values[HAND_SHOWN] = "walk-in";
	turn(&b, 1);
	assert_string_equal(all(one), "shown walk-in\n");
	assert_string_equal(all(two), "shown walk-in\n");
	assert_int_equal(send(two, "kinds\n", 6, 0), 6);
	turn(&b, 10);
	assert_non_null(strstr(all(two), "kind citizen a national"));
	assert_string_equal(all(third), ""); /* who has not looked is told nothing */
	close(one);
	close(two);
	close(third);
	hand_socket_close(b.s);
}

static void test_port_refuses(void **state)
{
	static char flood[100000];
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {{"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 35}, {"put\0\n", 5}, {"p\xc3\xbcut\n", 6}, {"\x16\x03\x01\x02", 4},
		{"nothing\nput\n", 12}, {flood, sizeof flood}};
	struct bench b;
	(void)state;
	memset(flood, 'A', sizeof flood);
	begin(&b);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		int fd = come(&b);
		send(fd, bad[i].bytes, bad[i].size, MSG_DONTWAIT | MSG_NOSIGNAL);
		unsigned before = b.acts;
		turn(&b, 20);
		const char *got = all(fd);
		assert_int_equal(got[strlen(got) - 1], '!');
		assert_true(b.acts <= before + 1); /* the word that is none */
		close(fd);
	}
	int silent[HAND_CLIENTS];
	for (size_t i = 0; i < HAND_CLIENTS; i++)
		silent[i] = come(&b);
	int fd = come(&b);
	assert_string_equal(all(fd), "no room\n!");
	close(fd);
	turn(&b, HAND_FIRST_LINE_MS / 10 + 1); /* who says nothing makes room */
	fd = come(&b);
	assert_int_equal(send(fd, "put\n", 4, 0), 4);
	turn(&b, 10);
	assert_non_null(strstr(all(fd), "ok\n"));
	turn(&b, HAND_FIRST_LINE_MS / 10 + 1); /* and who has said something stays */
	assert_string_equal(all(fd), "");
	for (size_t i = 0; i < HAND_CLIENTS; i++)
		close(silent[i]);
	close(fd);
	hand_socket_close(b.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_crossing), cmocka_unit_test(test_door_and_bag),
		cmocka_unit_test(test_words), cmocka_unit_test(test_port_acts), cmocka_unit_test(test_port_refuses)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
