/* SPDX-License-Identifier: Apache-2.0
 * Plugin sim-reader: the reader of a simulated lane, which sees the whole data page. Zones come over a serial line as to any reader of zones; asked
 * for the printed portrait, it gives the one that was issued with that zone. Must never be loaded by a production profile (its manifest says
 * simulated), nor keep a picture beyond its answer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "postern/plugin.h"
#include "reader/serial.h"
#include "sim/page.h"

enum { PICTURE_MAX = 128 * 1024, ANSWER_MAX = 128 };

struct sim_reader {
	const struct postern_host *host;
	struct serial_reader *line;
	uint8_t picture[PICTURE_MAX + 1];
};

/* Bytes read, at most one more than may be given; 0: there is no such file, or nothing in it. */
static size_t read_page(struct sim_reader *s, const Postern__CutPortrait *q)
{
	const char *folder = s->host->folder(s->host->ctx, "pages");
	char path[SIM_PAGE_PATH_MAX];
	if (folder == NULL || !sim_page_path(path, folder, (const char *const *)q->mrz_lines, q->n_mrz_lines))
		return 0;
	FILE *f = fopen(path, "rbe");
	if (f == NULL)
		return 0;
	const size_t size = fread(s->picture, 1, sizeof s->picture, f);
	fclose(f);
	return size;
}

static void answer(struct sim_reader *s, uint64_t query, size_t size)
{
	Postern__PortraitCut a = POSTERN__PORTRAIT_CUT__INIT;
	uint8_t bytes[ANSWER_MAX];
	const bool good = size > 0 && size <= PICTURE_MAX;
	a.result = good ? POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL : POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
	a.cause = (char *)(uintptr_t)(good ? "" : "page.no_picture");
	const size_t n = postern__portrait_cut__pack(&a, bytes);
	const int r = good ? s->host->answer_blob(s->host->ctx, query, POSTERN__ENVELOPE__BODY_PORTRAIT_CUT, bytes, n, s->picture, size)
			   : s->host->answer(s->host->ctx, query, POSTERN__ENVELOPE__BODY_PORTRAIT_CUT, bytes, n);
	if (r != 0)
		s->host->log(s->host->ctx, POSTERN_WARNING, "page.answer_refused", pn_err_name(r));
	explicit_bzero(s->picture, size < sizeof s->picture ? size : sizeof s->picture);
}

static void sim_message(void *self, const struct postern_message *m)
{
	struct sim_reader *s = self;
	if (m->body != POSTERN__ENVELOPE__BODY_CUT_PORTRAIT)
		return;
	Postern__CutPortrait *q = postern__cut_portrait__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return; /* the host has checked its form: no memory */
	s->host->count(s->host->ctx, "pages_total", 1);
	answer(s, m->query_id, read_page(s, q));
	postern__cut_portrait__free_unpacked(q, NULL);
}

static int sim_init(const struct postern_host *host, void **self)
{
	if (!POSTERN_HOST_HAS(host, answer_blob))
		return PN_EUNSUPPORTED;
	struct sim_reader *s = calloc(1, sizeof *s);
	if (s == NULL)
		return PN_ENOMEM;
	s->host = host;
	const int r = serial_reader_new(host, true, &s->line);
	if (r != PN_OK) {
		free(s);
		return r;
	}
	*self = s;
	return 0;
}

static int sim_start(void *self)
{
	serial_reader_start(((struct sim_reader *)self)->line);
	return 0;
}

static void sim_tick(void *self, uint64_t now_ms)
{
	serial_reader_tick(((struct sim_reader *)self)->line, now_ms);
}

static void sim_core_started(void *self, uint64_t core_epoch)
{
	(void)core_epoch;
	serial_reader_core_started(((struct sim_reader *)self)->line);
}

static void sim_stop(void *self)
{
	struct sim_reader *s = self;
	serial_reader_free(s->line);
	free(s);
}

POSTERN_PLUGIN(.name = "sim-reader", .version = "0.1.0", .init = sim_init, .start = sim_start, .message = sim_message, .tick = sim_tick,
	.core_started = sim_core_started, .stop = sim_stop);
