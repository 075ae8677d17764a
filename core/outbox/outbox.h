/* SPDX-License-Identifier: Apache-2.0
 * When to send what to the centre. Pure: time, randomness and results come in, a decision comes
 * out; the caller reads the batch (journal_next_batch), hands it to the uplink and commits the
 * acknowledgement (journal_acknowledge). One request is in flight at a time. A conflict or a
 * rejection stops sending until an operator clears the alarm: sending on would either repeat it for
 * ever or pass a record over, and a record is never passed over.
 */
#ifndef POSTERN_OUTBOX_H
#define POSTERN_OUTBOX_H
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "journal.pb-c.h"
#include "outbox/ack.h"

struct outbox_config {
	uint32_t batch_max;        /* records, 1..64 */
	uint32_t backoff_first_ms; /* upper bound of the first pause */
	uint32_t backoff_max_ms; /* upper bound of every pause; Retry-After may ask for more, up to
				    ten times this */
	uint32_t request_timeout_ms; /* without an answer from the uplink the request counts as
					unreachable */
};

enum outbox_state {
	OUTBOX_IDLE,      /* may send */
	OUTBOX_IN_FLIGHT, /* a batch is with the uplink */
	OUTBOX_SETTLING,  /* its acknowledgement is being committed */
	OUTBOX_PAUSED,    /* backing off */
	OUTBOX_ALARM,     /* stopped until outbox_clear_alarm */
};

enum outbox_alarm {
	OUTBOX_NO_ALARM,
	OUTBOX_ALARM_CONFLICT, /* the centre, or our journal, knows another record of that key:
				  clone or tampering */
	OUTBOX_ALARM_REJECTED, /* the centre cannot take the batch: a defect */
	OUTBOX_ALARM_FORGED,   /* an acknowledgement that is not for what was sent, or not signed by
				  the centre */
};

struct outbox {
	struct outbox_config config;
	enum outbox_state state;
	enum outbox_alarm alarm;
	uint32_t batch; /* records at most in the next one: halves on failure, doubles on success */
	uint32_t failures; /* in a row */
	uint64_t until_ms; /* PAUSED: go on then. IN_FLIGHT: give up then. Monotonic. */
	uint64_t epoch, first_seq, last_seq; /* in flight */
	uint8_t last_hash[32];
};

/* PN_EINVAL: batch_max not 1..64, a zero time, or backoff_first_ms over backoff_max_ms. */
int outbox_init(struct outbox *o, const struct outbox_config *config) PN_MUST_CHECK;

struct outbox_decision {
	bool send;            /* read a batch of at most max_records and call outbox_sent */
	uint32_t max_records; /* pending ones: a live gate sends what there is at once, a backlog
				 goes in full batches */
	uint64_t wake_ms;     /* call again then at the latest (monotonic); 0: not before something
				 happens */
};

/* pending: records in the outbox. random: any 32 bits, used when a request times out. */
struct outbox_decision outbox_next(
	struct outbox *o, uint64_t now_ms, uint64_t pending, uint32_t random);

/* The batch left: one epoch, seq first..last, hash of the last. */
void outbox_sent(struct outbox *o, uint64_t now_ms, uint64_t epoch, uint64_t first_seq,
	uint64_t last_seq, const uint8_t last_hash[32]);

/* The uplink's answer. random: any 32 bits (full jitter: the pause is uniform in 0..bound). ack:
 * the verified acknowledgement, or NULL when there is none or it did not verify; read only for
 * FORWARD_ACKED. true: commit ack now (journal_acknowledge) and report with outbox_settled. An
 * answer to nothing is ignored. */
bool outbox_answered(struct outbox *o, uint64_t now_ms, Postern__ForwardResult result,
	const struct ack *ack, uint32_t retry_after_ms, uint32_t random) PN_MUST_CHECK;

/* journal_acknowledge's completion result. */
void outbox_settled(struct outbox *o, uint64_t now_ms, int result, uint32_t random);

/* An operator has looked; sending starts again with one record. */
void outbox_clear_alarm(struct outbox *o);

/* Catalogue key of the alarm, "" without one. */
const char *outbox_alarm_key(enum outbox_alarm alarm);
#endif
