/* SPDX-License-Identifier: Apache-2.0
 * The search, the onlooker's report of each step, and what must be true of the whole graph.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct explorer *explorer_new(uint32_t max_states)
{
	struct explorer *x = calloc(1, sizeof *x);
	uint32_t slots = 1;
	if (x == NULL)
		return NULL;
	while (slots < max_states * 2)
		slots *= 2;
	x->max = max_states;
	x->mask = slots - 1;
	x->edge_max = max_states * 12;
	x->slots = malloc(slots * sizeof *x->slots);
	x->nodes = malloc(max_states * sizeof *x->nodes);
	x->parent = malloc(max_states * sizeof *x->parent);
	x->timeout = malloc(max_states * sizeof *x->timeout);
	x->by = malloc(max_states * sizeof *x->by);
	x->mark = malloc(max_states);
	x->edges = malloc(x->edge_max * sizeof *x->edges);
	x->first = malloc((max_states + 2) * sizeof *x->first);
	x->list = malloc(x->edge_max * sizeof *x->list);
	x->queue = malloc(max_states * sizeof *x->queue);
	x->move_count = world_moves(x->moves, MOVES_MAX);
	if (!x->slots || !x->nodes || !x->parent || !x->timeout || !x->by || !x->mark ||
		!x->edges || !x->first || !x->list || !x->queue) {
		explorer_free(x);
		return NULL;
	}
	return x;
}

void explorer_free(struct explorer *x)
{
	if (x == NULL)
		return;
	free(x->slots);
	free(x->nodes);
	free(x->parent);
	free(x->timeout);
	free(x->by);
	free(x->mark);
	free(x->edges);
	free(x->first);
	free(x->list);
	free(x->queue);
	free(x);
}

static uint32_t hash(const struct node *n)
{
	uint64_t words[6], h = 0x9e3779b97f4a7c15u;
	memcpy(words, n, sizeof words);
	for (int i = 0; i < 6; i++) {
		h ^= words[i];
		h *= 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

/* The number of this node, which is new when it equals the old count; NONE when there is no room.
 */
static uint32_t find_or_add(struct explorer *x, const struct node *n)
{
	uint32_t slot = hash(n) & x->mask;
	while (x->slots[slot] != NONE) {
		if (memcmp(&x->nodes[x->slots[slot]], n, sizeof *n) == 0)
			return x->slots[slot];
		slot = (slot + 1) & x->mask;
	}
	if (x->count == x->max)
		return NONE;
	x->slots[slot] = x->count;
	x->nodes[x->count] = *n;
	x->timeout[x->count] = NONE;
	return x->count++;
}

struct step {
	struct explorer *x;
	const struct gate_table *table;
	struct explored *result;
	const struct move *move;
	FILE *trace; /* NULL, or where to tell what happens */
	const char *broken;
	bool fair;
	uint8_t endings; /* bits of enum ending */
};

static bool known_row(struct explored *r, uint16_t row)
{
	if (row >= sizeof r->row_taken)
		return false;
	r->row_taken[row] = 1;
	return true;
}

static void tell(
	FILE *trace, const struct node *n, enum gate_event event, const struct gate_actions *a)
{
	fprintf(trace, "    %s -> %s:", gate_event_name(event), gate_state_name(n->gate.state));
	for (uint8_t i = 0; i < a->count; i++)
		fprintf(trace, " %s", gate_action_name(a->list[i]));
	fputc('\n', trace);
}

static void deliver(struct step *s, struct node *n, enum gate_event event,
	const struct gate_env *env, bool quiet)
{
	struct gate_actions actions;
	struct node before = *n;
	struct observation o;
	const char *broken;
	if (s->broken != NULL)
		return;
	if (event == GATE_EVENT_BOOT) {
		world_restart(&n->world);
		gate_boot(&n->gate, n->world.open);
	}
	world_hear(&n->world, event);
	struct world heard = n->world;
	gate_step_table(s->table, &n->gate, event, env, &n->gate, &actions);
	known_row(s->result, actions.row);
	world_obey(&n->world, &actions);
	report(&o, &before, &heard, n, event, env, &actions, quiet,
		gate_timeout_table(s->table, &n->gate, &gate_timing_default) != 0);
	if (o.ending != ENDING_NONE)
		s->endings |= (uint8_t)(1u << o.ending);
	if (s->trace != NULL)
		tell(s->trace, n, event, &actions);
	broken = property_broken(&o);
	if (broken == NULL && actions.row == GATE_ROW_NONE)
		broken = "every state answers every event";
	s->broken = broken;
}

