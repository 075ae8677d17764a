/* SPDX-License-Identifier: Apache-2.0
 * A hostile object under the widest grants that a manifest may ask for, started by the real host
 * as root (tests/sandbox/posternd/hostile.py does the same under the shipped manifests and the whole daemon): every attempt must fail, in init() where the wide layer covers it and in start() always,
 * and the same attempt outside the sandbox must succeed, else nothing was shown. Prints one line
 * per plugin. Must never call a run successful that did not happen: 77 when not root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attempts.h"
#include "core_side.h"
#include "host/plugin_main.h"
#include "host/sandbox.h"

enum { UID = 64100, MAX_ARGUMENTS = 16, WAIT_MS = 20000, MAX_ATTEMPTS = 100 };

/* What the attempts aim at. */
struct range {
	char root[64], secret[96], scratch[96], open_folder[96], read_folder[96], state_folder[96],
		unix_path[96], control_path[96], abstract[32], inode[32], target[16], address[32], port[16];
	pid_t target_pid;
	uint16_t port_number;
	bool control[MAX_ATTEMPTS]; /* the control run succeeded */
};

static char mark = 'x'; /* the byte that the target's memory is read for */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_file(const char *path, mode_t mode)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "secret\n", 7) != 7 || fchmod(fd, mode) != 0)
		die(path);
	close(fd);
}

static void make_folder(const char *path, mode_t mode)
{
	if (mkdir(path, 0700) != 0 || chmod(path, mode) != 0)
		die(path);
}

static void listen_unix(const char *path, const char *abstract)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path + (abstract ? 1 : 0), sizeof at.sun_path - 1, "%s",
		abstract ? abstract : path);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				     strlen(abstract ? abstract : path) + 1);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 100) != 0)
		die("unix socket");
	if (path != NULL && chmod(path, 0777) != 0)
		die(path);
}

/* As a core's control socket: of root, and for nobody else. */
static void listen_control(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, 0600) != 0 ||
		listen(fd, 100) != 0)
		die(path);
}

static uint16_t listen_tcp(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, 100) != 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		die("tcp socket");
	return ntohs(at.sin_port);
}

static void set_up(struct range *r)
{
	struct stat st;
	snprintf(r->root, sizeof r->root, "/tmp/postern-sandbox-XXXXXX");
	if (mkdtemp(r->root) == NULL || chmod(r->root, 0755) != 0)
		die(r->root);
	snprintf(r->secret, sizeof r->secret, "%s/secret", r->root);
	snprintf(r->scratch, sizeof r->scratch, "%s/scratch", r->root);
	snprintf(r->open_folder, sizeof r->open_folder, "%s/open", r->root);
	snprintf(r->read_folder, sizeof r->read_folder, "%s/read", r->root);
	snprintf(r->state_folder, sizeof r->state_folder, "%s/state", r->root);
	snprintf(r->unix_path, sizeof r->unix_path, "%s/socket", r->root);
	snprintf(r->control_path, sizeof r->control_path, "%s/control", r->root);
	snprintf(r->abstract, sizeof r->abstract, "postern-sandbox-%d", getpid());
	/* everything is open to everybody: only the sandbox stands between */
	make_file(r->secret, 0666);
	make_file(r->scratch, 0666);
	make_folder(r->open_folder, 0777);
	make_folder(r->read_folder, 0777);
	make_folder(r->state_folder, 0700);
	if (chown(r->state_folder, UID, UID) != 0)
		die("chown");
	listen_unix(r->unix_path, NULL);
	listen_unix(NULL, r->abstract);
	listen_control(r->control_path);
	r->port_number = listen_tcp();
	snprintf(r->port, sizeof r->port, "%u", r->port_number);
	/* not close-on-exec, on purpose */
	int fd = open(r->secret, O_RDONLY);
	if (fd < 0 || fstat(fd, &st) != 0)
		die(r->secret);
	snprintf(r->inode, sizeof r->inode, "%llu", (unsigned long long)st.st_ino);
	r->target_pid = fork();
	if (r->target_pid == 0)
		for (;;)
			pause();
	snprintf(r->target, sizeof r->target, "%d", r->target_pid);
	snprintf(r->address, sizeof r->address, "%llu", (unsigned long long)(uintptr_t)&mark);
}

static void tidy(const struct range *r)
{
	static const char *const made[] = {"made", "link", "null"};
	char path[160];
	umount2(r->open_folder, MNT_DETACH);
	for (size_t i = 0; i < PN_COUNT(made); i++) {
		snprintf(path, sizeof path, "%s/%s", r->open_folder, made[i]);
		unlink(path);
		snprintf(path, sizeof path, "%s/%s", r->read_folder, made[i]);
		unlink(path);
	}
}

