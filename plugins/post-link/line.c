/* SPDX-License-Identifier: Apache-2.0
 * The line on libwebsockets: see line.h. Its service buffer holds a whole TLS record, or its release 4.1 leaves what came with the
 * first part of it waiting in the TLS layer (the same as in plugins/lib/web). Must never log what libwebsockets would say.
 */
#include "line.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "credentials.h"
#include "post/gates.h"

enum { SERVICE_BUFFER = 32768, CONNECT_S = 5, ADDRESS_MAX = 64, HOST_MAX = 254, PATH_MAX_ = 64, AUTHORITY_MAX = HOST_MAX + 9 };

struct line {
	struct line_config config;
	char host[HOST_MAX], address[ADDRESS_MAX], path[PATH_MAX_], name[LINE_NAME_MAX + 1];
	char authority[AUTHORITY_MAX]; /* what the Host field says: RFC 9110 section 7.2 */
	SSL_CTX *tls;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[3];
	struct lws *wsi; /* NULL: down */
	bool standing, watched;
	lws_sorted_usec_list_t timer;
	uint8_t message[POST_FRAME_MAX];
	size_t have;
	uint8_t frame[LWS_PRE + POST_FRAME_MAX];
};

/* The first address of the name; a number is its own. */
static int resolve(struct line *l)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	int r;
	if (getaddrinfo(l->host, NULL, &hints, &found) != 0)
		return PN_ENOTFOUND;
	r = getnameinfo(found->ai_addr, found->ai_addrlen, l->address, sizeof l->address, NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(found);
	return r == 0 ? PN_OK : PN_ENOTFOUND;
}

static void ended(struct line *l)
{
	l->wsi = NULL;
	l->standing = false;
	explicit_bzero(l->message, l->have);
	l->have = 0;
	l->config.down(l->config.self);
}

/* Parts of one message are put together; -1 ends the connection. */
static int receive(struct line *l, struct lws *wsi, const void *bytes, size_t size)
{
	if (!lws_frame_is_binary(wsi) || size > sizeof l->message - l->have)
		return -1;
	if (size > 0)
		memcpy(l->message + l->have, bytes, size);
	l->have += size;
	if (lws_remaining_packet_payload(wsi) > 0 || !lws_is_final_fragment(wsi))
		return 0;
	l->config.received(l->config.self, l->message, l->have);
	explicit_bzero(l->message, l->have);
	l->have = 0;
	return 0;
}

static int on_line(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct lws_context *context = wsi != NULL ? lws_get_context(wsi) : NULL;
	struct line *l = context != NULL ? lws_context_user(context) : NULL;
	(void)user;
	if (l == NULL || (l->wsi != NULL && wsi != l->wsi))
		return 0;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		l->standing = true;
		l->config.up(l->config.self);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(l, wsi, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		l->config.writable(l->config.self);
		return 0;
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_CLIENT_CLOSED:
		ended(l);
		return 0;
	default:
		return 0;
	}
}

static int on_bus(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE) {
		struct line *l = lws_context_user(lws_get_context(wsi));
		l->config.bus_ready(l->config.self);
	}
	return 0;
}

static int open_context(struct line *l)
{
	struct lws_context_creation_info info = { 0 };
	l->protocols[0] = (struct lws_protocols){ .name = POST_SUBPROTOCOL, .callback = on_line, .rx_buffer_size = SERVICE_BUFFER };
	l->protocols[1] = (struct lws_protocols){ .name = "bus", .callback = on_bus };
	info.port = CONTEXT_PORT_NO_LISTEN;
	info.protocols = l->protocols;
	info.user = l;
	info.gid = (gid_t)-1;
	info.uid = (uid_t)-1;
	info.pt_serv_buf_size = SERVICE_BUFFER;
	info.fd_limit_per_thread = 16;
	info.timeout_secs = CONNECT_S;
	info.provided_client_ssl_ctx = l->tls;
	info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
		       LWS_SERVER_OPTION_DISABLE_OS_CA_CERTS;
	l->context = lws_create_context(&info);
	if (l->context == NULL)
		return PN_EIO;
	l->vhost = lws_create_vhost(l->context, &info);
	return l->vhost != NULL ? PN_OK : PN_EIO;
}

