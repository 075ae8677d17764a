/* SPDX-License-Identifier: Apache-2.0
 * The supervisor: opens devices, starts cores and plugins, restarts them with back-off, and hands every restarted core
 * the buses of the plugins that are alive. Must never parse a byte that a plugin, a network or a device has sent.
 */
#ifndef POSTERN_LOOP_SUPERVISOR_H
#define POSTERN_LOOP_SUPERVISOR_H
#include "config/config.h"

/* Runs until SIGTERM or SIGINT. config_path is handed on to the cores. Exit status for main(). */
int supervisor_run(const struct config *config, const char *config_path);

/* Reads every manifest the configuration names and checks every instance's grants and options against it; prints what is
 * wrong on stderr. 0 when nothing is. Starts nothing. */
int supervisor_check(const struct config *config);
#endif
