/* SPDX-License-Identifier: Apache-2.0
 * Serial line parameters and non-blocking reads. See line.h. Must never look into what it reads.
 */
#include "reader/line.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

static bool speed_of(int64_t baud, speed_t *speed)
{
	static const struct {
		int64_t baud;
		speed_t speed;
	} table[] = {{1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200},
		{38400, B38400}, {57600, B57600}, {115200, B115200}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].baud == baud) {
			*speed = table[i].speed;
			return true;
		}
	return false;
}

bool line_set(int fd, int64_t baud, enum line_parity parity, bool seven)
{
	struct termios t;
	speed_t speed;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || !speed_of(baud, &speed))
		return false;
	if (!isatty(fd))
		return true;
	if (tcgetattr(fd, &t) != 0)
		return false;
	cfmakeraw(&t);
	t.c_cflag &= (tcflag_t) ~(CSTOPB | PARENB | PARODD | CRTSCTS | CSIZE);
	t.c_cflag |= CLOCAL | CREAD | (seven ? CS7 : CS8);
	if (parity != LINE_PARITY_NONE) {
		t.c_cflag |= PARENB | (parity == LINE_PARITY_ODD ? PARODD : 0);
		t.c_iflag |= INPCK;
	}
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	return cfsetispeed(&t, speed) == 0 && cfsetospeed(&t, speed) == 0 &&
	       tcsetattr(fd, TCSANOW, &t) == 0;
}

bool line_alive(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) >= 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
}

int line_read(int fd, uint8_t *bytes, size_t size)
{
	ssize_t n;

	do
		n = read(fd, bytes, size);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return (int)n;
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	/* With VMIN 0 a terminal without bytes reads 0 just as one that is gone does: poll tells
	 * them apart. */
	if (n == 0 && isatty(fd) && line_alive(fd))
		return 0;
	return -1;
}
