/* SPDX-License-Identifier: Apache-2.0
 * The steps of sandbox.h, one file each. Private to core/host. Each returns 0 or a negative errno,
 * and must never return 0 when its step does not hold.
 */
#ifndef POSTERN_HOST_SANDBOX_STEPS_H
#define POSTERN_HOST_SANDBOX_STEPS_H
#include "host/sandbox.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#else
#define SANDBOX_SANITIZED 0
#endif

int step_namespaces(struct sandbox *s);
int step_view(struct sandbox *s);
int step_uid(struct sandbox *s);
int step_capabilities(struct sandbox *s);
int step_no_new_privs(struct sandbox *s);
int step_limits(struct sandbox *s);
/* -ENOSYS or -EOPNOTSUPP: this kernel has no Landlock. */
int step_landlock_wide(struct sandbox *s);
int step_landlock_narrow(struct sandbox *s);
int step_seccomp_wide(struct sandbox *s);
int step_seccomp_narrow(struct sandbox *s);
#endif
