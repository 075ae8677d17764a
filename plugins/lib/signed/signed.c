/* SPDX-License-Identifier: Apache-2.0
 * Signing and verifying files and folders. Must never follow a link out of the folder it verifies.
 */
#include "signed/signed.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/text.h"

enum { SUMS_MAX = 16384 };

static int load_key(struct signed_keys *keys, const char *path)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t size = 32;
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f != NULL ? PEM_read_PUBKEY(f, NULL, NULL, NULL) : NULL;
	int r = PN_EFORMAT;
	if (f != NULL)
		fclose(f);
	if (key != NULL && EVP_PKEY_id(key) == EVP_PKEY_ED25519 && keys->count < SIGNED_KEYS_MAX &&
		EVP_PKEY_get_raw_public_key(key, keys->key[keys->count].raw, &size) == 1 && size == 32) {
		SHA256(keys->key[keys->count].raw, 32, digest);
		hex_encode(keys->key[keys->count].id, digest, 8);
		keys->count++;
		r = PN_OK;
	}
	EVP_PKEY_free(key);
	return r;
}

int signed_keys_load(struct signed_keys *keys, const char *folder, const char *prefix)
{
	char path[1024];
	DIR *d = opendir(folder);
	struct dirent *e;
	memset(keys, 0, sizeof *keys);
	if (d == NULL)
		return PN_EIO;
	while ((e = readdir(d)) != NULL) {
		size_t n = strlen(e->d_name);
		if (n < 5 || strcmp(e->d_name + n - 4, ".pub") != 0 || strncmp(e->d_name, prefix, strlen(prefix)) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		if (load_key(keys, path) != PN_OK)
			continue; /* another kind of key */
	}
	closedir(d);
	return keys->count > 0 ? PN_OK : PN_ENOTFOUND;
}

int signed_read(const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r = PN_EIO;
	size_t at = 0;
	*bytes = NULL;
	*size = 0;
	if (fd < 0)
		return PN_EIO;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		goto out;
	r = PN_ELIMIT;
	if (st.st_size < 0 || (size_t)st.st_size > limit)
		goto out;
	r = PN_ENOMEM;
	*bytes = malloc((size_t)st.st_size + 1);
	if (*bytes == NULL)
		goto out;
	while (at < (size_t)st.st_size) {
		ssize_t n = read(fd, *bytes + at, (size_t)st.st_size - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	(*bytes)[at] = '\0';
	*size = at;
	r = PN_OK;
out:
	close(fd);
	return r;
}

int signed_check(const struct signed_keys *keys, const uint8_t *bytes, size_t size, const char *signature_hex, char key_id[17])
{
	uint8_t signature[64];
	char hex[SIGNED_HEX + 1];
	int r = PN_ECRYPTO;
	if (strlen(signature_hex) < SIGNED_HEX)
		return PN_ECRYPTO;
	memcpy(hex, signature_hex, SIGNED_HEX);
	hex[SIGNED_HEX] = '\0';
	if (hex_decode(signature, sizeof signature, hex) != PN_OK)
		return PN_ECRYPTO;
	for (size_t i = 0; i < keys->count && r != PN_OK; i++) {
		EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, keys->key[i].raw, 32);
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		if (key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
			EVP_DigestVerify(ctx, signature, sizeof signature, bytes, size) == 1) {
			r = PN_OK;
			if (key_id != NULL)
				memcpy(key_id, keys->key[i].id, 17);
		}
		EVP_MD_CTX_free(ctx);
		EVP_PKEY_free(key);
	}
	return r;
}

int signed_file_verify(const struct signed_keys *keys, const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
	char sig_path[1024];
	uint8_t *sig = NULL;
	size_t sig_size = 0;
	int r;
	snprintf(sig_path, sizeof sig_path, "%s.sig", path);
	r = signed_read(path, limit, bytes, size);
	if (r == PN_OK)
		r = signed_read(sig_path, 1024, &sig, &sig_size);
	if (r == PN_OK)
		r = signed_check(keys, *bytes, *size, (const char *)sig, NULL);
	free(sig);
	if (r != PN_OK) {
		free(*bytes);
		*bytes = NULL;
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int sum_one(struct text *out, const char *folder, const char *name)
{
	char path[1024], hex[2 * SHA256_DIGEST_LENGTH + 1];
	uint8_t digest[SHA256_DIGEST_LENGTH], *bytes = NULL;
	size_t size = 0;
	int r;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	r = signed_read(path, SIGNED_FILE_MAX, &bytes, &size);
	if (r == PN_OK) {
		SHA256(bytes, size, digest);
		hex_encode(hex, digest, sizeof digest);
		text_add(out, "%s  %s\n", hex, name);
	}
	free(bytes);
	return r;
}

/* The sums of the folder as it is now. */
static int sums_of(const char *folder, char *buffer, size_t size)
{
	char *names[SIGNED_FILES_MAX];
	size_t count = 0;
	struct text out;
	struct dirent *e;
	DIR *d = opendir(folder);
	int r = d != NULL ? PN_OK : PN_EIO;
	while (r == PN_OK && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || strcmp(e->d_name, "pack.sums") == 0 || strcmp(e->d_name, "pack.sig") == 0)
			continue;
		if (count == SIGNED_FILES_MAX)
			r = PN_ELIMIT;
		else if ((names[count] = strdup(e->d_name)) == NULL)
			r = PN_ENOMEM;
		else
			count++;
	}
	if (d != NULL)
		closedir(d);
	qsort(names, count, sizeof names[0], by_name);
	text_init(&out, buffer, size);
	for (size_t i = 0; i < count; i++) {
		if (r == PN_OK)
			r = sum_one(&out, folder, names[i]);
		free(names[i]);
	}
	return r == PN_OK && out.truncated ? PN_ELIMIT : r;
}

int signed_folder_verify(const struct signed_keys *keys, const char *folder)
{
	char path[1024], now[SUMS_MAX];
	uint8_t *sums = NULL, *sig = NULL;
	size_t size = 0, sig_size = 0;
	int r = sums_of(folder, now, sizeof now);
	snprintf(path, sizeof path, "%s/pack.sums", folder);
	if (r == PN_OK)
		r = signed_read(path, SUMS_MAX, &sums, &size);
	snprintf(path, sizeof path, "%s/pack.sig", folder);
	if (r == PN_OK)
		r = signed_read(path, 1024, &sig, &sig_size);
	if (r == PN_OK && (strlen(now) != size || memcmp(now, sums, size) != 0))
		r = PN_ECRYPTO;
	if (r == PN_OK)
		r = signed_check(keys, sums, size, (const char *)sig, NULL);
	free(sums);
	free(sig);
	return r;
}

static int write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	int good = f != NULL && fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
	if (f != NULL)
		good = fclose(f) == 0 && good;
	return good ? PN_OK : PN_EIO;
}

static int sign_bytes(const char *key_path, const uint8_t *bytes, size_t size, char hex[SIGNED_HEX + 2])
{
	uint8_t signature[64];
	size_t n = sizeof signature;
	int r = PN_ECRYPTO;
	FILE *f = fopen(key_path, "re");
	EVP_PKEY *key = f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	if (f != NULL)
		fclose(f);
	if (key != NULL && ctx != NULL && EVP_PKEY_id(key) == EVP_PKEY_ED25519 &&
		EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(ctx, signature, &n, bytes, size) == 1) {
		hex_encode(hex, signature, sizeof signature);
		memcpy(hex + SIGNED_HEX, "\n", 2);
		r = PN_OK;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r;
}

int signed_file_sign(const char *path, const char *key_path)
{
	char sig_path[1024], hex[SIGNED_HEX + 2];
	uint8_t *bytes = NULL;
	size_t size = 0;
	int r = signed_read(path, SIGNED_FILE_MAX, &bytes, &size);
	if (r == PN_OK)
		r = sign_bytes(key_path, bytes, size, hex);
	snprintf(sig_path, sizeof sig_path, "%s.sig", path);
	if (r == PN_OK)
		r = write_text(sig_path, hex);
	free(bytes);
	return r;
}

int signed_folder_sign(const char *folder, const char *key_path)
{
	char path[1024], sums[SUMS_MAX], hex[SIGNED_HEX + 2];
	int r = sums_of(folder, sums, sizeof sums);
	if (r == PN_OK)
		r = sign_bytes(key_path, (const uint8_t *)sums, strlen(sums), hex);
	snprintf(path, sizeof path, "%s/pack.sums", folder);
	if (r == PN_OK)
		r = write_text(path, sums);
	snprintf(path, sizeof path, "%s/pack.sig", folder);
	return r == PN_OK ? write_text(path, hex) : r;
}
