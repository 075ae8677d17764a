/* SPDX-License-Identifier: Apache-2.0
 * Loading and running a pack's rules. Must never touch the Lua state outside vm_call, but for the
 * stack.
 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine_run.h"

static const char loading[] = "constants";

/* Compiles a source under _ENV at index env and leaves the chunk on the stack. */
static void compile(lua_State *lua, const struct pack_source *s, int env)
{
	vm_compile(lua, s->text, s->size, s->name);
	lua_pushvalue(lua, env);
	lua_setupvalue(lua, -2, 1); /* a main chunk always has _ENV, and nothing else */
}

static void load_constants(lua_State *lua, const struct pack *pack, int env)
{
	if (pack->constants.text == NULL)
		return;
	lua_getfield(lua, LUA_REGISTRYINDEX, "postern.globals");
	compile(lua, &pack->constants, env);
	lua_call(lua, 0, 1);
	frozen_push(lua);
	lua_setfield(lua, -2, "pack");
	lua_pop(lua, 1);
}

/* Argument 1: where to say what is being loaded. */
static int load(lua_State *lua)
{
	struct engine *e = engine_of(lua);
	const char **what = lua_touserdata(lua, 1);

	facts_register(lua);
	frozen_register(lua);
	functions_register(lua);
	int env = lua_gettop(lua);
	lua_pushvalue(lua, env);
	e->env_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
	load_constants(lua, e->pack, env);
	for (size_t i = 0; i < e->pack->rule_count; i++) {
		*what = e->pack->rules[i].name;
		compile(lua, &e->pack->rules[i], env);
		lua_pushvalue(lua, -1);
		e->rule_refs[i] = luaL_ref(lua, LUA_REGISTRYINDEX);
		lua_call(lua, 0, 1);
		luaL_checktype(lua, -1, LUA_TFUNCTION);
		lua_settop(lua, env);
	}
	return 0;
}

static void keep_error(struct engine *e)
{
	const char *s = lua_type(e->vm.lua, -1) == LUA_TSTRING ? lua_tostring(e->vm.lua, -1)
							       : "an error that is no text";

	snprintf(e->error, sizeof e->error, "%s", s);
}

static int start(struct engine *e, uint64_t deadline_ns, struct text *error)
{
	const char *what = loading;
	int r = vm_open(&e->vm, e);

	if (r != PN_OK)
		return r;
	vm_watch_lines(&e->vm, e->on_line, e->on_line_ctx);
	vm_refill(&e->vm, ENGINE_LOAD_INSTRUCTIONS, deadline_ns);
	lua_pushcfunction(e->vm.lua, load);
	lua_pushlightuserdata(e->vm.lua, (void *)&what);
	if (vm_call(&e->vm, 1, 0) == LUA_OK)
		return PN_OK;
	keep_error(e);
	if (error != NULL)
		text_add(error, "%s.lua: %s", what, e->error);
	vm_close(&e->vm);
	return PN_EFORMAT;
}

int engine_open(const struct pack *pack, struct engine **out, struct text *error)
{
	struct engine *e = calloc(1, sizeof *e);
	int r;

	*out = NULL;
	if (e == NULL)
		return PN_ENOMEM;
	e->pack = pack;
	r = start(e, UINT64_MAX, error);
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
	vm_close(&e->vm);
	explicit_bzero(e, sizeof *e);
	free(e);
}

const char *engine_error(const struct engine *e)
{
	return e->error;
}

/* "overstay" is EXCEPTION_OVERSTAY; false when there is no such class. */
static bool exception_of(const char *name, Postern__ExceptionClass *out)
{
	char full[80];
	size_t n = strlen("EXCEPTION_");
	const ProtobufCEnumValue *v;

	if (strlen(name) > 48)
		return false;
	memcpy(full, "EXCEPTION_", n);
	for (; *name != '\0'; name++)
		full[n++] = *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A') : *name;
	full[n] = '\0';
	v = protobuf_c_enum_descriptor_get_value_by_name(
		&postern__exception_class__descriptor, full);
	if (v == NULL || v->value <= POSTERN__EXCEPTION_CLASS__EXCEPTION_NONE)
		return false;
	*out = (Postern__ExceptionClass)v->value;
	return true;
}

