/* SPDX-License-Identifier: Apache-2.0
 * A request from its headers to the last byte of its answer. Must never hand out a request before its body is complete, nor let an
 * answer to what may be a browser go without the headers that keep it strict.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "web/headers.h"
#include "web/internal.h"

enum { CHUNK = 16384, HEADERS_MAX = 2560 };
/* A body over the limit is read and thrown away up to here, so that its sender gets to read why. */
enum { DRAIN_MAX = 1 << 20 };

static const char *reason(int status)
{
	switch (status) {
	case 400:
		return "bad request\n";
	case 403:
		return "forbidden\n";
	case 404:
		return "not found\n";
	case 405:
		return "method not allowed\n";
	case 411:
		return "length required\n";
	case 413:
		return "body too large\n";
	case 414:
		return "address too long\n";
	case 421:
		return "not this server\n";
	case 431:
		return "header too long\n";
	default:
		return "refused\n";
	}
}

void web_out_clear(struct web_out *out)
{
	if (out->owned != NULL)
		explicit_bzero(out->owned, out->size);
	free(out->owned);
	if (out->set_cookie != NULL)
		explicit_bzero(out->set_cookie, strlen(out->set_cookie));
	free(out->set_cookie);
	*out = (struct web_out){.status = 0};
}

static void go(struct lws *wsi, struct web_connection *c)
{
	struct web_place *p = web_place_of(wsi);
	web_request_free(c->request);
	c->request = NULL;
	if (p != NULL)
		web_due(p, p->server->config.request_s);
	lws_callback_on_writable(wsi);
}

/* A refusal ends the connection when what follows it may be a body that nobody reads. */
static void refuse(struct web_server *s, struct lws *wsi, struct web_connection *c, int status, bool end)
{
	const char *text = reason(status);
	web_refused(s, status);
	c->out = (struct web_out){.status = status, .type = "text/plain", .bytes = (const uint8_t *)text, .size = strlen(text), .end = end};
	go(wsi, c);
}

static void serve(struct lws *wsi, struct web_connection *c, const struct web_file *f)
{
	char accept[256], match[512];
	bool gzip = f->gzip.bytes != NULL && lws_hdr_copy(wsi, accept, sizeof accept, WSI_TOKEN_HTTP_ACCEPT_ENCODING) > 0 &&
		    web_accepts_gzip(accept);
	const struct web_variant *v = gzip ? &f->gzip : &f->plain;
	c->out = (struct web_out){.status = 200, .type = f->type, .bytes = v->bytes, .size = v->size, .etag = v->etag,
		.vary = f->gzip.bytes != NULL ? "accept-encoding" : NULL, .gzip = gzip};
	if (lws_hdr_copy(wsi, match, sizeof match, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 && web_etag_listed(match, v->etag)) {
		c->out.status = 304;
		c->out.size = 0;
		c->out.gzip = false;
	}
	go(wsi, c);
}

static void hand_over(struct web_server *s, struct lws *wsi, struct web_connection *c)
{
	struct web_request *r = c->request;
	web_due(web_place_of(wsi), 0);
	r->handed = true;
	if (s->config.handle != NULL) {
		s->config.handle(s->config.self, r);
		return;
	}
	static const struct web_answer nothing = {.status = 404, .type = "text/plain", .body = "not found\n", .size = 10};
	web_answer(r, &nothing);
}

static int begin(struct web_server *s, struct lws *wsi, struct web_connection *c)
{
	if (c->request != NULL || c->out.status != 0)
		return -1;
	struct web_request *r = calloc(1, sizeof *r);
	if (r == NULL)
		return -1;
	c->request = r;
	r->connection = wsi;
	web_due(web_place_of(wsi), s->config.request_s);
	int status = web_request_read(s, wsi, r);
	if (status == 0 && r->expected > DRAIN_MAX)
		status = 413;
	if (status != 0) {
		refuse(s, wsi, c, status, true);
		return 0;
	}
	r->too_large = r->expected > s->config.body_max;
	if (r->too_large)
		return 0;
	if (r->method == WEB_POST && r->expected > 0) {
		r->body = malloc(r->expected);
		return r->body != NULL ? 0 : -1;
	}
	const struct web_file *f = r->method == WEB_GET ? web_file_find(s->config.files, r->path) : NULL;
	if (f != NULL)
		serve(wsi, c, f);
	else if (r->method == WEB_GET)
		hand_over(s, wsi, c);
	return 0;
}

static int more(struct web_connection *c, const void *bytes, size_t size)
{
	struct web_request *r = c->request;
	if (r == NULL) /* refused: its body is thrown away until the answer is out */
		return c->out.status != 0 ? 0 : -1;
	if (r->handed || size > r->expected - r->size)
		return -1;
	if (size > 0 && !r->too_large)
		memcpy(r->body + r->size, bytes, size);
	r->size += size;
	return 0;
}

static int complete(struct web_server *s, struct lws *wsi, struct web_connection *c)
{
	struct web_request *r = c->request;
	if (r == NULL)
		return 0;
	if (r->size != r->expected)
		return -1;
	if (r->too_large)
		refuse(s, wsi, c, 413, false);
	else if (!r->handed)
		hand_over(s, wsi, c);
	return 0;
}

/* The client has left: a handler that still holds the request answers into nothing. */
static void leave(struct web_connection *c)
{
	struct web_request *r = c->request;
	c->request = NULL;
	web_out_clear(&c->out);
	if (r == NULL)
		return;
	r->connection = NULL;
	if (!r->handed)
		web_request_free(r);
}

void web_answer(struct web_request *r, const struct web_answer *a)
{
	struct lws *wsi = r->connection;
	if (wsi == NULL) {
		web_request_free(r);
		return;
	}
	struct web_connection *c = lws_wsi_user(wsi);
	uint8_t *copy = malloc(a->size + 1);
	char *cookie = a->set_cookie != NULL ? strdup(a->set_cookie) : NULL;
	if (copy == NULL || (a->set_cookie != NULL && cookie == NULL)) {
		free(copy);
		free(cookie);
		web_request_free(r);
		c->request = NULL;
		web_kill(wsi);
		return;
	}
	if (a->size > 0)
		memcpy(copy, a->body, a->size);
	c->out = (struct web_out){.status = a->status, .type = a->type, .bytes = copy, .owned = copy, .size = a->size,
		.retry_after_s = a->retry_after_s, .set_cookie = cookie};
	go(wsi, c);
}

static int add(struct lws *wsi, const char *name, const char *value, uint8_t **at, uint8_t *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value), at, end);
}

