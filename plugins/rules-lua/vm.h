/* SPDX-License-Identifier: Apache-2.0
 * A hardened Lua 5.4 state: own allocator with caps, a budget of instructions, bytes and time, no
 * library opened, text chunks only. Debian 12's 5.4.4 lacks upstream fixes whose triggers are
 * coroutines, metatables, to-be-closed variables, bytecode and huge strings: none of them is
 * reachable from a chunk run here. The process boundary is the second wall. Must never run a chunk
 * outside lua_pcall, nor go on with a state that has overrun.
 */
#ifndef POSTERN_RULES_VM_H
#define POSTERN_RULES_VM_H
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum {
	VM_MEMORY_BYTES = 256 * 1024, /* all of a state */
	VM_BLOCK_BYTES = 48 * 1024, /* one block: the stack, a table's array, the lexer's buffer */
	VM_STRING_BYTES = 4 * 1024, /* one string with its header */
	VM_SOURCE_BYTES = 16 * 1024,
	VM_HOOK_EVERY = 1000,          /* instructions */
	VM_BYTES_PER_INSTRUCTION = 32, /* allocated bytes are charged as instructions */
};

enum vm_stop { VM_RUNNING, VM_BUDGET, VM_LATE, VM_MEMORY };

struct vm {
	lua_State *lua;       /* NULL: closed */
	void *owner;          /* the caller's; vm_owner() finds it from a C function */
	size_t used;          /* bytes held */
	int64_t budget;       /* instructions left */
	uint64_t deadline_ns; /* monotonic */
	enum vm_stop stopped; /* why the state must be rebuilt */
	void (*on_line)(void *ctx, lua_State *lua, lua_Debug *ar); /* NULL: nobody watches */
	void *on_line_ctx;
};

/* PN_ENOMEM. The state's extra space belongs to vm. */
int vm_open(struct vm *vm, void *owner) PN_MUST_CHECK;
void vm_close(struct vm *vm);
/* Before every call: the budget is of this call alone. */
void vm_refill(struct vm *vm, int64_t instructions, uint64_t deadline_ns);
/* lua_pcall of the function and its count arguments on the stack. Afterwards the state must be
 * rebuilt when vm->stopped is set. Returns Lua's status; never LUA_OK when stopped. */
int vm_call(struct vm *vm, int count, int results);
/* For C functions that rules call: work in instructions. Raises when the budget is spent. */
void vm_charge(lua_State *lua, int64_t work);
/* Compiles text, never bytecode, and leaves the function on the stack, or raises. Only below
 * vm_call. */
void vm_compile(lua_State *lua, const char *text, size_t size, const char *name);
/* For an author's tests: on_line is called before each line, from the next vm_refill on. */
void vm_watch_lines(
	struct vm *vm, void (*on_line)(void *ctx, lua_State *lua, lua_Debug *ar), void *ctx);
void *vm_owner(lua_State *lua);
#endif
