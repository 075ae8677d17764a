/* SPDX-License-Identifier: Apache-2.0
 * See trust_world.h.
 */
#include "trust_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "../sim-chip/desk.h"
#include "signed/signed.h"

static void write_key(const struct trust_world *w)
{
	char path[160];
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *f = fopen(w->key, "wb");
	assert_true(key != NULL && f != NULL);
	assert_int_equal(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(fclose(f), 0);
	snprintf(path, sizeof path, "%s/lists.pub", w->trust);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
	EVP_PKEY_free(key);
}

void trust_world_open(struct trust_world *w)
{
	snprintf(w->root, sizeof w->root, "/tmp/test-check-document-XXXXXX");
	assert_non_null(mkdtemp(w->root));
	snprintf(w->csca, sizeof w->csca, "%s/csca", w->root);
	snprintf(w->trust, sizeof w->trust, "%s/trust", w->root);
	snprintf(w->key, sizeof w->key, "%s/lists.key", w->root);
	assert_int_equal(mkdir(w->csca, 0700), 0);
	assert_int_equal(mkdir(w->trust, 0700), 0);
	write_key(w);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

void trust_world_close(struct trust_world *w)
{
	assert_int_equal(nftw(w->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

void trust_world_put(const struct trust_world *w, const char *name, const void *bytes, size_t size)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", w->csca, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	if (size == 0)
		size = strlen(bytes);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

void trust_world_fill(const struct trust_world *w, bool revocations)
{
	size_t size = 0;
	uint8_t *der = sim_office_csca(desk_office(), &size);
	trust_world_put(w, "root.cer", der, size);
	OPENSSL_free(der);
	der = sim_office_list(desk_office(), &size);
	trust_world_put(w, "list-UT.ml", der, size);
	OPENSSL_free(der);
	if (!revocations)
		return;
	der = sim_office_crl(desk_office(), &size);
	trust_world_put(w, "crl-UT.crl", der, size);
	OPENSSL_free(der);
}

void trust_world_sign(const struct trust_world *w)
{
	assert_int_equal(signed_folder_sign(w->csca, w->key), PN_OK);
}
