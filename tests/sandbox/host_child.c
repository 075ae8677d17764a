/* SPDX-License-Identifier: Apache-2.0
 * The smallest program that host_spawn() can start again: dispatches "-x plugin" to plugin_main()
 * as posternd does, and prints the inventory of the sandbox's steps. Must never do anything that
 * posternd does not do for a plugin.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/plugin_main.h"
#include "host/sandbox.h"
#include "host/spec.h"

/* Enters the sandbox of a plugin without grants and says which steps hold. */
static int report(void)
{
	char bytes[1024];
	struct text out;
	struct sandbox s = {.uid = geteuid() == 0 ? 64000 : SPEC_KEEP_UID,
		.gid = geteuid() == 0 ? 64000 : SPEC_KEEP_UID,
		.object = -1,
		.syscalls = SYSCALLS_BASE,
		.memory_mib = 64,
		.file_mib = 64,
		.open_files = 64,
		.threads = 1};
	text_init(&out, bytes, sizeof bytes);
	int rc = sandbox_widen(&s);
	if (rc == PN_OK)
		rc = sandbox_narrow(&s);
	if (rc != PN_OK)
		text_add(&out, "failed: %s (errno %d)\n", sandbox_step_name(s.failed),
			s.failed_errno);
	sandbox_report(&s, &out);
	return write(STDOUT_FILENO, bytes, out.len) == (ssize_t)out.len && rc == PN_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-x") == 0 && strcmp(argv[2], "plugin") == 0)
		return plugin_main(argc, argv);
	if (argc == 2 && strcmp(argv[1], "--sandbox-report") == 0)
		return report();
	fprintf(stderr, "usage: host_child --sandbox-report\n");
	return 2;
}
