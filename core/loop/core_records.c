/* SPDX-License-Identifier: Apache-2.0
 * The loop around the journal: appends and their completions, retries, forwarding through the uplink plugin,
 * retention. Must never drop a record: what fails is kept and submitted again, and while anything waits for the disk no
 * new traveller is served.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/blob.h"
#include "loop/core_run.h"

#define RETRY_MS 1000u
#define PURGE_EVERY_MS 60000u
#define INLINE_MAX (BUS_BODY_MAX - 64)

static void on_completions(void *data, int events);
static void forward(struct core *c);

static void free_pending(struct core *c, size_t i)
{
	struct core_pending *p = &c->pending[i];
	if (p->personal != NULL)
		explicit_bzero(p->personal, p->personal_size);
	free(p->personal);
	free(p->clear);
	*p = c->pending[--c->pending_count];
}

static void submit(struct core *c, struct core_pending *p)
{
	const struct journal_append a = { p->tag, p->clear, p->clear_size, p->personal, p->personal_size };
	int r = journal_submit(c->journal, &a);
	p->retry_ms = r == PN_OK ? 0 : clock_mono_ms() + RETRY_MS;
	if (r != PN_OK && r != PN_ELIMIT)
		pn_log(LOG_LEVEL_ERROR, "journal", "append.refused", LE(r));
}

static void tell_lane(struct core *c, enum lane_input_kind kind, uint64_t tag, const uint8_t *hash)
{
	struct lane_input in;
	if (!c->has_lane)
		return;
	core_input(c, &in, kind);
	in.tag = tag;
	if (hash != NULL)
		memcpy(in.hash, hash, sizeof in.hash);
	core_dispatch_at(c, kiosks_station(c, tag), &in);
}

static int pack(const ProtobufCMessage *m, uint8_t **bytes, size_t *size)
{
	*size = protobuf_c_message_get_packed_size(m);
	*bytes = malloc(*size > 0 ? *size : 1);
	if (*bytes == NULL)
		return PN_ENOMEM;
	protobuf_c_message_pack(m, *bytes);
	return PN_OK;
}

void records_append(struct core *c, uint64_t tag, const Postern__RecordClear *clear,
	const Postern__CrossingRecord *personal)
{
	struct core_pending *p = &c->pending[c->pending_count];
	if (c->pending_count == CORE_PENDING) {
		/* The lane takes no traveller long before this; the one inside is seen out by an officer. */
		pn_log(LOG_LEVEL_ERROR, "journal", "pending.full");
		control_trouble(c, "journal.pending_full", true);
		return;
	}
	memset(p, 0, sizeof *p);
	p->tag = tag;
	if (pack(&clear->base, &p->clear, &p->clear_size) != PN_OK ||
		(personal != NULL && c->seal_recipients[0] != '\0' &&
			pack(&personal->base, &p->personal, &p->personal_size) != PN_OK)) {
		free(p->clear);
		pn_log(LOG_LEVEL_ERROR, "journal", "pending.no_memory");
		return;
	}
	c->pending_count++;
	submit(c, p);
}

/* Only what is durable is shown. */
static void publish(struct core *c, const struct core_pending *p)
{
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, p->clear_size, p->clear);
	if (clear == NULL)
		return;
	control_publish(c, clear);
	if (kiosks_named(c, clear->lane) == 0) /* officers count at the gate */
		post_record(c, clear);
	postern__record_clear__free_unpacked(clear, NULL);
}

static size_t pending_find(const struct core *c, uint64_t tag)
{
	size_t i = 0;
	while (i < c->pending_count && c->pending[i].tag != tag)
		i++;
	return i;
}

bool records_waits(const struct core *c, uint64_t tag)
{
	return pending_find(c, tag) < c->pending_count;
}

static void appended(struct core *c, const struct journal_completion *done)
{
	size_t i = pending_find(c, done->tag);
	if (done->result == PN_OK) {
		c->journal_epoch = done->epoch;
		c->head_seq = done->seq;
		memcpy(c->head_hash, done->hash, sizeof c->head_hash);
		metrics_set(&c->metrics, METRIC_HEAD_SEQ, (int64_t)done->seq);
		if (i < c->pending_count) {
			publish(c, &c->pending[i]);
			free_pending(c, i);
		}
		control_trouble(c, "journal.cannot_write", c->pending_count > 0 && c->pending[0].retry_ms != 0);
		post_audited(c, done->tag, done->hash);
		if (done->tag == TAG_ACTIVATION)
			rules_recorded(c);
		else
			tell_lane(c, LANE_COMMITTED, done->tag, done->hash);
		forward(c);
		return;
	}
	pn_log(LOG_LEVEL_ERROR, "journal", "append.failed", LE(done->result));
	control_trouble(c, "journal.cannot_write", true);
	if (i < c->pending_count)
		c->pending[i].retry_ms = clock_mono_ms() + RETRY_MS;
	post_audited(c, done->tag, NULL);
	tell_lane(c, LANE_COMMIT_FAILED, done->tag, NULL);
}

