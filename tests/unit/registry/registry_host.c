/* SPDX-License-Identifier: Apache-2.0
 * Runs the registry's own .so outside the sandbox, for tests and the load bench: arguments are the
 * object, the state folder, the folder pki and then OPTION=VALUE or FOLDER:=PATH. Prints the log to
 * its output ("registry.listening PORT" first); ends when its input ends, with the counts. Must
 * never be installed.
 */
#undef NDEBUG
#include <assert.h>
#include <dlfcn.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../sdk/fake_host.h"

static void on_log(void *ctx, enum postern_log_level level, const char *event, const char *detail)
{
	(void)ctx;
	(void)level;
	printf("%s %s\n", event, detail);
	fflush(stdout);
}

static int on_bus_fd(void *ctx)
{
	(void)ctx;
	return STDIN_FILENO;
}

static int on_bus_dispatch(void *ctx)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	(void)ctx;
	return poll(&p, 1, 0) > 0 ? -1 : 250;
}

static void defaults(struct fake_host *h)
{
	fake_host_option(h, "listen", "127.0.0.1", 0);
	fake_host_option(h, "port", NULL, 0);
	fake_host_option(h, "store", "", 0);
	fake_host_option(h, "stays_file", "", 0);
	fake_host_option(h, "stays_tenant", "", 0);
	fake_host_option(h, "permits_file", "", 0);
	fake_host_option(h, "authorisations_file", "", 0);
	fake_host_option(h, "bans_file", "", 0);
	fake_host_option(h, "registers_tenant", "", 0);
	fake_host_option(h, "registers_stale_hours", NULL, 36);
	fake_host_option(h, "history_complete", NULL, 1);
	fake_host_option(h, "connections", NULL, 256);
	fake_host_option(h, "connections_per_address", NULL, 128);
	fake_host_option(h, "idle_s", NULL, 30);
}

int main(int argc, char **argv)
{
	static const char *const metrics[] = {"records_total", "replayed_total", "commits_total",
		"conflicts_total", "refused_total", "lookups_total", "register_entries_total"};
	assert(argc >= 4);
	void *object = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	if (object == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	const struct postern_plugin *plugin = dlsym(object, "postern_plugin");
	assert(plugin != NULL);
	struct fake_host *h = fake_host_new(plugin);
	h->table.log = on_log;
	h->table.bus_fd = on_bus_fd;
	h->table.bus_dispatch = on_bus_dispatch;
	h->state_folder = argv[2];
	fake_host_folder(h, "pki", argv[3]);
	defaults(h);
	for (int i = 4; i < argc; i++) {
		char *value = strchr(argv[i], '=');
		assert(value != NULL && value > argv[i]);
		*value++ = '\0';
		if (value[-2] == ':') {
			value[-2] = '\0';
			fake_host_folder(h, argv[i], value);
		} else {
			fake_host_option(h, argv[i], value, strtoll(value, NULL, 10));
		}
	}
	int err = fake_host_start(h);
	if (err == 0) {
		err = plugin->run(h->self);
		plugin->stop(h->self);
	}
	for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++)
		printf("%s %llu\n", metrics[i], (unsigned long long)fake_host_count(h, metrics[i]));
	fake_host_free(h);
	return err == 0 ? 0 : 1;
}
