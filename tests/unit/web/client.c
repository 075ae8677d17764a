/* SPDX-License-Identifier: Apache-2.0
 * See client.h. Must never block: the server is turned by the same thread.
 */
#include "client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void turn(struct client *c, int ms)
{
	if (c->server != NULL)
		(void)!web_turn(c->server, ms);
	else
		usleep((useconds_t)ms * 1000);
}

static struct client *open_from(uint16_t port, const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)}, from = {.sin_family = AF_INET};
	struct client *c = calloc(1, sizeof *c);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (inet_pton(AF_INET, address, &from.sin_addr) != 1 || bind(c->fd, (struct sockaddr *)&from, sizeof from) != 0)
		abort();
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0)
		abort();
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return c;
}

struct client *client_open_at(uint16_t port)
{
	return open_from(port, "127.0.0.1");
}

struct client *client_open_from(struct web_server *server, const char *address)
{
	struct client *c = open_from(web_port(server), address);
	c->server = server;
	return c;
}

struct client *client_open(struct web_server *server)
{
	struct client *c = client_open_at(web_port(server));
	c->server = server;
	return c;
}

struct client *client_open_tls(struct web_server *server, const char *certificate, const char *key)
{
	struct client *c = client_open(server);
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	if (certificate != NULL && (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
					   SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1))
		abort();
	c->ssl = SSL_new(context);
	SSL_CTX_free(context);
	SSL_set_fd(c->ssl, c->fd);
	for (long end = now_ms() + 5000; now_ms() < end;) {
		if (SSL_connect(c->ssl) == 1)
			return c;
		int why = SSL_get_error(c->ssl, -1);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			break;
		turn(c, 10);
	}
	client_close(c);
	return NULL;
}

void client_close(struct client *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	close(c->fd);
	free(c);
}

static ssize_t out(struct client *c, const void *bytes, size_t size)
{
	if (c->ssl == NULL)
		return send(c->fd, bytes, size, MSG_NOSIGNAL);
	int n = SSL_write(c->ssl, bytes, (int)size);
	if (n <= 0)
		errno = SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
	return n;
}

static ssize_t in(struct client *c, void *bytes, size_t size)
{
	if (c->ssl == NULL)
		return recv(c->fd, bytes, size, 0);
	int n = SSL_read(c->ssl, bytes, (int)size);
	if (n <= 0) {
		errno = SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ ? EAGAIN : EPIPE;
		return errno == EAGAIN ? -1 : 0;
	}
	return n;
}

void client_send(struct client *c, const void *bytes, size_t size)
{
	const char *at = bytes;
	for (long end = now_ms() + 5000; size > 0 && now_ms() < end;) {
		ssize_t n = out(c, at, size);
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		} else if (errno != EAGAIN) {
			return;
		}
		turn(c, 0);
	}
}

void client_say(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

static bool take(struct client *c)
{
	ssize_t n = in(c, c->bytes + c->got, CLIENT_BYTES - c->got);
	if (n > 0) {
		c->got += (size_t)n;
		c->bytes[c->got] = '\0';
	} else if (n == 0 || errno != EAGAIN) {
		c->closed = true;
	}
	return n > 0;
}

void client_wait(struct client *c, int ms, const char *text)
{
	for (long end = now_ms() + ms; !c->closed && now_ms() < end;) {
		turn(c, 5);
		take(c);
		if (text != NULL && memmem(c->bytes, c->got, text, strlen(text)) != NULL)
			return;
	}
}

static bool whole(const struct client *c)
{
	const char *end = strstr(c->bytes, "\r\n\r\n"), *length = strcasestr(c->bytes, "\r\ncontent-length:");
	if (end == NULL)
		return false;
	if (length == NULL || length > end)
		return true;
	return c->got >= (size_t)(end + 4 - c->bytes) + strtoul(length + 17, NULL, 10);
}

int client_ask(struct client *c, const char *request)
{
	c->got = 0;
	c->bytes[0] = '\0';
	client_say(c, request);
	for (long end = now_ms() + 5000; !c->closed && !whole(c) && now_ms() < end;) {
		turn(c, 5);
		take(c);
	}
	return strncmp(c->bytes, "HTTP/1.1 ", 9) == 0 ? (int)strtol(c->bytes + 9, NULL, 10) : -1;
}

const char *client_body(const struct client *c)
{
	const char *end = strstr(c->bytes, "\r\n\r\n");
	return end != NULL ? end + 4 : "";
}

bool client_upgrade(struct client *c, const char *path, const char *lines)
{
	char text[2048];
	snprintf(text, sizeof text,
		"GET %s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
		path, lines);
	client_say(c, text);
	client_wait(c, 1000, "\r\n\r\n");
	/* RFC 6455 section 1.3's own example of key and answer */
	bool good = strncmp(c->bytes, "HTTP/1.1 101 ", 13) == 0 && strstr(c->bytes, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL;
	const char *end = strstr(c->bytes, "\r\n\r\n");
	size_t head = end != NULL ? (size_t)(end + 4 - c->bytes) : c->got;
	memmove(c->bytes, c->bytes + head, c->got - head);
	c->got -= head;
	return good;
}

void client_frame(struct client *c, uint8_t first, const void *bytes, size_t size)
{
	uint8_t *frame = malloc(size + 14), mask[4] = {0x12, 0x34, 0x56, 0x78};
	size_t at = 0;
	frame[at++] = first;
	if (size < 126) {
		frame[at++] = 0x80 | (uint8_t)size;
	} else if (size < 65536) {
		frame[at++] = 0x80 | 126;
		frame[at++] = (uint8_t)(size >> 8);
		frame[at++] = (uint8_t)size;
	} else {
		frame[at++] = 0x80 | 127;
		for (int i = 7; i >= 0; i--)
			frame[at++] = (uint8_t)((uint64_t)size >> (8 * i));
	}
	memcpy(frame + at, mask, 4);
	at += 4;
	for (size_t i = 0; i < size; i++)
		frame[at + i] = ((const uint8_t *)bytes)[i] ^ mask[i % 4];
	client_send(c, frame, at + size);
	free(frame);
}

int client_next(struct client *c, char *out, size_t size)
{
	const uint8_t *b = (const uint8_t *)c->bytes;
	if (c->got < 2 || (b[1] & 0x80))
		return -1;
	size_t n = b[1], head = 2;
	if (n == 126) {
		n = (size_t)b[2] << 8 | b[3];
		head = 4;
	} else if (n == 127) {
		n = (size_t)b[6] << 24 | (size_t)b[7] << 16 | (size_t)b[8] << 8 | b[9];
		head = 10;
	}
	if (c->got < head + n)
		return -1;
	int opcode = b[0] & 0x0f;
	snprintf(out, size, "%.*s", (int)n, c->bytes + head);
	memmove(c->bytes, c->bytes + head + n, c->got - head - n);
	c->got -= head + n;
	return opcode;
}
