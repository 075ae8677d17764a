/* SPDX-License-Identifier: Apache-2.0
 * What a hostile plugin tries, each by direct system calls.
 * Must never be linked into a shipped program.
 */
#include "attempts.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/manifest.h"

#define ARGS attempt_argument argument, void *ctx
#define ARG(name) argument(ctx, name)
#define UNUSED_ARGS ((void)argument, (void)ctx)

static int outcome(long rc)
{
	return rc < 0 ? -errno : 0;
}

static int arg_int(ARGS, const char *name)
{
	return (int)strtol(argument(ctx, name), NULL, 10);
}

#define TARGET ((pid_t)arg_int(argument, ctx, "target"))

static int read_path(const char *path, int flags)
{
	char byte;
	long fd = syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	return fd < 0 ? -errno : outcome(syscall(SYS_read, fd, &byte, 1));
}

static int open_outside(ARGS)
{
	return read_path(ARG("secret"), O_RDONLY);
}

static int open_legacy(ARGS)
{
	return outcome(syscall(SYS_open, ARG("secret"), O_RDONLY, 0));
}

static int open_openat2(ARGS)
{
	uint64_t how[3] = {O_RDONLY, 0, 0};
	return outcome(syscall(SYS_openat2, AT_FDCWD, ARG("secret"), how, sizeof how));
}

static int list_outside(ARGS)
{
	UNUSED_ARGS;
	char entries[1024];
	long fd = syscall(SYS_openat, AT_FDCWD, "/etc", O_RDONLY | O_DIRECTORY, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_getdents64, fd, entries, sizeof entries));
}

static int create_file(ARGS)
{
	char path[512];
	snprintf(path, sizeof path, "%s/made", ARG("open_folder"));
	return outcome(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600));
}

static int write_read_only(ARGS)
{
	char path[512];
	snprintf(path, sizeof path, "%s/made", ARG("read_folder"));
	return outcome(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600));
}

static int truncate_outside(ARGS)
{
	return outcome(syscall(SYS_truncate, ARG("scratch"), 0L));
}

static int link_outside(ARGS)
{
	char path[512];
	snprintf(path, sizeof path, "%s/link", ARG("open_folder"));
	return outcome(syscall(SYS_symlinkat, "/etc/passwd", AT_FDCWD, path));
}

static int stray_descriptor(ARGS)
{
	struct stat want, have;
	want.st_ino = strtoull(ARG("secret_inode"), NULL, 10);
	for (int fd = 0; fd < 1024; fd++)
		if (fstat(fd, &have) == 0 && have.st_ino == want.st_ino && S_ISREG(have.st_mode))
			return 0;
	return -ENOENT;
}

static int load_library(ARGS)
{
	UNUSED_ARGS;
	return dlopen("libanl.so.1", RTLD_NOW) != NULL ? 0 : -EACCES;
}

static int connect_tcp(ARGS)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)arg_int(argument, ctx, "port"))};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_connect, fd, &to, sizeof to));
}

static int bind_tcp(ARGS)
{
	UNUSED_ARGS;
	struct sockaddr_in to = {.sin_family = AF_INET};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || syscall(SYS_bind, fd, &to, sizeof to) < 0)
		return -errno;
	return outcome(syscall(SYS_listen, fd, 1));
}

static int connect_unix(ARGS)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	snprintf(to.sun_path, sizeof to.sun_path, "%s", ARG("unix"));
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_connect, fd, &to, sizeof to));
}

static int connect_abstract(ARGS)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	snprintf(to.sun_path + 1, sizeof to.sun_path - 1, "%s", ARG("abstract"));
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	socklen_t size =
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(to.sun_path + 1));
	return fd < 0 ? -errno : outcome(syscall(SYS_connect, fd, &to, size));
}

/* The control socket of a core: who may speak to it may command a lane. */
static int connect_control(ARGS)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	snprintf(to.sun_path, sizeof to.sun_path, "%s", ARG("control"));
	long fd = syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_connect, fd, &to, sizeof to));
}

static int read_journal(ARGS)
{
	return read_path(ARG("journal"), O_RDONLY);
}

static int write_other_state(ARGS)
{
	char path[512];
	snprintf(path, sizeof path, "%s/made", ARG("other_state"));
	return outcome(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0600));
}

