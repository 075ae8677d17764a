/* SPDX-License-Identifier: Apache-2.0
 * Inside of the engine, shared by its files only. Must never be included from elsewhere.
 */
#ifndef POSTERN_RULES_ENGINE_RUN_H
#define POSTERN_RULES_ENGINE_RUN_H
#include "engine.h"
#include "vm.h"

struct engine {
	const struct pack *pack;
	struct vm vm;
	uint64_t generation; /* of the facts' userdata: a kept one is dead in the next evaluation */
	bool read[FIELDS_MAX]; /* fields noted in this evaluation */
	int env_ref; /* in the registry, of the present state; so are rule_refs, of the chunks */
	int rule_refs[PACK_RULES_MAX];
	int meta_ref, views_ref; /* facts.c: the views' metatable; a table of this evaluation's */
	unsigned views;		 /* in that table */
	unsigned rule_errors[PACK_RULES_MAX];
	char error[ENGINE_ERROR_MAX];
	void (*on_line)(void *ctx, lua_State *lua, lua_Debug *ar); /* coverage.c; NULL at a gate */
	void *on_line_ctx;
};

static inline struct engine *engine_of(lua_State *lua)
{
	return vm_owner(lua);
}

/* facts.c */
void facts_register(lua_State *lua);
void facts_push(struct engine *e, const Postern__CrossingFacts *facts);
/* The evaluation is over; raises nothing. */
void facts_forget(struct engine *e);
/* What stands at index, or an error is raised. */
void facts_stays(lua_State *lua, int index, const Postern__Stay *const **out, size_t *count);
const Postern__Date *facts_date(lua_State *lua, int index);

/* functions.c: builds _ENV of the rules and leaves it on the stack. */
void functions_register(lua_State *lua);
/* frozen.c: replaces the table on top of the stack by a read-only one, deep. */
void frozen_register(lua_State *lua);
void frozen_push(lua_State *lua);
/* The table behind a frozen one, or the plain table at index; pushed. False: neither, nothing
 * pushed. */
bool frozen_table(lua_State *lua, int index);
#endif
