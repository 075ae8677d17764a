/* SPDX-License-Identifier: Apache-2.0
 * Read-only tables: a userdata before a table that no rule can reach. Without them a rule could
 * write into the pack's constants or the functions and change the next traveller's verdict. Must
 * never give out the table itself.
 */
#include "engine_run.h"

static const char meta[] = "postern.frozen";

enum { DEPTH_MAX = 6 };

bool frozen_table(lua_State *lua, int index)
{
	index = lua_absindex(lua, index);
	if (lua_type(lua, index) == LUA_TTABLE) {
		lua_pushvalue(lua, index);
		return true;
	}
	if (luaL_testudata(lua, index, meta) == NULL)
		return false;
	lua_getiuservalue(lua, index, 1);
	return true;
}

static int on_index(lua_State *lua)
{
	luaL_checkudata(lua, 1, meta);
	lua_getiuservalue(lua, 1, 1);
	lua_pushvalue(lua, 2);
	lua_rawget(lua, -2);
	return 1;
}

static int on_length(lua_State *lua)
{
	luaL_checkudata(lua, 1, meta);
	lua_getiuservalue(lua, 1, 1);
	lua_pushinteger(lua, (lua_Integer)lua_rawlen(lua, -1));
	return 1;
}

static int on_write(lua_State *lua)
{
	return luaL_error(lua, "the pack's constants and functions cannot be changed");
}

void frozen_register(lua_State *lua)
{
	luaL_newmetatable(lua, meta);
	lua_pushcfunction(lua, on_index);
	lua_setfield(lua, -2, "__index");
	lua_pushcfunction(lua, on_length);
	lua_setfield(lua, -2, "__len");
	lua_pushcfunction(lua, on_write);
	lua_setfield(lua, -2, "__newindex");
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	lua_pop(lua, 1);
}

/* The table on top is replaced. Values may be replaced while lua_next walks; keys are never added.
 */
static void freeze(lua_State *lua, int depth)
{
	int table = lua_gettop(lua);

	if (depth > DEPTH_MAX)
		luaL_error(lua, "constants nested deeper than %d", DEPTH_MAX);
	luaL_checkstack(lua, 8, "constants");
	lua_pushnil(lua);
	while (lua_next(lua, table) != 0) {
		int type = lua_type(lua, -1);
		vm_charge(lua, 1);
		if (type == LUA_TTABLE) {
			freeze(lua, depth + 1);
			lua_pushvalue(lua, -2);
			lua_insert(lua, -2);
			lua_rawset(lua, table);
			continue;
		}
		if (type == LUA_TFUNCTION && lua_tocfunction(lua, -1) == NULL)
			luaL_error(lua, "a function among the constants");
		lua_pop(lua, 1);
	}
	lua_newuserdatauv(lua, 0, 1);
	lua_insert(lua, table);
	lua_setiuservalue(lua, table, 1);
	luaL_setmetatable(lua, meta);
}

void frozen_push(lua_State *lua)
{
	luaL_checktype(lua, -1, LUA_TTABLE);
	freeze(lua, 1);
}
