/* SPDX-License-Identifier: Apache-2.0
 * Tells a shipped table as a page: its states, events, guards and diagrams. gate-doc TOPOLOGY
 * prints the page; gate-doc TOPOLOGY FILE fails, and says in which line, when FILE is not that
 * page. Must never tell anything that the table does not hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "gate/table.h"

static const char *const state_about[] = {
#define X(name, timer, about) about,
#include "gate/states.def"
#undef X
};
static const char *const event_about[] = {
#define X(name, about) about,
#include "gate/events.def"
#undef X
};
static const struct {
	const char *name, *about;
	uint32_t ms;
} timers[] = {
#define GATE_TIMER(name, default_ms, about) {#name, about, default_ms},
#include "gate/timers.def"
#undef GATE_TIMER
};
static const char *const atom_about[] = {
#define A(name, about, condition) about,
#define G(name, about, facts)
#include "gate/guards.def"
#undef A
#undef G
};

static const struct {
	const char *title;
	uint8_t first, last;
} parts[] = {{"Start, and before the entry", GATE_STATE_BOOT_SELFTEST, GATE_STATE_DOC_FORGOTTEN},
	{"Through the entry, and between the leaves", GATE_STATE_ENTRY_OPENING,
		GATE_STATE_DECISION_COMMIT},
	{"Through the exit", GATE_STATE_EXIT_OPENING, GATE_STATE_LEFT_OBJECT},
	{"Held, and sent back", GATE_STATE_HOLD_OFFICER, GATE_STATE_RETURN_HELD},
	{"Hands, faults, emergency", GATE_STATE_ASSIST_OPEN, GATE_STATE_MAINTENANCE}};
_Static_assert(GATE_STATE_MAINTENANCE + 1 == GATE_STATE_COUNT_, "every state is in a part");

/* What tables share and this one never names is not told of it. */
static bool uses_state(const struct gate_table *t, unsigned state)
{
	bool used = state == GATE_STATE_BOOT_SELFTEST;
	for (unsigned i = 0; i < t->row_count; i++)
		used |= t->rows[i].next == state;
	for (unsigned i = 0; i < t->go_count; i++)
		used |= t->goes[i].state == state;
	return used;
}

static bool uses_guard(const struct gate_table *t, unsigned guard)
{
	bool used = false;
	for (unsigned i = 0; i < t->row_count; i++)
		used |= t->rows[i].guard == guard;
	for (unsigned i = 0; i < t->choice_count; i++)
		used |= t->choices[i].guard == guard;
	for (unsigned i = 0; i < t->go_count; i++)
		used |= t->goes[i].guard == guard;
	return used && guard != GATE_GUARD_ALWAYS && guard != GATE_GUARD_NEVER;
}

static bool uses_fact(const struct gate_table *t, unsigned fact)
{
	bool used = false;
	for (unsigned i = 0; i < GATE_GUARD_COUNT_; i++)
		used |= uses_guard(t, i) && (t->guards[i] >> fact & 1);
	return used;
}

static bool uses_timer(const struct gate_table *t, unsigned timer)
{
	bool used = false;
	for (unsigned i = 0; i < GATE_STATE_COUNT_; i++)
		used |= t->timers[i] == timer && uses_state(t, i);
	return used;
}

static unsigned how_many(
	const struct gate_table *t, bool (*uses)(const struct gate_table *, unsigned), unsigned all)
{
	unsigned n = 0;
	for (unsigned i = 0; i < all; i++)
		n += uses(t, i);
	return n;
}

static void heading(FILE *out, const struct gate_table *t, const char *name)
{
	unsigned acting = 0;
	static const char *const files[] = {[GATE_TWO_STEP] = "two_step", [GATE_ONE_STEP] = "one_step",
		[GATE_SEGREGATED] = "redeem", [GATE_KIOSK] = "kiosk",
		[GATE_FREE] = "free"};
	for (unsigned i = 0; i < t->row_count; i++)
		acting += !t->rows[i].ignored;
	fprintf(out, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# The table of the %s lane\n\n",
		name);
	fprintf(out,
		"Written by `build/tests/model/gate-doc %s` from the table that is shipped, and "
		"held to it by the test "
		"`gate-doc`: change\n`core/gate/%s.def` or a part that it includes, run it again. "
		"What the lane is for: "
		"[the lane](gate.md).\n\n",
		name, files[t->topology]);
	fprintf(out,
		"%u states, %d events, %u rows that do something, %u that ignore an event on "
		"purpose, %u guards over %u facts.\n",
		how_many(t, uses_state, GATE_STATE_COUNT_), GATE_EVENT_COUNT_, acting,
		t->row_count - acting, how_many(t, uses_guard, GATE_GUARD_COUNT_),
		how_many(t, uses_fact, GATE_ATOM_COUNT_));
}

