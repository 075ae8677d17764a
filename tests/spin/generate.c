/* SPDX-License-Identifier: Apache-2.0
 * Writes a table as Promela: its rows in their order, guards as conditions over facts, effects as
 * step.c has them on the lane's memory, outputs as a list that whoever stands around can see. The
 * text goes where the lines @LANE@ and @STEP@ stand in the world around it. Facts are translated
 * from the text of guards.def; the meaning of effects, which step.c has in C, stands here a second
 * time, and conform.c holds the two to each other. Must never hold a row, a guard or a fact.
 *
 * Usage: spin-generate TABLE WORLD [MUTANT]   (a name of gate-mutate's)   the Promela goes to
 * stdout
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "common.h"

enum { ROWS_IN_ONE = 40, STATES_IN_ONE = 8 };

static const char *const conditions[] = {
#define A(name, about, condition) #condition,
#define G(name, about, facts)
#include "gate/guards.def"
#undef A
#undef G
};

/* What an effect or an output means for the lane's memory: remember() of step.c. */
static const char *meaning(enum gate_do what)
{
	switch (what) {
	case GATE_DO_BEGIN_CROSSING:
		return "forget_crossing(); g_crossing = true; ";
	case GATE_DO_END_PASSED:
	case GATE_DO_END_RETURNED:
	case GATE_DO_END_ABANDONED:
	case GATE_DO_END_REFERRED:
	case GATE_DO_END_REFUSED:
	case GATE_DO_END_EMERGENCY:
	case GATE_DO_END_UNKNOWN:
		return "forget_crossing(); ";
	case GATE_DO_RECORD_REFERRAL:
		return "g_recorded = true; ";
	case GATE_DO_RELEASE_ENTRY:
	case GATE_DO_RELEASE_EXIT:
		return "g_opened = true; ";
	case GATE_DO_ADMIT_BY_MACHINE:
		return "g_admission = GATE_ADMISSION_MACHINE; ";
	case GATE_DO_ADMIT_BY_OFFICER:
		return "g_admission = GATE_ADMISSION_OFFICER; ";
	case GATE_DO_REVOKE_ADMISSION:
		return "g_admission = GATE_ADMISSION_NONE; g_committed = false; ";
	case GATE_DO_NOTE_COMMITTED:
		return "g_committed = true; ";
	case GATE_DO_NOTE_REFUSED:
		return "g_refused = g_crossing; ";
	case GATE_DO_NOTE_ENTERED:
		return "g_entered = g_crossing; ";
	case GATE_DO_NOTE_PASSED:
		return "g_passed = g_crossing; ";
	case GATE_DO_NOTE_LOST:
		return "g_lost = g_crossing; ";
	case GATE_DO_NOTE_SHUT:
		return "g_opened = false; g_retries = 0; ";
	case GATE_DO_NOTE_TESTED:
		return "g_tested = true; ";
	case GATE_DO_FORGET_TEST:
		return "g_tested = false; ";
	case GATE_DO_WITHDRAW:
		return "g_withdrawn = true; ";
	case GATE_DO_RESTORE:
		return "g_withdrawn = false; ";
	case GATE_DO_COUNT_RETRY:
		return "g_retries++; ";
	case GATE_DO_RESET_RETRIES:
		return "g_retries = 0; ";
	default: /* no trace in the lane: conform.c would find one */
		return "";
	}
}

static bool is_output(enum gate_do what)
{
	return what != GATE_DO_NOTHING && (unsigned)what <= GATE_ACTION_COUNT_;
}

static bool is_choice(const struct gate_table *t, enum gate_do what)
{
	for (size_t i = 0; i < t->choice_count; i++)
		if (t->choices[i].choice == what)
			return true;
	return false;
}

/* C's "a ? b : c" is Promela's "(a -> b : c)", and what a pointer leads to is a variable of its
 * own. */
static void fact(FILE *out, const char *c)
{
	bool choice = strchr(c, '?') != NULL;
	fputs(choice ? "((" : "(", out);
	for (; *c != '\0'; c++) {
		if (c[1] == '-' && c[2] == '>' && (*c == 'g' || *c == 'e' || *c == 's')) {
			fprintf(out, "%c_", *c);
			c += 2;
		} else if (*c == '?') {
			fputs(") -> (", out);
		} else if (*c == ':') {
			fputs(") : (", out);
		} else {
			fputc(*c, out);
		}
	}
	fputs(choice ? "))" : ")", out);
}

static void names(FILE *out)
{
	for (unsigned i = 0; i < GATE_STATE_COUNT_; i++)
		fprintf(out, "#define S_%s %u\n", gate_state_name(i), i);
	for (unsigned i = 0; i < GATE_EVENT_COUNT_; i++)
		fprintf(out, "#define E_%s %u\n", gate_event_name(i), i);
	fprintf(out, "#define E_NONE %u\n", GATE_EVENT_COUNT_);
	for (unsigned i = 0; i < GATE_ACTION_COUNT_; i++)
		fprintf(out, "#define A_%s %u\n", gate_action_name(i), i);
#define L(name) fprintf(out, "#define GATE_LEAF_" #name " %d\n", GATE_LEAF_##name);
	L(UNKNOWN)
	L(LOCKED) L(CLOSED) L(MOVING) L(OPEN) L(OBSTRUCTED) L(FORCED) L(FAULT)
#undef L
#define L(name) fprintf(out, "#define GATE_ADMISSION_" #name " %d\n", GATE_ADMISSION_##name);
		L(NONE) L(MACHINE) L(OFFICER)
#undef L
			fprintf(out, "#define ACTIONS_MAX %u\n#define ROW_NONE %u\n",
				GATE_ACTIONS_MAX, GATE_ROW_NONE);
}

