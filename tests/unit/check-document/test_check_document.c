/* SPDX-License-Identifier: Apache-2.0
 * check-document through its own ABI: a query goes in as bytes, the answer comes out as bytes. Must
 * never repeat what the tests of hw/mrz show: here it is about the answer's form, its one-ness and
 * what stays in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the three above first */
#include "../sdk/fake_host.h"
#include "document.pb-c.h"
#include <cmocka.h>

static Postern__DocumentChecked *ask(struct fake_host *h, uint64_t id, size_t count,
	const char *const lines[], const uint32_t date[3])
{
	Postern__CheckDocument query = POSTERN__CHECK_DOCUMENT__INIT;
	Postern__Date reference = POSTERN__DATE__INIT;
	const struct fake_message *m;
	uint8_t bytes[4096];
	size_t size;

	if (date != NULL) {
		reference.year = date[0];
		reference.month = date[1];
		reference.day = date[2];
		query.reference_date = &reference;
	}
	query.n_mrz_lines = count;
	query.mrz_lines = (char **)(uintptr_t)lines;
	size = postern__check_document__pack(&query, bytes);
	fake_host_send(h, 30, id, bytes, size);
	m = fake_host_next(h, 0);
	assert_non_null(m);
	assert_int_equal(m->body, 31);
	assert_int_equal(m->query_id, id);
	return postern__document_checked__unpack(NULL, m->size, m->bytes);
}

static const Postern__Check *find(const Postern__DocumentChecked *a, const char *name)
{
	for (size_t i = 0; i < a->n_checks; i++)
		if (strcmp(a->checks[i]->name, name) == 0)
			return a->checks[i];
	fail_msg("no check %s", name);
	return NULL;
}

static int make(void **state)
{
	struct fake_host *h = fake_host_new(&postern_plugin);

	fake_host_option(h, "trust_age_max_days", NULL, 0);
	fake_host_option(h, "refuse_sha1", NULL, 0);
	fake_host_option(h, "require_chip_proof", NULL, 0);
	assert_int_equal(fake_host_start(h), 0);
	*state = h;
	return 0;
}

static int end(void **state)
{
	fake_host_stop(*state);
	fake_host_free(*state);
	return 0;
}

/* JMRTD 0.7, MRZInfoTest: Kowalska. */
static const char *const pl_card[] = {"I<POLABA3000004<<<<<<<<<<<<<<<",
	"7203305F1208227POL<<<<<<<<<<<2", "KOWALSKA<<ANNA<<<<<<<<<<<<<<<<"};

