/* SPDX-License-Identifier: Apache-2.0
 * Running a pack's test cases. Must never judge a case by anything but the engine's own result.
 */
#include "pack_cases.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "vm.h"

enum { ARENA_BYTES = 64 * 1024, LIST_MAX = 256, CASES_INSTRUCTIONS = 2000000 };

struct run {
	const struct pack *pack;
	struct pack_cases *cases;
	struct engine_result *result;
	const char *rule; /* NULL: the whole pack */
	const char *file;
	struct arena arena;
	uint8_t memory[ARENA_BYTES];
};

static int enum_value(lua_State *lua, const ProtobufCFieldDescriptor *f, const char *word)
{
	const ProtobufCEnumDescriptor *d = f->descriptor;

	if (strcmp(word, "unspecified") == 0)
		return 0;
	for (unsigned i = 0; i < d->n_values; i++) {
		const char *own = strchr(d->values[i].name, '_');
		if (d->values[i].value != 0 && own != NULL && strcasecmp(own + 1, word) == 0)
			return d->values[i].value;
	}
	return luaL_error(lua, "field '%s' has no value '%s'", f->name, word);
}

static ProtobufCMessage *build(
	struct run *run, lua_State *lua, int table, const ProtobufCMessageDescriptor *d);

static void *take(struct run *run, lua_State *lua, size_t size)
{
	void *p = arena_alloc(&run->arena, size);

	if (p == NULL)
		luaL_error(lua, "facts too large");
	return p;
}

/* The value on top of the stack into the field at at. */
static void set_one(struct run *run, lua_State *lua, const ProtobufCFieldDescriptor *f, void *at)
{
	int type = lua_type(lua, -1);

	if (f->type == PROTOBUF_C_TYPE_MESSAGE && type == LUA_TTABLE) {
		*(ProtobufCMessage **)at = build(run, lua, lua_gettop(lua), f->descriptor);
	} else if (f->type == PROTOBUF_C_TYPE_STRING && type == LUA_TSTRING) {
		char *copy = arena_strdup(&run->arena, lua_tostring(lua, -1));
		if (copy == NULL)
			luaL_error(lua, "facts too large");
		*(char **)at = copy;
	} else if (f->type == PROTOBUF_C_TYPE_BOOL && type == LUA_TBOOLEAN) {
		*(protobuf_c_boolean *)at = lua_toboolean(lua, -1);
	} else if (f->type == PROTOBUF_C_TYPE_ENUM && type == LUA_TSTRING) {
		*(int *)at = enum_value(lua, f, lua_tostring(lua, -1));
	} else if (f->type == PROTOBUF_C_TYPE_INT32 && lua_isinteger(lua, -1)) {
		*(int32_t *)at = (int32_t)lua_tointeger(lua, -1);
	} else if (f->type == PROTOBUF_C_TYPE_UINT32 && lua_isinteger(lua, -1)) {
		*(uint32_t *)at = (uint32_t)lua_tointeger(lua, -1);
	} else {
		luaL_error(lua, "field '%s' takes another type", f->name);
	}
}

static void set_list(struct run *run, lua_State *lua, const ProtobufCFieldDescriptor *f, char *base)
{
	size_t count = lua_rawlen(lua, -1);
	void **list;

	if (f->type != PROTOBUF_C_TYPE_MESSAGE && f->type != PROTOBUF_C_TYPE_STRING)
		luaL_error(lua, "field '%s' is a list that cases cannot set", f->name);
	if (count > LIST_MAX)
		luaL_error(lua, "field '%s' has more than %d elements", f->name, LIST_MAX);
	list = take(run, lua, (count + 1) * sizeof *list);
	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(lua, -1, (lua_Integer)i + 1);
		set_one(run, lua, f, &list[i]);
		lua_pop(lua, 1);
	}
	*(size_t *)(void *)(base + f->quantifier_offset) = count;
	*(void ***)(void *)(base + f->offset) = list;
}

static ProtobufCMessage *build(
	struct run *run, lua_State *lua, int table, const ProtobufCMessageDescriptor *d)
{
	ProtobufCMessage *m = take(run, lua, d->sizeof_message);

