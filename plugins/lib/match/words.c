/* SPDX-License-Identifier: Apache-2.0
 * What is known about words: particles, titles, forms of one name, and names that so many people
 * bear that they say little. Must never take a word for a title that is one of many people's
 * names.
 */
#include <string.h>

#include "match/match.h"

/* By first letter: every word of every name is looked up here. */
static const char *const particles[26] = {
	['A' - 'A'] = "AD AF AL AND AP AR AS AT AV AZ",
	['B' - 'A'] = "BEN BIN BINT BINTI BN BTE",
	['D' - 'A'] = "DA DAS DE DEL DELA DELLA DEN DER DI DO DOS DU",
	['E' - 'A'] = "E EL ET",
	['I' - 'A'] = "IBN",
	['L' - 'A'] = "LA LAS LE LES LOS",
	['O' - 'A'] = "OULD",
	['S' - 'A'] = "SAN ST",
	['T' - 'A'] = "TEN TER",
	['U' - 'A'] = "UD UL UND UR UZ",
	['V' - 'A'] = "VAN VOM VON",
	['Y' - 'A'] = "Y",
	['Z' - 'A'] = "ZU ZUM ZUR",
};

static const char *const titles[26] = {
	['C' - 'A'] = "CAPT CHD COL",
	['D' - 'A'] = "DAME DR",
	['E' - 'A'] = "ENG",
	['F' - 'A'] = "FRAU",
	['H' - 'A'] = "HADJI HAJ HAJI HAJJI HERR",
	['I' - 'A'] = "INF ING",
	['J' - 'A'] = "JR",
	['M' - 'A'] = "MAG MAJ MAULAVI MAWLAWI MISS MR MRS MS MSTR MULLAH",
	['P' - 'A'] = "PHD PROF",
	['Q' - 'A'] = "QARI",
	['R' - 'A'] = "REV",
	['S' - 'A'] = "SAYYID SHAYKH SHEIKH SIR SR SRA SRTA SYED",
	['U' - 'A'] = "USTAZ",
};

struct known {
	const char *plain;
	uint16_t group;
	float share;
};

static const struct known known[] = {
#define WORD(plain, group, share) {plain, group, share},
#include "words.def"
#undef WORD
};

static bool among(const char *const *list, const char *word)
{
	const char *at = word[0] >= 'A' && word[0] <= 'Z' ? list[word[0] - 'A'] : NULL;
	while (at != NULL && *at != '\0') {
		size_t n = 0;
		while (word[n] != '\0' && at[n] == word[n])
			n++;
		if (word[n] == '\0' && (at[n] == ' ' || at[n] == '\0'))
			return true;
		for (at += n; *at != '\0' && *at != ' ';)
			at++;
		at += *at == ' ';
	}
	return false;
}

bool match_is_particle(const char *word)
{
	return among(particles, word);
}

bool match_is_title(const char *word)
{
	return among(titles, word);
}

void match_word_look_up(struct match_word *w)
{
	size_t low = 0, high = PN_COUNT(known);
	w->nickname = 0;
	w->prior = MATCH_RARE;
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(w->plain, known[middle].plain);
		if (order == 0) {
			w->nickname = known[middle].group;
			w->prior = known[middle].share;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
}
