/* SPDX-License-Identifier: Apache-2.0
 * Opening a chip: EF.CardAccess, then PACE, then, only where a pure function says so, BAC. Must
 * never take BAC instead of PACE without that being in the report.
 */
#include "emrtd/session.h"

#include <string.h>

enum { CARD_ACCESS = 0x011c, CARD_ACCESS_SFI = 0x1c, CHUNK_MAX = 224, CHUNK_MIN = 14 };

bool emrtd_fallback(const struct emrtd_failure *pace, const struct emrtd_policy *policy,
	enum emrtd_password_kind password, bool dead)
{
	static const bool listed[] = {
#define EMRTD_CAUSE(id, key, fallback) fallback,
#include "emrtd/causes.def"
#undef EMRTD_CAUSE
	};
	if (policy->without_bac || password != EMRTD_PASSWORD_MRZ || dead ||
		(unsigned)pace->cause >= PN_COUNT(listed) || !listed[pace->cause])
		return false;
	return pace->cause == EMRTD_CAUSE_PACE_ABSENT || policy->bac_after_pace_offer;
}

/* A chunk that the chip does not give in one: half of it, or what a 6CXX names. A refused length must not look like a file
 * that is not there, or BAC would follow. */
static bool smaller(size_t *limit, size_t want, uint16_t sw)
{
	size_t named = sw >> 8 == 0x6c ? (size_t)(sw & 0xff) : 0;
	if (named == 0 && sw != 0x6700 && sw != 0x6b00)
		return false;
	*limit = named > 0 && named < want ? named : want / 2;
	return *limit >= CHUNK_MIN;
}

