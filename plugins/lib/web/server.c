/* SPDX-License-Identifier: Apache-2.0
 * Opening the server, its loop, its limits in number and time. Must never listen beyond the configured address, nor offer HTTP/2 or
 * a compression of messages.
 *
 * The limits are kept here because Debian's libwebsockets is built without limits per peer, and because its own timeouts start
 * anew with every byte. Buffers and protocol are chosen so that bodies over one TLS record arrive whole in its releases 4.1
 * and 4.3 (docs/adr/0016).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "web/internal.h"

enum { SERVICE_BUFFER = 65536, HEADER_BYTES = 8192, MACHINE_HEADER_BYTES = 4096 };
enum { SWEEP_MS = 250 };
enum { BUCKETS = 256, ROOM_SHARE = 8 }; /* every eighth place is kept for whoever comes next */

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
		/* whoever has a network of 64 bits has as many addresses as they like */
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
		memcpy(out, &in6.sin6_addr, mapped ? 16 : 8);
	}
}

static unsigned bucket_of(const struct web_place *p)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < sizeof p->address; i++)
		h = (h ^ p->address[i]) * 16777619u;
	return (h ^ h >> 16) % BUCKETS;
}

static bool may_go(const struct web_place *p)
{
	return p->wsi != NULL && !p->leaving && !p->admitted && !p->is_socket;
}

/* Addresses are told apart by a hash: two that share a bucket share their loss, which is one connection that can come again. */
static void make_room(struct web_server *s)
{
	unsigned held[BUCKETS] = {0}, most = 0, staying = 0;
	struct web_place *oldest = NULL;
	for (unsigned i = 0; i < s->config.connections_max; i++) {
		staying += s->places[i].wsi != NULL && !s->places[i].leaving;
		held[bucket_of(&s->places[i])] += may_go(&s->places[i]);
	}
	if (staying + s->config.connections_max / ROOM_SHARE + 1 <= s->config.connections_max)
		return;
	for (unsigned i = 1; i < BUCKETS; i++)
		if (held[i] > held[most])
			most = i;
	for (unsigned i = 0; i < s->config.connections_max; i++) {
		struct web_place *p = &s->places[i];
		if (may_go(p) && bucket_of(p) == most && (oldest == NULL || p->since_ms < oldest->since_ms))
			oldest = p;
	}
	if (oldest == NULL)
		return;
	oldest->leaving = true;
	web_refused(s, 429);
	web_kill(oldest->wsi);
}

bool web_place_may(struct web_server *s, const struct sockaddr *from)
{
	uint8_t address[16];
	unsigned n = 0;
	address_of(from, address);
	for (unsigned i = 0; i < s->config.connections_max; i++)
		n += s->places[i].wsi != NULL && memcmp(s->places[i].address, address, 16) == 0;
	return n < s->config.connections_per_address && s->connections < s->config.connections_max;
}

/* Closing takes it out again. Without room for it the connection is served at the next turn that something else brings. */
static void hear(const struct web_server *s, int fd)
{
	struct epoll_event e = {.events = EPOLLIN};
	if (s->heard >= 0)
		(void)epoll_ctl(s->heard, EPOLL_CTL_ADD, fd, &e);
}

void web_place_take(struct web_server *s, struct lws *wsi)
{
	struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
	socklen_t size = sizeof from;
	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&from, &size) != 0)
		from.ss_family = AF_UNSPEC;
	for (unsigned i = 0; i < s->config.connections_max; i++) {
		struct web_place *p = &s->places[i];
		if (p->wsi != NULL)
			continue;
		*p = (struct web_place){.wsi = wsi, .server = s, .since_ms = clock_mono_ms()};
		address_of((struct sockaddr *)&from, p->address);
		web_due(p, s->config.request_s);
		lws_set_opaque_user_data(wsi, p);
		hear(s, lws_get_socket_fd(wsi));
		s->connections++;
		if (s->connections + s->config.connections_max / ROOM_SHARE + 1 > s->config.connections_max)
			make_room(s);
		return;
	}
}

struct web_place *web_place_of(struct lws *wsi)
{
	const struct web_server *s = lws_context_user(lws_get_context(wsi));
	uintptr_t p = (uintptr_t)lws_get_opaque_user_data(wsi), first = (uintptr_t)s->places;
	/* A watched descriptor has another pointer there. */
	if (p < first || p >= (uintptr_t)(s->places + s->config.connections_max))
		return NULL;
	struct web_place *place = lws_get_opaque_user_data(wsi);
	return place->wsi == wsi ? place : NULL;
}

