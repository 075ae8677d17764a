/* SPDX-License-Identifier: Apache-2.0
 * Figures of a shift: see shift.h.
 */
#include "shift.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"

void shift_begin(struct shift *s, int64_t wall_ms)
{
	memset(s, 0, sizeof *s);
	s->since_wall_ms = wall_ms;
}

static uint32_t bin_end(unsigned bin)
{
	uint64_t end = 10;
	for (unsigned i = 0; i < bin; i++)
		end = end * 115 / 100 + 1;
	return (uint32_t)end;
}

static unsigned bin_of(uint32_t ms)
{
	unsigned bin = 0;
	while (bin + 1 < SHIFT_BINS && ms > bin_end(bin))
		bin++;
	return bin;
}

static size_t reason_row(struct shift *s, const char *key)
{
	for (size_t i = 0; i < s->reason_count; i++)
		if (strcmp(s->reasons[i].key, key) == 0)
			return i;
	if (s->reason_count == SHIFT_ROWS)
		return SHIFT_ROWS - 1;
	text_copy(s->reasons[s->reason_count].key, SHIFT_KEY, s->reason_count == SHIFT_ROWS - 1 ? "other" : key);
	return s->reason_count++;
}

static size_t step_row(struct shift *s, const char *key)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (strcmp(s->steps[i].key, key) == 0)
			return i;
	if (s->step_count == SHIFT_ROWS)
		return SHIFT_ROWS - 1;
	text_copy(s->steps[s->step_count].key, SHIFT_KEY, s->step_count == SHIFT_ROWS - 1 ? "other" : key);
	return s->step_count++;
}

static void verdict(struct shift *s, const Postern__RecordClear *r)
{
	s->verdicts++;
	if (r->verdict == POSTERN__VERDICT__VERDICT_CLEAR) {
		s->clear++;
		return;
	}
	if (r->exception == POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE) { /* neither checked nor referred to anybody */
		s->unchecked++;
		return;
	}
	s->referred++;
	size_t row = reason_row(s, r->reason[0] != '\0' ? r->reason : "reason.none");
	s->reasons[row].count++;
	/* A crossing that is referred again waits for one decision. */
	for (size_t i = 0; i < PN_COUNT(s->waiting); i++)
		if (strcmp(s->waiting[i].crossing, r->crossing_id) == 0)
			s->waiting[i].crossing[0] = '\0';
	text_copy(s->waiting[s->next_waiting].crossing, sizeof s->waiting[0].crossing, r->crossing_id);
	s->waiting[s->next_waiting].reason = row;
	s->next_waiting = (s->next_waiting + 1) % PN_COUNT(s->waiting);
}

/* What an officer made of a referral. */
static void judged(struct shift *s, const char *crossing, bool admitted)
{
	for (size_t i = 0; i < PN_COUNT(s->waiting); i++) {
		if (s->waiting[i].crossing[0] == '\0' || strcmp(s->waiting[i].crossing, crossing) != 0)
			continue;
		s->decided++;
		s->false_alarms += admitted;
		s->reasons[s->waiting[i].reason].decided++;
		s->reasons[s->waiting[i].reason].admitted += admitted;
		s->waiting[i].crossing[0] = '\0';
	}
}

unsigned shift_false_alarms(const struct shift *s)
{
	return s->decided > 0 ? (unsigned)(s->false_alarms * 1000 / s->decided) : 0;
}

static void decision(struct shift *s, const Postern__RecordClear *r)
{
	if (r->decision != POSTERN__OFFICER_DECISION__DECISION_HOLD)
		judged(s, r->crossing_id, r->decision == POSTERN__OFFICER_DECISION__DECISION_ADMIT);
	switch (r->decision) {
	case POSTERN__OFFICER_DECISION__DECISION_ADMIT:
		s->admitted++;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_REFUSE:
		s->refused++;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_SEND_BACK:
		s->sent_back++;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_SECOND_LINE:
		s->second_line++;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_HOLD:
		s->held++;
		break;
	case POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED:
	case _POSTERN__OFFICER_DECISION_IS_INT_SIZE:
		s->lost++;
		break;
	}
}

