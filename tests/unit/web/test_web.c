/* SPDX-License-Identifier: Apache-2.0
 * The web server of the plugins over loopback: what it serves, and what it refuses a hostile client. Expected answers are RFC 9110's and
 * RFC 6455's. Must never take a duration for a result: limits in time are tested by what they end.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"

#define HOST "Host: 127.0.0.1:%u\r\n"

struct bench {
	char folder[64];
	struct web_files *files;
	struct web_server *server;
	struct web_config config;
	char host[64], same[128]; /* header lines */
	unsigned refused[600], handled, opened, closed, received;
	char path[WEB_PATH_MAX], query[WEB_QUERY_MAX], cookie[64], token[64], peer[WEB_NAME_MAX], text[256];
	size_t size;
	bool verified, admit, hold;
	struct web_request *held;
	struct web_socket *socket;
};

static void handle(void *self, struct web_request *r)
{
	struct bench *b = self;
	b->handled++;
	b->verified = r->peer.verified;
	b->size = r->size;
	snprintf(b->path, sizeof b->path, "%s", r->path);
	snprintf(b->query, sizeof b->query, "%s", r->query);
	snprintf(b->cookie, sizeof b->cookie, "%.60s", r->cookie);
	snprintf(b->token, sizeof b->token, "%.60s", r->token);
	snprintf(b->peer, sizeof b->peer, "%s", r->peer.common_name);
	if (b->hold) {
		b->held = r;
		return;
	}
	struct web_answer a = {.status = 200, .type = "application/json", .body = "{\"a\":1}", .size = 7, .set_cookie = "s=1; HttpOnly"};
	web_answer(r, &a);
}

/* Here nobody is to go because their time is over, however slow the machine. */
static void without_hurry(struct bench *b)
{
	b->config.idle_s = b->config.request_s = b->config.ping_s = 60;
}

static void refused(void *self, int status)
{
	((struct bench *)self)->refused[status]++;
}

static bool admit(void *self, const struct web_request *r, void **socket_self)
{
	struct bench *b = self;
	*socket_self = b;
	return b->admit && strcmp(r->path, "/live") == 0;
}

static void opened(void *self, struct web_socket *w, void *socket_self)
{
	struct bench *b = self;
	assert_ptr_equal(socket_self, b);
	b->opened++;
	b->socket = w;
}

static void received(void *self, struct web_socket *w, void *socket_self, enum web_kind kind, const void *bytes, size_t size)
{
	struct bench *b = self;
	(void)w;
	(void)socket_self;
	(void)kind;
	b->received++;
	b->size = size;
	snprintf(b->text, sizeof b->text, "%.*s", (int)(size < 200 ? size : 200), (const char *)bytes);
}

static void closed(void *self, struct web_socket *w, void *socket_self)
{
	struct bench *b = self;
	(void)socket_self;
	b->closed++;
	if (w == b->socket)
		b->socket = NULL;
}

static void put(const struct bench *b, const char *name, const char *text, size_t size)
{
	char path[256];
	snprintf(path, sizeof path, "%s/%s", b->folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, size, f), size);
	fclose(f);
}

static void start(struct bench *b)
{
	assert_int_equal(web_open(&b->config, &b->server), 0);
	snprintf(b->host, sizeof b->host, HOST, web_port(b->server));
	snprintf(b->same, sizeof b->same, HOST "Origin: http%s://127.0.0.1:%u\r\n", web_port(b->server),
		b->config.certificate != NULL ? "s" : "", web_port(b->server));
}

