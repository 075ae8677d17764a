/* SPDX-License-Identifier: Apache-2.0
 * posternd --check: every manifest, grant and option of the configuration, without starting anything.
 * Must never open a device, a socket or a state folder.
 */
#include <stdio.h>
#include <stdlib.h>

#include "loop/supervisor.h"
#include "loop/supervisor_run.h"

static int check_child(struct child *c, const struct config *config, struct arena *arena)
{
	char message[512];
	struct text error;
	struct plugin_spec spec;
	text_init(&error, message, sizeof message);
	arena_wipe(arena);
	if (spawn_spec(c, arena, &spec, &error) == PN_OK)
		return 0;
	fprintf(stderr, "%s:%u: unit %s, plugin %s: %s\n", config->path, c->config->line, c->unit->config->name,
		c->config->instance, message);
	return 1;
}

int supervisor_check(const struct config *config)
{
	struct supervisor s = { .config = config, .checking = true };
	struct arena arena;
	const size_t size = (size_t)64 * 1024;
	void *memory = malloc(size);
	int wrong = 1;
	if (memory == NULL || uv_loop_init(&s.loop) != 0 || spawn_prepare(&s) != PN_OK)
		goto out;
	arena_init(&arena, memory, size);
	wrong = 0;
	for (size_t i = 0; i < s.unit_count; i++)
		for (size_t k = 0; k < s.units[i].plugin_count; k++) {
			wrong |= check_child(&s.units[i].plugin[k], config, &arena);
			manifest_free(s.units[i].plugin[k].manifest);
		}
out:
	free(s.units);
	free(memory);
	return wrong;
}
