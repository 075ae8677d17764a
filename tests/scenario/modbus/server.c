/* SPDX-License-Identifier: Apache-2.0
 * The server. Must never wait.
 */
#include "server.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_REGISTER 100
#define HOLDING_REGISTER 200
#define LATE_US 320000
#define QUIET_US 4000 /* ends a frame that is none */

enum server_fault server_fault_find(const char *name)
{
	static const char *const names[] = {"none", "exception", "silence", "garbage", "checksum", "half", "other-unit", "late", "hangup", "cut"};
	unsigned i = 0;
	while (i < SERVER_FAULTS && strcmp(names[i], name) != 0)
		i++;
	return (enum server_fault)i;
}

/* Over Serial Line, 6.2.2. */
static uint16_t checksum(const uint8_t *bytes, size_t size)
{
	uint16_t crc = 0xffff;
	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1);
	}
	return crc;
}

static unsigned word(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static size_t refuse(uint8_t *out, uint8_t code)
{
	out[1] |= 0x80;
	out[2] = code;
	return 3;
}

static size_t read_bits(uint64_t levels, unsigned address, unsigned count, uint8_t *out)
{
	if (count == 0 || address + count > 64)
		return refuse(out, 2);
	out[2] = (uint8_t)((count + 7) / 8);
	memset(out + 3, 0, out[2]);
	for (unsigned i = 0; i < count; i++)
		out[3 + i / 8] |= (uint8_t)((levels >> (address + i) & 1) << i % 8);
	return 3u + out[2];
}

static size_t read_registers(uint64_t levels, unsigned base, unsigned address, unsigned count, uint8_t *out)
{
	if (count == 0 || address < base || address - base + count > 4)
		return refuse(out, 2);
	out[2] = (uint8_t)(count * 2);
	for (unsigned i = 0; i < count; i++) {
		unsigned value = (unsigned)(levels >> (address - base + i) * 16) & 0xffff;
		out[3 + i * 2] = (uint8_t)(value >> 8);
		out[4 + i * 2] = (uint8_t)value;
	}
	return 3u + out[2];
}

static size_t write_many(struct server *s, const uint8_t *in, size_t size, uint64_t now, uint8_t *out)
{
	bool coils = in[1] == 15;
	unsigned address = word(in + 2), count = word(in + 4), base = coils ? 0 : HOLDING_REGISTER;
	if (size != 7u + in[6] || in[6] != (coils ? (count + 7) / 8 : count * 2))
		return refuse(out, 3);
	if (count == 0 || address < base || address - base + count > (coils ? 64u : 4u))
		return refuse(out, 2);
	for (unsigned i = 0; i < (coils ? count : count * 16); i++) {
		unsigned at = coils ? address + i : (address - base) * 16 + i;
		const uint8_t *byte = coils ? in + 7 + i / 8 : in + 7 + i / 16 * 2 + (i % 16 < 8);
		uint64_t bit = UINT64_C(1) << at;
		s->outputs = *byte >> i % 8 & 1 ? s->outputs | bit : s->outputs & ~bit;
	}
	s->written_us = now;
	s->writes++;
	memcpy(out, in, 6);
	return 6;
}

/* Unit and PDU in, unit and PDU out. */
static size_t answer(struct server *s, const uint8_t *in, size_t size, uint64_t now, uint8_t *out)
{
	unsigned address = word(in + 2), count = word(in + 4);
	out[0] = in[0];
	out[1] = in[1];
	if (s->fault == FAULT_EXCEPTION)
		return refuse(out, 4);
	if (in[1] == 2 || in[1] == 4) {
		s->first_read_us = s->first_read_us == 0 ? now : s->first_read_us;
		s->last_read_us = now;
		s->reads++;
	}
	switch (in[1]) {
	case 1:
		return read_bits(s->outputs, address, count, out);
	case 2:
		return read_bits(s->inputs, address, count, out);
	case 3:
		return read_registers(s->outputs, HOLDING_REGISTER, address, count, out);
	case 4:
		return read_registers(s->inputs, INPUT_REGISTER, address, count, out);
	case 15:
	case 16:
		return write_many(s, in, size, now, out);
	default:
		s->others++;
		return refuse(out, 1);
	}
}

static void out_now(struct server *s, const uint8_t *bytes, size_t size)
{
	ssize_t n = s->tcp ? send(s->fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT) : write(s->fd, bytes, size);
	(void)n; /* nobody there: the client will say so */
}

static void send_frame(struct server *s, uint8_t *frame, size_t size, uint64_t now)
{
	if (s->fault == FAULT_GARBAGE)
		for (size_t i = 0; i < size; i++)
			frame[i] = (uint8_t)(now >> i % 7 ^ i * 37);
	if (s->fault == FAULT_CHECKSUM)
		frame[s->tcp ? 1 : size - 1] ^= 0x10;
	if (s->fault == FAULT_HALF)
		size /= 2;
	if (s->fault != FAULT_LATE) {
		out_now(s, frame, size);
		return;
	}
	for (unsigned i = 0; i < SERVER_LATE; i++)
		if (s->late[i].size == 0) {
			s->late[i].due_us = now + LATE_US;
			s->late[i].size = size;
			memcpy(s->late[i].bytes, frame, size);
			return;
		}
}

static void hang_up(struct server *s)
{
	if (s->tcp && s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
	s->have = 0;
	if (s->tcp)
		memset(s->late, 0, sizeof s->late);
}

/* in: unit and PDU of a whole frame; head: the six bytes before it on TCP. */
static void handle(struct server *s, const uint8_t *head, const uint8_t *in, size_t size, uint64_t now)
{
	uint8_t frame[SERVER_FRAME];
	if (in[0] != s->unit || size < 6)
		return;
	if (s->fault == FAULT_SILENCE || s->fault == FAULT_HANGUP || s->fault == FAULT_CUT) {
		if (s->fault == FAULT_HANGUP)
			hang_up(s);
		return;
	}
	size_t before = s->tcp ? 6 : 0, n = answer(s, in, size, now, frame + before);
	if (s->fault == FAULT_OTHER_UNIT)
		frame[before]++;
	if (s->tcp) {
		memcpy(frame, head, 4);
		frame[4] = (uint8_t)(n >> 8);
		frame[5] = (uint8_t)n;
	} else {
		uint16_t crc = checksum(frame, n);
		frame[n++] = (uint8_t)crc;
		frame[n++] = (uint8_t)(crc >> 8);
	}
	send_frame(s, frame, before + n, now);
}

/* The size of the frame that the buffer begins with; 0: not all of it has come. */
static size_t frame_size(const struct server *s)
{
	const uint8_t *b = s->buffer;
	if (s->tcp)
		return s->have < 6 ? 0 : 6u + word(b + 4);
	if (s->have < 8)
		return 0;
	return b[1] == 15 || b[1] == 16 ? 9u + b[6] : 8;
}

static void frames(struct server *s, uint64_t now)
{
	size_t size;
	while ((size = frame_size(s)) != 0 && size <= s->have) {
		uint8_t frame[SERVER_FRAME];
		memcpy(frame, s->buffer, size);
		s->have -= size;
		memmove(s->buffer, s->buffer + size, s->have);
		if (s->tcp)
			handle(s, frame, frame + 6, size - 6, now);
		else if (checksum(frame, size) == 0)
			handle(s, NULL, frame, size - 2, now);
		if (s->tcp && s->fd < 0)
			return;
	}
	if (size > sizeof s->buffer)
		s->have = 0;
}

static void greet(struct server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	hang_up(s);
	s->fd = fd;
	s->connections++;
	if (s->fault == FAULT_CUT)
		hang_up(s);
}

void server_turn(struct server *s, uint64_t now)
{
	if (s->tcp)
		greet(s);
	if (s->fault == FAULT_CUT)
		hang_up(s);
	for (unsigned i = 0; i < SERVER_LATE; i++)
		if (s->late[i].size != 0 && s->late[i].due_us <= now) {
			if (s->fd >= 0)
				out_now(s, s->late[i].bytes, s->late[i].size);
			s->late[i].size = 0;
		}
	if (s->fd < 0)
		return;
	if (!s->tcp && s->have > 0 && now - s->heard_us > QUIET_US)
		s->have = 0;
	ssize_t n = read(s->fd, s->buffer + s->have, sizeof s->buffer - s->have);
	if (n > 0) {
		s->have += (size_t)n;
		s->heard_us = now;
		frames(s, now);
	} else if (s->tcp && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		hang_up(s);
}
