/* SPDX-License-Identifier: Apache-2.0
 * See pg_server.h. The server runs as the user postgres when the test runs as root, which
 * PostgreSQL refuses. Must never leave a server or a folder behind.
 */
#include "pg_server.h"

#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT = 256, SETTINGS_MAX = 8 };

struct pg_server {
	char binaries[TEXT], folder[64], data[TEXT], conninfo[TEXT], settings[TEXT];
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

static void give_up(const char *why)
{
	fprintf(stderr, "PostgreSQL for this test: %s\n", why);
	exit(1);
}

/* argv[0] is set: the programs look for each other beside the path they were called by. */
static pid_t spawn(const struct pg_server *s, const char *name, char **argv)
{
	char path[2 * TEXT];
	pid_t parent = getpid(), pid = fork();
	if (pid != 0)
		return pid;
	snprintf(path, sizeof path, "%s/%s", s->binaries, name);
	if (geteuid() == 0 &&
		(setgroups(0, NULL) != 0 || setgid(s->gid) != 0 || setuid(s->uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (getppid() != parent || chdir(s->folder) != 0)
		_exit(126);
	int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (log < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
		_exit(126);
	argv[0] = path;
	execv(path, argv);
	_exit(127);
}

static void find(struct pg_server *s)
{
	glob_t g = {0};
	struct passwd *p = getpwnam("postgres");
	if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &g) != 0 || g.gl_pathc == 0)
		give_up("no initdb in /usr/lib/postgresql/*/bin: install the package postgresql");
	const char *last = g.gl_pathv[g.gl_pathc - 1];
	snprintf(s->binaries, sizeof s->binaries, "%.*s", (int)(strrchr(last, '/') - last), last);
	globfree(&g);
	if (geteuid() == 0 && p == NULL)
		give_up("running as root, and there is no user postgres to run it as");
	if (p != NULL) {
		s->uid = p->pw_uid;
		s->gid = p->pw_gid;
	}
}

void pg_server_again(struct pg_server *s)
{
	char *argv[8 + 2 * SETTINGS_MAX] = {(char[]){"postgres"}, (char[]){"-D"}, s->data,
		(char[]){"-k"}, s->folder, (char[]){"-c"}, (char[]){"listen_addresses="}};
	char settings[TEXT], *rest = settings, option[] = "-c";
	memcpy(settings, s->settings, sizeof settings);
	for (size_t i = 0; i < SETTINGS_MAX && rest != NULL; i++) {
		argv[7 + 2 * i] = option;
		argv[8 + 2 * i] = strsep(&rest, " ");
	}
	s->pid = spawn(s, "postgres", argv);
	for (int i = 0; i < 600; i++) {
		if (PQping(s->conninfo) == PQPING_OK)
			return;
		if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
			break;
		usleep(50000);
	}
	give_up("the server did not start");
}

struct pg_server *pg_server_start(const char *settings)
{
	int status;
	struct pg_server *s = calloc(1, sizeof *s);
	if (s == NULL)
		give_up("no memory");
	find(s);
	snprintf(s->settings, sizeof s->settings, "%s",
		settings != NULL ? settings : "max_connections=20");
	snprintf(s->folder, sizeof s->folder, "/tmp/postern-pg-XXXXXX");
	/* Others may pass, as far as the socket. */
	if (mkdtemp(s->folder) == NULL ||
		(geteuid() == 0 && chown(s->folder, s->uid, s->gid) != 0) ||
		chmod(s->folder, 0711) != 0)
		give_up("no temporary folder");
	snprintf(s->data, sizeof s->data, "%s/data", s->folder);
	snprintf(s->conninfo, sizeof s->conninfo, "host=%s user=postgres dbname=postgres",
		s->folder);
	char *argv[] = {(char[]){"initdb"}, (char[]){"-N"}, (char[]){"-A"}, (char[]){"trust"},
		(char[]){"-U"}, (char[]){"postgres"}, (char[]){"-E"}, (char[]){"UTF8"},
		(char[]){"--locale=C"}, (char[]){"-D"}, s->data, NULL};
	pid_t pid = spawn(s, "initdb", argv);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		give_up("initdb failed");
	pg_server_again(s);
	return s;
}

const char *pg_server_conninfo(const struct pg_server *s)
{
	return s->conninfo;
}

pid_t pg_server_pid(const struct pg_server *s)
{
	return s->pid;
}

void pg_server_kill(struct pg_server *s)
{
	kill(s->pid, SIGQUIT);
	waitpid(s->pid, NULL, 0);
}

void pg_server_stop(struct pg_server *s)
{
	char command[TEXT];
	pg_server_kill(s);
	snprintf(command, sizeof command, "rm -rf %s", s->folder);
	if (system(command) != 0)
		fprintf(stderr, "%s is left\n", s->folder);
	free(s);
}
