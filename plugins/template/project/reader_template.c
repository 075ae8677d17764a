/* SPDX-License-Identifier: Apache-2.0
 * A document reader to start from: lines of text arrive at a device, an empty line ends the zone,
 * and the zone is reported as a document presented. Copy the folder, rename it, and change
 * on_line(). Must never keep a line after it was reported, nor write one to the log.
 */
#include <postern/plugin.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <postern/bus.pb-c.h>

enum { MAX_LINES = 3, MAX_LINE = 64 };

struct reader {
	const struct postern_host *host;
	int fd;
	char line[MAX_LINES][MAX_LINE + 1];
	size_t lines, used; /* whole lines; bytes of the one in hand */
	int broken;         /* too long, or too many: dropped up to the empty line */
	uint64_t begun_ms;
};

static void forget(struct reader *r)
{
	explicit_bzero(r->line, sizeof r->line);
	r->lines = r->used = 0;
	r->broken = 0;
}

/* All reports go this way: pack, send, wipe. */
static void report(struct reader *r, uint32_t body, const ProtobufCMessage *message)
{
	uint8_t bytes[512];
	size_t size = protobuf_c_message_get_packed_size(message);
	if (size > sizeof bytes)
		return;
	protobuf_c_message_pack(message, bytes);
	if (r->host->report(r->host->ctx, body, NULL, bytes, size) != 0)
		r->host->log(r->host->ctx, POSTERN_WARNING, "reader.report_refused", NULL);
	explicit_bzero(bytes, sizeof bytes);
}

static void report_status(struct reader *r, int ready)
{
	char reason[] = "reader.disconnected", none[] = "";
	Postern__ReaderStatus s = POSTERN__READER_STATUS__INIT;
	s.ready = ready;
	s.reason = ready ? none : reason;
	report(r, POSTERN__ENVELOPE__BODY_READER_STATUS, &s.base);
}

static void report_unreadable(struct reader *r)
{
	char reason[] = "reader.incomplete";
	Postern__DocumentUnreadable u = POSTERN__DOCUMENT_UNREADABLE__INIT;
	u.reason = reason;
	report(r, POSTERN__ENVELOPE__BODY_DOCUMENT_UNREADABLE, &u.base);
}

static void report_presented(struct reader *r)
{
	char *lines[MAX_LINES];
	Postern__DocumentPresented p = POSTERN__DOCUMENT_PRESENTED__INIT;
	for (size_t i = 0; i < r->lines; i++)
		lines[i] = r->line[i];
	p.mrz_lines = lines;
	p.n_mrz_lines = r->lines;
	p.read_ms = (uint32_t)(r->host->now_ms(r->host->ctx) - r->begun_ms);
	report(r, POSTERN__ENVELOPE__BODY_DOCUMENT_PRESENTED, &p.base);
	r->host->count(r->host->ctx, "zones_total", 1);
}

static void on_line(struct reader *r)
{
	if (r->used > 0) {
		r->used = 0;
		r->lines++;
		return;
	}
	if (r->broken)
		report_unreadable(r);
	else if (r->lines > 0)
		report_presented(r);
	forget(r);
}

static void on_byte(struct reader *r, char c)
{
	if (c == '\r')
		return;
	if (r->lines == 0 && r->used == 0)
		r->begun_ms = r->host->now_ms(r->host->ctx);
	if (c == '\n') {
		on_line(r);
	} else if (r->lines == MAX_LINES || r->used == MAX_LINE || c < 0x20 || c > 0x7e) {
		r->broken = 1;
	} else {
		r->line[r->lines][r->used++] = c;
		r->line[r->lines][r->used] = '\0';
	}
}

static void on_device(void *self, int fd, uint32_t events)
{
	struct reader *r = self;
	char bytes[256];
	ssize_t n = (events & POSTERN_READABLE) ? read(fd, bytes, sizeof bytes) : 0;
	for (ssize_t i = 0; i < n; i++)
		on_byte(r, bytes[i]);
	explicit_bzero(bytes, sizeof bytes);
	if (n > 0 && (r->lines > 0 || r->used > 0 || r->broken)) {
		int64_t silence = r->host->option_int(r->host->ctx, "silence_ms");
		(void)r->host->wake_after(r->host->ctx, (uint32_t)silence);
	}
	if (n <= 0 && (events & POSTERN_HANGUP)) {
		/* the supervisor opens the device again when it starts this plugin again */
		report_status(r, 0);
		r->host->fail(r->host->ctx, "reader.disconnected");
	}
}

static void tick(void *self, uint64_t now_ms)
{
	struct reader *r = self;
	(void)now_ms;
	if (r->lines > 0 || r->used > 0 || r->broken)
		report_unreadable(r);
	forget(r);
}

static int init(const struct postern_host *host, void **self)
{
	struct reader *r = calloc(1, sizeof *r);
	if (r == NULL)
		return -2; /* PN_ENOMEM */
	r->host = host;
	*self = r;
	return 0;
}

static int start(void *self)
{
	struct reader *r = self;
	r->fd = r->host->device(r->host->ctx, "line");
	if (r->fd < 0)
		return -7; /* PN_ENOTFOUND */
	return r->host->watch(r->host->ctx, r->fd, POSTERN_READABLE, on_device, r);
}

/* A reader is asked nothing. */
static void message(void *self, const struct postern_message *m)
{
	(void)self;
	(void)m;
}

static void core_started(void *self, uint64_t core_epoch)
{
	struct reader *r = self;
	(void)core_epoch;
	report_status(r, 1);
}

static void stop(void *self)
{
	struct reader *r = self;
	forget(r);
	free(r);
}

POSTERN_PLUGIN(.name = "reader-template", .version = "0.1.0", .init = init, .start = start,
	.message = message, .tick = tick, .core_started = core_started, .stop = stop);
