/* SPDX-License-Identifier: Apache-2.0
 * Comparing the names and particulars of a traveller with those of a watchlist. Pure: memory only,
 * no file, no clock. A comparison gives a name score (0 to 1), and the weight of evidence in bits
 * (log2 of how much likelier the agreement is between two accounts of one person than by chance;
 * Fellegi and Sunter, A Theory for Record Linkage, 1969). Must never say that two people are one:
 * it says what agrees, and by how much.
 */
#ifndef POSTERN_MATCH_H
#define POSTERN_MATCH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	MATCH_WORDS_MAX = 10,
	MATCH_WORD_SIZE = 40,  /* with the terminator; what is longer is cut */
	MATCH_BONES_SIZE = 16, /* the same of the consonant skeleton */
	MATCH_TEXT_SIZE = 192, /* a whole name as text */
	MATCH_FOUND_MAX = 64
};

enum match_role { MATCH_SURNAME, MATCH_GIVEN };

struct match_word {
	char plain[MATCH_WORD_SIZE];  /* A-Z, transliterated as a machine readable zone has it */
	char folded[MATCH_WORD_SIZE]; /* alternatives of transliteration made one */
	char bones[MATCH_BONES_SIZE]; /* its consonants */
	uint32_t letters;             /* bit 0: plain or folded has an A, and so on */
	uint8_t length, plain_length, bones_length; /* length: of folded */
	uint8_t role;
	bool particle;     /* VAN, BIN, DE LA ...: may be missing */
	uint16_t nickname; /* group of forms of one name; 0: none; UINT16_MAX: not looked up yet */
	float prior; /* how common it is anywhere, as a share of people; 0: not looked up yet */
};

struct match_name {
	struct match_word word[MATCH_WORDS_MAX];
	size_t count;
	bool split;     /* surname and given names are known apart */
	bool truncated; /* the last word may be cut, and more words missing */
};

/* UTF-8 to A-Z and single spaces by ICAO Doc 9303-3 section 6 (tables A Latin, B Cyrillic, C
 * Arabic, also as presentation forms) and ELOT 743 for Greek. Hyphens, fillers, commas and digits separate; apostrophes, full
 * stops and combining marks go. PN_EFORMAT: not UTF-8, or a letter of another script; PN_ELIMIT:
 * does not fit. out is then empty. */
int match_transliterate(const char *utf8, char *out, size_t size) PN_MUST_CHECK;

/* Two names as in separate fields. Titles (MR, DR, MSTR; also glued to the last given name as
 * passenger name records have them) are left out. Errors as above; PN_EINVAL when no word is left.
 * Words beyond MATCH_WORDS_MAX are left out and truncated is set. */
int match_name_read(
	const char *surname, const char *given_names, struct match_name *out) PN_MUST_CHECK;
/* The same for match_index_add alone, in half the time: words are not folded. */
int match_name_read_plain(
	const char *surname, const char *given_names, struct match_name *out) PN_MUST_CHECK;
/* One string: "SURNAME<<GIVEN<NAMES", "Surname, Given", "SURNAME/GIVENMR", else words in any order.
 */
int match_name_read_line(const char *line, struct match_name *out) PN_MUST_CHECK;
/* Doc 9303-3 4.6: has the name of that zone (30, 31 or 39 characters) no room left? */
bool match_zone_is_full(const char *surname, const char *given_names, size_t zone_length);

/* The stored form: plain words, '<' between surname and given names; and back. size at least
 * MATCH_TEXT_SIZE. */
void match_name_write(const struct match_name *name, char *out, size_t size);
void match_name_of_text(const char *text, struct match_name *out);
void match_name_wipe(struct match_name *name);

/* --- parts --- */
void match_fold(const char *plain, char out[MATCH_WORD_SIZE]);
void match_bones(const char *folded, char out[MATCH_BONES_SIZE]);
bool match_is_particle(const char *word);
bool match_is_title(const char *word);
/* The share of people who bear a name that is not known to be common. */
#define MATCH_RARE 0.00005F
/* Fills in nickname and prior. */
void match_word_look_up(struct match_word *w);
/* Jaro-Winkler (Winkler 1990; prefix weight 0.1, at most 4), 0 to 1; lengths at most 63. */
double match_jaro_winkler(const char *a, size_t a_length, const char *b, size_t b_length);

/* --- birth dates --- */
struct match_birth {
	uint16_t year; /* 0: unknown */
	uint8_t month, day;
};