static void outcome(struct shift *s, const Postern__RecordClear *r)
{
	if (r->outcome == POSTERN__OUTCOME__OUTCOME_PASSED)
		s->passed++;
	else if (r->outcome == POSTERN__OUTCOME__OUTCOME_RETURNED)
		s->returned++;
	else
		s->other_outcomes++;
	for (size_t i = 0; i < r->n_steps; i++) {
		size_t row = step_row(s, r->steps[i]->step);
		s->steps[row].count++;
		s->steps[row].bins[bin_of(r->steps[i]->duration_ms)]++;
	}
}

void shift_take(struct shift *s, const Postern__RecordClear *r)
{
	switch (r->kind) {
	case POSTERN__RECORD_KIND__RECORD_VERDICT:
		verdict(s, r);
		break;
	case POSTERN__RECORD_KIND__RECORD_DECISION:
		decision(s, r);
		break;
	case POSTERN__RECORD_KIND__RECORD_OUTCOME:
		outcome(s, r);
		break;
	case POSTERN__RECORD_KIND__RECORD_AUDIT:
	case POSTERN__RECORD_KIND__RECORD_GATE_EVENT:
	case POSTERN__RECORD_KIND__RECORD_ACTIVATION:
	case POSTERN__RECORD_KIND__RECORD_KIOSK:
	case POSTERN__RECORD_KIND__RECORD_PURGE:
		break;
	case POSTERN__RECORD_KIND__RECORD_UNSPECIFIED:
	case _POSTERN__RECORD_KIND_IS_INT_SIZE:
		s->lost++;
		break;
	}
}

uint32_t shift_quantile(const struct shift *s, size_t step, unsigned permille)
{
	uint64_t count = s->steps[step].count, wanted = (count * permille + 999) / 1000, seen = 0;
	for (unsigned i = 0; count > 0 && i < SHIFT_BINS; i++) {
		seen += s->steps[step].bins[i];
		if (seen >= wanted)
			return bin_end(i);
	}
	return 0;
}

void shift_counts_json(const struct shift *s, struct json *j)
{
	json_number(j, "since_wall_ms", s->since_wall_ms);
	json_unsigned(j, "verdicts", s->verdicts);
	json_unsigned(j, "clear", s->clear);
	json_unsigned(j, "referred", s->referred);
	json_unsigned(j, "unchecked", s->unchecked);
	json_unsigned(j, "passed", s->passed);
	json_unsigned(j, "returned", s->returned);
	json_unsigned(j, "other_outcomes", s->other_outcomes);
	json_unsigned(j, "admitted", s->admitted);
	json_unsigned(j, "refused", s->refused);
	json_unsigned(j, "sent_back", s->sent_back);
	json_unsigned(j, "second_line", s->second_line);
	json_unsigned(j, "held", s->held);
	json_unsigned(j, "decided", s->decided);
	json_unsigned(j, "false_alarms", s->false_alarms);
	json_unsigned(j, "false_alarm_permille", shift_false_alarms(s));
}

void shift_json(const struct shift *s, struct json *j)
{
	shift_counts_json(s, j);
	json_array(j, "reasons");
	for (size_t i = 0; i < s->reason_count; i++) {
		json_object(j, NULL);
		json_string(j, "reason", s->reasons[i].key);
		json_unsigned(j, "count", s->reasons[i].count);
		json_unsigned(j, "decided", s->reasons[i].decided);
		json_unsigned(j, "admitted", s->reasons[i].admitted);
		json_end_object(j);
	}
	json_end_array(j);
	json_array(j, "steps");
	for (size_t i = 0; i < s->step_count; i++) {
		json_object(j, NULL);
		json_string(j, "step", s->steps[i].key);
		json_unsigned(j, "count", s->steps[i].count);
		json_unsigned(j, "p50_ms", shift_quantile(s, i, 500));
		json_unsigned(j, "p95_ms", shift_quantile(s, i, 950));
		json_end_object(j);
	}
	json_end_array(j);
}
