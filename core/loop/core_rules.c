/* SPDX-License-Identifier: Apache-2.0
 * Rule packs by the word of two officers: an order is judged, the rules plugin loads the pack beside the one in use, the journal
 * records the order, and between two crossings the plugin is told to use it. Must never tell a plugin to use what no durable
 * record names.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "loop/core_run.h"

#define TRY_LIMIT_MS 5000u
#define RECORD_LIMIT_MS 10000u

static char *text_of(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* --- what the journal says ----------------------------------------------------------------------- */

static int recall(void *context, const struct journal_row *row)
{
	struct activations *made = context;
	Postern__RecordClear *clear = postern__record_clear__unpack(NULL, row->clear_size, row->clear);
	Postern__Activation *a = NULL;
	bool good = false;
	if (clear != NULL && clear->activation != NULL)
		a = postern__activation__unpack(NULL, clear->activation->activation.len, clear->activation->activation.data);
	if (a != NULL) {
		good = activation_apply(made, a);
		postern__activation__free_unpacked(a, NULL);
	}
	if (clear != NULL)
		postern__record_clear__free_unpacked(clear, NULL);
	return good ? 0 : PN_EFORMAT;
}

int rules_start(struct core *c)
{
	char path[512];
	const struct journal_query q = { .kind = POSTERN__RECORD_KIND__RECORD_ACTIVATION };
	const struct activated *now;
	int r;
	if (!c->has_lane)
		return PN_OK;
	snprintf(path, sizeof path, "%s/%s/journal.db", c->config->state_folder, c->unit->name);
	r = journal_show(path, &q, recall, &c->rules.made);
	if (r != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "rules", "rules.no_activations", LE(r));
		return r;
	}
	now = activations_pack(&c->rules.made);
	if (now != NULL)
		pn_log(LOG_LEVEL_INFO, "rules", "rules.activated", LK("pack", now->name), LK("version", now->version));
	else if (c->config->profile != CONFIG_DEMO)
		pn_log(LOG_LEVEL_WARNING, "rules", "rules.not_activated");
	return PN_OK;
}

/* --- what the plugin is told --------------------------------------------------------------------- */

static Postern__RulePackChoice *choice(Postern__RulePackChoice *out, const struct activated *a)
{
	if (a == NULL)
		return NULL;
	postern__rule_pack_choice__init(out);
	out->name = text_of(a->name);
	out->version = text_of(a->version);
	out->digest = (ProtobufCBinaryData){ sizeof a->digest, (uint8_t *)(uintptr_t)a->digest };
	return out;
}

static const struct activated *shadow_of(const struct activations *made)
{
	return made->has_shadow ? &made->shadow : NULL;
}

static void send_order(struct core *c, Postern__RulePackChoice *candidate)
{
	Postern__Envelope e = POSTERN__ENVELOPE__INIT;
	Postern__RulePackOrder o = POSTERN__RULE_PACK_ORDER__INIT;
	Postern__RulePackChoice pack, shadow;
	o.order = ++c->rules.order;
	o.any_signed = c->config->profile == CONFIG_DEMO;
	/* What is durable, but waits for the crossing to end, is not yet said. */
	o.pack = choice(&pack, activations_pack(&c->rules.told));
	o.shadow = choice(&shadow, shadow_of(&c->rules.told));
	o.candidate = candidate;
	e.body_case = POSTERN__ENVELOPE__BODY_RULE_PACK_ORDER;
	e.rule_pack_order = &o;
	if (plugins_send(c, POSTERN__PLUGIN_KIND__KIND_RULES, &e, -1) != PN_OK)
		pn_log(LOG_LEVEL_DEBUG, "rules", "order.nobody");
}

void rules_ready(struct core *c)
{
	if (!c->has_lane)
		return;
	/* A process that has just started holds no pack that a crossing could lose. */
	c->rules.told = c->rules.made;
	c->rules.due = false;
	memset(&c->rules.in_use, 0, sizeof c->rules.in_use);
	memset(&c->rules.shadow_in_use, 0, sizeof c->rules.shadow_in_use);
	send_order(c, c->rules.phase == RULES_TRYING ? c->rules.wanted->pack : NULL);
}

