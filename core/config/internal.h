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

/* 1 to 32 of a-z, 0-9 and -, beginning with a letter. */
#define CONFIG_NAME_FORM "1 to 32 of a-z, 0-9 and -, beginning with a letter"
bool config_is_name(const char *s);

/* The kiosks of a unit whose topology is known, and what is wrong with them. */
void config_kiosks(struct loading *l, const yaml_node_t *map, struct config_unit *u);

/* The topology that the lane file at path says, and its bytes into the configuration's hash. What is wrong there is told of
 * that file, and *out is left alone. */
void config_lane_file(struct loading *l, const char *path, enum config_topology *out);
#endif
