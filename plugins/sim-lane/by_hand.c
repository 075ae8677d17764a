/* SPDX-License-Identifier: Apache-2.0
 * See by_hand.h.
 */
#include "by_hand.h"

#include <stdio.h>
#include <string.h>

enum { ZONE_LINE_MIN = 20, ZONE_LINES_MIN = 2, ZONE_LINES_MAX = 3, HAND_TURN_DEGREES = 30 };

const char *hand_answer_text(enum hand_answer answer)
{
	static const char *const texts[] = {
		"ok",
#define ANSWER(id, word, sentence) "no " word,
#include "hand_answers.def"
#undef ANSWER
	};
	return texts[answer];
}

const char *hand_place_name(enum hand_place place)
{
	static const char *const names[] = {[HAND_OUTSIDE] = "outside", [HAND_IN_DOORWAY] = "in-the-doorway",
		[HAND_INSIDE] = "inside"};
	return names[place];
}

void hand_arrive(struct hand *h, const struct hand_world *world)
{
	memset(h, 0, sizeof *h);
	traveller_by_hand(&h->who, world->seed, TRAVELLER_CITIZEN, world->own_state, world->today);
}

static int persons(const struct hand *h)
{
	return h->who.kind == TRAVELLER_TAILGATER ? 2 : 1;
}

static enum hand_answer put(struct hand *h, struct agent_acts *acts)
{
	if (h->place != HAND_OUTSIDE)
		return HAND_NO_OUTSIDE;
	if (h->laid)
		return HAND_NO_LAID;
	h->laid = acts->present_document = true;
	return HAND_OK;
}

static enum hand_answer take(struct hand *h, struct agent_acts *acts)
{
	if (h->place != HAND_OUTSIDE)
		return HAND_NO_OUTSIDE;
	if (!h->laid)
		return HAND_NO_IN_HAND;
	h->laid = false;
	acts->remove_document = true;
	return HAND_OK;
}

static enum hand_answer stand(struct hand *h, struct agent_acts *acts)
{
	if (h->place == HAND_IN_DOORWAY) {
		acts->unblock_entry = true;
		h->place = HAND_INSIDE;
	}
	return HAND_OK;
}

static enum hand_answer walk_in(struct hand *h, const struct agent_view *v, struct agent_acts *acts)
{
	if (h->place == HAND_IN_DOORWAY)
		return stand(h, acts);
	if (h->place != HAND_OUTSIDE)
		return HAND_NO_OUTSIDE;
	if (!v->entry_passable)
		return HAND_NO_ENTRY;
	acts->persons_in = persons(h);
	h->place = HAND_INSIDE;
	return HAND_OK;
}

static enum hand_answer hold(struct hand *h, const struct agent_view *v, struct agent_acts *acts)
{
	if (h->place == HAND_IN_DOORWAY)
		return HAND_OK;
	if (!v->entry_passable)
		return HAND_NO_ENTRY;
	if (h->place == HAND_OUTSIDE)
		acts->persons_in = persons(h);
	acts->block_entry = true;
	h->place = HAND_IN_DOORWAY;
	return HAND_OK;
}

static enum hand_answer go(struct hand *h, struct agent_acts *acts, const char *outcome)
{
	acts->persons_out = persons(h);
	acts->leave_object = h->bag_down;
	acts->done = true;
	acts->outcome = outcome;
	h->bag_down = false;
	h->place = HAND_OUTSIDE;
	return HAND_OK;
}

static enum hand_answer back(struct hand *h, const struct agent_view *v, struct agent_acts *acts)
{
	if (h->place == HAND_OUTSIDE)
		return HAND_NO_INSIDE;
	if (h->place == HAND_INSIDE && !v->entry_passable)
		return HAND_NO_ENTRY;
	acts->unblock_entry = h->place == HAND_IN_DOORWAY;
	return go(h, acts, "returned");
}

static enum hand_answer walk_out(struct hand *h, const struct agent_view *v, struct agent_acts *acts)
{
	if (h->place != HAND_INSIDE)
		return HAND_NO_INSIDE;
	if (!v->exit_passable)
		return HAND_NO_EXIT;
	acts->by_exit = true;
	return go(h, acts, "passed");
}

