/* SPDX-License-Identifier: Apache-2.0
 * An HTTPS/1.1 server with required client certificates (RFC 9110, 9112; RFC 8446), on
 * libwebsockets' own poll loop, with one foreign descriptor watched beside it. Must never hand out
 * a request whose client has no certificate signed by the given authority, nor store more of a body
 * than body_max.
 *
 * One thread. http_server_open() needs files and the network; afterwards only the listening socket
 * and its connections are used. The limits below are kept here because Debian's libwebsockets is
 * built without per-peer limits; the buffers and the protocol (no HTTP/2) are chosen so that bodies
 * over one TLS record arrive whole in its releases 4.1 and 4.3.
 */
#ifndef POSTERN_HTTP_SERVER_H
#define POSTERN_HTTP_SERVER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { HTTP_PATH_MAX = 128 };
enum { HTTP_NAME_MAX = 65 };
enum { HTTP_CONNECTIONS_MAX = 16384 };

struct http_server;

/* Owned by the server until handed to handle(), then by the handler until http_respond(). */
struct http_request {
	bool post;                        /* else GET */
	char path[HTTP_PATH_MAX];         /* without query */
	char organization[HTTP_NAME_MAX]; /* O of the client certificate's subject; "" none */
	char common_name[HTTP_NAME_MAX];  /* CN of the same */
	uint8_t *body;
	size_t size;
	/* For the server alone. */
	size_t expected;
	bool too_large, handed;
	void *connection;
	int status;
	unsigned retry_after_s;
	const char *type;
};

struct http_config {
	const char *listen; /* a numeric address */
	uint16_t port;      /* 0: chosen by the system, see http_server_port() */
	const char *certificate, *key, *client_authority; /* PEM files */
	size_t body_max;
	unsigned connections_max;         /* of all addresses */
	unsigned connections_per_address; /* one address's; over it the connection is dropped */
	unsigned idle_s;                  /* a connection without a request is closed */
	unsigned request_s;               /* a handshake or request must be complete within */
	/* A complete request; answer it with http_respond(), now or later. */
	void (*handle)(void *self, struct http_request *request);
	/* Turned away before the handler saw it: 413 or an address over its limit. May be NULL. */
	void (*refused)(void *self, int status);
	void *self;
};

/* Borrows the config's functions, copies the rest. */
int http_server_open(const struct http_config *config, struct http_server **out) PN_MUST_CHECK;
void http_server_close(struct http_server *s);
uint16_t http_server_port(const struct http_server *s);
/* Calls ready(self) when fd is readable; after http_server_open(), once. */
int http_server_watch(
	struct http_server *s, int fd, void (*ready)(void *self), void *self) PN_MUST_CHECK;
/* Waits for at most ms, serves what there is. Negative: the server is beyond use. */
int http_server_turn(struct http_server *s, int ms) PN_MUST_CHECK;

/* Ends a request: the pointer is gone afterwards. body is copied; type is a literal; retry_after_s
 * 0: without the header. A client that has left is no error. */
void http_respond(struct http_request *request, int status, const char *type, const void *body,
	size_t size, unsigned retry_after_s);
#endif
