/* SPDX-License-Identifier: Apache-2.0
 * Whom a face token names: known while the result is open and no longer, to whoever has the name alone. Must never look at what is
 * remembered but to see that it is wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kiosk/store.h"

enum { VALID = 600000 };
#define WALL INT64_C(1700000000000)

static struct kiosk_store store;
static struct kiosk_now now;

static int fresh(void **state)
{
	const struct kiosk_policy policy = { .valid_ms = VALID, .drift_ms = 2000 };
	(void)state;
	memset(&store, 0, sizeof store);
	now = (struct kiosk_now){ .mono_ms = 5, .wall_ms = WALL, .trusted = true };
	kiosk_store_init(&store, &policy);
	assert_false(kiosk_store_look(&store, &now));
	return 0;
}

static struct kiosk_result result(uint8_t n)
{
	struct kiosk_result r = { .verdict = POSTERN__VERDICT__VERDICT_CLEAR, .has_token = true };
	memcpy(r.id, "01ARYZ6S410000000000000000", sizeof r.id);
	r.id[24] = (char)('0' + n / 10);
	r.id[25] = (char)('0' + n % 10);
	r.document[0] = r.token[0] = n;
	return r;
}

static void issue(uint8_t n)
{
	struct kiosk_result r = result(n);
	assert_int_equal(kiosk_issue(&store.results, &r, &now), PN_OK);
	kiosk_issued(&store.results, r.id, true);
}

static int remember(uint8_t n, const char *name)
{
	Postern__DocumentChecked d = POSTERN__DOCUMENT_CHECKED__INIT;
	Postern__Document document = POSTERN__DOCUMENT__INIT;
	const uint8_t token[KIOSK_TOKEN] = { n };
	document.surname = (char *)(uintptr_t)name;
	d.document = &document;
	return kiosk_remember(store.remembered, KIOSK_SLOTS, &store.results, token, &d);
}

static const struct kiosk_remembered *whose(uint8_t n)
{
	const uint8_t token[KIOSK_TOKEN] = { n };
	return kiosk_whose(store.remembered, KIOSK_SLOTS, &store.results, token, sizeof token);
}

static bool awaits(void)
{
	return kiosk_awaits_face(store.remembered, KIOSK_SLOTS, &store.results);
}

static void nothing_is_left(void)
{
	static const struct kiosk_remembered empty[KIOSK_SLOTS];
	assert_memory_equal(store.remembered, empty, sizeof empty);
	assert_false(awaits());
}

static void by_its_name_alone(void **state)
{
	const uint8_t longer[KIOSK_TOKEN + 1] = { 1 };
	(void)state;
	issue(1);
	issue(2);
	assert_false(awaits());
	assert_int_equal(remember(1, "SECRETNAME"), PN_OK);
	assert_true(awaits());
	assert_int_equal(remember(1, "ANOTHER"), PN_EINVAL); /* a name means one */
	assert_non_null(whose(1));
	assert_null(whose(2));
	assert_null(whose(3));
	assert_null(kiosk_whose(store.remembered, KIOSK_SLOTS, &store.results, longer, sizeof longer));
	assert_null(kiosk_whose(store.remembered, KIOSK_SLOTS, &store.results, NULL, 0));
	Postern__DocumentChecked *d = postern__document_checked__unpack(NULL, whose(1)->size, whose(1)->bytes);
	assert_non_null(d);
	assert_string_equal(d->document->surname, "SECRETNAME");
	postern__document_checked__free_unpacked(d, NULL);
	kiosk_store_wipe(&store);
	nothing_is_left();
}

static void only_of_an_open_result(void **state)
{
	struct kiosk_result r = result(1);
	(void)state;
	assert_int_equal(remember(1, "SECRETNAME"), PN_EINVAL);
	assert_int_equal(kiosk_issue(&store.results, &r, &now), PN_OK);
	assert_int_equal(remember(1, "SECRETNAME"), PN_EINVAL); /* its record is on its way */
	nothing_is_left();
}

static void until_it_is_redeemed(void **state)
{
	const uint8_t token[KIOSK_TOKEN] = { 1 };
	const struct kiosk_claim claim = { .token = token };
	struct kiosk_result out;
	(void)state;
	issue(1);
	assert_int_equal(remember(1, "SECRETNAME"), PN_OK);
	assert_int_equal(kiosk_redeem(&store.results, &claim, &now, &out), KIOSK_CLEAR);
	assert_null(whose(1));
	assert_false(awaits());
	assert_false(kiosk_store_look(&store, &now));
	nothing_is_left();
}

static void until_its_time_is_over(void **state)
{
	(void)state;
	issue(1);
	assert_int_equal(remember(1, "SECRETNAME"), PN_OK);
	now.mono_ms += VALID - 1;
	now.wall_ms += VALID - 1;
	assert_false(kiosk_store_look(&store, &now));
	assert_non_null(whose(1));
	now.mono_ms++;
	now.wall_ms++;
	assert_false(kiosk_store_look(&store, &now));
	assert_null(whose(1));
	nothing_is_left();
}

static void until_the_clock_jumps(void **state)
{
	(void)state;
	issue(1);
	assert_int_equal(remember(1, "SECRETNAME"), PN_OK);
	now.wall_ms += 5000;
	assert_true(kiosk_store_look(&store, &now));
	nothing_is_left();
}

static void until_the_document_is_checked_anew(void **state)
{
	struct kiosk_result r = result(2);
	(void)state;
	issue(1);
	assert_int_equal(remember(1, "SECRETNAME"), PN_OK);
	r.document[0] = 1;
	assert_int_equal(kiosk_issue(&store.results, &r, &now), PN_OK);
	assert_null(whose(1));
	assert_false(kiosk_store_look(&store, &now));
	nothing_is_left();
}

static void bounds(void **state)
{
	static char longest[KIOSK_DOCUMENT + 1];
	(void)state;
	memset(longest, 'A', KIOSK_DOCUMENT);
	issue(1);
	assert_int_equal(remember(1, longest), PN_ELIMIT);
	nothing_is_left();
	for (unsigned i = 2; i <= KIOSK_SLOTS; i++)
		issue((uint8_t)i);
	for (unsigned i = 1; i <= KIOSK_SLOTS; i++)
		assert_int_equal(remember((uint8_t)i, "SECRETNAME"), PN_OK);
	for (unsigned i = 1; i <= KIOSK_SLOTS; i++)
		assert_non_null(whose((uint8_t)i));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(by_its_name_alone, fresh),
		cmocka_unit_test_setup(only_of_an_open_result, fresh), cmocka_unit_test_setup(until_it_is_redeemed, fresh),
		cmocka_unit_test_setup(until_its_time_is_over, fresh), cmocka_unit_test_setup(until_the_clock_jumps, fresh),
		cmocka_unit_test_setup(until_the_document_is_checked_anew, fresh), cmocka_unit_test_setup(bounds, fresh) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
