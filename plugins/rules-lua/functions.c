/* SPDX-License-Identifier: Apache-2.0
 * What a rule can call, and _ENV, which holds nothing else: no pcall, load, patterns, metatables,
 * coroutines, clock or chance. Texts are made by the host from codes and arguments. Must never take
 * unbounded time (work is charged), give out an address, or depend on a locale or on hash order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine_run.h"
#include "stay.h"

enum { HAS_MAX = 512, PAIRS_MAX = 1024, CALL_COST = 20 };

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
		lua_settop(lua, 1);
	} else {
		return luaL_error(lua, "tostring takes a boolean, an integer or a string");
	}
	return 1;
}

/* A whole number in decimal, else nil. */
static int f_tonumber(lua_State *lua)
{
	size_t size;
	const char *s = luaL_checklstring(lua, 1, &size);
	size_t sign = size > 0 && s[0] == '-' ? 1 : 0;

	if (size == sign || size > 18 || strspn(s + sign, "0123456789") != size - sign)
		lua_pushnil(lua);
	else
		lua_pushinteger(lua, strtoll(s, NULL, 10));
	return 1;
}

static int f_error(lua_State *lua)
{
	return luaL_error(lua, "%s", luaL_checkstring(lua, 1));
}

/* has(list, value): is the value in the list? */
static int f_has(lua_State *lua)
{
	lua_Unsigned n;
	lua_Integer size;

	luaL_checkany(lua, 2);
	if (!frozen_table(lua, 1))
		return luaL_error(lua, "has: expected a list");
	n = lua_rawlen(lua, -1);
	if (n > HAS_MAX)
		return luaL_error(lua, "has: a list of more than %d", HAS_MAX);
	/* Long strings are compared byte by byte. */
	size = lua_type(lua, 2) == LUA_TSTRING ? (lua_Integer)lua_rawlen(lua, 2) : 0;
	vm_charge(lua, CALL_COST + (int64_t)n * (1 + size / 32));
	for (lua_Unsigned i = 1; i <= n; i++) {
		lua_rawgeti(lua, -1, (lua_Integer)i);
		if (lua_rawequal(lua, -1, 2)) {
			lua_pushboolean(lua, 1);
			return 1;
		}
		lua_pop(lua, 1);
	}
	lua_pushboolean(lua, 0);
	return 1;
}

/* find(list, field, value): the first element whose field is the value; nil: none. Over lists of the
 * crossing, constants and tables. */
static int f_find(lua_State *lua)
{
	luaL_checkany(lua, 1);
	luaL_checktype(lua, 2, LUA_TSTRING);
	luaL_checkany(lua, 3);
	lua_settop(lua, 3);
	for (lua_Integer i = 1; i <= HAS_MAX; i++) {
		size_t size = lua_type(lua, 3) == LUA_TSTRING ? (size_t)lua_rawlen(lua, 3) : 0;

		vm_charge(lua, CALL_COST + (int64_t)size / 32);
		if (lua_geti(lua, 1, i) == LUA_TNIL)
			return 1;
		lua_pushvalue(lua, 2);
		lua_gettable(lua, -2);
		if (lua_rawequal(lua, -1, 3)) {
			lua_pop(lua, 1);
			return 1;
		}
		lua_pop(lua, 2);
	}
	return luaL_error(lua, "find: a list of more than %d", HAS_MAX);
}

static int next_element(lua_State *lua)
{
	lua_Integer i = luaL_checkinteger(lua, 2);

	vm_charge(lua, CALL_COST);
	if (i == LUA_MAXINTEGER) /* only a rule that calls this by itself comes here */
		return 0;
	lua_pushinteger(lua, ++i);
	lua_geti(lua, 1, i);
	return lua_isnil(lua, -1) ? 1 : 2;
}

/* Over lists of the crossing, constants and tables; ends at the first nil. */
static int f_ipairs(lua_State *lua)
{
	luaL_checkany(lua, 1);
	lua_settop(lua, 1);
	lua_pushcfunction(lua, next_element);
	lua_insert(lua, 1);
	lua_pushinteger(lua, 0);
	return 3;
}

struct key {
	const char *text; /* NULL: number */
	size_t size;
	lua_Integer number;
};

/* Numbers first, then strings by their bytes. */
static int by_key(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;
	size_t n = a->size < b->size ? a->size : b->size;
	int c;

	if (a->text == NULL || b->text == NULL) {
		if (a->text != b->text)
			return a->text == NULL ? -1 : 1;
		return (a->number > b->number) - (a->number < b->number);
	}
	c = memcmp(a->text, b->text, n);
	return c != 0 ? c : (a->size > b->size) - (a->size < b->size);
}

