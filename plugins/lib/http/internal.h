/* SPDX-License-Identifier: Apache-2.0
 * The server behind server.h, shared by its two files. Must never be included elsewhere.
 */
#ifndef POSTERN_HTTP_INTERNAL_H
#define POSTERN_HTTP_INTERNAL_H
#include <libwebsockets.h>
#include <sys/socket.h>

#include "http/server.h"

struct http_peer {
	struct lws *wsi;     /* NULL: a free place */
	uint8_t address[16]; /* IPv4 mapped into IPv6 */
};

struct http_server {
	struct http_config config;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct lws_protocols protocols[3];
	struct http_peer *peers;
	unsigned connections;
	lws_sorted_usec_list_t timer;
	int watched; /* our duplicate of the foreign descriptor, -1 none; closed by libwebsockets */
	void (*ready)(void *self);
	void *ready_self;
};

/* What libwebsockets keeps per connection. */
struct http_connection {
	struct http_request *request;
};

int http_callback(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
void http_request_free(struct http_request *r);
/* False: one more connection of this address would be too many. */
bool http_peer_may(struct http_server *s, const struct sockaddr *address);
void http_peer_add(struct http_server *s, struct lws *wsi);
void http_peer_remove(struct http_server *s, struct lws *wsi);
#endif