/* Reads what is left of EF.CardAccess; the first chunk is in the report already or nothing is. */
static int read_rest(struct emrtd_session *s, struct emrtd_access_report *r, bool selected)
{
	uint32_t tag;
	size_t header = 0, value = 0, limit = CHUNK_MAX;
	while (true) {
		const struct emrtd_bytes have = {r->card_access, r->card_access_size};
		size_t want = limit;
		int err = emrtd_tlv_header(have, &tag, &header, &value);
		if (err == PN_EFORMAT || (err == 0 && value > sizeof(r->card_access) - header))
			return emrtd_fail(
				s, EMRTD_STEP_CARD_ACCESS, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
		if (err == 0 && have.size >= header + value) {
			r->card_access_size = header + value;
			return 0;
		}
		if (err == 0 && header + value - have.size < want)
			want = header + value - have.size;
		struct emrtd_bytes got;
		err = emrtd_read(s, selected ? 0 : CARD_ACCESS_SFI, have.size, want, &got);
		if (err == PN_EDENIED && smaller(&limit, want, s->failure.sw))
			continue;
		if (err != 0)
			return err;
		if (got.size == 0 || got.size > sizeof(r->card_access) - have.size)
			return emrtd_fail(
				s, EMRTD_STEP_CARD_ACCESS, EMRTD_CAUSE_FORMAT, PN_EFORMAT);
		memcpy(r->card_access + have.size, got.bytes, got.size);
		r->card_access_size += got.size;
		selected = true; /* reading by short identifier has selected it */
	}
}

/* 0 with the file in the report; PACE_ABSENT when the chip says that it has none. */
static int card_access(struct emrtd_session *s, struct emrtd_access_report *r)
{
	int err = read_rest(s, r, false);
	if (err != 0)
		s->failure.step = EMRTD_STEP_CARD_ACCESS;
	if (err != PN_EDENIED)
		return err;
	/* Not by short identifier, or not here: from the master file, by name. Chips differ in
	 * whether they let it be selected; the file's own SELECT decides. */
	r->card_access_size = 0;
	err = emrtd_select_master(s);
	if (err == 0 || err == PN_EDENIED)
		err = emrtd_select_file(s, CARD_ACCESS);
	if (err == 0)
		err = read_rest(s, r, true);
	if (err != 0)
		s->failure.step = EMRTD_STEP_CARD_ACCESS;
	if (err == PN_EDENIED)
		emrtd_fail(s, EMRTD_STEP_CARD_ACCESS, EMRTD_CAUSE_PACE_ABSENT, err);
	return err;
}

/* More than one set of domain parameters is on offer: DO84 must say which (4.4.4.1). */
static bool several(const struct emrtd_security_infos *infos, const struct emrtd_pace_info *info)
{
	for (size_t i = 0; i < infos->pace_count; i++) {
		const struct emrtd_pace_info *other = &infos->pace[i];
		if (other->parameter.size != info->parameter.size ||
			(info->parameter.size > 0 &&
				memcmp(other->parameter.bytes, info->parameter.bytes,
					info->parameter.size) != 0))
			return true;
	}
	return false;
}

static int try_pace(struct emrtd_session *s, const struct emrtd_password *password,
	const struct emrtd_policy *policy, struct emrtd_access_report *r)
{
	struct emrtd_security_infos infos;
	uint8_t order[EMRTD_INFOS_MAX];
	enum emrtd_step step = EMRTD_STEP_CARD_ACCESS;
	int err = card_access(s, r);
	if (err != 0)
		return err;
	err = emrtd_security_infos(
		&infos, (struct emrtd_bytes){r->card_access, r->card_access_size});
	if (err != 0)
		return emrtd_fail(s, step, EMRTD_CAUSE_FORMAT, err);
	size_t count = emrtd_pace_order(&infos, policy->without_cam, order);
	if (count == 0) {
		/* An entry of a wrong form may have been an offer. */
		bool none = infos.pace_count == 0 && infos.malformed == 0;
		return none ? emrtd_fail(s, step, EMRTD_CAUSE_PACE_ABSENT, PN_ENOTFOUND)
			    : emrtd_fail(s, step, EMRTD_CAUSE_PACE_UNSUPPORTED, PN_EUNSUPPORTED);
	}
	for (size_t i = 0; i < count; i++) {
		const struct emrtd_pace_info *info = &infos.pace[order[i]];
		err = emrtd_pace(s, info, password, several(&infos, info));
		if (err == 0) {
			r->access = EMRTD_ACCESS_PACE;
			r->mapping = info->mapping;
			r->cipher = info->cipher;
			r->ecdh = info->ecdh;
			r->domain = info->domain;
			return 0;
		}
		if (s->failure.cause != EMRTD_CAUSE_PACE_REFUSED)
			return err;
	}
	return err;
}

int emrtd_access_here(struct emrtd_session *s, const struct emrtd_password *password,
	const struct emrtd_policy *policy, struct emrtd_access_report *report)
{
	*report = (struct emrtd_access_report){.password = password->kind, .domain = -1};
	int err = try_pace(s, password, policy, report);
	if (err == 0)
		return 0;
	report->pace = s->failure;
	if (!emrtd_fallback(&report->pace, policy, password->kind, s->dead))
		return err;
	err = emrtd_select_application(s);
	if (err == 0)
		err = emrtd_bac(s, password);
	if (err == 0) {
		report->access = EMRTD_ACCESS_BAC;
		report->cipher = EMRTD_3DES;
		report->fell_back = report->pace.cause != EMRTD_CAUSE_PACE_ABSENT;
	}
	return err;
}

int emrtd_access(struct emrtd_session *s, const struct emrtd_password *password,
	const struct emrtd_policy *policy, struct emrtd_access_report *report)
{
	int err = emrtd_access_here(s, password, policy, report);
	return err == 0 && report->access == EMRTD_ACCESS_PACE ? emrtd_select_application(s) : err;
}

bool emrtd_access_contradicted(
	const struct emrtd_access_report *report, const struct emrtd_security_infos *signed_list)
{
	struct emrtd_security_infos access;
	uint8_t order[EMRTD_INFOS_MAX];
	if (report->access == EMRTD_ACCESS_BAC && !report->fell_back &&
		emrtd_pace_order(signed_list, false, order) > 0)
		return true;
	if (report->card_access_size == 0 || signed_list->pace_count == 0)
		return false;
	const struct emrtd_bytes file = {report->card_access, report->card_access_size};
	return emrtd_security_infos(&access, file) != 0 ||
	       !emrtd_security_infos_confirm(signed_list, &access);
}
