/* SPDX-License-Identifier: Apache-2.0
 * Small files, replaced atomically and durably. Must never leave PATH half-written.
 */
#include "journal/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int file_read(const char *path, void *bytes, size_t capacity, size_t *size)
{
	size_t n = 0;
	ssize_t got = 1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? PN_ENOTFOUND : PN_EIO;
	while (n < capacity && got != 0) {
		got = read(fd, (char *)bytes + n, capacity - n);
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0)
			n += (size_t)got;
	}
	close(fd);
	if (got < 0)
		return PN_EIO;
	*size = n;
	return got == 0 ? 0 : PN_ELIMIT;
}

static int sync_folder(const char *path)
{
	char copy[4096];
	if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy)
		return PN_EINVAL;
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return PN_EIO;
	int err = fsync(fd) == 0 ? 0 : PN_EIO;
	close(fd);
	return err;
}

static int write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PN_EIO;
		at += n;
		size -= (size_t)n;
	}
	return fsync(fd) == 0 ? 0 : PN_EIO;
}

int file_write_synced(const char *path, const void *bytes, size_t size, mode_t mode)
{
	char fresh[4096];
	if (snprintf(fresh, sizeof fresh, "%s.new", path) >= (int)sizeof fresh)
		return PN_EINVAL;
	/* A left-over of a crash may have another mode: it is removed, not reused. */
	if (unlink(fresh) != 0 && errno != ENOENT)
		return PN_EIO;
	int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd < 0)
		return PN_EIO;
	int err = write_all(fd, bytes, size);
	if (close(fd) != 0)
		err = PN_EIO;
	if (err == 0 && rename(fresh, path) != 0)
		err = PN_EIO;
	if (err != 0) {
		unlink(fresh);
		return err;
	}
	return sync_folder(path);
}
