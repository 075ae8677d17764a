/* SPDX-License-Identifier: Apache-2.0
 * The interface of the console's page: which path is whose act. Must never answer with data before it knows who asks, that the role
 * may, and, for a change, that the page's own token came with it.
 */
#include <string.h>

#include "base/clock.h"
#include "state.h"

enum { STRANGER = -2, ANYBODY = -1 }; /* beside the acts of roles */

typedef void run(struct console *c, struct web_request *r, struct session *s, const struct form *f);

static void run_login(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	(void)s;
	login_handle(c, r, f);
}

static void run_certificate(struct console *c, struct web_request *r, struct session *s, const struct form *f)
{
	(void)s;
	(void)f;
	login_by_certificate(c, r);
}

#define WITH_FORM(name, does)                                                                                                      \
	static void name(struct console *c, struct web_request *r, struct session *s, const struct form *f)                        \
	{                                                                                                                          \
		does(c, r, s, f);                                                                                                  \
	}
#define WITHOUT_FORM(name, ...)                                                                                                    \
	static void name(struct console *c, struct web_request *r, struct session *s, const struct form *f)                        \
	{                                                                                                                          \
		(void)f;                                                                                                           \
		(void)s;                                                                                                           \
		__VA_ARGS__;                                                                                                       \
	}
WITHOUT_FORM(run_me, login_me(c, r, s, NULL))
WITHOUT_FORM(run_renew, login_renew(c, r, s))
WITHOUT_FORM(run_logout, login_out(c, r, s))
WITH_FORM(run_order, words_order)
WITH_FORM(run_referral, words_referral)
WITHOUT_FORM(run_portrait, portrait_answer(c, r, s))
WITH_FORM(run_decide, words_decide)
WITH_FORM(run_note, report_note)
WITHOUT_FORM(run_shift, report_answer(c, r))
WITHOUT_FORM(run_begin, report_begin(c, r, s))
WITHOUT_FORM(run_audit, audit_answer(c, r, s))

struct route {
	enum web_method method;
	const char *path;
	int who;
	run *run;
	const char *fields;
};

static const struct route routes[] = {
#define ROUTE(method, path, who, run, fields) {WEB_##method, path, who, run, fields},
#include "api.def"
#undef ROUTE
};

static const struct route *route_of(const struct web_request *r)
{
	for (size_t i = 0; i < PN_COUNT(routes); i++)
		if (routes[i].method == r->method && strcmp(routes[i].path, r->path) == 0)
			return &routes[i];
	return NULL;
}

static bool field_known(const char *fields, const char *name)
{
	size_t size = strlen(name);
	for (const char *at = fields; (at = strstr(at, name)) != NULL; at += size)
		if ((at == fields || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
			return true;
	return false;
}

static bool form_known(const struct form *f, const char *fields)
{
	for (size_t i = 0; i < f->count; i++)
		if (!field_known(fields, f->fields[i].name))
			return false;
	return true;
}

/* A request with a password goes on when that has been weighed. */
static void weigh_first(struct console *c, struct web_request *r, struct session *s, const struct form *f, const struct route *route)
{
	bool first = route->who == STRANGER, later = false;
	const char *password = form_text(f, first ? "password" : "second_password"), *name = form_text(f, first ? "name" : "second_name");
	struct parked *p = NULL;
	if (name[0] == '\0' && password[0] == '\0') {
		route->run(c, r, s, f);
		return;
	}
	for (size_t i = 0; i < PN_COUNT(c->parked) && p == NULL; i++)
		if (c->parked[i].id == 0)
			p = &c->parked[i];
	if (p == NULL || !login_ask(c, r, name, password, c->last_parked + 1, &later))
		answer_code(r, 503, "console.busy");
	else if (!later)
		route->run(c, r, s, f);
	else
		*p = (struct parked){.id = ++c->last_parked, .request = r, .route = route, .session = s != NULL ? s->id : 0, .form = *f};
}

/* Whoever is not logged in learns nothing of what there is. */
static void routed(struct console *c, struct web_request *r, const struct form *f)
{
	const struct route *route = route_of(r);
	bool stranger = route != NULL && route->who == STRANGER;
	struct session *s = stranger ? NULL : login_session(c, r);
	if (!stranger && s == NULL) {
		answer_code(r, 401, "console.login");
	} else if (!stranger && r->method == WEB_POST && !session_csrf_is(s, r->token)) {
		c->host->count(c->host->ctx, "forged_total", 1);
		answer_code(r, 403, "console.token");
	} else if (route == NULL || (route->who >= 0 && !role_may(s->role, (enum act)route->who))) {
		answer_code(r, 403, "console.denied");
	} else if (!form_known(f, route->fields)) {
		answer_code(r, 400, "console.form");
	} else {
		weigh_first(c, r, s, f, route);
	}
}

void api_tick(struct console *c)
{
	uint64_t id = 0;
	bool right = false;
	while (proofs_fetch(c->proofs, &id, &right))
		for (size_t i = 0; i < PN_COUNT(c->parked); i++) {
			struct parked *p = &c->parked[i];
			struct session *s = session_by_id(&c->sessions, p->session);
			if (p->id != id)
				continue;
			c->password_right = right;
			if (p->session != 0 && s == NULL) /* it ended meanwhile */
				answer_code(p->request, 401, "console.login");
			else
				p->route->run(c, p->request, s, &p->form);
			c->password_right = false;
			explicit_bzero(p, sizeof *p);
		}
}

static void handle(void *self, struct web_request *r)
{
	struct console *c = self;
	struct form f = {.count = 0};
	if (strncmp(r->path, "/api/", 5) != 0) {
		answer_code(r, 404, "console.nothing");
		return;
	}
	if (r->method == WEB_POST && (strncmp(r->content_type, "application/x-www-form-urlencoded", 33) != 0 ||
					     form_read(&f, r->body, r->size) != PN_OK)) {
		answer_code(r, 400, "console.form");
		return;
	}
	routed(c, r, &f);
	form_wipe(&f);
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
