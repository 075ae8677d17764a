/* SPDX-License-Identifier: Apache-2.0
 * The order of rules and the protected characteristics: expected orders are worked out by hand from
 * docs/rules.md. Must never take an order for right because the sorter gave it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "order.h"
#include "pack.h"

/* A literal that may be written to, as libcyaml's strings are. */
#define T(s) ((char[]){s})

static char a_[] = "a", b_[] = "b", c_[] = "c", d_[] = "d";
static char *rules[] = {a_, b_, c_, d_};

static int sorted(const struct order_entry *e, size_t n, char *out, char *message, size_t size)
{
	size_t place[PACK_RULES_MAX];
	struct text t;
	int r;

	text_init(&t, message, size);
	r = order_rules(rules, 4, e, n, place, &t);
	memset(out, 0, 5);
	for (size_t i = 0; r == PN_OK && i < 4; i++)
		out[i] = rules[place[i]][0];
	return r;
}

static void is_order(const struct order_entry *e, size_t n, const char *expected)
{
	char out[5], message[300];

	if (sorted(e, n, out, message, sizeof message) != PN_OK)
		fail_msg("refused: %s", message);
	assert_string_equal(out, expected);
}

static void is_refused(const struct order_entry *e, size_t n, const char *what)
{
	char out[5], message[300];

	assert_int_equal(sorted(e, n, out, message, sizeof message), PN_EFORMAT);
	if (strstr(message, what) == NULL)
		fail_msg("'%s' lacks '%s'", message, what);
}

static void orders(void **state)
{
	char *c[] = {c_}, *a[] = {a_}, *d[] = {d_};

	(void)state;
	is_order(NULL, 0, "abcd");
	is_order((const struct order_entry[]){{.rule = T("d"), .stage = T("document")}}, 1, "dabc");
	is_order((const struct order_entry[]){{.rule = T("a"), .stage = T("risk")},
			 {.rule = T("b"), .stage = T("watchlist")}, {.rule = T("c"), .stage = T("identity")}},
		3, "cdba");
	is_order((const struct order_entry[]){{.rule = T("a"), .after = c, .after_count = 1}}, 1, "bcad");
	is_order((const struct order_entry[]){{.rule = T("d"), .before = a, .before_count = 1}}, 1, "bcda");
	is_order((const struct order_entry[]){{.rule = T("a"), .after = d, .after_count = 1},
			 {.rule = T("d"), .before = c, .before_count = 1}},
		2, "bdac");
}

static void refusals(void **state)
{
	char *b[] = {b_}, *a[] = {a_}, *x[] = {T("x")};

	(void)state;
	is_refused((const struct order_entry[]){{.rule = T("a"), .after = b, .after_count = 1},
			   {.rule = T("b"), .after = a, .after_count = 1}},
		2, "cycle of: a b");
	is_refused((const struct order_entry[]){{.rule = T("a"), .before = a, .before_count = 1}}, 1, "cycle");
	is_refused((const struct order_entry[]){{.rule = T("a"), .stage = T("risk"), .before = b, .before_count = 1}},
		1, "cycle of: a b");
	is_refused((const struct order_entry[]){{.rule = T("a"), .after = x, .after_count = 1}}, 1, "no rule");
	is_refused((const struct order_entry[]){{.rule = T("x")}}, 1, "no rule");
	is_refused((const struct order_entry[]){{.rule = T("a")}, {.rule = T("a")}}, 2, "twice");
	is_refused((const struct order_entry[]){{.rule = T("a"), .stage = T("customs")}}, 1, "stage 'customs'");
}

static int protected_of(const char *path, const char *stage_name)
{
	char message[300], name[64], word[32], *field = name;
	struct order_entry e = {.rule = a_, .stage = word};
	struct text t;

	text_copy(name, sizeof name, path);
	text_copy(word, sizeof word, stage_name);
	text_init(&t, message, sizeof message);
	return order_protected(&e, 1, &field, 1, &t);
}

static void characteristics(void **state)
{
	static const char *const never[] = {"person.religion", "race", "person.health_status", "document.sex",
		"sexual_orientation", "ethnic_origin"};
	static const char *const not_risk[] = {"document.nationality", "document.birth_date", "document.age_years",
		"document.surname", "document.given_names", "document.issuer"};

	(void)state;
	for (size_t i = 0; i < PN_COUNT(never); i++)
		assert_int_equal(protected_of(never[i], "document"), PN_EDENIED);
	for (size_t i = 0; i < PN_COUNT(not_risk); i++) {
		assert_int_equal(protected_of(not_risk[i], "risk"), PN_EDENIED);
		assert_int_equal(protected_of(not_risk[i], "eligibility"), PN_OK);
	}
	assert_int_equal(protected_of("document.days_to_expiry", "risk"), PN_OK);
	assert_int_equal(protected_of("checks.name", "risk"), PN_OK);
	assert_int_equal(protected_of("sextant.trace", "risk"), PN_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders),
		cmocka_unit_test(refusals),
		cmocka_unit_test(characteristics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