/* Lets a move happen to a node; false when it cannot. */
static bool happen(struct step *s, struct node *n)
{
	const struct move *m = s->move;
	enum gate_event events[GATE_EVENTS_MAX + 1];
	size_t count = 0;
	struct node was = *n;
	if (!world_may_say(&n->world, m) || !world_change(&n->world, m))
		return false;
	if (m->event == GATE_EVENT_TIMEOUT &&
		gate_timeout_table(s->table, &n->gate, &gate_timing_default) == 0)
		return false;
	struct gate_env old = world_env(&was.world, m, true), env = world_env(&n->world, m, false);
	if (world_restarts(m)) {
		struct gate_env nothing = env;
		nothing.sensed = gate_sensed_unknown();
		deliver(s, n, GATE_EVENT_BOOT, &nothing, false);
		old.sensed = nothing.sensed;
	}
	if (m->ahead)
		events[count++] = (enum gate_event)m->event;
	if (m->event != GATE_EVENT_GATE_LOST)
		count += gate_derive(&old.sensed, &env.sensed, events + count, GATE_EVENTS_MAX);
	if (m->event >= 0 && !m->ahead)
		events[count++] = (enum gate_event)m->event;
	for (size_t i = 0; i < count; i++)
		deliver(s, n, events[i], &env, i + 1 == count);
	return true;
}

static void trace_to(struct explorer *x, struct step *s, uint32_t node, const struct move *last)
{
	static const char *const line = "  %s\n";
	uint32_t way[512];
	size_t length = 0;
	char text[160];
	s->trace = fmemopen(s->result->trace, sizeof s->result->trace, "w");
	if (s->trace == NULL)
		return;
	for (uint32_t i = node; i != 0 && length < 512; i = x->parent[i])
		way[length++] = i;
	struct node n = x->nodes[0];
	while (length-- > 0) {
		s->move = &x->moves[x->by[way[length]]];
		s->broken = NULL;
		world_say_move(s->move, text, sizeof text);
		fprintf(s->trace, line, text);
		happen(s, &n);
	}
	if (last != NULL) {
		s->move = last;
		s->broken = NULL;
		world_say_move(last, text, sizeof text);
		fprintf(s->trace, line, text);
		happen(s, &n);
	}
	fclose(s->trace);
	s->trace = NULL;
}

static void start(struct explorer *x, struct step *s)
{
	static const struct move quietly = {.event = -1};
	struct node n;
	memset(x->slots, 0xff, (x->mask + 1) * sizeof *x->slots);
	x->count = x->edge_count = 0;
	memset(&n, 0, sizeof n);
	world_start(&n.world);
	gate_boot(&n.gate, false);
	struct gate_env env = world_env(&n.world, &quietly, false);
	deliver(s, &n, GATE_EVENT_BOOT, &env, true);
	x->parent[0] = 0;
	find_or_add(x, &n);
}

static void explore_node(
	struct explorer *x, struct step *s, unsigned groups, unsigned troubles, uint32_t i)
{
	for (size_t k = 0; k < x->move_count && s->broken == NULL && !s->result->full; k++) {
		struct node n = x->nodes[i];
		s->move = &x->moves[k];
		if ((s->move->groups & ~groups) != 0 || !happen(s, &n))
			continue;
		s->result->transitions++;
		if (s->broken != NULL)
			return;
		unsigned now = world_troubles(&n.world);
		if (now > troubles && now > world_troubles(&x->nodes[i].world))
			continue;
		uint32_t before = x->count, to = find_or_add(x, &n);
		if (to == NONE) {
			s->result->full = true;
			return;
		}
		if (to == before) {
			x->parent[to] = i;
			x->by[to] = (uint16_t)k;
		}
		if (k == 0)
			x->timeout[i] = to;
		if (s->move->fair && to != i) {
			if (x->edge_count == x->edge_max) {
				s->result->full = true;
				return;
			}
			x->edges[x->edge_count++] = (struct edge){i, to};
		}
	}
}

void explore(struct explorer *x, const struct gate_table *table, unsigned groups, unsigned troubles,
	bool want_trace, struct explored *result)
{
	struct step s = {.x = x, .table = table, .result = result};
	uint32_t i;
	memset(result, 0, sizeof *result);
	start(x, &s);
	for (i = 0; i < x->count && s.broken == NULL && !result->full; i++)
		explore_node(x, &s, groups, troubles, i);
	result->states = x->count;
	const char *broken = s.broken;
	if (broken != NULL && want_trace)
		trace_to(x, &s, i == 0 ? 0 : i - 1, s.move);
	if (broken == NULL && !result->full) {
		uint32_t where = 0;
		broken = whole_broken(x, groups, s.endings, &where);
		if (broken != NULL && want_trace)
			trace_to(x, &s, where, NULL);
	}
	result->broken = broken;
}
