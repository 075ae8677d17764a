/* SPDX-License-Identifier: Apache-2.0
 * The steps of confine.h. Must never allow a call that names a file.
 */
#include "confine.h"

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static int limit(int what, uint64_t value)
{
	struct rlimit r = {value, value};
	return setrlimit((__rlimit_resource_t)what, &r) == 0 ? PN_OK : PN_EDENIED;
}

static int filter(void)
{
	static const int allowed[] = {SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close),
		SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(futex), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
		SCMP_SYS(time), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
		SCMP_SYS(exit), SCMP_SYS(exit_group)};
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = ctx != NULL ? 0 : -1;
	for (size_t i = 0; rc == 0 && i < PN_COUNT(allowed); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	/* memory, but no page that can be executed, and of no file */
	if (rc == 0)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (rc == 0)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc == 0 ? PN_OK : PN_EDENIED;
}

int confine(const struct confine_limits *l)
{
	const uint64_t mib = UINT64_C(1024) * 1024;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
		prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0) != 0)
		return PN_EDENIED;
	if (limit(RLIMIT_CORE, 0) != PN_OK || limit(RLIMIT_FSIZE, 0) != PN_OK || limit(RLIMIT_NPROC, 0) != PN_OK ||
		limit(RLIMIT_CPU, l->cpu_s) != PN_OK)
		return PN_EDENIED;
	if (SANITIZED)
		return PN_OK;
	if (limit(RLIMIT_NOFILE, 0) != PN_OK || limit(RLIMIT_AS, l->memory_mib * mib) != PN_OK)
		return PN_EDENIED;
	return filter();
}
