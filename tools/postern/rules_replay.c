/* SPDX-License-Identifier: Apache-2.0
 * `postern rules replay`: a candidate pack over the crossings of a journal, where the key that opens
 * them is. What differs is told by the record's key. Must never print, keep or pass on what it has
 * opened.
 */
#include "rules_replay.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "commands.h"
#include "crossing/facts.h"
#include "engine.h"
#include "journal/journal.h"

enum { SHOW = 50, TELL_MS = 2000 };

struct replaying {
	struct cli *cli;
	struct replay *counts;
	struct engine *engine;
	struct engine_result *result;
	uint64_t begun_ms, told_ms;
	bool tell; /* somebody watches */
};

static void tell_progress(struct replaying *p, const struct journal_row *row)
{
	uint64_t now = clock_mono_ms();

	if (!p->tell || now - p->told_ms < TELL_MS)
		return;
	p->told_ms = now;
	fprintf(p->cli->err, "%" PRIu64 " verdicts, at record %" PRIu64 ":%" PRIu64 ", %" PRIu64 " s\n",
		p->counts->verdicts, row->epoch, row->seq, (now - p->begun_ms) / 1000);
}

static Postern__Verdict careful(Postern__Verdict v)
{
	return v == POSTERN__VERDICT__VERDICT_CLEAR || v == POSTERN__VERDICT__VERDICT_REFER
		       ? v
		       : POSTERN__VERDICT__VERDICT_STOP;
}

/* What the machine would have said: the candidate, and beside it what did not come from rules. Of
 * two that are equally strict the rules lead, as in core/verdict. */
static void treat(struct replay_treatment *t, Postern__Verdict rules, const char *code, Postern__Verdict rest)
{
	Postern__Verdict r = careful(rules), o = careful(rest);

	t->verdict = r >= o ? r : o;
	if (t->verdict == POSTERN__VERDICT__VERDICT_CLEAR)
		code = "";
	text_copy(t->code, sizeof t->code, r >= o ? code : "not.rules");
}

static const char *leading(const Postern__RulesEvaluated *e)
{
	for (size_t i = 0; i < e->n_findings; i++)
		if (careful(e->findings[i]->verdict) == careful(e->verdict))
			return e->findings[i]->code;
	return "";
}

static void evaluate(struct replaying *p, const struct journal_row *row, const Postern__RecordClear *clear,
	const Postern__CrossingRecord *sealed)
{
	Postern__CrossingFacts facts;
	struct replay_treatment before, after;
	const struct engine_result *found = p->result;
	uint64_t begun;

	if (sealed->rules == NULL || !facts_of_record(clear, sealed, &facts)) {
		p->counts->not_evaluated++;
		return;
	}
	treat(&before, sealed->rules->verdict, leading(sealed->rules), sealed->without_rules);
	begun = clock_mono_ns();
	engine_evaluate(p->engine, &facts, p->result);
	replay_time(p->counts, clock_mono_ns() - begun);
	treat(&after, found->verdict, found->finding_count > 0 ? found->finding[0].code : "",
		sealed->without_rules);
	p->counts->rule_errors += found->errors;
	replay_add(p->counts, row->epoch, row->seq, row->crossing_id, &before, &after);
	explicit_bzero(p->result, sizeof *p->result);
}

static int on_row(void *context, const struct journal_row *row, int result, const uint8_t *personal,
	size_t personal_size)
{
	struct replaying *p = context;
	Postern__RecordClear *clear = NULL;
	Postern__CrossingRecord *sealed = NULL;

	p->counts->verdicts++;
	tell_progress(p, row);
	if (result == PN_ENOTFOUND) {
		p->counts->purged++;
		return 0;
	}
	if (result == PN_OK) {
		clear = postern__record_clear__unpack(NULL, row->clear_size, row->clear);
		sealed = postern__crossing_record__unpack(NULL, personal_size, personal);
	}
	if (clear != NULL && sealed != NULL)
		evaluate(p, row, clear, sealed);
	else
		p->counts->not_opened++;
	if (clear != NULL)
		postern__record_clear__free_unpacked(clear, NULL);
	if (sealed != NULL)
		postern__crossing_record__free_unpacked(sealed, NULL);
	return 0;
}

