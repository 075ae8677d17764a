/* SPDX-License-Identifier: Apache-2.0
 * Logging in and out. Must never say which part of a login was wrong, nor take less time for a name that does not exist.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "reason.h"
#include "state.h"

enum { COOKIE_MAX = 192 };
#define COOKIE_NAME "postern="

/* The value of our cookie among those of the header; "" when there is none. */
static void cookie_of(const char *header, char token[SESSION_TOKEN])
{
	const char *at = header;
	token[0] = '\0';
	while (*at != '\0') {
		size_t size = strcspn(at, ";");
		if (size == sizeof COOKIE_NAME - 1 + SESSION_TOKEN - 1 && strncmp(at, COOKIE_NAME, sizeof COOKIE_NAME - 1) == 0) {
			memcpy(token, at + sizeof COOKIE_NAME - 1, SESSION_TOKEN - 1);
			token[SESSION_TOKEN - 1] = '\0';
			return;
		}
		at += size;
		at += strspn(at, "; ");
	}
}

struct session *login_session(struct console *c, const struct web_request *r)
{
	char token[SESSION_TOKEN];
	cookie_of(r->cookie, token);
	struct session *s = session_find(&c->sessions, token, clock_mono_ms());
	OPENSSL_cleanse(token, sizeof token);
	return s != NULL && session_card_is(s, r->peer.verified ? r->peer.certificate_sha256 : NULL) ? s : NULL;
}

static void cookie_text(const struct console *c, const char *token, char out[COOKIE_MAX])
{
	snprintf(out, COOKIE_MAX, COOKIE_NAME "%s; Path=/; HttpOnly; SameSite=Strict%s%s", token, c->tls ? "; Secure" : "",
		token[0] == '\0' ? "; Max-Age=0" : "");
}

static void reasons_json(struct json *j)
{
	const char *name, *reason;
	json_object(j, "reasons");
	for (unsigned i = 0; (name = decision_name(i)) != NULL; i++) {
		json_array(j, name);
		for (unsigned k = 0; (reason = decision_reason(decision_find(name), k)) != NULL; k++)
			json_string(j, NULL, reason);
		json_end_array(j);
	}
	json_array(j, "order");
	for (unsigned k = 0; (reason = order_reason(k)) != NULL; k++)
		json_string(j, NULL, reason);
	json_end_array(j);
	json_array(j, "safeguarding");
	for (unsigned k = 0; (reason = safeguarding_reason(k)) != NULL; k++)
		json_string(j, NULL, reason);
	json_end_array(j);
	json_array(j, "safeguarding_role");
	for (unsigned k = 0; (reason = safeguarding_role(k)) != NULL; k++)
		json_string(j, NULL, reason);
	json_end_array(j);
	json_end_object(j);
}

void login_me(struct console *c, struct web_request *r, const struct session *s, const char *set_cookie)
{
	struct reply p;
	if (!reply_begin(&p)) {
		answer_code(r, 503, "console.busy");
		return;
	}
	json_string(&p.json, "name", s->account);
	json_string(&p.json, "role", role_name(s->role));
	json_string(&p.json, "token", s->csrf);
	json_string(&p.json, "post", c->post);
	json_unsigned(&p.json, "gates_per_officer", c->gates_per_officer);
	json_array(&p.json, "acts");
	for (int a = 0; a < ACT_COUNT; a++)
		if (role_may(s->role, (enum act)a))
			json_string(&p.json, NULL, act_name((enum act)a));
	json_end_array(&p.json);
	reasons_json(&p.json);
	reply_end(&p, r, set_cookie);
}

static void audit(struct console *c, const char *event, const char *officer)
{
	audit_ask(c, event, officer, "", "", NULL, POSTERN__VIEW_PURPOSE__VIEW_UNSPECIFIED, "");
}

static void begin(struct console *c, struct web_request *r, const struct account *a, bool by_certificate)
{
	uint8_t random[SESSION_RANDOM];
	char token[SESSION_TOKEN], cookie[COOKIE_MAX];
	uint64_t ended = 0;
	struct session *s = NULL;
	if (RAND_bytes(random, sizeof random) == 1)
		s = session_open(&c->sessions, a, random, clock_mono_ms(), token, &ended);
	OPENSSL_cleanse(random, sizeof random);
	if (s == NULL) {
		answer_code(r, 503, "console.busy");
		return;
	}
	s->by_certificate = by_certificate;
	if (by_certificate)
		memcpy(s->certificate_sha256, r->peer.certificate_sha256, sizeof s->certificate_sha256);
	live_end(c, ended);
	cookie_text(c, token, cookie);
	audit(c, "console.login", a->name);
	c->host->count(c->host->ctx, "logins_total", 1);
	login_me(c, r, s, cookie);
	OPENSSL_cleanse(token, sizeof token);
	OPENSSL_cleanse(cookie, sizeof cookie);
}

