/* SPDX-License-Identifier: Apache-2.0
 * The generator and the noise. Must never produce a name without a letter.
 */
#include "match_people.h"

#include <stdio.h>
#include <string.h>

uint64_t random_next(struct random *r)
{
	uint64_t x = r->state += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

unsigned random_below(struct random *r, unsigned n)
{
	return (unsigned)((random_next(r) >> 32) * n >> 32);
}

struct culture {
	unsigned weight;
	const char *state;
	bool two_surnames;
	const char *male, *female, *surnames, *endings;
};

static const struct culture cultures[] = {
#define CULTURE(weight, state, two, male, female, surnames, endings)                               \
	{weight, state, two, male, female, surnames, endings},
#include "match_names.def"
#undef CULTURE
};
enum { CULTURES = sizeof cultures / sizeof cultures[0] };

static unsigned words(const char *s)
{
	unsigned n = *s != '\0';
	for (; *s != '\0'; s++)
		n += *s == ' ';
	return n;
}

static void word_at(const char *s, unsigned n, char *out, size_t size)
{
	for (; n > 0; n--)
		s += strcspn(s, " ") + 1;
	snprintf(out, size, "%.*s", (int)strcspn(s, " "), s);
	for (char *c = out; *c != '\0'; c++)
		if (*c == '-')
			*c = ' ';
}

static void append(char *s, size_t size, const char *more)
{
	size_t n = strlen(s), m = strlen(more);
	if (n + m + 2 > size)
		return;
	s[n] = ' ';
	memcpy(s + n + 1, more, m + 1);
}

/* Zipf-like: the first of n are drawn most. */
static unsigned skewed(struct random *r, unsigned n)
{
	unsigned a = random_below(r, n), b = random_below(r, n);
	unsigned least = a < b ? a : b;
	return random_below(r, 3) == 0 ? random_below(r, least + 1) : least;
}

static void surname_of(struct random *r, const struct culture *c, char *out, size_t size)
{
	static const char vowels[] = "AEIOU", consonants[] = "BDGKLMNRSTVZ";
	char stem[40], ending[16];
	word_at(c->surnames, skewed(r, words(c->surnames)), stem, sizeof stem);
	if (c->endings[0] == '\0' || random_below(r, 100) < 20) {
		snprintf(out, size, "%s", stem);
		return;
	}
	word_at(c->endings, skewed(r, words(c->endings)), ending, sizeof ending);
	size_t keep = 2 + random_below(r, 3);
	const char *from = strlen(stem) > keep ? stem : "BARAN";
	if (strncmp(from, "AL ", 3) == 0 || strncmp(from, "DE ", 3) == 0)
		keep += 2;
	snprintf(out, size, "%.*s%c%c%s", (int)keep, from, vowels[random_below(r, 5)],
		consonants[random_below(r, 12)], ending);
}

static void given_of(struct random *r, const struct culture *c, char sex, char *out, size_t size)
{
	const char *list = sex == 'M' ? c->male : c->female;
	word_at(list, skewed(r, words(list)), out, size);
	/* three in ten have a name of the long tail */
	if (random_below(r, 100) < 30 && strchr(out, ' ') == NULL) {
		static const char *const tails[] = {
			"A", "AN", "EL", "IN", "O", "US", "IRA", "ON", "IM", "ETTE", "AR", "IYA"};
		static const char vowels[] = "AEIOU", consonants[] = "BDGKLMNRSTVZ";
		size_t n = strlen(out), keep = 2 + random_below(r, 2);
		keep = keep < n ? keep : n;
		snprintf(out + keep, size - keep, "%c%c%s", consonants[random_below(r, 12)],
			vowels[random_below(r, 5)], tails[random_below(r, 12)]);
	}
}

void human_make(uint64_t seed, uint64_t number, struct human *out)
{
	struct random r = {seed * UINT64_C(0x100000001) + number * UINT64_C(0x632be59bd9b4e019)};
	const struct culture *c = cultures;
	char more[40];
	unsigned total = 0, at;
	random_next(&r);
	for (unsigned i = 0; i < CULTURES; i++)
		total += cultures[i].weight;
	at = random_below(&r, total);
	while (at >= c->weight)
		at -= c++->weight;
	memset(out, 0, sizeof *out);
	out->sex = random_below(&r, 100) < 60 ? 'M' : 'F';
	surname_of(&r, c, out->surname, 40);
	if (c->two_surnames && random_below(&r, 100) < 75) {
		surname_of(&r, c, more, sizeof more);
		append(out->surname, sizeof out->surname, more);
	}
	given_of(&r, c, out->sex, out->given, 40);
	if (random_below(&r, 100) < 45) {
		given_of(&r, c, out->sex, more, sizeof more);
		if (strcmp(more, out->given) != 0)
			append(out->given, sizeof out->given, more);
	}
	out->year = 1940 + random_below(&r, 66);
	out->month = 1 + random_below(&r, 12);
	out->day = 1 + random_below(&r, 28);
	snprintf(out->state, sizeof out->state, "%s",
		random_below(&r, 100) < 85 ? c->state : cultures[random_below(&r, CULTURES)].state);
}

void human_list(struct random *r, struct human *h)
{
	unsigned x = random_below(r, 100);
	if (x < 8)
		h->month = h->day = 0;
	else if (x < 10)
		h->day = 0;
	else if (x < 12)
		h->year = h->month = h->day = 0;
	else if (x < 20)
		h->month = h->day = 1;
	if (random_below(r, 100) < 20)
		h->sex = '\0';
	if (random_below(r, 100) < 40)
		h->state[0] = '\0';
}

static void replace(char *s, size_t size, size_t at, size_t length, const char *by)
{
	char rest[160];
	snprintf(rest, sizeof rest, "%s", s + at + length);
	snprintf(s + at, size - at, "%s%s", by, rest);
}

static void random_slip(struct random *r, char *s, size_t size, size_t at)
{
	char letter[4] = {(char)('A' + random_below(r, 26)), s[at], '\0', '\0'};
	switch (random_below(r, 4)) {
	case 0: /* other */
		s[at] = letter[0];
		break;
	case 1: /* missing */
		replace(s, size, at, 1, "");
		break;
	case 2: /* more */
		replace(s, size, at, 1, letter);
		break;
	default: /* exchanged */
		if (s[at + 1] >= 'A') {
			s[at] = s[at + 1];
			s[at + 1] = letter[1];
		} else {
			s[at] = letter[0];
		}
	}
}

/* What optical reading and a clerk's ear confuse, and fingers between keys. */
static void held_slip(struct random *r, char *s, size_t size, size_t at)
{
	static const char *const alike[] = {"MN", "OQ", "OD", "VY", "IL", "EF", "CG", "UV", "BP",
		"DT", "GK", "SZ", "PR", "HN", "JI", "QW", "WE", "ER", "RT", "AS", "SD", "DF", "KL",
		"XC", "NB", "TY", "UI"};
	char twice[3] = {s[at], s[at], '\0'};
	for (unsigned i = 0; i < 40; i++) {
		const char *p = alike[random_below(r, sizeof alike / sizeof alike[0])];
		if (p[0] == s[at] || p[1] == s[at]) {
			s[at] = p[0] == s[at] ? p[1] : p[0];
			return;
		}
	}
	replace(s, size, at, 1, random_below(r, 2) == 0 ? "" : twice);
}

static void slip(struct random *r, bool held, struct human *h)
{
	char *s = random_below(r, 2) == 0 ? h->surname : h->given;
	size_t n = strlen(s), at;
	if (n < 3)
		s = h->surname;
	n = strlen(s);
	for (unsigned i = 0; i < 20; i++) {
		at = random_below(r, (unsigned)n);
		if (s[at] < 'A')
			continue;
		if (held)
			held_slip(r, s, sizeof h->surname, at);
		else
			random_slip(r, s, sizeof h->surname, at);
		return;
	}
}

struct change {
	const char *from, *to;
};

static const struct change changes[] = {{"KH", "H"}, {"SH", "SCH"}, {"OU", "U"}, {"EI", "AI"},
	{"II", "Y"}, {"IU", "YU"}, {"IA", "YA"}, {"V", "W"}, {"MM", "M"}, {"AE", "A"}, {"UE", "U"},
	{"OE", "O"}, {"F", "PH"}, {"C", "K"}, {"Y", "I"}, {"Q", "K"}, {"OV", "OFF"}, {"EE", "I"},
	{"OO", "OU"}, {"O", "U"}, {"E", "A"}, {"ZH", "J"}, {"SS", "S"}, {"TS", "C"}, {"CH", "TCH"},
	{"J", "DJ"}};
static const struct change held_changes[] = {{"SHCH", "SCH"}, {"KH", "CH"}, {"SH", "S"},
	{"CH", "C"}, {"IU", "JU"}, {"IA", "JA"}, {"EI", "EY"}, {"II", "IY"}, {"II", "I"},
	{"Z", "S"}, {"W", "V"}, {"AH", "A"}, {"U", "OU"}, {"I", "EE"}, {"A", "E"}, {"H", ""},
	{"L", "LL"}, {"D", "DD"}, {"TH", "T"}, {"EV", "IEV"}, {"AU", "AV"}, {"GH", "G"},
	{"DJ", "J"}, {"SK", "SC"}, {"K", "C"}, {"AL ", "EL "}, {"Y", "J"}, {"OE", "O"}, {"UE", "U"},
	{"AE", "A"}};

static void change_letters(struct random *r, bool held, struct human *h)
{
	const struct change *c = held ? held_changes : changes;
	unsigned n = held ? sizeof held_changes / sizeof *c : sizeof changes / sizeof *c, done = 0;
	for (unsigned i = 0; i < 60 && done < 2; i++) {
		char *s = random_below(r, 2) == 0 ? h->surname : h->given;
		const struct change *one = &c[random_below(r, n)];
		char *at = strstr(s, one->from);
		if (at == NULL || strlen(s) < 4)
			continue;
		replace(s, sizeof h->surname, (size_t)(at - s), strlen(one->from), one->to);
		done++;
	}
}

static void swap(struct human *h)
{
	char both[80];
	memcpy(both, h->surname, sizeof both);
	memcpy(h->surname, h->given, sizeof both);
	memcpy(h->given, both, sizeof both);
}

static void change_given(struct random *r, struct human *h)
{
	char *space = strchr(h->given, ' ');
	if (space != NULL) {
		*space = '\0';
		return;
	}
	char more[40];
	const struct culture *c = &cultures[random_below(r, CULTURES)];
	given_of(r, c, h->sex == 'F' ? 'F' : 'M', more, sizeof more);
	append(h->given, sizeof h->given, more);
}

static void join(struct random *r, struct human *h)
{
	char *s = strchr(h->given, ' ') != NULL ? h->given : h->surname;
	char *space = strchr(s, ' ');
	size_t n = strlen(s);
	if (space != NULL)
		replace(s, sizeof h->surname, (size_t)(space - s), 1, "");
	else if (n > 6) {
		size_t at = 3 + random_below(r, (unsigned)(n - 5));
		char two[3] = {' ', s[at], '\0'};
		replace(s, sizeof h->surname, at, 1, two);
	}
}

static void drop_surname(struct random *r, struct human *h)
{
	char *space = strrchr(h->surname, ' ');
	if (space != NULL)
		*space = '\0';
	else
		change_given(r, h);
}

/* A zone of 30 characters, or of 22 that an old system kept. */
static void cut_zone(struct human *h, bool *cut)
{
	size_t room = strlen(h->surname) + 2 + strlen(h->given) > 30 ? 30 : 18,
	       s = strlen(h->surname);
	if (s + 3 + strlen(h->given) <= room || s + 4 > room)
		return;
	h->given[room - s - 2] = '\0';
	*cut = true;
}

static void apply(struct random *r, bool held, enum noise_kind k, struct human *h, bool *cut)
{
	if (k == NOISE_LETTERS || k == NOISE_LETTERS_TYPO)
		change_letters(r, held, h);
	if (k == NOISE_TYPO || k == NOISE_TWO_TYPOS || k == NOISE_LETTERS_TYPO)
		slip(r, held, h);
	if (k == NOISE_TWO_TYPOS)
		slip(r, held, h);
	if (k == NOISE_SWAPPED)
		swap(h);
	if (k == NOISE_GIVEN)
		change_given(r, h);
	if (k == NOISE_SURNAME)
		drop_surname(r, h);
	if (k == NOISE_JOINED)
		join(r, h);
	if (k == NOISE_CUT)
		cut_zone(h, cut);
}

/* One birth date in five is not the list's. */
static void change_birth(struct random *r, struct human *h)
{
	unsigned x = random_below(r, 100), month = h->month;
	if (x < 5 && h->day <= 12) {
		h->month = h->day;
		h->day = month;
	} else if (x < 9) {
		h->year += random_below(r, 2) == 0 ? 1 : -1U;
	} else if (x < 13) {
		h->day = h->day > 10 ? h->day - 10 : h->day + 10;
	} else if (x < 16) {
		h->day = h->day > 1 ? h->day - 1 : 2;
	} else if (x < 18) {
		h->year += h->year > 1970 ? -10U : 10;
	} else if (x < 20) {
		h->month = 1 + random_below(r, 12);
		h->day = 1 + random_below(r, 28);
	}
}

enum noise_kind human_noise(struct random *r, bool held, struct human *h, bool *cut)
{
	static const unsigned shares[2][NOISE_KINDS] = {
		{10, 20, 8, 14, 6, 10, 8, 5, 6, 4, 9}, {12, 18, 6, 18, 8, 8, 7, 5, 5, 4, 9}};
	enum noise_kind k = NOISE_EXACT;
	unsigned x = random_below(r, 100);
	*cut = false;
	while (x >= shares[held][k])
		x -= shares[held][k++];
	apply(r, held, k, h, cut);
	if (k == NOISE_BOTH) {
		apply(r, held, NOISE_TYPO + random_below(r, 4), h, cut);
		apply(r, held, NOISE_SWAPPED + random_below(r, 4), h, cut);
	}
	change_birth(r, h);
	/* another passport */
	if (random_below(r, 100) < 4)
		snprintf(
			h->state, sizeof h->state, "%s", cultures[random_below(r, CULTURES)].state);
	return k;
}

const char *noise_name(enum noise_kind k)
{
	static const char *const names[] = {"exact", "one slip", "two slips", "other letters",
		"letters and slip", "swapped", "given names", "second surname", "joined or split",
		"cut", "two of these"};
	return names[k];
}
