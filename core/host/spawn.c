/* SPDX-License-Identifier: Apache-2.0
 * Fork, fd plan, exec. Between fork and exec only async-signal-safe calls are made, since the
 * parent may have threads. Must never hand a child a descriptor that its spec does not name.
 */
#include "host/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

enum { EXEC_TIMEOUT_MS = 5000, MAX_ENVIRONMENT = 12, SPARE_FD = 512 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int sealed_memfd(const void *bytes, size_t size)
{
	int fd = memfd_create("postern-spec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -1;
	if (write(fd, bytes, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) <
			0)
		close_fd(&fd);
	return fd;
}

/* The child's environment: nothing that names a library, a preload or a path of the caller's. */
static size_t environment(char *out[MAX_ENVIRONMENT])
{
	static char language[] = "LANG=C.UTF-8", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static const char *const kept[] = {
		"JOURNAL_STREAM",
		"TZ",
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
		"ASAN_OPTIONS",
		"UBSAN_OPTIONS",
		"LSAN_OPTIONS",
		"TSAN_OPTIONS",
#endif
	};
	size_t n = 0;
	out[n++] = language;
	out[n++] = path;
	for (char **e = environ; e != NULL && *e != NULL; e++)
		for (size_t k = 0; k < PN_COUNT(kept) && n + 1 < MAX_ENVIRONMENT; k++)
			if (strncmp(*e, kept[k], strlen(kept[k])) == 0 &&
				(*e)[strlen(kept[k])] == '=')
				out[n++] = *e;
	out[n] = NULL;
	return n;
}

struct plan {
	int bus, spec, report, null;
	int grants[HOST_MAX_GRANTS];
	size_t grant_count;
	pid_t parent;
	const char *executable;
	char *argv[4];
	char *envp[MAX_ENVIRONMENT];
};

/* Reports errno to the parent and ends the child. Never returns. */
static void refuse(int report)
{
	int err = errno;
	ssize_t ignored = write(report, &err, sizeof err);
	(void)ignored;
	_exit(127);
}

/* Moves fd out of the way of the plan's own numbers. */
static int lift(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, SPARE_FD);
}

static void child(struct plan *p)
{
	const struct rlimit no_core = {0, 0};
	sigset_t none;
	int report = lift(p->report);
	if (report < 0)
		refuse(p->report);
	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		refuse(report);
	if (getppid() != p->parent)
		_exit(127);
	setsid(); /* a terminal's signals are the supervisor's to answer */
	int from[2 + HOST_MAX_GRANTS] = {lift(p->bus), lift(p->spec)};
	for (size_t i = 0; i < p->grant_count; i++)
		from[2 + i] = lift(p->grants[i]);
	int null = lift(p->null);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		refuse(report);
	int at = HOST_FD_BUS;
	for (size_t i = 0; i < 2 + p->grant_count; i++, at++)
		if (from[i] < 0 || dup2(from[i], at) < 0)
			refuse(report);
	if (dup3(report, at, O_CLOEXEC) < 0 || close_range((unsigned)at + 1, ~0u, 0) < 0)
		refuse(report);
	umask(077);
	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || chdir("/") < 0)
		refuse(at);
	execve(p->executable, p->argv, p->envp);
	refuse(at);
}

/* Waits for the exec: EOF on report is success, four bytes are the child's errno. */
static int await_exec(int report)
{
	struct pollfd p = {.fd = report, .events = POLLIN};
	int err = 0, rc;
	do
		rc = poll(&p, 1, EXEC_TIMEOUT_MS);
	while (rc < 0 && errno == EINTR);
	if (rc == 0)
		return PN_ETIMEOUT;
	ssize_t n = read(report, &err, sizeof err);
	if (n == 0)
		return PN_OK;
	pn_log(LOG_LEVEL_ERROR, "host", "host.exec_failed", LN("errno", err));
	return PN_EIO;
}

