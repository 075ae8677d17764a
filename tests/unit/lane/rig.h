/* SPDX-License-Identifier: Apache-2.0
 * A lane's hardware for tests: two leaves that move in time and whatever the test says of the other lines. Polarity is its own
 * reading of lines.def, half of the lines inverted. Must never ask the library what a level means.
 */
#ifndef POSTERN_TESTS_LANE_RIG_H
#define POSTERN_TESTS_LANE_RIG_H
#include "lane/lane.h"
#include "types.pb-c.h"

#define MS UINT64_C(1000000)
#define AT(name) LANE_HW_##name
#define POS(name) POSTERN__LEAF_POSITION__LEAF_##name
#define CMD(name) POSTERN__GATE_COMMAND_KIND__COMMAND_##name
#define SHOW(name) POSTERN__GUIDANCE__GUIDANCE_##name

struct rig_leaf {
	int32_t opening;    /* per mille */
	int8_t moving;      /* +1, 0, -1 */
	bool jammed;        /* the leaf does not move */
	bool bolt_stuck;    /* the lock stays as it is */
	bool bolted;
	uint64_t bolt_from; /* the lock follows so late */
};

struct rig {
	struct lane_hw *l;
	struct lane_hw_description d;
	uint64_t now;
	struct rig_leaf leaf[2];
	bool core;          /* speaks all the time */
	bool hold_contacts; /* the test sets the leaves' contacts itself */
	bool asserted[LANE_HW_LINES];
	uint32_t id;
	uint64_t releases[2]; /* how often the unlock line has come */
	uint64_t last;        /* outputs, asserted */
	bool both;            /* both unlock lines were seen asserted together */
	bool closed_on_somebody; /* a close drive was seen asserted with that leaf's beam broken */
};

/* splitmix64: the next number below below. */
uint32_t rig_draw(uint64_t *state, uint32_t below);
/* The reset key is turned and turned back. */
void rig_reset(struct rig *r);
/* All lines present; inverted: their closed_level is 0 for every second line. Everything shut, well and quiet, then read. */
void rig_init(struct rig *r, enum lane_hw_occupancy occupancy, enum lane_hw_drive drive);
/* The same by beams and pulses, without these lines. */
void rig_init_without(struct rig *r, uint64_t lines);
void rig_free(struct rig *r);
/* The line now says so: the edge is read at once. */
void rig_say(struct rig *r, enum lane_hw_line line, bool asserted);
/* Time passes, the leaves move, the library is called whenever it wants to be. */
void rig_run(struct rig *r, uint32_t ms);
void rig_command(struct rig *r, uint32_t command, bool without_record);
struct lane_hw_sensed rig_sense(const struct rig *r);
/* What is driven, by meaning. */
bool rig_drives(const struct rig *r, enum lane_hw_line line);
/* The trouble is active now, by what was told since the start. */
bool rig_trouble(struct rig *r, const char *key);
/* A person passes a leaf: outer, plane, inner, each for 300 ms, 100 ms apart; out: the other way. */
void rig_pass(struct rig *r, bool exit, bool out);
#endif
