/* SPDX-License-Identifier: Apache-2.0
 * Results of kiosks. Must never open a result again that was redeemed, expired or void.
 */
#include "kiosk/results.h"

#include <string.h>

#include "kiosk/mark.h"

void kiosk_init(struct kiosk_results *s, const struct kiosk_policy *policy, struct kiosk_slot *slots, size_t count)
{
	memset(s, 0, sizeof *s);
	s->policy = *policy;
	s->slots = slots;
	s->count = count;
	memset(slots, 0, count * sizeof *slots);
}

static void wipe(struct kiosk_slot *slot)
{
	explicit_bzero(slot, sizeof *slot);
}

void kiosk_wipe(struct kiosk_results *s)
{
	for (size_t i = 0; i < s->count; i++)
		wipe(&s->slots[i]);
}

/* --- time --------------------------------------------------------------------------------------------------------- */

static bool over(const struct kiosk_slot *slot, const struct kiosk_now *now)
{
	if (slot->state == KIOSK_OVER)
		return now->mono_ms >= slot->gone_mono_ms;
	return now->mono_ms >= slot->gone_mono_ms || now->wall_ms >= slot->result.expires_wall_ms;
}

/* A record on its way is answered first: kiosk_issued() and kiosk_redeemed() must find what they speak of. */
static bool on_its_way(const struct kiosk_slot *slot)
{
	return slot->state == KIOSK_ISSUING || slot->state == KIOSK_SPENDING;
}

/* By number and not by place: a record that had to be written again may stand behind the mark that voids it. */
static bool void_before(struct kiosk_results *s, uint64_t era)
{
	if (era > s->era)
		s->era = era;
	for (size_t i = 0; i < s->count; i++) {
		struct kiosk_slot *slot = &s->slots[i];
		if (slot->result.era >= era)
			continue;
		if (slot->state == KIOSK_OPEN)
			slot->state = KIOSK_VOID;
		slot->doubtful |= on_its_way(slot);
	}
	return true;
}

static bool jumped(const struct kiosk_results *s, const struct kiosk_now *now)
{
	int64_t wall, parted;
	if (!s->has_seen)
		return false;
	if (now->mono_ms < s->seen.mono_ms || now->mono_ms - s->seen.mono_ms > INT64_MAX ||
		__builtin_sub_overflow(now->wall_ms, s->seen.wall_ms, &wall) ||
		__builtin_sub_overflow(wall, (int64_t)(now->mono_ms - s->seen.mono_ms), &parted))
		return true;
	return parted > s->policy.drift_ms || parted < -(int64_t)s->policy.drift_ms;
}

/* What is left for a while is the name of the document and of the face, so that a latecomer can be told. */
static void expire(const struct kiosk_results *s, struct kiosk_slot *slot, const struct kiosk_now *now)
{
	struct kiosk_result left = { .has_token = slot->result.has_token };
	bool again = slot->state == KIOSK_OVER;
	memcpy(left.document, slot->result.document, sizeof left.document);
	memcpy(left.token, slot->result.token, sizeof left.token);
	wipe(slot);
	if (again)
		return;
	slot->result = left;
	slot->state = KIOSK_OVER;
	slot->gone_mono_ms = now->mono_ms + s->policy.valid_ms;
}

bool kiosk_look(struct kiosk_results *s, const struct kiosk_now *now)
{
	bool jump = jumped(s, now) && void_before(s, s->era + 1);
	s->seen = *now;
	s->has_seen = true;
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].state != KIOSK_FREE && !on_its_way(&s->slots[i]) && over(&s->slots[i], now))
			expire(s, &s->slots[i], now);
	return jump;
}

uint64_t kiosk_next_wake(const struct kiosk_results *s)
{
	uint64_t at = UINT64_MAX;
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].state != KIOSK_FREE && !on_its_way(&s->slots[i]) && s->slots[i].gone_mono_ms < at)
			at = s->slots[i].gone_mono_ms;
	return at;
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

/* In the same time wherever they differ. */
static bool same(const uint8_t *a, const uint8_t *b, size_t size)
{
	unsigned differ = 0;
	for (size_t i = 0; i < size; i++)
		differ |= (unsigned)(a[i] ^ b[i]);
	return differ == 0;
}

static struct kiosk_slot *by_document(const struct kiosk_results *s, const uint8_t *document)
{
	for (size_t i = 0; document != NULL && i < s->count; i++)
		if (s->slots[i].state != KIOSK_FREE && same(s->slots[i].result.document, document, KEYED_DIGEST))
			return &s->slots[i];
	return NULL;
}

