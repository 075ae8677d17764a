/* SPDX-License-Identifier: Apache-2.0
 * The web server of the plugins over TLS: whose certificate counts, and bodies longer than one TLS record, which a libwebsockets with its own
 * buffers leaves lying. Argument: the tool that makes the test's authority. Must never trust a key from elsewhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client.h"

static char folder[] = "/tmp/test-web-tls-XXXXXX";
static const char *tool;

struct seen {
	unsigned handled, opened;
	size_t size;
	uint32_t sum;
	bool verified;
	char organization[WEB_NAME_MAX], common_name[WEB_NAME_MAX], address[WEB_ADDRESS_MAX];
	struct web_socket *socket;
};

static void handle(void *self, struct web_request *r)
{
	struct seen *s = self;
	struct web_answer a = {.status = 200, .type = "text/plain", .body = "ok", .size = 2};
	s->handled++;
	s->size = r->size;
	s->sum = 0;
	for (size_t i = 0; i < r->size; i++)
		s->sum = s->sum * 31 + r->body[i];
	s->verified = r->peer.verified;
	snprintf(s->organization, sizeof s->organization, "%s", r->peer.organization);
	snprintf(s->common_name, sizeof s->common_name, "%s", r->peer.common_name);
	snprintf(s->address, sizeof s->address, "%s", r->peer.address);
	web_answer(r, &a);
}

static bool admit(void *self, const struct web_request *r, void **socket_self)
{
	(void)self;
	*socket_self = NULL;
	return r->peer.verified;
}

static void opened(void *self, struct web_socket *w, void *socket_self)
{
	struct seen *s = self;
	(void)socket_self;
	s->opened++;
	s->socket = w;
}

static const char *path(const char *name)
{
	static char out[4][128];
	static unsigned n;
	char *p = out[n++ % 4];
	snprintf(p, sizeof out[0], "%s/%s", folder, name);
	return p;
}

static struct web_config config(struct seen *seen, bool required)
{
	return (struct web_config){.listen = "127.0.0.1", .certificate = path("pki/registry/registry.pem"),
		.key = path("pki/registry/registry.key"), .client_authority = path("pki/ca.pem"), .client_required = required,
		.body_max = WEB_BODY_MAX, .message_max = 70000, .queue_max = 4, .queue_bytes = 300000, .connections_max = 8,
		.connections_per_address = 8, .idle_s = 5, .request_s = 5, .ping_s = 5, .handle = handle, .subprotocol = "test.1",
		.admit = admit, .opened = opened, .self = seen};
}

static struct web_server *start_with(struct seen *seen, const struct web_config *c)
{
	struct web_server *s = NULL;
	memset(seen, 0, sizeof *seen);
	assert_int_equal(web_open(c, &s), 0);
	return s;
}

static struct web_server *start(struct seen *seen, bool required)
{
	struct web_config c = config(seen, required);
	return start_with(seen, &c);
}

static struct client *lane(struct web_server *s)
{
	struct client *c = client_open_tls(s, path("pki/gates/lane-1/gate.pem"), path("pki/gates/lane-1/gate.key"));
	assert_non_null(c);
	return c;
}

static void bodies_of_more_than_one_record(void **state)
{
	static const size_t sizes[] = {0, 1, 4000, 12000, 16384, 20000, 65536, 150000, WEB_BODY_MAX};
	static char body[WEB_BODY_MAX];
	struct seen seen;
	struct web_server *s = start(&seen, true);
	(void)state;
	for (size_t i = 0; i < sizeof body; i++)
		body[i] = (char)('a' + i * i % 23);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char head[256];
		uint32_t sum = 0;
		struct client *c = client_open_tls(s, path("pki/gates/lane-1/gate.pem"), path("pki/gates/lane-1/gate.key"));
		assert_non_null(c);
		snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Length: %zu\r\n\r\n", web_port(s), sizes[i]);
		client_say(c, head);
		client_send(c, body, sizes[i]);
		client_wait(c, 5000, "\r\n\r\nok");
		for (size_t k = 0; k < sizes[i]; k++)
			sum = sum * 31 + (uint8_t)body[k];
		assert_int_equal(seen.handled, i + 1);
		assert_int_equal(seen.size, sizes[i]);
		assert_int_equal(seen.sum, sum);
		assert_non_null(strcasestr(c->bytes, "\r\nstrict-transport-security: "));
		client_close(c);
	}
	web_close(s);
}

/* Its sender reads when all is sent, as a gate does: it must find the reason and not a reset, and may go on. */
static void a_body_too_long_is_told_why(void **state)
{
	static const size_t sizes[] = {WEB_BODY_MAX + 1, 500000, 1 << 20};
	static char body[(1 << 20) + 1];
	struct seen seen;
	char head[256];
	struct web_server *s = start(&seen, true);
	struct client *c = lane(s);
	(void)state;
	memset(body, 'b', sizeof body);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Length: %zu\r\n\r\n", web_port(s), sizes[i]);
		client_say(c, head);
		client_send(c, body, sizes[i]);
		assert_int_equal(client_ask(c, ""), 413);
		assert_string_equal(client_body(c), "body too large\n");
		assert_int_equal(seen.handled, i);
		snprintf(head, sizeof head, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", web_port(s));
		assert_int_equal(client_ask(c, head), 200);
	}
	/* more than that is not waited for */
	snprintf(head, sizeof head, "POST /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Length: %zu\r\n\r\n", web_port(s), sizeof body);
	assert_int_equal(client_ask(c, head), 413);
	client_wait(c, 5000, NULL);
	assert_true(c->closed);
	client_close(c);
	assert_int_equal(seen.handled, sizeof sizes / sizeof sizes[0]);
	web_close(s);
}

