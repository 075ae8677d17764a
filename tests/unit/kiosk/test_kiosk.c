/* SPDX-License-Identifier: Apache-2.0
 * Results of kiosks one by one: each reason why a gate is refused, bounds, marks as the journal holds them. test_orders.c has the
 * orders. Must never read a slot but to see that it is wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kiosk/mark.h"

enum { SLOTS = 4, VALID = 600000 };
#define WALL INT64_C(1700000000000)

static struct kiosk_slot slots[SLOTS];
static struct kiosk_results s;
static struct kiosk_now now;
static struct kiosk_result given;

static void look(uint32_t ms, int32_t jump, bool expected)
{
	now.mono_ms += ms;
	now.wall_ms += (int64_t)ms + jump;
	assert_int_equal(kiosk_look(&s, &now), expected);
}

static int fresh(void **state)
{
	const struct kiosk_policy policy = { .valid_ms = VALID, .drift_ms = 2000, .same_basis = true };
	(void)state;
	now = (struct kiosk_now){ .mono_ms = 5, .wall_ms = WALL, .trusted = true };
	kiosk_init(&s, &policy, slots, SLOTS);
	look(0, 0, false);
	return 0;
}

static struct kiosk_result result(char id, uint8_t document, uint8_t token, Postern__Verdict verdict)
{
	struct kiosk_result r = { .verdict = verdict, .has_token = token != 0, .reason_count = 1, .check_count = 1 };
	snprintf(r.id, sizeof r.id, "01ARYZ6S41000000000000000%c", id);
	r.document[0] = document;
	r.token[0] = token;
	r.basis[0] = 9;
	snprintf(r.reasons[0], sizeof r.reasons[0], "eligibility.minor");
	snprintf(r.checks[0].name, sizeof r.checks[0].name, "mrz.check_digit.document_number");
	r.checks[0].result = POSTERN__CHECK_RESULT__CHECK_SUCCESSFUL;
	snprintf(r.kiosk, sizeof r.kiosk, "kiosk-1");
	return r;
}

static int issue(char id, uint8_t document, uint8_t token, Postern__Verdict verdict)
{
	given = result(id, document, token, verdict);
	return kiosk_issue(&s, &given, &now);
}

static void issued(char id, uint8_t document, uint8_t token, Postern__Verdict verdict)
{
	assert_int_equal(issue(id, document, token, verdict), PN_OK);
	kiosk_issued(&s, given.id, true);
}

static enum kiosk_answer redeem_on(uint8_t document, uint8_t token, uint8_t basis, struct kiosk_result *out)
{
	uint8_t d[KEYED_DIGEST] = { document }, t[KIOSK_TOKEN] = { token };
	struct kiosk_claim c = { .document = document ? d : NULL, .token = token ? t : NULL, .basis = { basis } };
	return kiosk_redeem(&s, &c, &now, out);
}

static enum kiosk_answer redeem(uint8_t document, uint8_t token)
{
	struct kiosk_result out;
	return redeem_on(document, token, 9, &out);
}

#define CLEAR POSTERN__VERDICT__VERDICT_CLEAR
#define REFER POSTERN__VERDICT__VERDICT_REFER
#define STOP POSTERN__VERDICT__VERDICT_STOP

static void once(void **state)
{
	struct kiosk_result out;
	(void)state;
	assert_int_equal(issue('A', 1, 0, CLEAR), PN_OK);
	assert_int_equal(redeem(1, 0), KIOSK_NOT_YET);
	kiosk_issued(&s, given.id, true);
	look(1000, 0, false);
	assert_int_equal(redeem_on(1, 0, 9, &out), KIOSK_CLEAR);
	assert_string_equal(out.reasons[0], "eligibility.minor");
	assert_string_equal(out.kiosk, "kiosk-1");
	assert_true(out.checked_wall_ms == WALL && out.expires_wall_ms == WALL + VALID);
	assert_int_equal(redeem(1, 0), KIOSK_SPENT_BEFORE);
	assert_true(kiosk_redeemed(&s, out.id, true));
	assert_false(kiosk_redeemed(&s, out.id, true));
	assert_int_equal(redeem(1, 0), KIOSK_SPENT_BEFORE);
}

static void not_recorded_is_not_acted_on(void **state)
{
	struct kiosk_result out;
	(void)state;
	issued('A', 1, 0, CLEAR);
	assert_int_equal(redeem_on(1, 0, 9, &out), KIOSK_CLEAR);
	assert_false(kiosk_redeemed(&s, out.id, false));
	assert_int_equal(redeem(1, 0), KIOSK_SPENT_BEFORE);
	assert_int_equal(issue('B', 2, 0, CLEAR), PN_OK);
	kiosk_issued(&s, given.id, false);
	assert_int_equal(redeem(2, 0), KIOSK_UNKNOWN);
}

static void referrals(void **state)
{
	(void)state;
	issued('A', 1, 0, REFER);
	issued('B', 2, 0, STOP);
	assert_int_equal(issue('C', 1, 0, CLEAR), PN_EDENIED);
	assert_int_equal(issue('C', 2, 0, REFER), PN_EDENIED);
	assert_int_equal(redeem(1, 0), KIOSK_REFER);
	assert_int_equal(redeem(1, 0), KIOSK_SPENT_BEFORE);
	assert_int_equal(redeem(2, 0), KIOSK_STOP);
	issued('D', 3, 0, CLEAR);
	issued('E', 3, 0, REFER);
	assert_int_equal(redeem(3, 0), KIOSK_REFER);
}

static void faces(void **state)
{
	(void)state;
	issued('A', 1, 1, CLEAR);
	issued('B', 2, 2, CLEAR);
	assert_int_equal(redeem(1, 2), KIOSK_MISMATCH);
	assert_int_equal(redeem(1, 7), KIOSK_MISMATCH);
	assert_int_equal(redeem(7, 1), KIOSK_MISMATCH);
	assert_int_equal(redeem(7, 7), KIOSK_UNKNOWN);
	assert_int_equal(redeem(0, 7), KIOSK_UNKNOWN);
	assert_int_equal(redeem(0, 0), KIOSK_UNKNOWN);
	assert_int_equal(issue('C', 3, 1, CLEAR), PN_ECONFLICT);
	assert_int_equal(redeem(0, 1), KIOSK_CLEAR);
	assert_int_equal(redeem(1, 1), KIOSK_SPENT_BEFORE);
	assert_int_equal(redeem(2, 2), KIOSK_CLEAR);
}

/* Which face goes when another result takes the place, and for how long one is good. */
static void what_is_known_of_a_face(void **state)
{
	uint8_t one[KEYED_DIGEST] = {1}, two[KEYED_DIGEST] = {2}, token[KIOSK_TOKEN] = {0};
	struct kiosk_result out;
	(void)state;
	assert_false(kiosk_token_of(&s, one, token));
	assert_int_equal(issue('A', 1, 5, CLEAR), PN_OK);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), 0); /* its record is on its way */
	kiosk_issued(&s, given.id, true);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), VALID);
	assert_true(kiosk_token_of(&s, one, token));
	assert_int_equal(token[0], 5);
	issued('B', 2, 0, CLEAR);
	assert_false(kiosk_token_of(&s, two, token));
	look(1000, 0, false);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), VALID - 1000);
	given = result('A', 1, 5, CLEAR);
	look(VALID - 1001, 0, false);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), 1);
	assert_int_equal(redeem_on(1, 0, 9, &out), KIOSK_CLEAR);
	assert_true(out.has_token && out.token[0] == 5);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), 0);
	assert_true(kiosk_redeemed(&s, given.id, true));
	issued('C', 3, 7, CLEAR);
	look(1000, -5000, true);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), 0); /* void */
	look(VALID, 0, false);
	assert_int_equal(kiosk_left_ms(&s, given.id, &now), 0);
}