static int set_up(void **state)
{
	static char large[100000];
	struct bench *b = calloc(1, sizeof *b);
	char sub[128];
	snprintf(b->folder, sizeof b->folder, "/tmp/test-web-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(sub, sizeof sub, "%s/img", b->folder);
	assert_int_equal(mkdir(sub, 0755), 0);
	memset(large, 'x', sizeof large);
	put(b, "index.html", "<!doctype html>hello", 20);
	put(b, "app.js", large, sizeof large);
	put(b, "app.js.gz", "not really gzip", 15);
	put(b, "img/a.svg", "<svg/>", 6);
	assert_int_equal(web_files_load(b->folder, &b->files), 0);
	b->admit = true;
	b->config = (struct web_config){.listen = "127.0.0.1", .files = b->files, .body_max = 100000, .message_max = 1000, .queue_max = 4,
		.queue_bytes = 1 << 18, .connections_max = 8, .connections_per_address = 6, .idle_s = 2, .request_s = 1, .ping_s = 1,
		.handle = handle, .subprotocol = "test.1", .admit = admit, .opened = opened, .received = received, .closed = closed,
		.refused = refused, .self = b};
	*state = b;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *b = *state;
	char command[128];
	if (b->server != NULL)
		web_close(b->server);
	assert_int_equal(b->opened <= b->closed, 1);
	web_files_free(b->files);
	snprintf(command, sizeof command, "rm -rf %s", b->folder);
	assert_int_equal(system(command), 0);
	free(b);
	return 0;
}

/* A request of its own connection, with Host; the status. */
static int ask(struct bench *b, const char *line, const char *more, char *answer, size_t size)
{
	char text[16384];
	struct client *c = client_open(b->server);
	snprintf(text, sizeof text, "%s HTTP/1.1\r\n%s%s\r\n", line, b->host, more);
	int status = client_ask(c, text);
	if (answer != NULL) {
		size_t n = c->got < size - 1 ? c->got : size - 1;
		memcpy(answer, c->bytes, n);
		answer[n] = '\0';
	}
	client_close(c);
	return status;
}

static void files_by_exact_path(void **state)
{
	struct bench *b = *state;
	char answer[8192];
	start(b);
	assert_int_equal(ask(b, "GET /", "", answer, sizeof answer), 200);
	assert_non_null(strcasestr(answer, "\r\ncontent-type: text/html; charset=utf-8\r\n"));
	assert_non_null(strcasestr(answer, "\r\ncontent-security-policy: default-src 'none'; script-src 'self'"));
	assert_null(strstr(answer, "unsafe-inline"));
	assert_non_null(strcasestr(answer, "\r\nx-content-type-options: nosniff\r\n"));
	assert_non_null(strcasestr(answer, "frame-ancestors 'none'"));
	assert_null(strcasestr(answer, "\r\nserver:"));
	assert_non_null(strstr(answer, "\r\n\r\n<!doctype html>hello"));
	assert_int_equal(ask(b, "GET /img/a.svg", "", answer, sizeof answer), 200);
	assert_non_null(strcasestr(answer, "\r\ncontent-type: image/svg+xml\r\n"));
	assert_int_equal(b->handled, 0);
}

static void a_large_file_comes_whole_and_compressed_where_wanted(void **state)
{
	struct bench *b = *state;
	char text[512], etag[40];
	start(b);
	struct client *c = client_open(b->server);
	snprintf(text, sizeof text, "GET /app.js HTTP/1.1\r\n%s\r\n", b->host);
	assert_int_equal(client_ask(c, text), 200);
	assert_int_equal(strspn(client_body(c), "x"), 100000);
	const char *tag = strcasestr(c->bytes, "\r\netag: ");
	assert_non_null(tag);
	snprintf(etag, sizeof etag, "%.34s", tag + 8);
	/* the same connection, kept alive */
	snprintf(text, sizeof text, "GET /app.js HTTP/1.1\r\n%sIf-None-Match: \"q\", %s\r\n\r\n", b->host, etag);
	assert_int_equal(client_ask(c, text), 304);
	assert_string_equal(client_body(c), "");
	snprintf(text, sizeof text, "GET /app.js HTTP/1.1\r\n%sAccept-Encoding: br, gzip\r\n\r\n", b->host);
	assert_int_equal(client_ask(c, text), 200);
	assert_string_equal(client_body(c), "not really gzip");
	assert_non_null(strcasestr(c->bytes, "\r\ncontent-encoding: gzip\r\n"));
	assert_non_null(strcasestr(c->bytes, "\r\nvary: accept-encoding\r\n"));
	assert_null(strstr(c->bytes, etag));
	client_close(c);
}

/* None of these is a file's own path, so none opens a file. */
static void no_other_path_is_a_file(void **state)
{
	static const char *const paths[] = {"/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/img/../../etc/passwd", "//etc/passwd", "/img",
		"/img/", "/app.js%00.html", "/app.js.gz", "/APP.JS", "/img\\a.svg", "/etc/passwd", "/img/%252e%252e/app.js",
		"/img/a.svg/", "/.git/config"};
	struct bench *b = *state;
	char line[256], answer[4096];
	start(b);
	b->config.handle = NULL;
	web_close(b->server);
	start(b);
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		snprintf(line, sizeof line, "GET %s", paths[i]);
		int status = ask(b, line, "", answer, sizeof answer);
		if (status != 404 && status != 400 && status != 403 && status != -1)
			fail_msg("%s: %d", paths[i], status);
		assert_null(strstr(answer, "root:"));
	}
}

