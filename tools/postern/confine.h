/* SPDX-License-Identifier: Apache-2.0
 * A process that reads foreign bytes: it may read and write what is open, compute and end; nothing else. Must
 * never be taken for one when a step did not hold.
 */
#ifndef POSTERN_TOOL_CONFINE_H
#define POSTERN_TOOL_CONFINE_H
#include "base/err.h"

struct confine_limits {
	unsigned memory_mib, cpu_s;
};

/* The calling process, for good: no new privileges; no core dump, new file, process or open file; memory and
 * processor time bounded; every system call but those for reading, writing, memory and the end kills it (seccomp,
 * an allow-list). In a build with a sanitizer the memory limit and the filter are left out, since its run-time needs
 * what they forbid. PN_EDENIED: a step did not hold. */
int confine(const struct confine_limits *limits) PN_MUST_CHECK;
#endif
