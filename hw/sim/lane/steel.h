/* SPDX-License-Identifier: Apache-2.0
 * One leaf of steel with its bolt and its drive. Time and currents come in, a position comes out.
 * Pure. Must never know who asked for what, or why.
 */
#ifndef POSTERN_SIM_STEEL_H
#define POSTERN_SIM_STEEL_H
#include <stdbool.h>
#include <stdint.h>

#define STEEL_OPEN INT64_C(1000000000) /* opening of a leaf that is fully open */

enum steel_motion { STEEL_STILL, STEEL_OPENS, STEEL_CLOSES };

struct steel {
	uint32_t stroke_ms, bolt_ms; /* closed to open; bolt in to out */
	bool latches;		     /* a pulse is enough: the controller goes on by itself */
	int64_t opening;	     /* 0 .. STEEL_OPEN */
	int64_t bolt;		     /* 0: withdrawn .. STEEL_OPEN: engaged */
	enum steel_motion motion;
	bool was_open_drive, was_close_drive;
	bool pressed; /* closing, it stands against somebody */
	/* What is wrong with it. */
	bool jammed, bolt_stuck;
	bool forced; /* somebody pushes it open, whatever the bolt does */
};

/* Currents as they reach the leaf: behind every relay. */
struct steel_power {
	bool unlock, open_drive, close_drive;
	bool emergency; /* the hardware's own release: bolt withdrawn, leaf opened by a spring */
	bool motion_stopped; /* an emergency stop: released, and nothing moves by itself */
	bool blocked;	     /* a body is in the plane */
	bool pushed;	     /* by hand, by somebody who wants out: an unbolted leaf yields */
};

void steel_init(struct steel *s, uint32_t stroke_ms, uint32_t bolt_ms, bool latches);
void steel_advance(struct steel *s, const struct steel_power *p, uint64_t us);
bool steel_closed(const struct steel *s);
bool steel_open(const struct steel *s);
bool steel_locked(const struct steel *s);
/* Wide enough for a body. */
bool steel_passable(const struct steel *s);
#endif
