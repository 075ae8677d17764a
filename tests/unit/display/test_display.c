/* SPDX-License-Identifier: Apache-2.0
 * The traveller's display: what its page is told, and when. The plugin runs in its own loop in a thread, as it does in its process; the
 * test is its core and its page. Expected names are the schema's. Must never look into
 * the plugin while its thread runs.
 */
#include <pthread.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../sdk/fake_host.h"
#include "../web/client.h"
#include "base/clock.h"
#include "bus.pb-c.h"
#include "shown.h"

#define G(name) POSTERN__GUIDANCE__GUIDANCE_##name

static char folder[] = "/tmp/test-display-XXXXXX";

/* --- shown ------------------------------------------------------------------------------------------- */

static struct shown told(Postern__Guidance guidance, uint32_t permille, uint32_t remaining_ms, uint64_t now)
{
	struct shown s = {0};
	uint8_t bytes[64];
	Postern__ShowGuidance g = POSTERN__SHOW_GUIDANCE__INIT;
	g.guidance = guidance;
	g.permille = permille;
	g.remaining_ms = remaining_ms;
	size_t n = postern__show_guidance__pack(&g, bytes);
	assert_int_equal(shown_take(&s, bytes, n, now), 0);
	return s;
}

static void every_guidance_by_its_name(void **state)
{
	static const struct {
		Postern__Guidance guidance;
		const char *name;
	} rows[] = {{G(UNSPECIFIED), "CLOSED"}, {G(CLOSED), "CLOSED"}, {G(PRESENT_DOCUMENT), "PRESENT_DOCUMENT"}, {G(KEEP_DOCUMENT), "KEEP_DOCUMENT"},
		{G(TRY_AGAIN), "TRY_AGAIN"}, {G(TAKE_DOCUMENT), "TAKE_DOCUMENT"}, {G(WALK_IN), "WALK_IN"}, {G(LOOK_HERE), "LOOK_HERE"},
		{G(WALK_OUT), "WALK_OUT"}, {G(WAIT_OFFICER), "WAIT_OFFICER"}, {G(GO_BACK), "GO_BACK"}, {G(ONE_PERSON), "ONE_PERSON"},
		{G(EMERGENCY), "EMERGENCY"}, {G(OTHER_LANE), "OTHER_LANE"}, {G(TO_GATE), "TO_GATE"}, {(Postern__Guidance)99, "CLOSED"}};
	(void)state;
	/* one row for each value of the schema, and one for a value that is none */
	assert_int_equal(sizeof rows / sizeof rows[0], postern__guidance__descriptor.n_values + 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct shown s = told(rows[i].guidance, 0, 0, 1000);
		assert_string_equal(shown_name(&s, 1000, 1000, 2000), rows[i].name);
	}
}

static void only_what_is_fresh(void **state)
{
	struct shown s = told(G(WALK_OUT), 0, 0, 1000), nothing = {0};
	(void)state;
	assert_string_equal(shown_name(&s, 5000, 7000, 2000), "WALK_OUT"); /* said long ago, but the core is heard */
	assert_string_equal(shown_name(&s, 5000, 7001, 2000), "WAIT");
	assert_string_equal(shown_name(&s, 0, 100, 2000), "WAIT"); /* never heard */
	assert_string_equal(shown_name(&nothing, 5000, 5000, 2000), "WAIT");
	s.silent = true;
	assert_string_equal(shown_name(&s, 5000, 5000, 2000), "WAIT");
}

static void progress_runs(void **state)
{
	char text[SHOWN_TEXT_MAX];
	struct shown s = told(G(KEEP_DOCUMENT), 450, 3000, 1000);
	(void)state;
	size_t n = shown_text(&s, 1000, 1000, 2000, text);
	assert_string_equal(text, "{\"type\":\"state\",\"show\":\"KEEP_DOCUMENT\",\"permille\":450,\"remaining_ms\":3000}");
	assert_int_equal(n, strlen(text));
	shown_text(&s, 2500, 2250, 2000, text);
	assert_string_equal(text, "{\"type\":\"state\",\"show\":\"KEEP_DOCUMENT\",\"permille\":450,\"remaining_ms\":1800}");
	shown_text(&s, 9000, 9000, 2000, text);
	assert_non_null(strstr(text, "\"remaining_ms\":0}"));
	s = told(G(WALK_IN), 450, 3000, 1000);
	shown_text(&s, 1000, 1000, 2000, text);
	assert_string_equal(text, "{\"type\":\"state\",\"show\":\"WALK_IN\"}");
	s = told(G(KEEP_DOCUMENT), 70000, 0, 1000);
	shown_text(&s, 1000, 1000, 2000, text);
	assert_non_null(strstr(text, "\"permille\":1000,"));
}

