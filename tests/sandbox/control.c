/* SPDX-License-Identifier: Apache-2.0
 * The control run: the same attempt outside the sandbox. "control ATTEMPT NAME=VALUE..." ends as
 * hostile.c does; "control" alone lists them: name, wide, optional, sockets, system calls. Must never be installed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attempts.h"

static const char *argument(void *ctx, const char *name)
{
	for (char **a = ctx; *a != NULL; a++)
		if (strncmp(*a, name, strlen(name)) == 0 && (*a)[strlen(name)] == '=')
			return *a + strlen(name) + 1;
	return "";
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 1 && i < attempt_count; i++)
		printf("%s %d %d %u %u\n", attempts[i].name, attempts[i].wide, attempts[i].optional,
			attempts[i].granted, attempts[i].syscalls);
	if (argc == 1)
		return 0;
	const struct attempt *a = argc > 1 ? attempt_find(argv[1]) : NULL;
	if (a == NULL)
		return 2;
	int rc = a->run(argument, argv + 2);
	if (rc != 0)
		fprintf(stderr, "control: %s: %s\n", argv[1], strerror(-rc));
	syscall(SYS_exit_group, rc == 0 ? ATTEMPT_SUCCEEDED : ATTEMPT_REFUSED);
	return 1;
}
