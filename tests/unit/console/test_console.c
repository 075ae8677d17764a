/* SPDX-License-Identifier: Apache-2.0
 * The console's pure parts: sessions, guards, forms, reason codes, figures of a shift. Expected values are those that the headers and
 * the documents they name promise; hashes of tokens are never looked at. Must never wait for a clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "duty.h"
#include "form.h"
#include "reason.h"
#include "session.h"
#include "shift.h"

static struct session *begin(struct sessions *t, const char *name, uint8_t seed, uint64_t now, char token[SESSION_TOKEN], uint64_t *ended)
{
	struct account a = {.role = ROLE_OFFICER};
	uint8_t random[SESSION_RANDOM];
	snprintf(a.name, sizeof a.name, "%s", name);
	memset(random, seed, sizeof random);
	random[32] = (uint8_t)(seed + 1);
	return session_open(t, &a, random, now, token, ended);
}

static void session_lives(void **state)
{
	static struct sessions t;
	char token[SESSION_TOKEN], wrong[SESSION_TOKEN];
	uint64_t ended;
	(void)state;
	memset(&t, 0, sizeof t);
	struct session *s = begin(&t, "o-1", 1, 1000, token, &ended);
	assert_non_null(s);
	assert_int_equal(ended, 0);
	assert_ptr_equal(session_find(&t, token, 2000), s);
	assert_null(session_find(&t, "", 2000));
	memcpy(wrong, token, sizeof wrong);
	wrong[63] ^= 1;
	assert_null(session_find(&t, wrong, 2000));
	assert_true(session_csrf_is(s, s->csrf));
	assert_false(session_csrf_is(s, token));
	assert_false(session_csrf_is(s, ""));
	/* unused for as long as a session may be, counted from when it was last seen */
	assert_ptr_equal(session_find(&t, token, 2000 + SESSION_IDLE_MS - 1), s);
	assert_null(session_find(&t, token, 2000 + 2 * (uint64_t)SESSION_IDLE_MS));
	session_close(s);
	assert_null(session_by_id(&t, 1));
	assert_null(session_find(&t, token, 2000));
}

static void a_card_s_session_counts_with_the_card(void **state)
{
	static struct sessions t;
	char token[SESSION_TOKEN];
	uint8_t card[32], other[32];
	uint64_t ended;
	(void)state;
	memset(&t, 0, sizeof t);
	memset(card, 7, sizeof card);
	memset(other, 7, sizeof other);
	other[31] = 8;
	struct session *s = begin(&t, "o-1", 1, 1000, token, &ended);
	/* by password: whatever the connection shows */
	assert_true(session_card_is(s, NULL) && session_card_is(s, card));
	s->by_certificate = true;
	memcpy(s->certificate_sha256, card, sizeof card);
	assert_true(session_card_is(s, card));
	assert_false(session_card_is(s, other));
	assert_false(session_card_is(s, NULL));
}

static void session_ends_however_it_is_used(void **state)
{
	static struct sessions t;
	char token[SESSION_TOKEN];
	uint64_t ended, now;
	(void)state;
	memset(&t, 0, sizeof t);
	begin(&t, "o-1", 1, 0, token, &ended);
	for (now = 0; now < SESSION_LIFE_MS; now += 60000)
		assert_non_null(session_find(&t, token, now));
	assert_null(session_find(&t, token, SESSION_LIFE_MS));
}

static void token_changes(void **state)
{
	static struct sessions t;
	char old[SESSION_TOKEN], token[SESSION_TOKEN];
	uint8_t random[32];
	uint64_t ended;
	(void)state;
	memset(&t, 0, sizeof t);
	memset(random, 9, sizeof random);
	struct session *s = begin(&t, "o-1", 1, 0, old, &ended);
	session_rotate(s, random, 5000, token);
	assert_string_not_equal(old, token);
	assert_ptr_equal(session_find(&t, token, 5000), s);
	assert_ptr_equal(session_find(&t, old, 5000 + SESSION_OLD_MS - 1), s);
	assert_null(session_find(&t, old, 5000 + SESSION_OLD_MS));
	assert_ptr_equal(session_find(&t, token, 5000 + SESSION_OLD_MS), s);
}

