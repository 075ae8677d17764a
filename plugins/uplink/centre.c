/* SPDX-License-Identifier: Apache-2.0
 * libcurl on the host's loop. See centre.h. Must never block, follow a redirect, use a proxy, or
 * keep a request's bytes after its end.
 */
#include "centre.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "base/text.h"

struct exchange {
	struct centre *centre;
	CURL *easy;
	bool active;
	uint64_t id;
	centre_done done;
	void *context;
	uint8_t *body; /* of the request; wiped and freed at the end */
	size_t body_size;
	uint8_t response[REPLY_MAX];
	size_t response_size, header_size;
	bool too_large;
};

struct centre {
	const struct postern_host *host;
	struct address address;
	struct pem ca, certificate, key;
	char *crl_path;
	CURLM *multi;
	struct curl_slist *headers, *resolve;
	struct exchange exchanges[CENTRE_EXCHANGES];
	struct centre_counts counts;
	uint64_t deadline_ms; /* curl's timer; 0: none */
};

/* --- libcurl's callbacks --- */

static size_t on_body(char *data, size_t one, size_t size, void *self)
{
	struct exchange *x = self;

	if (size * one > sizeof x->response - x->response_size) {
		x->too_large = true;
		return 0;
	}
	memcpy(x->response + x->response_size, data, size * one);
	x->response_size += size * one;
	return size * one;
}

static size_t on_header(char *data, size_t one, size_t size, void *self)
{
	struct exchange *x = self;

	(void)data;
	x->header_size += size * one;
	if (x->header_size <= REPLY_HEADERS_MAX)
		return size * one;
	x->too_large = true;
	return 0;
}

static int on_timer(CURLM *multi, long timeout_ms, void *self)
{
	struct centre *c = self;

	(void)multi;
	if (timeout_ms < 0) {
		c->deadline_ms = 0;
		return 0;
	}
	c->deadline_ms = c->host->now_ms(c->host->ctx) + (uint64_t)timeout_ms;
	return c->host->wake_after(c->host->ctx, timeout_ms > 0 ? (uint32_t)timeout_ms : 1) == 0
		       ? 0
		       : -1;
}

static void finish_all(struct centre *c);

static void on_socket_ready(void *self, int fd, uint32_t events)
{
	struct centre *c = self;
	int running, mask = 0;

	if (events & POSTERN_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & POSTERN_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	if (events & POSTERN_HANGUP)
		mask |= CURL_CSELECT_ERR;
	curl_multi_socket_action(c->multi, fd, mask, &running);
	finish_all(c);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *self, void *unused)
{
	struct centre *c = self;
	uint32_t events = 0;

	(void)easy;
	(void)unused;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= POSTERN_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= POSTERN_WRITABLE;
	if (c->host->watch(c->host->ctx, fd, events, events != 0 ? on_socket_ready : NULL, c) !=
			0 &&
		events != 0)
		return -1;
	return 0;
}

/* --- ends --- */

static enum reply_end end_of(const struct exchange *x, CURLcode code)
{
	if (x->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return REPLY_TOO_LARGE;
	switch ((int)code) {
	case CURLE_OK:
		return REPLY_COMPLETE;
	case CURLE_COULDNT_CONNECT:
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_INTERFACE_FAILED:
		return REPLY_NO_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return REPLY_TIMEOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return REPLY_TLS;
	default:
		return REPLY_CUT;
	}
}

static void forget(struct exchange *x)
{
	curl_easy_setopt(x->easy, CURLOPT_POSTFIELDS, NULL);
	if (x->body != NULL)
		explicit_bzero(x->body, x->body_size);
	free(x->body);
	explicit_bzero(x->response, x->response_size);
	x->body = NULL;
	x->active = false;
}

static void finish(struct exchange *x, CURLcode code)
{
	struct centre *c = x->centre;
	struct reply r = {.end = end_of(x, code), .body = x->response, .size = x->response_size};
	curl_off_t number = 0;
	long connects = 0;

	if (r.end == REPLY_COMPLETE) {
		curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &r.status);
		if (curl_easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &number) == CURLE_OK)
			r.retry_after_s = (long)number;
	}
	if (curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects) == CURLE_OK)
		c->counts.connections += (uint64_t)connects;
	if (curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &number) == CURLE_OK)
		c->counts.sent += (uint64_t)number;
	c->counts.received += x->response_size;
	curl_multi_remove_handle(c->multi, x->easy);
	x->done(x->context, x->id, &r);
	forget(x);
}

