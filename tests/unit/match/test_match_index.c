/* SPDX-License-Identifier: Apache-2.0
 * The index finds what a comparison with every entry finds, across its blocks, with and without a
 * birth date, and the tables of documents hold every number. Must never depend on chance: its names
 * come of a fixed sequence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "match/match.h"

enum { PEOPLE = 70000, TRIED = 150 }; /* more than one block */

static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void make_word(uint64_t seed, char *out)
{
	static const char consonants[] = "BDFGKLMNPRSTVZ", vowels[] = "AEIOU";
	size_t n = 2 + seed % 3;
	for (size_t i = 0; i < n; i++) {
		seed = mix(seed);
		*out++ = consonants[seed % 14];
		*out++ = vowels[seed / 14 % 5];
	}
	*out = '\0';
}

static void make_person(uint32_t id, struct match_name *name, struct match_person *person)
{
	char surname[16], given[16];
	uint64_t s = mix(id);
	make_word(s % 5000, surname);
	make_word(90000 + s / 5000 % 500, given);
	memset(person, 0, sizeof *person);
	s = mix(s);
	person->birth.year = (uint16_t)(s % 50 == 0 ? 0 : 1940 + s % 70);
	if (person->birth.year != 0) {
		person->birth.month = (uint8_t)(1 + s / 70 % 12);
		person->birth.day = (uint8_t)(1 + s / 840 % 28);
	}
	assert_int_equal(match_name_read(surname, given, name), PN_OK);
}

static struct match_index *make_index(uint32_t people)
{
	struct match_index *x;
	struct match_name name;
	struct match_person person;
	assert_int_equal(match_index_new(&x), PN_OK);
	for (uint32_t i = 0; i < people; i++) {
		make_person(i, &name, &person);
		assert_int_equal(match_index_add(x, &name, &person, i), PN_OK);
	}
	assert_int_equal(match_index_build(x), PN_OK);
	return x;
}

static bool is_found(const struct match_found *f, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (f[i].id == id)
			return true;
	return false;
}

static void test_finds_everybody(void **state)
{
	struct match_index *x = make_index(PEOPLE);
	struct match_found found[MATCH_FOUND_MAX];
	(void)state;
	for (uint32_t i = 0; i < TRIED; i++) {
		uint32_t id = (uint32_t)(mix(i) % PEOPLE);
		struct match_name name;
		struct match_person person;
		make_person(id, &name, &person);
		size_t n = match_index_find(x, &name, &person, found, MATCH_FOUND_MAX);
		assert_true(is_found(found, n, id));
		for (size_t k = 1; k < n; k++) {
			assert_true(found[k - 1].result.bits >= found[k].result.bits);
			assert_false(is_found(found, k, found[k].id));
		}
		person.birth.year = 0;
		n = match_index_find(x, &name, &person, found, MATCH_FOUND_MAX);
		assert_true(is_found(found, n, id));
	}
	match_index_free(x);
}

static void test_entries_come_back(void **state)
{
	struct match_index *x;
	struct match_name a, b;
	struct match_person p = {{1974, 8, 12}, 'F', "D"}, q;
	struct match_found f[4];
	(void)state;
	assert_int_equal(match_index_new(&x), PN_OK);
	assert_int_equal(match_name_read("van der Müllen", "Anna-Maria", &a), PN_OK);
	assert_int_equal(match_name_read("Eriksson", "Anna", &b), PN_OK);
	assert_int_equal(match_index_add(x, &a, &p, 7), PN_OK);
	assert_int_equal(match_index_add(x, &b, &p, 7), PN_OK); /* an alias */
	assert_int_equal(match_index_find(x, &a, &p, f, 4), 0); /* not built */
	assert_int_equal(match_index_build(x), PN_OK);
	assert_int_equal(match_index_add(x, &b, &p, 8), PN_EINVAL);
	assert_int_equal(match_index_build(x), PN_EINVAL);
	assert_int_equal(match_index_find(x, &a, &p, f, 4), 1);
	assert_int_equal(f[0].id, 7);
	match_index_entry(x, f[0].at, &b, &q);
	assert_string_equal(b.word[2].plain, "MUELLEN");
	assert_int_equal(b.word[3].role, MATCH_GIVEN);
	assert_int_equal(q.sex, 'F');
	assert_string_equal(q.nationality, "D");
	assert_int_equal(q.birth.day, 12);
	match_index_free(x);
	assert_int_equal(match_index_new(&x), PN_OK);
	assert_int_equal(match_index_build(x), PN_OK); /* nobody */
	assert_int_equal(match_index_find(x, &a, &p, f, 4), 0);
	match_index_free(x);
}

