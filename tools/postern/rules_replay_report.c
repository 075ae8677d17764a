/* SPDX-License-Identifier: Apache-2.0
 * Counting and printing what a replay found. Must never print anything of a traveller but the key of
 * the record.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "control_client.h"
#include "json/json.h"
#include "rules_replay.h"

static bool same(const struct replay_treatment *a, const struct replay_treatment *b)
{
	return a->verdict == b->verdict && strcmp(a->code, b->code) == 0;
}

static void note_change(struct replay *r, const struct replay_treatment *before, const struct replay_treatment *after)
{
	size_t i = 0;

	while (i < r->change_count && (!same(&r->change[i].before, before) || !same(&r->change[i].after, after)))
		i++;
	if (i == REPLAY_CHANGES) {
		r->changes_beyond++;
		return;
	}
	if (i == r->change_count)
		r->change[r->change_count++] = (struct replay_change){*before, *after, 0};
	r->change[i].count++;
}

void replay_add(struct replay *r, uint64_t epoch, uint64_t seq, const char *crossing_id,
	const struct replay_treatment *before, const struct replay_treatment *after)
{
	r->evaluated++;
	r->alerts_before += before->verdict != POSTERN__VERDICT__VERDICT_CLEAR;
	r->alerts_after += after->verdict != POSTERN__VERDICT__VERDICT_CLEAR;
	if (same(before, after))
		return;
	r->stricter += after->verdict > before->verdict;
	r->milder += after->verdict < before->verdict;
	r->other_reason += after->verdict == before->verdict;
	note_change(r, before, after);
	if (r->shown_count < r->show) {
		struct replay_shown *s = &r->shown[r->shown_count++];

		*s = (struct replay_shown){.epoch = epoch, .seq = seq, .before = *before, .after = *after};
		text_copy(s->crossing_id, sizeof s->crossing_id, crossing_id);
	}
}

/* Beyond the room the newest take the place of the oldest. */
void replay_time(struct replay *r, uint64_t ns)
{
	r->ns[r->time_count % REPLAY_TIMES] = ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
	r->time_count++;
}

