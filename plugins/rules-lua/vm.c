/* SPDX-License-Identifier: Apache-2.0
 * Allocator, budget and calls of a hardened Lua state. Must never return memory beyond a cap, nor
 * leave freed memory unwiped: it may hold what a rule has read.
 */
#include "vm.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct vm *vm_of(lua_State *lua)
{
	return *(struct vm **)lua_getextraspace(lua);
}

void *vm_owner(lua_State *lua)
{
	return vm_of(lua)->owner;
}

static void release(struct vm *vm, void *ptr, size_t size)
{
	if (ptr == NULL)
		return;
	explicit_bzero(ptr, size);
	free(ptr);
	vm->used -= size;
}

static void on_hook(lua_State *lua, lua_Debug *ar);

/* A hook may be set at any time (it is what a signal's handler does), so the next instruction finds
 * an empty budget, not the next thousandth. */
static void charge_bytes(struct vm *vm, size_t bytes)
{
	vm->budget -= (int64_t)(bytes / VM_BYTES_PER_INSTRUCTION);
	if (vm->budget <= 0 && vm->lua != NULL)
		lua_sethook(vm->lua, on_hook, LUA_MASKCOUNT, 1);
}

/* osize is the type tag of a new object when ptr is NULL (manual, lua_Alloc): that bounds the
 * length of strings. Lua takes it for granted that shrinking never fails. */
static void *allocate(void *ctx, void *ptr, size_t osize, size_t nsize)
{
	struct vm *vm = ctx;
	size_t old = ptr != NULL ? osize : 0;
	void *p;

	if (nsize == 0) {
		release(vm, ptr, old);
		return NULL;
	}
	if (nsize > old) {
		if (nsize > VM_BLOCK_BYTES || vm->used - old + nsize > VM_MEMORY_BYTES)
			return NULL;
		if (ptr == NULL && osize == LUA_TSTRING && nsize > VM_STRING_BYTES)
			return NULL;
		charge_bytes(vm, nsize - old);
	}
	p = malloc(nsize);
	if (p == NULL)
		return nsize <= old ? ptr : NULL;
	if (ptr != NULL)
		memcpy(p, ptr, old < nsize ? old : nsize);
	vm->used += nsize;
	release(vm, ptr, old);
	return p;
}

static void stop(lua_State *lua, enum vm_stop why)
{
	struct vm *vm = vm_of(lua);

	vm->stopped = why;
	/* Armed for every instruction: nothing that goes on can swallow the error. */
	lua_sethook(lua, on_hook, LUA_MASKCOUNT, 1);
	luaL_error(lua, why == VM_LATE ? "the time is up" : "the budget is spent");
}

static void on_hook(lua_State *lua, lua_Debug *ar)
{
	struct vm *vm = vm_of(lua);

	if (ar->event == LUA_HOOKLINE) {
		if (vm->on_line != NULL)
			vm->on_line(vm->on_line_ctx, lua, ar);
		return;
	}
	vm->budget -= VM_HOOK_EVERY;
	if (vm->stopped != VM_RUNNING || vm->budget <= 0)
		stop(lua, VM_BUDGET);
	if (clock_mono_ns() >= vm->deadline_ns)
		stop(lua, VM_LATE);
}

void vm_charge(lua_State *lua, int64_t work)
{
	struct vm *vm = vm_of(lua);

	vm->budget -= work;
	if (vm->budget <= 0)
		stop(lua, VM_BUDGET);
}

static int on_panic(lua_State *lua)
{
	(void)lua;
	_exit(70); /* outside lua_pcall nothing may fail: the supervisor starts a clean process */
}

int vm_open(struct vm *vm, void *owner)
{
	memset(vm, 0, sizeof *vm);
	vm->owner = owner;
	vm->lua = lua_newstate(allocate, vm);
	if (vm->lua == NULL)
		return PN_ENOMEM;
	*(struct vm **)lua_getextraspace(vm->lua) = vm;
	lua_atpanic(vm->lua, on_panic);
	return PN_OK;
}

void vm_close(struct vm *vm)
{
	if (vm->lua != NULL)
		lua_close(vm->lua);
	vm->lua = NULL;
}

void vm_refill(struct vm *vm, int64_t instructions, uint64_t deadline_ns)
{
	vm->budget = instructions;
	vm->deadline_ns = deadline_ns;
	vm->stopped = VM_RUNNING;
	lua_sethook(vm->lua, on_hook, LUA_MASKCOUNT | (vm->on_line != NULL ? LUA_MASKLINE : 0),
		VM_HOOK_EVERY);
}

void vm_watch_lines(
	struct vm *vm, void (*on_line)(void *ctx, lua_State *lua, lua_Debug *ar), void *ctx)
{
	vm->on_line = on_line;
	vm->on_line_ctx = ctx;
}

int vm_call(struct vm *vm, int count, int results)
{
	int r = lua_pcall(vm->lua, count, results, 0);

	if (r == LUA_ERRMEM && vm->stopped == VM_RUNNING)
		vm->stopped = VM_MEMORY;
	if (r == LUA_OK && vm->stopped != VM_RUNNING)
		r = LUA_ERRRUN;
	return r;
}

void vm_compile(lua_State *lua, const char *text, size_t size, const char *name)
{
	if (size > VM_SOURCE_BYTES)
		luaL_error(lua, "a source of more than %d bytes", VM_SOURCE_BYTES);
	if (size > 0 && (unsigned char)text[0] < 0x20 && text[0] != '\n' && text[0] != '\t' &&
		text[0] != '\r')
		luaL_error(lua, "compiled code, expected text");
	if (luaL_loadbufferx(lua, text, size, name, "t") != LUA_OK)
		lua_error(lua);
}
