/* SPDX-License-Identifier: Apache-2.0
 * Starts a child of this very program in another role: fork, an explicit plan of file descriptors,
 * exec of /proc/self/exe. The one place that forks. Must never hand a child a descriptor that its
 * spec does not name.
 */
#ifndef POSTERN_HOST_SPAWN_H
#define POSTERN_HOST_SPAWN_H
#include "base/err.h"
#include "host/spec.h"
#include <stddef.h>
#include <sys/types.h>

/* What a child finds open: 0 and 1 /dev/null, 2 the log, and these. */
enum { HOST_FD_BUS = 3, HOST_FD_SPEC = 4, HOST_FD_GRANTS = 5, HOST_MAX_GRANTS = 24 };

struct spawn_spec {
	const char *role; /* "core", "plugin": argv of the child is posternd -x ROLE */
	const void *spec; /* becomes a sealed memfd at HOST_FD_SPEC */
	size_t spec_size;
	const int *grants; /* become HOST_FD_GRANTS, +1, ... ; stay the caller's */
	size_t grant_count;
	const char *executable; /* NULL: /proc/self/exe; tests name another */
};

struct spawned {
	pid_t pid;
	int pidfd;  /* readable when the child has ended; close-on-exec, the caller closes it */
	int bus_fd; /* this side of the bus: SOCK_SEQPACKET, non-blocking, close-on-exec, the caller
		       closes it */
};

/* Blocks until the exec has happened (milliseconds, at most 5 s). On failure nothing is left
 * behind: PN_EINVAL, PN_ELIMIT, PN_EIO (logged with its errno), PN_ETIMEOUT. The child dies with
 * the thread that called this (PR_SET_PDEATHSIG): call it from a thread that lives as long as the
 * program. Signals, working directory and environment are reset. */
int host_spawn(const struct spawn_spec *spec, struct spawned *out) PN_MUST_CHECK;
/* Opens the spec's devices, numbers them, encodes the spec and spawns role "plugin". error: a
 * sentence. PN_ENOTFOUND: a device is not there, and nothing was started. */
int host_spawn_plugin(struct plugin_spec *spec, const char *executable, struct spawned *out,
	struct text *error) PN_MUST_CHECK;
/* Ends a child for good: SIGKILL through its pidfd, waits at most timeout_ms, reaps it. *status as
 * of waitpid(); PN_ETIMEOUT when it has not ended (a child in uninterruptible sleep). Closes
 * neither fd. */
int host_kill(const struct spawned *child, int timeout_ms, int *status) PN_MUST_CHECK;
/* Reaps a child that has ended; PN_EAGAIN when it has not. */
int host_reap(const struct spawned *child, int *status) PN_MUST_CHECK;
#endif
