/* SPDX-License-Identifier: Apache-2.0
 * What an HTTP exchange with the centre means for the core. Pure: no input or output, no clock.
 * Must never call anything acknowledged whose signed acknowledgement is not there whole, and never
 * verify it: the core holds the key.
 */
#ifndef POSTERN_UPLINK_REPLY_H
#define POSTERN_UPLINK_REPLY_H
#include <stddef.h>
#include <stdint.h>

#include "crossing.pb-c.h"
#include "journal.pb-c.h"

enum {
	REPLY_MAX = 64 * 1024,           /* bytes of a response body */
	REPLY_HEADERS_MAX = 16 * 1024,   /* bytes of its header lines together */
	REPLY_ANSWER_MAX = 15 * 1024,    /* bytes of an answer to the core: below 16 KiB inline */
	REPLY_RETRY_MAX_MS = 600 * 1000, /* the longest pause a centre may ask for */
	REPLY_ACK_MAX = 1024, /* bytes of an encoded SignedAck, as the journal keeps it */
};

/* How the exchange ended below HTTP. */
enum reply_end {
	REPLY_COMPLETE,   /* a whole response came */
	REPLY_NO_CONNECT, /* refused, no route, name not known */
	REPLY_TLS,        /* handshake: a certificate that does not hold, theirs or ours */
	REPLY_TIMEOUT,
	REPLY_CUT, /* ended in the middle */
	REPLY_TOO_LARGE,
	REPLY_ABANDONED, /* by us: no room, or no address */
};

struct reply {
	enum reply_end end;
	long status; /* HTTP, when complete */
	long retry_after_s;
	const uint8_t *body;
	size_t size;
};

/* Fills out; *ack is what out->ack points to, freed with postern__signed_ack__free_unpacked when
 * not NULL. out->detail is a static catalogue key. */
void reply_to_journal(
	const struct reply *r, Postern__JournalForwarded *out, Postern__SignedAck **ack);

/* The bytes of the HistoryLooked to answer with: the body as it came when it is a whole one in the
 * schema, else NULL, which means undetermined. */
const uint8_t *reply_to_lookup(const struct reply *r, size_t *size);

/* Catalogue key of what is wrong, "" for a whole response. */
const char *reply_detail(const struct reply *r);
#endif
