/* SPDX-License-Identifier: Apache-2.0
 * posternd as a process, the officer's tool, the document reader's line. Must never end a process that is not posternd's child.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bench.h"

static int open_reader(const char *path)
{
	struct termios t;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || strcmp(ptsname(fd), path) != 0)
		fail("a reader's line cannot be made as %s", path);
	if (tcgetattr(fd, &t) == 0) {
		cfmakeraw(&t);
		tcsetattr(fd, TCSANOW, &t);
	}
	return fd;
}

static void read_documents(struct daemon *d)
{
	FILE *f = fopen(d->paths.documents, "re");
	for (unsigned i = 0; i < 4; i++) {
		char *line = d->zone[i / 2][i % 2];
		if (f == NULL || fgets(line, sizeof d->zone[0][0], f) == NULL)
			fail("%s: expected four lines of a zone", d->paths.documents);
		line[strcspn(line, "\n")] = '\0';
	}
	fclose(f);
}

void daemon_start(struct daemon *d)
{
	d->reader = open_reader("/dev/pts/0");
	d->kiosk = open_reader("/dev/pts/1");
	read_documents(d);
	d->pid = fork();
	if (d->pid < 0)
		fail("no process for posternd");
	if (d->pid == 0) {
		int log = open(d->paths.log, O_WRONLY | O_CREAT | O_APPEND, 0644);
		if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
			_exit(126);
		execl(d->paths.posternd, "posternd", "--config", d->paths.config, (char *)NULL);
		_exit(127);
	}
}

int daemon_stop(struct daemon *d)
{
	int status = -1;
	kill(d->pid, SIGTERM);
	for (unsigned i = 0; i < 200; i++) {
		if (waitpid(d->pid, &status, WNOHANG) == d->pid)
			return status;
		usleep(50000);
	}
	kill(d->pid, SIGKILL);
	waitpid(d->pid, &status, 0);
	return -1;
}

static bool is_child(pid_t pid, pid_t parent)
{
	char path[64], text[512], *at;
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	return at != NULL && at[1] != '\0' && at[2] != 'Z' && strtol(at + 4, NULL, 10) == (long)parent;
}

pid_t daemon_child(const struct daemon *d, const char *name)
{
	char line[512], wanted[64];
	pid_t pid = 0;
	FILE *f = fopen(d->paths.log, "re");
	snprintf(wanted, sizeof wanted, " child=%s ", name);
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		const char *at = strstr(line, "pid=");
		if (strstr(line, "child.started") != NULL && strstr(line, wanted) != NULL && at != NULL)
			pid = (pid_t)strtol(at + 4, NULL, 10);
	}
	if (f != NULL)
		fclose(f);
	return pid > 1 && is_child(pid, d->pid) ? pid : 0;
}

void daemon_document(const struct daemon *d, bool at_kiosk, bool laid, bool listed)
{
	char text[128];
	int n = laid ? snprintf(text, sizeof text, "\x02%s\x03\x02%s\x03", d->zone[listed][0], d->zone[listed][1])
		     : snprintf(text, sizeof text, "\x02--\x03");
	if (write(at_kiosk ? d->kiosk : d->reader, text, (size_t)n) != n)
		printf("rig: the reader's line took nothing (%s)\n", strerror(errno));
}

/* Runs the tool to its end; its standard output in out. */
static int tool(const struct daemon *d, char *out, size_t size, char *const argv[])
{
	int pipes[2], status = -1;
	size_t have = 0;
	ssize_t n;
	if (pipe2(pipes, O_CLOEXEC) != 0)
		fail("no pipe");
	pid_t pid = fork();
	if (pid == 0) {
		int nothing = open("/dev/null", O_RDWR);
		dup2(nothing, 2);
		dup2(pipes[1], 1);
		execv(d->paths.tool, argv);
		_exit(127);
	}
	close(pipes[1]);
	while (have + 1 < size && (n = read(pipes[0], out + have, size - 1 - have)) > 0)
		have += (size_t)n;
	out[have] = '\0';
	close(pipes[0]);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status;
}

#define ARG(text) ((char *)(uintptr_t)(text))

static bool field(const char *json, const char *name, char *out, size_t size)
{
	char key[64];
	snprintf(key, sizeof key, "\"%s\"", name);
	const char *at = strstr(json, key);
	out[0] = '\0';
	if (at == NULL)
		return false;
	at += strlen(key);
	at += strspn(at, ": \n\t");
	if (*at != '"')
		return false;
	size_t n = strcspn(at + 1, "\"");
	if (n >= size)
		n = size - 1;
	memcpy(out, at + 1, n);
	out[n] = '\0';
	return true;
}

