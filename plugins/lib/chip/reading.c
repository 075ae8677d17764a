/* SPDX-License-Identifier: Apache-2.0
 * See reading.h. A failure that looks like a tear is answered by powering the chip anew and going on; when that brings nothing
 * further, it was none, and the reading ends with its cause. Must never resume a reading with another password or policy.
 */
#include "chip/reading.h"

#include <string.h>

#include "base/clock.h"
#include "chip/capacity.h"

/* STALLS_MAX: tears in a row that brought no byte further. APDU_MAX: a larger response gains nothing (4 exchanges for a face) and
 * costs more when it is torn. */
enum { STALLS_MAX = 2, APDU_MAX = 4096 + 64, INFO_SFI = 1, CHUNK_UNSAID = 223 };

struct run {
	const struct chip_slot *slot;
	const struct chip_reading *reading;
	struct chip_outcome *out;
	struct chip_card card;
	size_t command_bound, response_bound; /* the chip's own */
	bool measured, stopped, chaining;
	int channel; /* what the slot last said */
	struct chip_progress told;
};

static uint64_t left_ms(const struct run *r)
{
	uint64_t now = clock_mono_ms();
	return r->reading->deadline_ms > now ? r->reading->deadline_ms - now : 0;
}

static void within(const struct run *r, uint64_t limit_ms)
{
	if (r->reading->within != NULL)
		r->reading->within(r->reading->self, limit_ms == 0 ? 0 : clock_mono_ms() + limit_ms);
}

static int transmit(void *self, const uint8_t *command, size_t size, uint8_t *response, size_t *response_size)
{
	struct run *r = self;
	const struct chip_reading *w = r->reading;
	uint64_t limit = left_ms(r), begun = clock_mono_ns();
	r->stopped = r->stopped || (w->stopped != NULL && w->stopped(w->self));
	r->channel = r->stopped ? PN_ECLOSED : limit == 0 ? PN_ETIMEOUT : PN_OK;
	if (r->channel != PN_OK)
		return r->channel;
	if (limit > w->apdu_limit_ms)
		limit = w->apdu_limit_ms;
	within(r, limit);
	r->channel = r->slot->transmit(r->slot->self, command, size, response, response_size, (uint32_t)limit);
	within(r, 0);
	if (w->exchanged != NULL) {
		bool whole = r->channel == PN_OK && *response_size >= 2;
		const struct chip_exchange e = {command, size, r->channel == PN_OK ? *response_size : 0,
			whole ? (uint16_t)(response[*response_size - 2] << 8 | response[*response_size - 1]) : 0, r->channel,
			(double)(clock_mono_ns() - begun) / 1e6};
		w->exchanged(w->self, &e);
	}
	return r->channel;
}

static void tell(struct run *r, struct chip_progress p)
{
	/* What was reached stays reached, whatever is learned of lengths. */
	if (p.permille < r->told.permille)
		p.permille = r->told.permille;
	r->told = p;
	if (r->reading->progress != NULL)
		r->reading->progress(r->reading->self, &p);
}

static int stage(void *self, enum emrtd_stage stage, const struct emrtd_document *so_far)
{
	struct run *r = self;
	size_t done, left;
	chip_bytes(so_far, r->reading->groups, &done, &left);
	tell(r, chip_progress(stage, done, left, clock_mono_ms() - r->out->chip_ms));
	return 0;
}