static void tear_down(const struct range *r)
{
	kill(r->target_pid, SIGKILL);
	waitpid(r->target_pid, NULL, 0);
	tidy(r);
	unlink(r->secret);
	unlink(r->scratch);
	unlink(r->unix_path);
	unlink(r->control_path);
	rmdir(r->open_folder);
	rmdir(r->read_folder);
	rmdir(r->state_folder);
	rmdir(r->root);
}

static size_t arguments(const struct range *r, struct named_value *out)
{
	const struct named_value all[] = {{"secret", r->secret}, {"scratch", r->scratch},
		{"open_folder", r->open_folder}, {"read_folder", r->read_folder},
		{"unix", r->unix_path}, {"abstract", r->abstract}, {"secret_inode", r->inode},
		{"control", r->control_path}, {"journal", r->secret},
		{"other_state", r->open_folder}, {"target", r->target}, {"address", r->address}, {"port", r->port}};
	memcpy(out, all, sizeof all);
	return PN_COUNT(all);
}

static bool run_control(const struct range *r, const struct attempt *a)
{
	struct named_value args[MAX_ARGUMENTS];
	size_t n = arguments(r, args);
	char text[MAX_ARGUMENTS][160], *argv[MAX_ARGUMENTS + 4], name[64],
		program[] = "control", memory[] = "memory_mib=64";
	int status;
	snprintf(name, sizeof name, "%s", a->name);
	argv[0] = program;
	argv[1] = name;
	argv[2] = memory;
	for (size_t i = 0; i < n; i++) {
		snprintf(text[i], sizeof text[i], "%s=%s", args[i].name, args[i].value);
		argv[3 + i] = text[i];
	}
	argv[3 + n] = NULL;
	pid_t pid = fork();
	if (pid == 0) {
		execv(getenv("CONTROL"), argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	tidy(r);
	return WIFEXITED(status) && WEXITSTATUS(status) == ATTEMPT_SUCCEEDED;
}

/* Every attempt must succeed outside. Returns the number that did not though they should. */
static int controls(struct range *r)
{
	int bad = 0;
	size_t shown = 0;
	for (size_t i = 0; i < attempt_count; i++) {
		r->control[i] = run_control(r, &attempts[i]);
		shown += r->control[i];
		if (!r->control[i]) {
			printf("control: %s does not succeed outside the sandbox%s\n",
				attempts[i].name,
				attempts[i].optional ? ": this kernel lacks it, left out" : "");
			bad += !attempts[i].optional;
		}
	}
	printf("control: %zu of %zu attempts succeed outside the sandbox\n", shown, attempt_count);
	return bad;
}

struct change {
	const struct range *range;
	const char *attempt, *phase;
	char memory[16];
};

static void be_hostile(struct plugin_spec *spec, void *ctx)
{
	struct change *c = ctx;
	spec->name = "hostile";
	spec->object = getenv("HOSTILE");
	snprintf(c->memory, sizeof c->memory, "%u", spec->memory_mib);
	spec->option_count = arguments(c->range, spec->options);
	spec->options[spec->option_count++] = (struct named_value){"memory_mib", c->memory};
	spec->options[spec->option_count++] = (struct named_value){"attempt", c->attempt};
	spec->options[spec->option_count++] = (struct named_value){"phase", c->phase};
}

/* Everything the manifest asks for, so that the grants are the widest the shipped plugin can have.
 */
static struct plugin_request request(const struct range *r, const struct manifest *m,
	const char *path, struct named_value *devices, struct named_value *folders,
	struct named_value *options)
{
	static const uint16_t other_port[] = {1};
	struct plugin_request q = {.unit = "test",
		.instance = "test/hostile",
		.manifest_path = path,
		.manifest = m,
		.uid = UID,
		.gid = UID,
		.devices = devices,
		.folders = folders,
		.options = options,
		.state_folder = m->state_folder == MANIFEST_YES ? r->state_folder : NULL,
		.sockets_allowed = m->sockets,
		.connect_ports = other_port,
		.bind_ports = other_port,
		.connect_port_count = 1,
		.bind_port_count = 1,
		.demo = m->simulated == MANIFEST_YES};
	for (; q.device_count < m->devices_count; q.device_count++)
		devices[q.device_count] =
			(struct named_value){m->devices[q.device_count].name, "/dev/null"};
	for (; q.folder_count < m->folders_count; q.folder_count++)
		folders[q.folder_count] =
			(struct named_value){m->folders[q.folder_count].name, r->read_folder};
	for (unsigned i = 0; i < m->options_count; i++) {
		const struct manifest_option *o = &m->options[i];
		if (o->required == MANIFEST_YES && o->default_value == NULL)
			options[q.option_count++] =
				(struct named_value){o->name, o->type == MANIFEST_BOOL  ? "true"
							      : o->type == MANIFEST_INT ? "1"
							      : o->values_count ? o->values[0]
										: "x"};
	}
	return q;
}

static int run_attempt(const struct plugin_request *q, struct change *change)
{
	char why[500] = "";
	struct text error;
	text_init(&error, why, sizeof why);
	struct core_side *c = malloc(sizeof *c);
	if (c == NULL)
		die("malloc");
	int status = -1;
	if (core_side_start_changed(c, q, be_hostile, change, &error) == PN_OK) {
		status = core_side_status(c, WAIT_MS);
		core_side_end(c);
	} else {
		printf("not started: %s\n", why);
	}
	free(c);
	return status;
}

struct score {
	int refused, killed, lawful, bad;
};

static void judge(
	struct score *s, const char *plugin, const struct change *c, int status, bool lawful)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS && !lawful) {
		s->killed++;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == ATTEMPT_REFUSED && !lawful) {
		s->refused++;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == ATTEMPT_SUCCEEDED && lawful) {
		s->lawful++;
	} else {
		s->bad++;
		if (WIFEXITED(status) && WEXITSTATUS(status) == ATTEMPT_SUCCEEDED)
			printf("%s: %s in %s() SUCCEEDED inside the sandbox\n", plugin, c->attempt,
				c->phase);
		else
			printf("%s: %s in %s(): %s, status %#x: nothing shown\n", plugin,
				c->attempt, c->phase,
				lawful ? "lawful but refused" : "ended otherwise",
				(unsigned)status);
	}
}