static void folders_that_are_refused(void **state)
{
	struct bench *b = *state;
	struct web_files *f = NULL;
	char path[256];
	put(b, "odd.exe", "x", 1);
	assert_int_equal(web_files_load(b->folder, &f), PN_EUNSUPPORTED);
	snprintf(path, sizeof path, "%s/odd.exe", b->folder);
	unlink(path);
	put(b, "alone.js.gz", "x", 1);
	assert_int_equal(web_files_load(b->folder, &f), PN_ENOTFOUND);
	snprintf(path, sizeof path, "%s/alone.js.gz", b->folder);
	unlink(path);
	snprintf(path, sizeof path, "%s/link.html", b->folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_not_equal(web_files_load(b->folder, &f), 0);
	unlink(path);
	put(b, "a b.html", "x", 1);
	assert_int_equal(web_files_load(b->folder, &f), PN_EFORMAT);
	assert_null(f);
}

static void requests_reach_the_handler(void **state)
{
	struct bench *b = *state;
	char answer[4096], more[512];
	start(b);
	assert_int_equal(ask(b, "GET /api/lanes?a=1&b=%32", "Cookie: s=42\r\nX-Postern-Token: abc\r\n", answer, sizeof answer), 200);
	assert_string_equal(b->path, "/api/lanes");
	assert_string_equal(b->cookie, "s=42");
	assert_string_equal(b->token, "abc");
	assert_memory_equal(b->query, "a=1&b=", 6);
	assert_false(b->verified);
	assert_non_null(strstr(answer, "\r\n\r\n{\"a\":1}"));
	assert_non_null(strcasestr(answer, "\r\ncache-control: no-store\r\n"));
	assert_non_null(strcasestr(answer, "\r\nset-cookie: s=1; HttpOnly\r\n"));
	/* The line's end that ask() adds belongs to the five bytes: what comes after a body ends the connection in newer libwebsockets. */
	snprintf(more, sizeof more, "Origin: http://127.0.0.1:%u\r\nContent-Length: 5\r\n\r\nhel", web_port(b->server));
	assert_int_equal(ask(b, "POST /api/x", more, answer, sizeof answer), 200);
	assert_int_equal(b->size, 5);
}

static void what_a_request_must_not_be(void **state)
{
	static const struct {
		const char *line, *more;
		int status;
	} rows[] = {
		{"PUT /api/x", "Content-Length: 0\r\n", 405},
		{"DELETE /api/x", "", 405},
		{"OPTIONS /api/x", "", 405},
		{"HEAD /", "", 405},
		{"POST /api/x", "Content-Length: 0\r\n", 403}, /* no Origin */
		{"POST /api/x", "Content-Length: 0\r\nOrigin: http://evil.example\r\n", 403},
		{"POST /api/x", "Content-Length: 0\r\nOrigin: null\r\n", 403},
		{"POST /api/x", "", 411},
		{"POST /api/x", "Transfer-Encoding: chunked\r\n\r\n0\r\n", 411},
		{"POST /api/x", "Content-Length: 1048577\r\nOrigin: SAME\r\n", 413},
		{"POST /api/x", "Content-Length: 99999999999\r\n", 400},
		{"POST /api/x", "Content-Length: -1\r\n", 400},
		{"GET /api/x", "Content-Length: 5\r\n", 400},
	};
	struct bench *b = *state;
	char more[512];
	start(b);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *same = strstr(rows[i].more, "SAME");
		snprintf(more, sizeof more, "%s", rows[i].more);
		if (same != NULL)
			snprintf(more + (same - rows[i].more), 128, "http://127.0.0.1:%u\r\n", web_port(b->server));
		int status = ask(b, rows[i].line, more, NULL, 0);
		if (status != rows[i].status && status != -1)
			fail_msg("%s %s: %d", rows[i].line, rows[i].more, status);
		if (status == -1 && strncmp(rows[i].line, "PUT", 3) != 0 && rows[i].line[0] != 'D' && rows[i].line[0] != 'O')
			fail_msg("%s %s: closed", rows[i].line, rows[i].more);
		assert_int_equal(b->handled, 0);
	}
}

