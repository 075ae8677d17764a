/* SPDX-License-Identifier: Apache-2.0
 * See serial.h: bytes go through framing.c, its events become reports. Must never interpret a zone, log one, or keep one after its document
 * is gone.
 */
#include "reader/serial.h"

#include "base/err.h"
#include "document.pb-c.h"
#include "reader/framing.h"
#include "reader/line.h"
#include <stdlib.h>
#include <string.h>

enum {
	READER_STATUS = 20,
	DOCUMENT_PRESENTED = 21,
	DOCUMENT_REMOVED = 22,
	DOCUMENT_UNREADABLE = 23
};

#define RETRY_MS 100u
#define READ_SIZE 512u
#define READS_PER_TURN 8u /* then the loop turns: heartbeats go on under a flood */
#define REPORT_MAX 256u

struct serial_reader {
	const struct postern_host *host;
	struct framing framing;
	struct framing_counts counted; /* what the metrics have been told */
	int fd;
	bool lost, failed, portraits;
	uint64_t lost_ms;
	uint32_t lost_after_ms;
};

static void report(struct serial_reader *r, uint32_t body, const ProtobufCMessage *message)
{
	uint8_t bytes[REPORT_MAX];
	size_t size = protobuf_c_message_get_packed_size(message);

	if (size > sizeof(bytes))
		return; /* cannot be: three lines of 44 and a reason key fit (asserted by the tests)
			 */
	protobuf_c_message_pack(message, bytes);
	if (r->host->report(r->host->ctx, body, NULL, bytes, size) != 0)
		r->host->log(r->host->ctx, POSTERN_WARNING, "reader.report_refused", "");
	explicit_bzero(bytes, sizeof(bytes));
}

static void report_status(struct serial_reader *r)
{
	Postern__ReaderStatus status = POSTERN__READER_STATUS__INIT;

	status.ready = !r->lost;
	status.portraits = r->portraits;
	if (r->lost)
		status.reason = (char *)"reader.disconnected";
	report(r, READER_STATUS, &status.base);
}

static void on_event(void *self, const struct framing_event *event)
{
	struct serial_reader *r = self;

	switch (event->kind) {
	case FRAMING_PRESENTED: {
		Postern__DocumentPresented presented = POSTERN__DOCUMENT_PRESENTED__INIT;
		char *lines[FRAMING_LINES_MAX];
		for (size_t i = 0; i < event->count; i++)
			lines[i] = (char *)event->lines[i];
		presented.read_ms = event->read_ms;
		presented.n_mrz_lines = event->count;
		presented.mrz_lines = lines;
		report(r, DOCUMENT_PRESENTED, &presented.base);
		break;
	}
	case FRAMING_REMOVED: {
		Postern__DocumentRemoved removed = POSTERN__DOCUMENT_REMOVED__INIT;
		removed.early = event->early;
		report(r, DOCUMENT_REMOVED, &removed.base);
		break;
	}
	case FRAMING_UNREADABLE: {
		Postern__DocumentUnreadable unreadable = POSTERN__DOCUMENT_UNREADABLE__INIT;
		unreadable.reason = (char *)event->reason;
		report(r, DOCUMENT_UNREADABLE, &unreadable.base);
		break;
	}
	}
}

static void count(struct serial_reader *r, const char *metric, uint64_t now, uint64_t *before)
{
	if (now != *before)
		r->host->count(r->host->ctx, metric, now - *before);
	*before = now;
}

static void count_all(struct serial_reader *r)
{
	const struct framing_counts *c = &r->framing.counts;

	count(r, "frames_total", c->frames, &r->counted.frames);
	count(r, "noise_bytes_total", c->noise, &r->counted.noise);
	count(r, "oversized_total", c->oversized, &r->counted.oversized);
	count(r, "garbled_total", c->garbled, &r->counted.garbled);
	count(r, "incomplete_total", c->incomplete, &r->counted.incomplete);
	count(r, "quieted_total", c->quieted, &r->counted.quieted);
}

static void wake(struct serial_reader *r, uint32_t delay_ms)
{
	if (delay_ms != 0)
		r->host->wake_after(r->host->ctx, delay_ms);
}

static void lose(struct serial_reader *r)
{
	if (r->lost)
		return;
	r->lost = true;
	r->lost_ms = r->host->now_ms(r->host->ctx);
	framing_reset(&r->framing);
	r->host->watch(r->host->ctx, r->fd, 0, NULL, NULL);
	r->host->trouble(r->host->ctx, "reader.disconnected", 1);
	report_status(r);
	wake(r, RETRY_MS);
}

