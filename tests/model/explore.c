/* SPDX-License-Identifier: Apache-2.0
 * The search, the onlooker's report of each step, and what must be true of the whole graph.
 */
#include "explore.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { WAY_MAX = 512 };

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
	free(x->asked);
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

uint32_t find_or_add(struct explorer *x, const struct node *n)
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

/* A slot that is filled last can be emptied first: no way to an older node leads past it. */
void forget_nodes(struct explorer *x, uint32_t count)
{
	while (x->count > count) {
		uint32_t last = --x->count, slot = hash(&x->nodes[last]) & x->mask;
		while (x->slots[slot] != last)
			slot = (slot + 1) & x->mask;
		x->slots[slot] = NONE;
	}
}

static bool known_row(struct explored *r, uint16_t row)
{
	if (row >= sizeof r->row_taken)
		return false;
	r->row_taken[row] = 1;
	return true;
}

/* Which rows a step asks before one answers. */
static void note(struct step *s, uint8_t state, enum gate_event event, uint16_t answers)
{
	const uint8_t *all = s->table->row_events, *at = all, *end = all + answers + 1;
	if (answers >= s->table->row_count)
		return;
	while ((at = memchr(at, (int)event, (size_t)(end - at))) != NULL) {
		uint16_t row = (uint16_t)(at++ - all);
		const struct gate_row *r = &s->table->rows[row];
		if ((r->state == state || r->state == GATE_STATE_ANY) && !r->ignored &&
			s->seen_count < ROWS_SEEN_MAX)
			s->seen[s->seen_count++] = row;
	}
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
	uint8_t asked_in = n->gate.state;
	world_hear(&n->world, event);
	struct world heard = n->world;
	gate_step_table(s->table, &n->gate, event, env, &n->gate, &actions);
	known_row(s->result, actions.row);
	if (s->x->noting)
		note(s, asked_in, event, actions.row);
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

bool happen(struct step *s, struct node *n)
{
	const struct move *m = s->move;
	enum gate_event events[GATE_EVENTS_MAX + 1];
	size_t count = 0;
	struct node was = *n;
	s->seen_count = 0;
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

static bool play_one(struct step *s, struct node *n, const struct move *m)
{
	char text[160];
	s->move = m;
	s->broken = NULL;
	world_say_move(m, text, sizeof text);
	if (s->trace != NULL)
		fprintf(s->trace, "  %s\n", text);
	return happen(s, n);
}

bool play(struct step *s, uint32_t node, const struct move *last, uint16_t *length)
{
	struct explorer *x = s->x;
	uint32_t way[WAY_MAX];
	size_t count = 0;
	bool same = true;
	struct node n = x->nodes[0];
	for (uint32_t i = node; i != 0; i = x->parent[i]) {
		if (count == WAY_MAX)
			return false;
		way[count++] = i;
	}
	*length = (uint16_t)(count + (last != NULL));
	while (same && count-- > 0)
		same = play_one(s, &n, &x->moves[x->by[way[count]]]) && s->broken == NULL &&
		       memcmp(&n, &x->nodes[way[count]], sizeof n) == 0;
	if (same && last != NULL)
		same = play_one(s, &n, last);
	return same;
}

static void trace_to(
	struct step *s, uint32_t node, const struct move *last, bool want, uint16_t *length)
{
	char *text = s->result->trace;
	s->trace = want ? fmemopen(text, sizeof s->result->trace, "w") : NULL;
	play(s, node, last, length);
	if (s->trace != NULL)
		fclose(s->trace);
	s->trace = NULL;
}

static void start(struct explorer *x, struct step *s)
{
	static const struct move quietly = {.event = -1};
	struct node n;
	memset(x->slots, 0xff, (x->mask + 1) * sizeof *x->slots);
	x->count = x->edge_count = 0;
	x->asked_count = 0;
	memset(&n, 0, sizeof n);
	static const enum lane_kind kinds[GATE_TOPOLOGY_COUNT_] = {[GATE_ONE_STEP] = LANE_CHECKS_INSIDE,
		[GATE_SEGREGATED] = LANE_REDEEMS, [GATE_FREE] = LANE_FREE};
	world_start(&n.world, kinds[s->table->topology]);
	gate_boot(&n.gate, false);
	struct gate_env env = world_env(&n.world, &quietly, false);
	deliver(s, &n, GATE_EVENT_BOOT, &env, true);
	x->parent[0] = 0;
	find_or_add(x, &n);
}

bool too_much(const struct node *from, const struct node *to, unsigned troubles)
{
	unsigned now = world_troubles(&to->world);
	return now > troubles && now > world_troubles(&from->world);
}

static bool keep_asked(struct explorer *x, const struct step *s, uint32_t node, size_t move)
{
	if (x->asked_count + s->seen_count > x->asked_max) {
		size_t max = x->asked_max * 2 + 65536;
		struct asked *more = realloc(x->asked, max * sizeof *more);
		if (more == NULL)
			return false;
		x->asked = more;
		x->asked_max = max;
	}
	for (uint16_t i = 0; i < s->seen_count; i++)
		x->asked[x->asked_count++] = (struct asked){node, (uint16_t)move, s->seen[i]};
	return true;
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
		if (x->noting && !keep_asked(x, s, i, k)) {
			s->result->full = true;
			return;
		}
		if (too_much(&x->nodes[i], &n, troubles))
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
	if (broken != NULL)
		trace_to(&s, i == 0 ? 0 : i - 1, i == 0 ? NULL : s.move, want_trace,
			&result->length);
	if (broken == NULL && !result->full) {
		uint32_t where = 0;
		broken = whole_broken(x, groups, s.endings, &where);
		if (broken != NULL)
			trace_to(&s, where, NULL, want_trace, &result->length);
	}
	result->broken = broken;
}
