/* SPDX-License-Identifier: Apache-2.0
 * A name as words, from fields, from a line and from the stored text. Must never drop a word that
 * is not a title without saying so.
 */
#include <string.h>

#include "match/match.h"

static void cut_to(char *out, size_t size, const char *from, size_t length)
{
	size_t n = length < size - 1 ? length : size - 1;
	memcpy(out, from, n);
	out[n] = '\0';
}

/* Up to a space, a filler or the end. */
static size_t word_length(const char *text)
{
	size_t n = 0;
	while (text[n] != '\0' && text[n] != ' ' && text[n] != '<')
		n++;
	return n;
}

static void fold_word(struct match_word *w)
{
	match_fold(w->plain, w->folded);
	match_bones(w->folded, w->bones);
	w->length = (uint8_t)strlen(w->folded);
	w->bones_length = (uint8_t)strlen(w->bones);
	w->letters = 0;
	for (const char *s = w->folded; *s != '\0'; s++)
		w->letters |= 1U << (unsigned)(*s - 'A');
	for (const char *s = w->plain; *s != '\0'; s++)
		w->letters |= 1U << (unsigned)(*s - 'A');
}

static void add_word(struct match_name *name, const char *plain, size_t length,
	enum match_role role, bool folded)
{
	struct match_word *w;
	if (length == 0)
		return;
	if (name->count == MATCH_WORDS_MAX) {
		name->truncated = true;
		return;
	}
	w = &name->word[name->count++];
	cut_to(w->plain, sizeof w->plain, plain, length);
	w->plain_length = (uint8_t)strlen(w->plain);
	if (folded)
		fold_word(w);
	w->role = (uint8_t)role;
	w->particle = match_is_particle(w->plain);
	w->nickname = UINT16_MAX; /* looked up when first asked for */
	w->prior = 0;
}

/* LE or DE alone is a surname. */
static void settle_particles(struct match_name *name)
{
	bool surname = false, given = false;
	for (size_t i = 0; i < name->count; i++)
		if (!name->word[i].particle)
			*(name->word[i].role == MATCH_SURNAME ? &surname : &given) = true;
	for (size_t i = 0; i < name->count; i++)
		if (!(name->word[i].role == MATCH_SURNAME ? surname : given))
			name->word[i].particle = false;
}

struct reading {
	bool titles, folded; /* leave titles out; fold the words */
};

static void add_words(
	struct match_name *name, const char *text, enum match_role role, struct reading how)
{
	while (*text != '\0') {
		char word[MATCH_WORD_SIZE];
		size_t n = word_length(text);
		cut_to(word, sizeof word, text, n);
		if (!how.titles || !match_is_title(word))
			add_word(name, text, n, role, how.folded);
		text += n;
		text += *text == ' ';
	}
}

/* JOHNPAULMR: the title that a reservation system has glued to the last given name. */
static void unglue(char *given)
{
	static const char *const glued[] = {"MSTR", "MISS", "MRS", "CHD", "INF", "MR", "MS"};
	size_t length = strlen(given);
	for (size_t i = 0; i < PN_COUNT(glued); i++) {
		size_t n = strlen(glued[i]);
		if (length >= n + 3 && strcmp(given + length - n, glued[i]) == 0) {
			given[length - n] = '\0';
			return;
		}
	}
}

static int read_parts(const char *surname, const char *given, bool reservation, bool folded,
	struct match_name *out)
{
	struct reading how = {true, folded}, whole = {false, folded};
	char text[MATCH_TEXT_SIZE];
	int r = match_transliterate(surname, text, sizeof text);
	memset(out, 0, sizeof *out);
	if (r == PN_OK) {
		add_words(out, text, MATCH_SURNAME, how);
		r = match_transliterate(given, text, sizeof text);
	}
	if (r == PN_OK) {
		if (reservation)
			unglue(text);
		add_words(out, text, MATCH_GIVEN, how);
	}
	/* a person may be called like a title */
	if (r == PN_OK && out->count == 0) {
		r = match_transliterate(surname, text, sizeof text);
		if (r == PN_OK)
			add_words(out, text, MATCH_SURNAME, whole);
		if (r == PN_OK && out->count == 0)
			r = PN_EINVAL;
	}
	settle_particles(out);
	out->split = given[0] != '\0';
	explicit_bzero(text, sizeof text);
	return r;
}

int match_name_read(const char *surname, const char *given_names, struct match_name *out)
{
	return read_parts(surname, given_names, false, true, out);
}

int match_name_read_plain(const char *surname, const char *given_names, struct match_name *out)
{
	return read_parts(surname, given_names, false, false, out);
}

int match_name_read_line(const char *line, struct match_name *out)
{
	char first[4 * MATCH_TEXT_SIZE];
	const char *cut = strstr(line, "<<");
	size_t skip = 2;
	bool reservation = false;
	int r;
	if (cut == NULL) {
		cut = strpbrk(line, ",/");
		skip = 1;
		reservation = cut != NULL && *cut == '/';
	}
	if (cut == NULL)
		return read_parts(line, "", false, true, out);
	if ((size_t)(cut - line) >= sizeof first)
		return PN_ELIMIT;
	cut_to(first, sizeof first, line, (size_t)(cut - line));
	r = read_parts(first, cut + skip, reservation, true, out);
	explicit_bzero(first, sizeof first);
	return r;
}

bool match_zone_is_full(const char *surname, const char *given_names, size_t zone_length)
{
	size_t n = strlen(surname) + strlen(given_names);
	return n + (given_names[0] != '\0' ? 2 : 0) >= zone_length;
}

void match_name_write(const struct match_name *name, char *out, size_t size)
{
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < name->count; i++) {
		const struct match_word *w = &name->word[i];
		size_t length = strlen(w->plain);
		char between = i > 0 && w->role != name->word[i - 1].role ? '<' : ' ';
		if (n + length + 2 > size)
			break;
		if (i > 0)
			out[n++] = between;
		else if (w->role == MATCH_GIVEN)
			out[n++] = '<';
		memcpy(out + n, w->plain, length);
		n += length;
		out[n] = '\0';
	}
}

void match_name_of_text(const char *text, struct match_name *out)
{
	enum match_role role = MATCH_SURNAME;
	out->count = 0;
	out->split = out->truncated = false;
	while (*text != '\0') {
		size_t n = word_length(text);
		add_word(out, text, n, role, true);
		text += n;
		if (*text == '<') {
			role = MATCH_GIVEN;
			out->split = true;
		}
		text += *text != '\0';
	}
	settle_particles(out);
}

void match_name_wipe(struct match_name *name)
{
	explicit_bzero(name, sizeof *name);
}