static void only_by_its_own_name(void **state)
{
	struct bench *b = *state;
	char text[256];
	static const char *const hosts[] = {"evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "", "127.0.0.1.evil.example"};
	start(b);
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct client *c = client_open(b->server);
		snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
		int status = client_ask(c, text);
		assert_true(status == 421 || status == -1 || status == 400);
		client_close(c);
	}
	assert_int_equal(b->handled, 0);
	assert_true(b->refused[421] >= 5);
}

static void headers_are_bounded(void **state)
{
	struct bench *b = *state;
	static char more[16000];
	start(b);
	snprintf(more, sizeof more, "Cookie: %01200d\r\n", 1);
	assert_int_equal(ask(b, "GET /api/x", more, NULL, 0), 431);
	snprintf(more, sizeof more, "Cookie: %012000d\r\n", 1);
	int status = ask(b, "GET /api/x", more, NULL, 0);
	assert_true(status == -1 || status == 431);
	snprintf(more, sizeof more, "GET /%0300d", 1);
	assert_int_equal(ask(b, more, "", NULL, 0), 414);
	snprintf(more, sizeof more, "GET /?%0600d", 1);
	assert_int_equal(ask(b, more, "", NULL, 0), 414);
	assert_int_equal(b->handled, 0);
}

/* Each sends on and on, a byte at a time, and is dropped all the same. */
static void slow_requests_end(void **state)
{
	struct bench *b = *state;
	char head[256];
	start(b);
	snprintf(head, sizeof head, "POST /api/x HTTP/1.1\r\n%sContent-Length: 50000\r\n\r\n", b->same);
	const char *const begin[] = {"GET / HTTP/1.1\r\nX: ", head, ""};
	for (size_t i = 0; i < 3; i++) {
		struct client *c = client_open(b->server);
		client_say(c, begin[i]);
		for (unsigned n = 0; n < 400 && !c->closed; n++) {
			if (begin[i][0] != '\0')
				client_say(c, "a");
			client_wait(c, 20, NULL);
		}
		assert_true(c->closed);
		client_close(c);
	}
	assert_int_equal(b->handled, 0);
}