static struct kiosk_slot *by_token(const struct kiosk_results *s, const uint8_t *token)
{
	for (size_t i = 0; token != NULL && i < s->count; i++)
		if (s->slots[i].state != KIOSK_FREE && s->slots[i].result.has_token &&
			same(s->slots[i].result.token, token, KIOSK_TOKEN))
			return &s->slots[i];
	return NULL;
}

static struct kiosk_slot *by_id(const struct kiosk_results *s, const char *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].state != KIOSK_FREE && s->slots[i].state != KIOSK_OVER && strcmp(s->slots[i].result.id, id) == 0)
			return &s->slots[i];
	return NULL;
}

static struct kiosk_slot *free_slot(const struct kiosk_results *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].state == KIOSK_FREE)
			return &s->slots[i];
	for (size_t i = 0; i < s->count; i++)
		if (s->slots[i].state == KIOSK_OVER)
			return &s->slots[i];
	return NULL;
}

/* --- issue -------------------------------------------------------------------------------------------------------- */

static bool well_formed(const struct kiosk_result *r)
{
	return strnlen(r->id, sizeof r->id) == sizeof r->id - 1 && r->verdict >= POSTERN__VERDICT__VERDICT_CLEAR &&
	       r->verdict <= POSTERN__VERDICT__VERDICT_STOP && r->reason_count <= KIOSK_REASONS && r->check_count <= KIOSK_CHECKS;
}

int kiosk_issue(struct kiosk_results *s, struct kiosk_result *result, const struct kiosk_now *now)
{
	struct kiosk_slot *known = by_document(s, result->document);
	const struct kiosk_slot *token = by_token(s, result->has_token ? result->token : NULL);
	int64_t expires;
	if (!well_formed(result) || __builtin_add_overflow(now->wall_ms, (int64_t)s->policy.valid_ms, &expires))
		return PN_EINVAL;
	if (!now->trusted)
		return PN_EDENIED;
	if (by_id(s, result->id) != NULL || (token != NULL && token != known))
		return PN_ECONFLICT;
	if (known != NULL) {
		if (on_its_way(known))
			return PN_ECONFLICT;
		if (known->state == KIOSK_OPEN && !over(known, now) && known->result.verdict > result->verdict)
			return PN_EDENIED;
	} else {
		known = free_slot(s);
	}
	if (known == NULL)
		return PN_ELIMIT;
	result->checked_wall_ms = now->wall_ms;
	result->expires_wall_ms = expires;
	result->era = s->era;
	wipe(known);
	known->result = *result;
	known->gone_mono_ms = now->mono_ms + s->policy.valid_ms;
	known->state = KIOSK_ISSUING;
	return PN_OK;
}

void kiosk_issued(struct kiosk_results *s, const char *id, bool durable)
{
	struct kiosk_slot *slot = by_id(s, id);
	if (slot == NULL || slot->state != KIOSK_ISSUING)
		return;
	if (durable)
		slot->state = slot->doubtful ? KIOSK_VOID : KIOSK_OPEN;
	else
		wipe(slot);
}

bool kiosk_token_of(const struct kiosk_results *s, const uint8_t document[KEYED_DIGEST], uint8_t token[KIOSK_TOKEN])
{
	const struct kiosk_slot *slot = by_document(s, document);
	if (slot == NULL || !slot->result.has_token)
		return false;
	memcpy(token, slot->result.token, KIOSK_TOKEN);
	return true;
}

bool kiosk_is_open(const struct kiosk_results *s, const uint8_t token[KIOSK_TOKEN])
{
	const struct kiosk_slot *slot = by_token(s, token);
	return slot != NULL && slot->state == KIOSK_OPEN;
}

uint32_t kiosk_left_ms(const struct kiosk_results *s, const char *id, const struct kiosk_now *now)
{
	const struct kiosk_slot *slot = by_id(s, id);
	if (slot == NULL || slot->state != KIOSK_OPEN || over(slot, now))
		return 0;
	return (uint32_t)(slot->gone_mono_ms - now->mono_ms); /* valid_ms at most */
}

/* --- redemption --------------------------------------------------------------------------------------------------- */

static enum kiosk_answer of_verdict(Postern__Verdict verdict)
{
	if (verdict == POSTERN__VERDICT__VERDICT_CLEAR)
		return KIOSK_CLEAR;
	return verdict == POSTERN__VERDICT__VERDICT_REFER ? KIOSK_REFER : KIOSK_STOP;
}

