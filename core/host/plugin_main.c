/* SPDX-License-Identifier: Apache-2.0
 * The start of a plugin process, in the order of plugin.h: spec, wide layer, load, init, narrow
 * layer, start, hello. Must never run plugin code outside the sandbox, nor let it speak before it
 * is narrow.
 */
#include "host/plugin_main.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "host/loader.h"
#include "host/plugin_process.h"
#include "host/sandbox.h"
#include "host/spawn.h"

const char *host_exit_name(int status)
{
	switch (status) {
	case HOST_EXIT_STOPPED:
		return "stopped";
	case HOST_EXIT_SPEC:
		return "host.spec";
	case HOST_EXIT_PRIVILEGES:
		return "sandbox.privileges";
	case HOST_EXIT_LIMITS:
		return "sandbox.limits";
	case HOST_EXIT_LANDLOCK:
		return "sandbox.landlock";
	case HOST_EXIT_SECCOMP:
		return "sandbox.seccomp";
	case HOST_EXIT_THREADS:
		return "sandbox.threads";
	case HOST_EXIT_LOAD:
		return "plugin.load";
	case HOST_EXIT_ABI:
		return "plugin.abi";
	case HOST_EXIT_INIT:
		return "plugin.init";
	case HOST_EXIT_START:
		return "plugin.start";
	case HOST_EXIT_CORE_GONE:
		return "host.core_gone";
	case HOST_EXIT_FAILED:
		return "plugin.failed";
	case HOST_EXIT_BUS:
		return "host.core_not_understood";
	default:
		return "ended";
	}
}

static int step_exit(const struct sandbox *s, int rc)
{
	if (rc == PN_EDENIED)
		return HOST_EXIT_THREADS;
	switch (s->failed) {
	case STEP_LIMITS:
		return HOST_EXIT_LIMITS;
	case STEP_LANDLOCK_WIDE:
	case STEP_LANDLOCK_NARROW:
		return HOST_EXIT_LANDLOCK;
	case STEP_SECCOMP_WIDE:
	case STEP_SECCOMP_NARROW:
		return HOST_EXIT_SECCOMP;
	case STEP_NAMESPACES:
	case STEP_NETWORK:
	case STEP_VIEW:
	case STEP_UID:
	case STEP_CAPABILITIES:
	case STEP_NO_NEW_PRIVS:
	case STEP_COUNT_:
		break;
	}
	return HOST_EXIT_PRIVILEGES;
}

static int read_spec(struct plugin_process *p)
{
	char bytes[SPEC_MAX_BYTES];
	ssize_t n = pread(HOST_FD_SPEC, bytes, sizeof bytes, 0);
	close(HOST_FD_SPEC);
	if (n <= 0)
		return PN_EIO;
	arena_init(&p->spec_arena, p->spec_memory, sizeof p->spec_memory);
	return spec_decode(bytes, (size_t)n, &p->spec_arena, &p->spec);
}

static void plan_sandbox(const struct plugin_spec *spec, int object, struct sandbox *s)
{
	bool server = spec->sockets & SOCKETS_INET_SERVER;
	*s = (struct sandbox){
		.uid = spec->uid,
		.gid = spec->gid,
		.sockets = spec->sockets,
		.syscalls = spec->syscalls,
		.memory_mib = spec->memory_mib,
		.file_mib = spec->state_folder ? spec->state_mib : 64,
		.open_files = server          ? 8192
			      : spec->sockets ? 512
					      : 128,
		/* counted per uid: the main thread, and with the set threads as many as a small
		   pool needs */
		.threads = spec->syscalls & SYSCALLS_THREADS ? 64 : 1,
		.landlock_required = spec->landlock_required,
		.devices = spec->device_count > 0,
		.object = object,
		.connect_ports = spec->connect_ports,
		.bind_ports = spec->bind_ports,
		.connect_port_count = spec->connect_port_count,
		.bind_port_count = spec->bind_port_count,
	};
	for (size_t i = 0; i < spec->folder_count; i++)
		s->folders[s->folder_count++] =
			(struct sandbox_folder){.path = spec->folders[i].value};
	if (spec->state_folder != NULL)
		s->folders[s->folder_count++] =
			(struct sandbox_folder){.path = spec->state_folder, .write = true};
}