static int next_pair(lua_State *lua)
{
	lua_Integer i = lua_tointeger(lua, lua_upvalueindex(3)) + 1;

	vm_charge(lua, CALL_COST);
	lua_pushinteger(lua, i);
	lua_replace(lua, lua_upvalueindex(3));
	if (lua_rawgeti(lua, lua_upvalueindex(2), i) == LUA_TNIL)
		return 1;
	lua_pushvalue(lua, -1);
	lua_rawget(lua, lua_upvalueindex(1));
	return 2;
}

/* Over tables and constants in the order of their keys. Lua's own order hangs on addresses. */
static int f_pairs(lua_State *lua)
{
	struct key *keys;
	int count = 0, table;

	if (!frozen_table(lua, 1))
		return luaL_error(lua, "pairs: expected a table");
	table = lua_gettop(lua);
	keys = lua_newuserdatauv(lua, PAIRS_MAX * sizeof *keys, 0);
	lua_pushnil(lua);
	while (lua_next(lua, table) != 0) {
		lua_pop(lua, 1);
		if (count == PAIRS_MAX)
			return luaL_error(lua, "pairs: more than %d keys", PAIRS_MAX);
		memset(&keys[count], 0, sizeof keys[count]);
		if (lua_isinteger(lua, -1))
			keys[count].number = lua_tointeger(lua, -1);
		else if (lua_type(lua, -1) == LUA_TSTRING)
			keys[count].text = lua_tolstring(lua, -1, &keys[count].size);
		else
			return luaL_error(lua, "pairs: a key that is no integer or string");
		count++;
	}
	vm_charge(lua, CALL_COST + 16 * (int64_t)count);
	qsort(keys, (size_t)count, sizeof *keys, by_key);
	lua_pushvalue(lua, table);
	lua_createtable(lua, count, 0);
	for (int i = 0; i < count; i++) {
		if (keys[i].text != NULL)
			lua_pushlstring(lua, keys[i].text, keys[i].size);
		else
			lua_pushinteger(lua, keys[i].number);
		lua_rawseti(lua, -2, i + 1);
	}
	lua_pushinteger(lua, 0);
	lua_pushcclosure(lua, next_pair, 3);
	return 1;
}

/* --- str --- */

static int s_sub(lua_State *lua)
{
	size_t size;
	const char *s = luaL_checklstring(lua, 1, &size);
	lua_Integer from = luaL_checkinteger(lua, 2);
	lua_Integer to = luaL_optinteger(lua, 3, (lua_Integer)size);

	if (from < 1 || to < 0)
		return luaL_error(lua, "str.sub: positions count from 1");
	if (to > (lua_Integer)size)
		to = (lua_Integer)size;
	vm_charge(lua, CALL_COST + (int64_t)size / 16);
	if (from > to)
		lua_pushliteral(lua, "");
	else
		lua_pushlstring(lua, s + from - 1, (size_t)(to - from + 1));
	return 1;
}

static int s_upper(lua_State *lua)
{
	char out[VM_STRING_BYTES];
	size_t size;
	const char *s = luaL_checklstring(lua, 1, &size);

	if (size > sizeof out)
		return luaL_error(lua, "str.upper: too long");
	vm_charge(lua, CALL_COST + (int64_t)size);
	for (size_t i = 0; i < size; i++)
		out[i] = s[i] >= 'a' && s[i] <= 'z' ? (char)(s[i] - 'a' + 'A') : s[i];
	lua_pushlstring(lua, out, size);
	return 1;
}

static int s_starts(lua_State *lua)
{
	size_t size, part_size;
	const char *s = luaL_checklstring(lua, 1, &size);
	const char *part = luaL_checklstring(lua, 2, &part_size);

	vm_charge(lua, CALL_COST + (int64_t)part_size / 16);
	lua_pushboolean(lua, part_size <= size && memcmp(s, part, part_size) == 0);
	return 1;
}

static int s_contains(lua_State *lua)
{
	size_t size, part_size;
	const char *s = luaL_checklstring(lua, 1, &size);
	const char *part = luaL_checklstring(lua, 2, &part_size);

	vm_charge(lua, CALL_COST + (int64_t)(size + part_size));
	lua_pushboolean(lua, memmem(s, size, part, part_size) != NULL);
	return 1;
}

/* --- math: integers --- */

static int m_min(lua_State *lua)
{
	lua_Integer a = luaL_checkinteger(lua, 1), b = luaL_checkinteger(lua, 2);

	lua_pushinteger(lua, a < b ? a : b);
	return 1;
}

