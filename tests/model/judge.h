/* SPDX-License-Identifier: Apache-2.0
 * Puts mutants before the explorer and the walks, on every core. Must never call a mutant killed
 * for want of memory or time, nor alive that has not been tried to the end.
 */
#ifndef POSTERN_MODEL_JUDGE_H
#define POSTERN_MODEL_JUDGE_H
#include <stdio.h>

#include "mutants.h"
#include "walks.h"

enum explored_as { EXPLORED_NOT, EXPLORED_ALIVE, EXPLORED_KILLED };

struct verdict {
	uint16_t mutant;
	uint8_t explorer; /* enum explored_as */
	bool walk_killed;
	char property[96]; /* that the explorer found broken */
	char walk[64];     /* that went another way */
	uint16_t length;   /* of the way to it */
	uint8_t world;     /* of world_kinds, where */
	bool felt;         /* something was asked of what is changed */
};

#define JUDGE_MUTANTS_MAX 8192u

struct judge {
	const struct gate_table *table;
	const struct gate_table *beside; /* NULL, or one whose mutants are judged there */
	const struct walks *walks;
	struct mutant mutants[JUDGE_MUTANTS_MAX];
	size_t count;
	uint16_t order[JUDGE_MUTANTS_MAX]; /* in which they are explored */
	struct verdict verdicts[JUDGE_MUTANTS_MAX];
	uint8_t covered[32][MUTANT_ROWS_MAX]; /* rows that a world takes */
	int64_t until_ms;                     /* monotonic; 0: as long as it takes */
	size_t worlds;                        /* the first so many of world_kinds */
};

/* Fills mutants of table, which the caller has set. quick: the explorer knows the worlds of a second or less. The unchanged table must
 * pass both; false, and why on stderr, when it does not. */
bool judge_load(struct judge *j, const struct walks *walks, bool quick); /* by the walks alone */
bool judge_init(struct judge *j, const struct walks *walks, bool quick);
/* Every mutant is put before the walks; then before the explorer as order and until_ms say, by as
 * many processes as there are cores. told is called with each verdict as it comes. */
bool judge_all(
	struct judge *j, void (*told)(void *context, const struct verdict *v), void *context);
/* Every mutant by the walks alone. */
void judge_walks(struct judge *j);
/* One mutant, with the shortest way to what it breaks on out. */
void judge_show(struct judge *j, size_t mutant, FILE *out);
int64_t judge_now_ms(void);
size_t judge_cores(void);
/* One verdict of a worker's; false at the end. */
bool judge_read(int in, struct verdict *v);
#endif
