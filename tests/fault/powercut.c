/* SPDX-License-Identifier: Apache-2.0
 * Cuts the power under a writing program, many times, and counts what it had claimed durable and is
 * gone. "Power" is a loop-mounted ext4 that is shut down at once, without flushing its log
 * (FS_IOC_SHUTDOWN, NOLOGFLUSH: Linux, include/uapi/linux/fs.h and fs/ext4/ioctl.c); the program is
 * then killed, the file system mounted again and judged. What the page cache had not written to the
 * image by an fsync is lost. Sector tearing, a lying disk cache and bit rot are not simulated.
 *
 *   powercut --program P [--control C] [--cuts N] [--seed S] [--interval-us U]... [--folder DIR]
 *
 * P and C have the verbs "write FOLDER LOG INTERVAL_US" and "verify FOLDER LOG"
 * (tests/unit/journal/journal_writer.c says what they must do). C must lose records under the same
 * cuts, else the harness itself shows nothing: it declares itself void and fails. Exit: 0 nothing
 * lost, 1 lost or void, 77 not possible on this machine (a sentence says why). Must never touch a
 * mount that it did not make.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EXT4_SHUTDOWN _IOR('X', 125, uint32_t)
enum { NOLOGFLUSH = 2, SKIP = 77, INTERVALS_MAX = 8, CUT_MIN_MS = 200, CUT_SPAN_MS = 1300 };

struct harness {
	const char *program, *control;
	unsigned cuts, intervals;
	unsigned interval_us[INTERVALS_MAX]; /* cycled through: unthrottled and slow writers fail in
						different ways */
	uint64_t random;
	char folder[4096], image[4200], mount[4200], log[4200], out[4200];
	bool mounted;
};

struct tally {
	unsigned long long completed, lost, findings;
	unsigned cuts, losing;
};

