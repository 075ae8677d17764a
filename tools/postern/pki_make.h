/* SPDX-License-Identifier: Apache-2.0
 * Keys, certificates (X.509 v3, RFC 5280) and requests (PKCS #10, RFC 2986) for `postern pki`. Keys
 * on P-256 for TLS and sealing, Ed25519 (RFC 8032, RFC 8410) for signatures. Must never write a
 * private key into a file that others than its owner may read, nor over a file that exists.
 */
#ifndef POSTERN_TOOL_PKI_MAKE_H
#define POSTERN_TOOL_PKI_MAKE_H
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"

enum pki_use {
	PKI_CA,     /* signs the others; no further CA below it */
	PKI_CLIENT, /* TLS client: a gate, a post, a centre's own journal */
	PKI_SERVER, /* TLS server: the registry */
	PKI_SEAL,   /* key agreement only: payloads are sealed to it */
};

struct pki_subject {
	const char *tenant;         /* O */
	const char *crossing_point; /* OU; NULL: none */
	const char *name;           /* CN */
};

struct pki_request {
	enum pki_use use;
	struct pki_subject subject;
	const char *alternative_names; /* "IP:127.0.0.1,DNS:localhost", or NULL */
	long days;
};

/* Freed with EVP_PKEY_free. NULL: the library refused. */
EVP_PKEY *pki_key_p256(void);
EVP_PKEY *pki_key_ed25519(void);

/* issuer NULL: signed by key itself. Freed with X509_free. PN_ECRYPTO. */
int pki_certificate(X509 **out, const struct pki_request *request, EVP_PKEY *key, X509 *issuer,
	EVP_PKEY *issuer_key) PN_MUST_CHECK;
/* Freed with X509_REQ_free. PN_ECRYPTO. */
int pki_signing_request(
	X509_REQ **out, const struct pki_subject *subject, EVP_PKEY *key) PN_MUST_CHECK;

/* Into DIR/NAME, made anew. PN_ECONFLICT: it exists. PN_EIO. */
int pki_write_private(const char *dir, const char *name, EVP_PKEY *key) PN_MUST_CHECK;
int pki_write_public(const char *dir, const char *name, EVP_PKEY *key) PN_MUST_CHECK;
int pki_write_certificate(const char *dir, const char *name, X509 *certificate) PN_MUST_CHECK;
int pki_write_request(const char *dir, const char *name, X509_REQ *request) PN_MUST_CHECK;
#endif
