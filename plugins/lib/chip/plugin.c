/* SPDX-License-Identifier: Apache-2.0
 * See plugin.h. The main thread only: the reading is the worker's. Must never answer a question twice, nor with files of a
 * reading that did not come to its end.
 */
#include "chip/plugin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chip/groups.h"
#include "chip/worker.h"

enum { READER_STATUS = 20, READ_CHIP = 24, CHIP_READ = 25, CHIP_PROGRESS = 26 };
enum { ANSWER_MAX = 512, PROGRESS_EVERY_MS = 100, CROSSING_ID_MAX = 64, ZONE_MAX = 96 };

struct chip_plugin {
	const struct postern_host *host;
	struct chip_source source;
	struct worker_config config;
	struct worker *worker;
	int status_fd;
	bool failed;
	uint64_t query_id; /* 0: none is open */
	char crossing_id[CROSSING_ID_MAX];
	struct chip_progress progress; /* the latest that has not been told */
	bool untold;
	uint64_t told_ms;
};

static void log_event(const struct chip_plugin *p, enum postern_log_level level, const char *event, const char *detail)
{
	p->host->log(p->host->ctx, level, event, detail);
}

static void report(const struct chip_plugin *p, uint32_t body, const char *crossing_id, const ProtobufCMessage *message)
{
	uint8_t bytes[ANSWER_MAX];
	size_t size = protobuf_c_message_get_packed_size(message);
	if (size > sizeof bytes)
		return; /* cannot be: numbers and one catalogue key */
	protobuf_c_message_pack(message, bytes);
	if (p->host->report(p->host->ctx, body, crossing_id, bytes, size) != 0)
		log_event(p, POSTERN_WARNING, "reader.report_refused", "");
}

static void report_status(const struct chip_plugin *p)
{
	Postern__ReaderStatus status = POSTERN__READER_STATUS__INIT;
	const char *reason = "";
	status.ready = p->source.ready(p->source.self, &reason);
	if (!status.ready)
		status.reason = (char *)reason;
	p->host->trouble(p->host->ctx, "reader.chip_unavailable", !status.ready);
	report(p, READER_STATUS, NULL, &status.base);
}

static void send_answer(struct chip_plugin *p, const Postern__ChipRead *read, const uint8_t *blob, size_t blob_size)
{
	uint8_t bytes[ANSWER_MAX];
	size_t size = postern__chip_read__get_packed_size(read);
	int err = PN_ELIMIT;
	if (size <= sizeof bytes) {
		postern__chip_read__pack(read, bytes);
		err = blob != NULL ? p->host->answer_blob(p->host->ctx, p->query_id, CHIP_READ, bytes, size, blob, blob_size)
				   : p->host->answer(p->host->ctx, p->query_id, CHIP_READ, bytes, size);
	}
	/* Without an answer the core takes the declared default, refer. */
	if (err != 0)
		log_event(p, POSTERN_WARNING, "reader.answer_refused", "");
	p->query_id = 0;
	p->untold = false;
}

static void count(const struct chip_plugin *p, const struct chip_outcome *out)
{
	static const char *const metrics[] = {NULL, "read_total", "none_total", "refused_total", "torn_total", "late_total", "error_total"};
	p->host->count(p->host->ctx, "tears_total", out->tears);
	p->host->count(p->host->ctx, "exchanges_total", out->document.exchanges);
	if ((size_t)out->result < PN_COUNT(metrics) && metrics[out->result] != NULL)
		p->host->count(p->host->ctx, metrics[out->result], 1);
}

/* Answers the question in hand and wipes what was read. */
static void answer(struct chip_plugin *p, struct chip_outcome *out)
{
	Postern__ChipRead read = POSTERN__CHIP_READ__INIT;
	Postern__ChipProof chip = POSTERN__CHIP_PROOF__INIT, active = POSTERN__CHIP_PROOF__INIT, mapping = POSTERN__CHIP_PROOF__INIT;
	const struct emrtd_document *d = &out->document;
	uint8_t *bundle = NULL;
	size_t size = 0;
	read.result = out->result;
	if (out->result == POSTERN__CHIP_RESULT__CHIP_READ && chip_bundle(d, &bundle, &size) != PN_OK) {
		read.result = POSTERN__CHIP_RESULT__CHIP_ERROR;
		out->failure = (struct emrtd_failure){PN_ELIMIT, EMRTD_STEP_READ, EMRTD_CAUSE_CHANNEL_SMALL, 0};
	}
	if (read.result != POSTERN__CHIP_RESULT__CHIP_READ) {
		read.step = (char *)emrtd_step_key(out->failure.step);
		read.cause = (char *)emrtd_cause_key(out->failure.cause);
	}
	read.access = chip_access(&d->access);
	chip_proof(d->chip, &d->chip_failure, &chip);
	chip_proof(d->active, &d->active_failure, &active);
	chip_proof(d->mapping, &d->mapping_failure, &mapping);
	read.chip_authentication = &chip;
	read.active_authentication = &active;
	read.mapping = &mapping;
	read.read_ms = out->read_ms;
	read.exchanges = d->exchanges;
	read.resumed = out->tears;
	send_answer(p, &read, bundle, size);
	count(p, out);
	chip_bundle_free(bundle, size);
	chip_outcome_free(out);
}

