/* SPDX-License-Identifier: Apache-2.0
 * The functions a rule has: type, tostring for numbers and booleans, has (set membership), and the 90/180 calculation. And
 * nothing else: no pcall, load, patterns, metatables, coroutines, clock or chance. Must never take unbounded time.
 */
#include <string.h>

#include "engine_run.h"
#include "stay.h"

enum { HAS_MAX = 512 };

static int f_type(lua_State *lua)
{
	luaL_checkany(lua, 1);
	lua_pushstring(lua, luaL_typename(lua, 1));
	return 1;
}

static int f_tostring(lua_State *lua)
{
	char text[32];
	if (lua_isboolean(lua, 1)) {
		lua_pushstring(lua, lua_toboolean(lua, 1) ? "true" : "false");
	} else if (lua_isinteger(lua, 1)) {
		snprintf(text, sizeof text, "%lld", (long long)lua_tointeger(lua, 1));
		lua_pushstring(lua, text);
	} else if (lua_type(lua, 1) == LUA_TSTRING) {
		lua_pushvalue(lua, 1);
	} else {
		return luaL_error(lua, "tostring takes a boolean, an integer or a string");
	}
	return 1;
}

/* has(list, value): is the value in the list (1..#list, at most HAS_MAX)? */
static int f_has(lua_State *lua)
{
	luaL_checktype(lua, 1, LUA_TTABLE);
	luaL_checkany(lua, 2);
	lua_Unsigned n = lua_rawlen(lua, 1);
	if (n > HAS_MAX)
		return luaL_error(lua, "has: a list of more than %d", HAS_MAX);
	for (lua_Unsigned i = 1; i <= n; i++) {
		lua_rawgeti(lua, 1, (lua_Integer)i);
		if (lua_rawequal(lua, -1, 2)) {
			lua_pushboolean(lua, 1);
			return 1;
		}
		lua_pop(lua, 1);
	}
	engine_of(lua)->budget -= (int64_t)n;
	lua_pushboolean(lua, 0);
	return 1;
}

static struct stay_date date_of(const Postern__Date *d)
{
	if (d == NULL)
		return (struct stay_date){ 0, 0, 0 };
	return (struct stay_date){ (int)d->year, (int)d->month, (int)d->day };
}

/* stay_last_day(stays, reference_date, limit): days that may still be stayed, counted from and with the reference date; 0:
 * not even today; nil: it cannot be told. */
static int f_days_left(lua_State *lua)
{
	struct stay stays[STAYS_MAX];
	Postern__Stay **list = NULL;
	size_t count = 0;
	const Postern__Date *ref = facts_date(lua, 2);
	lua_Integer limit = luaL_checkinteger(lua, 3);
	struct stay_date today = date_of(ref);
	int32_t last;
	if (facts_stays(lua, 1, &list, &count) != 0 || ref == NULL || count > STAYS_MAX || !stay_date_valid(today)) {
		lua_pushnil(lua);
		return 1;
	}
	for (size_t i = 0; i < count; i++)
		stays[i] = (struct stay){ date_of(list[i]->entry_date), date_of(list[i]->exit_date) };
	last = stay_last_day(stays, count, stay_day(today), (int)limit);
	engine_of(lua)->budget -= 20000;
	if (last == INT32_MIN)
		lua_pushnil(lua);
	else
		lua_pushinteger(lua, last - stay_day(today) + 1);
	return 1;
}

static const luaL_Reg functions[] = {
	{ "type", f_type },
	{ "tostring", f_tostring },
	{ "has", f_has },
	{ "stay_days_left", f_days_left },
	{ NULL, NULL },
};

/* _ENV of every rule: a userdata, so that it cannot be written and holds nothing of Lua's own. Upvalue 1: the table of
 * functions; upvalue 2: the pack's constants. */
static int env_index(lua_State *lua)
{
	const char *name = luaL_checkstring(lua, 2);
	lua_settop(lua, 2);
	if (strcmp(name, "pack") == 0) {
		lua_getfield(lua, LUA_REGISTRYINDEX, "postern.constants");
		return 1;
	}
	lua_getfield(lua, LUA_REGISTRYINDEX, "postern.functions");
	lua_pushvalue(lua, 2);
	lua_rawget(lua, -2);
	if (lua_isnil(lua, -1))
		return luaL_error(lua, "no global '%s'", name);
	return 1;
}

static int env_write(lua_State *lua)
{
	return luaL_error(lua, "rules have no globals of their own");
}

void functions_register(lua_State *lua)
{
	lua_newtable(lua);
	for (const luaL_Reg *f = functions; f->name != NULL; f++) {
		lua_pushcfunction(lua, f->func);
		lua_setfield(lua, -2, f->name);
	}
	lua_setfield(lua, LUA_REGISTRYINDEX, "postern.functions");
	lua_newuserdatauv(lua, 1, 0);
	lua_newtable(lua);
	lua_pushcfunction(lua, env_index);
	lua_setfield(lua, -2, "__index");
	lua_pushcfunction(lua, env_write);
	lua_setfield(lua, -2, "__newindex");
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	lua_setmetatable(lua, -2);
	lua_setfield(lua, LUA_REGISTRYINDEX, "postern.env");
}
