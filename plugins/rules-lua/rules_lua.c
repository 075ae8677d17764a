/* SPDX-License-Identifier: Apache-2.0
 * Plugin of kind rules: answers evaluate_rules with what the signed pack says. No pack, a bad signature or an error of any
 * sort is a finding with verdict refer. Must never answer clear without having run every rule of a verified pack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.pb-c.h"
#include "engine.h"
#include "postern/plugin.h"

enum { ANSWER_MAX = 8192 };

struct rules {
	const struct postern_host *host;
	struct pack *pack;
	struct engine *engine;
	struct engine_result result;
};

static void fill(const struct rules *r, Postern__RulesEvaluated *a, Postern__Finding *finding, Postern__Finding **findings,
	char *(*args)[ENGINE_ARGS_MAX], char **fields)
{
	const struct engine_result *from = &r->result;
	for (size_t i = 0; i < from->finding_count; i++) {
		postern__finding__init(&finding[i]);
		finding[i].rule = (char *)(uintptr_t)from->finding[i].rule;
		finding[i].code = (char *)(uintptr_t)from->finding[i].code;
		finding[i].verdict = from->finding[i].verdict;
		finding[i].exception = from->finding[i].exception;
		for (size_t k = 0; k < from->finding[i].arg_count; k++)
			args[i][k] = (char *)(uintptr_t)from->finding[i].args[k];
		finding[i].args = args[i];
		finding[i].n_args = from->finding[i].arg_count;
		findings[i] = &finding[i];
	}
	a->verdict = from->verdict;
	a->findings = findings;
	a->n_findings = from->finding_count;
	if (r->pack == NULL)
		return;
	a->pack = r->pack->name;
	a->pack_version = r->pack->version;
	a->fields_read = fields;
	for (unsigned i = 0; i < r->pack->fields_count; i++)
		if (from->fields_read & UINT64_C(1) << i)
			fields[a->n_fields_read++] = r->pack->fields[i];
}

static void answer(struct rules *r, uint64_t id)
{
	Postern__RulesEvaluated a = POSTERN__RULES_EVALUATED__INIT;
	Postern__Finding finding[ENGINE_FINDINGS_MAX], *findings[ENGINE_FINDINGS_MAX];
	char *args[ENGINE_FINDINGS_MAX][ENGINE_ARGS_MAX], *fields[PACK_FIELDS_MAX];
	uint8_t bytes[ANSWER_MAX];
	size_t n;
	fill(r, &a, finding, findings, args, fields);
	n = postern__rules_evaluated__get_packed_size(&a);
	if (n > sizeof bytes)
		return; /* the declared default follows */
	postern__rules_evaluated__pack(&a, bytes);
	if (r->host->answer(r->host->ctx, id, POSTERN__ENVELOPE__BODY_RULES_EVALUATED, bytes, n) != 0)
		r->host->log(r->host->ctx, POSTERN_WARNING, "rules.not_answered", "");
}

static void no_pack(struct engine_result *out)
{
	memset(out, 0, sizeof *out);
	out->verdict = POSTERN__VERDICT__VERDICT_REFER;
	out->finding_count = 1;
	text_copy(out->finding[0].rule, sizeof out->finding[0].rule, "engine");
	text_copy(out->finding[0].code, sizeof out->finding[0].code, "rules.no_pack");
	out->finding[0].verdict = POSTERN__VERDICT__VERDICT_REFER;
	out->finding[0].exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION;
}

static void rules_message(void *self, const struct postern_message *m)
{
	struct rules *r = self;
	Postern__EvaluateRules *q;
	if (m->body != POSTERN__ENVELOPE__BODY_EVALUATE_RULES)
		return;
	q = postern__evaluate_rules__unpack(NULL, m->size, m->bytes);
	if (q == NULL || q->facts == NULL || r->engine == NULL)
		no_pack(&r->result);
	else
		engine_evaluate(r->engine, q->facts, &r->result);
	if (q != NULL)
		postern__evaluate_rules__free_unpacked(q, NULL);
	if (r->result.errors > 0)
		r->host->log(r->host->ctx, POSTERN_ERROR, "rules.error", r->result.finding[0].rule);
	answer(r, m->query_id);
}

static int load(struct rules *r)
{
	const struct postern_host *host = r->host;
	char folder[512], message[512];
	struct signed_keys keys;
	struct text error;
	int rc;
	text_init(&error, message, sizeof message);
	snprintf(folder, sizeof folder, "%s/%s", host->folder(host->ctx, "packs"), host->option(host->ctx, "pack"));
	rc = signed_keys_load(&keys, host->folder(host->ctx, "trust"), "rules");
	if (rc != PN_OK)
		text_add(&error, "no key rules*.pub in the trust folder");
	if (rc == PN_OK)
		rc = pack_load(folder, &keys, &r->pack, &error);
	if (rc == PN_OK)
		rc = engine_open(r->pack, &r->engine, &error);
	if (rc != PN_OK)
		host->log(host->ctx, POSTERN_ERROR, "rules.no_pack", message);
	else
		host->log(host->ctx, POSTERN_INFO, "rules.loaded", r->pack->version);
	return rc;
}

static int rules_init(const struct postern_host *host, void **self)
{
	struct rules *r = calloc(1, sizeof *r);
	if (r == NULL)
		return PN_ENOMEM;
	r->host = host;
	/* Without a pack the plugin still runs: it answers refer and says why. */
	host->trouble(host->ctx, "rules.no_pack", load(r) != PN_OK);
	*self = r;
	return PN_OK;
}

static void rules_stop(void *self)
{
	struct rules *r = self;
	engine_close(r->engine);
	pack_free(r->pack);
	explicit_bzero(r, sizeof *r);
	free(r);
}

POSTERN_PLUGIN(.name = "rules-lua", .version = "0.1.0", .init = rules_init, .message = rules_message, .stop = rules_stop);
