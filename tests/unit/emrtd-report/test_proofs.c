/* SPDX-License-Identifier: Apache-2.0
 * What a claim is worth, cell by cell, against the table of docs/emrtd.md, which is read; and that the page names every check and
 * reason. Must never pass when the page lacks a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emrtd/report/internal.h"

static char *page;

static const char *const results[] = {"", "successful", "failed", "undetermined", "not_performed", "aborted"};
static const char *const claims[] = {"not asked", "proven", "refuted", "not known here", "not ended"};
static const char *const keys[] = {"no such file", "no EF.SOD", "not listed", "gone", "not read", "wrong", "open", "the State's"};

/* The cell in the row of this key and the column of this claim. */
static void cell(enum report_key key, unsigned column, char out[80])
{
	char row[64];
	snprintf(row, sizeof row, "\n| %s |", keys[key]);
	const char *at = strstr(page, row);
	if (at == NULL)
		fail_msg("docs/emrtd.md has no row for %s", keys[key]);
	at = strchr(at + 3, '|');
	for (unsigned i = 0; i < column; i++)
		at = strchr(at + 1, '|');
	const char *end = strchr(at + 1, '|');
	assert_true(end != NULL && end - at < 78);
	snprintf(out, 80, "%.*s", (int)(end - at - 3), at + 2);
}

static void table(void **state)
{
	(void)state;
	for (unsigned key = 0; key < PN_COUNT(keys); key++)
		for (unsigned claim = 0; claim < PN_COUNT(claims); claim++) {
			struct report_finding f = report_proof((enum report_claim)claim, (enum report_key)key, REPORT_OFFERED, false);
			char expected[80], found[80];
			cell((enum report_key)key, claim, expected);
			snprintf(found, sizeof found, f.reason == REPORT_WHY_NONE ? "%s" : "%s `%s`", results[f.result],
				report_reason_key(f.reason));
			if (strcmp(expected, found) != 0)
				fail_msg("%s, %s: the page says \"%s\", the code \"%s\"", keys[key], claims[claim], expected, found);
		}
}

/* Nothing but a State's key and a proof of it is ever successful; nothing that is only not known ever fails. */
static void never(void **state)
{
	(void)state;
	for (int key = REPORT_KEY_NONE; key <= REPORT_KEY_PROVEN; key++)
		for (int claim = REPORT_CLAIM_NONE; claim <= REPORT_CLAIM_UNFINISHED; claim++)
			for (int offer = REPORT_OFFERED; offer <= REPORT_OFFER_FORM; offer++)
				for (int otherwise = 0; otherwise < 2; otherwise++) {
					struct report_finding f =
						report_proof((enum report_claim)claim, (enum report_key)key, (enum report_offer)offer, otherwise);
					assert_int_equal(f.result == INSPECT_SUCCESSFUL,
						claim == REPORT_CLAIM_PROVEN && key == REPORT_KEY_PROVEN);
					assert_int_equal(f.result == INSPECT_FAILED, claim == REPORT_CLAIM_REFUTED ||
						(claim == REPORT_CLAIM_PROVEN && (key == REPORT_KEY_WRONG || key == REPORT_KEY_NOT_LISTED)));
					assert_int_equal(f.reason == REPORT_WHY_NONE, f.result == INSPECT_SUCCESSFUL);
				}
}

static void signed_and_not_asked(void **state)
{
	(void)state;
	static const struct {
		enum report_key key;
		enum report_offer offer;
		bool otherwise;
		enum inspect_result result;
		enum report_reason reason;
	} cases[] = {
		{REPORT_KEY_PROVEN, REPORT_OFFERED, true, INSPECT_NOT_PERFORMED, REPORT_WHY_PROVEN_OTHERWISE},
		{REPORT_KEY_PROVEN, REPORT_NOT_OFFERED, false, INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED},
		{REPORT_KEY_PROVEN, REPORT_OFFER_FORM, false, INSPECT_UNDETERMINED, REPORT_WHY_KEY_FORM},
		{REPORT_KEY_PROVEN, REPORT_OFFER_FORM, true, INSPECT_NOT_PERFORMED, REPORT_WHY_PROVEN_OTHERWISE},
		{REPORT_KEY_NOT_READ, REPORT_OFFER_FORM, true, INSPECT_NOT_PERFORMED, REPORT_WHY_PROVEN_OTHERWISE},
		{REPORT_KEY_ABSENT, REPORT_OFFER_FORM, true, INSPECT_UNDETERMINED, REPORT_WHY_KEY_MISSING},
		{REPORT_KEY_UNKNOWN, REPORT_OFFERED, true, INSPECT_UNDETERMINED, REPORT_WHY_KEY_NOT_TRUSTED},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct report_finding f =
			report_proof(REPORT_CLAIM_NONE, cases[i].key, cases[i].offer, cases[i].otherwise);
		assert_int_equal(f.result, cases[i].result);
		assert_int_equal(f.reason, cases[i].reason);
	}
}

