/* SPDX-License-Identifier: Apache-2.0
 * The header fields that the server judges itself (RFC 9110 sections 7.2, 8.8.3, 12.5.3, 13.1.2; RFC 6454 section 7). Pure. Must never take a
 * field that it does not understand for one that permits something.
 */
#ifndef POSTERN_WEB_HEADERS_H
#define POSTERN_WEB_HEADERS_H
#include <stdbool.h>
#include <stdint.h>

/* Host names this server: one of names[0..count), letter case aside, with :port, or without a port when that is the scheme's own. */
bool web_host_known(const char *host, const char *const *names, unsigned count, uint16_t port, bool tls);
/* Origin is the scheme and host that the request itself was sent to. */
bool web_origin_same(const char *origin, const char *host, bool tls);
/* Accept-Encoding lists gzip (or *) with a weight above 0. */
bool web_accepts_gzip(const char *accept);
/* If-None-Match lists etag, which is given with its quotes; weak forms match. */
bool web_etag_listed(const char *field, const char *etag);
/* Content-Length: decimal digits alone, at most 9 of them; else -1. */
long web_content_length(const char *field);
#endif
