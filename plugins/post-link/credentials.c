/* SPDX-License-Identifier: Apache-2.0
 * Loading the gate's credentials: see credentials.h.
 */
#include "credentials.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 1024 };

static bool path_of(char out[PATH_BYTES], const char *folder, const char *file)
{
	int n = snprintf(out, PATH_BYTES, "%s/%s", folder, file);
	return n > 0 && n < PATH_BYTES;
}

static bool is_numeric(const char *host)
{
	struct in6_addr six;
	struct in_addr four;
	return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1;
}

/* Whose certificate the post must show. */
static bool expect(SSL_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);
	if (is_numeric(host))
		return X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1;
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1;
}

static bool add_revocations(SSL_CTX *ctx, const char *folder)
{
	char path[PATH_BYTES];
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	X509_LOOKUP *files;
	if (!path_of(path, folder, "crl.pem"))
		return false;
	if (access(path, F_OK) != 0)
		return true;
	files = X509_STORE_add_lookup(store, X509_LOOKUP_file());
	return files != NULL && X509_load_crl_file(files, path, X509_FILETYPE_PEM) > 0 &&
	       X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1;
}

static EVP_PKEY *key_of(const char *folder, int key_fd)
{
	char path[PATH_BYTES];
	EVP_PKEY *key;
	FILE *f = NULL;
	if (key_fd >= 0) {
		int own = dup(key_fd);
		if (own < 0 || lseek(own, 0, SEEK_SET) != 0 || (f = fdopen(own, "r")) == NULL) {
			if (own >= 0)
				close(own);
			return NULL;
		}
	} else if (path_of(path, folder, "gate.key")) {
		f = fopen(path, "re");
	}
	if (f == NULL)
		return NULL;
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	return key;
}

static bool set_own(SSL_CTX *ctx, const char *folder, int key_fd, char *name, size_t name_size)
{
	char path[PATH_BYTES];
	EVP_PKEY *key = key_of(folder, key_fd);
	bool good = key != NULL && path_of(path, folder, "gate.pem") && SSL_CTX_use_certificate_chain_file(ctx, path) == 1 &&
		    SSL_CTX_use_PrivateKey(ctx, key) == 1 && SSL_CTX_check_private_key(ctx) == 1;
	EVP_PKEY_free(key);
	if (!good)
		return false;
	int n = X509_NAME_get_text_by_NID(
		X509_get_subject_name(SSL_CTX_get0_certificate(ctx)), NID_commonName, name, (int)name_size);
	return n > 0 && (size_t)n < name_size - 1 && strlen(name) == (size_t)n;
}

int credentials_load(const char *folder, int key_fd, const char *host, char *name, size_t name_size, SSL_CTX **out)
{
	char path[PATH_BYTES];
	int r = PN_ECRYPTO;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (ctx == NULL)
		return PN_ENOMEM;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	if (!path_of(path, folder, "ca.pem") || access(path, R_OK) != 0)
		r = PN_EIO;
	else if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 && SSL_CTX_load_verify_file(ctx, path) == 1 &&
		 add_revocations(ctx, folder) && set_own(ctx, folder, key_fd, name, name_size) && expect(ctx, host))
		r = PN_OK;
	if (r == PN_OK)
		*out = ctx;
	else
		SSL_CTX_free(ctx);
	return r;
}
