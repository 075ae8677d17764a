/* SPDX-License-Identifier: Apache-2.0
 * Two seccomp filters. The wide one allows all but what no plugin's code has a reason to call; the
 * narrow one allows the named sets alone. An attack-indicative call kills the process, a refused
 * one gets an error, an unknown one ENOSYS, on which libc falls back. Must never allow a new
 * process, an executable page in the narrow layer, or a socket of a family not granted.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/manifest.h"
#include "host/sandbox_steps.h"

#define NAMED(name) SCMP_SYS(name)

/* Killed in both layers. A syscall the build machine's libseccomp does not know is a negative
 * number that no kernel uses. */
static const int attacks[] = {NAMED(execve), NAMED(execveat), NAMED(ptrace),
	NAMED(process_vm_readv), NAMED(process_vm_writev), NAMED(process_madvise), NAMED(kcmp),
	NAMED(pidfd_getfd), NAMED(bpf), NAMED(keyctl), NAMED(add_key), NAMED(request_key),
	NAMED(mount), NAMED(umount2), NAMED(pivot_root), NAMED(chroot), NAMED(fsopen),
	NAMED(fsmount), NAMED(fsconfig), NAMED(fspick), NAMED(move_mount), NAMED(open_tree),
	NAMED(mount_setattr), NAMED(setns), NAMED(kexec_load), NAMED(kexec_file_load),
	NAMED(init_module), NAMED(finit_module), NAMED(delete_module), NAMED(userfaultfd),
	NAMED(perf_event_open), NAMED(open_by_handle_at), NAMED(name_to_handle_at),
	NAMED(personality), NAMED(reboot), NAMED(swapon), NAMED(swapoff), NAMED(iopl),
	NAMED(ioperm), NAMED(modify_ldt), NAMED(acct), NAMED(quotactl), NAMED(syslog),
	NAMED(settimeofday), NAMED(clock_settime),
	NAMED(sethostname), NAMED(setdomainname), NAMED(vhangup), NAMED(lookup_dcookie),
	NAMED(fanotify_init), NAMED(nfsservctl), NAMED(migrate_pages), NAMED(move_pages),
	NAMED(vmsplice)};

/* The core asks whether the clock is synchronised; to change it takes a capability that no child has. */
static const int clock_state[] = {NAMED(adjtimex), NAMED(clock_adjtime)};

static const int rings[] = {NAMED(io_uring_setup), NAMED(io_uring_enter), NAMED(io_uring_register)};

/* Refused with EPERM in both layers: a library may try them. */
static const int refused[] = {NAMED(fork), NAMED(vfork), NAMED(kill), NAMED(tkill),
	NAMED(rt_sigqueueinfo), NAMED(rt_tgsigqueueinfo), NAMED(pidfd_send_signal),
	NAMED(pidfd_open), NAMED(setuid), NAMED(setgid), NAMED(setreuid), NAMED(setregid),
	NAMED(setresuid), NAMED(setresgid), NAMED(setfsuid), NAMED(setfsgid), NAMED(setgroups),
	NAMED(capset), NAMED(mknod), NAMED(mknodat), NAMED(setpriority), NAMED(ioprio_set),
	NAMED(sched_setparam), NAMED(sched_setattr), NAMED(setpgid), NAMED(setsid), NAMED(shmget),
	NAMED(semget), NAMED(msgget), NAMED(mq_open)};

static const int base[] = {NAMED(read), NAMED(write), NAMED(readv), NAMED(writev), NAMED(close),
	NAMED(close_range), NAMED(fstat), NAMED(lseek), NAMED(poll), NAMED(ppoll), NAMED(select),
	NAMED(pselect6), NAMED(epoll_create1), NAMED(epoll_ctl), NAMED(epoll_wait),
	NAMED(epoll_pwait), NAMED(epoll_pwait2), NAMED(eventfd2), NAMED(timerfd_create),
	NAMED(timerfd_settime), NAMED(timerfd_gettime),
	NAMED(timer_settime), NAMED(timer_gettime), NAMED(pipe2), NAMED(dup), NAMED(dup2),
	NAMED(dup3), NAMED(sendmsg), NAMED(recvmsg), NAMED(sendto), NAMED(recvfrom), NAMED(munmap),
	NAMED(mremap), NAMED(madvise), NAMED(brk), NAMED(mlock), NAMED(munlock), NAMED(mlock2),
	NAMED(futex), NAMED(futex_waitv), NAMED(set_robust_list), NAMED(get_robust_list),
	NAMED(rseq), NAMED(sched_yield), NAMED(sched_getaffinity), NAMED(getcpu), NAMED(membarrier),
	NAMED(getpid), NAMED(gettid), NAMED(getppid), NAMED(getuid), NAMED(geteuid), NAMED(getgid),
	NAMED(getegid), NAMED(getresuid), NAMED(getresgid), NAMED(clock_gettime),
	NAMED(clock_getres), NAMED(clock_nanosleep), NAMED(nanosleep), NAMED(gettimeofday),
	NAMED(time), NAMED(times), NAMED(getrusage), NAMED(rt_sigaction), NAMED(rt_sigprocmask),
	NAMED(rt_sigreturn), NAMED(rt_sigpending), NAMED(rt_sigsuspend), NAMED(rt_sigtimedwait),
	NAMED(signalfd4), NAMED(sigaltstack), NAMED(restart_syscall), NAMED(exit),
	NAMED(exit_group), NAMED(getrandom), NAMED(uname), NAMED(sysinfo), NAMED(pread64),
	NAMED(preadv)};