static void label(FILE *out, const struct gate_row *r, bool first)
{
	fprintf(out, "%s%s", first ? "" : ", ", gate_event_name(r->event));
	if (r->guard != GATE_GUARD_ALWAYS)
		fprintf(out, " (%s)", gate_guard_name(r->guard));
}

/* One arrow for all rows between the same two states. */
static void arrows_of(FILE *out, const struct gate_table *table, uint8_t state)
{
	for (uint8_t next = 0; next < GATE_NEXT_COUNT_; next++) {
		bool drawn = false;
		for (unsigned i = 0; next != GATE_NEXT_SAME && i < table->row_count; i++) {
			const struct gate_row *r = &table->rows[i];
			if (r->state != state || r->next != next)
				continue;
			if (!drawn)
				fprintf(out, "  %s --> %s: ", gate_state_name(state),
					gate_next_name(next));
			label(out, r, !drawn);
			drawn = true;
		}
		if (drawn)
			fputc('\n', out);
	}
}

static void guarded(FILE *out, unsigned guard)
{
	if (guard != GATE_GUARD_ALWAYS)
		fprintf(out, " (%s)", gate_guard_name(guard));
}

static bool drawn(const struct gate_table *t, uint8_t first, uint8_t last)
{
	for (unsigned i = 0; i < t->row_count; i++)
		if (t->rows[i].state >= first && t->rows[i].state <= last && t->rows[i].next < GATE_NEXT_COUNT_ &&
			t->rows[i].next != GATE_NEXT_SAME)
			return true;
	return false;
}

static void diagrams(FILE *out, const struct gate_table *t)
{
	fprintf(out, "\n## Diagrams\n\nGuards stand in parentheses; of rows of one state and one "
		     "event the first whose guard holds is taken. Rows of every state are\n"
		     "in the table after the diagrams. `REST` is the first that holds of");
	for (unsigned i = 0; i < t->go_count; i++) {
		fprintf(out, "%s `%s`", i == 0 ? "" : ",", gate_state_name(t->goes[i].state));
		guarded(out, t->goes[i].guard);
	}
	fprintf(out, ".\n");
	for (size_t p = 0; p < PN_COUNT(parts); p++) {
		if (!drawn(t, parts[p].first, parts[p].last))
			continue;
		fprintf(out, "\n### %s\n\n```mermaid\nstateDiagram-v2\n", parts[p].title);
		for (uint8_t s = parts[p].first; s <= parts[p].last; s++)
			arrows_of(out, t, s);
		fprintf(out, "```\n");
	}
}

/* What an action means that is another one, depending on what holds. */
static void choices(FILE *out, const struct gate_table *t)
{
	fprintf(out,
		"\n### Actions that depend\n\nThe first whose guard holds is done, or nothing.\n\n"
		"| action | is |\n| --- | --- |\n");
	for (unsigned what = 0; what < GATE_DO_COUNT_; what++) {
		bool told = false;
		for (unsigned i = 0; i < t->choice_count; i++) {
			if (t->choices[i].choice != what)
				continue;
			fprintf(out, told ? ", " : "| `%s` | ", gate_do_name(what));
			fprintf(out, "%s", gate_do_name(t->choices[i].what));
			guarded(out, t->choices[i].guard);
			told = true;
		}
		if (told)
			fprintf(out, " |\n");
	}
}

