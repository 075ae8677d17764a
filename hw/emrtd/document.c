/* SPDX-License-Identifier: Apache-2.0
 * See document.h.
 */
#include "emrtd/document.h"

#include <stdlib.h>
#include <string.h>

#include "emrtd/session.h"

#define GROUP(n) (UINT32_C(1) << (n))

struct reading {
	struct emrtd_session *s;
	const struct emrtd_wish *wish;
	struct emrtd_document *d;
	bool has_family;
	uint8_t family[EMRTD_FAMILY_KEY];
};

static int store(void *self, const uint8_t *bytes, size_t size)
{
	struct emrtd_read_file *f = self;
	if (f->size + size > f->room) {
		size_t room = f->progress.total > f->size + size ? f->progress.total : f->size + size;
		uint8_t *more = malloc(room);
		if (more == NULL)
			return PN_ENOMEM;
		if (f->size > 0)
			memcpy(more, f->bytes, f->size);
		if (f->bytes != NULL)
			explicit_bzero(f->bytes, f->room);
		free(f->bytes);
		f->bytes = more;
		f->room = room;
	}
	memcpy(f->bytes + f->size, bytes, size);
	f->size += size;
	return 0;
}

static void empty(struct emrtd_read_file *f)
{
	if (f->bytes != NULL)
		explicit_bzero(f->bytes, f->room);
	free(f->bytes);
	memset(f, 0, sizeof *f);
}

static int stage(struct reading *r, enum emrtd_stage stage)
{
	return r->wish->stage != NULL ? r->wish->stage(r->wish->self, stage, r->d) : 0;
}

/* Bytes of DG2 as they come, for a display. */
static int store_face(void *self, const uint8_t *bytes, size_t size)
{
	struct reading *r = self;
	int err = store(&r->d->group[2], bytes, size);
	return err != 0 ? err : stage(r, EMRTD_STAGE_FACE);
}

static size_t file_max(const struct reading *r)
{
	return r->wish->file_max > 0 ? r->wish->file_max : EMRTD_FILE_MAX;
}

/* A file that the chip does not have is no error. */
static int read_into(struct reading *r, const struct emrtd_file *file, struct emrtd_read_file *f, bool face)
{
	if (f->whole || f->absent)
		return 0;
	int err = emrtd_file_read(r->s, file, &r->d->limits, &f->progress, file_max(r), face ? store_face : store,
		face ? (void *)r : (void *)f);
	f->whole = err == 0;
	f->absent = err == PN_ENOTFOUND;
	return f->absent ? 0 : err;
}

static int read_group(struct reading *r, unsigned n)
{
	struct emrtd_file file;
	if (!emrtd_file_group(n, &file))
		return PN_EINVAL;
	return read_into(r, &file, &r->d->group[n], n == 2);
}

/* The session ended: nothing more can be read until the chip is reset. A proof that failed without that is no error. */
static int gone(const struct reading *r, int err)
{
	enum emrtd_cause cause = emrtd_failure(r->s).cause;
	return emrtd_state(r->s).dead || cause == EMRTD_CAUSE_CHANNEL || cause == EMRTD_CAUSE_TORN ? err : 0;
}

/* After a tear: the same chip, or nothing of it. */
static int same_chip(struct reading *r)
{
	struct emrtd_read_file again = {0};
	int err = emrtd_file_read(r->s, &emrtd_file_sod, &r->d->limits, &again.progress, file_max(r), store, &again);
	if (err == 0 && (again.size != r->d->sod.size || memcmp(again.bytes, r->d->sod.bytes, again.size) != 0))
		err = PN_ECONFLICT;
	empty(&again);
	r->d->resumed++;
	return err;
}

static int read_sod(struct reading *r)
{
	if (r->d->sod.whole)
		return same_chip(r);
	empty(&r->d->sod);
	/* Groups were begun only after a whole EF.SOD, so there are none yet. */
	int err = read_into(r, &emrtd_file_sod, &r->d->sod, false);
	return err != 0 ? err : stage(r, EMRTD_STAGE_SIGNED);
}