static void finish_all(struct centre *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		CURLcode code = m->data.result;
		if (m->msg != CURLMSG_DONE)
			continue;
		for (size_t i = 0; i < CENTRE_EXCHANGES; i++)
			if (c->exchanges[i].easy == m->easy_handle && c->exchanges[i].active) {
				finish(&c->exchanges[i], code);
				break;
			}
	}
}

void centre_tick(struct centre *c, uint64_t now_ms)
{
	int running;

	if (c->deadline_ms == 0)
		return;
	if (now_ms < c->deadline_ms) {
		c->host->wake_after(c->host->ctx, (uint32_t)(c->deadline_ms - now_ms));
		return;
	}
	c->deadline_ms = 0;
	curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_all(c);
}

/* --- making --- */

static bool copy_pem(struct pem *to, const struct pem *from)
{
	to->bytes = from->size > 0 ? malloc(from->size) : NULL;
	if (to->bytes == NULL)
		return false;
	memcpy(to->bytes, from->bytes, from->size);
	to->size = from->size;
	return true;
}

static void wipe_pem(struct pem *p)
{
	if (p->bytes != NULL)
		explicit_bzero(p->bytes, p->size);
	free(p->bytes);
	*p = (struct pem){0};
}

static X509 *read_certificate(const struct pem *p)
{
	BIO *bio = BIO_new_mem_buf(p->bytes, (int)p->size);
	X509 *cert = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

/* Finds bad credentials before the first traveller does, and makes OpenSSL load all it will need
 * while the sandbox still lets it. */
static bool credentials_fit(const struct centre *c)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	X509 *ca = read_certificate(&c->ca), *cert = read_certificate(&c->certificate);
	BIO *bio = BIO_new_mem_buf(c->key.bytes, (int)c->key.size);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : NULL;
	SSL *ssl = NULL;
	bool ok = ctx != NULL && ca != NULL && cert != NULL && key != NULL &&
		  SSL_CTX_use_certificate(ctx, cert) == 1 &&
		  SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1 &&
		  X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca) == 1 &&
		  (ssl = SSL_new(ctx)) != NULL;

	SSL_free(ssl);
	EVP_PKEY_free(key);
	BIO_free(bio);
	X509_free(cert);
	X509_free(ca);
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return ok;
}

static bool set_blob(CURL *easy, CURLoption option, const struct pem *p)
{
	struct curl_blob blob = {p->bytes, p->size, CURL_BLOB_NOCOPY};

	return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

#define SET(option, value) (curl_easy_setopt(easy, CURLOPT_##option, value) == CURLE_OK)

static bool set_tls(const struct centre *c, CURL *easy)
{
	return SET(SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) && SET(SSL_VERIFYPEER, 1L) &&
	       SET(SSL_VERIFYHOST, 2L) && set_blob(easy, CURLOPT_CAINFO_BLOB, &c->ca) &&
	       /* else Debian's build also trusts every public authority in /etc/ssl/certs */
	       SET(CAPATH, NULL) && SET(SSLCERTTYPE, "PEM") && SET(SSLKEYTYPE, "PEM") &&
	       /* a resumed session would not look at the certificates again */
	       SET(SSL_SESSIONID_CACHE, 0L) &&
	       set_blob(easy, CURLOPT_SSLCERT_BLOB, &c->certificate) &&
	       set_blob(easy, CURLOPT_SSLKEY_BLOB, &c->key) &&
	       (c->crl_path == NULL || SET(CRLFILE, c->crl_path));
}

static bool set_http(const struct centre *c, CURL *easy, uint32_t connect_timeout_ms)
{
	return SET(PROTOCOLS_STR, "https") && SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(FOLLOWLOCATION, 0L) && SET(PROXY, "") && SET(NOSIGNAL, 1L) &&
	       SET(CONNECTTIMEOUT_MS, (long)connect_timeout_ms) && SET(TCP_KEEPALIVE, 1L) &&
	       SET(MAXFILESIZE, (long)REPLY_MAX) && SET(HTTPHEADER, c->headers) &&
	       (c->resolve == NULL || SET(RESOLVE, c->resolve)) && SET(POST, 1L);
}

static bool make_exchange(struct centre *c, struct exchange *x, uint32_t connect_timeout_ms)
{
	CURL *easy = x->easy = curl_easy_init();

	x->centre = c;
	return easy != NULL && SET(WRITEFUNCTION, on_body) && SET(WRITEDATA, x) &&
	       SET(HEADERFUNCTION, on_header) && SET(HEADERDATA, x) &&
	       set_http(c, easy, connect_timeout_ms) && set_tls(c, easy);
}

static bool make_multi(struct centre *c)
{
	static const char *const headers[] = {"Content-Type: application/x-protobuf",
		"Accept: application/x-protobuf", "Expect:"};

	for (size_t i = 0; i < PN_COUNT(headers); i++) {
		struct curl_slist *more = curl_slist_append(c->headers, headers[i]);
		if (more == NULL)
			return false;
		c->headers = more;
	}
	if (c->address.pin[0] != '\0' &&
		(c->resolve = curl_slist_append(NULL, c->address.pin)) == NULL)
		return false;
	c->multi = curl_multi_init();
	return c->multi != NULL &&
	       curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
	       curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) == CURLM_OK &&
	       curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
	       curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) == CURLM_OK &&
	       curl_multi_setopt(c->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING) == CURLM_OK;
}

