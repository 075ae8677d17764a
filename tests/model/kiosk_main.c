/* SPDX-License-Identifier: Apache-2.0
 * Drives the shipped table of a kiosk through everything that can happen around one, and judges every step by what an onlooker
 * sees. Fails on a step that breaks a property, on a row that is never taken, and when a table with a planted fault passes.
 * Must never judge by the lane's own memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gate/table.h"

enum { STATES_MAX = 100000, MOVES = GATE_EVENT_COUNT_ + 2, POLICIES = 6, PATIENCE = 8 };
enum wait { WAIT_NONE, WAIT_VERDICT, WAIT_RESULT };
enum said { SAID_NOTHING, SAID_CLEAR, SAID_OTHERWISE };

/* Bytes alone, so that it can be compared. */
struct node {
	struct gate gate;
	uint8_t document, asks, looks, waits, said, seen, open, verdict_durable, result_durable, issued;
};

struct search {
	const struct gate_table *table;
	struct node *nodes;
	size_t count;
	uint8_t taken[1024];
	unsigned long long steps;
	const char *broken;
	uint8_t event, state;
};

struct seen {
	bool begun, to_gate, present, other, moves, asks_issue, looks;
	unsigned ends, issued_ends, abandoned_ends;
};

static void see(struct node *n, const struct gate_actions *a, struct seen *o)
{
	for (uint8_t i = 0; i < a->count; i++)
		switch ((enum gate_action)a->list[i]) {
		case GATE_ACTION_BEGIN_CROSSING:
			o->begun = true;
			n->open = 1;
			n->verdict_durable = n->result_durable = n->issued = n->asks = n->looks = n->waits = 0;
			n->said = n->seen = SAID_NOTHING;
			break;
		case GATE_ACTION_CHECK_ELIGIBILITY:
			n->asks = 1;
			n->said = n->seen = SAID_NOTHING;
			break;
		case GATE_ACTION_VERIFY_INSIDE:
			o->looks = true;
			n->looks = 1;
			n->seen = SAID_NOTHING;
			break;
		case GATE_ACTION_COMMIT_VERDICT:
			n->waits = WAIT_VERDICT;
			break;
		case GATE_ACTION_ISSUE_RESULT:
			o->asks_issue = true;
			n->issued++;
			n->waits = WAIT_RESULT;
			break;
		case GATE_ACTION_CANCEL_QUERIES:
			n->asks = n->looks = 0;
			if (n->waits == WAIT_RESULT)
				n->waits = WAIT_NONE;
			break;
		case GATE_ACTION_END_ISSUED:
			o->issued_ends++;
			o->ends++;
			break;
		case GATE_ACTION_END_ABANDONED:
			o->abandoned_ends++;
			o->ends++;
			break;
		case GATE_ACTION_END_REFERRED:
			o->ends++;
			break;
		case GATE_ACTION_GUIDE_TO_GATE:
			o->to_gate = true;
			break;
		case GATE_ACTION_GUIDE_PRESENT_DOCUMENT:
			o->present = true;
			break;
		case GATE_ACTION_GUIDE_OTHER_LANE:
			o->other = true;
			break;
		case GATE_ACTION_RECORD_REFERRAL:
		case GATE_ACTION_RECORD_EVENT:
		case GATE_ACTION_GUIDE_CLOSED:
		case GATE_ACTION_GUIDE_KEEP_DOCUMENT:
		case GATE_ACTION_GUIDE_LOOK_HERE:
		case GATE_ACTION_GUIDE_TRY_AGAIN:
		case GATE_ACTION_GUIDE_TAKE_DOCUMENT:
			break;
		default: /* leaves, people, officers: none of a kiosk's */
			o->moves = true;
			break;
		}
}

static const char *judge(const struct search *s, const struct node *before, const struct node *n, const struct gate_actions *a,
	const struct seen *o, bool well)
{
	if (a->row == GATE_ROW_NONE)
		return "every event has a row";
	if (o->moves)
		return "a kiosk moves nothing, calls nobody, redeems nothing";
	if (o->begun && (before->open || !well))
		return "a check begins only when all is well, one at a time";
	if (o->asks_issue && (!before->verdict_durable || n->issued > 1))
		return "a result is issued once, after the record of its verdict";
	if (o->looks && before->said != SAID_CLEAR)
		return "a face is looked at when all else is clear";
	if (o->asks_issue && before->said == SAID_CLEAR && before->seen == SAID_NOTHING)
		return "no clear result before the face was looked at";
	if (o->to_gate && (!before->result_durable || before->said != SAID_CLEAR))
		return "to the gate goes who has a clear result that is durable";
	if (o->to_gate && before->seen != SAID_CLEAR)
		return "to the gate goes whose face was looked at";
	if (o->ends > 1 || (o->ends > 0 && !before->open))
		return "a crossing ends once";
	if (o->issued_ends > 0 && !before->result_durable)
		return "issued is what is durable";
	if (o->ends > o->issued_ends && before->result_durable)
		return "who has a result ends with it";
	if (o->abandoned_ends > 0 && before->said != SAID_NOTHING)
		return "who has been checked has not abandoned it";
	if (o->ends > 0 && (n->asks || n->looks || n->waits == WAIT_RESULT))
		return "no question outlives its crossing";
	if (o->present && (!well || n->open))
		return "it invites only while it can check";
	if (n->gate.state == GATE_STATE_IDLE && n->open)
		return "an idle kiosk has nobody in hand";
	if (n->gate.state != GATE_STATE_IDLE && n->gate.state != GATE_STATE_BOOT_SELFTEST &&
		gate_timeout_table(s->table, &n->gate, &gate_timing_default) == 0)
		return "no state without a time";
	return NULL;
}

