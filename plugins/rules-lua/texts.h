/* SPDX-License-Identifier: Apache-2.0
 * What a rule's code says to an officer, in his language: a pack's catalogues, one file texts_LANG.txt
 * per language, "CODE = text" on each line, {1} to {4} for the arguments of the finding, lines that
 * begin with # passed over. LANG is a language tag (RFC 5646) in small letters. Must never change a
 * verdict: a gate does not read them.
 */
#ifndef POSTERN_RULES_TEXTS_H
#define POSTERN_RULES_TEXTS_H
#include "engine.h"

enum { TEXTS_MAX = 256, TEXTS_LANGUAGES = 6, TEXTS_BYTES_MAX = 64 * 1024, TEXTS_LINE_MAX = 400 };

/* What every pack must speak: those of the United Nations. English comes first. */
extern const char *const texts_languages[TEXTS_LANGUAGES];

struct texts {
	size_t count;
	struct {
		char code[64], text[TEXTS_LINE_MAX];
		unsigned arguments; /* bit n: {n + 1} stands in the text */
	} entry[TEXTS_MAX];
};

/* error: a sentence with file and line. PN_ENOTFOUND: there is no such file. PN_EFORMAT. */
int texts_read(const struct pack *pack, const char *language, struct texts *out, struct text *error) PN_MUST_CHECK;
/* The index of the code's entry; texts->count: there is none. */
size_t texts_find(const struct texts *texts, const char *code);
/* The text with the finding's arguments; false: there is none for its code. */
bool texts_say(const struct texts *texts, const struct engine_finding *finding, struct text *out);

/* A look over all languages, after the pack's cases were run. */
struct texts_seen {
	size_t count;
	struct {
		char code[64];
		size_t arguments; /* the most that came with it */
	} code[TEXTS_MAX];
};
/* Notes the codes of one evaluation. */
void texts_note(struct texts_seen *seen, const struct engine_result *result);
/* One line in report for each fault: a language that lacks, a code of a case or of a rule's source
 * that has no text, an entry that no rule needs, arguments that do not agree. The number of faults. */
unsigned texts_lint(const struct pack *pack, const struct texts_seen *seen, struct text *report);
#endif
