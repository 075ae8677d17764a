/* SPDX-License-Identifier: Apache-2.0
 * What is learned of one document's chip serves the next of its family, in a bounded table that forgets and that holds nothing
 * of a person. Must never pass a limit from one family to another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "emrtd/family.h"
#include "whole.h"

static struct whole_world world;

static void key_of(const char *issuer, const char *code, const char *access, uint8_t key[EMRTD_FAMILY_KEY])
{
	assert_int_equal(
		emrtd_family_key(issuer, code, (struct emrtd_bytes){(const uint8_t *)access, strlen(access)}, key), 0);
}

static void each_part_of_the_key_counts(void **state)
{
	static const char *const parts[][3] = {{"UTO", "P", "a"}, {"UTO", "P", "b"}, {"UTO", "P", ""}, {"UTO", "I", "a"},
		{"NOR", "P", "a"}, {"UT", "OP", "a"}, {"UTO", "", "Pa"}, {"", "UTOP", "a"}};
	uint8_t key[sizeof parts / sizeof parts[0]][EMRTD_FAMILY_KEY], again[EMRTD_FAMILY_KEY];
	(void)state;
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		key_of(parts[i][0], parts[i][1], parts[i][2], key[i]);
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(key[i], key[k], EMRTD_FAMILY_KEY);
	}
	key_of("UTO", "P", "a", again);
	assert_memory_equal(again, key[0], EMRTD_FAMILY_KEY);
	/* Not known is not known, however it is said. */
	key_of("", "", "a", key[0]);
	key_of(NULL, NULL, "a", again);
	assert_memory_equal(again, key[0], EMRTD_FAMILY_KEY);
}

static void what_is_kept_is_found(void **state)
{
	static struct emrtd_families t;
	uint8_t key[EMRTD_FAMILY_KEY], other[EMRTD_FAMILY_KEY];
	struct emrtd_limits limits = {.chunk = 223, .without_sfi = true, .exact = true, .refused = 9};
	(void)state;
	key_of("UTO", "P", "a", key);
	key_of("UTO", "I", "a", other);
	assert_false(emrtd_families_find(&t, key, &limits));
	emrtd_families_keep(&t, key, &limits);
	limits = (struct emrtd_limits){0};
	assert_true(emrtd_families_find(&t, key, &limits));
	assert_int_equal(limits.chunk, 223);
	assert_true(limits.without_sfi && limits.exact);
	assert_int_equal(limits.refused, 0);
	limits = (struct emrtd_limits){0};
	assert_false(emrtd_families_find(&t, other, &limits));
	assert_int_equal(limits.chunk, 0);
	/* Nothing learned takes no room. */
	emrtd_families_keep(&t, other, &limits);
	assert_int_equal(t.count, 1);
	/* What was learned later counts. */
	limits.chunk = 100;
	emrtd_families_keep(&t, key, &limits);
	assert_true(emrtd_families_find(&t, key, &limits));
	assert_int_equal(limits.chunk, 100);
	assert_false(limits.without_sfi);
	assert_int_equal(t.count, 1);
}

static void numbered(unsigned n, uint8_t key[EMRTD_FAMILY_KEY])
{
	memset(key, 0, EMRTD_FAMILY_KEY);
	memcpy(key, &n, sizeof n);
}

static void the_longest_unasked_makes_room(void **state)
{
	static struct emrtd_families t;
	uint8_t key[EMRTD_FAMILY_KEY];
	struct emrtd_limits limits;
	(void)state;
	for (unsigned n = 0; n < EMRTD_FAMILIES_MAX; n++) {
		numbered(n, key);
		emrtd_families_keep(&t, key, &(struct emrtd_limits){.chunk = 100 + n});
	}
	numbered(0, key);
	assert_true(emrtd_families_find(&t, key, &limits));
	numbered(1000, key);
	emrtd_families_keep(&t, key, &(struct emrtd_limits){.chunk = 50});
	assert_int_equal(t.count, EMRTD_FAMILIES_MAX);
	for (unsigned n = 0; n < EMRTD_FAMILIES_MAX; n++) {
		numbered(n, key);
		assert_int_equal(emrtd_families_find(&t, key, &limits), n != 1);
		assert_true(n == 1 || limits.chunk == 100 + n);
	}
	numbered(1000, key);
	assert_true(emrtd_families_find(&t, key, &limits));
	assert_int_equal(limits.chunk, 50);
}

