/* SPDX-License-Identifier: Apache-2.0
 * Tells a shipped table as a page: its states, events, guards and diagrams. gate-doc prints the
 * page; gate-doc FILE fails, and says in which line, when FILE is not that page. gate-doc TOPOLOGY
 * [FILE] does so of another table than the two-step lane's, whose page has the words of all.
 * Must never tell anything that the table does not hold.
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
	{"Through the entry", GATE_STATE_ENTRY_OPENING, GATE_STATE_DECISION_COMMIT},
	{"Through the exit", GATE_STATE_EXIT_OPENING, GATE_STATE_LEFT_OBJECT},
	{"Held, and sent back", GATE_STATE_HOLD_OFFICER, GATE_STATE_RETURN_HELD},
	{"Hands, faults, emergency", GATE_STATE_ASSIST_OPEN, GATE_STATE_MAINTENANCE}};
_Static_assert(GATE_STATE_MAINTENANCE + 1 == GATE_STATE_COUNT_, "every state is in a part");

static const struct gate_table *table = &gate_two_step;

static void other_heading(FILE *out, unsigned acting)
{
	const char *name = gate_topology_name(table->topology);
	fprintf(out, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# The table of topology `%s`\n\n", name);
	fprintf(out, "Written by `build/tests/model/gate-doc %s` from the table that is shipped, and held to it by the test "
		     "`gate-doc-%s`. %u rows do something, %u ignore an event on purpose. States, events,\nguards and times are those "
		     "of [the lane's table](gate-table.md); what the lane is for: [the lane](gate.md).\n",
		name, name, acting, table->row_count - acting);
}

static void heading(FILE *out)
{
	unsigned acting = 0;
	for (unsigned i = 0; i < table->row_count; i++)
		acting += !table->rows[i].ignored;
	if (table != &gate_two_step) {
		other_heading(out, acting);
		return;
	}
	fprintf(out, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n# The lane's table\n\n");
	fprintf(out, "Written by `build/tests/model/gate-doc` from the table that is shipped, and "
		     "held to it by the test `gate-doc`: change `core/gate/two_step.def` or a part that it includes,\nrun it "
		     "again. What the lane is for: [the lane](gate.md).\n\n");
	fprintf(out,
		"%d states, %d events, %u rows that do something, %u that ignore an event on "
		"purpose, %d guards over %d facts.\n",
		GATE_STATE_COUNT_, GATE_EVENT_COUNT_, acting, table->row_count - acting,
		GATE_GUARD_COUNT_ - 2, GATE_ATOM_COUNT_ - 1);
}

static void label(FILE *out, const struct gate_row *r, bool first)
{
	fprintf(out, "%s%s", first ? "" : ", ", gate_event_name(r->event));
	if (r->guard != GATE_GUARD_ALWAYS)
		fprintf(out, " (%s)", gate_guard_name(r->guard));
}

/* One arrow for all rows between the same two states. */
static void arrows_of(FILE *out, uint8_t state)
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

static bool drawn(uint8_t first, uint8_t last)
{
	for (unsigned i = 0; i < table->row_count; i++)
		if (table->rows[i].state >= first && table->rows[i].state <= last && table->rows[i].next < GATE_NEXT_COUNT_ &&
			table->rows[i].next != GATE_NEXT_SAME)
			return true;
	return false;
}

static void diagrams(FILE *out)
{
	fprintf(out, "\n## Diagrams\n\nGuards stand in parentheses; of rows of one state and one "
		     "event the first whose guard holds is taken. `REST` is `IDLE`, or\n"
		     "`OUT_OF_SERVICE` when the lane has been withdrawn. Rows of every state are "
		     "in the table after the diagrams.\n");
	for (size_t p = 0; p < PN_COUNT(parts); p++) {
		if (!drawn(parts[p].first, parts[p].last))
			continue;
		fprintf(out, "\n### %s\n\n```mermaid\nstateDiagram-v2\n", parts[p].title);
		for (uint8_t s = parts[p].first; s <= parts[p].last; s++)
			arrows_of(out, s);
		fprintf(out, "```\n");
	}
}

static void any(FILE *out)
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

static void words(FILE *out)
{
	fprintf(out, "\n## States\n\n| state | time | |\n| --- | --- | --- |\n");
	for (unsigned i = 0; i < GATE_STATE_COUNT_; i++) {
		fprintf(out, "| `%s` | ", gate_state_name(i));
		if (timers[table->timers[i]].ms != 0)
			fprintf(out, "`%s`, %u ms", timers[table->timers[i]].name,
				timers[table->timers[i]].ms);
		fprintf(out, " | %s |\n", state_about[i]);
	}
	fprintf(out, "\n## Times\n\nDefaults; the configuration may set each.\n\n"
		     "| time | ms | |\n| --- | --- | --- |\n");
	for (unsigned i = GATE_TIMER_none + 1; i < GATE_TIMER_COUNT_; i++)
		fprintf(out, "| `%s` | %u | %s |\n", timers[i].name, timers[i].ms, timers[i].about);
	fprintf(out, "\n## Events\n\n| event | |\n| --- | --- |\n");
	for (unsigned i = 0; i < GATE_EVENT_COUNT_; i++)
		fprintf(out, "| `%s` | %s |\n", gate_event_name(i), event_about[i]);
}

static void guards(FILE *out)
{
	fprintf(out, "\n## Guards\n\nA guard holds when all of its facts do.\n\n| guard | | facts "
		     "|\n| --- | --- | --- |\n");
	for (unsigned i = 0; i < GATE_GUARD_COUNT_; i++) {
		if (i == GATE_GUARD_ALWAYS || i == GATE_GUARD_NEVER)
			continue;
		fprintf(out, "| `%s` | %s |", gate_guard_name(i), gate_guard_about(i));
		for (unsigned k = 0; k < GATE_ATOM_COUNT_; k++)
			if (table->guards[i] >> k & 1)
				fprintf(out, " %s", gate_atom_name(k));
		fprintf(out, " |\n");
	}
	fprintf(out, "\n## Facts\n\n| fact | |\n| --- | --- |\n");
	for (unsigned k = GATE_ATOM_NEVER + 1; k < GATE_ATOM_COUNT_; k++)
		fprintf(out, "| `%s` | %s |\n", gate_atom_name(k), atom_about[k]);
}

static char *page(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	if (out == NULL)
		return NULL;
	heading(out);
	diagrams(out);
	any(out);
	if (table == &gate_two_step) {
		words(out);
		guards(out);
	}
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
	if (argc > 1 && gate_topology_find(argv[1], &topology)) {
		table = gate_table_of(topology);
		argc--;
		argv++;
	}
	char *text = page();
	bool well = text != NULL;
	if (well && argc > 1)
		well = is_page(argv[1], text);
	else if (well)
		well = fputs(text, stdout) >= 0;
	free(text);
	return well ? 0 : 1;
}