	luaL_checkstack(lua, 8, "facts");
	protobuf_c_message_init(d, m);
	lua_pushnil(lua);
	while (lua_next(lua, table) != 0) {
		const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "";
		const ProtobufCFieldDescriptor *f =
			protobuf_c_message_descriptor_get_field_by_name(d, name);
		if (f == NULL) {
			luaL_error(lua, "%s has no field '%s'", d->short_name, name);
			return NULL; /* luaL_error does not return */
		}
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			luaL_checktype(lua, -1, LUA_TTABLE);
			set_list(run, lua, f, (char *)m);
		} else {
			set_one(run, lua, f, (char *)m + f->offset);
		}
		lua_pop(lua, 1);
	}
	return m;
}

static bool is_list(lua_State *lua, int index)
{
	return lua_rawlen(lua, index) > 0;
}

/* Lays the table at over onto the one at under, both absolute; tables within are laid over
 * likewise. An empty table empties a list. */
static void lay(lua_State *lua, int under, int over)
{
	luaL_checkstack(lua, 8, "facts");
	lua_pushnil(lua);
	while (lua_next(lua, over) != 0) {
		int value = lua_gettop(lua);

		lua_pushvalue(lua, -2);
		lua_rawget(lua, under);
		if (lua_istable(lua, value) && lua_istable(lua, -1) && !is_list(lua, value) &&
			!is_list(lua, -1)) {
			lay(lua, lua_gettop(lua), value);
		} else {
			lua_pushvalue(lua, value - 1);
			lua_pushvalue(lua, value);
			lua_rawset(lua, under);
		}
		lua_settop(lua, value - 1);
	}
}

/* The chunk's one result. Case files see no global at all. */
static void chunk(lua_State *lua, const struct pack *pack, const char *file)
{
	size_t size = 0;
	const char *text = pack_file(pack, file, &size);

	if (text == NULL)
		luaL_error(lua, "there is no file %s", file);
	vm_compile(lua, text, size, file);
	lua_call(lua, 0, 1);
	luaL_checktype(lua, -1, LUA_TTABLE);
}

static const char *const verdicts[] = {"unspecified", "clear", "refer", "stop"};

/* What the rule, or the pack, found: "clear" or "verdict code exception arguments". */
static void told(const struct run *run, struct text *out)
{
	const struct engine_finding *f = NULL;

	for (size_t i = 0; f == NULL && i < run->result->finding_count; i++)
		if (run->rule == NULL || strcmp(run->result->finding[i].rule, run->rule) == 0)
			f = &run->result->finding[i];
	pack_cases_finding(f, out);
}

