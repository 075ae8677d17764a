/* SPDX-License-Identifier: Apache-2.0
 * Birth dates, document numbers, States and ids as publishers write them. Examples are typed in from OFAC's notice of 13
 * June 2012 and its remarks, and from the United Nations' consolidated list; what they mean was written down by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lists/internal.h"
#include "mrz/mrz.h"

static void birth_is(const char *text, bool about, const char *expected)
{
	struct match_birth b[YEARS_MAX];
	char got[YEARS_MAX * 12] = "";
	size_t count, n = 0;
	int r = birth_read(text, about, b, &count);
	if (r != PN_OK)
		snprintf(got, sizeof got, "%s", r == PN_ELIMIT ? "range" : "bad");
	for (size_t i = 0; r == PN_OK && i < count; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%s%04u-%02u-%02u", i > 0 ? ";" : "", b[i].year, b[i].month, b[i].day);
	if (strcmp(got, expected) != 0)
		fail_msg("\"%s\": %s, expected %s", text, got, expected);
}

static void test_births(void **state)
{
	(void)state;
	birth_is("01 Jan 1962", false, "1962-01-01");
	birth_is("1 Jan 1962", false, "1962-01-01");
	birth_is("Dec 1970", false, "1970-12-00");
	birth_is("Nov. 1973 ", false, "1973-11-00");
	birth_is("August 1961", false, "1961-08-00");
	birth_is("1962", false, "1962-00-00");
	birth_is("1962-03", false, "1962-03-00");
	birth_is("1962-03-09", false, "1962-03-09");
	birth_is("1962-00-00", false, "1962-00-00");
	birth_is("1962-03-09T00:00:00Z", false, "1962-03-09");
	birth_is("circa 1962", false, "1962-00-00");
	birth_is("circa 12 Mar 1962", false, "1962-00-00");
	birth_is("1962-03-09", true, "1962-00-00");
	birth_is("1958 to 1961", false, "1958-00-00;1959-00-00;1960-00-00;1961-00-00");
	birth_is("circa 1958 to 1959", false, "1958-00-00;1959-00-00");
	birth_is("01 Jan 1958 to 31 Dec 1959", false, "1958-00-00;1959-00-00");
	birth_is("1958-1959", false, "1958-00-00;1959-00-00");
	birth_is("Between 1958 and 1959", false, "1958-00-00;1959-00-00");
	birth_is("29 Feb 1960", false, "1960-02-29");
	birth_is("29 Feb 1961", false, "bad");
	birth_is("31 Apr 1961", false, "bad");
	birth_is("1900-02-29", false, "bad");
	birth_is("1900 to 1960", false, "range");
	birth_is("1962 to 1958", false, "bad");
	birth_is("24/06/1402 (Hijri Calendar)", false, "bad");
	birth_is("30-35 years old", false, "bad");
	birth_is("03/04/1962", false, "bad");
	birth_is("62", false, "bad");
	birth_is("1402", false, "bad");
	birth_is("Sep.", false, "bad");
	birth_is("Between Aug. and Sep. 1977", false, "bad");
	birth_is("", false, "bad");
}

static void number_is(const char *text, const char *expected)
{
	char got[NUMBER_SIZE];
	if (!document_number(text, got))
		memcpy(got, "-", 2);
	if (strcmp(got, expected) != 0)
		fail_msg("\"%s\": %s, expected %s", text, got, expected);
}

static void test_numbers(void **state)
{
	(void)state;
	number_is("AB850901", "AB850901");
	number_is("OB 0243318", "OB0243318");
	number_is("1-78-09-44621-80", "178094462180");
	number_is("CAR diplomatic passport no. D00000898", "D00000898");
	number_is("Central African Republic number O00065772", "O00065772");
	number_is("Congo service passport number SA0020249 ", "SA0020249");
	number_is("Diplomatic Passport: Z30321794", "Z30321794");
	number_is("381110042 (Expired 25 Jan. 2016)", "381110042");
	number_is("PS 472330208 ", "PS472330208");
	number_is("No34409/129", "34409129");
	number_is("No. 1234567", "1234567");
	number_is("NO1234567", "NO1234567");
	number_is("Laissez-passer no. N\xC2\xB0" "235/MISPAT/DIRCAB/DGPC/DGAEI/SI/SP ", "-");
	number_is("123456 and 234567", "-");
	number_is("R00012098, South Sudan", "R00012098");
	number_is("German travel document (\xE2\x80\x9CReiseausweis\xE2\x80\x9D) A 0139243", "A0139243");
	number_is("passport", "-");
	number_is("", "-");
	number_is("\xD0\x90" "123456", "-");
}

static void test_kinds(void **state)
{
	bool by_number;
	(void)state;
	assert_true(document_kind("Passport", &by_number) && !by_number);
	assert_true(document_kind("N\xC3\xBAmero de pasaporte ", &by_number) && !by_number);
	assert_true(document_kind("National Identification Number", &by_number) && by_number);
	assert_true(document_kind("national identity card no. ", &by_number) && by_number);
	assert_false(document_kind("Birth certificate", &by_number));
	assert_false(document_kind("United States Social Security Number:", &by_number));
	assert_false(document_kind("Ration card no.", &by_number));
	assert_false(document_kind("Driver's License No.", &by_number));
	assert_false(document_kind("", &by_number));
}

static void test_states(void **state)
{
	static const char *const pairs[][2] = {{"Democratic People's Republic of Korea", "PRK"}, {"Korea, North", "PRK"},
		{"Korea, South", "KOR"}, {"Iran (Islamic Republic of)", "IRN"}, {"Iran", "IRN"},
		{"United Kingdom of Great Britain and Northern Ireland", "GBR"}, {"Germany", "D"}, {"de", "D"},
		{"DEU", "D"}, {"D", "D"}, {"T\xC3\xBCrkiye", "TUR"}, {"Congo, Democratic Republic of the", "COD"},
		{"C\xC3\xB4te d'Ivoire", "CIV"}, {"The Gambia", "GMB"}, {"ru", "RUS"}, {"RUS", "RUS"},
		{"State of Palestine", "PSE"}, {"xk", "RKS"}, {"Syria", "SYR"}};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(pairs); i++) {
		const char *got = lists_country(pairs[i][0]);
		if (got == NULL || strcmp(got, pairs[i][1]) != 0)
			fail_msg("%s: %s", pairs[i][0], got != NULL ? got : "none");
	}
	assert_null(lists_country("Iraqistan"));
	assert_null(lists_country("na na"));
	assert_null(lists_country("zz"));
	assert_null(lists_country(""));
	assert_null(lists_country("\xE4\xB8\xAD\xE5\x9B\xBD"));
}

/* The codes against the table that the machine readable zone is read with. */
static void test_states_are_of_doc_9303(void **state)
{
	static const struct {
		const char *two, *code, *names;
	} states[] = {
#define STATE(two, code, names) {two, code, names},
#include "lists/states.def"
#undef STATE
	};
	(void)state;
	for (size_t i = 0; i < PN_COUNT(states); i++) {
		const struct mrz_country *c = mrz_country(states[i].code);
		if (c == NULL || (strcmp(c->alpha_2, states[i].two) != 0 && strcmp(states[i].code, "RKS") != 0))
			fail_msg("%s %s", states[i].two, states[i].code);
		for (size_t k = 0; k < i; k++)
			assert_true(strcmp(states[i].two, states[k].two) != 0 && strcmp(states[i].names, states[k].names) != 0);
	}
}

static void test_ids(void **state)
{
	char id[LISTS_ID_MAX + 1];
	(void)state;
	assert_int_equal(lists_entry_id("un", "CDi.001", id), PN_OK);
	assert_string_equal(id, "un:CDi.001");
	assert_int_equal(lists_entry_id(NULL, "un:CDi.001", id), PN_OK);
	assert_string_equal(id, "un:CDi.001");
	/* printf 'a b' | sha256sum */
	assert_int_equal(lists_entry_id("x", "a b", id), PN_OK);
	assert_string_equal(id, "x:h-c8687a08aa5d6ed2044328fa6a697ab8");
	assert_int_equal(lists_entry_id(NULL, "a b", id), PN_EFORMAT);
	assert_int_equal(lists_entry_id("x", "", id), PN_EFORMAT);
	assert_int_equal(lists_entry_id("x", "0123456789012345678901234567890123456789012345678901234567890", id), PN_OK);
	assert_int_equal(strlen(id), 63);
	assert_int_equal(lists_entry_id("x", "01234567890123456789012345678901234567890123456789012345678901", id), PN_OK);
	assert_int_equal(strlen(id), 2 + 2 + 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_births),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_states_are_of_doc_9303),
		cmocka_unit_test(test_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
