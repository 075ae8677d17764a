/* SPDX-License-Identifier: Apache-2.0
 * The wiring files of a gate's plugin at its start. Must never log more of a file than where it is wrong.
 */
#ifndef POSTERN_GATE_SETUP_H
#define POSTERN_GATE_SETUP_H
#include "base/err.h"
#include "postern/plugin.h"

enum { GATE_PATH_MAX = 512 };

/* The file that an option names, in the folder "wiring". PN_EINVAL: there is no such folder or option, or the name is a path. */
int gate_wiring_path(const struct postern_host *host, const char *option, char out[GATE_PATH_MAX]) PN_MUST_CHECK;

/* Logs an event with the beginning of a sentence, since the log takes identifiers only: "two-step.yaml:14", "chip0", "entry_closed".
 * The whole sentence of a wiring file is what "postern gpio check" prints. PN_EINVAL, always. */
int gate_refuse(const struct postern_host *host, const char *event, const char *sentence);
#endif
