/* SPDX-License-Identifier: Apache-2.0
 * What the engine lets a rule see, keep and return, and what it does when a rule fails. Must never
 * need a signed pack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pack_text.h"
#include "vm.h"

struct bench {
	struct pack *pack;
	struct engine *engine;
	struct engine_result result;
	char message[1024];
	struct text error;
};

static struct bench *open_bench(const char *fields, const struct pack_text *files)
{
	struct bench *b = calloc(1, sizeof *b);

	assert_non_null(b);
	text_init(&b->error, b->message, sizeof b->message);
	if (pack_from_text(fields, files, &b->pack, &b->error) == PN_OK)
		(void)!engine_open(b->pack, &b->engine, &b->error);
	return b;
}

static void close_bench(struct bench *b)
{
	engine_close(b->engine);
	pack_free(b->pack);
	free(b);
}

static struct bench *one(const char *body)
{
	char text[4096];

	snprintf(text, sizeof text, "return function(crossing)\n%s\nend", body);
	return open_bench(NULL, (const struct pack_text[]){{"rule.lua", text, 0}, {0}});
}

static void run(struct bench *b)
{
	assert_string_equal(b->message, "");
	assert_non_null(b->engine);
	engine_evaluate(b->engine, ordinary_facts(), &b->result);
}

/* The body's expression must be true. */
static void holds(const char *expression)
{
	char body[2048];

	snprintf(body, sizeof body, "if not (%s) then return 'refer', 'no', 'ineligible' end",
		expression);
	struct bench *b = one(body);
	run(b);
	if (b->result.verdict != POSTERN__VERDICT__VERDICT_CLEAR)
		fail_msg("%s: %s %s", expression, b->result.finding[0].code,
			engine_error(b->engine));
	close_bench(b);
}

/* The body must fail when it runs; the error holds what. */
static void fails(const char *body, const char *what)
{
	struct bench *b = one(body);

	run(b);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_REFER);
	assert_string_equal(b->result.finding[0].code, "rules.error");
	assert_int_equal(b->result.finding[0].exception,
		POSTERN__EXCEPTION_CLASS__EXCEPTION_SYSTEM_MALFUNCTION);
	assert_int_equal(b->result.errors, 1);
	if (strstr(engine_error(b->engine), what) == NULL)
		fail_msg("%s: error '%s' lacks '%s'", body, engine_error(b->engine), what);
	close_bench(b);
}

static void values(void **state)
{
	(void)state;
	holds("crossing.direction == 'entry'");
	holds("crossing.document.format == 'td3'");
	holds("crossing.document.age_years == 41 and crossing.document.days_to_expiry == 1311");
	holds("crossing.document.birth_date.year == 1985 and crossing.document.birth_date.day == "
	      "17");
	holds("crossing.list_stale == false and crossing.watchlist_result == 'successful'");
	holds("crossing.clock_quality == 'synchronised'");
	holds("#crossing.checks == 18 and crossing.checks[18].result == 'successful' and "
	      "crossing.checks[19] == nil");
	holds("crossing.checks[0] == nil and #crossing.matches == 0");
	holds("crossing.stays[1].exit_date.month == 1");
	/* the window begins on 2026-01-02 */
	holds("stay.used(crossing.stays, crossing.reference_date) == 9");
	holds("stay.days_left(crossing.stays, crossing.reference_date, 90) == 90");
	holds("stay.open(crossing.stays) == 0");
	holds("date.days(crossing.reference_date, crossing.document.expiry_date) == 1311");
}