/* Keeps the most restrictive first. There is at most one finding per rule, so there is room. */
static void add(struct engine_result *out, const struct engine_finding *f)
{
	size_t at = out->finding_count;

	if (f->verdict > out->verdict)
		out->verdict = f->verdict;
	if (at == ENGINE_FINDINGS_MAX)
		return;
	while (at > 0 && out->finding[at - 1].verdict < f->verdict)
		at--;
	memmove(&out->finding[at + 1], &out->finding[at],
		(out->finding_count - at) * sizeof out->finding[0]);
	out->finding[at] = *f;
	out->finding_count++;
}

static void refer(struct engine_result *out, const char *rule, const char *code)
{
	struct engine_finding f = {.rule = rule,
		.verdict = POSTERN__VERDICT__VERDICT_REFER,
		.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION};

	text_copy(f.code, sizeof f.code, code);
	add(out, &f);
}

static bool code_is_good(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_.");

	return n > 0 && n < sizeof((struct engine_finding *)0)->code && s[n] == '\0';
}

/* NULL: no string, or one with a NUL inside, of which C would see a part only. */
static const char *text_at(lua_State *lua, int index)
{
	size_t size = 0;
	const char *s =
		lua_type(lua, index) == LUA_TSTRING ? lua_tolstring(lua, index, &size) : NULL;

	return s != NULL && strlen(s) == size ? s : NULL;
}

static bool take_args(lua_State *lua, struct engine_finding *f)
{
	int top = lua_gettop(lua);

	for (int i = 4; i <= top; i++) {
		if (f->arg_count >= ENGINE_ARGS_MAX)
			return false;
		char *arg = f->args[f->arg_count];

		if (lua_isinteger(lua, i))
			snprintf(arg, sizeof f->args[0], "%lld", (long long)lua_tointeger(lua, i));
		else if (text_at(lua, i) == NULL ||
			 !text_copy(arg, sizeof f->args[0], text_at(lua, i)))
			return false;
		f->arg_count++;
	}
	return true;
}

/* What the rule has left on the stack. False when that is not the form of a finding. No call here
 * may raise: conversions are made of strings only. */
static bool take(lua_State *lua, struct engine_finding *f)
{
	const char *verdict = text_at(lua, 1), *code, *exception;

	f->verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	/* nil and more is how Lua's own functions tell an error, not a clear. */
	if (lua_gettop(lua) == 0 || (lua_gettop(lua) == 1 && lua_isnil(lua, 1)))
		return true;
	if (verdict == NULL)
		return false;
	if (strcmp(verdict, "clear") == 0)
		return true;
	if (strcmp(verdict, "stop") == 0)
		f->verdict = POSTERN__VERDICT__VERDICT_STOP;
	else if (strcmp(verdict, "refer") == 0)
		f->verdict = POSTERN__VERDICT__VERDICT_REFER;
	else
		return false;
	code = text_at(lua, 2);
	exception = text_at(lua, 3);
	if (code == NULL || !code_is_good(code) || exception == NULL ||
		!exception_of(exception, &f->exception))
		return false;
	text_copy(f->code, sizeof f->code, code);
	return take_args(lua, f);
}

/* The chunk at index 1 sees the rules' own _ENV, whatever it has put in that variable. */
static void reset_env(lua_State *lua)
{
	lua_rawgeti(lua, LUA_REGISTRYINDEX, engine_of(lua)->env_ref);
	lua_setupvalue(lua, 1, 1);
}

/* Inside vm_call, so that even making the userdata may fail. _ENV is a variable of the chunk's and
 * outlives the crossing: it is set again before, and after, when it may hold what was read. */
