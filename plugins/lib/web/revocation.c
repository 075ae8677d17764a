/* SPDX-License-Identifier: Apache-2.0
 * Lists of revoked certificates: see revocation.h.
 */
#include "web/revocation.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct web_revocations {
	char *authority, *list;
	X509_STORE *store; /* NULL: no list has been there */
	struct timespec changed;
	off_t size;
	ino_t inode;
};

static STACK_OF(X509_INFO) *read_pem(const char *path)
{
	BIO *in = BIO_new_file(path, "r");
	STACK_OF(X509_INFO) *all = in != NULL ? PEM_X509_INFO_read_bio(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return all;
}

static bool signed_by_one(STACK_OF(X509_INFO) *authorities, X509_CRL *list)
{
	for (int i = 0; i < sk_X509_INFO_num(authorities); i++) {
		X509 *a = sk_X509_INFO_value(authorities, i)->x509;
		if (a != NULL && X509_NAME_cmp(X509_get_subject_name(a), X509_CRL_get_issuer(list)) == 0 &&
			X509_CRL_verify(list, X509_get0_pubkey(a)) == 1)
			return true;
	}
	return false;
}

static int fill(X509_STORE *store, STACK_OF(X509_INFO) *authorities, STACK_OF(X509_INFO) *lists)
{
	int count = 0;
	for (int i = 0; i < sk_X509_INFO_num(authorities); i++) {
		X509 *a = sk_X509_INFO_value(authorities, i)->x509;
		if (a != NULL && X509_STORE_add_cert(store, a) != 1)
			return PN_ENOMEM;
	}
	for (int i = 0; i < sk_X509_INFO_num(lists); i++) {
		X509_CRL *list = sk_X509_INFO_value(lists, i)->crl;
		if (list == NULL)
			continue;
		if (!signed_by_one(authorities, list))
			return PN_ECRYPTO;
		if (X509_STORE_add_crl(store, list) != 1)
			return PN_ENOMEM;
		count++;
	}
	return count > 0 && X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK) == 1 ? PN_OK : PN_EFORMAT;
}

static int load(const struct web_revocations *r, X509_STORE **out)
{
	STACK_OF(X509_INFO) *authorities = read_pem(r->authority), *lists = read_pem(r->list);
	X509_STORE *store = X509_STORE_new();
	int err = authorities == NULL || lists == NULL ? PN_EFORMAT : store == NULL ? PN_ENOMEM : fill(store, authorities, lists);
	sk_X509_INFO_pop_free(authorities, X509_INFO_free);
	sk_X509_INFO_pop_free(lists, X509_INFO_free);
	if (err == PN_OK)
		*out = store;
	else
		X509_STORE_free(store);
	return err;
}

int web_revocations_refresh(struct web_revocations *r)
{
	struct stat st;
	X509_STORE *store = NULL;
	if (stat(r->list, &st) != 0)
		return errno == ENOENT && r->store == NULL ? 0 : PN_EIO;
	if (st.st_size == r->size && st.st_ino == r->inode && st.st_mtim.tv_sec == r->changed.tv_sec &&
		st.st_mtim.tv_nsec == r->changed.tv_nsec)
		return 0;
	r->size = st.st_size;
	r->inode = st.st_ino;
	r->changed = st.st_mtim;
	int err = load(r, &store);
	if (err != PN_OK)
		return err;
	X509_STORE_free(r->store);
	r->store = store;
	return 1;
}

int web_revocations_open(const char *authority, const char *list, struct web_revocations **out)
{
	struct web_revocations *r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	r->authority = strdup(authority);
	r->list = strdup(list);
	int err = r->authority != NULL && r->list != NULL ? web_revocations_refresh(r) : PN_ENOMEM;
	if (err < 0)
		web_revocations_close(r);
	else
		*out = r;
	return err < 0 ? err : PN_OK;
}

void web_revocations_close(struct web_revocations *r)
{
	if (r == NULL)
		return;
	X509_STORE_free(r->store);
	free(r->authority);
	free(r->list);
	free(r);
}

bool web_revocations_allow(const struct web_revocations *r, SSL *ssl)
{
	X509 *certificate = r != NULL && r->store != NULL && ssl != NULL ? SSL_get1_peer_certificate(ssl) : NULL;
	X509_STORE_CTX *ctx = certificate != NULL ? X509_STORE_CTX_new() : NULL;
	bool allowed = certificate == NULL;
	if (ctx != NULL && X509_STORE_CTX_init(ctx, r->store, certificate, SSL_get_peer_cert_chain(ssl)) == 1 &&
		X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_CLIENT) == 1)
		allowed = X509_verify_cert(ctx) == 1;
	X509_STORE_CTX_free(ctx);
	X509_free(certificate);
	return allowed;
}
