/* SPDX-License-Identifier: Apache-2.0
 * One simulated traveller in front of and inside the lane: looks at the guidance and the leaves, acts after human
 * delays. Pure: the world comes in, acts go out. Must never see the core's state, only what a person would.
 */
#ifndef POSTERN_SIM_AGENT_H
#define POSTERN_SIM_AGENT_H
#include <stdbool.h>
#include <stdint.h>

#include "traveller.h"

enum agent_state {
	AGENT_GONE,	 /* nobody in front of the lane */
	AGENT_ARRIVING,
	AGENT_PRESENTED, /* the document lies on the reader */
	AGENT_WAITING,	 /* document in hand, before the entry */
	AGENT_ENTERING,
	AGENT_IN_DOORWAY,/* holds the entry leaf */
	AGENT_INSIDE,
	AGENT_LAID_INSIDE, /* the document lies on the reader between the leaves */
	AGENT_LEAVING,	 /* by the exit */
	AGENT_RETURNING, /* by the entry */
};

/* Guidance and advice as shown; the values are postern.Guidance and postern.FaceAdvice. */
struct agent_view {
	uint64_t now_ms;
	uint32_t guidance, advice;
	bool entry_passable, exit_passable;
	bool emergency;
};

/* What the traveller does now; several may be set. */
struct agent_acts {
	bool present_document, remove_document;
	bool show_face; /* before the entry, to a camera */
	int persons_in;	 /* enter the chamber */
	int persons_out; /* leave it */
	bool by_exit;
	bool turn_head; /* to turn_degrees, to its own left; 0: ahead */
	int turn_degrees;
	bool block_entry, unblock_entry;
	bool leave_object;
	bool press_emergency, reset_emergency; /* the button that frees both leaves, and the key that ends it; by hand only */
	bool done;	 /* walked off; how is in outcome */
	const char *outcome;
};

struct agent_pace {
	uint32_t react_ms, walk_ms, hold_ms, patience_ms;
};

struct agent {
	struct traveller who;
	enum agent_state state;
	uint64_t due_ms, since_ms;
	uint32_t persons, in; /* who have come, and how many of them are in the chamber */
	uint32_t laid_under;  /* the guidance that the document was laid down under */
	bool reader_inside;   /* a mantrap: they walk in first, one behind the other */
	bool has_document, tried_early, held;
	int turn_degrees; /* of the head, as last decided */
};

void agent_arrive(struct agent *a, const struct traveller *who, bool reader_inside, uint64_t now_ms,
	const struct agent_pace *pace);
void agent_step(struct agent *a, const struct agent_view *view, const struct agent_pace *pace, struct agent_acts *acts);
#endif