/* Reading below the granted folders: given with a folder, a socket (the resolver) or the set files.
 */
static const int reading[] = {NAMED(stat), NAMED(lstat), NAMED(newfstatat), NAMED(statx),
	NAMED(access), NAMED(faccessat), NAMED(faccessat2), NAMED(readlink), NAMED(readlinkat),
	NAMED(getdents64), NAMED(getcwd), NAMED(fadvise64), NAMED(readahead), NAMED(statfs),
	NAMED(fstatfs)};

static const int files[] = {NAMED(open), NAMED(openat), NAMED(pwrite64), NAMED(pwritev),
	NAMED(mkdir), NAMED(mkdirat), NAMED(unlink), NAMED(unlinkat), NAMED(rmdir), NAMED(rename),
	NAMED(renameat), NAMED(renameat2), NAMED(ftruncate), NAMED(truncate), NAMED(fsync),
	NAMED(fdatasync), NAMED(sync_file_range), NAMED(fallocate), NAMED(flock), NAMED(fchmod),
	NAMED(umask), NAMED(utimensat), NAMED(msync), NAMED(copy_file_range), NAMED(sendfile)};

static const int net[] = {NAMED(getsockname), NAMED(getpeername), NAMED(getsockopt),
	NAMED(setsockopt), NAMED(shutdown), NAMED(sendmmsg), NAMED(recvmmsg), NAMED(sendfile)};
static const int server[] = {NAMED(bind), NAMED(listen), NAMED(accept), NAMED(accept4)};

/* Terminal requests that write into, or take over, somebody's terminal. */
static const unsigned long terminal_takeover[] = {
	TIOCSTI, TIOCSETD, TIOCCONS, TIOCSCTTY, 0x541C /* TIOCLINUX */};

struct filter {
	scmp_filter_ctx ctx;
	int rc; /* the first error; later rules are skipped */
};

static void rule(struct filter *f, uint32_t action, int call, unsigned count,
	const struct scmp_arg_cmp *args)
{
	if (f->rc != 0)
		return;
	f->rc = seccomp_rule_add_array(f->ctx, action, call, count, args);
	/* the action is the filter's default already, or this architecture has no such call */
	if (f->rc == -EACCES || f->rc == -EDOM || f->rc == -EEXIST)
		f->rc = 0;
}

static void rules(struct filter *f, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule(f, action, calls[i], 0, NULL);
}

#define RULES(f, action, list) rules((f), (action), (list), PN_COUNT(list))
#define RULE1(f, action, call, ...)                                                                \
	rule((f), (action), NAMED(call), 1, (const struct scmp_arg_cmp[]){__VA_ARGS__})
#define RULE2(f, action, call, ...)                                                                \
	rule((f), (action), NAMED(call), 2, (const struct scmp_arg_cmp[]){__VA_ARGS__})

/* What both layers refuse. */
static void common(struct filter *f, const struct sandbox *s)
{
	RULES(f, SCMP_ACT_KILL_PROCESS, attacks);
	RULES(f, s->core ? SCMP_ACT_ERRNO(ENOSYS) : SCMP_ACT_KILL_PROCESS, rings);
	RULES(f, s->core ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS, clock_state);
	RULES(f, SCMP_ACT_ERRNO(EPERM), refused);
	rule(f, s->core ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EPERM), NAMED(sched_setscheduler), 0,
		NULL);
}

/* A thread is allowed, anything else that clone() makes is not. clone3 hides its flags: libc falls
 * back on clone. */
static void no_process(struct filter *f, bool threads, bool allow_by_default)
{
	const uint64_t spaces = CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
				CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
	rule(f, SCMP_ACT_ERRNO(ENOSYS), NAMED(clone3), 0, NULL);
	if (allow_by_default)
		RULE1(f, SCMP_ACT_ERRNO(EPERM), clone,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	else if (threads)
		RULE1(f, SCMP_ACT_ALLOW, clone,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | spaces, CLONE_THREAD));
}