static int run(struct replaying *p, const struct journal_query *q)
{
	const char *journal = cli_value(p->cli, "journal"), *key = cli_value(p->cli, "key");
	uint8_t *pem = NULL;
	size_t size = 0;
	int r = cli_read_file(key, 65536, &pem, &size);

	if (r != PN_OK)
		return cli_fail(p->cli, CLI_UNAVAILABLE, "%s: cannot be read", key);
	r = journal_unseal(journal, q, pem, size, on_row, p);
	explicit_bzero(pem, size);
	free(pem);
	if (r == PN_ENOTFOUND)
		return cli_fail(p->cli, CLI_UNAVAILABLE, "%s: no such file", journal);
	if (r == PN_EFORMAT)
		return cli_fail(p->cli, CLI_USAGE, "%s: not a journal of this version", journal);
	if (r != PN_OK)
		return cli_fail(p->cli, CLI_UNAVAILABLE, "%s: cannot be read: %s", journal, pn_err_name(r));
	if (p->counts->evaluated == 0 && p->counts->not_opened > 0)
		return cli_fail(p->cli, CLI_USAGE, "%s: opens none of the %" PRIu64 " payloads in this range", key,
			p->counts->not_opened);
	return CLI_OK;
}

static int options(struct cli *cli, struct replay *counts, struct journal_query *q)
{
	long show;

	memset(q, 0, sizeof *q);
	q->kind = POSTERN__RECORD_KIND__RECORD_VERDICT;
	if (journal_key_option(cli, "from", &q->from_epoch, &q->from_seq) != 0 ||
		journal_key_option(cli, "to", &q->to_epoch, &q->to_seq) != 0 ||
		cli_number(cli, "show", 0, REPLAY_SHOWN_MAX, SHOW, &show) != PN_OK)
		return CLI_USAGE;
	counts->show = (size_t)show;
	return CLI_OK;
}

int rules_replay(struct cli *cli)
{
	struct replaying p = {.cli = cli, .tell = isatty(fileno(cli->err)) == 1};
	struct journal_query q;
	struct pack *pack = NULL;
	char message[1024];
	struct text error;
	int status = CLI_UNAVAILABLE;

	text_init(&error, message, sizeof message);
	p.counts = calloc(1, sizeof *p.counts);
	p.result = calloc(1, sizeof *p.result);
	if (p.counts != NULL)
		p.counts->ns = calloc(REPLAY_TIMES, sizeof *p.counts->ns);
	if (p.result == NULL || p.counts == NULL || p.counts->ns == NULL) {
		cli_fail(cli, status, "no memory");
		goto out;
	}
	status = options(cli, p.counts, &q);
	if (status != CLI_OK)
		goto out;
	if (pack_load(cli->arguments[0], NULL, &pack, &error) != PN_OK ||
		engine_open(pack, &p.engine, &error) != PN_OK) {
		status = cli_fail(cli, CLI_USAGE, "%s", message);
		goto out;
	}
	p.begun_ms = p.told_ms = clock_mono_ms();
	status = run(&p, &q);
	if (status != CLI_OK)
		goto out;
	replay_print(cli, p.counts, pack->manifest->name, pack->manifest->version,
		(double)(clock_mono_ms() - p.begun_ms) / 1e3);
	status = p.counts->stricter + p.counts->milder > 0 ? CLI_FINDING : CLI_OK;
out:
	engine_close(p.engine);
	pack_free(pack);
	free(p.result);
	if (p.counts != NULL)
		free(p.counts->ns);
	free(p.counts);
	return status;
}