/* No script, style or picture but the server's own, in no other site's frame; nothing kept where it is no file. */
static int add_strict(struct lws *wsi, const struct web_server *s, uint8_t **at, uint8_t *end)
{
	static const char *const fields[][2] = {
		{"content-security-policy:", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
					     "media-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
					     "form-action 'none'; frame-ancestors 'none'"},
		{"x-content-type-options:", "nosniff"},
		{"referrer-policy:", "no-referrer"},
		{"cross-origin-opener-policy:", "same-origin"},
		{"cross-origin-resource-policy:", "same-origin"},
		{"permissions-policy:", "camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=(), display-capture=()"},
	};
	int rc = 0;
	for (size_t i = 0; i < PN_COUNT(fields) && rc == 0; i++)
		rc = add(wsi, fields[i][0], fields[i][1], at, end);
	if (rc == 0 && s->tls)
		rc = add(wsi, "strict-transport-security:", "max-age=31536000", at, end);
	return rc;
}

static int add_own(struct lws *wsi, const struct web_out *o, uint8_t **at, uint8_t *end)
{
	char seconds[16];
	int rc = add(wsi, "cache-control:", o->etag != NULL ? "no-cache" : "no-store", at, end);
	if (rc == 0 && o->etag != NULL)
		rc = add(wsi, "etag:", o->etag, at, end);
	if (rc == 0 && o->vary != NULL)
		rc = add(wsi, "vary:", o->vary, at, end);
	if (rc == 0 && o->gzip)
		rc = add(wsi, "content-encoding:", "gzip", at, end);
	if (rc == 0 && o->set_cookie != NULL)
		rc = add(wsi, "set-cookie:", o->set_cookie, at, end);
	if (rc == 0 && o->status == 405)
		rc = add(wsi, "allow:", "GET, POST", at, end);
	if (rc == 0 && o->retry_after_s > 0) {
		snprintf(seconds, sizeof seconds, "%u", o->retry_after_s);
		rc = add(wsi, "retry-after:", seconds, at, end);
	}
	if (rc == 0 && o->end)
		rc = add(wsi, "connection:", "close", at, end);
	return rc;
}

