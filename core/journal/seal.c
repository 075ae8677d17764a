/* SPDX-License-Identifier: Apache-2.0
 * Sealing and opening with OpenSSL's CMS. Must never leave plaintext in freed memory, and never
 * hand out plaintext whose tag has not been verified.
 */
#include "journal/seal.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"

struct sealer {
	X509 *certificate[SEAL_RECIPIENTS_MAX];
	size_t count;
	char recipients[SEAL_RECIPIENTS_MAX * (32 + 1 + 2 * SEAL_KEY_ID + 1)];
};

static X509 *read_certificate(const uint8_t *pem, size_t size)
{
	BIO *in = size <= 65536 ? BIO_new_mem_buf(pem, (int)size) : NULL;
	X509 *x = in != NULL ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
	BIO_free(in);
	return x;
}

static int usable(X509 *x)
{
	char group[32];
	size_t len = 0;
	const EVP_PKEY *key = X509_get0_pubkey(x);
	if (key == NULL || !EVP_PKEY_is_a(key, "EC") ||
		EVP_PKEY_get_group_name(key, group, sizeof group, &len) != 1 ||
		strcmp(group, "prime256v1") != 0)
		return PN_ECRYPTO;
	/* All ones when the certificate has no key usage extension. */
	return (X509_get_key_usage(x) & X509v3_KU_KEY_AGREEMENT) != 0 ? 0 : PN_ECRYPTO;
}

static int key_id(const X509 *x, char out[2 * SEAL_KEY_ID + 1])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint8_t *der = NULL;
	int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	int ok = size > 0 && EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL) == 1;
	OPENSSL_free(der);
	if (!ok)
		return PN_ECRYPTO;
	hex_encode(out, digest, SEAL_KEY_ID);
	return 0;
}

int sealer_new(struct sealer **out, const struct seal_recipient *recipients, size_t count)
{
	struct text names;
	int err = 0;
	*out = NULL;
	if (count == 0 || count > SEAL_RECIPIENTS_MAX)
		return PN_EINVAL;
	struct sealer *s = calloc(1, sizeof *s);
	if (s == NULL)
		return PN_ENOMEM;
	text_init(&names, s->recipients, sizeof s->recipients);
	for (size_t i = 0; i < count && err == 0; i++) {
		char id[2 * SEAL_KEY_ID + 1];
		X509 *x = read_certificate(recipients[i].pem, recipients[i].size);
		if (x == NULL) {
			err = PN_EFORMAT;
			break;
		}
		s->certificate[s->count++] = x;
		err = usable(x);
		if (err == 0)
			err = key_id(x, id);
		if (err == 0)
			text_add(&names, "%s%s:%s", i > 0 ? "," : "", recipients[i].name, id);
	}
	if (err == 0 && names.truncated)
		err = PN_EINVAL;
	ERR_clear_error();
	if (err != 0) {
		sealer_free(s);
		return err;
	}
	*out = s;
	return 0;
}

void sealer_free(struct sealer *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->count; i++)
		X509_free(s->certificate[i]);
	free(s);
}

const char *sealer_recipients(const struct sealer *s)
{
	return s->recipients;
}

/* Without the explicit digest OpenSSL 3.0 would take the KDF over SHA-1. */
static int add_recipient(CMS_ContentInfo *cms, X509 *certificate)
{
	CMS_RecipientInfo *ri = CMS_add1_recipient_cert(cms, certificate, CMS_KEY_PARAM);
	EVP_PKEY_CTX *ctx = ri != NULL ? CMS_RecipientInfo_get0_pkey_ctx(ri) : NULL;
	return ctx != NULL && EVP_PKEY_CTX_set_ecdh_kdf_md(ctx, EVP_sha256()) > 0 ? 0 : PN_ECRYPTO;
}

int sealer_seal(
	const struct sealer *s, const uint8_t *plain, size_t size, uint8_t **out, size_t *out_size)
{
	BIO *in = NULL;
	CMS_ContentInfo *cms = NULL;
	uint8_t *der = NULL;
	int err = PN_ECRYPTO, n = 0;
	*out = NULL;
	*out_size = 0;
	if (size == 0 || size > INT32_MAX)
		return PN_EINVAL;
	in = BIO_new_mem_buf(plain, (int)size);
	cms = CMS_encrypt(NULL, NULL, EVP_aes_256_gcm(), CMS_PARTIAL | CMS_BINARY);
	if (in == NULL || cms == NULL)
		goto out;
	for (size_t i = 0; i < s->count; i++)
		if (add_recipient(cms, s->certificate[i]) != 0)
			goto out;
	if (CMS_final(cms, in, NULL, CMS_BINARY) != 1 ||
		OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData)
		goto out;
	n = i2d_CMS_ContentInfo(cms, &der);
	if (n <= 0)
		goto out;
	*out = der;
	*out_size = (size_t)n;
	err = 0;
out:
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	ERR_clear_error();
	return err;
}

/* Copies what the memory BIO holds and wipes the BIO's own copy. */
static int take_plain(BIO *plain, uint8_t **out, size_t *out_size)
{
	char *bytes = NULL;
	long n = BIO_get_mem_data(plain, &bytes);
	uint8_t *copy = NULL;
	if (n > 0)
		copy = OPENSSL_malloc((size_t)n);
	if (copy != NULL) {
		memcpy(copy, bytes, (size_t)n);
		*out = copy;
		*out_size = (size_t)n;
	}
	return copy != NULL ? 0 : n > 0 ? PN_ENOMEM : PN_EFORMAT;
}

static void free_plain(BIO *plain)
{
	char *bytes = NULL;
	long n = plain != NULL ? BIO_get_mem_data(plain, &bytes) : 0;
	if (n > 0)
		OPENSSL_cleanse(bytes, (size_t)n);
	BIO_free(plain);
}

int seal_open(const uint8_t *sealed, size_t size, const uint8_t *certificate_pem,
	size_t certificate_size, const uint8_t *key_pem, size_t key_size, uint8_t **out,
	size_t *out_size)
{
	const uint8_t *at = sealed;
	BIO *key_in = NULL, *plain = NULL;
	EVP_PKEY *key = NULL;
	X509 *certificate = NULL;
	CMS_ContentInfo *cms = NULL;
	int err = PN_EFORMAT;
	*out = NULL;
	*out_size = 0;
	if (size == 0 || size > INT32_MAX || key_size > 65536)
		return PN_EINVAL;
	cms = d2i_CMS_ContentInfo(NULL, &at, (long)size);
	if (cms == NULL || at != sealed + size ||
		OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData)
		goto out;
	err = PN_ECRYPTO;
	if (certificate_pem != NULL)
		certificate = read_certificate(certificate_pem, certificate_size);
	key_in = BIO_new_mem_buf(key_pem, (int)key_size);
	key = key_in != NULL ? PEM_read_bio_PrivateKey(key_in, NULL, NULL, NULL) : NULL;
	plain = BIO_new(BIO_s_secmem());
	if ((certificate_pem != NULL && certificate == NULL) || key == NULL || plain == NULL)
		goto out;
	if (CMS_decrypt_set1_pkey(cms, key, certificate) != 1 ||
		CMS_decrypt(cms, NULL, NULL, NULL, plain, CMS_BINARY) != 1)
		goto out;
	err = take_plain(plain, out, out_size);
out:
	free_plain(plain);
	CMS_ContentInfo_free(cms);
	X509_free(certificate);
	EVP_PKEY_free(key);
	BIO_free(key_in);
	ERR_clear_error();
	return err;
}

void seal_free(uint8_t *bytes, size_t size)
{
	OPENSSL_clear_free(bytes, size);
}
