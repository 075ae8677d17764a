/* SPDX-License-Identifier: Apache-2.0
 * Puts this process, a child of host_spawn(), into its sandbox, in two layers: the wide one, in
 * which the plugin's code is loaded, and the narrow one, in which it works.
 *
 *   sandbox_widen()    namespaces (mount, IPC, UTS; network unless inet sockets are granted; a user
 * namespace when not root), read-only view of the file tree, own uid and gid, no capability,
 * no_new_privs, rlimits, Landlock layer 1 (libraries, the object, TLS and resolver configuration,
 * the grants), a seccomp filter that kills on attack-indicative calls and refuses new processes
 *   sandbox_narrow()   one thread only; Landlock layer 2 (the grants alone, TCP ports, scopes);
 *                      a seccomp filter that allows the granted named sets and answers ENOSYS to
 * all else
 *
 * The namespaces come before the change of uid, since they need the privilege that it gives up.
 * Must never go on after a failed step: every step either holds or sandbox->failed names it.
 * Landlock alone may be absent, and only when landlock_required is false.
 */
#ifndef POSTERN_HOST_SANDBOX_H
#define POSTERN_HOST_SANDBOX_H
#include "base/err.h"
#include "base/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The steps, in order; a bit each in sandbox->active. */
enum sandbox_step {
	STEP_NAMESPACES, /* mount, IPC and UTS namespaces of its own */
	STEP_NETWORK,    /* an empty network namespace; not active when inet sockets are granted */
	STEP_VIEW, /* the tree read-only, nosuid, nodev; not active where / is no mount point (a
		      chroot) */
	STEP_UID,  /* own uid and gid, no supplementary group; not active when the supervisor is not
		      root */
	STEP_CAPABILITIES, /* all sets and the bounding set empty, securebits locked */
	STEP_NO_NEW_PRIVS,
	STEP_LIMITS,
	STEP_LANDLOCK_WIDE,
	STEP_SECCOMP_WIDE,
	STEP_LANDLOCK_NARROW,
	STEP_SECCOMP_NARROW,
	STEP_COUNT_
};

struct sandbox_folder {
	const char *path;
	bool write;
	bool sockets; /* sockets may be made here: the core's control socket */
};

/* Beside enum manifest_sockets, for the core: bind and listen on a socket in the file system. */
enum { SANDBOX_UNIX_SERVER = 8 };

enum { SANDBOX_MAX_FOLDERS = 20 };

struct sandbox {
	/* What is wanted. Strings stay the caller's. */
	int64_t uid, gid;           /* SPEC_KEEP_UID: stay */
	uint32_t sockets, syscalls; /* enum manifest_sockets, manifest_syscalls */
	uint32_t memory_mib, file_mib, open_files, threads;
	bool landlock_required;
	bool devices; /* device fds are granted: their ioctls are allowed */
	bool core; /* the core: a real-time journal thread; libuv's try for io_uring is refused, not
		      fatal */
	int object; /* the .so, opened for reading, or -1 */
	struct sandbox_folder folders[SANDBOX_MAX_FOLDERS];
	size_t folder_count;
	const uint16_t *connect_ports, *bind_ports;
	size_t connect_port_count, bind_port_count;
	/* What holds. */
	uint32_t active;          /* 1u << enum sandbox_step */
	int landlock_abi;         /* 0: the kernel has none */
	enum sandbox_step failed; /* valid after an error */
	int failed_errno;
};

int sandbox_widen(struct sandbox *s) PN_MUST_CHECK;
int sandbox_narrow(struct sandbox *s) PN_MUST_CHECK;

const char *sandbox_step_name(enum sandbox_step step);
/* One line per step: "landlock-narrow: active (ABI 7)". */
void sandbox_report(const struct sandbox *s, struct text *out);
/* False in a build with a sanitizer, whose run-time needs what the memory limit and seccomp forbid.
 */
bool sandbox_complete(void);
/* The kernel's Landlock ABI, 0 without. */
int sandbox_landlock_abi(void);
#endif
