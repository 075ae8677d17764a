/* SPDX-License-Identifier: Apache-2.0
 * Namespaces, uid, capabilities, no_new_privs and rlimits: what this process may be and how much it
 * may use. Must never leave a capability, a supplementary group or a core dump.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "host/manifest.h"
#include "host/sandbox_steps.h"

/* Address space beyond the data limit: program, libraries, stacks, granted shared mappings. */
enum { ADDRESS_SPACE_EXTRA_MIB = 256, JOURNAL_PRIORITY_MAX = 10 };

static int write_map(const char *path, const char *line)
{
	int rc = 0, fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, line, strlen(line)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

/* A user namespace in which the present user is himself and nobody else exists. */
static int own_user_namespace(void)
{
	char uids[48], gids[48];
	int rc;
	snprintf(uids, sizeof uids, "%u %u 1", geteuid(), geteuid());
	snprintf(gids, sizeof gids, "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER) != 0)
		return -errno;
	if ((rc = write_map("/proc/self/setgroups", "deny")) != 0 ||
		(rc = write_map("/proc/self/gid_map", gids)) != 0)
		return rc;
	return write_map("/proc/self/uid_map", uids);
}

int step_namespaces(struct sandbox *s)
{
	bool network = (s->sockets & (SOCKETS_INET_CLIENT | SOCKETS_INET_SERVER)) == 0;
	if (geteuid() != 0) {
		int rc = own_user_namespace();
		if (rc != 0)
			return rc;
	}
	if (unshare(CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | (network ? CLONE_NEWNET : 0)) != 0)
		return -errno;
	s->active |= 1u << STEP_NAMESPACES | (network ? 1u << STEP_NETWORK : 0);
	return 0;
}

int step_view(struct sandbox *s)
{
	struct mount_attr readonly = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
	/* the two devices that libraries open: everything else below /dev stays shut */
	struct mount_attr device = {.attr_clr = MOUNT_ATTR_NODEV};
	static const char *const devices[] = {"/dev/null", "/dev/urandom"};
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		/* in a chroot / is no mount point: nothing may be mounted, since it would show
		 * outside */
		return errno == EINVAL ? 0 : -errno;
	}
	for (size_t i = 0; i < s->folder_count; i++)
		if (s->folders[i].write &&
			mount(s->folders[i].path, s->folders[i].path, NULL, MS_BIND, NULL) != 0)
			return -errno;
	for (size_t i = 0; i < PN_COUNT(devices); i++)
		if (mount(devices[i], devices[i], NULL, MS_BIND, NULL) != 0)
			return -errno;
	if (mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &readonly, sizeof readonly) != 0)
		return -errno;
	for (size_t i = 0; i < PN_COUNT(devices); i++)
		if (mount_setattr(AT_FDCWD, devices[i], 0, &device, sizeof device) != 0)
			return -errno;
	for (size_t i = 0; i < s->folder_count; i++)
		if (s->folders[i].write && mount_setattr(AT_FDCWD, s->folders[i].path, 0, &writable,
						   sizeof writable) != 0)
			return -errno;
	s->active |= 1u << STEP_VIEW;
	return 0;
}

/* The bounding set and securebits, while CAP_SETPCAP is still there. */
static int lock_capabilities(void)
{
	for (unsigned cap = 0; cap < 64; cap++)
		if (prctl(PR_CAPBSET_DROP, cap) != 0)
			return errno == EINVAL && cap > CAP_AUDIT_READ ? 0 : -errno;
	return 0;
}

static int limit(int which, uint64_t value)
{
	const struct rlimit l = {value, value};
	return setrlimit(which, &l) == 0 ? 0 : -errno;
}

int step_uid(struct sandbox *s)
{
	/* Raising it needs the privilege that goes now; without it the journal's writer runs at a normal priority and says so. */
	if (s->core && limit(RLIMIT_RTPRIO, JOURNAL_PRIORITY_MAX) != 0)
		pn_log(LOG_LEVEL_INFO, "host", "sandbox.no_realtime");
	pid_t parent = getppid();
	int rc = lock_capabilities();
	if (rc != 0)
		return rc;
	if (prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
					     SECBIT_NO_SETUID_FIXUP_LOCKED |
					     SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
					     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED) != 0)
		return -errno;
	if (s->uid >= 0) {
		uid_t uid = (uid_t)s->uid, u[3];
		gid_t gid = (gid_t)s->gid, g[3];
		if (s->gid < 0 || setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
			setresuid(uid, uid, uid) != 0)
			return errno ? -errno : -EINVAL;
		if (getresuid(&u[0], &u[1], &u[2]) != 0 || getresgid(&g[0], &g[1], &g[2]) != 0)
			return -errno;
		if (u[0] != uid || u[1] != uid || u[2] != uid || g[0] != gid || g[1] != gid ||
			g[2] != gid)
			return -EPERM;
		s->active |= 1u << STEP_UID;
	} else if (geteuid() == 0) {
		return -EPERM; /* root never stays root: the supervisor must name a uid */
	}
	/* a change of credentials clears the death signal; the parent may have gone in between */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

int step_capabilities(struct sandbox *s)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}}, now[2];
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 ||
		syscall(SYS_capset, &header, none) != 0 || syscall(SYS_capget, &header, now) != 0)
		return -errno;
	if (memcmp(now, none, sizeof none) != 0)
		return -EPERM;
	s->active |= 1u << STEP_CAPABILITIES;
	return 0;
}

int step_no_new_privs(struct sandbox *s)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return -errno;
	s->active |= 1u << STEP_NO_NEW_PRIVS;
	return 0;
}


int step_limits(struct sandbox *s)
{
	const uint64_t mib = UINT64_C(1024) * 1024;
	int rc;
	/* a write beyond the file limit fails instead of ending the process */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = limit(RLIMIT_CORE, 0)) != 0 || (rc = limit(RLIMIT_NOFILE, s->open_files)) != 0 ||
		(rc = limit(RLIMIT_FSIZE, s->file_mib * mib)) != 0 ||
		(rc = limit(RLIMIT_MSGQUEUE, 0)) != 0 ||
		(rc = limit(RLIMIT_NPROC, s->threads)) != 0)
		return rc;
	if (!SANDBOX_SANITIZED &&
		((rc = limit(RLIMIT_DATA, s->memory_mib * mib)) != 0 ||
			(rc = limit(RLIMIT_AS, (s->memory_mib + ADDRESS_SPACE_EXTRA_MIB) * mib)) !=
				0))
		return rc;
	s->active |= 1u << STEP_LIMITS;
	return 0;
}
