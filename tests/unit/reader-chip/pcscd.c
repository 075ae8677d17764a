/* SPDX-License-Identifier: Apache-2.0
 * See pcscd.h. Must never signal a process that it did not start.
 */
#include "pcscd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/usr/sbin/pcscd"
#define DRIVER "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"
#define SOCKET "/run/pcscd/pcscd.comm"

enum { TRY_MS = 50, TRIES = 200 };

static bool loopback_up(void)
{
	struct ifreq r = {.ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	strcpy(r.ifr_name, "lo");
	bool ok = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &r) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

const char *pcscd_apart(void)
{
	if (geteuid() != 0)
		return "only root has namespaces for a pcscd of its own";
	if (access(PROGRAM, X_OK) != 0 || access(DRIVER, R_OK) != 0)
		return "pcscd or the driver vsmartcard-vpcd is not installed (tools/install-deps check)";
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0)
		return "no mount and network namespace to be had here";
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 || mount("run", "/run", "tmpfs", 0, "mode=755") != 0 ||
		mkdir("/run/pcscd", 0755) != 0 || !loopback_up())
		return "no /run or loopback of its own to be had here";
	return NULL;
}

static pid_t spawn(const char *option)
{
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	int null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	close_range(3, ~0U, 0);
	/* Later versions ask polkit who may use a card unless they are told not to; others do not know the option. */
	execl(PROGRAM, "pcscd", "--foreground", option, (char *)NULL);
	_exit(127);
}

static bool answers(pid_t pid)
{
	for (int i = 0; i < TRIES; i++) {
		if (access(SOCKET, F_OK) == 0)
			return true;
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return false;
		usleep(TRY_MS * 1000);
	}
	fail_msg("pcscd opens no socket");
	return false;
}

pid_t pcscd_start(void)
{
	pid_t pid = spawn("--disable-polkit");
	if (answers(pid))
		return pid;
	pid = spawn(NULL);
	assert_true(answers(pid));
	return pid;
}

void pcscd_end(pid_t pid)
{
	int status;
	assert_int_equal(kill(pid, SIGTERM), 0);
	for (int i = 0; i < TRIES; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return;
		usleep(TRY_MS * 1000);
	}
	/* It waits for the card that it speaks to. */
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	unlink(SOCKET);
	unlink("/run/pcscd/pcscd.pid");
}