static void test_answer(void **state)
{
	Postern__DocumentChecked *a = ask(*state, 7, 3, pl_card, (const uint32_t[]){2012, 8, 20});
	const Postern__Document *d = a->document;

	assert_int_equal(a->overall, POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	assert_int_equal(a->n_checks, 18);
	assert_int_equal(d->format, POSTERN__DOCUMENT_FORMAT__FORMAT_TD1);
	assert_string_equal(d->document_code, "I");
	assert_string_equal(d->issuer, "POL");
	assert_string_equal(d->number, "ABA300000");
	assert_string_equal(d->surname, "KOWALSKA");
	assert_string_equal(d->given_names, "ANNA");
	assert_false(d->name_truncated);
	assert_string_equal(d->nationality, "POL");
	assert_string_equal(d->sex, "F");
	assert_int_equal(d->birth_date->year, 1972);
	assert_int_equal(d->birth_date->month, 3);
	assert_int_equal(d->birth_date->day, 30);
	assert_int_equal(d->expiry_date->year, 2012);
	assert_int_equal(d->age_years, 40);
	assert_int_equal(d->days_to_expiry, 2);
	for (size_t i = 0; i < a->n_checks; i++)
		assert_int_equal(a->checks[i]->result,
			strcmp(a->checks[i]->name, "mrz.check_digit.optional_data") == 0
				? POSTERN__CHECK_RESULT__CHECK_NOT_PERFORMED
				: POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL);
	postern__document_checked__free_unpacked(a, NULL);
}

static void test_failed_digit(void **state)
{
	const char *const lines[] = {"I<POLABA3000005<<<<<<<<<<<<<<<", pl_card[1], pl_card[2]};
	Postern__DocumentChecked *a = ask(*state, 8, 3, lines, (const uint32_t[]){2012, 8, 20});
	const Postern__Check *c = find(a, "mrz.check_digit.document_number");

	assert_int_equal(a->overall, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(c->result, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_string_equal(c->field, "number");
	assert_string_equal(c->reason, "mrz.check_digit");
	assert_string_equal(c->expected, "4");
	assert_string_equal(c->found, "5");
	assert_int_equal(fake_host_count(*state, "documents_not_successful_total"), 1);
	postern__document_checked__free_unpacked(a, NULL);
}

static void test_expired(void **state)
{
	Postern__DocumentChecked *a = ask(*state, 9, 3, pl_card, (const uint32_t[]){2012, 8, 23});

	assert_int_equal(a->overall, POSTERN__CHECK_RESULT__CHECK_FAILED);
	assert_int_equal(a->document->days_to_expiry, -1);
	assert_string_equal(find(a, "document.validity")->reason, "mrz.expired");
	postern__document_checked__free_unpacked(a, NULL);
}

/* No date, or one that cannot be: nothing that depends on it is successful. */
static void test_without_reference_date(void **state)
{
	static const uint32_t impossible[][3] = {{0, 0, 0}, {2012, 13, 1}, {2012, 2, 30},
		{4294967295u, 1, 1}, {2012, 4294967041u, 1}};

	for (size_t i = 0; i <= sizeof(impossible) / sizeof(impossible[0]); i++) {
		Postern__DocumentChecked *a = ask(*state, 100 + i, 3, pl_card,
			i < sizeof(impossible) / sizeof(impossible[0]) ? impossible[i] : NULL);
		assert_int_equal(a->overall, POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
		assert_int_equal(a->document->age_years, -1);
		assert_true(a->document->days_to_expiry < -100000);
		assert_int_equal(find(a, "document.validity")->result,
			POSTERN__CHECK_RESULT__CHECK_UNDETERMINED);
		postern__document_checked__free_unpacked(a, NULL);
	}
}

static void test_no_zone_at_all(void **state)
{
	const char *const many[] = {"A", "B", "C", "D", "E", "F"};

	for (size_t count = 0; count <= 6; count += 6) {
		Postern__DocumentChecked *a =
			ask(*state, 200 + count, count, many, (const uint32_t[]){2012, 8, 20});
		assert_int_equal(a->overall, POSTERN__CHECK_RESULT__CHECK_FAILED);
		assert_int_equal(a->document->format, POSTERN__DOCUMENT_FORMAT__FORMAT_UNSPECIFIED);
		assert_string_equal(a->document->number, "");
		assert_int_equal(a->document->age_years, -1);
		postern__document_checked__free_unpacked(a, NULL);
	}
}

/* Garbage and foreign messages get no answer: the declared default, refer, does. */
static void test_what_is_no_query(void **state)
{
	fake_host_send(*state, 30, 300, (const uint8_t *)"\xff\xff\xff", 3);
	assert_null(fake_host_next(*state, 0));
	fake_host_send(*state, 40, 0, (const uint8_t *)"", 0);
	assert_null(fake_host_next(*state, 0));
}

/* After the answer nothing of the document is left in the plugin's own memory. */
static void test_forgets(void **state)
{
	struct fake_host *h = *state;
	Postern__DocumentChecked *a = ask(h, 400, 3, pl_card, (const uint32_t[]){2012, 8, 20});
	const char *memory = h->self;

	postern__document_checked__free_unpacked(a, NULL);
	for (size_t i = 0; i + 8 <= malloc_usable_size(h->self); i++)
		assert_true(memcmp(memory + i, "KOWALSKA", 8) != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(test_answer, make, end),
		cmocka_unit_test_setup_teardown(test_failed_digit, make, end),
		cmocka_unit_test_setup_teardown(test_expired, make, end),
		cmocka_unit_test_setup_teardown(test_without_reference_date, make, end),
		cmocka_unit_test_setup_teardown(test_no_zone_at_all, make, end),
		cmocka_unit_test_setup_teardown(test_what_is_no_query, make, end),
		cmocka_unit_test_setup_teardown(test_forgets, make, end)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