static void functions(void **state)
{
	(void)state;
	holds("type(1) == 'number' and type(crossing) == 'userdata' and tostring(12) == '12' and "
	      "tostring(true) == 'true'");
	holds("tonumber('-12') == -12 and tonumber('0x10') == nil and tonumber('1e3') == nil and "
	      "tonumber('') == nil");
	holds("has({'a','b'}, 'b') and not has({'a','b'}, 'c')");
	holds("str.sub('abcdef', 2, 3) == 'bc' and str.sub('abc', 4) == '' and ('abc'):upper() == "
	      "'ABC'");
	holds("str.starts('abc', 'ab') and not str.starts('a', 'ab') and str.contains('xaby', "
	      "'ab')");
	holds("math.min(2, 1) == 1 and math.max(2, 1) == 2 and math.abs(-3) == 3");
	holds("(function() local n = 0 for i, v in ipairs({5, 6, nil, 7}) do n = n + i * v end "
	      "return n == 17 end)()");
	holds("(function() local s = '' for k in pairs({b = 1, a = 2, 'x', 'y', [-1] = 0}) do s = "
	      "s .. tostring(k) .. ' ' end "
	      "return s == '-1 1 2 a b ' end)()");
	holds("(function() local s = '' for i, c in ipairs(crossing.checks) do s = s .. c.field "
	      "end return #s == 108 end)()");
}

/* Everything of the standard library that a rule must not find. */
static void nothing_else(void **state)
{
	static const char *const names[] = {"pcall", "xpcall", "load", "loadstring", "dofile",
		"loadfile", "require", "setmetatable", "getmetatable", "rawget", "rawset",
		"rawequal", "rawlen", "select", "next", "collectgarbage", "print", "warn", "assert",
		"unpack", "coroutine", "debug", "os", "io", "package", "table", "string", "utf8",
		"_G", "_VERSION", "arg"};

	(void)state;
	for (size_t i = 0; i < PN_COUNT(names); i++) {
		char body[128];
		snprintf(body, sizeof body, "local x = %s", names[i]);
		fails(body, "no such global");
	}
	holds("('x').rep == nil and ('x').len == nil and ('x').byte == nil and ('x').gsub == nil");
	fails("return ('x'):rep(3)", "");
	fails("return ('x'):format()", "");
	fails("local x = '10' + 1", "");
	fails("x = 1", "no globals of their own");
	fails("_ENV.type = nil", "no globals of their own");
	holds("(function() local e = _ENV return type(e) == 'userdata' end)()");
	fails("local e = _ENV; local s = e['string']", "no such global");
	fails("local x = tostring(crossing)", "tostring takes");
	fails("local x = tostring(type)", "tostring takes");
	fails("for k in pairs(_ENV) do end", "expected a table");
	fails("for k in pairs(str) do str[k] = nil end", "cannot be changed");
}

static void facts_are_read_only(void **state)
{
	(void)state;
	fails("crossing.direction = 'exit'", "cannot be changed");
	fails("local d = crossing.document; d.age_years = 99", "cannot be changed");
	fails("crossing.checks[1] = nil", "cannot be changed");
	fails("local x = #crossing", "no list");
	fails("local name = 'num' .. 'ber'; local function f(d) return d[name] end; "
	      "f(crossing.document)",
		"not declared in pack.yaml");
	fails("local function f(d) return d.no_such end; f(crossing.document)", "no such field");
	fails("local function f(d) return d.birth_date end; local x = f(crossing.document).hour",
		"no such field");
}

/* Only what is declared; and what the schema opens to no rule cannot be declared at all. */
static void purposes(void **state)
{
	static const char *const closed[] = {"document.number", "document.surname",
		"document.given_names", "document.sex", "document.optional_data", "checks.expected",
		"checks.found", "matches.reasons", "crossing_id", "document", "reference_date.hour",
		"nothing", "", "document..issuer"};
	static const char rule[] = "return function(crossing) end";

	(void)state;
	for (size_t i = 0; i < PN_COUNT(closed); i++) {
		char fields[64];
		snprintf(fields, sizeof fields, "direction, \"%s\"", closed[i]);
		struct bench *b =
			open_bench(fields, (const struct pack_text[]){{"rule.lua", rule, 0}, {0}});
		if (b->pack != NULL || b->message[0] == '\0')
			fail_msg("declared '%s'", closed[i]);
		close_bench(b);
	}
	struct bench *b = open_bench("document.issuer",
		(const struct pack_text[]){{"rule.lua",
						   "return function(crossing) local function f(c) "
						   "return c.lane end return f(crossing) end",
						   0},
			{0}});
	run(b);
	assert_string_equal(b->result.finding[0].code, "rules.error");
	assert_non_null(strstr(engine_error(b->engine), "field 'lane' is not declared"));
	close_bench(b);
}

