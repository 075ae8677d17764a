/* SPDX-License-Identifier: Apache-2.0
 * The system calls of stream.h, by themselves, so that a test of the whole plugin can play the driver. Must never do more than
 * call.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "stream.h"

static int kernel_request(int fd, unsigned long request, void *argument)
{
	int r;
	do
		r = ioctl(fd, request, argument);
	while (r < 0 && errno == EINTR);
	return r;
}

static void *kernel_map(size_t size, int fd, int64_t offset)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	return p == MAP_FAILED ? NULL : p;
}

static void kernel_unmap(void *place, size_t size)
{
	munmap(place, size);
}

const struct stream_calls stream_kernel = {kernel_request, kernel_map, kernel_unmap};