/* Only what the chip itself has answered refutes. */
static void causes(void **state)
{
	(void)state;
#define EMRTD_CAUSE(id, key, fallback) key,
	static const char *const all[] = {
#include "emrtd/causes.def"
	};
#undef EMRTD_CAUSE
	static const char *const unknown[] = {
		"argument", "channel-small", "crypto", "ca-key", "ca-unsupported", "aa-key", "aa-unsupported"};
	static const char *const torn[] = {"channel", "torn", "sm-dead"};
	for (size_t i = 0; i < PN_COUNT(all); i++) {
		enum report_claim expected = REPORT_CLAIM_REFUTED;
		for (size_t k = 0; k < PN_COUNT(unknown); k++)
			if (strcmp(all[i], unknown[k]) == 0)
				expected = REPORT_CLAIM_UNSUPPORTED;
		for (size_t k = 0; k < PN_COUNT(torn); k++)
			if (strcmp(all[i], torn[k]) == 0)
				expected = REPORT_CLAIM_UNFINISHED;
		assert_int_equal(report_claim(INSPECT_FAILED, all[i]), expected);
		assert_int_equal(report_claim(INSPECT_SUCCESSFUL, all[i]), REPORT_CLAIM_PROVEN);
		assert_int_equal(report_claim(INSPECT_UNDETERMINED, all[i]),
			expected == REPORT_CLAIM_REFUTED ? REPORT_CLAIM_UNFINISHED : expected);
		if (strcmp(all[i], "none") != 0)
			assert_int_equal(report_claim(INSPECT_NOT_PERFORMED, all[i]),
				expected == REPORT_CLAIM_REFUTED ? REPORT_CLAIM_UNFINISHED : expected);
	}
	assert_int_equal(report_claim(INSPECT_NOT_PERFORMED, ""), REPORT_CLAIM_NONE);
	assert_int_equal(report_claim(INSPECT_NOT_PERFORMED, "none"), REPORT_CLAIM_NONE);
	assert_int_equal(report_claim(INSPECT_FAILED, ""), REPORT_CLAIM_REFUTED);
	assert_int_equal(report_claim((enum inspect_result)77, "status"), REPORT_CLAIM_UNFINISHED);
}

static void together(void **state)
{
	(void)state;
	const struct report_finding good = {INSPECT_SUCCESSFUL, REPORT_WHY_NONE}, bad = {INSPECT_FAILED, REPORT_WHY_REFUTED},
				    open = {INSPECT_UNDETERMINED, REPORT_WHY_UNFINISHED},
				    none = {INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED};
	const struct {
		struct report_finding of[3];
		bool required;
		enum inspect_result result;
		enum report_reason reason;
	} cases[] = {
		{{good, bad, open}, false, INSPECT_FAILED, REPORT_WHY_REFUTED},
		{{open, none, good}, true, INSPECT_SUCCESSFUL, REPORT_WHY_NONE},
		{{none, open, none}, false, INSPECT_UNDETERMINED, REPORT_WHY_UNFINISHED},
		{{none, none, none}, false, INSPECT_NOT_PERFORMED, REPORT_WHY_NOT_OFFERED},
		{{none, none, none}, true, INSPECT_UNDETERMINED, REPORT_WHY_NO_PROOF},
	};
	for (size_t i = 0; i < PN_COUNT(cases); i++) {
		struct report_finding f = report_together(cases[i].of, cases[i].required);
		assert_int_equal(f.result, cases[i].result);
		assert_int_equal(f.reason, cases[i].reason);
	}
}

/* As `name` in a table. */
static void named(const char *name)
{
	char word[64];
	snprintf(word, sizeof word, "| `%s`", name);
	if (name[0] != '\0' && strstr(page, word) == NULL)
		fail_msg("docs/emrtd.md lacks %s", name);
}

static void page_is_whole(void **state)
{
	(void)state;
	for (int i = 0; i < REPORT_CHECK_COUNT_; i++)
		named(report_check_name((enum report_check_id)i));
	for (int i = 0; i < INSPECT_CHECK_COUNT_; i++)
		named(inspect_check_name((enum inspect_check_id)i));
	for (int i = 0; i < REPORT_REASON_COUNT_; i++)
		named(report_reason_key((enum report_reason)i));
	for (int i = 0; i < INSPECT_REASON_COUNT_; i++)
		named(inspect_reason_key((enum inspect_reason)i));
	assert_string_equal(report_check_name(REPORT_CHECK_COUNT_), "");
	assert_string_equal(report_reason_key(REPORT_REASON_COUNT_), "");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(table), cmocka_unit_test(never),
		cmocka_unit_test(signed_and_not_asked), cmocka_unit_test(causes), cmocka_unit_test(together),
		cmocka_unit_test(page_is_whole)};
	FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
	page = calloc(1, 256 * 1024);
	if (f == NULL || page == NULL || fread(page, 1, 256 * 1024 - 1, f) == 0)
		return 2;
	fclose(f);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(page);
	return failed;
}