static int call_rule(lua_State *lua)
{
	struct engine *e = engine_of(lua);
	lua_Integer rule = lua_tointeger(lua, 1);
	const Postern__CrossingFacts *facts = lua_touserdata(lua, 2);

	lua_settop(lua, 0);
	lua_rawgeti(lua, LUA_REGISTRYINDEX, e->rule_refs[rule]);
	reset_env(lua);
	lua_pushvalue(lua, 1);
	lua_call(lua, 0, 1);
	facts_push(e, facts);
	lua_call(lua, 1, LUA_MULTRET);
	luaL_checkstack(lua, 2, "results");
	reset_env(lua);
	return lua_gettop(lua) - 1;
}

/* A state that was stopped is closed, and built anew while there is time. */
static void mend(struct engine *e, uint64_t deadline_ns)
{
	if (e->vm.lua != NULL && e->vm.stopped == VM_RUNNING)
		return;
	vm_close(&e->vm);
	if (clock_mono_ns() < deadline_ns)
		(void)!start(e, deadline_ns, NULL);
}

static void run_rule(struct engine *e, size_t i, const Postern__CrossingFacts *facts,
	uint64_t deadline_ns, struct engine_result *out)
{
	const char *rule = e->pack->rules[i].name;
	struct engine_finding f = {.rule = rule};
	bool late;

	if (e->rule_errors[i] >= ENGINE_ERRORS_MAX) {
		refer(out, rule, "rules.quarantined");
		return;
	}
	mend(e, deadline_ns);
	if (e->vm.lua == NULL) {
		out->errors++;
		refer(out, rule, "rules.error");
		return;
	}
	vm_refill(&e->vm, ENGINE_RULE_INSTRUCTIONS, deadline_ns);
	lua_settop(e->vm.lua, 0);
	lua_pushcfunction(e->vm.lua, call_rule);
	lua_pushinteger(e->vm.lua, (lua_Integer)i);
	lua_pushlightuserdata(e->vm.lua, (void *)(uintptr_t)facts);
	if (vm_call(&e->vm, 2, LUA_MULTRET) != LUA_OK) {
		keep_error(e);
	} else if (take(e->vm.lua, &f)) {
		if (f.verdict != POSTERN__VERDICT__VERDICT_CLEAR)
			add(out, &f);
		return;
	} else {
		snprintf(e->error, sizeof e->error,
			"expected nothing, or verdict, code, exception and at most %d arguments",
			ENGINE_ARGS_MAX);
	}
	/* Time may be up because the machine is busy: that is not held against the rule. */
	late = e->vm.stopped == VM_LATE && e->vm.budget > ENGINE_RULE_INSTRUCTIONS / 2;
	if (!late)
		e->rule_errors[i]++;
	out->errors++;
	refer(out, rule, "rules.error");
}

void engine_evaluate(
	struct engine *e, const Postern__CrossingFacts *facts, struct engine_result *out)
{
	uint64_t deadline_ns = clock_mono_ns() + (uint64_t)ENGINE_TIME_MS * 1000000u;
	const struct fields *tree = &e->pack->tree;

	/* the rest of a result counts only as far as its counts say, and is long */
	out->verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	out->finding_count = out->field_count = 0;
	out->errors = 0;
	memset(e->read, 0, sizeof e->read);
	e->generation++;
	for (size_t i = 0; i < e->pack->rule_count; i++)
		run_rule(e, i, facts, deadline_ns, out);
	e->generation++;
	for (int i = 0; i < tree->count; i++)
		if (e->read[i])
			out->fields_read[out->field_count++] = tree->field[i].path;
	/* Outside of an evaluation nothing of the traveller stays in the state. */
	if (e->vm.lua == NULL)
		return;
	if (e->vm.stopped != VM_RUNNING || out->errors > 0) {
		vm_close(&e->vm);
		return;
	}
	lua_settop(e->vm.lua, 0);
	facts_forget(e);
	vm_refill(&e->vm, ENGINE_LOAD_INSTRUCTIONS, UINT64_MAX);
	lua_gc(e->vm.lua, LUA_GCCOLLECT);
}