static int write_headers(struct lws *wsi, const struct web_server *s, struct web_out *o)
{
	uint8_t buffer[LWS_PRE + HEADERS_MAX], *start = buffer + LWS_PRE, *at = start, *end = buffer + sizeof buffer;
	char length[24];
	/* By hand and not by lws_add_http_common_headers(), which adds fields of its own liking. */
	if (lws_add_http_header_status(wsi, (unsigned)o->status | LWSAHH_FLAG_NO_SERVER_NAME,
		    &at, end) != 0)
		return -1;
	snprintf(length, sizeof length, "%zu", o->size);
	if (o->status != 304 && add(wsi, "content-length:", length, &at, end) != 0)
		return -1;
	if (o->type != NULL && o->status != 304 && add(wsi, "content-type:", o->type, &at, end) != 0)
		return -1;
	if (!s->config.machines_only && add_strict(wsi, s, &at, end) != 0)
		return -1;
	if (add_own(wsi, o, &at, end) != 0 || lws_finalize_http_header(wsi, &at, end) != 0)
		return -1;
	/* What is small goes in the same packet. */
	size_t together = o->size <= (size_t)(end - at) ? o->size : 0;
	if (together > 0)
		memcpy(at, o->bytes, together);
	at += together;
	o->sent = together;
	o->head_sent = true;
	size_t size = (size_t)(at - start);
	return lws_write(wsi, start, size, LWS_WRITE_HTTP_HEADERS) == (int)size ? 0 : -1;
}

static int write_chunk(struct lws *wsi, struct web_out *o)
{
	uint8_t buffer[LWS_PRE + CHUNK];
	size_t n = o->size - o->sent;
	if (n > CHUNK)
		n = CHUNK;
	memcpy(buffer + LWS_PRE, o->bytes + o->sent, n);
	o->sent += n;
	return lws_write(wsi, buffer + LWS_PRE, n, o->sent == o->size ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) == (int)n ? 0 : -1;
}

int web_out_write(struct lws *wsi, struct web_server *s, struct web_connection *c)
{
	struct web_out *o = &c->out;
	if (o->status == 0)
		return 0;
	if (!o->head_sent ? write_headers(wsi, s, o) != 0 : o->sent < o->size && write_chunk(wsi, o) != 0)
		return -1;
	if (o->sent < o->size) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	bool end = o->end;
	web_out_clear(o);
	web_due(web_place_of(wsi), s->config.idle_s);
	return end || lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

/* A WebSocket's handshake: the same judgement as a request's, and the handler's own. */
static int handshake(struct web_server *s, struct lws *wsi)
{
	struct web_place *p = web_place_of(wsi);
	struct web_request *r = calloc(1, sizeof *r);
	int status = r == NULL || p == NULL ? 503 : web_request_read(s, wsi, r);
	if (status == 0 && s->config.subprotocol == NULL)
		status = 404;
	if (status == 0 && s->config.admit != NULL) {
		if (s->config.admit(s->config.self, r, &p->socket_self))
			p->admitted = true;
		else
			status = 403;
	}
	web_request_free(r);
	if (status != 0)
		web_refused(s, status);
	return status == 0 ? 0 : -1;
}

int web_http_callback(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct lws_context *context = wsi != NULL ? lws_get_context(wsi) : NULL;
	struct web_server *s = context != NULL ? lws_context_user(context) : NULL;
	struct web_connection *c = user;
	if (s == NULL) /* before the server stands and after it went */
		return 0;
	switch (why) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: {
		const struct lws_filter_network_conn_args *a = user;
		if (a == NULL || web_place_may(s, (const struct sockaddr *)&a->cli_addr))
			return 0;
		web_refused(s, 429);
		return 1;
	}
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		web_place_take(s, wsi);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		web_place_leave(wsi);
		return 0;
	case LWS_CALLBACK_HTTP:
		return c != NULL ? begin(s, wsi, c) : -1;
	case LWS_CALLBACK_HTTP_BODY:
		return c != NULL ? more(c, in, len) : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return c != NULL ? complete(s, wsi, c) : -1;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return c != NULL ? web_out_write(wsi, s, c) : -1;
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (c != NULL)
			leave(c);
		return 0;
	/* len is OpenSSL's own judgement, which libwebsockets replaces by ours. */
	case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
		return len == 1 ? 0 : 1;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return in != NULL && strcmp(in, "websocket") == 0 ? handshake(s, wsi) : -1;
	/* A handshake that names no subprotocol, or another, ends here. */
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1;
	default:
		return 0;
	}
}
