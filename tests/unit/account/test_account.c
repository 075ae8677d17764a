/* SPDX-License-Identifier: Apache-2.0
 * Accounts of a control post: roles by the table below, one-time codes by the vectors of RFC 6238
 * (appendix B) and RFC 4226 (appendix D), base32 by RFC 4648 (section 10), argon2id by the vector of phc-winner-argon2's test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "account/account.h"

static void rfc6238(void **state)
{
	static const struct {
		int64_t at;
		const char *sha1, *sha256, *sha512;
	} rows[] = {{59, "94287082", "46119246", "90693936"}, {1111111109, "07081804", "68084774", "25091201"},
		{1111111111, "14050471", "67062674", "99943326"}, {1234567890, "89005924", "91819424", "93441116"},
		{2000000000, "69279037", "90698825", "38618901"}, {20000000000, "65353130", "77737706", "47863826"}};
	const uint8_t *seed = (const uint8_t *)"1234567890123456789012345678901234567890123456789012345678901234";
	char code[9];
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t step = (uint64_t)rows[i].at / 30;
		assert_int_equal(totp_code(TOTP_SHA1, seed, 20, step, 8, code), PN_OK);
		assert_string_equal(code, rows[i].sha1);
		assert_int_equal(totp_code(TOTP_SHA256, seed, 32, step, 8, code), PN_OK);
		assert_string_equal(code, rows[i].sha256);
		assert_int_equal(totp_code(TOTP_SHA512, seed, 64, step, 8, code), PN_OK);
		assert_string_equal(code, rows[i].sha512);
	}
	assert_int_equal(totp_code(TOTP_SHA1, seed, 20, 1, 9, code), PN_EINVAL);
	assert_int_equal(totp_code(TOTP_SHA1, seed, 65, 1, 6, code), PN_EINVAL);
}

static void rfc4226(void **state)
{
	static const char *const codes[] = {"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"};
	char code[9];
	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(totp_code(TOTP_SHA1, (const uint8_t *)"12345678901234567890", 20, i, 6, code), PN_OK);
		assert_string_equal(code, codes[i]);
	}
}

/* Steps 1 to 4 by RFC 4226's table: 287082, 359152, 969429, 338314. */
static void a_code_counts_once(void **state)
{
	const uint8_t *seed = (const uint8_t *)"12345678901234567890";
	uint64_t last = 0;
	(void)state;
	assert_false(totp_accept(seed, 20, 90, "287082", &last)); /* two steps ago */
	assert_false(totp_accept(seed, 20, 90, "35915", &last));
	assert_false(totp_accept(seed, 20, 90, "3591522", &last));
	assert_false(totp_accept(seed, 20, 90, "", &last));
	assert_int_equal(last, 0);
	assert_true(totp_accept(seed, 20, 90, "359152", &last)); /* the step before */
	assert_int_equal(last, 2);
	assert_false(totp_accept(seed, 20, 90, "359152", &last));
	assert_true(totp_accept(seed, 20, 90, "338314", &last)); /* the step after */
	assert_false(totp_accept(seed, 20, 90, "969429", &last)); /* older than one that was accepted */
	assert_int_equal(last, 4);
}

static void rfc4648(void **state)
{
	static const struct {
		const char *plain, *text;
	} rows[] = {{"", ""}, {"f", "MY"}, {"fo", "MZXQ"}, {"foo", "MZXW6"}, {"foob", "MZXW6YQ"}, {"fooba", "MZXW6YTB"}, {"foobar", "MZXW6YTBOI"}};
	static const char *const wrong[] = {"M", "MZX", "MZXW6Y", "M1", "MZ==", "MZ", "mzxr"};
	char text[32];
	uint8_t bytes[16];
	size_t size;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		base32_encode(text, (const uint8_t *)rows[i].plain, strlen(rows[i].plain));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(base32_decode(rows[i].text, bytes, sizeof bytes, &size), PN_OK);
		assert_int_equal(size, strlen(rows[i].plain));
		assert_memory_equal(bytes, rows[i].plain, size);
	}
	assert_int_equal(base32_decode("mzxw6ytboi", bytes, sizeof bytes, &size), PN_OK);
	assert_int_equal(base32_decode("MZXW6YTBOI", bytes, 5, &size), PN_ELIMIT);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(base32_decode(wrong[i], bytes, sizeof bytes, &size), PN_EFORMAT);
}

static void passwords(void **state)
{
	/* argon2id, version 19, m = 65536, t = 2, p = 1, "password", "somesalt" */
	static const char vector[] = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
	static const char *const wrong[] = {"", "password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh",
		"$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=65537,t=2,p=1$c29tZXNhbHQ$CTFh",
		"$argon2id$v=19$m=4294967296,t=2,p=1$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=65536,t=9,p=1$c29tZXNhbHQ$CTFh",
		"$argon2id$v=19$m=65536,t=2,p=2$c29tZXNhbHQ$CTFh", "$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFh"};
	char hash[PASSWORD_HASH_MAX], again[PASSWORD_HASH_MAX];
	(void)state;
	assert_true(password_matches(vector, "password"));
	assert_false(password_matches(vector, "Password"));
	assert_int_equal(password_hash("eleven char", hash), PN_EINVAL);
	assert_int_equal(password_hash("twelve chars", hash), PN_OK);
	assert_int_equal(password_hash("twelve chars", again), PN_OK);
	assert_string_not_equal(hash, again);
	assert_true(password_hash_valid(hash));
	assert_true(password_matches(hash, "twelve chars"));
	assert_false(password_matches(hash, "twelve charz"));
	assert_false(password_matches(NULL, "twelve chars"));
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_false(password_hash_valid(wrong[i]));
		assert_false(password_matches(wrong[i], "password"));
	}
}