/* 3,000 people of five years; one in ten has each of two words, together or apart. */
static double chance_bits(bool together)
{
	struct match_index *x;
	struct match_name name;
	struct match_person person = {.birth = {1972, 6, 15}};
	struct match_found found[MATCH_FOUND_MAX];
	char surname[16], given[16];
	assert_int_equal(match_index_new(&x), PN_OK);
	for (uint32_t i = 0; i < 3000; i++) {
		make_word(mix(i), surname);
		make_word(mix(i + 5000), given);
		if (i % 10 == 1)
			strcpy(surname, "BAKO");
		if (i % 10 == (together ? 1 : 2))
			strcpy(given, "LIRA");
		person.birth = (struct match_birth){
			(uint16_t)(1970 + i % 5), (uint8_t)(1 + i % 5), (uint8_t)(1 + i % 9)};
		assert_int_equal(match_name_read(surname, given, &name), PN_OK);
		assert_int_equal(match_index_add(x, &name, &person, i), PN_OK);
	}
	assert_int_equal(match_name_read("BAKO", "LIRA", &name), PN_OK);
	person.birth = (struct match_birth){1972, 6, 15};
	assert_int_equal(match_index_add(x, &name, &person, 3000), PN_OK);
	assert_int_equal(match_index_build(x), PN_OK);
	assert_true(match_index_find(x, &name, &person, found, MATCH_FOUND_MAX) > 0);
	assert_int_equal(found[0].id, 3000);
	struct match_result *r = &found[0].result;
	assert_true(r->bits == r->name_bits + r->birth_bits + r->other_bits + r->chance_bits);
	/* of nobody else it is known who they are */
	person.birth.year = 0;
	assert_true(match_index_find(x, &name, &person, found + 1, 1) > 0);
	assert_true(found[1].result.chance_bits == 0);
	match_index_free(x);
	return found[0].result.chance_bits;
}

static void test_namesakes_count(void **state)
{
	(void)state;
	/* one in ten has both words, where independent words say one in a hundred: log2 10 = 3.3 */
	assert_true(chance_bits(true) < -2);
	/* nobody else has both, where 30 are expected */
	assert_true(chance_bits(false) > 2);
}

/* Aliases and several birth dates do not make a person's words common. */
static double name_bits(unsigned times)
{
	struct match_index *x;
	struct match_name name;
	struct match_person person = {{1972, 6, 15}, 'M', "NOR"};
	struct match_found found;
	double bits;
	assert_int_equal(match_index_new(&x), PN_OK);
	assert_int_equal(match_name_read("BAKO", "LIRA", &name), PN_OK);
	for (unsigned i = 0; i < times; i++) {
		person.birth.day = (uint8_t)(1 + i);
		assert_int_equal(match_index_add(x, &name, &person, 1), PN_OK);
	}
	assert_int_equal(match_name_read("DAMU", "TIPO", &name), PN_OK);
	assert_int_equal(match_index_add(x, &name, &person, 2), PN_OK);
	assert_int_equal(match_name_read("BAKO", "LIRA", &name), PN_OK);
	assert_int_equal(match_index_build(x), PN_OK);
	assert_int_equal(match_index_find(x, &name, &person, &found, 1), 1);
	assert_int_equal(found.id, 1);
	assert_true(found.result.nationality_same);
	bits = found.result.name_bits;
	match_index_free(x);
	return bits;
}

static void test_people_count_once(void **state)
{
	(void)state;
	assert_true(name_bits(20) == name_bits(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finds_everybody),
		cmocka_unit_test(test_entries_come_back),
		cmocka_unit_test(test_namesakes_count),
		cmocka_unit_test(test_people_count_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
