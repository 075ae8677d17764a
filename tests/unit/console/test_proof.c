/* SPDX-License-Identifier: Apache-2.0
 * Passwords that are weighed beside: each answer is its asker's, in order, and no more wait than there is room for. The encoded hash is
 * of the reference implementation's tests (phc-winner-argon2, src/test.c, argon2id, "password", "somesalt").
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <poll.h>
#include <string.h>

#include "proof.h"

static const char encoded[] = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

static void wait_for(struct proofs *p, int fd, uint64_t id, bool right)
{
	uint64_t got = 0;
	bool is_right = !right;
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	while (!proofs_fetch(p, &got, &is_right))
		assert_int_equal(poll(&ready, 1, 60000), 1);
	assert_int_equal(got, id);
	assert_int_equal(is_right, right);
}

static void answers_in_order(void **state)
{
	struct proofs *p;
	char longest[200];
	int fd;
	(void)state;
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_int_equal(proofs_start(&p, &fd), PN_OK);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	assert_int_equal(poll(&ready, 1, 0), 0);
	assert_true(proofs_ask(p, 7, encoded, "password"));
	assert_true(proofs_ask(p, 8, encoded, "passwore"));
	assert_true(proofs_ask(p, 9, "", "password"));
	assert_true(proofs_ask(p, 10, "$argon2id$v=19$m=1024", "password"));
	assert_true(proofs_ask(p, 11, encoded, longest));
	assert_true(proofs_ask(p, 12, encoded, "password"));
	wait_for(p, fd, 7, true);
	wait_for(p, fd, 8, false);
	wait_for(p, fd, 9, false);
	wait_for(p, fd, 10, false);
	wait_for(p, fd, 11, false);
	wait_for(p, fd, 12, true);
	assert_int_equal(poll(&ready, 1, 0), 0);
	proofs_stop(p);
}

static void room_is_bounded(void **state)
{
	struct proofs *p;
	int fd;
	(void)state;
	assert_int_equal(proofs_start(&p, &fd), PN_OK);
	for (uint64_t i = 0; i < PROOFS_MAX; i++)
		assert_true(proofs_ask(p, i, encoded, "password"));
	assert_false(proofs_ask(p, 99, encoded, "password"));
	wait_for(p, fd, 0, true);
	assert_true(proofs_ask(p, 100, encoded, "wrong"));
	for (uint64_t i = 1; i < PROOFS_MAX; i++)
		wait_for(p, fd, i, true);
	wait_for(p, fd, 100, false);
	assert_true(proofs_ask(p, 1, encoded, "password"));
	assert_true(proofs_ask(p, 2, encoded, "password"));
	proofs_stop(p); /* with some that nobody will fetch */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(answers_in_order), cmocka_unit_test(room_is_bounded)};
	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
