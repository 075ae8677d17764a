/* SPDX-License-Identifier: Apache-2.0
 * libgpiod opens chips by path only; a plugin has the open descriptor that the supervisor gave it and may open nothing. The
 * library is therefore linked statically with its open() led here (-Wl,--wrap): the path /proc/self/fd/N gives a duplicate of
 * descriptor N, every other path goes on to libc. docs/adr/0011. Must never open anything by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

#define OWN "/proc/self/fd/"

static int own(const char *path)
{
	char *end = NULL;
	if (strncmp(path, OWN, sizeof OWN - 1) != 0)
		return -1;
	long n = strtol(path + sizeof OWN - 1, &end, 10);
	return end != path + sizeof OWN - 1 && *end == '\0' && n >= 0 && n < 65536 ? (int)n : -1;
}

int __wrap_open(const char *path, int flags, ...)
{
	int fd = own(path);
	if (fd >= 0)
		return fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		errno = EINVAL; /* libgpiod makes no files */
		return -1;
	}
	return __real_open(path, flags);
}

int __wrap_open64(const char *path, int flags, ...)
{
	return __wrap_open(path, flags);
}