/* One odd chip does not slow its family for good. */
static void it_is_forgotten_after_a_while(void **state)
{
	static struct emrtd_families t;
	uint8_t key[EMRTD_FAMILY_KEY];
	struct emrtd_limits limits;
	(void)state;
	numbered(1, key);
	emrtd_families_keep(&t, key, &(struct emrtd_limits){.chunk = 32});
	for (unsigned n = 0; n < EMRTD_FAMILY_USES; n++) {
		assert_true(emrtd_families_find(&t, key, &limits));
		emrtd_families_keep(&t, key, &limits); /* learned nothing new */
	}
	limits = (struct emrtd_limits){0};
	assert_false(emrtd_families_find(&t, key, &limits));
	assert_int_equal(t.count, 0);
	assert_int_equal(limits.chunk, 0);
}

static struct sim_passport_config config_of(const char *fault)
{
	struct sim_passport_config c = whole_usual();
	c.pace[0] = (struct sim_chip_pace){SIM_GM, SIM_AES_128, 12};
	c.pace_count = 1;
	c.face_size = 3000;
	assert_int_equal(sim_chip_fault_parse(fault, c.faults), 0);
	return c;
}

/* One document of the family; its commands. */
static unsigned read_one(const char *fault, struct emrtd_families *families, unsigned readings, unsigned *refused)
{
	const struct sim_passport_config config = config_of(fault);
	struct whole w;
	whole_issue(&w, &world, &config);
	w.families = families;
	whole_lay(&w, true);
	for (unsigned i = 1; i < readings; i++) {
		assert_int_not_equal(whole_read(&w), 0);
		whole_lay_again(&w);
	}
	assert_int_equal(whole_read(&w), 0);
	assert_null(whole_differs(&w));
	*refused = w.document.limits.refused;
	unsigned exchanges = w.document.exchanges;
	whole_free(&w);
	return exchanges;
}

static void the_second_document_pays_nothing(void **state)
{
	/* Readings of the first: one more where a refusal in clear ends the session. */
	static const struct {
		const char *fault;
		unsigned readings;
	} cases[] = {{"read-no-256", 1}, {"read-6c", 1}, {"read-6b00", 1}, {"read-no-sfi", 1}, {"read-no-extended", 2}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		static struct emrtd_families families;
		unsigned refused = 0;
		memset(&families, 0, sizeof families);
		unsigned first = read_one(cases[i].fault, &families, cases[i].readings, &refused);
		unsigned second = read_one(cases[i].fault, &families, 1, &refused);
		print_message("%s: %u commands, then %u\n", cases[i].fault, first, second);
		assert_true(second < first);
		assert_int_equal(refused, 0);
		assert_int_equal(families.count, 1);
	}
}

static void nothing_of_a_person_is_in_it(void **state)
{
	static struct emrtd_families families;
	unsigned refused;
	(void)state;
	read_one("read-no-256", &families, 1, &refused);
	assert_null(memmem(&families, sizeof families, "ERIKSSON", 8));
	assert_null(memmem(&families, sizeof families, "L898902C3", 9));
	assert_null(memmem(&families, sizeof families, "UTO", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_of_the_key_counts),
		cmocka_unit_test(what_is_kept_is_found),
		cmocka_unit_test(the_longest_unasked_makes_room),
		cmocka_unit_test(it_is_forgotten_after_a_while),
		cmocka_unit_test(the_second_document_pays_nothing),
		cmocka_unit_test(nothing_of_a_person_is_in_it),
	};
	whole_world_begin(&world);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	whole_world_end(&world);
	return failed;
}