static int power(struct run *r, uint32_t wait_ms)
{
	uint64_t wait = left_ms(r);
	if (wait > wait_ms)
		wait = wait_ms;
	within(r, wait + r->reading->apdu_limit_ms);
	r->channel = r->slot->power(r->slot->self, (uint32_t)wait, &r->card);
	within(r, 0);
	r->stopped = r->stopped || r->channel == PN_ECLOSED;
	return r->channel;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static struct emrtd_channel channel_of(struct run *r)
{
	return (struct emrtd_channel){.self = r,
		.transmit = transmit,
		.command_max = smaller(smaller(r->card.command_max, r->command_bound), APDU_MAX),
		.response_max = smaller(smaller(r->card.response_max, r->response_bound), APDU_MAX),
		.chaining = r->chaining};
}

/* EF.ATR/INFO of the master file; a chip without one, or with one that is closed, has no bounds of its own. */
static int read_info(struct run *r)
{
	struct emrtd_channel channel = channel_of(r);
	struct emrtd_bytes file;
	size_t command = 0, response = 0;
	channel.command_max = channel.response_max = 0;
	struct emrtd_session *s = emrtd_open(&channel);
	if (s == NULL)
		return PN_ENOMEM;
	int err = emrtd_read(s, INFO_SFI, 0, EMRTD_SHORT_LE_MAX, &file);
	if (err == PN_OK)
		r->chaining = r->chaining || chip_info_chaining(file);
	if (err == PN_OK && chip_info_sizes(file, &command, &response)) {
		r->command_bound = command;
		r->response_bound = response;
	}
	emrtd_close(s);
	return r->channel;
}

/* What reader and chip take, before the first session. A chip that does not say so is asked for more only by need. */
static int measure(struct run *r)
{
	int err = PN_OK;
	if (r->measured)
		return PN_OK;
	r->chaining = chip_chaining(r->card.atr, r->card.atr_size);
	switch (chip_extended(r->card.atr, r->card.atr_size)) {
	case CHIP_EXTENDED_NO:
		r->command_bound = r->response_bound = 0;
		break;
	case CHIP_EXTENDED_UNSAID:
		r->out->document.limits.chunk = CHUNK_UNSAID;
		break;
	case CHIP_EXTENDED_YES:
		err = read_info(r);
		break;
	}
	r->measured = err == PN_OK;
	return err;
}

/* One presence of the chip. */
static int attempt(struct run *r)
{
	struct chip_outcome *out = r->out;
	const struct emrtd_wish wish = {.password = r->reading->password,
		.policy = &r->reading->policy,
		.groups = r->reading->groups,
		.families = r->reading->families,
		.issuer = r->reading->issuer,
		.document_code = r->reading->document_code,
		.stage = stage,
		.self = r};
	out->failure = (struct emrtd_failure){0};
	int err = measure(r);
	if (err != PN_OK) {
		out->failure = (struct emrtd_failure){err, EMRTD_STEP_CARD_ACCESS, EMRTD_CAUSE_CHANNEL, 0};
		return err;
	}
	const struct emrtd_channel channel = channel_of(r);
	struct emrtd_session *s = emrtd_open(&channel);
	if (s == NULL)
		return PN_ENOMEM;
	err = emrtd_document_read(s, &wish, &out->document);
	if (err != PN_OK)
		out->failure = emrtd_failure(s);
	emrtd_close(s);
	return r->channel == PN_ETIMEOUT ? PN_ETIMEOUT : err;
}

static size_t bytes_read(const struct run *r)
{
	size_t done, left;
	chip_bytes(&r->out->document, r->reading->groups, &done, &left);
	return done;
}

/* Attempts until the document is read or nothing more can come of it. */
static void go_on(struct run *r)
{
	struct chip_outcome *out = r->out;
	size_t had = 0;
	for (unsigned stalls = 0;;) {
		out->err = attempt(r);
		out->result = chip_result(out->err, &out->failure);
		if (out->err == PN_OK || out->err == PN_ETIMEOUT || r->stopped || !chip_maybe_torn(&out->failure))
			return;
		size_t have = bytes_read(r);
		stalls = have > had ? 0 : stalls + 1;
		had = have;
		if (stalls > STALLS_MAX)
			return;
		out->tears++;
		tell(r, (struct chip_progress){.stage = POSTERN__CHIP_STAGE__CHIP_STAGE_WAITING});
		if (power(r, r->reading->resume_ms) != PN_OK) {
			out->result = left_ms(r) == 0 ? POSTERN__CHIP_RESULT__CHIP_LATE : POSTERN__CHIP_RESULT__CHIP_TORN;
			return;
		}
	}
}

void chip_read(const struct chip_slot *slot, const struct chip_reading *reading, struct chip_outcome *out)
{
	struct run r = {.slot = slot, .reading = reading, .out = out, .command_bound = SIZE_MAX, .response_bound = SIZE_MAX};
	memset(out, 0, sizeof *out);
	tell(&r, (struct chip_progress){.stage = POSTERN__CHIP_STAGE__CHIP_STAGE_WAITING});
	out->err = power(&r, reading->wait_ms);
	if (out->err == PN_OK) {
		out->chip_ms = clock_mono_ms();
		if (reading->found != NULL && !reading->found(reading->self))
			r.stopped = true;
		else
			go_on(&r);
		out->read_ms = (uint32_t)(clock_mono_ms() - out->chip_ms);
		slot->release(slot->self);
	} else {
		out->failure = (struct emrtd_failure){out->err, EMRTD_STEP_NONE, EMRTD_CAUSE_CHANNEL, 0};
		out->result = out->err == PN_ENOTFOUND ? POSTERN__CHIP_RESULT__CHIP_NONE : POSTERN__CHIP_RESULT__CHIP_ERROR;
	}
	if (r.stopped)
		out->result = POSTERN__CHIP_RESULT__CHIP_RESULT_UNSPECIFIED;
}

void chip_outcome_free(struct chip_outcome *out)
{
	emrtd_document_free(&out->document);
	explicit_bzero(out, sizeof *out);
}