static void on_line(void *self, int fd, uint32_t events)
{
	struct serial_reader *r = self;
	uint8_t bytes[READ_SIZE];
	uint64_t now = r->host->now_ms(r->host->ctx);
	int n = 1;

	for (unsigned i = 0; i < READS_PER_TURN && n > 0; i++) {
		n = line_read(fd, bytes, sizeof(bytes));
		if (n > 0)
			framing_feed(&r->framing, bytes, (size_t)n, now);
	}
	explicit_bzero(bytes, sizeof(bytes));
	count_all(r);
	if (n < 0 || (n == 0 && (events & POSTERN_HANGUP)))
		lose(r);
	else
		wake(r, framing_tick(&r->framing, now));
}

static void find_again(struct serial_reader *r, uint64_t now)
{
	if (line_alive(r->fd) &&
		r->host->watch(r->host->ctx, r->fd, POSTERN_READABLE, on_line, r) == 0) {
		r->lost = false;
		r->host->trouble(r->host->ctx, "reader.disconnected", 0);
		report_status(r);
	} else if (now - r->lost_ms >= r->lost_after_ms && !r->failed) {
		r->failed = true;
		r->host->fail(r->host->ctx, "reader.disconnected");
	} else {
		wake(r, RETRY_MS);
	}
}

void serial_reader_tick(struct serial_reader *r, uint64_t now_ms)
{
	if (r->lost) {
		find_again(r, now_ms);
		return;
	}
	wake(r, framing_tick(&r->framing, now_ms));
	count_all(r);
}

static bool option_is(const char *value, const char *name)
{
	return value != NULL && strcmp(value, name) == 0;
}

static int configure(struct serial_reader *r)
{
	const struct postern_host *h = r->host;
	const char *framing = h->option(h->ctx, "framing"), *parity = h->option(h->ctx, "parity");
	const char *removed = h->option(h->ctx, "removed_frame");
	struct framing_config config = {.kind = FRAMING_STX_ETX};
	enum line_parity line_parity = LINE_PARITY_NONE;

	if (option_is(framing, "cr"))
		config.kind = FRAMING_CR;
	else if (option_is(framing, "crlf"))
		config.kind = FRAMING_CRLF;
	else if (framing != NULL && !option_is(framing, "stx-etx"))
		return PN_EINVAL;
	if (option_is(parity, "even"))
		line_parity = LINE_PARITY_EVEN;
	else if (option_is(parity, "odd"))
		line_parity = LINE_PARITY_ODD;
	else if (parity != NULL && !option_is(parity, "none"))
		return PN_EINVAL;
	if (removed != NULL && strlen(removed) > FRAMING_REMOVED_MAX)
		return PN_EINVAL;
	if (removed != NULL)
		strncpy(config.removed_frame, removed, FRAMING_REMOVED_MAX);
	config.timeout_ms = (uint32_t)h->option_int(h->ctx, "timeout_ms");
	r->lost_after_ms = (uint32_t)h->option_int(h->ctx, "lost_after_ms");
	if (!framing_init(&r->framing, &config, on_event, r))
		return PN_EINVAL;
	r->fd = h->device(h->ctx, "line");
	if (r->fd < 0)
		return PN_ENOTFOUND;
	if (!line_set(r->fd, h->option_int(h->ctx, "baud"), line_parity,
		    h->option_int(h->ctx, "data_bits") == 7))
		return PN_EIO;
	return 0;
}

int serial_reader_new(const struct postern_host *host, bool portraits, struct serial_reader **out)
{
	struct serial_reader *r;
	int err;

	if (!POSTERN_HOST_HAS(host, fail))
		return PN_EUNSUPPORTED;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return PN_ENOMEM;
	r->host = host;
	r->portraits = portraits;
	err = configure(r);
	if (err != 0) {
		free(r);
		return err;
	}
	*out = r;
	return 0;
}

void serial_reader_start(struct serial_reader *r)
{
	if (!line_alive(r->fd) ||
		r->host->watch(r->host->ctx, r->fd, POSTERN_READABLE, on_line, r) != 0)
		lose(r);
	else
		report_status(r);
}

void serial_reader_core_started(struct serial_reader *r)
{
	report_status(r);
	if (!r->lost)
		framing_repeat(&r->framing);
}

void serial_reader_free(struct serial_reader *r)
{
	if (!r->lost)
		r->host->watch(r->host->ctx, r->fd, 0, NULL, NULL);
	explicit_bzero(r, sizeof(*r));
	free(r);
}
