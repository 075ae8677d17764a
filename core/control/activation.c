/* SPDX-License-Identifier: Apache-2.0
 * Judging and folding orders of activation. Must never change what is activated for an order that it
 * does not wholly understand.
 */
#include "control/activation.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/version.h"

enum { CLOCK_SKEW_MS = 60000, NONCE_MIN = 16, ENDORSEMENTS = 2 };

#define TARGET(name) POSTERN__ACTIVATION_TARGET__ACTIVATION_##name
#define ACTION(name) POSTERN__ACTIVATION_ACTION__ACTIVATION_##name

static bool word_is_good(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	return n > 0 && n < max && s[n] == '\0';
}

static bool pack_is_good(const Postern__RulePackChoice *p)
{
	struct activated a;
	int order;

	return p->base.n_unknown_fields == 0 && word_is_good(p->name, sizeof a.name) &&
	       strlen(p->version) < sizeof a.version &&
	       version_compare(p->version, p->version, &order) &&
	       p->digest.len == ACTIVATION_DIGEST;
}

/* A shadow's rollback ends it and names nothing; every other order names a pack. */
static bool form_is_good(const Postern__Activation *a)
{
	bool ends = a->target == TARGET(SHADOW_PACK) && a->action == ACTION(ROLLBACK);

	if (a->base.n_unknown_fields != 0 || !word_is_good(a->reason_code, 65) ||
		(a->replaces.len != 0 && a->replaces.len != ACTIVATION_DIGEST) ||
		a->nonce.len < NONCE_MIN)
		return false;
	if (a->target != TARGET(RULE_PACK) && a->target != TARGET(SHADOW_PACK))
		return false;
	if (a->action != ACTION(ACTIVATE) && a->action != ACTION(ROLLBACK))
		return false;
	return ends ? a->pack == NULL : a->pack != NULL && pack_is_good(a->pack);
}

/* --- who --- */

static bool signature_is_good(
	const uint8_t key[32], const Postern__SignedActivation *s, const Postern__Endorsement *e)
{
	uint8_t said[ACTIVATION_BYTES_MAX + 128];
	int head = snprintf((char *)said, 128, ACTIVATION_STATEMENT, e->officer);

	if (head <= 0 || head >= 128)
		return false;
	memcpy(said + head, s->activation.data, s->activation.len);
	return officer_signature_is_good(key, &e->signature, said, (size_t)head + s->activation.len);
}

/* The key by which the officer has signed, or NULL. */
static const uint8_t *endorser(const struct officer_keys *keys, const Postern__SignedActivation *s,
	const Postern__Endorsement *e)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->key[i].id, e->key_id) == 0 &&
			strcmp(keys->key[i].name, e->officer) == 0)
			return signature_is_good(keys->key[i].key, s, e) ? keys->key[i].key : NULL;
	return NULL;
}

enum activation_verdict activation_endorsed(const struct officer_keys *keys,
	const Postern__SignedActivation *order, Postern__Activation **out)
{
	const uint8_t *by[ENDORSEMENTS];
	Postern__Activation *a;

	if (order->activation.len == 0 || order->activation.len > ACTIVATION_BYTES_MAX ||
		order->n_endorsements > ENDORSEMENTS)
		return ACTIVATION_MALFORMED;
	if (order->n_endorsements < ENDORSEMENTS ||
		strcmp(order->endorsements[0]->officer, order->endorsements[1]->officer) == 0)
		return ACTIVATION_ONE_OFFICER;
	for (size_t i = 0; i < ENDORSEMENTS; i++) {
		by[i] = endorser(keys, order, order->endorsements[i]);
		if (by[i] == NULL)
			return ACTIVATION_NOT_SIGNED;
	}
	/* One key under two names is one officer. */
	if (memcmp(by[0], by[1], 32) == 0)
		return ACTIVATION_ONE_OFFICER;
	a = postern__activation__unpack(NULL, order->activation.len, order->activation.data);
	if (a == NULL)
		return ACTIVATION_MALFORMED;
	if (!form_is_good(a)) {
		postern__activation__free_unpacked(a, NULL);
		return ACTIVATION_MALFORMED;
	}
	*out = a;
	return ACTIVATION_TAKEN;
}

/* --- whether --- */

const struct activated *activations_pack(const struct activations *made)
{
	return made->pack_count > 0 ? &made->pack[made->pack_count - 1] : NULL;
}

const struct activated *activations_previous(const struct activations *made)
{
	return made->pack_count > 1 ? &made->pack[made->pack_count - 2] : NULL;
}

static bool is_that(const struct activated *a, ProtobufCBinaryData digest)
{
	if (a == NULL)
		return digest.len == 0;
	return digest.len == ACTIVATION_DIGEST &&
	       memcmp(a->digest, digest.data, ACTIVATION_DIGEST) == 0;
}

static size_t find_name(const struct activations *made, const char *name)
{
	size_t i = 0;

	while (i < made->name_count && strcmp(made->highest[i].name, name) != 0)
		i++;
	return i;
}

