/* SPDX-License-Identifier: Apache-2.0
 * Bounded text builder. Must never write past the caller's buffer.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *t, char *buffer, size_t size)
{
	*t = (struct text){ .at = buffer, .size = size };
	if (size > 0)
		buffer[0] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	if (t->len >= t->size) {
		t->truncated = true;
		return;
	}
	va_start(ap, fmt);
	int n = vsnprintf(t->at + t->len, t->size - t->len, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	if ((size_t)n >= t->size - t->len) {
		t->len = t->size - 1;
		t->truncated = true;
	} else {
		t->len += (size_t)n;
	}
}

bool text_copy(char *dst, size_t size, const char *s)
{
	size_t n = strlen(s);
	bool whole = n < size;
	if (size == 0)
		return false;
	if (!whole)
		n = size - 1;
	memcpy(dst, s, n);
	dst[n] = '\0';
	return whole;
}

bool text_number(const char **at, uint64_t *value)
{
	uint64_t n = 0;
	const char *p = *at;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	if (p == *at)
		return false;
	*at = p;
	*value = n;
	return true;
}

bool text_word(const char **at, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(*at, word, n) != 0)
		return false;
	*at += n;
	return true;
}