void rules_settle(struct core *c)
{
	if (!c->rules.due || kiosks_crossing(c))
		return;
	c->rules.due = false;
	c->rules.told = c->rules.made;
	send_order(c, NULL);
}

/* --- an order -------------------------------------------------------------------------------------- */

static void forget(struct core *c)
{
	if (c->rules.wanted != NULL)
		postern__activation__free_unpacked(c->rules.wanted, NULL);
	if (c->rules.word != NULL)
		postern__signed_activation__free_unpacked(c->rules.word, NULL);
	c->rules.wanted = NULL;
	c->rules.word = NULL;
	c->rules.client = NULL;
	c->rules.phase = RULES_QUIET;
}

static void answer(struct core *c, const char *why_not)
{
	if (c->rules.client != NULL)
		control_answer(c->rules.client, why_not);
	c->rules.client = NULL;
}

static const char *event_of(const Postern__Activation *a)
{
	bool back = a->action == POSTERN__ACTIVATION_ACTION__ACTIVATION_ROLLBACK;
	if (a->target == POSTERN__ACTIVATION_TARGET__ACTIVATION_SHADOW_PACK)
		return back ? "rules.shadow_ended" : "rules.shadow_activated";
	return back ? "rules.rolled_back" : "rules.activated";
}

static void record(struct core *c)
{
	const Postern__Activation *a = c->rules.wanted;
	Postern__RecordClear clear = POSTERN__RECORD_CLEAR__INIT;
	Postern__Versions versions = POSTERN__VERSIONS__INIT;
	struct lane_input now;
	char detail[192], digest[2 * ACTIVATION_DIGEST + 1];
	struct text t;
	text_init(&t, detail, sizeof detail);
	if (a->pack != NULL) {
		hex_encode(digest, a->pack->digest.data, ACTIVATION_DIGEST);
		text_add(&t, "%s %s %s", a->pack->name, a->pack->version, digest);
		versions.rule_pack = a->pack->version;
	}
	core_input(c, &now, LANE_TICK);
	versions.software = text_of(POSTERN_VERSION);
	versions.schema = text_of("1");
	versions.config_hash = c->config_hash;
	clear.kind = POSTERN__RECORD_KIND__RECORD_ACTIVATION;
	clear.wall_ms = now.wall_ms;
	clear.clock_quality = now.clock_quality;
	clear.lane = c->unit->name;
	clear.event = text_of(event_of(a));
	clear.detail = detail;
	clear.officer = c->rules.word->endorsements[0]->officer;
	clear.second_officer = c->rules.word->endorsements[1]->officer;
	clear.reason_code = a->reason_code;
	clear.activation = c->rules.word;
	clear.versions = &versions;
	c->rules.phase = RULES_RECORDING;
	c->rules.deadline_ms = clock_mono_ms() + RECORD_LIMIT_MS;
	records_append(c, TAG_ACTIVATION, &clear, NULL);
	if (!records_waits(c, TAG_ACTIVATION)) {
		answer(c, "the journal takes no record now: nothing was activated");
		forget(c);
	}
}

void rules_recorded(struct core *c)
{
	if (c->rules.phase != RULES_RECORDING)
		return;
	if (!activation_apply(&c->rules.made, c->rules.wanted))
		pn_log(LOG_LEVEL_ERROR, "rules", "rules.record_not_understood");
	pn_log(LOG_LEVEL_INFO, "rules", event_of(c->rules.wanted),
		LK("pack", c->rules.wanted->pack != NULL ? c->rules.wanted->pack->name : ""),
		LK("version", c->rules.wanted->pack != NULL ? c->rules.wanted->pack->version : ""));
	answer(c, NULL);
	forget(c);
	c->rules.due = true;
	rules_settle(c);
}

/* The order's bytes outlive the request they came in. */
static Postern__SignedActivation *keep(const Postern__SignedActivation *order)
{
	uint8_t bytes[ACTIVATION_BYTES_MAX + 512];
	size_t size = postern__signed_activation__get_packed_size(order);
	if (size > sizeof bytes)
		return NULL;
	postern__signed_activation__pack(order, bytes);
	return postern__signed_activation__unpack(NULL, size, bytes);
}