static void guards(FILE *out, const struct gate_table *t)
{
	for (unsigned i = 0; i < GATE_ATOM_COUNT_; i++) {
		fprintf(out, "#define F_%s ", gate_atom_name(i));
		fact(out, conditions[i]);
		fputc('\n', out);
	}
	for (unsigned i = 0; i < GATE_GUARD_COUNT_; i++) {
		fprintf(out, "#define G_%s (true", gate_guard_name(i));
		for (unsigned k = 0; k < GATE_ATOM_COUNT_; k++)
			if (t->guards[i] >> k & 1)
				fprintf(out, " && F_%s", gate_atom_name(k));
		fputs(")\n", out);
	}
}

static void memory(FILE *out)
{
	struct gate g;
	gate_boot(&g, false);
	fputs("\n/* The lane's memory: struct gate. */\nbyte g_state, g_admission, g_retries;\n"
	      "bool g_crossing, g_recorded, g_committed, g_refused, g_entered, g_passed, g_lost, "
	      "g_opened, g_tested, g_withdrawn;\n"
	      "inline forget_crossing() { g_admission = GATE_ADMISSION_NONE; g_retries = 0; "
	      "g_crossing = false; g_recorded = false; "
	      "g_committed = false; g_refused = false; g_entered = false; g_passed = false; g_lost "
	      "= false }\n"
	      "inline lane_boots(unfinished) { forget_crossing(); ",
		out);
	fprintf(out,
		"g_state = %u; g_opened = %d; g_tested = %d; g_withdrawn = %d; "
		"g_crossing = unfinished; g_entered = unfinished; g_lost = unfinished }\n",
		g.state, g.opened, g.tested, g.withdrawn);
}

static void one_output(FILE *out, enum gate_do what)
{
	if (is_output(what))
		fprintf(out, "out[outs] = A_%s; outs++; ", gate_do_name(what));
	fputs(meaning(what), out);
}

static void condition(FILE *out, uint8_t guard, bool negate)
{
	fprintf(out, "%sG_%s", negate ? "!" : "", gate_guard_name(guard));
}

static void choices(FILE *out, const struct gate_table *t)
{
	for (enum gate_do what = GATE_DO_END_IN_EMERGENCY; what < GATE_DO_COUNT_; what++) {
		unsigned open = 0;
		fprintf(out, "inline choose_%s() { ", gate_do_name(what));
		for (size_t i = 0; i < t->choice_count; i++) {
			if (t->choices[i].choice != what)
				continue;
			fputs("if :: ", out);
			condition(out, t->choices[i].guard, t->choices[i].negate);
			fputs(" -> ", out);
			one_output(out, t->choices[i].what);
			fputs("skip :: else -> ", out);
			open++;
		}
		fputs("skip ", out);
		while (open-- > 0)
			fputs("fi ", out);
		fputs("}\n", out);
	}
}

static void ways(FILE *out, const struct gate_table *t)
{
	for (unsigned next = GATE_STATE_COUNT_; next < GATE_NEXT_COUNT_; next++) {
		unsigned open = 0;
		fprintf(out, "inline go_%s() { ", gate_next_name(next));
		for (size_t i = 0; i < t->go_count; i++) {
			if (t->goes[i].next != next)
				continue;
			fputs("if :: ", out);
			condition(out, t->goes[i].guard, t->goes[i].negate);
			fprintf(out, " -> g_state = S_%s :: else -> ",
				gate_state_name(t->goes[i].state));
			open++;
		}
		fputs("skip ", out);
		while (open-- > 0)
			fputs("fi ", out);
		fputs("}\n", out);
	}
}

static void row(FILE *out, const struct gate_table *t, size_t i)
{
	const struct gate_row *r = &t->rows[i];
	fprintf(out, "row = %zu; let_in(); restarts = %d; ", i, r->next != GATE_NEXT_SAME);
	for (size_t k = 0; k < GATE_ROW_ACTIONS && r->list[k] != GATE_DO_NOTHING; k++) {
		enum gate_do what = (enum gate_do)r->list[k];
		if (is_choice(t, what))
			fprintf(out, "choose_%s(); ", gate_do_name(what));
		else
			one_output(out, what);
	}
	if (r->next < GATE_STATE_COUNT_)
		fprintf(out, "g_state = S_%s", gate_state_name(r->next));
	else
		fprintf(out, "go_%s()", gate_next_name(r->next));
}

