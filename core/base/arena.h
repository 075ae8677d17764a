/* SPDX-License-Identifier: Apache-2.0
 * A bounded arena over memory the caller owns. One per decoded message or per crossing; wiped when reset,
 * so personal data lives nowhere else. Must never grow, and must never call malloc.
 */
#ifndef POSTERN_BASE_ARENA_H
#define POSTERN_BASE_ARENA_H
#include <stddef.h>

struct arena {
	unsigned char *base;
	size_t size;
	size_t used;
	size_t peak;
};

void arena_init(struct arena *a, void *memory, size_t size);
/* 16-byte aligned, zeroed; NULL when the bound is reached. Owned by the arena. */
void *arena_alloc(struct arena *a, size_t size);
/* A copy with a terminating NUL; NULL when the bound is reached. */
char *arena_strdup(struct arena *a, const char *s);
/* Overwrites everything handed out since the last reset, then starts again. */
void arena_wipe(struct arena *a);
#endif
