/* SPDX-License-Identifier: Apache-2.0
 * The caller's side of the writer's queue: bounded submission, completions, status. Must never
 * block on the disk.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "crossing.pb-c.h"
#include "journal/internal.h"

static uint8_t *copy_bytes(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size);
	if (copy != NULL)
		memcpy(copy, bytes, size);
	return copy;
}

int journal_enqueue(struct journal *j, const struct operation *op)
{
	int err = 0;
	pthread_mutex_lock(&j->lock);
	if (j->open >= JOURNAL_QUEUE_MAX) {
		err = PN_ELIMIT;
	} else {
		j->queue[(j->queue_first + j->queue_count) % JOURNAL_QUEUE_MAX] = *op;
		j->queue_count++;
		j->open++;
		pthread_cond_signal(&j->wake);
	}
	pthread_mutex_unlock(&j->lock);
	return err;
}

/* The columns that repeat clear fields, taken from the bytes that will be hashed. */
static int read_columns(struct operation *op, const struct journal_append *a)
{
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, a->clear_size, a->clear);
	if (clear == NULL)
		return PN_EFORMAT;
	op->record_kind = clear->kind;
	op->wall_ms = clear->wall_ms;
	bool ok = text_copy(op->crossing_id, sizeof op->crossing_id, clear->crossing_id) &&
		  protobuf_c_enum_descriptor_get_value(
			  &postern__record_kind__descriptor, (int)clear->kind) != NULL &&
		  clear->kind != POSTERN__RECORD_KIND__RECORD_UNSPECIFIED &&
		  clear->kind != POSTERN__RECORD_KIND__RECORD_PURGE;
	postern__record_clear__free_unpacked(clear, NULL);
	return ok ? 0 : PN_EFORMAT;
}

int journal_submit(struct journal *j, const struct journal_append *a)
{
	struct operation op = {.kind = JOURNAL_APPENDED, .tag = a->tag};
	if (a->clear_size > JOURNAL_CLEAR_MAX || a->personal_size > JOURNAL_PERSONAL_MAX)
		return PN_ELIMIT;
	if (a->clear == NULL || a->clear_size == 0 || (a->personal == NULL && a->personal_size > 0))
		return PN_EFORMAT;
	if (a->personal_size > 0 && j->sealer == NULL)
		return PN_ECRYPTO;
	int err = read_columns(&op, a);
	if (err != 0)
		return err;
	op.clear = copy_bytes(a->clear, a->clear_size);
	op.clear_size = a->clear_size;
	op.personal = a->personal_size > 0 ? copy_bytes(a->personal, a->personal_size) : NULL;
	op.personal_size = a->personal_size;
	if (op.clear == NULL || (op.personal == NULL && op.personal_size > 0))
		err = PN_ENOMEM;
	if (err == 0)
		err = journal_enqueue(j, &op);
	if (err != 0) {
		if (op.personal != NULL)
			explicit_bzero(op.personal, op.personal_size);
		free(op.personal);
		free(op.clear);
	}
	return err;
}

int journal_acknowledge(struct journal *j, const struct journal_ack *ack)
{
	struct operation op = {.kind = JOURNAL_ACKNOWLEDGED,
		.tag = ack->tag,
		.epoch = ack->epoch,
		.seq = ack->seq};
	if (ack->signed_ack_size > SIGNED_ACK_MAX)
		return PN_ELIMIT;
	if (ack->epoch > INT64_MAX || ack->seq > INT64_MAX)
		return PN_EINVAL;
	memcpy(op.head_hash, ack->head_hash, CHAIN_HASH);
	if (ack->signed_ack_size > 0)
		memcpy(op.signed_ack, ack->signed_ack, ack->signed_ack_size);
	op.signed_ack_size = ack->signed_ack_size;
	return journal_enqueue(j, &op);
}

int journal_purge(struct journal *j, uint64_t tag, int64_t older_than_wall_ms, int64_t now_wall_ms)
{
	const struct operation op = {.kind = JOURNAL_PURGED,
		.tag = tag,
		.older_than_wall_ms = older_than_wall_ms,
		.now_wall_ms = now_wall_ms};
	return journal_enqueue(j, &op);
}

int journal_completion_fd(const struct journal *j)
{
	return j->event_fd;
}

int journal_next_completion(struct journal *j, struct journal_completion *out)
{
	int err = PN_EAGAIN;
	pthread_mutex_lock(&j->lock);
	if (j->done_count > 0) {
		*out = j->done[j->done_first];
		j->done_first = (j->done_first + 1) % JOURNAL_QUEUE_MAX;
		j->done_count--;
		j->open--;
		err = 0;
	}
	if (j->done_count == 0) {
		uint64_t counter;
		ssize_t n =
			read(j->event_fd, &counter, sizeof counter); /* EAGAIN: it was 0 already */
		(void)n;
	}
	pthread_mutex_unlock(&j->lock);
	return err;
}

void journal_status(struct journal *j, struct journal_status *out)
{
	pthread_mutex_lock(&j->lock);
	*out = j->status;
	pthread_mutex_unlock(&j->lock);
}
