/* SPDX-License-Identifier: Apache-2.0
 * Keys, statements and signatures of files. Must never follow a link, nor verify other bytes than
 * it gives out.
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
#include "signed/internal.h"

static const char magic[] = "postern-signature 1 ";

enum { KEY_FILE_MAX = 4096, MAGIC = sizeof magic - 1 };

static void key_id_of(const uint8_t raw[32], char id[SIGNED_KEY_ID])
{
	uint8_t digest[SHA256_DIGEST_LENGTH];

	SHA256(raw, 32, digest);
	hex_encode(id, digest, (SIGNED_KEY_ID - 1) / 2);
}

/* PN_EFORMAT: another kind of key. */
static int load_key(struct signed_keys *keys, const char *path)
{
	size_t text_size = 0, size = 32;
	uint8_t *text = NULL;
	EVP_PKEY *key = NULL;
	BIO *bio = NULL;
	int r = signed_read(path, KEY_FILE_MAX, &text, &text_size);

	if (r != PN_OK)
		return r;
	r = PN_ELIMIT;
	if (keys->count == SIGNED_KEYS_MAX)
		goto out;
	r = PN_EFORMAT;
	bio = BIO_new_mem_buf(text, (int)text_size);
	key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	if (key == NULL || EVP_PKEY_id(key) != EVP_PKEY_ED25519)
		goto out;
	if (EVP_PKEY_get_raw_public_key(key, keys->key[keys->count].raw, &size) != 1 || size != 32)
		goto out;
	key_id_of(keys->key[keys->count].raw, keys->key[keys->count].id);
	keys->count++;
	r = PN_OK;
out:
	EVP_PKEY_free(key);
	BIO_free(bio);
	free(text);
	return r;
}

/* PREFIX.pub or PREFIX-SOMETHING.pub: "lists" must not take the keys of "lists2". */
static int is_key_file(const char *name, const char *prefix)
{
	size_t n = strlen(name), p = strlen(prefix);

	return n >= p + 4 && strcmp(name + n - 4, ".pub") == 0 && strncmp(name, prefix, p) == 0 &&
	       (name[p] == '-' || n == p + 4);
}

int signed_keys_load(struct signed_keys *keys, const char *folder, const char *prefix)
{
	char path[1024];
	DIR *d = opendir(folder);
	struct dirent *e;
	int r = PN_OK;

	memset(keys, 0, sizeof *keys);
	if (d == NULL)
		return PN_EIO;
	while (r == PN_OK && (e = readdir(d)) != NULL) {
		if (!is_key_file(e->d_name, prefix))
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		r = load_key(keys, path);
		if (r == PN_EFORMAT || r == PN_EIO)
			r = PN_OK;
	}
	closedir(d);
	if (r == PN_OK && keys->count == 0)
		r = PN_ENOTFOUND;
	return r;
}

int signed_read(const char *path, size_t limit, uint8_t **bytes, size_t *size)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r = PN_EIO;
	size_t at = 0;
	ssize_t n = 1;

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
	while (n > 0 && at < (size_t)st.st_size) {
		n = read(fd, *bytes + at, (size_t)st.st_size - at);
		if (n > 0)
			at += (size_t)n;
	}
	(*bytes)[at] = '\0';
	*size = at;
	r = PN_OK;
	if (n < 0) {
		r = PN_EIO;
		free(*bytes);
		*bytes = NULL;
	}
out:
	close(fd);
	return r;
}

static size_t statement(char *out, size_t size, const char *kind, const uint8_t *digest)
{
	char hex[2 * SIGNED_DIGEST + 1];

	hex_encode(hex, digest, SIGNED_DIGEST);
	return (size_t)snprintf(out, size, "postern-signed 1 %s %s\n", kind, hex);
}

static int check_with(
	const uint8_t raw[32], const uint8_t *signature, const char *text, size_t size)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = PN_ECRYPTO;

	if (key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestVerify(ctx, signature, SIGNED_HEX / 2, (const uint8_t *)text, size) == 1)
		r = PN_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r;
}