static int by_time(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b)
{
	const struct replay_change *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

struct percentiles {
	double p50, p99, max; /* microseconds */
};

static struct percentiles times(struct replay *r)
{
	size_t n = r->time_count < REPLAY_TIMES ? r->time_count : REPLAY_TIMES, half = n / 2, most = n * 99 / 100;

	if (n == 0)
		return (struct percentiles){0, 0, 0};
	qsort(r->ns, n, sizeof *r->ns, by_time);
	return (struct percentiles){r->ns[half] / 1e3, r->ns[most] / 1e3, r->ns[n - 1] / 1e3};
}

static double per_thousand(const struct replay *r, uint64_t n)
{
	return r->evaluated > 0 ? 1000.0 * (double)n / (double)r->evaluated : 0;
}

static const char *treatment(const struct replay_treatment *t, char out[128])
{
	char word[48];

	snprintf(out, 128, "%s%s%s", control_word(&postern__verdict__descriptor, (int)t->verdict, word),
		t->code[0] != '\0' ? " " : "", t->code);
	return out;
}

static void print_text(struct cli *cli, struct replay *r, const char *pack, const char *version, double seconds)
{
	struct percentiles p = times(r);
	char a[128], b[128];
	FILE *out = cli->out;

	for (size_t i = 0; i < r->shown_count; i++)
		fprintf(out, "%" PRIu64 ":%" PRIu64 "  %s  %s -> %s\n", r->shown[i].epoch, r->shown[i].seq,
			r->shown[i].crossing_id, treatment(&r->shown[i].before, a),
			treatment(&r->shown[i].after, b));
	if (r->shown_count < r->stricter + r->milder + r->other_reason)
		fprintf(out, "... and %" PRIu64 " more\n",
			r->stricter + r->milder + r->other_reason - r->shown_count);
	fprintf(out, "%s %s over %" PRIu64 " verdicts: %" PRIu64 " evaluated in %.1f s\n", pack, version,
		r->verdicts, r->evaluated, seconds);
	fprintf(out, "not evaluated            %" PRIu64 " (rules not asked %" PRIu64 ", purged %" PRIu64
		", not opened by this key %" PRIu64 ")\n",
		r->not_evaluated + r->purged + r->not_opened, r->not_evaluated, r->purged, r->not_opened);
	fprintf(out, "treated otherwise        %" PRIu64 " (stricter %" PRIu64 ", milder %" PRIu64 "); for another reason %" PRIu64 "\n",
		r->stricter + r->milder, r->stricter, r->milder, r->other_reason);
	for (size_t i = 0; i < r->change_count; i++)
		fprintf(out, "    %-8" PRIu64 " %s -> %s\n", r->change[i].count,
			treatment(&r->change[i].before, a), treatment(&r->change[i].after, b));
	if (r->changes_beyond > 0)
		fprintf(out, "    %-8" PRIu64 " others\n", r->changes_beyond);
	fprintf(out, "alerts per 1,000         %.1f before, %.1f after\n", per_thousand(r, r->alerts_before),
		per_thousand(r, r->alerts_after));
	fprintf(out, "rules that failed        %" PRIu64 "\n", r->rule_errors);
	fprintf(out, "one evaluation           p50 %.1f us, p99 %.1f us, longest %.1f us\n", p.p50, p.p99, p.max);
}

static void json_treatment(struct json *j, const char *name, const struct replay_treatment *t)
{
	char word[48];

	json_object(j, name);
	json_string(j, "verdict", control_word(&postern__verdict__descriptor, (int)t->verdict, word));
	json_string(j, "code", t->code);
	json_end_object(j);
}

static void json_lists(struct json *j, const struct replay *r)
{
	json_array(j, "changes");
	for (size_t i = 0; i < r->change_count; i++) {
		json_object(j, NULL);
		json_unsigned(j, "travellers", r->change[i].count);
		json_treatment(j, "before", &r->change[i].before);
		json_treatment(j, "after", &r->change[i].after);
		json_end_object(j);
	}
	json_end_array(j);
	json_unsigned(j, "changes_beyond", r->changes_beyond);
	json_array(j, "records");
	for (size_t i = 0; i < r->shown_count; i++) {
		json_object(j, NULL);
		json_unsigned(j, "epoch", r->shown[i].epoch);
		json_unsigned(j, "seq", r->shown[i].seq);
		json_string(j, "crossing_id", r->shown[i].crossing_id);
		json_treatment(j, "before", &r->shown[i].before);
		json_treatment(j, "after", &r->shown[i].after);
		json_end_object(j);
	}
	json_end_array(j);
}

static void print_json(struct cli *cli, struct replay *r, const char *pack, const char *version)
{
	struct percentiles p = times(r);
	struct json j;

	json_begin(&j, cli->out, true);
	json_object(&j, NULL);
	json_string(&j, "pack", pack);
	json_string(&j, "version", version);
	json_unsigned(&j, "verdicts", r->verdicts);
	json_unsigned(&j, "evaluated", r->evaluated);
	json_unsigned(&j, "not_evaluated", r->not_evaluated);
	json_unsigned(&j, "purged", r->purged);
	json_unsigned(&j, "not_opened", r->not_opened);
	json_unsigned(&j, "stricter", r->stricter);
	json_unsigned(&j, "milder", r->milder);
	json_unsigned(&j, "other_reason", r->other_reason);
	json_unsigned(&j, "alerts_before", r->alerts_before);
	json_unsigned(&j, "alerts_after", r->alerts_after);
	json_number(&j, "alerts_before_per_million", (int64_t)(1000 * per_thousand(r, r->alerts_before)));
	json_number(&j, "alerts_after_per_million", (int64_t)(1000 * per_thousand(r, r->alerts_after)));
	json_unsigned(&j, "rule_errors", r->rule_errors);
	json_number(&j, "p50_ns", (int64_t)(p.p50 * 1e3));
	json_number(&j, "p99_ns", (int64_t)(p.p99 * 1e3));
	json_number(&j, "max_ns", (int64_t)(p.max * 1e3));
	json_lists(&j, r);
	json_end_object(&j);
	json_finish(&j);
}

void replay_print(
	struct cli *cli, struct replay *r, const char *pack, const char *version, double seconds)
{
	qsort(r->change, r->change_count, sizeof r->change[0], by_count);
	if (cli->json)
		print_json(cli, r, pack, version);
	else
		print_text(cli, r, pack, version, seconds);
}
