/* SPDX-License-Identifier: Apache-2.0
 * Running a pack. Must never run a chunk outside lua_pcall, nor go on with a state that has overrun.
 */
#include "engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine_run.h"

enum { HOOK_EVERY = 1000 };

struct engine *engine_of(lua_State *lua)
{
	return *(struct engine **)lua_getextraspace(lua);
}

/* osize is the type tag of a new object when ptr is NULL: that is how the length of strings is bounded. */
static void *allocate(void *ctx, void *ptr, size_t osize, size_t nsize)
{
	struct engine *e = ctx;
	size_t old = ptr != NULL ? osize : 0;
	void *p;
	if (nsize == 0) {
		free(ptr);
		e->used -= old;
		return NULL;
	}
	if (nsize > old && (nsize > ENGINE_BLOCK_BYTES || e->used - old + nsize > ENGINE_MEMORY_BYTES ||
				   (ptr == NULL && osize == LUA_TSTRING && nsize > ENGINE_STRING_BYTES)))
		return NULL;
	p = realloc(ptr, nsize);
	if (p == NULL)
		return NULL;
	e->used += nsize - old;
	e->charged += nsize;
	return p;
}

static void on_hook(lua_State *lua, lua_Debug *ar)
{
	struct engine *e = engine_of(lua);
	(void)ar;
	e->budget -= HOOK_EVERY;
	if (e->budget - (int64_t)(e->charged / 32) > 0 && clock_mono_ns() < e->deadline_ns)
		return;
	e->overrun = true;
	lua_sethook(lua, on_hook, LUA_MASKCOUNT, 1); /* every further instruction fails again */
	luaL_error(lua, "the budget is spent");
}

static int on_panic(lua_State *lua)
{
	(void)lua;
	_exit(70); /* outside lua_pcall nothing may fail: the supervisor starts a clean process */
}

static void refill(struct engine *e, int64_t budget)
{
	e->budget = budget;
	e->charged = 0;
	e->overrun = false;
	e->deadline_ns = clock_mono_ns() + (uint64_t)ENGINE_TIME_MS * 1000000u;
	lua_sethook(e->lua, on_hook, LUA_MASKCOUNT, HOOK_EVERY);
}

/* Leaves the chunk's one result on the stack. */
static int run_chunk(struct engine *e, const struct pack_source *s)
{
	int r = luaL_loadbufferx(e->lua, s->text, s->size, s->name, "t");
	if (r != LUA_OK)
		return r;
	lua_getfield(e->lua, LUA_REGISTRYINDEX, "postern.env");
	if (lua_setupvalue(e->lua, -2, 1) == NULL)
		lua_pop(e->lua, 1);
	return lua_pcall(e->lua, 0, 1, 0);
}

static int prepare(lua_State *lua)
{
	facts_register(lua);
	functions_register(lua);
	/* Strings have no methods: a method call on a literal and coercions of "10" + 1 are gone with the metatable. */
	lua_pushliteral(lua, "");
	lua_newtable(lua);
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	lua_setmetatable(lua, -2);
	lua_pop(lua, 1);
	return 0;
}

static int load_rules(struct engine *e, struct text *error)
{
	const struct pack *pack = e->pack;
	const char *bad = "constants";
	if (pack->constants.text != NULL) {
		if (run_chunk(e, &pack->constants) != LUA_OK || !lua_istable(e->lua, -1))
			goto bad;
		lua_setfield(e->lua, LUA_REGISTRYINDEX, "postern.constants");
	}
	for (size_t i = 0; i < pack->rule_count; i++) {
		bad = pack->rules[i].name;
		if (run_chunk(e, &pack->rules[i]) != LUA_OK || !lua_isfunction(e->lua, -1))
			goto bad;
		e->rule_refs[i] = luaL_ref(e->lua, LUA_REGISTRYINDEX);
	}
	return PN_OK;
bad:
	text_add(error, "%s.lua: %.200s", bad,
		lua_type(e->lua, -1) == LUA_TSTRING ? lua_tostring(e->lua, -1) : "expected a chunk that returns a function");
	return PN_EFORMAT;
}

static int start(struct engine *e, struct text *error)
{
	int r;
	e->used = 0;
	e->lua = lua_newstate(allocate, e);
	if (e->lua == NULL)
		return PN_ENOMEM;
	*(struct engine **)lua_getextraspace(e->lua) = e;
	lua_atpanic(e->lua, on_panic);
	refill(e, 10 * (int64_t)ENGINE_INSTRUCTIONS);
	lua_pushcfunction(e->lua, prepare);
	if (lua_pcall(e->lua, 0, 0, 0) != LUA_OK) {
		text_add(error, "the engine cannot be prepared");
		return PN_ENOMEM;
	}
	r = load_rules(e, error);
	lua_settop(e->lua, 0);
	return r;
}

int engine_open(const struct pack *pack, struct engine **out, struct text *error)
{
	struct engine *e = calloc(1, sizeof *e);
	int r;
	*out = NULL;
	if (e == NULL)
		return PN_ENOMEM;
	e->pack = pack;
	r = start(e, error);
	if (r != PN_OK) {
		engine_close(e);
		return r;
	}
	*out = e;
	return PN_OK;
}

void engine_close(struct engine *e)
{
	if (e == NULL)
		return;
	if (e->lua != NULL)
		lua_close(e->lua);
	free(e);
}