/* What the grants forbid but this kernel's Landlock cannot: TCP ports before ABI 4, abstract
 * sockets before ABI 6. */
static bool beyond_kernel(const struct attempt *a, const struct manifest *m)
{
	int abi = sandbox_landlock_abi();
	bool inet = m->sockets & (SOCKETS_INET_CLIENT | SOCKETS_INET_SERVER);
	if (strcmp(a->name, "connect-tcp") == 0)
		return abi < 4 && inet &&
		       (m->sockets & (SOCKETS_INET_CLIENT | SOCKETS_UNIX_CLIENT));
	return strcmp(a->name, "connect-abstract") == 0 && abi < 6 && inet &&
	       (m->sockets & SOCKETS_UNIX_CLIENT);
}

static int try_plugin(struct range *r, const char *path)
{
	char why[500] = "";
	struct text error;
	struct manifest *m;
	struct named_value devices[SPEC_MAX_DEVICES], folders[SPEC_MAX_FOLDERS],
		options[SPEC_MAX_OPTIONS];
	struct score s = {0, 0, 0, 0};
	text_init(&error, why, sizeof why);
	if (manifest_load(path, &m, &error) != PN_OK) {
		printf("%s\n", why);
		return 1;
	}
	struct plugin_request q = request(r, m, path, devices, folders, options);
	for (size_t i = 0; i < attempt_count; i++) {
		const struct attempt *a = &attempts[i];
		struct change c = {.range = r, .attempt = a->name, .phase = "start"};
		bool lawful = (a->granted & m->sockets) != 0 || (a->syscalls & m->syscalls) != 0;
		if (beyond_kernel(a, m)) {
			printf("%s: %s left out: Landlock ABI %d does not cover it\n", m->name,
				a->name, sandbox_landlock_abi());
			continue;
		}
		if (!r->control[i] || (lawful && a->granted == SOCKETS_INET_SERVER))
			continue; /* a server may bind; that it binds its own ports alone is
				     Landlock's */
		judge(&s, m->name, &c, run_attempt(&q, &c), lawful);
		c.phase = "init";
		if (a->wide)
			judge(&s, m->name, &c, run_attempt(&q, &c), false);
		tidy(r);
	}
	if (m->sockets & SOCKETS_INET_CLIENT) {
		/* the same connection to a granted port works, so the refusal above was the port's
		 */
		struct change c = {.range = r, .attempt = "connect-tcp", .phase = "start"};
		q.connect_ports = &r->port_number;
		judge(&s, m->name, &c, run_attempt(&q, &c), true);
	}
	printf("%-16s kind %-14s refused %3d, killed %3d, lawful %d, wrong %d\n", m->name,
		m->kind_text, s.refused, s.killed, s.lawful, s.bad);
	manifest_free(m);
	return s.bad;
}

int main(void)
{
	static struct range r;
	char pattern[512];
	glob_t found;
	int bad;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid() != 0) {
		printf("skipped: the hostile runs need root, since their control runs do\n");
		return 77;
	}
	if (!sandbox_complete()) {
		printf("skipped: a sanitizer build has no seccomp and no memory limit\n");
		return 77;
	}
	snprintf(pattern, sizeof pattern, "%s/*.plugin", getenv("GRANTS"));
	if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc == 0 ||
		attempt_count > MAX_ATTEMPTS) {
		printf("no manifest in %s\n", getenv("GRANTS"));
		return 1;
	}
	set_up(&r);
	bad = controls(&r);
	for (size_t i = 0; i < found.gl_pathc; i++)
		bad += try_plugin(&r, found.gl_pathv[i]);
	tear_down(&r);
	globfree(&found);
	return bad == 0 ? 0 : 1;
}
