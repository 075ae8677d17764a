/* SPDX-License-Identifier: Apache-2.0
 * Birth dates as publishers write them: "1962", "Jan 1962", "01 Jan 1962", "1962-01-01", "circa 1962",
 * "1958 to 1962", "between 1958 and 1962". What is said to be about a time is known by its year only. Must
 * never take a day for a month.
 */
#include <string.h>

#include "lists/internal.h"

enum { YEAR_MIN = 1850, YEAR_LAST = 2999, WORDS_MAX = 8, WORD_SIZE = 32, TEXT_MAX = 80 };

static const char *const months[] = {"JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST",
	"SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"};

/* Of a word of at least three letters, in full or cut ("Sept"); 0: none. */
static unsigned month_of(const char *word)
{
	size_t n = strlen(word);
	for (unsigned i = 0; n >= 3 && i < PN_COUNT(months); i++)
		if (n <= strlen(months[i]) && begins_with(months[i], word))
			return i + 1;
	return 0;
}

static bool is_number(const char *s, size_t digits, unsigned *out)
{
	*out = 0;
	if (strlen(s) != digits || strspn(s, "0123456789") != digits)
		return false;
	for (; *s != '\0'; s++)
		*out = 10 * *out + (unsigned)(*s - '0');
	return true;
}

static bool is_year(const char *s, unsigned *out)
{
	return is_number(s, 4, out) && *out >= YEAR_MIN && *out <= YEAR_LAST;
}

static bool exists(struct match_birth b)
{
	static const uint8_t days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (b.year % 4 == 0 && b.year % 100 != 0) || b.year % 400 == 0;
	if (b.month == 0)
		return b.day == 0;
	return b.month <= 12 && b.day <= days[b.month] && (b.month != 2 || b.day < 29 || leap);
}

/* YYYY-MM-DD, YYYY-MM, as ISO 8601 has them, and a time behind them; 00 for what is not known. */
static bool iso_of(const char *s, struct match_birth *b)
{
	char part[5] = "";
	unsigned year, month, day = 0;
	size_t n = strcspn(s, "Tt");
	memcpy(part, s, strnlen(s, 4));
	if (!is_year(part, &year) || s[4] != '-' || (n != 7 && n != 10))
		return false;
	memcpy(part, (char[3]){s[5], s[6], '\0'}, 3);
	if (!is_number(part, 2, &month))
		return false;
	if (n == 10) {
		memcpy(part, (char[3]){s[8], s[9], '\0'}, 3);
		if (s[7] != '-' || !is_number(part, 2, &day))
			return false;
	}
	*b = (struct match_birth){(uint16_t)year, (uint8_t)month, (uint8_t)day};
	return exists(*b);
}

struct words {
	char word[WORDS_MAX][WORD_SIZE];
	size_t count;
};

static int words_of(const char *s, struct words *w)
{
	w->count = 0;
	for (;;) {
		s += strspn(s, " ,.()\t\n\r");
		size_t n = strcspn(s, " ,.()\t\n\r");
		if (n == 0)
			return w->count > 0 ? PN_OK : PN_EFORMAT;
		if (w->count == WORDS_MAX || n >= WORD_SIZE)
			return PN_EFORMAT;
		memcpy(w->word[w->count], s, n);
		w->word[w->count++][n] = '\0';
		s += n;
	}
}

/* One date of up to three words from *at; *at moves behind it. */
static bool date_of(const struct words *w, size_t *at, struct match_birth *b)
{
	unsigned day = 0, month = 0, year;
	size_t i = *at;
	if (i < w->count && iso_of(w->word[i], b)) {
		*at = i + 1;
		return true;
	}
	if (i + 1 < w->count && month_of(w->word[i + 1]) != 0 &&
		(is_number(w->word[i], 2, &day) || is_number(w->word[i], 1, &day))) {
		if (day == 0)
			return false;
		i++;
	}
	if (i < w->count && (month = month_of(w->word[i])) != 0)
		i++;
	if (i >= w->count || !is_year(w->word[i], &year))
		return false;
	*b = (struct match_birth){(uint16_t)year, (uint8_t)month, (uint8_t)day};
	*at = i + 1;
	return exists(*b);
}

static bool is_about(const char *word)
{
	static const char *const words[] = {"circa", "c", "ca", "approximately", "approx", "about", "around"};
	for (size_t i = 0; i < PN_COUNT(words); i++)
		if (is_text(word, words[i]))
			return true;
	return false;
}

static bool take(const struct words *w, size_t *at, const char *a, const char *b)
{
	if (*at >= w->count || !(is_text(w->word[*at], a) || (b != NULL && is_text(w->word[*at], b))))
		return false;
	++*at;
	return true;
}

/* Every year from the first to the last; a date stands for its year. */
static int years(struct match_birth from, struct match_birth to, struct match_birth out[YEARS_MAX], size_t *count)
{
	if (to.year < from.year)
		return PN_EFORMAT;
	if (to.year - from.year >= YEARS_MAX)
		return PN_ELIMIT;
	for (*count = 0; from.year + *count <= to.year; ++*count)
		out[*count] = (struct match_birth){.year = (uint16_t)(from.year + *count)};
	return PN_OK;
}

/* "1958-1962" */
static bool spread(struct words *w)
{
	unsigned a, b;
	char first[5] = "", *word = w->word[w->count - 1];
	if (strlen(word) != 9 || word[4] != '-' || w->count + 2 > WORDS_MAX)
		return false;
	memcpy(first, word, 4);
	if (!is_year(first, &a) || !is_year(word + 5, &b))
		return false;
	memcpy(w->word[w->count], "to", 3);
	memcpy(w->word[w->count + 1], word + 5, 5);
	word[4] = '\0';
	w->count += 2;
	return true;
}

int birth_read(const char *text, bool approximate, struct match_birth out[YEARS_MAX], size_t *count)
{
	struct words w;
	struct match_birth from, to;
	size_t at = 0;
	bool between;
	*count = 0;
	if (strlen(text) > TEXT_MAX || words_of(text, &w) != PN_OK)
		return PN_EFORMAT;
	(void)spread(&w);
	for (; at < w.count && is_about(w.word[at]); at++)
		approximate = true;
	between = take(&w, &at, "between", "from");
	if (!date_of(&w, &at, &from))
		return PN_EFORMAT;
	if (take(&w, &at, "to", between ? "and" : "-")) {
		for (; at < w.count && is_about(w.word[at]); at++)
			;
		if (!date_of(&w, &at, &to) || at != w.count)
			return PN_EFORMAT;
		return years(from, to, out, count);
	}
	if (at != w.count || between)
		return PN_EFORMAT;
	if (approximate)
		from.month = from.day = 0;
	out[0] = from;
	*count = 1;
	return PN_OK;
}
