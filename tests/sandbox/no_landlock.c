/* SPDX-License-Identifier: Apache-2.0
 * Runs host_child on a kernel that seems to have no Landlock: its three system calls answer ENOSYS.
 * Must never be installed.
 */
#include <errno.h>
#include <seccomp.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	(void)argc;
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	if (ctx == NULL || seccomp_attr_set(ctx, SCMP_FLTATR_CTL_NNP, 0) != 0 ||
		seccomp_rule_add(
			ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0) != 0 ||
		seccomp_load(ctx) != 0)
		return 1;
	seccomp_release(ctx);
	execv(HOST_CHILD_PATH, argv);
	return 1;
}
