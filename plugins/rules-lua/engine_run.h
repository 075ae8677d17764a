/* SPDX-License-Identifier: Apache-2.0
 * Inside of the engine, shared by its files only. Must never be included from elsewhere.
 */
#ifndef POSTERN_RULES_ENGINE_RUN_H
#define POSTERN_RULES_ENGINE_RUN_H
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "engine.h"

struct engine {
	const struct pack *pack;
	lua_State *lua;
	size_t used;	  /* bytes held */
	uint64_t charged; /* bytes allocated in this evaluation */
	int64_t budget;	  /* instructions left */
	uint64_t deadline_ns;
	bool overrun;	     /* time or instructions are spent: the state is not trusted any more */
	uint64_t generation; /* of the facts userdata: a kept one is dead in the next evaluation */
	uint64_t fields_read;
	int rule_refs[PACK_RULES_MAX];
	unsigned rule_errors[PACK_RULES_MAX];
};

struct engine *engine_of(lua_State *lua);
/* facts.c */
void facts_register(lua_State *lua);
void facts_push(struct engine *e, const Postern__CrossingFacts *facts);
/* functions.c */
void functions_register(lua_State *lua);
/* Reads a list of stays userdata at index into out; -1 when it is none. */
int facts_stays(lua_State *lua, int index, Postern__Stay ***out, size_t *count);
const Postern__Date *facts_date(lua_State *lua, int index);
#endif