static int socket_packet(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0));
}

static int socket_netlink(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0));
}

static int socket_raw(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_socket, AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int exec_shell(ARGS)
{
	UNUSED_ARGS;
	static const char *const argv[] = {"sh", "-c", "exit 99", NULL};
	static const char *const envp[] = {NULL};
	return outcome(syscall(SYS_execve, "/bin/sh", argv, envp));
}

static int exec_memfd(ARGS)
{
	UNUSED_ARGS;
	static const char script[] = "#!/bin/sh\nexit 99\n";
	static const char *const argv[] = {"sh", NULL};
	static const char *const envp[] = {NULL};
	long fd = syscall(SYS_memfd_create, "x", 0);
	if (fd < 0 || syscall(SYS_write, fd, script, sizeof script - 1) < 0)
		return -errno;
	return outcome(syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}

static int map_executable(ARGS)
{
	UNUSED_ARGS;
	void *p = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? -errno : 0;
}

static int make_executable(ARGS)
{
	UNUSED_ARGS;
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED ? -errno : outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int trace(ARGS)
{
	long rc = syscall(SYS_ptrace, PTRACE_SEIZE, TARGET, 0, 0);
	return outcome(rc);
}

static int read_memory(ARGS)
{
	char byte;
	void *at = (void *)strtoull(ARG("address"), NULL, 10);
	struct iovec here = {&byte, 1}, there = {at, 1};
	return outcome(syscall(SYS_process_vm_readv, TARGET, &here, 1L, &there, 1L, 0L));
}

static int proc_memory(ARGS)
{
	char path[64], byte;
	snprintf(path, sizeof path, "/proc/%d/mem", TARGET);
	long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
	return fd < 0 ? -errno
		      : outcome(syscall(
				SYS_pread64, fd, &byte, 1L, strtoull(ARG("address"), NULL, 10)));
}

static int proc_environment(ARGS)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/environ", TARGET);
	return read_path(path, O_RDONLY);
}

static int kill_parent(ARGS)
{
	return outcome(syscall(SYS_kill, TARGET, 0));
}

static int kill_thread(ARGS)
{
	return outcome(syscall(SYS_tgkill, TARGET, TARGET, SIGURG));
}

static int kill_pidfd(ARGS)
{
	long fd = syscall(SYS_pidfd_open, TARGET, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
}

static int take_descriptor(ARGS)
{
	long fd = syscall(SYS_pidfd_open, TARGET, 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_pidfd_getfd, fd, 0, 0));
}

static int descriptor_by_proc(ARGS)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%d/fd/2", TARGET);
	return outcome(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NONBLOCK, 0));
}

static int mount_new_way(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_fsopen, "tmpfs", 0));
}

static int host_name(ARGS)
{
	UNUSED_ARGS;
	char name[65] = "";
	if (gethostname(name, sizeof name - 1) != 0)
		return -errno;
	return outcome(syscall(SYS_sethostname, name, strlen(name)));
}

static int kernel_log(ARGS)
{
	UNUSED_ARGS;
	char log[64];
	return outcome(syscall(SYS_syslog, 3L, log, sizeof log));
}

/* A filter that knows one architecture's numbers only is walked around by the other's. */
static int other_architecture(ARGS)
{
	UNUSED_ARGS;
#ifdef __x86_64__
	long rc = 20; /* getpid(2) of i386 */
	__asm__ volatile("int $0x80" : "+a"(rc) : : "memory", "r8", "r9", "r10", "r11");
	return rc > 0 ? 0 : (int)rc;
#else
	return -ENOSYS;
#endif
}

static int other_abi(ARGS)
{
	UNUSED_ARGS;
#ifdef __x86_64__
	return outcome(syscall(0x40000000 | SYS_getpid)); /* x32 */
#else
	return -ENOSYS;
#endif
}

static int mount_tmpfs(ARGS)
{
	return outcome(syscall(SYS_mount, "none", ARG("open_folder"), "tmpfs", 0, NULL));
}

static int unshare_user(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_unshare, CLONE_NEWUSER));
}

static int unshare_mounts(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_unshare, CLONE_NEWNS));
}

