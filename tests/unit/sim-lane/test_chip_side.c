/* SPDX-License-Identifier: Apache-2.0
 * The chip of a simulated traveller's document on a reader of ours: it is there when the document is, answers as the
 * passport that was issued, goes away when it is taken back or moved, and the lane hears of it. The reader is a socket
 * that waits, as vpcd does, and the reader's library behind it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "chip_side.h"
#include "office_day.h"
#include "sim/chip/vpcd.h"

enum { PATIENCE_MS = 20000, MOMENT_MS = 300 };

struct bench {
	struct office_day day;
	struct chip_side *side;
	int listener, chip;
	uint16_t port;
	unsigned tears;
};

static void begin(struct bench *b, int kind, uint32_t count)
{
	memset(b, 0, sizeof *b);
	b->chip = -1;
	office_day_begin(&b->day, kind, count);
	assert_int_equal(sim_vpcd_listen(0, &b->listener, &b->port), PN_OK);
	const struct chip_side_config config = {
		.port = b->port, .folder = b->day.passports, .pace = {.air_kbit = 848, .key_ms = 1}};
	assert_int_equal(chip_side_start(&config, &b->side), PN_OK);
}

static void end(struct bench *b)
{
	chip_side_stop(b->side);
	if (b->chip >= 0)
		close(b->chip);
	close(b->listener);
	office_day_end(&b->day);
}

/* A chip that comes within ms, powered. */
static bool comes(struct bench *b, int ms)
{
	struct pollfd p = {.fd = b->listener, .events = POLLIN};
	if (b->chip >= 0)
		close(b->chip);
	b->chip = -1;
	if (poll(&p, 1, ms) != 1)
		return false;
	b->chip = accept(b->listener, NULL, NULL);
	assert_true(b->chip >= 0);
	int one = 1;
	setsockopt(b->chip, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return send(b->chip, "\0\1\1", 3, MSG_NOSIGNAL) == 3;
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct bench *b = self;
	uint8_t frame[2 + 4096], length[2];
	assert_true(size <= 4096);
	frame[0] = (uint8_t)(size >> 8);
	frame[1] = (uint8_t)size;
	memcpy(frame + 2, command, size);
	if (send(b->chip, frame, size + 2, MSG_NOSIGNAL) != (ssize_t)size + 2 || recv(b->chip, length, 2, MSG_WAITALL) != 2)
		return PN_EIO;
	size_t n = (size_t)length[0] << 8 | length[1];
	if (n > *response_size || recv(b->chip, response, n, MSG_WAITALL) != (ssize_t)n)
		return PN_EIO;
	*response_size = n;
	return 0;
}

static int laid_again(void *self)
{
	struct bench *b = self;
	b->tears++;
	return comes(b, PATIENCE_MS) ? 0 : PN_EIO;
}

static int read_it(struct bench *b, uint32_t index, struct emrtd_document *out)
{
	struct traveller t = office_day_traveller(&b->day, index);
	return office_day_read(t.zone, true, transmit, laid_again, b, out);
}

/* The next thing that the lane hears, of this document. */
static struct chip_side_event heard(struct bench *b, enum chip_side_what what, uint32_t index)
{
	struct chip_side_event e = {.what = CHIP_SIDE_MISSING};
	int waited = 0;
	while (!chip_side_fetch(b->side, &e) && waited++ < PATIENCE_MS)
		usleep(1000);
	assert_int_equal(e.what, what);
	assert_int_equal(e.index, index);
	return e;
}

/* The first traveller whose chip takes commands of extended length, as read_it() sends them. */
static uint32_t extended(const struct office_day *d)
{
	struct passport_pool pool = {{NULL}};
	struct passport_text text;
	struct sim_passport_config c;
	uint32_t i = 0;
	do {
		struct traveller t = office_day_traveller(d, i++);
		assert_int_equal(passport_describe(&t, &pool, &text, &c), 0);
	} while (c.no_extended);
	passport_pool_free(&pool);
	return i - 1;
}

static void is_read(void **state)
{
	(void)state;
	struct bench b;
	struct emrtd_document d;
	struct chip_side_event e;
	begin(&b, TRAVELLER_CITIZEN, 10);
	uint32_t i = extended(&b.day);
	struct traveller t = office_day_traveller(&b.day, i);
	assert_false(comes(&b, MOMENT_MS));
	chip_side_lay(b.side, i, TRAVELLER_CITIZEN);
	assert_true(comes(&b, PATIENCE_MS));
	heard(&b, CHIP_SIDE_PRESENTED, i);
	assert_int_equal(read_it(&b, i, &d), 0);
	assert_memory_equal(d.group[1].bytes + 5, t.zone, 88);
	assert_true(d.group[2].whole);
	emrtd_document_free(&d);
	chip_side_take(b.side);
	e = heard(&b, CHIP_SIDE_DONE, i);
	assert_true(e.exchanges > 10);
	assert_true(e.kind == TRAVELLER_CITIZEN);
	/* more bits than 12 kB of face have cannot pass in less at 848 kbit/s */
	assert_true(e.ms >= 113);
	assert_int_equal(recv(b.chip, &e, 1, 0), 0);
	assert_false(comes(&b, MOMENT_MS));
	assert_false(chip_side_fetch(b.side, &e));
	assert_int_equal(chip_side_lost(b.side), 0);
	end(&b);
}

static void is_moved(void **state)
{
	(void)state;
	struct bench b;
	struct emrtd_document d;
	begin(&b, TRAVELLER_WIGGLES, 10);
	uint32_t i = extended(&b.day);
	chip_side_lay(b.side, i, TRAVELLER_WIGGLES);
	assert_true(comes(&b, PATIENCE_MS));
	assert_int_equal(read_it(&b, i, &d), 0);
	assert_int_equal(b.tears, 1);
	assert_int_equal(d.resumed, 1);
	emrtd_document_free(&d);
	chip_side_take(b.side);
	heard(&b, CHIP_SIDE_PRESENTED, i);
	heard(&b, CHIP_SIDE_TORN, i);
	heard(&b, CHIP_SIDE_DONE, i);
	end(&b);
}

static void no_chip(void **state)
{
	(void)state;
	struct bench b;
	struct chip_side_event e;
	begin(&b, TRAVELLER_CITIZEN, 1);
	chip_side_lay(b.side, 0, TRAVELLER_BROKEN_CHIP);
	assert_false(comes(&b, MOMENT_MS));
	assert_false(chip_side_fetch(b.side, &e));
	chip_side_take(b.side);
	/* no such passport */
	chip_side_lay(b.side, 77, TRAVELLER_CITIZEN);
	heard(&b, CHIP_SIDE_MISSING, 77);
	chip_side_take(b.side);
	/* and the next one is served as if nothing had been */
	chip_side_lay(b.side, 0, TRAVELLER_CITIZEN);
	assert_true(comes(&b, PATIENCE_MS));
	end(&b);
}

/* One that takes a second for each command, taken back meanwhile; the reader goes; another one is laid on top. */
static void goes_at_once(void **state)
{
	(void)state;
	struct bench b;
	uint8_t byte;
	begin(&b, TRAVELLER_SLOW_CHIP, 2);
	chip_side_lay(b.side, 0, TRAVELLER_SLOW_CHIP);
	assert_true(comes(&b, PATIENCE_MS));
	assert_int_equal(send(b.chip, "\0\5\0\xb0\x9c\0\4", 7, MSG_NOSIGNAL), 7);
	chip_side_take(b.side);
	assert_true(recv(b.chip, &byte, 1, 0) <= 0); /* an end, or a reset over what it had not read */
	/* the reader went: the document comes to the next one that waits, for it still lies there */
	chip_side_lay(b.side, 1, TRAVELLER_SLOW_CHIP);
	assert_true(comes(&b, PATIENCE_MS));
	assert_true(comes(&b, PATIENCE_MS));
	chip_side_lay(b.side, 0, TRAVELLER_SLOW_CHIP);
	assert_true(recv(b.chip, &byte, 1, 0) <= 0);
	assert_true(comes(&b, PATIENCE_MS));
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_read),
		cmocka_unit_test(is_moved),
		cmocka_unit_test(no_chip),
		cmocka_unit_test(goes_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
