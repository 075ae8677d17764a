/* SPDX-License-Identifier: Apache-2.0
 * Frames, then lines, then zones. See framing.h. Must never repair a line: what check-document gets
 * is what was sent.
 */
#include "reader/framing.h"
#include <string.h>

enum { STX = 0x02, ETX = 0x03, LF = 0x0a, CR = 0x0d };

#define LINE_LEAST 10u /* shorter text is line noise, not a document that could not be read */
#define UNREADABLE_QUIET                                                                           \
	1000u /* a flood of garbage tells the traveller "try again" once a second at most */

bool framing_init(struct framing *f, const struct framing_config *config,
	void (*event)(void *self, const struct framing_event *event), void *self)
{
	size_t size = strnlen(config->removed_frame, FRAMING_REMOVED_MAX + 1);

	memset(f, 0, sizeof(*f));
	f->config = *config;
	f->event = event;
	f->self = self;
	if (config->timeout_ms == 0 || size > FRAMING_REMOVED_MAX || size == 30)
		return false;
	for (size_t i = 0; i < size; i++)
		if (config->removed_frame[i] < ' ' || config->removed_frame[i] > '~')
			return false;
	return true;
}

static void forget_zone(struct framing *f)
{
	explicit_bzero(&f->zone, sizeof(f->zone));
}

static void forget_frame(struct framing *f)
{
	explicit_bzero(f->frame, sizeof(f->frame));
	f->size = 0;
	f->in_frame = false;
	f->skipping = false;
	f->cr_seen = false;
}

static void forget_last(struct framing *f)
{
	explicit_bzero(&f->last, sizeof(f->last));
}

void framing_reset(struct framing *f)
{
	forget_zone(f);
	forget_frame(f);
	forget_last(f);
	f->present = false;
	f->unreadable_ms = 0;
}

static bool tells_removal(const struct framing *f)
{
	return f->config.removed_frame[0] != '\0';
}

static void give_removed(struct framing *f, bool early)
{
	struct framing_event event = {.kind = FRAMING_REMOVED, .early = early};

	f->present = false;
	forget_last(f);
	f->event(f->self, &event);
}

static void give_unreadable(struct framing *f, const char *reason)
{
	struct framing_event event = {.kind = FRAMING_UNREADABLE, .reason = reason};

	f->present = tells_removal(f);
	if (f->unreadable_ms != 0 && f->last_ms - f->unreadable_ms < UNREADABLE_QUIET) {
		f->counts.quieted++;
		return;
	}
	f->unreadable_ms = f->last_ms;
	f->event(f->self, &event);
}

static void give_last(struct framing *f, uint32_t read_ms)
{
	struct framing_event event = {
		.kind = FRAMING_PRESENTED, .count = f->last.count, .read_ms = read_ms};

	for (size_t i = 0; i < f->last.count; i++)
		event.lines[i] = f->last.lines[i];
	f->event(f->self, &event);
}

static bool same_zone(const struct framing_zone *a, const struct framing_zone *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->lines[i], b->lines[i]) != 0)
			return false;
	return true;
}

static void give_zone(struct framing *f)
{
	bool same = same_zone(&f->last, &f->zone);

	if (same) {
		forget_zone(f); /* readers send a document that stays in place again and again */
		return;
	}
	if (f->last.count > 0)
		give_removed(f, false);
	f->last = f->zone;
	f->present = true;
	f->unreadable_ms = 0;
	forget_zone(f);
	give_last(f, (uint32_t)(f->last_ms - f->first_ms));
	if (!tells_removal(f))
		give_removed(f, false);
}

void framing_repeat(struct framing *f)
{
	if (f->last.count > 0)
		give_last(f, 0);
}

static void drop_incomplete(struct framing *f)
{
	f->counts.incomplete++;
	forget_zone(f);
	give_unreadable(f, "reader.incomplete");
}

static size_t lines_of(size_t width)
{
	if (width == 30)
		return 3;
	return width == 36 || width == 44 ? 2 : 0;
}

static void take_line(struct framing *f, const char *text, size_t size)
{
	if (f->zone.count > 0 && f->zone.width != size)
		drop_incomplete(f);
	f->zone.width = size;
	memcpy(f->zone.lines[f->zone.count], text, size);
	f->zone.lines[f->zone.count][size] = '\0';
	if (++f->zone.count == lines_of(size))
		give_zone(f);
}

/* One line, or a whole zone without line ends (some readers send 90, 72 or 88 characters in one).
 */
