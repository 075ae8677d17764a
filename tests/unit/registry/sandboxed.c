/* SPDX-License-Identifier: Apache-2.0
 * See sandboxed.h. Must never be linked into the product.
 */
#include "sandboxed.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../sandbox/core_side.h"

enum { UID = 64007, ADDRESS_CONNECTIONS = 512 };

struct sandboxed {
	char folder[512], state[520], pki[520], registry_pki[540];
	bool own_folder;
	const char *programs[3];
	struct manifest *manifest;
	unsigned port;
	struct core_side core;
};

PN_PRINTF(1, 2) static void give_up(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	fputs("sandboxed registry: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

PN_PRINTF(1, 2) static void run(const char *fmt, ...)
{
	char command[8192];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof command || system(command) != 0)
		give_up("%s", command);
}

static unsigned free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) != 0 ||
		getsockname(fd, (struct sockaddr *)&a, &size) != 0)
		give_up("no port");
	close(fd);
	return ntohs(a.sin_port);
}

struct sandboxed *sandboxed_new(
	const char *const programs[3], const char *gates, const char *folder)
{
	char why[500] = "";
	struct text error;
	struct sandboxed *s = calloc(1, sizeof *s);
	if (s == NULL || setenv("HOST_CHILD", programs[2], 1) != 0)
		give_up("no memory");
	memcpy(s->programs, programs, sizeof s->programs);
	text_init(&error, why, sizeof why);
	if (manifest_load(programs[0], &s->manifest, &error) != PN_OK)
		give_up("%s", why);
	s->own_folder = folder == NULL;
	snprintf(s->folder, sizeof s->folder, "%s",
		folder != NULL ? folder : "/tmp/postern-sandboxed-XXXXXX");
	if (s->own_folder && mkdtemp(s->folder) == NULL)
		give_up("no folder");
	snprintf(s->pki, sizeof s->pki, "%s/pki", s->folder);
	snprintf(s->registry_pki, sizeof s->registry_pki, "%s/registry", s->pki);
	snprintf(s->state, sizeof s->state, "%s/state", s->folder);
	run("chmod 711 %s && mkdir -m 700 %s && %s pki demo --out %s --tenant NOR"
	    " --crossing-point OSL --gates %s >/dev/null && chmod 711 %s",
		s->folder, s->state, programs[1], s->pki, gates, s->pki);
	if (geteuid() == 0)
		run("chown -R %d:%d %s %s", UID, UID, s->state, s->registry_pki);
	s->port = free_port();
	return s;
}

void sandboxed_start(struct sandboxed *s, const char *store)
{
	char why[500] = "", port[8], connections[8];
	struct text error;
	const uint16_t ports[] = {(uint16_t)s->port};
	const struct named_value folders[] = {{"pki", s->registry_pki}},
				 options[] = {{"port", port}, {"store", store},
					 {"connections_per_address", connections}};
	int64_t id = geteuid() == 0 ? UID : SPEC_KEEP_UID;
	struct plugin_request r = {.unit = "centre",
		.instance = "centre/registry",
		.manifest_path = s->programs[0],
		.manifest = s->manifest,
		.uid = id,
		.gid = id,
		.folders = folders,
		.folder_count = PN_COUNT(folders),
		.options = options,
		.option_count = PN_COUNT(options),
		.state_folder = s->state,
		.sockets_allowed = s->manifest->sockets,
		.bind_ports = ports,
		.bind_port_count = 1};
	snprintf(port, sizeof port, "%u", s->port);
	snprintf(connections, sizeof connections, "%d", ADDRESS_CONNECTIONS);
	text_init(&error, why, sizeof why);
	if (core_side_start(&s->core, &r, &error) != PN_OK)
		give_up("%s", why);
	if (core_side_greet(&s->core, 1, 500, 60000) != PN_OK)
		give_up("it did not greet");
}

void sandboxed_drain(struct sandboxed *s)
{
	while (core_side_next(&s->core, 0) == PN_OK)
		;
}

int sandboxed_stop(struct sandboxed *s)
{
	sandboxed_drain(s);
	int status = -1;
	if (core_side_tell(&s->core, 0, POSTERN__ENVELOPE__BODY_STOP, NULL, 0) == PN_OK)
		status = core_side_status(&s->core, 5000);
	core_side_end(&s->core);
	return status != -1 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void sandboxed_free(struct sandboxed *s)
{
	if (s->own_folder)
		run("rm -rf %s", s->folder);
	manifest_free(s->manifest);
	free(s);
}

pid_t sandboxed_pid(const struct sandboxed *s)
{
	return s->core.child.pid;
}

unsigned sandboxed_port(const struct sandboxed *s)
{
	return s->port;
}

const char *sandboxed_pki(const struct sandboxed *s)
{
	return s->pki;
}