static void time_is_over(void **state)
{
	static const struct kiosk_slot zero;
	(void)state;
	issued('A', 1, 0, CLEAR);
	assert_true(kiosk_next_wake(&s) == 5 + VALID);
	look(VALID - 1, 0, false);
	issued('B', 2, 0, CLEAR);
	look(1, 0, false);
	assert_int_equal(slots[0].state, KIOSK_OVER);
	assert_string_equal(slots[0].result.id, "");
	assert_int_equal(slots[0].result.verdict, 0);
	assert_string_equal(slots[0].result.reasons[0], "");
	assert_int_equal(redeem(1, 0), KIOSK_EXPIRED);
	assert_int_equal(redeem(2, 0), KIOSK_CLEAR);
	look(VALID, 0, false);
	assert_memory_equal(&slots[0], &zero, sizeof zero);
	assert_int_equal(redeem(1, 0), KIOSK_UNKNOWN);
	assert_int_equal(issue('C', 1, 0, CLEAR), PN_OK);
}

static void clocks(void **state)
{
	struct kiosk_result out;
	(void)state;
	issued('A', 1, 0, CLEAR);
	now.trusted = false;
	assert_int_equal(redeem(1, 0), KIOSK_CLOCK);
	assert_int_equal(issue('B', 2, 0, CLEAR), PN_EDENIED);
	now.trusted = true;
	issued('C', 3, 0, CLEAR);
	assert_int_equal(redeem_on(3, 0, 9, &out), KIOSK_CLEAR);
	look(1000, 2000, false);
	look(1000, 2001, true);
	assert_int_equal(redeem(1, 0), KIOSK_CLOCK);
	assert_false(kiosk_redeemed(&s, out.id, true)); /* its record was on the way when the clock jumped */
	issued('D', 1, 0, CLEAR);
	assert_int_equal(redeem(1, 0), KIOSK_CLEAR);
	look(1000, -2001, true);
	now.mono_ms -= 500;
	assert_true(kiosk_look(&s, &now));
}