static void any(FILE *out, const struct gate_table *table)
{
	fprintf(out, "\n### From every state that has no row of its own that applies\n\n"
		     "| event | guard | next | what is done |\n| --- | --- | --- | --- |\n");
	for (unsigned i = 0; i < table->row_count; i++) {
		const struct gate_row *r = &table->rows[i];
		if (r->state != GATE_STATE_ANY || r->ignored)
			continue;
		fprintf(out, "| `%s` | %s | %s |", gate_event_name(r->event),
			r->guard == GATE_GUARD_ALWAYS ? "" : gate_guard_name(r->guard),
			r->next == GATE_NEXT_SAME ? "stays" : gate_next_name(r->next));
		for (size_t k = 0; k < GATE_ROW_ACTIONS && r->list[k] != GATE_DO_NOTHING; k++)
			fprintf(out, " %s", gate_do_name(r->list[k]));
		fprintf(out, " |\n");
	}
}

static void words(FILE *out, const struct gate_table *table)
{
	fprintf(out, "\n## States\n\n| state | time | |\n| --- | --- | --- |\n");
	for (unsigned i = 0; i < GATE_STATE_COUNT_; i++) {
		if (!uses_state(table, i))
			continue;
		fprintf(out, "| `%s` | ", gate_state_name(i));
		if (timers[table->timers[i]].ms != 0)
			fprintf(out, "`%s`, %u ms", timers[table->timers[i]].name,
				timers[table->timers[i]].ms);
		fprintf(out, " | %s |\n", state_about[i]);
	}
	fprintf(out, "\n## Times\n\nDefaults; the configuration may set each.\n\n"
		     "| time | ms | |\n| --- | --- | --- |\n");
	for (unsigned i = GATE_TIMER_none + 1; i < GATE_TIMER_COUNT_; i++)
		if (uses_timer(table, i))
			fprintf(out, "| `%s` | %u | %s |\n", timers[i].name, timers[i].ms,
				timers[i].about);
	fprintf(out, "\n## Events\n\n| event | |\n| --- | --- |\n");
	for (unsigned i = 0; i < GATE_EVENT_COUNT_; i++)
		fprintf(out, "| `%s` | %s |\n", gate_event_name(i), event_about[i]);
}

static void guards(FILE *out, const struct gate_table *table)
{
	fprintf(out, "\n## Guards\n\nA guard holds when all of its facts do.\n\n| guard | | facts "
		     "|\n| --- | --- | --- |\n");
	for (unsigned i = 0; i < GATE_GUARD_COUNT_; i++) {
		if (!uses_guard(table, i))
			continue;
		fprintf(out, "| `%s` | %s |", gate_guard_name(i), gate_guard_about(i));
		for (unsigned k = 0; k < GATE_ATOM_COUNT_; k++)
			if (table->guards[i] >> k & 1)
				fprintf(out, " %s", gate_atom_name(k));
		fprintf(out, " |\n");
	}
	fprintf(out, "\n## Facts\n\n| fact | |\n| --- | --- |\n");
	for (unsigned k = GATE_ATOM_NEVER + 1; k < GATE_ATOM_COUNT_; k++)
		if (uses_fact(table, k))
			fprintf(out, "| `%s` | %s |\n", gate_atom_name(k), atom_about[k]);
}

static char *page(const struct gate_table *t, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	heading(out, t, name);
	diagrams(out, t);
	any(out, t);
	choices(out, t);
	words(out, t);
	guards(out, t);
	return fclose(out) == 0 ? text : NULL;
}

static bool is_page(const char *path, const char *text)
{
	FILE *f = fopen(path, "r");
	unsigned line = 1;
	int c = 0;
	if (f == NULL) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return false;
	}
	for (; *text != 0 && (c = fgetc(f)) == (unsigned char)*text; text++)
		line += c == '\n';
	bool same = *text == 0 && fgetc(f) == EOF;
	fclose(f);
	if (!same)
		fprintf(stderr, "%s:%u: not what the table says; run gate-doc again\n", path, line);
	return same;
}

int main(int argc, char **argv)
{
	enum gate_topology topology;
	if (argc < 2 || argc > 3 || !gate_topology_find(argv[1], &topology)) {
		fprintf(stderr, "usage: gate-doc TOPOLOGY [FILE]\n");
		return 2;
	}
	char *text = page(gate_table_of(topology), argv[1]);
	bool well = text != NULL;
	if (well && argc == 3)
		well = is_page(argv[2], text);
	else if (well)
		well = fputs(text, stdout) >= 0;
	free(text);
	return well ? 0 : 1;
}