static uint32_t chance(void)
{
	uint32_t r = 0;
	if (getrandom(&r, sizeof r, 0) != sizeof r)
		r = (uint32_t)clock_mono_ns();
	return r;
}

static void show_alarm(struct core *c)
{
	if (c->outbox.alarm != OUTBOX_NO_ALARM)
		control_trouble(c, outbox_alarm_key(c->outbox.alarm), true);
}

static void acknowledged(struct core *c, const struct journal_completion *done)
{
	if (done->result == PN_OK) {
		c->acked_seq = done->seq;
		metrics_set(&c->metrics, METRIC_ACKED_SEQ, (int64_t)done->seq);
	} else {
		pn_log(LOG_LEVEL_ERROR, "journal", "ack.not_taken", LE(done->result));
	}
	outbox_settled(&c->outbox, clock_mono_ms(), done->result, chance());
	show_alarm(c);
	forward(c);
}

static void on_completions(void *data, int events)
{
	struct core *c = data;
	struct journal_completion done;
	(void)events;
	while (journal_next_completion(c->journal, &done) == PN_OK) {
		switch (done.operation) {
		case JOURNAL_APPENDED:
			appended(c, &done);
			break;
		case JOURNAL_ACKNOWLEDGED:
			acknowledged(c, &done);
			break;
		case JOURNAL_PURGED:
			if (done.result == PN_OK && done.purge.records > 0)
				pn_log(LOG_LEVEL_INFO, "journal", "purged", LN("records", done.purge.records));
			break;
		case JOURNAL_FACES_KEPT:
		case JOURNAL_FACES_PURGED:
			faces_done(&done);
			break;
		}
	}
	core_arm(c);
}

/* One batch to the uplink, when the outbox says so and a batch and an uplink are there. */
static void forward(struct core *c)
{
	struct journal_status status;
	struct journal_batch batch;
	struct outbox_decision d;
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__ForwardJournal q = POSTERN__FORWARD_JOURNAL__INIT;
	struct bus_blob blob;
	int fd = -1;
	if (c->batch == NULL || plugins_of_kind(c, POSTERN__PLUGIN_KIND__KIND_UPLINK) == NULL)
		return;
	journal_status(c->journal, &status);
	d = outbox_next(&c->outbox, clock_mono_ms(), status.outbox, chance());
	if (!d.send || journal_next_batch(c->journal, status.acked_epoch, status.acked_seq, d.max_records, c->batch,
			       JOURNAL_BATCH_BYTES_MAX, &batch) != PN_OK)
		return;
	if (batch.size > INLINE_MAX) {
		int r = blob_create(c->batch, batch.size, &fd, &blob);
		if (r != PN_OK) {
			pn_log(LOG_LEVEL_ERROR, "journal", "forward.no_blob", LE(r));
			return;
		}
		e.blob_sha256.data = blob.sha256;
		e.blob_sha256.len = sizeof blob.sha256;
		e.blob_size = blob.size;
	} else {
		q.batch.data = c->batch;
		q.batch.len = batch.size;
	}
	q.records = batch.records;
	q.first_seq = batch.first_seq;
	q.last_seq = batch.last_seq;
	e.id = c->next_query_id++;
	e.body_case = POSTERN__ENVELOPE__BODY_FORWARD_JOURNAL;
	e.forward_journal = &q;
	if (plugins_send(c, POSTERN__PLUGIN_KIND__KIND_UPLINK, &e, fd) != PN_OK)
		return;
	c->forward_query_id = e.id;
	metrics_set(&c->metrics, METRIC_OUTBOX_AGE_MS, clock_wall_ms() - batch.oldest_wall_ms);
	outbox_sent(&c->outbox, clock_mono_ms(), batch.epoch, batch.first_seq, batch.last_seq, batch.last_hash);
}

/* An acknowledgement counts only when the centre's key signed it for this tenant and gate. */
static bool verified(struct core *c, const Postern__JournalForwarded *f, struct ack *ack)
{
	return f->result == POSTERN__FORWARD_RESULT__FORWARD_ACKED && f->ack != NULL && c->has_ack_key &&
	       ack_verify(f->ack, c->ack_key, c->config->tenant, c->unit->name, ack) == PN_OK;
}

