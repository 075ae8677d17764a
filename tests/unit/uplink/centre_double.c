/* SPDX-License-Identifier: Apache-2.0
 * The test's centre. See centre_double.h. Must never leave its thread behind.
 */
#undef NDEBUG
#include "centre_double.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 8 };

struct connection {
	struct centre_double *d;
	pthread_t thread;
	int fd;
};

struct centre_double {
	SSL_CTX *ctx;
	int listener, port, quit[2];
	pthread_t thread;
	pthread_mutex_t lock;
	struct connection connections[CONNECTIONS];
	unsigned threads;
	enum behaviour behaviour;
	int status;
	char headers[256];
	uint8_t *answer;
	size_t answer_size;
	struct seen seen;
	uint8_t body[DOUBLE_BODY];
};

/* Until readable, or the end of the test. */
static bool wait_readable(struct centre_double *d, int fd)
{
	struct pollfd p[2] = {{.fd = fd, .events = POLLIN}, {.fd = d->quit[0], .events = POLLIN}};

	return poll(p, 2, -1) > 0 && p[1].revents == 0;
}

static int read_some(struct centre_double *d, SSL *ssl, void *to, int size)
{
	if (SSL_pending(ssl) == 0 && !wait_readable(d, SSL_get_fd(ssl)))
		return -1;
	return SSL_read(ssl, to, size);
}

static void write_all(SSL *ssl, const void *bytes, size_t size)
{
	size_t n;

	if (size > 0)
		(void)SSL_write_ex(ssl, bytes, size, &n);
}

/* Header lines into head, then the body by its Content-Length. */
static bool read_request(struct centre_double *d, SSL *ssl)
{
	char head[8192];
	size_t have = 0, body = 0;
	const char *at;
	long length;

	while (have < sizeof head - 1) {
		int n = read_some(d, ssl, head + have, 1);
		if (n <= 0)
			return false;
		have += (size_t)n;
		head[have] = '\0';
		if (have >= 4 && memcmp(head + have - 4, "\r\n\r\n", 4) == 0)
			break;
	}
	pthread_mutex_lock(&d->lock);
	d->seen.size = 0;
	if (sscanf(head, "POST %127s HTTP/1.1\r\n", d->seen.path) != 1)
		d->seen.malformed++;
	at = strcasestr(head, "\r\ncontent-type: ");
	if (at == NULL || sscanf(at + 16, "%63s", d->seen.content_type) != 1)
		d->seen.malformed++;
	at = strcasestr(head, "\r\ncontent-length: ");
	length = at != NULL ? strtol(at + 18, NULL, 10) : -1;
	if (length < 0 || length > DOUBLE_BODY || strcasestr(head, "\r\nexpect:") != NULL)
		d->seen.malformed++;
	pthread_mutex_unlock(&d->lock);
	while ((long)body < length) {
		int n = read_some(d, ssl, d->body + body, (int)(length - (long)body));
		if (n <= 0)
			return false;
		body += (size_t)n;
	}
	pthread_mutex_lock(&d->lock);
	d->seen.requests++;
	d->seen.size = body;
	d->seen.body = d->body;
	pthread_mutex_unlock(&d->lock);
	return true;
}

/* false: the connection ends. */
static bool respond(struct centre_double *d, SSL *ssl)
{
	static const char filler[1024] = {'a'};
	char head[512];
	int n;

	pthread_mutex_lock(&d->lock);
	enum behaviour b = d->behaviour;
	n = snprintf(head, sizeof head, "HTTP/1.1 %d Of the test\r\nContent-Length: %zu\r\n%s\r\n",
		d->status, d->answer_size + (b == CUT_IN_BODY ? 10 : 0), d->headers);
	if (b == ANSWER || b == CUT_IN_BODY) {
		write_all(ssl, head, (size_t)n);
		write_all(ssl, d->answer, d->answer_size);
	}
	pthread_mutex_unlock(&d->lock);
	switch (b) {
	case ANSWER:
		return true;
	case CUT_IN_BODY:
		break;
	case CUT_IN_HEADERS:
		write_all(ssl, head, 20);
		break;
	case ENDLESS_BODY:
		n = snprintf(
			head, sizeof head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		write_all(ssl, head, (size_t)n);
		for (int i = 0; i < 200; i++) {
			write_all(ssl, "400\r\n", 5);
			write_all(ssl, filler, sizeof filler);
			write_all(ssl, "\r\n", 2);
		}
		break;
	case ANNOUNCES_TOO_MUCH:
		n = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n");
		write_all(ssl, head, (size_t)n);
		(void)wait_readable(d, SSL_get_fd(ssl));
		return false;
	case ENDLESS_HEADERS:
		write_all(ssl, "HTTP/1.1 200 OK\r\n", 17);
		for (int i = 0; i < 100; i++) {
			n = snprintf(head, sizeof head, "X-Filler-%d: %0400d\r\n", i, i);
			write_all(ssl, head, (size_t)n);
		}
		write_all(ssl, "Content-Length: 0\r\n\r\n", 21);
		break;
	case NOT_HTTP:
		write_all(ssl, "\x16\x03\x01 hello\r\n\r\n", 13);
		break;
	case HANG:
	case HANG_BEFORE_TLS: {
		char c;
		while (read_some(d, ssl, &c, 1) > 0)
			;
		break;
	}
	}
	return false;
}

static void note_client(struct centre_double *d, SSL *ssl)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);

	pthread_mutex_lock(&d->lock);
	d->seen.connections++;
	if (cert == NULL || X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName,
				    d->seen.client, sizeof d->seen.client) <= 0)
		d->seen.malformed++;
	pthread_mutex_unlock(&d->lock);
	X509_free(cert);
}

