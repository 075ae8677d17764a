/* SPDX-License-Identifier: Apache-2.0
 * What loading (config.c) and checking (config_check.c) share. Must never be included from outside
 * core/config.
 */
#ifndef POSTERN_CONFIG_INTERNAL_H
#define POSTERN_CONFIG_INTERNAL_H
#include "config/config.h"
#include "config/yaml_file.h"

struct loading {
	struct config *config;
	struct yaml_file *file;
	struct yaml_problems *problems;
	bool look; /* look for the files and folders that are named */
};

/* Everything a schema cannot say, and what lane files say. Runs on a loaded configuration with defaults set and paths
 * resolved, beside the document it came from. Tells every problem. */
void config_check(struct loading *l);

/* The topology that the lane file at path says, and its bytes into the configuration's hash. What is wrong there is told of
 * that file, and *out is left alone. */
void config_lane_file(struct loading *l, const char *path, enum config_topology *out);
#endif
