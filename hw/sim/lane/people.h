/* SPDX-License-Identifier: Apache-2.0
 * People in and around a lane: bodies with a place along its axis, who see lamps and leaves and have a will of their own.
 * Pure; what they do comes from their will and what they see. Must never see a line that no person could.
 *
 * Places in micrometres along the axis, inwards positive: reader at -1 m, entry leaf 0, standing place 1 m, exit leaf 2 m. The
 * beams stand 0.1 m on each side of a leaf, nearer than a body is deep (0.3 m).
 */
#ifndef POSTERN_SIM_PEOPLE_H
#define POSTERN_SIM_PEOPLE_H
#include <stdbool.h>
#include <stdint.h>

enum sim_will {
	WILL_CROSS,
	WILL_TAILGATE,	   /* no document: walks in behind whoever is let in */
	WILL_HOLD_ENTRY,   /* stands in the entry for a while */
	WILL_STEP_BACK,	   /* reaches back into the entry's plane as it closes, then goes on */
	WILL_TURN_BACK,	   /* in, and out again by the entry while it is open */
	WILL_NO_SHOW,	   /* lays the document down and never walks in */
	WILL_HOLD_EXIT,	   /* stands in the exit for a while */
	WILL_STAY,	   /* stays in the chamber for a while, whatever lamps say */
	WILL_LEAVE_BAG,
	WILL_PULL_EARLY,   /* takes the document away too soon, and lays it down again */
	WILL_FORGET,	   /* takes the document only after being called again */
	WILL_WRONG_WAY,	   /* comes in by the exit when somebody leaves */
	WILL_CRAWL,	   /* under the entry leaf, in and out again */
	WILL_CLIMB,	   /* over it */
	WILL_REACH_BACK,   /* out, and back into the exit's plane as it closes, for a while */
	WILL_LEAVE_DOCUMENT, /* lays the document down inside, and lets it lie */
	WILL_SHOW_NOTHING, /* has no document, where it is asked for inside */
	SIM_WILLS
};

enum sim_place {
	AWAY,
	COMES,	/* to the reader */
	READER, /* the document lies there */
	WAITS,	/* document in hand */
	ENTERS,
	IN_ENTRY,
	CHAMBER,
	LEAVES,
	IN_EXIT,
	RETURNS,
	INTRUDES,
	SHOWS, /* inside, the document lies on a reader there */
};

/* What a person can see and hear. */
struct sim_view {
	uint64_t now_us;
	bool entry_passable, exit_passable;
	bool entry_open; /* fully */
	bool entry_closing, exit_closing;
	bool reader_light, entry_green, entry_amber, exit_green, exit_red;
	bool voice, buzzer;
	bool alarm; /* the building's fire bell, an emergency stop */
	bool called_by_officer; /* an officer stands there and takes the person along */
	bool voiceless;	    /* nothing speaks in this lane: nobody says when to take the document back */
	bool stands_open;   /* one walks in without a document in hand */
	bool reader_inside; /* it is asked for between the leaves */
	bool beams_alone;   /* people keep apart here: two who touch all the way are one to beams, as docs/integrators/gate.md says */
};

struct sim_acts {
	bool lays_document, takes_document;
	bool leaves_bag;
};

struct sim_person {
	enum sim_will will;
	enum sim_place place;
	int64_t x_um;
	uint32_t speed_mm_s;
	uint32_t dwell_ms;  /* of a will that takes its time */
	uint32_t react_ms;
	uint64_t due_us;    /* next decision */
	uint64_t since_us;  /* in this place */
	bool has_document, tried, laid;
	bool inside;	    /* passed a plane inwards, and none outwards since */
	bool passed;	    /* left by the exit, having come in by the entry */
	bool let_in_by_entry;
	uint8_t times_called;
	bool heard_voice;
};

void sim_person_come(struct sim_person *p, enum sim_will will, uint32_t speed_mm_s, uint32_t react_ms, uint32_t dwell_ms,
	uint64_t now_us);
/* Stands in the chamber from the beginning, let in by the entry, document in hand. */
void sim_person_inside(struct sim_person *p, uint64_t now_us);
/* One step of time; leader: whom a tailgater follows, or NULL. */
void sim_person_step(struct sim_person *p, const struct sim_person *leader, const struct sim_view *v, uint64_t us,
	struct sim_acts *acts);
bool sim_person_upright(const struct sim_person *p);
/* Is the body within 0.15 m of that place? */
bool sim_person_at(const struct sim_person *p, int64_t x_um);
#endif