static void lists_change(void **state)
{
	struct kiosk_result out;
	(void)state;
	issued('A', 1, 0, CLEAR);
	issued('B', 2, 0, REFER);
	assert_int_equal(redeem_on(1, 0, 8, &out), KIOSK_BASIS);
	assert_int_equal(redeem_on(2, 0, 8, &out), KIOSK_REFER);
	assert_int_equal(redeem(1, 0), KIOSK_CLEAR);
	issued('C', 3, 0, CLEAR);
	s.policy.same_basis = false;
	assert_int_equal(redeem_on(3, 0, 8, &out), KIOSK_CLEAR);
}

static void bounds(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= SLOTS; i++)
		issued((char)('A' + i), i, 0, CLEAR);
	assert_int_equal(issue('Z', 9, 0, CLEAR), PN_ELIMIT);
	assert_int_equal(redeem(1, 0), KIOSK_CLEAR);
	assert_int_equal(issue('Z', 9, 0, CLEAR), PN_ELIMIT); /* what is spent makes no room */
	assert_int_equal(issue('Z', 1, 0, CLEAR), PN_ECONFLICT);
	look(VALID, 0, false);
	assert_int_equal(issue('Z', 9, 0, CLEAR), PN_OK); /* what is over does */
	assert_int_equal(issue('Z', 8, 0, CLEAR), PN_ECONFLICT);
	assert_int_equal(issue('Y', 8, 0, POSTERN__VERDICT__VERDICT_UNSPECIFIED), PN_EINVAL);
	given = result('Y', 8, 0, CLEAR);
	given.id[20] = '\0';
	assert_int_equal(kiosk_issue(&s, &given, &now), PN_EINVAL);
	kiosk_wipe(&s);
	for (unsigned i = 0; i < SLOTS; i++)
		assert_int_equal(slots[i].state, KIOSK_FREE);
}

static void marks(void **state)
{
	struct kiosk_result r = result('A', 1, 5, REFER), back;
	struct kiosk_mark m;
	uint8_t bytes[4096];
	(void)state;
	r.checked_wall_ms = WALL;
	r.expires_wall_ms = WALL + 1000;
	r.era = 3;
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &r);
	size_t size = postern__kiosk_mark__get_packed_size(&m.mark);
	assert_true(size <= sizeof bytes && postern__kiosk_mark__pack(&m.mark, bytes) == size);
	Postern__KioskMark *read = postern__kiosk_mark__unpack(NULL, size, bytes);
	assert_non_null(read);
	assert_int_equal(kiosk_result_of(read, &back), PN_OK);
	assert_memory_equal(&back, &r, sizeof r);
	postern__kiosk_mark__free_unpacked(read, NULL);
	m.mark.document_digest.len = 31;
	assert_int_equal(kiosk_result_of(&m.mark, &back), PN_EFORMAT);
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &r);
	m.mark.n_checks = KIOSK_CHECKS + 1;
	assert_int_equal(kiosk_result_of(&m.mark, &back), PN_EFORMAT);
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &r);
	m.mark.verdict = 4;
	assert_int_equal(kiosk_result_of(&m.mark, &back), PN_EFORMAT);
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &r);
	m.mark.face_token.len = 15;
	assert_int_equal(kiosk_restore(&s, &m.mark, &now), PN_EFORMAT);
	m.mark.phase = POSTERN__KIOSK_PHASE__KIOSK_PHASE_UNSPECIFIED;
	assert_int_equal(kiosk_restore(&s, &m.mark, &now), PN_EFORMAT);
}