static void connections_are_bounded(void **state)
{
	struct bench *b = *state;
	struct client *idle[12], *c;
	without_hurry(b);
	start(b);
	for (size_t i = 0; i < 12; i++) {
		idle[i] = client_open(b->server);
		client_wait(idle[i], 5, NULL);
	}
	unsigned alive = 0;
	for (size_t i = 0; i < 12; i++) {
		client_wait(idle[i], 5, NULL);
		alive += !idle[i]->closed;
	}
	assert_int_equal(alive, 6);
	assert_int_equal(b->refused[429], 6);
	for (size_t i = 0; i < 12; i++)
		client_close(idle[i]);
	c = client_open(b->server);
	char text[128];
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", b->host);
	client_wait(c, 50, NULL);
	if (c->closed) { /* the server had not seen the others leave yet */
		client_close(c);
		c = client_open(b->server);
	}
	assert_int_equal(client_ask(c, text), 200);
	client_close(c);
}

/* From several addresses, each within its limit, as many as there are places and more: whoever comes from elsewhere is served, and who
 * has a WebSocket keeps it. */
static void silent_connections_make_room(void **state)
{
	struct bench *b = *state;
	struct client *idle[40];
	char text[128], address[16], lines[256];
	b->config.connections_per_address = b->config.connections_max;
	without_hurry(b);
	start(b);
	struct client *page = client_open_from(b->server, "127.0.0.2");
	snprintf(lines, sizeof lines, "%sSec-WebSocket-Protocol: test.1\r\n", b->same);
	assert_true(client_upgrade(page, "/live", lines));
	for (size_t i = 0; i < 40; i++) {
		snprintf(address, sizeof address, "127.0.0.%zu", 3 + i % 2);
		idle[i] = client_open_from(b->server, address);
		client_wait(idle[i], 5, NULL);
	}
	struct client *c = client_open_from(b->server, "127.0.0.9");
	snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%s\r\n", b->host);
	assert_int_equal(client_ask(c, text), 200);
	client_wait(page, 5, NULL);
	assert_false(page->closed);
	assert_true(b->refused[429] >= 40 - b->config.connections_max);
	unsigned alive = 0;
	for (size_t i = 0; i < 40; i++) {
		client_wait(idle[i], 2, NULL);
		alive += !idle[i]->closed;
		client_close(idle[i]);
	}
	assert_in_range(alive, 1, b->config.connections_max - 2);
	client_close(c);
	client_close(page);
}

static void a_request_may_be_answered_later_or_never(void **state)
{
	struct bench *b = *state;
	char text[256];
	struct web_answer a = {.status = 200, .type = "text/plain", .body = "late", .size = 4};
	start(b);
	b->hold = true;
	struct client *c = client_open(b->server);
	snprintf(text, sizeof text, "GET /api/x HTTP/1.1\r\n%s\r\n", b->host);
	client_say(c, text);
	client_wait(c, 100, NULL);
	assert_non_null(b->held);
	web_answer(b->held, &a);
	client_wait(c, 500, "late");
	assert_string_equal(client_body(c), "late");
	client_say(c, text);
	client_wait(c, 100, NULL);
	client_close(c);
	for (int i = 0; i < 20; i++)
		assert_int_equal(web_turn(b->server, 5), 0);
	web_answer(b->held, &a); /* into nothing */
}

static struct client *live(struct bench *b)
{
	char lines[256];
	struct client *c = client_open(b->server);
	snprintf(lines, sizeof lines, "%sSec-WebSocket-Protocol: test.1\r\n", b->same);
	assert_true(client_upgrade(c, "/live", lines));
	assert_non_null(b->socket);
	return c;
}

static void messages_go_both_ways(void **state)
{
	struct bench *b = *state;
	char text[128];
	start(b);
	struct client *c = live(b);
	client_frame(c, 0x81, "hello", 5);
	client_wait(c, 100, NULL);
	assert_string_equal(b->text, "hello");
	/* in two fragments, with a ping between (RFC 6455 section 5.4) */
	client_frame(c, 0x01, "hel", 3);
	client_frame(c, 0x89, "p", 1);
	client_frame(c, 0x80, "lo2", 3);
	client_wait(c, 100, NULL);
	assert_string_equal(b->text, "hello2");
	assert_int_equal(b->received, 2);
	assert_int_equal(client_next(c, text, sizeof text), 10); /* the pong */
	assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "one", 3), 0);
	assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "two", 3), 0);
	client_wait(c, 100, "two");
	assert_int_equal(client_next(c, text, sizeof text), 1);
	assert_string_equal(text, "one");
	assert_int_equal(client_next(c, text, sizeof text), 1);
	assert_string_equal(text, "two");
	client_close(c);
	client_wait(c = client_open(b->server), 100, NULL);
	client_close(c);
	assert_int_equal(b->closed, 1);
}

