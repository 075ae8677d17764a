/* SPDX-License-Identifier: Apache-2.0
 * The crossing as a rule sees it: read-only userdata over the protobuf-c descriptors, limited to the fields the pack
 * declares. Every leaf read is noted. Must never hand out a pointer, a raw table or an undeclared field.
 */
#include <ctype.h>
#include <string.h>

#include "engine_run.h"

static const char meta[] = "postern.facts";

struct view {
	uint64_t generation;
	const ProtobufCMessage *message;	 /* a message, or */
	const ProtobufCMessage *const *elements; /* a list of them */
	const ProtobufCMessageDescriptor *type;
	size_t count;
	char path[64]; /* "" at the top */
};

static struct view *push_view(lua_State *lua, const struct view *from, const char *path)
{
	struct view *v = lua_newuserdatauv(lua, sizeof *v, 0);
	*v = *from;
	snprintf(v->path, sizeof v->path, "%s", path);
	luaL_setmetatable(lua, meta);
	return v;
}

void facts_push(struct engine *e, const Postern__CrossingFacts *facts)
{
	struct view v = { e->generation, &facts->base, NULL, facts->base.descriptor, 0, "" };
	push_view(e->lua, &v, "");
}

static bool starts(const char *whole, const char *part)
{
	size_t n = strlen(part);
	return strncmp(whole, part, n) == 0 && (whole[n] == '.' || whole[n] == '\0');
}

/* Index of the declaration that opens path, -2 when path only leads to one, -1 when it is closed. */
static int declared(const struct pack *pack, const char *path)
{
	int found = -1;
	for (unsigned i = 0; i < pack->fields_count; i++) {
		if (starts(path, pack->fields[i]))
			return (int)i;
		if (starts(pack->fields[i], path))
			found = -2;
	}
	return found;
}

static void push_enum(lua_State *lua, const ProtobufCEnumDescriptor *d, int value)
{
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(d, value);
	const char *name = v != NULL && value != 0 ? strchr(v->name, '_') : NULL;
	char word[64];
	size_t n = 0;
	if (name == NULL) {
		lua_pushliteral(lua, "unspecified");
		return;
	}
	for (name++; *name != '\0' && n + 1 < sizeof word; name++)
		word[n++] = (char)tolower((unsigned char)*name);
	lua_pushlstring(lua, word, n);
}

static void push_scalar(lua_State *lua, const ProtobufCFieldDescriptor *f, const void *at)
{
	if (f->type == PROTOBUF_C_TYPE_STRING)
		lua_pushstring(lua, *(const char *const *)at);
	else if (f->type == PROTOBUF_C_TYPE_BOOL)
		lua_pushboolean(lua, *(const protobuf_c_boolean *)at);
	else if (f->type == PROTOBUF_C_TYPE_ENUM)
		push_enum(lua, f->descriptor, *(const int *)at);
	else if (f->type == PROTOBUF_C_TYPE_INT32)
		lua_pushinteger(lua, *(const int32_t *)at);
	else if (f->type == PROTOBUF_C_TYPE_UINT32)
		lua_pushinteger(lua, *(const uint32_t *)at);
	else if (f->type == PROTOBUF_C_TYPE_INT64 || f->type == PROTOBUF_C_TYPE_UINT64)
		lua_pushinteger(lua, *(const int64_t *)at);
	else
		luaL_error(lua, "field '%s' has a type that rules do not see", f->name);
}

static struct view *view_at(lua_State *lua, int index)
{
	struct view *v = luaL_checkudata(lua, index, meta);
	if (v->generation != engine_of(lua)->generation)
		luaL_error(lua, "a crossing that is over");
	return v;
}

static int index_list(lua_State *lua, const struct view *v)
{
	lua_Integer i = luaL_checkinteger(lua, 2);
	struct view one = *v;
	if (i < 1 || (size_t)i > v->count) {
		lua_pushnil(lua);
		return 1;
	}
	one.message = v->elements[i - 1];
	one.elements = NULL;
	push_view(lua, &one, v->path);
	return 1;
}

static int index_field(lua_State *lua, const struct view *v, const char *name)
{
	struct engine *e = engine_of(lua);
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(v->type, name);
	const char *base = (const char *)v->message;
	char path[64];
	int open;
	int n = snprintf(path, sizeof path, "%s%s%s", v->path, v->path[0] != '\0' ? "." : "", name);
	if (n < 0 || (size_t)n >= sizeof path || f == NULL)
		return luaL_error(lua, "no field '%s'", path);
	open = declared(e->pack, path);
	if (open == -1)
		return luaL_error(lua, "field '%s' is not declared in pack.yaml", path);
	if (open >= 0)
		e->fields_read |= UINT64_C(1) << open;
	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			return luaL_error(lua, "field '%s' is a list that rules do not see", path);
		struct view list = { v->generation, NULL, *(const ProtobufCMessage *const *const *)(const void *)(base + f->offset),
			f->descriptor, *(const size_t *)(const void *)(base + f->quantifier_offset), "" };
		push_view(lua, &list, path);
		return 1;
	}
	if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
		struct view sub = { v->generation, *(const ProtobufCMessage *const *)(const void *)(base + f->offset), NULL,
			f->descriptor, 0, "" };
		if (sub.message == NULL)
			lua_pushnil(lua);
		else
			push_view(lua, &sub, path);
		return 1;
	}
	push_scalar(lua, f, base + f->offset);
	return 1;
}

static int on_index(lua_State *lua)
{
	const struct view *v = view_at(lua, 1);
	if (v->message == NULL)
		return index_list(lua, v);
	return index_field(lua, v, luaL_checkstring(lua, 2));
}

static int on_length(lua_State *lua)
{
	lua_pushinteger(lua, (lua_Integer)view_at(lua, 1)->count);
	return 1;
}

static int on_write(lua_State *lua)
{
	return luaL_error(lua, "the crossing cannot be changed");
}

void facts_register(lua_State *lua)
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

int facts_stays(lua_State *lua, int index, Postern__Stay ***out, size_t *count)
{
	struct view *v = view_at(lua, index);
	if (v->type != &postern__stay__descriptor || v->message != NULL)
		return -1;
	*out = (Postern__Stay **)(uintptr_t)v->elements;
	*count = v->count;
	return 0;
}

const Postern__Date *facts_date(lua_State *lua, int index)
{
	struct view *v = view_at(lua, index);
	return v->type == &postern__date__descriptor ? (const Postern__Date *)v->message : NULL;
}