static struct gate_env env_of(const struct node *n, unsigned policy)
{
	struct gate_env e = { .sensed = gate_sensed_unknown(), .document_present = n->document, .officer_present = policy != 1,
		.lists_ok = policy != 2, .clock_trusted = policy != 3, .journal_ok = policy != 4, .may_serve = policy != 5 };
	return e;
}

/* What an event says of the world; false when it cannot come now. A document may be swiped: it is read and does not lie there. */
static bool happens(struct node *n, enum gate_event event, bool swiped)
{
	switch (event) {
	case GATE_EVENT_DOCUMENT_PRESENTED:
	case GATE_EVENT_DOCUMENT_UNREADABLE:
		n->document = !swiped;
		return true;
	case GATE_EVENT_DOCUMENT_REMOVED:
		n->document = 0;
		return true;
	case GATE_EVENT_READER_LOST:
		n->document = 0;
		return !swiped;
	case GATE_EVENT_ELIGIBLE:
	case GATE_EVENT_REFERRED:
	case GATE_EVENT_STOPPED:
		if (!n->asks)
			return false;
		n->asks = 0;
		n->said = event == GATE_EVENT_ELIGIBLE ? SAID_CLEAR : SAID_OTHERWISE;
		return true;
	case GATE_EVENT_INSIDE_CLEAR:
	case GATE_EVENT_INSIDE_REFERRED:
		if (!n->looks)
			return false;
		n->looks = 0;
		n->seen = event == GATE_EVENT_INSIDE_CLEAR ? SAID_CLEAR : SAID_OTHERWISE;
		return true;
	case GATE_EVENT_COMMITTED:
		if (n->waits == WAIT_NONE)
			return false;
		n->verdict_durable |= n->waits == WAIT_VERDICT;
		n->result_durable |= n->waits == WAIT_RESULT;
		n->waits = WAIT_NONE;
		return true;
	case GATE_EVENT_COMMIT_FAILED:
		if (n->waits == WAIT_NONE)
			return false;
		n->waits = WAIT_NONE;
		return true;
	default:
		return !swiped;
	}
}

static void step(struct search *s, struct node *n, enum gate_event event, unsigned policy)
{
	struct node before = *n;
	struct gate_env env = env_of(n, policy);
	struct gate_actions a;
	struct seen o = { .ends = 0 };
	gate_step_table(s->table, &n->gate, event, &env, &n->gate, &a);
	see(n, &a, &o);
	if (o.ends > 0) {
		n->open = n->verdict_durable = n->result_durable = n->issued = 0;
		n->said = n->seen = SAID_NOTHING;
	}
	s->steps++;
	if (a.row != GATE_ROW_NONE)
		s->taken[a.row] = 1;
	if (s->broken == NULL) {
		s->broken = judge(s, &before, n, &a, &o, policy == 0);
		s->event = (uint8_t)event;
		s->state = before.gate.state;
	}
}

/* The document is taken away and nobody does anything more. */
static bool comes_to_rest(struct search *s, const struct node *from)
{
	struct node n = *from;
	(void)happens(&n, GATE_EVENT_DOCUMENT_REMOVED, false);
	step(s, &n, GATE_EVENT_DOCUMENT_REMOVED, 0);
	for (int i = 0; i < PATIENCE && n.gate.state != GATE_STATE_IDLE; i++)
		step(s, &n, GATE_EVENT_TIMEOUT, 0);
	return n.gate.state == GATE_STATE_IDLE && !n.open;
}

static void add(struct search *s, const struct node *n)
{
	for (size_t i = 0; i < s->count; i++)
		if (memcmp(&s->nodes[i], n, sizeof *n) == 0)
			return;
	if (s->count == STATES_MAX)
		s->broken = "too many states";
	else
		s->nodes[s->count++] = *n;
}

static void explore(struct search *s)
{
	struct node n;
	memset(&n, 0, sizeof n);
	gate_boot(&n.gate, false);
	step(s, &n, GATE_EVENT_BOOT, 0);
	add(s, &n);
	for (size_t i = 0; i < s->count && s->broken == NULL; i++) {
		for (unsigned move = 0; move < 2 * GATE_EVENT_COUNT_ * POLICIES && s->broken == NULL; move++) {
			enum gate_event event = (enum gate_event)(move / 2 % GATE_EVENT_COUNT_);
			unsigned policy = move / 2 / GATE_EVENT_COUNT_;
			n = s->nodes[i];
			if (event == GATE_EVENT_BOOT ||
				(event == GATE_EVENT_TIMEOUT && gate_timeout_table(s->table, &n.gate, &gate_timing_default) == 0) ||
				!happens(&n, event, move % 2 != 0))
				continue;
			step(s, &n, event, policy);
			add(s, &n);
		}
		if (s->broken == NULL && !comes_to_rest(s, &s->nodes[i]) && s->broken == NULL)
			s->broken = "a kiosk that is left alone comes to rest";
	}
}

