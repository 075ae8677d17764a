/* SPDX-License-Identifier: Apache-2.0
 * A plugin built against the small header: answers a query with the bytes it was asked with,
 * doubled by its option. Must never include the present plugin.h.
 */
#include "plugin_v1_0_small.h"

#include <stdlib.h>

struct small {
	const struct postern_host *host;
	int64_t factor;
};

static int init(const struct postern_host *host, void **self)
{
	struct small *s = calloc(1, sizeof *s);
	if (s == NULL || host->struct_size < sizeof *host || host->abi_major != 1)
		return -1;
	s->host = host;
	s->factor = host->option_int(host->ctx, "factor");
	*self = s;
	return 0;
}

static void message(void *self, const struct postern_message *m)
{
	struct small *s = self;
	if (m->struct_size < sizeof *m)
		return;
	for (int64_t i = 0; i < s->factor; i++)
		(void)s->host->answer(
			s->host->ctx, m->query_id + (uint64_t)i, m->body + 1, m->bytes, m->size);
}

extern const struct postern_plugin postern_plugin;
__attribute__((visibility("default")))
const struct postern_plugin postern_plugin = {.struct_size = sizeof(struct postern_plugin),
	.abi_major = 1,
	.abi_minor = 0,
	.name = "abi",
	.version = "old",
	.init = init,
	.message = message};