void records_forwarded(struct core *c, const struct bus_message *m)
{
	const Postern__JournalForwarded *f = m->envelope->journal_forwarded;
	struct ack ack = { 0 };
	uint8_t signed_bytes[1024];
	struct journal_ack commit = { 0 };
	bool good;
	if (m->envelope->id != c->forward_query_id)
		return; /* of a request that was given up, or of the core before */
	good = verified(c, f, &ack);
	if (!outbox_answered(&c->outbox, clock_mono_ms(), f->result, good ? &ack : NULL, f->retry_after_ms, chance())) {
		show_alarm(c);
		return;
	}
	commit.tag = TAG_ACK;
	commit.epoch = ack.epoch;
	commit.seq = ack.acked_seq;
	memcpy(commit.head_hash, ack.head_hash, sizeof commit.head_hash);
	commit.signed_ack_size = postern__signed_ack__get_packed_size(f->ack);
	if (commit.signed_ack_size <= sizeof signed_bytes) {
		postern__signed_ack__pack(f->ack, signed_bytes);
		commit.signed_ack = signed_bytes;
	} else {
		commit.signed_ack_size = 0;
	}
	int r = journal_acknowledge(c->journal, &commit);
	if (r != PN_OK)
		outbox_settled(&c->outbox, clock_mono_ms(), r, chance());
}

void records_uplink_lost(struct core *c)
{
	if (outbox_answered(&c->outbox, clock_mono_ms(), POSTERN__FORWARD_RESULT__FORWARD_UNREACHABLE, NULL, 0, chance()))
		pn_log(LOG_LEVEL_ERROR, "journal", "outbox.confused");
	c->forward_query_id = 0;
}

void records_beat(struct core *c, uint64_t now_ms)
{
	for (size_t i = 0; i < c->pending_count; i++)
		if (c->pending[i].retry_ms != 0 && now_ms >= c->pending[i].retry_ms)
			submit(c, &c->pending[i]);
	if (now_ms >= c->next_purge_ms) {
		int64_t wall = clock_wall_ms();
		c->next_purge_ms = now_ms + PURGE_EVERY_MS;
		int r = journal_purge(c->journal, TAG_PURGE, wall - (int64_t)c->unit->journal.retention_hours * 3600000, wall);
		if (r != PN_OK)
			pn_log(LOG_LEVEL_WARNING, "journal", "purge.refused", LE(r));
		faces_purge(c);
	}
	forward(c);
	/* After a failed sync only a new opening of the file can be trusted. Nobody is inside: start anew. */
	struct journal_status status;
	journal_status(c->journal, &status);
	if (status.broken && !kiosks_crossing(c)) {
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.broken");
		uv_stop(&c->loop);
	}
}

static void seal_certificate(const struct core *c, const char *name, char *path, size_t size, struct journal_pem *pem)
{
	if (c->unit->trust == NULL)
		return;
	snprintf(path, size, "%s/%s", c->unit->trust, name);
	if (access(path, R_OK) == 0)
		pem->path = path;
}

int records_start(struct core *c)
{
	static const struct outbox_config pace = { .batch_max = JOURNAL_BATCH_RECORDS_MAX, .backoff_first_ms = 500,
		.backoff_max_ms = 30000, .request_timeout_ms = 30000 };
	char path[512], key[512], centre[512], escrow[512];
	struct journal_config jc = { 0 };
	struct journal_status status;
	int r;
	snprintf(path, sizeof path, "%s/%s/journal.db", c->config->state_folder, c->unit->name);
	snprintf(key, sizeof key, "%s/%s/checkpoint.key", c->config->state_folder, c->unit->name);
	jc.path = path;
	jc.checkpoint_key_path = key;
	jc.tenant = c->config->tenant;
	jc.gate = c->unit->name;
	jc.free_floor = (uint64_t)c->unit->journal.free_space_floor_mib << 20;
	jc.realtime_priority = 10;
	seal_certificate(c, "centre-seal.pem", centre, sizeof centre, &jc.seal_centre);
	seal_certificate(c, "escrow-seal.pem", escrow, sizeof escrow, &jc.seal_escrow);
	r = journal_open(&c->journal, &jc);
	if (r != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.cannot_open", LE(r));
		return r;
	}
	text_copy(c->seal_recipients, sizeof c->seal_recipients, journal_seal_recipients(c->journal));
	if (c->unit->role == CONFIG_GATE && c->seal_recipients[0] == '\0') {
		pn_log(LOG_LEVEL_ERROR, "journal", "journal.no_seal_certificates");
		return PN_ECRYPTO;
	}
	journal_status(c->journal, &status);
	c->journal_epoch = status.epoch;
	c->head_seq = status.head_seq;
	c->acked_seq = status.acked_seq;
	memcpy(c->head_hash, status.head_hash, sizeof c->head_hash);
	c->batch = malloc(JOURNAL_BATCH_BYTES_MAX);
	c->completions = watch_start(&c->loop, journal_completion_fd(c->journal), UV_READABLE, on_completions, c);
	if (c->batch == NULL || c->completions == NULL)
		return PN_ENOMEM;
	pn_log(LOG_LEVEL_INFO, "journal", "journal.open", LN("epoch", status.epoch), LN("head_seq", status.head_seq),
		LN("acked_seq", status.acked_seq), LN("priority", status.priority));
	return outbox_init(&c->outbox, &pace);
}