/* An end that the worker knows nothing of. */
static void answer_early(struct chip_plugin *p, Postern__ChipResult result, enum emrtd_cause cause)
{
	struct chip_outcome out = {.result = result, .failure = {PN_EINVAL, EMRTD_STEP_NONE, cause, 0}};
	answer(p, &out);
}

static void tell_progress(struct chip_plugin *p, uint64_t now_ms)
{
	Postern__ChipProgress message = POSTERN__CHIP_PROGRESS__INIT;
	if (!p->untold || now_ms - p->told_ms < PROGRESS_EVERY_MS)
		return;
	message.stage = p->progress.stage;
	message.permille = p->progress.permille;
	message.remaining_ms = p->progress.remaining_ms;
	report(p, CHIP_PROGRESS, p->crossing_id, &message.base);
	p->untold = false;
	p->told_ms = now_ms;
}

/* Passes on what there is, and says when to be woken. */
static void turn(struct chip_plugin *p, uint64_t now_ms)
{
	struct chip_outcome outcome;
	struct chip_progress progress;
	enum worker_event event;
	if (p->failed)
		return;
	while ((event = worker_take(p->worker, now_ms, &progress, &outcome)) != WORKER_NOTHING) {
		if (event == WORKER_OUTCOME && p->query_id != 0) {
			answer(p, &outcome);
		} else if (event == WORKER_OUTCOME) {
			chip_outcome_free(&outcome);
		} else {
			p->progress = progress;
			p->untold = p->query_id != 0;
		}
	}
	if (worker_hung(p->worker, now_ms)) {
		if (p->query_id != 0)
			answer_early(p, POSTERN__CHIP_RESULT__CHIP_ERROR, EMRTD_CAUSE_CHANNEL);
		p->failed = true;
		log_event(p, POSTERN_ERROR, "reader.chip_hangs", "");
		p->host->fail(p->host->ctx, "reader.chip_hangs");
		return;
	}
	tell_progress(p, now_ms);
	uint32_t next = worker_next_ms(p->worker, now_ms);
	uint32_t due = p->untold ? (uint32_t)(p->told_ms + PROGRESS_EVERY_MS - now_ms) : UINT32_MAX;
	if (due < next)
		next = due;
	if (next != UINT32_MAX)
		p->host->wake_after(p->host->ctx, next > 0 ? next : 1);
}

void chip_plugin_tick(void *self, uint64_t now_ms)
{
	turn(self, now_ms);
}

static void on_worker(void *self, int fd, uint32_t events)
{
	struct chip_plugin *p = self;
	(void)fd;
	(void)events;
	turn(p, p->host->now_ms(p->host->ctx));
}

static void on_status(void *self, int fd, uint32_t events)
{
	uint64_t changes;
	(void)events;
	if (read(fd, &changes, sizeof changes) == (ssize_t)sizeof changes)
		report_status(self);
}

/* The lines one after the other, as the key's derivation takes them. False: they cannot be a zone. */
static bool zone_of(const Postern__ReadChip *q, char out[ZONE_MAX])
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < q->n_mrz_lines; i++) {
		size_t size = strnlen(q->mrz_lines[i], ZONE_MAX);
		if (size >= ZONE_MAX - used)
			return false;
		memcpy(out + used, q->mrz_lines[i], size);
		used += size;
		out[used] = '\0';
	}
	return true;
}

/* count characters of every zone's first line, up to the first filler. */
static void letters(const char *zone, size_t count, char *out)
{
	size_t n = strcspn(zone, "<");
	if (n > count)
		n = count;
	memcpy(out, zone, n);
	out[n] = '\0';
}