static void reads_are_noted(void **state)
{
	struct bench *b = one("local d = crossing.document; if d.age_years > 90 and crossing.lane "
			      "== 'x' then end\n"
			      "local n = #crossing.matches + crossing.reference_date.year");

	(void)state;
	run(b);
	assert_int_equal(b->result.field_count, 3);
	assert_string_equal(b->result.fields_read[0], "matches");
	assert_string_equal(b->result.fields_read[1], "reference_date");
	assert_string_equal(b->result.fields_read[2], "document.age_years");
	close_bench(b);
}

static void results(void **state)
{
	static const char *const bad[] = {"return 'admit', 'a', 'minor'", "return true",
		"return 1, 'a', 'minor'", "return 'refer'", "return 'refer', 'a'",
		"return 'refer', 'a', 'no_such_class'", "return 'refer', 'a', 'none'",
		"return 'refer', 'a', 'unspecified'", "return 'refer', 'A b', 'minor'",
		"return 'refer', '', 'minor'", "return 'refer', {}, 'minor'",
		"return 'stop', 'a', 'minor', {}", "return 'stop', 'a', 'minor', 1.5",
		"return 'refer', 'a', 'minor', 1, 2, 3, 4, 5",
		"return 'refer', 'a', 'minor', crossing"};

	(void)state;
	for (size_t i = 0; i < PN_COUNT(bad); i++)
		fails(bad[i], "expected nothing, or verdict");
	struct bench *b = one("return 'stop', 'a.b_1', 'overstay', 90, 'NOR'");
	run(b);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_STOP);
	assert_int_equal(b->result.finding_count, 1);
	assert_string_equal(b->result.finding[0].code, "a.b_1");
	assert_int_equal(
		b->result.finding[0].exception, POSTERN__EXCEPTION_CLASS__EXCEPTION_OVERSTAY);
	assert_int_equal(b->result.finding[0].arg_count, 2);
	assert_string_equal(b->result.finding[0].args[0], "90");
	assert_string_equal(b->result.finding[0].args[1], "NOR");
	close_bench(b);
	b = one("return 'clear'");
	run(b);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_CLEAR);
	assert_int_equal(b->result.finding_count, 0);
	close_bench(b);
}

#define RULE(body) "return function(crossing) " body " end"

/* A rule that fails, in whatever way, neither silences the others nor is silent itself. */
static void most_restrictive(void **state)
{
	struct bench *b = open_bench(NULL,
		(const struct pack_text[]){{"rule_a.lua", RULE("return 'refer', 'a', 'minor'"), 0},
			{"rule_b.lua", RULE("while true do end"), 0},
			{"rule_c.lua", RULE("local s = 'x' while true do s = s .. s end"), 0},
			{"rule_d.lua", RULE("error('no')"), 0},
			{"rule_e.lua", RULE("return 'stop', 'e', 'database_hit'"), 0},
			{"rule_f.lua", RULE("return 'refer', 'f', 'overstay'"), 0},
			{"rule_g.lua", RULE(""), 0}, {0}});

	(void)state;
	run(b);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_STOP);
	assert_int_equal(b->result.errors, 3);
	assert_int_equal(b->result.finding_count, 6);
	static const char *const order[] = {
		"rule_e", "rule_a", "rule_b", "rule_c", "rule_d", "rule_f"};
	for (size_t i = 0; i < PN_COUNT(order); i++)
		assert_string_equal(b->result.finding[i].rule, order[i]);
	close_bench(b);
}

