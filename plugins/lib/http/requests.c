/* SPDX-License-Identifier: Apache-2.0
 * A request from its first header to the last byte of its answer. Must never hand out a request
 * before its body is complete, nor keep a body after its answer.
 */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/internal.h"

/* A body over the limit is read and thrown away up to here, so that its sender gets to read why. */
enum { DRAIN_MAX = 1 << 20 };

void http_request_free(struct http_request *r)
{
	if (r == NULL)
		return;
	if (r->body != NULL)
		explicit_bzero(r->body, r->size);
	free(r->body);
	free(r);
}

static bool subject_part(X509_NAME *subject, int nid, char out[HTTP_NAME_MAX])
{
	unsigned char *text = NULL;
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);
	if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return false;
	int n = ASN1_STRING_to_UTF8(
		&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	bool ok = n > 0 && n < HTTP_NAME_MAX && memchr(text, '\0', (size_t)n) == NULL;
	if (ok) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	OPENSSL_free(text);
	return ok;
}

static void read_subject(struct lws *wsi, struct http_request *r)
{
	SSL *ssl = lws_get_ssl(wsi);
	X509 *certificate = ssl != NULL && SSL_get_verify_result(ssl) == X509_V_OK
				    ? SSL_get1_peer_certificate(ssl)
				    : NULL;
	if (certificate == NULL)
		return;
	X509_NAME *subject = X509_get_subject_name(certificate);
	if (!subject_part(subject, NID_organizationName, r->organization))
		r->organization[0] = '\0';
	if (!subject_part(subject, NID_commonName, r->common_name))
		r->common_name[0] = '\0';
	X509_free(certificate);
}

static void refused(struct http_server *s, int status)
{
	if (s->config.refused != NULL)
		s->config.refused(s->config.self, status);
}

static void hand_over(struct http_server *s, struct http_request *r)
{
	r->handed = true;
	if (r->too_large) {
		refused(s, 413);
		http_respond(r, 413, "text/plain", "body too large\n", 15, 0);
	} else if (r->common_name[0] == '\0') {
		refused(s, 403);
		http_respond(r, 403, "text/plain", "no certificate\n", 15, 0);
	} else {
		s->config.handle(s->config.self, r);
	}
}

/* The body's size: -1 unless exactly one well-formed Content-Length stands there. */
static long content_length(struct lws *wsi)
{
	char text[16], *end;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return -1;
	int n = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
	if (n <= 0 || text[0] < '0' || text[0] > '9')
		return -1;
	long size = strtol(text, &end, 10);
	return *end == '\0' ? size : -1;
}