static void restored(char id, uint8_t document, int64_t expires, uint64_t era, int expected)
{
	struct kiosk_result r = result(id, document, 0, CLEAR);
	struct kiosk_mark m;
	r.checked_wall_ms = expires - VALID;
	r.expires_wall_ms = expires;
	r.era = era;
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_ISSUED, &r);
	assert_int_equal(kiosk_restore(&s, &m.mark, &now), expected);
}

static void a_restart(void **state)
{
	struct kiosk_result spent = result('B', 2, 0, CLEAR);
	struct kiosk_mark m;
	(void)state;
	restored('A', 1, WALL + 100, 0, PN_OK);
	restored('B', 2, WALL + 100, 0, PN_OK);
	restored('C', 3, WALL, 0, PN_OK); /* over */
	restored('D', 4, WALL + VALID * INT64_C(1000), 0, PN_OK);
	kiosk_mark_of(&m, POSTERN__KIOSK_PHASE__KIOSK_REDEEMED, &spent);
	assert_int_equal(kiosk_restore(&s, &m.mark, &now), PN_OK);
	assert_false(kiosk_restored(&s, WALL, &now));
	assert_int_equal(redeem(2, 0), KIOSK_SPENT_BEFORE);
	assert_int_equal(redeem(3, 0), KIOSK_UNKNOWN);
	assert_int_equal(redeem(1, 0), KIOSK_CLEAR);
	look(VALID, 0, false); /* never longer than policy says, whatever a record says */
	assert_int_equal(redeem(4, 0), KIOSK_EXPIRED);
}

static void a_restart_after_a_jump(void **state)
{
	struct kiosk_mark m;
	(void)state;
	restored('A', 1, WALL + 100, 0, PN_OK);
	kiosk_mark_void(&m, 2);
	assert_int_equal(kiosk_restore(&s, &m.mark, &now), PN_OK);
	restored('B', 2, WALL + 100, 1, PN_OK);
	restored('C', 3, WALL + 100, 2, PN_OK);
	assert_false(kiosk_restored(&s, WALL - 1, &now));
	assert_int_equal(redeem(1, 0), KIOSK_CLOCK);
	assert_int_equal(redeem(2, 0), KIOSK_CLOCK);
	assert_int_equal(redeem(3, 0), KIOSK_CLEAR);
	restored('D', 4, WALL + 100, 2, PN_OK);
	restored('E', 5, WALL + 100, 2, PN_ELIMIT);
	assert_true(kiosk_restored(&s, WALL + 2001, &now)); /* the clock stands before the journal */
	assert_int_equal(redeem(4, 0), KIOSK_CLOCK);
}

static void codes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < KIOSK_ANSWERS_; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(kiosk_answer_code((enum kiosk_answer)i), kiosk_answer_code((enum kiosk_answer)k));
	assert_string_equal(kiosk_answer_code(KIOSK_SPENT_BEFORE), "kiosk.redeemed_before");
	assert_string_equal(kiosk_answer_code(KIOSK_ANSWERS_), "kiosk.unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test_setup(once, fresh),
		cmocka_unit_test_setup(not_recorded_is_not_acted_on, fresh), cmocka_unit_test_setup(referrals, fresh),
		cmocka_unit_test_setup(faces, fresh), cmocka_unit_test_setup(what_is_known_of_a_face, fresh),
		cmocka_unit_test_setup(time_is_over, fresh),
		cmocka_unit_test_setup(clocks, fresh), cmocka_unit_test_setup(lists_change, fresh),
		cmocka_unit_test_setup(bounds, fresh), cmocka_unit_test_setup(marks, fresh),
		cmocka_unit_test_setup(a_restart, fresh), cmocka_unit_test_setup(a_restart_after_a_jump, fresh),
		cmocka_unit_test(codes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