static void the_newest_state_wins(void **state)
{
	struct bench *b = *state;
	char text[128];
	start(b);
	struct client *c = live(b);
	assert_int_equal(web_send(b->socket, 7, WEB_TEXT, "old", 3), 0);
	assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "kept", 4), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(web_send(b->socket, 7, WEB_TEXT, "new", 3), 0);
	client_wait(c, 200, "kept");
	assert_int_equal(client_next(c, text, sizeof text), 1);
	assert_string_equal(text, "new");
	assert_int_equal(client_next(c, text, sizeof text), 1);
	assert_string_equal(text, "kept");
	assert_int_equal(client_next(c, text, sizeof text), -1);
	client_close(c);
}

static void a_full_queue_ends_the_socket(void **state)
{
	struct bench *b = *state;
	start(b);
	struct client *c = live(b);
	for (int i = 0; i < 4; i++)
		assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "x", 1), 0);
	assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "x", 1), PN_ELIMIT);
	assert_int_equal(web_send(b->socket, 0, WEB_TEXT, "x", 1), PN_ELIMIT);
	client_wait(c, 1000, NULL);
	assert_true(c->closed);
	assert_int_equal(b->closed, 1);
	client_close(c);
}

/* Neither reads nor answers a ping: its messages wait in no memory of ours for longer than request_s. */
static void a_reader_that_reads_nothing_is_dropped(void **state)
{
	static char much[200000];
	struct bench *b = *state;
	start(b);
	struct client *c = live(b);
	memset(much, 'y', sizeof much);
	for (int i = 0; i < 600 && b->closed == 0; i++) {
		if (b->socket != NULL && web_send(b->socket, 1, WEB_TEXT, much, sizeof much) != 0)
			break;
		assert_int_equal(web_turn(b->server, 10), 0);
	}
	assert_int_equal(b->closed, 1);
	client_close(c);
}

static void sockets_that_are_refused(void **state)
{
	static const struct {
		const char *path, *lines; /* S: same site, H: Host alone */
		bool admit;
	} rows[] = {
		{"/live", "H|Sec-WebSocket-Protocol: test.1\r\n", true}, /* no Origin */
		{"/live", "H|Origin: http://evil.example\r\nSec-WebSocket-Protocol: test.1\r\n", true},
		{"/live", "S|", true}, /* no subprotocol */
		{"/live", "S|Sec-WebSocket-Protocol: http\r\n", true},
		{"/live", "S|Sec-WebSocket-Protocol: -watched-\r\n", true},
		{"/live", "S|Sec-WebSocket-Protocol: test.2\r\n", true},
		{"/live", "S|Sec-WebSocket-Protocol: test.1\r\n", false},
		{"/other", "S|Sec-WebSocket-Protocol: test.1\r\n", true},
	};
	struct bench *b = *state;
	char lines[512];
	start(b);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct client *c = client_open(b->server);
		b->admit = rows[i].admit;
		snprintf(lines, sizeof lines, "%s%s", rows[i].lines[0] == 'S' ? b->same : b->host, rows[i].lines + 2);
		if (client_upgrade(c, rows[i].path, lines))
			fail_msg("%s %s", rows[i].path, rows[i].lines);
		client_close(c);
		assert_int_equal(b->opened, 0);
	}
}

