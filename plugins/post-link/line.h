/* SPDX-License-Identifier: Apache-2.0
 * The WebSocket to the control post (RFC 6455 over TLS 1.2 or later, RFC 8446), a client on libwebsockets' own poll loop, with the
 * bus watched beside it. Both sides prove themselves: the post by a certificate of the authority's for its host's name or address,
 * that is not revoked, this gate by its own. One connection at most; whole binary messages of at most POST_FRAME_MAX bytes.
 * Must never open a file or ask a name server after line_open(), follow a redirect, or try again without a pause.
 */
#ifndef POSTERN_POST_LINK_LINE_H
#define POSTERN_POST_LINK_LINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { LINE_NAME_MAX = 33 };

struct line;

struct line_config {
	const char *host; /* a name, resolved in line_open(), or a numeric address */
	uint16_t port;
	const char *path;
	const char *folder; /* ca.pem, gate.pem, gate.key unless key_fd >= 0, and crl.pem where there is one */
	int key_fd;
	/* The connection stands: line_send() may be called. */
	void (*up)(void *self);
	void (*down)(void *self);
	void (*received)(void *self, const uint8_t *bytes, size_t size);
	/* Something may be written: line_send() one frame, or none. */
	void (*writable)(void *self);
	/* The bus is readable: ends a turn. */
	void (*bus_ready)(void *self);
	void *self;
};

/* PN_EIO: a file cannot be read; PN_ECRYPTO: the credentials do not fit together; PN_ENOTFOUND: the host's name is not known now;
 * PN_ENOMEM. Copies the configuration, borrows nothing. */
int line_open(struct line **out, const struct line_config *config) PN_MUST_CHECK;
void line_close(struct line *l);
/* The name in this gate's certificate. */
const char *line_name(const struct line *l);
/* The bus's descriptor, watched until the line is closed; once. */
int line_watch(struct line *l, int fd) PN_MUST_CHECK;

/* Begins a connection, when there is none. Its end comes as up() or down(). */
void line_connect(struct line *l);
/* Ends it; down() follows from a later turn. */
void line_drop(struct line *l);
bool line_is_down(const struct line *l); /* neither standing nor being made */
/* Asks for writable(). */
void line_want(struct line *l);
/* Only within writable(), one frame. PN_ECLOSED: the connection fails. */
int line_send(struct line *l, const uint8_t *bytes, size_t size) PN_MUST_CHECK;
/* Waits for at most ms. PN_EIO: beyond use. */
int line_turn(struct line *l, int ms) PN_MUST_CHECK;
#endif