/* The auditor reads the audit and nothing else; an officer does not a supervisor's acts; administrators see
 * nobody's data. */
static void roles(void **state)
{
	static const char table[ACT_COUNT][6] = {
		[ACT_SEE_LANES] = "-osa-", [ACT_SEE_PERSON] = "-os--", [ACT_DECIDE] = "-os--", [ACT_AGREE] = "-os--", [ACT_ASSIST] = "-os--",
		[ACT_LOCK] = "-os--", [ACT_SERVICE] = "--s--", [ACT_DUTY] = "-os--", [ACT_ACKNOWLEDGE] = "-os--", [ACT_SHIFT] = "-osa-",
		[ACT_AUDIT] = "----u"};
	(void)state;
	for (int a = 0; a < ACT_COUNT; a++) {
		assert_string_not_equal(act_name((enum act)a), "");
		for (int r = 0; r < ROLE_COUNT; r++)
			assert_int_equal(role_may((enum role)r, (enum act)a), table[a][r] != '-');
		assert_false(role_may(ROLE_COUNT, (enum act)a));
		assert_false(role_may((enum role)-1, (enum act)a));
	}
	assert_int_equal(role_find("supervisor"), ROLE_SUPERVISOR);
	assert_int_equal(role_find(""), ROLE_NONE);
	assert_int_equal(role_find("Officer"), ROLE_NONE);
}

static char folder[] = "/tmp/test-account-XXXXXX", path[64];

static int load_text(const char *text, struct accounts *out, char error[512])
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return accounts_load(path, out, error, 512);
}

#define HASH "\"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc\""
#define SEED "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" /* "12345678901234567890" */
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static void file(void **state)
{
	struct accounts a, b;
	struct stat st;
	char error[512];
	uint8_t ones[32];
	(void)state;
	memset(ones, 0x11, sizeof ones);
	assert_int_equal(load_text("accounts:\n  - {name: o-1, role: officer, password: " HASH ", totp: " SEED ", demo: true}\n"
				   "  - {name: s-1, role: supervisor, certificate: \"" ONES "\"}\n"
				   "  - {name: u-1, role: auditor, password: " HASH ", totp: " SEED ", locked: true}\n",
				 &a, error), PN_OK);
	assert_int_equal(a.count, 3);
	assert_int_equal(accounts_save(path, &a), PN_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(accounts_load(path, &b, error, sizeof error), PN_OK);
	assert_memory_equal(&a, &b, sizeof a);
	/* a demonstration's account only where those are allowed, a locked one nowhere */
	assert_null(account_usable(&b, "o-1", false));
	assert_non_null(account_usable(&b, "o-1", true));
	assert_null(account_usable(&b, "u-1", true));
	assert_null(account_usable(&b, "nobody", true));
	assert_string_equal(account_by_certificate(&b, ones, false)->name, "s-1");
	ones[31] = 0;
	assert_null(account_by_certificate(&b, ones, false));
	struct account *o = account_usable(&b, "o-1", true);
	assert_false(account_proves(o, "Password", "359152", 90));
	assert_false(account_proves(o, "password", "359153", 90));
	assert_true(account_proves(o, "password", "359152", 90));
	assert_false(account_proves(o, "password", "359152", 90));
	assert_false(account_proves(NULL, "password", "359152", 90));
	/* without password there is no way in but the certificate */
	assert_false(account_proves(account_find(&b, "s-1"), "", "", 90));
}

static void files_that_are_none(void **state)
{
	static const char *const wrong[] = {"", "accounts: 3\n", "accounts:\n  - {name: a, role: king, certificate: \"" ONES "\"}\n",
		"accounts:\n  - {name: a, role: officer}\n", "accounts:\n  - {name: a, role: officer, password: " HASH "}\n",
		"accounts:\n  - {name: a, role: officer, password: secret, totp: " SEED "}\n",
		"accounts:\n  - {name: a, role: officer, password: " HASH ", totp: MZXW6}\n",
		"accounts:\n  - {name: A, role: officer, certificate: \"" ONES "\"}\n",
		"accounts:\n  - {name: ../a, role: officer, certificate: \"" ONES "\"}\n",
		"accounts:\n  - {name: a, role: officer, certificate: \"11\"}\n",
		"accounts:\n  - {name: a, role: officer, certificate: \"" ONES "\", admin: true}\n",
		"accounts:\n  - {name: a, role: officer, certificate: \"" ONES "\"}\n  - {name: a, role: auditor, password: " HASH ", totp: " SEED "}\n",
		"accounts:\n  - {name: a, role: officer, certificate: \"" ONES "\"}\n  - {name: b, role: auditor, certificate: \"" ONES "\"}\n"};
	struct accounts a;
	char error[512];
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		assert_int_equal(load_text(wrong[i], &a, error), PN_EFORMAT);
		assert_non_null(strstr(error, path));
		assert_int_equal(a.count, 0);
	}
	assert_int_equal(accounts_load("/nowhere/accounts.yaml", &a, error, sizeof error), PN_EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rfc6238), cmocka_unit_test(rfc4226), cmocka_unit_test(a_code_counts_once),
		cmocka_unit_test(rfc4648), cmocka_unit_test(passwords), cmocka_unit_test(roles), cmocka_unit_test(file),
		cmocka_unit_test(files_that_are_none)};
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/accounts.yaml", folder);
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