/* What a failure says of a proof: a chip that was taken away, a reader that is too small, a form of commands that it refuses or a protocol that is not known here
 * decide nothing. */
static enum emrtd_proof verdict(const struct emrtd_session *s, int err)
{
	if (err == 0)
		return EMRTD_PROVEN;
	switch (emrtd_failure(s).cause) {
	case EMRTD_CAUSE_CHANNEL:
	case EMRTD_CAUSE_TORN:
	case EMRTD_CAUSE_CHANNEL_SMALL:
	case EMRTD_CAUSE_CHAINING:
	case EMRTD_CAUSE_CRYPTO:
	case EMRTD_CAUSE_CA_UNSUPPORTED:
	case EMRTD_CAUSE_AA_UNSUPPORTED:
		return EMRTD_NOT_PERFORMED;
	default:
		return EMRTD_REFUTED;
	}
}

/* Chip authentication mapping (Doc 9303-11, 4.4.3.3.3). Its key lies in the master file, so this comes before the
 * application is selected. */
static int verify_mapping(struct reading *r)
{
	struct emrtd_security_infos infos;
	struct emrtd_bytes set;
	struct emrtd_read_file *f = &r->d->card_security;
	int err = read_into(r, &emrtd_file_card_security, f, false);
	if (!f->whole) {
		/* Not there, or not for us: nothing to prove the mapping by. */
		if (emrtd_failure(r->s).err == 0)
			emrtd_fail(r->s, EMRTD_STEP_CAM, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
		r->d->mapping_failure = emrtd_failure(r->s);
		return err == PN_EDENIED || err == PN_EFORMAT || err == PN_ELIMIT ? gone(r, err) : err;
	}
	err = emrtd_card_security_payload((struct emrtd_bytes){f->bytes, f->size}, &set);
	if (err == 0)
		err = emrtd_security_infos(&infos, set);
	err = err == 0 ? emrtd_cam_verify(r->s, &infos) : emrtd_fail(r->s, EMRTD_STEP_CAM, EMRTD_CAUSE_FORMAT, err);
	r->d->mapping = verdict(r->s, err);
	if (err != 0)
		r->d->mapping_failure = emrtd_failure(r->s);
	return 0;
}

/* What is known of chips like this one, where this document's own reading has not taught better. */
static int ask_family(struct reading *r)
{
	struct emrtd_limits *own = &r->d->limits;
	const struct emrtd_access_report *a = &r->d->access;
	if (r->wish->families == NULL)
		return 0;
	int err = emrtd_family_key(r->wish->issuer, r->wish->document_code,
		(struct emrtd_bytes){a->card_access, a->card_access_size}, r->family);
	r->has_family = err == 0;
	if (err == 0 && own->chunk == 0 && !own->without_sfi && !own->exact)
		(void)emrtd_families_find(r->wish->families, r->family, own);
	return err;
}

static int open_document(struct reading *r)
{
	const struct emrtd_access_report *a = &r->d->access;
	int err = emrtd_access_here(r->s, r->wish->password, r->wish->policy, &r->d->access);
	if (err == 0)
		err = ask_family(r);
	if (err != 0 || a->access != EMRTD_ACCESS_PACE)
		return err;
	if (a->mapping == EMRTD_CHIP_AUTHENTICATION)
		err = verify_mapping(r);
	return err != 0 ? err : emrtd_select_application(r->s);
}

/* The first response under the new keys decides (Doc 9303-11, 6.2.1): that of reading DG1, which is next; where DG1 is there
 * from before a tear, one of a command of its own. */
static int prove_chip(struct reading *r)
{
	int err = r->d->group[1].whole ? emrtd_chip_confirm(r->s) : read_group(r, 1);
	r->d->chip = emrtd_chip_proof(r->s);
	if (r->d->chip == EMRTD_REFUTED)
		err = emrtd_chip_confirm(r->s); /* says so */
	if (r->d->chip != EMRTD_PROVEN)
		r->d->chip_failure = emrtd_failure(r->s);
	return err != 0 ? err : stage(r, EMRTD_STAGE_CHIP);
}

static int authenticate_chip(struct reading *r)
{
	struct emrtd_security_infos infos;
	struct emrtd_ca_choice choice;
	struct emrtd_read_file *dg14 = &r->d->group[14];
	int err = read_group(r, 14);
	if (err != 0)
		return err;
	if (dg14->whole && !r->wish->without_chip_authentication && emrtd_state(r->s).secure &&
		emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}) == 0 &&
		emrtd_ca_choose(&infos, &choice) == 0) {
		err = emrtd_chip_authenticate(r->s, &choice);
		if (err == 0)
			return prove_chip(r);
		r->d->chip = verdict(r->s, err);
		r->d->chip_failure = emrtd_failure(r->s);
		if (gone(r, err) != 0)
			return err;
	}
	return stage(r, EMRTD_STAGE_CHIP);
}

