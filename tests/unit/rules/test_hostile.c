/* SPDX-License-Identifier: Apache-2.0
 * Rules written to do harm (hostile.def), each run by the real engine beside a rule that means
 * well. Each must come to exactly the outcome written beside it, within the caps of vm.h as malloc
 * itself sees them, and must leave the other rule, the next crossing and another pack's engine as
 * they were. Time stands still but where a test moves it, so that no outcome hangs on the machine's
 * load. Must never take a crash or a late answer for an outcome.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <lualib.h>

#include "engine_run.h"
#include "pack_text.h"
#include "still_clock.h"

enum outcome { FAILS, BUDGET, MEMORY, CLEAR, REFUSED };

struct attack {
	const char *name, *what, *body, *source;
	size_t size;
	enum outcome outcome;
};

#define ATTACK(name, outcome, what, body) {#name, what, body, NULL, 0, outcome},
#define FILE(name, outcome, what, source) {#name, what, NULL, source, sizeof(source) - 1, outcome},
static const struct attack attacks[] = {
#include "hostile.def"
};
#undef ATTACK
#undef FILE

static const char constants[] =
	"return { limit = 90, list = { 'a', 'b' }, deep = { er = { n = 1 } } }";

/* Must find all as it was: constants, functions, the crossing and an environment of its own. */
static const char control[] = "return function(crossing)\n"
			      "if pack.limit == 90 and #pack.list == 2 and pack.deep.er.n == 1 and "
			      "type(_ENV) == 'userdata'\n"
			      "and ('norway'):sub(1, 3):upper() == 'NOR' and has(pack.list, 'b') "
			      "and math.max(1, 2) == 2\n"
			      "and crossing.document.age_years == 41 and crossing.direction == "
			      "'entry' and #crossing.checks == 18\n"
			      "and stay.used(crossing.stays, crossing.reference_date) == 9 then\n"
			      "return 'refer', 'control', 'minor', stay.days_left(crossing.stays, "
			      "crossing.reference_date, pack.limit)\n"
			      "end end";

/* --- malloc's own view of what the engine holds --- */