/* What helps is said before the camera alone, and a word that is not known is none. */
static void advice_before_the_camera(void **state)
{
	static const struct {
		Postern__FaceAdvice advice;
		const char *name;
	} cases[] = {{POSTERN__FACE_ADVICE__FACE_ADVICE_CLOSER, "CLOSER"}, {POSTERN__FACE_ADVICE__FACE_ADVICE_STAND_STILL, "STAND_STILL"},
		{POSTERN__FACE_ADVICE__FACE_ADVICE_ALONE, "ALONE"}, {POSTERN__FACE_ADVICE__FACE_ADVICE_UNCOVER, "UNCOVER"},
		{POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_LEFT, "TURN_LEFT"}, {POSTERN__FACE_ADVICE__FACE_ADVICE_TURN_RIGHT, "TURN_RIGHT"},
		{POSTERN__FACE_ADVICE__FACE_ADVICE_LOOK_HERE, NULL}, {POSTERN__FACE_ADVICE__FACE_ADVICE_UNSPECIFIED, NULL}, {77, NULL}};
	char text[SHOWN_TEXT_MAX], wanted[SHOWN_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		Postern__ShowGuidance g = POSTERN__SHOW_GUIDANCE__INIT;
		struct shown s = {0};
		uint8_t bytes[64];
		g.guidance = G(LOOK_HERE);
		g.advice = cases[i].advice;
		assert_int_equal(shown_take(&s, bytes, postern__show_guidance__pack(&g, bytes), 1000), 0);
		shown_text(&s, 1000, 1000, 2000, text);
		snprintf(wanted, sizeof wanted, "{\"type\":\"state\",\"show\":\"LOOK_HERE\"%s%s%s}", cases[i].name != NULL ? ",\"advice\":\"" : "",
			cases[i].name != NULL ? cases[i].name : "", cases[i].name != NULL ? "\"" : "");
		assert_string_equal(text, wanted);
		s.guidance = G(WALK_OUT);
		shown_text(&s, 1000, 1000, 2000, text);
		assert_string_equal(text, "{\"type\":\"state\",\"show\":\"WALK_OUT\"}");
	}
}

/* Whoever takes the document at a kiosk, or was sent back, is not told to walk in. */
static void what_comes_after_the_document(void **state)
{
	static const Postern__Guidance then[] = {G(UNSPECIFIED), G(WALK_IN), G(TO_GATE), (Postern__Guidance)99};
	char text[SHOWN_TEXT_MAX];
	(void)state;
	for (size_t i = 0; i < PN_COUNT(then); i++) {
		Postern__ShowGuidance g = POSTERN__SHOW_GUIDANCE__INIT;
		struct shown s = {0};
		uint8_t bytes[64];
		g.guidance = G(TAKE_DOCUMENT);
		g.then = then[i];
		assert_int_equal(shown_take(&s, bytes, postern__show_guidance__pack(&g, bytes), 1000), 0);
		shown_text(&s, 1000, 1000, 2000, text);
		assert_string_equal(text, then[i] == G(WALK_IN) ? "{\"type\":\"state\",\"show\":\"TAKE_DOCUMENT\",\"then\":\"WALK_IN\"}" :
								  "{\"type\":\"state\",\"show\":\"TAKE_DOCUMENT\"}");
		s.guidance = G(GO_BACK);
		shown_text(&s, 1000, 1000, 2000, text);
		assert_string_equal(text, "{\"type\":\"state\",\"show\":\"GO_BACK\"}");
	}
}

static void bytes_that_are_none(void **state)
{
	struct shown s = told(G(WALK_IN), 0, 0, 1000);
	(void)state;
	assert_int_equal(shown_take(&s, (const uint8_t *)"\xff\xff\xff", 3, 2000), PN_EFORMAT);
	assert_string_equal(shown_name(&s, 2000, 2000, 2000), "WALK_IN");
}

static void lanes(void **state)
{
	char text[SHOWN_TEXT_MAX];
	struct shown_lane lane = {"Gate 12-B", "left", "en,ar"};
	(void)state;
	assert_int_equal(shown_lane_text(&lane, text), 0);
	assert_string_equal(text, "{\"type\":\"lane\",\"name\":\"Gate 12-B\",\"exit\":\"left\",\"languages\":[\"en\",\"ar\"]}");
	static const struct shown_lane wrong[] = {{"a\"b", "left", "en"}, {"<b>", "left", "en"}, {"1", "up", "en"}, {"1", "left", ""},
		{"1", "left", "en,xx"}, {"1", "left", "n "}, {"1", "left", "english"}, {"1", "left", "en,,fr"},
		{"a name that is longer than 24", "left", "en"}};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(shown_lane_text(&wrong[i], text), PN_EINVAL);
}

