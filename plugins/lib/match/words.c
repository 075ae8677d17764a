/* SPDX-License-Identifier: Apache-2.0
 * What is known about words: particles, titles, forms of one name, and names that so many people
 * bear that they say little. Must never take a word for a title that is one of many people's
 * names.
 */
#include <string.h>

#include "match/match.h"

static const char *const particles[] = {"VAN", "VON", "DER", "DEN", "DE", "DEL", "DELA", "DELLA",
	"DI", "DA", "DO", "DOS", "DAS", "DU", "LA", "LE", "LES", "LOS", "LAS", "TEN", "TER", "ZU",
	"ZUM", "ZUR", "VOM", "AF", "AV", "BIN", "IBN", "BEN", "BINT", "BINTI", "BN", "BTE", "AL",
	"EL", "UL", "AD", "AS", "AR", "ET", "UD", "UR", "UZ", "AP", "AND", "Y", "E", "SAN", "ST",
	"OULD", "UND", "AT", "AZ"};

static const char *const titles[] = {"MR", "MRS", "MS", "MISS", "MSTR", "CHD", "INF", "DR", "PROF",
	"SIR", "DAME", "HERR", "FRAU", "SR", "SRA", "SRTA", "JR", "HAJI", "HAJJI", "SHEIKH",
	"SHAYKH", "MULLAH", "MAULAVI", "MAWLAWI", "SAYYID", "SYED", "MAJ", "CAPT", "COL", "REV",
	"ING", "MAG", "PHD", "ENG", "QARI", "HAJ", "HADJI", "USTAZ"};

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

static bool among(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (list[i][0] == word[0] && strcmp(list[i], word) == 0)
			return true;
	return false;
}

bool match_is_particle(const char *word)
{
	return strlen(word) <= 5 && among(particles, PN_COUNT(particles), word);
}

bool match_is_title(const char *word)
{
	return among(titles, PN_COUNT(titles), word);
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
