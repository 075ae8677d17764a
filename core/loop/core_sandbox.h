/* SPDX-License-Identifier: Apache-2.0
 * The core's own sandbox: its journal folder, the run folder for its sockets, the trust folder to read; no network.
 * Must never be entered after a thread has been started.
 */
#ifndef POSTERN_LOOP_CORE_SANDBOX_H
#define POSTERN_LOOP_CORE_SANDBOX_H
#include "config/config.h"

/* PN_OK, or an error after logging the step that failed. landlock: 0 when the kernel has none (demo profile only). */
int core_sandbox_enter(const struct config *config, const struct config_unit *unit, int32_t uid, int32_t gid,
	int *landlock) PN_MUST_CHECK;
#endif