/* --- the plugin ---------------------------------------------------------------------------------------- */

struct bench {
	struct fake_host *host;
	pthread_t thread;
	int bus[2];
	atomic_uint port;
	atomic_bool heard; /* the core's heart beats */
	_Atomic uint64_t last_heard;
};

static struct bench *bench;

static int on_bus_fd(void *ctx)
{
	(void)ctx;
	return bench->bus[0];
}

static uint64_t on_core_heard(void *ctx)
{
	(void)ctx;
	if (bench->heard)
		bench->last_heard = clock_mono_ms();
	return bench->last_heard;
}

static void on_log(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	if (strcmp(event, "display.listening") == 0)
		bench->port = (unsigned)strtoul(detail, NULL, 10);
}

/* One byte is one event of the core's: a guidance, or one of these. */
enum { END = 'e', RESTARTED = 'r', SILENT = 's', GARBAGE = 'g' };

static int on_bus_dispatch(void *ctx)
{
	struct fake_host *h = ctx;
	uint8_t event;
	while (read(bench->bus[0], &event, 1) == 1) {
		Postern__ShowGuidance g = POSTERN__SHOW_GUIDANCE__INIT;
		struct postern_message m = {.struct_size = sizeof m, .body = POSTERN__ENVELOPE__BODY_SHOW_GUIDANCE, .crossing_id = ""};
		uint8_t bytes[64] = {0xff, 0xff, 0xff};
		if (event == END)
			return -1;
		g.guidance = event < 32 ? (Postern__Guidance)event : G(UNSPECIFIED);
		m.bytes = bytes;
		m.size = event == GARBAGE ? 3 : postern__show_guidance__pack(&g, bytes);
		if (event == RESTARTED)
			h->plugin->core_started(h->self, 2);
		else if (event == SILENT)
			h->plugin->core_silent(h->self, 1);
		else
			h->plugin->message(h->self, &m);
	}
	return 250;
}

static void *run(void *self)
{
	struct fake_host *h = self;
	return h->plugin->run(h->self) == 0 ? NULL : self;
}

static void tell(uint8_t event)
{
	assert_int_equal(write(bench->bus[1], &event, 1), 1);
}

static void configure(struct fake_host *h)
{
	h->table.core_heard_ms = on_core_heard;
	h->table.log = on_log;
	fake_host_option(h, "listen", "127.0.0.1", 0);
	fake_host_option(h, "port", NULL, 0);
	fake_host_option(h, "lane", "7", 0);
	fake_host_option(h, "exit", "ahead", 0);
	fake_host_option(h, "languages", "en,fr", 0);
	fake_host_option(h, "stale_ms", NULL, 500);
	fake_host_folder(h, "page", folder);
}

static int set_up(void **state)
{
	(void)state;
	bench = calloc(1, sizeof *bench);
	struct fake_host *h = bench->host = fake_host_new(&postern_plugin);
	assert_int_equal(pipe2(bench->bus, O_NONBLOCK | O_CLOEXEC), 0);
	h->table.bus_fd = on_bus_fd;
	h->table.bus_dispatch = on_bus_dispatch;
	configure(h);
	bench->heard = true;
	assert_int_equal(fake_host_start(h), 0);
	assert_int_equal(pthread_create(&bench->thread, NULL, run, h), 0);
	return 0;
}

static int tear_down(void **state)
{
	void *failed;
	(void)state;
	tell(END);
	assert_int_equal(pthread_join(bench->thread, &failed), 0);
	assert_null(failed);
	fake_host_stop(bench->host);
	fake_host_free(bench->host);
	close(bench->bus[0]);
	close(bench->bus[1]);
	free(bench);
	return 0;
}

static struct client *page(void)
{
	char lines[256];
	struct client *c = client_open_at((uint16_t)bench->port);
	snprintf(lines, sizeof lines, "Host: 127.0.0.1:%u\r\nOrigin: http://127.0.0.1:%u\r\nSec-WebSocket-Protocol: postern-display.1\r\n", bench->port,
		bench->port);
	assert_true(client_upgrade(c, "/live", lines));
	return c;
}

/* Waits until the page's newest message is this state; others may come before it. */
static void shows(struct client *c, const char *name)
{
	char wanted[64], text[SHOWN_TEXT_MAX], last[SHOWN_TEXT_MAX] = "";
	snprintf(wanted, sizeof wanted, "\"show\":\"%s\"", name);
	for (int i = 0; i < 400 && strstr(last, wanted) == NULL; i++) {
		client_wait(c, 10, NULL);
		while (client_next(c, text, sizeof text) == 1)
			memcpy(last, text, sizeof last);
	}
	if (strstr(last, wanted) == NULL)
		fail_msg("%s, but last: %s", wanted, last);
}

