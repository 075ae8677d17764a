/* SPDX-License-Identifier: Apache-2.0
 * What is found in a rule's source when the pack is loaded, before any traveller comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "pack_text.h"

static const char fields[] = "document.issuer, document.birth_date, checks.result, matches, stays";

static void said(const char *body, char *message, size_t size)
{
	char text[2048];
	struct text error, t;
	struct pack *pack = NULL;

	text_init(&error, message, size);
	text_init(&t, text, sizeof text);
	text_add(&t, "return function(crossing)\n%s\nend", body);
	(void)!pack_from_text(
		fields, (const struct pack_text[]){{"rule.lua", text, 0}, {0}}, &pack, &error);
	pack_free(pack);
}

static void good(const char *body)
{
	char message[512];

	said(body, message, sizeof message);
	if (message[0] != '\0')
		fail_msg("%s: %s", body, message);
}

static void bad(const char *body, const char *what)
{
	char message[512];

	said(body, message, sizeof message);
	if (strstr(message, what) == NULL)
		fail_msg("%s: '%s' lacks '%s'", body, message, what);
}

static void good_sources(void **state)
{
	(void)state;
	good("return crossing.document.issuer, crossing.document.birth_date.year");
	good("local d = crossing.document local i = d.issuer");
	good("for i = 1, #crossing.checks do local c = crossing.checks[i] local r = c.result end");
	good("for _, c in ipairs(crossing.checks) do local r = c.result end");
	good("local x = crossing.stays[#crossing.stays].entry_date.year");
	good("-- crossing.document.number\nlocal s = 'crossing.lane' .. [[ crossing.lane ]] .. "
	     "\"\\\" crossing.lane\"");
	good("--[==[ crossing.lane ]] ]==] local t = { crossing = 1, lane = 2 } local x = "
	     "t.crossing.number");
	good("local t = {} t.crossing = 1");
	good("if crossing.document == nil or crossing.matches == nil then return end");
}

static void bad_sources(void **state)
{
	(void)state;
	bad("local x = crossing.document.isuer",
		"rule.lua:2: the crossing has no such field: 'isuer'");
	bad("\n\nlocal x = crossing.lane", "rule.lua:4: field is not declared in pack.yaml: lane");
	bad("local x = crossing.document.number", "document.number");
	bad("local d = crossing.document\nlocal x = d.nationality", "rule.lua:3");
	bad("for _, c in ipairs(crossing.checks) do local n = c.name end", "checks.name");
	bad("local c = crossing.checks[1] local n = c.reason", "checks.reason");
	bad("local n = crossing.checks.result", "no field of a list");
	bad("local n = crossing.checks[crossing.lane].result", "lane");
	bad("local n = crossing.matches[1].entry_id", "matches.entry_id");
	bad("local n = crossing['document']", "named with a dot");
	bad("local n = crossing.document.birth_date['year']", "named with a dot");
	bad("local n = crossing.document.birth_date.hour", "hour");
	bad("local n = crossing.document.issuer.x", "no field of a list or a value");
	bad("local d = crossing.document local d = crossing.stays", "one name for two parts");
	bad("local x = "
	    "((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))",
		"nested too deep");
}

/* Sources that end anywhere, as an editor leaves them: no answer is expected, only that there is
 * one. */
static void cut_sources(void **state)
{
	static const char whole[] =
		"local d = crossing.document --[==[ x ]==] local s = [[ y ]] .. 'a\\'b'\n"
		"for _, c in ipairs(crossing.checks) do if c.result ~= \"x\" then end end";
	char message[512], part[sizeof whole];

	(void)state;
	for (size_t n = 0; n < sizeof whole; n++) {
		memcpy(part, whole, n);
		part[n] = '\0';
		said(part, message, sizeof message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_sources),
		cmocka_unit_test(bad_sources),
		cmocka_unit_test(cut_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