static void among_machines(void **state)
{
	static const char *const hosts[] = {"Host: registry.example\r\n", "Host: 10.0.0.1:443\r\n", "Host: \r\n"};
	struct seen seen;
	char text[8192];
	struct web_config only = config(&seen, true);
	(void)state;
	only.machines_only = true;
	struct web_server *s = start_with(&seen, &only);
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct client *c = lane(s);
		snprintf(text, sizeof text, "GET /x HTTP/1.1\r\n%s\r\n", hosts[i]);
		assert_int_equal(client_ask(c, text), 200);
		assert_null(strcasestr(c->bytes, "\r\ncontent-security-policy:"));
		assert_non_null(strcasestr(c->bytes, "\r\ncache-control: no-store\r\n"));
		snprintf(text, sizeof text, "POST /x HTTP/1.1\r\n%sContent-Length: 2\r\n\r\nhi", hosts[i]);
		assert_int_equal(client_ask(c, text), 200);
		assert_int_equal(seen.handled, 2 * i + 2);
		client_close(c);
	}
	/* a page, be it of the name it calls, and one that reads only */
	static const char *const pages[] = {"POST /x HTTP/1.1\r\nHost: a.example\r\nOrigin: https://a.example\r\nContent-Length: 0\r\n\r\n",
		"GET /x HTTP/1.1\r\nHost: a.example\r\nOrigin: https://b.example\r\n\r\n"};
	for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
		struct client *c = lane(s);
		assert_int_equal(client_ask(c, pages[i]), 403);
		client_close(c);
	}
	struct client *c = lane(s);
	snprintf(text, sizeof text, "GET /x HTTP/1.1\r\nHost: a\r\nAccept: %04096d\r\n\r\n", 1);
	assert_int_not_equal(client_ask(c, text), 200);
	client_close(c);
	assert_int_equal(seen.handled, 6);
	c = client_open_tls(s, NULL, NULL);
	assert_true(c == NULL || client_ask(c, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n") == -1);
	client_close(c);
	assert_int_equal(seen.handled, 6);
	web_close(s);
}

/* Where a browser could come, its name and its page are judged. */
static void machines_only_where_none_else_can_come(void **state)
{
	struct seen seen;
	struct web_server *s = NULL;
	struct web_files *files = NULL;
	struct web_config good = config(&seen, true), c;
	(void)state;
	good.machines_only = true;
	c = good;
	c.client_required = false;
	assert_int_equal(web_open(&c, &s), PN_EDENIED);
	c.client_authority = c.certificate = c.key = NULL;
	assert_int_equal(web_open(&c, &s), PN_EDENIED);
	c = good;
	c.hosts[0] = "registry.example";
	assert_int_equal(web_open(&c, &s), PN_EDENIED);
	c = good;
	assert_int_equal(web_files_load(path("page"), &files), 0);
	c.files = files;
	assert_int_equal(web_open(&c, &s), PN_EDENIED);
	web_files_free(files);
	assert_null(s);
	web_close(start_with(&seen, &good));
}

static void whose_certificate_it_is(void **state)
{
	struct seen seen;
	struct web_server *s = start(&seen, true);
	char text[128];
	(void)state;
	snprintf(text, sizeof text, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", web_port(s));
	struct client *c = client_open_tls(s, path("pki/gates/lane-1/gate.pem"), path("pki/gates/lane-1/gate.key"));
	assert_int_equal(client_ask(c, text), 200);
	assert_true(seen.verified);
	assert_string_equal(seen.organization, "NOR");
	assert_string_equal(seen.common_name, "lane-1");
	assert_string_equal(seen.address, "127.0.0.1");
	client_close(c);
	/* of another authority, none, and no TLS at all: not a byte is answered */
	c = client_open_tls(s, path("other/gates/lane-1/gate.pem"), path("other/gates/lane-1/gate.key"));
	assert_true(c == NULL || client_ask(c, text) == -1);
	client_close(c);
	c = client_open_tls(s, NULL, NULL);
	assert_true(c == NULL || client_ask(c, text) == -1);
	client_close(c);
	c = client_open(s);
	int status = client_ask(c, text);
	assert_true(status == -1);
	assert_null(strstr(c->bytes, "ok"));
	client_close(c);
	assert_int_equal(seen.handled, 1);
	web_close(s);
}

static void where_a_certificate_is_no_duty(void **state)
{
	struct seen seen;
	struct web_server *s = start(&seen, false);
	char text[128], lines[160];
	(void)state;
	snprintf(text, sizeof text, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", web_port(s));
	struct client *c = client_open_tls(s, NULL, NULL);
	assert_int_equal(client_ask(c, text), 200);
	assert_false(seen.verified);
	assert_string_equal(seen.common_name, "");
	client_close(c);
	/* shown and wrong is worse than none */
	c = client_open_tls(s, path("other/gates/lane-1/gate.pem"), path("other/gates/lane-1/gate.key"));
	assert_true(c == NULL || client_ask(c, text) == -1);
	client_close(c);
	/* a gate is no browser and names no origin; it is its certificate that counts */
	snprintf(lines, sizeof lines, "Host: 127.0.0.1:%u\r\nSec-WebSocket-Protocol: test.1\r\n", web_port(s));
	c = client_open_tls(s, NULL, NULL);
	assert_false(client_upgrade(c, "/live", lines));
	client_close(c);
	c = client_open_tls(s, path("pki/gates/lane-1/gate.pem"), path("pki/gates/lane-1/gate.key"));
	assert_true(client_upgrade(c, "/live", lines));
	assert_int_equal(seen.opened, 1);
	client_close(c);
	web_close(s);
}

/* A list of revoked certificates made by OpenSSL's own tool; wrong: by the authority of the same name that is not ours. */
static void revoked_list(const char *authority, const char *certificate, const char *out, int seconds)
{
	char command[2048], text[64] = "";
	if (certificate != NULL) {
		snprintf(command, sizeof command, "openssl x509 -in %s -noout -serial | cut -d= -f2", path(certificate));
		FILE *p = popen(command, "r");
		assert_non_null(p);
		assert_non_null(fgets(text, sizeof text, p));
		assert_int_equal(pclose(p), 0);
		text[strcspn(text, "\n")] = '\0';
	}
	snprintf(command, sizeof command,
		"cd %s && { test -z '%s' || printf 'R\\t350101000000Z\\t260101000000Z\\t%s\\tunknown\\t/CN=x\\n'; } > index.txt && "
		"printf '[ca]\\ndefault_ca=it\\n[it]\\ndatabase=index.txt\\ndefault_md=sha256\\n' > conf && "
		"openssl ca -config conf -gencrl -crlsec %d -cert %s/ca.pem -keyfile %s/ca.key -out new.pem 2>/dev/null && mv new.pem %s",
		folder, text, text, seconds, authority, authority, out);
	assert_int_equal(system(command), 0);
}

static void who_was_revoked(void **state)
{
	struct seen seen;
	char text[128], lines[160];
	struct web_config with = config(&seen, true);
	(void)state;
	with.client_revocations = path("crl.pem");
	struct web_server *s = start_with(&seen, &with);
	snprintf(text, sizeof text, "GET /x HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", web_port(s));
	snprintf(lines, sizeof lines, "Host: 127.0.0.1:%u\r\nSec-WebSocket-Protocol: test.1\r\n", web_port(s));
	/* no list yet */
	assert_int_equal(web_refresh(s), 0);
	struct client *c = lane(s), *open = lane(s);
	assert_int_equal(client_ask(c, text), 200);
	assert_true(client_upgrade(open, "/live", lines));
	/* one of somebody else's of the same name is none */
	revoked_list("other", "pki/gates/lane-1/gate.pem", "crl.pem", 600);
	assert_int_equal(web_refresh(s), PN_ECRYPTO);
	assert_int_equal(client_ask(c, text), 200);
	/* one with nobody in it */
	revoked_list("pki", NULL, "crl.pem", 600);
	assert_int_equal(web_refresh(s), 1);
	assert_int_equal(web_refresh(s), 0);
	assert_int_equal(client_ask(c, text), 200);
	client_wait(open, 100, NULL);
	assert_false(open->closed);
	/* and one with the lane in it: what is open is dropped, what is new is refused */
	revoked_list("pki", "pki/gates/lane-1/gate.pem", "crl.pem", 600);
	assert_int_equal(web_refresh(s), 1);
	client_wait(open, 2000, NULL);
	assert_true(open->closed);
	unsigned handled = seen.handled;
	client_close(open);
	client_close(c);
	c = lane(s);
	assert_int_equal(client_ask(c, text), 403);
	client_close(c);
	c = lane(s);
	assert_false(client_upgrade(c, "/live", lines));
	client_close(c);
	assert_int_equal(seen.handled, handled);
	/* another gate is not in it */
	c = client_open_tls(s, path("pki/gates/lane-2/gate.pem"), path("pki/gates/lane-2/gate.key"));
	assert_int_equal(client_ask(c, text), 200);
	client_close(c);
	/* a list that is gone or spoilt changes nothing */
	assert_int_equal(unlink(path("crl.pem")), 0);
	assert_int_equal(web_refresh(s), PN_EIO);
	FILE *f = fopen(path("crl.pem"), "w");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(web_refresh(s), PN_EFORMAT);
	c = lane(s);
	assert_int_equal(client_ask(c, text), 403);
	client_close(c);
	/* one past its time lets nobody in */
	revoked_list("pki", NULL, "crl.pem", 1);
	sleep(2);
	assert_int_equal(web_refresh(s), 1);
	c = client_open_tls(s, path("pki/gates/lane-2/gate.pem"), path("pki/gates/lane-2/gate.key"));
	assert_int_equal(client_ask(c, text), 403);
	client_close(c);
	web_close(s);
	with.client_authority = NULL;
	with.client_required = false;
	s = NULL;
	assert_int_equal(web_open(&with, &s), PN_EINVAL);
}

static int make(void **state)
{
	char command[1024];
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(command, sizeof command,
		"%s pki demo --out %s/pki --tenant NOR --crossing-point OSL --gates lane-1,lane-2 >/dev/null && "
		"%s pki demo --out %s/other --tenant NOR --crossing-point OSL --gates lane-1 >/dev/null && mkdir %s/page",
		tool, folder, tool, folder, folder);
	return system(command);
}

static int drop(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(bodies_of_more_than_one_record), cmocka_unit_test(a_body_too_long_is_told_why),
		cmocka_unit_test(among_machines), cmocka_unit_test(machines_only_where_none_else_can_come),
		cmocka_unit_test(whose_certificate_it_is), cmocka_unit_test(where_a_certificate_is_no_duty),
		cmocka_unit_test(who_was_revoked)};
	if (argc != 2)
		return 2;
	tool = argv[1];
	return cmocka_run_group_tests_name("web-tls", tests, make, drop);
}