static int authenticate_actively(struct reading *r)
{
	struct emrtd_security_infos infos;
	struct emrtd_read_file *dg15 = &r->d->group[15], *dg14 = &r->d->group[14];
	enum emrtd_hash hash = EMRTD_HASH_UNKNOWN;
	int err = read_group(r, 15);
	if (err != 0)
		return err;
	if (dg15->whole && !r->wish->without_active_authentication) {
		if (dg14->whole && emrtd_security_infos(&infos, (struct emrtd_bytes){dg14->bytes, dg14->size}) == 0)
			hash = infos.aa_hash;
		err = emrtd_active_authenticate(r->s, (struct emrtd_bytes){dg15->bytes, dg15->size}, hash);
		r->d->active = verdict(r->s, err);
		if (err != 0)
			r->d->active_failure = emrtd_failure(r->s);
		if (gone(r, err) != 0)
			return err;
	}
	return stage(r, EMRTD_STAGE_GENUINE);
}

static int read_rest(struct reading *r)
{
	int err = 0;
	for (unsigned n = 3; n < EMRTD_GROUPS && err == 0; n++)
		if (n != 14 && n != 15 && (r->wish->groups & GROUP(n)))
			err = read_group(r, n);
	if (err == 0 && (r->wish->groups & GROUP(2)))
		err = read_group(r, 2);
	return err != 0 ? err : stage(r, EMRTD_STAGE_DONE);
}

int emrtd_document_read(struct emrtd_session *s, const struct emrtd_wish *wish, struct emrtd_document *d)
{
	struct reading r = {.s = s, .wish = wish, .d = d};
	unsigned before = d->exchanges;
	/* A proof is of the chip that is there now, not of the one before a tear; and only a whole EF.SOD ties what was read
	 * before to it. */
	const struct emrtd_failure none = {0};
	d->mapping = d->chip = d->active = EMRTD_NOT_PERFORMED;
	d->mapping_failure = d->chip_failure = d->active_failure = none;
	if (!d->sod.whole || !d->card_security.whole)
		empty(&d->card_security);
	int err = stage(&r, EMRTD_STAGE_OPENING);
	if (err == 0)
		err = open_document(&r);
	if (err == 0)
		err = read_sod(&r);
	if (err == 0)
		err = authenticate_chip(&r);
	if (err == 0)
		err = read_group(&r, 1);
	if (err == 0)
		err = stage(&r, EMRTD_STAGE_HOLDER);
	if (err == 0)
		err = authenticate_actively(&r);
	if (err == 0)
		err = read_rest(&r);
	if (r.has_family)
		emrtd_families_keep(wish->families, r.family, &d->limits);
	d->exchanges = before + emrtd_state(s).exchanges;
	return err;
}

void emrtd_document_free(struct emrtd_document *d)
{
	empty(&d->card_security);
	empty(&d->sod);
	for (unsigned n = 0; n < EMRTD_GROUPS; n++)
		empty(&d->group[n]);
	memset(d, 0, sizeof *d);
}
