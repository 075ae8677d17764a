/* SPDX-License-Identifier: Apache-2.0
 * libgpiod opens chips by path only; a plugin has the open descriptor that the supervisor gave it and may open nothing. The
 * library is therefore linked statically with its open() led here (-Wl,--wrap): the path /proc/self/fd/N gives a duplicate of
 * descriptor N, every other path goes on to libc. Before it opens, the library looks the path up in /sys, which a plugin does not
 * see: that look is led here too, and asks the descriptor. docs/adr/0011. Must never open anything by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

bool __real_gpiod_check_gpiochip_device(const char *path, bool set_errno);
bool __wrap_gpiod_check_gpiochip_device(const char *path, bool set_errno);

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

/* Only a GPIO chip answers that question. */
bool __wrap_gpiod_check_gpiochip_device(const char *path, bool set_errno)
{
	struct gpiochip_info info;
	int fd = own(path);
	if (fd < 0)
		return __real_gpiod_check_gpiochip_device(path, set_errno);
	if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0)
		return true;
	if (set_errno)
		errno = ENODEV;
	return false;
}