void daemon_status(const struct daemon *d, struct daemon_status *out)
{
	static char text[16384];
	char hash[80];
	char *argv[] = {ARG("postern"), ARG("status"), ARG("--json"), ARG("--unit"), ARG("lane-1"), ARG("--run-folder"),
		ARG(d->paths.run_folder), NULL};
	memset(out, 0, sizeof *out);
	if (tool(d, text, sizeof text, argv) != 0)
		return;
	out->known = field(text, "gate_state", out->state, sizeof out->state);
	field(text, "crossing_id", out->crossing, sizeof out->crossing);
	field(text, "waiting_verdict_hash", hash, sizeof hash);
	out->waiting = hash[0] != '\0' && out->crossing[0] != '\0';
}

void daemon_decide(const struct daemon *d, const char *crossing, bool admit)
{
	char text[256];
	char *argv[] = {ARG("postern"), ARG("officer"), ARG("decide"), ARG("--lane"), ARG("lane-1"), ARG("--crossing"), ARG(crossing),
		ARG("--decision"), ARG(admit ? "admit" : "send-back"), ARG("--reason"), ARG("manual.check"), ARG("--officer"),
		ARG("officer-1"), ARG("--key"), ARG(d->paths.officer_key), ARG("--run-folder"), ARG(d->paths.run_folder), NULL};
	tool(d, text, sizeof text, argv);
}

void daemon_lane(const struct daemon *d, const char *command, const char *reason)
{
	char text[256];
	char *argv[] = {ARG("postern"), ARG("lane"), ARG(command), ARG("--lane"), ARG("lane-1"), ARG("--officer"), ARG("officer-1"),
		ARG("--run-folder"), ARG(d->paths.run_folder), reason != NULL ? ARG("--reason") : NULL, ARG(reason), NULL};
	tool(d, text, sizeof text, argv);
}

/* Two officers put the pack that lies beside the configuration into use: nobody is let in without. */
bool daemon_activate(const struct daemon *d)
{
	char text[1024], folder[160], pack[200], trust[200], second[200];
	const char *order = "/tmp/activation.order";
	snprintf(folder, sizeof folder, "%s", d->paths.config);
	char *at = strrchr(folder, '/');
	if (at == NULL)
		fail("%s: expected an absolute path", d->paths.config);
	*at = '\0';
	snprintf(pack, sizeof pack, "%s/packs/eligibility", folder);
	snprintf(trust, sizeof trust, "%s/pki/trust", folder);
	snprintf(second, sizeof second, "%s/pki/officers/officer-2.key", folder);
	char *first[] = {ARG("postern"), ARG("rules"), ARG("activate"), pack, ARG("--trust"), trust, ARG("--lane"), ARG("lane-1"),
		ARG("--officer"), ARG("officer-1"), ARG("--key"), ARG(d->paths.officer_key), ARG("--reason"), ARG("rig.begins"), ARG("--order"),
		ARG(order), ARG("--run-folder"), ARG(d->paths.run_folder), NULL};
	char *then[] = {ARG("postern"), ARG("rules"), ARG("confirm"), ARG(order), ARG("--officer"), ARG("officer-2"), ARG("--key"), second,
		ARG("--run-folder"), ARG(d->paths.run_folder), NULL};
	return tool(d, text, sizeof text, first) == 0 && tool(d, text, sizeof text, then) == 0;
}

static void add_memory(pid_t pid, struct daemon_memory *sum)
{
	char path[64], line[256];
	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			sum->resident_kib += strtol(line + 6, NULL, 10);
		if (strncmp(line, "RssAnon:", 8) == 0)
			sum->anonymous_kib += strtol(line + 8, NULL, 10);
	}
	if (f != NULL)
		fclose(f);
}

struct daemon_memory daemon_memory(const struct daemon *d)
{
	static const char *const children[] = {"core", "reader", "check", "watchlist", "rules", "gate", "kiosk-reader"};
	struct daemon_memory sum = {0, 0};
	add_memory(d->pid, &sum);
	for (size_t i = 0; i < sizeof children / sizeof children[0]; i++) {
		pid_t pid = daemon_child(d, children[i]);
		if (pid > 0)
			add_memory(pid, &sum);
	}
	return sum;
}
