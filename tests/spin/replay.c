/* SPDX-License-Identifier: Apache-2.0
 * Plays a way that spin has found through the shipped step(): every state, row and action must be
 * the same. Must never take a way whose first step is not BOOT, or an empty one.
 *
 * Usage: spin-replay TABLE [MUTANT] < STEPS   "step EVENT SNAPSHOT.. POLICY.. > STATE ROW COUNT
 * ACTION.." a line
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { NUMBERS_MAX = 64, FACTS = 20 };

static size_t numbers(char *line, long *n)
{
	size_t count = 0;
	char *rest = NULL;
	for (char *word = strtok_r(line, " >\n", &rest); word != NULL && count < NUMBERS_MAX;
		word = strtok_r(NULL, " >\n", &rest))
		if (strcmp(word, "step") != 0)
			n[count++] = strtol(word, NULL, 10);
	return count;
}

static struct gate_env env_of(const long *n)
{
	return (struct gate_env){
		.sensed = {.entry_leaf = (uint8_t)n[0],
			.exit_leaf = (uint8_t)n[1],
			.occupants = (uint8_t)n[2],
			.occupants_known = n[3],
			.object_left = n[4],
			.fire = n[5],
			.estop = n[6],
			.mains_ok = n[7],
			.ups_low = n[8],
			.tamper = n[9],
			.key_reset = n[10],
			.maintenance = n[11],
			.self_test_ok = n[12]},
		.document_present = n[13],
		.officer_present = n[14],
		.lists_ok = n[15],
		.clock_trusted = n[16],
		.journal_ok = n[17],
		.may_serve = n[18],
	};
}

static bool same(const struct gate *g, const struct gate_actions *a, const long *n, size_t count)
{
	bool ok = count == (size_t)a->count + 3 && n[0] == g->state && n[1] == a->row &&
		  n[2] == a->count;
	for (size_t i = 0; ok && i < a->count; i++)
		ok = n[3 + i] == a->list[i];
	return ok;
}

int main(int argc, char **argv)
{
	static struct spin_choice choice;
	char line[1024];
	long n[NUMBERS_MAX];
	unsigned steps = 0;
	struct gate gate = {0};
	struct gate_actions actions = {0};
	if (argc < 2 || argc > 3 || !spin_choose(&choice, argv[1], argc == 3 ? argv[2] : NULL))
		return 2;
	while (fgets(line, sizeof line, stdin) != NULL) {
		size_t count = numbers(line, n);
		if (count < FACTS + 3 || (steps == 0 && n[0] != GATE_EVENT_BOOT)) {
			fprintf(stderr, "step %u is not understood\n", steps);
			return 1;
		}
		struct gate_env env = env_of(n + 1);
		if (n[0] == GATE_EVENT_BOOT)
			gate_boot(&gate, gate.crossing);
		gate_step_table(choice.table, &gate, (enum gate_event)n[0], &env, &gate, &actions);
		if (!same(&gate, &actions, n + FACTS, count - FACTS)) {
			fprintf(stderr, "step %u, %s: %s, and spin says %s\n", steps,
				gate_event_name((unsigned)n[0]), gate_state_name(gate.state),
				gate_state_name((unsigned)n[FACTS]));
			return 1;
		}
		steps++;
	}
	printf("%u steps replayed\n", steps);
	return steps > 0 ? 0 : 1;
}
