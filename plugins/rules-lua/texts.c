/* SPDX-License-Identifier: Apache-2.0
 * Reading and looking over a pack's catalogues. Must never take a line that it does not understand
 * for another.
 */
#include "texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const texts_languages[TEXTS_LANGUAGES] = {"en", "fr", "es", "ar", "ru", "zh"};

#define CODE_LETTERS "abcdefghijklmnopqrstuvwxyz0123456789_."

/* RFC 3629, section 4: no overlong form, no surrogate, nothing beyond U+10FFFF; and no control. */
static size_t letter(const unsigned char *s)
{
	static const struct {
		unsigned char from, to, low, high;
		size_t more;
	} heads[] = {{0xC2, 0xDF, 0x80, 0xBF, 1}, {0xE0, 0xE0, 0xA0, 0xBF, 2}, {0xE1, 0xEC, 0x80, 0xBF, 2},
		{0xED, 0xED, 0x80, 0x9F, 2}, {0xEE, 0xEF, 0x80, 0xBF, 2}, {0xF0, 0xF0, 0x90, 0xBF, 3},
		{0xF1, 0xF3, 0x80, 0xBF, 3}, {0xF4, 0xF4, 0x80, 0x8F, 3}};

	if (s[0] >= 0x20 && s[0] < 0x7F)
		return 1;
	for (size_t i = 0; i < PN_COUNT(heads); i++) {
		if (s[0] < heads[i].from || s[0] > heads[i].to)
			continue;
		if (s[1] < heads[i].low || s[1] > heads[i].high)
			return 0;
		for (size_t k = 2; k <= heads[i].more; k++)
			if (s[k] < 0x80 || s[k] > 0xBF)
				return 0;
		return heads[i].more + 1;
	}
	return 0;
}

/* Which arguments stand in the text; false: a brace that is none, or bytes that are no letters. */
static bool arguments_of(const char *s, unsigned *out)
{
	*out = 0;
	while (*s != '\0') {
		size_t n = letter((const unsigned char *)s);

		if (n == 0 || *s == '}')
			return false;
		if (*s == '{') {
			if (s[1] < '1' || s[1] > '0' + ENGINE_ARGS_MAX || s[2] != '}')
				return false;
			*out |= 1u << (s[1] - '1');
			n = 3;
		}
		s += n;
	}
	return true;
}

static const char *take_line(struct texts *t, char *line)
{
	char *text = strstr(line, " = ");
	size_t n = strspn(line, CODE_LETTERS);

	if (text == NULL || n == 0 || n >= sizeof t->entry[0].code || line + n != text)
		return "expected CODE = text";
	*text = '\0';
	text += 3;
	if (texts_find(t, line) < t->count)
		return "the code comes twice";
	if (t->count == TEXTS_MAX)
		return "too many texts";
	if (text[strspn(text, " ")] == '\0')
		return "the text is empty";
	if (!arguments_of(text, &t->entry[t->count].arguments))
		return "expected UTF-8, and braces only as {1} to {4}";
	text_copy(t->entry[t->count].code, sizeof t->entry[0].code, line);
	text_copy(t->entry[t->count].text, sizeof t->entry[0].text, text);
	t->count++;
	return NULL;
}

int texts_read(const struct pack *pack, const char *language, struct texts *out, struct text *error)
{
	char file[64], line[TEXTS_LINE_MAX];
	size_t size = 0, at = 0;
	const char *bytes, *wrong = NULL;
	unsigned number = 0;

	out->count = 0;
	snprintf(file, sizeof file, "texts_%s.txt", language);
	bytes = pack_file(pack, file, &size);
	if (bytes == NULL) {
		text_add(error, "%s: there is no such file", file);
		return PN_ENOTFOUND;
	}
	if (size > TEXTS_BYTES_MAX || memchr(bytes, '\0', size) != NULL)
		wrong = "expected a text of at most 64 KiB";
	while (wrong == NULL && at < size) {
		size_t n = 0;

		while (at + n < size && bytes[at + n] != '\n')
			n++;
		number++;
		if (n >= sizeof line) {
			wrong = "the line is too long";
			break;
		}
		memcpy(line, bytes + at, n);
		line[n] = '\0';
		at += n + 1;
		if (line[0] != '\0' && line[0] != '#')
			wrong = take_line(out, line);
	}
	if (wrong == NULL)
		return PN_OK;
	text_add(error, "%s:%u: %s", file, number, wrong);
	return PN_EFORMAT;
}

size_t texts_find(const struct texts *texts, const char *code)
{
	size_t i = 0;

	while (i < texts->count && strcmp(texts->entry[i].code, code) != 0)
		i++;
	return i;
}

bool texts_say(const struct texts *texts, const struct engine_finding *finding, struct text *out)
{
	size_t i = texts_find(texts, finding->code);
	const char *s;

	if (i == texts->count)
		return false;
	for (s = texts->entry[i].text; *s != '\0'; s++) {
		size_t k = (size_t)(s[1] - '1');

		if (*s != '{') {
			text_add(out, "%c", *s);
			continue;
		}
		text_add(out, "%s", k < finding->arg_count ? finding->args[k] : "?");
		s += 2;
	}
	return true;
}

/* --- looking over --- */

