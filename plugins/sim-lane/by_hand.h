/* SPDX-License-Identifier: Apache-2.0
 * A simulated traveller whose acts a person chooses, a line of text each, instead of agent.h. Pure: acts go out as the agent's do.
 * Must never let a person do what steel would stop, nor stop what only the lane's sense would.
 */
#ifndef POSTERN_SIM_BY_HAND_H
#define POSTERN_SIM_BY_HAND_H
#include "agent.h"

enum { HAND_LINE_MAX = 160 };

enum hand_place { HAND_OUTSIDE, HAND_IN_DOORWAY, HAND_INSIDE };

enum hand_answer {
	HAND_OK,
#define ANSWER(id, word, sentence) HAND_NO_##id,
#include "hand_answers.def"
#undef ANSWER
};

struct hand {
	struct traveller who;
	enum hand_place place;
	bool laid;     /* the document is on the reader */
	bool bag_down; /* and stays in the chamber when its owner goes */
};

struct hand_world {
	uint64_t seed;
	const char *own_state;
	struct traveller_date today;
};

/* A citizen before the lane, document in hand. */
void hand_arrive(struct hand *h, const struct hand_world *world);
/* One line without its end: put, take, in, back, out, stand, hold, bag, left, right, ahead (the head), press, reset; be KIND; mrz LINE LINE [LINE], which is a document
 * without a chip. Anything but HAND_OK has done nothing. */
enum hand_answer hand_do(struct hand *h, const char *line, const struct hand_world *world, const struct agent_view *view,
	struct agent_acts *acts);
/* "ok", or "no WORD". */
const char *hand_answer_text(enum hand_answer answer);
const char *hand_place_name(enum hand_place place);
#endif
