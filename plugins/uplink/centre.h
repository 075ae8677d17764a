/* SPDX-License-Identifier: Apache-2.0
 * HTTPS exchanges with the centre: libcurl's multi interface on the host's loop. One connection is
 * kept alive; TLS 1.2 at least, both sides prove themselves, redirects and proxies are not
 * followed. Must never open a file or ask a name server: credentials and address come in at
 * centre_new(), in the wide layer of the sandbox.
 */
#ifndef POSTERN_UPLINK_CENTRE_H
#define POSTERN_UPLINK_CENTRE_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "postern/plugin.h"
#include "reply.h"

enum {
	CENTRE_EXCHANGES = 4,         /* at a time */
	CENTRE_BODY_MAX = 208 * 1024, /* bytes of a request: 200 kB of batch, and room */
	CENTRE_URL_MAX = 256,
};

struct centre;

struct pem {
	uint8_t *bytes;
	size_t size;
};

struct centre_config {
	const char *url; /* https://HOST[:PORT] */
	struct pem ca, certificate, key;
	const char *crl_path; /* in the granted folder, or NULL */
	uint32_t connect_timeout_ms;
};

/* PN_EINVAL: the url. PN_ECRYPTO: the credentials do not fit together. PN_ENOTFOUND: the host's
 * name is not known now. The credentials are copied. */
int centre_new(struct centre **out, const struct postern_host *host,
	const struct centre_config *config) PN_MUST_CHECK;
/* Ends open exchanges without telling their callers. */
void centre_free(struct centre *c);

typedef void (*centre_done)(void *context, uint64_t id, const struct reply *reply);

/* Posts body (copied) to path. done is called once, never from within this call. PN_ELIMIT: no
 * room. */
int centre_post(struct centre *c, const char *path, const uint8_t *body, size_t size,
	uint32_t timeout_ms, centre_done done, void *context, uint64_t id) PN_MUST_CHECK;
/* Forgets every open exchange; no done is called for them. */
void centre_abandon_all(struct centre *c);

/* From the plugin's tick. */
void centre_tick(struct centre *c, uint64_t now_ms);

/* Since the last call: connections made, bytes sent and received. */
struct centre_counts {
	uint64_t connections, sent, received;
};
void centre_take_counts(struct centre *c, struct centre_counts *out);

/* May the name have another address by now? */
int centre_has_name(const struct centre *c);
#endif
