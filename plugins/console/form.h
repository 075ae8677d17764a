/* SPDX-License-Identifier: Apache-2.0
 * What a page posts: fields as application/x-www-form-urlencoded (URL Standard, section 5), read strictly. Pure.
 * Must never take the second of two fields of a name, nor cut a value to fit.
 */
#ifndef POSTERN_CONSOLE_FORM_H
#define POSTERN_CONSOLE_FORM_H
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { FORM_FIELDS = 12, FORM_NAME = 24, FORM_VALUE = 160 };

struct form {
	size_t count;
	struct {
		char name[FORM_NAME], value[FORM_VALUE]; /* UTF-8 without control characters */
	} fields[FORM_FIELDS];
};

/* PN_EFORMAT, PN_ELIMIT; the form is empty then. */
int form_read(struct form *f, const uint8_t *bytes, size_t size) PN_MUST_CHECK;
/* "" when there is none. */
const char *form_text(const struct form *f, const char *name);
/* Decimal; PN_EFORMAT when it is missing or none. */
int form_number(const struct form *f, const char *name, uint64_t *out) PN_MUST_CHECK;
void form_wipe(struct form *f);
#endif