static int question_of(const struct postern_message *m, struct worker_question *out)
{
	char zone[ZONE_MAX];
	Postern__ReadChip *q = postern__read_chip__unpack(NULL, m->size, m->bytes);
	if (q == NULL)
		return PN_EFORMAT;
	int err = zone_of(q, zone) ? emrtd_password_from_zone(&out->password, zone) : PN_EFORMAT;
	if (err == PN_OK) {
		letters(zone, sizeof out->document_code - 1, out->document_code);
		letters(zone + 2, sizeof out->issuer - 1, out->issuer);
	}
	explicit_bzero(zone, sizeof zone);
	for (size_t i = 0; i < q->n_mrz_lines; i++)
		explicit_bzero(q->mrz_lines[i], strlen(q->mrz_lines[i]));
	postern__read_chip__free_unpacked(q, NULL);
	return err;
}

void chip_plugin_message(void *self, const struct postern_message *m)
{
	struct chip_plugin *p = self;
	struct worker_question question;
	if (m->body != READ_CHIP || m->query_id == 0 || p->failed)
		return;
	/* The document of the question before is gone, as far as the core knows. */
	if (p->query_id != 0) {
		worker_forget(p->worker);
		answer_early(p, POSTERN__CHIP_RESULT__CHIP_TORN, EMRTD_CAUSE_NONE);
	}
	p->query_id = m->query_id;
	strncpy(p->crossing_id, m->crossing_id, sizeof p->crossing_id - 1);
	if (question_of(m, &question) == 0)
		worker_ask(p->worker, &question);
	else
		answer_early(p, POSTERN__CHIP_RESULT__CHIP_REFUSED, EMRTD_CAUSE_ARGUMENT);
	explicit_bzero(&question, sizeof question);
	turn(p, p->host->now_ms(p->host->ctx));
}

void chip_plugin_core_started(void *self, uint64_t core_epoch)
{
	struct chip_plugin *p = self;
	(void)core_epoch;
	worker_forget(p->worker);
	p->query_id = 0;
	p->untold = false;
	report_status(p);
}

static int configure(struct chip_plugin *p)
{
	const struct postern_host *h = p->host;
	const char *groups = h->option(h->ctx, "groups");
	p->config = (struct worker_config){
		.policy = {.bac_after_pace_offer = h->option_bool(h->ctx, "bac_after_pace") != 0},
		.apdu_limit_ms = (uint32_t)h->option_int(h->ctx, "apdu_limit_ms"),
		.read_limit_ms = (uint32_t)h->option_int(h->ctx, "read_limit_ms"),
		.wait_ms = (uint32_t)h->option_int(h->ctx, "wait_chip_ms"),
		.resume_ms = (uint32_t)h->option_int(h->ctx, "resume_ms"),
	};
	return chip_groups(groups != NULL ? groups : "", &p->config.groups);
}

int chip_plugin_init(const struct postern_host *host, const struct chip_source *source, void **self)
{
	struct chip_plugin *p = calloc(1, sizeof *p);
	int err = p != NULL ? PN_OK : PN_ENOMEM;
	if (err == PN_OK) {
		p->host = host;
		p->source = *source;
		p->status_fd = -1;
		err = POSTERN_HOST_HAS(host, answer_blob) ? configure(p) : PN_EUNSUPPORTED;
	}
	if (err != PN_OK) {
		free(p);
		source->stop(source->self, false);
		return err;
	}
	*self = p;
	return PN_OK;
}

int chip_plugin_start(void *self)
{
	struct chip_plugin *p = self;
	const struct postern_host *h = p->host;
	struct chip_slot slots[CHIP_SLOTS_MAX];
	size_t n = 0;
	int err = p->source.start(p->source.self, slots, &n);
	if (err == PN_OK)
		err = worker_new(&p->config, slots, n, &p->worker);
	if (err == PN_OK)
		err = worker_start(p->worker);
	if (err == PN_OK)
		err = h->watch(h->ctx, worker_fd(p->worker), POSTERN_READABLE, on_worker, p);
	if (err != PN_OK)
		return err;
	p->status_fd = p->source.status_fd(p->source.self);
	if (p->status_fd >= 0)
		err = h->watch(h->ctx, p->status_fd, POSTERN_READABLE, on_status, p);
	if (err == PN_OK)
		report_status(p);
	return err;
}

void chip_plugin_stop(void *self)
{
	struct chip_plugin *p = self;
	bool hung = false;
	if (p->worker != NULL) {
		p->host->watch(p->host->ctx, worker_fd(p->worker), 0, NULL, NULL);
		hung = !worker_free(p->worker);
	}
	if (p->status_fd >= 0)
		p->host->watch(p->host->ctx, p->status_fd, 0, NULL, NULL);
	p->source.stop(p->source.self, hung);
	explicit_bzero(p, sizeof *p);
	free(p);
}