static int m_max(lua_State *lua)
{
	lua_Integer a = luaL_checkinteger(lua, 1), b = luaL_checkinteger(lua, 2);

	lua_pushinteger(lua, a > b ? a : b);
	return 1;
}

static int m_abs(lua_State *lua)
{
	lua_Integer a = luaL_checkinteger(lua, 1);

	lua_pushinteger(lua, a < 0 && a != LUA_MININTEGER ? -a : a);
	return 1;
}

/* --- date and stay --- */

static struct stay_date date_of(const Postern__Date *d)
{
	struct stay_date none = {0, 0, 0};

	if (d == NULL || d->year > 9999 || d->month > 12 || d->day > 31)
		return none;
	return (struct stay_date){(int)d->year, (int)d->month, (int)d->day};
}

/* date.days(from, to): days from one date of the crossing to another; nil when a part is unknown.
 */
static int d_days(lua_State *lua)
{
	struct stay_date from = date_of(facts_date(lua, 1)), to = date_of(facts_date(lua, 2));

	vm_charge(lua, CALL_COST);
	if (!stay_date_valid(from) || !stay_date_valid(to))
		lua_pushnil(lua);
	else
		lua_pushinteger(lua, stay_day(to) - stay_day(from));
	return 1;
}

/* date.within(day, from, to): does the day lie from one date to the other, both included? A date that
 * is absent (nil) does not limit; nil: a part is unknown. */
static int d_within(lua_State *lua)
{
	struct stay_date day = date_of(facts_date(lua, 1)), end[2];
	bool known = stay_date_valid(day), inside = true;

	vm_charge(lua, CALL_COST);
	for (int i = 0; i < 2; i++) {
		if (lua_isnoneornil(lua, i + 2))
			continue;
		end[i] = date_of(facts_date(lua, i + 2));
		if (!stay_date_valid(end[i]))
			known = false;
		else if (known)
			inside = inside && (i == 0 ? stay_day(end[i]) <= stay_day(day)
						   : stay_day(day) <= stay_day(end[i]));
	}
	if (known)
		lua_pushboolean(lua, inside);
	else
		lua_pushnil(lua);
	return 1;
}

/* Reads stays and reference date at 1 and 2. Those on a permit do not count. An open or closed stay that reaches beyond the
 * reference day makes the history one that cannot be relied on: false, as for invalid dates. */
static bool history(lua_State *lua, struct stay stays[STAYS_MAX], size_t *count, int32_t *ref)
{
	const Postern__Stay *const *list;
	struct stay_date today = date_of(facts_date(lua, 2));
	size_t all;

	facts_stays(lua, 1, &list, &all);
	vm_charge(lua, CALL_COST + 4 * (int64_t)all);
	*count = 0;
	if (all > STAYS_MAX || !stay_date_valid(today))
		return false;
	*ref = stay_day(today);
	for (size_t i = 0; i < all; i++) {
		const Postern__Date *exit = list[i]->exit_date;
		struct stay *s = &stays[*count];

		if (list[i]->permitted)
			continue;
		*s = (struct stay){date_of(list[i]->entry_date), {0, 0, 0}};
		if (exit != NULL && exit->year != 0) {
			s->exit = date_of(exit);
			if (!stay_date_valid(s->exit) || stay_day(s->exit) > *ref)
				return false;
		}
		(*count)++;
	}
	return stay_used(stays, *count, *ref) >= 0;
}

/* stay.used(stays, reference_date): days of the window that ends there; nil: cannot be told. */
static int y_used(lua_State *lua)
{
	struct stay stays[STAYS_MAX];
	size_t count;
	int32_t ref;

	vm_charge(lua, 500);
	if (history(lua, stays, &count, &ref))
		lua_pushinteger(lua, stay_used(stays, count, ref));
	else
		lua_pushnil(lua);
	return 1;
}

/* stay.days_left(stays, reference_date, limit): days that may be stayed from and with the reference
 * date on; 0: not even that day; nil: cannot be told. */
static int y_days_left(lua_State *lua)
{
	struct stay stays[STAYS_MAX];
	lua_Integer limit = luaL_checkinteger(lua, 3);
	size_t count;
	int32_t ref;

	luaL_argcheck(lua, limit >= 0 && limit < STAY_WINDOW_DAYS, 3, "0 to 179 days");
	vm_charge(lua, 2000);
	if (history(lua, stays, &count, &ref))
		lua_pushinteger(lua, stay_last_day(stays, count, ref, (int)limit) - ref + 1);
	else
		lua_pushnil(lua);
	return 1;
}

