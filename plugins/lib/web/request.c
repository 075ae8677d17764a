/* SPDX-License-Identifier: Apache-2.0
 * Reading a request's fields and its peer's certificate, and judging both. Must never cut a field that is too long: the request is
 * refused instead.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "web/headers.h"
#include "web/internal.h"

static const char token_name[] = "x-postern-token:";

void web_request_free(struct web_request *r)
{
	if (r == NULL)
		return;
	if (r->body != NULL)
		explicit_bzero(r->body, r->size);
	free(r->body);
	explicit_bzero(r, sizeof *r);
	free(r);
}

static bool subject_part(X509_NAME *subject, int nid, char out[WEB_NAME_MAX])
{
	unsigned char *text = NULL;
	int at = X509_NAME_get_index_by_NID(subject, nid, -1);
	if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
		return false;
	int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	bool ok = n > 0 && n < WEB_NAME_MAX && memchr(text, '\0', (size_t)n) == NULL;
	if (ok) {
		memcpy(out, text, (size_t)n);
		out[n] = '\0';
	}
	OPENSSL_free(text);
	return ok;
}

/* False: it has shown a certificate that was revoked. */
static bool read_peer(const struct web_server *s, struct lws *wsi, struct web_peer *peer)
{
	const struct web_place *place = web_place_of(wsi);
	SSL *ssl = lws_get_ssl(wsi);
	static const uint8_t four[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	unsigned n = 0;
	if (place != NULL && memcmp(place->address, four, 12) == 0)
		inet_ntop(AF_INET, place->address + 12, peer->address, sizeof peer->address);
	else if (place != NULL)
		inet_ntop(AF_INET6, place->address, peer->address, sizeof peer->address);
	/* without a certificate the result is X509_V_OK too */
	X509 *certificate = ssl != NULL && SSL_get_verify_result(ssl) == X509_V_OK ? SSL_get1_peer_certificate(ssl) : NULL;
	if (certificate == NULL)
		return true;
	X509_NAME *subject = X509_get_subject_name(certificate);
	peer->verified = X509_digest(certificate, EVP_sha256(), peer->certificate_sha256, &n) == 1;
	if (!subject_part(subject, NID_organizationName, peer->organization))
		peer->organization[0] = '\0';
	if (!subject_part(subject, NID_commonName, peer->common_name))
		peer->common_name[0] = '\0';
	X509_free(certificate);
	return web_revocations_allow(s->revocations, ssl);
}

/* "" when the field is not there; false when it does not fit. */
static bool field(struct lws *wsi, enum lws_token_indexes token, char *out, size_t size)
{
	int n = lws_hdr_total_length(wsi, token);
	out[0] = '\0';
	if (n <= 0)
		return true;
	return (size_t)n < size && lws_hdr_copy(wsi, out, (int)size, token) == n && memchr(out, '\0', (size_t)n) == NULL;
}

static bool custom_field(struct lws *wsi, const char *name, char *out, size_t size)
{
	int length = (int)strlen(name), n = lws_hdr_custom_length(wsi, name, length);
	out[0] = '\0';
	if (n <= 0)
		return true;
	return (size_t)n < size && lws_hdr_custom_copy(wsi, out, (int)size, name, length) >= 0;
}

/* libwebsockets cuts the query into its parts. */
static bool query(struct lws *wsi, char out[WEB_QUERY_MAX])
{
	size_t at = 0;
	char part[WEB_QUERY_MAX];
	out[0] = '\0';
	for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
		int n = lws_hdr_copy_fragment(wsi, part, sizeof part, WSI_TOKEN_HTTP_URI_ARGS, i);
		if (n < 0 || at + (size_t)n + 2 > WEB_QUERY_MAX)
			return false;
		if (i > 0)
			out[at++] = '&';
		memcpy(out + at, part, (size_t)n);
		at += (size_t)n;
		out[at] = '\0';
	}
	return true;
}

static int read_length(struct lws *wsi, struct web_request *r)
{
	char text[16];
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
		return 411;
	if (!field(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text))
		return 400;
	if (text[0] == '\0')
		return r->method == WEB_POST ? 411 : 0;
	long n = web_content_length(text);
	if (n < 0 || (r->method == WEB_GET && n > 0))
		return 400;
	r->expected = (size_t)n;
	return 0;
}

/* A browser names the page's origin in every POST and every handshake of a WebSocket; what names none is no browser, and is taken only
 * from a peer whose certificate says who it is. */
static int judge_site(const struct web_server *s, struct lws *wsi, const struct web_request *r, bool handshake)
{
	char host[WEB_PATH_MAX], origin[WEB_PATH_MAX];
	if (!field(wsi, WSI_TOKEN_HOST, host, sizeof host) || !field(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin))
		return 431;
	if (s->config.machines_only)
		return origin[0] == '\0' && r->peer.verified ? 0 : 403;
	if (!web_host_known(host, (const char *const *)s->hosts, s->host_count, web_port(s), s->tls))
		return 421;
	if (r->method == WEB_GET && !handshake)
		return 0;
	if (origin[0] == '\0')
		return r->peer.verified ? 0 : 403;
	return web_origin_same(origin, host, s->tls) ? 0 : 403;
}

int web_request_read(struct web_server *s, struct lws *wsi, struct web_request *r)
{
	bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0, post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
	r->method = post ? WEB_POST : WEB_GET;
	if (!read_peer(s, wsi, &r->peer))
		return 403;
	if (get == post)
		return 405;
	if (!query(wsi, r->query))
		return 414;
	if (!field(wsi, get ? WSI_TOKEN_GET_URI : WSI_TOKEN_POST_URI, r->path, sizeof r->path))
		return 414;
	if (!field(wsi, WSI_TOKEN_HTTP_COOKIE, r->cookie, sizeof r->cookie) ||
		!field(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, r->content_type, sizeof r->content_type) ||
		!custom_field(wsi, token_name, r->token, sizeof r->token))
		return 431;
	int status = read_length(wsi, r);
	if (status == 0)
		status = judge_site(s, wsi, r, lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0);
	return status;
}