static int start(struct filter *f, uint32_t action)
{
	*f = (struct filter){.ctx = seccomp_init(action)};
	if (f->ctx == NULL)
		return -ENOMEM;
	f->rc = seccomp_attr_set(f->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (f->rc == 0)
		f->rc = seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_NNP,
			0); /* set already; never set it here by accident */
	if (f->rc == 0)
		f->rc = seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return f->rc;
}

static int finish(struct filter *f, struct sandbox *s, enum sandbox_step step)
{
	if (f->rc == 0)
		f->rc = seccomp_load(f->ctx);
	if (f->ctx != NULL)
		seccomp_release(f->ctx);
	if (f->rc == 0)
		s->active |= 1u << step;
	return f->rc;
}

int step_seccomp_wide(struct sandbox *s)
{
	struct filter f;
	if (SANDBOX_SANITIZED)
		return 0;
	if (start(&f, SCMP_ACT_ALLOW) == 0) {
		common(&f, s);
		/* sandbox_narrow() counts threads with this one form */
		RULE1(&f, SCMP_ACT_KILL_PROCESS, unshare, SCMP_A0(SCMP_CMP_NE, CLONE_THREAD));
		no_process(&f, true, true);
	}
	return finish(&f, s, STEP_SECCOMP_WIDE);
}

static void memory(struct filter *f)
{
	/* neither executable, nor shared memory that the data limit does not count */
	RULE2(f, SCMP_ACT_ALLOW, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED | MAP_ANONYMOUS, MAP_ANONYMOUS));
	RULE2(f, SCMP_ACT_ALLOW, mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
		SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0));
	RULE1(f, SCMP_ACT_ERRNO(EACCES), mmap, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
	RULE1(f, SCMP_ACT_ALLOW, mprotect, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	RULE1(f, SCMP_ACT_ERRNO(EACCES), mprotect,
		SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

static void descriptors(struct filter *f, const struct sandbox *s)
{
	static const int allowed[] = {
		F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, F_GET_SEALS};
	static const int locks[] = {
		F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
	for (size_t i = 0; i < PN_COUNT(allowed); i++)
		RULE1(f, SCMP_ACT_ALLOW, fcntl,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (unsigned)allowed[i]));
	for (size_t i = 0; i < PN_COUNT(locks) && (s->syscalls & SYSCALLS_FILES); i++)
		RULE1(f, SCMP_ACT_ALLOW, fcntl,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, (unsigned)locks[i]));
	/* a blob cannot be run: execve and execveat kill */
	if (s->core || (s->syscalls & SYSCALLS_BLOBS)) {
		rule(f, SCMP_ACT_ALLOW, NAMED(memfd_create), 0, NULL);
		RULE1(f, SCMP_ACT_ALLOW, fcntl, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, F_ADD_SEALS));
	}
	/* the kernel looks at the request's low 32 bits only, and so must the filter */
	if (!s->devices) {
		RULE1(f, SCMP_ACT_ALLOW, ioctl, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, FIONREAD));
		RULE1(f, SCMP_ACT_ALLOW, ioctl, SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, FIONBIO));
		RULE1(f, SCMP_ACT_ERRNO(ENOTTY), ioctl,
			SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, TCGETS));
	}
}

static void sockets(struct filter *f, const struct sandbox *s)
{
	bool inet = s->sockets & (SOCKETS_INET_CLIENT | SOCKETS_INET_SERVER);
	const uint32_t quiet = SCMP_ACT_ERRNO(EAFNOSUPPORT);
	if (s->sockets == 0) {
		rule(f, SCMP_ACT_KILL_PROCESS, NAMED(socket), 0, NULL);
		return;
	}
	/* libc's resolver and name services try AF_UNIX and AF_NETLINK and do without */
	for (uint64_t family = 0; family < 64; family++) {
		bool unix_or_netlink = family == AF_UNIX || family == AF_NETLINK;
		bool granted = ((family == AF_INET || family == AF_INET6) && inet) ||
			       (family == AF_UNIX &&
				       (s->sockets & (SOCKETS_UNIX_CLIENT | SANDBOX_UNIX_SERVER)));
		uint32_t action = unix_or_netlink ? quiet : SCMP_ACT_KILL_PROCESS;
		if (!granted)
			RULE1(f, action, socket, SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, family));
		else if (family == AF_UNIX)
			RULE1(f, SCMP_ACT_ALLOW, socket,
				SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, family));
	}
	/* of the internet families only streams and datagrams: no raw sockets */
	static const int granted_inet[] = {AF_INET, AF_INET6}, kinds[] = {SOCK_STREAM, SOCK_DGRAM};
	for (size_t i = 0; i < 2 && inet; i++)
		for (size_t k = 0; k < 2; k++)
			RULE2(f, SCMP_ACT_ALLOW, socket,
				SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, (unsigned)granted_inet[i]),
				SCMP_A1(SCMP_CMP_MASKED_EQ, 0xf, (unsigned)kinds[k]));
	/* event libraries wake themselves through a pair; it reaches nobody */
	RULE1(f, SCMP_ACT_ALLOW, socketpair, SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_UNIX));
	RULES(f, SCMP_ACT_ALLOW, net);
	/* each verb for itself, since Landlock knows TCP ports only from ABI 4 (Linux 6.7) */
	if (s->sockets & (SOCKETS_INET_CLIENT | SOCKETS_UNIX_CLIENT))
		rule(f, SCMP_ACT_ALLOW, NAMED(connect), 0, NULL);
	if (s->sockets & (SOCKETS_INET_SERVER | SANDBOX_UNIX_SERVER))
		RULES(f, SCMP_ACT_ALLOW, server);
}

