/* SPDX-License-Identifier: Apache-2.0
 * The web server of the plugins: static files, interfaces and WebSockets over HTTP/1.1 (RFC 9110, 9112, 6455) with or without
 * TLS (RFC 8446), on libwebsockets' own poll loop. Must never look a path up in the file system, answer a browser that calls it
 * by another name than those configured, take a change from another site's page, or hold more for one connection than the limits
 * below say.
 *
 * One thread. web_open() needs files and the network; afterwards only the listening socket, its connections and what
 * web_watch() was given are used. Every callback runs inside web_turn(); none may call web_close() or web_turn().
 *
 * Without TLS the server listens on loopback addresses only. With it, a client's certificate can be asked for (client_authority) or
 * required (client_required); whose it is stands in web_peer, and what that permits is the handler's to say.
 *
 * Every answer carries the headers that keep a browser strict (about 700 bytes). Not so with machines_only: there every client has shown
 * a certificate, there is no page to keep, and what names an Origin, as a page's requests do, is refused (403). By which name such a
 * client calls the server is judged by the client against the server's certificate, and not here against Host.
 *
 * A POST over body_max and up to 1 MiB is read and thrown away before it is answered with 413, so that its sender, which reads last, gets
 * to know why; then the connection goes on. After every other refusal it ends.
 *
 * Times: a connection must have sent its first request whole within request_s, and each later one within idle_s of the
 * answer before it (its body within request_s of its headers); an answer must have been read within request_s; a socket that leaves
 * messages unread for request_s, or a ping unanswered for ping_s, is dropped. However slowly bytes come, these times run.
 *
 * Frames that a client has not masked are taken as they come: libwebsockets does not say which those are (RFC 6455 section 5.1 would
 * have the connection closed; the rule protects proxies between, not this server).
 */
#ifndef POSTERN_WEB_WEB_H
#define POSTERN_WEB_WEB_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	WEB_PATH_MAX = 256,
	WEB_QUERY_MAX = 512,
	WEB_COOKIE_MAX = 1024,
	WEB_TYPE_MAX = 64,
	WEB_TOKEN_MAX = 160,
	WEB_NAME_MAX = 65,
	WEB_ADDRESS_MAX = 46,
	WEB_HOSTS_MAX = 8,
	WEB_WATCHES_MAX = 4,
	WEB_CONNECTIONS_MAX = 16384,
	WEB_BODY_MAX = 220000, /* above it libwebsockets 4.1 is not trusted with TLS */
	WEB_QUEUE_MAX = 64,
};

struct web_server;
struct web_socket;
struct web_files;

enum web_method { WEB_GET, WEB_POST };

struct web_peer {
	char address[WEB_ADDRESS_MAX]; /* numeric */
	bool verified;		       /* it has shown a certificate of the authority's; else the rest is empty */
	char organization[WEB_NAME_MAX], common_name[WEB_NAME_MAX];
	uint8_t certificate_sha256[32];
};

/* Owned by the server until handed to handle(), then by the handler until web_answer(). A part of it that does not fit its
 * field refuses the request (431): nothing is cut. */
struct web_request {
	enum web_method method;
	char path[WEB_PATH_MAX];   /* decoded, without query */
	char query[WEB_QUERY_MAX]; /* "a=1&b=2", as sent */
	char cookie[WEB_COOKIE_MAX], content_type[WEB_TYPE_MAX];
	char token[WEB_TOKEN_MAX]; /* the header X-Postern-Token: no page of another site can set it */
	struct web_peer peer;
	uint8_t *body; /* POST; not terminated */
	size_t size;
	/* For the server alone. */
	size_t expected;
	bool handed, too_large;
	void *connection;
};

/* type is a literal; body and set_cookie are copied. */
struct web_answer {
	int status;
	const char *type; /* NULL: no content */
	const void *body;
	size_t size;
	unsigned retry_after_s; /* 0: without the header */
	const char *set_cookie; /* a whole value; NULL: none */
};

enum web_kind { WEB_TEXT, WEB_BINARY };

