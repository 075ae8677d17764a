/* SPDX-License-Identifier: Apache-2.0
 * Signed folders: every file is read once, hashed, and handed out as it was hashed. Must never open
 * a file twice.
 */
#include <dirent.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/text.h"
#include "signed/internal.h"

enum { SUMS_MAX = SIGNED_FILES_MAX * 160, NAME_MAX_BYTES = 80 };

static int is_own(const char *name)
{
	return name[0] == '.' || strcmp(name, "pack.sums") == 0 || strcmp(name, "pack.sig") == 0;
}

/* A name that cannot be mistaken in pack.sums. */
static int name_is_good(const char *name)
{
	size_t n =
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");

	return n > 0 && n < NAME_MAX_BYTES && name[n] == '\0';
}

void signed_folder_free(struct signed_folder *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++) {
		free(f->file[i].name);
		free(f->file[i].bytes);
	}
	free(f);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names only; sorted, so that the sums are the same wherever they are made. */
static int list_names(const char *folder, struct signed_folder *f)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int r = PN_OK;

	if (d == NULL)
		return PN_EIO;
	while (r == PN_OK && (e = readdir(d)) != NULL) {
		if (is_own(e->d_name))
			continue;
		if (!name_is_good(e->d_name))
			r = PN_EFORMAT;
		else if (f->count == SIGNED_FILES_MAX)
			r = PN_ELIMIT;
		else if ((f->file[f->count].name = strdup(e->d_name)) == NULL)
			r = PN_ENOMEM;
		else
			f->count++;
	}
	closedir(d);
	qsort(f->file, f->count, sizeof f->file[0], by_name);
	return r;
}

static int read_files(const char *folder, struct signed_folder *f, struct text *sums)
{
	char path[1200], hex[2 * SIGNED_DIGEST + 1];
	uint8_t digest[SIGNED_DIGEST];
	size_t room = SIGNED_FOLDER_MAX;

	for (size_t i = 0; i < f->count; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, f->file[i].name);
		int r = signed_read(path, room, &f->file[i].bytes, &f->file[i].size);
		if (r != PN_OK)
			return r;
		room -= f->file[i].size;
		SHA256(f->file[i].bytes, f->file[i].size, digest);
		hex_encode(hex, digest, sizeof digest);
		text_add(sums, "%s  %s\n", hex, f->file[i].name);
	}
	return sums->truncated ? PN_ELIMIT : PN_OK;
}

static int compare(const char *folder, const struct text *sums)
{
	char path[1200];
	uint8_t *kept = NULL;
	size_t size = 0;
	int r;

	snprintf(path, sizeof path, "%s/pack.sums", folder);
	r = signed_read(path, SUMS_MAX, &kept, &size);
	if (r == PN_OK && (size != sums->len || memcmp(kept, sums->at, size) != 0))
		r = PN_ECRYPTO;
	free(kept);
	return r;
}

static int check(const struct signed_keys *keys, const char *folder, const uint8_t *digest,
	struct signed_folder *f)
{
	char path[1200];
	uint8_t *sig = NULL;
	size_t size = 0;
	int r;

	snprintf(path, sizeof path, "%s/pack.sig", folder);
	r = signed_read(path, SIGNED_TEXT_MAX, &sig, &size);
	if (r == PN_OK)
		r = signed_check(keys, "folder", digest, (const char *)sig, f->key_id);
	free(sig);
	return r;
}

/* keys or key_path or neither: verify, sign, or only read. */
static int work(const char *folder, const struct signed_keys *keys, const char *key_path,
	struct signed_folder **out)
{
	struct signed_folder *f = calloc(1, sizeof *f);
	char *buffer = malloc(SUMS_MAX), path[1200], signature[SIGNED_TEXT_MAX];
	uint8_t digest[SIGNED_DIGEST];
	struct text sums;
	int r = PN_ENOMEM;

	*out = NULL;
	if (f == NULL || buffer == NULL)
		goto out;
	text_init(&sums, buffer, SUMS_MAX);
	r = list_names(folder, f);
	if (r == PN_OK)
		r = read_files(folder, f, &sums);
	if (r != PN_OK)
		goto out;
	SHA256((const uint8_t *)sums.at, sums.len, digest);
	hex_encode(f->digest, digest, sizeof digest);
	if (keys != NULL) {
		r = compare(folder, &sums);
		if (r == PN_OK)
			r = check(keys, folder, digest, f);
	}
	if (key_path != NULL) {
		r = signed_make(key_path, "folder", digest, signature);
		snprintf(path, sizeof path, "%s/pack.sums", folder);
		if (r == PN_OK)
			r = signed_write(path, sums.at);
		snprintf(path, sizeof path, "%s/pack.sig", folder);
		if (r == PN_OK)
			r = signed_write(path, signature);
	}
	if (r == PN_OK) {
		*out = f;
		f = NULL;
	}
out:
	free(buffer);
	signed_folder_free(f);
	return r;
}

int signed_folder_load(
	const struct signed_keys *keys, const char *folder, struct signed_folder **out)
{
	return work(folder, keys, NULL, out);
}

int signed_folder_verify(const struct signed_keys *keys, const char *folder)
{
	struct signed_folder *f = NULL;
	int r = work(folder, keys, NULL, &f);

	signed_folder_free(f);
	return r;
}

int signed_folder_sign(const char *folder, const char *key_path)
{
	struct signed_folder *f = NULL;
	int r = work(folder, NULL, key_path, &f);

	signed_folder_free(f);
	return r;
}
