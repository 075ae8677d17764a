/* SPDX-License-Identifier: Apache-2.0
 * See vpcd.h. One write for each answer and quick acknowledgements: vpcd sends length and command
 * in two pieces, and Nagle's algorithm with delayed acknowledgement would cost 40 ms a command.
 */
#include "sim/chip/vpcd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"

enum { FRAME_MAX = 2 + 65535 };

static bool address_of(const char *host, uint16_t port, struct sockaddr_in *a)
{
	memset(a, 0, sizeof *a);
	a->sin_family = AF_INET;
	a->sin_port = htons(port);
	return inet_pton(AF_INET, host, &a->sin_addr) == 1;
}

static void hurry(int fd)
{
	int one = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
}

int sim_vpcd_connect(const char *host, uint16_t port, int *fd)
{
	struct sockaddr_in a;
	if (!address_of(host, port, &a))
		return PN_EINVAL;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return PN_EIO;
	if (connect(*fd, (struct sockaddr *)&a, sizeof a) != 0) {
		close(*fd);
		return PN_EIO;
	}
	hurry(*fd);
	return PN_OK;
}

int sim_vpcd_listen(uint16_t port, int *fd, uint16_t *bound)
{
	struct sockaddr_in a;
	socklen_t size = sizeof a;
	int one = 1;
	if (!address_of("127.0.0.1", port, &a))
		return PN_EINVAL;
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return PN_EIO;
	if (setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
		bind(*fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(*fd, 4) != 0 ||
		getsockname(*fd, (struct sockaddr *)&a, &size) != 0) {
		close(*fd);
		return PN_EIO;
	}
	*bound = ntohs(a.sin_port);
	return PN_OK;
}

/* PN_OK: fd has something; PN_ECLOSED: stop has. */
static int wait_for(int fd, int stop, int timeout_ms)
{
	struct pollfd p[2] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
	for (;;) {
		int n = poll(p, 2, timeout_ms);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return PN_EIO;
		if (p[1].revents != 0)
			return PN_ECLOSED;
		return n > 0 ? PN_OK : PN_ETIMEOUT;
	}
}

int sim_vpcd_accept(int listener, int stop, int *fd)
{
	int err = wait_for(listener, stop, -1);
	if (err != PN_OK)
		return err;
	*fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*fd < 0)
		return PN_EIO;
	hurry(*fd);
	return PN_OK;
}

/* PN_OK, PN_ENOTFOUND at an orderly end before the first byte, PN_ECLOSED when stopped. */
static int take(int fd, int stop, uint8_t *bytes, size_t size)
{
	size_t done = 0;
	while (done < size) {
		int err = wait_for(fd, stop, -1);
		if (err != PN_OK)
			return err;
		ssize_t n = recv(fd, bytes + done, size - done, 0);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return done == 0 ? PN_ENOTFOUND : PN_EFORMAT;
		done += (size_t)n;
		int one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
	}
	return PN_OK;
}

static int give(int fd, uint8_t *frame, size_t announced, size_t size)
{
	frame[0] = (uint8_t)(announced >> 8);
	frame[1] = (uint8_t)announced;
	size_t done = 0;
	size += 2;
	while (done < size) {
		ssize_t n = send(fd, frame + done, size - done, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return PN_ENOTFOUND;
		done += (size_t)n;
	}
	return PN_OK;
}

static int pass_time(double ms, int stop)
{
	struct timespec from, now;
	clock_gettime(CLOCK_MONOTONIC, &from);
	/* Whole milliseconds by poll, so that stop is heard; the rest by sleep. */
	if (ms >= 2) {
		int err = wait_for(-1, stop, (int)ms - 1);
		if (err != PN_ETIMEOUT)
			return err;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	double left = ms - (double)(now.tv_sec - from.tv_sec) * 1e3 -
		      (double)(now.tv_nsec - from.tv_nsec) / 1e6;
	if (left > 0) {
		struct timespec rest = {0, (long)(left * 1e6)};
		if (left >= 1000)
			rest = (struct timespec){(time_t)(left / 1e3), 0};
		nanosleep(&rest, NULL);
	}
	return PN_OK;
}

static int order(struct sim_chip *chip, int fd, uint8_t what, uint8_t *frame)
{
	switch (what) {
	case 0:
		sim_chip_power(chip, false);
		return PN_OK;
	case 1:
	case 2:
		sim_chip_reset(chip);
		return PN_OK;
	case 4: {
		size_t n = sim_chip_atr(chip, frame + 2);
		return give(fd, frame, n, n);
	}
	default:
		return PN_OK; /* vpcd has no other; a card ignores them */
	}
}

static int command(struct sim_chip *chip, int fd, int stop, bool in_time,
	const struct sim_vpcd_trace *trace, uint8_t *in, size_t size, uint8_t *frame)
{
	size_t n = FRAME_MAX - 2;
	if (trace != NULL)
		trace->line(trace->context, true, in, size, 0);
	int err = sim_chip_apdu(chip, in, size, frame + 2, &n), sent = PN_OK;
	if (err != PN_OK && err != PN_ECLOSED)
		return err;
	size_t announced = sim_chip_announced(chip);
	if (trace != NULL)
		trace->line(trace->context, false, frame + 2, n, sim_chip_last_ms(chip));
	if (in_time)
		sent = pass_time(sim_chip_last_ms(chip), stop);
	if (sent == PN_OK && (err == PN_OK || announced > 0))
		sent = give(fd, frame, announced, n);
	return err != PN_OK ? err : sent == PN_ECLOSED ? PN_ETIMEOUT : sent;
}

int sim_vpcd_serve(
	struct sim_chip *chip, int fd, int stop, bool in_time, const struct sim_vpcd_trace *trace)
{
	uint8_t *in = malloc(FRAME_MAX), *frame = malloc(FRAME_MAX);
	int err = in != NULL && frame != NULL ? PN_OK : PN_ENOMEM;
	sim_chip_power(chip, true);
	while (err == PN_OK) {
		uint8_t length[2];
		err = take(fd, stop, length, sizeof length);
		if (err == PN_ECLOSED)
			err = PN_ETIMEOUT;
		if (err != PN_OK)
			break;
		size_t n = (size_t)length[0] << 8 | length[1];
		if (n == 0)
			continue;
		err = take(fd, stop, in, n);
		if (err == PN_ENOTFOUND)
			err = PN_EFORMAT;
		if (err == PN_ECLOSED)
			err = PN_ETIMEOUT;
		if (err == PN_OK)
			err = n == 1 ? order(chip, fd, in[0], frame)
				     : command(chip, fd, stop, in_time, trace, in, n, frame);
	}
	if (in != NULL)
		explicit_bzero(in, FRAME_MAX);
	if (frame != NULL)
		explicit_bzero(frame, FRAME_MAX);
	free(in);
	free(frame);
	return err == PN_ENOTFOUND ? PN_OK : err;
}
