/* SPDX-License-Identifier: Apache-2.0
 * under_filter NAME... -- PROGRAM ARGUMENT...   runs a program with these system calls and no other: any other answers EPERM, as
 * under a service whose SystemCallFilter= lists them. Must never be installed.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int i = 1, rc = f == NULL ? -ENOMEM : 0;
	for (; rc == 0 && i < argc && strcmp(argv[i], "--") != 0; i++) {
		int number = seccomp_syscall_resolve_name(argv[i]);
		if (number >= 0) /* others are of other machines */
			rc = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, number, 0, NULL);
	}
	if (rc == 0 && i + 1 < argc)
		rc = seccomp_load(f);
	else if (rc == 0)
		rc = -EINVAL;
	if (rc != 0) {
		fprintf(stderr, "under_filter: %s\n", strerror(-rc));
		return 1;
	}
	execv(argv[i + 1], argv + i + 1);
	perror(argv[i + 1]);
	return 1;
}
