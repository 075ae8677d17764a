/* SPDX-License-Identifier: Apache-2.0
 * reader-serial over a real pseudo terminal: framings, line parameters, floods, loss and return of
 * the line. The far end is this test. Must never depend on how fast the machine is: it waits for
 * messages, not for times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include "../sdk/fake_host.h"
#include "document.pb-c.h"
#include <cmocka.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#define WAIT 5000
#define A3 "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<"
#define B3 "L898902C36UTO7408122F1204159ZE184226B<<<<<10"
#define A1 "I<UTOD231458907<<<<<<<<<<<<<<<"
#define B1 "7408122F1204159UTO<<<<<<<<<<<6"
#define C1 "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"

struct rig {
	struct fake_host *host;
	int far, near; /* the reader's end, the plugin's end */
	char path[64];
};

static struct rig rig_new(const char *framing, const char *removed)
{
	struct rig r = {.host = fake_host_new(&postern_plugin)};

	r.far = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(r.far >= 0);
	assert_int_equal(grantpt(r.far), 0);
	assert_int_equal(unlockpt(r.far), 0);
	assert_int_equal(ptsname_r(r.far, r.path, sizeof(r.path)), 0);
	r.near = open(r.path, O_RDWR | O_NOCTTY);
	assert_true(r.near >= 0);
	fake_host_option(r.host, "framing", framing, 0);
	fake_host_option(r.host, "parity", "even", 0);
	fake_host_option(r.host, "removed_frame", removed, 0);
	fake_host_option(r.host, "baud", NULL, 19200);
	fake_host_option(r.host, "data_bits", NULL, 8);
	fake_host_option(r.host, "timeout_ms", NULL, 200);
	fake_host_option(r.host, "lost_after_ms", NULL, 400);
	fake_host_device(r.host, "line", r.near);
	return r;
}

static void say(const struct rig *r, const char *text, size_t size)
{
	assert_int_equal(write(r->far, text, size), size);
}

#define SAY(r, text) say(r, text, sizeof(text) - 1)

static void expect_status(struct rig *r, bool ready)
{
	const struct fake_message *m = fake_host_next(r->host, WAIT);
	Postern__ReaderStatus *status;

	assert_non_null(m);
	assert_int_equal(m->body, 20);
	status = postern__reader_status__unpack(NULL, m->size, m->bytes);
	assert_non_null(status);
	assert_int_equal(status->ready, ready);
	assert_string_equal(status->reason, ready ? "" : "reader.disconnected");
	postern__reader_status__free_unpacked(status, NULL);
	assert_true((r->host->trouble == NULL) == ready);
}

