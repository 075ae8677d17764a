/* SPDX-License-Identifier: Apache-2.0
 * See outcome.h. Must never look at what a file holds.
 */
#include "chip/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "emrtd/bundle.h"

#define GROUP(n) (UINT32_C(1) << (n))

/* OPENING_BYTES: what opening a chip costs beside reading, in bytes. PACE_KNOWN: fewer bytes tell nothing of the pace. */
enum { OPENING_BYTES = 1500, PACE_KNOWN = 1600, REMAINING_MAX_MS = 60000 };

Postern__ChipResult chip_result(int err, const struct emrtd_failure *failure)
{
	if (err == PN_OK)
		return POSTERN__CHIP_RESULT__CHIP_READ;
	if (err == PN_ETIMEOUT)
		return POSTERN__CHIP_RESULT__CHIP_LATE;
	if (err == PN_ECONFLICT)
		return POSTERN__CHIP_RESULT__CHIP_TORN; /* what came back is not what left */
	switch (failure->cause) {
	case EMRTD_CAUSE_PASSWORD:
		return POSTERN__CHIP_RESULT__CHIP_REFUSED;
	case EMRTD_CAUSE_CHANNEL:
	case EMRTD_CAUSE_TORN:
		return POSTERN__CHIP_RESULT__CHIP_TORN;
	default:
		return POSTERN__CHIP_RESULT__CHIP_ERROR;
	}
}

bool chip_maybe_torn(const struct emrtd_failure *failure)
{
	switch (failure->cause) {
	case EMRTD_CAUSE_CHANNEL:
	case EMRTD_CAUSE_TORN:
	case EMRTD_CAUSE_SM_BARE:
	case EMRTD_CAUSE_SM_DEAD:
		return true;
	case EMRTD_CAUSE_FORMAT:
	case EMRTD_CAUSE_CA_WRONG:
		return failure->sw == 0x9000 && failure->step != EMRTD_STEP_READ;
	default:
		return false;
	}
}

Postern__ChipAccess chip_access(const struct emrtd_access_report *report)
{
	if (report->access == EMRTD_ACCESS_PACE)
		return POSTERN__CHIP_ACCESS__CHIP_ACCESS_PACE;
	if (report->access != EMRTD_ACCESS_BAC)
		return POSTERN__CHIP_ACCESS__CHIP_ACCESS_UNSPECIFIED;
	return report->fell_back ? POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC_AFTER_PACE : POSTERN__CHIP_ACCESS__CHIP_ACCESS_BAC;
}

void chip_proof(enum emrtd_proof proof, const struct emrtd_failure *failure, Postern__ChipProof *out)
{
	bool tried = failure->err != 0;
	switch (proof) {
	case EMRTD_PROVEN:
		out->result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
		return;
	case EMRTD_REFUTED:
		out->result = POSTERN__CHECK_RESULT__CHECK_FAILED;
		break;
	case EMRTD_PENDING:
		out->result = POSTERN__CHECK_RESULT__CHECK_UNDETERMINED;
		break;
	case EMRTD_NOT_PERFORMED:
		out->result = tried ? POSTERN__CHECK_RESULT__CHECK_UNDETERMINED : POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED;
		break;
	}
	if (tried)
		out->cause = (char *)emrtd_cause_key(failure->cause);
}

static void add(const struct emrtd_read_file *f, size_t usual, size_t *done, size_t *left)
{
	if (f->absent)
		return;
	*done += f->size;
	if (f->progress.total > f->size)
		*left += f->progress.total - f->size;
	else if (!f->whole && f->size == 0)
		*left += usual;
}

void chip_bytes(const struct emrtd_document *d, uint32_t groups, size_t *done, size_t *left)
{
	static const uint16_t usual[EMRTD_GROUPS] = {[1] = 93, [2] = 15000, [7] = 4000, [14] = 400, [15] = 300};
	bool open = d->access.access != EMRTD_ACCESS_NONE;
	*done = open ? OPENING_BYTES : 0;
	*left = open ? 0 : OPENING_BYTES;
	add(&d->sod, 2000, done, left);
	if (d->access.access == EMRTD_ACCESS_PACE && d->access.mapping == EMRTD_CHIP_AUTHENTICATION)
		add(&d->card_security, 2000, done, left);
	groups |= GROUP(1) | GROUP(14) | GROUP(15);
	for (unsigned n = 1; n < EMRTD_GROUPS; n++)
		if (groups & GROUP(n))
			add(&d->group[n], usual[n] != 0 ? usual[n] : 100, done, left);
}

