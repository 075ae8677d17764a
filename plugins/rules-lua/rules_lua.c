/* SPDX-License-Identifier: Apache-2.0
 * Plugin of kind rules: answers evaluate_rules with what the signed pack says. No pack, a bad
 * signature or an error of any sort is a finding with verdict refer. A second pack may run in its
 * shadow: it is counted, never answered with. Must never answer clear without having run every rule
 * of a verified pack, nor keep a crossing's facts after its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "last_resort.h"
#include "places.h"
#include "postern/plugin.h"

enum { EVALUATE_RULES = 60, RULES_EVALUATED = 61 };

#define ARENA_SIZE 131072u
#define ANSWER_MAX 16384u
#define ANSWER_FINDINGS 32u /* the most restrictive; the verdict counts all */
#define LOOK_MS 2000u /* between two looks at the packs' folders */

struct rules {
	const struct postern_host *host;
	struct places places;
	struct last_resort last_resort;
	struct engine_result result;
	bool troubled;      /* rules.error is told */
	struct arena arena; /* the decoded query; wiped after the answer */
	uint8_t memory[ARENA_SIZE];
	uint8_t answer[ANSWER_MAX];
};

static void *arena_take(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void arena_leave(void *data, void *pointer)
{
	(void)data;
	(void)pointer;
}

/* What the schema's struct points into while it is packed. */
struct answer {
	Postern__RulesEvaluated message;
	Postern__Finding finding[ANSWER_FINDINGS], *findings[ANSWER_FINDINGS];
	char *args[ANSWER_FINDINGS][ENGINE_ARGS_MAX];
};

static void fill(const struct rules *r, struct answer *a)
{
	const struct engine_result *from = &r->result;

	postern__rules_evaluated__init(&a->message);
	for (size_t i = 0; i < from->finding_count && i < ANSWER_FINDINGS; i++) {
		const struct engine_finding *f = &from->finding[i];
		Postern__Finding *to = &a->finding[i];

		postern__finding__init(to);
		to->rule = (char *)(uintptr_t)f->rule;
		to->code = (char *)(uintptr_t)f->code;
		to->verdict = f->verdict;
		to->exception = f->exception;
		for (size_t k = 0; k < f->arg_count; k++)
			a->args[i][k] = (char *)(uintptr_t)f->args[k];
		to->args = a->args[i];
		to->n_args = f->arg_count;
		a->findings[i] = to;
		a->message.n_findings++;
	}
	a->message.verdict = from->verdict;
	a->message.findings = a->findings;
	a->message.fields_read = (char **)(uintptr_t)from->fields_read;
	a->message.n_fields_read = from->field_count;
	if (r->places.main.holder.pack != NULL) {
		a->message.pack = r->places.main.holder.pack->manifest->name;
		a->message.pack_version = r->places.main.holder.pack->manifest->version;
	}
}

static void send_answer(struct rules *r, uint64_t id)
{
	const struct postern_host *host = r->host;
	struct answer a;
	size_t size;

	memset(&a, 0, sizeof a);
	fill(r, &a);
	size = postern__rules_evaluated__get_packed_size(&a.message);
	if (size > sizeof r->answer) {
		host->log(host->ctx, POSTERN_ERROR, "rules.answer_too_large", "");
		return; /* the declared default, refer, answers for us */
	}
	postern__rules_evaluated__pack(&a.message, r->answer);
	if (host->answer(host->ctx, id, RULES_EVALUATED, r->answer, size) != 0)
		host->log(host->ctx, POSTERN_WARNING, "rules.answer_refused", "");
	explicit_bzero(r->answer, size);
	explicit_bzero(&a, sizeof a);
}

/* The verdict of a plugin that has evaluated nothing. */
static void refer(struct engine_result *out, const char *code)
{
	memset(out, 0, sizeof *out);
	out->verdict = POSTERN__VERDICT__VERDICT_REFER;
	out->finding_count = 1;
	out->finding[0].rule = "engine";
	text_copy(out->finding[0].code, sizeof out->finding[0].code, code);
	out->finding[0].verdict = POSTERN__VERDICT__VERDICT_REFER;
	out->finding[0].exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
}

/* Names of failed rules are the pack's; what they said may hold what they have read. */
static void tell_errors(struct rules *r)
{
	const struct postern_host *host = r->host;

	if (r->troubled != (r->result.errors > 0)) {
		r->troubled = !r->troubled;
		host->trouble(host->ctx, "rules.error", r->troubled);
	}
	if (r->result.errors == 0)
		return;
	host->count(host->ctx, "rule_errors_total", r->result.errors);
	for (size_t i = 0; i < r->result.finding_count; i++)
		if (strcmp(r->result.finding[i].code, "rules.error") == 0)
			host->log(
				host->ctx, POSTERN_ERROR, "rules.error", r->result.finding[i].rule);
}

/* Beside the engine's own limits stands the kernel's: without it no rule is run. */
static void evaluate(struct rules *r, struct place *p, const Postern__CrossingFacts *facts)
{
	if (last_resort_arm(&r->last_resort) != PN_OK) {
		refer(&r->result, "rules.no_limit");
		return;
	}
	engine_evaluate(p->holder.engine, facts, &r->result);
	if (last_resort_disarm(&r->last_resort) != PN_OK)
		r->host->fail(r->host->ctx, "rules.no_limit");
}

/* After the answer: what the other pack would have said. Codes are keys, nobody's data. */
static void cast_shadow(
	struct rules *r, const Postern__CrossingFacts *facts, Postern__Verdict answered)
{
	const struct postern_host *host = r->host;
	Postern__Verdict found;

	evaluate(r, &r->places.shadow, facts);
	found = r->result.verdict;
	host->count(host->ctx, "shadow_evaluations_total", 1);
	host->count(host->ctx, "shadow_rule_errors_total", r->result.errors);
	if (found == answered)
		return;
	host->count(host->ctx, found > answered ? "shadow_stricter_total" : "shadow_milder_total", 1);
	host->log(host->ctx, POSTERN_INFO,
		found > answered ? "rules.shadow_stricter" : "rules.shadow_milder",
		r->result.finding_count > 0 ? r->result.finding[0].code : "");
}

/* Messages come one after the other: no pack is changed within an evaluation. */
static void take_order(struct rules *r, const struct postern_message *m)
{
	ProtobufCAllocator allocator = {arena_take, arena_leave, &r->arena};
	Postern__RulePackOrder *order =
		postern__rule_pack_order__unpack(&allocator, m->size, m->bytes);

	if (order != NULL)
		places_order(&r->places, order);
	else
		r->host->log(r->host->ctx, POSTERN_ERROR, "rules.bad_order", "");
	arena_wipe(&r->arena);
}

static void rules_message(void *self, const struct postern_message *m)
{
	struct rules *r = self;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &r->arena};
	Postern__EvaluateRules *q;
	Postern__Verdict answered;

	if (m->body == PLACES_RULE_PACK_ORDER)
		take_order(r, m);
	if (m->body != EVALUATE_RULES)
		return;
	q = postern__evaluate_rules__unpack(&allocator, m->size, m->bytes);
	if (q == NULL || q->facts == NULL)
		refer(&r->result, "rules.bad_query");
	else if (r->places.main.holder.engine == NULL)
		refer(&r->result, "rules.no_pack");
	else
		evaluate(r, &r->places.main, q->facts);
	tell_errors(r);
	send_answer(r, m->query_id);
	r->host->count(r->host->ctx, "evaluations_total", 1);
	answered = r->result.verdict;
	if (answered != POSTERN__VERDICT__VERDICT_CLEAR)
		r->host->count(r->host->ctx, "evaluations_not_clear_total", 1);
	if (q != NULL && q->facts != NULL && r->places.shadow.holder.engine != NULL)
		cast_shadow(r, q->facts, answered);
	arena_wipe(&r->arena);
	explicit_bzero(&r->result, sizeof r->result);
}

