/* SPDX-License-Identifier: Apache-2.0
 * The sender's decisions. Back-off with full jitter: the pause is uniform between 0 and a bound
 * that doubles (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015), so that
 * gates cut off together do not return together. Must never have two requests in flight, and never
 * lose its place: what to send next is what the outbox still holds.
 */
#include "outbox/outbox.h"

#include <string.h>

int outbox_init(struct outbox *o, const struct outbox_config *c)
{
	if (c->batch_max == 0 || c->batch_max > 64 || c->backoff_first_ms == 0 ||
		c->backoff_first_ms > c->backoff_max_ms || c->request_timeout_ms == 0)
		return PN_EINVAL;
	*o = (struct outbox){.config = *c, .state = OUTBOX_IDLE, .batch = c->batch_max};
	return 0;
}

static uint32_t backoff_bound(const struct outbox *o)
{
	uint64_t bound = o->config.backoff_first_ms;
	for (uint32_t i = 1; i < o->failures && bound < o->config.backoff_max_ms; i++)
		bound *= 2;
	return bound < o->config.backoff_max_ms ? (uint32_t)bound : o->config.backoff_max_ms;
}

static void pause_sending(struct outbox *o, uint64_t now_ms, uint32_t at_least_ms, uint32_t random)
{
	uint32_t bound;
	o->failures += o->failures < UINT32_MAX;
	bound = backoff_bound(o);
	/* At least 1 ms: a pause of nothing would be a busy loop at an unlucky draw. */
	uint64_t pause = 1 + (uint64_t)random * bound / UINT32_MAX;
	uint64_t ceiling = 10 * (uint64_t)o->config.backoff_max_ms;
	uint64_t floor_ms = at_least_ms < ceiling ? at_least_ms : ceiling;
	o->until_ms = now_ms + floor_ms + pause;
	o->state = OUTBOX_PAUSED;
}

static void raise_alarm(struct outbox *o, enum outbox_alarm alarm)
{
	o->state = OUTBOX_ALARM;
	o->alarm = alarm;
}

struct outbox_decision outbox_next(
	struct outbox *o, uint64_t now_ms, uint64_t pending, uint32_t random)
{
	struct outbox_decision d = {0};
	if (o->state == OUTBOX_IN_FLIGHT && now_ms >= o->until_ms) {
		o->batch = o->batch > 1 ? o->batch / 2 : 1;
		pause_sending(o, now_ms, 0, random);
	}
	if (o->state == OUTBOX_PAUSED && now_ms >= o->until_ms)
		o->state = OUTBOX_IDLE;
	if (o->state == OUTBOX_IN_FLIGHT || o->state == OUTBOX_PAUSED)
		d.wake_ms = o->until_ms;
	if (o->state == OUTBOX_IDLE && pending > 0) {
		d.send = true;
		d.max_records = pending < o->batch ? (uint32_t)pending : o->batch;
	}
	return d;
}

void outbox_sent(struct outbox *o, uint64_t now_ms, uint64_t epoch, uint64_t first_seq,
	uint64_t last_seq, const uint8_t last_hash[32])
{
	o->state = OUTBOX_IN_FLIGHT;
	o->until_ms = now_ms + o->config.request_timeout_ms;
	o->epoch = epoch;
	o->first_seq = first_seq;
	o->last_seq = last_seq;
	memcpy(o->last_hash, last_hash, sizeof o->last_hash);
}

/* The centre may have taken only the front of the batch; it cannot acknowledge what it was not
 * sent. The hash of an earlier record than the last is compared by the journal. */
static bool answers_batch(const struct outbox *o, const struct ack *ack)
{
	return ack != NULL && ack->epoch == o->epoch && ack->acked_seq >= o->first_seq &&
	       ack->acked_seq <= o->last_seq &&
	       (ack->acked_seq != o->last_seq ||
		       memcmp(ack->head_hash, o->last_hash, sizeof o->last_hash) == 0);
}

bool outbox_answered(struct outbox *o, uint64_t now_ms, Postern__ForwardResult result,
	const struct ack *ack, uint32_t retry_after_ms, uint32_t random)
{
	if (o->state != OUTBOX_IN_FLIGHT)
		return false;
	switch ((int)result) {
	case POSTERN__FORWARD_RESULT__FORWARD_ACKED:
		if (!answers_batch(o, ack)) {
			raise_alarm(o, OUTBOX_ALARM_FORGED);
			return false;
		}
		o->state = OUTBOX_SETTLING;
		return true;
	case POSTERN__FORWARD_RESULT__FORWARD_CONFLICT:
		raise_alarm(o, OUTBOX_ALARM_CONFLICT);
		return false;
	case POSTERN__FORWARD_RESULT__FORWARD_REJECTED:
		raise_alarm(o, OUTBOX_ALARM_REJECTED);
		return false;
	case POSTERN__FORWARD_RESULT__FORWARD_BUSY:
		pause_sending(o, now_ms, retry_after_ms, random);
		return false;
	default: /* UNREACHABLE, UNSPECIFIED, and whatever a newer uplink says: nothing is known to
		    have arrived */
		o->batch = o->batch > 1 ? o->batch / 2 : 1;
		pause_sending(o, now_ms, 0, random);
		return false;
	}
}

void outbox_settled(struct outbox *o, uint64_t now_ms, int result, uint32_t random)
{
	if (o->state != OUTBOX_SETTLING)
		return;
	if (result == PN_ECONFLICT || result == PN_ENOTFOUND) {
		raise_alarm(o, OUTBOX_ALARM_CONFLICT);
	} else if (result != 0) {
		/* The disk refused: the centre has the records, they will be sent again and
		 * acknowledged again. */
		pause_sending(o, now_ms, 0, random);
	} else {
		o->state = OUTBOX_IDLE;
		o->failures = 0;
		o->batch = o->batch < o->config.batch_max / 2 ? o->batch * 2 : o->config.batch_max;
	}
}

void outbox_clear_alarm(struct outbox *o)
{
	if (o->state != OUTBOX_ALARM)
		return;
	o->state = OUTBOX_IDLE;
	o->alarm = OUTBOX_NO_ALARM;
	o->failures = 0;
	o->batch = 1;
}

const char *outbox_alarm_key(enum outbox_alarm alarm)
{
	switch (alarm) {
	case OUTBOX_NO_ALARM:
		return "";
	case OUTBOX_ALARM_CONFLICT:
		return "outbox.conflict";
	case OUTBOX_ALARM_REJECTED:
		return "outbox.rejected";
	case OUTBOX_ALARM_FORGED:
		return "outbox.forged_acknowledgement";
	}
	return "outbox.unknown";
}