static void the_page_follows_the_core(void **state)
{
	char text[SHOWN_TEXT_MAX];
	struct client *c = page();
	(void)state;
	client_wait(c, 2000, "\"state\"");
	assert_int_equal(client_next(c, text, sizeof text), 1);
	assert_string_equal(text, "{\"type\":\"lane\",\"name\":\"7\",\"exit\":\"ahead\",\"languages\":[\"en\",\"fr\"]}");
	shows(c, "WAIT"); /* nothing was said yet */
	tell(G(PRESENT_DOCUMENT));
	shows(c, "PRESENT_DOCUMENT");
	tell(G(WALK_OUT));
	shows(c, "WALK_OUT");
	tell(GARBAGE); /* tells nothing */
	tell(G(WAIT_OFFICER));
	shows(c, "WAIT_OFFICER");
	struct client *second = page();
	shows(second, "WAIT_OFFICER");
	client_close(second);
	client_close(c);
}

static void what_is_not_heard_is_not_shown(void **state)
{
	struct client *c = page();
	(void)state;
	tell(G(WALK_OUT));
	shows(c, "WALK_OUT");
	bench->heard = false;
	shows(c, "WAIT"); /* by itself */
	bench->heard = true;
	shows(c, "WALK_OUT");
	tell(RESTARTED);
	shows(c, "WAIT"); /* the new core has said nothing */
	tell(G(CLOSED));
	shows(c, "CLOSED");
	tell(SILENT);
	shows(c, "WAIT");
	client_close(c);
}

/* The page hears twice a second, so that it can tell silence. */
static void it_goes_on_saying_it(void **state)
{
	char text[SHOWN_TEXT_MAX];
	unsigned n = 0;
	struct client *c = page();
	(void)state;
	tell(G(WALK_IN));
	for (int i = 0; i < 500 && n < 4; i++) {
		client_wait(c, 10, NULL);
		while (client_next(c, text, sizeof text) == 1)
			n += strstr(text, "WALK_IN") != NULL;
	}
	assert_int_equal(n, 4);
	client_close(c);
}

static void pages_say_nothing_and_are_few(void **state)
{
	char text[256], lines[256];
	struct client *many[9], *c = page();
	(void)state;
	client_frame(c, 0x81, "open", 4);
	client_wait(c, 2000, NULL);
	assert_true(c->closed);
	client_close(c);
	for (int i = 0; i < 8; i++)
		many[i] = page();
	many[8] = client_open_at((uint16_t)bench->port);
	snprintf(lines, sizeof lines, "Host: 127.0.0.1:%u\r\nOrigin: http://127.0.0.1:%u\r\nSec-WebSocket-Protocol: postern-display.1\r\n", bench->port,
		bench->port);
	assert_false(client_upgrade(many[8], "/live", lines));
	for (int i = 0; i < 9; i++)
		client_close(many[i]);
	c = client_open_at((uint16_t)bench->port);
	snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: http://127.0.0.1:%u\r\nContent-Length: 2\r\n\r\nhi", bench->port, bench->port);
	assert_int_equal(client_ask(c, text), 413);
	client_close(c);
}

static void it_does_not_start_wrong(void **state)
{
	static const char *const wrong[][2] = {{"exit", "up"}, {"languages", "de"}, {"lane", "\"}"}, {"listen", "0.0.0.0"}};
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct fake_host *h = fake_host_new(&postern_plugin);
		struct bench none = {0};
		bench = &none;
		configure(h);
		fake_host_option(h, wrong[i][0], wrong[i][1], 0);
		assert_int_not_equal(fake_host_start(h), 0);
		fake_host_free(h);
	}
}

int main(void)
{
	char path[64];
	if (mkdtemp(folder) == NULL)
		return 2;
	snprintf(path, sizeof path, "%s/index.html", folder);
	FILE *f = fopen(path, "w");
	if (f == NULL)
		return 2;
	fputs("<!doctype html>", f);
	fclose(f);
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_guidance_by_its_name), cmocka_unit_test(only_what_is_fresh),
		cmocka_unit_test(progress_runs), cmocka_unit_test(advice_before_the_camera), cmocka_unit_test(what_comes_after_the_document), cmocka_unit_test(bytes_that_are_none), cmocka_unit_test(lanes), T(the_page_follows_the_core),
		T(what_is_not_heard_is_not_shown), T(it_goes_on_saying_it), T(pages_say_nothing_and_are_few), cmocka_unit_test(it_does_not_start_wrong)};
	int failed = cmocka_run_group_tests_name("display", tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