/* stay.entries(stays, reference_date, days): entries in the days that end there; nil: cannot be
 * told. Those on a permit count too. */
static int y_entries(lua_State *lua)
{
	const Postern__Stay *const *list;
	struct stay_date today = date_of(facts_date(lua, 2));
	lua_Integer days = luaL_checkinteger(lua, 3), found = 0;
	size_t count;

	facts_stays(lua, 1, &list, &count);
	luaL_argcheck(lua, days > 0 && days <= 3660, 3, "1 to 3660 days");
	vm_charge(lua, CALL_COST + 4 * (int64_t)count);
	for (size_t i = 0; i < count; i++) {
		struct stay_date entry = date_of(list[i]->entry_date);

		if (!stay_date_valid(entry) || !stay_date_valid(today)) {
			lua_pushnil(lua);
			return 1;
		}
		found += stay_day(entry) <= stay_day(today) && stay_day(today) - stay_day(entry) < days;
	}
	lua_pushinteger(lua, found);
	return 1;
}

/* stay.open(stays): how many have no exit; those on a permit do not count. */
static int y_open(lua_State *lua)
{
	const Postern__Stay *const *list;
	size_t count, open = 0;

	facts_stays(lua, 1, &list, &count);
	vm_charge(lua, CALL_COST + (int64_t)count);
	for (size_t i = 0; i < count; i++)
		open += !list[i]->permitted &&
			(list[i]->exit_date == NULL || list[i]->exit_date->year == 0);
	lua_pushinteger(lua, (lua_Integer)open);
	return 1;
}

static const luaL_Reg plain[] = {{"type", f_type}, {"tostring", f_tostring},
	{"tonumber", f_tonumber}, {"error", f_error}, {"has", f_has}, {"find", f_find}, {"ipairs", f_ipairs},
	{"pairs", f_pairs}, {NULL, NULL}};
static const luaL_Reg strings[] = {{"sub", s_sub}, {"upper", s_upper}, {"starts", s_starts},
	{"contains", s_contains}, {NULL, NULL}};
static const luaL_Reg numbers[] = {{"min", m_min}, {"max", m_max}, {"abs", m_abs}, {NULL, NULL}};
static const luaL_Reg dates[] = {{"days", d_days}, {"within", d_within}, {NULL, NULL}};
static const luaL_Reg stays[] = {
	{"used", y_used}, {"days_left", y_days_left}, {"entries", y_entries}, {"open", y_open}, {NULL, NULL}};

static const struct {
	const char *name;
	const luaL_Reg *functions;
} groups[] = {{"str", strings}, {"math", numbers}, {"date", dates}, {"stay", stays}};

static void add(lua_State *lua, const luaL_Reg *functions)
{
	for (const luaL_Reg *f = functions; f->name != NULL; f++) {
		lua_pushcfunction(lua, f->func);
		lua_setfield(lua, -2, f->name);
	}
}

/* Upvalue 1: the table of globals. */
static int env_index(lua_State *lua)
{
	luaL_checktype(lua, 2, LUA_TSTRING);
	lua_settop(lua, 2);
	if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TNIL)
		return luaL_error(lua, "no such global");
	return 1;
}

static int env_write(lua_State *lua)
{
	return luaL_error(lua, "rules have no globals of their own");
}

/* Strings keep no library behind them: their only methods are those of `str`. */
static void strip_strings(lua_State *lua)
{
	lua_pushliteral(lua, "");
	lua_createtable(lua, 0, 2);
	lua_newtable(lua);
	add(lua, strings);
	lua_setfield(lua, -2, "__index");
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	lua_setmetatable(lua, -2);
	lua_pop(lua, 1);
}

void functions_register(lua_State *lua)
{
	strip_strings(lua);
	lua_newuserdatauv(lua, 0, 0); /* _ENV: a userdata cannot be written */
	lua_createtable(lua, 0, 4);
	lua_newtable(lua);
	add(lua, plain);
	for (size_t i = 0; i < PN_COUNT(groups); i++) {
		lua_newtable(lua);
		add(lua, groups[i].functions);
		frozen_push(lua);
		lua_setfield(lua, -2, groups[i].name);
	}
	lua_pushvalue(lua, -1);
	lua_setfield(lua, LUA_REGISTRYINDEX, "postern.globals");
	lua_pushcclosure(lua, env_index, 1);
	lua_setfield(lua, -2, "__index");
	lua_pushcfunction(lua, env_write);
	lua_setfield(lua, -2, "__newindex");
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	lua_setmetatable(lua, -2);
}