struct web_config {
	const char *listen; /* a numeric address */
	uint16_t port;	    /* 0: chosen by the system, see web_port() */
	const char *certificate, *key; /* PEM files; both NULL: without TLS, loopback only */
	const char *client_authority;  /* PEM file; NULL: no certificate is asked for */
	/* PEM file of the authority's revoked certificates, looked at by web_refresh(); NULL, or not there yet: none. Only with
	 * client_authority. Whose certificate is in it, or whose list is out of date, is refused (403). */
	const char *client_revocations;
	bool client_required;
	/* No browser comes here: any Host is taken and no Origin, headers of at most 4 KiB instead of 8, answers without what is meant for
	 * browsers. Only with client_required, without hosts and files. */
	bool machines_only;
	/* Names and addresses by which clients may call this server, without port; with none, the address listened on. */
	const char *hosts[WEB_HOSTS_MAX];
	const struct web_files *files; /* borrowed; NULL: none */
	size_t body_max;	       /* of a POST, at most WEB_BODY_MAX; over it 413 */
	size_t message_max;	       /* of a socket's incoming message; over it the socket is closed with 1009 */
	unsigned queue_max;	       /* messages waiting for one socket, at most WEB_QUEUE_MAX; over it the socket is dropped */
	size_t queue_bytes;	       /* and their size */
	/* Over either the connection is dropped; an address is an IPv4 address or an IPv6 network of 64 bits. When few places are left, the
	 * address that has most connections without a WebSocket loses the oldest of those, so that others get in. */
	unsigned connections_max, connections_per_address;
	unsigned idle_s, request_s, ping_s; /* ping_s may be 0 without subprotocol */
	/* A complete request for something that is no file; answer it with web_answer(), now or later. NULL: 404. A POST comes from a
	 * page of this server's own, or from a verified peer that is no browser. */
	void (*handle)(void *self, struct web_request *request);
	/* Name of the WebSocket subprotocol, a literal; NULL: no sockets. */
	const char *subprotocol;
	/* May this handshake (GET, same site as above) become a socket? *socket_self is then its own. NULL: every one may. */
	bool (*admit)(void *self, const struct web_request *handshake, void **socket_self);
	void (*opened)(void *self, struct web_socket *socket, void *socket_self);
	void (*received)(void *self, struct web_socket *socket, void *socket_self, enum web_kind kind, const void *bytes, size_t size);
	/* Once for each admit() that returned true, opened or not (socket is then NULL). */
	void (*closed)(void *self, struct web_socket *socket, void *socket_self);
	/* Turned away before a callback saw it: the status that was, or would have been, answered. May be NULL. */
	void (*refused)(void *self, int status);
	void *self;
};

/* Reads every file below folder (three levels, no links, names of A-Z a-z 0-9 . _ -) into memory: afterwards they are served by
 * exact path, "/" being index.html. NAME.gz is the compressed form of NAME. PN_EUNSUPPORTED: a file of a type that is not
 * known; PN_ELIMIT: over 256 files or 8 MiB. */
int web_files_load(const char *folder, struct web_files **out) PN_MUST_CHECK;
void web_files_free(struct web_files *files);

/* Borrows the configuration's functions, files and subprotocol, copies the rest. PN_EDENIED: without TLS, and
 * not on loopback; or machines_only where a browser could come. */
int web_open(const struct web_config *config, struct web_server **out) PN_MUST_CHECK;
/* Requests still held by the handler are gone with it. */
void web_close(struct web_server *s);
uint16_t web_port(const struct web_server *s);
/* Calls ready(self) when fd is readable. */
int web_watch(struct web_server *s, int fd, void (*ready)(void *self), void *self) PN_MUST_CHECK;
/* A descriptor, the server's own, that is readable while somebody connected to it has said what is not read yet: for another server's web_watch(),
 * so that whoever turns two of them need not look at each by the clock. Negative: PN_EIO. Once, before the first turn. */
int web_heard(struct web_server *s);
/* Looks whether the list of revoked certificates has changed. 0: no, or there is none; 1: it was read, and connections whose certificate is
 * in it are being dropped; PN_EIO, PN_EFORMAT, PN_ECRYPTO, PN_ENOMEM: the list before stays. */
int web_refresh(struct web_server *s);
/* Waits for at most ms, serves what there is. Negative: the server is beyond use. */
int web_turn(struct web_server *s, int ms) PN_MUST_CHECK;

/* Ends a request: the pointer is gone afterwards. A client that has left is no error. */
void web_answer(struct web_request *request, const struct web_answer *answer);

/* Queues a message. topic 0: every message counts; over the queue's bound the socket is dropped. Another topic: a message that
 * waits with the same one is replaced, so that a slow reader sees the newest state and never an older one after it.
 * PN_ELIMIT: the socket is being dropped. Text must be UTF-8. */
int web_send(struct web_socket *socket, unsigned topic, enum web_kind kind, const void *bytes, size_t size);
/* Asks the socket to end; closed() follows inside a later web_turn(). */
void web_drop(struct web_socket *socket);
#endif
