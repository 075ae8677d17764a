/* SPDX-License-Identifier: Apache-2.0
 * The control run: the same attempt outside the sandbox. "control ATTEMPT NAME=VALUE..." ends as
 * hostile.c does. Must never be installed.
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
	const struct attempt *a = argc > 1 ? attempt_find(argv[1]) : NULL;
	if (a == NULL)
		return 2;
	int rc = a->run(argument, argv + 2);
	if (rc != 0)
		fprintf(stderr, "control: %s: %s\n", argv[1], strerror(-rc));
	syscall(SYS_exit_group, rc == 0 ? ATTEMPT_SUCCEEDED : ATTEMPT_REFUSED);
	return 1;
}