static int rules_init(const struct postern_host *host, void **self)
{
	struct rules *r;

	if (!POSTERN_HOST_HAS(host, trouble))
		return PN_EUNSUPPORTED;
	r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	r->host = host;
	arena_init(&r->arena, r->memory, sizeof r->memory);
	if (last_resort_open(&r->last_resort) != PN_OK) {
		free(r);
		return PN_EIO;
	}
	places_init(&r->places, host);
	*self = r;
	return PN_OK;
}

static int rules_start(void *self)
{
	const struct rules *r = self;

	return r->host->wake_after(r->host->ctx, LOOK_MS);
}

static void rules_tick(void *self, uint64_t now_ms)
{
	struct rules *r = self;

	(void)now_ms;
	places_look(&r->places);
	if (r->host->wake_after(r->host->ctx, LOOK_MS) != PN_OK)
		r->host->fail(r->host->ctx, "rules.no_timer");
}

static void rules_stop(void *self)
{
	struct rules *r = self;

	holder_close(&r->places.main.holder);
	holder_close(&r->places.shadow.holder);
	explicit_bzero(r, sizeof *r);
	free(r);
}

POSTERN_PLUGIN(.name = "rules-lua", .version = "0.2.0", .init = rules_init, .start = rules_start,
	.message = rules_message, .tick = rules_tick, .stop = rules_stop);
