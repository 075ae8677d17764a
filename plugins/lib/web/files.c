/* SPDX-License-Identifier: Apache-2.0
 * The files a server hands out, read once at the start. Must never follow a link, and never be asked for a path that was not
 * found then: find is a comparison of whole strings.
 */
#include <dirent.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web/internal.h"

enum { FILES_MAX = 256, BYTES_MAX = 8 << 20, LEVELS_MAX = 3 };

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
	{".svg", "image/svg+xml"}, {".json", "application/json"}, {".webmanifest", "application/manifest+json"},
	{".png", "image/png"}, {".ico", "image/x-icon"}, {".woff2", "font/woff2"}, {".ogg", "audio/ogg"}, {".wav", "audio/wav"},
	{".txt", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *path)
{
	size_t n = strlen(path);
	for (size_t i = 0; i < PN_COUNT(types); i++) {
		size_t k = strlen(types[i].suffix);
		if (n > k && strcmp(path + n - k, types[i].suffix) == 0)
			return types[i].type;
	}
	return NULL;
}

static bool name_is_plain(const char *name)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	return name[0] != '.' && name[0] != '\0' && name[strspn(name, good)] == '\0';
}

static int read_all(int fd, uint8_t *bytes, size_t size)
{
	size_t got = 0;
	while (got < size) {
		ssize_t n = read(fd, bytes + got, size - got);
		if (n <= 0)
			return PN_EIO;
		got += (size_t)n;
	}
	return 0;
}

/* The tag is the content's hash: two builds with the same file share what a browser has kept. */
static void tag(struct web_variant *v)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256(v->bytes, v->size, hash);
	v->etag[0] = '"';
	for (size_t i = 0; i < 16; i++)
		snprintf(v->etag + 1 + 2 * i, 3, "%02x", hash[i]);
	v->etag[33] = '"';
	v->etag[34] = '\0';
}

static int take(struct web_files *f, int folder, const char *name, const char *path)
{
	struct stat st;
	if (f->count == FILES_MAX)
		return PN_ELIMIT;
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return PN_EIO;
	struct web_file *file = &f->files[f->count];
	int err = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ? PN_EFORMAT : 0;
	if (err == 0 && (st.st_size > BYTES_MAX || f->bytes + (size_t)st.st_size > BYTES_MAX))
		err = PN_ELIMIT;
	if (err == 0) {
		file->plain.size = (size_t)st.st_size;
		file->plain.bytes = malloc(file->plain.size + 1);
		file->path = strdup(path);
		f->count++;
		err = file->plain.bytes == NULL || file->path == NULL ? PN_ENOMEM : read_all(fd, file->plain.bytes, file->plain.size);
	}
	close(fd);
	if (err != 0)
		return err;
	f->bytes += file->plain.size;
	tag(&file->plain);
	return 0;
}

static int walk(struct web_files *f, int folder, const char *path, unsigned level)
{
	int err = 0;
	struct dirent *e;
	DIR *d = level < LEVELS_MAX ? fdopendir(folder) : NULL;
	if (d == NULL) {
		close(folder);
		return level < LEVELS_MAX ? PN_EIO : PN_ELIMIT;
	}
	while (err == 0 && (e = readdir(d)) != NULL) {
		char below[WEB_PATH_MAX];
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int n = snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (!name_is_plain(e->d_name) || n >= (int)sizeof below) {
			err = PN_EFORMAT;
			continue;
		}
		int sub = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
		err = sub >= 0 ? walk(f, sub, below, level + 1) : take(f, dirfd(d), e->d_name, below);
	}
	closedir(d);
	return err;
}

static struct web_file *find(const struct web_files *f, const char *path, size_t size)
{
	for (unsigned i = 0; i < f->count; i++)
		if (strlen(f->files[i].path) == size && memcmp(f->files[i].path, path, size) == 0)
			return &f->files[i];
	return NULL;
}

/* NAME.gz goes to NAME and is no file of its own. */
static int pair(struct web_files *f)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < f->count; i++) {
		struct web_file *file = &f->files[i];
		size_t n = strlen(file->path);
		if (n <= 3 || strcmp(file->path + n - 3, ".gz") != 0) {
			file->type = type_of(file->path);
			if (file->type == NULL)
				return PN_EUNSUPPORTED;
			continue;
		}
		struct web_file *base = find(f, file->path, n - 3);
		if (base == NULL)
			return PN_ENOTFOUND;
		base->gzip = file->plain;
		file->plain.bytes = NULL;
	}
	for (unsigned i = 0; i < f->count; i++) {
		if (f->files[i].plain.bytes == NULL)
			free(f->files[i].path);
		else
			f->files[kept++] = f->files[i];
	}
	f->count = kept;
	return 0;
}

int web_files_load(const char *folder, struct web_files **out)
{
	struct web_files *f = calloc(1, sizeof *f);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = f == NULL ? PN_ENOMEM : fd < 0 ? PN_EIO : 0;
	if (err == 0) {
		f->files = calloc(FILES_MAX, sizeof *f->files);
		if (f->files == NULL)
			err = PN_ENOMEM;
	}
	if (err == 0) {
		err = walk(f, fd, "", 0);
		fd = -1;
	}
	if (fd >= 0)
		close(fd);
	if (err == 0)
		err = pair(f);
	if (err == 0)
		*out = f;
	else
		web_files_free(f);
	return err;
}

void web_files_free(struct web_files *f)
{
	if (f == NULL)
		return;
	for (unsigned i = 0; i < f->count; i++) {
		free(f->files[i].path);
		free(f->files[i].plain.bytes);
		free(f->files[i].gzip.bytes);
	}
	free(f->files);
	free(f);
}

const struct web_file *web_file_find(const struct web_files *f, const char *path)
{
	if (f == NULL)
		return NULL;
	return strcmp(path, "/") == 0 ? find(f, "/index.html", 11) : find(f, path, strlen(path));
}