static void *serve(void *argument)
{
	struct connection *c = argument;
	struct centre_double *d = c->d;
	SSL *ssl = SSL_new(d->ctx);
	bool silent;

	pthread_mutex_lock(&d->lock);
	silent = d->behaviour == HANG_BEFORE_TLS;
	pthread_mutex_unlock(&d->lock);
	if (silent) {
		struct pollfd p = {.fd = d->quit[0], .events = POLLIN};
		poll(&p, 1, -1);
	} else if (wait_readable(d, c->fd) && SSL_set_fd(ssl, c->fd) == 1 && SSL_accept(ssl) == 1) {
		note_client(d, ssl);
		while (read_request(d, ssl) && respond(d, ssl))
			;
		SSL_shutdown(ssl);
	} else {
		pthread_mutex_lock(&d->lock);
		d->seen.refused++;
		pthread_mutex_unlock(&d->lock);
	}
	ERR_clear_error();
	SSL_free(ssl);
	close(c->fd);
	return NULL;
}

static void *listen_loop(void *argument)
{
	struct centre_double *d = argument;

	while (wait_readable(d, d->listener)) {
		int fd = accept(d->listener, NULL, NULL);
		if (fd < 0)
			continue;
		assert(d->threads < CONNECTIONS); /* one test makes few */
		struct connection *c = &d->connections[d->threads++];
		*c = (struct connection){.d = d, .fd = fd};
		assert(pthread_create(&c->thread, NULL, serve, c) == 0);
	}
	return NULL;
}

struct centre_double *centre_double_start(X509 *cert, EVP_PKEY *key, X509 *ca, int max_version)
{
	struct centre_double *d = calloc(1, sizeof *d);
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;

	assert(d != NULL);
	signal(SIGPIPE, SIG_IGN);
	d->ctx = SSL_CTX_new(TLS_server_method());
	assert(d->ctx != NULL && SSL_CTX_use_certificate(d->ctx, cert) == 1 &&
		SSL_CTX_use_PrivateKey(d->ctx, key) == 1);
	assert(X509_STORE_add_cert(SSL_CTX_get_cert_store(d->ctx), ca) == 1);
	/* without a session id context OpenSSL refuses to resume a session: the plugin must not try
	 */
	SSL_CTX_set_verify(d->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (max_version != 0) {
		SSL_CTX_set_min_proto_version(d->ctx, max_version);
		SSL_CTX_set_max_proto_version(d->ctx, max_version);
		SSL_CTX_set_security_level(d->ctx, 0);
	}
	d->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(bind(d->listener, (struct sockaddr *)&at, sizeof at) == 0 &&
		listen(d->listener, 8) == 0);
	assert(getsockname(d->listener, (struct sockaddr *)&at, &size) == 0);
	d->port = ntohs(at.sin_port);
	assert(pipe(d->quit) == 0);
	pthread_mutex_init(&d->lock, NULL);
	assert(pthread_create(&d->thread, NULL, listen_loop, d) == 0);
	return d;
}

void centre_double_stop(struct centre_double *d)
{
	close(d->quit[1]); /* its reading end becomes readable for every thread */
	pthread_join(d->thread, NULL);
	for (unsigned i = 0; i < d->threads; i++)
		pthread_join(d->connections[i].thread, NULL);
	close(d->listener);
	close(d->quit[0]);
	SSL_CTX_free(d->ctx);
	pthread_mutex_destroy(&d->lock);
	free(d->answer);
	free(d);
}

int centre_double_port(const struct centre_double *d)
{
	return d->port;
}

void centre_double_behave(struct centre_double *d, enum behaviour b, int status,
	const char *headers, const void *body, size_t size)
{
	pthread_mutex_lock(&d->lock);
	d->behaviour = b;
	d->status = status;
	snprintf(d->headers, sizeof d->headers, "%s", headers);
	free(d->answer);
	d->answer = malloc(size + 1);
	assert(d->answer != NULL);
	if (size > 0)
		memcpy(d->answer, body, size);
	d->answer_size = size;
	pthread_mutex_unlock(&d->lock);
}

struct seen centre_double_seen(struct centre_double *d)
{
	pthread_mutex_lock(&d->lock);
	struct seen s = d->seen;
	pthread_mutex_unlock(&d->lock);
	return s;
}
