/* SPDX-License-Identifier: Apache-2.0
 * One form for the spellings of one word. The alternatives of Doc 9303-3 section 6 (AE or A, OE or
 * O, UE, UXX or U, AA or A, N or NXX; X before the letters of table C), and what national systems
 * write differently (SH and SCH, KH and H, IU, YU and JU, W and V). Both sides of a comparison are
 * folded, so that a fold that is wrong for a word is wrong on both. Must never be shown to anyone
 * as a name.
 */
#include <string.h>

#include "match/match.h"

/* In place, not by pointer: half of building an index is looking these through. */
struct fold_rule {
	char from[8], to[4];
};

/* By first letter, longest first; what no rule names stays. */
static const struct fold_rule of_a[] = {
	{"AAE", "A"}, {"AA", "A"}, {"AE", "A"}, {"AI", "E"}, {"AY", "E"}, {"", ""}};
static const struct fold_rule of_c[] = {{"CHR", "KR"}, {"CE", "SE"}, {"CH", "C"}, {"CI", "SI"},
	{"CK", "K"}, {"CS", "C"}, {"CY", "SI"}, {"CZ", "C"}, {"C", "K"}, {"", ""}};
static const struct fold_rule of_d[] = {
	{"DSCH", "J"}, {"DZH", "J"}, {"DH", "D"}, {"DJ", "J"}, {"", ""}};
static const struct fold_rule of_e[] = {{"EE", "I"}, {"EI", "E"}, {"EY", "E"}, {"", ""}};
static const struct fold_rule of_g[] = {{"GH", "G"}, {"GJ", "J"}, {"", ""}};
static const struct fold_rule of_i[] = {
	{"IE", "I"}, {"II", "I"}, {"IJ", "I"}, {"IY", "I"}, {"", ""}};
static const struct fold_rule of_k[] = {{"KH", "H"}, {"", ""}};
static const struct fold_rule of_n[] = {{"NXX", "N"}, {"", ""}};
static const struct fold_rule of_o[] = {{"OE", "O"}, {"OO", "U"}, {"OU", "U"}, {"", ""}};
static const struct fold_rule of_p[] = {{"PH", "F"}, {"", ""}};
static const struct fold_rule of_q[] = {{"QU", "K"}, {"Q", "K"}, {"", ""}};
static const struct fold_rule of_s[] = {
	{"SCHTSCH", "S"}, {"SHCH", "S"}, {"SCH", "S"}, {"SH", "S"}, {"SZ", "S"}, {"", ""}};
static const struct fold_rule of_t[] = {
	{"TSCH", "C"}, {"TCH", "C"}, {"TH", "T"}, {"TS", "Z"}, {"TZ", "Z"}, {"", ""}};
static const struct fold_rule of_u[] = {{"UXX", "U"}, {"UE", "U"}, {"UU", "U"}, {"", ""}};
static const struct fold_rule of_w[] = {{"W", "V"}, {"", ""}};
static const struct fold_rule of_x[] = {{"XAA", "A"}, {"XAE", "A"}, {"XAY", "A"}, {"XDH", "D"},
	{"XDZ", "D"}, {"XGG", "G"}, {"XKH", "H"}, {"XKK", "K"}, {"XNN", "N"}, {"XSH", "S"},
	{"XSS", "S"}, {"XTA", "A"}, {"XTH", "T"}, {"XTT", "T"}, {"XYA", "I"}, {"XZZ", "Z"},
	{"XE", ""}, {"XH", "H"}, {"XI", "I"}, {"X", "KS"}, {"", ""}};
static const struct fold_rule of_y[] = {
	{"YA", "IA"}, {"YE", "E"}, {"YI", "I"}, {"Y", "I"}, {"", ""}};
static const struct fold_rule of_z[] = {{"ZH", "J"}, {"", ""}};
static const struct fold_rule *const by_letter[26] = {['A' - 'A'] = of_a,
	['C' - 'A'] = of_c,
	['D' - 'A'] = of_d,
	['E' - 'A'] = of_e,
	['G' - 'A'] = of_g,
	['I' - 'A'] = of_i,
	['K' - 'A'] = of_k,
	['N' - 'A'] = of_n,
	['O' - 'A'] = of_o,
	['P' - 'A'] = of_p,
	['Q' - 'A'] = of_q,
	['S' - 'A'] = of_s,
	['T' - 'A'] = of_t,
	['U' - 'A'] = of_u,
	['W' - 'A'] = of_w,
	['X' - 'A'] = of_x,
	['Y' - 'A'] = of_y,
	['Z' - 'A'] = of_z};

enum {
	VOWELS = 1 << ('A' - 'A') | 1 << ('E' - 'A') | 1 << ('I' - 'A') | 1 << ('O' - 'A') |
		 1 << ('U' - 'A')
};

static bool is_vowel(char c)
{
	return (VOWELS >> (c - 'A') & 1) != 0;
}

/* The rule for what s begins with, and its length. */
static const struct fold_rule *rule_at(const char *s, size_t *length)
{
	const struct fold_rule *r = *s >= 'A' && *s <= 'Z' ? by_letter[*s - 'A'] : NULL;
	for (; r != NULL && r->from[0] != '\0'; r++) {
		size_t n = 1;
		if (r->from[1] != s[1] && r->from[1] != '\0')
			continue;
		while (r->from[n] != '\0' && r->from[n] == s[n])
			n++;
		if (r->from[n] == '\0') {
			*length = n;
			return r;
		}
	}
	return NULL;
}

void match_fold(const char *plain, char out[MATCH_WORD_SIZE])
{
	size_t n = 0;
	for (const char *s = plain; *s != '\0';) {
		char one[2] = {*s, '\0'};
		const char *to = one;
		size_t length = 1;
		const struct fold_rule *rule = rule_at(s, &length);
		if (rule != NULL)
			to = rule->to;
		/* a J within a word is the vowel of another alphabet's IU, IA, IE */
		if (*s == 'J' && s != plain)
			to = "I";
		s += length;
		for (; *to != '\0' && n + 1 < MATCH_WORD_SIZE; to++)
			if (n == 0 || out[n - 1] != *to)
				out[n++] = *to;
	}
	/* FATIMA and FATIMAH */
	if (n > 3 && out[n - 1] == 'H' && is_vowel(out[n - 2]))
		n--;
	if (n == 0)
		out[n++] = plain[0] != '\0' ? plain[0] : 'X';
	out[n] = '\0';
}

void match_bones(const char *folded, char out[MATCH_BONES_SIZE])
{
	/* F for V: IVANOFF; S for Z; first letters that alphabets exchange are one */
	size_t n = 0;
	for (const char *s = folded; *s != '\0' && n + 1 < MATCH_BONES_SIZE; s++) {
		char c = *s;
		if (s == folded)
			c = c == 'I' || c == 'J' || c == 'E' ? 'I' : is_vowel(c) ? 'A' : c;
		else if (is_vowel(c))
			continue;
		c = c == 'V' ? 'F' : c == 'Z' ? 'S' : c;
		if (n == 0 || out[n - 1] != c)
			out[n++] = c;
	}
	out[n] = '\0';
}