static void expect_presented(struct rig *r, size_t count, const char *const lines[])
{
	const struct fake_message *m = fake_host_next(r->host, WAIT);
	Postern__DocumentPresented *presented;

	assert_non_null(m);
	assert_int_equal(m->body, 21);
	presented = postern__document_presented__unpack(NULL, m->size, m->bytes);
	assert_non_null(presented);
	assert_int_equal(presented->n_mrz_lines, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(presented->mrz_lines[i], lines[i]);
	postern__document_presented__free_unpacked(presented, NULL);
}

static void expect_td3(struct rig *r)
{
	expect_presented(r, 2, (const char *const[]){A3, B3});
}

static void expect_removed(struct rig *r, bool early)
{
	const struct fake_message *m = fake_host_next(r->host, WAIT);
	Postern__DocumentRemoved *removed;

	assert_non_null(m);
	assert_int_equal(m->body, 22);
	removed = postern__document_removed__unpack(NULL, m->size, m->bytes);
	assert_non_null(removed);
	assert_int_equal(removed->early, early);
	postern__document_removed__free_unpacked(removed, NULL);
}

static void expect_unreadable(struct rig *r, const char *reason)
{
	const struct fake_message *m = fake_host_next(r->host, WAIT);
	Postern__DocumentUnreadable *unreadable;

	assert_non_null(m);
	assert_int_equal(m->body, 23);
	unreadable = postern__document_unreadable__unpack(NULL, m->size, m->bytes);
	assert_non_null(unreadable);
	assert_string_equal(unreadable->reason, reason);
	postern__document_unreadable__free_unpacked(unreadable, NULL);
}

static void rig_start(struct rig *r)
{
	assert_int_equal(fake_host_start(r->host), 0);
	expect_status(r, true);
}

static void rig_end(struct rig *r)
{
	fake_host_stop(r->host);
	fake_host_free(r->host);
	close(r->near);
	if (r->far >= 0)
		close(r->far);
}

static void test_stx_etx(void **state)
{
	struct rig r = rig_new("stx-etx", "REMOVED");

	(void)state;
	rig_start(&r);
	SAY(&r, "\x02" A3 "\r\n" B3 "\x03");
	expect_td3(&r);
	SAY(&r, "\x02REMOVED\x03");
	expect_removed(&r, false);
	SAY(&r, "\x02" A1 "\x03");
	fake_host_run(r.host, 20);
	SAY(&r, "\x02" B1 "\x03\x02");
	fake_host_run(r.host, 20);
	SAY(&r, C1 "\x03");
	expect_presented(&r, 3, (const char *const[]){A1, B1, C1});
	assert_int_equal(fake_host_count(r.host, "frames_total"), 5);
	rig_end(&r);
}

static void test_cr_and_crlf(void **state)
{
	(void)state;
	for (int crlf = 0; crlf < 2; crlf++) {
		struct rig r = rig_new(crlf ? "crlf" : "cr", "");

		rig_start(&r);
		if (crlf)
			SAY(&r, A3 "\r\n" B3 "\r\n");
		else
			SAY(&r, A3 "\r" B3 "\r");
		expect_td3(&r);
		expect_removed(&r, false); /* a swipe */
		rig_end(&r);
	}
}

static void test_half_frame_and_garbage(void **state)
{
	struct rig r = rig_new("cr", "@GONE");

	(void)state;
	rig_start(&r);
	SAY(&r, A3 "\rL898902C3");
	expect_unreadable(&r, "reader.incomplete");
	SAY(&r, "@GONE\r");
	expect_removed(&r, true);
	SAY(&r, "\xff\xfe\x80\r");
	SAY(&r, A3 "\r" B3 "\r");
	expect_td3(&r);
	assert_int_equal(fake_host_count(r.host, "incomplete_total"), 1);
	assert_int_equal(fake_host_count(r.host, "noise_bytes_total"), 3);
	rig_end(&r);
}

/* A reader that never stops talking: bounded work per turn, one report, and a zone is still read
 * afterwards. */
static void test_flood(void **state)
{
	struct rig r = rig_new("cr", "");
	char flood[1000];

	(void)state;
	rig_start(&r);
	memset(flood, 'F', sizeof(flood));
	for (int i = 0; i < 60; i++) {
		say(&r, flood, sizeof(flood));
		fake_host_run(r.host, 1);
	}
	expect_unreadable(&r, "reader.oversized_frame");
	SAY(&r, "\r" A3 "\r" B3 "\r");
	expect_td3(&r);
	expect_removed(&r, false);
	assert_int_equal(fake_host_count(r.host, "oversized_total"), 1);
	rig_end(&r);
}

static void test_line_parameters(void **state)
{
	struct rig r = rig_new("cr", "");
	struct termios t;

	(void)state;
	assert_int_equal(tcgetattr(r.near, &t), 0);
	assert_true(t.c_lflag & ICANON);
	rig_start(&r);
	assert_int_equal(tcgetattr(r.near, &t), 0);
	assert_false(t.c_lflag & (ICANON | ECHO | ISIG));
	assert_false(t.c_iflag & (ICRNL | IXON));
	assert_true(t.c_iflag & INPCK);
	assert_int_equal(cfgetispeed(&t), B19200);
	assert_true(fcntl(r.near, F_GETFL) & O_NONBLOCK);
	rig_end(&r);
}

static void test_bad_options(void **state)
{
	struct rig r = rig_new("cr", "");

	(void)state;
	fake_host_option(r.host, "baud", NULL, 9601);
	assert_int_not_equal(fake_host_start(r.host), 0);
	fake_host_option(r.host, "baud", NULL, 9600);
	fake_host_option(r.host, "framing", "morse", 0);
	assert_int_not_equal(fake_host_start(r.host), 0);
	fake_host_option(r.host, "framing", "cr", 0);
	fake_host_device(r.host, "line", -1);
	assert_int_not_equal(fake_host_start(r.host), 0);
	fake_host_device(r.host, "line", r.near);
	rig_start(&r);
	rig_end(&r);
}

/* The reader is unplugged in the middle of a zone: told at once, and after lost_after_ms given to
 * the supervisor, which opens a new line for a new process: here a new rig, which works. */
static void test_disconnected_for_good(void **state)
{
	struct rig r = rig_new("stx-etx", "REMOVED");

	(void)state;
	rig_start(&r);
	SAY(&r, "\x02" A3);
	fake_host_run(r.host, 20);
	close(r.far);
	r.far = -1;
	expect_status(&r, false);
	assert_null(r.host->failed);
	fake_host_run(r.host, 700);
	assert_non_null(r.host->failed);
	assert_string_equal(r.host->failed, "reader.disconnected");
	assert_null(fake_host_next(r.host, 0)); /* no half zone, no second status */
	rig_end(&r);

	r = rig_new("stx-etx", "REMOVED");
	rig_start(&r);
	SAY(&r, "\x02" A3 "\r" B3 "\x03");
	expect_td3(&r);
	rig_end(&r);
}

/* The plugin holds the master side, so that the far end can go and come back on the same
 * descriptor. */
static void test_disconnected_and_back(void **state)
{
	struct rig r = rig_new("cr", "@GONE");
	int swap = r.far;

	(void)state;
	r.far = r.near;
	r.near = swap;
	fake_host_device(r.host, "line", r.near);
	fake_host_option(r.host, "lost_after_ms", NULL, 60000);
	rig_start(&r);
	SAY(&r, A3 "\r" B3 "\r");
	expect_td3(&r);
	for (int i = 0; i < 3; i++) {
		close(r.far);
		expect_status(&r, false);
		r.far = open(r.path, O_RDWR | O_NOCTTY);
		assert_true(r.far >= 0);
		expect_status(&r, true);
		SAY(&r, A3 "\r" B3 "\r");
		expect_td3(&r); /* what lay there before the loss is forgotten: presented anew */
	}
	assert_null(r.host->failed);
	rig_end(&r);
}

static void test_core_restarts(void **state)
{
	struct rig r = rig_new("cr", "@GONE");

	(void)state;
	rig_start(&r);
	postern_plugin.core_started(r.host->self, 2);
	expect_status(&r, true);
	assert_null(fake_host_next(r.host, 0));
	SAY(&r, A3 "\r" B3 "\r");
	expect_td3(&r);
	postern_plugin.core_started(r.host->self, 3);
	expect_status(&r, true);
	expect_td3(&r); /* it still lies there */
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_stx_etx),
		cmocka_unit_test(test_cr_and_crlf), cmocka_unit_test(test_half_frame_and_garbage),
		cmocka_unit_test(test_flood), cmocka_unit_test(test_line_parameters),
		cmocka_unit_test(test_bad_options), cmocka_unit_test(test_disconnected_for_good),
		cmocka_unit_test(test_disconnected_and_back), cmocka_unit_test(test_core_restarts)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
