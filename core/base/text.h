/* SPDX-License-Identifier: Apache-2.0
 * A bounded, truncating text builder over the caller's buffer. Must never allocate.
 */
#ifndef POSTERN_BASE_TEXT_H
#define POSTERN_BASE_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct text {
	char *at;
	size_t size, len;
	bool truncated;
};

void text_init(struct text *t, char *buffer, size_t size);
void text_add(struct text *t, const char *fmt, ...) PN_PRINTF(2, 3);
/* Copies s into dst (size bytes), always terminated; false when cut. */
bool text_copy(char *dst, size_t size, const char *s);
/* Reads decimal digits, without sign or space, and moves *at behind them. False, and nothing moved,
 * when there are none or their value is above UINT64_MAX. */
bool text_number(const char **at, uint64_t *value);
/* Moves *at behind word when it stands there. */
bool text_word(const char **at, const char *word);
#endif
