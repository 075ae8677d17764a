/* SPDX-License-Identifier: Apache-2.0
 * The gate's side of TLS as one SSL_CTX: its certificate and key, the authority, the revocation list, whom to expect.
 * Must never leave verification off, nor take a key of another certificate.
 */
#ifndef POSTERN_POST_LINK_CREDENTIALS_H
#define POSTERN_POST_LINK_CREDENTIALS_H
#include <openssl/ssl.h>
#include <stddef.h>

#include "base/err.h"

/* folder: ca.pem, gate.pem, gate.key unless key_fd >= 0, crl.pem where there is one. host: the post's name, or its numeric address.
 * name: the common name of gate.pem. *out is the caller's (SSL_CTX_free). PN_EIO: a file is not there; PN_ECRYPTO. */
int credentials_load(const char *folder, int key_fd, const char *host, char *name, size_t name_size, SSL_CTX **out) PN_MUST_CHECK;
#endif
