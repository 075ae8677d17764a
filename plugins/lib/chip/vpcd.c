/* SPDX-License-Identifier: Apache-2.0
 * See vpcd.h. After anything but a whole answer the connection is closed: what a late answer belongs to can no longer be known.
 * Must never keep a byte of an answer.
 */
#include "chip/vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "chip/vpcd_frame.h"

/* FINISH_MS: for an answer that nobody wants any more. Without it the connection, and with it the document, would have to go. */
enum { POWER_LIMIT_MS = 1000, FINISH_MS = 500, BACKLOG = 4 };

struct vpcd {
	int listener, fd, cancel;
	bool finishing; /* cancelled within an exchange */
	uint16_t port;
};

static void drop(struct vpcd *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

/* PN_OK: fd is as events say, or broken. */
static int await(const struct vpcd *v, int fd, short events, uint64_t deadline_ms)
{
	struct pollfd p[2] = {{fd, events, 0}, {v->finishing ? -1 : v->cancel, POLLIN, 0}};
	for (;;) {
		uint64_t now = clock_mono_ms();
		int n = poll(p, 2, deadline_ms > now ? (int)(deadline_ms - now) : 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PN_EIO;
		if (p[1].revents != 0)
			return PN_ECLOSED;
		return n > 0 ? PN_OK : PN_ETIMEOUT;
	}
}

/* The same for the chip's connection: cancelled, an exchange still has a moment for its end. */
static int await_chip(struct vpcd *v, short events, uint64_t *deadline_ms)
{
	int err = await(v, v->fd, events, *deadline_ms);
	if (err != PN_ECLOSED || v->finishing)
		return err;
	v->finishing = true;
	uint64_t soon = clock_mono_ms() + FINISH_MS;
	if (*deadline_ms > soon)
		*deadline_ms = soon;
	return await(v, v->fd, events, *deadline_ms);
}

static int give(struct vpcd *v, const uint8_t *bytes, size_t size, uint64_t deadline_ms)
{
	uint8_t head[VPCD_HEAD];
	struct iovec parts[] = {{head, VPCD_HEAD}, {(void *)bytes, size}};
	struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
	if (size > VPCD_PAYLOAD_MAX)
		return PN_ELIMIT;
	vpcd_frame_head(head, size);
	for (size_t left = VPCD_HEAD + size; left > 0;) {
		int err = await_chip(v, POLLOUT, &deadline_ms);
		if (err != PN_OK)
			return err;
		ssize_t n = sendmsg(v->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return PN_EIO;
		left -= (size_t)n;
		for (size_t i = 0; i < 2; i++) {
			size_t part = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
			parts[i].iov_base = (uint8_t *)parts[i].iov_base + part;
			parts[i].iov_len -= part;
			n -= (ssize_t)part;
		}
	}
	return PN_OK;
}

static int take(struct vpcd *v, uint8_t *out, size_t *size, uint64_t deadline_ms)
{
	struct vpcd_frame f;
	uint8_t *at = NULL;
	vpcd_frame_begin(&f, out, *size);
	for (size_t n; (n = vpcd_frame_next(&f, &at)) > 0;) {
		int err = await_chip(v, POLLIN, &deadline_ms);
		if (err != PN_OK)
			return err;
		ssize_t got = recv(v->fd, at, n, MSG_DONTWAIT);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			return PN_EIO;
		err = vpcd_frame_took(&f, (size_t)got);
		if (err != PN_OK)
			return PN_EIO;
	}
	*size = f.size;
	return PN_OK;
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size,
	uint32_t limit_ms)
{
	struct vpcd *v = self;
	uint64_t deadline = clock_mono_ms() + limit_ms;
	if (v->fd < 0)
		return PN_EIO;
	v->finishing = false;
	/* One byte would be an order and stay without an answer. */
	int err = size > 1 ? give(v, command, size, deadline) : PN_EINVAL;
	if (err == PN_OK)
		err = take(v, response, response_size, deadline);
	if (err != PN_OK)
		drop(v);
	return err;
}

/* The chip on the connection there is, powered anew. */
static int wake(struct vpcd *v, struct chip_card *card)
{
	static const uint8_t orders[] = {VPCD_POWER_OFF, VPCD_POWER_ON, VPCD_ATR};
	uint64_t deadline = clock_mono_ms() + POWER_LIMIT_MS;
	int err = PN_OK;
	memset(card, 0, sizeof *card);
	card->command_max = card->response_max = VPCD_PAYLOAD_MAX;
	card->atr_size = sizeof card->atr;
	for (size_t i = 0; i < sizeof orders && err == PN_OK; i++)
		err = give(v, orders + i, 1, deadline);
	if (err == PN_OK)
		err = take(v, card->atr, &card->atr_size, deadline);
	if (err == PN_OK && card->atr_size == 0)
		err = PN_EFORMAT;
	return err;
}

/* Nothing is said unasked: a byte that waits is as bad as an end. */
static bool quiet(const struct vpcd *v)
{
	uint8_t byte;
	return recv(v->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static int power(void *self, uint32_t wait_ms, struct chip_card *card)
{
	struct vpcd *v = self;
	uint64_t deadline = clock_mono_ms() + wait_ms;
	int one = 1;
	for (;;) {
		v->finishing = false;
		if (v->fd >= 0 && !quiet(v))
			drop(v);
		if (v->fd < 0) {
			int err = await(v, v->listener, POLLIN, deadline);
			if (err != PN_OK)
				return err == PN_ETIMEOUT ? PN_ENOTFOUND : err;
			v->fd = accept4(v->listener, NULL, NULL, SOCK_CLOEXEC);
			if (v->fd < 0)
				continue;
			setsockopt(v->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		}
		int err = wake(v, card);
		if (err == PN_OK)
			return PN_OK;
		drop(v);
	}
}

static void release(void *self)
{
	static const uint8_t off[] = {VPCD_POWER_OFF};
	struct vpcd *v = self;
	if (v->fd >= 0 && give(v, off, 1, clock_mono_ms() + 100) != PN_OK)
		drop(v);
}

static void cancel(void *self, bool on)
{
	struct vpcd *v = self;
	uint64_t count = 1;
	/* Neither can fail but by being so already: the descriptor does not block. */
	ssize_t n = on ? write(v->cancel, &count, sizeof count) : read(v->cancel, &count, sizeof count);
	(void)n;
}

int vpcd_open(const char *host, uint16_t port, struct vpcd **out)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof at;
	int one = 1;
	if (inet_pton(AF_INET, host, &at.sin_addr) != 1 || ntohl(at.sin_addr.s_addr) >> 24 != 127)
		return PN_EINVAL;
	struct vpcd *v = calloc(1, sizeof *v);
	if (v == NULL)
		return PN_ENOMEM;
	v->fd = -1;
	v->cancel = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	v->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (v->cancel < 0 || v->listener < 0 || setsockopt(v->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
		bind(v->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(v->listener, BACKLOG) != 0 ||
		getsockname(v->listener, (struct sockaddr *)&at, &size) != 0) {
		vpcd_close(v);
		return PN_EIO;
	}
	v->port = ntohs(at.sin_port);
	*out = v;
	return PN_OK;
}

void vpcd_close(struct vpcd *v)
{
	if (v == NULL)
		return;
	drop(v);
	if (v->listener >= 0)
		close(v->listener);
	if (v->cancel >= 0)
		close(v->cancel);
	free(v);
}

uint16_t vpcd_port(const struct vpcd *v)
{
	return v->port;
}

struct chip_slot vpcd_slot(struct vpcd *v)
{
	return (struct chip_slot){v, power, transmit, release, cancel};
}