static int enter_namespace(ARGS)
{
	UNUSED_ARGS;
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/ns/uts", O_RDONLY, 0);
	return outcome(syscall(SYS_setns, fd < 0 ? 0 : fd, CLONE_NEWUTS));
}

static int become_root(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_setresuid, 0, 0, 0));
}

static int change_root(ARGS)
{
	return outcome(syscall(SYS_chroot, ARG("open_folder")));
}

static int make_device(ARGS)
{
	char path[512];
	snprintf(path, sizeof path, "%s/null", ARG("open_folder"));
	return outcome(syscall(SYS_mknodat, AT_FDCWD, path, S_IFCHR | 0666, 0x103));
}

static int ring(ARGS)
{
	UNUSED_ARGS;
	struct io_uring_params params = {.flags = 0};
	return outcome(syscall(SYS_io_uring_setup, 2, &params));
}

static int load_bpf(ARGS)
{
	UNUSED_ARGS;
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};
	return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr));
}

static int fault_handler(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int performance(ARGS)
{
	UNUSED_ARGS;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_CPU_CLOCK};
	return outcome(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0L));
}

static int keyring(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_add_key, "user", "x", "y", 1L, -3));
}

static int other_personality(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_personality, 0x0040000 /* ADDR_NO_RANDOMIZE */));
}