void web_place_leave(struct lws *wsi)
{
	struct web_place *p = web_place_of(wsi);
	if (p == NULL)
		return;
	struct web_server *s = p->server;
	if (p->admitted && s->config.closed != NULL)
		s->config.closed(s->config.self, NULL, p->socket_self);
	*p = (struct web_place){.wsi = NULL};
	s->connections--;
}

void web_due(struct web_place *p, unsigned seconds)
{
	if (p != NULL)
		p->deadline_ms = seconds == 0 ? 0 : clock_mono_ms() + seconds * UINT64_C(1000);
}

void web_kill(struct lws *wsi)
{
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
}

void web_refused(struct web_server *s, int status)
{
	if (s->config.refused != NULL)
		s->config.refused(s->config.self, status);
}

/* What is overdue goes, however busily it sends. */
static void sweep(struct web_server *s)
{
	uint64_t now = clock_mono_ms();
	if (now - s->swept_ms < SWEEP_MS)
		return;
	s->swept_ms = now;
	for (unsigned i = 0; i < s->config.connections_max && s->connections > 0; i++) {
		struct web_place *p = &s->places[i];
		if (p->wsi == NULL || p->deadline_ms == 0 || now < p->deadline_ms)
			continue;
		p->deadline_ms = 0;
		web_refused(s, 408);
		web_kill(p->wsi);
	}
}

static int watched_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	/* its name is no subprotocol that a client may ask for */
	if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
		return -1;
	const struct web_watch *w = reason == LWS_CALLBACK_RAW_RX_FILE ? lws_get_opaque_user_data(wsi) : NULL;
	if (w != NULL)
		w->ready(w->self);
	return 0;
}

static void fill_tls(const struct web_config *c, struct lws_context_creation_info *info)
{
	info->ssl_cert_filepath = c->certificate;
	info->ssl_private_key_filepath = c->key;
	info->ssl_options_set = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION;
	info->options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	if (c->client_authority == NULL)
		return;
	info->ssl_ca_filepath = c->client_authority;
	info->options |= LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT;
	if (!c->client_required)
		info->options |= LWS_SERVER_OPTION_PEER_CERT_NOT_REQUIRED;
}

static int open_context(struct web_server *s)
{
	struct lws_context_creation_info info = {0};
	const struct web_config *c = &s->config;
	struct lws_protocols *p = s->protocols;
	*p++ = (struct lws_protocols){.name = "http", .callback = web_http_callback,
		.per_session_data_size = sizeof(struct web_connection), .rx_buffer_size = SERVICE_BUFFER};
	*p++ = (struct lws_protocols){.name = "-watched-", .callback = watched_callback};
	if (c->subprotocol != NULL)
		*p = (struct lws_protocols){.name = c->subprotocol, .callback = web_socket_callback,
			.per_session_data_size = sizeof(struct web_socket), .rx_buffer_size = SERVICE_BUFFER};
	s->idle_policy = (lws_retry_bo_t){.secs_since_valid_ping = (uint16_t)c->ping_s,
		.secs_since_valid_hangup = (uint16_t)(2 * c->ping_s)};
	info.port = c->port;
	info.iface = c->listen;
	info.protocols = s->protocols;
	info.user = s;
	info.alpn = "http/1.1";
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	info.pt_serv_buf_size = SERVICE_BUFFER;
	info.max_http_header_data = c->machines_only ? MACHINE_HEADER_BYTES : HEADER_BYTES;
	info.fd_limit_per_thread = c->connections_max + 16;
	info.keepalive_timeout = (int)c->idle_s;
	info.timeout_secs = c->request_s;
	info.retry_and_idle_policy = c->subprotocol != NULL ? &s->idle_policy : NULL;
	info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_EXPLICIT_VHOSTS;
	if (s->tls)
		fill_tls(c, &info);
	if (strchr(c->listen, ':') == NULL)
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	s->context = lws_create_context(&info);
	if (s->context == NULL)
		return PN_EIO;
	s->vhost = lws_create_vhost(s->context, &info);
	return s->vhost != NULL ? 0 : PN_EIO;
}

static bool is_loopback(const char *address)
{
	struct in_addr in;
	return strcmp(address, "::1") == 0 || (inet_pton(AF_INET, address, &in) == 1 && ntohl(in.s_addr) >> 24 == 127);
}

static int check(const struct web_config *c)
{
	bool tls = c->certificate != NULL;
	if (c->listen == NULL || tls != (c->key != NULL) || (c->client_required && c->client_authority == NULL) ||
		(c->client_authority != NULL && !tls) || (c->client_revocations != NULL && c->client_authority == NULL))
		return PN_EINVAL;
	if (!tls && !is_loopback(c->listen))
		return PN_EDENIED;
	if (c->machines_only && (!c->client_required || c->files != NULL || c->hosts[0] != NULL))
		return PN_EDENIED;
	if (c->connections_max == 0 || c->connections_max > WEB_CONNECTIONS_MAX || c->body_max > WEB_BODY_MAX ||
		c->queue_max > WEB_QUEUE_MAX || c->idle_s == 0 || c->request_s == 0 ||
		(c->ping_s == 0 && c->subprotocol != NULL) || c->ping_s > 3600)
		return PN_EINVAL;
	return 0;
}

