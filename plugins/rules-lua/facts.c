/* SPDX-License-Identifier: Apache-2.0
 * The crossing as a rule sees it: read-only userdata over the protobuf-c descriptors, limited to
 * the fields the pack declares. Every field read is noted. Must never hand out a pointer, a raw
 * table or a field that is not open.
 */
#include <ctype.h>
#include <string.h>

#include "engine_run.h"

static const char meta[] = "postern.facts";

/* One message, or one list of messages. */
struct view {
	uint64_t generation; /* of the evaluation it belongs to */
	const ProtobufCMessage *message;
	const ProtobufCMessage *const *elements;
	size_t count;
	int field; /* its place in the tree */
};

enum { VIEWS_KEPT = 128 }; /* in one evaluation; those beyond are made anew each time */

/* The table of this evaluation's views. */
static void push_kept(lua_State *lua, struct engine *e)
{
	if (lua_rawgeti(lua, LUA_REGISTRYINDEX, e->views_ref) == LUA_TTABLE)
		return;
	lua_pop(lua, 1);
	lua_newtable(lua);
	lua_pushvalue(lua, -1);
	lua_rawseti(lua, LUA_REGISTRYINDEX, e->views_ref);
}

/* Onto the stack, above that table. key: an address that no other view of the evaluation has. A
 * view cannot be changed, so rules may see the same one. */
static void push_view(lua_State *lua, const struct view *from, const void *key)
{
	struct engine *e = engine_of(lua);
	struct view *v;

	push_kept(lua, e);
	if (lua_rawgetp(lua, -1, key) == LUA_TUSERDATA)
		return;
	lua_pop(lua, 1);
	v = lua_newuserdatauv(lua, sizeof *v, 0);
	*v = *from;
	lua_rawgeti(lua, LUA_REGISTRYINDEX, e->meta_ref);
	lua_setmetatable(lua, -2);
	if (e->views < VIEWS_KEPT) {
		lua_pushvalue(lua, -1);
		lua_rawsetp(lua, -3, key);
		e->views++;
	}
}

void facts_push(struct engine *e, const Postern__CrossingFacts *facts)
{
	struct view v = {e->generation, &facts->base, NULL, 0, FIELDS_ROOT};

	push_view(e->vm.lua, &v, facts);
	lua_remove(e->vm.lua, -2);
}

void facts_forget(struct engine *e)
{
	e->views = 0;
	if (e->vm.lua == NULL)
		return;
	lua_pushboolean(e->vm.lua, 0);
	lua_rawseti(e->vm.lua, LUA_REGISTRYINDEX, e->views_ref);
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
	for (name++; *name != '\0' && n < sizeof word; name++)
		word[n++] = (char)tolower((unsigned char)*name);
	lua_pushlstring(lua, word, n);
}

static void push_scalar(lua_State *lua, const ProtobufCFieldDescriptor *f, const void *at)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING:
		lua_pushstring(lua, *(const char *const *)at);
		return;
	case PROTOBUF_C_TYPE_BOOL:
		lua_pushboolean(lua, *(const protobuf_c_boolean *)at);
		return;
	case PROTOBUF_C_TYPE_ENUM:
		push_enum(lua, f->descriptor, *(const int *)at);
		return;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		lua_pushinteger(lua, *(const int32_t *)at);
		return;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		lua_pushinteger(lua, *(const uint32_t *)at);
		return;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		lua_pushinteger(lua, *(const int64_t *)at);
		return;
	case PROTOBUF_C_TYPE_FLOAT:
	case PROTOBUF_C_TYPE_DOUBLE:
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		break;
	}
	luaL_error(lua, "field '%s' has a type that rules do not see", f->name);
}

static struct view *alive(lua_State *lua, struct view *v)
{
	if (v->generation != engine_of(lua)->generation)
		luaL_error(lua, "a crossing that is over");
	return v;
}

static struct view *view_at(lua_State *lua, int index)
{
	return alive(lua, luaL_checkudata(lua, index, meta));
}

/* Of a metamethod: a rule has no other way to it than by a view, since no function hands out a
 * metatable. */
static struct view *view_of_method(lua_State *lua)
{
	return alive(lua, lua_touserdata(lua, 1));
}

