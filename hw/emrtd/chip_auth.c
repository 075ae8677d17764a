/* SPDX-License-Identifier: Apache-2.0
 * Chip authentication version 1, Doc 9303-11 section 6.2. Must never call a chip's key proven
 * before a response under the new keys has verified.
 */
#include "emrtd/chip_key.h"
#include "emrtd/session.h"

#include <string.h>

enum { DG14 = 0x010e, DATA_MAX = EMRTD_PUBLIC_MAX + 64, AT = 0xa4, KAT = 0xa6 };

struct run {
	const struct emrtd_ca_choice *choice;
	struct emrtd_domain domain;
	BIGNUM *secret;
	uint8_t own[EMRTD_PUBLIC_MAX];
	size_t own_size;
	uint8_t shared[EMRTD_FIELD_MAX];
};

/* Our ephemeral key of the chip's domain, and the secret that it makes with the chip's key. */
static int prepare(struct emrtd_session *s, struct run *r)
{
	enum emrtd_step step = EMRTD_STEP_CA_SELECT;
	int err = emrtd_chip_key_domain(r->choice->key, &r->domain);
	if (err != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_CA_KEY, err);
	err = emrtd_own_key(s, step, &r->domain, &r->secret, r->own, &r->own_size);
	if (err != 0)
		return err;
	err = emrtd_domain_agree(&r->domain, r->secret, r->choice->key->key, r->shared);
	return err == 0 ? 0 : emrtd_fail(s, step, EMRTD_CAUSE_CA_KEY, err);
}

static void put_reference(struct emrtd_writer *w, const struct emrtd_ca_choice *choice)
{
	/* The reference is the keyId of the key; of the protocol's entry where the key has none. */
	const struct emrtd_bytes id =
		choice->key->key_id.size > 0 ? choice->key->key_id : choice->key_id;
	if (choice->name_key && id.size > 0)
		emrtd_put_tlv(w, 0x84, id.bytes, id.size);
}

static int manage(
	struct emrtd_session *s, enum emrtd_step step, uint8_t p2, const struct emrtd_writer *w)
{
	const struct emrtd_command c = {0, 0x22, 0x41, p2, {w->bytes, w->size}, 0};
	struct emrtd_bytes none;
	if (w->full)
		return emrtd_fail(s, step, EMRTD_CAUSE_CHANNEL_SMALL, PN_ELIMIT);
	return emrtd_send(s, step, &c, &none);
}

/* Key and reference in one command (6.2.4.1). */
static int with_kat(struct emrtd_session *s, const struct run *r)
{
	uint8_t data[DATA_MAX];
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	emrtd_put_tlv(&w, 0x91, r->own, r->own_size);
	put_reference(&w, r->choice);
	return manage(s, EMRTD_STEP_CA_AGREE, KAT, &w);
}

/* Protocol and reference, then the key (6.2.4.2). */
static int with_at(struct emrtd_session *s, const struct run *r)
{
	uint8_t data[DATA_MAX];
	struct emrtd_writer w = {data, 0, sizeof(data), false};
	struct emrtd_bytes answer;
	emrtd_put_tlv(&w, 0x80, r->choice->oid.bytes, r->choice->oid.size);
	put_reference(&w, r->choice);
	int err = manage(s, EMRTD_STEP_CA_SELECT, AT, &w);
	if (err != 0)
		return err;
	w = (struct emrtd_writer){data, 0, sizeof(data), false};
	emrtd_put_header(&w, 0x7c, emrtd_tlv_size(0x80, r->own_size));
	emrtd_put_tlv(&w, 0x80, r->own, r->own_size);
	const struct emrtd_command c = {0, 0x86, 0, 0, {data, w.size}, EMRTD_SHORT_LE_MAX};
	return emrtd_send(s, EMRTD_STEP_CA_AGREE, &c, &answer);
}

int emrtd_chip_authenticate(struct emrtd_session *s, const struct emrtd_ca_choice *choice)
{
	struct run r = {.choice = choice};
	enum emrtd_step step = EMRTD_STEP_CA_AGREE;
	if (!s->sm.live || choice->key == NULL)
		return emrtd_fail(s, EMRTD_STEP_CA_SELECT, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	s->chip = EMRTD_NOT_PERFORMED;
	int err = prepare(s, &r);
	if (err == 0)
		err = choice->cipher == EMRTD_3DES ? with_kat(s, &r) : with_at(s, &r);
	if (err == 0)
		err = emrtd_secure(s, step, choice->cipher,
			(struct emrtd_bytes){r.shared, r.domain.size}, NULL);
	if (err == 0)
		s->chip = EMRTD_PENDING;
	emrtd_domain_free(&r.domain);
	BN_clear_free(r.secret);
	emrtd_wipe(&r, sizeof(r));
	return err;
}

int emrtd_chip_confirm(struct emrtd_session *s)
{
	enum emrtd_step step = EMRTD_STEP_CA_CONFIRM;
	static const uint8_t id[] = {DG14 >> 8, DG14 & 0xff};
	const struct emrtd_command c = {0, 0xa4, 0x02, 0x0c, {id, sizeof(id)}, 0};
	struct emrtd_bytes none;
	if (s->chip == EMRTD_NOT_PERFORMED)
		return emrtd_fail(s, step, EMRTD_CAUSE_ARGUMENT, PN_EINVAL);
	int err = s->chip == EMRTD_PENDING ? emrtd_send(s, step, &c, &none) : 0;
	if (s->chip == EMRTD_PROVEN)
		return 0; /* whatever its status word: it came under the new keys */
	if (s->chip == EMRTD_REFUTED)
		return emrtd_fail(s, step, EMRTD_CAUSE_CA_WRONG, PN_ECRYPTO);
	return err;
}

enum emrtd_proof emrtd_chip_proof(const struct emrtd_session *s)
{
	return s->chip;
}
