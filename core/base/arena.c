/* SPDX-License-Identifier: Apache-2.0
 * Bounded arena. Must never grow.
 */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

void arena_init(struct arena *a, void *memory, size_t size)
{
	a->base = memory;
	a->size = size;
	a->used = 0;
	a->peak = 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	uintptr_t at = (uintptr_t)a->base + a->used;
	size_t pad = (size_t)(-at & 15u);
	if (size > a->size || pad > a->size - a->used || size > a->size - a->used - pad)
		return NULL;
	void *p = a->base + a->used + pad;
	a->used += pad + size;
	if (a->used > a->peak)
		a->peak = a->used;
	memset(p, 0, size);
	return p;
}

char *arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;
	char *p = arena_alloc(a, n);
	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

void arena_wipe(struct arena *a)
{
	explicit_bzero(a->base, a->used);
	a->used = 0;
}
