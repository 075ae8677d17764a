/* SPDX-License-Identifier: Apache-2.0
 * Following the core's orders. Must never report a pack in use that is not.
 */
#include "places.h"

#include <string.h>

#include "base/hex.h"

static void find_folder(struct places *p, struct place *at)
{
	const char *name = p->host->option(p->host->ctx, at->option);
	struct text path;

	if (name == NULL || name[0] == '\0' || p->packs == NULL || strchr(name, '/') != NULL ||
		name[0] == '.')
		return;
	text_init(&path, at->folder, sizeof at->folder);
	text_add(&path, "%s/%s", p->packs, name);
	if (path.truncated)
		at->folder[0] = '\0';
}

void places_init(struct places *p, const struct postern_host *host)
{
	const char *trust = host->folder(host->ctx, "trust");

	p->host = host;
	p->packs = host->folder(host->ctx, "packs");
	p->main.option = "pack";
	p->main.refused = "rules.pack_refused";
	p->main.absent = "rules.no_pack";
	p->shadow.option = "shadow";
	p->shadow.refused = "rules.shadow_refused";
	p->has_keys = trust != NULL && signed_keys_load(&p->keys, trust, "rules") == PN_OK;
	if (!p->has_keys)
		host->log(host->ctx, POSTERN_ERROR, "rules.no_pack",
			"no key rules.pub or rules-*.pub in the trust folder");
	find_folder(p, &p->main);
	find_folder(p, &p->shadow);
}

/* --- what is said --- */

struct said {
	Postern__RulePackChoice choice;
	uint8_t digest[SIGNED_DIGEST];
};

static Postern__RulePackChoice *say(struct said *s, const struct holder *h)
{
	if (h->engine == NULL)
		return NULL;
	postern__rule_pack_choice__init(&s->choice);
	s->choice.name = h->pack->manifest->name;
	s->choice.version = h->pack->manifest->version;
	if (hex_decode(s->digest, sizeof s->digest, h->pack->files->digest) == PN_OK)
		s->choice.digest = (ProtobufCBinaryData){sizeof s->digest, s->digest};
	return &s->choice;
}

static void report(struct places *p)
{
	const struct postern_host *host = p->host;
	Postern__RulePackState s = POSTERN__RULE_PACK_STATE__INIT;
	struct said main, shadow;
	uint8_t bytes[1024];
	size_t size;

	s.order = p->order;
	s.pack = say(&main, &p->main.holder);
	s.shadow = say(&shadow, &p->shadow.holder);
	s.candidate_ready = p->candidate_ready;
	s.refusal = p->refusal;
	size = postern__rule_pack_state__get_packed_size(&s);
	if (size > sizeof bytes) {
		host->log(host->ctx, POSTERN_ERROR, "rules.state_too_large", "");
		return;
	}
	postern__rule_pack_state__pack(&s, bytes);
	if (host->report(host->ctx, PLACES_RULE_PACK_STATE, NULL, bytes, size) != PN_OK)
		host->log(host->ctx, POSTERN_WARNING, "rules.state_not_sent", "");
}

static void tell(struct places *p, bool *told, bool is, const char *code)
{
	if (*told != is && code != NULL)
		p->host->trouble(p->host->ctx, code, is);
	*told = is;
}

/* --- what is used --- */

/* What the place is to hold now: true when it has changed. */
static bool settle(struct places *p, struct place *at)
{
	enum holder_change change = HOLDER_SAME;
	const struct postern_host *host = p->host;
	bool watched = !at->has_wanted && p->any_signed && at->folder[0] != '\0';
	char message[512];
	struct text error;

	text_init(&error, message, sizeof message);
	if (!p->has_keys || (!at->has_wanted && !watched)) {
		change = at->holder.engine != NULL ? HOLDER_SWAPPED : HOLDER_SAME;
		holder_close(&at->holder);
	} else if (watched) {
		change = holder_look(&at->holder, at->folder, &p->keys, &error);
	} else if (!holder_has(&at->holder, at->wanted.digest)) {
		change = holder_take(&at->holder, p->packs, at->wanted.name, at->wanted.version,
			at->wanted.digest, &p->keys, &error);
	}
	if (change == HOLDER_SWAPPED && at->holder.pack != NULL)
		host->log(host->ctx, POSTERN_INFO, "rules.loaded",
			at->holder.pack->manifest->version);
	if (change == HOLDER_REFUSED && !at->troubled)
		host->log(host->ctx, POSTERN_ERROR, at->refused, message);
	tell(p, &at->troubled, change == HOLDER_REFUSED, at->refused);
	tell(p, &at->missing, at->holder.engine == NULL, at->absent);
	return change == HOLDER_SWAPPED;
}

void places_look(struct places *p)
{
	bool changed;

	if (p->order == 0)
		return;
	changed = settle(p, &p->main);
	changed = settle(p, &p->shadow) || changed;
	if (changed)
		report(p);
}

/* --- orders --- */

static bool read_choice(const Postern__RulePackChoice *from, struct choice *to)
{
	if (from == NULL || from->digest.len != SIGNED_DIGEST ||
		!text_copy(to->name, sizeof to->name, from->name) ||
		!text_copy(to->version, sizeof to->version, from->version))
		return false;
	hex_encode(to->digest, from->digest.data, SIGNED_DIGEST);
	return true;
}

/* What was held ready for this place goes there; what a folder's option brought does not stay. */
static void want(struct places *p, struct place *at, const Postern__RulePackChoice *pack)
{
	bool had = at->has_wanted;

	at->has_wanted = read_choice(pack, &at->wanted);
	if (at->has_wanted && p->candidate.engine != NULL && !holder_has(&at->holder, at->wanted.digest) &&
		holder_has(&p->candidate, at->wanted.digest)) {
		holder_close(&at->holder);
		at->holder = p->candidate;
		p->candidate = (struct holder){NULL, NULL};
		p->host->log(p->host->ctx, POSTERN_INFO, "rules.loaded",
			at->holder.pack->manifest->version);
	}
	if (had && !at->has_wanted)
		holder_close(&at->holder);
}

static void hold_ready(struct places *p, const Postern__RulePackChoice *pack)
{
	struct choice c;
	struct text error;

	p->candidate_ready = false;
	text_init(&error, p->refusal, sizeof p->refusal);
	holder_close(&p->candidate);
	if (pack == NULL)
		return;
	if (!read_choice(pack, &c) || !p->has_keys || p->packs == NULL)
		text_add(&error, "the rules plugin has no keys or no folder of packs");
	else
		p->candidate_ready = holder_take(&p->candidate, p->packs, c.name, c.version, c.digest,
					     &p->keys, &error) == HOLDER_SWAPPED;
}

void places_order(struct places *p, const Postern__RulePackOrder *order)
{
	p->order = order->order;
	p->any_signed = order->any_signed;
	want(p, &p->main, order->pack);
	want(p, &p->shadow, order->shadow);
	hold_ready(p, order->candidate);
	(void)settle(p, &p->main);
	(void)settle(p, &p->shadow);
	report(p);
}

void places_close(struct places *p)
{
	holder_close(&p->candidate);
	holder_close(&p->main.holder);
	holder_close(&p->shadow.holder);
}
