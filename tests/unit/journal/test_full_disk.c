/* SPDX-License-Identifier: Apache-2.0
 * A disk that fills up: appends fail, nothing is half-written, and they succeed again when there is
 * space. On a tmpfs of 2 MiB and on an ext4 of 16 MiB; needs root for the mounts and says so
 * otherwise.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

/* The WAL is written into the database between commits, so what must come back is more than one
 * record's room. */
static void fill_and_free(const char *folder, unsigned ballast)
{
	static uint8_t personal[20000];
	struct fixture *f = fixture_new(folder);
	struct journal *j = fixture_open(f);
	struct journal_completion done = {0};
	struct journal_status st;
	uint64_t n = 0, refused = 0;
	fixture_shell("head -c %u /dev/zero >%s/ballast", ballast, folder);
	while (n < 10000 && done.result == 0)
		done = fixture_append(j, ++n, 1, personal, sizeof personal);
	assert_int_equal(done.result, PN_ELIMIT);
	n--;
	assert_true(n > 10);
	for (refused = 0; refused < 20; refused++)
		assert_int_not_equal(
			fixture_append(j, 5000 + refused, 1, personal, sizeof personal).result, 0);
	journal_status(j, &st);
	assert_int_equal(st.head_seq, n);
	assert_int_equal(st.outbox, n);
	assert_false(st.broken);
	fixture_shell("rm %s/ballast", folder);
	for (int i = 0; i < 5; i++) {
		done = fixture_append(j, 6000, 1, personal, sizeof personal);
		assert_int_equal(done.result, 0);
		assert_int_equal(done.seq, ++n);
	}
	journal_close(j);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM journal"), (int64_t)n);
	assert_int_equal(fixture_integer(f, "SELECT count(*) FROM outbox"), (int64_t)n);
	struct journal_verify_summary s;
	const struct journal_verify_options o = {.checkpoint_pub_path = f->pub};
	assert_int_equal(journal_verify(f->path, &o, NULL, NULL, &s), 0);
	assert_int_equal(s.records, n);
	j = fixture_open(f);
	journal_close(j);
	fixture_free(f);
}

static void test_tmpfs(void **state)
{
	char folder[] = "/tmp/postern-full-XXXXXX";
	(void)state;
	assert_non_null(mkdtemp(folder));
	if (mount("tmpfs", folder, "tmpfs", 0, "size=2m") != 0) {
		rmdir(folder);
		print_message("SKIP: a tmpfs cannot be mounted here\n");
		skip();
	}
	fill_and_free(folder, 300000);
	assert_int_equal(umount(folder), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_ext4(void **state)
{
	char folder[] = "/tmp/postern-full-XXXXXX", command[256];
	(void)state;
	assert_non_null(mkdtemp(folder));
	fixture_shell("truncate -s 16M %s.img && mkfs.ext4 -q -m 0 -O ^has_journal %s.img", folder,
		folder);
	snprintf(command, sizeof command, "mount -o loop %s.img %s 2>/dev/null", folder, folder);
	if (system(command) != 0) { /* NOLINT: the test's own path */
		fixture_shell("rmdir %s; rm %s.img", folder, folder);
		print_message("SKIP: no loop device can be mounted here\n");
		skip();
	}
	fill_and_free(folder, 6000000);
	fixture_shell("umount %s && rmdir %s && rm %s.img", folder, folder, folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tmpfs), cmocka_unit_test(test_ext4)};
	if (geteuid() != 0) {
		printf("SKIP: mounting a small file system needs root\n");
		return 77;
	}
	/* Mounts of our own end with this process, whatever ends it. */
	if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		printf("SKIP: a mount namespace of its own is not allowed here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
