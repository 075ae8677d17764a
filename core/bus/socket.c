/* SPDX-License-Identifier: Apache-2.0
 * The bus on its socket: whole packets, no waiting, one descriptor at most. Must never look into
 * the bytes, and must never leave a received descriptor open that it does not hand to the caller.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/bus.h"

/* Room for more descriptors than are allowed, so that the surplus is seen and closed, not lost. */
enum { DESCRIPTORS_SEEN = 8 };

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_SEEN)];
};

int bus_pair(int fds[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		return PN_EIO;
	int size = 8 * BUS_MESSAGE_MAX;
	for (int i = 0; i < 2; i++)
		if (setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof size) != 0) {
			close(fds[0]);
			close(fds[1]);
			return PN_EIO;
		}
	return PN_OK;
}

int bus_send(int fd, const uint8_t *bytes, size_t size, int blob_fd)
{
	union control control;
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	if (size == 0)
		return PN_EINVAL; /* an empty packet reads as the end of the stream */
	if (size > BUS_MESSAGE_MAX)
		return PN_ELIMIT;
	if (blob_fd >= 0) {
		memset(&control, 0, sizeof control);
		m.msg_control = control.bytes;
		m.msg_controllen = CMSG_SPACE(sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &blob_fd, sizeof blob_fd);
	}
	for (;;) {
		ssize_t n = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			return (size_t)n == size ? PN_OK : PN_EIO;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS || errno == ETOOMANYREFS)
			return PN_EAGAIN;
		if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			return PN_ECLOSED;
		return errno == EMSGSIZE ? PN_ELIMIT : PN_EIO;
	}
}

/* Collects the descriptors of a packet: the first in *first, every other one closed. Returns how
 * many came. */
static size_t collect(struct msghdr *m, int *first)
{
	size_t seen = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (seen++ == 0)
				*first = fd;
			else
				close(fd);
		}
	}
	return seen;
}

int bus_receive(int fd, uint8_t *buffer, size_t size, size_t *len, int *blob_fd)
{
	union control control;
	struct iovec part = {.iov_base = buffer, .iov_len = size};
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof control.bytes};
	ssize_t n;
	*len = 0;
	*blob_fd = -1;
	do {
		n = recvmsg(fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno == EAGAIN)
			return PN_EAGAIN;
		return errno == ECONNRESET || errno == ENOTCONN ? PN_ECLOSED : PN_EIO;
	}
	size_t descriptors = collect(&m, blob_fd);
	if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || descriptors > 1 ||
		(n == 0 && descriptors > 0)) {
		if (*blob_fd >= 0)
			close(*blob_fd);
		*blob_fd = -1;
		return PN_EFORMAT;
	}
	if (n == 0)
		return PN_ECLOSED;
	*len = (size_t)n;
	return PN_OK;
}
