/* SPDX-License-Identifier: Apache-2.0
 * The journal records of a crossing: clear columns (pseudonymous) and the personal payload that will be sealed.
 * Pure; the structs borrow from the crossing and stay valid while it lives. Must never put a personal field into
 * the clear part: birth year, sex, nationality and issuer are the only attributes of the person there.
 */
#ifndef POSTERN_CROSSING_RECORD_H
#define POSTERN_CROSSING_RECORD_H
#include "crossing/crossing.h"

/* What a record says of the lane, constant between two configurations. */
struct record_lane {
	const char *lane;
	const char *software, *schema, *config_hash;
	const char *seal_recipients;
	Postern__Direction direction;
	Postern__LaneMode mode;
};

struct record {
	Postern__RecordClear clear;
	Postern__CrossingRecord personal;
	bool has_personal;
	struct crossing_chip chip;
	Postern__Versions versions;
	Postern__Date today;
	Postern__StepTime step[STEP_COUNT_];
	Postern__StepTime *steps[STEP_COUNT_];
};

/* s when it is a catalogue key, else "": a small letter first, small letters, digits, '_' and at least one '.', under 64
 * characters. Cannot be a name, a number or a date. */
const char *record_key(const char *s);
/* s when it may stand as a reason's argument in the clear part, else "": a catalogue key; a whole number of at most four digits, as of years
 * or days; or one to three capital letters or '<', a State's or a document's code (ICAO Doc 9303, part 3, section 5; parts 4 to 7), which
 * the clear part holds of every traveller anyway. Too short for a name, and for a document's or a person's number. */
const char *record_argument(const char *s);

/* Fills *r for one kind. c may be NULL for a record outside a crossing. Only RECORD_VERDICT carries the payload. */
void record_build(struct record *r, Postern__RecordKind kind, const struct record_lane *lane, const struct crossing *c,
	int64_t wall_ms, Postern__ClockQuality clock_quality);

/* The personal payload of the crossing in hand, into an r that has been built for it. */
void record_personal(struct record *r, const struct crossing *c);
#endif