/* Newest first: of each lane the first verdict without an outcome that comes after it belongs to a crossing cut short. */
struct open_crossing {
	struct core *c;
	char ended[64][ULID_SIZE];
	size_t ended_count;
	bool seen[1 + CONFIG_KIOSKS_MAX]; /* its last verdict */
	char found[1 + CONFIG_KIOSKS_MAX][ULID_SIZE];
	size_t left;
};

static const char *lane_name(const struct core *c, size_t station)
{
	return station == 0 ? c->unit->name : c->unit->kiosks[station - 1];
}

static size_t station_of(const struct core *c, const struct journal_row *row)
{
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, row->clear_size, row->clear);
	size_t station = clear != NULL ? kiosks_named(c, clear->lane) : 0;
	if (clear != NULL)
		postern__record_clear__free_unpacked(clear, NULL);
	return station;
}

static int look_at(void *context, const struct journal_row *row)
{
	struct open_crossing *o = context;
	size_t station;
	bool ended = false;
	if (strlen(row->crossing_id) != ULID_SIZE - 1)
		return 0;
	if (row->kind == POSTERN__RECORD_KIND__RECORD_OUTCOME && o->ended_count < PN_COUNT(o->ended)) {
		text_copy(o->ended[o->ended_count++], ULID_SIZE, row->crossing_id);
		return 0;
	}
	station = station_of(o->c, row);
	if (row->kind != POSTERN__RECORD_KIND__RECORD_VERDICT || o->seen[station])
		return 0;
	for (size_t i = 0; i < o->ended_count; i++)
		ended |= strcmp(o->ended[i], row->crossing_id) == 0;
	/* Everything older of this lane was in order when this one ended. */
	o->seen[station] = true;
	if (!ended)
		text_copy(o->found[station], ULID_SIZE, row->crossing_id);
	return --o->left == 0 ? 1 : 0;
}

static void finish(struct core *c, const char *lane, char *crossing)
{
	Postern__RecordClear clear = POSTERN__RECORD_CLEAR__INIT;
	clear.kind = POSTERN__RECORD_KIND__RECORD_OUTCOME;
	clear.crossing_id = crossing;
	clear.wall_ms = clock_wall_ms();
	clear.lane = (char *)(uintptr_t)lane;
	clear.outcome = POSTERN__OUTCOME__OUTCOME_UNKNOWN;
	clear.event = (char *)(uintptr_t)"core.restarted";
	pn_log(LOG_LEVEL_WARNING, "journal", "crossing.cut_short", LK("crossing", crossing));
	records_append(c, TAG_OWN, &clear, NULL);
}

int records_finish_open_crossing(struct core *c)
{
	char path[512];
	struct open_crossing o = { .c = c, .left = 1 + c->kiosk_count };
	const struct journal_query newest = { .limit = 256 * (1 + c->kiosk_count), .newest_first = true };
	int r;
	if (!c->has_lane)
		return PN_OK;
	snprintf(path, sizeof path, "%s/%s/journal.db", c->config->state_folder, c->unit->name);
	r = journal_show(path, &newest, look_at, &o);
	if (r < 0)
		return r;
	for (size_t i = 0; i <= c->kiosk_count; i++)
		if (o.found[i][0] != '\0')
			finish(c, lane_name(c, i), o.found[i]);
	return PN_OK;
}

void records_stop(struct core *c)
{
	watch_stop(&c->completions);
	if (c->journal != NULL)
		journal_close(c->journal);
	c->journal = NULL;
	while (c->pending_count > 0)
		free_pending(c, c->pending_count - 1);
	free(c->batch);
	c->batch = NULL;
}
