/* SPDX-License-Identifier: Apache-2.0
 * Making keys and certificates. See pki_make.h. Must never leave half a file under its name with a
 * success.
 */
#include "pki_make.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

EVP_PKEY *pki_key_p256(void)
{
	return EVP_EC_gen("P-256");
}

EVP_PKEY *pki_key_ed25519(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static int add_name(X509_NAME *name, const char *field, const char *value)
{
	return value == NULL || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
					(const unsigned char *)value, -1, -1, 0) == 1;
}

static int fill_name(X509_NAME *name, const struct pki_subject *s)
{
	return add_name(name, "O", s->tenant) && add_name(name, "OU", s->crossing_point) &&
	       add_name(name, "CN", s->name);
}

static int add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	int ok = e != NULL && X509_add_ext(cert, e, -1) == 1;

	X509_EXTENSION_free(e);
	return ok;
}

static int add_extensions(X509 *cert, X509 *issuer, const struct pki_request *r)
{
	static const struct {
		const char *constraints, *usage, *extended;
	} by_use[] = {
		[PKI_CA] = {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", NULL},
		[PKI_CLIENT] = {"critical,CA:FALSE", "critical,digitalSignature", "clientAuth"},
		[PKI_SERVER] = {"critical,CA:FALSE", "critical,digitalSignature", "serverAuth"},
		[PKI_SEAL] = {"critical,CA:FALSE", "critical,keyAgreement", "emailProtection"},
	};
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	X509V3_set_ctx_nodb(&ctx);
	return add_extension(cert, &ctx, NID_basic_constraints, by_use[r->use].constraints) &&
	       add_extension(cert, &ctx, NID_key_usage, by_use[r->use].usage) &&
	       add_extension(cert, &ctx, NID_subject_key_identifier, "hash") &&
	       add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always") &&
	       (by_use[r->use].extended == NULL ||
		       add_extension(cert, &ctx, NID_ext_key_usage, by_use[r->use].extended)) &&
	       (r->alternative_names == NULL ||
		       add_extension(cert, &ctx, NID_subject_alt_name, r->alternative_names));
}

/* 127 random bits: positive and unique (RFC 5280 section 4.1.2.2 allows 20 octets). */
static int set_serial(X509 *cert)
{
	unsigned char bytes[16];
	BIGNUM *n = NULL;
	int ok;

	if (RAND_bytes(bytes, sizeof bytes) != 1)
		return 0;
	bytes[0] &= 0x7f;
	bytes[0] |= 0x40;
	n = BN_bin2bn(bytes, sizeof bytes, NULL);
	ok = n != NULL && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
	BN_free(n);
	return ok;
}

int pki_certificate(
	X509 **out, const struct pki_request *r, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key)
{
	X509 *cert = X509_new();

	/* an hour back: machines' clocks differ before they are synchronised */
	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
		X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL &&
		X509_time_adj_ex(X509_getm_notAfter(cert), (int)r->days, 0, NULL) != NULL &&
		X509_set_pubkey(cert, key) == 1 &&
		fill_name(X509_get_subject_name(cert), &r->subject) &&
		X509_set_issuer_name(cert, X509_get_subject_name(issuer ? issuer : cert)) == 1 &&
		add_extensions(cert, issuer ? issuer : cert, r) &&
		X509_sign(cert, issuer_key ? issuer_key : key, EVP_sha256()) > 0) {
		*out = cert;
		return 0;
	}
	X509_free(cert);
	return PN_ECRYPTO;
}

int pki_signing_request(X509_REQ **out, const struct pki_subject *subject, EVP_PKEY *key)
{
	X509_REQ *req = X509_REQ_new();

	if (req != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
		fill_name(X509_REQ_get_subject_name(req), subject) &&
		X509_REQ_set_pubkey(req, key) == 1 && X509_REQ_sign(req, key, EVP_sha256()) > 0) {
		*out = req;
		return 0;
	}
	X509_REQ_free(req);
	return PN_ECRYPTO;
}

static FILE *make_file(const char *dir, const char *name, mode_t mode, int *err)
{
	char path[1024];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name), fd;
	FILE *f;

	*err = PN_EIO;
	if (n < 0 || (size_t)n >= sizeof path)
		return NULL;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0) {
		if (errno == EEXIST)
			*err = PN_ECONFLICT;
		return NULL;
	}
	/* the umask may have taken bits that a public file needs */
	f = fchmod(fd, mode) == 0 ? fdopen(fd, "w") : NULL;
	if (f == NULL)
		close(fd);
	return f;
}

static int finish(FILE *f, int written)
{
	int ok = written == 1 && fflush(f) == 0 && fsync(fileno(f)) == 0;

	if (fclose(f) != 0)
		ok = 0;
	return ok ? 0 : PN_EIO;
}

int pki_write_private(const char *dir, const char *name, EVP_PKEY *key)
{
	int err;
	FILE *f = make_file(dir, name, 0600, &err);

	return f == NULL ? err
			 : finish(f, PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
}

int pki_write_public(const char *dir, const char *name, EVP_PKEY *key)
{
	int err;
	FILE *f = make_file(dir, name, 0644, &err);

	return f == NULL ? err : finish(f, PEM_write_PUBKEY(f, key));
}

int pki_write_certificate(const char *dir, const char *name, X509 *certificate)
{
	int err;
	FILE *f = make_file(dir, name, 0644, &err);

	return f == NULL ? err : finish(f, PEM_write_X509(f, certificate));
}

int pki_write_request(const char *dir, const char *name, X509_REQ *request)
{
	int err;
	FILE *f = make_file(dir, name, 0644, &err);

	return f == NULL ? err : finish(f, PEM_write_X509_REQ(f, request));
}