/* A name that nobody has waits as one that somebody has: the wait must not tell which it is. */
static uint64_t wait_of(const struct console *c, const struct web_request *r, const char *name)
{
	uint64_t now = clock_mono_ms(), most = guard_wait_ms(&c->guard_addresses, r->peer.address, now);
	const struct guard *guards[] = {&c->guard_accounts, &c->guard_strangers};
	for (size_t i = 0; i < PN_COUNT(guards); i++) {
		uint64_t wait = guard_wait_ms(guards[i], name, now);
		most = wait > most ? wait : most;
	}
	return most;
}

bool login_ask(struct console *c, const struct web_request *r, const char *name, const char *password, uint64_t id, bool *later)
{
	*later = wait_of(c, r, name) == 0;
	return !*later || proofs_ask(c->proofs, id, account_hash(account_usable(&c->accounts, name, c->demo_allowed)), password);
}

static bool must_wait(struct console *c, struct web_request *r, const char *name)
{
	uint64_t wait = wait_of(c, r, name);
	if (wait == 0)
		return false;
	static const char body[] = "{\"code\":\"login.wait\"}";
	struct web_answer a = {.status = 429, .type = "application/json", .body = body, .size = sizeof body - 1,
		.retry_after_s = (unsigned)(wait / 1000 + 1)};
	web_answer(r, &a);
	return true;
}

static void failed(struct console *c, const struct web_request *r, const char *name)
{
	uint64_t now = clock_mono_ms();
	/* Names that nobody has must not push others out of the table. */
	if (account_find(&c->accounts, name) != NULL) {
		guard_failed(&c->guard_accounts, name, now);
		audit(c, "console.login_refused", name);
	} else if (strlen(name) < ACCOUNT_NAME_MAX) {
		guard_failed(&c->guard_strangers, name, now);
	}
	guard_failed(&c->guard_addresses, r->peer.address, now);
	c->host->count(c->host->ctx, "logins_refused_total", 1);
}

/* The password has been weighed by now: api.c. */
static struct account *proven(struct console *c, const struct web_request *r, const char *name, const char *code)
{
	struct account *a = account_usable(&c->accounts, name, c->demo_allowed);
	if (!account_proves_code(a, c->password_right, code, clock_wall_ms() / 1000)) {
		failed(c, r, name);
		return NULL;
	}
	guard_passed(&c->guard_accounts, name);
	return a;
}

void login_handle(struct console *c, struct web_request *r, const struct form *f)
{
	const char *name = form_text(f, "name");
	if (must_wait(c, r, name))
		return;
	const struct account *a = proven(c, r, name, form_text(f, "code"));
	if (a == NULL)
		answer_code(r, 401, "login.refused");
	else
		begin(c, r, a, false);
}

void login_by_certificate(struct console *c, struct web_request *r)
{
	const struct account *a =
		r->peer.verified ? account_by_certificate(&c->accounts, r->peer.certificate_sha256, c->demo_allowed) : NULL;
	if (a != NULL) {
		begin(c, r, a, true);
		return;
	}
	c->host->count(c->host->ctx, "logins_refused_total", 1);
	answer_code(r, 401, "login.refused");
}

struct account *login_second(struct console *c, const struct web_request *r, const struct form *f, const struct session *first,
	const char **code)
{
	const char *name = form_text(f, "second_name");
	*code = "second.refused";
	if (strcmp(name, first->account) == 0) {
		*code = "second.same";
		return NULL;
	}
	if (wait_of(c, r, name) > 0) {
		*code = "login.wait";
		return NULL;
	}
	struct account *a = proven(c, r, name, form_text(f, "second_code"));
	return a != NULL && role_may(a->role, ACT_AGREE) ? a : NULL;
}

void login_renew(struct console *c, struct web_request *r, struct session *s)
{
	uint8_t random[32];
	char token[SESSION_TOKEN], cookie[COOKIE_MAX];
	if (RAND_bytes(random, sizeof random) != 1) {
		answer_code(r, 503, "console.busy");
		return;
	}
	session_rotate(s, random, clock_mono_ms(), token);
	cookie_text(c, token, cookie);
	login_me(c, r, s, cookie);
	OPENSSL_cleanse(random, sizeof random);
	OPENSSL_cleanse(token, sizeof token);
	OPENSSL_cleanse(cookie, sizeof cookie);
}

static bool has_other(const struct console *c, const struct session *s)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (&c->sessions.at[i] != s && c->sessions.at[i].id != 0 && strcmp(c->sessions.at[i].account, s->account) == 0)
			return true;
	return false;
}

void login_end(struct console *c, struct session *s)
{
	live_end(c, s->id);
	audit(c, "console.logout", s->account);
	if (!has_other(c, s))
		words_off_duty(c, s->account);
	session_close(s);
}

void login_out(struct console *c, struct web_request *r, struct session *s)
{
	char cookie[COOKIE_MAX];
	static const char body[] = "{}";
	struct web_answer a = {.status = 200, .type = "application/json", .body = body, .size = sizeof body - 1, .set_cookie = cookie};
	cookie_text(c, "", cookie);
	login_end(c, s);
	web_answer(r, &a);
}

void login_tick(struct console *c, uint64_t now_ms)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (c->sessions.at[i].id != 0 && session_over(&c->sessions.at[i], now_ms))
			login_end(c, &c->sessions.at[i]);
}