void pack_cases_finding(const struct engine_finding *f, struct text *out)
{
	char exception[64];

	if (f == NULL) {
		text_add(out, "clear");
		return;
	}
	text_copy(exception, sizeof exception,
		protobuf_c_enum_descriptor_get_value(
			&postern__exception_class__descriptor, (int)f->exception)
				->name +
			strlen("EXCEPTION_"));
	for (char *p = exception; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	text_add(out, "%s %s %s", verdicts[f->verdict & 3], f->code, exception);
	for (size_t i = 0; i < f->arg_count; i++)
		text_add(out, " %s", f->args[i]);
}

static void expected(lua_State *lua, struct text *out)
{
	if (lua_type(lua, -1) == LUA_TSTRING) {
		text_add(out, "%s", lua_tostring(lua, -1));
		return;
	}
	luaL_checktype(lua, -1, LUA_TTABLE);
	for (lua_Integer i = 1; lua_rawgeti(lua, -1, i) != LUA_TNIL; i++) {
		text_add(out, "%s", i > 1 ? " " : "");
		if (lua_isinteger(lua, -1))
			text_add(out, "%lld", (long long)lua_tointeger(lua, -1));
		else
			text_add(out, "%s", luaL_checkstring(lua, -1));
		lua_pop(lua, 1);
	}
	lua_pop(lua, 1);
}

static void evaluate(struct run *run, struct engine *engine, const ProtobufCMessage *facts,
	const char *name, unsigned round)
{
	uint64_t start = clock_mono_ns();

	engine_evaluate(engine, (const Postern__CrossingFacts *)facts, run->result);
	if (run->cases->seen != NULL)
		run->cases->seen(run->cases->ctx, run->file, name, round, run->result,
			clock_mono_ns() - start);
}

/* The case on top of the stack. */
static void one_case(struct run *run, lua_State *lua)
{
	int at = lua_gettop(lua);
	char found[512], want[512], message[ENGINE_ERROR_MAX];
	struct engine *engine;
	struct text f, w;
	ProtobufCMessage *facts;

	luaL_checktype(lua, at, LUA_TTABLE);
	lua_getfield(lua, at, "name");
	const char *name = luaL_checkstring(lua, -1);
	chunk(lua, run->pack, "clear_test.lua");
	lua_getfield(lua, at, "facts");
	luaL_checktype(lua, -1, LUA_TTABLE);
	lay(lua, at + 2, at + 3);
	arena_wipe(&run->arena);
	facts = build(run, lua, at + 2, &postern__crossing_facts__descriptor);
	lua_getfield(lua, at, "expect");
	text_init(&w, want, sizeof want);
	expected(lua, &w);
	/* An engine of its own: no case is judged by a rule that earlier ones have quarantined. */
	if (engine_open(run->pack, &engine, NULL) != PN_OK)
		luaL_error(lua, "the pack does not load again");
	if (run->cases->coverage != NULL)
		coverage_watch(run->cases->coverage, engine);
	evaluate(run, engine, facts, name, 0);
	text_copy(message, sizeof message, run->result->errors > 0 ? engine_error(engine) : "");
	text_init(&f, found, sizeof found);
	told(run, &f);
	for (unsigned i = 1; i <= run->cases->repeat; i++)
		evaluate(run, engine, facts, name, i);
	engine_close(engine);
	if (strcmp(found, want) == 0) {
		run->cases->passed++;
	} else {
		run->cases->failed++;
		text_add(run->cases->report, "%s: %s: expected '%s', found '%s'%s%s\n", run->file,
			name, want, found, message[0] != '\0' ? ": " : "", message);
	}
	lua_settop(lua, at);
}

static int all_cases(lua_State *lua)
{
	struct run *run = lua_touserdata(lua, 1);

	chunk(lua, run->pack, run->file);
	lua_Integer count = (lua_Integer)lua_rawlen(lua, -1);
	if (count == 0)
		return luaL_error(lua, "no case");
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(lua, 2, i);
		one_case(run, lua);
		lua_pop(lua, 1);
	}
	return 0;
}

static int run_file(struct run *run)
{
	struct vm vm;
	int r = vm_open(&vm, run);

	if (r != PN_OK)
		return r;
	vm_refill(&vm, CASES_INSTRUCTIONS, UINT64_MAX);
	lua_pushcfunction(vm.lua, all_cases);
	lua_pushlightuserdata(vm.lua, run);
	if (vm_call(&vm, 1, 0) != LUA_OK) {
		text_add(run->cases->report, "%s: %s\n", run->file,
			lua_type(vm.lua, -1) == LUA_TSTRING ? lua_tostring(vm.lua, -1) : "unknown");
		r = PN_EFORMAT;
	}
	vm_close(&vm);
	return r;
}

int pack_cases_run(const struct pack *pack, struct pack_cases *cases)
{
	struct run *run = calloc(1, sizeof *run);
	struct engine_result *result = calloc(1, sizeof *result);
	char file[PACK_NAME_MAX + 16];
	struct engine *engine;
	size_t size;
	int r = PN_ENOMEM;

	cases->passed = cases->failed = cases->untested = 0;
	if (run == NULL || result == NULL)
		goto out;
	run->pack = pack;
	run->cases = cases;
	run->result = result;
	run->file = file;
	arena_init(&run->arena, run->memory, sizeof run->memory);
	r = engine_open(pack, &engine, cases->report);
	engine_close(engine);
	for (size_t i = 0; r == PN_OK && i <= pack->rule_count; i++) {
		run->rule = i < pack->rule_count ? pack->rules[i].name : NULL;
		snprintf(file, sizeof file, "%s_test.lua", run->rule != NULL ? run->rule : "pack");
		if (pack_file(pack, file, &size) != NULL)
			r = run_file(run);
		else
			cases->untested++;
	}
out:
	free(result);
	free(run);
	return r;
}