static int begin(struct http_server *s, struct lws *wsi, struct http_connection *c, const char *uri)
{
	struct http_request *r = calloc(1, sizeof *r);
	if (r == NULL || c->request != NULL || !text_copy(r->path, sizeof r->path, uri)) {
		free(r);
		return -1;
	}
	r->connection = wsi;
	c->request = r;
	read_subject(wsi, r);
	r->post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
	if (!r->post && lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		return -1;
	if (!r->post) {
		hand_over(s, r);
		return 0;
	}
	long size = content_length(wsi);
	if (size < 0 || size > DRAIN_MAX) {
		refused(s, 413);
		return -1;
	}
	r->expected = (size_t)size;
	r->too_large = r->expected > s->config.body_max;
	if (!r->too_large && size > 0) {
		r->body = malloc(r->expected);
		if (r->body == NULL)
			return -1;
	}
	return 0;
}

static int more(struct http_request *r, const void *bytes, size_t size)
{
	if (r == NULL || r->handed)
		return -1;
	if (r->too_large)
		return 0;
	if (size > r->expected - r->size)
		return -1;
	if (size > 0)
		memcpy(r->body + r->size, bytes, size);
	r->size += size;
	return 0;
}

static int complete(struct http_server *s, struct http_request *r)
{
	if (r == NULL || (!r->too_large && r->size != r->expected))
		return -1;
	if (!r->handed)
		hand_over(s, r);
	return 0;
}

/* The client has left: a handler that still holds the request answers into nothing. */
static void leave(struct http_connection *c)
{
	struct http_request *r = c->request;
	c->request = NULL;
	if (r == NULL)
		return;
	r->connection = NULL;
	if (!r->handed || r->status != 0)
		http_request_free(r);
}

void http_respond(struct http_request *r, int status, const char *type, const void *body,
	size_t size, unsigned retry_after_s)
{
	uint8_t *copy = malloc(LWS_PRE + size + 1);
	if (r->connection == NULL || copy == NULL) {
		bool connected = r->connection != NULL;
		free(copy);
		if (connected) /* without memory for the answer: leave() frees, by the status */
			r->status = -1;
		else
			http_request_free(r);
		if (connected)
			lws_set_timeout(
				r->connection, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
		return;
	}
	memcpy(copy + LWS_PRE, body, size);
	if (r->body != NULL)
		explicit_bzero(r->body, r->size);
	free(r->body);
	r->body = copy;
	r->size = size;
	r->status = status;
	r->type = type;
	r->retry_after_s = retry_after_s;
	lws_callback_on_writable(r->connection);
}

/* The answer with its headers in one TLS record and one packet where it fits. */
static int write_out(
	struct lws *wsi, const struct http_request *r, uint8_t *start, uint8_t *at, uint8_t *end)
{
	size_t together = 0;
	if (lws_finalize_http_header(wsi, &at, end) != 0)
		return -1;
	if (r->size <= (size_t)(end - at)) {
		memcpy(at, r->body + LWS_PRE, r->size);
		at += r->size;
		together = r->size;
	}
	size_t size = (size_t)(at - start);
	if (lws_write(wsi, start, size, LWS_WRITE_HTTP_HEADERS) != (int)size)
		return -1;
	if (r->size > together &&
		lws_write(wsi, r->body + LWS_PRE, r->size, LWS_WRITE_HTTP_FINAL) != (int)r->size)
		return -1;
	return 0;
}

static int write_answer(struct lws *wsi, struct http_connection *c)
{
	uint8_t headers[LWS_PRE + 1024], *at = headers + LWS_PRE, *end = headers + sizeof headers;
	char seconds[16];
	struct http_request *r = c->request;
	if (r == NULL || r->status == 0)
		return 0;
	if (r->status < 0 || lws_add_http_common_headers(wsi, (unsigned)r->status, r->type,
				     (lws_filepos_t)r->size, &at, end) != 0)
		return -1;
	if (r->retry_after_s > 0) {
		int n = snprintf(seconds, sizeof seconds, "%u", r->retry_after_s);
		if (lws_add_http_header_by_token(
			    wsi, WSI_TOKEN_HTTP_RETRY_AFTER, (uint8_t *)seconds, n, &at, end) != 0)
			return -1;
	}
	if (write_out(wsi, r, headers + LWS_PRE, at, end) != 0)
		return -1;
	c->request = NULL;
	http_request_free(r);
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

int http_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct lws_context *context = wsi != NULL ? lws_get_context(wsi) : NULL;
	struct http_server *s = context != NULL ? lws_context_user(context) : NULL;
	struct http_connection *c = user;
	if (s == NULL) /* before the server stands and after it went */
		return 0;
	switch (reason) {
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION: {
		const struct lws_filter_network_conn_args *a = user;
		if (a != NULL && !http_peer_may(s, (const struct sockaddr *)&a->cli_addr)) {
			refused(s, 429);
			return 1;
		}
		return 0;
	}
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		http_peer_add(s, wsi);
		return 0;
	case LWS_CALLBACK_WSI_DESTROY:
		http_peer_remove(s, wsi);
		return 0;
	case LWS_CALLBACK_HTTP:
		return c != NULL ? begin(s, wsi, c, in) : -1;
	case LWS_CALLBACK_HTTP_BODY:
		return c != NULL ? more(c->request, in, len) : -1;
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return c != NULL ? complete(s, c->request) : -1;
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return c != NULL ? write_answer(wsi, c) : -1;
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (c != NULL)
			leave(c);
		return 0;
	/* len is OpenSSL's own judgement, which libwebsockets replaces by ours. */
	case LWS_CALLBACK_OPENSSL_PERFORM_CLIENT_CERT_VERIFICATION:
		return len == 1 ? 0 : 1;
	/* libwebsockets' own handling of these looks into the file system or upgrades. */
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return -1;
	default:
		return 0;
	}
}