static uint64_t draw(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Runs a program to its end; its exit status, or -1. out: its standard output's file, or NULL. */
static int run(const char *out, const char *const argv[])
{
	int status;
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(out != NULL ? out : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fd >= 0)
			dup2(fd, STDOUT_FILENO);
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int skip(const char *why)
{
	printf("SKIP: %s\n", why);
	return SKIP;
}

static int mount_image(struct harness *h)
{
	/* commit=60: the file system's own five-second flush must not save what nobody synced. */
	const char *const argv[] = {"mount", "-o", "loop,commit=60", h->image, h->mount, NULL};
	int status = run(NULL, argv);
	h->mounted = status == 0;
	return status;
}

static int unmount_image(struct harness *h)
{
	/* The killed writer's last references go with it, which may take a moment. */
	for (int i = 0; i < 50 && h->mounted; i++) {
		if (umount2(h->mount, 0) == 0)
			h->mounted = false;
		else if (errno != EBUSY)
			break;
		else
			usleep(100000);
	}
	return h->mounted ? -1 : 0;
}

static int fresh_image(struct harness *h)
{
	const char *const argv[] = {"mkfs.ext4", "-q", "-F", h->image, NULL};
	int fd = open(h->image, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int err = ftruncate(fd, 256 << 20);
	close(fd);
	return err == 0 ? run(NULL, argv) : -1;
}

static off_t log_size(const struct harness *h)
{
	struct stat st;
	return stat(h->log, &st) == 0 ? st.st_size : 0;
}

static pid_t start_writer(const struct harness *h, const char *program, unsigned interval_us)
{
	char interval[16];
	snprintf(interval, sizeof interval, "%u", interval_us);
	pid_t pid = fork();
	if (pid == 0) {
		/* What the writer says of a disk that has gone away under it is not of interest. */
		int null = open("/dev/null", O_WRONLY);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		execl(program, program, "write", h->mount, h->log, interval, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Waits for the first claim, then for a drawn time, then cuts and kills. */
static int cut(struct harness *h, pid_t writer)
{
	uint32_t flags = NOLOGFLUSH;
	int status, err = 0;
	for (int i = 0; i < 1000 && log_size(h) == 0; i++)
		usleep(10000);
	usleep((useconds_t)(1000 * (CUT_MIN_MS + draw(&h->random) % CUT_SPAN_MS)));
	int fd = open(h->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, EXT4_SHUTDOWN, &flags) != 0)
		err = -1;
	if (fd >= 0)
		close(fd);
	kill(writer, SIGKILL);
	if (waitpid(writer, &status, 0) != writer)
		return -1;
	/* Its children, which die with it, are ours now: they hold the file system. */
	for (int i = 0; i < 500; i++) {
		if (waitpid(-1, &status, WNOHANG) < 0)
			return err;
		usleep(10000);
	}
	return -1;
}

static int judge(struct harness *h, const char *program, struct tally *t)
{
	const char *const argv[] = {program, "verify", h->mount, h->log, NULL};
	unsigned long long completed, lost, findings;
	int status = run(h->out, argv);
	FILE *f = fopen(h->out, "re");
	if (f == NULL)
		return -1;
	int n = fscanf(f, "completed=%llu lost=%llu findings=%llu", &completed, &lost, &findings);
	fclose(f);
	/* The figures and the verdict must agree, and there must have been something to lose. */
	if (n != 3 || (status != 0 && status != 3) ||
		(status == 0) != (lost == 0 && findings == 0) || completed == 0)
		return -1;
	t->completed += completed;
	t->lost += lost;
	t->findings += findings;
	t->losing += lost > 0;
	t->cuts++;
	printf("  cut %u: completed %llu, lost %llu, chain findings %llu\n", t->cuts, completed,
		lost, findings);
	fflush(stdout);
	return 0;
}

/* One round: fresh file system, write, cut, remount, judge. 0, SKIP, or -1 for a harness that does
 * not work. */
static int round_of(struct harness *h, const char *program, unsigned interval_us, struct tally *t)
{
	if (unlink(h->log) != 0 && errno != ENOENT)
		return -1;
	if (fresh_image(h) != 0)
		return skip("mkfs.ext4 does not run here");
	if (mount_image(h) != 0)
		return skip("a loop device cannot be mounted here");
	pid_t writer = start_writer(h, program, interval_us);
	if (writer < 0 || cut(h, writer) != 0 || unmount_image(h) != 0)
		return -1;
	if (mount_image(h) != 0)
		return -1;
	int err = judge(h, program, t);
	return unmount_image(h) != 0 ? -1 : err;
}

static int campaign(struct harness *h, const char *program, struct tally *t, bool control)
{
	int err = 0;
	printf("%s%s\n", control ? "control: " : "", program);
	for (unsigned i = 0; i < h->cuts && err == 0; i++) {
		/* An unthrottled control syncs by itself in its checkpoints and would mostly be
		 * lucky. */
		unsigned us = control ? h->interval_us[h->intervals - 1]
				      : h->interval_us[i % h->intervals];
		err = round_of(h, program, us, t);
		if (control && t->lost > 0)
			break;
	}
	printf("%s: %u cuts, completed %llu, lost %llu in %u cuts, chain findings %llu\n",
		control ? "control" : "program", t->cuts, t->completed, t->lost, t->losing,
		t->findings);
	return err;
}

static int verdict(
	const struct harness *h, const struct tally *program, const struct tally *control)
{
	if (h->control != NULL && control->lost == 0) {
		printf("VOID: the control lost nothing either; this harness proves nothing here\n");
		return 1;
	}
	return program->lost == 0 && program->findings == 0 && program->cuts == h->cuts ? 0 : 1;
}

static bool parse(struct harness *h, int argc, char **argv)
{
	static const struct option options[] = {{"program", required_argument, NULL, 'p'},
		{"control", required_argument, NULL, 'c'}, {"cuts", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{"interval-us", required_argument, NULL, 'i'},
		{"folder", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	const char *folder = getenv("TMPDIR");
	int o;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'p')
			h->program = optarg;
		else if (o == 'c')
			h->control = optarg;
		else if (o == 'n')
			h->cuts = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 's')
			h->random ^= strtoull(optarg, NULL, 10) * 0x9e3779b97f4a7c15;
		else if (o == 'i' && h->intervals < INTERVALS_MAX)
			h->interval_us[h->intervals++] = (unsigned)strtoul(optarg, NULL, 10);
		else if (o == 'f')
			folder = optarg;
		else
			return false;
	}
	if (h->intervals == 0) {
		h->interval_us[h->intervals++] = 0;
		h->interval_us[h->intervals++] = 10000;
	}
	snprintf(h->folder, sizeof h->folder, "%s/postern-powercut-XXXXXX",
		folder != NULL ? folder : "/tmp");
	return h->program != NULL && h->cuts > 0;
}

/* A mount namespace of our own: the mounts end with this process whatever kills it, and no other
 * process that copies its mounts meanwhile keeps the file system alive between the cut and the
 * mount that must replay its log. */
static int own_mounts(void)
{
	return unshare(CLONE_NEWNS) == 0 && mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
		       ? 0
		       : -1;
}

static int prepare(struct harness *h)
{
	if (mkdtemp(h->folder) == NULL)
		return -1;
	snprintf(h->image, sizeof h->image, "%s/image", h->folder);
	snprintf(h->mount, sizeof h->mount, "%s/mount", h->folder);
	snprintf(h->log, sizeof h->log, "%s/log", h->folder);
	snprintf(h->out, sizeof h->out, "%s/out", h->folder);
	/* A writer may have children under another user. */
	if (chmod(h->folder, 0711) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		return -1;
	return mkdir(h->mount, 0711);
}

static void tidy(struct harness *h)
{
	if (unmount_image(h) != 0)
		fprintf(stderr, "powercut: %s is still mounted\n", h->mount);
	unlink(h->image);
	unlink(h->log);
	unlink(h->out);
	rmdir(h->mount);
	rmdir(h->folder);
}

int main(int argc, char **argv)
{
	static struct harness h = {.cuts = 5, .random = 0x2545f4914f6cdd1d};
	struct tally program = {0}, control = {0};
	if (!parse(&h, argc, argv)) {
		fprintf(stderr, "usage: powercut --program P [--control C] [--cuts N] [--seed S] "
				"[--interval-us U]..."
				" [--folder DIR]\n");
		return 64;
	}
	if (geteuid() != 0)
		return skip("cutting a file system needs root");
	if (own_mounts() != 0)
		return skip("a mount namespace of its own is not allowed here");
	int err = prepare(&h);
	if (err == 0)
		err = campaign(&h, h.program, &program, false);
	if (err == 0 && h.control != NULL)
		err = campaign(&h, h.control, &control, true);
	tidy(&h);
	if (err == SKIP)
		return SKIP;
	if (err != 0) {
		printf("VOID: the harness did not work: nothing is shown\n");
		return 1;
	}
	return verdict(&h, &program, &control);
}
