/* SPDX-License-Identifier: Apache-2.0
 * A centre for tests: a real TLS server on a thread, which requires the gate's certificate, reads
 * whole requests and behaves as it is told. Must never be more forgiving than HTTP/1.1 allows: what
 * it cannot read it counts as malformed.
 */
#ifndef POSTERN_TEST_CENTRE_DOUBLE_H
#define POSTERN_TEST_CENTRE_DOUBLE_H
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

enum behaviour {
	ANSWER,          /* status, extra headers and body below */
	HANG,            /* reads, never answers */
	HANG_BEFORE_TLS, /* accepts, says nothing */
	CUT_IN_HEADERS,
	CUT_IN_BODY,  /* announces more than it sends, then closes */
	ENDLESS_BODY, /* more than any response may have */
	ANNOUNCES_TOO_MUCH,
	ENDLESS_HEADERS,
	NOT_HTTP,
};

enum { DOUBLE_BODY = 256 * 1024 };

struct centre_double;

/* Listens on 127.0.0.1 with this certificate; client certificates must be from ca. max_version:
 * e.g. TLS1_1_VERSION, 0 for any. */
struct centre_double *centre_double_start(X509 *cert, EVP_PKEY *key, X509 *ca, int max_version);
void centre_double_stop(struct centre_double *d);
int centre_double_port(const struct centre_double *d);

/* From the next request on. body is copied. */
void centre_double_behave(struct centre_double *d, enum behaviour b, int status,
	const char *headers, const void *body, size_t size);

struct seen {
	unsigned connections, requests, refused, malformed;
	char path[128],
		client[128]; /* of the last request; client: the certificate's common name */
	char content_type[64];
	size_t size;
	const uint8_t *body;
};
/* Of the last request; body lives until the next one. */
struct seen centre_double_seen(struct centre_double *d);
#endif