static enum kiosk_answer judge(const struct kiosk_results *s, const struct kiosk_slot *slot, const struct kiosk_claim *claim,
	const struct kiosk_now *now)
{
	if (slot->state == KIOSK_ISSUING)
		return KIOSK_NOT_YET;
	if (slot->state == KIOSK_SPENDING || slot->state == KIOSK_SPENT)
		return KIOSK_SPENT_BEFORE;
	if (slot->state == KIOSK_OVER || over(slot, now))
		return KIOSK_EXPIRED;
	if (slot->state == KIOSK_VOID || !now->trusted)
		return KIOSK_CLOCK;
	/* What restricts is believed on any basis. */
	if (slot->result.verdict == POSTERN__VERDICT__VERDICT_CLEAR && s->policy.same_basis &&
		!same(slot->result.basis, claim->basis, KEYED_DIGEST))
		return KIOSK_BASIS;
	return of_verdict(slot->result.verdict);
}

enum kiosk_answer kiosk_redeem(struct kiosk_results *s, const struct kiosk_claim *claim, const struct kiosk_now *now,
	struct kiosk_result *out)
{
	struct kiosk_slot *document = by_document(s, claim->document), *token = by_token(s, claim->token);
	struct kiosk_slot *slot = document != NULL ? document : token;
	enum kiosk_answer answer;
	memset(out, 0, sizeof *out);
	if (slot == NULL)
		return KIOSK_UNKNOWN;
	if (claim->document != NULL && claim->token != NULL && document != token)
		return KIOSK_MISMATCH;
	answer = judge(s, slot, claim, now);
	if (kiosk_answer_spends(answer)) {
		*out = slot->result;
		slot->state = KIOSK_SPENDING;
	}
	return answer;
}

bool kiosk_redeemed(struct kiosk_results *s, const char *id, bool durable)
{
	struct kiosk_slot *slot = by_id(s, id);
	if (slot == NULL || slot->state != KIOSK_SPENDING)
		return false;
	slot->state = KIOSK_SPENT;
	return durable && !slot->doubtful;
}

/* --- after a restart ---------------------------------------------------------------------------------------------- */

static int restore_issued(struct kiosk_results *s, const struct kiosk_result *r, const struct kiosk_now *now)
{
	struct kiosk_slot *slot = by_document(s, r->document);
	int64_t left;
	if (slot != NULL)
		wipe(slot); /* it took the place of what was known before */
	slot = free_slot(s);
	if (__builtin_sub_overflow(r->expires_wall_ms, now->wall_ms, &left) || left <= 0)
		return PN_OK;
	if (slot == NULL)
		return PN_ELIMIT;
	slot->result = *r;
	slot->state = r->era < s->era ? KIOSK_VOID : KIOSK_OPEN;
	slot->gone_mono_ms = now->mono_ms + (left < s->policy.valid_ms ? (uint64_t)left : s->policy.valid_ms);
	return PN_OK;
}

int kiosk_restore(struct kiosk_results *s, const Postern__KioskMark *mark, const struct kiosk_now *now)
{
	struct kiosk_result r;
	struct kiosk_slot *slot;
	int result = PN_EFORMAT;
	switch (mark->phase) {
	case POSTERN__KIOSK_PHASE__KIOSK_ISSUED:
		result = kiosk_result_of(mark, &r);
		if (result == PN_OK)
			result = restore_issued(s, &r, now);
		explicit_bzero(&r, sizeof r);
		return result;
	case POSTERN__KIOSK_PHASE__KIOSK_REDEEMED:
		slot = by_id(s, mark->result_id);
		if (slot != NULL) /* else its time was over before */
			slot->state = KIOSK_SPENT;
		return PN_OK;
	case POSTERN__KIOSK_PHASE__KIOSK_VOIDED:
		(void)void_before(s, mark->era);
		return PN_OK;
	case POSTERN__KIOSK_PHASE__KIOSK_PHASE_UNSPECIFIED:
	case _POSTERN__KIOSK_PHASE_IS_INT_SIZE:
		break;
	}
	return result;
}

bool kiosk_restored(struct kiosk_results *s, int64_t newest_wall_ms, const struct kiosk_now *now)
{
	int64_t back;
	bool before = newest_wall_ms > now->wall_ms &&
		      (__builtin_sub_overflow(newest_wall_ms, now->wall_ms, &back) || back > s->policy.drift_ms) &&
		      void_before(s, s->era + 1);
	return kiosk_look(s, now) || before;
}
