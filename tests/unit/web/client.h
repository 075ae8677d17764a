/* SPDX-License-Identifier: Apache-2.0
 * A client of the web server under test: a plain or a TLS connection whose bytes the test writes itself, so that it can be as hostile
 * as it likes, and the frames of RFC 6455 section 5.2 by hand. Must never use libwebsockets.
 *
 * The server stands in the same thread, and every wait here turns it; or, without one (NULL), elsewhere.
 */
#ifndef POSTERN_TEST_WEB_CLIENT_H
#define POSTERN_TEST_WEB_CLIENT_H
#include <openssl/ssl.h>
#include <stdbool.h>

#include "web/web.h"

enum { CLIENT_BYTES = 1 << 20 };

struct client {
	struct web_server *server;
	int fd;
	SSL *ssl;
	bool closed; /* by the server */
	size_t got;
	char bytes[CLIENT_BYTES + 1]; /* what came, terminated */
};

struct client *client_open(struct web_server *server);
struct client *client_open_at(uint16_t port);
/* From another of this machine's own addresses, such as "127.0.0.2". */
struct client *client_open_from(struct web_server *server, const char *address);
/* With TLS, and a certificate of the client's when certificate is given (PEM files). NULL: the handshake failed. */
struct client *client_open_tls(struct web_server *server, const char *certificate, const char *key);
void client_close(struct client *c);
/* Sends all of it, turning the server meanwhile; what the server no longer takes is left. */
void client_send(struct client *c, const void *bytes, size_t size);
void client_say(struct client *c, const char *text);
/* Takes what comes for at most ms, or until the server closes, or text has come. */
void client_wait(struct client *c, int ms, const char *text);
/* One request and its whole answer by Content-Length; the status. -1: closed without an answer. */
int client_ask(struct client *c, const char *request);
/* The body of the last answer. */
const char *client_body(const struct client *c);
/* A handshake for path with these further header lines; true when it was accepted. */
bool client_upgrade(struct client *c, const char *path, const char *lines);
/* A masked frame; first is its first byte (FIN, opcode). */
void client_frame(struct client *c, uint8_t first, const void *bytes, size_t size);
/* The next frame's payload of an unmasked frame in what came; its opcode, -1: none. */
int client_next(struct client *c, char *out, size_t size);
#endif
