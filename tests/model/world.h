/* SPDX-License-Identifier: Apache-2.0
 * Steel, people, plugins, officers and misfortune around one lane. Anything physically possible may
 * happen at any moment. Must never look at the lane's state to decide what may happen.
 */
#ifndef POSTERN_MODEL_WORLD_H
#define POSTERN_MODEL_WORLD_H
#include "gate/gate.h"
#include "observation.h"

enum truth { LEAF_LOCKED, LEAF_CLOSED, LEAF_OPEN, LEAF_OBSTRUCTED, LEAF_FORCED };
enum drive { DRIVE_NONE, DRIVE_RELEASE, DRIVE_CLOSE };
enum sight { SIGHT_GOOD, SIGHT_ENTRY_CONTACTS, SIGHT_EXIT_CONTACTS, SIGHT_OCCUPANCY, SIGHT_GONE };
enum record { RECORD_NONE, RECORD_IDLE_WORDS, RECORD_ADMITS };

/* Only bytes, so that it can be compared and hashed. */
struct world {
	uint8_t entry, exit;             /* enum truth */
	uint8_t entry_drive, exit_drive; /* enum drive */
	uint8_t people, document, object, fire;
	uint8_t sight; /* enum sight */
	uint8_t asks_eligibility, asks_inside, asks_test;
	uint8_t asks_commit; /* enum record */
	/* What an onlooker remembers. */
	uint8_t open, said_eligible, said_inside, officer_admits, officer_eligible, durable;
	uint8_t entry_lawful, exit_lawful;
	uint8_t recorded, came_in, left_by_entry, left_by_exit, refused, blind, fire_seen;
	uint8_t tested, officer_knows, shown, tries, told_to_stop;
	/* Together in one byte: a node is six words. */
	uint8_t reader_inside : 1; /* never changes: the entry is open for whoever comes, the document asked for inside */
	uint8_t redeems : 1;       /* never changes: the lane redeems results of a kiosk */
	uint8_t result_asked : 1;  /* a result of a kiosk, in this crossing */
	uint8_t free : 1;          /* never changes: an officer has ordered that people pass unchecked */
};

enum move_group {
	MOVES_NORMAL = 1, /* a traveller, a lane that obeys, answers, time */
	MOVES_PEOPLE = 2, /* people who do not do as they should */
	MOVES_OFFICER = 4,
	MOVES_POLICY = 8, /* answers and documents while something is not as it should be */
	MOVES_HARDWARE = 16,
	MOVES_POWER = 32, /* restart, mains, plugins that die, maintenance */
	MOVES_RACES =
		64, /* an answer is delivered while the snapshot already shows the next thing */
	MOVES_WILD = 128, /* over the top of a leaf, hands on steel, two things at once */
	MOVES_ALL = 255,
};

struct move {
	int16_t physical; /* enum in world.c; 0 none */
	int16_t also;     /* and this, before anything is sensed again */
	int16_t event;    /* enum gate_event, or -1 */
	int16_t policy;   /* which policy bit is false; 0 none */
	uint8_t groups;   /* enum move_group: all must be allowed */
	bool ahead;       /* the event is delivered before the events of the physical change */
	bool fair;        /* part of a world that wishes the lane well */
	bool officer;     /* needs an officer */
};

/* Fills moves; returns their number. */
size_t world_moves(struct move *moves, size_t max);
enum lane_kind { LANE_CHECKS_OUTSIDE, LANE_CHECKS_INSIDE, LANE_REDEEMS, LANE_FREE };
void world_start(struct world *w, enum lane_kind kind);
/* Does the lane stand open for whoever comes? */
bool world_invites(const struct world *w);
/* Changes the world by a move's physical part; false when that cannot happen now. */
bool world_change(struct world *w, const struct move *m);
/* May the explicit event of this move come now? Only a question asked can be answered. */
bool world_may_say(const struct world *w, const struct move *m);
/* What onlookers learn from the words of an event as it is delivered. */
void world_hear(struct world *w, enum gate_event event);
/* May this traveller go on, by what onlookers have heard? */
bool world_lawful(const struct world *w);
/* Carries out what the machine does. */
void world_obey(struct world *w, const struct gate_actions *actions);
struct gate_env world_env(const struct world *w, const struct move *m, bool before);
/* How many things are wrong with steel and sensors. */
unsigned world_troubles(const struct world *w);
bool world_restarts(const struct move *m);
void world_restart(struct world *w);
void world_say_move(const struct move *m, char *text, size_t size);
#endif