int host_spawn(const struct spawn_spec *spec, struct spawned *out)
{
	int pair[2] = {-1, -1}, report[2] = {-1, -1};
	struct plan p = {.bus = -1, .spec = -1, .null = -1};
	char self[] = "posternd", x[] = "-x", role[32];
	int rc = PN_EIO;
	*out = (struct spawned){.pid = -1, .pidfd = -1, .bus_fd = -1};
	if (spec->grant_count > HOST_MAX_GRANTS)
		return PN_ELIMIT;
	if (!text_copy(role, sizeof role, spec->role))
		return PN_EINVAL;
	p.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	p.spec = sealed_memfd(spec->spec, spec->spec_size);
	if (p.null < 0 || p.spec < 0 || pipe2(report, O_CLOEXEC) < 0 ||
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		goto out;
	p.bus = pair[1];
	p.report = report[1];
	p.parent = getpid();
	p.executable = spec->executable ? spec->executable : "/proc/self/exe";
	p.argv[0] = self;
	p.argv[1] = x;
	p.argv[2] = role;
	environment(p.envp);
	p.grant_count = spec->grant_count;
	if (spec->grant_count > 0)
		memcpy(p.grants, spec->grants, spec->grant_count * sizeof *spec->grants);
	out->pid = fork();
	if (out->pid == 0)
		child(&p);
	if (out->pid < 0)
		goto out;
	close_fd(&report[1]);
	out->pidfd = pidfd_open(out->pid, 0);
	rc = out->pidfd < 0 ? PN_EIO : await_exec(report[0]);
	if (rc == PN_OK) {
		out->bus_fd = pair[0];
		pair[0] = -1;
	}
out:
	if (rc != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "host", "host.spawn_failed", LK("role", spec->role),
			LE(rc));
		if (out->pid > 0) {
			kill(out->pid, SIGKILL);
			waitpid(out->pid, NULL, 0);
		}
		close_fd(&out->pidfd);
		out->pid = -1;
	}
	close_fd(&pair[0]);
	close_fd(&pair[1]);
	close_fd(&report[0]);
	close_fd(&report[1]);
	close_fd(&p.null);
	close_fd(&p.spec);
	return rc;
}

/* /proc/self/fd/N names a descriptor the supervisor holds: it is handed on as it is. Opening that path anew would make
 * another device of it (the master of a new pseudo terminal, say). */
static int open_device(const char *path)
{
	static const char held[] = "/proc/self/fd/";
	int fd;
	if (strncmp(path, held, sizeof held - 1) == 0)
		return fcntl((int)strtol(path + sizeof held - 1, NULL, 10), F_DUPFD_CLOEXEC, 0);
	fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && (errno == EACCES || errno == EROFS))
		fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return fd;
}

int host_spawn_plugin(
	struct plugin_spec *spec, const char *executable, struct spawned *out, struct text *error)
{
	int grants[SPEC_MAX_DEVICES], rc = PN_ENOMEM;
	size_t used = 0, opened = 0;
	char *bytes = malloc(SPEC_MAX_BYTES);
	if (bytes == NULL)
		goto out;
	for (; opened < spec->device_count; opened++) {
		struct spec_device *d = &spec->devices[opened];
		grants[opened] = open_device(d->path);
		if (grants[opened] < 0) {
			rc = errno == ENOENT || errno == ENODEV || errno == ENXIO ? PN_ENOTFOUND : PN_EIO;
			text_add(error, "device '%s' of '%s' cannot be opened at %s (%s)", d->name,
				spec->instance, d->path, strerror(errno));
			goto out;
		}
		d->fd = HOST_FD_GRANTS + (int)opened;
	}
	rc = spec_encode(spec, bytes, SPEC_MAX_BYTES, &used);
	if (rc == PN_OK)
		rc = host_spawn(&(struct spawn_spec){.role = "plugin",
					.spec = bytes,
					.spec_size = used,
					.grants = grants,
					.grant_count = spec->device_count,
					.executable = executable},
			out);
	if (rc != PN_OK)
		text_add(error, "'%s' cannot be started (%s)", spec->instance, pn_err_name(rc));
out:
	while (opened > 0)
		close(grants[--opened]);
	free(bytes);
	return rc;
}

int host_reap(const struct spawned *c, int *status)
{
	pid_t pid;
	do
		pid = waitpid(c->pid, status, WNOHANG);
	while (pid < 0 && errno == EINTR);
	if (pid == 0)
		return PN_EAGAIN;
	return pid == c->pid ? PN_OK : PN_ENOTFOUND;
}

int host_kill(const struct spawned *c, int timeout_ms, int *status)
{
	struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
	int rc;
	pidfd_send_signal(c->pidfd, SIGKILL, NULL, 0);
	do
		rc = poll(&p, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	return rc == 0 ? PN_ETIMEOUT : host_reap(c, status);
}
