/* SPDX-License-Identifier: Apache-2.0
 * The bus codec and its socket: one SOCK_SEQPACKET pair per child, one postern.Envelope per packet,
 * at most one sealed memfd beside it. The only place where bytes of another process become a
 * message.
 *
 * Received bytes are checked against the schema's descriptors on the wire, before anything is
 * decoded: a field the schema does not know, an enum value it does not name, a field given twice, a
 * number that does not fit its type, a padded varint, text that is not UTF-8 or holds NUL, more
 * than BUS_REPEAT_MAX elements, more or less than one body are all PN_EFORMAT. Only then is the
 * envelope decoded, into the caller's arena. Encoding: Protocol Buffers, "Encoding"
 * (protobuf.dev/programming-guides/encoding); UTF-8: RFC 3629.
 *
 * Must never allocate from the heap, block, abort, or log what a message holds.
 */
#ifndef POSTERN_BUS_BUS_H
#define POSTERN_BUS_BUS_H
#include "base/arena.h"
#include "base/err.h"
#include "bus.pb-c.h"
#include "schema/table.h"
#include <stddef.h>
#include <stdint.h>

enum {
	BUS_MESSAGE_MAX = 16384, /* bytes of one encoded envelope */
	BUS_ENVELOPE_MAX = 160,  /* of which everything but the body's bytes needs at most this */
	BUS_BODY_MAX = BUS_MESSAGE_MAX - BUS_ENVELOPE_MAX,
	BUS_REPEAT_MAX = 256,        /* elements of one repeated field */
	BUS_DEPTH_MAX = 6,           /* messages within messages, Envelope counted */
	BUS_ARENA_SIZE = 1 << 20,    /* whatever is within these bounds fits: 0.7 MiB at worst */
	BUS_CROSSING_ID_LENGTH = 26, /* ULID, Crockford base 32, upper case */
	BUS_HASH_SIZE = 32,
};

/* A memfd that travels beside a message: its length and SHA-256, as its sender states them. */
struct bus_blob {
	uint64_t size;
	uint8_t sha256[BUS_HASH_SIZE];
};

/* A message as received. Lives as long as the arena it was decoded into and the bytes it was
 * decoded from. */
struct bus_message {
	/* In the arena; never freed by protobuf_c_message_free_unpacked. */
	Postern__Envelope *envelope;
	/* Verb, deadline, default. Never NULL. */
	const struct schema_body *info;
	/* The encoded body, within the bytes given to bus_decode: hash and forward these. */
	const uint8_t *body_bytes;
	size_t body_size;
	bool has_blob; /* the envelope announces a memfd */
	int blob_fd;   /* -1 until bus_take_blob; owned by whoever owns the message */
};

/* PN_EFORMAT: not a message of this schema. PN_ELIMIT: over BUS_MESSAGE_MAX. PN_ENOMEM: the arena
 * is full. On failure *out is unusable and the arena may have been used. */
int bus_decode(const uint8_t *bytes, size_t size, struct arena *arena,
	struct bus_message *out) PN_MUST_CHECK;

/* Joins a decoded message and the descriptor that came with it (-1: none). Takes fd: on success m
 * owns it, on failure it is closed. PN_EFORMAT when one is announced and the other is not there, or
 * the memfd is not sealed or not of the announced size. Its bytes are neither mapped nor read here:
 * see blob_verify. */
int bus_take_blob(struct bus_message *m, int fd) PN_MUST_CHECK;

/* Only the wire check of one body, without its envelope and without decoding. body: Envelope field
 * number. PN_ENOTFOUND: no such body. PN_EFORMAT as bus_decode. */
int bus_check_body(uint32_t body, const uint8_t *bytes, size_t size) PN_MUST_CHECK;

/* *len: bytes written. PN_ELIMIT: over size or BUS_MESSAGE_MAX. */
int bus_encode(const Postern__Envelope *e, uint8_t *out, size_t size, size_t *len) PN_MUST_CHECK;

/* The same bytes as bus_encode would give, from a body that is already encoded. id: 0 for a report.
 * crossing_id: NULL or "" outside a crossing. blob: NULL without one. PN_EINVAL: body is no member
 * of Envelope.body, or crossing_id has not the form of one. */
int bus_encode_raw(uint64_t id, const char *crossing_id, const struct bus_blob *blob, uint32_t body,
	const uint8_t *bytes, size_t bytes_size, uint8_t *out, size_t size,
	size_t *len) PN_MUST_CHECK;

/* One packet, without waiting. blob_fd: -1, or a descriptor that is passed along and stays the
 * caller's. PN_EAGAIN: the socket is full. PN_ECLOSED: the peer is gone. PN_ELIMIT: too large.
 * PN_EIO otherwise. */
int bus_send(int fd, const uint8_t *bytes, size_t size, int blob_fd) PN_MUST_CHECK;

/* One packet, without waiting. *blob_fd: -1 or one new close-on-exec descriptor, the caller's to
 * close. PN_EAGAIN: nothing there. PN_ECLOSED: the peer is gone. PN_EFORMAT: the packet was larger
 * than the buffer or carried more than one descriptor; all of them have been closed. PN_EIO
 * otherwise. */
int bus_receive(int fd, uint8_t *buffer, size_t size, size_t *len, int *blob_fd) PN_MUST_CHECK;

/* A close-on-exec SOCK_SEQPACKET pair, each side's buffer sized for a few messages of
 * BUS_MESSAGE_MAX. */
int bus_pair(int fds[2]) PN_MUST_CHECK;
#endif
