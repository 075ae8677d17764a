/* SPDX-License-Identifier: Apache-2.0
 * The role "posternd -x plugin": one process, one instance, one .so.
 * Must never run plugin code outside the sandbox, nor let it speak before it is narrow.
 */
#ifndef POSTERN_HOST_PLUGIN_MAIN_H
#define POSTERN_HOST_PLUGIN_MAIN_H
#include <stddef.h>

/* Exit statuses of the role; anything else is a signal or the plugin's own exit(). */
enum host_exit {
	HOST_EXIT_STOPPED = 0,     /* told to stop, by the core or by SIGTERM */
	HOST_EXIT_SPEC = 40,       /* no bus, or no readable spec: not started by host_spawn() */
	HOST_EXIT_PRIVILEGES = 41, /* namespaces, view, uid, capabilities, no_new_privs */
	HOST_EXIT_LIMITS = 42,
	HOST_EXIT_LANDLOCK = 43,
	HOST_EXIT_SECCOMP = 44,
	HOST_EXIT_THREADS = 45, /* init() left a second thread running */
	HOST_EXIT_LOAD = 46,    /* dlopen() or the symbol postern_plugin failed */
	HOST_EXIT_ABI =
		47, /* another ABI major, too small a descriptor, another name, no message() */
	HOST_EXIT_INIT = 48,      /* init() failed */
	HOST_EXIT_START = 49,     /* start() failed */
	HOST_EXIT_CORE_GONE = 50, /* the bus is closed */
	HOST_EXIT_FAILED =
		51,         /* the plugin asked for it: host->fail() or run() returned an error */
	HOST_EXIT_BUS = 52, /* the core's bytes were not of this schema */
};

/* "sandbox.landlock", "plugin.load" ...: a catalogue key; "ended" for any other number. */
const char *host_exit_name(int status);

/* argv as of the program: NAME -x plugin. Returns a process exit status. */
int plugin_main(int argc, char **argv);
#endif