static Postern__ExceptionClass exception_of(const char *name)
{
	char full[80];
	size_t n = strlen("EXCEPTION_");
	const ProtobufCEnumValue *v;
	if (name == NULL || strlen(name) > 48)
		return POSTERN__EXCEPTION_CLASS__EXCEPTION_INELIGIBLE;
	memcpy(full, "EXCEPTION_", n);
	for (; *name != '\0'; name++)
		full[n++] = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
	full[n] = '\0';
	v = protobuf_c_enum_descriptor_get_value_by_name(&postern__exception_class__descriptor, full);
	return v != NULL ? (Postern__ExceptionClass)v->value : POSTERN__EXCEPTION_CLASS__EXCEPTION_INELIGIBLE;
}

static void add(struct engine_result *out, const char *rule, Postern__Verdict verdict, const char *code,
	Postern__ExceptionClass exception)
{
	struct engine_finding *f;
	if (verdict > out->verdict)
		out->verdict = verdict;
	if (out->finding_count == ENGINE_FINDINGS_MAX)
		return;
	f = &out->finding[out->finding_count++];
	memset(f, 0, sizeof *f);
	text_copy(f->rule, sizeof f->rule, rule);
	text_copy(f->code, sizeof f->code, code);
	f->verdict = verdict;
	f->exception = exception;
}

/* The results of one rule: nil, or verdict, code, exception, arguments. Anything else is an error of the rule's. */
static bool take(struct engine *e, const char *rule, int first, struct engine_result *out)
{
	int top = lua_gettop(e->lua);
	const char *verdict;
	if (top < first || lua_isnil(e->lua, first))
		return true;
	if (lua_type(e->lua, first) != LUA_TSTRING || lua_type(e->lua, first + 1) != LUA_TSTRING)
		return false;
	verdict = lua_tostring(e->lua, first);
	if (strcmp(verdict, "clear") == 0)
		return true;
	if (strcmp(verdict, "refer") != 0 && strcmp(verdict, "stop") != 0)
		return false;
	add(out, rule, verdict[0] == 's' ? POSTERN__VERDICT__VERDICT_STOP : POSTERN__VERDICT__VERDICT_REFER,
		lua_tostring(e->lua, first + 1),
		exception_of(lua_type(e->lua, first + 2) == LUA_TSTRING ? lua_tostring(e->lua, first + 2) : NULL));
	struct engine_finding *f = &out->finding[out->finding_count - 1];
	for (int i = first + 3; i <= top && f->arg_count < ENGINE_ARGS_MAX; i++) {
		if (lua_isinteger(e->lua, i))
			snprintf(f->args[f->arg_count++], sizeof f->args[0], "%lld", (long long)lua_tointeger(e->lua, i));
		else if (lua_type(e->lua, i) == LUA_TSTRING)
			text_copy(f->args[f->arg_count++], sizeof f->args[0], lua_tostring(e->lua, i));
	}
	return true;
}

/* Inside lua_pcall, so that even making the userdata may fail. */
static int call_rule(lua_State *lua)
{
	struct engine *e = engine_of(lua);
	lua_Integer rule = lua_tointeger(lua, 1);
	const Postern__CrossingFacts *facts = lua_touserdata(lua, 2);
	lua_settop(lua, 0);
	lua_rawgeti(lua, LUA_REGISTRYINDEX, e->rule_refs[rule]);
	facts_push(e, facts);
	lua_call(lua, 1, LUA_MULTRET);
	return lua_gettop(lua);
}

static void run_rule(struct engine *e, size_t i, const Postern__CrossingFacts *facts, struct engine_result *out)
{
	const char *rule = e->pack->rules[i].name;
	bool good;
	if (e->rule_errors[i] >= ENGINE_ERRORS_MAX) {
		add(out, rule, POSTERN__VERDICT__VERDICT_REFER, "rules.quarantined",
			POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
		return;
	}
	lua_settop(e->lua, 0);
	lua_pushcfunction(e->lua, call_rule);
	lua_pushinteger(e->lua, (lua_Integer)i);
	lua_pushlightuserdata(e->lua, (void *)(uintptr_t)facts);
	good = lua_pcall(e->lua, 2, LUA_MULTRET, 0) == LUA_OK && !e->overrun && take(e, rule, 1, out);
	if (good)
		return;
	e->rule_errors[i]++;
	out->errors++;
	add(out, rule, POSTERN__VERDICT__VERDICT_REFER, "rules.error", POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
}

void engine_evaluate(struct engine *e, const Postern__CrossingFacts *facts, struct engine_result *out)
{
	char message[256];
	struct text error;
	memset(out, 0, sizeof *out);
	out->verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	e->generation++;
	e->fields_read = 0;
	if (e->lua != NULL)
		refill(e, ENGINE_INSTRUCTIONS);
	for (size_t i = 0; e->lua != NULL && i < e->pack->rule_count && !e->overrun; i++)
		run_rule(e, i, facts, out);
	if (e->lua == NULL || e->overrun)
		add(out, "engine", POSTERN__VERDICT__VERDICT_REFER, "rules.overrun",
			POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
	out->fields_read = e->fields_read;
	if (e->lua != NULL && out->errors == 0) {
		lua_settop(e->lua, 0);
		lua_gc(e->lua, LUA_GCCOLLECT);
		return;
	}
	/* After an error the state is built anew; quarantine counts stay. */
	if (e->lua != NULL)
		lua_close(e->lua);
	e->lua = NULL;
	text_init(&error, message, sizeof message);
	if (start(e, &error) != PN_OK && e->lua != NULL) {
		lua_close(e->lua);
		e->lua = NULL;
	}
}