static void quarantine(void **state)
{
	struct bench *b = open_bench(
		NULL, (const struct pack_text[]){{"rule_a.lua", RULE("while true do end"), 0},
			      {"rule_b.lua", RULE("return 'refer', 'b', 'minor'"), 0}, {0}});

	(void)state;
	for (int i = 0; i < 6; i++) {
		run(b);
		assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_REFER);
		assert_string_equal(b->result.finding[0].rule, "rule_a");
		assert_string_equal(b->result.finding[0].code,
			i < ENGINE_ERRORS_MAX ? "rules.error" : "rules.quarantined");
		assert_string_equal(b->result.finding[1].code, "b");
	}
	close_bench(b);
}

/* Whatever a rule keeps in locals of its file, constants, functions or strings is gone afterwards.
 */
static void nothing_is_kept(void **state)
{
	static const char counter[] =
		"local seen = 0\nreturn function(crossing)\n"
		"seen = seen + 1 if seen > 1 then return 'refer', 'kept', 'ineligible' end end";
	static const char constants[] =
		"return { limit = 1, list = { 'a' }, deep = { er = { n = 1 } } }";
	static const char *const writes[] = {"pack.limit = 2", "pack.list[2] = 'b'",
		"pack.deep.er.n = 2", "str.sub = nil", "stay.used = nil", "pack.new = crossing",
		"pack = nil"};
	struct bench *b =
		open_bench(NULL, (const struct pack_text[]){{"rule.lua", counter, 0}, {0}});

	(void)state;
	for (int i = 0; i < 3; i++) {
		run(b);
		assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_CLEAR);
	}
	close_bench(b);
	for (size_t i = 0; i < PN_COUNT(writes); i++) {
		char text[128];
		snprintf(text, sizeof text, "return function(crossing) %s end", writes[i]);
		b = open_bench(NULL, (const struct pack_text[]){{"constants.lua", constants, 0},
					     {"rule.lua", text, 0}, {0}});
		run(b);
		assert_string_equal(b->result.finding[0].code, "rules.error");
		close_bench(b);
	}
	b = open_bench(NULL, (const struct pack_text[]){{"constants.lua", constants, 0},
				     {"rule.lua",
					     RULE("if pack.limit ~= 1 or #pack.list ~= 1 or "
						  "pack.deep.er.n ~= 1 or "
						  "not has(pack.list, 'a') then return 'refer', "
						  "'x', 'minor' end"),
					     0},
				     {0}});
	run(b);
	assert_int_equal(b->result.verdict, POSTERN__VERDICT__VERDICT_CLEAR);
	close_bench(b);
}

static void does_not_load(const char *file, const char *text, size_t size, const char *what)
{
	struct bench *b = open_bench(NULL,
		(const struct pack_text[]){{"rule.lua", RULE(""), 0}, {file, text, size}, {0}});

	assert_null(b->engine);
	if (strstr(b->message, what) == NULL)
		fail_msg("'%s' lacks '%s'", b->message, what);
	close_bench(b);
}

static void loading(void **state)
{
	static char long_source[VM_SOURCE_BYTES + 1];

	(void)state;
	does_not_load("rule_x.lua", "return 1", 0, "function expected");
	does_not_load("rule_x.lua", "this is no Lua", 0, "rule_x");
	does_not_load("rule_x.lua", "while true do end", 0, "the budget is spent");
	does_not_load("rule_x.lua", "\x1bLua", 4, "compiled code");
	does_not_load("rule_X.lua", RULE(""), 0, "small letters");
	does_not_load("constants.lua", "return 5", 0, "table expected");
	does_not_load("constants.lua", "return { f = function() end }", 0,
		"a function among the constants");
	does_not_load("constants.lua", "local t = {} t.t = t return t", 0, "nested deeper");
	memset(long_source, ' ', sizeof long_source);
	does_not_load("rule_x.lua", long_source, sizeof long_source, "expected at most");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(functions),
		cmocka_unit_test(nothing_else),
		cmocka_unit_test(facts_are_read_only),
		cmocka_unit_test(purposes),
		cmocka_unit_test(reads_are_noted),
		cmocka_unit_test(results),
		cmocka_unit_test(most_restrictive),
		cmocka_unit_test(quarantine),
		cmocka_unit_test(nothing_is_kept),
		cmocka_unit_test(loading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
