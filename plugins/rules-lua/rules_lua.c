/* SPDX-License-Identifier: Apache-2.0
 * Plugin of kind rules: answers evaluate_rules with what the signed pack says. No pack, a bad
 * signature or an error of any sort is a finding with verdict refer. A second pack may run in its
 * shadow: it is counted, never answered with. Must never answer clear without having run every rule
 * of a verified pack, nor keep a crossing's facts after its answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "holder.h"
#include "last_resort.h"
#include "postern/plugin.h"

enum { EVALUATE_RULES = 60, RULES_EVALUATED = 61 };

#define ARENA_SIZE 131072u
#define ANSWER_MAX 16384u
#define ANSWER_FINDINGS 32u /* the most restrictive; the verdict counts all */
#define LOOK_MS 2000u /* between two looks at the packs' folders */

/* A pack by its folder's name, and what its trouble is called. */
struct place {
	const char *option, *refused, *absent;
	char folder[1024]; /* "": none wanted */
	struct holder holder;
	bool troubled; /* refused is told */
};

struct rules {
	const struct postern_host *host;
	struct signed_keys keys;
	struct place main, shadow;
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
	if (r->main.holder.pack != NULL) {
		a->message.pack = r->main.holder.pack->manifest->name;
		a->message.pack_version = r->main.holder.pack->manifest->version;
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

	evaluate(r, &r->shadow, facts);
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

static void rules_message(void *self, const struct postern_message *m)
{
	struct rules *r = self;
	ProtobufCAllocator allocator = {arena_take, arena_leave, &r->arena};
	Postern__EvaluateRules *q;
	Postern__Verdict answered;

	if (m->body != EVALUATE_RULES)
		return;
	q = postern__evaluate_rules__unpack(&allocator, m->size, m->bytes);
	if (q == NULL || q->facts == NULL)
		refer(&r->result, "rules.bad_query");
	else if (r->main.holder.engine == NULL)
		refer(&r->result, "rules.no_pack");
	else
		evaluate(r, &r->main, q->facts);
	tell_errors(r);
	send_answer(r, m->query_id);
	r->host->count(r->host->ctx, "evaluations_total", 1);
	answered = r->result.verdict;
	if (answered != POSTERN__VERDICT__VERDICT_CLEAR)
		r->host->count(r->host->ctx, "evaluations_not_clear_total", 1);
	if (q != NULL && q->facts != NULL && r->shadow.holder.engine != NULL)
		cast_shadow(r, q->facts, answered);
	arena_wipe(&r->arena);
	explicit_bzero(&r->result, sizeof r->result);
}

/* One look at a pack's folder. A refused pack is told once, until there is one to be taken. */
static void look(struct rules *r, struct place *p)
{
	const struct postern_host *host = r->host;
	char message[512];
	struct text error;
	bool troubled = false;

	if (p->folder[0] == '\0')
		return;
	text_init(&error, message, sizeof message);
	switch (holder_look(&p->holder, p->folder, &r->keys, &error)) {
	case HOLDER_SAME:
		break;
	case HOLDER_SWAPPED:
		host->trouble(host->ctx, p->absent, 0);
		host->log(host->ctx, POSTERN_INFO, "rules.loaded",
			p->holder.pack->manifest->version);
		break;
	case HOLDER_REFUSED:
		troubled = true;
		break;
	}
	if (troubled && !p->troubled)
		host->log(host->ctx, POSTERN_ERROR, p->refused, message);
	if (troubled != p->troubled)
		host->trouble(host->ctx, p->refused, troubled);
	p->troubled = troubled;
}

static int find_place(struct rules *r, struct place *p)
{
	const struct postern_host *host = r->host;
	const char *packs = host->folder(host->ctx, "packs"),
		   *name = host->option(host->ctx, p->option);
	struct text path;

	if (name == NULL || name[0] == '\0')
		return PN_ENOTFOUND;
	if (packs == NULL || strchr(name, '/') != NULL || name[0] == '.')
		return PN_EINVAL;
	text_init(&path, p->folder, sizeof p->folder);
	text_add(&path, "%s/%s", packs, name);
	if (path.truncated)
		p->folder[0] = '\0';
	return path.truncated ? PN_ELIMIT : PN_OK;
}

/* Without a pack the plugin still runs: it answers refer and says why. */
static void load(struct rules *r)
{
	const struct postern_host *host = r->host;
	const char *trust = host->folder(host->ctx, "trust");

	if (trust == NULL || signed_keys_load(&r->keys, trust, "rules") != PN_OK)
		host->log(host->ctx, POSTERN_ERROR, "rules.no_pack",
			"no key rules.pub or rules-*.pub in the trust folder");
	else if (find_place(r, &r->main) != PN_OK)
		host->log(host->ctx, POSTERN_ERROR, "rules.no_pack",
			"expected a folder packs, and the name of a folder in it");
	else
		look(r, &r->main);
	if (r->main.holder.engine == NULL)
		host->trouble(host->ctx, "rules.no_pack", 1);
	if (find_place(r, &r->shadow) == PN_OK)
		look(r, &r->shadow);
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
	r->main.option = "pack";
	r->main.refused = "rules.pack_refused";
	r->main.absent = "rules.no_pack";
	r->shadow.option = "shadow";
	r->shadow.refused = r->shadow.absent = "rules.shadow_refused";
	arena_init(&r->arena, r->memory, sizeof r->memory);
	if (last_resort_open(&r->last_resort) != PN_OK) {
		free(r);
		return PN_EIO;
	}
	load(r);
	*self = r;
	return PN_OK;
}

static int rules_start(void *self)
{
	const struct rules *r = self;

	return r->host->wake_after(r->host->ctx, LOOK_MS);
}

/* Messages and ticks come one after the other: a pack is never changed within an evaluation. */
static void rules_tick(void *self, uint64_t now_ms)
{
	struct rules *r = self;

	(void)now_ms;
	look(r, &r->main);
	look(r, &r->shadow);
	if (r->host->wake_after(r->host->ctx, LOOK_MS) != PN_OK)
		r->host->fail(r->host->ctx, "rules.no_timer");
}

static void rules_stop(void *self)
{
	struct rules *r = self;

	holder_close(&r->main.holder);
	holder_close(&r->shadow.holder);
	explicit_bzero(r, sizeof *r);
	free(r);
}

POSTERN_PLUGIN(.name = "rules-lua", .version = "0.2.0", .init = rules_init, .start = rules_start,
	.message = rules_message, .tick = rules_tick, .stop = rules_stop);