static void tables_are_bounded(void **state)
{
	static struct sessions t;
	char token[SESSION_TOKEN], first[SESSION_TOKEN], name[16];
	uint64_t ended;
	(void)state;
	memset(&t, 0, sizeof t);
	for (unsigned i = 0; i < SESSIONS_PER_ACCOUNT; i++)
		begin(&t, "o-1", (uint8_t)(i + 1), 0, i == 0 ? first : token, &ended);
	assert_int_equal(ended, 0);
	assert_non_null(begin(&t, "o-1", 100, 0, token, &ended));
	assert_int_equal(ended, 1);
	assert_null(session_find(&t, first, 0));
	for (unsigned i = 0; i < SESSIONS_MAX - SESSIONS_PER_ACCOUNT; i++) {
		snprintf(name, sizeof name, "n-%u", i);
		assert_non_null(begin(&t, name, (uint8_t)(i + 110), 0, token, &ended));
		assert_int_equal(ended, 0);
	}
	assert_non_null(begin(&t, "late", 200, 0, token, &ended));
	assert_int_equal(ended, 2);
}

static void guessers_wait(void **state)
{
	static struct guard g;
	char key[16];
	(void)state;
	guard_init(&g, 5);
	for (unsigned i = 0; i < 4; i++)
		guard_failed(&g, "o-1", 1000);
	assert_int_equal(guard_wait_ms(&g, "o-1", 1000), 0);
	guard_failed(&g, "o-1", 1000);
	assert_int_equal(guard_wait_ms(&g, "o-1", 1000), GUARD_WAIT_MS);
	assert_int_equal(guard_wait_ms(&g, "o-1", 1000 + GUARD_WAIT_MS), 0);
	assert_int_equal(guard_wait_ms(&g, "o-2", 1000), 0);
	guard_failed(&g, "o-1", 1000 + GUARD_WAIT_MS);
	assert_int_equal(guard_wait_ms(&g, "o-1", 1000 + GUARD_WAIT_MS), 2 * GUARD_WAIT_MS);
	for (unsigned i = 0; i < 20; i++)
		guard_failed(&g, "o-1", 2000000);
	assert_int_equal(guard_wait_ms(&g, "o-1", 2000000), GUARD_WAIT_MAX_MS);
	/* long after, it begins anew; a success forgets */
	guard_failed(&g, "o-1", 2000000 + GUARD_FORGET_MS);
	assert_int_equal(guard_wait_ms(&g, "o-1", 2000000 + GUARD_FORGET_MS), 0);
	for (unsigned i = 0; i < 5; i++)
		guard_failed(&g, "o-3", 1000);
	guard_passed(&g, "o-3");
	assert_int_equal(guard_wait_ms(&g, "o-3", 1000), 0);
	/* more keys than rows push out the one that failed longest ago */
	guard_init(&g, 1);
	for (unsigned i = 0; i <= GUARD_ROWS; i++) {
		snprintf(key, sizeof key, "a-%u", i);
		guard_failed(&g, key, 1000 + i);
	}
	assert_int_equal(guard_wait_ms(&g, "a-0", 2000), 0);
	assert_int_not_equal(guard_wait_ms(&g, "a-1", 2000), 0);
	assert_int_not_equal(guard_wait_ms(&g, key, 2000), 0);
}

static int read(struct form *f, const char *text)
{
	return form_read(f, (const uint8_t *)text, strlen(text));
}

static void forms(void **state)
{
	static const char *const wrong[] = {"a", "=1", "a=1&", "&a=1", "a=1&a=2", "a=%", "a=%4", "a=%zz", "a=%00", "a=%0a", "a=\x01", "a=1&&b=2", "a=%ff%fe", "a=\xc0\xaf", "%ed%a0%80=1",
		"a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=1&k=2&l=3&m=4", "namesthataretoolongtobeone=1"};
	struct form f;
	uint64_t n;
	char long_value[FORM_VALUE + 8] = "a=";
	(void)state;
	assert_int_equal(read(&f, ""), PN_OK);
	assert_int_equal(read(&f, "name=o-1&password=a+b%26%3D%C3%A9&n=42&empty="), PN_OK);
	assert_int_equal(f.count, 4);
	assert_string_equal(form_text(&f, "name"), "o-1");
	assert_string_equal(form_text(&f, "password"), "a b&=\xc3\xa9");
	assert_string_equal(form_text(&f, "empty"), "");
	assert_string_equal(form_text(&f, "none"), "");
	assert_int_equal(form_number(&f, "n", &n), PN_OK);
	assert_int_equal(n, 42);
	assert_int_equal(form_number(&f, "name", &n), PN_EFORMAT);
	assert_int_equal(form_number(&f, "empty", &n), PN_EFORMAT);
	assert_int_equal(form_read(&f, (const uint8_t *)"a=b\0c", 5), PN_EFORMAT);
	memset(long_value + 2, 'x', FORM_VALUE - 1);
	assert_int_equal(read(&f, long_value), PN_OK);
	long_value[FORM_VALUE + 1] = 'x';
	assert_int_equal(read(&f, long_value), PN_ELIMIT);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_not_equal(read(&f, wrong[i]), PN_OK);
		assert_int_equal(f.count, 0);
	}
}