static int index_list(lua_State *lua, const struct view *v)
{
	lua_Integer i = luaL_checkinteger(lua, 2);
	struct view one = *v;

	if (i < 1 || (lua_Unsigned)i > v->count) {
		lua_pushnil(lua);
		return 1;
	}
	one.message = v->elements[i - 1];
	one.elements = NULL;
	one.count = 0;
	push_view(lua, &one, &v->elements[i - 1]);
	return 1;
}

static int push_list(lua_State *lua, const struct view *v, int at, const struct field *field)
{
	const char *base = (const char *)v->message;
	const ProtobufCFieldDescriptor *f = field->descriptor;
	struct view list = {.generation = v->generation, .field = at};

	if (!field_is_message(field))
		return luaL_error(lua, "field '%s' is a list that rules do not see", field->path);
	list.count = *(const size_t *)(const void *)(base + f->quantifier_offset);
	list.elements = *(const ProtobufCMessage *const *const *)(const void *)(base + f->offset);
	push_view(lua, &list, base + f->quantifier_offset);
	return 1;
}

static int index_field(lua_State *lua, const struct view *v)
{
	struct engine *e = engine_of(lua);
	const struct fields *tree = &e->pack->tree;
	const char *base = (const char *)v->message;
	size_t size;
	const char *name = luaL_checklstring(lua, 2, &size);
	int at = fields_find(tree, v->field, name, size);
	const struct field *field;

	if (at < 0)
		return luaL_error(lua, "the crossing has no such field: %s", name);
	field = &tree->field[at];
	if (!field->open)
		return luaL_error(lua, "field '%s' is not declared in pack.yaml", field->path);
	if (field->declared || field_is_list(field))
		e->read[field->noted] = true;
	if (field_is_list(field))
		return push_list(lua, v, at, field);
	if (field_is_message(field)) {
		struct view sub = {v->generation,
			*(const ProtobufCMessage *const *)(const void *)(base +
									 field->descriptor->offset),
			NULL, 0, at};
		if (sub.message == NULL)
			lua_pushnil(lua);
		else
			push_view(lua, &sub, sub.message);
		return 1;
	}
	push_scalar(lua, field->descriptor, base + field->descriptor->offset);
	return 1;
}

static int on_index(lua_State *lua)
{
	const struct view *v = view_of_method(lua);

	return v->message == NULL ? index_list(lua, v) : index_field(lua, v);
}

static int on_length(lua_State *lua)
{
	const struct view *v = view_of_method(lua);

	if (v->message != NULL)
		return luaL_error(lua, "a length is asked of what is no list");
	lua_pushinteger(lua, (lua_Integer)v->count);
	return 1;
}

static int on_write(lua_State *lua)
{
	return luaL_error(lua, "the crossing cannot be changed");
}

void facts_register(lua_State *lua)
{
	struct engine *e = engine_of(lua);

	luaL_newmetatable(lua, meta);
	lua_pushcfunction(lua, on_index);
	lua_setfield(lua, -2, "__index");
	lua_pushcfunction(lua, on_length);
	lua_setfield(lua, -2, "__len");
	lua_pushcfunction(lua, on_write);
	lua_setfield(lua, -2, "__newindex");
	lua_pushboolean(lua, 0);
	lua_setfield(lua, -2, "__metatable");
	e->meta_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
	lua_pushboolean(lua, 0);
	e->views_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
	e->views = 0;
}

void facts_stays(lua_State *lua, int index, const Postern__Stay *const **out, size_t *count)
{
	const struct view *v = view_at(lua, index);
	const struct field *field = &engine_of(lua)->pack->tree.field[v->field];

	if (v->message != NULL || field->descriptor->descriptor != &postern__stay__descriptor)
		luaL_error(lua, "expected the crossing's stays");
	*out = (const Postern__Stay *const *)v->elements;
	*count = v->count;
}

const Postern__Date *facts_date(lua_State *lua, int index)
{
	const struct view *v = view_at(lua, index);

	if (v->message == NULL || v->message->descriptor != &postern__date__descriptor)
		luaL_error(lua, "expected a date of the crossing");
	return (const Postern__Date *)v->message;
}