enum match_birth_agreement {
	MATCH_BIRTH_EXACT,
	MATCH_BIRTH_PARTIAL, /* what both know agrees: year and month, or year */
	MATCH_BIRTH_DUMMY,   /* same year, and one is 1 January or the like */
	MATCH_BIRTH_FLIPPED, /* day and month exchanged */
	MATCH_BIRTH_SLIP,    /* one part differs by a digit or by one */
	MATCH_BIRTH_YEAR,    /* same year only */
	MATCH_BIRTH_NEAR,    /* year by at most one, of which one is not fully known */
	MATCH_BIRTH_UNKNOWN, /* one has no year */
	MATCH_BIRTH_OTHER,   /* disagree */
	MATCH_BIRTH_AGREEMENTS
};

enum match_birth_agreement match_birth_compare(struct match_birth a, struct match_birth b);
const char *match_birth_name(enum match_birth_agreement a);
double match_birth_bits(struct match_birth a, struct match_birth b);

/* --- persons --- */
struct match_person {
	struct match_birth birth;
	char sex;            /* 'M', 'F', else unknown */
	char nationality[4]; /* ICAO code; empty: unknown */
};

/* How often words occur in a list: count-table addressed by match_rarity_hash. */
struct match_rarity {
	const uint32_t *counts;
	uint32_t mask;
	uint32_t people;
};

uint64_t match_rarity_hash(const char *folded);

struct match_pair {
	uint8_t of_query, of_entry;       /* index of word */
	uint8_t query_words, entry_words; /* 1, or 2 when that side wrote one name as two words */
	float likeness, bits;
};

struct match_result {
	double name_score; /* 0 to 1 */
	double name_bits, birth_bits, other_bits;
	/* a search's: what the names found beside it add or take (index_chance.c); else 0 */
	double chance_bits;
	double bits; /* their sum */
	enum match_birth_agreement birth;
	bool sex_differs, nationality_same, nationality_differs, order_differs;
	size_t pair_count, query_missing, entry_missing;
	struct match_pair pair[MATCH_WORDS_MAX];
};

/* rarity may be NULL: then only what is common anywhere counts less; else the entry is one of those
 * counted. Symmetric but for
 * truncation, which is the query's. What is looked up on the way is kept in the names' words. */
void match_compare(struct match_name *query, const struct match_person *query_person,
	struct match_name *entry, const struct match_person *entry_person,
	const struct match_rarity *rarity, struct match_result *out);

/* --- policy --- */
enum match_decision { MATCH_NONE, MATCH_POSSIBLE, MATCH_ALERT };

/* Alert when the evidence outweighs the number of people on the list by so many bits that a chance
 * agreement is rare, and the names are at least as alike as that agreement of birth dates asks. */
struct match_policy {
	double alert_bits, possible_bits;
	double least_score[MATCH_BIRTH_AGREEMENTS];
};

extern const struct match_policy match_policy_default;
/* people: on the list; 0 or 1 when two records are compared with each other. */
enum match_decision match_decide(
	const struct match_policy *policy, const struct match_result *r, uint32_t people);
/* 0 to 1: the name score, less what in the particulars disagrees. For ranking and for people to
 * read; match_decide weighs. */
double match_score(const struct match_result *r);
/* For two records compared with each other, of which nothing else is known. */
enum match_decision match_decide_pair(const struct match_result *r);
const char *match_decision_name(enum match_decision d);

/* --- index --- */
struct match_index;

struct match_found {
	uint32_t id; /* the caller's */
	uint32_t at; /* for match_index_entry */
	struct match_result result;
};

struct match_index_stats {
	uint32_t people, names;
	size_t bytes;
};

/* add any number of names (aliases: several with one id), build once, then find. One thread: the
 * counters of a search lie in the index. */
int match_index_new(struct match_index **out) PN_MUST_CHECK;
int match_index_add(struct match_index *index, const struct match_name *name,
	const struct match_person *person, uint32_t id) PN_MUST_CHECK;
int match_index_build(struct match_index *index) PN_MUST_CHECK;
/* The most likely first, at most `room` (MATCH_FOUND_MAX at most), one per id. With a year of
 * birth, entries within two years, ten years off, or without one are looked at. */
size_t match_index_find(struct match_index *index, struct match_name *name,
	const struct match_person *person, struct match_found *out, size_t room);
void match_index_entry(const struct match_index *index, uint32_t at, struct match_name *name,
	struct match_person *person);
struct match_index_stats match_index_stats(const struct match_index *index);
void match_index_free(struct match_index *index);
#endif
