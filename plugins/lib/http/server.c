/* SPDX-License-Identifier: Apache-2.0
 * Opening the server, its loop and its limits per address. Must never listen beyond the configured
 * address, nor offer HTTP/2.
 */
#include "http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <openssl/ssl.h>

#include "http/internal.h"

/* One TLS record of 16 KiB must fit, or libwebsockets 4.1 leaves bodies of 12 kB and more waiting
 * in the TLS layer for ever. */
enum { SERVICE_BUFFER = 65536 };
enum { HEADER_BYTES = 4096 };

static void address_of(const struct sockaddr *from, uint8_t out[16])
{
	memset(out, 0, 16);
	if (from->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, from, sizeof in);
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &in.sin_addr, 4);
	} else if (from->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, from, sizeof in6);
		memcpy(out, &in6.sin6_addr, 16);
	}
}

bool http_peer_may(struct http_server *s, const struct sockaddr *from)
{
	uint8_t address[16];
	unsigned n = 0;
	address_of(from, address);
	for (unsigned i = 0; i < s->config.connections_max; i++)
		n += s->peers[i].wsi != NULL && memcmp(s->peers[i].address, address, 16) == 0;
	return n < s->config.connections_per_address && s->connections < s->config.connections_max;
}

void http_peer_add(struct http_server *s, struct lws *wsi)
{
	struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
	socklen_t size = sizeof from;
	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from, &size) != 0)
		from.ss_family = AF_UNSPEC;
	for (unsigned i = 0; i < s->config.connections_max; i++) {
		if (s->peers[i].wsi != NULL)
			continue;
		s->peers[i].wsi = wsi;
		address_of((struct sockaddr *)&from, s->peers[i].address);
		s->connections++;
		return;
	}
}

void http_peer_remove(struct http_server *s, struct lws *wsi)
{
	for (unsigned i = 0; i < s->config.connections_max; i++) {
		if (s->peers[i].wsi != wsi)
			continue;
		s->peers[i].wsi = NULL;
		s->connections--;
		return;
	}
}

/* Ends a wait in lws_service(), which keeps its own time. */
static void timer_rang(lws_sorted_usec_list_t *timer)
{
	(void)timer;
}

static int watched_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		struct http_server *s = lws_context_user(lws_get_context(wsi));
		s->ready(s->ready_self);
	}
	return 0;
}

static int open_context(struct http_server *s)
{
	struct lws_context_creation_info info = {0};
	const struct http_config *c = &s->config;
	s->protocols[0] = (struct lws_protocols){.name = "http",
		.callback = http_callback,
		.per_session_data_size = sizeof(struct http_connection),
		.rx_buffer_size = SERVICE_BUFFER};
	s->protocols[1] = (struct lws_protocols){.name = "watched", .callback = watched_callback};
	info.port = c->port;
	info.iface = c->listen;
	info.protocols = s->protocols;
	info.user = s;
	info.alpn = "http/1.1";
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	info.pt_serv_buf_size = SERVICE_BUFFER;
	info.max_http_header_data = HEADER_BYTES;
	info.fd_limit_per_thread = c->connections_max + 16;
	info.keepalive_timeout = (int)c->idle_s;
	info.timeout_secs = c->request_s;
	info.ssl_cert_filepath = c->certificate;
	info.ssl_private_key_filepath = c->key;
	info.ssl_ca_filepath = c->client_authority;
	info.ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
		       LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT |
		       LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
		       LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	if (strchr(c->listen, ':') == NULL)
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	s->context = lws_create_context(&info);
	if (s->context == NULL)
		return PN_EIO;
	s->vhost = lws_create_vhost(s->context, &info);
	return s->vhost != NULL ? 0 : PN_EIO;
}

int http_server_open(const struct http_config *config, struct http_server **out)
{
	if (config->connections_max == 0 || config->connections_max > HTTP_CONNECTIONS_MAX)
		return PN_EINVAL;
	struct http_server *s = calloc(1, sizeof *s);
	if (s == NULL)
		return PN_ENOMEM;
	s->config = *config;
	s->watched = -1;
	s->peers = calloc(config->connections_max, sizeof *s->peers);
	/* Its messages may quote requests. */
	lws_set_log_level(0, NULL);
	int err = s->peers == NULL ? PN_ENOMEM : open_context(s);
	if (err != 0)
		http_server_close(s);
	else
		*out = s;
	return err;
}

void http_server_close(struct http_server *s)
{
	if (s == NULL)
		return;
	if (s->context != NULL) {
		lws_sul_schedule(s->context, 0, &s->timer, timer_rang, LWS_SET_TIMER_USEC_CANCEL);
		lws_context_destroy(s->context);
	}
	free(s->peers);
	free(s);
}

uint16_t http_server_port(const struct http_server *s)
{
	return (uint16_t)lws_get_vhost_listen_port(s->vhost);
}

int http_server_watch(struct http_server *s, int fd, void (*ready)(void *self), void *self)
{
	lws_sock_file_fd_type u = {0};
	if (s->watched >= 0)
		return PN_ECONFLICT;
	/* libwebsockets closes what it adopts. */
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return PN_EIO;
	s->ready = ready;
	s->ready_self = self;
	u.filefd = own;
	if (lws_adopt_descriptor_vhost(
		    s->vhost, LWS_ADOPT_RAW_FILE_DESC, u, s->protocols[1].name, NULL) == NULL) {
		close(own);
		return PN_EIO;
	}
	s->watched = own;
	return 0;
}

int http_server_turn(struct http_server *s, int ms)
{
	/* A timer that has rung before lws_service() looks does not end its wait: not to wait at
	 * all has a form of its own, in its releases 4.1 and 4.3. */
	if (ms <= 0)
		return lws_service(s->context, -1) < 0 ? PN_EIO : 0;
	lws_sul_schedule(s->context, 0, &s->timer, timer_rang, (lws_usec_t)ms * LWS_US_PER_MS);
	return lws_service(s->context, 0) < 0 ? PN_EIO : 0;
}