static enum hand_answer bag(struct hand *h)
{
	if (h->place == HAND_OUTSIDE)
		return HAND_NO_INSIDE;
	if (h->bag_down)
		return HAND_NO_BAG;
	h->bag_down = true;
	return HAND_OK;
}

static enum hand_answer be(struct hand *h, const char *name, const struct hand_world *world)
{
	int kind = traveller_kind_find(name);
	if (h->place != HAND_OUTSIDE)
		return HAND_NO_OUTSIDE;
	if (h->laid)
		return HAND_NO_LAID;
	if (kind < 0)
		return HAND_NO_KIND;
	traveller_by_hand(&h->who, world->seed, (enum traveller_kind)kind, world->own_state, world->today);
	return HAND_OK;
}

/* The lines as printed; whether they say anything sensible is the reader's to find. */
static enum hand_answer zone(struct hand *h, const char *text)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<";
	struct traveller t = {.index = TRAVELLER_BY_HAND, .kind = TRAVELLER_BROKEN_CHIP};
	size_t first = strcspn(text, " ");
	if (h->place != HAND_OUTSIDE)
		return HAND_NO_OUTSIDE;
	if (h->laid)
		return HAND_NO_LAID;
	for (;;) {
		size_t n = strspn(text, allowed);
		if (n != first || n < ZONE_LINE_MIN || n >= sizeof t.mrz[0] || t.lines == ZONE_LINES_MAX)
			return HAND_NO_LINES;
		memcpy(t.mrz[t.lines++], text, n);
		if (text[n] == '\0')
			break;
		if (text[n] != ' ')
			return HAND_NO_LINES;
		text += n + 1;
	}
	if (t.lines < ZONE_LINES_MIN)
		return HAND_NO_LINES;
	h->who = t;
	return HAND_OK;
}

/* Whoever stands before the camera; a person turns the head as far as is asked. */
static enum hand_answer turn(const struct hand *h, const char *to, struct agent_acts *acts)
{
	if (h->place == HAND_OUTSIDE)
		return HAND_NO_INSIDE;
	acts->turn_head = true;
	acts->turn_degrees = strcmp(to, "left") == 0 ? HAND_TURN_DEGREES : strcmp(to, "right") == 0 ? -HAND_TURN_DEGREES : 0;
	return HAND_OK;
}

enum hand_answer hand_do(struct hand *h, const char *line, const struct hand_world *world, const struct agent_view *view,
	struct agent_acts *acts)
{
	memset(acts, 0, sizeof *acts);
	if (strncmp(line, "be ", 3) == 0)
		return be(h, line + 3, world);
	if (strncmp(line, "mrz ", 4) == 0)
		return zone(h, line + 4);
	if (strcmp(line, "put") == 0)
		return put(h, acts);
	if (strcmp(line, "take") == 0)
		return take(h, acts);
	if (strcmp(line, "in") == 0)
		return walk_in(h, view, acts);
	if (strcmp(line, "back") == 0)
		return back(h, view, acts);
	if (strcmp(line, "out") == 0)
		return walk_out(h, view, acts);
	if (strcmp(line, "stand") == 0)
		return stand(h, acts);
	if (strcmp(line, "hold") == 0)
		return hold(h, view, acts);
	if (strcmp(line, "bag") == 0)
		return bag(h);
	if (strcmp(line, "left") == 0 || strcmp(line, "right") == 0 || strcmp(line, "ahead") == 0)
		return turn(h, line, acts);
	/* the button can be reached from everywhere; whoever has its key stands outside */
	if (strcmp(line, "press") == 0) {
		acts->press_emergency = true;
		return HAND_OK;
	}
	if (strcmp(line, "reset") == 0) {
		acts->reset_emergency = h->place == HAND_OUTSIDE;
		return h->place == HAND_OUTSIDE ? HAND_OK : HAND_NO_OUTSIDE;
	}
	return HAND_NO_WORD;
}
