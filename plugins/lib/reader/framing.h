/* SPDX-License-Identifier: Apache-2.0
 * From the bytes of a serial document reader to "document presented / unreadable / removed". Pure:
 * bytes and the time go in, events come out; no descriptor, no clock, no allocation. Must never
 * hold more than one zone, and never let what comes over the line decide how much memory or time is
 * spent.
 */
#ifndef POSTERN_READER_FRAMING_H
#define POSTERN_READER_FRAMING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAMING_FRAME_MAX                                                                          \
	128u /* the largest zone, three lines of 30, with line ends and room for a reader's prefix \
	      */
#define FRAMING_LINES_MAX 3u
#define FRAMING_LINE_MAX 44u
#define FRAMING_REMOVED_MAX 32u

enum framing_kind {
	FRAMING_STX_ETX, /* STX text ETX; the text may hold one line or several (parted by CR, LF or
			    both) */
	FRAMING_CR,      /* line CR; an LF is noise */
	FRAMING_CRLF     /* line CR LF; a lone CR or LF spoils its line */
};

struct framing_config {
	enum framing_kind kind;
	uint32_t timeout_ms; /* silence after which a frame or zone begun counts as cut off */
	char removed_frame[FRAMING_REMOVED_MAX +
			   1]; /* sent by the reader when the document is taken; "" = swipe */
};

enum framing_event_kind { FRAMING_PRESENTED, FRAMING_REMOVED, FRAMING_UNREADABLE };

/* Valid only during the call. */
struct framing_event {
	enum framing_event_kind kind;
	const char *lines[FRAMING_LINES_MAX]; /* presented: printable ASCII, 30, 36 or 44 characters
						 each */
	size_t count;
	uint32_t read_ms;   /* presented: from the first byte of the zone to its last */
	bool early;         /* removed: before a whole zone had come */
	const char *reason; /* unreadable: catalogue key */
};

struct framing_counts {
	uint64_t frames; /* whole frames */
	uint64_t noise;  /* bytes outside any frame, and frames too short to be a line of a zone */
	uint64_t oversized;  /* frames cut because they passed FRAMING_FRAME_MAX */
	uint64_t garbled;    /* frames that hold no usable line */
	uint64_t incomplete; /* frames or zones cut off by silence or by the next one */
	uint64_t quieted;    /* unreadable events not given because one had just been given */
};

struct framing_zone {
	char lines[FRAMING_LINES_MAX][FRAMING_LINE_MAX + 1];
	size_t count, width; /* width: of the first line, which the others must have too */
};

struct framing {
	struct framing_config config;
	void (*event)(void *self, const struct framing_event *event);
	void *self;
	struct framing_counts counts;
	char frame[FRAMING_FRAME_MAX];
	size_t size;
	bool in_frame; /* STX seen */
	bool skipping; /* dropping the rest of an oversized or spoilt frame */
	bool cr_seen;
	struct framing_zone zone;   /* being collected */
	uint64_t first_ms, last_ms; /* first byte of the zone, last byte of the line */
	uint64_t unreadable_ms;     /* when the last unreadable event was given; 0 never */
	bool present; /* a document lies on the reader (only when the reader tells removal) */
	struct framing_zone last; /* given for the document that lies there */
};

/* False when removed_frame cannot be told from a zone or holds a framing byte. */
bool framing_init(struct framing *f, const struct framing_config *config,
	void (*event)(void *self, const struct framing_event *event), void *self);
void framing_feed(struct framing *f, const uint8_t *bytes, size_t size, uint64_t now_ms);
/* Lets time pass. Returns the milliseconds after which it wants to be called again, 0 for never. */
uint32_t framing_tick(struct framing *f, uint64_t now_ms);
/* Gives the zone that lies on the reader once more (a core has restarted); nothing when none lies
 * there. */
void framing_repeat(struct framing *f);
/* The line is lost: forgets and wipes everything but configuration and counts. */
void framing_reset(struct framing *f);
#endif