/* Annex V, part B, of Regulation (EU) 2016/399 has ten reasons of refusal, A to J. */
static void reasons(void **state)
{
	char key[16];
	unsigned n = 0;
	(void)state;
	for (char c = 'a'; c <= 'j'; c++) {
		snprintf(key, sizeof key, "annex_v.%c", c);
		assert_true(decision_reason_valid(POSTERN__OFFICER_DECISION__DECISION_REFUSE, key));
		assert_false(decision_reason_valid(POSTERN__OFFICER_DECISION__DECISION_ADMIT, key));
	}
	while (decision_reason(POSTERN__OFFICER_DECISION__DECISION_REFUSE, n) != NULL)
		n++;
	assert_int_equal(n, 10);
	assert_false(decision_reason_valid(POSTERN__OFFICER_DECISION__DECISION_ADMIT, ""));
	assert_false(decision_reason_valid(POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED, "manual.check"));
	assert_int_equal(decision_find("send-back"), POSTERN__OFFICER_DECISION__DECISION_SEND_BACK);
	assert_int_equal(decision_find("Admit"), POSTERN__OFFICER_DECISION__DECISION_UNSPECIFIED);
	assert_false(order_reason_valid(""));
	assert_true(order_reason_valid("traveller.help"));
	assert_true(order_reason_valid("hall.evacuated"));
}

static void take(struct shift *s, Postern__RecordClear r, Postern__RecordKind kind)
{
	r.kind = kind;
	shift_take(s, &r);
}

static void figures(void **state)
{
	static struct shift s;
	Postern__RecordClear r = POSTERN__RECORD_CLEAR__INIT;
	Postern__StepTime step = POSTERN__STEP_TIME__INIT, *steps[] = {&step};
	char id[] = "crossing-0";
	(void)state;
	shift_begin(&s, 7);
	r.crossing_id = id;
	r.verdict = POSTERN__VERDICT__VERDICT_CLEAR;
	take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	r.verdict = POSTERN__VERDICT__VERDICT_REFER;
	r.reason = (char *)(uintptr_t) "list.hit";
	take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	r.decision = POSTERN__OFFICER_DECISION__DECISION_ADMIT;
	take(&s, r, POSTERN__RECORD_KIND__RECORD_DECISION);
	take(&s, r, POSTERN__RECORD_KIND__RECORD_DECISION); /* of no crossing that waits any more */
	assert_int_equal(s.verdicts, 2);
	assert_int_equal(s.clear, 1);
	assert_int_equal(s.referred, 1);
	assert_int_equal(s.admitted, 2);
	assert_int_equal(s.reason_count, 1);
	assert_int_equal(s.reasons[0].admitted, 1);
	assert_int_equal(shift_false_alarms(&s), 1000);
	/* referred twice, held, sent back: one decision, which says that the machine was right */
	id[9] = '1';
	take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	r.decision = POSTERN__OFFICER_DECISION__DECISION_HOLD;
	take(&s, r, POSTERN__RECORD_KIND__RECORD_DECISION);
	assert_int_equal(s.decided, 1);
	r.decision = POSTERN__OFFICER_DECISION__DECISION_SEND_BACK;
	take(&s, r, POSTERN__RECORD_KIND__RECORD_DECISION);
	assert_int_equal(s.decided, 2);
	assert_int_equal(s.reasons[0].decided, 2);
	assert_int_equal(s.reasons[0].admitted, 1);
	assert_int_equal(shift_false_alarms(&s), 500);
	/* of the durations 1 ms to 100 ms half lie at or below 50, and 95 at or below 95; a bin is 15 % and 1 ms wide */
	step.step = (char *)(uintptr_t) "entry";
	r.n_steps = 1;
	r.steps = steps;
	r.outcome = POSTERN__OUTCOME__OUTCOME_PASSED;
	for (uint32_t ms = 1; ms <= 100; ms++) {
		step.duration_ms = ms;
		take(&s, r, POSTERN__RECORD_KIND__RECORD_OUTCOME);
	}
	assert_int_equal(s.passed, 100);
	assert_in_range(shift_quantile(&s, 0, 500), 50, 59);
	assert_in_range(shift_quantile(&s, 0, 950), 95, 111);
	/* whom nobody checked, by an order that made the lane free, is counted apart */
	r.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_FREE;
	r.reason = (char *)(uintptr_t) "mode.free";
	take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
	r.exception = POSTERN__EXCEPTION_CLASS__EXCEPTION_UNSPECIFIED;
	assert_int_equal(s.unchecked, 1);
	assert_int_equal(s.verdicts, 5);
	assert_int_equal(s.referred, 3);
	assert_int_equal(s.reason_count, 1);
	/* every duration has a bin, and there are never more rows than there are */
	step.duration_ms = UINT32_MAX;
	take(&s, r, POSTERN__RECORD_KIND__RECORD_OUTCOME);
	for (unsigned i = 0; i < 100; i++) {
		char key[16];
		snprintf(key, sizeof key, "key.%u", i);
		r.reason = key;
		step.step = key;
		take(&s, r, POSTERN__RECORD_KIND__RECORD_VERDICT);
		take(&s, r, POSTERN__RECORD_KIND__RECORD_OUTCOME);
	}
	assert_int_equal(s.reason_count, SHIFT_ROWS);
	assert_string_equal(s.reasons[SHIFT_ROWS - 1].key, "other");
	assert_int_equal(s.reasons[SHIFT_ROWS - 1].count, 100 - (SHIFT_ROWS - 2));
	assert_int_equal(s.step_count, SHIFT_ROWS);
}

