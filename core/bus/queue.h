/* SPDX-License-Identifier: Apache-2.0
 * What waits to be sent to one child, bounded in messages and in bytes. At the bound a droppable
 * report is dropped and counted; anything else is PN_ELIMIT, and the caller kills a child that does
 * not read. Droppable messages may fill three quarters at most, so that they never cost a command
 * its place. Must never allocate, block or reorder. Sent and dropped bytes are wiped.
 */
#ifndef POSTERN_BUS_QUEUE_H
#define POSTERN_BUS_QUEUE_H
#include "bus/bus.h"

enum { BUS_QUEUE_MESSAGES = 128 };

struct bus_queue_entry {
	size_t size;
	int blob_fd;
};

struct bus_queue {
	uint8_t *bytes; /* the caller's: messages back to back from head to tail, moved down when
			   needed */
	size_t capacity, head, tail;
	struct bus_queue_entry entries[BUS_QUEUE_MESSAGES]; /* ring */
	size_t first, count;
	uint64_t dropped; /* since init */
};

/* memory stays the caller's and must outlive the queue; size at least BUS_MESSAGE_MAX. */
void bus_queue_init(struct bus_queue *q, uint8_t *memory, size_t size);

/* Takes blob_fd (-1: none) in every case. PN_EAGAIN: dropped. PN_ELIMIT: at the bound. PN_EINVAL:
 * no bytes. */
int bus_queue_push(struct bus_queue *q, const uint8_t *bytes, size_t size, int blob_fd,
	bool droppable) PN_MUST_CHECK;

/* Sends as much as the socket takes. PN_OK: empty now. PN_EAGAIN: more waits for the socket.
 * PN_ECLOSED or PN_EIO: the child is gone; clear the queue. */
int bus_queue_flush(struct bus_queue *q, int fd) PN_MUST_CHECK;

/* Forgets everything that waits: closes its descriptors and wipes its bytes. */
void bus_queue_clear(struct bus_queue *q);
#endif