static enum activation_verdict version_fits(
	const struct activations *made, const Postern__RulePackChoice *pack)
{
	size_t i = find_name(made, pack->name);
	int order = 0;

	if (i == ACTIVATIONS_NAMES)
		return ACTIVATION_TOO_MANY_NAMES;
	if (i == made->name_count)
		return ACTIVATION_TAKEN;
	return version_compare(pack->version, made->highest[i].version, &order) && order > 0
		       ? ACTIVATION_TAKEN
		       : ACTIVATION_NOT_HIGHER;
}

static enum activation_verdict way_back(
	const struct activations *made, const Postern__Activation *order)
{
	const struct activated *back = activations_previous(made);

	if (order->target == TARGET(SHADOW_PACK))
		return made->has_shadow ? ACTIVATION_TAKEN : ACTIVATION_NO_WAY_BACK;
	return back != NULL && is_that(back, order->pack->digest) &&
			       strcmp(back->name, order->pack->name) == 0 &&
			       strcmp(back->version, order->pack->version) == 0
		       ? ACTIVATION_TAKEN
		       : ACTIVATION_NO_WAY_BACK;
}

enum activation_verdict activation_fits(const struct activations *made,
	const Postern__Activation *order, const char *tenant, const char *unit, int64_t now_wall_ms)
{
	const struct activated *now = order->target == TARGET(RULE_PACK) ? activations_pack(made)
				      : made->has_shadow		 ? &made->shadow
									 : NULL;

	if (!form_is_good(order))
		return ACTIVATION_MALFORMED;
	if (strcmp(order->tenant, tenant) != 0 || strcmp(order->unit, unit) != 0)
		return ACTIVATION_ELSEWHERE;
	if (order->issued_wall_ms > now_wall_ms + CLOCK_SKEW_MS ||
		order->expires_wall_ms <= now_wall_ms ||
		order->expires_wall_ms > order->issued_wall_ms + ACTIVATION_LIFE_MS)
		return ACTIVATION_EXPIRED;
	/* Later than the newest one: so none is taken twice. */
	if (order->issued_wall_ms <= made->issued_wall_ms || !is_that(now, order->replaces))
		return ACTIVATION_OVERTAKEN;
	if (order->action == ACTION(ROLLBACK))
		return way_back(made, order);
	return order->target == TARGET(RULE_PACK) ? version_fits(made, order->pack)
						  : ACTIVATION_TAKEN;
}

/* --- what then --- */

static void note(struct activated *to, const Postern__RulePackChoice *from)
{
	text_copy(to->name, sizeof to->name, from->name);
	text_copy(to->version, sizeof to->version, from->version);
	memcpy(to->digest, from->digest.data, ACTIVATION_DIGEST);
}

static void note_highest(struct activations *made, const Postern__RulePackChoice *pack)
{
	size_t i = find_name(made, pack->name);

	if (i == ACTIVATIONS_NAMES)
		return; /* never of an order that fitted */
	if (i == made->name_count)
		made->name_count++;
	text_copy(made->highest[i].name, sizeof made->highest[i].name, pack->name);
	text_copy(made->highest[i].version, sizeof made->highest[i].version, pack->version);
}

bool activation_apply(struct activations *made, const Postern__Activation *order)
{
	if (!form_is_good(order))
		return false;
	made->issued_wall_ms = order->issued_wall_ms;
	if (order->target == TARGET(SHADOW_PACK)) {
		made->has_shadow = order->action == ACTION(ACTIVATE);
		if (made->has_shadow)
			note(&made->shadow, order->pack);
		return true;
	}
	if (order->action == ACTION(ROLLBACK)) {
		made->pack_count -= made->pack_count > 1;
		return true;
	}
	if (made->pack_count == ACTIVATIONS_KEPT) {
		memmove(&made->pack[0], &made->pack[1], sizeof made->pack - sizeof made->pack[0]);
		made->pack_count--;
	}
	note(&made->pack[made->pack_count++], order->pack);
	note_highest(made, order->pack);
	return true;
}

const char *activation_refusal(enum activation_verdict v)
{
	switch (v) {
	case ACTIVATION_TAKEN:
		return "";
	case ACTIVATION_MALFORMED:
		return "the order is not as it must be: write it anew with this release's `postern "
		       "rules`";
	case ACTIVATION_NOT_SIGNED:
		return "not signed by two keys of the lane's trust folder under their officers' names";
	case ACTIVATION_ONE_OFFICER:
		return "two different officers must endorse it, each with a key of their own";
	case ACTIVATION_ELSEWHERE:
		return "the order is for another unit or tenant";
	case ACTIVATION_EXPIRED:
		return "the order has expired, or the clocks do not agree: write it anew";
	case ACTIVATION_OVERTAKEN:
		return "something else was activated since the order was written: look at `postern rules "
		       "status` and write it anew";
	case ACTIVATION_NOT_HIGHER:
		return "a pack of that name and an equal or higher version has been activated: raise the "
		       "version, or roll back";
	case ACTIVATION_NO_WAY_BACK:
		return "a rollback leads to the pack activated before, and there is none, or it is "
		       "another: look at `postern rules status`";
	case ACTIVATION_TOO_MANY_NAMES:
		return "packs of too many different names have been activated here: keep to one of them";
	}
	return "refused";
}