/* The rows of one state and event: the first whose guard holds. */
static void rows_of(FILE *out, const struct gate_table *t, uint8_t state, uint8_t event)
{
	unsigned open = 0;
	for (size_t i = 0; i < t->row_count; i++) {
		if (t->rows[i].state != state || t->rows[i].event != event)
			continue;
		fputs("\n\t\tif :: ", out);
		condition(out, t->rows[i].guard, t->rows[i].negate);
		fputs(" -> ", out);
		row(out, t, i);
		fputs(" :: else -> ", out);
		open++;
	}
	fputs("skip", out);
	while (open-- > 0)
		fputs(" fi", out);
}

static bool has_rows(const struct gate_table *t, uint8_t state, uint8_t event)
{
	for (size_t i = 0; i < t->row_count; i++)
		if (t->rows[i].state == state && t->rows[i].event == event)
			return true;
	return false;
}

static void opening(FILE *out)
{
	fputs("\n/* Somebody may have come in, whoever opened. */\n"
	      "#define STANDS_SHUT(leaf) (leaf == GATE_LEAF_LOCKED || leaf == GATE_LEAF_CLOSED)\n"
	      "#define LETS_IN ((s_occupants_known && s_occupants > 0) || "
	      "!STANDS_SHUT(s_entry_leaf) || !STANDS_SHUT(s_exit_leaf))\n"
	      "inline let_in() { g_opened = g_opened || LETS_IN }\n",
		out);
}

/* One event in the states from first to last: spin takes no d_step of more than some 2000
 * statements. */
static void event_in(
	FILE *out, const struct gate_table *t, uint8_t event, uint8_t first, uint8_t last)
{
	fprintf(out,
		"\t:: d_step { ev == E_%s && g_state >= %u && g_state <= %u -> row = ROW_NONE; "
		"outs = 0; restarts = 0;\n\t\tif\n",
		gate_event_name(event), first, last);
	for (uint8_t state = first; state <= last; state++) {
		if (!has_rows(t, state, event))
			continue;
		fprintf(out, "\t\t:: g_state == S_%s -> ", gate_state_name(state));
		rows_of(out, t, state, event);
		fputc('\n', out);
	}
	fputs("\t\t:: else -> skip\n\t\tfi;\n\t\tif :: row == ROW_NONE -> ", out);
	rows_of(out, t, GATE_STATE_ANY, event);
	fputs(" :: else -> skip fi;\n\t\tif :: row == ROW_NONE -> let_in() :: else -> skip fi }\n",
		out);
}

/* One step, as the options of an if: reads ev and what is sensed; leaves row, out[0..outs-1],
 * restarts. */
static void step(FILE *out, const struct gate_table *t)
{
	for (uint8_t event = 0; event < GATE_EVENT_COUNT_; event++) {
		unsigned rows = 0;
		for (size_t i = 0; i < t->row_count; i++)
			rows += t->rows[i].event == event;
		uint8_t wide = rows > ROWS_IN_ONE ? STATES_IN_ONE : GATE_STATE_COUNT_;
		for (unsigned first = 0; first < GATE_STATE_COUNT_; first += wide) {
			unsigned last = first + wide - 1;
			event_in(out, t, event, (uint8_t)first,
				(uint8_t)(last < GATE_STATE_COUNT_ ? last : GATE_STATE_COUNT_ - 1));
		}
	}
}

static void clocks(FILE *out, const struct gate_table *t)
{
	fputs("\n/* The runner's clock runs. */\n#define HAS_TIMER (!(false", out);
	for (unsigned i = 0; i < GATE_STATE_COUNT_; i++)
		if (t->timers[i] == GATE_TIMER_none)
			fprintf(out, " || g_state == S_%s", gate_state_name(i));
	fputs("))\n", out);
}

static void lane(FILE *out, const struct spin_choice *choice)
{
	names(out);
	fprintf(out, "#define READER_INSIDE %d\n#define ORDERED_FREE %d\n#define BEHIND_KIOSKS %d\n",
		choice->table->topology == GATE_ONE_STEP, choice->table->topology == GATE_FREE,
		choice->table->topology == GATE_SEGREGATED);
	guards(out, choice->table);
	memory(out);
	choices(out, choice->table);
	ways(out, choice->table);
	clocks(out, choice->table);
	opening(out);
}

int main(int argc, char **argv)
{
	static struct spin_choice choice;
	char line[1024];
	unsigned found = 0;
	if (argc < 3 || argc > 4) {
		fputs("usage: spin-generate TABLE WORLD [MUTANT]\n", stderr);
		return 2;
	}
	if (!spin_choose(&choice, argv[1], argc == 4 ? argv[3] : NULL))
		return 1;
	FILE *world = fopen(argv[2], "r");
	if (world == NULL) {
		perror(argv[2]);
		return 1;
	}
	while (fgets(line, sizeof line, world) != NULL) {
		if (strcmp(line, "@LANE@\n") == 0) {
			found++;
			lane(stdout, &choice);
		} else if (strcmp(line, "@STEP@\n") == 0) {
			found++;
			step(stdout, choice.table);
		} else {
			fputs(line, stdout);
		}
	}
	fclose(world);
	if (found != 2)
		fputs("the world has no place for a lane, or more than one\n", stderr);
	return found == 2 && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