int signed_check(const struct signed_keys *keys, const char *kind,
	const uint8_t digest[SIGNED_DIGEST], const char *signature_text, char key_id[SIGNED_KEY_ID])
{
	char text[SIGNED_TEXT_MAX], id[SIGNED_KEY_ID], hex[SIGNED_HEX + 1];
	uint8_t signature[SIGNED_HEX / 2];
	const char *at;
	size_t n;

	if (strlen(signature_text) != MAGIC + SIGNED_KEY_ID + SIGNED_HEX + 1 ||
		strncmp(signature_text, magic, MAGIC) != 0)
		return PN_EFORMAT;
	at = signature_text + MAGIC;
	if (at[SIGNED_KEY_ID - 1] != ' ' || at[SIGNED_KEY_ID + SIGNED_HEX] != '\n')
		return PN_EFORMAT;
	memcpy(id, at, SIGNED_KEY_ID - 1);
	id[SIGNED_KEY_ID - 1] = '\0';
	memcpy(hex, at + SIGNED_KEY_ID, SIGNED_HEX);
	hex[SIGNED_HEX] = '\0';
	if (hex_decode(signature, sizeof signature, hex) != PN_OK)
		return PN_EFORMAT;
	n = statement(text, sizeof text, kind, digest);
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].id, id) == 0 &&
			check_with(keys->key[i].raw, signature, text, n) == PN_OK) {
			if (key_id != NULL)
				memcpy(key_id, id, sizeof id);
			return PN_OK;
		}
	return PN_ECRYPTO;
}

int signed_file_verify(const struct signed_keys *keys, const char *path, size_t limit,
	uint8_t **bytes, size_t *size)
{
	uint8_t *sig = NULL, digest[SIGNED_DIGEST];
	char sig_path[1024];
	size_t sig_size = 0;
	int r;

	snprintf(sig_path, sizeof sig_path, "%s.sig", path);
	r = signed_read(path, limit, bytes, size);
	if (r == PN_OK)
		r = signed_read(sig_path, SIGNED_TEXT_MAX, &sig, &sig_size);
	if (r == PN_OK) {
		SHA256(*bytes, *size, digest);
		r = signed_check(keys, "file", digest, (const char *)sig, NULL);
	}
	free(sig);
	if (r != PN_OK) {
		free(*bytes);
		*bytes = NULL;
	}
	return r;
}

/* Beside, then over the old one, so that a reader never sees half a file. */
int signed_write(const char *path, const char *text)
{
	char beside[1100];
	FILE *f;
	int good;

	snprintf(beside, sizeof beside, "%s.new", path);
	f = fopen(beside, "we");
	if (f == NULL)
		return PN_EIO;
	good = fputs(text, f) >= 0 && fflush(f) == 0 && fsync(fileno(f)) == 0;
	good = fclose(f) == 0 && good;
	if (good && rename(beside, path) == 0)
		return PN_OK;
	unlink(beside);
	return PN_EIO;
}

static EVP_PKEY *private_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = NULL;

	if (f != NULL) {
		key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
		fclose(f);
	}
	if (key != NULL && EVP_PKEY_id(key) != EVP_PKEY_ED25519) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

int signed_make(const char *key_path, const char *kind, const uint8_t digest[SIGNED_DIGEST],
	char out[SIGNED_TEXT_MAX])
{
	char text[SIGNED_TEXT_MAX], id[SIGNED_KEY_ID], hex[SIGNED_HEX + 1];
	uint8_t signature[SIGNED_HEX / 2], raw[32];
	size_t n = sizeof signature, raw_size = sizeof raw,
	       size = statement(text, sizeof text, kind, digest);
	EVP_PKEY *key = private_key(key_path);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = PN_ECRYPTO;

	if (key != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
		EVP_DigestSign(ctx, signature, &n, (const uint8_t *)text, size) == 1 &&
		n == sizeof signature && EVP_PKEY_get_raw_public_key(key, raw, &raw_size) == 1) {
		key_id_of(raw, id);
		hex_encode(hex, signature, sizeof signature);
		snprintf(out, SIGNED_TEXT_MAX, "%s%s %s\n", magic, id, hex);
		r = PN_OK;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return r;
}

int signed_file_sign(const char *path, const char *key_path)
{
	char sig_path[1024], text[SIGNED_TEXT_MAX];
	uint8_t *bytes = NULL, digest[SIGNED_DIGEST];
	size_t size = 0;
	int r = signed_read(path, SIGNED_FILE_MAX, &bytes, &size);

	if (r == PN_OK) {
		SHA256(bytes, size, digest);
		r = signed_make(key_path, "file", digest, text);
	}
	snprintf(sig_path, sizeof sig_path, "%s.sig", path);
	if (r == PN_OK)
		r = signed_write(sig_path, text);
	free(bytes);
	return r;
}
