/* SPDX-License-Identifier: Apache-2.0
 * Packs made of texts in memory, for tests. Must never be signed.
 */
#ifndef POSTERN_TEST_PACK_TEXT_H
#define POSTERN_TEST_PACK_TEXT_H
#include "engine.h"

struct pack_text {
	const char *name; /* with .lua */
	const char *text;
	size_t size; /* 0: strlen(text) */
};

/* A pack with these rules (files whose names begin with "rule"), every field that the purpose
 * border opens declared when fields is NULL. Files end with a NULL name. Error in error. */
int pack_from_text(
	const char *fields, const struct pack_text *files, struct pack **out, struct text *error);
/* A crossing that is quite ordinary: decoded once, owned by the caller's static memory. */
const Postern__CrossingFacts *ordinary_facts(void);
#endif
