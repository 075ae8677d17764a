/* SPDX-License-Identifier: Apache-2.0
 * Bounded outgoing queue of one child. Must never keep a descriptor it was given after its message
 * is gone.
 */
#include "bus/queue.h"

#include <string.h>
#include <unistd.h>

void bus_queue_init(struct bus_queue *q, uint8_t *memory, size_t size)
{
	*q = (struct bus_queue){.bytes = memory, .capacity = size};
}

static void close_blob(int fd)
{
	if (fd >= 0)
		close(fd);
}

int bus_queue_push(
	struct bus_queue *q, const uint8_t *bytes, size_t size, int blob_fd, bool droppable)
{
	size_t room = q->capacity, places = BUS_QUEUE_MESSAGES;
	if (size == 0) {
		close_blob(blob_fd);
		return PN_EINVAL;
	}
	if (droppable) {
		room -= room / 4;
		places -= places / 4;
	}
	size_t used = q->tail - q->head;
	if (size > BUS_MESSAGE_MAX || size > q->capacity || used > room || size > room - used ||
		q->count >= places) {
		close_blob(blob_fd);
		if (!droppable)
			return PN_ELIMIT;
		q->dropped++;
		return PN_EAGAIN;
	}
	if (size > q->capacity - q->tail) {
		memmove(q->bytes, q->bytes + q->head, used);
		explicit_bzero(q->bytes + used, q->tail - used);
		q->head = 0;
		q->tail = used;
	}
	memcpy(q->bytes + q->tail, bytes, size);
	q->tail += size;
	q->entries[(q->first + q->count) % BUS_QUEUE_MESSAGES] =
		(struct bus_queue_entry){size, blob_fd};
	q->count++;
	return PN_OK;
}

static void pop(struct bus_queue *q)
{
	struct bus_queue_entry *e = &q->entries[q->first];
	close_blob(e->blob_fd);
	explicit_bzero(q->bytes + q->head, e->size);
	q->head += e->size;
	q->first = (q->first + 1) % BUS_QUEUE_MESSAGES;
	if (--q->count == 0)
		q->head = q->tail = 0; /* few pages are touched while the child keeps up */
}

int bus_queue_flush(struct bus_queue *q, int fd)
{
	while (q->count > 0) {
		const struct bus_queue_entry *e = &q->entries[q->first];
		int r = bus_send(fd, q->bytes + q->head, e->size, e->blob_fd);
		if (r != PN_OK)
			return r;
		pop(q);
	}
	return PN_OK;
}

void bus_queue_clear(struct bus_queue *q)
{
	while (q->count > 0)
		pop(q);
}