struct chip_progress chip_progress(enum emrtd_stage stage, size_t done, size_t left, uint64_t elapsed_ms)
{
	static const Postern__ChipStage stages[] = {
		[EMRTD_STAGE_OPENING] = POSTERN__CHIP_STAGE__CHIP_STAGE_OPENING,
		[EMRTD_STAGE_SIGNED] = POSTERN__CHIP_STAGE__CHIP_STAGE_SIGNED,
		[EMRTD_STAGE_CHIP] = POSTERN__CHIP_STAGE__CHIP_STAGE_SIGNED,
		[EMRTD_STAGE_HOLDER] = POSTERN__CHIP_STAGE__CHIP_STAGE_HOLDER,
		[EMRTD_STAGE_GENUINE] = POSTERN__CHIP_STAGE__CHIP_STAGE_GENUINE,
		[EMRTD_STAGE_FACE] = POSTERN__CHIP_STAGE__CHIP_STAGE_FACE,
		[EMRTD_STAGE_DONE] = POSTERN__CHIP_STAGE__CHIP_STAGE_DONE,
	};
	struct chip_progress p = {.stage = stages[stage]};
	if (stage == EMRTD_STAGE_DONE) {
		p.permille = 1000;
		return p;
	}
	uint64_t all = (uint64_t)done + left;
	p.permille = all == 0 ? 0 : (uint32_t)((uint64_t)done * 1000 / all);
	if (p.permille > 999)
		p.permille = 999;
	if (done >= PACE_KNOWN && elapsed_ms > 0 && elapsed_ms < UINT32_MAX) {
		uint64_t ms = elapsed_ms * left / done;
		p.remaining_ms = ms > REMAINING_MAX_MS ? REMAINING_MAX_MS : (uint32_t)ms;
	}
	return p;
}

struct bundling {
	uint8_t *bytes;
	size_t room, used;
	int err;
};

static void put(struct bundling *b, unsigned id, bool whole, bool absent, const uint8_t *bytes, size_t size)
{
	if (b->err != PN_OK || (!whole && !absent))
		return;
	b->err = emrtd_bundle_add(b->bytes, b->room, &b->used, id, whole ? EMRTD_BUNDLE_WHOLE : EMRTD_BUNDLE_ABSENT,
		whole ? bytes : NULL, whole ? size : 0);
}

static void put_file(struct bundling *b, unsigned id, const struct emrtd_read_file *f)
{
	put(b, id, f->whole, f->absent, f->bytes, f->size);
}

int chip_bundle(const struct emrtd_document *d, uint8_t **out, size_t *size)
{
	const struct emrtd_access_report *a = &d->access;
	struct bundling b = {.room = a->card_access_size + d->card_security.size + d->sod.size +
				     (size_t)(EMRTD_GROUPS + 3) * EMRTD_BUNDLE_HEAD};
	for (unsigned n = 1; n < EMRTD_GROUPS; n++)
		b.room += d->group[n].size;
	if (b.room > EMRTD_BUNDLE_MAX)
		return PN_ELIMIT;
	b.bytes = malloc(b.room);
	if (b.bytes == NULL)
		return PN_ENOMEM;
	put(&b, EMRTD_BUNDLE_CARD_ACCESS, a->card_access_size > 0,
		a->card_access_size == 0 && a->pace.cause == EMRTD_CAUSE_PACE_ABSENT, a->card_access, a->card_access_size);
	put_file(&b, EMRTD_BUNDLE_CARD_SECURITY, &d->card_security);
	put_file(&b, EMRTD_BUNDLE_SOD, &d->sod);
	for (unsigned n = 1; n < EMRTD_GROUPS; n++)
		put_file(&b, EMRTD_BUNDLE_GROUP + n, &d->group[n]);
	if (b.err != PN_OK) {
		chip_bundle_free(b.bytes, b.room);
		return b.err;
	}
	*out = b.bytes;
	*size = b.used;
	return PN_OK;
}

void chip_bundle_free(uint8_t *bytes, size_t size)
{
	if (bytes != NULL)
		explicit_bzero(bytes, size);
	free(bytes);
}
