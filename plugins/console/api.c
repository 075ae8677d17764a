/* SPDX-License-Identifier: Apache-2.0
 * The interface of the console's page: which path is whose act. Must never answer with data before it knows who asks, that the role
 * may, and, for a change, that the page's own token came with it.
 */
#include <string.h>

#include "base/clock.h"
#include "state.h"

static void get(struct console *c, struct web_request *r, struct session *s)
{
	if (strcmp(r->path, "/api/me") == 0)
		login_me(c, r, s, NULL);
	else if (strcmp(r->path, "/api/shift") == 0 && role_may(s->role, ACT_SHIFT))
		report_answer(c, r);
	else if (strcmp(r->path, "/api/portrait") == 0 && role_may(s->role, ACT_SEE_PERSON))
		portrait_answer(c, r, s);
	else if (strcmp(r->path, "/api/audit") == 0 && role_may(s->role, ACT_AUDIT))
		audit_answer(c, r, s);
	else
		answer_code(r, 403, "console.denied");
}

static void post(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	if (!session_csrf_is(s, r->token)) {
		c->host->count(c->host->ctx, "forged_total", 1);
		answer_code(r, 403, "console.token");
	} else if (strcmp(r->path, "/api/logout") == 0)
		login_out(c, r, s);
	else if (strcmp(r->path, "/api/renew") == 0)
		login_renew(c, r, s);
	else if (strcmp(r->path, "/api/order") == 0)
		words_order(c, r, s, f);
	else if (strcmp(r->path, "/api/decide") == 0 && role_may(s->role, ACT_DECIDE))
		words_decide(c, r, s, f);
	else if (strcmp(r->path, "/api/referral") == 0 && role_may(s->role, ACT_SEE_PERSON))
		words_referral(c, r, s, f);
	else if (strcmp(r->path, "/api/safeguarding") == 0 && role_may(s->role, ACT_SEE_PERSON))
		report_note(c, r, s, f);
	else if (strcmp(r->path, "/api/shift/begin") == 0 && role_may(s->role, ACT_SERVICE))
		report_begin(c, r, s);
	else
		answer_code(r, 403, "console.denied");
}

static void posted(struct console *c, struct web_request *r)
{
	struct form f;
	struct session *s;
	if (strncmp(r->content_type, "application/x-www-form-urlencoded", 33) != 0 || form_read(&f, r->body, r->size) != PN_OK) {
		answer_code(r, 400, "console.form");
		return;
	}
	if (strcmp(r->path, "/api/login") == 0)
		login_handle(c, r, &f);
	else if (strcmp(r->path, "/api/login/certificate") == 0)
		login_by_certificate(c, r);
	else if ((s = login_session(c, r)) == NULL)
		answer_code(r, 401, "console.login");
	else
		post(c, r, s, &f);
	form_wipe(&f);
}

static void handle(void *self, struct web_request *r)
{
	struct console *c = self;
	struct session *s;
	if (strncmp(r->path, "/api/", 5) != 0)
		answer_code(r, 404, "console.nothing");
	else if (r->method == WEB_POST)
		posted(c, r);
	else if ((s = login_session(c, r)) == NULL)
		answer_code(r, 401, "console.login");
	else
		get(c, r, s);
}

static bool admit(void *self, const struct web_request *r, void **socket_self)
{
	return live_admit(self, r, socket_self);
}

static void opened(void *self, struct web_socket *w, void *socket_self)
{
	live_opened(self, w, socket_self);
}

/* A page only listens here. */
static void received(void *self, struct web_socket *w, void *socket_self, enum web_kind kind, const void *bytes, size_t size)
{
	(void)self;
	(void)socket_self;
	(void)kind;
	(void)bytes;
	(void)size;
	web_drop(w);
}

static void closed(void *self, struct web_socket *w, void *socket_self)
{
	(void)w;
	live_closed(self, socket_self);
}

static void refused(void *self, int status)
{
	struct console *c = self;
	(void)status;
	c->host->count(c->host->ctx, "refused_total", 1);
}

int api_open(struct console *c)
{
	const struct postern_host *h = c->host;
	const char *pki = h->folder(h->ctx, "pki");
	char certificate[512], key[512], authority[512], revoked[512], port[8];
	snprintf(certificate, sizeof certificate, "%s/post.pem", pki);
	snprintf(key, sizeof key, "%s/post.key", pki);
	snprintf(authority, sizeof authority, "%s/officers-ca.pem", pki);
	snprintf(revoked, sizeof revoked, "%s/officers-crl.pem", pki);
	c->tls = h->option_bool(h->ctx, "tls") != 0;
	bool cards = c->tls && h->option_bool(h->ctx, "cards") != 0;
	struct web_config config = {.listen = h->option(h->ctx, "listen"),
		.port = (uint16_t)h->option_int(h->ctx, "port"),
		.certificate = c->tls ? certificate : NULL,
		.key = c->tls ? key : NULL,
		.client_authority = cards ? authority : NULL,
		.client_revocations = cards ? revoked : NULL,
		.hosts = {h->option(h->ctx, "listen"), "localhost", h->option(h->ctx, "host")},
		.files = c->files,
		.body_max = 4096,
		.message_max = 16,
		.queue_max = 48,
		.queue_bytes = (size_t)512 * 1024,
		.connections_max = 256,
		.connections_per_address = (unsigned)h->option_int(h->ctx, "connections_per_address"),
		.idle_s = 30,
		.request_s = 10,
		.ping_s = 10,
		.handle = handle,
		.subprotocol = "postern-console.1",
		.admit = admit,
		.opened = opened,
		.received = received,
		.closed = closed,
		.refused = refused,
		.self = c};
	int err = web_open(&config, &c->officers);
	if (err == 0) {
		snprintf(port, sizeof port, "%u", web_port(c->officers));
		h->log(h->ctx, POSTERN_INFO, "console.listening", port);
	}
	return err;
}
