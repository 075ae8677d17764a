/* SPDX-License-Identifier: Apache-2.0
 * What a hostile plugin tries, each by direct system calls. The same functions run inside the
 * sandbox (hostile.c) and outside it (control.c), so that a refusal is known to come from the
 * sandbox. Must never be linked into a shipped program.
 */
#ifndef POSTERN_TESTS_ATTEMPTS_H
#define POSTERN_TESTS_ATTEMPTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit statuses of an attempt, apart from those of enum host_exit. */
enum { ATTEMPT_REFUSED = 98, ATTEMPT_SUCCEEDED = 99 };

/* The value of an argument (see test_hostile.c); "" when there is none. */
typedef const char *(*attempt_argument)(void *ctx, const char *name);

struct attempt {
	const char *name;
	/* 0 when it succeeded, a negative errno when it was refused */
	int (*run)(attempt_argument argument, void *ctx);
	bool wide;     /* must fail in init() already */
	bool optional; /* the kernel may lack it: then the control run fails and nothing is shown */
	uint32_t granted;  /* enum manifest_sockets bits that make it lawful */
	uint32_t syscalls; /* enum manifest_syscalls bits that make it lawful */
};

extern const struct attempt attempts[];
extern const size_t attempt_count;
const struct attempt *attempt_find(const char *name);
#endif
