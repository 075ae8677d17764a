/* SPDX-License-Identifier: Apache-2.0
 * Arabic presentation forms, and the small and vertical punctuation beside them. Must never answer
 * for a code point that Unicode does not decompose.
 */
#include "forms.h"

#include <string.h>

#include "base/err.h"

struct form {
	uint16_t first, count;
	uint16_t letters[MATCH_FORM_LETTERS]; /* 0: no more */
};

/* clang-format off */
static const struct form forms[] = {
#define F(first, count, ...) {first, count, {__VA_ARGS__}},
#include "forms.def"
#undef F
};
/* clang-format on */

int match_form_letters(uint32_t code, uint16_t out[MATCH_FORM_LETTERS])
{
	size_t low = 0, high = PN_COUNT(forms);
	int n = 0;
	if (code == 0xFDFA || code == 0xFDFB || (code >= 0xFE00 && code <= 0xFE0F) ||
		(code >= 0xFE20 && code <= 0xFE2F))
		return 0; /* blessings, variation selectors, half marks */
	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct form *f = &forms[middle];
		if (code < f->first) {
			high = middle;
		} else if (code >= (uint32_t)f->first + f->count) {
			low = middle + 1;
		} else {
			memcpy(out, f->letters, sizeof f->letters);
			while (n < MATCH_FORM_LETTERS && out[n] != 0)
				n++;
			return n;
		}
	}
	return -1;
}