/* Libraries that read files or load code at their first use do it now, while they may. */
static void warm(const struct plugin_spec *spec)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = sizeof digest;
	tzset();
	EVP_Digest("", 0, digest, &size, EVP_sha256(), NULL);
	if (spec->sockets & (SOCKETS_INET_CLIENT | SOCKETS_INET_SERVER)) {
		struct addrinfo *found = NULL;
		if (getaddrinfo("localhost", "443", NULL, &found) == 0)
			freeaddrinfo(found);
	}
}

static int signal_fd(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void tell_state(const struct sandbox *s)
{
	char off[200];
	struct text t;
	text_init(&t, off, sizeof off);
	for (unsigned i = 0; i < STEP_COUNT_; i++)
		if (!(s->active & 1u << i))
			text_add(&t, "%s%s", t.len ? "," : "",
				sandbox_step_name((enum sandbox_step)i));
	pn_log(LOG_LEVEL_INFO, "host", "sandbox.narrow", LK("off", t.len ? off : "nothing"),
		LN("landlock_abi", s->landlock_abi));
}

/* The object is opened while this process may still go where the plugin's own uid may not, such as
 * below a home folder that is closed to others. */
static int start_plugin(struct plugin_process *p)
{
	struct sandbox box;
	char why[400];
	struct text sentence;
	int rc, signals = signal_fd(), object = open(p->spec.object, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	text_init(&sentence, why, sizeof why);
	if (object < 0) {
		pn_log(LOG_LEVEL_ERROR, "host", "plugin.unreadable", LK("object", p->spec.object), LN("errno", errno));
		return HOST_EXIT_LOAD;
	}
	plan_sandbox(&p->spec, object, &box);
	if ((rc = sandbox_widen(&box)) != PN_OK)
		return step_exit(&box, rc);
	warm(&p->spec);
	process_init(p, HOST_FD_BUS, signals);
	rc = loader_open(object, p->spec.name, &p->plugin, &sentence);
	close(object);
	if (rc != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "host", "plugin.refused", LK("why", why));
		return rc == PN_EIO ? HOST_EXIT_LOAD : HOST_EXIT_ABI;
	}
	if ((rc = p->plugin.init(&p->host, &p->self)) != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "host", "plugin.init_failed", LE(rc));
		return HOST_EXIT_INIT;
	}
	if ((rc = sandbox_narrow(&box)) != PN_OK)
		return step_exit(&box, rc);
	p->no_landlock = !(box.active & 1u << STEP_LANDLOCK_NARROW);
	tell_state(&box);
	if (p->plugin.start != NULL && (rc = p->plugin.start(p->self)) != PN_OK) {
		pn_log(LOG_LEVEL_ERROR, "host", "plugin.start_failed", LE(rc));
		return HOST_EXIT_START;
	}
	return HOST_EXIT_STOPPED;
}

int plugin_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct plugin_process *p = calloc(1, sizeof *p);
	if (p == NULL)
		return HOST_EXIT_SPEC;
	int status = read_spec(p) == PN_OK ? HOST_EXIT_STOPPED : HOST_EXIT_SPEC;
	if (status == HOST_EXIT_STOPPED) {
		log_identify(p->spec.instance);
		prctl(PR_SET_NAME, p->spec.name);
		status = start_plugin(p);
	} else {
		pn_log(LOG_LEVEL_ERROR, "host", "host.spec_unreadable");
	}
	if (status == HOST_EXIT_STOPPED) {
		process_greet(p);
		status = process_run(p);
	}
	arena_wipe(&p->arena);
	free(p);
	return status;
}