static size_t held, peak, churned;
void *__real_malloc(size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void __wrap_free(void *p);

void *__wrap_malloc(size_t size)
{
	void *p = __real_malloc(size);

	held += p != NULL ? malloc_usable_size(p) : 0;
	churned += size;
	peak = held > peak ? held : peak;
	return p;
}

void __wrap_free(void *p)
{
	size_t size = p != NULL ? malloc_usable_size(p) : 0;

	held = held > size ? held - size : 0;
	__real_free(p);
}

static uint64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

static struct {
	size_t bytes, churn;
	uint64_t us;
	int64_t overdraft;
	const char *of_bytes, *of_churn, *of_us, *of_overdraft;
	unsigned count[REFUSED + 1];
} worst;

struct bench {
	struct pack *pack;
	struct engine *engine;
	struct engine_result result;
	char message[1024];
};

static bool open_bench(struct bench *b, const struct pack_text *files)
{
	struct text error;

	memset(b, 0, sizeof *b);
	text_init(&error, b->message, sizeof b->message);
	return pack_from_text(NULL, files, &b->pack, &error) == PN_OK &&
	       engine_open(b->pack, &b->engine, &error) == PN_OK;
}

static void close_bench(struct bench *b)
{
	engine_close(b->engine);
	pack_free(b->pack);
}

/* What a rule may hold: the cap, and malloc's rounding of blocks. What it may allocate in all: its
 * budget in bytes, twice that where blocks grow by copying, and the state built anew. Beyond the
 * budget: the dearest call, str.contains of two longest strings. */
enum {
	PEAK_MAX = VM_MEMORY_BYTES + VM_MEMORY_BYTES / 4,
	CHURN_MAX = 2 * ENGINE_RULE_INSTRUCTIONS * VM_BYTES_PER_INSTRUCTION + 4 * VM_MEMORY_BYTES,
	OVERDRAFT_MAX = 2 * VM_STRING_BYTES + 32,
	YARDSTICK_STEPS = 5000000,
	YARDSTICKS_MAX = 20
};

/* No evaluation takes longer than a fixed amount of other work in this very process, slowed down by the same valgrind, sanitizer or
 * machine: some 10 ms of a fast one, where the longest evaluation takes 4. */
static uint64_t cpu_max_us(void)
{
	static uint64_t most;
	if (most == 0) {
		volatile uint32_t x = 1;
		const uint64_t start = cpu_us();
		for (uint32_t i = 0; i < YARDSTICK_STEPS; i++)
			x = x * 1664525U + i;
		most = YARDSTICKS_MAX * (cpu_us() - start);
	}
	return most;
}

static void evaluate(struct bench *b, const char *name)
{
	uint64_t start = cpu_us();

	held = peak = churned = 0;
	engine_evaluate(b->engine, ordinary_facts(), &b->result);
	uint64_t us = cpu_us() - start;
	if (peak > PEAK_MAX)
		fail_msg("%s: held %zu bytes", name, peak);
	if (churned > CHURN_MAX)
		fail_msg("%s: allocated %zu bytes in all", name, churned);
	if (us > cpu_max_us())
		fail_msg("%s: took %lu us", name, (unsigned long)us);
	if (peak > worst.bytes) {
		worst.bytes = peak;
		worst.of_bytes = name;
	}
	if (churned > worst.churn) {
		worst.churn = churned;
		worst.of_churn = name;
	}
	if (us > worst.us) {
		worst.us = us;
		worst.of_us = name;
	}
}

static void is_control(const struct engine_finding *f, const char *name)
{
	if (strcmp(f->code, "control") != 0 || f->verdict != POSTERN__VERDICT__VERDICT_REFER ||
		f->exception != POSTERN__EXCEPTION_CLASS__EXCEPTION_MINOR || f->arg_count != 1 ||
		strcmp(f->args[0], "90") != 0)
		fail_msg("%s: the other rule said %s", name, f->code);
}

static const struct engine_finding *of_rule(const struct bench *b, const char *rule)
{
	for (size_t i = 0; i < b->result.finding_count; i++)
		if (strcmp(b->result.finding[i].rule, rule) == 0)
			return &b->result.finding[i];
	return NULL;
}

static void is_outcome(const struct bench *b, const struct attack *a)
{
	const struct engine_finding *f = of_rule(b, "rule_attack");
	bool clear = a->outcome == CLEAR;

	if ((f == NULL) != clear)
		fail_msg("%s: found %s: %s", a->name, f != NULL ? f->code : "clear",
			engine_error(b->engine));
	assert_int_equal(b->result.errors, clear ? 0 : 1);
	assert_int_equal(b->result.finding_count, clear ? 1 : 2);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_REFER);
	if (clear)
		return;
	assert_string_equal(f->code, "rules.error");
	assert_int_equal(f->verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_int_equal(f->exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
	assert_int_equal(f->arg_count, 0);
	if (strstr(engine_error(b->engine), a->what) == NULL)
		fail_msg("%s: error '%s' lacks '%s'", a->name, engine_error(b->engine), a->what);
}

/* The attack was the last rule to run: the machine it ran in shows how it ended. */
static void is_stopped(const struct bench *b, const struct attack *a)
{
	static const enum vm_stop expected[] = {VM_RUNNING, VM_BUDGET, VM_MEMORY, VM_RUNNING};
	const struct vm *vm = &b->engine->vm;

	if (vm->stopped != expected[a->outcome])
		fail_msg("%s: stopped %d", a->name, (int)vm->stopped);
	if (a->outcome == CLEAR)
		return; /* collected and refilled since */
	assert_null(vm->lua);
	if (-vm->budget > OVERDRAFT_MAX)
		fail_msg("%s: %lld beyond the budget", a->name, (long long)-vm->budget);
	if (-vm->budget > worst.overdraft) {
		worst.overdraft = -vm->budget;
		worst.of_overdraft = a->name;
	}
}

/* attack_first: "rule_attack" is heard before "rule_control", else after. */
static bool make(struct bench *b, const struct attack *a, bool attack_first)
{
	char text[4096];
	struct pack_text rule = {"rule_attack.lua", a->source, a->size},
			 well = {"rule_control.lua", control, 0};

	if (a->body != NULL) {
		assert_true((size_t)snprintf(text, sizeof text,
				    "return function(crossing)\n%s\nend", a->body) < sizeof text);
		rule.text = text;
	}
	return open_bench(b, (const struct pack_text[]){{"constants.lua", constants, 0},
				     attack_first ? rule : well, attack_first ? well : rule, {0}});
}

static void attack(const struct attack *a, struct bench *bystander)
{
	struct bench b;

	worst.count[a->outcome]++;
	for (int order = 0; order < 2; order++) {
		bool first = order == 0, loaded = make(&b, a, first);

		if (loaded != (a->outcome != REFUSED) ||
			(!loaded && strstr(b.message, a->what) == NULL))
			fail_msg("%s: %s", a->name, b.message);
		for (int round = 0; loaded && round < ENGINE_ERRORS_MAX; round++) {
			evaluate(&b, a->name);
			is_outcome(&b, a);
			is_control(of_rule(&b, "rule_control"), a->name);
			if (!first)
				is_stopped(&b, a);
		}
		/* One more crossing: what has failed too often is no longer run, the other is. */
		if (loaded) {
			evaluate(&b, a->name);
			is_control(of_rule(&b, "rule_control"), a->name);
			assert_int_equal(b.result.errors, 0);
			if (a->outcome != CLEAR)
				assert_string_equal(
					of_rule(&b, "rule_attack")->code, "rules.quarantined");
		}
		close_bench(&b);
		evaluate(bystander, a->name);
		assert_int_equal(bystander->result.finding_count, 1);
		is_control(&bystander->result.finding[0], a->name);
	}
}

static void all_attacks(void **state)
{
	struct bench bystander;

	(void)state;
	assert_true(
		open_bench(&bystander, (const struct pack_text[]){{"constants.lua", constants, 0},
					       {"rule_control.lua", control, 0}, {0}}));
	evaluate(&bystander, "none");
	is_control(&bystander.result.finding[0], "none");
	for (size_t i = 0; i < PN_COUNT(attacks); i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(attacks[k].name, attacks[i].name);
		attack(&attacks[i], &bystander);
	}
	close_bench(&bystander);
	print_message("%zu attacks: %u errors, %u out of budget, %u out of memory, %u for nothing, "
		      "%u refused\n",
		PN_COUNT(attacks), worst.count[FAILS], worst.count[BUDGET], worst.count[MEMORY],
		worst.count[CLEAR], worst.count[REFUSED]);
	print_message("the limit: %lu us\n", (unsigned long)cpu_max_us());
	print_message("most allocated: %zu bytes (%s)\n", worst.churn, worst.of_churn);
	print_message("most held: %zu bytes (%s)\nmost time: %lu us (%s)\nmost beyond the budget: "
		      "%lld (%s)\n",
		worst.bytes, worst.of_bytes, (unsigned long)worst.us, worst.of_us,
		(long long)worst.overdraft, worst.of_overdraft);
}

/* Sources grown beyond what a literal shows. */
static void grown_sources(void **state)
{
	static const struct {
		const char *name, *head, *part, *tail, *what;
		int count;
	} grown[] = {
		{"parentheses", "return function() local x = ", "(", "", "nested too deep", 4000},
		{"blocks", "return function() ", "do ", "", "nested too deep", 4000},
		{"tables", "return function() local x = ", "{", "", "nested too deep", 4000},
		{"functions", "return function() ", "local f = function() ", "", "nested too deep",
			700},
		{"minus", "return function() local x = ", "- ", "1 end", "overflow", 4000},
		{"not", "return function() local x = ", "not ", "1 end", "overflow", 3500},
		{"power", "return function() local x = 2", "^2", " end", "overflow", 4000},
		{"joining", "return function() local x = 'a'", "..'a'", " end", "overflow", 3000},
		{"locals", "return function() ", "local a ", " end", "too many local variables",
			300},
		{"arguments", "return function() f(1", ",1", ") end", "too many registers", 300},
		{"labels", "return function() ", "::a:: ", " end", "already defined", 2},
		{"one string", "return function() local x = '", "x", "' end", "not enough memory",
			15000},
		{"one name", "return function() local ", "x", " end", "not enough memory", 15000},
		{"one long bracket", "return function() local x = [", "=", "",
			"invalid long string", 3000},
		{"one comment", "", "-", "return 1", "function expected", 15000},
		{"source", "", " ", "return function() end", "expected at most", VM_SOURCE_BYTES},
	};
	static char text[4 * VM_SOURCE_BYTES];

	(void)state;
	for (size_t i = 0; i < PN_COUNT(grown); i++) {
		struct bench b;
		struct text t;

		text_init(&t, text, sizeof text);
		text_add(&t, "%s", grown[i].head);
		for (int k = 0; k < grown[i].count; k++)
			text_add(&t, "%s", grown[i].part);
		text_add(&t, "%s", grown[i].tail);
		assert_false(t.truncated);
		held = peak = 0;
		if (open_bench(&b, (const struct pack_text[]){{"rule_grown.lua", text, 0}, {0}}))
			fail_msg("%s: loads", grown[i].name);
		if (strstr(b.message, grown[i].what) == NULL)
			fail_msg("%s: '%s' lacks '%s'", grown[i].name, b.message, grown[i].what);
		close_bench(&b);
	}
}

/* A clock that runs out in the middle of a rule: refer, and not held against the rule while half
 * of its budget is left. */
static void lateness(void **state)
{
	struct bench b;
	static const char loop[] = "return function() while true do end end";

	(void)state;
	assert_true(open_bench(
		&b, (const struct pack_text[]){{"constants.lua", constants, 0},
			    {"rule_loop.lua", loop, 0}, {"rule_control.lua", control, 0}, {0}}));
	for (int i = 0; i < 2 * ENGINE_ERRORS_MAX; i++) {
		still_clock_step(UINT64_C(2000000)); /* each look at the clock: 2 ms */
		evaluate(&b, "late");
		assert_int_equal(b.result.verdict, POSTERN__VERDICT__VERDICT_REFER);
		assert_string_equal(of_rule(&b, "rule_loop")->code, "rules.error");
		assert_string_equal(engine_error(b.engine), "the time is up");
		/* No time is left for the other: it counts as refer, not as unheard. */
		assert_string_equal(of_rule(&b, "rule_control")->code, "rules.error");
	}
	still_clock_step(0);
	evaluate(&b, "in time");
	assert_string_equal(of_rule(&b, "rule_loop")->code, "rules.error");
	is_control(of_rule(&b, "rule_control"), "in time");
	close_bench(&b);
}

/* Were pcall or coroutines ever given to rules: once stopped, a state stays stopped. Two things are
 * beyond that, since Lua runs them with its hooks off, and must never be given: xpcall, whose
 * handler is called by the very hook that stops, and __gc. */
static void caught_budget(void **state)
{
	static const char *const sources[] = {
		"while true do pcall(function() while true do end end) end",
		"pcall(function() while true do end end) return 'clear'",
		"local co = coroutine.wrap(function() pcall(function() while true do end end) end) "
		"while true do pcall(co) end",
		"local t <close> = setmetatable({}, { __close = function() while true do end end "
		"}) "
		"while true do end"};

	(void)state;
	for (size_t i = 0; i < PN_COUNT(sources); i++) {
		struct vm vm;

		assert_int_equal(vm_open(&vm, NULL), PN_OK);
		vm_refill(&vm, ENGINE_LOAD_INSTRUCTIONS, UINT64_MAX);
		luaL_requiref(vm.lua, "_G", luaopen_base, 1);
		luaL_requiref(vm.lua, "coroutine", luaopen_coroutine, 1);
		lua_settop(vm.lua, 0);
		assert_int_equal(luaL_loadstring(vm.lua, sources[i]), LUA_OK);
		vm_refill(&vm, ENGINE_RULE_INSTRUCTIONS, UINT64_MAX);
		uint64_t start = cpu_us();
		if (vm_call(&vm, 0, 0) == LUA_OK)
			fail_msg("%s: ended well", sources[i]);
		assert_int_equal(vm.stopped, VM_BUDGET);
		assert_true(cpu_us() - start < cpu_max_us());
		vm_close(&vm);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_attacks),
		cmocka_unit_test(grown_sources),
		cmocka_unit_test(lateness),
		cmocka_unit_test(caught_budget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