static void messages_are_bounded(void **state)
{
	struct bench *b = *state;
	static char much[2000];
	start(b);
	struct client *c = live(b);
	memset(much, 'z', sizeof much);
	client_frame(c, 0x81, much, 1000);
	client_wait(c, 100, NULL);
	assert_int_equal(b->received, 1);
	assert_int_equal(b->size, 1000);
	client_frame(c, 0x01, much, 600);
	client_frame(c, 0x80, much, 600);
	client_wait(c, 1000, "\x03\xf1");
	assert_int_equal((uint8_t)c->bytes[0], 0x88); /* closed with 1009 (RFC 6455 section 7.4.1) */
	assert_memory_equal(c->bytes + 2, "\x03\xf1", 2);
	assert_int_equal(b->received, 1);
	client_close(c);
	/* a reserved opcode (RFC 6455 section 5.2) */
	c = live(b);
	client_frame(c, 0x83, "x", 1);
	client_wait(c, 1000, "\x03\xea");
	assert_int_equal((uint8_t)c->bytes[0], 0x88); /* closed with 1002 */
	assert_memory_equal(c->bytes + 2, "\x03\xea", 2);
	assert_int_equal(b->received, 1);
	client_close(c);
}

/* The two servers of one process: what is said to this one wakes whoever waits at the other, until it has been read. */
static void what_is_said_can_be_seen_from_without(void **state)
{
	struct bench *b = *state;
	char text[128];
	start(b);
	struct pollfd p = {.fd = web_heard(b->server), .events = POLLIN};
	assert_true(p.fd >= 0);
	assert_int_equal(web_heard(b->server), p.fd);
	struct client *c = client_open(b->server);
	client_wait(c, 50, NULL);
	assert_int_equal(poll(&p, 1, 0), 0);
	snprintf(text, sizeof text, "GET /api/x HTTP/1.1\r\n%s\r\n", b->host);
	assert_int_equal(write(c->fd, text, strlen(text)), strlen(text));
	assert_int_equal(poll(&p, 1, 5000), 1);
	client_wait(c, 500, "\"a\":1");
	assert_int_equal(b->handled, 1);
	assert_int_equal(poll(&p, 1, 0), 0);
	client_close(c);
	for (int i = 0; i < 100 && poll(&p, 1, 0) != 0; i++)
		assert_int_equal(web_turn(b->server, 10), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void plain_text_stays_on_loopback(void **state)
{
	struct bench *b = *state;
	struct web_server *s = NULL;
	b->config.listen = "0.0.0.0";
	assert_int_equal(web_open(&b->config, &s), PN_EDENIED);
	b->config.listen = "192.0.2.1";
	assert_int_equal(web_open(&b->config, &s), PN_EDENIED);
	assert_null(s);
}

static void note(void *self)
{
	unsigned *n = self;
	++*n;
}

static void a_foreign_descriptor_wakes_it(void **state)
{
	struct bench *b = *state;
	int ends[2];
	unsigned n = 0;
	char byte;
	start(b);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(web_watch(b->server, ends[0], note, &n), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	for (int i = 0; i < 100 && n == 0; i++)
		assert_int_equal(web_turn(b->server, 10), 0);
	assert_true(n > 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(files_by_exact_path), T(a_large_file_comes_whole_and_compressed_where_wanted), T(no_other_path_is_a_file),
		T(folders_that_are_refused), T(requests_reach_the_handler), T(what_a_request_must_not_be), T(only_by_its_own_name),
		T(headers_are_bounded), T(slow_requests_end), T(connections_are_bounded), T(silent_connections_make_room),
		T(a_request_may_be_answered_later_or_never),
		T(messages_go_both_ways), T(the_newest_state_wins), T(a_full_queue_ends_the_socket), T(a_reader_that_reads_nothing_is_dropped),
		T(sockets_that_are_refused), T(messages_are_bounded), T(plain_text_stays_on_loopback), T(a_foreign_descriptor_wakes_it),
		T(what_is_said_can_be_seen_from_without),
	};
	return cmocka_run_group_tests_name("web", tests, NULL, NULL);
}
