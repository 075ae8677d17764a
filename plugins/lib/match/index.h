/* SPDX-License-Identifier: Apache-2.0
 * The index's own shape. Entries lie in order of birth year, in blocks of 65,536; every block has
 * for every key (trigram of a folded word, or hash of its consonants) the 16-bit numbers of the
 * entries that have it, in order, so that a span of years is one stretch of each. Must never be
 * included outside this folder.
 */
#ifndef POSTERN_MATCH_INDEX_H
#define POSTERN_MATCH_INDEX_H
#include "match/match.h"

enum {
	MATCH_TRIGRAMS = 27 * 27 * 27,
	MATCH_BONE_KEYS = 32768,
	MATCH_KEYS = MATCH_TRIGRAMS + MATCH_BONE_KEYS,
	MATCH_BLOCK = 65536,
	MATCH_KEYS_OF_NAME = MATCH_WORDS_MAX * (MATCH_WORD_SIZE + 1)
};

struct match_record {
	uint32_t text; /* offset */
	uint32_t id;
	uint32_t birth;       /* year << 11 | month << 7 | day << 2 | sex */
	uint16_t nationality; /* and MATCH_SEVERAL */
};

/* The person has more names than this one, or more birth dates. */
enum { MATCH_SEVERAL = 0x8000 };

struct match_block {
	uint32_t *from; /* MATCH_KEYS + 1 places in postings */
	uint16_t *postings;
};

struct match_index {
	struct match_record *records;
	char *texts;
	struct match_block *blocks;
	uint32_t *key_counts;  /* MATCH_KEYS: entries of the whole index that have the key */
	uint32_t *word_counts; /* people who have the word, by its hash */
	uint8_t *counters;     /* MATCH_BLOCK; zero between searches */
	size_t count, room, text_size, text_room, block_count, postings;
	uint32_t last_id; /* of the name added last */
	uint32_t word_mask,
		people; /* people: names with one id, added one after the other, are one */
	bool built;
};

/* How many entries that are somebody else, by their birth dates, have a name as alike. */
enum { MATCH_NULLS_MAX = 4096 };

struct match_chance {
	float bits[MATCH_NULLS_MAX]; /* name_bits; after match_chance_sort the most first */
	size_t count;
	double looked_at; /* entries among which they were found */
};

void match_chance_add(struct match_chance *c, const struct match_result *r);
void match_chance_sort(struct match_chance *c);
/* Sets chance_bits and adds them to bits. */
void match_chance_weigh(const struct match_chance *c, struct match_result *r);

/* A bit a key; all clear before match_keys and after. */
struct match_seen {
	uint64_t bits[MATCH_KEYS / 64 + 1];
};

/* Without repetition. */
size_t match_keys(
	const struct match_name *name, struct match_seen *seen, uint16_t keys[MATCH_KEYS_OF_NAME]);
struct match_birth match_record_birth(const struct match_record *r);
#endif
