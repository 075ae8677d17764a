/* SPDX-License-Identifier: Apache-2.0
 * What is a travel document, and what its number is, in words that publishers wrote for people. Must never
 * make one number of two.
 */
#include <ctype.h>
#include <string.h>

#include "lists/internal.h"

enum { TEXT_MAX = 160, TOKENS_MAX = 12 };

/* By what stands in the text, the first that does. number: it is a personal number rather than a document's,
 * and says nothing without its State. */
static const struct {
	const char *word;
	bool travels, number;
} kinds[] = {
	{"driver", false, false}, {"driving", false, false}, {"birth", false, false}, {"tax", false, false},
	{"fiscal", false, false}, {"ration", false, false}, {"social security", false, false},
	{"military", false, false}, {"armed forces", false, false}, {"registration", false, false},
	{"ssn", false, false}, {"voter", false, false}, {"passport", true, false},
	{"passeport", true, false}, {"pasaporte", true, false}, {"laissez", true, false},
	{"travel document", true, false}, {"seaman", true, false}, {"identity card", true, true},
	{"identification card", true, true}, {"id card", true, true}, {"identity document", true, true},
	{"identity number", true, true}, {"identification number", true, true},
	{"national identi", true, true}, {"national id", true, true}, {"cedula", true, true},
	{"residence permit", true, true}, {"residency", true, true}};

static bool holds(const char *text, const char *word)
{
	size_t n = strlen(word);
	for (; *text != '\0'; text++)
		if (strncasecmp(text, word, n) == 0)
			return true;
	return false;
}

bool document_kind(const char *text, bool *by_number)
{
	*by_number = false;
	for (size_t i = 0; i < PN_COUNT(kinds); i++)
		if (holds(text, kinds[i].word)) {
			*by_number = kinds[i].number;
			return kinds[i].travels;
		}
	return false;
}

struct token {
	const char *at;
	size_t size;
	unsigned letters, digits;
};

/* "No", "no." and the like before a number; NO in capitals may belong to it. */
static size_t number_sign(const char *s, size_t n)
{
	static const char *const signs[] = {"N\xC2\xB0", "n\xC2\xB0", "N\xC2\xBA", "\xE2\x84\x96", "#", "No.", "no.", "Nr.", "nr.",
		"No", "no", "nr"};
	for (size_t i = 0; i < PN_COUNT(signs); i++) {
		size_t m = strlen(signs[i]);
		if (n >= m && memcmp(s, signs[i], m) == 0 && (n == m || isdigit((unsigned char)s[m]) || s[m] == '.'))
			return m;
	}
	return 0;
}

static bool next_token(const char **s, struct token *t)
{
	*s += strspn(*s, " \t\n\r:,;");
	*t = (struct token){.at = *s, .size = strcspn(*s, " \t\n\r:,;")};
	*s += t->size;
	size_t sign = number_sign(t->at, t->size);
	t->at += sign;
	t->size -= sign;
	for (size_t i = 0; i < t->size; i++) {
		t->letters += isalpha((unsigned char)t->at[i]) != 0;
		t->digits += isdigit((unsigned char)t->at[i]) != 0;
	}
	return sign > 0 || t->size > 0;
}

/* Words: of more than three letters, or with small ones. */
static bool is_word(const struct token *t)
{
	for (size_t i = 0; i < t->size; i++)
		if (t->digits == 0 && (islower((unsigned char)t->at[i]) || t->letters > 3))
			return true;
	return false;
}

static bool put(const struct token *t, char out[NUMBER_SIZE], size_t *n)
{
	for (size_t i = 0; i < t->size; i++) {
		unsigned char c = (unsigned char)t->at[i];
		if (c >= 0x80)
			return false;
		if (!isalnum(c))
			continue;
		if (*n + 1 >= NUMBER_SIZE)
			return false;
		out[(*n)++] = (char)toupper(c);
	}
	return true;
}

bool document_number(const char *text, char out[NUMBER_SIZE])
{
	char plain[TEXT_MAX];
	struct token token[TOKENS_MAX], t;
	size_t count = 0, numbers = 0, size = 0, first = 0;
	bool over = false;
	out[0] = '\0';
	if (!without_remarks(text, plain, sizeof plain))
		return false;
	for (const char *s = plain; next_token(&s, &t);) {
		if (t.size == 0)
			continue;
		if (count == TOKENS_MAX)
			return false;
		/* what stands before words is no part of the number behind them; behind it words may stand, but no
		 * second number */
		if (is_word(&t)) {
			over = numbers > 0;
			first = over ? first : count;
			continue;
		}
		if (over && t.digits > 0)
			return false;
		if (over)
			continue;
		numbers += t.digits > 0;
		token[count++] = t;
	}
	for (size_t i = first; i < count; i++)
		if (!put(&token[i], out, &size)) {
			out[0] = '\0';
			return false;
		}
	out[size] = '\0';
	return numbers > 0;
}