void texts_note(struct texts_seen *seen, const struct engine_result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct engine_finding *f = &result->finding[i];
		size_t k = 0;

		while (k < seen->count && strcmp(seen->code[k].code, f->code) != 0)
			k++;
		if (k == TEXTS_MAX || strncmp(f->code, "rules.", 6) == 0)
			continue; /* the engine's own codes have texts of their own */
		if (k == seen->count) {
			seen->count++;
			text_copy(seen->code[k].code, sizeof seen->code[k].code, f->code);
			seen->code[k].arguments = 0;
		}
		if (f->arg_count > seen->code[k].arguments)
			seen->code[k].arguments = f->arg_count;
	}
}

struct looking {
	const struct pack *pack;
	const struct texts_seen *seen;
	struct texts *english, *other;
	struct text *report;
	unsigned faults;
	bool needed[TEXTS_MAX]; /* of the English entries: by a case, or by a source */
};

static void fault(struct looking *l, const char *file, const char *code, const char *what)
{
	l->faults++;
	text_add(l->report, "%s: %s%s%s\n", file, code, code[0] != '\0' ? " " : "", what);
}

/* A code that a source writes down, after a verdict: whole, or the beginning of one that the rule
 * goes on with. */
static void look_at_literal(struct looking *l, const char *file, const char *at, size_t n, bool goes_on)
{
	char code[64];
	bool found = false;

	if (n == 0 || n >= sizeof code)
		return;
	memcpy(code, at, n);
	code[n] = '\0';
	for (size_t i = 0; i < l->english->count; i++)
		if (strncmp(l->english->entry[i].code, code, n) == 0 &&
			(goes_on || l->english->entry[i].code[n] == '\0'))
			found = l->needed[i] = true;
	if (found)
		return;
	fault(l, file, code, goes_on ? "begins no code that texts_en.txt has" : "has no text in texts_en.txt");
}

static void look_at_source(struct looking *l, const struct pack_source *s)
{
	static const char *const verdicts[] = {"\"refer\"", "\"stop\"", "'refer'", "'stop'"};
	char file[PACK_NAME_MAX + 8];

	snprintf(file, sizeof file, "%s.lua", s->name);
	for (size_t v = 0; v < PN_COUNT(verdicts); v++)
		for (const char *at = s->text; (at = strstr(at, verdicts[v])) != NULL;) {
			size_t n;

			at += strlen(verdicts[v]);
			at += strspn(at, " \n\t,");
			if (*at != '"' && *at != '\'')
				continue;
			n = strspn(at + 1, CODE_LETTERS);
			if (at[1 + n] == '"' || at[1 + n] == '\'')
				look_at_literal(l, file, at + 1, n,
					strncmp(at + 2 + n + strspn(at + 2 + n, " \n\t"), "..", 2) == 0);
		}
}

static void look_at_english(struct looking *l)
{
	for (size_t k = 0; k < l->seen->count; k++) {
		size_t i = texts_find(l->english, l->seen->code[k].code);

		if (i < l->english->count)
			l->needed[i] = true;
		if (i == l->english->count)
			fault(l, "texts_en.txt", l->seen->code[k].code, "has no text");
		else if (l->english->entry[i].arguments >> l->seen->code[k].arguments != 0)
			fault(l, "texts_en.txt", l->seen->code[k].code, "has more arguments in its text than come with it");
	}
	for (size_t i = 0; i < l->pack->rule_count; i++)
		look_at_source(l, &l->pack->rules[i]);
	for (size_t i = 0; i < l->english->count; i++)
		if (!l->needed[i])
			fault(l, "texts_en.txt", l->english->entry[i].code, "is said by no rule");
}

static void look_at_other(struct looking *l, const char *file)
{
	for (size_t i = 0; i < l->english->count; i++) {
		size_t k = texts_find(l->other, l->english->entry[i].code);

		if (k == l->other->count)
			fault(l, file, l->english->entry[i].code, "has no text");
		else if (l->other->entry[k].arguments != l->english->entry[i].arguments)
			fault(l, file, l->english->entry[i].code, "has other arguments than in English");
	}
	for (size_t k = 0; k < l->other->count; k++)
		if (texts_find(l->english, l->other->entry[k].code) == l->english->count)
			fault(l, file, l->other->entry[k].code, "is not in texts_en.txt");
}

unsigned texts_lint(const struct pack *pack, const struct texts_seen *seen, struct text *report)
{
	struct looking l = {.pack = pack, .seen = seen, .report = report};
	char message[256], file[64];
	struct text error;

	l.english = calloc(1, sizeof *l.english);
	l.other = calloc(1, sizeof *l.other);
	for (size_t i = 0; l.english != NULL && l.other != NULL && i < TEXTS_LANGUAGES; i++) {
		struct texts *t = i == 0 ? l.english : l.other;

		text_init(&error, message, sizeof message);
		snprintf(file, sizeof file, "texts_%s.txt", texts_languages[i]);
		if (texts_read(pack, texts_languages[i], t, &error) != PN_OK) {
			l.faults++;
			text_add(report, "%s\n", message);
			if (i == 0)
				break; /* what the others are compared with */
			continue;
		}
		if (i == 0)
			look_at_english(&l);
		else
			look_at_other(&l, file);
	}
	if (l.english == NULL || l.other == NULL)
		fault(&l, "texts", "", "no memory");
	free(l.english);
	free(l.other);
	return l.faults;
}
