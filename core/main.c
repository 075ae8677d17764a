/* SPDX-License-Identifier: Apache-2.0
 * posternd: one program, three roles. Without -x the supervisor; `-x core` and `-x plugin` are started by it and by nobody
 * else. Must never do work of its own beyond choosing the role.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "host/plugin_main.h"
#include "loop/core.h"
#include "loop/supervisor.h"

#define DEFAULT_CONFIG "/etc/postern/postern.yaml"

static void help(FILE *to)
{
	fputs("usage: posternd [--config FILE] [--check] [--version] [--help]\n"
	      "Runs the units of one machine: gates, control posts, the centre.\n\n"
	      "  --config FILE  configuration (default " DEFAULT_CONFIG ")\n"
	      "  --check        read the configuration and every manifest, say what is wrong, start nothing\n"
	      "  --version      print the version\n"
	      "  --help         print this\n\n"
	      "Exit status: 0 stopped in order or nothing wrong, 1 could not start or something wrong, 2 usage.\n"
	      "See posternd(8), postern.yaml(5), postern(1).\n",
		to);
}

static int supervise(const char *path, int check_only)
{
	static char message[8192];
	struct text errors;
	struct config *config = NULL;
	int status;
	text_init(&errors, message, sizeof message);
	if (config_load(path, &config, &errors) != PN_OK) {
		fprintf(stderr, "%s", message);
		return 1;
	}
	log_threshold(config->log_level);
	status = check_only ? supervisor_check(config) : supervisor_run(config, config->path);
	if (check_only && status == 0)
		printf("%s: %u units, profile %s: nothing wrong\n", path, config->units_count,
			config_profile_name(config->profile));
	config_free(config);
	return status;
}

int main(int argc, char **argv)
{
	const char *path = DEFAULT_CONFIG;
	int check_only = 0;
	if (argc >= 3 && strcmp(argv[1], "-x") == 0) {
		if (strcmp(argv[2], "core") == 0)
			return core_main();
		if (strcmp(argv[2], "plugin") == 0)
			return plugin_main(argc, argv);
		fprintf(stderr, "posternd: no role '%s'\n", argv[2]);
		return 2;
	}
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			path = argv[++i];
		} else if (strcmp(argv[i], "--check") == 0) {
			check_only = 1;
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("posternd " POSTERN_VERSION);
			return 0;
		} else if (strcmp(argv[i], "--help") == 0) {
			help(stdout);
			return 0;
		} else {
			help(stderr);
			return 2;
		}
	}
	return supervise(path, check_only);
}