static void narrow_rules(struct filter *f, const struct sandbox *s)
{
	bool folders =
		s->folder_count > 0 || (s->sockets & (SOCKETS_INET_CLIENT | SOCKETS_INET_SERVER));
	common(f, s);
	rule(f, SCMP_ACT_KILL_PROCESS, NAMED(unshare), 0, NULL);
	RULES(f, SCMP_ACT_ALLOW, base);
	no_process(f, s->syscalls & SYSCALLS_THREADS, false);
	memory(f);
	descriptors(f, s);
	sockets(f, s);
	/* a signal to itself: abort() */
	RULE1(f, SCMP_ACT_ALLOW, tgkill, SCMP_A0(SCMP_CMP_EQ, (uint64_t)getpid()));
	RULE1(f, SCMP_ACT_ERRNO(EPERM), tgkill, SCMP_A0(SCMP_CMP_NE, (uint64_t)getpid()));
	/* limits may be read, not set */
	RULE1(f, SCMP_ACT_ALLOW, prlimit64, SCMP_A2(SCMP_CMP_EQ, 0));
	RULE1(f, SCMP_ACT_ERRNO(EPERM), prlimit64, SCMP_A2(SCMP_CMP_NE, 0));
	RULE1(f, SCMP_ACT_ALLOW, prctl, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	RULE1(f, SCMP_ACT_ERRNO(EPERM), prctl, SCMP_A0(SCMP_CMP_NE, PR_SET_NAME));
	if (s->syscalls & SYSCALLS_FILES) {
		RULES(f, SCMP_ACT_ALLOW, files);
		RULES(f, SCMP_ACT_ALLOW, reading);
	} else if (folders) {
		const uint64_t change = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND |
					020000000 /* __O_TMPFILE */;
		RULES(f, SCMP_ACT_ALLOW, reading);
		RULE1(f, SCMP_ACT_ALLOW, open, SCMP_A1(SCMP_CMP_MASKED_EQ, change, 0));
		RULE1(f, SCMP_ACT_ALLOW, openat, SCMP_A2(SCMP_CMP_MASKED_EQ, change, 0));
	} else {
		/* libc implements fstat() as newfstatat() of an open file */
		RULE1(f, SCMP_ACT_ALLOW, newfstatat,
			SCMP_A3(SCMP_CMP_MASKED_EQ, 0x1000 /* AT_EMPTY_PATH */, 0x1000));
		rule(f, SCMP_ACT_ERRNO(EACCES), NAMED(openat), 0, NULL);
		rule(f, SCMP_ACT_ERRNO(EACCES), NAMED(open), 0, NULL);
	}
}

/* With devices their driver's requests pass, save those that take over a terminal. A filter of its
 * own, since one filter cannot both allow a call and refuse some of its values. */
static int step_device_ioctls(void)
{
	struct filter f;
	if (start(&f, SCMP_ACT_ALLOW) == 0)
		for (size_t i = 0; i < PN_COUNT(terminal_takeover); i++)
			RULE1(&f, SCMP_ACT_ERRNO(EPERM), ioctl,
				SCMP_A1(SCMP_CMP_MASKED_EQ, UINT32_MAX, terminal_takeover[i]));
	if (f.rc == 0)
		f.rc = seccomp_load(f.ctx);
	if (f.ctx != NULL)
		seccomp_release(f.ctx);
	return f.rc;
}

int step_seccomp_narrow(struct sandbox *s)
{
	struct filter f;
	int rc = 0;
	if (SANDBOX_SANITIZED)
		return 0;
	if (s->devices)
		rc = step_device_ioctls();
	if (rc == 0)
		rc = start(&f, SCMP_ACT_ERRNO(ENOSYS));
	else
		return rc;
	if (rc == 0) {
		narrow_rules(&f, s);
		if (s->devices)
			rule(&f, SCMP_ACT_ALLOW, NAMED(ioctl), 0, NULL);
	}
	return finish(&f, s, STEP_SECCOMP_NARROW);
}
