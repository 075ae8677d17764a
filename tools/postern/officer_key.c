/* SPDX-License-Identifier: Apache-2.0
 * Reading an officer's key and signing with it. Must never sign without the whole of the bytes.
 */
#include "officer_key.h"

#include <ctype.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/hex.h"

EVP_PKEY *officer_key_load(const struct cli *cli, const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f != NULL)
		fclose(f);
	if (key == NULL || EVP_PKEY_id(key) != EVP_PKEY_ED25519) {
		fprintf(cli->err,
			"postern %s: %s: expected an Ed25519 private key in PEM form\n",
			cli->command->group, path);
		EVP_PKEY_free(key);
		return NULL;
	}
	return key;
}

int officer_key_sign(EVP_PKEY *key, const uint8_t *bytes, size_t size,
	uint8_t signature[OFFICER_SIGNATURE], char key_id[OFFICER_KEY_ID_SIZE])
{
	uint8_t public_key[32], digest[SHA256_DIGEST_LENGTH];
	size_t key_size = sizeof public_key, signature_size = OFFICER_SIGNATURE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = PN_ECRYPTO;

	if (ctx == NULL || EVP_PKEY_get_raw_public_key(key, public_key, &key_size) != 1 ||
		EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1 ||
		EVP_DigestSign(ctx, signature, &signature_size, bytes, size) != 1)
		goto out;
	SHA256(public_key, sizeof public_key, digest);
	hex_encode(key_id, digest, (OFFICER_KEY_ID_SIZE - 1) / 2);
	r = PN_OK;
out:
	EVP_MD_CTX_free(ctx);
	return r;
}

bool officer_reason_is_good(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if (!islower((unsigned char)s[i]) && !isdigit((unsigned char)s[i]) &&
			strchr("_.-", s[i]) == NULL)
			return false;
	return n >= 2 && n <= 64;
}
