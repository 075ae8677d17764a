/* SPDX-License-Identifier: Apache-2.0
 * Notes lines as they run. Must never raise: it is called by the interpreter's hook.
 */
#include "coverage.h"

#include <string.h>

#include "engine_run.h"
#include "lint.h"

static struct coverage_rule *rule_of(struct coverage *c, const char *source)
{
	for (size_t i = 0; i < c->pack->rule_count; i++)
		if (strcmp(c->pack->rules[i].name, source) == 0)
			return &c->rule[i];
	return NULL;
}

/* The lines of the function that runs, the first time it is seen. */
static void enter(struct coverage_rule *r, lua_State *lua, lua_Debug *ar)
{
	for (unsigned i = 0; i < r->entered_count; i++)
		if (r->entered[i] == ar->linedefined)
			return;
	if (r->entered_count == COVERAGE_FUNCTIONS_MAX || !lua_checkstack(lua, 4) ||
		lua_getinfo(lua, "L", ar) == 0)
		return;
	r->entered[r->entered_count++] = ar->linedefined;
	if (lua_type(lua, -1) == LUA_TTABLE) {
		lua_pushnil(lua);
		while (lua_next(lua, -2) != 0) {
			lua_Integer line = lua_tointeger(lua, -2);
			if (line > 0 && line < COVERAGE_LINES_MAX)
				r->can[line] = true;
			lua_pop(lua, 1);
		}
	}
	lua_pop(lua, 1);
}

static void on_line(void *ctx, lua_State *lua, lua_Debug *ar)
{
	struct coverage_rule *r;

	if (lua_getinfo(lua, "Sl", ar) == 0 || (r = rule_of(ctx, ar->source)) == NULL)
		return;
	enter(r, lua, ar);
	if (ar->currentline > 0 && ar->currentline < COVERAGE_LINES_MAX)
		r->ran[ar->currentline] = true;
}

void coverage_watch(struct coverage *c, struct engine *engine)
{
	engine->on_line = on_line;
	engine->on_line_ctx = c;
	vm_watch_lines(&engine->vm, on_line, c);
}

unsigned coverage_missed(const struct coverage *c, size_t rule)
{
	const struct pack_source *s = &c->pack->rules[rule];
	unsigned all = lint_functions(s->text, s->size) + 1; /* and the file itself */

	return all > c->rule[rule].entered_count ? all - c->rule[rule].entered_count : 0;
}