static bool tell(const struct search *s)
{
	unsigned never = 0;
	if (s->broken != NULL)
		printf("BROKEN: %s, at %s in %s\n", s->broken, gate_event_name(s->event), gate_state_name(s->state));
	for (unsigned i = 0; s->broken == NULL && i < s->table->row_count; i++)
		if (!s->taken[i] && !s->table->rows[i].ignored) {
			never++;
			printf("NEVER TAKEN: %s %s [%s]\n", gate_next_name(s->table->rows[i].state),
				gate_event_name(s->table->rows[i].event), gate_guard_name(s->table->rows[i].guard));
		}
	printf("%zu states, %llu steps, %u rows\n", s->count, s->steps, s->table->row_count);
	return s->broken == NULL && never == 0;
}

/* A table in which one action of a row, or where a row leads, is another. */
struct fault {
	uint8_t state, event, next;
	uint8_t what, instead; /* enum gate_do */
};

static const struct fault faults[] = {
	{ GATE_STATE_KIOSK_VERIFY, GATE_EVENT_INSIDE_CLEAR, GATE_STATE_ISSUING, GATE_DO_COMMIT_VERDICT, GATE_DO_ISSUE_RESULT },
	{ GATE_STATE_ELIGIBILITY, GATE_EVENT_ELIGIBLE, GATE_STATE_DECISION_COMMIT, GATE_DO_VERIFY_INSIDE, GATE_DO_COMMIT_VERDICT },
	{ GATE_STATE_KIOSK_VERIFY, GATE_EVENT_INSIDE_REFERRED, GATE_STATE_DECISION_COMMIT, GATE_DO_REFER, GATE_DO_ADMIT_BY_MACHINE },
	{ GATE_STATE_KIOSK_VERIFY, GATE_EVENT_TIMEOUT, GATE_STATE_DOC_TAKE_BACK, GATE_DO_CANCEL_QUERIES, GATE_DO_RECORD_EVENT },
	{ GATE_STATE_ISSUING, GATE_EVENT_COMMIT_FAILED, GATE_STATE_DOC_TAKE_BACK, GATE_DO_REVOKE_ADMISSION, GATE_DO_NOTE_COMMITTED },
	{ GATE_STATE_ELIGIBILITY, GATE_EVENT_REFERRED, GATE_STATE_DECISION_COMMIT, GATE_DO_COMMIT_VERDICT, GATE_DO_RELEASE_ENTRY },
	{ GATE_STATE_DOC_TAKE_BACK, GATE_EVENT_DOCUMENT_REMOVED, GATE_STATE_RESULT_SHOWN, GATE_DO_END_CROSSING, GATE_DO_BEGIN_CROSSING },
	{ GATE_STATE_DOC_TAKE_BACK, GATE_EVENT_TIMEOUT, GATE_STATE_IDLE, GATE_DO_END_CROSSING, GATE_DO_RECORD_EVENT },
	{ GATE_STATE_ELIGIBILITY, GATE_EVENT_STOPPED, GATE_STATE_DECISION_COMMIT, GATE_DO_COMMIT_VERDICT, GATE_DO_END_CROSSING },
};

static bool found(const struct fault *f, struct search *s)
{
	static struct gate_row rows[1024];
	static struct gate_table table;
	struct node *nodes = s->nodes;
	table = gate_kiosk;
	memcpy(rows, table.rows, table.row_count * sizeof *rows);
	table.rows = rows;
	for (unsigned i = 0; i < table.row_count; i++)
		if (rows[i].state == f->state && rows[i].event == f->event) {
			rows[i].next = f->next;
			for (unsigned k = 0; k < GATE_ROW_ACTIONS; k++)
				if (rows[i].list[k] == f->what)
					rows[i].list[k] = f->instead;
		}
	memset(s, 0, sizeof *s);
	s->nodes = nodes;
	s->table = &table;
	explore(s);
	printf("planted at %s in %s: %s\n", gate_event_name(f->event), gate_state_name(f->state),
		s->broken != NULL ? s->broken : "NOT FOUND");
	return s->broken != NULL;
}

int main(void)
{
	static struct search s;
	bool well;
	s.nodes = calloc(STATES_MAX, sizeof *s.nodes);
	s.table = &gate_kiosk;
	if (s.nodes == NULL)
		return 1;
	explore(&s);
	well = tell(&s);
	for (size_t i = 0; well && i < PN_COUNT(faults); i++)
		well = found(&faults[i], &s);
	free(s.nodes);
	return well ? 0 : 1;
}
