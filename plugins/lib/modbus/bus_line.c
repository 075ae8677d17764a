/* SPDX-License-Identifier: Apache-2.0
 * libmodbus as a line. The library opens a serial device by path, which a plugin cannot: it is given the granted descriptor instead
 * (modbus_set_socket()) and never asked to connect. Its checks of an answer know neither the unit of a TCP frame nor our echo, so
 * that requests go out raw and answers come back whole. Must never let the library close or restore the granted device.
 */
#include "modbus/bus_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* In a TCP frame the unit identifier is the seventh byte (MODBUS Messaging on TCP/IP V1.0b, 3.1.3); in RTU the first, and two bytes
 * of checksum follow the data (MODBUS over Serial Line V1.02, 2.5.1). */
enum { TCP_BEFORE_UNIT = 6, RTU_CHECKSUM = 2 };

static bool speed_of(int baud, speed_t *speed)
{
	static const struct {
		int baud;
		speed_t speed;
	} table[] = {{9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600}, {115200, B115200}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].baud == baud) {
			*speed = table[i].speed;
			return true;
		}
	return false;
}

static bool set_device(int device, int baud, int parity, int stop_bits)
{
	struct termios t;
	speed_t speed;
	int flags = fcntl(device, F_GETFL);
	/* a write must not wait for a line that takes nothing */
	if (flags < 0 || fcntl(device, F_SETFL, flags | O_NONBLOCK) < 0 || !speed_of(baud, &speed) || tcgetattr(device, &t) != 0)
		return false;
	cfmakeraw(&t);
	t.c_cflag &= (tcflag_t) ~(CSTOPB | PARENB | PARODD | CRTSCTS);
	t.c_cflag |= CLOCAL | CREAD | (stop_bits == 2 ? CSTOPB : 0);
	if (parity != BUS_PARITY_NONE) {
		t.c_cflag |= PARENB | (parity == BUS_PARITY_ODD ? PARODD : 0);
		t.c_iflag |= INPCK;
	}
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	return cfsetispeed(&t, speed) == 0 && cfsetospeed(&t, speed) == 0 && tcsetattr(device, TCSANOW, &t) == 0;
}

/* The whole answer within the one time: with a byte timeout of its own, a controller that trickles would be waited for without end. */
static bool set_times(struct bus_line *l, uint32_t timeout_ms)
{
	return modbus_set_response_timeout(l->modbus, 0, timeout_ms * 1000) == 0 && modbus_set_byte_timeout(l->modbus, 0, 0) == 0 &&
	       modbus_set_error_recovery(l->modbus, MODBUS_ERROR_RECOVERY_NONE) == 0;
}

bool bus_line_rtu(struct bus_line *l, int device, int baud, int parity, int stop_bits, uint32_t timeout_ms)
{
	*l = (struct bus_line){.device = device};
	if (device < 0 || !set_device(device, baud, parity, stop_bits))
		return false;
	l->modbus = modbus_new_rtu("granted", baud, (char)parity, 8, stop_bits);
	if (l->modbus != NULL && set_times(l, timeout_ms) && modbus_set_socket(l->modbus, device) == 0)
		return true;
	bus_line_close(l);
	return false;
}

bool bus_line_tcp(struct bus_line *l, const char *address, int port, uint32_t timeout_ms)
{
	struct in_addr checked;
	*l = (struct bus_line){.tcp = true, .device = -1};
	if (inet_pton(AF_INET, address, &checked) != 1)
		return false;
	l->modbus = modbus_new_tcp(address, port);
	if (l->modbus != NULL && set_times(l, timeout_ms))
		return true;
	bus_line_close(l);
	return false;
}

void bus_line_close(struct bus_line *l)
{
	if (l->modbus == NULL)
		return;
	if (l->tcp && l->connected)
		modbus_close(l->modbus);
	modbus_free(l->modbus);
	l->modbus = NULL;
}

bool bus_line_anew(struct bus_line *l)
{
	if (!l->tcp)
		return tcflush(l->device, TCIOFLUSH) == 0;
	if (l->connected)
		modbus_close(l->modbus);
	l->connected = modbus_connect(l->modbus) == 0;
	return l->connected;
}

bool bus_line_gone(const struct bus_line *l)
{
	struct pollfd p = {.fd = l->device, .events = POLLIN};
	return !l->tcp && (poll(&p, 1, 0) < 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0);
}

static enum bus_result failure(int error)
{
	switch (error) {
	case ETIMEDOUT:
	case EAGAIN:
	case EINTR:
		return BUS_SILENT;
	case EMBBADCRC:
	case EMBBADDATA:
		return BUS_GARBLED;
	default:
		return BUS_NO_LINE;
	}
}

enum bus_result bus_line_exchange(struct bus_line *l, const struct bus_plan *plan, const struct bus_request *r, uint64_t *levels)
{
	uint8_t asked[BUS_ADU_MAX], got[MODBUS_MAX_ADU_LENGTH];
	size_t n = bus_request_bytes(plan, r, asked);
	*levels = 0;
	if ((l->tcp && !l->connected) || modbus_set_slave(l->modbus, asked[0]) != 0)
		return BUS_NO_LINE;
	if (modbus_send_raw_request(l->modbus, asked, (int)n) < 0)
		return failure(errno);
	int size = modbus_receive_confirmation(l->modbus, got);
	if (size < 0)
		return failure(errno);
	if (size == 0) /* the library's word for a serial answer of another unit */
		return BUS_OTHER_UNIT;
	size_t before = l->tcp ? TCP_BEFORE_UNIT : 0, after = l->tcp ? 0 : RTU_CHECKSUM;
	if ((size_t)size <= before + after)
		return BUS_GARBLED;
	/* requests carry the transaction identifier 0, and so must answers (3.1.3) */
	if (l->tcp && (got[0] != 0 || got[1] != 0 || got[2] != 0 || got[3] != 0))
		return BUS_GARBLED;
	return bus_answer(plan, r, got + before, (size_t)size - before - after, levels);
}