int centre_new(
	struct centre **out, const struct postern_host *host, const struct centre_config *config)
{
	struct centre *c = calloc(1, sizeof *c);
	int err;

	if (c == NULL)
		return PN_ENOMEM;
	c->host = host;
	err = address_parse(&c->address, config->url);
	if (err == 0 && (!copy_pem(&c->ca, &config->ca) ||
				!copy_pem(&c->certificate, &config->certificate) ||
				!copy_pem(&c->key, &config->key)))
		err = PN_ENOMEM;
	if (err == 0 && config->crl_path != NULL &&
		(c->crl_path = strdup(config->crl_path)) == NULL)
		err = PN_ENOMEM;
	if (err == 0 && !credentials_fit(c))
		err = PN_ECRYPTO;
	if (err == 0)
		err = address_resolve(&c->address);
	if (err == 0 && !make_multi(c))
		err = PN_ENOMEM;
	for (size_t i = 0; i < CENTRE_EXCHANGES && err == 0; i++)
		if (!make_exchange(c, &c->exchanges[i], config->connect_timeout_ms))
			err = PN_ENOMEM;
	if (err != 0) {
		centre_free(c);
		return err;
	}
	*out = c;
	return 0;
}

void centre_abandon_all(struct centre *c)
{
	for (size_t i = 0; i < CENTRE_EXCHANGES; i++)
		if (c->exchanges[i].active) {
			curl_multi_remove_handle(c->multi, c->exchanges[i].easy);
			forget(&c->exchanges[i]);
		}
}

void centre_free(struct centre *c)
{
	if (c == NULL)
		return;
	centre_abandon_all(c);
	for (size_t i = 0; i < CENTRE_EXCHANGES; i++)
		curl_easy_cleanup(c->exchanges[i].easy);
	curl_multi_cleanup(c->multi);
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->resolve);
	wipe_pem(&c->ca);
	wipe_pem(&c->certificate);
	wipe_pem(&c->key);
	free(c->crl_path);
	free(c);
}

/* --- use --- */

int centre_post(struct centre *c, const char *path, const uint8_t *body, size_t size,
	uint32_t timeout_ms, centre_done done, void *context, uint64_t id)
{
	struct exchange *x = NULL;
	char url[CENTRE_URL_MAX + 64];
	struct text t;
	CURL *easy;
	bool six = strchr(c->address.host, ':') != NULL;

	for (size_t i = 0; i < CENTRE_EXCHANGES && x == NULL; i++)
		if (!c->exchanges[i].active)
			x = &c->exchanges[i];
	if (x == NULL || size > CENTRE_BODY_MAX || size == 0)
		return PN_ELIMIT;
	text_init(&t, url, sizeof url);
	text_add(&t, six ? "https://[%s]:%s%s" : "https://%s:%s%s", c->address.host,
		c->address.port, path);
	x->body = malloc(size);
	if (x->body == NULL || t.truncated) {
		free(x->body);
		x->body = NULL;
		return PN_ENOMEM;
	}
	memcpy(x->body, body, size);
	x->body_size = size;
	x->response_size = x->header_size = 0;
	x->too_large = false;
	x->done = done;
	x->context = context;
	x->id = id;
	x->active = true;
	easy = x->easy;
	if (SET(URL, url) && SET(POSTFIELDSIZE_LARGE, (curl_off_t)size) &&
		SET(POSTFIELDS, x->body) && SET(TIMEOUT_MS, (long)timeout_ms) &&
		curl_multi_add_handle(c->multi, easy) == CURLM_OK)
		return 0;
	forget(x);
	return PN_ENOMEM;
}

void centre_take_counts(struct centre *c, struct centre_counts *out)
{
	*out = c->counts;
	c->counts = (struct centre_counts){0};
}

int centre_has_name(const struct centre *c)
{
	return !c->address.numeric;
}