const char *rules_activate(struct core *c, struct core_client *client, const Postern__SignedActivation *order)
{
	Postern__Activation *a = NULL;
	enum activation_verdict v;
	if (!c->has_lane || plugins_of_kind(c, POSTERN__PLUGIN_KIND__KIND_RULES) == NULL)
		return "this unit has no rules, or its rules plugin is not ready";
	if (c->rules.phase != RULES_QUIET || c->rules.due)
		return "another activation is under way, or waits for the crossing in hand: try again";
	v = activation_endorsed(&c->officers, order, &a);
	if (v == ACTIVATION_TAKEN)
		v = activation_fits(&c->rules.made, a, c->config->tenant, c->unit->name, clock_wall_ms());
	if (v != ACTIVATION_TAKEN) {
		metrics_add(&c->metrics, METRIC_ACTIVATIONS_REFUSED, 1);
		if (a != NULL)
			postern__activation__free_unpacked(a, NULL);
		return activation_refusal(v);
	}
	c->rules.word = keep(order);
	c->rules.wanted = a;
	if (c->rules.word == NULL) {
		forget(c);
		return activation_refusal(ACTIVATION_MALFORMED);
	}
	c->rules.client = client;
	if (a->pack == NULL) {
		record(c);
		return NULL;
	}
	c->rules.phase = RULES_TRYING;
	c->rules.deadline_ms = clock_mono_ms() + TRY_LIMIT_MS;
	send_order(c, a->pack);
	return NULL;
}

void rules_client_gone(struct core *c, const struct core_client *client)
{
	if (c->rules.client == client)
		c->rules.client = NULL;
}

void rules_beat(struct core *c, uint64_t now_ms)
{
	if (c->rules.phase == RULES_TRYING && now_ms >= c->rules.deadline_ms) {
		answer(c, "the rules plugin has not said whether it can load the pack");
		forget(c);
	}
	if (c->rules.phase == RULES_RECORDING && now_ms >= c->rules.deadline_ms)
		answer(c, "the journal cannot be written now; once it can, the order counts: look at `postern rules status`");
	rules_settle(c);
}

/* --- what the plugin says ------------------------------------------------------------------------ */

static void note(struct activated *to, const Postern__RulePackChoice *from)
{
	memset(to, 0, sizeof *to);
	if (from == NULL || from->digest.len != sizeof to->digest)
		return;
	text_copy(to->name, sizeof to->name, from->name);
	text_copy(to->version, sizeof to->version, from->version);
	memcpy(to->digest, from->digest.data, sizeof to->digest);
}

void rules_state(struct core *c, const Postern__RulePackState *s)
{
	char why[512];
	struct text t;
	note(&c->rules.in_use, s->pack);
	note(&c->rules.shadow_in_use, s->shadow);
	if (c->rules.phase != RULES_TRYING || s->order != c->rules.order)
		return;
	if (s->candidate_ready) {
		record(c);
		return;
	}
	text_init(&t, why, sizeof why);
	text_add(&t, "the pack is not taken: %s", s->refusal);
	answer(c, why);
	forget(c);
}

void rules_status(struct core *c, struct core_rules_shown *out)
{
	Postern__RulePacks *p = &out->packs;
	postern__rule_packs__init(p);
	p->activation_required = c->config->profile != CONFIG_DEMO;
	p->activated = choice(&out->choice[0], activations_pack(&c->rules.made));
	p->previous = choice(&out->choice[1], activations_previous(&c->rules.made));
	p->shadow = choice(&out->choice[2], shadow_of(&c->rules.made));
	p->in_use = choice(&out->choice[3], c->rules.in_use.name[0] != '\0' ? &c->rules.in_use : NULL);
	p->shadow_in_use = choice(&out->choice[4], c->rules.shadow_in_use.name[0] != '\0' ? &c->rules.shadow_in_use : NULL);
	p->pending = c->rules.phase != RULES_QUIET || c->rules.due;
}

void rules_stop(struct core *c)
{
	forget(c);
}