int line_open(struct line **out, const struct line_config *config)
{
	struct line *l = calloc(1, sizeof *l);
	int r = PN_EINVAL;
	if (l == NULL)
		return PN_ENOMEM;
	l->config = *config;
	if (text_copy(l->host, sizeof l->host, config->host) && text_copy(l->path, sizeof l->path, config->path))
		r = resolve(l);
	snprintf(l->authority, sizeof l->authority, "%s%s%s:%u", strchr(l->host, ':') != NULL ? "[" : "", l->host,
		strchr(l->host, ':') != NULL ? "]" : "", (unsigned)config->port);
	if (r == PN_OK)
		r = credentials_load(config->folder, config->key_fd, l->host, l->name, sizeof l->name, &l->tls);
	/* Its messages may quote what was sent. */
	lws_set_log_level(0, NULL);
	if (r == PN_OK)
		r = open_context(l);
	if (r == PN_OK)
		*out = l;
	else
		line_close(l);
	return r;
}

static void timer_rang(lws_sorted_usec_list_t *timer)
{
	(void)timer;
}

static void nothing(void *self)
{
	(void)self;
}

void line_close(struct line *l)
{
	if (l == NULL)
		return;
	l->config.down = nothing;
	if (l->context != NULL) {
		lws_sul_schedule(l->context, 0, &l->timer, timer_rang, LWS_SET_TIMER_USEC_CANCEL);
		lws_context_destroy(l->context);
	}
	SSL_CTX_free(l->tls);
	explicit_bzero(l->message, sizeof l->message);
	explicit_bzero(l->frame, sizeof l->frame);
	free(l);
}

const char *line_name(const struct line *l)
{
	return l->name;
}

int line_watch(struct line *l, int fd)
{
	lws_sock_file_fd_type u = { 0 };
	int own = l->watched ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (own < 0)
		return PN_EIO;
	u.filefd = own; /* libwebsockets closes what it adopts */
	if (lws_adopt_descriptor_vhost(l->vhost, LWS_ADOPT_RAW_FILE_DESC, u, l->protocols[1].name, NULL) == NULL) {
		close(own);
		return PN_EIO;
	}
	l->watched = true;
	return PN_OK;
}

void line_connect(struct line *l)
{
	struct lws_client_connect_info i = { 0 };
	if (l->wsi != NULL)
		return;
	i.context = l->context;
	i.vhost = l->vhost;
	i.address = l->address;
	i.port = l->config.port;
	i.path = l->path;
	i.host = l->authority;
	i.origin = NULL; /* no browser: it has none */
	i.protocol = POST_SUBPROTOCOL;
	i.local_protocol_name = POST_SUBPROTOCOL;
	i.ietf_version_or_minus_one = -1;
	i.alpn = "http/1.1";
	i.pwsi = &l->wsi;
	/* Whom to expect is in the SSL_CTX, where an address counts as well as a name. */
	i.ssl_connection = LCCSCF_USE_SSL | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_HTTP_NO_FOLLOW_REDIRECT;
	if (lws_client_connect_via_info(&i) == NULL && l->wsi != NULL)
		ended(l);
}

void line_drop(struct line *l)
{
	if (l->wsi != NULL)
		lws_set_timeout(l->wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
}

bool line_is_down(const struct line *l)
{
	return l->wsi == NULL;
}

void line_want(struct line *l)
{
	if (l->wsi != NULL && l->standing)
		lws_callback_on_writable(l->wsi);
}

int line_send(struct line *l, const uint8_t *bytes, size_t size)
{
	int n;
	if (l->wsi == NULL || !l->standing || size > POST_FRAME_MAX)
		return PN_ECLOSED;
	memcpy(l->frame + LWS_PRE, bytes, size);
	n = lws_write(l->wsi, l->frame + LWS_PRE, size, LWS_WRITE_BINARY);
	explicit_bzero(l->frame, LWS_PRE + size);
	return n >= (int)size ? PN_OK : PN_ECLOSED;
}

int line_turn(struct line *l, int ms)
{
	/* As in plugins/lib/web: not to wait has a form of its own. */
	if (ms <= 0)
		return lws_service(l->context, -1) < 0 ? PN_EIO : PN_OK;
	lws_sul_schedule(l->context, 0, &l->timer, timer_rang, (lws_usec_t)ms * LWS_US_PER_MS);
	return lws_service(l->context, 0) < 0 ? PN_EIO : PN_OK;
}
