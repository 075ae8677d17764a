/* SPDX-License-Identifier: Apache-2.0
 * Which of the clients' certificates were revoked: a list (RFC 5280, section 5) of the authority's, read anew when its file has changed.
 * Must never be weaker than none: a list that cannot be read, or that is none of the authority's, leaves the one before in force, and one
 * that is past its next update lets nobody in.
 */
#ifndef POSTERN_WEB_REVOCATION_H
#define POSTERN_WEB_REVOCATION_H
#include <openssl/ssl.h>
#include <stdbool.h>

#include "base/err.h"

struct web_revocations;

/* Paths of PEM files, copied; the list's may not be there yet. PN_EIO, PN_EFORMAT, PN_ECRYPTO (not signed by the authority), PN_ENOMEM. */
int web_revocations_open(const char *authority, const char *list, struct web_revocations **out) PN_MUST_CHECK;
void web_revocations_close(struct web_revocations *r);
/* 0: as before; 1: read anew; an error as above: the list before stays. A file that has not changed is not looked at twice. */
int web_revocations_refresh(struct web_revocations *r);
/* Is the client of this connection still what its certificate says? Without a list, or without a certificate: yes. */
bool web_revocations_allow(const struct web_revocations *r, SSL *ssl);
#endif
