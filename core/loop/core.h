/* SPDX-License-Identifier: Apache-2.0
 * One core: `posternd -x core`. The loop around a lane (gate) or around nothing but a journal and plugins (post,
 * central): buses, journal, outbox, control socket, metrics. Must never decide: core/crossing and core/gate do.
 */
#ifndef POSTERN_LOOP_CORE_H
#define POSTERN_LOOP_CORE_H
#include <stdint.h>

#include "config/config.h"

/* What the supervisor hands over, at HOST_FD_SPEC; the channel is HOST_FD_BUS. */
struct core_spec {
	int32_t uid, gid; /* -1: stay; the group is common to all cores of the machine */
	uint32_t kinds; /* bits 1 << PluginKind: what the unit is configured with; bit 0: a plugin whose manifest cannot be read */
	uint32_t kiosk_kinds[CONFIG_KIOSKS_MAX]; /* the same of each kiosk's own; kinds has none of them */
	char unit[64];
	char config_path[512];
};

/* Exit status for main(). */
int core_main(void);
#endif
