/* SPDX-License-Identifier: Apache-2.0
 * The meaning of a response. See reply.h. Must never take a doubtful response for a good one:
 * unreachable and undetermined are always safe, the outbox sends again.
 */
#include "reply.h"

enum { ACK_SIGNATURE = 64, ACK_BYTES_MAX = 512 };

enum {
	OK = 200,
	REDIRECTS = 300,
	REQUEST_TIMEOUT = 408,
	CONFLICT = 409,
	TOO_MANY = 429,
	SERVER_ERRORS = 500,
	UNAVAILABLE = 503,
	NO_STATUS = 600
};

const char *reply_detail(const struct reply *r)
{
	switch (r->end) {
	case REPLY_COMPLETE:
		break;
	case REPLY_NO_CONNECT:
		return "uplink.no_connection";
	case REPLY_TLS:
		return "uplink.tls";
	case REPLY_TIMEOUT:
		return "uplink.timeout";
	case REPLY_CUT:
		return "uplink.cut";
	case REPLY_TOO_LARGE:
		return "uplink.too_large";
	case REPLY_ABANDONED:
		return "uplink.abandoned";
	}
	if (r->status == OK)
		return "";
	if (r->status == CONFLICT)
		return "uplink.conflict";
	if (r->status == TOO_MANY || r->status == UNAVAILABLE)
		return "uplink.busy";
	if (r->status == REQUEST_TIMEOUT)
		return "uplink.timeout";
	if (r->status >= REDIRECTS && r->status < SERVER_ERRORS)
		return "uplink.rejected";
	return "uplink.centre_error";
}

static uint32_t pause_ms(long seconds)
{
	if (seconds <= 0)
		return 0;
	return seconds >= REPLY_RETRY_MAX_MS / 1000 ? REPLY_RETRY_MAX_MS
						    : (uint32_t)seconds * 1000u;
}

/* A SignedAck with everything in it that the core will ask for, and nothing else. */
static Postern__SignedAck *signed_ack(const struct reply *r)
{
	Postern__SignedAck *a;

	if (r->size == 0 || r->size > REPLY_ACK_MAX)
		return NULL;
	a = postern__signed_ack__unpack(NULL, r->size, r->body);
	if (a == NULL)
		return NULL;
	if (a->base.n_unknown_fields == 0 && a->ack.len > 0 && a->ack.len <= ACK_BYTES_MAX &&
		a->signature.len == ACK_SIGNATURE)
		return a;
	postern__signed_ack__free_unpacked(a, NULL);
	return NULL;
}

void reply_to_journal(
	const struct reply *r, Postern__JournalForwarded *out, Postern__SignedAck **ack)
{
	*ack = NULL;
	postern__journal_forwarded__init(out);
	out->detail = (char *)(uintptr_t)reply_detail(r);
	out->result = POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE;
	if (r->end != REPLY_COMPLETE)
		return;
	if (r->status == OK) {
		*ack = signed_ack(r);
		out->ack = *ack;
		if (*ack != NULL)
			out->result = POSTERN__FORWARD_RESULT__FORWARD_ACKED;
		else
			out->detail = (char *)(uintptr_t) "uplink.malformed";
	} else if (r->status == CONFLICT) {
		out->result = POSTERN__FORWARD_RESULT__FORWARD_CONFLICT;
	} else if (r->status == TOO_MANY || r->status == UNAVAILABLE) {
		out->result = POSTERN__FORWARD_RESULT__FORWARD_BUSY;
		out->retry_after_ms = pause_ms(r->retry_after_s);
	} else if (r->status >= REDIRECTS && r->status < SERVER_ERRORS &&
		   r->status != REQUEST_TIMEOUT) {
		out->result = POSTERN__FORWARD_RESULT__FORWARD_REJECTED;
	}
}

static void wipe(Postern__Date *d)
{
	if (d == NULL)
		return;
	d->year = d->month = d->day = 0;
	__asm__ volatile("" : : "r"(d) : "memory"); /* the stores are not dead */
}

const uint8_t *reply_to_lookup(const struct reply *r, size_t *size)
{
	Postern__HistoryLooked *h;
	int good;

	if (r->end != REPLY_COMPLETE || r->status != OK || r->size == 0 ||
		r->size > REPLY_ANSWER_MAX)
		return NULL;
	h = postern__history_looked__unpack(NULL, r->size, r->body);
	if (h == NULL)
		return NULL;
	good = h->base.n_unknown_fields == 0 &&
	       h->result > POSTERN__CHECK_RESULT__CHECK_RESULT_UNSPECIFIED &&
	       h->result <= POSTERN__CHECK_RESULT__CHECK_ABORTED;
	for (size_t i = 0; i < h->n_stays; i++)
		if (h->stays[i]->base.n_unknown_fields != 0)
			good = 0;
	for (size_t i = 0; i < h->n_permits; i++)
		if (h->permits[i]->base.n_unknown_fields != 0)
			good = 0;
	for (size_t i = 0; i < h->n_bans; i++)
		if (h->bans[i]->base.n_unknown_fields != 0)
			good = 0;
	/* protobuf-c frees without wiping what it copied */
	for (size_t i = 0; i < h->n_stays; i++) {
		wipe(h->stays[i]->entry_date);
		wipe(h->stays[i]->exit_date);
	}
	for (size_t i = 0; i < h->n_permits; i++) {
		wipe(h->permits[i]->valid_from);
		wipe(h->permits[i]->valid_until);
	}
	for (size_t i = 0; i < h->n_bans; i++)
		wipe(h->bans[i]->valid_until);
	postern__history_looked__free_unpacked(h, NULL);
	*size = r->size;
	return good ? r->body : NULL;
}
