/* SPDX-License-Identifier: Apache-2.0
 * Two Landlock layers. Layers only take away: what both allow is what is left.
 * Must never be silently absent: without Landlock both steps return an error, which sandbox.c
 * judges.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "host/manifest.h"
#include "host/sandbox_steps.h"

/* Values of later kernels than Debian 12's headers: Documentation/userspace-api/landlock.rst. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif
#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)
#define SCOPE_ABSTRACT_UNIX (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)
enum { RULE_NET_PORT = 2 };

/* landlock_ruleset_attr and landlock_net_port_attr as of ABI 6; an older kernel takes a zero tail.
 */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};
struct port_attr {
	uint64_t access, port;
};

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_LIBRARY (FS_READ | LANDLOCK_ACCESS_FS_EXECUTE)
/* what is needed to keep a database and small files; no devices, sockets, fifos or links */
#define FS_STATE                                                                                   \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                \
		LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |                      \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_TRUNCATE)
/* those of FS_* that a rule on a file, not a folder, may name */
#define FS_ON_FILE                                                                                 \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                              \
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE |                       \
		LANDLOCK_ACCESS_FS_IOCTL_DEV)

static const char *const libraries[] = {
	"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib"};
static const char *const configuration[] = {"/etc/ld.so.cache", "/etc/ssl",
	"/usr/share/ca-certificates", "/etc/localtime", "/usr/share/zoneinfo", "/dev/null",
	"/dev/urandom", "/sys/devices/system/cpu", "/proc/sys/crypto"};
/* what the resolver reads at each look-up */
static const char *const resolver[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
	"/etc/gai.conf", "/etc/host.conf", "/etc/services", "/etc/ssl/certs",
	"/usr/share/ca-certificates"};

int sandbox_landlock_abi(void)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	return abi > 0 ? (int)abi : 0;
}

static uint64_t all_fs(int abi)
{
	uint64_t fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
	if (abi >= 2)
		fs |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		fs |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return fs;
}

static int allow_fd(int ruleset, int fd, uint64_t access, uint64_t handled)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access & handled, .parent_fd = fd};
	struct stat st;
	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_ON_FILE;
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0 ? -errno : 0;
}

/* must_exist: a grant; else a standard place that this machine may lack. */
static int allow_path(
	int ruleset, const char *path, uint64_t access, uint64_t handled, bool must_exist)
{
	int rc = 0, fd = open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		rc = allow_fd(ruleset, fd, access, handled);
	else if (must_exist)
		rc = -errno;
	if (rc != 0)
		pn_log(LOG_LEVEL_ERROR, "host", "sandbox.path_closed", LK("path", path), LN("errno", -rc));
	if (fd >= 0)
		close(fd);
	return rc;
}

static int allow_list(
	int ruleset, const char *const *paths, size_t count, uint64_t access, uint64_t handled)
{
	int rc = 0;
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = allow_path(ruleset, paths[i], access, handled, false);
	return rc;
}

static int allow_folders(int ruleset, const struct sandbox *s, uint64_t handled)
{
	int rc = 0;
	for (size_t i = 0; i < s->folder_count && rc == 0; i++)
		rc = allow_path(ruleset, s->folders[i].path,
			(s->folders[i].write ? FS_STATE : FS_READ) |
				(s->folders[i].sockets ? LANDLOCK_ACCESS_FS_MAKE_SOCK : 0),
			handled, true);
	return rc;
}

static int allow_ports(int ruleset, uint64_t access, const uint16_t *ports, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct port_attr rule = {access, ports[i]};
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) != 0)
			return -errno;
	}
	return 0;
}

static int create(int abi, const struct ruleset_attr *attr)
{
	if (abi == 0)
		return -ENOSYS;
	size_t size = abi >= 6   ? sizeof *attr
		      : abi >= 4 ? offsetof(struct ruleset_attr, scoped)
				 : sizeof attr->fs;
	long fd = syscall(SYS_landlock_create_ruleset, attr, size, 0);
	return fd < 0 ? -errno : (int)fd;
}

/* Takes the ruleset. no_new_privs is set by then. */
static int enforce(int ruleset, int rc)
{
	if (rc == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		rc = -errno;
	close(ruleset);
	return rc;
}

int step_landlock_wide(struct sandbox *s)
{
	const struct ruleset_attr attr = {.fs = all_fs(s->landlock_abi)};
	int rc, ruleset = create(s->landlock_abi, &attr);
	if (ruleset < 0)
		return ruleset;
	rc = allow_list(ruleset, libraries, PN_COUNT(libraries), FS_LIBRARY, attr.fs);
	if (rc == 0)
		rc = allow_list(ruleset, configuration, PN_COUNT(configuration), FS_READ, attr.fs);
	if (rc == 0 && s->sockets != 0)
		rc = allow_list(ruleset, resolver, PN_COUNT(resolver), FS_READ, attr.fs);
	if (rc == 0 && s->object >= 0)
		rc = allow_fd(ruleset, s->object, FS_LIBRARY, attr.fs);
	if (rc == 0)
		rc = allow_folders(ruleset, s, attr.fs);
#if SANDBOX_SANITIZED
	if (rc == 0)
		rc = allow_path(ruleset, "/proc", FS_READ, attr.fs, true);
#endif
	rc = enforce(ruleset, rc);
	if (rc == 0)
		s->active |= 1u << STEP_LANDLOCK_WIDE;
	return rc;
}

int step_landlock_narrow(struct sandbox *s)
{
	struct ruleset_attr attr = {.fs = all_fs(s->landlock_abi)};
	bool client = s->sockets & SOCKETS_INET_CLIENT, server = s->sockets & SOCKETS_INET_SERVER;
	if (s->landlock_abi >= 4) {
		/* a granted verb without named ports is not limited */
		attr.net = (server && s->bind_port_count == 0 ? 0 : NET_BIND_TCP) |
			   (client && s->connect_port_count == 0 ? 0 : NET_CONNECT_TCP);
	}
	if (s->landlock_abi >= 6)
		attr.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
	int rc, ruleset = create(s->landlock_abi, &attr);
	if (ruleset < 0)
		return ruleset;
	rc = allow_folders(ruleset, s, attr.fs);
	if (rc == 0 && (client || server))
		rc = allow_list(ruleset, resolver, PN_COUNT(resolver), FS_READ, attr.fs);
#if SANDBOX_SANITIZED
	if (rc == 0)
		rc = allow_path(ruleset, "/proc", FS_READ, attr.fs, true);
#endif
	if (rc == 0 && client && (attr.net & NET_CONNECT_TCP))
		rc = allow_ports(ruleset, NET_CONNECT_TCP, s->connect_ports, s->connect_port_count);
	if (rc == 0 && server && (attr.net & NET_BIND_TCP))
		rc = allow_ports(ruleset, NET_BIND_TCP, s->bind_ports, s->bind_port_count);
	rc = enforce(ruleset, rc);
	if (rc == 0)
		s->active |= 1u << STEP_LANDLOCK_NARROW;
	return rc;
}
