/* SPDX-License-Identifier: Apache-2.0
 * A plugin of the present header with one thing changed at build time: VARIANT_MAJOR, another ABI
 * major; VARIANT_FUTURE, a longer descriptor of a later minor; VARIANT_NAME, another name;
 * VARIANT_SHORT, a descriptor that is none.
 */
#include "postern/plugin.h"

static int init(const struct postern_host *host, void **self)
{
	*self = (void *)host;
	return 0;
}

static void message(void *self, const struct postern_message *m)
{
	const struct postern_host *host = self;
	(void)host->answer(host->ctx, m->query_id, m->body + 1, m->bytes, m->size);
}

/* What a later header might append. */
struct future {
	struct postern_plugin now;
	void (*later[4])(void *self);
};

#ifdef VARIANT_MAJOR
#define MAJOR VARIANT_MAJOR
#else
#define MAJOR POSTERN_ABI_MAJOR
#endif
#ifdef VARIANT_NAME
#define NAME VARIANT_NAME
#else
#define NAME "abi"
#endif
#if defined VARIANT_SHORT
#define SIZE 16
#elif defined VARIANT_FUTURE
#define SIZE sizeof(struct future)
#else
#define SIZE sizeof(struct postern_plugin)
#endif

static void later(void *self)
{
	(void)self;
}

extern const struct future exported __asm__("postern_plugin");
POSTERN_EXPORT const struct future exported = {.now = {.struct_size = SIZE,
						       .abi_major = MAJOR,
						       .abi_minor = 9,
						       .name = NAME,
						       .version = "x",
						       .init = init,
						       .message = message},
	.later = {later, later, later, later}};
