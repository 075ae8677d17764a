/* SPDX-License-Identifier: Apache-2.0
 * Letters behind the presentation forms of U+FB50 to U+FEFF. Must never be included outside this
 * folder.
 */
#ifndef POSTERN_MATCH_FORMS_H
#define POSTERN_MATCH_FORMS_H
#include <stddef.h>
#include <stdint.h>

enum { MATCH_FORM_LETTERS = 4 };

/* The letters; how many (0 for what is no part of a name), or -1: no form. */
int match_form_letters(uint32_t code, uint16_t out[MATCH_FORM_LETTERS]);
#endif