static void take_text(struct framing *f, const char *text, size_t size)
{
	size_t width = size;

	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] > '~')
			width = 0;
	if (width == 90)
		width = 30;
	else if (width == 72 || width == 88)
		width /= 2;
	if (lines_of(width) == 0) {
		if (size < LINE_LEAST) {
			f->counts.noise += size;
			return;
		}
		f->counts.garbled++;
		forget_zone(f);
		give_unreadable(f, "reader.garbled");
		return;
	}
	for (size_t at = 0; at < size; at += width)
		take_line(f, text + at, width);
}

static bool is_removal(const struct framing *f, const char *text, size_t size)
{
	while (size > 0 && (text[size - 1] == CR || text[size - 1] == LF))
		size--;
	return tells_removal(f) && size == strlen(f->config.removed_frame) &&
	       memcmp(text, f->config.removed_frame, size) == 0;
}

static void take_frame(struct framing *f)
{
	char text[FRAMING_FRAME_MAX];
	size_t size = f->size, from = 0;

	memcpy(text, f->frame, size);
	forget_frame(f);
	f->counts.frames++;
	if (is_removal(f, text, size)) {
		bool known = f->present || f->zone.count > 0;
		forget_zone(f);
		if (known)
			give_removed(f, f->last.count == 0);
		return;
	}
	for (size_t i = 0; i <= size; i++) {
		if (i < size && text[i] != CR && text[i] != LF)
			continue;
		if (i > from)
			take_text(f, text + from, i - from);
		from = i + 1;
	}
	explicit_bzero(text, sizeof(text));
}

/* Adds one byte to the frame; past the bound the rest of the frame is dropped. */
static void keep(struct framing *f, uint8_t byte)
{
	if (f->skipping)
		return;
	if (f->size == FRAMING_FRAME_MAX) {
		f->counts.oversized++;
		explicit_bzero(f->frame, sizeof(f->frame));
		f->size = 0;
		f->skipping = true;
		forget_zone(f);
		give_unreadable(f, "reader.oversized_frame");
		return;
	}
	if (f->size == 0 && f->zone.count == 0)
		f->first_ms = f->last_ms;
	f->frame[f->size++] = (char)byte;
}

static void end_frame(struct framing *f)
{
	if (f->skipping)
		forget_frame(f);
	else
		take_frame(f);
}

static void feed_stx_etx(struct framing *f, uint8_t byte)
{
	if (byte == STX) {
		if (f->in_frame && f->size > 0) {
			forget_frame(f);
			drop_incomplete(f);
		}
		forget_frame(f);
		f->in_frame = true;
	} else if (!f->in_frame) {
		f->counts.noise++;
	} else if (byte == ETX) {
		end_frame(f);
	} else {
		keep(f, byte);
	}
}

static void feed_cr(struct framing *f, uint8_t byte)
{
	if (byte == CR)
		end_frame(f);
	else if (byte == LF)
		f->counts.noise++;
	else
		keep(f, byte);
}

static void spoil(struct framing *f)
{
	if (f->skipping)
		return;
	f->counts.garbled++;
	f->skipping = true;
	f->size = 0;
	forget_zone(f);
	give_unreadable(f, "reader.garbled");
}

static void feed_crlf(struct framing *f, uint8_t byte)
{
	bool after_cr = f->cr_seen;

	f->cr_seen = byte == CR;
	if (byte == LF && after_cr) {
		end_frame(f);
		return;
	}
	if (after_cr || byte == LF)
		spoil(f);
	if (byte != CR && byte != LF)
		keep(f, byte);
}

uint32_t framing_tick(struct framing *f, uint64_t now_ms)
{
	bool begun = f->size > 0 || f->in_frame || f->skipping || f->cr_seen || f->zone.count > 0;
	uint64_t since = now_ms - f->last_ms;

	if (!begun)
		return 0;
	if (since < f->config.timeout_ms)
		return (uint32_t)(f->config.timeout_ms - since);
	f->last_ms = now_ms;
	if (f->size > 0 || f->zone.count > 0) {
		forget_frame(f);
		drop_incomplete(f);
	}
	forget_frame(f);
	return 0;
}

void framing_feed(struct framing *f, const uint8_t *bytes, size_t size, uint64_t now_ms)
{
	framing_tick(f, now_ms);
	f->last_ms = now_ms;
	for (size_t i = 0; i < size; i++) {
		switch (f->config.kind) {
		case FRAMING_STX_ETX:
			feed_stx_etx(f, bytes[i]);
			break;
		case FRAMING_CR:
			feed_cr(f, bytes[i]);
			break;
		case FRAMING_CRLF:
			feed_crlf(f, bytes[i]);
			break;
		}
	}
}
