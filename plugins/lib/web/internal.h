/* SPDX-License-Identifier: Apache-2.0
 * The server behind web.h, shared by its files. Must never be included elsewhere.
 */
#ifndef POSTERN_WEB_INTERNAL_H
#define POSTERN_WEB_INTERNAL_H
#include <libwebsockets.h>
#include <sys/socket.h>

#include "web/revocation.h"
#include "web/web.h"

struct web_variant {
	uint8_t *bytes;
	size_t size;
	char etag[36];
};

struct web_file {
	char *path; /* "/app.js" */
	const char *type;
	struct web_variant plain, gzip; /* gzip.bytes NULL: none */
};

struct web_files {
	struct web_file *files;
	unsigned count;
	size_t bytes;
};

/* A place in the table of connections: libwebsockets' opaque pointer of each. */
struct web_place {
	struct lws *wsi; /* NULL: free */
	struct web_server *server;
	uint8_t address[16]; /* IPv4 mapped into IPv6; of IPv6 the network of 64 bits, which one machine may have to itself */
	uint64_t since_ms;
	bool leaving; /* has been told to go, to make room */
	bool is_socket;
	uint64_t deadline_ms; /* dropped then; 0: never */
	/* Between admit() and opened(). */
	bool admitted;
	void *socket_self;
};

struct web_watch {
	void (*ready)(void *self);
	void *self;
};

struct web_server {
	struct web_config config;
	char *hosts[WEB_HOSTS_MAX];
	unsigned host_count;
	bool tls;
	struct web_revocations *revocations; /* NULL: none are asked for */
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[4];
	lws_retry_bo_t idle_policy;
	struct web_place *places;
	unsigned connections;
	uint64_t swept_ms;
	lws_sorted_usec_list_t timer;
	struct web_watch watches[WEB_WATCHES_MAX];
	unsigned watch_count;
	int heard; /* epoll of all connections; -1: nobody asked for it */
};

/* An answer on its way out. bytes are borrowed from web_files or a literal, or owned. */
struct web_out {
	int status; /* 0: none */
	const char *type;
	const uint8_t *bytes;
	uint8_t *owned;
	size_t size, sent;
	const char *etag, *vary; /* NULL: not to be kept at all */
	bool gzip, head_sent, end;
	unsigned retry_after_s;
	char *set_cookie;
};

/* What libwebsockets keeps for each HTTP connection. */
struct web_connection {
	struct web_request *request; /* from its headers to its answer */
	struct web_out out;
};

struct web_message {
	unsigned topic;
	enum web_kind kind;
	uint8_t *bytes; /* LWS_PRE of them before the message */
	size_t size;
};

/* What libwebsockets keeps for each WebSocket. */
struct web_socket {
	struct lws *wsi;
	struct web_place *place;
	void *self;
	bool open, dropped, draining;
	struct web_message queue[WEB_QUEUE_MAX]; /* in order, oldest first */
	unsigned queued;
	size_t queued_bytes;
	uint8_t *partial;
	size_t partial_size;
};

const struct web_file *web_file_find(const struct web_files *files, const char *path);

int web_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
int web_socket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

/* The fields of the request whose headers have just come; the status to refuse it with, or 0. */
int web_request_read(struct web_server *s, struct lws *wsi, struct web_request *r);
void web_request_free(struct web_request *r);
/* Writes as much of the answer as is due: negative, the connection ends. */
int web_out_write(struct lws *wsi, struct web_server *s, struct web_connection *c);
void web_out_clear(struct web_out *out);

void web_refused(struct web_server *s, int status);
/* The connection must have gone on within seconds from now; 0: no limit. */
void web_due(struct web_place *place, unsigned seconds);
void web_kill(struct lws *wsi);
bool web_place_may(struct web_server *s, const struct sockaddr *from);
void web_place_take(struct web_server *s, struct lws *wsi);
void web_place_leave(struct lws *wsi);
/* The connection's place; NULL for what is no client's. */
struct web_place *web_place_of(struct lws *wsi);
#endif