static int real_time(ARGS)
{
	UNUSED_ARGS;
	struct sched_param p = {.sched_priority = 1};
	return outcome(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
}

static int raise_limits(ARGS)
{
	UNUSED_ARGS;
	struct rlimit l = {RLIM_INFINITY, RLIM_INFINITY};
	return outcome(syscall(SYS_prlimit64, 0, RLIMIT_DATA, &l, NULL));
}

static int shared_segment(ARGS)
{
	UNUSED_ARGS;
	return outcome(syscall(SYS_shmget, 0 /* IPC_PRIVATE */, 4096L, 0600));
}

static int fork_once(ARGS)
{
	UNUSED_ARGS;
	long pid = syscall(SYS_fork);
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int clone_process(ARGS)
{
	UNUSED_ARGS;
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int fork_bomb(ARGS)
{
	UNUSED_ARGS;
	int made = 0;
	for (int i = 0; i < 100; i++) {
		long pid = syscall(i % 2 ? SYS_vfork : SYS_fork);
		if (pid == 0)
			_exit(0);
		if (pid > 0)
			made++;
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	return made > 0 ? 0 : -EAGAIN;
}

static int idle(void *unused)
{
	(void)unused;
	for (;;)
		syscall(SYS_pause);
	return 0;
}

/* More threads than any plugin may have. */
static int thread_bomb(ARGS)
{
	UNUSED_ARGS;
	static unsigned char stacks[200][8192] __attribute__((aligned(16)));
	for (int i = 0; i < 200; i++)
		if (clone(idle, stacks[i] + sizeof stacks[i],
			    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				    CLONE_SYSVSEM,
			    NULL) < 0)
			return -errno;
	return 0;
}

static int one_thread(ARGS)
{
	UNUSED_ARGS;
	static unsigned char stack[8192] __attribute__((aligned(16)));
	return outcome(clone(idle, stack + sizeof stack,
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
		NULL));
}

static int too_much(ARGS, int flags)
{
	const size_t mib = 1 << 20;
	size_t cap = (size_t)arg_int(argument, ctx, "memory_mib") + 16;
	for (size_t i = 0; i < cap; i++) {
		char *p = mmap(NULL, mib, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			return -errno;
		for (size_t at = 0; at < mib; at += 4096)
			p[at] = 1;
	}
	return 0;
}

static int memory(ARGS)
{
	return too_much(argument, ctx, MAP_PRIVATE);
}

static int memory_shared(ARGS)
{
	return too_much(argument, ctx, MAP_SHARED);
}

static int memory_memfd(ARGS)
{
	UNUSED_ARGS;
	static const char page[4096];
	long fd = syscall(SYS_memfd_create, "x", 0);
	return fd < 0 ? -errno : outcome(syscall(SYS_write, fd, page, sizeof page));
}

/* name, wide, optional, lawful with these sockets, lawful with these sets */
const struct attempt attempts[] = {
	{"open-outside", open_outside, true, false, 0, 0},
	{"open-legacy", open_legacy, true, false, 0, 0},
	{"open-openat2", open_openat2, true, false, 0, 0},
	{"list-outside", list_outside, true, false, 0, 0},
	{"create-file", create_file, true, false, 0, 0},
	{"write-read-only-folder", write_read_only, true, false, 0, 0},
	{"truncate-outside", truncate_outside, true, false, 0, 0},
	{"symlink", link_outside, true, false, 0, 0},
	{"stray-descriptor", stray_descriptor, true, false, 0, 0},
	{"load-library", load_library, false, false, 0, 0},
	{"connect-tcp", connect_tcp, false, false, 0, 0},
	{"bind-tcp", bind_tcp, false, false, SOCKETS_INET_SERVER, 0},
	{"connect-unix", connect_unix, false, false, SOCKETS_UNIX_CLIENT, 0},
	{"connect-abstract", connect_abstract, false, false, 0, 0},
	{"connect-control", connect_control, true, false, 0, 0},
	{"read-journal", read_journal, true, false, 0, 0},
	{"write-other-state", write_other_state, true, false, 0, 0},
	{"socket-packet", socket_packet, true, false, 0, 0},
	{"socket-netlink", socket_netlink, false, false, 0, 0},
	{"socket-raw", socket_raw, true, false, 0, 0},
	{"execve", exec_shell, true, false, 0, 0},
	{"exec-memfd", exec_memfd, true, false, 0, 0},
	{"map-executable", map_executable, false, false, 0, 0},
	{"make-executable", make_executable, false, false, 0, 0},
	{"ptrace", trace, true, false, 0, 0},
	{"process-vm-readv", read_memory, true, false, 0, 0},
	{"proc-mem", proc_memory, true, false, 0, 0},
	{"proc-environ", proc_environment, true, false, 0, 0},
	{"kill", kill_parent, true, false, 0, 0},
	{"tgkill", kill_thread, true, false, 0, 0},
	{"pidfd-send-signal", kill_pidfd, true, false, 0, 0},
	{"pidfd-getfd", take_descriptor, true, false, 0, 0},
	{"proc-descriptor", descriptor_by_proc, true, false, 0, 0},
	{"fsopen", mount_new_way, true, false, 0, 0},
	{"sethostname", host_name, true, false, 0, 0},
	{"kernel-log", kernel_log, true, true, 0, 0},
	{"int-80", other_architecture, true, true, 0, 0},
	{"x32", other_abi, true, true, 0, 0},
	{"mount", mount_tmpfs, true, false, 0, 0},
	{"unshare-user", unshare_user, true, true, 0, 0},
	{"unshare-mounts", unshare_mounts, true, false, 0, 0},
	{"setns", enter_namespace, true, false, 0, 0},
	{"setuid-root", become_root, true, false, 0, 0},
	{"chroot", change_root, true, false, 0, 0},
	{"mknod", make_device, true, false, 0, 0},
	{"io-uring", ring, true, true, 0, 0},
	{"bpf", load_bpf, true, true, 0, 0},
	{"userfaultfd", fault_handler, true, true, 0, 0},
	{"perf-event", performance, true, true, 0, 0},
	{"add-key", keyring, true, true, 0, 0},
	{"personality", other_personality, true, false, 0, 0},
	{"real-time", real_time, true, false, 0, 0},
	{"raise-limits", raise_limits, true, false, 0, 0},
	{"shared-segment", shared_segment, true, true, 0, 0},
	{"fork", fork_once, true, false, 0, 0},
	{"clone-process", clone_process, true, false, 0, 0},
	{"fork-bomb", fork_bomb, true, false, 0, 0},
	{"thread", one_thread, false, false, 0, SYSCALLS_THREADS},
	{"thread-bomb", thread_bomb, true, false, 0, 0},
	{"memory", memory, true, false, 0, 0},
	{"memory-shared", memory_shared, false, false, 0, 0},
	{"memory-memfd", memory_memfd, false, false, 0, SYSCALLS_BLOBS},
};
const size_t attempt_count = PN_COUNT(attempts);

const struct attempt *attempt_find(const char *name)
{
	for (size_t i = 0; i < attempt_count; i++)
		if (strcmp(attempts[i].name, name) == 0)
			return &attempts[i];
	return NULL;
}