/* An hour at a stretch (the United Kingdom's inspectorate of borders on monitoring officers), then a rest of a quarter. */
static void turns(void **state)
{
	enum { MINUTE = 60000 };
	static struct duty d;
	(void)state;
	duty_init(&d, 60 * MINUTE, 15 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 5), 60 * MINUTE);
	duty_seen(&d, "o-1", false, 5);
	duty_seen(&d, "o-1", true, 10 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 30 * MINUTE), 40 * MINUTE);
	/* a second lane, or the same again, changes nothing; neither does somebody else */
	duty_seen(&d, "o-1", true, 30 * MINUTE);
	duty_seen(&d, "o-2", true, 35 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 40 * MINUTE), 30 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-2", 40 * MINUTE), 55 * MINUTE);
	/* a pause shorter than the rest does not begin a new turn */
	duty_seen(&d, "o-1", false, 40 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 54 * MINUTE), 16 * MINUTE);
	duty_seen(&d, "o-1", true, 54 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 70 * MINUTE), 0);
	assert_int_equal(duty_rest_ms(&d, "o-1", 70 * MINUTE), 15 * MINUTE);
	duty_seen(&d, "o-1", false, 71 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 85 * MINUTE), 0);
	assert_int_equal(duty_rest_ms(&d, "o-1", 85 * MINUTE), 1 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 86 * MINUTE), 60 * MINUTE);
	duty_seen(&d, "o-1", true, 90 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 91 * MINUTE), 59 * MINUTE);
	/* without a rest the next turn begins when the last has been put down */
	duty_init(&d, 60 * MINUTE, 0);
	duty_seen(&d, "o-1", true, 1);
	assert_int_equal(duty_left_ms(&d, "o-1", 61 * MINUTE), 0);
	duty_seen(&d, "o-1", false, 61 * MINUTE);
	assert_int_equal(duty_left_ms(&d, "o-1", 61 * MINUTE), 60 * MINUTE);
}

static void safeguarding(void **state)
{
	(void)state;
	assert_true(safeguarding_reason_valid("child.alone"));
	assert_false(safeguarding_reason_valid("Mr Smith"));
	assert_false(safeguarding_reason_valid(""));
	assert_true(safeguarding_role_valid("roving"));
	assert_false(safeguarding_role_valid("child.alone"));
	for (unsigned i = 0; safeguarding_reason(i) != NULL; i++)
		assert_true(safeguarding_reason_valid(safeguarding_reason(i)));
	for (unsigned i = 0; safeguarding_role(i) != NULL; i++)
		assert_true(safeguarding_role_valid(safeguarding_role(i)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(session_lives), cmocka_unit_test(a_card_s_session_counts_with_the_card), cmocka_unit_test(session_ends_however_it_is_used),
		cmocka_unit_test(token_changes), cmocka_unit_test(tables_are_bounded), cmocka_unit_test(guessers_wait), cmocka_unit_test(forms),
		cmocka_unit_test(reasons), cmocka_unit_test(figures),
		cmocka_unit_test(turns), cmocka_unit_test(safeguarding)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
