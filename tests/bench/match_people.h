/* SPDX-License-Identifier: Apache-2.0
 * People for the matcher's bench, and what documents, clerks and alphabets make of them. Shares no
 * code with the matcher. Must never draw on anything but its seed.
 */
#ifndef POSTERN_BENCH_MATCH_PEOPLE_H
#define POSTERN_BENCH_MATCH_PEOPLE_H
#include <stdbool.h>
#include <stdint.h>

struct random {
	uint64_t state;
};

uint64_t random_next(struct random *r);
unsigned random_below(struct random *r, unsigned n);

struct human {
	char surname[80], given[80];
	unsigned year, month, day;
	char sex;
	char state[4];
};

/* The number-th person of a seed. */
void human_make(uint64_t seed, uint64_t number, struct human *out);
/* As a list has it: birth date in part or 1 January, sex or nationality not known. */
void human_list(struct random *r, struct human *h);

enum noise_kind {
	NOISE_EXACT,
	NOISE_TYPO,
	NOISE_TWO_TYPOS,
	NOISE_LETTERS, /* another transliteration */
	NOISE_LETTERS_TYPO,
	NOISE_SWAPPED,
	NOISE_GIVEN,   /* dropped or added */
	NOISE_SURNAME, /* the second dropped */
	NOISE_JOINED,
	NOISE_CUT,
	NOISE_BOTH,
	NOISE_KINDS
};

/* As the same person comes to the gate; held: the noise that nothing was tuned on (slips of optical
 * reading and of the ear, other transliterations, other shares). *cut: the zone was full. */
enum noise_kind human_noise(struct random *r, bool held, struct human *h, bool *cut);
const char *noise_name(enum noise_kind k);
#endif