static int copy_hosts(struct web_server *s)
{
	for (unsigned i = 0; i < WEB_HOSTS_MAX && s->config.hosts[i] != NULL; i++) {
		s->hosts[s->host_count] = strdup(s->config.hosts[i]);
		if (s->hosts[s->host_count++] == NULL)
			return PN_ENOMEM;
	}
	if (s->host_count > 0)
		return 0;
	s->hosts[0] = strdup(s->config.listen);
	s->host_count = 1;
	return s->hosts[0] != NULL ? 0 : PN_ENOMEM;
}

int web_open(const struct web_config *config, struct web_server **out)
{
	int err = check(config);
	if (err != 0)
		return err;
	struct web_server *s = calloc(1, sizeof *s);
	if (s == NULL)
		return PN_ENOMEM;
	s->config = *config;
	s->heard = -1;
	s->tls = config->certificate != NULL;
	s->places = calloc(config->connections_max, sizeof *s->places);
	err = s->places == NULL ? PN_ENOMEM : copy_hosts(s);
	/* Its messages may quote requests. */
	lws_set_log_level(0, NULL);
	if (err == 0 && config->client_revocations != NULL)
		err = web_revocations_open(config->client_authority, config->client_revocations, &s->revocations);
	if (err == 0)
		err = open_context(s);
	if (err != 0)
		web_close(s);
	else
		*out = s;
	return err;
}

/* Ends a wait in lws_service(), which keeps its own time. */
static void timer_rang(lws_sorted_usec_list_t *timer)
{
	(void)timer;
}

void web_close(struct web_server *s)
{
	if (s == NULL)
		return;
	if (s->context != NULL) {
		lws_sul_schedule(s->context, 0, &s->timer, timer_rang, LWS_SET_TIMER_USEC_CANCEL);
		lws_context_destroy(s->context);
	}
	for (unsigned i = 0; i < s->host_count; i++)
		free(s->hosts[i]);
	web_revocations_close(s->revocations);
	if (s->heard >= 0)
		close(s->heard);
	free(s->places);
	free(s);
}

uint16_t web_port(const struct web_server *s)
{
	return (uint16_t)lws_get_vhost_listen_port(s->vhost);
}

int web_heard(struct web_server *s)
{
	if (s->heard < 0)
		s->heard = epoll_create1(EPOLL_CLOEXEC);
	return s->heard >= 0 ? s->heard : PN_EIO;
}

int web_watch(struct web_server *s, int fd, void (*ready)(void *self), void *self)
{
	lws_sock_file_fd_type u = {0};
	if (s->watch_count == WEB_WATCHES_MAX)
		return PN_ELIMIT;
	/* libwebsockets closes what it adopts. */
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return PN_EIO;
	u.filefd = own;
	struct lws *wsi = lws_adopt_descriptor_vhost(s->vhost, LWS_ADOPT_RAW_FILE_DESC, u, s->protocols[1].name, NULL);
	if (wsi == NULL) {
		close(own);
		return PN_EIO;
	}
	struct web_watch *w = &s->watches[s->watch_count++];
	*w = (struct web_watch){.ready = ready, .self = self};
	lws_set_opaque_user_data(wsi, w);
	return 0;
}

int web_refresh(struct web_server *s)
{
	int changed = s->revocations != NULL ? web_revocations_refresh(s->revocations) : 0;
	for (unsigned i = 0; changed == 1 && i < s->config.connections_max; i++) {
		struct lws *wsi = s->places[i].wsi;
		if (wsi == NULL || web_revocations_allow(s->revocations, lws_get_ssl(wsi)))
			continue;
		web_refused(s, 403);
		web_kill(wsi);
	}
	return changed;
}

int web_turn(struct web_server *s, int ms)
{
	int rc;
	/* A timer that has rung before lws_service() looks does not end its wait: not to wait at all has a form of its own. */
	if (ms <= 0) {
		rc = lws_service(s->context, -1);
	} else {
		if (ms > SWEEP_MS && s->connections > 0)
			ms = SWEEP_MS;
		lws_sul_schedule(s->context, 0, &s->timer, timer_rang, (lws_usec_t)ms * LWS_US_PER_MS);
		rc = lws_service(s->context, 0);
	}
	sweep(s);
	return rc < 0 ? PN_EIO : 0;
}
